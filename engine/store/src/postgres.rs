//! The PostgreSQL home: the same map in two tables of a database that other programs may share.
//!
//! `cauce_rows` is the map; `cauce_streams` says of each stream which epoch holds it and which commit was
//! its last. A commit is *one* statement: it moves its stream on if epoch and number fit, and only then
//! touches rows, so it needs no transaction, no lock of ours and one round trip, and a writer that was
//! replaced writes nothing. Keys begin with their slot and no sequence, advisory lock or notification is
//! used, so that databases that spread tables over machines can hold these.
//!
//! Measured against PostgreSQL 15 on one machine: what a commit costs is its fsync and its rows, not the
//! number of connections, so a handful of them is shared by all (`connections`).

mod connections;
mod error;
mod whole;

use futures_util::future::{BoxFuture, FutureExt};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::{
    Committed, DataFolder, Key, KeyRange, Lease, Store, StoreError, Value, Write, check_group, crash,
};

use connections::{Connections, Params};
pub use error::PostgresError;
pub(crate) use whole::Snapshot;

/// The format of the tables that this build writes and reads.
const FORMAT: i32 = 1;
/// How often the tables are looked for when another process makes them at the same time.
const TRIES: usize = 10;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS cauce_rows (
    slot smallint NOT NULL, key bytea NOT NULL, value bytea NOT NULL, PRIMARY KEY (slot, key));
CREATE TABLE IF NOT EXISTS cauce_streams (
    stream integer PRIMARY KEY, epoch bigint NOT NULL, last bigint NOT NULL);
CREATE TABLE IF NOT EXISTS cauce_about (
    one boolean PRIMARY KEY, format integer NOT NULL, partitions integer NOT NULL);
";

const GET: &str = "
SELECT (SELECT value FROM cauce_rows r WHERE r.slot = k.slot AND r.key = k.key)
FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS k (slot, key, place) ORDER BY place";

/// Rows from ($1, $2) up to ($3, $4) in this order: within one slot, and over several.
macro_rules! scan {
    (one $order:literal) => {
        concat!(
            "SELECT key, value FROM cauce_rows WHERE slot = $1::smallint AND slot = $3::smallint",
            " AND key >= $2::bytea AND key < $4::bytea ORDER BY key ",
            $order,
            " LIMIT $5::bigint"
        )
    };
    (many $order:literal) => {
        concat!(
            "SELECT key, value FROM cauce_rows WHERE (slot, key) >= ($1::smallint, $2::bytea)",
            " AND (slot, key) < ($3::smallint, $4::bytea) ORDER BY slot ",
            $order,
            ", key ",
            $order,
            " LIMIT $5::bigint"
        )
    };
}
const SCAN_SLOT: &str = scan!(one "ASC");
const SCAN_SLOT_BACK: &str = scan!(one "DESC");
const SCAN: &str = scan!(many "ASC");
const SCAN_BACK: &str = scan!(many "DESC");

const ACQUIRE: &str = "
INSERT INTO cauce_streams AS s (stream, epoch, last) VALUES ($1::integer, 1, 0)
ON CONFLICT (stream) DO UPDATE SET epoch = s.epoch + 1
RETURNING epoch, last";

/// What it answers is the stream as it stood before, and whether the fence let the group through. The
/// fence's row stays locked until the group is durable, so whoever takes the stream over waits for it.
const COMMIT: &str = "
WITH fence AS (
    UPDATE cauce_streams SET last = $3::bigint
    WHERE stream = $1::integer AND epoch = $2::bigint AND last = $3::bigint - 1
    RETURNING 1
), put AS (
    INSERT INTO cauce_rows (slot, key, value)
    SELECT slot, key, value FROM unnest($4::smallint[], $5::bytea[], $6::bytea[]) AS w (slot, key, value)
    WHERE EXISTS (SELECT 1 FROM fence)
    ON CONFLICT (slot, key) DO UPDATE SET value = excluded.value
), gone AS (
    DELETE FROM cauce_rows r USING unnest($7::smallint[], $8::bytea[]) AS w (slot, key)
    WHERE r.slot = w.slot AND r.key = w.key AND EXISTS (SELECT 1 FROM fence)
)
SELECT epoch, last, EXISTS (SELECT 1 FROM fence) FROM cauce_streams WHERE stream = $1::integer";

