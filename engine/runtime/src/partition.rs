//! A partition: a range of slots with one writer.
//!
//! Its worker takes whatever is ready (events, timers, answers of calls, mail), runs a turn for
//! each, and commits all of them as one group. What leaves (replies, calls, mail) leaves after.
//! `turns` runs one turn; `upkeep` is the beginning, the end, and the tidying in between.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use cauce_model::{Slot, Timestamp};
use cauce_store::{Key, KeyRange, Lease, SharedStore, StoreError, encode, rows};
use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::runtime::{Answer, Command, Parts, Settled, SubmitError, Token};
use crate::tables::{CALLS, CallRow, FEED, MailRow, SENT, TAKEN, TIMERS, TimerRow};
use crate::tables::{due_of, mail_key, pair_key};
use crate::turn::{Decided, Rows, hash64};
use crate::{Call, Clock, EntityAddress, crash};

mod turns;
mod upkeep;

/// How many events, and how many timers, one commit carries at most.
pub(crate) const GROUP: usize = 256;
/// How many commits' changes the feed keeps for listeners that come back.
const FEED_KEPT: u64 = 10_000;
/// How long a stop waits for calls that are under way.
pub(crate) const STOP_WAIT: std::time::Duration = std::time::Duration::from_secs(8);

/// Something to be handled.
pub(crate) enum Work {
    Event {
        to: EntityAddress,
        event: Vec<u8>,
        command: Option<Command>,
        done: oneshot::Sender<Result<Answer, SubmitError>>,
    },
    Timer(Key),
    Answered {
        call: Key,
        event: Vec<u8>,
    },
    Mail {
        from: Slot,
        number: u64,
        to: EntityAddress,
        event: Vec<u8>,
        settles: Vec<Token>,
    },
    /// Mail of ours was taken: its row can go.
    Taken {
        from: Slot,
        to: Slot,
        number: u64,
    },
    Stop,
}

/// Which slots there are and who writes them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    pub partitions: u16,
}

impl Layout {
    pub fn partition_of(self, slot: Slot) -> usize {
        usize::from(slot.number()) * usize::from(self.partitions) / usize::from(cauce_model::SLOTS)
    }

    pub fn slots_of(self, partition: usize) -> impl Iterator<Item = Slot> {
        Slot::all().filter(move |slot| self.partition_of(*slot) == partition)
    }

    /// The slot under which the rows of the partition as a whole are kept.
    pub fn home_of(self, partition: usize) -> Slot {
        self.slots_of(partition).next().expect("no more partitions than slots")
    }
}

pub(crate) struct Partition {
    pub index: usize,
    pub home: Slot,
    pub layout: Layout,
    pub store: SharedStore,
    pub clock: Arc<dyn Clock>,
    pub parts: Arc<Parts>,
    pub lease: Lease,
    pub number: u64,
    pub submitted: mpsc::Receiver<Work>,
    pub internal: mpsc::UnboundedReceiver<Work>,
    pub peers: Vec<mpsc::UnboundedSender<Work>>,
    pub feed_head: watch::Sender<u64>,
    pub feed_tail: u64,
    /// How far the slowest reader has read.
    pub read_heads: Vec<watch::Receiver<u64>>,
    pub failed: watch::Sender<Option<StoreError>>,
    /// Timers that came due while the process was down wait until this moment: what was written to
    /// us meanwhile goes first.
    pub held_until: Timestamp,
    pub started: Timestamp,
    pub timers: BTreeSet<(Timestamp, Key)>,
    pub calls: HashSet<Key>,
    pub under_way: JoinSet<()>,
    pub sent: HashMap<(Slot, Slot), u64>,
    pub taken: HashMap<(Slot, Slot), u64>,
    /// The day whose expired rows were last looked for.
    pub swept: u64,
    /// Ranges with expired rows that are still to be removed.
    pub sweeping: Vec<KeyRange>,
}

/// What happens once the group is durable.
#[derive(Default)]
struct After {
    replies: Vec<(oneshot::Sender<Result<Answer, SubmitError>>, Answer)>,
    mail: Vec<(Slot, u64, MailRow, Vec<Token>)>,
    told: Vec<(String, Vec<u8>)>,
    acks: Vec<(Slot, Slot, u64)>,
    /// Held until the group is durable, then dropped.
    settled: Vec<Token>,
}

