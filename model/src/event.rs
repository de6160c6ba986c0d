//! What reaches an entity: from a channel, a person, a timer, another entity, an outside call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Address, Assignee, Case, CaseId, Consent, ContactId, Content, Duration, FailureClass, FlowId,
    HttpOutcome, InboundContent, InboundEcho, InboundMessage, InboundStatus, MediaState, Migrate, QueueId,
    RunId, Timestamp, WorkspaceId,
};

/// What can happen to a contact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ContactEvent {
    /// The customer wrote.
    Inbound(InboundMessage),
    /// News of a message we sent.
    Status(InboundStatus),
    /// An attempt to send came back.
    SendAnswered {
        /// Which attempt.
        attempt: String,
        /// What came of it.
        outcome: SendOutcome,
    },
    /// The time given to an attempt whose outcome is not known is over.
    SendHeld {
        /// Which attempt.
        attempt: String,
    },
    /// The pause before the next attempt is over.
    SendRetry {
        /// Which attempt was refused.
        attempt: String,
    },
    /// A wait of the run is over.
    WaitOver {
        /// The wait's number within the run; an older wait's timer moves nothing.
        wait: u64,
    },
    /// A wait of the run was over before a backup was restored, and whoever restored it dropped that.
    WaitDropped {
        /// The wait's number within the run.
        wait: u64,
    },
    /// Somebody of the business wrote with the business's own phone.
    Echo(InboundEcho),
    /// The customer reacted to, corrected or took back a message of this contact, which another absorbed.
    Amend {
        /// What they did.
        content: InboundContent,
    },
    /// A try to fetch a received file came back.
    MediaFetched {
        /// The message's number.
        seq: u64,
        /// Where the bytes are now; still coming means that another try is worth it.
        state: MediaState,
    },
    /// The pause before the next try to fetch a received file is over.
    MediaRetry {
        /// The message's number.
        seq: u64,
    },
    /// A try to call a server outside came back.
    HttpAnswered {
        /// The call's id: run and wait.
        call: String,
        /// What came of it.
        outcome: HttpOutcome,
    },
    /// The pause before the next try of a call is over.
    HttpRetry {
        /// The call's id.
        call: String,
    },
    /// The Desk tells where the case stands.
    CaseMoved(Case),
    /// A person answers the customer.
    Reply {
        /// Who.
        agent: Assignee,
        /// On which case.
        case: CaseId,
        /// What.
        content: Content,
    },
    /// A person ends the case.
    End {
        /// Who.
        agent: Assignee,
        /// Which case.
        case: CaseId,
        /// The version of it that they saw; anything else is refused.
        version: Option<u64>,
    },
    /// Another system tells of something, as a payment.
    Happened {
        /// What.
        name: String,
        /// What it tells of it.
        #[serde(default)]
        data: serde_json::Value,
    },
    /// A flow begins by itself, when the customer is in none and with no person.
    Scheduled {
        /// In which workspace.
        workspace: WorkspaceId,
        /// Which flow.
        flow: FlowId,
        /// The moment that was planned for it.
        at: Timestamp,
        /// Whom it concerns: who has this tag.
        tag: String,
    },
    /// A person has read the conversation.
    Read,
    /// An address the contact claimed is answered for.
    Claimed {
        /// The address.
        address: Address,
        /// Whose it is: this contact's, or another's that was there before.
        owner: ContactId,
    },
    /// Another contact turned out to be the same person, and tells how old it is.
    SamePerson {
        /// Which.
        contact: ContactId,
        /// When it first wrote.
        created_at: Timestamp,
    },
    /// A younger contact of the same person hands over what it has.
    Absorb {
        /// Which.
        younger: ContactId,
        /// By what it is known.
        addresses: Vec<Address>,
        /// Whom it had absorbed itself.
        absorbed: Vec<ContactId>,
        /// When the person last wrote to it.
        last_inbound_at: Timestamp,
        /// What came in to it lately, so that it does not come in again: hash and day of each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recent: Vec<(u64, u16)>,
        /// What the person allowed there, or did not, by purpose.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        consents: BTreeMap<String, Consent>,
    },
    /// Its run is moved to another version of its flow.
    Migrate(Migrate),
    /// A migration is taken back: its run is where it was, when it has not moved on since.
    MigrateBack {
        /// Which migration.
        migration: String,
        /// Of which flow.
        flow: FlowId,
    },
    /// The time in which a migration may be taken back is over.
    MigrationSettled {
        /// Of which run.
        run: RunId,
    },
    /// The two were not the same person after all: the younger lives by itself again.
    Split,
    /// A younger contact that was absorbed lives by itself again.
    SplitOff {
        /// Which.
        younger: ContactId,
        /// By what it is known.
        addresses: Vec<Address>,
    },
}

/// What can happen to the Desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum DeskEvent {
    /// A contact waits for a person.
    Created {
        /// The case, made by the contact.
        case: CaseId,
        /// Whose.
        contact: ContactId,
        /// Where it waits.
        queue: QueueId,
        /// Since when.
        queued_at: Timestamp,
        /// How long it may wait for somebody to take it.
        timeout: Option<Duration>,
    },
    /// A person takes it.
    Take {
        /// Who.
        agent: Assignee,
        /// Which case.
        case: CaseId,
        /// The version of it that they saw; anything else is refused.
        version: Option<u64>,
    },
    /// The time to be taken is over.
    TakeTimeout {
        /// Which case.
        case: CaseId,
    },
    /// The contact tells that its case is over.
    Ended {
        /// The case as the contact closed it.
        case: Case,
    },
}

/// What came of an attempt to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SendOutcome {
    /// The provider took it.
    Accepted {
        /// Its id of the message.
        provider_id: String,
        /// The recipient's id as the provider writes it.
        recipient: Option<String>,
    },
    /// The provider refused it before doing anything; the same message may be tried again.
    Refused {
        /// Why.
        failure: SendFailure,
        /// How long the provider asks us to wait, when it says.
        retry_after: Option<Duration>,
    },
    /// The provider refused it for good.
    Failed {
        /// Why.
        failure: SendFailure,
    },
    /// Nobody can say: the answer was lost, or was a server's error. It may have been sent.
    Uncertain {
        /// What was seen.
        failure: SendFailure,
    },
}

/// Why a send did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendFailure {
    /// A stable code: the provider's number, or one of ours.
    pub code: String,
    /// A sentence.
    pub text: String,
    /// What sort of failure it is.
    #[serde(default)]
    pub class: FailureClass,
}

impl SendFailure {
    /// A failure.
    pub fn new(class: FailureClass, code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into(), class }
    }
}
