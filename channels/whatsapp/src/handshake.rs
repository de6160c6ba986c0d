//! The subscription handshake: Meta asks with a GET whether this address is ours.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The handshake is not answered: 403, with nothing more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the handshake is refused")]
pub struct Refused;

/// The text to answer a handshake with: 200, `text/plain`, the challenge and nothing else.
/// The token is compared in constant time; an empty `verify_token` agrees with nobody.
///
/// # Errors
/// [`Refused`] when the query is no subscription, lacks the challenge, or has another token.
pub fn answer<'q>(query: &'q HashMap<String, String>, verify_token: &str) -> Result<&'q str, Refused> {
    let get = |key: &str| query.get(key).map(String::as_str);
    let token = get("hub.verify_token").ok_or(Refused)?;
    // Digests have one length, so that not even the token's length can be measured.
    let same: bool = Sha256::digest(token).ct_eq(&Sha256::digest(verify_token)).into();
    if !same || verify_token.is_empty() || get("hub.mode") != Some("subscribe") {
        return Err(Refused);
    }
    get("hub.challenge").ok_or(Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_challenge_comes_back_to_who_knows_the_token() {
        let right = query(&[
            ("hub.mode", "subscribe"),
            ("hub.challenge", "1158201444"),
            ("hub.verify_token", "secreto"),
        ]);
        assert_eq!(answer(&right, "secreto"), Ok("1158201444"));
        assert_eq!(answer(&right, "otro"), Err(Refused));
    }

    #[test]
    fn everything_else_is_refused() {
        for pairs in [
            &[][..],
            &[("hub.mode", "subscribe"), ("hub.challenge", "1")],
            &[("hub.mode", "subscribe"), ("hub.verify_token", "secreto")],
            &[("hub.challenge", "1"), ("hub.verify_token", "secreto")],
            &[("hub.mode", "unsubscribe"), ("hub.challenge", "1"), ("hub.verify_token", "secreto")],
            &[("hub.mode", "subscribe"), ("hub.challenge", "1"), ("hub.verify_token", "secret")],
        ] {
            assert_eq!(answer(&query(pairs), "secreto"), Err(Refused), "{pairs:?}");
        }
        let empty = query(&[("hub.mode", "subscribe"), ("hub.challenge", "1"), ("hub.verify_token", "")]);
        assert_eq!(answer(&empty, ""), Err(Refused), "no token configured, nobody agrees");
    }
}
