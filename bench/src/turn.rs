//! The turn: what the engine alone costs, without store, network and other threads. A run is read from its
//! row, moved by an answer, and written back; and the same for a whole contact.

use cauce_conversation::{ADDRESS, Workspace};
use cauce_flows::{ContactFacts, Event, Facts, Program, Run};
use cauce_model::{Inbound, InboundContent, Timestamp};
use cauce_runtime::{Alone, Written, from_bytes, to_bytes};
use cauce_whatsapp::{Element, decode};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::house::{self, accepted};
use crate::machine::{Watch, undisturbed};
use crate::numbers::{Spread, shown};
use crate::report::Part;
use crate::{Bench, allocations, messages, systems};

/// How many contacts walk a journey side by side.
const CONTACTS: usize = 512;

/// A journey, and what is answered in it.
struct Journey {
    name: &'static str,
    /// How many of its steps are walked.
    nodes: usize,
    /// Its flow; the one of [`counting`] when there is none.
    file: Option<&'static str>,
    answers: &'static [&'static str],
}

const JOURNEYS: [Journey; 4] = [
    Journey {
        name: "Reservas",
        nodes: 3,
        file: Some("bench/journeys/reservas.yaml"),
        answers: &["Hola", "Ana Quispe", "4", "Rosa Torres", "12", "Luz Rojas", "7", "Ana Flores", "2"],
    },
    Journey {
        name: "Bienvenida",
        nodes: 6,
        file: Some("examples/bienvenida.yaml"),
        answers: &["hola", "cotizar", "Luis", "luis@correo.pe", "cusco"],
    },
    Journey {
        name: "Registro",
        nodes: 12,
        file: Some("bench/journeys/registro.yaml"),
        answers: &["hola", "Ana Quispe", "34", "ana@correo.pe", "el viernes"],
    },
    Journey {
        name: "Pedidos",
        nodes: 6,
        file: Some("examples/pedidos.yaml"),
        answers: &["tengo hambre", "quiero almorzar", "lomito", "un par"],
    },
];

const LOOP: Journey = Journey {
    name: "100 templated messages",
    nodes: 43,
    file: None,
    answers: &["hola", "Ana", "Rosa", "Luz", "Flor", "Inés"],
};

/// A flow that says twenty numbered messages after each answer, each after a sum. (A flow may not go round
/// without waiting, and takes at most 50 steps until it waits: a hundred messages are five turns.)
fn counting() -> String {
    let mut flow = String::from(
        "id: lista\nname: Lista\nlanguage: es\nstart: inicio\nvariables:\n  nombre: { label: Nombre }\n  i: { label: \
         Cuántos van }\nnodes:\n  inicio: { kind: start, config: { any_message: true }, exits: { next: nombre } }\n  \
         nombre:\n    kind: question\n    config: { text: ¿Quién pide la lista?, answer: { type: open }, save_to: \
         nombre, retries: { max: 0 } }\n    exits: { ok: cero, no_match: fin }\n  fin: { kind: end }\n  cero: { kind: set, config: { \
         variable: i, value: \"0\" }, exits: { next: suma1 } }\n",
    );
    for n in 1..=20 {
        let next = if n < 20 { format!("suma{}", n + 1) } else { "nombre".to_owned() };
        flow += &format!(
            "  suma{n}: {{ kind: set, config: {{ variable: i, value: i + 1 }}, exits: {{ next: dice{n} }} }}\n  \
             dice{n}: {{ kind: message, config: {{ text: \"{{{{ nombre }}}}, va el número {{{{ i }}}} de tu lista.\" \
             }}, exits: {{ next: {next} }} }}\n"
        );
    }
    flow
}

/// What one turn costs.
#[derive(Debug, Clone, Copy)]
struct Cost {
    us: f64,
    allocations: f64,
    rows: f64,
    bytes: f64,
}

#[derive(Debug, Serialize)]
struct Line {
    journey: &'static str,
    nodes: usize,
    engine_us: Spread,
    engine_allocations: f64,
    contact_us: Spread,
    contact_allocations: f64,
    contact_rows: f64,
    contact_bytes: f64,
    answered_us: Spread,
    answered_bytes: f64,
}

/// Measures.
pub fn run(bench: &Bench) -> anyhow::Result<Part> {
    // Short enough to be repeated more often than the rest.
    let rounds = if bench.quick { 3 } else { bench.rounds.max(7) };
    let lines = undisturbed(bench.anyway, "turn", || {
        let watch = Watch::begin(&[]);
        let lines: anyhow::Result<Vec<Line>> =
            JOURNEYS.iter().chain([&LOOP]).map(|journey| line(journey, rounds)).collect();
        Ok((lines?, watch.foreign()))
    })?;
    Ok(told(&lines, rounds))
}

