//! What the tests share: the [`Notebook`], an entity that writes down what happens to it and does what
//! it is told; [`Outside`], the world that carries out its calls; and the [`Stage`] they live on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use cauce_model::{Duration, Slot, Timestamp};
use cauce_runtime::{
    Answer, Call, Command, DeadLetter, Entity, EntityAddress, EntityKind, Executor, Halt, Known, ManualClock,
    Parts, Reader, Runtime, Settings, SubmitError, Trace, Turn, View, from_bytes, to_bytes,
};
use cauce_store::{EmbeddedStore, FolderError, Key, MemoryStore, SharedStore, StoreError, Table, rows};
use futures_util::future::{BoxFuture, FutureExt};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub const NOTEBOOK: EntityKind = EntityKind(9);
pub const PARTITIONS: u16 = 4;
pub const GRACE: Duration = Duration::seconds(10);
pub const T0: Timestamp = Timestamp(1_750_000_000_000);
/// Where each notebook keeps its lines.
const LINES: Table<Vec<String>> = Table::new(200);
/// Rows that are only read.
const SHELF: Table<u64> = Table::new(201);
/// The runtime's table of dead letters.
const DEAD: Table<DeadLetter> = Table::new(10);

/// What a notebook can be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Do {
    /// Write a line.
    Write(String),
    /// Tell the screens, and write nothing.
    Say(String),
    /// Have this line written at that moment; the name tells timers of one moment apart.
    Remind(Timestamp, String),
    /// Take that back.
    Forget(Timestamp, String),
    /// Have the world asked under this id; the answer is a line.
    Ask(String),
    /// Have the world told, once and now.
    Hint(String),
    /// Tell another.
    Tell(EntityAddress, Box<Do>),
    /// Several at once.
    All(Vec<Do>),
    /// Read this many rows, one after the other, then write how many there were.
    Read(u64),
    /// Write a line, then panic.
    Panic(String),
    /// Panic, unless the notebook is calm.
    Fussy,
    /// Stand still until the test opens the gate.
    Stand,
}

impl Do {
    pub fn write(line: &str) -> Self {
        Self::Write(line.into())
    }
    pub fn tell(to: &EntityAddress, what: Self) -> Self {
        Self::Tell(to.clone(), Box::new(what))
    }
}

/// See the module.
#[derive(Default)]
pub struct Notebook {
    /// How often a turn was run, counting those that were run again.
    pub runs: AtomicUsize,
    /// Whether it is calm.
    pub calm: AtomicBool,
    /// Whether it says beforehand what it wants.
    pub foresight: AtomicBool,
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Notebook {
    /// Closes the gate: who is told to stand stands.
    pub fn close(&self) {
        *self.gate.lock().unwrap() = true;
    }
    pub fn open(&self) {
        *self.gate.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn act(&self, turn: &mut Turn<'_>, what: Do) -> Result<(), Halt> {
        let this = turn.this().clone();
        match what {
            Do::Write(line) => write(turn, line)?,
            Do::Say(line) => turn.publish(&line),
            Do::Remind(at, line) => turn.set_timer(&this, at, &line, &Do::write(&line)),
            Do::Forget(at, line) => turn.cancel_timer(&this, at, &line),
            Do::Ask(id) => turn.call(&this, "outside", &id, &id),
            Do::Hint(what) => turn.tell("outside", &what),
            Do::Tell(to, what) => turn.mail(to, &*what),
            Do::All(all) => all.into_iter().try_for_each(|what| self.act(turn, what))?,
            Do::Read(count) => {
                let mut found = 0;
                for n in 0..count {
                    found += turn.get(&SHELF, &SHELF.key(this.slot).number(n))?.unwrap_or(1);
                }
                write(turn, format!("read {found}"))?;
            }
            Do::Panic(line) => {
                write(turn, line)?;
                panic!("told to panic");
            }
            Do::Fussy => assert!(self.calm.load(Ordering::SeqCst), "not now"),
            Do::Stand => {
                let closed = self.gate.lock().unwrap();
                drop(self.opened.wait_while(closed, |closed| *closed).unwrap());
            }
        }
        Ok(())
    }
}

/// Adds a line, tells the screens, and replies how many there are.
fn write(turn: &mut Turn<'_>, line: String) -> Result<(), Halt> {
    let key = lines_key(turn.this());
    let mut lines = turn.get(&LINES, &key)?.unwrap_or_default();
    turn.publish(&format!("{}: {line}", turn.this().key));
    lines.push(line);
    turn.put(&LINES, key, &lines);
    turn.reply(&lines.len());
    Ok(())
}

impl Entity for Notebook {
    fn wants(&self, to: &EntityAddress, _event: &[u8], _known: Known<'_>) -> Vec<Key> {
        if self.foresight.load(Ordering::SeqCst) { vec![lines_key(to)] } else { Vec::new() }
    }

    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.act(turn, from_bytes(event)?)
    }

    fn give_up(&self, turn: &mut Turn<'_>, _event: &[u8], cause: &str) -> Result<(), Halt> {
        write(turn, format!("gave up: {cause}"))
    }

    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        match from_bytes(event)? {
            Do::Write(line) => write(turn, format!("dropped {line}")),
            other => panic!("{other:?}"),
        }
    }
}

