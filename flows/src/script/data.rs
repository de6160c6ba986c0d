//! Groups and lists as expressions read them: looked into where they are, never copied, so that a
//! server's answer costs the same however large it is, and counts nothing against what a script may make.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, ImmutableString};
use serde_json::Value;

use crate::yaml::child;

/// A group or a list somewhere inside a value. What is not there reads as nothing.
#[derive(Debug, Clone)]
pub(super) struct Data {
    root: Arc<Value>,
    /// Where in the root, as a JSON pointer.
    at: String,
}

/// A value as expressions read it.
pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    scalar(value).unwrap_or_else(|| Data::of(value.clone()))
}

fn scalar(value: &Value) -> Option<Dynamic> {
    Some(match value {
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => n.into(),
            (None, Some(n)) => n.into(),
            _ => Dynamic::UNIT,
        },
        Value::String(text) => text.as_str().into(),
        Value::Null => Dynamic::UNIT,
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Whether two values are the same; 5 and 5.0 are.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

impl Data {
    /// A group or a list that an expression made.
    pub(super) fn of(value: Value) -> Dynamic {
        Dynamic::from(Self { root: Arc::new(value), at: String::new() })
    }

    pub(super) fn value(&self) -> &Value {
        self.root.pointer(&self.at).unwrap_or(&Value::Null)
    }

    fn inside(&self, key: &str) -> Dynamic {
        let at = child(&self.at, key);
        let Some(value) = self.root.pointer(&at) else { return Dynamic::UNIT };
        scalar(value).unwrap_or_else(|| Dynamic::from(Self { root: Arc::clone(&self.root), at }))
    }

    /// The field of a group.
    fn field(&mut self, name: &str) -> Dynamic {
        if self.value().is_object() { self.inside(name) } else { Dynamic::UNIT }
    }

    /// The item of a list; a negative place counts from the end.
    pub(super) fn item(&mut self, place: i64) -> Dynamic {
        let len = i64::try_from(self.value().as_array().map_or(0, Vec::len)).unwrap_or(i64::MAX);
        let place = if place < 0 { place.saturating_add(len) } else { place };
        if (0..len).contains(&place) { self.inside(&place.to_string()) } else { Dynamic::UNIT }
    }

    fn len(&mut self) -> i64 {
        let len = match self.value() {
            Value::Array(items) => items.len(),
            Value::Object(fields) => fields.len(),
            _ => 0,
        };
        i64::try_from(len).unwrap_or(i64::MAX)
    }

    /// Whether a list has an item, or a group a field.
    fn contains(&mut self, wanted: &Dynamic) -> bool {
        let Ok(wanted) = super::to_value(wanted) else { return false };
        match self.value() {
            Value::Array(items) => items.iter().any(|item| same(item, &wanted)),
            Value::Object(fields) => wanted.as_str().is_some_and(|name| fields.contains_key(name)),
            _ => false,
        }
    }
}

/// The items of a list, one by one.
impl IntoIterator for Data {
    type Item = Dynamic;
    type IntoIter = std::vec::IntoIter<Dynamic>;

    fn into_iter(self) -> Self::IntoIter {
        let items = self.value().as_array().map_or(0, Vec::len);
        (0..items).map(|place| self.inside(&place.to_string())).collect::<Vec<_>>().into_iter()
    }
}

/// Whether a list is the one that an expression writes out.
fn is_written(data: &Data, items: Array) -> bool {
    super::to_value(&items.into()).is_ok_and(|items| items == *data.value())
}

pub(super) fn register(engine: &mut Engine) {
    type Text = ImmutableString;
    engine
        .register_indexer_get(|data: &mut Data, name: Text| data.field(&name))
        .register_indexer_get(Data::item)
        // What nothing has inside is nothing too.
        .register_indexer_get(|(): &mut (), _: Text| ())
        .register_indexer_get(|(): &mut (), _: i64| ())
        .register_fn("len", Data::len)
        .register_fn("is_empty", |data: &mut Data| data.len() == 0)
        .register_fn("contains", |data: &mut Data, wanted: Dynamic| data.contains(&wanted))
        .register_fn("==", |a: Data, b: Data| a.value() == b.value())
        .register_fn("!=", |a: Data, b: Data| a.value() != b.value())
        .register_fn("==", |a: Data, b: Array| is_written(&a, b))
        .register_fn("==", |a: Array, b: Data| is_written(&b, a))
        .register_fn("!=", |a: Data, b: Array| !is_written(&a, b))
        .register_fn("!=", |a: Array, b: Data| !is_written(&b, a))
        .register_fn("to_string", |data: &mut Data| data.value().to_string());
}
