//! How it is, as programs and people ask it.

use cauce_tests::house::within;
use cauce_tests::served::{Meta, Place, Served};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::TALK;

/// What every installation counts.
const COUNTED: [&str; 13] = [
    "cauce_turns_total",
    "cauce_turn_seconds",
    "cauce_commit_seconds",
    "cauce_group_turns",
    "cauce_store_layer_bytes",
    "cauce_store_undrained_log_bytes",
    "cauce_store_sync_seconds",
    "cauce_outbox_messages_total",
    "cauce_outbox_waiting",
    "cauce_inbound_total",
    "cauce_http_requests_total",
    "cauce_http_request_seconds",
    "cauce_disk_free_bytes",
];

/// One that has walked a flow with a customer.
async fn walked(place: &Place, meta: &Meta) -> Served {
    let served = place.serve().await;
    served.publish(TALK).await;
    assert_eq!(served.says("51999000001", "hola").await.status(), 200);
    meta.until_asked(2).await;
    served
}

#[tokio::test]
async fn everything_is_counted_and_described() {
    let meta = Meta::start().await;
    let place = Place::new(&meta, "");
    let served = walked(&place, &meta).await;
    let metrics = within("both sends are counted", async {
        loop {
            let answer = served.http().get(format!("{}/metrics", served.url)).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert!(
                answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4")
            );
            let text = answer.text().await.unwrap();
            if text.contains("cauce_outbox_messages_total{class=\"accepted\"} 2") {
                return text;
            }
        }
    })
    .await;
    for name in COUNTED {
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name} is not described:\n{metrics}");
        let counted = [" ", "{", "_count"].map(|after| format!("\n{name}{after}"));
        assert!(
            counted.iter().any(|line| metrics.contains(line.as_str())),
            "{name} is not counted:\n{metrics}"
        );
    }
    let webhook = "cauce_http_requests_total{route=\"/webhooks/whatsapp\",method=\"POST\",status=\"200\"} 1";
    assert!(metrics.contains(webhook), "{metrics}");
    // What strangers ask for makes no new series.
    served.http().get(format!("{}/nothing/of/ours", served.url)).send().await.unwrap();
    let metrics =
        served.http().get(format!("{}/metrics", served.url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("route=\"other\"") && !metrics.contains("of/ours"), "{metrics}");
    let proxied = served.http().get(format!("{}/metrics", served.url)).header("x-forwarded-for", "8.8.8.8");
    assert_eq!(proxied.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn with_a_token_only_who_has_it_reads_the_metrics() {
    let place = Place::new(&Meta::start().await, "metrics: { token: llave-de-metricas }");
    let served = place.serve().await;
    let metrics = || served.http().get(format!("{}/metrics", served.url));
    assert_eq!(metrics().send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(metrics().bearer_auth(&served.token).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(metrics().bearer_auth("llave-de-metricas").send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn it_lives_is_ready_and_tells_administrators_how_it_is() {
    let meta = Meta::start().await;
    let place = Place::new(&meta, "");
    let served = walked(&place, &meta).await;
    let public = async |path: &str| -> (u16, Value) {
        let answer = served.http().get(format!("{}{path}", served.url)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    };
    assert_eq!(public("/health/live").await, (200, serde_json::json!({ "live": true })));
    let (status, ready) = public("/health/ready").await;
    assert_eq!((status, &ready["ready"]), (200, &Value::Bool(true)), "{ready}");
    let names: Vec<_> = ready["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!(names, ["store", "partitions", "running", "released", "disk"]);

    let health = served.get("/api/health").await;
    assert_eq!(health["ready"], true);
    for place in ["/recent/commit/p99_ms", "/recent/turn/p50_ms", "/recent/group_turns", "/disk/free"] {
        assert!(health.pointer(place).is_some_and(|value| value.as_f64() > Some(0.0)), "{place}: {health:#}");
    }
    assert_eq!(health["now"]["dead_letters"], 0);
    let (status, problem) = public("/api/health").await;
    assert_eq!((status, &problem["code"]), (401, &Value::from("auth.required")));
    let page = served.ask(Method::GET, "/health", None).await;
    assert_eq!(page.url().path(), "/estado", "people are led to the page");
}
