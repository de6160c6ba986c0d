//! Which steps and exits of a flow some conversations went through.

use std::collections::HashSet;

use cauce_model::{FlowId, NodeId};
use indexmap::IndexMap;
use serde_json::Value;

use crate::kind::Role;
use crate::{Document, Problem, Program, Visited};

/// Warnings that prove of a rule or a case that nobody goes its way. (That nobody comes to a step follows from
/// the graph.)
const PROOFS: [&str; 2] = ["flow.rule_unreachable", "flow.case_impossible"];

/// What is covered of a flow: of its steps, and of the exits that lead somewhere. What a check has proven
/// that nobody comes to does not count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every exit that counts, and whether it was taken, in the order of the document.
    exits: IndexMap<(NodeId, String), bool>,
    nodes: IndexMap<NodeId, bool>,
}

impl Coverage {
    /// Nothing covered yet.
    pub fn new(program: &Program) -> Self {
        let never = never(program.document(), program.warnings());
        let cards = program.cards();
        let handlers = cards.iter().filter(|card| card.role == Role::Handler).map(|card| card.id.clone());
        let reached = reached(program.document(), handlers.collect(), &never);
        let mut coverage = Self::default();
        for card in cards {
            if card.role == Role::Note || !reached.contains(&card.id) {
                continue;
            }
            coverage.nodes.insert(card.id.clone(), false);
            let connected = card.exits.into_iter().filter(|exit| exit.target.is_some());
            let exits =
                connected.map(|exit| (card.id.clone(), exit.key)).filter(|exit| !never.contains(exit));
            coverage.exits.extend(exits.map(|exit| (exit, false)));
        }
        coverage
    }

    /// Counts what conversations with the flow went through.
    pub fn add<'a>(&mut self, trail: impl IntoIterator<Item = &'a Visited>) {
        self.count(trail.into_iter().filter(|step| step.within.is_none()));
    }

    /// Counts what conversations with other flows went through of this one, which they called.
    pub fn add_called<'a>(&mut self, flow: &FlowId, trail: impl IntoIterator<Item = &'a Visited>) {
        self.count(trail.into_iter().filter(|step| step.within.as_ref() == Some(flow)));
    }

    fn count<'a>(&mut self, trail: impl Iterator<Item = &'a Visited>) {
        for Visited { node, exit, .. } in trail {
            if let Some(seen) = self.nodes.get_mut(node) {
                *seen = true;
            }
            let Some(exit) = exit else { continue };
            if let Some(taken) = self.exits.get_mut(&(node.clone(), exit.clone())) {
                *taken = true;
            }
        }
    }

    /// The exits that count, in the order of the document.
    pub(crate) fn ways(&self) -> impl Iterator<Item = &(NodeId, String)> {
        self.exits.keys()
    }

    /// Exits that count.
    pub fn exits(&self) -> usize {
        self.exits.len()
    }

    /// Those of them that were taken.
    pub fn taken(&self) -> usize {
        self.exits.values().filter(|taken| **taken).count()
    }

    /// Steps that count.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Those of them that were visited.
    pub fn visited(&self) -> usize {
        self.nodes.values().filter(|seen| **seen).count()
    }

    /// The exits that were not taken, as `step.exit`.
    pub fn missing(&self) -> Vec<String> {
        let missing = self.exits.iter().filter(|(_, taken)| !**taken);
        missing.map(|((node, exit), _)| format!("{node}.{exit}")).collect()
    }

    /// Of a hundred exits so many were taken, rounded down: 100 is all of them. A flow without any is all
    /// covered.
    pub fn percent(&self) -> usize {
        (self.taken() * 100).checked_div(self.exits()).unwrap_or(100)
    }

    /// `92 % de 24 salidas; faltan: menu.no_match` (Spanish), naming at most so many.
    pub fn words(&self, most: usize) -> String {
        let missing = self.missing();
        let all = format!("{} % de {} salidas", self.percent(), self.exits());
        let more = match missing.len().checked_sub(most) {
            _ if missing.is_empty() => return all,
            Some(more @ 1..) => format!(" y {more} más"),
            _ => String::new(),
        };
        let named: Vec<&str> = missing.iter().take(most).map(String::as_str).collect();
        format!("{all}; faltan: {}{more}", named.join(", "))
    }
}

