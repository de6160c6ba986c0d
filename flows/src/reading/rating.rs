//! How good something was.

use std::ops::RangeInclusive;

use super::number::{Number, number};
use super::numeral;
use super::tokens::Tokens;

/// Signs that count one each.
const STARS: [char; 6] = ['⭐', '🌟', '★', '⭑', '✨', '✭'];

/// Words that may stand beside a mark. Beside any other a number may count something else ("esperé 2 horas").
const BESIDE: &[&str] = &[
    "a",
    "atencion",
    "bien",
    "buena",
    "buenisima",
    "buenisimo",
    "bueno",
    "calificacion",
    "con",
    "creo",
    "dar",
    "daria",
    "de",
    "diria",
    "doy",
    "el",
    "es",
    "estrella",
    "estrellas",
    "estrellitas",
    "estuvo",
    "excelente",
    "favor",
    "fue",
    "genial",
    "gracias",
    "hola",
    "horrible",
    "la",
    "le",
    "les",
    "lo",
    "los",
    "mala",
    "malisimo",
    "malo",
    "mal",
    "me",
    "merece",
    "merecen",
    "mi",
    "muchas",
    "muy",
    "nota",
    "numero",
    "para",
    "perfecta",
    "perfecto",
    "pesima",
    "pesimo",
    "pongo",
    "por",
    "porfa",
    "puntaje",
    "punto",
    "puntos",
    "que",
    "regular",
    "seria",
    "servicio",
    "super",
    "te",
    "todo",
    "un",
    "una",
    "uno",
    "yo",
];

/// The mark in a text, out of those that there are: "5", "un nueve", "cinco estrellas", "⭐⭐⭐", "4/5", "8 de 10".
///
/// "4 ⭐" is 4, for there the star only says what is counted; "un servicio excelente" is no 1. After a mark and a
/// pause anything may follow ("5, llegaron antes"). Nothing when there are several marks, decimals, or one that is
/// not among those; "8 de 10" is none where the best is 5.
pub fn rating(text: &str, marks: &RangeInclusive<u8>) -> Option<u8> {
    let tokens = Tokens::of(text);
    let stars = (0..tokens.len()).filter(|at| is_star(&tokens, *at)).count();
    if stars > 0 {
        let without = text.replace(STARS, " ");
        return match mark(&without) {
            Some(mark) if stars == 1 || stars == usize::from(mark) => Some(mark),
            None if number(&without).is_none() && says_only(&tokens) => u8::try_from(stars).ok(),
            _ => None,
        }
        .filter(|mark| marks.contains(mark));
    }
    let lower = text.to_lowercase();
    let of_best = ["/", " de ", " sobre "].into_iter().find_map(|sign| {
        let (said, best) = lower.rsplit_once(sign)?;
        (mark(best)? == *marks.end()).then_some(said)
    });
    mark(of_best.unwrap_or(text)).filter(|mark| marks.contains(mark))
}

/// The number in a text that says nothing else, or that else after a pause.
fn mark(text: &str) -> Option<u8> {
    let tokens = Tokens::of(text);
    let Number::Integer(number) = number(text)? else { return None };
    // "Un" and "una" are mostly no number.
    let words = || (0..tokens.len()).map(|at| tokens.word(at));
    let digits = (0..tokens.len()).any(|at| tokens.digits(at).is_some());
    let counts = |at: usize| {
        let of = tokens.word(at + 1);
        matches!(tokens.word(at), "un" | "una") && (of.starts_with("estrell") || of == "punto")
    };
    let is_said = digits || number != 1 || words().any(|word| word == "uno") || (0..tokens.len()).any(counts);
    (is_said && says_only(&tokens)).then(|| u8::try_from(number).ok())?
}

/// Whether nothing stands beside the numbers but what belongs to a mark.
fn says_only(tokens: &Tokens) -> bool {
    let (mut at, mut said) = (0, false);
    while at < tokens.len() {
        if let Some((_, next)) = numeral::read(tokens, at) {
            (at, said) = (next, true);
            continue;
        }
        let word = tokens.word(at);
        if said && word.is_empty() && !is_star(tokens, at) {
            return true;
        }
        if !word.is_empty() && !BESIDE.contains(&word) {
            return false;
        }
        at += 1;
    }
    true
}

fn is_star(tokens: &Tokens, at: usize) -> bool {
    tokens.mark(at).is_some_and(|mark| STARS.contains(&mark))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_understood() {
        for (text, best, mark) in [
            ("5", 5, 5),
            ("cinco", 5, 5),
            ("Le doy un 4", 5, 4),
            ("un nueve", 10, 9),
            ("diez!!", 10, 10),
            ("🔟", 10, 10),
            ("cinco estrellas", 5, 5),
            ("⭐⭐⭐", 5, 3),
            ("⭐️⭐️⭐️ !", 5, 3),
            ("🌟🌟", 3, 2),
            ("★★★★☆", 5, 4),
            ("4 ⭐", 5, 4),
            ("3 ⭐⭐⭐", 5, 3),
            ("4/5", 5, 4),
            ("8 de 10", 10, 8),
            ("10 de 10", 10, 10),
            ("un 7 sobre diez", 10, 7),
            ("5, llegaron antes de lo que dijeron", 5, 5),
            ("5. Gracias a Marta, la de la mañana", 5, 5),
            ("muy bien, un 5", 5, 5),
            ("10 excelente servicio", 10, 10),
            ("uno", 5, 1),
            ("una estrella", 5, 1),
            ("un 1", 5, 1),
            ("⭐⭐⭐⭐ muchas gracias", 5, 4),
        ] {
            assert_eq!(rating(text, &(1..=best)), Some(mark), "{text}");
        }
        assert_eq!(rating("cero", &(0..=10)), Some(0));
        assert_eq!(rating("0", &(0..=10)), Some(0));
    }

    #[test]
    fn doubtful_marks_are_not() {
        for text in [
            "",
            "bien",
            "6",
            "0",
            "-3",
            "4.5",
            "4,5",
            "4 o 5",
            "entre 3 y 4",
            "8 de 10",
            "⭐⭐⭐⭐⭐⭐",
            "3 ⭐⭐",
            "⭐⭐ o ⭐⭐⭐",
            "⭐⭐ y media",
            "☆",
            "100%",
            "la profe es un amor",
            "un servicio excelente",
            "esperé 2 horas",
            "llegué el 4/5",
            "me trajeron 3 de 5 cosas",
            "compré dos",
            "⭐⭐ quisiera otra cosa",
        ] {
            assert_eq!(rating(text, &(1..=5)), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_mark_is_read_as_it_is_written(mark in 0_u8..=10, text in ".{0,40}") {
            prop_assert_eq!(rating(&mark.to_string(), &(0..=10)), Some(mark));
            if let Some(read) = rating(&text, &(1..=5)) {
                prop_assert!((1..=5).contains(&read));
            }
        }
    }
}
