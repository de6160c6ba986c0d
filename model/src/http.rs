//! A call to a server outside: what a flow asks for, and what came of it.

use serde::{Deserialize, Serialize};

use crate::Duration;

/// A request. Secrets are named, never held: the executor fills them in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// How.
    pub method: HttpMethod,
    /// Where: `http` or `https`, at most 2048 bytes.
    pub url: String,
    /// At most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<HttpHeader>,
    /// What is sent; its type is told in `content_type`. At most 64 kB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<HttpBody>,
    /// How long one try may take in all, redirects and reading included.
    pub timeout: Duration,
    /// The same for every try of this request; travels as the header `Idempotency-Key`.
    pub idempotency_key: String,
}

/// The methods a flow may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Creates, or does something.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

/// A header: a text, followed by a secret when one is named (`Bearer ` + the secret).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpHeader {
    /// Its name.
    pub name: String,
    /// Its text.
    #[serde(default)]
    pub value: String,
    /// The name of the secret that follows the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpBody {
    /// The header `Content-Type`.
    pub content_type: String,
    /// The text.
    pub text: String,
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum HttpOutcome {
    /// The server answered and the answer could be read, whatever its status says.
    Answered(HttpAnswer),
    /// The server answered something that cannot be used, or the request is not allowed: another try
    /// would bring the same. Codes: `too_large`, `not_json`, `unreadable`, `forbidden_address`,
    /// `redirect`, `bad_request`, `unknown_secret`.
    Unusable(HttpFailure),
    /// No answer: another try may bring one. `unreachable`, `busy`: the request did not leave;
    /// `timeout`, `connection_lost`: nobody knows whether it was carried out.
    Unavailable(HttpFailure),
}

/// A server's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON as it is, a text as a string, anything else as `null`.
    pub body: serde_json::Value,
    /// How long the server asks to wait before another try (`Retry-After`), when it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
}

/// Why there is no answer to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpFailure {
    /// Stable.
    pub code: String,
    /// A sentence for the team (Spanish).
    pub text: String,
}
