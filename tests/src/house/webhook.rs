//! How Meta writes it down: the envelope and its signature.

use cauce_model::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// Meta's id of the connected number.
pub const PHONE_NUMBER_ID: &str = "106540352242922";
/// The number itself.
pub const DISPLAY_PHONE: &str = "51900000000";
/// With what Meta signs.
pub const APP_SECRET: &str = "0123456789abcdef-secreto";
/// What Meta says in the handshake.
pub const VERIFY_TOKEN: &str = "palabra-de-prueba";

/// The value of `X-Hub-Signature-256` for a body.
pub fn signature(body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap().chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A webhook with these elements: `messages` or `statuses`, and the `contacts` that belong to them.
pub fn body_of(key: &str, elements: &[Value], contacts: &[Value]) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": DISPLAY_PHONE, "phone_number_id": PHONE_NUMBER_ID },
    });
    if !contacts.is_empty() {
        value["contacts"] = contacts.into();
    }
    value[key] = elements.into();
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": value }] }],
    })
}

/// A time as Meta writes it.
pub(super) fn seconds(at: Timestamp) -> String {
    (at.0 / 1000).to_string()
}
