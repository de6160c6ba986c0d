//! The road: a signed webhook in, 200 when it is durable. Everybody in rounds that take turns, on one disk.

use std::time::Instant;

use serde::Serialize;

use crate::load::Load;
use crate::machine::{Watch, undisturbed};
use crate::numbers::{Spread, shown};
use crate::process::{cpu_of, settle};
use crate::report::Part;
use crate::systems::{Running, System};
use crate::{Bench, note};

/// How many contacts write.
const CONTACTS: usize = 10_000;

/// One measurement.
#[derive(Debug, Clone)]
struct Sample {
    system: System,
    connections: usize,
    per_second: f64,
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// A line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    pub system: &'static str,
    pub connections: usize,
    pub per_second: Spread,
    pub cpu_us: Spread,
    pub p50_ms: Spread,
    pub p99_ms: Spread,
}

/// How many turns each contact takes while one measurement lasts: enough for a few seconds.
fn turns(system: System, bench: &Bench) -> usize {
    let turns = match system {
        System::Bare => 8,
        System::Cauce | System::CauceFjall => 4,
        System::CauceSends | System::NodeRedis => 2,
        System::NodePostgres => 1,
    };
    if bench.quick { 1 } else { turns }
}

/// Measures.
pub fn run(bench: &Bench) -> anyhow::Result<Part> {
    let systems = match bench.only {
        Some(only) => vec![only],
        None => {
            vec![
                System::Cauce,
                System::Bare,
                System::NodePostgres,
                System::CauceFjall,
                System::NodeRedis,
                System::CauceSends,
            ]
        }
    };
    let connections: &[usize] = if bench.quick { &[64] } else { &[64, 16, 256, 1] };
    let mut samples = Vec::new();
    for round in 0..bench.rounds {
        for turn in 0..systems.len() {
            let system = systems[(round + turn) % systems.len()];
            let what = format!("road, round {}, {}", round + 1, system.name());
            note(&what);
            samples.extend(undisturbed(bench.anyway, &what, || measure(system, connections, bench))?);
        }
    }
    let mut lines = Vec::new();
    for connections in [1, 16, 64, 256] {
        for system in &systems {
            let of: Vec<&Sample> =
                samples.iter().filter(|s| s.connections == connections && s.system == *system).collect();
            if of.is_empty() {
                continue;
            }
            lines.push(Line {
                system: system.name(),
                connections,
                per_second: Spread::of(of.iter().map(|s| s.per_second)),
                cpu_us: Spread::of(of.iter().map(|s| s.cpu_us)),
                p50_ms: Spread::of(of.iter().map(|s| s.p50_ms)),
                p99_ms: Spread::of(of.iter().map(|s| s.p99_ms)),
            });
        }
    }
    Ok(told(&lines, bench))
}

fn measure(system: System, connections: &[usize], bench: &Bench) -> anyhow::Result<(Vec<Sample>, f64)> {
    let running = Running::start(system, &bench.folder.join("road"))?;
    let sends = system == System::CauceSends;
    let everybody = Load {
        address: String::new(),
        path: String::new(),
        connections: 32,
        contacts: CONTACTS,
        first_contact: 0,
        stride: 1,
        turn: 0,
        turns: 1,
        run: "0000".into(),
    };
    running.load(&everybody)?;
    let mut written = CONTACTS;
    let mut taken = vec![1; CONTACTS];
    let mut samples = Vec::new();
    let mut foreign: f64 = 0.0;
    for &connections in connections {
        if sends {
            running.sent(written as u64)?;
        }
        settle(&running.counted);
        // One connection is slow: a part of the contacts will do.
        let stride = if connections == 1 { 5 } else { 1 };
        let load = Load {
            connections,
            contacts: CONTACTS / stride,
            stride,
            turn: taken[0],
            turns: turns(system, bench),
            ..everybody.clone()
        };
        let (watch, cpu, begun) = (Watch::begin(&running.counted), cpu_of(&running.counted), Instant::now());
        let loaded = running.load(&load)?;
        written += loaded.messages;
        let mut seconds = loaded.seconds;
        if sends {
            running.sent(written as u64)?;
            // All that came before the last one was taken; the load makes its requests before its clock starts.
            seconds = seconds.max(begun.elapsed().as_secs_f64() - loaded.preparing);
        }
        foreign = foreign.max(watch.foreign());
        settle(&running.counted);
        let cpu = cpu_of(&running.counted) - cpu;
        for contact in (0..CONTACTS).step_by(stride) {
            taken[contact] += load.turns;
        }
        samples.push(Sample {
            system,
            connections,
            per_second: loaded.messages as f64 / seconds,
            cpu_us: cpu * 1e6 / loaded.messages as f64,
            p50_ms: loaded.p50_ms,
            p99_ms: loaded.p99_ms,
        });
    }
    running.end()?;
    Ok((samples, foreign))
}

/// The table and the figures.
fn told(lines: &[Line], bench: &Bench) -> Part {
    let mut table = String::from(
        "| connections | system | messages/s | CPU, µs a message | p50, ms | p99, ms |\n|--:|---|--:|--:|--:|--:|\n",
    );
    for line in lines {
        table += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            line.connections,
            line.system,
            line.per_second.shown(),
            line.cpu_us.shown(),
            line.p50_ms.shown(),
            line.p99_ms.shown()
        );
    }
    let mut part = Part::new("road", table, lines);
    let at_64 = |system: System| lines.iter().find(|l| l.connections == 64 && l.system == system.name());
    if let Some(cauce) = at_64(System::Cauce) {
        part.headline("road_cpu_us", cauce.cpu_us.median);
        if let Some(bare) = at_64(System::Bare) {
            part.headline("road_vs_bare_64", cauce.per_second.median / bare.per_second.median);
            part.headline("road_p99_vs_bare_64", cauce.p99_ms.median / bare.p99_ms.median);
        }
        if let Some(node) = at_64(System::NodePostgres) {
            part.headline("road_vs_node_pg_64", cauce.per_second.median / node.per_second.median);
        }
    }
    part.lead(format!(
        "{} contacts in mid-journey, medians of {} rounds that take turns (least–most in brackets). CPU is that of \
         the server and its database, user and system, until it is idle again; the load's is not in it. The share of \
         the limit at 64 connections: {}.",
        shown(CONTACTS as f64),
        bench.rounds,
        part.shown("road_vs_bare_64")
    ));
    part
}
