//! `cauce publish`: a flow goes live on the running server, with the files that stand beside it.

use std::path::{Path, PathBuf};

use axum::body::Bytes;
use cauce_flows::Program;
use clap::Args;
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

use super::remote::{Remote, Server};
use super::{beside, say, test};

#[derive(Args)]
pub struct Publish {
    /// The flow (YAML or JSON)
    file: PathBuf,
    /// Play the scenarios beside it first, and publish only when all are as expected
    #[arg(long)]
    tests: bool,
    #[command(flatten)]
    remote: Remote,
}

impl Publish {
    pub async fn run(self) -> anyhow::Result<()> {
        let document = std::fs::read_to_string(&self.file)
            .map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", self.file.display()))?;
        if self.tests && !test::passes(&self.file) {
            anyhow::bail!("{} was not published: its scenarios do not pass", self.file.display());
        }
        let server = self.remote.server()?;
        let mut files = Map::new();
        // A flow that cannot be read is explained by the server.
        if let Ok(program) = Program::read(&document, &cauce_nodes::catalogue()) {
            for (path, place) in beside::found(&self.file, &program) {
                files.insert(path, upload(&server, &place).await?.into());
            }
        }
        let submission = json!({ "document": document, "files": files });
        let (published, body) =
            server.ask(|http, url| http.post(format!("{url}/api/flows")).json(&submission)).await?;
        for problem in body["problems"].as_array().into_iter().flatten() {
            tell(&self.file, problem);
        }
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        if !published {
            anyhow::bail!("{} was not published: {} [{}]", self.file.display(), text("detail"), text("code"));
        }
        say(&format!("published {} as version {}", text("id"), text("version")));
        Ok(())
    }
}

/// Hands over a file, and gives its id.
async fn upload(server: &Server, place: &Path) -> anyhow::Result<String> {
    let cannot = |error| anyhow::anyhow!("{} cannot be read: {error}", place.display());
    let bytes = Bytes::from(std::fs::read(place).map_err(cannot)?);
    let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let upload = |http: &Client, url: &str| {
        let part = Part::stream_with_length(bytes.clone(), bytes.len() as u64).file_name(name.clone());
        http.post(format!("{url}/api/files")).multipart(Form::new().part("file", part))
    };
    let (kept, body) = server.ask(upload).await?;
    match body["id"].as_str() {
        Some(id) if kept => Ok(id.to_owned()),
        _ => {
            let detail = body["detail"].as_str().unwrap_or("the server did not say why");
            anyhow::bail!("{} was not taken: {detail}", place.display())
        }
    }
}

/// Prints a problem as `cauce check` does.
fn tell(file: &Path, problem: &Value) {
    let part = |key: &str| problem[key].as_str().unwrap_or_default();
    let place = match (problem["line"].as_u64(), problem["column"].as_u64()) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    let severity = if part("severity") == "error" { "error" } else { "aviso" };
    say(&format!("{}{place}: {severity} [{}] {}", file.display(), part("code"), part("message")));
    say(&format!("    {}", part("help")));
}
