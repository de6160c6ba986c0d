//! What a turn may read and decide.

use std::collections::{BTreeMap, HashMap};

use cauce_model::Timestamp;
use cauce_store::{Key, Table, Value, encode};
use serde::{Serialize, de::DeserializeOwned};

use crate::entity::to_bytes;
use crate::tables::{self, CALLS, CallRow, Change, DEAD, DeadLetter, SEEN, TIMERS, TimerRow, timer_key};
use crate::{EntityAddress, Halt, Trace};

/// How much of what came from outside is kept with a dead letter, in bytes; more is not kept at all.
const RAW_KEPT: usize = 64 * 1024;

/// The rows a group of turns has in memory: what was read from the store, and above it what the
/// turns of the group wrote.
#[derive(Default)]
pub(crate) struct Rows {
    pub read: HashMap<Key, Option<Value>>,
    pub written: BTreeMap<Key, Option<Value>>,
    /// The sizes of rows that go without having been read.
    pub sizes: HashMap<Key, usize>,
}

impl Rows {
    pub fn get(&self, key: &Key) -> Option<Option<&Value>> {
        self.written.get(key).or_else(|| self.read.get(key)).map(Option::as_ref)
    }
}

/// What a turn decided, until the group takes it over.
#[derive(Default)]
pub(crate) struct Decided {
    pub rows: BTreeMap<Key, Option<Value>>,
    pub mail: Vec<(EntityAddress, Vec<u8>)>,
    pub changes: Vec<Change>,
    /// The calls among the rows.
    pub calls: Vec<(Key, CallRow)>,
    pub told: Vec<(String, Vec<u8>)>,
    pub reply: Option<Vec<u8>>,
    /// Why an event became a dead letter, when one did.
    pub dead: Option<String>,
    /// What set it going.
    pub trace: Option<Trace>,
}

