//! The log: groups in the order of their commits, each durable before anybody is told of it.
//!
//! It is a row of segments, files named by the number of their first frame. A segment is closed at the
//! first sync that finds [`SEGMENT`] bytes in it. How they are read is in [`segments`](super::segments),
//! what their bytes are in [`frame`](super::frame).

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::Arc;

use super::disk::{Disk, DiskFile};
use super::frame::{FORMAT, SEGMENT_HEADER, SegmentHeader, put_frame};
pub use super::frame::{Group, MAX_PAYLOAD};
use super::segments::{self, Segment};

/// The number of a frame: 1, 2, 3 …
pub type Lsn = u64;

/// How large a segment grows, in bytes; the last sync may add to that.
pub const SEGMENT: u64 = 64 << 20;
/// What the buffer keeps of its memory between syncs, in bytes.
const BUFFER: usize = 1 << 20;

/// Why a log does not open.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The disk failed.
    #[error("the log cannot be read or written ({what}): {cause}")]
    Io {
        /// Which part of it.
        what: String,
        /// Why.
        cause: io::Error,
    },
    /// What had been durable cannot be read any more. Nothing was changed.
    #[error(
        "the log is damaged: {segment} cannot be read from byte {offset} on ({cause}), and with it group {lsn}, \
         which had been committed. Put back the copy of this file from a backup of the folder, or restore the \
         last backup with `cauce restore`"
    )]
    Damaged {
        /// The file.
        segment: String,
        /// From which byte on.
        offset: u64,
        /// The first group that is needed and lost.
        lsn: Lsn,
        /// What is wrong there.
        cause: String,
    },
    /// The oldest segment begins too late.
    #[error(
        "the log begins with group {found}, but group {needed} is needed: files are missing from its folder. Put \
         them back from a backup of the folder, or restore the last backup with `cauce restore`"
    )]
    Gap {
        /// The first group that is needed.
        needed: Lsn,
        /// The first there is.
        found: Lsn,
    },
    /// A newer version wrote it.
    #[error(
        "{segment} of the log has format {format}, this version of Cauce reads up to {FORMAT}: use the newer version"
    )]
    Newer {
        /// The file.
        segment: String,
        /// Its format.
        format: u32,
    },
}

impl LogError {
    pub(super) fn io(what: &str, cause: io::Error) -> Self {
        Self::Io { what: what.to_owned(), cause }
    }
}

/// Reads a log and changes nothing: gives every good frame after `after` to `visit`, in order, and says
/// which is the last. Also for a log that another process is writing.
///
/// # Errors
/// As [`Log::open`].
pub fn read(disk: &dyn Disk, after: Lsn, visit: &mut dyn FnMut(Lsn, Group)) -> Result<Lsn, LogError> {
    Ok(segments::read(disk, after, visit)?.last.max(after))
}

/// An open log: its one writer.
pub struct Log {
    disk: Arc<dyn Disk>,
    segment_size: u64,
    /// Oldest first; the last is the one being written, with its length on disk.
    segments: VecDeque<Segment>,
    file: Box<dyn DiskFile>,
    seed: u32,
    /// Frames that are not written yet.
    buffer: Vec<u8>,
    last: Lsn,
    durable: Lsn,
    whole_from: Lsn,
    failed: Option<(io::ErrorKind, String)>,
}

impl Log {
    /// Opens the log of a folder, or begins one: gives every good frame after `after` to `visit`, in
    /// order, and cuts a torn tail. All that `visit` saw is durable when this returns. The next frame
    /// is the one after the last, and never before `after + 1`.
    ///
    /// # Errors
    /// When the disk fails, a frame after `after` that had been durable cannot be read, or a newer
    /// version wrote the log. Nothing is changed then.
    pub fn open(
        disk: Arc<dyn Disk>,
        after: Lsn,
        visit: &mut dyn FnMut(Lsn, Group),
    ) -> Result<Self, LogError> {
        Self::with_segments(disk, SEGMENT, after, visit)
    }

