//! A case (atención): one customer's matter that a person looks after.

use serde::{Deserialize, Serialize};

use crate::{CaseId, ContactId, QueueId, Timestamp, UserId};

/// The facts of a case. The Desk owns state, assignee and version; the contact creates and ends it
/// and holds a copy. `version` grows with every change, so an older copy never replaces a newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Whose matter it is.
    pub contact: ContactId,
    /// Where it waits.
    pub queue: QueueId,
    /// Where it stands.
    pub state: CaseState,
    /// Grows with every change; a command that names another one is refused.
    pub version: u64,
    /// Since when the customer waits.
    pub queued_at: Timestamp,
}

/// Where a case stands. Live means: not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CaseState {
    /// Waits for somebody.
    Queued,
    /// Somebody looks after it.
    Open {
        /// Who.
        assignee: Assignee,
        /// Since when.
        taken_at: Timestamp,
    },
    /// Over, for ever. What the customer writes next is a new conversation.
    Ended {
        /// Who looked after it last, if anybody did.
        assignee: Option<Assignee>,
        /// When they took it.
        taken_at: Option<Timestamp>,
        /// When it ended.
        ended_at: Timestamp,
        /// Why.
        reason: EndReason,
    },
}

/// Who looks after a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignee {
    /// The person.
    pub id: UserId,
    /// Their name at that time, so that history reads without a look-up.
    pub name: String,
}

/// Why a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The person who looked after it ended it.
    Resolved,
    /// Nobody took it in the time the flow gave.
    TimedOut,
}

impl Case {
    /// Whether a command that saw this version may go on.
    pub fn is_as_seen(&self, version: Option<u64>) -> bool {
        version.is_none_or(|version| version == self.version)
    }

    /// Whether it is not over.
    pub fn is_live(&self) -> bool {
        !matches!(self.state, CaseState::Ended { .. })
    }

    /// Who looks after it now.
    pub fn holder(&self) -> Option<&Assignee> {
        match &self.state {
            CaseState::Open { assignee, .. } => Some(assignee),
            _ => None,
        }
    }
}
