//! Why a step went the way it went: what it worked out, kept only in a turn that is looked at again.

use std::cell::RefCell;

use cauce_model::{FlowId, NodeId};
use serde_json::Value;

use super::Failure;
use super::context::{Context, Done};
use crate::run::{Run, Visited};
use crate::script::{CONTACT, CONTACT_FIELDS, contact};

/// What a turn worked out at a step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explained {
    /// In the order it was worked out. What comes after what decided was not looked at.
    pub evaluations: Vec<Evaluation>,
    /// The variables that it wrote.
    pub changes: Vec<Changed>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// Something that was worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// What it is.
    pub what: Evaluated,
    /// As it is written in the flow; of a draw, how many numbers it is among.
    pub source: String,
    /// The data it read, by name, as it stood; nothing is null.
    pub reads: Vec<(String, Value)>,
    /// What it gave, or why it failed.
    pub gave: Result<Value, Failure>,
}

/// What is worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluated {
    /// An expression.
    Expression,
    /// A text with expressions in it.
    Text,
    /// A script: what it leaves in each of its variables.
    Script,
    /// A number by chance.
    Draw,
}

/// A variable that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// What it was; nothing when it was not there.
    pub before: Option<Value>,
    /// What it is.
    pub after: Value,
}

/// What the steps of a turn worked out.
#[derive(Default)]
pub(super) struct Trace(RefCell<Vec<Attended>>);

/// A step that acted.
struct Attended {
    /// How long the trail was before.
    visits: usize,
    node: NodeId,
    within: Option<FlowId>,
    explained: Explained,
}

impl Trace {
    pub fn attended(
        &self,
        visits: usize,
        run: &Run,
        node: &NodeId,
        evaluations: Vec<Evaluation>,
        done: &Result<Done, Failure>,
    ) {
        let changed = |(name, after): (&String, &Value)| Changed {
            name: name.clone(),
            before: run.vars.get(name).cloned(),
            after: after.clone(),
        };
        let changes = done.iter().flat_map(|done| done.changes.iter().map(changed)).collect();
        let within = run.frames.last().map(|frame| frame.called.clone());
        let explained = Explained { evaluations, changes, failure: done.as_ref().err().cloned() };
        self.0.borrow_mut().push(Attended { visits, node: node.clone(), within, explained });
    }

    /// For every step of a trail, what it worked out.
    pub fn along(self, trail: &[Visited]) -> Vec<Explained> {
        let mut found = vec![Explained::default(); trail.len()];
        for Attended { visits, node, within, explained } in self.0.into_inner() {
            // A step that was asked and had nothing to say is not on the trail.
            let place = found.get_mut(visits).zip(trail.get(visits));
            if let Some((place, visited)) = place
                && visited.node == node
                && visited.within == within
            {
                *place = explained;
            }
        }
        found
    }
}

impl Context<'_> {
    /// Takes down what was worked out, when somebody looks.
    pub(super) fn note<T>(
        &self,
        what: Evaluated,
        source: &str,
        gave: Result<T, Failure>,
        value: impl FnOnce(&T) -> Value,
    ) -> Result<T, Failure> {
        let Some(notes) = &self.notes else { return gave };
        if what == Evaluated::Text && !source.contains("{{") {
            return gave;
        }
        let mut reads = Vec::new();
        for name in self.scripts().reads(source) {
            if name != CONTACT {
                reads.push((name.to_owned(), self.var(name).cloned().unwrap_or_default()));
                continue;
            }
            let whole = contact(self);
            let fields = CONTACT_FIELDS.map(|field| (format!("{CONTACT}.{field}"), whole[field].clone()));
            let (named, others): (Vec<_>, Vec<_>) =
                fields.into_iter().partition(|(field, _)| source.contains(field.as_str()));
            reads.extend(if named.is_empty() { others } else { named });
        }
        let outcome = gave.as_ref().map(value).map_err(Clone::clone);
        notes.borrow_mut().push(Evaluation { what, source: source.to_owned(), reads, gave: outcome });
        gave
    }
}
