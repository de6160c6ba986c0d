//! What changed from one document to another: as data that can be applied, and as Spanish sentences
//! (`sentences`).
//!
//! Documents are compared by what they say. Neither the order of keys nor the way they are written counts; the
//! order of a list does.

mod field;
mod sentences;

use cauce_model::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::document::Position;
use crate::patch::{EXITS, LAYOUT, NODES, Op, identity, names};
use crate::yaml::child;
use crate::{Catalogue, Document};

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What customers read.
    Text,
    /// Which data is kept or sent, and under which name.
    Data,
    /// What the team reads: names, notes, labels.
    Label,
    /// Anything else: the way a run goes.
    Logic,
}

/// One field that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Stable path: a JSON pointer with ids in the place of indexes where the items of a list have ids.
    pub at: String,
    /// What stood there; for an order, the ids as they stood.
    pub before: Option<Value>,
    /// What stands there now; for an order, the ids as they stand.
    pub after: Option<Value>,
    /// Whom it concerns.
    pub class: Class,
    /// Whether only the order of a list changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub order: bool,
    /// What screens call it (Spanish): `Título`.
    pub label: String,
    /// Of which item of a list, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// A step that is in one of the documents only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WholeStep {
    /// Its id.
    pub step: NodeId,
    /// What people call it: its name, else its id.
    pub name: String,
    /// Kind, config, exits.
    pub value: Value,
    /// Where its card stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// A step that is in both, with other fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepChange {
    /// Its id.
    pub step: NodeId,
    /// What people call it now.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FieldChange>,
}

/// An exit that leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewired {
    /// Of which step.
    pub step: NodeId,
    /// What people call that step now.
    pub name: String,
    /// The exit's key.
    pub exit: String,
    /// Where it led.
    pub from: Option<NodeId>,
    /// Where it leads now.
    pub to: Option<NodeId>,
    /// What people call the step it led to.
    pub from_name: Option<String>,
    /// What people call the step it leads to.
    pub to_name: Option<String>,
}

/// A card that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Of which step.
    pub step: NodeId,
    /// Where it stood.
    pub from: Option<Position>,
    /// Where it stands now.
    pub to: Option<Position>,
}

/// What changed from one document to another.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Diff {
    /// Steps that only the second has.
    pub added: Vec<WholeStep>,
    /// Steps that only the first has.
    pub removed: Vec<WholeStep>,
    /// Steps of both whose fields are not the same.
    pub changed: Vec<StepChange>,
    /// Exits of steps of both that lead elsewhere.
    pub rewired: Vec<Rewired>,
    /// Cards of steps of both that stand elsewhere: layout only.
    pub moved: Vec<Moved>,
    /// Name, start, language, variables, and whatever else a document says of itself.
    pub flow: Vec<FieldChange>,
}

