//! A conversation with a flow and nothing else: no store, no channel, no clock but the one that is
//! moved by hand. What it says and where it goes is what production would say and do, because it is
//! the same step loop.

use std::sync::Arc;

use cauce_model::{
    Content, Duration, Effect, HttpOutcome, HttpRequest, InboundContent, Referral, RunId, Timestamp,
};
use indexmap::IndexMap;
use serde_json::Value;

use crate::run::{Event, Facts, Opening, Outcome, Run, RunState, Visited, Wait, WaitKind};
use crate::{Program, Timetable, limits, start, step};

/// Delays up to this long pass by themselves: nobody rehearses a pause for breath.
const BREATH: Duration = Duration::seconds(30);
/// How often in a row that happens: a flow may go round such pauses for ever.
const MAX_BREATHS: usize = 20;
/// How many waits may end while time passes: a flow may go round those, too.
const MAX_DUE: usize = 200;

/// A flow being tried out.
#[derive(Clone)]
pub struct Rehearsal {
    program: Arc<Program>,
    facts: Facts,
    run: Option<Run>,
    runs: u64,
    due: Option<Timestamp>,
    /// The wait that is over then.
    due_of: u64,
    choices: Vec<Choice>,
    refuse: Option<String>,
    too_late: usize,
    watched: bool,
    call: Option<HttpRequest>,
    /// The steps of all runs.
    walked: Vec<Visited>,
    /// Where those of the present run begin.
    began: usize,
}

/// Something that can be tapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is written on it.
    pub title: String,
    id: String,
}

impl Rehearsal {
    /// A customer of whom these things are known, before they write anything.
    pub fn new(program: Arc<Program>, facts: Facts) -> Self {
        Self {
            program,
            facts,
            run: None,
            runs: 0,
            due: None,
            due_of: 0,
            choices: Vec::new(),
            refuse: None,
            too_late: 0,
            watched: false,
            call: None,
            walked: Vec::new(),
            began: 0,
        }
    }

    /// The customer says something. `None` when no run waits for it and it starts none.
    pub fn hear(&mut self, content: &InboundContent) -> Option<Vec<Effect>> {
        self.hear_through(content, None)
    }

    /// As [`Rehearsal::hear`], but an advertisement or a post led the customer here.
    pub fn hear_through(
        &mut self,
        content: &InboundContent,
        referral: Option<&Referral>,
    ) -> Option<Vec<Effect>> {
        self.facts.message += 1;
        self.facts.window_ends_at = self.facts.now + limits::WINDOW;
        if let Some(run) = self.run.as_ref().filter(|run| run.wait().is_some()) {
            let person = run.wait().is_some_and(|wait| wait.kind == WaitKind::Person);
            let anew = !person && self.program.breaks_in(content).is_some();
            if !anew || self.program.is_command(run, content) {
                return Some(self.happen(Event::Answer(content)));
            }
            // In this flow it stands for any other.
            return Some(self.begin(Opening { referral, ..Opening::from(Some(content)) }));
        }
        let opening = Opening { referral, ..Opening::from(Some(content)) };
        self.program.matches(opening, self.facts.message == 1)?;
        Some(self.begin(opening))
    }

    /// Another system tells of something. `None` when no run waits for it and it starts none.
    pub fn tell(&mut self, name: &str, data: &Value) -> Option<Vec<Effect>> {
        if self.waiting().is_some() {
            let outcome = self.give(Event::Happened { name, data })?;
            return Some(self.follow(outcome));
        }
        self.program.begins_by(name)?;
        Some(self.begin(Opening { data: Some(data), ..Opening::default() }))
    }

    fn begin(&mut self, opening: Opening<'_>) -> Vec<Effect> {
        self.runs += 1;
        let id: RunId = format!("{:016x}", self.runs).parse().expect("hexadecimal digits are an id");
        let (run, outcome) = start(&self.program, id, &self.facts, opening);
        self.run = Some(run);
        self.due_of = 0;
        self.began = self.walked.len();
        self.follow(outcome)
    }

