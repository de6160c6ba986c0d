//! What functions are given, and what they give. Nothing stays nothing; a number, true or false is as good
//! as the text that a customer would read; a text that is a number is as good as the number.

use rhai::{Dynamic, EvalAltResult, ImmutableString, NativeCallContext, Position};
use serde_json::Value;

use crate::reading::Place;
use crate::script::data::Data;
use crate::script::{Checked, MAX_STRING, MAX_VALUE, Wrong, to_value, weight};
use crate::text::shown;

/// Longer texts than this (bytes) name no day, hour or phone number.
const READABLE: usize = 1024;

/// A text; nothing for nothing. Lists and groups are none.
pub(super) fn text(given: &Dynamic) -> Checked<Option<ImmutableString>> {
    if given.is_unit() {
        return Ok(None);
    }
    if let Ok(text) = given.as_immutable_string_ref() {
        return Ok(Some(text.clone()));
    }
    if let Ok(n) = given.as_float() {
        return Ok(Some(shown(&n.into()).into()));
    }
    let shown = match (given.as_int(), given.as_bool(), given.as_char()) {
        (Ok(n), ..) => n.to_string(),
        (_, Ok(b), _) => b.to_string(),
        (.., Ok(c)) => c.to_string(),
        _ => return Err(wrong("un texto", given)),
    };
    Ok(Some(shown.into()))
}

/// A text that somebody may have written to say when or where; nothing for nothing and for what is longer.
pub(super) fn readable(given: &Dynamic) -> Checked<Option<ImmutableString>> {
    Ok(text(given)?.filter(|text| text.len() <= READABLE))
}

/// A number that is one: finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Num {
    Int(i64),
    Float(f64),
}

impl Num {
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(n) => n as f64,
            Self::Float(n) => n,
        }
    }

    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(n) => {
                n.as_i64().map(Self::Int).or_else(|| n.as_f64().filter(|n| n.is_finite()).map(Self::Float))
            }
            Value::String(text) => Self::written(text),
            _ => None,
        }
    }

    /// The number that a text is, with a point or a comma before the decimals.
    pub(super) fn written(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(n) = text.parse() {
            return Some(Self::Int(n));
        }
        text.replace(',', ".").parse().ok().filter(|n: &f64| n.is_finite()).map(Self::Float)
    }
}

impl From<Num> for Dynamic {
    fn from(num: Num) -> Self {
        match num {
            Num::Int(n) => n.into(),
            Num::Float(n) => n.into(),
        }
    }
}

/// A number, or a text that is one; nothing for all else that a variable may hold.
pub(super) fn num(given: &Dynamic) -> Checked<Option<Num>> {
    if let Ok(n) = given.as_int() {
        return Ok(Some(Num::Int(n)));
    }
    if let Ok(n) = given.as_float() {
        return Ok(Some(n).filter(|n| n.is_finite()).map(Num::Float));
    }
    if let Ok(text) = given.as_immutable_string_ref() {
        return Ok(Num::written(&text));
    }
    if given.is_unit() || given.is_bool() { Ok(None) } else { Err(wrong("un número", given)) }
}

/// A number without decimals.
pub(super) fn whole(given: &Dynamic) -> Checked<Option<i64>> {
    match num(given)? {
        Some(Num::Int(n)) => Ok(Some(n)),
        // Beyond the integers it is the last of them, which every caller refuses.
        Some(Num::Float(n)) if n.fract() == 0.0 => Ok(Some(n as i64)),
        Some(Num::Float(_)) => Err(wrong("un número sin decimales", given)),
        None => Ok(None),
    }
}

/// Works with the items of a list, read where they are; nothing has none.
pub(super) fn items<T>(given: &Dynamic, work: impl FnOnce(&[Value]) -> Checked<T>) -> Checked<T> {
    if given.is_unit() {
        return work(&[]);
    }
    if let Some(data) = given.read_lock::<Data>()
        && let Value::Array(items) = data.value()
    {
        return work(items);
    }
    if given.is_array() {
        return match to_value(given) {
            Ok(Value::Array(items)) => work(&items),
            Err(Wrong::Size) => Err(too_large()),
            _ => Err(wrong("una lista de datos", given)),
        };
    }
    Err(wrong("una lista", given))
}

/// The numbers of a list. What is empty counts for nothing; `None` when anything else is no number.
pub(super) fn numbers(items: &[Value]) -> Option<Vec<Num>> {
    items.iter().filter(|item| !item.is_null()).map(Num::of).collect()
}

/// A list of these, unless it is larger than a value may be.
pub(super) fn list<'a>(items: impl Iterator<Item = &'a Value> + Clone) -> Checked<Dynamic> {
    fits(items.clone().map(weight))?;
    Ok(Data::of(Value::Array(items.cloned().collect())))
}

/// A list of texts, unless it is larger than a value may be.
pub(super) fn texts<'a>(items: impl Iterator<Item = &'a str> + Clone) -> Checked<Dynamic> {
    fits(items.clone().map(|text| 8 + text.len()))?;
    Ok(Data::of(Value::Array(items.map(Value::from).collect())))
}

/// Refuses to work over a list that is larger than a value may be.
pub(super) fn measured(items: &[Value]) -> Checked<()> {
    fits(items.iter().map(weight))
}

fn fits(mut weights: impl Iterator<Item = usize>) -> Checked<()> {
    let within = weights.try_fold(MAX_VALUE - 8, |left, weight| left.checked_sub(weight));
    within.map(|_| ()).ok_or_else(too_large)
}

/// Refuses a text of so many bytes when no expression may make it.
pub(super) fn room(bytes: usize) -> Checked<()> {
    if bytes > MAX_STRING { Err(too_large()) } else { Ok(()) }
}

/// When and where the customer is.
pub(super) fn place(context: &NativeCallContext<'_>) -> Checked<Place> {
    let place = context.tag().and_then(|tag| tag.read_lock::<Place>().map(|place| place.clone()));
    place.ok_or_else(|| "aquí no se sabe dónde está el contacto".into())
}

pub(super) fn too_large() -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorDataTooLarge("texto o lista".to_owned(), Position::NONE))
}

pub(super) fn wrong(expected: &str, given: &Dynamic) -> Box<EvalAltResult> {
    let given = given.type_name().to_owned();
    Box::new(EvalAltResult::ErrorMismatchDataType(expected.to_owned(), given, Position::NONE))
}

/// Something, or nothing.
pub(super) fn maybe<T: Into<Dynamic>>(value: Option<T>) -> Dynamic {
    value.map_or(Dynamic::UNIT, Into::into)
}
