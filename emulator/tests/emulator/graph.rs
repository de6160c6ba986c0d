//! The Graph endpoints: answers, errors, statuses, the window, reading and typing.

use serde_json::{Value, json};

use crate::stage::{NUMBER, ROSA, Stage, TOKEN, WABA, buttons, list, message, text};

async fn raw_post(stage: &Stage, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
    let mut request = stage.http.post(format!("{}{path}", stage.base)).body(body.to_owned());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    assert!(answer.headers().contains_key("facebook-api-version"));
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_send_is_accepted_and_written_in_the_ledger() {
    let stage = Stage::with_rosa().await;
    let mut body = message("+51 987-654-321", "text", text("¿Qué tal?"));
    body["biz_opaque_callback_data"] = json!("v1:7:1");
    let (status, answer) = stage.graph(body.clone()).await;
    assert_eq!(status, 200);
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert!(wamid.starts_with("wamid.HBgL"), "{wamid}");
    assert_eq!(
        answer,
        json!({"messaging_product": "whatsapp",
            "contacts": [{"input": "+51 987-654-321", "wa_id": ROSA}], "messages": [{"id": wamid}]})
    );
    let ledger = stage.ledger().await;
    let send = &ledger["sends"][0];
    assert_eq!(ledger["sends"].as_array().unwrap().len(), 1);
    assert_eq!(send["wamid"], wamid);
    assert_eq!(send["to"], ROSA);
    assert_eq!(send["opaque"], "v1:7:1");
    assert_eq!(send["type"], "text");
    assert_eq!(send["body"], body);
}

#[tokio::test]
async fn every_kind_is_accepted_and_shown() {
    let stage = Stage::with_rosa().await;
    let image = json!({"link": "https://x.y/gato.png", "caption": "Un gato"});
    for (kind, content) in
        [("text", text("a")), ("image", image), ("interactive", buttons()), ("interactive", list())]
    {
        let wamid = stage.send(kind, content.clone()).await;
        let bubble = stage.bubble(&wamid).await;
        assert_eq!(bubble["message"], json!({"type": kind, kind: content}));
        assert_eq!(bubble["from"], "business");
        assert_eq!(bubble["replied"], Value::Null);
    }
    // `type` may be left out for a text.
    let (status, _) =
        stage.graph(json!({"messaging_product": "whatsapp", "to": ROSA, "text": text("b")})).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn callers_without_right_or_sense_get_metas_errors() {
    let stage = Stage::with_rosa().await;
    let good = message(ROSA, "text", text("hola")).to_string();
    let path = format!("/v25.0/{NUMBER}/messages");
    for token in [None, Some("EAAother")] {
        let (status, answer) = raw_post(&stage, &path, token, &good).await;
        assert_eq!((status, &answer["error"]["code"]), (401, &json!(190)));
        assert_eq!(answer["error"]["type"], "OAuthException");
    }
    let (status, answer) = raw_post(&stage, "/v25.0/999/messages", Some(TOKEN), &good).await;
    assert_eq!(
        (status, &answer["error"]["code"], &answer["error"]["error_subcode"]),
        (400, &json!(100), &json!(33))
    );
    assert_eq!(answer["error"]["type"], "GraphMethodException");
    for body in ["", "hola", "[]", "{\"messaging_product\""] {
        let (status, answer) = raw_post(&stage, &path, Some(TOKEN), body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{body}");
    }
    for (version, expected) in [("v16.0", 400), ("v17.0", 200), ("v26.0", 200), ("v99", 200), ("v100.0", 400)]
    {
        let (status, _) =
            raw_post(&stage, &format!("/{version}/{NUMBER}/messages"), Some(TOKEN), &good).await;
        assert_eq!(status, expected, "{version}");
    }
    assert_eq!(stage.ledger().await["sends"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_send_over_a_limit_is_refused_whole() {
    let stage = Stage::with_rosa().await;
    let mut four = buttons();
    let more = json!([{"type": "reply", "reply": {"id": "a", "title": "A"}},
        {"type": "reply", "reply": {"id": "b", "title": "B"}}]);
    four["action"]["buttons"].as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
    let mut long = buttons();
    long["action"]["buttons"][0]["reply"]["title"] = json!("Quisiera que me llamen");
    let mut twins = buttons();
    twins["action"]["buttons"][1]["reply"]["title"] = json!("Sí");
    for (content, reason) in
        [(four, "1 to 3 buttons, not 4"), (long, "22 characters"), (twins, "Two buttons have the title Sí")]
    {
        let (status, answer) = stage.graph(message(ROSA, "interactive", content)).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_009)));
        assert_eq!(answer["error"]["message"], "(#131009) Parameter value is not valid");
        assert_eq!(answer["error"]["error_data"]["messaging_product"], "whatsapp");
        let details = answer["error"]["error_data"]["details"].as_str().unwrap();
        assert!(details.contains(reason), "{details}");
    }
    let (status, answer) = stage.graph(message("5115550100", "text", text("yo"))).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_021)));
    assert_eq!(stage.ledger().await["sends"], json!([]));
}

