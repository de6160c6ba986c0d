//! A message as the contact's history keeps it.

use serde::{Deserialize, Serialize};

use crate::{
    Content, Delivery, FailureClass, InboundContent, MessageContext, NodeId, SendFailure, Timestamp, UserId,
};

/// One line of a contact's history. Owned and written by the contact alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its place in the history: 1, 2, 3 … without a gap.
    pub seq: u64,
    /// When it was received or decided.
    pub at: Timestamp,
    /// Who wrote it.
    pub author: Author,
    /// What it says, and how far it got.
    #[serde(flatten)]
    pub direction: Direction,
    /// The provider's id, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// To what it belongs.
    #[serde(default, skip_serializing_if = "MessageContext::is_empty")]
    pub context: MessageContext,
    /// The number of the message that it answers, when that is in this history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotes: Option<u64>,
    /// The emojis under it, at most one of each side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// How it read before it was corrected, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// When its author took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl Message {
    /// A message that nothing has happened to yet.
    pub fn new(seq: u64, at: Timestamp, author: Author, direction: Direction) -> Self {
        Self {
            seq,
            at,
            author,
            direction,
            provider_id: None,
            context: MessageContext::default(),
            quotes: None,
            reactions: Vec::new(),
            edits: Vec::new(),
            revoked_at: None,
        }
    }
}

/// An emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// Whether the customer put it there; else the team or a flow.
    pub inbound: bool,
    /// Which.
    pub emoji: String,
}

/// How a message read before it was corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// When it was corrected.
    pub at: Timestamp,
    /// How it read until then.
    pub was: InboundContent,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Contact,
    /// A flow, at this step.
    Bot {
        /// The step that said it.
        node: NodeId,
    },
    /// A person of the team.
    Agent {
        /// Who.
        user: UserId,
        /// Their name when they wrote it.
        name: String,
    },
    /// Somebody of the business, with the business's own phone.
    Phone,
}

/// Received or sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "direction", rename_all = "snake_case")]
pub enum Direction {
    /// Received.
    In {
        /// What the customer sent.
        content: InboundContent,
    },
    /// Sent, or to be sent.
    Out {
        /// What we send.
        content: Content,
        /// How far it got.
        status: MessageStatus,
        /// Why it failed, when it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<MessageError>,
        /// Whether it is sent again when nobody can say what became of it.
        #[serde(default, skip_serializing_if = "Delivery::is_default")]
        delivery: Delivery,
    },
}

impl Direction {
    /// Something to be sent, to which nothing has happened yet.
    pub fn queued(content: Content, delivery: Delivery) -> Self {
        Self::Out { content, status: MessageStatus::Queued, error: None, delivery }
    }
}

/// How far a sent message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Waits for its turn, or is on its way to the provider.
    Queued,
    /// The provider took it.
    Accepted,
    /// Left the provider: one tick.
    Sent,
    /// On the device: two ticks.
    Delivered,
    /// Read.
    Read,
    /// It will not arrive. Only news that it did arrive after all changes this.
    Failed,
}

/// Why a message did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageError {
    /// A stable code: the provider's number (`131047`) or one of ours (`unconfirmed`).
    pub code: String,
    /// A sentence.
    pub text: String,
    /// What sort of failure it is.
    #[serde(default)]
    pub class: FailureClass,
}

impl From<SendFailure> for MessageError {
    fn from(SendFailure { code, text, class }: SendFailure) -> Self {
        Self { code, text, class }
    }
}
