//! The commit of a group of turns, and what leaves after it: answers, calls, mail.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use cauce_model::Slot;
use cauce_store::{Committed, Key, StoreError, Value, encode, rows};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending, ready};
use sync_wrapper::SyncWrapper;
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use super::{Group, Partition, UnderWay, Work};
use crate::dead::Replayed;
use crate::runtime::{Answer, SubmitError, Token};
use crate::tables::{CALLS, CallRow, FEED, MailRow, TIMERS};
use crate::turn::Rows;
use crate::{Call, Trace, crash, trace};

/// How many commits' changes the feed keeps for listeners that come back.
const FEED_KEPT: u64 = 10_000;

/// How many counters between slots stay in memory.
const COUNTERS: usize = 100_000;

/// What happens once the group is durable.
#[derive(Default)]
pub(super) struct After {
    pub replies: Vec<(oneshot::Sender<Result<Answer, SubmitError>>, Answer)>,
    pub letters: Vec<(oneshot::Sender<Replayed>, Replayed)>,
    pub mail: Vec<(Slot, u64, MailRow, Vec<Token>)>,
    pub told: Vec<(Option<Trace>, String, Vec<u8>)>,
    /// The turns, for those who follow them.
    pub commits: Vec<(Option<Trace>, Span)>,
    pub acks: Vec<(Slot, Slot, u64)>,
    /// Events that had ended the process and did not this time.
    pub forgiven: Vec<u64>,
    /// Held until the group is durable, then dropped.
    pub settled: Vec<Token>,
}

/// A group whose commit is under way.
pub(crate) struct Committing {
    end: SyncWrapper<BoxFuture<'static, Result<Committed, StoreError>>>,
    begun: Instant,
    /// What it writes: the next turns see it already.
    pub(super) rows: HashMap<Key, Option<Value>>,
    moved: Vec<Moved>,
    after: After,
    head: u64,
}

/// How the commit that is under way ends. Nothing is lost when this is dropped before.
pub(super) async fn end_of(committing: &mut Option<Committing>) -> Result<Committed, StoreError> {
    match committing {
        Some(committing) => committing.end.get_mut().await,
        None => pending().await,
    }
}

/// A row that was written and has more to it.
enum Moved {
    Timer(Key, bool),
    Call(Key, usize, Option<CallRow>),
}

impl Partition {
    /// Begins to commit the turns that ran, and lets out what they decided when they wrote nothing. No
    /// commit may be under way.
    pub(super) async fn commit_next(&mut self) -> Result<(), StoreError> {
        let Group { rows: mut group, changes, calls: mut made, after, turns, .. } =
            std::mem::take(&mut self.next);
        if turns > 0 {
            self.meters.group_turns.record(f64::from(turns));
        }
        let mut head = *self.feed_head.borrow();
        if !changes.is_empty() {
            head += 1;
            group.written.insert(FEED.key(self.home).number(head), Some(encode(&changes)));
            self.trim_feed(&mut group, head);
        }
        if group.written.is_empty() {
            self.let_out(after);
            return Ok(());
        }
        // A row that goes without having been read may be kept in pieces, which go with it.
        let known = |key: &Key| group.read.contains_key(key) || group.sizes.contains_key(key);
        let gone = group.written.iter().filter(|(key, row)| row.is_none() && !known(key));
        let gone: Vec<Key> = gone.map(|(key, _)| key.clone()).collect();
        if !gone.is_empty() {
            self.fetch(&mut group, gone).await?;
        }
        let timers = TIMERS.key(self.home).table();
        let calls = CALLS.key(self.home).table();
        let mut moved = Vec::new();
        let mut written = HashMap::with_capacity(group.written.len());
        let mut writes = Vec::with_capacity(group.written.len());
        for (key, row) in group.written {
            let read = group.read.get(&key).and_then(Option::as_ref).map(Vec::len);
            let before = read.or_else(|| group.sizes.get(&key).copied()).unwrap_or(0);
            if key.table() == timers {
                moved.push(Moved::Timer(key.clone(), row.is_some()));
            } else if key.table() == calls {
                let size = row.as_ref().map_or(0, Vec::len);
                let call = row.is_some().then(|| made.remove(&key)).flatten();
                moved.push(Moved::Call(key.clone(), size, call));
            }
            written.insert(key.clone(), row.clone());
            rows::put(&mut writes, key, row, before);
        }
        if crash::defect("send_before_commit") {
            self.follow(std::mem::take(&mut moved));
        }
        crash::point("turn.before_commit");
        self.number += 1;
        let (store, lease, number) = (self.store.clone(), self.lease, self.number);
        let begun = Instant::now();
        let mut end = async move { store.commit(lease, number, writes).await }.boxed();
        // It is under way from its first poll on.
        if let Some(committed) = (&mut end).now_or_never() {
            end = ready(committed).boxed();
        }
        let end = SyncWrapper::new(end);
        self.committing = Some(Committing { end, begun, rows: written, moved, after, head });
        Ok(())
    }

