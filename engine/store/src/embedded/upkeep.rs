//! What goes on behind the commits: layers drain into the base, and checkpoints of the base let the log
//! be forgotten.

use std::sync::atomic::Ordering;

use tokio::sync::mpsc;

use super::base::Base;
use super::checkpoint::{self, CheckpointWriter};
use super::disk::Disk;
use super::log::Lsn;
use super::writer::Request;
use super::{Shared, applied_key, number_in};
use crate::sync::{Condvar, Mutex, locked};
use crate::{Key, KeyRange, StoreError, Value, crash};

/// How many rows of the base are read at a time for a checkpoint.
const PAGE: usize = 1000;
/// How many checkpoints are kept: the log goes behind the older one, so that one damaged file loses
/// nothing.
pub(super) const KEPT: usize = 2;

/// Drains layers into the base until the store is closed.
pub(super) fn drain(shared: &Shared, due: &Due) {
    drain_all(shared, due);
    due.close();
}

fn drain_all(shared: &Shared, due: &Due) {
    while let Some(layer) = shared.layers.next_to_drain() {
        let applied = layer.last().to_be_bytes().to_vec();
        let applied_key = applied_key();
        crash::point("drain.before_write");
        let drained = shared
            .base
            .write(&mut layer.rows().filter(|(key, _)| **key != applied_key))
            .and_then(|()| {
                crash::point("drain.before_applied");
                shared.base.write(&mut std::iter::once((&applied_key, Some(&applied))))
            })
            .and_then(|()| shared.base.sync());
        if let Err(error) = drained {
            shared.fail(&error);
            return;
        }
        crash::point("drain.after");
        drop(layer);
        shared.layers.drained();
        shared.tell_fill();
        due.tell(shared.appended.load(Ordering::Relaxed));
    }
}

/// When the next checkpoint is due.
#[derive(Default)]
pub(super) struct Due {
    state: Mutex<DueState>,
    changed: Condvar,
}

#[derive(Default)]
struct DueState {
    appended: u64,
    closed: bool,
}

impl Due {
    fn tell(&self, appended: u64) {
        locked(&self.state).appended = appended;
        self.changed.notify_all();
    }

    /// Nothing is due any more.
    pub fn close(&self) {
        locked(&self.state).closed = true;
        self.changed.notify_all();
    }

    fn closed(&self) -> bool {
        locked(&self.state).closed
    }

    /// Waits until this much was appended; `None` when closed.
    fn wait_for(&self, appended: u64) -> Option<u64> {
        let mut state = locked(&self.state);
        while state.appended < appended && !state.closed {
            state = self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        (!state.closed).then_some(state.appended)
    }
}

/// Makes checkpoints until the store is closed, at the soonest after the log has grown by `every` bytes.
/// `since_last` is what the log had grown since the last one
/// when the store was opened, `last_bytes` that one's size.
pub(super) fn checkpoints(
    shared: &Shared,
    due: &Due,
    writer: &mpsc::WeakUnboundedSender<Request>,
    every: u64,
    since_last: u64,
    mut last_bytes: u64,
) {
    let mut next = every.max(last_bytes).saturating_sub(since_last);
    while let Some(appended) = due.wait_for(next) {
        match make(shared.base.as_ref(), shared.checkpoints.as_ref(), || due.closed()) {
            Ok(Some((bytes, forget))) => {
                last_bytes = bytes;
                if let (Some(lsn), Some(writer)) = (forget, writer.upgrade()) {
                    // A writer that has ended forgets at the next start.
                    let _ = writer.send(Request::Forget(lsn));
                }
            }
            Ok(None) => return,
            Err(error) => tracing::error!(%error, "a checkpoint could not be made; the log is kept"),
        }
        next = appended + every.max(last_bytes);
    }
}

/// Makes a checkpoint of the base, reads it back, and removes those no longer needed. Its size, and up to
/// which group the log may be forgotten; `None` when it was given up.
pub(super) fn make(
    base: &dyn Base,
    disk: &dyn Disk,
    give_up: impl Fn() -> bool,
) -> Result<Option<(u64, Option<Lsn>)>, StoreError> {
    let failed = |error: &dyn std::fmt::Display| StoreError::Disk(error.to_string());
    // Rows of later groups may be among those read: the log from here on is applied over them.
    let from_lsn = number_in(base.get(&applied_key())?.as_ref());
    let name = checkpoint::name(from_lsn);
    let new = format!("{name}.new");
    let _ = disk.remove(&new);
    let mut writer = CheckpointWriter::new(disk.create(&new).map_err(|e| failed(&e))?, from_lsn)
        .map_err(|e| failed(&e))?;
    let mut from = Key::from_bytes([]);
    let end = Key::from_bytes([0xff; 8]);
    loop {
        let range = KeyRange { from: from.clone(), to: end.clone() };
        let page: Vec<(Key, Value)> = base.range(&range, false).take(PAGE).collect::<Result<_, _>>()?;
        let Some((last, _)) = page.last() else { break };
        from = Key::from_bytes([last.as_bytes(), &[0]].concat());
        for (key, value) in &page {
            writer.push(key, value).map_err(|e| failed(&e))?;
        }
        if give_up() {
            let _ = disk.remove(&new);
            return Ok(None);
        }
        crash::point("checkpoint.page");
    }
    let made = writer.finish().map_err(|e| failed(&e))?;
    let read = checkpoint::verify(disk.open(&new).map_err(|e| failed(&e))?).map_err(|e| failed(&e))?;
    if read.rows != made.rows {
        return Err(StoreError::Disk(format!(
            "a checkpoint of {} rows reads back as {}",
            made.rows, read.rows
        )));
    }
    disk.rename(&new, &name).and_then(|()| disk.sync_folder()).map_err(|e| failed(&e))?;
    crash::point("checkpoint.made");
    let all = checkpoint::list(disk).map_err(|e| failed(&e))?;
    let forget = all.iter().rev().nth(KEPT - 1).copied();
    for old in all.iter().rev().skip(KEPT) {
        disk.remove(&checkpoint::name(*old)).map_err(|e| failed(&e))?;
    }
    tracing::info!(rows = made.rows, bytes = made.bytes, from_lsn, "checkpoint made");
    Ok(Some((made.bytes, forget)))
}