impl Partition {
    /// The worker's life.
    pub async fn run(mut self) {
        loop {
            let mut work = Vec::new();
            self.plan_sweep();
            let wake = self.next_wake();
            let sleep = self.clock.sleep_until(wake.unwrap_or_default());
            tokio::select! {
                biased;
                Some(item) = self.internal.recv() => work.push(item),
                Some(item) = self.submitted.recv() => work.push(item),
                () = sleep, if wake.is_some() => {}
                () = std::future::ready(()), if !self.sweeping.is_empty() => {}
            }
            self.take_ready(&mut work);
            let stop = work.iter().any(|item| matches!(item, Work::Stop));
            let idle = work.is_empty();
            let mut done = self.group(work).await;
            if idle && done.is_ok() {
                done = self.sweep().await;
            }
            if stop && done.is_ok() {
                done = self.finish().await;
            }
            if let Err(error) = done {
                tracing::error!(partition = self.index, %error, "the partition stops: its last commit is uncertain");
                self.failed.send_replace(Some(error));
                return;
            }
            if stop {
                return;
            }
        }
    }

    /// What else is ready: events first, then timers, so that an answer already received beats a
    /// timeout of the same moment.
    fn take_ready(&mut self, work: &mut Vec<Work>) {
        while work.len() < GROUP
            && let Ok(item) = self.internal.try_recv()
        {
            work.push(item);
        }
        while work.len() < GROUP
            && let Ok(item) = self.submitted.try_recv()
        {
            work.push(item);
        }
        let now = self.clock.now();
        let from = if now < self.held_until { self.started } else { Timestamp(i64::MIN) };
        let least = (from, Key::from_bytes([]));
        let due: Vec<_> =
            self.timers.range(least..).take_while(|(due, _)| *due <= now).take(GROUP).cloned().collect();
        for entry in due {
            self.timers.remove(&entry);
            work.push(Work::Timer(entry.1));
        }
    }

    fn next_wake(&self) -> Option<Timestamp> {
        let first = self.timers.first()?.0;
        if first >= self.started {
            return Some(first);
        }
        let later = self.timers.range((self.started, Key::from_bytes([]))..).next().map(|(due, _)| *due);
        Some(later.map_or(self.held_until, |due| due.min(self.held_until)))
    }

    /// Runs a turn for each, commits them all, and lets out what they decided.
    async fn group(&mut self, work: Vec<Work>) -> Result<(), StoreError> {
        let mut rows = Rows::default();
        let mut after = After::default();
        let mut changes = Vec::new();
        for (index, item) in work.into_iter().enumerate() {
            let seed = hash64(&[
                &self.lease.stream.to_be_bytes(),
                &self.lease.epoch.to_be_bytes(),
                &self.number.to_be_bytes(),
                &index.to_be_bytes(),
            ]);
            match item {
                Work::Event { to, event, command, done } => {
                    let mut decided = self.turn(&mut rows, &to, &event, command.as_ref(), None, seed).await?;
                    let (token, settled) = Settled::new();
                    let reply = decided.reply.take();
                    self.take_over(&mut rows, &mut after, &mut changes, to.slot, decided, &[token]);
                    after.replies.push((done, Answer { reply, settled }));
                }
                Work::Timer(key) => {
                    if matches!(rows.get(&key), Some(None)) {
                        continue; // taken back by an earlier turn of this group
                    }
                    crash::point("timer.due");
                    let Some(row) = self.read(&mut rows, &TIMERS, &key).await? else { continue };
                    let TimerRow { entity, event } = row;
                    let decided = self.turn(&mut rows, &entity, &event, None, Some(key), seed).await?;
                    self.take_over(&mut rows, &mut after, &mut changes, entity.slot, decided, &[]);
                }
                Work::Answered { call, event } => {
                    if !self.calls.contains(&call) || matches!(rows.get(&call), Some(None)) {
                        continue; // answered before, or taken back
                    }
                    let Some(row) = self.read(&mut rows, &CALLS, &call).await? else { continue };
                    let spent = Some(call.clone());
                    let decided = self.turn(&mut rows, &row.entity, &event, None, spent, seed).await?;
                    self.take_over(&mut rows, &mut after, &mut changes, row.entity.slot, decided, &[]);
                    // It has come back: from here on the same id is another call.
                    self.calls.remove(&call);
                }
                Work::Mail { from, number, to, event, settles } => {
                    let slot = to.slot;
                    let last = self.taken.get(&(slot, from)).copied().unwrap_or(0);
                    if number == last + 1 {
                        let decided = self.turn(&mut rows, &to, &event, None, None, seed).await?;
                        self.take_over(&mut rows, &mut after, &mut changes, slot, decided, &settles);
                        self.taken.insert((slot, from), number);
                        rows.written.insert(pair_key(&TAKEN, slot, from), Some(encode(&number)));
                    } else if number > last {
                        // Its row stands at the sender, who sends it again at the next start.
                        tracing::error!(number, last, "mail arrived out of its order");
                        continue;
                    }
                    after.acks.push((from, slot, number));
                    after.settled.extend(settles);
                }
                Work::Taken { from, to, number } => {
                    rows.written.insert(mail_key(from, to, number), None);
                }
                Work::Stop => {}
            }
        }
        self.commit(rows, changes).await?;
        self.let_out(after);
        Ok(())
    }

