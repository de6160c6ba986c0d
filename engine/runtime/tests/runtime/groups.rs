//! While one group becomes durable the next one's turns run on top of it; they let nothing out before it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cauce_runtime::{Answer, Runtime, SubmitError, from_bytes};
use cauce_store::{Committed, Key, KeyRange, Lease, SharedStore, Store, StoreError, Value, Write};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::stage::{Do, PARTITIONS, Stage, command, lines, until_lines, who, within};

/// What becomes of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Syncing,
    Good,
    Broken,
}

/// A store whose commits wait until the test says what becomes of them.
struct Gated {
    inner: SharedStore,
    disk: watch::Sender<Disk>,
    /// How many commits of partitions have begun.
    begun: watch::Sender<usize>,
}

impl Store for Gated {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        self.inner.get(keys)
    }
    fn scan<'a>(
        &'a self,
        range: &'a KeyRange,
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Value)>, StoreError>> {
        self.inner.scan(range, limit, reverse)
    }
    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>> {
        self.inner.acquire(stream)
    }
    fn commit(
        &self,
        lease: Lease,
        number: u64,
        writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Committed, StoreError>> {
        async move {
            self.begun.send_modify(|begun| *begun += usize::from(lease.stream < PARTITIONS));
            let mut disk = self.disk.subscribe();
            let disk = *disk.wait_for(|disk| *disk != Disk::Syncing).await.unwrap();
            if disk == Disk::Broken {
                return Err(StoreError::Disk("gone".into()));
            }
            self.inner.commit(lease, number, writes).await
        }
        .boxed()
    }
}

type Told = JoinHandle<Vec<Result<Answer, SubmitError>>>;

/// Commands to one notebook: one whose commit is under way, and two that come meanwhile, the last the
/// same once more.
async fn commands(stage: &Stage, store: &Arc<Gated>) -> (Arc<Runtime>, [Told; 2]) {
    let runtime = Arc::new(stage.start_over(store.clone()).await.unwrap());
    stage.notebook.foresight.store(true, Ordering::SeqCst);
    store.disk.send_replace(Disk::Syncing);
    let told = |all: Vec<(&'static str, Do)>| {
        let runtime = runtime.clone();
        tokio::spawn(async move {
            let ana = who("ana", 0);
            join_all(all.into_iter().map(|(id, what)| command(&runtime, &ana, id, what))).await
        })
    };
    let before = *store.begun.borrow();
    let first = told(vec![("a", Do::write("one"))]);
    within("a commit", store.begun.subscribe().wait_for(|begun| *begun == before + 1)).await.unwrap();
    let two = Do::All(vec![Do::Ask("question".into()), Do::write("two")]);
    let next = told(vec![("b", two), ("a", Do::write("one"))]);
    let ran = async {
        while stage.notebook.runs.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
    };
    within("the turn after", ran).await;
    assert_eq!(*store.begun.borrow(), before + 1, "one commit is under way, not two");
    assert!(stage.outside.asked.borrow().is_empty(), "nobody is asked");
    (runtime, [first, next])
}

async fn gated(stage: &Stage) -> Arc<Gated> {
    let (disk, begun) = (watch::Sender::new(Disk::Good), watch::Sender::new(0));
    Arc::new(Gated { inner: stage.store().await, disk, begun })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_turns_see_what_is_not_durable_yet_and_let_nothing_out_before_it_is() {
    let stage = Stage::in_memory();
    let store = gated(&stage).await;
    let (runtime, told) = commands(&stage, &store).await;
    assert!(told.iter().all(|told| !told.is_finished()), "nobody is answered");
    assert!(lines(runtime.store(), &who("ana", 0)).await.is_empty());

    store.disk.send_replace(Disk::Good);
    let mut replies = Vec::new();
    for told in told {
        for answer in within("an answer", told).await.unwrap() {
            replies.push(from_bytes::<usize>(&answer.unwrap().reply.unwrap()).unwrap());
        }
    }
    assert_eq!(replies, [1, 2, 1], "the second sees the first's line, the repeated one gets its answer");
    until_lines(&runtime, &who("ana", 0), &["one", "two", "answer question"]).await;
    assert_eq!(stage.notebook.runs.load(Ordering::SeqCst), 3, "what is repeated is not done again");
    assert_eq!(stage.outside.asked.borrow().len(), 1);
    Arc::into_inner(runtime).unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_commit_fails_the_turns_on_top_of_it_did_not_happen_either() {
    let stage = Stage::in_memory();
    let store = gated(&stage).await;
    let (_runtime, told) = commands(&stage, &store).await;
    store.disk.send_replace(Disk::Broken);
    for told in told {
        assert!(within("an end", told).await.unwrap().iter().all(Result::is_err));
    }
    assert!(stage.outside.asked.borrow().is_empty(), "nobody was asked");
    store.disk.send_replace(Disk::Good);
    assert!(lines(&stage.store().await, &who("ana", 0)).await.is_empty());
}
