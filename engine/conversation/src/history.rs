//! The history: a contact's messages, what happened to them since, how they are found, and the journal of
//! what its turns decided.
//!
//! A turn writes it in one row: `tail` is how it is laid out, `recent` what came in lately, `read` how it
//! is read from outside. Within a turn, messages that are new or changed stand decoded beside the tail,
//! and each is encoded once, at the end. Histories that an older build wrote, in a row for each message,
//! are read and go on in a tail.

mod read;
mod recent;
mod tail;

use cauce_model::{
    AccountId, Author, ContactEvent, Direction, InboundContent, InboundStatus, Message, Reaction, Timestamp,
};
use cauce_runtime::{Halt, crash};
use cauce_store::{Key, decode};

pub use read::{journal, message, messages, run};
pub use recent::RecentDay;
pub use tail::{Chunk, Tail};

use crate::contact::Life;
use crate::tables::{
    CHUNKS, Contact, JournalEvent, LastLine, MESSAGES, PROVIDER_IDS, RECENTS, TAILS, of_contact,
};
use recent::{day_of, oldest};
use tail::{FULL, GROWN, Name, Search};

/// The longest last line kept, in characters.
const LAST_LINE: usize = 120;
/// How many chunks are searched for a message by its provider's name: what is further back than that is
/// hardly reacted to.
const SEARCHED: u64 = 100;
/// How many of them are read first.
const LIKELY: u64 = 2;

/// As much of a line as is kept.
fn first(text: &str) -> String {
    text.chars().take(LAST_LINE).collect()
}

/// The hash of what these parts name together.
fn name_of(parts: &[&str]) -> Name {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize();
    Name::from_le_bytes(*hash.as_bytes().first_chunk().expect("a hash has 32 bytes"))
}

/// What the journal keeps of an event, before the contact lives through it.
pub(crate) fn noted(contact: &Contact, event: &ContactEvent) -> JournalEvent {
    let wrote = contact.messages + 1;
    let other = match event {
        ContactEvent::Inbound(message) if contact.merged_into.is_none() && is_kept(&message.content) => {
            let sender = Some(&message.sender).filter(|sender| contact.turns == 1 || !contact.knows(sender));
            return JournalEvent::Wrote { wrote, at: message.at, sender: sender.cloned().map(Box::new) };
        }
        ContactEvent::Echo(echo) if contact.merged_into.is_none() && echo.content.is_said() => {
            let first = (contact.turns == 1).then(|| Box::new(echo.recipient.clone()));
            return JournalEvent::Wrote { wrote, at: echo.at, sender: first };
        }
        // Its attempt says of what it is.
        ContactEvent::Status(status) => {
            ContactEvent::Status(InboundStatus { provider_id: String::new(), ..status.clone() })
        }
        // What the other remembered is remembered here.
        ContactEvent::Absorb { younger, addresses, absorbed, last_inbound_at, recent: _, consents } => {
            ContactEvent::Absorb {
                younger: *younger,
                addresses: addresses.clone(),
                absorbed: absorbed.clone(),
                last_inbound_at: *last_inbound_at,
                recent: Vec::new(),
                consents: consents.clone(),
            }
        }
        event => event.clone(),
    };
    JournalEvent::Other(Box::new(other))
}

/// Whether what a customer did becomes a message, and does not only change one.
pub(crate) fn is_kept(content: &InboundContent) -> bool {
    use InboundContent::{Edit, Reaction, Revoke};
    !matches!(content, Reaction { .. } | Edit { .. } | Revoke { .. })
}

impl Life<'_, '_> {
    // ---- Messages

    /// Adds a message to the history and gives its number.
    pub fn write(&mut self, author: Author, direction: Direction) -> u64 {
        self.add(self.next_message(author, direction))
    }

    /// The message that would come next in the history.
    pub fn next_message(&self, author: Author, direction: Direction) -> Message {
        Message::new(self.contact.messages + 1, self.turn.now(), author, direction)
    }

    /// Adds the next message to the history and gives its number.
    pub fn add(&mut self, message: Message) -> u64 {
        let contact = &mut self.contact;
        let seq = message.seq;
        contact.messages = seq;
        contact.updated_at = message.at;
        let (text, inbound) = match &message.direction {
            Direction::In { content } => (content.preview(), message.author == Author::Contact),
            Direction::Out { content, .. } => (content.preview(), false),
        };
        contact.last = Some(LastLine { text: first(&text), at: message.at, inbound });
        if let Some(id) = &message.provider_id {
            self.names.push((seq, name_of(&[id])));
        }
        self.touched.push(message);
        seq
    }

    /// A message reads otherwise now; when it is the last one, the lists say so.
    pub fn reads_last(&mut self, seq: u64, text: &str) {
        if let Some(last) = self.contact.last.as_mut().filter(|_| seq == self.contact.messages) {
            last.text = first(text);
        }
    }

