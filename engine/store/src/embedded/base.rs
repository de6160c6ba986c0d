//! The base: the ordered map that the layers drain into. It is a view of the log that could be made
//! again; what it has is whole up to the group named in its row `applied`, and may have rows of later
//! groups, which the layers cover until they are drained.
//!
//! What sled 0.34 does not do by itself is done here: its `flush` is no fsync on Linux, so its file is
//! synced after it; a start that was killed leaves a snapshot half written that the next start would
//! choose, so such files go first; a panic while it opens is an error like others; a batch blocks every
//! reader, so none is large.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::{Key, KeyRange, StoreError, Value};

/// The rows of one batch at most.
const BATCH_ROWS: usize = 1000;
/// Memory that sled may use for its cache, in bytes; the process grows by about 1.75 times this.
const CACHE: u64 = 128 << 20;

/// An ordered map that may lose what was not synced, but nothing before that.
pub trait Base: Send + Sync {
    /// A value.
    fn get(&self, key: &Key) -> Result<Option<Value>, StoreError>;

    /// The rows of a range in key order, or from its end when `reverse`. What is written meanwhile may be
    /// among them or not.
    fn range<'a>(
        &'a self,
        range: &KeyRange,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a>;

    /// Writes rows, given in the order of their keys; none of them need be durable afterwards.
    fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError>;

    /// Makes what was written durable.
    fn sync(&self) -> Result<(), StoreError>;
}

/// sled as the base.
pub struct SledBase {
    db: sled::Db,
    file: File,
}

/// Why sled did not open.
#[derive(Debug)]
pub enum OpenError {
    /// A store of this process that was just closed lets go of sled's own lock a moment later than of ours.
    InUse,
    /// What it has cannot be read.
    Damaged(String),
    /// The disk did not let it.
    Io(std::io::Error),
}

impl SledBase {
    /// Opens it in this folder, or makes it.
    pub fn open(home: &Path) -> Result<Self, OpenError> {
        sweep_unfinished_snapshots(home).map_err(OpenError::Io)?;
        let config = sled::Config::new().path(home).cache_capacity(CACHE).flush_every_ms(Some(500));
        let db = catch_unwind(AssertUnwindSafe(|| config.open()))
            .map_err(|_| OpenError::Damaged("sled stopped while opening it".into()))?
            .map_err(|error| match error {
                sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => {
                    OpenError::InUse
                }
                sled::Error::Io(error) => OpenError::Io(error),
                error => OpenError::Damaged(error.to_string()),
            })?;
        let file = File::open(home.join("db")).map_err(OpenError::Io)?;
        Ok(Self { db, file })
    }
}

impl Base for SledBase {
    fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        Ok(self.db.get(key.as_bytes()).map_err(failed)?.map(|value| value.to_vec()))
    }

    fn range<'a>(
        &'a self,
        range: &KeyRange,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a> {
        let rows = self.db.range(range.from.as_bytes()..range.to.as_bytes());
        let row = |row: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = row.map_err(failed)?;
            Ok((Key::from_bytes(key.to_vec()), value.to_vec()))
        };
        if reverse { Box::new(rows.rev().map(row)) } else { Box::new(rows.map(row)) }
    }

    fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError> {
        loop {
            let mut batch = sled::Batch::default();
            let mut count = 0;
            for (key, value) in (&mut *rows).take(BATCH_ROWS) {
                count += 1;
                match value {
                    Some(value) => batch.insert(key.as_bytes(), value.as_slice()),
                    None => batch.remove(key.as_bytes()),
                }
            }
            if count == 0 {
                return Ok(());
            }
            self.db.apply_batch(batch).map_err(failed)?;
        }
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(failed)?;
        self.file.sync_data().map_err(|error| StoreError::Disk(error.to_string()))
    }
}

fn failed(error: sled::Error) -> StoreError {
    StoreError::Disk(error.to_string())
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
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;

    /// A base in memory that loses in a power cut what was not synced, or a part of it.
    #[derive(Default)]
    pub struct LosingBase(Mutex<Rows>);

    #[derive(Default, Clone)]
    struct Rows {
        now: BTreeMap<Key, Value>,
        /// What is on the disk for certain.
        synced: BTreeMap<Key, Value>,
        /// What was written since, row by row.
        since: Vec<(Key, Option<Value>)>,
        written: usize,
        /// After so many more rows the power goes.
        fuse: Option<usize>,
    }

    impl Rows {
        fn burn(&mut self) -> Result<(), StoreError> {
            match &mut self.fuse {
                Some(0) => Err(StoreError::Disk("the power is gone".into())),
                Some(left) => {
                    *left -= 1;
                    Ok(())
                }
                None => Ok(()),
            }
        }
    }

    impl LosingBase {
        /// The base after the power came back, with so many of the rows that were not synced.
        pub fn after_cut(&self, kept: usize) -> Self {
            let mut rows = self.0.lock().unwrap().clone();
            rows.now = rows.synced.clone();
            for (key, value) in rows.since.drain(..).take(kept) {
                match value {
                    Some(value) => rows.now.insert(key, value),
                    None => rows.now.remove(&key),
                };
            }
            rows.synced = rows.now.clone();
            rows.fuse = None;
            Self(Mutex::new(rows))
        }

        /// The power goes in the middle of a write, after so many more rows.
        pub fn fail_after(&self, rows: usize) {
            self.0.lock().unwrap().fuse = Some(rows);
        }

        /// How many rows were ever put.
        pub fn rows_written(&self) -> usize {
            self.0.lock().unwrap().written
        }
    }

    impl Base for LosingBase {
        fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
            Ok(self.0.lock().unwrap().now.get(key).cloned())
        }

        fn range<'a>(
            &'a self,
            range: &KeyRange,
            reverse: bool,
        ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a> {
            let rows = self.0.lock().unwrap();
            let rows = rows.now.range(range.from.clone()..range.to.clone());
            let mut rows: Vec<_> = rows.map(|(key, value)| Ok((key.clone(), value.clone()))).collect();
            if reverse {
                rows.reverse();
            }
            Box::new(rows.into_iter())
        }

        fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError> {
            let mut base = self.0.lock().unwrap();
            for (key, value) in rows {
                base.burn()?;
                base.written += usize::from(value.is_some());
                match value {
                    Some(value) => base.now.insert(key.clone(), value.clone()),
                    None => base.now.remove(key),
                };
                base.since.push((key.clone(), value.cloned()));
            }
            Ok(())
        }

        fn sync(&self) -> Result<(), StoreError> {
            let mut base = self.0.lock().unwrap();
            base.burn()?;
            base.synced = base.now.clone();
            base.since.clear();
            Ok(())
        }
    }

    #[test]
    fn a_snapshot_left_half_written_does_not_keep_sled_shut() {
        let dir = tempfile::tempdir().unwrap();
        drop(SledBase::open(dir.path()).unwrap());
        let left = dir.path().join("snap.00000000FFFFFFFF.generating");
        std::fs::write(&left, b"half").unwrap();
        drop(SledBase::open(dir.path()).unwrap());
        assert!(!left.exists());
    }
}
