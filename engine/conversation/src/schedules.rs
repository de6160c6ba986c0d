//! Flows that begin by themselves: at their hour, with everybody who has a tag.
//!
//! One entity per flow. Its timetable is that of the flow's current version; it sets a timer for the next moment,
//! asks then for a page of those whom it concerns ([`AUDIENCE`]), mails each of them, and goes on to the next page
//! when all have told what came of it. All of that is rows, so it goes on where it was when the process ended, and
//! nobody is asked twice.
//!
//! What always holds:
//! - A flow begins once a day with a contact, whatever is published meanwhile. A version with the same timetable
//!   changes nothing; with another one, what was due comes first, and a day that has begun does not begin again.
//! - A moment that was missed (the process was down, the clock jumped) is begun up to [`LATE`] later. After that it
//!   is skipped, which is told in the log and kept for screens.
//! - The timetable of a version on trial does not count until it is promoted; who begins walks the version that is
//!   drawn for them.

use std::collections::BTreeSet;

use cauce_flows::Timetable;
use cauce_flows::reading::Zone;
use cauce_model::{ContactEvent, ContactId, Duration, FlowId, IdError, Slot, Timestamp, WorkspaceId};
use cauce_runtime::{Entity, EntityAddress, Halt, Turn, from_bytes};
use cauce_store::{Key, Store, StoreError, Table, rows};
use serde::{Deserialize, Serialize};

use crate::contact::Life;
use crate::tables::{CONTACTS, of_contact};
use crate::{SCHEDULE, contact_entity, workspace_slot};

/// (workspace's slot, workspace, flow) → when it begins by itself, and how far that is.
pub const SCHEDULES: Table<Scheduled> = Table::new(67);

/// The kind of call that asks for a page of contacts with a tag.
pub const AUDIENCE: &str = "audience";
/// How long after its moment a flow still begins.
pub const LATE: Duration = Duration::hours(2);
/// How many contacts a page has at most.
const PAGE: usize = 100;
/// How many contacts are looked at for a page at most, and how many are read at once.
const LOOKED_AT: usize = 2_000;
const STRETCH: usize = 250;
/// How many moments that were missed are counted; after a longer absence nobody wants to know.
const MOST_MISSED: u64 = 1_000;
/// The name of the timer.
pub(crate) const BEGINS: &str = "begins";

/// When a flow begins by itself, and how far that is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scheduled {
    /// The timetable of its current version; none when it does not begin by itself any more.
    pub timetable: Option<Timetable>,
    /// The next moment. One that is over waits for the occurrence under way.
    pub due: Option<Timestamp>,
    /// The local day of the last moment that was begun or skipped.
    pub day: String,
    /// The moment whose contacts are being asked.
    pub under_way: Option<Occurrence>,
    /// The last moment that all contacts have been asked at.
    pub last: Option<Occurrence>,
    /// The last that was skipped.
    pub skipped: Option<Skipped>,
    /// The number of the last page that was asked for.
    pub pages: u64,
}

/// A moment at which a flow begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The moment as planned.
    pub at: Timestamp,
    /// When it was begun.
    pub began_at: Timestamp,
    /// Whom it concerns: who has this tag.
    pub tag: String,
    /// What came of it so far.
    #[serde(default)]
    pub counts: Counts,
    /// The last contact that was looked at, when there may be more.
    #[serde(default)]
    pub after: Option<ContactId>,
    /// Who has not told yet what came of it.
    #[serde(default)]
    pub pending: BTreeSet<ContactId>,
}

/// A moment that was missed for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The last one.
    pub at: Timestamp,
    /// How many there were in a row.
    pub count: u64,
    /// When that was noticed.
    pub noticed_at: Timestamp,
}

/// What came of a moment, in contacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Began the flow.
    pub begun: u64,
    /// Were in a flow already.
    pub in_flow: u64,
    /// Were with a person, or waited for one.
    pub with_person: u64,
    /// Did not have the tag any more, or gave way to another contact.
    pub gone: u64,
    /// Could not begin, for a fault of the house.
    pub failed: u64,
}

