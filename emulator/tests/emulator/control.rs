//! The control API: customers, what they do, single webhooks, events, pages.

use serde_json::{Value, json};

use crate::stage::{NUMBER, ROSA, Stage, WABA, buttons, list, text};

#[tokio::test]
async fn customers_are_made_and_listed() {
    let stage = Stage::new().await;
    let (status, rosa) =
        stage.post("/emulator/customers", json!({"name": "Rosa", "wa_id": format!("+{ROSA}")})).await;
    assert_eq!((status, rosa), (201, json!({"wa_id": ROSA, "name": "Rosa"})));
    let (status, new) = stage.post("/emulator/customers", json!({})).await;
    assert_eq!(status, 201);
    let number = new["wa_id"].as_str().unwrap();
    assert!(number.starts_with("519") && number.len() == 11, "{number}");
    assert!(!new["name"].as_str().unwrap().is_empty());
    let (status, same) = stage.post("/emulator/customers", json!({"wa_id": ROSA})).await;
    assert_eq!((status, &same["name"]), (200, &json!("Rosa")));
    let (status, error) = stage.post("/emulator/customers", json!({"wa_id": "rosa"})).await;
    assert_eq!((status, &error["code"]), (422, &json!("invalid_wa_id")));

    let state = stage.get("/emulator/state").await;
    assert_eq!(
        state["business"],
        json!({"name": "Cauce", "phone_number_id": NUMBER, "display_phone_number": "+51 1 555 0100"})
    );
    assert_eq!(
        state["customers"],
        json!([{"wa_id": ROSA, "name": "Rosa", "unread": 0, "typing": false, "last": null},
            {"wa_id": number, "name": new["name"], "unread": 0, "typing": false, "last": null}])
    );
}

#[tokio::test]
async fn a_text_reaches_the_receiver_signed_and_in_metas_shape() {
    let stage = Stage::new().await;
    stage.post("/emulator/customers", json!({"name": "Zoë 🌵", "wa_id": ROSA})).await;
    stage.receiver.answer_next(&[500]);
    let wamid = stage.write(ROSA, json!({"type": "text", "text": {"body": "50% ñ <a/b@c>"}})).await;
    stage.quiet().await;
    let deliveries = stage.receiver.deliveries();
    assert_eq!(deliveries.len(), 2, "refused once, then taken");
    assert_eq!(deliveries[0].bytes, deliveries[1].bytes);
    let delivery = &deliveries[1];
    assert!(delivery.signed);
    assert!(delivery.bytes.contains(r#""body":"50\u0025 \u00f1 \u003Ca\/b\u0040c>""#), "{}", delivery.bytes);
    let payload = delivery.json();
    let user = payload["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"].clone();
    let at = payload["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"].clone();
    assert!(user.as_str().unwrap().starts_with("PE.") && at.is_string());
    assert_eq!(
        payload,
        json!({"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [{"field": "messages",
            "value": {"messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "5115550100", "phone_number_id": NUMBER},
                "contacts": [{"profile": {"name": "Zoë 🌵"}, "wa_id": ROSA, "user_id": user}],
                "messages": [{"type": "text", "text": {"body": "50% ñ <a/b@c>"}, "from": ROSA,
                    "from_user_id": user, "id": wamid, "timestamp": at}]}}]}]})
    );
    let bubble = stage.bubble(&wamid).await;
    assert_eq!((&bubble["status"], &bubble["from"]), (&json!("delivered"), &json!("customer")));
    let hook = &stage.ledger().await["webhooks"][0];
    assert_eq!(
        (&hook["kind"], &hook["attempts"], &hook["status"]),
        (&json!("message"), &json!(2), &json!(200))
    );
    assert_eq!(hook["subject"], json!(wamid));
}

#[tokio::test]
async fn a_bubble_is_sending_until_the_receiver_took_it() {
    let stage = Stage::with_rosa().await;
    stage.receiver.wait_for_together(2);
    let wamid = stage.write(ROSA, json!({"type": "text", "text": {"body": "espera"}})).await;
    assert_eq!(stage.bubble(&wamid).await["status"], "sending");
    assert_eq!(stage.ledger().await["pending_webhooks"], 1);
    // A second post at the receiver lets both go.
    stage.post("/emulator/webhook", json!({"payload": {}})).await;
    stage.quiet().await;
    assert_eq!(stage.bubble(&wamid).await["status"], "delivered");
}

