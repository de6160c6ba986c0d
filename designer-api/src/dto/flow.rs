//! Flows as screens draw them, what is wrong with them, and what live events tell.

use std::collections::BTreeMap;

use cauce_flows::{Fix, FlowFacts, OtherValues, Problem, Program, Role, Severity};
use cauce_model as model;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{Instant, TrialRequest};

/// A published flow in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowSummary {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its current version.
    pub version: String,
    /// Since when that is current.
    pub published_at: Instant,
    /// Who published it.
    #[schema(required = true)]
    pub published_by: Option<String>,
}

/// A version of a flow, drawn.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowView {
    /// The flow's id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The version.
    pub version: String,
    /// Whether new conversations begin with this version.
    pub current: bool,
    /// When it was published.
    pub published_at: Instant,
    /// Its steps.
    pub nodes: Vec<FlowNode>,
}

/// A step's card.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowNode {
    /// The step's id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// What the kind is called.
    pub kind_name: String,
    /// The name of its icon.
    pub icon: String,
    /// The name of its colour.
    pub color: String,
    /// What the step is called.
    pub name: String,
    /// A few lines about what it does.
    pub summary: Vec<String>,
    /// Its part in the graph.
    pub role: RoleInFlow,
    /// The ways out of it, in order.
    pub exits: Vec<FlowNodeExit>,
    /// Where its card stands; null when nobody has placed it.
    #[schema(required = true)]
    pub x: Option<f64>,
    /// Where its card stands; null when nobody has placed it.
    #[schema(required = true)]
    pub y: Option<f64>,
    /// What is set in it.
    #[schema(value_type = Object)]
    pub config: Value,
}

/// A way out of a step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowNodeExit {
    /// Its key.
    pub key: String,
    /// What it is called.
    pub label: String,
    /// The step it leads to.
    #[schema(required = true)]
    pub target: Option<String>,
    /// Whether it may lead nowhere.
    pub optional: bool,
}

/// What part a step plays in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleInFlow {
    /// The flow starts here.
    Start,
    /// Anything between.
    Step,
    /// Hands the customer to a person.
    Person,
    /// The flow ends here.
    End,
    /// A way on that is drawn as a name, not as a line.
    Jump,
    /// A customer's word, or exits without a way, lead here.
    Handler,
    /// Words for colleagues: nobody comes here.
    Note,
}

impl From<Role> for RoleInFlow {
    fn from(role: Role) -> Self {
        match role {
            Role::Start => Self::Start,
            Role::Step => Self::Step,
            Role::Person => Self::Person,
            Role::End => Self::End,
            Role::Jump => Self::Jump,
            Role::Handler => Self::Handler,
            Role::Note => Self::Note,
        }
    }
}

/// A problem of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowProblem {
    /// A stable code.
    pub code: String,
    /// How bad it is.
    pub severity: SeverityView,
    /// Its line in the text that was sent, from 1.
    #[schema(required = true)]
    pub line: Option<u32>,
    /// Its column, from 1.
    #[schema(required = true)]
    pub column: Option<u32>,
    /// The step it belongs to.
    #[schema(required = true)]
    pub node: Option<String>,
    /// Its place in the document, as a JSON pointer.
    #[schema(required = true)]
    pub path: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Steps that prove it, in order; of a long way the last ones.
    pub witness: Vec<String>,
    /// What a machine can do about it, the likeliest first.
    pub fixes: Vec<FlowFix>,
}

/// A change of the document that takes a problem away, made for the document that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowFix {
    /// What it does.
    pub title: String,
    /// It may be made without asking anybody.
    pub safe: bool,
    /// The change, as a JSON Patch (RFC 6902).
    pub patch: Vec<FlowPatch>,
}

/// An operation of a JSON Patch (RFC 6902): `add`, `remove` or `replace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowPatch {
    /// What is done.
    pub op: &'static str,
    /// Where in the document, as a JSON pointer.
    pub path: String,
    /// With which value; nothing for `remove`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub value: Option<Value>,
}

