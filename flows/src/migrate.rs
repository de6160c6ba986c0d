//! Moving people to another version of the flow they are in: what may move by itself, and what a move does.
//!
//! A person waits at a step of the older version. When the newer one has the same step, and all that its later
//! texts need is there, they can go on in it. Otherwise somebody must say what becomes of them.

use std::collections::{BTreeSet, HashMap};

use cauce_model::{Effect, Landed, Landing, NodeId, VersionId};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::diff::{Class, Diff};
use crate::proofs::graph::Graph;
use crate::run::{Facts, Outcome, Run, RunState, Visited, WaitKind};
use crate::step::{Explained, enter};
use crate::words::list;
use crate::{Catalogue, Program};

/// Whether those who wait at a step can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes: the step is the same, or says the same in other words.
    Same,
    /// Yes: the step asks otherwise, and has every way out that it had.
    Compatible,
    /// Somebody must say what becomes of them.
    Choice,
}

/// A step of the older version and what may become of those who wait there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepPlan {
    /// Whether they can be moved.
    pub verdict: Verdict,
    /// Why not, or what is different (Spanish).
    pub reasons: Vec<String>,
    /// What becomes of them when nobody says anything.
    pub landing: Landing,
}

/// The steps of the older version, in its order.
pub type Plan = IndexMap<NodeId, StepPlan>;

/// What may become of those who are inside `from` when `to` takes its place.
pub fn plan(from: &Program, to: &Program, catalogue: &Catalogue) -> Plan {
    let diff = Diff::between(from.document(), to.document(), catalogue);
    let sure = sure(from);
    let needs = to.needs_later();
    from.document()
        .nodes
        .keys()
        .map(|step| {
            let plan = step_plan(from, to, &diff, step, of(&sure, step), needs.at(step));
            (step.clone(), plan)
        })
        .collect()
}

fn step_plan(
    from: &Program,
    to: &Program,
    diff: &Diff,
    step: &NodeId,
    sure: &BTreeSet<String>,
    needs: &BTreeSet<String>,
) -> StepPlan {
    let choice =
        |reason: String| StepPlan { verdict: Verdict::Choice, reasons: vec![reason], landing: Landing::Stay };
    let (Some(old), Some(new)) = (from.document().nodes.get(step), to.document().nodes.get(step)) else {
        return choice(format!("El paso «{step}» ya no existe."));
    };
    if old.kind != new.kind {
        return choice(format!("El paso «{step}» es de otro tipo."));
    }
    let exits = to.exits_of(step);
    let lost: Vec<&str> = from.exits_of(step).into_iter().filter(|exit| !exits.contains(exit)).collect();
    if !lost.is_empty() {
        let lost = list(lost.iter().copied());
        return choice(format!("El paso «{step}» ya no tiene la salida {lost}."));
    }
    if called(from, step) != called(to, step) {
        return choice(format!("El recorrido al que llama el paso «{step}» cambió."));
    }
    let missing: Vec<&str> = needs.difference(sure).map(String::as_str).collect();
    if !missing.is_empty() {
        let missing = list(missing.iter().copied());
        return choice(format!("Más adelante hace falta {missing}, que aquí puede no estar guardado."));
    }
    let fields =
        diff.changed.iter().filter(|changed| changed.step == *step).flat_map(|changed| &changed.fields);
    let other: Vec<&str> = fields
        .filter(|field| !matches!(field.class, Class::Text | Class::Label))
        .map(|field| field.label.as_str())
        .collect();
    if other.is_empty() {
        return StepPlan { verdict: Verdict::Same, reasons: Vec::new(), landing: Landing::Keep };
    }
    let changed = list(other.iter().copied());
    StepPlan {
        verdict: Verdict::Compatible,
        reasons: vec![format!("En el paso «{step}» cambió {changed}.")],
        landing: Landing::Ask,
    }
}

/// The version of the flow that a step calls.
fn called<'p>(program: &'p Program, step: &NodeId) -> Option<&'p VersionId> {
    let call = program.node(step)?.behaviour.calls()?;
    Some(program.subflow(&call.flow)?.version())
}

/// Data by the step at which something is said of it.
type ByStep = HashMap<NodeId, BTreeSet<String>>;

static NOTHING: BTreeSet<String> = BTreeSet::new();

fn of<'s>(data: &'s ByStep, step: &NodeId) -> &'s BTreeSet<String> {
    data.get(step).unwrap_or(&NOTHING)
}

/// The data that later texts name, from each step of a version on, and that the version itself sees to when it
/// is walked from its beginning.
pub(crate) struct Needs(ByStep);

