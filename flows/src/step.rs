//! The step loop: a run, an event and the facts become the next run and what to do.

mod context;
mod trace;

use std::borrow::Cow;

use cauce_model::{Duration, Effect, FlowId, InboundContent, NodeId, RunId, Timestamp};
use indexmap::IndexMap;
use serde_json::Value;

pub use self::context::Context;
use self::context::Done;
use self::trace::Trace;
pub use self::trace::{Changed, Evaluated, Evaluation, Explained};
use crate::Program;
use crate::kind::{Resume, Role};
use crate::program::Compiled;
use crate::run::{Event, Facts, Opening, Outcome, Run, RunState, Visited, Wait, WaitKind};

/// The most steps in one turn: more is a loop.
pub const MAX_STEPS: usize = 100;
/// The most that is said in one turn, and the most messages for one thing that is said.
pub const MAX_SENDS: usize = 50;
/// The most flows that wait for one another.
pub const MAX_CALLS: usize = 8;
/// The most pieces of one answer; the next thing that is written is already another one.
const MAX_FRAGMENTS: usize = 20;
/// The exit of a step that would say something while the 24-hour window is closed.
pub const WINDOW_CLOSED: &str = "window_closed";
/// The exit of a step that calls a flow which is stopped.
pub(crate) const FAILED: &str = "failed";

/// What a step decides about the way on.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Leave by this exit.
    Go(String),
    /// Wait here. A wait that repeats a question is a new wait.
    Wait(WaitKind, Option<Duration>),
    /// Wait here until this moment.
    WaitUntil(Timestamp),
    /// Nothing changes: the wait goes on as it was, and what the step said is dropped.
    Stay,
    /// The run is over; or, in a flow that was called, the one that called goes on.
    End {
        /// What the end says of it.
        outcome: Option<String>,
    },
    /// Walk another flow, and come back with what it gives.
    Call {
        /// Which.
        flow: FlowId,
        /// With this data.
        params: IndexMap<String, Value>,
    },
    /// Ask again what the customer was asked; another wait goes on as it was. Only of a
    /// [`Role::Handler`] that the customer called.
    Repeat,
    /// Ask what was asked before that. Only of a handler that the customer called.
    Back,
    /// Begin the flow anew, with what is known. Only of a handler that the customer called.
    Restart,
}

impl Step {
    /// Leave by this exit.
    pub fn go(exit: impl Into<String>) -> Self {
        Self::Go(exit.into())
    }
}

/// Why a run cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{code}] {text}")]
pub struct Failure {
    /// Stable.
    pub code: String,
    /// A sentence for the team (Spanish).
    pub text: String,
}

impl Failure {
    /// A failure with this code and sentence.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into() }
    }
}

/// Starts a run at the program's first step.
pub fn start<'a>(
    program: &Program,
    id: RunId,
    facts: &Facts,
    opening: impl Into<Opening<'a>>,
) -> (Run, Outcome) {
    begin(program, id, facts, opening.into(), None)
}

/// As [`start`]; and of every step of the trail, what was worked out there.
pub fn start_explained(
    program: &Program,
    id: RunId,
    facts: &Facts,
    opening: Opening<'_>,
) -> (Run, Outcome, Vec<Explained>) {
    let trace = Trace::default();
    let (run, outcome) = begin(program, id, facts, opening, Some(&trace));
    let explained = trace.along(&outcome.trail);
    (run, outcome, explained)
}

fn begin(
    program: &Program,
    id: RunId,
    facts: &Facts,
    opening: Opening<'_>,
    trace: Option<&Trace>,
) -> (Run, Outcome) {
    let first = program.document().start.clone();
    let mut run = Run {
        id,
        flow: program.document().id.clone(),
        version: program.version().clone(),
        // Replaced below, whatever happens: every turn leaves the run waiting, ended or failed.
        state: RunState::Ended { outcome: None },
        vars: IndexMap::new(),
        waits: 0,
        memo: Value::Null,
        counts: IndexMap::new(),
        asked: Vec::new(),
        fragments: Vec::new(),
        frames: Vec::new(),
    };
    let mut walk = Walk::new(program, &mut run, facts, opening, trace);
    let collects = program.node(&first).and_then(|node| node.behaviour.collects());
    match (collects, opening) {
        (Some(time), Opening { content: Some(InboundContent::Text { body }), referral: None, .. }) => {
            walk.gather(first, body, time);
        }
        _ => walk.go(first, Coming::Enter),
    }
    let outcome = walk.outcome;
    (run, outcome)
}

