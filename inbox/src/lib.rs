//! Where people answer.
//!
//! [`Desk`] says who looks after which case: one entity per workspace, so that of many who take
//! one case at the same moment exactly one gets it. [`lists`] are the rows the inbox shows, built
//! from the feed. [`doctor`] checks both.

mod desk;
pub mod doctor;
pub mod lists;

pub use desk::{DESK_CASES, Desk, desk_case_key};
