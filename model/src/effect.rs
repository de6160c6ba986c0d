//! What a step of a flow decides. The contact carries it out.

use serde::{Deserialize, Serialize};

use crate::{Content, Duration, NodeId, QueueId};

/// One decision of a flow, in the order it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Say this.
    Send {
        /// The step that says it.
        node: NodeId,
        /// What.
        content: Content,
    },
    /// A person is needed: make a case. The run waits until the case is over.
    Handoff {
        /// The step that asks.
        node: NodeId,
        /// Where the case waits.
        queue: QueueId,
        /// How long it may wait for somebody to take it; `None` is for ever.
        timeout: Option<Duration>,
    },
}
