//! What befalls a data folder between two lives: what a kill, a power cut or a person may leave.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cauce_store::BaseKind;

use crate::dice::Dice;

/// What the header of a segment of the log has, in bytes.
const HEADER: usize = 28;

/// See the module. Nothing that was acknowledged may be lost by any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// Nothing.
    None,
    /// sled was killed while it opened: a snapshot stands there half written, and looks like the newest.
    HalfSnapshot,
    /// The power went while a frame was written: so many bytes of it, or of something else, are there.
    TornFrame(usize),
    /// A file of the base is damaged: it does not open.
    DamagedBase,
    /// The base's folder is gone.
    NoBase,
}

impl Mishap {
    /// Lets it befall this data folder.
    ///
    /// # Errors
    /// When the folder does not let it.
    pub fn befall(self, data: &Path) -> Result<()> {
        let kind = BaseKind::of(data);
        let base = kind.map(|kind| data.join(kind.name()));
        // It may have been killed before it made any of these.
        match self {
            Self::HalfSnapshot if kind == Some(BaseKind::Sled) => {
                fs::write(data.join("sled").join("snap.7FFFFFFFFFFFFFFF.generating"), b"half a snapshot")?;
            }
            Self::TornFrame(bytes) => {
                let Some(segment) = newest(&data.join("log"))? else { return Ok(()) };
                // A frame is written only behind a header that is durable: before that no more than the header
                // can be torn.
                let header = HEADER.saturating_sub(fs::metadata(&segment)?.len() as usize);
                let bytes = if header > 0 { bytes.min(header) } else { bytes };
                let mut dice = Dice(bytes as u64);
                let torn: Vec<u8> = (0..bytes).map(|_| dice.roll(256).to_le_bytes()[0]).collect();
                OpenOptions::new().append(true).open(segment)?.write_all(&torn)?;
            }
            Self::DamagedBase => {
                let file = if kind == Some(BaseKind::Fjall) { "version" } else { "conf" };
                if let Some(base) = base {
                    fs::write(base.join(file), b"not what it wrote")?;
                }
            }
            Self::NoBase => {
                if let Some(base) = base {
                    fs::remove_dir_all(base)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The last file of a folder by name.
fn newest(folder: &Path) -> Result<Option<PathBuf>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let files: std::io::Result<Vec<PathBuf>> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect();
    Ok(files.context("a log that cannot be listed")?.into_iter().max())
}