/// Every statement, so that a connection prepares them all when it opens.
const STATEMENTS: [&str; 7] = [GET, SCAN_SLOT, SCAN_SLOT_BACK, SCAN, SCAN_BACK, ACQUIRE, COMMIT];

/// See the module. Dropping it closes its connections.
pub struct PostgresStore {
    connections: Connections,
    partitions: u16,
    _files: Option<DataFolder>,
}

impl PostgresStore {
    /// Connects to the database of this address (`postgres://user:password@host:port/database`), and makes
    /// the tables, for this many partitions, when they are not there.
    ///
    /// `sslmode=require` in the address encrypts the connection and demands a certificate that this
    /// machine trusts, or one in the PEM file of `sslrootcert=/path`; without it the connection is plain. A
    /// pooler between must keep sessions apart: statements are prepared once per connection.
    ///
    /// # Errors
    /// Each says what to do about it; none shows the password.
    pub async fn connect(address: &str, partitions_if_new: u16) -> Result<Self, PostgresError> {
        let connections = Connections::to(address)?;
        let partitions = tables(&connections, partitions_if_new.max(1)).await?;
        Ok(Self { connections, partitions, _files: None })
    }

    /// Keeps the folder in which the files stay from everybody else, as long as this store lives.
    pub fn with_files_in(self, folder: DataFolder) -> Self {
        Self { _files: Some(folder), ..self }
    }

    /// How many partitions share the slots in this database.
    pub fn partitions(&self) -> u16 {
        self.partitions
    }
}

/// Makes the tables when they are not there, and gives the number of partitions.
async fn tables(connections: &Connections, partitions_if_new: u16) -> Result<u16, PostgresError> {
    let client = connections.bare().await?;
    let told = |error| connections.explain(error);
    for _ in 0..TRIES {
        // Asked first, so that a user who may not make tables can use those that are there.
        let there = client.query_one("SELECT to_regclass('cauce_about') IS NOT NULL", &[]).await;
        let about = match there.and_then(|row| row.try_get(0)).map_err(told)? {
            false => None,
            true => {
                client.query_opt("SELECT format, partitions FROM cauce_about", &[]).await.map_err(told)?
            }
        };
        if let Some(about) = about {
            let (format, partitions): (i32, i32) =
                (about.try_get(0).map_err(told)?, about.try_get(1).map_err(told)?);
            if format > FORMAT {
                return Err(connections.newer(format));
            }
            let named = u16::try_from(partitions).ok().filter(|n| (1..=cauce_model::SLOTS).contains(n));
            return named
                .ok_or_else(|| connections.unusable(format!("cauce_about names {partitions} partitions")));
        }
        let about = format!(
            "{TABLES} INSERT INTO cauce_about VALUES (true, {FORMAT}, {partitions_if_new}) ON CONFLICT DO NOTHING"
        );
        match client.batch_execute(&about).await {
            Ok(()) => {}
            // Another process makes them at this moment.
            Err(error) if error::met_another(&error) => tokio::task::yield_now().await,
            Err(error) => return Err(told(error)),
        }
    }
    Err(connections.unusable("its tables are being made and removed by others".into()))
}

impl Store for PostgresStore {
    fn get<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Result<Vec<Option<Value>>, StoreError>> {
        async move {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            let slots: Vec<i16> = keys.iter().map(slot_of).collect();
            let keys: Vec<&[u8]> = keys.iter().map(Key::as_bytes).collect();
            let rows = self.connections.read(GET, &[&slots, &keys]).await?;
            rows.iter().map(|row| column(row, 0)).collect()
        }
        .boxed()
    }

