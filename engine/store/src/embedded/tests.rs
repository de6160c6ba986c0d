//! The whole home over disks and a base that lose in a power cut what was not synced.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cauce_model::Slot;
use futures_util::FutureExt;
use proptest::prelude::*;

use super::base::tests::LosingBase;
use super::base::{Base, BaseKind};
use super::disk::{Disk, PowerCutDisk};
use super::layers::Limits;
use super::{EmbeddedStore, checkpoint, recovery};
use crate::{Committed, Key, KeyRange, Store, StoreError, Value, Write};

/// Small enough that a few dozen commits fill layers, drain them, and bring checkpoints.
const SMALL: Limits = Limits::small(1500);
const STREAMS: u16 = 3;

impl<B: Base> Base for Arc<B> {
    fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        self.as_ref().get(key)
    }
    fn range<'a>(
        &'a self,
        range: &KeyRange,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a> {
        self.as_ref().range(range, reverse)
    }
    fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError> {
        self.as_ref().write(rows)
    }
    fn sync(&self) -> Result<(), StoreError> {
        self.as_ref().sync()
    }
}

/// A machine: what outlives the process.
#[derive(Default)]
struct Machine {
    log: PowerCutDisk,
    checkpoints: PowerCutDisk,
    base: Arc<LosingBase>,
}

impl Machine {
    fn start(&self) -> EmbeddedStore {
        let base: Box<dyn Base> = if self.base.get(&super::applied_key()).unwrap().is_none() {
            // As after the base was set aside.
            recovery::fill(&self.base, &self.checkpoints).unwrap();
            Box::new(self.base.clone())
        } else {
            Box::new(self.base.clone())
        };
        recovery::start(base, Arc::new(self.log.clone()), Arc::new(self.checkpoints.clone()), SMALL).unwrap()
    }

    /// Cuts the power under a running store.
    fn cut(&mut self, store: EmbeddedStore, seed: u64, kept: usize) {
        self.log.cut(seed);
        self.checkpoints.cut(seed);
        self.base = Arc::new(self.base.after_cut(kept));
        drop(store);
    }
}

/// What one stream was asked to commit, in order, and how much of that was acknowledged.
#[derive(Default, Clone)]
struct Asked {
    commits: Vec<Vec<Write>>,
    acknowledged: usize,
}

