//! A message of a customer's, or of the business's own phone.

use cauce_model::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Body, Contact, Context, ProviderError, seconds, status};
use crate::value::{owned, text, time};

/// A message, with what every message has. Anything may be absent: nothing is refused here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageEvent {
    /// `wamid…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who wrote: a phone in digits; seldom a business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The same person's business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_user_id: Option<String>,
    /// The same person's id in the parent portfolio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_parent_user_id: Option<String>,
    /// To whom the business wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The same person's business-scoped user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_user_id: Option<String>,
    /// The group it was written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<String>,
    /// Meta's name of its type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When it was written.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// Who wrote (of an echo: to whom), as `contacts` has them.
    #[serde(flatten)]
    pub contact: Contact,
    /// To what it belongs.
    #[serde(flatten)]
    pub context: Context,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
    /// What WhatsApp could not do with it.
    #[serde(serialize_with = "status::codes", skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProviderError>,
}

impl MessageEvent {
    /// A customer's message. `alone` when there is no other in its change.
    pub(super) fn message(element: &Value, contacts: &[Value], alone: bool) -> Self {
        let (from, user_id) = (text(element, "from"), text(element, "from_user_id"));
        let contact = Contact::of(from, user_id, contacts);
        let contact = contact.or_else(|| Contact::only(contacts).filter(|_| alone));
        Self::read(element, contact)
    }

    /// A message of the business's own phone.
    pub(super) fn echo(element: &Value, contacts: &[Value]) -> Self {
        Self::read(element, Contact::of(text(element, "to"), text(element, "to_user_id"), contacts))
    }

    fn read(element: &Value, contact: Option<Contact>) -> Self {
        Self {
            id: owned(element, "id"),
            from: owned(element, "from"),
            from_user_id: owned(element, "from_user_id"),
            from_parent_user_id: owned(element, "from_parent_user_id"),
            to: owned(element, "to"),
            to_user_id: owned(element, "to_user_id"),
            group_id: owned(element, "group_id"),
            kind: owned(element, "type"),
            timestamp: time(element, "timestamp"),
            contact: contact.unwrap_or_default(),
            context: Context::read(element),
            body: Body::read(element),
            errors: ProviderError::all(element),
        }
    }
}
