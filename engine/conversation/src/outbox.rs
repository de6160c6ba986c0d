//! Sending: one message of a contact at a time, in order, each once.
//!
//! The head of the queue is *in flight*: its attempt was committed before anything left. The next
//! goes only when the provider has taken it, or it has failed for good. A refusal that is known
//! not to have done anything is tried again after a pause. When nobody can say whether the provider
//! took it, the message is held: the status that echoes the attempt's id tells; if none comes in
//! the hold time it is sent again under the next attempt's id, or, when it may go out once at most,
//! has failed as unconfirmed. Whatever is heard of it later still counts.

use std::str::FromStr;

use cauce_flows::Event;
use cauce_model::{
    AccountId, ContactEvent, ContactId, Content, Delivery, DeliveryStatus, Direction, Duration, FailureClass,
    InboundStatus, Message, MessageError, MessageStatus, SendFailure, SendOutcome, Timestamp,
};
use cauce_runtime::{DROPPED, Halt};
use serde::{Deserialize, Serialize};

use crate::contact::Life;
use crate::tables::Waiting;

/// The kind of call that sends a message.
pub const SEND: &str = "send";
/// The pauses between attempts that were refused, of sends and of calls; after the last a message has
/// failed.
pub(crate) const PAUSES: [Duration; 8] = [
    Duration::seconds(1),
    Duration::seconds(4),
    Duration::seconds(16),
    Duration::seconds(64),
    Duration::seconds(256),
    Duration::seconds(256),
    Duration::seconds(256),
    Duration::seconds(256),
];
/// How often a message is sent whose outcome stays unknown, when it is sent again at all.
const UNKNOWN_ATTEMPTS: u32 = 3;

/// What an installation may set about sending.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// How long a status that echoes an uncertain attempt is waited for before it is sent again.
    pub hold: Duration,
}

/// What the executor of [`SEND`] is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SendOrder {
    /// From which account.
    pub account: AccountId,
    /// To whom, as the provider writes it.
    pub to: String,
    /// What.
    pub content: Content,
    /// The attempt's id, to be echoed in every status.
    pub attempt: String,
}

/// What a contact has to send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outbox {
    /// Messages that wait for their turn, by number.
    pub waiting: Waiting,
    /// The message on its way.
    pub flight: Option<Flight>,
    /// The wait that begins when all is taken.
    pub arming: Option<Arming>,
    /// What the step at which the run waits has said, when it wants to know what becomes of it.
    #[serde(default)]
    pub step: Option<StepSends>,
}

/// Messages of which a step wants to know that they left.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSends {
    /// Those of which nothing is known yet, by number.
    pub pending: Vec<u64>,
    /// Why one of them will not arrive.
    pub failed: Option<String>,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// Which message.
    pub seq: u64,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How many of the attempts had an unknown outcome.
    pub unknown: u32,
    /// A timer that brings the next attempt: when.
    pub timer: Option<Timestamp>,
}

impl Flight {
    /// Whether every attempt was refused, so that it is not sent unless another is made.
    fn is_refused(&self) -> bool {
        self.timer.is_some() && self.unknown == 0
    }
}

/// A wait whose time has not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arming {
    /// The wait's number.
    pub wait: u64,
    /// How long it lasts.
    pub after: Duration,
}

/// The name of an attempt to send: contact, message, attempt. It travels to the provider and comes
/// back in every status, so a status finds its message by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Whose message.
    pub contact: ContactId,
    /// Its number.
    pub seq: u64,
    /// Which attempt, from 1.
    pub attempt: u32,
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.contact, self.seq, self.attempt)
    }
}

impl FromStr for Attempt {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(());
        let attempt = Self {
            contact: next()?.parse().map_err(drop)?,
            seq: next()?.parse().map_err(drop)?,
            attempt: next()?.parse().map_err(drop)?,
        };
        parts.next().is_none().then_some(attempt).ok_or(())
    }
}

/// The timer that brings the next attempt.
pub(crate) const SEND_TIMER: &str = "send";

impl Life<'_, '_> {
    /// Lets the next message go, when none is on its way; and starts the wait when none is left.
    pub fn send_next(&mut self) -> Result<(), Halt> {
        while self.contact.outbox.flight.is_none() {
            let Some(seq) = self.contact.outbox.waiting.pop_front() else {
                if let Some(arming) = self.contact.outbox.arming.take() {
                    self.arm(arming);
                }
                return Ok(());
            };
            if self.turn.now() >= self.contact.window_ends_at() {
                let text = "Pasaron más de 24 horas desde el último mensaje del cliente.";
                self.fail(seq, SendFailure::new(FailureClass::WindowClosed, "window_closed", text))?;
                continue;
            }
            self.contact.outbox.flight = Some(Flight { seq, attempt: 1, unknown: 0, timer: None });
            self.post()?;
        }
        Ok(())
    }

