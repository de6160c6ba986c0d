//! Errors of the control API: a stable code and a sentence to act on.

use std::io;

use axum::{
    Json,
    extract::rejection::{BytesRejection, JsonRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A refused control call.
#[derive(Debug)]
pub struct Refusal {
    http: StatusCode,
    code: &'static str,
    sentence: String,
}

impl Refusal {
    /// 422: the call is understood and cannot be done as it stands.
    pub fn unfit(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { http: StatusCode::UNPROCESSABLE_ENTITY, code, sentence: sentence.into() }
    }

    /// 404: no such customer.
    pub fn no_customer(wa_id: &str) -> Self {
        let sentence = format!("There is no customer {wa_id}; POST /emulator/customers makes one.");
        Self { http: StatusCode::NOT_FOUND, code: "unknown_customer", sentence }
    }

    /// 404: no such file.
    pub fn no_file(name: &str) -> Self {
        let sentence = format!("There is no file {name}.");
        Self { http: StatusCode::NOT_FOUND, code: "unknown_file", sentence }
    }

    /// 413: more bytes than WhatsApp carries.
    pub fn too_large() -> Self {
        let sentence = "A file has at most 100 MB.".to_owned();
        Self { http: StatusCode::PAYLOAD_TOO_LARGE, code: "too_large", sentence }
    }

    /// 404: no such call.
    pub fn no_call(path: &str) -> Self {
        Self {
            http: StatusCode::NOT_FOUND,
            code: "unknown_call",
            sentence: format!("There is no call {path}."),
        }
    }

    /// 502: the webhook receiver did not answer.
    pub fn no_receiver(error: &reqwest::Error) -> Self {
        let sentence = format!("The webhook address did not answer ({error}).");
        Self { http: StatusCode::BAD_GATEWAY, code: "no_receiver", sentence }
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self { http: StatusCode::UNPROCESSABLE_ENTITY, code: "invalid_body", sentence: rejection.body_text() }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        Self {
            http: StatusCode::UNPROCESSABLE_ENTITY,
            code: "invalid_query",
            sentence: rejection.body_text(),
        }
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::too_large();
        }
        Self::unfit("invalid_body", rejection.body_text())
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        let sentence = format!("The data folder cannot be used: {error}.");
        Self { http: StatusCode::INTERNAL_SERVER_ERROR, code: "data_folder", sentence }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.http, Json(json!({"code": self.code, "message": self.sentence}))).into_response()
    }
}
