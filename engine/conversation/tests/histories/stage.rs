//! What the tests share: contacts over a store in memory, a clock that the test moves, and a provider that
//! takes every message at once.

use std::sync::{Arc, Mutex};

use cauce_conversation::{
    ADDRESS, AddressEvent, BINDINGS, Binding, CONTACT, CONTACTS, Contact, Contacts, DESK, FETCH_MEDIA, HTTP,
    Home, Programs, Publish, SCHEDULE, SEND, SHOW, Sending, WORKSPACE, Workspace, WorkspaceEvent,
    address_entity, contact_entity, history, of_contact, workspace_entity,
};
use cauce_flows::Program;
use cauce_model::{
    AccountId, Address, ContactEvent, ContactId, DeliveryStatus, Duration, FlowId, InboundContent,
    InboundEcho, InboundMessage, InboundStatus, Message, MessageContext, Profile, SendOutcome, Sender,
    Timestamp, VersionId, WorkspaceId,
};
use cauce_runtime::{Call, Entity, Executor, Halt, ManualClock, Parts, Runtime, Settings, Turn, to_bytes};
use cauce_store::{
    Committed, Key, KeyRange, Lease, MemoryStore, SharedStore, Store, StoreError, Table, Value, Write, rows,
};
use futures_util::future::{BoxFuture, FutureExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub const T0: Timestamp = Timestamp(1_772_463_600_000);

/// Answers whatever is said to it with the same words.
const ECHO: &str = r#"
id: eco
name: Eco
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: fin } }
  fin: { kind: end, config: { text: Dime. } }
"#;

/// The house.
pub struct Stage {
    pub runtime: Runtime,
    pub clock: ManualClock,
    pub programs: Arc<Programs>,
    written: Written,
}

/// Of every row that was written: its table, and how large it is.
type Written = Arc<Mutex<Vec<(u8, usize)>>>;

/// A store that takes down what is written.
struct Recorder {
    store: MemoryStore,
    written: Written,
}

impl Store for Recorder {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        self.store.get(keys)
    }

    fn scan<'a>(
        &'a self,
        range: &'a KeyRange,
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Value)>, StoreError>> {
        self.store.scan(range, limit, reverse)
    }

    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.store.acquire(stream)
    }

    fn commit(
        &self,
        lease: Lease,
        number: u64,
        writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let sizes =
            writes.iter().map(|(key, value)| (key.table().unwrap(), value.as_ref().map_or(0, Vec::len)));
        self.written.lock().unwrap().extend(sizes);
        self.store.commit(lease, number, writes)
    }
}

/// The provider: it takes every message, under a name that says which attempt it is.
struct Provider;

impl Executor for Provider {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let provider_id = format!("wamid.{}", call.id);
        let outcome = SendOutcome::Accepted { provider_id, recipient: None };
        async move { to_bytes(&ContactEvent::SendAnswered { attempt: call.id, outcome }) }.boxed()
    }

    fn dropped(&self, _call: Call) -> Vec<u8> {
        unreachable!("nothing is dropped here")
    }
}

/// Nobody who does anything.
struct Nobody;

impl Entity for Nobody {
    fn handle(&self, _turn: &mut Turn<'_>, _event: &[u8]) -> Result<(), Halt> {
        Ok(())
    }
}

/// Nobody who answers.
struct Silence;

impl Executor for Silence {
    fn execute(&self, _call: Call) -> BoxFuture<'static, Vec<u8>> {
        futures_util::future::pending().boxed()
    }

    fn dropped(&self, _call: Call) -> Vec<u8> {
        unreachable!("nothing is dropped here")
    }
}

pub fn workspace() -> WorkspaceId {
    "demo".parse().unwrap()
}

pub fn account() -> AccountId {
    "principal".parse().unwrap()
}

/// Everybody's phone is one of these digits' own.
pub fn phone(digits: &str) -> Sender {
    Sender {
        addresses: vec![Address::phone(workspace(), digits)],
        reply_to: digits.to_owned(),
        profile: Profile { name: Some("Ana".into()), username: None },
    }
}

pub fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.to_owned() }
}

impl Stage {
    /// A house over an empty store, where a flow answers everything.
    pub async fn open() -> Self {
        let stage = Self::over(Vec::new()).await;
        stage.publish(ECHO).await;
        stage
    }

    /// A house over a store with these rows.
    pub async fn over(rows: Vec<Write>) -> Self {
        Self::built(rows, Arc::new(Provider), Home::default()).await
    }

    /// A house at this home in which nobody outside does anything but what the test says.
    pub async fn silent(home: Home) -> Self {
        Self::built(Vec::new(), Arc::new(Silence), home).await
    }

    async fn built(rows: Vec<Write>, provider: Arc<dyn Executor>, home: Home) -> Self {
        let written = Written::default();
        let store: SharedStore = Arc::new(Recorder { store: MemoryStore::new(), written: written.clone() });
        let lease = store.acquire(900).await.unwrap();
        if !rows.is_empty() {
            store.commit(lease, 1, rows).await.unwrap();
        }
        let clock = ManualClock::new(T0);
        let programs = Arc::new(Programs::new(cauce_nodes::catalogue()));
        let contacts = Arc::new(Contacts {
            programs: programs.clone(),
            sending: Sending { hold: Duration::seconds(60) },
            home,
        });
        let mut parts = Parts::default();
        parts.entities.insert(CONTACT, contacts.clone());
        parts.entities.insert(ADDRESS, contacts);
        parts.entities.insert(WORKSPACE, Arc::new(Workspace));
        parts.entities.insert(DESK, Arc::new(Nobody));
        parts.entities.insert(SCHEDULE, Arc::new(Nobody));
        parts.executors.insert(SEND, provider);
        parts.executors.insert(HTTP, Arc::new(Silence));
        parts.executors.insert(SHOW, Arc::new(Silence));
        parts.executors.insert(FETCH_MEDIA, Arc::new(Silence));
        let settings = Settings { partitions: 1, grace: Duration::ZERO, scratch: None, held: false };
        let runtime = Runtime::start(store, Arc::new(clock.clone()), parts, settings).await.unwrap();
        Self { runtime, clock, programs, written }
    }

