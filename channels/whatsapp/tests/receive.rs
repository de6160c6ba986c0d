//! Webhooks as Meta posts them, and what is understood of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use cauce_model::{
    Address, DeliveryStatus, Inbound, InboundContent, InboundMessage, InboundStatus, Profile, Timestamp,
};
use cauce_whatsapp::{AccountRef, Element, NotJson, Reason, decode};
use serde_json::{Value, json};

const NUMBER: &str = "106540352242922";

fn account() -> AccountRef {
    AccountRef {
        account: "demo".parse().unwrap(),
        workspace: "demo".parse().unwrap(),
        portfolio: "P1".to_owned(),
    }
}

fn directory(number: &str) -> Option<AccountRef> {
    (number == NUMBER).then(account)
}

fn fixture(name: &str) -> Vec<Element> {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    decode(&fs::read(path).unwrap(), &directory).unwrap()
}

/// A webhook with these messages, from one contact.
fn decode_messages(messages: Value) -> Vec<Element> {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "5116419000", "phone_number_id": NUMBER },
        "contacts": [{ "profile": { "name": "Rosa" }, "wa_id": "51999888777" }],
        "messages": messages,
    });
    decode_text(&body_with(&value.to_string()))
}

fn body_with(value: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"W","changes":[{{"field":"messages","value":{value}}}]}}]}}"#
    )
}

fn decode_text(body: &str) -> Vec<Element> {
    decode(body.as_bytes(), &directory).unwrap()
}

fn message(element: &Element) -> &InboundMessage {
    match element {
        Element::Inbound(Inbound::Message(message)) => message,
        other => panic!("no message: {other:?}"),
    }
}

fn status(element: &Element) -> &InboundStatus {
    match element {
        Element::Inbound(Inbound::Status(status)) => status,
        other => panic!("no status: {other:?}"),
    }
}

fn reason(element: &Element) -> Reason {
    match element {
        Element::Other { reason, .. } => *reason,
        other => panic!("understood: {other:?}"),
    }
}

fn good(id: &str) -> Value {
    json!({ "from": "51999888777", "id": id, "timestamp": "1750016800", "type": "text", "text": { "body": "hola" } })
}

#[test]
fn a_text() {
    let elements = fixture("text");
    let [element] = &elements[..] else { panic!("{elements:?}") };
    let got = message(element);
    assert_eq!(got.account.as_str(), "demo");
    assert_eq!(got.provider_id, "wamid.text");
    assert_eq!(got.at, Timestamp::from_seconds(1_750_016_800));
    assert_eq!(got.content, InboundContent::Text { body: "Hola, ¿tienen café? 🌵".into() });
    assert_eq!(got.sender.reply_to, "51999888777");
    let ws = account().workspace;
    assert_eq!(
        got.sender.addresses,
        [Address::phone(ws.clone(), "51999888777"), Address::bsuid(ws, "P1", "PE.13491208655302741918")]
    );
    assert_eq!(
        got.sender.profile,
        Profile { name: Some("Rosa Quispe".into()), username: Some("rosaq".into()) }
    );
}

#[test]
fn who_hides_the_phone_is_known_by_the_business_scoped_id() {
    let elements = fixture("bsuid_only");
    let got = message(&elements[0]);
    assert_eq!(got.sender.addresses, [Address::bsuid(account().workspace, "P1", "PE.555")]);
    assert_eq!(got.sender.reply_to, "PE.555");
    assert_eq!(got.sender.profile.name.as_deref(), Some("Luz"), "joined by id, not by position");
}

#[test]
fn a_sender_is_completed_by_their_contact() {
    let value = json!({ "metadata": { "phone_number_id": NUMBER },
        "contacts": [{ "wa_id": "51111" , "user_id": "PE.1" }, { "wa_id": "51222", "user_id": "PE.2" }],
        "messages": [
            { "from_user_id": "PE.2", "id": "a", "timestamp": "1750016800", "type": "text", "text": { "body": "x" } },
            { "from": "51111", "id": "b", "timestamp": "1750016800", "type": "text", "text": { "body": "x" } },
            { "from": "PE.9", "id": "c", "timestamp": "1750016800", "type": "text", "text": { "body": "x" } },
        ] });
    let elements = decode_text(&body_with(&value.to_string()));
    let ws = account().workspace;
    let addresses: Vec<_> = elements.iter().map(|e| message(e).sender.addresses.clone()).collect();
    assert_eq!(addresses[0], [Address::phone(ws.clone(), "51222"), Address::bsuid(ws.clone(), "P1", "PE.2")]);
    assert_eq!(addresses[1], [Address::phone(ws.clone(), "51111"), Address::bsuid(ws.clone(), "P1", "PE.1")]);
    assert_eq!(addresses[2], [Address::bsuid(ws, "P1", "PE.9")]);
    assert_eq!(message(&elements[0]).sender.reply_to, "51222");
}

#[test]
fn a_failed_status_says_why() {
    let elements = fixture("status_failed");
    let got = status(&elements[0]);
    assert_eq!((got.status, got.attempt.as_deref()), (DeliveryStatus::Failed, Some("a-7")));
    assert_eq!(got.provider_id, "wamid.ours");
    let (code, text) = got.error.clone().unwrap();
    assert_eq!(code, 131047);
    assert!(text.contains("24 horas"), "{text}");
}

