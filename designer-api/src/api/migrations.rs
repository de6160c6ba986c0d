//! Moving people who are inside an older version of a flow: the plan, the move, and taking it back.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use cauce_access::Action;
use cauce_conversation::migrations::{
    Counts, MIGRATIONS, Migration, MigrationEvent, MigrationRefusal, migration_entity,
};
use cauce_conversation::{Contact, Home, RunStage, facts_of, history};
use cauce_flows::Program;
use cauce_flows::migrate::{Move, Plan, Verdict, land, plan};
use cauce_inbox::lists;
use cauce_model::{ContactId, FileId, FlowId, Landed, Landing, NodeId, VersionId};
use cauce_runtime::Command;

use super::conversations::{node_name, program};
use super::extract::{Body, Params, Segment};
use super::session::Caller;
use super::versions::head;
use crate::app::App;
use crate::dto::{
    MigrationCounts, MigrationOrder, MigrationPlan, MigrationQuery, MigrationStep, MigrationView,
};
use crate::problem::Problem;

/// How many people are read at a time.
const PAGE: usize = 500;

/// Who is inside a version of a flow, step by step, and whether they can be moved to another.
#[utoipa::path(get, operation_id = "plan_migration", path = "/api/flows/{flow}/migration",
    params(("flow" = String, Path), MigrationQuery), responses(
    (status = 200, body = MigrationPlan),
    (status = 404, body = Problem),
))]
pub async fn show_plan(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Params(query): Params<MigrationQuery>,
) -> Result<Json<MigrationPlan>, Problem> {
    caller.may(Action::ReadFlows)?;
    let versions = Versions::of(&app, &flow, &query.from, query.to).await?;
    let plan = versions.plan(&app);
    let mut people: HashMap<NodeId, u64> = HashMap::new();
    let mut after = None;
    loop {
        let (contacts, next) = versions.people(&app, after).await?;
        for node in contacts.iter().filter_map(waits_at) {
            *people.entry(node).or_default() += 1;
        }
        after = next;
        if after.is_none() {
            break;
        }
    }
    let steps = plan.into_iter().filter_map(|(step, plan)| {
        Some(MigrationStep {
            people: people.get(&step).copied()?,
            name: node_name(Some(&versions.from.1), &step),
            step: step.into(),
            verdict: plan.verdict.into(),
            reasons: plan.reasons,
            landing: plan.landing.into(),
        })
    });
    Ok(Json(MigrationPlan {
        from: versions.from.0.to_string(),
        to: versions.to.0.to_string(),
        people: people.values().sum(),
        steps: steps.collect(),
    }))
}

/// Moves those who are inside a version to another, or only counts what would become of them. A real move
/// answers at once and goes on by itself; it may be taken back for 24 hours.
#[utoipa::path(post, operation_id = "migrate_flow", path = "/api/flows/{flow}/migration",
    params(("flow" = String, Path)), request_body = MigrationOrder, responses(
    (status = 200, body = MigrationView, description = "what would become of them"),
    (status = 202, body = MigrationView, description = "it has begun"),
    (status = 404, body = Problem),
    (status = 422, body = Problem, description = "`body.unacceptable`: a step cannot be mapped so"),
))]
pub async fn start(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment(flow): Segment<String>,
    Body(order): Body<MigrationOrder>,
) -> Result<(StatusCode, Json<MigrationView>), Problem> {
    caller.may(Action::PublishFlow)?;
    let MigrationOrder { command, from, to, map, dry_run } = order;
    let command = caller.command(&command)?;
    let versions = Versions::of(&app, &flow, &from, to).await?;
    let landings = versions.landings(&app, map)?;
    if dry_run {
        return Ok((StatusCode::OK, Json(versions.tried(&app, &landings).await?)));
    }
    // Whoever began a moment ago is among them.
    app.runtime.read_until(&app.runtime.written()).await;
    let name = id_of(&command);
    let event = MigrationEvent::Start {
        from: versions.from.0.clone(),
        to: versions.to.0.clone(),
        by: caller.actor.name.clone(),
        landings,
    };
    let entity = migration_entity(app.workspace_id(), &versions.flow, &name);
    let migration: Migration = app.ask(entity, &event, None).await?;
    Ok((StatusCode::ACCEPTED, Json(migration.into())))
}

/// How far a migration is.
#[utoipa::path(get, operation_id = "get_migration", path = "/api/flows/{flow}/migration/{migration}",
    params(("flow" = String, Path), ("migration" = String, Path)), responses(
    (status = 200, body = MigrationView),
    (status = 404, body = Problem),
))]
pub async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment((flow, migration)): Segment<(String, String)>,
) -> Result<Json<MigrationView>, Problem> {
    caller.may(Action::ReadFlows)?;
    let flow: FlowId = flow.parse().map_err(|_| Problem::not_found())?;
    let key = Migration::key(app.workspace_id(), &flow, &migration);
    let migration = MIGRATIONS.fetch(app.store().as_ref(), &key).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(migration.into()))
}

/// Takes a migration back: whoever has not moved on since is where they were. Goes on by itself.
#[utoipa::path(post, operation_id = "undo_migration", path = "/api/flows/{flow}/migration/{migration}/undo",
    params(("flow" = String, Path), ("migration" = String, Path)), responses(
    (status = 202, body = MigrationView),
    (status = 404, body = Problem),
    (status = 409, body = Problem, description = "`migration.running`, `migration.over`"),
))]
pub async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    Segment((flow, migration)): Segment<(String, String)>,
) -> Result<(StatusCode, Json<MigrationView>), Problem> {
    caller.may(Action::PublishFlow)?;
    let flow: FlowId = flow.parse().map_err(|_| Problem::not_found())?;
    let entity = migration_entity(app.workspace_id(), &flow, &migration);
    let undone: Result<Migration, MigrationRefusal> = app.ask(entity, &MigrationEvent::Undo, None).await?;
    Ok((StatusCode::ACCEPTED, Json(undone?.into())))
}

