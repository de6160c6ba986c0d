//! Running one turn, with the rows it asks for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use cauce_model::{Duration, Timestamp};
use cauce_store::{Key, StoreError, Table, rows};
use serde::{Serialize, de::DeserializeOwned};

use super::{Partition, Work};
use crate::meters::Way;
use crate::poison::DEADLY;
use crate::runtime::Command;
use crate::tables::{COMMANDS, DEAD, TAKEN, TIMERS, day_of, pair_key};
use crate::turn::{Decided, Rows, hash};
use crate::{Entity, EntityAddress, Halt, Known, Trace, Turn, WANTS, crash};

/// What a turn is about.
#[derive(Clone, Copy)]
pub(super) struct Happening<'a> {
    pub way: Way,
    pub to: &'a EntityAddress,
    pub event: &'a [u8],
    /// What came from outside, when that is known.
    pub raw: &'a [u8],
    pub command: Option<&'a Command>,
    /// The row that brought the event and goes with it.
    pub spent: Option<&'a Key>,
    /// The timer that brought it does not come: its entity is only told.
    pub dropped: bool,
    /// What set it going.
    pub trace: Option<Trace>,
    pub seed: u64,
    /// By what the event is known, should the process end at it.
    pub hash: u64,
}

impl<'a> Happening<'a> {
    /// Nothing more than an event, of the turn with this seed.
    pub fn new(way: Way, to: &'a EntityAddress, event: &'a [u8], seed: u64) -> Self {
        let trace = Some(Trace::of_seed(seed));
        Self { way, to, event, raw: &[], command: None, spent: None, dropped: false, trace, seed, hash: 0 }
    }
}

impl Partition {
    /// Runs one turn to its end, reading the rows it asks for. Also says by what the event is known when
    /// it had ended the process before and did not now.
    pub(super) async fn turn(
        &self,
        rows: &mut Rows,
        this: Happening<'_>,
    ) -> Result<(Decided, Option<u64>), StoreError> {
        let begun = Instant::now();
        let hash = self.poison.hash(this.to, this.event);
        let deaths = self.poison.deaths(hash);
        let company = self.poison.company(deaths).await;
        let this = Happening { hash, ..this };
        // A person who has it handled again knows what happened.
        let deadly = deaths >= DEADLY && this.way != Way::Replay;
        let decided = if deadly {
            // Where even giving up ended the process, the event is kept and nothing else touched.
            let cause = "the process ended twice while handling this";
            self.give_up(rows, this, cause.into(), deaths > DEADLY).await?
        } else {
            match self.handled(rows, this).await? {
                Ok(decided) => decided,
                Err(cause) => self.give_up(rows, this, cause, false).await?,
            }
        };
        if company.is_some() {
            self.poison.end(self.index);
        }
        self.meters.turns(this.way).increment(1);
        self.meters.turn_seconds.record(begun.elapsed());
        Ok((decided, (deaths > 0 && !deadly).then_some(hash)))
    }

    /// Has the entity handle it; `Err` when it cannot.
    async fn handled(
        &self,
        rows: &mut Rows,
        this: Happening<'_>,
    ) -> Result<Result<Decided, String>, StoreError> {
        self.run_turn(rows, this, |turn, entity| {
            if let Some(reply) = answered_before(turn, this.command)? {
                turn.decided.reply = Some(reply);
                return Ok(());
            }
            spend(turn, this);
            let entity = entity.ok_or_else(|| {
                Halt::Unreadable(format!("nobody handles entities of kind {}", this.to.kind.0))
            })?;
            if this.dropped {
                entity.timer_dropped(turn, this.event)?;
            } else {
                crash::abort_on(this.event);
                entity.handle(turn, this.event)?;
            }
            remember(turn, this);
            Ok(())
        })
        .await
    }

