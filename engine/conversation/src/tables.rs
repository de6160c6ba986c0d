//! The rows of a contact. Table numbers 20–39; they are never used again for anything else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cauce_flows::{Run, Visited};
use cauce_model::{
    AccountId, Address, Case, Consent, ContactEvent, ContactId, Duration, FlowId, HttpRequest, Message,
    NodeId, Profile, RunId, Sender, Timestamp, VersionId, WorkspaceId,
};
use cauce_store::{Key, Table};
use serde::{Deserialize, Serialize};

use crate::address::Binding;
use crate::canary::TrialMark;
use crate::contact::Home;
use crate::history::{Chunk, RecentDay, Tail};
use crate::migrate::MovedRun;
use crate::outbox::Outbox;

/// For how long after the customer's last message anything may be said freely (Meta's customer
/// service window).
pub const WINDOW: Duration = cauce_flows::limits::WINDOW;

/// (address's slot, address) → whose it is.
pub const BINDINGS: Table<Binding> = Table::new(20);
/// (slot, contact) → the contact.
pub const CONTACTS: Table<Contact> = Table::new(21);
/// (slot, contact, number) → a message, as older builds kept them.
pub const MESSAGES: Table<Message> = Table::new(22);
/// (slot, contact, run) → a run of a flow that is over, or too large for the tail.
pub const RUNS: Table<Run> = Table::new(23);
/// (slot, contact, number) → what a turn read and decided, as older builds kept it.
pub const JOURNAL: Table<JournalEntry> = Table::new(24);
/// (slot, contact, case) → a case of this contact that is over.
pub const CASES: Table<Case> = Table::new(25);

/// (slot, contact, provider's id) → the number of the message that has it, as older builds kept it.
pub const PROVIDER_IDS: Table<u64> = Table::new(28);
/// (slot, contact, call) → a call to a server outside that is not over.
pub const HTTP_CALLS: Table<PendingCall> = Table::new(29);
/// (slot, contact, number) → how often a received file was asked for in vain.
pub const FETCHES: Table<u32> = Table::new(30);

/// (slot, contact) → the newest part of its history. Read by [`crate::history`].
pub const TAILS: Table<Tail> = Table::new(32);
/// (slot, contact, number from 1) → a part of its history that is full.
pub const CHUNKS: Table<Chunk> = Table::new(33);
/// (slot, contact, day) → what came in with the stamp of that day, of those who write very much.
pub const RECENTS: Table<RecentDay> = Table::new(34);

/// (slot, contact, run) → a run as it was before it was moved to another version.
pub const MOVED: Table<MovedRun> = Table::new(35);

/// A call to a server outside that is not over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingCall {
    /// What is asked.
    pub request: HttpRequest,
    /// How often it may be tried in all.
    pub tries: u32,
    /// Which try is under way or comes next, from 1.
    pub attempt: u32,
}

/// The key of a contact, and the beginning of the keys of its other rows.
pub fn of_contact<V>(table: &Table<V>, id: ContactId) -> Key
where
    V: Serialize + serde::de::DeserializeOwned,
{
    id.with_text(|text| table.key(id.slot()).text(text))
}

