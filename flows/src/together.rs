//! What is wrong with flows only beside one another: two that start by the same words, one that nothing
//! starts, and queues that nobody has. What a flow calls belongs to it: see [`Program::with_subflows`].

use std::collections::HashMap;

use cauce_model::QueueId;

use crate::fix::Fix;
use crate::problem::sort;
use crate::words::{did_you_mean, list, suggestions};
use crate::yaml::child;
use crate::{Problem, Program};

/// What is known beside the flows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The queues that there are; `None` when nobody knows, and nothing is asked about them.
    pub queues: Option<&'a [QueueId]>,
}

/// All problems of flows: for each, in their order, its own warnings and those that it has beside the others.
///
/// A keyword counts as taken when it reads the same in another flow. One that contains another is no problem:
/// the longer one wins.
pub fn check_together(flows: &[&Program], known: Known<'_>) -> Vec<Vec<Problem>> {
    let mut told: Vec<Vec<Problem>> = flows.iter().map(|flow| flow.warnings().to_vec()).collect();
    for (at, flow) in flows.iter().enumerate() {
        let others =
            || flows.iter().enumerate().filter(move |(other, _)| *other != at).map(|(_, flow)| *flow);
        let twin = others().any(|other| other.document().id == flow.document().id);
        if twin {
            let id = &flow.document().id;
            let message = format!("Hay dos flujos con el identificador «{id}».");
            let problem = Problem::error("flow.id_taken", message, "Pon otro «id:» en uno de los dos.");
            told[at].push(problem.at(flow.document().places(), "/id"));
        }
        queues(flow, known, &mut told[at]);
        let called =
            flows.iter().any(|caller| caller.calls().any(|(_, call)| call.flow == flow.document().id));
        // Of one flow alone nobody knows who calls it.
        if flow.folded().is_empty() && !called && flows.len() > 1 {
            let message = "Nada empieza este flujo: ningún mensaje ni evento, y ningún otro flujo lo llama.";
            let help = "Ponle cómo empezar, llámalo desde otro flujo o quítalo.";
            told[at].push(at_start(flow, Problem::warning("flow.unused", message, help)));
        }
    }
    starts(flows, &mut told);
    told.iter_mut().for_each(sort);
    told
}

/// Flows that start by the same. A priority says which of two comes first, so only those of the same one are in
/// each other's way.
fn starts(flows: &[&Program], told: &mut [Vec<Problem>]) {
    let mut owners: HashMap<(&str, &str, i32), Vec<usize>> = HashMap::new();
    for (at, flow) in flows.iter().enumerate() {
        for (list, word, priority) in words(flow) {
            owners.entry((list, word, priority)).or_default().push(at);
        }
    }
    for (at, flow) in flows.iter().enumerate() {
        let mut nth = HashMap::new();
        for (list, word, priority) in words(flow) {
            let place = nth.entry(list).or_insert(0);
            let pointer = format!("{}/config/{list}/{place}", start(flow));
            *place += 1;
            let Some(other) = owners[&(list, word, priority)].iter().find(|other| **other != at) else {
                continue;
            };
            let code = if list == "links" { "flow.link_taken" } else { "flow.keyword_taken" };
            let problem = Problem::error(
                code,
                format!("«{word}» también empieza el flujo «{}».", flows[*other].document().id),
                "Quítalo de uno de los dos, o dale a uno más prioridad («priority»).",
            );
            let left = words(flow).count() > 1 || flow.folded().any_message;
            let fix = left.then(|| Fix::new(format!("Quitar «{word}» de este flujo")).remove(&pointer));
            let problem = problem.of(&flow.document().start).at(flow.document().places(), &pointer);
            told[at].push(problem.with_fixes(fix));
        }
        let takes_any = |flow: &Program| flow.folded().any_message.then_some(flow.folded().priority);
        let same =
            |(other, program): &(usize, &&Program)| *other != at && takes_any(program) == takes_any(flow);
        if let Some((_, other)) = flows.iter().enumerate().find(same).filter(|_| takes_any(flow).is_some()) {
            let message = format!(
                "«{}» también empieza con cualquier mensaje: solo uno de los dos lo hará.",
                other.document().id
            );
            let help = "Deja «any_message» en un solo flujo, o dale a uno más prioridad («priority»).";
            told[at].push(at_start(flow, Problem::error("flow.any_message_taken", message, help)));
        }
    }
}

/// The words that start a flow: the list they stand in, as texts are compared, and the flow's priority.
fn words(flow: &Program) -> impl Iterator<Item = (&'static str, &str, i32)> {
    let triggers = flow.folded();
    let keywords = triggers.keywords.iter().map(|word| ("keywords", word));
    let links = triggers.links.iter().map(|word| ("links", word));
    keywords.chain(links).map(|(list, word)| (list, word.as_str(), triggers.priority))
}

fn queues(flow: &Program, known: Known<'_>, told: &mut Vec<Problem>) {
    let Some(queues) = known.queues else { return };
    for (node, queue, pointer) in flow.queues().filter(|(_, queue, _)| !queues.contains(queue)) {
        let names = || queues.iter().map(QueueId::as_str);
        let pointer = format!("{}{pointer}", child(&child("/nodes", node), "config"));
        let problem = Problem::error(
            "flow.missing_queue",
            format!("La campaña de atención «{queue}» no existe."),
            format!("{}Las que hay son {}.", did_you_mean(queue.as_str(), names()), list(names())),
        );
        let fixes = Fix::instead(&pointer, &suggestions(queue.as_str(), names()));
        told.push(problem.with_fixes(fixes).of(node).at(flow.document().places(), &pointer));
    }
}

fn start(flow: &Program) -> String {
    child("/nodes", &flow.document().start)
}

fn at_start(flow: &Program, problem: Problem) -> Problem {
    problem.of(&flow.document().start).at_key(flow.document().places(), &start(flow))
}
