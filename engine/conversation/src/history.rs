//! The history: a contact's messages, what happened to them since, and how they are found.

use cauce_model::{Author, Direction, Message, Reaction};
use cauce_runtime::Halt;

use crate::contact::Life;
use crate::tables::{LastLine, MESSAGES, PROVIDER_IDS, of_contact};

/// The longest last line kept, in characters.
const LAST_LINE: usize = 120;

/// As much of a line as is kept.
fn first(text: &str) -> String {
    text.chars().take(LAST_LINE).collect()
}

impl Life<'_, '_> {
    /// Adds a message to the history and gives its number.
    pub fn write(&mut self, author: Author, direction: Direction) -> u64 {
        let message = self.next_message(author, direction);
        self.add(&message);
        message.seq
    }

    /// The message that would come next in the history.
    pub fn next_message(&self, author: Author, direction: Direction) -> Message {
        Message::new(self.contact.messages + 1, self.turn.now(), author, direction)
    }

    /// Adds the next message to the history.
    pub fn add(&mut self, message: &Message) {
        let contact = &mut self.contact;
        contact.messages = message.seq;
        contact.updated_at = message.at;
        let (text, inbound) = match &message.direction {
            Direction::In { content } => (content.preview(), message.author == Author::Contact),
            Direction::Out { content, .. } => (content.preview(), false),
        };
        contact.last = Some(LastLine { text: first(&text), at: message.at, inbound });
        if let Some(id) = &message.provider_id {
            self.index(id, message.seq);
        }
        self.rewrite(message);
    }

    /// A message reads otherwise now; when it is the last one, the lists say so.
    pub fn reads_last(&mut self, seq: u64, text: &str) {
        if let Some(last) = self.contact.last.as_mut().filter(|_| seq == self.contact.messages) {
            last.text = first(text);
        }
    }

    /// A message of this contact.
    pub fn message(&self, seq: u64) -> Result<Message, Halt> {
        let key = of_contact(&MESSAGES, self.contact.id).number(seq);
        let missing = || Halt::Unreadable(format!("message {seq} is not there"));
        self.turn.get(&MESSAGES, &key)?.ok_or_else(missing)
    }

    /// Writes a message of this contact anew.
    pub fn rewrite(&mut self, message: &Message) {
        let key = of_contact(&MESSAGES, self.contact.id).number(message.seq);
        self.turn.put(&MESSAGES, key, message);
    }

    /// Keeps by what the provider knows a message.
    fn index(&mut self, provider_id: &str, seq: u64) {
        let key = of_contact(&PROVIDER_IDS, self.contact.id).text(provider_id);
        self.turn.put(&PROVIDER_IDS, key, &seq);
    }

    /// The provider has named a message that we sent. The first name stays, and it is found by all:
    /// a second attempt has another, and the customer may react to either.
    pub fn name(&mut self, message: &mut Message, provider_id: &str) {
        if message.provider_id.as_deref() != Some(provider_id) {
            self.index(provider_id, message.seq);
            message.provider_id.get_or_insert_with(|| provider_id.to_owned());
        }
    }

    /// The number of the message that the provider knows by this id.
    pub fn numbered(&self, provider_id: &str) -> Result<Option<u64>, Halt> {
        let key = of_contact(&PROVIDER_IDS, self.contact.id).text(provider_id);
        self.turn.get(&PROVIDER_IDS, &key)
    }

    /// Puts an emoji under a message; `None` takes this side's away. A message that is not in this
    /// history, as one from before Cauce, stays as it is.
    pub fn react(&mut self, target: &str, inbound: bool, emoji: Option<&str>) -> Result<bool, Halt> {
        let Some(seq) = self.numbered(target)? else { return Ok(false) };
        let mut message = self.message(seq)?;
        message.reactions.retain(|reaction| reaction.inbound != inbound);
        let emoji = emoji.filter(|emoji| !emoji.is_empty());
        message.reactions.extend(emoji.map(|emoji| Reaction { inbound, emoji: emoji.to_owned() }));
        self.rewrite(&message);
        Ok(true)
    }
}
