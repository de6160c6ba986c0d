//! The rows that are durable in the log and not yet in the base.
//!
//! Groups are added to the *active* layer as they become durable. A layer that is full is *frozen*:
//! it never changes again, and drains into the base while work goes on. A reader looks into the active
//! layer, the frozen ones from new to old, and the base, and takes what it finds first; a frozen layer
//! goes only when the base has all of it. What was written and removed again in between is never
//! written to the base at all.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use super::base::Base;
use super::log::Lsn;
use crate::sync::{Arc, Condvar, Mutex, RwLock, locked, reading, writing};
use crate::{Key, KeyRange, StoreError, Value, Write};

/// What a row costs in memory beside its key and value, in bytes, about.
const ROW_OVERHEAD: usize = 96;

/// When layers are frozen, and when writing waits for them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The active layer is frozen at this size, in bytes.
    pub layer: usize,
    /// It is frozen as well when the log has grown by this much since it began, in bytes: this is what
    /// a start reads again.
    pub layer_log: u64,
    /// Writing waits while all layers together are larger, in bytes.
    pub layers: usize,
    /// Writing waits while more of the log than this is not in the base, in bytes.
    pub undrained: u64,
    /// A checkpoint is made when the log has grown by this much since the last one, in bytes, and by as
    /// much as that one has: the work stays in proportion.
    pub checkpoint: u64,
    /// How large a segment of the log grows, in bytes: it is forgotten as a whole.
    pub segment: u64,
}

impl Limits {
    /// What production uses.
    pub const USUAL: Self = Self {
        layer: 112 << 20,
        layer_log: 384 << 20,
        layers: 256 << 20,
        undrained: 1 << 30,
        checkpoint: 512 << 20,
        segment: super::log::SEGMENT,
    };

    /// Layers of this size, in bytes, and the rest in proportion: what takes hours then takes moments.
    pub const fn small(layer: usize) -> Self {
        let log = layer as u64;
        Self {
            layer,
            layer_log: 4 * log,
            layers: 4 * layer,
            undrained: 20 * log,
            checkpoint: 10 * log,
            segment: log,
        }
    }
}

/// Rows by key; `None` where a row was removed.
type Rows = BTreeMap<Key, Option<Value>>;

/// Some groups' rows, the last writing of each key.
#[derive(Default)]
pub struct Layer {
    rows: Rows,
    bytes: usize,
    /// The last group in it.
    last: Lsn,
    /// What its groups have in the log, in bytes.
    log: u64,
}

impl Layer {
    /// Its rows in the order of their keys.
    pub fn rows(&self) -> impl Iterator<Item = (&Key, Option<&Value>)> {
        self.rows.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// The last group in it.
    pub fn last(&self) -> Lsn {
        self.last
    }

    fn add(&mut self, lsn: Lsn, writes: Vec<Write>) {
        self.last = lsn;
        for (key, value) in writes {
            let key_bytes = key.as_bytes().len();
            let value_bytes = value.as_ref().map_or(0, Vec::len);
            match self.rows.insert(key, value) {
                Some(before) => {
                    self.bytes = self.bytes + value_bytes - before.as_ref().map_or(0, Vec::len);
                }
                None => self.bytes += key_bytes + value_bytes + ROW_OVERHEAD,
            }
        }
    }

    fn range(&self, range: &KeyRange) -> std::collections::btree_map::Range<'_, Key, Option<Value>> {
        self.rows.range((Bound::Included(&range.from), Bound::Excluded(&range.to)))
    }
}

/// See the module.
pub struct Layers {
    limits: Limits,
    inner: RwLock<Inner>,
    /// What threads wait for; taken after `inner` where both are.
    fill: Mutex<Fill>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    active: Layer,
    /// The oldest first.
    frozen: VecDeque<Arc<Layer>>,
}

/// How full the layers are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// How many are frozen.
    pub frozen: usize,
    /// All of them, in bytes.
    pub bytes: usize,
    /// What of the log is only here and not in the base, in bytes.
    pub log: u64,
    closed: bool,
}

impl Layers {
    /// Empty layers.
    pub fn new(limits: Limits) -> Self {
        Self { limits, inner: RwLock::default(), fill: Mutex::default(), changed: Condvar::new() }
    }

