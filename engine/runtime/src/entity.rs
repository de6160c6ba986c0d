//! What an entity is to the runtime.

use std::fmt;

use cauce_model::Slot;
use cauce_store::{Key, StoreError, Table, message_pack};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Turn;
use crate::turn::Rows;

/// A sort of entity, by a number that is never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityKind(pub u8);

/// Where an entity lives. Equal addresses are one entity with one serial life.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EntityAddress {
    /// What sort.
    pub kind: EntityKind,
    /// The slot of all its rows.
    pub slot: Slot,
    /// Which one of its sort.
    pub key: String,
}

impl fmt::Display for EntityAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind.0, self.slot.number(), self.key.escape_debug())
    }
}

/// Why a turn stopped before its end. Nothing it did stands.
#[derive(Debug)]
pub enum Halt {
    /// It asked for rows that are not in memory; the runtime reads them and runs the turn again.
    Need(Vec<Key>),
    /// A row or the event cannot be read.
    Unreadable(String),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The rows that are in memory before a turn.
#[derive(Clone, Copy)]
pub struct Known<'a>(pub(crate) &'a Rows);

impl Known<'_> {
    /// A row: `None` when it has not been read, `Some(None)` when it is not there or cannot be read.
    pub fn get<V: Serialize + DeserializeOwned>(&self, table: &Table<V>, key: &Key) -> Option<Option<V>> {
        let row = self.0.get(key)?;
        Some(row.and_then(|row| table.read(key, row).ok()))
    }
}

/// How one sort of entity lives.
pub trait Entity: Send + Sync + 'static {
    /// The rows that handling this event will most likely ask for, so that they are read at once for
    /// all events of a group. Asked again, at most [`WANTS`] times in all, while it names rows that are
    /// not known yet: what it names may depend on what was read. Anything that is not named here is
    /// read when the turn halts for it, which runs the turn again.
    fn wants(&self, to: &EntityAddress, event: &[u8], known: Known<'_>) -> Vec<Key> {
        let _ = (to, event, known);
        Vec::new()
    }

    /// Handles an event. Pure but for the turn: no I/O, no clock, no randomness of its own, because
    /// the turn may be run again from its beginning.
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt>;

    /// A timer that was overdue when a restored installation started will not come: whoever started it
    /// said so. Its row is gone with this turn.
    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let _ = (turn, event);
        Ok(())
    }

    /// The event cannot be handled: `handle` panicked, or could not read it. It is kept as a dead
    /// letter; here the entity may leave a trace that a person will see.
    fn give_up(&self, turn: &mut Turn<'_>, event: &[u8], cause: &str) -> Result<(), Halt> {
        let _ = (turn, event, cause);
        Ok(())
    }
}

/// How often an entity is asked what it wants before a turn.
pub const WANTS: usize = 3;

/// The code of a call that was not carried out because whoever restored the installation said so.
pub const DROPPED: &str = "dropped";

/// A call that is due, as its executor sees it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its id, unique within its entity.
    pub id: String,
    /// What to do.
    pub payload: Vec<u8>,
    /// The process ended while it may have been under way: it may have been carried out.
    pub resumed: bool,
}

/// Carries out calls of one kind in the outside world.
pub trait Executor: Send + Sync + 'static {
    /// Does it, and gives the event that tells the entity what came of it. Always answers.
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>>;

    /// Whether what is worth doing only now ([`Turn::tell`]) would be left out at this moment.
    fn is_full(&self) -> bool {
        false
    }

    /// The event that tells the entity that this will not be done: a failure for good, with the code
    /// [`DROPPED`].
    fn dropped(&self, call: Call) -> Vec<u8>;
}

/// Writes an event, a payload or a reply.
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    message_pack(value)
}

/// Reads an event, a payload or a reply.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Halt> {
    rmp_serde::from_slice(bytes).map_err(|e| Halt::Unreadable(e.to_string()))
}
