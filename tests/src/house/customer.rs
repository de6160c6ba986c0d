//! Somebody who writes on WhatsApp.

use cauce_conversation::{BINDINGS, history};
use cauce_model::{Address, ContactEvent, ContactId, Message, Timestamp};
use cauce_store::rows;
use serde_json::{Value, json};

use super::webhook::{DISPLAY_PHONE, seconds};
use super::{Agent, House, Order, PORTFOLIO, body_of};

/// A customer. Clones are the same one.
#[derive(Clone)]
pub struct Customer {
    house: House,
    /// Their number, digits only, as Meta writes it.
    pub phone: String,
    /// What they call themselves.
    pub name: String,
    /// Their business-scoped id, which stays when their number changes.
    pub user_id: String,
    /// Whether they hide their number: Meta then tells their business-scoped id alone.
    pub hidden: bool,
}

impl Customer {
    pub(super) fn new(house: House, phone: String, name: &str) -> Self {
        let user_id = format!("PE.{phone}");
        Self { house, phone, name: name.to_owned(), user_id, hidden: false }
    }

    /// The same person, writing to another house.
    pub fn in_house(&self, house: &House) -> Self {
        Self { house: house.clone(), ..self.clone() }
    }

    /// Their entry in a webhook's `contacts`.
    pub fn entry(&self) -> Value {
        let mut entry = json!({ "profile": { "name": self.name }, "user_id": self.user_id });
        if !self.hidden {
            entry["wa_id"] = json!(self.phone);
        }
        entry
    }

    /// Where messages to them go.
    pub fn to(&self) -> String {
        if self.hidden { self.user_id.clone() } else { self.phone.clone() }
    }

    /// A message of theirs as an element of a webhook: fresh id, stamped by the house's clock.
    pub fn element(&self, kind: &str, content: Value) -> Value {
        self.element_at(self.house.now(), kind, content)
    }

    /// The same, stamped at another time.
    pub fn element_at(&self, at: Timestamp, kind: &str, content: Value) -> Value {
        let id = format!("wamid.IN.{}", self.house.serial());
        let mut element = json!({ "from_user_id": self.user_id, "id": id, "timestamp": seconds(at),
            "type": kind, kind: content });
        if !self.hidden {
            element["from"] = json!(self.phone);
        }
        element
    }

    /// A whole webhook with a text of theirs.
    pub fn text(&self, text: &str) -> Value {
        self.text_at(self.house.now(), text)
    }

    /// The same, stamped at another time.
    pub fn text_at(&self, at: Timestamp, text: &str) -> Value {
        body_of("messages", &[self.element_at(at, "text", json!({ "body": text }))], &[self.entry()])
    }

    /// Writes; returns when that is durable.
    pub async fn says(&self, text: &str) {
        assert_eq!(self.house.webhook(&self.text(text)).await, 200);
    }

    /// Does something else than writing a text: `kind` and `content` as Meta writes them. Gives the
    /// message's id; returns when that is durable.
    pub async fn sends(&self, kind: &str, content: Value) -> String {
        self.does(self.element(kind, content)).await
    }

    /// The same with an element of [`Self::element`] to which something was added.
    pub async fn does(&self, element: Value) -> String {
        let body = body_of("messages", std::slice::from_ref(&element), &[self.entry()]);
        assert_eq!(self.house.webhook(&body).await, 200);
        element["id"].as_str().unwrap().to_owned()
    }

    /// Somebody of the business writes to them with the business's own phone.
    pub async fn is_told_by_phone(&self, kind: &str, content: Value) -> String {
        let mut element = self.element(kind, content);
        element["to"] = json!(self.phone);
        element["to_user_id"] = element["from_user_id"].take();
        element["from"] = json!(DISPLAY_PHONE);
        let mut body = body_of("message_echoes", std::slice::from_ref(&element), &[]);
        body["entry"][0]["changes"][0]["field"] = json!("smb_message_echoes");
        assert_eq!(self.house.webhook(&body).await, 200);
        element["id"].as_str().unwrap().to_owned()
    }

    /// A message of their history as it is kept.
    pub async fn kept(&self, seq: u64) -> Message {
        let app = self.house.app();
        let contact = self.id().await.unwrap();
        history::message(app.store().as_ref(), contact, seq).await.unwrap().unwrap()
    }

    /// Taps the option with this title on the last message that has it, once that has arrived.
    pub async fn taps(&self, title: &str) {
        let id = self.house.graph().option(&self.to(), title).await;
        let reply = json!({ "id": id, "title": title });
        let content = json!({ "type": "button_reply", "button_reply": reply });
        let body = body_of("messages", &[self.element("interactive", content)], &[self.entry()]);
        assert_eq!(self.house.webhook(&body).await, 200);
    }

    /// A status of a message to them, as an element of a webhook.
    pub fn status(&self, order: &Order, status: &str) -> Value {
        let mut element = json!({ "id": order.wamid, "status": status, "timestamp": seconds(self.house.now()),
            "recipient_id": self.to(), "biz_opaque_callback_data": order.attempt });
        if status == "failed" {
            element["errors"] = json!([{ "code": 131026, "title": "Message undeliverable" }]);
        }
        element
    }

    /// Has Meta tell that a message to them, which it had taken, will not arrive.
    pub async fn lost(&self, order: &Order, code: i64) {
        let mut element = self.status(order, "failed");
        element["errors"] = json!([{ "code": code, "title": "No" }]);
        assert_eq!(self.house.webhook(&body_of("statuses", &[element], &[])).await, 200);
    }

    /// Has Meta tell what became of a message to them.
    pub async fn news(&self, order: &Order, status: &str) {
        let body = body_of("statuses", &[self.status(order, status)], &[]);
        assert_eq!(self.house.webhook(&body).await, 200);
    }

