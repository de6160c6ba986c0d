//! Scenarios made up: enough conversations to take every exit of a flow, as few as can be, each written down
//! with what happens in it.
//!
//! That an exit is not taken by any of them proves nothing: only a check says that nobody can take it.

mod search;
mod values;

use std::sync::Arc;

use cauce_model::NodeId;
use fixedbitset::FixedBitSet;

use self::search::Search;
use super::coverage::Coverage;
use super::file::{Scenario, Scenarios};
use super::talk::Act;
use crate::Program;

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// The most things that are tried.
    pub acts: usize,
    /// Which customers are made up. The same flow and effort give the same scenarios.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { acts: 20_000, seed: 0 }
    }
}

/// Scenarios that were made up.
#[derive(Debug, Clone)]
pub struct Generated {
    /// They pass as they are.
    pub file: Scenarios,
    /// What they cover.
    pub coverage: Coverage,
    /// Where a conversation could not go on: each is worth a look.
    pub stops: Vec<Stop>,
    /// How many things were tried.
    pub spent: usize,
}

/// Where and why a run could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The step.
    pub node: NodeId,
    /// Stable.
    pub code: String,
    /// A sentence (Spanish).
    pub text: String,
}

/// Makes scenarios up for a flow. `file` says where the customers live and who they are; its own scenarios are
/// not looked at.
pub fn generate(program: &Arc<Program>, file: &Scenarios, effort: Effort) -> Generated {
    let frame = Scenarios { scenarios: Vec::new(), mocks: Vec::new(), ..file.clone() };
    let mut search = Search::new(program, &frame, effort);
    search.run();
    let mut made = Scenarios { places: Default::default(), ..frame.clone() };
    for (at, new) in chosen(&search) {
        let steps = search.acts(at).into_iter().map(Act::step).collect();
        made.scenarios.push(Scenario {
            name: name(&search, &new, made.scenarios.len()),
            steps,
            ..search.base(at)
        });
    }
    let (mut made, _) = made.updated(program);
    // What is written down happens again: a scenario that does not would help nobody.
    let ran = made.run(program);
    let mut good = ran.iter().map(super::Ran::is_good);
    made.scenarios.retain(|_| good.next().unwrap_or_default());
    let mut coverage = Coverage::new(program);
    ran.iter().filter(|ran| ran.is_good()).for_each(|ran| coverage.add(&ran.trail));
    Generated { file: made, coverage, stops: search.stops.clone(), spent: search.spent() }
}

/// Conversations that together take all exits that any of them takes, and which exits each adds: the one that
/// adds most first, the shortest of several.
fn chosen(search: &Search<'_>) -> Vec<(usize, FixedBitSet)> {
    let mut taken = FixedBitSet::with_capacity(search.exits.len());
    let mut chosen = Vec::new();
    loop {
        let gain = |at: &usize| search.had[*at].taken.difference(&taken).count();
        let best = (0..search.had.len())
            .max_by_key(|at| (gain(at), std::cmp::Reverse((search.length(*at), *at))))
            .filter(|at| gain(at) > 0);
        let Some(best) = best else { return chosen };
        let mut new = search.had[best].taken.clone();
        new.difference_with(&taken);
        taken.union_with(&new);
        chosen.push((best, new));
    }
}

/// The exits a scenario is for: `menu.ventas, asesor.resolved y 3 más`.
fn name(search: &Search<'_>, new: &FixedBitSet, at: usize) -> String {
    const NAMED: usize = 4;
    let exits: Vec<String> = new
        .ones()
        .filter_map(|at| search.exits.get_index(at))
        .map(|(node, exit)| format!("{node}.{exit}"))
        .collect();
    let more = match exits.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!(" y {more} más"),
        _ => String::new(),
    };
    let named = exits.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    // Ids may be long, and a name may not.
    let short: String = format!("{named}{more}").chars().take(180).collect();
    format!("{} · {short}", at + 1)
}
