//! Delivery: retries, order, concurrency, duplicates, wrong order.

use serde_json::{Value, json};

use crate::stage::{Delivery, ROSA, Receiver, Stage, config, soon, text};

fn texts(deliveries: &[Delivery]) -> Vec<String> {
    let body =
        |delivery: &Delivery| delivery.value()["messages"][0]["text"]["body"].as_str().map(str::to_owned);
    deliveries.iter().filter_map(body).collect()
}

fn says(body: &str) -> Value {
    json!({"type": "text", "text": {"body": body}})
}

#[tokio::test]
async fn only_200_is_taken_and_the_queue_of_a_customer_waits() {
    let stage = Stage::new().await;
    stage.post("/emulator/customers", json!({"wa_id": ROSA})).await;
    stage.receiver.answer_next(&[503, 401, 404, 201, 204, 302]);
    for body in ["uno", "dos", "tres"] {
        stage.write(ROSA, says(body)).await;
    }
    stage.quiet().await;
    let deliveries = stage.receiver.deliveries();
    assert_eq!(texts(&deliveries), ["uno", "uno", "uno", "uno", "uno", "uno", "uno", "dos", "tres"]);
    let ledger = stage.ledger().await;
    let attempts: Vec<&Value> =
        ledger["webhooks"].as_array().unwrap().iter().map(|webhook| &webhook["attempts"]).collect();
    assert_eq!(attempts, [7, 1, 1]);
}

#[tokio::test]
async fn one_customers_trouble_is_not_anothers() {
    let stage = Stage::with_rosa().await;
    stage.post("/emulator/customers", json!({"wa_id": "51911111111"})).await;
    // The receiver answers only when two posts are there, so both queues must be under way at once.
    stage.receiver.wait_for_together(2);
    stage.write(ROSA, says("yo")).await;
    stage.write("51911111111", says("también")).await;
    stage.quiet().await;
    let mut seen = texts(&stage.receiver.deliveries()[1..]);
    seen.sort();
    assert_eq!(seen, ["también", "yo"]);
}

#[tokio::test]
async fn a_receiver_that_is_away_gets_everything_when_it_comes() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let emulator = cauce_emulator::start(config(&url)).await.unwrap();
    let mut away = Stage::at(Receiver::start().await.0);
    away.base = format!("http://{}", emulator.address());
    away.post("/emulator/customers", json!({"wa_id": ROSA})).await;
    away.write(ROSA, says("hola")).await;
    // Every connection is cut before an answer.
    let attempts = async |stage: &Stage| stage.ledger().await["webhooks"][0]["attempts"].as_u64();
    let cut = async {
        loop {
            drop(listener.accept().await.unwrap());
        }
    };
    let tried = async {
        away.until(async |stage| attempts(stage).await >= Some(3)).await;
        away.post("/emulator/webhook", json!({"payload": {}})).await
    };
    let (status, error) = tokio::select! {
        () = cut => unreachable!(),
        answer = tried => answer,
    };
    assert_eq!((status, &error["code"]), (502, &json!("no_receiver")));

    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let hook = axum::routing::post(move |body: String| async move {
        arrived.send(body).unwrap();
    });
    tokio::spawn(
        async move { axum::serve(listener, axum::Router::new().route("/hook", hook)).await.unwrap() },
    );
    let body = soon(arrivals.recv()).await.unwrap();
    assert!(body.contains("hola"));
    away.quiet().await;
    assert_eq!(away.ledger().await["webhooks"][0]["status"], 200);
    assert!(attempts(&away).await >= Some(4));
}

#[tokio::test]
async fn copies_go_out_together_or_one_after_the_other() {
    let stage = Stage::with_rosa().await;
    // Answered only when all eight are there: one after the other they would never be.
    stage.receiver.wait_for_together(8);
    let path = format!("/emulator/customers/{ROSA}/messages?times=8&parallel=true");
    let (status, _) = stage.post(&path, says("ocho")).await;
    assert_eq!(status, 202);
    stage.quiet().await;
    let deliveries = stage.receiver.deliveries();
    assert_eq!(texts(&deliveries[1..]), ["ocho"; 8]);
    assert!(deliveries[1..].iter().all(|delivery| delivery.bytes == deliveries[1].bytes && delivery.signed));
    assert_eq!(stage.conversation(ROSA).await.len(), 2, "one bubble");

    stage.receiver.wait_for_together(1);
    stage.post(&format!("/emulator/customers/{ROSA}/messages?times=3"), says("tres")).await;
    stage.quiet().await;
    assert_eq!(texts(&stage.receiver.deliveries()[9..]), ["tres"; 3]);
}

#[tokio::test]
async fn a_duplicate_goes_out_twice_at_once_and_only_as_often_as_asked() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"on": "webhooks", "kind": "duplicate", "times": 2})).await;
    stage.receiver.wait_for_together(2);
    stage.write(ROSA, says("doble")).await;
    stage.write(ROSA, says("también")).await;
    stage.quiet().await;
    stage.receiver.wait_for_together(1);
    stage.write(ROSA, says("una vez")).await;
    stage.quiet().await;
    assert_eq!(texts(&stage.receiver.deliveries()[1..]), ["doble", "doble", "también", "también", "una vez"]);
}

#[tokio::test]
async fn reordered_statuses_come_backwards_for_one_message() {
    let stage = Stage::with_rosa().await;
    stage.fault(json!({"on": "webhooks", "kind": "reorder"})).await;
    let wrong = stage.send("text", text("al revés")).await;
    let right = stage.send("text", text("derecho")).await;
    stage.quiet().await;
    assert_eq!(stage.status_words(&wrong), ["read", "delivered", "sent"]);
    assert_eq!(stage.bubble(&wrong).await["status"], "read");
    assert_eq!(stage.status_words(&right), ["sent", "delivered"]);
}
