//! Versions on trial: how they do, and what becomes of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use cauce_access::Action;
use cauce_conversation::canary::{TRIALS, Trial, TrialOrder};
use cauce_conversation::{WorkspaceEvent, workspace_entity};

use super::extract::Segment;
use super::session::Caller;
use super::versions::head;
use crate::app::App;
use crate::dto::{TrialRequest, TrialView};
use crate::problem::Problem;

/// The last trial of a flow: under way, or over.
#[utoipa::path(get, operation_id = "get_trial", path = "/api/flows/{flow}/canary", params(("flow" = String, Path)),
    responses(
    (status = 200, body = TrialView),
    (status = 404, body = Problem),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<TrialView>, Problem> {
    caller.may(Action::ReadFlows)?;
    Ok(Json(last(&app, &flow).await?.into()))
}

/// Makes the version on trial the current one.
#[utoipa::path(post, operation_id = "promote_trial", path = "/api/flows/{flow}/canary/promote",
    params(("flow" = String, Path)), responses(
    (status = 200, body = TrialView),
    (status = 404, body = Problem),
    (status = 409, body = Problem, description = "`canary.none`: no version is on trial"),
))]
pub async fn promote(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<TrialView>, Problem> {
    end(&app, &caller, &flow, true).await
}

/// Withdraws the version on trial: nobody begins with it any more. Who is inside stays until they are moved.
#[utoipa::path(post, operation_id = "rollback_trial", path = "/api/flows/{flow}/canary/rollback",
    params(("flow" = String, Path)), responses(
    (status = 200, body = TrialView),
    (status = 404, body = Problem),
    (status = 409, body = Problem, description = "`canary.none`: no version is on trial"),
))]
pub async fn rollback(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<TrialView>, Problem> {
    end(&app, &caller, &flow, false).await
}

async fn end(app: &App, caller: &Caller, flow: &str, promote: bool) -> Result<Json<TrialView>, Problem> {
    caller.may(Action::PublishFlow)?;
    let head = head(app, flow).await?;
    let event = WorkspaceEvent::EndTrial { flow: head.id, promote, by: caller.actor.name.clone() };
    let ended: bool = app.ask(workspace_entity(app.workspace_id()), &event, None).await?;
    if !ended {
        return Err(Problem::canary_none());
    }
    Ok(Json(last(app, flow).await?.into()))
}

async fn last(app: &App, flow: &str) -> Result<Trial, Problem> {
    let head = head(app, flow).await?;
    let key = Trial::of_flow(app.workspace_id(), &head.id).number(head.trials);
    TRIALS.fetch(app.store().as_ref(), &key).await?.ok_or_else(Problem::not_found)
}

/// The order to try a version of this flow, when that is asked and can be.
pub(super) async fn order(
    app: &App,
    flow: &str,
    request: Option<TrialRequest>,
) -> Result<Option<TrialOrder>, Problem> {
    let Some(request) = request else { return Ok(None) };
    let order = request.order().map_err(Problem::unacceptable)?;
    // There is nothing to try a first version against.
    head(app, flow).await.map_err(|_| Problem::canary_none())?;
    Ok(Some(order))
}
