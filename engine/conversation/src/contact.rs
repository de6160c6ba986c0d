//! The Contact: who takes its events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use cauce_flows::reading::{Country, Zone};
use cauce_model::{
    AccountId, Address, Author, Change, ContactEvent, ContactId, Duration, IdError, InboundEcho,
    InboundMessage, Message, Sender, Timestamp,
};
use cauce_runtime::{Entity, EntityAddress, Halt, Known, Turn, from_bytes};
use cauce_store::Key;
use serde::{Deserialize, Serialize};

use crate::address::{AddressEvent, Binding, binding_key, claim, release};
use crate::canary::{self, ArmCounts, TrialMark};
use crate::catalogue::everywhere_key;
use crate::consent;
use crate::history::{Tail, noted};
use crate::outbox::{Outbox, Sending};
use crate::schedules::{self, Fate};
use crate::tables::{BINDINGS, CONTACTS, Contact, JournalEntry, TAILS, of_contact};
use crate::{ADDRESS, CONTACT, Programs, Refusal, contact_entity};

/// The number of this build's way to decide; it grows when a step would decide otherwise than before.
pub(crate) const SEMANTICS: u32 = 3;

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// By which clocks they live.
    pub zone: Zone,
    /// Whose phone numbers and documents they write.
    pub country: Country,
}

impl Home {
    /// 0 for the usual one, and another number for every other.
    pub(crate) fn mark(&self) -> u32 {
        static USUAL: LazyLock<Home> = LazyLock::new(Home::default);
        if *self == *USUAL {
            return 0;
        }
        let hash = blake3::hash(format!("{} {}", self.zone, self.country.as_str()).as_bytes());
        hash.as_bytes().first_chunk().map_or(1, |bytes| u32::from_le_bytes(*bytes) | 1)
    }
}

impl Entity for Contacts {
    fn wants(&self, to: &EntityAddress, event: &[u8], known: Known<'_>) -> Vec<Key> {
        if to.kind == CONTACT {
            let Ok(id) = to.key.parse() else { return Vec::new() };
            return vec![of_contact(&CONTACTS, id), of_contact(&TAILS, id)];
        }
        let key = binding_key(to);
        let Some(binding) = known.get(&BINDINGS, &key) else { return vec![key] };
        let Some(id) = binding.and_then(|binding| binding.contact).filter(|id| id.slot() == to.slot) else {
            return Vec::new();
        };
        let mut keys = vec![of_contact(&CONTACTS, id), of_contact(&TAILS, id)];
        if is(event, "inbound")
            && let Some(workspace) = Address::workspace_of(&to.key)
        {
            keys.push(everywhere_key(&workspace));
        }
        keys
    }

    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        if turn.this().kind == CONTACT {
            let id = turn.this().key.parse().map_err(|e: IdError| Halt::Unreadable(e.to_string()))?;
            let found = found(turn, id)?;
            let happened = match is(event, "status") {
                true => ContactEvent::Status(from_bytes(event)?),
                false => from_bytes(event)?,
            };
            return self.at_contact(turn, event, found, happened);
        }
        let binding = turn.get(&BINDINGS, &binding_key(turn.this()))?.unwrap_or_default();
        if is(event, "inbound") {
            return self.at_address(turn, event, binding, Came::Message(from_bytes(event)?));
        }
        match from_bytes(event)? {
            AddressEvent::Inbound(message) => self.at_address(turn, event, binding, Came::Message(message)),
            AddressEvent::Echo(echo) => self.at_address(turn, event, binding, Came::Echo(echo)),
            AddressEvent::Claim { address, contact } => claim(turn, binding, address, contact),
            AddressEvent::Release { address: _, contact, at } => release(turn, binding, contact, at),
        }
    }

    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let dropped = from_bytes(event)?;
        let id = turn.this().key.parse().map_err(|e: IdError| Halt::Unreadable(e.to_string()))?;
        let found = found(turn, id)?;
        self.at_contact(turn, event, found, crate::outside::dropped(dropped))
    }

    fn give_up(&self, turn: &mut Turn<'_>, event: &[u8], _cause: &str) -> Result<(), Halt> {
        let id = if turn.this().kind == ADDRESS {
            // What was mailed to a contact elsewhere is given up there.
            let Ok(AddressEvent::Inbound(message)) = from_bytes(event) else { return Ok(()) };
            let binding = turn.get(&BINDINGS, &binding_key(turn.this()))?.unwrap_or_default();
            binding.at(message.at).filter(|id| id.slot() == turn.this().slot)
        } else {
            turn.this().key.parse::<ContactId>().ok()
        };
        let Some(id) = id else { return Ok(()) };
        match from_bytes(event) {
            Ok(ContactEvent::Migrate(order)) => return crate::migrate::given_up(turn, id, &order),
            Ok(ContactEvent::Scheduled { workspace, flow, at, .. }) => {
                schedules::tell(turn, &workspace, &flow, at, id, Fate::Failed);
                return Ok(());
            }
            _ => {}
        }
        let Some(mut contact) = turn.get(&CONTACTS, &of_contact(&CONTACTS, id))? else { return Ok(()) };
        if contact.live_run().is_some()
            && let Some(run) = &mut contact.run
        {
            let reason =
                "Un error interno detuvo el recorrido. El mensaje del cliente quedó guardado aparte.";
            run.stage = crate::RunStage::Failed { reason: reason.into() };
            if let Some(mark) = run.trial {
                let failed = ArmCounts { failed: 1, ..ArmCounts::default() };
                canary::tell(turn, &contact.workspace, &run.flow, mark, failed);
            }
            contact.updated_at = turn.now();
            turn.publish(&Change::Conversation { workspace: contact.workspace.clone(), contact: id });
            turn.put(&CONTACTS, of_contact(&CONTACTS, id), &contact);
        }
        Ok(())
    }
}

