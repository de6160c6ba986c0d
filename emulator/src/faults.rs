//! Things that go wrong on demand. Each fault happens a number of times and is gone.

use serde::{Deserialize, Serialize};

use crate::codes::Failure;

/// A fault as it is asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    #[serde(default)]
    on: On,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<When>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default = "once")]
    times: u32,
    /// It sleeps through all fitting calls before this one, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    nth: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    message_type: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum On {
    #[default]
    Messages,
    Webhooks,
    Media,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Latency,
    Throttle,
    #[serde(rename = "http_429")]
    Http429,
    ServerError,
    Hang,
    Refuse,
    Fail,
    BadGateway,
    Reset,
    Early,
    Duplicate,
    Reorder,
    Silent,
    ReadOnly,
    NotFound,
    Expired,
    Truncated,
    WrongHash,
    Huge,
}

impl Kind {
    fn happens_on(self, on: On) -> bool {
        match self {
            Self::Latency | Self::Throttle | Self::Http429 | Self::Refuse | Self::Fail => on == On::Messages,
            Self::BadGateway | Self::Reset | Self::Early => on == On::Messages,
            Self::ServerError | Self::Hang => on != On::Webhooks,
            Self::Duplicate | Self::Reorder | Self::Silent | Self::ReadOnly => on == On::Webhooks,
            Self::NotFound | Self::Expired | Self::Truncated | Self::WrongHash | Self::Huge => {
                on == On::Media
            }
        }
    }
}

/// Whether the send is accepted although the caller is told, or made to believe, otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Nothing was accepted yet.
    #[default]
    Before,
    /// The message was accepted and its statuses follow.
    After,
}

/// What the business does with a file.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Hands it in.
    Upload,
    /// Asks where it is.
    Lookup,
    /// Fetches it from there.
    Download,
}

/// What happens to one send.
#[derive(Clone, Debug, PartialEq)]
pub enum SendFault {
    /// Wait this many milliseconds; then as usual. A caller that goes away in this time sent nothing.
    Wait(u64),
    /// Accept; answer only after this many milliseconds.
    AnswerLate(u64),
    /// Not executed: HTTP 400 with code 130429.
    Throttle,
    /// Not executed: HTTP 429 from the edge, without JSON.
    TooManyRequests,
    /// HTTP 500, before or after acceptance.
    ServerError(When),
    /// Not executed: this Graph error.
    Refuse(Failure),
    /// Accepted, and failed with this.
    Fail(Failure),
    /// The edge's page with HTTP 502, before or after acceptance.
    BadGateway(When),
    /// The connection is reset instead of an answer, before or after acceptance.
    Reset(When),
    /// Accepted, and answered only when its statuses have been taken.
    Early,
}

/// Which statuses of a message are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// All.
    #[default]
    All,
    /// That it was read, and nothing before.
    Read,
    /// None.
    Nothing,
}

impl Told {
    /// Whether nothing is kept back.
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// What happens to one upload, lookup or download.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MediaFault {
    /// Wait this many milliseconds; then as usual.
    Wait(u64),
    /// HTTP 500.
    ServerError,
    /// Lookup: there is no such file.
    NotFound,
    /// Download: the address does not work any more.
    Expired,
    /// Download: the connection ends in the middle.
    Truncated,
    /// Download: as many bytes, and one is another.
    WrongHash,
    /// Download: more bytes than any file may have.
    Huge,
}

/// The faults still to happen, oldest first.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

fn once() -> u32 {
    1
}

