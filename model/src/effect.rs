//! What a step of a flow decides. The contact carries it out.

use serde::{Deserialize, Serialize};

use crate::{Content, Delivery, Duration, HttpRequest, NodeId, QueueId};

/// One decision of a flow, in the order it was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// Say this.
    Send {
        /// The step that says it.
        node: NodeId,
        /// What.
        content: Content,
        /// Whether it is sent again when nobody can say what became of it.
        #[serde(default, skip_serializing_if = "Delivery::is_default")]
        delivery: Delivery,
    },
    /// Put an emoji under the customer's last message.
    React {
        /// The step that does.
        node: NodeId,
        /// Which; empty takes it back.
        emoji: String,
    },
    /// Show the customer that somebody is writing. Worth nothing a moment later: it is not kept.
    Typing,
    /// Ask a server outside. The run waits for what comes of it.
    Http {
        /// The step that asks.
        node: NodeId,
        /// The wait of the run that the answer ends.
        wait: u64,
        /// What.
        request: HttpRequest,
        /// How often it is tried in all while there is no answer; 1–10.
        tries: u32,
    },
    /// Change the customer's tags.
    Tag {
        /// Tags to put on.
        add: Vec<String>,
        /// Tags to take off.
        remove: Vec<String>,
    },
    /// Change how promising the customer is.
    Score {
        /// How much comes to it; less than nothing takes away.
        add: i64,
    },
    /// The customer reached a goal.
    Goal {
        /// The step that says so.
        node: NodeId,
        /// Which.
        goal: String,
        /// What it is worth.
        value: Option<f64>,
        /// In which currency (ISO 4217).
        currency: Option<String>,
    },
    /// The customer said how good something was.
    Rating {
        /// The step that asked.
        node: NodeId,
        /// Which of the things that are measured.
        metric: String,
        /// How good.
        mark: u8,
        /// The best that could be said.
        best: u8,
    },
    /// The customer allowed something, or did not.
    Consent {
        /// The step that says so.
        node: NodeId,
        /// What for: a stable name.
        purpose: String,
        /// What people call that.
        label: String,
        /// Whether they allowed it.
        granted: bool,
        /// The version of the legal text.
        version: String,
    },
    /// From now on the customer is spoken to in this language.
    Language {
        /// Which (BCP 47).
        language: String,
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
