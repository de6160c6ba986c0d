//! The words of the HTTP API, as JSON writes them. Everything here is data; conversions from the model
//! stand beside it where they need nothing but the value itself. Here: time, who is logged in, cases,
//! conversations; messages, what they say, files and flows have files of their own.

mod content;
mod dead;
mod diff;
mod draft;
mod file;
mod flow;
mod health;
mod hold;
mod media;
mod message;
mod migration;
mod replay;
mod schedule;
mod trial;

pub use dead::{DeadLetterPage, DeadLetterQuery, DeadLetterReplay, DeadLetterSummary, DeadLetterView};
pub use diff::{DiffQuery, FlowDiff, FlowPublication};
pub use draft::{
    DiscardQuery, DraftConflict, DraftDiscarded, DraftPatch, DraftPatched, DraftPublication, DraftView,
    PatchOp,
};
pub use file::{FileAccepted, Upload};
pub use flow::{
    ChangeView, EventQuery, FlowCaller, FlowCheck, FlowNode, FlowNodeExit, FlowProblem, FlowPublished,
    FlowSubmission, FlowSummary, FlowView,
};
pub use health::{
    DiskRoom, Health, HealthCheck, HealthCheckName, OutboxClass, Readiness, RecentHealth, StandingHealth,
    TimeSpread,
};
pub use hold::{HoldDecision, HoldView, ResumeView};
pub use media::{MediaKindView, file_url};
pub use message::{FailureClassView, Message, MessageErrorView, Reply, ReplyAccepted};
pub use migration::{
    LandingView, MigrationCounts, MigrationOrder, MigrationPlan, MigrationQuery, MigrationStep, MigrationView,
};
pub use replay::{
    ReplayChange, ReplayEvaluated, ReplayEvaluation, ReplayEvent, ReplayEventKind, ReplayFacts,
    ReplayFailure, ReplayParting, ReplayQuery, ReplayRead, ReplaySaid, ReplayStep, ReplayTurn, ReplayVisit,
    RunReplay, WhatIfOutcome, WhatIfPage, WhatIfRequest, WhatIfRun, WhatIfTotals,
};

pub use schedule::ScheduleView;
pub use trial::{TrialRequest, TrialView};

