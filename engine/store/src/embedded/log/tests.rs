//! The log against damage, power cuts and failing disks.

use std::io;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::frame::{FrameHeader, SegmentHeader, put_frame};
use super::*;
use crate::Key;
use crate::embedded::disk::{PowerCutDisk, RealDisk};

/// Small, so that a short history has several segments.
const SMALL: u64 = 700;

/// A group that is like no other.
fn group(number: u64) -> Group {
    let row = |n: u64| {
        let value = (!n.is_multiple_of(3)).then(|| vec![number as u8; (number * 37 + n * 11) as usize % 90]);
        (Key::from_bytes(format!("key {number} {n}").into_bytes()), value)
    };
    Group { stream: (number % 4) as u16, epoch: 1, number, writes: (0..number % 4).map(row).collect() }
}

fn open(disk: &PowerCutDisk, after: Lsn) -> Result<(Log, Vec<(Lsn, Group)>), LogError> {
    let mut seen = Vec::new();
    let log =
        Log::with_segments(Arc::new(disk.clone()), SMALL, after, &mut |lsn, group| seen.push((lsn, group)))?;
    Ok((log, seen))
}

/// A log of so many groups, each synced alone.
fn log_of(count: u64) -> PowerCutDisk {
    let disk = PowerCutDisk::new();
    let (mut log, _) = open(&disk, 0).unwrap();
    for number in 1..=count {
        assert_eq!(log.append(&group(number)), number);
        assert_eq!(log.sync().unwrap(), number);
    }
    disk
}

/// The same, of several segments, the last of which has several frames.
fn several(count: u64) -> PowerCutDisk {
    let disk = log_of(count);
    let segments = segments_of(&disk);
    assert!(segments.len() > 1 && segments.last().unwrap() <= &segments::name(count - 3), "{segments:?}");
    disk
}

fn segments_of(disk: &PowerCutDisk) -> Vec<String> {
    disk.list().unwrap()
}

fn numbered(lsns: impl Iterator<Item = Lsn>) -> Vec<(Lsn, Group)> {
    lsns.map(|lsn| (lsn, group(lsn))).collect()
}

#[test]
fn what_is_synced_comes_back_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(dir.path()).unwrap());
    let mut log = Log::open(disk.clone(), 0, &mut |_, _| panic!("it is new")).unwrap();
    assert_eq!((log.last(), log.sync().unwrap()), (0, 0));
    for number in 1..=5 {
        log.append(&group(number));
    }
    assert_eq!((log.last(), log.sync().unwrap()), (5, 5));
    log.append(&group(6));
    drop(log);
    for after in 0..=7 {
        let mut seen = Vec::new();
        assert_eq!(
            read(disk.as_ref(), after, &mut |lsn, group| seen.push((lsn, group))).unwrap(),
            after.max(5)
        );
        assert_eq!(seen, numbered(after + 1..=5), "the sixth was never synced");
    }
    let log = Log::open(disk.clone(), 9, &mut |_, _| panic!("the base has it")).unwrap();
    assert_eq!((log.last(), log.whole_from()), (9, 10), "the numbers go on after what the base has");
}

