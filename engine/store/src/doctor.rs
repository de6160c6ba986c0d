//! What a check-up of the data is made of: findings, a walk over rows that holds one page at a time,
//! and the check that every row of every table can be read.
//!
//! Each crate checks the tables it knows in a `doctor` module of its own and adds what it finds to
//! [`Findings`]. A check-up is for data that nobody is writing: what must hold at every commit holds
//! then, and what a reader of the feed has not taken in yet is [`Severity::Lagging`], not a fault.

use std::collections::{BTreeMap, HashMap};

use cauce_model::Slot;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Key, KeyRange, Lease, Store, StoreError, Table, Value, Write, rows};

/// How many findings of one code are kept whole; the others are counted.
const KEPT: u64 = 100;
/// How many rows a walk holds at one time.
const PAGE: usize = 500;
/// How many rows one commit of repairs carries.
const REPAIRS: usize = 500;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something that always holds does not hold.
    Broken,
    /// All holds, and a person should look: something was set aside.
    Attention,
    /// A screen's rows are behind what was decided; they catch up at the next start.
    Lagging,
}

/// One thing that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What sort of finding; stable, as `mail_lost`.
    pub code: &'static str,
    /// Where: what it is about, or the key of the row.
    pub place: String,
    /// What is wrong, as a sentence.
    pub what: String,
    /// How to mend it, as a sentence.
    pub mend: String,
    /// Whether `--mend` does it.
    pub mendable: bool,
    #[serde(skip)]
    repair: Vec<Write>,
}

impl Finding {
    /// Something that always holds does not hold.
    pub fn broken(code: &'static str, place: impl ToString, what: impl Into<String>, mend: &str) -> Self {
        Self::new(Severity::Broken, code, place, what, mend)
    }

    /// A person should look at it.
    pub fn attention(code: &'static str, place: impl ToString, what: impl Into<String>, mend: &str) -> Self {
        Self::new(Severity::Attention, code, place, what, mend)
    }

    /// It will catch up.
    pub fn lagging(code: &'static str, place: impl ToString, what: impl Into<String>) -> Self {
        Self::new(
            Severity::Lagging,
            code,
            place,
            what,
            "nothing is to be done: it catches up at the next start",
        )
    }

    fn new(
        severity: Severity,
        code: &'static str,
        place: impl ToString,
        what: impl Into<String>,
        mend: &str,
    ) -> Self {
        Self {
            severity,
            code,
            place: place.to_string(),
            what: what.into(),
            mend: mend.to_owned(),
            mendable: false,
            repair: Vec::new(),
        }
    }

    /// These writes mend it, whatever else is wrong.
    pub fn mended_by(mut self, writes: impl IntoIterator<Item = Write>) -> Self {
        self.repair.extend(writes);
        self.mendable = !self.repair.is_empty();
        self
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    counts: BTreeMap<(Severity, &'static str), u64>,
    rows: BTreeMap<&'static str, u64>,
    repairs: BTreeMap<Key, Option<Value>>,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, mut finding: Finding) {
        self.repairs.extend(std::mem::take(&mut finding.repair));
        let count = self.counts.entry((finding.severity, finding.code)).or_default();
        *count += 1;
        if *count <= KEPT {
            self.found.push(finding);
        }
    }

    /// Those that are kept: at most 100 of one code.
    pub fn found(&self) -> &[Finding] {
        &self.found
    }

    /// How many there are of each code, also of those that are not kept.
    pub fn counts(&self) -> &BTreeMap<(Severity, &'static str), u64> {
        &self.counts
    }

    /// How many rows of each table were read.
    pub fn rows(&self) -> &BTreeMap<&'static str, u64> {
        &self.rows
    }

    /// What mends the findings added since this was last asked.
    pub fn take_repairs(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.repairs).into_iter().collect()
    }
}

/// Writes repairs, and gives the lease with the number of its last commit.
///
/// # Errors
/// What the store says.
pub async fn repair(store: &dyn Store, mut lease: Lease, writes: Vec<Write>) -> Result<Lease, StoreError> {
    for group in writes.chunks(REPAIRS) {
        store.commit(lease, lease.last + 1, group.to_vec()).await?;
        lease.last += 1;
    }
    Ok(lease)
}

/// Everything in a slot.
pub fn whole_slot(slot: Slot) -> KeyRange {
    KeyRange { from: Key::new(slot, 0), to: Key::new(slot, u8::MAX).prefix().to }
}

/// The rows of a range in order, a page at a time.
pub struct Walk<'a> {
    store: &'a dyn Store,
    range: KeyRange,
    page: std::vec::IntoIter<(Key, Value)>,
    ended: bool,
}

