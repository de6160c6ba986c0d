//! What a message contains, as sent and as received.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Address, MediaKind, StoredFile};

/// What Cauce sends. The limits are WhatsApp's (Unicode characters); `flows` checks them before a
/// flow is published and the channel refuses what breaks them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text, 1–4096 characters.
    Text {
        /// The text.
        body: String,
    },
    /// A picture, a film, sound, a document, a sticker. Rows of older builds hold a picture as `image`,
    /// with its `link`.
    #[serde(alias = "image")]
    Media {
        /// What sort of thing it is.
        #[serde(default = "picture")]
        media: MediaKind,
        /// Where its bytes are.
        #[serde(alias = "link", deserialize_with = "source")]
        source: MediaSource,
        /// At most 1024 characters; only pictures, films and documents have one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        /// The name that the customer sees of a document; 1–240 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A place on the map.
    Location(Location),
    /// One to five contact cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
    },
    /// A text with a button that opens a web page.
    Link {
        /// 1–1024 characters.
        body: String,
        /// At most 60 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// What is written on the button; 1–20 characters.
        title: String,
        /// An `https` or `http` address.
        url: String,
    },
    /// A text with one to three buttons.
    Buttons {
        /// 1–1024 characters.
        body: String,
        /// At most 60 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// One to three, titles unique.
        buttons: Vec<Button>,
    },
    /// A text with a sheet of at most ten rows.
    List {
        /// 1–1024 characters.
        body: String,
        /// At most 60 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// The label that opens the sheet, 1–20 characters.
        button: String,
        /// At most ten sections with at most ten rows in all.
        sections: Vec<ListSection>,
    },
    /// A text with a button that sends the customer's place.
    LocationRequest {
        /// 1–1024 characters.
        body: String,
    },
    /// An emoji under an earlier message.
    Reaction {
        /// The provider's id of that message.
        message_id: String,
        /// The emoji; empty takes the reaction back.
        emoji: String,
    },
}

/// Where the bytes of a file to send are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// At a public address, from which the provider fetches it.
    Link(String),
    /// In the file store.
    Stored(StoredFile),
}

/// What older builds sent and received as media were pictures.
fn picture() -> MediaKind {
    MediaKind::Image
}

/// Where the bytes are; a bare text is a link.
fn source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MediaSource, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Named(MediaSource),
        Link(String),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::Named(source) => source,
        Written::Link(link) => MediaSource::Link(link),
    })
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// A contact card, as people pass them on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactCard {
    /// The whole name; empty when the card has none.
    pub name: String,
    /// Phones as written on the card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// Emails as written on the card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

/// A reply button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What comes back when it is tapped; at most 256 bytes.
    pub id: String,
    /// What is written on it; 1–20 characters.
    pub title: String,
}

/// A group of rows in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSection {
    /// At most 24 characters; required when there is more than one section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<ListRow>,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// What comes back when it is chosen; at most 200 bytes.
    pub id: String,
    /// 1–24 characters.
    pub title: String,
    /// At most 72 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Content {
    /// The words in it, for lists and previews; empty when it has none.
    pub fn words(&self) -> &str {
        match self {
            Self::Text { body }
            | Self::Buttons { body, .. }
            | Self::List { body, .. }
            | Self::Link { body, .. }
            | Self::LocationRequest { body } => body,
            Self::Media { caption, .. } => caption.as_deref().unwrap_or_default(),
            Self::Location(place) => place.name.as_deref().unwrap_or_default(),
            Self::Contacts { cards } => cards.first().map_or("", |card| &card.name),
            Self::Reaction { emoji, .. } => emoji,
        }
    }

    /// One line that stands for it in lists (Spanish where it has no words of its own).
    pub fn preview(&self) -> String {
        match self {
            Self::Media { media, caption, filename, .. } => {
                line(media.name(), caption.as_deref().or(filename.as_deref()).unwrap_or_default())
            }
            Self::Location(_) => line("Ubicación", self.words()),
            Self::Contacts { .. } => line("Contacto", self.words()),
            Self::Reaction { .. } => line("Reaccionó", self.words()),
            _ => self.words().to_owned(),
        }
    }
}

/// `Foto: la casa`, or `Foto` alone.
fn line(what: &str, words: &str) -> String {
    if words.trim().is_empty() { what.to_owned() } else { format!("{what}: {words}") }
}

/// A file that a customer sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedMedia {
    /// The provider's id of the file; empty when the provider could not take it either.
    pub id: String,
    /// Its MIME type as the provider says.
    #[serde(default)]
    pub mime: String,
    /// The name the sender's device gave it (documents only). Never trusted as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// SHA-256 of its bytes in base64, as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Whether a sticker moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
    /// Where its bytes are by now.
    #[serde(default)]
    pub state: MediaState,
}

/// Where the bytes of a received file are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    /// Still at the provider.
    #[default]
    Coming,
    /// In the file store.
    Stored(StoredFile),
    /// They cannot be had any more.
    Lost {
        /// Stable: the provider's number, or `not_found`, `damaged`, `too_large`, `unreachable`.
        code: String,
        /// A sentence (Spanish).
        text: String,
    },
}

