//! What a partition does in a held start and at its end.

use cauce_store::{Key, KeyRange, StoreError};

use super::{GROUP, Partition, UnderWay, Work};
use crate::tables::{CALLS, CallRow};
use crate::{Call, Held, Resume};

/// How many timers are counted at once.
const COUNTED: usize = 1000;

impl Partition {
    /// Counts what waits: beside these calls, the timers that were due before the start.
    pub(super) async fn hold(&mut self, mut held: Held) -> Result<(), StoreError> {
        for mut range in self.timers.overdue.clone() {
            loop {
                let found = self.store.scan(&range, COUNTED, false).await?;
                held.timers += found.len() as u64;
                match found.last() {
                    Some((last, _)) if found.len() == COUNTED => range = range.from(after(last)),
                    _ => break,
                }
            }
        }
        self.told_held.send_replace(held);
        Ok(())
    }

    /// Lets go what waits, and says what it was.
    pub(super) async fn let_go(&mut self, how: Resume) -> Result<Held, StoreError> {
        if !self.held {
            return Ok(Held::default());
        }
        self.held = false;
        if how == Resume::Drop {
            for range in std::mem::take(&mut self.timers.overdue) {
                self.drop_timers(range).await?;
            }
        }
        let mut dropped = Vec::new();
        for slot in self.layout.slots_of(self.index).collect::<Vec<_>>() {
            for (key, size, row) in self.all(&CALLS, slot).await? {
                if self.calls.contains_key(&key) {
                    continue; // made since the start
                }
                match self.parts.executors.get(row.kind.as_str()) {
                    Some(executor) if how == Resume::Drop => {
                        let CallRow { entity, id, payload, trace, .. } = row;
                        let event = executor.dropped(Call { id, payload, resumed: true });
                        self.calls.insert(key.clone(), UnderWay { entity, size, trace });
                        dropped.push(Work::Answered { call: key, event });
                    }
                    _ => self.dispatch(key, size, row, true),
                }
            }
            while dropped.len() >= GROUP {
                let rest = dropped.split_off(GROUP);
                self.group(std::mem::replace(&mut dropped, rest)).await?;
            }
        }
        self.group(dropped).await?;
        Ok(self.told_held.send_replace(Held::default()))
    }

    async fn drop_timers(&mut self, mut range: KeyRange) -> Result<(), StoreError> {
        loop {
            let found = self.store.scan(&range, GROUP, false).await?;
            let Some((last, _)) = found.last() else { return Ok(()) };
            range = range.from(after(last));
            self.group(found.into_iter().map(|(key, _)| Work::DropTimer(key)).collect()).await?;
        }
    }
}

/// The first key after this one.
pub(super) fn after(key: &Key) -> Key {
    Key::from_bytes([key.as_bytes(), &[0]].concat())
}
