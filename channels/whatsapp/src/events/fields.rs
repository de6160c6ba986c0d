//! What is neither a message nor its fate: calls, groups, old chats, the phone's book, preferences, and
//! every other field of the subscription.

use cauce_model::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ProviderError, seconds, status};
use crate::value::{items, owned, time};

/// A field without a shape of its own here, or a part of one that is not read.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FieldEvent {
    /// Its name; absent when the change has none or the entry no changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The part of it that is not read, when the rest is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// When it was told.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// What happened: the value's `event`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// Every other single fact of the value, by its own name.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

/// Names in a line that belong to the event itself.
const OWN: [&str; 8] =
    ["waba", "phone_number_id", "event", "field", "part", "time", "event_name", "messaging_product"];

impl FieldEvent {
    pub(super) fn read(value: &Value) -> Self {
        let single = |value: &Value| !(value.is_null() || value.is_array() || value.is_object());
        let facts = value.as_object().into_iter().flatten();
        let mut details: Map<String, Value> = facts
            .filter(|(key, fact)| single(fact) && !OWN.contains(&key.as_str()))
            .map(|(key, fact)| (key.clone(), fact.clone()))
            .collect();
        if let Some(at) = time(value, "timestamp") {
            details.insert("timestamp".to_owned(), (at.millis().div_euclid(1000)).into());
        }
        Self { event_name: owned(value, "event"), details, ..Self::default() }
    }
}

/// A phone call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallEvent {
    /// `wacid…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `connect`, `terminate` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_event: Option<String>,
    /// `USER_INITIATED` or `BUSINESS_INITIATED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// Who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Who is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// What went wrong with the calls of this change.
    #[serde(serialize_with = "status::codes", skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
}

impl CallEvent {
    pub(super) fn read(call: &Value, errors: &[ProviderError]) -> Self {
        Self {
            id: owned(call, "id").or_else(|| owned(call, "wacid")),
            call_event: owned(call, "event"),
            direction: owned(call, "direction"),
            from: owned(call, "from"),
            to: owned(call, "to"),
            status: owned(call, "status"),
            timestamp: time(call, "timestamp"),
            errors: errors.to_vec(),
        }
    }
}

/// A group was made, changed or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupEvent {
    /// The field that tells it (`group_lifecycle_update` …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// What happened (`group_create` …).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What the group is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// What could not be done.
    #[serde(serialize_with = "status::codes", skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
}

impl GroupEvent {
    pub(super) fn read(group: &Value, field: Option<&str>) -> Self {
        Self {
            field: field.map(str::to_owned),
            group_id: owned(group, "group_id"),
            kind: owned(group, "type"),
            subject: owned(group, "subject"),
            timestamp: time(group, "timestamp"),
            errors: ProviderError::all(group),
        }
    }
}

/// Old chats of a phone that was connected, one piece of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryEvent {
    /// How many chats.
    pub threads: usize,
    /// How many messages.
    pub messages: usize,
    /// Why there are none: `2593109` when sharing was declined.
    #[serde(serialize_with = "status::codes")]
    pub errors: Vec<ProviderError>,
}

impl HistoryEvent {
    pub(super) fn read(value: &Value) -> Self {
        let pieces = items(value, "history");
        let threads: Vec<&Value> = pieces.iter().flat_map(|piece| items(piece, "threads")).collect();
        let in_threads: usize = threads.iter().map(|thread| items(thread, "messages").len()).sum();
        let all = pieces.iter().chain([value]);
        Self {
            threads: threads.len(),
            // The files of old chats follow as messages of their own.
            messages: in_threads + items(value, "messages").len(),
            errors: all.flat_map(ProviderError::all).collect(),
        }
    }
}

/// A contact in the phone's own book was added or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateSyncEvent {
    /// `add` or `remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Their phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Their name in the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
}

impl StateSyncEvent {
    pub(super) fn read(sync: &Value) -> Self {
        let contact = sync.get("contact").unwrap_or(&Value::Null);
        let metadata = sync.get("metadata").unwrap_or(&Value::Null);
        Self {
            action: owned(sync, "action"),
            phone: owned(contact, "phone_number"),
            name: owned(contact, "full_name"),
            timestamp: time(sync, "timestamp").or_else(|| time(metadata, "timestamp")),
        }
    }
}

/// A customer wants marketing messages, or wants no more of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreferenceEvent {
    /// Their phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
    /// Their business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// About what: `marketing_messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `stop`, `resume`, `signup`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Meta's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
}

impl PreferenceEvent {
    pub(super) fn read(preference: &Value) -> Self {
        Self {
            wa_id: owned(preference, "wa_id"),
            user_id: owned(preference, "user_id"),
            category: owned(preference, "category"),
            value: owned(preference, "value"),
            detail: owned(preference, "detail"),
            timestamp: time(preference, "timestamp"),
        }
    }
}
