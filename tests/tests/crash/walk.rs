//! A customer and an agent who walk the journey, and what stands on phone and screen afterwards.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use cauce_tests::process::Installation;
use reqwest::Method;
use serde_json::{Value, json};

use crate::inspection::LEDGER;
use crate::stage::SCREEN;

/// The emulator's sample that goes both ways.
pub const PICTURE: &str = "foto.jpg";

/// One customer of a house, whom Ana looks after.
pub struct Walk<'a> {
    house: &'a Installation,
    wa_id: String,
    name: String,
    /// Messages that stand on the phone by now when nothing was lost: theirs and ours.
    said: usize,
    /// Messages of Ana's of which nobody could say whether they left, by number: they did not, and she wrote them
    /// again.
    unconfirmed: Vec<Value>,
}

/// Everything that is compared, a line each.
pub type Record = Vec<String>;

impl<'a> Walk<'a> {
    /// Customer number `number`, with this phone.
    pub fn new(house: &'a Installation, wa_id: &str, number: usize) -> Self {
        Self {
            house,
            wa_id: wa_id.to_owned(),
            name: format!("Cliente {number}"),
            said: 0,
            unconfirmed: Vec::new(),
        }
    }

    /// The whole way: a number from a server, words that do not fit, a form, a wait, pictures there and back,
    /// a person, a rating; then again, to nobody.
    pub async fn whole(mut self) -> Result<Record> {
        self.post("/customers", &json!({ "wa_id": self.wa_id, "name": self.name })).await?;
        self.say("viaje").await?;
        self.hear(1).await?;
        self.say("no sé").await?;
        self.hear(1).await?;
        self.tap("Con una persona").await?;
        self.hear(1).await?;
        self.say("J").await?;
        self.hear(1).await?;
        self.say("Julia").await?;
        self.hear(1).await?;
        self.choose("Lima").await?;
        // A line, a second of waiting, and that a picture is wanted.
        self.hear(2).await?;
        self.show().await?;
        // A line, a picture, and that somebody comes.
        self.hear(3).await?;

        let case = self.queued().await?;
        let taken = self.command(&format!("/api/cases/{case}/take"), "take", json!({})).await?;
        ensure!(taken["assignee"]["id"] == "ana", "the case was taken by somebody else: {taken}");
        self.say("¿Hola?").await?;
        self.say("Tengo prisa.").await?;
        self.read_by_agent().await?;
        for body in ["Hola, soy Ana.", "¿En qué te ayudo?"] {
            self.answer(&case, body).await?;
        }
        self.command(&format!("/api/cases/{case}/end"), "end", json!({})).await?;
        self.hear(1).await?;
        self.choose("Excelente").await?;
        self.hear(1).await?;

        self.say("viaje").await?;
        self.hear(1).await?;
        self.tap("Con nadie").await?;
        // A question left open for a second, a case that nobody takes for a second, and an excuse.
        self.hear(3).await?;
        self.settled().await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.house.phone(Method::POST, path, Some(body)).await
    }

    async fn act(&mut self, act: &Value) -> Result<()> {
        self.said += 1;
        self.post(&format!("/customers/{}/messages", self.wa_id), act).await.map(drop)
    }

    async fn say(&mut self, words: &str) -> Result<()> {
        self.act(&json!({ "type": "text", "text": { "body": words } })).await
    }

    /// Sends a picture.
    async fn show(&mut self) -> Result<()> {
        let picture = self.house.sample(PICTURE).await?;
        let id = self.house.put_on_phone(&self.wa_id, "image/jpeg", picture).await?;
        self.act(&json!({ "type": "image", "media": { "id": id }, "caption": "El de marzo" })).await
    }

    /// Taps a button of the last message that has buttons.
    async fn tap(&mut self, title: &str) -> Result<()> {
        let (message, id) = self.offered("/message/interactive/action/buttons", "/reply", title).await?;
        self.act(&json!({ "type": "button_reply", "message_id": message, "id": id })).await
    }

    /// Chooses a row of the last list.
    async fn choose(&mut self, title: &str) -> Result<()> {
        let (message, id) = self.offered("/message/interactive/action/sections/0/rows", "", title).await?;
        self.act(&json!({ "type": "list_reply", "message_id": message, "id": id })).await
    }

