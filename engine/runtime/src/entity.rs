//! What an entity is to the runtime.

use std::fmt;

use cauce_model::Slot;
use cauce_store::{Key, StoreError};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Turn;

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
    /// It asked for a row that is not in memory; the runtime reads it and runs the turn again.
    Need(Key),
    /// A row or the event cannot be read.
    Unreadable(String),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// How one sort of entity lives.
pub trait Entity: Send + Sync + 'static {
    /// Handles an event. Pure but for the turn: no I/O, no clock, no randomness of its own, because
    /// the turn may be run again from its beginning.
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt>;

    /// The event cannot be handled: `handle` panicked, or could not read it. It is kept as a dead
    /// letter; here the entity may leave a trace that a person will see.
    fn give_up(&self, turn: &mut Turn<'_>, event: &[u8], cause: &str) -> Result<(), Halt> {
        let _ = (turn, event, cause);
        Ok(())
    }
}

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
}

/// Writes an event, a payload or a reply.
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to memory fails only for types that MessagePack cannot hold, and none of ours is one.
    rmp_serde::to_vec_named(value).expect("an event is representable")
}

/// Reads an event, a payload or a reply.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Halt> {
    rmp_serde::from_slice(bytes).map_err(|e| Halt::Unreadable(e.to_string()))
}
