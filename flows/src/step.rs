//! The step loop: a run, an event and the facts become the next run and what to do.

use cauce_model::{Content, Duration, Effect, InboundContent, NodeId, QueueId, RunId};
use indexmap::IndexMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fields::{Expression, Name, Template};
use crate::kind::Resume;
use crate::run::{Event, Facts, Outcome, Run, RunState, Visited, Wait, WaitKind};
use crate::{Program, limits, words};

/// The most steps in one turn: more is a loop.
pub const MAX_STEPS: usize = 100;
/// The most messages in one turn.
pub const MAX_SENDS: usize = 50;

/// What a step decides about the way on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Leave by this exit.
    Go(String),
    /// Wait here. A wait that repeats a question is a new wait.
    Wait(WaitKind, Option<Duration>),
    /// Nothing changes: the wait goes on as it was, and what the step said is dropped.
    Stay,
    /// The run is over.
    End {
        /// What the end says of it.
        outcome: Option<String>,
    },
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
pub fn start(
    program: &Program,
    id: RunId,
    facts: &Facts,
    content: Option<&InboundContent>,
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
    };
    let outcome = walk(program, &mut run, facts, first, Entry { why: None, opening: content });
    (run, outcome)
}

/// Gives an event to a run. An event that the run does not wait for changes nothing.
///
/// Never panics, and leaves the run waiting, ended or failed. A step that fails says nothing; what
/// earlier steps of the turn said stands.
pub fn step(program: &Program, run: &mut Run, event: Event<'_>, facts: &Facts) -> Outcome {
    let Some(wait) = run.wait() else { return Outcome::default() };
    let why = match (wait.kind, event) {
        (WaitKind::Answer, Event::Answer(content)) if is_answer(content) => Resume::Answer(content),
        (WaitKind::Answer, Event::TimedOut) if wait.timeout.is_some() => Resume::TimedOut,
        (WaitKind::Delay, Event::TimedOut) => Resume::TimedOut,
        (WaitKind::Person, Event::HandoffResolved { .. }) => Resume::Resolved,
        (WaitKind::Person, Event::HandoffTimedOut) => Resume::TimedOut,
        _ => return Outcome::default(),
    };
    let node = wait.node.clone();
    walk(program, run, facts, node, Entry { why: Some(why), opening: None })
}

/// A thumbs-up under a message, or news from the network, is no answer to a question.
fn is_answer(content: &InboundContent) -> bool {
    !matches!(content, InboundContent::Unsupported { kind, .. }
        if matches!(kind.as_str(), "reaction" | "system" | "edit" | "revoke" | "request_welcome"))
}

/// How a turn comes to its first step.
struct Entry<'a> {
    /// What ended the wait; `None` for a run that starts.
    why: Option<Resume<'a>>,
    /// The message that started the run.
    opening: Option<&'a InboundContent>,
}

fn walk(program: &Program, run: &mut Run, facts: &Facts, first: NodeId, entry: Entry<'_>) -> Outcome {
    let Entry { mut why, opening } = entry;
    let mut outcome = Outcome::default();
    let mut sends = 0;
    let mut at = first;
    for _ in 0..MAX_STEPS {
        let Some(node) = program.node(&at) else {
            let text = format!("El paso «{at}» no existe en esta versión del flujo.");
            return fail(run, outcome, at, Failure::new("flow.node_missing", text));
        };
        let memo = if why.is_some() { run.memo.clone() } else { Value::Null };
        let (effects, changes) = Default::default();
        let mut cx = Context { program, run, facts, opening, node: &at, effects, changes, memo };
        let decided = match why.take() {
            Some(why) => node.behaviour.resume(&mut cx, why),
            None => node.behaviour.enter(&mut cx),
        };
        let Context { effects, changes, memo, .. } = cx;
        let step = match decided {
            Ok(Step::Stay) => return outcome,
            Ok(step) => step,
            Err(failure) => return fail(run, outcome, at, failure),
        };
        sends += effects.iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
        if sends > MAX_SENDS {
            let text = format!("El flujo quiso enviar más de {MAX_SENDS} mensajes seguidos.");
            return fail(run, outcome, at, Failure::new("too_many_sends", text));
        }
        outcome.effects.extend(effects);
        run.vars.extend(changes);
        match step {
            Step::Go(exit) => {
                let target = node.exits.get(&exit).cloned();
                outcome.trail.push(Visited { node: at.clone(), exit: Some(exit.clone()) });
                match target {
                    Some(target) => at = target,
                    None => {
                        let text = format!("La salida «{exit}» del paso «{at}» no lleva a ningún lugar.");
                        run.state = RunState::Failed { node: at, code: "flow.exit_missing".to_owned(), text };
                        return outcome;
                    }
                }
            }
            Step::Wait(kind, timeout) => {
                run.waits += 1;
                run.memo = memo;
                run.state = RunState::Waiting(Wait { number: run.waits, node: at.clone(), kind, timeout });
                outcome.trail.push(Visited { node: at, exit: None });
                return outcome;
            }
            Step::End { outcome: result } => {
                run.memo = Value::Null;
                run.state = RunState::Ended { outcome: result };
                outcome.trail.push(Visited { node: at, exit: None });
                return outcome;
            }
            Step::Stay => return outcome,
        }
    }
    let text = format!("El flujo dio {MAX_STEPS} pasos sin esperar nada: está dando vueltas.");
    fail(run, outcome, at, Failure::new("loop", text))
}

