//! The one thread that writes the log: whatever waits goes into it together, and one sync makes it
//! durable.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{mpsc, oneshot};

use super::log::{Log, Lsn};
use super::{Shared, number_in, stream_key};
use crate::embedded::frame::Group;
use crate::{Committed, Lease, StoreError, Write, crash};

/// No further commit joins others of this size, in bytes: everybody waits for the sync.
const TOGETHER: usize = 4 << 20;

/// What the writer is asked.
pub(super) enum Request {
    /// A group of writes.
    Commit {
        lease: Lease,
        number: u64,
        writes: Vec<Write>,
        done: oneshot::Sender<Result<Committed, StoreError>>,
    },
    /// The log up to this group is not needed any more.
    Forget(Lsn),
}

pub(super) struct Writer {
    pub shared: Arc<Shared>,
    pub log: Log,
    pub epoch: u64,
    /// The last commit of each stream that was asked for.
    pub lasts: HashMap<u16, u64>,
}

impl Writer {
    /// The thread's life.
    pub fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Request>) {
        while let Some(first) = inbox.blocking_recv() {
            self.shared.layers.wait_for_room();
            if self.shared.check().is_err() {
                return; // whoever waits hears of it as their request is dropped
            }
            let mut answers = Vec::new();
            let mut groups = Vec::new();
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Forget(lsn) => {
                        if let Err(error) = self.log.remove_to(lsn) {
                            tracing::error!(%error, "an old part of the log cannot be removed");
                        }
                    }
                    Request::Commit { lease, number, writes, done } => {
                        let verdict = self.judge(lease, number);
                        if verdict == Ok(Committed::Done) {
                            bytes += Group::size_of(&writes);
                            let group = Group { stream: lease.stream, epoch: lease.epoch, number, writes };
                            let lsn = self.log.append(&group);
                            let mut writes = group.writes;
                            writes.push((stream_key(lease.stream), Some(number.to_be_bytes().to_vec())));
                            groups.push((lsn, writes));
                        }
                        answers.push((done, verdict));
                    }
                }
                next = if bytes < TOGETHER { inbox.try_recv().ok() } else { None };
            }
            let began = std::time::Instant::now();
            crash::point("log.before_sync");
            // A repeat is answered only after the sync as well: its first writing may be in this one.
            let written = if groups.is_empty() { Ok(()) } else { self.log.sync().map(drop).map_err(failed) };
            crash::point("log.after_sync");
            match &written {
                Ok(()) if groups.is_empty() => {}
                Ok(()) => {
                    metrics::histogram!("cauce_store_sync_seconds").record(began.elapsed().as_secs_f64());
                    self.shared.appended.fetch_add(bytes as u64, Ordering::Relaxed);
                    self.shared.layers.add(groups, bytes as u64);
                    self.shared.tell_fill();
                }
                Err(error) => self.shared.fail(error),
            }
            for (done, verdict) in answers {
                // Whoever asked may have gone away; the commit stands all the same.
                let _ = done.send(written.clone().and(verdict));
            }
            if written.is_err() {
                // Linux reports a failed sync once: a later one that succeeds would prove nothing.
                return;
            }
        }
    }

    /// Whether a commit follows the last one of its stream, by whoever holds it.
    fn judge(&mut self, lease: Lease, number: u64) -> Result<Committed, StoreError> {
        if lease.epoch != self.epoch && !crash::defect("lease_unchecked") {
            return Err(StoreError::Fenced);
        }
        let last = match self.lasts.get(&lease.stream) {
            Some(last) => *last,
            None => {
                let rows = self.shared.layers.get(self.shared.base.as_ref(), &[stream_key(lease.stream)])?;
                number_in(rows[0].as_ref())
            }
        };
        if number == last && number > 0 {
            return Ok(Committed::AlreadyDone);
        }
        if number != last + 1 {
            return Err(StoreError::OutOfOrder { given: number, last });
        }
        self.lasts.insert(lease.stream, number);
        Ok(Committed::Done)
    }
}

fn failed(error: std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => {
            StoreError::Disk("it is full: make room, then start Cauce again".into())
        }
        _ => StoreError::Disk(error.to_string()),
    }
}
