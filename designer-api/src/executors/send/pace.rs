//! How fast messages may leave: as many a second as the number may send, and what one customer may get.
//! Pure: who waits comes in with a moment, and comes out when it may go.
//!
//! Facts (`reference/whatsapp.md` §2.3): a number sends 80 messages a second (1 000 after Meta raised it);
//! more is answered with 130429. One customer gets 45 at once and then one every 6 seconds; more is answered
//! with 131056, and concerns nobody else.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroU32;

use cauce_model::{Duration, Timestamp};

/// A moment or a span of the pace's own time, in microseconds.
type Micros = i64;

const SECOND: Micros = 1_000_000;
/// How much of its limit a number uses in the long run, in percent.
const USED: i64 = 96;
/// A machine that is busy elsewhere for no longer than this makes up for it at once.
const LATENESS: Micros = SECOND / 10;
/// No more than the limit leave in so long: a second, and what the network may push together on the way,
/// so that Meta does not count more in a second than left here.
const WINDOW: Micros = SECOND / 100 * 103;
/// How many messages a customer may get at once.
const BURST: i64 = 45;
/// How many of them after a start, when nobody knows what was sent before it: enough to answer at once.
const BURST_AT_START: i64 = 10;
/// How long a number rests that sent too much, when the provider does not say.
const REST: Duration = Duration::seconds(1);
/// The longest rest.
const LONGEST_REST: Duration = Duration::minutes(1);
/// How long nothing may go wrong until a number that was slowed gets twice as fast again.
const RECOVERY: Micros = 15 * SECOND;
/// How often a number is slowed to half: to a sixteenth at most.
const SLOWEST: u32 = 4;
/// Customers that may get anything again are forgotten when so many are known, and at every doubling.
const FORGET_FROM: usize = 1024;

/// What an installation may set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many messages the number may send in any second.
    pub per_second: NonZeroU32,
    /// After how long a customer who got their burst may get one more; zero is no limit.
    pub per_customer: Duration,
}

/// The pace of one number, and who waits for it.
#[derive(Debug)]
pub struct Pace<T> {
    limits: Limits,
    /// The own time: it runs on as the clock does, and stands still while a clock that was set back
    /// catches up, so that nobody waits for an hour that was gone through already.
    now: Micros,
    clock: Timestamp,
    /// When the number would have sent everything so far, at its rate.
    number: Micros,
    /// When it sent the last ones: as many as it may send in a window.
    sent: VecDeque<Micros>,
    /// How often the rate was halved, and since when it holds.
    slowed: u32,
    slowed_at: Micros,
    /// How often it was slowed in all.
    era: u64,
    rests_until: Micros,
    /// The same as `number` of each customer; those not known had nothing since the start.
    customers: HashMap<String, Micros>,
    customers_at_start: Micros,
    forget_at: usize,
    /// Those whose customer may get them now, in order.
    ready: VecDeque<T>,
    /// Those whose customer may get them later, by when; then in order.
    later: BTreeMap<(Micros, u64), T>,
    asked: u64,
}

impl<T> Pace<T> {
    /// The pace of a number of which nobody knows what it sent before this moment: it rests until that
    /// counts no more.
    pub fn new(limits: Limits, clock: Timestamp) -> Self {
        let mut pace = Self {
            limits,
            now: 0,
            clock,
            // With nothing saved up.
            number: WINDOW + LATENESS,
            sent: VecDeque::new(),
            slowed: 0,
            slowed_at: 0,
            era: 0,
            rests_until: WINDOW,
            customers: HashMap::new(),
            customers_at_start: 0,
            forget_at: FORGET_FROM,
            ready: VecDeque::new(),
            later: BTreeMap::new(),
            asked: 0,
        };
        pace.customers_at_start = (BURST - BURST_AT_START) * pace.customer_gap();
        pace
    }

