//! Files that travel with messages: what is known of each, where their bytes are, and the short-lived web addresses
//! they are downloaded from.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{config::Config, ids};

/// How long an uploaded file can be sent, in days.
pub const UPLOAD_DAYS: i64 = 30;
/// How long the business can fetch a customer's file, in days.
pub const RECEIVED_DAYS: i64 = 7;
/// How long a download address works, in seconds of the emulator's clock.
const ADDRESS_SECONDS: i64 = 5 * 60;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Its MIME type, with parameters if it came with them.
    pub mime: String,
    /// What it is called on the device it came from.
    pub name: Option<String>,
    /// Lowercase hex.
    pub sha256: String,
    /// In bytes.
    pub size: u64,
    /// From this time of the emulator's clock Graph does not know it any more, in milliseconds.
    pub expires_at: i64,
    /// The business deleted it. Phones that received it keep it.
    #[serde(default)]
    pub deleted: bool,
}

impl Media {
    /// Whether Graph still knows it.
    pub fn is_known(&self, now: i64) -> bool {
        !self.deleted && now < self.expires_at
    }
}

/// A file that comes in.
pub struct File {
    /// Its MIME type.
    pub mime: String,
    /// Its name.
    pub name: Option<String>,
    /// Of the bytes, in lowercase hex.
    pub sha256: String,
    /// All of it.
    pub bytes: Bytes,
}

impl File {
    /// A file with its hash.
    pub fn new(mime: String, name: Option<String>, bytes: Bytes) -> Self {
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Self { mime, name, sha256, bytes }
    }
}

/// The bytes of files, by media id: in a folder, or in memory where nothing is to survive.
pub enum Files {
    /// Lost at the end.
    Memory(HashMap<String, Bytes>),
    /// One file for each id.
    Folder(PathBuf),
}

impl Files {
    /// Files that end with the process.
    pub fn in_memory() -> Self {
        Self::Memory(HashMap::new())
    }

    /// The folder, without what is not `known`: bytes whose fact was never written, or was forgotten.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn open(folder: PathBuf, known: impl Fn(&str) -> bool) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        sweep(&folder, known)?;
        Ok(Self::Folder(folder))
    }

    /// Keeps the bytes. Ids are made by the emulator, so each is a plain file name.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn write(&mut self, id: &str, bytes: Bytes) -> io::Result<()> {
        match self {
            Self::Memory(files) => drop(files.insert(id.to_owned(), bytes)),
            Self::Folder(folder) => fs::write(folder.join(id), bytes)?,
        }
        Ok(())
    }

    /// The bytes of a file that was kept.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn read(&self, id: &str) -> io::Result<Bytes> {
        match self {
            Self::Memory(files) => files.get(id).cloned().ok_or_else(|| io::ErrorKind::NotFound.into()),
            Self::Folder(folder) => fs::read(folder.join(id)).map(Bytes::from),
        }
    }

    /// Removes them all.
    ///
    /// # Errors
    /// What the operating system said.
    pub fn clear(&mut self) -> io::Result<()> {
        match self {
            Self::Memory(files) => {
                files.clear();
                Ok(())
            }
            Self::Folder(folder) => sweep(folder, |_| false),
        }
    }
}

fn sweep(folder: &Path, known: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(&known) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The web address under `origin` from which the business downloads a file for the next five minutes.
pub fn address(config: &Config, origin: &str, id: &str, now: i64) -> String {
    let ends = now / 1000 + ADDRESS_SECONDS;
    format!("{origin}/media/{id}?ext={ends}&hash={}", proof(config, id, ends))
}

/// Whether an address with these parts was given out and still works.
pub fn is_address(config: &Config, id: &str, ends: i64, hash: &str, now: i64) -> bool {
    now / 1000 < ends && hash == proof(config, id, ends)
}

fn proof(config: &Config, id: &str, ends: i64) -> String {
    hex::encode(&ids::digest(&["address", &config.app_secret, id, &ends.to_string()])[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_what_is_known_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("media");
        let mut files = Files::open(path.clone(), |_| false).unwrap();
        files.write("1", Bytes::from_static(b"one")).unwrap();
        files.write("2", Bytes::from_static(b"half")).unwrap();
        let mut files = Files::open(path, |id| id == "1").unwrap();
        assert_eq!(files.read("1").unwrap(), "one");
        assert_eq!(files.read("2").unwrap_err().kind(), io::ErrorKind::NotFound);
        files.clear().unwrap();
        assert_eq!(files.read("1").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
