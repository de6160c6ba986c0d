//! Cauce seen from outside: a file each for `requests` (what every request is given and counted by),
//! `metrics` (Prometheus), `health` (alive, ready, and how it is), `space` (room on the disk), `logs`
//! (lines for people and for machines) and `traces` (OpenTelemetry).

pub mod health;
pub mod logs;
pub mod metrics;
pub mod requests;
pub mod space;
mod traces;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;

use crate::config::Config;
use metrics::Recent;
use requests::Requests;
use space::Space;

/// How often the disk is looked at, and what was measured is tidied up.
const EVERY: Duration = Duration::from_secs(1);

/// What an installation tells of itself.
pub struct Observer {
    /// The room on the disk.
    pub space: Space,
    metrics: &'static PrometheusHandle,
    metrics_token: Option<SecretString>,
    recent: Recent,
    requests: Requests,
    checked: tokio::sync::Mutex<health::Checked>,
}

impl Observer {
    /// Begins to watch, in a thread of its own that ends after the observer.
    ///
    /// # Errors
    /// When the token of the configuration is not there.
    pub fn start(config: &Config, data: &Path) -> anyhow::Result<Arc<Self>> {
        let observer = Arc::new(Self {
            space: Space::of_folder(data, config.disk),
            metrics: metrics::install(),
            metrics_token: config.metrics.token.as_ref().map(|token| token.reveal()).transpose()?,
            recent: Recent::default(),
            requests: Requests::default(),
            checked: tokio::sync::Mutex::default(),
        });
        observer.look();
        let watched = Arc::downgrade(&observer);
        std::thread::Builder::new().name("observer".into()).spawn(move || {
            loop {
                std::thread::sleep(EVERY);
                let Some(observer) = watched.upgrade() else { return };
                observer.look();
            }
        })?;
        Ok(observer)
    }

    fn look(&self) {
        self.space.look();
        self.metrics.run_upkeep();
        self.recent.note(|| metrics::Figures::read(&self.metrics.render()));
    }
}
