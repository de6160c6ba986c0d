//! Errors in the shape of the Graph API. The codes are Meta's; clients decide on them, not on the HTTP status.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::ids;

/// One refused Graph call.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphError {
    /// HTTP status.
    pub http: StatusCode,
    /// Meta's code.
    pub code: u32,
    /// Meta's subcode.
    pub subcode: Option<u32>,
    /// Meta's title, without the code.
    pub title: String,
    /// What is wrong with this very call.
    pub details: Option<String>,
}

impl GraphError {
    fn new(http: StatusCode, code: u32, title: &str, details: Option<String>) -> Self {
        Self { http, code, subcode: None, title: title.to_owned(), details }
    }

    /// 100: the call itself is malformed.
    pub fn invalid_call(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 100, "Invalid parameter", Some(details.into()))
    }

    /// 131008: a required key is absent.
    pub fn missing(key: &str) -> Self {
        let details = format!("The parameter {key} is required.");
        Self::new(StatusCode::BAD_REQUEST, 131_008, "Required parameter is missing", Some(details))
    }

    /// 131009: a value is outside its limits.
    pub fn invalid(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 131_009, "Parameter value is not valid", Some(details.into()))
    }

    /// 131051: a type this emulator does not carry.
    pub fn unsupported(what: &str) -> Self {
        let details =
            format!("{what} is not supported here; text, image and interactive button or list are.");
        Self::new(StatusCode::BAD_REQUEST, 131_051, "Unsupported message type", Some(details))
    }

    /// 131021: the business writes to itself.
    pub fn to_oneself() -> Self {
        let details = "Recipient phone number cannot be same as the sender phone number.";
        Self::new(StatusCode::BAD_REQUEST, 131_021, "Recipient cannot be sender", Some(details.into()))
    }

    /// 131026: nobody has this business-scoped user id.
    pub fn nobody(recipient: &str) -> Self {
        let details = format!("No user of this business has the id {recipient}.");
        Self::new(StatusCode::BAD_REQUEST, 131_026, "Message undeliverable", Some(details))
    }

    /// 190: no valid access token.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            190,
            "Invalid OAuth access token - Cannot parse access token",
            None,
        )
    }

    /// 100/33: no such object.
    pub fn no_object(method: &str, id: &str) -> Self {
        let title = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation"
        );
        Self { subcode: Some(33), ..Self::new(StatusCode::BAD_REQUEST, 100, &title, None) }
    }

    /// 2500: a Graph version that is not served.
    pub fn version(version: &str) -> Self {
        let title = format!("Unknown path components: /{version} (versions v17.0 to v99.0 are served)");
        Self::new(StatusCode::BAD_REQUEST, 2500, &title, None)
    }

    /// 130429: over the number's throughput; the call was not executed.
    pub fn throttled() -> Self {
        let details = "Message failed to send because there were too many messages sent from this phone number \
                       in a short period of time.";
        Self::new(StatusCode::BAD_REQUEST, 130_429, "Rate limit hit", Some(details.into()))
    }

    /// 131000: an error of the server; the call may have been executed.
    pub fn server() -> Self {
        let details = "Something went wrong. Please try again later.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, 131_000, "Something went wrong", Some(details.into()))
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let kind = if self.subcode == Some(33) { "GraphMethodException" } else { "OAuthException" };
        let message = match self.code {
            190 | 2500 => self.title.clone(),
            100 if self.subcode.is_some() => self.title.clone(),
            code => format!("(#{code}) {}", self.title),
        };
        let mut error = json!({"message": message, "type": kind, "code": self.code});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        let trace =
            hex::encode(&ids::digest(&["trace", &message, self.details.as_deref().unwrap_or("")])[..11]);
        error["fbtrace_id"] = json!(format!("A{trace}"));
        (self.http, Json(json!({"error": error}))).into_response()
    }
}
