//! The record of a person who logs in.

use cauce_model::UserId;
use serde::{Deserialize, Serialize};

use crate::{Actor, PasswordHash, Role};

/// A person who logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id; it never changes.
    pub id: UserId,
    /// What they log in with, in the form of [`normalise_email`]; unique in the workspace.
    pub email: String,
    /// What colleagues and customers call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What their password is checked against.
    pub password_hash: PasswordHash,
    /// Whether they may log in. One who left stays on record, since history names them.
    pub active: bool,
}

impl User {
    /// The person as one who asks for something; `None` when they may no longer ask.
    pub fn actor(&self) -> Option<Actor> {
        self.active.then(|| Actor { id: self.id.clone(), name: self.name.clone(), role: self.role })
    }
}

/// The one form that all spellings of an email share: without surrounding space, lower case.
/// `None` when it cannot be one: not `name@host`, over 254 bytes (RFC 5321 §4.5.3.1.3), or with space in it.
pub fn normalise_email(given: &str) -> Option<String> {
    let email = given.trim().to_lowercase();
    let (name, host) = email.split_once('@')?;
    let plausible = !name.is_empty()
        && !host.is_empty()
        && !host.contains('@')
        && email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control());
    plausible.then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_an_email_are_one() {
        assert_eq!(normalise_email("  Rosa@Demo.PE ").as_deref(), Some("rosa@demo.pe"));
        for bad in ["", "rosa", "@demo.pe", "rosa@", "a@b@c", "ro sa@demo.pe", "rosa@demo\u{0}.pe"] {
            assert_eq!(normalise_email(bad), None, "{bad:?}");
        }
        assert_eq!(normalise_email(&format!("{}@demo.pe", "a".repeat(250))), None);
    }

    #[test]
    fn one_who_left_is_no_actor() {
        let mut user = User {
            id: "rosa".parse().unwrap(),
            email: "rosa@demo.pe".into(),
            name: "Rosa".into(),
            role: Role::Agent,
            password_hash: PasswordHash::of("una clave larga").unwrap(),
            active: true,
        };
        assert_eq!(user.actor().unwrap().name, "Rosa");
        user.active = false;
        assert_eq!(user.actor(), None);
    }
}
