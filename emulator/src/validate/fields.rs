//! Reads single values out of a body, each with Meta's error when it is absent, of another type or too long.

use serde_json::{Map, Value};

use super::Checked;
use crate::graph_error::GraphError;

/// A required object.
pub fn object<'a>(parent: &'a Map<String, Value>, key: &str, path: &str) -> Checked<&'a Map<String, Value>> {
    parent.get(key).ok_or_else(|| GraphError::missing(path)).and_then(|value| entry(value, path))
}

/// A value that must be an object.
pub fn entry<'a>(value: &'a Value, path: &str) -> Checked<&'a Map<String, Value>> {
    value.as_object().ok_or_else(|| GraphError::invalid(format!("{path} must be an object.")))
}

/// A required array.
pub fn array<'a>(parent: &'a Map<String, Value>, key: &str, path: &str) -> Checked<&'a Vec<Value>> {
    let value = parent.get(key).ok_or_else(|| GraphError::missing(path))?;
    value.as_array().ok_or_else(|| GraphError::invalid(format!("{path} must be an array.")))
}

/// A required string of 1 to `longest` characters.
pub fn text<'a>(parent: &'a Map<String, Value>, key: &str, path: &str, longest: usize) -> Checked<&'a str> {
    optional_text(parent, key, path, longest)?.ok_or_else(|| GraphError::missing(path))
}

/// A string of 1 to `longest` characters, if it is there.
pub fn optional_text<'a>(
    parent: &'a Map<String, Value>,
    key: &str,
    path: &str,
    longest: usize,
) -> Checked<Option<&'a str>> {
    let Some(value) = parent.get(key) else { return Ok(None) };
    let text = value.as_str().ok_or_else(|| GraphError::invalid(format!("{path} must be a string.")))?;
    match text.chars().count() {
        0 => Err(GraphError::invalid(format!("{path} is empty."))),
        length if length > longest => Err(GraphError::invalid(format!(
            "{path} has {length} characters; at most {longest} are allowed."
        ))),
        _ => Ok(Some(text)),
    }
}
