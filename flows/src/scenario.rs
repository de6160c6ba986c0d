//! Scenarios: conversations with a flow that are written down with what is expected of it, run, measured by
//! what they cover, and made up.
//!
//! A scenario is played on a [`crate::Rehearsal`], so what it shows is what production does. [`Scenarios`] is
//! the file; [`Scenarios::run`] plays it, [`Scenarios::updated`] writes down what happens, [`Coverage`] adds up
//! which ways were gone, and [`generate`] finds conversations that go every way.

mod coverage;
mod diff;
mod file;
mod generate;
mod probe;
mod read;
mod run;
mod talk;

pub use coverage::Coverage;
pub use diff::{Line, Sign};
pub use file::{
    Answers, Code, Customer, Ended, Expected, Fails, Mock, Person, Says, Scenario, Scenarios, Step, Told,
};
pub use generate::{Effort, Generated, Stop, generate};
pub use probe::{Probe, Seen};
pub use read::scenario_schema;
pub use run::{Failure, Ran};
