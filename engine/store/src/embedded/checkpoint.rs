//! A checkpoint: all rows of a store in the order of their keys, in one file that proves that it is whole.
//! Backups and the move to another home use the same format.
//!
//! Header: magic (8 bytes) ‖ format u32 ‖ from_lsn u64 ‖ crc32c u32 of these. Then blocks: length u32 ‖
//! crc32c u32 ‖ so many bytes of rows. Then the footer: 0 u32 ‖ rows u64 ‖ to_lsn u64 (0: unknown) ‖ crc32c
//! u32 of the crcs of header and blocks ‖ crc32c u32 of the footer up to here. Numbers are little-endian.
//! A row: how many bytes its key shares with the one before it in the block ‖ how many follow ‖ length of
//! the value ‖ those bytes of the key ‖ the value; these numbers are LEB128.

use std::io::{self, Read};

use super::disk::{Disk, DiskFile};
use super::frame::{put_number, take, take_number};
use super::log::Lsn;
use crate::{Key, Value};

/// The format written.
const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"cauceCKP";
const HEADER: usize = 24;
const FOOTER: usize = 28;
/// A block is closed at this size, in bytes.
const BLOCK: usize = 64 << 10;
/// The largest block that is read, in bytes.
const MAX_BLOCK: u32 = 64 << 20;
/// The file is synced each time it has grown by this much, in bytes: written all at once at its end, it
/// would hold up the syncs of the log.
const SYNC_EVERY: u64 = 4 << 20;

/// Why a checkpoint cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is not whole, or something else.
    #[error("the checkpoint is damaged at byte {offset}: {cause}")]
    Damaged {
        /// Where.
        offset: u64,
        /// What is wrong there.
        cause: &'static str,
    },
    /// A newer version wrote it.
    #[error(
        "the checkpoint has format {0}, this version of Cauce reads up to {FORMAT}: use the newer version"
    )]
    Newer(u32),
    /// A row was given that does not come after the one before it.
    #[error("row {0} is out of order")]
    OutOfOrder(Key),
}

/// What a checkpoint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// It has all groups up to this one; of later ones it may have rows, so the log from here on goes
    /// over it.
    pub from_lsn: Lsn,
    /// It has nothing of groups after this one, when that is known.
    pub to_lsn: Option<Lsn>,
    /// How many rows.
    pub rows: u64,
    /// Its length, in bytes.
    pub bytes: u64,
}

/// The name of the checkpoint from this group on.
pub fn name(from_lsn: Lsn) -> String {
    format!("checkpoint-{from_lsn:020}")
}

/// From which groups on there are checkpoints, oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(disk: &dyn Disk) -> io::Result<Vec<Lsn>> {
    let lsn_of = |file: &String| {
        let lsn = file.strip_prefix("checkpoint-")?.parse().ok()?;
        (name(lsn) == *file).then_some(lsn)
    };
    let mut lsns: Vec<Lsn> = disk.list()?.iter().filter_map(lsn_of).collect();
    lsns.sort_unstable();
    Ok(lsns)
}

/// Reads a checkpoint to its end.
///
/// # Errors
/// When it is not whole: every changed, missing or added byte is found.
pub fn verify(file: impl Read) -> Result<Summary, CheckpointError> {
    let mut reader = CheckpointReader::open(file)?;
    loop {
        if let Some(summary) = reader.summary {
            return Ok(summary);
        }
        reader.next_block()?;
        let mut key = Vec::new();
        while reader.next_row(&mut key)?.is_some() {}
    }
}

/// Writes a checkpoint.
pub struct CheckpointWriter {
    file: Box<dyn DiskFile>,
    summary: Summary,
    synced: u64,
    /// The block that is filled, behind room for its length and crc.
    block: Vec<u8>,
    crcs: u32,
    last: Option<Key>,
}

