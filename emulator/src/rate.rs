//! How fast the business sends: every call that asks to send, when it arrived, whatever came of it.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

/// Sends, counted by the machine's clock. Not remembered over a restart.
#[derive(Default)]
pub struct Rate {
    sends: u64,
    first: Option<Instant>,
    /// Those of the last second, oldest first.
    last: VecDeque<Instant>,
    highest: usize,
}

impl Rate {
    /// One more.
    pub fn count(&mut self, at: Instant) {
        self.sends += 1;
        self.first.get_or_insert(at);
        while self.last.front().is_some_and(|earlier| at.saturating_duration_since(*earlier) >= SECOND) {
            self.last.pop_front();
        }
        self.last.push_back(at);
        self.highest = self.highest.max(self.last.len());
    }

    /// How many there were, in how long from the first to the last, and the most in any second that begins with one.
    pub fn view(&self) -> Value {
        let span = self.first.zip(self.last.back()).map_or(Duration::ZERO, |(first, last)| *last - first);
        json!({"sends": self.sends, "seconds": span.as_secs_f64(), "highest": self.highest})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_rate_is_of_any_second_and_not_of_the_clocks() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        assert_eq!(rate.view(), json!({"sends": 0, "seconds": 0.0, "highest": 0}));
        for ms in [0, 700, 800, 999, 1000, 1600, 1699, 1700, 4000] {
            rate.count(start + Duration::from_millis(ms));
        }
        // 700 to 1699.
        assert_eq!(rate.view(), json!({"sends": 9, "seconds": 4.0, "highest": 6}));
    }
}
