//! The process ends at any commit, before or after the commit took effect: afterwards all of a turn is
//! there or none of it, and everything happens once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cauce_store::{Committed, Key, KeyRange, Lease, SharedStore, Store, StoreError, Value, Write};
use futures_util::future::{BoxFuture, FutureExt};

use crate::stage::{Do, Stage, command, lines, once_around, rows_of, until_lines, who};

/// A store that fails for good at its n-th commit: before it writes, or having written.
struct Failing {
    inner: SharedStore,
    left: AtomicUsize,
    writes_first: bool,
}

impl Store for Failing {
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
            let left = self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(n.saturating_sub(1)))
                .unwrap();
            if left > 1 {
                return self.inner.commit(lease, number, writes).await;
            }
            if left == 1 && self.writes_first {
                self.inner.commit(lease, number, writes).await?;
            }
            Err(StoreError::Disk("the plug was pulled".into()))
        }
        .boxed()
    }
}

/// Ana writes, sets a timer, asks the world, and writes three letters to Beto, who answers each.
fn plan() -> (cauce_runtime::EntityAddress, cauce_runtime::EntityAddress, Do) {
    let (ana, beto) = (who("ana", 0), who("beto", 3));
    let letter = |n: &str| {
        let echo = Do::tell(&ana, Do::Write(format!("echo {n}")));
        Do::tell(&beto, Do::All(vec![Do::write(n), echo]))
    };
    let mut all = vec![Do::write("begin"), Do::Ask("x".into()), Do::Remind(crate::stage::T0, "timer".into())];
    all.extend(["1", "2", "3"].map(letter));
    (ana, beto, Do::All(all))
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_process_ends_everything_happens_once() {
    let (ana, beto, plan) = plan();
    let mut cuts = 0;
    for (n, writes_first) in (1..=30).flat_map(|n| [(n, false), (n, true)]) {
        let stage = Stage::in_memory();
        let failing =
            Arc::new(Failing { inner: stage.store().await, left: AtomicUsize::new(n), writes_first });
        let runtime = stage.start_over(failing.clone()).await.unwrap();
        let answer = command(&runtime, &ana, "go", plan.clone()).await;
        if let Ok(answer) = answer {
            let failed = runtime.failure();
            tokio::select! {
                () = answer.settled.wait() => {}
                _ = failed => {}
            }
        }
        drop(runtime);
        let cut = failing.left.load(Ordering::SeqCst) == 0;
        cuts += usize::from(cut);

        // The client heard nothing certain and asks again.
        let runtime = stage.start().await;
        let store = runtime.store().clone();
        let answer = command(&runtime, &ana, "go", plan.clone()).await.unwrap();
        answer.settled.wait().await;
        until_lines(&runtime, &beto, &["1", "2", "3"]).await;
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        let expected = ["answer x", "begin", "echo 1", "echo 2", "echo 3", "timer"];
        crate::stage::within("ana has everything", async {
            while sorted(lines(&store, &ana).await).len() < expected.len() {
                once_around(&runtime, &ana).await;
            }
        })
        .await;
        for whom in [&beto, &ana, &beto, &ana] {
            once_around(&runtime, whom).await;
        }
        let held = lines(&store, &ana).await;
        assert_eq!(sorted(held.clone()), expected, "cut {n}, written first: {writes_first}");
        let echoes: Vec<_> = held.iter().filter(|line| line.starts_with("echo")).collect();
        assert_eq!(
            echoes,
            ["echo 1", "echo 2", "echo 3"],
            "in order; cut {n}, written first: {writes_first}"
        );
        assert_eq!(lines(&store, &beto).await, ["1", "2", "3"], "cut {n}, written first: {writes_first}");
        let asked = stage.outside.asked.borrow().clone();
        // The last breath of the first process may come after the first of the second.
        let first = asked.iter().filter(|asked| !asked.resumed).count();
        assert!(asked.len() <= 2 && first <= 1, "cut {n}: {asked:?}");
        runtime.stop().await;
        const TIMERS: u8 = 1;
        const CALLS: u8 = 2;
        assert_eq!(
            (rows_of(&store, TIMERS).await, rows_of(&store, CALLS).await),
            (0, 0),
            "nothing is pending"
        );
    }
    assert!(cuts >= 6, "only {cuts} runs were cut: the plan has become too short to prove anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_turn_is_there_when_its_commit_failed_and_nothing_left() {
    let stage = Stage::in_memory();
    let (ana, beto, plan) = plan();
    let store = stage.store().await;
    let failing = Arc::new(Failing { inner: store.clone(), left: AtomicUsize::new(1), writes_first: false });
    let runtime = stage.start_over(failing).await.unwrap();
    let refused = command(&runtime, &ana, "go", plan).await;
    assert_eq!(refused.unwrap_err(), cauce_runtime::SubmitError::Stopped);
    assert!(matches!(runtime.failure().await, StoreError::Disk(_)), "the process is told to end");
    for table in 0..=255 {
        assert_eq!(rows_of(&store, table).await, 0, "table {table}");
    }
    assert!(lines(&store, &beto).await.is_empty());
    assert!(stage.outside.asked.borrow().is_empty());
}
