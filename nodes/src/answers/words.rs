//! Words of one's own.

use cauce_flows::{Check, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a text may be.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// The fewest characters; 1 when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Mínimo de caracteres", range(min = 1, max = 4096))]
    pub min_length: Option<usize>,
    /// The most characters; 4096 when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Máximo de caracteres", range(min = 1, max = 4096))]
    pub max_length: Option<usize>,
}

impl Words {
    pub(super) fn bounds(&self) -> (usize, usize) {
        (self.min_length.unwrap_or(1), self.max_length.unwrap_or(limits::TEXT_BODY))
    }

    pub(super) fn check(&self, at: &str, check: &mut Check<'_>) {
        let (min, max) = self.bounds();
        if min > max {
            check.error(
                at,
                "node.answer.lengths",
                format!("Ningún texto tiene al menos {min} y como máximo {max} caracteres."),
                "Corrige «min_length» o «max_length».",
            );
        }
    }

    pub(super) fn accept(&self, text: &str) -> Option<Value> {
        let (min, max) = self.bounds();
        (min..=max).contains(&text.chars().count()).then(|| text.into())
    }

    pub(super) fn hint(&self) -> String {
        match self.bounds() {
            (1, max) => format!("Escríbelo en un solo mensaje de hasta {max} caracteres, por favor."),
            (min, max) => format!("Escríbelo con {min} a {max} caracteres, por favor."),
        }
    }
}
