//! The directory of a workspace: its users and their sessions, as a durable entity.

use cauce_access::{Session, TokenHash, User};
use cauce_model::{IdError, Slot, Timestamp, UserId, WorkspaceId};
use cauce_runtime::{Entity, EntityAddress, EntityKind, Halt, Turn, from_bytes};
use cauce_store::{Key, SharedStore, StoreError, Table};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Directories, by workspace.
pub const DIRECTORY: EntityKind = EntityKind(5);

/// (slot, workspace, user) → user. Table numbers 50–59 are the directory's.
const USERS: Table<User> = Table::new(50);
/// (slot, workspace, email) → user's id.
const EMAILS: Table<UserId> = Table::new(51);
/// (slot, workspace, token's hash) → session.
const SESSIONS: Table<Session> = Table::new(52);

/// What can happen to a directory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum DirectoryEvent {
    /// A user is added; answers whether the email was free.
    AddUser(User),
    /// Somebody logged in.
    StartSession(Session),
    /// A session was used.
    Touch {
        /// Which.
        token: TokenHash,
        /// When.
        at: Timestamp,
    },
    /// Somebody logged out, or the session is over.
    EndSession {
        /// Which.
        token: TokenHash,
    },
}

/// Where the directory of a workspace lives.
pub fn directory_entity(workspace: &WorkspaceId) -> EntityAddress {
    EntityAddress { kind: DIRECTORY, slot: slot(workspace), key: workspace.to_string() }
}

fn slot(workspace: &WorkspaceId) -> Slot {
    Slot::of(&format!("directory {workspace}"))
}

fn key<V: Serialize + DeserializeOwned>(table: &Table<V>, workspace: &WorkspaceId, field: &str) -> Key {
    table.key(slot(workspace)).text(workspace.as_str()).text(field)
}

/// The entity.
pub struct Directory;

impl Entity for Directory {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let workspace: WorkspaceId =
            turn.this().key.parse().map_err(|e: IdError| Halt::Unreadable(e.to_string()))?;
        match from_bytes(event)? {
            DirectoryEvent::AddUser(user) => {
                let email = key(&EMAILS, &workspace, &user.email);
                let free = turn.get(&EMAILS, &email)?.is_none();
                if free {
                    turn.put(&EMAILS, email, &user.id);
                    turn.put(&USERS, key(&USERS, &workspace, user.id.as_str()), &user);
                }
                turn.reply(&free);
            }
            DirectoryEvent::StartSession(session) => {
                let this = turn.this().clone();
                let token = session.token_hash.clone();
                turn.put(&SESSIONS, key(&SESSIONS, &workspace, token.as_str()), &session);
                turn.set_timer(
                    &this,
                    session.expires,
                    token.as_str(),
                    &DirectoryEvent::EndSession { token: token.clone() },
                );
            }
            DirectoryEvent::Touch { token, at } => {
                let key = key(&SESSIONS, &workspace, token.as_str());
                if let Some(mut session) = turn.get(&SESSIONS, &key)?
                    && session.touch(at)
                {
                    turn.put(&SESSIONS, key, &session);
                }
            }
            DirectoryEvent::EndSession { token } => {
                let this = turn.this().clone();
                let key = key(&SESSIONS, &workspace, token.as_str());
                if let Some(session) = turn.get(&SESSIONS, &key)? {
                    turn.cancel_timer(&this, session.expires, token.as_str());
                    turn.delete(key);
                }
            }
        }
        Ok(())
    }
}

/// The user with this email.
pub async fn user_by_email(
    store: &SharedStore,
    workspace: &WorkspaceId,
    email: &str,
) -> Result<Option<User>, StoreError> {
    match EMAILS.fetch(store.as_ref(), &key(&EMAILS, workspace, email)).await? {
        Some(id) => user(store, workspace, &id).await,
        None => Ok(None),
    }
}

/// The user with this id.
pub async fn user(
    store: &SharedStore,
    workspace: &WorkspaceId,
    id: &UserId,
) -> Result<Option<User>, StoreError> {
    USERS.fetch(store.as_ref(), &key(&USERS, workspace, id.as_str())).await
}

/// Whether the workspace has any user.
pub async fn has_users(store: &SharedStore, workspace: &WorkspaceId) -> Result<bool, StoreError> {
    let range = USERS.key(slot(workspace)).text(workspace.as_str()).prefix();
    Ok(!store.scan(&range, 1, false).await?.is_empty())
}

/// The session of this token.
pub async fn session(
    store: &SharedStore,
    workspace: &WorkspaceId,
    token: &TokenHash,
) -> Result<Option<Session>, StoreError> {
    SESSIONS.fetch(store.as_ref(), &key(&SESSIONS, workspace, token.as_str())).await
}
