//! When somebody is there: the hours of a week, holidays, and how both change over the years.
//!
//! A [`Calendar`] is what people fill in; by the clocks of a place it is a [`Schedule`], which answers about
//! moments. Pure, and the same for flows and for whoever measures times of attention.
//!
//! The rules (`reference/inbox.md` §4.1), which hold everywhere:
//! - Hours belong to the local day on which they begin: `21:00-2:00` on a Friday lasts until Saturday, also
//!   when Saturday is a holiday or the first day of another version.
//! - From the first moment to the last, without the last: at 18:00 `9:00-18:00` is over.
//! - A beginning that the clocks skip is the moment at which they skip it; one that they show twice is the
//!   first of the two, an end the second. What overlaps counts once.

mod form;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use cauce_model::{Duration, Timestamp};
use jiff::civil;
use jiff::tz::{AmbiguousOffset, AmbiguousTimestamp, TimeZone};

pub(crate) use self::form::{DAYS, HOURS, day as written_day, minute as written_minute, read};
use crate::reading::Zone;

/// How far ahead [`Schedule::next_open`], [`Schedule::next_close`] and [`Schedule::after`] look: a year with
/// all its holidays and a little more.
pub const HORIZON: Duration = Duration::days(400);
/// Minutes of a day.
pub(crate) const DAY: u16 = 24 * 60;

/// Business hours, read from and written as:
///
/// ```yaml
/// zone: America/Lima            # left out: that of the place
/// week: { mon: ["9:00-13:00", "15:00-19:00"], fri: ["21:00-2:00"], sun: ["0:00-24:00"] }
/// holidays: { 2026-04-02: [], 2026-12-24: { name: Nochebuena, hours: ["9:00-13:00"] } }
/// versions: [{ from: 2026-07-01, week: { mon: ["9:00-18:00"] } }]
/// ```
///
/// A day left out is closed. A holiday's hours stand in the place of its weekday's, in every version. A
/// version's week holds from its local day on.
///
/// What cannot be understood is no calendar: reading it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Option<Zone>,
    week: Week,
    /// By their first day.
    versions: BTreeMap<civil::Date, Week>,
    holidays: BTreeMap<civil::Date, Holiday>,
}

/// The hours of each day, from Monday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Week([Vec<Hours>; 7]);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Holiday {
    name: Option<String>,
    hours: Vec<Hours>,
}

/// Minutes since the day began: the start is on that day, the end is later and at most a day away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hours {
    start: u16,
    end: u16,
}

impl Calendar {
    /// The calendar by the clocks of a place, unless it names its own.
    pub fn schedule<'a>(&'a self, place: &'a Zone) -> Schedule<'a> {
        Schedule { calendar: self, zone: self.zone.as_ref().unwrap_or(place).rules() }
    }

    /// What begins on a day.
    fn day(&self, day: civil::Date) -> &[Hours] {
        if let Some(holiday) = self.holidays.get(&day) {
            return &holiday.hours;
        }
        let version = self.versions.range(..=day).next_back();
        let week = version.map_or(&self.week, |(_, week)| week);
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default();
        &week.0[weekday]
    }
}

/// A calendar by the clocks of a place.
#[derive(Debug, Clone, Copy)]
pub struct Schedule<'a> {
    calendar: &'a Calendar,
    zone: &'a TimeZone,
}

impl<'a> Schedule<'a> {
    /// Whether it is open at a moment.
    pub fn is_open(self, at: Timestamp) -> bool {
        self.hours(at, at).any(|(start, end)| start <= at && at < end)
    }

    /// For how long it is open from one moment to another, the first counted and the last not: time that
    /// elapses, not what clocks show. Nothing when the second is not later. The work grows with the days
    /// between.
    pub fn open_between(self, from: Timestamp, to: Timestamp) -> Duration {
        Duration(self.spans(from, to).map(|(start, end)| (end - start).0).sum())
    }

    /// The first moment from here on at which it is open: this one, when it is. `None` when there is none
    /// within [`HORIZON`].
    pub fn next_open(self, from: Timestamp) -> Option<Timestamp> {
        self.spans(from, from + HORIZON).next().map(|(start, _)| start)
    }

