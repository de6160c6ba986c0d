//! Meta's error codes: the title and the HTTP status that its error page gives to each.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// A message does not get through: a code and what is wrong with this very message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Meta's code.
    pub code: u32,
    /// A sentence about this message.
    pub details: String,
}

impl Failure {
    /// 131009: it reacts to a message that takes no reaction.
    pub fn no_reaction(details: &str) -> Self {
        Self { code: 131_009, details: details.to_owned() }
    }

    /// 131047: more than 24 hours have passed since the customer last wrote.
    pub fn outside_window() -> Self {
        let details = "Message failed to send because more than 24 hours have passed since the customer last \
            replied to this number.";
        Self { code: 131_047, details: details.to_owned() }
    }

    /// 131053: its file could not be had, or is none that its type takes.
    pub fn media(details: impl Into<String>) -> Self {
        Self { code: 131_053, details: details.into() }
    }

    /// Of any code; the sentence of the code where there is none of its own.
    pub fn of(code: u32, details: Option<String>) -> Self {
        Self { code, details: details.unwrap_or_else(|| format!("{}.", title(code))) }
    }
}

/// The title of a code, as errors and failed statuses carry it.
pub fn title(code: u32) -> &'static str {
    match code {
        0 => "AuthException",
        1 => "API Unknown",
        2 => "API Service",
        3 => "API Method",
        4 => "API Too Many Calls",
        10 => "Permission Denied",
        33 => "Parameter value is not valid",
        100 => "Invalid parameter",
        190 => "Invalid OAuth access token - Cannot parse access token",
        200..=299 => "API Permission",
        368 => "Temporarily blocked for policies violations",
        80_007 => "Rate limit issues",
        130_403 => "User blocked by the business",
        130_429 => "Rate limit hit",
        130_472 => "User's number is part of an experiment",
        130_497 => "Business account is restricted from messaging users in this country",
        131_005 => "Access denied",
        131_008 => "Required parameter is missing",
        131_009 => "Parameter value is not valid",
        131_016 | 133_004 => "Service unavailable",
        131_021 => "Recipient cannot be sender",
        131_026 => "Message undeliverable",
        131_031 => "Account has been locked",
        131_037 => "Display name approval needed",
        131_042 => "Business eligibility payment issue",
        131_045 => "Incorrect certificate",
        131_047 => "Re-engagement message",
        131_048 => "Spam rate limit hit",
        131_049 => "Meta chose not to deliver",
        131_050 => "User stopped marketing messages",
        131_051 => "Unsupported message type",
        131_052 => "Media download error",
        131_053 => "Media upload error",
        131_055 => "Method not allowed",
        131_056 => "(Business Account, Consumer Account) pair rate limit hit",
        131_057 => "Account in maintenance mode",
        131_060 => "Message unavailable",
        132_000 => "Template Param Count Mismatch",
        132_001 => "Template does not exist",
        132_015 => "Template is Paused",
        132_016 => "Template is Disabled",
        133_010 => "Phone number not registered",
        135_000 => "Generic user error",
        _ => "Something went wrong",
    }
}

/// The HTTP status of a call refused with this code. Clients decide on the code all the same.
pub fn http(code: u32) -> StatusCode {
    match code {
        0 | 190 => StatusCode::UNAUTHORIZED,
        10 | 200..=299 | 368 | 130_497 | 131_005 | 131_031 => StatusCode::FORBIDDEN,
        132_001 => StatusCode::NOT_FOUND,
        3 | 131_000 | 131_016 | 131_045 | 131_057 => StatusCode::INTERNAL_SERVER_ERROR,
        2 | 133_004 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}
