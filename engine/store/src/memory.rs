//! A home in memory: for tests of what stands above the store. Nothing survives the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::{Committed, Key, KeyRange, Lease, Store, StoreError, Value, Write, check_group};

/// See the module.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    rows: BTreeMap<Key, Value>,
    streams: HashMap<u16, (u64, u64)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        let inner = self.lock();
        let values = keys.iter().map(|key| inner.rows.get(key).cloned()).collect();
        ready(Ok(values)).boxed()
    }

    fn scan<'a>(
        &'a self,
        range: &'a KeyRange,
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Value)>, StoreError>> {
        let inner = self.lock();
        if range.from >= range.to {
            return ready(Ok(Vec::new())).boxed();
        }
        let rows =
            inner.rows.range(range.from.clone()..range.to.clone()).map(|(k, v)| (k.clone(), v.clone()));
        let rows = if reverse { rows.rev().take(limit).collect() } else { rows.take(limit).collect() };
        ready(Ok(rows)).boxed()
    }

    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>> {
        let mut inner = self.lock();
        let entry = inner.streams.entry(stream).or_default();
        entry.0 += 1;
        let lease = Lease { stream, epoch: entry.0, last: entry.1 };
        ready(Ok(lease)).boxed()
    }

    fn commit(
        &self,
        lease: Lease,
        number: u64,
        writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let mut inner = self.lock();
        let result = check_group(&writes).and_then(|()| {
            let (epoch, last) = inner.streams.get(&lease.stream).copied().unwrap_or_default();
            match number {
                _ if epoch != lease.epoch => Err(StoreError::Fenced),
                n if n == last && n > 0 => Ok(Committed::AlreadyDone),
                n if n != last + 1 => Err(StoreError::OutOfOrder { given: n, last }),
                _ => {
                    for (key, value) in writes {
                        match value {
                            Some(value) => inner.rows.insert(key, value),
                            None => inner.rows.remove(&key),
                        };
                    }
                    inner.streams.insert(lease.stream, (epoch, number));
                    Ok(Committed::Done)
                }
            }
        });
        ready(result).boxed()
    }
}
