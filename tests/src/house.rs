//! The whole house in one process: Cauce over its disk store in a folder of its own, served on a real
//! port, with a clock that the test moves and a [`Graph`] that does what the test says.
//!
//! `graph` is the world that takes messages, `media` the files that Meta holds, `outside` the servers that
//! flows call, `disk` what it writes to, `customer` who writes, `agent` who answers, `webhook` how Meta
//! writes it down.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod agent;
mod customer;
mod disk;
mod graph;
mod media;
mod outside;
mod webhook;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;

use cauce_access::Role;
use cauce_conversation::{HTTP, JournalEntry, desk_entity, history};
use cauce_designer_api::app::App;
use cauce_designer_api::config::Config;
use cauce_flows::Program;
use cauce_model::{Assignee, CaseId, ContactId, DeskEvent, Duration, Slot, Timestamp};
use cauce_runtime::{Clock, DeadLetter, EntityAddress, ManualClock};
use cauce_store::{Key, KeyRange, PostgresStore, Table, rows};
use futures_util::{FutureExt, StreamExt};
use serde_json::Value;

pub use agent::{Agent, Answer, Events, LiveEvent};
pub use customer::Customer;
use disk::{Disk, database, embedded};
pub use graph::{Graph, Order, Reaction};
pub use media::{Media, MediaState};
pub use outside::{Outside, Says, Try};
pub use webhook::{APP_SECRET, PHONE_NUMBER_ID, VERIFY_TOKEN, body_of, signature};

/// When every test begins: 2026-03-02T15:00:00Z.
pub const BEGINNING: Timestamp = Timestamp(1_772_463_600_000);
/// How many partitions a house has.
pub const PARTITIONS: u16 = 4;
/// How long the outcome of an uncertain send is waited for.
pub const HOLD: Duration = Duration::seconds(60);
/// How long timers that came due while the house was closed wait.
pub const GRACE: Duration = Duration::seconds(90);
/// The demo journey.
pub const WELCOME: &str = include_str!("../../examples/bienvenida.yaml");

/// What the house holds under the name `crm` for flows; it goes to 127.0.0.1 only.
pub const CRM_SECRET: &str = "secreto-del-crm";
/// The business portfolio.
const PORTFOLIO: &str = "1000";
/// No wait is longer: a test that gets here has failed.
const PATIENCE: StdDuration = StdDuration::from_secs(30);

/// A running house. Clones are the same house.
#[derive(Clone)]
pub struct House(Arc<Inner>);

struct Inner {
    folder: tempfile::TempDir,
    /// The address of the database in which the rows stay, when not in the folder.
    database: Option<String>,
    clock: ManualClock,
    graph: Graph,
    media: Media,
    outside: Outside,
    /// Whether flows really call servers.
    online: bool,
    disk_broken: Arc<AtomicBool>,
    http: reqwest::Client,
    running: Mutex<Option<Running>>,
    serial: AtomicU64,
    known: Mutex<HashSet<String>>,
    screen: Mutex<Option<Agent>>,
}

/// What lives between an opening and a closing, on threads of its own so that it can be ended at once.
struct Running {
    threads: tokio::runtime::Runtime,
    app: Arc<App>,
    base: String,
}

impl House {
    /// A new house with no flow.
    pub async fn open() -> Self {
        Self::built(false, tempfile::tempdir().unwrap(), BEGINNING).await
    }

    /// A house over a copy of this data folder, at this moment; these people are hired already.
    pub async fn over(data: &Path, at: Timestamp, hired: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::process::copy(data, folder.path()).unwrap();
        let house = Self::built(false, folder, at).await;
        house.0.serial.store(500_000, Ordering::SeqCst);
        house.0.known.lock().unwrap().extend(hired.iter().map(|&name| name.to_owned()));
        house
    }

    /// A new house that walks this flow and really calls servers: those at 127.0.0.1 and 127.0.0.3.
    pub async fn online(flow: &str) -> Self {
        let house = Self::built(true, tempfile::tempdir().unwrap(), BEGINNING).await;
        house.publish(flow).await;
        house
    }