/// One event's handling. All it decides becomes durable together, or not at all.
pub struct Turn<'a> {
    this: &'a EntityAddress,
    now: Timestamp,
    seed: u64,
    fresh: u64,
    rows: &'a Rows,
    raw: &'a [u8],
    pub(crate) decided: Decided,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(
        this: &'a EntityAddress,
        now: Timestamp,
        seed: u64,
        rows: &'a Rows,
        raw: &'a [u8],
    ) -> Self {
        Self {
            this,
            now,
            seed,
            fresh: 0,
            rows,
            raw,
            decided: Decided { trace: Trace::current(), ..Decided::default() },
        }
    }

    /// Whose turn it is.
    pub fn this(&self) -> &EntityAddress {
        self.this
    }

    /// The time of the turn; it does not move within.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// A number that is different in every turn and the same when the turn is run again.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A number that no other turn gets, and the next call neither.
    pub fn fresh(&mut self) -> u64 {
        self.fresh += 1;
        hash64(&[&self.seed.to_be_bytes(), &self.fresh.to_be_bytes()])
    }

    /// A row, or what this turn wrote there.
    pub fn get<V>(&self, table: &Table<V>, key: &Key) -> Result<Option<V>, Halt>
    where
        V: Serialize + DeserializeOwned,
    {
        self.raw(key)?.map(|row| table.read(key, row)).transpose().map_err(Halt::from)
    }

    pub(crate) fn raw(&self, key: &Key) -> Result<Option<&Value>, Halt> {
        if let Some(row) = self.decided.rows.get(key) {
            return Ok(row.as_ref());
        }
        self.rows.get(key).ok_or_else(|| Halt::Need(vec![key.clone()]))
    }

    /// Halts for all of these rows that are not in memory, so that they are read at once.
    pub fn need(&self, keys: &[Key]) -> Result<(), Halt> {
        let unknown = |key: &&Key| !self.decided.rows.contains_key(*key) && self.rows.get(key).is_none();
        let missing: Vec<Key> = keys.iter().filter(unknown).cloned().collect();
        if missing.is_empty() { Ok(()) } else { Err(Halt::Need(missing)) }
    }

    /// Writes a row.
    pub fn put<V>(&mut self, _table: &Table<V>, key: Key, value: &V)
    where
        V: Serialize + DeserializeOwned,
    {
        self.decided.rows.insert(key, Some(encode(value)));
    }

    /// Removes a row.
    pub fn delete(&mut self, key: Key) {
        self.decided.rows.insert(key, None);
    }

    /// Whether this is the first time that this happens to anybody in the slot, by what names it
    /// and the day of its own time stamp; from now on it is not. Kept for
    /// [`DAYS_KEPT`](Self::DAYS_KEPT) days: the caller refuses what is older.
    pub fn first_time(&mut self, at: Timestamp, name: &[&str]) -> Result<bool, Halt> {
        let first = !self.happened(at, name)?;
        if first {
            self.put(&SEEN, self.seen_key(at, name), &());
        }
        Ok(first)
    }

    /// Whether [`first_time`](Self::first_time) was asked about this before.
    pub fn happened(&self, at: Timestamp, name: &[&str]) -> Result<bool, Halt> {
        Ok(self.raw(&self.seen_key(at, name))?.is_some())
    }

    fn seen_key(&self, at: Timestamp, name: &[&str]) -> Key {
        let parts: Vec<&[u8]> = name.iter().map(|part| part.as_bytes()).collect();
        SEEN.key(self.this.slot).number(tables::day_of(at)).bytes(&hash(&parts)[..16])
    }

    /// For how many days, by their own time stamps, events are recognised as repeated.
    pub const DAYS_KEPT: i64 = 8;

    /// Has this event come to an entity of this slot at that moment. The name tells the entity's
    /// timers of one moment apart.
    pub fn set_timer<E: Serialize>(&mut self, entity: &EntityAddress, due: Timestamp, name: &str, event: &E) {
        let row = TimerRow { entity: entity.clone(), event: to_bytes(event) };
        self.put(&TIMERS, timer_key(entity, due, name), &row);
    }

    /// Takes a timer back.
    pub fn cancel_timer(&mut self, entity: &EntityAddress, due: Timestamp, name: &str) {
        self.delete(timer_key(entity, due, name));
    }

    /// Has the executor of this kind do something after the commit; its answer comes as an event to
    /// an entity of this slot.
    pub fn call<P: Serialize>(&mut self, entity: &EntityAddress, kind: &str, id: &str, payload: &P) {
        let row = CallRow {
            entity: entity.clone(),
            id: id.to_owned(),
            kind: kind.to_owned(),
            payload: to_bytes(payload),
            trace: Trace::current(),
        };
        let key = tables::of_entity(&CALLS, entity).text(id);
        self.put(&CALLS, key.clone(), &row);
        self.decided.calls.push((key, row));
    }

    /// Has the executor of this kind do something after the commit that is worth doing only now. It is
    /// not kept: the end of the process loses it. What the executor answers is dropped.
    pub fn tell<P: Serialize>(&mut self, kind: &str, payload: &P) {
        self.decided.told.push((kind.to_owned(), to_bytes(payload)));
    }

    /// Tells another entity. It takes this exactly once, after what was mailed to its slot before.
    pub fn mail<E: Serialize>(&mut self, to: EntityAddress, event: &E) {
        self.decided.mail.push((to, to_bytes(event)));
    }

    /// Tells the screens.
    pub fn publish<C: Serialize>(&mut self, change: &C) {
        let change = Change(to_bytes(change));
        if !self.decided.changes.contains(&change) {
            self.decided.changes.push(change);
        }
    }

    /// Answers whoever submitted the event.
    pub fn reply<R: Serialize>(&mut self, reply: &R) {
        self.decided.reply = Some(to_bytes(reply));
    }

    /// Keeps an event that moves nothing, for a person to look at.
    pub fn dead_letter(&mut self, event: &[u8], cause: &str) {
        let letter = DeadLetter {
            entity: self.this.clone(),
            at: self.now,
            cause: cause.to_owned(),
            event: event.to_vec(),
            raw: if self.raw.len() > RAW_KEPT { Vec::new() } else { self.raw.to_vec() },
        };
        let name = hash(&[self.this.key.as_bytes(), event]);
        self.put(&DEAD, tables::dead_key(self.this.slot, self.now, &name[..16]), &letter);
        self.decided.dead = Some(letter.cause);
    }
}

pub(crate) fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

pub(crate) fn hash64(parts: &[&[u8]]) -> u64 {
    let hash = hash(parts);
    hash.first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}
