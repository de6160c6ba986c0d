//! Reading the log: which segments there are, their frames in order, and what a place that cannot be read
//! means.
//!
//! A segment is begun only when all frames before it are durable, and its header is durable before its
//! first frame is written. So an unreadable place is damage when it stands before another segment, in the
//! header of a segment that has frames, or before a frame that says that it had been durable; elsewhere it
//! is what a power cut leaves of frames that nobody was told of: a torn tail.

use std::io::{self, Read};

use super::disk::Disk;
use super::frame::{FORMAT, FRAME_HEADER, FrameHeader, Group, SEGMENT_HEADER, SegmentHeader, is_whole};
use super::log::{LogError, Lsn};

/// How much is read at a time, in bytes.
const CHUNK: u64 = 256 << 10;

/// A segment on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pub first: Lsn,
    /// In bytes.
    pub len: u64,
}

/// The name of the segment that begins with this frame.
pub(super) fn name(first: Lsn) -> String {
    format!("{first:020}.log")
}

/// All segments, oldest first.
pub(super) fn list(disk: &dyn Disk) -> Result<Vec<Segment>, LogError> {
    let mut segments = Vec::new();
    for file in disk.list().map_err(|e| LogError::io("its folder", e))? {
        let first = file.strip_suffix(".log").and_then(|digits| digits.parse::<Lsn>().ok());
        match first.filter(|first| (1..Lsn::MAX / 2).contains(first) && name(*first) == file) {
            Some(first) => {
                let len = disk.len(&file).map_err(|e| LogError::io(&file, e))?;
                segments.push(Segment { first, len });
            }
            None => tracing::warn!(file, "a file that is no segment of the log is left alone"),
        }
    }
    segments.sort_by_key(|segment| segment.first);
    Ok(segments)
}

/// What there is of a log.
#[derive(Debug)]
pub(super) struct Found {
    /// Oldest first. The last has the length of what is good in it.
    pub segments: Vec<Segment>,
    /// The first frame from which on none is missing, as far as was read.
    pub whole_from: Lsn,
    /// The last good frame, 0 when there is none.
    pub last: Lsn,
    /// What the crcs of the last segment begin with; `None` when it has no frame: it has to be begun again.
    pub seed: Option<u32>,
    /// How many bytes of a torn tail follow.
    pub torn: u64,
}

/// Reads the log and changes nothing: gives every frame after `after` to `visit`, in order.
pub(super) fn read(
    disk: &dyn Disk,
    after: Lsn,
    visit: &mut dyn FnMut(Lsn, Group),
) -> Result<Found, LogError> {
    let mut segments = list(disk)?;
    let needed = after.saturating_add(1);
    let mut found = Found { segments: Vec::new(), whole_from: needed, last: 0, seed: None, torn: 0 };
    if let Some(oldest) = segments.first() {
        if oldest.first > needed {
            return Err(LogError::Gap { needed, found: oldest.first });
        }
        found.whole_from = oldest.first;
    }
    // Segments before the one of the first frame that is needed are not looked at.
    let begin = segments.partition_point(|segment| segment.first <= needed).saturating_sub(1);
    for at in begin..segments.len() {
        let until = segments.get(at + 1).map(|next| next.first);
        let segment = &mut segments[at];
        let end = Frames::of(disk, segment)?.read(until, needed, visit)?;
        found.last = end.last;
        found.whole_from = found.whole_from.max(end.hole_to.map_or(0, |lsn| lsn + 1));
        if until.is_none() {
            found.seed = end.seed;
            found.torn = segment.len.saturating_sub(end.good);
            segment.len = end.good;
        }
    }
    found.segments = segments;
    Ok(found)
}

/// How a segment ends.
struct End {
    seed: Option<u32>,
    last: Lsn,
    /// The last frame before it that is lost and not needed.
    hole_to: Option<Lsn>,
    /// Up to where it is good, in bytes.
    good: u64,
}

/// The frames of a segment, while they are read.
struct Frames {
    name: String,
    bytes: Bytes,
    first: Lsn,
    len: u64,
    seed: u32,
    /// Where the next frame begins.
    offset: u64,
    /// Which it has to be.
    next: Lsn,
}

impl Frames {
    fn of(disk: &dyn Disk, &Segment { first, len }: &Segment) -> Result<Self, LogError> {
        let name = name(first);
        let file = disk.open(&name).map_err(|e| LogError::io(&name, e))?;
        let bytes = Bytes { file, from: 0, held: Vec::new(), ended: false };
        Ok(Self { name, bytes, first, len, seed: 0, offset: SEGMENT_HEADER as u64, next: first })
    }