    async fn built(online: bool, folder: tempfile::TempDir, at: Timestamp) -> Self {
        let clock = ManualClock::new(at);
        let house = Self(Arc::new(Inner {
            database: database(folder.path()).await,
            folder,
            graph: Graph::new(clock.clone()),
            media: Media::start().await,
            outside: Outside::new(clock.clone()),
            online,
            clock,
            disk_broken: Arc::default(),
            http: reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap(),
            running: Mutex::default(),
            serial: AtomicU64::new(1),
            known: Mutex::default(),
            screen: Mutex::default(),
        }));
        house.start().await;
        house
    }

    /// A new house that walks this flow.
    pub async fn with(flow: &str) -> Self {
        let house = Self::open().await;
        house.publish(flow).await;
        house
    }

    async fn start(&self) {
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = self.0.folder.path().to_owned();
        let config = config(&self.0.media.base);
        let clock = self.0.clock.clone();
        let mut instead = self.0.graph.executors();
        if !self.0.online {
            instead.insert(HTTP, Arc::new(self.0.outside.clone()));
        }
        self.0.disk_broken.store(false, Ordering::SeqCst);
        let broken = self.0.disk_broken.clone();
        let database = self.0.database.clone();
        let opened = threads.spawn(async move {
            let store = match database {
                Some(address) => Arc::new(PostgresStore::connect(&address, PARTITIONS).await.unwrap()),
                None => embedded(&folder).await,
            };
            let store = Arc::new(Disk { store, broken });
            let app =
                App::start(&config, &folder, store, PARTITIONS, Arc::new(clock), instead).await.unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let router = cauce_designer_api::router(app.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
            (app, base)
        });
        let (app, base) = within("the house opens", opened).await.unwrap();
        *self.0.running.lock().unwrap() = Some(Running { threads, app, base });
    }

    /// Closes the house in order.
    pub async fn close(&self) {
        let app = self.app();
        let stop = self.on_its_threads(async move { app.runtime.stop().await });
        within("the house closes", stop).await;
        self.end().await;
    }

    /// Closes it in order and opens it again, on the same folder and the same clock.
    pub async fn restart(&self) {
        self.close().await;
        self.start().await;
    }

    /// Opens it after [`Self::close`] or [`Self::crash`].
    pub async fn reopen(&self) {
        self.start().await;
    }

    /// Ends it where it stands, as if the process had died. What was acknowledged is on the disk.
    pub async fn crash(&self) {
        self.end().await;
    }

    async fn end(&self) {
        let running = self.0.running.lock().unwrap().take().unwrap();
        let ended = tokio::task::spawn_blocking(move || {
            let Running { threads, app, .. } = running;
            threads.shutdown_timeout(PATIENCE);
            drop(app);
        });
        within("the house ends", ended).await.unwrap();
    }

    /// From now on no commit succeeds, until the house is opened again.
    pub fn break_disk(&self) {
        self.0.disk_broken.store(true, Ordering::SeqCst);
    }

    /// Runs something where the house lives.
    async fn on_its_threads<T: Send + 'static>(&self, what: impl Future<Output = T> + Send + 'static) -> T {
        let task = self.0.running.lock().unwrap().as_ref().unwrap().threads.spawn(what);
        task.await.unwrap()
    }

    /// The house from inside.
    pub fn app(&self) -> Arc<App> {
        self.0.running.lock().unwrap().as_ref().expect("the house is open").app.clone()
    }

    /// Where it listens: `http://127.0.0.1:…`.
    pub fn base(&self) -> String {
        self.0.running.lock().unwrap().as_ref().expect("the house is open").base.clone()
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }

    /// A client for it.
    pub fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// The world that takes its messages.
    pub fn graph(&self) -> &Graph {
        &self.0.graph
    }

    /// The files that Meta holds.
    pub fn media(&self) -> &Media {
        &self.0.media
    }

    /// The servers that flows call.
    pub fn outside(&self) -> &Outside {
        &self.0.outside
    }

    /// Now, by its clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Moves its clock forward. Nothing that came due has happened yet when this returns.
    pub fn advance(&self, span: Duration) {
        self.0.clock.advance(span);
    }

