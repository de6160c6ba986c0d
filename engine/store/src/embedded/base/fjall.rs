//! fjall as the base.
//!
//! A drained layer goes in as sorted files (*ingestion*), past fjall's journal: they are synced, and come
//! into the list of files whole or not at all. Only what is short, the row `applied` above all, goes
//! through the journal, which nobody syncs but [`Base::sync`]. Where rows of both ways meet, fjall first
//! writes its memory out as a file, so that the later writing wins also after a kill.
//!
//! What fjall 3.1 does not do by itself is done here: a kill while it makes its folder leaves one that it
//! would never open, so that goes first; a panic while it opens is an error like others; files that are
//! missing or too short are damage, not a disk that fails.

use std::fs;
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use fjall::config::{CompressionPolicy, PinningPolicy};
use fjall::{
    CompressionType, Database, Guard, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, LsmError,
    PersistMode,
};

use super::{Base, CACHE, OpenError};
use crate::{Key, KeyRange, StoreError, Value};

/// So many rows at once become files of their own; a file costs half a dozen syncs, so fewer do not.
const INGESTED_ROWS: usize = 256;
/// Rows in memory before they are written out, in bytes; up to four such portions wait for that.
const WRITE_BUFFER: u64 = 16 << 20;
/// fjall's own journal, in bytes, the least it takes.
const JOURNAL: u64 = 64 << 20;
/// Values of so many bytes and more stand apart from their keys.
const APART: u32 = 128;
/// Files kept open: a process has 1024 usually, and most are for connections.
const OPEN_FILES: usize = 200;

/// fjall as the base.
pub struct FjallBase {
    rows: Keyspace,
    db: Database,
    /// Files have come since the last sync.
    ingested: AtomicBool,
}

impl FjallBase {
    /// Opens it in this folder, or makes it.
    pub fn open(home: &Path) -> Result<Self, OpenError> {
        sweep_unfinished_folder(home).map_err(OpenError::Io)?;
        let open = || {
            let db = Database::builder(home)
                .cache_size(CACHE)
                .max_journaling_size(JOURNAL)
                .max_cached_files(Some(OPEN_FILES))
                .manual_journal_persist(true)
                // With more than one, another spins while the first is busy.
                .worker_threads(1)
                .open()?;
            let rows = db.keyspace("rows", || {
                KeyspaceCreateOptions::default()
                    .max_memtable_size(WRITE_BUFFER)
                    .manual_journal_persist(true)
                    .data_block_compression_policy(CompressionPolicy::disabled())
                    .with_kv_separation(Some(values_apart()))
                    // What finds a row stays in memory, for all but the lowest levels in a hundredth of
                    // their size: a contact who has not written for long costs one read, not three.
                    .index_block_pinning_policy(PinningPolicy::all(true))
                    .filter_block_pinning_policy(PinningPolicy::all(true))
            })?;
            Ok(Self { rows, db, ingested: AtomicBool::new(false) })
        };
        catch_unwind(AssertUnwindSafe(open))
            .map_err(|_| OpenError::Damaged("fjall stopped while opening it".into()))?
            .map_err(not_opened)
    }
}

/// Values stand in files of their own, which merging leaves as they are until a quarter of one is out of date:
/// rows of contacts from all over land in every file, and what is merged are then their keys. They are
/// compressed once, when they are written; so are not the files of keys, which are written again and again.
fn values_apart() -> KvSeparationOptions {
    KvSeparationOptions::default().separation_threshold(APART).compression(CompressionType::Lz4)
}

impl Base for FjallBase {
    fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        Ok(self.rows.get(key.as_bytes()).map_err(failed)?.map(|value| value.to_vec()))
    }

    fn range<'a>(
        &'a self,
        range: &KeyRange,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a> {
        let rows = self.rows.range(range.from.as_bytes()..range.to.as_bytes());
        let row = |row: Guard| {
            let (key, value) = row.into_inner().map_err(failed)?;
            Ok((Key::from_bytes(key.to_vec()), value.to_vec()))
        };
        if reverse { Box::new(rows.rev().map(row)) } else { Box::new(rows.map(row)) }
    }

    fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError> {
        let first: Vec<_> = rows.take(INGESTED_ROWS).collect();
        if first.len() < INGESTED_ROWS {
            let mut batch = self.db.batch();
            for (key, value) in first {
                match value {
                    Some(value) => batch.insert(&self.rows, key.as_bytes(), value.as_slice()),
                    None => batch.remove(&self.rows, key.as_bytes()),
                }
            }
            return batch.commit().map_err(failed);
        }
        let mut files = self.rows.start_ingestion().map_err(failed)?;
        for (key, value) in first.into_iter().chain(rows) {
            match value {
                Some(value) => files.write(key.as_bytes(), value.as_slice()),
                None => files.write_tombstone(key.as_bytes()),
            }
            .map_err(failed)?;
        }
        self.ingested.store(true, Ordering::Relaxed);
        files.finish().map_err(failed)
    }

    fn sync(&self) -> Result<(), StoreError> {
        // Files have been synced before they were listed: what is left is the journal.
        self.db.persist(PersistMode::SyncData).map_err(failed)?;
        // Files alone never bring fjall to its upkeep: to let go of files that were merged, to shorten its
        // journal, to merge further. Writing out the few rows that it has in memory does.
        if self.ingested.swap(false, Ordering::Relaxed) {
            self.rows.rotate_memtable().map_err(failed)?;
        }
        Ok(())
    }
}

