//! How texts of people are compared: case, accents and punctuation do not count.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::reading::numeral;
use crate::reading::tokens::Tokens;

/// The form in which texts are compared: lower case, without accents, words separated by one space.
/// A text without any letter or digit (as one emoji) stays as it is, trimmed.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            if gap && !folded.is_empty() {
                folded.push(' ');
            }
            gap = false;
            folded.push(c);
        } else {
            gap = true;
        }
    }
    if folded.is_empty() { text.trim().to_lowercase() } else { folded }
}

/// Whether the folded words of `needle` stand next to each other in the folded `text`.
pub(crate) fn contains_words(text: &str, needle: &str) -> bool {
    !needle.is_empty() && format!(" {text} ").contains(&format!(" {needle} "))
}

/// An option by all its names.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// What people read.
    pub title: &'a str,
    /// What they may call it besides.
    pub synonyms: &'a [String],
}

/// Whether a text reads as this title or one of these synonyms.
pub(crate) fn reads_as(text: &str, title: &str, synonyms: &[String]) -> bool {
    let text = fold(text);
    std::iter::once(title).chain(synonyms.iter().map(String::as_str)).any(|name| fold(name) == text)
}

/// [`choose_among`] options that have no synonyms.
pub fn choose<'a>(typed: &str, titles: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    choose_among(typed, titles.into_iter().map(|title| Named { title, synonyms: &[] }))
}

/// Which option a typed text means. In this order, each only when it tells one option alone:
///
/// 1. a title or synonym that reads the same;
/// 2. a number that leads a title ("5" for "5 · Excelente"), else the place: "2", "la 2", "opción dos",
///    "el segundo", "la última";
/// 3. a title or synonym with a small slip: one letter from 4 letters on, two from 8 on, its digits right,
///    and every other option at least two letters further away.
pub fn choose_among<'a>(typed: &str, options: impl IntoIterator<Item = Named<'a>>) -> Option<usize> {
    let typed = without_courtesy(&fold(typed)).to_owned();
    let names = |option: Named<'_>| -> Vec<String> {
        std::iter::once(option.title).chain(option.synonyms.iter().map(String::as_str)).map(fold).collect()
    };
    let options: Vec<Vec<String>> = options.into_iter().map(names).collect();
    let same = |names: &Vec<String>| names.contains(&typed);
    if options.iter().any(same) {
        return only(options.iter().map(same));
    }
    match pointed_at(&typed) {
        Some(pointed) => pointed.among(&options),
        None => nearest(&typed, &options),
    }
}

/// How somebody points at one of several.
enum Pointed {
    /// "2", "opción dos".
    Number(usize),
    /// "la segunda".
    Place(usize),
    /// "la última".
    Last,
}

impl Pointed {
    fn among(&self, options: &[Vec<String>]) -> Option<usize> {
        let place = match self {
            Self::Number(number) => {
                let leads = |names: &Vec<String>| {
                    let first = names.first().and_then(|title| title.split(' ').next());
                    first.and_then(|word| word.parse().ok()) == Some(*number)
                };
                if options.iter().any(leads) {
                    return only(options.iter().map(leads));
                }
                *number
            }
            Self::Place(place) => *place,
            Self::Last => options.len(),
        };
        (1..=options.len()).contains(&place).then(|| place - 1)
    }
}

/// Words that may stand beside the number of an option.
const POINTERS: &[&str] = &[
    "la",
    "el",
    "lo",
    "opcion",
    "numero",
    "nro",
    "num",
    "n",
    "alternativa",
    "respuesta",
    "boton",
    "quiero",
    "elijo",
    "escojo",
    "prefiero",
    "seria",
    "es",
    "dame",
    "marco",
    "con",
];

fn pointed_at(folded: &str) -> Option<Pointed> {
    let tokens = Tokens::of(folded);
    let at = tokens.skip(0, POINTERS);
    let (pointed, end) = if matches!(tokens.word(at), "ultimo" | "ultima") {
        (Pointed::Last, at + 1)
    } else if let Some((place, end)) = numeral::ordinal(&tokens, at) {
        (Pointed::Place(usize::try_from(place).ok()?), end)
    } else if let Some(digits) = tokens.digits(at) {
        (Pointed::Number(digits.parse().ok()?), at + 1)
    } else {
        let (number, end) = numeral::cardinal(&tokens, at)?;
        (Pointed::Number(usize::try_from(number).ok()?), end)
    };
    (tokens.skip(end, POINTERS) == tokens.len()).then_some(pointed)
}

/// The text without a polite end or beginning, unless it is nothing else.
fn without_courtesy(folded: &str) -> &str {
    const COURTESIES: &[&str] = &["por favor", "porfavor", "porfa", "gracias", "hola"];
    let mut text = folded;
    while let Some(rest) = COURTESIES.iter().find_map(|courtesy| {
        let end = text.strip_suffix(courtesy).and_then(|rest| rest.strip_suffix(' '));
        end.or_else(|| text.strip_prefix(courtesy).and_then(|rest| rest.strip_prefix(' ')))
    }) {
        text = rest;
    }
    text
}