impl Needs {
    pub(crate) fn of(program: &Program) -> Self {
        program.with_graph(|graph, uses| {
            let missing = graph.unwritten();
            let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); graph.spots.len()];
            for used in uses.iter().filter(|used| used.needed) {
                let name = graph.names[used.name.as_str()];
                // What may be missing anyway was told when the version was checked.
                if !graph.spots[used.at].may_write(&used.name) && !missing.has(used.at, name) {
                    needs[used.at].insert(name);
                }
            }
            // Backwards along the ways until nothing is added.
            let mut changed: Vec<usize> = (0..needs.len()).collect();
            while let Some(to) = changed.pop() {
                for &at in graph.before(to) {
                    let known = needs[at].len();
                    for way in graph.ways(at).iter().filter(|way| way.to == to) {
                        let written: BTreeSet<usize> = graph.surely_writes(at, way).collect();
                        let later: Vec<usize> = needs[to].difference(&written).copied().collect();
                        needs[at].extend(later);
                    }
                    if needs[at].len() > known {
                        changed.push(at);
                    }
                }
            }
            Self(by_step(graph, |at, name| needs[at].contains(&name)))
        })
    }

    /// From this step on.
    fn at(&self, step: &NodeId) -> &BTreeSet<String> {
        of(&self.0, step)
    }
}

/// The data that is surely there when a run comes to a step.
fn sure(program: &Program) -> ByStep {
    program.with_graph(|graph, _| {
        let missing = graph.unwritten();
        by_step(graph, |at, name| graph.reached.contains(at) && !missing.has(at, name))
    })
}

fn by_step(graph: &Graph<'_>, has: impl Fn(usize, usize) -> bool) -> ByStep {
    let names = |at: usize| {
        let has = graph.names.iter().filter(|(_, name)| has(at, **name));
        has.map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>()
    };
    let steps = graph.spots.iter().enumerate().map(|(at, spot)| (spot.id.clone(), names(at)));
    steps.filter(|(_, names)| !names.is_empty()).collect()
}

/// What a move makes of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// It is this now. An outcome without a trail changes nothing but the version.
    To {
        /// As it stands.
        run: Box<Run>,
        /// What it does on the way.
        outcome: Outcome,
        /// Of every step of the trail, what was worked out there.
        explained: Vec<Explained>,
    },
    /// It is not moved.
    Not(Landed),
}

/// Moves a run that waits to this version, or says why not. The run itself is not changed: whoever asks may
/// only want to know.
pub fn land(program: &Program, run: &Run, landing: &Landing, facts: &Facts) -> Move {
    let (Some(wait), Some(place)) = (run.wait(), run.place()) else { return Move::Not(Landed::Gone) };
    let at = match landing {
        Landing::Stay => return Move::Not(Landed::Stayed),
        Landing::Keep | Landing::Ask => place,
        // It is torn from what it waits for, which must be its own.
        Landing::Step(_) | Landing::End | Landing::Person(_) => match (wait.kind, landing) {
            (WaitKind::Person, _) => return Move::Not(Landed::WithPerson),
            (WaitKind::Call | WaitKind::Sent, _) => return Move::Not(Landed::Busy),
            (_, Landing::Step(step)) => step,
            _ => return ended(run, landing, place),
        },
    };
    if !program.document().nodes.contains_key(at) {
        return Move::Not(Landed::Failing(format!("El paso «{at}» no existe en esta versión.")));
    }
    let lacks = |name: &&String| run.data().get(*name).is_none_or(Value::is_null);
    let lacking: Vec<String> = program.needs_later().at(at).iter().filter(lacks).cloned().collect();
    if !lacking.is_empty() {
        return Move::Not(Landed::Lacking(lacking));
    }
    let mut moved = run.clone();
    // Nobody goes back to a question that is not there any more.
    let asked = moved.frames.first_mut().map_or(&mut moved.asked, |frame| &mut frame.asked);
    asked.retain(|step| program.document().nodes.contains_key(step));
    // Who cannot be written to now was asked before, and can still answer.
    let asks = match landing {
        Landing::Step(_) => true,
        Landing::Ask => wait.kind == WaitKind::Answer && facts.is_window_open(),
        _ => false,
    };
    if !asks {
        moved.version = program.version().clone();
        return Move::To { run: Box::new(moved), outcome: Outcome::default(), explained: Vec::new() };
    }
    let (outcome, explained) = enter(program, &mut moved, at, facts);
    match moved.state {
        RunState::Failed { text, .. } => Move::Not(Landed::Failing(text)),
        _ => Move::To { run: Box::new(moved), outcome, explained },
    }
}

/// The run ends by a move.
fn ended(run: &Run, landing: &Landing, place: &NodeId) -> Move {
    let mut over = run.clone();
    over.leave_all();
    over.state = RunState::Ended { outcome: None };
    over.memo = Value::Null;
    let effects = match landing {
        Landing::Person(queue) => {
            vec![Effect::Handoff { node: place.clone(), queue: queue.clone(), timeout: None }]
        }
        _ => Vec::new(),
    };
    let trail = vec![Visited { node: place.clone(), exit: None, within: None }];
    let explained = vec![Explained::default()];
    Move::To { run: Box::new(over), outcome: Outcome { effects, trail }, explained }
}

/// Takes a move back: the run as it was, waiting where it waited. `now` is the run as it stands; its waits
/// were numbered on, so this one gets a number of its own.
pub fn back(before: &Run, now: &Run) -> Run {
    let mut run = before.clone();
    if now.waits != before.waits {
        run.waits = now.waits + 1;
        if let RunState::Waiting(wait) = &mut run.state {
            wait.number = run.waits;
        }
    }
    run
}
