//! Dead letters: events that could not be handled.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Instant;

/// An event that could not be handled, in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterSummary {
    /// Its id. One that could not be handled again has another.
    pub id: String,
    /// When it was given up.
    pub at: Instant,
    /// Whose event it was: the kind (`contact`, `address`, `desk`, `workspace`, `directory`) and the id.
    #[schema(example = "contact/01f3a9c27b44d0e1")]
    pub entity: String,
    /// Why.
    pub cause: String,
}

/// An event that could not be handled, whole.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterView {
    /// What a list says of it.
    #[serde(flatten)]
    pub letter: DeadLetterSummary,
    /// The event, when it can be shown. Those of the directory hold what guards logins, and are not.
    #[schema(required = true)]
    pub event: Option<Value>,
    /// The event as it is kept, in base64; `null` when it is not shown.
    #[schema(required = true)]
    pub event_base64: Option<String>,
    /// What came from outside (the body of a webhook), as it came, in base64; `null` when that is not known.
    #[schema(required = true)]
    pub raw_base64: Option<String>,
}

/// Dead letters, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterPage {
    /// They.
    pub letters: Vec<DeadLetterSummary>,
    /// The `before` of the next page, when there may be one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// Which dead letters.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeadLetterQuery {
    /// The `next` of the page before.
    pub before: Option<String>,
    /// How many at most; 50 by default, 200 at most.
    pub limit: Option<usize>,
}

/// What came of handling a dead letter again. The letter is gone either way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeadLetterReplay {
    /// Whether it was handled.
    pub handled: bool,
    /// Why not, when it became a dead letter again, with another id.
    #[schema(required = true)]
    pub cause: Option<String>,
}
