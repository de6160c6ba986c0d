//! Answers of a server, for scenarios that are made up: bodies that hold what the flow keeps of them.

use cauce_flows::fields::Name;
use cauce_flows::scenario::{Probe, Seen};
use serde_json::{Map, Value, json};

use super::Save;

/// The most bodies that are tried.
const MOST: usize = 40;
/// Where an answer's body begins in an expression.
const BODY: &str = "answer.body";

/// A place in the body that the flow reads.
struct Leaf {
    path: Vec<Key>,
    /// What could stand there, the plainest first.
    values: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq)]
enum Key {
    Field(String),
    Item,
}

/// An answer that holds everything, others in which one thing is different or two are, and other statuses.
pub(super) fn all(save: &[Save], status_to: Option<&Name>, seen: &Seen<'_>) -> Vec<Probe> {
    let leaves = leaves(save, seen);
    let body = |others: &[(usize, &Value)]| {
        let mut body = Value::Null;
        for (at, leaf) in leaves.iter().enumerate() {
            let other = others.iter().find(|(which, _)| *which == at).map(|(_, value)| *value);
            put(&mut body, &leaf.path, other.unwrap_or(&leaf.values[0]));
        }
        if body.is_null() { json!({}) } else { body }
    };
    let others: Vec<(usize, &Value)> = leaves
        .iter()
        .enumerate()
        .flat_map(|(at, leaf)| leaf.values[1..].iter().map(move |value| (at, value)))
        .collect();
    let pairs = others.iter().enumerate().flat_map(|(i, a)| {
        let second = others[i + 1..].iter().filter(|b| b.0 != a.0);
        second.map(|b| [*a, *b])
    });
    let mut bodies = vec![body(&[])];
    bodies.extend(others.iter().map(|other| body(&[*other])));
    bodies.extend(pairs.take(MOST).map(|pair| body(&pair)));
    let mut probes: Vec<Probe> =
        bodies.iter().take(MOST).map(|body| Probe::Answers { status: 200, body: body.clone() }).collect();
    let statuses = status_to.map(|name| seen.values(name.source())).unwrap_or_default();
    let read = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    let statuses = statuses.iter().filter_map(read).filter_map(|status| u16::try_from(status).ok());
    for status in statuses.filter(|status| (100..600).contains(status)).chain([404, 500]) {
        probes.push(Probe::Answers { status, body: bodies[0].clone() });
    }
    probes
}

fn leaves(save: &[Save], seen: &Seen<'_>) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = Vec::new();
    for save in save {
        let known = seen.values(save.to.source());
        for (at, _) in save.from.source().match_indices(BODY) {
            let path = path(&save.from.source()[at + BODY.len()..]);
            let plain = [json!("A-100"), json!(10), json!(true), json!(false), json!([])];
            let values: Vec<Value> = known.iter().cloned().chain(plain).collect();
            match leaves.iter_mut().find(|leaf| leaf.path == path) {
                Some(leaf) => leaf.values.extend(values),
                None => leaves.push(Leaf { path, values }),
            }
        }
    }
    leaves
}

/// The fields after the body: `.items[0].price` → items, an item, price. What follows an opening bracket of a
/// call is no field.
fn path(source: &str) -> Vec<Key> {
    let mut path = Vec::new();
    let mut rest = source;
    loop {
        if let Some(after) = rest.strip_prefix('.').or_else(|| rest.strip_prefix("?.")) {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
            let (field, more) = after.split_at(end);
            if field.is_empty() || more.starts_with('(') {
                return path;
            }
            path.push(Key::Field(field.to_owned()));
            rest = more;
        } else if let Some((index, more)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let field = index.trim().trim_matches('"');
            path.push(if field == index.trim() { Key::Item } else { Key::Field(field.to_owned()) });
            rest = more;
        } else {
            return path;
        }
    }
}

/// Puts a value where a path leads, and makes the way there.
fn put(body: &mut Value, path: &[Key], value: &Value) {
    match path {
        [] if body.is_null() => *body = value.clone(),
        [] => {}
        [Key::Field(field), rest @ ..] => {
            if !body.is_object() {
                *body = Value::Object(Map::new());
            }
            if let Some(fields) = body.as_object_mut() {
                put(fields.entry(field.clone()).or_insert(Value::Null), rest, value);
            }
        }
        [Key::Item, rest @ ..] => {
            if !body.is_array() {
                *body = json!([null]);
            }
            if let Some(item) = body.get_mut(0) {
                put(item, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_holds_what_is_read_of_it() {
        let mut body = Value::Null;
        for (source, value) in
            [(".precio", json!(20)), (".items[0].nombre", json!("Ají")), (".nota ?? \"\"", json!("x"))]
        {
            put(&mut body, &path(source), &value);
        }
        assert_eq!(body, json!({ "precio": 20, "items": [{ "nombre": "Ají" }], "nota": "x" }));
        assert_eq!(path(".items.len()"), [Key::Field("items".into())]);
        assert_eq!(path("[\"a b\"]"), [Key::Field("a b".into())]);
        assert_eq!(path(" > 3"), []);
    }
}