impl Faults {
    /// Adds a fault.
    ///
    /// # Errors
    /// A sentence, when its parts do not fit together.
    pub fn add(&mut self, fault: Fault) -> Result<(), &'static str> {
        let staged = matches!(fault.kind, Kind::ServerError | Kind::Hang);
        let timed = staged || matches!(fault.kind, Kind::BadGateway | Kind::Reset);
        let coded = matches!(fault.kind, Kind::Refuse | Kind::Fail);
        if !fault.kind.happens_on(fault.on) {
            return Err(
                "Faults on \"messages\": latency, throttle, http_429, server_error, bad_gateway, reset, hang, early, \
                refuse, fail; on \"webhooks\": duplicate, reorder, silent, read_only; \
                on \"media\": not_found, expired, truncated, wrong_hash, huge, server_error, hang.",
            );
        }
        if matches!(fault.kind, Kind::Latency | Kind::Hang) != fault.ms.is_some() {
            return Err("latency and hang take ms; the other faults do not.");
        }
        if fault.when.is_some() && !(timed && fault.on == On::Messages) {
            return Err("Only server_error, bad_gateway, reset and hang on \"messages\" take when.");
        }
        if fault.at.is_some() && !(staged && fault.on == On::Media) {
            return Err("Only server_error and hang on \"media\" take at.");
        }
        if coded != fault.code.is_some() || (fault.message.is_some() && !coded) {
            return Err("refuse and fail take code and message; the other faults do not.");
        }
        if fault.message_type.is_some() && fault.on != On::Messages {
            return Err("Only faults on \"messages\" take type.");
        }
        if fault.to.is_some() && fault.on == On::Media {
            return Err("Faults on \"media\" do not take to.");
        }
        if fault.nth == Some(0) {
            return Err("nth counts from 1.");
        }
        self.0.push(fault);
        Ok(())
    }

    /// Those still to happen.
    pub fn left(&self) -> &[Fault] {
        &self.0
    }

    /// Forgets them all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of the send of a message of this type to `wa_id`, counted down.
    pub fn take_for_send(&mut self, wa_id: &str, message_type: &str) -> Option<SendFault> {
        let fault = self.take(|fault| {
            fault.on == On::Messages
                && fault.concerns(wa_id)
                && fault.message_type.as_deref().is_none_or(|meant| meant == message_type)
        })?;
        let ms = fault.ms.unwrap_or_default();
        match (fault.kind, fault.when.unwrap_or_default()) {
            (Kind::Latency, _) | (Kind::Hang, When::Before) => Some(SendFault::Wait(ms)),
            (Kind::Hang, When::After) => Some(SendFault::AnswerLate(ms)),
            (Kind::Throttle, _) => Some(SendFault::Throttle),
            (Kind::Http429, _) => Some(SendFault::TooManyRequests),
            (Kind::ServerError, when) => Some(SendFault::ServerError(when)),
            (Kind::BadGateway, when) => Some(SendFault::BadGateway(when)),
            (Kind::Reset, when) => Some(SendFault::Reset(when)),
            (Kind::Early, _) => Some(SendFault::Early),
            (Kind::Refuse, _) => Some(SendFault::Refuse(Failure::of(fault.code?, fault.message))),
            (Kind::Fail, _) => Some(SendFault::Fail(Failure::of(fault.code?, fault.message))),
            _ => None,
        }
    }

    /// The fault of what the business does with a file, counted down.
    pub fn take_for_media(&mut self, step: Step) -> Option<MediaFault> {
        let fault = self.take(|fault| {
            fault.on == On::Media
                && match fault.kind {
                    Kind::ServerError | Kind::Hang => {
                        fault.at.map_or(step != Step::Upload, |meant| meant == step)
                    }
                    Kind::NotFound => step == Step::Lookup,
                    _ => step == Step::Download,
                }
        })?;
        match fault.kind {
            Kind::Hang => Some(MediaFault::Wait(fault.ms.unwrap_or_default())),
            Kind::ServerError => Some(MediaFault::ServerError),
            Kind::NotFound => Some(MediaFault::NotFound),
            Kind::Expired => Some(MediaFault::Expired),
            Kind::Truncated => Some(MediaFault::Truncated),
            Kind::WrongHash => Some(MediaFault::WrongHash),
            Kind::Huge => Some(MediaFault::Huge),
            _ => None,
        }
    }

    /// Whether the webhook about to be queued for `wa_id` goes out twice, counted down.
    pub fn take_duplicate(&mut self, wa_id: &str) -> bool {
        self.take(|fault| fault.kind == Kind::Duplicate && fault.concerns(wa_id)).is_some()
    }

    /// Whether the statuses of the message just accepted for `wa_id` go out in the wrong order, counted down.
    pub fn take_reorder(&mut self, wa_id: &str) -> bool {
        self.take(|fault| fault.kind == Kind::Reorder && fault.concerns(wa_id)).is_some()
    }

    /// Which statuses of the message just accepted for `wa_id` are told, counted down.
    pub fn take_told(&mut self, wa_id: &str) -> Told {
        let fault =
            self.take(|fault| matches!(fault.kind, Kind::Silent | Kind::ReadOnly) && fault.concerns(wa_id));
        match fault.map(|fault| fault.kind) {
            Some(Kind::Silent) => Told::Nothing,
            Some(Kind::ReadOnly) => Told::Read,
            _ => Told::All,
        }
    }

    /// The oldest fault that fits and whose turn it is. Every other one that fits and still sleeps is one call nearer.
    fn take(&mut self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut ripe = None;
        for (index, fault) in self.0.iter_mut().enumerate().filter(|(_, fault)| fits(fault)) {
            match &mut fault.nth {
                Some(nth) if *nth > 1 => *nth -= 1,
                _ => drop(ripe.get_or_insert(index)),
            }
        }
        let index = ripe?;
        let fault = self.0[index].clone();
        match fault.times {
            0 => {} // always
            1 => drop(self.0.remove(index)),
            _ => self.0[index].times -= 1,
        }
        Some(fault)
    }
}

