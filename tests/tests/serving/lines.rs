//! The lines on stderr: one trace through the whole road, and nothing in them that is somebody's own.

use cauce_tests::house::{APP_SECRET, VERIFY_TOKEN, within};
use cauce_tests::served::{Meta, Place, Served, TOKEN};
use reqwest::Method;
use serde_json::{Value, json};

use crate::TALK;

/// What must never be in a line.
const TEXT: &str = "algo-que-escribe-el-cliente";
const REPLY: &str = "algo-que-contesta-el-agente";
const METRICS: &str = "clave-de-las-metricas";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Everything that happens to a message, also what goes wrong, at this level; and what was said of it.
async fn said(level: Option<&str>) -> String {
    let meta = Meta::start().await;
    let place = Place::new(&meta, &format!("metrics: {{ token: {METRICS} }}"));
    let variables: Vec<_> = level.map(|level| ("RUST_LOG", level)).into_iter().collect();
    let mut served = place.serve_with(&[], &variables).await;
    served.publish(TALK).await;
    let wrong = served.http().post(format!("{}/api/login", served.url));
    let wrong = wrong.json(&json!({ "email": "admin@cauce.local", "password": "una-clave-errada" }));
    assert_eq!(wrong.send().await.unwrap().status(), 401);

    assert_eq!(served.says("51999000001", "hola").await.status(), 200);
    meta.until_asked(2).await;
    // Meta's error says again what was sent.
    meta.refuses(
        json!({ "code": 131_026, "message": format!("undeliverable: Buscas {TEXT}."), "type": "x" }),
    );
    assert_eq!(served.says("51999000001", TEXT).await.status(), 200);
    meta.until_asked(3).await;
    let contact = served.get("/api/conversations?tab=all").await["items"][0]["contact"].clone();
    let contact = contact.as_str().unwrap();
    let reply = json!({ "text": REPLY, "command": "1" });
    served.ask(Method::POST, &format!("/api/conversations/{contact}/messages"), Some(&reply)).await;
    // Not signed, not JSON, and no route.
    let bad = served.http().post(format!("{}/webhooks/whatsapp", served.url)).body(TEXT);
    assert_eq!(bad.send().await.unwrap().status(), 401);
    served.ask(Method::POST, "/api/flows", Some(&json!({ "document": TEXT }))).await;
    served.ask(Method::POST, &format!("/api/{TEXT}"), Some(&json!(TEXT))).await;
    until_failed(&served, contact).await;

    served.signal(rustix::process::Signal::TERM);
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.said());
    let said = served.said();
    for kept in [
        TEXT,
        REPLY,
        "Texto-del-recorrido",
        TOKEN,
        APP_SECRET,
        VERIFY_TOKEN,
        METRICS,
        "una-clave-errada",
        served.token.as_str(),
    ] {
        let line = said.lines().find(|line| line.contains(kept));
        assert!(line.is_none(), "«{kept}» is told at {level:?}: {line:?}");
    }
    said
}

/// Waits until a message of this contact has failed for good.
async fn until_failed(served: &Served, contact: &str) {
    within("a message fails", async {
        loop {
            let conversation = served.get(&format!("/api/conversations/{contact}")).await;
            if conversation["messages"]
                .as_array()
                .unwrap()
                .iter()
                .any(|message| message["status"] == "failed")
            {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_that_is_somebodys_own_is_told() {
    let said = said(None).await;
    assert!(said.contains("WARN") && said.contains("failed"), "what fails is told: {said}");
}

#[tokio::test]
async fn not_even_when_everything_is_told() {
    let said = said(Some("debug")).await;
    for word in ["answered", "durable", "accepted"] {
        assert!(said.contains(word), "{word} is not told: {said}");
    }
}

#[tokio::test]
async fn the_lines_of_one_message_have_one_trace() {
    let meta = Meta::start().await;
    let place = Place::new(&meta, "");
    let served = place
        .serve_with(&["--log-format", "json"], &[("RUST_LOG", "debug,hyper_util=off,reqwest=off")])
        .await;
    served.publish(TALK).await;
    let webhook = served.webhook(&cauce_tests::served::text_of("51999000001", "hola"));
    let answer = webhook.header("x-request-id", TRACE).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["x-request-id"].to_str().unwrap()), (200, TRACE));
    meta.until_asked(2).await;
    let of_trace = within("the second send is told", async {
        loop {
            let said = served.said();
            let whole = said.rsplit_once('\n').map_or("", |(whole, _)| whole);
            let lines = whole.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
            let ours: Vec<_> = lines.filter(|line| line["trace"] == TRACE).collect();
            if ours.iter().filter(|line| line["message"] == "accepted").count() == 2 {
                return ours;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    for message in ["answered", "durable", "accepted"] {
        assert!(of_trace.iter().any(|line| line["message"] == message), "{message}: {of_trace:#?}");
    }
    assert!(of_trace.iter().all(|line| line["level"].is_string() && line["timestamp"].is_string()));
    // Another message is another trace.
    let other = served.says("51999000002", "hola").await;
    assert_ne!(other.headers()["x-request-id"].to_str().unwrap(), TRACE);
}

#[tokio::test]
async fn levels_that_are_none_are_told() {
    let place = Place::new(&Meta::start().await, "");
    let ended = place.command().env("RUST_LOG", "cauce=loud=x").output().await.unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8(ended.stderr).unwrap().starts_with("cauce: RUST_LOG is «cauce=loud=x»"));
}
