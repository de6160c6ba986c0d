//! Files, to Meta and from it. Facts: `reference/whatsapp.md` §2.1, §4.
//!
//! A file goes up once and is sent by the id that comes of it, for 30 days. A received one is looked up by
//! its id, for 7 days; the address that the lookup gives lives 5 minutes and wants the token, which goes to
//! Graph itself and to Meta's file server and nowhere else.

use std::io;
use std::path::Path;

use cauce_model::{FailureClass, SendFailure, SendOutcome};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Response, Url};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::errors::{Class, class};
use crate::outcome::classify;
use crate::send::{AccountCredentials, Graph, answer, lost};
use crate::value::{integer, text};

/// Meta's file server.
const FILE_SERVER: &str = "lookaside.fbsbx.com";

/// The largest file that is fetched, in bytes (100 MB): more than WhatsApp lets anybody send.
pub const MAX_MEDIA_BYTES: u64 = 100 * 1024 * 1024;

/// How many times the time for an answer a whole file may take.
const WHOLE_FILE: u32 = 10;

/// Where a received file is, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaLookup {
    /// Its address, for 5 minutes.
    pub url: String,
    /// Its MIME type.
    pub mime: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits, lower case.
    pub sha256: Option<String>,
    /// How large it is, in bytes.
    pub size: Option<u64>,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// How large it is, in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, 64 hexadecimal digits, lower case.
    pub sha256: String,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// WhatsApp has no file of this id, or has none any more.
    #[error("WhatsApp has no such file")]
    NotFound,
    /// The file's address is no longer good: a new lookup gives another.
    #[error("the file's address has expired")]
    Expired,
    /// What came is not the file that was announced.
    #[error("the file came damaged")]
    Damaged,
    /// It has more than [`MAX_MEDIA_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// WhatsApp could not be asked, or would not answer.
    #[error("the file cannot be reached ({code})")]
    Unreachable {
        /// What was seen: Meta's number, `http_…`, `timeout`, `connection`, `redirected`, `origin`.
        code: String,
        /// Whether it may pass: an outage, a limit, a token that somebody can renew.
        temporary: bool,
    },
    /// It could not be written where it should go.
    #[error("the file cannot be written: {0}")]
    Sink(#[from] io::Error),
}

impl MediaError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Expired => "expired",
            Self::Damaged => "damaged",
            Self::TooLarge => "too_large",
            Self::Unreachable { .. } => "unreachable",
            Self::Sink(_) => "not_written",
        }
    }

    /// A sentence (Spanish).
    pub fn text(&self) -> &'static str {
        match self {
            Self::NotFound => "WhatsApp ya no tiene este archivo. Hay que pedir que lo envíen de nuevo.",
            Self::Expired => "El enlace del archivo venció antes de poder descargarlo.",
            Self::Damaged => "El archivo llegó dañado. Hay que pedir que lo envíen de nuevo.",
            Self::TooLarge => "El archivo supera los 100 MB y no se puede guardar.",
            Self::Unreachable { .. } => "No se pudo descargar el archivo de WhatsApp.",
            Self::Sink(_) => "No se pudo guardar el archivo. Hay que revisar el espacio en disco.",
        }
    }

    /// Whether another try, from the lookup on, may fare better. A file may not be found for a moment after
    /// it is announced, so a few tries are worth it there too.
    pub fn is_worth_another_try(&self) -> bool {
        !matches!(self, Self::TooLarge | Self::Unreachable { temporary: false, .. })
    }
}

