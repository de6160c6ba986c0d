//! What every test stands on: an emulator, a receiver of its webhooks, and a client.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use cauce_emulator::{Config, Running};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{net::TcpListener, sync::Barrier};

pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "EAAtest";
pub const VERIFY: &str = "verify-me";
pub const NUMBER: &str = "106540352242922";
pub const WABA: &str = "102290129340398";
pub const ROSA: &str = "51987654321";

/// A failing test ends instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that must come.
pub async fn soon<T>(awaited: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, awaited).await.expect("nothing came in a minute")
}

/// One webhook as it arrived, with its signature found good or bad.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub bytes: String,
    pub signed: bool,
}

impl Delivery {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.bytes).unwrap()
    }

    /// The one change of the webhook.
    pub fn value(&self) -> Value {
        self.json()["entry"][0]["changes"][0]["value"].clone()
    }
}

/// The other side of the webhooks. It answers 200 unless told otherwise.
#[derive(Default)]
pub struct Receiver {
    answers: Mutex<VecDeque<u16>>,
    /// When set, posts are answered only when so many are there together.
    together: Mutex<Option<Arc<Barrier>>>,
    deliveries: Mutex<Vec<Delivery>>,
}

impl Receiver {
    pub async fn start() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self::default());
        let router = Router::new().route("/hook", get(challenge).post(receive)).with_state(receiver.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    pub fn answer_next(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub fn wait_for_together(&self, count: usize) {
        *self.together.lock().unwrap() = Some(Arc::new(Barrier::new(count)));
    }

    pub fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap().clone()
    }
}

async fn challenge(Query(query): Query<Vec<(String, String)>>) -> (StatusCode, String) {
    let of = |key: &str| query.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value).to_owned();
    if of("hub.mode") == "subscribe" && of("hub.verify_token") == VERIFY {
        (StatusCode::OK, of("hub.challenge"))
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.get("x-hub-signature-256").map(|value| value.to_str().unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&body);
    let good = given
        .and_then(|given| hex::decode(given.strip_prefix("sha256=")?).ok())
        .is_some_and(|given| mac.verify_slice(&given).is_ok());
    let together = receiver.together.lock().unwrap().clone();
    if let Some(together) = together {
        together.wait().await;
    }
    let answered = match given {
        None => 401,
        Some(_) if !good => 403,
        Some(_) => receiver.answers.lock().unwrap().pop_front().unwrap_or(200),
    };
    let bytes = String::from_utf8(body.to_vec()).unwrap();
    receiver.deliveries.lock().unwrap().push(Delivery { bytes, signed: good });
    StatusCode::from_u16(answered).unwrap()
}

/// The settings every test uses, with waits near zero.
pub fn config(webhook_url: &str) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        webhook_url: webhook_url.parse().unwrap(),
        app_secret: SECRET.into(),
        token: TOKEN.into(),
        verify_token: VERIFY.into(),
        phone_number_id: NUMBER.into(),
        waba_id: WABA.into(),
        display_phone: "+51 1 555 0100".into(),
        business_name: "Cauce".into(),
        data: None,
        retry_base_ms: 1,
        status_delay_ms: 1,
    }
}

/// An emulator with its receiver.
pub struct Stage {
    pub receiver: Arc<Receiver>,
    pub http: reqwest::Client,
    pub base: String,
    _emulator: Option<Running>,
}

impl Stage {
    pub async fn new() -> Self {
        let (receiver, url) = Receiver::start().await;
        let emulator = cauce_emulator::start(config(&url)).await.unwrap();
        Self {
            base: format!("http://{}", emulator.address()),
            _emulator: Some(emulator),
            ..Self::at(receiver)
        }
    }

    /// With one customer who has just written `hola`, the webhook taken.
    pub async fn with_rosa() -> Self {
        let stage = Self::new().await;
        stage.post("/emulator/customers", json!({"name": "Rosa Ñahui", "wa_id": ROSA})).await;
        stage.write(ROSA, json!({"type": "text", "text": {"body": "hola"}})).await;
        stage.quiet().await;
        stage
    }

