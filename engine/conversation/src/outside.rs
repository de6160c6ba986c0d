//! The world outside: calls to servers that a flow asks for, files that the customer sent, and the
//! small signs that somebody reads and writes.
//!
//! A call is tried again after a pause while there is no answer, always under the same idempotency
//! key. A file is fetched from the provider as soon as its message is durable: the provider keeps it
//! for some days only.

use cauce_model::{
    AccountId, ContactEvent, Direction, Duration, FailureClass, HttpFailure, HttpOutcome, HttpRequest,
    InboundContent, MediaKind, MediaState, Message, SendFailure, SendOutcome,
};
use cauce_runtime::{DROPPED, Halt};
use cauce_store::Key;
use serde::{Deserialize, Serialize};

use crate::contact::Life;
use crate::outbox::PAUSES;
use crate::tables::{FETCHES, HTTP_CALLS, JournalEvent, PendingCall, RunHead, RunStage, of_contact};

/// The kind of call that asks a server outside.
pub const HTTP: &str = "http";
/// The kind of call that fetches a received file.
pub const FETCH_MEDIA: &str = "fetch_media";
/// With what the ids of calls begin that fetch files.
pub(crate) const MEDIA: &str = "media ";
/// What is told, and not kept, when somebody reads or writes.
pub const SHOW: &str = "show";

/// The longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::minutes(15);
/// The pauses between tries to fetch a file: three days in all, well inside the seven that the provider
/// keeps it.
const FETCH_PAUSES: [Duration; 9] = [
    Duration::seconds(5),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(10),
    Duration::hours(1),
    Duration::hours(6),
    Duration::hours(12),
    Duration::hours(24),
    Duration::hours(24),
];

/// What the executor of [`HTTP`] is asked. It answers with [`ContactEvent::HttpAnswered`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpOrder {
    /// The call's id, to be named in the answer.
    pub call: String,
    /// What to ask.
    pub request: HttpRequest,
}

/// What the executor of [`FETCH_MEDIA`] is asked. It answers with [`ContactEvent::MediaFetched`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchOrder {
    /// The account that received the file.
    pub account: AccountId,
    /// The message's number, to be named in the answer.
    pub seq: u64,
    /// The provider's id of the file.
    pub media_id: String,
    /// As what it was sent.
    pub media: MediaKind,
    /// Its MIME type as the provider said.
    pub mime: String,
    /// The name the sender's device gave it.
    pub filename: Option<String>,
    /// SHA-256 of its bytes in base64, as the provider said.
    pub sha256: Option<String>,
}

/// What the executor of [`SHOW`] is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The account that was written to.
    pub account: AccountId,
    /// The provider's id of the customer's message that was read.
    pub provider_id: String,
    /// Whether somebody is writing an answer.
    pub typing: bool,
}

/// The names of timers.
pub(crate) fn retry_timer(what: &str) -> String {
    format!("retry {what}")
}

/// What happens to a contact instead, when one of its timers was dropped: what the timer would have tried
/// again has failed for good.
pub(crate) fn dropped(timer: ContactEvent) -> ContactEvent {
    let text = "Quedó pendiente en la copia restaurada y se descartó.".to_owned();
    match timer {
        ContactEvent::SendHeld { attempt } | ContactEvent::SendRetry { attempt } => {
            let failure = SendFailure::new(FailureClass::NotSent, DROPPED, &text);
            ContactEvent::SendAnswered { attempt, outcome: SendOutcome::Failed { failure } }
        }
        ContactEvent::HttpRetry { call } => {
            let outcome = HttpOutcome::Unusable(HttpFailure { code: DROPPED.to_owned(), text });
            ContactEvent::HttpAnswered { call, outcome }
        }
        ContactEvent::MediaRetry { seq } => {
            ContactEvent::MediaFetched { seq, state: MediaState::Lost { code: DROPPED.to_owned(), text } }
        }
        ContactEvent::WaitOver { wait } => ContactEvent::WaitDropped { wait },
        other => other,
    }
}

/// The id of the call that fetches the file of a message.
pub(crate) fn media_call(seq: u64) -> String {
    format!("{MEDIA}{seq}")
}

impl Life<'_, '_> {
    /// Shows the customer that their last message was read, and perhaps that somebody writes.
    pub fn show(&mut self, typing: bool) {
        if self.contact.last_inbound_id.is_empty() {
            return;
        }
        let presence = Presence {
            account: self.contact.account.clone(),
            provider_id: self.contact.last_inbound_id.clone(),
            typing,
        };
        self.turn.tell(SHOW, &presence);
    }

    // ---- Calls to servers

    /// Asks a server outside for a wait of the run.
    pub fn ask_server(&mut self, call: &str, request: HttpRequest, tries: u32) {
        let pending = PendingCall { request, tries, attempt: 1 };
        self.turn.put(&HTTP_CALLS, self.call_key(call), &pending);
        self.try_call(call, &pending);
    }

