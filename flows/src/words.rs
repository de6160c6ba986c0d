//! How texts of people are compared: case, accents and punctuation do not count.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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

/// Which of the titles a typed text means: the one title that reads the same, else, for a number, the
/// title that starts with it, else the title at that place (1, 2, 3 …).
pub fn choose<'a>(typed: &str, titles: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let typed = fold(typed);
    let titles: Vec<String> = titles.into_iter().map(fold).collect();
    if let Some(same) = only(titles.iter().map(|title| *title == typed)) {
        return Some(same);
    }
    let number: usize = typed.parse().ok()?;
    let leads = |title: &String| title.split(' ').next().and_then(|word| word.parse().ok()) == Some(number);
    if titles.iter().any(leads) {
        return only(titles.iter().map(leads));
    }
    (1..=titles.len()).contains(&number).then(|| number - 1)
}

/// The place of the only `true`.
fn only(mut hits: impl Iterator<Item = bool>) -> Option<usize> {
    let first = hits.position(|hit| hit)?;
    (!hits.any(|hit| hit)).then_some(first)
}

/// The candidate that somebody probably meant, for "quizá quisiste decir".
pub(crate) fn closest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(given);
    candidates
        .into_iter()
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|(d, candidate)| *d <= (candidate.chars().count().max(folded.chars().count())).div_ceil(3))
        .min_by_key(|(d, _)| *d)
        .map(|(_, candidate)| candidate)
}

/// "Quizá quisiste decir «x». " or nothing.
pub(crate) fn did_you_mean<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    closest(given, candidates).map(|c| format!("Quizá quisiste decir «{c}». ")).unwrap_or_default()
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
    }

    #[test]
    fn the_probable_word_is_proposed() {
        assert_eq!(closest("mesage", ["message", "question"]), Some("message"));
        assert_eq!(closest("quetsion", ["message", "question"]), Some("question"));
        assert_eq!(closest("xyz", ["message", "question"]), None);
    }

    #[test]
    fn lists_read_as_a_sentence() {
        assert_eq!(list(["a", "b", "c"]), "«a», «b» y «c»");
        assert_eq!(list(["a"]), "«a»");
    }
}
