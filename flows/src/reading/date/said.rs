//! How people say a day: the forms that `date` knows.

use jiff::Span;

use super::super::tokens::Tokens;
use super::super::{calendar, moment, numeral, time};
use super::meant::Toward;

/// A day as it was said.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Day {
    /// By its number in a month; without a month or a year, the nearest on the side that is meant.
    Numbered { day: i8, month: Option<Month>, year: Option<Year> },
    /// So far from today.
    Away(Span),
    /// By its name, from 1 for Monday.
    Weekday(i8, Option<Which>),
    /// Some day of this week (0), the next (1), the last (-1).
    Week(i64),
    /// Some day of this year (0), the next (1), the last (-1).
    Year(i16),
    /// Two things at once, or none that exists.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Month {
    Named(i8),
    Away(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Year {
    Full(i16),
    /// 0 to 99.
    Short(i16),
    Away(i16),
    /// No year, but a side: "el 15 de agosto pasado".
    Nearest(Toward),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Which {
    Coming,
    /// "Este lunes", which on a Monday may be today.
    This,
    Last,
}

impl Day {
    fn of(day: i8) -> Self {
        Self::Numbered { day, month: None, year: None }
    }
}

/// A day that stands here, and the place after it.
pub(in super::super) fn day(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let forms = [numbered, from_today, in_a_while, weekday, week, some_year];
    forms.iter().find_map(|form| form(tokens, at))
}

/// By its number, and on which side of today it is said to be: "el pasado 15 de agosto", "el 15 que viene".
fn numbered(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let forms = [in_figures, of_month, after_month, alone];
    let (said, end) = forms.iter().find_map(|form| form(tokens, at))?;
    let Day::Numbered { day, month, year: None } = said else { return Some((said, end)) };
    // "El 15 pasado el mediodía" is later that day.
    let goes_on = tokens.word(end) == "pasado" && matches!(tokens.word(end + 1), "el" | "la" | "las");
    let (after, end) = match qualifier(tokens, end).filter(|_| !goes_on) {
        Some((which, end)) => (Some(which), end),
        None => (None, end),
    };
    let toward = match (side(tokens.before(at)), after) {
        (Some(before), Some(after)) if before != after => return Some((Day::Never, end)),
        (before, after) => match before.or(after) {
            Some(Which::Coming) => Some(Toward::Coming),
            Some(Which::Last) => Some(Toward::Past),
            Some(Which::This) | None => None,
        },
    };
    Some((Day::Numbered { day, month, year: toward.map(Year::Nearest) }, end))
}

/// What a word before a day says about it.
fn side(word: &str) -> Option<Which> {
    match word {
        "este" => Some(Which::This),
        "proximo" | "siguiente" => Some(Which::Coming),
        "pasado" => Some(Which::Last),
        _ => None,
    }
}

/// A text that is nothing but figures: "15", "15032027", "20270315".
pub(super) fn bare(tokens: &Tokens) -> Option<Day> {
    let Some(digits) = tokens.digits(0).filter(|digits| digits.len() == 8 && tokens.is_over(1)) else {
        return day_number(tokens, 0).filter(|(_, end)| tokens.is_over(*end)).map(|(day, _)| Day::of(day));
    };
    // Both cannot be: no month has a number that a year begins with.
    let (year, rest) = digits.split_at(4);
    let (day, month, year) = match full_year(year) {
        Some(year) if is_modern(year) && &rest[..2] <= "12" => (&rest[2..], &rest[..2], Some(year)),
        _ => (&digits[..2], &digits[2..4], full_year(rest)),
    };
    Some(Day::Numbered { day: day.parse().ok()?, month: Some(Month::Named(month.parse().ok()?)), year })
}

/// "15/3", "15-03-2027", "15/marzo/27", "2026-11-21", "15 03 2027".
fn in_figures(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let first = tokens.digits(at).filter(|_| !time::is_piece(tokens, at))?;
    if let (Some(month), Some(year)) = (tokens.digits(at + 1), tokens.digits(at + 2).and_then(full_year))
        && first.len() <= 2
        && month.len() <= 2
        && is_modern(year)
    {
        let month = Some(Month::Named(month.parse().ok()?));
        return Some((Day::Numbered { day: first.parse().ok()?, month, year: Some(year) }, at + 3));
    }
    let separator = tokens.mark(at + 1).filter(|mark| matches!(mark, '/' | '-' | '.'))?;
    let together = separator == '/' || (at + 1..at + 3).all(|at| tokens.glued(at));
    let (second, word) = (tokens.digits(at + 2), calendar::month(tokens, at + 2));
    let third = tokens.digits(at + 4).filter(|_| tokens.mark(at + 3) == Some(separator));
    let two = |digits: &str| digits.parse::<i8>().ok().filter(|_| digits.len() <= 2);
    let month = word.or_else(|| second.and_then(two)).filter(|_| together)?;
    let (day, year, end) = match third {
        Some(day) if first.len() == 4 => (two(day)?, Some(full_year(first)?), at + 5),
        Some(year) => {
            (two(first)?, Some(if year.len() == 2 { short_year(year) } else { full_year(year) }?), at + 5)
        }
        None if separator == '.' && word.is_none() => return None,
        None => (two(first)?, None, at + 3),
    };
    Some((Day::Numbered { day, month: Some(Month::Named(month)), year }, end))
}

fn full_year(digits: &str) -> Option<Year> {
    digits.parse().ok().filter(|_| digits.len() == 4).map(Year::Full)
}

/// A year that people write: 1900 to 2199.
fn is_modern(year: Year) -> bool {
    matches!(year, Year::Full(1900..=2199))
}

fn short_year(digits: &str) -> Option<Year> {
    digits.parse().ok().filter(|_| digits.len() == 2).map(Year::Short)
}

/// The number of a day: "15", "1º", "quince", "primero". Whether it exists is seen later.
fn day_number(tokens: &Tokens, at: usize) -> Option<(i8, usize)> {
    let (n, end) = match (tokens.digits(at), tokens.word(at)) {
        (Some(_), _) if time::is_piece(tokens, at) => return None,
        (Some(_), _) if tokens.glued(at + 1) => numeral::ordinal(tokens, at).or_else(|| {
            let longer = tokens.glued(at + 2) && tokens.digits(at + 2).is_some();
            let plain = tokens.word(at + 1).is_empty() && tokens.mark(at + 1) != Some('%') && !longer;
            let stands = plain || calendar::month(tokens, at + 1).is_some();
            Some((tokens.digits(at)?.parse().ok().filter(|_| stands)?, at + 1))
        })?,
        (Some(digits), _) => (digits.parse().ok()?, at + 1),
        (None, "primero") => (1, at + 1),
        (None, "un" | "una") => return None,
        (None, _) => numeral::below_hundred(tokens, at)?,
    };
    let n = i8::try_from(n).ok().filter(|n| (1..=99).contains(n))?;
    Some((n, end))
}

/// "el 15 de marzo de 2027", "15 marzo", "primero de mayo", "15 de este mes".
fn of_month(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let (day, end) = day_number(tokens, tokens.skip(at, &["el", "dia"]))?;
    let end = end + usize::from(matches!(tokens.word(end), "de" | "del"));
    let end = end + usize::from(tokens.are(end, &["mes", "de"])) * 2;
    if let Some(month) = calendar::month(tokens, end) {
        let end = end + 1 + usize::from(tokens.mark(end + 1) == Some('.'));
        let (year, end) = year(tokens, end).map_or((None, end), |(year, end)| (Some(year), end));
        return Some((Day::Numbered { day, month: Some(Month::Named(month)), year }, end));
    }
    // "15 del 3", "15 de 03 de 2027".
    if let Some(month) = tokens.digits(end).filter(|digits| digits.len() <= 2)
        && let year = year(tokens, end + 1)
        && (tokens.before(end) == "del" || tokens.before(end) == "de" && year.is_some())
    {
        let month = Some(Month::Named(month.parse().ok()?));
        let (year, end) = year.map_or((None, end + 1), |(year, end)| (Some(year), end));
        return Some((Day::Numbered { day, month, year }, end));
    }
    let (away, end) = nearby(tokens, end, "mes").or_else(|| {
        // "del presente", as letters say.
        (tokens.word(end) == "presente").then_some((0, end + 1))
    })?;
    Some((Day::Numbered { day, month: Some(Month::Away(away)), year: None }, end))
}

/// "marzo 15", "marzo 15 de 2027". "Mar 15" may be a Tuesday.
fn after_month(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let month = calendar::month(tokens, at)?;
    let start = at + 1 + usize::from(tokens.mark(at + 1) == Some('.'));
    let (day, end) = day_number(tokens, start).filter(|_| time::clock(tokens, start).is_none())?;
    if tokens.word(at) == "mar" {
        return Some((Day::Never, end));
    }
    let (year, end) = year(tokens, end).map_or((None, end), |(year, end)| (Some(year), end));
    Some((Day::Numbered { day, month: Some(Month::Named(month)), year }, end))
}

/// "de 2027", "del 27", ", 2027", "de dos mil veintisiete", "del próximo año".
fn year(tokens: &Tokens, at: usize) -> Option<(Year, usize)> {
    let at = at + usize::from(tokens.mark(at) == Some(','));
    let of = matches!(tokens.word(at), "de" | "del");
    let at = at + usize::from(of);
    if let Some((away, end)) = nearby(tokens, at, "ano").filter(|_| of) {
        return Some((Year::Away(i16::try_from(away).ok()?), end));
    }
    let at = at + usize::from(tokens.word(at) == "ano");
    let quote = usize::from(tokens.mark(at) == Some('\''));
    match tokens.digits(at + quote) {
        // From 32 on it is neither a day nor an hour.
        Some(digits) if digits.len() == 2 && (of || quote > 0 || digits > "31") => {
            Some((short_year(digits)?, at + quote + 1))
        }
        Some(digits) => Some((full_year(digits).filter(|year| is_modern(*year))?, at + quote + 1)),
        None => {
            let (n, end) = numeral::cardinal(tokens, at)?;
            let n = i16::try_from(n).ok()?;
            let year = if of && n < 100 { Year::Short(n) } else { Year::Full(n) };
            (matches!(year, Year::Short(_)) || is_modern(year)).then_some((year, end))
        }
    }
}

/// "este mes" (0), "el próximo año", "el mes que viene" (1), "la semana pasada" (-1).
fn nearby(tokens: &Tokens, at: usize, unit: &str) -> Option<(i64, usize)> {
    let at = tokens.skip(at, &["el", "la"]);
    if tokens.word(at + 1) == unit {
        match tokens.word(at) {
            "este" | "esta" | "presente" => return Some((0, at + 2)),
            "proximo" | "proxima" | "siguiente" => return Some((1, at + 2)),
            "pasado" | "pasada" => return Some((-1, at + 2)),
            _ => {}
        }
    }
    if tokens.word(at) != unit {
        return None;
    }
    match tokens.word(at + 1) {
        "actual" | "presente" => Some((0, at + 2)),
        "en" if tokens.word(at + 2) == "curso" => Some((0, at + 3)),
        _ => qualifier(tokens, at + 1).map(|(which, end)| (if which == Which::Last { -1 } else { 1 }, end)),
    }
}

/// What follows a day, a week, a month: "próximo", "que viene", "pasado".
fn qualifier(tokens: &Tokens, at: usize) -> Option<(Which, usize)> {
    let that = matches!(tokens.word(at), "que" | "k");
    match (tokens.word(at), tokens.word(at + 1)) {
        ("proximo" | "proxima" | "siguiente" | "entrante", _) => Some((Which::Coming, at + 1)),
        ("pasado", "manana") => None,
        ("pasado" | "pasada", _) => Some((Which::Last, at + 1)),
        (_, "viene" | "entra" | "sigue") if that => Some((Which::Coming, at + 2)),
        (_, "paso") if that => Some((Which::Last, at + 2)),
        _ => None,
    }
}

/// "el 15", "día quince", "este 15", "próximo 15"; after a day's name "lunes 15".
fn alone(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let start = tokens.skip(at, &["el", "dia"]);
    if start == at && !calendar::follows_a_day(tokens, at) && side(tokens.before(at)).is_none() {
        return None;
    }
    let (day, end) = day_number(tokens, start).filter(|_| time::clock(tokens, start).is_none())?;
    let goes_on = matches!(tokens.word(end), "de" | "del") || moment::counts(tokens, end);
    (!goes_on).then_some((Day::of(day), end))
}

/// "hoy", "pasado mañana", "antier", "esta tarde".
fn from_today(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let (days, end) = match (tokens.word(at), tokens.word(at + 1)) {
        ("hoy", _) => (0, at + 1),
        ("esta", "manana" | "tarde" | "noche" | "madrugada" | "tardecita" | "nochecita") => (0, at + 1),
        ("pasado", "manana") => (2, at + 2),
        ("pasadomanana", _) => (2, at + 1),
        // "Lunes de mañana" is Monday morning in Argentina.
        ("manana", _) if tokens.before(at) == "de" && calendar::follows_a_day(tokens, at - 1) => {
            return Some((Day::Never, at + 1));
        }
        ("manana", _) => (1, at + 1),
        ("ayer", _) => (-1, at + 1),
        ("anteayer" | "antier" | "antiayer" | "antayer", _) => (-2, at + 1),
        ("antes", "de") if tokens.word(at + 2) == "ayer" => (-2, at + 3),
        _ => return None,
    };
    Some((Day::Away(Span::new().days(days)), end))
}

/// "en 3 días", "dentro de una semana", "hace dos meses".
fn in_a_while(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let (sign, start) = match (tokens.word(at), tokens.word(at + 1)) {
        ("en", _) => (1, at + 1),
        ("dentro", "de") => (1, at + 2),
        ("de", "aqui" | "aca") if matches!(tokens.word(at + 2), "a" | "en") => (1, at + 3),
        ("hace", _) => (-1, at + 1),
        _ => return None,
    };
    let (n, end) = match tokens.digits(start) {
        Some(digits) => (digits.parse().ok().filter(|_| digits.len() <= 4)?, start + 1),
        None => numeral::cardinal(tokens, start)?,
    };
    let n = i64::try_from(n).ok().filter(|n| *n < 10_000)? * sign;
    let span = match tokens.word(end) {
        "dia" | "dias" => Span::new().days(n),
        "semana" | "semanas" => Span::new().weeks(n),
        "mes" | "meses" => Span::new().months(n),
        "ano" | "anos" => Span::new().years(n),
        _ => return None,
    };
    Some((Day::Away(span), end + 1))
}

/// "lunes", "este sábado", "próximo viernes", "el lunes que viene", "lunes pasado".
fn weekday(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let before = side(tokens.word(at));
    let start = at + usize::from(before.is_some());
    let weekday = calendar::weekday(tokens, start)?;
    let (after, end) = match qualifier(tokens, start + 1) {
        Some((which, end)) => (Some(which), end),
        None => (None, start + 1),
    };
    let which = match (before, after) {
        // "Los lunes" is a habit, "el segundo lunes" one of a month.
        _ if tokens.before(at) == "los"
            || at.checked_sub(1).and_then(|at| numeral::ordinal(tokens, at)).is_some() =>
        {
            return Some((Day::Never, end));
        }
        (Some(Which::Last), Some(Which::Coming)) | (Some(_), Some(Which::Last)) => {
            return Some((Day::Never, end));
        }
        _ => after.or(before),
    };
    Some((Day::Weekday(weekday, which), end))
}

/// "la próxima semana", "la semana que viene": a span, but it tells which Monday.
fn week(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    nearby(tokens, at, "semana").map(|(n, end)| (Day::Week(n), end))
}

/// "el año pasado", apart from the day: "el año pasado, el 15 de marzo".
fn some_year(tokens: &Tokens, at: usize) -> Option<(Day, usize)> {
    let (n, end) = nearby(tokens, at, "ano")?;
    Some((Day::Year(i16::try_from(n).ok()?), end))
}
