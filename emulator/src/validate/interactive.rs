//! Interactive messages: buttons, lists, a link button, the request for a place.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    Checked,
    fields::{array, entry, object, optional_text, text},
    media, web_address,
};
use crate::{formats::Kind, graph_error::GraphError};

/// Checks the `interactive` object.
///
/// # Errors
/// Meta's, for the first thing that is wrong.
pub fn interactive(content: &Map<String, Value>) -> Checked<()> {
    let kind = text(content, "type", "interactive['type']", usize::MAX)?;
    let longest_body = match kind {
        "button" | "cta_url" | "location_request_message" => 1024,
        "list" => 4096,
        other => return Err(GraphError::unsupported(&format!("Interactive type {other}"))),
    };
    let body = object(content, "body", "interactive['body']")?;
    text(body, "text", "interactive['body']['text']", longest_body)?;
    if kind == "location_request_message"
        && let Some(odd) = ["header", "footer"].into_iter().find(|key| content.contains_key(*key))
    {
        return Err(GraphError::invalid(format!("A {kind} message cannot have a {odd}.")));
    }
    if content.contains_key("footer") {
        let footer = object(content, "footer", "interactive['footer']")?;
        text(footer, "text", "interactive['footer']['text']", 60)?;
    }
    if content.contains_key("header") {
        header(object(content, "header", "interactive['header']")?, kind)?;
    }
    let action = object(content, "action", "interactive['action']")?;
    match kind {
        "button" => buttons(action),
        "list" => list(action),
        "cta_url" => link_button(action),
        _ => named(action, "send_location"),
    }
}

fn header(header: &Map<String, Value>, message: &str) -> Checked<()> {
    let word = text(header, "type", "interactive['header']['type']", usize::MAX)?;
    match (word, Kind::from_word(word)) {
        ("text", _) => text(header, "text", "interactive['header']['text']", 60).map(drop),
        (_, Some(kind @ (Kind::Image | Kind::Video | Kind::Document))) if message != "list" => {
            let path = format!("interactive['header']['{word}']");
            media(object(header, word, &path)?, kind, &path)
        }
        _ => Err(GraphError::invalid(format!("A {message} message cannot have a header of type {word}."))),
    }
}

/// `action.name`, which says what the button does.
fn named(action: &Map<String, Value>, name: &str) -> Checked<()> {
    match text(action, "name", "interactive['action']['name']", usize::MAX)? {
        given if given == name => Ok(()),
        other => {
            Err(GraphError::invalid(format!("interactive['action']['name'] must be {name}, not {other}.")))
        }
    }
}

fn link_button(action: &Map<String, Value>) -> Checked<()> {
    const PATH: &str = "interactive['action']['parameters']";
    named(action, "cta_url")?;
    let parameters = object(action, "parameters", PATH)?;
    text(parameters, "display_text", &format!("{PATH}['display_text']"), 20)?;
    web_address(parameters, "url", &format!("{PATH}['url']"))?
        .map(drop)
        .ok_or_else(|| GraphError::missing(&format!("{PATH}['url']")))
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