/// The two versions.
struct Versions {
    flow: FlowId,
    from: (VersionId, Arc<Program>),
    to: (VersionId, Arc<Program>),
}

impl Versions {
    async fn of(app: &App, flow: &str, from: &str, to: Option<String>) -> Result<Self, Problem> {
        let to = match to {
            Some(to) => to,
            None => head(app, flow).await?.version.to_string(),
        };
        let (from, to) = (compiled(app, flow, from).await?, compiled(app, flow, &to).await?);
        Ok(Self { flow: flow.parse().map_err(|_| Problem::not_found())?, from, to })
    }

    fn plan(&self, app: &App) -> Plan {
        plan(&self.from.1, &self.to.1, app.programs.catalogue())
    }

    /// What becomes of those at each step: what somebody says, else what the plan does.
    fn landings(
        &self,
        app: &App,
        mut map: BTreeMap<NodeId, Landing>,
    ) -> Result<BTreeMap<NodeId, Landing>, Problem> {
        let mut landings = BTreeMap::new();
        for (step, plan) in self.plan(app) {
            let landing = map.remove(&step).unwrap_or_else(|| plan.landing.clone());
            match &landing {
                Landing::Keep | Landing::Ask if plan.verdict == Verdict::Choice => {
                    let why = plan.reasons.join(" ");
                    return Err(Problem::unacceptable(format!(
                        "Quien está en «{step}» no puede seguir allí. {why}"
                    )));
                }
                Landing::Step(to) if !self.to.1.document().nodes.contains_key(to) => {
                    return Err(Problem::unacceptable(format!("«{to}» no es un paso de la versión nueva.")));
                }
                _ => {}
            }
            landings.insert(step, landing);
        }
        match map.into_keys().next() {
            Some(step) => {
                Err(Problem::unacceptable(format!("«{step}» no es un paso de la versión anterior.")))
            }
            None => Ok(landings),
        }
    }

    /// A page of those who are inside the older version, and after whom the next one begins.
    async fn people(
        &self,
        app: &App,
        after: Option<ContactId>,
    ) -> Result<(Vec<Contact>, Option<ContactId>), Problem> {
        let homes: Vec<_> = app.runtime.homes().collect();
        Ok(lists::inside(app.store(), &homes, app.workspace_id(), &self.from.0, after, PAGE).await?)
    }

    /// What would become of everybody.
    async fn tried(&self, app: &App, landings: &BTreeMap<NodeId, Landing>) -> Result<MigrationView, Problem> {
        let home = Home { zone: app.workspace.timezone.clone(), country: app.workspace.country };
        let mut steps: BTreeMap<NodeId, Counts> = BTreeMap::new();
        let mut all = Counts::default();
        let mut after = None;
        loop {
            let (contacts, next) = self.people(app, after).await?;
            for contact in &contacts {
                let (Some(node), Some(head)) = (waits_at(contact), &contact.run) else { continue };
                let Some(run) = history::run(app.store().as_ref(), contact.id, &head.id).await? else {
                    continue;
                };
                let facts = facts_of(contact, &home, app.runtime.now(), 0);
                let landing = landings.get(&node).unwrap_or(&Landing::Stay);
                let landed = match land(&self.to.1, &run, landing, &facts) {
                    Move::To { .. } => Landed::Moved,
                    Move::Not(landed) => landed,
                };
                all.add(&landed);
                steps.entry(node).or_default().add(&landed);
            }
            after = next;
            if after.is_none() {
                break;
            }
        }
        Ok(MigrationView {
            id: None,
            from: self.from.0.to_string(),
            to: self.to.0.to_string(),
            stage: None,
            by: None,
            started_at: None,
            counts: all.into(),
            steps: steps
                .into_iter()
                .map(|(step, counts)| (step.into(), MigrationCounts::from(counts)))
                .collect(),
        })
    }
}

/// A version of this flow, compiled.
async fn compiled(app: &App, flow: &str, version: &str) -> Result<(VersionId, Arc<Program>), Problem> {
    let version: VersionId = version.parse().map_err(|_| Problem::not_found())?;
    let found = program(app, &version).await?.filter(|(_, row)| row.flow.as_str() == flow);
    let (program, _) = found.ok_or_else(Problem::not_found)?;
    Ok((version, program))
}

fn waits_at(contact: &Contact) -> Option<NodeId> {
    match &contact.run.as_ref()?.stage {
        RunStage::Waiting { node, .. } => Some(node.clone()),
        _ => None,
    }
}

/// The id of the migration that this command begins: the same one again names the same.
fn id_of(command: &Command) -> String {
    let name = format!("{}\u{1f}{}", command.actor, command.id);
    // Any hash will do, and this one is at hand.
    FileId::of(name.as_bytes()).as_str()[..16].to_owned()
}

impl From<MigrationRefusal> for Problem {
    fn from(refusal: MigrationRefusal) -> Self {
        match refusal {
            MigrationRefusal::Unknown => Self::not_found(),
            MigrationRefusal::Running => Self::migration_running(),
            MigrationRefusal::TooLate => Self::migration_over(),
        }
    }
}
