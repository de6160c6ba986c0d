//! A partition: a range of slots with one writer.
//!
//! Its worker takes whatever is ready (events, timers, answers of calls, mail), runs a turn for
//! each, and commits all of them as one group. What leaves (replies, calls, mail) leaves after. While one
//! group becomes durable the turns of the next one run, on top of what that one wrote; the next is
//! committed when the one before it is durable, and so lets nothing out before it.
//! `turns` runs one turn; `outcome` commits a group and lets out what it decided; `timers` are those that
//! are due soon; `upkeep` is the beginning, the end, and the tidying in between; `hold` a held start.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use cauce_model::{Duration, Slot, Timestamp};
use cauce_store::{Key, KeyRange, Lease, SharedStore, StoreError, encode};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::dead::{Fate, Replayed};
use crate::meters::{Meters, Way};
use crate::poison::Poison;
use crate::runtime::{Answer, Command, Parts, Settled, SubmitError, Token};
use crate::tables::{CallRow, Change, DEAD, MailRow, SENT, TAKEN, TIMERS, TimerRow};
use crate::tables::{due_of, mail_key, pair_key};
use crate::turn::{Decided, Rows, hash64};
use crate::{Clock, EntityAddress, Held, Resume, Trace, crash, trace};

mod hold;
mod outcome;
mod timers;
mod turns;
mod upkeep;

use outcome::{After, Committing};
use timers::Timers;
use turns::Happening;

/// How many events, and how many timers, one commit carries at most.
pub(crate) const GROUP: usize = 256;
/// How long a stop waits for calls that are under way.
pub(crate) const STOP_WAIT: std::time::Duration = std::time::Duration::from_secs(8);

/// Something to be handled.
pub(crate) enum Work {
    Event {
        to: EntityAddress,
        event: Vec<u8>,
        /// What came from outside; empty when that is not known.
        raw: Bytes,
        command: Option<Command>,
        trace: Option<Trace>,
        done: oneshot::Sender<Result<Answer, SubmitError>>,
    },
    Timer(Key),
    /// One that was overdue in a held start and will not come.
    DropTimer(Key),
    Answered {
        call: Key,
        event: Vec<u8>,
    },
    Mail {
        from: Slot,
        number: u64,
        to: EntityAddress,
        event: Vec<u8>,
        trace: Option<Trace>,
        settles: Vec<Token>,
    },
    /// Mail of ours was taken: its row can go.
    Taken {
        from: Slot,
        to: Slot,
        number: u64,
    },
    /// Somebody looked at a dead letter.
    Dead {
        letter: Key,
        fate: Fate,
        done: oneshot::Sender<Replayed>,
    },
    /// The held start is over.
    Resume {
        how: Resume,
        done: oneshot::Sender<Held>,
    },
    /// Somebody wants to know whether the worker is there.
    Look(oneshot::Sender<()>),
    Stop,
}

/// A call that was handed to its executor.
pub(crate) struct UnderWay {
    pub entity: EntityAddress,
    /// The size of its row.
    pub size: usize,
    pub trace: Option<Trace>,
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
    pub grace: Duration,
    pub started: Timestamp,
    /// Those, and the calls found at the start, wait until somebody says what becomes of them.
    pub held: bool,
    pub told_held: watch::Sender<Held>,
    pub poison: Arc<Poison>,
    pub meters: Arc<Meters>,
    pub timers: Timers,
    pub calls: HashMap<Key, UnderWay>,
    pub under_way: JoinSet<()>,
    /// The last mail to and from others, of the pairs that have been looked up.
    pub sent: HashMap<(Slot, Slot), u64>,
    pub taken: HashMap<(Slot, Slot), u64>,
    /// The day whose expired rows were last looked for.
    pub swept: u64,
    /// Ranges with expired rows that are still to be removed.
    pub sweeping: Vec<KeyRange>,
    /// The group whose commit is under way.
    pub committing: Option<Committing>,
    /// The turns that ran meanwhile; empty when none is.
    pub next: Group,
}

/// A group of turns on its way to its commit.
#[derive(Default)]
pub(crate) struct Group {
    rows: Rows,
    changes: Vec<Change>,
    /// The calls that its turns made.
    calls: HashMap<Key, CallRow>,
    after: After,
    /// How many things it has taken in, and how many turns that were.
    taken: usize,
    turns: u32,
}

