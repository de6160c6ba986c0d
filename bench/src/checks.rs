//! The checks: what it costs to prove a flow, and to make it ready from its text.

use std::fmt::Write;

use cauce_flows::Program;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::Bench;
use crate::house;
use crate::machine::{Watch, undisturbed};
use crate::numbers::Spread;
use crate::report::Part;

/// How many steps the flows have.
const SIZES: [usize; 3] = [100, 1_000, 5_000];

#[derive(Debug, Serialize)]
struct Line {
    nodes: usize,
    bytes: usize,
    proofs_ms: Spread,
    ready_ms: Spread,
}

/// Measures.
pub fn run(bench: &Bench) -> anyhow::Result<Part> {
    let rounds = if bench.quick { 3 } else { bench.rounds.max(9) };
    let lines = undisturbed(bench.anyway, "checks", || {
        let watch = Watch::begin(&[]);
        let lines: anyhow::Result<Vec<Line>> = SIZES.into_iter().map(|nodes| line(nodes, rounds)).collect();
        Ok((lines?, watch.foreign()))
    })?;
    let mut table = String::from("| nodes | kB | proofs, ms | whole, ms |\n|--:|--:|--:|--:|\n");
    for line in &lines {
        let (kb, proofs, ready) = (line.bytes / 1000, line.proofs_ms.shown(), line.ready_ms.shown());
        table += &format!("| {} | {kb} | {proofs} | {ready} |\n", line.nodes);
    }
    let mut part = Part::new("checks", table, &lines);
    for line in &lines {
        match line.nodes {
            1_000 => part.headline("checks_1000_ms", line.proofs_ms.median),
            5_000 => part.headline("checks_5000_ms", line.proofs_ms.median),
            _ => {}
        }
    }
    part.lead(format!(
        "Processor time of one thread, medians of {rounds} rounds (least–most in brackets), over flows of questions, \
         choices, forms, calculations, waits and people. *Proofs*: everything that is proven of the graph, of \
         a flow whose texts and expressions are compiled. *Whole*: from the text of the flow to one that is ready to \
         run, the proofs among it."
    ));
    Ok(part)
}

fn line(nodes: usize, rounds: usize) -> anyhow::Result<Line> {
    let text = flow(nodes);
    let program = house::program_of(&text)?;
    anyhow::ensure!(
        program.warnings().is_empty(),
        "the flow is to have no problems: {:?}",
        program.warnings()
    );
    let (mut proofs, mut ready) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let before = cpu_ms();
        std::hint::black_box(program.prove());
        proofs.push(cpu_ms() - before);
        let before = cpu_ms();
        std::hint::black_box(Program::read(&text, &cauce_nodes::catalogue()).is_ok());
        ready.push(cpu_ms() - before);
    }
    let (proofs_ms, ready_ms) = (Spread::of(proofs), Spread::of(ready));
    Ok(Line { nodes, bytes: text.len(), proofs_ms, ready_ms })
}

fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// How many steps a section of [`flow`] has.
const SECTION: usize = 12;

/// A flow of so many steps: sections that ask, choose, work something out and say it, one after another, with
/// ways to a person and to the end from everywhere.
pub fn flow(nodes: usize) -> String {
    let mut text = String::from(
        "id: grande\nname: Grande\nstart: inicio\nnodes:\n  inicio: { kind: start, config: { any_message: true }, exits: { next: menu0 } }\n",
    );
    let sections = (nodes - 3) / SECTION;
    for i in 0..sections {
        let next = if i + 1 < sections { format!("menu{}", i + 1) } else { "relleno0".to_owned() };
        let _ = write!(
            text,
            r#"  menu{i}:
    kind: question
    config: {{ text: "¿Qué hacemos con el pedido {i}?", answer: {{ type: buttons, options: [{{ id: cambiar, title: Cambiarlo }}, {{ id: seguir, title: Seguir }}] }}, save_to: tema{i}, retries: {{ max: 1, text: "Toca un botón, por favor." }}, timeout: 2h }}
    exits: {{ cambiar: segun{i}, seguir: segun{i}, no_match: asesor, timeout: fin }}
  segun{i}: {{ kind: switch, config: {{ value: tema{i}, cases: [{{ id: cambiar, values: [cambiar] }}, {{ id: seguir, values: [seguir] }}] }}, exits: {{ cambiar: cuantos{i}, seguir: datos{i}, else: asesor }} }}
  cuantos{i}: {{ kind: question, config: {{ text: "¿Cuántos quieres?", answer: {{ type: number, min: 1, max: 99 }}, save_to: cuantos{i} }}, exits: {{ ok: total{i}, no_match: asesor }} }}
  total{i}: {{ kind: set, config: {{ variable: total{i}, value: "round(cuantos{i} * 12.5, 2)" }}, exits: {{ next: cuesta{i} }} }}
  cuesta{i}: {{ kind: message, config: {{ text: "Son {{{{ cuantos{i} }}}}: {{{{ money(total{i}, \"PEN\") }}}} en total." }}, exits: {{ next: grande{i} }} }}
  grande{i}: {{ kind: decision, config: {{ rules: [{{ id: mucho, when: "total{i} > 500" }}, {{ id: medio, when: "total{i} > 100" }}] }}, exits: {{ mucho: asesor, medio: atiende{i}, else: datos{i} }} }}
  atiende{i}: {{ kind: hours, config: {{ calendar: {{ week: {{ mon: ["9:00-18:00"], sat: ["9:00-13:00"] }} }} }}, exits: {{ open: asesor, closed: datos{i} }} }}
  datos{i}:
    kind: form
    config: {{ fields: [{{ key: nombre{i}, type: open, ask: "¿A nombre de quién?" }}, {{ key: correo{i}, type: email, ask: "¿Y el correo?" }}] }}
    exits: {{ ok: marca{i}, no_match: asesor }}
  marca{i}: {{ kind: tags, config: {{ add: [pedido] }}, exits: {{ next: gracias{i} }} }}
  gracias{i}: {{ kind: message, config: {{ text: "Gracias, {{{{ nombre{i} }}}}." }}, exits: {{ next: pausa{i} }} }}
  pausa{i}: {{ kind: wait, config: {{ for: 10s }}, exits: {{ next: otra{i} }} }}
  otra{i}: {{ kind: loop_guard, config: {{ times: 3 }}, exits: {{ again: {next}, exceeded: fin }} }}
"#
        );
    }
    let rest = nodes - 3 - sections * SECTION;
    for i in 0..rest {
        let next = if i + 1 < rest { format!("relleno{}", i + 1) } else { "fin".to_owned() };
        let _ = writeln!(
            text,
            "  relleno{i}: {{ kind: tags, config: {{ add: [ya] }}, exits: {{ next: {next} }} }}"
        );
    }
    text + "  asesor: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }\n  fin: { kind: end }\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flows_have_their_size_and_no_problems() {
        for nodes in SIZES {
            let program = house::program_of(&flow(nodes)).unwrap();
            assert_eq!(program.document().nodes.len(), nodes);
            assert_eq!(program.warnings(), []);
            assert_eq!(program.prove().1, *program.facts());
        }
    }
}
