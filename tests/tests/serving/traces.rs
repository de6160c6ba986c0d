//! OpenTelemetry: a collector gets the whole road of a message as one trace.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use cauce_tests::house::within;
use cauce_tests::served::{Meta, Place, text_of};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::TALK;

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// What came, and with which key.
type Came = watch::Sender<Vec<(String, ExportTraceServiceRequest)>>;

async fn collect(State(came): State<Came>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let key = headers["api-key"].to_str().unwrap().to_owned();
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    came.send_modify(|came| came.push((key, request)));
    StatusCode::OK
}

async fn collector() -> (Came, String) {
    let came = Came::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", post(collect)).with_state(came.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (came, base)
}

#[tokio::test]
async fn the_road_of_a_message_is_one_trace() {
    let (came, base) = collector().await;
    let meta = Meta::start().await;
    let traces =
        format!("traces: {{ endpoint: '{base}', headers: {{ api-key: {{ env: COLLECTOR_KEY }} }} }}");
    let place = Place::new(&meta, &traces);
    let mut served = place.serve_with(&[], &[("COLLECTOR_KEY", "llave")]).await;
    served.publish(TALK).await;
    let webhook = served.webhook(&text_of("51999000001", "hola"));
    let answer = webhook.header("traceparent", format!("00-{ID}-{PARENT}-01")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    meta.until_asked(2).await;
    served.signal(rustix::process::Signal::TERM);
    assert_eq!(served.ended().await.code(), Some(0), "{}", served.said());

    let came = within("the collector gets spans", async {
        came.subscribe().wait_for(|came| !came.is_empty()).await.unwrap().clone()
    })
    .await;
    assert!(came.iter().all(|(key, _)| key == "llave"));
    let service = format!("{:?}", came[0].1.resource_spans[0].resource);
    assert!(service.contains("service.name") && service.contains("cauce"), "{service}");
    let resources = came.iter().flat_map(|(_, request)| &request.resource_spans);
    let spans = resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans);
    let ours: Vec<&Span> = spans.filter(|span| hex::encode(&span.trace_id) == ID).collect();

    let mut counts = HashMap::<&str, usize>::new();
    ours.iter().for_each(|span| *counts.entry(&span.name).or_default() += 1);
    assert_eq!(counts["http"], 1, "{counts:?}");
    // The webhook and the answers of both sends; and the sends.
    assert!(counts["turn"] >= 3 && counts["call"] >= 2, "{counts:?}");
    let http = ours.iter().find(|span| span.name == "http").unwrap();
    assert_eq!(hex::encode(&http.parent_span_id), PARENT, "it goes on with who asked");
    let ids: Vec<_> = ours.iter().map(|span| &span.span_id).collect();
    for span in ours.iter().filter(|span| span.name != "http") {
        assert!(ids.contains(&&span.parent_span_id), "{} hangs nowhere", span.name);
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    }
    let told = format!("{http:?}");
    assert!(told.contains("/webhooks/whatsapp") && told.contains("http.response.status_code"), "{told}");
    let everything = format!("{came:?}");
    assert!(!everything.contains("51999000001") && !everything.contains("Texto-del-recorrido"));
}
