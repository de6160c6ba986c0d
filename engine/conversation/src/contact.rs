//! The Contact: who takes its events.

use std::sync::Arc;

use cauce_model::{
    Address, AddressKind, Author, Change, ContactEvent, ContactId, Direction, Duration, IdError,
    InboundMessage, Message, Timestamp,
};
use cauce_runtime::{Entity, EntityAddress, Halt, Turn, from_bytes};

use crate::address::{AddressEvent, binding_key, owner};
use crate::outbox::{Outbox, Sending};
use crate::tables::{BINDINGS, CONTACTS, Contact, JOURNAL, JournalEntry, LastLine, MESSAGES, of_contact};
use crate::{ADDRESS, Programs, Refusal, address_entity, contact_entity};

/// The number of this build's way to decide; it grows when a step would decide otherwise than before.
const SEMANTICS: u32 = 1;
/// The longest last line kept, in characters.
const LAST_LINE: usize = 120;

/// All contacts, and the addresses that lead to them.
pub struct Contacts {
    /// The flows they walk.
    pub programs: Arc<Programs>,
    /// How their messages are sent.
    pub sending: Sending,
}

impl Entity for Contacts {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        if turn.this().kind == ADDRESS {
            return match from_bytes(event)? {
                AddressEvent::Inbound(message) => self.at_address(turn, event, message),
                AddressEvent::Claim { address, contact } => claim(turn, address, contact),
            };
        }
        let id = turn.this().key.parse().map_err(|e: IdError| Halt::Unreadable(e.to_string()))?;
        self.at_contact(turn, event, id, from_bytes(event)?)
    }

    fn give_up(&self, turn: &mut Turn<'_>, event: &[u8], _cause: &str) -> Result<(), Halt> {
        let id = if turn.this().kind == ADDRESS {
            // What was mailed to a contact elsewhere is given up there.
            let Ok(AddressEvent::Inbound(message)) = from_bytes(event) else { return Ok(()) };
            let Some(address) = message.sender.addresses.first() else { return Ok(()) };
            turn.get(&BINDINGS, &binding_key(address))?.filter(|id| id.slot() == turn.this().slot)
        } else {
            turn.this().key.parse::<ContactId>().ok()
        };
        let Some(id) = id else { return Ok(()) };
        let Some(mut contact) = turn.get(&CONTACTS, &of_contact(&CONTACTS, id))? else { return Ok(()) };
        if contact.live_run().is_some()
            && let Some(run) = &mut contact.run
        {
            let reason =
                "Un error interno detuvo el recorrido. El mensaje del cliente quedó guardado aparte.";
            run.stage = crate::RunStage::Failed { reason: reason.into() };
            contact.updated_at = turn.now();
            turn.publish(&Change::Conversation { workspace: contact.workspace.clone(), contact: id });
            turn.put(&CONTACTS, of_contact(&CONTACTS, id), &contact);
        }
        Ok(())
    }
}

impl Contacts {
    /// Somebody wrote from an address.
    fn at_address(&self, turn: &mut Turn<'_>, event: &[u8], message: InboundMessage) -> Result<(), Halt> {
        if turn.now() - message.at > Duration::days(Turn::DAYS_KEPT) {
            turn.dead_letter(event, "the message is older than repeats are remembered; it moves nothing");
            return Ok(());
        }
        if !turn.first_time(message.at, &[message.account.as_str(), &message.provider_id])? {
            return Ok(());
        }
        let Some(address) = message.sender.addresses.first().cloned() else {
            turn.dead_letter(event, "the message names no sender");
            return Ok(());
        };
        let (id, new) = owner(turn, &address)?;
        if new {
            let contact = born(id, address, &message, turn.now());
            return self.live(turn, contact, ContactEvent::Inbound(message));
        }
        if id.slot() == turn.this().slot {
            return self.at_contact(turn, event, id, ContactEvent::Inbound(message));
        }
        turn.mail(contact_entity(id), &ContactEvent::Inbound(message));
        Ok(())
    }

