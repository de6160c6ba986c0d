//! How many, how much.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::numeral::{self, Decimal};
use super::tokens::Tokens;

/// A number that somebody wrote.
///
/// Shown with a point before the decimals and without separators of thousands. Three decimals get a
/// zero ("1.1250"), because "1.125" would be read as 1125.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// Without decimals.
    Integer(i64),
    /// With decimals; at most 15 digits, so that what is shown is what was written.
    Decimal(f64),
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Integer(n) => n.into(),
            Number::Decimal(n) => n.into(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => write!(f, "{n}"),
            Self::Decimal(n) => {
                let shown = n.to_string();
                let three = shown.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 3);
                write!(f, "{shown}{}", if three { "0" } else { "" })
            }
        }
    }
}

impl Number {
    fn of(decimal: Decimal, negative: bool) -> Option<Self> {
        let Decimal { digits, scale } = decimal;
        let signed = if negative { -digits } else { digits };
        if scale == 0 {
            return Some(Self::Integer(signed));
        }
        let fits = digits < 1_000_000_000_000_000;
        fits.then(|| format!("{signed}e-{scale}").parse().ok().map(Self::Decimal))?
    }
}

/// Words beside which a number is no exact number, or one of several. "Lucas", "palos" and "gambas" are
/// worth something else in every country.
const VAGUE: &[&str] = &[
    "o", "u", "ni", "entre", "pico", "tantos", "tantas", "varios", "varias", "algunos", "algunas", "cientos",
    "miles", "millones", "cuarto", "cuartos", "tercio", "tercios", "minimo", "maximo", "hasta", "desde",
    "mayor", "menor", "luca", "lucas", "palo", "palos", "gamba", "gambas", "mm", "pares",
];

/// The one number in a text: "quiero 15", "mil quinientos", "S/ 1,500.50", "2 docenas".
///
/// A single point or comma before exactly three digits parts thousands ("1.500", "1,500" are both 1500);
/// before fewer or more it parts decimals ("2,5"), also after a zero ("0,500"). Up to 18 digits, with
/// decimals up to 15. "Un" is 1, but before a number it says nothing: "un 10" is 10. Nothing when there are several numbers, bounds ("más de 3"), a code ("A12"), a date
/// or an hour.
pub fn number(text: &str) -> Option<Number> {
    let tokens = Tokens::of(text);
    if is_of_millions(text) {
        return None;
    }
    if tokens.len() == 1 && matches!(tokens.word(0), "ninguno" | "ninguna") {
        return Some(Number::Integer(0));
    }
    let mut found = None;
    let mut in_digits = false;
    let mut at = 0;
    while at < tokens.len() {
        if is_vague(&tokens, at) {
            return None;
        }
        let start = at;
        at += usize::from(is_article(&tokens, at));
        if let Some((decimal, next)) = numeral::read(&tokens, at) {
            let number = Number::of(decimal, is_negative(&tokens, start)?)?;
            // "quince (15)" says it twice.
            let again = found.is_none_or(|found| found == number && in_digits != tokens.digits(at).is_some());
            if !again || !stands_alone(&tokens, at, next) {
                return None;
            }
            (found, in_digits) = (Some(number), tokens.digits(at).is_some());
            at = after_unit(&tokens, next);
        } else if tokens.digits(at).is_some() {
            return None;
        } else {
            at += 1;
        }
    }
    found
}

/// "1.5M" may be millions and thousands; "1.5m" is a length.
fn is_of_millions(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word.strip_suffix('M').is_some_and(|n| n.ends_with(|c: char| c.is_ascii_digit())))
}

fn is_vague(tokens: &Tokens, at: usize) -> bool {
    match tokens.word(at) {
        // "más o menos" only says that it is not exact.
        "o" => !(tokens.before(at) == "mas" && tokens.word(at + 1) == "menos"),
        "mas" => matches!(tokens.word(at + 1), "de" | "que"),
        "menos" => matches!(tokens.word(at + 1), "de" | "que") || matches!(tokens.before(at), "lo" | "al"),
        // "No. 15" and "no, 15" say 15; "no tengo 15" does not.
        "no" => !(tokens.glued(at + 1) && matches!(tokens.mark(at + 1), Some('.' | ',' | ':'))),
        "" => matches!(tokens.mark(at), Some('<' | '>' | '≤' | '≥')),
        word => VAGUE.contains(&word),
    }
}

/// "Un" before another number: "le doy un 9", "un diez".
fn is_article(tokens: &Tokens, at: usize) -> bool {
    let number = tokens.digits(at + 1).is_some() || numeral::single(tokens, at + 1).is_some();
    tokens.word(at) == "un" && number && !matches!(tokens.word(at + 1), "un" | "una")
}

