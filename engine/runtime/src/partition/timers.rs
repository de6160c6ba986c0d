//! The timers of a partition. Those due soon are in memory; the others are rows, sorted by slot and
//! time, and are read a stretch at a time when theirs comes near.

use std::collections::{BTreeMap, HashMap};

use cauce_model::{Duration, Slot, Timestamp};
use cauce_store::{Key, KeyRange, Store, StoreError, Value};

use super::hold::after;
use super::{GROUP, Partition, Work};
use crate::tables::{TIMERS, due_of};

/// How far ahead timers are in memory.
const AHEAD: Duration = Duration::minutes(10);
/// How many timers of a slot are read at once.
const STRETCH: usize = 256;
/// How many stretches are read before other work has its turn.
const STRETCHES: usize = 64;

/// See the module.
#[derive(Default)]
pub(crate) struct Timers {
    /// In the order of their times: timers, and stretches to be read when the time has come, by their
    /// first key and with the key after their last.
    soon: BTreeMap<(Timestamp, Key), Option<Key>>,
    /// Up to which key the timers of a slot are in memory.
    read: HashMap<Slot, Key>,
    /// What was due before the start and may not come yet.
    pub overdue: Vec<KeyRange>,
}

/// What has come due.
#[derive(Debug, PartialEq)]
enum Due {
    Timer(Key),
    Stretch(KeyRange),
}

/// The first key of a slot's timers that are due at this moment.
fn at(slot: Slot, moment: Timestamp) -> Key {
    TIMERS.key(slot).number(u64::try_from(moment.0).unwrap_or(0))
}

/// What a slot had due before this moment, and what comes from then on.
pub(super) fn ranges(slot: Slot, moment: Timestamp) -> [KeyRange; 2] {
    let all = TIMERS.key(slot).prefix();
    [all.clone().before(at(slot, moment)), all.from(at(slot, moment))]
}

/// The next timers of a range, up to as many and as far as are taken into memory at once.
pub(super) async fn stretch(
    store: &dyn Store,
    slot: Slot,
    range: &KeyRange,
    now: Timestamp,
) -> Result<Vec<(Key, Value)>, StoreError> {
    store.scan(&range.clone().before(at(slot, now + AHEAD)), STRETCH, false).await
}

impl Timers {
    /// Begins with a slot: what was due before the start waits, the rest comes. `overdue` says whether
    /// anything was; `rows` is the first stretch of the rest.
    pub fn begin(&mut self, slot: Slot, started: Timestamp, overdue: bool, rows: Vec<(Key, Value)>) {
        let [before, after] = ranges(slot, started);
        if overdue {
            self.overdue.push(before);
        }
        self.read_on(slot, after, started, rows);
    }

    /// A timer was set.
    pub fn set(&mut self, key: Key) {
        let within = |slot| self.read.get(&slot).is_none_or(|read| key < *read);
        if key.slot().is_some_and(within) {
            self.soon.insert((due_of(&key), key), None);
        }
    }

    /// A timer has come, or was taken back.
    pub fn unset(&mut self, key: Key) {
        self.soon.remove(&(due_of(&key), key));
    }

    /// When there is something to do.
    fn next(&self) -> Option<Timestamp> {
        self.soon.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next that is due.
    fn take(&mut self, now: Timestamp) -> Option<Due> {
        let first = self.soon.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((_, key), to) = first.remove_entry();
        Some(match to {
            None => Due::Timer(key),
            Some(to) => Due::Stretch(KeyRange { from: key, to }),
        })
    }

    /// Lets what was overdue at the start come.
    fn let_overdue_come(&mut self) {
        for range in std::mem::take(&mut self.overdue) {
            self.soon.insert((Timestamp(0), range.from), Some(range.to));
        }
    }

    /// Takes a stretch of a slot's timers in, and plans the next.
    fn read_on(&mut self, slot: Slot, range: KeyRange, now: Timestamp, rows: Vec<(Key, Value)>) {
        let (from, wake) = match rows.last() {
            // The next stretch follows this one's last timer at once.
            Some((last, _)) if rows.len() == STRETCH => (after(last), due_of(last)),
            // Long before it is needed, and not all slots at the same time.
            _ => {
                let spread = AHEAD.0 / 4 * i64::from(slot.number() % 64) / 64;
                (at(slot, now + AHEAD), now + Duration(AHEAD.0 / 2 + spread))
            }
        };
        self.soon.extend(rows.into_iter().map(|(key, _)| ((due_of(&key), key), None)));
        if range.to == TIMERS.key(slot).prefix().to {
            self.read.insert(slot, from.clone());
        }
        if from < range.to {
            self.soon.insert((wake, from), Some(range.to));
        }
    }

    /// How many timers are in memory.
    #[cfg(test)]
    pub fn in_memory(&self) -> usize {
        self.soon.values().filter(|to| to.is_none()).count()
    }
}

impl Partition {
    /// Adds the timers that are due to the work, at most a group of them.
    pub(super) async fn take_due(&mut self, work: &mut Vec<Work>) -> Result<(), StoreError> {
        let now = self.clock.now();
        // A clock that is set back must not make them wait longer than was meant.
        self.held_until = self.held_until.min(now + self.grace);
        if now >= self.held_until && !self.held {
            self.timers.let_overdue_come();
        }
        let (mut timers, mut stretches) = (0, 0);
        while timers < GROUP && stretches < STRETCHES {
            match self.timers.take(now) {
                None => break,
                Some(Due::Timer(key)) => {
                    timers += 1;
                    work.push(Work::Timer(key));
                }
                Some(Due::Stretch(range)) => {
                    stretches += 1;
                    let slot = range.from.slot().expect("timers live in slots");
                    let rows = stretch(self.store.as_ref(), slot, &range, now).await?;
                    self.timers.read_on(slot, range, now, rows);
                }
            }
        }
        Ok(())
    }

