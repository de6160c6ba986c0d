//! Every type a customer sends, and what they do to earlier bubbles.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stage::{ROSA, Stage, text};

async fn acts(stage: &Stage, act: Value) -> (String, Value) {
    let wamid = stage.write(ROSA, act).await;
    stage.quiet().await;
    (wamid, stage.last_element())
}

#[tokio::test]
async fn every_sample_is_sent_like_a_file_of_ones_own() {
    let stage = Stage::with_rosa().await;
    let samples = stage.get("/emulator/samples").await;
    assert_eq!(samples.as_array().unwrap().len(), 5);
    for sample in samples.as_array().unwrap() {
        let [name, kind, mime] = ["name", "kind", "mime"].map(|key| sample[key].as_str().unwrap());
        let id = stage.sample(name, mime).await;
        let act =
            json!({"type": kind, "media": {"id": id}, "caption": "Miren", "voice": true, "animated": true});
        let (wamid, element) = acts(&stage, act).await;
        assert_eq!((&element["type"], &element["id"]), (&json!(kind), &json!(wamid)));
        let file = &element[kind];
        let mut expected = json!({"id": id, "mime_type": mime, "sha256": file["sha256"], "url": file["url"]});
        match kind {
            "audio" => expected["voice"] = json!(true),
            "sticker" => expected["animated"] = json!(true),
            _ => expected["caption"] = json!("Miren"),
        }
        if kind == "document" {
            expected["filename"] = json!(name);
        }
        assert_eq!(*file, expected);

        // The business fetches it by its id, or from the address in the webhook.
        let bytes = stage.bytes(&format!("/emulator/samples/{name}")).await;
        assert!(bytes.len() <= 100_000, "{name}");
        assert_eq!(file["sha256"], STANDARD.encode(Sha256::digest(&bytes)));
        let (status, about) = stage.graph_call(Method::GET, &id).await;
        assert_eq!(
            (status, &about["mime_type"], &about["file_size"]),
            (200, &json!(mime), &json!(bytes.len().to_string()))
        );
        for url in [&about["url"], &file["url"]] {
            assert_eq!(stage.download(url.as_str().unwrap()).await.bytes().await.unwrap(), bytes);
        }
        let bubble = stage.bubble(&wamid).await;
        assert_eq!(bubble["file"], json!({"mime": mime, "bytes": bytes.len(), "name": name}));
        assert_eq!(stage.bytes(bubble["media"].as_str().unwrap()).await, bytes);
    }
    let id = stage.sample("foto.jpg", "image/jpeg").await;
    stage.post("/emulator/clock", json!({"advance_ms": 7 * 24 * 60 * 60 * 1000_u64})).await;
    assert_eq!(
        stage.graph_call(Method::GET, &id).await.0,
        400,
        "a customer's file can be fetched for seven days"
    );
}

#[tokio::test]
async fn a_player_can_ask_for_a_part() {
    let stage = Stage::new().await;
    let whole = stage.bytes("/emulator/samples/video.mp4").await;
    let url = format!("{}/emulator/samples/video.mp4", stage.base);
    let part = stage.http.get(&url).header("Range", "bytes=10-19").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], format!("bytes 10-19/{}", whole.len()));
    assert_eq!(part.bytes().await.unwrap(), whole[10..20]);
    let behind =
        stage.http.get(&url).header("Range", format!("bytes={}-", whole.len())).send().await.unwrap();
    assert_eq!(behind.status(), 416);
    let head = stage.http.head(&url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string());
    let none = stage.http.get(format!("{}/emulator/samples/none.mp4", stage.base)).send().await.unwrap();
    assert_eq!(none.status(), 404);
}

#[tokio::test]
async fn places_cards_and_carts_arrive_as_they_are() {
    let stage = Stage::with_rosa().await;
    let place = json!({"latitude": -12.046, "longitude": -77.03, "name": "Plaza Mayor", "address": "Lima"});
    let cards = json!([{"name": {"formatted_name": "Ana Ñ"}, "phones": [{"phone": "+51 987 654 321"}]}]);
    let order = json!({"catalog_id": "1", "text": "", "product_items":
        [{"product_retailer_id": "a", "quantity": 1, "item_price": 30.5, "currency": "PEN"}]});
    for (kind, content) in [("location", place), ("contacts", cards), ("order", order)] {
        let (wamid, element) = acts(&stage, json!({"type": kind, kind: content})).await;
        assert_eq!((&element["type"], &element[kind]), (&json!(kind), &content));
        assert_eq!(stage.bubble(&wamid).await["message"][kind], content);
    }
}

