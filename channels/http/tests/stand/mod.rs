//! What the tests stand on: servers that answer byte by byte what a test wants, and a source of addresses.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use cauce_http::{Guarded, Lookup, Policy, Secrets};
use cauce_model::{Duration, HttpFailure, HttpMethod, HttpOutcome, HttpRequest};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A server on this machine; one request per connection.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    count: watch::Receiver<usize>,
}

impl Server {
    /// Gives every request, head and body, to `serve`, with the connection to answer on.
    pub async fn start<F, R>(serve: F) -> Self
    where
        F: Fn(String, TcpStream) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (tell, count) = watch::channel(0);
        let (serve, all) = (Arc::new(serve), seen.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (serve, all, tell) = (serve.clone(), all.clone(), tell.clone());
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut stream).await else { return };
                    all.lock().unwrap().push(request.clone());
                    tell.send_modify(|n| *n += 1);
                    serve(request, stream).await;
                });
            }
        });
        Self { address, seen, count }
    }

    /// Answers every request with these bytes.
    pub async fn says(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(move |_, stream| write(stream, answer.clone())).await
    }

    /// Redirects every request with this status.
    pub async fn redirects(status: u16, to: &str) -> Self {
        Self::says(format!("HTTP/1.1 {status} X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")).await
    }

    /// Its address under a name; the test's lookup knows the name.
    pub fn at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.address.port())
    }

    /// Its address as a number.
    pub fn url(&self, path: &str) -> String {
        self.at("127.0.0.1", path)
    }

    /// The requests that came, heads and bodies, as they were written.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub async fn has_seen(&self, many: usize) {
        self.count.clone().wait_for(|n| *n >= many).await.unwrap();
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// Writes all and closes; a client that has gone before is fine.
pub async fn write(mut stream: TcpStream, answer: Arc<[u8]>) {
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
}

/// An answer with a status of 200.
pub fn ok(content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    with(&[("content-type", content_type)], body)
}

/// An answer with these headers, and a true length.
pub fn with(headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in headers {
        answer.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    answer.extend_from_slice(format!("content-length: {}\r\n\r\n", body.as_ref().len()).as_bytes());
    answer.extend_from_slice(body.as_ref());
    answer
}

/// Addresses that a test gives: one answer after the other, the last one again and again.
#[derive(Clone, Default)]
pub struct Names {
    known: HashMap<String, Vec<Vec<IpAddr>>>,
    pub asked: Arc<AtomicUsize>,
}

impl Names {
    pub fn and(mut self, name: &str, answers: &[&[&str]]) -> Self {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        self.known.insert(name.to_owned(), answers.iter().map(parse).collect());
        self
    }

    /// Names that all lead to this machine.
    pub fn here(names: &[&str]) -> Self {
        names.iter().fold(Self::default(), |all, name| all.and(name, &[&["127.0.0.1"]]))
    }
}

impl Lookup for Names {
    fn addresses(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let found = self.known.get(&name).map(|answers| answers[turn.min(answers.len() - 1)].clone());
        Box::pin(async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) })
    }
}

/// A policy that allows these targets.
pub fn allowing(targets: &[&str]) -> Policy {
    Policy { allow: targets.iter().map(|text| text.parse().unwrap()).collect(), ..Policy::default() }
}

/// A client that may call exactly 127.0.0.1.
pub fn local(names: &Names) -> Guarded {
    Guarded::with_lookup(
        allowing(&["127.0.0.1", "crm.test", "otro.test", "crm.test.otro.test"]),
        names.clone(),
    )
    .unwrap()
}

/// A call with much time.
pub fn get(url: impl Into<String>) -> HttpRequest {
    HttpRequest {
        method: HttpMethod::Get,
        url: url.into(),
        headers: Vec::new(),
        body: None,
        timeout: Duration::minutes(5),
        idempotency_key: "key-1".to_owned(),
    }
}

/// Nobody's secrets.
pub struct NoSecrets;

impl Secrets for NoSecrets {
    fn get(&self, _: &str, _: &str) -> Option<SecretString> {
        None
    }
}

/// The code of an outcome that is no answer, with `!` before one that another try would not change.
pub fn code(outcome: &HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Answered(answer) => format!("{} {}", answer.status, answer.body),
        HttpOutcome::Unusable(HttpFailure { code, .. }) => format!("!{code}"),
        HttpOutcome::Unavailable(HttpFailure { code, .. }) => code.clone(),
    }
}

/// The code of a call with no secrets.
pub async fn told(guarded: &Guarded, request: &HttpRequest) -> String {
    code(&guarded.call(request, &NoSecrets).await)
}
