//! A server that hangs keeps its own places and nobody else's.

#![allow(clippy::unwrap_used, reason = "tests")]

mod stand;

use std::sync::Arc;

use cauce_http::{Guarded, Policy};
use cauce_model::Duration;
use stand::{Names, Server, allowing, get, ok, told, write};
use tokio::sync::Semaphore;

/// A server that answers when it is let go.
async fn hanging() -> (Server, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = Server::start(move |_, stream| {
        let held = held.clone();
        async move {
            held.acquire().await.unwrap().forget();
            write(stream, ok("text/plain", "por fin").into()).await;
        }
    })
    .await;
    (server, gate)
}

fn guarded(at_once: usize, per_host: usize) -> Arc<Guarded> {
    let policy = Policy { at_once, per_host, ..allowing(&["127.0.0.1"]) };
    Arc::new(Guarded::with_lookup(policy, Names::here(&["lento.test", "rapido.test"])).unwrap())
}

#[tokio::test]
async fn a_host_that_hangs_does_not_starve_the_others() {
    let (slow, gate) = hanging().await;
    let fast = Server::says(ok("text/plain", "ya")).await;
    let guarded = guarded(3, 2);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (guarded, request) = (guarded.clone(), get(slow.at("lento.test", "/")));
            tokio::spawn(async move { told(&guarded, &request).await })
        })
        .collect();
    slow.has_seen(2).await;
    for _ in 0..10 {
        assert_eq!(told(&guarded, &get(fast.at("rapido.test", "/"))).await, "200 \"ya\"");
    }
    assert_eq!(slow.seen().len(), 2, "the other eighteen wait, and keep nobody waiting");
    // Who waits gives up at its own time, and says that nothing left.
    let mut short = get(slow.at("lento.test", "/"));
    short.timeout = Duration::millis(50);
    assert_eq!(told(&guarded, &short).await, "busy");
    gate.add_permits(20);
    for call in calls {
        assert_eq!(call.await.unwrap(), "200 \"por fin\"");
    }
    assert_eq!(slow.seen().len(), 20);
}

#[tokio::test]
async fn a_call_given_up_gives_its_place_back() {
    let (slow, gate) = hanging().await;
    let guarded = guarded(1, 1);
    let (one, request) = (guarded.clone(), get(slow.at("lento.test", "/")));
    let call = tokio::spawn(async move { told(&one, &request).await });
    slow.has_seen(1).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    gate.add_permits(2);
    assert_eq!(told(&guarded, &get(slow.at("lento.test", "/"))).await, "200 \"por fin\"");
}

#[tokio::test]
async fn a_place_is_kept_until_the_answer_is_read() {
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let server = Server::start(move |_, mut stream| {
        let held = held.clone();
        async move {
            use tokio::io::AsyncWriteExt as _;
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nho")
                .await
                .unwrap();
            held.acquire().await.unwrap().forget();
            stream.write_all(b"la").await.unwrap();
        }
    })
    .await;
    let guarded = guarded(2, 1);
    let (one, request) = (guarded.clone(), get(server.at("lento.test", "/")));
    let call = tokio::spawn(async move { told(&one, &request).await });
    server.has_seen(1).await;
    let mut short = get(server.at("lento.test", "/"));
    short.timeout = Duration::millis(50);
    assert_eq!(told(&guarded, &short).await, "busy");
    gate.add_permits(1);
    assert_eq!(call.await.unwrap(), "200 \"hola\"");
}
