//! Cases: taking and ending.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use cauce_access::Action;
use cauce_conversation::{Refusal, contact_entity, desk_entity};
use cauce_inbox::{DESK_CASES, desk_case_key};
use cauce_model::{Case, CaseId, ContactEvent, DeskEvent};

use super::extract::{Body, Segment};
use super::session::Caller;
use crate::app::App;
use crate::dto::{CaseCommand, CaseView};
use crate::problem::Problem;

/// Takes a case: of many who try, one gets it.
#[utoipa::path(post, operation_id = "take_case", path = "/api/cases/{case}/take", params(("case" = String, Path)), request_body = CaseCommand,
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "`case.taken` with its holder, `case.stale`, `case.ended`"),
    ))]
pub async fn take(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(case): Segment<String>,
    Body(body): Body<CaseCommand>,
) -> Result<Json<CaseView>, Problem> {
    caller.may(Action::TakeCase)?;
    let CaseCommand { command, version } = body;
    let case: CaseId = case.parse().map_err(|_| Problem::not_found())?;
    let event = DeskEvent::Take { agent: caller.actor.assignee(), case, version };
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
        (status = 409, body = Problem, description = "`case.taken` with its holder, `case.not_taken`, `case.stale`, `case.ended`"),
    ))]
pub async fn end(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(case): Segment<String>,
    Body(body): Body<CaseCommand>,
) -> Result<Json<CaseView>, Problem> {
    caller.may(Action::EndCase)?;
    let CaseCommand { command, version } = body;
    let case: CaseId = case.parse().map_err(|_| Problem::not_found())?;
    let key = desk_case_key(app.workspace_id(), case);
    let known = DESK_CASES.fetch(app.store().as_ref(), &key).await?.ok_or_else(Problem::not_found)?;
    let event = ContactEvent::End { agent: caller.actor.assignee(), case, version };
    let command = caller.command(&command)?;
    let ended: Result<Case, Refusal> =
        app.ask(contact_entity(known.case.contact), &event, Some(command)).await?;
    Ok(Json((&ended?).into()))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Taken { holder } => Self::case_taken((&holder).into()),
            Refusal::NotTaken => Self::case_not_taken(),
            Refusal::Ended => Self::case_ended(),
            Refusal::Stale => Self::case_stale(),
            Refusal::Unknown => Self::not_found(),
            Refusal::WindowClosed => Self::window_closed(),
        }
    }
}
