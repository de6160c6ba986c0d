//! Ids in the shape Meta gives them. They come from counters and hashes, never from randomness.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Which way a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Written on the phone.
    Customer,
    /// Sent by the business through the Graph API.
    Business,
}

/// A message id: `wamid.` and base64 of a frame that holds the peer's number, as real ones do.
///
/// `at` (milliseconds) is part of the hash, so that an emulator that forgot its past never repeats an id that a
/// receiver has already seen and would drop as a duplicate.
pub fn wamid(side: Side, wa_id: &str, serial: u64, at: i64) -> String {
    let unique = hex::encode_upper(&digest(&["wamid", wa_id, &serial.to_string(), &at.to_string()])[..9]);
    let direction = match side {
        Side::Business => 0x11,
        Side::Customer => 0x12,
    };
    let mut frame = vec![0x1c, 0x18, wa_id.len() as u8];
    frame.extend(wa_id.as_bytes());
    frame.extend([0x15, 0x02, 0x00, direction, 0x18, unique.len() as u8]);
    frame.extend(unique.as_bytes());
    frame.push(0x00);
    format!("wamid.{}", STANDARD.encode(frame))
}

/// The business-scoped user id: the country and digits that depend on the person and on the business account.
pub fn user_id(waba_id: &str, wa_id: &str) -> String {
    const COUNTRIES: [(&str, &str); 12] = [
        ("51", "PE"),
        ("52", "MX"),
        ("54", "AR"),
        ("55", "BR"),
        ("56", "CL"),
        ("57", "CO"),
        ("58", "VE"),
        ("591", "BO"),
        ("593", "EC"),
        ("595", "PY"),
        ("598", "UY"),
        ("34", "ES"),
    ];
    let country =
        COUNTRIES.iter().find(|(prefix, _)| wa_id.starts_with(prefix)).map_or("US", |(_, code)| code);
    format!("{country}.{}", number(&["user", waba_id, wa_id], 20))
}

/// A media id, as digits; `at` (milliseconds) keeps it from coming again, as in [`wamid`].
pub fn media_id(what: &str, at: i64) -> String {
    number(&["media", what, &at.to_string()], 16)
}

/// A plausible Peruvian mobile number for the customer with this serial: 51 and nine digits that begin with 9.
pub fn peruvian_mobile(serial: u64) -> String {
    format!("519{}", number(&["mobile", &serial.to_string()], 8))
}

/// A name for a customer nobody named.
pub fn plausible_name(serial: u64) -> &'static str {
    const NAMES: [&str; 10] = [
        "Rosa Quispe",
        "Luis Mamani",
        "Carmen Huamán",
        "Jorge Flores",
        "Milagros Rojas",
        "César Chávez",
        "Lucía Torres",
        "Iván Salazar",
        "Patricia Núñez",
        "Óscar Peña",
    ];
    NAMES[(serial % NAMES.len() as u64) as usize]
}

/// SHA-256 over the parts, each followed by a separator.
pub fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

/// Exactly `digits` decimal digits that depend on the parts.
pub fn number(parts: &[&str], digits: usize) -> String {
    digest(parts).iter().map(|byte| char::from(b'0' + byte % 10)).take(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wamid_has_metas_shape_and_never_repeats() {
        let id = wamid(Side::Business, "16505551234", 1, 1_739_321_024_000);
        let frame = STANDARD.decode(id.strip_prefix("wamid.").unwrap()).unwrap();
        assert!(id.starts_with("wamid.HBgLMTY1MDU1NTEyMzQVAgAR"), "{id}");
        assert_eq!(&frame[3..14], b"16505551234");
        assert_eq!(id, wamid(Side::Business, "16505551234", 1, 1_739_321_024_000));
        assert_ne!(id, wamid(Side::Business, "16505551234", 2, 1_739_321_024_000));
        assert_ne!(id, wamid(Side::Business, "16505551234", 1, 1_739_321_024_001));
    }

    #[test]
    fn a_user_id_belongs_to_a_person_and_a_business() {
        let id = user_id("100", "51987654321");
        assert!(id.starts_with("PE.") && id.len() == 23, "{id}");
        assert_ne!(id, user_id("101", "51987654321"));
        assert_ne!(id, user_id("100", "51987654322"));
        assert!(user_id("100", "16505551234").starts_with("US."));
    }

    #[test]
    fn a_new_number_is_a_peruvian_mobile() {
        let number = peruvian_mobile(0);
        assert!(number.starts_with("519") && number.len() == 11, "{number}");
        assert_ne!(number, peruvian_mobile(1));
    }
}
