//! Backups: a data folder as it stood at one moment, in a folder or in one file (`.tar`).
//!
//! A backup has a checkpoint, the log behind it, the files, and `backup.json`, which says how much there is
//! of each and is written last. It is made while Cauce runs, and needs nothing of it: checkpoints and log
//! are read as they lie there, and a segment of the log that goes meanwhile only means to begin again. A
//! restored folder is *held*: what was under way when the backup was made waits for a person's word.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::files::{self, FilesSummary, copy_files, create, make_folder};
use super::{Dump, Home, NewCheckpoint, Staged, TransferError, archive};
use crate::embedded::checkpoint::{self, CheckpointError};
use crate::embedded::disk::{Disk, RealDisk};
use crate::embedded::log::{self, Group, Log, Lsn};
use crate::folder::Hold;
use crate::{DataFolder, EmbeddedStore, FolderError, PostgresStore};

/// The format of backups that this build writes and reads.
const FORMAT: u32 = 1;
/// How often it is begun when segments of the log go while they are read.
const TRIES: usize = 10;
/// How much of the log is held in memory at one time, in bytes.
const BUFFER: usize = 8 << 20;

/// What a backup has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackupSummary {
    /// How many rows its checkpoint has.
    pub rows: u64,
    /// How many commits its log has behind that.
    pub commits: u64,
    /// Its files.
    pub files: FilesSummary,
}

/// `backup.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    rows: u64,
    commits: u64,
    files: u64,
    file_bytes: u64,
}

impl Manifest {
    fn of(summary: &BackupSummary) -> Self {
        let BackupSummary { rows, commits, files: FilesSummary { files, bytes } } = *summary;
        Self { format: FORMAT, rows, commits, files, file_bytes: bytes }
    }

    fn write(&self, folder: &Path) -> Result<(), TransferError> {
        let path = folder.join(archive::MANIFEST);
        let mut file = create(&path)?;
        let text = serde_json::to_vec_pretty(self).map_err(std::io::Error::other)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(TransferError::at(&path))
    }
}

/// Backs a data folder up, be it in use or not, to a new folder, or to one file when `to` ends in `.tar`.
///
/// # Errors
/// When something cannot be read or written, or is damaged. There is no backup then.
pub async fn backup(folder: &Path, to: &Path) -> Result<BackupSummary, TransferError> {
    if !folder.join("cauce.json").exists() {
        return Err(TransferError::Nothing(folder.to_owned()));
    }
    let new = Staged::begin(to, "backup")?;
    let (rows, commits) = rows(folder, &new.path).await?;
    let about = new.path.join("cauce.json");
    fs::copy(folder.join("cauce.json"), &about).map_err(TransferError::at(&about))?;
    // Files after rows: a file is durable before any row names it.
    finish(new, BackupSummary { rows, commits, ..BackupSummary::default() }, Some(&folder.join("files")), to)
}

/// Backs a database up as it is at this moment, with the files of this folder.
///
/// # Errors
/// When something cannot be read or written. There is no backup then.
pub async fn backup_postgres(
    store: &PostgresStore,
    files: Option<&Path>,
    to: &Path,
) -> Result<BackupSummary, TransferError> {
    let new = Staged::begin(to, "backup")?;
    drop(DataFolder::open(&new.path, store.partitions())?);
    let rows = checkpoint_of(Dump::Postgres(store.snapshot().await?), &new.path).await?;
    finish(new, BackupSummary { rows, ..BackupSummary::default() }, files, to)
}

/// Makes a new data folder of a backup. It is held: see [`Hold`].
///
/// # Errors
/// When the folder is not empty, or the backup is not whole. There is no folder then.
pub fn restore(from: &Path, to: &Path) -> Result<BackupSummary, TransferError> {
    let new = Staged::begin(to, "restoring")?;
    let taken = match from.is_dir() {
        true => archive::copy_folder(from, &new.path),
        false => archive::unpack(from, &new.path),
    };
    let summary = taken.and_then(|()| check(&new.path)).map_err(|error| match error {
        TransferError::NotWhole { cause, .. } => TransferError::NotWhole { path: from.to_owned(), cause },
        TransferError::DamagedFile(_) | TransferError::Log(_) | TransferError::Checkpoint(_) => {
            TransferError::NotWhole { path: from.to_owned(), cause: error.to_string() }
        }
        error => error,
    })?;
    DataFolder::set_hold(&new.path, Some(Hold::Ask))?;
    let manifest = new.path.join(archive::MANIFEST);
    fs::remove_file(&manifest).map_err(TransferError::at(&manifest))?;
    new.finish()?;
    Ok(summary)
}

/// Checkpoint and log, as they lie in the folder; how many rows and commits.
async fn rows(folder: &Path, to: &Path) -> Result<(u64, u64), TransferError> {
    let mut tries = 0;
    loop {
        tries += 1;
        for part in ["checkpoints", "log"] {
            let _ = fs::remove_dir_all(to.join(part));
            make_folder(&to.join(part))?;
        }
        match rows_at_once(folder, to).await {
            // What was removed while it was read is not needed any more: there is a newer checkpoint.
            Err(TransferError::Log(error)) if tries < TRIES => {
                tracing::info!(%error, "the log moved on while it was read; the backup begins again");
            }
            done => return done,
        }
    }
}

