//! The beginning of a partition, its end, and the tidying in between.

use cauce_model::{Duration, Slot};
use cauce_store::{Key, StoreError, Table, rows};
use serde::{Serialize, de::DeserializeOwned};

use super::{GROUP, Partition, STOP_WAIT};
use crate::Turn;
use crate::tables::{CALLS, COMMANDS, DEAD, MAIL, SEEN, SENT, TAKEN, TIMERS, day_of, due_of};
use crate::turn::Rows;

/// How long dead letters are kept.
const DEAD_KEPT: Duration = Duration::days(90);

impl Partition {
    /// Reads what is pending and starts it: timers, calls, mail.
    pub async fn resume(&mut self) -> Result<(), StoreError> {
        let mut calls = Vec::new();
        let mut mail = Vec::new();
        for slot in self.layout.slots_of(self.index) {
            for (key, _) in self.pending(&TIMERS, slot).await? {
                self.timers.insert((due_of(&key), key));
            }
            calls.extend(self.pending(&CALLS, slot).await?);
            for (key, number) in self.all(&SENT, slot).await? {
                self.sent.insert((slot, other_slot(&key)), number);
            }
            for (key, number) in self.all(&TAKEN, slot).await? {
                self.taken.insert((slot, other_slot(&key)), number);
            }
            mail.extend(self.pending(&MAIL, slot).await?.into_iter().map(|(key, row)| (slot, key, row)));
        }
        for (from, key, row) in mail {
            let number = key.fields().last_chunk::<8>().map_or(0, |n| u64::from_be_bytes(*n));
            self.post(from, number, row, Vec::new());
        }
        for (key, row) in calls {
            self.dispatch(key, row, true);
        }
        Ok(())
    }

    /// All rows of a table in a slot.
    async fn all<V>(&self, table: &Table<V>, slot: Slot) -> Result<Vec<(Key, V)>, StoreError>
    where
        V: Serialize + DeserializeOwned,
    {
        let found = rows::scan(self.store.as_ref(), &table.key(slot).prefix(), usize::MAX, false).await?;
        found.into_iter().map(|(key, row)| table.read(&key, &row).map(|row| (key, row))).collect()
    }

    /// All pending rows of a table in a slot. One that cannot be read is told and left alone: it must
    /// not keep everybody else waiting.
    async fn pending<V>(&self, table: &Table<V>, slot: Slot) -> Result<Vec<(Key, V)>, StoreError>
    where
        V: Serialize + DeserializeOwned,
    {
        let found = rows::scan(self.store.as_ref(), &table.key(slot).prefix(), usize::MAX, false).await?;
        let read = found.into_iter().filter_map(|(key, row)| match table.read(&key, &row) {
            Ok(row) => Some((key, row)),
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
        loop {
            let mut work = Vec::new();
            self.take_ready(&mut work);
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
        let mut rows = Rows::default();
        rows.written.extend(old.into_iter().map(|(key, _)| (key, None)));
        self.commit(rows, Vec::new()).await
    }
}

fn other_slot(key: &Key) -> Slot {
    let number = key.fields().first_chunk::<8>().map_or(0, |n| u64::from_be_bytes(*n));
    u16::try_from(number).ok().and_then(Slot::new).expect("written from a slot")
}