/// What a customer sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InboundContent {
    /// Text.
    Text {
        /// The text as written.
        body: String,
    },
    /// A tap on a button, or a row of a list.
    Choice {
        /// The id that Cauce gave it. Comes from outside: the run checks that it is its own.
        id: String,
        /// What was written on it.
        title: String,
    },
    /// A picture, a film, sound, a document, a sticker. Rows of older builds hold a picture as `image`,
    /// its file as `media`.
    #[serde(alias = "image")]
    Media {
        /// What sort of thing it is.
        #[serde(rename = "kind", default = "picture")]
        media: MediaKind,
        /// The file.
        #[serde(alias = "media")]
        file: ReceivedMedia,
        /// What was written under it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    /// A place on the map.
    Location(Location),
    /// Contact cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
    },
    /// The answer of a form that WhatsApp itself shows.
    Form {
        /// The form's name as the provider says (`flow`, `address_message` …).
        name: String,
        /// What was filled in, as it came.
        answers: serde_json::Value,
    },
    /// A cart.
    Order {
        /// The catalogue it is from.
        catalog: String,
        /// What was written with it.
        text: String,
        /// What is in it.
        items: Vec<OrderItem>,
    },
    /// An emoji under an earlier message of either side.
    Reaction {
        /// The provider's id of that message.
        target: String,
        /// `None` takes the reaction back.
        emoji: Option<String>,
    },
    /// An earlier message of the customer reads otherwise now.
    Edit {
        /// The provider's id of that message.
        target: String,
        /// How it reads now.
        content: Box<InboundContent>,
    },
    /// An earlier message of the customer was taken back.
    Revoke {
        /// The provider's id of that message.
        target: String,
    },
    /// The customer allows, or refuses, to be called.
    CallPermission {
        /// Whether they allow it.
        allowed: bool,
    },
    /// The network tells something of the customer; they wrote nothing.
    Notice {
        /// The provider's words.
        body: String,
        /// By what the customer is known from now on, when that changed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<Address>,
        /// To whom answers go from now on, in the provider's writing, when that changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<String>,
    },
    /// Anything Cauce does not read yet, kept whole.
    Unsupported {
        /// The provider's name of the type, `unknown` when it gave none.
        kind: String,
        /// The provider's JSON of the message.
        raw: serde_json::Value,
    },
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The shop's id of the product.
    pub product: String,
    /// How many.
    pub quantity: u32,
    /// The price of one.
    pub price: f64,
    /// ISO 4217.
    pub currency: String,
}

impl InboundContent {
    /// The words in it, when there are any: what a keyword or an open question looks at.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { body } => Some(body),
            Self::Choice { title, .. } => Some(title),
            Self::Media { caption, .. } => caption.as_deref().filter(|caption| !caption.trim().is_empty()),
            _ => None,
        }
    }

    /// Whether somebody says something with it. A thumbs-up under a message, a correction or news of
    /// the network is no answer to a question.
    pub fn is_said(&self) -> bool {
        match self {
            Self::Reaction { .. } | Self::Edit { .. } | Self::Revoke { .. } | Self::Notice { .. } => false,
            // As Meta names what it does not pass on yet.
            Self::Unsupported { kind, .. } => {
                !matches!(kind.as_str(), "edit" | "reaction" | "pin" | "keep_in_chat" | "poll_update")
            }
            _ => true,
        }
    }

    /// One line that stands for it in lists (Spanish where it has no words of its own).
    pub fn preview(&self) -> String {
        match self {
            Self::Text { body } => body.clone(),
            Self::Choice { title, .. } => title.clone(),
            Self::Media { media, caption, file } => {
                let named = file.filename.as_deref().filter(|_| *media == MediaKind::Document);
                line(media.name(), caption.as_deref().or(named).unwrap_or_default())
            }
            Self::Location(place) => line("Ubicación", place.name.as_deref().unwrap_or_default()),
            Self::Contacts { cards } => line("Contacto", cards.first().map_or("", |card| &card.name)),
            Self::Form { .. } => "Formulario completado".to_owned(),
            Self::Order { text, .. } => line("Pedido", text),
            Self::Reaction { emoji, .. } => line("Reaccionó", emoji.as_deref().unwrap_or_default()),
            Self::Edit { content, .. } => content.preview(),
            Self::Revoke { .. } => "Eliminó un mensaje".to_owned(),
            Self::CallPermission { allowed: true } => "Permite llamadas".to_owned(),
            Self::CallPermission { allowed: false } => "No permite llamadas".to_owned(),
            Self::Notice { body, .. } => body.clone(),
            Self::Unsupported { .. } => "Mensaje que no se puede mostrar".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pictures_of_older_builds_are_read() {
        let sent = json!({ "type": "image", "link": "https://example.com/a.png", "caption": "Hola" });
        let sent: Content = serde_json::from_value(sent).unwrap();
        let picture = Content::Media {
            media: MediaKind::Image,
            source: MediaSource::Link("https://example.com/a.png".into()),
            caption: Some("Hola".into()),
            filename: None,
        };
        assert_eq!(sent, picture);
        let received = json!({ "type": "image", "media": { "id": "77", "mime": "image/jpeg" } });
        let received: InboundContent = serde_json::from_value(received).unwrap();
        let InboundContent::Media { media: MediaKind::Image, file, caption: None } = &received else {
            panic!("{received:?}")
        };
        assert_eq!((file.id.as_str(), &file.state), ("77", &MediaState::Coming));

        let stored = StoredFile {
            id: crate::FileId::of(b"a"),
            mime: "audio/ogg".into(),
            size: 1,
            name: "a.ogg".into(),
        };
        let voice = Content::Media {
            media: MediaKind::Voice,
            source: MediaSource::Stored(stored),
            caption: None,
            filename: None,
        };
        for content in [picture, voice] {
            let written = serde_json::to_value(&content).unwrap();
            assert_eq!(serde_json::from_value::<Content>(written).unwrap(), content);
        }
        let written = serde_json::to_value(&received).unwrap();
        assert_eq!(serde_json::from_value::<InboundContent>(written).unwrap(), received);
    }
}
