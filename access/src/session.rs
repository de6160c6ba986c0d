//! A login: from the moment the password was right until it is ended, left alone, or too old.

use cauce_model::{Duration, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{Token, TokenHash};

/// How long a session lives without being used.
pub const IDLE_LIFE: Duration = Duration::hours(12);

/// How long a session lives at most.
pub const ABSOLUTE_LIFE: Duration = Duration::days(7);

/// How stale `last_seen` may get before it is worth a write.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// One login of one person in one browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What it is stored under; the token itself is only in the browser's cookie.
    pub token_hash: TokenHash,
    /// Whose it is.
    pub user: UserId,
    /// What a request that changes something must carry besides the cookie. Kept readable, since the
    /// page asks for it again after a reload; without the cookie it opens nothing.
    pub csrf: String,
    /// When the login was.
    pub created: Timestamp,
    /// When it was last used, to within a minute.
    pub last_seen: Timestamp,
    /// When it ends at the latest.
    pub expires: Timestamp,
}

impl Session {
    /// A new login, with the token to be put in the cookie.
    pub fn start(user: UserId, now: Timestamp) -> (Token, Self) {
        let token = Token::random();
        let session = Self {
            token_hash: token.hash(),
            user,
            csrf: Token::random().reveal().to_owned(),
            created: now,
            last_seen: now,
            expires: now + ABSOLUTE_LIFE,
        };
        (token, session)
    }

    /// Whether it still counts: neither too old nor left alone for too long.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires && now - self.last_seen < IDLE_LIFE
    }

    /// Notes that it is used now. True when that is worth writing down.
    pub fn touch(&mut self, now: Timestamp) -> bool {
        let stale = now - self.last_seen >= TOUCH_EVERY;
        if stale {
            self.last_seen = now;
        }
        stale
    }

    /// Whether a request carries this session's CSRF token, in constant time.
    pub fn csrf_matches(&self, presented: &str) -> bool {
        Token::presented(self.csrf.as_str()).hash().is_of(&Token::presented(presented))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp(1_750_000_000_000);

    fn login() -> (Token, Session) {
        Session::start("rosa".parse().unwrap(), T0)
    }

    #[test]
    fn a_session_ends_when_it_is_left_alone() {
        let (token, session) = login();
        assert!(session.token_hash.is_of(&token));
        assert!(session.is_live(T0));
        assert!(session.is_live(T0 + Duration::hours(12) - Duration::millis(1)));
        assert!(!session.is_live(T0 + Duration::hours(12)));
    }

    #[test]
    fn a_session_in_use_ends_after_seven_days() {
        let (_, mut session) = login();
        let mut now = T0;
        while now < T0 + Duration::days(7) {
            assert!(session.is_live(now));
            session.touch(now);
            now = now + Duration::hours(11);
        }
        session.touch(T0 + Duration::days(7) - Duration::millis(1));
        assert!(session.is_live(T0 + Duration::days(7) - Duration::millis(1)));
        assert!(!session.is_live(T0 + Duration::days(7)));
    }

    #[test]
    fn use_is_written_down_once_a_minute() {
        let (_, mut session) = login();
        assert!(!session.touch(T0 + Duration::seconds(59)));
        assert_eq!(session.last_seen, T0);
        assert!(session.touch(T0 + Duration::seconds(60)));
        assert_eq!(session.last_seen, T0 + Duration::seconds(60));
        // A clock that was set back neither ends the session nor moves it.
        assert!(!session.touch(T0 - Duration::hours(1)));
        assert!(session.is_live(T0 - Duration::hours(1)));
    }

    #[test]
    fn the_csrf_token_is_not_the_session_token() {
        let (token, session) = login();
        assert!(session.csrf_matches(&session.csrf));
        assert!(!session.csrf_matches(token.reveal()));
        assert!(!session.csrf_matches(""));
        let stored = serde_json::to_string(&session).unwrap();
        assert!(!stored.contains(token.reveal()), "the cookie's token is never stored");
        assert_eq!(serde_json::from_str::<Session>(&stored).unwrap(), session);
    }
}