impl CheckpointWriter {
    /// Begins one in this new file.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn new(mut file: Box<dyn DiskFile>, from_lsn: Lsn) -> Result<Self, CheckpointError> {
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&FORMAT.to_le_bytes());
        header.extend_from_slice(&from_lsn.to_le_bytes());
        let crc = crc32c::crc32c(&header).to_le_bytes();
        header.extend_from_slice(&crc);
        file.write_all(&header)?;
        Ok(Self {
            file,
            summary: Summary { from_lsn, to_lsn: None, rows: 0, bytes: HEADER as u64 },
            synced: 0,
            block: vec![0; 8],
            crcs: crc32c::crc32c(&crc),
            last: None,
        })
    }

    /// Adds a row; its key has to come after the one before.
    ///
    /// # Errors
    /// When it does not, or the disk fails.
    pub fn push(&mut self, key: &Key, value: &[u8]) -> Result<(), CheckpointError> {
        let bytes = key.as_bytes();
        let before = self.last.as_ref().map(Key::as_bytes);
        if before.is_some_and(|before| before >= bytes) {
            return Err(CheckpointError::OutOfOrder(key.clone()));
        }
        let shared = match before {
            Some(before) if self.block.len() > 8 => {
                before.iter().zip(bytes).take_while(|(one, other)| one == other).count()
            }
            _ => 0,
        };
        put_number(&mut self.block, shared as u64);
        put_number(&mut self.block, (bytes.len() - shared) as u64);
        put_number(&mut self.block, value.len() as u64);
        self.block.extend_from_slice(&bytes[shared..]);
        self.block.extend_from_slice(value);
        self.last = Some(key.clone());
        self.summary.rows += 1;
        if self.block.len() >= BLOCK { self.close_block() } else { Ok(()) }
    }

    /// Says that it has nothing of groups after this one.
    pub fn reaches(&mut self, to_lsn: Lsn) {
        self.summary.to_lsn = Some(to_lsn).filter(|lsn| *lsn > 0);
    }

    /// Ends it, and makes it durable.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn finish(mut self) -> Result<Summary, CheckpointError> {
        if self.block.len() > 8 {
            self.close_block()?;
        }
        let mut footer = Vec::with_capacity(FOOTER);
        footer.extend_from_slice(&0u32.to_le_bytes());
        footer.extend_from_slice(&self.summary.rows.to_le_bytes());
        footer.extend_from_slice(&self.summary.to_lsn.unwrap_or(0).to_le_bytes());
        footer.extend_from_slice(&self.crcs.to_le_bytes());
        footer.extend_from_slice(&crc32c::crc32c(&footer).to_le_bytes());
        self.file.write_all(&footer)?;
        self.summary.bytes += footer.len() as u64;
        self.file.sync_data()?;
        Ok(self.summary)
    }

    fn close_block(&mut self) -> Result<(), CheckpointError> {
        let len = u32::try_from(self.block.len() - 8).ok().filter(|len| *len <= MAX_BLOCK);
        let len = len.ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, "a row is too large"))?;
        let crc = crc32c::crc32c(&self.block[8..]).to_le_bytes();
        self.crcs = crc32c::crc32c_append(self.crcs, &crc);
        self.block[..4].copy_from_slice(&len.to_le_bytes());
        self.block[4..8].copy_from_slice(&crc);
        self.file.write_all(&self.block)?;
        self.summary.bytes += self.block.len() as u64;
        self.block.truncate(8);
        if self.summary.bytes - self.synced >= SYNC_EVERY {
            self.file.sync_data()?;
            self.synced = self.summary.bytes;
        }
        Ok(())
    }
}

/// Reads a checkpoint. Each row it gives is as it was written, but only its end tells that none is missing:
/// [`verify`] it first where half of it would do harm.
pub struct CheckpointReader<R> {
    file: R,
    offset: u64,
    from_lsn: Lsn,
    crcs: u32,
    rows: u64,
    block: Vec<u8>,
    at: usize,
    key: Vec<u8>,
    /// When its end was read.
    summary: Option<Summary>,
}

impl<R: Read> CheckpointReader<R> {
    /// Begins to read one.
    ///
    /// # Errors
    /// When it is none, or a newer version wrote it.
    pub fn open(file: R) -> Result<Self, CheckpointError> {
        let mut reader = Self {
            file,
            offset: 0,
            from_lsn: 0,
            crcs: 0,
            rows: 0,
            block: Vec::new(),
            at: 0,
            key: Vec::new(),
            summary: None,
        };
        let header: [u8; HEADER] = reader.array()?;
        let (mut body, crc) = header.split_at(HEADER - 4);
        if crc != crc32c::crc32c(body).to_le_bytes() {
            return Err(damaged(0, "its beginning cannot be read"));
        }
        if body.split_off(..8) != Some(MAGIC.as_slice()) {
            return Err(damaged(0, "it is no checkpoint"));
        }
        let format = u32::from_le_bytes(array_of(&mut body));
        if format > FORMAT {
            return Err(CheckpointError::Newer(format));
        }
        reader.from_lsn = u64::from_le_bytes(array_of(&mut body));
        reader.crcs = crc32c::crc32c(crc);
        Ok(reader)
    }

