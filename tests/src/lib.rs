//! Whole-system tests live in `tests/tests/`; this library holds what they share.

pub mod house;
pub mod process;
pub mod scene;
pub mod served;
pub mod service;
