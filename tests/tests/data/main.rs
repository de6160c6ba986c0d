//! The data itself: `doctor` finds what is wrong with it, backups and moves bring it along whole, and a
//! folder of an earlier build is opened as it is.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod backup;
mod commands;
mod doctor;
mod faults;
mod formats;
