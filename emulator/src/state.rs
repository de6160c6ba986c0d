//! What the emulator knows. It changes only by applying facts, so that replaying the facts gives the same state.

use std::collections::{BTreeMap, VecDeque};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::Side;

/// One thing that happened. Times are milliseconds of the emulator's own clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A person appeared, or got another name.
    Customer { wa_id: String, name: String },
    /// The person wrote `message` (the element of the webhook's `messages`).
    Wrote { id: String, wa_id: String, at: i64, message: Value },
    /// A Graph send was accepted; `body` is what was posted.
    Accepted { id: String, wa_id: String, at: i64, body: Value, in_window: bool, reordered: bool },
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

/// How far a message got. Ordered: it never moves back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Accepted by Meta (business), or on its way to the business (customer).
    Sending,
    /// Left Meta.
    Sent,
    /// On the device; for a customer's message: the business answered 200.
    Delivered,
    /// Seen.
    Read,
    /// Given up; nothing follows.
    Failed,
}

impl Status {
    /// The word webhooks use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
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

/// One bubble of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The customer of the conversation.
    pub wa_id: String,
    /// Who wrote it.
    pub from: Side,
    /// When, in milliseconds of the emulator's clock.
    pub at: i64,
    /// How far it got.
    pub status: Status,
    /// In a message with buttons or a list: the id last chosen.
    pub replied: Option<String>,
    /// The webhook's element (customer) or the body of the Graph call (business).
    pub json: Value,
    /// The chat was on screen after it arrived (business).
    pub opened: bool,
    /// It was sent inside the 24-hour window (business).
    pub in_window: bool,
    /// Its statuses go out in the wrong order (business).
    pub reordered: bool,
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
    /// Webhooks by number, from 1.
    pub webhooks: BTreeMap<u64, Webhook>,
    /// How far the clock runs ahead of the machine's.
    pub clock_ahead_ms: i64,
    /// Ever made; survive a reset so that no id comes twice.
    pub customers_made: u64,
    /// Ever made.
    pub messages_made: u64,
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
                self.add(id, Message::new(wa_id, Side::Customer, at, message));
            }
            Fact::Accepted { id, wa_id, at, body, in_window, reordered } => {
                if let Some(customer) = self.customers.get_mut(&wa_id) {
                    customer.typing_until = 0;
                }
                self.add(
                    id,
                    Message { in_window, reordered, ..Message::new(wa_id, Side::Business, at, body) },
                );
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

    fn add(&mut self, id: String, message: Message) {
        self.messages_made += 1;
        if let Some(customer) = self.customers.get_mut(&message.wa_id) {
            customer.messages.push(id.clone());
        }
        self.messages.insert(id, message);
    }

    fn raise(&mut self, id: &str, status: Status) {
        if let Some(message) = self.messages.get_mut(id) {
            message.status = message.status.max(status);
        }
    }
}

impl Message {
    fn new(wa_id: String, from: Side, at: i64, json: Value) -> Self {
        let (status, replied) = (Status::Sending, None);
        Self { wa_id, from, at, status, replied, json, opened: false, in_window: true, reordered: false }
    }

    /// A business message that reaches the phone and was not on screen yet.
    pub fn is_unread(&self) -> bool {
        self.from == Side::Business && self.in_window && !self.opened && self.status < Status::Read
    }

    /// How many statuses will still come without anybody doing anything.
    pub fn statuses_to_come(&self) -> usize {
        let read = usize::from(self.opened);
        match self.next_status() {
            None => 0,
            Some(Status::Sent) if self.reordered => 3,
            Some(Status::Sent) => 2 + read,
            Some(Status::Delivered) => 1 + read,
            Some(_) => 1,
        }
    }

    /// The next status of a business message, if one is still to come.
    pub fn next_status(&self) -> Option<Status> {
        match (self.from, self.status) {
            (Side::Customer, _) | (_, Status::Read | Status::Failed) => None,
            (_, Status::Sending) if !self.in_window => Some(Status::Failed),
            (_, Status::Sending) => Some(Status::Sent),
            (_, Status::Sent) => Some(Status::Delivered),
            (_, Status::Delivered) => self.opened.then_some(Status::Read),
        }
    }
}

/// The question a customer's message answers and the id it chose there.
fn choice(message: &Value) -> Option<(&str, &str)> {
    let interactive = &message["interactive"];
    let reply = interactive.get("button_reply").or_else(|| interactive.get("list_reply"))?;
    Some((message["context"]["id"].as_str()?, reply["id"].as_str()?))
}
