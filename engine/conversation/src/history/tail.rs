//! The rows of a history: a tail that grows, and the closed chunks before it.
//!
//! A turn writes the tail whole, so it holds its messages and journal entries as bytes: adding or
//! changing one decodes none of the others. Every message carries the hashes of its provider's names,
//! so that looking one up decodes nothing either. A tail that has grown large becomes the next chunk.

use cauce_flows::Run;
use cauce_model::{Duration, Message, Timestamp};
use cauce_store::{Key, StoreError, decode, encode, encode_into};
use serde::{Deserialize, Serialize};

use super::recent::Recent;
use crate::tables::{Contact, JournalEntry};

/// A hash of something that the provider names, for looking it up.
pub(crate) type Name = u64;

/// A tail that is about to get more messages closes when it holds this much, in bytes…
pub(super) const GROWN: usize = 2000;
/// … and in any case when it holds this much: with the run and what was taken in lately it stays one row.
pub(super) const FULL: usize = 2500;
/// The largest run that stands in the tail, in bytes; a larger one has a row of its own.
const LARGEST_RUN: usize = 600;

/// A part of a history that follows on the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The number of its first message, or of the next one when it has none.
    pub(crate) first_message: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) messages: Vec<u8>,
    /// The number of its first journal entry, or of the next one when it has none.
    pub(crate) first_turn: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) journal: Vec<u8>,
}

/// The part of a history that still grows, and what a turn needs to know of the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tail {
    /// The run that waits, encoded: a turn that does not move it does not read it either.
    #[serde(default, with = "serde_bytes", skip_serializing_if = "Option::is_none")]
    pub(crate) live_run: Option<Vec<u8>>,
    /// How many chunks come before it; they are numbered from 1.
    pub(crate) chunks: u64,
    pub(crate) open: Chunk,
    /// What came in lately.
    #[serde(default)]
    pub(crate) recent: Recent,
    /// The part that an older build wrote in a row for each message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<OlderRows>,
}

/// The beginning of a history in the format of an older build: a row for each message, journal entry,
/// provider's name, and for what came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OlderRows {
    /// The number of the last message in a row of its own.
    pub messages: u64,
    /// The number of the last journal entry in a row of its own.
    pub turns: u64,
    /// What is stamped before this may have come in while that build ran.
    pub until: Timestamp,
}

/// Encoded values one after another: each is the length of what follows (4 bytes), how many names it has
/// (1 byte), the names (8 bytes each), and the value. Numbers are little-endian.
struct Entries<'a>(&'a [u8]);

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Where it lies among all of them.
    from: usize,
    to: usize,
    names: &'a [u8],
    /// The value.
    pub body: &'a [u8],
}

impl<'a> Entries<'a> {
    /// Those that can be read: bytes that make no sense end the walk.
    fn iter(&self) -> impl Iterator<Item = Entry<'a>> + use<'a> {
        let (all, mut at) = (self.0, 0);
        std::iter::from_fn(move || {
            let (length, rest) = all.get(at..)?.split_first_chunk::<4>()?;
            let length = u32::from_le_bytes(*length) as usize;
            let (names, body) = rest.get(..length)?.split_first()?;
            let (names, body) = body.split_at_checked(usize::from(*names) * 8)?;
            let entry = Entry { from: at, to: at + 4 + length, names, body };
            at = entry.to;
            Some(entry)
        })
    }

    fn nth(&self, number: u64, first: u64) -> Option<Entry<'a>> {
        let index = usize::try_from(number.checked_sub(first)?).ok()?;
        self.iter().nth(index)
    }
}

impl Entry<'_> {
    /// Whether it has this name.
    pub fn has(&self, name: Name) -> bool {
        self.names.as_chunks().0.contains(&name.to_le_bytes())
    }

    fn names(&self) -> impl Iterator<Item = Name> {
        self.names.as_chunks().0.iter().map(|bytes| Name::from_le_bytes(*bytes))
    }
}

/// Adds an entry, with what writes its value. A message has a name for every attempt to send it, so they
/// are few.
fn push(entries: &mut Vec<u8>, names: impl Iterator<Item = Name>, write: impl FnOnce(&mut Vec<u8>)) {
    let at = entries.len();
    entries.extend_from_slice(&[0; 5]);
    let mut count = 0;
    for name in names.take(u8::MAX.into()) {
        entries.extend_from_slice(&name.to_le_bytes());
        count += 1;
    }
    write(entries);
    let length = u32::try_from(entries.len() - at - 4).expect("a message is far below 4 GB");
    entries[at..at + 4].copy_from_slice(&length.to_le_bytes());
    entries[at + 4] = count;
}

impl Chunk {
    /// The chunk that follows on this one.
    fn next(&self) -> Self {
        Self { first_message: self.next_message(), first_turn: self.next_turn(), ..Self::default() }
    }

    /// The number of the first message after it.
    pub(crate) fn next_message(&self) -> u64 {
        self.first_message + Entries(&self.messages).iter().count() as u64
    }

    /// The number of the first journal entry after it.
    pub(crate) fn next_turn(&self) -> u64 {
        self.first_turn + Entries(&self.journal).iter().count() as u64
    }

    /// How much it holds, in bytes.
    pub(super) fn size(&self) -> usize {
        self.messages.len() + self.journal.len()
    }

