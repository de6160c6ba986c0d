//! The state as the control API shows it.

use serde_json::{Value, json};

use crate::{
    config::Config,
    formats::Kind,
    ids::Side,
    message::{Message, kind},
    state::State,
};

/// The business and every customer with unread count, typing sign and last bubble.
pub fn overview(config: &Config, state: &State, now: i64) -> Value {
    let customers: Vec<Value> = state
        .customers
        .iter()
        .map(|(wa_id, customer)| {
            let messages = || customer.messages.iter().filter_map(|id| state.messages.get(id));
            let last = messages().rfind(|message| message.is_bubble());
            json!({
                "wa_id": wa_id,
                "name": customer.name,
                "unread": messages().filter(|message| message.is_unread()).count(),
                "typing": customer.typing_until > now,
                "last": last.map(|message| json!({"text": line(message), "at": message.at})),
            })
        })
        .collect();
    json!({
        "business": {
            "name": config.business_name,
            "phone_number_id": config.phone_number_id,
            "display_phone_number": config.display_phone,
        },
        "customers": customers,
    })
}

/// One conversation, oldest bubble first; none when there is no such customer.
pub fn conversation(state: &State, wa_id: &str) -> Option<Vec<Value>> {
    let customer = state.customers.get(wa_id)?;
    let bubble = |id: &String| {
        let message = state.messages.get(id).filter(|message| message.is_bubble())?;
        let media = message.media.as_deref().and_then(|id| Some((id, state.media.get(id)?)));
        let reaction = |(from, emoji): (&Side, &String)| json!({"from": from, "emoji": emoji});
        Some(json!({
            "id": id,
            "from": message.from,
            "at": message.at,
            "status": message.status,
            "replied": message.replied,
            "reactions": message.reactions.iter().map(reaction).collect::<Vec<_>>(),
            "edited": message.edited,
            "revoked": message.revoked,
            "media": media.map(|(id, _)| format!("/emulator/media/{id}")),
            "file": media.map(|(_, file)| json!({"mime": file.mime, "bytes": file.size, "name": file.name})),
            "failure": message.failure,
            "message": content(message),
        }))
    };
    Some(customer.messages.iter().filter_map(bubble).collect())
}

/// Every accepted send and every webhook.
pub fn ledger(state: &State) -> Value {
    let sends: Vec<Value> = state
        .messages
        .iter()
        .filter(|(_, message)| message.from == Side::Business)
        .map(|(wamid, message)| {
            json!({
                "wamid": wamid,
                "to": message.wa_id,
                "opaque": message.json.get("biz_opaque_callback_data"),
                "type": kind(&message.json),
                "at": message.at,
                "body": message.json,
            })
        })
        .collect();
    let webhooks: Vec<Value> = state
        .webhooks
        .iter()
        .map(|(number, webhook)| {
            json!({
                "id": number,
                "kind": webhook.kind,
                "subject": webhook.subject,
                "attempts": webhook.attempts,
                "status": webhook.status,
                "at": webhook.at,
            })
        })
        .collect();
    let waiting = state.webhooks.values().filter(|webhook| !webhook.taken).count();
    let to_come: usize = state.messages.values().map(Message::statuses_to_come).sum();
    json!({"sends": sends, "webhooks": webhooks, "pending_webhooks": waiting + to_come})
}

/// The message as Graph or a webhook writes it, without the frame of a call.
fn content(message: &Message) -> Value {
    let json = &message.json;
    match message.from {
        Side::Business => {
            let kind = kind(json);
            let mut content = json!({"type": kind, kind: json[kind]});
            if let Some(context) = json.get("context") {
                content["context"] = context.clone();
            }
            content
        }
        Side::Customer => {
            let mut content = json.clone();
            // A picture that was sent by its address has no bytes here; it is shown from there.
            if message.media.is_none()
                && let Some(image) = content.get_mut("image")
                && let Some(url) = image.get("url").cloned()
            {
                image["link"] = url;
            }
            content
        }
    }
}

/// One line for the list of chats.
fn line(message: &Message) -> String {
    if message.revoked { "🚫 Mensaje eliminado".to_owned() } else { preview(&message.json) }
}

fn preview(json: &Value) -> String {
    let text = |path: &str| json.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let word = kind(json);
    if let Some(kind) = Kind::from_word(word) {
        let (sign, name) = match kind {
            Kind::Image => ("📷", "Foto"),
            Kind::Video => ("🎥", "Video"),
            Kind::Audio if json["audio"]["voice"] == true => ("🎤", "Nota de voz"),
            Kind::Audio => ("🎵", "Audio"),
            Kind::Document => ("📄", text("/document/filename").unwrap_or("Documento")),
            Kind::Sticker => return "Sticker".to_owned(),
        };
        return format!("{sign} {}", text(&format!("/{word}/caption")).unwrap_or(name));
    }
    match word {
        "text" => text("/text/body").unwrap_or_default().to_owned(),
        "interactive" => text("/interactive/body/text")
            .or_else(|| text("/interactive/button_reply/title"))
            .or_else(|| text("/interactive/list_reply/title"))
            .unwrap_or("Mensaje")
            .to_owned(),
        "location" => format!("📍 {}", text("/location/name").unwrap_or("Ubicación")),
        "contacts" => format!("👤 {}", text("/contacts/0/name/formatted_name").unwrap_or("Contacto")),
        "order" => "🛒 Pedido".to_owned(),
        _ => "Mensaje".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_list_shows_one_line_of_any_message() {
        assert_eq!(preview(&json!({"text": {"body": "hola"}})), "hola");
        assert_eq!(preview(&json!({"type": "image", "image": {"link": "https://x.y"}})), "📷 Foto");
        assert_eq!(
            preview(&json!({"type": "interactive", "interactive": {"body": {"text": "¿Sí?"}}})),
            "¿Sí?"
        );
        assert_eq!(
            preview(&json!({"type": "interactive", "interactive": {"list_reply": {"title": "Lima"}}})),
            "Lima"
        );
        for (message, line) in [
            (json!({"type": "video", "video": {"caption": ""}}), "🎥 Video"),
            (json!({"type": "audio", "audio": {"voice": true}}), "🎤 Nota de voz"),
            (json!({"type": "audio", "audio": {}}), "🎵 Audio"),
            (json!({"type": "document", "document": {"filename": "receta.pdf"}}), "📄 receta.pdf"),
            (json!({"type": "sticker", "sticker": {}}), "Sticker"),
            (json!({"type": "location", "location": {"name": "Plaza"}}), "📍 Plaza"),
            (json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]}), "👤 Ana"),
            (json!({"type": "order"}), "🛒 Pedido"),
            (json!({"type": "hologram"}), "Mensaje"),
        ] {
            assert_eq!(preview(&message), line);
        }
    }
}