    /// Adds groups that are durable, in their order. `log` is what they have in the log, in bytes.
    pub fn add(&self, groups: impl IntoIterator<Item = (Lsn, Vec<Write>)>, log: u64) {
        let mut inner = writing(&self.inner);
        for (lsn, writes) in groups {
            inner.active.add(lsn, writes);
        }
        inner.active.log += log;
        if inner.active.bytes >= self.limits.layer || inner.active.log >= self.limits.layer_log {
            let full = std::mem::take(&mut inner.active);
            inner.frozen.push_back(Arc::new(full));
        }
        self.tell(&inner);
    }

    /// Freezes the active layer, however small.
    pub fn freeze(&self) {
        let mut inner = writing(&self.inner);
        if !inner.active.rows.is_empty() {
            let active = std::mem::take(&mut inner.active);
            inner.frozen.push_back(Arc::new(active));
        }
        self.tell(&inner);
    }

    fn tell(&self, inner: &Inner) {
        let layers = || inner.frozen.iter().map(Arc::as_ref).chain([&inner.active]);
        let mut fill = locked(&self.fill);
        let frozen_before = fill.frozen;
        *fill = Fill {
            frozen: inner.frozen.len(),
            bytes: layers().map(|layer| layer.bytes).sum(),
            log: layers().map(|layer| layer.log).sum(),
            closed: fill.closed,
        };
        // Who waits, waits for a frozen layer to come or to go; each call of the system counts.
        if frozen_before != fill.frozen {
            self.changed.notify_all();
        }
    }

    /// How full they are.
    pub fn fill(&self) -> Fill {
        *locked(&self.fill)
    }

    /// Waits until there is a frozen layer, and gives the oldest; `None` when the layers are closed.
    pub fn next_to_drain(&self) -> Option<Arc<Layer>> {
        let mut fill = locked(&self.fill);
        while fill.frozen == 0 && !fill.closed {
            fill = self.changed.wait(fill).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        if fill.closed {
            return None;
        }
        drop(fill);
        reading(&self.inner).frozen.front().cloned()
    }

    /// The oldest frozen layer is in the base and goes.
    pub fn drained(&self) {
        let mut inner = writing(&self.inner);
        let gone = inner.frozen.pop_front();
        self.tell(&inner);
        drop(inner);
        // Freeing a hundred thousand rows takes its time, and nobody need wait for it.
        drop(gone);
    }

    /// Waits while the layers are too full to take more.
    pub fn wait_for_room(&self) {
        let mut fill = locked(&self.fill);
        while !fill.closed && (fill.bytes > self.limits.layers || fill.log > self.limits.undrained) {
            fill = self.changed.wait(fill).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    /// Nobody waits any more.
    pub fn close(&self) {
        locked(&self.fill).closed = true;
        self.changed.notify_all();
    }

    /// The values of these keys, in the order asked: as of one moment for what is in the layers.
    pub fn get(&self, base: &dyn Base, keys: &[Key]) -> Result<Vec<Option<Value>>, StoreError> {
        let found: Vec<Option<Option<Value>>> = {
            let inner = reading(&self.inner);
            let find = |key: &Key| {
                let frozen = || inner.frozen.iter().rev().find_map(|layer| layer.rows.get(key));
                inner.active.rows.get(key).or_else(frozen).cloned()
            };
            keys.iter().map(find).collect()
        };
        // What is in no layer now was in none before the base is read, or is in the base by then.
        let rest = |(key, found): (&Key, Option<_>)| found.map_or_else(|| base.get(key), Ok);
        keys.iter().zip(found).map(rest).collect()
    }

    /// Up to `limit` rows of a range in key order, or from its end when `reverse`.
    pub fn scan(
        &self,
        base: &dyn Base,
        range: &KeyRange,
        limit: usize,
        reverse: bool,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        if range.from >= range.to {
            return Ok(Vec::new());
        }
        let (active, frozen) = {
            let inner = reading(&self.inner);
            (copy(inner.active.range(range), limit, reverse), inner.frozen.clone())
        };
        // The newest first: where several have a key, the first has the truth.
        let mut sources: Vec<Source<'_>> = Vec::with_capacity(frozen.len() + 2);
        sources.push(Source::new(active.into_iter().map(Ok)));
        for layer in frozen.iter().rev() {
            let rows = layer.range(range);
            let own = |(key, value): (&Key, &Option<Value>)| Ok((key.clone(), value.clone()));
            sources.push(if reverse { Source::new(rows.rev().map(own)) } else { Source::new(rows.map(own)) });
        }
        let stored = base.range(range, reverse);
        sources.push(Source::new(stored.map(|row| row.map(|(key, value)| (key, Some(value))))));
        merge(sources, limit, reverse)
    }
}

/// Rows of a range until `limit` of them stand: as many of the whole merge's first `limit` rows as this
/// layer can bear on, because nothing is above it.
fn copy<'a>(
    rows: impl DoubleEndedIterator<Item = (&'a Key, &'a Option<Value>)>,
    limit: usize,
    reverse: bool,
) -> Vec<(Key, Option<Value>)> {
    let mut standing = 0;
    let enough = |(_, value): &(&Key, &Option<Value>)| {
        let more = standing < limit;
        standing += usize::from(value.is_some());
        more
    };
    let own = |(key, value): (&Key, &Option<Value>)| (key.clone(), value.clone());
    if reverse {
        rows.rev().take_while(enough).map(own).collect()
    } else {
        rows.take_while(enough).map(own).collect()
    }
}

type Row = Result<(Key, Option<Value>), StoreError>;

/// One layer's rows of a range, and the next of them.
struct Source<'a> {
    rows: Box<dyn Iterator<Item = Row> + 'a>,
    next: Option<(Key, Option<Value>)>,
    failed: Option<StoreError>,
}

impl<'a> Source<'a> {
    fn new(rows: impl Iterator<Item = Row> + 'a) -> Self {
        let mut source = Self { rows: Box::new(rows), next: None, failed: None };
        source.advance();
        source
    }

