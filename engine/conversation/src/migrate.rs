//! A contact's run is moved to another version of its flow, or back. What a move makes of a run is
//! `cauce_flows::migrate`'s to say; here is the turn that does it, and tells the migration what came of it.

use cauce_flows::migrate::{Move, back, land};
use cauce_flows::{Run, RunState, WaitKind};
use cauce_model::{ContactEvent, ContactId, Duration, FlowId, Landed, Migrate, RunId, Timestamp};
use cauce_runtime::{Halt, Turn};
use serde::{Deserialize, Serialize};

use crate::contact::Life;
use crate::migrations::{MigrationEvent, migration_entity};
use crate::tables::{CONTACTS, MOVED, RunHead, RunStage, of_contact};

/// For how long a move may be taken back.
pub const TAKEN_BACK: Duration = Duration::hours(24);

/// A run that was moved, as it stood before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MovedRun {
    /// By which migration.
    pub migration: String,
    /// The run before.
    pub before: Run,
    /// When its wait would have been over.
    pub due: Option<Timestamp>,
    /// Where the run stood after.
    pub state: RunState,
    /// Until when it may be taken back.
    pub until: Timestamp,
}

/// The name of the timer that forgets how a run stood before.
fn forgets(run: &RunId) -> String {
    format!("moved {run}")
}

/// A contact cannot be moved, for a fault of the house: its run stays as it is.
pub(crate) fn given_up(turn: &mut Turn<'_>, id: ContactId, order: &Migrate) -> Result<(), Halt> {
    if let Some(contact) = turn.get(&CONTACTS, &of_contact(&CONTACTS, id))? {
        let to = migration_entity(&contact.workspace, &order.flow, &order.migration);
        let landed = Landed::Failing("Un error interno lo impidió.".to_owned());
        turn.mail(to, &MigrationEvent::Told { contact: id, landed });
    }
    Ok(())
}

impl Life<'_, '_> {
    /// Moves the run to another version of its flow, when it is where the order says.
    pub fn migrate(&mut self, order: &Migrate) -> Result<(), Halt> {
        let landed = self.move_run(order)?;
        self.tell_migration(&order.migration, &order.flow, landed);
        Ok(())
    }

    /// Takes a move back, when the run has not moved on since.
    pub fn migrate_back(&mut self, migration: &str, flow: &FlowId) -> Result<(), Halt> {
        let landed = if self.go_back(migration)? { Landed::Back } else { Landed::MovedOn };
        self.tell_migration(migration, flow, landed);
        Ok(())
    }

    /// A move stands for good.
    pub fn migration_settled(&mut self, run: &RunId) {
        self.turn.delete(of_contact(&MOVED, self.contact.id).text(run.as_str()));
        self.nothing_new = true;
    }

    fn tell_migration(&mut self, migration: &str, flow: &FlowId, landed: Landed) {
        let to = migration_entity(&self.contact.workspace, flow, migration);
        self.turn.mail(to, &MigrationEvent::Told { contact: self.contact.id, landed });
    }

    fn move_run(&mut self, order: &Migrate) -> Result<Landed, Halt> {
        let head = self.contact.live_run().cloned();
        let Some(head) = head.filter(|head| head.flow == order.flow && head.version == order.from) else {
            return Ok(Landed::Gone);
        };
        if let RunStage::Waiting { node, .. } = &head.stage
            && *node != order.node
        {
            return Ok(Landed::Elsewhere(node.clone()));
        }
        let Some(run) = self.run(&head.id)? else { return Ok(Landed::Gone) };
        let program = self.programs.in_turn(self.turn, &self.contact.workspace, &order.to)?;
        let (moved, outcome) = match land(&program, &run, &order.landing, &self.facts()) {
            Move::Not(landed) => return Ok(landed),
            Move::To { run, outcome, .. } => (*run, outcome),
        };
        let until = self.turn.now() + TAKEN_BACK;
        let kept = MovedRun {
            migration: order.migration.clone(),
            due: self.contact.wait_timer.map(|(due, _)| due),
            state: moved.state.clone(),
            before: run,
            until,
        };
        let key = of_contact(&MOVED, self.contact.id).text(head.id.as_str());
        let entity = self.entity();
        if let Some(earlier) = self.turn.get(&MOVED, &key)? {
            self.turn.cancel_timer(&entity, earlier.until, &forgets(&head.id));
        }
        let settled = ContactEvent::MigrationSettled { run: head.id.clone() };
        self.turn.set_timer(&entity, until, &forgets(&head.id), &settled);
        self.turn.put(&MOVED, key, &kept);
        // What becomes of it says nothing of a version on trial any more.
        let head = RunHead { trial: None, ..head };
        self.contact.run = Some(head.clone());
        if outcome.trail.is_empty() {
            // It waits on, and so does its time.
            self.entry.run = Some(head.id.clone());
            self.contact.run = Some(RunHead { version: order.to.clone(), ..head });
            self.keep_run(&moved, false)?;
        } else {
            self.contact.updated_at = self.turn.now();
            self.carry_out(&program, moved, outcome, head.first_turn)?;
        }
        Ok(Landed::Moved)
    }

    /// Whether it is back.
    fn go_back(&mut self, migration: &str) -> Result<bool, Halt> {
        let Some(head) = self.contact.run.clone() else { return Ok(false) };
        let key = of_contact(&MOVED, self.contact.id).text(head.id.as_str());
        let kept = self.turn.get(&MOVED, &key)?.filter(|kept| kept.migration == migration);
        let (Some(kept), Some(run)) = (kept, self.run(&head.id)?) else { return Ok(false) };
        let person = self.contact.live_case().is_some() && run.wait().is_none();
        if run.state != kept.state || person || self.contact.merged_into.is_some() {
            return Ok(false);
        }
        let entity = self.entity();
        self.turn.cancel_timer(&entity, kept.until, &forgets(&head.id));
        self.turn.delete(key);
        let run_back = back(&kept.before, &run);
        let Some(wait) = run_back.wait().cloned() else { return Ok(false) };
        if kept.before.waits != run.waits || run.wait().is_none() {
            // It waits anew; of its time there is left what there was.
            self.cancel_wait_timer();
            self.contact.outbox.step = None;
            let now = self.turn.now();
            let anew = wait.timeout.filter(|_| wait.kind != WaitKind::Person).map(|timeout| now + timeout);
            if let Some(due) = wait.until.or(anew) {
                self.wake_at(kept.due.unwrap_or(due).max(now), wait.number);
            }
            self.contact.updated_at = self.turn.now();
        }
        self.entry.run = Some(head.id.clone());
        self.contact.run = Some(RunHead {
            version: run_back.version.clone(),
            stage: RunStage::Waiting {
                node: run_back.place().unwrap_or(&wait.node).clone(),
                wait: wait.number,
            },
            ..head
        });
        self.keep_run(&run_back, false)?;
        Ok(true)
    }
}
