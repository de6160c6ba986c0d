//! Webhook bytes: JSON escaped the way Meta escapes it, and the signature over exactly these bytes.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Compact JSON with non-ASCII as `\uxxxx` and `/`, `<`, `%`, `@` escaped, so that a receiver that parses and
/// serialises again before it hashes fails here as it would with Meta.
pub fn escaped(payload: &Value) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    // Outside its strings, compact JSON holds none of these characters.
    for letter in payload.to_string().chars() {
        match letter {
            '/' => text.push_str("\\/"),
            '<' => text.push_str("\\u003C"),
            '%' => text.push_str("\\u0025"),
            '@' => text.push_str("\\u0040"),
            letter if letter.is_ascii() => text.push(letter),
            letter => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(text, "\\u{unit:04x}").expect("a String takes every write");
                }
            }
        }
    }
    text
}

/// The value of `X-Hub-Signature-256`: `sha256=` and HMAC-SHA256 in lowercase hex.
pub fn sign(app_secret: &str, bytes: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(bytes);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn an_envelope_without_entries_signs_as_published() {
        let body = escaped(&json!({"object": "whatsapp_business_account", "entry": []}));
        assert_eq!(body, r#"{"object":"whatsapp_business_account","entry":[]}"#);
        assert_eq!(
            sign(SECRET, body.as_bytes()),
            "sha256=eefab58106e73358686845848feb95c56372e7391b3dc050b6a31c8c5f347ece"
        );
    }

    #[test]
    fn escaped_bytes_sign_as_published() {
        // The published second vector; Meta leaves `<` as it is in some deliveries, as here.
        let body = r#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"Zo\u00eb \ud83c\udf35"},"wa_id":"16505551234"}],"messages":[{"from":"16505551234","id":"wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQQ==","timestamp":"1749416383","type":"text","text":{"body":"caf\u00e9 50\u0025 <a\u0040b.co> https:\/\/x.y\/z"}}]},"field":"messages"}]}]}"#;
        assert_eq!(
            sign(SECRET, body.as_bytes()),
            "sha256=29cbcad4008e9a65901a469d5c6b0a8004d3bac6f0b99a735fbce82b7d8b4f93"
        );
        let read: Value = serde_json::from_str(body).unwrap();
        assert_eq!(escaped(&read), body.replace('<', "\\u003C"));
    }

    #[test]
    fn text_is_escaped_like_meta_and_reads_back_the_same() {
        let payload = json!({"t": "café 50% <a@b.co> https://x.y/z \"q\" \n", "n": "Zoë 🌵"});
        let body = escaped(&payload);
        assert_eq!(
            body,
            r#"{"t":"caf\u00e9 50\u0025 \u003Ca\u0040b.co> https:\/\/x.y\/z \"q\" \n","n":"Zo\u00eb \ud83c\udf35"}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), payload);
    }
}
