//! What a customer does on the phone, turned into the element that a webhook's `messages` carries.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    config::Config,
    ids::{self, Side},
    payload,
    refusal::Refusal,
    state::State,
};

/// One act of a customer.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Act {
    /// Writes a text.
    Text {
        /// What.
        text: Text,
    },
    /// Taps a reply button of a message of the business, however old.
    ButtonReply {
        /// Wamid of that message.
        message_id: String,
        /// Id of the button.
        id: String,
    },
    /// Chooses a row of a list of the business, however old.
    ListReply {
        /// Wamid of that message.
        message_id: String,
        /// Id of the row.
        id: String,
    },
    /// Sends a picture.
    Image {
        /// Which.
        image: Image,
    },
    /// Any element, with `from`, `from_user_id`, `id` and `timestamp` filled in where they are absent. The id of
    /// an earlier message delivers that one again.
    Raw {
        /// The element.
        message: Map<String, Value>,
    },
}

/// A written text.
#[derive(Debug, Deserialize)]
pub struct Text {
    body: String,
}

/// A picture by its web address.
#[derive(Debug, Deserialize)]
pub struct Image {
    link: String,
    caption: Option<String>,
}

/// The webhook's element for the act of `wa_id`, with `wamid` unless the act brings its own id.
///
/// # Errors
/// 422, when the act cannot be done: an empty text, a message or an id that is not there.
pub fn element(
    config: &Config,
    state: &State,
    wa_id: &str,
    act: Act,
    wamid: String,
    at: i64,
) -> Result<Map<String, Value>, Refusal> {
    let mut element = Map::new();
    match act {
        Act::Raw { message } => element = message,
        Act::Text { text } => {
            if !(1..=4096).contains(&text.body.chars().count()) {
                return Err(Refusal::unfit("invalid_text", "A text has 1 to 4096 characters."));
            }
            element.insert("type".into(), json!("text"));
            element.insert("text".into(), json!({"body": text.body}));
        }
        Act::Image { image } => {
            if !reqwest::Url::parse(&image.link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                return Err(Refusal::unfit("invalid_link", "The link of an image is a web address."));
            }
            element.insert("type".into(), json!("image"));
            element.insert("image".into(), received_image(image, &wamid));
        }
        Act::ButtonReply { message_id, id } => {
            let buttons = "/interactive/action/buttons";
            let button = offered(state, wa_id, &message_id, buttons)?
                .iter()
                .map(|button| &button["reply"])
                .find(|reply| reply["id"] == id.as_str())
                .ok_or_else(|| no_choice("button", &id, &message_id))?;
            let reply = json!({"id": id, "title": button["title"]});
            answer(config, &mut element, &message_id, "button_reply", reply);
        }
        Act::ListReply { message_id, id } => {
            let row = offered(state, wa_id, &message_id, "/interactive/action/sections")?
                .iter()
                .filter_map(|section| section["rows"].as_array())
                .flatten()
                .find(|row| row["id"] == id.as_str())
                .ok_or_else(|| no_choice("row", &id, &message_id))?;
            let mut reply = json!({"id": id, "title": row["title"]});
            if let Some(description) = row.get("description") {
                reply["description"] = description.clone();
            }
            answer(config, &mut element, &message_id, "list_reply", reply);
        }
    }
    let frame = [
        ("from", wa_id.to_owned()),
        ("from_user_id", ids::user_id(&config.waba_id, wa_id)),
        ("id", wamid),
        ("timestamp", payload::seconds(at)),
    ];
    for (key, value) in frame {
        element.entry(key).or_insert(Value::String(value));
    }
    Ok(element)
}

fn answer(config: &Config, element: &mut Map<String, Value>, asked: &str, kind: &str, reply: Value) {
    element.insert("context".into(), json!({"from": config.business_digits(), "id": asked}));
    element.insert("type".into(), json!("interactive"));
    element.insert("interactive".into(), json!({"type": kind, kind: reply}));
}

/// The choices at `path` of a message of the business in this conversation.
fn offered<'a>(state: &'a State, wa_id: &str, wamid: &str, path: &str) -> Result<&'a Vec<Value>, Refusal> {
    let message = state
        .messages
        .get(wamid)
        .filter(|message| message.wa_id == wa_id && message.from == Side::Business)
        .ok_or_else(|| {
            Refusal::unfit("unknown_message", format!("The business sent no message {wamid} to {wa_id}."))
        })?;
    message.json.pointer(path).and_then(Value::as_array).ok_or_else(|| {
        Refusal::unfit("nothing_to_choose", format!("Message {wamid} offers no choice of this kind."))
    })
}

fn no_choice(kind: &str, id: &str, wamid: &str) -> Refusal {
    Refusal::unfit("unknown_choice", format!("Message {wamid} has no {kind} with the id {id}."))
}

/// A received picture names its media; `url` is where it really is.
fn received_image(image: Image, wamid: &str) -> Value {
    let path = image.link.split(['?', '#']).next().unwrap_or_default();
    let kind = mime_guess::from_path(path).first_raw().unwrap_or("image/jpeg");
    let hash = STANDARD.encode(ids::digest(&["image", &image.link]));
    let mut received =
        json!({"mime_type": kind, "sha256": hash, "id": ids::media_id(wamid), "url": image.link});
    if let Some(caption) = image.caption.filter(|caption| !caption.is_empty()) {
        received["caption"] = json!(caption);
    }
    received
}
