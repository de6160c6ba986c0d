//! What a customer does on the phone, turned into the element that a webhook's `messages` carries.

mod attach;
mod choice;
mod earlier;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    emulator::Emulator,
    formats::Kind,
    ids::{self, Side},
    message::Message,
    payload,
    refusal::Refusal,
    state::State,
};
use attach::Attachment;

/// One act of a customer, and how it stands in the conversation.
#[derive(Debug, Deserialize)]
pub struct Said {
    #[serde(flatten)]
    act: Act,
    /// Wamid of the bubble it answers.
    reply_to: Option<String>,
    /// Whether it came from another chat.
    forwarded: Option<Forwarded>,
    /// The advertisement the conversation began at, in Meta's words.
    referral: Option<Map<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Act {
    /// Writes a text.
    Text {
        text: Text,
    },
    /// Taps a reply button of a message of the business, however old.
    ButtonReply {
        message_id: String,
        id: String,
    },
    /// Chooses a row of a list of the business, however old.
    ListReply {
        message_id: String,
        id: String,
    },
    /// Sends a file that is on the phone.
    Image(Attachment),
    Video(Attachment),
    Audio(Attachment),
    Document(Attachment),
    Sticker(Attachment),
    /// Sends a place.
    Location {
        location: Map<String, Value>,
    },
    /// Passes contact cards on.
    Contacts {
        contacts: Vec<Value>,
    },
    /// Puts an emoji under a bubble of either side; none takes it back.
    Reaction {
        message_id: String,
        emoji: Option<String>,
    },
    /// Changes an own bubble.
    Edit {
        message_id: String,
        text: Text,
    },
    /// Takes an own bubble back.
    Revoke {
        message_id: String,
    },
    /// Sends a cart.
    Order {
        order: Map<String, Value>,
    },
    /// Any element, with `from`, `from_user_id`, `id` and `timestamp` filled in where they are absent. The id of
    /// an earlier message delivers that one again.
    Raw {
        message: Map<String, Value>,
    },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Forwarded {
    Yes,
    /// Through more than five chats.
    Many,
}

#[derive(Debug, Deserialize)]
struct Text {
    body: String,
}

/// Who acts, and where and when.
pub struct Scene<'a> {
    /// The server that carries the message.
    pub emulator: &'a Emulator,
    /// What it remembers.
    pub state: &'a State,
    /// The customer.
    pub wa_id: &'a str,
    /// Milliseconds of the emulator's clock.
    pub at: i64,
}

impl Scene<'_> {
    /// The number that messages of this side come from.
    fn author(&self, side: Side) -> String {
        match side {
            Side::Business => self.emulator.config.business_digits(),
            Side::Customer => self.wa_id.to_owned(),
        }
    }

    /// A bubble of this conversation.
    fn bubble(&self, id: &str) -> Result<&Message, Refusal> {
        self.state.bubble(self.wa_id, id).ok_or_else(|| {
            Refusal::unfit("unknown_message", format!("There is no message {id} in this conversation."))
        })
    }
}

/// The webhook's element for what the customer does, with `wamid` unless the act brings its own id.
///
/// # Errors
/// 422, when it cannot be done: an empty text, a message, a file or a choice that is not there.
pub fn element(scene: &Scene, said: Said, wamid: String) -> Result<Map<String, Value>, Refusal> {
    let Said { act, reply_to, forwarded, referral } = said;
    let mut element = match act {
        Act::Raw { message } => message,
        act => typed(scene, act, &wamid)?,
    };
    let mut about = Map::new();
    if let Some(id) = reply_to {
        about.insert("from".into(), json!(scene.author(scene.bubble(&id)?.from)));
        about.insert("id".into(), json!(id));
    }
    match forwarded {
        Some(Forwarded::Yes) => drop(about.insert("forwarded".into(), json!(true))),
        Some(Forwarded::Many) => drop(about.insert("frequently_forwarded".into(), json!(true))),
        None => {}
    }
    if !about.is_empty()
        && let Value::Object(context) = element.entry("context").or_insert_with(|| json!({}))
    {
        for (key, value) in about {
            context.entry(key).or_insert(value);
        }
    }
    if let Some(referral) = referral {
        element.entry("referral").or_insert(Value::Object(referral));
    }
    let frame = [
        ("from", scene.wa_id.to_owned()),
        ("from_user_id", ids::user_id(&scene.emulator.config.waba_id, scene.wa_id)),
        ("id", wamid),
        ("timestamp", payload::seconds(scene.at)),
    ];
    for (key, value) in frame {
        element.entry(key).or_insert(Value::String(value));
    }
    Ok(element)
}

