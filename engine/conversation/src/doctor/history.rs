//! Messages and journal: numbered without a gap, in accord with the outbox, their files in the file store.

use std::collections::HashSet;

use cauce_model::{Content, Direction, InboundContent, MediaSource, MediaState, Message, MessageStatus};
use cauce_runtime::doctor::Pending;
use cauce_store::doctor::{Finding, Findings, Walk, row};
use cauce_store::{Key, StoreError, decode};

use super::{Checkup, RESTORE};
use crate::contact_entity;
use crate::history::Chunk;
use crate::outside::{media_call, retry_timer};
use crate::tables::{CHUNKS, Contact, JOURNAL, JournalEntry, MESSAGES, RECENTS, TAILS, of_contact};

impl Checkup<'_> {
    /// A contact's messages and journal: what an older build wrote in rows of their own, then the chunks,
    /// then the tail.
    pub(super) async fn history(
        &mut self,
        contact: &Contact,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let mut reading = Reading::of(contact, pending, findings);
        let mut walk = Walk::over(self.store, of_contact(&MESSAGES, contact.id).prefix());
        while let Some((_, message)) = walk.next(&MESSAGES).await? {
            self.message(&mut reading, &message, message.seq);
        }
        let mut walk = Walk::over(self.store, of_contact(&JOURNAL, contact.id).prefix());
        while let Some((_, entry)) = walk.next(&JOURNAL).await? {
            reading.turns.next(entry.number, contact, reading.findings);
        }
        let mut walk = Walk::over(self.store, of_contact(&CHUNKS, contact.id).prefix());
        while let Some((key, chunk)) = walk.next(&CHUNKS).await? {
            self.chunk(&mut reading, &key, &chunk);
        }
        let key = of_contact(&TAILS, contact.id);
        if let Some(tail) = row(self.store, &TAILS, &key).await? {
            self.chunk(&mut reading, &key, &tail.open);
            for day in &tail.recent.spilled {
                let key = of_contact(&RECENTS, contact.id).number((*day).into());
                if row(self.store, &RECENTS, &key).await?.is_none() {
                    let what =
                        "what came in on one of the last days is not remembered: it could be taken in twice";
                    reading.findings.add(Finding::broken("recent_missing", key, what, RESTORE));
                }
            }
        }
        reading.end();
        Ok(())
    }

    fn chunk(&mut self, reading: &mut Reading<'_>, key: &Key, chunk: &Chunk) {
        let unreadable = |what: String| Finding::broken("unreadable", key, what, RESTORE);
        for (seq, body) in chunk.messages() {
            match decode::<Message>(key, body) {
                Ok(message) => self.message(reading, &message, seq),
                Err(error) => reading.findings.add(unreadable(format!("message {seq}: {error}"))),
            }
        }
        for (number, body) in chunk.journal() {
            match decode::<JournalEntry>(key, body) {
                Ok(entry) if entry.number == number => {
                    reading.turns.next(number, reading.contact, reading.findings)
                }
                Ok(entry) => {
                    let what = format!("journal entry {} stands in the place of {number}", entry.number);
                    reading.findings.add(unreadable(what));
                }
                Err(error) => reading.findings.add(unreadable(format!("journal entry {number}: {error}"))),
            }
        }
    }

    fn message(&mut self, reading: &mut Reading<'_>, message: &Message, seq: u64) {
        let Reading { contact, pending, findings, to_send, unseen, .. } = reading;
        let place = format!("{}, message {seq}", contact.id);
        if message.seq != seq {
            let what = format!("message {} stands in its place", message.seq);
            findings.add(Finding::broken("unreadable", &place, what, RESTORE));
        }
        unseen.remove(&seq);
        let to_send = to_send.contains(&seq);
        match &message.direction {
            Direction::Out { content, status, .. } => {
                match (*status == MessageStatus::Queued, to_send) {
                    (true, false) => {
                        let what = "it is to be sent, and is neither waiting nor on its way";
                        let help = "the customer has not got it: say it again";
                        findings.add(Finding::broken("message_forgotten", &place, what, help));
                    }
                    (false, true) => {
                        let what = format!("it waits or is on its way, and its status is {status:?} already");
                        let help = "the customer may get it twice; restore a backup when many are so";
                        findings.add(Finding::broken("message_again", &place, what, help));
                    }
                    _ => {}
                }
                if let Content::Media { source: MediaSource::Stored(file), .. } = content {
                    self.file(file, &place, findings);
                }
            }
            Direction::In { .. } if to_send => {
                let what = "it is the customer's, and waits to be sent";
                findings.add(Finding::broken("message_again", &place, what, RESTORE));
            }
            Direction::In { content: InboundContent::Media { file, .. } } => match &file.state {
                MediaState::Stored(file) => self.file(file, &place, findings),
                MediaState::Coming if !file.id.is_empty() => {
                    let entity = contact_entity(contact.id);
                    let call = media_call(seq);
                    let retry = retry_timer(&call);
                    let comes = pending.has_call(&entity, &call)
                        || pending.timers(&entity).iter().any(|timer| timer.name == retry);
                    if !comes {
                        let what = "its file is to be fetched, and nobody fetches it";
                        let help =
                            "when a dead letter tells why, replay it; WhatsApp keeps the file for 7 days";
                        findings.add(Finding::broken("fetch_forgotten", &place, what, help));
                    }
                }
                _ => {}
            },
            Direction::In { .. } => {}
        }
        reading.messages.next(seq, reading.contact, reading.findings);
    }
}

