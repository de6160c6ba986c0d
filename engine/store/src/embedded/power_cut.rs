//! A disk in memory whose power can be cut: what was not synced is then forgotten, kept, or torn, block by
//! block and in any order. It can also fail at a chosen operation, as a full or a dying disk does.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, DiskFile};

/// What a disk writes whole or, when the power goes just then, in part.
const BLOCK: usize = 512;

/// See the module. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct PowerCutDisk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    /// The names as the process sees them, and as they would be after a power cut at once.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// What was done to the names since they were last synced.
    changes: Vec<Change>,
    /// Grows with each cut: files opened before it are not written any more.
    life: u64,
    operations: u64,
    fails: Option<(u64, io::ErrorKind)>,
    /// From this operation on nothing is done.
    stops_from: Option<u64>,
}

/// The bytes of a file, as the process sees them and on the platter.
#[derive(Debug, Default, Clone)]
struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// What a failed sync lost: these bytes are seen, pass for written, and never reach the platter.
    lost: Option<(usize, usize)>,
}

#[derive(Debug, Clone)]
enum Change {
    Set(String, usize),
    Rename(String, String, usize),
    Remove(String),
}

impl PowerCutDisk {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cuts the power and switches it on again. What was synced is there; of the rest each block is, by
    /// the seed, there, half there, or not. Files that were open cannot be written any more.
    pub fn cut(&self, seed: u64) {
        let mut chance = Chance(seed);
        let state = &mut *self.state();
        for change in state.changes.drain(..) {
            if chance.below(2) == 0 {
                change.apply(&mut state.durable_names);
            }
        }
        state.names = state.durable_names.clone();
        for file in &mut state.files {
            file.cut(&mut chance);
        }
        state.life += 1;
        (state.fails, state.stops_from) = (None, None);
    }

    /// Stops the process, or the power, at the `n`th operation from now on (1: the next one): that one is
    /// done by half, and it and all later ones fail until [`PowerCutDisk::restart`] or
    /// [`PowerCutDisk::cut`].
    pub fn stop_at(&self, n: u64) {
        let mut state = self.state();
        state.stops_from = Some(state.operations + n);
    }

    /// Starts the process again while the power is on: what it had written is seen, synced or not. Files
    /// that were open cannot be written any more.
    pub fn restart(&self) {
        let mut state = self.state();
        state.life += 1;
        (state.fails, state.stops_from) = (None, None);
    }

    /// Lets the `n`th operation from now on fail (1: the next one). Reading counts as well.
    pub fn fail_at(&self, n: u64, kind: io::ErrorKind) {
        let mut state = self.state();
        state.fails = Some((state.operations + n, kind));
    }

