//! Dead letters: what could not be handled is looked at, handled again, or dropped.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cauce_access::Action;
use cauce_conversation::{ADDRESS, CONTACT, DESK, MIGRATION, WORKSPACE};
use cauce_runtime::{DeadId, DeadLetter, Replayed, from_bytes};

use super::extract::{Params, Segment};
use super::session::Caller;
use crate::app::App;
use crate::directory::DIRECTORY;
use crate::dto::{DeadLetterPage, DeadLetterQuery, DeadLetterReplay, DeadLetterSummary, DeadLetterView};
use crate::problem::Problem;

/// How many a page has when nobody says how many.
const PAGE: usize = 50;
/// How many a page has at most.
const MAX_PAGE: usize = 200;

/// What could not be handled, newest first.
#[utoipa::path(get, operation_id = "list_dead_letters", path = "/api/dead-letters", params(DeadLetterQuery),
    responses((status = 200, body = DeadLetterPage)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(query): Params<DeadLetterQuery>,
) -> Result<Json<DeadLetterPage>, Problem> {
    caller.may(Action::ManageDeadLetters)?;
    let before = query.before.as_deref().map(id_of).transpose()?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let letters = app.runtime.dead_letters(before.as_ref(), limit).await?;
    let full = letters.len() == limit;
    let letters: Vec<_> = letters.iter().map(|(id, letter)| summary(id, letter)).collect();
    let next = letters.last().filter(|_| full).map(|last| last.id.clone());
    Ok(Json(DeadLetterPage { letters, next }))
}

/// One of them, whole.
#[utoipa::path(get, operation_id = "get_dead_letter", path = "/api/dead-letters/{letter}",
    params(("letter" = String, Path)), responses(
    (status = 200, body = DeadLetterView),
    (status = 404, body = Problem),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<String>,
) -> Result<Json<DeadLetterView>, Problem> {
    caller.may(Action::ManageDeadLetters)?;
    let id = id_of(&id)?;
    let letter = app.runtime.dead_letter(&id).await?.ok_or_else(Problem::not_found)?;
    let shown = letter.entity.kind != DIRECTORY;
    Ok(Json(DeadLetterView {
        letter: summary(&id, &letter),
        event: from_bytes(&letter.event).ok().filter(|_| shown),
        event_base64: shown.then(|| STANDARD.encode(&letter.event)),
        raw_base64: (shown && !letter.raw.is_empty()).then(|| STANDARD.encode(&letter.raw)),
    }))
}

/// Has its event handled as if it came now. Answers when what it set going has arrived.
#[utoipa::path(post, operation_id = "replay_dead_letter", path = "/api/dead-letters/{letter}/replay",
    params(("letter" = String, Path)), responses(
    (status = 200, body = DeadLetterReplay),
    (status = 404, body = Problem),
))]
pub async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<String>,
) -> Result<Json<DeadLetterReplay>, Problem> {
    caller.may(Action::ManageDeadLetters)?;
    let who = &caller.actor.id;
    tracing::info!(%who, letter = id, "a dead letter is handled again");
    let cause = match app.runtime.replay(&id_of(&id)?).await? {
        Replayed::Gone => return Err(Problem::not_found()),
        Replayed::DeadAgain { cause } => Some(cause),
        Replayed::Handled(settled) => {
            settled.wait().await;
            None
        }
    };
    Ok(Json(DeadLetterReplay { handled: cause.is_none(), cause }))
}

/// Removes it for good.
#[utoipa::path(delete, operation_id = "drop_dead_letter", path = "/api/dead-letters/{letter}",
    params(("letter" = String, Path)), responses(
    (status = 204),
    (status = 404, body = Problem),
))]
pub async fn drop(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(id): Segment<String>,
) -> Result<StatusCode, Problem> {
    caller.may(Action::ManageDeadLetters)?;
    let who = &caller.actor.id;
    tracing::info!(%who, letter = id, "a dead letter is dropped");
    match app.runtime.drop_dead(&id_of(&id)?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

fn id_of(text: &str) -> Result<DeadId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

fn summary(id: &DeadId, letter: &DeadLetter) -> DeadLetterSummary {
    let kinds = [
        (CONTACT, "contact"),
        (ADDRESS, "address"),
        (DESK, "desk"),
        (WORKSPACE, "workspace"),
        (MIGRATION, "migration"),
        (DIRECTORY, "directory"),
    ];
    let kind = kinds.iter().find(|(kind, _)| *kind == letter.entity.kind).map_or("unknown", |(_, name)| name);
    DeadLetterSummary {
        id: id.to_string(),
        at: letter.at.into(),
        entity: format!("{kind}/{}", letter.entity.key),
        cause: letter.cause.clone(),
    }
}
