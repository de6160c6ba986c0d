//! The Desk: place, assignee and queue clock of every case. It alone says who looks after a case;
//! it tells the contact, which holds a copy.

use cauce_conversation::{Refusal, contact_entity, desk_entity};
use cauce_model::{Assignee, Case, CaseId, CaseState, DeskEvent, EndReason, IdError, Timestamp, WorkspaceId};
use cauce_runtime::{Entity, Halt, Turn, crash, from_bytes};
use cauce_store::{Key, Table};
use serde::{Deserialize, Serialize};

/// (Desk's slot, workspace, case) → the case. Table numbers 40–49 are the inbox's.
pub const DESK_CASES: Table<DeskCase> = Table::new(40);

/// A case as the Desk keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskCase {
    /// The case.
    pub case: Case,
    /// When the time to be taken is over.
    pub take_until: Option<Timestamp>,
}

/// The key of a case at the Desk.
pub fn desk_case_key(workspace: &WorkspaceId, case: CaseId) -> Key {
    DESK_CASES.key(desk_entity(workspace).slot).text(workspace.as_str()).text(&case.to_string())
}

/// The Desk of every workspace.
pub struct Desk;

impl Entity for Desk {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let workspace: WorkspaceId =
            turn.this().key.parse().map_err(|e: IdError| Halt::Unreadable(e.to_string()))?;
        match from_bytes(event)? {
            DeskEvent::Created { case, contact, queue, queued_at, timeout } => {
                let take_until = timeout.map(|timeout| queued_at + timeout);
                if let Some(due) = take_until {
                    let this = turn.this().clone();
                    turn.set_timer(&this, due, &case.to_string(), &DeskEvent::TakeTimeout { case });
                }
                let state = CaseState::Queued;
                let case = Case { id: case, contact, queue, state, version: 1, queued_at };
                turn.put(&DESK_CASES, desk_case_key(&workspace, case.id), &DeskCase { case, take_until });
                Ok(())
            }
            DeskEvent::Take { agent, case, version } => take(turn, &workspace, agent, case, version),
            DeskEvent::TakeTimeout { case } => take_timeout(turn, &workspace, case),
            DeskEvent::Ended { case } => {
                let key = desk_case_key(&workspace, case.id);
                let take_until = turn.get(&DESK_CASES, &key)?.and_then(|known| known.take_until);
                turn.put(&DESK_CASES, key, &DeskCase { case, take_until });
                Ok(())
            }
        }
    }

    /// The time to be taken was over before this installation was restored, and that was dropped: the case
    /// waits on, for whoever takes it.
    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let workspace = turn.this().key.parse().map_err(|e: IdError| Halt::Unreadable(e.to_string()))?;
        let DeskEvent::TakeTimeout { case } = from_bytes(event)? else { return Ok(()) };
        let key = desk_case_key(&workspace, case);
        if let Some(known) = turn.get(&DESK_CASES, &key)? {
            turn.put(&DESK_CASES, key, &DeskCase { take_until: None, ..known });
        }
        Ok(())
    }
}

/// A person takes a case: the first gets it, the others learn who has it.
fn take(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    agent: Assignee,
    id: CaseId,
    version: Option<u64>,
) -> Result<(), Halt> {
    crash::point("claim.begin");
    let key = desk_case_key(workspace, id);
    let known = turn.get(&DESK_CASES, &key)?;
    let answer = match known {
        None => Err(Refusal::Unknown),
        Some(DeskCase { case, take_until }) => match &case.state {
            CaseState::Queued if !case.is_as_seen(version) => Err(Refusal::Stale),
            CaseState::Queued => {
                let state = CaseState::Open { assignee: agent, taken_at: turn.now() };
                let case = Case { state, version: case.version + 1, ..case };
                if let Some(due) = take_until {
                    let this = turn.this().clone();
                    turn.cancel_timer(&this, due, &id.to_string());
                }
                tell(turn, &case);
                turn.put(&DESK_CASES, key, &DeskCase { case: case.clone(), take_until: None });
                Ok(case)
            }
            CaseState::Open { assignee, .. } if assignee.id == agent.id => Ok(case),
            CaseState::Open { assignee, .. } => Err(Refusal::Taken { holder: assignee.clone() }),
            CaseState::Ended { .. } => Err(Refusal::Ended),
        },
    };
    turn.reply(&answer);
    Ok(())
}

/// Nobody took a case in time: it is over, and the flow goes on by its `timeout` exit.
fn take_timeout(turn: &mut Turn<'_>, workspace: &WorkspaceId, id: CaseId) -> Result<(), Halt> {
    let key = desk_case_key(workspace, id);
    let Some(DeskCase { case, .. }) = turn.get(&DESK_CASES, &key)? else { return Ok(()) };
    if case.state != CaseState::Queued {
        return Ok(());
    }
    let state = CaseState::Ended {
        assignee: None,
        taken_at: None,
        ended_at: turn.now(),
        reason: EndReason::TimedOut,
    };
    let case = Case { state, version: case.version + 1, ..case };
    tell(turn, &case);
    turn.put(&DESK_CASES, key, &DeskCase { case, take_until: None });
    Ok(())
}

fn tell(turn: &mut Turn<'_>, case: &Case) {
    turn.mail(contact_entity(case.contact), &cauce_model::ContactEvent::CaseMoved(case.clone()));
}