    /// Has the message in flight sent after this commit.
    fn post(&mut self) -> Result<(), Halt> {
        let Some(flight) = &self.contact.outbox.flight else { return Ok(()) };
        let attempt =
            Attempt { contact: self.contact.id, seq: flight.seq, attempt: flight.attempt }.to_string();
        let Direction::Out { content, .. } = self.message(flight.seq)?.direction else { return Ok(()) };
        let order = SendOrder {
            account: self.contact.account.clone(),
            to: self.contact.reply_to.clone(),
            content,
            attempt: attempt.clone(),
        };
        let entity = self.entity();
        self.turn.call(&entity, SEND, &attempt, &order);
        Ok(())
    }

    /// An attempt came back.
    pub fn send_answered(&mut self, attempt: &str, outcome: SendOutcome) -> Result<(), Halt> {
        let Ok(name) = attempt.parse::<Attempt>() else { return Ok(()) };
        let current = self.is_in_flight(&name);
        match outcome {
            SendOutcome::Accepted { provider_id, .. } => {
                let mut message = self.message(name.seq)?;
                self.name(&mut message, &provider_id)?;
                self.raise(&mut message, MessageStatus::Accepted, None);
                // Even an older attempt's acceptance is proof that the customer gets it.
                if self.landed(name.seq) {
                    self.reacted(&message)?;
                }
                self.rewrite(message);
            }
            SendOutcome::Failed { failure } if current => {
                if failure.code == DROPPED {
                    // What waits behind it is as old.
                    for seq in std::mem::take(&mut self.contact.outbox.waiting) {
                        self.fail(seq, failure.clone())?;
                    }
                }
                self.fail(name.seq, failure)?;
                self.landed(name.seq);
            }
            SendOutcome::Refused { failure, retry_after } if current => {
                let tried = self.contact.outbox.flight.as_ref().map_or(0, |flight| flight.attempt as usize);
                match PAUSES.get(tried.saturating_sub(1)) {
                    Some(pause) => {
                        let pause = retry_after.unwrap_or(*pause).max(*pause);
                        self.next_attempt_at(pause, |attempt| ContactEvent::SendRetry { attempt });
                    }
                    None => {
                        self.fail(name.seq, failure)?;
                        self.landed(name.seq);
                    }
                }
            }
            SendOutcome::Uncertain { failure } if current => {
                tracing::warn!(
                    attempt,
                    code = failure.code,
                    "nobody can say whether a message was sent; it is held"
                );
                let hold = self.sending.hold;
                if let Some(flight) = &mut self.contact.outbox.flight {
                    flight.unknown += 1;
                }
                self.next_attempt_at(hold, |attempt| ContactEvent::SendHeld { attempt });
            }
            _ => {}
        }
        Ok(())
    }

    /// The pause, or the hold time, of an attempt is over.
    pub fn send_again(&mut self, attempt: &str) -> Result<(), Halt> {
        let Ok(name) = attempt.parse::<Attempt>() else { return Ok(()) };
        if !self.is_in_flight(&name) {
            return Ok(());
        }
        let Some(flight) = &mut self.contact.outbox.flight else { return Ok(()) };
        flight.timer = None;
        let unknown = flight.unknown;
        let Direction::Out { delivery, .. } = self.message(name.seq)?.direction else { return Ok(()) };
        let enough = match delivery {
            Delivery::AtLeastOnce => UNKNOWN_ATTEMPTS,
            Delivery::AtMostOnce => 1,
        };
        if unknown >= enough {
            let text = "WhatsApp no confirmó el envío. Puede que haya llegado.";
            self.fail(name.seq, SendFailure::new(FailureClass::Unconfirmed, "unconfirmed", text))?;
            self.landed(name.seq);
            return Ok(());
        }
        if let Some(flight) = &mut self.contact.outbox.flight {
            flight.attempt += 1;
        }
        self.post()
    }

