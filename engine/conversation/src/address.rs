//! How an address finds its contact.
//!
//! The row `address → contact` has one writer: the entity of the address. A message is handled
//! there; a contact born from it gets an id in the same slot, so that the binding, the contact and
//! its first turn are one commit, and parallel first messages make one contact. Further addresses
//! of the sender are claimed by mail.

use cauce_model::{Address, ContactId, InboundEcho, InboundMessage};
use cauce_runtime::{Halt, Turn};
use cauce_store::Key;
use serde::{Deserialize, Serialize};

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
    },
    /// A contact says that it is known by this address too.
    Claim {
        /// The address.
        address: Address,
        /// Who says so.
        contact: ContactId,
    },
}

/// The key of a binding.
pub(crate) fn binding_key(address: &Address) -> Key {
    BINDINGS.key(address.slot()).text(&address.key())
}

/// Whose address it is; a contact is named for it when it is nobody's yet.
pub(crate) fn owner(turn: &mut Turn<'_>, address: &Address) -> Result<(ContactId, bool), Halt> {
    let key = binding_key(address);
    if let Some(owner) = turn.get(&BINDINGS, &key)? {
        return Ok((owner, false));
    }
    let id = ContactId::new(address.slot(), turn.fresh());
    turn.put(&BINDINGS, key, &id);
    Ok((id, true))
}
