//! Whole homes: everything that one has, out in order and into another. A backup keeps it ([`backup`]), a
//! move to another home carries it ([`copy`]).
//!
//! What comes out is every row of every slot in the order of keys, and behind them the store's own: the
//! epoch, and the number of the last commit of each stream. They go with the rows because what a turn
//! takes for chance hangs on them: a home that began to count anew would give ids that were given before.

mod archive;
mod backup;
mod files;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use backup::{BackupSummary, backup, backup_postgres, restore};
pub use files::{FilesSummary, copy_files};

use crate::embedded::checkpoint::{self, CheckpointError, CheckpointWriter};
use crate::embedded::disk::{Disk, RealDisk};
use crate::embedded::log::LogError;
use crate::embedded::{BaseKind, epoch_key, number_in, stream_key};
use crate::postgres::Snapshot;
use crate::{
    DataFolder, EmbeddedStore, FolderError, Key, KeyRange, PostgresError, PostgresStore, Store, StoreError,
    Value,
};

/// How many rows are held in memory at one time.
const PAGE: usize = 1000;
/// The stream in which an embedded home counts how often it was opened: that is its own affair.
const OPENINGS: u16 = u16::MAX;

/// Why a home was not carried elsewhere, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is nothing to carry.
    #[error("there is no data of Cauce in {0}")]
    Nothing(PathBuf),
    /// What is there would be mixed with what comes.
    #[error("{0} is not empty: name a folder that does not exist yet, or an empty database")]
    NotEmpty(String),
    /// What stands at the end is not what was at the beginning.
    #[error(
        "what was written is not what was read ({0}): nothing was left behind; try again, and look after the disk"
    )]
    Differs(String),
    /// A file of the file store has another content than its name says.
    #[error("the file {0} is damaged: its content is not what its name says")]
    DamagedFile(PathBuf),
    /// What was found is not whole.
    #[error("the backup {path} is not whole: {cause}")]
    NotWhole {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// An upgraded folder has no checkpoint yet, and only its own process can read all of it.
    #[error(
        "the data folder {0} was made by an older version and cannot be backed up while Cauce runs: stop Cauce once, and back up then"
    )]
    Upgraded(PathBuf),
    /// A file or folder cannot be read or written.
    #[error("{path}: {cause}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The disk failed.
    #[error("{0}")]
    Disk(#[from] io::Error),
    /// A data folder cannot be used.
    #[error("{0}")]
    Folder(#[from] FolderError),
    /// A database cannot be used.
    #[error("{0}")]
    Postgres(#[from] PostgresError),
    /// A store does not answer.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A log cannot be read or written.
    #[error("{0}")]
    Log(#[from] LogError),
    /// A checkpoint cannot be read or written.
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
}

impl TransferError {
    fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        |cause| Self::Io { path: path.to_owned(), cause }
    }
}

/// Where a home is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a data folder.
    Folder(PathBuf),
    /// In a database at this address.
    Postgres(String),
}

impl Place {
    /// What a text names: an address that begins with `postgres://`, or a folder.
    pub fn of(text: &str) -> Self {
        if ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            Self::Postgres(text.to_owned())
        } else {
            Self::Folder(text.into())
        }
    }
}

impl std::str::FromStr for Place {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::of(text))
    }
}

impl std::fmt::Display for Place {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Postgres(address) => match address.rsplit_once('@') {
                Some((_, server)) => write!(f, "postgres://{server}"),
                None => f.write_str(address),
            },
        }
    }
}

/// An open home.
pub enum Home {
    /// A data folder.
    Embedded(EmbeddedStore),
    /// A database.
    Postgres(PostgresStore),
}

impl Home {
    /// Opens one that is there.
    ///
    /// # Errors
    /// When it is not there, is in use, or cannot be read.
    pub async fn open(place: &Place) -> Result<Self, TransferError> {
        match place {
            Place::Folder(path) if !path.join("cauce.json").exists() => {
                Err(TransferError::Nothing(path.clone()))
            }
            Place::Folder(path) => Ok(Self::Embedded(EmbeddedStore::open(path, 1)?)),
            Place::Postgres(address) => Ok(Self::Postgres(PostgresStore::connect(address, 1).await?)),
        }
    }

