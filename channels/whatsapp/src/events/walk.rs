//! The way through a body: entries, changes, parts, elements; each read by itself, so that what is wrong
//! with one stays in it. A body as nearly all are is taken apart in one pass; what that yields is the same.

use serde::Deserialize;
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
    match serde_json::from_str::<Usual<'_>>(root.get()) {
        Ok(usual) if usual.is() => Some(usual.walk()),
        _ => part_by_part(root),
    }
}

/// A body with messages and statuses, and nothing around them that needs a second look.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual<'a> {
    object: &'a str,
    #[serde(borrow)]
    entry: Vec<UsualEntry<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsualEntry<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow, default, rename = "time")]
    _time: Option<&'a RawValue>,
    #[serde(borrow)]
    changes: Vec<UsualChange<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsualChange<'a> {
    field: &'a str,
    #[serde(borrow)]
    value: UsualValue<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsualValue<'a> {
    #[serde(borrow, default, rename = "messaging_product")]
    _product: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(borrow, default)]
    contacts: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    statuses: Vec<&'a RawValue>,
}

impl Usual<'_> {
    fn is(&self) -> bool {
        let value = |value: &UsualValue<'_>| !value.messages.is_empty() || !value.statuses.is_empty();
        let entry = |entry: &UsualEntry<'_>| {
            !entry.changes.is_empty()
                && entry.changes.iter().all(|change| change.field == "messages" && value(&change.value))
        };
        self.object == OBJECT && self.entry.iter().all(entry)
    }

    fn walk(self) -> Vec<WebhookEvent> {
        let mut walk = Walk::default();
        let read = |raw: &RawValue| json::read(raw).unwrap_or_default();
        let all = |raws: Vec<&RawValue>| -> Vec<Value> { raws.into_iter().map(json::keep).collect() };
        for entry in self.entry {
            walk.waba = read(entry.id).as_str().map(str::to_owned);
            for UsualChange { value, .. } in entry.changes {
                walk.number = owned(&read(value.metadata), "phone_number_id");
                walk.messages(all(value.messages), &all(value.contacts));
                walk.each(all(value.statuses), |raw| News::Status(StatusEvent::read(raw)));
            }
        }
        walk.events
    }
}

const OBJECT: &str = "whatsapp_business_account";

/// The events of any body.
fn part_by_part(root: &RawValue) -> Option<Vec<WebhookEvent>> {
    let body = json::fields(root)?;
    if value_of(&body, "object") != OBJECT {
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
            self.messages(elements("messages"), &contacts);
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

    fn messages(&mut self, messages: Vec<Value>, contacts: &[Value]) {
        let alone = messages.len() == 1;
        for raw in messages {
            let message = MessageEvent::message(&raw, contacts, alone);
            self.tell(News::Message(Box::new(message)), raw);
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Values as they come, as they should not, and nearly right.
    fn value() -> impl Strategy<Value = Value> {
        let element = prop_oneof![
            Just(json!({ "id": "wamid.1", "from": "51999888777", "timestamp": "1700000000", "type": "text",
                "text": { "body": "hola" } })),
            Just(json!({ "id": "wamid.2", "status": "read", "timestamp": "1700000000" })),
            Just(json!({ "wa_id": "51999888777", "profile": { "name": "Ana" } })),
            Just(json!("text")),
            Just(Value::Null),
        ];
        let part = prop_oneof![
            4 => prop::collection::vec(element.clone(), 0..3).prop_map(Value::from),
            1 => element,
        ];
        const NAMES: [&str; 7] =
            ["messages", "statuses", "contacts", "errors", "metadata", "messaging_product", "news"];
        let metadata = Just(json!({ "phone_number_id": "1" }));
        prop::collection::btree_map(prop::sample::select(&NAMES[..]), part, 0..4).prop_flat_map(
            move |parts| {
                (Just(parts), prop::option::weighted(0.9, metadata.clone())).prop_map(|(parts, metadata)| {
                    let mut value = json!(parts);
                    if let Some(metadata) = metadata {
                        value["metadata"] = metadata;
                    }
                    value
                })
            },
        )
    }

    proptest! {
        #[test]
        fn one_pass_and_part_by_part_are_the_same(
            values in prop::collection::vec(value(), 0..3),
            field in prop::sample::select(&["messages", "messages", "messages", "calls"][..]),
            id in prop_oneof![Just(json!("1")), Just(json!(1)), Just(json!("\u{0}"))],
        ) {
            let changes: Vec<Value> =
                values.into_iter().map(|value| json!({ "field": field, "value": value })).collect();
            let body = json!({ "object": OBJECT, "entry": [{ "id": id, "changes": changes }] }).to_string();
            let root = json::root(body.as_bytes()).unwrap();
            prop_assert_eq!(walk(root), part_by_part(root));
        }
    }

    #[test]
    fn a_usual_body_takes_the_short_way() {
        let body = json!({ "object": OBJECT, "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp", "metadata": { "phone_number_id": "1" },
            "contacts": [{ "wa_id": "51999888777" }], "messages": [{ "id": "wamid.1" }],
        } }] }] });
        assert!(serde_json::from_str::<Usual<'_>>(&body.to_string()).unwrap().is());
    }
}
