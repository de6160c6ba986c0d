//! Cauce is killed, at named points and at any moment; the next process goes on. What customers and
//! agents see at the end is what they see when nothing happens, message by message; and after every kill the
//! ledger of WhatsApp and the doctor agree that nothing is lost and nothing double.
//!
//! `walk` is the scripted world, `stage` plays it, `inspection` looks into what a kill left, `mishap` is what
//! befalls a folder between two lives; `points` and `moments` are the kills, `defects` test the tests.
//!
//! Every kill is a power cut for the store's log: what was not synced is gone. `CAUCE_SEED` and
//! `CAUCE_SCENARIOS` say which kills at any moment are tried, and how many.

#![allow(clippy::print_stdout, reason = "what killed, and what saw it, is read by people")]

mod defects;
mod dice;
mod inspection;
mod mishap;
mod moments;
mod points;
mod stage;
mod walk;

use anyhow::Result;
use tokio::sync::Mutex;

/// Scenarios at one time. They wait more than they work.
const AT_ONCE: usize = 8;

/// One test at a time: each keeps the whole machine busy.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The rows stay in the data folder.
async fn embedded(_: &str, _: Option<&str>) -> Result<Option<String>> {
    Ok(None)
}
