//! Everybody gets on and out: there is a start, every way out leads somewhere, every step can be reached,
//! nobody is trapped, and nothing goes round without waiting.

use cauce_model::NodeId;
use fixedbitset::FixedBitSet;
use serde_json::{Value, json};

use super::Use;
use super::graph::{Graph, Way};
use crate::fix::Fix;
use crate::kind::Role;
use crate::step::MAX_SENDS;
use crate::words::{did_you_mean, few, list, suggestions};
use crate::yaml::child;
use crate::{Document, Problem};

/// For so many names that do not exist a name is proposed; who has more has another problem.
const MAX_PROPOSALS: usize = 50;

pub(super) fn check(graph: &Graph<'_>, uses: &[Use], problems: &mut Vec<Problem>) {
    let started = start(graph, problems);
    let mut loose = FixedBitSet::with_capacity(graph.spots.len());
    let mut proposals = 0;
    for at in 0..graph.spots.len() {
        loose.set(at, !exits(graph, at, &mut proposals, problems));
        to_command(graph, at, problems);
    }
    if started {
        unreached(graph, uses, problems);
        trapped(graph, &loose, problems);
    }
    loops(graph, problems);
}

/// Whether the flow has a start.
fn start(graph: &Graph<'_>, problems: &mut Vec<Problem>) -> bool {
    if graph.start().is_some() {
        return true;
    }
    let document = graph.document;
    let of_role = |role| graph.spots.iter().filter(move |spot| spot.role == Some(role));
    let starts: Vec<&str> = of_role(Role::Start).map(|spot| spot.id.as_str()).collect();
    let exists = document.nodes.contains_key(&document.start);
    let (what, hint) = if exists {
        ("no es un paso de tipo «start»", String::new())
    } else {
        ("no existe", did_you_mean(document.start.as_str(), starts.iter().copied()))
    };
    let help = match starts[..] {
        [] if exists => "Agrega un paso «kind: start» y nómbralo en «start:».".to_owned(),
        [] => "Agrega un paso «kind: start» con ese nombre.".to_owned(),
        _ => format!("{hint}Pon en «start:» {}.", list(starts.iter().copied())),
    };
    let message = format!("El flujo empieza en «{}», que {what}.", document.start);
    let named = |name: &&str| {
        let fix = Fix::new(format!("Empezar en «{name}»")).add("/start", *name);
        if starts.len() == 1 { fix.safe() } else { fix }
    };
    let fixes = starts.iter().map(named);
    let problem = Problem::error("flow.no_start", message, help).with_fixes(fixes);
    // When «start» is missing or no id, the form has said so.
    let told = problems.iter().any(|p| p.path.as_deref() == Some("/start") || p.message == "Falta «start».");
    if !told {
        problems.push(problem.at(&document.places, "/start"));
    }
    false
}

/// The exits of one step; whether all of them lead somewhere.
fn exits(graph: &Graph<'_>, at: usize, proposals: &mut usize, problems: &mut Vec<Problem>) -> bool {
    let (document, spot) = (graph.document, &graph.spots[at]);
    let places = &document.places;
    let pointer = || child(&child("/nodes", spot.id), "exits");
    let before = problems.len();
    for (key, target) in spot.node.exits.iter().filter(|(_, target)| graph.index(target).is_none()) {
        let names = document.nodes.keys().map(NodeId::as_str);
        *proposals += 1;
        let near = if *proposals <= MAX_PROPOSALS { suggestions(target.as_str(), names) } else { Vec::new() };
        let hint = near.first().map(|name| format!("Quizá quisiste decir «{name}». ")).unwrap_or_default();
        let at = child(&pointer(), key);
        problems.push(
            Problem::error(
                "flow.exit_to_nowhere",
                format!("La salida «{key}» lleva a «{target}», que no existe."),
                format!("{hint}Crea ese paso o corrige el nombre."),
            )
            .with_fixes(Fix::instead(&at, &near))
            .of(spot.id)
            .at(places, &at),
        );
    }
    if spot.role.is_none() {
        return false;
    }
    let known: Vec<&str> = spot.exits.iter().map(|exit| exit.key.as_str()).collect();
    for (key, target) in spot.node.exits.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        let hint = did_you_mean(key, known.iter().copied());
        let rest = match known[..] {
            [] => format!("Un paso «{}» no tiene salidas.", spot.node.kind),
            _ => format!("Sus salidas son {}.", list(known.iter().copied())),
        };
        let at = child(&pointer(), key);
        let free = known.iter().copied().filter(|known| !spot.leads(known));
        let mut fixes = Fix::renamed(&pointer(), key, &target.as_str().into(), &suggestions(key, free));
        if fixes.is_empty() {
            fixes.push(Fix::new(format!("Quitar la salida «{key}»")).remove(&at));
        }
        problems.push(
            Problem::error(
                "flow.exit_unknown",
                format!("Este paso no tiene la salida «{key}»."),
                format!("{hint}{rest}"),
            )
            .with_fixes(fixes)
            .of(spot.id)
            .at_key(places, &at),
        );
    }
    let missing = spot.exits.iter().filter(|exit| !exit.optional && !graph.leads(at, &exit.key));
    for exit in missing.filter(|exit| !spot.leads(&exit.key)) {
        problems.push(
            Problem::error(
                "flow.exit_missing",
                format!("La salida «{}» ({}) no lleva a ningún lugar.", exit.key, exit.label),
                format!("Agrega en «exits:» una línea «{}: paso».", exit.key),
            )
            .with_fixes(connections(graph, at, &exit.key))
            .of(spot.id)
            .at_key(places, &pointer()),
        );
    }
    problems.len() == before
}

