//! Flows: what is published, drawn as a graph; checking and publishing, with the files that they send.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use cauce_access::Action;
use cauce_conversation::{CATALOGUES, Catalogues, FILES, VersionRow, file_key};
use cauce_flows::{Files, Known, MAX_BYTES, Program, check_together};
use cauce_model::{FileId, FlowId, StoredFile, VersionId};

use super::conversations::program;
use super::extract::Segment;
use super::session::Caller;
use super::trials::order;
use crate::app::App;
use crate::dto::{
    FlowCaller, FlowCheck, FlowNode, FlowNodeExit, FlowProblem, FlowPublished, FlowSubmission, FlowSummary,
    FlowView,
};
use crate::file_type;
use crate::problem::Problem;

/// The flows of the workspace.
#[utoipa::path(get, operation_id = "list_flows", path = "/api/flows", responses((status = 200, body = Vec<FlowSummary>)))]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Vec<FlowSummary>>, Problem> {
    caller.may(Action::ReadFlows)?;
    let flows = catalogue(&app).await?.flows.into_iter().map(|flow| FlowSummary {
        id: flow.id.to_string(),
        name: flow.name,
        version: flow.version.to_string(),
        published_at: flow.published_at.into(),
        published_by: Some(flow.published_by),
    });
    Ok(Json(flows.collect()))
}

/// The current version of a flow, drawn.
#[utoipa::path(get, operation_id = "get_flow", path = "/api/flows/{flow}", params(("flow" = String, Path)), responses(
    (status = 200, body = FlowView),
    (status = 404, body = Problem),
))]
pub async fn current(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
) -> Result<Json<FlowView>, Problem> {
    caller.may(Action::ReadFlows)?;
    let heads = catalogue(&app).await?.flows;
    let head = heads.into_iter().find(|head| head.id.as_str() == flow).ok_or_else(Problem::not_found)?;
    view(&app, &head.id, &head.version, true).await
}

/// Any version of a flow, drawn.
#[utoipa::path(get, operation_id = "get_flow_version", path = "/api/flows/{flow}/versions/{version}",
    params(("flow" = String, Path), ("version" = String, Path)), responses(
    (status = 200, body = FlowView),
    (status = 404, body = Problem),
))]
pub async fn version(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment((flow, version)): Segment<(String, String)>,
) -> Result<Json<FlowView>, Problem> {
    caller.may(Action::ReadFlows)?;
    let flow: FlowId = flow.parse().map_err(|_| Problem::not_found())?;
    let version: VersionId = version.parse().map_err(|_| Problem::not_found())?;
    let current = catalogue(&app).await?.flows.iter().any(|head| head.id == flow && head.version == version);
    view(&app, &flow, &version, current).await
}

/// Publishes a flow (YAML or JSON): who starts from now on walks it; who is inside an older version
/// stays on that. A flow that sends files is sent as JSON with the ids of its files. With `trial` the current
/// version stays, and a share of those who start walks this one.
#[utoipa::path(post, operation_id = "publish_flow", path = "/api/flows",
    request_body(content((String = "application/yaml"), (FlowSubmission = "application/json"))), responses(
    (status = 201, body = FlowPublished),
    (status = 409, body = Problem, description = "`canary.none`: there is no version to try it against"),
    (status = 422, body = Problem, description = "`flow.invalid` with every problem"),
))]
pub async fn publish(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<FlowPublished>), Problem> {
    caller.may(Action::PublishFlow)?;
    let FlowSubmission { document, files, trial } = submitted(&headers, body)?;
    let compiled = compiled(&app, &document, &known_files(&app, &files).await?).await?;
    let (program, warnings) = publishable(&app, compiled, Into::into).await?;
    let trial = order(&app, program.document().id.as_str(), trial).await?;
    app.publish(&program, &caller.actor.name, trial).await?;
    Ok((StatusCode::CREATED, Json(published(&app, &program, warnings).await?)))
}

/// Checks a flow, also beside the published ones, without publishing it. `cauce check --json` gives the same.
#[utoipa::path(post, operation_id = "check_flow", path = "/api/flows/check",
    request_body(content((String = "application/yaml"), (FlowSubmission = "application/json"))), responses((status = 200, body = FlowCheck)))]
