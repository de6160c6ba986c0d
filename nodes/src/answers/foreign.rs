//! What the house itself says when an answer does not fit, in languages other than Spanish. Of any other
//! language than these it says it in Spanish.

use super::files::FileKind;
use super::options::{self, Shape};
use super::{Answer, Files, Numbers, Words};

/// The phrases of a language.
pub(super) struct Phrases {
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    /// The label that opens a list.
    pub(super) open_list: &'static str,
    /// From which number to which an answer goes, each with what it means.
    pub(super) from_to: &'static str,
    pub(super) worst_best: [&'static str; 2],
    /// Something without words came where words were asked.
    pub(super) wordless: &'static str,
    buttons: &'static str,
    list: &'static str,
    lines: &'static str,
    phone: &'static str,
    email: &'static str,
    date: &'static str,
    time: &'static str,
    date_time: &'static str,
    document: &'static str,
    location: &'static str,
    open: fn(usize, usize) -> String,
    number: fn(bool, Option<f64>, Option<f64>) -> String,
    files: fn(&[FileKind]) -> String,
}

const ENGLISH: Phrases = Phrases {
    yes: "Yes",
    no: "No",
    open_list: "See options",
    from_to: "Please answer with a number from *{}* ({}) to *{}* ({}).",
    worst_best: ["the worst", "the best"],
    wordless: "I can only read written messages for now. Could you write it, please?",
    buttons: "Sorry, I didn't get that. Please tap one of the buttons.",
    list: "Sorry, I didn't get that. Please pick an option from the list.",
    lines: "Sorry, I didn't get that. Please answer with the number of an option.",
    phone: "That phone number doesn't look complete. If it is from another country, please write it with «+» and its code.",
    email: "That email doesn't look complete. Please write it like this: name@example.com",
    date: "I'm not sure which day you mean, or it is not one we can take. Please write a date, for example 25/3.",
    time: "I didn't get the time. Please write it like this: 16:30",
    date_time: "I'm not sure when you mean, or it is not a moment we can take. Please write it like this: 25/3 16:30",
    document: "That number doesn't look right. Please check your document and write it again.",
    location: "Please tap «Send location» and share it.",
    open: |min, max| match min {
        1 => format!("Please write it in a single message of up to {max} characters."),
        _ => format!("Please write it with {min} to {max} characters."),
    },
    number: |integer, min, max| {
        let what = if integer { "a whole number" } else { "a number" };
        format!("Please write it with {what}{}.", bounds(min, max, [" from ", " to ", " up to "]))
    },
    files: |kinds| {
        let word = |kind: &FileKind| match kind {
            FileKind::Image => "a photo",
            FileKind::Video => "a video",
            FileKind::Audio => "an audio",
            FileKind::Voice => "a voice note",
            FileKind::Document => "a document",
            FileKind::Sticker => "a sticker",
        };
        format!("Please send {}.", kinds.iter().map(word).collect::<Vec<_>>().join(" or "))
    },
};

const PORTUGUESE: Phrases = Phrases {
    yes: "Sim",
    no: "Não",
    open_list: "Ver opções",
    from_to: "Responda com um número de *{}* ({}) a *{}* ({}).",
    worst_best: ["o pior", "o melhor"],
    wordless: "Por enquanto só consigo ler mensagens escritas. Pode escrever, por favor?",
    buttons: "Não entendi. Toque em um dos botões, por favor.",
    list: "Não entendi. Escolha uma opção da lista, por favor.",
    lines: "Não entendi. Responda com o número de uma opção, por favor.",
    phone: "Esse telefone não parece completo. Se for de outro país, escreva com «+» e o código, por favor.",
    email: "Esse e-mail não parece completo. Escreva assim: nome@exemplo.com, por favor.",
    date: "Não ficou claro o dia, ou não é um que possamos aceitar. Escreva uma data, por exemplo 25/3, por favor.",
    time: "Não entendi a hora. Escreva assim: 16:30, por favor.",
    date_time: "Não ficou claro, ou não é um momento que possamos aceitar. Escreva assim: 25/3 16:30, por favor.",
    document: "Esse número não parece correto. Confira o documento e escreva de novo, por favor.",
    location: "Toque em «Enviar localização» e compartilhe, por favor.",
    open: |min, max| match min {
        1 => format!("Escreva em uma só mensagem de até {max} caracteres, por favor."),
        _ => format!("Escreva com {min} a {max} caracteres, por favor."),
    },
    number: |integer, min, max| {
        let what = if integer { "um número inteiro" } else { "um número" };
        format!("Escreva com {what}{}, por favor.", bounds(min, max, [" de ", " a ", " até "]))
    },
    files: |kinds| {
        let word = |kind: &FileKind| match kind {
            FileKind::Image => "uma foto",
            FileKind::Video => "um vídeo",
            FileKind::Audio => "um áudio",
            FileKind::Voice => "uma mensagem de voz",
            FileKind::Document => "um documento",
            FileKind::Sticker => "uma figurinha",
        };
        format!("Envie {}, por favor.", kinds.iter().map(word).collect::<Vec<_>>().join(" ou "))
    },
};

fn bounds(min: Option<f64>, max: Option<f64>, [from, to, up_to]: [&str; 3]) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{from}{min}{to}{max}"),
        (Some(min), None) => format!("{from}{min}"),
        (None, Some(max)) => format!("{up_to}{max}"),
        (None, None) => String::new(),
    }
}