    /// Reads all of it. A segment that is not the last has all frames `until` the next one's first.
    fn read(
        mut self,
        until: Option<Lsn>,
        needed: Lsn,
        visit: &mut dyn FnMut(Lsn, Group),
    ) -> Result<End, LogError> {
        match self.bytes_at(0, SEGMENT_HEADER)?.and_then(SegmentHeader::decode) {
            None if until.is_none() && self.len <= SEGMENT_HEADER as u64 => {
                // The power went while it was begun.
                return Ok(End { seed: None, last: self.first - 1, hole_to: None, good: 0 });
            }
            None => return Err(self.damaged(0, needed, "its beginning cannot be read")),
            Some(header) if header.format > FORMAT => {
                return Err(LogError::Newer { segment: self.name, format: header.format });
            }
            Some(header) if header.first != self.first => {
                return Err(self.damaged(0, needed, "it is another segment under this name"));
            }
            Some(header) => self.seed = header.seed,
        }
        let mut hole_to = None;
        while self.offset < self.len && until.is_none_or(|until| self.next < until) {
            let next = self.next;
            if let Some(header) = self.frame_at(self.offset, |header| header.lsn == next)? {
                self.take(header, needed, visit)?;
            } else if let Some((offset, lsn)) = self.go_on_after_damage(until, needed)? {
                tracing::warn!(
                    segment = self.name,
                    from = next,
                    to = lsn - 1,
                    "groups of the log cannot be read; the base has them"
                );
                (self.offset, self.next, hole_to) = (offset, lsn, Some(lsn - 1));
            } else {
                break;
            }
        }
        if until.is_some_and(|until| self.next != until) {
            return Err(self.damaged(self.offset, needed, "its end is missing"));
        }
        // What there is of a header without frames may be in the system's memory alone.
        let seed = (self.offset > SEGMENT_HEADER as u64).then_some(self.seed);
        Ok(End { seed, last: self.next - 1, hole_to, good: self.offset })
    }

    /// Gives the frame at the offset to `visit` when it is needed, and goes behind it.
    fn take(
        &mut self,
        header: FrameHeader,
        needed: Lsn,
        visit: &mut dyn FnMut(Lsn, Group),
    ) -> Result<(), LogError> {
        if header.lsn >= needed {
            let group = match self.bytes_at(self.offset, header.frame())? {
                Some(frame) => Group::decode(&frame[FRAME_HEADER..]),
                None => return Err(self.damaged(self.offset, needed, "it became shorter while it was read")),
            };
            match group {
                Ok(group) => visit(header.lsn, group),
                // Its crc is right: it was written like this.
                Err(error) => return Err(self.damaged(self.offset, needed, &error.to_string())),
            }
        }
        self.offset += header.frame() as u64;
        self.next += 1;
        Ok(())
    }

    /// What a place that cannot be read means. Where and with which frame it goes on when only frames
    /// that are not needed are lost; `None` when it is a torn tail.
    fn go_on_after_damage(
        &mut self,
        until: Option<Lsn>,
        needed: Lsn,
    ) -> Result<Option<(u64, Lsn)>, LogError> {
        let (damage, next) = (self.offset, self.next);
        let lost = next.max(needed);
        let mut at = damage;
        let mut nearest = true;
        while at < self.len {
            // Between the damage and a later frame there is room for those in between.
            let possible = |header: &FrameHeader| {
                header.lsn > next && header.lsn - next <= (at - damage) / FRAME_HEADER as u64 + 1
            };
            let Some(header) = self.frame_at(at, possible)? else {
                at += 1;
                continue;
            };
            if nearest && header.lsn <= lost {
                return Ok(Some((at, header.lsn)));
            }
            if header.durable >= lost {
                return Err(self.damaged(damage, needed, "it was changed or overwritten"));
            }
            nearest = false;
            at += header.frame() as u64;
        }
        match until {
            Some(_) => Err(self.damaged(damage, needed, "it was changed or overwritten")),
            None => Ok(None),
        }
    }

    /// The frame at this place, when there is a good one and its header `is` right.
    fn frame_at(
        &mut self,
        offset: u64,
        is: impl FnOnce(&FrameHeader) -> bool,
    ) -> Result<Option<FrameHeader>, LogError> {
        let header = self.bytes_at(offset, FRAME_HEADER)?.and_then(<[u8]>::first_chunk);
        let Some(header) = header.and_then(FrameHeader::read).filter(is) else { return Ok(None) };
        if header.frame() as u64 > self.len - offset {
            return Ok(None);
        }
        let seed = self.seed;
        Ok(self.bytes_at(offset, header.frame())?.filter(|frame| is_whole(frame, seed)).map(|_| header))
    }

    fn bytes_at(&mut self, offset: u64, len: usize) -> Result<Option<&[u8]>, LogError> {
        self.bytes.at(offset, len).map_err(|e| LogError::io(&self.name, e))
    }

    fn damaged(&self, offset: u64, needed: Lsn, cause: &str) -> LogError {
        let lsn = self.next.max(needed);
        LogError::Damaged { segment: self.name.clone(), offset, lsn, cause: cause.to_owned() }
    }
}

/// A file of which a stretch is held in memory, one that only moves forward.
struct Bytes {
    file: Box<dyn Read + Send>,
    /// Where in the file the stretch begins.
    from: u64,
    held: Vec<u8>,
    ended: bool,
}

impl Bytes {
    /// Bytes at a place that is not before one asked for earlier; `None` when the file ends within them.
    /// What a length claims takes no memory beyond what the file has.
    fn at(&mut self, offset: u64, len: usize) -> io::Result<Option<&[u8]>> {
        let mut start = (offset - self.from) as usize;
        if self.held.len() < start + len && !self.ended {
            let passed = start.min(self.held.len());
            self.held.drain(..passed);
            self.from += passed as u64;
            start -= passed;
            let wanted = CHUNK.max((start + len) as u64);
            let read = self.file.by_ref().take(wanted).read_to_end(&mut self.held)?;
            self.ended = (read as u64) < wanted;
        }
        Ok(self.held.get(start..start + len))
    }
}