/// Whether what was read is no piece of a code, an hour, an ordinal or a badly written number.
fn stands_alone(tokens: &Tokens, at: usize, next: usize) -> bool {
    if tokens.digits(at).is_none() {
        return true;
    }
    let before = |back: usize| at.checked_sub(back);
    let is_word = |at: Option<usize>| at.is_some_and(|at| !tokens.word(at).is_empty());
    let starts = !tokens.glued(at)
        || match before(1).and_then(|at| tokens.mark(at)) {
            None => false,
            // ".5" and "$.50" are no 5 and 50, but "S/.50" is 50 and so is "son,50".
            Some('.' | ',') => {
                before(1).is_some_and(|at| tokens.glued(at))
                    && (is_word(before(2)) || before(2).is_some_and(|at| tokens.mark(at) == Some('/')))
            }
            Some('-') => !(before(1).is_some_and(|at| tokens.glued(at)) && is_word(before(2))),
            Some(_) => true,
        };
    let suffix = tokens.word(next);
    let ends = !tokens.glued(next)
        || suffix.is_empty() && !matches!(tokens.mark(next), Some('º' | '+'))
        || matches!(suffix, "m" | "g" | "l" | "h" | "y")
        || suffix.len() > 1 && !matches!(suffix, "am" | "pm") && !numeral::SUFFIXES.contains(&suffix);
    starts && ends
}

/// Whether a minus stands before it; nothing when it might only be a dash.
fn is_negative(tokens: &Tokens, at: usize) -> Option<bool> {
    let sign = at.checked_sub(1).filter(|sign| tokens.mark(*sign) == Some('-'));
    match sign {
        Some(_) => tokens.glued(at).then_some(true),
        None => {
            let about = at.checked_sub(3).is_some_and(|at| tokens.are(at, &["mas", "o"]));
            Some(tokens.before(at) == "menos" && !about)
        }
    }
}