/// Exits into steps to which only the customer's words lead.
fn to_command(graph: &Graph<'_>, at: usize, problems: &mut Vec<Problem>) {
    let spot = &graph.spots[at];
    for way in graph.ways(at).iter().filter(|way| graph.spots[way.to].is_command && spot.leads(way.exit)) {
        let target = graph.spots[way.to].id;
        let problem = Problem::error(
            "flow.exit_to_command",
            format!("«{target}» es un comando: solo se llega a él por lo que escribe el cliente."),
            "Lleva esta salida al paso que sigue al comando.",
        );
        let pointer = child(&child(&child("/nodes", spot.id), "exits"), way.exit);
        let next = graph.ways(way.to).first().map(|next| graph.spots[next.to].id.as_str());
        let fix = next.map(|next| Fix::new(format!("Llevarla a «{next}»")).replace(&pointer, next));
        problems.push(problem.with_fixes(fix).of(spot.id).at(&graph.document.places, &pointer));
    }
}

/// How an exit of a step can be connected: with an end, which is made when there is none, or with a person.
pub(super) fn connections(graph: &Graph<'_>, at: usize, exit: &str) -> Vec<Fix> {
    let spot = &graph.spots[at];
    let exits = child(&child("/nodes", spot.id), "exits");
    let connect = |fix: Fix, target: &str| {
        // A step without any exit may have no place for them.
        if spot.node.exits.is_empty() {
            fix.add(&exits, json!({ exit: target }))
        } else {
            fix.add(&child(&exits, exit), target)
        }
    };
    let of_role = |role| graph.spots.iter().filter(move |other| other.role == Some(role));
    // An end that says nothing fits everywhere.
    let end = of_role(Role::End).min_by_key(|end| (end.sends, !end.node.config.is_empty()));
    let to_end = match end {
        Some(end) => connect(Fix::new(format!("Conectarla con el final «{}»", end.id)), end.id.as_str()),
        None => {
            let name = free_name(graph.document, "fin");
            let fix = Fix::new(format!("Agregar un final «{name}» y conectarla con él"));
            connect(fix.add(&child("/nodes", &name), json!({ "kind": "end" })), &name)
        }
    };
    let person = of_role(Role::Person).next().filter(|person| person.id != spot.id);
    let to_person = person.map(|person| {
        connect(Fix::new(format!("Pasar a una persona («{}»)", person.id)), person.id.as_str())
    });
    std::iter::once(to_end).chain(to_person).collect()
}

/// A name that no step has.
fn free_name(document: &Document, name: &str) -> String {
    let taken = |name: &str| document.nodes.keys().any(|id| id.as_str() == name);
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}_{n}")));
    names.find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}

/// Steps nobody comes to.
fn unreached(graph: &Graph<'_>, uses: &[Use], problems: &mut Vec<Problem>) {
    let lost = |at: usize| !graph.reached.contains(at) && graph.spots[at].role != Some(Role::Note);
    for (nth, at) in (0..graph.spots.len()).filter(|at| lost(*at)).enumerate() {
        let id = graph.spots[at].id;
        let problem = Problem::warning(
            "flow.unreachable",
            format!("Nadie puede llegar al paso «{id}»."),
            "Conecta una salida con él, o quítalo.",
        );
        let fix = if nth < MAX_PROPOSALS { removal(graph, at, uses) } else { None };
        problems.push(graph.at(at, problem.with_fixes(fix)));
    }
}

/// Removes a step that nobody comes to, with the steps that lead to it: nobody comes to those either. `None`
/// when something that stays needs what they write.
fn removal(graph: &Graph<'_>, at: usize, uses: &[Use]) -> Option<Fix> {
    let gone = graph.leading_to([at]);
    for write in gone.ones().flat_map(|at| &graph.spots[at].writes) {
        let needed = uses.iter().any(|used| used.name == write.name && !gone.contains(used.at));
        let known = graph.document.variables.contains_key(&write.name)
            || graph
                .spots
                .iter()
                .enumerate()
                .any(|(at, spot)| !gone.contains(at) && spot.may_write(&write.name));
        if needed && !known {
            return None;
        }
    }
    let names: Vec<&str> = gone.ones().map(|at| graph.spots[at].id.as_str()).collect();
    let mut fix = Fix::new(format!("Quitar {}", few(&names)));
    for name in names {
        fix = fix.remove(&child("/nodes", name));
        if graph.document.layout.keys().any(|id| id.as_str() == name) {
            fix = fix.remove(&child("/layout", name));
        }
    }
    Some(fix)
}

