//! The PostgreSQL home on a real server: what it promises, what it says when the server does not do, and
//! what stands after connections, writers and the server itself were lost.
//!
//! Run by `scripts/with-postgres`, which starts the server; every test has a database of its own in it.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod losses;
mod moving;
mod rivals;
mod server;
mod words;

use std::sync::Arc;

use cauce_store::{Committed, PostgresStore, SharedStore, Store, conformance};
use futures_util::future::try_join_all;
use server::{Database, row};

async fn conforms(address: &str) {
    conformance::all(|| async { Arc::new(PostgresStore::connect(address, 4).await.unwrap()) as SharedStore })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_home() {
    conforms(&Database::new("home").await.address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_a_home_where_transactions_are_serializable() {
    conforms(&Database::new("serializable").await.with("default_transaction_isolation=serializable")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_come_at_once_find_one_home() {
    let database = Database::new("at_once").await;
    let address = database.address();
    let stores = try_join_all((1..=8).map(|partitions| PostgresStore::connect(&address, partitions)));
    let partitions: Vec<u16> = stores.await.unwrap().iter().map(PostgresStore::partitions).collect();
    assert!(partitions.iter().all(|one| *one == partitions[0]), "fixed by the first: {partitions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_ever_walks_the_whole_table() {
    let database = Database::new("plans").await;
    let store = PostgresStore::connect(&database.address(), 4).await.unwrap();
    let client = database.client().await;
    // Making the table's index counts as one.
    let (walks, _) = counts(&client).await;
    let lease = store.acquire(0).await.unwrap();
    // From the first row on: a plan that is kept from when the table was empty would be kept too long.
    for number in 1..=200u64 {
        let rows = (0..20).map(|n| (row(number * 100 + n), Some(vec![7; 100])));
        let writes = rows.chain([(row(number * 100 - 90), None)]).collect();
        assert_eq!(store.commit(lease, lease.last + number, writes).await, Ok(Committed::Done));
        store.get(&[row(number * 100), row(1)]).await.unwrap();
        let table = cauce_store::Key::new(server::slot(), 1).prefix();
        store.scan(&table, 3, number % 2 == 0).await.unwrap();
        let beyond = cauce_store::KeyRange { to: cauce_store::Key::new(server::other_slot(), 1), ..table };
        store.scan(&beyond, 3, number % 2 == 0).await.unwrap();
    }
    drop(store);
    let (now, looks) = counts(&client).await;
    assert_eq!(now - walks, 0, "walks of the whole table");
    assert!(looks > 1000, "{looks}");
}

/// How often the rows were walked through, and looked up by their keys, when every other connection has ended:
/// then it has told its counts.
async fn counts(client: &tokio_postgres::Client) -> (i64, i64) {
    server::until(client, "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database()")
        .await;
    let counts = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'cauce_rows'";
    let row = client.query_one(counts, &[]).await.unwrap();
    (row.get(0), row.get(1))
}
