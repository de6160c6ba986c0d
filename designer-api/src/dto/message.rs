//! Messages as screens show them: who wrote, how far it got, and what happened to it since.

use cauce_model::{self as model, Direction, MessageStatus, NodeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::Content;
use super::{DirectionView, Instant, MediaKindView};

/// A message of a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    /// Its id, unique in the conversation.
    pub id: String,
    /// Its place in the conversation: 1, 2, 3 … What is shown elsewhere leaves a gap, as a reaction that
    /// stands under the message it belongs to.
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
    /// The message that it answers, when that is in the history.
    #[schema(required = true)]
    pub quote: Option<Quote>,
    /// The emojis under it, at most one of each side.
    pub reactions: Vec<ReactionView>,
    /// Whether its author corrected it.
    pub edited: bool,
    /// Whether its author took it back.
    pub revoked: bool,
    /// How it was passed on from another chat.
    #[schema(required = true)]
    pub forwarded: Option<ForwardedView>,
    /// The advertisement or post that led here.
    #[schema(required = true)]
    pub referral: Option<Referral>,
    /// The product that it asks about, by the shop's id.
    #[schema(required = true)]
    pub product: Option<String>,
}

/// A message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Quote {
    /// Its place in the conversation.
    pub seq: u64,
    /// Who wrote it.
    pub author: Author,
    /// One line that stands for it.
    pub preview: String,
}

/// An emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReactionView {
    /// Whose it is.
    pub by: ReactedBy,
    /// The emoji.
    pub emoji: String,
}

/// Whose an emoji is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReactedBy {
    /// The customer's.
    Contact,
    /// A person's of the team, or a flow's.
    Team,
}

/// How a message was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForwardedView {
    /// From another chat.
    Once,
    /// Many times.
    Often,
}

/// The advertisement or post that led somebody to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: String,
    /// Where it is.
    #[schema(required = true)]
    pub source_url: Option<String>,
    /// Its headline.
    #[schema(required = true)]
    pub headline: Option<String>,
    /// Its text.
    #[schema(required = true)]
    pub body: Option<String>,
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
    /// Somebody of the business, with the business's own phone.
    Phone,
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
    /// What sort of failure it is.
    pub class: FailureClassView,
}

/// What sort of failure keeps a message from arriving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureClassView {
    /// The customer wrote more than 24 hours ago.
    WindowClosed,
    /// The customer cannot be reached, or not by this message.
    Unreachable,
    /// The template, or what was filled into it.
    Template,
    /// The file.
    Media,
    /// The account: its token, rights, registration or payment.
    Account,
    /// The provider's rules, or what the customer asked for.
    Policy,
    /// The content.
    Parameters,
    /// The account sent too much in too short a time.
    NumberLimit,
    /// Too much was sent to this customer in too short a time.
    PairLimit,
    /// There was no connection to the provider.
    Connection,
    /// The provider has a problem of its own.
    Provider,
    /// Nobody can say whether it was sent; it may have arrived.
    Unconfirmed,
    /// We did not send it.
    NotSent,
    /// None of these.
    Other,
}

/// What an agent writes: a text, or a file with a text under it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct Reply {
    /// An id that the client makes up; the same one again has no second effect.
    pub command: String,
    /// On which case.
    pub case: String,
    /// The text: 1–4096 characters alone, at most 1024 under a picture, a film or a document.
    pub body: Option<String>,
    /// A file, by the id that `POST /api/files` gave.
    pub file: Option<String>,
    /// As what the file is sent; what `POST /api/files` said when not given.
    pub media: Option<MediaKindView>,
}

/// What an agent wrote is on its way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplyAccepted {
    /// Its place in the conversation.
    pub seq: u64,
}

/// The longest preview of a quoted message, in characters.
const PREVIEW: usize = 120;

