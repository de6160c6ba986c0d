//! What became of a message of ours, and what WhatsApp says went wrong.

use cauce_model::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::seconds;
use crate::value::{integer, items, owned, time};

/// What became of a message of ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusEvent {
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `sent`, `delivered`, `read`, `played`, `failed`, or what is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it happened.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Whom it was sent to, or the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_id: Option<String>,
    /// The same person's business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_user_id: Option<String>,
    /// `group` when it was sent to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient_type: Option<String>,
    /// Who in the group it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<String>,
    /// What we sent along to get back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opaque: Option<String>,
    /// The price's category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Whether it is paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billable: Option<bool>,
    /// The conversation it counts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// Why it failed.
    #[serde(serialize_with = "codes", skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
}

impl StatusEvent {
    pub(super) fn read(element: &Value) -> Self {
        let conversation = element.get("conversation").unwrap_or(&Value::Null);
        // One of Meta's samples has the price inside the conversation.
        let pricing = element.get("pricing").or_else(|| conversation.get("pricing")).unwrap_or(&Value::Null);
        Self {
            id: owned(element, "id"),
            status: owned(element, "status"),
            timestamp: time(element, "timestamp"),
            recipient_id: owned(element, "recipient_id"),
            recipient_user_id: owned(element, "recipient_user_id"),
            recipient_type: owned(element, "recipient_type"),
            // Meta spells it in both ways.
            participant_id: owned(element, "recipient_participant_id")
                .or_else(|| owned(element, "participant_recipient_id")),
            opaque: owned(element, "biz_opaque_callback_data"),
            category: owned(pricing, "category"),
            billable: pricing.get("billable").and_then(Value::as_bool),
            conversation: owned(conversation, "id"),
            errors: ProviderError::all(element),
        }
    }
}

/// A problem as Meta tells it. The code decides; the words are English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderError {
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Mostly the name again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What happened, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
}

impl ProviderError {
    pub(super) fn read(error: &Value) -> Self {
        Self {
            code: error.get("code").and_then(integer),
            title: owned(error, "title"),
            message: owned(error, "message"),
            details: error.get("error_data").and_then(|data| owned(data, "details")),
        }
    }

    /// Those under `errors`.
    pub(super) fn all(element: &Value) -> Vec<Self> {
        items(element, "errors").iter().map(Self::read).collect()
    }

    /// The words that say most.
    pub fn words(&self) -> &str {
        let words = self.details.as_deref().or(self.title.as_deref()).or(self.message.as_deref());
        words.unwrap_or_default()
    }
}

/// The codes alone.
pub(super) fn codes<S: Serializer>(errors: &[ProviderError], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(errors.iter().filter_map(|error| error.code))
}
