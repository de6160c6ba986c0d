//! Runs of flows: what the customer says moves the run, and what the run decides is carried out.

use cauce_flows::{ContactFacts, Event, Facts, Outcome, Program, Run, RunState, WaitKind, start, step};
use cauce_model::{Author, ContactEvent, Direction, Effect, InboundContent, MessageStatus, RunId, Timestamp};
use cauce_runtime::Halt;

use crate::catalogue::{CATALOGUES, catalogue_key};
use crate::contact::Life;
use crate::outbox::Arming;
use crate::tables::{RUNS, RunHead, RunStage, of_contact};

/// The name of the timer of a run's wait.
const WAIT_TIMER: &str = "wait";

impl Life<'_, '_> {
    /// The customer said something and nobody but a flow listens.
    pub fn customer_said(&mut self, content: &InboundContent) -> Result<(), Halt> {
        match self.contact.live_run().cloned() {
            Some(head) => self.advance(&head, Event::Answer(content)),
            None => self.begin(content),
        }
    }

    /// The time of a wait is over.
    pub fn wait_over(&mut self, wait: u64) -> Result<(), Halt> {
        let head = self.contact.live_run().cloned();
        let Some(head) =
            head.filter(|head| matches!(head.stage, RunStage::Waiting { wait: at, .. } if at == wait))
        else {
            return Ok(()); // an older wait's timer
        };
        self.contact.wait_timer = None;
        self.advance(&head, Event::TimedOut)
    }

    /// Moves the live run by an event.
    pub fn advance(&mut self, head: &RunHead, event: Event<'_>) -> Result<(), Halt> {
        let key = of_contact(&RUNS, self.contact.id).text(head.id.as_str());
        let missing = || Halt::Unreadable(format!("run {} is not there", head.id));
        let mut run = self.turn.get(&RUNS, &key)?.ok_or_else(missing)?;
        let program = self.programs.in_turn(self.turn, &self.contact.workspace, &head.version)?;
        let outcome = step(&program, &mut run, event, &self.facts());
        if outcome.trail.is_empty() {
            return Ok(()); // the wait was not for this: it goes on, and so does its time
        }
        self.carry_out(&program, run, outcome, head.first_turn)
    }

    /// Starts the flow that the customer's words call for, if any does.
    fn begin(&mut self, content: &InboundContent) -> Result<(), Halt> {
        let catalogue =
            self.turn.get(&CATALOGUES, &catalogue_key(&self.contact.workspace))?.unwrap_or_default();
        self.entry.revision = Some(catalogue.revision);
        let mut best = None;
        for flow in &catalogue.flows {
            let program = self.programs.in_turn(self.turn, &self.contact.workspace, &flow.version)?;
            if let Some(found) = program.matches(content.text())
                && best.as_ref().is_none_or(|(other, _)| found > *other)
            {
                best = Some((found, program));
            }
        }
        let Some((_, program)) = best else { return Ok(()) };
        let id: RunId = format!("{:016x}", self.turn.fresh())
            .parse()
            .map_err(|e: cauce_model::IdError| Halt::Unreadable(e.to_string()))?;
        let (run, outcome) = start(&program, id, &self.facts(), Some(content));
        self.carry_out(&program, run, outcome, self.entry.number)
    }

    fn facts(&self) -> Facts {
        Facts {
            now: self.turn.now(),
            seed: self.turn.seed(),
            contact: ContactFacts {
                name: self.contact.profile.name.clone(),
                phone: self.contact.phone.clone(),
                language: None,
            },
        }
    }

    /// Carries out what a run decided, and keeps where it stands.
    fn carry_out(
        &mut self,
        program: &Program,
        run: Run,
        outcome: Outcome,
        first_turn: u64,
    ) -> Result<(), Halt> {
        self.cancel_wait_timer();
        for effect in outcome.effects {
            match effect {
                Effect::Send { node, content } => {
                    let direction = Direction::Out { content, status: MessageStatus::Queued, error: None };
                    let seq = self.write(Author::Bot { node }, direction, None);
                    self.contact.outbox.waiting.push_back(seq);
                }
                Effect::Handoff { queue, timeout, .. } => self.open_case(queue, timeout),
            }
        }
        self.entry.run = Some(run.id.clone());
        self.entry.steps.extend(outcome.trail);
        let stage = match &run.state {
            RunState::Waiting(wait) => {
                if let (Some(after), true) = (wait.timeout, wait.kind != WaitKind::Person) {
                    self.contact.outbox.arming = Some(Arming { wait: wait.number, after });
                }
                RunStage::Waiting { node: wait.node.clone(), wait: wait.number }
            }
            RunState::Ended { .. } => RunStage::Ended,
            RunState::Failed { node, code, text } => {
                tracing::error!(
                    contact = %self.contact.id, flow = %run.flow, version = %program.version(), %node, code,
                    "a run was stopped: {text}"
                );
                RunStage::Failed { reason: text.clone() }
            }
        };
        self.contact.run = Some(RunHead {
            id: run.id.clone(),
            flow: run.flow.clone(),
            version: run.version.clone(),
            first_turn,
            stage,
        });
        let key = of_contact(&RUNS, self.contact.id).text(run.id.as_str());
        self.turn.put(&RUNS, key, &run);
        Ok(())
    }

    /// Starts the time of a wait: its last message has been taken by the provider.
    pub fn arm(&mut self, arming: Arming) {
        let due: Timestamp = self.turn.now() + arming.after;
        let entity = self.entity();
        self.turn.set_timer(&entity, due, WAIT_TIMER, &ContactEvent::WaitOver { wait: arming.wait });
        self.contact.wait_timer = Some((due, arming.wait));
    }

    /// Takes back the timer of the present wait.
    pub fn cancel_wait_timer(&mut self) {
        self.contact.outbox.arming = None;
        if let Some((due, _)) = self.contact.wait_timer.take() {
            let entity = self.entity();
            self.turn.cancel_timer(&entity, due, WAIT_TIMER);
        }
    }
}
