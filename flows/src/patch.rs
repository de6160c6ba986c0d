//! Changes of a document as data: operations on stable paths, applied to its JSON, each with its inverse.
//!
//! A stable path is a JSON pointer (RFC 6901) in which an item of a list is named by its `id`, or by its `key`
//! where items have no id, and not by its place: `/nodes/menu/config/answer/options/ventas/title`. Items of
//! other lists are named by their place, from 0.

use cauce_model::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::document::Position;
use crate::yaml::child;

/// The most operations of one patch.
pub const MAX_OPS: usize = 1_000;
/// The field of a document's steps.
pub(crate) const NODES: &str = "nodes";
/// The field of where cards stand.
pub(crate) const LAYOUT: &str = "layout";
/// The field of a step's ways out.
pub(crate) const EXITS: &str = "exits";
/// What stands for the order of a list among the paths that a patch touches: no key of a document.
const ORDER: &str = "\u{0}order";

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Writes a value; groups around it that are missing are made. Of a list whose items have ids it may name
    /// an item that is not there yet: that one comes last.
    Set {
        /// Stable path.
        at: String,
        /// What stands there from now on.
        value: Value,
    },
    /// Takes a value away.
    Remove {
        /// Stable path.
        at: String,
    },
    /// Puts the items of a list in another order. Those that are not named come last, as they stood.
    Order {
        /// Stable path of the list.
        at: String,
        /// The ids of its items.
        ids: Vec<String>,
    },
    /// Adds a step that is not there yet.
    AddStep {
        /// Its id.
        step: NodeId,
        /// Kind, config, exits.
        value: Value,
    },
    /// Takes a step away, and its card. Exits that lead to it still name it: the checks tell.
    RemoveStep {
        /// Which.
        step: NodeId,
    },
    /// Has an exit lead somewhere, or nowhere.
    Connect {
        /// Of which step.
        step: NodeId,
        /// Its key.
        exit: String,
        /// The step it leads to.
        to: Option<NodeId>,
    },
    /// Moves a card on the canvas, or forgets where it stood.
    Move {
        /// Of which step.
        step: NodeId,
        /// Where it stands.
        to: Option<Position>,
    },
}

/// Why a patch cannot be applied to a document. Nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("[{code}] {at}: {message}")]
pub struct PatchError {
    /// Stable: `patch.no_step`, `patch.nothing_there` …
    pub code: String,
    /// The stable path it is about.
    pub at: String,
    /// A sentence (Spanish).
    pub message: String,
}

impl PatchError {
    pub(crate) fn new(code: &str, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), at: at.into(), message: message.into() }
    }
}

/// What applying a patch did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// The patch that takes it back.
    pub inverse: Vec<Op>,
    /// The stable paths it wrote, or whose order it changed.
    pub touched: Vec<String>,
    /// The stable paths of steps it leads to.
    pub uses: Vec<String>,
}

/// Applies a patch to a document's JSON: all of it, or nothing.
///
/// # Errors
/// The first operation that names something that is not there, or that does not fit.
pub fn apply(document: &mut Value, ops: &[Op]) -> Result<Applied, PatchError> {
    if ops.len() > MAX_OPS {
        let message = format!("Hay {} cambios de una vez y el máximo es {MAX_OPS}.", ops.len());
        return Err(PatchError::new("patch.too_many", "", message));
    }
    let mut changed = document.clone();
    let mut applied = Applied::default();
    for op in ops {
        let mut inverse = one(&mut changed, op, &mut applied)?;
        // What was done last is taken back first.
        inverse.append(&mut applied.inverse);
        applied.inverse = inverse;
    }
    *document = changed;
    Ok(applied)
}

/// The stable paths that an operation writes, whatever stands there now.
pub(crate) fn aims(op: &Op) -> Vec<String> {
    match op {
        Op::Set { at, .. } | Op::Remove { at } => vec![at.clone()],
        Op::Order { at, .. } => vec![child(at, ORDER)],
        Op::AddStep { step, .. } => vec![pointer([NODES, step.as_str()])],
        Op::RemoveStep { step } => vec![pointer([NODES, step.as_str()]), pointer([LAYOUT, step.as_str()])],
        Op::Connect { step, exit, .. } => vec![pointer([NODES, step.as_str(), EXITS, exit])],
        Op::Move { step, .. } => vec![pointer([LAYOUT, step.as_str()])],
    }
}

