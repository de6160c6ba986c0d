//! Every type the business sends: accepted, shown as it was posted, told as far as it gets.

use serde_json::{Value, json};

use crate::stage::{ROSA, Stage, message, text};

async fn react(stage: &Stage, target: &str, emoji: &str) -> String {
    stage.send("reaction", json!({"message_id": target, "emoji": emoji})).await
}

#[tokio::test]
async fn every_type_is_accepted_and_shown() {
    let stage = Stage::with_rosa().await;
    let mut files = Vec::new();
    for (name, mime) in [
        ("foto.jpg", "image/jpeg"),
        ("video.mp4", "video/mp4"),
        ("nota-de-voz.ogg", "audio/ogg; codecs=opus"),
        ("receta.pdf", "application/pdf"),
        ("sticker.webp", "image/webp"),
    ] {
        let bytes = stage.bytes(&format!("/emulator/samples/{name}")).await;
        files.push((stage.upload(mime, &bytes).await, bytes));
    }
    let id = |index: usize| files[index].0.as_str();
    let body = json!({"text": "¿Qué hacemos?"});
    for (kind, content, file, line) in [
        ("image", json!({"id": id(0), "caption": "Así"}), Some(0), "📷 Así"),
        ("video", json!({"id": id(1)}), Some(1), "🎥 Video"),
        ("audio", json!({"id": id(2), "voice": true}), Some(2), "🎤 Nota de voz"),
        ("document", json!({"id": id(3), "filename": "receta.pdf"}), Some(3), "📄 receta.pdf"),
        ("sticker", json!({"id": id(4)}), Some(4), "Sticker"),
        ("location", json!({"latitude": "-12.04", "longitude": "-77.03", "name": "Plaza"}), None, "📍 Plaza"),
        (
            "contacts",
            json!([{"name": {"formatted_name": "Ana"}, "phones": [{"phone": "+51 1"}]}]),
            None,
            "👤 Ana",
        ),
        (
            "interactive",
            json!({"type": "cta_url", "body": body, "header": {"type": "document", "document": {"id": id(3)}},
                "action": {"name": "cta_url", "parameters": {"display_text": "Abrir", "url": "https://x.y"}}}),
            Some(3),
            "¿Qué hacemos?",
        ),
        (
            "interactive",
            json!({"type": "location_request_message", "body": body, "action": {"name": "send_location"}}),
            None,
            "¿Qué hacemos?",
        ),
    ] {
        let wamid = stage.send(kind, content.clone()).await;
        stage.quiet().await;
        assert_eq!(stage.status_words(&wamid), ["sent", "delivered"], "{content}");
        let bubble = stage.bubble(&wamid).await;
        assert_eq!(bubble["message"], json!({"type": kind, kind: content}));
        assert_eq!(bubble["failure"], Value::Null);
        assert_eq!(stage.get("/emulator/state").await["customers"][0]["last"]["text"], line);
        match file {
            None => assert_eq!((&bubble["media"], &bubble["file"]), (&Value::Null, &Value::Null)),
            Some(index) => {
                assert_eq!(stage.bytes(bubble["media"].as_str().unwrap()).await, files[index].1);
                assert_eq!(bubble["file"]["bytes"], files[index].1.len());
            }
        }
    }
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["unread"], 9);
}

#[tokio::test]
async fn a_quoted_message_is_named() {
    let stage = Stage::with_rosa().await;
    let first = stage.conversation(ROSA).await[0]["id"].clone();
    let mut body = message(ROSA, "text", text("sí"));
    body["context"] = json!({"message_id": first});
    let (_, answer) = stage.graph(body).await;
    let bubble = stage.bubble(answer["messages"][0]["id"].as_str().unwrap()).await;
    assert_eq!(bubble["message"]["context"], json!({"message_id": first}));
}

#[tokio::test]
async fn a_reaction_stands_under_its_bubble_and_is_only_sent() {
    let stage = Stage::with_rosa().await;
    let first = stage.conversation(ROSA).await[0]["id"].as_str().unwrap().to_owned();
    let reaction = react(&stage, &first, "👍").await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&reaction), ["sent"]);
    stage.open(ROSA).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&reaction), ["sent"], "and never read");
    let bubbles = stage.conversation(ROSA).await;
    assert_eq!(bubbles.len(), 1, "it is no bubble of its own");
    assert_eq!(bubbles[0]["reactions"], json!([{"from": "business", "emoji": "👍"}]));
    let state = stage.get("/emulator/state").await;
    assert_eq!(
        (&state["customers"][0]["unread"], &state["customers"][0]["last"]["text"]),
        (&json!(0), &json!("hola"))
    );
    assert_eq!(stage.ledger().await["sends"][0]["type"], "reaction");

    react(&stage, &first, "❤️").await;
    assert_eq!(stage.bubble(&first).await["reactions"], json!([{"from": "business", "emoji": "❤️"}]));
    react(&stage, &first, "").await;
    assert_eq!(stage.bubble(&first).await["reactions"], json!([]));
    stage.quiet().await;

    // What takes no reaction is found out after acceptance.
    stage.post("/emulator/clock", json!({"advance_ms": 31 * 24 * 60 * 60 * 1000_u64})).await;
    stage.write(ROSA, json!({"type": "text", "text": {"body": "volví"}})).await;
    for target in [reaction.as_str(), "wamid.none", first.as_str()] {
        let late = react(&stage, target, "👍").await;
        stage.quiet().await;
        assert_eq!(stage.status_words(&late), ["failed"]);
        assert_eq!(stage.statuses(&late)[0]["errors"][0]["code"], 131_009);
    }
    assert_eq!(stage.bubble(&first).await["reactions"], json!([]));
}

#[tokio::test]
async fn sends_are_refused_or_fail_with_any_code_at_the_chosen_time() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "refuse", "code": 131_056, "type": "text", "nth": 2})).await;
    stage
        .fault(json!({"kind": "fail", "code": 131_026, "message": "Nobody is there.", "type": "location"}))
        .await;
    stage.send("text", text("uno")).await;
    let lost = stage.send("location", json!({"latitude": 1, "longitude": 2})).await;
    let (status, error) = stage.graph(message(ROSA, "text", text("dos"))).await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!(131_056)));
    stage.send("text", text("tres")).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&lost), ["failed"]);
    let error = &stage.statuses(&lost)[0]["errors"][0];
    assert_eq!((&error["code"], &error["title"]), (&json!(131_026), &json!("Message undeliverable")));
    assert_eq!(error["error_data"]["details"], "Nobody is there.");
    assert_eq!(stage.bubble(&lost).await["status"], "failed");
    assert_eq!(
        stage.get("/emulator/state").await["customers"][0]["unread"],
        2,
        "what failed is not there to read"
    );
    stage.fault(json!({"kind": "refuse", "code": 190})).await;
    assert_eq!(stage.graph(message(ROSA, "text", text("cuatro"))).await.0, 401);
}