    /// The last message on the phone with options at `path`, and the id of the one with this title.
    async fn offered(&self, path: &str, within: &str, title: &str) -> Result<(Value, Value)> {
        let bubbles = self.bubbles().await?;
        let asked = bubbles.iter().rev().find_map(|bubble| Some((bubble, bubble.pointer(path)?.as_array()?)));
        let (asked, options) =
            asked.with_context(|| format!("nothing to choose on the phone: {bubbles:#?}"))?;
        let option = options.iter().filter_map(|option| option.pointer(within)).find(|o| o["title"] == title);
        Ok((asked["id"].clone(), option.with_context(|| format!("no «{title}» in {asked:#}"))?["id"].clone()))
    }

    /// Waits until that many more messages have reached the phone. What is not told as delivered yet, nobody can
    /// answer.
    async fn hear(&mut self, messages: usize) -> Result<()> {
        self.said += messages;
        let what = format!("message {} on the phone of {}", self.said, self.name);
        let heard = self.house.until(&what, async || {
            let bubbles = self.bubbles().await?;
            let there = bubbles.len();
            ensure!(there <= self.said, "{SCREEN}{there} messages on the phone instead of {}", self.said);
            let seen = |bubble: &Value| bubble["from"] == "customer" || arrived(bubble);
            Ok((there == self.said && bubbles.iter().all(seen)).then_some(()))
        });
        match heard.await {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}\non the phone: {:#?}", lines(&self.bubbles().await?)),
        }
    }

    async fn bubbles(&self) -> Result<Vec<Value>> {
        let bubbles =
            self.house.phone(Method::GET, &format!("/customers/{}/messages", self.wa_id), None).await?;
        serde_json::from_value(bubbles).context("the phone shows no list")
    }

    /// The conversation as the list of a tab shows it, when it is there.
    async fn listed(&self, tab: &str) -> Result<Option<Value>> {
        let page = self.house.get(&format!("/api/conversations?tab={tab}")).await?;
        let items = page["items"].as_array().context("a page without items")?;
        let mine: Vec<&Value> = items.iter().filter(|item| item["name"] == self.name.as_str()).collect();
        ensure!(mine.len() < 2, "{} is listed twice: {page:#}", self.name);
        Ok(mine.first().map(|item| (*item).clone()))
    }

    /// The case that waits.
    async fn queued(&self) -> Result<String> {
        let what = format!("the case of {}", self.name);
        let item = self.house.until(&what, async || self.listed("queued").await).await?;
        Ok(item["case"]["id"].as_str().context("a queued conversation without a case")?.to_owned())
    }

    async fn contact(&self) -> Result<String> {
        let item = self.listed("all").await?;
        Ok(item
            .as_ref()
            .and_then(|item| item["contact"].as_str())
            .context("no such conversation")?
            .to_owned())
    }

    async fn conversation(&self) -> Result<Value> {
        self.house.get(&format!("/api/conversations/{}", self.contact().await?)).await
    }

    /// Has Ana do something once, however often it is asked.
    async fn command(&self, path: &str, name: &str, mut body: Value) -> Result<Value> {
        body["command"] = json!(format!("{} {name}", self.wa_id));
        self.house.command(path, &body).await
    }

    /// Has Ana write until the customer has it: an agent's message is not sent again by itself when nobody can say
    /// whether it left.
    async fn answer(&mut self, case: &str, body: &str) -> Result<()> {
        let path = format!("/api/conversations/{}/messages", self.contact().await?);
        loop {
            let name = format!("{body} {}", self.unconfirmed.len());
            let accepted = self.command(&path, &name, json!({ "case": case, "body": body })).await?;
            let seq = &accepted["seq"];
            let what = format!("an end of message {seq} to {}", self.name);
            let message = self.house.until(&what, async || {
                let conversation = self.conversation().await?;
                let messages = conversation["messages"].as_array().into_iter().flatten();
                let message = messages.into_iter().find(|message| message["seq"] == *seq);
                let message =
                    message.with_context(|| format!("{LEDGER}message {seq} was accepted and is gone"))?;
                Ok((message["status"] != "queued").then(|| message.clone()))
            });
            let message = message.await?;
            if message["status"] != "failed" {
                return self.hear(1).await;
            }
            ensure!(message["error"]["code"] == "unconfirmed", "{SCREEN}Ana's message failed: {message:#}");
            let there = self.bubbles().await?.len();
            ensure!(there == self.said, "{SCREEN}the customer has what was not confirmed: {message:#}");
            self.unconfirmed.push(seq.clone());
        }
    }

