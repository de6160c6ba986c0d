//! Drafts: what the team works on before it is published.

use std::collections::BTreeMap;

use cauce_conversation::drafts::Draft;
use cauce_flows::draft::{Accepted, Conflict};
use cauce_flows::patch::Op;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{Instant, TrialRequest};

/// The draft of a flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftView {
    /// The flow's id.
    pub flow: String,
    /// Grows with every patch; never goes back.
    pub revision: u64,
    /// Whether it has anything that its base has not.
    pub changed: bool,
    /// The version it began with; null when the flow has not been published.
    #[schema(required = true)]
    pub base: Option<String>,
    /// The flow's current version, when that is another one by now.
    #[schema(required = true)]
    pub outrun_by: Option<String>,
    /// The document with all patches.
    #[schema(value_type = Object)]
    pub document: Value,
    /// The patches since it began, oldest first, as far as they are kept.
    pub patches: Vec<AcceptedPatch>,
}

/// A patch that was accepted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AcceptedPatch {
    /// The revision it made.
    pub revision: u64,
    /// The id its author gave it.
    pub id: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What it does.
    pub ops: Vec<PatchOp>,
}

/// Changes of a draft.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftPatch {
    /// An id that the client makes up; the same one again has no second effect.
    pub id: String,
    /// The revision that the client saw.
    pub base: u64,
    /// What changes: all of it, or nothing.
    #[schema(value_type = Vec<PatchOp>)]
    pub ops: Vec<Op>,
}

/// A patch was accepted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftPatched {
    /// The revision it made.
    pub revision: u64,
    /// The patch that takes it back.
    pub inverse: Vec<PatchOp>,
}

/// Which draft is thrown away.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiscardQuery {
    /// The revision that the client saw: any other is kept.
    pub revision: u64,
}

/// A draft was thrown away.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DraftDiscarded {
    /// The revision after it: patches are based on this one now.
    pub revision: u64,
}

/// What is published of a draft.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftPublication {
    /// The revision that the client saw: any other is not published.
    pub revision: u64,
    /// The flow's current version, when it is not the one the draft began with and is to be replaced all the
    /// same.
    pub over: Option<String>,
    /// By the path that the document gives each new file, the id that `POST /api/files` gave it.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Has the version tried first: the current one stays, and a share of new conversations walks this one.
    #[serde(default)]
    pub trial: Option<TrialRequest>,
}

/// One change of a document. Paths are JSON pointers in which the items of a list are named by their `id`, or
/// `key`, and not by their place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum PatchOp {
    /// Writes a value.
    Set {
        /// Where.
        at: String,
        /// What.
        value: Value,
    },
    /// Takes a value away.
    Remove {
        /// Where.
        at: String,
    },
    /// Puts the items of a list in another order.
    Order {
        /// Which list.
        at: String,
        /// The ids of its items.
        ids: Vec<String>,
    },
    /// Adds a step.
    AddStep {
        /// Its id.
        step: String,
        /// Kind, config, exits.
        #[schema(value_type = Object)]
        value: Value,
    },
    /// Takes a step away.
    RemoveStep {
        /// Which.
        step: String,
    },
    /// Has an exit lead somewhere, or nowhere.
    Connect {
        /// Of which step.
        step: String,
        /// Its key.
        exit: String,
        /// The step it leads to.
        #[schema(required = true)]
        to: Option<String>,
    },
    /// Moves a card on the canvas, or forgets where it stood.
    Move {
        /// Of which step.
        step: String,
        /// Where it stands.
        #[schema(required = true)]
        to: Option<CardPosition>,
    },
}

/// Where a card stands, in pixels of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct CardPosition {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// Two changes that cannot both stand.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DraftConflict {
    /// Where.
    pub at: String,
    /// What the refused patch would write; null when it would take something away.
    #[schema(required = true)]
    pub yours: Option<Value>,
    /// What stands there now; null when it was taken away.
    #[schema(required = true)]
    pub theirs: Option<Value>,
    /// Who changed it.
    pub by: String,
    /// When.
    pub changed_at: Instant,
    /// With which revision.
    pub revision: u64,
}

impl DraftView {
    /// A draft of this flow, whose current version this is.
    pub fn of(flow: String, draft: Draft, current: Option<String>) -> Self {
        let Draft { head, document, patches } = draft;
        let base = head.base.as_ref().map(ToString::to_string);
        Self {
            flow,
            revision: head.revision,
            changed: head.is_changed(),
            outrun_by: current.filter(|current| base.as_ref() != Some(current)),
            base,
            document,
            patches: patches.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Accepted> for AcceptedPatch {
    fn from(patch: Accepted) -> Self {
        let Accepted { revision, id, by, at, ops, .. } = patch;
        Self { revision, id, by, at: at.into(), ops: ops.into_iter().map(Into::into).collect() }
    }
}

impl From<Conflict> for DraftConflict {
    fn from(conflict: Conflict) -> Self {
        let Conflict { at, yours, theirs, by, changed_at, revision } = conflict;
        Self { at, yours, theirs, by, changed_at: changed_at.into(), revision }
    }
}

impl From<Op> for PatchOp {
    fn from(op: Op) -> Self {
        match op {
            Op::Set { at, value } => Self::Set { at, value },
            Op::Remove { at } => Self::Remove { at },
            Op::Order { at, ids } => Self::Order { at, ids },
            Op::AddStep { step, value } => Self::AddStep { step: step.into(), value },
            Op::RemoveStep { step } => Self::RemoveStep { step: step.into() },
            Op::Connect { step, exit, to } => {
                Self::Connect { step: step.into(), exit, to: to.map(Into::into) }
            }
            Op::Move { step, to } => {
                Self::Move { step: step.into(), to: to.map(|to| CardPosition { x: to.x, y: to.y }) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_are_read_as_they_are_written() {
        let ops = json!([
            { "op": "set", "at": "/name", "value": [1, null] },
            { "op": "remove", "at": "/name" },
            { "op": "order", "at": "/x", "ids": ["a"] },
            { "op": "add_step", "step": "a", "value": {} },
            { "op": "remove_step", "step": "a" },
            { "op": "connect", "step": "a", "exit": "ok", "to": null },
            { "op": "move", "step": "a", "to": { "x": 1.5, "y": 2.5 } },
        ]);
        let read: Vec<Op> = serde_json::from_value(ops.clone()).unwrap();
        let told: Vec<PatchOp> = read.into_iter().map(Into::into).collect();
        assert_eq!(serde_json::to_value(told).unwrap(), ops);
    }
}