    /// When there will be something to do by itself.
    pub(super) fn next_wake(&self) -> Option<Timestamp> {
        let overdue = !self.timers.overdue.is_empty() && !self.held;
        self.timers.next().into_iter().chain(overdue.then_some(self.held_until)).min()
    }
}

#[cfg(test)]
mod tests {
    use cauce_store::MemoryStore;

    use super::*;

    const NOW: Timestamp = Timestamp(1_750_000_000_000);

    fn slot() -> Slot {
        Slot::of("x")
    }

    fn timer(due: Timestamp, name: &str) -> Key {
        TIMERS.key(slot()).number(due.0.unsigned_abs()).number(1).text("x").text(name)
    }

    /// A store with a timer each so many milliseconds from `first` on.
    async fn store(first: Timestamp, count: i64, every: i64) -> MemoryStore {
        let store = MemoryStore::new();
        let lease = store.acquire(0).await.unwrap();
        let due = (0..count).map(|n| (timer(first + Duration(n * every), "a"), Some(vec![1])));
        store.commit(lease, 1, due.collect()).await.unwrap();
        store
    }

    async fn begin(store: &MemoryStore) -> Timers {
        let mut timers = Timers::default();
        let [before, after] = ranges(slot(), NOW);
        let overdue = !store.scan(&before, 1, false).await.unwrap().is_empty();
        timers.begin(slot(), NOW, overdue, stretch(store, slot(), &after, NOW).await.unwrap());
        timers
    }

    /// All that comes up to this moment, in order.
    async fn come(timers: &mut Timers, store: &MemoryStore, now: Timestamp) -> Vec<Key> {
        let mut come = Vec::new();
        while let Some(due) = timers.take(now) {
            match due {
                Due::Timer(key) => come.push(key),
                Due::Stretch(range) => {
                    let rows = stretch(store, slot(), &range, now).await.unwrap();
                    timers.read_on(slot(), range, now, rows);
                }
            }
        }
        come
    }

    #[tokio::test]
    async fn memory_holds_what_comes_soon_and_all_come_in_order() {
        // One each ten seconds for a day, and ten thousand at one moment of it.
        let store = store(NOW, 8640, 10_000).await;
        let lease = store.acquire(0).await.unwrap();
        let crowd = NOW + Duration::hours(5);
        let many = (0..10_000).map(|n| (timer(crowd, &format!("crowd {n:05}")), Some(vec![1])));
        store.commit(lease, 2, many.collect()).await.unwrap();

        let mut timers = begin(&store).await;
        let mut all = Vec::new();
        for minute in 0..=24 * 60 {
            assert!(timers.in_memory() < 2 * STRETCH, "{} in memory", timers.in_memory());
            let now = NOW + Duration::minutes(minute);
            let come = come(&mut timers, &store, now).await;
            assert!(come.iter().all(|key| due_of(key) <= now && due_of(key) > now - Duration::minutes(1)));
            all.extend(come);
        }
        assert_eq!(all.len(), 18_640);
        assert!(all.is_sorted() && all.windows(2).all(|two| two[0] != two[1]));
        assert_eq!(timers.in_memory(), 0);
    }

    #[tokio::test]
    async fn after_a_jump_of_hours_nothing_is_missed_and_nothing_comes_twice() {
        let store = store(NOW - Duration::hours(1), 7200, 1000).await;
        let mut timers = begin(&store).await;
        assert_eq!(timers.overdue.len(), 1);
        assert!(come(&mut timers, &store, NOW - Duration::hours(9)).await.is_empty(), "set back");
        let first = come(&mut timers, &store, NOW + Duration::minutes(30)).await;
        assert_eq!(first.len(), 1801, "what was overdue waits");
        assert!(come(&mut timers, &store, NOW - Duration::hours(9)).await.is_empty(), "set back again");
        let rest = come(&mut timers, &store, NOW + Duration::hours(9)).await;
        assert_eq!(rest.len(), 7200 - 3600 - 1801);
        timers.let_overdue_come();
        let overdue = come(&mut timers, &store, NOW + Duration::hours(9)).await;
        assert_eq!(overdue.len(), 3600);
        assert!(overdue.is_sorted() && first.is_sorted() && rest.is_sorted());
    }

    #[tokio::test]
    async fn one_that_is_set_comes_whether_it_is_soon_or_not() {
        let store = store(NOW, 0, 1).await;
        let mut timers = begin(&store).await;
        let [soon, late] = [5, 500].map(|minutes| timer(NOW + Duration::minutes(minutes), "a"));
        let lease = store.acquire(0).await.unwrap();
        store
            .commit(lease, 2, vec![(soon.clone(), Some(vec![1])), (late.clone(), Some(vec![1]))])
            .await
            .unwrap();
        timers.set(soon.clone());
        timers.set(late.clone());
        assert_eq!(timers.in_memory(), 1);
        for (minute, expected) in [(5, Some(&soon)), (499, None), (500, Some(&late)), (5000, None)] {
            let come = come(&mut timers, &store, NOW + Duration::minutes(minute)).await;
            assert_eq!(come.first(), expected, "minute {minute}");
        }
    }
}