/// What came of it for a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It began the flow.
    Begun,
    /// It was in a flow already.
    InFlow,
    /// It was with a person, or waited for one.
    WithPerson,
    /// It did not have the tag any more, or gave way to another contact.
    Gone,
    /// It could not begin, for a fault of the house.
    Failed,
}

/// What can happen to a flow's schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ScheduleEvent {
    /// The timetable of the flow's current version is another one.
    Plan {
        /// Which; none when it does not begin by itself any more.
        timetable: Option<Timetable>,
    },
    /// Its moment has come.
    Due {
        /// Which.
        at: Timestamp,
    },
    /// A page of contacts is here.
    Page {
        /// Which page.
        page: u64,
        /// Who.
        contacts: Vec<ContactId>,
        /// The last that was looked at, when there may be more.
        next: Option<ContactId>,
    },
    /// A contact tells what came of it.
    Told {
        /// Of which moment.
        at: Timestamp,
        /// Who.
        contact: ContactId,
        /// What.
        fate: Fate,
    },
}

/// What the executor of [`AUDIENCE`] is asked. It answers with [`ScheduleEvent::Page`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudienceOrder {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Who has this tag.
    pub tag: String,
    /// After whom, in the order of slots and ids.
    pub after: Option<ContactId>,
    /// How many at most.
    pub limit: usize,
    /// The number of the page, to be named in the answer.
    pub page: u64,
}

/// Where the schedule of a flow lives.
pub fn schedule_entity(workspace: &WorkspaceId, flow: &FlowId) -> EntityAddress {
    let key = format!("{workspace}/{flow}");
    EntityAddress { kind: SCHEDULE, slot: workspace_slot(workspace), key }
}

impl Scheduled {
    /// The key of a flow's schedule.
    pub fn key(workspace: &WorkspaceId, flow: &FlowId) -> Key {
        SCHEDULES.key(workspace_slot(workspace)).text(workspace.as_str()).text(flow.as_str())
    }
}

impl Counts {
    fn add(&mut self, fate: Fate) {
        let count = match fate {
            Fate::Begun => &mut self.begun,
            Fate::InFlow => &mut self.in_flow,
            Fate::WithPerson => &mut self.with_person,
            Fate::Gone => &mut self.gone,
            Fate::Failed => &mut self.failed,
        };
        *count += 1;
    }
}

/// The entity.
pub struct Schedules {
    /// The clocks of the place.
    pub home: Zone,
}

impl Entity for Schedules {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        self.live(turn, |work| match from_bytes(event)? {
            ScheduleEvent::Plan { timetable } => {
                work.plan(timetable);
                Ok(())
            }
            ScheduleEvent::Due { at } => {
                work.due(at);
                Ok(())
            }
            ScheduleEvent::Page { page, contacts, next } => {
                work.page(page, contacts, next);
                Ok(())
            }
            ScheduleEvent::Told { at, contact, fate } => {
                work.told(at, contact, fate);
                Ok(())
            }
        })
    }

    /// Whoever restored a backup let that moment go; the next one comes.
    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let ScheduleEvent::Due { at } = from_bytes(event)? else { return Ok(()) };
        self.live(turn, |work| {
            if work.row.due == Some(at) {
                work.skip(at, 1);
                work.next();
            }
            Ok(())
        })
    }
}

impl Schedules {
    fn live(
        &self,
        turn: &mut Turn<'_>,
        happens: impl FnOnce(&mut Work<'_, '_>) -> Result<(), Halt>,
    ) -> Result<(), Halt> {
        let unreadable = |e: IdError| Halt::Unreadable(e.to_string());
        let (workspace, flow) = turn.this().key.split_once('/').unwrap_or_default();
        let workspace: WorkspaceId = workspace.parse().map_err(unreadable)?;
        let flow: FlowId = flow.parse().map_err(unreadable)?;
        let key = Scheduled::key(&workspace, &flow);
        let row = turn.get(&SCHEDULES, &key)?.unwrap_or_default();
        let mut work = Work { turn, home: &self.home, workspace, flow, row };
        happens(&mut work)?;
        let Work { turn, row, .. } = work;
        turn.put(&SCHEDULES, key, &row);
        Ok(())
    }
}

