//! The running emulator: one state behind one lock, and the only way to change it.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use reqwest::redirect;
use tokio::sync::broadcast;

use crate::{
    config::Config,
    faults::Faults,
    ids::{self, Side},
    line::Breaker,
    links,
    media::{File, Files, Media},
    payload,
    persist::{DataError, Journal},
    rate::Rate,
    state::{Fact, State},
    statuses, webhook,
};

/// The time Meta waits for the answer to a webhook.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Everything one process holds.
pub struct Emulator {
    /// What it was told at its start.
    pub config: Config,
    /// The client that posts webhooks.
    pub http: reqwest::Client,
    /// The client that fetches what messages link to.
    pub links: reqwest::Client,
    /// Breaks the line to the business.
    pub breaker: Breaker,
    /// `http://` and the address it is reached at, for the web addresses that webhooks carry.
    pub origin: String,
    changes: broadcast::Sender<Change>,
    core: Mutex<Core>,
}

/// What stands behind the lock.
pub struct Core {
    /// What is remembered.
    pub state: State,
    /// Faults still to happen. They do not survive a restart.
    pub faults: Faults,
    /// The bytes of files.
    pub files: Files,
    /// How fast the business sends.
    pub rate: Rate,
    /// Goes up at every reset; work that began in an earlier epoch ends.
    pub epoch: u64,
    journal: Journal,
    /// Customers whose queue of webhooks has a worker.
    busy: HashSet<String>,
}

/// What the phone page is told to read again.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// One conversation.
    Customer(String),
    /// The list of customers, and all conversations.
    Customers,
}

impl Emulator {
    /// Opens the data folder and takes up the work that was left: waiting webhooks and statuses.
    ///
    /// # Errors
    /// When the data folder cannot be used.
    pub fn open(config: Config, mut address: SocketAddr, breaker: Breaker) -> Result<Arc<Self>, DataError> {
        let (journal, state, files) = match &config.data {
            Some(folder) => {
                let (journal, state) = Journal::open(folder)?;
                let path = folder.join("media");
                let files = Files::open(path.clone(), |id| state.media.contains_key(id))
                    .map_err(|source| DataError::Unusable { path, source })?;
                (journal, state, files)
            }
            None => (Journal::nowhere(), State::default(), Files::in_memory()),
        };
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        // The receiver is called directly, as Meta would: no proxy, and a redirect is not a 200.
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(WEBHOOK_TIMEOUT)
            .user_agent("facebookexternalua")
            .build()
            .expect("a client with these settings can be built");
        let waiting: Vec<String> = state
            .customers
            .iter()
            .filter(|(_, customer)| !customer.queue.is_empty())
            .map(|(id, _)| id.clone())
            .collect();
        let moving: Vec<String> = state
            .messages
            .iter()
            .filter(|(_, message)| message.next_status().is_some())
            .map(|(id, _)| id.clone())
            .collect();
        let busy = waiting.iter().cloned().collect();
        let (faults, rate) = (Faults::default(), Rate::default());
        let core = Core { state, faults, files, rate, epoch: 0, journal, busy };
        let emulator = Arc::new(Self {
            config,
            http,
            links: links::client(),
            breaker,
            origin: format!("http://{address}"),
            changes: broadcast::Sender::new(1024),
            core: Mutex::new(core),
        });
        for wa_id in waiting {
            tokio::spawn(webhook::empty_queue(emulator.clone(), 0, wa_id));
        }
        for wamid in moving {
            tokio::spawn(statuses::advance(emulator.clone(), 0, wamid));
        }
        Ok(emulator)
    }