/// Has a run that waits go on at a step of this program, which may be another version of its flow: it leaves the
/// flows that it called, and comes to the step as if from the one before it. Also, of every step of the trail,
/// what was worked out there.
pub(crate) fn enter(
    program: &Program,
    run: &mut Run,
    at: &NodeId,
    facts: &Facts,
) -> (Outcome, Vec<Explained>) {
    run.version = program.version().clone();
    run.leave_all();
    let trace = Trace::default();
    let mut walk = Walk::new(program, run, facts, Opening::default(), Some(&trace));
    walk.go(at.clone(), Coming::Enter);
    let outcome = walk.outcome;
    let explained = trace.along(&outcome.trail);
    (outcome, explained)
}

/// Gives an event to a run. An event that the run does not wait for changes nothing.
///
/// Never panics, and leaves the run waiting, ended or failed. A step that fails says nothing; what
/// earlier steps of the turn said stands.
pub fn step(program: &Program, run: &mut Run, event: Event<'_>, facts: &Facts) -> Outcome {
    go_on(program, run, event, facts, None)
}

/// As [`step`]; and of every step of the trail, what was worked out there.
pub fn step_explained(
    program: &Program,
    run: &mut Run,
    event: Event<'_>,
    facts: &Facts,
) -> (Outcome, Vec<Explained>) {
    let trace = Trace::default();
    let outcome = go_on(program, run, event, facts, Some(&trace));
    let explained = trace.along(&outcome.trail);
    (outcome, explained)
}

fn go_on(
    program: &Program,
    run: &mut Run,
    event: Event<'_>,
    facts: &Facts,
    trace: Option<&Trace>,
) -> Outcome {
    let Some(wait) = run.wait().cloned() else { return Outcome::default() };
    let mut walk = Walk::new(program, run, facts, Opening::default(), trace);
    let whole = InboundContent::Text { body: walk.run.fragments.join("\n") };
    walk.happen(wait, event, &whole);
    walk.outcome
}

/// How a turn comes to a step.
enum Coming<'a> {
    /// From the step before.
    Enter,
    /// What it waited for is here.
    Resume(Resume<'a>),
    /// To ask once more.
    Again,
    /// To ask what it asked before.
    Before,
    /// The flow that it called is over.
    Returned { outcome: Option<String>, data: IndexMap<String, Value> },
    /// The flow that it called was stopped.
    NotReturned(String),
}

/// Where a turn goes on.
enum Way {
    To(NodeId, Coming<'static>),
    /// Nowhere: the run waits, or is over.
    Stop,
}

/// A turn under way.
struct Walk<'a> {
    program: &'a Program,
    run: &'a mut Run,
    /// As the steps before left them.
    facts: Cow<'a, Facts>,
    /// With what the run starts, in the turn that starts it.
    opening: Opening<'a>,
    outcome: Outcome,
    sends: usize,
    /// Where it is taken down what steps work out, when somebody looks.
    trace: Option<&'a Trace>,
}

impl<'a> Walk<'a> {
    fn new(
        program: &'a Program,
        run: &'a mut Run,
        facts: &'a Facts,
        opening: Opening<'a>,
        trace: Option<&'a Trace>,
    ) -> Self {
        let (facts, outcome) = (Cow::Borrowed(facts), Outcome::default());
        Self { program, run, facts, opening, outcome, sends: 0, trace }
    }

