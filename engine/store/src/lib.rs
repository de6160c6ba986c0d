//! An ordered map with durable commits, and the typed tables above it.
//!
//! A [`Store`] is a map from byte keys to small byte values. Its one way to write is
//! [`Store::commit`]: a *group* of writes that becomes durable whole or not at all. A commit is
//! made under a [`Lease`] and carries a number, so that a repeated commit is recognised and a
//! writer that was replaced writes nothing. Homes: [`EmbeddedStore`] (a log, then sled or fjall),
//! [`PostgresStore`], and [`MemoryStore`]
//! (tests of what stands above). One conformance suite ([`conformance`]) runs on every home.
//!
//! Every key starts with a slot ([`cauce_model::Slot`]); see [`Key`]. Values are at most
//! [`MAX_VALUE`] bytes, because sled never syncs what it keeps outside its log; the
//! [`rows`] layer splits larger ones. What people send each other as files stands apart: [`Files`].

pub mod conformance;
pub mod crash;
pub mod doctor;
pub mod embedded;
mod files;
mod folder;
mod key;
mod memory;
mod postgres;
pub mod rows;
mod sync;
mod table;
pub mod transfer;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use embedded::{BaseKind, EmbeddedStore};
pub use files::{FileError, Files, NewFile};
pub use folder::{DataFolder, FolderError, Hold};
pub use key::{Key, KeyRange};
pub use memory::MemoryStore;
pub use postgres::{PostgresError, PostgresStore};
pub use table::{Table, decode, encode, encode_into, message_pack};

/// The largest value a home takes, in bytes.
pub const MAX_VALUE: usize = 4096;

/// A value as stored.
pub type Value = Vec<u8>;

/// One write: set the key to the value, or remove it.
pub type Write = (Key, Option<Value>);

/// The right to write one stream of commits. A newer epoch of the same stream ends the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Which stream of commits.
    pub stream: u16,
    /// Which holder of it.
    pub epoch: u64,
    /// The number of the last commit made under this stream, by whomever.
    pub last: u64,
}

/// What became of a commit that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It is durable now.
    Done,
    /// It had been made before; nothing was written now.
    AlreadyDone,
}

/// Why a store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the stream; nothing was written.
    #[error("another process has taken over this part of the data; nothing was written")]
    Fenced,
    /// The commit's number does not follow the last one; nothing was written.
    #[error("commit {given} does not follow {last}")]
    OutOfOrder {
        /// The number given.
        given: u64,
        /// The last one made.
        last: u64,
    },
    /// A value is larger than [`MAX_VALUE`], or a key appears twice; nothing was written.
    #[error("a group that the store does not take: {0}")]
    BadGroup(String),
    /// The disk failed. Whether the last commit is durable is unknown: the process must end and
    /// read everything again.
    #[error("the store failed: {0}")]
    Disk(String),
    /// A row cannot be read.
    #[error("row {key} cannot be read: {cause}")]
    Unreadable {
        /// Its key, printable.
        key: String,
        /// Why.
        cause: String,
    },
}

/// An ordered map with durable commits.
pub trait Store: Send + Sync + 'static {
    /// The values of these keys, in the order asked.
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>>;

    /// Up to `limit` rows of a range in key order, or from its end when `reverse`.
    fn scan<'a>(
        &'a self,
        range: &'a KeyRange,
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Value)>, StoreError>>;

    /// Takes a stream over: from now on commits of its earlier holders are [`StoreError::Fenced`].
    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>>;

    /// Makes a group durable, whole or not at all. `number` must be one more than the last made
    /// on the stream; the last one again answers [`Committed::AlreadyDone`]. Each key at most once.
    fn commit(
        &self,
        lease: Lease,
        number: u64,
        writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Committed, StoreError>>;
}

/// A store shared by everybody in the process.
pub type SharedStore = Arc<dyn Store>;

/// What every home checks of a group before it takes it.
fn check_group(writes: &[Write]) -> Result<(), StoreError> {
    let large = |(_, value): &&Write| value.as_ref().is_some_and(|value| value.len() > MAX_VALUE);
    if let Some((key, Some(value))) = writes.iter().find(large) {
        return Err(StoreError::BadGroup(format!("value of {key} has {} bytes", value.len())));
    }
    if writes.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Ok(()); // as most groups come
    }
    let mut seen = std::collections::HashSet::with_capacity(writes.len());
    match writes.iter().find(|(key, _)| !seen.insert(key)) {
        Some((key, _)) => Err(StoreError::BadGroup(format!("key {key} appears twice"))),
        None => Ok(()),
    }
}