    /// How many operations there have been.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The bytes of a file as the process sees them, to look at or to damage: they are durable when this
    /// returns.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let file = state.names[name];
        let content = &mut state.files[file];
        change(&mut content.seen);
        content.durable = content.seen.clone();
    }

    /// Another disk with what this one shows, all durable.
    pub fn copy(&self) -> Self {
        let state = self.state();
        let names: BTreeMap<String, usize> = state.names.keys().cloned().zip(0..).collect();
        let whole = |file: &usize| {
            let seen = state.files[*file].seen.clone();
            Content { durable: seen.clone(), seen, lost: None }
        };
        let files = state.names.values().map(whole).collect();
        Self(Arc::new(Mutex::new(State { files, durable_names: names.clone(), names, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation, and lets it fail when its time has come.
    fn operation(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.operations += 1;
        if state.stops_from.is_some_and(|from| state.operations >= from) {
            return Err(io::Error::other("stopped"));
        }
        match state.fails {
            Some((at, kind)) if at == state.operations => Err(kind.into()),
            _ => Ok(state),
        }
    }

    fn file(&self, file: usize, life: u64) -> Box<dyn DiskFile> {
        Box::new(OpenFile { disk: self.clone(), file, life })
    }
}

impl State {
    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.changes.push(change);
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<String, usize>) {
        match self {
            Self::Set(name, file) => names.insert(name.clone(), *file),
            Self::Remove(name) => names.remove(name),
            Self::Rename(from, to, file) => {
                names.remove(from);
                names.insert(to.clone(), *file)
            }
        };
    }
}

impl Content {
    /// The bytes when all that can still be written is.
    fn synced(&self) -> Vec<u8> {
        let mut bytes = self.seen.clone();
        if let Some((from, to)) = self.lost {
            let to = to.min(bytes.len());
            bytes[from.min(to)..to].fill(0);
        }
        bytes
    }

    fn truncate(&mut self, len: usize) {
        self.seen.truncate(len);
        self.lost = self.lost.filter(|(from, _)| *from < len);
    }

    /// What is there after the power was cut.
    fn cut(&mut self, chance: &mut Chance) {
        let (old, new) = (std::mem::take(&mut self.durable), self.synced());
        if old == new {
            self.durable = old;
        } else {
            let (shorter, longer) = (old.len().min(new.len()), old.len().max(new.len()));
            let len = match chance.below(3) {
                0 => old.len(),
                1 => new.len(),
                _ => shorter + chance.below((longer - shorter) as u64 + 1) as usize,
            };
            let mut after = vec![0; len];
            for start in (0..len).step_by(BLOCK) {
                let end = len.min(start + BLOCK);
                let mut take = |from: &[u8], start: usize, end: usize| {
                    let end = end.min(from.len()).min(len);
                    if start < end {
                        after[start..end].copy_from_slice(&from[start..end]);
                    }
                };
                match chance.below(4) {
                    0 => take(&new, start, end),
                    1 => {
                        let torn = start + chance.below(BLOCK as u64) as usize;
                        take(&old, start, end);
                        take(&new, start, torn);
                    }
                    // What never held anything may hold what an older file left there.
                    2 if start >= old.len() => after[start..end].fill(0xa5),
                    _ => take(&old, start, end),
                }
            }
            self.durable = after;
        }
        self.seen = self.durable.clone();
        self.lost = None;
    }
}

impl Disk for PowerCutDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.operation()?.names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let state = self.operation()?;
        Ok(Box::new(Cursor::new(state.files[state.find(name)?].seen.clone())))
    }

    fn len(&self, name: &str) -> io::Result<u64> {
        let state = self.operation()?;
        Ok(state.files[state.find(name)?].seen.len() as u64)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.operation()?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Content::default());
        state.change(Change::Set(name.to_owned(), file));
        Ok(self.file(file, state.life))
    }

    fn append(&self, name: &str, len: u64) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.operation()?;
        let file = state.find(name)?;
        let content = &mut state.files[file];
        content.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Ok(self.file(file, state.life))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.operation()?;
        let file = state.find(from)?;
        state.change(Change::Rename(from.to_owned(), to.to_owned(), file));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.operation()?;
        state.find(name)?;
        state.change(Change::Remove(name.to_owned()));
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut state = self.operation()?;
        state.changes.clear();
        state.durable_names = state.names.clone();
        Ok(())
    }
}

struct OpenFile {
    disk: PowerCutDisk,
    file: usize,
    life: u64,
}

impl OpenFile {
    fn content<'a>(&self, state: &'a mut State) -> io::Result<&'a mut Content> {
        if state.life != self.life {
            return Err(io::Error::other("the power was cut after this file was opened"));
        }
        Ok(&mut state.files[self.file])
    }
}

