//! Files over real HTTP, against a Graph that answers as each test wants.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cauce_model::SendOutcome;
use cauce_whatsapp::media::MAX_MEDIA_BYTES;
use cauce_whatsapp::{AccountCredentials, Downloaded, Graph, MediaError, MediaLookup};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const TOKEN: &str = "EAAG-a-secret";
/// For answers that never come.
const IMPATIENT: Duration = Duration::from_millis(200);
const BYTES: &[u8] = b"\x89PNG not really";

/// What the stub saw: method and address, the authorization, content type and body of every request.
type Seen = Arc<Mutex<Vec<(String, Option<String>, String, Vec<u8>)>>>;
type Answers = Arc<Mutex<VecDeque<Response>>>;

/// A Graph on a free port that gives these answers one after the other.
async fn stub(answers: impl IntoIterator<Item = Response>) -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let answers: Answers = Arc::new(Mutex::new(answers.into_iter().collect()));
    let app = Router::new().fallback(handle).with_state((answers, seen.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

async fn handle(State((answers, seen)): State<(Answers, Seen)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let text =
        |name| parts.headers.get(name).map(|value: &header::HeaderValue| value.to_str().unwrap().to_owned());
    seen.lock().unwrap().push((
        format!("{} {}", parts.method, parts.uri),
        text(header::AUTHORIZATION),
        text(header::CONTENT_TYPE).unwrap_or_default(),
        body.to_vec(),
    ));
    let next = answers.lock().unwrap().pop_front();
    match next {
        Some(answer) => answer,
        None => std::future::pending().await,
    }
}

fn answer(status: u16, body: impl Into<Body>) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.into()).into_response()
}

fn account() -> AccountCredentials {
    AccountCredentials { phone_number_id: "106540352242922".into(), token: TOKEN.into() }
}

fn graph(address: SocketAddr) -> Graph {
    patient(address, Duration::from_secs(30))
}

fn patient(address: SocketAddr, timeout: Duration) -> Graph {
    Graph::new(&format!("http://{address}"), "v25.0", timeout).unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn lookup(url: impl Into<String>) -> MediaLookup {
    MediaLookup {
        url: url.into(),
        mime: "image/png".into(),
        sha256: Some(sha256(BYTES)),
        size: Some(BYTES.len() as u64),
    }
}

fn picture() -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(BYTES).unwrap();
    file
}

async fn upload(graph: &Graph) -> Result<String, SendOutcome> {
    graph.upload(&account(), "image/png", "foto \"1\".png", picture().path()).await
}

async fn download(graph: &Graph, lookup: &MediaLookup) -> Result<(Downloaded, Vec<u8>), MediaError> {
    let mut sink = Vec::new();
    let got = graph.download(&account(), lookup, &mut sink).await?;
    Ok((got, sink))
}

fn seen_as(error: &MediaError) -> (&str, bool) {
    match error {
        MediaError::Unreachable { code, temporary } => (code, *temporary),
        other => (other.code(), other.is_worth_another_try()),
    }
}

