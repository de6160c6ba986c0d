//! Versions on trial.

use cauce_conversation::canary::{ArmCounts, Rule, Trial, TrialOrder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Instant;

/// How a version is tried. Percentages are of the conversations that began with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrialRequest {
    /// How many of a hundred new conversations walk it; 1–99. Who does is the same every time.
    pub share: u8,
    /// So many of its conversations must be over before it passes.
    pub min_runs: u64,
    /// It is withdrawn when more than this percentage is stopped by a fault.
    pub max_failed: u8,
    /// It is withdrawn when more than this percentage needs a person.
    pub max_handoff: Option<u8>,
    /// It is withdrawn when more than this percentage is not understood at some step.
    pub max_no_match: Option<u8>,
    /// Whether it becomes the current version by itself when it passes.
    #[serde(default)]
    pub promote: bool,
}

/// The last trial of a flow.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialView {
    /// The version that is tried.
    pub version: String,
    /// The version that the others walk.
    pub against: String,
    /// How it is tried.
    pub order: TrialRequest,
    /// Since when.
    pub since: Instant,
    /// Who began it.
    pub by: String,
    /// What became of conversations that walk the new version.
    pub tried: TrialCounts,
    /// What became of the others, begun meanwhile.
    pub others: TrialCounts,
    /// Whether it has passed by its rule.
    pub passed: bool,
    /// How it ended; null while it is under way.
    #[schema(required = true)]
    pub end: Option<TrialEndView>,
}

/// How a trial ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrialEndView {
    /// Whether the version became the current one.
    pub promoted: bool,
    /// When.
    pub at: Instant,
    /// Who said so; null when its rule did.
    #[schema(required = true)]
    pub by: Option<String>,
    /// Why.
    pub why: String,
}

/// How many conversations.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TrialCounts {
    /// Began.
    pub begun: u64,
    /// Came to an end.
    pub ended: u64,
    /// Were stopped by a fault.
    pub failed: u64,
    /// Were not understood at some step.
    pub no_match: u64,
    /// Needed a person.
    pub handoff: u64,
    /// Were left for another flow.
    pub interrupted: u64,
}

impl TrialRequest {
    /// The order to try a version so; a sentence when it makes no sense.
    pub fn order(self) -> Result<TrialOrder, &'static str> {
        let percentages = [Some(self.max_failed), self.max_handoff, self.max_no_match];
        if !(1..=99).contains(&self.share) {
            return Err("«share» va de 1 a 99.");
        }
        if percentages.into_iter().flatten().any(|percent| percent > 100) {
            return Err("Un porcentaje no pasa de 100.");
        }
        if !(1..=1_000_000).contains(&self.min_runs) {
            return Err("«min_runs» va de 1 a 1 000 000.");
        }
        let Self { share, min_runs, max_failed, max_handoff, max_no_match, promote } = self;
        Ok(TrialOrder { share, rule: Rule { min_runs, max_failed, max_handoff, max_no_match, promote } })
    }
}

impl From<TrialOrder> for TrialRequest {
    fn from(order: TrialOrder) -> Self {
        let TrialOrder { share, rule } = order;
        let Rule { min_runs, max_failed, max_handoff, max_no_match, promote } = rule;
        Self { share, min_runs, max_failed, max_handoff, max_no_match, promote }
    }
}

impl From<ArmCounts> for TrialCounts {
    fn from(counts: ArmCounts) -> Self {
        let ArmCounts { begun, ended, failed, no_match, handoff, interrupted } = counts;
        Self { begun, ended, failed, no_match, handoff, interrupted }
    }
}

impl From<Trial> for TrialView {
    fn from(trial: Trial) -> Self {
        Self {
            passed: trial.has_passed(),
            version: trial.version.to_string(),
            against: trial.against.to_string(),
            order: trial.order.into(),
            since: trial.since.into(),
            by: trial.by,
            tried: trial.tried.into(),
            others: trial.others.into(),
            end: trial.end.map(|end| TrialEndView {
                promoted: end.promoted,
                at: end.at.into(),
                by: end.by,
                why: end.why,
            }),
        }
    }
}
