//! Meta's files: what customers sent is looked up and fetched here, over HTTP.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::within;

/// See the module. Clones are the same.
#[derive(Clone)]
pub struct Media {
    held: watch::Sender<HashMap<String, Held>>,
    /// Where it listens.
    pub(super) base: String,
}

#[derive(Clone)]
struct Held {
    mime: String,
    bytes: Vec<u8>,
    state: MediaState,
    asked: usize,
}

/// What Meta does about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// It gives it.
    There,
    /// It has it no more.
    Gone,
    /// It answers with an error of its own.
    Down,
    /// What it gives is another file than it says.
    Damaged,
    /// It does not answer, as long as this is so.
    Silent,
}

impl Media {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let media = Self {
            held: watch::Sender::default(),
            base: format!("http://{}", listener.local_addr().unwrap()),
        };
        let router = Router::new()
            .route("/v25.0/{id}", get(lookup))
            .route("/file/{id}", get(bytes))
            .with_state(media.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        media
    }

    /// A file on Meta's side, and what the webhook of a message with it says (`caption` and `filename` are
    /// the test's).
    pub fn hold(&self, mime: &str, bytes: &[u8]) -> Value {
        let hash = Sha256::digest(bytes);
        let id = format!("9{:015}", self.held.borrow().len());
        let held = Held { mime: mime.into(), bytes: bytes.into(), state: MediaState::There, asked: 0 };
        self.held.send_modify(|all| drop(all.insert(id.clone(), held)));
        json!({ "id": id, "mime_type": mime, "sha256": STANDARD.encode(hash) })
    }

    /// From now on this happens to a file.
    pub fn set(&self, webhook: &Value, state: MediaState) {
        let id = webhook["id"].as_str().unwrap();
        self.held.send_modify(|all| all.get_mut(id).unwrap().state = state);
    }

    /// Waits until a file was looked up this many times.
    pub async fn until_asked(&self, webhook: &Value, times: usize) {
        let id = webhook["id"].as_str().unwrap();
        let mut held = self.held.subscribe();
        within("a file is looked up", held.wait_for(|all| all[id].asked >= times)).await.unwrap();
    }

    /// How often a file was looked up.
    pub fn asked(&self, webhook: &Value) -> usize {
        self.held.borrow()[webhook["id"].as_str().unwrap()].asked
    }
}

async fn lookup(State(media): State<Media>, Path(id): Path<String>) -> Response {
    media.held.send_modify(|all| {
        if let Some(held) = all.get_mut(&id) {
            held.asked += 1;
        }
    });
    let mut held = media.held.subscribe();
    let answers =
        |all: &HashMap<String, Held>| all.get(&id).is_none_or(|held| held.state != MediaState::Silent);
    let found = held.wait_for(answers).await.unwrap().get(&id).cloned();
    let error = |status: StatusCode, code: u32| {
        (status, axum::Json(json!({ "error": { "code": code, "message": "no", "type": "OAuthException" } })))
    };
    match found {
        None | Some(Held { state: MediaState::Gone, .. }) => {
            error(StatusCode::BAD_REQUEST, 33).into_response()
        }
        Some(Held { state: MediaState::Down, .. }) => {
            error(StatusCode::INTERNAL_SERVER_ERROR, 1).into_response()
        }
        Some(Held { mime, bytes, .. }) => axum::Json(json!({
            "messaging_product": "whatsapp",
            "url": format!("{}/file/{id}", media.base),
            "mime_type": mime,
            "sha256": hex::encode(Sha256::digest(&bytes)),
            "file_size": bytes.len().to_string(),
            "id": id,
        }))
        .into_response(),
    }
}

async fn bytes(State(media): State<Media>, Path(id): Path<String>) -> Response {
    match media.held.borrow().get(&id).cloned() {
        Some(Held { state: MediaState::Damaged, bytes, .. }) => vec![b'x'; bytes.len()].into_response(),
        Some(Held { bytes, .. }) => bytes.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
