//! The embedded home: sled, made durable.
//!
//! What sled 0.34 does not do by itself is done here: its `flush` is no fsync on Linux, so the log
//! file is synced after it; a start that was killed leaves a snapshot half written that it would
//! choose at the next start, so such files go first; and one thread alone writes, which also turns
//! all commits that wait at one time into one batch and one sync.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Committed, DataFolder, FolderError, Key, KeyRange, Lease, Store, StoreError, Value, Write, check_group,
};

/// Memory that sled may use for its cache, in bytes; the process grows by about 1.75 times this.
const CACHE: u64 = 128 << 20;
/// A batch blocks every reader while it is applied, so no further commit joins one with this many rows.
const BATCH_ROWS: usize = 1000;

/// See the module.
pub struct SledStore {
    db: sled::Db,
    folder: DataFolder,
    epoch: u64,
    requests: Option<mpsc::UnboundedSender<Request>>,
    failed: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

struct Request {
    lease: Lease,
    number: u64,
    writes: Vec<Write>,
    done: oneshot::Sender<Result<Committed, StoreError>>,
}

impl SledStore {
    /// Opens the store in this folder, or makes it with this many partitions.
    pub fn open(path: &Path, partitions_if_new: u16) -> Result<Self, FolderError> {
        let folder = DataFolder::open(path, partitions_if_new)?;
        let unusable = |cause: String| FolderError::Unusable { path: path.to_owned(), cause };
        let home = path.join("sled");
        sweep_unfinished_snapshots(&home).map_err(|e| unusable(e.to_string()))?;
        let config = sled::Config::new().path(&home).cache_capacity(CACHE).flush_every_ms(Some(500));
        let db = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| unusable("sled stopped while opening it".into()))?
            .map_err(|e| match e {
                // A store of this process that was just closed lets go of sled's own lock a moment later
                // than of ours.
                sled::Error::Io(e) if e.to_string().contains("could not acquire lock") => {
                    FolderError::InUse(path.to_owned())
                }
                e => unusable(e.to_string()),
            })?;
        let log = File::open(home.join("db")).map_err(|e| unusable(e.to_string()))?;

        let failed = Arc::new(AtomicBool::new(false));
        let epoch_key = Key::own(b"epoch");
        let epoch = db.get(epoch_key.as_bytes()).map_err(|e| unusable(e.to_string()))?;
        let epoch = epoch.as_deref().and_then(|e| e.try_into().ok()).map_or(1, |e| u64::from_be_bytes(e) + 1);
        db.insert(epoch_key.as_bytes(), &epoch.to_be_bytes()).map_err(|e| unusable(e.to_string()))?;
        make_durable(&db, &log).map_err(unusable)?;

        let (requests, inbox) = mpsc::unbounded_channel();
        let writer = {
            let (db, failed) = (db.clone(), failed.clone());
            std::thread::Builder::new()
                .name("store-writer".into())
                .spawn(move || write_all(&db, &log, epoch, inbox, &failed))
                .map_err(|e| unusable(e.to_string()))?
        };
        Ok(Self { db, folder, epoch, requests: Some(requests), failed, writer: Some(writer) })
    }

    /// How many partitions share the slots in this folder.
    pub fn partitions(&self) -> u16 {
        self.folder.partitions()
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::Disk("an earlier write failed; start Cauce again".into()));
        }
        Ok(())
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(writer) = self.writer.take() {
            // The thread ends by itself once nobody can ask it anything; a panic in it has been logged.
            let _ = writer.join();
        }
    }
}

impl Store for SledStore {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        let read = || {
            self.check()?;
            keys.iter()
                .map(|key| Ok(self.db.get(key.as_bytes()).map_err(disk)?.map(|value| value.to_vec())))
                .collect()
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
            self.check()?;
            if range.from >= range.to {
                return Ok(Vec::new());
            }
            let rows = self.db.range(range.from.as_bytes()..range.to.as_bytes());
            let row = |row: sled::Result<(sled::IVec, sled::IVec)>| {
                let (key, value) = row.map_err(disk)?;
                Ok((Key::from_bytes(key.to_vec()), value.to_vec()))
            };
            if reverse {
                rows.rev().take(limit).map(row).collect()
            } else {
                rows.take(limit).map(row).collect()
            }
        };
        ready(read()).boxed()
    }

    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>> {
        // The folder is locked, so whoever opened it is the only holder of every stream.
        let read = || {
            self.check()?;
            let last = self.db.get(stream_key(stream).as_bytes()).map_err(disk)?;
            let last = last.as_deref().and_then(|n| n.try_into().ok()).map_or(0, u64::from_be_bytes);
            Ok(Lease { stream, epoch: self.epoch, last })
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
            self.check()?;
            check_group(&writes)?;
            let (done, answer) = oneshot::channel();
            let gone = || StoreError::Disk("the writer has ended".into());
            let requests = self.requests.as_ref().ok_or_else(gone)?;
            requests.send(Request { lease, number, writes, done }).map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        }
        .boxed()
    }
}

