//! What messages say, as screens show it.

use cauce_model::{self as model, ContactId, InboundContent};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::media::{Media, file_url};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        body: String,
    },
    /// A picture, a film, sound, a document, a sticker.
    Media(Media),
    /// A place on the map.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What the place is called.
        #[schema(required = true)]
        name: Option<String>,
        /// Its address.
        #[schema(required = true)]
        address: Option<String>,
    },
    /// Contact cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
    },
    /// A text with a button that opens a web page.
    Link {
        /// The text.
        body: String,
        /// What stands under it.
        #[schema(required = true)]
        footer: Option<String>,
        /// What is written on the button.
        title: String,
        /// The page.
        url: String,
    },
    /// A text with a button that sends the customer's place.
    LocationRequest {
        /// The text.
        body: String,
    },
    /// An emoji that could not be put under the message it was meant for.
    Reaction {
        /// The emoji.
        emoji: String,
    },
    /// A form that WhatsApp itself shows, filled in.
    Form {
        /// The form's name as the provider says.
        name: String,
        /// What was filled in.
        answers: Vec<FormAnswer>,
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
    /// The customer allows, or refuses, to be called.
    CallPermission {
        /// Whether they allow it.
        allowed: bool,
    },
    /// The network tells something of the customer; they wrote nothing.
    Notice {
        /// The provider's words.
        body: String,
    },
    /// It was taken back.
    Revoked {},
    /// A text with buttons.
    Buttons {
        /// The text.
        body: String,
        /// What stands under it.
        #[serde(skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// The buttons.
        buttons: Vec<Button>,
    },
    /// A text with a sheet of rows.
    List {
        /// The text.
        body: String,
        /// What stands under it.
        #[serde(skip_serializing_if = "Option::is_none")]
        footer: Option<String>,
        /// What opens the sheet.
        button: String,
        /// The rows.
        sections: Vec<ListSection>,
    },
    /// A tap on a button, or a row of a list.
    Choice {
        /// Its id.
        id: String,
        /// What is written on it.
        title: String,
    },
    /// Something that is not shown yet.
    Unsupported {
        /// The provider's name of it.
        kind: String,
    },
}

/// A contact card, as people pass them on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ContactCard {
    /// The whole name; empty when the card has none.
    pub name: String,
    /// Phones as written on the card.
    pub phones: Vec<String>,
    /// Emails as written on the card.
    pub emails: Vec<String>,
    /// Where they work.
    #[schema(required = true)]
    pub organisation: Option<String>,
}

/// What was filled in at one place of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FormAnswer {
    /// The place.
    pub key: String,
    /// What was filled in; JSON when it is no text.
    pub value: String,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
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

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Button {
    /// Its id.
    pub id: String,
    /// What is written on it.
    pub title: String,
}