#[tokio::test]
async fn choices_carry_their_question_and_title() {
    let stage = Stage::with_rosa().await;
    let asked = stage.send("interactive", buttons()).await;
    let listed = stage.send("interactive", list()).await;
    stage.quiet().await;
    let last = async |act: Value| {
        stage.write(ROSA, act).await;
        stage.quiet().await;
        stage.receiver.deliveries().last().unwrap().value()["messages"][0].clone()
    };
    let tapped = last(json!({"type": "button_reply", "message_id": asked, "id": "yes"})).await;
    assert_eq!(tapped["type"], "interactive");
    assert_eq!(tapped["context"], json!({"from": "5115550100", "id": asked}));
    assert_eq!(
        tapped["interactive"],
        json!({"type": "button_reply", "button_reply": {"id": "yes", "title": "Sí"}})
    );
    assert_eq!(stage.bubble(&asked).await["replied"], "yes");
    // An old button can be tapped again.
    last(json!({"type": "button_reply", "message_id": asked, "id": "no"})).await;
    assert_eq!(stage.bubble(&asked).await["replied"], "no");

    let chosen = last(json!({"type": "list_reply", "message_id": listed, "id": "lim"})).await;
    assert_eq!(chosen["context"]["id"], json!(listed));
    assert_eq!(
        chosen["interactive"],
        json!({"type": "list_reply",
            "list_reply": {"id": "lim", "title": "Lima", "description": "La capital"}})
    );
    let chosen = last(json!({"type": "list_reply", "message_id": listed, "id": "mid"})).await;
    assert_eq!(chosen["interactive"]["list_reply"], json!({"id": "mid", "title": "Mérida"}));
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["last"]["text"], "Mérida");
}

#[tokio::test]
async fn an_act_that_cannot_be_done_is_a_sentence() {
    let stage = Stage::with_rosa().await;
    stage.post("/emulator/customers", json!({"wa_id": "51911111111"})).await;
    let asked = stage.send("interactive", buttons()).await;
    let plain = stage.send("text", text("hola")).await;
    let before = stage.conversation(ROSA).await.len();
    let refused = async |wa_id: &str, act: Value| {
        let (status, error) = stage.post(&format!("/emulator/customers/{wa_id}/messages"), act).await;
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{error}");
        (status, error["code"].as_str().unwrap().to_owned())
    };
    let tap = |message: &str, id: &str| json!({"type": "button_reply", "message_id": message, "id": id});
    assert_eq!(refused(ROSA, tap(&asked, "maybe")).await, (422, "unknown_choice".into()));
    assert_eq!(refused(ROSA, tap("wamid.none", "yes")).await, (422, "unknown_message".into()));
    assert_eq!(refused("51911111111", tap(&asked, "yes")).await, (422, "unknown_message".into()));
    assert_eq!(refused(ROSA, tap(&plain, "yes")).await, (422, "nothing_to_choose".into()));
    let row = json!({"type": "list_reply", "message_id": asked, "id": "yes"});
    assert_eq!(refused(ROSA, row).await, (422, "nothing_to_choose".into()));
    assert_eq!(
        refused(ROSA, json!({"type": "text", "text": {"body": ""}})).await,
        (422, "invalid_text".into())
    );
    let image = json!({"type": "image", "image": {"link": "gato.png"}});
    assert_eq!(refused(ROSA, image).await, (422, "invalid_link".into()));
    assert_eq!(refused("51999999999", tap(&asked, "yes")).await, (404, "unknown_customer".into()));
    let (status, error) =
        stage.post(&format!("/emulator/customers/{ROSA}/messages"), json!({"type": "dance"})).await;
    assert_eq!((status, &error["code"]), (422, &json!("invalid_body")));
    let path = format!("/emulator/customers/{ROSA}/messages?times=0");
    let (status, error) = stage.post(&path, json!({"type": "text", "text": {"body": "hola"}})).await;
    assert_eq!((status, &error["code"]), (422, &json!("invalid_times")));
    assert_eq!(stage.conversation(ROSA).await.len(), before);
}

#[tokio::test]
async fn a_picture_arrives_as_media_and_is_shown_by_its_link() {
    let stage = Stage::with_rosa().await;
    let link = "https://x.y/gato.png?size=2";
    let act = json!({"type": "image", "image": {"link": link, "caption": "mi gato"}});
    let wamid = stage.write(ROSA, act).await;
    stage.quiet().await;
    let image = stage.receiver.deliveries().last().unwrap().value()["messages"][0]["image"].clone();
    assert_eq!((&image["mime_type"], &image["caption"]), (&json!("image/png"), &json!("mi gato")));
    assert_eq!(image["url"], link);
    assert!(image["id"].as_str().unwrap().parse::<u64>().is_ok());
    assert!(image["sha256"].is_string() && image.get("link").is_none());
    assert_eq!(stage.bubble(&wamid).await["message"]["image"]["link"], link);
    assert_eq!(stage.get("/emulator/state").await["customers"][0]["last"]["text"], "📷 mi gato");
}

