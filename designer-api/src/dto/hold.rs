//! What a restored installation had under way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What waits in a restored installation for a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// Whether it waits still.
    pub held: bool,
    /// How many sends and other calls, by their kind (`send`, `http`, `fetch_media`).
    pub calls: BTreeMap<String, u64>,
    /// How many timers that were due before the start.
    pub timers: u64,
}

/// The decision.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
pub struct HoldDecision {
    /// What becomes of what waits.
    pub resume: ResumeView,
}

/// What becomes of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResumeView {
    /// It goes on as after any other start: messages go out, timers come.
    Send,
    /// It is dropped: messages have failed, and flows that waited for a time that is over are stopped.
    Drop,
}
