//! What leaves, to whom, and what nobody learns.

#![allow(clippy::unwrap_used, reason = "tests")]

mod stand;

use std::io;
use std::sync::{Arc, Mutex};

use cauce_http::{Guarded, HeaderMap, HeaderValue, Secrets};
use cauce_model::{HttpBody, HttpHeader, HttpMethod, HttpOutcome, HttpRequest};
use secrecy::SecretString;
use stand::{Names, Server, allowing, code, get, local, ok, told};

const SECRET: &str = "s3cr3t-t0k3n";

/// One secret, for one host.
struct Crm;

impl Secrets for Crm {
    fn get(&self, name: &str, host: &str) -> Option<SecretString> {
        (name == "crm" && host == "crm.test").then(|| SECRET.into())
    }
}

fn header(name: &str, value: &str, secret: Option<&str>) -> HttpHeader {
    HttpHeader { name: name.into(), value: value.into(), secret: secret.map(Into::into) }
}

/// A request that carries everything.
fn full(method: HttpMethod, url: String) -> HttpRequest {
    HttpRequest {
        method,
        headers: vec![
            header("Authorization", "Bearer ", Some("crm")),
            header("X-Api-Key", "", Some("crm")),
            header("X-Client", "plain-key", None),
            header("Accept-Language", "es", None),
            header("Cookie", "session=cookie-1", None),
        ],
        body: Some(HttpBody { content_type: "application/json".into(), text: "{\"pedido\":7}".into() }),
        ..get(url)
    }
}

#[tokio::test]
async fn a_request_leaves_as_it_was_asked() {
    let server = Server::says(ok("text/plain", "")).await;
    let guarded = local(&Names::here(&["crm.test"]));
    for method in [HttpMethod::Post, HttpMethod::Put, HttpMethod::Patch, HttpMethod::Delete, HttpMethod::Get]
    {
        let came = guarded.call(&full(method, server.at("CRM.test", "/a?b=c#d")), &Crm).await;
        assert_eq!(code(&came), "200 \"\"");
    }
    let seen = server.seen();
    for (request, method) in seen.iter().zip(["POST", "PUT", "PATCH", "DELETE", "GET"]) {
        assert!(request.starts_with(&format!("{method} /a?b=c HTTP/1.1\r\n")), "{request}");
        for line in [
            "authorization: Bearer s3cr3t-t0k3n",
            "x-api-key: s3cr3t-t0k3n",
            "x-client: plain-key",
            "accept-language: es",
            "content-type: application/json",
            "idempotency-key: key-1",
            "accept-encoding: gzip",
        ] {
            assert!(request.lines().any(|l| l == line), "{line} in {request}");
        }
        assert!(request.ends_with("\r\n\r\n{\"pedido\":7}"), "{request}");
    }
}

#[tokio::test]
async fn every_try_has_the_same_key() {
    let server = Server::says("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n").await;
    let guarded = local(&Names::default());
    let mut request = get(server.url("/"));
    request.idempotency_key = "run-7-step-2".into();
    for _ in 0..3 {
        assert_eq!(told(&guarded, &request).await, "503 null");
    }
    let keys: Vec<String> = server
        .seen()
        .iter()
        .flat_map(|r| r.lines())
        .filter(|l| l.starts_with("idempotency-key"))
        .map(Into::into)
        .collect();
    assert_eq!(keys, ["idempotency-key: run-7-step-2"; 3], "one request a call: nothing is tried again here");
}

