//! `cauce resume`: says what becomes of what a restored installation had under way.

use std::path::PathBuf;

use cauce_store::{DataFolder, FolderError, Hold};
use clap::Args;
use serde_json::json;

use super::{say, token};
use crate::dto::{HoldView, ResumeView};

#[derive(Args)]
#[command(group(clap::ArgGroup::new("how").required(true)))]
pub struct Resume {
    /// It goes on: messages go out, timers come
    #[arg(long, group = "how")]
    send: bool,
    /// It is dropped: messages have failed, flows that waited for a time that is over are stopped
    #[arg(long, group = "how")]
    drop: bool,
    /// The data folder: of the running server, or of one that is not running
    #[arg(long, env = "CAUCE_DATA", default_value = "data/demo")]
    data: PathBuf,
    /// The server's address, when it is another machine's
    #[arg(long, env = "CAUCE_URL", requires = "token")]
    url: Option<String>,
    /// A token of that server
    #[arg(long, env = "CAUCE_TOKEN", requires = "url", hide_env_values = true)]
    token: Option<String>,
}

impl Resume {
    pub async fn run(self) -> anyhow::Result<()> {
        let how = if self.drop { ResumeView::Drop } else { ResumeView::Send };
        let access = match (self.url, self.token) {
            (Some(url), Some(token)) => token::Access { url, token },
            _ => match DataFolder::hold_of(&self.data)? {
                None => {
                    say(&format!(
                        "nothing waits: {} was not restored, or has been resumed",
                        self.data.display()
                    ));
                    return Ok(());
                }
                Some(_) => match DataFolder::open(&self.data, 1) {
                    // The server is running: it is told.
                    Err(FolderError::InUse(_)) => token::read(&self.data)?,
                    Err(error) => return Err(error.into()),
                    Ok(_alone) => {
                        let (hold, what) = match how {
                            ResumeView::Send => (None, "what it had under way goes on"),
                            ResumeView::Drop => (Some(Hold::Drop), "what it had under way is dropped"),
                        };
                        DataFolder::set_hold(&self.data, hold)?;
                        say(&format!("at the next start of {} {what}", self.data.display()));
                        return Ok(());
                    }
                },
            },
        };
        let url = access.url.trim_end_matches('/');
        let request = reqwest::Client::new().post(format!("{url}/api/hold")).bearer_auth(&access.token);
        let answer = request.json(&json!({ "resume": how })).send().await.map_err(|error| {
            anyhow::anyhow!("the server at {url} does not answer: {}", error.without_url())
        })?;
        if !answer.status().is_success() {
            let problem: serde_json::Value = answer.json().await.unwrap_or_default();
            anyhow::bail!(
                "the server did not do it: {}",
                problem["detail"].as_str().unwrap_or("it did not say why")
            );
        }
        let HoldView { calls, timers, .. } = answer.json().await?;
        let calls: Vec<String> = calls.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let what = if how == ResumeView::Send { "let go" } else { "dropped" };
        let calls =
            if calls.is_empty() { "no calls".to_owned() } else { format!("calls: {}", calls.join(", ")) };
        say(&format!("{what}: {calls}; {timers} overdue timers"));
        Ok(())
    }
}
