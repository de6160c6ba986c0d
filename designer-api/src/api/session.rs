//! Who is calling: every handler but the public ones takes a [`Caller`], and without a session there
//! is none.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use cauce_access::{Action, Actor, Session, Token, User, can};
use cauce_runtime::Command;

use crate::app::App;
use crate::directory::{self, DirectoryEvent, directory_entity};
use crate::problem::Problem;

/// The session's cookie.
pub const COOKIE: &str = "cauce_session";
/// The longest command id that a client may make up, in bytes.
const MAX_COMMAND: usize = 100;

/// Somebody who is logged in.
pub struct Caller {
    /// The user.
    pub user: User,
    /// What they act as.
    pub actor: Actor,
    /// The session.
    pub session: Session,
}

impl Caller {
    /// Refuses what the caller may not do.
    pub fn may(&self, action: Action) -> Result<(), Problem> {
        if can(&self.actor, action) { Ok(()) } else { Err(Problem::forbidden()) }
    }

    /// Whether the session still lives, and the user may still come in: for what takes longer than a
    /// request.
    pub async fn is_still_here(&self, app: &App) -> bool {
        let workspace = app.workspace_id();
        let session = directory::session(app.store(), workspace, &self.session.token_hash).await;
        let user = directory::user(app.store(), workspace, &self.user.id).await;
        let now = app.runtime.now();
        matches!(session, Ok(Some(session)) if session.is_live(now))
            && matches!(user, Ok(Some(user)) if user.active)
    }

    /// A command of the caller under the id that their client made up.
    pub fn command(&self, id: &str) -> Result<Command, Problem> {
        if id.is_empty() || id.len() > MAX_COMMAND {
            return Err(Problem::unacceptable(format!(
                "«command» debe tener entre 1 y {MAX_COMMAND} caracteres."
            )));
        }
        Ok(Command { actor: self.actor.id.to_string(), id: id.to_owned() })
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let (token, by_cookie) = presented(&parts.headers).ok_or_else(Problem::auth_required)?;
        let now = app.runtime.now();
        let workspace = app.workspace_id();
        let session = directory::session(app.store(), workspace, &token.hash()).await?;
        let session = session.filter(|session| session.is_live(now)).ok_or_else(Problem::auth_required)?;
        let user = directory::user(app.store(), workspace, &session.user).await?;
        let user = user.ok_or_else(Problem::auth_required)?;
        let actor = user.actor().ok_or_else(Problem::auth_required)?;
        let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if by_cookie && !safe {
            // A page of another site can send the cookie, and cannot know this.
            let csrf = parts.headers.get("x-csrf-token").and_then(|value| value.to_str().ok());
            if !csrf.is_some_and(|csrf| session.csrf_matches(csrf)) {
                return Err(Problem::csrf_missing());
            }
        }
        if session.clone().touch(now) {
            let touch = DirectoryEvent::Touch { token: session.token_hash.clone(), at: now };
            // Nothing is lost when this one is refused: the next request tries again.
            let _ = app.submit(directory_entity(workspace), &touch, None).await;
        }
        Ok(Self { user, actor, session })
    }
}

/// The token presented, and whether a browser did it by itself.
fn presented(headers: &HeaderMap) -> Option<(Token, bool)> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) {
        return Some((Token::presented(token.trim()), false));
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, token)| (Token::presented(token), true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=b; cauce_session=tok; c=d".parse().unwrap());
        let (token, by_cookie) = presented(&headers).unwrap();
        assert_eq!((token.reveal(), by_cookie), ("tok", true));
        headers.insert(header::AUTHORIZATION, "Bearer other".parse().unwrap());
        assert!(!presented(&headers).unwrap().1, "what is named outright goes before the cookie");
        assert!(presented(&HeaderMap::new()).is_none());
    }
}