#[tokio::test]
async fn statuses_come_in_order_and_carry_the_opaque_data() {
    let stage = Stage::with_rosa().await;
    let mut body = message(ROSA, "text", text("hola"));
    body["biz_opaque_callback_data"] = json!("v1:8:1");
    let (_, answer) = stage.graph(body).await;
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    stage.quiet().await;
    assert_eq!(stage.status_words(wamid), ["sent", "delivered"]);
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["unread"], 1);
    assert_eq!(stage.bubble(wamid).await["status"], "delivered");
    stage.open(ROSA).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(wamid), ["sent", "delivered", "read"]);
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["unread"], 0);
    assert_eq!(stage.bubble(wamid).await["status"], "read");
    stage.open(ROSA).await;
    stage.quiet().await;
    assert_eq!(stage.statuses(wamid).len(), 3, "a chat opened twice is read once");

    let deliveries = stage.receiver.deliveries();
    assert!(deliveries.iter().all(|delivery| delivery.signed));
    for status in stage.statuses(wamid) {
        assert_eq!(status["biz_opaque_callback_data"], "v1:8:1");
        assert_eq!(status["recipient_id"], ROSA);
        assert!(status["recipient_user_id"].as_str().unwrap().starts_with("PE."));
        assert!(status["timestamp"].as_str().unwrap().parse::<u64>().is_ok());
    }
    let value = deliveries.last().unwrap().value();
    assert_eq!(value["contacts"][0]["wa_id"], ROSA);
    assert_eq!(value["contacts"][0]["user_id"], value["statuses"][0]["recipient_user_id"]);
    assert!(value.get("messages").is_none());
}

#[tokio::test]
async fn a_chat_opened_early_is_read_as_soon_as_the_message_arrives() {
    let stage = Stage::with_rosa().await;
    let wamid = stage.send("text", text("hola")).await;
    stage.open(ROSA).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&wamid), ["sent", "delivered", "read"]);
}

#[tokio::test]
async fn outside_the_window_a_message_is_accepted_and_then_fails() {
    let stage = Stage::with_rosa().await;
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    stage.post("/emulator/clock", json!({"advance_ms": DAY_MS - 60_000})).await;
    let inside = stage.send("text", text("a tiempo")).await;
    let (_, clock) = stage.post("/emulator/clock", json!({"advance_ms": 60_000})).await;
    let late = stage.send("text", text("tarde")).await;
    let (_, stranger) = stage.graph(message("51900000001", "text", text("¿quién?"))).await;
    let stranger = stranger["messages"][0]["id"].as_str().unwrap().to_owned();
    stage.open(ROSA).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&inside), ["sent", "delivered", "read"]);
    for wamid in [&late, &stranger] {
        let statuses = stage.statuses(wamid);
        assert_eq!(stage.status_words(wamid), ["failed"]);
        assert_eq!(statuses[0]["errors"][0]["code"], 131_047);
        assert!(statuses[0]["errors"][0]["error_data"]["details"].as_str().unwrap().contains("24 hours"));
    }
    let tells_late = |value: &Value| value["statuses"][0]["id"] == late;
    let failed =
        stage.receiver.deliveries().iter().map(|delivery| delivery.value()).find(tells_late).unwrap();
    assert_eq!(failed["contacts"][0]["profile"]["name"], "Rosa Ñahui");
    let at = failed["statuses"][0]["timestamp"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(at >= clock["now"].as_i64().unwrap() / 1000, "statuses carry the emulator's own time");
    assert_eq!(stage.bubble(&late).await["status"], "failed");

    stage.write(ROSA, json!({"type": "text", "text": {"body": "volví"}})).await;
    let again = stage.send("text", text("otra vez")).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&again), ["sent", "delivered"]);
}