    pub async fn publish(&self, flow: &str) {
        self.publish_calling(flow, &[]).await;
    }

    /// Publishes a flow that calls these, which are published.
    pub async fn publish_calling(&self, flow: &str, called: &[&str]) -> VersionId {
        let read = |flow: &str| Program::read(flow, &cauce_nodes::catalogue()).unwrap();
        let called: Vec<Arc<Program>> = called.iter().map(|flow| Arc::new(read(flow))).collect();
        let find = |id: &FlowId| called.iter().find(|program| program.document().id == *id).cloned();
        let program = read(flow).with_subflows(find).unwrap_or_else(|problems| panic!("{problems:?}"));
        self.keep(&Arc::new(program)).await
    }

    /// Publishes a flow that is compiled already.
    pub async fn keep(&self, program: &Arc<Program>) -> VersionId {
        self.programs.keep(program.clone());
        let publish = Publish::of(program, "Rosa", None);
        let event = to_bytes(&WorkspaceEvent::Publish(publish.into()));
        self.runtime.submit(workspace_entity(&workspace()), event, None).await.unwrap();
        program.version().clone()
    }

    /// Something comes in from this sender; what it sets going between entities has arrived after.
    pub async fn hears(&self, sender: &Sender, id: &str, at: Timestamp, content: InboundContent) {
        self.hears_quoting(sender, id, at, content, None).await;
    }

    pub async fn hears_quoting(
        &self,
        sender: &Sender,
        id: &str,
        at: Timestamp,
        content: InboundContent,
        quoted: Option<String>,
    ) {
        let (account, sender, provider_id) = (account(), sender.clone(), id.to_owned());
        let context = MessageContext { quoted, ..MessageContext::default() };
        let event =
            AddressEvent::Inbound(InboundMessage { account, sender, provider_id, at, content, context });
        self.at_address(&event).await;
    }

    /// The business writes with its own phone.
    pub async fn echoes(&self, recipient: &Sender, id: &str, at: Timestamp, content: InboundContent) {
        let (account, recipient, provider_id) = (account(), recipient.clone(), id.to_owned());
        let echo = InboundEcho { account, recipient, provider_id, at, content };
        self.at_address(&AddressEvent::Echo(echo)).await;
    }

    async fn at_address(&self, event: &AddressEvent) {
        let sender = match event {
            AddressEvent::Inbound(message) => &message.sender,
            AddressEvent::Echo(echo) => &echo.recipient,
            other => panic!("{other:?} is not said"),
        };
        let answer = self.runtime.submit(address_entity(&sender.addresses[0]), to_bytes(event), None).await;
        answer.unwrap().settled.wait().await;
    }

    /// Something happens to a contact.
    pub async fn happens(&self, contact: ContactId, event: &ContactEvent) {
        let answer = self.runtime.submit(contact_entity(contact), to_bytes(event), None).await;
        answer.unwrap().settled.wait().await;
    }

    /// The provider tells of an attempt to send.
    pub async fn news(&self, contact: ContactId, attempt: &str, provider_id: &str, status: DeliveryStatus) {
        let (account, provider_id) = (account(), provider_id.to_owned());
        let attempt = Some(attempt.to_owned());
        let status = InboundStatus {
            account,
            provider_id,
            attempt,
            status,
            at: self.runtime.now(),
            error: None,
            class: Default::default(),
        };
        self.happens(contact, &ContactEvent::Status(status)).await;
    }

    /// Waits until nothing waits to be sent.
    pub async fn sent(&self, contact: ContactId) {
        while !self.contact(contact).await.outbox.waiting.is_empty()
            || self.contact(contact).await.outbox.flight.is_some()
        {
            tokio::task::yield_now().await;
        }
    }

    /// The rows that were written since this was asked last: table and size.
    pub fn written(&self) -> Vec<(u8, usize)> {
        std::mem::take(&mut self.written.lock().unwrap())
    }

    pub async fn row<V: Serialize + DeserializeOwned>(&self, table: &Table<V>, key: &Key) -> Option<V> {
        table.fetch(self.runtime.store().as_ref(), key).await.unwrap()
    }

    pub async fn count<V: Serialize + DeserializeOwned>(
        &self,
        table: &Table<V>,
        contact: ContactId,
    ) -> usize {
        let range = of_contact(table, contact).prefix();
        rows::scan(self.runtime.store().as_ref(), &range, usize::MAX, false).await.unwrap().len()
    }

    pub async fn contact(&self, id: ContactId) -> Contact {
        self.row(&CONTACTS, &of_contact(&CONTACTS, id)).await.unwrap()
    }

    /// Whose an address is.
    pub async fn owner(&self, sender: &Sender) -> Binding {
        let address = &sender.addresses[0];
        self.row(&BINDINGS, &BINDINGS.key(address.slot()).text(&address.key())).await.unwrap_or_default()
    }

    /// All messages of a contact, oldest first.
    pub async fn messages(&self, contact: ContactId) -> Vec<Message> {
        let mut all =
            history::messages(self.runtime.store().as_ref(), contact, None, usize::MAX).await.unwrap();
        all.reverse();
        all
    }
}
