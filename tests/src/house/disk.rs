//! The disk store, which the test can break.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cauce_store::{Committed, Key, KeyRange, Lease, SledStore, Store, StoreError, Value, Write};
use futures_util::future::{BoxFuture, FutureExt, ready};

/// A disk store whose commits fail once it is broken; what it has stays readable.
pub(super) struct Disk {
    pub store: SledStore,
    pub broken: Arc<AtomicBool>,
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