    /// A number that this house has not given before.
    pub fn serial(&self) -> u64 {
        self.0.serial.fetch_add(1, Ordering::SeqCst)
    }

    /// Somebody with a phone, who has not written yet.
    pub fn customer(&self, name: &str) -> Customer {
        Customer::new(self.clone(), format!("51999{:06}", self.serial()), name)
    }

    /// Somebody with this phone.
    pub fn customer_at(&self, phone: &str, name: &str) -> Customer {
        Customer::new(self.clone(), phone.to_owned(), name)
    }

    /// An agent of this name, logged in; hired first when the house does not know them.
    pub async fn login(&self, name: &str) -> Agent {
        let new = self.0.known.lock().unwrap().insert(name.to_owned());
        if new {
            assert!(self.hire(name, Role::Agent).await, "{name} was there already");
        }
        Agent::login(self, name).await
    }

    /// The same with an administrator.
    pub async fn administrator(&self, name: &str) -> Agent {
        let new = self.0.known.lock().unwrap().insert(name.to_owned());
        if new {
            assert!(self.hire(name, Role::Admin).await, "{name} was there already");
        }
        Agent::login(self, name).await
    }

    /// Adds a user: the id is the name in lower case. The password is [`Agent::password`].
    pub async fn hire(&self, name: &str, role: Role) -> bool {
        let app = self.app();
        let id = name.to_lowercase().parse().unwrap();
        app.add_user(id, &Agent::email(name), name, role, &Agent::password(name)).await.unwrap()
    }

    /// An administrator through whom the test reads and publishes.
    pub async fn screen(&self) -> Agent {
        const NAME: &str = "Pantalla";
        let known = self.0.screen.lock().unwrap().clone();
        if let Some(agent) = known
            && agent.get("/api/me").await.status == 200
        {
            return agent;
        }
        if self.0.known.lock().unwrap().insert(NAME.to_owned()) {
            assert!(self.hire(NAME, Role::Admin).await);
        }
        let agent = Agent::login(self, NAME).await;
        *self.0.screen.lock().unwrap() = Some(agent.clone());
        agent
    }

