//! Readers: what turns the feed into rows that screens read.
//!
//! A reader follows one partition's feed line by line. What it writes and how far it has read are
//! one commit, so it never counts a line twice or misses one; it may lag by moments.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cauce_model::Slot;
use cauce_store::{Key, Lease, SharedStore, StoreError, Table, Value, encode, rows};
use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use crate::crash;
use crate::tables::{Change, FEED, READ};

/// How many lines of the feed one commit of a reader covers at most.
const LINES: usize = 200;

/// With so many changes at once there is a rush on: the reader then lets [`PAUSE`] pass, so that what moves
/// again and again is written once.
const RUSH: usize = 8;
/// How long. Nobody sees a list that is this much late.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// Builds screen rows from changes.
pub trait Reader: Send + Sync + 'static {
    /// Its name, under which it keeps its place. Never used again for another.
    fn name(&self) -> &'static str;
    /// Takes one change in.
    fn read<'a>(&'a self, view: &'a mut View<'_>, change: &'a [u8]) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// The rows a reader sees and writes.
pub struct View<'a> {
    store: &'a SharedStore,
    home: Slot,
    /// The sizes of rows that were read.
    before: &'a mut HashMap<Key, usize>,
    written: BTreeMap<Key, Option<Value>>,
}

impl View<'_> {
    /// The slot under which this reader keeps its rows in this partition.
    pub fn home(&self) -> Slot {
        self.home
    }

    /// A row as it stands: the reader's own, or any other that is committed.
    pub async fn get<V>(&mut self, table: &Table<V>, key: &Key) -> Result<Option<V>, StoreError>
    where
        V: Serialize + DeserializeOwned,
    {
        if let Some(row) = self.written.get(key) {
            return row.as_ref().map(|row| table.read(key, row)).transpose();
        }
        let row = rows::get(self.store.as_ref(), std::slice::from_ref(key)).await?.pop().flatten();
        self.before.insert(key.clone(), row.as_ref().map_or(0, Vec::len));
        row.map(|row| table.read(key, &row)).transpose()
    }

    /// Writes a row. Only this reader may write it.
    pub fn put<V>(&mut self, _table: &Table<V>, key: Key, value: &V)
    where
        V: Serialize + DeserializeOwned,
    {
        self.written.insert(key, Some(encode(value)));
    }

    /// Removes a row.
    pub fn delete(&mut self, key: Key) {
        self.written.insert(key, None);
    }
}

pub(crate) struct ReaderTask {
    store: SharedStore,
    reader: Arc<dyn Reader>,
    home: Slot,
    lease: Lease,
    number: u64,
    head: watch::Receiver<u64>,
    position: watch::Sender<u64>,
    /// Of the last round; it is kept for its room.
    before: HashMap<Key, usize>,
}

impl ReaderTask {
    pub async fn start(
        store: &SharedStore,
        reader: Arc<dyn Reader>,
        home: Slot,
        stream: u16,
        head: watch::Receiver<u64>,
    ) -> Result<Self, StoreError> {
        let lease = store.acquire(stream).await?;
        let key = READ.key(home).text(reader.name());
        let position = READ.fetch(store.as_ref(), &key).await?.unwrap_or(0);
        let position = watch::Sender::new(position);
        Ok(Self {
            store: store.clone(),
            reader,
            home,
            number: lease.last,
            lease,
            head,
            position,
            before: HashMap::new(),
        })
    }

    pub fn position(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    pub async fn run(
        mut self,
        mut stopping: watch::Receiver<bool>,
        failed: watch::Sender<Option<StoreError>>,
    ) {
        loop {
            let position = *self.position.borrow();
            let ready = tokio::select! {
                biased;
                changed = self.head.wait_for(|head| *head > position) => changed.is_ok(),
                _ = stopping.wait_for(|stopping| *stopping) => false,
            };
            if !ready {
                return;
            }
            match self.catch_up().await {
                Ok(changes) if changes >= RUSH => tokio::time::sleep(PAUSE).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(reader = self.reader.name(), %error, "a reader of the feed stops");
                    failed.send_replace(Some(error));
                    return;
                }
            }
        }
    }

    /// Takes in what has happened since; how many changes that were.
    async fn catch_up(&mut self) -> Result<usize, StoreError> {
        let position = *self.position.borrow();
        let range = FEED.key(self.home).prefix().from(FEED.key(self.home).number(position + 1));
        let lines = rows::scan(self.store.as_ref(), &range, LINES, false).await?;
        let mut before = std::mem::take(&mut self.before);
        before.clear();
        let mut view =
            View { store: &self.store, home: self.home, before: &mut before, written: BTreeMap::new() };
        let (mut last, mut changes) = (position, 0);
        for (key, row) in lines {
            for Change(change) in FEED.read(&key, &row)? {
                changes += 1;
                match self.reader.read(&mut view, &change).await {
                    Err(StoreError::Unreadable { key, cause }) => {
                        tracing::error!(key, cause, "a reader passes over what it cannot read");
                    }
                    read => read?,
                }
            }
            last = crate::feed::number_of(&key);
        }
        view.put(&READ, READ.key(self.home).text(self.reader.name()), &last);
        let mut writes = Vec::with_capacity(view.written.len());
        for (key, row) in view.written {
            let before = view.before.get(&key).copied().unwrap_or(0);
            rows::put(&mut writes, key, row, before);
        }
        self.before = before;
        crash::point("reader.before_commit");
        self.store.commit(self.lease, self.number + 1, writes).await?;
        self.number += 1;
        self.position.send_replace(last);
        Ok(changes)
    }
}
