//! One contact's walk through a version of a flow: what is kept between turns, and what comes in and
//! goes out of a turn.

use std::collections::{BTreeMap, BTreeSet};

use cauce_model::{
    Duration, Effect, FlowId, HttpOutcome, InboundContent, NodeId, Referral, RunId, Timestamp, VersionId,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reading::{Country, Place, Zone};

/// A run. Stored with named fields: a field added later has a default, an unknown one is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Which flow.
    pub flow: FlowId,
    /// The version it is pinned to.
    pub version: VersionId,
    /// Where it stands.
    pub state: RunState,
    /// What it captured, in the order it was first written.
    #[serde(default)]
    pub vars: IndexMap<String, Value>,
    /// How often it has waited: the number of the last wait.
    #[serde(default)]
    pub waits: u64,
    /// What the step that waits keeps for itself, as the tries it has given.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub memo: Value,
    /// How often it has come by the steps that count.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub counts: IndexMap<NodeId, u32>,
    /// The steps that asked the customer something, oldest first: the way back. At most [`MAX_ASKED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<NodeId>,
    /// What the customer has written so far of an answer that comes in pieces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fragments: Vec<String>,
    /// The flows that called one another, outermost first, as they stood; empty in the run's own flow. The
    /// data, counts and questions above are those of the innermost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
}

/// A flow that waits for another one that it called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The step that called.
    pub node: NodeId,
    /// Which flow it called.
    pub called: FlowId,
    /// What the caller has captured.
    #[serde(default)]
    pub vars: IndexMap<String, Value>,
    /// How often the caller has come by its steps that count.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub counts: IndexMap<NodeId, u32>,
    /// The caller's questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<NodeId>,
}

/// How many questions a customer can go back, one by one.
pub const MAX_ASKED: usize = 20;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Something must happen first.
    Waiting(Wait),
    /// It came to an end.
    Ended {
        /// What the end says of it.
        #[serde(default)]
        outcome: Option<String>,
    },
    /// It cannot go on.
    Failed {
        /// At which step.
        node: NodeId,
        /// Stable: `loop`, `too_many_sends`, `expr.failed` …
        code: String,
        /// A sentence for the team (Spanish).
        text: String,
    },
}

/// What a run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Grows with every wait of the run: the timer of an older wait moves nothing.
    pub number: u64,
    /// At which step.
    pub node: NodeId,
    /// For what.
    pub kind: WaitKind,
    /// How long, from the moment the wait's last message was accepted; `None` is for ever.
    /// Always `None` for a person: that time is the Desk's.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// Until when, for a wait that ends at a moment and not after a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitKind {
    /// The customer's answer.
    Answer,
    /// Time to pass.
    Delay,
    /// A person to be done.
    Person,
    /// What a server outside answers.
    Call,
    /// What the step said to have left for the customer, or to have failed. Its timeout is how long to
    /// wait for that once all is accepted.
    Sent,
    /// Something to happen that another system tells of.
    Event,
}

impl WaitKind {
    /// Whether a word of the customer may lead away from such a wait, by a step of the flow.
    pub(crate) fn hears_commands(self) -> bool {
        matches!(self, Self::Answer | Self::Delay | Self::Event)
    }
}

/// What the end of a run says of it that another flow broke into.
pub const INTERRUPTED: &str = "interrupted";

impl Run {
    /// Ends it where it waits: the customer went on in another flow.
    pub fn interrupt(&mut self) {
        self.leave_all();
        self.memo = Value::Null;
        self.state = RunState::Ended { outcome: Some(INTERRUPTED.to_owned()) };
    }

    /// The wait, when it waits.
    pub fn wait(&self) -> Option<&Wait> {
        match &self.state {
            RunState::Waiting(wait) => Some(wait),
            _ => None,
        }
    }

    /// The step of the run's own flow where it waits: for a flow that was called, the step that called.
    pub fn place(&self) -> Option<&NodeId> {
        let waits = self.wait().map(|wait| &wait.node);
        self.frames.first().map(|frame| &frame.node).filter(|_| waits.is_some()).or(waits)
    }

    /// What the run's own flow has captured.
    pub fn data(&self) -> &IndexMap<String, Value> {
        self.frames.first().map_or(&self.vars, |frame| &frame.vars)
    }

