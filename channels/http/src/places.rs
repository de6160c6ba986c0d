//! How many calls are under way, in all and to one host: a host that hangs keeps its own places, and
//! those who wait for one of them keep none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// From how many hosts on those that nobody calls any more are forgotten.
const TIDY_FROM: usize = 256;

/// The places there are.
#[derive(Debug)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A place taken; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _host: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(at_once: usize, per_host: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))),
            per_host: per_host.clamp(1, Semaphore::MAX_PERMITS),
            hosts: Mutex::default(),
        }
    }

    /// Waits for a place: first of the host, then among all.
    pub(crate) async fn take(&self, host: &str) -> Place {
        let (mine, all) = (self.of(host), self.all.clone());
        Place {
            _host: mine.acquire_owned().await.expect("semaphores here are never closed"),
            _all: all.acquire_owned().await.expect("semaphores here are never closed"),
        }
    }

    fn of(&self, host: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= TIDY_FROM {
            hosts.retain(|_, places| Arc::strong_count(places) > 1);
        }
        hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.per_host))).clone()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_full_host_keeps_nobody_else_waiting() {
        let places = Places::new(3, 2);
        let slow = [places.take("lento").now_or_never(), places.take("lento").now_or_never()];
        assert!(slow.iter().all(Option::is_some));
        let mut third = Box::pin(places.take("lento"));
        assert!((&mut third).now_or_never().is_none(), "the host is full");
        let other = places.take("otro").now_or_never();
        assert!(other.is_some(), "who waits for a host keeps no place among all");
        assert!(places.take("otro").now_or_never().is_none(), "all is full");
        drop(slow);
        assert!(third.now_or_never().is_some(), "places come back");
    }

    #[test]
    fn hosts_without_calls_are_forgotten() {
        let places = Places::new(2, 1);
        let kept = places.take("kept").now_or_never().unwrap();
        for n in 0..10 * TIDY_FROM {
            drop(places.take(&n.to_string()).now_or_never().unwrap());
        }
        assert!(places.hosts.lock().unwrap().len() <= TIDY_FROM);
        assert!(places.take("kept").now_or_never().is_none(), "its place is still taken");
        drop(kept);
    }
}