impl DiskFile for OpenFile {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.disk.operation() {
            Ok(mut state) => self.content(&mut state)?.seen.extend_from_slice(bytes),
            Err(error) => {
                // It took the beginning.
                let mut state = self.disk.state();
                if state.stops_from.is_none_or(|from| state.operations == from) {
                    self.content(&mut state)?.seen.extend_from_slice(&bytes[..bytes.len() / 2]);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let failed = self.disk.operation().err();
        let mut state = self.disk.state();
        let stopped = state.stops_from.is_some_and(|from| state.operations >= from);
        let content = self.content(&mut state)?;
        if let Some(error) = failed {
            if !stopped {
                content.lost = Some((content.durable.len().min(content.seen.len()), content.seen.len()));
            }
            return Err(error);
        }
        content.durable = content.synced();
        Ok(())
    }
}

/// Numbers by chance that are the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn read(disk: &PowerCutDisk, name: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        disk.open(name).ok()?.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }

    /// A disk with one file of two synced blocks, and three more that are not.
    fn half_synced() -> PowerCutDisk {
        let disk = PowerCutDisk::new();
        let mut file = disk.create("a").unwrap();
        file.write_all(&[1; 2 * BLOCK]).unwrap();
        file.sync_data().unwrap();
        disk.sync_folder().unwrap();
        file.write_all(&[2; 3 * BLOCK]).unwrap();
        disk
    }

    #[test]
    fn a_cut_keeps_what_was_synced_and_anything_of_the_rest() {
        let mut after = BTreeSet::new();
        for seed in 0..500 {
            let disk = half_synced();
            disk.cut(seed);
            let bytes = read(&disk, "a").unwrap();
            assert!(bytes.starts_with(&[1; 2 * BLOCK]));
            after.insert(bytes[2 * BLOCK..].to_vec());
        }
        let whole = |block: u8, bytes: &Vec<u8>| bytes.chunks(BLOCK).nth(block.into()) == Some(&[2; BLOCK]);
        assert!(after.contains(&vec![]), "forgotten");
        assert!(after.contains(&vec![2; 3 * BLOCK]), "kept");
        assert!(after.iter().any(|bytes| whole(2, bytes) && !whole(0, bytes)), "the later, not the earlier");
        let torn = |bytes: &Vec<u8>| bytes.len() > BLOCK && bytes[0] == 2 && bytes[BLOCK - 1] != 2;
        assert!(after.iter().any(torn), "half a block");
    }

    #[test]
    fn names_last_when_the_folder_was_synced() {
        let mut left = BTreeSet::new();
        for seed in 0..100 {
            let disk = half_synced();
            disk.rename("a", "b").unwrap();
            drop(disk.create("c").unwrap());
            disk.cut(seed);
            left.insert(disk.list().unwrap().join(" "));
            disk.sync_folder().unwrap();
            let before = disk.list().unwrap();
            disk.cut(seed);
            assert_eq!(disk.list().unwrap(), before);
        }
        assert_eq!(left.into_iter().collect::<Vec<_>>(), ["a", "a c", "b", "b c"]);
    }

    #[test]
    fn what_a_failed_sync_lost_is_seen_until_the_power_goes() {
        let disk = half_synced();
        let mut file = disk.append("a", u64::MAX).unwrap();
        disk.fail_at(1, io::ErrorKind::Other);
        file.sync_data().unwrap_err();
        file.sync_data().unwrap();
        assert_eq!(read(&disk, "a").unwrap()[2 * BLOCK..], [2; 3 * BLOCK]);
        disk.cut(1);
        assert!(!read(&disk, "a").unwrap().contains(&2));
    }

    #[test]
    fn a_file_opened_before_the_end_is_dead() {
        for power in [false, true] {
            let disk = half_synced();
            let mut file = disk.append("a", u64::MAX).unwrap();
            disk.stop_at(1);
            file.write_all(&[3; 8]).unwrap_err();
            disk.list().unwrap_err();
            if power {
                disk.cut(1)
            } else {
                disk.restart()
            }
            assert_eq!(read(&disk, "a").unwrap().ends_with(&[2, 3, 3, 3, 3]), !power);
            file.write_all(b"x").unwrap_err();
            file.sync_data().unwrap_err();
        }
    }
}
