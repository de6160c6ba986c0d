//! The Graph endpoints of the number: send, mark as read, typing, and its own fields. Files are in `graph_media`.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, Path, Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    codes::Failure,
    emulator::{Change, Core, Emulator},
    faults::{SendFault, When},
    graph_error::GraphError,
    graph_media,
    ids::{self, Side},
    line::End,
    message, phone,
    state::Fact,
    statuses,
    validate::{self, Recipient},
};

/// How long the typing sign shows when no message ends it.
const TYPING_MS: u64 = 25_000;
/// How old a message may be that the business reacts to.
const REACTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// `GET /v{N}/{object}?fields=&phone_number_id=`: what is known of the number, or of a file.
pub async fn get_object(
    State(emulator): State<Arc<Emulator>>,
    Path((version, object)): Path<(String, String)>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if !is_version(&version) {
        return phone::file(uri.path());
    }
    let answer = async {
        authorize(&emulator, &version, &headers)?;
        if object == emulator.config.phone_number_id {
            Ok(Json(number(&emulator, query.fields.as_deref())))
        } else {
            graph_media::lookup(&emulator, &object, query.phone_number_id.as_deref(), &headers).await
        }
    };
    framed(&version, answer.await)
}

/// The query of a read.
#[derive(Deserialize)]
pub struct Fields {
    fields: Option<String>,
    phone_number_id: Option<String>,
}

/// `POST /v{N}/{phone_number_id}/messages`: a send, or a customer's message marked as read.
pub async fn post_messages(
    State(emulator): State<Arc<Emulator>>,
    Path((version, object)): Path<(String, String)>,
    ConnectInfo(end): ConnectInfo<End>,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Response {
    if !is_version(&version) {
        return phone::file(uri.path());
    }
    let answer = async {
        authorize(&emulator, &version, &headers)?;
        if object != emulator.config.phone_number_id {
            return Err(GraphError::no_object("post", &object).into());
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&body) else {
            return Err(GraphError::invalid_call("The body is not a JSON object.").into());
        };
        if body.contains_key("status") {
            return mark_read(&emulator, &body);
        }
        emulator.lock().rate.count(Instant::now());
        send(&emulator, body, &end).await
    };
    framed(&version, answer.await)
}

/// Why a Graph call got no answer of its own.
pub enum Refusal {
    /// Meta's own error.
    Graph(GraphError),
    /// The edge's answer to too many requests: a page, not JSON.
    TooManyRequests,
    /// The edge's answer when it has none from the servers behind it: a page, not JSON.
    BadGateway,
    /// The data folder could not be written or read.
    Data(io::Error),
}

impl From<GraphError> for Refusal {
    fn from(error: GraphError) -> Self {
        Self::Graph(error)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Data(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Graph(error) => error.into_response(),
            Self::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, Html("<html><body>Too Many Requests</body></html>"))
                    .into_response()
            }
            Self::BadGateway => {
                (StatusCode::BAD_GATEWAY, Html("<html><body>Bad Gateway</body></html>")).into_response()
            }
            Self::Data(error) => {
                tracing::error!(%error, "the data folder cannot be used");
                GraphError::server().into_response()
            }
        }
    }
}

