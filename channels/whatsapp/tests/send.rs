//! Sends over real HTTP, against a Graph that answers as each test wants.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cauce_model::{Content, FailureClass, SendOutcome};
use cauce_whatsapp::{AccountCredentials, Graph};
use serde_json::Value;
use tokio::net::TcpListener;

const TOKEN: &str = "EAAG-a-secret";

/// What the stub saw: the path, the authorization and the body of every request.
type Seen = Arc<Mutex<Vec<(String, String, Value)>>>;

#[derive(Clone)]
enum Answer {
    With(u16, &'static str),
    Redirect,
    Never,
}

/// A Graph on a free port that answers every request alike.
async fn stub(answer: Answer) -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let app = Router::new().fallback(handle).with_state((answer, seen.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

async fn handle(State((answer, seen)): State<(Answer, Seen)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let authorization = |headers: &HeaderMap| headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
    seen.lock().unwrap().push((
        parts.uri.path().to_owned(),
        authorization(&parts.headers),
        serde_json::from_slice(&body).unwrap(),
    ));
    match answer {
        Answer::With(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Answer::Redirect => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/elsewhere")]).into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}

fn account() -> AccountCredentials {
    AccountCredentials { phone_number_id: "106540352242922".into(), token: TOKEN.into() }
}

fn graph(address: SocketAddr) -> Graph {
    to(&format!("http://{address}"))
}

fn to(base: &str) -> Graph {
    Graph::new(base, "v25.0", Duration::from_secs(30)).unwrap()
}

fn hello() -> Content {
    Content::Text { body: "Hola".into() }
}

async fn send(graph: &Graph) -> SendOutcome {
    graph.send(&account(), "51999888777", &hello(), "a-1", None).await
}

fn uncertain(outcome: SendOutcome) -> String {
    match outcome {
        SendOutcome::Uncertain { failure } => failure.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_accepted_send() {
    let (address, seen) = stub(Answer::With(
        200,
        r#"{"messaging_product":"whatsapp","contacts":[{"input":"51999888777","wa_id":"51999888777"}],"messages":[{"id":"wamid.A"}]}"#,
    ))
    .await;
    let accepted =
        SendOutcome::Accepted { provider_id: "wamid.A".into(), recipient: Some("51999888777".into()) };
    assert_eq!(send(&graph(address)).await, accepted);
    // A base that ends with a slash, or has a path of its own, is as good.
    let graph = Graph::new(&format!("http://{address}/proxy/"), "v25.0", Duration::from_secs(30)).unwrap();
    assert_eq!(send(&graph).await, accepted);

    let seen = seen.lock().unwrap();
    let (path, authorization, body) = &seen[0];
    assert_eq!(path, "/v25.0/106540352242922/messages");
    assert_eq!(authorization, &format!("Bearer {TOKEN}"));
    assert_eq!(body["biz_opaque_callback_data"], "a-1");
    assert_eq!(seen[1].0, "/proxy/v25.0/106540352242922/messages");
}

#[tokio::test]
async fn a_throttled_send_may_come_again() {
    let (address, _) = stub(Answer::With(
        400,
        r#"{"error":{"message":"(#131056) Pair rate limit hit","type":"OAuthException","code":131056}}"#,
    ))
    .await;
    let SendOutcome::Refused { failure, retry_after } = send(&graph(address)).await else { panic!() };
    assert_eq!(failure.code, "131056");
    assert_eq!(retry_after, Some(cauce_model::Duration::seconds(4)));
}

#[tokio::test]
async fn a_servers_error_is_uncertain_and_not_repeated() {
    let (address, seen) = stub(Answer::With(500, "<html>oops</html>")).await;
    assert_eq!(uncertain(send(&graph(address)).await), "http_500");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_send_without_an_answer_is_uncertain() {
    let (address, seen) = stub(Answer::Never).await;
    let graph = Graph::new(&format!("http://{address}"), "v25.0", Duration::from_secs(1)).unwrap();
    assert_eq!(uncertain(send(&graph).await), "timeout");
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_body_is_uncertain() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\"a-1\"}") {
            tokio::io::AsyncReadExt::read_buf(&mut stream, &mut request).await.unwrap();
        }
        drop(stream);
    });
    assert_eq!(uncertain(send(&graph(address)).await), "connection_lost");
    accepted.await.unwrap();
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let SendOutcome::Refused { failure, .. } = send(&graph(address)).await else { panic!() };
    assert_eq!(failure.code, "connection");
}

#[tokio::test]
async fn a_name_that_nobody_knows_and_a_handshake_that_fails_sent_nothing() {
    // RFC 6761 §6.4: no name under «invalid» is ever given an address.
    let unknown = to("https://graph.invalid");
    // One that speaks no TLS: a whole HTTP server, which would take the message if it came.
    let (plain, seen) = stub(Answer::With(200, "{}")).await;
    let handshake = to(&format!("https://{plain}"));
    for graph in [unknown, handshake] {
        let SendOutcome::Refused { failure, .. } = send(&graph).await else { panic!() };
        assert_eq!((failure.code.as_str(), failure.class), ("connection", FailureClass::Connection));
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (address, seen) = stub(Answer::Redirect).await;
    assert_eq!(uncertain(send(&graph(address)).await), "http_307");
    let paths: Vec<String> = seen.lock().unwrap().iter().map(|(path, ..)| path.clone()).collect();
    assert_eq!(paths, ["/v25.0/106540352242922/messages"]);
}

#[tokio::test]
async fn what_breaks_a_limit_does_not_leave() {
    let (address, seen) = stub(Answer::With(200, "{}")).await;
    let long = Content::Text { body: "x".repeat(4097) };
    let SendOutcome::Failed { failure } =
        graph(address).send(&account(), "51999888777", &long, "a-1", None).await
    else {
        panic!()
    };
    assert_eq!(failure.code, "limit");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nothing_that_is_told_names_the_token() {
    let (address, _) = stub(Answer::With(401, r#"{"error":{"message":"expired","code":190}}"#)).await;
    let graph = graph(address);
    let outcome = send(&graph).await;
    assert!(matches!(&outcome, SendOutcome::Failed { failure } if failure.code == "190"));
    let broken = AccountCredentials { token: format!("{TOKEN}\n").into(), ..account() };
    let unsent = graph.send(&broken, "51999888777", &hello(), "a-1", None).await;
    assert!(matches!(&unsent, SendOutcome::Failed { failure } if failure.code == "account"), "{unsent:?}");
    let told = format!("{outcome:?} {unsent:?} {graph:?} {:?} {broken:?}", account());
    assert!(!told.contains(TOKEN), "{told}");
}

#[tokio::test]
async fn a_message_is_marked_as_read() {
    let (address, seen) = stub(Answer::With(200, r#"{"success":true}"#)).await;
    graph(address).mark_read(&account(), "wamid.A", true).await.unwrap();
    assert_eq!(seen.lock().unwrap()[0].2["typing_indicator"]["type"], "text");

    let (address, _) = stub(Answer::With(400, r#"{"error":{"message":"no","code":131009}}"#)).await;
    assert_eq!(graph(address).mark_read(&account(), "wamid.A", false).await.unwrap_err().code, "131009");
}

#[test]
fn an_address_that_is_none_is_refused_at_once() {
    for base in ["", "graph.facebook.com", "ftp://x.pe", "mailto:a@x.pe"] {
        assert!(Graph::new(base, "v25.0", Duration::from_secs(30)).is_err(), "{base}");
    }
}