    /// News of a message we sent.
    pub fn status(&mut self, status: &InboundStatus) -> Result<(), Halt> {
        let name = status.attempt.as_deref().and_then(|attempt| attempt.parse::<Attempt>().ok());
        let Some(name) = name.filter(|name| {
            name.contact == self.contact.id && (1..=self.contact.messages).contains(&name.seq)
        }) else {
            self.nothing_new = true;
            return Ok(());
        };
        let mut message = self.message(name.seq)?;
        // What became of a copy says nothing bad of the one sent after it.
        let flight = self.contact.outbox.flight.as_ref().filter(|flight| flight.seq == name.seq);
        let later = flight.is_some_and(|flight| flight.attempt > name.attempt)
            || message.provider_id.as_ref().is_some_and(|id| *id != status.provider_id);
        if later && status.status == DeliveryStatus::Failed {
            self.nothing_new = true;
            return Ok(());
        }
        let new = message.provider_id.is_none();
        self.name(&mut message, &status.provider_id)?;
        let (rank, error) = match status.status {
            DeliveryStatus::Sent => (MessageStatus::Sent, None),
            DeliveryStatus::Delivered => (MessageStatus::Delivered, None),
            DeliveryStatus::Read => (MessageStatus::Read, None),
            DeliveryStatus::Failed => {
                let (code, text) = status.error.clone().unwrap_or((0, String::new()));
                (
                    MessageStatus::Failed,
                    Some(MessageError { code: code.to_string(), text, class: status.class }),
                )
            }
        };
        let raised = self.raise(&mut message, rank, error);
        // Any status is proof that the provider took it.
        let landed = self.landed(name.seq);
        if !new && !raised && !landed {
            self.nothing_new = true;
            return Ok(());
        }
        if landed {
            self.reacted(&message)?;
        }
        self.rewrite(message);
        Ok(())
    }

    fn is_in_flight(&self, name: &Attempt) -> bool {
        name.contact == self.contact.id
            && self
                .contact
                .outbox
                .flight
                .as_ref()
                .is_some_and(|f| f.seq == name.seq && f.attempt == name.attempt)
    }

    fn next_attempt_at(&mut self, after: Duration, event: impl Fn(String) -> ContactEvent) {
        let due = self.turn.now() + after;
        let contact = self.contact.id;
        let entity = self.entity();
        let Some(flight) = &mut self.contact.outbox.flight else { return };
        flight.timer = Some(due);
        let attempt = Attempt { contact, seq: flight.seq, attempt: flight.attempt }.to_string();
        self.turn.set_timer(&entity, due, SEND_TIMER, &event(attempt));
    }

    /// The message in flight needs no more attempts: the next may go. Whether it was in flight.
    fn landed(&mut self, seq: u64) -> bool {
        let in_flight = self.contact.outbox.flight.as_ref().is_some_and(|flight| flight.seq == seq);
        if in_flight {
            let due = self.contact.outbox.flight.take().and_then(|flight| flight.timer);
            if let Some(due) = due {
                let entity = self.entity();
                self.turn.cancel_timer(&entity, due, SEND_TIMER);
            }
        }
        in_flight
    }

