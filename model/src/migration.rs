//! Moving people who are inside an older version of a flow.

use serde::{Deserialize, Serialize};

use crate::{FlowId, NodeId, QueueId, VersionId};

/// What becomes of whoever waits at a step of the older version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Landing {
    /// They wait on at the same step of the new version. Nothing is said.
    Keep,
    /// They are at the same step of the new version, which asks anew, as it asks otherwise now.
    Ask,
    /// They go on at another step of the new version.
    Step(NodeId),
    /// Their run ends.
    End,
    /// Their run ends, and a person is needed.
    Person(QueueId),
    /// They stay in the older version.
    Stay,
}

/// Moves a contact's run to another version of its flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migrate {
    /// Which migration does.
    pub migration: String,
    /// Of which flow.
    pub flow: FlowId,
    /// The version it must be in.
    pub from: VersionId,
    /// The version it gets.
    pub to: VersionId,
    /// The step it must wait at.
    pub node: NodeId,
    /// What becomes of it.
    pub landing: Landing,
}

/// What came of a [`Migrate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Landed {
    /// It is in the new version, or over.
    Moved,
    /// It stays where it is, as was asked.
    Stayed,
    /// Not moved: it waits at this other step of the older version by now.
    Elsewhere(NodeId),
    /// Not moved: it is not in the older version any more.
    Gone,
    /// Not moved: later texts name data that it does not have.
    Lacking(Vec<String>),
    /// Not moved: a person looks after the customer.
    WithPerson,
    /// Not moved: a server is being asked, or something is being sent.
    Busy,
    /// Not moved: the new version would stop it, for this reason.
    Failing(String),
    /// It is back where it was.
    Back,
    /// It has moved on since, and stays.
    MovedOn,
}
