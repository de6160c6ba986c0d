//! SIGTERM: nothing new is taken, what was taken is finished, and the process ends in order.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::HashSet;
use std::time::Duration;

use cauce_tests::house::within;
use cauce_tests::served::{Meta, Place, Served, text_of};
use futures_util::future::join_all;
use reqwest::StatusCode;
use rustix::process::Signal;
use tokio::sync::watch;
use tokio::time::timeout;

/// What whoever starts it waits for before it kills.
const TIME: Duration = Duration::from_secs(10);
/// Says one thing, and ends.
const ANSWER: &str = r#"
id: respuesta
name: Respuesta
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: fin } }
  fin: { kind: end, config: { text: Te leímos. } }
"#;

/// Whose message was acknowledged by 200, one writer after another until the server is gone.
async fn write(served: &Served, writer: usize, ended: watch::Receiver<bool>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        if *ended.borrow() {
            break;
        }
        let wa_id = format!("519{writer:03}{number:05}");
        match served.webhook(&text_of(&wa_id, "hola")).send().await {
            Ok(answer) if answer.status() == StatusCode::OK => acknowledged.push(wa_id),
            Ok(answer) => {
                assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
                assert!(answer.headers().contains_key("retry-after"), "who is refused is told to come again");
            }
            Err(_) => break,
        }
    }
    acknowledged
}

/// Everybody who is in the inbox.
async fn everybody(served: &Served) -> HashSet<String> {
    let mut all = HashSet::new();
    let mut before = String::new();
    loop {
        let page = served.get(&format!("/api/conversations?tab=all&limit=100{before}")).await;
        for conversation in page["items"].as_array().unwrap() {
            all.insert(conversation["name"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn under_load_it_ends_in_order_and_what_it_acknowledged_is_there() {
    let meta = Meta::start().await;
    let place = Place::new(&meta, "");
    let mut served = place.serve().await;
    served.publish(ANSWER).await;
    let (end, ended) = watch::channel(false);
    let writers = async { join_all((0..32).map(|writer| write(&served, writer, ended.clone()))).await };
    let stop = async {
        meta.until_asked(100).await;
        served.signal(Signal::TERM);
    };
    let (acknowledged, ()) = within("the writers end", async { tokio::join!(writers, stop) }).await;
    let status = timeout(TIME, served.ended()).await.unwrap_or_else(|_| panic!("{}", served.said()));
    end.send_replace(true);
    assert_eq!(status.code(), Some(0), "{}", served.said());

    let again = place.serve().await;
    let acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    assert!(acknowledged.len() >= 50, "{} messages are no load", acknowledged.len());
    // Lists follow the commits.
    within("everybody is there", async {
        loop {
            let there = everybody(&again).await;
            if acknowledged.iter().all(|wa_id| there.contains(&format!("Cliente {wa_id}"))) {
                return;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn while_a_send_is_under_way_newcomers_are_told_to_come_again() {
    let meta = Meta::start().await;
    let place = Place::new(&meta, "");
    let mut served = place.serve().await;
    served.publish(ANSWER).await;
    meta.answers(false);
    assert_eq!(served.says("51999000001", "hola").await.status(), StatusCode::OK);
    meta.until_asked(1).await;
    served.signal(Signal::TERM);
    let refused = within("a newcomer is refused", async {
        loop {
            let answer = served.says("51999000002", "hola").await;
            if answer.status() != StatusCode::OK {
                return answer;
            }
        }
    })
    .await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    let ready = served.http().get(format!("{}/health/ready", served.url)).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let ready: serde_json::Value = ready.json().await.unwrap();
    let running =
        ready["checks"].as_array().unwrap().iter().find(|check| check["name"] == "running").unwrap();
    assert_eq!(running["ok"], false, "{ready}");

    meta.answers(true);
    assert_eq!(timeout(TIME, served.ended()).await.unwrap().code(), Some(0), "{}", served.said());
    // The send came back before the end, so the next start does not send again.
    let again = place.serve().await;
    let list = again.get("/api/conversations?tab=all").await;
    let mut items = list["items"].as_array().unwrap().iter();
    let first = items.find(|item| item["name"] == "Cliente 51999000001").unwrap();
    let contact = first["contact"].as_str().unwrap();
    let conversation = again.get(&format!("/api/conversations/{contact}")).await;
    assert_eq!(conversation["messages"][1]["status"], "accepted", "{conversation:#}");
}

#[tokio::test]
async fn told_a_second_time_it_ends_at_once() {
    let meta = Meta::start().await;
    let place = Place::new(&meta, "");
    let mut served = place.serve().await;
    served.publish(ANSWER).await;
    meta.answers(false);
    assert_eq!(served.says("51999000001", "hola").await.status(), StatusCode::OK);
    meta.until_asked(1).await;
    served.signal(Signal::TERM);
    within("it says that it ends", async {
        while !served.said().contains("ending: nothing new is taken") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    served.signal(Signal::TERM);
    // The send never comes back: in order, it would wait for it.
    assert_eq!(served.ended().await.code(), Some(1), "{}", served.said());
    assert!(served.said().contains("ending at once"), "{}", served.said());
}
