//! Who is who: the addresses a contact is known by.

use serde::{Deserialize, Serialize};

use crate::{Slot, WorkspaceId};

/// What sort of address this is. A username is never one: it changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A phone number, digits only, in the form of [`canonical_phone`]. Scope: empty.
    Phone,
    /// WhatsApp's business-scoped user id. Scope: the business portfolio it was issued for.
    Bsuid,
    /// An email address, lower case. Scope: empty.
    Email,
}

/// One address of a contact. Equal addresses are the same person, so the value is canonical.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The workspace in which it names somebody.
    pub workspace: WorkspaceId,
    /// What sort of address.
    pub kind: AddressKind,
    /// Within what the value is unique; empty when it is unique in the workspace.
    pub scope: String,
    /// The canonical value.
    pub value: String,
}

impl Address {
    /// The address of a phone number as a provider gives it (`from`, `wa_id`).
    pub fn phone(workspace: WorkspaceId, provider_digits: &str) -> Self {
        Self {
            workspace,
            kind: AddressKind::Phone,
            scope: String::new(),
            value: canonical_phone(provider_digits),
        }
    }

    /// The address of a business-scoped user id issued for this portfolio.
    pub fn bsuid(workspace: WorkspaceId, portfolio: &str, id: &str) -> Self {
        Self { workspace, kind: AddressKind::Bsuid, scope: portfolio.to_owned(), value: id.to_owned() }
    }

    /// The text under which it is stored: the same for equal addresses and for no others.
    pub fn key(&self) -> String {
        let kind = match self.kind {
            AddressKind::Phone => "phone",
            AddressKind::Bsuid => "bsuid",
            AddressKind::Email => "email",
        };
        format!("{}\u{1f}{kind}\u{1f}{}\u{1f}{}", self.workspace, self.scope, self.value)
    }

    /// The workspace of an address that is stored under this text.
    pub fn workspace_of(key: &str) -> Option<WorkspaceId> {
        key.split_once('\u{1f}')?.0.parse().ok()
    }

    /// The slot of the address: its only writer, and the birthplace of a contact known by it first.
    pub fn slot(&self) -> Slot {
        Slot::of(&self.key())
    }
}

/// The one form that all variants of a phone number share: digits only, with country code.
///
/// WhatsApp and its users write some numbers in two ways; both must reach the same contact
/// (`reference/inbox.md` §2.3):
/// Mexico `521` + 10 digits is `52` + 10; Argentina `549` + 10 is `54` + 10; Brazil
/// `55` + area + `9` + 8 digits is `55` + area + 8, for mobile numbers (their old first digit is 6–9).
///
/// This is a key, not something to dial: a message goes to the id that the provider gave.
pub fn canonical_phone(digits: &str) -> String {
    let d: String = digits.chars().filter(char::is_ascii_digit).collect();
    if d.len() == 13 && d.starts_with("521") {
        return format!("52{}", &d[3..]);
    }
    if d.len() == 13 && d.starts_with("549") {
        return format!("54{}", &d[3..]);
    }
    if d.len() == 13
        && d.starts_with("55")
        && d.as_bytes()[4] == b'9'
        && (b'6'..=b'9').contains(&d.as_bytes()[5])
    {
        return format!("{}{}", &d[..4], &d[5..]);
    }
    d
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_number_share_one_value() {
        for (a, b) in [
            ("5215512345678", "525512345678"),
            ("5491123456789", "541123456789"),
            ("5541998765432", "554198765432"),
            ("+51 999 888 777", "51999888777"),
        ] {
            assert_eq!(canonical_phone(a), canonical_phone(b), "{a} {b}");
        }
    }

    #[test]
    fn different_people_stay_different() {
        // A Brazilian landline does not become a mobile number by losing a 9 it never had.
        assert_ne!(canonical_phone("554132345678"), canonical_phone("5541932345678"));
        assert_ne!(canonical_phone("51999888777"), canonical_phone("51999888778"));
    }

    #[test]
    fn the_key_keeps_scopes_apart() {
        let ws: WorkspaceId = "demo".parse().unwrap();
        let a = Address::bsuid(ws.clone(), "P1", "PE.1");
        let b = Address::bsuid(ws.clone(), "P2", "PE.1");
        assert_ne!(a.key(), b.key());
        assert_eq!(Address::workspace_of(&a.key()), Some(ws));
    }
}
