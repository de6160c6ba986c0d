//! The file layer under the log and the checkpoints: one flat folder of files that are appended to,
//! synced, and read from their beginning. Here: the traits, the real disk, and the one that keeps in the
//! process's memory what is not synced. [`PowerCutDisk`] is the one that tests cut the power of.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

pub use super::power_cut::PowerCutDisk;

/// A folder of files. Names are plain, without separators.
///
/// A file's bytes are durable after [`DiskFile::sync_data`], its name (made, changed, removed) after
/// [`Disk::sync_folder`]; before that, each may or may not be there after a power cut.
pub trait Disk: Send + Sync + 'static {
    /// The names of all files, in no order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Reads a file from its beginning.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// The length of a file, in bytes.
    fn len(&self, name: &str) -> io::Result<u64>;
    /// Makes a file; an error when there is one of this name.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Cuts a file to `len` bytes, or leaves it when it has no more, and goes on at its end.
    fn append(&self, name: &str, len: u64) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file another name; a file that had it before is gone.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names durable.
    fn sync_folder(&self) -> io::Result<()>;
}

/// A file being written at its end.
pub trait DiskFile: Send {
    /// Adds all these bytes. After an error some of them may be there.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes all that was written durable. After an error nothing is known of what was not synced
    /// before, and a later success proves nothing: Linux reports a lost page once.
    fn sync_data(&mut self) -> io::Result<()>;
}

/// A folder of the file system.
#[derive(Debug)]
pub struct RealDisk {
    folder: PathBuf,
    handle: File,
}

impl RealDisk {
    /// Opens the folder, or makes it, for this user alone.
    ///
    /// # Errors
    /// When it cannot be made or read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            // The folder may be new; its own name has to last as well.
            File::open(parent)?.sync_all()?;
        }
        Ok(Self { folder: folder.to_owned(), handle: File::open(folder)? })
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        if name.is_empty() || name.starts_with('.') || name.contains('/') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is no file name")));
        }
        Ok(self.folder.join(name))
    }
}

impl Disk for RealDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file()
                && let Ok(name) = entry.file_name().into_string()
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.path(name)?)?))
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.path(name)?)?.len())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let path = self.path(name)?;
        Ok(Box::new(OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)?))
    }

    fn append(&self, name: &str, len: u64) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().append(true).open(self.path(name)?)?;
        if file.metadata()?.len() > len {
            file.set_len(len)?;
        }
        Ok(Box::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from)?, self.path(to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name)?)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.handle.sync_all()
    }
}

impl DiskFile for File {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        io::Write::write_all(self, bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }
}

/// A disk whose files get their bytes only when they are synced: until then these are in the memory of
/// this process, and a SIGKILL loses them as a power cut would. See [`crate::crash`].
#[derive(Debug)]
pub struct UnsyncedInMemory<D>(D);

impl<D: Disk> UnsyncedInMemory<D> {
    /// Over this disk.
    pub fn over(disk: D) -> Self {
        Self(disk)
    }
}

impl<D: Disk> Disk for UnsyncedInMemory<D> {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        self.0.open(name)
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        self.0.len(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Unsynced { file: self.0.create(name)?, bytes: Vec::new() }))
    }

    fn append(&self, name: &str, len: u64) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Unsynced { file: self.0.append(name, len)?, bytes: Vec::new() }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.0.sync_folder()
    }
}

struct Unsynced {
    file: Box<dyn DiskFile>,
    bytes: Vec<u8>,
}

impl DiskFile for Unsynced {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.write_all(bytes)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.file.write_all(&self.bytes)?;
        self.bytes.clear();
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(disk: &dyn Disk, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        disk.open(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// What every disk does while the power lasts.
    fn does_what_a_disk_does(disk: &dyn Disk) {
        let mut file = disk.create("a").unwrap();
        file.write_all(b"hello ").unwrap();
        file.write_all(b"world").unwrap();
        file.sync_data().unwrap();
        assert_eq!(disk.create("a").err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((read(disk, "a"), disk.len("a").unwrap()), (b"hello world".to_vec(), 11));
        drop(file);

        let mut file = disk.append("a", 5).unwrap();
        file.write_all(b"!").unwrap();
        file.sync_data().unwrap();
        assert_eq!(read(disk, "a"), b"hello!");
        drop(disk.append("a", 100).unwrap());
        assert_eq!(read(disk, "a"), b"hello!", "a file is never made longer");

        disk.create("b").unwrap().sync_data().unwrap();
        disk.rename("a", "b").unwrap();
        disk.sync_folder().unwrap();
        assert_eq!(disk.list().unwrap(), ["b"]);
        assert_eq!(read(disk, "b"), b"hello!");
        disk.remove("b").unwrap();
        for error in [
            disk.open("b").err().unwrap(),
            disk.len("b").unwrap_err(),
            disk.append("b", 0).err().unwrap(),
            disk.rename("b", "a").unwrap_err(),
            disk.remove("b").unwrap_err(),
        ] {
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
    }

    #[test]
    fn all_disks_are_alike_while_the_power_lasts() {
        let dir = tempfile::tempdir().unwrap();
        does_what_a_disk_does(&RealDisk::open(&dir.path().join("real/log")).unwrap());
        let over = RealDisk::open(&dir.path().join("memory")).unwrap();
        does_what_a_disk_does(&UnsyncedInMemory::over(over));
        does_what_a_disk_does(&PowerCutDisk::new());
    }

    #[test]
    fn what_is_not_synced_never_reaches_the_disk_of_a_process_that_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let disk = UnsyncedInMemory::over(RealDisk::open(dir.path()).unwrap());
        let mut file = disk.create("a").unwrap();
        file.write_all(b"kept").unwrap();
        file.sync_data().unwrap();
        file.write_all(b"lost").unwrap();
        drop(file);
        assert_eq!(read(&disk, "a"), b"kept");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let disk = RealDisk::open(&dir.path().join("log")).unwrap();
        for name in ["", ".", "..", "../a", "a/b"] {
            assert_eq!(disk.create(name).err().unwrap().kind(), io::ErrorKind::InvalidInput, "{name}");
        }
    }
}
