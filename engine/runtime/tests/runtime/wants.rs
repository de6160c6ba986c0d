//! Rows that an entity says it wants are read at once, for all events of a group.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cauce_store::{Committed, Key, KeyRange, Lease, SharedStore, Store, StoreError, Value, Write};
use futures_util::future::{BoxFuture, join_all};

use crate::stage::{Do, Stage, lines, tell, who, within};

/// A store that counts how often it is read.
struct Counting {
    inner: SharedStore,
    reads: AtomicUsize,
}

impl Store for Counting {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        self.reads.fetch_add(1, Ordering::SeqCst);
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
        self.inner.commit(lease, number, writes)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_turns_that_say_what_they_want_costs_one_read_and_none_runs_twice() {
    let stage = Stage::in_memory();
    let counting = Arc::new(Counting { inner: stage.store().await, reads: AtomicUsize::new(0) });
    let runtime = stage.start_over(counting.clone()).await.unwrap();
    let all: Vec<_> = (0..100).map(|n| who(&format!("n{n}-"), 0)).collect();
    stage.notebook.foresight.store(true, Ordering::SeqCst);

    // The gate makes all of them one group.
    stage.notebook.close();
    let standing = tell(&runtime, &all[0], Do::Stand);
    let group = async {
        while stage.notebook.runs.load(Ordering::SeqCst) < 1 {
            tokio::task::yield_now().await;
        }
        let before = counting.reads.load(Ordering::SeqCst);
        let group = join_all(all.iter().map(|of| tell(&runtime, of, Do::write("x"))));
        let (_, ()) = tokio::join!(group, async { stage.notebook.open() });
        counting.reads.load(Ordering::SeqCst) - before
    };
    let (_, reads) = within("the group", async { tokio::join!(standing, group) }).await;
    assert_eq!((reads, stage.notebook.runs.load(Ordering::SeqCst)), (1, 101));
    assert_eq!(lines(runtime.store(), &all[99]).await, ["x"]);
    runtime.stop().await;
}
