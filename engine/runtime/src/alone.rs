//! Turns without a partition: entities over rows in memory, for measuring what a turn alone costs.

use cauce_model::Timestamp;
use cauce_store::Key;

use crate::tables::{CALLS, CallRow};
use crate::turn::Rows;
use crate::{Call, Entity, EntityAddress, Halt, Known, Turn, WANTS};

/// Rows in memory, and whoever lives over them. Nothing is stored, and nobody is told.
#[derive(Default)]
pub struct Alone {
    rows: Rows,
    written: Written,
}

/// What turns have written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// How many rows, those that were removed included.
    pub rows: usize,
    /// How many bytes their keys and values have.
    pub bytes: usize,
}

impl Alone {
    /// Has an entity handle an event as a partition would, over rows that were read for it; what it writes
    /// is there for the next turn. Mail goes nowhere.
    ///
    /// # Errors
    /// When the entity cannot read a row or the event.
    pub fn turn(
        &mut self,
        entity: &dyn Entity,
        to: &EntityAddress,
        event: &[u8],
        now: Timestamp,
        seed: u64,
    ) -> Result<(), Halt> {
        for _ in 0..WANTS {
            let wanted = entity.wants(to, event, Known(&self.rows));
            if !self.read(wanted) {
                break;
            }
        }
        loop {
            let mut turn = Turn::new(to, now, seed, &self.rows, &[]);
            match entity.handle(&mut turn, event) {
                Ok(()) => {
                    let rows = turn.decided.rows;
                    let size = |(key, row): (&Key, &Option<Vec<u8>>)| {
                        key.as_bytes().len() + row.as_ref().map_or(0, Vec::len)
                    };
                    self.written.rows += rows.len();
                    self.written.bytes += rows.iter().map(size).sum::<usize>();
                    self.rows.read.extend(rows);
                    return Ok(());
                }
                Err(Halt::Need(keys)) => drop(self.read(keys)),
                Err(halt) => return Err(halt),
            }
        }
    }

    /// What all turns so far have written.
    pub fn written(&self) -> Written {
        self.written
    }

    /// Takes what is to be done outside, and for whom.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub fn take_calls(&mut self) -> Result<Vec<(EntityAddress, Call)>, Halt> {
        let mut calls = Vec::new();
        for (key, row) in &mut self.rows.read {
            let is_call = key.slot().is_some_and(|slot| key.table() == CALLS.key(slot).table());
            if let Some(row) = row.take_if(|_| is_call) {
                let CallRow { entity, id, payload, .. } = CALLS.read(key, &row)?;
                calls.push((entity, Call { id, payload, resumed: false }));
            }
        }
        Ok(calls)
    }

    /// Rows that are not here are nowhere. Whether there were any.
    fn read(&mut self, keys: Vec<Key>) -> bool {
        let before = self.rows.read.len();
        for key in keys {
            self.rows.read.entry(key).or_default();
        }
        self.rows.read.len() > before
    }
}
