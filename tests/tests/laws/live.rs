//! Live events: what changes, as it changes; nothing missed over a restart.

use cauce_model::Duration;
use cauce_tests::house::{Events, House};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::journeys::{HELP, PATIENT};

/// The next change; and the last cursor that was seen, kept.
async fn change(events: &mut Events, cursor: &mut String) -> Value {
    let event = events.next().await.expect("the stream is open");
    assert_eq!(event.event, "change");
    if let Some(id) = event.id {
        *cursor = id;
    }
    event.data
}

#[tokio::test]
async fn a_listener_is_greeted_and_told_what_changes() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    let mut events = rosa.events(None).await;
    let hello = events.next().await.unwrap();
    assert_eq!((hello.event.as_str(), hello.id.is_some()), ("hello", true));
    let mut cursor = hello.id.unwrap();

    ana.says("hola").await;
    let told = change(&mut events, &mut cursor).await;
    let id = ana.id().await.unwrap();
    assert_eq!((&told["change"], &told["contact"]), (&json!("conversation"), &json!(id.to_string())));
    // What is told can be read: the list shows it already.
    let list = rosa.list("queued").await.body;
    assert_eq!(list["items"][0]["contact"], json!(id.to_string()));

    let version = house.publish(PATIENT).await;
    loop {
        let told = change(&mut events, &mut cursor).await;
        if told["change"] == "flow" {
            assert_eq!((&told["flow"], &told["version"]), (&json!("paciente"), &json!(version)));
            break;
        }
    }
    house.close().await;
    while let Some(event) = events.next().await {
        assert_eq!(event.event, "change", "what was still on its way");
    }
    house.reopen().await;
}

#[tokio::test]
async fn who_comes_back_after_a_restart_misses_nothing() {
    let house = House::with(HELP).await;
    let rosa = house.login("Rosa").await;
    let mut events = rosa.events(None).await;
    let mut cursor = events.next().await.unwrap().id.unwrap();
    let first = house.customer("Ana");
    first.says("hola").await;
    assert_eq!(
        change(&mut events, &mut cursor).await["contact"],
        json!(first.id().await.unwrap().to_string())
    );
    drop(events);

    // Away: twenty write before the restart, twenty after it.
    let customers: Vec<_> = (0..40).map(|n| house.customer(&format!("C{n}"))).collect();
    join_all(customers[..20].iter().map(|customer| customer.says("hola"))).await;
    house.restart().await;
    join_all(customers[20..].iter().map(|customer| customer.says("hola"))).await;

    let mut missing = Vec::new();
    for customer in &customers {
        missing.push(json!(customer.id().await.unwrap().to_string()));
    }
    let mut events = rosa.events(Some(&cursor)).await;
    let hello = events.next().await.unwrap();
    assert_eq!((hello.event.as_str(), hello.id.as_deref()), ("hello", Some(cursor.as_str())));
    while !missing.is_empty() {
        let told = change(&mut events, &mut cursor).await;
        missing.retain(|contact| *contact != told["contact"]);
    }
    // And who was told everything is told nothing again.
    drop(events);
    for customer in &customers {
        customer.got(&["accepted"]).await;
    }
    house.settle().await;
    let mut events = rosa.events(Some(&house.app().runtime.written().to_string())).await;
    events.next().await.unwrap();
    let last = house.customer("Última");
    last.says("hola").await;
    assert_eq!(
        change(&mut events, &mut cursor).await["contact"],
        json!(last.id().await.unwrap().to_string())
    );
}

#[tokio::test]
async fn a_cursor_that_means_nothing_here_is_answered_with_a_reset() {
    let house = House::with(HELP).await;
    let rosa = house.login("Rosa").await;
    for bad in ["rubbish", "0", "ffffff-0-0-0", "0-0-0-0-0-0"] {
        let mut events = rosa.events(Some(bad)).await;
        assert_eq!(events.next().await.unwrap().event, "hello");
        let reset = events.next().await.unwrap();
        assert_eq!(reset.event, "reset", "{bad}");
        // From then on it is told as everybody else.
        let ana = house.customer("Ana");
        ana.says("hola").await;
        let id = json!(ana.id().await.unwrap().to_string());
        while change(&mut events, &mut String::new()).await["contact"] != id {}
    }
}

#[tokio::test]
async fn a_list_that_is_asked_after_a_write_shows_it() {
    let house = House::with(HELP).await;
    let rosa = house.login("Rosa").await;
    for n in 0..10 {
        let ana = house.customer(&format!("C{n}"));
        ana.says("hola").await;
        let case = ana.waits_for_a_person().await;
        house.advance(Duration::seconds(1));
        let path = format!("/api/cases/{case}/take");
        let request = rosa.request(reqwest::Method::POST, &path).json(&json!({ "command": case }));
        let answer = request.send().await.unwrap();
        let cursor = answer.headers()["x-cauce-cursor"].to_str().unwrap().to_owned();
        let mine = rosa.get(&format!("/api/conversations?tab=mine&after={cursor}")).await.body;
        assert_eq!(mine["items"][0]["case"]["id"], json!(case));
        assert_eq!(mine["counts"]["mine"], json!(n + 1));
    }
}

#[tokio::test]
async fn who_has_logged_out_hears_nothing_more() {
    let house = House::with(HELP).await;
    let (rosa, luis, ana) = (house.login("Rosa").await, house.login("Luis").await, house.customer("Ana"));
    let (mut hers, mut his) = (rosa.events(None).await, luis.events(None).await);
    for events in [&mut hers, &mut his] {
        assert_eq!(events.next().await.unwrap().event, "hello");
    }
    assert_eq!(rosa.post("/api/logout", &Value::Null).await.status, 204);
    house.settle().await;
    ana.says("hola").await;
    assert_eq!(his.next().await.unwrap().event, "change");
    assert_eq!(hers.next().await, None);
}
