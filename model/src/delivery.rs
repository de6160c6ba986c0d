//! How sure a message is sent, and the sorts of reasons why one was not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is done about a message of which nobody can say whether it was sent: its answer was lost, and no
/// status came in the hold time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It is sent again: the customer gets it, in the worst case twice.
    #[default]
    AtLeastOnce,
    /// It is never sent again without proof that it was not sent: in the worst case the customer does not
    /// get it, and the message says that nobody knows.
    AtMostOnce,
}

impl Delivery {
    /// Whether it need not be said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The sort of a failure to send. The names are stable: screens, flows and metrics show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The customer wrote more than 24 hours ago.
    WindowClosed,
    /// The customer cannot be reached on this channel, or not by this message.
    Unreachable,
    /// The template is not there, not approved, paused, or its parameters do not fit.
    Template,
    /// A file could not be used.
    Media,
    /// The account: its token, its rights, its registration, its payment.
    Account,
    /// The provider's rules for the business, or what the customer asked for (no marketing, blocked).
    Policy,
    /// The provider does not accept the content.
    Parameters,
    /// The account sent too much in too short a time: everybody's messages slow down.
    NumberLimit,
    /// Too much was sent to this customer in too short a time.
    PairLimit,
    /// There was no connection to the provider: nothing was sent.
    Connection,
    /// The provider has a problem of its own.
    Provider,
    /// Nobody can say whether it was sent.
    Unconfirmed,
    /// We did not send it: an earlier message of the same step failed, or somebody decided so.
    NotSent,
    /// None of these; also what an older build did not say.
    #[default]
    Other,
}

impl FailureClass {
    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WindowClosed => "window_closed",
            Self::Unreachable => "unreachable",
            Self::Template => "template",
            Self::Media => "media",
            Self::Account => "account",
            Self::Policy => "policy",
            Self::Parameters => "parameters",
            Self::NumberLimit => "number_limit",
            Self::PairLimit => "pair_limit",
            Self::Connection => "connection",
            Self::Provider => "provider",
            Self::Unconfirmed => "unconfirmed",
            Self::NotSent => "not_sent",
            Self::Other => "other",
        }
    }

    /// Whether it need not be said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_metrics_show_is_the_one_that_is_stored() {
        for class in [
            FailureClass::WindowClosed,
            FailureClass::Unreachable,
            FailureClass::Template,
            FailureClass::Media,
            FailureClass::Account,
            FailureClass::Policy,
            FailureClass::Parameters,
            FailureClass::NumberLimit,
            FailureClass::PairLimit,
            FailureClass::Connection,
            FailureClass::Provider,
            FailureClass::Unconfirmed,
            FailureClass::NotSent,
            FailureClass::Other,
        ] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}
