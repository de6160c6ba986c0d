//! Answers that fit, for scenarios that are made up: plain ones, those at the bounds, and those that the rules
//! of the flow tell apart.

use cauce_flows::fields::Name;
use cauce_flows::limits;
use cauce_flows::scenario::{Probe, Seen};
use serde_json::Value;

use super::Answer;
use super::files::FileKind;

/// The most answers to one question.
const MOST: usize = 24;
/// Words for whatever may be answered freely.
const WORDS: &str = "Rosa Quispe";
/// Numbers of documents, one of every kind and more, with the check digits they need.
const PAPERS: [&str; 16] = [
    "10117410",
    "20131312955",
    "30.123.456",
    "20-05536168-2",
    "12.345.678-5",
    "BOXW310820HNERXN09",
    "GODE561231GR8",
    "79.123.456",
    "890.903.938-8",
    "1710034065",
    "1792060346001",
    "1.234.567-2",
    "12345678Z",
    "X1234567L",
    "1032456789",
    "A-1234567",
];

impl Answer {
    /// What a customer could say that fits, when it is kept under this name. Taps are not among them.
    pub(crate) fn probes(&self, seen: &Seen<'_>, name: Option<&Name>) -> Vec<Probe> {
        let values = name.map(|name| seen.values(name.source())).unwrap_or_default();
        let texts = || values.iter().filter_map(Value::as_str).map(str::to_owned);
        let facts = seen.facts();
        let fitting = |texts: Vec<String>, fits: &dyn Fn(&str) -> bool| -> Vec<Probe> {
            texts.into_iter().filter(|text| fits(text)).take(MOST).map(Probe::Writes).collect()
        };
        match self {
            Self::Open(words) => {
                let mut all = vec![WORDS.to_owned()];
                all.extend(texts());
                // Lengths that rules may ask for, and the author's own bounds.
                let numbers = values.iter().filter_map(Value::as_u64).filter_map(|n| usize::try_from(n).ok());
                let bounds = words.min_length.into_iter().chain(words.max_length);
                for length in bounds.chain(numbers).filter(|n| (1..=limits::TEXT_BODY).contains(n)) {
                    all.push(
                        WORDS.chars().cycle().take(length).map(|c| if c == ' ' { 'a' } else { c }).collect(),
                    );
                }
                all.extend(values.iter().filter(|value| value.is_number()).map(Value::to_string));
                fitting(all, &|text| words.accept(text.trim()).is_some())
            }
            Self::Number(numbers) => {
                let known = values.iter().filter_map(Value::as_f64);
                let bounds = numbers.min.into_iter().chain(numbers.max);
                let middle = numbers.min.unwrap_or(1.0).max(2.0);
                let all = [middle, 1.0].into_iter().chain(known).chain(bounds).chain([0.0, 10.0, 100.0]);
                let written = all.filter(|n| n.abs() < 1e9).map(|n| (n * 100.0).round() / 100.0);
                fitting(written.map(|n| n.to_string()).collect(), &|text| numbers.accept(text).is_some())
            }
            Self::Phone => {
                let own = facts.contact.phone.clone().filter(|phone| !phone.is_empty());
                fitting(vec![format!("+{}", own.unwrap_or_else(|| "51999888777".to_owned()))], &|_| true)
            }
            Self::Email => fitting(vec!["ana@ejemplo.com".to_owned()], &|_| true),
            Self::Date(days) => {
                let mut all: Vec<String> = texts().collect();
                all.extend(days.from.iter().chain(&days.to).cloned());
                all.extend(DAYS.map(str::to_owned));
                let place = facts.place();
                fitting(all, &|text| days.date(text, &place).is_some())
            }
            Self::Time => {
                let mut all = vec!["16:30".to_owned(), "09:00".to_owned(), "23:00".to_owned()];
                all.extend(texts());
                fitting(all, &|text| cauce_flows::reading::time(text).is_some())
            }
            Self::DateTime(days) => {
                let bounds = days.from.iter().chain(&days.to).map(String::as_str);
                let all = bounds.chain(DAYS).map(|day| format!("{day} a las 16:30"));
                let all = texts().map(|text| text.replace('T', " ")).chain(all);
                let place = facts.place();
                fitting(all.collect(), &|text| days.date_time(text, &place).is_some())
            }
            Self::YesNo => fitting(vec!["sí".to_owned(), "no".to_owned()], &|_| true),
            Self::Buttons { options } | Self::List { options, .. } | Self::Choice { options, .. } => {
                options.iter().map(|option| Probe::Writes(option.title.clone())).collect()
            }
            Self::Document(papers) => {
                let all = texts().chain(PAPERS.map(str::to_owned));
                fitting(all.collect(), &|text| papers.accept(text, &facts.country).is_some())
            }
            Self::Location => vec![Probe::Sends("location -12.05,-77.04 Plaza San Martín".to_owned())],
            Self::Media(files) => {
                files.kinds.iter().map(|kind| Probe::Sends(typed(*kind).to_owned())).collect()
            }
        }
    }
}

/// Days of every side, near and far.
const DAYS: [&str; 12] = [
    "mañana",
    "hoy",
    "ayer",
    "pasado mañana",
    "en 3 días",
    "en 7 días",
    "en 30 días",
    "en 90 días",
    "hace 3 días",
    "hace 30 días",
    "8/5/1990",
    "15/3/2028",
];

/// How a file of this sort is typed.
fn typed(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Image => "image",
        FileKind::Video => "video",
        FileKind::Audio => "audio",
        FileKind::Voice => "voice",
        FileKind::Document => "document",
        FileKind::Sticker => "sticker",
    }
}