/// A schedule living through an event.
struct Work<'a, 't> {
    turn: &'a mut Turn<'t>,
    home: &'a Zone,
    workspace: WorkspaceId,
    flow: FlowId,
    row: Scheduled,
}

impl Work<'_, '_> {
    /// Another timetable counts from now on.
    fn plan(&mut self, timetable: Option<Timetable>) {
        let now = self.turn.now();
        if let Some(due) = self.row.due.take() {
            let this = self.turn.this().clone();
            self.turn.cancel_timer(&this, due, BEGINS);
            match &self.row.under_way {
                None if due <= now && timetable.is_some() => self.begin(due),
                Some(_) if due <= now => self.skip(due, 1),
                _ => {}
            }
        }
        if timetable.is_none()
            && let Some(stopped) = self.row.under_way.take()
        {
            self.row.last = Some(stopped);
        }
        self.row.timetable = timetable;
        self.next();
    }

    fn due(&mut self, at: Timestamp) {
        // An older timer; or the last moment is not over yet, and this one follows it.
        if self.row.due == Some(at) && self.row.under_way.is_none() {
            self.begin(at);
            self.next();
        }
    }

    /// Begins the last moment up to now, or skips it. Those before it were missed.
    fn begin(&mut self, planned: Timestamp) {
        let Some(timetable) = self.row.timetable.clone() else { return };
        let now = self.turn.now();
        let (mut at, mut missed, mut last_missed) = (planned, 0, None);
        while missed < MOST_MISSED
            && let Some(next) = timetable.next(at, self.home).filter(|next| *next <= now)
        {
            (at, missed, last_missed) = (next, missed + 1, Some(at));
        }
        let late = now - at > LATE;
        if let Some(skipped) = if late { Some(at) } else { last_missed } {
            self.skip(skipped, missed + u64::from(late));
        }
        self.row.day = timetable.day(at, self.home);
        if late {
            return;
        }
        self.row.under_way = Some(Occurrence {
            at,
            began_at: now,
            tag: timetable.tag().to_owned(),
            counts: Counts::default(),
            after: None,
            pending: BTreeSet::new(),
        });
        self.next_page();
    }

    fn skip(&mut self, at: Timestamp, count: u64) {
        let noticed_at = self.turn.now();
        tracing::warn!(
            flow = %self.flow, planned = at.millis(), count,
            "a flow did not begin at its hour: it was over for too long when that was noticed"
        );
        if let Some(timetable) = &self.row.timetable {
            self.row.day = timetable.day(at, self.home);
        }
        self.row.skipped = Some(Skipped { at, count, noticed_at });
    }

    /// Plans the next moment: of another day than the last one.
    fn next(&mut self) {
        let after = self.turn.now().max(self.row.due.unwrap_or_default());
        let mut next = None;
        if let Some(timetable) = &self.row.timetable {
            next = timetable.next(after, self.home);
            if let Some(at) = next.filter(|at| timetable.day(*at, self.home) <= self.row.day) {
                next = timetable.next(at, self.home);
            }
        }
        self.row.due = next;
        self.wake_at(next);
    }

    fn wake_at(&mut self, due: Option<Timestamp>) {
        if let Some(at) = due {
            let this = self.turn.this().clone();
            self.turn.set_timer(&this, at, BEGINS, &ScheduleEvent::Due { at });
        }
    }

    fn next_page(&mut self) {
        let Some(under_way) = &self.row.under_way else { return };
        self.row.pages += 1;
        let order = AudienceOrder {
            workspace: self.workspace.clone(),
            tag: under_way.tag.clone(),
            after: under_way.after,
            limit: PAGE,
            page: self.row.pages,
        };
        let this = self.turn.this().clone();
        self.turn.call(&this, AUDIENCE, &order.page.to_string(), &order);
    }

