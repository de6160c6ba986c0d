//! Files: pictures, voice notes, documents. Each is a blob in a folder, named by its content
//! (`ab/ab…`), so that the same file sent a thousand times is kept once and never changes.
//!
//! A file is written beside the others (`new/`), made durable, and then moved to its name: under a name
//! stands the whole content, or nothing.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use cauce_model::FileId;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// The folder of all files; a cheap handle.
#[derive(Debug, Clone)]
pub struct Files(Arc<Home>);

#[derive(Debug)]
struct Home {
    root: PathBuf,
    /// What makes the next temporary name.
    next: AtomicU64,
}

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// What was written is not what was announced.
    #[error("the file is not the announced one: its SHA-256 is another")]
    OtherContent,
    /// The disk failed, or is full.
    #[error("the file could not be written: {0}")]
    Disk(#[from] io::Error),
}

impl Files {
    /// Opens the folder, or makes it; removes what writes that did not finish have left. To be opened once
    /// at a time: whoever opens it again takes away the files being written.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(root: &Path) -> io::Result<Self> {
        make_folder(root)?;
        let new = root.join("new");
        match fs::remove_dir_all(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => make_folder(&new)?,
        }
        Ok(Self(Arc::new(Home { root: root.to_owned(), next: AtomicU64::new(0) })))
    }

    /// The folder as it is, to look at: nothing is made or removed.
    pub fn look_at(root: &Path) -> Self {
        Self(Arc::new(Home { root: root.to_owned(), next: AtomicU64::new(0) }))
    }

    /// A new file, to be written and then [finished](NewFile::finish); dropped before, it leaves nothing.
    ///
    /// # Errors
    /// When the disk takes no file.
    pub fn begin(&self) -> io::Result<NewFile> {
        let name = self.0.next.fetch_add(1, Ordering::Relaxed).to_string();
        let temporary = Temporary(self.0.root.join("new").join(name));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary.0)?;
        Ok(NewFile {
            home: self.0.clone(),
            file: tokio::fs::File::from_std(file),
            temporary,
            name: blake3::Hasher::new(),
            sha256: Sha256::new(),
            len: 0,
        })
    }

    /// Where a file is, if it is here. An id is hexadecimal by its type, so this never leaves the folder.
    pub fn path(&self, id: &FileId) -> PathBuf {
        self.0.path(id)
    }

    /// How many bytes a file has; `None` when it is not here.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn len(&self, id: &FileId) -> io::Result<Option<u64>> {
        match fs::metadata(self.path(id)) {
            Ok(about) => Ok(Some(about.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Home {
    fn path(&self, id: &FileId) -> PathBuf {
        self.root.join(&id.as_str()[..2]).join(id.as_str())
    }

    /// Makes a written file durable, content first, and then under its name.
    fn keep(&self, file: &File, temporary: &Path, id: &FileId) -> io::Result<()> {
        file.sync_all()?;
        let path = self.path(id);
        let folder = path.parent().unwrap_or(&self.root);
        make_folder(folder)?;
        fs::rename(temporary, &path)?;
        File::open(folder)?.sync_all()?;
        // The folder itself may be new, made by this write or by another that has not come this far.
        File::open(&self.root)?.sync_all()
    }
}

/// What customers send is nobody else's on this machine.
fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A path that is removed when nobody needs it any more; once the file has moved, there is nothing to
/// remove, and its name is never used again.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.0.display(), %error, "a temporary file stays until the next start");
        }
    }
}

/// A file being written.
#[derive(Debug)]
pub struct NewFile {
    home: Arc<Home>,
    file: tokio::fs::File,
    temporary: Temporary,
    name: blake3::Hasher,
    sha256: Sha256,
    len: u64,
}

impl NewFile {
    /// How many bytes have been written.
    pub fn written(&self) -> u64 {
        self.len
    }

