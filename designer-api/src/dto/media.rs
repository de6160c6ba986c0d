//! Files in a conversation, as screens show them.

use cauce_model::{self as model, ContactId, MediaKind, MediaSource, MediaState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FailureClassView, MessageErrorView};

/// A file in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Media {
    /// What sort of thing it is.
    pub media: MediaKindView,
    /// Where its bytes are, once they are here: of a stored file a path of this server, which takes `Range`
    /// and answers what is not safe to show as an attachment; of a linked one the link.
    #[schema(required = true)]
    pub url: Option<String>,
    /// Its MIME type, when known.
    #[schema(required = true)]
    pub mime: Option<String>,
    /// What people call it.
    #[schema(required = true)]
    pub name: Option<String>,
    /// How large it is, in bytes.
    #[schema(required = true)]
    pub size: Option<u64>,
    /// What stands under it.
    #[schema(required = true)]
    pub caption: Option<String>,
    /// Whether a sticker moves.
    pub animated: bool,
    /// Where its bytes are by now.
    pub state: MediaStateView,
    /// Why they cannot be had, of a lost one.
    #[schema(required = true)]
    pub error: Option<MessageErrorView>,
}

/// What sort of thing a file is in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKindView {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// A voice note.
    Voice,
    /// Any other file.
    Document,
    /// A sticker.
    Sticker,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaStateView {
    /// At `url`.
    Ready,
    /// Still at the provider.
    Coming,
    /// They cannot be had any more.
    Lost,
}

/// Where the file of a message is.
pub fn file_url(contact: ContactId, seq: u64) -> String {
    format!("/api/conversations/{contact}/messages/{seq}/file")
}

fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

impl Media {
    /// A file that was received.
    pub(super) fn received(
        media: MediaKind,
        file: model::ReceivedMedia,
        caption: Option<String>,
        url: String,
    ) -> Self {
        let mut view = Self {
            media: media.into(),
            url: None,
            mime: filled(file.mime),
            name: file.filename.and_then(filled),
            size: None,
            caption: caption.and_then(filled),
            animated: file.animated,
            state: MediaStateView::Coming,
            error: None,
        };
        match file.state {
            MediaState::Coming => {}
            MediaState::Stored(stored) => {
                view.state = MediaStateView::Ready;
                view.url = Some(url);
                view.mime = Some(stored.mime);
                view.size = Some(stored.size);
            }
            MediaState::Lost { code, text } => {
                view.state = MediaStateView::Lost;
                view.error = Some(MessageErrorView { code, text, class: FailureClassView::Media });
            }
        }
        view
    }

    /// A file that was sent.
    pub(super) fn sent(
        media: MediaKind,
        source: MediaSource,
        caption: Option<String>,
        filename: Option<String>,
        url: String,
    ) -> Self {
        let (url, stored) = match source {
            MediaSource::Link(link) => (link, None),
            MediaSource::Stored(stored) => (url, Some(stored)),
        };
        Self {
            media: media.into(),
            url: Some(url),
            mime: stored.as_ref().map(|stored| stored.mime.clone()),
            name: filename.and_then(filled).or_else(|| filled(stored.as_ref()?.name.clone())),
            size: stored.map(|stored| stored.size),
            caption: caption.and_then(filled),
            animated: false,
            state: MediaStateView::Ready,
            error: None,
        }
    }
}

impl From<MediaKind> for MediaKindView {
    fn from(media: MediaKind) -> Self {
        match media {
            MediaKind::Image => Self::Image,
            MediaKind::Video => Self::Video,
            MediaKind::Audio => Self::Audio,
            MediaKind::Voice => Self::Voice,
            MediaKind::Document => Self::Document,
            MediaKind::Sticker => Self::Sticker,
        }
    }
}

impl From<MediaKindView> for MediaKind {
    fn from(media: MediaKindView) -> Self {
        match media {
            MediaKindView::Image => Self::Image,
            MediaKindView::Video => Self::Video,
            MediaKindView::Audio => Self::Audio,
            MediaKindView::Voice => Self::Voice,
            MediaKindView::Document => Self::Document,
            MediaKindView::Sticker => Self::Sticker,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const URL: &str = "/api/conversations/c/messages/7/file";

    fn stored() -> model::StoredFile {
        let id = model::FileId::of(b"x");
        model::StoredFile { id, mime: "image/jpeg".into(), size: 12, name: "casa.jpg".into() }
    }

    fn received(state: MediaState) -> Value {
        let file = model::ReceivedMedia {
            id: "9001".into(),
            mime: "image/jpeg; x".into(),
            filename: None,
            sha256: Some("secret".into()),
            animated: false,
            state,
        };
        let view = Media::received(MediaKind::Image, file, Some(" ".into()), URL.into());
        serde_json::to_value(view).unwrap()
    }

    #[test]
    fn a_received_file_is_coming_ready_or_lost() {
        let mut expected = json!({ "media": "image", "url": null, "mime": "image/jpeg; x",
            "name": null, "size": null, "caption": null, "animated": false, "state": "coming",
            "error": null });
        assert_eq!(received(MediaState::Coming), expected);
        let lost = MediaState::Lost { code: "not_found".into(), text: "No está.".into() };
        expected["state"] = "lost".into();
        expected["error"] = json!({ "code": "not_found", "text": "No está.", "class": "media" });
        assert_eq!(received(lost), expected);
        let ready = received(MediaState::Stored(stored()));
        assert_eq!((&ready["state"], &ready["url"]), (&json!("ready"), &json!(URL)));
        assert_eq!((&ready["mime"], &ready["size"]), (&json!("image/jpeg"), &json!(12)));
    }

    #[test]
    fn a_sent_file_is_here_or_where_its_link_says() {
        let sent = |source| {
            serde_json::to_value(Media::sent(MediaKind::Document, source, None, None, URL.into())).unwrap()
        };
        let linked = sent(MediaSource::Link("https://example.com/a.pdf".into()));
        assert_eq!((&linked["url"], &linked["name"]), (&json!("https://example.com/a.pdf"), &Value::Null));
        let kept = sent(MediaSource::Stored(stored()));
        assert_eq!((&kept["name"], &kept["state"]), (&json!("casa.jpg"), &json!("ready")));
        assert_eq!(kept["url"], URL);
    }
}
