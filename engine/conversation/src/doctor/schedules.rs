//! Flows that begin by themselves: what each counts on is there.

use cauce_model::{FlowId, Slot, WorkspaceId};
use cauce_runtime::doctor::{Pending, timer};
use cauce_store::StoreError;
use cauce_store::doctor::{Finding, Findings, Walk};

use super::Checkup;
use crate::schedules::{BEGINS, SCHEDULES, ScheduleEvent, schedule_entity};

impl Checkup<'_> {
    /// The next moment has its timer, unless the last one is not over; and that one is brought on by something.
    pub(super) async fn schedules(
        &self,
        slot: Slot,
        pending: &Pending,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let mut walk = Walk::of(self.store, &SCHEDULES, slot);
        while let Some((key, row)) = walk.next(&SCHEDULES).await? {
            let mut names = key.fields().split(|byte| *byte == 0).map(std::str::from_utf8);
            let workspace = names.next().and_then(|name| name.ok()?.parse::<WorkspaceId>().ok());
            let flow = names.next().and_then(|name| name.ok()?.parse::<FlowId>().ok());
            let (Some(workspace), Some(flow)) = (workspace, flow) else { continue };
            let entity = schedule_entity(&workspace, &flow);
            let place = format!("flow {flow}");
            match &row.under_way {
                Some(under_way) => {
                    let asks = pending.has_call(&entity, &row.pages.to_string());
                    if under_way.pending.is_empty() && !asks {
                        let what = "it is beginning by itself, and nobody looks for whom";
                        let help = "when a dead letter tells why, replay it; publish it without its timetable \
                                    and with it again";
                        findings.add(Finding::broken("schedule_stuck", place, what, help));
                    }
                }
                None => {
                    if let Some(due) = row.due.filter(|due| !pending.has_timer(&entity, *due, BEGINS)) {
                        let event = ScheduleEvent::Due { at: due };
                        let what = "it begins by itself with a timer that is not there";
                        let finding =
                            Finding::broken("schedule_timer_missing", place, what, "--mend sets the timer");
                        findings.add(finding.mended_by(timer(&entity, due, BEGINS, &event)));
                    }
                }
            }
        }
        Ok(())
    }
}
