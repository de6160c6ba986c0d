//! Rules and cases that can be: a rule that an earlier one always forestalls, or that never holds, and a case
//! for a value that the data never has.
//!
//! What values a piece of data may have is known when everything that writes it says so, as questions with
//! options do.

use std::collections::HashMap;

use cauce_model::NodeId;
use serde_json::Value;

use super::OtherValues;
use super::graph::{Graph, Spot};
use crate::Problem;
use crate::fix::Fix;
use crate::kind::{Chooses, Condition, Match};
use crate::script::claims::{Says, Set, Way};
use crate::text::{Scripts, shown};
use crate::words::{fold, list, suggestions};
use crate::yaml::child;

/// By its name, all that a piece of data may be; `None` when that may be anything.
type Values<'a> = HashMap<&'a str, Option<Vec<&'a Value>>>;

/// Gives the values for which steps have no case.
pub(super) fn check(graph: &Graph<'_>, scripts: &Scripts, problems: &mut Vec<Problem>) -> Vec<OtherValues> {
    let mut others = Vec::new();
    if graph.spots.iter().all(|spot| spot.chooses.is_none()) {
        return others;
    }
    let values = values(graph);
    for (at, spot) in graph.spots.iter().enumerate() {
        match &spot.chooses {
            Some(Chooses::Rules(rules)) => rules_of(graph, at, rules, scripts, &values, problems),
            Some(Chooses::Cases { value, cases }) => {
                let known = values.get(value.trim()).and_then(Option::as_ref);
                if let Some(known) = known {
                    others.extend(cases_of(graph, at, cases, known, problems));
                }
            }
            None => {}
        }
    }
    others
}

fn values<'a>(graph: &Graph<'a>) -> Values<'a> {
    let mut values = Values::new();
    for write in graph.spots.iter().flat_map(|spot: &'a Spot<'a>| &spot.writes) {
        let known = values.entry(&write.name).or_insert_with(|| Some(Vec::new()));
        match known {
            Some(known) if !write.values.is_empty() => known.extend(&write.values),
            known => *known = None,
        }
    }
    // Another flow may give anything.
    values.extend(graph.document.params.keys().map(|name| (name.as_str(), None)));
    values
}

fn rules_of(
    graph: &Graph<'_>,
    at: usize,
    rules: &[Condition],
    scripts: &Scripts,
    values: &Values<'_>,
    problems: &mut Vec<Problem>,
) {
    let mut earlier: Vec<(&Condition, Vec<Way>)> = Vec::new();
    let mut always: Option<&Condition> = None;
    for rule in rules {
        let Some(script) = scripts.scripts.get(&rule.when) else { continue };
        let says = script.says();
        let why = match &says {
            _ if always.is_some() => {
                always.map(|other| format!("la regla «{}» se cumple siempre y está antes", other.exit))
            }
            Says::Never => Some("su condición no se puede cumplir".to_owned()),
            Says::Always => None,
            Says::Ways(ways) => {
                let cover = |way: &Way| {
                    earlier.iter().find(|(_, others)| others.iter().any(|other| way.implies(other)))
                };
                let covers: Option<Vec<_>> = ways.iter().map(cover).collect();
                covers.and_then(|covers| covers.first().map(|(other, _)| other.exit.clone())).map(|other| {
                    format!("cuando se cumple su condición ya se cumplió la de «{other}», que está antes")
                })
            }
        };
        if let Some(why) = why {
            let problem = Problem::warning(
                "flow.rule_unreachable",
                format!("La regla «{}» nunca se usa: {why}.", rule.exit),
                "Cambia el orden de las reglas o corrige la condición; si sobra, quítala.",
            );
            let fix = (rules.len() > 1).then(|| without(&graph.spots[at], rule));
            problems.push(placed(graph, at, &rule.pointer, problem.with_fixes(fix)));
        } else if let Says::Ways(ways) = &says
            && let Some((name, known)) = ways
                .iter()
                .map(|way| impossible(way, values))
                .collect::<Option<Vec<_>>>()
                .and_then(|all| all.into_iter().next())
        {
            let problem = Problem::warning(
                "flow.case_impossible",
                format!("La regla «{}» nunca se cumple: «{name}» no puede valer eso.", rule.exit),
                format!("«{name}» solo puede valer {}.", shown_all(known)),
            );
            problems.push(placed(graph, at, &rule.pointer, problem));
        }
        match says {
            Says::Always => always = always.or(Some(rule)),
            Says::Ways(ways) => earlier.push((rule, ways)),
            Says::Never => {}
        }
    }
}

