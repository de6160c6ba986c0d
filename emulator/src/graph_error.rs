//! Errors in the shape of the Graph API. The codes are Meta's; clients decide on them, not on the HTTP status.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{codes, ids};

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
    /// Of any code, with Meta's title and HTTP status for it.
    pub fn of(code: u32, details: Option<String>) -> Self {
        Self { http: codes::http(code), code, subcode: None, title: codes::title(code).to_owned(), details }
    }

    /// 100: the call itself is malformed.
    pub fn invalid_call(details: impl Into<String>) -> Self {
        Self::of(100, Some(details.into()))
    }

    /// 131008: a required key is absent.
    pub fn missing(key: &str) -> Self {
        Self::of(131_008, Some(format!("The parameter {key} is required.")))
    }

    /// 131009: a value is outside its limits.
    pub fn invalid(details: impl Into<String>) -> Self {
        Self::of(131_009, Some(details.into()))
    }

    /// 131009: a message names a file that is not there, or not any more.
    pub fn no_media(id: &str) -> Self {
        Self::invalid(format!("There is no media with the id {id}; upload it again."))
    }

    /// 131051: a type this emulator does not carry.
    pub fn unsupported(what: &str) -> Self {
        let details = format!(
            "{what} is not supported here; text, image, video, audio, document, sticker, location, contacts, \
             reaction and interactive button, list, cta_url or location_request_message are."
        );
        Self::of(131_051, Some(details))
    }

    /// 131021: the business writes to itself.
    pub fn to_oneself() -> Self {
        Self::of(131_021, Some("Recipient phone number cannot be same as the sender phone number.".into()))
    }

    /// 131026: nobody has this business-scoped user id.
    pub fn nobody(recipient: &str) -> Self {
        Self::of(131_026, Some(format!("No user of this business has the id {recipient}.")))
    }

    /// 131053: an uploaded file is larger than its type may be.
    pub fn upload(details: impl Into<String>) -> Self {
        Self::of(131_053, Some(details.into()))
    }

    /// 190: no valid access token.
    pub fn unauthorized() -> Self {
        Self::of(190, None)
    }

    /// 100/33: no such object.
    pub fn no_object(method: &str, id: &str) -> Self {
        let title = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation"
        );
        Self { subcode: Some(33), title, ..Self::of(100, None) }
    }

    /// 2500: a Graph version that is not served.
    pub fn version(version: &str) -> Self {
        let title = format!("Unknown path components: /{version} (versions v17.0 to v99.0 are served)");
        Self { title, ..Self::of(2500, None) }
    }

    /// 130429: over the number's throughput; the call was not executed.
    pub fn throttled() -> Self {
        let details = "Message failed to send because there were too many messages sent from this phone number \
                       in a short period of time.";
        Self::of(130_429, Some(details.into()))
    }

    /// 131000: an error of the server; the call may have been executed.
    pub fn server() -> Self {
        Self::of(131_000, Some("Something went wrong. Please try again later.".into()))
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