    /// Waits until the agent sees everything that the customer wrote.
    async fn read_by_agent(&self) -> Result<()> {
        let what = format!("message {} of {} on the screen", self.said, self.name);
        self.house
            .until(&what, async || {
                let conversation = self.conversation().await?;
                let seen = conversation["messages"].as_array().map_or(0, Vec::len);
                Ok((seen >= self.said).then_some(()))
            })
            .await
    }

    /// Waits until nothing is on its way any more, and writes down what stands there.
    async fn settled(&self) -> Result<Record> {
        let what = format!("an end of the walk of {}", self.name);
        let rest = self.house.until(&what, async || {
            self.post(&format!("/customers/{}/open", self.wa_id), &json!({})).await?;
            let bubbles = self.bubbles().await?;
            let known = |bubble: &Value| match bubble["from"].as_str() {
                Some("customer") => arrived(bubble),
                _ => bubble["status"] == "read",
            };
            let conversation = self.conversation().await?;
            let messages = conversation["messages"].as_array().context("a conversation without messages")?;
            let settled = |message: &Value| match message["direction"].as_str() {
                Some("in") => message["content"]["state"] != "coming",
                _ => message["status"] == "read" || self.unconfirmed.contains(&message["seq"]),
            };
            let on_list = self.listed("all").await?;
            let at_rest = bubbles.iter().all(known)
                && messages.iter().all(settled)
                && on_list.as_ref() == Some(&conversation["summary"]);
            Ok(at_rest.then_some((bubbles, conversation)))
        });
        let (bubbles, conversation) = match rest.await {
            Ok(rest) => rest,
            Err(error) => {
                let conversation = self.conversation().await?;
                bail!(
                    "{error:#}\non the phone: {:#?}\non the screen: {conversation:#}",
                    lines(&self.bubbles().await?)
                )
            }
        };
        self.sent_once(&conversation).await?;
        self.pictures_stay(&conversation).await?;

        let mut record = lines(&bubbles);
        let mut seq = 0;
        let mut runs = Vec::new();
        // The contact has another id in every walk, and a file another id at the emulator.
        let contact = self.contact().await?;
        let conversation: Value =
            serde_json::from_str(&conversation.to_string().replace(&contact, "contact"))?;
        let each = |key: &str| conversation[key].as_array().cloned().unwrap_or_default();
        for mut message in each("messages") {
            if self.unconfirmed.contains(&message["seq"]) {
                continue;
            }
            seq += 1;
            message["seq"] = json!(seq);
            if let Some(quoted) = message.pointer_mut("/quote/seq") {
                let earlier = self.unconfirmed.iter().filter(|seq| seq.as_u64() < quoted.as_u64()).count();
                *quoted = json!(quoted.as_u64().map(|seq| seq - earlier as u64));
            }
            number_runs(&mut message, &mut runs);
            record.push(format!("screen: {}", timeless(message)));
        }
        for mut field in each("captured") {
            field["value"] = timeless(field["value"].take());
            record.push(format!("captured: {field}"));
        }
        record.extend(each("cases").into_iter().map(|case| format!("case: {}", timeless(case))));
        let summary = &conversation["summary"];
        record.push(format!(
            "summary: {} {} {}",
            summary["stage"],
            summary["unread"],
            timeless(summary["last"].clone())
        ));
        let path = self.house.get(&format!("/api/conversations/{}/path", self.contact().await?)).await?;
        record.push(format!("run: {} {}", path["run"]["state"], path["run"]["reason"]));
        for step in path["steps"].as_array().context("a path without steps")? {
            record.push(format!("step: {} {}", step["node"], step["exit"]));
        }
        Ok(record)
    }

