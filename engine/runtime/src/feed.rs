//! Following the feed from outside: live events.

use std::fmt;
use std::str::FromStr;

use cauce_store::{Key, StoreError, rows};
use futures_util::Stream;
use futures_util::future::select_all;

use crate::Runtime;
use crate::tables::FEED;

/// How far a listener has followed each partition. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u64>);

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            let dash = if index > 0 { "-" } else { "" };
            write!(f, "{dash}{number:x}")?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split('-').map(|part| u64::from_str_radix(part, 16)).collect::<Result<_, _>>().map(Self)
    }
}

/// What a listener is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// These changed, in the order of their partition.
    Changes(Vec<Vec<u8>>),
    /// More happened than is kept: read everything anew.
    Missed,
}

pub(crate) fn number_of(key: &Key) -> u64 {
    key.fields().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

impl Runtime {
    /// Where every reader has arrived: what a screen read from now on shows at least.
    pub fn cursor(&self) -> Cursor {
        let slowest =
            |heads: &Vec<tokio::sync::watch::Receiver<u64>>| heads.iter().map(|h| *h.borrow()).min();
        Cursor(self.read.iter().map(|heads| slowest(heads).unwrap_or(0)).collect())
    }

    /// Where the partitions have arrived: what was written until now stands before it.
    pub fn written(&self) -> Cursor {
        Cursor(self.heads.iter().map(|head| *head.borrow()).collect())
    }

    /// Waits until every reader has taken in what stands before this cursor, or the runtime stops.
    pub async fn read_until(&self, cursor: &Cursor) {
        for (heads, number) in self.read.iter().zip(&cursor.0) {
            for head in heads {
                // A reader that has ended will never arrive.
                let _ = head.clone().wait_for(|head| head >= number).await;
            }
        }
    }

    /// What changes after this cursor, as soon as every reader has taken it in; ends when the
    /// runtime stops. Each item comes with the cursor after it.
    pub fn follow(
        &self,
        after: Cursor,
    ) -> impl Stream<Item = Result<(Cursor, News), StoreError>> + Send + use<> {
        let store = self.store.clone();
        let layout = self.layout;
        let mut heads = self.read.clone();
        let mut stopping = self.stopping.subscribe();
        let (now, written) = (self.cursor(), self.written());
        async_stream::stream! {
            let mut at = after;
            // A write's cursor may be ahead of the readers; ahead of what is written it is not ours.
            let known = at.0.len() == written.0.len() && at.0.iter().zip(&written.0).all(|(a, w)| a <= w);
            if !known {
                at = now;
                yield Ok((at.clone(), News::Missed));
            }
            loop {
                let mut idle = true;
                for (index, heads) in heads.iter_mut().enumerate() {
                    let until = heads.iter_mut().map(|head| *head.borrow_and_update()).min().unwrap_or(0);
                    while at.0[index] < until {
                        idle = false;
                        let home = layout.home_of(index);
                        let range = FEED.key(home).prefix().from(FEED.key(home).number(at.0[index] + 1));
                        let line = match rows::scan(store.as_ref(), &range, 1, false).await {
                            Ok(mut lines) => lines.pop(),
                            Err(error) => { yield Err(error); return }
                        };
                        let Some((key, row)) = line else { break };
                        let number = number_of(&key);
                        let missed = number != at.0[index] + 1;
                        at.0[index] = number;
                        match FEED.read(&key, &row) {
                            Err(error) => { yield Err(error); return }
                            Ok(_) if missed => yield Ok((at.clone(), News::Missed)),
                            Ok(changes) => {
                                let changes = changes.into_iter().map(|change| change.0).collect();
                                yield Ok((at.clone(), News::Changes(changes)));
                            }
                        }
                    }
                }
                if idle {
                    let moved = select_all(heads.iter_mut().flatten().map(|head| Box::pin(head.changed())));
                    tokio::select! {
                        (moved, _, _) = moved => if moved.is_err() { return },
                        _ = stopping.wait_for(|stopping| *stopping) => return,
                    }
                }
            }
        }
    }
}
