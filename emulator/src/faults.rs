//! Things that go wrong on demand. Each fault happens a number of times and is gone.

use serde::{Deserialize, Serialize};

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
    #[serde(default = "once")]
    times: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum On {
    #[default]
    Messages,
    Webhooks,
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
    Duplicate,
    Reorder,
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

/// What happens to one send.
#[derive(Clone, Copy, Debug, PartialEq)]
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
        let timed = matches!(fault.kind, Kind::Latency | Kind::Hang);
        let staged = matches!(fault.kind, Kind::ServerError | Kind::Hang);
        let on_webhooks = matches!(fault.kind, Kind::Duplicate | Kind::Reorder);
        if on_webhooks != (fault.on == On::Webhooks) {
            return Err("Faults on \"messages\": latency, throttle, http_429, server_error, hang; \
                on \"webhooks\": duplicate, reorder.");
        }
        if timed != fault.ms.is_some() {
            return Err("latency and hang take ms; the other faults do not.");
        }
        if fault.when.is_some() && !staged {
            return Err("Only server_error and hang take when.");
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

    /// The fault of the send to `wa_id`, counted down.
    pub fn take_for_send(&mut self, wa_id: &str) -> Option<SendFault> {
        let fault = self.take(wa_id, |fault| fault.on == On::Messages)?;
        let ms = fault.ms.unwrap_or_default();
        let when = fault.when.unwrap_or_default();
        match (fault.kind, when) {
            (Kind::Latency, _) | (Kind::Hang, When::Before) => Some(SendFault::Wait(ms)),
            (Kind::Hang, When::After) => Some(SendFault::AnswerLate(ms)),
            (Kind::Throttle, _) => Some(SendFault::Throttle),
            (Kind::Http429, _) => Some(SendFault::TooManyRequests),
            (Kind::ServerError, when) => Some(SendFault::ServerError(when)),
            (Kind::Duplicate | Kind::Reorder, _) => None,
        }
    }

    /// Whether the webhook about to be queued for `wa_id` goes out twice, counted down.
    pub fn take_duplicate(&mut self, wa_id: &str) -> bool {
        self.take(wa_id, |fault| fault.kind == Kind::Duplicate).is_some()
    }

    /// Whether the statuses of the message just accepted for `wa_id` go out in the wrong order, counted down.
    pub fn take_reorder(&mut self, wa_id: &str) -> bool {
        self.take(wa_id, |fault| fault.kind == Kind::Reorder).is_some()
    }

    fn take(&mut self, wa_id: &str, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let meant = |fault: &Fault| fits(fault) && fault.to.as_deref().is_none_or(|to| to == wa_id);
        let index = self.0.iter().position(meant)?;
        let fault = self.0[index].clone();
        match fault.times {
            0 => {} // always
            1 => drop(self.0.remove(index)),
            _ => self.0[index].times -= 1,
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn faults(wanted: Value) -> Faults {
        let mut faults = Faults::default();
        faults.add(serde_json::from_value(wanted).unwrap()).unwrap();
        faults
    }

    #[test]
    fn a_fault_happens_as_often_as_asked_and_only_to_whom() {
        let mut twice =
            faults(json!({"on": "messages", "kind": "throttle", "times": 2, "to": "51911111111"}));
        assert_eq!(twice.take_for_send("51922222222"), None);
        assert_eq!(twice.take_for_send("51911111111"), Some(SendFault::Throttle));
        assert_eq!(twice.take_for_send("51911111111"), Some(SendFault::Throttle));
        assert_eq!(twice.take_for_send("51911111111"), None);

        let mut always = faults(json!({"kind": "server_error", "when": "after", "times": 0}));
        for _ in 0..5 {
            assert_eq!(always.take_for_send("51911111111"), Some(SendFault::ServerError(When::After)));
        }
        assert!(!always.take_duplicate("51911111111"));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let refused = |wanted: Value| {
            Faults::default().add(serde_json::from_value(wanted).unwrap()).unwrap_err().to_owned()
        };
        assert!(refused(json!({"on": "webhooks", "kind": "throttle"})).contains("duplicate, reorder"));
        assert!(refused(json!({"kind": "duplicate"})).contains("duplicate, reorder"));
        assert!(refused(json!({"kind": "hang"})).contains("take ms"));
        assert!(refused(json!({"kind": "throttle", "ms": 5})).contains("take ms"));
        assert!(refused(json!({"kind": "throttle", "when": "after"})).contains("take when"));
    }
}
