//! What a customer allowed, or did not.

use serde::{Deserialize, Serialize};

use crate::{ContactId, Timestamp};

/// The last answer of a customer to whether something may be done with their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What people call the purpose.
    pub label: String,
    /// Whether they allowed it.
    pub granted: bool,
    /// When.
    pub at: Timestamp,
    /// The version of the legal text that they were shown.
    pub version: String,
    /// The number of the message that proves it; 0 when they had never written.
    pub message: u64,
    /// In whose history that is, when it is a younger contact's of the same person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
}