    /// An emoji of ours stands under its message from when the provider took it.
    fn reacted(&mut self, message: &Message) -> Result<(), Halt> {
        match &message.direction {
            Direction::Out { content: Content::Reaction { message_id, emoji }, status, .. }
                if *status != MessageStatus::Failed =>
            {
                self.react(message_id, false, Some(emoji)).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn fail(&mut self, seq: u64, failure: SendFailure) -> Result<(), Halt> {
        let mut message = self.message(seq)?;
        self.raise(&mut message, MessageStatus::Failed, Some(failure.into()));
        self.rewrite(message);
        Ok(())
    }

    /// As [`raise`], and lets the step know that wants to.
    fn raise(&mut self, message: &mut Message, to: MessageStatus, why: Option<MessageError>) -> bool {
        let raised = raise(message, to, why);
        if let Direction::Out { status, error, .. } = &message.direction
            && let Some(step) = &mut self.contact.outbox.step
            && step.pending.contains(&message.seq)
            && *status >= MessageStatus::Sent
        {
            step.pending.retain(|seq| *seq != message.seq);
            if *status == MessageStatus::Failed {
                step.failed = error.as_ref().map(|error| error.code.clone());
            }
        }
        raised
    }

    /// Moves the run when all that its step said has left, or something of it failed: then what came
    /// after is not sent any more. Whether it moved.
    pub fn settle(&mut self) -> Result<bool, Halt> {
        let step = self.contact.outbox.step.take_if(|step| step.failed.is_some() || step.pending.is_empty());
        let Some(StepSends { pending, failed }) = step else { return Ok(false) };
        let Some(head) = self.contact.live_run().cloned() else { return Ok(false) };
        self.entry.settled.push(failed.clone());
        let Some(code) = failed else {
            self.advance(&head, Event::Sent)?;
            return Ok(true);
        };
        for seq in pending {
            let Outbox { waiting, flight, .. } = &mut self.contact.outbox;
            let before = waiting.len();
            waiting.retain(|other| *other != seq);
            let refused = flight.as_ref().is_some_and(|flight| flight.seq == seq && flight.is_refused());
            if waiting.len() < before || refused {
                self.landed(seq);
                let text = "No se envió: falló un mensaje anterior del mismo paso.";
                self.fail(seq, SendFailure::new(FailureClass::NotSent, "not_sent", text))?;
            }
        }
        self.advance(&head, Event::Unsent { code: &code })?;
        Ok(true)
    }
}

/// Moves a message's status up, never down: `read` stays when `delivered` comes late, and a failure
/// is believed only until something proves that the message arrived. What nobody could say is known as
/// soon as anybody says anything. Whether it moved.
fn raise(message: &mut Message, to: MessageStatus, why: Option<MessageError>) -> bool {
    use MessageStatus::{Delivered, Failed, Read};
    let Direction::Out { status, error, .. } = &mut message.direction else { return false };
    let up = match (*status, to) {
        (Delivered | Read, Failed) => false,
        (Failed, _) if error.as_ref().is_some_and(|error| error.class == FailureClass::Unconfirmed) => true,
        (Failed, to) => matches!(to, Delivered | Read),
        (from, to) => to > from,
    };
    if up {
        *status = to;
        *error = why;
    }
    up
}

#[cfg(test)]
mod tests {
    use cauce_model::{Author, NodeId, Slot};
    use cauce_runtime::from_bytes;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_is_the_text_it_travels_as() {
        let attempt = Attempt { contact: ContactId::new(Slot::of("x"), 5), seq: 12, attempt: 3 };
        assert_eq!(attempt.to_string().parse::<Attempt>(), Ok(attempt));
        for foreign in ["", "c0.1.1", "c0010000000000000001.1", "c0010000000000000001.1.1.1", "x.y.z"] {
            assert!(foreign.parse::<Attempt>().is_err(), "{foreign}");
        }
    }

    #[test]
    fn what_older_builds_wrote_is_read() {
        let read = |value: &serde_json::Value| cauce_runtime::to_bytes(value);
        let message = json!({ "seq": 1, "at": 1, "author": { "kind": "contact" }, "direction": "out",
            "content": { "type": "text", "body": "hola" }, "status": "failed",
            "error": { "code": "no_answer", "text": "WhatsApp no confirmó." } });
        let message: Message = from_bytes(&read(&message)).unwrap();
        let Direction::Out { error: Some(error), delivery, .. } = message.direction else { panic!() };
        assert_eq!((error.class, delivery), (FailureClass::Other, Delivery::AtLeastOnce));
        for event in [
            json!({ "event": "send_answered", "attempt": "a",
                "outcome": { "outcome": "uncertain", "failure": { "code": "timeout", "text": "No." } } }),
            json!({ "event": "status", "account": "a", "provider_id": "w", "attempt": null,
                "status": "failed", "at": 1, "error": [131026, "No."] }),
        ] {
            from_bytes::<ContactEvent>(&read(&event)).unwrap();
        }
    }

    #[test]
    fn a_status_only_moves_up() {
        use MessageStatus::{Accepted, Delivered, Failed, Queued, Read, Sent};
        let node: NodeId = "n".parse().unwrap();
        for (news, last) in [
            (vec![Accepted, Sent, Delivered, Read], Read),
            (vec![Read, Delivered, Sent, Accepted], Read),
            (vec![Sent, Failed], Failed),
            (vec![Failed, Sent, Accepted], Failed),
            (vec![Failed, Delivered], Delivered),
            (vec![Delivered, Failed], Delivered),
            (vec![Queued, Accepted, Queued], Accepted),
        ] {
            let content = Content::Text { body: "hola".into() };
            let direction = Direction::queued(content, Delivery::default());
            let mut message = Message::new(1, Timestamp(0), Author::Bot { node: node.clone() }, direction);
            for status in &news {
                raise(&mut message, *status, None);
            }
            let Direction::Out { status, .. } = message.direction else { unreachable!() };
            assert_eq!(status, last, "{news:?}");
        }
    }
}
