//! What stands in a segment of the log: its header, and one frame for each group.
//!
//! Segment: magic (8 bytes) ‖ format u32 ‖ seed u32 ‖ lsn of its first frame u64 ‖ crc32c u32 of these.
//! Frame: crc32c u32 ‖ length of the payload u32 ‖ lsn u64 ‖ durable u64 ‖ payload. Numbers are
//! little-endian. The crc covers all that follows it and begins with the log's seed, which nobody outside
//! knows: no message can carry bytes that pass for a frame.
//!
//! Payload: a [`Group`]: stream u16 ‖ epoch ‖ number ‖ how many writes ‖ the writes, each: length of its
//! key ‖ 0 when the row is removed, else 1 + length of its value ‖ key ‖ value. These numbers are LEB128.

use super::log::Lsn;
use crate::{Key, Write};

/// The format written.
pub(super) const FORMAT: u32 = 1;
const MAGIC: &[u8; 8] = b"cauceLOG";
/// What a segment's header has, in bytes.
pub(super) const SEGMENT_HEADER: usize = 28;
/// What stands before a frame's payload, in bytes.
pub(super) const FRAME_HEADER: usize = 24;
/// The largest payload of a frame, in bytes.
pub const MAX_PAYLOAD: usize = 64 << 20;

/// The writes of one commit, and which commit it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The stream it belongs to.
    pub stream: u16,
    /// Which holder of the stream made it.
    pub epoch: u64,
    /// Its number in the stream.
    pub number: u64,
    /// What it writes.
    pub writes: Vec<Write>,
}

/// Bytes that are no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it holds no group that this version can read")]
pub struct NoGroup;

impl Group {
    /// The most bytes that writes take in the log, with all that goes with them.
    pub fn size_of(writes: &[Write]) -> usize {
        const HEAD: usize = FRAME_HEADER + 2 + 3 * 10;
        let row = |(key, value): &Write| 20 + key.as_bytes().len() + value.as_ref().map_or(0, Vec::len);
        HEAD + writes.iter().map(row).sum::<usize>()
    }

    /// Writes it behind what is in `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.stream.to_le_bytes());
        put_number(out, self.epoch);
        put_number(out, self.number);
        put_number(out, self.writes.len() as u64);
        for (key, value) in &self.writes {
            let key = key.as_bytes();
            put_number(out, key.len() as u64);
            put_number(out, value.as_ref().map_or(0, |value| value.len() as u64 + 1));
            out.extend_from_slice(key);
            if let Some(value) = value {
                out.extend_from_slice(value);
            }
        }
    }

    /// Reads one that [`Group::encode_into`] wrote; these bytes and no more.
    ///
    /// # Errors
    /// When the bytes are something else.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, NoGroup> {
        let (stream, rest) = bytes.split_first_chunk().ok_or(NoGroup)?;
        bytes = rest;
        let (epoch, number) = (take_number(&mut bytes)?, take_number(&mut bytes)?);
        let count = take_number(&mut bytes)?;
        // A count is only believed as far as there are bytes for it.
        let mut writes = Vec::with_capacity(count.min(bytes.len() as u64 / 16 + 1) as usize);
        for _ in 0..count {
            let (key, value) = (take_number(&mut bytes)?, take_number(&mut bytes)?);
            let key = Key::from_bytes(take(&mut bytes, key)?);
            let value = match value.checked_sub(1) {
                Some(len) => Some(take(&mut bytes, len)?.to_vec()),
                None => None,
            };
            writes.push((key, value));
        }
        if !bytes.is_empty() {
            return Err(NoGroup);
        }
        Ok(Self { stream: u16::from_le_bytes(*stream), epoch, number, writes })
    }
}

/// Adds a number as LEB128: one byte below 128, at most ten.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number that [`put_number`] wrote off the front.
pub(super) fn take_number(bytes: &mut &[u8]) -> Result<u64, NoGroup> {
    let mut number = 0u64;
    for at in 0..10 {
        let (byte, rest) = bytes.split_first().ok_or(NoGroup)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return if at == 9 && *byte > 1 { Err(NoGroup) } else { Ok(number) };
        }
    }
    Err(NoGroup)
}

/// Takes so many bytes off the front.
pub(super) fn take<'a>(bytes: &mut &'a [u8], len: u64) -> Result<&'a [u8], NoGroup> {
    let (taken, rest) =
        usize::try_from(len).ok().and_then(|len| bytes.split_at_checked(len)).ok_or(NoGroup)?;
    *bytes = rest;
    Ok(taken)
}

/// Adds the frame of a group; nothing when the group is larger than a frame can be.
pub(super) fn put_frame(out: &mut Vec<u8>, seed: u32, lsn: Lsn, durable: Lsn, group: &Group) -> bool {
    let start = out.len();
    out.reserve(Group::size_of(&group.writes));
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&lsn.to_le_bytes());
    out.extend_from_slice(&durable.to_le_bytes());
    group.encode_into(out);
    let len = out.len() - start - FRAME_HEADER;
    if len > MAX_PAYLOAD {
        out.truncate(start);
        return false;
    }
    out[start + 4..start + 8].copy_from_slice(&(len as u32).to_le_bytes());
    let crc = crc32c::crc32c_append(seed, &out[start + 4..]);
    out[start..start + 4].copy_from_slice(&crc.to_le_bytes());
    true
}

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// The payload's length, in bytes.
    pub len: usize,
    /// The frame's number.
    pub lsn: Lsn,
    /// The last frame known durable when this one was written.
    pub durable: Lsn,
}

