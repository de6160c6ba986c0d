//! Slots: the fixed division of all keys.

use serde::{Deserialize, Serialize};

/// How many slots there are. Fixed for ever: it is part of every key on disk.
pub const SLOTS: u16 = 1024;

/// One of the [`SLOTS`] divisions of the key space, the first field of every decision key.
/// Everything that lives in one slot has one writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(u16);

impl Slot {
    /// The slot with this number, or `None` when it is not below [`SLOTS`].
    pub fn new(number: u16) -> Option<Self> {
        (number < SLOTS).then_some(Self(number))
    }

    /// The slot a text belongs to: the first two bytes of its BLAKE3 hash, modulo [`SLOTS`].
    pub fn of(text: &str) -> Self {
        let hash = blake3::hash(text.as_bytes());
        let bytes = hash.as_bytes();
        Self(u16::from_be_bytes([bytes[0], bytes[1]]) % SLOTS)
    }

    /// Its number, below [`SLOTS`].
    pub fn number(self) -> u16 {
        self.0
    }

    /// All slots, in order.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        (0..SLOTS).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_always_belongs_to_the_same_slot() {
        // Written on disk: these numbers may never change.
        assert_eq!(Slot::of("").number(), u16::from_be_bytes([0xaf, 0x13]) % SLOTS);
        assert_eq!(Slot::of("demo"), Slot::of("demo"));
        assert!(Slot::new(SLOTS).is_none());
    }
}