    /// The rows.
    pub fn store(&self) -> &dyn Store {
        match self {
            Self::Embedded(store) => store,
            Self::Postgres(store) => store,
        }
    }

    /// How many partitions share the slots.
    pub fn partitions(&self) -> u16 {
        match self {
            Self::Embedded(store) => store.partitions(),
            Self::Postgres(store) => store.partitions(),
        }
    }

    /// The base that a copy of it in a folder has.
    fn base(&self) -> BaseKind {
        match self {
            Self::Embedded(store) => store.base(),
            Self::Postgres(_) => BaseKind::default(),
        }
    }

    /// All that it has as it is at this moment.
    async fn dump(&self) -> Result<Dump<'_>, TransferError> {
        Ok(match self {
            Self::Embedded(store) => Dump::Embedded {
                store,
                left: Some(KeyRange { from: Key::from_bytes([]), to: Key::own(b"") }),
            },
            Self::Postgres(store) => Dump::Postgres(store.snapshot().await?),
        })
    }

    /// What it has, in numbers.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn tally(&self) -> Result<Tally, TransferError> {
        let mut tally = Tallying::default();
        let mut dump = self.dump().await?;
        while let Some(page) = dump.page().await? {
            page.iter().for_each(|(key, value)| tally.add(key, value));
        }
        Ok(tally.done())
    }
}

/// All that a home has: rows in the order of their keys, then the store's own.
enum Dump<'a> {
    Embedded {
        store: &'a EmbeddedStore,
        /// What is not read yet; `None` at the end.
        left: Option<KeyRange>,
    },
    Postgres(Snapshot),
}

impl Dump<'_> {
    /// The next rows; `None` behind the last.
    async fn page(&mut self) -> Result<Option<Vec<(Key, Value)>>, TransferError> {
        let (store, left) = match self {
            Self::Postgres(snapshot) => return Ok(snapshot.page().await?),
            Self::Embedded { store, left } => (store, left),
        };
        let Some(range) = left else { return Ok(None) };
        let mut page = store.scan(range, PAGE, false).await?;
        if page.len() == PAGE {
            range.from = page[PAGE - 1].0.clone().bytes(&[0]);
            return Ok(Some(page));
        }
        *left = None;
        let epoch = store.get(&[epoch_key()]).await?;
        page.push((epoch_key(), number_in(epoch[0].as_ref()).to_be_bytes().to_vec()));
        let streams = store.scan(&Key::own(b"stream").prefix(), usize::MAX, false).await?;
        page.extend(streams.into_iter().filter(|(key, _)| *key != stream_key(OPENINGS)));
        Ok(Some(page))
    }
}

/// What a home has, in numbers: two homes with the same have the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many rows.
    pub rows: u64,
    /// Their keys and values, in bytes.
    pub bytes: u64,
    /// The number of the last commit of each stream.
    pub streams: BTreeMap<u16, u64>,
    /// A hash of all rows.
    pub sum: String,
}

#[derive(Default)]
struct Tallying {
    rows: u64,
    bytes: u64,
    streams: BTreeMap<u16, u64>,
    sum: blake3::Hasher,
}

impl Tallying {
    fn add(&mut self, key: &Key, value: &[u8]) {
        if let Some(stream) = stream_of(key) {
            self.streams.insert(stream, number_in(Some(&value.to_vec())));
        } else if key.slot().is_some() {
            self.rows += 1;
            self.bytes += (key.as_bytes().len() + value.len()) as u64;
            for part in [key.as_bytes(), value] {
                self.sum.update(&(part.len() as u64).to_le_bytes());
                self.sum.update(part);
            }
        }
    }

    fn done(self) -> Tally {
        let sum = self.sum.finalize().to_hex()[..16].to_owned();
        Tally { rows: self.rows, bytes: self.bytes, streams: self.streams, sum }
    }
}

/// The stream whose last commit this row of the store's own numbers.
pub(crate) fn stream_of(key: &Key) -> Option<u16> {
    let number = key.as_bytes().strip_prefix(Key::own(b"stream").as_bytes())?;
    Some(u16::from_be_bytes(number.try_into().ok()?))
}