fn lines_key(of: &EntityAddress) -> Key {
    LINES.key(of.slot).text(&of.key)
}

/// The world outside. Answers each call with the line `answer <id>`.
#[derive(Default)]
pub struct Outside {
    /// What was asked: the id, whether it may have been asked before, and what the asking notebook held then.
    pub asked: watch::Sender<Vec<Asked>>,
    /// While this is set nothing is answered.
    pub silent: AtomicBool,
    /// How many answers have the same asked once more.
    pub again: AtomicUsize,
    store: Mutex<Option<(SharedStore, EntityAddress)>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub id: String,
    pub resumed: bool,
    pub durable: Vec<String>,
    /// What it is part of.
    pub trace: Option<Trace>,
}

impl Outside {
    /// Has the lines of this notebook read from the store whenever something is asked.
    pub fn watch(&self, store: SharedStore, whose: EntityAddress) {
        *self.store.lock().unwrap() = Some((store, whose));
    }
    pub fn forget(&self) {
        *self.store.lock().unwrap() = None;
    }
    /// Waits until this many calls were made.
    pub async fn asked(&self, count: usize) -> Vec<Asked> {
        let mut asked = self.asked.subscribe();
        within("the world is asked", asked.wait_for(|asked| asked.len() >= count)).await.unwrap().clone()
    }
}

/// Carries out calls in a world that the test keeps a hand on.
struct Caller(Arc<Outside>);

impl Executor for Caller {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let outside = self.0.clone();
        async move {
            let watched = outside.store.lock().unwrap().clone();
            let durable = match watched {
                Some((store, whose)) => lines(&store, &whose).await,
                None => Vec::new(),
            };
            let Call { id, resumed, .. } = call;
            let silent = outside.silent.load(Ordering::SeqCst);
            let asked = Asked { id: id.clone(), resumed, durable, trace: Trace::current() };
            outside.asked.send_modify(|all| all.push(asked));
            if silent {
                std::future::pending::<()>().await;
            }
            let answer = Do::Write(format!("answer {id}"));
            let again = outside.again.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
            to_bytes(&if again.is_ok() { Do::All(vec![answer, Do::Ask(id)]) } else { answer })
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        to_bytes(&Do::Write(format!("dropped {}", call.id)))
    }
}

/// Where the rows are.
pub enum Home {
    Memory(Arc<MemoryStore>),
    Sled(tempfile::TempDir),
}

/// Everything but the running runtime, which each test starts and ends.
pub struct Stage {
    pub home: Home,
    pub clock: ManualClock,
    pub notebook: Arc<Notebook>,
    pub outside: Arc<Outside>,
    pub readers: Vec<Arc<dyn Reader>>,
    /// Where the process remembers at what it ended.
    pub scratch: tempfile::TempDir,
    /// Whether the next start is held.
    pub held: bool,
}

/// A reader that takes nothing in until it is let.
pub struct Slow(pub watch::Sender<bool>);

impl Reader for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn read<'a>(&'a self, _: &'a mut View<'_>, _: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut free = self.0.subscribe();
        async move {
            free.wait_for(|free| *free).await.unwrap();
            Ok(())
        }
        .boxed()
    }
}

impl Stage {
    pub fn in_memory() -> Self {
        Self::on(Home::Memory(Arc::default()))
    }

    pub fn on_disk() -> Self {
        Self::on(Home::Sled(tempfile::tempdir().unwrap()))
    }

