//! Numbers, and between which bounds.

use cauce_flows::{Check, reading};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which numbers fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Mínimo")]
    pub min: Option<f64>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Máximo")]
    pub max: Option<f64>,
    /// Whether it has no decimals.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Solo enteros")]
    pub integer: bool,
}

impl Numbers {
    pub(super) fn check(&self, at: &str, check: &mut Check<'_>) {
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            check.error(
                at,
                "node.answer.range",
                format!("Ningún número va de {min} a {max}."),
                "Corrige «min» o «max».",
            );
        }
    }

    pub(super) fn accept(&self, text: &str) -> Option<Value> {
        let value = Value::from(reading::number(text)?);
        let number = value.as_f64()?;
        let fits = self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max);
        if !fits || self.integer && number.fract() != 0.0 {
            return None;
        }
        // "3.0" where integers are wanted is 3.
        Some(value.as_i64().map_or(value, Value::from))
    }

    pub(super) fn hint(&self) -> String {
        let what = if self.integer { "un número entero" } else { "un número" };
        let bounds = match (self.min, self.max) {
            (Some(min), Some(max)) => format!(" de {min} a {max}"),
            (Some(min), None) => format!(" desde {min}"),
            (None, Some(max)) => format!(" hasta {max}"),
            (None, None) => String::new(),
        };
        format!("Escríbelo con {what}{bounds}, por favor.")
    }
}
