//! The directory of a workspace: its users and their sessions, as a durable entity.

use cauce_access::{Session, TokenHash, User};
use cauce_model::{IdError, Slot, Timestamp, UserId, WorkspaceId};
use cauce_runtime::doctor::Pending;
use cauce_runtime::{Entity, EntityAddress, EntityKind, Halt, Turn, from_bytes};
use cauce_store::doctor::{Finding, Findings, Known, Walk, row, set};
use cauce_store::{Key, SharedStore, Store, StoreError, Table};
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

/// The directory's tables.
pub const TABLES: [Known; 3] =
    [Known::new("users", &USERS), Known::new("emails", &EMAILS), Known::new("sessions", &SESSIONS)];

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

    /// A session's time is over all the same.
    fn timer_dropped(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        self.handle(turn, event)
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

/// Checks what directories keep in this slot: every user is found by their email, and every email finds a
/// user.
///
/// # Errors
/// What the store says, but for a row that cannot be read.
pub async fn check(
    store: &dyn Store,
    slot: Slot,
    pending: &Pending,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    /// Workspace and the field after it.
    fn names(key: &Key) -> Option<(WorkspaceId, &str)> {
        let mut parts = key.fields().split(|byte| *byte == 0).map(std::str::from_utf8);
        Some((parts.next()?.ok()?.parse().ok()?, parts.next()?.ok()?))
    }
    let mut walk = Walk::of(store, &USERS, slot);
    while let Some((found, user)) = walk.next(&USERS).await? {
        let Some((workspace, _)) = names(&found) else { continue };
        let email = key(&EMAILS, &workspace, &user.email);
        if row(store, &EMAILS, &email).await?.as_ref() != Some(&user.id) {
            let what = format!("{} does not lead to this user, who cannot log in", user.email);
            let put = set(store, email, Some(&user.id)).await?;
            findings.add(
                Finding::broken("email_unbound", format!("user {}", user.id), what, "--mend binds it")
                    .mended_by(put),
            );
        }
    }
    let mut walk = Walk::of(store, &EMAILS, slot);
    while let Some((found, id)) = walk.next(&EMAILS).await? {
        let Some((workspace, email)) = names(&found) else { continue };
        if row(store, &USERS, &key(&USERS, &workspace, id.as_str())).await?.is_none() {
            let what = format!("{email} leads to user {id}, who is not there");
            let help = "nobody can be given this email: --mend takes it away";
            findings.add(
                Finding::broken("email_of_nobody", &found, what, help).mended_by([(found.clone(), None)]),
            );
        }
    }
    let mut walk = Walk::of(store, &SESSIONS, slot);
    while let Some((found, session)) = walk.next(&SESSIONS).await? {
        let Some((workspace, _)) = names(&found) else { continue };
        let entity = directory_entity(&workspace);
        if !pending.has_timer(&entity, session.expires, session.token_hash.as_str()) {
            let what = "no timer ends it; it opens nothing after its time all the same";
            let event = DirectoryEvent::EndSession { token: session.token_hash.clone() };
            let timer =
                cauce_runtime::doctor::timer(&entity, session.expires, session.token_hash.as_str(), &event);
            findings.add(
                Finding::broken("session_timer_missing", &found, what, "--mend sets the timer")
                    .mended_by(timer),
            );
        }
    }
    Ok(())
}
