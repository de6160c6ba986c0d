//! The load: a process of its own that writes webhooks over connections that stay open, one at a time on
//! each, and measures how long the answers take. All requests are made and signed before the clock starts.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::messages;

/// Who writes how much to whom.
#[derive(Debug, Clone, Args)]
pub struct Load {
    /// Where to.
    #[arg(long)]
    pub address: String,
    /// The path of the webhook.
    #[arg(long, default_value = "/webhooks/whatsapp")]
    pub path: String,
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// How many contacts take part.
    #[arg(long)]
    pub contacts: usize,
    /// The number of the first of them.
    #[arg(long, default_value_t = 0)]
    pub first_contact: usize,
    /// Between one contact that takes part and the next.
    #[arg(long, default_value_t = 1)]
    pub stride: usize,
    /// Which turn is their next.
    #[arg(long, default_value_t = 0)]
    pub turn: usize,
    /// How many turns each takes.
    #[arg(long, default_value_t = 1)]
    pub turns: usize,
    /// Part of every message's id: four letters or digits.
    #[arg(long, default_value = "0000")]
    pub run: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Loaded {
    pub messages: usize,
    /// How long the requests took to be made and signed, before the clock started.
    pub preparing: f64,
    pub seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Load {
    /// Writes it all.
    ///
    /// # Errors
    /// When any answer is not 200: what is counted then would be something else.
    pub async fn run(&self) -> anyhow::Result<Loaded> {
        let begun = Instant::now();
        let now = messages::now();
        // A contact's messages go over one connection, so that they come in their order.
        let mut work: Vec<Vec<Vec<u8>>> = vec![Vec::new(); self.connections];
        for turn in self.turn..self.turn + self.turns {
            for index in 0..self.contacts {
                // Spread over all of them, not in the order in which they first wrote: 7919 is a prime.
                let scattered =
                    if self.contacts.is_multiple_of(7919) { index } else { index * 7919 % self.contacts };
                let contact = self.first_contact + scattered * self.stride;
                let body = messages::body(contact, turn, &self.run, now);
                work[scattered % self.connections].push(messages::request(&self.path, &body));
            }
        }
        let mut connections = Vec::new();
        for requests in work {
            let stream = TcpStream::connect(&self.address).await.context("the server does not answer")?;
            stream.set_nodelay(true)?;
            connections.push((stream, requests));
        }
        let preparing = begun.elapsed().as_secs_f64();
        let start = Instant::now();
        let tasks: Vec<_> =
            connections.into_iter().map(|(stream, requests)| tokio::spawn(write(stream, requests))).collect();
        let mut took = Vec::with_capacity(self.contacts * self.turns);
        for task in tasks {
            took.extend(task.await??);
        }
        let seconds = start.elapsed().as_secs_f64();
        took.sort_unstable();
        let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0;
        let messages = took.len();
        Ok(Loaded { messages, preparing, seconds, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1.0) })
    }
}

async fn write(mut stream: TcpStream, requests: Vec<Vec<u8>>) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(requests.len());
    let mut buffer = vec![0; 16 * 1024];
    for request in requests {
        let start = Instant::now();
        stream.write_all(&request).await?;
        let mut filled = 0;
        while !complete(&buffer[..filled])? {
            match stream.read(&mut buffer[filled..]).await? {
                0 => bail!("the server closed the connection"),
                read => filled += read,
            }
        }
        took.push(start.elapsed());
        if !buffer.starts_with(b"HTTP/1.1 200") {
            bail!("the server answered {}", String::from_utf8_lossy(&buffer[..filled]));
        }
    }
    Ok(took)
}

/// Whether an answer is here whole.
fn complete(answer: &[u8]) -> anyhow::Result<bool> {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return Ok(false) };
    let text = std::str::from_utf8(&answer[..head])?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let length = length.context("an answer without its length")??;
    Ok(answer.len() >= head + 4 + length)
}
