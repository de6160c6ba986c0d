//! What the graph of a flow proves: there is a start, every way out leads somewhere, every step can be
//! reached, nobody is trapped, and nothing goes round without waiting.

use std::collections::{HashMap, HashSet};

use cauce_model::NodeId;
use petgraph::Direction::Incoming;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Bfs, Reversed};

use crate::document::Node;
use crate::kind::{After, Behaviour, Exit, Meta, Role, Write, all_exits};
use crate::step::MAX_SENDS;
use crate::words::{did_you_mean, list};
use crate::yaml::child;
use crate::{Document, Problem};

/// A step as the graph sees it.
pub(crate) struct Spot<'a> {
    id: &'a NodeId,
    node: &'a Node,
    /// `None` when its config is not understood: then nothing is claimed about it.
    known: Option<(Meta, Vec<Exit>)>,
    /// How many messages it says at most.
    sends: usize,
    writes: Vec<Write>,
    /// The customer comes here with a word, from wherever the flow waits.
    called: bool,
}

impl<'a> Spot<'a> {
    pub(crate) fn known(id: &'a NodeId, node: &'a Node, meta: Meta, behaviour: &dyn Behaviour) -> Self {
        let known = Some((meta, all_exits(meta, behaviour)));
        let called = behaviour.command().is_some();
        Self { id, node, known, sends: behaviour.sends(), writes: behaviour.writes(), called }
    }

    /// The same, but it also writes these.
    pub(crate) fn also_writing(mut self, writes: impl IntoIterator<Item = Write>) -> Self {
        self.writes.extend(writes);
        self
    }

    pub(crate) fn unknown(id: &'a NodeId, node: &'a Node) -> Self {
        Self { id, node, known: None, sends: 0, writes: Vec::new(), called: false }
    }

    pub(crate) fn id(&self) -> &'a NodeId {
        self.id
    }

    /// Whether the customer comes here with a word, from wherever the flow waits.
    pub(crate) fn is_called(&self) -> bool {
        self.called
    }

    /// Its exits that lead somewhere, and where.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (&'a str, &'a NodeId)> {
        self.node.exits.iter().map(|(exit, target)| (exit.as_str(), target))
    }

    /// Whether this exit leads somewhere.
    pub(crate) fn leads(&self, exit: &str) -> bool {
        self.node.exits.contains_key(exit)
    }

    /// Whether it has this exit, connected or not.
    pub(crate) fn has(&self, exit: &str) -> bool {
        self.known.iter().flat_map(|(_, exits)| exits).any(|known| known.key == exit)
    }

    /// What has happened when it is left by this exit.
    pub(crate) fn after(&self, exit: &str) -> After {
        let exits = self.known.iter().flat_map(|(_, exits)| exits);
        exits.filter(|known| known.key == exit).map(|known| known.after).next().unwrap_or_default()
    }

    /// Whether it may write this.
    pub(crate) fn writes(&self, name: &str) -> bool {
        self.known.is_none() || self.writes.iter().any(|write| write.name == name)
    }

    /// Whether this is written whenever it is left by that exit. A step that is not understood is not
    /// accused of anything.
    pub(crate) fn surely_writes(&self, name: &str, exit: &str) -> bool {
        let surely = |write: &Write| write.name == name && !write.unless.contains(&exit);
        self.known.is_none() || self.writes.iter().any(surely)
    }

    fn role(&self) -> Option<Role> {
        self.known.as_ref().map(|(meta, _)| meta.role)
    }

    fn waits(&self) -> bool {
        self.known.as_ref().is_none_or(|(meta, _)| meta.waits)
    }
}

