//! Numbers of identity and tax documents.

mod check;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Country;

/// A kind of document that a country gives to people or companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Documento")]
pub enum DocumentKind {
    /// 8 digits, with or without the check digit or letter behind them.
    #[schemars(title = "DNI (Perú)")]
    DniPe,
    /// 11 digits, the last a check digit.
    #[schemars(title = "RUC (Perú)")]
    RucPe,
    /// 7 or 8 digits.
    #[schemars(title = "DNI (Argentina)")]
    DniAr,
    /// 11 digits, the last a check digit; CUIL too.
    #[schemars(title = "CUIT o CUIL (Argentina)")]
    CuitAr,
    /// 7 or 8 digits and a check digit, which may be K.
    #[schemars(title = "RUT (Chile)")]
    RutCl,
    /// 18 letters and digits, the last a check digit.
    #[schemars(title = "CURP (México)")]
    CurpMx,
    /// 12 (companies) or 13 (people) letters and digits, the last a check digit.
    #[schemars(title = "RFC (México)")]
    RfcMx,
    /// 6, 7, 8 or 10 digits.
    #[schemars(title = "Cédula (Colombia)")]
    CedulaCo,
    /// 9 digits and a check digit; a person's is the cédula and a check digit.
    #[schemars(title = "NIT (Colombia)")]
    NitCo,
    /// 10 digits, the last a check digit.
    #[schemars(title = "Cédula (Ecuador)")]
    CedulaEc,
    /// 13 digits, with a check digit among them.
    #[schemars(title = "RUC (Ecuador)")]
    RucEc,
    /// 7 or 8 digits, the last a check digit.
    #[schemars(title = "Cédula (Uruguay)")]
    CiUy,
    /// 8 digits and a check letter.
    #[schemars(title = "DNI (España)")]
    DniEs,
    /// X, Y or Z, 7 digits and a check letter.
    #[schemars(title = "NIE (España)")]
    NieEs,
}

impl DocumentKind {
    /// The kinds that a country gives; none for countries that are not known here.
    pub fn of_country(country: &Country) -> &'static [Self] {
        match country.as_str() {
            "PE" => &[Self::DniPe, Self::RucPe],
            "AR" => &[Self::DniAr, Self::CuitAr],
            "CL" => &[Self::RutCl],
            "MX" => &[Self::CurpMx, Self::RfcMx],
            "CO" => &[Self::CedulaCo, Self::NitCo],
            "EC" => &[Self::CedulaEc, Self::RucEc],
            "UY" => &[Self::CiUy],
            "ES" => &[Self::DniEs, Self::NieEs],
            _ => &[],
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DniPe | Self::DniAr | Self::DniEs => "DNI",
            Self::RucPe | Self::RucEc => "RUC",
            Self::CuitAr => "CUIT",
            Self::RutCl => "RUT",
            Self::CurpMx => "CURP",
            Self::RfcMx => "RFC",
            Self::CedulaCo | Self::CedulaEc | Self::CiUy => "cédula",
            Self::NitCo => "NIT",
            Self::NieEs => "NIE",
        }
    }

    /// The one way to write a number of this kind; nothing when it is none.
    fn normalise(self, run: &Run<'_>) -> Option<String> {
        let text = run.text();
        self.check(&text, run).or_else(|| self.check(text.strip_prefix(self.name())?, run))
    }

    fn check(self, text: &str, run: &Run<'_>) -> Option<String> {
        match self {
            // Nine digits in one piece that begin with 9 are a mobile number.
            Self::DniPe if text.starts_with('9') && text.len() > 8 && run.words.len() == 1 => None,
            Self::DniPe => check::dni_pe(text).filter(|_| text.len() > 8 || run.is_plain()),
            Self::RucPe => check::ruc_pe(text),
            Self::DniAr => check::dni_ar(text).filter(|_| run.is_plain()),
            Self::CuitAr => check::cuit_ar(text),
            Self::RutCl => check::rut_cl(text),
            Self::CurpMx => check::curp_mx(text),
            Self::RfcMx => check::rfc_mx(text),
            Self::CedulaCo => check::cedula_co(text).filter(|_| run.is_plain()),
            Self::NitCo => check::nit_co(text, run.has_check_apart()),
            Self::CedulaEc => check::cedula_ec(text),
            Self::RucEc => check::ruc_ec(text),
            Self::CiUy => check::ci_uy(text),
            Self::DniEs => check::dni_es(text),
            Self::NieEs => check::nie_es(text),
        }
    }
}

