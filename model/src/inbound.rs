//! What a channel hands to the engine: one value per element of a webhook.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Address, AddressKind, FailureClass, InboundContent, Timestamp};

/// One element of a webhook, understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inbound {
    /// Somebody wrote.
    Message(InboundMessage),
    /// The provider tells what became of a message we sent.
    Status(InboundStatus),
    /// Somebody of the business wrote to a customer with the business's own phone.
    Echo(InboundEcho),
}

/// A customer's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// The account it was written to.
    pub account: AccountId,
    /// Who wrote.
    pub sender: Sender,
    /// The provider's id of the message (`wamid…`), unique within the account.
    pub provider_id: String,
    /// When the provider says it was written.
    pub at: Timestamp,
    /// What was written.
    pub content: InboundContent,
    /// To what it belongs.
    #[serde(default, skip_serializing_if = "MessageContext::is_empty")]
    pub context: MessageContext,
}

/// A message that the business wrote with its own phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InboundEcho {
    /// The account it was written from.
    pub account: AccountId,
    /// To whom.
    pub recipient: Sender,
    /// The provider's id of the message.
    pub provider_id: String,
    /// When the provider says it was written.
    pub at: Timestamp,
    /// What was written.
    pub content: InboundContent,
}

/// To what a customer's message belongs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MessageContext {
    /// The provider's id of the message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<String>,
    /// Whether it was passed on from another chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// The advertisement or post that led here; the provider tells it once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Box<Referral>>,
    /// The product that it asks about, by the shop's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
}

impl MessageContext {
    /// Whether it belongs to nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a message was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forwarded {
    /// From another chat.
    Once,
    /// Many times.
    Often,
}

/// The advertisement or post that led somebody to write (click to WhatsApp). Texts are the provider's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Referral {
    /// `ad` or `post`.
    pub source_type: String,
    /// Its id.
    pub source_id: String,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Its headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The click's id, for reporting conversions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click_id: Option<String>,
}

/// Who wrote, by every address the webhook gave; the first is the one to route by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// At least one. A phone, when there is one, comes first.
    pub addresses: Vec<Address>,
    /// To whom an answer is sent: the provider's own id (`wa_id`, else the business-scoped id).
    pub reply_to: String,
    /// What the sender says of themselves.
    pub profile: Profile,
}

impl Sender {
    /// Whether a phone is among the addresses: it is what is answered to, then.
    pub fn has_phone(&self) -> bool {
        self.addresses.iter().any(|address| address.kind == AddressKind::Phone)
    }
}

/// What a sender says of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// The name of their WhatsApp profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their user name, shown and never used as a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

/// What became of a message we sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundStatus {
    /// The account it was sent from.
    pub account: AccountId,
    /// The provider's id of the message.
    pub provider_id: String,
    /// The attempt id that we gave with the send and the provider echoes.
    pub attempt: Option<String>,
    /// The news.
    pub status: DeliveryStatus,
    /// When it happened, by the provider.
    pub at: Timestamp,
    /// The provider's error code and words, for `failed`.
    pub error: Option<(i64, String)>,
    /// What sort of failure it is, for `failed`.
    #[serde(default, skip_serializing_if = "FailureClass::is_default")]
    pub class: FailureClass,
}

/// How far a message got. Ordered: news of a lower rank never undoes a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// It will not arrive.
    Failed,
    /// Left the provider: one tick.
    Sent,
    /// On the device: two ticks.
    Delivered,
    /// Read: two blue ticks.
    Read,
}
