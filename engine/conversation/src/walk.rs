//! Runs of flows: what the customer says moves the run, and what the run decides is carried out.

use std::collections::BTreeSet;
use std::sync::Arc;

use cauce_flows::{
    ContactFacts, Event, Facts, Opening, Outcome, Program, Run, RunState, WaitKind, fold, start, step,
};
use cauce_model::{
    Author, Consent, ContactEvent, Content, Delivery, Direction, Effect, FlowId, InboundContent, NodeId,
    RunId, Timestamp,
};
use cauce_runtime::{DROPPED, Halt};
use serde_json::Value;

use crate::Refusal;
use crate::canary::{self, ArmCounts, TrialMark};
use crate::catalogue::{CATALOGUES, EVERYWHERE, catalogue_key, everywhere_key};
use crate::consent;
use crate::contact::{Home, Life};
use crate::outbox::{Arming, StepSends};
use crate::schedules::Fate;
use crate::tables::{
    Consented, Contact, JournalEvent, RUNS, Rated, Reached, RunHead, RunStage, TAILS, of_contact,
};

/// The name of the timer of a run's wait.
pub(crate) const WAIT_TIMER: &str = "wait";
/// The most tags of one customer: the record that every turn reads stays small.
const MAX_TAGS: usize = 20;

/// A version to begin with, and the mark of its run when another is on trial.
type Chosen = (Arc<Program>, Option<TrialMark>);

/// What a run of this contact may know of the world.
pub fn facts_of(contact: &Contact, home: &Home, now: Timestamp, seed: u64) -> Facts {
    Facts {
        now,
        seed,
        message: contact.heard,
        zone: home.zone.clone(),
        country: home.country,
        window_ends_at: contact.window_ends_at(),
        contact: ContactFacts {
            id: contact.id.to_string(),
            name: contact.profile.name.clone(),
            phone: contact.phone.clone(),
            language: contact.language.clone(),
            tags: contact.tags.clone(),
            score: contact.score,
            consents: consent::known(&contact.consents),
        },
    }
}

impl Life<'_, '_> {
    /// The customer said something and nobody but a flow listens. `first`: never before.
    pub fn customer_said(&mut self, opening: Opening<'_>, first: bool) -> Result<(), Halt> {
        match (self.contact.live_run().cloned(), opening.content) {
            (Some(head), Some(content)) => match self.breaks_in(&head, content)? {
                Some((program, mark)) => {
                    self.interrupt(&head)?;
                    self.set_out(&program, mark, opening)
                }
                None => self.advance(&head, Event::Answer(content)),
            },
            (Some(_), None) => Ok(()),
            (None, _) => self.begin(opening, |program| program.matches(opening, first)),
        }
    }