/// The one document number of these kinds in a text, and the one way to write it: capitals and digits,
/// without points and spaces; a dash stands only before the check digit of RUT and NIT ("12345678-5"). A
/// Peruvian DNI is written without its check digit.
///
/// Check digits must be right. Nothing when several numbers fit, or one fits two kinds.
pub fn document(text: &str, kinds: &[DocumentKind]) -> Option<(DocumentKind, String)> {
    let mut found = BTreeSet::new();
    for words in passages(text) {
        let runs = runs(&words);
        for kind in kinds {
            let fitting = runs.iter().filter_map(|run| Some((run, kind.normalise(run)?)));
            let fitting: Vec<_> = fitting.collect();
            // "12345678 K": what is read with its letter is not read without it.
            let longest =
                fitting.iter().filter(|(run, _)| !fitting.iter().any(|(other, _)| run.is_within(other)));
            found.extend(longest.map(|(_, number)| (*kind, number.clone())));
        }
    }
    found.pop_first().filter(|_| found.is_empty())
}

/// A word in capitals, and what joins it to the word before.
struct Word {
    text: String,
    dashed: bool,
}

impl Word {
    fn has_digit(&self) -> bool {
        self.text.contains(|c: char| c.is_ascii_digit())
    }

    /// A dash parts it, one digit or letter, from the others.
    fn is_check(&self) -> bool {
        self.dashed && self.text.len() == 1
    }
}

/// Words that may be one number together.
struct Run<'a> {
    start: usize,
    words: &'a [Word],
}

impl Run<'_> {
    fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect()
    }

    fn is_within(&self, other: &Run<'_>) -> bool {
        let end = |run: &Run<'_>| run.start + run.words.len();
        self.words.len() < other.words.len() && other.start <= self.start && end(self) <= end(other)
    }

    /// A dash parts the last digit from the others.
    fn has_check_apart(&self) -> bool {
        self.words.len() > 1 && self.words.last().is_some_and(Word::is_check)
    }

    /// Neither parted by dashes nor like a date, which a number without check digit must not be.
    fn is_plain(&self) -> bool {
        let groups: Vec<usize> =
            self.words.iter().filter(|word| word.has_digit()).map(|word| word.text.len()).collect();
        let date = matches!(groups.as_slice(), [1..=2, 1..=2, 4] | [4, 1..=2, 1..=2]);
        !date && !self.words.iter().skip(1).any(|word| word.dashed)
    }
}

/// The most words of one number: as many as digits that are dictated one by one.
const MOST_WORDS: usize = 18;

/// Every run of words that has a digit and leaves out neither digits right beside it nor its check letter.
fn runs(words: &[Word]) -> Vec<Run<'_>> {
    let has_digit = |at: usize| words.get(at).is_some_and(Word::has_digit);
    let goes_on = |at: usize| words.get(at).is_some_and(|word| word.has_digit() || word.is_check());
    let mut runs = Vec::new();
    for start in (0..words.len()).filter(|start| *start == 0 || !has_digit(*start - 1)) {
        for end in start + 1..=words.len().min(start + MOST_WORDS) {
            if !goes_on(end) && (start..end).any(has_digit) {
                runs.push(Run { start, words: &words[start..end] });
            }
        }
    }
    runs
}

/// The words of every passage of a text. Inside one there are only spaces, dashes, and points or commas
/// that are followed by more of the word.
fn passages(text: &str) -> Vec<Vec<Word>> {
    // Ñ and & belong to an RFC; other letters lose their accents.
    let bare = |c: char| match c {
        'Ñ' => vec![c],
        c => c.nfkd().filter(|c| !is_combining_mark(*c)).collect(),
    };
    let letters: Vec<char> =
        text.nfc().flat_map(char::to_uppercase).flat_map(bare).filter(|c| !is_unseen(*c)).collect();
    let is_part = |c: char| c.is_alphanumeric() || c == '&';
    let mut passages = vec![Vec::new()];
    let (mut open, mut dashed) = (false, false);
    for (at, &letter) in letters.iter().enumerate() {
        let joins = letters.get(at + 1).copied().is_some_and(is_part);
        let words = passages.last_mut();
        match letter {
            letter if is_part(letter) => {
                let Some(words) = words else { continue };
                match words.last_mut().filter(|_| open) {
                    Some(Word { text, .. }) => text.push(letter),
                    None => words.push(Word { text: letter.into(), dashed }),
                }
                (open, dashed) = (true, false);
            }
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' => (open, dashed) = (false, true),
            '\n' => passages.push(Vec::new()),
            letter if letter.is_whitespace() => open = false,
            '.' | ',' | '\'' if joins => open = false,
            _ => passages.push(Vec::new()),
        }
    }
    passages
}

