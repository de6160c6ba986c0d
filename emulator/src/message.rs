//! One message of a conversation: who wrote it, what it holds, how far it got and what was done to it since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{codes::Failure, faults::Told, formats::Kind, ids::Side};

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

/// One message of a conversation. Reactions, edits and revokes are messages too, but no bubbles of their own.
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
    /// Why it will fail, or has failed (business).
    pub failure: Option<Failure>,
    /// Its statuses go out in the wrong order (business).
    pub reordered: bool,
    /// Which of its statuses are told (business).
    pub told: Told,
    /// The file in it, once the emulator has it.
    pub media: Option<String>,
    /// The emoji of each side under it.
    pub reactions: BTreeMap<Side, String>,
    /// Its writer changed it (customer).
    pub edited: bool,
    /// Its writer took it back (customer).
    pub revoked: bool,
}

impl Message {
    /// A message just written or accepted.
    pub fn new(wa_id: String, from: Side, at: i64, json: Value) -> Self {
        Self {
            wa_id,
            from,
            at,
            status: Status::Sending,
            replied: None,
            json,
            opened: false,
            failure: None,
            reordered: false,
            told: Told::All,
            media: None,
            reactions: BTreeMap::new(),
            edited: false,
            revoked: false,
        }
    }

    /// Whether it stands in the conversation by itself, and not on another message.
    pub fn is_bubble(&self) -> bool {
        !matches!(kind(&self.json), "reaction" | "edit" | "revoke")
    }

    /// A business message that reaches the phone and was not on screen yet.
    pub fn is_unread(&self) -> bool {
        self.from == Side::Business
            && self.is_bubble()
            && self.failure.is_none()
            && !self.opened
            && self.status < Status::Read
    }

    /// The web address Meta still has to fetch the file from.
    pub fn link_to_fetch(&self) -> Option<(Kind, &str)> {
        let (kind, source) = file(&self.json)?;
        let link = source.get("link")?.as_str()?;
        let waits = self.from == Side::Business
            && self.status == Status::Sending
            && self.failure.is_none()
            && self.media.is_none();
        waits.then_some((kind, link))
    }

    /// How many statuses will still come without anybody doing anything.
    pub fn statuses_to_come(&self) -> usize {
        let read = usize::from(self.opened);
        match self.next_status() {
            None => 0,
            Some(Status::Sent) if !self.is_bubble() => 1,
            Some(Status::Sent) if self.reordered => 3,
            Some(Status::Sent) => 2 + read,
            Some(Status::Delivered) => 1 + read,
            Some(_) => 1,
        }
    }

    /// The next status of a business message, if one is still to come. Reactions are told as sent and no further.
    pub fn next_status(&self) -> Option<Status> {
        match (self.from, self.status) {
            (Side::Customer, _) | (_, Status::Read | Status::Failed) => None,
            (_, Status::Sending) if self.failure.is_some() => Some(Status::Failed),
            (_, Status::Sending) => Some(Status::Sent),
            (_, Status::Sent) => self.is_bubble().then_some(Status::Delivered),
            (_, Status::Delivered) => self.opened.then_some(Status::Read),
        }
    }
}

/// The type of a message; Graph takes one without for a text.
pub fn kind(json: &Value) -> &str {
    json.get("type").and_then(Value::as_str).unwrap_or("text")
}

/// The object that names the file of a message: of the message itself, or of an interactive one's header.
pub fn file(json: &Value) -> Option<(Kind, &Map<String, Value>)> {
    let holder = if kind(json) == "interactive" { &json["interactive"]["header"] } else { json };
    let word = holder.get("type")?.as_str()?;
    Some((Kind::from_word(word)?, holder.get(word)?.as_object()?))
}

/// The media id in a message.
pub fn file_id(json: &Value) -> Option<&str> {
    file(json)?.1.get("id")?.as_str()
}

/// Whether the business sends it as a voice note.
pub fn is_voice(json: &Value) -> bool {
    json["audio"]["voice"] == true
}
