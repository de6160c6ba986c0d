//! A server that flows call over the network. It writes down who asked, and its paths say how it answers.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::house::within;

/// A header that says so.
const JSON: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// See the module. Clones are the same server.
#[derive(Clone)]
pub struct Service {
    asked: watch::Sender<Vec<Asked>>,
    /// Where it listens: `http://127.0.0.1:…`.
    pub base: String,
}

/// A request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Method, path and query: `GET /precio`.
    pub what: String,
    /// `Idempotency-Key`; empty when there was none.
    pub key: String,
    /// `Authorization`; empty when there was none.
    pub authorization: String,
    /// The body.
    pub body: String,
}

impl Service {
    /// Starts one on this address of this machine, as `127.0.0.1`.
    ///
    /// `/precio` answers `{"precio":25}` and `/turno` `{"turno":12}`, `/nada` with nothing, `/texto` with plain text, `/falta` with 404
    /// and `/roto` with 500; `/enorme` never ends, `/lento` never begins, `/corta` breaks off, `/miente` calls
    /// a page JSON, `/va?to=` redirects, `/vuelta` to itself.
    pub async fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { asked: watch::Sender::default(), base };
        let router = Router::new()
            .route("/precio", any(async || (JSON, r#"{"precio":25}"#)))
            .route("/turno", any(async || (JSON, r#"{"turno":12}"#)))
            .route("/nada", any(async || StatusCode::NO_CONTENT))
            .route("/texto", any(async || "25"))
            .route("/falta", any(async || (StatusCode::NOT_FOUND, JSON, r#"{"error":"no"}"#)))
            .route("/roto", any(async || StatusCode::INTERNAL_SERVER_ERROR))
            .route("/enorme", any(async || (JSON, endless())))
            .route("/lento", any(std::future::pending::<()>))
            .route("/corta", any(broken_off))
            .route("/miente", any(async || (JSON, "<html>Iniciar sesión</html>")))
            .route("/va", any(redirect))
            .route("/vuelta", any(async || Redirect::temporary("/vuelta")))
            .layer(from_fn_with_state(service.clone(), write_down));
        tokio::spawn(async move { axum::serve(listener, router).await });
        service
    }

    /// Waits until so much was asked.
    pub async fn until_asked(&self, count: usize) -> Vec<Asked> {
        let mut asked = self.asked.subscribe();
        within("a server is asked", asked.wait_for(|asked| asked.len() >= count)).await.unwrap();
        self.asked()
    }

    /// Everything that was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.borrow().clone()
    }
}

/// More and more of one array.
fn endless() -> Body {
    Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>("[".repeat(64 << 10))))
}

/// A part of an answer, and then nothing.
async fn broken_off() -> Response {
    let parts = [Ok("{"), Err(std::io::Error::other("cut off"))];
    ([(header::CONTENT_LENGTH, "100")], Body::from_stream(stream::iter(parts))).into_response()
}

async fn redirect(Query(to): Query<HashMap<String, String>>) -> Redirect {
    Redirect::temporary(&to["to"])
}

async fn write_down(State(service): State<Service>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    let asked = Asked {
        what: format!("{} {}", parts.method, path(&parts.uri)),
        key: text(&parts.headers, "idempotency-key"),
        authorization: text(&parts.headers, "authorization"),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    service.asked.send_modify(|all| all.push(asked));
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

fn path(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |path| path.as_str())
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
