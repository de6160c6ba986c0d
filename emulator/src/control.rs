//! The control API under `/emulator`: the phone's side of every conversation, and the hands of a test.
//! Files are in `control_media`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{
        ConnectInfo, Path, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, Uri},
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use crate::{
    emulator::{Change, Emulator},
    faults::Fault,
    ids::{self, Side},
    inbound::{self, Said, Scene},
    line::End,
    payload,
    refusal::Refusal,
    signature,
    state::Fact,
    statuses, views, webhook,
};

type Shared = State<Arc<Emulator>>;
type Body<T> = Result<Json<T>, JsonRejection>;

/// The secret of a signature that is well formed and wrong.
const WRONG_SECRET: &str = "not the app secret";
/// The most copies of one webhook.
const MOST_TIMES: u32 = 1000;

/// `GET /state`: the business and every customer.
pub async fn state(State(emulator): Shared) -> Json<Value> {
    let core = emulator.lock();
    Json(views::overview(&emulator.config, &core.state, core.now()))
}

/// A person to add.
#[derive(Deserialize)]
pub struct NewCustomer {
    name: Option<String>,
    wa_id: Option<String>,
}

/// `POST /customers`: a person with WhatsApp; plausible where number or name is left out. 200 for a known number.
pub async fn add_customer(
    State(emulator): Shared,
    body: Body<NewCustomer>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Json(NewCustomer { name, wa_id }) = body?;
    let mut core = emulator.lock();
    let serial = core.state.customers_made;
    let wa_id = match wa_id {
        Some(wa_id) => wa_id.trim_start_matches('+').to_owned(),
        None => (serial..)
            .map(ids::peruvian_mobile)
            .find(|number| !core.state.customers.contains_key(number))
            .ok_or_else(|| Refusal::unfit("no_number", "No number is left."))?,
    };
    if !(7..=15).contains(&wa_id.len()) || !wa_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::unfit(
            "invalid_wa_id",
            "A wa_id has 7 to 15 digits and begins with the country code.",
        ));
    }
    let known = core.state.customers.get(&wa_id).map(|customer| customer.name.clone());
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let given = name.filter(|name| !name.trim().is_empty());
    let name = given.clone().or(known.clone()).unwrap_or_else(|| ids::plausible_name(serial).to_owned());
    if known.as_ref() != Some(&name) {
        emulator.commit(&mut core, vec![Fact::Customer { wa_id: wa_id.clone(), name: name.clone() }])?;
    }
    Ok((status, Json(json!({"wa_id": wa_id, "name": name}))))
}

/// `GET /customers/{wa_id}/messages`: the conversation, oldest bubble first.
pub async fn messages(
    State(emulator): Shared,
    Path(wa_id): Path<String>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let core = emulator.lock();
    views::conversation(&core.state, &wa_id).map(Json).ok_or_else(|| Refusal::no_customer(&wa_id))
}

/// How often one webhook is delivered.
#[derive(Deserialize)]
pub struct Copies {
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    parallel: bool,
}

fn once() -> u32 {
    1
}

/// `POST /customers/{wa_id}/messages?times=&parallel=`: the customer acts; 202 before the webhook goes out.
pub async fn write(
    State(emulator): Shared,
    Path(wa_id): Path<String>,
    query: Result<Query<Copies>, QueryRejection>,
    body: Body<Said>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Query(Copies { times, parallel }) = query?;
    let Json(said) = body?;
    if !(1..=MOST_TIMES).contains(&times) {
        return Err(Refusal::unfit("invalid_times", format!("times is 1 to {MOST_TIMES}.")));
    }
    let mut core = emulator.lock();
    if !core.state.customers.contains_key(&wa_id) {
        return Err(Refusal::no_customer(&wa_id));
    }
    let (fresh, at) = (core.wamid(Side::Customer, &wa_id), core.now());
    let scene = Scene { emulator: &emulator, state: &core.state, wa_id: &wa_id, at };
    let element = inbound::element(&scene, said, fresh.clone())?;
    // Meta may deliver an element whose id is no text; the phone still needs a name for the bubble.
    let id = element.get("id").and_then(Value::as_str).map_or(fresh, str::to_owned);
    let element = Value::Object(element);
    let webhook = payload::message(&emulator.config, &core.state, &wa_id, &id, &element);
    let mut facts = Vec::new();
    match core.state.messages.get(&id) {
        Some(earlier) if earlier.wa_id != wa_id || earlier.from != Side::Customer => {
            return Err(Refusal::unfit("id_taken", format!("The id {id} belongs to another message.")));
        }
        Some(_) => {}
        None => facts.push(Fact::Wrote { id: id.clone(), wa_id, at, message: element }),
    }
    facts.push(core.queued(webhook, times, parallel));
    emulator.commit(&mut core, facts)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"id": id}))))
}

