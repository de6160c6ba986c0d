//! Single facts out of JSON that others wrote. Liberal: numbers may be text, what is absent, empty or of
//! another type is `None`.

use cauce_model::Timestamp;
use serde_json::Value;

/// A field that is a text with something in it.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// [`text`], to keep.
pub(crate) fn owned(value: &Value, key: &str) -> Option<String> {
    text(value, key).map(str::to_owned)
}

/// A whole number, written as one or as text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// A number, written as one or as text.
pub(crate) fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| number.is_finite())
}

/// The time under `key`, as [`moment`] reads it.
pub(crate) fn time(value: &Value, key: &str) -> Option<Timestamp> {
    value.get(key).and_then(moment)
}

/// A time: seconds since 1970 as text or number. Milliseconds have been seen and are told by their size;
/// what is neither (before 1970, after the year 5138) is no time.
pub(crate) fn moment(value: &Value) -> Option<Timestamp> {
    match integer(value)? {
        seconds @ 1..=100_000_000_000 => Some(Timestamp::from_seconds(seconds)),
        millis @ 1_000_000_000_001..=100_000_000_000_000 => Some(Timestamp(millis)),
        _ => None,
    }
}

/// The items of an array under `key`; none when it is no array.
pub(crate) fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Digits only, as `from` and `wa_id` are written; E.164 allows 15.
pub(crate) fn is_phone(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

/// A business-scoped user id: a country's two letters, a dot, up to 128 letters and digits, possibly with
/// further dots (`US.13491208655302741918`, `US.ENT.118…`).
pub(crate) fn is_bsuid(id: &str) -> bool {
    let Some((country, rest)) = id.split_once('.') else { return false };
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_alphabetic())
        && (1..=160).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}
