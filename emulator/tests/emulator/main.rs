//! The emulator from outside: over HTTP, with a receiver that checks every webhook on its own.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod control;
mod faults;
mod graph;
mod kinds;
mod links;
mod media;
mod phone;
mod process;
mod stage;
mod webhooks;
