//! Migrations: everybody who is inside an older version of a flow is moved to another, page by page.
//!
//! One entity per migration. It asks for a page of those who are inside ([`PEOPLE`]), mails each of them what
//! becomes of them, and goes on to the next page when all have told what came of it. All of that is rows, so
//! a migration goes on where it was when the process ended. Taking it back walks the same way over those who
//! were moved.

use std::collections::{BTreeMap, BTreeSet};

use cauce_model::{
    Change, ContactEvent, ContactId, FlowId, IdError, Landed, Landing, Migrate, NodeId, Timestamp, VersionId,
    WorkspaceId,
};
use cauce_runtime::{Entity, EntityAddress, Halt, Turn, from_bytes};
use cauce_store::{Key, Table};
use serde::{Deserialize, Serialize};

use crate::migrate::TAKEN_BACK;
use crate::{MIGRATION, contact_entity, workspace_slot};

/// (workspace's slot, workspace, flow, migration) → a migration.
pub const MIGRATIONS: Table<Migration> = Table::new(64);
/// (workspace's slot, workspace, flow, migration, contact) → nothing: who was moved by it and may be taken back.
pub const MIGRATED: Table<()> = Table::new(65);

/// The kind of call that asks for a page of people.
pub const PEOPLE: &str = "people";
/// How many people a page has at most.
const PAGE: usize = 100;
/// The name of the timer after which nothing is taken back any more.
const SETTLES: &str = "settles";

/// A migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its id: letters, digits, `_`, `-`.
    pub id: String,
    /// Of which flow.
    pub flow: FlowId,
    /// The version that people leave.
    pub from: VersionId,
    /// The version they get.
    pub to: VersionId,
    /// Who began it.
    pub by: String,
    /// When.
    pub started_at: Timestamp,
    /// What becomes of those who wait at each step; of others, nothing.
    pub landings: BTreeMap<NodeId, Landing>,
    /// How far it is.
    pub stage: MigrationStage,
    /// What came of it so far.
    pub counts: Counts,
    /// The number of the page that is being read or carried out.
    pub page: u64,
    /// The last of those that were looked at, when there may be more.
    pub after: Option<ContactId>,
    /// Who has not told yet what came of it.
    pub pending: BTreeSet<ContactId>,
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MigrationStage {
    /// People are being moved.
    Running,
    /// All have been; it may be taken back.
    Done,
    /// People are being moved back.
    Undoing,
    /// All have been who had not moved on.
    Undone,
    /// It stands for good.
    Settled,
}

/// How many people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Are in the new version, or at an end.
    pub moved: u64,
    /// Stay, as was asked.
    pub stayed: u64,
    /// Were not there any more.
    pub gone: u64,
    /// Stay: later texts name data that they do not have.
    pub lacking: u64,
    /// Stay: a person looks after them.
    pub with_person: u64,
    /// Stay: a server was being asked, or something was being sent.
    pub busy: u64,
    /// Stay: the new version would stop them.
    pub failing: u64,
    /// Are back where they were.
    pub back: u64,
    /// Had moved on when it was taken back.
    pub moved_on: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, landed: &Landed) {
        let count = match landed {
            Landed::Moved => &mut self.moved,
            Landed::Stayed => &mut self.stayed,
            Landed::Gone | Landed::Elsewhere(_) => &mut self.gone,
            Landed::Lacking(_) => &mut self.lacking,
            Landed::WithPerson => &mut self.with_person,
            Landed::Busy => &mut self.busy,
            Landed::Failing(_) => &mut self.failing,
            Landed::Back => &mut self.back,
            Landed::MovedOn => &mut self.moved_on,
        };
        *count += 1;
    }
}

/// What can happen to a migration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum MigrationEvent {
    /// It begins. Answers [`Migration`]: the one of this id that is there already, when it is.
    Start {
        /// From which version.
        from: VersionId,
        /// To which.
        to: VersionId,
        /// Who begins it.
        by: String,
        /// What becomes of those who wait at each step.
        landings: BTreeMap<NodeId, Landing>,
    },
    /// A page of people is here.
    Page {
        /// Which page.
        page: u64,
        /// Who, and where they wait.
        people: Vec<(ContactId, NodeId)>,
        /// The last that was looked at, when there may be more.
        next: Option<ContactId>,
    },
    /// A contact tells what came of it.
    Told {
        /// Who.
        contact: ContactId,
        /// What.
        landed: Landed,
    },
    /// It is taken back. Answers [`Migration`], or why not.
    Undo,
    /// The time in which it may be taken back is over.
    Settle,
}