use cauce_access::Role;
use cauce_model as model;
use model::{CaseState, EndReason, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A moment as RFC 3339 in UTC with milliseconds: `2026-11-20T15:04:05.678Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-20T15:04:05.678Z")]
pub struct Instant(pub Timestamp);

impl From<Timestamp> for Instant {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl std::fmt::Display for Instant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.0.millis();
        // Beyond what four digits of a year can say, the nearest that they can.
        let nearest = if millis < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(nearest);
        write!(f, "{at:.3}")
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

// ---- Who is here

/// What a login asks. It is never written to a log.
#[derive(Deserialize, ToSchema)]
pub struct Login {
    /// The user's email.
    pub email: String,
    /// The user's password.
    pub password: String,
}

/// Who is logged in, and where.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    /// The person.
    pub user: UserView,
    /// To be sent as `X-CSRF-Token` with every request that changes something.
    pub csrf: String,
    /// The workspace.
    pub workspace: WorkspaceView,
    /// The server's clock: what countdowns are measured against.
    pub now: Instant,
    /// In the demo, where the test phone is.
    #[schema(required = true)]
    pub phone_url: Option<String>,
}

/// A person who logs in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserView {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What they log in with.
    pub email: String,
    /// What they may do.
    pub role: RoleView,
}

/// What a person is in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleView {
    /// Everything.
    Admin,
    /// Answers customers.
    Agent,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Agent => Self::Agent,
        }
    }
}

/// A workspace.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkspaceView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

// ---- Cases

/// Who looks after a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assignee {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
}

impl From<&model::Assignee> for Assignee {
    fn from(assignee: &model::Assignee) -> Self {
        Self { id: assignee.id.to_string(), name: assignee.name.clone() }
    }
}

/// A case (atención).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// Its id.
    pub id: String,
    /// Whose matter it is.
    pub contact: String,
    /// Where it waits.
    pub queue: String,
    /// Where it stands.
    pub state: CaseStateView,
    /// Grows with every change.
    pub version: u64,
    /// Since when the customer waits.
    pub queued_at: Instant,
    /// When somebody took it.
    #[schema(required = true)]
    pub taken_at: Option<Instant>,
    /// When it ended.
    #[schema(required = true)]
    pub ended_at: Option<Instant>,
    /// Who looks after it, or did last.
    #[schema(required = true)]
    pub assignee: Option<Assignee>,
    /// Why it ended.
    #[schema(required = true)]
    pub end_reason: Option<EndReasonView>,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStateView {
    /// Waits for somebody.
    Queued,
    /// Somebody looks after it.
    Open,
    /// Over.
    Ended,
}

/// Why a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReasonView {
    /// Whoever looked after it ended it.
    Resolved,
    /// Nobody took it in time.
    TimedOut,
}

impl From<&model::Case> for CaseView {
    fn from(case: &model::Case) -> Self {
        let mut view = Self {
            id: case.id.to_string(),
            contact: case.contact.to_string(),
            queue: case.queue.to_string(),
            state: CaseStateView::Queued,
            version: case.version,
            queued_at: case.queued_at.into(),
            taken_at: None,
            ended_at: None,
            assignee: None,
            end_reason: None,
        };
        match &case.state {
            CaseState::Queued => {}
            CaseState::Open { assignee, taken_at } => {
                view.state = CaseStateView::Open;
                view.assignee = Some(assignee.into());
                view.taken_at = Some((*taken_at).into());
            }
            CaseState::Ended { assignee, taken_at, ended_at, reason } => {
                view.state = CaseStateView::Ended;
                view.taken_at = taken_at.map(Into::into);
                view.assignee = assignee.as_ref().map(Into::into);
                view.ended_at = Some((*ended_at).into());
                view.end_reason = Some(match reason {
                    EndReason::Resolved => EndReasonView::Resolved,
                    EndReason::TimedOut => EndReasonView::TimedOut,
                });
            }
        }
        view
    }
}

/// A command on a case.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CaseCommand {
    /// An id that the client makes up; the same one again has no second effect.
    pub command: String,
    /// The version of the case that the client saw: the command is refused when it has moved on.
    pub version: Option<u64>,
}

// ---- Conversations

/// What happened to a customer in another system.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct EventTold {
    /// An id that the client makes up; the same one again has no second effect.
    pub command: String,
    /// What, as flows call it: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What is known of it, at most 16 kB; flows read its fields.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

/// What came of telling it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventTaken {
    /// Whether a flow went on, or began.
    pub moved: bool,
}

/// A conversation as lists show it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationSummary {
    /// The contact's id.
    pub contact: String,
    /// The name of their profile.
    #[schema(required = true)]
    pub name: Option<String>,
    /// Their phone as people write it, or what they are known by instead.
    pub address: String,
    /// Who speaks with them.
    pub stage: Stage,
    /// Whether an error stopped their last run of a flow.
    pub stopped: bool,
    /// Messages that no person has read.
    pub unread: u32,
    /// The last message.
    #[schema(required = true)]
    pub last: Option<LastMessage>,
    /// Until when anything may be said to them.
    #[schema(required = true)]
    pub window_ends_at: Option<Instant>,
    /// Their last case.
    #[schema(required = true)]
    pub case: Option<CaseView>,
    /// Their place in a flow, while they are in one.
    #[schema(required = true)]
    pub run: Option<RunView>,
    /// When anything last happened.
    pub updated_at: Instant,
}

/// Who speaks with a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// A flow.
    Bot,
    /// Nobody yet: a case waits.
    Queued,
    /// A person.
    Open,
    /// Nobody ever did: no flow answered.
    Idle,
    /// Nobody any more.
    Ended,
}

/// The last line of a conversation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LastMessage {
    /// Its beginning; of what has no words, what it is (`Foto`, `Nota de voz`, `Ubicación: …`).
    pub text: String,
    /// When.
    pub at: Instant,
    /// Received or sent.
    pub direction: DirectionView,
}

/// Received or sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DirectionView {
    /// Received.
    In,
    /// Sent.
    Out,
}

/// A contact's place in a flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunView {
    /// Which flow.
    pub flow: String,
    /// Which version of it.
    pub version: String,
    /// What the flow is called.
    pub flow_name: String,
    /// The step they are at.
    pub node: String,
    /// What the step is called.
    pub node_name: String,
}

/// Which conversations to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// Waiting for a person, the longest first.
    Queued,
    /// Looked after by who asks.
    Mine,
    /// Looked after by anybody.
    Open,
    /// In a flow.
    Bot,
    /// With whom nobody speaks now.
    Ended,
    /// All.
    #[default]
    All,
}

/// A page of a list of conversations.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// Which; all by default.
    #[serde(default)]
    #[param(required = false)]
    pub tab: Tab,
    /// How many at most; 50 by default.
    pub limit: Option<u32>,
    /// The `next` of the page before.
    pub before: Option<String>,
    /// The `x-cauce-cursor` of a write: the answer waits until the list shows it, at most 5 seconds.
    pub after: Option<String>,
}

/// Conversations.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConversationPage {
    /// The longest wait first in `queued`, the latest activity first elsewhere.
    pub items: Vec<ConversationSummary>,
    /// How many there are in each tab.
    pub counts: Counts,
    /// What to ask for more; null when there is none.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// How many conversations there are in each tab.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Counts {
    pub queued: u64,
    pub mine: u64,
    pub open: u64,
    pub bot: u64,
    pub ended: u64,
    pub all: u64,
}

/// A conversation, open.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conversation {
    /// As lists show it.
    pub summary: ConversationSummary,
    /// The last 100, oldest first.
    pub messages: Vec<Message>,
    /// Whether there are older ones.
    pub earlier: bool,
    /// What the flow has asked and kept.
    pub captured: Vec<CapturedField>,
    /// What the contact was marked with, in order.
    pub tags: Vec<String>,
    /// What the person allowed, and what not: the last answer for each purpose.
    pub consents: Vec<ConsentView>,
    /// Newest first.
    pub cases: Vec<CaseView>,
}

/// What a person allowed, or did not.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsentView {
    /// What for: a stable name.
    pub purpose: String,
    /// What people call that.
    pub label: String,
    /// Whether they allowed it.
    pub granted: bool,
    /// When.
    pub at: Instant,
    /// The version of the legal text that they were shown.
    pub version: String,
    /// The number of the message that proves it; 0 when they had never written.
    pub message: u64,
    /// In whose history that is; null for this one.
    #[schema(required = true)]
    pub contact: Option<String>,
}

impl From<(String, model::Consent)> for ConsentView {
    fn from((purpose, consent): (String, model::Consent)) -> Self {
        Self {
            purpose,
            label: consent.label,
            granted: consent.granted,
            at: consent.at.into(),
            version: consent.version,
            message: consent.message,
            contact: consent.contact.map(|contact| contact.to_string()),
        }
    }
}

/// Something that a flow has asked and kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CapturedField {
    /// The variable.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    pub value: Value,
}

/// Older messages.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    /// Those before this one.
    pub before: Option<u64>,
    /// How many at most; 100 by default.
    pub limit: Option<u32>,
}

/// Messages.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessagePage {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether there are older ones.
    pub earlier: bool,
}

/// The way of a contact's last run through its flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContactPath {
    /// The run; null when there has been none.
    #[schema(required = true)]
    pub run: Option<PathRun>,
    /// The steps it entered, in order.
    pub steps: Vec<PathStep>,
    /// The step it waits at.
    #[schema(required = true)]
    pub current: Option<String>,
}

/// A walk through a flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PathRun {
    /// Its id.
    pub id: String,
    /// Which flow.
    pub flow: String,
    /// Which version of it.
    pub version: String,
    /// Where it stands.
    pub state: RunStateView,
    /// Why it was stopped.
    #[schema(required = true)]
    pub reason: Option<String>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStateView {
    /// It waits.
    Waiting,
    /// It came to an end.
    Ended,
    /// It was stopped.
    Failed,
}

/// A step that a run entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PathStep {
    /// Which.
    pub node: String,
    /// By which exit it left; null while it waits there.
    #[schema(required = true)]
    pub exit: Option<String>,
    /// When.
    pub at: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_with_milliseconds_and_no_year_breaks_it() {
        let text = |millis| serde_json::to_value(Instant(Timestamp(millis))).unwrap();
        assert_eq!(text(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(1_763_651_045_678), "2025-11-20T15:04:05.678Z");
        assert_eq!(text(1_763_651_045_600), "2025-11-20T15:04:05.600Z");
        assert_eq!(text(i64::MAX), "9999-12-30T22:00:00.999Z");
    }

    #[test]
    fn a_case_shows_what_its_state_knows() {
        let rosa = model::Assignee { id: "rosa".parse().unwrap(), name: "Rosa".into() };
        let mut case = model::Case {
            id: model::CaseId::new(model::Slot::of("x"), 1),
            contact: model::ContactId::new(model::Slot::of("x"), 2),
            queue: "ventas".parse().unwrap(),
            state: CaseState::Open { assignee: rosa.clone(), taken_at: Timestamp(1) },
            version: 2,
            queued_at: Timestamp(0),
        };
        let open = serde_json::to_value(CaseView::from(&case)).unwrap();
        assert_eq!((&open["state"], &open["assignee"]["name"]), (&"open".into(), &"Rosa".into()));
        assert_eq!(
            (&open["taken_at"], &open["ended_at"]),
            (&"1970-01-01T00:00:00.001Z".into(), &Value::Null)
        );
        let reason = EndReason::TimedOut;
        case.state = CaseState::Ended { assignee: None, taken_at: None, ended_at: Timestamp(2), reason };
        let ended = serde_json::to_value(CaseView::from(&case)).unwrap();
        assert_eq!((&ended["state"], &ended["end_reason"]), (&"ended".into(), &"timed_out".into()));
        assert_eq!(ended["assignee"], Value::Null);
    }
}
