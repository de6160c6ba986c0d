//! Which day of the calendar is meant by what was said, seen from today.

use jiff::{Span, civil};

use super::said::{Day, Month, Which, Year};

/// On which side of today a day is meant that was not said in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Toward {
    Coming,
    Past,
}

/// The day on which all that was said agrees.
pub(super) fn resolve(days: &[Day], toward: Toward, today: civil::Date) -> Option<civil::Date> {
    let mut settled = None;
    let mut weekdays = Vec::new();
    let mut weeks = Vec::new();
    let years = days.iter().filter_map(|day| if let Day::Year(n) = day { Some(*n) } else { None });
    for day in days {
        let date = match day {
            Day::Numbered { day, month, year } => {
                let year = year.or_else(|| years.clone().next().map(Year::Away));
                numbered(*day, *month, year, toward, today)?
            }
            Day::Away(span) => today.checked_add(*span).ok()?,
            Day::Weekday(weekday, which) => {
                weekdays.push((*weekday, *which));
                continue;
            }
            Day::Week(n) => {
                weeks.push(monday(today).checked_add(Span::new().weeks(*n)).ok()?);
                continue;
            }
            Day::Year(_) => continue,
            Day::Never => return None,
        };
        if settled.replace(date).is_some_and(|other| other != date) {
            return None;
        }
    }
    let date = match (settled, weekdays.first(), weeks.first()) {
        (Some(date), ..) => date,
        (None, Some((weekday, _)), Some(monday)) => monday.checked_add(Span::new().days(weekday - 1)).ok()?,
        (None, Some((weekday, which)), None) => named(*weekday, *which, toward, today)?,
        (None, None, _) => return None,
    };
    let agrees = weekdays.iter().all(|(weekday, _)| *weekday == date.weekday().to_monday_one_offset())
        && weeks.iter().all(|week| *week == monday(date))
        && years.clone().all(|n| date.year() == today.year() + n);
    agrees.then_some(date)
}

fn monday(date: civil::Date) -> civil::Date {
    date.saturating_sub(Span::new().days(date.weekday().to_monday_zero_offset()))
}

fn named(weekday: i8, which: Option<Which>, toward: Toward, today: civil::Date) -> Option<civil::Date> {
    let ahead = (weekday - today.weekday().to_monday_one_offset()).rem_euclid(7);
    let toward = match which {
        Some(Which::This) if ahead == 0 => return None,
        Some(Which::Coming) => Toward::Coming,
        Some(Which::Last) => Toward::Past,
        Some(Which::This) | None => toward,
    };
    let days = match toward {
        Toward::Coming if ahead == 0 => 7,
        Toward::Coming => ahead,
        Toward::Past => ahead - 7,
    };
    today.checked_add(Span::new().days(days)).ok()
}

fn numbered(
    day: i8,
    month: Option<Month>,
    year: Option<Year>,
    toward: Toward,
    today: civil::Date,
) -> Option<civil::Date> {
    let full = match year {
        Some(Year::Full(year)) => year,
        Some(Year::Away(years)) => today.year().checked_add(years)?,
        Some(Year::Short(year)) => {
            let century = today.year() - today.year() % 100;
            let near = [century + year, century - 100 + year];
            let years = match toward {
                Toward::Coming => today.year() - 80..=today.year() + 10,
                Toward::Past => today.year() - 99..=today.year(),
            };
            near.into_iter().find(|year| years.contains(year))?
        }
        Some(Year::Nearest(toward)) => return nearest(day, month, toward, today),
        None => return nearest(day, month, toward, today),
    };
    match month? {
        Month::Named(month) => civil::Date::new(full, month, day).ok(),
        Month::Away(_) => None,
    }
}

/// The nearest such day on that side, today included.
fn nearest(day: i8, month: Option<Month>, toward: Toward, today: civil::Date) -> Option<civil::Date> {
    let (sign, fits): (i8, fn(&civil::Date, &civil::Date) -> bool) = match toward {
        Toward::Coming => (1, civil::Date::ge),
        Toward::Past => (-1, civil::Date::le),
    };
    let in_months = |months: i64| {
        let first = today.first_of_month().checked_add(Span::new().months(months)).ok()?;
        civil::Date::new(first.year(), first.month(), day).ok()
    };
    match month {
        Some(Month::Named(month)) => {
            // In nine years there is a 29 February.
            let years = (0..9).map(|n| today.year() + i16::from(sign) * n);
            let mut dates = years.filter_map(|year| civil::Date::new(year, month, day).ok());
            dates.find(|date| fits(date, &today))
        }
        Some(Month::Away(months)) => in_months(months),
        None => (0..12).filter_map(|n| in_months(i64::from(sign) * n)).find(|date| fits(date, &today)),
    }
}
