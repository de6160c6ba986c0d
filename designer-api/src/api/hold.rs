//! A restored installation: what it had under way waits until an administrator says what becomes of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use cauce_access::Action;
use cauce_runtime::Resume;

use super::extract::Body;
use super::session::Caller;
use crate::app::App;
use crate::dto::{HoldDecision, HoldView, ResumeView};
use crate::problem::Problem;

/// What waits.
#[utoipa::path(get, operation_id = "get_hold", path = "/api/hold", responses((status = 200, body = HoldView)))]
pub async fn hold(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<HoldView>, Problem> {
    caller.may(Action::ResumeHeld)?;
    Ok(Json(app.hold.waiting(&app.runtime)))
}

/// Says what becomes of it, and answers what that was. Once more, it does nothing.
#[utoipa::path(post, operation_id = "resume", path = "/api/hold", request_body = HoldDecision,
    responses((status = 200, body = HoldView)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(body): Body<HoldDecision>,
) -> Result<Json<HoldView>, Problem> {
    caller.may(Action::ResumeHeld)?;
    let how = match body.resume {
        ResumeView::Send => Resume::Send,
        ResumeView::Drop => Resume::Drop,
    };
    let who = &caller.user.email;
    tracing::info!(who, ?how, "what the restored installation had under way is let go");
    Ok(Json(app.hold.end(&app.runtime, how).await?))
}