/// `POST /customers/{wa_id}/open`: the chat is on screen.
pub async fn open(State(emulator): Shared, Path(wa_id): Path<String>) -> Result<StatusCode, Refusal> {
    let mut core = emulator.lock();
    if !core.state.customers.contains_key(&wa_id) {
        return Err(Refusal::no_customer(&wa_id));
    }
    statuses::open_chat(&emulator, &mut core, &wa_id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A webhook of any content.
#[derive(Deserialize)]
pub struct OneWebhook {
    payload: Value,
    #[serde(default)]
    signature: Signature,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Signature {
    #[default]
    Valid,
    Wrong,
    Missing,
}

/// `POST /webhook`: one webhook, tried once; an object is escaped like Meta, a string is posted as it stands.
pub async fn post_webhook(State(emulator): Shared, body: Body<OneWebhook>) -> Result<Json<Value>, Refusal> {
    let Json(OneWebhook { payload, signature }) = body?;
    let bytes = match payload {
        Value::String(bytes) => bytes,
        payload => signature::escaped(&payload),
    };
    let config = &emulator.config;
    let signature = match signature {
        Signature::Valid => Some(signature::sign(&config.app_secret, bytes.as_bytes())),
        Signature::Wrong => Some(signature::sign(WRONG_SECRET, bytes.as_bytes())),
        Signature::Missing => None,
    };
    let answer = webhook::post(&emulator.http, &config.webhook_url, bytes, signature.as_deref()).await;
    answered(answer).await.map(|(status, body)| Json(json!({"status": status, "body": body})))
}

/// The handshake, with another token than the agreed one if given.
#[derive(Default, Deserialize)]
pub struct Handshake {
    verify_token: Option<String>,
}

/// `POST /handshake`: asks the receiver to prove itself, as Meta does when a subscription is saved.
pub async fn handshake(State(emulator): Shared, body: Body<Handshake>) -> Result<Json<Value>, Refusal> {
    let Json(Handshake { verify_token }) = body?;
    let challenge = ids::number(&["challenge", &emulator.lock().now().to_string()], 10);
    let mut url = emulator.config.webhook_url.clone();
    url.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", verify_token.as_ref().unwrap_or(&emulator.config.verify_token));
    let (status, body) = answered(emulator.http.get(url).send().await).await?;
    let verified = status == 200 && body == challenge;
    Ok(Json(json!({"verified": verified, "status": status, "body": body})))
}

async fn answered(answer: reqwest::Result<reqwest::Response>) -> Result<(u16, String), Refusal> {
    let answer = answer.map_err(|error| Refusal::no_receiver(&error))?;
    let status = answer.status().as_u16();
    let body = answer.text().await.map_err(|error| Refusal::no_receiver(&error))?;
    Ok((status, body))
}

/// `GET /ledger`: every accepted send and every webhook.
pub async fn ledger(State(emulator): Shared) -> Json<Value> {
    Json(views::ledger(&emulator.lock().state))
}

/// `POST /faults`: one more thing to go wrong.
pub async fn add_fault(State(emulator): Shared, body: Body<Fault>) -> Result<StatusCode, Refusal> {
    let Json(fault) = body?;
    emulator.lock().faults.add(fault).map_err(|sentence| Refusal::unfit("invalid_fault", sentence))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /faults`: those still to happen.
pub async fn faults(State(emulator): Shared) -> Json<Vec<Fault>> {
    Json(emulator.lock().faults.left().to_vec())
}

/// `DELETE /faults`.
pub async fn clear_faults(State(emulator): Shared) -> StatusCode {
    emulator.lock().faults.clear();
    StatusCode::NO_CONTENT
}

/// A break of the line.
#[derive(Deserialize)]
pub struct Down {
    ms: u64,
}

/// `POST /down`: every connection but this one is cut, and for so long nobody can connect; 204 at once.
pub async fn go_down(
    State(emulator): Shared,
    ConnectInfo(end): ConnectInfo<End>,
    body: Body<Down>,
) -> Result<StatusCode, Refusal> {
    let Json(Down { ms }) = body?;
    end.spare();
    emulator.breaker.trip(Duration::from_millis(ms));
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /rate`: how fast the business sends: calls, seconds from the first to the last, the most in any one second.
pub async fn rate(State(emulator): Shared) -> Json<Value> {
    Json(emulator.lock().rate.view())
}

/// A jump of the clock.
#[derive(Deserialize)]
pub struct Clock {
    advance_ms: u64,
}

/// `POST /clock`: moves the emulator's own clock forward; it never goes back.
pub async fn move_clock(State(emulator): Shared, body: Body<Clock>) -> Result<Json<Value>, Refusal> {
    let Json(Clock { advance_ms }) = body?;
    let advance_ms = i64::try_from(advance_ms)
        .map_err(|_| Refusal::unfit("invalid_advance", "The clock cannot move this far."))?;
    let mut core = emulator.lock();
    emulator.commit(&mut core, vec![Fact::ClockMoved { advance_ms }])?;
    Ok(Json(json!({"now": core.now()})))
}

/// `POST /reset`: forgets conversations, ledger, faults and clock; ids are not used again.
pub async fn reset(State(emulator): Shared) -> Result<StatusCode, Refusal> {
    let mut core = emulator.lock();
    emulator.commit(&mut core, vec![Fact::Reset])?;
    core.begin_epoch()?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /events`: changes as server-sent events. Who fell behind is told to read everything again.
pub async fn events(State(emulator): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let events = BroadcastStream::new(emulator.changes()).map(|change| {
        Ok(match change {
            Ok(Change::Customer(wa_id)) => {
                Event::default().event("change").data(json!({"customer": wa_id}).to_string())
            }
            Ok(Change::Customers) | Err(BroadcastStreamRecvError::Lagged(_)) => {
                Event::default().event("customers").data("{}")
            }
        })
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// Any other path.
pub async fn unknown(uri: Uri) -> Refusal {
    Refusal::no_call(uri.path())
}
