//! How people say an hour: the forms that `time` knows.

use super::super::tokens::Tokens;
use super::super::{calendar, moment, numeral};

/// An hour as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Clock {
    /// The hour that was named, 0 to 23.
    pub(super) hour: i16,
    /// The minutes after it, or before it.
    pub(super) minutes: i16,
    /// Written as clocks of 24 hours do: "07", "16".
    pub(super) exact: bool,
}

/// A part of the day, as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Share {
    Am,
    Pm,
    Dawn,
    Morning,
    Noon,
    Day,
    Afternoon,
    Night,
    Midnight,
}

/// A part of the day that stands here, and the place after it.
pub(in super::super) fn share(tokens: &Tokens, at: usize) -> Option<(Share, usize)> {
    let the = matches!(tokens.before(at), "la" | "esta");
    let dot = |at: usize| at + usize::from(tokens.mark(at) == Some('.'));
    let found = match tokens.word(at) {
        "am" => (Share::Am, dot(at + 1)),
        "pm" => (Share::Pm, dot(at + 1)),
        half @ ("a" | "p") if tokens.word(dot(at + 1)) == "m" => {
            (if half == "a" { Share::Am } else { Share::Pm }, dot(dot(at + 1) + 1))
        }
        // "12 m": Colombia.
        "m" if at.checked_sub(1).is_some_and(|at| tokens.digits(at) == Some("12")) => {
            (Share::Noon, dot(at + 1))
        }
        "mediodia" => (Share::Noon, at + 1),
        "medianoche" => (Share::Midnight, at + 1),
        "medio" if tokens.word(at + 1) == "dia" => (Share::Noon, at + 2),
        "media" if tokens.word(at + 1) == "noche" => (Share::Midnight, at + 2),
        "madrugada" => (Share::Dawn, at + 1),
        "mananita" => (Share::Morning, at + 1),
        "manana" if the => (Share::Morning, at + 1),
        "tarde" | "tardecita" if tokens.before(at) != "mas" => (Share::Afternoon, at + 1),
        "noche" | "nochecita" => (Share::Night, at + 1),
        "dia" if tokens.before(at) == "del" && numeral::below_hundred(tokens, at + 1).is_none() => {
            (Share::Day, at + 1)
        }
        _ => return None,
    };
    Some(found)
}

/// A part of the day right after an hour: "de la tarde", "pm".
fn share_follows(tokens: &Tokens, at: usize) -> bool {
    let comma = at + usize::from(tokens.mark(at) == Some(','));
    let joined = tokens.skip(comma, &["de", "del", "por", "en", "a", "al", "la"]);
    share(tokens, comma).or_else(|| share(tokens, joined)).is_some()
}

/// An hour that stands here, and the place after it. A number alone is none: it needs "las", minutes,
/// "hrs" or a part of the day.
pub(in super::super) fn clock(tokens: &Tokens, at: usize) -> Option<(Clock, usize)> {
    if let Some(found) = before_the_hour(tokens, at).or_else(|| in_one_piece(tokens, at)) {
        return Some(found);
    }
    let article = match tokens.word(at) {
        word @ ("la" | "las") => Some(word),
        _ => None,
    };
    let (mut clock, hour_end) = hour(tokens, at + usize::from(article.is_some()))?;
    if article == Some("la") && clock.hour != 1 {
        return None;
    }
    let (minutes, minutes_end) =
        minutes(tokens, hour_end, article.is_some(), article.is_some()).unwrap_or((0, hour_end));
    clock.minutes = minutes;
    let told = minutes_end > hour_end || clock.exact && clock.hour > 12;
    let mut end = minutes_end;
    let unit = match tokens.word(end) {
        "h" | "hs" | "hr" | "hrs" => !is_span(tokens, at) || told,
        "hora" | "horas" => article.is_some() || told,
        _ => false,
    };
    if unit {
        end += 1 + usize::from(tokens.mark(end + 1) == Some('.'));
    }
    if tokens.are(end, &["en", "punto"]) {
        end += 2;
    }
    let follows = share_follows(tokens, end);
    // "El lunes 4 por la tarde" may be the fourth.
    let of_a_day = calendar::follows_a_day(tokens, at) && matches!(tokens.word(end), "en" | "por" | "a");
    let marked = minutes_end > hour_end || unit || article.is_some() && !moment::counts(tokens, end);
    (marked || follows && !of_a_day).then_some((clock, end))
}

/// "en 4 horas", "cada 4 hrs": how long, not when.
fn is_span(tokens: &Tokens, at: usize) -> bool {
    matches!(tokens.before(at), "en" | "de" | "por" | "cada" | "hace")
}

/// "cuarto para las cinco", "20 para la una".
fn before_the_hour(tokens: &Tokens, at: usize) -> Option<(Clock, usize)> {
    let start = at + usize::from(tokens.are(at, &["un", "cuarto"]));
    let (minutes, end) = match tokens.word(start) {
        "cuarto" => (15, start + 1),
        _ => count(tokens, start).filter(|(n, _)| matches!(n, 5 | 10 | 15 | 20 | 25))?,
    };
    let end = tokens.skip(end, &["minutos", "min"]);
    let named = matches!(tokens.word(end), "para" | "pa") && matches!(tokens.word(end + 1), "la" | "las");
    let (clock, end) = hour(tokens, end + 2).filter(|_| named)?;
    Some((Clock { minutes: -minutes, ..clock }, end))
}

/// "1630 hrs".
fn in_one_piece(tokens: &Tokens, at: usize) -> Option<(Clock, usize)> {
    let digits = tokens.digits(at).filter(|digits| digits.len() == 4 && !is_piece(tokens, at))?;
    let (hour, minutes) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    let fits = hour < 24 && minutes < 60 && is_unit(tokens, at + 1);
    fits.then_some((Clock { hour, minutes, exact: true }, at + 2))
}

