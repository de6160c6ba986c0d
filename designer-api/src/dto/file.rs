//! Files that the team hands over.

use serde::Serialize;
use utoipa::ToSchema;

use super::MediaKindView;

/// A file as a browser hands it over.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the bytes are streamed")]
pub struct Upload {
    /// The file, at most 100 MB, with its name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A file that was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileAccepted {
    /// By what it is named when it is sent. Named by its content: the same file again has the same.
    pub id: String,
    /// Its MIME type, by its bytes.
    pub mime: String,
    /// How large it is, in bytes.
    pub size: u64,
    /// What it is called.
    pub name: String,
    /// As what it will be sent.
    pub media: MediaKindView,
}
