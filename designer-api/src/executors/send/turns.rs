//! Waiting for one's turn to send: a task keeps the [`Pace`] of the number and lets one after the other go,
//! each with a place among the requests under way.

use std::sync::Arc;

use cauce_model::Duration;
use cauce_runtime::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::pace::{Limits, Pace};

/// How many requests to the Graph API are under way at one time: after an outage everybody has
/// something to say at once.
const AT_ONCE: usize = 256;

/// Where turns are given. Clones are the same place.
#[derive(Clone)]
pub struct Turns(mpsc::UnboundedSender<Ask>);

/// Leave to send one message, now. It holds a place until it is dropped.
#[derive(Debug)]
pub struct Turn {
    era: u64,
    _place: OwnedSemaphorePermit,
}

enum Ask {
    Turn { to: String, reply: oneshot::Sender<Turn> },
    SlowNumber { era: u64, asked: Option<Duration> },
    SlowCustomer { to: String, asked: Option<Duration> },
    Close,
}

impl Turns {
    /// Turns within these limits. Must be called where tasks can be spawned; the task ends with the last
    /// clone.
    pub fn new(limits: Limits, clock: Arc<dyn Clock>) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        tokio::spawn(give(asked, Pace::new(limits, clock.now()), clock));
        Self(asks)
    }

    /// Waits for the turn of a message to a customer; `None` when no more turns are given.
    pub async fn turn(&self, to: &str) -> Option<Turn> {
        let (reply, turn) = oneshot::channel();
        self.0.send(Ask::Turn { to: to.to_owned(), reply }).ok()?;
        turn.await.ok()
    }

    /// The provider turned a message away because the number sends too much.
    pub fn slow_number(&self, turn: &Turn, asked: Option<Duration>) {
        // When the task is gone, nothing is sent any more.
        let _ = self.0.send(Ask::SlowNumber { era: turn.era, asked });
    }

    /// The provider turned a message away because this customer gets too much.
    pub fn slow_customer(&self, to: &str, asked: Option<Duration>) {
        let _ = self.0.send(Ask::SlowCustomer { to: to.to_owned(), asked });
    }

    /// From now on there are no turns: who waits goes away with nothing sent.
    pub fn close(&self) {
        let _ = self.0.send(Ask::Close);
    }
}

async fn give(
    mut asked: mpsc::UnboundedReceiver<Ask>,
    mut pace: Pace<oneshot::Sender<Turn>>,
    clock: Arc<dyn Clock>,
) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let waiting = metrics::gauge!("cauce_outbox_waiting");
    let rate = metrics::gauge!("cauce_outbox_rate");
    let mut open = true;
    loop {
        pace.skip(oneshot::Sender::is_closed);
        let ready = pace.may_send(clock.now());
        let wake = pace.wake().filter(|_| !ready);
        waiting.set(f64::from(u32::try_from(pace.waiting()).unwrap_or(u32::MAX)));
        rate.set(pace.rate());
        tokio::select! {
            biased;
            ask = asked.recv() => match ask {
                Some(Ask::Turn { to, reply }) if open => pace.ask(clock.now(), &to, reply),
                Some(Ask::Turn { .. }) => {} // dropping the reply says no
                Some(Ask::SlowNumber { era, asked }) => pace.slow_number(clock.now(), era, asked),
                Some(Ask::SlowCustomer { to, asked }) => pace.slow_customer(clock.now(), &to, asked),
                Some(Ask::Close) => {
                    open = false;
                    pace.clear();
                }
                None => return,
            },
            Ok(place) = places.clone().acquire_owned(), if ready => {
                if let Some((reply, era)) = pace.send(clock.now()) {
                    // Who went away meanwhile gives the place back.
                    let _ = reply.send(Turn { era, _place: place });
                }
            }
            () = clock.sleep_until(wake.unwrap_or_default()), if wake.is_some() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Mutex;

    use cauce_model::Timestamp;
    use cauce_runtime::ManualClock;
    use futures_util::future::join_all;

    use super::*;

    fn turns(per_second: u32, seconds: i64) -> (Turns, ManualClock) {
        let clock = ManualClock::new(Timestamp(0));
        let per_second = NonZeroU32::new(per_second).unwrap();
        let limits = Limits { per_second, per_customer: Duration::seconds(seconds) };
        (Turns::new(limits, Arc::new(clock.clone())), clock)
    }

    /// Lets everybody do what they can without the clock.
    async fn breathe() {
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn thousands_go_at_the_pace_of_the_clock() {
        let (turns, clock) = turns(1_000, 6);
        let left = Arc::new(Mutex::new(Vec::new()));
        let senders = (0..3_000).map(|n| {
            let (turns, clock, left) = (turns.clone(), clock.clone(), left.clone());
            tokio::spawn(async move {
                turns.turn(&n.to_string()).await.unwrap();
                left.lock().unwrap().push(clock.now().0);
            })
        });
        let senders: Vec<_> = senders.collect();
        breathe().await;
        while left.lock().unwrap().len() < 3_000 {
            clock.advance(Duration::millis(5));
            breathe().await;
        }
        join_all(senders).await;
        let left = left.lock().unwrap();
        let most =
            left.iter().map(|from| left.iter().filter(|at| (*from..from + 1000).contains(*at)).count());
        assert!(most.max().unwrap() <= 1_000);
        let span = left.last().unwrap() - left[0];
        assert!(span <= 3_000 * 100 / 95, "{span} ms for three thousand");
    }

    #[tokio::test]
    async fn no_more_are_under_way_than_there_are_places_and_who_waits_takes_none() {
        let (turns, clock) = turns(1_000_000, 6);
        // They wait for six seconds and more.
        let slow: Vec<_> = (0..400)
            .map(|_| {
                let turns = turns.clone();
                tokio::spawn(async move { turns.turn("ana").await.is_some() })
            })
            .collect();
        clock.advance(Duration::seconds(1));
        breathe().await;
        let under_way = Arc::new(Mutex::new(Vec::new()));
        let others = (0..300).map(|n| {
            let (turns, under_way) = (turns.clone(), under_way.clone());
            tokio::spawn(async move {
                let turn = turns.turn(&format!("c{n}")).await.unwrap();
                under_way.lock().unwrap().push(turn);
            })
        });
        let others: Vec<_> = others.collect();
        for _ in 0..5 {
            clock.advance(Duration::millis(100));
            breathe().await;
        }
        let finished = slow.iter().filter(|task| task.is_finished()).count();
        // Those of Ana that had their turn are over, so that all places are the others'.
        assert_eq!((finished, under_way.lock().unwrap().len()), (10, AT_ONCE));
        under_way.lock().unwrap().clear();
        breathe().await;
        join_all(others).await;
        for task in slow {
            task.abort();
        }
    }

    #[tokio::test]
    async fn who_waits_at_the_end_goes_away() {
        let (turns, clock) = turns(1, 6);
        clock.advance(Duration::seconds(2));
        assert!(turns.turn("ana").await.is_some());
        let waits = tokio::spawn({
            let turns = turns.clone();
            async move { turns.turn("ana").await.is_none() }
        });
        breathe().await;
        turns.close();
        assert!(waits.await.unwrap());
        assert!(turns.turn("beto").await.is_none());
    }
}
