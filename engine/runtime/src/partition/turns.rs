//! Running one turn.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cauce_model::{Duration, Timestamp};
use cauce_store::{Key, StoreError, Table, rows};
use serde::{Serialize, de::DeserializeOwned};

use super::Partition;
use crate::runtime::Command;
use crate::tables::{COMMANDS, day_of};
use crate::turn::{Decided, Rows, hash};
use crate::{EntityAddress, Halt, Turn};

impl Partition {
    /// Runs one turn to its end, reading the rows it asks for. `spent` is the row that brought the
    /// event and goes with it.
    pub(super) async fn turn(
        &self,
        rows: &mut Rows,
        to: &EntityAddress,
        event: &[u8],
        command: Option<&Command>,
        spent: Option<Key>,
        seed: u64,
    ) -> Result<Decided, StoreError> {
        let now = self.clock.now();
        let entity = self.parts.entities.get(&to.kind);
        let mut gave_up: Option<String> = None;
        let mut bare = false;
        loop {
            let mut turn = Turn::new(to, now, seed, rows);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                if let Some(reply) = answered_before(&turn, command)? {
                    turn.decided.reply = Some(reply);
                    return Ok(());
                }
                if let Some(key) = &spent {
                    turn.delete(key.clone());
                }
                match (&gave_up, entity) {
                    (None, Some(entity)) => entity.handle(&mut turn, event)?,
                    (None, None) => {
                        return Err(Halt::Unreadable(format!(
                            "nobody handles entities of kind {}",
                            to.kind.0
                        )));
                    }
                    (Some(cause), entity) => {
                        turn.dead_letter(event, cause);
                        if let (Some(entity), false) = (entity, bare) {
                            entity.give_up(&mut turn, event, cause)?;
                        }
                    }
                }
                if let Some(command) = command {
                    let reply = turn.decided.reply.clone().unwrap_or_default();
                    turn.put(&COMMANDS, command_key(to, command, now), &reply);
                }
                Ok(())
            }));
            let cause = match outcome {
                Ok(Ok(())) => return Ok(turn.decided),
                Ok(Err(Halt::Need(key))) => {
                    drop(turn);
                    self.fetch(rows, key).await?;
                    continue;
                }
                Ok(Err(Halt::Unreadable(cause))) => cause,
                Err(panic) => panic_text(panic.as_ref()),
            };
            // The second time even giving up failed: keep the event and touch nothing else.
            bare = gave_up.is_some();
            tracing::error!(entity = %to, %cause, "an event cannot be handled and is kept as a dead letter");
            gave_up.get_or_insert(cause);
        }
    }

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
            self.fetch(rows, key.clone()).await?;
        }
        rows.get(key).flatten().map(|row| table.read(key, row)).transpose()
    }

    async fn fetch(&self, rows: &mut Rows, key: Key) -> Result<(), StoreError> {
        let row = rows::get(self.store.as_ref(), std::slice::from_ref(&key)).await?.pop().flatten();
        rows.read.insert(key, row);
        Ok(())
    }
}

fn command_key(to: &EntityAddress, command: &Command, at: Timestamp) -> Key {
    let name = hash(&[to.key.as_bytes(), command.actor.as_bytes(), command.id.as_bytes()]);
    COMMANDS.key(to.slot).number(day_of(at)).bytes(&name[..16])
}

/// What the same command answered before: today or yesterday.
fn answered_before(turn: &Turn<'_>, command: Option<&Command>) -> Result<Option<Vec<u8>>, Halt> {
    let Some(command) = command else { return Ok(None) };
    for at in [turn.now(), turn.now() - Duration::days(1)] {
        if let Some(reply) = turn.get(&COMMANDS, &command_key(turn.this(), command, at))? {
            return Ok(Some(reply));
        }
    }
    Ok(None)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "the handler panicked".into())
}