/// Why a migration is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum MigrationRefusal {
    /// There is no such migration.
    #[error("there is no such migration")]
    Unknown,
    /// It has not ended yet.
    #[error("it has not ended yet")]
    Running,
    /// More than 24 hours have passed, or it was taken back already.
    #[error("it cannot be taken back any more")]
    TooLate,
}

/// What the executor of [`PEOPLE`] is asked. It answers with [`MigrationEvent::Page`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleOrder {
    /// Of which workspace.
    pub workspace: WorkspaceId,
    /// Of which flow.
    pub flow: FlowId,
    /// For which migration.
    pub migration: String,
    /// Those inside this version; else those that the migration has moved.
    pub inside: Option<VersionId>,
    /// After whom.
    pub after: Option<ContactId>,
    /// How many at most.
    pub limit: usize,
    /// The number of the page, to be named in the answer.
    pub page: u64,
}

/// Where a migration lives.
pub fn migration_entity(workspace: &WorkspaceId, flow: &FlowId, migration: &str) -> EntityAddress {
    let key = format!("{workspace}/{flow}/{migration}");
    EntityAddress { kind: MIGRATION, slot: workspace_slot(workspace), key }
}

impl Migration {
    /// The key of a migration.
    pub fn key(workspace: &WorkspaceId, flow: &FlowId, migration: &str) -> Key {
        MIGRATIONS.key(workspace_slot(workspace)).text(workspace.as_str()).text(flow.as_str()).text(migration)
    }

    /// The beginning of the keys of those it moved.
    pub fn moved(workspace: &WorkspaceId, flow: &FlowId, migration: &str) -> Key {
        MIGRATED.key(workspace_slot(workspace)).text(workspace.as_str()).text(flow.as_str()).text(migration)
    }
}

/// The entity.
pub struct Migrations;

impl Entity for Migrations {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let unreadable = |e: IdError| Halt::Unreadable(e.to_string());
        let mut parts = turn.this().key.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (workspace, flow, id) = (part(), part(), part());
        let workspace: WorkspaceId = workspace.parse().map_err(unreadable)?;
        let flow: FlowId = flow.parse().map_err(unreadable)?;
        let key = Migration::key(&workspace, &flow, &id);
        let known = turn.get(&MIGRATIONS, &key)?;
        let event = from_bytes(event)?;
        let migration = match (known, event) {
            (Some(known), MigrationEvent::Start { .. }) => {
                turn.reply(&known);
                return Ok(());
            }
            (None, MigrationEvent::Start { from, to, by, landings }) => {
                let migration = Migration {
                    id,
                    flow,
                    from,
                    to,
                    by,
                    started_at: turn.now(),
                    landings,
                    stage: MigrationStage::Running,
                    counts: Counts::default(),
                    page: 0,
                    after: None,
                    pending: BTreeSet::new(),
                };
                let mut work = Work { turn, workspace: &workspace, migration };
                work.next_page();
                work.turn.reply(&work.migration);
                work.migration
            }
            (Some(migration), event) => {
                let mut work = Work { turn, workspace: &workspace, migration };
                work.happen(event)?;
                work.migration
            }
            (None, MigrationEvent::Undo) => {
                turn.reply(&Err::<Migration, _>(MigrationRefusal::Unknown));
                return Ok(());
            }
            (None, _) => return Ok(()),
        };
        turn.put(&MIGRATIONS, key, &migration);
        Ok(())
    }

    /// What cannot be taken back for want of a timer can be settled all the same.
    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        self.handle(turn, event)
    }
}

/// A migration living through an event.
struct Work<'a, 't> {
    turn: &'a mut Turn<'t>,
    workspace: &'a WorkspaceId,
    migration: Migration,
}

