//! The check-up of contacts: their rows against each other, against what is pending for them, and against
//! the flows and files that they name. `addresses` who is known by what, `history` messages and journal,
//! `run` the walk through a flow, `schedules` flows that begin by themselves.

mod addresses;
mod history;
mod run;
mod schedules;

use std::collections::HashMap;

use cauce_model::{ContactId, FileId, Slot, StoredFile, VersionId, WorkspaceId};
use cauce_runtime::doctor::Pending;
use cauce_store::doctor::{Finding, Findings, Known, Walk, row};
use cauce_store::{Files, Key, Store, StoreError};

use crate::canary::TRIALS;
use crate::drafts::{DRAFT_DOCUMENTS, DRAFTS, PATCHES};
use crate::migrations::{MIGRATED, MIGRATIONS};
use crate::outbox::{Attempt, SEND_TIMER};
use crate::outside::{MEDIA, retry_timer};
use crate::schedules::SCHEDULES;
use crate::tables::{
    BINDINGS, CASES, CHUNKS, CONTACTS, Contact, FETCHES, HTTP_CALLS, JOURNAL, MESSAGES, MOVED, PROVIDER_IDS,
    RECENTS, RUNS, TAILS, of_contact,
};
use crate::walk::WAIT_TIMER;
use crate::{
    CATALOGUES, CONTACT, EVERYWHERE, FILES, PUBLICATIONS, Programs, VERSIONS, VersionRow, contact_entity,
};

/// The conversation's tables.
pub const TABLES: [Known; 25] = [
    Known::new("addresses", &BINDINGS),
    Known::new("contacts", &CONTACTS),
    Known::new("messages", &MESSAGES),
    Known::new("runs", &RUNS),
    Known::new("journal", &JOURNAL),
    Known::new("cases", &CASES),
    Known::new("catalogues", &CATALOGUES),
    Known::new("versions", &VERSIONS),
    Known::new("message ids", &PROVIDER_IDS),
    Known::new("calls of flows", &HTTP_CALLS),
    Known::new("fetches", &FETCHES),
    Known::new("files", &FILES),
    Known::new("tails", &TAILS),
    Known::new("chunks", &CHUNKS),
    Known::new("recents", &RECENTS),
    Known::new("publications", &PUBLICATIONS),
    Known::new("drafts", &DRAFTS),
    Known::new("documents of drafts", &DRAFT_DOCUMENTS),
    Known::new("patches", &PATCHES),
    Known::new("moved runs", &MOVED),
    Known::new("migrations", &MIGRATIONS),
    Known::new("moved by migrations", &MIGRATED),
    Known::new("trials", &TRIALS),
    Known::new("schedules", &SCHEDULES),
    Known::new("words everywhere", &EVERYWHERE),
];

/// The tables whose keys begin with a contact.
const OF_CONTACTS: [(&str, u8); 11] = [
    ("messages", MESSAGES.number()),
    ("runs", RUNS.number()),
    ("journal", JOURNAL.number()),
    ("cases", CASES.number()),
    ("message ids", PROVIDER_IDS.number()),
    ("calls of flows", HTTP_CALLS.number()),
    ("fetches", FETCHES.number()),
    ("tails", TAILS.number()),
    ("chunks", CHUNKS.number()),
    ("recents", RECENTS.number()),
    ("moved runs", MOVED.number()),
];

/// What helps when something is not there that nothing else says.
const RESTORE: &str = "nothing else says what it was: restore a backup";

/// What a check-up of contacts looks things up in.
pub struct Checkup<'a> {
    store: &'a dyn Store,
    programs: &'a Programs,
    files: Option<&'a Files>,
    versions: HashMap<(WorkspaceId, VersionId), bool>,
    sizes: HashMap<FileId, Option<u64>>,
}

impl<'a> Checkup<'a> {
    /// Over this store; without `files` nobody looks whether files are there.
    pub fn new(store: &'a dyn Store, programs: &'a Programs, files: Option<&'a Files>) -> Self {
        Self { store, programs, files, versions: HashMap::new(), sizes: HashMap::new() }
    }

