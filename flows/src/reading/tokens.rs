//! A text taken apart: words, digits and marks, written one way however they were typed.
//!
//! Case and accents are gone, and a known word has its right spelling even when it was written by ear
//! ("oy", "dies", "savado", "dentro de una ora").

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::calendar::{MONTHS, WEEKDAYS};
use super::numeral::CARDINALS;

/// Words of number, date and time that people misspell, beside the names of numbers, months and days.
/// (The others need no entry: they are met as they are written.)
const WORDS: &[&str] = &[
    "ahora",
    "ano",
    "anteayer",
    "ayer",
    "centavos",
    "centimos",
    "decena",
    "docena",
    "hace",
    "hora",
    "horas",
    "hoy",
    "medianoche",
    "mediodia",
    "millon",
    "millones",
    "noche",
    "proxima",
    "proximo",
    "que",
    "quincena",
    "siguiente",
    "viene",
    "y",
];

static BY_SOUND: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let numbers = CARDINALS.iter().map(|(name, _)| *name);
    let calendar = MONTHS.iter().flat_map(|names| names.iter()).chain(WEEKDAYS.iter()).copied();
    numbers.chain(calendar).chain(WORDS.iter().copied()).map(|word| (sound(word), word)).collect()
});

/// The tokens of a text. Asking beyond its ends finds nothing.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Vec<Token>);

#[derive(Debug)]
struct Token {
    kind: Kind,
    /// Nothing, not even a space, stands between it and the token before.
    glued: bool,
}

#[derive(Debug)]
enum Kind {
    Word(Cow<'static, str>),
    Digits(String),
    Mark(char),
}

impl Tokens {
    /// Takes a text apart.
    pub(crate) fn of(text: &str) -> Self {
        let mut maker = Maker::default();
        for c in text.chars() {
            match c {
                // What makes an emoji of a digit, joins emojis, or turns the direction of writing.
                '\u{FE0F}'
                | '\u{20E3}'
                | '\u{200B}'..='\u{200F}'
                | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}'
                | '\u{AD}' => {}
                '\n' => maker.mark('\n'),
                'º' | 'ª' | '°' => maker.mark('º'),
                '‐'..='―' | '−' => maker.mark('-'),
                '’' | '‘' | '´' | '`' => maker.mark('\''),
                '½' => maker.half(),
                '🔟' => maker.text("10"),
                c => maker.text(c.encode_utf8(&mut [0; 4])),
            }
        }
        maker.finish()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The word at this place, else an empty text.
    pub(crate) fn word(&self, at: usize) -> &str {
        match self.0.get(at).map(|token| &token.kind) {
            Some(Kind::Word(word)) => word,
            _ => "",
        }
    }

    /// The word just before this place, else an empty text.
    pub(crate) fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    /// The digits at this place.
    pub(crate) fn digits(&self, at: usize) -> Option<&str> {
        match &self.0.get(at)?.kind {
            Kind::Digits(digits) => Some(digits),
            _ => None,
        }
    }

    /// The mark at this place.
    pub(crate) fn mark(&self, at: usize) -> Option<char> {
        match self.0.get(at)?.kind {
            Kind::Mark(mark) => Some(mark),
            _ => None,
        }
    }

    /// Whether it follows the token before without a space.
    pub(crate) fn glued(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|token| token.glued)
    }

    /// Whether these words stand there, one after another.
    pub(crate) fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| self.word(at + i) == *word)
    }

    /// The place after any of these words.
    pub(crate) fn skip(&self, at: usize, words: &[&str]) -> usize {
        (at..).find(|at| !words.contains(&self.word(*at))).unwrap_or(at)
    }

    /// Whether nothing but marks stands from this place on.
    pub(crate) fn is_over(&self, at: usize) -> bool {
        (at..self.len()).all(|at| self.mark(at).is_some())
    }
}

#[derive(Default)]
struct Maker {
    tokens: Vec<Token>,
    spaced: bool,
}

impl Maker {
    fn text(&mut self, text: &str) {
        let letters = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
        for c in letters {
            let spaced = self.spaced;
            match (c, self.tokens.last_mut().map(|token| &mut token.kind)) {
                (c, _) if c.is_whitespace() => self.spaced = true,
                (c, Some(Kind::Digits(digits))) if c.is_ascii_digit() && !spaced => digits.push(c),
                (c, _) if c.is_ascii_digit() => self.push(Kind::Digits(c.into())),
                (c, Some(Kind::Word(word))) if c.is_alphanumeric() && !spaced => word.to_mut().push(c),
                (c, _) if c.is_alphanumeric() => self.push(Kind::Word(String::from(c).into())),
                (c, _) => self.push(Kind::Mark(c)),
            }
        }
    }

    fn mark(&mut self, mark: char) {
        self.push(Kind::Mark(mark));
    }

