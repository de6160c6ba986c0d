//! The running server, as the commands speak to it.

use clap::Args;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use std::path::PathBuf;

use super::token::{self, Access};

/// Which server.
#[derive(Args)]
pub struct Remote {
    /// The data folder of the running server, which holds its address and a token for this machine
    #[arg(long, global = true, env = "CAUCE_DATA", default_value = "data/demo")]
    data: PathBuf,
    /// The server's address, when it is another machine's
    #[arg(long, global = true, env = "CAUCE_URL", requires = "token")]
    url: Option<String>,
    /// A token of that server
    #[arg(long, global = true, env = "CAUCE_TOKEN", requires = "url", hide_env_values = true)]
    token: Option<String>,
}

impl Remote {
    /// How it is spoken to.
    pub fn server(self) -> anyhow::Result<Server> {
        let access = match (self.url, self.token) {
            (Some(url), Some(token)) => Access { url, token },
            _ => token::read(&self.data)?,
        };
        Ok(Server { http: Client::new(), access })
    }
}

/// A server with what it asks for.
pub struct Server {
    http: Client,
    access: Access,
}

impl Server {
    /// Whether it did what it was asked, and what it says.
    pub async fn ask(
        &self,
        request: impl Fn(&Client, &str) -> RequestBuilder,
    ) -> anyhow::Result<(bool, Value)> {
        let url = self.access.url.trim_end_matches('/');
        let answer =
            request(&self.http, url).bearer_auth(&self.access.token).send().await.map_err(|error| {
                anyhow::anyhow!("the server at {url} does not answer: {}", error.without_url())
            })?;
        Ok((answer.status().is_success(), answer.json().await.unwrap_or_default()))
    }
}
