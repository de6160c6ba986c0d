//! Time, injected: production reads the system's clock, tests move their own.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use cauce_model::{Duration, Timestamp};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::watch;

/// Tells the time and waits for it.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Returns at this moment, or at once when it has passed.
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()>;
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// No sleep is longer than this, so that a system clock set forward is noticed.
const LONGEST_SLEEP_MS: u64 = 1000;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let clock = *self;
        async move {
            loop {
                let left = (moment - clock.now()).0;
                if left <= 0 {
                    return;
                }
                let nap = left.unsigned_abs().min(LONGEST_SLEEP_MS);
                tokio::time::sleep(std::time::Duration::from_millis(nap)).await;
            }
        }
        .boxed()
    }
}

/// A clock that stands still until it is moved or set.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl ManualClock {
    /// A clock that shows this moment.
    pub fn new(now: Timestamp) -> Self {
        Self { now: Arc::new(watch::Sender::new(now)) }
    }

    /// Moves it forward; whoever sleeps until then wakes.
    pub fn advance(&self, span: Duration) {
        self.now.send_modify(|now| *now = *now + span);
    }

    /// Sets it, forward or back, as people and time servers do with clocks.
    pub fn set(&self, moment: Timestamp) {
        self.now.send_replace(moment);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        async move {
            if now.wait_for(|now| *now >= moment).await.is_err() {
                // The clock is gone and will never show that moment.
                std::future::pending::<()>().await;
            }
        }
        .boxed()
    }
}
