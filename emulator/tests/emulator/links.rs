//! Messages that link to a file: fetched after acceptance, shown, or failed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::json;
use tokio::net::TcpListener;

use crate::stage::{ROSA, Receiver, Stage, config, soon};

/// A web server with pictures, and how often it was asked.
async fn web() -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let page = move |Path(name): Path<String>| async move { served(&name, &count) };
    let hop = |Path(left): Path<u32>| async move {
        let next = if left == 0 { "/foto.png".to_owned() } else { format!("/hop/{}", left - 1) };
        Redirect::temporary(&next)
    };
    let router = Router::new().route("/{name}", get(page)).route("/hop/{left}", get(hop));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (base, asked)
}

fn served(name: &str, asked: &AtomicUsize) -> Response {
    asked.fetch_add(1, Ordering::Relaxed);
    let typed = |mime: &'static str, bytes: Vec<u8>| ([(header::CONTENT_TYPE, mime)], bytes).into_response();
    match name {
        "foto.png" => typed("image/png", b"png".to_vec()),
        "page.html" => typed("text/html", b"<html>".to_vec()),
        "large.png" => typed("image/png", vec![0; 5 * 1024 * 1024 + 1]),
        "empty.png" => typed("image/png", Vec::new()),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn a_link_is_fetched_and_shown() {
    let stage = Stage::with_rosa().await;
    let (web, asked) = web().await;
    for (link, name) in [(format!("{web}/foto.png?x=1"), "foto.png"), (format!("{web}/hop/4"), "foto.png")] {
        let wamid = stage.send("image", json!({"link": link, "caption": "Mira"})).await;
        stage.quiet().await;
        assert_eq!(stage.status_words(&wamid), ["sent", "delivered"]);
        let bubble = stage.bubble(&wamid).await;
        assert_eq!(bubble["file"], json!({"mime": "image/png", "bytes": 3, "name": name}));
        assert_eq!(stage.bytes(bubble["media"].as_str().unwrap()).await, b"png");
        assert_eq!(bubble["message"]["image"]["link"], link);
    }
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    let header = json!({"type": "button", "header": {"type": "image", "image": {"link": format!("{web}/foto.png")}},
        "body": {"text": "¿Sí?"}, "action": {"buttons": [{"type": "reply", "reply": {"id": "a", "title": "Sí"}}]}});
    let wamid = stage.send("interactive", header).await;
    stage.quiet().await;
    assert_eq!(stage.bytes(stage.bubble(&wamid).await["media"].as_str().unwrap()).await, b"png");
}

#[tokio::test]
async fn what_cannot_be_fetched_or_does_not_fit_fails_after_acceptance() {
    let stage = Stage::with_rosa().await;
    let (web, _) = web().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}/foto.png", closed.local_addr().unwrap());
    drop(closed);
    for (kind, link, reason) in [
        ("image", format!("{web}/none.png"), "404"),
        ("image", format!("{web}/page.html"), "text/html"),
        ("image", format!("{web}/large.png"), "more than"),
        ("image", format!("{web}/empty.png"), "empty"),
        ("image", format!("{web}/hop/5"), "redirects"),
        ("image", nobody, "no connection"),
        ("sticker", format!("{web}/foto.png"), "image/webp"),
    ] {
        let wamid = stage.send(kind, json!({"link": link})).await;
        stage.quiet().await;
        assert_eq!(stage.status_words(&wamid), ["failed"], "{link}");
        let error = stage.statuses(&wamid)[0]["errors"][0].clone();
        assert_eq!(error["code"], 131_053);
        let details = error["error_data"]["details"].as_str().unwrap();
        assert!(details.contains(reason), "{details}");
        let bubble = stage.bubble(&wamid).await;
        assert_eq!((&bubble["media"], &bubble["file"]), (&json!(null), &json!(null)));
        assert_eq!(bubble["failure"], json!({"code": 131_053, "details": details}));
    }
}

#[tokio::test]
async fn nothing_is_fetched_for_a_message_that_fails_anyway() {
    let stage = Stage::with_rosa().await;
    let (web, asked) = web().await;
    stage.post("/emulator/clock", json!({"advance_ms": 24 * 60 * 60 * 1000})).await;
    let late = stage.send("image", json!({"link": format!("{web}/foto.png")})).await;
    stage.quiet().await;
    assert_eq!(stage.statuses(&late)[0]["errors"][0]["code"], 131_047);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_fetch_that_a_stop_broke_off_is_done_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (receiver, url) = Receiver::start().await;
    let mut config = config(&url);
    config.data = Some(folder.path().to_owned());
    let slow = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/foto.png", slow.local_addr().unwrap());

    // The first emulator has a runtime of its own: with it ends all its work, as with a process.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let first = {
        let config = config.clone();
        runtime.spawn(async move { cauce_emulator::start(config).await.unwrap() }).await.unwrap()
    };
    let mut stage = Stage::at(receiver);
    stage.base = format!("http://{}", first.address());
    stage.post("/emulator/customers", json!({"wa_id": ROSA})).await;
    stage.write(ROSA, json!({"type": "text", "text": {"body": "hola"}})).await;
    let wamid = stage.send("image", json!({"link": link})).await;
    let unanswered = soon(slow.accept()).await.unwrap();
    drop(first);
    runtime.shutdown_background();

    let router =
        Router::new().route("/foto.png", get(|| async { ([(header::CONTENT_TYPE, "image/png")], "png") }));
    tokio::spawn(async move { axum::serve(slow, router).await.unwrap() });
    let again = soon(async {
        loop {
            match cauce_emulator::start(config.clone()).await {
                Ok(running) => break running,
                // The first one still lets go of the folder.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    // Not earlier: what is left of the first one must not see that its request failed.
    drop(unanswered);
    stage.base = format!("http://{}", again.address());
    stage.quiet().await;
    assert_eq!(stage.status_words(&wamid), ["sent", "delivered"]);
    assert_eq!(stage.bytes(stage.bubble(&wamid).await["media"].as_str().unwrap()).await, b"png");
}