#[test]
fn a_batch_is_read_whole_and_in_the_order_of_time() {
    let elements = fixture("batch");
    let lines: Vec<String> = elements
        .iter()
        .map(|element| match element {
            Element::Inbound(Inbound::Message(m)) => {
                format!("{} {} {}", m.at.millis() / 1000 % 100, m.provider_id, m.sender.reply_to)
            }
            Element::Inbound(Inbound::Status(s)) => {
                format!("{} {} {:?}", s.at.millis() / 1000 % 100, s.provider_id, s.status)
            }
            Element::Inbound(Inbound::Echo(e)) => format!("echo {}", e.provider_id),
            Element::Other { reason, number, .. } => {
                format!("{} {}", reason.code(), number.as_deref().unwrap_or("-"))
            }
        })
        .collect();
    assert_eq!(
        lines,
        [
            "89 wamid.voice Read",
            "0 wamid.ours Delivered",
            "1 wamid.1 51999888777",
            "2 wamid.2 5215512345678",
            "3 wamid.3 51999888777",
            "3 wamid.3b 51999888777",
            "webhook.field -",
            "webhook.unknown_number 999",
            "4 wamid.ours Read",
            "webhook.unknown_status 106540352242922",
            "webhook.provider_error 106540352242922",
        ]
    );
}

#[test]
fn a_bad_element_never_loses_its_neighbours() {
    let bad = [
        ("no id", json!({ "from": "51999888777", "timestamp": "1750016800", "type": "text" })),
        ("id no text", json!({ "id": 7, "from": "51999888777", "timestamp": "1750016800" })),
        ("id too long", good(&"x".repeat(513))),
        ("time", json!({ "id": "x", "from": "51999888777", "timestamp": "asdf" })),
        ("no time", json!({ "id": "x", "from": "51999888777" })),
        ("time < 1970", json!({ "id": "x", "from": "51999888777", "timestamp": "-5" })),
        ("time > 5138", json!({ "id": "x", "from": "51999888777", "timestamp": i64::MAX })),
        ("no sender", json!({ "id": "x", "timestamp": "1750016800", "type": "text" })),
        ("strange sender", json!({ "id": "x", "timestamp": "1750016800", "from": "rosa" })),
        ("no object", json!("hola")),
        ("null", Value::Null),
    ];
    for (what, element) in bad {
        let elements = decode_messages(json!([good("a"), element, good("b")]));
        assert_eq!(elements.len(), 3, "{what}");
        assert_eq!(message(&elements[0]).provider_id, "a");
        assert!(matches!(reason(&elements[1]), Reason::Malformed(_)), "{what}");
        assert_eq!(message(&elements[2]).provider_id, "b");
    }
}

#[test]
fn even_json_that_cannot_be_held_stays_by_itself() {
    let abyss = format!("{}1{}", r#"{"a":["#.repeat(2000), "]}".repeat(2000));
    for bad in [abyss.as_str(), "1e999", r#"{"id":"x","n":1e999}"#] {
        let value = format!(
            r#"{{"metadata":{{"phone_number_id":"{NUMBER}"}},"messages":[{},{bad},{}],"statuses":[{bad}]}}"#,
            good("a"),
            good("b")
        );
        let elements = decode_text(&body_with(&value));
        assert_eq!(elements.len(), 4);
        assert_eq!(message(&elements[0]).provider_id, "a");
        assert!(matches!(&elements[1], Element::Other { raw: Value::String(text), .. } if text == bad));
        assert_eq!(message(&elements[2]).provider_id, "b");
    }
}

#[test]
fn nul_and_half_an_emoji_do_not_cost_the_message() {
    let value = format!(
        r#"{{"metadata":{{"phone_number_id":"{NUMBER}"}},"messages":[{{"from":"51999888777","id":"a","timestamp":1750016800,"type":"text","text":{{"body":"ho\u0000la \ud83c"}}}}]}}"#
    );
    let elements = decode_text(&body_with(&value));
    assert_eq!(message(&elements[0]).content, InboundContent::Text { body: "hola \u{fffd}".into() });
}

#[test]
fn json_that_is_no_webhook_is_one_element() {
    for body in [
        "{}",
        "[]",
        "null",
        "7",
        r#""hola""#,
        r#"{"object":"page","entry":[]}"#,
        r#"{"object":"whatsapp_business_account"}"#,
        r#"{"object":"whatsapp_business_account","entry":7}"#,
    ] {
        let elements = decode_text(body);
        assert_eq!(elements.iter().map(reason).collect::<Vec<_>>(), [Reason::NotWhatsApp], "{body}");
    }
    assert_eq!(decode_text(r#"{"object":"whatsapp_business_account","entry":[]}"#), []);
}

#[test]
fn odd_shells_hide_nothing() {
    let entry = good("a");
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[7,{{}},{{"changes":[8,{{"field":"messages"}},{{"field":"messages","value":{{"metadata":{{"phone_number_id":"{NUMBER}"}},"messages":{entry},"calls":[{{}},{{}}]}}}}]}}]}}"#
    );
    let elements = decode_text(&body);
    let found: Vec<&str> = elements
        .iter()
        .map(|element| match element {
            Element::Other { reason, .. } => reason.code(),
            Element::Inbound(_) => "understood",
        })
        .collect();
    assert_eq!(
        found,
        [
            "webhook.malformed",
            "webhook.malformed",
            "webhook.malformed",
            "webhook.malformed",
            "understood",
            "webhook.call",
            "webhook.call",
        ]
    );
}

#[test]
fn what_is_not_json_is_refused() {
    for body in [&b""[..], b"hola", b"{", br#"{"a":1} x"#, b"\xff\xfe", br#"{"a":"\u00"}"#] {
        assert_eq!(decode(body, &directory), Err(NotJson), "{body:?}");
    }
}