    fn page(&mut self, page: u64, contacts: Vec<ContactId>, next: Option<ContactId>) {
        let Some(under_way) = self.row.under_way.as_mut().filter(|_| page == self.row.pages) else { return };
        under_way.after = next;
        for contact in contacts {
            let event = ContactEvent::Scheduled {
                workspace: self.workspace.clone(),
                flow: self.flow.clone(),
                at: under_way.at,
                tag: under_way.tag.clone(),
            };
            self.turn.mail(contact_entity(contact), &event);
            under_way.pending.insert(contact);
        }
        self.go_on();
    }

    fn told(&mut self, at: Timestamp, contact: ContactId, fate: Fate) {
        let Some(under_way) = self.row.under_way.as_mut().filter(|under_way| under_way.at == at) else {
            return;
        };
        if under_way.pending.remove(&contact) {
            under_way.counts.add(fate);
            self.go_on();
        }
    }

    /// The next page, when this one is done; the end, when there is none.
    fn go_on(&mut self) {
        let Some(under_way) = self.row.under_way.take_if(|under_way| under_way.pending.is_empty()) else {
            return;
        };
        if under_way.after.is_some() {
            self.row.under_way = Some(under_way);
            return self.next_page();
        }
        self.row.last = Some(under_way);
        // It may have taken so long that the next moment came meanwhile, and its timer with it.
        match self.row.due {
            Some(due) if due <= self.turn.now() => self.due(due),
            due => self.wake_at(due),
        }
    }
}

/// A page of the contacts that an order asks for, and the last that was looked at when there may be more. They
/// are read as they stand: whoever has the tag now.
///
/// # Errors
/// When the store fails.
pub async fn audience(
    store: &dyn Store,
    order: &AudienceOrder,
) -> Result<(Vec<ContactId>, Option<ContactId>), StoreError> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let first = order.after.map_or(0, |after| after.slot().number());
    for slot in Slot::all().skip(first.into()) {
        let beginning = CONTACTS.key(slot);
        let mut after = order.after.filter(|after| after.slot() == slot);
        loop {
            let mut range = beginning.prefix();
            if let Some(after) = after {
                range = range.from(of_contact(&CONTACTS, after).bytes(&[0]));
            }
            let rows = rows::scan(store, &range, STRETCH, false).await?;
            let more = rows.len() == STRETCH;
            for (key, row) in rows {
                let id = &key.as_bytes()[beginning.as_bytes().len()..];
                let id = std::str::from_utf8(id.strip_suffix(&[0]).unwrap_or(id)).ok();
                let Some(id) = id.and_then(|id| id.parse::<ContactId>().ok()) else { continue };
                (after, looked_at) = (Some(id), looked_at + 1);
                match CONTACTS.read(&key, &row) {
                    Ok(contact) => found.extend(
                        (contact.workspace == order.workspace
                            && contact.merged_into.is_none()
                            && contact.tags.contains(&order.tag))
                        .then_some(id),
                    ),
                    Err(error) => tracing::error!(%error, "a contact is left out"),
                }
                if found.len() == order.limit || looked_at == LOOKED_AT {
                    return Ok((found, after));
                }
            }
            if !more {
                break;
            }
        }
    }
    Ok((found, None))
}

impl Life<'_, '_> {
    /// A flow would begin by itself with this contact.
    pub fn scheduled(
        &mut self,
        workspace: &WorkspaceId,
        flow: FlowId,
        at: Timestamp,
        tag: &str,
    ) -> Result<(), Halt> {
        let contact = &self.contact;
        let fate = if contact.merged_into.is_some() || !contact.tags.contains(tag) {
            Fate::Gone
        } else if contact.live_case().is_some() {
            Fate::WithPerson
        } else if contact.live_run().is_some() {
            Fate::InFlow
        } else {
            self.begin_flow(&flow)?
        };
        // What moved nothing is told, and not kept with the contact.
        self.nothing_new = fate != Fate::Begun;
        tell(self.turn, workspace, &flow, at, self.contact.id, fate);
        Ok(())
    }
}

/// Tells a schedule what came of a contact.
pub(crate) fn tell(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    flow: &FlowId,
    at: Timestamp,
    contact: ContactId,
    fate: Fate,
) {
    turn.mail(schedule_entity(workspace, flow), &ScheduleEvent::Told { at, contact, fate });
}