#[tokio::test]
async fn any_element_can_be_sent_and_an_old_one_again() {
    let stage = Stage::with_rosa().await;
    let odd =
        json!({"type": "raw", "message": {"type": "hologram", "hologram": {"x": [1]}, "timestamp": "asdf"}});
    let wamid = stage.write(ROSA, odd).await;
    stage.quiet().await;
    let element = stage.receiver.deliveries().last().unwrap().value()["messages"][0].clone();
    assert_eq!((&element["type"], &element["timestamp"]), (&json!("hologram"), &json!("asdf")));
    assert_eq!((&element["from"], &element["id"]), (&json!(ROSA), &json!(wamid)));

    let first = stage.conversation(ROSA).await[0].clone();
    stage.post("/emulator/clock", json!({"advance_ms": 7 * 24 * 60 * 60 * 1000_u64})).await;
    let again = stage.write(ROSA, json!({"type": "raw", "message": first["message"]})).await;
    stage.quiet().await;
    let deliveries = stage.receiver.deliveries();
    assert_eq!(json!(again), first["id"]);
    assert_eq!(deliveries.last().unwrap().bytes, deliveries[0].bytes, "the very same webhook");
    assert_eq!(stage.conversation(ROSA).await.len(), 2, "and no second bubble");
    let late = stage.send("text", text("tarde")).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&late), ["failed"], "a repeated webhook does not open the window");

    let taken = json!({"type": "raw", "message": {"type": "text", "id": late}});
    let (status, error) = stage.post(&format!("/emulator/customers/{ROSA}/messages"), taken).await;
    assert_eq!((status, &error["code"]), (422, &json!("id_taken")));
}

#[tokio::test]
async fn one_webhook_is_posted_as_asked_and_once() {
    let stage = Stage::new().await;
    stage.receiver.answer_next(&[200, 500]);
    let post = async |body: Value| stage.post("/emulator/webhook", body).await.1;
    let payload = json!({"object": "ñ"});
    assert_eq!(
        post(json!({"payload": payload, "signature": "valid"})).await,
        json!({"status": 200, "body": ""})
    );
    assert_eq!(post(json!({"payload": payload})).await["status"], 500);
    assert_eq!(post(json!({"payload": payload, "signature": "wrong"})).await["status"], 403);
    assert_eq!(post(json!({"payload": payload, "signature": "missing"})).await["status"], 401);
    assert_eq!(post(json!({"payload": "not json {"})).await["status"], 200);
    let bytes: Vec<String> = stage.receiver.deliveries().into_iter().map(|delivery| delivery.bytes).collect();
    let escaped = r#"{"object":"\u00f1"}"#;
    assert_eq!(bytes, [escaped, escaped, escaped, escaped, "not json {"]);
    assert_eq!(stage.ledger().await["webhooks"], json!([]));
}

#[tokio::test]
async fn the_receiver_proves_itself_with_the_verify_token() {
    let stage = Stage::new().await;
    let (status, answer) = stage.post("/emulator/handshake", json!({})).await;
    assert_eq!((status, &answer["verified"], &answer["status"]), (200, &json!(true), &json!(200)));
    let (_, answer) = stage.post("/emulator/handshake", json!({"verify_token": "other"})).await;
    assert_eq!((&answer["verified"], &answer["status"]), (&json!(false), &json!(403)));
}

#[tokio::test]
async fn events_name_the_conversation_that_changed() {
    let stage = Stage::new().await;
    let mut events = stage.http.get(format!("{}/emulator/events", stage.base)).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    stage.post("/emulator/customers", json!({"wa_id": ROSA})).await;
    stage.write(ROSA, json!({"type": "text", "text": {"body": "hola"}})).await;
    let mut seen = String::new();
    let expected =
        format!("event: customers\ndata: {{}}\n\nevent: change\ndata: {{\"customer\":\"{ROSA}\"}}\n\n");
    crate::stage::soon(async {
        while seen.len() < expected.len() {
            seen.push_str(str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
        }
    })
    .await;
    assert!(seen.starts_with(&expected), "{seen}");
}

#[tokio::test]
async fn a_reset_forgets_everything_but_repeats_no_id() {
    let stage = Stage::with_rosa().await;
    stage.post("/emulator/clock", json!({"advance_ms": 3_600_000})).await;
    stage.fault(json!({"kind": "throttle", "times": 0})).await;
    let before = stage.conversation(ROSA).await[0]["id"].clone();
    assert_eq!(stage.post("/emulator/reset", json!({})).await.0, 204);
    assert_eq!(stage.get("/emulator/state").await["customers"], json!([]));
    assert_eq!(stage.ledger().await, json!({"sends": [], "webhooks": [], "pending_webhooks": 0}));
    stage.post("/emulator/customers", json!({"wa_id": ROSA})).await;
    let after = stage.write(ROSA, json!({"type": "text", "text": {"body": "hola"}})).await;
    assert_ne!(json!(after), before);
    stage.quiet().await;
    stage.send("text", text("sin fallas")).await;
}

#[tokio::test]
async fn a_page_or_call_that_is_not_there_says_so() {
    let stage = Stage::new().await;
    let (status, error) = stage.post("/emulator/dance", json!({})).await;
    assert_eq!((status, &error["code"]), (404, &json!("unknown_call")));
    for path in ["/none.html", "/assets/none.js", "/a/b/c.js"] {
        let answer = stage.http.get(format!("{}{path}", stage.base)).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.text().await.unwrap(), format!("There is no page at {path} on this emulator.\n"));
    }
    // With or without a built page, `/` is a page or the sentence that says how to build it.
    let answer = stage.http.get(&stage.base).send().await.unwrap();
    let (status, page) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert!(
        (status == 200 && page.contains("<html")) || (status == 404 && page.contains("npm run build")),
        "{status} {page}"
    );
}
