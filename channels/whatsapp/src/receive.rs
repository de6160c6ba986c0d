//! What a webhook means to conversations: every element of the batch, none lost for what is wrong with
//! another. Stands on [`events`](crate::events).

mod content;
mod person;

use cauce_model::{
    AccountId, DeliveryStatus, Inbound, InboundContent, InboundEcho, InboundMessage, InboundStatus,
    Timestamp, WorkspaceId,
};
use serde_json::Value;

use crate::errors::{explain, sort};
use crate::events::{Body, MessageEvent, News, NotJson, StatusEvent, WebhookEvent, walk};
use crate::json;

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
#[allow(clippy::large_enum_variant, reason = "nearly all are of the large one: a box would only cost")]
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
    /// News of the account: templates, quality, security …
    #[error("a field that is about no conversation")]
    Field,
    /// A part of a field that is not read.
    #[error("a part of a field that is not read")]
    UnknownPart,
    /// No connected account has this number.
    #[error("no connected account has this number")]
    UnknownNumber,
    /// Something that every such element has is missing or wrong; which.
    #[error("the element's {0} is missing or wrong")]
    Malformed(&'static str),
    /// It was written in, or is about, a group.
    #[error("a group message, or news of a group")]
    Group,
    /// Somebody opened the chat and wrote nothing.
    #[error("somebody opened the chat")]
    Welcome,
    /// A status that is not known.
    #[error("an unknown status")]
    UnknownStatus,
    /// WhatsApp reports a problem of the account or of this webhook.
    #[error("an error that WhatsApp reports")]
    ProviderError,
    /// A phone call.
    #[error("a phone call")]
    Call,
    /// Old chats of a phone that was connected: never to be answered.
    #[error("old chats of a connected phone")]
    History,
    /// The contact book of a connected phone.
    #[error("the contact book of a connected phone")]
    StateSync,
    /// Whether somebody wants marketing messages.
    #[error("a preference about marketing messages")]
    Preference,
}

impl Reason {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotWhatsApp => "webhook.not_whatsapp",
            Self::Field => "webhook.field",
            Self::UnknownPart => "webhook.unknown_part",
            Self::UnknownNumber => "webhook.unknown_number",
            Self::Malformed(_) => "webhook.malformed",
            Self::Group => "webhook.group",
            Self::Welcome => "webhook.welcome",
            Self::UnknownStatus => "webhook.unknown_status",
            Self::ProviderError => "webhook.provider_error",
            Self::Call => "webhook.call",
            Self::History => "webhook.history",
            Self::StateSync => "webhook.state_sync",
            Self::Preference => "webhook.preference",
        }
    }
}

/// Takes a body apart. `directory` finds the connected account of a `phone_number_id`.
///
/// Elements come in the order of [`normalise`](crate::events::normalise), but messages, echoes and statuses
/// among themselves by the provider's time, then position. Sizes are not looked at: the HTTP layer accepts
/// [`MAX_WEBHOOK_BYTES`](crate::MAX_WEBHOOK_BYTES).
///
/// # Errors
/// [`NotJson`] and nothing else.
pub fn decode(body: &[u8], directory: &dyn Fn(&str) -> Option<AccountRef>) -> Result<Vec<Element>, NotJson> {
    let root = json::root(body).ok_or(NotJson)?;
    let Some(events) = walk(root) else {
        return Ok(vec![Element::Other { reason: Reason::NotWhatsApp, number: None, raw: json::keep(root) }]);
    };
    let mut elements: Vec<Element> = events.into_iter().map(|event| element(event, directory)).collect();
    in_order_of_time(&mut elements);
    Ok(elements)
}

fn element(event: WebhookEvent, directory: &dyn Fn(&str) -> Option<AccountRef>) -> Element {
    let account = || event.phone_number_id.as_deref().and_then(directory).ok_or(Reason::UnknownNumber);
    let understood = match &event.news {
        News::Message(said) => account().and_then(|account| message(said, &event.raw, &account)),
        News::Echo(said) => account().and_then(|account| echo(said, &event.raw, &account)),
        News::Status(news) => account().and_then(|account| status(news, &event.raw, &account)),
        News::Error(_) => Err(Reason::ProviderError),
        News::Field(news) if news.part.is_some() => Err(Reason::UnknownPart),
        News::Field(news) => match news.field.as_deref() {
            None => Err(Reason::Malformed("field")),
            // It should have had elements.
            Some("messages") => Err(Reason::Malformed("value")),
            Some(_) => Err(Reason::Field),
        },
        News::Call(_) => Err(Reason::Call),
        News::Group(_) => Err(Reason::Group),
        News::History(_) => Err(Reason::History),
        News::StateSync(_) => Err(Reason::StateSync),
        News::Preference(_) => Err(Reason::Preference),
    };
    match understood {
        Ok(inbound) => Element::Inbound(inbound),
        Err(reason) => Element::Other { reason, number: event.phone_number_id, raw: event.raw },
    }
}