    /// A message of this contact.
    pub fn message(&self, seq: u64) -> Result<Message, Halt> {
        if let Some(message) = self.touched.iter().find(|message| message.seq == seq) {
            return Ok(message.clone());
        }
        let missing = || Halt::Unreadable(format!("message {seq} is not there"));
        if self.is_in_row(seq) {
            let key = of_contact(&MESSAGES, self.contact.id).number(seq);
            return self.turn.get(&MESSAGES, &key)?.ok_or_else(missing);
        }
        if let Some(entry) = self.tail.open.message(seq) {
            return Ok(decode(&of_contact(&TAILS, self.contact.id), entry.body)?);
        }
        let (key, chunk) = self.chunk_with(seq)?.ok_or_else(missing)?;
        Ok(decode(&key, chunk.message(seq).ok_or_else(missing)?.body)?)
    }

    /// Writes a message of this contact anew.
    pub fn rewrite(&mut self, message: Message) {
        match self.touched.iter_mut().find(|touched| touched.seq == message.seq) {
            Some(touched) => *touched = message,
            None => self.touched.push(message),
        }
    }

    /// The provider has named a message that we sent. The first name stays, and it is found by all:
    /// a second attempt has another, and the customer may react to either.
    pub fn name(&mut self, message: &mut Message, provider_id: &str) -> Result<(), Halt> {
        if message.provider_id.as_deref() == Some(provider_id) {
            return Ok(());
        }
        message.provider_id.get_or_insert_with(|| provider_id.to_owned());
        let (seq, name) = (message.seq, name_of(&[provider_id]));
        if self.is_in_row(seq) {
            let key = of_contact(&PROVIDER_IDS, self.contact.id).text(provider_id);
            self.turn.put(&PROVIDER_IDS, key, &seq);
            return Ok(());
        }
        let known = match self.tail.open.message(seq) {
            Some(entry) => entry.has(name),
            None => self.chunk_with(seq)?.is_some_and(|(_, chunk)| chunk.has_name(seq, name)),
        };
        if !known {
            self.names.push((seq, name));
        }
        Ok(())
    }

