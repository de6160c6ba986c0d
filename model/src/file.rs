//! Files: pictures, voice notes, documents. Their bytes live in the file store, named by content.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::IdError;

/// The name of a stored file: 32 hexadecimal digits of the BLAKE3 hash of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileId(String);

impl FileId {
    /// The name of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(blake3::hash(bytes).as_bytes())
    }

    /// The name of bytes with this BLAKE3 hash.
    pub fn from_hash(hash: &[u8; 32]) -> Self {
        Self(hex::encode(&hash[..16]))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(IdError::new("file", text)) }
    }
}

impl TryFrom<String> for FileId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<FileId> for String {
    fn from(id: FileId) -> String {
        id.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A stored file, with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFile {
    /// Which.
    pub id: FileId,
    /// Its MIME type.
    pub mime: String,
    /// How large, in bytes.
    pub size: u64,
    /// What people call it; never trusted as a path.
    pub name: String,
}

/// What sort of thing a file is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture: JPEG or PNG, at most 5 MB.
    Image,
    /// A film: MP4 or 3GPP, at most 16 MB.
    Video,
    /// Sound: AAC, AMR, MP3, M4A or Ogg, at most 16 MB.
    Audio,
    /// A voice note: Ogg with Opus, one channel, at most 16 MB.
    Voice,
    /// Any other file, at most 100 MB.
    Document,
    /// A sticker: WebP, 512 × 512, at most 100 kB (moving: 500 kB).
    Sticker,
}

impl MediaKind {
    /// What people call it (Spanish).
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "Foto",
            Self::Video => "Video",
            Self::Audio => "Audio",
            Self::Voice => "Nota de voz",
            Self::Document => "Documento",
            Self::Sticker => "Sticker",
        }
    }
}
