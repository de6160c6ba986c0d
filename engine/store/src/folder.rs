//! The data folder: who may open it, and what format it has.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The format this build writes and reads. A folder with a higher number belongs to a newer Cauce.
///
/// 1: every commit was a batch of sled. 2: a log, and a base behind it; the rows are the same.
const FORMAT: u32 = 2;

/// A data folder that this process alone has open; others are kept out until it is dropped.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    about: About,
    _lock: File,
}

/// What `cauce.json` says of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    format: u32,
    /// How many partitions share the slots; fixed when the folder is made.
    partitions: u16,
    /// The format that it was made in.
    #[serde(default = "first_format")]
    begun: u32,
    /// It was restored, and nobody has said yet what becomes of what was under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<Hold>,
}

fn first_format() -> u32 {
    1
}

/// What a restored folder does with what was under way when its backup was made: sends, calls, timers that
/// are long due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// It is counted and waits until a person says what becomes of it.
    Ask,
    /// The next start drops it.
    Drop,
}

impl About {
    /// Writes it, whole or not at all.
    fn write(&self, folder: &Path) -> io::Result<()> {
        let new = folder.join("cauce.json.new");
        fs::write(&new, serde_json::to_vec_pretty(self)?)?;
        File::open(&new)?.sync_all()?;
        fs::rename(&new, folder.join("cauce.json"))?;
        File::open(folder)?.sync_all()
    }
}

/// Why a data folder cannot be used. Each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it open.
    #[error(
        "the data folder {0} is in use by another process: stop that one first, or choose another folder"
    )]
    InUse(PathBuf),
    /// It was written by a newer version.
    #[error(
        "the data folder {path} has format {found}, this version of Cauce reads up to {FORMAT}: use the newer version"
    )]
    Newer {
        /// Which folder.
        path: PathBuf,
        /// The format found.
        found: u32,
    },
    /// It cannot be read or written, or holds something else.
    #[error("the data folder {path} cannot be used: {cause}")]
    Unusable {
        /// Which folder.
        path: PathBuf,
        /// Why.
        cause: String,
    },
}

impl DataFolder {
    /// Opens the folder, or makes it with this many partitions when it is not there.
    pub fn open(path: &Path, partitions_if_new: u16) -> Result<Self, FolderError> {
        let unusable =
            |cause: io::Error| FolderError::Unusable { path: path.to_owned(), cause: why(path, &cause) };
        // What customers write is nobody else's on this machine.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
        }
        let about = Self::about(path, partitions_if_new)?;
        Ok(Self { path: path.to_owned(), about, _lock: lock })
    }

    fn about(path: &Path, partitions_if_new: u16) -> Result<About, FolderError> {
        let unusable = |cause: String| FolderError::Unusable { path: path.to_owned(), cause };
        let file = path.join("cauce.json");
        let about = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice::<About>(&bytes)
                .map_err(|e| unusable(format!("{} is not what Cauce wrote: {e}", file.display())))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let about =
                    About { format: FORMAT, partitions: partitions_if_new.max(1), begun: FORMAT, hold: None };
                about.write(path).map_err(|e| unusable(e.to_string()))?;
                about
            }
            Err(e) => return Err(unusable(e.to_string())),
        };
        if about.format > FORMAT {
            return Err(FolderError::Newer { path: path.to_owned(), found: about.format });
        }
        if about.partitions == 0 || about.partitions > cauce_model::SLOTS {
            return Err(unusable(format!("{} names {} partitions", file.display(), about.partitions)));
        }
        if about.format < FORMAT {
            // Before anything is written that an older version would not see.
            let about = About { format: FORMAT, ..about };
            about.write(path).map_err(|e| unusable(e.to_string()))?;
            return Ok(about);
        }
        Ok(about)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many partitions share the slots here.
    pub fn partitions(&self) -> u16 {
        self.about.partitions
    }

    /// Whether the folder was restored, and what becomes of what was under way.
    pub fn hold(&self) -> Option<Hold> {
        self.about.hold
    }

    /// Whether the folder at this path was restored, be it open or not; not when there is none.
    ///
    /// # Errors
    /// When what is there cannot be read.
    pub fn hold_of(path: &Path) -> Result<Option<Hold>, FolderError> {
        if !path.join("cauce.json").exists() {
            return Ok(None);
        }
        Ok(Self::written(path)?.hold)
    }

    /// The format that the folder was made in, be it open or not.
    pub(crate) fn begun(path: &Path) -> Result<u32, FolderError> {
        Ok(Self::written(path)?.begun)
    }

    fn written(path: &Path) -> Result<About, FolderError> {
        let unusable = |cause: String| FolderError::Unusable { path: path.to_owned(), cause };
        let about = fs::read(path.join("cauce.json")).map_err(|e| unusable(e.to_string()))?;
        serde_json::from_slice(&about).map_err(|e| unusable(e.to_string()))
    }

    /// Writes down what becomes of what was under way. Only for whoever has the folder open.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn set_hold(path: &Path, hold: Option<Hold>) -> Result<(), FolderError> {
        let about = About { hold, ..Self::written(path)? };
        about.write(path).map_err(|e| FolderError::Unusable { path: path.to_owned(), cause: e.to_string() })
    }
}

/// Why a folder cannot be opened, and what to do.
fn why(path: &Path, cause: &io::Error) -> String {
    match cause.kind() {
        // Making a folder that is there is no error.
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "it is a file: choose another place, or move the file away".into()
        }
        io::ErrorKind::ReadOnlyFilesystem => "its disk is mounted read-only".into(),
        io::ErrorKind::StorageFull => "its disk is full: make room".into(),
        io::ErrorKind::PermissionDenied => {
            let there = path.ancestors().find_map(|path| fs::metadata(path).ok());
            if there.is_some_and(|there| there.uid() != rustix::process::geteuid().as_raw()) {
                "it belongs to another user: start Cauce as that one, or give the folder to this one (chown)"
                    .into()
            } else {
                "this user may not write in it: allow it (chmod), or choose another folder".into()
            }
        }
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_opens_once_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataFolder::open(dir.path(), 4).unwrap();
        assert!(matches!(DataFolder::open(dir.path(), 4), Err(FolderError::InUse(_))));
        drop(first);
        assert_eq!(DataFolder::open(dir.path(), 8).unwrap().partitions(), 4, "fixed when it was made");
    }

    #[test]
    fn a_newer_format_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("cauce.json"), r#"{"format":99,"partitions":4}"#).unwrap();
        let error = DataFolder::open(dir.path(), 4).unwrap_err();
        assert!(matches!(error, FolderError::Newer { found: 99, .. }));
        assert!(error.to_string().contains("use the newer version"));
    }

    #[test]
    fn what_is_no_folder_of_ours_is_unusable() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(matches!(DataFolder::open(&file, 4), Err(FolderError::Unusable { .. })));
        fs::write(dir.path().join("cauce.json"), "not json").unwrap();
        assert!(matches!(DataFolder::open(dir.path(), 4), Err(FolderError::Unusable { .. })));
    }
}
