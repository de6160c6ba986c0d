//! Webhooks in one vocabulary: what each element of a body says, one flat JSON object each.
//!
//! Nothing is judged here. Whose account it is, whether an id is usable and what a conversation makes of it
//! is [`receive`](crate::receive)'s, which stands on this. What is not known (types, fields, values of
//! enums, further keys) is kept: in the event where it has a place, and always in its `raw`.

mod contact;
mod content;
mod context;
mod fields;
mod message;
mod status;
mod system;
mod walk;

use serde::{Serialize, Serializer};
use serde_json::Value;

use cauce_model::Timestamp;

pub use contact::Contact;
pub use content::{Body, Item, MediaBody};
pub use context::{Context, Referral};
pub use fields::{CallEvent, FieldEvent, GroupEvent, HistoryEvent, PreferenceEvent, StateSyncEvent};
pub use message::MessageEvent;
pub use status::{ProviderError, StatusEvent};
pub use system::System;
pub(crate) use walk::walk;

use crate::json;

/// The body is not JSON: 400, nothing to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook's body is not JSON")]
pub struct NotJson;

/// One element of a webhook. Serialises as one flat object; texts, ids and codes are Meta's own, times are
/// whole seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WebhookEvent {
    /// The WhatsApp business account it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waba: Option<String>,
    /// Meta's id of the number it was sent to, when it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_id: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub news: News,
    /// The element as it came; its text, when no JSON value can hold it. Not serialised.
    #[serde(skip)]
    pub raw: Value,
}

/// What an element of a webhook says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum News {
    /// A customer wrote, or the network tells something about a customer.
    Message(Box<MessageEvent>),
    /// The business wrote with its own phone.
    Echo(Box<MessageEvent>),
    /// What became of a message of ours.
    Status(StatusEvent),
    /// A problem of the account, or of this webhook.
    Error(ProviderError),
    /// Another field, or a part of one that is not read.
    Field(FieldEvent),
    /// A phone call.
    Call(CallEvent),
    /// A group was made, changed or left.
    Group(GroupEvent),
    /// Old chats of a phone that was connected.
    History(HistoryEvent),
    /// A contact in the phone's own book.
    StateSync(StateSyncEvent),
    /// A customer wants marketing messages, or wants no more of them.
    Preference(PreferenceEvent),
}

/// Takes a body apart: every entry, change and element of it, in the order of the body, none lost for what
/// is wrong with another. Within a change: messages, statuses, errors, echoes, calls, groups, contacts of
/// the phone's book, preferences, parts that are not read.
///
/// JSON that is no WhatsApp webhook gives nothing.
///
/// # Errors
/// [`NotJson`] and nothing else.
pub fn normalise(body: &[u8]) -> Result<Vec<WebhookEvent>, NotJson> {
    let root = json::root(body).ok_or(NotJson)?;
    Ok(walk(root).unwrap_or_default())
}

/// The events of a body as lines of JSON.
///
/// # Errors
/// [`NotJson`] and nothing else.
pub fn lines(body: &[u8]) -> Result<Vec<String>, NotJson> {
    let line = |event| serde_json::to_string(event).expect("every key of an event is a text");
    Ok(normalise(body)?.iter().map(line).collect())
}

/// A time as whole seconds.
fn seconds<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.millis().div_euclid(1000)).serialize(to)
}

/// How many there are.
fn count<T, S: Serializer>(items: &[T], to: S) -> Result<S::Ok, S::Error> {
    items.len().serialize(to)
}
