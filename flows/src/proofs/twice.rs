//! Nothing is asked twice: a question for a datum that another question has got already, whichever way the
//! customer came.
//!
//! A datum counts as got until the flow does something with it: works with it, chooses its way by it, or has
//! it confirmed. After that, asking again may be just what is wanted (another article, a correction). To come
//! to the same question again is no second question.

use std::collections::{HashMap, VecDeque};

use cauce_model::NodeId;

use super::Use;
use super::graph::{Graph, Spot};
use crate::Problem;
use crate::kind::After;

pub(super) fn check(graph: &Graph<'_>, uses: &[Use], problems: &mut Vec<Problem>) {
    let asks: Vec<bool> = graph.spots.iter().map(|spot| spot.questions() > 0).collect();
    // Most flows ask for everything once.
    let mut asked = vec![false; graph.names.len()];
    let mut writes = (0..asks.len()).filter(|at| asks[*at]).flat_map(|at| graph.writes(at));
    if !writes.any(|(name, _)| std::mem::replace(&mut asked[name], true)) {
        return;
    }
    // What each step does something with.
    let mut worked: Vec<Vec<usize>> = vec![Vec::new(); graph.spots.len()];
    for used in uses.iter().filter(|used| !used.told || confirms(&graph.spots[used.at])) {
        worked[used.at].push(graph.names[used.name.as_str()]);
    }
    let unasked = graph.missing(|at, way, unasked| {
        worked[at].iter().for_each(|name| unasked.insert(*name));
        if asks[at] {
            graph.surely_writes(at, way).for_each(|name| unasked.remove(name));
        }
    });
    for at in graph.order.iter().copied().filter(|at| asks[*at]) {
        for (_, write) in graph.writes(at).filter(|(name, _)| !unasked.has(at, *name)) {
            let way = since(graph, at, &write.name);
            let Some(first) = way.first() else { continue };
            let problem = Problem::warning(
                "flow.asked_twice",
                format!("«{}» ya se preguntó en «{first}», y aquí se pregunta otra vez.", write.name),
                format!(
                    "Usa el dato que ya está, o guarda esta respuesta con otro nombre. Si es para corregirlo, vuelve \
                     a «{first}»."
                ),
            );
            problems.push(graph.at(at, problem.with_witness(way)));
        }
    }
}

/// A question with answers to choose from: what it names is shown to be confirmed.
fn confirms(spot: &Spot<'_>) -> bool {
    spot.exits.iter().filter(|exit| exit.after == After::Message && exit.key != "no_match").count() > 1
}

/// The shortest way from a question that asked the same to this one.
fn since(graph: &Graph<'_>, to: usize, name: &str) -> Vec<NodeId> {
    let mut next: HashMap<usize, usize> = HashMap::new();
    let mut left = VecDeque::from([to]);
    while let Some(at) = left.pop_front() {
        for before in graph.before(at).iter().copied().filter(|before| *before != to) {
            if next.contains_key(&before) {
                continue;
            }
            next.insert(before, at);
            let spot = &graph.spots[before];
            if spot.questions() > 0 && spot.writes.iter().any(|write| write.name == name) {
                let way = std::iter::successors(Some(before), |at| next.get(at).copied());
                return way.map(|at| graph.spots[at].id.clone()).collect();
            }
            left.push_back(before);
        }
    }
    Vec::new()
}