async fn send(emulator: &Arc<Emulator>, body: Map<String, Value>, end: &End) -> Result<Json<Value>, Refusal> {
    let recipient = validate::send(&body)?;
    let body = Value::Object(body);
    let (wa_id, fault, epoch) = {
        let mut core = emulator.lock();
        let wa_id = match &recipient {
            Recipient::Phone { digits, .. } => digits.clone(),
            Recipient::UserId(id) => {
                let known = |wa_id: &&String| ids::user_id(&emulator.config.waba_id, wa_id) == *id;
                core.state.customers.keys().find(known).cloned().ok_or_else(|| GraphError::nobody(id))?
            }
        };
        if wa_id == emulator.config.business_digits() {
            return Err(GraphError::to_oneself().into());
        }
        if let Some(id) = message::file_id(&body)
            && !core.state.media.get(id).is_some_and(|media| media.is_known(core.now()))
        {
            return Err(GraphError::no_media(id).into());
        }
        let fault = core.faults.take_for_send(&wa_id, message::kind(&body));
        if fault.is_some() {
            emulator.announce(Change::Customer(wa_id.clone()));
        }
        (wa_id, fault, core.epoch)
    };
    let mut failure = None;
    match &fault {
        Some(SendFault::Throttle) => return Err(GraphError::throttled().into()),
        Some(SendFault::TooManyRequests) => return Err(Refusal::TooManyRequests),
        Some(SendFault::ServerError(When::Before)) => return Err(GraphError::server().into()),
        Some(SendFault::BadGateway(When::Before)) => return Err(Refusal::BadGateway),
        Some(SendFault::Reset(When::Before)) => return Err(reset(end)),
        Some(SendFault::Refuse(Failure { code, details })) => {
            return Err(GraphError::of(*code, Some(details.clone())).into());
        }
        Some(SendFault::Wait(ms)) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Some(SendFault::Fail(reason)) => failure = Some(reason.clone()),
        _ => {}
    }
    let wamid = accept(emulator, &wa_id, body, failure)?;
    match fault {
        Some(SendFault::ServerError(When::After)) => return Err(GraphError::server().into()),
        Some(SendFault::BadGateway(When::After)) => return Err(Refusal::BadGateway),
        Some(SendFault::Reset(When::After)) => return Err(reset(end)),
        Some(SendFault::AnswerLate(ms)) => tokio::time::sleep(Duration::from_millis(ms)).await,
        Some(SendFault::Early) => statuses::all_told(emulator, epoch, &wamid).await,
        _ => {}
    }
    let contact = match recipient {
        Recipient::Phone { input, digits } => json!({"input": input, "wa_id": digits}),
        Recipient::UserId(id) => json!({"input": id, "user_id": id}),
    };
    Ok(Json(json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]})))
}

/// Resets the connection; the answer given is one that does not get out.
fn reset(end: &End) -> Refusal {
    end.reset();
    Refusal::BadGateway
}

/// Stores the message and starts its statuses. A person nobody has heard of is on WhatsApp too.
fn accept(
    emulator: &Arc<Emulator>,
    wa_id: &str,
    body: Value,
    failure: Option<Failure>,
) -> io::Result<String> {
    let mut core = emulator.lock();
    let mut facts = Vec::new();
    if !core.state.customers.contains_key(wa_id) {
        let name = ids::plausible_name(core.state.customers_made).to_owned();
        facts.push(Fact::Customer { wa_id: wa_id.to_owned(), name });
    }
    let (wamid, at) = (core.wamid(Side::Business, wa_id), core.now());
    let failure = match failure {
        Some(failure) => Some(failure),
        None => why_undeliverable(&core, wa_id, &body, at)?,
    };
    let one_status = failure.is_some() || message::kind(&body) == "reaction";
    let reordered = !one_status && core.faults.take_reorder(wa_id);
    let told = core.faults.take_told(wa_id);
    let (id, to) = (wamid.clone(), wa_id.to_owned());
    facts.push(Fact::Accepted { id, wa_id: to, at, body, failure, reordered, told });
    emulator.commit(&mut core, facts)?;
    tokio::spawn(statuses::advance(emulator.clone(), core.epoch, wamid.clone()));
    Ok(wamid)
}

