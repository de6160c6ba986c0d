//! Real processes: a Cauce that is started again whenever it dies, and the emulator as its WhatsApp.

mod lives;

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use axum::body::Bytes;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use lives::last_lines;
pub use lives::{AfterKill, Cauce, Death, Killed, Life, Lives};

/// What `cauce demo` agrees with its emulator.
const AGREED: [(&str, &str); 3] = [
    ("EMULATOR_APP_SECRET", "demo-app-secret"),
    ("EMULATOR_TOKEN", "demo-token"),
    ("EMULATOR_VERIFY_TOKEN", "demo-verify"),
];
const PHONE_NUMBER_ID: &str = "106540352242922";
/// The password of every user of a demo.
const PASSWORD: &str = "cauce-demo";
/// The pause between two looks at something that is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(30);
/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A program of this workspace, built beside the running test.
pub fn program(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("the test stands in no target folder")?;
    let path = folder.join(name);
    if !path.exists() {
        bail!("{} is missing: run `cargo build --workspace --bins` first", path.display());
    }
    Ok(path)
}

/// A port that stays free while Cauce is down: none that the system gives away by itself.
fn port() -> Result<u16> {
    const FIRST: u16 = 20_000;
    const SPAN: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Tests of other processes begin elsewhere.
    let own = u16::try_from(std::process::id().wrapping_mul(61) % u32::from(SPAN))?;
    for _ in 0..SPAN {
        let port = FIRST + (own + NEXT.fetch_add(1, Ordering::Relaxed) % SPAN) % SPAN;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port from {FIRST} on is free")
}

/// One client for all: reading the system's certificates takes longer than many a request.
fn client() -> Result<Client> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
    Ok(CLIENT.get_or_init(|| client).clone())
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Cauce with a WhatsApp of its own.
pub struct Installation {
    /// Cauce.
    pub cauce: Cauce,
    emulator: Child,
    emulator_url: String,
    http: Client,
    token: Option<String>,
    deadline: Instant,
    folder: tempfile::TempDir,
}

impl Installation {
    /// Starts both: with a copy of this data folder, or with none; the rows may stay in a database. All that is
    /// asked of it must come within `time`.
    pub async fn open(
        data: Option<&Path>,
        store: Option<&str>,
        lives: Lives,
        time: Duration,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cauce-test-").tempdir()?;
        if let Some(data) = data {
            copy(data, &folder.path().join("data"))?;
        }
        let port = port()?;
        let (emulator, emulator_url) = emulator(folder.path(), port).await?;
        Ok(Self {
            cauce: Cauce::start(folder.path(), store, port, &emulator_url, lives)?,
            emulator,
            emulator_url,
            http: client()?,
            token: None,
            deadline: Instant::now() + time,
            folder,
        })
    }

    /// Ends both in order and gives Cauce's data folder, which lives as long as what is returned with it.
    pub async fn close(mut self) -> Result<(tempfile::TempDir, PathBuf)> {
        let data = self.cauce.stop().await?;
        self.emulator.kill().await?;
        Ok((self.folder, data))
    }

    /// Ends both, in whatever state they are, and gives what [`Installation::close`] gives.
    pub async fn leave(mut self) -> (tempfile::TempDir, PathBuf) {
        let data = self.cauce.data.clone();
        // What became of them is known already, or there is nothing to know.
        let _ = self.cauce.stop().await;
        let _ = self.emulator.kill().await;
        (self.folder, data)
    }

    /// Speaks as this user of the demo from now on, and gives the token with which it can be done again.
    pub async fn log_in(&mut self, email: &str) -> Result<String> {
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        let answer = self
            .until("an answer to the login", async || {
                let request = self.http.post(format!("{}/api/login", self.cauce.url)).json(&body);
                Ok(request
                    .send()
                    .await
                    .ok()
                    .filter(|answer| answer.status() != StatusCode::SERVICE_UNAVAILABLE))
            })
            .await?;
        let status = answer.status();
        let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let token = cookie.and_then(|cookie| cookie.strip_prefix("cauce_session=")?.split(';').next());
        let token = token.ok_or_else(|| anyhow!("{email} may not log in: {status}"))?.to_owned();
        self.token = Some(token.clone());
        Ok(token)
    }

    /// Speaks with this token from now on.
    pub fn be(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    /// Asks Cauce, as long as it takes until one of its lives answers.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: impl Into<Bytes>,
    ) -> Result<(StatusCode, Value)> {
        let body = body.into();
        let url = format!("{}{path}", self.cauce.url);
        self.until(&format!("an answer to {method} {path}"), async || {
            let mut request = self.http.request(method.clone(), &url);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            if method != Method::GET {
                request = request.header("content-type", kind).body(body.clone());
            }
            let Ok(answer) = request.send().await else { return Ok(None) };
            let status = answer.status();
            if status == StatusCode::SERVICE_UNAVAILABLE {
                return Ok(None);
            }
            // It may die while it answers.
            let Ok(text) = answer.text().await else { return Ok(None) };
            Ok(Some((status, serde_json::from_str(&text).unwrap_or(Value::String(text)))))
        })
        .await
    }

    /// Reads from Cauce.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let (status, answer) = self.ask(Method::GET, path, "", String::new()).await?;
        if status != StatusCode::OK {
            bail!("GET {path}: {status} {answer}");
        }
        Ok(answer)
    }

    /// Hands Cauce a file, and gives its id. The same again is the same.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Result<Value> {
        const EDGE: &str = "-- the edge of a part --";
        let kind = format!("multipart/form-data; boundary=\"{EDGE}\"");
        let head =
            format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), bytes, format!("\r\n--{EDGE}--\r\n").as_bytes()].concat();
        let (status, answer) = self.ask(Method::POST, "/api/files", &kind, body).await?;
        if status != StatusCode::CREATED {
            bail!("{name} was not taken: {status} {answer}");
        }
        Ok(answer["id"].clone())
    }

    /// The bytes that Cauce has at a path.
    pub async fn download(&self, path: &str) -> Result<Bytes> {
        let url = format!("{}{path}", self.cauce.url);
        self.until(&format!("all of {path}"), async || {
            let request = self.http.get(&url).bearer_auth(self.token.as_deref().unwrap_or_default());
            // It may die before or while it answers.
            let Ok(answer) = request.send().await else { return Ok(None) };
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                return Ok(None);
            }
            Ok(answer.error_for_status()?.bytes().await.ok())
        })
        .await
    }

    /// Has Cauce do something. The body names a command, so that asking twice does it once.
    pub async fn command(&self, path: &str, body: &Value) -> Result<Value> {
        let (status, answer) = self.ask(Method::POST, path, "application/json", body.to_string()).await?;
        if !status.is_success() {
            bail!("POST {path} {body}: {status} {answer}");
        }
        Ok(answer)
    }

    /// Asks the emulator, which is always there.
    pub async fn phone(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}/emulator{path}", self.emulator_url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("{method} {path} at the emulator: {status} {text}");
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The bytes of one of the emulator's samples.
    pub async fn sample(&self, name: &str) -> Result<Bytes> {
        let request = self.http.get(format!("{}/emulator/samples/{name}", self.emulator_url));
        Ok(request.send().await?.error_for_status()?.bytes().await?)
    }

    /// Puts a file on a customer's phone, and gives its id there.
    pub async fn put_on_phone(&self, wa_id: &str, mime: &str, bytes: Bytes) -> Result<Value> {
        let url = format!("{}/emulator/customers/{wa_id}/media?mime={mime}", self.emulator_url);
        let answer: Value = self.http.post(url).body(bytes).send().await?.error_for_status()?.json().await?;
        Ok(answer["id"].clone())
    }

    /// Looks again and again until there is something to see.
    ///
    /// # Errors
    /// When time is up, when Cauce ended by itself, and when looking fails.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
        loop {
            if let Some(seen) = look().await? {
                return Ok(seen);
            }
            let life = self.cauce.life();
            if let Some(ended) = life.ended {
                bail!("waiting for {what}: {ended}\n{}", last_lines(&self.cauce.log));
            }
            if Instant::now() >= self.deadline {
                let log = last_lines(&self.cauce.log);
                bail!("{what} never came; Cauce was killed {:?} and said last:\n{log}", life.killed);
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

/// Starts an emulator that posts its webhooks to Cauce's port, and hurries.
async fn emulator(folder: &Path, port: u16) -> Result<(Child, String)> {
    let mut child = Command::new(program("cauce-emulator")?)
        .args(["--listen", "127.0.0.1:0", "--retry-base-ms", "20", "--status-delay-ms", "20"])
        .args(["--webhook-url", &format!("http://127.0.0.1:{port}/webhooks/whatsapp")])
        .args(["--phone-number-id", PHONE_NUMBER_ID, "--waba-id", "102290129340398"])
        .args(["--display-phone", "51987654321", "--business-name", "Cauce"])
        .envs(AGREED)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(folder.join("emulator.log"))?)
        .kill_on_drop(true)
        .spawn()?;
    let line = match child.stdout.take() {
        Some(out) => BufReader::new(out).lines().next_line().await?,
        None => None,
    };
    let url = line.as_deref().and_then(|line| line.strip_prefix("emulator listening on "));
    let url = url.with_context(|| format!("the emulator does not listen: {line:?}"))?.to_owned();
    Ok((child, url))
}
