//! Histories of contacts, lived through with the real entities over a store in memory: they read as a plain
//! list of messages would, nothing happens twice, and those that an older build wrote go on.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod consents;
mod languages;
mod model;
mod older;
mod once;
mod replay;
mod rows;
mod stage;
mod walks;