/// The data that is never as this way wants it, and what it may be.
fn impossible<'v>(way: &Way, values: &'v Values<'_>) -> Option<(&'v str, &'v Vec<&'v Value>)> {
    way.claims.iter().find_map(|claim| {
        let (name, known) = values.get_key_value(claim.of.as_str()).filter(|_| claim.is_variable)?;
        let known = known.as_ref()?;
        let Set::Among(wanted) = &claim.is else { return None };
        (!wanted.iter().any(|value| known.contains(&value))).then_some((*name, known))
    })
}

/// The step without a rule and its exit.
fn without(spot: &Spot<'_>, rule: &Condition) -> Fix {
    let step = child("/nodes", spot.id);
    let fix = Fix::new(format!("Quitar la regla «{}»", rule.exit));
    let in_list = rule.pointer.rsplit_once('/').map_or("", |(rule, _)| rule);
    let fix = fix.remove(&format!("{}{in_list}", child(&step, "config")));
    if spot.leads(&rule.exit) { fix.remove(&child(&child(&step, "exits"), &rule.exit)) } else { fix }
}

fn cases_of(
    graph: &Graph<'_>,
    at: usize,
    cases: &[Match],
    known: &[&Value],
    problems: &mut Vec<Problem>,
) -> Option<OtherValues> {
    let read: Vec<(String, String)> = known.iter().map(|value| shown(value)).map(|v| (fold(&v), v)).collect();
    let reads: Vec<String> = cases.iter().map(|case| fold(&case.reads)).collect();
    let named = |folded: &String| reads.contains(folded);
    let never = cases.iter().zip(&reads).filter(|(_, case)| !read.iter().any(|(folded, _)| folded == *case));
    for (case, _) in never {
        let free = read.iter().filter(|(folded, _)| !named(folded)).map(|(_, value)| value.as_str());
        let near = suggestions(&case.reads, free);
        let problem = Problem::warning(
            "flow.case_impossible",
            format!("Ninguna respuesta da «{}»: este caso nunca se usa.", case.reads),
            format!("El dato solo puede valer {}.", shown_all(known)),
        );
        let pointer = format!("{}{}", child(&child("/nodes", graph.spots[at].id), "config"), case.pointer);
        let mut fixes = Fix::instead(&pointer, &near);
        // What was meant is not told by the spelling alone.
        fixes.iter_mut().for_each(|fix| fix.safe = false);
        problems.push(placed(graph, at, &case.pointer, problem.with_fixes(fixes)));
    }
    let mut values: Vec<String> =
        read.iter().filter(|(folded, _)| !named(folded)).map(|(_, value)| value.clone()).collect();
    values.dedup();
    let node: NodeId = graph.spots[at].id.clone();
    (!values.is_empty()).then_some(OtherValues { node, values })
}

fn shown_all(values: &[&Value]) -> String {
    let mut values: Vec<String> = values.iter().map(|value| shown(value)).collect();
    values.sort();
    values.dedup();
    list(values.iter().map(String::as_str))
}

/// A problem at a place in the config of a step.
fn placed(graph: &Graph<'_>, at: usize, pointer: &str, problem: Problem) -> Problem {
    let id = graph.spots[at].id;
    let pointer = format!("{}{pointer}", child(&child("/nodes", id), "config"));
    problem.of(id).at(&graph.document.places, &pointer)
}