    /// A message of it, encoded.
    pub(super) fn message(&self, seq: u64) -> Option<Entry<'_>> {
        Entries(&self.messages).nth(seq, self.first_message)
    }

    /// Its messages with their numbers, encoded, oldest first.
    pub(crate) fn messages(&self) -> impl DoubleEndedIterator<Item = (u64, &[u8])> {
        let found: Vec<_> = Entries(&self.messages).iter().map(|entry| entry.body).collect();
        found.into_iter().enumerate().map(|(index, body)| (self.first_message + index as u64, body))
    }

    /// Its journal entries with their numbers, encoded, oldest first.
    pub(crate) fn journal(&self) -> impl Iterator<Item = (u64, &[u8])> {
        (self.first_turn..).zip(Entries(&self.journal).iter().map(|entry| entry.body))
    }

    /// The number of its last message with this name.
    pub(super) fn named(&self, name: Name) -> Option<u64> {
        let found = Entries(&self.messages).iter().enumerate().filter(|(_, entry)| entry.has(name)).last()?;
        Some(self.first_message + found.0 as u64)
    }

    /// Whether this message of it has this name.
    pub(super) fn has_name(&self, seq: u64, name: Name) -> bool {
        self.message(seq).is_some_and(|entry| entry.has(name))
    }

    /// Adds the next message.
    pub(super) fn add(&mut self, names: impl Iterator<Item = Name>, message: &Message) {
        push(&mut self.messages, names, |row| encode_into(row, message));
    }

    /// Adds the next journal entry.
    pub(super) fn note(&mut self, entry: &JournalEntry) {
        push(&mut self.journal, std::iter::empty(), |row| encode_into(row, entry));
    }

    /// Writes a message of it anew.
    pub(super) fn change(&mut self, message: &Message) {
        self.replace(message.seq, None, |row, _| encode_into(row, message));
    }

    /// Gives a message of it one more name.
    pub(super) fn name(&mut self, seq: u64, name: Name) {
        self.replace(seq, Some(name), |row, was| row.extend_from_slice(was));
    }

    fn replace(&mut self, seq: u64, name: Option<Name>, write: impl FnOnce(&mut Vec<u8>, &[u8])) {
        let Some(entry) = self.message(seq) else { return };
        let mut now = Vec::with_capacity(entry.body.len() + 64);
        push(&mut now, entry.names().chain(name), |row| write(row, entry.body));
        let place = entry.from..entry.to;
        self.messages.splice(place, now);
    }
}

impl Tail {
    /// The tail of a contact that has no history yet.
    pub(crate) fn new() -> Self {
        Self::after(0, 0)
    }

    /// The tail of a contact whose history an older build wrote. The clocks of provider and house may be
    /// a little apart.
    pub(crate) fn of_older_rows(contact: &Contact, now: Timestamp) -> Self {
        let (messages, turns, until) = (contact.messages, contact.turns, now + Duration::days(1));
        Self { rows: Some(OlderRows { messages, turns, until }), ..Self::after(messages, turns) }
    }

    /// Whether it ends where the contact says.
    pub(crate) fn goes_with(&self, contact: &Contact) -> bool {
        (self.open.next_message(), self.open.next_turn()) == (contact.messages + 1, contact.turns + 1)
    }

    /// The run that waits, when it stands here. `key` is that of this tail.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn live_run(&self, key: &Key) -> Result<Option<Run>, StoreError> {
        self.live_run.as_deref().map(|run| decode(key, run)).transpose()
    }

    /// Has this run stand here and no other; whether it does, as it is small enough.
    pub fn set_live_run(&mut self, run: Option<&Run>) -> bool {
        self.live_run = run.map(encode).filter(|run| run.len() <= LARGEST_RUN);
        self.live_run.is_some()
    }

    fn after(messages: u64, turns: u64) -> Self {
        let open = Chunk { first_message: messages + 1, first_turn: turns + 1, ..Chunk::default() };
        Self { open, ..Self::default() }
    }

    /// Closes what it holds, when it holds this much, and gives the number and content of the new chunk.
    pub(super) fn close_at(&mut self, size: usize) -> Option<(u64, Chunk)> {
        if self.open.size() < size {
            return None;
        }
        self.chunks += 1;
        let next = self.open.next();
        Some((self.chunks, std::mem::replace(&mut self.open, next)))
    }
}

/// A search for the last of the chunks `1..=last` that begins at or before a number. Chunks begin in
/// ascending order, so it asks for few of them.
pub(super) struct Search {
    low: u64,
    high: u64,
    asked: u64,
}

impl Search {
    /// Among so many chunks.
    pub fn among(chunks: u64) -> Self {
        Self { low: 0, high: chunks, asked: chunks }
    }

    /// Which chunk to look at next; the last is the likeliest.
    pub fn ask(&self) -> Option<u64> {
        (self.low < self.high).then_some(self.asked)
    }

    /// Whether the chunk that was asked for begins at or before the number.
    pub fn answer(&mut self, at_or_before: bool) {
        if at_or_before {
            self.low = self.asked;
        } else {
            self.high = self.asked - 1;
        }
        self.asked = self.low + (self.high - self.low).div_ceil(2);
    }

    /// The chunk, once nothing more is asked: 0 when none begins so early.
    pub fn found(&self) -> u64 {
        self.low
    }
}