    /// A try came back.
    pub fn http_answered(&mut self, call: &str, outcome: &HttpOutcome) -> Result<(), Halt> {
        let key = self.call_key(call);
        let Some(mut pending) = self.turn.get(&HTTP_CALLS, &key)? else {
            self.nothing_new = true;
            return Ok(());
        };
        let Some(head) = self.waits_for(call) else {
            self.turn.delete(key);
            self.leave_out_answer();
            return Ok(()); // the run went on, or ended, without it
        };
        if let Some(asked) = worth_another_try(outcome)
            && pending.attempt < pending.tries
        {
            let nth = pending.attempt as usize - 1;
            let pause = PAUSES.get(nth).unwrap_or(&PAUSES[PAUSES.len() - 1]);
            let due = self.turn.now() + asked.min(LONGEST_PAUSE).max(*pause);
            pending.attempt += 1;
            self.turn.put(&HTTP_CALLS, key, &pending);
            let entity = self.entity();
            let retry = ContactEvent::HttpRetry { call: call.to_owned() };
            self.turn.set_timer(&entity, due, &retry_timer(call), &retry);
            self.leave_out_answer();
            return Ok(());
        }
        self.turn.delete(key);
        self.advance(&head, cauce_flows::Event::Called(outcome))
    }

    /// The pause before the next try is over.
    pub fn http_retry(&mut self, call: &str) -> Result<(), Halt> {
        let key = self.call_key(call);
        match self.turn.get(&HTTP_CALLS, &key)? {
            Some(pending) if self.waits_for(call).is_some() => self.try_call(call, &pending),
            _ => self.turn.delete(key), // the run ended without it
        }
        Ok(())
    }

    /// What no step reads is not kept in the journal: it may be large, and comes with every try.
    fn leave_out_answer(&mut self) {
        if let JournalEvent::Other(event) = &mut self.entry.event
            && let ContactEvent::HttpAnswered { outcome: HttpOutcome::Answered(answer), .. } = event.as_mut()
        {
            answer.body = Default::default();
        }
    }

    /// The run that waits for this call.
    fn waits_for(&self, call: &str) -> Option<RunHead> {
        let named = |head: &RunHead| matches!(&head.stage, RunStage::Waiting { wait, .. } if call == format!("{}.{wait}", head.id));
        self.contact.live_run().filter(|head| named(head)).cloned()
    }

    fn try_call(&mut self, call: &str, pending: &PendingCall) {
        let order = HttpOrder { call: call.to_owned(), request: pending.request.clone() };
        let entity = self.entity();
        self.turn.call(&entity, HTTP, &format!("{call}.{}", pending.attempt), &order);
    }

    fn call_key(&self, call: &str) -> Key {
        of_contact(&HTTP_CALLS, self.contact.id).text(call)
    }

    // ---- Received files

    /// Has the file of a message fetched, when it has one that is still at the provider.
    pub fn fetch(&mut self, message: &Message) {
        let Direction::In { content: InboundContent::Media { media, file, .. } } = &message.direction else {
            return;
        };
        if file.state != MediaState::Coming || file.id.is_empty() {
            return;
        }
        let order = FetchOrder {
            account: self.contact.account.clone(),
            seq: message.seq,
            media_id: file.id.clone(),
            media: *media,
            mime: file.mime.clone(),
            filename: file.filename.clone(),
            sha256: file.sha256.clone(),
        };
        let entity = self.entity();
        self.turn.call(&entity, FETCH_MEDIA, &media_call(message.seq), &order);
    }

    /// A try to fetch a file came back.
    pub fn media_fetched(&mut self, seq: u64, state: MediaState) -> Result<(), Halt> {
        let key = of_contact(&FETCHES, self.contact.id).number(seq);
        let tried = self.turn.get(&FETCHES, &key)?;
        let state = match state {
            MediaState::Coming => match FETCH_PAUSES.get(tried.unwrap_or(0) as usize) {
                Some(pause) => {
                    let due = self.turn.now() + *pause;
                    self.turn.put(&FETCHES, key, &(tried.unwrap_or(0) + 1));
                    let entity = self.entity();
                    let name = retry_timer(&media_call(seq));
                    self.turn.set_timer(&entity, due, &name, &ContactEvent::MediaRetry { seq });
                    return Ok(());
                }
                None => MediaState::Lost {
                    code: "unreachable".to_owned(),
                    text: "WhatsApp no entregó el archivo.".to_owned(),
                },
            },
            settled => settled,
        };
        if tried.is_some() {
            self.turn.delete(key);
        }
        let mut message = self.message(seq)?;
        if let Direction::In { content: InboundContent::Media { file, .. } } = &mut message.direction {
            file.state = state;
            self.rewrite(message);
        }
        Ok(())
    }

    /// The pause before the next try to fetch a file is over.
    pub fn media_retry(&mut self, seq: u64) -> Result<(), Halt> {
        let message = self.message(seq)?;
        self.fetch(&message);
        Ok(())
    }
}

/// Whether another try may bring an answer, and how long the server asks to wait.
fn worth_another_try(outcome: &HttpOutcome) -> Option<Duration> {
    match outcome {
        HttpOutcome::Unavailable(_) => Some(Duration::ZERO),
        HttpOutcome::Answered(answer) if matches!(answer.status, 408 | 425 | 429 | 500..=599) => {
            Some(answer.retry_after.unwrap_or(Duration::ZERO))
        }
        HttpOutcome::Answered(_) | HttpOutcome::Unusable(_) => None,
    }
}