#[test]
fn segments_follow_each_other_and_go_when_they_are_not_needed() {
    let disk = log_of(40);
    let firsts: Vec<Lsn> = segments_of(&disk).iter().map(|file| file[..20].parse().unwrap()).collect();
    assert!(firsts.len() > 3 && firsts[0] == 1, "{firsts:?}");
    let (mut log, seen) = open(&disk, 0).unwrap();
    assert_eq!(seen, numbered(1..=40));
    let all = log.bytes_after(0);
    assert_eq!(log.bytes_after(40), 0);
    assert!(log.bytes_after(39) > 0 && log.bytes_after(39) < all / 2);
    assert_eq!(log.bytes_after(firsts[1] - 2), all);
    assert!(log.bytes_after(firsts[1] - 1) < all);

    log.remove_to(firsts[2] - 2).unwrap();
    assert_eq!(segments_of(&disk).len(), firsts.len() - 1, "the second has one frame that is needed");
    log.remove_to(firsts[2] - 1).unwrap();
    assert_eq!((segments_of(&disk).len(), log.whole_from()), (firsts.len() - 2, firsts[2]));
    disk.cut(1);
    let (_, seen) = open(&disk, firsts[2] - 1).unwrap();
    assert_eq!(seen, numbered(firsts[2]..=40));
    let needed = firsts[2] - 1;
    let error = open(&disk, needed - 1).err().unwrap();
    assert!(
        matches!(error, LogError::Gap { needed: n, found } if n == needed && found == firsts[2]),
        "{error}"
    );

    let (mut log, _) = open(&disk, 40).unwrap();
    log.remove_to(1000).unwrap();
    assert_eq!(segments_of(&disk).len(), 1, "the one being written stays");
    log.append(&group(41));
    log.sync().unwrap();
    assert_eq!(open(&disk, 40).unwrap().1, numbered(41..=41));
}

/// Opens a damaged log of `count` groups, each of which but the last is known to have been durable. It is
/// either refused, or has all of those; then it goes on as if nothing had been. Whether it opened.
fn is_refused_or_whole(disk: &PowerCutDisk, after: Lsn, count: Lsn, damage: &str) -> bool {
    match open(disk, after) {
        Err(LogError::Damaged { .. } | LogError::Gap { .. }) => false,
        Err(error) => panic!("{damage}: {error}"),
        Ok((mut log, seen)) => {
            let last = log.last();
            assert!(last >= count - 1, "{damage}, after {after}: silently lost {}..{count}", last + 1);
            assert!(last <= count);
            assert_eq!(seen, numbered(after + 1..=last), "{damage}, after {after}");
            log.append(&group(last + 1));
            log.sync().unwrap();
            disk.cut(after);
            let (_, seen) = open(disk, after).unwrap_or_else(|e| panic!("{damage}, after {after}: {e}"));
            assert_eq!(seen, numbered(after + 1..=last + 1), "{damage}, after {after}");
            true
        }
    }
}

#[test]
fn no_changed_byte_loses_a_group_in_silence() {
    let count = 17;
    let whole = several(count);
    let (mut refused, mut opened) = (0, 0);
    for file in segments_of(&whole) {
        for at in 0..whole.len(&file).unwrap() as usize {
            for flip in [0x01, 0x80, 0xff] {
                let disk = whole.copy();
                disk.change(&file, |bytes| bytes[at] ^= flip);
                match is_refused_or_whole(&disk, 0, count, &format!("byte {at} of {file}")) {
                    true => opened += 1,
                    false => refused += 1,
                }
            }
        }
    }
    // Only the last frame may be taken for a torn tail.
    assert!(opened > 0 && opened < refused / 5, "{opened} opened, {refused} refused");
}

/// Where the frames are: file, from which byte to which, number.
fn frames_of(disk: &PowerCutDisk) -> Vec<(String, std::ops::Range<usize>, Lsn)> {
    let mut frames = Vec::new();
    for file in segments_of(disk) {
        disk.change(&file, |bytes| {
            let mut at = SEGMENT_HEADER;
            while let Some(header) = bytes[at..].first_chunk().and_then(FrameHeader::read) {
                frames.push((file.clone(), at..at + header.frame(), header.lsn));
                at += header.frame();
            }
        });
    }
    frames
}

#[test]
fn damage_to_what_the_base_has_keeps_nobody_out() {
    let count = 17;
    let whole = several(count);
    for (file, bytes, lsn) in frames_of(&whole) {
        for at in bytes.step_by(3) {
            for after in 0..=count + 1 {
                let disk = whole.copy();
                disk.change(&file, |bytes| bytes[at] ^= 0x55);
                let opened = is_refused_or_whole(&disk, after, count.max(after), &format!("frame {lsn}"));
                assert_eq!(opened, lsn <= after || lsn == count, "frame {lsn}, byte {at}, after {after}");
            }
        }
    }
}