#[tokio::test]
async fn a_message_may_quote_be_forwarded_and_come_from_an_advertisement() {
    let stage = Stage::with_rosa().await;
    let (mine, theirs) =
        (stage.conversation(ROSA).await[0]["id"].clone(), stage.send("text", text("¿Sí?")).await);
    let says = |extra: Value| {
        let mut act = json!({"type": "text", "text": {"body": "x"}});
        act.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        act
    };
    let (wamid, element) = acts(&stage, says(json!({"reply_to": theirs}))).await;
    assert_eq!(element["context"], json!({"from": "5115550100", "id": theirs}));
    assert_eq!(stage.bubble(&wamid).await["message"]["context"]["id"], json!(theirs));
    let (_, element) = acts(&stage, says(json!({"reply_to": mine, "forwarded": "yes"}))).await;
    assert_eq!(element["context"], json!({"from": ROSA, "id": mine, "forwarded": true}));
    let (_, element) = acts(&stage, says(json!({"forwarded": "many"}))).await;
    assert_eq!(element["context"], json!({"frequently_forwarded": true}));
    let referral =
        json!({"source_url": "https://fb.me/x", "source_type": "ad", "source_id": "1", "headline": "Hoy"});
    let (_, element) = acts(&stage, says(json!({"referral": referral}))).await;
    assert_eq!((&element["referral"], element.get("context")), (&referral, None));
}

#[tokio::test]
async fn a_reaction_edit_or_revoke_changes_its_bubble() {
    let stage = Stage::with_rosa().await;
    let theirs = stage.send("text", text("¿Sí?")).await;
    let (wamid, element) =
        acts(&stage, json!({"type": "reaction", "message_id": theirs, "emoji": "👍"})).await;
    assert_eq!(
        (&element["type"], &element["reaction"], &element["id"]),
        (&json!("reaction"), &json!({"message_id": theirs, "emoji": "👍"}), &json!(wamid))
    );
    assert_eq!(stage.bubble(&theirs).await["reactions"], json!([{"from": "customer", "emoji": "👍"}]));
    let (_, element) = acts(&stage, json!({"type": "reaction", "message_id": theirs, "emoji": ""})).await;
    assert_eq!(element["reaction"], json!({"message_id": theirs}));
    assert_eq!(stage.bubble(&theirs).await["reactions"], json!([]));

    let (quoting, _) =
        acts(&stage, json!({"type": "text", "text": {"body": "martes"}, "reply_to": theirs})).await;
    let edit = json!({"type": "edit", "message_id": quoting, "text": {"body": "miércoles"}});
    let (_, element) = acts(&stage, edit.clone()).await;
    assert_eq!(
        (&element["type"], &element["edit"]),
        (
            &json!("edit"),
            &json!({"original_message_id": quoting, "message": {"type": "text", "text": {"body": "miércoles"},
                "context": {"from": "5115550100", "id": theirs}}})
        )
    );
    let bubble = stage.bubble(&quoting).await;
    assert_eq!((&bubble["edited"], &bubble["message"]["text"]["body"]), (&json!(true), &json!("miércoles")));

    let id = stage.sample("foto.jpg", "image/jpeg").await;
    let (photo, before) = acts(&stage, json!({"type": "image", "media": {"id": id}})).await;
    let caption = json!({"type": "edit", "message_id": photo, "text": {"body": "Mi casa"}});
    let (_, element) = acts(&stage, caption).await;
    let mut image = before["image"].clone();
    image["caption"] = json!("Mi casa");
    assert_eq!(element["edit"]["message"], json!({"type": "image", "image": image}));
    assert_eq!(stage.bubble(&photo).await["message"]["image"], image);

    let (_, element) = acts(&stage, json!({"type": "revoke", "message_id": quoting})).await;
    assert_eq!(
        (&element["type"], &element["revoke"]),
        (&json!("revoke"), &json!({"original_message_id": quoting}))
    );
    let bubble = stage.bubble(&quoting).await;
    assert_eq!((&bubble["revoked"], &bubble["message"]["text"]["body"]), (&json!(true), &json!("miércoles")));
    assert_eq!(stage.conversation(ROSA).await.len(), 4, "hola, ¿Sí?, miércoles, the photo");

    let path = format!("/emulator/customers/{ROSA}/messages");
    assert_eq!(stage.post(&path, edit).await.1["code"], "already_revoked");
    stage.post("/emulator/clock", json!({"advance_ms": 15 * 60 * 1000 + 1})).await;
    let late = json!({"type": "edit", "message_id": photo, "text": {"body": "tarde"}});
    assert_eq!(stage.post(&path, late).await.1["code"], "too_late");
}

