//! Moving people who are inside an older version of a flow.

use std::collections::BTreeMap;

use cauce_conversation::migrations::{Counts, Migration, MigrationStage};
use cauce_flows::migrate::Verdict;
use cauce_model::{Landing, NodeId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Instant;

/// Which versions.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MigrationQuery {
    /// The version that people would leave.
    pub from: String,
    /// The version they would get; the current one when nothing is said.
    pub to: Option<String>,
}

/// Who is inside a version, and what may become of them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MigrationPlan {
    /// The version that people would leave.
    pub from: String,
    /// The version they would get.
    pub to: String,
    /// How many are inside.
    pub people: u64,
    /// The steps at which somebody waits, in the order of the older version.
    pub steps: Vec<MigrationStep>,
}

/// A step at which people wait.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MigrationStep {
    /// Its id.
    pub step: String,
    /// What it is called.
    pub name: String,
    /// How many wait there.
    pub people: u64,
    /// Whether they can be moved.
    pub verdict: MigrationVerdict,
    /// Why not, or what is different.
    pub reasons: Vec<String>,
    /// What becomes of them when nobody says anything.
    pub landing: LandingView,
}

/// Whether those who wait at a step can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MigrationVerdict {
    /// Yes: the step is the same, or says the same in other words.
    Same,
    /// Yes: the step asks otherwise, and has every way out that it had.
    Compatible,
    /// Somebody must say what becomes of them.
    Choice,
}

/// What becomes of those who wait at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandingView {
    /// They wait on at the same step. Nothing is said.
    Keep,
    /// The same step asks anew.
    Ask,
    /// They go on at this step.
    Step(String),
    /// Their conversation ends.
    End,
    /// It ends, and somebody of this queue is needed.
    Person(String),
    /// They stay in the older version.
    Stay,
}

/// Moves people.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrationOrder {
    /// An id that the client makes up; the same one again begins no second migration.
    pub command: String,
    /// The version that people leave.
    pub from: String,
    /// The version they get; the current one when nothing is said.
    pub to: Option<String>,
    /// What becomes of those who wait at each step; of the others, what the plan says.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, LandingView>)]
    pub map: BTreeMap<NodeId, Landing>,
    /// Whether nobody is moved, and only counted what would become of them.
    #[serde(default)]
    pub dry_run: bool,
}

/// A migration, or what one would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MigrationView {
    /// Its id; null when nobody was moved.
    #[schema(required = true)]
    pub id: Option<String>,
    /// The version that people leave.
    pub from: String,
    /// The version they get.
    pub to: String,
    /// How far it is; null when nobody was moved.
    #[schema(required = true)]
    pub stage: Option<MigrationStageView>,
    /// Who began it.
    #[schema(required = true)]
    pub by: Option<String>,
    /// When.
    #[schema(required = true)]
    pub started_at: Option<Instant>,
    /// What came of it, or would.
    pub counts: MigrationCounts,
    /// The same by the step at which people wait; of a real one, nothing.
    pub steps: BTreeMap<String, MigrationCounts>,
}

/// How far a migration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MigrationStageView {
    /// People are being moved.
    Running,
    /// All have been; it may be taken back.
    Done,
    /// People are being moved back.
    Undoing,
    /// All have been who had not moved on.
    Undone,
    /// It stands for good.
    Settled,
}

/// How many people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MigrationCounts {
    /// Are in the new version, or at an end.
    pub moved: u64,
    /// Stay, as was asked.
    pub stayed: u64,
    /// Were not there any more.
    pub gone: u64,
    /// Stay: later texts name data that they do not have.
    pub lacking: u64,
    /// Stay: a person looks after them.
    pub with_person: u64,
    /// Stay: a server was being asked, or something was being sent.
    pub busy: u64,
    /// Stay: the new version would stop them.
    pub failing: u64,
    /// Are back where they were.
    pub back: u64,
    /// Had moved on when it was taken back.
    pub moved_on: u64,
}

impl From<Verdict> for MigrationVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Same => Self::Same,
            Verdict::Compatible => Self::Compatible,
            Verdict::Choice => Self::Choice,
        }
    }
}

impl From<Landing> for LandingView {
    fn from(landing: Landing) -> Self {
        match landing {
            Landing::Keep => Self::Keep,
            Landing::Ask => Self::Ask,
            Landing::Step(step) => Self::Step(step.into()),
            Landing::End => Self::End,
            Landing::Person(queue) => Self::Person(queue.into()),
            Landing::Stay => Self::Stay,
        }
    }
}

impl From<Counts> for MigrationCounts {
    fn from(counts: Counts) -> Self {
        let Counts { moved, stayed, gone, lacking, with_person, busy, failing, back, moved_on } = counts;
        Self { moved, stayed, gone, lacking, with_person, busy, failing, back, moved_on }
    }
}

impl From<Migration> for MigrationView {
    fn from(migration: Migration) -> Self {
        Self {
            id: Some(migration.id),
            from: migration.from.to_string(),
            to: migration.to.to_string(),
            stage: Some(match migration.stage {
                MigrationStage::Running => MigrationStageView::Running,
                MigrationStage::Done => MigrationStageView::Done,
                MigrationStage::Undoing => MigrationStageView::Undoing,
                MigrationStage::Undone => MigrationStageView::Undone,
                MigrationStage::Settled => MigrationStageView::Settled,
            }),
            by: Some(migration.by),
            started_at: Some(migration.started_at.into()),
            counts: migration.counts.into(),
            steps: BTreeMap::new(),
        }
    }
}