impl Fault {
    fn concerns(&self, wa_id: &str) -> bool {
        self.to.as_deref().is_none_or(|to| to == wa_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ROSA: &str = "51911111111";

    fn faults(wanted: Value) -> Faults {
        let mut faults = Faults::default();
        faults.add(serde_json::from_value(wanted).unwrap()).unwrap();
        faults
    }

    #[test]
    fn a_fault_happens_as_often_as_asked_and_only_to_whom() {
        let mut twice = faults(json!({"on": "messages", "kind": "throttle", "times": 2, "to": ROSA}));
        assert_eq!(twice.take_for_send("51922222222", "text"), None);
        assert_eq!(twice.take_for_send(ROSA, "text"), Some(SendFault::Throttle));
        assert_eq!(twice.take_for_send(ROSA, "text"), Some(SendFault::Throttle));
        assert_eq!(twice.take_for_send(ROSA, "text"), None);

        let mut always = faults(json!({"kind": "server_error", "when": "after", "times": 0}));
        for _ in 0..5 {
            assert_eq!(always.take_for_send(ROSA, "text"), Some(SendFault::ServerError(When::After)));
        }
        assert!(!always.take_duplicate(ROSA));
    }

    #[test]
    fn a_fault_waits_for_its_type_and_its_turn() {
        let mut third =
            faults(json!({"kind": "fail", "code": 131_026, "type": "image", "nth": 3, "times": 2}));
        let failed = Some(SendFault::Fail(Failure::of(131_026, None)));
        assert_eq!(third.take_for_send(ROSA, "image"), None);
        assert_eq!(third.take_for_send(ROSA, "text"), None);
        assert_eq!(third.take_for_send(ROSA, "image"), None);
        assert_eq!(third.take_for_send(ROSA, "image"), failed);
        assert_eq!(third.take_for_send(ROSA, "image"), failed);
        assert_eq!(third.take_for_send(ROSA, "image"), None);
    }

    #[test]
    fn faults_on_media_meet_their_step() {
        let mut fault = faults(json!({"on": "media", "kind": "server_error"}));
        assert_eq!(fault.take_for_media(Step::Upload), None);
        assert_eq!(fault.take_for_send(ROSA, "image"), None);
        assert_eq!(fault.take_for_media(Step::Lookup), Some(MediaFault::ServerError));
        let mut fault = faults(json!({"on": "media", "kind": "hang", "ms": 5, "at": "upload"}));
        assert_eq!(fault.take_for_media(Step::Lookup), None);
        assert_eq!(fault.take_for_media(Step::Upload), Some(MediaFault::Wait(5)));
        let mut fault = faults(json!({"on": "media", "kind": "huge"}));
        assert_eq!(fault.take_for_media(Step::Lookup), None);
        assert_eq!(fault.take_for_media(Step::Download), Some(MediaFault::Huge));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        for (wanted, reason) in [
            (json!({"on": "webhooks", "kind": "throttle"}), "duplicate, reorder, silent"),
            (json!({"kind": "duplicate"}), "duplicate, reorder, silent"),
            (json!({"on": "media", "kind": "latency", "ms": 1}), "not_found"),
            (json!({"kind": "huge"}), "not_found"),
            (json!({"kind": "hang"}), "take ms"),
            (json!({"kind": "throttle", "ms": 5}), "take ms"),
            (json!({"kind": "throttle", "when": "after"}), "take when"),
            (json!({"kind": "early", "when": "after"}), "take when"),
            (json!({"kind": "reset", "ms": 5}), "take ms"),
            (json!({"kind": "silent"}), "read_only"),
            (json!({"on": "media", "kind": "server_error", "when": "after"}), "take when"),
            (json!({"kind": "server_error", "at": "upload"}), "take at"),
            (json!({"on": "media", "kind": "huge", "at": "lookup"}), "take at"),
            (json!({"kind": "refuse"}), "take code"),
            (json!({"kind": "throttle", "code": 4}), "take code"),
            (json!({"kind": "throttle", "message": "x"}), "take code"),
            (json!({"on": "webhooks", "kind": "reorder", "type": "text"}), "take type"),
            (json!({"on": "media", "kind": "huge", "to": ROSA}), "take to"),
            (json!({"kind": "throttle", "nth": 0}), "from 1"),
        ] {
            let fault = serde_json::from_value(wanted.clone()).unwrap();
            let sentence = Faults::default().add(fault).unwrap_err();
            assert!(sentence.contains(reason), "{wanted}: {sentence}");
        }
    }
}
