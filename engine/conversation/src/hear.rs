//! What the customer does: writing, and afterwards reacting to, correcting or taking back what was
//! written. And what the business writes with its own phone.

use cauce_flows::Opening;
use cauce_model::{
    Address, AddressKind, Author, ContactEvent, Direction, Edit, InboundContent, InboundEcho, InboundMessage,
    Message, Sender, Timestamp,
};
use cauce_runtime::Halt;

use crate::address::AddressEvent;
use crate::contact::Life;
use crate::tables::Contact;
use crate::{address_entity, contact_entity};

/// The most addresses of one customer, and the most that are being claimed: the record that every turn
/// reads stays small.
pub(crate) const MOST_ADDRESSES: usize = 16;
const MOST_CLAIMS: usize = 8;
/// How many earlier readings of a corrected message are kept.
const MAX_EDITS: usize = 20;

impl Life<'_, '_> {
    /// The customer did something.
    pub fn inbound(&mut self, message: InboundMessage) -> Result<(), Halt> {
        let now = self.turn.now();
        self.known_as(message.sender.clone(), message.at);
        match &message.content {
            InboundContent::Reaction { .. } | InboundContent::Edit { .. } | InboundContent::Revoke { .. } => {
                if !self.amend(&message.content, Author::Contact)? {
                    // It may be about what a contact that this one absorbed was told.
                    for other in self.contact.absorbed.clone() {
                        let amend = ContactEvent::Amend { content: message.content.clone() };
                        self.turn.mail(contact_entity(other), &amend);
                    }
                }
                return Ok(());
            }
            InboundContent::Notice { addresses, reply_to, .. } => {
                let (addresses, reply_to, at) = (addresses.clone(), reply_to.clone(), message.at);
                self.keep(message)?;
                self.moved(addresses, reply_to, at);
                return Ok(());
            }
            _ => {}
        }
        // A provider's clock may be ahead of ours; the window is never longer than it can be.
        self.contact.last_inbound_at = self.contact.last_inbound_at.max(message.at.min(now));
        self.contact.last_inbound_id = message.provider_id.clone();
        let (content, referral) = (message.content.clone(), message.context.referral.clone());
        let first = self.contact.heard == 0;
        self.keep(message)?;
        if self.contact.live_case().is_some() {
            // A person looks after it: the flow is silent until the case is over.
            self.contact.unread += 1;
            return Ok(());
        }
        let opening = Opening { content: Some(&content), referral: referral.as_deref(), data: None };
        self.customer_said(opening, first)
    }

    /// Somebody of the business wrote with the business's own phone: it is part of the conversation,
    /// and moves no flow.
    pub fn echo(&mut self, echo: InboundEcho) -> Result<(), Halt> {
        if !echo.content.is_said() {
            return self.amend(&echo.content, Author::Phone).map(drop);
        }
        let direction = Direction::In { content: echo.content };
        let mut message = self.next_message(Author::Phone, direction);
        message.provider_id = Some(echo.provider_id);
        self.fetch(&message);
        self.add(message);
        self.contact.unread = 0;
        Ok(())
    }

    /// Adds what the customer wrote to the history, and has its file fetched.
    fn keep(&mut self, inbound: InboundMessage) -> Result<(), Halt> {
        let quotes = match &inbound.context.quoted {
            Some(quoted) => self.numbered(quoted)?,
            None => None,
        };
        let mut message = self.next_message(Author::Contact, Direction::In { content: inbound.content });
        message.provider_id = Some(inbound.provider_id);
        message.context = inbound.context;
        message.quotes = quotes;
        self.fetch(&message);
        self.contact.heard = self.add(message);
        Ok(())
    }

    /// How the sender is known by now. What was written before they moved says nothing of where they are.
    fn known_as(&mut self, sender: Sender, at: Timestamp) {
        if at < self.contact.moved_at {
            return;
        }
        let contact = &mut self.contact;
        if sender.has_phone() {
            contact.phone = Some(sender.reply_to.clone());
        }
        contact.reply_to = sender.reply_to;
        if sender.profile.name.is_some() {
            contact.profile.name = sender.profile.name;
        }
        if sender.profile.username.is_some() {
            contact.profile.username = sender.profile.username;
        }
        self.claim(sender.addresses);
    }

