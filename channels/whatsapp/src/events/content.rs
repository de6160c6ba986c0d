//! What a message says, by its type.

use cauce_model::{ContactCard, MediaKind};
use serde::Serialize;
use serde_json::Value;

use super::{System, count};
use crate::value::{integer, items, number, owned, text};
use crate::vcard;

/// What a message says. Fields that the webhook does not have are absent; a type that is not read is
/// [`Body::Other`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Body {
    /// `text`.
    Text {
        /// As written.
        text: String,
    },
    /// `image`, `video`, `audio`, `voice`, `document`, `sticker`.
    Media(MediaBody),
    /// `location`.
    Location {
        /// Degrees north.
        #[serde(skip_serializing_if = "Option::is_none")]
        lat: Option<f64>,
        /// Degrees east.
        #[serde(skip_serializing_if = "Option::is_none")]
        lng: Option<f64>,
        /// What the place is called.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Its address.
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// `contacts`.
    Contacts {
        /// The cards; the line has their number.
        #[serde(rename = "contacts", serialize_with = "count")]
        cards: Vec<ContactCard>,
        /// The phones of all cards.
        phones: Vec<String>,
    },
    /// `interactive` with a tap on a button of ours or a row of a list; `button` of a template.
    Choice {
        /// `button_reply` or `list_reply`; a template's button has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        subtype: Option<String>,
        /// The id that the sender of the buttons gave it.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
        /// What was written on it.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// What was written under a row.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<String>,
    },
    /// `interactive` with the answer of a form (`nfm_reply`).
    Form {
        /// `nfm_reply`.
        subtype: String,
        /// `response_json` as it came: a text that is JSON most times.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
        /// What the customer sees of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// The form's name.
        #[serde(rename = "name_", skip_serializing_if = "Option::is_none")]
        form: Option<String>,
    },
    /// `interactive` with the answer to whether we may call (`call_permission_reply`).
    CallPermission {
        /// `call_permission_reply`.
        subtype: String,
        /// `accept` or `reject`.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<String>,
    },
    /// `order`.
    Order {
        /// The catalogue.
        #[serde(skip_serializing_if = "Option::is_none")]
        catalog: Option<String>,
        /// What was written with it.
        text: String,
        /// Its lines; the line has their number.
        #[serde(serialize_with = "count")]
        items: Vec<Item>,
    },
    /// `reaction`.
    Reaction {
        /// Absent when it was taken back.
        #[serde(skip_serializing_if = "Option::is_none")]
        emoji: Option<String>,
        /// The message.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// `edit`.
    Edit {
        /// The message.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
        /// The type that it has now.
        #[serde(skip_serializing_if = "Option::is_none")]
        new_type: Option<String>,
        /// What it says now. Not in the line.
        #[serde(skip)]
        new: Box<Body>,
    },
    /// `revoke`.
    Revoke {
        /// The message.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// `system`.
    System(System),
    /// A type that is not read, or one without the object that its type promises.
    Other {
        /// What sort of it, when it says.
        #[serde(skip_serializing_if = "Option::is_none")]
        subtype: Option<String>,
    },
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MediaBody {
    /// What sort of file. The line has Meta's type instead.
    #[serde(skip)]
    pub media: MediaKind,
    /// Meta's id of it; absent when it could not be taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_id: Option<String>,
    /// Its MIME type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// SHA-256 in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What was written under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name on the sender's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Whether sound was recorded in the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice: Option<bool>,
    /// Whether a sticker moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub animated: Option<bool>,
    /// Whether the webhook has an address to fetch it from at once.
    #[serde(rename = "media_url", skip_serializing_if = "std::ops::Not::not")]
    pub has_url: bool,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The shop's id of the product.
    pub product: Option<String>,
    /// How many.
    pub quantity: Option<u32>,
    /// The price of one.
    pub price: Option<f64>,
    /// ISO 4217.
    pub currency: Option<String>,
}

impl Body {
    /// What `message` says: its `type`, and the object of that name.
    pub(super) fn read(message: &Value) -> Self {
        let kind = text(message, "type").unwrap_or_default();
        let body = message.get(kind).unwrap_or(&Value::Null);
        let understood = match kind {
            "text" => {
                body.get("body").and_then(Value::as_str).map(|text| Self::Text { text: text.to_owned() })
            }
            "contacts" => body.as_array().map(|cards| contacts(cards)),
            "interactive" => interactive(body),
            "system" => Some(Self::System(System::read(message))),
            // A file that WhatsApp could not take is told by its errors alone.
            "image" | "video" | "audio" | "voice" | "document" | "sticker" => {
                Some(Self::Media(MediaBody::read(kind, body)))
            }
            _ if !body.is_object() => None,
            "location" => Some(Self::Location {
                lat: body.get("latitude").and_then(number),
                lng: body.get("longitude").and_then(number),
                text: owned(body, "name"),
                address: owned(body, "address"),
            }),
            "button" => Some(choice(None, body, "payload", "text")),
            "order" => Some(Self::Order {
                catalog: owned(body, "catalog_id"),
                text: owned(body, "text").unwrap_or_default(),
                items: items(body, "product_items").iter().map(Item::read).collect(),
            }),
            "reaction" => {
                Some(Self::Reaction { emoji: owned(body, "emoji"), target: owned(body, "message_id") })
            }
            "revoke" => Some(Self::Revoke { target: owned(body, "original_message_id") }),
            "edit" => {
                let new = body.get("message").unwrap_or(&Value::Null);
                // One within another would be read as deep as it is nested.
                let nested = text(new, "type") == Some("edit");
                Some(Self::Edit {
                    target: owned(body, "original_message_id"),
                    new_type: owned(new, "type"),
                    new: Box::new(if nested { Self::Other { subtype: None } } else { Self::read(new) }),
                })
            }
            _ => None,
        };
        let subtype = || [body, &message["unsupported"]].into_iter().find_map(|body| owned(body, "type"));
        understood.unwrap_or_else(|| Self::Other { subtype: subtype() })
    }
}

impl MediaBody {
    fn read(kind: &str, body: &Value) -> Self {
        let flag = |key: &str| body.get(key).and_then(Value::as_bool);
        // `voice` is also a type, in old webhooks.
        let voice = flag("voice").or((kind == "voice").then_some(true));
        Self {
            media: match kind {
                "image" => MediaKind::Image,
                "video" => MediaKind::Video,
                "document" => MediaKind::Document,
                "sticker" => MediaKind::Sticker,
                _ if voice == Some(true) => MediaKind::Voice,
                _ => MediaKind::Audio,
            },
            media_id: owned(body, "id"),
            mime: owned(body, "mime_type"),
            sha256: owned(body, "sha256"),
            caption: owned(body, "caption"),
            filename: owned(body, "filename"),
            voice,
            animated: flag("animated"),
            has_url: text(body, "url").is_some(),
        }
    }
}

impl Item {
    fn read(item: &Value) -> Self {
        let quantity = item.get("quantity").and_then(integer);
        Self {
            product: owned(item, "product_retailer_id"),
            quantity: quantity.and_then(|quantity| u32::try_from(quantity).ok()),
            price: item.get("item_price").and_then(number),
            currency: owned(item, "currency"),
        }
    }
}

fn interactive(body: &Value) -> Option<Body> {
    // What is filled in counts where the type is not written.
    let written = text(body, "type");
    let subtype = ["button_reply", "list_reply", "nfm_reply", "call_permission_reply"]
        .into_iter()
        .find(|reply| written.is_none_or(|written| written == *reply) && body.get(*reply).is_some())?;
    let reply = body.get(subtype).filter(|reply| reply.is_object())?;
    let subtype = subtype.to_owned();
    Some(match subtype.as_str() {
        "nfm_reply" => Body::Form {
            subtype,
            payload: reply.get("response_json").filter(|payload| !payload.is_null()).cloned(),
            text: owned(reply, "body"),
            form: owned(reply, "name"),
        },
        "call_permission_reply" => Body::CallPermission { subtype, payload: owned(reply, "response") },
        _ => choice(Some(subtype), reply, "id", "title"),
    })
}

fn choice(subtype: Option<String>, reply: &Value, id: &str, title: &str) -> Body {
    Body::Choice {
        subtype,
        payload: owned(reply, id),
        text: owned(reply, title),
        description: owned(reply, "description"),
    }
}

fn contacts(cards: &[Value]) -> Body {
    let cards: Vec<ContactCard> = cards.iter().map(card).collect();
    let phones = cards.iter().flat_map(|card| card.phones.clone()).collect();
    Body::Contacts { cards, phones }
}

/// A card. Since 2026 its parts may be absent and the whole be one vCard.
fn card(card: &Value) -> ContactCard {
    let from_vcard = text(card, "vcard").map(vcard::read).unwrap_or_default();
    let name = card.get("name").unwrap_or(&Value::Null);
    let names = || {
        let parts: Vec<&str> =
            ["first_name", "middle_name", "last_name"].iter().filter_map(|part| text(name, part)).collect();
        Some(parts.join(" ")).filter(|name| !name.is_empty())
    };
    let all = |key: &str, part: &str, other: &str| -> Vec<String> {
        items(card, key).iter().filter_map(|item| owned(item, part).or_else(|| owned(item, other))).collect()
    };
    let or = |written: Vec<String>, otherwise| if written.is_empty() { otherwise } else { written };
    ContactCard {
        name: owned(name, "formatted_name").or_else(names).unwrap_or(from_vcard.name),
        phones: or(all("phones", "phone", "wa_id"), from_vcard.phones),
        emails: or(all("emails", "email", "email"), from_vcard.emails),
        organisation: card.get("org").and_then(|org| owned(org, "company")).or(from_vcard.organisation),
    }
}
