//! Asking again when an answer does not fit.

use cauce_flows::fields::Template;
use cauce_flows::limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How often a question is asked again when the author does not say.
pub(crate) const DEFAULT_MAX: u32 = 2;

/// How to ask again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Reintentos")]
pub struct Retries {
    /// How often.
    #[serde(default = "default_max")]
    #[schemars(title = "Cuántas veces", range(max = 10))]
    pub max: u32,
    /// With which words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "Se envía en lugar de la pregunta cuando la respuesta no sirve."))]
    #[schemars(extend("maxLength" = limits::INTERACTIVE_BODY, "x-limit" = "limit.interactive_body", "x-i18n" = true))]
    pub text: Option<Template>,
}

fn default_max() -> u32 {
    DEFAULT_MAX
}

/// How often this question is asked again.
pub(crate) fn max(retries: Option<&Retries>) -> u32 {
    retries.map_or(DEFAULT_MAX, |retries| retries.max)
}
