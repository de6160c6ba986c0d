//! Every type of message and every other field, as `fixtures/messages.json` and `fixtures/changes.json`
//! have them (all written for this test): the line that each gives, and what a conversation gets of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use cauce_model::{Address, AddressKind, Inbound, InboundContent};
use cauce_whatsapp::{AccountRef, Element, NotJson, decode, lines, normalise};
use serde_json::{Value, json};

const NUMBER: &str = "106540352242922";

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn body(field: &str, value: &Value, time: &Value) -> Vec<u8> {
    let entry = json!({ "id": "W", "time": time, "changes": [{ "field": field, "value": value }] });
    serde_json::to_vec(&json!({ "object": "whatsapp_business_account", "entry": [entry] })).unwrap()
}

fn elements(body: &[u8]) -> Vec<Element> {
    let account = AccountRef {
        account: "demo".parse().unwrap(),
        workspace: "demo".parse().unwrap(),
        portfolio: "P1".to_owned(),
    };
    decode(body, &|number| (number == NUMBER).then(|| account.clone())).unwrap()
}

fn read_lines(body: &[u8]) -> Vec<Value> {
    lines(body).unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn assert_has(line: &Value, expected: &Value, what: &str) {
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(line.get(key), Some(value), "{what}: {key} of {line}");
    }
}

fn names(addresses: &[Address]) -> Vec<String> {
    let name = |address: &Address| match address.kind {
        AddressKind::Phone => format!("phone {}", address.value),
        AddressKind::Bsuid => format!("bsuid {}", address.value),
        AddressKind::Email => format!("email {}", address.value),
    };
    addresses.iter().map(name).collect()
}

#[test]
fn every_type_of_message() {
    for case in cases("messages") {
        let what = case["what"].as_str().unwrap();
        let value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "5116419000", "phone_number_id": NUMBER },
            "messages": [case["message"]],
        });
        let body = body("messages", &value, &Value::Null);
        let [line] = &read_lines(&body)[..] else { panic!("{what}") };
        let common = json!({ "event": "message", "waba": "W", "phone_number_id": NUMBER, "id": "wamid.x",
            "timestamp": 1_750_016_800 });
        assert_has(line, &common, what);
        assert_has(line, &case["line"], what);

        let [Element::Inbound(Inbound::Message(got))] = &elements(&body)[..] else { panic!("{what}") };
        let mut content = serde_json::to_value(&got.content).unwrap();
        match &got.content {
            InboundContent::Notice { addresses, .. } if !addresses.is_empty() => {
                content["addresses"] = names(addresses).into();
            }
            InboundContent::Unsupported { raw, .. } => {
                assert_eq!(*raw, case["message"], "{what} is kept whole");
                content.as_object_mut().unwrap().remove("raw");
            }
            _ => {}
        }
        assert_eq!(content, case["content"], "{what}");
        let context = case.get("context").cloned().unwrap_or_else(|| json!({}));
        assert_eq!(serde_json::to_value(&got.context).unwrap(), context, "{what}");
        if let Some(sender) = case.get("sender") {
            assert_eq!(json!(names(&got.sender.addresses)), *sender, "{what}");
        }
    }
}

#[test]
fn every_field() {
    for case in cases("changes") {
        let what = case["what"].as_str().unwrap();
        let body = body(case["field"].as_str().unwrap(), &case["value"], &case["time"]);
        let got = read_lines(&body);
        let expected = case["lines"].as_array().unwrap();
        assert_eq!(got.len(), expected.len(), "{what}: {got:?}");
        for (line, expected) in got.iter().zip(expected) {
            assert_has(line, expected, what);
        }
        let got: Vec<String> = elements(&body)
            .iter()
            .map(|element| match element {
                Element::Inbound(Inbound::Message(_)) => "message".to_owned(),
                Element::Inbound(Inbound::Echo(echo)) => format!("echo {}", echo.recipient.reply_to),
                Element::Inbound(Inbound::Status(status)) => {
                    format!("status {}", serde_json::to_value(status.status).unwrap().as_str().unwrap())
                }
                Element::Other { reason, .. } => reason.code().to_owned(),
            })
            .collect();
        assert_eq!(json!(got), case["elements"], "{what}");
    }
}

#[test]
fn a_line_names_who_the_webhook_names() {
    let message = |from: &str| json!({ "from": from, "id": "m", "timestamp": "1750016800", "type": "text", "text": { "body": "x" } });
    let of = |contacts: Value, messages: Value| {
        let value =
            json!({ "metadata": { "phone_number_id": NUMBER }, "contacts": contacts, "messages": messages });
        body("messages", &value, &Value::Null)
    };
    let rosa = json!({ "profile": { "name": "Rosa", "username": "@rosaq" }, "wa_id": "51999888777" });
    let luis = json!({ "profile": { "name": "Luis" }, "wa_id": "51911222333", "user_id": "PE.2" });

    let body =
        of(json!([luis, rosa]), json!([message("51999888777"), message("PE.2"), message("51900111222")]));
    let names: Vec<Value> = read_lines(&body).iter().map(|line| line["name"].clone()).collect();
    assert_eq!(names, [json!("Rosa"), json!("Luis"), Value::Null]);
    assert_eq!(read_lines(&body)[0]["username"], "rosaq");

    // The only contact stands beside the only message, and lends the sender nothing.
    let body = of(json!([luis]), json!([message("51900111222")]));
    assert_eq!(read_lines(&body)[0]["name"], "Luis");
    let [Element::Inbound(Inbound::Message(got))] = &elements(&body)[..] else { panic!() };
    assert_eq!(
        (names_of(got), got.sender.profile.name.as_deref()),
        (vec!["phone 51900111222".to_owned()], None)
    );

    // Of two contacts, neither does.
    let body = of(json!([luis, rosa]), json!([message("51900111222")]));
    assert_eq!(read_lines(&body)[0].get("name"), None);

    // Beside two messages it may be of either.
    let body = of(json!([luis]), json!([message("51900111222"), message("51900111223")]));
    assert_eq!(read_lines(&body)[0].get("name"), None);
}

fn names_of(message: &cauce_model::InboundMessage) -> Vec<String> {
    names(&message.sender.addresses)
}

#[test]
fn a_line_is_one_line() {
    let value = json!({ "messages": [{ "type": "text", "text": { "body": "a\nb\r\u{2028}c" } }] });
    let lines = lines(&body("messages", &value, &Value::Null)).unwrap();
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains(['\n', '\r']), "{}", lines[0]);
}

#[test]
fn what_is_no_webhook_gives_no_line() {
    for text in ["{}", "[]", "7", r#"{"object":"page","entry":[{"changes":[{}]}]}"#] {
        assert_eq!(lines(text.as_bytes()), Ok(Vec::new()), "{text}");
    }
    for bytes in [&b"hola"[..], b"", b"{", b"\xff"] {
        assert_eq!(lines(bytes), Err(NotJson));
        assert_eq!(normalise(bytes), Err(NotJson));
    }
}
