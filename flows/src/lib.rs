//! What a flow is: document, expressions and templates, step loop, checks, versions.
//!
//! Pure: no I/O, no clock, no randomness, no async. The kinds of steps live in `cauce-nodes`; this
//! crate knows only what every kind declares ([`NodeKind`]).
//!
//! The road of a flow: [`parse`] reads a [`Document`] with the place of everything in it;
//! [`Program::compile`] checks it against a [`Catalogue`] and proves its graph; [`start`] and [`step`]
//! walk a [`Run`] through it, one event at a time.

pub mod calendar;
pub mod diff;
mod document;
pub mod draft;
mod editor;
mod example;
pub mod fields;
mod fix;
mod kind;
pub mod languages;
pub mod limits;
mod mend;
pub mod migrate;
pub mod patch;
mod problem;
mod program;
mod proofs;
pub mod reading;
mod rehearsal;
mod run;
pub mod scenario;
mod schema;
mod script;
mod step;
mod text;
mod texts;
mod timetable;
mod together;
pub mod typed;
mod version;
mod words;
mod yaml;

pub use document::{
    Document, MAX_COLUMNS, MAX_NODES, MAX_ROWS, MAX_TABLES, Node, Param, ParamType, Position, Table,
    Translations, Variable, parse,
};
pub use editor::document_schema;
pub use example::{Example, Happens, SHOWN, Turn, transcript};
pub use fix::Fix;
pub use kind::{
    After, Behaviour, Catalogue, Chooses, Command, Condition, Exit, FileUse, FlowUse, Kind, Match, Meta,
    NodeKind, Resume, Role, Triggers, Write,
};
pub use mend::mend;
pub use problem::{Problem, Severity};
pub use program::{Card, CardExit, Check, Files, Fit, Program, Starts, Trigger};
pub use proofs::{FlowFacts, OtherValues};
pub use rehearsal::{Choice, Rehearsal};
pub use run::{
    ContactFacts, Event, Facts, Frame, INTERRUPTED, MAX_ASKED, Opening, Outcome, Run, RunState, Visited,
    Wait, WaitKind,
};
pub use script::{FUNCTION_GROUPS, FUNCTIONS, Function, FunctionGroup, MAX_SOURCE, MAX_STRING, MAX_VALUE};
pub use step::{
    Changed, Context, Evaluated, Evaluation, Explained, Failure, MAX_CALLS, MAX_SENDS, MAX_STEPS, Step,
    start, start_explained, step, step_explained,
};
pub use text::{BAD_URL, encode};
pub use texts::DocumentText;
pub use timetable::{Timetable, Weekday};
pub use together::{Known, check_together};
pub use words::{Named, choose, choose_among, fold};
pub use yaml::{MAX_BYTES, Places};
