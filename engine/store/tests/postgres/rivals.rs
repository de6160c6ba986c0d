//! Who else writes: writers that were replaced, and others in the way of a commit.

use std::sync::Arc;

use cauce_store::{Committed, Lease, PostgresStore, Store, StoreError};
use server::{Database, row, until_a_commit_waits};
use tokio::task::JoinHandle;

use crate::server;

/// Whether two wait for somebody's lock.
const WAITING_TWO: &str = "SELECT count(*) = 2 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// A commit of row 1 under way; the row gets the commit's number.
fn commit(
    store: &Arc<PostgresStore>,
    lease: Lease,
    number: u64,
) -> JoinHandle<Result<Committed, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.commit(lease, number, vec![(row(1), Some(vec![number as u8]))]).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_was_replaced_writes_nothing() {
    let address = Database::new("replaced").await.address();
    let older = Arc::new(PostgresStore::connect(&address, 4).await.unwrap());
    let newer = Arc::new(PostgresStore::connect(&address, 4).await.unwrap());
    let old = older.acquire(3).await.unwrap();
    assert_eq!(commit(&older, old, 1).await.unwrap(), Ok(Committed::Done));
    let new = newer.acquire(3).await.unwrap();
    assert_eq!((new.epoch, new.last), (old.epoch + 1, 1));
    let writes = vec![(row(1), None), (row(2), Some(vec![2]))];
    assert_eq!(older.commit(old, 2, writes).await, Err(StoreError::Fenced));
    assert_eq!(older.commit(old, 1, vec![]).await, Err(StoreError::Fenced), "even a repeat");
    assert_eq!(newer.get(&[row(1), row(2)]).await.unwrap(), [Some(vec![1]), None]);
    assert_eq!(commit(&newer, new, 2).await.unwrap(), Ok(Committed::Done));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_replaced_while_its_commit_waits_writes_nothing() {
    let database = Database::new("replaced_meanwhile").await;
    let store = Arc::new(PostgresStore::connect(&database.address(), 4).await.unwrap());
    let lease = store.acquire(3).await.unwrap();
    let (mut rival, watch) = (database.client().await, database.client().await);
    let taking = rival.transaction().await.unwrap();
    taking.execute("UPDATE cauce_streams SET epoch = epoch + 1 WHERE stream = 3", &[]).await.unwrap();
    let waiting = commit(&store, lease, 1);
    until_a_commit_waits(&watch).await;
    taking.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), Err(StoreError::Fenced));
    assert_eq!(store.get(&[row(1)]).await.unwrap(), [None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_over_waits_for_the_commit_under_way_and_sees_it() {
    let database = Database::new("taking_over").await;
    let store = Arc::new(PostgresStore::connect(&database.address(), 4).await.unwrap());
    let lease = store.acquire(3).await.unwrap();
    assert_eq!(commit(&store, lease, 1).await.unwrap(), Ok(Committed::Done));
    let (mut rival, watch) = (database.client().await, database.client().await);
    // Something holds the commit up after it has passed the fence.
    let holding = rival.transaction().await.unwrap();
    holding.execute("SELECT 1 FROM cauce_rows FOR UPDATE", &[]).await.unwrap();
    let held = commit(&store, lease, 2);
    until_a_commit_waits(&watch).await;
    let taking = tokio::spawn({
        let store = store.clone();
        async move { store.acquire(3).await }
    });
    server::until(&watch, WAITING_TWO).await;
    holding.commit().await.unwrap();
    assert_eq!(held.await.unwrap(), Ok(Committed::Done));
    assert_eq!(taking.await.unwrap().unwrap().last, 2);
    assert_eq!(store.get(&[row(1)]).await.unwrap(), [Some(vec![2])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_cannot_be_put_in_order_is_tried_again() {
    let database = Database::new("order").await;
    let address = database.with("default_transaction_isolation=repeatable%5C%20read");
    let store = Arc::new(PostgresStore::connect(&address, 4).await.unwrap());
    let lease = store.acquire(3).await.unwrap();
    let (mut rival, watch) = (database.client().await, database.client().await);
    let moving = rival.transaction().await.unwrap();
    moving.execute("UPDATE cauce_streams SET last = last WHERE stream = 3", &[]).await.unwrap();
    let waiting = commit(&store, lease, 1);
    until_a_commit_waits(&watch).await;
    // From here on the server refuses the waiting statement: 40001.
    moving.commit().await.unwrap();
    assert_eq!(waiting.await.unwrap(), Ok(Committed::Done));
    assert_eq!(store.get(&[row(1)]).await.unwrap(), [Some(vec![1])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_loses_a_deadlock_is_tried_again() {
    let database = Database::new("deadlock").await;
    // The commit looks for a deadlock soon after it began to wait, its rivals practically never: it gives way.
    let store = Arc::new(PostgresStore::connect(&database.with("deadlock_timeout=20ms"), 4).await.unwrap());
    let lease = store.acquire(3).await.unwrap();
    let both = |n: u8| vec![(row(1), Some(vec![n])), (row(2), Some(vec![n]))];
    assert_eq!(store.commit(lease, 1, both(1)).await, Ok(Committed::Done));
    let (mut first, mut second) = (database.client().await, database.client().await);
    let watch = database.client().await;
    for rival in [&first, &second] {
        rival.batch_execute("SET deadlock_timeout = '1h'").await.unwrap();
    }
    let hold = "SELECT 1 FROM cauce_rows WHERE key = $1 FOR UPDATE";
    let (first, second) = (first.transaction().await.unwrap(), second.transaction().await.unwrap());
    first.execute(hold, &[&row(1).as_bytes()]).await.unwrap();
    second.execute(hold, &[&row(2).as_bytes()]).await.unwrap();
    let losing = tokio::spawn({
        let store = store.clone();
        async move { store.commit(lease, 2, both(2)).await }
    });
    until_a_commit_waits(&watch).await;
    // The second waits for the commit's fence, and the commit, let go by the first, for the second.
    let waits = second.execute("UPDATE cauce_streams SET last = last WHERE stream = 3", &[]);
    let lets_go = async {
        server::until(&watch, WAITING_TWO).await;
        first.rollback().await
    };
    let (waited, let_go) = tokio::join!(waits, lets_go);
    let_go.unwrap();
    assert_eq!(waited.unwrap(), 1, "the commit gave way");
    second.commit().await.unwrap();
    assert_eq!(losing.await.unwrap(), Ok(Committed::Done));
    assert_eq!(store.get(&[row(1), row(2)]).await.unwrap(), [Some(vec![2]), Some(vec![2])]);
}
