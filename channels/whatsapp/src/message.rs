//! One element of a webhook, understood: a customer's message, or news of one of ours.

use cauce_model::{
    Address, DeliveryStatus, InboundContent, InboundMessage, InboundStatus, MediaRef, Profile, Sender,
    Timestamp,
};
use serde_json::Value;

use crate::errors::explain;
use crate::receive::{AccountRef, Reason};

/// The longest id of a message that is believed, in bytes; real ones have about 60.
const MAX_ID_BYTES: usize = 512;

/// A customer's message.
pub(crate) fn message(
    message: &Value,
    contacts: &[Value],
    account: &AccountRef,
) -> Result<InboundMessage, Reason> {
    if message.get("group_id").is_some_and(|id| !id.is_null()) {
        return Err(Reason::Group);
    }
    if matches!(text(message, "type"), Some("system" | "request_welcome")) {
        return Err(Reason::Notice);
    }
    Ok(InboundMessage {
        account: account.account.clone(),
        provider_id: provider_id(message)?,
        at: timestamp(message)?,
        sender: sender(message, contacts, account).ok_or(Reason::Malformed("sender"))?,
        content: content(message),
    })
}

/// News of a message that we sent.
pub(crate) fn status(status: &Value, account: &AccountRef) -> Result<InboundStatus, Reason> {
    if text(status, "recipient_type") == Some("group") {
        return Err(Reason::Group);
    }
    let news = match text(status, "status").ok_or(Reason::Malformed("status"))? {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        // A voice message that was played has been read.
        "read" | "played" => DeliveryStatus::Read,
        "failed" => DeliveryStatus::Failed,
        _ => return Err(Reason::UnknownStatus),
    };
    Ok(InboundStatus {
        account: account.account.clone(),
        provider_id: provider_id(status)?,
        attempt: text(status, "biz_opaque_callback_data").map(str::to_owned),
        status: news,
        at: timestamp(status)?,
        error: status.pointer("/errors/0").and_then(provider_error),
    })
}

/// The code of a provider's error and a sentence about it.
fn provider_error(error: &Value) -> Option<(i64, String)> {
    let code = error.get("code").and_then(integer)?;
    let details = error.pointer("/error_data/details").and_then(Value::as_str);
    let words = details.or_else(|| text(error, "title")).or_else(|| text(error, "message"));
    Some((code, explain(code, words.unwrap_or_default())))
}

fn provider_id(element: &Value) -> Result<String, Reason> {
    match text(element, "id") {
        Some(id) if id.len() <= MAX_ID_BYTES && !id.chars().any(char::is_control) => Ok(id.to_owned()),
        _ => Err(Reason::Malformed("id")),
    }
}

/// Seconds since 1970 as text or number. Milliseconds have been seen and are told by their size; what is
/// neither (before 1970, after the year 5138) is no time.
fn timestamp(element: &Value) -> Result<Timestamp, Reason> {
    match element.get("timestamp").and_then(integer) {
        Some(seconds @ 1..=100_000_000_000) => Ok(Timestamp::from_seconds(seconds)),
        Some(millis @ 1_000_000_000_001..=100_000_000_000_000) => Ok(Timestamp(millis)),
        _ => Err(Reason::Malformed("timestamp")),
    }
}

/// Who wrote: `from` and `from_user_id`, completed by the entry of `contacts` that has one of them. Since
/// 2026 the phone may be absent for ever; then the business-scoped id stands alone.
fn sender(message: &Value, contacts: &[Value], account: &AccountRef) -> Option<Sender> {
    let from = text(message, "from");
    let phone = from.filter(|from| is_phone(from));
    let user_id = text(message, "from_user_id").or(from).filter(|id| is_bsuid(id));
    let with = |key: &str, value: Option<&str>| {
        value.and_then(|value| contacts.iter().find(|contact| text(contact, key) == Some(value)))
    };
    let contact = with("wa_id", phone).or_else(|| with("user_id", user_id));
    let of_contact = |key: &str| contact.and_then(|contact| text(contact, key));
    let phone = phone.or(of_contact("wa_id").filter(|id| is_phone(id)));
    let user_id = user_id.or(of_contact("user_id").filter(|id| is_bsuid(id)));

    let by_phone = phone.map(|phone| Address::phone(account.workspace.clone(), phone));
    let by_user_id = user_id.map(|id| Address::bsuid(account.workspace.clone(), &account.portfolio, id));
    let profile = contact.and_then(|contact| contact.get("profile")).unwrap_or(&Value::Null);
    Some(Sender {
        reply_to: phone.or(user_id)?.to_owned(),
        addresses: by_phone.into_iter().chain(by_user_id).collect(),
        profile: Profile {
            name: text(profile, "name").map(str::to_owned),
            // Samples show it with and without the sign.
            username: text(profile, "username").map(|name| name.trim_start_matches('@').to_owned()),
        },
    })
}

/// Digits only, as `from` and `wa_id` are written; E.164 allows 15.
pub(crate) fn is_phone(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

/// A business-scoped user id: a country's two letters, a dot, up to 128 letters and digits, possibly with
/// further dots (`US.13491208655302741918`, `US.ENT.118…`).
pub(crate) fn is_bsuid(id: &str) -> bool {
    let Some((country, rest)) = id.split_once('.') else { return false };
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_alphabetic())
        && (1..=160).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}

/// What was written. A type that is not read, or that lacks what its type promises, is kept whole.
fn content(message: &Value) -> InboundContent {
    let kind = text(message, "type").unwrap_or("unknown");
    let body = message.get(kind).unwrap_or(&Value::Null);
    let understood = match kind {
        "text" => {
            body.get("body").and_then(Value::as_str).map(|text| InboundContent::Text { body: text.into() })
        }
        "image" => image(body),
        "interactive" => choice(body.get("button_reply").or_else(|| body.get("list_reply")), "id", "title"),
        // The quick reply of a template.
        "button" => choice(Some(body), "payload", "text"),
        _ => None,
    };
    understood.unwrap_or_else(|| InboundContent::Unsupported { kind: kind.to_owned(), raw: message.clone() })
}

fn choice(reply: Option<&Value>, id: &str, title: &str) -> Option<InboundContent> {
    let reply = reply?;
    let title = text(reply, title)?;
    Some(InboundContent::Choice { id: text(reply, id).unwrap_or(title).to_owned(), title: title.to_owned() })
}

fn image(body: &Value) -> Option<InboundContent> {
    let media = MediaRef {
        id: text(body, "id")?.to_owned(),
        mime: text(body, "mime_type").unwrap_or_default().to_owned(),
        filename: None,
    };
    Some(InboundContent::Image { media, caption: text(body, "caption").map(str::to_owned) })
}

/// A field that is a text with something in it.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A whole number, written as one or as text.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
