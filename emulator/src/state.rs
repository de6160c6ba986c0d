//! What the emulator knows. It changes only by applying facts, so that replaying the facts gives the same state.

use std::collections::{BTreeMap, VecDeque};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    codes::Failure,
    faults::Told,
    ids::Side,
    media::Media,
    message::{self, Message, Status},
};

/// One thing that happened. Times are milliseconds of the emulator's own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A person appeared, or got another name.
    Customer { wa_id: String, name: String },
    /// The person wrote `message` (the element of the webhook's `messages`).
    Wrote { id: String, wa_id: String, at: i64, message: Value },
    /// A Graph send was accepted; `body` is what was posted. With a failure it is never sent.
    Accepted {
        id: String,
        wa_id: String,
        at: i64,
        body: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
        reordered: bool,
        #[serde(default, skip_serializing_if = "Told::is_all")]
        told: Told,
    },
    /// A file was taken in; its bytes stand beside the facts.
    Kept { id: String, media: Media },
    /// The business deleted a file.
    Deleted { id: String },
    /// The file that a business message links to was fetched.
    Fetched { id: String, media: String },
    /// The file that a business message links to could not be fetched, or does not fit.
    NotFetched { id: String, failure: Failure },
    /// A business message reached this status.
    Reached { id: String, status: Status },
    /// The chat came on screen.
    Opened { wa_id: String },
    /// The business marked this message of the customer, and all before it, as read.
    MarkedRead { id: String },
    /// The business shows that it is typing, until this time.
    Typing { wa_id: String, until: i64 },
    /// A webhook joined the customer's queue; `body` is posted as it stands, `copies` times.
    Queued { wa_id: String, kind: Kind, subject: String, at: i64, body: String, copies: u32, parallel: bool },
    /// A webhook was posted and answered with this HTTP status; none when no answer came.
    Tried { webhook: u64, status: Option<u16> },
    /// Every copy of the webhook was answered with 200.
    Taken { webhook: u64 },
    /// The clock was moved forward.
    ClockMoved { advance_ms: i64 },
    /// Everything was forgotten, but for the counters that keep ids unique.
    Reset,
}

/// What a webhook tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A customer's message.
    Message,
    /// A status of a business message.
    Status,
}

/// A person with WhatsApp.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Customer {
    /// Profile name.
    pub name: String,
    /// Wamids in the order of the conversation.
    pub messages: Vec<String>,
    /// When the person last wrote: it opens the 24-hour window.
    pub wrote_at: Option<i64>,
    /// The business's typing sign shows until this time.
    pub typing_until: i64,
    /// Webhooks not yet taken, oldest first.
    pub queue: VecDeque<u64>,
}

/// A webhook, taken or still to be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// The customer in whose queue it stands.
    pub wa_id: String,
    /// What it tells.
    pub kind: Kind,
    /// The wamid it tells about.
    pub subject: String,
    /// When it joined the queue.
    pub at: i64,
    /// The bytes posted.
    pub body: String,
    /// How often it is delivered.
    pub copies: u32,
    /// Whether the copies go out together.
    pub parallel: bool,
    /// How many posts were answered or broke.
    pub attempts: u32,
    /// Answer of the last post.
    pub status: Option<u16>,
    /// Nothing is left to do.
    pub taken: bool,
}

/// Everything the emulator remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Customers by number, in order of appearance.
    pub customers: IndexMap<String, Customer>,
    /// Messages by wamid, in order of appearance.
    pub messages: IndexMap<String, Message>,
    /// Files by media id.
    pub media: BTreeMap<String, Media>,
    /// Webhooks by number, from 1.
    pub webhooks: BTreeMap<u64, Webhook>,
    /// How far the clock runs ahead of the machine's.
    pub clock_ahead_ms: i64,
    /// Ever made; survive a reset so that no id comes twice.
    pub customers_made: u64,
    /// Ever made.
    pub messages_made: u64,
    /// Ever made.
    pub media_made: u64,
    /// Ever made.
    pub webhooks_made: u64,
}

