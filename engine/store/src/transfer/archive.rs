//! A backup as one file, and the names that a backup may have in it: nothing else is taken out of one.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Component, Path, PathBuf};

use cauce_model::FileId;
use tar::{Archive, Builder, EntryType, Header};

use super::TransferError;
use super::files::{self, FilesSummary, copy_checked, create, make_folder};

/// The name of the list of what a backup has.
pub const MANIFEST: &str = "backup.json";

/// Whether a backup may have a file of this name.
fn belongs(path: &Path) -> bool {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let number = |name: &str| name.len() == 20 && name.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_deref() {
        Some(["cauce.json"]) | Some([MANIFEST]) => true,
        Some(["checkpoints", name]) => name.strip_prefix("checkpoint-").is_some_and(number),
        Some(["log", name]) => name.strip_suffix(".log").is_some_and(number),
        Some(["files", folder, name]) => name.parse::<FileId>().is_ok() && name.get(..2) == Some(*folder),
        _ => false,
    }
}

/// An archive being written from a folder that has all but the files.
pub struct Packing<'a> {
    to: &'a Path,
    new: PathBuf,
    folder: &'a Path,
    tar: Builder<BufWriter<File>>,
    /// What was packed of files.
    pub files: FilesSummary,
}

impl<'a> Packing<'a> {
    /// Begins with what the folder has.
    pub fn begin(to: &'a Path, folder: &'a Path) -> Result<Self, TransferError> {
        let new = to.with_extension("tar.new");
        let tar = Builder::new(BufWriter::new(create(&new)?));
        let mut packing = Self { to, new, folder, tar, files: FilesSummary::default() };
        for name in names(folder)? {
            packing.add(&folder.join(&name), &name)?;
        }
        Ok(packing)
    }

    fn add(&mut self, path: &Path, name: &Path) -> Result<(), TransferError> {
        let length = fs::metadata(path).map_err(TransferError::at(path))?.len();
        let file = File::open(path).map_err(TransferError::at(path))?;
        self.append(name, length, &mut BufReader::new(file)).map_err(TransferError::at(path))
    }

    fn append(&mut self, name: &Path, length: u64, from: &mut dyn std::io::Read) -> std::io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_size(length);
        header.set_mode(0o600);
        header.set_entry_type(EntryType::Regular);
        self.tar.append_data(&mut header, name, from)
    }

    /// Adds the files of a file store.
    pub fn add_files(mut self, root: Option<&Path>) -> Result<Self, TransferError> {
        let Some(root) = root else { return Ok(self) };
        self.files = files::each(root, &mut |id, path| {
            copy_checked(id, path, &mut std::io::sink())?;
            self.add(path, &Path::new("files").join(&id.as_str()[..2]).join(id.as_str()))
        })?;
        Ok(self)
    }

    /// Adds the list, makes all of it durable and gives it its name.
    pub fn finish(mut self) -> Result<(), TransferError> {
        self.add(&self.folder.join(MANIFEST), Path::new(MANIFEST))?;
        let write = || -> std::io::Result<()> {
            let mut file = self.tar.into_inner()?;
            file.flush()?;
            file.get_ref().sync_all()?;
            fs::rename(&self.new, self.to)
        };
        write().map_err(TransferError::at(self.to))?;
        match self.to.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => files::sync_folder(parent),
            _ => files::sync_folder(Path::new(".")),
        }
    }
}

/// Takes an archive apart.
pub fn unpack(from: &Path, to: &Path) -> Result<(), TransferError> {
    let failed =
        |error: std::io::Error| TransferError::NotWhole { path: from.to_owned(), cause: error.to_string() };
    let mut archive = Archive::new(BufReader::new(File::open(from).map_err(TransferError::at(from))?));
    for entry in archive.entries().map_err(failed)? {
        let mut entry = entry.map_err(failed)?;
        let name = entry.path().map_err(failed)?.into_owned();
        if entry.header().entry_type() != EntryType::Regular || !belongs(&name) {
            return Err(failed(std::io::Error::other(format!(
                "{} is nothing that a backup has",
                name.display()
            ))));
        }
        put(&to.join(&name), &mut entry)?;
    }
    Ok(())
}

/// Copies what a backup in a folder has.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), TransferError> {
    for name in names(from)? {
        let path = from.join(&name);
        put(&to.join(&name), &mut File::open(&path).map_err(TransferError::at(&path))?)?;
    }
    files::copy_files(&from.join("files"), &to.join("files")).map(drop)
}

fn put(path: &Path, from: &mut dyn std::io::Read) -> Result<(), TransferError> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let mut file = create(path)?;
    std::io::copy(from, &mut file).and_then(|_| file.sync_all()).map_err(TransferError::at(path))
}

/// The names in a backup, but for files.
fn names(folder: &Path) -> Result<Vec<PathBuf>, TransferError> {
    let mut names = Vec::new();
    for part in ["", "checkpoints", "log"] {
        let path = folder.join(part);
        let found = match fs::read_dir(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(TransferError::at(&path)(error)),
        };
        for entry in found {
            let name = Path::new(part).join(entry.map_err(TransferError::at(&path))?.file_name());
            if belongs(&name) {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}
