//! Reading a history from outside: screens, `doctor`, tests. What they see is committed, and may be older
//! by a moment than what the contact writes just now.

use cauce_flows::Run;
use cauce_model::{ContactId, Message, RunId};
use cauce_store::{Key, KeyRange, Store, StoreError, Table, Value, decode, rows};
use serde::{Serialize, de::DeserializeOwned};

use super::tail::{Chunk, Search, Tail};
use crate::tables::{CHUNKS, JOURNAL, JournalEntry, MESSAGES, RUNS, TAILS, of_contact};

/// How many chunks are read at a time.
const CHUNKS_A_READ: u64 = 16;

/// Messages of a contact, newest first: at most `limit` of those with a number below `before`, or the
/// latest. Of what contacts that it absorbed were told, nothing.
pub async fn messages(
    store: &dyn Store,
    contact: ContactId,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let mut found = Vec::new();
    let before = before.unwrap_or(u64::MAX);
    let tail = tail(store, contact).await?;
    let wanted = |chunk: &Chunk, key: &Key, found: &mut Vec<Message>| {
        let earlier = chunk.messages().rev().filter(|(seq, _)| *seq < before);
        for (_, body) in earlier.take(limit.saturating_sub(found.len())) {
            found.push(decode(key, body)?);
        }
        Ok::<_, StoreError>(())
    };
    let mut rows_before = before;
    if let Some(tail) = &tail {
        wanted(&tail.open, &of_contact(&TAILS, contact), &mut found)?;
        let mut last = tail.chunks;
        if before < tail.open.first_message {
            last = chunk_that(store, contact, last, |chunk| chunk.first_message < before).await?;
        }
        while last > 0 && found.len() < limit {
            let first = last.saturating_sub(CHUNKS_A_READ) + 1;
            for (key, chunk) in chunks(store, contact, (first..=last).rev()).await? {
                wanted(&chunk, &key, &mut found)?;
            }
            last = first - 1;
        }
        rows_before = before.min(tail.rows.as_ref().map_or(0, |rows| rows.messages) + 1);
    }
    if found.len() < limit && rows_before > 1 {
        let beginning = of_contact(&MESSAGES, contact);
        let range = beginning.prefix().before(beginning.number(rows_before));
        found.extend(scan(store, &MESSAGES, &range, limit - found.len(), true).await?);
    }
    Ok(found)
}

/// A message of a contact by its number.
pub async fn message(store: &dyn Store, contact: ContactId, seq: u64) -> Result<Option<Message>, StoreError> {
    let Some(before) = seq.checked_add(1) else { return Ok(None) };
    let found = messages(store, contact, Some(before), 1).await?.pop();
    Ok(found.filter(|message| message.seq == seq))
}

/// Journal entries of a contact, oldest first: at most `limit`, from number `from` on.
pub async fn journal(
    store: &dyn Store,
    contact: ContactId,
    from: u64,
    limit: usize,
) -> Result<Vec<JournalEntry>, StoreError> {
    let mut found = Vec::new();
    let tail = tail(store, contact).await?;
    let in_rows = tail.as_ref().map_or(u64::MAX, |tail| tail.rows.as_ref().map_or(0, |rows| rows.turns));
    if from <= in_rows {
        let beginning = of_contact(&JOURNAL, contact);
        let mut range = beginning.clone().prefix().from(beginning.clone().number(from));
        if let Some(next) = in_rows.checked_add(1) {
            range = range.before(beginning.number(next));
        }
        found = scan(store, &JOURNAL, &range, limit, false).await?;
    }
    let Some(tail) = tail else { return Ok(found) };
    let wanted = |chunk: &Chunk, key: &Key, found: &mut Vec<JournalEntry>| {
        let later = chunk.journal().filter(|(number, _)| *number >= from);
        for (_, body) in later.take(limit.saturating_sub(found.len())) {
            found.push(decode(key, body)?);
        }
        Ok::<_, StoreError>(())
    };
    if from < tail.open.first_turn {
        let first = chunk_that(store, contact, tail.chunks, |chunk| chunk.first_turn <= from).await?;
        let mut first = first.max(1);
        while first <= tail.chunks && found.len() < limit {
            let last = tail.chunks.min(first + CHUNKS_A_READ - 1);
            for (key, chunk) in chunks(store, contact, first..=last).await? {
                wanted(&chunk, &key, &mut found)?;
            }
            first = last + 1;
        }
    }
    wanted(&tail.open, &of_contact(&TAILS, contact), &mut found)?;
    Ok(found)
}

/// A run of a contact: the one that waits, or one that is over.
pub async fn run(store: &dyn Store, contact: ContactId, id: &RunId) -> Result<Option<Run>, StoreError> {
    if let Some(tail) = tail(store, contact).await?
        && let Some(run) = tail.live_run(&of_contact(&TAILS, contact))?.filter(|run| run.id == *id)
    {
        return Ok(Some(run));
    }
    RUNS.fetch(store, &of_contact(&RUNS, contact).text(id.as_str())).await
}

async fn tail(store: &dyn Store, contact: ContactId) -> Result<Option<Tail>, StoreError> {
    TAILS.fetch(store, &of_contact(&TAILS, contact)).await
}

/// The number of the last of the chunks `1..=last` of which this is so; 0 when it is so of none. It is so
/// of all that come before one of which it is.
async fn chunk_that(
    store: &dyn Store,
    contact: ContactId,
    last: u64,
    so: impl Fn(&Chunk) -> bool,
) -> Result<u64, StoreError> {
    let mut search = Search::among(last);
    while let Some(number) = search.ask() {
        let key = of_contact(&CHUNKS, contact).number(number);
        let chunk = CHUNKS.fetch(store, &key).await?.ok_or_else(|| missing(&key))?;
        search.answer(so(&chunk));
    }
    Ok(search.found())
}

/// The chunks with these numbers, in this order.
async fn chunks(
    store: &dyn Store,
    contact: ContactId,
    numbers: impl Iterator<Item = u64>,
) -> Result<Vec<(Key, Chunk)>, StoreError> {
    let keys: Vec<Key> = numbers.map(|number| of_contact(&CHUNKS, contact).number(number)).collect();
    let rows = rows::get(store, &keys).await?;
    let read = |(key, row): (Key, Option<Value>)| {
        let chunk = CHUNKS.read(&key, &row.ok_or_else(|| missing(&key))?)?;
        Ok((key, chunk))
    };
    keys.into_iter().zip(rows).map(read).collect()
}

async fn scan<V: Serialize + DeserializeOwned>(
    store: &dyn Store,
    table: &Table<V>,
    range: &KeyRange,
    limit: usize,
    reverse: bool,
) -> Result<Vec<V>, StoreError> {
    let found = rows::scan(store, range, limit, reverse).await?;
    found.iter().map(|(key, row)| table.read(key, row)).collect()
}

fn missing(key: &Key) -> StoreError {
    StoreError::Unreadable { key: key.to_string(), cause: "this part of a history is not there".into() }
}
