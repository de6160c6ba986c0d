//! A scenario played: what is not as expected, and which ways were gone; or written down as it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use super::diff::{Line, Sign, compare, is_as};
use super::file::{Ended, Expected, Mock, Says, Scenario, Scenarios};
use super::read::{place_of, place_of_step};
use super::talk::{Cannot, Happened, Talk};
use crate::run::{Run, RunState, Visited};
use crate::yaml::child;
use crate::{Problem, Program};

/// What is not as a scenario expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What, and where in the scenario file. Codes begin with `test.`.
    pub problem: Problem,
    /// What was expected beside what came.
    pub diff: Vec<Line>,
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// Its name.
    pub name: String,
    /// The line at which it begins.
    pub line: Option<u32>,
    /// What was not as expected. A scenario stops where the first thing is not.
    pub failures: Vec<Failure>,
    /// The steps it went through, with their exits, over all runs.
    pub trail: Vec<Visited>,
}

impl Ran {
    /// Whether all was as expected.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty()
    }
}

impl Scenarios {
    /// Plays every scenario, in order.
    pub fn run(&self, program: &Arc<Program>) -> Vec<Ran> {
        self.scenarios
            .iter()
            .enumerate()
            .map(|(at, scenario)| Play::new(self, program, at, scenario).run())
            .collect()
    }

    /// The same file with what happens written down: what was expected and is so stays as it is, what is not
    /// is replaced, and a step that expects nothing gets all there is to expect. Beside it, what could not
    /// happen at all.
    pub fn updated(&self, program: &Arc<Program>) -> (Self, Vec<Failure>) {
        let mut updated = self.clone();
        let mut failures = Vec::new();
        for (at, scenario) in self.scenarios.iter().enumerate() {
            let (scenario, failed) = Play::new(self, program, at, scenario).written();
            updated.scenarios[at] = scenario;
            failures.extend(failed);
        }
        (updated, failures)
    }
}

/// A scenario being played.
struct Play<'a> {
    file: &'a Scenarios,
    at: usize,
    scenario: &'a Scenario,
    talk: Talk,
    said: Vec<String>,
    trail: Vec<Visited>,
}

impl<'a> Play<'a> {
    fn new(file: &'a Scenarios, program: &Arc<Program>, at: usize, scenario: &'a Scenario) -> Self {
        let mocks: Vec<Mock> = scenario.mocks.iter().chain(&file.mocks).cloned().collect();
        let talk = Talk::new(program, file.facts(scenario), mocks);
        Self { file, at, scenario, talk, said: Vec::new(), trail: Vec::new() }
    }

    fn run(mut self) -> Ran {
        let mut failures = Vec::new();
        for (i, step) in self.scenario.steps.iter().enumerate() {
            let at = place_of_step(self.at, i);
            let Some(act) = step.act() else { continue };
            match self.act(&act) {
                Ok(happened) => failures = self.judged(&step.expected, &happened, &at),
                Err(cannot) => failures.push(self.impossible(cannot, &at)),
            }
            if !failures.is_empty() {
                break;
            }
        }
        if let Some(expected) = self.scenario.expect.as_ref().filter(|_| failures.is_empty()) {
            failures = self.judged(expected, &self.whole(), &child(&place_of(self.at), "expect"));
        }
        let name = self.scenario.name.clone();
        let line = self.file.places.value(&place_of(self.at)).map(|(line, _)| line);
        Ran { name, line, failures, trail: self.trail }
    }

    fn act(&mut self, act: &super::talk::Act) -> Result<Happened, Cannot> {
        let happened = self.talk.act(act)?;
        self.said.extend(happened.said.iter().cloned());
        self.trail.extend(happened.trail.iter().cloned());
        Ok(happened)
    }

    /// All that happened: what was said ever, and the way of the last run.
    fn whole(&self) -> Happened {
        Happened { said: self.said.clone(), trail: self.talk.rehearsal().trail().to_vec(), too_late: 0 }
    }

    fn impossible(&self, cannot: Cannot, at: &str) -> Failure {
        let problem = Problem::error(cannot.code, cannot.message, cannot.help).at(&self.file.places, at);
        Failure { problem, diff: Vec::new() }
    }

