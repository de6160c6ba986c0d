//! The body of a send. Pure; what breaks WhatsApp's limits is refused here, before anything leaves.

use std::collections::HashSet;

use cauce_model::{Button, Content, ListSection, SendFailure};
use serde_json::{Value, json};

use crate::message::{is_bsuid, is_phone};

/// What is posted to `/{phone_number_id}/messages`. `to` is a phone in digits or a business-scoped user
/// id; `attempt` comes back in every status of the message.
///
/// # Errors
/// Code `limit` for what WhatsApp would refuse (its limits count Unicode characters; ids, bytes), code
/// `recipient` when `to` is neither.
pub fn build(to: &str, content: &Content, attempt: &str) -> Result<Value, SendFailure> {
    let recipient = match to {
        phone if is_phone(phone) => "to",
        id if is_bsuid(id) => "recipient",
        _ => {
            let text = "El contacto no tiene una dirección de WhatsApp válida.".to_owned();
            return Err(SendFailure { code: "recipient".to_owned(), text });
        }
    };
    let (kind, what) = kind_and_body(content)?;
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

fn kind_and_body(content: &Content) -> Result<(&'static str, Value), SendFailure> {
    Ok(match content {
        Content::Text { body } => {
            within("El texto", chars(body), 1, 4096)?;
            ("text", json!({ "body": body }))
        }
        Content::Image { link, caption } => {
            if !(link.starts_with("https://") || link.starts_with("http://")) {
                return Err(limit("La imagen necesita un enlace que empiece con https://.".to_owned()));
            }
            let mut image = json!({ "link": link });
            if let Some(caption) = caption.as_deref().filter(|caption| !caption.is_empty()) {
                within("El texto de la imagen", chars(caption), 1, 1024)?;
                image["caption"] = caption.into();
            }
            ("image", image)
        }
        Content::Buttons { body, footer, buttons } => {
            ("interactive", interactive("button", body, footer.as_deref(), reply_buttons(buttons)?)?)
        }
        Content::List { body, footer, button, sections } => {
            ("interactive", interactive("list", body, footer.as_deref(), list(button, sections)?)?)
        }
    })
}

fn interactive(kind: &str, body: &str, footer: Option<&str>, action: Value) -> Result<Value, SendFailure> {
    within("El texto", chars(body), 1, 1024)?;
    let mut interactive = json!({ "type": kind, "body": { "text": body }, "action": action });
    if let Some(footer) = footer.filter(|footer| !footer.is_empty()) {
        within("El pie", chars(footer), 1, 60)?;
        interactive["footer"] = json!({ "text": footer });
    }
    Ok(interactive)
}

fn reply_buttons(buttons: &[Button]) -> Result<Value, SendFailure> {
    within("La cantidad de botones", buttons.len(), 1, 3)?;
    for button in buttons {
        within("El título de un botón", chars(&button.title), 1, 20)?;
        within("El identificador de un botón", button.id.len(), 1, 256)?;
    }
    unique("dos botones con el mismo título", buttons.iter().map(|button| &button.title))?;
    unique("dos botones con el mismo identificador", buttons.iter().map(|button| &button.id))?;
    let buttons: Vec<Value> = buttons
        .iter()
        .map(|button| json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } }))
        .collect();
    Ok(json!({ "buttons": buttons }))
}

fn list(button: &str, sections: &[ListSection]) -> Result<Value, SendFailure> {
    within("El botón que abre la lista", chars(button), 1, 20)?;
    within("La cantidad de secciones", sections.len(), 1, 10)?;
    let rows = || sections.iter().flat_map(|section| &section.rows);
    within("La cantidad de filas", rows().count(), 1, 10)?;
    unique("dos filas con el mismo identificador", rows().map(|row| &row.id))?;
    for row in rows() {
        within("El título de una fila", chars(&row.title), 1, 24)?;
        within("El identificador de una fila", row.id.len(), 1, 200)?;
        within("La descripción de una fila", chars(row.description.as_deref().unwrap_or("")), 0, 72)?;
    }
    let shortest_title = usize::from(sections.len() > 1);
    for section in sections {
        let title = section.title.as_deref().unwrap_or("");
        within("El título de una sección", chars(title), shortest_title, 24)?;
    }
    Ok(json!({ "button": button, "sections": sections.iter().map(section_body).collect::<Vec<_>>() }))
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

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn within(what: &str, count: usize, least: usize, most: usize) -> Result<(), SendFailure> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(limit(format!("{what} no cumple el límite de WhatsApp: entre {least} y {most}, y tiene {count}.")))
}

fn unique<'t>(what: &str, texts: impl Iterator<Item = &'t String>) -> Result<(), SendFailure> {
    let mut seen = HashSet::new();
    for text in texts {
        if !seen.insert(text) {
            return Err(limit(format!("WhatsApp no acepta {what} («{text}»).")));
        }
    }
    Ok(())
}

fn limit(text: String) -> SendFailure {
    SendFailure { code: "limit".to_owned(), text }
}

#[cfg(test)]
mod tests {
    use cauce_model::ListRow;

    use super::*;

    fn text(body: &str) -> Content {
        Content::Text { body: body.into() }
    }

