//! Yes and no.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::tokens::{Tokens, sound};

/// What a word or a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Yes,
    No,
    /// Yes by itself, nothing beside a yes or a no: "quiero", "no quiero".
    Will,
    /// Nothing: politeness, and what surrounds an answer.
    Nothing,
    /// That it is no clear answer.
    Doubt,
}

/// What people say from Mexico to Argentina and in Spain, phrase after phrase.
const PHRASES: [(Says, &str); 5] = [
    (
        Says::Yes,
        "si, sip, sipi, sipo, sep, simon, sisi, yes, yep, yeah, ya, ya pe, ya po, claro, claro que si, \
         clarin, dale, va, vale, venga, sale, orale, andale, listo, de una, joya, ok, oki, okis, okey, \
         okay, oka, okas, obvio, obvio que si, obviamente, por supuesto, por supuesto que si, desde \
         luego, de acuerdo, de todas maneras, efectivamente, en efecto, asi es, eso es, exacto, \
         exactamente, correcto, cierto, afirmativo, positivo, seguro, perfecto, excelente, genial, bueno, \
         buenisimo, bacan, chevere, con gusto, con mucho gusto, encantado, encantada, esta bien, ta bien, \
         esta perfecto, me parece, me parece bien, me parece perfecto, como no, sin problema, sin \
         problemas, no hay problema, no hay ningun problema, no tengo problema, ningun problema, no hay \
         drama, no tengo inconveniente, sin duda, sin dudas, hecho, confirmado, confirmada, aceptado, \
         conforme, vamos, eso mismo, tal cual, porsupuesto, por su puesto, deacuerdo",
    ),
    (
        Says::No,
        "no, nop, nope, nopo, nel, nones, na, nah, negativo, para nada, nunca, jamas, tampoco, claro que \
         no, obvio que no, por supuesto que no, desde luego que no, de ninguna manera, de ningun modo, en \
         absoluto, ni hablar, ni loco, ni loca, nada, ninguno, ninguna, incorrecto, falso, todavia no, \
         aun no, no todavia, no aun, nono, seguro que no, ni a palos, ni de broma, ya no, ahora no, por \
         ahora no, por el momento no, de momento no, mejor no, prefiero que no, no va, no sale, no de \
         acuerdo, no estoy de acuerdo, no me parece, no me parece bien, no esta bien, no es correcto, no \
         correcto, no conforme, no es cierto, no es asi",
    ),
    (
        Says::Will,
        "quiero, quisiera, deseo, acepto, aceptamos, confirmo, confirmamos, queremos, puedo, podemos, \
         tengo, tenemos, me interesa, me gustaria, me encantaria, me sirve, me queda bien, es correcto, \
         esta correcto, estoy de acuerdo, estoy seguro, estoy segura, autorizo, tengo seguro",
    ),
    (
        Says::Nothing,
        "por favor, porfa, porfavor, porfis, pf, plis, please, gracias, muchas, mil, muy, amable, hola, \
         buenas, buenos, buen, dia, dias, tardes, noches, señor, señora, señorita, señores, doctor, \
         doctora, amigo, amiga, joven, estimado, estimada, bro, che, we, wey, pues, pue, po, pe, pos, \
         oye, ah, ay, eh, mm, hm, uy, ja, je, jaja, jajaja, jeje, yo, nosotros, lo, la, los, las, el, \
         eso, este, esta, a, de, un, una, que, mas, bien, por ahora, por el momento, de momento, de nada, \
         por fa, xfa, y, en, con, es, soy, somos, estoy, disculpe, disculpa, perdon, le, te, les, usted, \
         ustedes, todo, saludos, bendiciones",
    ),
    (
        Says::Doubt,
        "no se, ni idea, no lo se, quien sabe, pero, depende, quizas, quiza, tal vez, talvez, puede ser, \
         puede, a veces, a lo mejor, de repente, capaz, acaso, supongo, creo, no creo, mas o menos, no \
         estoy seguro, no estoy segura, aunque, salvo, excepto, luego, despues, todavia, aun, por que no, \
         porque no, si es que, a ver, o, ni si ni no, ya veremos, vere, lo pensare, dejame pensarlo",
    ),
];

