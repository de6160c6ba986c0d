//! One id through the whole road: a request begins it, events carry it into turns, the rows of calls and
//! mail keep it over the end of a process, and log lines say it. A timer that comes due begins another.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokio::task_local;

/// What one cause has set going: 128 bits, as in a W3C `traceparent`, and the span that began it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Trace(u128, u64);

task_local! {
    static CURRENT: Option<Trace>;
}

impl Trace {
    /// The trace of this id, begun here by a span of this id. Neither may be zero; a zero becomes a one.
    pub fn new(id: u128, began: u64) -> Self {
        Self(id.max(1), began.max(1))
    }

    /// The trace of what runs here and now.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|trace| *trace).ok().flatten()
    }

    /// The trace of what nobody outside set going, by the seed of its turn.
    pub(crate) fn of_seed(seed: u64) -> Self {
        Self::new(u128::from(seed) << 64 | u128::from(!seed), seed)
    }

    /// Its id.
    pub fn id(self) -> u128 {
        self.0
    }

    /// The id of the span that began it here.
    pub fn began(self) -> u64 {
        self.1
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Runs a future as part of this trace.
pub fn scope<F: Future>(trace: Option<Trace>, future: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(trace, future)
}

/// Runs a function as part of this trace.
pub fn sync_scope<R>(trace: Option<Trace>, run: impl FnOnce() -> R) -> R {
    CURRENT.sync_scope(trace, run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{from_bytes, to_bytes};

    #[test]
    fn a_row_keeps_it() {
        let trace = Trace::new(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 7);
        assert_eq!(trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let bytes = to_bytes(&trace);
        assert_eq!(from_bytes::<Trace>(&bytes).unwrap(), trace);
        assert!(bytes.len() < 32, "numbers in a row, not texts");
    }

    #[tokio::test]
    async fn what_runs_within_knows_it_and_nothing_else_does() {
        let trace = Some(Trace::of_seed(3));
        assert_eq!(Trace::current(), None);
        assert_eq!(scope(trace, async { Trace::current() }).await, trace);
        sync_scope(trace, || assert_eq!(Trace::current(), trace));
        assert_eq!(Trace::current(), None);
    }
}