    /// Checks a slot, and gives the contacts in it.
    ///
    /// # Errors
    /// What the store says, but for a row that cannot be read.
    pub async fn slot(
        &mut self,
        slot: Slot,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<HashMap<ContactId, Contact>, StoreError> {
        let mut contacts = HashMap::new();
        let mut walk = Walk::of(self.store, &CONTACTS, slot);
        while let Some((key, contact)) = walk.next(&CONTACTS).await? {
            if key == of_contact(&CONTACTS, contact.id) {
                contacts.insert(contact.id, contact);
            } else {
                let what = format!("contact {} stands under another key", contact.id);
                findings.add(Finding::broken("contact_misplaced", &key, what, RESTORE));
            }
        }
        self.strays(slot, &contacts, findings).await?;
        self.timers(&contacts, pending, findings).await?;
        self.bindings(slot, findings).await?;
        self.flows(slot, &contacts, findings).await?;
        self.schedules(slot, pending, findings).await?;
        for contact in contacts.values() {
            self.addresses(contact, findings).await?;
            self.history(contact, pending, findings).await?;
            outbox(contact, pending, findings);
            self.run(contact, pending, findings).await?;
            self.case(contact, findings).await?;
        }
        Ok(contacts)
    }

    /// Rows of contacts that are not there.
    async fn strays(
        &self,
        slot: Slot,
        contacts: &HashMap<ContactId, Contact>,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        for (name, table) in OF_CONTACTS {
            let mut walk = Walk::over(self.store, Key::new(slot, table).prefix());
            while let Some((key, _)) = walk.raw().await? {
                let whose = key.fields().split(|byte| *byte == 0).next().unwrap_or_default();
                let whose = std::str::from_utf8(whose).ok().and_then(|text| text.parse::<ContactId>().ok());
                if !whose.is_some_and(|id| contacts.contains_key(&id)) {
                    let what = format!(
                        "a row of «{name}» belongs to a contact that is not there, or cannot be read"
                    );
                    findings.add(Finding::broken("contact_missing", &key, what, RESTORE));
                }
            }
        }
        Ok(())
    }

    /// Timers that their contact does not count on.
    async fn timers(
        &self,
        contacts: &HashMap<ContactId, Contact>,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        for entity in pending.entities().filter(|entity| entity.kind == CONTACT) {
            let contact = entity.key.parse().ok().and_then(|id: ContactId| contacts.get(&id));
            for timer in pending.timers(entity) {
                let counted_on = match (contact, timer.name.as_str()) {
                    (None, _) => false,
                    (Some(contact), WAIT_TIMER) => {
                        contact.wait_timer.is_some_and(|(due, _)| due == timer.due)
                    }
                    (Some(contact), SEND_TIMER) => {
                        contact.outbox.flight.as_ref().is_some_and(|flight| flight.timer == Some(timer.due))
                    }
                    (Some(contact), name) => self.has_retry(contact, name).await?,
                };
                if !counted_on {
                    let what =
                        format!("a timer «{}» that contact {} does not count on", timer.name, entity.key);
                    let finding = Finding::broken(
                        "timer_stray",
                        &timer.key,
                        what,
                        "it would move nothing: --mend removes it",
                    );
                    findings.add(finding.mended_by([(timer.key.clone(), None)]));
                }
            }
        }
        Ok(())
    }

    /// Whether there is what this timer would try again.
    async fn has_retry(&self, contact: &Contact, name: &str) -> Result<bool, StoreError> {
        match name.strip_prefix(retry_timer("").as_str()) {
            Some(call) if !call.starts_with(MEDIA) => {
                let key = of_contact(&HTTP_CALLS, contact.id).text(call);
                Ok(self.store.get(&[key]).await?.pop().flatten().is_some())
            }
            // A file that is not to be fetched any more is not fetched.
            _ => Ok(true),
        }
    }

    /// Whether a version is there.
    async fn has_version(
        &mut self,
        workspace: &WorkspaceId,
        version: &VersionId,
    ) -> Result<bool, StoreError> {
        let name = (workspace.clone(), version.clone());
        if let Some(there) = self.versions.get(&name) {
            return Ok(*there);
        }
        let there = row(self.store, &VERSIONS, &VersionRow::key(workspace, version)).await?.is_some();
        self.versions.insert(name, there);
        Ok(there)
    }

    /// A file that something names must be there, and be as long as it says.
    fn file(&mut self, named: &StoredFile, by: &str, findings: &mut Findings) {
        let Some(files) = self.files else { return };
        let size =
            *self.sizes.entry(named.id.clone()).or_insert_with(|| files.len(&named.id).unwrap_or(None));
        let what = match size {
            None => format!("the file {} ({}) is not there", named.id, named.name),
            Some(size) if size != named.size => {
                format!("the file {} ({}) has {size} bytes instead of {}", named.id, named.name, named.size)
            }
            Some(_) => return,
        };
        findings.add(Finding::broken(
            "file_missing",
            by,
            what,
            "copy it from a backup of the folder «files»",
        ));
    }
}

/// What waits to be sent, and what is on its way, is brought on by something.
fn outbox(contact: &Contact, pending: &Pending, findings: &mut Findings) {
    let Some(flight) = &contact.outbox.flight else {
        if !contact.outbox.waiting.is_empty() {
            let what =
                format!("{} messages wait to be sent, and none is on its way", contact.outbox.waiting.len());
            findings.add(Finding::broken(
                "outbox_stuck",
                contact.id,
                what,
                "they go with the next thing that happens to the contact",
            ));
        }
        return;
    };
    let entity = contact_entity(contact.id);
    let attempt = Attempt { contact: contact.id, seq: flight.seq, attempt: flight.attempt }.to_string();
    let place = format!("{}, message {}", contact.id, flight.seq);
    match flight.timer {
        Some(due) if !pending.has_timer(&entity, due, SEND_TIMER) => {
            let what = "its next attempt waits for a timer that is not there";
            let event = cauce_model::ContactEvent::SendHeld { attempt };
            let timer = cauce_runtime::doctor::timer(&entity, due, SEND_TIMER, &event);
            findings.add(
                Finding::broken("send_timer_missing", place, what, "--mend sets the timer").mended_by(timer),
            );
        }
        None if !pending.has_call(&entity, &attempt) => {
            let what = "it is on its way, and there is no call that sends it";
            findings.add(Finding::broken(
                "send_call_missing",
                place,
                what,
                "when a dead letter tells why, replay it; else restore a backup",
            ));
        }
        _ => {}
    }
}
