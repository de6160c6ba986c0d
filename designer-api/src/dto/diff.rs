//! What changed between versions of a flow, and their history.

use cauce_conversation::{How, Publication};
use cauce_flows::diff::{Class, Diff, FieldChange};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Instant;

/// Which versions are compared.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// The version to begin with; the current one when nothing is said.
    pub from: Option<String>,
    /// The version to end with, or `draft`; the current one when nothing is said.
    pub to: Option<String>,
}

/// What changed from one version to another.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowDiff {
    /// One sentence a change, in Spanish; nothing when both say the same.
    pub sentences: Vec<String>,
    /// Steps that are new.
    pub added: Vec<StepRef>,
    /// Steps that are gone.
    pub removed: Vec<StepRef>,
    /// Fields of steps that changed.
    pub changed: Vec<FieldChangeView>,
    /// Exits that lead elsewhere.
    pub rewired: Vec<RewiredExit>,
    /// Steps whose card stands elsewhere.
    pub moved: Vec<String>,
    /// Fields of the flow itself that changed.
    pub flow: Vec<FieldChangeView>,
}

/// A step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepRef {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// A field that changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldChangeView {
    /// Of which step; null for a field of the flow.
    #[schema(required = true)]
    pub step: Option<String>,
    /// Where, as a JSON pointer with ids in the place of indexes.
    pub at: String,
    /// What it is called.
    pub label: String,
    /// Of which item of a list.
    #[schema(required = true)]
    pub item: Option<String>,
    /// What stood there; the ids of the list when only its order changed.
    #[schema(required = true)]
    pub before: Option<Value>,
    /// What stands there now.
    #[schema(required = true)]
    pub after: Option<Value>,
    /// Whom it concerns.
    pub class: ChangeClass,
    /// Whether only the order of a list changed.
    pub order: bool,
}

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// What customers read.
    Text,
    /// Which data is kept or sent.
    Data,
    /// What the team reads.
    Label,
    /// The way a conversation goes.
    Logic,
}

/// An exit that leads elsewhere.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RewiredExit {
    /// Of which step.
    pub step: StepRef,
    /// Its key.
    pub exit: String,
    /// The step it led to.
    #[schema(required = true)]
    pub from: Option<StepRef>,
    /// The step it leads to.
    #[schema(required = true)]
    pub to: Option<StepRef>,
}

/// Something that happened to the versions of a flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FlowPublication {
    /// 1, 2, 3 … in the flow's history.
    pub number: u64,
    /// Which version.
    pub version: String,
    /// What the flow was called in it.
    pub name: String,
    /// When.
    pub at: Instant,
    /// Who did it.
    pub by: String,
    /// The version that was the current one until then.
    #[schema(required = true)]
    pub before: Option<String>,
    /// How.
    pub how: PublicationHow,
    /// Whether its version is the current one since then.
    pub current: bool,
}

/// What happened to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublicationHow {
    /// It was published.
    Published,
    /// An older one was published again.
    Restored,
    /// It is on trial: a share of new conversations walks it.
    Tried,
    /// Its trial went well: it became the current one.
    Promoted,
    /// Its trial did not go well: nobody begins with it any more.
    Withdrawn,
}

impl FlowPublication {
    /// The row with its number, and whether its version is the current one since then.
    pub fn of(number: u64, publication: Publication, current: bool) -> Self {
        let Publication { version, name, at, by, before, how } = publication;
        Self {
            number,
            version: version.to_string(),
            name,
            at: at.into(),
            by,
            before: before.map(String::from),
            how: match how {
                How::Published => PublicationHow::Published,
                How::Restored => PublicationHow::Restored,
                How::Tried => PublicationHow::Tried,
                How::Promoted => PublicationHow::Promoted,
                How::Withdrawn => PublicationHow::Withdrawn,
            },
            current,
        }
    }
}

impl From<Diff> for FlowDiff {
    fn from(diff: Diff) -> Self {
        let sentences = diff.sentences();
        let whole = |step: cauce_flows::diff::WholeStep| StepRef { id: step.step.into(), name: step.name };
        let fields = diff.changed.into_iter().flat_map(|change| {
            let step = change.step;
            change.fields.into_iter().map(move |field| FieldChangeView::of(Some(step.to_string()), field))
        });
        let named = |id: Option<cauce_model::NodeId>, name: Option<String>| {
            id.map(|id| StepRef { name: name.unwrap_or_else(|| id.to_string()), id: id.into() })
        };
        Self {
            sentences,
            added: diff.added.into_iter().map(whole).collect(),
            removed: diff.removed.into_iter().map(whole).collect(),
            changed: fields.collect(),
            rewired: diff
                .rewired
                .into_iter()
                .map(|rewired| RewiredExit {
                    step: StepRef { id: rewired.step.into(), name: rewired.name },
                    exit: rewired.exit,
                    from: named(rewired.from, rewired.from_name),
                    to: named(rewired.to, rewired.to_name),
                })
                .collect(),
            moved: diff.moved.into_iter().map(|moved| moved.step.into()).collect(),
            flow: diff.flow.into_iter().map(|field| FieldChangeView::of(None, field)).collect(),
        }
    }
}

impl FieldChangeView {
    fn of(step: Option<String>, change: FieldChange) -> Self {
        let FieldChange { at, before, after, class, order, label, item } = change;
        let class = match class {
            Class::Text => ChangeClass::Text,
            Class::Data => ChangeClass::Data,
            Class::Label => ChangeClass::Label,
            Class::Logic => ChangeClass::Logic,
        };
        Self { step, at, label, item, before, after, class, order }
    }
}