impl Message {
    /// A message of the history. `quoted` is the one that it answers, `node_name` tells what a step is called.
    pub fn of(
        contact: model::ContactId,
        message: &model::Message,
        quoted: Option<&model::Message>,
        node_name: &dyn Fn(&NodeId) -> String,
    ) -> Self {
        let (direction, content, status, error) = match &message.direction {
            Direction::In { content } => {
                let by_customer = message.author == model::Author::Contact;
                let direction = if by_customer { DirectionView::In } else { DirectionView::Out };
                (direction, Content::received(content, contact, message.seq), None, None)
            }
            Direction::Out { content, status, error, .. } => {
                let content = Content::sent(content, contact, message.seq);
                (DirectionView::Out, content, Some((*status).into()), error.as_ref())
            }
        };
        let revoked = message.revoked_at.is_some();
        let context = &message.context;
        Self {
            id: format!("{contact}.{}", message.seq),
            seq: message.seq,
            at: message.at.into(),
            author: Author::of(&message.author, node_name),
            direction,
            content: if revoked { Content::Revoked {} } else { content },
            status,
            error: error.map(Into::into),
            quote: quoted.map(|quoted| Quote::of(quoted, node_name)),
            reactions: message.reactions.iter().map(Into::into).collect(),
            edited: !message.edits.is_empty(),
            revoked,
            forwarded: context.forwarded.map(Into::into),
            referral: context.referral.as_deref().map(Into::into),
            product: context.product.clone(),
        }
    }

    /// Whether it has a line of its own: an emoji of ours stands under the message it belongs to, unless
    /// it could not be put there.
    pub fn is_shown(message: &model::Message) -> bool {
        !matches!(
            &message.direction,
            Direction::Out { content: model::Content::Reaction { .. }, status, .. }
                if *status != MessageStatus::Failed
        )
    }
}

impl From<&model::MessageError> for MessageErrorView {
    fn from(error: &model::MessageError) -> Self {
        Self { code: error.code.clone(), text: error.text.clone(), class: error.class.into() }
    }
}

impl From<model::FailureClass> for FailureClassView {
    fn from(class: model::FailureClass) -> Self {
        use model::FailureClass as Class;
        match class {
            Class::WindowClosed => Self::WindowClosed,
            Class::Unreachable => Self::Unreachable,
            Class::Template => Self::Template,
            Class::Media => Self::Media,
            Class::Account => Self::Account,
            Class::Policy => Self::Policy,
            Class::Parameters => Self::Parameters,
            Class::NumberLimit => Self::NumberLimit,
            Class::PairLimit => Self::PairLimit,
            Class::Connection => Self::Connection,
            Class::Provider => Self::Provider,
            Class::Unconfirmed => Self::Unconfirmed,
            Class::NotSent => Self::NotSent,
            Class::Other => Self::Other,
        }
    }
}

impl Author {
    fn of(author: &model::Author, node_name: &dyn Fn(&NodeId) -> String) -> Self {
        match author {
            model::Author::Contact => Self::Contact,
            model::Author::Bot { node } => Self::Bot { node: node.to_string(), node_name: node_name(node) },
            model::Author::Agent { user, name } => Self::Agent { user: user.to_string(), name: name.clone() },
            model::Author::Phone => Self::Phone,
        }
    }
}

impl Quote {
    fn of(message: &model::Message, node_name: &dyn Fn(&NodeId) -> String) -> Self {
        let preview = match &message.direction {
            _ if message.revoked_at.is_some() => "Se eliminó este mensaje".to_owned(),
            Direction::In { content } => content.preview(),
            Direction::Out { content, .. } => content.preview(),
        };
        let preview = preview.chars().take(PREVIEW).collect();
        Self { seq: message.seq, author: Author::of(&message.author, node_name), preview }
    }
}

impl From<&model::Reaction> for ReactionView {
    fn from(reaction: &model::Reaction) -> Self {
        let by = if reaction.inbound { ReactedBy::Contact } else { ReactedBy::Team };
        Self { by, emoji: reaction.emoji.clone() }
    }
}

impl From<model::Forwarded> for ForwardedView {
    fn from(forwarded: model::Forwarded) -> Self {
        match forwarded {
            model::Forwarded::Once => Self::Once,
            model::Forwarded::Often => Self::Often,
        }
    }
}

