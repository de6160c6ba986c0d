//! The words everybody uses.
//!
//! This crate is pure data: ids, time, addresses, what a message contains, what happened
//! ([`Inbound`], [`ContactEvent`], [`DeskEvent`]) and what was decided ([`Effect`], [`Change`]).
//! It knows no I/O, no clock and no randomness, and imports no other crate of Cauce: what must
//! cross between floors crosses as one of these types.

mod address;
mod case;
mod change;
mod consent;
mod content;
mod delivery;
mod effect;
mod event;
mod file;
mod http;
mod ids;
mod inbound;
pub mod limits;
mod message;
mod migration;
mod slot;
mod time;

pub use address::{Address, AddressKind, canonical_phone};
pub use case::{Assignee, Case, CaseState, EndReason};
pub use change::Change;
pub use consent::Consent;
pub use content::{
    Button, ContactCard, Content, InboundContent, ListRow, ListSection, Location, MediaSource, MediaState,
    OrderItem, ReceivedMedia,
};
pub use delivery::{Delivery, FailureClass};
pub use effect::Effect;
pub use event::{ContactEvent, DeskEvent, SendFailure, SendOutcome};
pub use file::{FileId, MediaKind, StoredFile};
pub use http::{HttpAnswer, HttpBody, HttpFailure, HttpHeader, HttpMethod, HttpOutcome, HttpRequest};
pub use ids::{
    AccountId, CaseId, ContactId, FlowId, IdError, NodeId, QueueId, RunId, UserId, VersionId, WorkspaceId,
};
pub use inbound::{
    DeliveryStatus, Forwarded, Inbound, InboundEcho, InboundMessage, InboundStatus, MessageContext, Profile,
    Referral, Sender,
};
pub use message::{Author, Direction, Edit, Message, MessageError, MessageStatus, Reaction};
pub use migration::{Landed, Landing, Migrate};
pub use slot::{SLOTS, Slot};
pub use time::{Duration, Timestamp};
