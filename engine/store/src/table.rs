//! Typed tables: how a value is written in a row.
//!
//! A row is one byte of format and the value as MessagePack with named fields, so that older and
//! newer code read each other's rows: a field that is missing takes its default, one that is
//! unknown is passed over.

use std::cell::Cell;
use std::marker::PhantomData;

use cauce_model::Slot;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Key, Store, StoreError, rows};

/// A whole value in one row.
pub(crate) const WHOLE: u8 = 1;

/// A table: a number that is never used again for anything else, and the type of its values.
pub struct Table<V> {
    number: u8,
    _value: PhantomData<fn() -> V>,
}

impl<V: Serialize + DeserializeOwned> Table<V> {
    /// The table with this number.
    pub const fn new(number: u8) -> Self {
        Self { number, _value: PhantomData }
    }

    /// Its number.
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// The beginning of a key of this table; the caller adds the fields.
    pub fn key(&self, slot: Slot) -> Key {
        Key::new(slot, self.number)
    }

    /// The value of this key as committed.
    pub async fn fetch(&self, store: &dyn Store, key: &Key) -> Result<Option<V>, StoreError> {
        let row = rows::get(store, std::slice::from_ref(key)).await?.pop().flatten();
        row.map(|row| self.read(key, &row)).transpose()
    }

    /// Reads a row of this table.
    pub fn read(&self, key: &Key, row: &[u8]) -> Result<V, StoreError> {
        decode(key, row)
    }
}

/// How much memory a thread keeps for writing rows, in bytes.
const SCRATCH_KEPT: usize = 64 * 1024;

/// Writes a value as a row.
pub fn encode<V: Serialize>(value: &V) -> Vec<u8> {
    grown_once(|row| encode_into(row, value))
}

/// MessagePack with names, as it stands in rows, of something that is no row of its own.
pub fn message_pack<V: Serialize>(value: &V) -> Vec<u8> {
    grown_once(|bytes| write_named(bytes, value))
}

fn grown_once(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    // Grown once and for all: a row, which may live long, is allocated whole and as large as it is.
    thread_local!(static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    let mut scratch = SCRATCH.take();
    scratch.clear();
    write(&mut scratch);
    let row = scratch.as_slice().to_vec();
    if scratch.capacity() <= SCRATCH_KEPT {
        SCRATCH.set(scratch);
    }
    row
}

/// Adds a value, as it would stand in a row, to what is there already.
pub fn encode_into<V: Serialize>(row: &mut Vec<u8>, value: &V) {
    row.push(WHOLE);
    write_named(row, value);
}

fn write_named<V: Serialize>(bytes: &mut Vec<u8>, value: &V) {
    // Writing to memory fails only for types that MessagePack cannot hold, and none of ours is one.
    rmp_serde::encode::write_named(bytes, value).expect("it is representable");
}

/// Reads a row.
pub fn decode<V: DeserializeOwned>(key: &Key, row: &[u8]) -> Result<V, StoreError> {
    let unreadable = |cause: String| StoreError::Unreadable { key: key.to_string(), cause };
    match row.split_first() {
        Some((&WHOLE, body)) => rmp_serde::from_slice(body).map_err(|e| unreadable(e.to_string())),
        Some((format, _)) => Err(unreadable(format!("format {format} is not known to this version"))),
        None => Err(unreadable("it is empty".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        a: u32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        a: u32,
        #[serde(default)]
        b: Option<String>,
    }

    #[test]
    fn older_and_newer_code_read_each_other() {
        let key = Key::new(Slot::new(0).unwrap(), 1);
        let new = New { a: 1, b: Some("x".into()) };
        assert_eq!(decode::<Old>(&key, &encode(&new)).unwrap(), Old { a: 1 });
        assert_eq!(decode::<New>(&key, &encode(&Old { a: 1 })).unwrap(), New { a: 1, b: None });
        assert!(matches!(decode::<Old>(&key, &[9, 0]), Err(StoreError::Unreadable { .. })));
    }
}