    /// Begins a flow that a step calls, with this data.
    pub(crate) fn enter(&mut self, node: NodeId, called: FlowId, vars: IndexMap<String, Value>) {
        let vars = std::mem::replace(&mut self.vars, vars);
        let (counts, asked) = (std::mem::take(&mut self.counts), std::mem::take(&mut self.asked));
        self.frames.push(Frame { node, called, vars, counts, asked });
    }

    /// Goes back to the flow that called. The step that did, and what the called one had captured.
    pub(crate) fn leave(&mut self) -> Option<(NodeId, IndexMap<String, Value>)> {
        let Frame { node, vars, counts, asked, .. } = self.frames.pop()?;
        (self.counts, self.asked) = (counts, asked);
        Some((node, std::mem::replace(&mut self.vars, vars)))
    }

    /// Leaves all flows that were called, and what was written so far of an answer in pieces.
    pub(crate) fn leave_all(&mut self) {
        while self.leave().is_some() {}
        self.fragments.clear();
    }

    /// Remembers that a step asked something.
    pub(crate) fn ask(&mut self, node: &NodeId) {
        if self.asked.last() != Some(node) {
            self.asked.push(node.clone());
        }
        if self.asked.len() > MAX_ASKED {
            self.asked.remove(0);
        }
    }
}

/// With what a run starts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opening<'a> {
    /// The message that starts it.
    pub content: Option<&'a InboundContent>,
    /// The advertisement or post that led to the message.
    pub referral: Option<&'a Referral>,
    /// What is known of the event that starts it.
    pub data: Option<&'a Value>,
}

impl<'a> From<Option<&'a InboundContent>> for Opening<'a> {
    fn from(content: Option<&'a InboundContent>) -> Self {
        Self { content, ..Self::default() }
    }
}

/// What a turn may know of the world. Given, never looked up.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The time of the turn.
    pub now: Timestamp,
    /// For anything that looks like chance.
    pub seed: u64,
    /// The number of the customer's last message in their history; 0 before the first.
    pub message: u64,
    /// By which clocks people here live.
    pub zone: Zone,
    /// Whose phone numbers and documents they write.
    pub country: Country,
    /// Until when anything may be said freely to the customer; the epoch when they have not written yet.
    pub window_ends_at: Timestamp,
    /// The customer.
    pub contact: ContactFacts,
}

impl Facts {
    /// Where and when the customer writes.
    pub fn place(&self) -> Place {
        Place { now: self.now, zone: self.zone.clone(), country: self.country }
    }

    /// Whether anything may be said freely to the customer now.
    pub fn is_window_open(&self) -> bool {
        self.now < self.window_ends_at
    }
}

/// What is known of the customer; texts read it as `contact.name` and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactFacts {
    /// Who it is, for choices that must be the same every time.
    pub id: String,
    /// Their name.
    pub name: Option<String>,
    /// Their phone, digits only.
    pub phone: Option<String>,
    /// Their language (BCP 47).
    pub language: Option<String>,
    /// Their tags.
    pub tags: BTreeSet<String>,
    /// How promising they are: what the flows added up.
    pub score: i64,
    /// What they allowed, and what not, by purpose.
    pub consents: BTreeMap<String, bool>,
}

/// What happens to a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The customer wrote.
    Answer(&'a InboundContent),
    /// The wait's time is over: an answer's timeout or a delay.
    TimedOut,
    /// The person is done.
    HandoffResolved {
        /// Who it was.
        agent: Option<&'a str>,
    },
    /// Nobody took it in time.
    HandoffTimedOut,
    /// What came of the call that the run waits for.
    Called(&'a HttpOutcome),
    /// All that the step said has left for the customer.
    Sent,
    /// Something that the step said will not arrive; what came after it was not sent.
    Unsent {
        /// Why: the provider's number, or one of ours.
        code: &'a str,
    },
    /// Another system tells of something.
    Happened {
        /// What.
        name: &'a str,
        /// What it tells of it.
        data: &'a Value,
    },
}

/// What a turn decided.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// In the order they were decided.
    pub effects: Vec<Effect>,
    /// The steps the run was at, in order.
    pub trail: Vec<Visited>,
}

/// A step the run was at in this turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visited {
    /// Which step.
    pub node: NodeId,
    /// The exit it left by; `None` while it waits there, and where it ended or failed.
    pub exit: Option<String>,
    /// The flow that was called in which it stands; `None` for the run's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<FlowId>,
}