impl Work<'_, '_> {
    fn happen(&mut self, event: MigrationEvent) -> Result<(), Halt> {
        match event {
            MigrationEvent::Start { .. } => {}
            MigrationEvent::Page { page, people, next } if page == self.migration.page => {
                self.migration.after = next;
                for (contact, node) in people {
                    self.take_up(contact, &node);
                }
                self.go_on();
            }
            MigrationEvent::Page { .. } => {} // of a page that is over
            MigrationEvent::Told { contact, landed } => self.told(contact, &landed),
            MigrationEvent::Undo => {
                let migration = &mut self.migration;
                let refused = match migration.stage {
                    MigrationStage::Done => None,
                    MigrationStage::Running => Some(MigrationRefusal::Running),
                    _ => Some(MigrationRefusal::TooLate),
                };
                if let Some(refusal) = refused {
                    self.turn.reply(&Err::<Migration, _>(refusal));
                    return Ok(());
                }
                migration.stage = MigrationStage::Undoing;
                migration.after = None;
                self.next_page();
                self.turn.reply(&Ok::<_, MigrationRefusal>(&self.migration));
            }
            MigrationEvent::Settle => {
                if self.migration.stage == MigrationStage::Done {
                    self.migration.stage = MigrationStage::Settled;
                    self.migration.after = None;
                    self.next_page();
                }
            }
        }
        Ok(())
    }

    fn moved_key(&self, contact: ContactId) -> Key {
        let Migration { flow, id, .. } = &self.migration;
        Migration::moved(self.workspace, flow, id).text(&contact.to_string())
    }

    fn take_up(&mut self, contact: ContactId, node: &NodeId) {
        let Migration { id, flow, from, to, landings, stage, .. } = &self.migration;
        let order = match stage {
            MigrationStage::Running => match landings.get(node) {
                None | Some(Landing::Stay) => return self.migration.counts.add(&Landed::Stayed),
                Some(landing) => ContactEvent::Migrate(Migrate {
                    migration: id.clone(),
                    flow: flow.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    node: node.clone(),
                    landing: landing.clone(),
                }),
            },
            MigrationStage::Undoing => {
                ContactEvent::MigrateBack { migration: id.clone(), flow: flow.clone() }
            }
            // It stands: nobody is taken back any more.
            _ => return self.turn.delete(self.moved_key(contact)),
        };
        self.turn.mail(contact_entity(contact), &order);
        self.migration.pending.insert(contact);
    }

    fn told(&mut self, contact: ContactId, landed: &Landed) {
        if !self.migration.pending.remove(&contact) {
            return;
        }
        match landed {
            // It went on by itself: what becomes of it there?
            Landed::Elsewhere(node) => self.take_up(contact, node),
            landed => self.migration.counts.add(landed),
        }
        let key = self.moved_key(contact);
        match landed {
            Landed::Moved => self.turn.put(&MIGRATED, key, &()),
            Landed::Back | Landed::MovedOn => self.turn.delete(key),
            _ => {}
        }
        self.go_on();
    }

    /// The next page, when this one is done; the end, when there is none.
    fn go_on(&mut self) {
        if !self.migration.pending.is_empty() {
            return;
        }
        if self.migration.after.is_some() {
            return self.next_page();
        }
        let told = Change::Flow {
            workspace: self.workspace.clone(),
            flow: self.migration.flow.clone(),
            version: self.migration.to.clone(),
        };
        self.turn.publish(&told);
        match self.migration.stage {
            MigrationStage::Running => {
                self.migration.stage = MigrationStage::Done;
                let this = self.turn.this().clone();
                let due = self.turn.now() + TAKEN_BACK;
                self.turn.set_timer(&this, due, SETTLES, &MigrationEvent::Settle);
            }
            MigrationStage::Undoing => self.migration.stage = MigrationStage::Undone,
            _ => {}
        }
    }

    fn next_page(&mut self) {
        self.migration.page += 1;
        let Migration { flow, id, from, after, page, stage, .. } = &self.migration;
        let order = PeopleOrder {
            workspace: self.workspace.clone(),
            flow: flow.clone(),
            migration: id.clone(),
            inside: (*stage == MigrationStage::Running).then(|| from.clone()),
            after: *after,
            limit: PAGE,
            page: *page,
        };
        let this = self.turn.this().clone();
        self.turn.call(&this, PEOPLE, &page.to_string(), &order);
    }
}
