//! What the engine tells about itself, over the `metrics` facade. Without a recorder it costs nothing;
//! one that is installed must be there before the runtime starts.

use metrics::{Counter, Histogram, counter, histogram};

/// By which way an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Event,
    Timer,
    Answer,
    Mail,
    Replay,
}

pub(crate) struct Meters {
    turns: [Counter; 5],
    pub turn_seconds: Histogram,
    pub commit_seconds: Histogram,
    pub group_turns: Histogram,
    pub timer_late_seconds: Histogram,
    pub dead_letters: Counter,
}

impl Meters {
    pub fn new() -> Self {
        let turns = |way: &'static str| counter!("cauce_turns_total", "kind" => way);
        Self {
            turns: ["event", "timer", "answer", "mail", "replay"].map(turns),
            turn_seconds: histogram!("cauce_turn_seconds"),
            commit_seconds: histogram!("cauce_commit_seconds"),
            group_turns: histogram!("cauce_group_turns"),
            timer_late_seconds: histogram!("cauce_timer_late_seconds"),
            dead_letters: counter!("cauce_dead_letters_total"),
        }
    }

    pub fn turns(&self, way: Way) -> &Counter {
        &self.turns[way as usize]
    }
}
