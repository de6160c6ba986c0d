//! To what a message belongs: what it answers, where it was passed on from, what led to it.

use serde::Serialize;
use serde_json::Value;

use crate::value::{owned, text};

/// To what a message belongs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Context {
    /// The message that it answers.
    #[serde(rename = "context_id", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// It was passed on from another chat.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    /// It was passed on many times.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub frequently_forwarded: bool,
    /// The product it asks about, by the shop's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referred_product: Option<String>,
    /// The advertisement or post that led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
}

/// The advertisement or post that led to a message. Its words are not in the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Referral {
    /// `ad` or `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// The click's id; absent for advertisements in Status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctwa_clid: Option<String>,
    /// Where it is.
    #[serde(skip)]
    pub source_url: Option<String>,
    /// Its headline.
    #[serde(skip)]
    pub headline: Option<String>,
    /// Its text.
    #[serde(skip)]
    pub body: Option<String>,
}

impl Context {
    pub(super) fn read(message: &Value) -> Self {
        let context = message.get("context").unwrap_or(&Value::Null);
        let product = context.get("referred_product").unwrap_or(&Value::Null);
        let is = |key: &str| context.get(key) == Some(&Value::Bool(true));
        Self {
            id: owned(context, "id"),
            forwarded: is("forwarded"),
            frequently_forwarded: is("frequently_forwarded"),
            referred_product: owned(product, "product_retailer_id"),
            referral: message.get("referral").filter(|referral| referral.is_object()).map(|referral| {
                let part = |key: &str| text(referral, key).map(str::to_owned);
                Referral {
                    source_type: part("source_type"),
                    source_id: part("source_id"),
                    ctwa_clid: part("ctwa_clid"),
                    source_url: part("source_url"),
                    headline: part("headline"),
                    body: part("body"),
                }
            }),
        }
    }
}
