//! Rows of any size over values of at most [`MAX_VALUE`](crate::MAX_VALUE) bytes.
//!
//! A row that is too large is kept as a head, which says how many pieces there are, and the pieces
//! under a table of their own, so that a scan of the row's table meets the head alone.

use crate::{Key, KeyRange, Store, StoreError, Value, Write};

/// The head of a row kept in pieces: this byte and the number of pieces (2 bytes, big-endian).
const PIECES: u8 = 2;
/// The table of the pieces.
const PIECE_TABLE: u8 = 0xfe;
/// Small enough that a piece is never refused.
const PIECE: usize = 4000;

/// The rows of these keys, whole, in the order asked.
pub async fn get(store: &dyn Store, keys: &[Key]) -> Result<Vec<Option<Value>>, StoreError> {
    let mut rows = store.get(keys).await?;
    for (key, row) in keys.iter().zip(&mut rows) {
        if let Some(head) = row
            && let Some(count) = pieces(head)
        {
            *row = Some(join(store, key, count).await?);
        }
    }
    Ok(rows)
}

/// Like [`Store::scan`], with whole rows.
pub async fn scan(
    store: &dyn Store,
    range: &KeyRange,
    limit: usize,
    reverse: bool,
) -> Result<Vec<(Key, Value)>, StoreError> {
    let mut rows = store.scan(range, limit, reverse).await?;
    for (key, row) in &mut rows {
        if let Some(count) = pieces(row) {
            *row = join(store, key, count).await?;
        }
    }
    Ok(rows)
}

/// Adds what is to be written so that the row is as given. `before` is the size of the row it
/// replaces, 0 when there was none: pieces that are no longer used are removed.
pub fn put(writes: &mut Vec<Write>, key: Key, row: Option<Value>, before: usize) {
    let now = row.as_ref().map_or(0, |row| pieces_of(row.len()));
    for index in now..pieces_of(before) {
        writes.push((piece_key(&key, index), None));
    }
    match row {
        Some(row) if now > 0 => {
            for (index, piece) in row.chunks(PIECE).enumerate() {
                writes.push((piece_key(&key, index), Some(piece.to_vec())));
            }
            let count = u16::try_from(now).expect("a row is far below 260 MB");
            writes.push((key, Some([&[PIECES], count.to_be_bytes().as_slice()].concat())));
        }
        row => writes.push((key, row)),
    }
}

/// In how many pieces a row of this size is kept; 0 when it is kept whole.
fn pieces_of(size: usize) -> usize {
    if size > PIECE { size.div_ceil(PIECE) } else { 0 }
}

fn pieces(head: &[u8]) -> Option<usize> {
    match head {
        [PIECES, a, b] => Some(u16::from_be_bytes([*a, *b]).into()),
        _ => None,
    }
}

fn piece_key(key: &Key, index: usize) -> Key {
    let slot = key.slot().expect("rows live in slots");
    let table = key.table().expect("rows live in tables");
    Key::new(slot, PIECE_TABLE).bytes(&[table]).bytes(key.fields()).bytes(&(index as u32).to_be_bytes())
}

async fn join(store: &dyn Store, key: &Key, count: usize) -> Result<Value, StoreError> {
    let keys: Vec<Key> = (0..count).map(|index| piece_key(key, index)).collect();
    let mut whole = Vec::with_capacity(count * PIECE);
    for piece in store.get(&keys).await? {
        let lost =
            || StoreError::Unreadable { key: key.to_string(), cause: "a piece of it is missing".into() };
        whole.extend(piece.ok_or_else(lost)?);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryStore;
    use cauce_model::Slot;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_of_any_size_comes_back_and_leaves_nothing_behind(sizes in proptest::collection::vec(0usize..30_000, 1..6)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let store = MemoryStore::new();
                let lease = store.acquire(0).await.unwrap();
                let slot = Slot::new(9).unwrap();
                let key = Key::new(slot, 3).text("k");
                let mut before = 0;
                for (i, size) in sizes.iter().enumerate() {
                    let row = [&[1u8], vec![i as u8; *size].as_slice()].concat();
                    let mut writes = Vec::new();
                    put(&mut writes, key.clone(), Some(row.clone()), before);
                    store.commit(lease, i as u64 + 1, writes).await.unwrap();
                    before = row.len();
                    assert_eq!(get(&store, std::slice::from_ref(&key)).await.unwrap(), vec![Some(row.clone())]);
                    assert_eq!(scan(&store, &Key::new(slot, 3).prefix(), 9, false).await.unwrap(), vec![(key.clone(), row)]);
                }
                let mut writes = Vec::new();
                put(&mut writes, key.clone(), None, before);
                store.commit(lease, sizes.len() as u64 + 1, writes).await.unwrap();
                let all = KeyRange { from: Key::new(Slot::new(0).unwrap(), 0), to: Key::new(Slot::new(1023).unwrap(), 0) };
                assert_eq!(store.scan(&all, 9, false).await.unwrap(), vec![]);
            });
        }
    }
}
