//! The body of a send. Pure; what breaks WhatsApp's limits is refused here, before anything leaves.

mod interactive;
mod media;
mod refused;

use cauce_model::{ContactCard, Content, FailureClass, Location, SendFailure, limits};
use serde_json::{Value, json};

pub use media::check_file;

use crate::value::{is_bsuid, is_phone};
use refused::{chars, limit, within};

/// What is posted to `/{phone_number_id}/messages`. `to` is a phone in digits or a business-scoped user
/// id; `attempt` comes back in every status of the message; `media_id` is what
/// [`Graph::upload`](crate::Graph::upload) gave for a file of the store, and counts for nothing else.
///
/// # Errors
/// Code `limit` for what WhatsApp would refuse (its limits count Unicode characters; ids, bytes), code
/// `recipient` when `to` is neither, code `media` for a file of the store without `media_id`.
pub fn build(
    to: &str,
    content: &Content,
    attempt: &str,
    media_id: Option<&str>,
) -> Result<Value, SendFailure> {
    let recipient = match to {
        phone if is_phone(phone) => "to",
        id if is_bsuid(id) => "recipient",
        _ => {
            let text = "El contacto no tiene una dirección de WhatsApp válida.";
            return Err(SendFailure::new(FailureClass::Unreachable, "recipient", text));
        }
    };
    let (kind, what) = kind_and_body(content, media_id)?;
    within("El identificador del envío", attempt.len(), 1, 512)?;
    Ok(json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        recipient: to,
        "type": kind,
        kind: what,
        "biz_opaque_callback_data": attempt,
    }))
}

/// What is posted to show that a message was read; `typing` shows "typing…" for at most 25 seconds.
pub fn read_mark(provider_id: &str, typing: bool) -> Value {
    let mut mark = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": provider_id });
    if typing {
        mark["typing_indicator"] = json!({ "type": "text" });
    }
    mark
}

fn kind_and_body(content: &Content, media_id: Option<&str>) -> Result<(&'static str, Value), SendFailure> {
    Ok(match content {
        Content::Text { body } => {
            within("El texto", chars(body), 1, limits::TEXT_BODY)?;
            ("text", json!({ "body": body }))
        }
        Content::Media { media, source, caption, filename } => {
            media::body(*media, source, caption.as_deref(), filename.as_deref(), media_id)?
        }
        Content::Location(place) => ("location", location(place)?),
        Content::Contacts { cards } => {
            within("La cantidad de contactos", cards.len(), 1, limits::CARDS)?;
            ("contacts", cards.iter().map(card).collect::<Result<_, _>>()?)
        }
        Content::Reaction { message_id, emoji } => {
            within("El identificador del mensaje", message_id.len(), 1, 512)?;
            ("reaction", json!({ "message_id": message_id, "emoji": emoji }))
        }
        Content::Buttons { body, footer, buttons } => {
            ("interactive", interactive::buttons(body, footer.as_deref(), buttons)?)
        }
        Content::List { body, footer, button, sections } => {
            ("interactive", interactive::list(body, footer.as_deref(), button, sections)?)
        }
        Content::Link { body, footer, title, url } => {
            ("interactive", interactive::link(body, footer.as_deref(), title, url)?)
        }
        Content::LocationRequest { body } => ("interactive", interactive::location_request(body)?),
    })
}

fn location(place: &Location) -> Result<Value, SendFailure> {
    // Written so that what is no number is outside too.
    if !(place.latitude.abs() <= 90.0 && place.longitude.abs() <= 180.0) {
        return Err(limit("La ubicación está fuera del mapa.".to_owned()));
    }
    let mut body =
        json!({ "latitude": place.latitude.to_string(), "longitude": place.longitude.to_string() });
    for (key, text) in [("name", &place.name), ("address", &place.address)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            body[key] = text.into();
        }
    }
    Ok(body)
}

fn card(card: &ContactCard) -> Result<Value, SendFailure> {
    if card.name.trim().is_empty() {
        return Err(limit("Cada contacto necesita un nombre.".to_owned()));
    }
    // The whole name alone is refused: one of its parts must be there too.
    let mut body = json!({ "name": { "formatted_name": card.name, "first_name": card.name } });
    let each = |key: &str, values: &[String]| -> Value { values.iter().map(|v| json!({ key: v })).collect() };
    if !card.phones.is_empty() {
        body["phones"] = each("phone", &card.phones);
    }
    if !card.emails.is_empty() {
        body["emails"] = each("email", &card.emails);
    }
    if let Some(organisation) = card.organisation.as_deref().filter(|name| !name.is_empty()) {
        body["org"] = json!({ "company": organisation });
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