/// Signs that say it without words, whatever their colour.
const SIGNS: &[(Says, &[char])] = &[
    (Says::Yes, &['👍', '👌', '✅', '✔', '☑', '🆗', '🙆', '💯']),
    (Says::No, &['👎', '❌', '✖', '❎', '🚫', '🙅']),
    (Says::Doubt, &['🤷', '🤔', '?', '¿']),
];

/// Every phrase as its words sound, the longest first.
static BY_WORDS: LazyLock<Vec<(Vec<String>, Says)>> = LazyLock::new(|| {
    let each =
        PHRASES.iter().flat_map(|(says, phrases)| phrases.split(", ").map(move |phrase| (phrase, *says)));
    let heard = |phrase: &str| {
        let tokens = Tokens::of(phrase);
        (0..tokens.len()).map(|at| heard(tokens.word(at))).collect::<Vec<_>>()
    };
    let mut phrases: Vec<_> = each.map(|(phrase, says)| (heard(phrase), says)).collect();
    phrases.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
    phrases
});

/// Whether a text says yes (`true`) or no (`false`): "sí", "dale pues", "👍", "claro que no", "nooo gracias".
///
/// Every word must be one that belongs to such an answer; only after "sí" or "no" and a pause ("no, mejor el
/// martes"), or "sí" with its accent ("sí quiero reservar"), may others follow. Nothing when both are said,
/// when there is doubt ("no sé", "sí pero no", "¿sí?") or neither.
pub fn yes_no(text: &str) -> Option<bool> {
    let tokens = Tokens::of(text);
    let words: Vec<String> = (0..tokens.len()).map(|at| heard(tokens.word(at))).collect();
    // "Ok, mañana te aviso" and "ok, ¿cuánto es?" may only be politeness; "sí" and "no" are not.
    let plain = words.first().is_some_and(|word| matches!(word.as_str(), "si" | "no"));
    let mut verdict = Verdict::default();
    let mut opening = None;
    let mut at = 0;
    while at < tokens.len() {
        let mark = tokens.mark(at);
        if plain && mark.is_some_and(|mark| mark != '?') {
            opening = opening.or(verdict.answer());
        }
        let (says, next) = match mark {
            // "Sí, ¿a qué hora?": the question is another matter.
            Some('¿' | '?') if opening.is_some() => (Some(Says::Nothing), at + 1),
            Some(mark) => (Some(sign(mark)), at + 1),
            None => phrase(&words[at..]).map_or((None, at + 1), |(says, words)| (Some(says), at + words)),
        };
        verdict.hear(says);
        at = next;
    }
    if verdict.is_contrary() {
        return None;
    }
    if let Some(answer) = verdict.answer() {
        return Some(answer);
    }
    let accented = text.nfc().collect::<String>().to_lowercase();
    let sure = accented.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()) == Some("sí");
    opening.or(sure.then_some(true))
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Verdict {
    yes: bool,
    no: bool,
    will: bool,
    doubt: bool,
    unknown: bool,
}

impl Verdict {
    fn hear(&mut self, says: Option<Says>) {
        match says {
            Some(Says::Yes) => self.yes = true,
            Some(Says::No) => self.no = true,
            Some(Says::Will) => self.will = true,
            Some(Says::Doubt) => self.doubt = true,
            Some(Says::Nothing) => {}
            None => self.unknown = true,
        }
    }

    fn is_contrary(&self) -> bool {
        self.doubt || self.yes && self.no
    }

    /// The answer, when all of it belongs to one and says one thing.
    fn answer(&self) -> Option<bool> {
        let clear = !self.unknown && !self.is_contrary() && (self.yes || self.no || self.will);
        clear.then_some(!self.no)
    }
}

/// The longest phrase that starts these words, and how many it has.
fn phrase(words: &[String]) -> Option<(Says, usize)> {
    let found = BY_WORDS.iter().find(|(phrase, _)| words.starts_with(phrase));
    found.map(|(phrase, says)| (*says, phrase.len()))
}