/// What keeps a message from ever being sent, which Meta finds out only after it has accepted the call.
fn why_undeliverable(core: &Core, wa_id: &str, body: &Value, now: i64) -> io::Result<Option<Failure>> {
    if !core.state.window_is_open(wa_id, now) {
        return Ok(Some(Failure::outside_window()));
    }
    if message::kind(body) == "reaction" {
        let target = body["reaction"]["message_id"].as_str().unwrap_or_default();
        return Ok(match core.state.messages.get(target).filter(|message| message.wa_id == wa_id) {
            None => Some(Failure::no_reaction("There is no such message in this conversation.")),
            Some(message) if !message.is_bubble() => {
                Some(Failure::no_reaction("A reaction takes no reaction."))
            }
            Some(message) if now - message.at > REACTION_MS => {
                Some(Failure::no_reaction("The message is more than 30 days old."))
            }
            Some(_) => None,
        });
    }
    if let (Some((kind, _)), Some(id)) = (message::file(body), message::file_id(body))
        && let Some(media) = core.state.media.get(id)
    {
        let fits = kind.check(&media.mime, &core.files.read(id)?, message::is_voice(body));
        return Ok(fits.err().map(Failure::media));
    }
    Ok(None)
}

fn mark_read(emulator: &Arc<Emulator>, body: &Map<String, Value>) -> Result<Json<Value>, Refusal> {
    validate::product(body)?;
    if body.get("status").and_then(Value::as_str) != Some("read") {
        return Err(GraphError::invalid("status must be read.").into());
    }
    let Some(wamid) = body.get("message_id").and_then(Value::as_str) else {
        return Err(GraphError::missing("message_id").into());
    };
    let typing = body.get("typing_indicator");
    if typing.is_some_and(|typing| typing["type"] != "text") {
        return Err(GraphError::invalid("typing_indicator['type'] must be text.").into());
    }
    let mut core = emulator.lock();
    let wa_id = writer(&core, wamid)
        .ok_or_else(|| GraphError::invalid("message_id is not a message that this number received."))?;
    let mut facts = vec![Fact::MarkedRead { id: wamid.to_owned() }];
    if typing.is_some() {
        let until = core.now().saturating_add_unsigned(TYPING_MS);
        facts.push(Fact::Typing { wa_id: wa_id.clone(), until });
    }
    emulator.commit(&mut core, facts)?;
    if typing.is_some() {
        // The phone is told again when the sign goes out by itself.
        let emulator = emulator.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(TYPING_MS)).await;
            emulator.announce(Change::Customer(wa_id));
        });
    }
    Ok(Json(json!({"success": true})))
}

fn writer(core: &Core, wamid: &str) -> Option<String> {
    let message = core.state.messages.get(wamid)?;
    (message.from == Side::Customer).then(|| message.wa_id.clone())
}

fn number(emulator: &Emulator, fields: Option<&str>) -> Value {
    let config = &emulator.config;
    let all = json!({
        "verified_name": config.business_name,
        "display_phone_number": config.display_phone,
        "code_verification_status": "VERIFIED",
        "quality_rating": "GREEN",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "webhook_configuration": {"application": config.webhook_url.as_str()},
        "id": config.phone_number_id,
    });
    let (Value::Object(mut all), Some(fields)) = (all.clone(), fields) else { return all };
    all.retain(|key, _| key == "id" || fields.split(',').any(|field| field.trim() == key));
    Value::Object(all)
}

/// `v` and a number, as the first part of every Graph path.
pub fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Checks version and token.
///
/// # Errors
/// Meta's, for a version that is not served or a token that is not the right one.
pub fn authorize(emulator: &Emulator, version: &str, headers: &HeaderMap) -> Result<(), GraphError> {
    let number = &version[1..];
    let major = number.strip_suffix(".0").unwrap_or(number).parse::<u32>();
    if !major.is_ok_and(|major| (17..=99).contains(&major)) {
        return Err(GraphError::version(version));
    }
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    match given.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) if token == emulator.config.token => Ok(()),
        _ => Err(GraphError::unauthorized()),
    }
}

/// The answer with the header every Graph answer carries.
pub fn framed(version: &str, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Ok(version) = HeaderValue::from_str(version) {
        response.headers_mut().insert(HeaderName::from_static("facebook-api-version"), version);
    }
    response
}
