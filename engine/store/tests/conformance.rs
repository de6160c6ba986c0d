//! The conformance suite on each home.

use std::sync::Arc;

use cauce_store::{EmbeddedStore, MemoryStore, SharedStore, conformance};

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    let store: SharedStore = Arc::new(MemoryStore::new());
    conformance::all(|| {
        let store = store.clone();
        async move { store }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sled() {
    let dir = tempfile::tempdir().unwrap();
    conformance::all(|| {
        let path = dir.path().to_owned();
        async move { Arc::new(EmbeddedStore::open(&path, 4).unwrap()) as SharedStore }
    })
    .await;
}