    fn scan<'a>(
        &'a self,
        range: &'a KeyRange,
        limit: usize,
        reverse: bool,
    ) -> BoxFuture<'a, Result<Vec<(Key, Value)>, StoreError>> {
        async move {
            if range.from >= range.to || limit == 0 {
                return Ok(Vec::new());
            }
            let (first, last) = (slot_of(&range.from), slot_of(&range.to));
            let statement = match (first == last, reverse) {
                (true, false) => SCAN_SLOT,
                (true, true) => SCAN_SLOT_BACK,
                (false, false) => SCAN,
                (false, true) => SCAN_BACK,
            };
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let (from, to) = (range.from.as_bytes(), range.to.as_bytes());
            let rows = self.connections.read(statement, &[&first, &from, &last, &to, &limit]).await?;
            rows.iter()
                .map(|row| Ok((Key::from_bytes(column::<Vec<u8>>(row, 0)?), column(row, 1)?)))
                .collect()
        }
        .boxed()
    }

    fn acquire(&self, stream: u16) -> BoxFuture<'_, Result<Lease, StoreError>> {
        async move {
            // Taken over twice is taken over.
            let rows = self.connections.read(ACQUIRE, &[&i32::from(stream)]).await?;
            let row = rows.first().ok_or_else(|| unexpected("no stream"))?;
            Ok(Lease { stream, epoch: counter(row, 0)?, last: counter(row, 1)? })
        }
        .boxed()
    }

    fn commit(
        &self,
        lease: Lease,
        number: u64,
        mut writes: Vec<Write>,
    ) -> BoxFuture<'_, Result<Committed, StoreError>> {
        async move {
            check_group(&writes)?;
            let (lease, number) = match crash::defect("lease_unchecked") {
                true => self.acquire(lease.stream).await.map(|taken| (taken, taken.last + 1))?,
                false => (lease, number),
            };
            // Neighbours in the index one after the other.
            writes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            let stream = i32::from(lease.stream);
            let numbers = i64::try_from(lease.epoch).ok().zip(i64::try_from(number).ok());
            let (epoch, given) = numbers
                .ok_or_else(|| StoreError::BadGroup(format!("commit {number} of epoch {}", lease.epoch)))?;
            let (mut put, mut gone) = ((Vec::new(), Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
            for (key, value) in &writes {
                if let Some(value) = value {
                    put.0.push(slot_of(key));
                    put.1.push(key.as_bytes());
                    put.2.push(value.as_slice());
                } else {
                    gone.0.push(slot_of(key));
                    gone.1.push(key.as_bytes());
                }
            }
            let params: Params<'_> = &[&stream, &epoch, &given, &put.0, &put.1, &put.2, &gone.0, &gone.1];
            loop {
                let rows = self.connections.write(lease.stream, COMMIT, params).await?;
                let (epoch, last, through) = match rows.first() {
                    Some(row) => (counter(row, 0)?, counter(row, 1)?, column(row, 2)?),
                    None => (0, 0, false),
                };
                return match number {
                    _ if through => Ok(Committed::Done),
                    // Whoever came between is not heeded either.
                    _ if crash::defect("lease_unchecked") => self.commit(lease, number, writes.clone()).await,
                    _ if epoch != lease.epoch => Err(StoreError::Fenced),
                    n if n == last && n > 0 => Ok(Committed::AlreadyDone),
                    n if n != last + 1 => Err(StoreError::OutOfOrder { given: n, last }),
                    // Somebody moved the stream between the statement's look at it and its fence.
                    _ => continue,
                };
            }
        }
        .boxed()
    }
}

/// The first two bytes of a key as a number that sorts as they do: its slot, or more than any slot.
fn slot_of(key: &Key) -> i16 {
    let byte = |at| key.as_bytes().get(at).copied().unwrap_or(0);
    i16::try_from(u16::from_be_bytes([byte(0), byte(1)])).unwrap_or(i16::MAX)
}

fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at).map_err(unexpected)
}

/// A number that only grows from 0.
fn counter(row: &Row, at: usize) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, at)?).map_err(unexpected)
}

fn unexpected(what: impl std::fmt::Display) -> StoreError {
    StoreError::Disk(format!("the database answered what no table of Cauce's holds: {what}"))
}
