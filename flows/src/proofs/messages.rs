//! How many messages a customer gets: at once, and on a whole way.

use crate::Problem;

use super::FlowFacts;
use super::graph::{Graph, Way};

/// More messages in a row than these, without a question, are a flood.
const MANY: usize = 5;

/// No step.
const NONE: usize = usize::MAX;

pub(super) fn check(graph: &Graph<'_>, facts: FlowFacts, problems: &mut Vec<Problem>) -> FlowFacts {
    let (messages_per_turn, longest_turn) = at_once(graph, problems);
    let whole = in_all(graph);
    let (messages_in_all, longest_way) = whole.map_or((None, Vec::new()), |(most, way)| (Some(most), way));
    FlowFacts { messages_per_turn, longest_turn, messages_in_all, longest_way, ..facts }
}

/// What is said on the way by this exit, of so many messages of its step.
fn said(way: &Way<'_>, messages: usize) -> usize {
    if way.is_closed { 0 } else { messages }
}

/// The most messages that come before the run waits, and the steps that say them.
fn at_once(graph: &Graph<'_>, problems: &mut Vec<Problem>) -> (usize, Vec<cauce_model::NodeId>) {
    let spots = graph.spots;
    let count = spots.len();
    let groups = graph.groups(|at, _| !spots[at].waits());
    // What came at most before each step in the same turn, and from where.
    let (mut before, mut from) = (vec![0; count], vec![NONE; count]);
    // What leaves a step that waits begins a turn, so that its own messages are of another.
    let mut most = (0, NONE);
    for at in groups.iter().rev().flatten().copied().filter(|at| graph.reached.contains(*at)) {
        let here = before[at] + spots[at].sends;
        if here > most.0 {
            most = (here, at);
        }
        if spots[at].waits() {
            continue;
        }
        let in_a_row = here > MANY;
        if in_a_row && before[at] <= MANY {
            let problem = Problem::warning(
                "flow.many_messages",
                format!("Hasta aquí el cliente recibe {here} mensajes seguidos sin que se le pregunte nada."),
                "Junta textos en un solo mensaje, o pon antes una pregunta o una espera.",
            );
            problems.push(graph.at(at, problem.with_witness(graph.along(&from, at))));
        }
        for way in graph.ways(at) {
            let there = before[at] + said(way, spots[at].sends);
            if there > before[way.to] {
                before[way.to] = there;
                from[way.to] = at;
            }
        }
    }
    let way = if most.1 == NONE { Vec::new() } else { graph.along(&from, most.1) };
    (most.0, way)
}

/// The most messages of a whole way, and its steps; `None` when a way that says something may go round.
fn in_all(graph: &Graph<'_>) -> Option<(usize, Vec<cauce_model::NodeId>)> {
    let spots = graph.spots;
    let reached = |at: &usize| graph.reached.contains(*at);
    let groups = graph.groups(|_, _| true);
    let numbers = groups.numbers();
    let (mut before, mut from) = (vec![0; spots.len()], vec![NONE; spots.len()]);
    let mut most = (0, NONE);
    for group in groups.iter().rev().filter(|group| group.iter().any(reached)) {
        let goes_round = |at: &usize| graph.ways(*at).iter().any(|way| numbers[way.to] == numbers[*at]);
        if group.iter().any(goes_round) {
            if group.iter().any(|at| spots[*at].says > 0) {
                return None;
            }
            // Nothing is said on the way round: whatever came before comes to all of them.
            let longest = group.iter().copied().max_by_key(|at| before[*at]).unwrap_or(group[0]);
            group.iter().for_each(|at| (before[*at], from[*at]) = (before[longest], from[longest]));
        }
        for at in group.iter().copied() {
            let here = before[at] + spots[at].says;
            if here > most.0 {
                most = (here, at);
            }
            for way in graph.ways(at).iter().filter(|way| numbers[way.to] != numbers[at]) {
                let there = before[at] + said(way, spots[at].says);
                if there >= before[way.to] && (there > before[way.to] || from[way.to] == NONE) {
                    before[way.to] = there;
                    from[way.to] = at;
                }
            }
        }
    }
    let way = if most.1 == NONE { Vec::new() } else { graph.along(&from, most.1) };
    Some((most.0, way))
}