impl Asked {
    /// The rows when this many commits took effect.
    fn rows(&self, commits: usize) -> BTreeMap<Key, Value> {
        let mut rows = BTreeMap::new();
        for (key, value) in self.commits[..commits].iter().flatten() {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        rows
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A commit, awaited.
    Commit { stream: u16, writes: Vec<(u8, Option<u8>)> },
    /// The same commit once more, as after an answer that was lost.
    Repeat { stream: u16 },
    /// The power goes while so many further commits are under way.
    Cut { seed: u64, under_way: usize, kept: usize },
    /// The power goes while a layer drains, after so many rows; of these so many are kept.
    CutDraining { seed: u64, rows: usize, kept: usize },
    /// As [`Step::Cut`], and the base cannot be read any more.
    LoseBase { seed: u64 },
    /// The store is closed and opened.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let writes = || {
        let rows = prop::collection::btree_map(0u8..12, prop::option::weighted(0.8, any::<u8>()), 1..6);
        rows.prop_map(|rows| rows.into_iter().collect::<Vec<_>>())
    };
    prop::collection::vec(
        prop_oneof![
            30 => (0..STREAMS, writes()).prop_map(|(stream, writes)| Step::Commit { stream, writes }),
            2 => (0..STREAMS).prop_map(|stream| Step::Repeat { stream }),
            2 => (any::<u64>(), 0usize..6, 0usize..40)
                .prop_map(|(seed, under_way, kept)| Step::Cut { seed, under_way, kept }),
            2 => (any::<u64>(), 0usize..40, 0usize..60)
                .prop_map(|(seed, rows, kept)| Step::CutDraining { seed, rows, kept }),
            1 => any::<u64>().prop_map(|seed| Step::LoseBase { seed }),
            1 => Just(Step::Restart),
        ],
        1..120,
    )
}

fn range_of(stream: u16) -> KeyRange {
    Key::new(Slot::new(stream).unwrap(), 1).prefix()
}

fn writes_of(stream: u16, writes: &[(u8, Option<u8>)]) -> Vec<Write> {
    let key = |n: u8| Key::new(Slot::new(stream).unwrap(), 1).bytes(&[n]);
    writes.iter().map(|(n, value)| (key(*n), value.map(|value| vec![value; 60]))).collect()
}

/// After a restart each stream has a whole number of its commits, all that were acknowledged among them.
async fn is_whole(store: &EmbeddedStore, asked: &mut [Asked]) -> Result<(), TestCaseError> {
    for (stream, asked) in (0..STREAMS).zip(asked) {
        let last = usize::try_from(store.acquire(stream).await.unwrap().last).unwrap();
        prop_assert!(
            last >= asked.acknowledged,
            "{} were acknowledged, {last} are there",
            asked.acknowledged
        );
        let rows = store.scan(&range_of(stream), usize::MAX, false).await.unwrap();
        prop_assert_eq!(BTreeMap::from_iter(rows), asked.rows(last));
        asked.commits.truncate(last);
        asked.acknowledged = last;
    }
    Ok(())
}

async fn live(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut machine = Machine::default();
    let mut store = machine.start();
    let mut asked = vec![Asked::default(); usize::from(STREAMS)];
    for step in steps {
        match step {
            Step::Commit { stream, writes } => {
                let lease = store.acquire(stream).await.unwrap();
                let writes = writes_of(stream, &writes);
                let asked = &mut asked[usize::from(stream)];
                asked.commits.push(writes.clone());
                prop_assert_eq!(store.commit(lease, lease.last + 1, writes).await, Ok(Committed::Done));
                asked.acknowledged += 1;
                let rows = store.scan(&range_of(stream), usize::MAX, false).await.unwrap();
                prop_assert_eq!(BTreeMap::from_iter(rows), asked.rows(asked.acknowledged));
            }
            Step::Repeat { stream } => {
                let lease = store.acquire(stream).await.unwrap();
                if lease.last > 0 {
                    let again = store.commit(lease, lease.last, writes_of(stream, &[(1, Some(9))])).await;
                    prop_assert_eq!(again, Ok(Committed::AlreadyDone));
                }
            }
            Step::Cut { seed, under_way, kept } => {
                for n in 0..under_way {
                    let stream = u16::try_from(n).unwrap() % STREAMS;
                    let asked = &mut asked[usize::from(stream)];
                    let lease = store.acquire(stream).await.unwrap();
                    let writes = writes_of(stream, &[(n as u8, Some(seed as u8)), (11, Some(n as u8))]);
                    asked.commits.push(writes.clone());
                    let number = asked.commits.len() as u64;
                    // Asked and not awaited: whether it was made is only known after the start.
                    let _ = store.commit(lease, number, writes).now_or_never();
                }
                machine.cut(store, seed, kept);
                store = machine.start();
                is_whole(&store, &mut asked).await?;
            }
            Step::CutDraining { seed, rows, kept } => {
                machine.base.fail_after(rows);
                let lease = store.acquire(0).await;
                for n in 0u8..200 {
                    // Until the base has failed under a layer, and the store with it.
                    let Ok(lease) = lease else { break };
                    let asked = &mut asked[0];
                    let writes = writes_of(0, &[(n % 12, Some(n)), ((n + 3) % 12, None)]);
                    asked.commits.push(writes.clone());
                    match store.commit(lease, asked.commits.len() as u64, writes).await {
                        Ok(_) => asked.acknowledged += 1,
                        Err(_) => break,
                    }
                }
                machine.cut(store, seed, kept);
                store = machine.start();
                is_whole(&store, &mut asked).await?;
            }
            Step::LoseBase { seed } => {
                machine.cut(store, seed, 0);
                machine.base = Arc::default();
                store = machine.start();
                is_whole(&store, &mut asked).await?;
            }
            Step::Restart => {
                drop(store);
                store = machine.start();
                is_whole(&store, &mut asked).await?;
            }
        }
    }
    Ok(())
}

proptest! {
    // Usually 256, or what PROPTEST_CASES says.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 2))]
    #[test]
    fn whatever_happens_what_was_acknowledged_is_there_and_commits_are_whole(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(live(steps))?;
    }
}

#[tokio::test]
async fn layers_drain_checkpoints_are_made_and_the_log_is_forgotten() {
    let machine = Machine::default();
    let store = machine.start();
    let first_segment = machine.log.list().unwrap();
    let lease = store.acquire(0).await.unwrap();
    for n in 1..=400u64 {
        let writes = writes_of(0, &[((n % 12) as u8, Some(n as u8)), (((n + 1) % 12) as u8, None)]);
        store.commit(lease, n, writes).await.unwrap();
    }
    // Checkpoints come behind the commits: wait for two.
    while checkpoint::list(&machine.checkpoints).unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    let fill = store.shared.layers.fill();
    assert!(fill.bytes <= SMALL.layers + 2 * SMALL.layer, "{fill:?}");
    drop(store);
    let store = machine.start();
    assert_eq!(store.acquire(0).await.unwrap().last, 400);
    assert!(!machine.log.list().unwrap().contains(&first_segment[0]), "the beginning is forgotten");
}

#[tokio::test]
async fn a_disk_that_fails_ends_the_store_and_what_was_acknowledged_stays() {
    for kind in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::Other] {
        for n in 1..8 {
            let mut machine = Machine::default();
            let store = machine.start();
            let lease = store.acquire(0).await.unwrap();
            machine.log.fail_at(n, kind);
            let mut done = 0;
            let error = loop {
                match store.commit(lease, done + 1, writes_of(0, &[(done as u8 % 12, Some(1))])).await {
                    Ok(_) => done += 1,
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, StoreError::Disk(_)), "{error}");
            let full = kind == std::io::ErrorKind::StorageFull;
            assert_eq!(full, error.to_string().contains("make room"), "{error}");
            let later = store.commit(lease, done + 1, vec![]).await;
            assert!(matches!(later, Err(StoreError::Disk(_))), "nothing is written after a failure");
            assert!(store.get(&[Key::new(Slot::new(0).unwrap(), 1)]).await.is_err(), "nor read");
            machine.cut(store, n, 0);
            let store = machine.start();
            let last = store.acquire(0).await.unwrap().last;
            assert!(last == done || last == done + 1, "{done} were acknowledged, {last} are there");
        }
    }
}