/// Spreads a number over all 64 bits, one for one (the finish of SplitMix64).
fn mixed(mut number: u64) -> u64 {
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Partition {
    /// The worker's life.
    pub async fn run(mut self) {
        loop {
            match self.live().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(partition = self.index, %error, "the partition stops: its last commit is uncertain");
                    self.failed.send_replace(Some(error));
                    return;
                }
            }
        }
    }

    /// Waits for something to do and does it; whether there will be more.
    async fn live(&mut self) -> Result<bool, StoreError> {
        let mut work = Vec::new();
        let mut durable = None;
        self.plan_sweep();
        let room = self.next.taken < GROUP;
        let wake = self.next_wake().filter(|_| room);
        let sleep = self.clock.sleep_until(wake.unwrap_or_default());
        tokio::select! {
            biased;
            done = outcome::end_of(&mut self.committing) => durable = Some(done),
            Some(item) = self.internal.recv(), if room => work.push(item),
            Some(item) = self.submitted.recv(), if room => work.push(item),
            () = sleep, if wake.is_some() => {}
            () = std::future::ready(()), if !self.sweeping.is_empty() && self.committing.is_none() => {}
        }
        if let Some(committed) = durable {
            self.finish_commit(committed)?;
        }
        self.take_ready(&mut work).await?;
        let idle = work.is_empty();
        let stop = work.iter().any(|item| matches!(item, Work::Stop));
        let resumes: Vec<Work> = work.extract_if(.., |item| matches!(item, Work::Resume { .. })).collect();
        self.take_in(work).await?;
        if self.committing.is_none() {
            self.commit_next().await?;
        }
        for resume in resumes {
            if let Work::Resume { how, done } = resume {
                self.settle().await?;
                // Whoever asked may have gone away; it is done all the same.
                let _ = done.send(self.let_go(how).await?);
            }
        }
        if idle && self.committing.is_none() {
            self.sweep().await?;
        }
        if stop {
            self.finish().await?;
        }
        Ok(!stop)
    }

    /// What else is ready: events first, then timers, so that an answer already received beats a
    /// timeout of the same moment.
    async fn take_ready(&mut self, work: &mut Vec<Work>) -> Result<(), StoreError> {
        let room = GROUP.saturating_sub(self.next.taken);
        if room == 0 {
            return Ok(());
        }
        while work.len() < room
            && let Ok(item) = self.internal.try_recv()
        {
            work.push(item);
        }
        while work.len() < room
            && let Ok(item) = self.submitted.try_recv()
        {
            work.push(item);
        }
        self.take_due(work).await
    }

    /// Runs a turn for each, commits them all, and lets out what they decided.
    async fn group(&mut self, work: Vec<Work>) -> Result<(), StoreError> {
        self.take_in(work).await?;
        self.settle().await
    }

    /// Runs a turn for each, in the group that is committed next.
    async fn take_in(&mut self, work: Vec<Work>) -> Result<(), StoreError> {
        let mut group = std::mem::take(&mut self.next);
        let seed = hash64(&[
            &self.lease.stream.to_be_bytes(),
            &self.lease.epoch.to_be_bytes(),
            &self.number.to_be_bytes(),
        ]);
        self.prefetch(&mut group.rows, &work).await?;
        let before = group.turns;
        for item in work {
            let seed = mixed(seed.wrapping_add(group.taken as u64));
            group.taken += 1;
            self.happen(&mut group, item, seed).await?;
        }
        if group.turns > before {
            self.poison.end(self.index);
        }
        self.next = group;
        Ok(())
    }

    /// Waits until all turns that ran are durable, and lets out what they decided.
    async fn settle(&mut self) -> Result<(), StoreError> {
        loop {
            if self.committing.is_some() {
                let committed = outcome::end_of(&mut self.committing).await;
                self.finish_commit(committed)?;
            }
            if self.next.taken == 0 {
                return Ok(());
            }
            self.commit_next().await?;
        }
    }

    /// Takes one thing into the group.
    async fn happen(&mut self, group: &mut Group, item: Work, seed: u64) -> Result<(), StoreError> {
        match item {
            Work::Event { to, event, raw, command, trace, done } => {
                let (token, settled) = Settled::new();
                let this = Happening {
                    raw: &raw,
                    command: command.as_ref(),
                    trace,
                    ..Happening::new(Way::Event, &to, &event, seed)
                };
                let mut decided = self.decide(group, this).await?;
                let reply = decided.reply.take();
                self.take_over(group, to.slot, decided, &[token]).await?;
                group.after.replies.push((done, Answer { reply, settled }));
            }
            Work::Timer(ref key) | Work::DropTimer(ref key) => {
                if matches!(group.rows.get(key), Some(None)) {
                    return Ok(()); // taken back, by an earlier turn of this group or before
                }
                crash::point("timer.due");
                let Some(row) = self.read(&mut group.rows, &TIMERS, key).await? else { return Ok(()) };
                let TimerRow { entity, event } = row;
                let late = (self.clock.now() - due_of(key)).0.max(0);
                self.meters.timer_late_seconds.record(std::time::Duration::from_millis(late.unsigned_abs()));
                let dropped = matches!(item, Work::DropTimer(_));
                let this = Happening {
                    spent: Some(key),
                    dropped,
                    ..Happening::new(Way::Timer, &entity, &event, seed)
                };
                let decided = self.decide(group, this).await?;
                self.take_over(group, entity.slot, decided, &[]).await?;
            }
            Work::Answered { call, event } => {
                // It may have been answered before.
                let Some(under_way) = self.calls.remove(&call) else { return Ok(()) };
                let UnderWay { entity, size, trace } = under_way;
                group.rows.sizes.insert(call.clone(), size);
                let this = Happening {
                    spent: Some(&call),
                    trace,
                    ..Happening::new(Way::Answer, &entity, &event, seed)
                };
                let decided = self.decide(group, this).await?;
                self.take_over(group, entity.slot, decided, &[]).await?;
            }
            Work::Mail { from, number, to, event, trace, settles } => {
                let slot = to.slot;
                let key = pair_key(&TAKEN, slot, from);
                let known = self.taken.get(&(slot, from)).copied();
                let last = self.counter(&mut group.rows, known, &key).await?;
                if number == last + 1 {
                    let this = Happening { trace, ..Happening::new(Way::Mail, &to, &event, seed) };
                    let decided = self.decide(group, this).await?;
                    self.take_over(group, slot, decided, &settles).await?;
                    self.taken.insert((slot, from), number);
                    group.rows.written.insert(key, Some(encode(&number)));
                } else if number > last {
                    // Its row stands at the sender, who sends it again at the next start.
                    tracing::error!(number, last, "mail arrived out of its order");
                    return Ok(());
                }
                group.after.acks.push((from, slot, number));
                group.after.settled.extend(settles);
            }
            Work::Taken { from, to, number } => {
                group.rows.written.insert(mail_key(from, to, number), None);
            }
            Work::Dead { letter, fate, done } => {
                let Some(row) = self.read(&mut group.rows, &DEAD, &letter).await? else {
                    group.after.letters.push((done, Replayed::Gone));
                    return Ok(());
                };
                let (token, settled) = Settled::new();
                let mut replayed = Replayed::Handled(settled);
                if fate == Fate::Replay {
                    let to = &row.entity;
                    let this = Happening {
                        raw: &row.raw,
                        spent: Some(&letter),
                        ..Happening::new(Way::Replay, to, &row.event, seed)
                    };
                    let decided = self.decide(group, this).await?;
                    if let Some(cause) = decided.dead.clone() {
                        replayed = Replayed::DeadAgain { cause };
                    }
                    self.take_over(group, to.slot, decided, &[token]).await?;
                } else {
                    group.rows.written.insert(letter, None);
                }
                group.after.letters.push((done, replayed));
            }
            // Whoever asked has stopped waiting.
            Work::Look(done) => drop(done.send(())),
            Work::Resume { .. } | Work::Stop => {}
        }
        Ok(())
    }

    async fn decide(&self, group: &mut Group, this: Happening<'_>) -> Result<Decided, StoreError> {
        let kind = this.to.kind.0;
        // The key of an entity may be somebody's phone number.
        let span = trace::sync_scope(this.trace, || match this.way {
            Way::Timer => tracing::debug_span!("timer", kind),
            Way::Replay => tracing::debug_span!("replay", kind),
            way => tracing::debug_span!("turn", kind, ?way),
        });
        let turn = self.turn(&mut group.rows, this).instrument(span.clone());
        let (decided, forgiven) = trace::scope(this.trace, turn).await?;
        group.turns += 1;
        if !span.is_disabled() {
            group.after.commits.push((this.trace, span));
        }
        group.after.forgiven.extend(forgiven);
        Ok(decided)
    }

    /// Adds what a turn decided to the group.
    async fn take_over(
        &mut self,
        group: &mut Group,
        from: Slot,
        decided: Decided,
        settles: &[Token],
    ) -> Result<(), StoreError> {
        debug_assert!(
            decided.rows.keys().all(|key| key.slot() == Some(from)),
            "a turn writes in its own slot"
        );
        self.meters.dead_letters.increment(u64::from(decided.dead.is_some()));
        group.rows.written.extend(decided.rows);
        group.changes.extend(decided.changes);
        group.calls.extend(decided.calls);
        let trace = decided.trace;
        group.after.told.extend(decided.told.into_iter().map(|(kind, payload)| (trace, kind, payload)));
        for (to, event) in decided.mail {
            let key = pair_key(&SENT, from, to.slot);
            let known = self.sent.get(&(from, to.slot)).copied();
            let number = self.counter(&mut group.rows, known, &key).await? + 1;
            self.sent.insert((from, to.slot), number);
            group.rows.written.insert(key, Some(encode(&number)));
            let row = MailRow { to, event, trace };
            if !crash::defect("mail_lost") {
                group.rows.written.insert(mail_key(from, row.to.slot, number), Some(encode(&row)));
            }
            group.after.mail.push((from, number, row, settles.to_vec()));
        }
        Ok(())
    }

    /// A counter between two slots, read when it is not in memory.
    async fn counter(&self, rows: &mut Rows, known: Option<u64>, key: &Key) -> Result<u64, StoreError> {
        if let Some(number) = known {
            return Ok(number);
        }
        if rows.get(key).is_none() {
            self.poison.end(self.index);
            self.fetch(rows, vec![key.clone()]).await?;
        }
        let number = rows.get(key).flatten().map(|row| SENT.read(key, row)).transpose()?;
        Ok(number.unwrap_or(0))
    }
}