/// Copies a home into another, which must be empty, and reads that one back. `told` is told after every
/// page how many rows have been written. Files stand apart: [`copy_files`].
///
/// # Errors
/// When one of the two cannot be used, or what was read back is something else; nothing is left at the
/// other place then.
pub async fn copy(from: &Home, to: &Place, told: &mut dyn FnMut(u64)) -> Result<Tally, TransferError> {
    let mut tally = Tallying::default();
    let mut dump = from.dump().await?;
    match to {
        Place::Folder(path) => {
            let new = Staged::begin(path, "copying")?;
            drop(DataFolder::open(&new.path, from.partitions())?);
            let mut checkpoint = NewCheckpoint::begin(&new.path)?;
            while let Some(page) = dump.page().await? {
                for (key, value) in &page {
                    tally.add(key, value);
                    checkpoint.push(key, value)?;
                }
                told(tally.rows);
            }
            checkpoint.finish()?;
            let tally = tally.done();
            let copied = EmbeddedStore::open_as(&new.path, from.partitions(), from.base())?;
            let copied = Home::Embedded(copied);
            same(&tally, &copied.tally().await?)?;
            drop(copied);
            new.finish()?;
            Ok(tally)
        }
        Place::Postgres(address) => {
            let store = PostgresStore::connect(address, from.partitions()).await?;
            if !store.is_empty().await? || store.partitions() != from.partitions() {
                return Err(TransferError::NotEmpty(to.to_string()));
            }
            let mut load = store.load().await?;
            while let Some(page) = dump.page().await? {
                page.iter().for_each(|(key, value)| tally.add(key, value));
                load.add(&page).await?;
                told(tally.rows);
            }
            let tally = tally.done();
            load.finish().await?;
            same(&tally, &Home::Postgres(store).tally().await?)?;
            Ok(tally)
        }
    }
}

fn same(read: &Tally, written: &Tally) -> Result<(), TransferError> {
    if read == written {
        return Ok(());
    }
    let short = |tally: &Tally| format!("{} rows, {} bytes, sum {}", tally.rows, tally.bytes, tally.sum);
    Err(TransferError::Differs(format!("{} and {}", short(read), short(written))))
}

/// The checkpoint of a new data folder, from which its first start makes the rest.
struct NewCheckpoint {
    disk: RealDisk,
    writer: CheckpointWriter,
}

impl NewCheckpoint {
    fn begin(folder: &Path) -> Result<Self, TransferError> {
        let disk = RealDisk::open(&folder.join("checkpoints"))?;
        let writer = CheckpointWriter::new(disk.create(&checkpoint::name(0))?, 0)?;
        Ok(Self { disk, writer })
    }

    fn push(&mut self, key: &Key, value: &[u8]) -> Result<(), TransferError> {
        Ok(self.writer.push(key, value)?)
    }

    /// How many rows it has.
    fn finish(self) -> Result<u64, TransferError> {
        let summary = self.writer.finish()?;
        self.disk.sync_folder()?;
        Ok(summary.rows)
    }
}

/// A folder that is made under another name and has its own only when it is whole; given up, it is gone.
struct Staged {
    path: PathBuf,
    to: PathBuf,
    whole: bool,
}

impl Staged {
    /// Begins one that will be `to`, which must not be there or be empty.
    fn begin(to: &Path, how: &str) -> Result<Self, TransferError> {
        let empty = match fs::read_dir(to) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(_) => false,
        };
        if !empty {
            return Err(TransferError::NotEmpty(to.display().to_string()));
        }
        let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let path = to.with_file_name(format!("{name}.{how}"));
        // Left over from one that was interrupted.
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(TransferError::at(&path)(error));
            }
            _ => {}
        }
        files::make_folder(&path)?;
        Ok(Self { path, to: to.to_owned(), whole: false })
    }

    /// Gives it its name, durably.
    fn finish(mut self) -> Result<(), TransferError> {
        files::sync_folder(&self.path)?;
        // It replaces an empty folder of that name.
        fs::rename(&self.path, &self.to).map_err(TransferError::at(&self.to))?;
        self.whole = true;
        match self.to.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => files::sync_folder(parent),
            _ => files::sync_folder(Path::new(".")),
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.whole
            && let Err(error) = fs::remove_dir_all(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "what was not finished is still there");
        }
    }
}