fn fail(run: &mut Run, mut outcome: Outcome, node: NodeId, failure: Failure) -> Outcome {
    outcome.trail.push(Visited { node: node.clone(), exit: None });
    run.memo = Value::Null;
    run.state = RunState::Failed { node, code: failure.code, text: failure.text };
    outcome
}

/// What a step sees and does during its moment. What it says and sets counts only if it succeeds.
pub struct Context<'a> {
    program: &'a Program,
    run: &'a Run,
    facts: &'a Facts,
    node: &'a NodeId,
    opening: Option<&'a InboundContent>,
    effects: Vec<Effect>,
    changes: IndexMap<String, Value>,
    memo: Value,
}

impl Context<'_> {
    /// What the turn knows of the world.
    pub fn facts(&self) -> &Facts {
        self.facts
    }

    /// The message that started the run, in the turn that starts it.
    pub fn opening(&self) -> Option<&InboundContent> {
        self.opening
    }

    /// A variable, as this step left it.
    pub fn var(&self, name: &str) -> Option<&Value> {
        self.changes.get(name).or_else(|| self.run.vars.get(name))
    }

    /// Writes a variable.
    pub fn set(&mut self, name: &Name, value: Value) {
        self.changes.insert(name.0.clone(), value);
    }

    /// The text with its expressions worked out, cut to `max` characters.
    ///
    /// # Errors
    /// When an expression fails: a text is never said in part.
    pub fn text(&self, template: &Template, max: usize) -> Result<String, Failure> {
        Ok(limits::cut(self.program.scripts().text(template.source(), self)?, max))
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// When it fails, or gives something else than a text, a number, true, false or nothing.
    pub fn value(&self, expression: &Expression) -> Result<Value, Failure> {
        self.program.scripts().value(expression.source(), self)
    }

    /// Whether a condition holds; nothing (an unset variable) counts as false.
    ///
    /// # Errors
    /// When it fails, or is neither true nor false.
    pub fn holds(&self, condition: &Expression) -> Result<bool, Failure> {
        match self.value(condition)? {
            Value::Bool(holds) => Ok(holds),
            Value::Null => Ok(false),
            _ => Err(Failure::new(
                "expr.not_a_condition",
                format!("La condición «{}» no dio verdadero ni falso.", condition.source()),
            )),
        }
    }

    /// Says something.
    ///
    /// # Errors
    /// When WhatsApp would refuse it, as an empty text.
    pub fn say(&mut self, content: Content) -> Result<(), Failure> {
        if content.preview().trim().is_empty() && !matches!(content, Content::Image { .. }) {
            return Err(Failure::new("limit.empty_text", "El texto del mensaje quedó vacío."));
        }
        if let Err(broken) = limits::check(&content) {
            let text = format!(
                "WhatsApp no acepta este mensaje: hay {} y se permite de {} a {} ({}).",
                broken.actual, broken.min, broken.max, broken.what
            );
            return Err(Failure::new(broken.what, text));
        }
        self.effects.push(Effect::Send { node: self.node.clone(), content });
        Ok(())
    }

    /// Asks for a person.
    pub fn hand_off(&mut self, queue: QueueId, timeout: Option<Duration>) {
        self.effects.push(Effect::Handoff { node: self.node.clone(), queue, timeout });
    }

    /// The id to send out with an option of the question that this step is about to ask.
    pub fn option_id(&self, option: &str) -> String {
        format!("{}.{}.{option}", self.run.id, self.run.waits + 1)
    }

    /// Which option an answer means. A tap counts by id only when it is on the question now open;
    /// any other (an old button, another run's) is read by its title, as typed text is.
    pub fn chosen<'o, I>(&self, answer: &InboundContent, options: I) -> Option<usize>
    where
        I: IntoIterator<Item = (&'o str, &'o str)> + Clone,
    {
        if let InboundContent::Choice { id, .. } = answer {
            let prefix = format!("{}.{}.", self.run.id, self.run.waits);
            let option = id.strip_prefix(&prefix);
            let known = option.and_then(|id| options.clone().into_iter().position(|o| o.0 == id));
            if known.is_some() {
                return known;
            }
        }
        words::choose(answer.text()?, options.into_iter().map(|option| option.1))
    }

    /// What this step kept at its last wait; the default when it enters.
    pub fn memo<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_value(self.memo.clone()).unwrap_or_default()
    }

    /// Keeps something until this wait is over.
    pub fn keep<T: Serialize>(&mut self, memo: &T) {
        self.memo = serde_json::to_value(memo).unwrap_or_default();
    }
}
