//! The required keys and limits of `POST /messages`, typed from Meta's documents. They are kept apart from every
//! other copy on purpose: this is the second opinion a sender is measured against. Lengths count code points.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::graph_error::GraphError;

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
        Some("image") => media(object(body, "image", "image")?, "image")?,
        Some("interactive") => interactive(object(body, "interactive", "interactive")?)?,
        Some(other) => return Err(GraphError::unsupported(&format!("Message type {other}"))),
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

/// A media object: exactly one of `id` and `link`.
fn media(content: &Map<String, Value>, path: &str) -> Checked<()> {
    let id = optional_text(content, "id", &format!("{path}['id']"), usize::MAX)?;
    let link = optional_text(content, "link", &format!("{path}['link']"), usize::MAX)?;
    match (id, link) {
        (None, None) => return Err(GraphError::missing(&format!("{path}['id'] or {path}['link']"))),
        (Some(_), Some(_)) => {
            return Err(GraphError::invalid(format!("{path} takes either id or link, not both.")));
        }
        (Some(_), None) => {}
        (None, Some(link)) => {
            if !reqwest::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                return Err(GraphError::invalid(format!("{path}['link'] is not a web address.")));
            }
        }
    }
    optional_text(content, "caption", &format!("{path}['caption']"), 1024)?;
    Ok(())
}

fn interactive(content: &Map<String, Value>) -> Checked<()> {
    let kind = text(content, "type", "interactive['type']", usize::MAX)?;
    let longest_body = match kind {
        "button" => 1024,
        "list" => 4096,
        other => return Err(GraphError::unsupported(&format!("Interactive type {other}"))),
    };
    let body = object(content, "body", "interactive['body']")?;
    text(body, "text", "interactive['body']['text']", longest_body)?;
    if content.contains_key("footer") {
        let footer = object(content, "footer", "interactive['footer']")?;
        text(footer, "text", "interactive['footer']['text']", 60)?;
    }
    if content.contains_key("header") {
        header(object(content, "header", "interactive['header']")?, kind)?;
    }
    let action = object(content, "action", "interactive['action']")?;
    if kind == "button" { buttons(action) } else { list(action) }
}

fn header(header: &Map<String, Value>, message: &str) -> Checked<()> {
    match text(header, "type", "interactive['header']['type']", usize::MAX)? {
        "text" => text(header, "text", "interactive['header']['text']", 60).map(drop),
        kind @ ("image" | "video" | "document") if message == "button" => {
            let path = format!("interactive['header']['{kind}']");
            media(object(header, kind, &path)?, &path)
        }
        other => {
            Err(GraphError::invalid(format!("A {message} message cannot have a header of type {other}.")))
        }
    }
}

fn buttons(action: &Map<String, Value>) -> Checked<()> {
    const PATH: &str = "interactive['action']['buttons']";
    let buttons = array(action, "buttons", PATH)?;
    if !(1..=3).contains(&buttons.len()) {
        return Err(GraphError::invalid(format!("{PATH} takes 1 to 3 buttons, not {}.", buttons.len())));
    }
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for (index, button) in buttons.iter().enumerate() {
        let path = format!("{PATH}[{index}]");
        let button = entry(button, &path)?;
        if text(button, "type", &format!("{path}['type']"), usize::MAX)? != "reply" {
            return Err(GraphError::invalid(format!("{path}['type'] must be reply.")));
        }
        let reply = object(button, "reply", &format!("{path}['reply']"))?;
        let id = text(reply, "id", &format!("{path}['reply']['id']"), 256)?;
        let title = text(reply, "title", &format!("{path}['reply']['title']"), 20)?;
        if !ids.insert(id) {
            return Err(GraphError::invalid(format!("Two buttons have the id {id}.")));
        }
        if !titles.insert(title) {
            return Err(GraphError::invalid(format!("Two buttons have the title {title}.")));
        }
    }
    Ok(())
}

fn list(action: &Map<String, Value>) -> Checked<()> {
    const PATH: &str = "interactive['action']['sections']";
    text(action, "button", "interactive['action']['button']", 20)?;
    let sections = array(action, "sections", PATH)?;
    if !(1..=10).contains(&sections.len()) {
        return Err(GraphError::invalid(format!("{PATH} takes 1 to 10 sections, not {}.", sections.len())));
    }
    let mut ids = HashSet::new();
    for (index, section) in sections.iter().enumerate() {
        let path = format!("{PATH}[{index}]");
        let section = entry(section, &path)?;
        let title = format!("{path}['title']");
        if optional_text(section, "title", &title, 24)?.is_none() && sections.len() > 1 {
            return Err(GraphError::missing(&title));
        }
        let rows = array(section, "rows", &format!("{path}['rows']"))?;
        if rows.is_empty() {
            return Err(GraphError::invalid(format!("{path} has no row.")));
        }
        for (index, row) in rows.iter().enumerate() {
            let path = format!("{path}['rows'][{index}]");
            let row = entry(row, &path)?;
            let id = text(row, "id", &format!("{path}['id']"), 200)?;
            text(row, "title", &format!("{path}['title']"), 24)?;
            optional_text(row, "description", &format!("{path}['description']"), 72)?;
            if !ids.insert(id) {
                return Err(GraphError::invalid(format!("Two rows have the id {id}.")));
            }
        }
    }
    if ids.len() > 10 {
        return Err(GraphError::invalid(format!("A list takes 10 rows in all, not {}.", ids.len())));
    }
    Ok(())
}

fn object<'a>(parent: &'a Map<String, Value>, key: &str, path: &str) -> Checked<&'a Map<String, Value>> {
    parent.get(key).ok_or_else(|| GraphError::missing(path)).and_then(|value| entry(value, path))
}

fn entry<'a>(value: &'a Value, path: &str) -> Checked<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| GraphError::invalid(format!("{path} must be an object.")))
}

fn array<'a>(parent: &'a Map<String, Value>, key: &str, path: &str) -> Checked<&'a Vec<Value>> {
    let value = parent.get(key).ok_or_else(|| GraphError::missing(path))?;
    value.as_array().ok_or_else(|| GraphError::invalid(format!("{path} must be an array.")))
}

/// A required string of 1 to `longest` characters.
fn text<'a>(parent: &'a Map<String, Value>, key: &str, path: &str, longest: usize) -> Checked<&'a str> {
    optional_text(parent, key, path, longest)?.ok_or_else(|| GraphError::missing(path))
}

fn optional_text<'a>(
    parent: &'a Map<String, Value>,
    key: &str,
    path: &str,
    longest: usize,
) -> Checked<Option<&'a str>> {
    let Some(value) = parent.get(key) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| GraphError::invalid(format!("{path} must be a string.")))?;
    match text.chars().count() {
        0 => Err(GraphError::invalid(format!("{path} is empty."))),
        length if length > longest => Err(GraphError::invalid(format!(
            "{path} has {length} characters; at most {longest} are allowed."
        ))),
        _ => Ok(Some(text)),
    }
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
