//! All that a database has, out and in again: for backups, and for the move from and to another home.

use tokio_postgres::Client;

use super::{PostgresStore, column, counter, slot_of};
use crate::embedded::{epoch_key, number_in, stream_key};
use crate::transfer::stream_of;
use crate::{Key, PostgresError, StoreError, Value};

/// How many rows are read at a time.
const PAGE: i64 = 1000;

impl PostgresStore {
    /// Whether nothing was ever written.
    pub(crate) async fn is_empty(&self) -> Result<bool, PostgresError> {
        let client = self.connections.bare().await?;
        let asked =
            "SELECT NOT EXISTS (SELECT 1 FROM cauce_rows) AND NOT EXISTS (SELECT 1 FROM cauce_streams)";
        let row = client.query_one(asked, &[]).await.and_then(|row| row.try_get(0));
        row.map_err(|error| self.connections.explain(error))
    }

    /// All that is there at this moment; what is written meanwhile is not seen.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, PostgresError> {
        let client = self.connections.bare().await?;
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_sort = off";
        client.batch_execute(begin).await.map_err(|error| self.connections.explain(error))?;
        Ok(Snapshot { client, after: Some((-1, Vec::new())) })
    }

    /// Begins to fill an empty database; nothing of it is there before [`Load::finish`].
    pub(crate) async fn load(&self) -> Result<Load, PostgresError> {
        let client = self.connections.bare().await?;
        client.batch_execute("BEGIN").await.map_err(|error| self.connections.explain(error))?;
        Ok(Load { client, epoch: 0 })
    }
}

/// See [`PostgresStore::snapshot`].
pub(crate) struct Snapshot {
    client: Client,
    /// Up to where it was read; `None` at the end.
    after: Option<(i16, Vec<u8>)>,
}

impl Snapshot {
    /// The next rows; behind the last the store's own, and then `None`.
    pub async fn page(&mut self) -> Result<Option<Vec<(Key, Value)>>, StoreError> {
        let Some((slot, key)) = self.after.take() else { return Ok(None) };
        let slots = i16::try_from(cauce_model::SLOTS).unwrap_or(i16::MAX);
        let asked = "SELECT slot, key, value FROM cauce_rows
            WHERE (slot, key) > ($1::smallint, $2::bytea) AND slot < $3::smallint
            ORDER BY slot, key LIMIT $4::bigint";
        let rows = self.client.query(asked, &[&slot, &key, &slots, &PAGE]).await.map_err(|e| failed(&e))?;
        let mut page = Vec::with_capacity(rows.len());
        for row in &rows {
            page.push((Key::from_bytes(column::<Vec<u8>>(row, 1)?), column(row, 2)?));
        }
        match rows.last() {
            Some(last) if page.len() as i64 == PAGE => {
                self.after = Some((column(last, 0)?, column(last, 1)?))
            }
            _ => page.extend(self.streams().await?),
        }
        Ok(Some(page))
    }

    async fn streams(&self) -> Result<Vec<(Key, Value)>, StoreError> {
        let asked = "SELECT epoch, last, stream FROM cauce_streams ORDER BY stream";
        let rows = self.client.query(asked, &[]).await.map_err(|e| failed(&e))?;
        let mut newest = 0;
        let mut streams = Vec::new();
        for row in &rows {
            newest = newest.max(counter(row, 0)?);
            let stream: i32 = column(row, 2)?;
            let stream = u16::try_from(stream).map_err(|_| StoreError::Disk(format!("a stream {stream}")))?;
            streams.push((stream_key(stream), counter(row, 1)?.to_be_bytes().to_vec()));
        }
        streams.insert(0, (epoch_key(), newest.to_be_bytes().to_vec()));
        Ok(streams)
    }
}

/// See [`PostgresStore::load`].
pub(crate) struct Load {
    client: Client,
    epoch: i64,
}

impl Load {
    /// Adds rows, as [`Snapshot::page`] gives them.
    pub async fn add(&mut self, rows: &[(Key, Value)]) -> Result<(), StoreError> {
        let (mut slots, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (key, value) in rows {
            if key.slot().is_some() {
                slots.push(slot_of(key));
                keys.push(key.as_bytes());
                values.push(value.as_slice());
            } else if *key == epoch_key() {
                self.epoch = i64::try_from(number_in(Some(value))).unwrap_or(i64::MAX);
            } else if let Some(stream) = stream_of(key) {
                let last = i64::try_from(number_in(Some(value))).unwrap_or(i64::MAX);
                let put = "INSERT INTO cauce_streams (stream, epoch, last)
                    VALUES ($1::integer, $2::bigint, $3::bigint)";
                let stream = i32::from(stream);
                self.client.execute(put, &[&stream, &self.epoch, &last]).await.map_err(|e| failed(&e))?;
            }
        }
        let put = "INSERT INTO cauce_rows (slot, key, value)
            SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::bytea[])";
        self.client.execute(put, &[&slots, &keys, &values]).await.map_err(|e| failed(&e))?;
        Ok(())
    }

    /// Makes all of it durable at once.
    pub async fn finish(self) -> Result<(), StoreError> {
        // The tables were empty when the server last looked at how large they are.
        self.client.batch_execute("COMMIT; ANALYZE cauce_rows").await.map_err(|e| failed(&e))
    }
}

fn failed(error: &tokio_postgres::Error) -> StoreError {
    StoreError::Disk(super::error::cause(error))
}
