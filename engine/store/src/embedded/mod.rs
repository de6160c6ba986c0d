//! The embedded home: a log, then a base: sled or fjall.
//!
//! A commit is one frame of the [`log`]; one `fdatasync` makes it and all others that wait durable, and
//! that is the acknowledgement. From then on readers find it in the [`layers`], which drain into the
//! [`base`] in the background; [`checkpoint`]s of the base let the log be forgotten. `writer` is
//! the thread that writes the log, `upkeep` the two that drain and that make checkpoints, `recovery`
//! the start.
//!
//! The data folder: `log/` the log's segments, `checkpoints/` the last two checkpoints, `sled/` or `fjall/`
//! the base.

pub mod base;
pub mod checkpoint;
pub mod disk;
mod frame;
pub mod layers;
pub mod log;
mod power_cut;
mod recovery;
mod segments;
mod upkeep;
mod writer;

#[cfg(test)]
#[cfg(not(feature = "shuttle"))]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Committed, DataFolder, FolderError, Key, KeyRange, Lease, Store, StoreError, Value, Write, check_group,
    crash,
};
pub use base::BaseKind;

use base::Base;
use disk::Disk;
use frame::Group;
use layers::{Layers, Limits};
use writer::Request;

/// See the module.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    folder: Option<DataFolder>,
    epoch: u64,
    requests: Option<mpsc::UnboundedSender<Request>>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads of one store have in common.
struct Shared {
    base: Box<dyn Base>,
    layers: Layers,
    checkpoints: Arc<dyn Disk>,
    /// Why nothing is written any more.
    failed: std::sync::OnceLock<StoreError>,
    /// What was ever added to the log since this store was opened, in bytes.
    appended: AtomicU64,
}

impl Shared {
    fn check(&self) -> Result<(), StoreError> {
        self.failed.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Tells how much is not in the base yet.
    fn tell_fill(&self) {
        let fill = self.layers.fill();
        metrics::gauge!("cauce_store_layer_bytes").set(fill.bytes as f64);
        metrics::gauge!("cauce_store_undrained_log_bytes").set(fill.log as f64);
    }

    /// From now on nothing is written and nothing read: what was not acknowledged is unknown.
    fn fail(&self, error: &StoreError) {
        if self.failed.set(error.clone()).is_ok() {
            tracing::error!(%error, "the store cannot write; what was not acknowledged may be lost");
        }
        self.layers.close();
    }
}

/// The row that names the last group the base has.
fn applied_key() -> Key {
    Key::own(b"applied")
}

/// The row that counts how often the store was opened.
pub(crate) fn epoch_key() -> Key {
    Key::own(b"epoch")
}

/// The row that numbers the commits of a stream.
pub(crate) fn stream_key(stream: u16) -> Key {
    Key::own(&[b"stream".as_slice(), &stream.to_be_bytes()].concat())
}

/// A number of the store's own.
pub(crate) fn number_in(value: Option<&Value>) -> u64 {
    value.and_then(|value| value.as_slice().try_into().ok()).map_or(0, u64::from_be_bytes)
}

impl EmbeddedStore {
    /// Opens the store in this folder, or makes it with this many partitions.
    ///
    /// # Errors
    /// When the folder is in use, belongs to a newer version, or what it has cannot be read.
    pub fn open(path: &Path, partitions_if_new: u16) -> Result<Self, FolderError> {
        Self::open_as(path, partitions_if_new, BaseKind::default())
    }

    /// As [`EmbeddedStore::open`], with this base when the folder has none yet. One that has a base keeps it.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn open_as(path: &Path, partitions_if_new: u16, base_if_new: BaseKind) -> Result<Self, FolderError> {
        let limits = crash::small_layers().map_or(Limits::USUAL, Limits::small);
        Self::open_with(path, partitions_if_new, base_if_new, limits)
    }

    /// Opens it with other limits than the usual.
    pub(crate) fn open_with(
        path: &Path,
        partitions_if_new: u16,
        base_if_new: BaseKind,
        limits: Limits,
    ) -> Result<Self, FolderError> {
        let folder = DataFolder::open(path, partitions_if_new)?;
        let mut store = recovery::open(path, base_if_new, limits)?;
        store.folder = Some(folder);
        Ok(store)
    }

    /// How many partitions share the slots in this folder.
    pub fn partitions(&self) -> u16 {
        self.folder.as_ref().map_or(1, DataFolder::partitions)
    }

    /// The base that its folder has.
    pub fn base(&self) -> BaseKind {
        self.folder.as_ref().and_then(|folder| BaseKind::of(folder.path())).unwrap_or_default()
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        // The threads end once nobody can ask them anything; a panic in one has been logged.
        self.requests = None;
        self.shared.layers.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Store for EmbeddedStore {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        let read = || {
            self.shared.check()?;
            self.shared.layers.get(self.shared.base.as_ref(), keys)
        };
        ready(read()).boxed()
    }

    fn scan<'a>(
        &'a self,
        range: &'a KeyRange,
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Value)>, StoreError>> {
        let read = || {
            self.shared.check()?;
            self.shared.layers.scan(self.shared.base.as_ref(), range, limit, reverse)
        };
        ready(read()).boxed()
    }

    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>> {
        // The folder is locked, so whoever opened it is the only holder of every stream.
        let read = || {
            self.shared.check()?;
            let last = self.shared.layers.get(self.shared.base.as_ref(), &[stream_key(stream)])?;
            Ok(Lease { stream, epoch: self.epoch, last: number_in(last[0].as_ref()) })
        };
        ready(read()).boxed()
    }

    fn commit(
        &self,
        lease: Lease,
        number: u64,
        writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Committed, StoreError>> {
        async move {
            self.shared.check()?;
            check_group(&writes)?;
            let bytes = Group::size_of(&writes);
            if bytes > log::MAX_PAYLOAD {
                return Err(StoreError::BadGroup(format!("{bytes} bytes in one commit")));
            }
            let (done, answer) = oneshot::channel();
            let gone = || StoreError::Disk("the store has ended".into());
            let requests = self.requests.as_ref().ok_or_else(gone)?;
            requests.send(Request::Commit { lease, number, writes, done }).map_err(|_| gone())?;
            answer.await.map_err(|_| self.shared.check().err().unwrap_or_else(gone))?
        }
        .boxed()
    }
}