/// Whether one of two stable paths leads to the other, or both to the same place.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What stands at a stable path.
pub fn value_at<'a>(document: &'a Value, at: &str) -> Option<&'a Value> {
    let path = tokens(at).ok()?;
    path.iter().try_fold(document, |value, token| match value {
        Value::Object(map) => map.get(token),
        Value::Array(items) => items.get(place_of(items, token)?),
        _ => None,
    })
}

/// The stable path of these names.
pub(crate) fn pointer<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().fold(String::new(), |at, name| child(&at, name))
}

/// By which field the items of a list are named: by `id` when all have one, by `key` when all have that and
/// none has an `id`, and no two have the same.
pub(crate) fn identity(items: &[Value]) -> Option<&'static str> {
    let named = |field: &str| {
        let names: Option<std::collections::HashSet<&str>> =
            items.iter().map(|item| item.get(field)?.as_str()).collect();
        names.is_some_and(|names| names.len() == items.len() && !items.is_empty())
    };
    if named("id") {
        Some("id")
    } else if named("key") && items.iter().all(|item| item.get("id").is_none()) {
        Some("key")
    } else {
        None
    }
}

/// The names of the items of such a list, in order.
pub(crate) fn names(items: &[Value], field: &str) -> Vec<String> {
    items.iter().filter_map(|item| Some(item.get(field)?.as_str()?.to_owned())).collect()
}

/// The names that a stable path consists of.
fn tokens(at: &str) -> Result<Vec<String>, PatchError> {
    let wrong = || PatchError::new("patch.bad_path", at, format!("«{at}» no es una ruta del recorrido."));
    let rest = at.strip_prefix('/').ok_or_else(wrong)?;
    Ok(rest.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
}

fn place_of(items: &[Value], token: &str) -> Option<usize> {
    match identity(items) {
        Some(field) => items.iter().position(|item| item[field] == *token),
        None => number(token).filter(|place| *place < items.len()),
    }
}

fn number(token: &str) -> Option<usize> {
    token.parse().ok().filter(|place: &usize| place.to_string() == token)
}

fn one(document: &mut Value, op: &Op, applied: &mut Applied) -> Result<Vec<Op>, PatchError> {
    match op {
        Op::Set { at, value } => set(document, at, value, applied),
        Op::Remove { at } => remove(document, at, applied),
        Op::Order { at, ids } => order(document, at, ids, applied),
        Op::AddStep { step, value } => {
            let at = pointer([NODES, step.as_str()]);
            if value_at(document, &at).is_some() {
                let message = format!("Ya hay un paso «{step}».");
                return Err(PatchError::new("patch.step_exists", at, message));
            }
            set(document, &at, value, applied)?;
            Ok(vec![Op::RemoveStep { step: step.clone() }])
        }
        Op::RemoveStep { step } => {
            let (at, card) = (pointer([NODES, step.as_str()]), pointer([LAYOUT, step.as_str()]));
            let value = value_at(document, &at).cloned().ok_or_else(|| no_step(&at, step.as_str()))?;
            remove(document, &at, applied)?;
            let mut inverse = vec![Op::AddStep { step: step.clone(), value }];
            if value_at(document, &card).is_some() {
                inverse.extend(remove(document, &card, applied)?);
            } else {
                applied.touched.push(card);
            }
            Ok(inverse)
        }
        Op::Connect { step, exit, to } => {
            let at = pointer([NODES, step.as_str(), EXITS, exit]);
            match to {
                Some(to) => set(document, &at, &Value::from(to.as_str()), applied),
                None => remove(document, &at, applied),
            }
        }
        Op::Move { step, to } => {
            let at = pointer([LAYOUT, step.as_str()]);
            match to {
                Some(to) => set(document, &at, &written(*to), applied),
                None => remove(document, &at, applied),
            }
        }
    }
}

/// A position as a document writes it.
pub(crate) fn written(position: Position) -> Value {
    serde_json::to_value(position).expect("two numbers are plain data")
}

fn no_step(at: &str, step: &str) -> PatchError {
    PatchError::new("patch.no_step", at, format!("No hay un paso «{step}»."))
}

fn nothing_there(at: &str) -> PatchError {
    PatchError::new("patch.nothing_there", at, format!("En «{at}» no hay nada."))
}

fn unfit(at: &str, message: impl Into<String>) -> PatchError {
    PatchError::new("patch.unfit", at, message)
}

/// Where the last name of a path leads from.
struct Around<'a> {
    /// What holds it.
    holder: &'a mut Value,
    /// By which field the list names its items whose item the holder is.
    named_by: Option<&'static str>,
    /// The path of the outermost group that was made on the way and means something by being there.
    made: Option<String>,
}

