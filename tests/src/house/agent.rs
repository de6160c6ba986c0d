//! A person of the team, at a browser: a cookie, a CSRF token, and live events.

use std::collections::VecDeque;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};

use super::{House, within};

/// Somebody who is logged in. Clones are the same session.
#[derive(Clone)]
pub struct Agent {
    house: House,
    /// Their name.
    pub name: String,
    /// What the browser sends by itself.
    pub cookie: String,
    /// What the page adds.
    pub csrf: String,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub kind: String,
    /// What it sets in the browser.
    pub cookie: Option<String>,
    /// The body: JSON, or a text when it is none.
    pub body: Value,
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let header = |name: header::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (kind, cookie) = (header(header::CONTENT_TYPE).unwrap_or_default(), header(header::SET_COOKIE));
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, kind, cookie, body }
    }

    /// The stable code of a problem; empty when it is none.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Agent {
    /// What somebody of this name logs in with.
    pub fn email(name: &str) -> String {
        format!("{}@example.com", name.to_lowercase())
    }

    /// Their password.
    pub fn password(name: &str) -> String {
        format!("clave de {name}")
    }

    pub(super) async fn login(house: &House, name: &str) -> Self {
        let credentials = json!({ "email": Self::email(name), "password": Self::password(name) });
        let request = house.http().post(format!("{}/api/login", house.base())).json(&credentials);
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookie = answer.cookie.unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let csrf = answer.body["csrf"].as_str().unwrap().to_owned();
        Self { house: house.clone(), name: name.to_owned(), cookie, csrf }
    }

    /// A request with cookie and token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.house.http().request(method, format!("{}{path}", self.house.base()));
        request.header(header::COOKIE, &self.cookie).header("X-CSRF-Token", &self.csrf)
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Changes something.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body).send().await.unwrap()).await
    }

    /// Publishes a flow.
    pub async fn publish(&self, flow: &str) -> Answer {
        let request =
            self.request(Method::POST, "/api/flows").header(header::CONTENT_TYPE, "application/yaml");
        Answer::of(request.body(flow.to_owned()).send().await.unwrap()).await
    }

    /// Publishes a flow with these files: their ids by their paths.
    pub async fn publish_with(&self, flow: &str, files: Value) -> Answer {
        self.post("/api/flows", &json!({ "document": flow, "files": files })).await
    }

    /// Hands over a file.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Answer {
        let part = Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let form = Form::new().part("file", part);
        Answer::of(self.request(Method::POST, "/api/files").multipart(form).send().await.unwrap()).await
    }

    /// Answers on a case with a file that was handed over, and perhaps a text under it.
    pub async fn reply_with(&self, case: &str, file: &str, text: Option<&str>) -> Answer {
        let command = self.house.serial().to_string();
        let contact = self.contact_of(case).await;
        let body = json!({ "command": command, "case": case, "file": file, "body": text });
        self.post(&format!("/api/conversations/{contact}/messages"), &body).await
    }

    /// Takes a case.
    pub async fn take(&self, case: &str) -> Answer {
        let command = self.house.serial().to_string();
        self.post(&format!("/api/cases/{case}/take"), &json!({ "command": command })).await
    }

    /// Ends a case.
    pub async fn end(&self, case: &str) -> Answer {
        let command = self.house.serial().to_string();
        self.post(&format!("/api/cases/{case}/end"), &json!({ "command": command })).await
    }

    /// Answers on a case.
    pub async fn reply(&self, case: &str, text: &str) -> Answer {
        let command = self.house.serial().to_string();
        self.reply_as(case, text, &command).await
    }

    /// Answers on a case, under this command id.
    pub async fn reply_as(&self, case: &str, text: &str, command: &str) -> Answer {
        let contact = self.contact_of(case).await;
        let body = json!({ "command": command, "case": case, "body": text });
        self.post(&format!("/api/conversations/{contact}/messages"), &body).await
    }

    /// The contact of a case, as the lists tell.
    async fn contact_of(&self, case: &str) -> String {
        let look = async || {
            let page = self.get("/api/conversations?limit=100").await.body;
            let items = page["items"].as_array().into_iter().flatten();
            let found =
                items.into_iter().find(|item| item["case"]["id"] == case).map(|item| item["contact"].clone());
            found.ok_or_else(|| format!("no case {case} in {page}"))
        };
        self.house.until(look).await.as_str().unwrap().to_owned()
    }

    /// A page of a list: its items and the counts of all lists.
    pub async fn list(&self, tab: &str) -> Answer {
        self.get(&format!("/api/conversations?tab={tab}&limit=100")).await
    }

    /// Live events, from the beginning or after this one.
    pub async fn events(&self, after: Option<&str>) -> Events {
        let mut request = self.request(Method::GET, "/api/events");
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        Events { response, text: String::new(), events: VecDeque::new() }
    }
}

/// A stream of live events.
pub struct Events {
    response: Response,
    text: String,
    events: VecDeque<LiveEvent>,
}

/// One of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveEvent {
    /// Its name.
    pub event: String,
    /// The cursor after it, when it has one.
    pub id: Option<String>,
    /// What it says.
    pub data: Value,
}

impl Events {
    /// The next one; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<LiveEvent> {
        within("a live event", async {
            loop {
                if let Some(event) = self.events.pop_front() {
                    return Some(event);
                }
                let chunk = self.response.chunk().await.ok().flatten()?;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
                while let Some(end) = self.text.find("\n\n") {
                    let block: String = self.text.drain(..end + 2).collect();
                    self.events.extend(read(&block));
                }
            }
        })
        .await
    }
}

fn read(block: &str) -> Option<LiveEvent> {
    let mut event = LiveEvent::default();
    for (key, value) in block.lines().filter_map(|line| line.split_once(':')) {
        let value = value.strip_prefix(' ').unwrap_or(value);
        match key {
            "event" => event.event = value.to_owned(),
            "id" => event.id = Some(value.to_owned()),
            "data" => event.data = serde_json::from_str(value).unwrap(),
            _ => {}
        }
    }
    (!event.event.is_empty()).then_some(event)
}
