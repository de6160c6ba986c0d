//! A base that loses what was not synced, and what every base does.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;

use super::*;

/// A base in memory that loses in a power cut what was not synced, or a part of it.
#[derive(Default)]
pub struct LosingBase(Mutex<Rows>);

#[derive(Default, Clone)]
struct Rows {
    now: BTreeMap<Key, Value>,
    /// What is on the disk for certain.
    synced: BTreeMap<Key, Value>,
    /// What was written since, row by row.
    since: Vec<(Key, Option<Value>)>,
    written: usize,
    /// After so many more rows the power goes.
    fuse: Option<usize>,
}

impl Rows {
    fn burn(&mut self) -> Result<(), StoreError> {
        match &mut self.fuse {
            Some(0) => Err(StoreError::Disk("the power is gone".into())),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl LosingBase {
    /// The base after the power came back, with so many of the rows that were not synced.
    pub fn after_cut(&self, kept: usize) -> Self {
        let mut rows = self.0.lock().unwrap().clone();
        rows.now = rows.synced.clone();
        for (key, value) in rows.since.drain(..).take(kept) {
            match value {
                Some(value) => rows.now.insert(key, value),
                None => rows.now.remove(&key),
            };
        }
        rows.synced = rows.now.clone();
        rows.fuse = None;
        Self(Mutex::new(rows))
    }

    /// The power goes in the middle of a write, after so many more rows.
    pub fn fail_after(&self, rows: usize) {
        self.0.lock().unwrap().fuse = Some(rows);
    }

    /// How many rows were ever put.
    pub fn rows_written(&self) -> usize {
        self.0.lock().unwrap().written
    }
}

impl Base for LosingBase {
    fn get(&self, key: &Key) -> Result<Option<Value>, StoreError> {
        Ok(self.0.lock().unwrap().now.get(key).cloned())
    }

    fn range<'a>(
        &'a self,
        range: &KeyRange,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a> {
        let rows = self.0.lock().unwrap();
        let rows = rows.now.range(range.from.clone()..range.to.clone());
        let mut rows: Vec<_> = rows.map(|(key, value)| Ok((key.clone(), value.clone()))).collect();
        if reverse {
            rows.reverse();
        }
        Box::new(rows.into_iter())
    }

    fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError> {
        let mut base = self.0.lock().unwrap();
        for (key, value) in rows {
            base.burn()?;
            base.written += usize::from(value.is_some());
            match value {
                Some(value) => base.now.insert(key.clone(), value.clone()),
                None => base.now.remove(key),
            };
            base.since.push((key.clone(), value.cloned()));
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        let mut base = self.0.lock().unwrap();
        base.burn()?;
        base.synced = base.now.clone();
        base.since.clear();
        Ok(())
    }
}

/// What happens to a base.
#[derive(Debug, Clone)]
enum Step {
    /// So many rows from this one on, some removed: few go another way than many.
    Write {
        from: u16,
        rows: u16,
        value: u8,
    },
    Sync,
    /// The base is closed and opened.
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let write = |rows| (0u16..900, rows, any::<u8>());
    prop::collection::vec(
        prop_oneof![
            4 => write(1u16..20).prop_map(|(from, rows, value)| Step::Write { from, rows, value }),
            3 => write(200u16..600).prop_map(|(from, rows, value)| Step::Write { from, rows, value }),
            1 => Just(Step::Sync),
            2 => Just(Step::Reopen),
        ],
        1..25,
    )
}

fn key(n: u16) -> Key {
    Key::own(&n.to_be_bytes())
}

fn opened(kind: BaseKind, home: &Path) -> Box<dyn Base> {
    loop {
        match kind.open(home) {
            Err(OpenError::InUse) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

fn behaves_as_a_map(kind: BaseKind, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join(kind.name());
    let mut base = Some(opened(kind, &home));
    let mut model = BTreeMap::<Key, Value>::new();
    for step in steps {
        match step {
            Step::Write { from, rows, value } => {
                let row = |n: u16| (key(n), (n % 7 != u16::from(value % 7)).then(|| vec![value; 100]));
                let rows: Vec<_> = (from..from + rows).map(row).collect();
                let mut borrowed = rows.iter().map(|(key, value)| (key, value.as_ref()));
                base.as_ref().unwrap().write(&mut borrowed).unwrap();
                for (key, value) in rows {
                    match value {
                        Some(value) => model.insert(key, value),
                        None => model.remove(&key),
                    };
                }
            }
            Step::Sync => base.as_ref().unwrap().sync().unwrap(),
            Step::Reopen => {
                drop(base.take());
                base = Some(opened(kind, &home));
            }
        }
        let base = base.as_ref().unwrap();
        let all = KeyRange { from: key(100), to: key(1200) };
        let expected = model.range(all.from.clone()..all.to.clone());
        let expected: Vec<_> = expected.map(|(key, value)| (key.clone(), value.clone())).collect();
        let mut rows: Vec<_> = base.range(&all, true).map(|row| row.unwrap()).collect();
        rows.reverse();
        prop_assert!(rows == expected, "{kind:?}: from the end");
        let rows: Vec<_> = base.range(&all, false).map(|row| row.unwrap()).collect();
        prop_assert!(rows == expected, "{kind:?}: from the beginning");
        for n in (0..1500).step_by(31) {
            prop_assert!(base.get(&key(n)).unwrap().as_ref() == model.get(&key(n)), "{kind:?}: row {n}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 16))]
    #[test]
    fn every_base_is_an_ordered_map_and_stays_one_when_opened_again(steps in steps()) {
        for kind in BaseKind::ALL {
            behaves_as_a_map(kind, steps.clone())?;
        }
    }
}