    /// Time passes: what becomes due on the way happens at its moment, and at its hour the flow begins by itself
    /// with a customer whom that concerns. When too much happens, the time stops there: [`Facts::now`] says how
    /// far it came.
    pub fn pass(&mut self, by: Duration) -> Vec<Effect> {
        let until = self.facts.now + by;
        let mut effects = Vec::new();
        for _ in 0..MAX_DUE {
            let due = self.due.into_iter().chain(self.begins_at()).min();
            let Some(due) = due.filter(|due| *due <= until) else {
                self.facts.now = until;
                break;
            };
            self.facts.now = due;
            if self.waiting().is_none() {
                effects.extend(self.begin(Opening::default()));
                continue;
            }
            let person = self.waiting().is_some_and(|wait| wait.kind == WaitKind::Person);
            effects.extend(self.happen(if person { Event::HandoffTimedOut } else { Event::TimedOut }));
        }
        effects
    }

    /// Whether it begins by itself at its hour, with whomever.
    pub fn begins_by_itself(&self) -> bool {
        self.program.triggers().schedule.is_some()
    }

    /// When the flow begins by itself, while it does not run and the customer has the tag for that.
    fn begins_at(&self) -> Option<Timestamp> {
        let schedule = self.program.triggers().schedule.as_ref();
        let concerns = |schedule: &&Timetable| self.facts.contact.tags.contains(schedule.tag());
        let schedule = schedule.filter(|_| self.waiting().is_none()).filter(concerns)?;
        schedule.next(self.facts.now, &self.facts.zone)
    }

    /// Puts a tag on the customer.
    pub fn tag(&mut self, tag: &str) {
        self.facts.contact.tags.insert(tag.to_owned());
    }

    /// The server that the flow asked answers, or does not.
    pub fn answer(&mut self, outcome: &HttpOutcome) -> Vec<Effect> {
        self.happen(Event::Called(outcome))
    }

    /// A person takes the customer over who waits for one: the time for that is over no more.
    pub fn take_over(&mut self) {
        self.due = self.due.filter(|_| self.waiting().is_none_or(|wait| wait.kind != WaitKind::Person));
    }

    /// The person who looks after the customer is done.
    pub fn resolve(&mut self, agent: &str) -> Vec<Effect> {
        self.happen(Event::HandoffResolved { agent: Some(agent) })
    }

    /// What the next step says that wants to know whether it left will not arrive.
    pub fn refuse_next(&mut self, code: &str) {
        self.refuse = Some(code.to_owned());
    }

    /// The code with which something will not arrive, until it has not.
    pub fn refuses(&self) -> Option<&str> {
        self.refuse.as_deref()
    }

    /// How many messages did not arrive since this was last asked, because the customer wrote more than
    /// [`limits::WINDOW`] before.
    pub fn take_too_late(&mut self) -> usize {
        std::mem::take(&mut self.too_late)
    }

    /// Whether a step wanted to know, since this was last asked, if what it said left.
    pub fn take_watched(&mut self) -> bool {
        std::mem::take(&mut self.watched)
    }

    /// What the flow asks a server outside, while it waits for that.
    pub fn call(&self) -> Option<&HttpRequest> {
        self.call.as_ref().filter(|_| self.waiting().is_some_and(|wait| wait.kind == WaitKind::Call))
    }

    /// What can be tapped on what was said last, in its order.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// A tap on the choice at this place, from 0.
    pub fn tap(&self, at: usize) -> Option<InboundContent> {
        let choice = self.choices.get(at)?.clone();
        Some(InboundContent::Choice { id: choice.id, title: choice.title })
    }

    /// The run, once there is one.
    pub(crate) fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// What the run waits for.
    pub fn waiting(&self) -> Option<&Wait> {
        self.run.as_ref().and_then(Run::wait)
    }

    /// Where the run stands; `None` before the first.
    pub fn state(&self) -> Option<&RunState> {
        self.run.as_ref().map(|run| &run.state)
    }

    /// What the run has captured.
    pub fn vars(&self) -> IndexMap<String, Value> {
        self.run.as_ref().map(|run| run.data().clone()).unwrap_or_default()
    }

    /// What is known of the customer and the moment.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// When the present wait is over, if it ever is by itself.
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// The steps the run went through.
    pub fn trail(&self) -> &[Visited] {
        &self.walked[self.began..]
    }

    /// The steps that all runs went through, this one's last.
    pub fn walked(&self) -> &[Visited] {
        &self.walked
    }

    fn happen(&mut self, event: Event<'_>) -> Vec<Effect> {
        self.give(event).map(|outcome| self.follow(outcome)).unwrap_or_default()
    }

