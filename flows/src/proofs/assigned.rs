//! What data is surely there where a text names it: otherwise a customer would read a sentence with a hole.
//!
//! A piece of data is there when every way from the start to the step leads through an exit that writes it.
//! Only texts are asked about: a condition may well ask whether something is known, and data for a server may
//! have gaps. An expression that deals with it itself (`nombre ?? "cliente"`, `if`) is not asked about either,
//! nor is what the step writes itself, as a form whose second question names the first answer.

use std::collections::{HashMap, HashSet};

use super::Use;
use super::graph::Graph;
use super::reach::written;
use crate::Problem;
use crate::fix::Fix;
use crate::text::{Piece, split};

pub(super) fn check(graph: &Graph<'_>, uses: &[Use], problems: &mut Vec<Problem>) {
    if !uses.iter().any(|used| used.needed) {
        return;
    }
    let missing = graph.unwritten();
    let (mut told, mut trees) = (HashSet::new(), HashMap::new());
    for used in uses.iter().filter(|used| used.needed) {
        let (at, name) = (used.at, graph.names[used.name.as_str()]);
        if !missing.has(at, name) || graph.spots[at].may_write(&used.name) || !told.insert((at, name)) {
            continue;
        }
        let tree = trees.entry(name).or_insert_with(|| {
            graph.tree(|at, way| !graph.surely_writes(at, way).any(|written| written == name))
        });
        let problem = Problem::warning(
            "var.maybe_unset",
            format!("«{}» puede estar vacío aquí: por este camino nadie lo guarda.", used.name),
            format!(
                "Guárdalo antes en todos los caminos, o di qué poner si falta: {{{{ {} ?? \"…\" }}}}.",
                used.name
            ),
        );
        let problem = problem.of(graph.spots[at].id).at(&graph.document.places, &used.pointer);
        let problem = if used.mark.is_some() { problem.at_mark(used.mark) } else { problem };
        let here = uses.iter().filter(|other| other.needed && other.at == at);
        let fix = or_nothing(graph, &used.name, here.filter(|other| other.name == used.name));
        problems.push(problem.with_witness(graph.along(tree, at)).with_fixes(fix));
    }
}

/// Says in all texts of a step that nothing is to stand where the data is not there. `None` when one of them
/// does more with it than to name it.
fn or_nothing<'u>(graph: &Graph<'_>, name: &str, uses: impl Iterator<Item = &'u Use>) -> Option<Fix> {
    let mut fix = Fix::new(format!("No poner nada cuando falte «{name}»"));
    let mut pointers = HashSet::new();
    for used in uses {
        if !used.alone {
            return None;
        }
        if !pointers.insert(&used.pointer) {
            continue;
        }
        let source = written(graph.document, &used.pointer)?.as_str()?;
        let pieces = split(source).ok()?.into_iter().map(|piece| match piece {
            Piece::Expression(expression) if expression.trim() == name => format!("{{{{ {name} ?? \"\" }}}}"),
            Piece::Expression(expression) => format!("{{{{{expression}}}}}"),
            Piece::Written(text) => text.to_owned(),
        });
        fix = fix.replace(&used.pointer, pieces.collect::<String>());
    }
    Some(fix)
}
