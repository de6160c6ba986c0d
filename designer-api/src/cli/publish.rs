//! `cauce publish`: a flow goes live on the running server.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::{say, token};

#[derive(Args)]
pub struct Publish {
    /// The flow (YAML or JSON)
    file: PathBuf,
    /// The data folder of the running server, which holds its address and a token for this machine
    #[arg(long, env = "CAUCE_DATA", default_value = "data/demo")]
    data: PathBuf,
    /// The server's address, when it is another machine's
    #[arg(long, env = "CAUCE_URL", requires = "token")]
    url: Option<String>,
    /// A token of that server
    #[arg(long, env = "CAUCE_TOKEN", requires = "url", hide_env_values = true)]
    token: Option<String>,
}

impl Publish {
    pub async fn run(self) -> anyhow::Result<()> {
        let text = std::fs::read(&self.file)
            .map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", self.file.display()))?;
        let access = match (self.url, self.token) {
            (Some(url), Some(token)) => token::Access { url, token },
            _ => token::read(&self.data)?,
        };
        let answer = reqwest::Client::new()
            .post(format!("{}/api/flows", access.url.trim_end_matches('/')))
            .bearer_auth(&access.token)
            .header("content-type", "application/yaml")
            .body(text)
            .send()
            .await
            .map_err(|error| {
                anyhow::anyhow!("the server at {} does not answer: {}", access.url, error.without_url())
            })?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        for problem in body["problems"].as_array().into_iter().flatten() {
            let part = |key: &str| problem[key].as_str().unwrap_or_default();
            let place = match (problem["line"].as_u64(), problem["column"].as_u64()) {
                (Some(line), Some(column)) => format!(":{line}:{column}"),
                _ => String::new(),
            };
            let severity = if part("severity") == "error" { "error" } else { "aviso" };
            say(&format!(
                "{}{place}: {severity} [{}] {}",
                self.file.display(),
                part("code"),
                part("message")
            ));
            say(&format!("    {}", part("help")));
        }
        if !status.is_success() {
            anyhow::bail!("{} was not published: {} [{}]", self.file.display(), text("detail"), text("code"));
        }
        say(&format!("published {} as version {}", text("id"), text("version")));
        Ok(())
    }
}
