//! Durable entities.
//!
//! An *entity* is an address with state, one writer and a serial life. What happens to it is an
//! *event*; handling one is a *turn*: synchronous, over rows in memory, and everything it decides
//! (rows, timers, calls, mail, changes for the screens) becomes durable in one commit or not at
//! all. Nothing leaves before the commit, and nothing is lost after it:
//!
//! - a *timer* is a row that comes back as an event when its time has come;
//! - a *call* is a row that an [`Executor`] carries out in the outside world, and whose answer
//!   comes back as an event;
//! - *mail* is a row, numbered per pair of slots, that another entity takes exactly once;
//! - a *change* is a line of the partition's feed, which [`Reader`]s turn into screen rows and
//!   live listeners follow by cursor.
//!
//! This crate knows nothing of flows, contacts or channels: events and answers are bytes to it.
//! A file each: [`Turn`] what a turn may do, `partition` who runs turns, `reader` and [`feed`]
//! what follows, [`Clock`] the injected time, [`crash`] the named points of the crash tests.

mod clock;
pub mod crash;
mod entity;
pub mod feed;
mod partition;
mod reader;
mod runtime;
mod tables;
mod turn;

pub use clock::{Clock, ManualClock, SystemClock};
pub use entity::{Call, Entity, EntityAddress, EntityKind, Executor, Halt, from_bytes, to_bytes};
pub use feed::Cursor;
pub use reader::{Reader, View};
pub use runtime::{Answer, Command, Parts, Runtime, Settings, Settled, SubmitError};
pub use tables::DeadLetter;
pub use turn::Turn;