    /// What happens to a run that waits. `whole` is all that was written so far of an answer in pieces.
    fn happen(&mut self, wait: Wait, event: Event<'a>, whole: &'a InboundContent) {
        use WaitKind::{Answer, Call, Delay, Person, Sent};
        if let (Event::Answer(content), true) = (event, wait.kind.hears_commands())
            && let Some((depth, node)) = self.program.commanded_in(&self.run.frames, content)
        {
            return self.command(&wait, depth, &node);
        }
        let here = self.program.within(&self.run.frames).and_then(|program| program.node(&wait.node));
        let collects = here.and_then(|node| node.behaviour.collects());
        if let (Answer, Event::Answer(InboundContent::Text { body }), Some(time)) =
            (wait.kind, event, collects)
            && self.run.fragments.len() < MAX_FRAGMENTS
        {
            return self.gather(wait.node, body, time);
        }
        let pieces = std::mem::take(&mut self.run.fragments);
        let why = match (wait.kind, event) {
            (Answer, Event::TimedOut) if !pieces.is_empty() => Resume::Answer(whole),
            (Answer, Event::Answer(content)) if content.is_said() => Resume::Answer(content),
            (Answer | WaitKind::Event, Event::TimedOut) if wait.timeout.is_some() => Resume::TimedOut,
            (Delay | Sent, Event::TimedOut) => Resume::TimedOut,
            (Person, Event::HandoffResolved { .. }) => Resume::Resolved,
            (Person, Event::HandoffTimedOut) => Resume::TimedOut,
            (Call, Event::Called(outcome)) => Resume::Called(outcome),
            (Sent, Event::Sent) => Resume::Sent,
            (Sent, Event::Unsent { code }) => Resume::Unsent(code),
            (WaitKind::Event, Event::Happened { name, data }) => Resume::Happened { name, data },
            _ => {
                self.run.fragments = pieces;
                return;
            }
        };
        match (here.map(|node| node.meta.role), why) {
            // The first message of all came in pieces.
            (Some(Role::Start), Resume::Answer(content)) => {
                self.opening = Some(if pieces.is_empty() { content } else { whole }).into();
                self.go(wait.node, Coming::Enter);
            }
            (_, why) => self.go(wait.node, Coming::Resume(why)),
        }
    }

    /// One more piece of an answer: the next may come.
    fn gather(&mut self, node: NodeId, piece: &str, time: Duration) {
        self.run.fragments.push(piece.to_owned());
        let memo = std::mem::take(&mut self.run.memo);
        self.wait(node, WaitKind::Answer, Some(time), None, memo);
    }

    /// Goes on from step to step until the run waits or is over.
    fn go(&mut self, first: NodeId, coming: Coming<'_>) {
        let mut way = self.visit(&first, coming);
        for _ in 1..MAX_STEPS {
            match way {
                Way::To(at, coming) => way = self.visit(&at, coming),
                Way::Stop => return,
            }
        }
        if let Way::To(at, _) = way {
            let text = format!("El flujo dio {MAX_STEPS} pasos sin esperar nada: está dando vueltas.");
            self.run.frames.clear();
            self.stop(at, Failure::new("loop", text));
        }
    }

    fn visit(&mut self, at: &NodeId, coming: Coming<'_>) -> Way {
        let program = self.program.within(&self.run.frames);
        let Some((program, node)) = program.and_then(|program| Some((program, program.node(at)?))) else {
            let text = format!("El paso «{at}» no existe en esta versión del flujo.");
            return self.catch(at, Failure::new("flow.node_missing", text));
        };
        let closed = matches!(coming, Coming::Enter) && !self.facts.is_window_open();
        if let Some(target) = node.exits.get(WINDOW_CLOSED).filter(|_| closed) {
            self.visited(at, Some(WINDOW_CLOSED));
            return Way::To(target.clone(), Coming::Enter);
        }
        match self.attend(program, self.run, at, node, coming) {
            Ok(done) => self.follow(program, at, node, done),
            Err(failure) => self.catch(at, failure),
        }
    }

    /// Has a step act.
    fn attend(
        &self,
        program: &Program,
        run: &Run,
        at: &NodeId,
        node: &Compiled,
        coming: Coming<'_>,
    ) -> Result<Done, Failure> {
        let memo = match coming {
            Coming::Resume(_) | Coming::Again | Coming::Before => run.memo.clone(),
            _ => Value::Null,
        };
        let language = self.facts.contact.language.as_deref();
        let spoken = program.spoken(language).and_then(|name| node.spoken.get(name));
        let behaviour = spoken.map_or(&node.behaviour, |spoken| &spoken.behaviour);
        let mut cx = Context::new(program, run, &self.facts, at, spoken, self.opening, memo);
        cx.notes = self.trace.map(|_| Default::default());
        let step = match coming {
            Coming::Enter => behaviour.enter(&mut cx),
            Coming::Resume(why) => behaviour.resume(&mut cx, why),
            Coming::Again => behaviour.ask_again(&mut cx),
            Coming::Before => behaviour.ask_before(&mut cx).map(|step| step.unwrap_or(Step::Back)),
            Coming::Returned { outcome, data } => {
                behaviour.resume(&mut cx, Resume::Returned { outcome: outcome.as_deref(), data: &data })
            }
            Coming::NotReturned(code) => behaviour.resume(&mut cx, Resume::NotReturned(&code)),
        };
        let notes = cx.notes.take();
        let done = step.and_then(|step| self.within_limits(cx.done(step)));
        if let (Some(trace), Some(notes)) = (self.trace, notes) {
            trace.attended(self.outcome.trail.len(), run, at, notes.into_inner(), &done);
        }
        done
    }