#[test]
fn damage_is_named_exactly() {
    let whole = log_of(12);
    let frames = frames_of(&whole);
    let together = frames.windows(2).find(|two| two[0].2 > 1 && two[0].0 == two[1].0).unwrap();
    let (file, bytes, lsn) = together[0].clone();
    let disk = whole.copy();
    disk.change(&file, |all| all[bytes.start + 9] ^= 1);
    let error = open(&disk, 0).err().unwrap();
    assert!(error.to_string().contains("cauce restore"), "{error}");
    let LogError::Damaged { segment, offset, lsn: found, .. } = error else { panic!("{error}") };
    assert_eq!((segment, offset as usize, found), (file, bytes.start, lsn));
    let (log, _) = open(&disk, lsn).unwrap();
    assert_eq!(log.whole_from(), lsn + 1, "an older checkpoint cannot be brought up to date with it");
}

#[test]
fn no_missing_bytes_lose_a_group_in_silence() {
    let count = 17;
    let whole = several(count);
    let files = segments_of(&whole);
    let (last, older) = files.split_last().unwrap();
    for file in &files {
        for len in 0..whole.len(file).unwrap() as usize {
            for zeros in [false, true] {
                let disk = whole.copy();
                disk.change(file, |bytes| match zeros {
                    true => bytes[len..].fill(0),
                    false => bytes.truncate(len),
                });
                let after = if len % 2 == 0 { 0 } else { 3 };
                let Ok((mut log, seen)) = open(&disk, after) else {
                    assert!(file != last || zeros, "a shorter end is a torn one");
                    continue;
                };
                assert!(file == last || after > 0, "{file} is not the end and cut at {len}");
                let found = log.last();
                assert_eq!(seen, numbered(after + 1..=found));
                log.append(&group(found + 1));
                log.sync().unwrap();
                assert_eq!(open(&disk, after).unwrap().1, numbered(after + 1..=found + 1));
            }
        }
    }
    for file in older {
        let disk = whole.copy();
        disk.remove(file).unwrap();
        assert!(matches!(open(&disk, 0), Err(LogError::Damaged { .. } | LogError::Gap { .. })), "{file}");
    }
}

#[test]
fn no_frame_is_missing_twice_or_out_of_place_in_silence() {
    let count = 17;
    let whole = several(count);
    for (file, bytes, lsn) in frames_of(&whole) {
        let without = whole.copy();
        without.change(&file, |all| drop(all.drain(bytes.clone())));
        let twice = whole.copy();
        twice.change(&file, |all| drop(all.splice(bytes.end..bytes.end, all[bytes.clone()].to_vec())));
        let opened = is_refused_or_whole(&without, 0, count, &format!("without frame {lsn}"));
        assert_eq!(opened, lsn == count, "without frame {lsn}");
        is_refused_or_whole(&twice, 0, count, &format!("twice frame {lsn}"));
    }
}

#[test]
fn a_segment_under_a_wrong_name_is_refused() {
    let disk = several(17);
    let last = segments_of(&disk).pop().unwrap();
    disk.rename(&last, &segments::name(18)).unwrap();
    for after in [0, 17] {
        assert!(matches!(open(&disk, after), Err(LogError::Damaged { .. })), "after {after}");
    }
}

#[test]
fn garbage_behind_the_end_is_cut() {
    let disk = log_of(3);
    let file = segments_of(&disk).pop().unwrap();
    for garbage in [vec![0; 5000], vec![0xff; 30], b"x".to_vec()] {
        disk.change(&file, |bytes| bytes.extend_from_slice(&garbage));
        assert_eq!(open(&disk, 0).unwrap().1, numbered(1..=3));
    }
}

