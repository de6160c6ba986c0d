//! Versions of flows: their history, what changed between two, and going back to one.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use cauce_access::Action;
use cauce_conversation::drafts;
use cauce_conversation::{
    FlowHead, How, PUBLICATIONS, Publication, Published, VERSIONS, VersionRow, WorkspaceEvent,
    workspace_entity,
};
use cauce_flows::diff::Diff;
use cauce_flows::{Document, Program, parse};
use cauce_model::{FlowId, VersionId};
use cauce_store::rows;

use super::conversations::program;
use super::extract::{Params, Segment};
use super::flows::{catalogue, publishable, published};
use super::session::Caller;
use crate::app::App;
use crate::dto::{DiffQuery, FlowDiff, FlowPublication, FlowPublished};
use crate::problem::Problem;

/// The most publications that are told.
const MOST: usize = 500;

/// What happened to the versions of a flow, newest first: at most 500.
#[utoipa::path(get, operation_id = "list_flow_versions", path = "/api/flows/{flow}/versions",
    params(("flow" = String, Path)), responses(
    (status = 200, body = Vec<FlowPublication>),
    (status = 404, body = Problem),
))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<Vec<FlowPublication>>, Problem> {
    caller.may(Action::ReadFlows)?;
    let head = head(&app, &flow).await?;
    let range = Publication::of_flow(app.workspace_id(), &head.id).prefix();
    let mut told = Vec::new();
    let mut found = false;
    for (key, row) in rows::scan(app.store().as_ref(), &range, MOST, true).await? {
        let number = key.fields().last_chunk::<8>().map_or(0, |number| u64::from_be_bytes(*number));
        let publication = PUBLICATIONS.read(&key, &row)?;
        let became = !matches!(publication.how, How::Tried | How::Withdrawn);
        let current = became && !found;
        found |= became;
        told.push(FlowPublication::of(number, publication, current));
    }
    if told.is_empty() {
        // An older build published it, and noted nothing.
        let publication = Publication {
            version: head.version,
            name: head.name,
            at: head.published_at,
            by: head.published_by,
            before: None,
            how: How::Published,
        };
        told.push(FlowPublication::of(1, publication, true));
    }
    Ok(Json(told))
}

/// Publishes an older version again: who starts from now on walks it. It must be good by today's checks.
#[utoipa::path(post, operation_id = "restore_flow_version", path = "/api/flows/{flow}/versions/{version}/publish",
    params(("flow" = String, Path), ("version" = String, Path)), responses(
    (status = 200, body = FlowPublished),
    (status = 404, body = Problem),
    (status = 422, body = Problem, description = "`flow.invalid` with every problem"),
))]
pub async fn restore(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment((flow, version)): Segment<(String, String)>,
) -> Result<Json<FlowPublished>, Problem> {
    caller.may(Action::PublishFlow)?;
    let (id, row) = stored(&app, &flow, &version).await?;
    // With the flows that it called then.
    let mut called = HashMap::new();
    for (flow, version) in &row.subflows {
        if let Some((program, _)) = program(&app, version).await? {
            called.insert(flow.clone(), program);
        }
    }
    let compiled = Program::read(&row.document, app.programs.catalogue())
        .and_then(|program| program.with_files(&row.files))
        .and_then(|program| program.with_subflows(|flow| called.get(flow).cloned()));
    let (program, warnings) = publishable(&app, compiled, Into::into).await?;
    let event = WorkspaceEvent::Restore { flow: row.flow, version: id, by: caller.actor.name.clone() };
    let restored: Option<Published> = app.ask(workspace_entity(app.workspace_id()), &event, None).await?;
    restored.ok_or_else(Problem::not_found)?;
    Ok(Json(published(&app, &program, warnings).await?))
}

/// What changed from one version of a flow to another, or to its draft.
#[utoipa::path(get, operation_id = "diff_flow", path = "/api/flows/{flow}/diff",
    params(("flow" = String, Path), DiffQuery), responses(
    (status = 200, body = FlowDiff),
    (status = 404, body = Problem),
    (status = 422, body = Problem, description = "`flow.invalid`: the draft is no flow yet"),
))]
pub async fn diff(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Params(query): Params<DiffQuery>,
) -> Result<Json<FlowDiff>, Problem> {
    caller.may(Action::ReadFlows)?;
    let from = document(&app, &flow, query.from.as_deref()).await?;
    let to = document(&app, &flow, query.to.as_deref()).await?;
    Ok(Json(Diff::between(&from, &to, app.programs.catalogue()).into()))
}

/// What a version says, or the draft; the current version when none is named.
async fn document(app: &App, flow: &str, which: Option<&str>) -> Result<Document, Problem> {
    if which == Some("draft") {
        let id: FlowId = flow.parse().map_err(|_| Problem::not_found())?;
        let draft = drafts::read(app.store().as_ref(), app.workspace_id(), &id).await?;
        let draft = draft.ok_or_else(Problem::not_found)?;
        return super::drafts::document(&draft.document);
    }
    let version = match which {
        Some(version) => version.to_owned(),
        None => head(app, flow).await?.version.to_string(),
    };
    let (_, row) = stored(app, flow, &version).await?;
    parse(&row.document).map_err(|problems| {
        tracing::error!(?problems, version, "a stored version cannot be read");
        Problem::internal()
    })
}

/// Where a flow stands.
pub(super) async fn head(app: &App, flow: &str) -> Result<FlowHead, Problem> {
    let heads = catalogue(app).await?.flows;
    heads.into_iter().find(|head| head.id.as_str() == flow).ok_or_else(Problem::not_found)
}

/// A version of this flow as it is stored.
pub(super) async fn stored(app: &App, flow: &str, version: &str) -> Result<(VersionId, VersionRow), Problem> {
    let version: VersionId = version.parse().map_err(|_| Problem::not_found())?;
    let row = VERSIONS.fetch(app.store().as_ref(), &VersionRow::key(app.workspace_id(), &version)).await?;
    let row = row.filter(|row| row.flow.as_str() == flow).ok_or_else(Problem::not_found)?;
    Ok((version, row))
}