    /// A turn says only so much.
    fn within_limits(&self, done: Done) -> Result<Done, Failure> {
        if self.sends + done.says > MAX_SENDS {
            let text = format!("El flujo quiso enviar más de {MAX_SENDS} mensajes seguidos.");
            return Err(Failure::new("too_many_sends", text));
        }
        Ok(done)
    }

    /// Keeps what a step did, and goes where it decided.
    fn follow(&mut self, program: &Program, at: &NodeId, node: &Compiled, done: Done) -> Way {
        let Done { step, effects, says, changes, memo, count } = done;
        if step == Step::Stay {
            return Way::Stop;
        }
        self.sends += says;
        self.decided(effects);
        self.run.vars.extend(changes);
        if let Some(count) = count {
            self.run.counts.insert(at.clone(), count);
        }
        match step {
            Step::Stay => Way::Stop,
            Step::Go(exit) => match node.exits.get(&exit) {
                Some(target) => {
                    self.visited(at, Some(&exit));
                    Way::To(target.clone(), Coming::Enter)
                }
                None => {
                    let text = format!("La salida «{exit}» del paso «{at}» no lleva a ningún lugar.");
                    self.catch_at(at, Some(&exit), Failure::new("flow.exit_missing", text))
                }
            },
            Step::Wait(kind, timeout) => {
                if kind == WaitKind::Answer && (self.program.goes_back() || program.goes_back()) {
                    self.run.ask(at);
                }
                self.wait(at.clone(), kind, timeout, None, memo);
                Way::Stop
            }
            Step::WaitUntil(moment) => {
                self.wait(at.clone(), WaitKind::Delay, None, Some(moment), memo);
                Way::Stop
            }
            Step::End { outcome } => {
                self.visited(at, None);
                self.run.memo = Value::Null;
                let Some((caller, mut data)) = self.run.leave() else {
                    self.run.state = RunState::Ended { outcome };
                    return Way::Stop;
                };
                data.retain(|name, _| program.document().returns.contains(name));
                Way::To(caller, Coming::Returned { outcome, data })
            }
            Step::Call { flow, params } => {
                if self.run.frames.len() >= MAX_CALLS {
                    let text = format!("Hay más de {MAX_CALLS} flujos que se llaman uno a otro.");
                    return self.catch(at, Failure::new("flow.too_deep", text));
                }
                let Some(called) = program.subflow(&flow) else {
                    let text = format!("El flujo «{flow}» no está en esta versión.");
                    return self.catch(at, Failure::new("flow.subflow_missing", text));
                };
                self.visited(at, None);
                self.run.enter(at.clone(), flow, params);
                Way::To(called.document().start.clone(), Coming::Enter)
            }
            // Nobody comes to a handler from a step: nothing was asked in between.
            Step::Repeat | Step::Back | Step::Restart => {
                let text = "Este paso solo responde a lo que escribe el cliente.";
                self.catch(at, Failure::new("flow.not_called", text))
            }
        }
    }

