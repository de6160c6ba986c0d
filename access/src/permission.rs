//! Roles and what they allow.

use cauce_model::{Assignee, UserId};
use serde::{Deserialize, Serialize};

/// What a person is in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the workspace: everything.
    Admin,
    /// Answers customers.
    Agent,
}

/// What somebody asks to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See conversations and cases.
    ReadInbox,
    /// Take a case that waits.
    TakeCase,
    /// Write to a customer.
    Reply,
    /// End a case.
    EndCase,
    /// Tell flows what happened in another system.
    TellEvent,
    /// See flows and their versions.
    ReadFlows,
    /// Work on the draft of a flow.
    EditFlow,
    /// Check a document or make it the current version of a flow.
    PublishFlow,
    /// See how the server is.
    ReadHealth,
    /// Look at events that could not be handled, and say what becomes of them.
    ManageDeadLetters,
    /// See what a restored installation had under way, and say what becomes of it.
    ResumeHeld,
}

/// Who asks: a person with a live session, or one who holds an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub id: UserId,
    /// Their name, for the records that what they do leaves behind.
    pub name: String,
    /// What they are.
    pub role: Role,
}

impl Actor {
    /// The actor as history and cases name them.
    pub fn assignee(&self) -> Assignee {
        Assignee { id: self.id.clone(), name: self.name.clone() }
    }
}

/// Whether this actor may do this. What no line here allows is forbidden: a new action belongs to
/// nobody until it is given to somebody.
pub fn can(actor: &Actor, action: Action) -> bool {
    let allowed: &[Role] = match action {
        Action::ReadInbox | Action::TakeCase | Action::Reply | Action::EndCase | Action::ReadFlows => {
            &[Role::Admin, Role::Agent]
        }
        Action::TellEvent
        | Action::EditFlow
        | Action::PublishFlow
        | Action::ReadHealth
        | Action::ManageDeadLetters
        | Action::ResumeHeld => &[Role::Admin],
    };
    allowed.contains(&actor.role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(role: Role) -> Actor {
        Actor { id: "u1".parse().unwrap(), name: "Rosa".into(), role }
    }

    #[test]
    fn agents_answer_and_only_administrators_change_the_workspace() {
        let daily = [Action::ReadInbox, Action::TakeCase, Action::Reply, Action::EndCase, Action::ReadFlows];
        for action in daily {
            assert!(can(&actor(Role::Agent), action), "{action:?}");
            assert!(can(&actor(Role::Admin), action), "{action:?}");
        }
        let governing = [
            Action::TellEvent,
            Action::EditFlow,
            Action::PublishFlow,
            Action::ReadHealth,
            Action::ManageDeadLetters,
            Action::ResumeHeld,
        ];
        for action in governing {
            assert!(!can(&actor(Role::Agent), action), "{action:?}");
            assert!(can(&actor(Role::Admin), action), "{action:?}");
        }
    }
}
