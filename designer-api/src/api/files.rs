//! Files: taking them from the team, and giving them out again.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, Multipart, MultipartError, MultipartRejection};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cauce_access::Action;
use cauce_flows::limits::best_media;
use cauce_model::StoredFile;
use tokio::io::AsyncWriteExt;
use tower_http::services::ServeFile;

use super::session::Caller;
use crate::app::{App, not_written};
use crate::dto::{FileAccepted, Upload};
use crate::file_type::{self, HEAD};
use crate::problem::Problem;

/// The largest file, in bytes: WhatsApp's limit for documents.
pub const MAX_FILE: u64 = 100 * 1024 * 1024;
/// What stands around a file in a form, in bytes.
const FORM: usize = 64 * 1024;
/// The largest form.
pub const MAX_FORM: usize = MAX_FILE as usize + FORM;

/// Takes a file that is going to be sent.
#[utoipa::path(post, operation_id = "upload_file", path = "/api/files",
    request_body(content = Upload, content_type = "multipart/form-data"), responses(
    (status = 201, body = FileAccepted),
    (status = 400, body = Problem),
    (status = 413, body = Problem),
))]
pub async fn upload(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Result<(StatusCode, Json<FileAccepted>), Problem> {
    caller.may(Action::Reply)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_FORM as u64) {
        return Err(too_large());
    }
    let mut form = form.map_err(|_| Problem::body_invalid(EXPECTED))?;
    while let Some(field) = form.next_field().await.map_err(refused)? {
        if field.name() == Some("file") {
            let file = keep(&app, field).await?;
            let media = best_media(&file).into();
            let StoredFile { id, mime, size, name } = file;
            let accepted = FileAccepted { id: id.to_string(), mime, size, name, media };
            return Ok((StatusCode::CREATED, Json(accepted)));
        }
    }
    Err(Problem::body_invalid(EXPECTED))
}

const EXPECTED: &str = "Se espera un formulario (multipart/form-data) con el archivo en el campo «file».";

/// Writes a file to the store as it comes.
async fn keep(app: &App, mut field: Field<'_>) -> Result<StoredFile, Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let mut new = app.files.begin().map_err(not_written)?;
    let mut head = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(refused)? {
        if new.written() + piece.len() as u64 > MAX_FILE {
            return Err(too_large());
        }
        let missing = HEAD - head.len();
        head.extend_from_slice(&piece[..piece.len().min(missing)]);
        new.write_all(&piece).await.map_err(not_written)?;
    }
    if new.written() == 0 {
        return Err(Problem::unacceptable("El archivo está vacío."));
    }
    app.keep(new, &head, &name).await
}

fn too_large() -> Problem {
    Problem::body_too_large(MAX_FILE as usize)
}

fn refused(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::body_invalid("El archivo no llegó completo."),
    }
}

/// Answers a stored file. Nothing in it runs: what is not a picture, sound, a film or PDF is an attachment,
/// and no page of ours.
pub async fn deliver(
    app: &App,
    file: &StoredFile,
    method: Method,
    asked_with: &HeaderMap,
) -> Result<Response, Problem> {
    let mime = file_type::as_sent(&file.mime);
    let etag = format!("\"{}\"", file.id);
    let headers = about(file, &mime, &etag);
    if has(asked_with, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let mut asked = Request::new(Body::empty());
    *asked.method_mut() = method;
    asked.headers_mut().extend(asked_with.get(header::RANGE).map(|range| (header::RANGE, range.clone())));
    let mime = mime.parse().map_err(|_| Problem::internal())?;
    let mut answer = ServeFile::new_with_mime(app.files.path(&file.id), &mime)
        .ignore_multi_range_requests(true)
        .try_call(asked)
        .await
        .map_err(|error| {
            tracing::error!(%error, id = %file.id, "a stored file cannot be read");
            Problem::unavailable()
        })?
        .map(Body::new);
    if answer.status() == StatusCode::NOT_FOUND {
        tracing::error!(id = %file.id, "a stored file is not there");
        return Err(Problem::not_found());
    }
    answer.headers_mut().extend(headers);
    Ok(answer)
}

/// Whether the browser has it already.
fn has(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

fn about(file: &StoredFile, mime: &str, etag: &str) -> HeaderMap {
    let shown = file_type::is_shown(mime);
    let disposition = file_type::disposition(shown, &file.name);
    // A browser shows a PDF with a part of its own, which a sandbox forbids.
    let policy = if mime == "application/pdf" {
        "script-src 'none'; frame-ancestors 'self'"
    } else {
        "default-src 'none'; sandbox; frame-ancestors 'self'"
    };
    let texts: [(HeaderName, &str); 6] = [
        (header::CONTENT_DISPOSITION, &disposition),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::ETAG, etag),
    ];
    let headers =
        texts.into_iter().filter_map(|(name, text)| Some((name, HeaderValue::from_str(text).ok()?)));
    headers.collect()
}
