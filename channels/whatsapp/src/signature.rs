//! Whether a webhook was written by Meta: `X-Hub-Signature-256`, an HMAC-SHA256 with the app secret over
//! the raw bytes of the body. Nothing but the bytes as they came will do: Meta signs an escaped form that
//! no re-serialisation gives back.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header that carries the signature.
pub const HEADER: &str = "x-hub-signature-256";

/// Why a webhook is not believed. It says nothing that depends on a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("the webhook is not signed")]
    Missing,
    /// There is one, and it is none of ours.
    #[error("the webhook's signature is wrong")]
    Wrong,
}

impl SignatureError {
    /// The HTTP status to answer with.
    pub fn status(self) -> u16 {
        match self {
            Self::Missing => 401,
            Self::Wrong => 403,
        }
    }
}

/// Checks a body against the header's value. Several secrets count while one replaces another; an empty
/// one never does, and without any secret nothing is believed. Takes the same time wherever a signature
/// is wrong.
///
/// # Errors
/// [`SignatureError::Missing`] without a header, [`SignatureError::Wrong`] for anything but
/// `sha256=` and the 64 hexadecimal digits of one of the secrets.
pub fn verify(secrets: &[&str], header: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
    let header = header.ok_or(SignatureError::Missing)?;
    let mut given = [0; 32];
    header
        .strip_prefix("sha256=")
        .and_then(|digits| hex::decode_to_slice(digits, &mut given).ok())
        .ok_or(SignatureError::Wrong)?;
    let believed = secrets.iter().filter(|secret| !secret.is_empty()).any(|secret| {
        Hmac::<Sha256>::new_from_slice(secret.as_bytes())
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&given).is_ok())
    });
    if believed { Ok(()) } else { Err(SignatureError::Wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    // Checked with an independent implementation (reference/whatsapp.md §1.2, vector 1).
    const SIGNED: &str = "sha256=eefab58106e73358686845848feb95c56372e7391b3dc050b6a31c8c5f347ece";

    #[test]
    fn the_bytes_that_were_signed_are_believed() {
        assert_eq!(verify(&[SECRET], Some(SIGNED), BODY), Ok(()));
    }

    #[test]
    fn two_secrets_count_during_a_rotation() {
        assert_eq!(verify(&["the new one", SECRET], Some(SIGNED), BODY), Ok(()));
        assert_eq!(verify(&[SECRET, "the new one"], Some(SIGNED), BODY), Ok(()));
        assert_eq!(verify(&["the new one"], Some(SIGNED), BODY), Err(SignatureError::Wrong));
    }

    #[test]
    fn missing_and_wrong_are_told_apart() {
        assert_eq!(verify(&[SECRET], None, BODY).unwrap_err().status(), 401);
        for header in ["", "sha256=", "sha1=eefab581", &SIGNED[7..], &SIGNED[..70], &format!("{SIGNED}00")] {
            assert_eq!(verify(&[SECRET], Some(header), BODY).unwrap_err().status(), 403, "{header}");
        }
        assert_eq!(verify(&[SECRET], Some(SIGNED), b"{}"), Err(SignatureError::Wrong));
    }

    #[test]
    fn without_a_secret_nothing_is_believed() {
        assert_eq!(verify(&[], Some(SIGNED), BODY), Err(SignatureError::Wrong));
        let by_empty_key = Hmac::<Sha256>::new_from_slice(b"").unwrap().chain_update(BODY).finalize();
        let header = format!("sha256={}", hex::encode(by_empty_key.into_bytes()));
        assert_eq!(verify(&[""], Some(&header), BODY), Err(SignatureError::Wrong));
    }

    #[test]
    fn the_escaped_form_counts_and_its_equal_in_json_does_not() {
        // The same JSON value in two spellings; only the one that was signed is believed.
        let escaped = br#"{"object":"whatsapp_business_account","entry":[{"id":"caf\u00e9 \/"}]}"#;
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap().chain_update(escaped).finalize();
        let header = format!("sha256={}", hex::encode(mac.into_bytes()));
        assert_eq!(verify(&[SECRET], Some(&header), escaped), Ok(()));
        let value: serde_json::Value = serde_json::from_slice(escaped).unwrap();
        let again = serde_json::to_vec(&value).unwrap();
        assert_eq!(verify(&[SECRET], Some(&header), &again), Err(SignatureError::Wrong));
    }
}
