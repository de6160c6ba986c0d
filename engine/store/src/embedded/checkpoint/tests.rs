//! Checkpoints come back as they were, or are refused.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::embedded::disk::PowerCutDisk;

type Rows = Vec<(Key, Value)>;

fn written(rows: &Rows, to_lsn: Lsn) -> (Vec<u8>, Summary) {
    let disk = PowerCutDisk::new();
    let mut writer = CheckpointWriter::new(disk.create("c").unwrap(), 7).unwrap();
    for (key, value) in rows {
        writer.push(key, value).unwrap();
    }
    writer.reaches(to_lsn);
    let summary = writer.finish().unwrap();
    disk.sync_folder().unwrap();
    disk.cut(1);
    let mut bytes = Vec::new();
    disk.open("c").unwrap().read_to_end(&mut bytes).unwrap();
    (bytes, summary)
}

fn read(bytes: &[u8]) -> Result<Rows, CheckpointError> {
    let mut reader = CheckpointReader::open(Cursor::new(bytes))?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next()? {
        rows.push(row);
    }
    assert!(reader.next()?.is_none() && reader.summary().is_some());
    Ok(rows)
}

fn some_rows(count: u32) -> Rows {
    (0..count).map(|n| (Key::from_bytes(format!("contact {n:06}").into_bytes()), vec![n as u8; 5])).collect()
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were(
        rows in proptest::collection::btree_map(
            proptest::collection::vec(0..4u8, 0..12),
            (any::<u8>(), 0..9000usize),
            0..60,
        ),
        to_lsn in 0..3u64,
    ) {
        let row = |(key, (byte, len))| (Key::from_bytes(key), vec![byte; len]);
        let rows: Rows = rows.into_iter().map(row).collect();
        let (bytes, summary) = written(&rows, to_lsn);
        let to_lsn = Some(to_lsn).filter(|lsn| *lsn > 0);
        let bytes_len = bytes.len() as u64;
        prop_assert_eq!(summary, Summary { from_lsn: 7, to_lsn, rows: rows.len() as u64, bytes: bytes_len });
        prop_assert_eq!(verify(Cursor::new(&bytes)).unwrap(), summary);
        prop_assert_eq!(CheckpointReader::open(Cursor::new(&bytes)).unwrap().from_lsn(), 7);
        prop_assert_eq!(read(&bytes).unwrap(), rows);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (mut whole, _) = written(&some_rows(3), 0);
        whole.truncate(HEADER);
        whole.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        whole.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        whole.extend_from_slice(&bytes);
        prop_assert!(read(&whole).is_err() && read(&bytes).is_err());
    }
}

#[test]
fn every_changed_missing_or_added_byte_is_found() {
    let (whole, _) = written(&some_rows(20), 9);
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            assert!(verify(Cursor::new(&bytes)).is_err(), "byte {at} changed");
            assert!(read(&bytes).is_err(), "byte {at} changed");
        }
        assert!(matches!(verify(&whole[..at]), Err(CheckpointError::Damaged { .. })), "cut at {at}");
    }
    assert!(verify([whole.as_slice(), &[0]].concat().as_slice()).is_err());
}

#[test]
fn a_missing_or_exchanged_block_is_found() {
    let (whole, summary) = written(&some_rows(40_000), 0);
    assert!(summary.rows == 40_000 && summary.bytes < 40_000 * 14, "keys share their beginnings");
    let mut blocks = vec![HEADER];
    while blocks.len() < 4 {
        let at = blocks[blocks.len() - 1];
        let len = u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
        blocks.push(at + 8 + len as usize);
    }
    let missing = [&whole[..blocks[1]], &whole[blocks[2]..]].concat();
    let exchanged = [
        &whole[..blocks[1]],
        &whole[blocks[2]..blocks[3]],
        &whole[blocks[1]..blocks[2]],
        &whole[blocks[3]..],
    ]
    .concat();
    for bytes in [missing, exchanged] {
        assert!(verify(Cursor::new(&bytes)).is_err());
    }
}

#[test]
fn a_length_that_nothing_follows_takes_no_memory() {
    let (mut bytes, _) = written(&some_rows(0), 0);
    bytes.truncate(HEADER);
    bytes.extend_from_slice(&MAX_BLOCK.to_le_bytes());
    bytes.extend_from_slice(&[0; 8]);
    let mut reader = CheckpointReader::open(Cursor::new(&bytes)).unwrap();
    reader.next().unwrap_err();
    assert!(reader.block.capacity() < 1 << 20);
}

#[test]
fn rows_out_of_order_are_refused() {
    let disk = PowerCutDisk::new();
    let mut writer = CheckpointWriter::new(disk.create("c").unwrap(), 7).unwrap();
    let key = |text: &str| Key::from_bytes(text.as_bytes());
    writer.push(&key("b"), b"1").unwrap();
    for late in ["a", "b"] {
        assert!(matches!(writer.push(&key(late), b"2"), Err(CheckpointError::OutOfOrder(_))));
    }
    writer.push(&key("c"), b"3").unwrap();
    assert_eq!(writer.finish().unwrap().rows, 2);
}

#[test]
fn a_newer_format_is_left_alone() {
    let (mut bytes, _) = written(&some_rows(1), 0);
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..HEADER - 4]);
    bytes[HEADER - 4..HEADER].copy_from_slice(&crc.to_le_bytes());
    let error = verify(Cursor::new(&bytes)).unwrap_err();
    assert!(
        matches!(error, CheckpointError::Newer(2)) && error.to_string().contains("use the newer version")
    );
}

#[test]
fn checkpoints_are_listed_by_their_age() {
    let disk = PowerCutDisk::new();
    for file in [name(30).as_str(), &name(4), &format!("{}.new", name(50)), "checkpoint-7", "other"] {
        drop(disk.create(file).unwrap());
    }
    assert_eq!(list(&disk).unwrap(), [4, 30]);
}
