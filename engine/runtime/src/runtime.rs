//! Starting, submitting to and stopping the partitions of a process.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use cauce_model::{Duration, Slot, Timestamp};
use cauce_store::{SharedStore, StoreError, rows};
use futures_util::FutureExt;
use futures_util::future::try_join_all;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::meters::Meters;
use crate::partition::{Layout, Partition, Work};
use crate::poison::Poison;
use crate::reader::ReaderTask;
use crate::tables::FEED;
use crate::{Clock, Entity, EntityAddress, EntityKind, Executor, Held, Reader, Trace};

/// How many events may wait for a partition before it says that it is full.
const QUEUE: usize = 4096;

/// Who handles what: put together by the binary.
#[derive(Default)]
pub struct Parts {
    /// How each sort of entity lives.
    pub entities: HashMap<EntityKind, Arc<dyn Entity>>,
    /// Who carries out each kind of call.
    pub executors: HashMap<&'static str, Arc<dyn Executor>>,
    /// Who builds screen rows from the feed.
    pub readers: Vec<Arc<dyn Reader>>,
}

/// What an installation may set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many partitions share the slots; fixed for the life of the data.
    pub partitions: u16,
    /// How long timers that came due while the process was down wait after a start, so that what
    /// was written to us meanwhile arrives first.
    pub grace: Duration,
    /// A folder of this process alone, where it is remembered at which events a process ended. Without
    /// one nothing is, and such an event ends every process.
    pub scratch: Option<PathBuf>,
    /// Whether the calls and overdue timers found at the start wait for [`Runtime::resume`]: those of a
    /// restored copy may long have been carried out by the original.
    pub held: bool,
}

/// Makes a submission a command: repeated within 24 hours by the same actor under the same id, it
/// does nothing and answers what it answered the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Who commands.
    pub actor: String,
    /// The id that the actor chose for it.
    pub id: String,
}

/// What came of an event. It is durable.
#[derive(Debug)]
pub struct Answer {
    /// What the entity replied.
    pub reply: Option<Vec<u8>>,
    /// When all that the event set going between entities has arrived.
    pub settled: Settled,
}

pub(crate) type Token = mpsc::Sender<std::convert::Infallible>;

/// Comes true when the mail that an event caused, and the mail caused by that, has been taken.
#[derive(Debug)]
pub struct Settled(mpsc::Receiver<std::convert::Infallible>);

impl Settled {
    pub(crate) fn new() -> (Token, Self) {
        let (token, settled) = mpsc::channel(1);
        (token, Self(settled))
    }

    /// Waits for it.
    pub async fn wait(mut self) {
        // Nothing is ever sent: the end of the channel is the news.
        let _ = self.0.recv().await;
    }
}

/// Why an event was not handled. Nothing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Too much is waiting already; try again in a moment.
    #[error("too much is waiting; try again in a moment")]
    Busy,
    /// The runtime is stopping, or its disk failed.
    #[error("the server is stopping")]
    Stopped,
}

/// The partitions of this process.
pub struct Runtime {
    pub(crate) store: SharedStore,
    pub(crate) layout: Layout,
    pub(crate) heads: Vec<watch::Receiver<u64>>,
    pub(crate) read: Vec<Vec<watch::Receiver<u64>>>,
    pub(crate) stopping: watch::Sender<bool>,
    clock: Arc<dyn Clock>,
    submit: Vec<mpsc::Sender<Work>>,
    pub(crate) internal: Vec<mpsc::UnboundedSender<Work>>,
    pub(crate) held: Vec<watch::Receiver<Held>>,
    failed: watch::Receiver<Option<StoreError>>,
    workers: std::sync::Mutex<JoinSet<()>>,
    readers: std::sync::Mutex<JoinSet<()>>,
}

