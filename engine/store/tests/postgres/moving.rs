//! A whole home moves from a folder to a database and back, and a database is backed up.

use std::path::Path;
use std::sync::Arc;

use cauce_model::FileId;
use cauce_store::transfer::{Home, Place, Tally, TransferError, backup_postgres, copy, restore};
use cauce_store::{DataFolder, EmbeddedStore, Hold, Key, Lease, PostgresStore, Store};

use crate::server::Database;

fn row(n: u64) -> Key {
    let slot = cauce_model::Slot::new(u16::try_from(n * 37 % 1024).unwrap()).unwrap();
    Key::new(slot, (n % 200) as u8).number(n)
}

async fn write(store: &dyn Store, lease: Lease, numbers: std::ops::RangeInclusive<u64>) {
    for n in numbers {
        let rows = (0..7).map(|part| (row(n * 7 + part), Some(vec![part as u8; 300])));
        store.commit(lease, n, rows.collect()).await.unwrap();
    }
}

async fn home(place: &Place) -> Home {
    loop {
        match Home::open(place).await {
            // sled is still letting go.
            Err(TransferError::Folder(cauce_store::FolderError::InUse(_))) => tokio::task::yield_now().await,
            opened => return opened.unwrap(),
        }
    }
}

async fn moved(from: &Place, to: &Place) -> Tally {
    copy(&home(from).await, to, &mut |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_moves_to_a_database_and_back_and_counts_on() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str| Place::Folder(dir.path().join(name));
    let store = EmbeddedStore::open(&dir.path().join("a"), 4).unwrap();
    for stream in [0, 3] {
        let lease = store.acquire(stream).await.unwrap();
        if stream == 0 {
            write(&store, lease, 1..=400).await;
        } else {
            store
                .commit(lease, 1, vec![(Key::new(cauce_model::Slot::new(0).unwrap(), 0), Some(vec![1]))])
                .await
                .unwrap();
        }
    }
    let epoch = store.acquire(0).await.unwrap().epoch;
    drop(store);

    let database = Database::new("moving").await;
    let there = Place::Postgres(database.address());
    let tally = moved(&folder("a"), &there).await;
    assert_eq!((tally.rows, tally.streams.clone()), (2801, [(0, 400), (3, 1)].into()));
    let full = copy(&home(&folder("a")).await, &there, &mut |_| {}).await;
    assert!(matches!(full, Err(TransferError::NotEmpty(_))), "{full:?}");

    // Somebody works there; epochs and numbers go on.
    let store = PostgresStore::connect(&database.address(), 9).await.unwrap();
    assert_eq!(store.partitions(), 4);
    let lease = store.acquire(0).await.unwrap();
    assert!(lease.epoch > epoch && lease.last == 400, "{lease:?} after {epoch}");
    write(&store, lease, 401..=402).await;
    drop(store);

    let back = moved(&there, &folder("b")).await;
    assert_eq!((back.rows, back.streams.clone()), (2815, [(0, 402), (3, 1)].into()));
    let store = home(&folder("b")).await;
    let again = store.store().acquire(0).await.unwrap();
    assert!(again.epoch > lease.epoch && again.last == 402, "{again:?} after {lease:?}");
    assert_eq!(store.partitions(), 4);
    assert_eq!(store.store().get(&[row(402 * 7)]).await.unwrap(), [Some(vec![0; 300])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_database_in_use_is_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let database = Database::new("backups").await;
    let store = Arc::new(PostgresStore::connect(&database.address(), 2).await.unwrap());
    let lease = store.acquire(0).await.unwrap();
    write(store.as_ref(), lease, 1..=300).await;
    let writing = {
        let store = store.clone();
        tokio::spawn(async move { write(store.as_ref(), lease, 301..=600).await })
    };
    let id = FileId::of(b"picture");
    let files = dir.path().join("files");
    std::fs::create_dir_all(files.join(&id.as_str()[..2])).unwrap();
    std::fs::write(files.join(&id.as_str()[..2]).join(id.as_str()), b"picture").unwrap();
    let to = dir.path().join("backup.tar");
    let made = backup_postgres(&store, Some(Path::new(&files)), &to).await.unwrap();
    writing.await.unwrap();
    assert_eq!((made.files.files, made.commits), (1, 0));

    let data = dir.path().join("data");
    assert_eq!(restore(&to, &data).unwrap(), made);
    assert_eq!(DataFolder::hold_of(&data).unwrap(), Some(Hold::Ask));
    let tally = home(&Place::Folder(data)).await.tally().await.unwrap();
    let commits = tally.streams[&0];
    assert!((300..=600).contains(&commits) && tally.rows == commits * 7, "{tally:?}");
}
