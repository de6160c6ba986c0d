//! What the house writes to, which the test can break: a data folder, or a database of its own in the server
//! that `scripts/with-postgres` starts.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cauce_store::{
    Committed, EmbeddedStore, FolderError, Key, KeyRange, Lease, SharedStore, Store, StoreError, Value, Write,
};
use futures_util::future::{BoxFuture, FutureExt, ready};

use super::PARTITIONS;

/// A disk store whose commits fail once it is broken; what it has stays readable.
pub(super) struct Disk {
    pub store: SharedStore,
    pub broken: Arc<AtomicBool>,
}

/// The store in a data folder.
pub(super) async fn embedded(folder: &Path) -> SharedStore {
    loop {
        match EmbeddedStore::open(folder, PARTITIONS) {
            Ok(store) => return Arc::new(store),
            // Whoever had it open is still letting go.
            Err(FolderError::InUse(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A new database for a new folder, when the test runs with a server. A folder that has rows keeps them.
pub(super) async fn database(folder: &Path) -> Option<String> {
    let server = std::env::var("CAUCE_TEST_POSTGRES").ok()?;
    if folder.read_dir().unwrap().next().is_some() {
        return None;
    }
    let name = format!("cauce_house_{}", hex::encode(folder.file_name().unwrap().as_encoded_bytes()));
    let (client, work) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(work);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (server, _) = server.rsplit_once('/').unwrap();
    Some(format!("{server}/{name}"))
}

impl Store for Disk {
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
        if self.broken.load(Ordering::SeqCst) {
            return ready(Err(StoreError::Disk("no space left on device".into()))).boxed();
        }
        self.store.commit(lease, number, writes)
    }
}
