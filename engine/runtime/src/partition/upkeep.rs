//! The beginning of a partition, its end, and the tidying in between.

use cauce_model::{Duration, Slot};
use cauce_store::{Key, StoreError, Table, Value, rows};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Serialize, de::DeserializeOwned};

use super::timers::{ranges, stretch};
use super::{GROUP, Partition, STOP_WAIT};
use crate::tables::{CALLS, COMMANDS, CallRow, DEAD, MAIL, MailRow, SEEN, day_of};
use crate::{Held, Turn};

/// How long dead letters are kept.
const DEAD_KEPT: Duration = Duration::days(90);
/// How many slots are read at the same time.
const AT_ONCE: usize = 16;

/// What is pending in a slot.
struct Pending {
    slot: Slot,
    overdue: bool,
    timers: Vec<(Key, Value)>,
    calls: Vec<(Key, usize, CallRow)>,
    mail: Vec<(Key, usize, MailRow)>,
}

impl Partition {
    /// Reads what is pending and starts it: timers, calls, mail. In a held start timers and calls wait.
    pub async fn resume(&mut self) -> Result<(), StoreError> {
        let slots: Vec<Slot> = self.layout.slots_of(self.index).collect();
        let this = &*self;
        let pending: Vec<Pending> =
            stream::iter(slots).map(|slot| this.pending_of(slot)).buffered(AT_ONCE).try_collect().await?;
        let mut waiting = Held::default();
        for Pending { slot, overdue, timers, calls, mail } in pending {
            self.timers.begin(slot, self.started, overdue, timers);
            for (key, _, row) in mail {
                let number = key.fields().last_chunk::<8>().map_or(0, |n| u64::from_be_bytes(*n));
                self.post(slot, number, row, Vec::new());
            }
            for (key, size, row) in calls {
                if self.held {
                    *waiting.calls.entry(row.kind).or_default() += 1;
                } else {
                    self.dispatch(key, size, row, true);
                }
            }
        }
        if self.held { self.hold(waiting).await } else { Ok(()) }
    }

    async fn pending_of(&self, slot: Slot) -> Result<Pending, StoreError> {
        let [before, after] = ranges(slot, self.started);
        Ok(Pending {
            slot,
            overdue: !self.store.scan(&before, 1, false).await?.is_empty(),
            timers: stretch(self.store.as_ref(), slot, &after, self.started).await?,
            calls: self.all(&CALLS, slot).await?,
            mail: self.all(&MAIL, slot).await?,
        })
    }

    /// All rows of a table in a slot, with their sizes. One that cannot be read is told and left alone:
    /// it must not keep everybody else waiting.
    pub(super) async fn all<V>(
        &self,
        table: &Table<V>,
        slot: Slot,
    ) -> Result<Vec<(Key, usize, V)>, StoreError>
    where
        V: Serialize + DeserializeOwned,
    {
        let found = rows::scan(self.store.as_ref(), &table.key(slot).prefix(), usize::MAX, false).await?;
        let read = found.into_iter().filter_map(|(key, row)| match table.read(&key, &row) {
            Ok(value) => Some((key, row.len(), value)),
            Err(error) => {
                tracing::error!(%error, "a pending row is left alone");
                None
            }
        });
        Ok(read.collect())
    }

    /// Handles what waits, and lets calls under way come back, so that their outcome is known at the
    /// next start. What does not come back in time is settled then.
    pub(super) async fn finish(&mut self) -> Result<(), StoreError> {
        let enough = tokio::time::Instant::now() + STOP_WAIT;
        self.settle().await?;
        loop {
            let mut work = Vec::new();
            self.take_ready(&mut work).await?;
            if !work.is_empty() {
                self.group(work).await?;
                continue;
            }
            match tokio::time::timeout_at(enough, self.under_way.join_next()).await {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(_) => {
                    tracing::warn!(
                        "some calls did not come back in time; they are settled at the next start"
                    );
                    return Ok(());
                }
            }
        }
    }

    /// Once a day, plans to remove what is remembered only so that repeats are recognised, and dead
    /// letters that nobody looked at.
    pub(super) fn plan_sweep(&mut self) {
        let today = day_of(self.clock.now());
        if today == self.swept {
            return;
        }
        self.swept = today;
        let seen = today.saturating_sub(Turn::DAYS_KEPT.unsigned_abs() + 1);
        let dead = (self.clock.now() - DEAD_KEPT).0.max(0).unsigned_abs();
        for slot in self.layout.slots_of(self.index) {
            self.sweeping.extend([
                SEEN.key(slot).prefix().before(SEEN.key(slot).number(seen)),
                COMMANDS.key(slot).prefix().before(COMMANDS.key(slot).number(today.saturating_sub(1))),
                DEAD.key(slot).prefix().before(DEAD.key(slot).number(dead)),
            ]);
        }
    }

    /// Removes a handful of them. Called when nothing else is to be done.
    pub(super) async fn sweep(&mut self) -> Result<(), StoreError> {
        let Some(range) = self.sweeping.pop() else { return Ok(()) };
        let old = self.store.scan(&range, GROUP, false).await?;
        if old.len() == GROUP {
            self.sweeping.push(range);
        }
        self.next.rows.written.extend(old.into_iter().map(|(key, _)| (key, None)));
        self.commit_next().await
    }
}