#[tokio::test]
async fn an_upload_gives_an_id() {
    let (address, seen) = stub([answer(200, r#"{"id":"4001"}"#)]).await;
    assert_eq!(upload(&graph(address)).await, Ok("4001".to_owned()));
    let seen = seen.lock().unwrap();
    let (request, authorization, content_type, body) = &seen[0];
    assert_eq!(request, "POST /v25.0/106540352242922/media");
    assert_eq!(authorization.as_deref(), Some("Bearer EAAG-a-secret"));
    assert!(content_type.starts_with("multipart/form-data; boundary="), "{content_type}");
    let body = String::from_utf8_lossy(body);
    for part in [
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
        "name=\"type\"\r\n\r\nimage/png\r\n",
        "name=\"file\"; filename=\"foto \\\"1\\\".png\"\r\nContent-Type: image/png\r\n",
        "PNG not really\r\n",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[tokio::test]
async fn an_upload_that_failed_is_never_uncertain() {
    for (status, body, code) in [
        (500, "<html>", "http_500"),
        (200, "{}", "http_200"),
        (200, r#"{"messages":[{"id":"wamid.A"}]}"#, "http_200"),
        (400, r#"{"error":{"message":"slow down","code":130429}}"#, "130429"),
        (503, r#"{"error":{"message":"down","code":131016}}"#, "131016"),
    ] {
        let (address, _) = stub([answer(status, body)]).await;
        let Err(SendOutcome::Refused { failure, .. }) = upload(&graph(address)).await else {
            panic!("{code}")
        };
        assert_eq!(failure.code, code);
    }
    let (address, _) = stub([answer(400, r#"{"error":{"message":"bad","code":100}}"#)]).await;
    let Err(SendOutcome::Failed { failure }) = upload(&graph(address)).await else { panic!() };
    assert_eq!(failure.code, "100");

    // Nobody there.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let Err(SendOutcome::Refused { failure, .. }) = upload(&graph(address)).await else { panic!() };
    assert_eq!(failure.code, "connection");
    // Somebody who takes the file and says nothing.
    let (address, seen) = stub([]).await;
    let graph = patient(address, IMPATIENT);
    let Err(SendOutcome::Refused { failure, .. }) = upload(&graph).await else { panic!() };
    assert_eq!((failure.code.as_str(), seen.lock().unwrap().len()), ("timeout", 1));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_uploaded() {
    let (address, seen) = stub([]).await;
    let file = picture();
    let path = file.path().to_owned();
    drop(file);
    let outcome = graph(address).upload(&account(), "image/png", "x.png", &path).await;
    assert!(
        matches!(&outcome, Err(SendOutcome::Failed { failure }) if failure.code == "file"),
        "{outcome:?}"
    );
    let outcome = graph(address).upload(&account(), "no type", "x.png", picture().path()).await;
    assert!(
        matches!(&outcome, Err(SendOutcome::Failed { failure }) if failure.code == "limit"),
        "{outcome:?}"
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_lookup_says_where_the_file_is() {
    let body = r#"{"messaging_product":"whatsapp","url":"https://lookaside.fbsbx.com/x?mid=1","mime_type":"image/png","sha256":"ABCD","file_size":"17","id":"31001"}"#;
    let (address, seen) = stub([answer(200, body), answer(200, body.replace("\"17\"", "17"))]).await;
    let graph = graph(address);
    for _ in 0..2 {
        let got = graph.media(&account(), "31001").await.unwrap();
        let url = "https://lookaside.fbsbx.com/x?mid=1".to_owned();
        let expected =
            MediaLookup { url, mime: "image/png".into(), sha256: Some("abcd".into()), size: Some(17) };
        assert_eq!(got, expected);
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].0, "GET /v25.0/31001?phone_number_id=106540352242922");
    assert_eq!(seen[0].1.as_deref(), Some("Bearer EAAG-a-secret"));
}

#[tokio::test]
async fn a_lookup_that_failed_says_whether_to_come_back() {
    let gone = r#"{"error":{"message":"Unsupported get request","type":"GraphMethodException","code":100,"error_subcode":33}}"#;
    for (status, body, expected) in [
        (400, gone, ("not_found", true)),
        (404, "<html>", ("not_found", true)),
        (400, r#"{"error":{"message":"x","code":100}}"#, ("100", false)),
        (401, r#"{"error":{"message":"expired","code":190}}"#, ("190", true)),
        (400, r#"{"error":{"message":"slow","code":80007}}"#, ("80007", true)),
        (400, r#"{"error":{"message":"new","code":424242}}"#, ("424242", false)),
        (502, "<html>", ("http_502", true)),
        (200, "{}", ("http_200", true)),
        (302, "", ("http_302", false)),
    ] {
        let (address, _) = stub([answer(status, body)]).await;
        let error = graph(address).media(&account(), "31001").await.unwrap_err();
        assert_eq!(seen_as(&error), expected, "{status} {body}");
    }
    let (address, seen) = stub([]).await;
    for id in ["", "..", "a/b", "a?b", "../v25.0/me", &"1".repeat(129)] {
        let error = graph(address).media(&account(), id).await.unwrap_err();
        assert!(matches!(error, MediaError::NotFound), "{id}");
    }
    assert!(seen.lock().unwrap().is_empty(), "no such id leaves");
    let error = patient(address, IMPATIENT).media(&account(), "1").await.unwrap_err();
    assert_eq!(seen_as(&error), ("timeout", true));
}

#[tokio::test]
async fn a_download_is_the_file_that_was_announced() {
    let (address, seen) = stub([answer(200, BYTES), answer(200, BYTES)]).await;
    let graph = graph(address);
    let url = format!("http://{address}/media/31001?x=1");
    let (got, sink) = download(&graph, &lookup(&url)).await.unwrap();
    assert_eq!(got, Downloaded { size: BYTES.len() as u64, sha256: sha256(BYTES) });
    assert_eq!(sink, BYTES);
    let unannounced = MediaLookup { sha256: None, size: None, ..lookup(&url) };
    assert_eq!(download(&graph, &unannounced).await.unwrap().1, BYTES);
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0].0, "GET /media/31001?x=1");
    assert_eq!(seen[0].1.as_deref(), Some("Bearer EAAG-a-secret"));
}

#[tokio::test]
async fn another_file_is_damaged() {
    let (address, _) = stub([answer(200, BYTES), answer(200, BYTES), answer(200, &BYTES[..3])]).await;
    let url = format!("http://{address}/f");
    let wrong = [
        MediaLookup { sha256: Some(sha256(b"other")), ..lookup(&url) },
        MediaLookup { size: Some(1), ..lookup(&url) },
        lookup(&url),
    ];
    for lookup in wrong {
        let error = download(&graph(address), &lookup).await.unwrap_err();
        assert!(matches!(error, MediaError::Damaged), "{error:?}");
    }
}

#[tokio::test]
async fn the_token_goes_to_meta_and_nowhere_else() {
    let (elsewhere, seen) = stub([]).await;
    let (address, _) = stub([]).await;
    let port = address.port();
    for url in [
        format!("http://{elsewhere}/f"),
        format!("http://localhost:{port}/f"),
        format!("https://127.0.0.1:{port}/f"),
        "http://lookaside.fbsbx.com/f".to_owned(),
        "https://lookaside.fbsbx.com:8443/f".to_owned(),
        "https://lookaside.fbsbx.com.evil.example/f".to_owned(),
        format!("https://lookaside.fbsbx.com@{elsewhere}/f"),
        "file:///etc/passwd".to_owned(),
        "nowhere".to_owned(),
    ] {
        let error = download(&graph(address), &lookup(url.clone())).await.unwrap_err();
        assert_eq!(seen_as(&error), ("origin", false), "{url}");
    }
    // A redirect is an answer like any other.
    let to = (StatusCode::FOUND, [(header::LOCATION, format!("http://{elsewhere}/f"))]).into_response();
    let (address, _) = stub([to]).await;
    let error = download(&graph(address), &lookup(format!("http://{address}/f"))).await.unwrap_err();
    assert_eq!(seen_as(&error), ("redirected", false));
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_download_that_failed_says_whether_to_come_back() {
    for (status, expected) in [
        (404, ("expired", true)),
        (410, ("expired", true)),
        (401, ("http_401", true)),
        (429, ("http_429", true)),
        (500, ("http_500", true)),
        (206, ("http_206", false)),
        (400, ("http_400", false)),
    ] {
        let (address, _) = stub([answer(status, BYTES)]).await;
        let error = download(&graph(address), &lookup(format!("http://{address}/f"))).await.unwrap_err();
        assert_eq!(seen_as(&error), expected, "{status}");
    }
    let (address, _) = stub([]).await;
    let graph = patient(address, IMPATIENT);
    let error = download(&graph, &lookup(format!("http://{address}/f"))).await.unwrap_err();
    assert_eq!(seen_as(&error), ("timeout", true));
}

/// Answers one request with these bytes as they stand, then holds the connection or drops it.
async fn raw_stub(bytes: Vec<u8>, hold: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut request).await.unwrap();
        }
        stream.write_all(&bytes).await.unwrap();
        if hold {
            std::future::pending::<()>().await;
        }
    });
    address
}

fn head(length: u64) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_file_that_stops_halfway_may_come_whole_another_time() {
    for (hold, patience, expected) in
        [(false, Duration::from_secs(30), "connection"), (true, IMPATIENT, "timeout")]
    {
        let address = raw_stub([head(1000), b"half".to_vec()].concat(), hold).await;
        let graph = patient(address, patience);
        let lookup = MediaLookup { size: None, ..lookup(format!("http://{address}/f")) };
        assert_eq!(seen_as(&download(&graph, &lookup).await.unwrap_err()), (expected, true));
    }
}

#[tokio::test]
async fn what_is_too_large_is_not_fetched() {
    // Announced by the lookup: nothing is asked for.
    let (address, seen) = stub([]).await;
    let large = MediaLookup { size: Some(MAX_MEDIA_BYTES + 1), ..lookup(format!("http://{address}/f")) };
    assert!(matches!(download(&graph(address), &large).await, Err(MediaError::TooLarge)));
    assert!(seen.lock().unwrap().is_empty());
    // Announced by the answer: nothing is read.
    let address = raw_stub(head(MAX_MEDIA_BYTES + 1), true).await;
    let lookup = |address| MediaLookup { size: None, sha256: None, ..lookup(format!("http://{address}/f")) };
    assert!(matches!(download(&graph(address), &lookup(address)).await, Err(MediaError::TooLarge)));
    // Not announced at all: it ends at the limit.
    let endless =
        Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0u8; 1 << 20])));
    let (address, _) = stub([answer(200, endless)]).await;
    let mut sink = tokio::io::sink();
    let ended = graph(address).download(&account(), &lookup(address), &mut sink).await;
    assert!(matches!(ended, Err(MediaError::TooLarge)), "{ended:?}");
}

#[tokio::test]
async fn a_full_disk_is_told() {
    let (address, _) = stub([answer(200, BYTES)]).await;
    let mut disk = [0; 3];
    let mut sink = std::io::Cursor::new(&mut disk[..]);
    let lookup = lookup(format!("http://{address}/f"));
    let error = graph(address).download(&account(), &lookup, &mut sink).await.unwrap_err();
    assert!(matches!(error, MediaError::Sink(_)), "{error:?}");
    assert!(error.text().ends_with('.'));
}