impl Diff {
    /// What changes from the first to the second. The catalogue's schemas say what is text.
    pub fn between(first: &Document, second: &Document, catalogue: &Catalogue) -> Self {
        let (a, b) = (plain(first), plain(second));
        let empty = Map::new();
        let mut diff = Self::default();
        for key in keys(a.as_object().unwrap_or(&empty), b.as_object().unwrap_or(&empty)) {
            if key != NODES && key != LAYOUT {
                let at = child("", key);
                let mut found = Vec::new();
                compare(a.get(key), b.get(key), &at, &mut found);
                diff.flow.extend(found.into_iter().map(Found::of_flow));
            }
        }
        let position = |document: &Document, id: &NodeId| document.layout.get(id).copied();
        for (id, node) in &second.nodes {
            let value = b[NODES][id.as_str()].clone();
            let Some(before) = first.nodes.get(id) else {
                let name = name_in(second, id);
                diff.added.push(WholeStep { step: id.clone(), name, value, position: position(second, id) });
                continue;
            };
            let (from, to) = (position(first, id), position(second, id));
            if from != to {
                diff.moved.push(Moved { step: id.clone(), from, to });
            }
            for exit in exit_keys(before, node) {
                let (from, to) = (before.exits.get(exit).cloned(), node.exits.get(exit).cloned());
                if from != to {
                    let from_name = from.as_ref().map(|from| name_in(first, from));
                    let to_name = to.as_ref().map(|to| name_in(second, to));
                    let (step, name, exit) = (id.clone(), name_in(second, id), exit.clone());
                    diff.rewired.push(Rewired { step, name, exit, from, to, from_name, to_name });
                }
            }
            let mut old = a[NODES][id.as_str()].as_object().cloned().unwrap_or_default();
            let mut new = value.as_object().cloned().unwrap_or_default();
            old.shift_remove(EXITS);
            new.shift_remove(EXITS);
            let mut found = Vec::new();
            let at = child(&child("", NODES), id);
            compare(Some(&old.into()), Some(&new.into()), &at, &mut found);
            if !found.is_empty() {
                let schema = |kind| catalogue.get(kind).map(|kind| &kind.config_schema);
                let forms = [(schema(&node.kind), &value), (schema(&before.kind), &a[NODES][id.as_str()])];
                let fields = found.into_iter().map(|found| found.of_step(forms)).collect();
                diff.changed.push(StepChange { step: id.clone(), name: name_in(second, id), fields });
            }
        }
        for id in first.nodes.keys().filter(|id| !second.nodes.contains_key(*id)) {
            let (value, name) = (a[NODES][id.as_str()].clone(), name_in(first, id));
            diff.removed.push(WholeStep { step: id.clone(), name, value, position: position(first, id) });
        }
        diff
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The patch that makes the second document of the first.
    pub fn patch(&self) -> Vec<Op> {
        let mut ops = Vec::new();
        for WholeStep { step, value, position, .. } in &self.added {
            ops.push(Op::AddStep { step: step.clone(), value: value.clone() });
            ops.extend(position.map(|to| Op::Move { step: step.clone(), to: Some(to) }));
        }
        ops.extend(self.flow.iter().map(FieldChange::op));
        ops.extend(self.changed.iter().flat_map(|step| &step.fields).map(FieldChange::op));
        ops.extend(self.rewired.iter().map(|rewired| Op::Connect {
            step: rewired.step.clone(),
            exit: rewired.exit.clone(),
            to: rewired.to.clone(),
        }));
        ops.extend(self.moved.iter().map(|moved| Op::Move { step: moved.step.clone(), to: moved.to }));
        ops.extend(self.removed.iter().map(|step| Op::RemoveStep { step: step.step.clone() }));
        ops
    }
}

impl FieldChange {
    fn op(&self) -> Op {
        let at = self.at.clone();
        match &self.after {
            Some(Value::Array(ids)) if self.order => {
                Op::Order { at, ids: ids.iter().filter_map(Value::as_str).map(str::to_owned).collect() }
            }
            Some(value) => Op::Set { at, value: value.clone() },
            None => Op::Remove { at },
        }
    }
}

/// A document as JSON, as it is compared.
pub fn plain(document: &Document) -> Value {
    serde_json::to_value(document).expect("a document is plain data")
}

fn name_in(document: &Document, id: &NodeId) -> String {
    let name = document.nodes.get(id).and_then(|node| node.name.clone());
    name.unwrap_or_else(|| id.to_string())
}

fn exit_keys<'a>(a: &'a crate::Node, b: &'a crate::Node) -> impl Iterator<Item = &'a String> {
    a.exits.keys().chain(b.exits.keys().filter(|key| !a.exits.contains_key(*key)))
}

fn keys<'a>(a: &'a Map<String, Value>, b: &'a Map<String, Value>) -> impl Iterator<Item = &'a String> {
    a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)))
}

/// A difference whose meaning is not looked up yet.
struct Found {
    at: String,
    before: Option<Value>,
    after: Option<Value>,
    order: bool,
}

fn compare(a: Option<&Value>, b: Option<&Value>, at: &str, found: &mut Vec<Found>) {
    match (a, b) {
        (a, b) if a == b => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            for key in keys(a, b) {
                compare(a.get(key), b.get(key), &child(at, key), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if comparable(a, b) => lists(a, b, at, found),
        (a, b) => {
            found.push(Found { at: at.to_owned(), before: a.cloned(), after: b.cloned(), order: false })
        }
    }
}

/// Whether the items of two lists can be told apart one by one: by their names, or by their places when they
/// are as many and none could be taken for one with a name.
fn comparable(a: &[Value], b: &[Value]) -> bool {
    match (identity(a), identity(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => {
            let nameless = |item: &Value| item.get("id").is_none() && item.get("key").is_none();
            a.len() == b.len() && a.iter().chain(b).all(nameless)
        }
        _ => false,
    }
}

fn lists(a: &[Value], b: &[Value], at: &str, found: &mut Vec<Found>) {
    let Some(field) = identity(a) else {
        for (place, (a, b)) in a.iter().zip(b).enumerate() {
            compare(Some(a), Some(b), &child(at, place), found);
        }
        return;
    };
    let (old, new) = (names(a, field), names(b, field));
    let item = |list: &[Value], name: &str| list.iter().find(|item| item[field] == *name).cloned();
    let common: Vec<&String> = old.iter().filter(|name| new.contains(name)).collect();
    for name in &common {
        compare(item(a, name).as_ref(), item(b, name).as_ref(), &child(at, name), found);
    }
    // First what comes, then what goes: so the list is never without items that have names.
    let added = new.iter().filter(|name| !old.contains(name));
    for name in added.clone() {
        compare(None, item(b, name).as_ref(), &child(at, name), found);
    }
    for name in old.iter().filter(|name| !new.contains(name)) {
        compare(item(a, name).as_ref(), None, &child(at, name), found);
    }
    if !common.into_iter().chain(added).eq(&new) {
        let (before, after) = (Some(json!(old)), Some(json!(new)));
        found.push(Found { at: at.to_owned(), before, after, order: true });
    }
}