impl From<Fix> for FlowFix {
    fn from(fix: Fix) -> Self {
        let patch = fix.operations().map(|(op, path, value)| FlowPatch {
            op,
            path: path.to_owned(),
            value: value.cloned(),
        });
        Self { patch: patch.collect(), title: fix.title.clone(), safe: fix.safe }
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeverityView {
    /// The flow cannot be published.
    Error,
    /// It can, but somebody should look.
    Warning,
}

impl From<Problem> for FlowProblem {
    fn from(problem: Problem) -> Self {
        Self {
            code: problem.code,
            severity: match problem.severity {
                Severity::Error => SeverityView::Error,
                Severity::Warning => SeverityView::Warning,
            },
            line: problem.line,
            column: problem.column,
            node: problem.node.map(String::from),
            path: problem.path,
            message: problem.message,
            help: problem.help,
            witness: problem.witness.into_iter().map(String::from).collect(),
            fixes: problem.fixes.into_iter().map(Into::into).collect(),
        }
    }
}

/// A flow with the files that it sends.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowSubmission {
    /// The document: YAML or JSON, as text.
    pub document: String,
    /// By the path that the document gives each file, the id that `POST /api/files` gave it.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Has the version tried first: the current one stays, and a share of new conversations walks this one.
    #[serde(default)]
    pub trial: Option<TrialRequest>,
}

/// A flow was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowPublished {
    /// The flow's id.
    pub id: String,
    /// The version that is current now.
    pub version: String,
    /// Warnings.
    pub problems: Vec<FlowProblem>,
    /// The flows that call it and go on calling its earlier version until they are published again.
    pub callers: Vec<FlowCaller>,
}

/// A flow that calls another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowCaller {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// A flow was looked at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowCheck {
    /// What is wrong with it; nothing when the list is empty.
    pub problems: Vec<FlowProblem>,
    /// What is known of it beside that; null when it has errors of its own.
    #[schema(required = true)]
    pub facts: Option<FlowFactsView>,
}

impl FlowCheck {
    /// What the API and `cauce check --json` say: the problems, and the flow itself when it could be made ready.
    pub fn new(problems: Vec<Problem>, program: Option<&Program>) -> Self {
        let problems = problems.into_iter().map(Into::into).collect();
        Self { problems, facts: program.map(|program| program.facts().into()) }
    }
}

/// What the checks know of a flow beside its problems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowFactsView {
    /// How many steps it has.
    pub steps: usize,
    /// The most messages that a customer gets at once, without a wait between them.
    pub messages_per_turn: usize,
    /// The steps of the way on which they are said.
    pub longest_turn: Vec<String>,
    /// The most messages on a whole way from start to end, questions asked again included; null when a way may
    /// go round.
    #[schema(required = true)]
    pub messages_in_all: Option<usize>,
    /// The steps of the way on which they are said.
    pub longest_way: Vec<String>,
    /// The values that steps choosing by a value name no case for.
    pub other_values: Vec<FlowOtherValues>,
}

/// Values for which a step has no case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowOtherValues {
    /// The step.
    pub node: String,
    /// The values.
    pub values: Vec<String>,
}

impl From<&FlowFacts> for FlowFactsView {
    fn from(facts: &FlowFacts) -> Self {
        let names = |nodes: &[model::NodeId]| nodes.iter().map(model::NodeId::to_string).collect();
        let others = |others: &OtherValues| FlowOtherValues {
            node: others.node.to_string(),
            values: others.values.clone(),
        };
        Self {
            steps: facts.steps,
            messages_per_turn: facts.messages_per_turn,
            longest_turn: names(&facts.longest_turn),
            messages_in_all: facts.messages_in_all,
            longest_way: names(&facts.longest_way),
            other_values: facts.other_values.iter().map(others).collect(),
        }
    }
}

/// Where live events begin.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// The id of the last event that was seen; the header `Last-Event-ID` counts before it.
    pub after: Option<String>,
}

/// The data of a live event `change`: what changed. How it stands now is asked where it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeView {
    /// A conversation: a message, a status, its case, its place in a flow.
    Conversation {
        /// Whose.
        contact: String,
    },
    /// A flow was published.
    Flow {
        /// Which.
        flow: String,
        /// Its new version.
        version: String,
    },
}

impl From<&model::Change> for ChangeView {
    fn from(change: &model::Change) -> Self {
        match change {
            model::Change::Conversation { contact, .. } => {
                Self::Conversation { contact: contact.to_string() }
            }
            model::Change::Flow { flow, version, .. } => {
                Self::Flow { flow: flow.to_string(), version: version.to_string() }
            }
        }
    }
}