pub async fn check(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<FlowCheck>, Problem> {
    caller.may(Action::ReadFlows)?;
    let FlowSubmission { document, files, .. } = submitted(&headers, body)?;
    let compiled = compiled(&app, &document, &known_files(&app, &files).await?).await?;
    let (problems, program) = beside_others(&app, compiled).await?;
    Ok(Json(FlowCheck::new(problems, program.as_ref())))
}

/// What compiling gives: the flow, or what is wrong with it.
pub(super) type Compiled = Result<Program, Vec<cauce_flows::Problem>>;

/// A flow made ready with its files and the current versions of the flows that it calls.
pub(super) async fn compiled(app: &App, document: &str, files: &Files) -> Result<Compiled, Problem> {
    let read =
        Program::read(document, app.programs.catalogue()).and_then(|program| program.with_files(files));
    let program = match read {
        Ok(program) => program,
        Err(problems) => return Ok(Err(problems)),
    };
    let called = called_flows(app, &program).await?;
    Ok(program.with_subflows(|flow| called.get(flow).cloned()))
}

/// A flow that is good enough to be published, and what was noticed about it.
pub(super) async fn publishable(
    app: &App,
    compiled: Compiled,
    told: fn(cauce_flows::Problem) -> FlowProblem,
) -> Result<(Arc<Program>, Vec<FlowProblem>), Problem> {
    let (problems, program) = beside_others(app, compiled).await?;
    let is_good = !problems.iter().any(cauce_flows::Problem::is_error);
    let problems = problems.into_iter().map(told).collect();
    match program.filter(|_| is_good) {
        Some(program) => Ok((Arc::new(program), problems)),
        None => Err(Problem::flow_invalid(problems)),
    }
}

/// What publishing answers.
pub(super) async fn published(
    app: &App,
    program: &Program,
    problems: Vec<FlowProblem>,
) -> Result<FlowPublished, Problem> {
    Ok(FlowPublished {
        id: program.document().id.to_string(),
        version: program.version().to_string(),
        problems,
        callers: outdated_callers(app, program).await?,
    })
}

/// What is wrong with a flow by itself and beside the published ones, and the flow when it has no error of its
/// own.
async fn beside_others(
    app: &App,
    compiled: Compiled,
) -> Result<(Vec<cauce_flows::Problem>, Option<Program>), Problem> {
    let program = match compiled {
        Ok(program) => program,
        Err(problems) => return Ok((problems, None)),
    };
    let mut others = Vec::new();
    for head in catalogue(app).await?.flows.iter().filter(|head| head.id != program.document().id) {
        // One that cannot be read begins nothing, and that has been said.
        if let Ok(Some((other, _))) = self::program(app, &head.version).await {
            others.push(other);
        }
    }
    let flows: Vec<&Program> = std::iter::once(&program).chain(others.iter().map(Arc::as_ref)).collect();
    // The workspace has no list of its queues.
    let mut told = check_together(&flows, Known::default());
    Ok((told.swap_remove(0), Some(program)))
}

/// The current versions of the flows that a flow calls.
async fn called_flows(app: &App, flow: &Program) -> Result<HashMap<FlowId, Arc<Program>>, Problem> {
    let mut called = HashMap::new();
    if flow.calls().next().is_none() {
        return Ok(called);
    }
    let heads = catalogue(app).await?.flows;
    for (_, call) in flow.calls() {
        let Some(head) = heads.iter().find(|head| head.id == call.flow) else { continue };
        if let Some((found, _)) = program(app, &head.version).await? {
            called.insert(call.flow, found);
        }
    }
    Ok(called)
}

/// The flows that call this one and still do so in another version.
async fn outdated_callers(app: &App, published: &Program) -> Result<Vec<FlowCaller>, Problem> {
    let mut callers = Vec::new();
    for head in catalogue(app).await?.flows {
        let Some((caller, _)) = program(app, &head.version).await? else { continue };
        let outdated = caller
            .subflows()
            .any(|(flow, version)| *flow == published.document().id && version != published.version());
        if outdated {
            callers.push(FlowCaller { id: head.id.to_string(), name: head.name });
        }
    }
    Ok(callers)
}

/// What was sent: the document by itself, or JSON with the document and its files.
fn submitted(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<FlowSubmission, Problem> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::body_too_large(MAX_BYTES),
        _ => Problem::body_invalid("El cuerpo no llegó completo."),
    })?;
    let text =
        std::str::from_utf8(&body).map_err(|_| Problem::body_invalid("El recorrido no es texto UTF-8."))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let with_files = kind.starts_with("application/json").then(|| serde_json::from_str(text).ok()).flatten();
    Ok(with_files.unwrap_or_else(|| FlowSubmission {
        document: text.to_owned(),
        files: Default::default(),
        trial: None,
    }))
}

/// The files of a flow that were uploaded, by the path that the flow gives them. The others are missing.
pub(super) async fn known_files(app: &App, ids: &BTreeMap<String, String>) -> Result<Files, Problem> {
    let mut files = Files::new();
    for (path, id) in ids {
        let Ok(id) = id.parse::<FileId>() else { continue };
        let key = file_key(app.workspace_id(), &id);
        if let Some(file) = FILES.fetch(app.store().as_ref(), &key).await? {
            // The same bytes may have been uploaded under several names.
            files.insert(path.clone(), StoredFile { name: file_type::clean_name(path), ..file });
        }
    }
    Ok(files)
}

pub(super) async fn catalogue(app: &App) -> Result<Catalogues, Problem> {
    let key = Catalogues::key(app.workspace_id());
    Ok(CATALOGUES.fetch(app.store().as_ref(), &key).await?.unwrap_or_default())
}

async fn view(
    app: &App,
    flow: &FlowId,
    version: &VersionId,
    current: bool,
) -> Result<Json<FlowView>, Problem> {
    let found: Option<(_, VersionRow)> = program(app, version).await?;
    let (program, row) = found.filter(|(_, row)| row.flow == *flow).ok_or_else(Problem::not_found)?;
    let nodes = program.cards().into_iter().map(|card| FlowNode {
        id: card.id.to_string(),
        kind: card.kind,
        kind_name: card.kind_name.into(),
        icon: card.icon.into(),
        color: card.color.into(),
        name: card.name,
        summary: card.summary,
        role: card.role.into(),
        exits: card
            .exits
            .into_iter()
            .map(|exit| FlowNodeExit {
                key: exit.key,
                label: exit.label,
                target: exit.target.map(String::from),
                optional: exit.optional,
            })
            .collect(),
        x: card.x,
        y: card.y,
        config: card.config,
    });
    Ok(Json(FlowView {
        id: flow.to_string(),
        name: row.name,
        version: version.to_string(),
        current,
        published_at: row.published_at.into(),
        nodes: nodes.collect(),
    }))
}