#[tokio::test]
async fn a_secret_goes_only_where_it_belongs() {
    let server = Server::says(ok("text/plain", "")).await;
    let guarded = local(&Names::here(&["crm.test", "otro.test", "crm.test.otro.test"]));
    for host in ["otro.test", "127.0.0.1", "crm.test.otro.test"] {
        let came = guarded.call(&full(HttpMethod::Get, server.at(host, "/")), &Crm).await;
        assert_eq!(code(&came), "!unknown_secret", "{host}");
    }
    let mut request = get(server.at("crm.test", "/"));
    request.headers = vec![header("X-Key", "", Some("no-existe"))];
    assert_eq!(code(&guarded.call(&request, &Crm).await), "!unknown_secret");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_secret_does_not_leave_in_clear() {
    let server = Server::says(ok("text/plain", "")).await;
    // The address may be called, but nobody said that this name is a house of ours.
    let guarded = Guarded::with_lookup(allowing(&["127.0.0.1"]), Names::here(&["crm.test"])).unwrap();
    let came = guarded.call(&full(HttpMethod::Get, server.at("crm.test", "/")), &Crm).await;
    assert_eq!(code(&came), "!bad_request");
    assert!(server.seen().is_empty());
}

/// What another origin must not learn.
const PRIVATE: [&str; 7] = [SECRET, "authorization", "x-api-key", "plain-key", "cookie", "key-1", "pedido"];

#[tokio::test]
async fn another_origin_learns_nothing() {
    let other = Server::says(ok("text/plain", "hola")).await;
    let guarded = local(&Names::here(&["crm.test", "otro.test"]));
    // Another host; and the same host on another port.
    for host in ["otro.test", "crm.test"] {
        for (status, method) in [(302, HttpMethod::Get), (308, HttpMethod::Get), (303, HttpMethod::Post)] {
            let first = Server::redirects(status, &other.at(host, "/x")).await;
            let came = guarded.call(&full(method, first.at("crm.test", "/")), &Crm).await;
            assert_eq!(code(&came), "200 \"hola\"");
            assert!(first.seen()[0].contains(SECRET));
        }
    }
    assert_eq!(other.seen().len(), 6);
    for request in other.seen() {
        assert!(request.starts_with("GET /x "), "{request}");
        assert!(request.contains("accept-language: es"), "what only shapes the answer goes on");
        for word in PRIVATE {
            assert!(!request.to_lowercase().contains(word), "{word} in {request}");
        }
    }
    // Not by way of another origin either.
    let home = Server::says(ok("text/plain", "back")).await;
    let away = Server::redirects(302, &home.at("crm.test", "/")).await;
    let first = Server::redirects(302, &away.at("otro.test", "/")).await;
    let came = guarded.call(&full(HttpMethod::Get, first.at("crm.test", "/")), &Crm).await;
    assert_eq!(code(&came), "200 \"back\"");
    assert!(!home.seen()[0].contains(SECRET));
    // Downloads neither.
    let first = Server::redirects(302, &other.at("otro.test", "/f")).await;
    let headers = HeaderMap::from_iter([(reqwest::header::AUTHORIZATION, HeaderValue::from_static(SECRET))]);
    let long = std::time::Duration::from_secs(300);
    guarded.download(&first.at("crm.test", "/"), headers, Vec::new(), 100, long).await.unwrap();
    assert!(first.seen()[0].contains(SECRET));
    assert!(!other.seen()[6].contains(SECRET));
}

#[tokio::test]
async fn the_same_origin_is_asked_again_in_full() {
    for (status, method, repeated) in [
        (307, HttpMethod::Post, "POST /b "),
        (308, HttpMethod::Put, "PUT /b "),
        (302, HttpMethod::Get, "GET /b "),
        (303, HttpMethod::Post, "GET /b "),
    ] {
        let server = Server::start(move |request, stream| async move {
            let answer = match request.contains(" /b ") {
                true => ok("text/plain", "hola"),
                false => {
                    format!("HTTP/1.1 {status} X\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n").into_bytes()
                }
            };
            stand::write(stream, answer.into()).await;
        })
        .await;
        let guarded = local(&Names::here(&["crm.test"]));
        let came = guarded.call(&full(method, server.at("crm.test", "/a")), &Crm).await;
        assert_eq!(code(&came), "200 \"hola\"");
        let again = &server.seen()[1];
        assert!(again.starts_with(repeated), "{again}");
        assert!(again.contains(SECRET) && again.contains("idempotency-key: key-1"), "{again}");
        assert_eq!(again.contains("pedido"), status != 303, "{again}");
    }
}

#[tokio::test]
async fn redirects_end() {
    let guarded = local(&Names::here(&["crm.test"]));
    let ring = Server::redirects(302, "/").await;
    assert_eq!(told(&guarded, &get(ring.url("/"))).await, "!redirect");
    assert_eq!(ring.seen().len(), 6, "the request and five redirects");
    let away = Server::says(ok("text/plain", "")).await;
    for (status, method, to) in [
        (302, HttpMethod::Post, "/b".to_owned()),
        (307, HttpMethod::Post, away.url("/")),
        (302, HttpMethod::Get, "ftp://example.com/".to_owned()),
        (302, HttpMethod::Get, away.url("/").replace("//", "//u:p@")),
    ] {
        let server = Server::redirects(status, &to).await;
        let mut request = get(server.url("/"));
        request.method = method;
        assert_eq!(told(&guarded, &request).await, "!redirect", "{to}");
    }
    assert!(away.seen().is_empty());
}

#[tokio::test]
async fn what_a_flow_may_not_send() {
    let server = Server::says(ok("text/plain", "")).await;
    let guarded = local(&Names::default());
    let bad = [
        header("Host", "example.com", None),
        header("Content-Length", "3", None),
        header("transfer-encoding", "chunked", None),
        header("Idempotency-Key", "mine", None),
        header("no name", "x", None),
        header("", "x", None),
        header("X-Split", "a\r\nX-Other: b", None),
    ];
    for header in bad {
        let mut request = get(server.url("/"));
        request.headers = vec![header.clone()];
        assert_eq!(told(&guarded, &request).await, "!bad_request", "{header:?}");
    }
    let mut request = get(server.url("/"));
    request.headers = vec![header("X-A", "a", None); 21];
    assert_eq!(told(&guarded, &request).await, "!bad_request");
    request.headers.pop();
    let body = |bytes: usize| Some(HttpBody { content_type: "text/plain".into(), text: "a".repeat(bytes) });
    request.body = body(64 * 1024 + 1);
    assert_eq!(told(&guarded, &request).await, "!bad_request");
    assert!(server.seen().is_empty());
    request.body = body(64 * 1024);
    assert_eq!(told(&guarded, &request).await, "200 \"\"", "the limits themselves are allowed");
}

/// All that is written to the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nobody_reads_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let everything = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _listening = tracing::subscriber::set_default(everything);

    let guarded = local(&Names::here(&["crm.test"]));
    let fine = Server::says(ok("text/plain", "hola")).await;
    let lost = Server::says("").await;
    let away = Server::redirects(302, &fine.url("/")).await;
    let mut texts = Vec::new();
    for server in [&fine, &lost, &away] {
        let request = full(HttpMethod::Get, server.at("crm.test", "/?q=dni-45678901"));
        texts.push(format!("{:?}", guarded.call(&request, &Crm).await));
    }
    // A secret that cannot be sent.
    struct Broken;
    impl Secrets for Broken {
        fn get(&self, _: &str, _: &str) -> Option<SecretString> {
            Some(format!("{SECRET}\n").into())
        }
    }
    let came = guarded.call(&full(HttpMethod::Get, fine.at("crm.test", "/")), &Broken).await;
    assert!(matches!(&came, HttpOutcome::Unusable(failure) if failure.code == "bad_request"));
    texts.push(format!("{came:?} {guarded:?}"));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("crm.test") && log.contains("connection_lost"), "the log is heard: {log}");
    for text in texts.iter().chain([&log]) {
        for word in [SECRET, "plain-key", "cookie-1"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    for text in &texts {
        assert!(!text.contains("dni-45678901"), "what a customer wrote is no part of a failure: {text}");
    }
}
