//! `cauce serve` as a real process, with a stand-in for Meta that takes every message, or holds it back.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path as Segments, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cauce_model::Timestamp;
use cauce_runtime::{Clock, SystemClock};
use reqwest::{Client, Method, Response};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::house::{APP_SECRET, PHONE_NUMBER_ID, VERIFY_TOKEN, body_of, signature, within};
use crate::process::program;

/// The access token of the number.
pub const TOKEN: &str = "EAAG-ficha-de-acceso";

/// Takes messages as Meta does. Clones are the same.
#[derive(Clone)]
pub struct Meta {
    open: watch::Sender<bool>,
    refuses: watch::Sender<Option<Value>>,
    asked: watch::Sender<Vec<Value>>,
    /// Where it listens.
    pub base: String,
}

impl Meta {
    /// One that answers at once.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let meta = Self {
            open: watch::Sender::new(true),
            refuses: watch::Sender::default(),
            asked: watch::Sender::default(),
            base: format!("http://{}", listener.local_addr().unwrap()),
        };
        let router =
            Router::new().route("/{version}/{number}/messages", post(message)).with_state(meta.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        meta
    }

    /// From now on what it is asked is answered, or waits until it is.
    pub fn answers(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// From now on it refuses every message with this error.
    pub fn refuses(&self, error: Value) {
        self.refuses.send_replace(Some(error));
    }

    /// Waits until so many messages were brought, answered or not.
    pub async fn until_asked(&self, count: usize) -> Vec<Value> {
        let mut asked = self.asked.subscribe();
        within("messages come to Meta", asked.wait_for(|asked| asked.len() >= count)).await.unwrap().clone()
    }
}

async fn message(
    State(meta): State<Meta>,
    Segments(_): Segments<(String, String)>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    if body["status"] == "read" {
        return (StatusCode::OK, Json(json!({ "success": true })));
    }
    let mut number = 0;
    meta.asked.send_modify(|asked| {
        asked.push(body);
        number = asked.len();
    });
    let mut open = meta.open.subscribe();
    // A stand-in that is gone answers nobody.
    let _ = open.wait_for(|open| *open).await;
    if let Some(error) = meta.refuses.borrow().clone() {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    }
    (StatusCode::OK, Json(json!({ "messages": [{ "id": format!("wamid.out.{number}") }], "contacts": [] })))
}

/// A folder with a configuration, in which `cauce serve` is started.
pub struct Place {
    folder: tempfile::TempDir,
    options: String,
    graph: String,
}

impl Place {
    /// A new one; `options` are lines at the end of the configuration.
    pub fn new(meta: &Meta, options: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("cauce-serve-").tempdir().unwrap();
        let place = Self { folder, options: options.to_owned(), graph: meta.base.clone() };
        place.configure(&place.data());
        place
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder of all this.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Has it use another data folder.
    pub fn configure(&self, data: &Path) {
        let text = format!(
            "listen: 127.0.0.1:0\n\
             data: {}\n\
             workspace: {{ id: prueba, name: Prueba }}\n\
             whatsapp:\n  account: ventas\n  phone_number_id: '{PHONE_NUMBER_ID}'\n  token: {TOKEN}\n  \
             app_secrets: [ {APP_SECRET} ]\n  verify_token: {VERIFY_TOKEN}\n  graph: '{}'\n\
             hold_seconds: 2\ngrace_seconds: 1\n{}\n",
            data.display(),
            self.graph,
            self.options
        );
        fs::write(self.folder.path().join("cauce.yaml"), text).unwrap();
    }

    /// `cauce serve` here, not started.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program("cauce").unwrap());
        command
            .args(["serve", "--config"])
            .arg(self.folder.path().join("cauce.yaml"))
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts it, and waits until it listens.
    pub async fn serve(&self) -> Served {
        self.serve_with(&[], &[]).await
    }

    /// The same with arguments and variables.
    pub async fn serve_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Served {
        let log = self.folder.path().join("stderr");
        let mut command = self.command();
        command.args(arguments).envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = within("cauce listens", async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(url) = line.strip_prefix("cauce listens on ") {
                    return url.to_owned();
                }
            }
            panic!("cauce ended: {}", fs::read_to_string(&log).unwrap());
        })
        .await;
        // Nobody may wait for a reader.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let access: Value = serde_json::from_slice(&fs::read(self.data().join("cli.json")).unwrap()).unwrap();
        let token = access["token"].as_str().unwrap().to_owned();
        Served { child, url, token, log, http: client() }
    }
}

/// A client with connections of its own.
fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap()
}

/// A running `cauce serve`. Dropped, it is killed.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub url: String,
    /// A session of the administrator.
    pub token: String,
    log: PathBuf,
    http: Client,
}

impl Served {
    /// A client that knows nothing of it.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// Asks it as the administrator.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    /// Reads JSON as the administrator.
    pub async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await.error_for_status().unwrap().json().await.unwrap()
    }

    /// Publishes a flow.
    pub async fn publish(&self, flow: &str) {
        let answer = self.ask(Method::POST, "/api/flows", Some(&json!({ "document": flow }))).await;
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// A webhook, signed, not sent.
    pub fn webhook(&self, body: &Value) -> reqwest::RequestBuilder {
        let bytes = body.to_string().into_bytes();
        let signed = signature(&bytes);
        self.http
            .post(format!("{}/webhooks/whatsapp", self.url))
            .header("X-Hub-Signature-256", signed)
            .body(bytes)
    }

    /// A customer writes a text.
    pub async fn says(&self, wa_id: &str, text: &str) -> Response {
        self.webhook(&text_of(wa_id, text)).send().await.unwrap()
    }

    /// Tells the process something.
    pub fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        within("cauce ends", self.child.wait()).await.unwrap()
    }

    /// What it said on stderr so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

/// A webhook with a text from this customer, the first with this number, now.
pub fn text_of(wa_id: &str, text: &str) -> Value {
    static SERIAL: AtomicUsize = AtomicUsize::new(0);
    let id = format!("wamid.in.{}.{}", std::process::id(), SERIAL.fetch_add(1, Ordering::Relaxed));
    let Timestamp(now) = SystemClock.now();
    let message = json!({ "from": wa_id, "id": id, "timestamp": (now / 1000).to_string(), "type": "text",
        "text": { "body": text } });
    let contact = json!({ "wa_id": wa_id, "profile": { "name": format!("Cliente {wa_id}") } });
    body_of("messages", &[message], &[contact])
}

/// Whether this stands in a text, and where, for the message of a failed test.
pub fn around<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    text.lines().find(|line| line.contains(what))
}