impl State {
    /// Lets `fact` happen. A fact about something unknown changes nothing.
    pub fn apply(&mut self, fact: Fact) {
        match fact {
            Fact::Customer { wa_id, name } => {
                self.customers_made += 1;
                self.customers.entry(wa_id).or_default().name = name;
            }
            Fact::Wrote { id, wa_id, at, message } => {
                if let Some((asked, chosen)) = choice(&message)
                    && let Some(question) = self.messages.get_mut(asked)
                {
                    question.replied = Some(chosen.to_owned());
                }
                if let Some(customer) = self.customers.get_mut(&wa_id) {
                    customer.wrote_at = Some(at);
                }
                self.touch(&wa_id, Side::Customer, &message);
                self.add(id, Message::new(wa_id, Side::Customer, at, message));
            }
            Fact::Accepted { id, wa_id, at, body, failure, reordered, told } => {
                if let Some(customer) = self.customers.get_mut(&wa_id) {
                    customer.typing_until = 0;
                }
                if failure.is_none() {
                    self.touch(&wa_id, Side::Business, &body);
                }
                let message = Message::new(wa_id, Side::Business, at, body);
                self.add(id, Message { failure, reordered, told, ..message });
            }
            Fact::Kept { id, media } => {
                self.media_made += 1;
                self.media.insert(id, media);
            }
            Fact::Deleted { id } => {
                if let Some(media) = self.media.get_mut(&id) {
                    media.deleted = true;
                }
            }
            Fact::Fetched { id, media } => {
                if let Some(message) = self.messages.get_mut(&id) {
                    message.media = Some(media);
                }
            }
            Fact::NotFetched { id, failure } => {
                if let Some(message) = self.messages.get_mut(&id) {
                    message.failure = Some(failure);
                }
            }
            Fact::Reached { id, status } => self.raise(&id, status),
            Fact::Opened { wa_id } => {
                for id in self.customers.get(&wa_id).map(|customer| &customer.messages).into_iter().flatten()
                {
                    if let Some(message) = self.messages.get_mut(id) {
                        message.opened |= message.from == Side::Business;
                    }
                }
            }
            Fact::MarkedRead { id } => {
                let owner = self.messages.get(&id).and_then(|message| self.customers.get(&message.wa_id));
                for earlier in owner.map(|customer| &customer.messages).into_iter().flatten() {
                    if let Some(message) = self.messages.get_mut(earlier)
                        && message.from == Side::Customer
                    {
                        message.status = message.status.max(Status::Read);
                    }
                    if *earlier == id {
                        break;
                    }
                }
            }
            Fact::Typing { wa_id, until } => {
                if let Some(customer) = self.customers.get_mut(&wa_id) {
                    customer.typing_until = until;
                }
            }
            Fact::Queued { wa_id, kind, subject, at, body, copies, parallel } => {
                self.webhooks_made += 1;
                let number = self.webhooks_made;
                if let Some(customer) = self.customers.get_mut(&wa_id) {
                    customer.queue.push_back(number);
                }
                let (attempts, status, taken) = (0, None, false);
                let webhook =
                    Webhook { wa_id, kind, subject, at, body, copies, parallel, attempts, status, taken };
                self.webhooks.insert(number, webhook);
            }
            Fact::Tried { webhook, status } => {
                let Some(webhook) = self.webhooks.get_mut(&webhook) else { return };
                webhook.attempts += 1;
                webhook.status = status;
                if status == Some(200) && webhook.kind == Kind::Message {
                    let subject = webhook.subject.clone();
                    self.raise(&subject, Status::Delivered);
                }
            }
            Fact::Taken { webhook: number } => {
                let Some(webhook) = self.webhooks.get_mut(&number) else { return };
                webhook.taken = true;
                if let Some(customer) = self.customers.get_mut(&webhook.wa_id) {
                    customer.queue.retain(|waiting| *waiting != number);
                }
            }
            Fact::ClockMoved { advance_ms } => {
                self.clock_ahead_ms = self.clock_ahead_ms.saturating_add(advance_ms);
            }
            Fact::Reset => {
                *self = Self {
                    customers_made: self.customers_made,
                    messages_made: self.messages_made,
                    media_made: self.media_made,
                    webhooks_made: self.webhooks_made,
                    ..Self::default()
                };
            }
        }
    }

    /// Whether free-form messages may be sent to this customer at `now`: 24 hours from what they last wrote.
    pub fn window_is_open(&self, wa_id: &str, now: i64) -> bool {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        let wrote_at = self.customers.get(wa_id).and_then(|customer| customer.wrote_at);
        wrote_at.is_some_and(|wrote_at| now - wrote_at < DAY_MS)
    }

    /// The bubble with this id in the conversation with this customer.
    pub fn bubble(&self, wa_id: &str, id: &str) -> Option<&Message> {
        self.messages.get(id).filter(|message| message.wa_id == wa_id && message.is_bubble())
    }

    fn add(&mut self, id: String, mut message: Message) {
        self.messages_made += 1;
        message.media =
            message::file_id(&message.json).filter(|id| self.media.contains_key(*id)).map(str::to_owned);
        if let Some(customer) = self.customers.get_mut(&message.wa_id) {
            customer.messages.push(id.clone());
        }
        self.messages.insert(id, message);
    }

    /// What a reaction, an edit or a revoke by `from` does to the bubble it is about.
    fn touch(&mut self, wa_id: &str, from: Side, json: &Value) {
        let target = match message::kind(json) {
            "reaction" => &json["reaction"]["message_id"],
            "edit" => &json["edit"]["original_message_id"],
            "revoke" => &json["revoke"]["original_message_id"],
            _ => return,
        };
        let Some(message) = target.as_str().and_then(|id| self.messages.get_mut(id)) else { return };
        if message.wa_id != wa_id || !message.is_bubble() {
            return;
        }
        match message::kind(json) {
            "reaction" => match json["reaction"]["emoji"].as_str().unwrap_or_default() {
                "" => drop(message.reactions.remove(&from)),
                emoji => drop(message.reactions.insert(from, emoji.to_owned())),
            },
            _ if message.from != from => {}
            "edit" => {
                let content = &json["edit"]["message"];
                let kind = message::kind(content);
                if kind == message::kind(&message.json) && content.get(kind).is_some() {
                    message.json[kind] = content[kind].clone();
                    message.edited = true;
                }
            }
            _ => message.revoked = true,
        }
    }

    fn raise(&mut self, id: &str, status: Status) {
        if let Some(message) = self.messages.get_mut(id) {
            message.status = message.status.max(status);
        }
    }
}

/// The question a customer's message answers and the id it chose there.
fn choice(message: &Value) -> Option<(&str, &str)> {
    let interactive = &message["interactive"];
    let reply = interactive.get("button_reply").or_else(|| interactive.get("list_reply"))?;
    Some((message["context"]["id"].as_str()?, reply["id"].as_str()?))
}
