//! sled as the base.
//!
//! What sled 0.34 does not do by itself is done here: its `flush` is no fsync on Linux, so its file is
//! synced after it; a start that was killed leaves a snapshot half written that the next start would
//! choose, so such files go first; a panic while it opens is an error like others; a batch blocks every
//! reader, so none is large.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::{Base, CACHE, OpenError};
use crate::{Key, KeyRange, StoreError, Value};

/// The rows of one batch at most.
const BATCH_ROWS: usize = 1000;

/// sled as the base.
pub struct SledBase {
    db: sled::Db,
    file: File,
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
mod tests {
    use super::*;

    /// Opens it, as soon as the threads of whoever had it open have let go.
    fn open(path: &Path) -> SledBase {
        loop {
            match SledBase::open(path) {
                Err(OpenError::InUse) => std::thread::yield_now(),
                opened => return opened.unwrap(),
            }
        }
    }

    #[test]
    fn a_snapshot_left_half_written_does_not_keep_sled_shut() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()));
        let left = dir.path().join("snap.00000000FFFFFFFF.generating");
        std::fs::write(&left, b"half").unwrap();
        drop(open(dir.path()));
        assert!(!left.exists());
    }
}