/// The writer: all commits that wait go into one batch, one flush and one sync.
fn write_all(
    db: &sled::Db,
    log: &File,
    epoch: u64,
    mut inbox: mpsc::UnboundedReceiver<Request>,
    failed: &AtomicBool,
) {
    let mut lasts = std::collections::HashMap::<u16, u64>::new();
    while let Some(first) = inbox.blocking_recv() {
        let mut batch = sled::Batch::default();
        let mut rows = 0;
        let mut taken = Vec::new();
        let mut next = Some(first);
        while let Some(Request { lease, number, writes, done }) = next {
            let last = match lasts.get(&lease.stream) {
                Some(last) => Ok(*last),
                None => db
                    .get(stream_key(lease.stream).as_bytes())
                    .map(|n| n.as_deref().and_then(|n| n.try_into().ok()).map_or(0, u64::from_be_bytes))
                    .map_err(disk),
            };
            let verdict = match last {
                Err(error) => Err(error),
                Ok(_) if lease.epoch != epoch => Err(StoreError::Fenced),
                Ok(last) if number == last && number > 0 => Ok(Committed::AlreadyDone),
                Ok(last) if number != last + 1 => Err(StoreError::OutOfOrder { given: number, last }),
                Ok(_) => {
                    lasts.insert(lease.stream, number);
                    rows += writes.len() + 1;
                    for (key, value) in writes {
                        match value {
                            Some(value) => batch.insert(key.as_bytes(), value),
                            None => batch.remove(key.as_bytes()),
                        }
                    }
                    batch.insert(stream_key(lease.stream).as_bytes(), &number.to_be_bytes());
                    Ok(Committed::Done)
                }
            };
            taken.push((done, verdict));
            next = if rows < BATCH_ROWS { inbox.try_recv().ok() } else { None };
        }
        // A repeat is answered only after the sync as well: its first writing may be in this batch.
        let written = db
            .apply_batch(batch)
            .map_err(disk)
            .and_then(|()| make_durable(db, log).map_err(StoreError::Disk));
        if let Err(error) = &written {
            failed.store(true, Ordering::Release);
            tracing::error!(%error, "the store cannot write; what was not acknowledged may be lost");
        }
        for (done, verdict) in taken {
            // Whoever asked may have gone away; the commit stands all the same.
            let _ = done.send(written.clone().and(verdict));
        }
        if written.is_err() {
            // Linux reports a failed sync once: a later one that succeeds would prove nothing.
            return;
        }
    }
}

fn stream_key(stream: u16) -> Key {
    Key::own(&[b"stream".as_slice(), &stream.to_be_bytes()].concat())
}

fn disk(error: sled::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}

fn make_durable(db: &sled::Db, log: &File) -> Result<(), String> {
    db.flush().map_err(|e| e.to_string())?;
    log.sync_data().map_err(|e| e.to_string())
}

/// A process killed while sled opens leaves `snap.*.generating`, which the next start would take
/// for the newest snapshot and find damaged, for ever.
fn sweep_unfinished_snapshots(home: &Path) -> std::io::Result<()> {
    let entries: Vec<PathBuf> = match std::fs::read_dir(home) {
        Ok(entries) => entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            tracing::warn!(file = %path.display(), "removing a snapshot that an interrupted start left behind");
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_left_half_written_does_not_keep_the_store_shut() {
        let dir = tempfile::tempdir().unwrap();
        drop(SledStore::open(dir.path(), 1).unwrap());
        let left = dir.path().join("sled/snap.00000000FFFFFFFF.generating");
        std::fs::write(&left, b"half").unwrap();
        drop(SledStore::open(dir.path(), 1).unwrap());
        assert!(!left.exists());
    }
}