    /// Adds what a turn decided to the group.
    fn take_over(
        &mut self,
        rows: &mut Rows,
        after: &mut After,
        changes: &mut Vec<Vec<u8>>,
        from: Slot,
        decided: Decided,
        settles: &[Token],
    ) {
        debug_assert!(
            decided.rows.keys().all(|key| key.slot() == Some(from)),
            "a turn writes in its own slot"
        );
        rows.written.extend(decided.rows);
        changes.extend(decided.changes);
        after.told.extend(decided.told);
        for (to, event) in decided.mail {
            let counter = self.sent.entry((from, to.slot)).or_default();
            *counter += 1;
            let number = *counter;
            rows.written.insert(pair_key(&SENT, from, to.slot), Some(encode(&number)));
            let row = MailRow { to, event };
            rows.written.insert(mail_key(from, row.to.slot, number), Some(encode(&row)));
            after.mail.push((from, number, row, settles.to_vec()));
        }
    }

    async fn commit(&mut self, mut group: Rows, changes: Vec<Vec<u8>>) -> Result<(), StoreError> {
        let mut head = *self.feed_head.borrow();
        if !changes.is_empty() {
            head += 1;
            group.written.insert(FEED.key(self.home).number(head), Some(encode(&changes)));
            self.trim_feed(&mut group, head);
        }
        if group.written.is_empty() {
            return Ok(());
        }
        // A row that goes without having been read may be kept in pieces, which go with it.
        let gone = group.written.iter().filter(|(key, row)| row.is_none() && !group.read.contains_key(key));
        let gone: Vec<Key> = gone.map(|(key, _)| key.clone()).collect();
        let rows = rows::get(self.store.as_ref(), &gone).await?;
        group.read.extend(gone.into_iter().zip(rows));
        let mut writes = Vec::with_capacity(group.written.len());
        for (key, row) in &group.written {
            let before = group.read.get(key).and_then(Option::as_ref).map_or(0, Vec::len);
            rows::put(&mut writes, key.clone(), row.clone(), before);
        }
        crash::point("turn.before_commit");
        self.store.commit(self.lease, self.number + 1, writes).await?;
        crash::point("turn.after_commit");
        self.number += 1;
        for (key, row) in group.written {
            if key.table() == TIMERS.key(self.home).table() {
                let entry = (due_of(&key), key);
                if row.is_some() {
                    self.timers.insert(entry)
                } else {
                    self.timers.remove(&entry)
                };
            } else if key.table() == CALLS.key(self.home).table() {
                match row {
                    None => drop(self.calls.remove(&key)),
                    Some(row) if !self.calls.contains(&key) => {
                        let row = CALLS.read(&key, &row)?;
                        self.dispatch(key, row, false);
                    }
                    Some(_) => {}
                }
            }
        }
        self.feed_head.send_if_modified(|last| std::mem::replace(last, head) != head);
        Ok(())
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

    fn let_out(&mut self, after: After) {
        while self.under_way.try_join_next().is_some() {}
        for (kind, payload) in after.told {
            if let Some(executor) = self.parts.executors.get(kind.as_str()).cloned() {
                let call = Call { id: String::new(), payload, resumed: false };
                self.under_way.spawn(async move { drop(executor.execute(call).await) });
            }
        }
        for (from, number, row, settles) in after.mail {
            self.post(from, number, row, settles);
        }
        for (from, to, number) in after.acks {
            self.tell(from, Work::Taken { from, to, number });
        }
        for (done, answer) in after.replies {
            // Whoever asked may have gone away; what was decided stands.
            let _ = done.send(Ok(answer));
        }
        drop(after.settled);
    }

    fn post(&self, from: Slot, number: u64, row: MailRow, settles: Vec<Token>) {
        crash::point("mail.before_delivery");
        self.tell(row.to.slot, Work::Mail { from, number, to: row.to, event: row.event, settles });
    }

    fn tell(&self, slot: Slot, work: Work) {
        // A partition that has stopped reads its rows again at the next start.
        let _ = self.peers[self.layout.partition_of(slot)].send(work);
    }

    fn dispatch(&mut self, key: Key, row: CallRow, resumed: bool) {
        let Some(executor) = self.parts.executors.get(row.kind.as_str()).cloned() else {
            tracing::error!(kind = row.kind, "nobody carries out calls of this kind");
            return;
        };
        self.calls.insert(key.clone());
        let answers = self.peers[self.index].clone();
        let mut call = Call { id: row.id, payload: row.payload, resumed };
        while self.under_way.try_join_next().is_some() {}
        self.under_way.spawn(async move {
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
        });
    }
}
