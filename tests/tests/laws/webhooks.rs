//! Meta's door: who may come in, and what is lost (nothing).

use cauce_tests::house::{APP_SECRET, Answer, House, VERIFY_TOKEN, body_of, signature};
use serde_json::{Value, json};

use crate::journeys::PATIENT;

#[tokio::test]
async fn what_is_not_signed_or_signed_wrong_is_refused_and_learns_nothing() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let body = ana.text("hola").to_string();
    let right = signature(body.as_bytes());
    let short = right.strip_prefix("sha256=").unwrap();
    let other = signature(b"{}");
    let mut wrong = right.clone().into_bytes();
    *wrong.last_mut().unwrap() ^= 1;
    let wrong = String::from_utf8(wrong).unwrap();

    for (signed, status) in [
        (None, 401),
        (Some(""), 403),
        (Some("sha256="), 403),
        (Some(short), 403),
        (Some(other.as_str()), 403),
        (Some(wrong.as_str()), 403),
    ] {
        let answer = house.webhook_bytes(body.clone(), signed).await;
        assert_eq!(
            (answer.status, answer.code(), answer.kind.as_str()),
            (status, "webhook.signature", "application/problem+json")
        );
        let told = answer.body.to_string();
        for secret in [APP_SECRET, short, &short[..8], VERIFY_TOKEN] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    // Signed for other bytes: one space more is another body.
    assert_eq!(house.webhook_bytes(format!("{body} "), Some(&right)).await.status, 403);
    assert_eq!((house.contacts().await, house.dead_letters().await.len()), (0, 0));
    assert_eq!(house.webhook_bytes(body, Some(&right)).await.status, 200);
    assert_eq!(house.contacts().await, 1);
}

#[tokio::test]
async fn a_body_of_three_megabytes_is_taken_and_a_larger_one_is_refused() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let padded = |size: usize| {
        let mut body = ana.text("hola").to_string().into_bytes();
        body.resize(size, b' ');
        body
    };
    let most = 3 * 1024 * 1024;
    let large = padded(most + 1);
    let signed = signature(&large);
    let answer = house.webhook_bytes(large, Some(&signed)).await;
    assert_eq!((answer.status, answer.code()), (413, "body.too_large"));
    assert_eq!(house.contacts().await, 0);
    let fits = padded(most);
    let signed = signature(&fits);
    assert_eq!(house.webhook_bytes(fits, Some(&signed)).await.status, 200);
    assert_eq!(house.contacts().await, 1);
}

#[tokio::test]
async fn what_is_no_json_is_refused_and_not_kept() {
    let house = House::with(PATIENT).await;
    for body in ["", "hola", "{", "{\"object\":\"whatsapp_business_account\",", "{}{}", "\u{feff}{}"] {
        let answer = house.webhook_bytes(body, Some(&signature(body.as_bytes()))).await;
        assert_eq!((answer.status, answer.code()), (400, "body.invalid"), "{body}");
    }
    let bytes = b"{\"object\":\"\xff\"}".to_vec();
    let signed = signature(&bytes);
    assert_eq!(house.webhook_bytes(bytes, Some(&signed)).await.status, 400);
    assert_eq!((house.contacts().await, house.dead_letters().await.len()), (0, 0));
}

#[tokio::test]
async fn strange_json_is_taken_and_kept_for_a_person() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let mut elsewhere = ana.text("hola");
    elsewhere["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("999");
    let mut field = ana.text("hola");
    field["entry"][0]["changes"][0]["field"] = json!("account_update");
    let strange = [
        Value::Null,
        json!([]),
        json!("hola"),
        json!({}),
        json!({ "object": "page", "entry": [] }),
        json!({ "object": "whatsapp_business_account" }),
        json!({ "object": "whatsapp_business_account", "entry": [7] }),
        elsewhere,
        field,
        body_of("messages", &[json!({ "id": "x" })], &[]),
        body_of("messages", &[json!("no object")], &[]),
        body_of("statuses", &[json!({ "id": "x", "status": "sent", "timestamp": "1772463600" })], &[]),
        body_of("errors", &[json!({ "code": 131000 })], &[]),
    ];
    for (n, body) in strange.iter().enumerate() {
        assert_eq!(house.webhook(body).await, 200, "{body}");
        assert_eq!(house.dead_letters().await.len(), n + 1, "{body}");
    }
    // Nothing in an entry list is nothing to keep.
    assert_eq!(house.webhook(&json!({ "object": "whatsapp_business_account", "entry": [] })).await, 200);
    let letters = house.dead_letters().await;
    assert_eq!(letters.len(), strange.len());
    for letter in letters {
        assert!(letter.cause.starts_with("webhook."), "{}", letter.cause);
        assert!(serde_json::from_slice::<Value>(&letter.event).is_ok(), "as it came");
    }
    assert_eq!((house.contacts().await, house.graph().posted().len()), (0, 0));
}