/// Goes to what holds the last name of a path; missing groups are made when that is asked.
fn around<'a>(
    document: &'a mut Value,
    at: &str,
    path: &[String],
    make: bool,
) -> Result<Around<'a>, PatchError> {
    // Fields of a step, and its card.
    if let [of, step, rest @ ..] = path
        && ((of == NODES && !rest.is_empty()) || (of == LAYOUT && make))
        && document.get(NODES).and_then(|nodes| nodes.get(step)).is_none()
    {
        return Err(no_step(at, step));
    }
    let (mut holder, mut named_by, mut made, mut walked) = (document, None, None, String::new());
    for token in &path[..path.len() - 1] {
        walked = child(&walked, token);
        named_by = None;
        holder = match holder {
            Value::Object(map) => {
                if !map.contains_key(token) {
                    if !make {
                        return Err(nothing_there(at));
                    }
                    if !may_be_empty(&walked) {
                        made.get_or_insert_with(|| walked.clone());
                    }
                    map.insert(token.clone(), Value::Object(Map::new()));
                }
                map.get_mut(token).ok_or_else(|| nothing_there(at))?
            }
            Value::Array(items) => {
                named_by = identity(items);
                let place = place_of(items, token).ok_or_else(|| nothing_there(&walked))?;
                &mut items[place]
            }
            _ => return Err(unfit(&walked, format!("«{walked}» no tiene partes."))),
        };
    }
    Ok(Around { holder, named_by, made })
}

/// Whether a group that is empty is as good as none.
fn may_be_empty(at: &str) -> bool {
    let names: Vec<&str> = at.split('/').skip(1).collect();
    matches!(names[..], [LAYOUT | "variables"] | [NODES, _, EXITS | "config"])
}

fn set(document: &mut Value, at: &str, value: &Value, applied: &mut Applied) -> Result<Vec<Op>, PatchError> {
    let path = tokens(at)?;
    let Around { holder, named_by, made } = around(document, at, &path, true)?;
    let last = &path[path.len() - 1];
    let before = match holder {
        Value::Object(map) => {
            let names_it = named_by.is_some_and(|field| field == last || last == "id");
            if names_it && map.get(last) != Some(value) {
                return Err(unfit(at, "El identificador de un elemento no cambia: quítalo y agrega otro."));
            }
            applied.touched.push(at.to_owned());
            map.insert(last.clone(), value.clone())
        }
        Value::Array(items) => set_item(items, at, last, value, applied)?,
        _ => return Err(unfit(at, format!("«{at}» está dentro de algo que no tiene partes."))),
    };
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let led_to: Vec<&Value> = match names[..] {
        ["start"] | [NODES, _, EXITS, _] => vec![value],
        [NODES, _, EXITS] => value.as_object().into_iter().flat_map(Map::values).collect(),
        [NODES, _] => value.get(EXITS).and_then(Value::as_object).into_iter().flat_map(Map::values).collect(),
        _ => Vec::new(),
    };
    applied.uses.extend(led_to.into_iter().filter_map(Value::as_str).map(|to| pointer([NODES, to])));
    Ok(vec![match before {
        Some(value) => Op::Set { at: at.to_owned(), value },
        None => Op::Remove { at: made.unwrap_or_else(|| at.to_owned()) },
    }])
}