    fn at_contact(
        &self,
        turn: &mut Turn<'_>,
        raw: &[u8],
        id: ContactId,
        event: ContactEvent,
    ) -> Result<(), Halt> {
        let Some(contact) = turn.get(&CONTACTS, &of_contact(&CONTACTS, id))? else {
            if matches!(event, ContactEvent::Reply { .. } | ContactEvent::End { .. } | ContactEvent::Read) {
                turn.reply(&Err::<(), _>(Refusal::Unknown));
            } else {
                turn.dead_letter(raw, "there is no such contact");
            }
            return Ok(());
        };
        self.live(turn, contact, event)
    }

    /// Has a contact live through an event.
    fn live(&self, turn: &mut Turn<'_>, mut contact: Contact, event: ContactEvent) -> Result<(), Halt> {
        contact.turns += 1;
        let entry = JournalEntry {
            number: contact.turns,
            at: turn.now(),
            seed: turn.seed(),
            semantics: SEMANTICS,
            revision: None,
            event: event.clone(),
            run: None,
            steps: Vec::new(),
        };
        let mut life = Life {
            turn,
            programs: &self.programs,
            sending: &self.sending,
            contact,
            entry,
            nothing_new: false,
        };
        life.happen(event)?;
        life.send_next()?;
        let Life { turn, contact, entry, nothing_new, .. } = life;
        if nothing_new {
            return Ok(());
        }
        let id = contact.id;
        turn.put(&JOURNAL, of_contact(&JOURNAL, id).number(entry.number), &entry);
        turn.put(&CONTACTS, of_contact(&CONTACTS, id), &contact);
        turn.publish(&Change::Conversation { workspace: contact.workspace.clone(), contact: id });
        Ok(())
    }
}

/// A contact says that it is known by this address too.
fn claim(turn: &mut Turn<'_>, address: Address, contact: ContactId) -> Result<(), Halt> {
    let key = binding_key(&address);
    let owner = match turn.get(&BINDINGS, &key)? {
        Some(owner) => owner,
        None => {
            turn.put(&BINDINGS, key, &contact);
            contact
        }
    };
    turn.mail(contact_entity(contact), &ContactEvent::Claimed { address, owner });
    Ok(())
}

fn born(id: ContactId, address: Address, message: &InboundMessage, now: Timestamp) -> Contact {
    Contact {
        id,
        workspace: address.workspace.clone(),
        account: message.account.clone(),
        reply_to: message.sender.reply_to.clone(),
        phone: None,
        last_inbound_id: String::new(),
        addresses: vec![address],
        claims: Vec::new(),
        profile: message.sender.profile.clone(),
        created_at: now,
        last_inbound_at: Timestamp::default(),
        updated_at: now,
        messages: 0,
        turns: 0,
        unread: 0,
        last: None,
        run: None,
        case: None,
        outbox: Outbox::default(),
        wait_timer: None,
        merged_into: None,
        merge_after_case: None,
        absorbed: Vec::new(),
        apart: Vec::new(),
    }
}

/// A contact living through one event.
pub(crate) struct Life<'a, 't> {
    pub turn: &'a mut Turn<'t>,
    pub programs: &'a Programs,
    pub sending: &'a Sending,
    pub contact: Contact,
    pub entry: JournalEntry,
    /// The event was a repetition: nothing is written.
    pub nothing_new: bool,
}

