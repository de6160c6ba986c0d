//! Each fault of a send: what the caller sees and what was really accepted.

use serde_json::{Value, json};

use crate::stage::{NUMBER, ROSA, Stage, TOKEN, message, soon, text};

/// Longer than any test: a call that is held for so long is still held at its end.
const FOR_EVER_MS: u64 = 3_600_000;

async fn sends(stage: &Stage) -> Vec<Value> {
    stage.ledger().await["sends"].as_array().unwrap().clone()
}

async fn attempt(stage: &Stage, opaque: &str) -> (u16, Value) {
    let mut body = message(ROSA, "text", text("hola"));
    body["biz_opaque_callback_data"] = json!(opaque);
    stage.graph(body).await
}

#[tokio::test]
async fn throttled_calls_are_not_executed() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"on": "messages", "kind": "throttle", "times": 2})).await;
    assert_eq!(
        stage.get("/emulator/faults").await,
        json!([{"on": "messages", "kind": "throttle", "times": 2}])
    );
    for _ in 0..2 {
        let (status, answer) = attempt(&stage, "a").await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(130_429)));
        assert_eq!(answer["error"]["message"], "(#130429) Rate limit hit");
    }
    assert!(sends(&stage).await.is_empty());
    assert_eq!(attempt(&stage, "a").await.0, 200);
    assert_eq!(sends(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_429_from_the_edge_is_not_json_and_not_executed() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "http_429"})).await;
    let (status, answer) = attempt(&stage, "a").await;
    assert_eq!(status, 429);
    assert!(answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    assert!(sends(&stage).await.is_empty());
    assert_eq!(attempt(&stage, "a").await.0, 200);
}

#[tokio::test]
async fn a_server_error_before_sends_nothing_and_one_after_sends_all_the_same() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "server_error", "when": "before"})).await;
    stage.fault(json!({"kind": "server_error", "when": "after"})).await;
    let (status, answer) = attempt(&stage, "before").await;
    assert_eq!((status, &answer["error"]["code"]), (500, &json!(131_000)));
    assert!(sends(&stage).await.is_empty());
    let (status, answer) = attempt(&stage, "after").await;
    assert_eq!((status, &answer["error"]["code"]), (500, &json!(131_000)));
    let accepted = sends(&stage).await;
    assert_eq!((accepted.len(), &accepted[0]["opaque"]), (1, &json!("after")));
    stage.quiet().await;
    let statuses = stage.statuses(accepted[0]["wamid"].as_str().unwrap());
    assert_eq!(statuses.len(), 2);
    assert!(statuses.iter().all(|status| status["biz_opaque_callback_data"] == "after"));
}

#[tokio::test]
async fn a_fault_for_one_customer_leaves_others_alone_until_it_is_cleared() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "throttle", "times": 0, "to": ROSA})).await;
    for _ in 0..3 {
        assert_eq!(attempt(&stage, "a").await.0, 400);
    }
    assert_eq!(stage.graph(message("51911111111", "text", text("hola"))).await.0, 200);
    let clear = stage.http.delete(format!("{}/emulator/faults", stage.base)).send().await.unwrap();
    assert_eq!(clear.status(), 204);
    assert_eq!(attempt(&stage, "a").await.0, 200);
}

#[tokio::test]
async fn calls_the_rules_refuse_and_reads_use_up_no_fault() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "throttle"})).await;
    let (_, refused) = stage.graph(message(ROSA, "text", text(""))).await;
    assert_eq!(refused["error"]["code"], 131_009);
    let first = stage.conversation(ROSA).await[0]["id"].clone();
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": first});
    assert_eq!(stage.graph(read).await.0, 200);
    assert_eq!(attempt(&stage, "a").await.1["error"]["code"], 130_429);
}

#[tokio::test]
async fn a_call_held_before_acceptance_sent_nothing_and_holds_up_nobody_else() {
    let stage = Stage::with_rosa().await;
    for kind in ["latency", "hang"] {
        stage.fault(json!({"kind": kind, "ms": FOR_EVER_MS, "to": ROSA})).await;
        let other = async {
            stage.until(async |stage| stage.get("/emulator/faults").await == json!([])).await;
            stage.graph(message("51911111111", "text", text("hola"))).await
        };
        let (status, _) = tokio::select! {
            answer = attempt(&stage, "held") => panic!("the held call was answered: {answer:?}"),
            answer = other => answer,
        };
        assert_eq!(status, 200);
    }
    assert!(sends(&stage).await.iter().all(|send| send["opaque"] != "held"));
    stage.fault(json!({"kind": "latency", "ms": 1})).await;
    assert_eq!(attempt(&stage, "late").await.0, 200);
    assert_eq!(sends(&stage).await.last().unwrap()["opaque"], "late");
}

