//! Fetches the files that customers sent, before the provider forgets them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cauce_conversation::FetchOrder;
use cauce_model::{ContactEvent, MediaKind, MediaState, StoredFile};
use cauce_runtime::{Call, DROPPED, Executor, crash, from_bytes, to_bytes};
use cauce_store::{FileError, Files};
use cauce_whatsapp::MediaError;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;

use super::Number;
use crate::file_type::{self, HEAD};

/// How many files are fetched at one time: sending has places of its own, which slow files do not take.
const AT_ONCE: usize = 32;
/// The pauses before what did not fit the announcement is fetched again: an address may have expired, and a
/// file may not be there for a moment after it was announced. Outages are waited out by the contact.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Fetches over the Graph API into the file store. The same file again is the same, so a try that was
/// interrupted is simply made again.
#[derive(Clone)]
pub struct Fetcher {
    number: Number,
    files: Files,
    places: Arc<Semaphore>,
}

impl Fetcher {
    /// Fetches what this number received.
    pub fn new(number: Number, files: Files) -> Self {
        Self { number, files, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    async fn state(&self, order: &FetchOrder) -> MediaState {
        // The places are never closed.
        let _place = self.places.acquire().await;
        crash::point("fetch.before");
        let mut pauses = PAUSES.into_iter();
        loop {
            let error = match self.fetch(order).await {
                Ok(file) => return MediaState::Stored(file),
                Err(error) => error,
            };
            tracing::info!(seq = order.seq, %error, "a received file was not fetched");
            match (&error, pauses.next()) {
                (MediaError::NotFound | MediaError::Expired | MediaError::Damaged, Some(pause)) => {
                    tokio::time::sleep(pause).await;
                }
                (MediaError::Unreachable { temporary: true, .. } | MediaError::Sink(_), _) => {
                    return MediaState::Coming;
                }
                _ => {
                    return MediaState::Lost { code: error.code().to_owned(), text: error.text().to_owned() };
                }
            }
        }
    }

    async fn fetch(&self, order: &FetchOrder) -> Result<StoredFile, MediaError> {
        let Number { graph, credentials } = &self.number;
        let lookup = graph.media(credentials, &order.media_id).await?;
        let mut new = self.files.begin()?;
        graph.download(credentials, &lookup, &mut new).await?;
        let size = new.written();
        let id = new.finish(announced(order.sha256.as_deref())).await.map_err(|error| match error {
            FileError::OtherContent => MediaError::Damaged,
            FileError::Disk(error) => MediaError::Sink(error),
        })?;
        crash::point("media.stored");
        let given = order.filename.as_deref().unwrap_or_default();
        let head = head(&self.files.path(&id)).await?;
        let mime = match file_type::of(&head, given) {
            unknown if unknown == "application/octet-stream" => file_type::as_sent(&order.mime),
            mime => mime,
        };
        let name = match given {
            "" => format!("{}.{}", plain_name(order.media), file_type::ending(&mime)),
            given => file_type::clean_name(given),
        };
        Ok(StoredFile { id, mime, size, name })
    }
}

impl Executor for Fetcher {
    fn execute(&self, call: Call) -> BoxFuture<'static, Vec<u8>> {
        let fetcher = self.clone();
        async move {
            let fetched = match from_bytes::<FetchOrder>(&call.payload) {
                Ok(order) => {
                    let state = fetcher.state(&order).await;
                    ContactEvent::MediaFetched { seq: order.seq, state }
                }
                Err(_) => {
                    let text = "El pedido del archivo no se puede leer.".to_owned();
                    let state = MediaState::Lost { code: "unreadable".to_owned(), text };
                    ContactEvent::MediaFetched { seq: seq_of(&call.id), state }
                }
            };
            to_bytes(&fetched)
        }
        .boxed()
    }

    fn dropped(&self, call: Call) -> Vec<u8> {
        let text = "El archivo quedó pendiente en la copia restaurada y no se buscó.".to_owned();
        let state = MediaState::Lost { code: DROPPED.to_owned(), text };
        to_bytes(&ContactEvent::MediaFetched { seq: seq_of(&call.id), state })
    }
}

/// The message that a call is about: the call is named for it.
fn seq_of(id: &str) -> u64 {
    id.rsplit(['.', ' ']).next().and_then(|seq| seq.parse().ok()).unwrap_or_default()
}

/// The SHA-256 that the webhook announced, when it is one.
fn announced(base64: Option<&str>) -> Option<[u8; 32]> {
    STANDARD.decode(base64?).ok()?.try_into().ok()
}

async fn head(path: &std::path::Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    tokio::fs::File::open(path).await?.take(HEAD as u64).read_to_end(&mut head).await?;
    Ok(head)
}

/// What a file without a name is called (Spanish).
fn plain_name(media: MediaKind) -> &'static str {
    match media {
        MediaKind::Image => "foto",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Voice => "nota-de-voz",
        MediaKind::Document => "documento",
        MediaKind::Sticker => "sticker",
    }
}