    /// Another system tells of something: it moves the run that waits for it, or starts a flow for a customer
    /// who is in none and with no person. The answer says whether it did.
    pub fn happened(&mut self, name: &str, data: &Value) -> Result<(), Halt> {
        let before = self.entry.steps.len();
        match self.contact.live_run().cloned() {
            Some(head) => self.advance(&head, Event::Happened { name, data })?,
            None if self.contact.live_case().is_some() => {}
            None => {
                let opening = Opening { data: Some(data), ..Opening::default() };
                self.begin(opening, |program| program.begins_by(name))?;
            }
        }
        self.turn.reply(&Ok::<bool, Refusal>(self.entry.steps.len() > before));
        Ok(())
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

    /// The time of a wait was over before this installation was restored, and that was dropped: the run goes
    /// no further. What the customer writes next begins anew.
    pub fn wait_dropped(&mut self, wait: u64) -> Result<(), Halt> {
        let head = self.contact.live_run().cloned();
        let waits = |head: &RunHead| matches!(head.stage, RunStage::Waiting { wait: at, .. } if at == wait);
        let Some(RunHead { id, .. }) = head.filter(waits) else { return Ok(()) };
        let reason = "La espera venció antes de restaurar la copia y se descartó.".to_owned();
        if let Some(mut run) = self.run(&id)?
            && let Some(node) = run.wait().map(|wait| wait.node.clone())
        {
            run.state = RunState::Failed { node, code: DROPPED.to_owned(), text: reason.clone() };
            self.keep_run(&run, false)?;
        }
        self.contact.wait_timer = None;
        self.contact.outbox.step = None;
        if let Some(run) = &mut self.contact.run {
            run.stage = RunStage::Failed { reason };
        }
        self.contact.updated_at = self.turn.now();
        self.entry.run = Some(id);
        Ok(())
    }

    /// Moves the live run by an event.
    pub fn advance(&mut self, head: &RunHead, event: Event<'_>) -> Result<(), Halt> {
        let missing = || Halt::Unreadable(format!("run {} is not there", head.id));
        let mut run = self.run(&head.id)?.ok_or_else(missing)?;
        let program = self.programs.in_turn(self.turn, &self.contact.workspace, &head.version)?;
        let outcome = step(&program, &mut run, event, &self.facts());
        if outcome.trail.is_empty() {
            return Ok(()); // the wait was not for this: it goes on, and so does its time
        }
        self.carry_out(&program, run, outcome, head.first_turn)
    }

    /// The flow that what the customer writes starts from within this run, if there is one: a word that counts
    /// everywhere, and is no command of the run's own flow.
    fn breaks_in(&mut self, head: &RunHead, content: &InboundContent) -> Result<Option<Chosen>, Halt> {
        let InboundContent::Text { body } = content else { return Ok(None) };
        let words = self.turn.get(&EVERYWHERE, &everywhere_key(&self.contact.workspace))?;
        if !words.is_some_and(|words| words.contains(&fold(body))) {
            return Ok(None);
        }
        let Some(run) = self.run(&head.id)? else { return Ok(None) };
        let program = self.programs.in_turn(self.turn, &self.contact.workspace, &head.version)?;
        if program.is_command(&run, content) {
            return Ok(None);
        }
        self.best(|program| program.breaks_in(content))
    }

    /// Ends a run because the customer goes on in another flow.
    fn interrupt(&mut self, head: &RunHead) -> Result<(), Halt> {
        if let Some(mut run) = self.run(&head.id)? {
            run.interrupt();
            self.keep_run(&run, false)?;
        }
        if let Some(mark) = head.trial {
            let interrupted = ArmCounts { interrupted: 1, ..ArmCounts::default() };
            canary::tell(self.turn, &self.contact.workspace, &head.flow, mark, interrupted);
        }
        self.entry.interrupts = Some(head.id.clone());
        Ok(())
    }

    /// Starts the flow that fits best, if any does.
    fn begin<F: Ord>(
        &mut self,
        opening: Opening<'_>,
        fit: impl Fn(&Program) -> Option<F>,
    ) -> Result<(), Halt> {
        match self.best(fit)? {
            Some((program, mark)) => self.set_out(&program, mark, opening),
            None => Ok(()),
        }
    }

    /// The flow that fits best, if any does.
    fn best<F: Ord>(&mut self, fit: impl Fn(&Program) -> Option<F>) -> Result<Option<Chosen>, Halt> {
        let catalogue =
            self.turn.get(&CATALOGUES, &catalogue_key(&self.contact.workspace))?.unwrap_or_default();
        self.entry.revision = Some(catalogue.revision);
        let mut best: Option<(F, Arc<Program>, _)> = None;
        for flow in &catalogue.flows {
            let (version, mark) = flow.version_for(self.contact.id);
            let program = match self.programs.in_turn(self.turn, &self.contact.workspace, version) {
                // A flow that cannot be read keeps nobody from the others.
                Err(Halt::Unreadable(why)) => {
                    tracing::error!(flow = %flow.id, why, "a published flow begins nothing");
                    continue;
                }
                program => program?,
            };
            if let Some(found) = fit(&program)
                && best.as_ref().is_none_or(|(other, ..)| found > *other)
            {
                best = Some((found, program, mark));
            }
        }
        Ok(best.map(|(_, program, mark)| (program, mark)))
    }

    /// Starts this flow by itself; whether it did.
    pub fn begin_flow(&mut self, flow: &FlowId) -> Result<Fate, Halt> {
        let workspace = &self.contact.workspace;
        let catalogue = self.turn.get(&CATALOGUES, &catalogue_key(workspace))?.unwrap_or_default();
        let Some(head) = catalogue.flows.iter().find(|head| head.id == *flow) else { return Ok(Fate::Gone) };
        let (version, mark) = head.version_for(self.contact.id);
        let program = match self.programs.in_turn(self.turn, workspace, version) {
            Err(Halt::Unreadable(why)) => {
                tracing::error!(%flow, why, "a published flow begins nothing");
                return Ok(Fate::Failed);
            }
            program => program?,
        };
        self.entry.revision = Some(catalogue.revision);
        self.set_out(&program, mark, Opening::default())?;
        Ok(Fate::Begun)
    }

    /// Begins a run of this version.
    fn set_out(
        &mut self,
        program: &Program,
        mark: Option<TrialMark>,
        opening: Opening<'_>,
    ) -> Result<(), Halt> {
        self.trial = mark;
        let id: RunId = format!("{:016x}", self.turn.fresh())
            .parse()
            .map_err(|e: cauce_model::IdError| Halt::Unreadable(e.to_string()))?;
        let (run, outcome) = start(program, id, &self.facts(), opening);
        self.carry_out(program, run, outcome, self.entry.number)
    }

    pub fn facts(&self) -> Facts {
        facts_of(&self.contact, self.home, self.turn.now(), self.turn.seed())
    }

    /// Carries out what a run decided, and keeps where it stands.
    pub fn carry_out(
        &mut self,
        program: &Program,
        run: Run,
        outcome: Outcome,
        first_turn: u64,
    ) -> Result<(), Halt> {
        let trial = self.count_trial(&run, &outcome);
        // A word of the customer may have been answered, and the wait goes on as it was.
        let before =
            self.contact.run.as_ref().filter(|head| head.id == run.id).map(|head| head.stage.clone());
        let goes_on = match (before, run.wait()) {
            (Some(RunStage::Waiting { wait: before, .. }), Some(wait)) => before == wait.number,
            _ => false,
        };
        if !goes_on {
            self.cancel_wait_timer();
            self.contact.outbox.step = None;
        }
        let mut said = Vec::new();
        let mut typing = false;
        for effect in outcome.effects {
            match effect {
                Effect::Send { node, content, delivery } => {
                    let seq = self.say(node.clone(), content, delivery);
                    said.push((node, seq));
                }
                // Who never wrote has nothing to react to.
                Effect::React { .. } if self.contact.last_inbound_id.is_empty() => {}
                Effect::React { node, emoji } => {
                    let message_id = self.contact.last_inbound_id.clone();
                    let seq =
                        self.say(node.clone(), Content::Reaction { message_id, emoji }, Delivery::default());
                    said.push((node, seq));
                }
                Effect::Typing => typing = true,
                Effect::Http { wait, request, tries, .. } => {
                    self.ask_server(&format!("{}.{wait}", run.id), request, tries);
                }
                Effect::Tag { add, remove } => {
                    for tag in change_tags(&mut self.contact.tags, add, &remove) {
                        let contact = self.contact.id;
                        tracing::warn!(%contact, tag, "the customer has too many tags for one more");
                    }
                }
                Effect::Score { add } => self.contact.score = self.contact.score.saturating_add(add),
                Effect::Goal { node, goal, value, currency } => {
                    self.entry.goals.push(Reached { node, goal, value, currency });
                }
                Effect::Rating { node, metric, mark, best } => {
                    self.entry.ratings.push(Rated { node, metric, mark, best });
                }
                Effect::Consent { node, purpose, label, granted, version } => {
                    let (at, message) = (self.entry.at, self.contact.heard);
                    let consent = Consent { label, granted, at, version, message, contact: None };
                    if !consent::keep(&mut self.contact.consents, &purpose, consent.clone()) {
                        let contact = self.contact.id;
                        tracing::warn!(%contact, purpose, "the customer has answered for too many purposes");
                    }
                    self.entry.consents.push(Consented { node, purpose, consent });
                }
                Effect::Language { language } => self.contact.language = Some(language),
                Effect::Handoff { queue, timeout, .. } => self.open_case(queue, timeout),
            }
        }
        if typing || matches!(self.entry.event, JournalEvent::Wrote { .. }) {
            self.show(typing);
        }
        self.entry.run = Some(run.id.clone());
        self.entry.steps.extend(outcome.trail);
        let home = self.home.mark();
        if self.contact.home != home {
            self.contact.home = home;
            self.entry.home = Some(self.home.clone());
        }
        let stage = match &run.state {
            RunState::Waiting(wait) => {
                if let (Some(after), true) = (wait.timeout, wait.kind != WaitKind::Person && !goes_on) {
                    self.contact.outbox.arming = Some(Arming { wait: wait.number, after });
                }
                if let Some(until) = wait.until.filter(|_| !goes_on) {
                    self.wake_at(until, wait.number);
                }
                if wait.kind == WaitKind::Sent && !goes_on {
                    let mine = said.into_iter().filter(|(node, _)| *node == wait.node);
                    let pending = mine.map(|(_, seq)| seq).collect();
                    self.contact.outbox.step = Some(StepSends { pending, failed: None });
                }
                let node = run.place().unwrap_or(&wait.node).clone();
                RunStage::Waiting { node, wait: wait.number }
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
            trial,
        });
        self.keep_run(&run, first_turn == self.entry.number)
    }

    /// A run of this contact.
    pub fn run(&self, id: &RunId) -> Result<Option<Run>, Halt> {
        match self.tail.live_run(&of_contact(&TAILS, self.contact.id))? {
            Some(run) if run.id == *id => Ok(Some(run)),
            _ => self.turn.get(&RUNS, &of_contact(&RUNS, self.contact.id).text(id.as_str())),
        }
    }

    /// Keeps where a run stands: while it waits in the tail, which the turn writes anyway. One that is over,
    /// or has grown large, has a row, and stays there.
    pub fn keep_run(&mut self, run: &Run, begun: bool) -> Result<(), Halt> {
        let key = |run: &Run| of_contact(&RUNS, self.contact.id).text(run.id.as_str());
        let in_tail = self.tail.live_run(&of_contact(&TAILS, self.contact.id))?;
        if let (true, Some(stopped)) = (begun, &in_tail) {
            // From outside: it stays as it stood.
            self.turn.put(&RUNS, key(stopped), stopped);
        }
        let stays = run.wait().is_some() && (begun || in_tail.is_some());
        if !self.tail.set_live_run(Some(run).filter(|_| stays)) {
            self.turn.put(&RUNS, key(run), run);
        }
        Ok(())
    }

    /// Has the flow say something, after what is already waiting to be said.
    fn say(&mut self, node: NodeId, content: Content, delivery: Delivery) -> u64 {
        let seq = self.write(Author::Bot { node }, Direction::queued(content, delivery));
        self.contact.outbox.waiting.push_back(seq);
        seq
    }

    /// Starts the time of a wait: its last message has been taken by the provider.
    pub fn arm(&mut self, arming: Arming) {
        self.wake_at(self.turn.now() + arming.after, arming.wait);
    }

    /// Has a wait be over at this moment.
    pub fn wake_at(&mut self, due: Timestamp, wait: u64) {
        let entity = self.entity();
        self.turn.set_timer(&entity, due, WAIT_TIMER, &ContactEvent::WaitOver { wait });
        self.contact.wait_timer = Some((due, wait));
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

/// Puts tags on the customer and takes some off. Those for which there was no room.
pub(crate) fn change_tags(tags: &mut BTreeSet<String>, add: Vec<String>, remove: &[String]) -> Vec<String> {
    tags.retain(|tag| !remove.contains(tag));
    let mut left = Vec::new();
    for tag in add {
        if tags.len() < MAX_TAGS || tags.contains(&tag) {
            tags.insert(tag);
        } else {
            left.push(tag);
        }
    }
    left
}