#[tokio::test]
async fn a_call_that_hangs_after_acceptance_was_sent() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "hang", "ms": FOR_EVER_MS, "when": "after"})).await;
    let accepted = async {
        stage.until(async |stage| sends(stage).await.len() == 1).await;
        stage.quiet().await;
        sends(&stage).await
    };
    let accepted = tokio::select! {
        answer = attempt(&stage, "hung") => panic!("the hanging call was answered: {answer:?}"),
        accepted = accepted => accepted,
    };
    assert_eq!(accepted[0]["opaque"], "hung");
    assert_eq!(stage.status_words(accepted[0]["wamid"].as_str().unwrap()), ["sent", "delivered"]);
}

#[tokio::test]
async fn a_page_of_the_edge_before_sends_nothing_and_one_after_sends_all_the_same() {
    let stage = Stage::with_rosa().await;
    for (when, sent) in [("before", 0), ("after", 1)] {
        stage.fault(json!({"kind": "bad_gateway", "when": when})).await;
        let (status, answer) = attempt(&stage, when).await;
        assert_eq!(status, 502);
        assert!(answer.as_str().unwrap().starts_with("<html>"), "{answer}");
        assert_eq!(sends(&stage).await.len(), sent, "{when}");
    }
}

#[tokio::test]
async fn a_reset_before_sends_nothing_and_one_after_sends_all_the_same() {
    let stage = Stage::with_rosa().await;
    for (when, sent) in [("before", 0), ("after", 1)] {
        stage.fault(json!({"kind": "reset", "when": when})).await;
        let url = format!("{}/v25.0/{NUMBER}/messages", stage.base);
        let body = message(ROSA, "text", text("hola"));
        let call = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap();
        let error = call.post(url).bearer_auth(TOKEN).json(&body).send().await.unwrap_err();
        assert!(error.is_request() && !error.is_connect() && !error.is_timeout(), "{error:?}");
        assert_eq!(sends(&stage).await.len(), sent, "{when}");
    }
    stage.quiet().await;
    let wamid = sends(&stage).await[0]["wamid"].as_str().unwrap().to_owned();
    assert_eq!(stage.status_words(&wamid), ["sent", "delivered"]);
}

#[tokio::test]
async fn statuses_may_come_before_the_answer() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "early"})).await;
    let (status, answer) = attempt(&stage, "early").await;
    assert_eq!(status, 200);
    // The answer is here, and they were there before it.
    assert_eq!(stage.status_words(answer["messages"][0]["id"].as_str().unwrap()), ["sent", "delivered"]);
}

#[tokio::test]
async fn statuses_may_never_come_or_only_the_last() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"on": "webhooks", "kind": "silent", "nth": 1})).await;
    stage.fault(json!({"on": "webhooks", "kind": "read_only", "nth": 1})).await;
    let silent = stage.send("text", text("uno")).await;
    let seen = stage.send("text", text("dos")).await;
    stage.quiet().await;
    stage.open(ROSA).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&silent), [""; 0]);
    assert_eq!(stage.status_words(&seen), ["read"]);
}

#[tokio::test]
async fn a_line_that_is_down_lets_nobody_connect_and_comes_back() {
    let stage = Stage::with_rosa().await;
    // A connection that stands and is idle is cut as well.
    let other = reqwest::Client::builder().no_proxy().build().unwrap();
    let look = || other.get(format!("{}/emulator/faults", stage.base)).send();
    assert_eq!(look().await.unwrap().status(), 200);
    assert_eq!(stage.post("/emulator/down", json!({"ms": 1500})).await.0, 204);
    let mut refused = false;
    let back = async {
        loop {
            match look().await {
                Ok(answer) if refused => return answer.status(),
                Ok(_) => {}
                Err(error) => refused |= error.is_connect(),
            }
        }
    };
    assert_eq!(soon(back).await, 200);
    assert_eq!(stage.graph(message(ROSA, "text", text("hola"))).await.0, 200);
}

#[tokio::test]
async fn sends_are_counted_whatever_comes_of_them() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"kind": "throttle"})).await;
    for _ in 0..3 {
        attempt(&stage, "a").await;
    }
    let rate = stage.get("/emulator/rate").await;
    assert_eq!((&rate["sends"], &rate["highest"]), (&json!(3), &json!(3)));
    assert_eq!(stage.post("/emulator/reset", json!({})).await.0, 204);
    assert_eq!(stage.get("/emulator/rate").await["sends"], 0);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let stage = Stage::new().await;
    for wrong in [
        json!({"kind": "hang"}),
        json!({"kind": "reorder"}),
        json!({"kind": "earthquake"}),
        json!({"on": "messages"}),
    ] {
        let (status, error) = stage.post("/emulator/faults", wrong.clone()).await;
        assert_eq!(status, 422, "{wrong} {error}");
    }
    assert_eq!(stage.get("/emulator/faults").await, json!([]));
}
