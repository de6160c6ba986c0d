//! Flows that begin by themselves: when next, and what came of the last time.

use cauce_conversation::schedules::{Counts, Occurrence, Scheduled};
use serde::Serialize;
use utoipa::ToSchema;

use super::Instant;

/// When a flow begins by itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduleView {
    /// Its timetable in words; null when it does not begin by itself.
    #[schema(required = true)]
    pub timetable: Option<String>,
    /// The next moment; null when none comes any more.
    #[schema(required = true)]
    pub next: Option<Instant>,
    /// The moment whose customers are being asked.
    #[schema(required = true)]
    pub under_way: Option<ScheduleOccurrence>,
    /// The last moment that is over.
    #[schema(required = true)]
    pub last: Option<ScheduleOccurrence>,
    /// The last that was skipped because it was noticed more than two hours later.
    #[schema(required = true)]
    pub skipped: Option<ScheduleSkipped>,
}

/// A moment at which a flow began by itself, and with how many customers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduleOccurrence {
    /// As planned.
    pub at: Instant,
    /// When it was begun.
    pub began_at: Instant,
    /// Whom it concerned: who had this tag.
    pub tag: String,
    /// Began the flow.
    pub begun: u64,
    /// Were in a flow already.
    pub in_flow: u64,
    /// Were with a person, or waited for one.
    pub with_person: u64,
    /// Did not have the tag any more.
    pub gone: u64,
    /// Could not begin, for an internal error.
    pub failed: u64,
}

/// Moments that were missed for too long.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduleSkipped {
    /// The last one.
    pub at: Instant,
    /// How many there were in a row.
    pub count: u64,
    /// When that was noticed.
    pub noticed_at: Instant,
}

impl From<Occurrence> for ScheduleOccurrence {
    fn from(occurrence: Occurrence) -> Self {
        let Counts { begun, in_flow, with_person, gone, failed } = occurrence.counts;
        Self {
            at: occurrence.at.into(),
            began_at: occurrence.began_at.into(),
            tag: occurrence.tag,
            begun,
            in_flow,
            with_person,
            gone,
            failed,
        }
    }
}

impl From<Scheduled> for ScheduleView {
    fn from(row: Scheduled) -> Self {
        Self {
            timetable: row.timetable.map(|timetable| timetable.words()),
            next: row.due.map(Into::into),
            under_way: row.under_way.map(Into::into),
            last: row.last.map(Into::into),
            skipped: row.skipped.map(|skipped| ScheduleSkipped {
                at: skipped.at.into(),
                count: skipped.count,
                noticed_at: skipped.noticed_at.into(),
            }),
        }
    }
}
