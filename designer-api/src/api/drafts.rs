//! Drafts: reading, changing, throwing away and publishing what the team works on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cauce_access::Action;
use cauce_conversation::drafts::{self, DraftCommand, DraftRefusal, Patched};
use cauce_conversation::{Publish, Published, VERSIONS, VersionRow, WorkspaceEvent, workspace_entity};
use cauce_flows::draft::MAX_PATCH;
use cauce_flows::{Document, Files, MAX_BYTES};
use cauce_model::FlowId;
use cauce_runtime::Command;
use serde_json::Value;

use super::extract::{Body, Params, Segment};
use super::flows::{catalogue, compiled, known_files, publishable, published};
use super::session::Caller;
use super::trials::order;
use crate::app::App;
use crate::dto::{
    DiscardQuery, DraftDiscarded, DraftPatch, DraftPatched, DraftPublication, DraftView, FlowPublished,
};
use crate::problem::Problem;

/// The draft of a flow. One that nobody has worked on yet is the current version.
#[utoipa::path(get, operation_id = "get_draft", path = "/api/flows/{flow}/draft", params(("flow" = String, Path)),
    responses(
    (status = 200, body = DraftView),
    (status = 404, body = Problem),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<DraftView>, Problem> {
    caller.may(Action::ReadFlows)?;
    let id = id_of(&flow)?;
    let draft = drafts::read(app.store().as_ref(), app.workspace_id(), &id).await?;
    let draft = draft.ok_or_else(Problem::not_found)?;
    let heads = catalogue(&app).await?.flows;
    let current = heads.into_iter().find(|head| head.id == id).map(|head| head.version.to_string());
    Ok(Json(DraftView::of(flow, draft, current)))
}

/// Changes a draft. Patches that were accepted since its base and touch other places are merged; the same
/// place is a conflict, and nothing is changed. The first patch of a flow that is not there begins one.
#[utoipa::path(post, operation_id = "patch_draft", path = "/api/flows/{flow}/draft/patches",
    params(("flow" = String, Path)), request_body = DraftPatch, responses(
    (status = 200, body = DraftPatched),
    (status = 409, body = Problem, description = "`draft.conflict` with both values of every place, `draft.stale`"),
    (status = 422, body = Problem, description = "`draft.unfit`: it cannot be applied"),
))]
pub async fn patch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Body(patch): Body<DraftPatch>,
) -> Result<Json<DraftPatched>, Problem> {
    caller.may(Action::EditFlow)?;
    let DraftPatch { id, base, ops } = patch;
    let size = serde_json::to_string(&ops).map_or(usize::MAX, |text| text.len());
    if size > MAX_PATCH {
        return Err(Problem::body_too_large(MAX_PATCH));
    }
    let command = caller.command(&id)?;
    // The same id may be used for the draft of another flow.
    let command = Command { id: format!("draft {flow} {id}"), ..command };
    let patch = DraftCommand::Patch { id, base, ops };
    let answer: Result<Patched, DraftRefusal> = ask(&app, &caller, &flow, patch, Some(command)).await?;
    let Patched { revision, inverse } = answer?;
    Ok(Json(DraftPatched { revision, inverse: inverse.into_iter().map(Into::into).collect() }))
}

/// Throws a draft away: the next one begins with the current version.
#[utoipa::path(delete, operation_id = "discard_draft", path = "/api/flows/{flow}/draft",
    params(("flow" = String, Path), DiscardQuery), responses(
    (status = 200, body = DraftDiscarded),
    (status = 409, body = Problem, description = "`draft.stale`: it was changed since"),
))]
pub async fn discard(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Params(DiscardQuery { revision }): Params<DiscardQuery>,
) -> Result<Json<DraftDiscarded>, Problem> {
    caller.may(Action::EditFlow)?;
    let id = id_of(&flow)?;
    let known = drafts::read(app.store().as_ref(), app.workspace_id(), &id).await?;
    known.ok_or_else(Problem::not_found)?;
    let answer: Result<u64, DraftRefusal> =
        ask(&app, &caller, &flow, DraftCommand::Discard { revision }, None).await?;
    Ok(Json(DraftDiscarded { revision: answer? }))
}