    /// Publishes a flow with the files of the examples that it sends, and gives its version.
    pub async fn publish(&self, flow: &str) -> String {
        let screen = self.screen().await;
        let examples = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"));
        let program = Program::read(flow, &cauce_nodes::catalogue());
        let mut files = serde_json::Map::new();
        for path in program.iter().flat_map(|program| program.needs().into_keys()) {
            if let Ok(bytes) = std::fs::read(examples.join(&path)) {
                files.insert(path.clone(), screen.upload(&path, &bytes).await.body["id"].clone());
            }
        }
        let answer = screen.publish_with(flow, files.into()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["version"].as_str().unwrap().to_owned()
    }

    /// Posts what Meta would, signed, and gives the answer's status.
    pub async fn webhook(&self, body: &Value) -> u16 {
        let bytes = body.to_string().into_bytes();
        let signed = signature(&bytes);
        self.webhook_bytes(bytes, Some(&signed)).await.status
    }

    /// Posts anything to Meta's door.
    pub async fn webhook_bytes(&self, body: impl Into<reqwest::Body>, signature: Option<&str>) -> Answer {
        let mut request = self.http().post(format!("{}/webhooks/whatsapp", self.base())).body(body);
        if let Some(signature) = signature {
            request = request.header("X-Hub-Signature-256", signature);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// Waits until `look` finds what it looks for; it is asked again after every change. What it says
    /// meanwhile is told when it never does.
    pub async fn until<T>(&self, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
        let app = self.app();
        let mut news = Box::pin(app.runtime.follow(app.runtime.cursor()));
        let mut seen = String::new();
        let found = async {
            loop {
                match look().await {
                    Ok(found) => return found,
                    Err(other) => seen = other,
                }
                news.next().await.expect("the house is open").expect("the feed can be read");
            }
        };
        if let Ok(found) = tokio::time::timeout(PATIENCE, found).await {
            return found;
        }
        let untold = if look().await.is_ok() { " (it is so now, and nobody told)" } else { "" };
        let failure = app.runtime.failure().now_or_never();
        panic!("waited too long{untold}; the store says {failure:?}; at last: {seen}")
    }

    /// Returns when all that was due before, and the mail it caused, has been done. Sends that it caused
    /// may still be on their way.
    pub async fn settle(&self) {
        let app = self.app();
        let desk = desk_entity(app.workspace_id());
        let nobody = Assignee { id: "nobody".parse().unwrap(), name: "Nobody".into() };
        // A desk moves a timer's news to a contact, a contact to a desk: no chain is longer.
        for _ in 0..4 {
            for home in app.runtime.homes() {
                let to = EntityAddress { slot: home, ..desk.clone() };
                let case = CaseId::new(home, u64::MAX);
                let take = DeskEvent::Take { agent: nobody.clone(), case, version: None };
                app.submit(to, &take, None).await.unwrap().settled.wait().await;
            }
        }
    }

    /// What happened to a contact, turn by turn.
    pub async fn journal(&self, contact: ContactId) -> Vec<JournalEntry> {
        let app = self.app();
        history::journal(app.store().as_ref(), contact, 0, usize::MAX).await.unwrap()
    }

    /// Everything that could not be handled, in the order of the slots.
    pub async fn dead_letters(&self) -> Vec<DeadLetter> {
        /// The runtime's table of dead letters.
        const DEAD: Table<DeadLetter> = Table::new(10);
        let app = self.app();
        let mut letters = Vec::new();
        for slot in Slot::all() {
            let found =
                rows::scan(app.store().as_ref(), &DEAD.key(slot).prefix(), usize::MAX, false).await.unwrap();
            letters.extend(found.iter().map(|(key, row)| DEAD.read(key, row).unwrap()));
        }
        letters
    }

    /// Whether this text stands in any row, or in any file of the data folder.
    pub async fn keeps(&self, text: &str) -> bool {
        let within = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        let app = self.app();
        for slot in Slot::all() {
            let [from, to] = [u8::MIN, u8::MAX].map(|table| Key::new(slot, table));
            let range = KeyRange { from, to: to.prefix().to };
            let found = rows::scan(app.store().as_ref(), &range, usize::MAX, false).await.unwrap();
            if found.iter().any(|(key, row)| within(key.as_bytes()) || within(row)) {
                return true;
            }
        }
        // One that went away meanwhile holds nothing.
        files_in(self.0.folder.path())
            .iter()
            .any(|path| std::fs::read(path).is_ok_and(|bytes| within(&bytes)))
    }

    /// How many contacts there are, by their own rows.
    pub async fn contacts(&self) -> usize {
        let app = self.app();
        let mut count = 0;
        for slot in Slot::all() {
            let range = cauce_conversation::CONTACTS.key(slot).prefix();
            count += app.store().scan(&range, usize::MAX, false).await.unwrap().len();
        }
        count
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(running) = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            running.threads.shutdown_background();
        }
    }
}

/// `graph` is where received files are fetched from; messages go elsewhere.
fn config(graph: &str) -> Config {
    let text = format!(
        r#"
workspace: {{ id: demo, name: Demostración }}
whatsapp:
  account: ventas
  phone_number_id: "{PHONE_NUMBER_ID}"
  portfolio: "{PORTFOLIO}"
  token: token-de-prueba
  app_secrets: [ {APP_SECRET} ]
  verify_token: {VERIFY_TOKEN}
  graph: "{graph}"
outgoing: {{ allow: [ 127.0.0.1, 127.0.0.3 ] }}
secrets: {{ crm: {{ value: {CRM_SECRET}, hosts: [ 127.0.0.1 ] }} }}
hold_seconds: {}
grace_seconds: {}
"#,
        HOLD.0 / 1000,
        GRACE.0 / 1000
    );
    serde_yaml::from_str(&text).unwrap()
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| {
            if entry.file_type().unwrap().is_dir() { files_in(&entry.path()) } else { vec![entry.path()] }
        })
        .collect()
}

/// Fails the test when something takes far too long.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited too long: {what}"))
}
