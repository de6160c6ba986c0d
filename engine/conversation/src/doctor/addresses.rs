//! Who is known by what: contacts name their addresses, and every address names its contact.

use cauce_model::{Address, ContactEvent, Slot};
use cauce_runtime::doctor::undelivered;
use cauce_runtime::from_bytes;
use cauce_store::doctor::{Finding, Findings, Walk, row, set};
use cauce_store::{Key, StoreError};

use super::Checkup;
use crate::address::binding_key;
use crate::tables::{BINDINGS, CONTACTS, Contact, of_contact};
use crate::{AddressEvent, Binding, address_entity};

fn key_of(address: &Address) -> Key {
    binding_key(&address_entity(address))
}

impl Checkup<'_> {
    /// The addresses of a contact lead to it, or to one that gave way to it.
    pub(super) async fn addresses(
        &self,
        contact: &Contact,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        // Who gave way to another is looked after there, also when the person moves on.
        for address in contact.addresses.iter().filter(|_| contact.merged_into.is_none()) {
            let key = key_of(address);
            let place = format!("{}, address {}", contact.id, address.key());
            let binding = row(self.store, &BINDINGS, &key).await?.unwrap_or_default();
            match binding.contact {
                Some(owner) if owner == contact.id || contact.absorbed.contains(&owner) => {}
                Some(owner) => {
                    let what = format!("its address leads to {owner}");
                    let help = "decide whose it is, and have the other contact move or merge";
                    findings.add(Finding::broken("address_taken", place, what, help));
                }
                None => {
                    let what =
                        "its address leads to nobody: who writes from it would be taken for somebody new";
                    let bound = Binding { contact: Some(contact.id), ..binding };
                    let bound = set(self.store, key, Some(&bound)).await?;
                    findings.add(
                        Finding::broken("address_unbound", place, what, "--mend binds it").mended_by(bound),
                    );
                }
            }
        }
        Ok(())
    }

    /// Every address of a slot leads to a contact that knows it.
    pub(super) async fn bindings(&self, slot: Slot, findings: &mut Findings) -> Result<(), StoreError> {
        let mut walk = Walk::of(self.store, &BINDINGS, slot);
        while let Some((key, binding)) = walk.next(&BINDINGS).await? {
            let Some(owner) = binding.contact else { continue };
            let Some(contact) = row(self.store, &CONTACTS, &of_contact(&CONTACTS, owner)).await? else {
                let what = format!("an address leads to contact {owner}, which is not there");
                findings.add(Finding::broken("address_of_nobody", &key, what, super::RESTORE));
                continue;
            };
            if contact.addresses.iter().chain(&contact.claims).any(|address| key_of(address) == key) {
                continue;
            }
            // What was said of it is on its way: that it, or whoever took it in, lets the address go, or that
            // the address is its own.
            let claimed = undelivered(self.store, slot, owner.slot()).await?.iter().any(|(_, event)| {
                matches!(from_bytes(event), Ok(ContactEvent::Claimed { address, owner: whose }) if whose == owner && key_of(&address) == key)
            });
            let mut released = false;
            for from in [Some(owner), contact.merged_into].into_iter().flatten() {
                let on_its_way = undelivered(self.store, from.slot(), slot).await?;
                released |= on_its_way.iter().any(|(_, event)| {
                    matches!(from_bytes(event), Ok(AddressEvent::Release { address, contact, .. }) if contact == owner && key_of(&address) == key)
                });
            }
            if !released && !claimed {
                let what = format!("an address leads to contact {owner}, which does not know it");
                let help = "what is written from it still reaches that contact, and is known again then";
                findings.add(Finding::attention("address_unknown", &key, what, help));
            }
        }
        Ok(())
    }
}
