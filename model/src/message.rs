//! A message as the contact's history keeps it.

use serde::{Deserialize, Serialize};

use crate::{Content, InboundContent, NodeId, Timestamp, UserId};

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
    },
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
    /// A stable code: the provider's number (`131047`) or one of ours (`no_answer`).
    pub code: String,
    /// A sentence.
    pub text: String,
}