impl Graph {
    /// Uploads the file at `path` and gives its id. The customer sees nothing of it, so a failure is never
    /// uncertain: what may pass is [`SendOutcome::Refused`], what will not is [`SendOutcome::Failed`].
    ///
    /// # Errors
    /// The outcome of the send that needed it.
    pub async fn upload(
        &self,
        account: &AccountCredentials,
        mime: &str,
        filename: &str,
        path: &Path,
    ) -> Result<String, SendOutcome> {
        let form = form(mime, filename, path).await?;
        let request = self
            .client
            .post(self.url(&[&account.phone_number_id, "media"]))
            .bearer_auth(account.token.expose_secret())
            .timeout(self.timeout * WHOLE_FILE)
            .multipart(form);
        let outcome = match answer(request).await {
            Ok((status, answer)) => match serde_json::from_slice::<Value>(&answer) {
                Ok(answer) if (200..300).contains(&status) && text(&answer, "id").is_some() => {
                    return Ok(text(&answer, "id").unwrap_or_default().to_owned());
                }
                _ => classify(status, &answer),
            },
            Err(error) => lost(&error),
        };
        let text = "WhatsApp no confirmó que recibió el archivo.".to_owned();
        let outcome = match outcome {
            SendOutcome::Uncertain { failure } => SendOutcome::Refused {
                failure: SendFailure { text, class: FailureClass::Media, ..failure },
                retry_after: None,
            },
            // The answer to something else.
            SendOutcome::Accepted { .. } => {
                let failure = SendFailure::new(FailureClass::Media, "http_200", text);
                SendOutcome::Refused { failure, retry_after: None }
            }
            definite => definite,
        };
        tracing::info!(?outcome, "a file was not uploaded");
        Err(outcome)
    }

    /// Where the received file `id` is.
    ///
    /// # Errors
    /// [`MediaError::NotFound`] or [`MediaError::Unreachable`].
    pub async fn media(&self, account: &AccountCredentials, id: &str) -> Result<MediaLookup, MediaError> {
        // The id comes from outside and becomes a part of the address.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !(1..=128).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(MediaError::NotFound);
        }
        let mut url = self.url(&[id]);
        url.query_pairs_mut().append_pair("phone_number_id", &account.phone_number_id);
        let request = self.client.get(url).bearer_auth(account.token.expose_secret());
        let (status, answer) = answer(request).await.map_err(|error| unreachable(&error))?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        match text(&answer, "url") {
            Some(url) if (200..300).contains(&status) => Ok(MediaLookup {
                url: url.to_owned(),
                mime: text(&answer, "mime_type").unwrap_or_default().to_owned(),
                sha256: text(&answer, "sha256").map(str::to_ascii_lowercase),
                size: answer.get("file_size").and_then(integer).and_then(|size| u64::try_from(size).ok()),
            }),
            _ => Err(refused(status, &answer)),
        }
    }

    /// Fetches a file that was looked up into `sink`, and flushes it. What it has written is worth nothing
    /// unless this succeeds: size and SHA-256 are then those of the lookup.
    ///
    /// # Errors
    /// Every [`MediaError`]; `NotFound` only from the lookup.
    pub async fn download<W: AsyncWrite + Unpin>(
        &self,
        account: &AccountCredentials,
        lookup: &MediaLookup,
        sink: &mut W,
    ) -> Result<Downloaded, MediaError> {
        let url: Url = lookup.url.parse().map_err(|_| refused_origin())?;
        if !self.may_have_token(&url) {
            return Err(refused_origin());
        }
        if lookup.size.is_some_and(|size| size > MAX_MEDIA_BYTES) {
            return Err(MediaError::TooLarge);
        }
        let request = self.client.get(url).bearer_auth(account.token.expose_secret());
        let request = request.timeout(self.timeout * WHOLE_FILE).send();
        let mut response = in_time(timeout(self.timeout, request).await)?;
        check(&response)?;

        let mut hash = Sha256::new();
        let mut size = 0;
        while let Some(piece) = in_time(timeout(self.timeout, response.chunk()).await)? {
            size += piece.len() as u64;
            if size > MAX_MEDIA_BYTES {
                return Err(MediaError::TooLarge);
            }
            hash.update(&piece);
            sink.write_all(&piece).await?;
        }
        sink.flush().await?;
        let sha256 = hex::encode(hash.finalize());
        let as_announced = lookup.size.is_none_or(|announced| announced == size)
            && lookup.sha256.as_ref().is_none_or(|announced| *announced == sha256);
        if as_announced { Ok(Downloaded { size, sha256 }) } else { Err(MediaError::Damaged) }
    }

    /// Whether the token may go there: to Graph itself, or to Meta's file server.
    fn may_have_token(&self, url: &Url) -> bool {
        let file_server = url.scheme() == "https"
            && url.host_str() == Some(FILE_SERVER)
            && url.port_or_known_default() == Some(443);
        file_server || url.origin() == self.root.origin()
    }
}

