//! Scale: the same road over ten thousand, a hundred thousand and a million contacts of six turns each.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use cauce_store::BaseKind;
use serde::Serialize;

use crate::load::Load;
use crate::machine::{Watch, undisturbed};
use crate::numbers::{Spread, shown};
use crate::process::{Process, cpu_of, disk_bytes, memory_of, settle};
use crate::report::Part;
use crate::systems::{Running, Stand, configure, own, port, serve};
use crate::{Bench, note};

/// How many turns every contact has taken before anything is measured.
const TURNS: usize = 6;
/// A folder that would take longer than this to build at the pace of the one before, in seconds, is left
/// out; so is one that takes longer than [`LIMIT`].
const PATIENCE: f64 = 900.0;
const LIMIT: Duration = Duration::from_secs(1200);
/// How many messages a round has, about: enough that the base takes its part of them in.
const MESSAGES: usize = 120_000;
/// In a folder of so many contacts all of them write in every round.
const FEW: usize = 10_000;

#[derive(Debug, Serialize)]
struct Line {
    base: &'static str,
    contacts: usize,
    cpu_us: Spread,
    per_second: Spread,
    p99_ms: Spread,
    rss_mib: f64,
    start_s: f64,
    start_after_kill_s: f64,
    disk_bytes_per_message: f64,
    built_per_second: f64,
}

/// Measures.
pub fn run(bench: &Bench) -> anyhow::Result<Part> {
    let sizes: &[usize] = if bench.quick { &[10_000, 50_000] } else { &[10_000, 100_000, 1_000_000] };
    let mut lines: Vec<Line> = Vec::new();
    let mut left_out = String::new();
    for base in BaseKind::ALL {
        for &contacts in sizes {
            let last = lines.last().filter(|line| line.base == base.name());
            let takes = last.map_or(0.0, |line| (contacts * TURNS) as f64 / line.built_per_second);
            if takes > PATIENCE {
                let (name, minutes) = (base.name(), takes / 60.0);
                left_out += &format!(
                    " {name} at {contacts} contacts was left out: {minutes:.0} minutes to build at the pace before."
                );
                continue;
            }
            note(&format!("scale, {contacts} contacts on {}", base.name()));
            match line(base, contacts, bench)? {
                Some(line) => lines.push(line),
                None => {
                    let (name, minutes) = (base.name(), LIMIT.as_secs() / 60);
                    left_out += &format!(
                        " {name} at {contacts} contacts was left out: not built in {minutes} minutes."
                    );
                }
            }
        }
    }
    Ok(told(&lines, &left_out, bench))
}

/// `None` when its folder takes too long to build.
fn line(base: BaseKind, contacts: usize, bench: &Bench) -> anyhow::Result<Option<Line>> {
    let folder = bench.folder.join("scale");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let data = folder.join("data");
    let Some(built) = build(&data, base, contacts)? else {
        std::fs::remove_dir_all(&folder)?;
        return Ok(None);
    };
    let bytes = disk_bytes(&data);

    let graph = Stand::start(true)?;
    let port = port()?;
    let config = configure(&folder, port, &graph.address, base, "  send_timeout_seconds: 86400\n")?;
    let (server, start_after_kill_s) = timed(&folder, &config)?;
    let running = Running::of(server, format!("127.0.0.1:{port}"), &folder);
    // In every round others write, from all over: whom the server has not heard of since its start.
    let others = contacts > FEW;
    let writers = if others { (contacts / (bench.rounds + 1)).min(MESSAGES / 2) } else { contacts };
    let mut load = Load {
        address: String::new(),
        path: String::new(),
        connections: 64,
        contacts: writers,
        first_contact: 0,
        stride: contacts / writers,
        turn: TURNS,
        turns: MESSAGES / writers,
        run: "0000".into(),
    };
    let mut samples = Vec::new();
    for round in 0..bench.rounds {
        let what = format!("scale, {contacts} contacts, round {}", round + 1);
        samples.push(undisturbed(bench.anyway, &what, || {
            settle(&running.counted);
            let (watch, cpu) = (Watch::begin(&[]), cpu_of(&running.counted));
            let loaded = running.load(&load)?;
            let foreign = watch.foreign();
            settle(&running.counted);
            let cpu_us = (cpu_of(&running.counted) - cpu) * 1e6 / loaded.messages as f64;
            if others {
                load.first_contact += 1;
            } else {
                load.turn += load.turns;
            }
            Ok(((cpu_us, loaded), foreign))
        })?);
    }
    let (_, rss_mib) = memory_of(running.server.id());
    running.server.stop()?;
    let (server, start_s) = timed(&folder, &config)?;
    server.kill();
    std::fs::remove_dir_all(&folder)?;
    Ok(Some(Line {
        base: base.name(),
        contacts,
        cpu_us: Spread::of(samples.iter().map(|(cpu, _)| *cpu)),
        per_second: Spread::of(samples.iter().map(|(_, l)| l.messages as f64 / l.seconds)),
        p99_ms: Spread::of(samples.iter().map(|(_, l)| l.p99_ms)),
        rss_mib,
        start_s,
        start_after_kill_s,
        disk_bytes_per_message: bytes as f64 / (contacts * TURNS) as f64,
        built_per_second: (contacts * TURNS) as f64 / built,
    }))
}

