//! What a message is made of.

use cauce_flows::fields::{Amount, Template};
use cauce_flows::limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that is said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Part {
    /// Words.
    #[schemars(title = "Texto")]
    Text {
        /// The text.
        #[schemars(title = "Texto")]
        #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
        text: Template,
    },
    /// A picture.
    #[schemars(title = "Foto")]
    Image(Captioned),
    /// A film.
    #[schemars(title = "Video")]
    Video(Captioned),
    /// Any other file.
    #[schemars(title = "Documento")]
    Document(Document),
    /// Sound.
    #[schemars(title = "Audio")]
    Audio(Plain),
    /// A voice note.
    #[schemars(title = "Nota de voz")]
    Voice(Plain),
    /// A sticker.
    #[schemars(title = "Sticker")]
    Sticker(Plain),
    /// A place on the map.
    #[schemars(title = "Ubicación")]
    Location(Place),
    /// Contact cards.
    #[schemars(title = "Contactos")]
    Contacts {
        /// Up to five.
        #[schemars(title = "Tarjetas", length(min = 1, max = limits::CARDS))]
        #[schemars(extend("x-limit" = "limit.cards"))]
        cards: Vec<Card>,
    },
    /// A text with a button that opens a page.
    #[schemars(title = "Botón con enlace")]
    Link(Link),
    /// An emoji under the customer's last message.
    #[schemars(title = "Reacción")]
    Reaction {
        /// Which.
        #[schemars(title = "Emoji", length(min = 1, max = limits::EMOJI))]
        #[schemars(extend("x-limit" = "limit.emoji"))]
        #[schemars(extend("x-help" = "Se pone en el último mensaje del cliente."))]
        emoji: String,
    },
}

/// A picture or a film: a file or a link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Captioned {
    /// A file beside the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Archivo", length(min = 1, max = MAX_PATH))]
    #[schemars(extend("x-help" = "Archivo que está junto al flujo, por ejemplo: fotos/carta.jpg", "x-ref" = "file"))]
    pub file: Option<String>,
    /// A public address instead of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Enlace")]
    #[schemars(extend("x-help" = "En lugar del archivo: su dirección pública."))]
    #[schemars(extend("maxLength" = limits::LINK, "x-limit" = "limit.link"))]
    pub link: Option<Template>,
    /// What is written under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Pie")]
    #[schemars(extend("x-help" = "Lo que se lee debajo."))]
    #[schemars(extend("maxLength" = limits::CAPTION, "x-limit" = "limit.caption", "x-i18n" = true))]
    pub caption: Option<Template>,
}

/// A document: a file or a link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// A file beside the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Archivo", length(min = 1, max = MAX_PATH))]
    #[schemars(extend("x-help" = "Archivo que está junto al flujo, por ejemplo: tarifas.pdf", "x-ref" = "file"))]
    pub file: Option<String>,
    /// A public address instead of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Enlace")]
    #[schemars(extend("x-help" = "En lugar del archivo: su dirección pública."))]
    #[schemars(extend("maxLength" = limits::LINK, "x-limit" = "limit.link"))]
    pub link: Option<Template>,
    /// What is written under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Pie")]
    #[schemars(extend("x-help" = "Lo que se lee debajo."))]
    #[schemars(extend("maxLength" = limits::CAPTION, "x-limit" = "limit.caption", "x-i18n" = true))]
    pub caption: Option<Template>,
    /// The name that the customer sees; the file's own when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Nombre")]
    #[schemars(extend("x-help" = "El nombre que ve el cliente, por ejemplo: Tarifas.pdf"))]
    #[schemars(extend("maxLength" = limits::FILENAME, "x-limit" = "limit.filename", "x-i18n" = true))]
    pub name: Option<Template>,
}

/// Sound or a sticker: a file or a link, without words.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// A file beside the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Archivo", length(min = 1, max = MAX_PATH))]
    #[schemars(extend("x-help" = "Archivo que está junto al flujo.", "x-ref" = "file"))]
    pub file: Option<String>,
    /// A public address instead of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Enlace")]
    #[schemars(extend("x-help" = "En lugar del archivo: su dirección pública."))]
    #[schemars(extend("maxLength" = limits::LINK, "x-limit" = "limit.link"))]
    pub link: Option<Template>,
}

/// A place.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Degrees north.
    #[schemars(title = "Latitud", extend("minimum" = -90, "maximum" = 90))]
    #[schemars(extend("x-help" = "Grados, por ejemplo -12.0464, o un dato: {{ tienda.latitude }}"))]
    pub latitude: Amount,
    /// Degrees east.
    #[schemars(title = "Longitud", extend("minimum" = -180, "maximum" = 180))]
    #[schemars(extend("x-help" = "Grados, por ejemplo -77.0428, o un dato."))]
    pub longitude: Amount,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Nombre")]
    #[schemars(extend("maxLength" = limits::PLACE, "x-limit" = "limit.place", "x-i18n" = true))]
    pub name: Option<Template>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Dirección")]
    #[schemars(extend("maxLength" = limits::PLACE, "x-limit" = "limit.place", "x-i18n" = true))]
    pub address: Option<Template>,
}

/// A contact card.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Tarjeta")]
pub struct Card {
    /// The whole name.
    #[schemars(title = "Nombre")]
    #[schemars(extend("maxLength" = limits::CARD_NAME, "x-limit" = "limit.card_name"))]
    pub name: Template,
    /// Phones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Teléfonos", length(max = 5))]
    pub phones: Vec<Template>,
    /// Emails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Correos", length(max = 5))]
    pub emails: Vec<Template>,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Empresa")]
    #[schemars(extend("maxLength" = limits::CARD_FIELD, "x-limit" = "limit.card_field"))]
    pub organisation: Option<Template>,
}

/// A text with a button that opens a page.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The text.
    #[schemars(title = "Texto")]
    #[schemars(extend("maxLength" = limits::INTERACTIVE_BODY, "x-limit" = "limit.interactive_body", "x-i18n" = true))]
    pub text: Template,
    /// A small line under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Nota al pie", length(min = 1, max = limits::FOOTER))]
    #[schemars(extend("x-limit" = "limit.footer", "x-i18n" = true))]
    pub footer: Option<String>,
    /// What is written on the button.
    #[schemars(title = "Botón", length(min = 1, max = limits::LINK_TITLE))]
    #[schemars(extend("x-limit" = "limit.link_title", "x-i18n" = true))]
    pub title: String,
    /// Where it leads.
    #[schemars(title = "Dirección")]
    #[schemars(extend("x-help" = "La página que se abre. Puede llevar datos: https://…/{{ pedido }}"))]
    #[schemars(extend("maxLength" = limits::LINK, "x-limit" = "limit.link"))]
    pub url: Template,
}

/// The longest path of a file.
const MAX_PATH: usize = 200;
