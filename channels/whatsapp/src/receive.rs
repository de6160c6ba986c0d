//! A webhook's body, taken apart: every entry, change, message and status of the batch, none lost for
//! what is wrong with another.

use cauce_model::{AccountId, Inbound, Timestamp, WorkspaceId};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::{self, Fields};
use crate::message;

/// Whose number a webhook was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRef {
    /// The connected account.
    pub account: AccountId,
    /// The workspace it belongs to.
    pub workspace: WorkspaceId,
    /// The business portfolio, within which business-scoped user ids are unique.
    pub portfolio: String,
}

/// One element of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub enum Element {
    /// Understood.
    Inbound(Inbound),
    /// Valid JSON that moves no conversation: to be recorded, and answered with 200 like the others.
    Other {
        /// Why.
        reason: Reason,
        /// The `phone_number_id` it was sent to, when it says.
        number: Option<String>,
        /// The element as it came; its text, when no JSON value can hold it.
        raw: Value,
    },
}

/// Why an element moves no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The body is not one of WhatsApp's.
    #[error("the body is no WhatsApp webhook")]
    NotWhatsApp,
    /// A field other than `messages`, or a part of it that is not read yet.
    #[error("a field that is not read")]
    UnknownField,
    /// No connected account has this number.
    #[error("no connected account has this number")]
    UnknownNumber,
    /// Something that every such element has is missing or wrong; which.
    #[error("the element's {0} is missing or wrong")]
    Malformed(&'static str),
    /// It was written in, or is about, a group.
    #[error("a group message")]
    Group,
    /// WhatsApp tells of the contact (a new number, a new identity); the contact wrote nothing.
    #[error("a notice about the contact")]
    Notice,
    /// A status that is not known.
    #[error("an unknown status")]
    UnknownStatus,
    /// WhatsApp reports a problem of the account or of this webhook.
    #[error("an error that WhatsApp reports")]
    ProviderError,
}

impl Reason {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotWhatsApp => "webhook.not_whatsapp",
            Self::UnknownField => "webhook.unknown_field",
            Self::UnknownNumber => "webhook.unknown_number",
            Self::Malformed(_) => "webhook.malformed",
            Self::Group => "webhook.group",
            Self::Notice => "webhook.notice",
            Self::UnknownStatus => "webhook.unknown_status",
            Self::ProviderError => "webhook.provider_error",
        }
    }
}

/// The body is not JSON: 400, nothing to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook's body is not JSON")]
pub struct NotJson;

/// Takes a body apart. `directory` finds the connected account of a `phone_number_id`.
///
/// Elements come in the order of the body, but messages and statuses among themselves by the provider's
/// time, then position. Sizes are not looked at: the HTTP layer accepts
/// [`MAX_WEBHOOK_BYTES`](crate::MAX_WEBHOOK_BYTES).
///
/// # Errors
/// [`NotJson`] and nothing else.
pub fn decode(body: &[u8], directory: &dyn Fn(&str) -> Option<AccountRef>) -> Result<Vec<Element>, NotJson> {
    let root: &RawValue = serde_json::from_slice(body).map_err(|_| NotJson)?;
    let mut batch = Batch { directory, elements: Vec::new() };
    batch.body(root);
    in_order_of_time(&mut batch.elements);
    Ok(batch.elements)
}

struct Batch<'d> {
    directory: &'d dyn Fn(&str) -> Option<AccountRef>,
    elements: Vec<Element>,
}

