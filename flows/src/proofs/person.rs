//! A person within reach. Who is asked one thing after another wants to be able to talk to somebody.
//!
//! It is asked only of flows that hand customers to people at all, and not when a word leads to a person from
//! anywhere (a command). Where no person can be reached any more, a few questions are fine: it is told where
//! [`MANY`] or more may still come.

use crate::Problem;
use crate::kind::Role;

use super::graph::Graph;

/// So many questions without a way to a person are too many.
const MANY: usize = 3;

pub(super) fn check(graph: &Graph<'_>, problems: &mut Vec<Problem>) {
    let persons = graph.order.iter().copied().filter(|at| graph.spots[*at].role == Some(Role::Person));
    let within_reach = graph.leading_to(persons);
    let by_word = graph.entries.iter().any(|at| Some(*at) != graph.start() && within_reach.contains(*at));
    if within_reach.is_clear() || by_word {
        return;
    }
    // Where nobody can be reached, no way on leads to anybody either.
    let far = |at: usize| !within_reach.contains(at);
    let groups = graph.groups(|at, _| far(at));
    let numbers = groups.numbers();
    // How many questions each group may still ask, along the worst way; what goes round counts once.
    let mut ahead: Vec<usize> = Vec::new();
    for group in groups.iter() {
        let own: usize = group.iter().map(|at| graph.spots[*at].questions()).sum();
        let next = group.iter().flat_map(|at| graph.ways(*at)).map(|way| numbers[way.to]);
        let later = next.filter_map(|number| ahead.get(number)).max();
        ahead.push(own + later.unwrap_or(&0));
    }
    for at in graph.order.iter().copied().filter(|at| far(*at)) {
        let left_here = graph.entries.contains(&at) || graph.before(at).iter().any(|before| !far(*before));
        let questions = ahead[numbers[at]];
        if !left_here || questions < MANY {
            continue;
        }
        let problem = Problem::warning(
            "flow.no_person",
            format!(
                "Desde «{}» ya no se puede llegar a una persona, y quedan hasta {questions} preguntas.",
                graph.spots[at].id
            ),
            "Ofrece una salida hacia el paso que deriva a una persona: un botón más, o «no_match».",
        );
        problems.push(graph.at(at, problem.with_witness(graph.path(at))));
    }
}