fn program(journey: &Journey) -> anyhow::Result<Program> {
    match journey.file {
        Some(file) => house::program(&systems::repository().join(file)),
        None => house::program_of(&counting()),
    }
}

fn line(journey: &Journey, rounds: usize) -> anyhow::Result<Line> {
    let program = program(journey)?;
    let mut engine = Vec::new();
    let mut contact = Vec::new();
    let mut answered = Vec::new();
    for _ in 0..rounds {
        engine.push(of_engine(&program, journey)?);
        let (turn, answer) = of_contact(&program, journey)?;
        contact.push(turn);
        answered.push(answer);
    }
    let us = |costs: &[Cost]| Spread::of(costs.iter().map(|cost| cost.us));
    let median = |costs: &[Cost], of: fn(&Cost) -> f64| Spread::of(costs.iter().map(of)).median;
    Ok(Line {
        journey: journey.name,
        nodes: journey.nodes,
        engine_us: us(&engine),
        engine_allocations: median(&engine, |cost| cost.allocations),
        contact_us: us(&contact),
        contact_allocations: median(&contact, |cost| cost.allocations),
        contact_rows: median(&contact, |cost| cost.rows),
        contact_bytes: median(&contact, |cost| cost.bytes),
        answered_us: us(&answered),
        answered_bytes: median(&answered, |cost| cost.bytes),
    })
}

/// The loop is one journey of a hundred messages, the others are so many turns.
fn told(lines: &[Line], rounds: usize) -> Part {
    let mut table = String::from(
        "| journey | nodes | engine, µs a turn | allocations | contact, µs a turn | allocations | rows | bytes | a \
         send's answer, µs | bytes |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for line in lines {
        table += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            line.journey,
            line.nodes,
            line.engine_us.shown(),
            shown(line.engine_allocations),
            line.contact_us.shown(),
            shown(line.contact_allocations),
            shown(line.contact_rows),
            shown(line.contact_bytes),
            line.answered_us.shown(),
            shown(line.answered_bytes)
        );
    }
    let mut part = Part::new("turn", table, lines);
    let turns = &lines[..JOURNEYS.len()];
    // The dearest journey stands for all.
    let most = |of: fn(&Line) -> f64| turns.iter().map(of).fold(0.0, f64::max);
    part.headline("turn_us", most(|line| line.engine_us.median));
    part.headline("turn_allocations", most(|line| line.engine_allocations));
    if let Some(hundred) = lines.last() {
        let turns = (LOOP.answers.len() - 1) as f64;
        part.headline("loop100_us", hundred.engine_us.median * turns);
    }
    part.lead(format!(
        "Processor time of one thread, medians of {rounds} rounds of {CONTACTS} contacts (least–most in brackets). \
         *Engine*: the answer and the run are read from their bytes, the step loop moves the run, the run and what \
         it decided are written. *Contact*: the whole turn of a contact as a partition runs it, all its rows read \
         and written. The figures of the headline are the engine's of the dearest journey; the loop counts in five \
         turns of 20 messages: {} µs for the hundred.",
        part.shown("loop100_us")
    ));
    part
}

fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// Adds up what is measured, over all but what begins a journey or lies between its turns.
#[derive(Default)]
struct Meter {
    us: f64,
    allocations: u64,
    turns: usize,
    written: Written,
}

impl Meter {
    fn measure<R>(&mut self, turns: usize, act: impl FnOnce() -> R) -> R {
        let (us, allocations) = (cpu_us(), allocations::count());
        let result = act();
        self.us += cpu_us() - us;
        self.allocations += allocations::count() - allocations;
        self.turns += turns;
        result
    }

    /// Counts what was written since.
    fn wrote(&mut self, alone: &Alone, since: Written) {
        self.written.rows += alone.written().rows - since.rows;
        self.written.bytes += alone.written().bytes - since.bytes;
    }

    fn cost(&self) -> Cost {
        let turns = self.turns.max(1) as f64;
        Cost {
            us: self.us / turns,
            allocations: self.allocations as f64 / turns,
            rows: self.written.rows as f64 / turns,
            bytes: self.written.bytes as f64 / turns,
        }
    }
}

/// What a customer says, as the engine gets it.
fn said(text: &str) -> anyhow::Result<InboundContent> {
    let body = messages::saying("51999888777", "A", text, messages::now());
    let account = messages::account();
    match decode(body.as_bytes(), &|_| Some(account.clone()))?.pop() {
        Some(Element::Inbound(Inbound::Message(message))) => Ok(message.content),
        _ => anyhow::bail!("no message"),
    }
}