impl FrameHeader {
    /// What these bytes say, when a frame could say so.
    pub fn read(bytes: &[u8; FRAME_HEADER]) -> Option<Self> {
        let len = number_at::<4>(bytes, 4) as usize;
        let (lsn, durable) = (number_at::<8>(bytes, 8), number_at::<8>(bytes, 16));
        (len <= MAX_PAYLOAD && durable < lsn).then_some(Self { len, lsn, durable })
    }

    /// The whole frame's length, in bytes.
    pub fn frame(&self) -> usize {
        FRAME_HEADER + self.len
    }
}

/// Whether the crc of a whole frame is right.
pub(super) fn is_whole(frame: &[u8], seed: u32) -> bool {
    number_at::<4>(frame, 0) as u32 == crc32c::crc32c_append(seed, &frame[4..])
}

/// A segment's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub format: u32,
    pub seed: u32,
    pub first: Lsn,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&self.format.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.seed.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..24]);
        bytes[24..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SEGMENT_HEADER] = bytes.first_chunk()?;
        let read = Self {
            format: number_at::<4>(bytes, 8) as u32,
            seed: number_at::<4>(bytes, 12) as u32,
            first: number_at::<8>(bytes, 16),
        };
        let whole =
            bytes.starts_with(MAGIC) && number_at::<4>(bytes, 24) as u32 == crc32c::crc32c(&bytes[..24]);
        whole.then_some(read)
    }
}

/// The little-endian number of `N` bytes at this place, which must be there.
fn number_at<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut wide = [0; 8];
    wide[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(wide)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups() -> impl Strategy<Value = Group> {
        let bytes = |max| proptest::collection::vec(any::<u8>(), 0..max);
        let write = (bytes(40), proptest::option::of(bytes(300)))
            .prop_map(|(key, value)| (Key::from_bytes(key), value));
        let writes = proptest::collection::vec(write, 0..8);
        (any::<u16>(), any::<u64>(), any::<u64>(), writes).prop_map(|(stream, epoch, number, writes)| Group {
            stream,
            epoch,
            number,
            writes,
        })
    }

    proptest! {
        #[test]
        fn a_group_comes_back_as_it_was(group in groups()) {
            let mut bytes = vec![7];
            group.encode_into(&mut bytes);
            prop_assert!(bytes.len() + FRAME_HEADER <= 1 + Group::size_of(&group.writes));
            prop_assert_eq!(Group::decode(&bytes[1..]), Ok(group));
            for cut in 1..bytes.len() {
                prop_assert_eq!(Group::decode(&bytes[1..cut]), Err(NoGroup));
            }
            bytes.push(0);
            prop_assert_eq!(Group::decode(&bytes[1..]), Err(NoGroup));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Group::decode(&bytes);
            let _ = SegmentHeader::decode(&bytes);
        }

        #[test]
        fn a_number_comes_back_as_it_was(number: u64) {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            prop_assert!(bytes.len() <= 10);
            prop_assert_eq!(take_number(&mut bytes.as_slice()), Ok(number));
        }
    }

    #[test]
    fn counts_and_lengths_beyond_the_bytes_are_not_believed() {
        let mut bytes = vec![0, 0, 1, 1];
        put_number(&mut bytes, u64::MAX);
        assert_eq!(Group::decode(&bytes), Err(NoGroup));
        let mut bytes = vec![0, 0, 1, 1, 1];
        put_number(&mut bytes, u64::MAX);
        put_number(&mut bytes, u64::MAX);
        assert_eq!(Group::decode(&bytes), Err(NoGroup));
        assert_eq!(take_number(&mut [0xff; 10].as_slice()), Err(NoGroup));
    }

    #[test]
    fn a_frame_of_one_log_is_none_in_another() {
        let group = Group { stream: 1, epoch: 2, number: 3, writes: vec![] };
        let mut frame = Vec::new();
        assert!(put_frame(&mut frame, 11, 5, 4, &group));
        let header = FrameHeader::read(frame.first_chunk().unwrap()).unwrap();
        assert_eq!(header, FrameHeader { len: frame.len() - FRAME_HEADER, lsn: 5, durable: 4 });
        assert!(is_whole(&frame, 11));
        assert!(!is_whole(&frame, 12));
    }

    #[test]
    fn a_group_larger_than_a_frame_leaves_nothing() {
        let row = (Key::from_bytes(*b"key"), Some(vec![0; MAX_PAYLOAD]));
        let mut out = vec![9];
        assert!(!put_frame(&mut out, 0, 1, 0, &Group { stream: 0, epoch: 1, number: 1, writes: vec![row] }));
        assert_eq!(out, [9]);
    }

    /// The bytes on people's disks: a change here needs a new [`FORMAT`].
    #[test]
    fn the_format_is_the_one_on_peoples_disks() {
        let header = SegmentHeader { format: 1, seed: 0x01020304, first: 5 };
        let mut frame = Vec::new();
        let writes =
            vec![(Key::from_bytes(*b"key"), Some(b"value".to_vec())), (Key::from_bytes(*b"gone"), None)];
        put_frame(&mut frame, header.seed, 5, 3, &Group { stream: 258, epoch: 300, number: 7, writes });
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&header.encode()[..24]), "63617563654c4f4701000000040302010500000000000000");
        assert_eq!(
            hex(&frame[4..]),
            "160000000500000000000000030000000000000002\
             01ac02070203066b657976616c75650400676f6e65"
        );
        assert_eq!(SegmentHeader::decode(&header.encode()), Some(header));
    }
}