fn hour(tokens: &Tokens, at: usize) -> Option<(Clock, usize)> {
    let (hour, exact): (i16, bool) = match tokens.digits(at) {
        Some(digits) if digits.len() <= 2 && !is_piece(tokens, at) => {
            let hour = digits.parse().ok()?;
            (hour, digits.len() == 2 && digits.starts_with('0') || hour == 0 || hour > 12)
        }
        Some(_) => return None,
        None => {
            let hour =
                numeral::single(tokens, at).filter(|_| !matches!(tokens.word(at), "un" | "uno" | "cero"))?;
            (i16::try_from(hour).ok()?, hour > 12)
        }
    };
    (hour < 24).then_some((Clock { hour, minutes: 0, exact }, at + 1))
}

/// Whether the digits here are a part of a longer writing, as of a date or a code.
pub(in super::super) fn is_piece(tokens: &Tokens, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).filter(|_| tokens.glued(at)) else { return false };
    // 2027-03-15T16:30
    let iso = tokens.word(before) == "t" && at >= 2 && tokens.digits(at - 2).is_some();
    !tokens.word(before).is_empty() && !iso
        || tokens.digits(before).is_some()
        || matches!(tokens.mark(before), Some('/' | '-' | '.' | ',' | ':' | '\'' | '+' | '#'))
            && tokens.glued(before)
}

/// The minutes after an hour that was named: ":30", "h30", "y media", "menos cuarto", "y 20", "con 20".
/// `article`: "las" stood before it; `clear`: it is an hour for sure.
fn minutes(tokens: &Tokens, at: usize, article: bool, clear: bool) -> Option<(i16, usize)> {
    let two_digits = |at: usize| {
        let digits = tokens.digits(at).filter(|digits| digits.len() == 2)?;
        digits.parse().ok().filter(|n| *n < 60)
    };
    if tokens.mark(at) == Some(':') {
        let minutes = two_digits(at + 1)?;
        let seconds = tokens.mark(at + 2) == Some(':') && two_digits(at + 3).is_some();
        return Some((minutes, at + if seconds { 4 } else { 2 }));
    }
    if tokens.word(at) == "h" && tokens.glued(at) == tokens.glued(at + 1) {
        return two_digits(at + 1).map(|n| (n, at + 2));
    }
    if tokens.mark(at) == Some('.') && tokens.glued(at) && tokens.glued(at + 1) {
        let clear = clear || share_follows(tokens, at + 2) || is_unit(tokens, at + 2);
        return two_digits(at + 1).filter(|_| clear && !is_longer(tokens, at + 2)).map(|n| (n, at + 2));
    }
    let after = |minutes: (i16, usize)| (minutes.0, tokens.skip(minutes.1, &["minutos", "min"]));
    match (tokens.word(at), tokens.word(at + 1)) {
        ("y", "media") => Some((30, at + 2)),
        ("y", "cuarto") => Some((15, at + 2)),
        ("menos", "cuarto") => Some((-15, at + 2)),
        ("menos", _) => {
            count(tokens, at + 1).filter(|(n, _)| (1..=30).contains(n)).map(|(n, end)| after((-n, end)))
        }
        ("y" | "con", _) => {
            let fits = |n: &i16| (if article { 1 } else { 10 }..60).contains(n);
            count(tokens, at + 1).filter(|(n, _)| fits(n)).map(after)
        }
        _ => {
            let (n, end) = two_digits(at)
                .map(|n| (n, at + 1))
                .or_else(|| count(tokens, at).filter(|_| tokens.digits(at).is_none()))?;
            let clear = clear || share_follows(tokens, end) || is_unit(tokens, end);
            let of_month = tokens.word(end) == "de" && calendar::month(tokens, end + 1).is_some();
            // "Viernes 20 16 hrs": the day and the hour.
            let of_day =
                !article && n < 24 && at.checked_sub(1).is_some_and(|at| calendar::follows_a_day(tokens, at));
            let alone = !tokens.glued(at) && !is_longer(tokens, end) && !of_month && !of_day;
            ((5..60).contains(&n) && clear && alone && !moment::counts(tokens, end)).then_some((n, end))
        }
    }
}

fn is_unit(tokens: &Tokens, at: usize) -> bool {
    matches!(tokens.word(at), "h" | "hs" | "hr" | "hrs" | "hora" | "horas")
}

/// Whether a date or a longer number goes on here.
fn is_longer(tokens: &Tokens, at: usize) -> bool {
    tokens.glued(at) && tokens.glued(at + 1) && tokens.digits(at + 1).is_some()
        || tokens.mark(at) == Some('/')
        || tokens.mark(at) == Some(':')
}

/// A number of minutes, in digits or words.
fn count(tokens: &Tokens, at: usize) -> Option<(i16, usize)> {
    let (n, end) = match tokens.digits(at) {
        Some(digits) if digits.len() <= 2 && !is_piece(tokens, at) => (digits.parse().ok()?, at + 1),
        Some(_) => return None,
        None => numeral::below_hundred(tokens, at)?,
    };
    (n < 60).then_some((i16::try_from(n).ok()?, end))
}

/// A text that is nothing but an hour: "4", "cinco", "4 30", "4.30".
pub(super) fn bare(tokens: &Tokens) -> Option<Clock> {
    let (mut clock, mut at) = match tokens.word(0) {
        "uno" => (Clock { hour: 1, minutes: 0, exact: false }, 1),
        _ => hour(tokens, 0)?,
    };
    if let Some((minutes, end)) = minutes(tokens, at, false, true) {
        (clock.minutes, at) = (minutes, end);
    }
    tokens.is_over(at).then_some(clock)
}