    fn advance(&mut self) -> Option<(Key, Option<Value>)> {
        let next = match self.rows.next() {
            Some(Ok(row)) => Some(row),
            Some(Err(error)) => {
                self.failed = Some(error);
                None
            }
            None => None,
        };
        std::mem::replace(&mut self.next, next)
    }
}

fn merge(mut sources: Vec<Source<'_>>, limit: usize, reverse: bool) -> Result<Vec<(Key, Value)>, StoreError> {
    let mut rows = Vec::new();
    while rows.len() < limit {
        if let Some(error) = sources.iter_mut().find_map(|source| source.failed.take()) {
            return Err(error);
        }
        let heads = sources.iter().filter_map(|source| source.next.as_ref().map(|(key, _)| key));
        let Some(key) = (if reverse { heads.max() } else { heads.min() }).cloned() else { break };
        let mut first = true;
        for source in &mut sources {
            if source.next.as_ref().is_some_and(|(next, _)| *next == key) {
                let row = source.advance();
                if std::mem::take(&mut first)
                    && let Some((key, Some(value))) = row
                {
                    rows.push((key, value));
                }
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
#[cfg(not(feature = "shuttle"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::embedded::base::tests::LosingBase;
    use cauce_model::Slot;

    fn key(n: u8) -> Key {
        Key::new(Slot::new(1).unwrap(), 1).bytes(&[n])
    }

    fn limits() -> Limits {
        Limits { layer: 600, ..Limits::USUAL }
    }

    /// What happens to the layers.
    #[derive(Debug, Clone)]
    enum Step {
        Write(Vec<(u8, Option<u8>)>),
        Freeze,
        /// The oldest frozen layer goes into the base; its rows are there before the layer goes.
        Drain {
            removed: bool,
        },
        Scan {
            from: u8,
            to: u8,
            limit: usize,
            reverse: bool,
        },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let writes = prop::collection::btree_map(0u8..20, prop::option::of(any::<u8>()), 0..6);
        prop::collection::vec(
            prop_oneof![
                5 => writes.prop_map(|writes| Step::Write(writes.into_iter().collect())),
                1 => Just(Step::Freeze),
                2 => any::<bool>().prop_map(|removed| Step::Drain { removed }),
                4 => (0u8..22, 0u8..22, 0usize..8, any::<bool>())
                    .prop_map(|(from, to, limit, reverse)| Step::Scan { from, to, limit, reverse }),
            ],
            1..60,
        )
    }

    proptest! {
        #[test]
        fn whatever_is_in_which_layer_readers_see_the_last_writing(steps in steps()) {
            let base = LosingBase::default();
            let layers = Layers::new(limits());
            let mut model = BTreeMap::<Key, Value>::new();
            let mut half_drained = false;
            for (lsn, step) in (1..).zip(steps) {
                match step {
                    Step::Write(writes) => {
                        let writes: Vec<Write> =
                            writes.into_iter().map(|(n, value)| (key(n), value.map(|v| vec![v; 40]))).collect();
                        for (key, value) in &writes {
                            match value {
                                Some(value) => model.insert(key.clone(), value.clone()),
                                None => model.remove(key),
                            };
                        }
                        layers.add([(lsn, writes)], 10);
                    }
                    Step::Freeze => layers.freeze(),
                    Step::Drain { removed } => {
                        if layers.fill().frozen > 0 {
                            let layer = layers.next_to_drain().unwrap();
                            base.write(&mut layer.rows()).unwrap();
                            half_drained = !removed;
                            if removed {
                                layers.drained();
                            }
                        }
                    }
                    Step::Scan { from, to, limit, reverse } => {
                        let range = KeyRange { from: key(from), to: key(to) };
                        let found = layers.scan(&base, &range, limit, reverse).unwrap();
                        let inside = model.iter().filter(|(k, _)| **k >= range.from && **k < range.to);
                        let inside: Vec<_> = inside.map(|(k, v)| (k.clone(), v.clone())).collect();
                        let expected: Vec<_> = if reverse {
                            inside.into_iter().rev().take(limit).collect()
                        } else {
                            inside.into_iter().take(limit).collect()
                        };
                        prop_assert_eq!(found, expected);
                    }
                }
                let keys: Vec<Key> = (0..20).map(key).collect();
                let expected: Vec<_> = keys.iter().map(|key| model.get(key).cloned()).collect();
                prop_assert_eq!(layers.get(&base, &keys).unwrap(), expected, "half drained: {}", half_drained);
            }
        }
    }

    #[test]
    fn what_was_written_and_removed_in_one_layer_is_no_row_of_the_base() {
        let (base, layers) = (LosingBase::default(), Layers::new(limits()));
        layers.add([(1, vec![(key(1), Some(vec![1]))]), (2, vec![(key(1), None)])], 10);
        layers.freeze();
        base.write(&mut layers.next_to_drain().unwrap().rows()).unwrap();
        layers.drained();
        assert_eq!((base.rows_written(), layers.fill().bytes), (0, 0));
    }
}

/// Readers, the writer and the drain in every order that a schedule can have. To be run alone:
/// `cargo test -p cauce-store --features shuttle schedules`.
#[cfg(test)]
#[cfg(feature = "shuttle")]
mod schedules {
    use super::*;
    use crate::embedded::base::tests::LosingBase;
    use cauce_model::Slot;

    fn key(n: u64) -> Key {
        Key::new(Slot::new(1).unwrap(), 1).number(n)
    }

    #[test]
    fn a_reader_never_goes_back_in_time_and_closing_ends_everybody() {
        let every_order = || {
            let base = Arc::new(LosingBase::default());
            let limits = Limits { layer: 150, layers: 300, ..Limits::USUAL };
            let layers = Arc::new(Layers::new(limits));
            let drain = {
                let (base, layers) = (base.clone(), layers.clone());
                shuttle::thread::spawn(move || {
                    while let Some(layer) = layers.next_to_drain() {
                        base.write(&mut layer.rows()).unwrap();
                        layers.drained();
                    }
                })
            };
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    let (base, layers) = (base.clone(), layers.clone());
                    shuttle::thread::spawn(move || {
                        let mut last = 0;
                        for _ in 0..4 {
                            let row = layers.get(base.as_ref(), &[key(1)]).unwrap().remove(0);
                            let scanned = layers.scan(base.as_ref(), &key(1).prefix(), 1, false).unwrap();
                            for value in row.into_iter().chain(scanned.into_iter().map(|(_, value)| value)) {
                                let now = u64::from(value[0]);
                                assert!(now >= last, "{now} after {last}");
                                last = now;
                            }
                        }
                    })
                })
                .collect();
            for n in 1..=6u8 {
                layers.wait_for_room();
                layers.add(
                    [(n.into(), vec![(key(1), Some(vec![n])), (key(100 + u64::from(n)), Some(vec![n]))])],
                    1,
                );
                let seen = layers.get(base.as_ref(), &[key(1)]).unwrap().remove(0);
                assert_eq!(seen, Some(vec![n]), "what was added is seen");
            }
            for reader in readers {
                reader.join().unwrap();
            }
            layers.close();
            drain.join().unwrap();
        };
        shuttle::check_random(every_order, 2_000);
        shuttle::check_pct(every_order, 500, 3);
    }
}
