//! What came in lately, so that the same does not happen twice (law 3).
//!
//! Everything that comes in with an id of its own is remembered by a hash of account and id, and by its
//! day, for [`DAYS`](Turn::DAYS_KEPT) days of the provider's time. The latest stand in the tail; of those
//! who write very much, the older half goes to a row for each day, which only what is stamped on that day
//! asks for.

use std::collections::BTreeMap;

use cauce_model::{Duration, Timestamp};
use cauce_runtime::Turn;
use serde::{Deserialize, Serialize};

use super::tail::Name;

/// How many are remembered in the tail.
pub(super) const MOST: usize = 64;
/// A hash and a day.
const SIZE: usize = 10;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recent {
    /// Hash (8 bytes) and day (2 bytes) of each, little-endian, in the order they came.
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
    /// The days that have a row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spilled: Vec<u16>,
}

/// What came in with the stamp of one day, when it is too much for the tail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentDay {
    #[serde(with = "serde_bytes")]
    packed: Vec<u8>,
}

/// The day of a moment, from 1970. Days before, and after 2149, are as the first and the last.
pub(crate) fn day_of(at: Timestamp) -> u16 {
    u16::try_from(at.0.div_euclid(86_400_000).max(0)).unwrap_or(u16::MAX)
}

/// The first day that is remembered at this moment.
pub(super) fn oldest(now: Timestamp) -> u16 {
    day_of(now - Duration::days(Turn::DAYS_KEPT))
}

impl Recent {
    /// What is remembered here, in the order it came.
    pub fn iter(&self) -> impl Iterator<Item = (Name, u16)> {
        self.packed.as_chunks::<SIZE>().0.iter().map(|[a, b, c, d, e, f, g, h, i, j]| {
            (Name::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), u16::from_le_bytes([*i, *j]))
        })
    }

    /// Whether this is remembered here.
    pub fn has(&self, name: Name) -> bool {
        self.packed.as_chunks::<SIZE>().0.iter().any(|entry| entry[..8] == name.to_le_bytes())
    }

    /// Remembers one more.
    pub fn push(&mut self, name: Name, day: u16) {
        self.packed.extend_from_slice(&name.to_le_bytes());
        self.packed.extend_from_slice(&day.to_le_bytes());
    }

    /// Forgets what is of before this day, and gives the days whose rows go with it.
    pub fn forget(&mut self, oldest: u16) -> Vec<u16> {
        if self.iter().any(|(_, day)| day < oldest) {
            let kept: Vec<_> = self.iter().filter(|(_, day)| *day >= oldest).collect();
            self.packed.clear();
            kept.into_iter().for_each(|(name, day)| self.push(name, day));
        }
        self.spilled.extract_if(.., |day| *day < oldest).collect()
    }

    /// Lets go of the older half when there are too many, by day; it belongs in the rows of those days.
    pub fn spill(&mut self) -> BTreeMap<u16, Vec<Name>> {
        let mut by_day = BTreeMap::<_, Vec<_>>::new();
        let count = self.packed.len() / SIZE;
        if count > MOST {
            let older = count - MOST / 2;
            self.iter().take(older).for_each(|(name, day)| by_day.entry(day).or_default().push(name));
            self.packed.drain(..older * SIZE);
            let new = |day: &&u16| !self.spilled.contains(day);
            let new: Vec<u16> = by_day.keys().filter(new).copied().collect();
            self.spilled.extend(new);
        }
        by_day
    }
}

impl RecentDay {
    /// Whether this is remembered here.
    pub(super) fn has(&self, name: Name) -> bool {
        self.packed.as_chunks().0.contains(&name.to_le_bytes())
    }

    /// Remembers some more.
    pub(super) fn extend(&mut self, names: &[Name]) {
        self.packed.extend(names.iter().flat_map(|name| name.to_le_bytes()));
    }

    /// What is remembered here.
    pub(super) fn iter(&self) -> impl Iterator<Item = Name> {
        self.packed.as_chunks().0.iter().map(|bytes| Name::from_le_bytes(*bytes))
    }
}