impl From<&model::Referral> for Referral {
    fn from(referral: &model::Referral) -> Self {
        let model::Referral { source_type, source_url, headline, body, .. } = referral.clone();
        Self { source_type, source_url, headline, body }
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
    use cauce_model::{InboundContent, Timestamp};
    use serde_json::{Value, json};

    use super::*;

    fn message(author: model::Author, direction: Direction) -> model::Message {
        model::Message::new(3, Timestamp(0), author, direction)
    }

    fn shown(message: &model::Message, quoted: Option<&model::Message>) -> Value {
        let contact = model::ContactId::new(model::Slot::of("x"), 1);
        let shown = Message::of(contact, message, quoted, &|node| format!("«{node}»"));
        let mut shown = serde_json::to_value(shown).unwrap();
        let id = shown.as_object_mut().unwrap().remove("id").unwrap();
        assert_eq!(id, format!("{contact}.3"));
        shown
    }

    fn text(body: &str) -> Direction {
        Direction::In { content: InboundContent::Text { body: body.into() } }
    }

    #[test]
    fn what_a_step_said_names_the_step() {
        let buttons = vec![model::Button { id: "r.1.si".into(), title: "Sí".into() }];
        let content = model::Content::Buttons { body: "¿Seguimos?".into(), footer: None, buttons };
        let class = model::FailureClass::WindowClosed;
        let error = Some(model::SendFailure::new(class, "131047", "Tarde.").into());
        let delivery = model::Delivery::default();
        let out = Direction::Out { content, status: MessageStatus::Failed, error, delivery };
        assert_eq!(
            shown(&message(model::Author::Bot { node: "saludo".parse().unwrap() }, out), None),
            json!({ "seq": 3, "at": "1970-01-01T00:00:00.000Z",
                "author": { "kind": "bot", "node": "saludo", "node_name": "«saludo»" }, "direction": "out",
                "content": { "type": "buttons", "body": "¿Seguimos?", "buttons": [{ "id": "r.1.si", "title": "Sí" }] },
                "status": "failed", "error": { "code": "131047", "text": "Tarde.", "class": "window_closed" },
                "quote": null, "reactions": [], "edited": false, "revoked": false, "forwarded": null,
                "referral": null, "product": null })
        );
    }

    #[test]
    fn what_happened_to_a_message_is_told_with_it() {
        let asked = message(model::Author::Contact, text("¿Tienen en azul?"));
        let mut answer = message(model::Author::Contact, text("Sí, ese"));
        answer.reactions = vec![
            model::Reaction { inbound: false, emoji: "👍".into() },
            model::Reaction { inbound: true, emoji: "🙏".into() },
        ];
        answer.edits =
            vec![model::Edit { at: Timestamp(1), was: InboundContent::Text { body: "Si, ese".into() } }];
        answer.context.forwarded = Some(model::Forwarded::Often);
        answer.context.product = Some("SKU-1".into());
        answer.context.referral = Some(Box::new(model::Referral {
            source_type: "ad".into(),
            source_id: "1".into(),
            headline: Some("Oferta".into()),
            click_id: Some("secret".into()),
            ..model::Referral::default()
        }));
        let told = shown(&answer, Some(&asked));
        let preview = "¿Tienen en azul?";
        assert_eq!(told["quote"], json!({ "seq": 3, "author": { "kind": "contact" }, "preview": preview }));
        let reactions = json!([{ "by": "team", "emoji": "👍" }, { "by": "contact", "emoji": "🙏" }]);
        assert_eq!(told["reactions"], reactions);
        assert_eq!((&told["edited"], &told["forwarded"]), (&json!(true), &json!("often")));
        assert_eq!(told["product"], "SKU-1");
        let referral = json!({ "source_type": "ad", "source_url": null, "headline": "Oferta", "body": null });
        assert_eq!(told["referral"], referral);
        assert!(!told.to_string().contains("Si, ese"), "how it read before is not shown");
    }

    #[test]
    fn what_was_taken_back_does_not_leave_the_server() {
        let mut gone = message(model::Author::Contact, text("un secreto"));
        gone.revoked_at = Some(Timestamp(1));
        let told = shown(&gone, Some(&gone));
        assert_eq!((&told["content"], &told["revoked"]), (&json!({ "type": "revoked" }), &json!(true)));
        assert!(!told.to_string().contains("un secreto"));
    }

    #[test]
    fn the_businesss_own_phone_writes_on_the_businesss_side() {
        let told = shown(&message(model::Author::Phone, text("Le escribo del local")), None);
        assert_eq!((&told["author"], &told["direction"]), (&json!({ "kind": "phone" }), &json!("out")));
    }

    #[test]
    fn an_emoji_of_ours_has_a_line_only_when_it_failed() {
        let reaction = |status| {
            let content = model::Content::Reaction { message_id: "wamid.1".into(), emoji: "👍".into() };
            let node = "n".parse().unwrap();
            let delivery = model::Delivery::default();
            message(model::Author::Bot { node }, Direction::Out { content, status, error: None, delivery })
        };
        assert!(!Message::is_shown(&reaction(MessageStatus::Queued)));
        assert!(!Message::is_shown(&reaction(MessageStatus::Read)));
        assert!(Message::is_shown(&reaction(MessageStatus::Failed)));
        assert!(Message::is_shown(&message(model::Author::Contact, text("hola"))));
    }
}