impl Life<'_, '_> {
    fn happen(&mut self, event: ContactEvent) -> Result<(), Halt> {
        if let Some(older) = self.contact.merged_into
            && let ContactEvent::Inbound(_) | ContactEvent::SamePerson { .. } | ContactEvent::Absorb { .. } =
                event
        {
            self.turn.mail(contact_entity(older), &event);
            return Ok(());
        }
        match event {
            ContactEvent::Inbound(message) => self.inbound(message),
            ContactEvent::Status(status) => self.status(&status),
            ContactEvent::SendAnswered { attempt, outcome } => self.send_answered(&attempt, outcome),
            ContactEvent::SendHeld { attempt } | ContactEvent::SendRetry { attempt } => {
                self.send_again(&attempt)
            }
            ContactEvent::WaitOver { wait } => self.wait_over(wait),
            ContactEvent::CaseMoved(case) => self.case_moved(case),
            ContactEvent::Reply { agent, case, body } => self.reply(agent, case, body),
            ContactEvent::End { agent, case, version } => self.end_case(agent, case, version),
            ContactEvent::Read => {
                self.contact.unread = 0;
                Ok(())
            }
            ContactEvent::Claimed { address, owner } => {
                self.claimed(address, owner);
                Ok(())
            }
            ContactEvent::SamePerson { contact, created_at } => {
                self.same_person(contact, created_at);
                Ok(())
            }
            ContactEvent::Absorb { younger, addresses, absorbed, last_inbound_at } => {
                self.absorb(younger, addresses, absorbed);
                self.contact.last_inbound_at = self.contact.last_inbound_at.max(last_inbound_at);
                Ok(())
            }
            ContactEvent::Split => {
                self.split();
                Ok(())
            }
            ContactEvent::SplitOff { younger, addresses } => {
                self.split_off(younger, &addresses);
                Ok(())
            }
        }
    }

    /// The customer wrote.
    fn inbound(&mut self, message: InboundMessage) -> Result<(), Halt> {
        let now = self.turn.now();
        let contact = &mut self.contact;
        // A provider's clock may be ahead of ours; the window is never longer than it can be.
        contact.last_inbound_at = contact.last_inbound_at.max(message.at.min(now));
        if message.sender.addresses.iter().any(|address| address.kind == AddressKind::Phone) {
            contact.phone = Some(message.sender.reply_to.clone());
        }
        contact.reply_to = message.sender.reply_to;
        contact.last_inbound_id = message.provider_id.clone();
        if message.sender.profile.name.is_some() {
            contact.profile.name = message.sender.profile.name;
        }
        if message.sender.profile.username.is_some() {
            contact.profile.username = message.sender.profile.username;
        }
        for address in message.sender.addresses {
            if !contact.addresses.contains(&address) && !contact.claims.contains(&address) {
                let claim = AddressEvent::Claim { address: address.clone(), contact: contact.id };
                self.turn.mail(address_entity(&address), &claim);
                contact.claims.push(address);
            }
        }
        let content = message.content.clone();
        self.write(Author::Contact, Direction::In { content: message.content }, Some(message.provider_id));
        if self.contact.live_case().is_some() {
            // A person looks after it: the flow is silent until the case is over.
            self.contact.unread += 1;
            return Ok(());
        }
        self.customer_said(&content)
    }

    /// Adds a message to the history and gives its number.
    pub fn write(&mut self, author: Author, direction: Direction, provider_id: Option<String>) -> u64 {
        let now = self.turn.now();
        let contact = &mut self.contact;
        contact.messages += 1;
        contact.updated_at = now;
        let (text, inbound) = match &direction {
            Direction::In { content } => (content.text().unwrap_or_default(), true),
            Direction::Out { content, .. } => (content.preview(), false),
        };
        let text = text.chars().take(LAST_LINE).collect();
        contact.last = Some(LastLine { text, at: now, inbound });
        let message = Message { seq: contact.messages, at: now, author, direction, provider_id };
        let key = of_contact(&MESSAGES, contact.id).number(message.seq);
        self.turn.put(&MESSAGES, key, &message);
        message.seq
    }

    /// A message of this contact.
    pub fn message(&self, seq: u64) -> Result<Message, Halt> {
        let key = of_contact(&MESSAGES, self.contact.id).number(seq);
        let missing = || Halt::Unreadable(format!("message {seq} is not there"));
        self.turn.get(&MESSAGES, &key)?.ok_or_else(missing)
    }

    /// Writes a message of this contact anew.
    pub fn rewrite(&mut self, message: &Message) {
        let key = of_contact(&MESSAGES, self.contact.id).number(message.seq);
        self.turn.put(&MESSAGES, key, message);
    }

    /// Where this contact's events go.
    pub fn entity(&self) -> EntityAddress {
        contact_entity(self.contact.id)
    }
}
