//! The Graph endpoints of files: upload, lookup, deletion, and the download from the address a lookup gives.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{
        Multipart, Path, Query, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    emulator::Emulator,
    faults::{MediaFault, Step},
    formats::{self, Unfit},
    graph::{Refusal, authorize, framed, is_version},
    graph_error::GraphError,
    media::{self, File, UPLOAD_DAYS},
    phone,
    state::Fact,
    validate,
};

/// `POST /v{N}/{phone_number_id}/media`: a form with `messaging_product`, `type` and `file`.
pub async fn upload(
    State(emulator): State<Arc<Emulator>>,
    Path((version, object)): Path<(String, String)>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let answer = async {
        authorize(&emulator, &version, &headers)?;
        if object != emulator.config.phone_number_id {
            return Err(GraphError::no_object("post", &object).into());
        }
        let form = form.map_err(|error| GraphError::invalid_call(error.body_text()))?;
        let file = read_form(form).await?;
        troubled(&emulator, Step::Upload).await?;
        let id = emulator.keep(&mut emulator.lock(), file, UPLOAD_DAYS)?;
        Ok::<_, Refusal>(Json(json!({"id": id})))
    };
    framed(&version, answer.await)
}

/// The file of an upload. `type` may be left to the file's own part.
async fn read_form(mut form: Multipart) -> Result<File, GraphError> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => GraphError::upload("The file is larger than any may be."),
        _ => GraphError::invalid_call(error.body_text()),
    };
    let (mut product, mut mime, mut file) = (None, None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("messaging_product") => product = Some(field.text().await.map_err(broken)?),
            Some("type") => mime = Some(field.text().await.map_err(broken)?),
            Some("file") => {
                let (name, own) =
                    (field.file_name().map(str::to_owned), field.content_type().map(str::to_owned));
                file = Some((name, own, field.bytes().await.map_err(broken)?));
            }
            _ => {}
        }
    }
    let frame = product.map(|product| ("messaging_product".to_owned(), Value::String(product)));
    validate::product(&frame.into_iter().collect())?;
    let (name, own, bytes) =
        file.ok_or_else(|| GraphError::invalid_call("The parameter file is required."))?;
    let mime = mime.or(own).ok_or_else(|| GraphError::invalid_call("The parameter type is required."))?;
    match formats::check_upload(&mime, bytes.len()) {
        Ok(()) => Ok(File::new(mime, name, bytes)),
        Err(Unfit::Type(sentence)) => Err(GraphError::invalid_call(sentence)),
        Err(Unfit::Size(sentence)) => Err(GraphError::upload(sentence)),
    }
}

/// What `GET /v{N}/{media_id}` answers: the file's address for the next five minutes, its hash and size.
///
/// # Errors
/// 100/33, when there is no such file or it belongs to another number.
pub async fn lookup(
    emulator: &Emulator,
    id: &str,
    number: Option<&str>,
    headers: &HeaderMap,
) -> Result<Json<Value>, Refusal> {
    // The address is where the caller found this server.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = host.map_or_else(|| emulator.origin.clone(), |host| format!("http://{host}"));
    let missing = || GraphError::no_object("get", id);
    if number.is_some_and(|number| number != emulator.config.phone_number_id) {
        return Err(missing().into());
    }
    let answer = {
        let core = emulator.lock();
        let media =
            core.state.media.get(id).filter(|media| media.is_known(core.now())).ok_or_else(missing)?;
        json!({
            "messaging_product": "whatsapp",
            "url": media::address(&emulator.config, &origin, id, core.now()),
            "mime_type": media.mime,
            "sha256": media.sha256,
            "file_size": media.size.to_string(),
            "id": id,
        })
    };
    match troubled(emulator, Step::Lookup).await? {
        Some(MediaFault::NotFound) => Err(missing().into()),
        _ => Ok(Json(answer)),
    }
}

/// `DELETE /v{N}/{media_id}?phone_number_id=`.
pub async fn delete(
    State(emulator): State<Arc<Emulator>>,
    Path((version, id)): Path<(String, String)>,
    Query(query): Query<OfNumber>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if !is_version(&version) {
        return phone::file(uri.path());
    }
    let answer = authorize(&emulator, &version, &headers).map_err(Refusal::from).and_then(|()| {
        let mut core = emulator.lock();
        let known = core.state.media.get(&id).is_some_and(|media| media.is_known(core.now()));
        let ours = query.phone_number_id.is_none_or(|number| number == emulator.config.phone_number_id);
        if !known || !ours {
            return Err(GraphError::no_object("delete", &id).into());
        }
        emulator.commit(&mut core, vec![Fact::Deleted { id }])?;
        Ok(Json(json!({"success": true})))
    });
    framed(&version, answer)
}

/// To which number a file must belong.
#[derive(Deserialize)]
pub struct OfNumber {
    phone_number_id: Option<String>,
}

/// The query of a download address.
#[derive(Deserialize)]
pub struct Address {
    #[serde(default)]
    ext: i64,
    #[serde(default)]
    hash: String,
}

/// `GET /media/{id}?ext=&hash=`: the bytes, for who carries the token; 404 once the address is too old.
pub async fn download(
    State(emulator): State<Arc<Emulator>>,
    Path(id): Path<String>,
    Query(address): Query<Address>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    // The download host knows no versions; any that is served will do for the check of the token.
    authorize(&emulator, "v99", &headers)?;
    let gone = || (StatusCode::NOT_FOUND, "This address does not work any more.\n").into_response();
    let (mime, bytes) = {
        let core = emulator.lock();
        let now = core.now();
        let works = media::is_address(&emulator.config, &id, address.ext, &address.hash, now);
        match core.state.media.get(&id).filter(|media| works && media.is_known(now)) {
            Some(media) => (media.mime.clone(), core.files.read(&id)?),
            None => return Ok(gone()),
        }
    };
    let body = match troubled(&emulator, Step::Download).await? {
        Some(MediaFault::Expired) => return Ok(gone()),
        Some(MediaFault::Truncated) => {
            let length = bytes.len().to_string();
            let half = stream::iter([Ok(bytes.slice(..bytes.len() / 2))]);
            // The pause lets the head and the half leave before the connection breaks.
            let broken = stream::once(async {
                tokio::task::yield_now().await;
                Err(io::Error::from(io::ErrorKind::BrokenPipe))
            });
            let headers = [(header::CONTENT_TYPE, mime), (header::CONTENT_LENGTH, length)];
            return Ok((headers, Body::from_stream(half.chain(broken))).into_response());
        }
        Some(MediaFault::WrongHash) => {
            let mut bytes = bytes.to_vec();
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            Body::from(bytes)
        }
        Some(MediaFault::Huge) => {
            const PIECE: &[u8] = &[0; 64 * 1024];
            const PIECES: usize = 4 * 1024;
            let pieces = (0..PIECES).map(|_| Ok::<_, io::Error>(Bytes::from_static(PIECE)));
            Body::from_stream(stream::iter(pieces))
        }
        _ => Body::from(bytes),
    };
    Ok(([(header::CONTENT_TYPE, mime)], body).into_response())
}

/// Waits or breaks as the fault of this step says; gives any other fault on.
async fn troubled(emulator: &Emulator, step: Step) -> Result<Option<MediaFault>, GraphError> {
    let fault = emulator.lock().faults.take_for_media(step);
    match fault {
        Some(MediaFault::Wait(ms)) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(None)
        }
        Some(MediaFault::ServerError) => Err(GraphError::server()),
        fault => Ok(fault),
    }
}
