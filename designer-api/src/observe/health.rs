//! Whether Cauce lives, whether it takes events, and how it is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cauce_access::Action;
use serde_json::json;

use super::metrics::{Figures, Spread};
use crate::api::Caller;
use crate::app::App;
use crate::dto::{
    DiskRoom, Health, HealthCheck, HealthCheckName, OutboxClass, Readiness, RecentHealth, StandingHealth,
    TimeSpread,
};
use crate::problem::Problem;

/// Whoever does not answer for so long does not live.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how long an answer is given again: everybody may ask, as often as they like.
const FRESH: Duration = Duration::from_millis(500);

/// What was found at the last look, and when.
pub type Checked = Option<(Instant, Readiness)>;

/// `GET /health/live`: the process answers.
pub async fn live() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "live": true }))).into_response()
}

/// `GET /health/ready`: 200 when it takes events, else 503; with every check.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let readiness = readiness(&app).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(readiness)).into_response()
}

/// How the server is: for administrators.
#[utoipa::path(get, operation_id = "get_health", path = "/api/health", responses((status = 200, body = Health)))]
pub async fn health(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Health>, Problem> {
    caller.may(Action::ReadHealth)?;
    let figures = Figures::read(&app.observer.metrics.render());
    let (span, before) = app.observer.recent.first();
    let (recent, now) = (recent(&figures, &before, span), standing(&figures));
    let disk = app.observer.space.seen().ok();
    Ok(Json(Health {
        readiness: readiness(&app).await,
        version: env!("CARGO_PKG_VERSION"),
        started_at: app.started.into(),
        recent_seconds: span.as_secs(),
        recent,
        now,
        disk: disk.map(|room| DiskRoom {
            free: room.free,
            total: room.total,
            least: app.observer.space.least(room),
        }),
    }))
}

fn recent(now: &Figures, before: &Figures, span: Duration) -> RecentHealth {
    let spread = |name| now.since(before, name);
    let times = |name| {
        spread(name).map(|spread: Spread| TimeSpread {
            p50_ms: spread.quantile(0.5) * 1000.0,
            p99_ms: spread.quantile(0.99) * 1000.0,
        })
    };
    let turns = now.sum("cauce_turns_total") - before.sum("cauce_turns_total");
    RecentHealth {
        turns_per_second: if span.is_zero() { 0.0 } else { turns / span.as_secs_f64() },
        turn: times("cauce_turn_seconds"),
        commit: times("cauce_commit_seconds"),
        group_turns: spread("cauce_group_turns").map(|spread| spread.mean),
        sync: times("cauce_store_sync_seconds"),
        timer_late: times("cauce_timer_late_seconds"),
    }
}

fn standing(now: &Figures) -> StandingHealth {
    let whole = |name| now.sum(name).max(0.0) as u64;
    let classes = now.by("cauce_outbox_messages_total", "class").into_iter();
    StandingHealth {
        layer_bytes: whole("cauce_store_layer_bytes"),
        undrained_log_bytes: whole("cauce_store_undrained_log_bytes"),
        outbox_waiting: whole("cauce_outbox_waiting"),
        outbox: classes.map(|(class, count)| OutboxClass { class, count: count as u64 }).collect(),
        dead_letters: whole("cauce_dead_letters_total"),
    }
}

/// Whether Cauce takes events.
pub async fn readiness(app: &App) -> Readiness {
    // Whoever asks meanwhile waits for the same look.
    let mut checked = app.observer.checked.lock().await;
    if let Some((at, readiness)) = checked.as_ref()
        && at.elapsed() < FRESH
    {
        return readiness.clone();
    }
    let looked = look(app).await;
    *checked = Some((Instant::now(), looked.clone()));
    looked
}

async fn look(app: &App) -> Readiness {
    use HealthCheckName::{Disk, Partitions, Released, Running, Store};
    let checks = vec![
        check(Store, store(app).await),
        check(Partitions, partitions(app).await),
        check(Running, running(app)),
        check(Released, released(app)),
        check(Disk, disk(app)),
    ];
    // What is held waits for a person; new events are taken all the same.
    let ready = checks.iter().all(|check| check.ok || matches!(check.name, Released));
    Readiness { ready, checks }
}

fn check(name: HealthCheckName, found: Result<(), String>) -> HealthCheck {
    HealthCheck { name, ok: found.is_ok(), why: found.err() }
}

async fn store(app: &App) -> Result<(), String> {
    if let Some(error) = app.runtime.failed() {
        tracing::debug!(%error, "not ready");
        return Err(
            "Falló una escritura de los datos. El servidor se detiene: hay que revisar el disco.".into()
        );
    }
    match tokio::time::timeout(PATIENCE, app.has_users()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            Err("Los datos no se pueden leer. Hay que revisar el disco o la base de datos.".into())
        }
        Err(_) => Err("Los datos no responden. Hay que revisar el disco o la base de datos.".into()),
    }
}

async fn partitions(app: &App) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, app.runtime.alive()).await {
        Ok(true) => Ok(()),
        Ok(false) => Err("Una parte del servidor terminó. Hay que iniciarlo de nuevo.".into()),
        Err(_) => Err("Una parte del servidor no responde: los datos tardan en escribirse.".into()),
    }
}

fn running(app: &App) -> Result<(), String> {
    if app.runtime.is_stopping() { Err("El servidor se está deteniendo.".into()) } else { Ok(()) }
}

fn released(app: &App) -> Result<(), String> {
    let held = app.runtime.held();
    if held.is_empty() {
        return Ok(());
    }
    let calls: u64 = held.calls.values().sum();
    Err(format!(
        "Los datos son de una copia: {calls} envíos y llamadas y {} tiempos vencidos esperan una decisión. \
        Hay que ejecutar «cauce resume».",
        held.timers
    ))
}

fn disk(app: &App) -> Result<(), String> {
    let space = &app.observer.space;
    match space.seen() {
        Err(_) => Err("No se puede medir el espacio del disco.".into()),
        Ok(room) if space.is_short() => Err(format!(
            "Quedan {} MB en el disco y hacen falta {} MB: no se recibe nada nuevo. Hay que liberar espacio.",
            room.free >> 20,
            space.least(room) >> 20
        )),
        Ok(_) => Ok(()),
    }
}