fn set_item(
    items: &mut Vec<Value>,
    at: &str,
    token: &str,
    value: &Value,
    applied: &mut Applied,
) -> Result<Option<Value>, PatchError> {
    let list = &at[..at.rfind('/').unwrap_or_default()];
    let name_in = |field: &str| value.get(field).and_then(Value::as_str);
    // The first item decides by what the others will be named.
    let fresh = if name_in("id").is_some() { "id" } else { "key" };
    let field =
        identity(items).or_else(|| (items.is_empty() && name_in(fresh) == Some(token)).then_some(fresh));
    let Some(field) = field else {
        return match number(token) {
            Some(place) if place < items.len() => {
                applied.touched.push(at.to_owned());
                Ok(Some(std::mem::replace(&mut items[place], value.clone())))
            }
            Some(place) if place == items.len() => {
                applied.touched.push(list.to_owned());
                items.push(value.clone());
                Ok(None)
            }
            _ => Err(nothing_there(at)),
        };
    };
    if name_in(field) != Some(token) || (field == "key" && value.get("id").is_some()) {
        return Err(unfit(at, format!("El elemento debe decir «{field}: {token}».")));
    }
    applied.touched.push(at.to_owned());
    match items.iter_mut().find(|item| item[field] == *token) {
        Some(item) => Ok(Some(std::mem::replace(item, value.clone()))),
        None => {
            applied.touched.push(child(list, ORDER));
            items.push(value.clone());
            Ok(None)
        }
    }
}

fn remove(document: &mut Value, at: &str, applied: &mut Applied) -> Result<Vec<Op>, PatchError> {
    let path = tokens(at)?;
    let Around { holder, named_by, .. } = around(document, at, &path, false)?;
    let last = &path[path.len() - 1];
    match holder {
        Value::Object(map) => {
            if named_by == Some(last.as_str()) {
                return Err(unfit(at, "Un elemento no puede quedar sin identificador."));
            }
            // Not `swap_remove`: what follows stays in its order.
            let value = map.shift_remove(last).ok_or_else(|| nothing_there(at))?;
            applied.touched.push(at.to_owned());
            Ok(vec![Op::Set { at: at.to_owned(), value }])
        }
        Value::Array(items) => {
            let place = place_of(items, last).ok_or_else(|| nothing_there(at))?;
            let list = at[..at.rfind('/').unwrap_or_default()].to_owned();
            if let Some(field) = identity(items) {
                let ids = names(items, field);
                let value = items.remove(place);
                applied.touched.push(at.to_owned());
                return Ok(vec![Op::Set { at: at.to_owned(), value }, Op::Order { at: list, ids }]);
            }
            let value = Value::Array(items.clone());
            items.remove(place);
            applied.touched.push(list.clone());
            Ok(vec![Op::Set { at: list, value }])
        }
        _ => Err(nothing_there(at)),
    }
}

