//! Two contacts that turn out to be one person.
//!
//! It shows when a message names an address that is another contact's already. The younger contact
//! gives way: it stops its run, hands over its addresses, and forwards what is written to it for
//! ever; the older one's history is read together with it. A live case is not torn from whoever
//! looks after it: the younger waits until it is over. [`ContactEvent::Split`] undoes it.

use cauce_model::{Address, ContactEvent, ContactId, Timestamp};
use cauce_runtime::Halt;

use crate::contact::Life;
use crate::hear::MOST_ADDRESSES;
use crate::tables::{Contact, RunStage};
use crate::{consent, contact_entity};

/// The most contacts that one takes in: the record that every turn reads stays small.
const MOST_ABSORBED: usize = 16;
/// The most contacts that one knows not to be the same person; the oldest is forgotten first.
const MOST_APART: usize = 16;

impl Life<'_, '_> {
    /// A claim is answered.
    pub fn claimed(&mut self, address: Address, owner: ContactId) {
        if owner == self.contact.id {
            self.contact.claims.retain(|claimed| *claimed != address);
            if !self.contact.addresses.contains(&address) {
                self.contact.addresses.push(address);
            }
            return;
        }
        if !self.contact.apart.contains(&owner) {
            self.tell_age(owner);
        }
    }

    /// Another contact is the same person: the younger of the two gives way.
    pub fn same_person(&mut self, other: ContactId, created_at: Timestamp) -> Result<(), Halt> {
        let me = (self.contact.created_at, self.contact.id);
        let contact = &self.contact;
        let known = contact.absorbed.contains(&other) || contact.apart.contains(&other);
        if other == contact.id || contact.merged_into.is_some() || known {
            return Ok(());
        }
        if me < (created_at, other) {
            self.tell_age(other);
        } else if self.contact.live_case().is_some() {
            self.contact.merge_after_case = Some(other);
        } else {
            self.merge_into(other)?;
        }
        Ok(())
    }

    fn tell_age(&mut self, other: ContactId) {
        if self.contact.absorbed.len() >= MOST_ABSORBED {
            tracing::warn!(contact = %self.contact.id, %other, "one person has too many contacts for one more");
            return;
        }
        let event =
            ContactEvent::SamePerson { contact: self.contact.id, created_at: self.contact.created_at };
        self.turn.mail(contact_entity(other), &event);
    }

    /// Gives way to an older contact.
    pub fn merge_into(&mut self, older: ContactId) -> Result<(), Halt> {
        self.cancel_wait_timer();
        self.contact.outbox.step = None;
        let recent = self.came_lately()?;
        let contact = &mut self.contact;
        if contact.live_run().is_some()
            && let Some(run) = &mut contact.run
        {
            run.stage = RunStage::Ended;
        }
        contact.merged_into = Some(older);
        let event = ContactEvent::Absorb {
            younger: contact.id,
            addresses: contact.addresses.clone(),
            absorbed: contact.absorbed.clone(),
            last_inbound_at: contact.last_inbound_at,
            recent,
            consents: contact.consents.clone(),
        };
        self.turn.mail(contact_entity(older), &event);
        Ok(())
    }

    /// Takes over what a younger contact of the same person has.
    pub fn absorb(&mut self, younger: ContactId, addresses: Vec<Address>, absorbed: Vec<ContactId>) {
        let contact = &mut self.contact;
        for other in [younger].into_iter().chain(absorbed) {
            if !contact.absorbed.contains(&other) {
                contact.absorbed.push(other);
            }
        }
        contact.claims.retain(|claim| !addresses.contains(claim));
        for address in addresses {
            if contact.addresses.len() < MOST_ADDRESSES && !contact.addresses.contains(&address) {
                contact.addresses.push(address);
            }
        }
    }

    /// Lives by itself again.
    pub fn split(&mut self) {
        let contact = &mut self.contact;
        contact.merge_after_case = None;
        if let Some(older) = contact.merged_into.take() {
            keep_apart(contact, older);
            let event = ContactEvent::SplitOff { younger: contact.id, addresses: contact.addresses.clone() };
            self.turn.mail(contact_entity(older), &event);
        }
    }

    /// A contact that was absorbed lives by itself again.
    pub fn split_off(&mut self, younger: ContactId, addresses: &[Address]) {
        let contact = &mut self.contact;
        contact.absorbed.retain(|absorbed| *absorbed != younger);
        contact.addresses.retain(|address| !addresses.contains(address));
        consent::give_back(&mut contact.consents, younger);
        keep_apart(contact, younger);
    }
}

fn keep_apart(contact: &mut Contact, other: ContactId) {
    let too_many = (contact.apart.len() + 1).saturating_sub(MOST_APART);
    contact.apart.drain(..too_many);
    contact.apart.push(other);
}
