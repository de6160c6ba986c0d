//! The files of an installation, carried along. Each is named by its content, so carrying it checks it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use cauce_model::FileId;

use super::TransferError;

/// How much is read at a time, in bytes.
const CHUNK: usize = 1 << 20;

/// What was carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilesSummary {
    /// How many files.
    pub files: u64,
    /// Their length, in bytes.
    pub bytes: u64,
}

/// Copies all files of a file store into another, and makes them durable. One that is there is left alone.
///
/// # Errors
/// When one cannot be read or written, or is not what its name says.
pub fn copy_files(from: &Path, to: &Path) -> Result<FilesSummary, TransferError> {
    make_folder(to)?;
    let summary = each(from, &mut |id, path| {
        let folder = to.join(&id.as_str()[..2]);
        make_folder(&folder)?;
        let copy = folder.join(id.as_str());
        if copy.exists() {
            return Ok(());
        }
        let new = folder.join("new");
        let mut file = create(&new)?;
        copy_checked(id, path, &mut file)?;
        file.sync_all().map_err(TransferError::at(&new))?;
        fs::rename(&new, &copy).map_err(TransferError::at(&copy))?;
        sync_folder(&folder)
    })?;
    sync_folder(to)?;
    Ok(summary)
}

/// Reads all files of a file store.
///
/// # Errors
/// When one cannot be read, or is not what its name says.
pub fn check_files(root: &Path) -> Result<FilesSummary, TransferError> {
    each(root, &mut |id, path| copy_checked(id, path, &mut io::sink()))
}

/// Copies a file that has this name because of its content.
pub fn copy_checked(id: &FileId, path: &Path, to: &mut dyn Write) -> Result<(), TransferError> {
    let mut from = File::open(path).map_err(TransferError::at(path))?;
    let mut hash = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).map_err(TransferError::at(path))?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        to.write_all(&chunk[..read])?;
    }
    if FileId::from_hash(hash.finalize().as_bytes()) != *id {
        return Err(TransferError::DamagedFile(path.to_owned()));
    }
    Ok(())
}

/// Visits every file of a file store; what is being written is none yet.
pub fn each(
    root: &Path,
    visit: &mut dyn FnMut(&FileId, &Path) -> Result<(), TransferError>,
) -> Result<FilesSummary, TransferError> {
    let mut summary = FilesSummary::default();
    for folder in entries(root)? {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.len() != 2 || !folder.is_dir() {
            continue;
        }
        for path in entries(&folder)? {
            let id = path.file_name().and_then(|name| name.to_str()?.parse::<FileId>().ok());
            if let Some(id) = id.filter(|id| id.as_str().starts_with(&name)) {
                visit(&id, &path)?;
                summary.files += 1;
                summary.bytes += fs::metadata(&path).map_err(TransferError::at(&path))?.len();
            }
        }
    }
    Ok(summary)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, TransferError> {
    let found = match fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TransferError::at(folder)(error)),
    };
    let mut paths = Vec::new();
    for entry in found {
        paths.push(entry.map_err(TransferError::at(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// A new file that nobody else on this machine may read, in the place of one that was there.
pub fn create(path: &Path) -> Result<File, TransferError> {
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    options.map_err(TransferError::at(path))
}

/// A folder that nobody else on this machine may read.
pub fn make_folder(path: &Path) -> Result<(), TransferError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(TransferError::at(path))
}

/// Makes the names in a folder durable.
pub fn sync_folder(path: &Path) -> Result<(), TransferError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(TransferError::at(path))
}
