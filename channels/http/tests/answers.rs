//! Answers that are slow, endless, cut off, or not what they say.

#![allow(clippy::unwrap_used, reason = "tests")]

mod stand;

use std::io::Write as _;
use std::sync::Arc;

use cauce_http::{DownloadError, Downloaded, Guarded, HeaderMap, Policy};
use cauce_model::{Duration, HttpOutcome};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use stand::{Names, NoSecrets, Server, allowing, get, local, ok, told, with, write};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const LONG: std::time::Duration = std::time::Duration::from_secs(300);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a call of a server that answers these bytes tells.
async fn answer(bytes: impl Into<Vec<u8>>) -> String {
    let server = Server::says(bytes).await;
    told(&local(&Names::default()), &get(server.url("/"))).await
}

#[tokio::test]
async fn an_answer_is_read_whatever_its_status() {
    assert_eq!(answer(ok("application/json", r#"{"b":1,"a":[true]}"#)).await, r#"200 {"b":1,"a":[true]}"#);
    assert_eq!(answer(ok("text/plain; charset=iso-8859-1", b"a\xf1o")).await, "200 \"año\"");
    assert_eq!(answer(ok("image/png", "\u{0}PNG")).await, "200 null");
    assert_eq!(answer("HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\n\r\n").await, "204 null");
    assert_eq!(
        answer("HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno").await,
        "404 \"no\""
    );
    assert_eq!(answer("HTTP/1.1 304 Not Modified\r\nlocation: /x\r\n\r\n").await, "304 null");
    let server = Server::says("HTTP/1.1 429 X\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n").await;
    match local(&Names::default()).call(&get(server.url("/")), &NoSecrets).await {
        HttpOutcome::Answered(answer) => {
            assert_eq!((answer.status, answer.retry_after), (429, Some(Duration::seconds(7))));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_says_is_not_used() {
    assert_eq!(answer(ok("application/json", "<html>")).await, "!not_json");
    assert_eq!(answer(ok("application/hal+json", "{\"a\":")).await, "!not_json");
    assert_eq!(
        answer(with(&[("content-type", "text/plain"), ("content-encoding", "gzip")], "plain")).await,
        "!unreadable"
    );
    assert_eq!(
        answer(with(&[("content-type", "text/plain"), ("content-encoding", "br")], "x")).await,
        "!unreadable"
    );
    let cut = gzip(b"hola hola hola");
    let cut = with(&[("content-type", "text/plain"), ("content-encoding", "gzip")], &cut[..cut.len() - 4]);
    assert_eq!(answer(cut).await, "!unreadable");
    // What went wrong is told by the status; a broken page beside it does not hide it.
    let broken = "HTTP/1.1 503 X\r\ncontent-type: application/json\r\ncontent-length: 6\r\n\r\n<html>";
    assert_eq!(answer(broken).await, "503 null");
}

#[tokio::test]
async fn a_lying_length_is_noticed() {
    // Shorter than it says: the rest is lost. Longer: what it says is what is read.
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    assert_eq!(answer(format!("{head}content-length: 10\r\n\r\n[1]")).await, "connection_lost");
    assert_eq!(answer(format!("{head}content-length: 2\r\n\r\n[1]")).await, "!not_json");
    assert_eq!(answer(format!("{head}content-length: 3\r\n\r\n[1]   and more")).await, "200 [1]");
    assert_eq!(
        answer(format!("{head}content-length: 1\r\ncontent-length: 3\r\n\r\n[1]")).await,
        "connection_lost"
    );
    assert_eq!(
        answer(format!("{head}transfer-encoding: chunked\r\n\r\n3\r\n[1]\r\n")).await,
        "connection_lost"
    );
    assert_eq!(answer("SMTP ready\r\n").await, "connection_lost");
    assert_eq!(answer("").await, "connection_lost");
}

#[tokio::test]
async fn a_huge_answer_is_refused_before_it_is_read() {
    // Says that it is huge, and sends nothing: only the header can have told.
    let server = Server::start(|_, mut stream| async move {
        let head =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
        stream.write_all(head).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let guarded = local(&Names::default());
    assert_eq!(told(&guarded, &get(server.url("/"))).await, "!too_large");
    let came = guarded.download(&server.url("/"), HeaderMap::new(), Vec::new(), 1000, LONG).await;
    assert!(matches!(came, Err(DownloadError::Unusable(failure)) if failure.code == "too_large"));
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_its_limit() {
    for head in ["transfer-encoding: chunked", "connection: close"] {
        let server = Server::start(move |_, mut stream| async move {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{head}\r\n\r\n");
            let mut wrote = stream.write_all(head.as_bytes()).await;
            while wrote.is_ok() {
                wrote = stream.write_all(b"10\r\n[[[[[[[[[[[[[[[[\r\n").await;
            }
        })
        .await;
        let guarded = local(&Names::default());
        assert_eq!(told(&guarded, &get(server.url("/"))).await, "!too_large", "{head}");
        let came =
            guarded.download(&server.url("/"), HeaderMap::new(), tokio::io::sink(), 100_000, LONG).await;
        assert!(matches!(came, Err(DownloadError::Unusable(failure)) if failure.code == "too_large"));
    }
}

#[tokio::test]
async fn the_limit_is_exact_and_holds_after_unpacking() {
    let policy = || Policy { max_answer_bytes: 10_000, ..allowing(&["127.0.0.1"]) };
    let guarded = Guarded::new(policy()).unwrap();
    for (bytes, fits) in [(10_000, true), (10_001, false), (5_000_000, false)] {
        let body = vec![b'7'; bytes];
        let packed = [("content-type", "text/plain"), ("content-encoding", "gzip")];
        for answer in [with(&packed, gzip(&body)), ok("text/plain", &body)] {
            let server = Server::says(answer).await;
            let came = told(&guarded, &get(server.url("/"))).await;
            assert_eq!(came == "!too_large", !fits, "{bytes}");
            assert_eq!(came.len() > 10_000, fits, "{bytes}");
        }
    }
    let page =
        with(&[("content-type", "text/html"), ("content-encoding", "gzip")], gzip(&vec![b' '; 5_000_000]));
    let page = [b"HTTP/1.1 500 Error".as_slice(), &page["HTTP/1.1 200 OK".len()..]].concat();
    let server = Server::says(page).await;
    assert_eq!(told(&guarded, &get(server.url("/"))).await, "500 null");
}

#[tokio::test]
async fn a_call_lasts_as_long_as_it_may() {
    let guarded = local(&Names::default());
    let hang = Server::start(|_, stream| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let drip = Server::start(|_, mut stream| async move {
        let mut wrote = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        while wrote.is_ok() {
            wrote = stream.write_all(b"1\r\n \r\n").await;
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
    let ring = Server::start(|request, stream| {
        let to = format!("/{}", request.len());
        let answer = format!("HTTP/1.1 302 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes();
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            write(stream, Arc::from(answer)).await;
        }
    })
    .await;
    for server in [&hang, &drip, &ring] {
        let mut request = get(server.url("/"));
        request.timeout = Duration::millis(150);
        assert_eq!(told(&guarded, &request).await, "timeout");
        let short = std::time::Duration::from_millis(150);
        let came = guarded.download(&server.url("/"), HeaderMap::new(), tokio::io::sink(), 1000, short).await;
        assert!(matches!(came, Err(DownloadError::Unavailable(failure)) if failure.code == "timeout"));
    }
    let mut request = get(hang.url("/"));
    for odd in [Duration::ZERO, Duration::millis(-5)] {
        request.timeout = odd;
        assert_eq!(told(&guarded, &request).await, "timeout");
    }
}

#[tokio::test]
async fn what_did_not_leave_is_told_apart() {
    let names = Names::default();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(told(&local(&names), &get(format!("http://{free}/"))).await, "unreachable", "nobody listens");
    assert_eq!(told(&local(&names), &get("http://no-existe.test/")).await, "unreachable", "no such name");
    // A server that speaks no TLS; a name that is never found.
    let plain = Server::says("hola").await;
    let tls = plain.url("/").replace("http:", "https:");
    let policy =
        || Policy { connect_timeout: std::time::Duration::from_millis(100), ..allowing(&["127.0.0.1"]) };
    assert_eq!(told(&Guarded::new(policy()).unwrap(), &get(tls)).await, "unreachable");
    let lost = Guarded::with_lookup(policy(), Nowhere).unwrap();
    assert_eq!(told(&lost, &get("http://perdido.test/")).await, "unreachable");
    // After a redirect the first server did get the request.
    let redirect = Server::redirects(302, &format!("http://{free}/")).await;
    assert_eq!(told(&local(&names), &get(redirect.url("/"))).await, "connection_lost");
}

struct Nowhere;

impl cauce_http::Lookup for Nowhere {
    fn addresses(
        &self,
        _: String,
    ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<std::net::IpAddr>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_file_is_downloaded_whole_or_not() {
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let file = Server::says(ok("Image/JPEG; q=1", &bytes)).await;
    let guarded = local(&Names::default());
    let mut sink = Vec::new();
    let came = guarded.download(&file.url("/"), HeaderMap::new(), &mut sink, 200_000, LONG).await.unwrap();
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    assert_eq!(came, Downloaded { mime: "image/jpeg".into(), bytes: 200_000, sha256 });
    assert_eq!(sink, bytes);
    assert!(file.seen()[0].contains("accept-encoding: identity"));

    let bare = Server::says("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx").await;
    let came = guarded.download(&bare.url("/"), HeaderMap::new(), Vec::new(), 10, LONG).await.unwrap();
    assert_eq!(came.mime, "application/octet-stream");

    let code = async |answer: Vec<u8>| {
        let server = Server::says(answer).await;
        match guarded.download(&server.url("/"), HeaderMap::new(), Vec::new(), 1000, LONG).await {
            Err(DownloadError::Unusable(failure)) => format!("!{}", failure.code),
            Err(DownloadError::Unavailable(failure)) => failure.code,
            other => format!("{other:?}"),
        }
    };
    assert_eq!(code(ok("image/png", vec![0; 1001])).await, "!too_large");
    assert_eq!(
        code(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec()).await,
        "connection_lost"
    );
    assert_eq!(code(with(&[("content-encoding", "gzip")], gzip(b"x"))).await, "!unreadable");
    assert_eq!(code(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n".to_vec()).await, "Err(Status(404))");
    // A disk that is full.
    let mut full = [0_u8; 3];
    let came = guarded
        .download(&file.url("/"), HeaderMap::new(), std::io::Cursor::new(&mut full[..]), 200_000, LONG)
        .await;
    assert!(matches!(came, Err(DownloadError::Sink(_))));
}
