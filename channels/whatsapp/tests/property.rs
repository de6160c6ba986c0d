//! Whatever the body is, nobody panics and no element is lost without a word.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use cauce_whatsapp::{AccountRef, Element, decode, lines, normalise};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn account() -> AccountRef {
    AccountRef {
        account: "demo".parse().unwrap(),
        workspace: "demo".parse().unwrap(),
        portfolio: "P1".to_owned(),
    }
}

fn decoded(body: &[u8]) -> Vec<Element> {
    decode(body, &|number| (number != "0").then(account)).unwrap()
}

/// Words that the reader looks at, so that what is made up meets its rules.
fn word() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "id",
        "from",
        "from_user_id",
        "to",
        "type",
        "timestamp",
        "status",
        "text",
        "body",
        "image",
        "voice",
        "audio",
        "interactive",
        "button_reply",
        "nfm_reply",
        "response_json",
        "system",
        "user_changed_number",
        "edit",
        "message",
        "original_message_id",
        "order",
        "product_items",
        "quantity",
        "location",
        "latitude",
        "contacts",
        "vcard",
        "errors",
        "code",
        "context",
        "referral",
        "group_id",
        "wa_id",
        "messages",
        "statuses",
        "history",
        "threads",
        "metadata",
        "phone_number_id",
        "event",
        "field",
        "51999888777",
        "PE.1",
        "1750016800",
        "changed from 1 to 2",
        "{\"a\":1}",
        "waba",
    ];
    prop_oneof![4 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 4.0)),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An object whose `type` names one of its fields, as messages are written.
fn any_message() -> impl Strategy<Value = Value> {
    (word(), any_json(), any_json(), prop_oneof![Just("51999888777"), Just("PE.1"), Just("rosa")]).prop_map(
        |(kind, body, context, from)| {
            json!({ "id": "m", "from": from, "timestamp": "1750016800", "type": kind, kind.clone(): body,
                "context": context })
        },
    )
}

fn any_element() -> impl Strategy<Value = Value> {
    prop_oneof![any_json(), any_message()]
}

fn many() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(any_element(), 0..5)
}

proptest! {
    #[test]
    fn any_json_is_taken(body in any_json()) {
        let body = body.to_string().into_bytes();
        let lines = lines(&body).unwrap();
        for line in &lines {
            prop_assert!(serde_json::from_str::<Value>(line).unwrap().is_object());
        }
        prop_assert_eq!(normalise(&body).unwrap().len(), lines.len());
        prop_assert!(!decoded(&body).is_empty(), "what is no webhook is told too");
    }

    #[test]
    fn any_bytes_are_taken(body in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(lines(&body).is_err(), serde_json::from_slice::<Value>(&body).is_err());
    }

    #[test]
    fn any_change_is_told(changes in prop::collection::vec((word(), any_json()), 0..5)) {
        let made: Vec<Value> = changes.iter().map(|(f, v)| json!({ "field": f, "value": v })).collect();
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "W", "changes": made }] });
        let body = body.to_string().into_bytes();
        prop_assert!(normalise(&body).unwrap().len() >= changes.len());
    }

    #[test]
    fn no_element_is_lost(
        messages in many(), statuses in many(), errors in many(), echoes in many(), calls in many(),
        preferences in many(), strange in many(), contacts in any_json(), number in "[0-2]",
    ) {
        let is_element = |element: &&Value| element.is_object();
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "changes": [{
            "field": "messages",
            "value": { "metadata": { "phone_number_id": number }, "contacts": contacts, "messages": messages,
                "statuses": statuses, "errors": errors, "message_echoes": echoes, "calls": calls,
                "user_preferences": preferences, "holograms": strange } }] }] });
        let body = body.to_string().into_bytes();
        let events = normalise(&body).unwrap();
        prop_assert_eq!(lines(&body).unwrap().len(), events.len());

        let read = [&messages, &statuses, &errors, &echoes, &calls, &preferences];
        let kept: Vec<&Value> = events.iter().map(|event| &event.raw).collect();
        for element in read.into_iter().flatten().filter(is_element) {
            prop_assert!(kept.contains(&element), "{}", element);
        }
        let counted: usize = read.into_iter().map(Vec::len).sum();
        let told = if counted == 0 { 1 } else { counted + usize::from(!strange.is_empty()) };
        prop_assert_eq!(events.len(), told);
        // Nothing that is told is lost on the way to the conversations.
        prop_assert_eq!(decoded(&body).len(), events.len());
    }

    #[test]
    fn a_good_message_survives_its_neighbours(before in many(), after in many()) {
        let good = json!({ "id": "good", "from": "51999888777", "timestamp": "1750016800", "type": "text",
            "text": { "body": "hola" } });
        let messages = [before, vec![good], after].concat();
        let body = json!({ "object": "whatsapp_business_account", "entry": [{ "changes": [{ "field": "messages",
            "value": { "metadata": { "phone_number_id": "1" }, "messages": messages } }] }] });
        let told = decoded(&body.to_string().into_bytes()).into_iter().filter(|element| matches!(element,
            Element::Inbound(cauce_model::Inbound::Message(message)) if message.provider_id == "good"));
        prop_assert_eq!(told.count(), 1);
    }
}
