//! Events at which the process ends.
//!
//! A panic is caught; a stack overflow, an abort in foreign code, or the system's killer for want of
//! memory is not. So before each turn the event's hash is written down, and taken back when the
//! group's turns are done or something is waited for. What stands there at the next start was being handled when the process
//! ended: one *death*. An event with one death is handled with nobody beside it, so that its
//! neighbours are not blamed a second time; one with [`DEADLY`] is not handled any more.
//!
//! Written without a sync: the page cache outlives the process, and after a power cut a death that is
//! not counted is counted the next time.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cauce_model::{Duration, Timestamp};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::EntityAddress;
use crate::turn::hash64;

/// After so many deaths an event is set aside.
pub(crate) const DEADLY: u32 = 2;
/// How long deaths are remembered: an event that may come again does so before.
const REMEMBERED: Duration = Duration::days(1);
/// The bytes that each partition has in the file.
const PLACE: usize = 8;

/// What is known of the deaths of a process and those before it.
pub(crate) struct Poison {
    /// A place for each partition; none when nothing is remembered.
    handling: Option<File>,
    /// Where deaths are kept.
    path: PathBuf,
    /// By the hash of the event.
    deaths: Mutex<HashMap<u64, Death>>,
    /// Whether there are any.
    any: AtomicBool,
    /// Held alone by the turn of an event with a death, and by the others beside each other.
    alone: RwLock<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Death {
    count: u32,
    last: Timestamp,
}

/// Keeps turns beside each other, or one alone.
#[allow(dead_code, reason = "held, not read")]
pub(crate) enum Company<'a> {
    Others(RwLockReadGuard<'a, ()>),
    Nobody(RwLockWriteGuard<'a, ()>),
}

impl Poison {
    /// Counts the deaths that the last process left in this folder, which is made when it is not there.
    /// Without a folder nothing is remembered.
    pub fn open(folder: Option<&Path>, partitions: u16, now: Timestamp) -> io::Result<Self> {
        let mut poison = Self {
            handling: None,
            path: PathBuf::new(),
            deaths: Mutex::default(),
            any: AtomicBool::new(false),
            alone: RwLock::new(()),
        };
        let Some(folder) = folder else { return Ok(poison) };
        fs::create_dir_all(folder)?;
        poison.path = folder.join("deaths");
        let left = folder.join("handling");
        let mut deaths = read(&poison.path)?;
        deaths.retain(|_, death| now - death.last < REMEMBERED);
        for hash in places(&left)? {
            let death = deaths.entry(hash).or_insert(Death { count: 0, last: now });
            *death = Death { count: death.count + 1, last: now };
            tracing::warn!(hash, count = death.count, "the process ended while it handled this event");
        }
        poison.any = AtomicBool::new(!deaths.is_empty());
        poison.deaths = Mutex::new(deaths);
        // Counted before they are taken back: one that is counted twice is set aside early, and can be
        // replayed; one that is never counted would end the process for ever.
        poison.save(&poison.lock())?;
        // A file of our own: whoever wrote to the last one may still be about to end.
        let new = left.with_extension("new");
        fs::write(&new, vec![0; usize::from(partitions) * PLACE])?;
        poison.handling = Some(OpenOptions::new().write(true).open(&new)?);
        fs::rename(new, left)?;
        Ok(poison)
    }

    /// By what an event is known.
    pub fn hash(&self, to: &EntityAddress, event: &[u8]) -> u64 {
        hash64(&[&[to.kind.0], &to.slot.number().to_be_bytes(), to.key.as_bytes(), event]).max(1)
    }

    /// How often the process ended at this event.
    pub fn deaths(&self, hash: u64) -> u32 {
        if !self.any.load(Ordering::Relaxed) {
            return 0;
        }
        self.lock().get(&hash).map_or(0, |death| death.count)
    }

    /// In what company an event that has so many deaths is handled; keep it until that is over.
    pub async fn company(&self, deaths: u32) -> Option<Company<'_>> {
        match self.any.load(Ordering::Relaxed) {
            false => None,
            true if deaths > 0 => Some(Company::Nobody(self.alone.write().await)),
            true => Some(Company::Others(self.alone.read().await)),
        }
    }

    /// This event is being handled, until another is or [`Self::end`] is called.
    pub fn begin(&self, partition: usize, hash: u64) {
        self.note(partition, hash);
    }

    /// None is: called before anything is waited for, so that no event is blamed for that.
    pub fn end(&self, partition: usize) {
        self.note(partition, 0);
    }

    fn note(&self, partition: usize, hash: u64) {
        if let Some(handling) = &self.handling {
            // Overwrites bytes that are there: there is nothing that a full disk could refuse. If the
            // disk fails otherwise, the next commit tells.
            let _ = handling.write_all_at(&hash.to_be_bytes(), (partition * PLACE) as u64);
        }
    }

    /// The event was handled, and the process is still here.
    pub fn forgive(&self, hash: u64) {
        let mut deaths = self.lock();
        if deaths.remove(&hash).is_some() {
            self.any.store(!deaths.is_empty(), Ordering::Relaxed);
            if let Err(error) = self.save(&deaths) {
                tracing::warn!(%error, "the deaths of the process were not written down");
            }
        }
    }

    fn save(&self, deaths: &HashMap<u64, Death>) -> io::Result<()> {
        let lines =
            deaths.iter().map(|(hash, death)| format!("{hash:016x} {} {}\n", death.count, death.last.0));
        let new = self.path.with_extension("new");
        fs::write(&new, lines.collect::<String>())?;
        fs::rename(new, &self.path)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Death>> {
        self.deaths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The deaths written down; what cannot be read is passed over.
fn read(path: &Path) -> io::Result<HashMap<u64, Death>> {
    let line = |line: &str| {
        let mut parts = line.split(' ');
        let hash = u64::from_str_radix(parts.next()?, 16).ok()?;
        let count = parts.next()?.parse().ok()?;
        Some((hash, Death { count, last: Timestamp(parts.next()?.parse().ok()?) }))
    };
    let bytes = there(fs::read(path))?;
    Ok(String::from_utf8_lossy(&bytes).lines().filter_map(line).collect())
}

/// What was being handled.
fn places(path: &Path) -> io::Result<Vec<u64>> {
    let bytes = there(fs::read(path))?;
    let (places, _) = bytes.as_chunks::<PLACE>();
    Ok(places.iter().map(|place| u64::from_be_bytes(*place)).filter(|hash| *hash != 0).collect())
}

/// The bytes of a file; none when it is not there.
fn there(read: io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

#[cfg(test)]
mod tests {
    use cauce_model::Slot;

    use super::*;
    use crate::EntityKind;

    const NOW: Timestamp = Timestamp(1_750_000_000_000);

    fn entity(key: &str) -> EntityAddress {
        EntityAddress { kind: EntityKind(1), slot: Slot::of(key), key: key.into() }
    }

    #[tokio::test]
    async fn what_was_being_handled_when_the_process_ended_is_counted_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let open = |now| Poison::open(Some(folder.path()), 4, now).unwrap();
        let poison = open(NOW);
        let [bad, good, beside] = [("ana", "bad"), ("ana", "good"), ("beto", "beside")]
            .map(|(to, event)| poison.hash(&entity(to), event.as_bytes()));
        poison.begin(0, good);
        poison.end(0);
        poison.begin(1, good);
        poison.begin(1, bad);
        poison.begin(3, beside);
        drop(poison); // as the end of the process would

        let poison = open(NOW);
        assert_eq!([bad, good, beside].map(|hash| poison.deaths(hash)), [1, 0, 1]);
        poison.forgive(beside);
        poison.begin(2, bad);
        drop(poison);
        let poison = open(NOW + Duration::hours(1));
        assert_eq!([bad, good, beside].map(|hash| poison.deaths(hash)), [DEADLY, 0, 0]);
        drop(poison);
        assert_eq!(open(NOW + Duration::hours(24)).deaths(bad), DEADLY, "counted once, and remembered");
        assert_eq!(open(NOW + Duration::hours(26)).deaths(bad), 0, "forgotten after a day");
    }

    #[tokio::test]
    async fn an_event_with_a_death_is_handled_with_nobody_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let hash = 7;
        let poison = Poison::open(Some(folder.path()), 2, NOW).unwrap();
        assert!(poison.company(0).await.is_none(), "nobody waits while nothing has happened");
        poison.begin(0, hash);
        drop(poison);
        let poison = Poison::open(Some(folder.path()), 2, NOW).unwrap();
        let others = poison.company(0).await;
        {
            let mut alone = std::pin::pin!(poison.company(1));
            assert!(futures_util::FutureExt::now_or_never(alone.as_mut()).is_none());
            drop(others);
            alone.await;
        }
        poison.forgive(hash);
        assert!(poison.company(0).await.is_none());
    }

    #[test]
    fn damaged_files_are_no_reason_not_to_start() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("deaths"), b"\xff\x00 7\nzz 1 1\n00000000000000aa 1 1750000000000\n")
            .unwrap();
        fs::write(folder.path().join("handling"), [1, 2, 3]).unwrap();
        let poison = Poison::open(Some(folder.path()), 2, NOW).unwrap();
        assert_eq!(poison.deaths(0xaa), 1);
        assert_eq!(poison.lock().len(), 1);
    }
}