/// A group of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListSection {
    /// What stands above them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The rows.
    pub rows: Vec<ListRow>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ListRow {
    /// Its id.
    pub id: String,
    /// What is written on it.
    pub title: String,
    /// What stands under that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Content {
    /// What was received in this message.
    pub fn received(content: &InboundContent, contact: ContactId, seq: u64) -> Self {
        match content.clone() {
            InboundContent::Text { body } => Self::Text { body },
            InboundContent::Choice { id, title } => Self::Choice { id, title },
            InboundContent::Media { media, file, caption } => {
                Self::Media(Media::received(media, file, caption, file_url(contact, seq)))
            }
            InboundContent::Location(place) => place.into(),
            InboundContent::Contacts { cards } => cards.into(),
            InboundContent::Form { name, answers } => Self::Form { name, answers: form_answers(answers) },
            InboundContent::Order { catalog, text, items } => {
                Self::Order { catalog, text, items: items.into_iter().map(Into::into).collect() }
            }
            InboundContent::Reaction { emoji, .. } => Self::Reaction { emoji: emoji.unwrap_or_default() },
            InboundContent::Edit { content, .. } => Self::received(&content, contact, seq),
            InboundContent::Revoke { .. } => Self::Revoked {},
            InboundContent::CallPermission { allowed } => Self::CallPermission { allowed },
            InboundContent::Notice { body, .. } => Self::Notice { body },
            InboundContent::Unsupported { kind, .. } => Self::Unsupported { kind },
        }
    }

    /// What was sent with this message.
    pub fn sent(content: &model::Content, contact: ContactId, seq: u64) -> Self {
        match content.clone() {
            model::Content::Text { body } => Self::Text { body },
            model::Content::Media { media, source, caption, filename } => {
                Self::Media(Media::sent(media, source, caption, filename, file_url(contact, seq)))
            }
            model::Content::Location(place) => place.into(),
            model::Content::Contacts { cards } => cards.into(),
            model::Content::Link { body, footer, title, url } => Self::Link { body, footer, title, url },
            model::Content::LocationRequest { body } => Self::LocationRequest { body },
            model::Content::Reaction { emoji, .. } => Self::Reaction { emoji },
            model::Content::Buttons { body, footer, buttons } => {
                let buttons = buttons.into_iter().map(|b| Button { id: b.id, title: b.title }).collect();
                Self::Buttons { body, footer, buttons }
            }
            model::Content::List { body, footer, button, sections } => {
                let sections = sections.into_iter().map(ListSection::from).collect();
                Self::List { body, footer, button, sections }
            }
        }
    }
}

fn form_answers(answers: Value) -> Vec<FormAnswer> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    match answers {
        Value::Object(fields) => {
            fields.into_iter().map(|(key, value)| FormAnswer { key, value: text(value) }).collect()
        }
        Value::Null => Vec::new(),
        other => vec![FormAnswer { key: String::new(), value: text(other) }],
    }
}

impl From<model::Location> for Content {
    fn from(place: model::Location) -> Self {
        let model::Location { latitude, longitude, name, address } = place;
        Self::Location { latitude, longitude, name, address }
    }
}

impl From<Vec<model::ContactCard>> for Content {
    fn from(cards: Vec<model::ContactCard>) -> Self {
        let card = |card: model::ContactCard| {
            let model::ContactCard { name, phones, emails, organisation } = card;
            ContactCard { name, phones, emails, organisation }
        };
        Self::Contacts { cards: cards.into_iter().map(card).collect() }
    }
}

impl From<model::OrderItem> for OrderItem {
    fn from(item: model::OrderItem) -> Self {
        let model::OrderItem { product, quantity, price, currency } = item;
        Self { product, quantity, price, currency }
    }
}

impl From<model::ListSection> for ListSection {
    fn from(section: model::ListSection) -> Self {
        let row =
            |row: model::ListRow| ListRow { id: row.id, title: row.title, description: row.description };
        Self { title: section.title, rows: section.rows.into_iter().map(row).collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contact() -> ContactId {
        ContactId::new(model::Slot::of("x"), 1)
    }

    fn received(content: &InboundContent) -> Value {
        serde_json::to_value(Content::received(content, contact(), 7)).unwrap()
    }

    #[test]
    fn what_is_not_shown_yet_does_not_leave_the_server() {
        let content = InboundContent::Unsupported { kind: "poll".into(), raw: json!({ "secret": 1 }) };
        assert_eq!(received(&content), json!({ "type": "unsupported", "kind": "poll" }));
    }

    #[test]
    fn the_answers_of_a_form_are_texts() {
        let answers =
            |answers| received(&InboundContent::Form { name: "flow".into(), answers })["answers"].clone();
        assert_eq!(
            answers(json!({ "nombre": "Ana", "edad": 30, "nota": null, "días": ["lu"] })),
            json!([{ "key": "nombre", "value": "Ana" }, { "key": "edad", "value": "30" },
                { "key": "nota", "value": "" }, { "key": "días", "value": "[\"lu\"]" }])
        );
        assert_eq!(answers(Value::Null), json!([]));
        assert_eq!(answers(json!("hola")), json!([{ "key": "", "value": "hola" }]));
    }
}