/// The form of an upload.
async fn form(mime: &str, filename: &str, path: &Path) -> Result<Form, SendOutcome> {
    let failed = |code: &str, text: &str| SendOutcome::Failed {
        failure: SendFailure::new(FailureClass::Media, code, text),
    };
    let open = async {
        let file = File::open(path).await?;
        let size = file.metadata().await?.len();
        Ok::<_, io::Error>((file, size))
    };
    let (file, size) = open.await.map_err(|error| {
        tracing::error!(%error, "a stored file cannot be read");
        failed("file", "El archivo guardado no se puede leer.")
    })?;
    let part = Part::stream_with_length(Body::from(file), size).file_name(filename.to_owned());
    let part = part
        .mime_str(mime)
        .map_err(|_| failed("limit", "El formato del archivo no tiene un nombre válido."))?;
    Ok(Form::new().text("messaging_product", "whatsapp").text("type", mime.to_owned()).part("file", part))
}

/// Whether the file is about to come.
fn check(response: &Response) -> Result<(), MediaError> {
    match response.status().as_u16() {
        200 => {}
        404 | 410 => return Err(MediaError::Expired),
        // Another address would get the token that only this one may have.
        300..=399 => return Err(MediaError::Unreachable { code: "redirected".to_owned(), temporary: false }),
        status => return Err(refused(status, &Value::Null)),
    }
    match response.content_length() {
        Some(size) if size > MAX_MEDIA_BYTES => Err(MediaError::TooLarge),
        _ => Ok(()),
    }
}

/// What a refused request means. Meta's code decides where there is one.
fn refused(status: u16, answer: &Value) -> MediaError {
    let part = |path: &str| answer.pointer(path).and_then(integer);
    let Some(code) = part("/error/code") else {
        let temporary = matches!(status, 200 | 401 | 403 | 408 | 425 | 429 | 500..);
        return match status {
            404 | 410 => MediaError::NotFound,
            _ => MediaError::Unreachable { code: format!("http_{status}"), temporary },
        };
    };
    let temporary = match (code, class(code)) {
        (33, _) => return MediaError::NotFound,
        (100, _) if part("/error/error_subcode") == Some(33) => return MediaError::NotFound,
        // Rights can be given again, and the file is there for days.
        (0 | 3 | 10 | 190 | 200..=299 | 131005, _) => true,
        (_, Some(Class::Later(_) | Class::Unclear)) => true,
        (_, Some(Class::Never)) => false,
        (_, None) => status >= 500,
    };
    MediaError::Unreachable { code: code.to_string(), temporary }
}

fn refused_origin() -> MediaError {
    MediaError::Unreachable { code: "origin".to_owned(), temporary: false }
}

/// What came of waiting for a piece.
fn in_time<T>(
    waited: Result<Result<T, reqwest::Error>, tokio::time::error::Elapsed>,
) -> Result<T, MediaError> {
    match waited {
        Ok(come) => come.map_err(|error| unreachable(&error)),
        Err(_) => Err(MediaError::Unreachable { code: "timeout".to_owned(), temporary: true }),
    }
}

fn unreachable(error: &reqwest::Error) -> MediaError {
    let code = if error.is_timeout() { "timeout" } else { "connection" };
    MediaError::Unreachable { code: code.to_owned(), temporary: !error.is_builder() }
}