    /// Who they are to the house; nobody before they wrote.
    pub async fn id(&self) -> Option<ContactId> {
        let app = self.house.app();
        let workspace = app.workspace_id().clone();
        let address = match self.hidden {
            true => Address::bsuid(workspace, PORTFOLIO, &self.user_id),
            false => Address::phone(workspace, &self.phone),
        };
        let key = BINDINGS.key(address.slot()).text(&address.key());
        let row = rows::get(app.store().as_ref(), std::slice::from_ref(&key)).await.unwrap().pop().flatten();
        row.and_then(|row| BINDINGS.read(&key, &row).unwrap().contact)
    }

    /// Their conversation as `GET /api/conversations/{contact}` shows it.
    pub async fn conversation(&self) -> Value {
        self.seen("").await
    }

    /// Their path as `GET /api/conversations/{contact}/path` shows it.
    pub async fn path(&self) -> Value {
        self.seen("/path").await
    }

    async fn seen(&self, of: &str) -> Value {
        let id = self.id().await.expect("they wrote");
        let answer = self.house.screen().await.get(&format!("/api/conversations/{id}{of}")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// The conversation in lines: `cliente: hola`, `bot: ¿Qué? [Ventas] [Otra]`, `Rosa: Buenas`.
    pub async fn transcript(&self) -> Vec<String> {
        messages(&self.conversation().await).iter().map(line).collect()
    }

    /// How far each message to them got, and why not further.
    pub async fn delivery(&self) -> Vec<(String, String)> {
        let conversation = self.conversation().await;
        let sent = messages(&conversation).into_iter().filter(|message| message["direction"] == "out");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        sent.map(|message| (text(&message["status"]), text(&message["error"]["code"]))).collect()
    }

    /// Waits until the conversation reads like this to its end, and every message to them has been
    /// taken or has failed.
    pub async fn reads(&self, expected: &[&str]) {
        self.shows(expected, true).await;
    }

    /// Waits until the conversation reads like this, be it sent yet or not.
    pub async fn holds(&self, expected: &[&str]) {
        self.shows(expected, false).await;
    }

    async fn shows(&self, expected: &[&str], sent: bool) {
        let look = async || {
            let conversation = self.conversation().await;
            let messages = messages(&conversation);
            let lines: Vec<_> = messages.iter().map(line).collect();
            let waiting = messages.iter().filter(|message| message["status"] == "queued").count();
            if lines == expected && (waiting == 0 || !sent) {
                return Ok(());
            }
            Err(format!("{lines:#?} of which {waiting} wait, and not {expected:#?}"))
        };
        self.house.until(look).await;
    }

    /// Waits until this is how far the messages to them got.
    pub async fn got(&self, expected: &[&str]) {
        let look = async || {
            let delivery = self.delivery().await;
            let same = delivery.iter().map(|(status, _)| status).eq(expected);
            if same { Ok(()) } else { Err(format!("{delivery:?} and not {expected:?}")) }
        };
        self.house.until(look).await;
    }

    /// How many events like this happened to them.
    pub async fn lived(&self, like: impl Fn(&ContactEvent) -> bool) -> usize {
        let Some(id) = self.id().await else { return 0 };
        self.house
            .journal(id)
            .await
            .iter()
            .filter_map(|entry| entry.event.other())
            .filter(|event| like(event))
            .count()
    }

    /// Waits until so many events like this happened to them.
    pub async fn until_lived(&self, count: usize, like: impl Fn(&ContactEvent) -> bool) {
        let look = async || {
            let lived = self.lived(&like).await;
            if lived >= count { Ok(()) } else { Err(format!("{lived} such events, and not {count}")) }
        };
        self.house.until(look).await;
    }

    /// Waits until somebody is needed, and gives the case's id.
    pub async fn waits_for_a_person(&self) -> String {
        let look = async || {
            let conversation = self.conversation().await;
            let case = &conversation["summary"]["case"];
            match (case["state"].as_str(), case["id"].as_str()) {
                (Some("queued"), Some(id)) => Ok(id.to_owned()),
                _ => Err(format!("{}", conversation["summary"])),
            }
        };
        self.house.until(look).await
    }

    /// Waits for a person, has this one take the case, and gives its id.
    pub async fn is_taken_by(&self, agent: &Agent) -> String {
        let case = self.waits_for_a_person().await;
        let taken = agent.take(&case).await;
        assert_eq!(taken.status, 200, "{}", taken.body);
        case
    }
}

fn messages(conversation: &Value) -> Vec<Value> {
    conversation["messages"].as_array().unwrap().clone()
}

fn line(message: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let who = match message["author"]["kind"].as_str() {
        Some("contact") => "cliente".to_owned(),
        Some("bot") => "bot".to_owned(),
        _ => text(&message["author"]["name"]),
    };
    let content = &message["content"];
    let said = match content["type"].as_str() {
        Some("choice") => format!("[{}]", text(&content["title"])),
        Some("media") => match text(&content["caption"]).as_str() {
            "" => format!("<{}>", text(&content["media"])),
            caption => format!("<{}> {caption}", text(&content["media"])),
        },
        Some("unsupported") => format!("({})", text(&content["kind"])),
        _ => text(&content["body"]),
    };
    let rows =
        content["sections"].as_array().into_iter().flatten().flat_map(|section| section["rows"].as_array());
    let options = rows.chain(content["buttons"].as_array()).flatten();
    let titles = options.map(|option| format!(" [{}]", text(&option["title"])));
    format!("{who}: {said}{}", titles.collect::<String>())
}