/// The exits of rules and cases that are proven never to be taken. A case with several values is when each of
/// them is.
fn never(document: &Document, warnings: &[Problem]) -> HashSet<(NodeId, String)> {
    let proven = warnings.iter().filter(|problem| PROOFS.contains(&problem.code.as_str()));
    let proven: HashSet<(&NodeId, &str)> =
        proven.filter_map(|problem| Some((problem.node.as_ref()?, problem.path.as_deref()?))).collect();
    let is_never = |(node, path): &(&NodeId, &str)| {
        let config = format!("/nodes/{node}/config");
        let (list, rest) = path.strip_prefix(&config)?.strip_prefix('/')?.split_once('/')?;
        let (at, field) = rest.split_once('/').unwrap_or((rest, ""));
        let item = document.nodes.get(*node)?.config.get(list)?.get(at.parse::<usize>().ok()?)?;
        let all = field.split_once('/').is_none_or(|(values, _)| {
            let count = item.get(values).and_then(Value::as_array).map_or(0, Vec::len);
            (0..count)
                .all(|i| proven.contains(&(*node, format!("{config}/{list}/{at}/{values}/{i}").as_str())))
        });
        let exit = item.get("id")?.as_str().filter(|_| all)?;
        Some(((*node).clone(), exit.to_owned()))
    };
    proven.iter().filter_map(is_never).collect()
}

/// The steps somebody may come to: from the start, and from those that lead from anywhere.
fn reached(document: &Document, handlers: Vec<NodeId>, never: &HashSet<(NodeId, String)>) -> HashSet<NodeId> {
    let mut reached: HashSet<NodeId> = handlers.iter().cloned().chain([document.start.clone()]).collect();
    let mut next: Vec<&NodeId> = handlers.iter().chain([&document.start]).collect();
    while let Some((id, node)) = next.pop().and_then(|id| document.nodes.get_key_value(id)) {
        for (exit, target) in &node.exits {
            if !never.contains(&(id.clone(), exit.clone())) && reached.insert(target.clone()) {
                next.push(target);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn only_what_is_proven_does_not_count() {
        let document = parse(
            r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, exits: { next: a } }
  a: { kind: decision, config: { rules: [{ id: si, when: "true" }, { id: no, when: "false" }] }, exits: { si: b, no: sola } }
  b: { kind: switch, config: { cases: [{ id: uno, values: [x, y] }, { id: dos, values: [z] }] }, exits: { uno: fin, dos: fin } }
  sola: { kind: wait, exits: { next: fin } }
  fin: { kind: end }
"#,
        )
        .unwrap();
        let found = |code: &str, node: &str, path: &str| {
            let problem = Problem::warning(code, "", "").of(&node.parse().unwrap());
            Problem { path: Some(format!("/nodes/{node}/config{path}")), ..problem }
        };
        let mut warnings = vec![
            found("flow.rule_unreachable", "a", "/rules/1/when"),
            found("flow.case_impossible", "b", "/cases/0/values/0"),
            found("flow.asked_twice", "b", "/cases/1/values/0"),
        ];
        let exit = |node: &str, exit: &str| (node.parse::<NodeId>().unwrap(), exit.to_owned());
        let dead = never(&document, &warnings);
        assert_eq!(dead, HashSet::from([exit("a", "no")]), "«y» may still come");
        let ways = reached(&document, Vec::new(), &dead);
        assert!(
            !ways.contains(&"sola".parse().unwrap()) && ways.contains(&"fin".parse().unwrap()),
            "{ways:?}"
        );
        warnings.push(found("flow.case_impossible", "b", "/cases/0/values/1"));
        assert_eq!(never(&document, &warnings), HashSet::from([exit("a", "no"), exit("b", "uno")]));
    }
}