    /// Somebody wants to send to a customer.
    pub fn ask(&mut self, clock: Timestamp, to: &str, who: T) {
        self.run(clock);
        self.asked += 1;
        if self.customer_gap() == 0 {
            return self.ready.push_back(who);
        }
        if self.customers.len() >= self.forget_at {
            let now = self.now;
            self.customers.retain(|_, next| *next > now);
            self.forget_at = FORGET_FROM.max(2 * self.customers.len());
        }
        let (gap, start) = (self.customer_gap(), self.customers_at_start);
        let next = self.customers.entry(to.to_owned()).or_insert(start);
        let due = *next - (BURST - 1) * gap;
        // Its place is taken now, so that whoever asks next for this customer comes after.
        *next = self.now.max(*next) + gap;
        if due <= self.now {
            self.ready.push_back(who);
        } else {
            self.later.insert((due, self.asked), who);
        }
    }

    /// Whether somebody may send now.
    pub fn may_send(&mut self, clock: Timestamp) -> bool {
        self.run(clock);
        !self.ready.is_empty() && self.number_due() <= self.now
    }

    /// Who sends now, when somebody may; with the era, to be told when the provider turns it away.
    pub fn send(&mut self, clock: Timestamp) -> Option<(T, u64)> {
        if !self.may_send(clock) {
            return None;
        }
        let who = self.ready.pop_front()?;
        self.number = self.number.max(self.now) + self.gap();
        if self.sent.len() == self.limits.per_second.get() as usize {
            self.sent.pop_front();
        }
        self.sent.push_back(self.now);
        Some((who, self.era))
    }

    /// Lets go of the next in turn when it does not want to send any more.
    pub fn skip(&mut self, gone: impl Fn(&T) -> bool) {
        while self.ready.front().is_some_and(&gone) {
            self.ready.pop_front();
        }
    }

    /// When somebody may send whom nobody lets yet.
    pub fn wake(&self) -> Option<Timestamp> {
        let due = match self.ready.front() {
            Some(_) => self.number_due(),
            None => self.later.first_key_value()?.0.0,
        };
        // To the millisecond after, never before.
        let left = (due - self.now).max(0);
        Some(self.clock + Duration::millis((left + 999) / 1000))
    }

    /// The provider said that the number sends too much: it rests, and then is half as fast for a while.
    /// What was on its way when that was heard first does not slow it once more.
    pub fn slow_number(&mut self, clock: Timestamp, era: u64, asked: Option<Duration>) {
        self.run(clock);
        if era != self.era {
            return;
        }
        let rest = asked.unwrap_or(REST).max(Duration(REST.0 << self.slowed)).min(LONGEST_REST);
        self.era += 1;
        self.slowed = (self.slowed + 1).min(SLOWEST);
        self.rests_until = self.now + micros(rest);
        self.slowed_at = self.rests_until;
        self.number = self.rests_until + LATENESS;
    }

    /// The provider said that this customer gets too much: nothing more for this long, and then one at a time.
    pub fn slow_customer(&mut self, clock: Timestamp, to: &str, asked: Option<Duration>) {
        self.run(clock);
        let gap = self.customer_gap();
        if gap > 0 {
            let rest = micros(asked.unwrap_or_default()).max(gap);
            let next = self.customers.entry(to.to_owned()).or_default();
            *next = (*next).max(self.now + rest + (BURST - 1) * gap);
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.ready.len() + self.later.len()
    }

    /// How many messages a second may leave now.
    pub fn rate(&self) -> f64 {
        if self.rests_until > self.now { 0.0 } else { SECOND as f64 / self.gap() as f64 }
    }

    /// Everybody who waits goes away.
    pub fn clear(&mut self) {
        self.ready.clear();
        self.later.clear();
    }

    /// Time goes on.
    fn run(&mut self, clock: Timestamp) {
        self.now += micros(clock - self.clock).max(0);
        self.clock = clock;
        while self.slowed > 0 && self.now - self.slowed_at >= RECOVERY {
            self.slowed -= 1;
            self.slowed_at += RECOVERY;
        }
        while let Some(entry) = self.later.first_entry()
            && entry.key().0 <= self.now
        {
            let who = entry.remove();
            self.ready.push_back(who);
        }
    }

    /// When the number may send the next one: at its rate, but never so that a window has too many.
    fn number_due(&self) -> Micros {
        let full = self.sent.len() == self.limits.per_second.get() as usize;
        let window = self.sent.front().filter(|_| full).map_or(0, |first| first + WINDOW);
        window.max(self.number - LATENESS).max(self.rests_until)
    }

    /// The span from one message of the number to the next.
    fn gap(&self) -> Micros {
        let per_second = i64::from(self.limits.per_second.get()) * USED;
        ((100 * SECOND + per_second - 1) / per_second) << self.slowed
    }

    fn customer_gap(&self) -> Micros {
        micros(self.limits.per_customer)
    }
}

fn micros(span: Duration) -> Micros {
    span.0.saturating_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_772_463_600_000);

