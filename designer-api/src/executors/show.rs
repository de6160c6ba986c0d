//! Shows customers that somebody reads and writes.

use std::sync::Arc;

use cauce_conversation::Presence;
use cauce_runtime::{Call, Executor, from_bytes};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::Semaphore;

use super::Number;

/// How many of these are under way at one time.
const AT_ONCE: usize = 64;

/// Marks messages as read over the Graph API. Not durable: it is worth nothing a moment later, and left out
/// when much is under way. Clones share their places.
#[derive(Clone)]
pub struct Shower {
    number: Number,
    places: Arc<Semaphore>,
}

impl Shower {
    /// Shows it from this number.
    pub fn new(number: Number) -> Self {
        Self { number, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Marks a customer's message as read, and shows that somebody is writing.
    pub async fn show(&self, provider_id: &str, typing: bool) {
        let Ok(_place) = self.places.try_acquire() else { return };
        let Number { graph, credentials } = &self.number;
        if let Err(failure) = graph.mark_read(credentials, provider_id, typing).await {
            tracing::debug!(code = failure.code, "a read mark was not taken");
        }
    }
}

impl Executor for Shower {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let shower = self.clone();
        async move {
            if let Ok(Presence { provider_id, typing, .. }) = from_bytes(&call.payload) {
                shower.show(&provider_id, typing).await;
            }
            // Nobody waits for an answer.
            Vec::new()
        }
        .boxed()
    }

    fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    fn dropped(&self, _: Call) -> Vec<u8> {
        Vec::new()
    }
}
