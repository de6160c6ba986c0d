//! The conformance suite on each home.

use std::sync::Arc;

use cauce_store::embedded::BaseKind;
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

async fn embedded(base: BaseKind) {
    let dir = tempfile::tempdir().expect("a folder");
    conformance::all(|| {
        let opened = EmbeddedStore::open_as(dir.path(), 4, base).expect("nobody else has it");
        async move { Arc::new(opened) as SharedStore }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sled() {
    embedded(BaseKind::Sled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fjall() {
    embedded(BaseKind::Fjall).await;
}
