//! The expressions and texts of a flow: compiled, and what cannot be is reported where it stands.

use cauce_model::NodeId;
use indexmap::IndexMap;

use crate::fix::Fix;
use crate::proofs::Use;
use crate::schema::Found;
use crate::script::{ANSWER, CONTACT, Code, Meant, Script, ScriptError};
use crate::text::{Piece, Scripts, Text, respelt, split};
use crate::words::suggestions;
use crate::{Document, Problem};

/// For so many names of data that do not exist one is proposed.
const MAX_PROPOSALS: usize = 50;

/// Compiles what was found in the configs, and reports what cannot be, where it stands. Also gives the data
/// that is named.
pub(super) fn compile(
    found: Vec<Found>,
    labels: &IndexMap<String, String>,
    document: &Document,
    problems: &mut Vec<Problem>,
) -> (Scripts, Vec<Use>) {
    let places = &document.places;
    let mut scripts = Scripts::default();
    let (mut uses, mut strangers) = (Vec::new(), 0);
    for found in found {
        // `/nodes/<id>/…`, or `/translations/<language>/<id>/…`.
        let nth = if found.pointer.starts_with("/nodes/") { 2 } else { 3 };
        let node: Option<NodeId> = found.pointer.split('/').nth(nth).and_then(|id| id.parse().ok());
        let step = node.as_ref().and_then(|node| document.nodes.get_index_of(node));
        let before = problems.len();
        let mut compile = |source: &str, nth: usize| match Script::compile(source) {
            Ok(script) => {
                let unknown = |name: &str| {
                    name != CONTACT && !labels.contains_key(name) && !(found.of_answer && name == ANSWER)
                };
                for (name, position) in script.reads.iter().filter(|(name, _)| unknown(name)) {
                    strangers += 1;
                    let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                    let at = places.inside(&found.pointer, source, nth, line, column);
                    let names = labels.keys().map(String::as_str).filter(|_| strangers <= MAX_PROPOSALS);
                    let near = suggestions(name, names);
                    let fixes = respelt_as(&found, name, &near);
                    let problem = unknown_variable(name, &near).with_fixes(fixes);
                    problems.push(problem.at(places, &found.pointer).at_mark(at));
                }
                for (name, position) in script.reads.iter().filter(|(name, _)| labels.contains_key(name)) {
                    let told = found.is_template && !found.is_data;
                    let Some(at) = step else { continue };
                    let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                    let mark = places.inside(&found.pointer, source, nth, line, column);
                    uses.push(Use {
                        at,
                        name: name.clone(),
                        pointer: found.pointer.clone(),
                        mark,
                        needed: told && script.needs.contains(name),
                        told,
                        alone: source.trim() == name,
                    });
                }
                Some(script)
            }
            Err(error) => {
                let at = places.inside(&found.pointer, source, nth, error.line, error.column);
                let fixes = meant(&found, source, &error);
                problems
                    .push(expression_problem(error).with_fixes(fixes).at(places, &found.pointer).at_mark(at));
                None
            }
        };
        if found.is_code {
            match Code::compile(&found.source) {
                Ok(code) => {
                    for (name, position) in &code.reads {
                        if let (true, Some(at)) = (labels.contains_key(name), step) {
                            let (name, pointer) = (name.clone(), found.pointer.clone());
                            let (needed, told, alone) = (false, false, false);
                            uses.push(Use { at, name, pointer, mark: None, needed, told, alone });
                        }
                        if name == CONTACT || labels.contains_key(name) {
                            continue;
                        }
                        let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                        let mark = places.inside(&found.pointer, &found.source, 0, line, column);
                        let near = suggestions(name, labels.keys().map(String::as_str));
                        problems.push(unknown_variable(name, &near).at(places, &found.pointer).at_mark(mark));
                    }
                    scripts.codes.insert(found.source, code);
                }
                Err(error) => {
                    let mark = places.inside(&found.pointer, &found.source, 0, error.line, error.column);
                    problems.push(expression_problem(error).at(places, &found.pointer).at_mark(mark));
                }
            }
        } else if found.is_template {
            let mut sources: Vec<String> = Vec::new();
            let text = Text::compile(&found.source, |source| {
                let nth = sources.iter().filter(|seen| seen.contains(source)).count();
                sources.push(source.to_owned());
                compile(source, nth)
            });
            match text {
                Ok(text) => {
                    scripts.texts.insert(found.source, text);
                }
                Err(error) => problems.push(expression_problem(error).at(places, &found.pointer)),
            }
        } else if let Some(script) = compile(&found.source, 0) {
            scripts.scripts.insert(found.source, script);
        }
        for problem in &mut problems[before..] {
            problem.node = node.clone();
        }
    }
    (scripts, uses)
}

/// The text or expression with what was probably meant in the place of a word that is wrong in one expression.
fn meant(found: &Found, expression: &str, error: &ScriptError) -> Vec<Fix> {
    let Some(Meant { word, near }) = error.meant.as_deref() else { return Vec::new() };
    let fix = |other: &&'static str| {
        let corrected = corrected(expression, (error.line, error.column), word, other)?;
        let source = if found.is_template {
            let pieces = split(&found.source).ok()?.into_iter().map(|piece| match piece {
                Piece::Expression(source) if source == expression => format!("{{{{{corrected}}}}}"),
                Piece::Expression(source) => format!("{{{{{source}}}}}"),
                Piece::Written(text) => text.to_owned(),
            });
            pieces.collect()
        } else {
            corrected
        };
        Some(Fix::new(format!("Cambiar «{word}» por «{other}»")).replace(&found.pointer, source))
    };
    match &near[..] {
        [only] => fix(only).map(Fix::safe).into_iter().collect(),
        several => several.iter().take(3).filter_map(fix).collect(),
    }
}

/// The expression with another word at a line and column (from 1); `None` when the word is not there.
fn corrected(expression: &str, (line, column): (usize, usize), word: &str, other: &str) -> Option<String> {
    let before: usize = expression.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let (skipped, _) = expression.get(before..)?.char_indices().nth(column - 1)?;
    let (head, tail) = expression.split_at(before + skipped);
    Some(format!("{head}{other}{}", tail.strip_prefix(word)?))
}

/// The text or expression with another name in the place of a misspelt one.
fn respelt_as(found: &Found, name: &str, near: &[&str]) -> Vec<Fix> {
    let fix = |other: &&str| {
        let source = respelt(&found.source, found.is_template, name, other)?;
        Some(Fix::new(format!("Cambiar «{name}» por «{other}»")).replace(&found.pointer, source))
    };
    match near {
        [only] => fix(only).map(Fix::safe).into_iter().collect(),
        several => several.iter().take(3).filter_map(fix).collect(),
    }
}

fn unknown_variable(name: &str, near: &[&str]) -> Problem {
    let hint = near.first().map(|name| format!("Quizá quisiste decir «{name}». ")).unwrap_or_default();
    Problem::error(
        "expr.unknown_variable",
        format!("«{name}» no es un dato de este flujo."),
        format!("{hint}Guárdalo antes en un paso, o decláralo en «variables:»."),
    )
}

fn expression_problem(error: ScriptError) -> Problem {
    Problem::error(error.code, error.message, error.help)
}
