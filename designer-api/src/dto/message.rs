//! Messages as screens show them.

use cauce_model::{self as model, Direction, InboundContent, MessageStatus, NodeId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{DirectionView, Instant};

/// A message of a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    /// Its id, unique in the conversation.
    pub id: String,
    /// Its place in the conversation: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// When it was received or decided.
    pub at: Instant,
    /// Who wrote it.
    pub author: Author,
    /// Received or sent.
    pub direction: DirectionView,
    /// What it says.
    pub content: Content,
    /// How far it got; null for a received one.
    #[schema(required = true)]
    pub status: Option<MessageStatusView>,
    /// Why it failed.
    #[schema(required = true)]
    pub error: Option<MessageErrorView>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Contact,
    /// A flow.
    Bot {
        /// At this step.
        node: String,
        /// What the step is called.
        node_name: String,
    },
    /// A person of the team.
    Agent {
        /// Their id.
        user: String,
        /// Their name then.
        name: String,
    },
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        body: String,
    },
    /// A picture.
    Image {
        /// Where it is, of one that was sent.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// What stands under it.
        #[serde(skip_serializing_if = "Option::is_none")]
        caption: Option<String>,
        /// Where it is at the provider, of one that was received.
        #[serde(skip_serializing_if = "Option::is_none")]
        media: Option<Media>,
    },
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

/// A received file, still at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Media {
    /// The provider's id of it.
    pub id: String,
    /// Its MIME type, as the provider says.
    pub mime: String,
    /// The name that the sender's device gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
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

/// How far a sent message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatusView {
    /// On its way to the provider.
    Queued,
    /// The provider took it.
    Accepted,
    /// One tick.
    Sent,
    /// Two ticks.
    Delivered,
    /// Read.
    Read,
    /// It will not arrive.
    Failed,
}

/// Why a message failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageErrorView {
    /// A stable code.
    pub code: String,
    /// A sentence.
    pub text: String,
}

impl Message {
    /// A message of the history. `node_name` tells what a step is called.
    pub fn of(
        contact: model::ContactId,
        message: &model::Message,
        node_name: &dyn Fn(&NodeId) -> String,
    ) -> Self {
        let author = match &message.author {
            model::Author::Contact => Author::Contact,
            model::Author::Bot { node } => Author::Bot { node: node.to_string(), node_name: node_name(node) },
            model::Author::Agent { user, name } => {
                Author::Agent { user: user.to_string(), name: name.clone() }
            }
        };
        let (direction, content, status, error) = match &message.direction {
            Direction::In { content } => (DirectionView::In, Content::from(content), None, None),
            Direction::Out { content, status, error } => {
                let error = error.as_ref();
                let error = error.map(|e| MessageErrorView { code: e.code.clone(), text: e.text.clone() });
                (DirectionView::Out, Content::from(content), Some((*status).into()), error)
            }
        };
        Self {
            id: format!("{contact}.{}", message.seq),
            seq: message.seq,
            at: message.at.into(),
            author,
            direction,
            content,
            status,
            error,
        }
    }
}

impl From<&InboundContent> for Content {
    fn from(content: &InboundContent) -> Self {
        match content.clone() {
            InboundContent::Text { body } => Self::Text { body },
            InboundContent::Choice { id, title } => Self::Choice { id, title },
            InboundContent::Image { media, caption } => {
                let media = Media { id: media.id, mime: media.mime, filename: media.filename };
                Self::Image { link: None, caption, media: Some(media) }
            }
            InboundContent::Unsupported { kind, .. } => Self::Unsupported { kind },
        }
    }
}

impl From<&model::Content> for Content {
    fn from(content: &model::Content) -> Self {
        match content.clone() {
            model::Content::Text { body } => Self::Text { body },
            model::Content::Image { link, caption } => Self::Image { link: Some(link), caption, media: None },
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

impl From<model::ListSection> for ListSection {
    fn from(section: model::ListSection) -> Self {
        let row =
            |row: model::ListRow| ListRow { id: row.id, title: row.title, description: row.description };
        Self { title: section.title, rows: section.rows.into_iter().map(row).collect() }
    }
}

impl From<MessageStatus> for MessageStatusView {
    fn from(status: MessageStatus) -> Self {
        match status {
            MessageStatus::Queued => Self::Queued,
            MessageStatus::Accepted => Self::Accepted,
            MessageStatus::Sent => Self::Sent,
            MessageStatus::Delivered => Self::Delivered,
            MessageStatus::Read => Self::Read,
            MessageStatus::Failed => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use cauce_model::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    fn shown(author: model::Author, direction: Direction) -> Value {
        let contact = model::ContactId::new(model::Slot::of("x"), 1);
        let message = model::Message { seq: 3, at: Timestamp(0), author, direction, provider_id: None };
        let mut shown =
            serde_json::to_value(Message::of(contact, &message, &|node| format!("«{node}»"))).unwrap();
        let id = shown.as_object_mut().unwrap().remove("id").unwrap();
        assert_eq!(id, format!("{contact}.3"));
        shown
    }

    #[test]
    fn what_a_step_said_names_the_step() {
        let buttons = vec![model::Button { id: "r.1.si".into(), title: "Sí".into() }];
        let content = model::Content::Buttons { body: "¿Seguimos?".into(), footer: None, buttons };
        let error = Some(model::MessageError { code: "131047".into(), text: "Tarde.".into() });
        let out = Direction::Out { content, status: MessageStatus::Failed, error };
        assert_eq!(
            shown(model::Author::Bot { node: "saludo".parse().unwrap() }, out),
            json!({ "seq": 3, "at": "1970-01-01T00:00:00.000Z",
                "author": { "kind": "bot", "node": "saludo", "node_name": "«saludo»" }, "direction": "out",
                "content": { "type": "buttons", "body": "¿Seguimos?", "buttons": [{ "id": "r.1.si", "title": "Sí" }] },
                "status": "failed", "error": { "code": "131047", "text": "Tarde." } })
        );
    }

    #[test]
    fn what_is_not_shown_yet_does_not_leave_the_server() {
        let content = InboundContent::Unsupported { kind: "location".into(), raw: json!({ "secret": 1 }) };
        assert_eq!(
            shown(model::Author::Contact, Direction::In { content }),
            json!({ "seq": 3, "at": "1970-01-01T00:00:00.000Z", "author": { "kind": "contact" },
                "direction": "in", "content": { "type": "unsupported", "kind": "location" },
                "status": null, "error": null })
        );
    }
}