    /// For an emulator that runs elsewhere; `base` is still to be set.
    pub fn at(receiver: Arc<Receiver>) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { receiver, http, base: String::new(), _emulator: None }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.base)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.http.post(format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// A Graph call with the right token.
    pub async fn graph(&self, body: Value) -> (u16, Value) {
        let url = format!("{}/v25.0/{NUMBER}/messages", self.base);
        let answer = self.http.post(url).bearer_auth(TOKEN).json(&body).send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
        (status, serde_json::from_str(&body).unwrap_or(Value::String(body)))
    }

    /// Sends and gives the wamid.
    pub async fn send(&self, kind: &str, content: Value) -> String {
        let (status, answer) = self.graph(message(ROSA, kind, content)).await;
        assert_eq!(status, 200, "{answer}");
        answer["messages"][0]["id"].as_str().unwrap().to_owned()
    }

    /// The customer acts; gives the wamid.
    pub async fn write(&self, wa_id: &str, act: Value) -> String {
        let (status, answer) = self.post(&format!("/emulator/customers/{wa_id}/messages"), act).await;
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// A Graph call with the right token on any path below the version.
    pub async fn graph_call(&self, method: Method, path: &str) -> (u16, Value) {
        let url = format!("{}/v25.0/{path}", self.base);
        let answer = self.http.request(method, url).bearer_auth(TOKEN).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Uploads with a form of these fields; `file` is its own part.
    pub async fn upload_form(&self, fields: &[(&str, &str)], file: Option<&[u8]>) -> (u16, Value) {
        const EDGE: &str = "a-line-no-file-holds";
        let mut body = Vec::new();
        for (name, value) in fields {
            let part =
                format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend(part.as_bytes());
        }
        if let Some(file) = file {
            let head = format!(
                "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(file);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{EDGE}--\r\n").as_bytes());
        let request = self.http.post(format!("{}/v25.0/{NUMBER}/media", self.base)).bearer_auth(TOKEN);
        let form = format!("multipart/form-data; boundary={EDGE}");
        let answer = request.header("Content-Type", form).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Uploads a file and gives its media id.
    pub async fn upload(&self, mime: &str, bytes: &[u8]) -> String {
        let fields = [("messaging_product", "whatsapp"), ("type", mime)];
        let (status, answer) = self.upload_form(&fields, Some(bytes)).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Downloads with the token.
    pub async fn download(&self, url: &str) -> reqwest::Response {
        self.http.get(url).bearer_auth(TOKEN).send().await.unwrap()
    }

    /// Puts a sample on Rosa's phone and gives its media id.
    pub async fn sample(&self, name: &str, mime: &str) -> String {
        let bytes = self.bytes(&format!("/emulator/samples/{name}")).await;
        let url = format!("{}/emulator/customers/{ROSA}/media", self.base);
        let url = Url::parse_with_params(&url, [("mime", mime), ("filename", name)]).unwrap();
        let answer = self.http.post(url).body(bytes).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.unwrap().to_vec()
    }

    /// The element of the last webhook of a customer's message.
    pub fn last_element(&self) -> Value {
        let deliveries = self.receiver.deliveries();
        let mut elements = deliveries.iter().map(|delivery| delivery.value()["messages"][0].clone());
        elements.rfind(|element| !element.is_null()).expect("a message was delivered")
    }

    pub async fn fault(&self, fault: Value) {
        let (status, answer) = self.post("/emulator/faults", fault).await;
        assert_eq!(status, 204, "{answer}");
    }

    pub async fn open(&self, wa_id: &str) {
        assert_eq!(self.post(&format!("/emulator/customers/{wa_id}/open"), json!({})).await.0, 204);
    }

    pub async fn ledger(&self) -> Value {
        self.get("/emulator/ledger").await
    }

    pub async fn conversation(&self, wa_id: &str) -> Vec<Value> {
        let messages = self.get(&format!("/emulator/customers/{wa_id}/messages")).await;
        messages.as_array().unwrap().clone()
    }

    /// The bubble with this wamid in Rosa's conversation.
    pub async fn bubble(&self, wamid: &str) -> Value {
        let found = self.conversation(ROSA).await.into_iter().find(|message| message["id"] == wamid);
        found.unwrap_or_else(|| panic!("no bubble {wamid}"))
    }

    /// Waits until no webhook is left to deliver.
    pub async fn quiet(&self) {
        self.until(async |stage| stage.ledger().await["pending_webhooks"] == 0).await;
    }

    /// Looks again after each event until `seen` holds.
    pub async fn until(&self, seen: impl AsyncFn(&Self) -> bool) {
        let mut events = self.http.get(format!("{}/emulator/events", self.base)).send().await.unwrap();
        soon(async {
            while !seen(self).await {
                events.chunk().await.unwrap().expect("the events go on");
            }
        })
        .await;
    }

    /// The statuses delivered for a message, in order of arrival.
    pub fn statuses(&self, wamid: &str) -> Vec<Value> {
        let statuses = self.receiver.deliveries().into_iter().filter_map(|delivery| {
            let status = delivery.value()["statuses"][0].clone();
            (status["id"] == wamid).then_some(status)
        });
        statuses.collect()
    }

    pub fn status_words(&self, wamid: &str) -> Vec<String> {
        self.statuses(wamid).iter().map(|status| status["status"].as_str().unwrap().to_owned()).collect()
    }
}

/// The body of a Graph send.
pub fn message(to: &str, kind: &str, content: Value) -> Value {
    let mut body = json!({"messaging_product": "whatsapp", "to": to, "type": kind});
    body[kind] = content;
    body
}

pub fn text(body: &str) -> Value {
    json!({"body": body})
}

pub fn buttons() -> Value {
    json!({"type": "button", "body": {"text": "¿Seguimos?"}, "action": {"buttons": [
        {"type": "reply", "reply": {"id": "yes", "title": "Sí"}},
        {"type": "reply", "reply": {"id": "no", "title": "No"}}]}})
}

pub fn list() -> Value {
    json!({"type": "list", "body": {"text": "¿Dónde?"}, "action": {"button": "Ver", "sections": [
        {"title": "Perú", "rows": [{"id": "lim", "title": "Lima", "description": "La capital"}]},
        {"title": "México", "rows": [{"id": "mid", "title": "Mérida"}]}]}})
}
