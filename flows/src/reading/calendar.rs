//! The names of months and days.

use super::tokens::Tokens;

/// The months: first the name, then how else it is written.
pub(super) const MONTHS: [&[&str]; 12] = [
    &["enero", "ene"],
    &["febrero", "feb"],
    &["marzo", "mar"],
    &["abril", "abr"],
    &["mayo", "may"],
    &["junio", "jun"],
    &["julio", "jul"],
    &["agosto", "ago"],
    &["septiembre", "setiembre", "sep", "set", "sept"],
    &["octubre", "oct"],
    &["noviembre", "nov"],
    &["diciembre", "dic"],
];

/// The days of the week, from Monday.
pub(super) const WEEKDAYS: [&str; 7] =
    ["lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"];

/// How days are cut short; "mar" is left out, for it is March too.
const SHORT_WEEKDAYS: [&[&str]; 7] =
    [&["lun"], &[], &["mie", "mier", "mierc"], &["jue", "juev"], &["vie", "vier"], &["sab"], &["dom"]];

/// The month at this place, from 1.
pub(super) fn month(tokens: &Tokens, at: usize) -> Option<i8> {
    place(MONTHS.iter().map(|names| names.contains(&tokens.word(at))))
}

/// Whether the full name of a month stands there.
pub(super) fn is_month_name(tokens: &Tokens, at: usize) -> bool {
    MONTHS.iter().any(|names| names.first() == Some(&tokens.word(at)))
}

/// The day of the week at this place, from 1 for Monday.
pub(super) fn weekday(tokens: &Tokens, at: usize) -> Option<i8> {
    let word = tokens.word(at);
    let names = WEEKDAYS.iter().zip(SHORT_WEEKDAYS);
    place(names.map(|(name, short)| *name == word || short.contains(&word)))
}

fn place(mut hits: impl Iterator<Item = bool>) -> Option<i8> {
    hits.position(|hit| hit).and_then(|at| i8::try_from(at + 1).ok())
}

/// Whether a day was named just before this place: "lunes", "hoy".
pub(super) fn follows_a_day(tokens: &Tokens, at: usize) -> bool {
    let comma = at.checked_sub(1).is_some_and(|before| tokens.mark(before) == Some(','));
    let Some(day) = at.checked_sub(1 + usize::from(comma)) else { return false };
    weekday(tokens, day).is_some() || matches!(tokens.word(day), "hoy" | "manana")
}