/// A contact as it stands: what nearly every turn reads.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// The account it writes to.
    pub account: AccountId,
    /// Whom to send to, in the provider's own writing.
    pub reply_to: String,
    /// Its phone as the provider last wrote it, digits only. Addresses hold a canonical form that is
    /// a key and not for dialling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The provider's id of its last message.
    #[serde(default)]
    pub last_inbound_id: String,
    /// By what it is known.
    pub addresses: Vec<Address>,
    /// Addresses of the sender that are being claimed, or turned out to be somebody else's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Address>,
    /// What it says of itself.
    pub profile: Profile,
    /// When it first wrote.
    pub created_at: Timestamp,
    /// When it last wrote, by the provider's clock: opens the 24-hour window.
    pub last_inbound_at: Timestamp,
    /// When it last moved to another number, by the provider's clock.
    #[serde(default)]
    pub moved_at: Timestamp,
    /// When anything last happened.
    pub updated_at: Timestamp,
    /// The number of its last message.
    pub messages: u64,
    /// The number of the customer's own last message.
    #[serde(default)]
    pub heard: u64,
    /// The number of its last journal entry.
    pub turns: u64,
    /// Messages no person has read while a person was needed.
    pub unread: u32,
    /// What it was marked with.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// How promising it is: what the flows added up.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub score: i64,
    /// What it allowed, and what not, by purpose: the last answers. All of them are in the journal.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consents: BTreeMap<String, Consent>,
    /// In which language flows speak to it (BCP 47); each in its own when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// By which home the last step decided, as [`Home::mark`] has it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub home: u32,
    /// The last line of the conversation.
    pub last: Option<LastLine>,
    /// The last run of a flow; live while it waits.
    pub run: Option<RunHead>,
    /// The last case: live, or over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// What is to be sent.
    pub outbox: Outbox,
    /// The timer of the run's present wait: due and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_timer: Option<(Timestamp, u64)>,
    /// The older contact that turned out to be the same person: it lives on, this one forwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ContactId>,
    /// The older contact to merge into once the live case is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_after_case: Option<ContactId>,
    /// Younger contacts of the same person; their histories are read with this one's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<ContactId>,
    /// Contacts that were taken for the same person and are not: never merged again by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<ContactId>,
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

fn is_none(mark: &u32) -> bool {
    *mark == 0
}

/// The last line of a conversation, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLine {
    /// At most 120 characters of it.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// Whether the customer wrote it.
    pub inbound: bool,
}

/// Where a run stands, without its variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunHead {
    /// Its id.
    pub id: RunId,
    /// Of which flow.
    pub flow: FlowId,
    /// Pinned to this version until moved on purpose.
    pub version: VersionId,
    /// The number of the journal entry that began it.
    pub first_turn: u64,
    /// Where it stands.
    pub stage: RunStage,
    /// Its mark, when it began while a version was on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialMark>,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
pub enum RunStage {
    /// It waits at this step.
    Waiting {
        /// Which step.
        node: NodeId,
        /// The number of the wait.
        wait: u64,
    },
    /// It came to an end.
    Ended,
    /// It was stopped.
    Failed {
        /// Why, for a person.
        reason: String,
    },
}

/// What a turn read and decided: the history of the contact's decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// 1, 2, 3 … without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The seed the turn had.
    pub seed: u64,
    /// The semantics of the build that decided.
    pub semantics: u32,
    /// The revision of the workspace's catalogue, when the turn looked at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// What happened.
    pub event: JournalEvent,
    /// The run that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The run that ended because the customer went on in that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupts: Option<RunId>,
    /// The steps it went through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Visited>,
    /// Where the installation is at home, when that is otherwise than in the turns before; at first it is as
    /// [`Home::default`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// What became of what steps said that wanted to know, in the order the run was told: why it will not
    /// arrive, or nothing when all of it has left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Option<String>>,
    /// The goals that it reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<Reached>,
    /// What the customer said of how good something was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratings: Vec<Rated>,
    /// What the customer allowed, or did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consented>,
}

/// How good a customer found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rated {
    /// The step that asked.
    pub node: NodeId,
    /// Which of the things that are measured.
    pub metric: String,
    /// How good.
    pub mark: u8,
    /// The best that could be said: with 3 and 5 the worst is 1, with 10 it is 0.
    pub best: u8,
}

/// What a customer allowed, or did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    /// The step that says so.
    pub node: NodeId,
    /// What for.
    pub purpose: String,
    /// The answer.
    pub consent: Consent,
}

