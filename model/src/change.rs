//! What the feed tells the screens.

use serde::{Deserialize, Serialize};

use crate::{ContactId, FlowId, VersionId, WorkspaceId};

/// One change that a screen may care about, in the order it was committed.
/// It names what changed; the reader looks up how it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A contact's conversation changed: a message, a status, its case, its place in a flow.
    Conversation {
        /// In which workspace.
        workspace: WorkspaceId,
        /// Whose.
        contact: ContactId,
    },
    /// A flow was published, or people were moved from one of its versions to another.
    Flow {
        /// In which workspace.
        workspace: WorkspaceId,
        /// Which flow.
        flow: FlowId,
        /// Its new version, or the one they were moved to.
        version: VersionId,
    },
}