/// The longest text in which a slip is looked for, in characters.
const LONGEST_SLIP: usize = 64;

/// The option whose name is nearest, when no other is near.
fn nearest(typed: &str, options: &[Vec<String>]) -> Option<usize> {
    if typed.chars().count() > LONGEST_SLIP {
        return None;
    }
    let numbers = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let said = numbers(typed);
    let fits = |name: &String, away: usize| {
        let slips = match name.chars().count() {
            0..4 => 0,
            4..8 => 1,
            8..=LONGEST_SLIP => 2,
            _ => 0,
        };
        away <= slips && (said.is_empty() || said == numbers(name))
    };
    let away =
        |names: &Vec<String>| names.iter().map(|name| distance(typed, name)).min().unwrap_or(usize::MAX);
    let aways: Vec<usize> = options.iter().map(away).collect();
    let near = aways.iter().enumerate().min_by_key(|(_, away)| **away).map(|(at, _)| at)?;
    let others = aways.iter().enumerate().filter(|(at, _)| *at != near);
    let alone = others.map(|(_, away)| *away).all(|away| away >= aways[near].saturating_add(2));
    let told = options[near].iter().any(|name| fits(name, distance(typed, name)));
    (alone && told).then_some(near)
}

/// The place of the only `true`.
fn only(mut hits: impl Iterator<Item = bool>) -> Option<usize> {
    let first = hits.position(|hit| hit)?;
    (!hits.any(|hit| hit)).then_some(first)
}

/// The candidates that somebody probably meant: the nearest, and more than one when several are as near.
pub(crate) fn suggestions<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let folded = fold(given);
    let letters = folded.chars().count().min(LONGEST_SLIP);
    let (mut best, mut near) = (usize::MAX, Vec::new());
    for candidate in candidates {
        let other = fold(candidate);
        let others = other.chars().count().min(LONGEST_SLIP);
        let most = letters.max(others).div_ceil(3);
        // Whoever differs more in length differs more in letters.
        if letters.abs_diff(others) > most.min(best) {
            continue;
        }
        let away = distance(&folded, &other);
        if away <= most && away < best {
            best = away;
            near.clear();
        }
        if away <= most && away == best {
            near.push(candidate);
        }
    }
    near
}

/// "Quizá quisiste decir «x». " or nothing.
pub(crate) fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let near = suggestions(given, candidates);
    near.first().map(|candidate| format!("Quizá quisiste decir «{candidate}». ")).unwrap_or_default()
}

/// How many letters to insert, delete, replace or swap with their neighbour. Texts are cut at 64
/// characters: the work stays small whatever somebody writes as a key.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// As [`list`], but of many only the first.
pub(crate) fn few(items: &[&str]) -> String {
    const SHOWN: usize = 8;
    if items.len() <= SHOWN + 1 {
        return list(items.iter().copied());
    }
    let shown: Vec<String> = items[..SHOWN].iter().map(|item| format!("«{item}»")).collect();
    format!("{} y {} más", shown.join(", "), items.len() - SHOWN)
}

