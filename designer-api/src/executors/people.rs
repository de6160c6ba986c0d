//! Gives migrations the people they move, a page at a time.

use std::time::Duration;

use cauce_conversation::migrations::{Migration, MigrationEvent, PeopleOrder};
use cauce_conversation::{RunHead, RunStage};
use cauce_inbox::lists;
use cauce_model::{ContactId, NodeId, Slot};
use cauce_runtime::{Call, Executor, from_bytes, to_bytes};
use cauce_store::{SharedStore, StoreError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// The pause before the store is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// The executor.
pub struct People {
    store: SharedStore,
    homes: Vec<Slot>,
}

impl People {
    /// Over these rows; `homes` are the slots under which lists are kept.
    pub fn new(store: SharedStore, homes: Vec<Slot>) -> Self {
        Self { store, homes }
    }
}

impl Executor for People {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let (store, homes) = (self.store.clone(), self.homes.clone());
        async move {
            let Ok(order) = from_bytes::<PeopleOrder>(&call.payload) else {
                tracing::error!("a migration's order cannot be read");
                return to_bytes(&MigrationEvent::Page { page: 0, people: Vec::new(), next: None });
            };
            loop {
                match page(&store, &homes, &order).await {
                    Ok((people, next)) => {
                        return to_bytes(&MigrationEvent::Page { page: order.page, people, next });
                    }
                    Err(error) => tracing::error!(%error, "who is inside a version cannot be read"),
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let page = from_bytes::<PeopleOrder>(&call.payload).map_or(0, |order| order.page);
        to_bytes(&MigrationEvent::Page { page, people: Vec::new(), next: None })
    }
}

/// People with the step they wait at, and the last that was looked at when there may be more.
type Page = (Vec<(ContactId, NodeId)>, Option<ContactId>);

async fn page(store: &SharedStore, homes: &[Slot], order: &PeopleOrder) -> Result<Page, StoreError> {
    let PeopleOrder { workspace, flow, migration, inside, after, limit, .. } = order;
    let Some(version) = inside else {
        return moved(store, order, &Migration::moved(workspace, flow, migration)).await;
    };
    let (contacts, next) = lists::inside(store, homes, workspace, version, *after, *limit).await?;
    let people = contacts.iter().filter_map(|contact| match &contact.run {
        Some(RunHead { stage: RunStage::Waiting { node, .. }, .. }) => Some((contact.id, node.clone())),
        _ => None,
    });
    Ok((people.collect(), next))
}

/// Those that a migration has moved; where they wait does not matter.
async fn moved(
    store: &SharedStore,
    order: &PeopleOrder,
    beginning: &cauce_store::Key,
) -> Result<Page, StoreError> {
    let mut range = beginning.prefix();
    if let Some(after) = order.after {
        range = range.from(beginning.clone().text(&after.to_string()).bytes(&[0]));
    }
    let mut people = Vec::new();
    for (key, _) in store.scan(&range, order.limit, false).await? {
        let id = &key.as_bytes()[beginning.as_bytes().len()..];
        let id = std::str::from_utf8(id.strip_suffix(&[0]).unwrap_or(id)).ok();
        people.extend(id.and_then(|id| id.parse::<ContactId>().ok()));
    }
    let next = people.last().copied().filter(|_| people.len() >= order.limit);
    let node: NodeId = "paso".parse().expect("a plain word is an id");
    Ok((people.into_iter().map(|id| (id, node.clone())).collect(), next))
}
