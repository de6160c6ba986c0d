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
//! what follows, `poison` and `dead` what cannot be handled, `held` the start of a restored
//! installation, `meters` what is told to metrics, [`Alone`] turns without a partition, [`Clock`] the
//! injected time, [`crash`] the named points of the crash tests.

mod alone;
mod clock;
mod dead;
pub mod doctor;
mod entity;
pub mod feed;
mod held;
mod meters;
mod partition;
mod poison;
mod reader;
mod runtime;
mod tables;
pub mod trace;
mod turn;

pub use alone::{Alone, Written};
pub use cauce_store::crash;
pub use clock::{Clock, ManualClock, SystemClock};
pub use dead::{DeadId, NoDeadId, Replayed};
pub use entity::{
    Call, DROPPED, Entity, EntityAddress, EntityKind, Executor, Halt, Known, WANTS, from_bytes, to_bytes,
};
pub use feed::Cursor;
pub use held::{Held, Resume};
pub use reader::{Reader, View};
pub use runtime::{Answer, Command, Parts, Runtime, Settings, Settled, SubmitError};
pub use tables::DeadLetter;
pub use trace::Trace;
pub use turn::Turn;