#[tokio::test]
async fn what_cannot_be_sent_is_a_sentence() {
    let stage = Stage::with_rosa().await;
    let theirs = stage.send("text", text("¿Sí?")).await;
    let pdf = stage.sample("receta.pdf", "application/pdf").await;
    let (sticker, _) = acts(
        &stage,
        json!({"type": "sticker", "media": {"id": stage.sample("sticker.webp", "image/webp").await}}),
    )
    .await;
    let before = stage.conversation(ROSA).await;
    for (act, code) in [
        (json!({"type": "image", "media": {"id": "1"}}), "unknown_media"),
        (json!({"type": "video"}), "unknown_media"),
        (json!({"type": "image", "media": {"id": pdf}}), "wrong_media"),
        (json!({"type": "document", "media": {"id": pdf}, "caption": "x".repeat(1025)}), "invalid_text"),
        (json!({"type": "location", "location": {"latitude": 91, "longitude": 0}}), "invalid_location"),
        (json!({"type": "contacts", "contacts": []}), "invalid_contacts"),
        (json!({"type": "order", "order": {"catalog_id": "1"}}), "invalid_order"),
        (json!({"type": "reaction", "message_id": "wamid.none", "emoji": "👍"}), "unknown_message"),
        (json!({"type": "edit", "message_id": theirs, "text": {"body": "x"}}), "unknown_message"),
        (json!({"type": "edit", "message_id": sticker, "text": {"body": "x"}}), "not_editable"),
        (json!({"type": "revoke", "message_id": theirs}), "unknown_message"),
        (json!({"type": "text", "text": {"body": "x"}, "reply_to": "wamid.none"}), "unknown_message"),
        (json!({"type": "text", "text": {"body": "x"}, "forwarded": "never"}), "invalid_body"),
    ] {
        let (status, error) = stage.post(&format!("/emulator/customers/{ROSA}/messages"), act.clone()).await;
        assert_eq!((status, &error["code"]), (422, &json!(code)), "{act}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(stage.conversation(ROSA).await, before);

    let add = async |query: &str, bytes: Vec<u8>| {
        let url = format!("{}/emulator/customers/{query}", stage.base);
        let answer = stage.http.post(url).body(bytes).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(add("51999999999/media?mime=image/png", vec![0]).await, (404, "unknown_customer".into()));
    assert_eq!(add(&format!("{ROSA}/media?mime=png"), vec![0]).await, (422, "invalid_mime".into()));
    assert_eq!(add(&format!("{ROSA}/media"), vec![0]).await, (422, "invalid_query".into()));
    assert_eq!(add(&format!("{ROSA}/media?mime=image/png"), vec![]).await, (422, "empty_file".into()));
    let large = vec![0; 100 * 1024 * 1024 + 1];
    assert_eq!(add(&format!("{ROSA}/media?mime=video/mp4"), large).await, (413, "too_large".into()));
    assert_eq!(
        stage.http.get(format!("{}/emulator/media/1", stage.base)).send().await.unwrap().status(),
        404
    );
}

#[tokio::test]
async fn a_reaction_that_is_marked_as_read_covers_what_came_before_and_nothing_after() {
    let stage = Stage::with_rosa().await;
    let theirs = stage.send("text", text("¿Sí?")).await;
    let (reaction, _) = acts(&stage, json!({"type": "reaction", "message_id": theirs, "emoji": "👍"})).await;
    let (after, _) = acts(&stage, json!({"type": "text", "text": {"body": "sí"}})).await;
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": reaction});
    assert_eq!(stage.graph(read).await.0, 200);
    assert_eq!(stage.conversation(ROSA).await[0]["status"], "read");
    assert_eq!(stage.bubble(&after).await["status"], "delivered");
}