/// «a», «b» y «c».
pub(crate) fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("«{item}»")).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} y {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_count() {
        assert_eq!(fold("  ¡HOLA,   Señor!  "), "hola senor");
        assert_eq!(fold("Información"), fold("INFORMACION"));
        assert_eq!(fold("👍"), "👍");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn whole_words_are_found() {
        assert!(contains_words("quiero hola por favor", "hola"));
        assert!(!contains_words("holanda", "hola"));
        assert!(!contains_words("hola", ""));
    }

    #[test]
    fn a_typed_answer_finds_its_title() {
        let titles = ["Ventas", "Atención", "Otra cosa"];
        assert_eq!(choose("atencion", titles), Some(1));
        assert_eq!(choose(" VENTAS. ", titles), Some(0));
        assert_eq!(choose("3", titles), Some(2));
        assert_eq!(choose("2.", titles), Some(1));
        assert_eq!(choose("4", titles), None);
        assert_eq!(choose("0", titles), None);
        assert_eq!(choose("quiero otra cosa", titles), None);
    }

    #[test]
    fn a_number_in_a_title_beats_its_place() {
        let stars = ["5 · Excelente", "4 · Buena", "3 · Regular", "2 · Mala", "1 · Muy mala"];
        assert_eq!(choose("5", stars), Some(0));
        assert_eq!(choose("1", stars), Some(4));
        assert_eq!(choose("9", stars), None);
    }

    #[test]
    fn a_doubtful_answer_finds_nothing() {
        assert_eq!(choose("si", ["Sí", "Si"]), None);
        assert_eq!(choose("", ["Sí", "No"]), None);
        assert_eq!(choose("gracias", ["Sí", "No"]), None);
    }

    #[test]
    fn an_option_is_pointed_at() {
        let titles = ["Ventas", "Atención", "Otra cosa"];
        for (typed, place) in [
            ("la 2", 1),
            ("La primera", 0),
            ("opción 3", 2),
            ("Opcion tres, por favor", 2),
            ("el segundo", 1),
            ("la segunda opción", 1),
            ("2da", 1),
            ("2ª", 1),
            ("1ero", 0),
            ("número 1", 0),
            ("n° 2", 1),
            ("#2", 1),
            ("2️⃣", 1),
            ("dos", 1),
            ("uno", 0),
            ("quiero la 3", 2),
            ("la última", 2),
            ("ventas por favor", 0),
            ("hola, ventas", 0),
        ] {
            assert_eq!(choose(typed, titles), Some(place), "{typed}");
        }
        for typed in
            ["la cuarta", "1 y 2", "1 o 2", "la 2 no", "no", "2 personas", "1.5", "quiero", "la de siempre"]
        {
            assert_eq!(choose(typed, titles), None, "{typed}");
        }
        let stars = ["5 · Excelente", "4 · Buena", "3 · Regular", "2 · Mala", "1 · Muy mala"];
        assert_eq!(choose("cinco", stars), Some(0));
        assert_eq!(choose("la primera", stars), Some(0));
        assert_eq!(choose("opción 1", stars), Some(4));
    }

    #[test]
    fn a_synonym_is_a_name_too() {
        let (sales, help) = (["comprar".to_owned(), "precios".to_owned()], ["ayuda".to_owned()]);
        let options = || {
            [Named { title: "Ventas", synonyms: &sales }, Named { title: "Soporte", synonyms: &help }]
                .into_iter()
        };
        assert_eq!(choose_among("¡Precios!", options()), Some(0));
        assert_eq!(choose_among("presios", options()), Some(0));
        assert_eq!(choose_among("ayuda", options()), Some(1));
        assert_eq!(choose_among("AYDUA", options()), Some(1));
        let both = [Named { title: "Uno", synonyms: &help }, Named { title: "Dos", synonyms: &help }];
        assert_eq!(choose_among("ayuda", both), None);
    }

    #[test]
    fn a_small_slip_is_forgiven_when_it_is_clear() {
        let titles = ["Ventas", "Atención al cliente", "Otra cosa"];
        assert_eq!(choose("bentas", titles), Some(0));
        assert_eq!(choose("vetnas", titles), Some(0));
        assert_eq!(choose("atencion al clinete", titles), Some(1));
        assert_eq!(choose("atencio al cliemte", titles), Some(1));
        assert_eq!(choose("benta", titles), None, "two slips in six letters");
        assert_eq!(choose("si", ["Sí", "No"]), Some(0));
        assert_eq!(choose("so", ["Sí", "No"]), None, "short words have no slips");
        assert_eq!(choose("casa", ["Caso", "Cosa"]), None, "both are near");
        assert_eq!(choose("cases", ["Casos", "Cosas"]), None, "the other is only one further");
        assert_eq!(choose("sin gaz", ["Con gas", "Sin gas"]), Some(1));
        assert_eq!(choose("san gas", ["Con gas", "Sin gas"]), None);
        assert_eq!(choose("turno 16", ["Turno 10", "Ninguno"]), None, "a digit is no slip");
        assert_eq!(choose("turmo 10", ["Turno 10", "Ninguno"]), Some(0));
        assert_eq!(choose("excelente", ["5 · Excelente", "4 · Buena"]), Some(0));
        assert_eq!(choose(&"a".repeat(70), ["a".repeat(69).as_str()]), None);
    }

    proptest! {
        #[test]
        fn a_title_always_finds_itself(titles in proptest::collection::vec("[a-zñ]{1,10}( [a-z0-9]{1,5})?", 1..6)) {
            for (at, title) in titles.iter().enumerate() {
                let found = choose(title, titles.iter().map(String::as_str));
                let twins = titles.iter().filter(|other| fold(other) == fold(title)).count();
                prop_assert!(found == Some(at) || twins > 1, "{} {:?}", title, titles);
            }
        }

        #[test]
        fn no_text_panics(typed in "\\PC{0,40}", titles in proptest::collection::vec("\\PC{0,24}", 0..4)) {
            choose(&typed, titles.iter().map(String::as_str));
        }
    }

    #[test]
    fn the_probable_word_is_proposed() {
        assert_eq!(suggestions("mesage", ["message", "question"]), ["message"]);
        assert_eq!(suggestions("quetsion", ["message", "question"]), ["question"]);
        assert_eq!(suggestions("xyz", ["message", "question"]), [""; 0]);
        assert_eq!(
            suggestions("fin_3", ["fin_1", "fin_2", "final"]),
            ["fin_1", "fin_2"],
            "nobody knows which"
        );
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list(["a", "b", "c"]), "«a», «b» y «c»");
        assert_eq!(list(["a"]), "«a»");
    }
}
