//! The start: the base and the log after what the base has. When the base does not open, it is set aside
//! and made again from the newest good checkpoint and the log after that.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::base::{Base, BaseKind, OpenError};
use super::checkpoint::{self, CheckpointReader};
use super::disk::{Disk, RealDisk};
use super::frame::Group;
use super::layers::{Layers, Limits};
use super::log::{Log, LogError, Lsn};
use super::upkeep::{self, Due};
use super::writer::Writer;
use super::{EmbeddedStore, Shared, applied_key, epoch_key, number_in, stream_key};
use crate::{FolderError, Key, StoreError, crash};

/// How many rows of a checkpoint go into the base at a time.
const PAGE: usize = 10_000;

/// The row that says that the base is being made from a checkpoint, and is not whole.
fn unfinished_key() -> Key {
    Key::own(b"unfinished")
}

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecoveryError {
    #[error("it is in use")]
    InUse,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Opens the store in a data folder that is locked already, with this base when it has none yet.
pub(super) fn open(path: &Path, base_if_new: BaseKind, limits: Limits) -> Result<EmbeddedStore, FolderError> {
    let opened = || -> Result<EmbeddedStore, RecoveryError> {
        let log: Arc<dyn Disk> = disk_of_log(&path.join("log"))?;
        let checkpoints: Arc<dyn Disk> = Arc::new(RealDisk::open(&path.join("checkpoints"))?);
        let kind = BaseKind::of(path).unwrap_or(base_if_new);
        if kind != base_if_new {
            tracing::info!(has = kind.name(), asked = base_if_new.name(), "a data folder keeps its base");
        }
        let base = open_base(kind, path, checkpoints.as_ref())?;
        crash::point("start.base_open");
        start(base, log, checkpoints, limits)
    };
    opened().map_err(|error| match error {
        RecoveryError::InUse => FolderError::InUse(path.to_owned()),
        error => FolderError::Unusable { path: path.to_owned(), cause: error.to_string() },
    })
}

fn disk_of_log(path: &Path) -> io::Result<Arc<dyn Disk>> {
    let disk = RealDisk::open(path)?;
    Ok(if crash::power_cut() { Arc::new(super::disk::UnsyncedInMemory::over(disk)) } else { Arc::new(disk) })
}

/// The base, or when what it has cannot be read, a new one with the rows of the newest good checkpoint.
fn open_base(kind: BaseKind, path: &Path, checkpoints: &dyn Disk) -> Result<Box<dyn Base>, RecoveryError> {
    let home = path.join(kind.name());
    let damage = match kind.open(&home) {
        Ok(base) if base.get(&unfinished_key())?.is_some() => "it was only half made again".to_owned(),
        Ok(base) if base.get(&applied_key())?.is_none() => {
            // New, of the first format, or somebody removed it: the checkpoint, if there is one, has more.
            fill(base.as_ref(), checkpoints)?;
            return Ok(base);
        }
        Ok(base) => return Ok(base),
        Err(OpenError::InUse) => return Err(RecoveryError::InUse),
        Err(OpenError::Io(error)) => return Err(error.into()),
        Err(OpenError::Damaged(cause)) => cause,
    };
    let aside =
        (1..).map(|n| path.join(format!("{}.damaged-{n}", kind.name()))).find(|aside| !aside.exists());
    let aside = aside.expect("some number is free");
    tracing::error!(
        damage, aside = %aside.display(), "{} cannot be used: it is set aside and made again", kind.name()
    );
    std::fs::rename(&home, &aside)?;
    let base = kind.open(&home).map_err(|error| io::Error::other(format!("{error:?}")))?;
    fill(base.as_ref(), checkpoints)?;
    Ok(base)
}

/// Gives an empty base the rows of the newest checkpoint that can be read.
pub(super) fn fill(base: &dyn Base, checkpoints: &dyn Disk) -> Result<(), RecoveryError> {
    for lsn in checkpoint::list(checkpoints)?.into_iter().rev() {
        let name = checkpoint::name(lsn);
        if let Err(error) = checkpoint::verify(checkpoints.open(&name)?) {
            tracing::error!(name, %error, "a checkpoint cannot be read; the one before it is taken");
            continue;
        }
        base.write(&mut std::iter::once((&unfinished_key(), Some(&vec![1]))))?;
        base.sync()?;
        let mut reader = CheckpointReader::open(checkpoints.open(&name)?).map_err(io::Error::other)?;
        let mut page = Vec::with_capacity(PAGE);
        loop {
            let row = reader.next().map_err(io::Error::other)?;
            let end = row.is_none();
            page.extend(row.filter(|(key, _)| *key != applied_key()));
            if end || page.len() == PAGE {
                base.write(&mut page.iter().map(|(key, value)| (key, Some(value))))?;
                crash::point("start.filling");
                page.clear();
            }
            if end {
                break;
            }
        }
        base.write(
            &mut [(&applied_key(), Some(&lsn.to_be_bytes().to_vec())), (&unfinished_key(), None)].into_iter(),
        )?;
        base.sync()?;
        return Ok(());
    }
    Ok(())
}

/// Reads the log after what the base has, and starts the threads.
pub(super) fn start(
    base: Box<dyn Base>,
    log: Arc<dyn Disk>,
    checkpoints: Arc<dyn Disk>,
    limits: Limits,
) -> Result<EmbeddedStore, RecoveryError> {
    let applied: Lsn = number_in(base.get(&applied_key())?.as_ref());
    let layers = Layers::new(limits);
    let mut replayed = 0u64;
    let began = std::time::Instant::now();
    let mut log = Log::with_segments(log, limits.segment, applied, &mut |lsn, group: Group| {
        replayed += 1;
        let bytes = Group::size_of(&group.writes) as u64;
        let mut writes = group.writes;
        writes.push((stream_key(group.stream), Some(group.number.to_be_bytes().to_vec())));
        layers.add([(lsn, writes)], bytes);
    })?;
    crash::point("start.log_read");
    if replayed > 0 {
        tracing::info!(groups = replayed, seconds = began.elapsed().as_secs_f64(), "read the log again");
    }

    let epoch = number_in(layers.get(base.as_ref(), &[epoch_key()])?[0].as_ref()) + 1;
    let row = (epoch_key(), Some(epoch.to_be_bytes().to_vec()));
    let lsn = log.append(&Group { stream: u16::MAX, epoch, number: epoch, writes: vec![row.clone()] });
    log.sync()?;
    layers.add([(lsn, vec![row])], 0);

    for left in checkpoints.list()?.iter().filter(|name| name.ends_with(".new")) {
        checkpoints.remove(left)?; // the power went while it was made
    }
    let made = checkpoint::list(checkpoints.as_ref())?;
    if let Some(lsn) = made.iter().rev().nth(upkeep::KEPT - 1) {
        log.remove_to(*lsn)?;
    }
    let last = made.last().copied().unwrap_or(0);
    // One that the log does not reach back to any more is as good as none: the next is made at once.
    let since_last = if log.whole_from() > last + 1 { u64::MAX } else { log.bytes_after(last) };
    let last_bytes = if made.is_empty() { 0 } else { checkpoints.len(&checkpoint::name(last))? };

    let shared = Arc::new(Shared {
        base,
        layers,
        checkpoints,
        failed: Default::default(),
        appended: Default::default(),
    });
    let (requests, inbox) = mpsc::unbounded_channel();
    let due = Arc::new(Due::default());
    let writer = Writer { shared: shared.clone(), log, epoch, lasts: HashMap::new() };
    let threads = [
        thread("store-writer", move || writer.run(inbox))?,
        {
            let (shared, due) = (shared.clone(), due.clone());
            thread("store-drain", move || upkeep::drain(&shared, &due))?
        },
        {
            let (shared, requests) = (shared.clone(), requests.downgrade());
            thread("store-checkpoint", move || {
                upkeep::checkpoints(&shared, &due, &requests, limits.checkpoint, since_last, last_bytes);
            })?
        },
    ];
    Ok(EmbeddedStore { shared, folder: None, epoch, requests: Some(requests), threads: threads.into() })
}

fn thread(name: &str, life: impl FnOnce() + Send + 'static) -> io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(life)
}