    /// The commit that was under way has ended: follows it, and lets out what its turns decided.
    pub(super) fn finish_commit(
        &mut self,
        committed: Result<Committed, StoreError>,
    ) -> Result<(), StoreError> {
        let Some(Committing { begun, moved, after, head, .. }) = self.committing.take() else {
            return Ok(());
        };
        committed?;
        self.meters.commit_seconds.record(begun.elapsed());
        crash::point("turn.after_commit");
        self.follow(moved);
        for counters in [&mut self.sent, &mut self.taken] {
            // What is written can be read again.
            if counters.len() > COUNTERS {
                counters.clear();
            }
        }
        self.feed_head.send_if_modified(|last| std::mem::replace(last, head) != head);
        self.let_out(after);
        Ok(())
    }

    /// Follows with timers and calls what became of their rows.
    fn follow(&mut self, moved: Vec<Moved>) {
        for moved in moved {
            match moved {
                Moved::Timer(key, true) => self.timers.set(key),
                Moved::Timer(key, false) => self.timers.unset(key),
                Moved::Call(key, _, None) => drop(self.calls.remove(&key)),
                Moved::Call(key, size, Some(call)) => {
                    if !self.calls.contains_key(&key) {
                        self.dispatch(key, size, call, false);
                    }
                }
            }
        }
    }

    /// Removes what is old and read by every reader.
    fn trim_feed(&mut self, group: &mut Rows, head: u64) {
        let read = self.read_heads.iter().map(|head| *head.borrow()).min().unwrap_or(head);
        for _ in 0..2 {
            if self.feed_tail + FEED_KEPT < head && self.feed_tail <= read {
                group.written.insert(FEED.key(self.home).number(self.feed_tail), None);
                self.feed_tail += 1;
            }
        }
    }

    /// Lets out what a group decided, once it is durable.
    pub(super) fn let_out(&mut self, after: After) {
        while self.under_way.try_join_next().is_some() {}
        for (trace, turn) in after.commits {
            trace::sync_scope(trace, || tracing::debug!(parent: &turn, number = self.number, "durable"));
        }
        for (trace, kind, payload) in after.told {
            let executor = self.parts.executors.get(kind.as_str()).filter(|executor| !executor.is_full());
            if let Some(executor) = executor.cloned() {
                let call = Call { id: String::new(), payload, resumed: false };
                self.under_way.spawn(trace::scope(trace, async move { drop(executor.execute(call).await) }));
            }
        }
        for (from, number, row, settles) in after.mail {
            self.post(from, number, row, settles);
        }
        for (from, to, number) in after.acks {
            self.tell(from, Work::Taken { from, to, number });
        }
        for hash in after.forgiven {
            self.poison.forgive(hash);
        }
        for (done, answer) in after.replies {
            // Whoever asked may have gone away; what was decided stands.
            let _ = done.send(Ok(answer));
        }
        for (done, replayed) in after.letters {
            let _ = done.send(replayed);
        }
        drop(after.settled);
    }

    pub(super) fn post(&self, from: Slot, number: u64, row: MailRow, settles: Vec<Token>) {
        crash::point("mail.before_delivery");
        self.tell(
            row.to.slot,
            Work::Mail { from, number, to: row.to, event: row.event, trace: row.trace, settles },
        );
    }

    fn tell(&self, slot: Slot, work: Work) {
        // A partition that has stopped reads its rows again at the next start.
        let _ = self.peers[self.layout.partition_of(slot)].send(work);
    }

    pub(super) fn dispatch(&mut self, key: Key, size: usize, row: CallRow, resumed: bool) {
        let Some(executor) = self.parts.executors.get(row.kind.as_str()).cloned() else {
            tracing::error!(kind = row.kind, "nobody carries out calls of this kind");
            return;
        };
        self.calls.insert(key.clone(), UnderWay { entity: row.entity, size, trace: row.trace });
        let answers = self.peers[self.index].clone();
        let mut call = Call { id: row.id, payload: row.payload, resumed };
        while self.under_way.try_join_next().is_some() {}
        let span = trace::sync_scope(row.trace, || tracing::debug_span!("call", kind = row.kind));
        let carried_out = async move {
            let event = loop {
                match AssertUnwindSafe(executor.execute(call.clone())).catch_unwind().await {
                    Ok(event) => break event,
                    Err(_) if call.resumed => {
                        tracing::error!(
                            id = call.id,
                            "a call panicked twice; it is taken up at the next start"
                        );
                        return;
                    }
                    // What it had done by then nobody knows, as after the end of a process.
                    Err(_) => call.resumed = true,
                }
            };
            // A partition that has stopped resumes the call at the next start.
            let _ = answers.send(Work::Answered { call: key, event });
        };
        self.under_way.spawn(trace::scope(row.trace, carried_out.instrument(span)));
    }
}
