//! `cauce dead`: what could not be handled, on the running server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand};
use reqwest::{Client, Method};
use serde_json::Value;

use super::remote::{Remote, Server};
use super::say;

#[derive(Args)]
pub struct Dead {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum What {
    /// Print them, newest first: id, time, whose it was, why
    List,
    /// Print one whole: the event, and what came from outside
    Show {
        /// Its id
        id: String,
    },
    /// Have one handled as if it came now
    Replay {
        /// Its id
        id: String,
    },
    /// Remove one for good
    Drop {
        /// Its id
        id: String,
    },
}

impl Dead {
    pub async fn run(self) -> anyhow::Result<()> {
        let server = self.remote.server()?;
        match self.what {
            What::List => list(&server).await,
            What::Show { id } => show(&ask(&server, Method::GET, &format!("/{id}")).await?),
            What::Replay { id } => {
                let replayed = ask(&server, Method::POST, &format!("/{id}/replay")).await?;
                match replayed["cause"].as_str() {
                    None => say(&format!("replayed {id}")),
                    Some(cause) => anyhow::bail!("{id} could not be handled this time either: {cause}"),
                }
                Ok(())
            }
            What::Drop { id } => {
                ask(&server, Method::DELETE, &format!("/{id}")).await?;
                say(&format!("dropped {id}"));
                Ok(())
            }
        }
    }
}

/// Asks the server for something of the dead letters.
async fn ask(server: &Server, method: Method, path: &str) -> anyhow::Result<Value> {
    let request =
        |http: &Client, url: &str| http.request(method.clone(), format!("{url}/api/dead-letters{path}"));
    let (done, body) = server.ask(request).await?;
    if done {
        return Ok(body);
    }
    let detail = body["detail"].as_str().unwrap_or("the server did not say why");
    anyhow::bail!("{detail} [{}]", body["code"].as_str().unwrap_or("unknown"))
}

async fn list(server: &Server) -> anyhow::Result<()> {
    let mut before = String::new();
    loop {
        let page = ask(server, Method::GET, &format!("?limit=200{before}")).await?;
        for letter in page["letters"].as_array().into_iter().flatten() {
            let part = |key: &str| letter[key].as_str().unwrap_or_default();
            say(&format!("{}  {}  {}  {}", part("id"), part("at"), part("entity"), part("cause")));
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return Ok(()),
        }
    }
}

fn show(letter: &Value) -> anyhow::Result<()> {
    for key in ["id", "at", "entity", "cause"] {
        say(&format!("{key}: {}", letter[key].as_str().unwrap_or_default()));
    }
    match (&letter["event"], letter["event_base64"].as_str()) {
        (Value::Null, None) => say("event: not shown"),
        // No MessagePack, or of another version.
        (Value::Null, Some(bytes)) => say(&format!("event: {bytes} (base64)")),
        (event, _) => say(&format!("event: {}", serde_json::to_string_pretty(event)?)),
    }
    if let Some(base64) = letter["raw_base64"].as_str() {
        let raw = STANDARD.decode(base64)?;
        say(&format!("raw: {}", String::from_utf8(raw).unwrap_or_else(|_| format!("{base64} (base64)"))));
    }
    Ok(())
}