pub(crate) fn check(document: &Document, spots: &[Spot<'_>], problems: &mut Vec<Problem>) {
    let started = start(document, spots, problems);
    let mut loose = HashSet::new();
    for spot in spots {
        if !exits(document, spot, problems) {
            loose.insert(spot.id);
        }
        to_called(document, spot, spots, problems);
    }
    let graph = Graph::new(spots);
    if let Some(started) = started {
        graph.reach(document, started, &loose, problems);
    }
    graph.loops(document, problems);
}

fn start<'a>(document: &'a Document, spots: &[Spot<'_>], problems: &mut Vec<Problem>) -> Option<&'a NodeId> {
    let starts: Vec<&str> =
        spots.iter().filter(|spot| spot.role() == Some(Role::Start)).map(|spot| spot.id.as_str()).collect();
    let problem = match spots.iter().find(|spot| *spot.id == document.start) {
        Some(spot) if spot.known.is_none() || spot.role() == Some(Role::Start) => {
            return Some(&document.start);
        }
        Some(_) => Problem::error(
            "flow.no_start",
            format!("El flujo empieza en «{}», que no es un paso de tipo «start».", document.start),
            match starts[..] {
                [] => "Agrega un paso «kind: start» y nómbralo en «start:».".to_owned(),
                _ => format!("Pon en «start:» {}.", list(starts.iter().copied())),
            },
        ),
        None => Problem::error(
            "flow.no_start",
            format!("El flujo empieza en «{}», que no existe.", document.start),
            match starts[..] {
                [] => "Agrega un paso «kind: start» con ese nombre.".to_owned(),
                _ => format!(
                    "{}Pon en «start:» {}.",
                    did_you_mean(document.start.as_str(), starts.iter().copied()),
                    list(starts.iter().copied())
                ),
            },
        ),
    };
    // When «start» is missing or no id, the form has said so.
    let told = problems.iter().any(|p| p.path.as_deref() == Some("/start") || p.message == "Falta «start».");
    if !told {
        problems.push(problem.at(&document.places, "/start"));
    }
    None
}

/// The exits of one step; whether all of them lead somewhere.
fn exits(document: &Document, spot: &Spot<'_>, problems: &mut Vec<Problem>) -> bool {
    let at = child(&child("/nodes", spot.id), "exits");
    let places = &document.places;
    let before = problems.len();
    for (key, target) in &spot.node.exits {
        if !document.nodes.contains_key(target) {
            let hint = did_you_mean(target.as_str(), document.nodes.keys().map(NodeId::as_str));
            problems.push(
                Problem::error(
                    "flow.exit_to_nowhere",
                    format!("La salida «{key}» lleva a «{target}», que no existe."),
                    format!("{hint}Crea ese paso o corrige el nombre."),
                )
                .of(spot.id)
                .at(places, &child(&at, key)),
            );
        }
    }
    let Some((meta, exits)) = &spot.known else { return false };
    let known: Vec<&str> = exits.iter().map(|exit| exit.key.as_str()).collect();
    for key in spot.node.exits.keys().filter(|key| !known.contains(&key.as_str())) {
        let hint = did_you_mean(key, known.iter().copied());
        let rest = match known[..] {
            [] => format!("Un paso «{}» no tiene salidas.", meta.kind),
            _ => format!("Sus salidas son {}.", list(known.iter().copied())),
        };
        problems.push(
            Problem::error(
                "flow.exit_unknown",
                format!("Este paso no tiene la salida «{key}»."),
                format!("{hint}{rest}"),
            )
            .of(spot.id)
            .at_key(places, &child(&at, key)),
        );
    }
    for exit in exits.iter().filter(|exit| !exit.optional && !spot.node.exits.contains_key(&exit.key)) {
        problems.push(
            Problem::error(
                "flow.exit_missing",
                format!("La salida «{}» ({}) no lleva a ningún lugar.", exit.key, exit.label),
                format!("Agrega en «exits:» una línea «{}: paso».", exit.key),
            )
            .of(spot.id)
            .at_key(places, &at),
        );
    }
    problems.len() == before
}

/// Exits into steps to which only the customer's words lead.
fn to_called(document: &Document, spot: &Spot<'_>, spots: &[Spot<'_>], problems: &mut Vec<Problem>) {
    for (exit, target) in spot.targets() {
        if spots.iter().any(|other| other.called && other.id == target) {
            let at = child(&child(&child("/nodes", spot.id), "exits"), exit);
            let message =
                format!("«{target}» es un comando: solo se llega a él por lo que escribe el cliente.");
            let help = "Lleva esta salida al paso que sigue al comando.";
            let problem = Problem::error("flow.exit_to_command", message, help);
            problems.push(problem.of(spot.id).at(&document.places, &at));
        }
    }
}

struct Graph<'a> {
    spots: &'a [Spot<'a>],
    graph: DiGraph<usize, ()>,
    index: HashMap<&'a NodeId, NodeIndex>,
}