    /// The number of the message that the provider knows by this id.
    pub fn numbered(&self, provider_id: &str) -> Result<Option<u64>, Halt> {
        let name = name_of(&[provider_id]);
        let here = self.names.iter().rev().find(|(_, other)| *other == name).map(|(seq, _)| *seq);
        if let Some(seq) = here.or_else(|| self.tail.open.named(name)) {
            return Ok(Some(seq));
        }
        let key = |number| of_contact(&CHUNKS, self.contact.id).number(number);
        let (last, first) = (self.tail.chunks, self.tail.chunks.saturating_sub(SEARCHED) + 1);
        let likely = first.max(last.saturating_sub(LIKELY) + 1);
        for numbers in [likely..=last, first..=likely - 1] {
            self.turn.need(&numbers.clone().map(key).collect::<Vec<_>>())?;
            for number in numbers.rev() {
                let found = self.turn.get(&CHUNKS, &key(number))?.and_then(|chunk| chunk.named(name));
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        match &self.tail.rows {
            Some(_) => {
                self.turn.get(&PROVIDER_IDS, &of_contact(&PROVIDER_IDS, self.contact.id).text(provider_id))
            }
            None => Ok(None),
        }
    }

    /// Puts an emoji under a message; `None` takes this side's away. A message that is not in this
    /// history, as one from before Cauce, stays as it is.
    pub fn react(&mut self, target: &str, inbound: bool, emoji: Option<&str>) -> Result<bool, Halt> {
        let Some(seq) = self.numbered(target)? else { return Ok(false) };
        let mut message = self.message(seq)?;
        message.reactions.retain(|reaction| reaction.inbound != inbound);
        let emoji = emoji.filter(|emoji| !emoji.is_empty());
        message.reactions.extend(emoji.map(|emoji| Reaction { inbound, emoji: emoji.to_owned() }));
        self.rewrite(message);
        Ok(true)
    }

    /// Whether an older build wrote this message, in a row of its own.
    fn is_in_row(&self, seq: u64) -> bool {
        self.tail.rows.as_ref().is_some_and(|rows| seq <= rows.messages)
    }

    /// The closed chunk with this message, and its key.
    fn chunk_with(&self, seq: u64) -> Result<Option<(Key, Chunk)>, Halt> {
        let mut search = Search::among(self.tail.chunks);
        let mut found = None;
        while let Some(number) = search.ask() {
            let key = of_contact(&CHUNKS, self.contact.id).number(number);
            let missing = || Halt::Unreadable(format!("chunk {number} is not there"));
            let chunk = self.turn.get(&CHUNKS, &key)?.ok_or_else(missing)?;
            let before = chunk.first_message <= seq;
            if before {
                found = Some((key, chunk));
            }
            search.answer(before);
        }
        Ok(found.filter(|(_, chunk)| seq < chunk.next_message()))
    }

    // ---- Once

    /// Whether this comes for the first time to this contact, by the provider's id and time stamp; from
    /// now on it does not.
    pub fn first_time(
        &mut self,
        account: &AccountId,
        provider_id: &str,
        at: Timestamp,
    ) -> Result<bool, Halt> {
        let name = name_of(&[account.as_str(), provider_id]);
        let day = day_of(at);
        let recent = &self.tail.recent;
        let came = recent.has(name)
            || (recent.spilled.contains(&day)
                && self.turn.get(&RECENTS, &self.recents_key(day))?.is_some_and(|row| row.has(name)))
            || (self.tail.rows.as_ref().is_some_and(|rows| at < rows.until)
                && self.turn.happened(at, &[account.as_str(), provider_id])?);
        if came && !crash::defect("no_dedup") {
            return Ok(false);
        }
        self.remember([(name, day)])?;
        Ok(true)
    }

    /// Remembers what came in, by hash and day.
    pub fn remember(&mut self, came: impl IntoIterator<Item = (Name, u16)>) -> Result<(), Halt> {
        let oldest = oldest(self.turn.now());
        for day in self.tail.recent.forget(oldest) {
            self.turn.delete(self.recents_key(day));
        }
        for (name, day) in came {
            if !self.tail.recent.has(name) {
                self.tail.recent.push(name, day);
            }
        }
        let spilled = self.tail.recent.spill();
        self.turn.need(&spilled.keys().map(|day| self.recents_key(*day)).collect::<Vec<_>>())?;
        for (day, names) in spilled {
            let key = self.recents_key(day);
            let mut row = self.turn.get(&RECENTS, &key)?.unwrap_or_default();
            row.extend(&names);
            self.turn.put(&RECENTS, key, &row);
        }
        Ok(())
    }

    /// Everything that came in lately, by hash and day.
    pub fn came_lately(&self) -> Result<Vec<(Name, u16)>, Halt> {
        let recent = &self.tail.recent;
        let keys: Vec<_> = recent.spilled.iter().map(|day| self.recents_key(*day)).collect();
        self.turn.need(&keys)?;
        let mut came = Vec::new();
        for (day, key) in recent.spilled.iter().zip(&keys) {
            let row = self.turn.get(&RECENTS, key)?.unwrap_or_default();
            came.extend(row.iter().map(|name| (name, *day)));
        }
        came.extend(recent.iter());
        Ok(came)
    }

    fn recents_key(&self, day: u16) -> Key {
        of_contact(&RECENTS, self.contact.id).number(day.into())
    }

    // ---- The end of a turn

    /// Writes what the turn did to the history, and its journal entry.
    pub fn keep_history(&mut self) -> Result<(), Halt> {
        let names = std::mem::take(&mut self.names);
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable_by_key(|message| message.seq);
        let next = self.tail.open.next_message();
        let (changed, new) = touched.split_at(touched.partition_point(|message| message.seq < next));
        for message in changed {
            self.change(message)?;
        }
        for (seq, name) in names.iter().filter(|(seq, _)| *seq < next) {
            self.in_chunk(*seq, |chunk| chunk.name(*seq, *name))?;
        }
        if !new.is_empty() {
            self.close_at(GROWN);
        }
        for message in new {
            debug_assert_eq!(message.seq, self.tail.open.next_message(), "messages follow each other");
            let its = names.iter().filter(|(seq, _)| *seq == message.seq).map(|(_, name)| *name);
            self.tail.open.add(its, message);
        }
        self.tail.open.note(&self.entry);
        self.close_at(FULL);
        self.turn.put(&TAILS, of_contact(&TAILS, self.contact.id), &self.tail);
        Ok(())
    }

    /// Writes a message of an earlier turn anew.
    fn change(&mut self, message: &Message) -> Result<(), Halt> {
        if self.is_in_row(message.seq) {
            let key = of_contact(&MESSAGES, self.contact.id).number(message.seq);
            self.turn.put(&MESSAGES, key, message);
            return Ok(());
        }
        self.in_chunk(message.seq, |chunk| chunk.change(message))
    }

    /// Changes the chunk with this message, be it open or closed.
    fn in_chunk(&mut self, seq: u64, change: impl FnOnce(&mut Chunk)) -> Result<(), Halt> {
        if seq >= self.tail.open.first_message {
            change(&mut self.tail.open);
        } else if let Some((key, mut chunk)) = self.chunk_with(seq)? {
            change(&mut chunk);
            self.turn.put(&CHUNKS, key, &chunk);
        }
        Ok(())
    }

    /// Closes the tail when it holds this much.
    fn close_at(&mut self, size: usize) {
        if let Some((number, chunk)) = self.tail.close_at(size) {
            self.turn.put(&CHUNKS, of_contact(&CHUNKS, self.contact.id).number(number), &chunk);
        }
    }
}