async fn rows_at_once(folder: &Path, to: &Path) -> Result<(u64, u64), TransferError> {
    let (from_lsn, rows) = match newest_checkpoint(folder, to)? {
        Some(found) => found,
        None if DataFolder::begun(folder)? > 1 => (0, 0),
        // The rows of the first format are in sled alone.
        None => match EmbeddedStore::open(folder, 1) {
            Ok(store) => {
                let home = Home::Embedded(store);
                return Ok((checkpoint_of(home.dump().await?, to).await?, 0));
            }
            Err(FolderError::InUse(_)) => return Err(TransferError::Upgraded(folder.to_owned())),
            Err(error) => return Err(error.into()),
        },
    };
    let mut copy = Log::open(Arc::new(RealDisk::open(&to.join("log"))?), from_lsn, &mut |_, _| {})?;
    let (mut commits, mut waiting, mut failed) = (0, 0, Ok(0));
    log::read(&RealDisk::open(&folder.join("log"))?, from_lsn, &mut |_, group| {
        if failed.is_err() {
            return;
        }
        copy.append(&group);
        commits += 1;
        waiting += Group::size_of(&group.writes);
        if waiting > BUFFER {
            waiting = 0;
            failed = copy.sync();
        }
    })?;
    failed?;
    copy.sync()?;
    Ok((rows, commits))
}

/// Copies the newest checkpoint that is good, when there is one: from which commit on it is, and its rows.
fn newest_checkpoint(folder: &Path, to: &Path) -> Result<Option<(Lsn, u64)>, TransferError> {
    let disk = RealDisk::open(&folder.join("checkpoints"))?;
    for lsn in checkpoint::list(&disk)?.into_iter().rev() {
        let name = checkpoint::name(lsn);
        let copy = to.join("checkpoints").join(&name);
        let Ok(mut from) = disk.open(&name) else { continue };
        let mut file = create(&copy)?;
        std::io::copy(&mut from, &mut file)
            .and_then(|_| file.sync_all())
            .map_err(TransferError::at(&copy))?;
        match checkpoint::verify(std::io::BufReader::new(File::open(&copy)?)) {
            Ok(found) => return Ok(Some((found.from_lsn, found.rows))),
            Err(error @ CheckpointError::Newer(_)) => return Err(error.into()),
            Err(error) => {
                tracing::error!(name, %error, "a checkpoint cannot be read; the one before it is taken");
                fs::remove_file(&copy).map_err(TransferError::at(&copy))?;
            }
        }
    }
    Ok(None)
}

/// Writes all that a home has as the checkpoint of a new folder; how many rows it has.
async fn checkpoint_of(mut dump: Dump<'_>, folder: &Path) -> Result<u64, TransferError> {
    let mut checkpoint = NewCheckpoint::begin(folder)?;
    while let Some(page) = dump.page().await? {
        for (key, value) in &page {
            checkpoint.push(key, value)?;
        }
    }
    checkpoint.finish()
}

/// Adds the files, and gives the backup its name.
fn finish(
    new: Staged,
    mut summary: BackupSummary,
    files: Option<&Path>,
    to: &Path,
) -> Result<BackupSummary, TransferError> {
    if to.extension().is_some_and(|extension| extension == "tar") {
        let packing = archive::Packing::begin(to, &new.path)?;
        let packing = packing.add_files(files)?;
        summary.files = packing.files;
        Manifest::of(&summary).write(&new.path)?;
        packing.finish()?;
        return Ok(summary); // the folder it was packed from goes
    }
    if let Some(files) = files {
        summary.files = copy_files(files, &new.path.join("files"))?;
    }
    Manifest::of(&summary).write(&new.path)?;
    let checked = check(&new.path)?;
    if checked != summary {
        return Err(TransferError::Differs(format!("{summary:?} and {checked:?}")));
    }
    new.finish()?;
    Ok(summary)
}

/// Reads a backup in a folder to its end.
fn check(folder: &Path) -> Result<BackupSummary, TransferError> {
    let not_whole = |cause: String| TransferError::NotWhole { path: folder.to_owned(), cause };
    let manifest = fs::read(folder.join(archive::MANIFEST))
        .map_err(|error| not_whole(format!("its {} cannot be read: {error}", archive::MANIFEST)))?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|error| not_whole(format!("its list: {error}")))?;
    if manifest.format > FORMAT {
        return Err(not_whole("it was made by a newer version of Cauce: use that one".into()));
    }
    let disk = RealDisk::open(&folder.join("checkpoints"))?;
    let mut summary = BackupSummary::default();
    let mut from_lsn = 0;
    if let Some(lsn) = checkpoint::list(&disk)?.pop() {
        let found = checkpoint::verify(std::io::BufReader::new(disk.open(&checkpoint::name(lsn))?))?;
        (from_lsn, summary.rows) = (found.from_lsn, found.rows);
    }
    log::read(&RealDisk::open(&folder.join("log"))?, from_lsn, &mut |_, _| summary.commits += 1)?;
    summary.files = files::check_files(&folder.join("files"))?;
    let found = Manifest { format: manifest.format, ..Manifest::of(&summary) };
    if found != manifest {
        return Err(not_whole(format!("it should have {manifest:?} and has {found:?}")));
    }
    Ok(summary)
}