#[test]
fn what_a_customer_writes_never_passes_for_a_frame() {
    for guessed in [false, true] {
        let disk = log_of(1);
        let mut seed = 0;
        disk.change(&segments_of(&disk)[0], |bytes| seed = SegmentHeader::decode(bytes).unwrap().seed);
        // A message that holds a frame, which says that the one around it had been durable.
        let mut message = Vec::new();
        put_frame(&mut message, if guessed { seed } else { !seed }, 3, 2, &group(3));
        let writes = vec![(Key::from_bytes(*b"message"), Some(message))];
        let (mut log, _) = open(&disk, 0).unwrap();
        log.append(&Group { stream: 0, epoch: 1, number: 2, writes });
        log.sync().unwrap();
        let (file, bytes, _) = frames_of(&disk).pop().unwrap();
        disk.change(&file, |all| all[bytes.start] ^= 1);
        assert_eq!(open(&disk, 0).is_err(), guessed);
    }
}

#[test]
fn a_newer_format_and_foreign_files_are_left_alone() {
    let disk = log_of(2);
    let file = segments_of(&disk).pop().unwrap();
    drop(disk.create("notes.txt").unwrap());
    drop(disk.create("7.log").unwrap());
    assert_eq!(open(&disk, 0).unwrap().1, numbered(1..=2));
    let newer = SegmentHeader { format: FORMAT + 1, seed: 1, first: 1 }.encode();
    disk.change(&file, |bytes| bytes[..SEGMENT_HEADER].copy_from_slice(&newer));
    let error = open(&disk, 0).err().unwrap();
    assert!(matches!(error, LogError::Newer { .. }) && error.to_string().contains("use the newer version"));
}

#[test]
fn a_group_too_large_for_a_frame_is_refused_and_nothing_with_it() {
    let disk = log_of(2);
    let (mut log, _) = open(&disk, 0).unwrap();
    log.append(&group(3));
    let writes = vec![(Key::from_bytes(*b"k"), Some(vec![0; MAX_PAYLOAD]))];
    log.append(&Group { stream: 0, epoch: 1, number: 4, writes });
    assert_eq!(log.sync().unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    log.sync().unwrap_err();
    assert_eq!(open(&disk, 0).unwrap().1, numbered(1..=2));
}

/// What a process does until the disk fails: which group was acknowledged last, and which was added last.
fn work(log: &mut Log, rounds: u64) -> (Lsn, Lsn, Option<io::Error>) {
    let mut durable = log.last();
    for round in 0..rounds {
        for _ in 0..=round % 3 {
            log.append(&group(log.last() + 1));
        }
        match log.sync() {
            Ok(lsn) => durable = lsn,
            Err(error) => return (durable, log.last(), Some(error)),
        }
    }
    (durable, log.last(), None)
}

#[test]
fn a_failing_disk_loses_nothing_that_was_acknowledged() {
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::Other] {
        for cut_at_once in [false, true] {
            let mut failures = 0;
            for n in 1.. {
                let disk = log_of(5);
                let (mut log, _) = open(&disk, 0).unwrap();
                disk.fail_at(n, kind);
                let (durable, added, error) = work(&mut log, 20);
                let Some(error) = error else { break };
                failures += 1;
                assert_eq!(error.kind(), kind);
                log.append(&group(log.last() + 1));
                assert_eq!(log.sync().unwrap_err().kind(), kind, "one that failed writes no more");
                log.remove_to(durable).unwrap_err();
                if cut_at_once {
                    disk.cut(n);
                }
                let (mut log, seen) = open(&disk, 0).unwrap();
                let last = log.last();
                assert!((durable..=added).contains(&last), "{durable}..={added}: {last}");
                assert_eq!(seen, numbered(1..=last));
                // What the failed sync lost is not mistaken for durable, though the system still shows it.
                let (durable, ..) = work(&mut log, 7);
                disk.cut(n + 1);
                let (_, seen) = open(&disk, 0).unwrap();
                assert_eq!(seen, numbered(1..=durable));
            }
            assert!(failures > 40, "{failures}");
        }
    }
}

