//! The runtime's laws, on entities that do nothing but write down what happens to them, with a clock
//! that the test moves. `stage` is what the tests share.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

mod calls;
mod commands;
mod dead;
mod feed;
mod groups;
mod held;
mod mail;
mod many_timers;
mod poison;
mod power_cuts;
mod stage;
mod timers;
mod traces;
mod turns;
mod wants;
