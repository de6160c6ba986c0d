//! `cauce serve`: the server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cauce_access::{Role, User};
use cauce_runtime::SystemClock;
use clap::Args;
use rand::distr::{Alphanumeric, SampleString};

use super::{say, token};
use crate::api::start_session;
use crate::app::App;
use crate::config::Config;
use crate::directory;
use crate::observe::logs::{self, LogFormat};
use crate::server;

/// The administrator that the first start creates.
const ADMIN_EMAIL: &str = "admin@cauce.local";
/// How long the password is that the first start makes up.
const PASSWORD_LENGTH: usize = 16;

#[derive(Args)]
pub struct Serve {
    /// The configuration file (YAML)
    #[arg(long, default_value = "cauce.yaml")]
    config: PathBuf,
}

impl Serve {
    pub async fn run(self, format: Option<LogFormat>) -> anyhow::Result<()> {
        let config = Config::read(&self.config)?;
        let logs = logs::start(format.unwrap_or(config.log.format), config.traces.as_ref())?;
        let served = serve(&config).await;
        logs.finish().await;
        served
    }
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    let end = server::end_signal()?;
    let listener = server::listen(config.listen).await?;
    let app = App::open(config, &config.data, Arc::new(SystemClock)).await?;
    if !app.has_users().await? {
        let password = Alphanumeric.sample_string(&mut rand::rng(), PASSWORD_LENGTH);
        app.add_user("admin".parse()?, ADMIN_EMAIL, "Administrador", Role::Admin, &password).await?;
        say(&format!("the first start created the administrator {ADMIN_EMAIL} with the password {password}"));
    }
    let url = format!("http://{}", listener.local_addr()?);
    let admin = directory::user_by_email(app.store(), app.workspace_id(), ADMIN_EMAIL).await?;
    if let Some(admin) = admin {
        hand_over_token(&app, admin, &url, &config.data).await?;
    }
    if let Some(held) = app.hold.sentence(&app.runtime) {
        say(&held);
    }
    say(&format!("cauce listens on {url}"));
    server::serve(app, listener, end).await
}

/// How often the command line gets a new session: well before one ends for want of use.
const TOKEN_EVERY: std::time::Duration = std::time::Duration::from_secs(6 * 3600);

/// Gives the command line of this machine a session of its own, and a new one from time to time.
pub async fn hand_over_token(app: &Arc<App>, user: User, url: &str, data: &Path) -> anyhow::Result<()> {
    write_token(app, &user, url, data).await?;
    let (app, url, data) = (Arc::downgrade(app), url.to_owned(), data.to_owned());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TOKEN_EVERY).await;
            let Some(app) = app.upgrade() else { return };
            if let Err(error) = write_token(&app, &user, &url, &data).await {
                tracing::warn!(%error, "the command line's token was not renewed");
            }
        }
    });
    Ok(())
}

async fn write_token(app: &App, user: &User, url: &str, data: &Path) -> anyhow::Result<()> {
    let (session, _) = start_session(app, user).await.map_err(|problem| anyhow::anyhow!(problem.detail))?;
    token::write(data, &token::Access { url: url.to_owned(), token: session.reveal().to_owned() })
}
