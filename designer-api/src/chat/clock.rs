//! The clock of a talk as it is shown: in the customer's zone, and spans in words.

use cauce_flows::reading::Place;
use cauce_model::Duration;
use jiff::civil;

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
    use cauce_model::Timestamp;

    use super::*;

    /// Friday 2026-11-20, 10:15 in Lima.
    fn place() -> Place {
        Place { now: Timestamp(1_795_187_700_000), zone: Default::default(), country: Default::default() }
    }

    #[test]
    fn the_clock_shows_the_local_day_and_hour() {
        assert_eq!(shown(&place()), "viernes 20/11/2026, 10:15");
        assert_eq!(shown(&Place { now: Timestamp(i64::MAX), ..place() }), "fuera del calendario");
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
