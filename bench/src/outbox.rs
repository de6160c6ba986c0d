//! The outbox: more messages than the number may send, and how close to its limit they leave.

use cauce_store::BaseKind;
use serde::Serialize;

use crate::load::Load;
use crate::numbers::shown;
use crate::report::Part;
use crate::systems::{Running, Stand, configure, port, publish, serve};
use crate::{Bench, note};

#[derive(Debug, Serialize)]
struct Line {
    limit: usize,
    messages: usize,
    most_in_a_second: usize,
    mean_per_second: f64,
}

/// Measures.
pub fn run(bench: &Bench) -> anyhow::Result<Part> {
    let seconds = if bench.quick { 6 } else { 30 };
    let mut lines = Vec::new();
    for limit in [80, 1000] {
        note(&format!("outbox, {limit} messages a second"));
        lines.push(line(limit, limit * seconds, bench)?);
    }
    let mut table = String::from(
        "| limit, messages/s | messages | most in any second | mean, messages/s |\n|--:|--:|--:|--:|\n",
    );
    for line in &lines {
        table += &format!(
            "| {} | {} | {} | {} |\n",
            shown(line.limit as f64),
            shown(line.messages as f64),
            shown(line.most_in_a_second as f64),
            shown(line.mean_per_second)
        );
    }
    let mut part = Part::new("outbox", table, &lines);
    part.lead(
        "So many contacts are to be answered at once, each once; a stand-in for Meta notes when each message comes. \
         The most is over every stretch of a second, wherever it begins."
            .into(),
    );
    Ok(part)
}

fn line(limit: usize, messages: usize, bench: &Bench) -> anyhow::Result<Line> {
    let folder = bench.folder.join("outbox");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let graph = Stand::start(false)?;
    let port = port()?;
    let whatsapp = format!("  messages_per_second: {limit}\n");
    let config = configure(&folder, port, &graph.address, BaseKind::default(), &whatsapp)?;
    let server = serve(&folder, &config)?;
    publish(&folder)?;
    let mut running = Running::of(server, format!("127.0.0.1:{port}"), &folder);
    running.graph = Some(graph);
    running.load(&Load {
        address: String::new(),
        path: String::new(),
        connections: 64,
        contacts: messages,
        first_contact: 0,
        stride: 1,
        turn: 0,
        turns: 1,
        run: "0000".into(),
    })?;
    running.sent(messages as u64)?;
    let arrivals = running.graph.as_ref().map(Stand::arrivals).transpose()?.unwrap_or_default();
    running.end()?;
    let mut most = 0;
    let mut first = 0;
    for (index, at) in arrivals.iter().enumerate() {
        while at - arrivals[first] >= 1.0 {
            first += 1;
        }
        most = most.max(index - first + 1);
    }
    let span = arrivals.last().zip(arrivals.first()).map_or(f64::NAN, |(last, first)| last - first);
    let mean_per_second = arrivals.len().saturating_sub(1) as f64 / span;
    Ok(Line { limit, messages: arrivals.len(), most_in_a_second: most, mean_per_second })
}