/// The phrases of a language; `None` for Spanish, which is said with more care, and for those not known here.
pub(super) fn phrases(language: &str) -> Option<&'static Phrases> {
    match language.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "en" => Some(&ENGLISH),
        "pt" => Some(&PORTUGUESE),
        _ => None,
    }
}

impl Phrases {
    /// The words to ask again with.
    pub(super) fn hint(&self, answer: &Answer) -> String {
        let phrase = match answer {
            Answer::Open(words) => {
                let (min, max) = Words::bounds(words);
                return (self.open)(min, max);
            }
            Answer::Number(Numbers { min, max, integer }) => return (self.number)(*integer, *min, *max),
            Answer::Media(Files { kinds }) => return (self.files)(kinds),
            Answer::Phone => self.phone,
            Answer::Email => self.email,
            Answer::Date(_) => self.date,
            Answer::Time => self.time,
            Answer::DateTime(_) => self.date_time,
            Answer::YesNo | Answer::Buttons { .. } => self.buttons,
            Answer::List { .. } => self.list,
            Answer::Choice { options, .. } => match options::shape(options) {
                Shape::Buttons => self.buttons,
                Shape::List => self.list,
                Shape::Lines => self.lines,
            },
            Answer::Document(_) => self.document,
            Answer::Location => self.location,
        };
        phrase.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use cauce_flows::limits;

    use super::*;

    #[test]
    fn what_the_house_says_fits_its_place() {
        for phrases in [&ENGLISH, &PORTUGUESE] {
            assert!(
                [phrases.yes, phrases.no].iter().all(|title| title.chars().count() <= limits::BUTTON_TITLE)
            );
            assert!(phrases.open_list.chars().count() <= limits::LIST_BUTTON);
        }
        assert_eq!(
            (ENGLISH.number)(true, Some(1.0), Some(5.0)),
            "Please write it with a whole number from 1 to 5."
        );
        assert_eq!((PORTUGUESE.number)(false, None, Some(2.5)), "Escreva com um número até 2.5, por favor.");
        assert_eq!(
            (ENGLISH.files)(&[FileKind::Image, FileKind::Document]),
            "Please send a photo or a document."
        );
        assert!(phrases("en-US").is_some() && phrases("PT").is_some());
        assert!(phrases("es").is_none() && phrases("fr").is_none() && phrases("").is_none());
    }
}