impl<'a> Graph<'a> {
    fn new(spots: &'a [Spot<'a>]) -> Self {
        let mut graph = DiGraph::new();
        let index: HashMap<&NodeId, NodeIndex> =
            spots.iter().enumerate().map(|(i, spot)| (spot.id, graph.add_node(i))).collect();
        for spot in spots {
            for target in spot.node.exits.values().filter_map(|target| index.get(target)) {
                graph.update_edge(index[spot.id], *target, ());
            }
        }
        Self { spots, graph, index }
    }

    fn spot(&self, at: NodeIndex) -> &Spot<'a> {
        &self.spots[self.graph[at]]
    }

    fn problem(&self, problem: Problem, at: NodeIndex, document: &Document) -> Problem {
        let id = self.spot(at).id;
        problem.of(id).at_key(&document.places, &child("/nodes", id))
    }

    /// Steps nobody comes to, and steps from which nobody gets out.
    fn reach(
        &self,
        document: &Document,
        start: &NodeId,
        loose: &HashSet<&NodeId>,
        problems: &mut Vec<Problem>,
    ) {
        let Some(&start) = self.index.get(start) else { return };
        let called = self.graph.node_indices().filter(|at| self.spot(*at).called);
        let reached = self.flood(&self.graph, called.chain([start]));
        let is_note = |at: NodeIndex| self.spot(at).role() == Some(Role::Note);
        for at in self.graph.node_indices().filter(|at| !reached.contains(at) && !is_note(*at)) {
            let problem = Problem::warning(
                "flow.unreachable",
                format!("Nadie puede llegar al paso «{}».", self.spot(at).id),
                "Conecta una salida con él, o quítalo.",
            );
            problems.push(self.problem(problem, at, document));
        }
        // A step with a loose exit has its own problem; it counts as a way out here.
        let goals = self.graph.node_indices().filter(|at| {
            let spot = self.spot(*at);
            let ends = spot.role() == Some(Role::Handler) && self.graph.neighbors(*at).next().is_none();
            ends || loose.contains(spot.id) || matches!(spot.role(), Some(Role::End | Role::Person))
        });
        let saved = self.flood(Reversed(&self.graph), goals);
        // The ends of the trap: groups of steps that lead to no other group.
        for group in tarjan_scc(&self.graph) {
            let inside: HashSet<NodeIndex> = group.iter().copied().collect();
            let closed = group.iter().all(|at| self.graph.neighbors(*at).all(|next| inside.contains(&next)));
            let Some(at) =
                group.iter().copied().filter(|at| reached.contains(at) && !saved.contains(at)).min()
            else {
                continue;
            };
            if closed {
                let names = list(self.in_order(&group).into_iter().map(|at| self.spot(at).id.as_str()));
                let problem = Problem::error(
                    "flow.trapped",
                    format!("Quien llega a {names} no puede llegar a un final ni a una persona."),
                    "Conecta alguna de sus salidas con un paso «end» o «handoff».",
                );
                let problem = problem.with_witness(self.path(start, at));
                problems.push(self.problem(problem, at, document));
            }
        }
    }

    /// Cycles on which the run would never wait, and ways too long for one turn.
    fn loops(&self, document: &Document, problems: &mut Vec<Problem>) {
        let restless =
            self.graph.filter_map(|at, spot| (!self.spot(at).waits()).then_some(*spot), |_, ()| Some(()));
        for group in tarjan_scc(&restless) {
            let first = group.iter().copied().min_by_key(|at| restless[*at]);
            let Some(first) = first.filter(|at| group.len() > 1 || restless.contains_edge(*at, *at)) else {
                continue;
            };
            let inside: HashSet<NodeIndex> = group.iter().copied().collect();
            let cycle = cycle(&restless, first, &inside);
            let witness: Vec<NodeId> = cycle.iter().map(|at| self.spots[restless[*at]].id.clone()).collect();
            let at = self.index[self.spots[restless[first]].id];
            let problem = Problem::error(
                "flow.loop_without_wait",
                format!("Estos pasos dan vueltas sin esperar nada: {}.", arrows(&witness)),
                "Pon en la vuelta un paso que espere, como «question» o «wait».",
            );
            problems.push(self.problem(problem.with_witness(witness), at, document));
        }
        // Without such a cycle the steps have an order, and each one the longest way that leads to it.
        let Ok(order) = toposort(&restless, None) else { return };
        let mut longest: HashMap<NodeIndex, usize> = HashMap::new();
        for at in order {
            let before =
                restless.neighbors_directed(at, Incoming).filter_map(|before| longest.get(&before)).max();
            let before = *before.unwrap_or(&0);
            let here = before + self.spots[restless[at]].sends.max(1);
            longest.insert(at, here);
            // The step that waits at last may say something too.
            if here >= MAX_SENDS && before < MAX_SENDS {
                let at = self.index[self.spots[restless[at]].id];
                let problem = Problem::error(
                    "flow.turn_too_long",
                    format!("Hasta aquí hay {MAX_SENDS} pasos o mensajes seguidos sin esperar nada."),
                    "Pon antes un paso que espere, como «question» o «wait».",
                );
                problems.push(self.problem(problem, at, document));
            }
        }
    }

    fn flood<G>(&self, graph: G, from: impl IntoIterator<Item = NodeIndex>) -> HashSet<NodeIndex>
    where
        G: petgraph::visit::IntoNeighbors<NodeId = NodeIndex>
            + petgraph::visit::Visitable<NodeId = NodeIndex>
            + Copy,
    {
        let mut seen = HashSet::new();
        for at in from {
            if !seen.contains(&at) {
                let mut walk = Bfs::new(graph, at);
                while let Some(next) = walk.next(graph) {
                    seen.insert(next);
                }
            }
        }
        seen
    }

    fn in_order(&self, group: &[NodeIndex]) -> Vec<NodeIndex> {
        let mut group = group.to_vec();
        group.sort_by_key(|at| self.graph[*at]);
        group
    }

    fn path(&self, from: NodeIndex, to: NodeIndex) -> Vec<NodeId> {
        shortest(&self.graph, from, to, |_| true).into_iter().map(|at| self.spot(at).id.clone()).collect()
    }
}

