//! Backups and moves, with what goes wrong on the way.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cauce_model::{FileId, Slot};

use super::*;
use crate::embedded::layers::Limits;
use crate::{Hold, Lease, Write};

fn row(n: u64) -> Key {
    Key::new(Slot::new(u16::try_from(n % 1024).unwrap()).unwrap(), 7).number(n)
}

fn open(path: &Path) -> EmbeddedStore {
    open_as(path, BaseKind::default())
}

/// Small limits, so that little data makes checkpoints.
fn open_as(path: &Path, base_if_new: BaseKind) -> EmbeddedStore {
    loop {
        match EmbeddedStore::open_with(path, 4, base_if_new, Limits::small(4 << 10)) {
            Err(FolderError::InUse(_)) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

async fn write(store: &EmbeddedStore, lease: Lease, numbers: std::ops::RangeInclusive<u64>) {
    for n in numbers {
        let mut writes: Vec<Write> = vec![(row(n), Some(vec![n as u8; 200]))];
        if n > 100 {
            writes.push((row(n - 100), None));
        }
        store.commit(lease, n, writes).await.unwrap();
    }
}

fn put_file(folder: &Path, bytes: &[u8]) -> PathBuf {
    let id = FileId::of(bytes);
    let path = folder.join("files").join(&id.as_str()[..2]).join(id.as_str());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// A folder with rows up to 500, of which the last hundred are there, and two files.
async fn folder(dir: &Path) -> (PathBuf, Tally) {
    folder_with(dir, BaseKind::default()).await
}

async fn folder_with(dir: &Path, base: BaseKind) -> (PathBuf, Tally) {
    let data = dir.join("data");
    let store = open_as(&data, base);
    let lease = store.acquire(3).await.unwrap();
    write(&store, lease, 1..=500).await;
    put_file(&data, b"one");
    put_file(&data, b"other");
    fs::create_dir_all(data.join("files/new")).unwrap();
    fs::write(data.join("files/new/0"), b"half").unwrap();
    let home = Home::Embedded(store);
    let tally = home.tally().await.unwrap();
    assert_eq!((tally.rows, tally.streams.clone()), (100, [(3, 500)].into()));
    (data, tally)
}

async fn tally_of(data: &Path) -> Tally {
    Home::Embedded(open(data)).tally().await.unwrap()
}

#[tokio::test]
async fn a_backup_comes_back_as_it_was_and_held() {
    for base in BaseKind::ALL {
        let dir = tempfile::tempdir().unwrap();
        let (data, tally) = folder_with(dir.path(), base).await;
        for (name, to) in ["folder", "archive.tar"].map(|name| (name, dir.path().join(name))) {
            let made = backup(&data, &to).await.unwrap();
            assert_eq!(made.files, FilesSummary { files: 2, bytes: 8 }, "{name}: not what was half written");
            assert_eq!(fs::metadata(&to).unwrap().is_file(), name.ends_with(".tar"));
            let restored = dir.path().join(format!("of {name}"));
            assert_eq!(restore(&to, &restored).unwrap(), made);
            let store = open(&restored);
            assert_eq!((DataFolder::hold_of(&restored).unwrap(), store.partitions()), (Some(Hold::Ask), 4));
            assert_eq!(store.acquire(3).await.unwrap().last, 500, "commits are numbered on");
            drop(store);
            assert_eq!(tally_of(&restored).await, tally);
            assert!(restored.join("files").join(&FileId::of(b"one").as_str()[..2]).is_dir());
            DataFolder::set_hold(&restored, None).unwrap();
            assert_eq!(DataFolder::hold_of(&restored).unwrap(), None);
        }
        let names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 5, "nothing else is left: {names:?}");
    }
}

#[tokio::test]
async fn a_home_that_counts_on_after_a_move_gives_no_number_twice() {
    for base in BaseKind::ALL {
        let dir = tempfile::tempdir().unwrap();
        let (data, tally) = folder_with(dir.path(), base).await;
        let from = Home::Embedded(open(&data));
        let epoch = from.store().acquire(3).await.unwrap().epoch;
        let to = dir.path().join("moved");
        let mut told = 0;
        let copied = copy(&from, &Place::Folder(to.clone()), &mut |rows| told = rows).await.unwrap();
        assert_eq!((&copied, told), (&tally, 100));
        let moved = open(&to);
        let lease = moved.acquire(3).await.unwrap();
        assert!(lease.epoch > epoch && lease.last == 500, "{lease:?} after epoch {epoch}");
        assert_eq!(moved.base(), base, "a copy has the base of what it was copied from");
        assert_eq!(copy_files(&data.join("files"), &to.join("files")).unwrap().files, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_everything_goes_on_is_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Arc::new(open(&data));
    let (acknowledged, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writing = {
        let (store, acknowledged, stop) = (store.clone(), acknowledged.clone(), stop.clone());
        tokio::spawn(async move {
            let lease = store.acquire(0).await.unwrap();
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                write(&store, lease, n..=n).await;
                acknowledged.store(n, Ordering::SeqCst);
            }
        })
    };
    let mut with_checkpoint = 0;
    for round in 0..8 {
        let until = (round + 1) * 150;
        while acknowledged.load(Ordering::SeqCst) < until {
            tokio::task::yield_now().await;
        }
        let at_least = acknowledged.load(Ordering::SeqCst);
        let (to, restored) = (dir.path().join(format!("b{round}")), dir.path().join(format!("r{round}")));
        let made = backup(&data, &to).await.unwrap();
        with_checkpoint += u64::from(made.rows > 0);
        restore(&to, &restored).unwrap();
        let home = Home::Embedded(open(&restored));
        let tally = home.tally().await.unwrap();
        let last = tally.streams[&0];
        assert!(last >= at_least, "{last} commits, and {at_least} were acknowledged before");
        // Commit n has the rows n-99 … n and no others.
        let expected: Vec<Key> = ((last - 99)..=last).map(row).collect();
        let found = home.store().get(&expected).await.unwrap();
        assert!(found.iter().all(Option::is_some) && tally.rows == 100, "round {round}: {tally:?}");
    }
    stop.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    assert!(with_checkpoint > 0, "no backup had a checkpoint: the limits of this test are too large");
}

#[tokio::test]
async fn a_backup_that_is_not_whole_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (data, _) = folder(dir.path()).await;
    let whole = dir.path().join("whole");
    backup(&data, &whole).await.unwrap();
    let everything = names_in(&whole);
    assert!(everything.iter().any(|name| name.starts_with("checkpoints")), "{everything:?}");
    for (at, name) in everything.iter().enumerate().filter(|(_, name)| !name.ends_with("cauce.json")) {
        for how in ["removed", "changed", "cut"] {
            let (hurt, to) = (dir.path().join(format!("{how} {at}")), dir.path().join("to"));
            for name in &everything {
                let (from, to) = (whole.join(name), hurt.join(name));
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(from, to).unwrap();
            }
            let path = hurt.join(name);
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            match how {
                "removed" => fs::remove_file(&path).unwrap(),
                "cut" => fs::write(&path, &bytes[..middle]).unwrap(),
                _ => {
                    bytes[middle] ^= 0x20;
                    fs::write(&path, bytes).unwrap();
                }
            }
            let refused = restore(&hurt, &to).unwrap_err();
            assert!(matches!(refused, TransferError::NotWhole { .. }), "{} {how}: {refused}", name.display());
            assert!(!to.exists());
        }
    }
}

fn names_in(folder: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let name = PathBuf::from(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => names.extend(names_in(&entry.path()).iter().map(|inner| name.join(inner))),
            false => names.push(name),
        }
    }
    names
}

#[tokio::test]
async fn what_is_there_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let (data, _) = folder(dir.path()).await;
    let to = dir.path().join("backup.tar");
    backup(&data, &to).await.unwrap();
    assert!(matches!(backup(&data, &to).await, Err(TransferError::NotEmpty(_))));
    assert!(matches!(restore(&to, &data), Err(TransferError::NotEmpty(_))));
    let home = Home::Embedded(open(&data));
    assert!(matches!(
        copy(&home, &Place::Folder(data.clone()), &mut |_| {}).await,
        Err(TransferError::NotEmpty(_))
    ));
    let nothing = dir.path().join("nothing");
    assert!(matches!(backup(&nothing, &to).await, Err(TransferError::Nothing(_))));
    assert!(matches!(Home::open(&Place::Folder(nothing.clone())).await, Err(TransferError::Nothing(_))));
    assert!(!nothing.exists());
}

#[test]
fn nothing_but_a_backup_comes_out_of_an_archive() {
    let dir = tempfile::tempdir().unwrap();
    let id = FileId::of(b"x");
    for name in [
        "../cauce.json",
        "log/../../x",
        "log/1.log",
        "log/aaaaaaaaaaaaaaaaaaaa.log",
        "sled/db",
        "fjall/version",
        "cauce.json/x",
        &format!("files/zz/{id}"),
        &format!("files/{id}"),
        "files/ab/../../../x",
    ] {
        let archive = dir.path().join("hostile.tar");
        let mut header = tar::Header::new_old();
        // Written by hand: the library refuses to write some of these names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(1);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        let mut tar = tar::Builder::new(fs::File::create(&archive).unwrap());
        tar.append(&header, b"x".as_slice()).unwrap();
        tar.finish().unwrap();
        let to = dir.path().join("to");
        let refused = restore(&archive, &to).unwrap_err();
        assert!(refused.to_string().contains("nothing that a backup has"), "{name}: {refused}");
        assert!(!to.exists() && !dir.path().join("x").exists());
    }
    fs::write(dir.path().join("no.tar"), b"this is no archive").unwrap();
    assert!(matches!(
        restore(&dir.path().join("no.tar"), &dir.path().join("to")),
        Err(TransferError::NotWhole { .. })
    ));
}

#[tokio::test]
async fn a_folder_of_the_first_format_is_backed_up_while_nobody_uses_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = EmbeddedStore::open(&data, 4).unwrap();
    let lease = store.acquire(3).await.unwrap();
    write(&store, lease, 1..=20).await;
    // As one that an older version began: what it wrote may be in sled alone.
    fs::write(data.join("cauce.json"), r#"{"format":2,"partitions":4}"#).unwrap();
    let to = dir.path().join("backup");
    assert!(matches!(backup(&data, &to).await, Err(TransferError::Upgraded(_))));
    drop(store);
    let tally = tally_of(&data).await;
    let made = loop {
        match backup(&data, &to).await {
            Err(TransferError::Upgraded(_)) => tokio::task::yield_now().await,
            made => break made.unwrap(),
        }
    };
    // With the store's own rows: the epoch, and one stream.
    assert_eq!((made.rows, made.commits), (22, 0));
    restore(&to, &dir.path().join("restored")).unwrap();
    assert_eq!(tally_of(&dir.path().join("restored")).await, tally);
}

#[test]
fn a_place_is_told_without_its_password() {
    assert_eq!(Place::of("data/demo"), Place::Folder("data/demo".into()));
    let place = Place::of("postgres://cauce:s3cret@db:5432/cauce");
    assert_eq!(place.to_string(), "postgres://db:5432/cauce");
}
