//! The words everybody uses.
//!
//! This crate is pure data: ids, time, addresses, what a message contains, what happened
//! ([`Inbound`], [`ContactEvent`], [`DeskEvent`]) and what was decided ([`Effect`], [`Change`]).
//! It knows no I/O, no clock and no randomness, and imports no other crate of Cauce: what must
//! cross between floors crosses as one of these types.

mod address;
mod case;
mod change;
mod content;
mod effect;
mod event;
mod ids;
mod inbound;
mod message;
mod slot;
mod time;

pub use address::{Address, AddressKind, canonical_phone};
pub use case::{Assignee, Case, CaseState, EndReason};
pub use change::Change;
pub use content::{Button, Content, InboundContent, ListRow, ListSection, MediaRef};
pub use effect::Effect;
pub use event::{ContactEvent, DeskEvent, SendFailure, SendOutcome};
pub use ids::{
    AccountId, CaseId, ContactId, FlowId, IdError, NodeId, QueueId, RunId, UserId, VersionId, WorkspaceId,
};
pub use inbound::{DeliveryStatus, Inbound, InboundMessage, InboundStatus, Profile, Sender};
pub use message::{Author, Direction, Message, MessageError, MessageStatus};
pub use slot::{SLOTS, Slot};
pub use time::{Duration, Timestamp};
