//! What customers write: signed webhooks as Meta sends them, each message under its own id.

use cauce_whatsapp::AccountRef;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The app's secret, with which everything here is signed.
pub const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Meta's id of the number.
pub const PHONE_NUMBER_ID: &str = "106540352242922";

/// The text of a contact's turn in the journey of the road, from 0.
fn text(contact: usize, turn: usize) -> String {
    match turn {
        0 => "Hola, quiero reservar".to_owned(),
        turn if turn % 2 == 1 => {
            format!("Ana María {}", ["Quispe", "Torres", "Flores", "Rojas"][contact % 4])
        }
        _ => (1 + (contact + turn) % 19).to_string(),
    }
}

/// The phone of a contact.
pub fn phone(contact: usize) -> String {
    format!("519{contact:08}")
}

/// The body of the webhook with which a contact takes a turn. `run` tells the messages of one run of the
/// bench from those of another on the same data.
pub fn body(contact: usize, turn: usize, run: &str, now: u64) -> String {
    let id = format!("HBgLNTE5{run}{contact:08}QUNDRkE5N0ZCQzA{turn:06}");
    saying(&phone(contact), &id, &text(contact, turn), now)
}

/// The body of the webhook with which a phone says something, in seconds since 1970.
pub fn saying(phone: &str, id: &str, text: &str, now: u64) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"51015550142","phone_number_id":"{PHONE_NUMBER_ID}"}},"contacts":[{{"profile":{{"name":"Ana María"}},"wa_id":"{phone}"}}],"messages":[{{"from":"{phone}","id":"wamid.{id}","timestamp":"{now}","text":{{"body":"{text}"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
    )
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Whose number the webhooks are sent to.
pub fn account() -> AccountRef {
    AccountRef {
        account: "ventas".parse().expect("an id"),
        workspace: "principal".parse().expect("an id"),
        portfolio: String::new(),
    }
}

/// The whole HTTP request that brings a body.
pub fn request(path: &str, body: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length will do");
    let signature = hex::encode(mac.chain_update(body).finalize().into_bytes());
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: facebookexternalua\r\naccept: */*\r\n\
         content-type: application/json\r\nx-hub-signature-256: sha256={signature}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