    /// The first moment from here on at which it is closed: this one, when it is. `None` when there is none
    /// within [`HORIZON`].
    pub fn next_close(self, from: Timestamp) -> Option<Timestamp> {
        let until = from + HORIZON;
        match self.spans(from, until).next() {
            Some((start, end)) if start == from => (end < until).then_some(end),
            _ => Some(from),
        }
    }

    /// The first moment by which it has been open for so long, from here on. `None` when that is not within
    /// [`HORIZON`].
    pub fn after(self, from: Timestamp, open: Duration) -> Option<Timestamp> {
        if open <= Duration::ZERO {
            return Some(from);
        }
        let mut left = open.0;
        for (start, end) in self.spans(from, from + HORIZON) {
            let length = (end - start).0;
            if left <= length {
                return Some(start + Duration(left));
            }
            left -= length;
        }
        None
    }

    /// When it is open from one moment to another: in order, apart from each other, none of them empty.
    fn spans(self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
        let within = self.hours(from, to).map(move |(start, end)| (start.max(from), end.min(to)));
        let mut within = within.filter(|(start, end)| start < end).peekable();
        std::iter::from_fn(move || {
            let (start, mut end) = within.next()?;
            while let Some((_, later)) = within.next_if(|(next, _)| *next <= end) {
                end = end.max(later);
            }
            Some((start, end))
        })
    }

    /// All hours that may touch what lies between two moments, in the order of their starts; some may overlap.
    fn hours(self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'a {
        // Hours reach into the next day, and clocks that are set back across midnight show a day again.
        let first = (0..2).fold(self.day_of(from), |day, _| day.yesterday().unwrap_or(day));
        let last = self.day_of(to).tomorrow().unwrap_or(civil::Date::MAX);
        let days =
            std::iter::successors(Some(first), |day| day.tomorrow().ok()).take_while(move |day| *day <= last);
        days.flat_map(move |day| {
            let moments =
                move |hours: &'a Hours| Some((self.start(day, hours.start)?, self.end(day, hours.end)?));
            self.calendar.day(day).iter().filter_map(moments)
        })
    }

    fn day_of(self, at: Timestamp) -> civil::Date {
        day_of(self.zone, at)
    }

    fn start(self, day: civil::Date, minute: u16) -> Option<Timestamp> {
        moment(self.zone, day, minute, AmbiguousTimestamp::earlier)
    }

    fn end(self, day: civil::Date, minute: u16) -> Option<Timestamp> {
        moment(self.zone, day, minute, AmbiguousTimestamp::later)
    }
}

/// The local day; of a moment too far away, the first or the last day there is.
pub(crate) fn day_of(zone: &TimeZone, at: Timestamp) -> civil::Date {
    let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let far = if at < Timestamp::default() { first } else { last };
    let at = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or(far);
    zone.to_datetime(at).date()
}

/// When the clocks show so many minutes of a day for the first time, as the beginning of hours is reckoned.
pub(crate) fn begins(zone: &TimeZone, day: civil::Date, minute: u16) -> Option<Timestamp> {
    moment(zone, day, minute, AmbiguousTimestamp::earlier)
}

/// When the clocks show so many minutes of a day; nothing outside the years −9999 to 9999.
fn moment(
    zone: &TimeZone,
    day: civil::Date,
    minute: u16,
    twice: fn(AmbiguousTimestamp) -> Result<jiff::Timestamp, jiff::Error>,
) -> Option<Timestamp> {
    let day = if minute < DAY { day } else { day.tomorrow().ok()? };
    let clock = i8::try_from(minute % DAY / 60).ok().zip(i8::try_from(minute % 60).ok());
    let (hour, minute) = clock?;
    let shown = zone.to_ambiguous_timestamp(day.at(hour, minute, 0, 0));
    let moment = match shown.offset() {
        AmbiguousOffset::Gap { .. } => {
            // By the rules after the gap, this is a moment before it.
            let before = shown.earlier().ok()?;
            zone.following(before).next().map_or(before, |skipped| skipped.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => twice(shown).ok()?,
    };
    Some(Timestamp(moment.as_millisecond()))
}