fn order(
    document: &mut Value,
    at: &str,
    ids: &[String],
    applied: &mut Applied,
) -> Result<Vec<Op>, PatchError> {
    let path = tokens(at)?;
    let Around { holder, .. } = around(document, at, &path, false)?;
    let last = &path[path.len() - 1];
    let list = match holder {
        Value::Object(map) => map.get_mut(last),
        Value::Array(items) => place_of(items, last).map(|place| &mut items[place]),
        _ => None,
    };
    let Some(Value::Array(items)) = list else { return Err(nothing_there(at)) };
    let field = identity(items);
    if field.is_none() && !items.is_empty() {
        return Err(unfit(at, "Los elementos de esta lista no tienen identificador."));
    }
    let before = field.map(|field| names(items, field)).unwrap_or_default();
    let field = field.unwrap_or("id");
    // Stable: those that are not named keep their order.
    items.sort_by_key(|item| ids.iter().position(|id| item[field] == **id).unwrap_or(usize::MAX));
    applied.touched.push(child(at, ORDER));
    Ok(vec![Op::Order { at: at.to_owned(), ids: before }])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({ "id": "a", "name": "A", "start": "i", "nodes": {
            "i": { "kind": "start", "exits": { "next": "m" } },
            "m": { "kind": "question", "config": { "text": "¿Qué?", "tags": ["x", "y"], "answer": { "options": [
                { "id": "v", "title": "Ventas" }, { "id": "s", "title": "Soporte" } ] } } } },
            "layout": { "m": { "x": 1, "y": 2 } } })
    }

    fn ops(value: Value) -> Vec<Op> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn every_operation_is_taken_back_by_its_inverse() {
        for patch in [
            json!([{ "op": "set", "at": "/nodes/m/config/answer/options/s/title", "value": "Ayuda" }]),
            json!([{ "op": "set", "at": "/nodes/m/config/answer/options/n", "value": { "id": "n" } }]),
            json!([{ "op": "remove", "at": "/nodes/m/config/answer/options/v" }]),
            json!([{ "op": "order", "at": "/nodes/m/config/answer/options", "ids": ["s"] }]),
            json!([{ "op": "set", "at": "/nodes/m/config/retries/text", "value": "Otra vez" }]),
            json!([{ "op": "set", "at": "/nodes/m/config/tags/2", "value": "z" }]),
            json!([{ "op": "remove", "at": "/nodes/m/config/tags/0" }]),
            json!([{ "op": "remove", "at": "/name" }, { "op": "set", "at": "/language", "value": "en" }]),
            json!([{ "op": "add_step", "step": "f", "value": { "kind": "end" } },
                { "op": "connect", "step": "m", "exit": "v", "to": "f" },
                { "op": "move", "step": "f", "to": { "x": 3, "y": 4 } },
                { "op": "connect", "step": "m", "exit": "v", "to": null }]),
            json!([{ "op": "remove_step", "step": "m" }, { "op": "connect", "step": "i", "exit": "next", "to": "i" }]),
        ] {
            let mut changed = document();
            let applied = apply(&mut changed, &ops(patch.clone())).unwrap();
            assert_ne!(changed, document(), "{patch}");
            apply(&mut changed, &applied.inverse).unwrap();
            // An empty group of exits is as good as none.
            if let Some(node) = changed["nodes"]["m"].as_object_mut() {
                node.retain(|_, value| value != &json!({}));
            }
            assert_eq!(changed, document(), "{patch}");
        }
    }

    #[test]
    fn what_does_not_fit_changes_nothing_and_says_why() {
        for (patch, code) in [
            (json!({ "op": "set", "at": "nodes", "value": 1 }), "patch.bad_path"),
            (json!({ "op": "set", "at": "/nodes/x/name", "value": "X" }), "patch.no_step"),
            (json!({ "op": "remove_step", "step": "x" }), "patch.no_step"),
            (json!({ "op": "add_step", "step": "m", "value": {} }), "patch.step_exists"),
            (json!({ "op": "remove", "at": "/nodes/m/note" }), "patch.nothing_there"),
            (json!({ "op": "set", "at": "/nodes/m/config/tags/7", "value": "z" }), "patch.nothing_there"),
            (
                json!({ "op": "set", "at": "/nodes/m/config/answer/options/0/title", "value": "z" }),
                "patch.nothing_there",
            ),
            (
                json!({ "op": "set", "at": "/nodes/m/config/answer/options/v/id", "value": "w" }),
                "patch.unfit",
            ),
            (
                json!({ "op": "set", "at": "/nodes/m/config/answer/options/n", "value": { "id": "o" } }),
                "patch.unfit",
            ),
            (json!({ "op": "remove", "at": "/nodes/m/config/answer/options/v/id" }), "patch.unfit"),
            (json!({ "op": "set", "at": "/name/x", "value": 1 }), "patch.unfit"),
            (json!({ "op": "order", "at": "/nodes/m/config/tags", "ids": [] }), "patch.unfit"),
        ] {
            let mut changed = document();
            let first = json!({ "op": "set", "at": "/name", "value": "B" });
            let error = apply(&mut changed, &ops(json!([first, patch]))).unwrap_err();
            assert_eq!((error.code.as_str(), &changed), (code, &document()), "{patch}");
        }
        let many = vec![Op::Remove { at: "/name".into() }; MAX_OPS + 1];
        assert_eq!(apply(&mut document(), &many).unwrap_err().code, "patch.too_many");
    }

    #[test]
    fn paths_overlap_when_one_holds_the_other() {
        assert!(overlap("/nodes/a", "/nodes/a/config/text") && overlap("/a", "/a"));
        assert!(!overlap("/nodes/a", "/nodes/ab") && !overlap("/nodes/a/x", "/nodes/a/y"));
    }
}
