//! Flows that begin by themselves.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use cauce_access::Action;
use cauce_conversation::schedules::{SCHEDULES, Scheduled};

use super::extract::Segment;
use super::session::Caller;
use super::versions::head;
use crate::app::App;
use crate::dto::ScheduleView;
use crate::problem::Problem;

/// When a flow begins by itself, and with how many customers it did the last time.
#[utoipa::path(get, operation_id = "get_schedule", path = "/api/flows/{flow}/schedule", params(("flow" = String, Path)),
    responses(
    (status = 200, body = ScheduleView),
    (status = 404, body = Problem),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<ScheduleView>, Problem> {
    caller.may(Action::ReadFlows)?;
    let head = head(&app, &flow).await?;
    let key = Scheduled::key(app.workspace_id(), &head.id);
    let row = SCHEDULES.fetch(app.store().as_ref(), &key).await?;
    Ok(Json(row.unwrap_or_default().into()))
}
