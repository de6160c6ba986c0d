//! The required keys and limits of `POST /messages`, typed from Meta's documents. They are kept apart from every
//! other copy on purpose: this is the second opinion a sender is measured against. Lengths count code points.

mod fields;
mod interactive;

use serde_json::{Map, Value};

use crate::{formats::Kind, graph_error::GraphError};
use fields::{array, entry, object, optional_text, text};

/// To whom a message goes, as the caller wrote it.
#[derive(Clone, Debug, PartialEq)]
pub enum Recipient {
    /// `to`: a phone number; `digits` is its canonical form.
    Phone { input: String, digits: String },
    /// `recipient`: a business-scoped user id.
    UserId(String),
}

type Checked<T> = Result<T, GraphError>;

/// Checks the whole body of a send and says to whom it goes.
///
/// # Errors
/// The Graph error that Meta would answer, for the first thing that is wrong.
pub fn send(body: &Map<String, Value>) -> Checked<Recipient> {
    product(body)?;
    let recipient = recipient(body)?;
    if let Some(kind) = optional_text(body, "recipient_type", "recipient_type", usize::MAX)?
        && kind != "individual"
    {
        return Err(GraphError::unsupported(&format!("recipient_type {kind}")));
    }
    optional_text(body, "biz_opaque_callback_data", "biz_opaque_callback_data", 512)?;
    if body.contains_key("context") {
        let context = object(body, "context", "context")?;
        text(context, "message_id", "context['message_id']", usize::MAX)?;
    }
    match body.get("type").map_or(Some("text"), Value::as_str) {
        Some("text") => text_message(object(body, "text", "text")?)?,
        Some("location") => location(object(body, "location", "location")?)?,
        Some("contacts") => contacts(array(body, "contacts", "contacts")?)?,
        Some("reaction") => reaction(object(body, "reaction", "reaction")?)?,
        Some("interactive") => {
            interactive::interactive(object(body, "interactive", "interactive")?)?;
        }
        Some(word) => match Kind::from_word(word) {
            Some(kind) => media(object(body, word, word)?, kind, word)?,
            None => return Err(GraphError::unsupported(&format!("Message type {word}"))),
        },
        None => return Err(GraphError::invalid("type must be a string.")),
    }
    Ok(recipient)
}

/// Checks `messaging_product`, which every call carries.
///
/// # Errors
/// 100, when it is absent or another product.
pub fn product(body: &Map<String, Value>) -> Checked<()> {
    match body.get("messaging_product").and_then(Value::as_str) {
        Some("whatsapp") => Ok(()),
        Some(other) => {
            Err(GraphError::invalid_call(format!("messaging_product must be whatsapp, not {other}.")))
        }
        None => Err(GraphError::invalid_call("The parameter messaging_product is required.")),
    }
}

fn recipient(body: &Map<String, Value>) -> Checked<Recipient> {
    if let Some(input) = optional_text(body, "to", "to", usize::MAX)? {
        let digits: String = input.chars().filter(|letter| !"+-() ".contains(*letter)).collect();
        let plausible = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !plausible {
            return Err(GraphError::invalid(format!("{input} is not a phone number.")));
        }
        return Ok(Recipient::Phone { input: input.to_owned(), digits });
    }
    match optional_text(body, "recipient", "recipient", usize::MAX)? {
        Some(id) => Ok(Recipient::UserId(id.to_owned())),
        None => Err(GraphError::invalid_call("The parameter to is required.")),
    }
}

fn text_message(content: &Map<String, Value>) -> Checked<()> {
    text(content, "body", "text['body']", 4096)?;
    match content.get("preview_url") {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err(GraphError::invalid("text['preview_url'] must be true or false.")),
    }
}

