//! Recorded runs gone through again, step by step; and what a draft would have made of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Instant;

/// Whose run.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReplayQuery {
    /// The contact: runs are named within it.
    pub contact: String,
}

/// A run gone through again, from what its contact's journal holds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunReplay {
    /// The run.
    pub run: String,
    /// Its flow; null when the run itself is not kept any more.
    #[schema(required = true)]
    pub flow: Option<String>,
    /// Its version.
    #[schema(required = true)]
    pub version: Option<String>,
    /// Whether it gives again, byte for byte, what is recorded.
    pub same: bool,
    /// Where it does not.
    #[schema(required = true)]
    pub parted: Option<ReplayParting>,
    /// Whether some of it was decided by a build that decides otherwise than this one.
    pub older: bool,
    /// Whether the tags, the score and the consents that it read are known: not, when an earlier run of the
    /// contact does not give again what is recorded.
    pub certain: bool,
    /// What happened, in order.
    pub turns: Vec<ReplayTurn>,
}

/// Where a replay is not what was recorded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayParting {
    /// The turn's number.
    pub turn: u64,
    /// The step.
    #[schema(required = true)]
    pub node: Option<String>,
    /// A stable code.
    pub code: String,
    /// A sentence for people.
    pub text: String,
}

/// Something that happened, and what the run did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayTurn {
    /// The number of its entry in the contact's journal. What follows at once, as on a message that could not be
    /// sent, has the same.
    pub turn: u64,
    /// When.
    pub at: Instant,
    /// What happened; null when that is not known.
    #[schema(required = true)]
    pub event: Option<ReplayEvent>,
    /// What the run knew; null when the turn was not gone through again.
    #[schema(required = true)]
    pub known: Option<ReplayFacts>,
    /// The steps that it went through; as they are recorded, when the turn was not gone through again.
    pub steps: Vec<ReplayStep>,
    /// In the turn in which the two part, the steps as they are recorded.
    #[schema(required = true)]
    pub recorded: Option<Vec<ReplayVisit>>,
    /// What it said.
    pub said: Vec<ReplaySaid>,
}

/// What happened to a run.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayEvent {
    /// What.
    pub kind: ReplayEventKind,
    /// The number of the customer's message.
    #[schema(required = true)]
    pub message: Option<u64>,
    /// What it says, an agent's name, a code, a version, or the name of an event.
    #[schema(required = true)]
    pub text: Option<String>,
    /// What a server answered, or another system told.
    #[schema(required = true)]
    pub data: Option<Value>,
}

/// What can happen to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayEventKind {
    /// A message, an event of another system, or its own hour began it.
    Began,
    /// The customer wrote.
    Answered,
    /// The time of its wait was over.
    TimedOut,
    /// A person was done.
    Resolved,
    /// No person took it in time.
    NotTaken,
    /// A server answered, or did not.
    Called,
    /// What it said had left.
    Sent,
    /// What it said will not arrive.
    Unsent,
    /// Another system told of something.
    Happened,
    /// Its wait was dropped after a backup was restored.
    Dropped,
    /// It was moved to another version of its flow.
    Moved,
    /// That was taken back.
    MovedBack,
    /// The customer wrote a word that counts everywhere, and went on in another flow.
    Interrupted,
}

/// What a run knew in a turn.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayFacts {
    /// Until when anything could be said freely.
    pub window_ends_at: Instant,
    /// Time zone.
    pub timezone: String,
    /// Country.
    pub country: String,
    /// The customer's name.
    #[schema(required = true)]
    pub name: Option<String>,
    /// Their phone.
    #[schema(required = true)]
    pub phone: Option<String>,
    /// Their tags.
    pub tags: Vec<String>,
    /// Their score.
    pub score: i64,
    /// What they had allowed, and what not, by purpose.
    pub consents: BTreeMap<String, bool>,
}

/// A step of a recorded way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayVisit {
    /// Which.
    pub node: String,
    /// By which exit it left; null where it waited or ended.
    #[schema(required = true)]
    pub exit: Option<String>,
    /// The flow that was called in which it stands; null in the run's own.
    #[schema(required = true)]
    pub within: Option<String>,
}

