//! Phone numbers.

use phonenumber::Mode;
use unicode_normalization::UnicodeNormalization;

use super::Country;

/// Fewer digits are no phone number, but perhaps an extension, a floor or an hour.
const FEWEST: usize = 6;
/// E.164 allows 15; people add prefixes of their own.
const MOST: usize = 20;
/// A number without "+" is taken as international from here on: shorter ones are rather national
/// numbers with a digit missing or too many.
const INTERNATIONAL: usize = 11;

/// The one phone number in a text, as "+51999888777" (E.164).
///
/// National numbers are those of the country. A foreign one needs its country code, after "+", "00", or
/// by itself from 11 digits on, as WhatsApp shows it. It must be valid: the ranges that really exist, as
/// libphonenumber knows them. Extensions are left out.
pub fn phone(text: &str, country: &Country) -> Option<String> {
    let mut found = candidates(text).into_iter().flat_map(|written| readings(&written, country));
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// A number that [`phone`] gave, as people read it: without its country code in its own country.
pub(crate) fn shown_phone(number: &str, country: &Country) -> String {
    let Ok(parsed) = phonenumber::parse(None, number) else { return number.to_owned() };
    let home = parsed.country().id() == Some(country.0);
    let mode = if home { Mode::National } else { Mode::International };
    parsed.format().mode(mode).to_string()
}

/// The runs of digits that are long enough, each with its "+".
fn candidates(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for c in text.nfkd() {
        let run = runs.last_mut().filter(|run| !(c == '+' && run.contains(|c: char| c.is_ascii_digit())));
        match (c, run) {
            ('0'..='9' | '+', Some(run)) => run.push(c),
            ('+', None) => runs.push("+".to_owned()),
            ('\n', _) => runs.push(String::new()),
            // Written between the digits, or left there by an emoji or a copied text.
            (' ' | '-' | '.' | '(' | ')' | '\u{FE0F}' | '\u{20E3}' | '\u{AD}', _) => {}
            ('\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}', _) => {
            }
            ('\u{2060}'..='\u{2069}', _) => {}
            _ => runs.push(String::new()),
        }
    }
    let digits = |run: &String| run.chars().filter(char::is_ascii_digit).count();
    runs.retain(|run| (FEWEST..=MOST).contains(&digits(run)));
    runs
}

/// What a run of digits may mean.
fn readings(written: &str, country: &Country) -> Vec<String> {
    let digits = written.trim_start_matches('+');
    let mut readings = Vec::new();
    if written.starts_with('+') {
        readings.extend(valid(&format!("+{digits}"), country));
    } else {
        readings.extend(valid(digits, country));
        if let Some(rest) = digits.strip_prefix("00") {
            readings.extend(valid(&format!("+{rest}"), country));
        } else if digits.len() >= INTERNATIONAL && !digits.starts_with('0') {
            readings.extend(valid(&format!("+{digits}"), country));
        }
    }
    readings
}

fn valid(written: &str, country: &Country) -> Option<String> {
    let old = OLD_PREFIXES.iter().find_map(|(of, old, rest, new)| {
        let national = written.strip_prefix(old).filter(|national| national.len() == *rest)?;
        (of.is_empty() || *of == country.as_str()).then(|| format!("{new}{national}"))
    });
    let number = phonenumber::parse(Some(country.0), old.as_deref().unwrap_or(written)).ok()?;
    phonenumber::is_valid(&number).then(|| number.format().mode(Mode::E164).to_string())
}

/// Prefixes that are gone and still written: where, what, before how many digits, and what took its place.
/// Mexico lost its own in 2019 (IFT; WhatsApp still shows the 1 of "+52 1"), Chile in 2018 (Subtel).
const OLD_PREFIXES: [(&str, &str, usize, &str); 5] = [
    ("", "+521", 10, "+52"),
    ("MX", "044", 10, ""),
    ("MX", "045", 10, ""),
    ("MX", "01", 10, ""),
    ("CL", "09", 8, "9"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, country: &str) -> Option<String> {
        phone(text, &country.parse().unwrap())
    }

    #[test]
    fn numbers_are_understood_and_written_one_way() {
        for (country, text, number) in [
            ("PE", "999888777", "+51999888777"),
            ("PE", "Mi número es 999 888 777, gracias", "+51999888777"),
            ("PE", "+51 999-888-777", "+51999888777"),
            ("PE", "(+51) 999.888.777", "+51999888777"),
            ("PE", "51999888777", "+51999888777"),
            ("PE", "0051999888777", "+51999888777"),
            ("PE", "9️⃣9️⃣9️⃣888777", "+51999888777"),
            ("PE", "\u{202A}+51 999 888 777\u{202C}", "+51999888777"),
            ("PE", "wa.me/51999888777", "+51999888777"),
            ("PE", "01 444 1234 anexo 23", "+5114441234"),
            ("PE", "(01) 444-1234", "+5114441234"),
            ("PE", "999888777 o al 999-888-777", "+51999888777"),
            ("PE", "llámame a las 5 al 999888777", "+51999888777"),
            ("PE", "+34 612 34 56 78", "+34612345678"),
            ("PE", "34612345678", "+34612345678"),
            ("PE", "+1 (212) 555-0123", "+12125550123"),
            ("MX", "55 1234 5678", "+525512345678"),
            ("MX", "+52 1 55 1234 5678", "+525512345678"),
            ("MX", "+52 55 1234 5678", "+525512345678"),
            ("MX", "999 123 4567", "+529991234567"),
            ("MX", "044 55 1234 5678", "+525512345678"),
            ("MX", "01 55 1234 5678", "+525512345678"),
            ("CL", "09 8765 4321", "+56987654321"),
            ("AR", "11 2345-6789", "+541123456789"),
            ("AR", "011 15 2345-6789", "+5491123456789"),
            ("AR", "+54 9 11 2345-6789", "+5491123456789"),
            ("AR", "5491123456789", "+5491123456789"),
            ("CL", "9 8765 4321", "+56987654321"),
            ("CL", "+56 9 8765 4321", "+56987654321"),
            ("CL", "2 2345 6789", "+56223456789"),
            ("CO", "300 123 4567", "+573001234567"),
            ("CO", "573001234567", "+573001234567"),
            ("CO", "0057 300 1234567", "+573001234567"),
            ("ES", "612 34 56 78", "+34612345678"),
            ("ES", "0034 612345678", "+34612345678"),
            ("ES", "91 123 45 67", "+34911234567"),
            ("EC", "099 123 4567", "+593991234567"),
            ("UY", "099 123 456", "+59899123456"),
        ] {
            assert_eq!(read(text, country).as_deref(), Some(number), "{country} {text}");
        }
    }

    #[test]
    fn what_is_no_number_or_more_than_one_is_refused() {
        for (country, text) in [
            ("PE", ""),
            ("PE", "hola"),
            ("PE", "no tengo"),
            ("PE", "12345"),
            ("PE", "99988877"),
            ("PE", "9998887777"),
            ("PE", "444 1234"),
            ("PE", "+51 99988877"),
            ("PE", "99988877O"),
            ("PE", "999888777 / 988777666"),
            ("PE", "999888777\n988777666"),
            ("PE", "+51999888777 +51988777666"),
            ("PE", "999888777 988777666"),
            ("PE", "+999 888 777"),
            ("PE", "16:30"),
            ("PE", "15/03/2027"),
            ("MX", "5512345"),
            ("ES", "012345678"),
            ("PE", "111111111111111111111111111111"),
        ] {
            assert_eq!(read(text, country), None, "{country} {text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            read(&text, "PE");
        }

        #[test]
        fn nor_one_that_is_nearly_a_number(text in "[+0-9() -]{0,25}", country in "PE|MX|AR|CL|CO|ES") {
            read(&text, &country);
        }

        #[test]
        fn a_shown_number_reads_back(digits in "9[0-9]{8}", country in "PE|MX|AR|CL|CO|ES") {
            if let Some(shown) = read(&digits, "PE") {
                prop_assert_eq!(read(&shown, &country), Some(shown));
            }
        }
    }
}