impl Runtime {
    /// Takes all partitions over and goes on where they stopped.
    pub async fn start(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        parts: Parts,
        settings: Settings,
    ) -> Result<Self, StoreError> {
        let layout = Layout { partitions: settings.partitions };
        let parts = Arc::new(parts);
        let (failed_tx, failed) = watch::channel(None);
        let stopping = watch::Sender::new(false);
        let (internal, internal_rx): (Vec<_>, Vec<_>) =
            (0..settings.partitions).map(|_| mpsc::unbounded_channel()).unzip();
        let started = clock.now();
        let poison = Poison::open(settings.scratch.as_deref(), settings.partitions, started)
            .map_err(|error| StoreError::Disk(format!("the folder of the process's own notes: {error}")))?;
        let (poison, meters) = (Arc::new(poison), Arc::new(Meters::new()));

        let mut partitions = Vec::new();
        let mut held = Vec::new();
        let mut submit = Vec::new();
        let mut feed_heads = Vec::new();
        let mut read = Vec::new();
        let mut reader_tasks = Vec::new();
        for (index, internal_rx) in internal_rx.into_iter().enumerate() {
            let stream = u16::try_from(index).expect("no more partitions than slots");
            let home = layout.home_of(index);
            let lease = store.acquire(stream).await?;
            let (first, last) = feed_ends(&store, home).await?;
            let feed_head = watch::Sender::new(last);
            let mut heads = Vec::new();
            for (position, reader) in parts.readers.iter().enumerate() {
                let stream = stream + settings.partitions * u16::try_from(position + 1).expect("few readers");
                let task =
                    ReaderTask::start(&store, reader.clone(), home, stream, feed_head.subscribe()).await?;
                heads.push(task.position());
                reader_tasks.push(task);
            }
            if heads.is_empty() {
                heads.push(feed_head.subscribe());
            }
            let (submit_tx, submitted) = mpsc::channel(QUEUE);
            submit.push(submit_tx);
            feed_heads.push(feed_head.subscribe());
            read.push(heads.clone());
            let told_held = watch::Sender::new(Held::default());
            held.push(told_held.subscribe());
            partitions.push(Partition {
                index,
                home,
                layout,
                store: store.clone(),
                clock: clock.clone(),
                parts: parts.clone(),
                lease,
                number: lease.last,
                submitted,
                internal: internal_rx,
                peers: internal.clone(),
                feed_head,
                feed_tail: first,
                read_heads: heads,
                failed: failed_tx.clone(),
                held_until: started + settings.grace,
                grace: settings.grace,
                started,
                held: settings.held,
                told_held,
                poison: poison.clone(),
                meters: meters.clone(),
                timers: Default::default(),
                calls: Default::default(),
                under_way: JoinSet::new(),
                sent: Default::default(),
                taken: Default::default(),
                swept: 0,
                sweeping: Vec::new(),
                committing: None,
                next: Default::default(),
            });
        }
        let mut workers = JoinSet::new();
        try_join_all(partitions.iter_mut().map(Partition::resume)).await?;
        for partition in partitions {
            workers.spawn(watched(partition.run(), failed_tx.clone()));
        }
        let mut readers = JoinSet::new();
        for task in reader_tasks {
            readers.spawn(watched(task.run(stopping.subscribe(), failed_tx.clone()), failed_tx.clone()));
        }
        let (workers, readers) = (workers.into(), readers.into());
        Ok(Self {
            store,
            layout,
            heads: feed_heads,
            read,
            stopping,
            clock,
            submit,
            internal,
            held,
            failed,
            workers,
            readers,
        })
    }

    /// Has an entity handle an event, and returns when what it decided is durable.
    pub async fn submit(
        &self,
        to: EntityAddress,
        event: Vec<u8>,
        command: Option<Command>,
    ) -> Result<Answer, SubmitError> {
        self.enqueue(to, event, command)?.await
    }

    /// Gives an event its place in the queue of its entity, now; what comes of it is awaited after.
    pub fn enqueue(
        &self,
        to: EntityAddress,
        event: Vec<u8>,
        command: Option<Command>,
    ) -> Result<impl Future<Output = Result<Answer, SubmitError>> + use<>, SubmitError> {
        self.queue(to, event, Bytes::new(), command)
    }

