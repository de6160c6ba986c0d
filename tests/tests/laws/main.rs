//! The laws of the house, proved on the whole of it in one process: webhooks come in over HTTP, people
//! work over HTTP, the clock is the test's, and the world that takes messages does what the test says.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod api;
mod calls;
mod canary;
mod checks;
mod disk;
mod drafts;
mod everywhere;
mod faults;
mod files;
mod flows;
mod guard;
mod hearing;
mod journeys;
mod lists;
mod live;
mod media;
mod messages;
mod migration;
mod once;
mod people;
mod persons;
mod replay;
mod road;
mod room;
mod schedules;
mod sending;
mod time;
mod versions;
mod ways;
mod webhooks;
