//! Dead letters: what could not be handled, for a person to look at, handle again, or drop.

use std::fmt;
use std::str::FromStr;

use cauce_model::{Slot, Timestamp};
use cauce_store::{Key, StoreError, rows};
use tokio::sync::oneshot;

use crate::partition::Work;
use crate::tables::{DEAD, dead_key};
use crate::{DeadLetter, Runtime, Settled, SubmitError};

/// Which dead letter. Opaque to clients; later ones are greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeadId {
    at: Timestamp,
    slot: Slot,
    name: [u8; NAME],
}

/// How many bytes of its hash name a letter.
const NAME: usize = 16;

impl DeadId {
    pub(crate) fn key(&self) -> Key {
        dead_key(self.slot, self.at, &self.name)
    }

    fn of(key: &Key) -> Option<Self> {
        let (at, name) = key.fields().split_first_chunk::<8>()?;
        let at = Timestamp(i64::try_from(u64::from_be_bytes(*at)).ok()?);
        Some(Self { at, slot: key.slot()?, name: name.try_into().ok()? })
    }
}

impl fmt::Display for DeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}-{:032x}", self.at.0, self.slot.number(), u128::from_be_bytes(self.name))
    }
}

/// A text that names no dead letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this names no dead letter")]
pub struct NoDeadId;

impl FromStr for DeadId {
    type Err = NoDeadId;
    fn from_str(text: &str) -> Result<Self, NoDeadId> {
        let mut parts = text.split('-');
        let mut number = || u128::from_str_radix(parts.next()?, 16).ok();
        let mut read = || {
            let at = Timestamp(i64::try_from(number()?).ok()?);
            let slot = Slot::new(u16::try_from(number()?).ok()?)?;
            Some(Self { at, slot, name: number()?.to_be_bytes() })
        };
        // The one way to write it and no other.
        read().filter(|id| id.to_string() == text).ok_or(NoDeadId)
    }
}

/// What came of handling a dead letter again.
#[derive(Debug)]
pub enum Replayed {
    /// It was handled; the letter is gone.
    Handled(Settled),
    /// It could not be handled this time either: the letter is gone and there is another.
    DeadAgain {
        /// Why.
        cause: String,
    },
    /// There is no such letter, any more or at all.
    Gone,
}

/// What is to be done with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Replay,
    Drop,
}

impl Runtime {
    /// The dead letters, newest first: at most `limit`, of those older than `before`.
    pub async fn dead_letters(
        &self,
        before: Option<&DeadId>,
        limit: usize,
    ) -> Result<Vec<(DeadId, DeadLetter)>, StoreError> {
        let mut found = Vec::new();
        for slot in Slot::all() {
            let mut range = DEAD.key(slot).prefix();
            if let Some(before) = before {
                range = range.before(match slot.cmp(&before.slot) {
                    std::cmp::Ordering::Less => dead_key(slot, Timestamp(before.at.0 + 1), &[]),
                    std::cmp::Ordering::Equal => before.key(),
                    std::cmp::Ordering::Greater => dead_key(slot, before.at, &[]),
                });
            }
            let keys = self.store.scan(&range, limit, true).await?;
            found.extend(keys.iter().filter_map(|(key, _)| DeadId::of(key)));
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(limit);
        let keys: Vec<Key> = found.iter().map(DeadId::key).collect();
        let letters = rows::get(self.store.as_ref(), &keys).await?;
        let letter = |((id, key), row): ((DeadId, &Key), Option<Vec<u8>>)| {
            // One that went meanwhile is not there any more.
            row.map(|row| DEAD.read(key, &row).map(|letter| (id, letter)))
        };
        found.into_iter().zip(&keys).zip(letters).filter_map(letter).collect()
    }

    /// One of them.
    pub async fn dead_letter(&self, id: &DeadId) -> Result<Option<DeadLetter>, StoreError> {
        DEAD.fetch(self.store.as_ref(), &id.key()).await
    }

    /// Has the event of a dead letter handled as if it came now; the letter goes in the same commit.
    pub async fn replay(&self, id: &DeadId) -> Result<Replayed, SubmitError> {
        self.decide(id, Fate::Replay).await
    }

    /// Removes a dead letter; whether it was there.
    pub async fn drop_dead(&self, id: &DeadId) -> Result<bool, SubmitError> {
        Ok(!matches!(self.decide(id, Fate::Drop).await?, Replayed::Gone))
    }

    async fn decide(&self, id: &DeadId, fate: Fate) -> Result<Replayed, SubmitError> {
        let (done, answer) = oneshot::channel();
        self.offer(id.slot, Work::Dead { letter: id.key(), fate, done })?;
        answer.await.map_err(|_| SubmitError::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_text_and_back_and_sorts_by_time() {
        let slot = |number| Slot::new(number).unwrap();
        let id = DeadId { at: Timestamp(1_750_000_000_000), slot: slot(1023), name: [0x0f; NAME] };
        assert_eq!(id.to_string().parse(), Ok(id.clone()));
        assert_eq!(DeadId::of(&id.key()), Some(id.clone()));
        assert!(DeadId { at: Timestamp(1_750_000_000_001), slot: slot(0), ..id.clone() } > id);
        for wrong in ["", "1", "1-2", "x-1-1", "1-ffff-00000000000000000000000000000000", &format!("{id}-1")]
        {
            assert_eq!(wrong.parse::<DeadId>(), Err(NoDeadId), "{wrong}");
        }
    }
}