impl Contacts {
    /// Somebody wrote from an address, or the business wrote to it.
    fn at_address(
        &self,
        turn: &mut Turn<'_>,
        event: &[u8],
        mut binding: Binding,
        came: Came,
    ) -> Result<(), Halt> {
        let (account, sender, provider_id, at) = came.who();
        if turn.now() - at > Duration::days(Turn::DAYS_KEPT) {
            turn.dead_letter(event, "the message is older than repeats are remembered; it moves nothing");
            return Ok(());
        }
        let Some(address) = sender.addresses.first() else {
            turn.dead_letter(event, "the message names no sender");
            return Ok(());
        };
        if let Some(id) = binding.at(at).filter(|id| id.slot() == turn.this().slot) {
            let found = found(turn, id)?;
            return self.at_contact(turn, event, found, came.into());
        }
        // A build before this one remembered here, and not at the contact, what came in.
        if turn.happened(at, &[account.as_str(), provider_id])? {
            return Ok(());
        }
        if let Some(id) = binding.at(at) {
            turn.mail(contact_entity(id), &ContactEvent::from(came));
            return Ok(());
        }
        let id = ContactId::new(turn.this().slot, turn.fresh());
        binding.contact = Some(id);
        turn.put(&BINDINGS, binding_key(turn.this()), &binding);
        let contact = born(id, address.clone(), account, sender, turn.now());
        self.live(turn, contact, Tail::new(), came.into())
    }

    fn at_contact(
        &self,
        turn: &mut Turn<'_>,
        raw: &[u8],
        found: Option<(Contact, Tail)>,
        event: ContactEvent,
    ) -> Result<(), Halt> {
        let Some((contact, tail)) = found else {
            use ContactEvent::{End, Happened, Read, Reply, Scheduled};
            if let (Scheduled { workspace, flow, at, .. }, Ok(id)) = (&event, turn.this().key.parse()) {
                schedules::tell(turn, workspace, flow, *at, id, Fate::Gone);
            } else if matches!(event, Reply { .. } | End { .. } | Happened { .. } | Read) {
                turn.reply(&Err::<(), _>(Refusal::Unknown));
            } else {
                turn.dead_letter(raw, "there is no such contact");
            }
            return Ok(());
        };
        self.live(turn, contact, tail, event)
    }

    /// Has a contact live through an event.
    fn live(
        &self,
        turn: &mut Turn<'_>,
        mut contact: Contact,
        tail: Tail,
        event: ContactEvent,
    ) -> Result<(), Halt> {
        contact.turns += 1;
        let entry = JournalEntry {
            number: contact.turns,
            at: turn.now(),
            seed: turn.seed(),
            semantics: SEMANTICS,
            revision: None,
            event: noted(&contact, &event),
            run: None,
            interrupts: None,
            steps: Vec::new(),
            home: None,
            settled: Vec::new(),
            goals: Vec::new(),
            ratings: Vec::new(),
            consents: Vec::new(),
        };
        let mut life = Life {
            turn,
            programs: &self.programs,
            sending: &self.sending,
            home: &self.home,
            contact,
            tail,
            touched: Vec::new(),
            names: Vec::new(),
            entry,
            nothing_new: false,
            trial: None,
        };
        life.happen(event)?;
        if life.nothing_new && life.names.is_empty() {
            return Ok(());
        }
        // What failed for good may move the run, which takes back what waits and may say something more.
        life.settle()?;
        life.send_next()?;
        while life.settle()? {
            life.send_next()?;
        }
        life.keep_history()?;
        let Life { turn, contact, .. } = life;
        let id = contact.id;
        turn.put(&CONTACTS, of_contact(&CONTACTS, id), &contact);
        turn.publish(&Change::Conversation { workspace: contact.workspace.clone(), contact: id });
        Ok(())
    }
}

