//! Languages: how they are named, and which of a document's somebody is spoken to in.

use crate::Document;

/// Whether a text names a language as BCP 47 does, as far as flows need it: `es`, `es-MX`, `zh-Hant-TW`.
pub fn is_language(text: &str) -> bool {
    let mut pieces = text.split('-');
    let first = pieces.next().unwrap_or_default();
    let plain =
        |piece: &str| (1..=8).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_alphanumeric());
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && text.len() <= 35
        && pieces.all(plain)
}

/// Whether two names are of the same language: case does not count.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The language as it is named here: lower case, but `MX` for a country and `Hant` for a script.
pub fn tidy(language: &str) -> String {
    let mut pieces = language.split('-').enumerate().map(|(i, piece)| {
        let lower = piece.to_ascii_lowercase();
        match piece.len() {
            2 if i > 0 => piece.to_ascii_uppercase(),
            4 if i > 0 => lower[..1].to_ascii_uppercase() + &lower[1..],
            _ => lower,
        }
    });
    let first = pieces.next().unwrap_or_default();
    pieces.fold(first, |name, piece| format!("{name}-{piece}"))
}

/// The languages of a document's translations in which somebody of this language finds their texts, the
/// closest first: `es-MX`, then `es`. What is in none of them is said in the document's own.
pub(crate) fn chain<'d>(document: &'d Document, language: &str) -> Vec<&'d str> {
    let mut chain = Vec::new();
    for name in wider(language).take_while(|name| !same(name, &document.language)) {
        chain.extend(document.translations.keys().map(String::as_str).find(|other| same(other, name)));
    }
    chain
}

/// Whether the document's own language is a wider one of this: nothing needs to be translated then.
pub(crate) fn is_understood(document: &Document, language: &str) -> bool {
    wider(language).any(|name| same(name, &document.language))
}

/// `zh-Hant-TW`, `zh-Hant`, `zh`.
fn wider(language: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(language), |name| name.rsplit_once('-').map(|(wider, _)| wider))
}

/// The language that a word or a code names: of those that people of Latin America write, by their names in
/// Spanish, in English and in themselves. `es_MX` is `es-MX`.
pub fn named(text: &str) -> Option<String> {
    const NAMES: [(&str, &[&str]); 12] = [
        ("es", &["espanol", "castellano", "spanish"]),
        ("en", &["ingles", "english"]),
        ("pt", &["portugues", "portuguese"]),
        ("fr", &["frances", "francais", "french"]),
        ("it", &["italiano", "italian"]),
        ("de", &["aleman", "deutsch", "german"]),
        ("qu", &["quechua", "runasimi"]),
        ("ay", &["aimara", "aymara"]),
        ("gn", &["guarani"]),
        ("yua", &["maya", "maya yucateco"]),
        ("nah", &["nahuatl"]),
        ("zh", &["chino", "chinese"]),
    ];
    let word = crate::fold(text);
    if let Some((code, _)) = NAMES.iter().find(|(_, names)| names.contains(&word.as_str())) {
        return Some((*code).to_owned());
    }
    let code = text.trim().replace('_', "-");
    is_language(&code).then(|| tidy(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named() {
        for (text, code) in [
            ("es", "es"),
            ("ES_mx", "es-MX"),
            (" en ", "en"),
            ("Inglés", "en"),
            ("ENGLISH", "en"),
            ("Português", "pt"),
            ("zh-hant-tw", "zh-Hant-TW"),
            ("yua", "yua"),
        ] {
            assert_eq!(named(text).as_deref(), Some(code), "{text}");
        }
        for text in
            ["", "e", "quiero inglés", "englisch-please-now-or-never-again-friend", "es-", "12", "e s", "ñu"]
        {
            assert_eq!(named(text), None, "{text}");
        }
    }

    #[test]
    fn the_closest_language_is_found() {
        let flow = |own: &str| {
            let text = format!(
                "id: a\nname: A\nlanguage: {own}\nstart: i\nnodes: {{ i: {{ kind: start }} }}\ntranslations: {{ en: {{}}, en-GB: {{}}, pt-BR: {{}}, es-MX: {{}} }}\n"
            );
            crate::parse(&text).unwrap_or_else(|problems| panic!("{problems:#?}"))
        };
        let of = |own: &str, language: &str| chain(&flow(own), language).join(" ");
        assert_eq!(of("es", "en-gb-oxendict"), "en-GB en");
        assert_eq!(of("es", "EN-us"), "en");
        assert_eq!(of("es", "es-MX"), "es-MX");
        for other in ["es", "es-PE", "pt", "fr", ""] {
            assert_eq!(of("es", other), "", "{other}");
        }
        // Who speaks the document's own language is not led past it.
        assert_eq!(of("es-MX-x-a", "es-MX-x-a"), "");
        assert!(is_understood(&flow("es"), "es-AR") && !is_understood(&flow("es-PE"), "es-AR"));
    }
}