    /// Keeps the file durably and names it. The same content again gives the same id.
    ///
    /// # Errors
    /// [`FileError::OtherContent`] when its SHA-256 is not the expected one; nothing is kept then.
    pub async fn finish(mut self, expected_sha256: Option<[u8; 32]>) -> Result<FileId, FileError> {
        self.file.flush().await?;
        let Self { home, file, temporary, name, sha256, .. } = self;
        if expected_sha256.is_some_and(|expected| expected != <[u8; 32]>::from(sha256.finalize())) {
            return Err(FileError::OtherContent);
        }
        let id = FileId::from_hash(name.finalize().as_bytes());
        let file = file.into_std().await;
        let kept = id.clone();
        tokio::task::spawn_blocking(move || home.keep(&file, &temporary.0, &kept))
            .await
            .map_err(io::Error::other)??;
        Ok(id)
    }
}

impl AsyncWrite for NewFile {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = ready!(Pin::new(&mut self.file).poll_write(cx, bytes))?;
        self.name.update(&bytes[..taken]);
        self.sha256.update(&bytes[..taken]);
        self.len += taken as u64;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.file).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn write(files: &Files, bytes: &[u8]) -> NewFile {
        let mut new = files.begin().unwrap();
        new.write_all(bytes).await.unwrap();
        new
    }

    /// All files under a folder, as paths relative to it.
    fn found(root: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(root).unwrap().display().to_string());
                }
            }
        }
        found
    }

    #[tokio::test]
    async fn a_file_is_kept_under_the_name_of_its_content() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("files");
        let files = Files::open(&root).unwrap();
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut new = files.begin().unwrap();
        for chunk in bytes.chunks(70_001) {
            new.write_all(chunk).await.unwrap();
        }
        assert_eq!(new.written(), bytes.len() as u64);
        let id = new.finish(Some(Sha256::digest(&bytes).into())).await.unwrap();
        assert_eq!(id, FileId::of(&bytes));
        assert_eq!(fs::read(files.path(&id)).unwrap(), bytes);
        assert_eq!(found(&root), [format!("{}/{id}", &id.as_str()[..2])]);
        assert_eq!(files.len(&id).unwrap(), Some(bytes.len() as u64));
        assert_eq!(files.len(&FileId::of(b"another")).unwrap(), None);
        let again = Files::open(&root).unwrap();
        assert_eq!(again.len(&id).unwrap(), Some(bytes.len() as u64), "it is there after a restart");
    }

    #[tokio::test]
    async fn the_same_content_is_kept_once() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        let (one, two) = (write(&files, b"hola").await, write(&files, b"hola").await);
        let (one, two) = tokio::join!(one.finish(None), two.finish(None));
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(found(dir.path()).len(), 1);
        let nothing = files.begin().unwrap().finish(None).await.unwrap();
        assert_eq!(files.len(&nothing).unwrap(), Some(0), "an empty file is a file");
    }

    #[tokio::test]
    async fn another_content_than_announced_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        let error = write(&files, b"hola").await.finish(Some([7; 32])).await.unwrap_err();
        assert!(matches!(error, FileError::OtherContent));
        assert_eq!(files.len(&FileId::of(b"hola")).unwrap(), None);
        assert!(found(dir.path()).is_empty());
    }

    #[tokio::test]
    async fn what_was_not_finished_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        drop(write(&files, b"half").await);
        assert!(found(dir.path()).is_empty(), "given up");
        let mut killed = write(&files, b"half").await;
        killed.flush().await.unwrap();
        std::mem::forget(killed);
        assert_eq!(found(dir.path()).len(), 1);
        let kept = write(&files, b"whole").await.finish(None).await.unwrap();
        let files = Files::open(dir.path()).unwrap();
        assert_eq!(found(dir.path()), [format!("{}/{kept}", &kept.as_str()[..2])], "the process was killed");
        assert_eq!(fs::read(files.path(&kept)).unwrap(), b"whole");
    }

    #[test]
    fn no_text_from_outside_is_a_path() {
        for text in
            ["../../etc/passwd", "/etc/passwd", "", "ab", &"A".repeat(32), &"g".repeat(32), &"a".repeat(33)]
        {
            assert!(text.parse::<FileId>().is_err(), "{text}");
            assert!(serde_json::from_value::<FileId>(text.into()).is_err(), "{text}");
        }
    }
}