/// A step, and why it went the way it went.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayStep {
    /// Which, and by which exit it left.
    #[serde(flatten)]
    pub visit: ReplayVisit,
    /// What was worked out there, in order. After what decided, nothing more was.
    pub evaluations: Vec<ReplayEvaluation>,
    /// The data that it wrote.
    pub changes: Vec<ReplayChange>,
    /// Why it failed.
    #[schema(required = true)]
    pub failure: Option<ReplayFailure>,
}

/// Something that was worked out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayEvaluation {
    /// What it is.
    pub what: ReplayEvaluated,
    /// As the flow has it; of a draw, among how many numbers.
    pub source: String,
    /// The data it read, as it stood.
    pub reads: Vec<ReplayRead>,
    /// What it gave; null also when it failed.
    #[schema(required = true)]
    pub gave: Option<Value>,
    /// Why it failed.
    #[schema(required = true)]
    pub failure: Option<ReplayFailure>,
}

/// What is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayEvaluated {
    /// An expression: a condition gives true or false.
    Expression,
    /// A text with expressions in it.
    Text,
    /// A script.
    Script,
    /// A number by chance.
    Draw,
}

/// A datum that was read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayRead {
    /// Its name.
    pub name: String,
    /// What it was; null when it was not there.
    pub value: Value,
}

/// A datum that was written.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayChange {
    /// Its name.
    pub name: String,
    /// What it was; null when it was not there.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

/// Why something failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayFailure {
    /// A stable code.
    pub code: String,
    /// A sentence for people.
    pub text: String,
}

/// Something that a run said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplaySaid {
    /// Which step.
    pub node: String,
    /// The number of the message.
    pub message: u64,
    /// What it says, in a line.
    pub text: String,
}

/// What is asked of a draft.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfRequest {
    /// The draft: YAML or JSON, as text.
    pub document: String,
    /// By the path that the document gives each file, the id that `POST /api/files` gave it.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Runs that began from this moment on (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    pub from: String,
    /// Runs that began before this moment (RFC 3339).
    #[schema(value_type = String, format = DateTime)]
    pub to: String,
    /// How many contacts are looked at for one answer at most; 100 by default, 500 at most.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The `next` of the answer before.
    #[serde(default)]
    pub after: Option<String>,
}

/// What a draft would have made of recorded runs. Add up the answers until `next` is null.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhatIfPage {
    /// The draft's version.
    pub version: String,
    /// How many runs came out how.
    pub totals: WhatIfTotals,
    /// The runs.
    pub runs: Vec<WhatIfRun>,
    /// The `after` of the next answer, when there are more contacts.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// How many runs came out how.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct WhatIfTotals {
    /// They go the same way.
    pub same: usize,
    /// They go another way.
    pub diverged: usize,
    /// An answer that was understood is not.
    pub not_understood: usize,
    /// They are handed to a person, and were not.
    pub reached_person: usize,
    /// They cannot be gone through again themselves.
    pub unknown: usize,
}

/// How a run comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhatIfOutcome {
    /// It goes the same way.
    Same,
    /// It goes another way.
    Diverged,
    /// An answer that was understood is not.
    NotUnderstood,
    /// It is handed to a person, and was not.
    ReachedPerson,
    /// It cannot be gone through again itself.
    Unknown,
}

/// A run beside a draft. Where the two part it ends: what the customer would have answered is not known.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WhatIfRun {
    /// Whose.
    pub contact: String,
    /// Which.
    pub run: String,
    /// On which version it was.
    pub version: String,
    /// When it began.
    pub at: Instant,
    /// How it comes out.
    pub outcome: WhatIfOutcome,
    /// The step at which the two part.
    #[schema(required = true)]
    pub node: Option<String>,
    /// The number of the turn in which they part, for `GET /api/runs/{run}/replay`.
    #[schema(required = true)]
    pub turn: Option<u64>,
    /// How many turns were compared.
    pub turns: usize,
    /// Whether the draft says something else on the way that is the same.
    pub says_otherwise: bool,
}