/// The part of the element that says what type it is.
fn typed(scene: &Scene, act: Act, wamid: &str) -> Result<Map<String, Value>, Refusal> {
    let (kind, content) = match act {
        Act::Raw { message } => return Ok(message),
        Act::ButtonReply { message_id, id } => return choice::button(scene, &message_id, &id),
        Act::ListReply { message_id, id } => return choice::row(scene, &message_id, &id),
        Act::Text { text } => ("text", json!({"body": text.of_at_most(4096)?})),
        Act::Image(file) => ("image", file.element(scene, Kind::Image, wamid)?),
        Act::Video(file) => ("video", file.element(scene, Kind::Video, wamid)?),
        Act::Audio(file) => ("audio", file.element(scene, Kind::Audio, wamid)?),
        Act::Document(file) => ("document", file.element(scene, Kind::Document, wamid)?),
        Act::Sticker(file) => ("sticker", file.element(scene, Kind::Sticker, wamid)?),
        Act::Location { location } => ("location", place(location)?),
        Act::Contacts { contacts } => ("contacts", cards(contacts)?),
        Act::Order { order } => ("order", cart(order)?),
        Act::Reaction { message_id, emoji } => {
            scene.bubble(&message_id)?;
            let mut reaction = json!({"message_id": message_id});
            // A reaction that is taken back comes without an emoji.
            if let Some(emoji) = emoji.filter(|emoji| !emoji.is_empty()) {
                reaction["emoji"] = json!(emoji);
            }
            ("reaction", reaction)
        }
        Act::Edit { message_id, text } => ("edit", earlier::edit(scene, &message_id, text)?),
        Act::Revoke { message_id } => ("revoke", earlier::revoke(scene, &message_id)?),
    };
    Ok(of(kind, content))
}

fn of(kind: &str, content: Value) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), json!(kind)), (kind.to_owned(), content)])
}

impl Text {
    fn of_at_most(self, longest: usize) -> Result<String, Refusal> {
        if !(1..=longest).contains(&self.body.chars().count()) {
            let sentence = format!("A text has 1 to {longest} characters here.");
            return Err(Refusal::unfit("invalid_text", sentence));
        }
        Ok(self.body)
    }
}

fn place(location: Map<String, Value>) -> Result<Value, Refusal> {
    let within = |key: &str, most: f64| {
        location.get(key).and_then(Value::as_f64).is_some_and(|degrees| degrees.abs() <= most)
    };
    if !within("latitude", 90.0) || !within("longitude", 180.0) {
        let sentence = "A place has a latitude from -90 to 90 and a longitude from -180 to 180.";
        return Err(Refusal::unfit("invalid_location", sentence));
    }
    Ok(Value::Object(location))
}

fn cards(contacts: Vec<Value>) -> Result<Value, Refusal> {
    if contacts.is_empty() || contacts.iter().any(|card| !card["name"]["formatted_name"].is_string()) {
        let sentence = "There is at least one card, and each has a name.formatted_name.";
        return Err(Refusal::unfit("invalid_contacts", sentence));
    }
    Ok(Value::Array(contacts))
}

fn cart(order: Map<String, Value>) -> Result<Value, Refusal> {
    let items = order.get("product_items").and_then(Value::as_array);
    if !order.get("catalog_id").is_some_and(Value::is_string) || items.is_none_or(Vec::is_empty) {
        let sentence = "An order has a catalog_id and at least one of product_items.";
        return Err(Refusal::unfit("invalid_order", sentence));
    }
    Ok(Value::Object(order))
}