    fn on(home: Home) -> Self {
        Self {
            home,
            clock: ManualClock::new(T0),
            notebook: Arc::default(),
            outside: Arc::default(),
            readers: Vec::new(),
            scratch: tempfile::tempdir().unwrap(),
            held: false,
        }
    }

    /// The rows; on disk, as soon as whoever had them open has let go.
    pub async fn store(&self) -> SharedStore {
        match &self.home {
            Home::Memory(store) => store.clone(),
            Home::Sled(dir) => within("the folder is free", open(dir.path())).await,
        }
    }

    pub async fn start(&self) -> Runtime {
        self.start_over(self.store().await).await.unwrap()
    }

    pub async fn start_over(&self, store: SharedStore) -> Result<Runtime, StoreError> {
        let mut parts = Parts::default();
        parts.entities.insert(NOTEBOOK, self.notebook.clone() as Arc<dyn Entity>);
        parts.executors.insert("outside", Arc::new(Caller(self.outside.clone())));
        parts.readers = self.readers.clone();
        let clock = Arc::new(self.clock.clone());
        let scratch = Some(self.scratch.path().to_owned());
        let settings = Settings { partitions: PARTITIONS, grace: GRACE, scratch, held: self.held };
        Runtime::start(store, clock, parts, settings).await
    }
}

async fn open(path: &Path) -> SharedStore {
    loop {
        match EmbeddedStore::open(path, PARTITIONS) {
            Ok(store) => return Arc::new(store),
            Err(FolderError::InUse(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The notebook of this name that lives in that partition.
pub fn who(name: &str, partition: u16) -> EntityAddress {
    (0..)
        .map(|n| format!("{name}{n}"))
        .map(|key| EntityAddress { kind: NOTEBOOK, slot: Slot::of(&key), key })
        .find(|address| address.slot.number() / (1024 / PARTITIONS) == partition)
        .unwrap()
}

/// Has a notebook do something, and waits until that is durable and has reached everybody.
pub async fn tell(runtime: &Runtime, to: &EntityAddress, what: Do) -> Answer {
    within("an answer", runtime.submit(to.clone(), to_bytes(&what), None)).await.unwrap()
}

/// The same as a command.
pub async fn command(
    runtime: &Runtime,
    to: &EntityAddress,
    id: &str,
    what: Do,
) -> Result<Answer, SubmitError> {
    let command = Command { actor: "rosa".into(), id: id.into() };
    within("an answer", runtime.submit(to.clone(), to_bytes(&what), Some(command))).await
}

/// What a notebook holds, as it is in the store.
pub async fn lines(store: &SharedStore, of: &EntityAddress) -> Vec<String> {
    let key = lines_key(of);
    let row = rows::get(store.as_ref(), std::slice::from_ref(&key)).await.unwrap().pop().flatten();
    row.map(|row| LINES.read(&key, &row).unwrap()).unwrap_or_default()
}

/// Waits until a notebook holds these lines.
pub async fn until_lines(runtime: &Runtime, of: &EntityAddress, expected: &[&str]) {
    use futures_util::StreamExt;
    let mut news = Box::pin(runtime.follow(runtime.cursor()));
    let mut held = Vec::new();
    let arrived = async {
        loop {
            held = lines(runtime.store(), of).await;
            if held == expected {
                return;
            }
            news.next().await.unwrap().unwrap();
        }
    };
    let arrived = tokio::time::timeout(PATIENCE, arrived).await;
    assert!(arrived.is_ok(), "{} should come to hold {expected:?}, and holds {held:?}", of.key);
}

/// Has the partition of this notebook go once around: whatever was due before has been done.
pub async fn once_around(runtime: &Runtime, of: &EntityAddress) {
    tell(runtime, of, Do::All(Vec::new())).await;
}

/// The dead letters of a slot.
pub async fn dead_letters(store: &SharedStore, of: &EntityAddress) -> Vec<DeadLetter> {
    let found = rows::scan(store.as_ref(), &DEAD.key(of.slot).prefix(), 99, false).await.unwrap();
    found.iter().map(|(key, row)| DEAD.read(key, row).unwrap()).collect()
}

/// How many rows there are of a table, in all slots.
pub async fn rows_of(store: &SharedStore, table: u8) -> usize {
    let mut count = 0;
    for slot in Slot::all() {
        count += store.scan(&Key::new(slot, table).prefix(), usize::MAX, false).await.unwrap().len();
    }
    count
}

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// Fails the test when it takes far too long.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited too long: {what}"))
}
