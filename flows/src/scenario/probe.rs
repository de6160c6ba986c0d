//! What a kind of step knows of how to go its different ways.

use cauce_model::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Document;
use crate::run::Facts;

/// Something that could happen at a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// The customer writes this.
    Writes(String),
    /// The customer sends this, as it is typed ([`crate::typed::content`]).
    Sends(String),
    /// The customer comes by this advertisement or post.
    Ad(String),
    /// Another system tells of something.
    Event {
        /// What.
        name: String,
        /// What it tells of it.
        data: Value,
    },
    /// The server that was asked answers.
    Answers {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: Value,
    },
    /// Time passes until this moment.
    Passes(Timestamp),
    /// It is this moment when the run comes.
    Moment(Timestamp),
    /// What is worked out of data gives this value when the run comes.
    Value {
        /// An expression or a text of the config, as it is written.
        of: String,
        /// The value.
        value: Value,
    },
}

/// Where a kind is asked for its probes.
pub struct Seen<'a> {
    pub(crate) document: &'a Document,
    pub(crate) facts: &'a Facts,
    pub(crate) memo: &'a Value,
    pub(crate) values: &'a dyn Fn(&str) -> Vec<Value>,
}

impl Seen<'_> {
    /// The flow in which the step stands.
    pub fn document(&self) -> &Document {
        self.document
    }

    /// What is known of the customer and the moment.
    pub fn facts(&self) -> &Facts {
        self.facts
    }

    /// What the step keeps while it waits; the default when the run is not there.
    pub fn memo<T: DeserializeOwned + Default>(&self) -> T {
        serde_json::from_value(self.memo.clone()).unwrap_or_default()
    }

    /// Values of a variable that the rules of the flow tell apart.
    pub fn values(&self, variable: &str) -> Vec<Value> {
        (self.values)(variable)
    }
}
