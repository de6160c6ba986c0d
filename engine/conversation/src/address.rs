//! How an address finds its contact.
//!
//! The row `address → contact` has one writer: the entity of the address. A message is handled
//! there; a contact born from it gets an id in the same slot, so that the binding, the contact and
//! its first turn are one commit, and parallel first messages make one contact. Further addresses
//! of the sender are claimed by mail. Numbers change hands: what was written before that is still
//! its former owner's, who knows whether it came before.

use cauce_model::{Address, ContactEvent, ContactId, Duration, InboundEcho, InboundMessage, Timestamp};
use cauce_runtime::{EntityAddress, Halt, Turn};
use cauce_store::Key;
use serde::{Deserialize, Serialize};

use crate::contact_entity;
use crate::tables::BINDINGS;

/// What reaches the entity of an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AddressEvent {
    /// Somebody wrote from it.
    Inbound(InboundMessage),
    /// The business wrote to it with its own phone.
    Echo(InboundEcho),
    /// A contact is not known by this address any more.
    Release {
        /// The address.
        address: Address,
        /// Who says so.
        contact: ContactId,
        /// Since when, by the provider's clock.
        #[serde(default)]
        at: Timestamp,
    },
    /// A contact says that it is known by this address too.
    Claim {
        /// The address.
        address: Address,
        /// Who says so.
        contact: ContactId,
    },
}

/// Whose an address is, and was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Binding {
    /// Whose it is; nobody's once it was let go, until somebody writes from it.
    pub contact: Option<ContactId>,
    /// Whose it was, in the order they let go of it. Kept as long as repeats are recognised.
    pub former: Vec<Former>,
}

/// Whose an address was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// Who.
    pub contact: ContactId,
    /// When they let go of it, by the provider's clock.
    pub released_at: Timestamp,
}

/// A binding as it is kept: the bare contact, as nearly all are, and as older builds kept them all.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    Bare(ContactId),
    Full { contact: Option<ContactId>, former: Vec<Former> },
}

impl From<Row> for Binding {
    fn from(row: Row) -> Self {
        match row {
            Row::Bare(contact) => Self { contact: Some(contact), former: Vec::new() },
            Row::Full { contact, former } => Self { contact, former },
        }
    }
}

impl From<Binding> for Row {
    fn from(binding: Binding) -> Self {
        match binding {
            Binding { contact: Some(contact), former } if former.is_empty() => Self::Bare(contact),
            Binding { contact, former } => Self::Full { contact, former },
        }
    }
}

impl Binding {
    /// Whose it was when something was written that has this stamp.
    pub fn at(&self, stamp: Timestamp) -> Option<ContactId> {
        let former = self.former.iter().find(|former| stamp < former.released_at);
        former.map(|former| former.contact).or(self.contact)
    }
}

/// The key of the binding of an address, by its entity.
pub(crate) fn binding_key(this: &EntityAddress) -> Key {
    BINDINGS.key(this.slot).text(&this.key)
}

/// A contact is not known by this address any more.
pub(crate) fn release(
    turn: &mut Turn<'_>,
    mut binding: Binding,
    contact: ContactId,
    at: Timestamp,
) -> Result<(), Halt> {
    if binding.contact == Some(contact) {
        let forgotten = turn.now() - Duration::days(Turn::DAYS_KEPT);
        binding.contact = None;
        binding.former.retain(|former| former.released_at >= forgotten);
        binding.former.push(Former { contact, released_at: at });
        turn.put(&BINDINGS, binding_key(turn.this()), &binding);
    }
    Ok(())
}

/// A contact says that it is known by this address too.
pub(crate) fn claim(
    turn: &mut Turn<'_>,
    mut binding: Binding,
    address: Address,
    contact: ContactId,
) -> Result<(), Halt> {
    let owner = *binding.contact.get_or_insert(contact);
    if owner == contact {
        turn.put(&BINDINGS, binding_key(turn.this()), &binding);
    }
    turn.mail(contact_entity(contact), &ContactEvent::Claimed { address, owner });
    Ok(())
}

#[cfg(test)]
mod tests {
    use cauce_model::Slot;
    use cauce_store::encode;

    use super::*;

    #[test]
    fn a_binding_is_read_as_older_builds_wrote_it_and_written_so_while_it_can_be() {
        let contact = ContactId::new(Slot::of("x"), 7);
        let key = BINDINGS.key(contact.slot());
        let bare = Binding { contact: Some(contact), former: Vec::new() };
        assert_eq!(BINDINGS.read(&key, &encode(&contact)).unwrap(), bare);
        assert_eq!(encode(&bare), encode(&contact));
        let former = vec![Former { contact, released_at: Timestamp(5) }];
        let full = Binding { contact: None, former };
        assert_eq!(BINDINGS.read(&key, &encode(&full)).unwrap(), full);
    }

    #[test]
    fn what_was_written_before_a_number_changed_hands_is_its_former_owner_s() {
        let [a, b, c] = [1, 2, 3].map(|n| ContactId::new(Slot::of("x"), n));
        let former = |contact, at| Former { contact, released_at: Timestamp(at) };
        let binding = Binding { contact: Some(c), former: vec![former(a, 10), former(b, 20)] };
        let owners = [9, 10, 19, 20].map(|at| binding.at(Timestamp(at)));
        assert_eq!(owners, [a, b, b, c].map(Some));
    }
}
