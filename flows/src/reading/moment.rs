//! Days and hours wherever they stand in a text. What `date`, `time` and `date_time` share.

use super::calendar;
use super::date::{self, Day};
use super::numeral;
use super::time::{self, Clock, Share};
use super::tokens::Tokens;

/// The days, hours and parts of the day that a text names.
#[derive(Debug, Default)]
pub(super) struct Moment {
    pub(super) days: Vec<Day>,
    pub(super) clocks: Vec<Clock>,
    pub(super) shares: Vec<Share>,
}

/// Words that say that what is named is not what is meant, or not exactly, or only one of several.
const DOUBTFUL: &[&str] = &[
    "o",
    "u",
    "ni",
    "no",
    "nunca",
    "tampoco",
    "excepto",
    "salvo",
    "menos",
    "entre",
    "desde",
    "hasta",
    "antes",
    "despues",
    "partir",
    "cada",
    "todo",
    "todos",
    "todas",
    "cualquier",
    "cualquiera",
    "otro",
    "otra",
    "fin",
    "fines",
    "final",
    "finales",
    "mediados",
    "principios",
    "inicios",
    "comienzos",
    "quincena",
    "semana",
    "media",
    "medio",
    "cuarto",
    "cuartos",
    "pico",
    "mes",
    "santo",
    "santa",
    "habil",
    "habiles",
    "laborable",
    "laborables",
    "utiles",
];

/// Reads them from left to right. Nothing when a word makes all of it doubtful, or when a number is left
/// over that may belong to it ("lunes 15 o 16"); numbers of other things are not ("4 personas").
pub(super) fn of(tokens: &Tokens) -> Option<Moment> {
    let mut moment = Moment::default();
    let mut at = 0;
    while at < tokens.len() {
        let next = if let Some((clock, next)) = time::clock(tokens, at) {
            moment.clocks.push(clock);
            next
        } else if let Some((share, next)) = time::share(tokens, at) {
            moment.shares.push(share);
            next
        } else if let Some((day, next)) = date::day(tokens, at) {
            moment.days.push(day);
            next
        } else if DOUBTFUL.contains(&tokens.word(at))
            || is_left_over(tokens, at)
            || calendar::is_month_name(tokens, at)
        {
            return None;
        } else {
            at + 1
        };
        at = next;
    }
    Some(moment)
}

fn is_left_over(tokens: &Tokens, at: usize) -> bool {
    let number = match tokens.word(at) {
        "un" | "una" | "uno" => false,
        _ => tokens.digits(at).is_some() || numeral::single(tokens, at).is_some(),
    };
    number && !counts(tokens, at + 1)
}

/// Whether the number just before this place counts things that are no time: "4 personas".
pub(super) fn counts(tokens: &Tokens, at: usize) -> bool {
    const OTHERS: &[&str] = &[
        "dias",
        "semanas",
        "meses",
        "anos",
        "horas",
        "minutos",
        "segundos",
        "mananas",
        "tardes",
        "noches",
        "quincenas",
        "cuartos",
        "gracias",
        "pues",
        "entonces",
        "despues",
        "quizas",
    ];
    let word = tokens.word(at);
    let plural = word.len() >= 4 && word.ends_with('s');
    plural
        && !OTHERS.contains(&word)
        && calendar::weekday(tokens, at).is_none()
        && numeral::single(tokens, at).is_none()
}