    fn buttons(titles: &[&str]) -> Content {
        let button = |(i, title): (usize, &&str)| Button { id: format!("b{i}"), title: (*title).into() };
        let buttons = titles.iter().enumerate().map(button).collect();
        Content::Buttons { body: "¿En qué te ayudamos?".into(), footer: None, buttons }
    }

    fn row(id: &str, title: &str) -> ListRow {
        ListRow { id: id.into(), title: title.into(), description: None }
    }

    fn list_of(sections: Vec<ListSection>) -> Content {
        Content::List { body: "Elige".into(), footer: None, button: "Ver".into(), sections }
    }

    fn refused(content: &Content) -> bool {
        build("51999888777", content, "a1").is_err_and(|failure| failure.code == "limit")
    }

    #[test]
    fn a_text() {
        assert_eq!(
            build("51999888777", &text("¡Hola! 🌵"), "a1").unwrap(),
            json!({"messaging_product":"whatsapp","recipient_type":"individual","to":"51999888777",
                "type":"text","text":{"body":"¡Hola! 🌵"},"biz_opaque_callback_data":"a1"})
        );
    }

    #[test]
    fn who_has_no_phone_is_a_recipient() {
        let body = build("PE.13491208655302741918", &text("Hola"), "a1").unwrap();
        assert_eq!(body["recipient"], "PE.13491208655302741918");
        assert_eq!(body.get("to"), None);
        for to in ["", "+51999888777", "rosa@demo.pe", "PE.", "../x"] {
            assert_eq!(build(to, &text("Hola"), "a1").unwrap_err().code, "recipient", "{to}");
        }
    }

    #[test]
    fn an_image_by_link() {
        let image = |caption: Option<&str>| Content::Image {
            link: "https://x.pe/a.png".into(),
            caption: caption.map(Into::into),
        };
        assert_eq!(
            build("51999888777", &image(Some("Oferta")), "a1").unwrap()["image"],
            json!({"link":"https://x.pe/a.png","caption":"Oferta"})
        );
        assert_eq!(
            build("51999888777", &image(Some("")), "a1").unwrap()["image"],
            json!({"link":"https://x.pe/a.png"})
        );
        assert!(refused(&Content::Image { link: "file:///etc/passwd".into(), caption: None }));
    }

    #[test]
    fn buttons_to_tap() {
        let body = build("51999888777", &buttons(&["Ventas", "Soporte"]), "a1").unwrap();
        assert_eq!(body["type"], "interactive");
        assert_eq!(
            body["interactive"],
            json!({"type":"button","body":{"text":"¿En qué te ayudamos?"},"action":{"buttons":[
                {"type":"reply","reply":{"id":"b0","title":"Ventas"}},
                {"type":"reply","reply":{"id":"b1","title":"Soporte"}}]}})
        );
    }

    #[test]
    fn a_list_to_choose_from() {
        let lima = ListRow { description: Some("Costa".into()), ..row("lima", "Lima") };
        let content = Content::List {
            body: "¿Ciudad?".into(),
            footer: Some("Elige una".into()),
            button: "Ver ciudades".into(),
            sections: vec![ListSection { title: None, rows: vec![lima, row("cusco", "Cusco")] }],
        };
        assert_eq!(
            build("51999888777", &content, "a1").unwrap()["interactive"],
            json!({"type":"list","body":{"text":"¿Ciudad?"},"footer":{"text":"Elige una"},"action":{
                "button":"Ver ciudades","sections":[{"rows":[
                    {"id":"lima","title":"Lima","description":"Costa"},{"id":"cusco","title":"Cusco"}]}]}})
        );
    }

    #[test]
    fn limits_count_characters_not_bytes() {
        assert!(!refused(&text(&"ñ".repeat(4096))));
        assert!(refused(&text(&"ñ".repeat(4097))));
        assert!(refused(&text("")));
        assert!(!refused(&buttons(&["ÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑ"])));
        assert!(refused(&buttons(&["123456789012345678901"])));
    }

    #[test]
    fn what_whatsapp_would_refuse_does_not_leave() {
        assert!(refused(&buttons(&[])));
        assert!(refused(&buttons(&["a", "b", "c", "d"])));
        assert!(refused(&buttons(&["a", "a"])));
        let rows = |n: usize| (0..n).map(|i| row(&i.to_string(), "x")).collect::<Vec<_>>();
        let section = |title: Option<&str>, rows| ListSection { title: title.map(Into::into), rows };
        assert!(!refused(&list_of(vec![section(None, rows(10))])));
        assert!(refused(&list_of(vec![section(None, rows(11))])));
        assert!(refused(&list_of(vec![])));
        let two = |first: Option<&str>| {
            list_of(vec![section(first, vec![row("a", "A")]), section(Some("B"), vec![row("b", "B")])])
        };
        assert!(!refused(&two(Some("A"))));
        assert!(refused(&two(None)), "two sections need titles");
        assert!(refused(&list_of(vec![section(None, vec![row("a", "A"), row("a", "B")])])));
        assert!(build("51999888777", &text("Hola"), &"a".repeat(513)).is_err());
    }

    #[test]
    fn a_read_mark() {
        assert_eq!(
            read_mark("wamid.A", true),
            json!({"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","typing_indicator":{"type":"text"}})
        );
        assert_eq!(read_mark("wamid.A", false).get("typing_indicator"), None);
    }
}
