//! The control API of files: what is on a customer's phone, the bytes of every message, and the samples.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{
        Path, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    emulator::Emulator,
    formats,
    media::{File, RECEIVED_DAYS},
    refusal::Refusal,
    samples::{SAMPLES, Sample},
};

/// What a file on the phone is.
#[derive(Deserialize)]
pub struct About {
    mime: String,
    filename: Option<String>,
}

/// `POST /customers/{wa_id}/media?mime=&filename=`: a file on the customer's phone, ready to be sent.
pub async fn add(
    State(emulator): State<Arc<Emulator>>,
    Path(wa_id): Path<String>,
    query: Result<Query<About>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Query(About { mime, filename }) = query?;
    let bytes = body?;
    if bytes.is_empty() {
        return Err(Refusal::unfit("empty_file", "The file is empty."));
    }
    if bytes.len() > formats::LARGEST {
        return Err(Refusal::too_large());
    }
    if !mime.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty()) {
        return Err(Refusal::unfit("invalid_mime", "mime is a MIME type, for example image/jpeg."));
    }
    let file = File::new(mime, filename.filter(|name| !name.is_empty()), bytes);
    let mut core = emulator.lock();
    if !core.state.customers.contains_key(&wa_id) {
        return Err(Refusal::no_customer(&wa_id));
    }
    let id = emulator.keep(&mut core, file, RECEIVED_DAYS)?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))))
}

/// `GET /media/{id}`: the bytes of any file, for the phone page. It needs no token and works for ever.
pub async fn file(
    State(emulator): State<Arc<Emulator>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let core = emulator.lock();
    let media = core.state.media.get(&id).ok_or_else(|| Refusal::no_file(&id))?;
    Ok(served(&media.mime, core.files.read(&id)?, &headers))
}

/// `GET /samples`: what can be sent by who has no file at hand.
pub async fn samples() -> Json<Vec<Value>> {
    let about = |sample: &Sample| json!({"name": sample.name, "kind": sample.kind, "mime": sample.mime});
    Json(SAMPLES.iter().map(about).collect())
}

/// `GET /samples/{name}`.
pub async fn sample(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    let sample = SAMPLES.iter().find(|sample| sample.name == name).ok_or_else(|| Refusal::no_file(&name))?;
    Ok(served(sample.mime, Bytes::from_static(sample.bytes), &headers))
}

/// The bytes, or the part of them a player asks for.
fn served(mime: &str, bytes: Bytes, headers: &HeaderMap) -> Response {
    let about = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    match range.and_then(|range| part(range, bytes.len())) {
        None => (about, bytes).into_response(),
        Some((first, last)) if first <= last => {
            let place = format!("bytes {first}-{last}/{}", bytes.len());
            let part = bytes.slice(first..=last);
            (StatusCode::PARTIAL_CONTENT, about, [(header::CONTENT_RANGE, place)], part).into_response()
        }
        Some(_) => {
            let place = format!("bytes */{}", bytes.len());
            (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, place)]).into_response()
        }
    }
}

/// First and last byte of a range (RFC 9110, section 14.1.2) of a file of `length` bytes, the first behind the last
/// when nothing is there. None for what is not one range of bytes: that is answered with the whole.
fn part(range: &str, length: usize) -> Option<(usize, usize)> {
    let end = length.checked_sub(1)?;
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    match (first, last) {
        ("", count) => match count.parse::<usize>().ok()? {
            0 => Some((length, end)),
            count => Some((length.saturating_sub(count), end)),
        },
        (first, "") => Some((first.parse().ok()?, end)),
        (first, last) => {
            let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then(|| (first, last.min(end)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_may_ask_for_a_part() {
        let table = [
            ("bytes=0-", Some((0, 9))),
            ("bytes=2-4", Some((2, 4))),
            ("bytes=4-99", Some((4, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=-99", Some((0, 9))),
            ("bytes=10-", Some((10, 9))),
            ("bytes=12-20", Some((12, 9))),
            ("bytes=-0", Some((10, 9))),
            ("bytes=4-2", None),
            ("bytes=0-1,4-5", None),
            ("lines=0-1", None),
            ("bytes=x-", None),
        ];
        for (range, expected) in table {
            assert_eq!(part(range, 10), expected, "{range}");
        }
    }
}