impl Batch<'_> {
    fn body(&mut self, root: &RawValue) {
        let body = json::fields(root).filter(|body| string(body, "object") == "whatsapp_business_account");
        let Some(entries) = body.and_then(|body| json::items(body.get("entry")?)) else {
            return self.other(Reason::NotWhatsApp, None, root);
        };
        for entry in entries {
            match json::fields(entry).and_then(|entry| json::items(entry.get("changes")?)) {
                Some(changes) => changes.into_iter().for_each(|change| self.change(change)),
                None => self.other(Reason::Malformed("entry"), None, entry),
            }
        }
    }

    fn change(&mut self, raw: &RawValue) {
        let Some(change) = json::fields(raw) else {
            return self.other(Reason::Malformed("change"), None, raw);
        };
        let value = change.get("value").and_then(|value| json::fields(value));
        let number = value.as_ref().and_then(number);
        match value {
            _ if string(&change, "field") != "messages" => self.other(Reason::UnknownField, number, raw),
            Some(value) => self.messages(&value, number.as_deref()),
            None => self.other(Reason::Malformed("change"), None, raw),
        }
    }

    fn messages(&mut self, value: &Fields<'_>, number: Option<&str>) {
        let account = number.and_then(|number| (self.directory)(number)).ok_or(Reason::UnknownNumber);
        let contacts: Vec<Value> = value
            .get("contacts")
            .and_then(|contacts| json::items(contacts))
            .map(|contacts| contacts.into_iter().filter_map(|contact| json::read(contact).ok()).collect())
            .unwrap_or_default();

        let message = |element: &Value| {
            let account = account.as_ref().map_err(|reason| *reason)?;
            message::message(element, &contacts, account).map(Inbound::Message)
        };
        let status = |element: &Value| {
            let account = account.as_ref().map_err(|reason| *reason)?;
            message::status(element, account).map(Inbound::Status)
        };
        self.each(value, "messages", number, message);
        self.each(value, "statuses", number, status);
        self.each(value, "errors", number, |_| Err(Reason::ProviderError));
        const READ: [&str; 6] =
            ["messaging_product", "metadata", "contacts", "messages", "statuses", "errors"];
        for key in value.keys().filter(|key| !READ.contains(&key.as_str())) {
            self.each(value, key, number, |_| Err(Reason::UnknownField));
        }
    }

    /// Every item of the array under `key`, by itself.
    fn each(
        &mut self,
        value: &Fields<'_>,
        key: &str,
        number: Option<&str>,
        understand: impl Fn(&Value) -> Result<Inbound, Reason>,
    ) {
        let Some(array) = value.get(key) else { return };
        for raw in json::items(array).unwrap_or_else(|| vec![array]) {
            let understood = match json::read(raw) {
                Ok(element) if element.is_object() => understand(&element),
                _ => Err(Reason::Malformed("shape")),
            };
            match understood {
                Ok(inbound) => self.elements.push(Element::Inbound(inbound)),
                Err(reason) => self.other(reason, number.map(str::to_owned), raw),
            }
        }
    }

    fn other(&mut self, reason: Reason, number: Option<String>, raw: &RawValue) {
        self.elements.push(Element::Other { reason, number, raw: json::keep(raw) });
    }
}

/// A text among unread fields; empty when there is none.
fn string(fields: &Fields<'_>, key: &str) -> String {
    let value = fields.get(key).and_then(|raw| json::read(raw).ok());
    value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Fields<'_>) -> Option<String> {
    let metadata = json::read(value.get("metadata")?).ok()?;
    message::text(&metadata, "phone_number_id").map(str::to_owned)
}

/// Puts what is understood in the order of the provider's time, then position; the rest stays in place.
fn in_order_of_time(elements: &mut [Element]) {
    let at = |element: &Element| -> Option<Timestamp> {
        match element {
            Element::Inbound(Inbound::Message(message)) => Some(message.at),
            Element::Inbound(Inbound::Status(status)) => Some(status.at),
            Element::Other { .. } => None,
        }
    };
    let places: Vec<&mut Element> = elements.iter_mut().filter(|e| at(e).is_some()).collect();
    if places.is_sorted_by_key(|element| at(element)) {
        return;
    }
    let mut sorted: Vec<Element> = places.iter().map(|element| (**element).clone()).collect();
    sorted.sort_by_key(at);
    for (place, element) in places.into_iter().zip(sorted) {
        *place = element;
    }
}