impl<'a> Walk<'a> {
    /// Over this range.
    pub fn over(store: &'a dyn Store, range: KeyRange) -> Self {
        Self { store, range, page: Vec::new().into_iter(), ended: false }
    }

    /// Over a table's rows in a slot.
    pub fn of<V: Serialize + DeserializeOwned>(store: &'a dyn Store, table: &Table<V>, slot: Slot) -> Self {
        Self::over(store, table.key(slot).prefix())
    }

    /// The next row as the home keeps it: whole, or the head of one in pieces.
    ///
    /// # Errors
    /// What the store says.
    pub async fn raw(&mut self) -> Result<Option<(Key, Value)>, StoreError> {
        loop {
            if let Some(row) = self.page.next() {
                return Ok(Some(row));
            }
            if self.ended {
                return Ok(None);
            }
            let page = self.store.scan(&self.range, PAGE, false).await?;
            self.ended = page.len() < PAGE;
            if let Some((last, _)) = page.last() {
                self.range.from = last.clone().bytes(&[0]);
            }
            self.page = page.into_iter();
        }
    }

    /// The next row that can be read. [`readable`] tells of the others.
    ///
    /// # Errors
    /// What the store says, but for a row that cannot be read.
    pub async fn next<V>(&mut self, table: &Table<V>) -> Result<Option<(Key, V)>, StoreError>
    where
        V: Serialize + DeserializeOwned,
    {
        while let Some((key, row)) = self.raw().await? {
            match whole(self.store, &key, row).await {
                Ok(Some(row)) => {
                    if let Ok(value) = table.read(&key, &row) {
                        return Ok(Some((key, value)));
                    }
                }
                Ok(None) | Err(StoreError::Unreadable { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// A row of this key, when there is one and it can be read. [`readable`] tells of the others.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn row<V>(store: &dyn Store, table: &Table<V>, key: &Key) -> Result<Option<V>, StoreError>
where
    V: Serialize + DeserializeOwned,
{
    match table.fetch(store, key).await {
        Err(StoreError::Unreadable { .. }) => Ok(None),
        read => read,
    }
}

async fn whole(store: &dyn Store, key: &Key, row: Value) -> Result<Option<Value>, StoreError> {
    if rows::pieces_in(&row).is_none() {
        return Ok(Some(row));
    }
    Ok(rows::get(store, std::slice::from_ref(key)).await?.pop().flatten())
}

/// The writes that set a row to this value, whatever is there now.
///
/// # Errors
/// What the store says.
pub async fn set<V>(store: &dyn Store, key: Key, value: Option<&V>) -> Result<Vec<Write>, StoreError>
where
    V: Serialize + DeserializeOwned,
{
    let before = match rows::get(store, std::slice::from_ref(&key)).await {
        Ok(mut rows) => rows.pop().flatten().map_or(0, |row| row.len()),
        // Its pieces, whatever they are, stand without a head then, and go at the next check-up.
        Err(StoreError::Unreadable { .. }) => 0,
        Err(error) => return Err(error),
    };
    let mut writes = Vec::new();
    rows::put(&mut writes, key, value.map(crate::encode), before);
    Ok(writes)
}

/// A table that somebody knows.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    number: u8,
    name: &'static str,
    read: fn(&Key, &[u8]) -> Result<(), StoreError>,
}

impl Known {
    /// The table under the name it is told by.
    pub const fn new<V: Serialize + DeserializeOwned>(name: &'static str, table: &Table<V>) -> Self {
        Self { number: table.number(), name, read: |key, row| crate::decode::<V>(key, row).map(drop) }
    }
}

/// The tables that are known, by number.
pub struct Tables(HashMap<u8, Known>);

impl FromIterator<Known> for Tables {
    fn from_iter<T: IntoIterator<Item = Known>>(known: T) -> Self {
        Self(known.into_iter().map(|table| (table.number, table)).collect())
    }
}

/// Reads every row of a slot: one that cannot be read is a finding, and so are one of a table that nobody
/// knows and a piece of a row that is not there. Gives how many rows there are.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn readable(
    store: &dyn Store,
    slot: Slot,
    known: &Tables,
    findings: &mut Findings,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut head: Option<(Key, usize)> = None;
    let mut walk = Walk::over(store, whole_slot(slot));
    while let Some((key, row)) = walk.raw().await? {
        count += 1;
        if let Some((whole, index)) = rows::whole_of(&key) {
            if head.as_ref().is_none_or(|(of, _)| *of != whole) {
                let row = store.get(std::slice::from_ref(&whole)).await?.pop().flatten();
                let pieces = row.as_deref().and_then(rows::pieces_in).unwrap_or(0);
                head = Some((whole, pieces));
            }
            if head.as_ref().is_some_and(|(_, pieces)| index >= *pieces) {
                let what = "a piece of a row that does not use it";
                let finding = Finding::broken(
                    "piece_without_head",
                    &key,
                    what,
                    "it takes room and does no harm: --mend removes it",
                );
                findings.add(finding.mended_by([(key, None)]));
            }
            continue;
        }
        let Some(table) = key.table().and_then(|table| known.0.get(&table)) else {
            let what = "a row of a table that this version does not know";
            findings.add(Finding::attention(
                "unknown_table",
                &key,
                what,
                "it may have been written by a newer version: use that one",
            ));
            continue;
        };
        *findings.rows.entry(table.name).or_default() += 1;
        let read = match whole(store, &key, row).await {
            Ok(Some(row)) => (table.read)(&key, &row),
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        match read {
            Err(StoreError::Unreadable { key, cause }) => {
                let what = format!("a row of «{}» cannot be read: {cause}", table.name);
                findings.add(Finding::broken(
                    "unreadable",
                    key,
                    what,
                    "restore a backup, or look for what the row says elsewhere",
                ));
            }
            read => read?,
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;

    const NOTES: Table<String> = Table::new(3);

    async fn look(store: &MemoryStore, slot: Slot) -> Findings {
        let known = Tables::from_iter([Known::new("notes", &NOTES)]);
        let mut findings = Findings::default();
        readable(store, slot, &known, &mut findings).await.unwrap();
        findings
    }

    fn codes(findings: &Findings) -> Vec<&'static str> {
        findings.found().iter().map(|finding| finding.code).collect()
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_found_and_what_is_left_over_is_mended() {
        let store = MemoryStore::new();
        let slot = Slot::new(5).unwrap();
        let lease = store.acquire(0).await.unwrap();
        let key = |name: &str| NOTES.key(slot).text(name);
        let mut writes = Vec::new();
        rows::put(&mut writes, key("large"), Some(crate::encode(&"x".repeat(20_000))), 0);
        rows::put(&mut writes, key("small"), Some(crate::encode(&"x".to_owned())), 0);
        let lease = repair(&store, lease, writes).await.unwrap();
        let fine = look(&store, slot).await;
        assert!(fine.found().is_empty(), "{:?}", fine.found());
        assert_eq!(fine.rows()["notes"], 2);

        // The head goes and its pieces stay; a row is cut; a table is nobody's.
        let faults = vec![
            (key("large"), None),
            (key("small"), Some(vec![1, 0xc1])),
            (Key::new(slot, 99).text("x"), Some(vec![1, 0])),
        ];
        let lease = repair(&store, lease, faults).await.unwrap();
        let mut findings = look(&store, slot).await;
        let mut found = codes(&findings);
        found.dedup();
        assert_eq!(found, ["unreadable", "unknown_table", "piece_without_head"]);
        repair(&store, lease, findings.take_repairs()).await.unwrap();
        assert_eq!(codes(&look(&store, slot).await), ["unreadable", "unknown_table"]);
    }

    #[tokio::test]
    async fn a_row_whose_pieces_are_others_is_unreadable() {
        let store = MemoryStore::new();
        let slot = Slot::new(5).unwrap();
        let lease = store.acquire(0).await.unwrap();
        let mut writes = Vec::new();
        rows::put(&mut writes, NOTES.key(slot).text("a"), Some(crate::encode(&"x".repeat(9000))), 0);
        let piece = writes[0].0.clone();
        let lease = repair(&store, lease, writes).await.unwrap();
        repair(&store, lease, vec![(piece, Some(vec![0; 4000]))]).await.unwrap();
        assert_eq!(codes(&look(&store, slot).await), ["unreadable"]);
    }

    #[tokio::test]
    async fn a_walk_passes_every_row_once() {
        let store = MemoryStore::new();
        let slot = Slot::new(5).unwrap();
        let lease = store.acquire(0).await.unwrap();
        let row = |n: u64| (NOTES.key(slot).number(n), Some(crate::encode(&n.to_string())));
        repair(&store, lease, (0..2 * PAGE as u64 + 1).map(row).collect()).await.unwrap();
        let mut walk = Walk::of(&store, &NOTES, slot);
        let mut expected = 0;
        while let Some((_, value)) = walk.next(&NOTES).await.unwrap() {
            assert_eq!(value, expected.to_string());
            expected += 1;
        }
        assert_eq!(expected, 2 * PAGE + 1);
    }
}
