//! How the house is, for who looks after it.

use serde::Serialize;
use utoipa::ToSchema;

use super::Instant;

/// Something that must be so for Cauce to take events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct HealthCheck {
    /// What, for programs.
    pub name: HealthCheckName,
    /// Whether it is so.
    pub ok: bool,
    /// When it is not: why, and what to do, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthCheckName {
    /// The store reads, and no write has failed.
    Store,
    /// Every partition's worker answers.
    Partitions,
    /// The server is not ending.
    Running,
    /// What was under way in a restored copy does not wait for a decision.
    Released,
    /// There is room on the disk.
    Disk,
}

/// Whether Cauce takes events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether all checks are.
    pub ready: bool,
    /// Each of them.
    pub checks: Vec<HealthCheck>,
}

/// How Cauce is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    /// Whether it takes events.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// The version of Cauce.
    pub version: &'static str,
    /// Since when it runs.
    pub started_at: Instant,
    /// Over how many seconds `recent` goes.
    pub recent_seconds: u64,
    /// What was measured lately.
    pub recent: RecentHealth,
    /// What stands now, and what was counted since the start.
    pub now: StandingHealth,
    /// The disk of the data folder; null when it cannot be measured.
    #[schema(required = true)]
    pub disk: Option<DiskRoom>,
}

/// What was measured lately. What did not happen is null.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecentHealth {
    /// Turns a second.
    pub turns_per_second: f64,
    /// How long a turn took.
    #[schema(required = true)]
    pub turn: Option<TimeSpread>,
    /// How long a group of turns took to be durable.
    #[schema(required = true)]
    pub commit: Option<TimeSpread>,
    /// Turns in a group, on average.
    #[schema(required = true)]
    pub group_turns: Option<f64>,
    /// How long a sync of the log took.
    #[schema(required = true)]
    pub sync: Option<TimeSpread>,
    /// How late timers came.
    #[schema(required = true)]
    pub timer_late: Option<TimeSpread>,
}

/// How long something took. Half, and 99 of 100, took no longer than this, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TimeSpread {
    /// Half of all.
    pub p50_ms: f64,
    /// 99 of 100.
    pub p99_ms: f64,
}

/// What stands now, and what was counted since the start.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StandingHealth {
    /// Committed rows in memory that are not in the base yet, in bytes.
    pub layer_bytes: u64,
    /// Log that a start would have to read again, in bytes.
    pub undrained_log_bytes: u64,
    /// Messages that wait to be sent.
    pub outbox_waiting: u64,
    /// Tries to send since the start, by what came of them.
    pub outbox: Vec<OutboxClass>,
    /// Events that could not be handled since the start.
    pub dead_letters: u64,
}

/// How many tries to send came to this.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OutboxClass {
    /// What came of them.
    pub class: String,
    /// How many.
    pub count: u64,
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct DiskRoom {
    /// Free.
    pub free: u64,
    /// In all.
    pub total: u64,
    /// With less than this free, new events are refused.
    pub least: u64,
}