fn message(event: &MessageEvent, raw: &Value, account: &AccountRef) -> Result<Inbound, Reason> {
    conversational(event, raw)?;
    if event.kind.as_deref() == Some("request_welcome") {
        return Err(Reason::Welcome);
    }
    let system = if let Body::System(system) = &event.body { Some(system) } else { None };
    let sender = match system {
        Some(system) => person::before(system, event, account),
        None => person::sender(event, account),
    };
    let content = match system {
        Some(system) => person::notice(system, event, account),
        None => content::of_message(event, raw),
    };
    Ok(Inbound::Message(InboundMessage {
        account: account.account.clone(),
        provider_id: provider_id(event.id.as_deref())?,
        at: event.timestamp.ok_or(Reason::Malformed("timestamp"))?,
        sender: sender.ok_or(Reason::Malformed("sender"))?,
        content,
        context: content::context(&event.context),
    }))
}

fn echo(event: &MessageEvent, raw: &Value, account: &AccountRef) -> Result<Inbound, Reason> {
    conversational(event, raw)?;
    Ok(Inbound::Echo(InboundEcho {
        account: account.account.clone(),
        provider_id: provider_id(event.id.as_deref())?,
        at: event.timestamp.ok_or(Reason::Malformed("timestamp"))?,
        recipient: person::recipient(event, account).ok_or(Reason::Malformed("recipient"))?,
        content: content::of_message(event, raw),
    }))
}

/// Whether a message can be part of a conversation between two.
fn conversational(event: &MessageEvent, raw: &Value) -> Result<(), Reason> {
    if !raw.is_object() {
        return Err(Reason::Malformed("shape"));
    }
    // Whatever stands there: with a group id of another shape it is no less a group.
    if raw.get("group_id").is_some_and(|id| !id.is_null()) || event.group_id.is_some() {
        return Err(Reason::Group);
    }
    Ok(())
}

fn status(event: &StatusEvent, raw: &Value, account: &AccountRef) -> Result<Inbound, Reason> {
    if !raw.is_object() {
        return Err(Reason::Malformed("shape"));
    }
    if event.recipient_type.as_deref() == Some("group") || event.participant_id.is_some() {
        return Err(Reason::Group);
    }
    let news = match event.status.as_deref().ok_or(Reason::Malformed("status"))? {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        // A voice message that was played has been read.
        "read" | "played" => DeliveryStatus::Read,
        "failed" => DeliveryStatus::Failed,
        _ => return Err(Reason::UnknownStatus),
    };
    let error = event.errors.first();
    let class = error.and_then(|error| error.code).map(sort).unwrap_or_default();
    Ok(Inbound::Status(InboundStatus {
        account: account.account.clone(),
        provider_id: provider_id(event.id.as_deref())?,
        attempt: event.opaque.clone(),
        status: news,
        at: event.timestamp.ok_or(Reason::Malformed("timestamp"))?,
        error: error.and_then(|error| Some((error.code?, explain(error.code?, error.words())))),
        class,
    }))
}

/// The longest id of a message that is believed, in bytes; real ones have about 60.
const MAX_ID_BYTES: usize = 512;

fn provider_id(id: Option<&str>) -> Result<String, Reason> {
    match id {
        Some(id) if id.len() <= MAX_ID_BYTES && !id.chars().any(char::is_control) => Ok(id.to_owned()),
        _ => Err(Reason::Malformed("id")),
    }
}

/// Puts what is understood in the order of the provider's time, then position; the rest stays in place.
fn in_order_of_time(elements: &mut [Element]) {
    let at = |element: &Element| -> Option<Timestamp> {
        match element {
            Element::Inbound(Inbound::Message(message)) => Some(message.at),
            Element::Inbound(Inbound::Status(status)) => Some(status.at),
            Element::Inbound(Inbound::Echo(echo)) => Some(echo.at),
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

/// A message that is not read, whole.
fn unsupported(event: &MessageEvent, raw: &Value) -> InboundContent {
    let kind = event.kind.as_deref().unwrap_or("unknown");
    let kind = match &event.body {
        // `poll_creation` tells more than that it is unsupported.
        Body::Other { subtype: Some(subtype) } if kind == "unsupported" => subtype,
        _ => kind,
    };
    InboundContent::Unsupported { kind: kind.to_owned(), raw: raw.clone() }
}
