//! Connections and servers that end in the middle of a commit.

use std::sync::Arc;

use cauce_store::{Committed, PostgresStore, Store, StoreError};
use server::{Database, Wire, control, row, until, until_a_commit_waits};

use crate::server;

fn unknown(outcome: &Result<Committed, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Disk(told)) if told.contains("unknown"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_connection_was_ended_can_be_made_again() {
    let database = Database::new("ended").await;
    let store = Arc::new(PostgresStore::connect(&database.address(), 4).await.unwrap());
    let lease = store.acquire(3).await.unwrap();
    assert_eq!(store.commit(lease, 1, vec![(row(1), Some(vec![1]))]).await, Ok(Committed::Done));
    let (mut rival, watch) = (database.client().await, database.client().await);
    let holding = rival.transaction().await.unwrap();
    holding.execute("SELECT 1 FROM cauce_rows FOR UPDATE", &[]).await.unwrap();
    let writes = vec![(row(1), Some(vec![2])), (row(2), Some(vec![2]))];
    let commit = tokio::spawn({
        let (store, writes) = (store.clone(), writes.clone());
        async move { store.commit(lease, 2, writes).await }
    });
    let process = until_a_commit_waits(&watch).await;
    watch.execute("SELECT pg_terminate_backend($1)", &[&process]).await.unwrap();
    let outcome = commit.await.unwrap();
    assert!(unknown(&outcome), "{outcome:?}");
    holding.rollback().await.unwrap();
    assert_eq!(store.get(&[row(1), row(2)]).await.unwrap(), [Some(vec![1]), None], "all of it or nothing");
    assert_eq!(store.commit(lease, 2, writes.clone()).await, Ok(Committed::Done));
    assert_eq!(store.commit(lease, 2, writes).await, Ok(Committed::AlreadyDone));
    assert_eq!(store.get(&[row(1), row(2)]).await.unwrap(), [Some(vec![2]), Some(vec![2])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_had_been_made() {
    let database = Database::new("answer").await;
    let wire = Wire::new().await;
    let store = PostgresStore::connect(&wire.to(&database), 4).await.unwrap();
    let lease = store.acquire(3).await.unwrap();
    assert_eq!(store.commit(lease, 1, vec![]).await, Ok(Committed::Done));
    wire.cut_at_the_next_answer();
    let outcome = store.commit(lease, 2, vec![(row(1), Some(vec![2]))]).await;
    assert!(unknown(&outcome), "{outcome:?}");
    let repeat = store.commit(lease, 2, vec![(row(1), Some(vec![99]))]).await;
    assert_eq!(repeat, Ok(Committed::AlreadyDone));
    assert_eq!(store.get(&[row(1)]).await.unwrap(), [Some(vec![2])]);
    assert_eq!(store.acquire(3).await.unwrap().last, 2, "whoever reads everything again finds it too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_does_not_mind_a_lost_connection() {
    let database = Database::new("reads").await;
    let store = PostgresStore::connect(&database.address(), 4).await.unwrap();
    let lease = store.acquire(3).await.unwrap();
    store.commit(lease, 1, vec![(row(1), Some(vec![1]))]).await.unwrap();
    let client = database.client().await;
    for _ in 0..8 {
        const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'cauce'";
        client.execute(END, &[]).await.unwrap();
        assert_eq!(store.get(&[row(1)]).await.unwrap(), [Some(vec![1])]);
        assert_eq!(store.acquire(3).await.unwrap().last, 1);
    }
}

/// Several streams count, each in a row of its own, while the server crashes and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_loses_nothing_and_doubles_nothing() {
    const STREAMS: u16 = 4;
    const CRASHES: usize = 3;
    let database = Database::new("crashes").await;
    let store = Arc::new(PostgresStore::connect(&database.address(), 4).await.unwrap());
    for crash in 0..CRASHES {
        let writers: Vec<_> = (0..STREAMS)
            .map(|stream| {
                let store = store.clone();
                tokio::spawn(async move {
                    let lease = store.acquire(stream).await.unwrap();
                    let mut number = lease.last;
                    loop {
                        number += 1;
                        let row = row(stream.into());
                        let before = store.get(std::slice::from_ref(&row)).await;
                        let Ok(before) = before else { return number - 1 };
                        let count =
                            before[0].as_deref().map_or(0, |n| u64::from_be_bytes(n.try_into().unwrap()));
                        assert_eq!(count, number - 1, "each commit counts once");
                        let writes = vec![(row, Some(number.to_be_bytes().to_vec()))];
                        match store.commit(lease, number, writes).await {
                            Ok(done) => assert_eq!(done, Committed::Done),
                            Err(StoreError::Disk(_)) => return number - 1,
                            Err(other) => panic!("{other}"),
                        }
                    }
                })
            })
            .collect();
        let client = database.client().await;
        let enough = 60 * (crash + 1);
        until(&client, &format!("SELECT sum(last) > {enough} AND count(*) = {STREAMS} FROM cauce_streams"))
            .await;
        drop(client);
        tokio::task::spawn_blocking(|| control("stop")).await.unwrap();
        let mut acknowledged = Vec::new();
        for writer in writers {
            acknowledged.push(writer.await.unwrap());
        }
        tokio::task::spawn_blocking(|| control("start")).await.unwrap();
        for (stream, acknowledged) in (0..STREAMS).zip(acknowledged) {
            let lease = store.acquire(stream).await.unwrap();
            let lost = lease.last.checked_sub(acknowledged);
            assert!(
                matches!(lost, Some(0 | 1)),
                "crash {crash}: {acknowledged} acknowledged, {} there",
                lease.last
            );
            // The one of unknown outcome, again.
            let again = vec![(row(stream.into()), Some((acknowledged + 1).to_be_bytes().to_vec()))];
            let expected = if lost == Some(1) { Committed::AlreadyDone } else { Committed::Done };
            assert_eq!(store.commit(lease, acknowledged + 1, again).await, Ok(expected));
        }
    }
}
