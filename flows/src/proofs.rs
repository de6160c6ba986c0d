//! What is proven of a flow before anybody walks through it. The steps and ways are counted once ([`graph`]),
//! and every proof stands in a file of its own: everybody gets on and out (`reach`), data that is there
//! (`assigned`), a window that is open (`window`), a person within reach (`person`), rules and cases that can
//! be (`choices`), how much is said at once (`messages`), nothing asked twice (`twice`).

mod assigned;
mod choices;
pub(crate) mod graph;
mod messages;
mod person;
mod reach;
mod twice;
mod window;

use cauce_model::NodeId;
use serde::Serialize;

use crate::text::Scripts;
use crate::{Document, Problem};

use graph::Graph;
pub(crate) use graph::{Declared, Spot};

/// A piece of data that a text or an expression of a step names.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    /// The step, by its place in the document.
    pub at: usize,
    pub name: String,
    /// The text or expression, as a JSON pointer.
    pub pointer: String,
    /// Line and column of the name, when they are known.
    pub mark: Option<(u32, u32)>,
    /// It stands in a text for the customer, which would have a hole without it.
    pub needed: bool,
    /// It stands in a text, not in a condition or a calculation.
    pub told: bool,
    /// The expression is the name and nothing else.
    pub alone: bool,
}

/// What the checks know of a flow without errors beside its problems.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FlowFacts {
    /// How many steps it has.
    pub steps: usize,
    /// The most messages that a customer gets at once, without a wait between them.
    pub messages_per_turn: usize,
    /// The steps of the way on which they are said.
    pub longest_turn: Vec<NodeId>,
    /// The most messages on a whole way from start to end, questions asked again included; `None` when a way
    /// may go round, so that only [`FlowFacts::messages_per_turn`] bounds them.
    pub messages_in_all: Option<usize>,
    /// The steps of the way on which they are said; empty when there is no such number.
    pub longest_way: Vec<NodeId>,
    /// The values that steps choosing by a value name no case for: they leave by the exit for any other.
    pub other_values: Vec<OtherValues>,
}

/// Values for which a step has no case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherValues {
    /// The step.
    pub node: NodeId,
    /// The values, as they read.
    pub values: Vec<String>,
}

/// Everything at once. Of ways that are wrong themselves nothing more is asked: then there are no facts.
pub(crate) fn prove(
    document: &Document,
    spots: &[Spot<'_>],
    uses: &[Use],
    scripts: &Scripts,
    problems: &mut Vec<Problem>,
) -> Option<FlowFacts> {
    let graph = Graph::new(document, spots, uses);
    reach::check(&graph, uses, problems);
    if problems.iter().any(Problem::is_error) {
        return None;
    }
    assigned::check(&graph, uses, problems);
    window::check(&graph, problems);
    person::check(&graph, problems);
    twice::check(&graph, uses, problems);
    let other_values = choices::check(&graph, scripts, problems);
    let facts = FlowFacts { steps: spots.len(), other_values, ..FlowFacts::default() };
    Some(messages::check(&graph, facts, problems))
}