    /// Waits for the lock. It is never held over an await.
    pub fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lock, unless there was a reset after `epoch`.
    pub fn lock_in(&self, epoch: u64) -> Option<MutexGuard<'_, Core>> {
        let core = self.lock();
        (core.epoch == epoch).then_some(core)
    }

    /// Makes the facts durable together, lets them happen, tells the phone, and starts to deliver webhooks.
    ///
    /// # Errors
    /// When they could not be written; then none of them happened.
    pub fn commit(self: &Arc<Self>, core: &mut Core, facts: Vec<Fact>) -> io::Result<()> {
        core.journal.append(&facts)?;
        for fact in facts {
            let change = change(&core.state, &fact);
            let queue = match &fact {
                Fact::Queued { wa_id, .. } => Some(wa_id.clone()),
                _ => None,
            };
            core.state.apply(fact);
            if let Some(wa_id) = queue
                && core.busy.insert(wa_id.clone())
            {
                tokio::spawn(webhook::empty_queue(self.clone(), core.epoch, wa_id));
            }
            if let Some(change) = change {
                self.announce(change);
            }
        }
        Ok(())
    }

    /// Keeps a file for `days` days under a fresh media id.
    ///
    /// # Errors
    /// When it could not be written; then there is no such file.
    pub fn keep(self: &Arc<Self>, core: &mut Core, file: File, days: i64) -> io::Result<String> {
        let now = core.now();
        let id = ids::media_id(&core.state.media_made.to_string(), now);
        let File { mime, name, sha256, bytes } = file;
        let size = bytes.len() as u64;
        core.files.write(&id, bytes)?;
        let expires_at = now.saturating_add(days * DAY_MS);
        let media = Media { mime, name, sha256, size, expires_at, deleted: false };
        self.commit(core, vec![Fact::Kept { id: id.clone(), media }])?;
        Ok(id)
    }

    /// Tells the phone page, if one listens.
    pub fn announce(&self, change: Change) {
        // An error only says that nobody listens.
        let _ = self.changes.send(change);
    }

    /// Changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }
}

impl Core {
    /// Milliseconds since 1970 by the emulator's own clock.
    pub fn now(&self) -> i64 {
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(machine.as_millis()).unwrap_or(i64::MAX).saturating_add(self.state.clock_ahead_ms)
    }

    /// A fresh message id.
    pub fn wamid(&self, side: Side, wa_id: &str) -> String {
        ids::wamid(side, wa_id, self.state.messages_made, self.now())
    }

    /// The fact that a webhook joins the customer's queue, `copies` times or twice by a fault.
    pub fn queued(&mut self, webhook: payload::Webhook, copies: u32, parallel: bool) -> Fact {
        let twice = self.faults.take_duplicate(&webhook.wa_id);
        let (copies, parallel) = if twice { (copies.max(2), true) } else { (copies, parallel) };
        let at = self.now();
        let payload::Webhook { wa_id, kind, subject, body } = webhook;
        Fact::Queued { wa_id, kind, subject, at, body, copies, parallel }
    }

    /// The customer's queue is empty and its worker ends.
    pub fn rest(&mut self, wa_id: &str) {
        self.busy.remove(wa_id);
    }

    /// After a reset: no fault, no file, no worker of the past.
    ///
    /// # Errors
    /// When a file could not be removed. All else is done, and the next start removes it.
    pub fn begin_epoch(&mut self) -> io::Result<()> {
        self.epoch += 1;
        self.busy.clear();
        self.faults.clear();
        self.rate = Rate::default();
        self.files.clear()
    }
}

/// What `fact` changes for who looks at the phone or waits for webhooks to be taken; asked before it is applied.
fn change(state: &State, fact: &Fact) -> Option<Change> {
    let of_message =
        |id: &String| state.messages.get(id).map(|message| Change::Customer(message.wa_id.clone()));
    match fact {
        Fact::Customer { .. } | Fact::ClockMoved { .. } | Fact::Reset => Some(Change::Customers),
        Fact::Wrote { wa_id, .. }
        | Fact::Accepted { wa_id, .. }
        | Fact::Opened { wa_id }
        | Fact::Typing { wa_id, .. } => Some(Change::Customer(wa_id.clone())),
        Fact::Reached { id, .. }
        | Fact::MarkedRead { id }
        | Fact::Fetched { id, .. }
        | Fact::NotFetched { id, .. } => of_message(id),
        Fact::Tried { webhook, .. } | Fact::Taken { webhook } => {
            state.webhooks.get(webhook).map(|webhook| Change::Customer(webhook.wa_id.clone()))
        }
        Fact::Queued { .. } | Fact::Kept { .. } | Fact::Deleted { .. } => None,
    }
}