/// Whether an event is of this kind, as it is commonly written: its kind first. It can then be read as what
/// it holds; to take it for an event of any kind costs twice as much.
fn is(event: &[u8], kind: &str) -> bool {
    let named = event.get(1..).and_then(|fields| fields.strip_prefix(b"\xa5event"));
    let of = named.and_then(<[u8]>::split_first);
    // A short text of MessagePack begins with 0xa0 and its length.
    of.is_some_and(|(length, rest)| {
        usize::from(*length) == 0xa0 + kind.len() && rest.starts_with(kind.as_bytes())
    })
}

/// A contact as it stands, and the tail of its history.
fn found(turn: &Turn<'_>, id: ContactId) -> Result<Option<(Contact, Tail)>, Halt> {
    let keys = [of_contact(&CONTACTS, id), of_contact(&TAILS, id)];
    turn.need(&keys)?;
    let Some(contact) = turn.get(&CONTACTS, &keys[0])? else { return Ok(None) };
    let tail = match turn.get(&TAILS, &keys[1])? {
        Some(tail) => tail,
        None => Tail::of_older_rows(&contact, turn.now()),
    };
    if !tail.goes_with(&contact) {
        return Err(Halt::Unreadable("the history of the contact does not go with the contact".into()));
    }
    Ok(Some((contact, tail)))
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
        score: 0,
        consents: BTreeMap::new(),
        language: None,
        home: 0,
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
    /// The history up to this turn.
    pub tail: Tail,
    /// What this turn said, or changed, in the history.
    pub touched: Vec<Message>,
    /// By what the provider knows messages since this turn: number and name.
    pub names: Vec<(u64, u64)>,
    pub entry: JournalEntry,
    /// The event was a repetition: nothing is written.
    pub nothing_new: bool,
    /// The mark of the run that this turn begins.
    pub trial: Option<TrialMark>,
}

impl Life<'_, '_> {
    fn happen(&mut self, event: ContactEvent) -> Result<(), Halt> {
        if let ContactEvent::Inbound(InboundMessage { account, provider_id, at, .. })
        | ContactEvent::Echo(InboundEcho { account, provider_id, at, .. }) = &event
            && !self.first_time(account, provider_id, *at)?
        {
            self.nothing_new = true;
            return Ok(());
        }
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
            ContactEvent::WaitDropped { wait } => self.wait_dropped(wait),
            ContactEvent::CaseMoved(case) => self.case_moved(case),
            ContactEvent::Echo(echo) => self.echo(echo),
            ContactEvent::Amend { content } => self.amend(&content, Author::Contact).map(drop),
            ContactEvent::MediaFetched { seq, state } => self.media_fetched(seq, state),
            ContactEvent::MediaRetry { seq } => self.media_retry(seq),
            ContactEvent::HttpAnswered { call, outcome } => self.http_answered(&call, &outcome),
            ContactEvent::HttpRetry { call } => self.http_retry(&call),
            ContactEvent::Reply { agent, case, content } => self.reply(agent, case, content),
            ContactEvent::End { agent, case, version } => self.end_case(agent, case, version),
            ContactEvent::Happened { name, data } => self.happened(&name, &data),
            ContactEvent::Scheduled { workspace, flow, at, tag } => {
                self.scheduled(&workspace, flow, at, &tag)
            }
            ContactEvent::Read => {
                self.contact.unread = 0;
                Ok(())
            }
            ContactEvent::Claimed { address, owner } => {
                self.claimed(address, owner);
                Ok(())
            }
            ContactEvent::SamePerson { contact, created_at } => self.same_person(contact, created_at),
            ContactEvent::Absorb { younger, addresses, absorbed, last_inbound_at, recent, consents } => {
                self.absorb(younger, addresses, absorbed);
                consent::take_over(&mut self.contact.consents, younger, consents);
                self.contact.last_inbound_at = self.contact.last_inbound_at.max(last_inbound_at);
                self.remember(recent)
            }
            ContactEvent::Migrate(order) => self.migrate(&order),
            ContactEvent::MigrateBack { migration, flow } => self.migrate_back(&migration, &flow),
            ContactEvent::MigrationSettled { run } => {
                self.migration_settled(&run);
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

#[cfg(test)]
mod tests {
    use cauce_model::{DeliveryStatus, FailureClass, InboundStatus};
    use cauce_runtime::to_bytes;

    use super::*;

    #[test]
    fn the_commonest_events_are_known_by_their_first_bytes() {
        let status = InboundStatus {
            account: "a".parse().unwrap(),
            provider_id: "wamid.1".into(),
            attempt: None,
            status: DeliveryStatus::Read,
            at: Timestamp(1),
            error: None,
            class: FailureClass::default(),
        };
        let event = to_bytes(&ContactEvent::Status(status.clone()));
        assert!(is(&event, "status") && !is(&event, "stat") && !is(&event, "statuses"));
        assert_eq!(from_bytes::<InboundStatus>(&event).unwrap(), status);
        let read = to_bytes(&ContactEvent::Read);
        assert!(is(&read, "read") && !is(&read, "status") && !is(&[], "status"));
    }
}
