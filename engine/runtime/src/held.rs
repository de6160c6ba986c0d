//! A held start: what a restored installation had under way is counted, and waits for a person to say
//! whether it still goes out.

use std::collections::BTreeMap;

use tokio::sync::oneshot;

use crate::partition::Work;
use crate::{Runtime, SubmitError};

/// What waits since a held start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// How many calls, by their kind.
    pub calls: BTreeMap<String, u64>,
    /// How many timers that were due before the start.
    pub timers: u64,
}

impl Held {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.timers == 0 && self.calls.is_empty()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.timers += other.timers;
        for (kind, count) in &other.calls {
            *self.calls.entry(kind.clone()).or_default() += count;
        }
    }
}

/// What becomes of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It goes on as after any other start: calls are made, as ones that may have been made before, and
    /// timers come.
    Send,
    /// Calls are answered as failed for good with the code [`DROPPED`](crate::DROPPED); timers are
    /// removed, and their entities told ([`Entity::timer_dropped`](crate::Entity::timer_dropped)).
    Drop,
}

impl Runtime {
    /// What waits since a held start; nothing when the start was not held, or all was let go.
    pub fn held(&self) -> Held {
        let mut sum = Held::default();
        for partition in &self.held {
            sum.add(&partition.borrow());
        }
        sum
    }

    /// Ends a held start, and says what was let go. Once more, it does nothing.
    pub async fn resume(&self, how: Resume) -> Result<Held, SubmitError> {
        let mut sum = Held::default();
        for partition in &self.internal {
            let (done, let_go) = oneshot::channel();
            partition.send(Work::Resume { how, done }).map_err(|_| SubmitError::Stopped)?;
            sum.add(&let_go.await.map_err(|_| SubmitError::Stopped)?);
        }
        Ok(sum)
    }
}
