//! Values that the rules of a flow tell apart: what stands in its conditions, and what lies just beside.

use std::collections::HashSet;

use cauce_model::NodeId;
use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use crate::reading::time;
use crate::run::Facts;
use crate::scenario::probe::{Probe, Seen};
use crate::script::{ANSWER, CONTACT, Script};
use crate::{Program, typed};

/// The most values of one variable.
const MOST: usize = 80;
/// How far a value is followed back through what is worked out from other data.
const ROUNDS: usize = 4;
/// The longest text that is taken for a value, in characters.
const LONGEST: usize = 100;
/// Fields that name things and are compared with nothing.
const NAMES: [&str; 3] = ["id", "label", "name"];

/// The values of each variable, and what else the flow looks at.
#[derive(Debug, Default)]
pub(super) struct Values {
    of: IndexMap<String, IndexSet<String>>,
    /// Variables that decide something.
    pub(super) deciding: HashSet<String>,
    /// Steps whose expressions read anything.
    pub(super) reading: HashSet<NodeId>,
    /// Texts beside which the customer's own data are looked at.
    pub(super) contact: Option<IndexSet<String>>,
    /// Whether something depends on when it happens.
    pub(super) is_timed: bool,
}

impl Values {
    /// Of a flow and of those that it calls.
    pub(super) fn of(program: &Program, facts: &Facts) -> Self {
        let mut values = Self::default();
        values.gather(program, facts);
        values
    }

    fn gather(&mut self, program: &Program, facts: &Facts) {
        let values = self;
        // What is written from what.
        let mut flows = Vec::new();
        for (id, node) in &program.document().nodes {
            let mut found = Found { program, scripts: Vec::new(), codes: Vec::new(), plain: Vec::new() };
            node.config.iter().for_each(|(key, value)| found.walk(key, value));
            let mut reads = IndexSet::new();
            for script in &found.scripts {
                values.is_timed |= script.asks_when();
                for piece in script.pieces() {
                    let near: Vec<Value> = piece.literals.iter().flat_map(near).collect();
                    for name in piece.reads {
                        values.reading.insert(id.clone());
                        match name.as_str() {
                            ANSWER => {}
                            CONTACT => {
                                let texts = near.iter().filter_map(Value::as_str).map(str::to_owned);
                                values.contact.get_or_insert_default().extend(texts);
                            }
                            name => {
                                reads.insert(name.to_owned());
                                values.add(name, near.iter().chain(&found.plain));
                                values.add(name, &plain());
                            }
                        }
                    }
                }
            }
            for name in found.codes {
                values.reading.insert(id.clone());
                values.add(&name, &plain());
                reads.insert(name);
            }
            for (names, value) in told(program, id, facts) {
                for name in names {
                    values.reading.insert(id.clone());
                    values.add(&name, [&value]);
                    reads.insert(name);
                }
            }
            values.deciding.extend(reads.iter().cloned());
            let writes = program.node(id).map(|node| node.behaviour.writes()).unwrap_or_default();
            flows.extend(writes.into_iter().map(|write| (write.name, reads.clone())));
        }
        for _ in 0..ROUNDS {
            for (written, reads) in &flows {
                let wanted: Vec<Value> = values.get(written);
                reads.iter().for_each(|read| values.add(read, &wanted));
            }
        }
        // A flow calls none that calls it in turn.
        let called: Vec<&Program> =
            program.subflows().filter_map(|(flow, _)| program.subflow(flow)).collect();
        called.into_iter().for_each(|program| values.gather(program, facts));
    }

    fn add<'a>(&mut self, name: &str, more: impl IntoIterator<Item = &'a Value>) {
        let known = self.of.entry(name.to_owned()).or_default();
        for value in more.into_iter().take(MOST) {
            if known.len() < MOST {
                known.insert(value.to_string());
            }
        }
    }

    /// The values of a variable.
    pub(super) fn get(&self, name: &str) -> Vec<Value> {
        let known = self.of.get(name).into_iter().flatten();
        known.filter_map(|value| serde_json::from_str(value).ok()).collect()
    }
}

/// What any variable may be that something reads.
fn plain() -> [Value; 3] {
    [true.into(), false.into(), 250.into()]
}