/// Steps from which nobody gets out.
fn trapped(graph: &Graph<'_>, loose: &FixedBitSet, problems: &mut Vec<Problem>) {
    // A step with a loose exit has its own problem; it counts as a way out here.
    let is_goal = |at: &usize| {
        // A handler without a way goes back to where the customer came from.
        let ends = graph.spots[*at].role == Some(Role::Handler) && graph.ways(*at).is_empty();
        ends || loose.contains(*at) || matches!(graph.spots[*at].role, Some(Role::End | Role::Person))
    };
    let saved = graph.leading_to((0..graph.spots.len()).filter(is_goal));
    if graph.reached.is_subset(&saved) {
        return;
    }
    // The ends of the trap: groups of steps that lead to no other group.
    let groups = graph.groups(|_, _| true);
    let numbers = groups.numbers();
    for group in groups.iter() {
        let inside = |at: &usize| graph.reached.contains(*at) && !saved.contains(*at);
        let Some(first) = group.iter().copied().filter(inside).min() else { continue };
        let closed = |at: &usize| graph.ways(*at).iter().all(|way| numbers[way.to] == numbers[*at]);
        if !group.iter().all(closed) {
            continue;
        }
        let mut group = group.to_vec();
        group.sort_unstable();
        let names: Vec<&str> = group.iter().map(|at| graph.spots[*at].id.as_str()).collect();
        let problem = Problem::error(
            "flow.trapped",
            format!("Quien llega a {} no puede llegar a un final ni a una persona.", few(&names)),
            "Conecta alguna de sus salidas con un paso «end» o «handoff».",
        );
        problems.push(graph.at(first, problem.with_witness(graph.path(first))));
    }
}

/// Circles on which the run would never wait, and ways too long for one turn.
fn loops(graph: &Graph<'_>, problems: &mut Vec<Problem>) {
    let waits = |at: usize| graph.spots[at].waits();
    let restless = |at: usize, way: &Way<'_>| !waits(at) && !waits(way.to);
    let groups = graph.groups(restless);
    let numbers = groups.numbers();
    let mut goes_round = false;
    for group in groups.iter() {
        let Some(&first) = group.iter().min() else { continue };
        let inside = |at: usize, way: &Way<'_>| {
            restless(at, way) && numbers[way.to] == numbers[first] && numbers[at] == numbers[first]
        };
        if group.len() == 1 && !graph.ways(first).iter().any(|way| way.to == first && inside(first, way)) {
            continue;
        }
        goes_round = true;
        let circle = graph.circle(first, inside);
        let problem = Problem::error(
            "flow.loop_without_wait",
            format!("Estos pasos dan vueltas sin esperar nada: {}.", arrows(&circle)),
            "Pon en la vuelta un paso que espere, como «question» o «wait».",
        );
        problems.push(graph.at(first, problem.with_witness(circle)));
    }
    if goes_round {
        return;
    }
    // The steps have an order, and each one the longest way that leads to it.
    let mut before = vec![0; graph.spots.len()];
    for at in groups.iter().rev().flatten().copied().filter(|at| !waits(*at)) {
        let here = before[at] + graph.spots[at].sends.max(1);
        for way in graph.ways(at).iter().filter(|way| !waits(way.to)) {
            before[way.to] = here.max(before[way.to]);
        }
        // The step that waits at last may say something too.
        if here >= MAX_SENDS && before[at] < MAX_SENDS {
            let problem = Problem::error(
                "flow.turn_too_long",
                format!("Hasta aquí hay {MAX_SENDS} pasos o mensajes seguidos sin esperar nada."),
                "Pon antes un paso que espere, como «question» o «wait».",
            );
            problems.push(graph.at(at, problem));
        }
    }
}

fn arrows(path: &[NodeId]) -> String {
    const SHOWN: usize = 12;
    let names = path.iter().take(SHOWN).map(NodeId::as_str);
    let rest = (path.len() > SHOWN).then_some("…");
    names.chain(rest).collect::<Vec<_>>().join(" → ")
}

/// What a step of the document says at a JSON pointer into the document.
pub(super) fn written<'d>(document: &'d Document, pointer: &str) -> Option<&'d Value> {
    let rest = pointer.strip_prefix("/nodes/")?;
    let (id, rest) = rest.split_once("/config/")?;
    let id: NodeId = id.parse().ok()?;
    let (key, rest) = rest.split_once('/').map_or((rest, ""), |(key, _)| (key, &rest[key.len()..]));
    document.nodes.get(&id)?.config.get(&key.replace("~1", "/").replace("~0", "~"))?.pointer(rest)
}