    /// Keeps it as a dead letter; the entity may leave a trace, unless `bare`.
    async fn give_up(
        &self,
        rows: &mut Rows,
        this: Happening<'_>,
        cause: String,
        mut bare: bool,
    ) -> Result<Decided, StoreError> {
        tracing::error!(entity = %this.to, %cause, "an event cannot be handled and is kept as a dead letter");
        loop {
            let given_up = self.run_turn(rows, this, |turn, entity| {
                spend(turn, this);
                turn.dead_letter(this.event, &cause);
                if let (Some(entity), false) = (entity, bare) {
                    entity.give_up(turn, this.event, &cause)?;
                }
                remember(turn, this);
                Ok(())
            });
            match given_up.await? {
                Ok(decided) => return Ok(decided),
                Err(worse) if bare => return Err(StoreError::Disk(worse)),
                // Even giving up failed: keep the event and touch nothing else.
                Err(worse) => {
                    tracing::error!(entity = %this.to, cause = worse, "an entity cannot give up");
                    bare = true;
                }
            }
        }
    }

    /// Runs what is given as a turn, again whenever it halts for rows.
    async fn run_turn(
        &self,
        rows: &mut Rows,
        this: Happening<'_>,
        act: impl Fn(&mut Turn<'_>, Option<&dyn Entity>) -> Result<(), Halt>,
    ) -> Result<Result<Decided, String>, StoreError> {
        let now = self.clock.now();
        let entity = self.parts.entities.get(&this.to.kind).map(AsRef::as_ref);
        loop {
            self.poison.begin(self.index, this.hash);
            let mut turn = Turn::new(this.to, now, this.seed, rows, this.raw);
            let missing = match catch_unwind(AssertUnwindSafe(|| act(&mut turn, entity))) {
                Ok(Ok(())) => return Ok(Ok(turn.decided)),
                Ok(Err(Halt::Unreadable(cause))) => return Ok(Err(cause)),
                Ok(Err(Halt::Need(keys))) => keys,
                Err(panic) => return Ok(Err(panic_text(panic.as_ref()))),
            };
            drop(turn);
            self.poison.end(self.index);
            self.fetch(rows, missing).await?;
        }
    }

    /// Reads what the turns of a group will most likely ask for, all at once.
    pub(super) async fn prefetch(&self, rows: &mut Rows, work: &[Work]) -> Result<(), StoreError> {
        let mut asked: Vec<(&Work, usize)> = work.iter().map(|item| (item, 0)).collect();
        let mut keys = Vec::new();
        while !asked.is_empty() {
            asked.retain_mut(|(item, times)| {
                let before = keys.len();
                *times += usize::from(self.wanted(rows, item, &mut keys));
                let mut known = before;
                // What is known already is asked for no more.
                for index in before..keys.len() {
                    if rows.get(&keys[index]).is_none() {
                        keys.swap(known, index);
                        known += 1;
                    }
                }
                keys.truncate(known);
                known > before && *times < WANTS
            });
            if keys.is_empty() {
                return Ok(());
            }
            keys.sort_unstable();
            keys.dedup();
            self.fetch(rows, std::mem::take(&mut keys)).await?;
        }
        Ok(())
    }

    /// Adds what an item wants; whether its entity was asked, or it is not known yet whose it is.
    fn wanted(&self, rows: &Rows, item: &Work, keys: &mut Vec<Key>) -> bool {
        let ask = |to: &EntityAddress, event: &[u8], keys: &mut Vec<Key>| {
            let Some(entity) = self.parts.entities.get(&to.kind) else { return };
            // One that panics here panics again in its turn, where that hurts itself alone.
            let wants = catch_unwind(AssertUnwindSafe(|| entity.wants(to, event, Known(rows))));
            keys.extend(wants.unwrap_or_default());
        };
        match item {
            Work::Event { to, event, command, .. } => {
                keys.extend(command.iter().flat_map(|command| command_keys(to, command, self.clock.now())));
                ask(to, event, keys);
            }
            Work::Mail { from, to, event, .. } => {
                if !self.taken.contains_key(&(to.slot, *from)) {
                    keys.push(pair_key(&TAKEN, to.slot, *from));
                }
                ask(to, event, keys);
            }
            Work::Answered { call, event } => {
                if let Some(call) = self.calls.get(call) {
                    ask(&call.entity, event, keys);
                }
            }
            Work::Timer(key) | Work::DropTimer(key) => match rows.get(key) {
                None => {
                    keys.push(key.clone());
                    return false;
                }
                Some(row) => {
                    if let Some(Ok(timer)) = row.map(|row| TIMERS.read(key, row)) {
                        ask(&timer.entity, &timer.event, keys);
                    }
                }
            },
            Work::Dead { letter, .. } => match rows.get(letter) {
                None => {
                    keys.push(letter.clone());
                    return false;
                }
                Some(row) => {
                    if let Some(Ok(dead)) = row.map(|row| DEAD.read(letter, row)) {
                        ask(&dead.entity, &dead.event, keys);
                    }
                }
            },
            Work::Taken { .. } | Work::Resume { .. } | Work::Look(_) | Work::Stop => {}
        }
        true
    }

    /// A row as it stands. One that cannot be read is told and left alone.
    pub(super) async fn read<V>(
        &self,
        rows: &mut Rows,
        table: &Table<V>,
        key: &Key,
    ) -> Result<Option<V>, StoreError>
    where
        V: Serialize + DeserializeOwned,
    {
        if rows.get(key).is_none() {
            self.fetch(rows, vec![key.clone()]).await?;
        }
        match rows.get(key).flatten().map(|row| table.read(key, row)).transpose() {
            Err(error @ StoreError::Unreadable { .. }) => {
                tracing::error!(%error, "a row is left alone");
                Ok(None)
            }
            read => read,
        }
    }

    /// Reads rows as the turns that ran leave them.
    pub(super) async fn fetch(&self, rows: &mut Rows, mut keys: Vec<Key>) -> Result<(), StoreError> {
        if let Some(committing) = &self.committing {
            keys.retain(|key| match committing.rows.get(key) {
                None => true,
                Some(row) => {
                    rows.read.insert(key.clone(), row.clone());
                    false
                }
            });
        }
        if keys.is_empty() {
            return Ok(());
        }
        let found = rows::get(self.store.as_ref(), &keys).await?;
        rows.read.extend(keys.into_iter().zip(found));
        Ok(())
    }
}

/// The row that brought the event goes.
fn spend(turn: &mut Turn<'_>, this: Happening<'_>) {
    if let Some(key) = this.spent
        && !(this.way == Way::Timer && crash::defect("timer_kept"))
    {
        turn.delete(key.clone());
    }
}

/// What a command answers is kept.
fn remember(turn: &mut Turn<'_>, this: Happening<'_>) {
    if let Some(command) = this.command {
        let reply = turn.decided.reply.clone().unwrap_or_default();
        let [key, _] = command_keys(this.to, command, turn.now());
        turn.put(&COMMANDS, key, &reply);
    }
}

/// Where the answer of a command is kept: today's, and yesterday's.
fn command_keys(to: &EntityAddress, command: &Command, now: Timestamp) -> [Key; 2] {
    let name = hash(&[to.key.as_bytes(), command.actor.as_bytes(), command.id.as_bytes()]);
    [now, now - Duration::days(1)].map(|at| COMMANDS.key(to.slot).number(day_of(at)).bytes(&name[..16]))
}

/// What the same command answered before.
fn answered_before(turn: &Turn<'_>, command: Option<&Command>) -> Result<Option<Vec<u8>>, Halt> {
    let Some(command) = command else { return Ok(None) };
    let keys = command_keys(turn.this(), command, turn.now());
    turn.need(&keys)?;
    for key in keys {
        if let Some(reply) = turn.get(&COMMANDS, &key)? {
            return Ok(Some(reply));
        }
    }
    Ok(None)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "the handler panicked".into())
}