/// What a step itself tells of the data it reads: names, and a value that leads somewhere.
fn told(program: &Program, id: &NodeId, facts: &Facts) -> Vec<(Vec<String>, Value)> {
    let Some(node) = program.node(id) else { return Vec::new() };
    let seen = Seen { document: program.document(), facts, memo: &Value::Null, values: &|_| Vec::new() };
    let scripts = program.scripts();
    let reads = |source: &str| -> Vec<String> {
        let script = scripts.scripts.get(source).into_iter().flat_map(|script| script.reads.iter());
        let script = script.map(|(name, _)| name.clone());
        let text = scripts.texts.get(source).into_iter().flat_map(|text| text.reads().map(str::to_owned));
        script.chain(text).filter(|name| name != CONTACT).collect()
    };
    let told = node.behaviour.probes(&seen).into_iter().filter_map(|probe| match probe {
        Probe::Value { of, value } => Some((reads(&of), value)),
        _ => None,
    });
    told.collect()
}

/// What stands in a config.
struct Found<'a> {
    program: &'a Program,
    scripts: Vec<&'a Script>,
    /// Variables that code reads.
    codes: Vec<String>,
    plain: Vec<Value>,
}

impl Found<'_> {
    fn walk(&mut self, key: &str, value: &Value) {
        match value {
            Value::String(text) => {
                let scripts = self.program.scripts();
                if let Some(script) = scripts.scripts.get(text) {
                    self.scripts.push(script);
                } else if let Some(code) = scripts.codes.get(text) {
                    self.codes.extend(code.reads.iter().map(|(name, _)| name.clone()));
                } else if !scripts.texts.contains_key(text) && !NAMES.contains(&key) {
                    self.plain.extend((text.chars().count() <= LONGEST).then(|| value.clone()));
                }
            }
            Value::Number(_) => self.plain.extend(near(value)),
            // Words that mean the same: one will do.
            Value::Array(items) if items.iter().all(Value::is_string) => {
                items.iter().take(1).for_each(|item| self.walk(key, item));
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(key, item)),
            Value::Object(fields) => fields.iter().for_each(|(key, field)| self.walk(key, field)),
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// A value, and those just beside it.
fn near(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(n), _) => [0, -1, 1].map(|by| Value::from(n.saturating_add(by))).to_vec(),
            (None, Some(x)) => vec![value.clone(), (x - 1.0).into(), (x + 1.0).into(), x.floor().into()],
            _ => Vec::new(),
        },
        Value::String(text) => {
            let clock = time(text).filter(|time| time.to_string() == *text);
            let minutes = clock.map(|time| i16::from(time.hour()) * 60 + i16::from(time.minute()));
            let beside = minutes.into_iter().flat_map(|at| [at - 1, at + 1]);
            let beside = beside.filter(|at| (0..24 * 60).contains(at));
            let beside = beside.map(|at| Value::from(format!("{:02}:{:02}", at / 60, at % 60)));
            std::iter::once(value.clone()).chain(beside).collect()
        }
        other => vec![other.clone()],
    }
}

/// How a span is typed: its shortest form, in whole seconds, rounded up. Nothing that no clock can be moved by.
pub(super) fn span(span: cauce_model::Duration) -> Option<String> {
    let seconds = span.0.div_euclid(1000) + i64::from(span.0.rem_euclid(1000) > 0);
    let period: crate::fields::Period = format!("{seconds}s").parse().ok()?;
    Some(format!("+{period}"))
}

/// A moment as a scenario begins at it.
pub(super) fn moment(at: cauce_model::Timestamp, zone: &crate::reading::Zone) -> Option<String> {
    typed::shown(at, zone)
}

#[cfg(test)]
mod tests {
    use cauce_model::Duration;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_with_their_neighbours() {
        assert_eq!(near(&json!(12)), [json!(12), json!(11), json!(13)]);
        assert_eq!(near(&json!("13:00")), [json!("13:00"), json!("12:59"), json!("13:01")]);
        assert_eq!(near(&json!("lima")), [json!("lima")]);
        assert_eq!(near(&json!(true)), [json!(true)]);
    }

    #[test]
    fn spans_are_typed_in_whole_seconds() {
        assert_eq!(span(Duration::hours(2)).as_deref(), Some("+2h"));
        assert_eq!(span(Duration::millis(1_001)).as_deref(), Some("+2s"));
        assert_eq!(span(Duration::ZERO), None);
        assert_eq!(span(Duration::days(400)), None);
    }
}
