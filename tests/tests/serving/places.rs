//! A data folder that cannot be used is one sentence, and exit code 1.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use cauce_tests::house::within;
use cauce_tests::served::{Meta, Place};

/// A user who owns nothing (Debian's `nobody`).
const NOBODY: u32 = 65534;

/// Runs it in vain, and gives the one sentence that it says. `other`: as somebody who owns nothing.
async fn in_vain(place: &Place, other: bool) -> String {
    let mut command = place.command();
    if other && rustix::process::geteuid().is_root() {
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let ended = within("cauce ends", command.output()).await.unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(ended.stdout.is_empty(), "{:?}", ended.stdout);
    let sentence = said.strip_prefix("cauce: ").unwrap_or_else(|| panic!("{said}"));
    assert_eq!(sentence.lines().count(), 1, "one sentence: {said}");
    sentence.trim().to_owned()
}

/// A place with a data folder that was used, and is closed.
async fn used() -> Place {
    let place = Place::new(&Meta::start().await, "");
    let mut served = place.serve().await;
    served.signal(rustix::process::Signal::TERM);
    assert_eq!(served.ended().await.code(), Some(0));
    place
}

fn says(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.contains(word), "no «{word}» in: {sentence}");
    }
}

#[tokio::test]
async fn a_folder_in_use_is_left_alone() {
    let place = Place::new(&Meta::start().await, "");
    let first = place.serve().await;
    says(&in_vain(&place, false).await, &[&place.data().display().to_string(), "in use by another process"]);
    first.get("/api/me").await;
}

#[tokio::test]
async fn a_file_is_no_folder() {
    let place = Place::new(&Meta::start().await, "");
    fs::write(place.data(), "x").unwrap();
    says(&in_vain(&place, false).await, &[&place.data().display().to_string(), "is a file"]);
}

#[tokio::test]
async fn a_folder_that_may_only_be_read_is_told() {
    let place = used().await;
    if rustix::process::geteuid().is_root() {
        own(&place.data(), NOBODY);
    }
    forbid(&place.data());
    says(&in_vain(&place, true).await, &[&place.data().display().to_string(), "may not write"]);
}

#[tokio::test]
async fn a_folder_of_somebody_else_is_told() {
    let place = Place::new(&Meta::start().await, "");
    // Whoever is not root owns no folder of root's.
    let folder = if rustix::process::geteuid().is_root() {
        fs::create_dir(place.data()).unwrap();
        place.data()
    } else {
        Path::new("/etc").to_owned()
    };
    place.configure(&folder);
    says(&in_vain(&place, true).await, &[&folder.display().to_string(), "belongs to another user"]);
}

#[tokio::test]
async fn what_describes_the_folder_must_be_whole() {
    let place = used().await;
    fs::write(place.data().join("cauce.json"), "{ \"format\": 2, \"parti").unwrap();
    says(&in_vain(&place, false).await, &["cauce.json", "not what Cauce wrote"]);
}

#[tokio::test]
async fn a_damaged_log_is_not_passed_over() {
    let place = Place::new(&Meta::start().await, "");
    let mut served = place.serve().await;
    served.publish(super::TALK).await;
    for number in 0..20 {
        assert_eq!(served.says(&format!("5199900{number:04}"), "hola").await.status(), 200);
    }
    // Killed, so that the log is read again at the next start.
    served.signal(rustix::process::Signal::KILL);
    served.ended().await;
    let log = place.data().join("log");
    let mut segments: Vec<_> = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    let last = segments.last().unwrap();
    let mut bytes = fs::read(last).unwrap();
    let written = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[written / 2] ^= 0x40;
    fs::write(last, bytes).unwrap();
    says(&in_vain(&place, false).await, &[&place.data().display().to_string(), "damaged", "cauce restore"]);
}

/// Gives a folder and what is in it to a user.
fn own(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| own(&entry.unwrap().path(), user));
    }
}

/// Takes the right to write from everybody.
fn forbid(path: &Path) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| forbid(&entry.unwrap().path()));
    }
    let mode = if path.is_dir() { 0o555 } else { 0o444 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
