//! Cases: taking and ending.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use cauce_access::Action;
use cauce_conversation::{Refusal, contact_entity, desk_entity};
use cauce_inbox::{DESK_CASES, desk_case_key};
use cauce_model::{Case, CaseId, ContactEvent, DeskEvent};
use cauce_store::rows;

use super::session::Caller;
use crate::app::App;
use crate::dto::{CaseCommand, CaseView};
use crate::problem::Problem;

/// Takes a case: of many who try, one gets it.
#[utoipa::path(post, operation_id = "take_case", path = "/api/cases/{case}/take", params(("case" = String, Path)), request_body = CaseCommand,
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`case.taken` with its holder, `case.ended`"),
    ))]
pub async fn take(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(case): Path<String>,
    body: Result<Json<CaseCommand>, JsonRejection>,
) -> Result<Json<CaseView>, Problem> {
    caller.may(Action::TakeCase)?;
    let (case, command) = read(&case, body)?;
    let event = DeskEvent::Take { agent: caller.actor.assignee(), case };
    let command = caller.command(&command)?;
    let taken: Result<Case, Refusal> =
        app.ask(desk_entity(app.workspace_id()), &event, Some(command)).await?;
    Ok(Json((&taken?).into()))
}

/// Ends a case; its flow goes on.
#[utoipa::path(post, operation_id = "end_case", path = "/api/cases/{case}/end", params(("case" = String, Path)), request_body = CaseCommand,
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`case.taken` with its holder, `case.not_taken`, `case.ended`"),
    ))]
pub async fn end(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(case): Path<String>,
    body: Result<Json<CaseCommand>, JsonRejection>,
) -> Result<Json<CaseView>, Problem> {
    caller.may(Action::EndCase)?;
    let (case, command) = read(&case, body)?;
    let key = desk_case_key(app.workspace_id(), case);
    let row = rows::get(app.store().as_ref(), std::slice::from_ref(&key)).await?.pop().flatten();
    let known = DESK_CASES.read(&key, &row.ok_or_else(Problem::not_found)?)?;
    let event = ContactEvent::End { agent: caller.actor.assignee(), case };
    let command = caller.command(&command)?;
    let ended: Result<Case, Refusal> =
        app.ask(contact_entity(known.case.contact), &event, Some(command)).await?;
    Ok(Json((&ended?).into()))
}

fn read(case: &str, body: Result<Json<CaseCommand>, JsonRejection>) -> Result<(CaseId, String), Problem> {
    let Json(CaseCommand { command }) = body.map_err(|e| Problem::body_invalid(e.body_text()))?;
    Ok((case.parse().map_err(|_| Problem::not_found())?, command))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Taken { holder } => Self::case_taken((&holder).into()),
            Refusal::NotTaken => Self::case_not_taken(),
            Refusal::Ended => Self::case_ended(),
            Refusal::Unknown => Self::not_found(),
            Refusal::WindowClosed => Self::window_closed(),
        }
    }
}
