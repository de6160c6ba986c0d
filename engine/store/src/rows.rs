//! Rows of any size over values of at most [`MAX_VALUE`](crate::MAX_VALUE) bytes.
//!
//! A row that is too large is kept as a head, which says how many pieces there are and what their
//! checksum is, and the pieces under a table of their own, so that a scan of the row's table meets
//! the head alone. Head and pieces are read one after the other; a commit that falls between shows
//! in the checksum, and the row is read again.

use crate::{Key, KeyRange, Store, StoreError, Value, Write};

/// The head of a row kept in pieces: this byte, the number of pieces (2 bytes, big-endian) and the
/// first 8 bytes of the BLAKE3 hash of the row.
const PIECES: u8 = 2;
/// How often a row is read that is being written at the same time.
const TRIES: usize = 100;
/// The table of the pieces.
const PIECE_TABLE: u8 = 0xfe;
/// Small enough that a piece is never refused.
const PIECE: usize = 4000;

/// The rows of these keys, whole, in the order asked.
pub async fn get(store: &dyn Store, keys: &[Key]) -> Result<Vec<Option<Value>>, StoreError> {
    let mut rows = store.get(keys).await?;
    for (key, row) in keys.iter().zip(&mut rows) {
        if row.as_deref().is_some_and(|row| Head::of(row).is_some()) {
            *row = whole(store, key, row.take()).await?;
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
    let mut rows = Vec::new();
    for (key, row) in store.scan(range, limit, reverse).await? {
        if let Some(row) = whole(store, &key, Some(row)).await? {
            rows.push((key, row));
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
            writes.push((key, Some([&[PIECES], count.to_be_bytes().as_slice(), &sum(&row)].concat())));
        }
        row => writes.push((key, row)),
    }
}

/// In how many pieces a row of this size is kept; 0 when it is kept whole.
fn pieces_of(size: usize) -> usize {
    if size > PIECE { size.div_ceil(PIECE) } else { 0 }
}

/// What the head of a row in pieces says.
struct Head {
    pieces: usize,
    sum: [u8; 8],
}

impl Head {
    fn of(row: &[u8]) -> Option<Self> {
        let (&[PIECES, a, b], sum) = row.split_first_chunk::<3>()? else { return None };
        Some(Self { pieces: u16::from_be_bytes([a, b]).into(), sum: sum.try_into().ok()? })
    }
}

fn sum(row: &[u8]) -> [u8; 8] {
    *blake3::hash(row).as_bytes().first_chunk().expect("a hash has 32 bytes")
}

fn piece_key(key: &Key, index: usize) -> Key {
    let slot = key.slot().expect("rows live in slots");
    let table = key.table().expect("rows live in tables");
    Key::new(slot, PIECE_TABLE).bytes(&[table]).bytes(key.fields()).bytes(&(index as u32).to_be_bytes())
}

/// In how many pieces the row is kept whose head this is; `None` for a row that is whole.
pub(crate) fn pieces_in(row: &[u8]) -> Option<usize> {
    Head::of(row).map(|head| head.pieces)
}

/// The key of the row that a piece belongs to, and which piece it is; `None` for a row.
pub(crate) fn whole_of(key: &Key) -> Option<(Key, usize)> {
    let (&[table], fields) =
        key.fields().split_first_chunk::<1>().filter(|_| key.table() == Some(PIECE_TABLE))?;
    let (fields, index) = fields.split_last_chunk::<4>()?;
    Some((Key::new(key.slot()?, table).bytes(fields), u32::from_be_bytes(*index) as usize))
}

/// The whole row whose head, or whole self, was read.
async fn whole(store: &dyn Store, key: &Key, mut read: Option<Value>) -> Result<Option<Value>, StoreError> {
    for _ in 0..TRIES {
        let Some(row) = read else { return Ok(None) };
        let Some(head) = Head::of(&row) else { return Ok(Some(row)) };
        let keys: Vec<Key> = (0..head.pieces).map(|index| piece_key(key, index)).collect();
        let pieces: Option<Vec<Value>> = store.get(&keys).await?.into_iter().collect();
        if let Some(row) = pieces.map(|pieces| pieces.concat())
            && sum(&row) == head.sum
        {
            return Ok(Some(row));
        }
        read = store.get(std::slice::from_ref(key)).await?.pop().flatten();
    }
    Err(StoreError::Unreadable { key: key.to_string(), cause: "its pieces do not belong together".into() })
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

    #[test]
    fn a_row_read_while_it_is_written_is_one_or_the_other() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let store = std::sync::Arc::new(MemoryStore::new());
            let key = Key::new(Slot::new(9).unwrap(), 3).text("k");
            let (writer, row) = (store.clone(), key.clone());
            let writing = tokio::spawn(async move {
                let lease = writer.acquire(0).await.unwrap();
                let mut before = 0;
                for n in 1..2000u64 {
                    let value = vec![1 + (n % 2) as u8 * 6; if n % 2 == 0 { 9000 } else { 13_000 }];
                    let mut writes = Vec::new();
                    put(&mut writes, row.clone(), Some(value.clone()), before);
                    before = value.len();
                    writer.commit(lease, n, writes).await.unwrap();
                    tokio::task::yield_now().await;
                }
            });
            while !writing.is_finished() {
                if let Some(read) =
                    get(store.as_ref(), std::slice::from_ref(&key)).await.unwrap().pop().flatten()
                {
                    assert!(read.iter().all(|byte| *byte == read[0]), "a mixture");
                }
                tokio::task::yield_now().await;
            }
            writing.await.unwrap();
        });
    }
}