    fn limits(per_second: u32, per_customer: i64) -> Limits {
        let per_second = NonZeroU32::new(per_second).unwrap();
        Limits { per_second, per_customer: Duration::millis(per_customer) }
    }

    /// Steps of a clock that is read now and then, as a busy machine does: mostly at once, sometimes late,
    /// and now and then very late.
    fn steps(seed: u64) -> impl Iterator<Item = i64> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match (state >> 33) % 100 {
                0 if state >> 40 & 7 == 0 => 90,
                0 => 15,
                1..5 => 5,
                _ => 1,
            }
        })
    }

    /// When everything that waits leaves.
    fn leave<T>(pace: &mut Pace<T>, mut clock: Timestamp, seed: u64) -> Vec<i64> {
        let mut left = Vec::new();
        for step in steps(seed) {
            while pace.send(clock).is_some() {
                left.push(clock.0);
            }
            if pace.waiting() == 0 {
                break;
            }
            clock = clock + Duration::millis(step);
        }
        left
    }

    /// The most in any second that begins with one of them, and how many a second over the whole time.
    fn measured(left: &[i64]) -> (usize, f64) {
        let from = |i: usize| left[i..].iter().take_while(|at| **at < left[i] + 1000).count();
        let most = (0..left.len()).map(from).max().unwrap_or_default();
        let span = left.last().unwrap() - left[0];
        (most, (left.len() - 1) as f64 * 1000.0 / span as f64)
    }

    #[test]
    fn no_second_has_more_than_the_limit_and_hardly_less() {
        for (limit, messages) in [(80, 4_000), (1_000, 20_000), (20, 1_000), (3, 60), (1, 20)] {
            for seed in 1..4 {
                let mut pace = Pace::new(limits(limit, 6_000), START);
                for n in 0..messages {
                    pace.ask(START, &n.to_string(), n);
                }
                let left = leave(&mut pace, START, seed);
                assert_eq!(left.len(), messages);
                let (most, rate) = measured(&left);
                assert!(most <= limit as usize, "{most} in a second, and {limit} are the limit");
                assert!(rate >= f64::from(limit) * 0.95, "{rate} a second of {limit}");
            }
        }
    }

    #[test]
    fn what_was_sent_before_a_start_counts_with_what_is_sent_after_it() {
        let mut left = Vec::new();
        let mut clock = START;
        // It dies and is there again, over and over.
        for life in 0..20 {
            let mut pace = Pace::new(limits(80, 0), clock);
            for n in 0..200 {
                pace.ask(clock, "x", n);
            }
            for step in steps(life).take(300 + 100 * life as usize) {
                while pace.send(clock).is_some() {
                    left.push(clock.0);
                }
                clock = clock + Duration::millis(step);
            }
        }
        let (most, _) = measured(&left);
        assert!(most <= 80, "{most}");
    }

    #[test]
    fn a_number_that_was_idle_does_not_make_up_for_it() {
        let mut pace = Pace::new(limits(80, 0), START);
        let later = START + Duration::hours(1);
        for n in 0..400 {
            pace.ask(later, "x", n);
        }
        let (most, _) = measured(&leave(&mut pace, later, 7));
        assert!(most <= 80, "{most}");
    }

    #[test]
    fn a_customer_gets_a_burst_and_then_one_at_a_time_and_nobody_waits_for_them() {
        let mut pace = Pace::new(limits(1_000, 6_000), START);
        let clock = START + Duration::hours(1);
        for n in 0..50 {
            pace.ask(clock, "ana", ("ana", n));
        }
        pace.ask(clock, "beto", ("beto", 0));
        let mut at_once = Vec::new();
        let mut now = clock;
        while pace.waiting() > 5 {
            at_once.extend(pace.send(now).map(|(who, _)| who));
            now = now + Duration::millis(1);
        }
        assert_eq!(at_once.len(), 46);
        assert!(at_once.contains(&("beto", 0)));
        assert_eq!(at_once.iter().filter(|who| who.0 == "ana").map(|who| who.1).max(), Some(44));
        for n in 45..50 {
            let due = pace.wake().unwrap();
            assert_eq!(due, clock + Duration::seconds(6 * (n - 44)));
            assert!(pace.send(due - Duration::millis(1)).is_none());
            assert_eq!(pace.send(due).unwrap().0, ("ana", n));
        }
    }

    #[test]
    fn after_a_start_a_customer_is_answered_but_gets_no_second_burst() {
        let mut pace = Pace::new(limits(1_000, 6_000), START);
        for n in 0..45 {
            pace.ask(START, "ana", n);
        }
        let clock = START + Duration::seconds(1);
        while pace.send(clock).is_some() {}
        let mut now = clock;
        while pace.wake().is_some_and(|due| due < START + Duration::seconds(5)) {
            now = now + Duration::millis(1);
            pace.send(now);
        }
        assert_eq!(pace.waiting(), 35);
    }

    #[test]
    fn a_number_that_sends_too_much_rests_slows_down_and_recovers() {
        let mut pace = Pace::new(limits(80, 0), START);
        let mut clock = START + Duration::seconds(2);
        for n in 0..10_000 {
            pace.ask(clock, "x", n);
        }
        let (_, era) = pace.send(clock).unwrap();
        let full = pace.rate();
        pace.slow_number(clock, era, None);
        // Those already on their way hear the same; it is one and the same slowdown.
        pace.slow_number(clock, era, None);
        assert_eq!(pace.rate(), 0.0);
        assert_eq!(pace.wake(), Some(clock + Duration::seconds(1)));
        clock = clock + Duration::seconds(1);
        let (_, era) = pace.send(clock).unwrap();
        assert!((pace.rate() - full / 2.0).abs() < 0.1, "{}", pace.rate());
        pace.slow_number(clock, era, Some(Duration::seconds(30)));
        assert!(!pace.may_send(clock + Duration::millis(29_999)));
        clock = clock + Duration::seconds(30);
        assert!(pace.may_send(clock));
        assert!((pace.rate() - full / 4.0).abs() < 0.1);
        pace.may_send(clock + Duration::seconds(15));
        assert!((pace.rate() - full / 2.0).abs() < 0.1);
        pace.may_send(clock + Duration::seconds(30));
        assert!((pace.rate() - full).abs() < 0.1);
    }

    #[test]
    fn a_customer_who_gets_too_much_waits_and_nobody_else() {
        let mut pace = Pace::new(limits(80, 6_000), START);
        let clock = START + Duration::hours(1);
        pace.slow_customer(clock, "ana", Some(Duration::seconds(16)));
        pace.ask(clock, "ana", "ana");
        pace.ask(clock, "beto", "beto");
        assert_eq!(pace.send(clock).unwrap().0, "beto");
        assert_eq!(pace.wake(), Some(clock + Duration::seconds(16)));
        assert!(pace.send(clock + Duration::seconds(15)).is_none());
        assert_eq!(pace.send(clock + Duration::seconds(16)).unwrap().0, "ana");
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nobody() {
        let mut pace = Pace::new(limits(80, 6_000), START);
        let clock = START + Duration::hours(2);
        pace.ask(clock, "ana", 1);
        pace.ask(clock, "ana", 2);
        assert!(pace.send(clock).is_some());
        let earlier = START + Duration::hours(1);
        pace.ask(earlier, "beto", 3);
        let due = pace.wake().unwrap();
        assert!(due <= earlier + Duration::millis(20), "{due:?}");
        assert!(pace.send(due).is_some() && pace.waiting() == 1);
    }

    #[test]
    fn customers_who_may_get_anything_again_are_forgotten() {
        let mut pace = Pace::new(limits(1_000, 6_000), START);
        let mut clock = START + Duration::hours(1);
        for n in 0..100_000 {
            pace.ask(clock, &n.to_string(), n);
            clock = clock + Duration::millis(1);
            pace.send(clock);
        }
        assert!(pace.customers.len() < 20_000, "{}", pace.customers.len());
    }
}
