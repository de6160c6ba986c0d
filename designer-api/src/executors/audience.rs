//! Finds the contacts with whom a flow begins by itself, a page at a time.

use std::time::Duration;

use cauce_conversation::schedules::{AudienceOrder, ScheduleEvent, audience};
use cauce_runtime::{Call, Executor, from_bytes, to_bytes};
use cauce_store::SharedStore;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// The pause before the store is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// The executor.
pub struct Audience {
    store: SharedStore,
}

impl Audience {
    /// Over these rows.
    pub fn new(store: SharedStore) -> Self {
        Self { store }
    }
}

impl Executor for Audience {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let store = self.store.clone();
        async move {
            let Ok(order) = from_bytes::<AudienceOrder>(&call.payload) else {
                tracing::error!("a schedule's order cannot be read");
                return nobody(0);
            };
            loop {
                match audience(store.as_ref(), &order).await {
                    Ok((contacts, next)) => {
                        return to_bytes(&ScheduleEvent::Page { page: order.page, contacts, next });
                    }
                    Err(error) => tracing::error!(%error, "who has a tag cannot be read"),
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        nobody(from_bytes::<AudienceOrder>(&call.payload).map_or(0, |order| order.page))
    }
}

/// The last page.
fn nobody(page: u64) -> Vec<u8> {
    to_bytes(&ScheduleEvent::Page { page, contacts: Vec::new(), next: None })
}