/// Publishes a draft: exactly the revision that is named, when it is good by all checks.
#[utoipa::path(post, operation_id = "publish_draft", path = "/api/flows/{flow}/draft/publish",
    params(("flow" = String, Path)), request_body = DraftPublication, responses(
    (status = 201, body = FlowPublished),
    (status = 404, body = Problem),
    (status = 409, body = Problem, description = "`draft.stale`: it was changed since; `draft.outrun`: another version was published since it began; `canary.none`: there is none to try it against"),
    (status = 422, body = Problem, description = "`flow.invalid` with every problem"),
))]
pub async fn publish(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Body(body): Body<DraftPublication>,
) -> Result<(StatusCode, Json<FlowPublished>), Problem> {
    caller.may(Action::PublishFlow)?;
    let DraftPublication { revision, over, files, trial } = body;
    let trial = order(&app, &flow, trial).await?;
    let over = over.map(|over| over.parse()).transpose();
    let over = over.map_err(|_| Problem::unacceptable("«over» no es una versión."))?;
    let id = id_of(&flow)?;
    let draft = drafts::read(app.store().as_ref(), app.workspace_id(), &id).await?;
    let draft = draft.ok_or_else(Problem::not_found)?;
    if draft.head.revision != revision {
        return Err(Problem::draft_stale(draft.head.revision));
    }
    let base = match &draft.head.base {
        Some(base) => {
            VERSIONS.fetch(app.store().as_ref(), &VersionRow::key(app.workspace_id(), base)).await?
        }
        None => None,
    };
    let mut known: Files = base.map(|base| base.files).unwrap_or_default();
    known.extend(known_files(&app, &files).await?);
    let text = draft.document.to_string();
    if text.len() > MAX_BYTES {
        return Err(Problem::body_too_large(MAX_BYTES));
    }
    let (program, warnings) = publishable(&app, compiled(&app, &text, &known).await?, of_draft).await?;
    let publish = Box::new(Publish::of(&program, &caller.actor.name, trial));
    let command = DraftCommand::Publish { revision, over, publish };
    let answer: Result<Published, DraftRefusal> = ask(&app, &caller, &flow, command, None).await?;
    answer?;
    app.programs.keep(program.clone());
    Ok((StatusCode::CREATED, Json(published(&app, &program, warnings).await?)))
}

/// A draft has no lines that anybody has seen: its problems are found by their path.
fn of_draft(problem: cauce_flows::Problem) -> crate::dto::FlowProblem {
    cauce_flows::Problem { line: None, column: None, ..problem }.into()
}

/// The document of a draft, when it is one already.
pub(super) fn document(draft: &Value) -> Result<Document, Problem> {
    let read = cauce_flows::parse(&draft.to_string());
    read.map_err(|problems| Problem::flow_invalid(problems.into_iter().map(of_draft).collect()))
}

async fn ask<R: serde::de::DeserializeOwned>(
    app: &App,
    caller: &Caller,
    flow: &str,
    command: DraftCommand,
    once: Option<Command>,
) -> Result<R, Problem> {
    let event = WorkspaceEvent::Draft { flow: id_of(flow)?, by: caller.actor.name.clone(), command };
    app.ask(workspace_entity(app.workspace_id()), &event, once).await
}

fn id_of(flow: &str) -> Result<FlowId, Problem> {
    flow.parse().map_err(|_| Problem::not_found())
}

impl From<DraftRefusal> for Problem {
    fn from(refusal: DraftRefusal) -> Self {
        match refusal {
            DraftRefusal::Conflict { conflicts, .. } => {
                Self::draft_conflict(conflicts.into_iter().map(Into::into).collect())
            }
            DraftRefusal::Wrong { error } => Self::draft_unfit(&error.message, &error.at),
            DraftRefusal::Stale { revision } => Self::draft_stale(revision),
            DraftRefusal::Outrun { current } => Self::draft_outrun(current.as_str()),
        }
    }
}