    /// What a step decided; what it changes of the customer the next step of the turn knows already.
    fn decided(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            match effect {
                Effect::Language { language } => {
                    self.facts.to_mut().contact.language = Some(language.clone());
                }
                Effect::Score { add } => {
                    let score = &mut self.facts.to_mut().contact.score;
                    *score = score.saturating_add(*add);
                }
                Effect::Consent { purpose, granted, .. } => {
                    self.facts.to_mut().contact.consents.insert(purpose.clone(), *granted);
                }
                _ => {}
            }
        }
        self.outcome.effects.extend(effects);
    }

    /// The customer called a step.
    fn command(&mut self, wait: &Wait, depth: usize, at: &NodeId) {
        let mut outer = self.run.clone();
        while outer.frames.len() > depth {
            outer.leave();
        }
        let program = self.program.within(&outer.frames);
        let Some((program, node)) = program.and_then(|program| Some((program, program.node(at)?))) else {
            return;
        };
        let done = self.attend(program, &outer, at, node, Coming::Enter);
        let way = match done {
            Ok(Done { step: step @ (Step::Repeat | Step::Back), effects, .. }) => {
                self.decided(effects);
                self.outcome.trail.push(visited(&outer, at, None));
                self.ask_anew(wait, step == Step::Back)
            }
            Ok(Done { step: Step::Restart, effects, .. }) => {
                *self.run = outer;
                self.decided(effects);
                self.visited(at, None);
                self.run.asked.clear();
                Way::To(program.document().start.clone(), Coming::Enter)
            }
            Ok(done) => {
                *self.run = outer;
                self.follow(program, at, node, done)
            }
            Err(failure) => {
                *self.run = outer;
                self.catch(at, failure)
            }
        };
        if let Way::To(at, coming) = way {
            self.run.fragments.clear();
            self.go(at, coming);
        } else if self.run.wait() != Some(wait) {
            self.run.fragments.clear();
        }
    }

    /// Asks what the run waits for, or what was asked before.
    fn ask_anew(&mut self, wait: &Wait, before: bool) -> Way {
        let asks = wait.kind == WaitKind::Answer;
        if before && asks {
            let program = self.program.within(&self.run.frames);
            if let Some((program, node)) =
                program.and_then(|program| Some((program, program.node(&wait.node)?)))
            {
                match self.attend(program, self.run, &wait.node, node, Coming::Before) {
                    Ok(Done { step: Step::Back, .. }) => {}
                    Ok(done) => return self.follow(program, &wait.node, node, done),
                    Err(failure) => return self.catch(&wait.node, failure),
                }
            }
            let asked = &mut self.run.asked;
            asked.pop_if(|last| *last == wait.node);
        }
        match self.run.asked.last().filter(|_| before) {
            Some(earlier) => Way::To(earlier.clone(), Coming::Enter),
            None if asks => Way::To(wait.node.clone(), Coming::Again),
            None => Way::Stop,
        }
    }

    fn wait(
        &mut self,
        node: NodeId,
        kind: WaitKind,
        timeout: Option<Duration>,
        until: Option<Timestamp>,
        memo: Value,
    ) {
        self.run.waits += 1;
        self.run.memo = memo;
        self.visited(&node, None);
        self.run.state = RunState::Waiting(Wait { number: self.run.waits, node, kind, timeout, until });
    }

    fn visited(&mut self, node: &NodeId, exit: Option<&str>) {
        let visited = visited(self.run, node, exit);
        self.outcome.trail.push(visited);
    }

    /// A step failed: the flow that called this one may know what to do.
    fn catch(&mut self, at: &NodeId, failure: Failure) -> Way {
        self.catch_at(at, None, failure)
    }

    fn catch_at(&mut self, at: &NodeId, exit: Option<&str>, failure: Failure) -> Way {
        self.visited(at, exit);
        let mut at = at.clone();
        while let Some((caller, _)) = self.run.leave() {
            at = caller;
            let program = self.program.within(&self.run.frames);
            if program
                .and_then(|program| program.node(&at))
                .is_some_and(|node| node.exits.contains_key(FAILED))
            {
                return Way::To(at, Coming::NotReturned(failure.code));
            }
        }
        self.run.memo = Value::Null;
        self.run.state = RunState::Failed { node: at, code: failure.code, text: failure.text };
        Way::Stop
    }

    /// The whole run is stopped.
    fn stop(&mut self, at: NodeId, failure: Failure) {
        self.visited(&at, None);
        self.run.memo = Value::Null;
        self.run.state = RunState::Failed { node: at, code: failure.code, text: failure.text };
    }
}

fn visited(run: &Run, node: &NodeId, exit: Option<&str>) -> Visited {
    let within = run.frames.last().map(|frame| frame.called.clone());
    Visited { node: node.clone(), exit: exit.map(str::to_owned), within }
}
