//! Texts with something to tap: buttons, a list, a link, a request for the place.

use cauce_model::{Button, ListSection, SendFailure, limits};
use serde_json::{Value, json};

use super::refused::{chars, unique, web_address, within};

fn interactive(kind: &str, body: &str, footer: Option<&str>, action: Value) -> Result<Value, SendFailure> {
    let most = if kind == "list" { limits::LIST_BODY } else { limits::INTERACTIVE_BODY };
    within("El texto", chars(body), 1, most)?;
    let mut interactive = json!({ "type": kind, "body": { "text": body }, "action": action });
    if let Some(footer) = footer.filter(|footer| !footer.is_empty()) {
        within("El pie", chars(footer), 1, limits::FOOTER)?;
        interactive["footer"] = json!({ "text": footer });
    }
    Ok(interactive)
}

pub(super) fn buttons(body: &str, footer: Option<&str>, buttons: &[Button]) -> Result<Value, SendFailure> {
    within("La cantidad de botones", buttons.len(), 1, limits::BUTTONS)?;
    for button in buttons {
        within("El título de un botón", chars(&button.title), 1, limits::BUTTON_TITLE)?;
        within("El identificador de un botón", button.id.len(), 1, limits::BUTTON_ID)?;
    }
    unique("dos botones con el mismo título", buttons.iter().map(|button| &button.title))?;
    unique("dos botones con el mismo identificador", buttons.iter().map(|button| &button.id))?;
    let buttons: Vec<Value> = buttons
        .iter()
        .map(|button| json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } }))
        .collect();
    interactive("button", body, footer, json!({ "buttons": buttons }))
}

pub(super) fn list(
    body: &str,
    footer: Option<&str>,
    button: &str,
    sections: &[ListSection],
) -> Result<Value, SendFailure> {
    within("El botón que abre la lista", chars(button), 1, limits::LIST_BUTTON)?;
    within("La cantidad de secciones", sections.len(), 1, limits::LIST_SECTIONS)?;
    let rows = || sections.iter().flat_map(|section| &section.rows);
    within("La cantidad de filas", rows().count(), 1, limits::LIST_ROWS)?;
    unique("dos filas con el mismo identificador", rows().map(|row| &row.id))?;
    for row in rows() {
        within("El título de una fila", chars(&row.title), 1, limits::LIST_ROW_TITLE)?;
        within("El identificador de una fila", row.id.len(), 1, limits::LIST_ROW_ID)?;
        let description = chars(row.description.as_deref().unwrap_or(""));
        within("La descripción de una fila", description, 0, limits::LIST_ROW_DESCRIPTION)?;
    }
    let shortest_title = usize::from(sections.len() > 1);
    for section in sections {
        let title = section.title.as_deref().unwrap_or("");
        within("El título de una sección", chars(title), shortest_title, limits::LIST_SECTION_TITLE)?;
    }
    let sections: Vec<Value> = sections.iter().map(section_body).collect();
    interactive("list", body, footer, json!({ "button": button, "sections": sections }))
}

fn section_body(section: &ListSection) -> Value {
    let rows = section.rows.iter().map(|row| {
        let mut body = json!({ "id": row.id, "title": row.title });
        if let Some(description) = row.description.as_deref().filter(|text| !text.is_empty()) {
            body["description"] = description.into();
        }
        body
    });
    let mut body = json!({ "rows": rows.collect::<Vec<_>>() });
    if let Some(title) = section.title.as_deref().filter(|title| !title.is_empty()) {
        body["title"] = title.into();
    }
    body
}

pub(super) fn link(body: &str, footer: Option<&str>, title: &str, url: &str) -> Result<Value, SendFailure> {
    within("El título del botón", chars(title), 1, limits::LINK_TITLE)?;
    web_address("El botón", url)?;
    let action = json!({ "name": "cta_url", "parameters": { "display_text": title, "url": url } });
    interactive("cta_url", body, footer, action)
}

pub(super) fn location_request(body: &str) -> Result<Value, SendFailure> {
    interactive("location_request_message", body, None, json!({ "name": "send_location" }))
}