    /// The customer's picture and ours can be seen: all their bytes are here, and where the form keeps it.
    async fn pictures_stay(&self, conversation: &Value) -> Result<()> {
        let picture = self.house.sample(PICTURE).await?;
        let messages = conversation["messages"].as_array().into_iter().flatten();
        let shown = messages.filter_map(|message| message["content"]["url"].as_str());
        let captured = conversation["captured"].as_array().into_iter().flatten();
        let kept = captured.filter_map(|field| field["value"]["url"].as_str());
        let urls: Vec<&str> = shown.chain(kept).collect();
        ensure!(urls.len() >= 2, "two pictures have {} addresses: {conversation:#}", urls.len());
        for url in urls {
            ensure!(self.house.download(url).await? == picture, "another picture at {url}");
        }
        Ok(())
    }

    /// Every message that the screen shows as sent was accepted once, and no other.
    async fn sent_once(&self, conversation: &Value) -> Result<()> {
        let contact = conversation["summary"]["contact"].as_str().context("a conversation of nobody")?;
        let ledger = self.house.phone(Method::GET, "/ledger", None).await?;
        let mut accepted = BTreeMap::<String, Vec<Value>>::new();
        for send in ledger["sends"].as_array().context("a ledger without sends")? {
            if send["to"] == self.wa_id.as_str() {
                let attempt = send["opaque"].as_str().context("a send without an attempt")?;
                let (message, _) = attempt.rsplit_once('.').context("an attempt without a number")?;
                accepted.entry(message.to_owned()).or_default().push(send.clone());
            }
        }
        let messages = conversation["messages"].as_array().context("a conversation without messages")?;
        let sent = messages.iter().filter(|message| message["direction"] == "out");
        let sent = sent.filter(|message| !self.unconfirmed.contains(&message["seq"]));
        let sent: Vec<String> = sent.map(|message| format!("{contact}.{}", message["seq"])).collect();
        for message in &sent {
            let sends = accepted.remove(message).unwrap_or_default();
            let times = sends.len();
            ensure!(times == 1, "{LEDGER}message {message} was accepted {times} times: {sends:#?}");
        }
        ensure!(accepted.is_empty(), "{LEDGER}sends that no screen shows: {accepted:#?}");
        Ok(())
    }
}

fn arrived(bubble: &Value) -> bool {
    bubble["status"] == "delivered" || bubble["status"] == "read"
}

/// The phone, a line a bubble; ids are those of the bubbles' places.
fn lines(bubbles: &[Value]) -> Record {
    let ids: Vec<&str> = bubbles.iter().filter_map(|bubble| bubble["id"].as_str()).collect();
    let place = |id: &Value| json!(id.as_str().and_then(|id| ids.iter().position(|other| *other == id)));
    let mut runs = Vec::new();
    let line = |bubble: &Value| {
        let mut message = bubble["message"].clone();
        if let Some(message) = message.as_object_mut() {
            for key in ["id", "from", "from_user_id", "timestamp"] {
                message.remove(key);
            }
            if let Some(context) = message.get_mut("context") {
                *context = place(&context["id"]);
            }
        }
        if let Some(image) = message.get_mut("image").and_then(Value::as_object_mut) {
            image.retain(|key, _| key == "caption");
        }
        number_runs(&mut message, &mut runs);
        let replied = if bubble["replied"].is_null() { "" } else { ", answered" };
        // A read mark is worth nothing a moment later: the end of a process may lose it.
        let status = if bubble["from"] == "customer" { &Value::Null } else { &bubble["status"] };
        format!("phone: {} {status} {message}{replied} {}", bubble["from"], bubble["file"])
    };
    bubbles.iter().map(line).collect()
}

/// Without moments and ids, which are others in every run.
fn timeless(mut value: Value) -> Value {
    if let Some(value) = value.as_object_mut() {
        value.retain(|key, _| !matches!(key.as_str(), "at" | "id" | "contact") && !key.ends_with("_at"));
    }
    value
}

/// The id of an option begins with that of its run, which is another in every walk: it becomes its
/// number among the runs seen before.
fn number_runs(value: &mut Value, runs: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| number_runs(item, runs)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let option = value.as_str().filter(|_| key == "id").and_then(|id| id.split_once('.'));
                if let Some((run, rest)) = option {
                    let number = runs.iter().position(|seen| seen == run).unwrap_or(runs.len());
                    if number == runs.len() {
                        runs.push(run.to_owned());
                    }
                    *value = json!(format!("run {number}.{rest}"));
                } else {
                    number_runs(value, runs);
                }
            }
        }
        _ => {}
    }
}