    /// What is not as expected, after something happened.
    fn judged(&self, expected: &Expected, happened: &Happened, at: &str) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut fail = |what: &str, message: String, help: String, diff: Vec<Line>| {
            let problem = Problem::error(format!("test.{what}"), message, help);
            failures.push(Failure { problem: problem.at(&self.file.places, &child(at, what)), diff });
        };
        if let Some(Says(says)) = expected.says.as_ref().filter(|says| !is_as(&says.0, &happened.said)) {
            let help = match happened.too_late {
                0 => String::new(),
                _ => "Algo no llegó: el cliente escribió hace más de 24 horas.".to_owned(),
            };
            let diff = compare(says, &happened.said);
            fail("says", "No dijo lo que se esperaba.".to_owned(), help, diff);
        }
        if let Some(data) = &expected.data {
            let vars = self.talk.rehearsal().vars();
            let came = |name: &String| vars.get(name).unwrap_or(&Value::Null);
            let wrong: Vec<_> = data.iter().filter(|(name, value)| !is_same(value, came(name))).collect();
            if let [(first, _), ..] = wrong[..] {
                let message = match wrong.len() {
                    1 => format!("«{first}» no vale lo que se esperaba."),
                    n => format!("{n} datos no valen lo que se esperaba."),
                };
                let lines = wrong.iter().flat_map(|(name, value)| {
                    let written = |sign, value: &Value| Line { sign, text: format!("{name}: {value}") };
                    [written(Sign::Expected, value), written(Sign::Came, came(name))]
                });
                fail("data", message, String::new(), lines.collect());
            }
        }
        if let Some(tags) = &expected.tags {
            let tags: BTreeSet<&String> = tags.iter().collect();
            let came: BTreeSet<&String> = self.talk.rehearsal().facts().contact.tags.iter().collect();
            if tags != came {
                let list = |tags: BTreeSet<&String>| tags.into_iter().cloned().collect::<Vec<_>>();
                let diff = compare(&list(tags), &list(came));
                fail("tags", "El cliente no tiene esas etiquetas.".to_owned(), String::new(), diff);
            }
        }
        let consents = &self.talk.rehearsal().facts().contact.consents;
        if let Some(expected) = expected.consents.as_ref().filter(|expected| *expected != consents) {
            let list = |consents: &BTreeMap<String, bool>| {
                consents.iter().map(|(purpose, granted)| format!("{purpose}: {granted}")).collect::<Vec<_>>()
            };
            let diff = compare(&list(expected), &list(consents));
            fail("consents", "El cliente no permitió eso.".to_owned(), String::new(), diff);
        }
        if let Some(path) = &expected.path {
            let came = path_of(&happened.trail);
            if !is_as(path, &came) {
                let message = "No pasó por esos pasos.".to_owned();
                fail("path", message, String::new(), compare(path, &came));
            }
        }
        self.judge_state(expected, &mut fail);
        failures
    }

    fn judge_state(&self, expected: &Expected, fail: &mut impl FnMut(&str, String, String, Vec<Line>)) {
        let stands = || self.talk.stands();
        let state = self.talk.rehearsal().state();
        if let Some(at) = &expected.at
            && self.talk.rehearsal().run().and_then(Run::place).is_none_or(|place| place.as_str() != at)
        {
            fail("at", format!("No espera en «{at}»."), stands(), Vec::new());
        }
        let ended = match state {
            Some(RunState::Ended { outcome }) => Some(outcome.as_deref()),
            _ => None,
        };
        match &expected.ended {
            Some(Ended::Not) if ended.is_some() => {
                fail("ended", "Ya terminó.".to_owned(), stands(), Vec::new());
            }
            Some(Ended::Anyhow) if ended.is_none() => {
                fail("ended", "No terminó.".to_owned(), stands(), Vec::new());
            }
            Some(Ended::With(outcome)) if ended != Some(Some(outcome)) => {
                fail("ended", format!("No terminó con «{outcome}»."), stands(), Vec::new());
            }
            _ => {}
        }
        let stopped = match state {
            Some(RunState::Failed { code, .. }) => Some(code),
            _ => None,
        };
        match (&expected.stopped, stopped) {
            (Some(code), came) if came != Some(code) => {
                fail("stopped", format!("No se detuvo por «{code}»."), stands(), Vec::new());
            }
            (None, Some(_)) => {
                let message = "El flujo no pudo seguir.".to_owned();
                fail("stopped", message, stands(), Vec::new());
            }
            _ => {}
        }
    }

    /// The scenario as it happens.
    fn written(mut self) -> (Scenario, Vec<Failure>) {
        let mut scenario = self.scenario.clone();
        for (i, step) in self.scenario.steps.iter().enumerate() {
            let Some(act) = step.act() else { continue };
            let vars = self.talk.rehearsal().vars();
            match self.act(&act) {
                Ok(happened) => {
                    let blank = step.expected == Expected::default();
                    let changed = self.changed(&vars);
                    scenario.steps[i].expected = self.corrected(&step.expected, &happened, blank, changed);
                }
                Err(cannot) => {
                    let failure = self.impossible(cannot, &place_of_step(self.at, i));
                    return (scenario, vec![failure]);
                }
            }
        }
        if let Some(expected) = &self.scenario.expect {
            scenario.expect = Some(self.corrected(expected, &self.whole(), false, Map::new()));
        }
        (scenario, Vec::new())
    }

    /// The data that are new or otherwise than before.
    fn changed(&self, before: &indexmap::IndexMap<String, Value>) -> Map<String, Value> {
        let vars = self.talk.rehearsal().vars();
        vars.into_iter().filter(|(name, value)| before.get(name) != Some(value)).collect()
    }

    /// What is expected, put right; of a blank step all there is.
    fn corrected(
        &self,
        expected: &Expected,
        happened: &Happened,
        blank: bool,
        changed: Map<String, Value>,
    ) -> Expected {
        let mut right = expected.clone();
        let state = self.talk.rehearsal().state();
        let is_wrong = expected.says.as_ref().is_some_and(|says| !is_as(&says.0, &happened.said));
        if is_wrong || (blank && !happened.said.is_empty()) {
            right.says = Some(Says(happened.said.clone()));
        }
        if let Some(data) = &mut right.data {
            let vars = self.talk.rehearsal().vars();
            for (name, value) in data {
                let came = vars.get(name).cloned().unwrap_or_default();
                if !is_same(value, &came) {
                    *value = came;
                }
            }
        } else if blank && !changed.is_empty() {
            right.data = Some(changed);
        }
        if let Some(tags) = &mut right.tags {
            *tags = self.talk.rehearsal().facts().contact.tags.iter().cloned().collect();
        }
        if let Some(consents) = &mut right.consents {
            consents.clone_from(&self.talk.rehearsal().facts().contact.consents);
        }
        if let Some(path) = right.path.as_mut().filter(|path| !is_as(path, &path_of(&happened.trail))) {
            *path = path_of(&happened.trail);
        }
        let wants_state =
            blank || expected.at.is_some() || expected.ended.is_some() || expected.stopped.is_some();
        // A step after which nothing else is said of it may still have stopped the run.
        if wants_state || matches!(state, Some(RunState::Failed { .. })) {
            let fits = self.judged(&Expected { says: None, ..state_of(expected) }, happened, "").is_empty();
            if blank || !fits {
                (right.at, right.ended, right.stopped) = match state {
                    None => (None, None, None),
                    Some(RunState::Waiting(_)) => {
                        let place = self.talk.rehearsal().run().and_then(Run::place);
                        (place.map(ToString::to_string), None, None)
                    }
                    Some(RunState::Ended { outcome: None }) => (None, Some(Ended::Anyhow), None),
                    Some(RunState::Ended { outcome: Some(outcome) }) => {
                        (None, Some(Ended::With(outcome.clone())), None)
                    }
                    Some(RunState::Failed { code, .. }) => (None, None, Some(code.clone())),
                };
            }
        }
        right
    }
}

/// Only what is expected of where the run stands.
fn state_of(expected: &Expected) -> Expected {
    let Expected { at, ended, stopped, .. } = expected.clone();
    Expected { at, ended, stopped, ..Expected::default() }
}

/// Whether two values say the same: 5 and 5.0 do.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| is_same(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(key, x)| y.get(key).is_some_and(|y| is_same(x, y)))
        }
        _ => a == b,
    }
}

/// The steps of a trail, without those of flows that were called; one that waits is there again when the wait
/// is over, and is told once.
fn path_of(trail: &[Visited]) -> Vec<String> {
    let trail: Vec<&Visited> = trail.iter().filter(|step| step.within.is_none()).collect();
    let again = |at: usize, step: &Visited| {
        step.exit.is_none() && trail.get(at + 1).is_some_and(|next| next.node == step.node)
    };
    let told = trail.iter().enumerate().filter(|(at, step)| !again(*at, step));
    told.map(|(_, step)| step.node.to_string()).collect()
}