/// A cycle through `first`: its steps in order, ending where it began.
fn cycle(graph: &DiGraph<usize, ()>, first: NodeIndex, inside: &HashSet<NodeIndex>) -> Vec<NodeIndex> {
    let back = graph
        .neighbors(first)
        .filter(|next| inside.contains(next))
        .map(|next| shortest(graph, next, first, |at| inside.contains(&at)))
        .filter(|path| !path.is_empty())
        .min_by_key(Vec::len)
        .unwrap_or_default();
    std::iter::once(first).chain(back).collect()
}

/// The shortest path, both ends included; empty when there is none.
fn shortest(
    graph: &DiGraph<usize, ()>,
    from: NodeIndex,
    to: NodeIndex,
    allowed: impl Fn(NodeIndex) -> bool,
) -> Vec<NodeIndex> {
    let mut before: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = std::collections::VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if at == to {
            let mut path = vec![to];
            while let Some(previous) = path.last().filter(|at| **at != from).and_then(|at| before.get(at)) {
                path.push(*previous);
            }
            path.reverse();
            return path;
        }
        for next in graph.neighbors(at).filter(|next| allowed(*next)) {
            if next != from && !before.contains_key(&next) {
                before.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    Vec::new()
}

fn arrows(path: &[NodeId]) -> String {
    path.iter().map(NodeId::as_str).collect::<Vec<_>>().join(" → ")
}