    /// The same with what came from outside, as it came: should the event become a dead letter, it is
    /// kept with it when it has at most 64 kB.
    pub fn enqueue_received(
        &self,
        to: EntityAddress,
        event: Vec<u8>,
        raw: Bytes,
    ) -> Result<impl Future<Output = Result<Answer, SubmitError>> + use<>, SubmitError> {
        self.queue(to, event, raw, None)
    }

    fn queue(
        &self,
        to: EntityAddress,
        event: Vec<u8>,
        raw: Bytes,
        command: Option<Command>,
    ) -> Result<impl Future<Output = Result<Answer, SubmitError>> + use<>, SubmitError> {
        let (done, answer) = oneshot::channel();
        self.offer(to.slot, Work::Event { to, event, raw, command, trace: Trace::current(), done })?;
        Ok(async { answer.await.unwrap_or(Err(SubmitError::Stopped)) })
    }

    /// Gives work its place in the queue of a slot's partition.
    pub(crate) fn offer(&self, slot: Slot, work: Work) -> Result<(), SubmitError> {
        if *self.stopping.borrow() {
            return Err(SubmitError::Stopped);
        }
        self.submit[self.layout.partition_of(slot)].try_send(work).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Busy,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopped,
        })
    }

    /// The rows, for reading what screens show.
    pub fn store(&self) -> &SharedStore {
        &self.store
    }

    /// The slots under which readers keep the rows of each partition.
    pub fn homes(&self) -> impl Iterator<Item = Slot> {
        (0..usize::from(self.layout.partitions)).map(|index| self.layout.home_of(index))
    }

    /// The same of an installation with so many partitions.
    pub fn homes_of(partitions: u16) -> impl Iterator<Item = Slot> {
        let layout = Layout { partitions };
        (0..usize::from(partitions)).map(move |index| layout.home_of(index))
    }

    /// Now, by the injected clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the error when the disk has failed: the process must end then.
    pub async fn failure(&self) -> StoreError {
        let mut failed = self.failed.clone();
        match failed.wait_for(Option::is_some).await.map(|error| error.clone()) {
            Ok(Some(error)) => error,
            // All workers ended in order: there will be no failure.
            _ => std::future::pending().await,
        }
    }

    /// The error, when the disk has failed.
    pub fn failed(&self) -> Option<StoreError> {
        self.failed.borrow().clone()
    }

    /// Whether [`Self::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Whether every partition's worker is there, once each of them has looked up from its work: with one
    /// that hangs this does not return.
    pub async fn alive(&self) -> bool {
        for partition in &self.internal {
            let (done, looked) = oneshot::channel();
            if partition.send(Work::Look(done)).is_err() || looked.await.is_err() {
                return false;
            }
        }
        true
    }

    /// Refuses new events, handles what waits, lets calls under way come back, and ends.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        for partition in &self.internal {
            // One that ended by itself needs no telling.
            let _ = partition.send(Work::Stop);
        }
        for set in [&self.workers, &self.readers] {
            let mut tasks =
                std::mem::take(&mut *set.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            while tasks.join_next().await.is_some() {}
        }
    }
}

/// Runs a task of the house; a panic in it is a failure of the house, like a failed disk.
async fn watched(task: impl Future<Output = ()>, failed: watch::Sender<Option<StoreError>>) {
    if AssertUnwindSafe(task).catch_unwind().await.is_err() {
        let error = StoreError::Disk("a worker of the engine panicked; its log line is above".into());
        failed.send_replace(Some(error));
    }
}

/// The numbers of the first line kept and of the last line written; (1, 0) when there is none yet.
async fn feed_ends(store: &SharedStore, home: Slot) -> Result<(u64, u64), StoreError> {
    let range = FEED.key(home).prefix();
    let mut ends = [1, 0];
    for (end, reverse) in ends.iter_mut().zip([false, true]) {
        if let Some((key, _)) = rows::scan(store.as_ref(), &range, 1, reverse).await?.pop() {
            *end = crate::feed::number_of(&key);
        }
    }
    Ok(ends.into())
}
