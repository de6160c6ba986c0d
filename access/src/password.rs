//! Passwords: Argon2id with the crate's defaults (19 MiB of memory, two passes, one lane), which are
//! OWASP's smallest recommendation. One hash or check takes about 20 ms of CPU: callers run it on a
//! blocking thread and bound how many run at once.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};

/// The shortest password that is accepted, in Unicode characters.
pub const MIN_PASSWORD_CHARS: usize = 8;

/// The longest, in bytes: far above what people type, low enough that it costs nothing to hash.
const MAX_PASSWORD_BYTES: usize = 1024;

/// What the password of nobody is checked against, so that an unknown user costs what a known one does.
/// Default parameters, random salt and digest: no known text has this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$zwOt8dGn/JCsH4dTsUefNQ$fEfc/tikP9ixM4kD/BfWsPr/1bcPgzQX5y4r1rjKitE";

/// Why a password is not accepted as a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_PASSWORD_CHARS`] characters.
    #[error("the password has fewer than {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    /// More than 1024 bytes.
    #[error("the password has more than {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The system gave no randomness or no memory.
    #[error("the password could not be hashed")]
    Unavailable,
}

/// A password's hash as a PHC string (`$argon2id$v=19$…`): its own salt and parameters are in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a new password with a fresh salt.
    ///
    /// # Errors
    /// When the password is too short or too long, or the system gives no randomness.
    pub fn of(password: &str) -> Result<Self, PasswordError> {
        if password.chars().count() < MIN_PASSWORD_CHARS {
            return Err(PasswordError::TooShort);
        }
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordError::TooLong);
        }
        let hash =
            Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError::Unavailable)?;
        Ok(Self(hash.to_string()))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whether this is the password. `stored` is `None` when nobody goes by that name: the answer is no, and
/// takes as long.
pub fn verify(password: &str, stored: Option<&PasswordHash>) -> bool {
    let phc = stored.map_or(NOBODY, |hash| hash.0.as_str());
    let right = password.len() <= MAX_PASSWORD_BYTES
        && phc::PasswordHash::new(phc)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
    right && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_opens() {
        let hash = PasswordHash::of("pan con palta").unwrap();
        assert!(verify("pan con palta", Some(&hash)));
        assert!(!verify("pan con palta ", Some(&hash)));
        assert!(!verify("", Some(&hash)));
        assert_ne!(hash, PasswordHash::of("pan con palta").unwrap(), "every hash has its own salt");
    }

    #[test]
    fn a_stored_hash_survives_and_does_not_show_in_logs() {
        let hash = PasswordHash::of("pan con palta").unwrap();
        let read: PasswordHash = serde_json::from_str(&serde_json::to_string(&hash).unwrap()).unwrap();
        assert!(verify("pan con palta", Some(&read)));
        assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
    }

    #[test]
    fn nobody_has_no_password_and_costs_what_others_cost() {
        assert!(!verify("pan con palta", None));
        let cost = |phc: &str| {
            let hash = phc::PasswordHash::new(phc).unwrap();
            (hash.algorithm, hash.version, hash.params, hash.hash.unwrap().len())
        };
        let fresh = PasswordHash::of("pan con palta").unwrap();
        assert_eq!(cost(NOBODY), cost(&fresh.0));
        assert!(NOBODY.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn a_damaged_hash_opens_nothing() {
        assert!(!verify("pan con palta", Some(&PasswordHash("$argon2id$".into()))));
        assert!(!verify("", Some(&PasswordHash(String::new()))));
    }

    #[test]
    fn new_passwords_have_bounds() {
        assert_eq!(PasswordHash::of("siete77"), Err(PasswordError::TooShort));
        assert!(PasswordHash::of("ñandú123").is_ok(), "eight characters, ten bytes");
        assert_eq!(PasswordHash::of(&"x".repeat(1025)), Err(PasswordError::TooLong));
        assert!(!verify(&"x".repeat(1025), None));
    }
}
