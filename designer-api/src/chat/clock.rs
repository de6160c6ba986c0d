//! The clock of a talk: moved by hand, by a span or to a moment, and read in the customer's zone.

use cauce_flows::fields::Period;
use cauce_flows::reading::{Place, date, date_time, time};
use cauce_model::{Duration, Timestamp};
use jiff::civil;

/// From here to what was written: `2h`, `+30m`, `mañana a las 9`, `18:30`. `None` when it is nothing of
/// the kind, or over.
pub(super) fn until(text: &str, place: &Place) -> Option<Duration> {
    let span = text.strip_prefix('+').unwrap_or(text).trim();
    if let Ok(period) = span.parse::<Period>() {
        return Some(period.duration());
    }
    // Time does not run back, and "-2h" is not two o'clock.
    let now = here(place).filter(|_| !text.starts_with('-'))?;
    let day = |day: cauce_flows::reading::Date| civil::Date::new(day.year(), day.month(), day.day()).ok();
    let hour = |time: cauce_flows::reading::Time| civil::Time::new(time.hour(), time.minute(), 0, 0).ok();
    let there = if let Some((on, at)) = date_time(text, place) {
        day(on)?.to_datetime(hour(at)?)
    } else if let Some(at) = time(text) {
        let today = now.date().to_datetime(hour(at)?);
        if today > now { today } else { now.date().tomorrow().ok()?.to_datetime(hour(at)?) }
    } else {
        day(date(text, place)?)?.to_datetime(now.time())
    };
    let there = there.in_tz(&place.zone.to_string()).ok()?.timestamp();
    let span = Timestamp(there.as_millisecond()) - place.now;
    (span > Duration::ZERO).then_some(span)
}

/// What the clock shows: `viernes 20/11/2026, 10:15`.
pub(super) fn shown(place: &Place) -> String {
    const DAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
    let Some(now) = here(place) else { return "fuera del calendario".to_owned() };
    let weekday = now.weekday().to_monday_zero_offset();
    let weekday = usize::try_from(weekday).ok().and_then(|at| DAYS.get(at)).unwrap_or(&"");
    format!("{weekday} {}", now.strftime("%d/%m/%Y, %H:%M"))
}

fn here(place: &Place) -> Option<civil::DateTime> {
    let now = jiff::Timestamp::from_millisecond(place.now.millis()).ok()?;
    Some(now.in_tz(&place.zone.to_string()).ok()?.datetime())
}

/// A span of time in words, in its two largest units, rounded up to seconds.
pub(super) fn span(span: Duration) -> String {
    let units = [
        (86_400, "día", "días"),
        (3600, "hora", "horas"),
        (60, "minuto", "minutos"),
        (1, "segundo", "segundos"),
    ];
    let mut left = span.0.max(0) / 1000 + i64::from(span.0 % 1000 > 0);
    let mut words = Vec::new();
    for (size, one, many) in units {
        let n = left / size;
        left %= size;
        if n > 0 {
            words.push(format!("{n} {}", if n == 1 { one } else { many }));
        }
    }
    words.truncate(2);
    if words.is_empty() { "0 segundos".to_owned() } else { words.join(" y ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 2026-11-20, 10:15 in Lima.
    fn place() -> Place {
        Place { now: Timestamp(1_795_187_700_000), zone: Default::default(), country: Default::default() }
    }

    #[test]
    fn spans_and_moments_move_the_clock() {
        assert_eq!(shown(&place()), "viernes 20/11/2026, 10:15");
        for (text, minutes) in [
            ("+2h", 120),
            ("90m", 90),
            ("+ 1d", 24 * 60),
            ("11:00", 45),
            ("10 de la mañana", 24 * 60 - 15),
            ("mañana a las 9", 23 * 60 - 15),
            ("mañana", 24 * 60),
        ] {
            assert_eq!(until(text, &place()), Some(Duration::minutes(minutes)), "{text}");
        }
        for text in ["", "+", "-2h", "ayer", "hoy", "hoy a las 9", "+999999d", "algún día", "31/2"] {
            assert_eq!(until(text, &place()), None, "{text}");
        }
    }

    #[test]
    fn a_clock_out_of_the_calendar_says_so() {
        let never = Place { now: Timestamp(i64::MAX), ..place() };
        assert_eq!(shown(&never), "fuera del calendario");
        assert_eq!(until("mañana", &never), None);
    }

    #[test]
    fn spans_read_in_two_units() {
        for (millis, words) in [
            (0, "0 segundos"),
            (1, "1 segundo"),
            (90_000, "1 minuto y 30 segundos"),
            (7_200_000, "2 horas"),
            (86_399_000, "23 horas y 59 minutos"),
            (-5, "0 segundos"),
        ] {
            assert_eq!(span(Duration(millis)), words);
        }
    }
}
