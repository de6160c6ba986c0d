//! Who may do what: users and their roles, passwords, and the sessions of those who logged in.
//!
//! Rules only: nothing here stores, reads a clock or speaks HTTP. Time comes in as a
//! [`Timestamp`](cauce_model::Timestamp); the one thing taken from outside is randomness, for salts and
//! tokens.

mod password;
mod permission;
mod session;
mod token;
mod user;

pub use password::{MIN_PASSWORD_CHARS, PasswordError, PasswordHash, verify};
pub use permission::{Action, Actor, Role, can};
pub use session::{ABSOLUTE_LIFE, IDLE_LIFE, Session};
pub use token::{Token, TokenHash};
pub use user::{User, normalise_email};