#[test]
fn a_disk_that_fails_at_the_start_keeps_the_log_shut_and_whole() {
    for n in 1.. {
        let disk = log_of(12);
        disk.fail_at(n, io::ErrorKind::Other);
        let Err(error) = open(&disk, 3) else {
            assert!(n > 5);
            break;
        };
        assert!(matches!(error, LogError::Io { .. }), "{error}");
        assert_eq!(open(&disk, 3).unwrap().1, numbered(4..=12));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Append,
    Sync,
    /// The power goes at this operation of a sync.
    CutInSync(u64),
    /// It goes, and again at this operation of the start.
    CutInStart(u64),
    Cut,
    /// The process is killed at this operation of a sync; what it wrote stays in the system's memory.
    KillInSync(u64),
    /// The base has all but so many of the durable groups; older segments go.
    Forget(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Append),
        5 => Just(Step::Sync),
        2 => (1..8u64).prop_map(Step::CutInSync),
        1 => (1..12u64).prop_map(Step::CutInStart),
        1 => Just(Step::Cut),
        2 => (1..8u64).prop_map(Step::KillInSync),
        1 => (0..5u64).prop_map(Step::Forget),
    ];
    proptest::collection::vec(step, 1..80)
}

proptest! {
    // Usually 256, or what PROPTEST_CASES says.
    #![proptest_config(ProptestConfig::with_cases(12 * ProptestConfig::default().cases))]

    #[test]
    fn after_any_history_the_synced_groups_are_there(steps in steps(), mut seed: u64) {
        let disk = PowerCutDisk::new();
        let mut log = open(&disk, 0).unwrap().0;
        // The model: the last group acknowledged, the last that may be there, the last that the base has.
        let (mut durable, mut possible, mut base) = (0, 0, 0);
        for step in steps {
            seed = seed.wrapping_add(1);
            match step {
                Step::Append => {
                    log.append(&group(log.last() + 1));
                    continue;
                }
                Step::Sync => {
                    durable = log.sync().unwrap();
                    prop_assert_eq!(durable, log.last());
                    possible = durable;
                    continue;
                }
                Step::Forget(behind) => {
                    base = base.max(durable.saturating_sub(behind));
                    log.remove_to(base).unwrap();
                    continue;
                }
                Step::CutInSync(n) | Step::KillInSync(n) => {
                    disk.stop_at(n);
                    let added = log.last();
                    match log.sync() {
                        Ok(lsn) => (durable, possible) = (lsn, lsn),
                        Err(_) => possible = added,
                    }
                    match step {
                        Step::KillInSync(_) => disk.restart(),
                        _ => disk.cut(seed),
                    }
                }
                Step::CutInStart(n) => {
                    disk.cut(seed);
                    disk.stop_at(n);
                    let _ = open(&disk, base);
                    disk.cut(!seed);
                }
                Step::Cut => disk.cut(seed),
            }
            let (opened, seen) = open(&disk, base).unwrap();
            log = opened;
            prop_assert!((durable..=possible).contains(&log.last()), "{durable}..={possible}: {}", log.last());
            prop_assert_eq!(seen, numbered(base + 1..=log.last()));
            (durable, possible) = (log.last(), log.last());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..600), good: bool) {
        let disk = log_of(2);
        let file = segments_of(&disk).pop().unwrap();
        disk.change(&file, |whole| {
            if good {
                // Frames with a right crc and any payload.
                for chunk in bytes.clone().chunks(30) {
                    let crc = crc32c::crc32c_append(1, chunk);
                    bytes.extend_from_slice(&crc.to_le_bytes());
                    bytes.extend_from_slice(chunk);
                }
            }
            whole.extend_from_slice(&bytes);
        });
        if let Ok((_, seen)) = open(&disk, 0) {
            prop_assert!(seen.starts_with(&numbered(1..=2)));
        }
    }
}
