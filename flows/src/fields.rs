//! The words a kind's config is written with. Each carries its own JSON Schema `format`; by it the
//! checks find every text and expression of a config, and the designer chooses how to edit it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use cauce_model::{Duration, QueueId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::{Piece, split};

macro_rules! text_field {
    ($(#[$doc:meta])* $name:ident, $format:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// As it is written.
            pub fn source(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "minLength": 1 })
            }
        }
    };
}

text_field!(
    /// A text for the customer, with `{{ expressions }}` in it.
    Template, "template");
text_field!(
    /// A Rhai expression.
    Expression, "expression");
text_field!(
    /// A Rhai expression over a server's answer: `answer.status`, `answer.body.price`.
    OfAnswer, "answer_expression");
text_field!(
    /// A script of several orders that leaves its results in variables.
    Code, "code");
text_field!(
    /// The name of a variable that a step writes: a letter or `_`, then letters, digits and `_`, in ASCII.
    Name, "variable");
text_field!(
    /// A stable id inside a config, as of an option or a rule; it is an exit's key too.
    /// Letters, digits, `_`, `-`; at most 64.
    Key, "key");

impl Template {
    /// How many characters are written; what expressions add is not known before it is said.
    pub fn written(&self) -> usize {
        written(&self.0)
    }
}

/// As [`Template::written`]. A text whose expressions cannot be told apart counts nothing.
pub(crate) fn written(source: &str) -> usize {
    let pieces = split(source).unwrap_or_default();
    pieces.iter().map(|piece| if let Piece::Written(text) = piece { text.chars().count() } else { 0 }).sum()
}

/// Data to send: groups, lists and scalars as they are written, whose texts may have `{{ expressions }}`
/// in them. A text that is one expression and nothing else becomes its value, of whatever type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree(pub Value);

impl JsonSchema for Tree {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Tree".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "format": "tree" })
    }
}

/// A number, or a text whose `{{ expressions }}` give one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(pub Value);

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "format": "template" })
    }
}

/// A queue as a config names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Queue(pub QueueId);

impl JsonSchema for Queue {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Queue".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "queue", "minLength": 1, "x-ref": "queue" })
    }
}

/// A span of time as people write it: `30s`, `15m`, `2h`, `3d`. From one second to 365 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(Duration);

/// The text is not a span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is not a span of time such as 30s, 15m, 2h or 3d, up to 365d")]
pub struct PeriodError(String);

const UNITS: [(char, Duration, &str, &str); 4] = [
    ('d', Duration::days(1), "día", "días"),
    ('h', Duration::hours(1), "hora", "horas"),
    ('m', Duration::minutes(1), "minuto", "minutos"),
    ('s', Duration::seconds(1), "segundo", "segundos"),
];

impl Period {
    /// The span.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// In Spanish words: `2 horas`.
    pub fn words(self) -> String {
        let (n, (_, _, one, many)) = self.parts();
        format!("{n} {}", if n == 1 { one } else { many })
    }

    fn parts(self) -> (i64, (char, Duration, &'static str, &'static str)) {
        let unit = UNITS.into_iter().find(|unit| self.0.0 % unit.1.0 == 0).unwrap_or(UNITS[3]);
        (self.0.0 / unit.1.0, unit)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let parse = || {
            let unit = UNITS.into_iter().find(|unit| text.ends_with(unit.0))?;
            let digits = text.strip_suffix(unit.0)?.trim_end();
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let millis = digits.parse::<i64>().ok().filter(|_| plain)?.checked_mul(unit.1.0)?;
            (millis > 0 && millis <= Duration::days(365).0).then_some(Self(Duration(millis)))
        };
        parse().ok_or_else(|| PeriodError(text.to_owned()))
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;
    fn try_from(text: String) -> Result<Self, PeriodError> {
        text.parse()
    }
}

impl From<Period> for String {
    fn from(period: Period) -> String {
        period.to_string()
    }
}

/// The shortest form: `120m` is `2h`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, unit) = self.parts();
        write!(f, "{n}{}", unit.0)
    }
}

impl JsonSchema for Period {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "duration", "pattern": "^[0-9]+ ?[smhd]$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_read_and_write() {
        for (text, seconds, written) in [
            ("30s", 30, "30s"),
            ("15m", 900, "15m"),
            ("120m", 7200, "2h"),
            ("3d", 259_200, "3d"),
            ("90 s", 90, "90s"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.duration(), Duration::seconds(seconds));
            assert_eq!(period.to_string(), written);
        }
        assert_eq!("1d".parse::<Period>().unwrap().words(), "1 día");
        for text in ["", "m", "0m", "-1m", "+1m", "2 horas", "1.5h", "366d", "99999999999999999999d", "é"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }
}