    /// Opens it with another size of segments, in bytes.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn with_segments(
        disk: Arc<dyn Disk>,
        segment_size: u64,
        after: Lsn,
        visit: &mut dyn FnMut(Lsn, Group),
    ) -> Result<Self, LogError> {
        let found = segments::read(disk.as_ref(), after, visit)?;
        let mut segments = VecDeque::from(found.segments);
        let last = found.last.max(after);
        let whole_from = if found.last < after { after + 1 } else { found.whole_from };
        let going_on = match (found.seed, segments.back()) {
            (Some(seed), Some(segment)) if found.last == last => {
                let name = segments::name(segment.first);
                if found.torn > 0 {
                    tracing::warn!(
                        segment = name,
                        bytes = found.torn,
                        after = last,
                        "the end of the log was written but never acknowledged, and is not whole: it is cut off"
                    );
                }
                // What a killed process wrote may have been read and not be durable, and a frame that is
                // cut off must not come back behind the next ones.
                let open = || {
                    let mut file = disk.append(&name, segment.len)?;
                    file.sync_data()?;
                    disk.sync_folder()?;
                    Ok(file)
                };
                Some((open().map_err(|e| LogError::io(&name, e))?, seed))
            }
            (None, Some(segment)) => {
                let name = segments::name(segment.first);
                disk.remove(&name).map_err(|e| LogError::io(&name, e))?;
                segments.pop_back();
                None
            }
            _ => None,
        };
        let (file, seed) = match going_on {
            Some(going_on) => going_on,
            None => {
                let seed = RandomState::new().hash_one(last) as u32;
                let file = begin(disk.as_ref(), &mut segments, last + 1, seed)
                    .map_err(|e| LogError::io(&segments::name(last + 1), e))?;
                (file, seed)
            }
        };
        Ok(Self {
            disk,
            segment_size,
            segments,
            file,
            seed,
            buffer: Vec::new(),
            last,
            durable: last,
            whole_from,
            failed: None,
        })
    }

    /// Adds a group, to be durable after the next [`Log::sync`]. A group of more than [`MAX_PAYLOAD`]
    /// bytes makes that fail.
    pub fn append(&mut self, group: &Group) -> Lsn {
        self.last += 1;
        if self.failed.is_none() && !put_frame(&mut self.buffer, self.seed, self.last, self.durable, group) {
            let _ =
                self.fail(io::Error::new(io::ErrorKind::FileTooLarge, "a commit is too large for the log"));
        }
        self.last
    }

    /// Writes what was added and makes it durable; says which is the last durable frame.
    ///
    /// # Errors
    /// When the disk fails. What was added since the last sync may or may not be durable then, and this
    /// log writes no more: it has to be opened again.
    pub fn sync(&mut self) -> io::Result<Lsn> {
        self.check()?;
        if self.last == self.durable {
            return Ok(self.durable);
        }
        match self.write() {
            Ok(()) => {
                self.durable = self.last;
                self.buffer.clear();
                self.buffer.shrink_to(BUFFER);
                Ok(self.durable)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// The last frame given to [`Log::append`].
    pub fn last(&self) -> Lsn {
        self.last
    }

    /// The first frame from which on, as far as is known, none is missing: what begins before it cannot be
    /// built from this log.
    pub fn whole_from(&self) -> Lsn {
        self.whole_from
    }

    /// How much there is on disk behind this frame, in bytes, rounded up to whole segments.
    pub fn bytes_after(&self, lsn: Lsn) -> u64 {
        if lsn >= self.durable {
            return 0;
        }
        let begin = self.segments.partition_point(|segment| segment.first <= lsn + 1).saturating_sub(1);
        self.segments.range(begin..).map(|segment| segment.len).sum()
    }

    /// Removes the segments all of whose frames are up to this one; never the one being written.
    ///
    /// # Errors
    /// When the disk fails, now or earlier. Later segments are still there then.
    pub fn remove_to(&mut self, lsn: Lsn) -> io::Result<()> {
        self.check()?;
        while self.segments.get(1).is_some_and(|next| next.first - 1 <= lsn) {
            match self.disk.remove(&segments::name(self.segments[0].first)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.segments.pop_front(),
            };
            self.whole_from = self.whole_from.max(self.segments[0].first);
            // One at a time: after a power cut an older one is never there without a newer one.
            self.disk.sync_folder()?;
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        if self.segments.back().is_some_and(|segment| segment.len >= self.segment_size) {
            self.file = begin(self.disk.as_ref(), &mut self.segments, self.durable + 1, self.seed)?;
        }
        self.file.write_all(&self.buffer)?;
        if !crate::crash::defect("no_sync") {
            self.file.sync_data()?;
        }
        if let Some(segment) = self.segments.back_mut() {
            segment.len += self.buffer.len() as u64;
        }
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        match &self.failed {
            Some((kind, cause)) => {
                Err(io::Error::new(*kind, format!("an earlier write of the log failed: {cause}")))
            }
            None => Ok(()),
        }
    }

    /// Ends this log, and takes back what nobody was told of: after a failed sync the next start would
    /// read it out of the system's memory and take it for durable. Where that fails as well, it stays.
    fn fail(&mut self, error: io::Error) -> io::Error {
        self.failed = Some((error.kind(), error.to_string()));
        self.buffer = Vec::new();
        if let Some(segment) = self.segments.back() {
            let name = segments::name(segment.first);
            let cut = self.disk.append(&name, segment.len).and_then(|mut file| file.sync_data());
            if let Err(error) = cut {
                tracing::warn!(segment = name, %error, "what could not be made durable could not be taken back");
            }
        }
        error
    }
}

/// Begins a segment; all frames before it have to be durable. It is durable itself, with its header,
/// before it gets its first frame: one that has frames and no good header is damaged.
fn begin(
    disk: &dyn Disk,
    segments: &mut VecDeque<Segment>,
    first: Lsn,
    seed: u32,
) -> io::Result<Box<dyn DiskFile>> {
    let mut file = disk.create(&segments::name(first))?;
    file.write_all(&SegmentHeader { format: FORMAT, seed, first }.encode())?;
    file.sync_data()?;
    disk.sync_folder()?;
    segments.push_back(Segment { first, len: SEGMENT_HEADER as u64 });
    Ok(file)
}

#[cfg(test)]
mod tests;