    /// One step loop; `None` when the run does not wait for this.
    fn give(&mut self, event: Event<'_>) -> Option<Outcome> {
        let outcome = step(&self.program, self.run.as_mut()?, event, &self.facts);
        Some(outcome).filter(|outcome| !outcome.trail.is_empty())
    }

    /// What production does around a turn, and the turns that come of themselves.
    fn follow(&mut self, outcome: Outcome) -> Vec<Effect> {
        let mut effects = self.settle(outcome);
        for _ in 0..MAX_BREATHS {
            let Some(wait) = self.waiting().cloned() else { break };
            self.watched |= wait.kind == WaitKind::Sent;
            let next = match (wait.kind, self.refuse.clone()) {
                (WaitKind::Sent, None) => self.give(Event::Sent),
                (WaitKind::Sent, Some(code)) => {
                    self.refuse = None;
                    // As if the first of them was refused: the rest is not sent.
                    effects
                        .retain(|effect| !matches!(effect, Effect::Send { node, .. } if *node == wait.node));
                    self.give(Event::Unsent { code: &code })
                }
                (WaitKind::Delay, _) if wait.until.is_none() => {
                    match wait.timeout.filter(|after| *after <= BREATH) {
                        Some(after) => {
                            self.facts.now = self.facts.now + after;
                            self.give(Event::TimedOut)
                        }
                        None => None,
                    }
                }
                _ => None,
            };
            let Some(outcome) = next else { break };
            effects.extend(self.settle(outcome));
        }
        effects
    }

    fn settle(&mut self, mut outcome: Outcome) -> Vec<Effect> {
        if !self.facts.is_window_open() {
            let said = outcome.effects.len();
            outcome.effects.retain(|effect| !matches!(effect, Effect::Send { .. } | Effect::React { .. }));
            self.too_late += said - outcome.effects.len();
            if said > outcome.effects.len() && self.waiting().is_some_and(|wait| wait.kind == WaitKind::Sent)
            {
                self.refuse.get_or_insert_with(|| "window_closed".to_owned());
            }
        }
        self.facts.seed = self.facts.seed.wrapping_add(1);
        self.walked.extend(outcome.trail);
        if outcome.effects.iter().any(|effect| matches!(effect, Effect::Send { .. })) {
            self.choices.clear();
        }
        let mut person_waits = None;
        for effect in &outcome.effects {
            match effect {
                Effect::Send { content, .. } => self.offer(content),
                Effect::Tag { add, remove } => {
                    self.facts.contact.tags.retain(|tag| !remove.contains(tag));
                    self.facts.contact.tags.extend(add.iter().cloned());
                }
                Effect::Language { language } => self.facts.contact.language = Some(language.clone()),
                Effect::Handoff { timeout, .. } => person_waits = *timeout,
                Effect::Http { request, .. } => self.call = Some(request.clone()),
                Effect::Score { add } => {
                    self.facts.contact.score = self.facts.contact.score.saturating_add(*add)
                }
                Effect::Consent { purpose, granted, .. } => {
                    self.facts.contact.consents.insert(purpose.clone(), *granted);
                }
                Effect::React { .. } | Effect::Typing | Effect::Goal { .. } | Effect::Rating { .. } => {}
            }
        }
        let number = self.waiting().map_or(0, |wait| wait.number);
        if number == self.due_of && number > 0 {
            // A word of the customer was answered, and the wait goes on as it was.
            return outcome.effects;
        }
        self.due_of = number;
        let after = self.waiting().and_then(|wait| match wait.kind {
            // That time is the Desk's, so the run does not know it.
            WaitKind::Person => person_waits,
            _ => wait.timeout,
        });
        let until = self.waiting().and_then(|wait| wait.until);
        self.due = until.or(after.map(|after| self.facts.now + after));
        outcome.effects
    }

    fn offer(&mut self, content: &Content) {
        let choice = |title: &str, id: &str| Choice { title: title.to_owned(), id: id.to_owned() };
        match content {
            Content::Buttons { buttons, .. } => {
                self.choices.extend(buttons.iter().map(|button| choice(&button.title, &button.id)));
            }
            Content::List { sections, .. } => {
                let rows = sections.iter().flat_map(|section| &section.rows);
                self.choices.extend(rows.map(|row| choice(&row.title, &row.id)));
            }
            _ => {}
        }
    }
}