/// A history being read.
struct Reading<'a> {
    contact: &'a Contact,
    pending: &'a Pending,
    findings: &'a mut Findings,
    /// What the outbox has.
    to_send: HashSet<u64>,
    unseen: HashSet<u64>,
    messages: Count,
    turns: Count,
}

impl<'a> Reading<'a> {
    fn of(contact: &'a Contact, pending: &'a Pending, findings: &'a mut Findings) -> Self {
        let outbox = &contact.outbox;
        let in_flight = outbox.flight.as_ref().map(|flight| flight.seq);
        let to_send: HashSet<u64> = outbox.waiting.iter().copied().chain(in_flight).collect();
        if to_send.len() < outbox.waiting.len() + usize::from(in_flight.is_some()) {
            let what = "a message waits to be sent twice";
            let help = "restore a backup, or expect it twice";
            findings.add(Finding::broken("outbox_double", contact.id, what, help));
        }
        let unseen = to_send.clone();
        let (messages, turns) = (Count::of("message"), Count::of("journal entry"));
        Self { contact, pending, findings, to_send, unseen, messages, turns }
    }

    fn end(self) {
        let Self { contact, findings, unseen, messages, turns, .. } = self;
        messages.end(contact.messages, contact, findings);
        turns.end(contact.turns, contact, findings);
        for seq in unseen {
            let what = format!("message {seq} is to be sent, and is not there");
            findings.add(Finding::broken("outbox_unknown", contact.id, what, RESTORE));
        }
    }
}

/// Counts what must be 1, 2, 3 … up to what the contact says. The lack of many is one finding.
struct Count {
    what: &'static str,
    last: u64,
}

impl Count {
    fn of(what: &'static str) -> Self {
        Self { what, last: 0 }
    }

    fn next(&mut self, number: u64, contact: &Contact, findings: &mut Findings) {
        if number > self.last + 1 {
            self.gap(number, contact, findings);
        } else if number <= self.last {
            let what = format!("{} {number} is there twice", self.what);
            findings.add(Finding::broken("history_double", contact.id, what, RESTORE));
        }
        self.last = self.last.max(number);
    }

    fn end(&self, last: u64, contact: &Contact, findings: &mut Findings) {
        if self.last < last {
            self.gap(last + 1, contact, findings);
        } else if self.last > last {
            let what =
                format!("{} {} is there, and the contact says that {last} is the last", self.what, self.last);
            findings.add(Finding::broken("history_beyond", contact.id, what, RESTORE));
        }
    }

    fn gap(&self, next: u64, contact: &Contact, findings: &mut Findings) {
        let what = format!("{} {} to {} is missing", self.what, self.last + 1, next - 1);
        findings.add(Finding::broken("history_gap", contact.id, what, RESTORE));
    }
}
