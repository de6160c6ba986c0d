//! The Contact: who takes its events.

use std::collections::BTreeSet;
use std::sync::Arc;

use cauce_flows::reading::{Country, Zone};
use cauce_model::{
    AccountId, Address, Author, Change, ContactEvent, ContactId, Duration, IdError, InboundEcho,
    InboundMessage, Sender, Timestamp,
};
use cauce_runtime::{Entity, EntityAddress, Halt, Turn, from_bytes};

use crate::address::{AddressEvent, binding_key, owner};
use crate::outbox::{Outbox, Sending};
use crate::tables::{BINDINGS, CONTACTS, Contact, JOURNAL, JournalEntry, of_contact};
use crate::{ADDRESS, Programs, Refusal, contact_entity};

/// The number of this build's way to decide; it grows when a step would decide otherwise than before.
const SEMANTICS: u32 = 2;

/// All contacts, and the addresses that lead to them.
pub struct Contacts {
    /// The flows they walk.
    pub programs: Arc<Programs>,
    /// How their messages are sent.
    pub sending: Sending,
    /// Where they are at home.
    pub home: Home,
}

/// Where the contacts of an installation are at home: what "mañana" and a bare phone number mean.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// By which clocks they live.
    pub zone: Zone,
    /// Whose phone numbers and documents they write.
    pub country: Country,
}

impl Entity for Contacts {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        if turn.this().kind == ADDRESS {
            return match from_bytes(event)? {
                AddressEvent::Inbound(message) => self.at_address(turn, event, Came::Message(message)),
                AddressEvent::Echo(echo) => self.at_address(turn, event, Came::Echo(echo)),
                AddressEvent::Claim { address, contact } => claim(turn, address, contact),
                AddressEvent::Release { address, contact } => release(turn, &address, contact),
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
    /// Somebody wrote from an address, or the business wrote to it.
    fn at_address(&self, turn: &mut Turn<'_>, event: &[u8], came: Came) -> Result<(), Halt> {
        let (account, sender, provider_id, at) = came.who();
        if turn.now() - at > Duration::days(Turn::DAYS_KEPT) {
            turn.dead_letter(event, "the message is older than repeats are remembered; it moves nothing");
            return Ok(());
        }
        if !turn.first_time(at, &[account.as_str(), provider_id])? {
            return Ok(());
        }
        let Some(address) = sender.addresses.first().cloned() else {
            turn.dead_letter(event, "the message names no sender");
            return Ok(());
        };
        let (id, new) = owner(turn, &address)?;
        if new {
            let contact = born(id, address, account, sender, turn.now());
            return self.live(turn, contact, came.into());
        }
        if id.slot() == turn.this().slot {
            return self.at_contact(turn, event, id, came.into());
        }
        turn.mail(contact_entity(id), &ContactEvent::from(came));
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
            home: &self.home,
            contact,
            entry,
            nothing_new: false,
        };
        life.happen(event)?;
        if life.nothing_new {
            return Ok(());
        }
        // What failed for good may move the run, which takes back what waits and may say something more.
        life.settle()?;
        life.send_next()?;
        while life.settle()? {
            life.send_next()?;
        }
        let Life { turn, contact, entry, .. } = life;
        let id = contact.id;
        turn.put(&JOURNAL, of_contact(&JOURNAL, id).number(entry.number), &entry);
        turn.put(&CONTACTS, of_contact(&CONTACTS, id), &contact);
        turn.publish(&Change::Conversation { workspace: contact.workspace.clone(), contact: id });
        Ok(())
    }
}

/// A contact is not known by this address any more.
fn release(turn: &mut Turn<'_>, address: &Address, contact: ContactId) -> Result<(), Halt> {
    let key = binding_key(address);
    if turn.get(&BINDINGS, &key)? == Some(contact) {
        turn.delete(key);
    }
    Ok(())
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

/// What comes to an address.
enum Came {
    Message(InboundMessage),
    Echo(InboundEcho),
}

impl Came {
    /// The account, the customer, the provider's id and time.
    fn who(&self) -> (&AccountId, &Sender, &str, Timestamp) {
        match self {
            Self::Message(message) => (&message.account, &message.sender, &message.provider_id, message.at),
            Self::Echo(echo) => (&echo.account, &echo.recipient, &echo.provider_id, echo.at),
        }
    }
}

impl From<Came> for ContactEvent {
    fn from(came: Came) -> Self {
        match came {
            Came::Message(message) => Self::Inbound(message),
            Came::Echo(echo) => Self::Echo(echo),
        }
    }
}

fn born(id: ContactId, address: Address, account: &AccountId, sender: &Sender, now: Timestamp) -> Contact {
    Contact {
        id,
        workspace: address.workspace.clone(),
        account: account.clone(),
        reply_to: sender.reply_to.clone(),
        phone: None,
        last_inbound_id: String::new(),
        addresses: vec![address],
        claims: Vec::new(),
        profile: sender.profile.clone(),
        created_at: now,
        last_inbound_at: Timestamp::default(),
        moved_at: Timestamp::default(),
        updated_at: now,
        messages: 0,
        heard: 0,
        turns: 0,
        unread: 0,
        tags: BTreeSet::new(),
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
    pub home: &'a Home,
    pub contact: Contact,
    pub entry: JournalEntry,
    /// The event was a repetition: nothing is written.
    pub nothing_new: bool,
}

impl Life<'_, '_> {
    fn happen(&mut self, event: ContactEvent) -> Result<(), Halt> {
        if let Some(older) = self.contact.merged_into
            && let ContactEvent::Inbound(_)
            | ContactEvent::Echo(_)
            | ContactEvent::SamePerson { .. }
            | ContactEvent::Absorb { .. } = event
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
            ContactEvent::Echo(echo) => self.echo(echo),
            ContactEvent::Amend { content } => self.amend(&content, Author::Contact).map(drop),
            ContactEvent::MediaFetched { seq, state } => self.media_fetched(seq, state),
            ContactEvent::MediaRetry { seq } => self.media_retry(seq),
            ContactEvent::HttpAnswered { call, outcome } => self.http_answered(&call, &outcome),
            ContactEvent::HttpRetry { call } => self.http_retry(&call),
            ContactEvent::Reply { agent, case, content } => self.reply(agent, case, content),
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

    /// Where this contact's events go.
    pub fn entity(&self) -> EntityAddress {
        contact_entity(self.contact.id)
    }
}
