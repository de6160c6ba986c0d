//! The WhatsApp Cloud API: webhooks in, messages out.
//!
//! In: [`signature`] says whether Meta wrote the body, [`events`] takes it apart into one vocabulary,
//! [`receive`] says what it means to conversations ([`Inbound`](cauce_model::Inbound) values), [`handshake`]
//! answers the subscription. Out: [`body`] writes what is posted, [`Graph`] posts it and carries files in
//! both directions, [`outcome`] says what came of it. Nothing here stores, decides or knows who is connected:
//! accounts come in as arguments, what happened goes out as data.

pub mod body;
pub mod errors;
pub mod events;
pub mod handshake;
mod json;
pub mod media;
pub mod outcome;
pub mod receive;
pub mod send;
pub mod signature;
mod value;
mod vcard;

pub use events::{NotJson, WebhookEvent, lines, normalise};
pub use media::{Downloaded, MediaError, MediaLookup};
pub use receive::{AccountRef, Element, Reason, decode};
pub use send::{AccountCredentials, Graph, GraphError};

/// The largest webhook body that Meta sends, in bytes (3 MB).
pub const MAX_WEBHOOK_BYTES: usize = 3 * 1024 * 1024;