/// What makes an emoji of a digit, or turns the direction of writing.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{FE0F}' | '\u{20E3}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use DocumentKind::*;
    use proptest::prelude::*;

    use super::*;

    const ALL: [DocumentKind; 14] = [
        DniPe, RucPe, DniAr, CuitAr, RutCl, CurpMx, RfcMx, CedulaCo, NitCo, CedulaEc, RucEc, CiUy, DniEs,
        NieEs,
    ];

    #[test]
    fn numbers_are_understood_and_written_one_way() {
        for (kind, text, number) in [
            (DniPe, "12345678", "12345678"),
            (DniPe, "mi DNI es 12.345.678, gracias", "12345678"),
            (DniPe, "DNI: 4567 8901", "45678901"),
            (DniPe, "dni12345678", "12345678"),
            (DniPe, "1️⃣2️⃣345678", "12345678"),
            (DniPe, "10117410-2", "10117410"),
            (DniPe, "10117410-G", "10117410"),
            (DniPe, "17801146 - 0", "17801146"),
            (RucPe, "20131312955", "20131312955"),
            (RucPe, "RUC 20512333797.", "20512333797"),
            (RucPe, "10 10117410 2", "10101174102"),
            (DniAr, "30.123.456", "30123456"),
            (DniAr, "dni 5123456", "5123456"),
            (CuitAr, "20-05536168-2", "20055361682"),
            (CuitAr, "33693450239", "33693450239"),
            (CuitAr, "mi cuit: 20 26756539 3", "20267565393"),
            (RutCl, "12.345.678-5", "12345678-5"),
            (RutCl, "123456785", "12345678-5"),
            (RutCl, "mi rut es 12.345.678-5 gracias", "12345678-5"),
            (RutCl, "20.347.878-k", "20347878-K"),
            (RutCl, "20347878 K", "20347878-K"),
            (RutCl, "9.876.543-3", "9876543-3"),
            (CurpMx, "BOXW310820HNERXN09", "BOXW310820HNERXN09"),
            (CurpMx, "mi curp: boxw310820hnerxn09", "BOXW310820HNERXN09"),
            (CurpMx, "BOXW 310820 HNERXN 09", "BOXW310820HNERXN09"),
            (RfcMx, "GODE 561231 GR8", "GODE561231GR8"),
            (RfcMx, "gode561231gr8", "GODE561231GR8"),
            (RfcMx, "MAB-930714-8T4", "MAB9307148T4"),
            (CedulaCo, "79.123.456", "79123456"),
            (CedulaCo, "C.C. 1032456789", "1032456789"),
            (NitCo, "890.903.938-8", "890903938-8"),
            (NitCo, "NIT 8909039388", "890903938-8"),
            (CedulaEc, "171430710-3", "1714307103"),
            (CedulaEc, "1710034065", "1710034065"),
            (RucEc, "1792060346-001", "1792060346001"),
            (RucEc, "1714307103001", "1714307103001"),
            (CiUy, "1.234.567-2", "12345672"),
            (CiUy, "CI 12345672", "12345672"),
            (DniEs, "12345678Z", "12345678Z"),
            (DniEs, "12.345.678-z", "12345678Z"),
            (DniEs, "12345678 Z", "12345678Z"),
            (NieEs, "X1234567L", "X1234567L"),
            (NieEs, "x-1234567-l", "X1234567L"),
        ] {
            assert_eq!(document(text, &[kind]), Some((kind, number.to_owned())), "{kind:?} {text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for (kind, text) in [
            (DniPe, ""),
            (DniPe, "no tengo"),
            (DniPe, "1234567"),
            (DniPe, "00000000"),
            (DniPe, "10117410-3"),
            (DniPe, "10117410-Z"),
            (DniPe, "15-03-2027"),
            (DniPe, "15.03.2027"),
            (DniPe, "15/03/2027"),
            (DniPe, "1234567O"),
            (DniPe, "12345678 y 87654321"),
            (DniPe, "999888777"),
            (RucPe, "20131312956"),
            (RucPe, "30131312955"),
            (RucPe, "2013131295"),
            (DniAr, "123456"),
            (DniAr, "01234567"),
            (CuitAr, "20267565392"),
            (CuitAr, "99267565393"),
            (RutCl, "12.345.678-9"),
            (RutCl, "12.345.678-K"),
            (RutCl, "12345678"),
            (RutCl, "5-1"),
            (CurpMx, "BOXW310820HNERXN08"),
            (CurpMx, "BOXW311320HNERXN09"),
            (CurpMx, "BOXW310820HXXRXN09"),
            (CurpMx, "BOXW310820"),
            (RfcMx, "GODE561231GR9"),
            (RfcMx, "GODE561331GR8"),
            (RfcMx, "VACE460910SX6"),
            (RfcMx, "COMG600703"),
            (CedulaCo, "12345"),
            (CedulaCo, "123456789"),
            (CedulaCo, "3001234567"),
            (CedulaCo, "15-03-2027"),
            (NitCo, "890.903.938-7"),
            (NitCo, "890903938"),
            (NitCo, "1032456789"),
            (CedulaEc, "1714307104"),
            (CedulaEc, "9914307103"),
            (RucEc, "1763154690001"),
            (RucEc, "1792060346000"),
            (CiUy, "1.234.567-3"),
            (CiUy, "0000000"),
            (DniEs, "12345678A"),
            (DniEs, "12345678"),
            (NieEs, "X1234567A"),
            (NieEs, "W1234567L"),
        ] {
            assert_eq!(document(text, &[kind]), None, "{kind:?} {text}");
        }
    }

    #[test]
    fn the_kind_is_found_among_those_of_a_country() {
        let read = |text, country: &str| {
            document(text, DocumentKind::of_country(&country.parse().unwrap())).map(|(kind, _)| kind)
        };
        assert_eq!(read("12345678", "PE"), Some(DniPe));
        assert_eq!(read("20131312955", "PE"), Some(RucPe));
        assert_eq!(read("1032456789", "CO"), Some(CedulaCo));
        assert_eq!(read("890903938-8", "CO"), Some(NitCo));
        assert_eq!(read("X1234567L", "ES"), Some(NieEs));
        assert_eq!(read("1714307103001", "EC"), Some(RucEc));
        assert_eq!(read("12345678", "US"), None);
        assert_eq!(document("12345678", &[DniPe, DniAr]), None);
    }

    #[test]
    fn kinds_have_names_everywhere() {
        for kind in ALL {
            assert!(!kind.name().is_empty());
        }
        assert_eq!(serde_json::to_string(&DniPe).unwrap(), "\"dni_pe\"");
        let schema = serde_json::to_string(&schemars::schema_for!(DocumentKind)).unwrap();
        assert!(schema.contains("\"title\":\"RUT (Chile)\""), "{schema}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            document(&text, &ALL);
        }

        #[test]
        fn nor_one_that_is_nearly_a_number(text in "[A-ZÑ&0-9 .,-]{0,24}") {
            for kind in ALL {
                document(&text, &[kind]);
            }
        }

        #[test]
        fn a_shown_number_reads_back(digits in "[1-9][0-9]{5,12}", letter in "[A-Z0-9]?") {
            for kind in ALL {
                if let Some(read) = document(&format!("{digits}-{letter}"), &[kind]) {
                    prop_assert_eq!(document(&read.1, &[kind]), Some(read));
                }
            }
        }

        #[test]
        fn one_wrong_digit_is_noticed(at in 0_usize..11, by in 1_u8..10) {
            let mut digits = b"20131312955".to_owned();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let wrong = String::from_utf8_lossy(&digits).into_owned();
            prop_assert_eq!(document(&wrong, &[RucPe]), None);
        }
    }
}
