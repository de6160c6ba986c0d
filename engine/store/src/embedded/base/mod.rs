//! The base: the ordered map that the layers drain into. It is a view of the log that could be made
//! again; what it has is whole up to the group named in its row `applied`, and may have rows of later
//! groups, which the layers cover until they are drained.
//!
//! A data folder has one of two, in a folder of its name: [`SledBase`] or [`FjallBase`].

mod fjall;
mod sled;
#[cfg(test)]
pub(super) mod tests;

use std::path::Path;

use crate::{Key, KeyRange, StoreError, Value};

pub use self::fjall::FjallBase;
pub use self::sled::SledBase;

/// Memory that a base may use for what it has read, in bytes; with sled the process grows by about 1.75
/// times this.
const CACHE: u64 = 128 << 20;

/// An ordered map that may lose what was not synced, but nothing before that.
pub trait Base: Send + Sync {
    /// A value.
    fn get(&self, key: &Key) -> Result<Option<Value>, StoreError>;

    /// The rows of a range in key order, or from its end when `reverse`. What is written meanwhile may be
    /// among them or not.
    fn range<'a>(
        &'a self,
        range: &KeyRange,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = Result<(Key, Value), StoreError>> + 'a>;

    /// Writes rows, given in the order of their keys; none of them need be durable afterwards.
    fn write(&self, rows: &mut dyn Iterator<Item = (&Key, Option<&Value>)>) -> Result<(), StoreError>;

    /// Makes what was written durable.
    fn sync(&self) -> Result<(), StoreError>;
}

/// Why a base did not open.
#[derive(Debug)]
pub enum OpenError {
    /// A store that was just closed lets go of the base's own lock a moment later than of ours.
    InUse,
    /// What it has cannot be read.
    Damaged(String),
    /// The disk did not let it.
    Io(std::io::Error),
}

/// What a base is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BaseKind {
    /// sled, a tree of pages.
    #[default]
    Sled,
    /// fjall, levels of sorted files: cheaper to write, and smaller.
    Fjall,
}

impl BaseKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sled, Self::Fjall];

    /// The folder it has in a data folder, and what it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Fjall => "fjall",
        }
    }

    /// The one that this data folder has, if it has one yet. When there are two, a version of Cauce that
    /// knew only sled was there last.
    pub fn of(folder: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| folder.join(kind.name()).is_dir())
    }

    /// The one that is called so.
    ///
    /// # Errors
    /// When none is, in a sentence.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| format!("«{name}» is no base: there are «sled» and «fjall»"))
    }

    /// Opens it in its own folder, or makes it.
    pub(super) fn open(self, home: &Path) -> Result<Box<dyn Base>, OpenError> {
        Ok(match self {
            Self::Sled => Box::new(SledBase::open(home)?),
            Self::Fjall => Box::new(FjallBase::open(home)?),
        })
    }
}