/// A goal that a customer reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// The step that says so.
    pub node: NodeId,
    /// Which.
    pub goal: String,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// In which currency (ISO 4217).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// What happened in a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JournalEvent {
    /// Something was written to the contact, or by the business's own phone. What, and by whom, stands
    /// in the message; how it read then, in the message's edits.
    Wrote {
        /// The message's number.
        wrote: u64,
        /// When, by the provider's clock.
        at: Timestamp,
        /// Who wrote, when that was not known of the contact before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sender: Option<Box<Sender>>,
    },
    /// Anything else. Of a status and of what a server answered, only what a step may read.
    Other(Box<ContactEvent>),
}

impl JournalEvent {
    /// What happened, when it was nothing that stands in a message.
    pub fn other(&self) -> Option<&ContactEvent> {
        match self {
            Self::Wrote { .. } => None,
            Self::Other(event) => Some(event),
        }
    }
}

impl Contact {
    /// The case, when it is not over.
    pub fn live_case(&self) -> Option<&Case> {
        self.case.as_ref().filter(|case| case.is_live())
    }

    /// The run, when it waits.
    pub fn live_run(&self) -> Option<&RunHead> {
        self.run.as_ref().filter(|run| matches!(run.stage, RunStage::Waiting { .. }))
    }

    /// Until when anything may be said freely.
    pub fn window_ends_at(&self) -> Timestamp {
        self.last_inbound_at + WINDOW
    }

    /// Whether nothing of this is news.
    pub(crate) fn knows(&self, sender: &Sender) -> bool {
        let same = |new: &Option<String>, known: &Option<String>| new.is_none() || new == known;
        sender.reply_to == self.reply_to
            && same(&sender.profile.name, &self.profile.name)
            && same(&sender.profile.username, &self.profile.username)
            && sender.addresses.iter().all(|address| self.addresses.contains(address))
            && (!sender.has_phone() || self.phone.as_deref() == Some(&sender.reply_to))
    }

    /// What people know it by: its phone, else the provider's id of it.
    pub fn display_address(&self) -> &str {
        self.phone.as_deref().unwrap_or(&self.reply_to)
    }
}

/// What is waiting to be sent, in order.
pub(crate) type Waiting = VecDeque<u64>;

#[cfg(test)]
mod tests {
    use cauce_model::Slot;
    use cauce_store::encode;
    use serde_json::{Value, json};

    use super::*;

    /// The row as it stands in the store, read by this build.
    fn read<V: Serialize + serde::de::DeserializeOwned>(table: &Table<V>, row: &Value) -> V {
        let key = table.key(Slot::of("x"));
        table.read(&key, &encode(row)).unwrap()
    }

    #[test]
    fn rows_of_older_builds_are_read() {
        let id = ContactId::new(Slot::of("x"), 1);
        let contact = read(
            &CONTACTS,
            &json!({
                "id": id, "workspace": "w", "account": "a", "reply_to": "51999888777", "addresses": [],
                "profile": { "name": "Ana" }, "created_at": 1, "last_inbound_at": 1, "updated_at": 1,
                "messages": 2, "turns": 1, "unread": 0, "last": null, "case": null, "wait_timer": [5, 1],
                "run": { "id": "0000000000000001", "flow": "f", "version": "v", "first_turn": 1,
                    "stage": { "stage": "waiting", "node": "n", "wait": 1 } },
                "outbox": { "waiting": [2], "flight": null, "arming": { "wait": 1, "after": 60_000 } },
            }),
        );
        assert_eq!((contact.outbox.waiting.len(), contact.tags.len(), contact.heard), (1, 0, 0));
        assert_eq!(contact.language, None);
        let picture = json!({ "type": "image", "link": "https://example.com/a.png" });
        for direction in [
            json!({ "direction": "out", "content": picture, "status": "queued" }),
            json!({ "direction": "in", "content": { "type": "image", "media": { "id": "7", "mime": "image/png" } } }),
        ] {
            let mut row = json!({ "seq": 2, "at": 1, "author": { "kind": "contact" } });
            row.as_object_mut().unwrap().extend(direction.as_object().unwrap().clone());
            assert_eq!(read(&MESSAGES, &row).seq, 2);
        }
    }
}
