//! Meta's door: the handshake and the webhooks. 200 goes out only when everything is durable.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, body::Bytes};
use cauce_conversation::{
    AddressEvent, Attempt, WorkspaceEvent, address_entity, contact_entity, workspace_entity,
};
use cauce_model::{ContactEvent, Inbound};
use cauce_runtime::{Answer, SubmitError, crash, to_bytes};
use cauce_whatsapp::{Element, MAX_WEBHOOK_BYTES, decode, handshake, signature};
use futures_util::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::app::App;
use crate::problem::Problem;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks/whatsapp", get(verify).post(receive))
        .layer(DefaultBodyLimit::max(MAX_WEBHOOK_BYTES))
}

async fn verify(State(app): State<Arc<App>>, Query(query): Query<HashMap<String, String>>) -> Response {
    match handshake::answer(&query, app.verify_token.expose_secret()) {
        Ok(challenge) => challenge.to_owned().into_response(),
        Err(_) => {
            let detail = "La palabra de verificación no corresponde.";
            Problem::new(StatusCode::FORBIDDEN, "webhook.handshake", "Verificación rechazada", detail)
                .into_response()
        }
    }
}

async fn receive(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::body_too_large(MAX_WEBHOOK_BYTES),
        _ => Problem::body_invalid("El cuerpo no llegó completo."),
    })?;
    let signed = headers.get(signature::HEADER);
    // One that is no text is wrong, not missing.
    let signed = signed.map(|value| value.to_str().unwrap_or_default());
    signature::verify(&app.secrets(), signed, &body).map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::FORBIDDEN);
        let detail = "La firma del mensaje falta o no corresponde.";
        Problem::new(status, "webhook.signature", "Firma rechazada", detail)
    })?;
    let known = |number: &str| (number == app.phone_number_id).then(|| app.account.clone());
    let elements = decode(&body, &known).map_err(|_| Problem::body_invalid("El cuerpo no es JSON."))?;
    crash::point("webhook.received");

    // In the order of the batch, and up to the first that finds no place: what comes after it is
    // taken when Meta sends the batch again.
    let mut taken = Vec::new();
    let mut refused = None;
    for element in elements {
        match take(&app, element, &body) {
            Ok(answer) => taken.push(answer),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let answered = join_all(taken).await;
    if let Some(error) = refused.or_else(|| answered.into_iter().find_map(Result::err)) {
        tracing::warn!(%error, "a webhook was not taken; Meta will send it again");
        return Err(Problem::unavailable());
    }
    crash::point("webhook.before_answer");
    Ok(StatusCode::OK)
}

/// Gives one element its place with whom it concerns; what comes of it is durable once awaited.
fn take(
    app: &App,
    element: Element,
    body: &Bytes,
) -> Result<impl Future<Output = Result<Answer, SubmitError>> + use<>, SubmitError> {
    let record = |code: &str, raw: serde_json::Value| {
        let event = WorkspaceEvent::Record { code: code.to_owned(), raw: raw.to_string() };
        (workspace_entity(app.workspace_id()), to_bytes(&event))
    };
    metrics::counter!("cauce_inbound_total", "kind" => kind_of(&element)).increment(1);
    let (to, event) = match element {
        Element::Inbound(Inbound::Message(message)) => match message.sender.addresses.first() {
            Some(address) => (address_entity(address), to_bytes(&AddressEvent::Inbound(message))),
            None => record("webhook.no_sender", json!(message)),
        },
        Element::Inbound(Inbound::Echo(echo)) => match echo.recipient.addresses.first() {
            Some(address) => (address_entity(address), to_bytes(&AddressEvent::Echo(echo))),
            None => record("webhook.no_recipient", json!(echo)),
        },
        Element::Inbound(Inbound::Status(status)) => {
            match status.attempt.as_deref().and_then(|attempt| attempt.parse::<Attempt>().ok()) {
                Some(attempt) => (contact_entity(attempt.contact), to_bytes(&ContactEvent::Status(status))),
                None => record("webhook.foreign_status", json!(status)),
            }
        }
        Element::Other { reason, raw, .. } => record(reason.code(), raw),
    };
    app.runtime.enqueue_received(to, event, body.clone())
}

/// What it is, as it is counted.
fn kind_of(element: &Element) -> &'static str {
    match element {
        Element::Inbound(Inbound::Message(_)) => "message",
        Element::Inbound(Inbound::Echo(_)) => "echo",
        Element::Inbound(Inbound::Status(_)) => "status",
        Element::Other { .. } => "other",
    }
}
