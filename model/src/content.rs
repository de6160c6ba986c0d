//! What a message contains, as sent and as received.

use serde::{Deserialize, Serialize};

/// What Cauce sends. The limits are WhatsApp's (Unicode characters); `flows` checks them before a
/// flow is published and the channel refuses what breaks them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text, 1–4096 characters.
    Text {
        /// The text.
        body: String,
    },
    /// A picture that the provider fetches from a public link.
    Image {
        /// An `https` (in tests `http`) address.
        link: String,
        /// At most 1024 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
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
    /// One line that stands for it in lists and previews.
    pub fn preview(&self) -> &str {
        match self {
            Self::Text { body } | Self::Buttons { body, .. } | Self::List { body, .. } => body,
            Self::Image { caption, .. } => caption.as_deref().unwrap_or(""),
        }
    }
}

/// A file that a customer sent, still at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaRef {
    /// The provider's id of the file.
    pub id: String,
    /// Its MIME type as the provider says.
    #[serde(default)]
    pub mime: String,
    /// The name the sender's device gave it (documents only). Never trusted as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
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
    /// A picture.
    Image {
        /// Where it is.
        media: MediaRef,
        /// What was written under it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
    },
    /// Anything Cauce does not read yet, kept whole.
    Unsupported {
        /// The provider's name of the type, `unknown` when it gave none.
        kind: String,
        /// The provider's JSON of the message.
        raw: serde_json::Value,
    },
}

impl InboundContent {
    /// The words in it, when there are any: what a keyword or an open question looks at.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { body } => Some(body),
            Self::Choice { title, .. } => Some(title),
            Self::Image { .. } | Self::Unsupported { .. } => None,
        }
    }
}