fn failed(error: fjall::Error) -> StoreError {
    StoreError::Disk(error.to_string())
}

fn not_opened(error: fjall::Error) -> OpenError {
    let error = match error {
        fjall::Error::Locked => return OpenError::InUse,
        fjall::Error::Io(error) | fjall::Error::Storage(LsmError::Io(error)) => error,
        error => return OpenError::Damaged(error.to_string()),
    };
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::UnexpectedEof
        | ErrorKind::InvalidData
        | ErrorKind::InvalidInput => OpenError::Damaged(error.to_string()),
        _ => OpenError::Io(error),
    }
}

/// A process killed while fjall makes its folder leaves a journal that the next start would make as well,
/// and fail, for ever. The file `version` comes after it, and what holds rows after that one.
fn sweep_unfinished_folder(home: &Path) -> io::Result<()> {
    let absent = |error: io::Error| if error.kind() == ErrorKind::NotFound { Ok(true) } else { Err(error) };
    let begun = fs::metadata(home.join("version")).map(|file| file.len() == 0).or_else(absent)?
        && fs::read_dir(home.join("keyspaces")).map(|mut inside| inside.next().is_none()).or_else(absent)?;
    if begun && home.exists() {
        tracing::warn!(folder = %home.display(), "removing what an interrupted first start left behind");
        fs::remove_dir_all(home)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_left_half_made_does_not_keep_fjall_shut() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("fjall");
        fs::create_dir_all(home.join("keyspaces")).unwrap();
        fs::write(home.join("0.jnl"), [0; 100]).unwrap();
        drop(FjallBase::open(&home).unwrap());
        fs::write(home.join("version"), b"").unwrap();
        assert!(matches!(FjallBase::open(&home), Err(OpenError::Damaged(_))), "it had been whole once");
    }

    #[test]
    fn what_is_missing_or_too_short_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        for (file, bytes) in [("version", Some(b"no".as_slice())), ("current", Some(b"")), ("v", None)] {
            let home = dir.path().join(file);
            drop(FjallBase::open(&home).unwrap());
            let rows = home.join("keyspaces/1");
            match (file, bytes) {
                ("version", Some(bytes)) => fs::write(home.join(file), bytes).unwrap(),
                (_, Some(bytes)) => fs::write(rows.join(file), bytes).unwrap(),
                (_, None) => {
                    for entry in fs::read_dir(&rows).unwrap().map(|entry| entry.unwrap()) {
                        if entry.file_name().to_string_lossy().starts_with(file) {
                            fs::remove_file(entry.path()).unwrap();
                        }
                    }
                }
            }
            let opened = FjallBase::open(&home);
            assert!(matches!(opened, Err(OpenError::Damaged(_))), "{file}: {:?}", opened.err());
        }
    }

    #[test]
    fn a_file_of_values_that_is_missing_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("fjall");
        let base = FjallBase::open(&home).unwrap();
        let (keys, value) = ((0..INGESTED_ROWS as u64).map(key), vec![7; 2 * APART as usize]);
        let keys: Vec<Key> = keys.collect();
        base.write(&mut keys.iter().map(|key| (key, Some(&value)))).unwrap();
        base.sync().unwrap();
        assert_eq!(base.get(&keys[9]).unwrap().as_ref(), Some(&value));
        drop(base);
        let values: Vec<_> = fs::read_dir(home.join("keyspaces/1/blobs")).unwrap().collect();
        assert_eq!(values.len(), 1, "they stand apart");
        fs::remove_file(values[0].as_ref().unwrap().path()).unwrap();
        let opened = FjallBase::open(&home);
        assert!(matches!(opened, Err(OpenError::Damaged(_))), "{:?}", opened.err());
    }

    fn key(number: u64) -> Key {
        Key::from_bytes(number.to_be_bytes().to_vec())
    }

    #[test]
    fn it_opens_once_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("fjall");
        let first = FjallBase::open(&home).unwrap();
        assert!(matches!(FjallBase::open(&home), Err(OpenError::InUse)));
        drop(first);
        FjallBase::open(&home).unwrap();
    }
}
