//! Stand-ins for Meta's Graph API: one that takes every message at once, one that never answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::routing::{get, post};
use axum::{Router, response::IntoResponse};
use clap::Args;
use tokio::net::TcpListener;

/// What only a read mark has in its body.
const READ: &[u8] = br#""status":"read""#;

#[derive(Debug, Clone, Args)]
pub struct Graph {
    /// Never answers: what is sent stays on its way.
    #[arg(long)]
    pub silent: bool,
}

impl Graph {
    /// Listens until the process is ended, and says where on the first line of its output.
    pub async fn run(&self) -> anyhow::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        crate::say(&listener.local_addr()?.to_string());
        if self.silent {
            let mut held = Vec::new();
            loop {
                held.push(listener.accept().await?);
            }
        }
        let taken = Taken { since: Instant::now(), at: Arc::default() };
        let count = |State(taken): State<Taken>| async move { taken.times().len().to_string() };
        let times = |State(taken): State<Taken>| async move {
            let times: Vec<String> = taken.times().iter().map(f64::to_string).collect();
            times.join("\n")
        };
        let router = Router::new()
            .route("/taken", get(count))
            .route("/arrivals", get(times))
            .fallback(post(take))
            .with_state(taken);
        Ok(axum::serve(listener, router).await?)
    }
}

/// When messages came, in seconds since the beginning.
#[derive(Clone)]
struct Taken {
    since: Instant,
    at: Arc<Mutex<Vec<f64>>>,
}

impl Taken {
    fn times(&self) -> MutexGuard<'_, Vec<f64>> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(State(taken): State<Taken>, body: Bytes) -> impl IntoResponse {
    let json = [(header::CONTENT_TYPE, "application/json")];
    // A customer's message marked as read is no message.
    if body.windows(READ.len()).any(|window| window == READ) {
        return (json, r#"{"success":true}"#.to_owned());
    }
    let number = {
        let mut times = taken.times();
        times.push(taken.since.elapsed().as_secs_f64());
        times.len()
    };
    let answer = format!(
        r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"1","wa_id":"1"}}],"messages":[{{"id":"wamid.BENCH{number:016}"}}]}}"#
    );
    (json, answer)
}