#[tokio::test]
async fn marking_read_covers_what_came_before() {
    let stage = Stage::with_rosa().await;
    let read = |wamid: &str| json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
    let second = stage.write(ROSA, json!({"type": "text", "text": {"body": "2"}})).await;
    let third = stage.write(ROSA, json!({"type": "text", "text": {"body": "3"}})).await;
    stage.quiet().await;
    let (status, answer) = stage.graph(read(&second)).await;
    assert_eq!((status, answer), (200, json!({"success": true})));
    let statuses: Vec<Value> =
        stage.conversation(ROSA).await.iter().map(|bubble| bubble["status"].clone()).collect();
    assert_eq!(statuses, ["read", "read", "delivered"]);
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["typing"], false);

    for wrong in
        [read("wamid.none"), json!({"messaging_product": "whatsapp", "status": "seen", "message_id": third})]
    {
        let (status, answer) = stage.graph(wrong).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_009)));
    }
    let (_, answer) = stage.graph(json!({"messaging_product": "whatsapp", "status": "read"})).await;
    assert_eq!(answer["error"]["code"], 131_008);
}

#[tokio::test]
async fn the_typing_sign_ends_with_a_message_or_after_25_seconds() {
    let stage = Stage::with_rosa().await;
    let first = stage.conversation(ROSA).await[0]["id"].clone();
    let typing = json!({"messaging_product": "whatsapp", "status": "read", "message_id": first,
        "typing_indicator": {"type": "text"}});
    let sign = async || stage.get("/emulator/state").await["customers"][0]["typing"].clone();
    assert_eq!(sign().await, false);
    stage.graph(typing.clone()).await;
    assert_eq!(sign().await, true);
    stage.send("text", text("listo")).await;
    assert_eq!(sign().await, false);
    stage.graph(typing).await;
    stage.post("/emulator/clock", json!({"advance_ms": 24_000})).await;
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["last"]["text"], "listo");
    stage.post("/emulator/clock", json!({"advance_ms": 1_000})).await;
    assert_eq!(sign().await, false);
}

#[tokio::test]
async fn the_number_tells_its_fields() {
    let stage = Stage::new().await;
    let get = async |path: &str| {
        let url = format!("{}{path}", stage.base);
        let answer = stage.http.get(url).bearer_auth(TOKEN).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let (status, number) = get(&format!("/v25.0/{NUMBER}")).await;
    assert_eq!((status, &number["verified_name"], &number["id"]), (200, &json!("Cauce"), &json!(NUMBER)));
    let (_, number) = get(&format!("/v25.0/{NUMBER}?fields=display_phone_number,unknown")).await;
    assert_eq!(number, json!({"display_phone_number": "+51 1 555 0100", "id": NUMBER}));
    let (status, error) = get(&format!("/v25.0/{WABA}")).await;
    assert_eq!((status, &error["error"]["error_subcode"]), (400, &json!(33)));
}

#[tokio::test]
async fn a_person_is_reached_by_the_business_scoped_id_too() {
    let stage = Stage::with_rosa().await;
    let user = stage.receiver.deliveries()[0].value()["contacts"][0]["user_id"].clone();
    let by_id =
        |user: &Value| json!({"messaging_product": "whatsapp", "recipient": user, "text": {"body": "hola"}});
    let (status, answer) = stage.graph(by_id(&user)).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"], json!([{"input": user, "user_id": user}]));
    assert_eq!(stage.ledger().await["sends"][0]["to"], ROSA);
    let (status, answer) = stage.graph(by_id(&json!("PE.0"))).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(131_026)));
}