    /// It has all groups up to this one.
    pub fn from_lsn(&self) -> Lsn {
        self.from_lsn
    }

    /// What it has; known once the last row was read.
    pub fn summary(&self) -> Option<Summary> {
        self.summary
    }

    /// The next row, or `None` behind the last one when it was whole.
    ///
    /// # Errors
    /// When it is not whole.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> Result<Option<(Key, Value)>, CheckpointError> {
        let mut key = std::mem::take(&mut self.key);
        while self.summary.is_none() {
            if let Some(value) = self.next_row(&mut key)? {
                let row = (Key::from_bytes(key.as_slice()), value.to_vec());
                self.key = key;
                return Ok(Some(row));
            }
            self.next_block()?;
            key.clear();
        }
        Ok(None)
    }

    /// The value of the next row of the block; `key`, that of the row before, becomes its key.
    fn next_row(&mut self, key: &mut Vec<u8>) -> Result<Option<&[u8]>, CheckpointError> {
        if self.at == self.block.len() {
            return Ok(None);
        }
        let unreadable = |_| damaged(self.offset - self.block.len() as u64, "a row cannot be read");
        let mut rest = &self.block[self.at..];
        let shared = take_number(&mut rest).map_err(unreadable)?;
        let more = take_number(&mut rest).map_err(unreadable)?;
        let value = take_number(&mut rest).map_err(unreadable)?;
        let more = take(&mut rest, more).map_err(unreadable)?;
        let value = take(&mut rest, value).map_err(unreadable)?;
        let shared = usize::try_from(shared).ok().filter(|shared| *shared <= key.len());
        key.truncate(shared.ok_or(super::frame::NoGroup).map_err(unreadable)?);
        key.extend_from_slice(more);
        self.at = self.block.len() - rest.len();
        self.rows += 1;
        Ok(Some(value))
    }

    /// Reads the next block, or the footer.
    fn next_block(&mut self) -> Result<(), CheckpointError> {
        let start = self.offset;
        let len = u32::from_le_bytes(self.array()?);
        if len == 0 {
            return self.end(start);
        }
        if len > MAX_BLOCK {
            return Err(damaged(start, "a block has no possible length"));
        }
        let crc: [u8; 4] = self.array()?;
        self.block.clear();
        self.at = 0;
        // Grows with what the file has, whatever the length claims.
        let read = self.file.by_ref().take(u64::from(len)).read_to_end(&mut self.block)?;
        self.offset += read as u64;
        if read < len as usize {
            return Err(damaged(self.offset, "its end is missing"));
        }
        if crc32c::crc32c(&self.block).to_le_bytes() != crc {
            return Err(damaged(start, "a block was changed"));
        }
        self.crcs = crc32c::crc32c_append(self.crcs, &crc);
        Ok(())
    }

    fn end(&mut self, start: u64) -> Result<(), CheckpointError> {
        self.block.clear();
        self.at = 0;
        let footer: [u8; FOOTER - 4] = self.array()?;
        let (mut body, crc) = footer.split_at(FOOTER - 8);
        if crc != crc32c::crc32c_append(crc32c::crc32c(&[0; 4]), body).to_le_bytes() {
            return Err(damaged(start, "its end cannot be read"));
        }
        let rows = u64::from_le_bytes(array_of(&mut body));
        let to_lsn = Some(u64::from_le_bytes(array_of(&mut body))).filter(|lsn| *lsn > 0);
        if rows != self.rows || u32::from_le_bytes(array_of(&mut body)) != self.crcs {
            return Err(damaged(start, "rows are missing"));
        }
        if self.file.read(&mut [0])? != 0 {
            return Err(damaged(self.offset, "something stands behind its end"));
        }
        self.summary = Some(Summary { from_lsn: self.from_lsn, to_lsn, rows, bytes: self.offset });
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CheckpointError> {
        let mut bytes = [0; N];
        match self.file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(damaged(self.offset, "its end is missing"));
            }
            read => read?,
        }
        self.offset += N as u64;
        Ok(bytes)
    }
}

fn damaged(offset: u64, cause: &'static str) -> CheckpointError {
    CheckpointError::Damaged { offset, cause }
}

/// Takes the first bytes, which must be there.
fn array_of<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (taken, rest) = bytes.split_first_chunk().expect("the parts of a fixed header add up");
    *bytes = rest;
    *taken
}

#[cfg(test)]
mod tests;
