//! Keys: a slot, a table, and fields whose bytes sort as their values do.

use std::fmt;

use cauce_model::Slot;

/// The key of a row: slot (2 bytes), table (1 byte), fields. Fields are written so that the order
/// of keys is the order of their fields: numbers big-endian, texts ended by a zero byte.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// The key of a slot and a table, without fields yet.
    pub fn new(slot: Slot, table: u8) -> Self {
        let mut bytes = Vec::with_capacity(40);
        bytes.extend_from_slice(&slot.number().to_be_bytes());
        bytes.push(table);
        Self(bytes)
    }

    /// A key of the store itself, outside all slots.
    pub(crate) fn own(tail: &[u8]) -> Self {
        let mut bytes = vec![0xff, 0xff];
        bytes.extend_from_slice(tail);
        Self(bytes)
    }

    /// The key with these bytes, as a home keeps it.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// Adds a text field. Zero bytes within are dropped: they end the field.
    pub fn text(mut self, text: &str) -> Self {
        match text.contains('\0') {
            false => self.0.extend_from_slice(text.as_bytes()),
            true => self.0.extend(text.bytes().filter(|b| *b != 0)),
        }
        self.0.push(0);
        self
    }

    /// Adds a number field.
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds bytes as they are; only as the last field.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its slot, or `None` for a key of the store itself.
    pub fn slot(&self) -> Option<Slot> {
        Slot::new(u16::from_be_bytes([*self.0.first()?, *self.0.get(1)?]))
    }

    /// Its table.
    pub fn table(&self) -> Option<u8> {
        self.0.get(2).copied()
    }

    /// What follows slot and table.
    pub fn fields(&self) -> &[u8] {
        self.0.get(3..).unwrap_or_default()
    }

    /// All keys that begin with this one.
    pub fn prefix(&self) -> KeyRange {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if last < 0xff {
                end.push(last + 1);
                break;
            }
        }
        KeyRange { from: self.clone(), to: Key(end) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.slot(), self.table()) {
            (Some(slot), Some(table)) => {
                write!(f, "{}/{table}/{}", slot.number(), self.fields().escape_ascii())
            }
            _ => write!(f, "{}", self.0.escape_ascii()),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Keys from `from` (included) up to `to` (excluded).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key of the range.
    pub from: Key,
    /// The first key after the range.
    pub to: Key,
}

impl KeyRange {
    /// The part of the range before this key.
    pub fn before(mut self, key: Key) -> Self {
        self.to = self.to.min(key);
        self
    }

    /// The part of the range from this key on.
    pub fn from(mut self, key: Key) -> Self {
        self.from = self.from.max(key);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_fields() {
        let slot = Slot::new(3).unwrap();
        let key = |t: &str, n| Key::new(slot, 1).text(t).number(n);
        assert!(key("a", 2) < key("a", 10));
        assert!(key("a", 10) < key("ab", 1));
        assert!(key("z", 0) < Key::new(slot, 2));
    }

    #[test]
    fn a_prefix_holds_what_begins_with_it_and_nothing_else() {
        let slot = Slot::new(255).unwrap();
        let range = Key::new(slot, 0xff).prefix();
        assert!(Key::new(slot, 0xff).text("x") < range.to);
        assert!(Key::new(Slot::new(256).unwrap(), 0) >= range.to);
    }
}
