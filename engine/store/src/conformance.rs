//! What every home must do. Each home's tests call [`all`]; a new home is done when it passes.

use std::future::Future;

use cauce_model::Slot;

use crate::{Committed, Key, KeyRange, MAX_VALUE, SharedStore, StoreError};

/// Runs the whole suite. `open` gives the same store again each time, as after a restart.
///
/// # Panics
/// When the home does not conform: this is a test.
pub async fn all<F, Fut>(open: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = SharedStore>,
{
    groups_are_whole(&open().await).await;
    repeats_and_gaps_are_seen(&open().await).await;
    old_holders_write_nothing(&open().await).await;
    bad_groups_write_nothing(&open().await).await;
    scans_keep_order_and_limits(&open().await).await;
    reads_keep_the_order_asked(&open().await).await;
    keys_sort_as_bytes(&open().await).await;
    large_groups_are_groups(&open().await).await;
    many_streams_at_once(&open().await).await;
    what_was_committed_is_there_after_a_restart(&open).await;
}

fn key(table: u8, n: u64) -> Key {
    Key::new(Slot::new(5).expect("below 1024"), table).number(n)
}

async fn groups_are_whole(store: &SharedStore) {
    let lease = store.acquire(10).await.expect("acquire");
    let writes = (0..50).map(|n| (key(1, n), Some(vec![n as u8]))).collect();
    assert_eq!(store.commit(lease, lease.last + 1, writes).await, Ok(Committed::Done));
    let writes = vec![(key(1, 0), None), (key(1, 1), Some(vec![99])), (key(1, 777), None)];
    assert_eq!(store.commit(lease, lease.last + 2, writes).await, Ok(Committed::Done));
    let rows = store.get(&[key(1, 0), key(1, 1), key(1, 49), key(1, 777)]).await.expect("get");
    assert_eq!(rows, vec![None, Some(vec![99]), Some(vec![49]), None]);
    assert_eq!(
        store.commit(lease, lease.last + 3, vec![]).await,
        Ok(Committed::Done),
        "an empty group counts"
    );
}

async fn repeats_and_gaps_are_seen(store: &SharedStore) {
    let lease = store.acquire(11).await.expect("acquire");
    let n = lease.last;
    assert_eq!(store.commit(lease, n + 1, vec![(key(2, 1), Some(vec![1]))]).await, Ok(Committed::Done));
    let again = store.commit(lease, n + 1, vec![(key(2, 1), Some(vec![2]))]).await;
    assert_eq!(again, Ok(Committed::AlreadyDone));
    let gap = store.commit(lease, n + 3, vec![(key(2, 1), Some(vec![3]))]).await;
    assert_eq!(gap, Err(StoreError::OutOfOrder { given: n + 3, last: n + 1 }));
    assert_eq!(store.get(&[key(2, 1)]).await.expect("get"), vec![Some(vec![1])]);
    assert_eq!(store.acquire(11).await.expect("acquire").last, n + 1);
}

async fn old_holders_write_nothing(store: &SharedStore) {
    let lease = store.acquire(12).await.expect("acquire");
    let old = crate::Lease { epoch: lease.epoch - 1, ..lease };
    let stale = store.commit(old, lease.last + 1, vec![(key(3, 1), Some(vec![1]))]).await;
    assert_eq!(stale, Err(StoreError::Fenced));
    assert_eq!(store.get(&[key(3, 1)]).await.expect("get"), vec![None]);
}

async fn bad_groups_write_nothing(store: &SharedStore) {
    let lease = store.acquire(13).await.expect("acquire");
    let big = vec![(key(4, 1), Some(vec![1])), (key(4, 2), Some(vec![0; MAX_VALUE + 1]))];
    assert!(matches!(store.commit(lease, lease.last + 1, big).await, Err(StoreError::BadGroup(_))));
    let twice = vec![(key(4, 1), Some(vec![1])), (key(4, 1), None)];
    assert!(matches!(store.commit(lease, lease.last + 1, twice).await, Err(StoreError::BadGroup(_))));
    assert_eq!(store.get(&[key(4, 1)]).await.expect("get"), vec![None]);
    let largest = vec![(key(4, 3), Some(vec![7; MAX_VALUE]))];
    assert_eq!(store.commit(lease, lease.last + 1, largest).await, Ok(Committed::Done));
}

async fn scans_keep_order_and_limits(store: &SharedStore) {
    let lease = store.acquire(14).await.expect("acquire");
    let writes = [5u64, 1, 300, 2].iter().map(|n| (key(6, *n), Some(vec![*n as u8]))).collect();
    store.commit(lease, lease.last + 1, writes).await.expect("commit");
    let table = Key::new(Slot::new(5).expect("below 1024"), 6).prefix();
    let numbers = |rows: Vec<(Key, Vec<u8>)>| {
        rows.into_iter()
            .map(|(k, _)| u64::from_be_bytes(k.fields().try_into().expect("8 bytes")))
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(store.scan(&table, 10, false).await.expect("scan")), [1, 2, 5, 300]);
    assert_eq!(numbers(store.scan(&table, 2, true).await.expect("scan")), [300, 5]);
    let part = table.clone().from(key(6, 2)).before(key(6, 300));
    assert_eq!(numbers(store.scan(&part, 10, false).await.expect("scan")), [2, 5]);
    let empty = KeyRange { from: key(6, 9), to: key(6, 3) };
    assert!(store.scan(&empty, 10, false).await.expect("scan").is_empty());
}

async fn reads_keep_the_order_asked(store: &SharedStore) {
    let lease = store.acquire(16).await.expect("acquire");
    let writes =
        (0..40).map(|n| (key(9, n), (n % 3 > 0).then(|| vec![n as u8; n as usize % 3 - 1]))).collect();
    assert_eq!(
        store.commit(lease, lease.last + 1, writes).await,
        Ok(Committed::Done),
        "some were never there"
    );
    let asked = [31u64, 4, 0, 99, 31, 8, 2];
    let expected = [Some(vec![]), Some(vec![]), None, None, Some(vec![]), Some(vec![8]), Some(vec![2])];
    let keys: Vec<Key> = asked.iter().map(|n| key(9, *n)).collect();
    assert_eq!(store.get(&keys).await.expect("get"), expected, "an empty value is a value");
    assert_eq!(store.get(&[]).await.expect("get"), vec![]);
}

async fn keys_sort_as_bytes(store: &SharedStore) {
    let lease = store.acquire(17).await.expect("acquire");
    let tails: [&[u8]; 9] = [b"", b"\0", b"\0\0", b"\0\xff", b"A", b"a", b"\xc3\xb1", b"\xff", b"\xff\0"];
    let own = Slot::new(6).expect("below 1024");
    let beyond = Slot::new(261).expect("below 1024");
    let before = (0..2).map(|table| Key::new(own, table * 0xff));
    let mut keys: Vec<Key> = before
        .flat_map(|key| tails.map(|tail| key.clone().bytes(tail)))
        .chain([Key::new(beyond, 1)])
        .collect();
    let sorted = keys.clone();
    keys.reverse();
    keys.swap(2, 11);
    let writes = keys.iter().map(|key| (key.clone(), Some(key.as_bytes().to_vec()))).collect();
    assert_eq!(store.commit(lease, lease.last + 1, writes).await, Ok(Committed::Done));

    let found = async |range: &KeyRange, limit, reverse| {
        let rows = store.scan(range, limit, reverse).await.expect("scan");
        assert!(rows.iter().all(|(key, value)| key.as_bytes() == value), "each with its own value");
        rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    let whole = KeyRange { from: sorted[0].clone(), to: Key::new(beyond, 2) };
    assert_eq!(found(&whole, usize::MAX, false).await, sorted, "over slots");
    let back: Vec<Key> = sorted.iter().rev().cloned().collect();
    assert_eq!(found(&whole, usize::MAX, true).await, back);
    assert_eq!(found(&whole, 3, true).await, back[..3]);
    assert!(found(&whole, 0, false).await.is_empty());
    assert_eq!(
        found(&Key::new(own, 0xff).prefix(), 99, false).await,
        sorted[9..18],
        "the last table of a slot"
    );
    for (at, from) in sorted.iter().enumerate() {
        let to = whole.to.clone();
        assert_eq!(found(&KeyRange { from: from.clone(), to }, 99, false).await, sorted[at..]);
        let until = KeyRange { from: whole.from.clone(), to: from.clone() };
        assert_eq!(
            found(&until, 2, true).await,
            back[back.len() - at..].iter().take(2).cloned().collect::<Vec<_>>()
        );
    }
}

async fn large_groups_are_groups(store: &SharedStore) {
    const ROWS: u64 = 5000;
    let lease = store.acquire(18).await.expect("acquire");
    let writes = (0..ROWS).rev().map(|n| (key(12, n), Some(vec![n as u8; 300]))).collect();
    assert_eq!(store.commit(lease, lease.last + 1, writes).await, Ok(Committed::Done));
    let table = Key::new(Slot::new(5).expect("below 1024"), 12).prefix();
    assert_eq!(store.scan(&table, usize::MAX, false).await.expect("scan").len(), 5000);
    let keys: Vec<Key> = (0..ROWS).map(|n| key(12, n * 2)).collect();
    let rows = store.get(&keys).await.expect("get");
    assert_eq!(rows.iter().filter(|row| row.is_some()).count(), 2500);
    assert_eq!(rows[1234], Some(vec![2468u64 as u8; 300]));
    // Half of them change, half go.
    let writes = (0..ROWS).map(|n| (key(12, n), (n % 2 == 0).then(|| vec![1]))).collect();
    assert_eq!(store.commit(lease, lease.last + 2, writes).await, Ok(Committed::Done));
    let rows = store.scan(&table, usize::MAX, true).await.expect("scan");
    assert_eq!(rows.len(), 2500);
    assert_eq!(rows[0], (key(12, ROWS - 2), vec![1]));
}

async fn many_streams_at_once(store: &SharedStore) {
    let tasks: Vec<_> = (20..28u16)
        .map(|stream| {
            let store = store.clone();
            tokio::spawn(async move {
                let lease = store.acquire(stream).await.expect("acquire");
                for n in 1..=20 {
                    let row = Key::new(Slot::new(stream).expect("below 1024"), 7).number(n);
                    let done = store.commit(lease, lease.last + n, vec![(row, Some(vec![n as u8]))]).await;
                    assert_eq!(done, Ok(Committed::Done));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no stream fails because of another");
    }
    for stream in 20..28 {
        let rows = Key::new(Slot::new(stream).expect("below 1024"), 7).prefix();
        assert_eq!(store.scan(&rows, 100, false).await.expect("scan").len(), 20);
    }
}

async fn what_was_committed_is_there_after_a_restart<F, Fut>(open: &F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = SharedStore>,
{
    let store = open().await;
    let lease = store.acquire(15).await.expect("acquire");
    store.commit(lease, lease.last + 1, vec![(key(8, 1), Some(vec![42]))]).await.expect("commit");
    drop(store);
    let store = open().await;
    assert_eq!(store.get(&[key(8, 1)]).await.expect("get"), vec![Some(vec![42])]);
    let again = store.acquire(15).await.expect("acquire");
    assert_eq!(again.last, lease.last + 1);
    assert!(again.epoch > lease.epoch, "a restart is a new holder");
}
