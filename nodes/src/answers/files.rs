//! Pictures, documents and other files that a customer sends.

use cauce_model::{InboundContent, MediaKind, MediaState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Which files fit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Which.
    #[schemars(title = "Qué se acepta", length(min = 1, max = 6))]
    pub kinds: Vec<FileKind>,
}

/// A sort of file, as customers send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Tipo de archivo")]
pub enum FileKind {
    /// A picture.
    #[schemars(title = "Foto")]
    Image,
    /// A film.
    #[schemars(title = "Video")]
    Video,
    /// Sound, voice notes too.
    #[schemars(title = "Audio")]
    Audio,
    /// A voice note.
    #[schemars(title = "Nota de voz")]
    Voice,
    /// Any other file.
    #[schemars(title = "Documento")]
    Document,
    /// A sticker.
    #[schemars(title = "Sticker")]
    Sticker,
}

impl FileKind {
    fn fits(self, media: MediaKind) -> bool {
        match self {
            Self::Image => media == MediaKind::Image,
            Self::Video => media == MediaKind::Video,
            Self::Audio => matches!(media, MediaKind::Audio | MediaKind::Voice),
            Self::Voice => media == MediaKind::Voice,
            Self::Document => media == MediaKind::Document,
            Self::Sticker => media == MediaKind::Sticker,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Image => "una foto",
            Self::Video => "un video",
            Self::Audio => "un audio",
            Self::Voice => "una nota de voz",
            Self::Document => "un documento",
            Self::Sticker => "un sticker",
        }
    }
}

/// What a file is called in a datum.
fn written(media: MediaKind) -> &'static str {
    match media {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Voice => "voice",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

impl Files {
    /// What is kept: `message` is the number of the message that brought it, by which screens show it;
    /// `file` the name in the file store, `id` the provider's while it is not there yet.
    pub(super) fn accept(&self, answer: &InboundContent, message: u64) -> Option<Value> {
        let InboundContent::Media { media, file, caption } = answer else { return None };
        if !self.kinds.iter().any(|kind| kind.fits(*media)) {
            return None;
        }
        let mut value = json!({
            "media": written(*media),
            "mime": file.mime,
            "name": file.filename,
            "caption": caption,
            "message": message,
        });
        match &file.state {
            MediaState::Stored(stored) => value["file"] = stored.id.as_str().into(),
            MediaState::Coming if !file.id.is_empty() => value["id"] = file.id.as_str().into(),
            MediaState::Coming | MediaState::Lost { .. } => return None,
        }
        Some(value)
    }

    pub(super) fn hint(&self) -> String {
        let words: Vec<&str> = self.kinds.iter().map(|kind| kind.words()).collect();
        match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                format!("Envía {} o {last}, por favor.", rest.join(", "))
            }
            _ => format!("Envía {}, por favor.", words.join("")),
        }
    }
}
