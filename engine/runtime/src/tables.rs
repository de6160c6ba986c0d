//! The runtime's own rows. Table numbers 1–19 are its; they are never used again for anything else.

use cauce_model::{Slot, Timestamp};
use cauce_store::{Key, Table};
use serde::{Deserialize, Serialize};

use crate::{EntityAddress, Trace};

/// A timer: (slot, due, entity, name) → what comes back.
pub(crate) const TIMERS: Table<TimerRow> = Table::new(1);
/// A call under way: (slot, entity, id) → what to do.
pub(crate) const CALLS: Table<CallRow> = Table::new(2);
/// Mail not yet known to be taken: (sender's slot, receiver's slot, number) → what it says.
pub(crate) const MAIL: Table<MailRow> = Table::new(3);
/// The last mail sent: (sender's slot, receiver's slot) → number.
pub(crate) const SENT: Table<u64> = Table::new(4);
/// The last mail taken: (receiver's slot, sender's slot) → number.
pub(crate) const TAKEN: Table<u64> = Table::new(5);
/// What came in already: (slot, day, hash) → nothing.
pub(crate) const SEEN: Table<()> = Table::new(6);
/// What a command answered: (slot, day, hash) → the answer.
pub(crate) const COMMANDS: Table<Vec<u8>> = Table::new(7);
/// The feed: (partition's first slot, number) → the changes of one commit.
pub(crate) const FEED: Table<Vec<Change>> = Table::new(8);
/// How far a reader has read: (partition's first slot, reader) → number.
pub(crate) const READ: Table<u64> = Table::new(9);
/// What could not be handled: (slot, time, 16 bytes of a hash) → what and why.
pub(crate) const DEAD: Table<DeadLetter> = Table::new(10);

/// A change as its turn wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Change(#[serde(with = "blob")] pub Vec<u8>);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TimerRow {
    pub entity: EntityAddress,
    #[serde(with = "blob")]
    pub event: Vec<u8>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CallRow {
    pub entity: EntityAddress,
    pub id: String,
    pub kind: String,
    #[serde(with = "blob")]
    pub payload: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MailRow {
    pub to: EntityAddress,
    #[serde(with = "blob")]
    pub event: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// An event that could not be handled, kept whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Whose event it was.
    pub entity: EntityAddress,
    /// When it was given up.
    pub at: Timestamp,
    /// Why, for a person.
    pub cause: String,
    /// The event.
    #[serde(with = "blob")]
    pub event: Vec<u8>,
    /// What came from outside, as it came; empty when that is not known or too large to be kept.
    #[serde(default, with = "blob", skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<u8>,
}

/// The beginning of the keys of one entity in a table.
pub(crate) fn of_entity<V: Serialize + serde::de::DeserializeOwned>(
    table: &Table<V>,
    entity: &EntityAddress,
) -> Key {
    table.key(entity.slot).number(entity.kind.0.into()).text(&entity.key)
}

/// The key of a timer.
pub(crate) fn timer_key(entity: &EntityAddress, due: Timestamp, name: &str) -> Key {
    // Times before 1970 do not occur; were one to, it is due at once all the same.
    let due_number = u64::try_from(due.0).unwrap_or(0);
    TIMERS.key(entity.slot).number(due_number).number(entity.kind.0.into()).text(&entity.key).text(name)
}

/// When the timer of this key is due.
pub(crate) fn due_of(key: &Key) -> Timestamp {
    let due = key.fields().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    Timestamp(i64::try_from(due).unwrap_or(i64::MAX))
}

/// The key of a dead letter.
pub(crate) fn dead_key(slot: Slot, at: Timestamp, name: &[u8]) -> Key {
    DEAD.key(slot).number(u64::try_from(at.0).unwrap_or(0)).bytes(name)
}

/// The key of a piece of mail.
pub(crate) fn mail_key(from: Slot, to: Slot, number: u64) -> Key {
    MAIL.key(from).number(to.number().into()).number(number)
}

/// The key of a counter between two slots.
pub(crate) fn pair_key(table: &Table<u64>, here: Slot, there: Slot) -> Key {
    table.key(here).number(there.number().into())
}

/// The day of a moment, as rows that expire are keyed.
pub(crate) fn day_of(at: Timestamp) -> u64 {
    u64::try_from(at.0.div_euclid(86_400_000)).unwrap_or(0)
}

/// Bytes as MessagePack bytes rather than as a list of numbers.
mod blob {
    use serde::de::{SeqAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }
        from.deserialize_byte_buf(Bytes)
    }
}
