//! The Contact: what happens to one person's conversation.
//!
//! One entity per contact owns its messages, its run of a flow, its 24-hour window, what waits to
//! be sent, and the opening and closing of its cases. Everybody changes a contact only by sending
//! it a [`cauce_model::ContactEvent`]. A file each: `contact` who takes events, `address` how an
//! address finds its contact, `hear` what the customer does, `history` the messages, `walk` runs of
//! flows, `outbox` sending, `outside` calls to servers and received files, `people` handoff, `merge`
//! two contacts that are one person, `replay` what a recorded run read and why it went as it did, `catalogue`
//! the workspace's published flows, `drafts` what is worked on, `canary` versions on trial, `migrate` and
//! `migrations` moving people to another version, `schedules` flows that begin by themselves, `tables` the rows.

mod address;
pub mod canary;
mod catalogue;
mod consent;
mod contact;
pub mod doctor;
pub mod drafts;
mod hear;
pub mod history;
mod merge;
mod migrate;
pub mod migrations;
mod outbox;
mod outside;
mod people;
pub mod replay;
pub mod schedules;
mod tables;
mod walk;

use cauce_model::{Address, Assignee, ContactId, Slot, WorkspaceId};
use cauce_runtime::{EntityAddress, EntityKind};
use serde::{Deserialize, Serialize};

pub use address::{AddressEvent, Binding, Former};
pub use catalogue::{
    CATALOGUES, Catalogues, EVERYWHERE, FILES, FlowHead, How, LoadError, PUBLICATIONS, Programs, Publication,
    Publish, Published, VERSIONS, VersionRow, Workspace, WorkspaceEvent, file_key,
};
pub use contact::{Contacts, Home};
pub use migrate::{MovedRun, TAKEN_BACK};
pub use outbox::{Attempt, SEND, SendOrder, Sending};
pub use outside::{FETCH_MEDIA, FetchOrder, HTTP, HttpOrder, Presence, SHOW};
pub use tables::{
    BINDINGS, CASES, CHUNKS, CONTACTS, Consented, Contact, FETCHES, HTTP_CALLS, JOURNAL, JournalEntry,
    JournalEvent, LastLine, MESSAGES, MOVED, PROVIDER_IDS, PendingCall, RECENTS, RUNS, Rated, Reached,
    RunHead, RunStage, TAILS, WINDOW, of_contact,
};
pub use walk::facts_of;

/// Contacts, by id.
pub const CONTACT: EntityKind = EntityKind(1);
/// The Desk of a workspace, by workspace.
pub const DESK: EntityKind = EntityKind(2);
/// Workspaces, by id.
pub const WORKSPACE: EntityKind = EntityKind(3);
/// Addresses, by [`Address::key`].
pub const ADDRESS: EntityKind = EntityKind(4);

/// Migrations, by workspace, flow and id.
pub const MIGRATION: EntityKind = EntityKind(6);

/// What flows do by themselves, by workspace and flow.
pub const SCHEDULE: EntityKind = EntityKind(7);

/// Where a contact lives.
pub fn contact_entity(id: ContactId) -> EntityAddress {
    EntityAddress { kind: CONTACT, slot: id.slot(), key: id.to_string() }
}

/// Where an address is looked after; who writes from it is handled there.
pub fn address_entity(address: &Address) -> EntityAddress {
    EntityAddress { kind: ADDRESS, slot: address.slot(), key: address.key() }
}

/// Where the Desk of a workspace lives.
pub fn desk_entity(workspace: &WorkspaceId) -> EntityAddress {
    EntityAddress { kind: DESK, slot: Slot::of(&format!("desk {workspace}")), key: workspace.to_string() }
}

/// Where a workspace lives.
pub fn workspace_entity(workspace: &WorkspaceId) -> EntityAddress {
    EntityAddress { kind: WORKSPACE, slot: workspace_slot(workspace), key: workspace.to_string() }
}

/// The slot of a workspace's own rows.
pub fn workspace_slot(workspace: &WorkspaceId) -> Slot {
    Slot::of(&format!("workspace {workspace}"))
}

/// Why a person's command was not carried out. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// Somebody else looks after the case.
    #[error("the case is looked after by {}", holder.name)]
    Taken {
        /// Who.
        holder: Assignee,
    },
    /// Nobody has taken the case yet.
    #[error("nobody has taken the case yet")]
    NotTaken,
    /// The case is over.
    #[error("the case is over")]
    Ended,
    /// The case moved on since the person saw it.
    #[error("the case moved on")]
    Stale,
    /// There is no such case.
    #[error("there is no such case")]
    Unknown,
    /// More than 24 hours have passed since the customer wrote: free text does not reach them.
    #[error("the customer wrote more than 24 hours ago")]
    WindowClosed,
}