#[tokio::test]
async fn a_broken_element_loses_no_neighbour() {
    let house = House::with(PATIENT).await;
    let (ana, beto, caro) = (house.customer("Ana"), house.customer("Beto"), house.customer("Caro"));
    let text = |body: &str| json!({ "body": body });
    let mut no_time = beto.element("text", text("sin hora"));
    no_time.as_object_mut().unwrap().remove("timestamp");
    let elements = [
        ana.element("text", text("hola")),
        json!(null),
        no_time,
        json!({ "id": 7, "from": [] }),
        beto.element("text", text("hola")),
        json!([[]]),
        beto.element("hologram", json!({ "depth": 3 })),
        caro.element("text", text("hola")),
    ];
    let mut body =
        body_of("messages", &elements, &[ana.entry(), json!("rubbish"), beto.entry(), caro.entry()]);
    let other = body_of("statuses", &[json!({ "status": "sent" })], &[])["entry"][0].clone();
    body["entry"].as_array_mut().unwrap().insert(0, other);
    assert_eq!(house.webhook(&body).await, 200);
    house.settle().await;
    let greeting = ["bot: Uno.", "bot: Dos.", "bot: ¿Tres?"];
    ana.reads(&[&["cliente: hola"], &greeting[..]].concat()).await;
    caro.reads(&[&["cliente: hola"], &greeting[..]].concat()).await;
    let lines = beto.transcript().await;
    assert_eq!((lines[0].as_str(), lines.len()), ("cliente: hola", 6), "{lines:?}");
    assert!(lines.contains(&"cliente: (hologram)".to_owned()), "{lines:?}");
    assert_eq!(house.dead_letters().await.len(), 5, "one for each broken one");
}

#[tokio::test]
async fn the_elements_of_a_webhook_are_handled_in_the_order_of_their_time() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let at = |seconds: i64, text: &str| {
        ana.element_at(
            house.now() - cauce_model::Duration::seconds(60 - seconds),
            "text",
            json!({ "body": text }),
        )
    };
    let elements = [at(3, "c"), at(1, "a"), at(2, "b"), at(3, "d")];
    assert_eq!(house.webhook(&body_of("messages", &elements, &[ana.entry()])).await, 200);
    ana.reads(&["cliente: a", "cliente: b", "cliente: c", "cliente: d"]).await;
}

#[tokio::test]
async fn a_status_of_a_message_that_is_not_ours_is_kept_and_moves_nothing() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.got(&["accepted"; 3]).await;
    let posted = house.graph().posted_to(&ana.phone);
    let mut foreign = ana.status(&posted[0], "read");
    // Somebody else's word, a message that was never written, a contact that is not there.
    for attempt in ["campaña-7", &format!("{}.99.1", ana.id().await.unwrap()), "c0010000000000000001.1.1"] {
        foreign["biz_opaque_callback_data"] = json!(attempt);
        assert_eq!(house.webhook(&body_of("statuses", &[foreign.clone()], &[])).await, 200);
    }
    house.settle().await;
    ana.got(&["accepted"; 3]).await;
    assert_eq!(house.dead_letters().await.len(), 2);
}

#[tokio::test]
async fn the_handshake_is_answered_to_who_knows_the_word() {
    let house = House::open().await;
    let shake = async |mode: &str, word: &str| {
        let query = format!("hub.mode={mode}&hub.verify_token={word}&hub.challenge=1158201444");
        let url = format!("{}/webhooks/whatsapp?{query}", house.base());
        Answer::of(house.http().get(url).send().await.unwrap()).await
    };
    let answer = shake("subscribe", VERIFY_TOKEN).await;
    assert_eq!((answer.status, &answer.body), (200, &json!(1158201444)));
    assert!(answer.kind.starts_with("text/plain"), "{}", answer.kind);
    for (mode, word) in [("subscribe", "otra"), ("unsubscribe", VERIFY_TOKEN), ("subscribe", "")] {
        let refused = shake(mode, word).await;
        assert_eq!(refused.status, 403);
        assert!(
            !refused.body.to_string().contains(VERIFY_TOKEN)
                && !refused.body.to_string().contains("1158201444")
        );
    }
}