/// A media object: exactly one of `id` and `link`, and what else its kind takes.
fn media(content: &Map<String, Value>, kind: Kind, path: &str) -> Checked<()> {
    let extras: &[&str] = match kind {
        Kind::Image | Kind::Video => &["caption"],
        Kind::Audio => &["voice"],
        Kind::Document => &["caption", "filename"],
        Kind::Sticker => &[],
    };
    if let Some(odd) =
        content.keys().find(|key| *key != "id" && *key != "link" && !extras.contains(&key.as_str()))
    {
        return Err(GraphError::invalid_call(format!("{path} has an unexpected key {odd}.")));
    }
    let id = optional_text(content, "id", &format!("{path}['id']"), usize::MAX)?;
    let link = web_address(content, "link", &format!("{path}['link']"))?;
    match (id, link) {
        (None, None) => return Err(GraphError::missing(&format!("{path}['id'] or {path}['link']"))),
        (Some(_), Some(_)) => {
            return Err(GraphError::invalid(format!("{path} takes either id or link, not both.")));
        }
        _ => {}
    }
    optional_text(content, "caption", &format!("{path}['caption']"), 1024)?;
    optional_text(content, "filename", &format!("{path}['filename']"), usize::MAX)?;
    match content.get("voice") {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err(GraphError::invalid(format!("{path}['voice'] must be true or false."))),
    }
}

fn web_address<'a>(parent: &'a Map<String, Value>, key: &str, path: &str) -> Checked<Option<&'a str>> {
    let address = optional_text(parent, key, path, usize::MAX)?;
    let is_web = |address: &str| {
        reqwest::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    };
    match address {
        Some(address) if !is_web(address) => {
            Err(GraphError::invalid(format!("{path} is not a web address.")))
        }
        address => Ok(address),
    }
}

fn location(content: &Map<String, Value>) -> Checked<()> {
    for (key, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let path = format!("location['{key}']");
        let value = content.get(key).ok_or_else(|| GraphError::missing(&path))?;
        // Meta takes a number and a number in quotes.
        let degrees = value.as_f64().or_else(|| value.as_str()?.parse().ok());
        if !degrees.is_some_and(|degrees: f64| degrees.abs() <= most) {
            return Err(GraphError::invalid(format!("{path} must be a number from -{most} to {most}.")));
        }
    }
    for key in ["name", "address"] {
        optional_text(content, key, &format!("location['{key}']"), usize::MAX)?;
    }
    Ok(())
}

fn contacts(cards: &[Value]) -> Checked<()> {
    if !(1..=257).contains(&cards.len()) {
        return Err(GraphError::invalid(format!("contacts takes 1 to 257 contacts, not {}.", cards.len())));
    }
    for (index, card) in cards.iter().enumerate() {
        let path = format!("contacts[{index}]");
        let card = entry(card, &path)?;
        let name = object(card, "name", &format!("{path}['name']"))?;
        text(name, "formatted_name", &format!("{path}['name']['formatted_name']"), usize::MAX)?;
        for (list, key) in [("phones", "phone"), ("emails", "email"), ("urls", "url")] {
            if !card.contains_key(list) {
                continue;
            }
            let path = format!("{path}['{list}']");
            for (index, item) in array(card, list, &path)?.iter().enumerate() {
                let path = format!("{path}[{index}]");
                optional_text(entry(item, &path)?, key, &format!("{path}['{key}']"), usize::MAX)?;
            }
        }
    }
    Ok(())
}

fn reaction(content: &Map<String, Value>) -> Checked<()> {
    text(content, "message_id", "reaction['message_id']", usize::MAX)?;
    match content.get("emoji") {
        None => Err(GraphError::missing("reaction['emoji']")),
        // The longest emoji are families of four with skin tones: eleven code points.
        Some(Value::String(emoji)) if emoji.is_empty() => Ok(()),
        Some(Value::String(emoji)) if !emoji.is_ascii() && emoji.chars().count() <= 11 => Ok(()),
        Some(_) => Err(GraphError::invalid("reaction['emoji'] is not one emoji.")),
    }
}

#[cfg(test)]
mod tests;