fn of_engine(program: &Program, journey: &Journey) -> anyhow::Result<Cost> {
    let facts = Facts {
        now: Timestamp(i64::try_from(messages::now())? * 1000),
        contact: ContactFacts { id: "c".into(), name: Some("Ana María".into()), ..Default::default() },
        ..Default::default()
    };
    let mut meter = Meter::default();
    let opening = said(journey.answers[0])?;
    let mut runs: Vec<Vec<u8>> = (0..CONTACTS)
        .map(|_| {
            let (run, _) = cauce_flows::start(
                program,
                "0000000000000007".parse().expect("an id"),
                &facts,
                Some(&opening),
            );
            to_bytes(&run)
        })
        .collect();
    for answer in &journey.answers[1..] {
        let content = to_bytes(&said(answer)?);
        meter.measure(CONTACTS, || -> anyhow::Result<()> {
            for row in &mut runs {
                let unreadable = |_| anyhow::anyhow!("a run cannot be read");
                let content: InboundContent = from_bytes(&content).map_err(unreadable)?;
                let mut run: Run = from_bytes(row).map_err(unreadable)?;
                let outcome = cauce_flows::step(program, &mut run, Event::Answer(&content), &facts);
                *row = to_bytes(&run);
                std::hint::black_box(to_bytes(&outcome.effects));
            }
            Ok(())
        })?;
    }
    Ok(meter.cost())
}

/// The cost of a turn, and of the turn in which the answer of a send comes.
fn of_contact(program: &Program, journey: &Journey) -> anyhow::Result<(Cost, Cost)> {
    let contacts = house::contacts();
    let mut alone = Alone::default();
    let now = messages::now();
    let at = Timestamp(i64::try_from(now)? * 1000);
    let halted = |halt| anyhow::anyhow!("a turn halted: {halt:?}");
    alone.turn(&Workspace, &house::workspace(), &house::publish(program), at, 1).map_err(halted)?;
    let (mut turns, mut answers) = (Meter::default(), Meter::default());
    for (step, answer) in journey.answers.iter().enumerate() {
        let events: Vec<_> = (0..CONTACTS)
            .map(|contact| {
                let id = format!("HBgLNTE5{contact:08}QUNDRkE5N0ZCQzA{step:06}");
                house::event(&messages::saying(&messages::phone(contact), &id, answer, now))
            })
            .collect::<Result<_, _>>()?;
        // The first makes the contacts.
        let mut beginning = Meter::default();
        let meter = if step == 0 { &mut beginning } else { &mut turns };
        let before = alone.written();
        meter.measure(CONTACTS, || -> anyhow::Result<()> {
            for (seed, (to, event)) in (1_u64..).zip(&events) {
                debug_assert!(to.kind == ADDRESS);
                alone.turn(contacts.as_ref(), to, event, at, seed << 16 | step as u64).map_err(halted)?;
            }
            Ok(())
        })?;
        meter.wrote(&alone, before);
        loop {
            let calls = alone.take_calls().map_err(halted)?;
            if calls.is_empty() {
                break;
            }
            let events: Vec<_> = calls.iter().map(|(to, call)| (to, accepted(call))).collect();
            let before = alone.written();
            answers.measure(events.len(), || -> anyhow::Result<()> {
                for (to, event) in &events {
                    alone.turn(contacts.as_ref(), to, event, at, 1).map_err(halted)?;
                }
                Ok(())
            })?;
            answers.wrote(&alone, before);
        }
    }
    Ok((turns.cost(), answers.cost()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_journey_goes_on_to_its_last_answer() {
        for journey in JOURNEYS.iter().chain([&LOOP]) {
            let program = program(journey).unwrap();
            let facts = Facts::default();
            let opening = said(journey.answers[0]).unwrap();
            let id = "0000000000000007".parse().unwrap();
            let (mut run, began) = cauce_flows::start(&program, id, &facts, Some(&opening));
            let mut trail = began.trail;
            for answer in &journey.answers[1..] {
                assert!(run.wait().is_some(), "{}: «{answer}» comes too late", journey.name);
                let content = said(answer).unwrap();
                trail.extend(cauce_flows::step(&program, &mut run, Event::Answer(&content), &facts).trail);
            }
            let nodes: BTreeSet<_> = trail.into_iter().map(|visited| visited.node).collect();
            assert_eq!(nodes.len(), journey.nodes, "{}: {nodes:?}", journey.name);
        }
    }
}