/// Starts the server, and says after how many seconds it listens.
fn timed(folder: &Path, config: &Path) -> anyhow::Result<(Process, f64)> {
    let begun = Instant::now();
    let server = serve(folder, config)?;
    Ok((server, begun.elapsed().as_secs_f64()))
}

/// Builds the folder, and says how many seconds the messages took; `None` when it is more than [`LIMIT`].
fn build(data: &Path, base: BaseKind, contacts: usize) -> anyhow::Result<Option<f64>> {
    let mut command = own("build")?;
    command.arg("--data").arg(data);
    command.args(["--base", base.name()]);
    command.args(["--contacts", &contacts.to_string(), "--turns", &TURNS.to_string()]);
    let mut building = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let begun = Instant::now();
    while building.try_wait()?.is_none() {
        if begun.elapsed() > LIMIT {
            building.kill()?;
            building.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    let output = building.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // It ends by a signal when all went well.
    if output.status.code().is_some() {
        bail!("the folder of {contacts} contacts was not built");
    }
    text.trim().parse().map(Some).context("the folder was not built")
}

fn told(lines: &[Line], left_out: &str, bench: &Bench) -> Part {
    let mut table = String::from(
        "| base | contacts | CPU, µs a message | messages/s | p99, ms | memory, MiB | start, s | start after a kill, s | \
         disk, bytes a message | built, messages/s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for line in lines {
        table += &format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            line.base,
            shown(line.contacts as f64),
            line.cpu_us.shown(),
            line.per_second.shown(),
            line.p99_ms.shown(),
            shown(line.rss_mib),
            shown(line.start_s),
            shown(line.start_after_kill_s),
            shown(line.disk_bytes_per_message),
            shown(line.built_per_second)
        );
    }
    let mut part = Part::new("scale", table, lines);
    let of = |base: BaseKind, contacts| {
        lines.iter().find(|line| line.base == base.name() && line.contacts == contacts)
    };
    // Of the first base whose folder of a million was built.
    let both = |base| of(base, 10_000).zip(of(base, 1_000_000));
    if let Some((few, many)) = BaseKind::ALL.into_iter().find_map(both) {
        part.headline("cost_1m_vs_10k", many.cpu_us.median / few.cpu_us.median);
        part.headline("rss_mib_1m", many.rss_mib);
        part.headline("start_s_1m", many.start_s.max(many.start_after_kill_s));
        part.headline("disk_bytes_per_message", many.disk_bytes_per_message);
    }
    part.lead(format!(
        "Every contact has written {TURNS} messages and got {TURNS}, in one process that was then killed. After that \
         start come {} rounds of some {MESSAGES} messages over 64 connections, each of other contacts from all over (of \
         {FEW}, all write in each); memory is the most the server ever had resident. A message on the disk is one that came in, with what was answered.{left_out}",
        bench.rounds
    ));
    part
}