/// The place after "m²" and "por ciento", whose numbers do not count.
fn after_unit(tokens: &Tokens, at: usize) -> usize {
    let power = tokens.glued(at + 1) && matches!(tokens.digits(at + 1), Some("2" | "3"));
    if power && tokens.word(at).ends_with('m') || tokens.are(at, &["por", "ciento"]) { at + 2 } else { at }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_are_understood() {
        for (text, n) in [
            ("15", 15),
            (" son 15. ", 15),
            ("Mi número es el 7", 7),
            ("somos 4 personas", 4),
            ("tenemos cuatro, gracias", 4),
            ("0", 0),
            ("007", 7),
            ("+3", 3),
            ("-3", -3),
            ("−3", -3),
            ("menos tres", -3),
            ("cero", 0),
            ("Ninguno", 0),
            ("un", 1),
            ("una", 1),
            ("un diez", 10),
            ("un 10", 10),
            ("Un 10!", 10),
            ("le doy un 9", 9),
            ("pues un ocho", 8),
            ("un uno", 1),
            ("un cero", 0),
            ("un diez (10)", 10),
            ("como un 15%", 15),
            ("un 1.500", 1500),
            ("más o menos un 10", 10),
            ("menos un 10", -10),
            ("dieciséis", 16),
            ("diez y seis", 16),
            ("DIESISEIS", 16),
            ("veintiún", 21),
            ("veinte y uno", 21),
            ("venticinco", 25),
            ("treinta y uno", 31),
            ("treintaiuno", 31),
            ("cuarentaycinco", 45),
            ("sien", 100),
            ("ciento uno", 101),
            ("ciento noventa y nueve", 199),
            ("docientos cincuenta", 250),
            ("quinientas", 500),
            ("mil", 1000),
            ("un mil", 1000),
            ("mil uno", 1001),
            ("mil quinientos", 1500),
            ("mil 500", 1500),
            ("dos mil", 2000),
            ("DOS MIL soles", 2000),
            ("2 mil", 2000),
            ("2.5 mil", 2500),
            ("2,5k", 2500),
            ("15k", 15_000),
            ("3 mil 200", 3200),
            ("dos mil veintisiete", 2027),
            ("veintiún mil", 21_000),
            ("cien mil", 100_000),
            ("doscientos mil cuarenta", 200_040),
            ("un millón", 1_000_000),
            ("millón y medio", 1_500_000),
            ("dos millones y medio", 2_500_000),
            ("medio millón", 500_000),
            ("2.5 millones", 2_500_000),
            ("1.500 millones", 1_500_000_000),
            ("tres millones doscientos mil uno", 3_200_001),
            ("2 millones 300 mil", 2_300_000),
            ("mil millones", 1_000_000_000),
            ("1.500", 1500),
            ("1,500", 1500),
            ("1 500", 1500),
            ("1'500", 1500),
            ("12.345.678", 12_345_678),
            ("12,345,678", 12_345_678),
            ("12 345 678", 12_345_678),
            ("1'500.000", 1_500_000),
            ("1'500,000.00", 1_500_000),
            ("1,500.00", 1500),
            ("S/ 1,500.00", 1500),
            ("S/.20", 20),
            ("s/20", 20),
            ("$ 20", 20),
            ("$-20", -20),
            ("US$20", 20),
            ("20€", 20),
            ("20 soles", 20),
            ("20soles", 20),
            ("15%", 15),
            ("15 por ciento", 15),
            ("80 m2", 80),
            ("80m²", 80),
            ("60 kg", 60),
            ("unos 20", 20),
            ("más o menos 20", 20),
            ("20 más o menos", 20),
            ("No. 15", 15),
            ("N° 15", 15),
            ("#15", 15),
            ("una docena", 12),
            ("docena y media", 18),
            ("media docena", 6),
            ("2 docenas", 24),
            ("un par", 2),
            ("3️⃣", 3),
            ("1️⃣0️⃣", 10),
            ("🔟", 10),
            ("１５", 15),
            ("(15)", 15),
            ("15 (quince)", 15),
            ("dosmil", 2000),
            ("dosmil quinientos", 2500),
            ("¿15?", 15),
            ("999999999999999999", 999_999_999_999_999_999),
        ] {
            assert_eq!(number(text), Some(Number::Integer(n)), "{text}");
        }
    }

    #[test]
    fn decimals_are_understood() {
        for (text, n) in [
            ("2,5", 2.5),
            ("2.5", 2.5),
            ("1.50", 1.5),
            ("0,500", 0.5),
            ("0.125", 0.125),
            ("1234.567", 1234.567),
            ("1.1250", 1.125),
            ("1.500,50", 1500.5),
            ("1,500.50", 1500.5),
            ("1 500,50", 1500.5),
            ("1'500.50", 1500.5),
            ("12.345.678,9", 12_345_678.9),
            ("-2,5", -2.5),
            ("mido 1.75 m", 1.75),
            ("2'5", 2.5),
            ("dos y medio", 2.5),
            ("2 y media", 2.5),
            ("2½", 2.5),
            ("½", 0.5),
            ("media", 0.5),
            ("dos y cuarto", 2.25),
            ("dos punto cinco", 2.5),
            ("dos coma cero cinco", 2.05),
            ("tres coma quince", 3.15),
            ("tres con cincuenta", 3.5),
            ("20 soles con 50", 20.5),
            ("20 soles con 5 céntimos", 20.05),
            ("20 pesos y 50 centavos", 20.5),
        ] {
            assert_eq!(number(text), Some(Number::Decimal(n)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_more_than_one_is_refused() {
        for text in [
            "",
            "hola",
            "no sé",
            "2 o 3",
            "un 10 o un 9",
            "un 10 y un 9",
            "un 10, un 9",
            "un hijo, y le doy un 10",
            "más de un 8",
            "al menos un 8",
            "un un",
            "un10",
            "un 4pm",
            "un 2 3",
            "2 3",
            "2-3",
            "entre 5 y 8",
            "de 5 a 8",
            "más de 3",
            "menos de 10",
            "al menos 3",
            "por lo menos 3",
            "hasta 500",
            ">3",
            "no tengo 20",
            "15/3",
            "15/3/2027",
            "16:30",
            "4pm",
            "A12",
            "12b",
            "A-12",
            "abc123",
            "12ab34",
            "1º",
            "2da",
            "1e5",
            "1.500.00",
            "1,500,00",
            "2027 300",
            ".5",
            "$.50",
            "- 3",
            "veinte pico",
            "dos mil y medio",
            "diez con 5",
            "20 lucas",
            "2 palos",
            "2 pares",
            "15MM",
            "1.5M",
            "3+",
            "3 (dos)",
            "un millón quinientos",
            "miles",
            "1/2",
            "3x2",
            "nueve nueve nueve",
            "dos cuartos",
            "1000000000000000000",
            "123456789012345.67",
            "15 y tengo una duda",
            "juan15@correo.com",
            "👍",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            number(&text);
        }

        #[test]
        fn nor_one_that_is_nearly_a_number(text in "([0-9]{1,4}|[.,' /-]|y|con|mil|millon(es)?|medio|docena|punto|un|tres|cien| ){0,12}") {
            number(&text);
        }

        #[test]
        fn a_shown_number_reads_back(n in -999_999_999_999_999_999_i64..1_000_000_000_000_000_000) {
            prop_assert_eq!(number(&n.to_string()), Some(Number::Integer(n)));
        }

        #[test]
        fn a_shown_decimal_reads_back(tens in 0_i64..100_000_000_000_000, last in 1_i64..10, scale in 1_i32..10, sign in "-?") {
            let decimal = Number::Decimal(format!("{sign}{}e-{scale}", tens * 10 + last).parse().unwrap());
            prop_assert_eq!(number(&decimal.to_string()), Some(decimal));
        }
    }
}