/// What a mark says.
fn sign(mark: char) -> Says {
    SIGNS.iter().find(|(_, signs)| signs.contains(&mark)).map_or(Says::Nothing, |(says, _)| *says)
}

/// How a word sounds, however long it is drawn: "siiii", "nooo".
fn heard(word: &str) -> String {
    let mut letters: Vec<char> = sound(word).chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yes_is_understood() {
        const TEXTS: &str = "sí | si | SI | Sí. | siii | sip | sisi | si si | sí, claro | claro | claro que sí | dale | \
             dale pues | ok | OK 👍 | okey | okkk | vale | va | sale | órale | listo | de una | ya | ya pues \
             | sí pe | sipo | simón | por supuesto | por supuesto que sí | de acuerdo | estoy de acuerdo | \
             está bien | esta bien gracias | me parece bien | correcto | es correcto | así es | exacto | \
             perfecto | obvio | cómo no | no hay problema | sin problema | acepto | sí acepto | quiero | sí \
             quiero | si, por favor | sí porfa | me interesa | confirmo | sí, quiero reservar para 4 | sí \
             quiero reservar | Si, mañana a las 4 | 👍 | 👍🏽 | 👌 | ✅ | ✔️ | hola, sí | buenas tardes, sí por \
             favor | si señorita | sí 🙏 | sí!!! | bueno | si tengo | sí, muchas gracias | x supuesto | si x \
             favor | yes please | eso mismo | ci | zi | afirmativo | con gusto | sí, ¿a qué hora? | sí \
             ¿dónde es?";
        for text in TEXTS.split(" | ") {
            assert_eq!(yes_no(text), Some(true), "{text}");
        }
    }

    #[test]
    fn no_is_understood() {
        const TEXTS: &str = "no | No. | NO | nooo | nop | nel | no gracias | no, gracias | no muchas gracias | para nada | \
             claro que no | por supuesto que no | no quiero | no, no quiero | no acepto | no me interesa | \
             no tengo | no puedo | no estoy de acuerdo | no es correcto | ahora no | por ahora no | ya no | \
             todavía no | mejor no | de ninguna manera | nunca | jamás | ninguno | nada | nada, gracias | \
             no, mejor el martes | No, tengo otra cita | 👎 | 👎🏿 | ❌ | 🙅‍♀️ | no 😔 | negativo | no no | nono \
             | hola, no | claro q no | no tengo seguro | no todavía | seguro que no | no por el momento";
        for text in TEXTS.split(" | ") {
            assert_eq!(yes_no(text), Some(false), "{text}");
        }
    }

    #[test]
    fn doubt_is_neither() {
        const TEXTS: &str = "hola | gracias | no sé | no lo sé | sí pero no | sí, pero mañana no puedo | si no | no sí | sí \
             y no | quizás | tal vez | depende | más o menos | puede ser | ¿sí? | no? | creo | no creo | \
             creo que sí | yo creo que no | supongo que sí | no estoy seguro | sí o no | por qué no | 1 | 2 \
             | si 2 | 👍👎 | sí 👎 | 🤔 | quiero saber si puedo ir | si tengo tiempo voy | no entiendo | no me \
             llegó el código | no funciona | cuánto cuesta | sino | siempre | noche | buenas noches | ok, \
             no | de nada | 🙏 | mañana | nota | ok, ¿cuánto cuesta? | ok, mañana te aviso | quiero, por \
             favor, cancelar | el sí de las niñas";
        for text in TEXTS.split(" | ") {
            assert_eq!(yes_no(text), None, "{text}");
        }
        assert_eq!(yes_no(""), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            yes_no(&text);
        }

        #[test]
        fn what_says_both_says_nothing(
            yes in "sí|claro|dale|ok|👍|por supuesto",
            no in "no gracias|nop|para nada|👎|jamás",
            between in " |, |\\. | y ",
        ) {
            prop_assert_eq!(yes_no(&format!("{yes}{between}{no}")), None);
            prop_assert_eq!(yes_no(&format!("{no}{between}{yes}")), None);
        }
    }
}