    /// The customer has a new number, or a new id: answers go there. The old number is let go: whoever
    /// gets it next is somebody else.
    fn moved(&mut self, addresses: Vec<Address>, reply_to: Option<String>, at: Timestamp) {
        let new_phone = addresses.iter().any(|address| address.kind == AddressKind::Phone);
        if new_phone {
            let old = |address: &Address| address.kind == AddressKind::Phone && !addresses.contains(address);
            let contact = &mut self.contact;
            for address in contact.addresses.extract_if(.., |address| old(address)) {
                // It may still be a younger contact's, which this one absorbed.
                for holder in [contact.id].iter().chain(&contact.absorbed) {
                    let release = AddressEvent::Release { address: address.clone(), contact: *holder, at };
                    self.turn.mail(address_entity(&address), &release);
                }
            }
            contact.moved_at = at;
        }
        if let Some(reply_to) = reply_to {
            if new_phone {
                self.contact.phone = Some(reply_to.clone());
            }
            self.contact.reply_to = reply_to;
        }
        self.claim(addresses);
    }

    fn claim(&mut self, addresses: Vec<Address>) {
        let Contact { id, addresses: mine, claims, .. } = &mut self.contact;
        for address in addresses {
            if mine.len() < MOST_ADDRESSES && !mine.contains(&address) && !claims.contains(&address) {
                let claim = AddressEvent::Claim { address: address.clone(), contact: *id };
                self.turn.mail(address_entity(&address), &claim);
                claims.drain(..(claims.len() + 1).saturating_sub(MOST_CLAIMS));
                claims.push(address);
            }
        }
    }

    /// A reaction, a correction or a withdrawal by one side changes the message that it is about. Whether
    /// that message is in this history.
    pub fn amend(&mut self, content: &InboundContent, by: Author) -> Result<bool, Halt> {
        let at = self.turn.now();
        match content {
            InboundContent::Reaction { target, emoji } => {
                self.react(target, by == Author::Contact, emoji.as_deref())
            }
            InboundContent::Edit { target, content: now_reads } => {
                let Some(mut message) = self.written_by(target, &by)? else { return Ok(false) };
                if message.revoked_at.is_some() {
                    return Ok(true); // it stays away
                }
                if let Direction::In { content } = &mut message.direction {
                    let was = std::mem::replace(content, (**now_reads).clone());
                    keep_file(&was, content);
                    message.edits.push(Edit { at, was });
                    // Who corrects that often is not read back to the beginning.
                    let too_many = message.edits.len().saturating_sub(MAX_EDITS);
                    message.edits.drain(..too_many);
                }
                self.reads_last(message.seq, &now_reads.preview());
                self.fetch(&message);
                self.rewrite(message);
                Ok(true)
            }
            InboundContent::Revoke { target } => {
                let Some(mut message) = self.written_by(target, &by)? else { return Ok(false) };
                message.revoked_at.get_or_insert(at);
                self.reads_last(message.seq, "Se eliminó este mensaje");
                self.rewrite(message);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The message that the provider knows by this id, when this author wrote it.
    fn written_by(&self, provider_id: &str, author: &Author) -> Result<Option<Message>, Halt> {
        let Some(seq) = self.numbered(provider_id)? else { return Ok(None) };
        Ok(Some(self.message(seq)?).filter(|message| message.author == *author))
    }
}

/// Other words under the same file: its bytes stay where they are.
fn keep_file(was: &InboundContent, now_reads: &mut InboundContent) {
    if let InboundContent::Media { file: had, .. } = was
        && let InboundContent::Media { file, .. } = now_reads
        && had.id == file.id
    {
        file.state = had.state.clone();
    }
}