/// Opens a folder: sled lets go of its lock a moment after it was dropped.
async fn opened(path: &Path) -> EmbeddedStore {
    loop {
        match recovery::open(path, BaseKind::default(), SMALL) {
            Err(crate::FolderError::InUse(_)) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

/// A folder with 400 commits, drained in part, and two checkpoints.
async fn folder_with_history(path: &Path, base: BaseKind) -> Asked {
    let store = recovery::open(path, base, SMALL).unwrap();
    let lease = store.acquire(0).await.unwrap();
    let mut asked = Asked::default();
    for n in 1..=400u64 {
        let writes = writes_of(0, &[((n % 12) as u8, Some(n as u8)), (((n + 5) % 12) as u8, None)]);
        asked.commits.push(writes.clone());
        store.commit(lease, n, writes).await.unwrap();
    }
    while checkpoint::list(store.shared.checkpoints.as_ref()).unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    asked.acknowledged = 400;
    asked
}

#[tokio::test]
async fn a_base_that_cannot_be_read_is_set_aside_and_made_again() {
    type Damage = fn(BaseKind, &Path);
    let damages: [Damage; 3] = [
        |_, home| std::fs::remove_dir_all(home).unwrap(),
        |kind, home| {
            let file = match kind {
                BaseKind::Sled => "conf",
                BaseKind::Fjall => "version",
            };
            assert!(home.join(file).exists());
            std::fs::write(home.join(file), b"nothing of this kind").unwrap();
        },
        |kind, home| {
            // Killed while it was being made again: it must not pass for whole.
            let base = kind.open(home).unwrap();
            base.write(&mut std::iter::once((&Key::own(b"unfinished"), Some(&vec![1])))).unwrap();
            base.sync().unwrap();
        },
    ];
    for kind in BaseKind::ALL {
        for (n, damage) in damages.iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            let mut asked = [folder_with_history(dir.path(), kind).await, Asked::default(), Asked::default()];
            damage(kind, &dir.path().join(kind.name()));
            let store = opened(dir.path()).await;
            is_whole(&store, &mut asked).await.unwrap();
            let aside = dir.path().join(format!("{}.damaged-1", kind.name()));
            assert_eq!(aside.exists(), n > 0, "what there was is kept");
            let now = if n > 0 { kind } else { BaseKind::default() };
            assert_eq!(BaseKind::of(dir.path()), Some(now), "another only where there is none");
        }
    }
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_read_leaves_the_one_before_it() {
    for kind in BaseKind::ALL {
        let dir = tempfile::tempdir().unwrap();
        let mut asked = [folder_with_history(dir.path(), kind).await, Asked::default(), Asked::default()];
        let checkpoints = super::disk::RealDisk::open(&dir.path().join("checkpoints")).unwrap();
        let newest = checkpoint::name(*checkpoint::list(&checkpoints).unwrap().last().unwrap());
        let file = dir.path().join("checkpoints").join(newest);
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        std::fs::remove_dir_all(dir.path().join(kind.name())).unwrap();
        let store = opened(dir.path()).await;
        is_whole(&store, &mut asked).await.unwrap();
    }
}

#[tokio::test]
async fn a_folder_keeps_the_base_that_it_was_made_with() {
    let others = [(BaseKind::Sled, BaseKind::Fjall), (BaseKind::Fjall, BaseKind::Sled)];
    for (made, asked) in others {
        let dir = tempfile::tempdir().unwrap();
        drop(EmbeddedStore::open_as(dir.path(), 4, made).unwrap());
        let again = loop {
            match EmbeddedStore::open_as(dir.path(), 4, asked) {
                Err(crate::FolderError::InUse(_)) => tokio::task::yield_now().await,
                opened => break opened.unwrap(),
            }
        };
        assert_eq!((again.base(), again.acquire(0).await.unwrap().epoch), (made, 2));
        assert!(!dir.path().join(asked.name()).exists());
    }
}

#[tokio::test]
async fn a_folder_of_the_first_format_is_opened_and_keeps_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let row = writes_of(0, &[(1, Some(7))]);
    let stream = (super::stream_key(0), Some(5u64.to_be_bytes().to_vec()));
    let base = super::base::SledBase::open(&dir.path().join("sled")).unwrap();
    base.write(&mut row.iter().chain([&stream]).map(|(key, value)| (key, value.as_ref()))).unwrap();
    base.sync().unwrap();
    drop(base);
    let store = opened(dir.path()).await;
    assert_eq!(store.acquire(0).await.unwrap().last, 5);
    assert_eq!(store.get(&[row[0].0.clone()]).await.unwrap(), [row[0].1.clone()]);
}
