//! What contacts decided is carried out here, in the outside world: a file each for sending (`send`),
//! fetching what customers sent (`fetch`), asking servers (`http`), and showing that somebody reads and
//! writes (`show`). `people` and `audience` look inside, for migrations and for flows that begin by themselves.

pub mod audience;
pub mod fetch;
pub mod http;
pub mod people;
pub mod send;
pub mod show;

use std::collections::HashMap;
use std::sync::Arc;

use cauce_conversation::{FETCH_MEDIA, HTTP, SEND, SHOW};
use cauce_model::Duration;
use cauce_runtime::{Clock, Executor};
use cauce_store::Files;
use cauce_whatsapp::{AccountCredentials, Graph};

use crate::config::Config;
use fetch::Fetcher;
use http::Outgoing;
use send::{Limits, Sender};
use show::Shower;

/// Who carries out calls, by their kind.
pub type Executors = HashMap<&'static str, Arc<dyn Executor>>;

/// The connected number, as the executors use it.
#[derive(Clone)]
pub struct Number {
    /// The API.
    pub graph: Graph,
    /// What it asks for.
    pub credentials: AccountCredentials,
}

impl Number {
    /// The number of the configuration.
    ///
    /// # Errors
    /// When its address is none, or its token is not there.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let whatsapp = &config.whatsapp;
        let timeout = std::time::Duration::from_secs(whatsapp.send_timeout_seconds.into());
        let graph = Graph::new(&whatsapp.graph, &whatsapp.graph_version, timeout)?;
        let credentials = AccountCredentials {
            phone_number_id: whatsapp.phone_number_id.clone(),
            token: whatsapp.token.reveal()?,
        };
        Ok(Self { graph, credentials })
    }
}

/// Those that a configuration asks for, and of them the one that shows presence and the one that sends.
///
/// # Errors
/// What is wrong with the configuration.
pub fn of(
    config: &Config,
    files: &Files,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Executors, Shower, Sender)> {
    let number = Number::of(config)?;
    let shower = Shower::new(number.clone());
    let limits = Limits {
        per_second: config.whatsapp.messages_per_second,
        per_customer: Duration::seconds(config.whatsapp.seconds_per_contact.into()),
    };
    let sender = Sender::new(number.clone(), limits, files.clone(), clock);
    let executors: [(&'static str, Arc<dyn Executor>); 4] = [
        (SEND, Arc::new(sender.clone())),
        (FETCH_MEDIA, Arc::new(Fetcher::new(number, files.clone()))),
        (HTTP, Arc::new(Outgoing::of(config)?)),
        (SHOW, Arc::new(shower.clone())),
    ];
    Ok((executors.into_iter().collect(), shower, sender))
}
