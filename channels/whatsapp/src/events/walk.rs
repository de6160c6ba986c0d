//! The way through a body: entries, changes, parts, elements; each read by itself, so that what is wrong
//! with one stays in it.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    CallEvent, FieldEvent, GroupEvent, HistoryEvent, MessageEvent, News, PreferenceEvent, ProviderError,
    StateSyncEvent, StatusEvent, WebhookEvent,
};
use crate::json::{self, Fields};
use crate::value::{moment, owned};

/// The events of a body; `None` when it is no WhatsApp webhook.
pub(crate) fn walk(root: &RawValue) -> Option<Vec<WebhookEvent>> {
    let body = json::fields(root)?;
    if value_of(&body, "object") != "whatsapp_business_account" {
        return None;
    }
    let mut walk = Walk::default();
    for entry in json::items(body.get("entry")?)? {
        walk.entry(entry);
    }
    Some(walk.events)
}

#[derive(Default)]
struct Walk {
    events: Vec<WebhookEvent>,
    waba: Option<String>,
    number: Option<String>,
}

impl Walk {
    fn entry(&mut self, raw: &RawValue) {
        let entry = json::fields(raw).unwrap_or_default();
        self.waba = value_of(&entry, "id").as_str().map(str::to_owned);
        self.number = None;
        match entry.get("changes").and_then(|changes| json::items(changes)) {
            Some(changes) => changes.into_iter().for_each(|change| self.change(&entry, change)),
            None => self.tell(News::Field(FieldEvent::default()), json::keep(raw)),
        }
    }

    fn change(&mut self, entry: &Fields<'_>, raw: &RawValue) {
        let change = json::fields(raw).unwrap_or_default();
        let value = change.get("value").and_then(|value| json::fields(value)).unwrap_or_default();
        self.number = owned(&value_of(&value, "metadata"), "phone_number_id");
        let field = value_of(&change, "field").as_str().map(str::to_owned);
        if field.as_deref() == Some("history") {
            let news = HistoryEvent::read(&value_of(&change, "value"));
            return self.tell(News::History(news), json::keep(raw));
        }

        let before = self.events.len();
        let mut rest = self.parts(field.as_deref(), &value);
        rest.retain(|(_, part)| holds_something(part));
        let event = |value: &Value| FieldEvent {
            field: field.clone(),
            time: moment(&value_of(entry, "time")),
            ..FieldEvent::read(value)
        };
        if self.events.len() == before {
            return self.tell(News::Field(event(&value_of(&change, "value"))), json::keep(raw));
        }
        for (name, part) in rest {
            let part_event = FieldEvent { part: Some(name.to_owned()), ..event(&Value::Null) };
            self.tell(News::Field(part_event), json::keep(part));
        }
    }

    /// Tells every element of the parts that are read, and gives back the other parts.
    fn parts<'a, 'v>(&mut self, field: Option<&str>, value: &'a Fields<'v>) -> Vec<(&'a str, &'v RawValue)> {
        let elements = |part: &str| -> Vec<Value> {
            // A part that is no array is its only element.
            let Some(raw) = value.get(part).filter(|raw| raw.get() != "null") else { return Vec::new() };
            json::items(raw).unwrap_or_else(|| vec![raw]).into_iter().map(json::keep).collect()
        };
        let contacts = elements("contacts");
        let mut read = vec!["messaging_product", "metadata", "contacts"];

        // Elsewhere (`calls`, `standby` …) these are about something else.
        if field == Some("messages") {
            read.extend(["messages", "statuses", "errors"]);
            let messages = elements("messages");
            let alone = messages.len() == 1;
            for raw in messages {
                let message = MessageEvent::message(&raw, &contacts, alone);
                self.tell(News::Message(Box::new(message)), raw);
            }
            self.each(elements("statuses"), |raw| News::Status(StatusEvent::read(raw)));
            self.each(elements("errors"), |raw| News::Error(ProviderError::read(raw)));
        }
        read.extend(["message_echoes", "calls", "groups", "state_sync", "user_preferences"]);
        self.each(elements("message_echoes"), |raw| News::Echo(Box::new(MessageEvent::echo(raw, &contacts))));
        let calls = elements("calls");
        let mut of_calls = Vec::new();
        if field == Some("calls") && !calls.is_empty() {
            read.push("errors");
            of_calls = elements("errors").iter().map(ProviderError::read).collect();
        }
        self.each(calls, |raw| News::Call(CallEvent::read(raw, &of_calls)));
        self.each(elements("groups"), |raw| News::Group(GroupEvent::read(raw, field)));
        self.each(elements("state_sync"), |raw| News::StateSync(StateSyncEvent::read(raw)));
        self.each(elements("user_preferences"), |raw| News::Preference(PreferenceEvent::read(raw)));

        let parts = value.iter().map(|(name, part)| (name.as_str(), *part));
        parts.filter(|(name, _)| !read.contains(name)).collect()
    }

    fn each(&mut self, elements: Vec<Value>, read: impl Fn(&Value) -> News) {
        for raw in elements {
            self.tell(read(&raw), raw);
        }
    }

    fn tell(&mut self, news: News, raw: Value) {
        let (waba, phone_number_id) = (self.waba.clone(), self.number.clone());
        self.events.push(WebhookEvent { waba, phone_number_id, news, raw });
    }
}

/// The value among unread fields; null when there is none, or none that can be held.
fn value_of(fields: &Fields<'_>, key: &str) -> Value {
    fields.get(key).and_then(|raw| json::read(raw).ok()).unwrap_or_default()
}

/// Whether a part may have elements: facts of one value are no elements.
fn holds_something(part: &RawValue) -> bool {
    match part.get().as_bytes().first() {
        Some(b'[') => json::items(part).is_none_or(|items| !items.is_empty()),
        Some(b'{') => json::fields(part).is_none_or(|fields| !fields.is_empty()),
        _ => false,
    }
}
