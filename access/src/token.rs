//! Random secrets that a client holds and we recognise: session tokens, CSRF tokens, API tokens.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A secret of 256 random bits, as 43 characters of unpadded base64url: what the client holds.
/// It is never stored; [`Token::hash`] is.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one, from the system's cryptographic generator.
    pub fn random() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a client presents, whatever it is: only the comparison of hashes decides.
    pub fn presented(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, to be given to the client that it belongs to.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up. A plain hash is enough: there is nothing to guess in 256 random bits.
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex::encode(Sha256::digest(self.0.as_bytes())))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of a [`Token`] as 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// The digits, to be used as a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this token's, in constant time.
    pub fn is_of(&self, presented: &Token) -> bool {
        self.0.as_bytes().ct_eq(presented.hash().0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_fit_for_a_cookie_and_never_the_same() {
        let token = Token::random();
        assert_eq!(URL_SAFE_NO_PAD.decode(token.reveal()).unwrap().len(), 32);
        assert!(token.reveal().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        assert_ne!(token.reveal(), Token::random().reveal());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn a_hash_knows_its_token() {
        // FIPS 180-4: SHA-256 of "abc".
        let abc = Token::presented("abc");
        assert_eq!(abc.hash().as_str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(abc.hash().is_of(&abc));
        assert!(!abc.hash().is_of(&Token::presented("abd")));
        assert!(!TokenHash(String::new()).is_of(&Token::presented("")));
    }
}