    /// "2½" is "2 y media", "½" is "media".
    fn half(&mut self) {
        if matches!(self.tokens.last(), Some(Token { kind: Kind::Digits(_), .. })) {
            self.push(Kind::Word("y".into()));
        }
        self.spaced = true;
        self.push(Kind::Word("media".into()));
        self.spaced = true;
    }

    fn push(&mut self, kind: Kind) {
        let glued = !self.spaced && !self.tokens.is_empty();
        self.tokens.push(Token { kind, glued });
        self.spaced = false;
    }

    fn finish(self) -> Tokens {
        let known = |word: &str| BY_SOUND.get(&sound(word)).copied();
        let mut tokens = Vec::with_capacity(self.tokens.len());
        for Token { kind, glued } in self.tokens {
            let Kind::Word(word) = kind else {
                tokens.push(Token { kind, glued });
                continue;
            };
            let word = match known(&word) {
                Some(known) => Cow::Borrowed(known),
                None if word == "q" => "que".into(),
                None if word == "x" => "por".into(),
                // "dosmil".
                None => match word.strip_suffix("mil").and_then(known) {
                    Some(number) => {
                        tokens.push(Token { kind: Kind::Word(number.into()), glued });
                        "mil".into()
                    }
                    None => word,
                },
            };
            tokens.push(Token { kind: Kind::Word(word), glued });
        }
        Tokens(tokens)
    }
}

/// How a word sounds to most who speak Spanish: c, s and z, b and v, ll and y are the same, h is silent.
pub(crate) fn sound(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut heard = String::with_capacity(word.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let next = letters.get(at + 1).copied().unwrap_or_default();
        let soft = |c: char| matches!(c, 'e' | 'i');
        let (sounds, took) = match letter {
            'c' if next == 'h' => ("ch", 2),
            'c' if soft(next) => ("s", 1),
            'q' if next == 'u' && letters.get(at + 2).copied().is_some_and(soft) => ("k", 2),
            'c' | 'q' => ("k", 1),
            'z' => ("s", 1),
            'v' => ("b", 1),
            'h' => ("", 1),
            'l' if next == 'l' => ("y", 2),
            'y' if next == char::default() => ("i", 1),
            other => {
                heard.push(other);
                ("", 1)
            }
        };
        heard.push_str(sounds);
        at += took;
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let tokens = Tokens::of(text);
        let show = |token: &Token| {
            let glue = if token.glued { "+" } else { "" };
            match &token.kind {
                Kind::Word(word) => format!("{glue}{word}"),
                Kind::Digits(digits) => format!("{glue}#{digits}"),
                Kind::Mark(mark) => format!("{glue}{mark:?}"),
            }
        };
        tokens.0.iter().map(show).collect()
    }

    #[test]
    fn a_text_is_taken_apart() {
        assert_eq!(shown("S/ 1,500"), ["s", "+'/'", "#1", "+','", "+#500"]);
        assert_eq!(shown("16h30 Mañana"), ["#16", "+h", "+#30", "manana"]);
        assert_eq!(shown("1️⃣0️⃣ 🔟 ５"), ["#10", "#10", "#5"]);
        assert_eq!(shown("1º–2"), ["#1", "+'º'", "+'-'", "+#2"]);
        assert_eq!(shown("2½ ½"), ["#2", "+y", "media", "media"]);
        assert_eq!(shown("80m²"), ["#80", "+m", "+#2"]);
        assert_eq!(shown("dosmil x la q"), ["dos", "mil", "por", "la", "que"]);
        assert!(shown(" \t ").is_empty());
    }

    #[test]
    fn words_written_by_ear_are_known() {
        for (heard, word) in [
            ("oy", "hoy"),
            ("aller", "ayer"),
            ("dies", "diez"),
            ("kinse", "quince"),
            ("quatro", "cuatro"),
            ("savado", "sabado"),
            ("Miércolez", "miercoles"),
            ("nobiembre", "noviembre"),
            ("i", "y"),
            ("ocho", "ocho"),
            ("hocho", "ocho"),
        ] {
            assert_eq!(Tokens::of(heard).word(0), word, "{heard}");
        }
    }

    #[test]
    fn no_two_known_words_sound_alike() {
        let numbers = CARDINALS.iter().map(|(name, _)| *name);
        let calendar = MONTHS.iter().flat_map(|names| names.iter()).chain(WEEKDAYS.iter()).copied();
        for word in numbers.chain(calendar).chain(WORDS.iter().copied()) {
            assert_eq!(BY_SOUND[&sound(word)], word);
        }
    }

    #[test]
    fn beyond_the_ends_there_is_nothing() {
        let tokens = Tokens::of("a");
        assert_eq!(
            (tokens.word(7), tokens.before(0), tokens.digits(7), tokens.mark(7)),
            ("", "", None, None)
        );
        assert!(!tokens.glued(7) && tokens.is_over(7));
        assert_eq!(tokens.skip(0, &["a"]), 1);
    }
}
