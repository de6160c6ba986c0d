//! What a question or a form asks for: how it is asked, what fits, and what is kept of it.

mod days;
mod files;
mod foreign;
mod numbers;
mod options;
mod papers;
mod probes;
mod retries;
mod wordless;
mod words;

use cauce_flows::fields::Template;
use cauce_flows::{Check, Context, Exit, Failure, limits, reading};
use cauce_model::{Button, ContactCard, Content, InboundContent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use days::Days;
use files::Files;
pub(crate) use numbers::Numbers;
pub(crate) use options::Choice;
use options::Shape;
use papers::Papers;
pub(crate) use retries::{DEFAULT_MAX, Retries, max as max_retries};
use words::Words;

/// What fits as an answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Words of their own.
    #[schemars(title = "Texto libre")]
    Open(Words),
    /// A number, also in words.
    #[schemars(title = "Número")]
    Number(Numbers),
    /// A phone, kept as `+51999888777`.
    #[schemars(title = "Teléfono")]
    Phone,
    /// An email address, kept trimmed and in lower case.
    #[schemars(title = "Correo")]
    Email,
    /// A day, kept as `2026-11-21`.
    #[schemars(title = "Fecha")]
    Date(Days),
    /// An hour, kept as `16:30`.
    #[schemars(title = "Hora")]
    Time,
    /// A day and an hour, kept as `2026-11-21T16:30`.
    #[schemars(title = "Fecha y hora")]
    DateTime(Days),
    /// Yes or no, kept as true or false.
    #[schemars(title = "Sí o no")]
    YesNo,
    /// One of up to three buttons.
    #[schemars(title = "Botones")]
    Buttons {
        /// The buttons.
        #[schemars(title = "Botones", length(min = 1, max = limits::BUTTONS))]
        #[schemars(extend("x-limit" = "limit.buttons"))]
        options: Vec<Choice>,
    },
    /// One of up to ten rows.
    #[schemars(title = "Lista")]
    List {
        /// The label that opens it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Botón que abre la lista", length(min = 1, max = limits::LIST_BUTTON))]
        #[schemars(extend("x-limit" = "limit.list_button", "x-i18n" = true))]
        button: Option<String>,
        /// The rows.
        #[schemars(title = "Opciones", length(min = 1, max = limits::LIST_ROWS))]
        #[schemars(extend("x-limit" = "limit.list_rows"))]
        options: Vec<Choice>,
    },
    /// One of several options, by what fits: buttons, else a list, else numbered lines.
    #[schemars(title = "Opción")]
    Choice {
        /// The label that opens the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Botón que abre la lista", length(min = 1, max = limits::LIST_BUTTON))]
        #[schemars(extend("x-limit" = "limit.list_button", "x-i18n" = true))]
        button: Option<String>,
        /// Up to three short ones are buttons, up to ten a list.
        #[schemars(title = "Opciones", length(min = 1, max = limits::MENU_LINES))]
        #[schemars(extend("x-help" = "Hasta 3 cortas son botones, hasta 10 una lista, y más se escriben numeradas."))]
        options: Vec<Choice>,
    },
    /// The number of an identity document, checked and written one way.
    #[schemars(title = "Documento de identidad")]
    Document(Papers),
    /// A place, by a button that sends it.
    #[schemars(title = "Ubicación")]
    Location,
    /// A picture, a document or another file.
    #[schemars(title = "Archivo")]
    Media(Files),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Open(Words::default())
    }
}

const YES: (&str, &str) = ("yes", "Sí");
const NO: (&str, &str) = ("no", "No");

/// An answer that fits.
pub(crate) struct Accepted {
    /// The exit of a question.
    pub(crate) exit: String,
    /// What is kept.
    pub(crate) value: Value,
}

impl Answer {
    /// The options to choose among; none for most.
    pub(crate) fn options(&self) -> &[Choice] {
        match self {
            Self::Buttons { options } | Self::List { options, .. } | Self::Choice { options, .. } => options,
            _ => &[],
        }
    }

    /// All that may be kept of it; empty when that may be anything.
    pub(crate) fn values(&self) -> Vec<Value> {
        match self {
            Self::YesNo => vec![true.into(), false.into()],
            _ => self.options().iter().map(Choice::saved).collect(),
        }
    }

    /// What screens call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "texto",
            Self::Number(_) => "número",
            Self::Phone => "teléfono",
            Self::Email => "correo",
            Self::Date(_) => "fecha",
            Self::Time => "hora",
            Self::DateTime(_) => "fecha y hora",
            Self::YesNo => "sí o no",
            Self::Buttons { .. } | Self::List { .. } | Self::Choice { .. } => "opción",
            Self::Document(_) => "documento de identidad",
            Self::Location => "ubicación",
            Self::Media(_) => "archivo",
        }
    }

    /// The exits of a question for answers that fit.
    pub(crate) fn exits(&self) -> Vec<Exit> {
        match self {
            Self::YesNo => [YES, NO].map(|(id, title)| Exit::new(id, title)).to_vec(),
            Self::Buttons { .. } | Self::List { .. } | Self::Choice { .. } => self
                .options()
                .iter()
                .map(|option| Exit::new(option.id.source(), option.title.as_str()))
                .collect(),
            _ => vec![Exit::new("ok", "Respondió")],
        }
    }

    /// Whether it is asked with a plain text, so that words must come back.
    fn wants_words(&self) -> bool {
        match self {
            Self::Open(_)
            | Self::Number(_)
            | Self::Phone
            | Self::Email
            | Self::Date(_)
            | Self::Time
            | Self::DateTime(_)
            | Self::Document(_) => true,
            Self::Choice { options, .. } => options::shape(options) == Shape::Lines,
            Self::YesNo | Self::Buttons { .. } | Self::List { .. } | Self::Location | Self::Media(_) => false,
        }
    }

    /// The most characters of the text that asks, and the limit's code.
    fn max_body(&self) -> (usize, &'static str) {
        let list = match self {
            Self::List { .. } => true,
            Self::Choice { options, .. } => options::shape(options) == Shape::List,
            _ => false,
        };
        let plain = self.wants_words() || matches!(self, Self::Media(_));
        match (plain, list) {
            (true, _) => (limits::TEXT_BODY, "limit.text_body"),
            (_, true) => (limits::LIST_BODY, "limit.list_body"),
            _ => (limits::INTERACTIVE_BODY, "limit.interactive_body"),
        }
    }

    /// What is wrong with it, given where it and the texts that ask stand in the config.
    pub(crate) fn check(&self, at: &str, texts: &[(String, &Template)], check: &mut Check<'_>) {
        options::check(self.options(), &format!("{at}/options"), check);
        match self {
            Self::Buttons { options } => options::check_buttons(options, &format!("{at}/options"), check),
            Self::List { options, .. } => options::check_rows(options, &format!("{at}/options"), check),
            Self::Choice { options, .. } => options::check_menu(options, &format!("{at}/options"), check),
            Self::Open(words) => words.check(at, check),
            Self::Number(numbers) => numbers.check(at, check),
            Self::Date(days) | Self::DateTime(days) => days.check(at, check),
            _ => {}
        }
        self.check_texts(texts, check);
    }

    /// Which of the texts that ask, each with where it stands in the config, are too long for that.
    pub(crate) fn check_texts(&self, texts: &[(String, &Template)], check: &mut Check<'_>) {
        for (at, text) in texts {
            options::check_body(text, self.max_body(), at, check);
        }
    }

    /// The message that asks, with these words.
    pub(crate) fn content(&self, cx: &Context<'_>, body: String) -> Content {
        match self {
            Self::YesNo => {
                let button =
                    |(id, title): (&str, &str)| Button { id: cx.option_id(id), title: title.to_owned() };
                Content::Buttons { body, footer: None, buttons: yes_no(cx).map(button).to_vec() }
            }
            Self::Buttons { options } => options::buttons(cx, body, options),
            Self::List { button, options } => options::list(cx, body, button.as_deref(), options),
            Self::Choice { button, options } => match options::shape(options) {
                Shape::Buttons => options::buttons(cx, body, options),
                Shape::List => options::list(cx, body, button.as_deref(), options),
                Shape::Lines => Content::Text { body: body + &options::lines(options) },
            },
            Self::Location => Content::LocationRequest { body },
            _ => Content::Text { body },
        }
    }

    /// What an answer means; `None` when it does not fit.
    pub(crate) fn accept(&self, cx: &Context<'_>, answer: &InboundContent) -> Option<Accepted> {
        let facts = cx.facts();
        let text = answer.text().map(str::trim).filter(|text| !text.is_empty());
        let value: Value = match self {
            Self::Open(words) => words.accept(text?)?,
            Self::Number(numbers) => numbers.accept(text?)?,
            Self::Phone => {
                let written = only_card(answer, |card| &card.phones).or(text)?;
                reading::phone(written, &facts.country)?.into()
            }
            Self::Email => reading::email(only_card(answer, |card| &card.emails).or(text)?)?.into(),
            Self::Date(days) => days.date(text?, &facts.place())?,
            Self::Time => reading::time(text?)?.to_string().into(),
            Self::DateTime(days) => days.date_time(text?, &facts.place())?,
            Self::YesNo => {
                let options = yes_no(cx).map(|(id, title)| (id, title, &[] as &[String]));
                let yes = match cx.chosen(answer, &options) {
                    Some(at) => at == 0,
                    None => reading::yes_no(text?)?,
                };
                let exit = if yes { YES.0 } else { NO.0 };
                return Some(Accepted { exit: exit.to_owned(), value: yes.into() });
            }
            Self::Buttons { options } | Self::List { options, .. } | Self::Choice { options, .. } => {
                let option = options::chosen(cx, answer, options)?;
                return Some(Accepted { exit: option.id.source().to_owned(), value: option.saved() });
            }
            Self::Document(papers) => papers.accept(text?, &facts.country)?,
            Self::Location => match answer {
                InboundContent::Location(place) => json!({
                    "latitude": place.latitude,
                    "longitude": place.longitude,
                    "name": place.name,
                    "address": place.address,
                }),
                _ => return None,
            },
            Self::Media(files) => files.accept(answer, facts.message)?,
        };
        Some(Accepted { exit: "ok".to_owned(), value })
    }

    /// The words to ask again with, after an answer that does not fit: what came, when words were to come
    /// and none did; else the author's; else a hint.
    pub(crate) fn again(
        &self,
        cx: &Context<'_>,
        answer: &InboundContent,
        text: Option<&Template>,
    ) -> Result<String, Failure> {
        if self.wants_words() && answer.text().is_none() {
            let foreign = foreign::phrases(cx.language()).map(|phrases| phrases.wordless);
            return Ok(foreign.unwrap_or_else(|| wordless::sentence(answer)).to_owned());
        }
        match text {
            Some(text) => cx.text(text),
            None => Ok(self.hint(cx)),
        }
    }

    fn hint(&self, cx: &Context<'_>) -> String {
        if let Some(phrases) = foreign::phrases(cx.language()) {
            return phrases.hint(self);
        }
        match self {
            Self::Open(words) => words.hint(),
            Self::Number(numbers) => numbers.hint(),
            Self::Phone => "Ese teléfono no parece completo. Si es de otro país, escríbelo con «+» y su código, por favor.".to_owned(),
            Self::Email => "Ese correo no parece completo. Escríbelo así: nombre@ejemplo.com, por favor.".to_owned(),
            Self::Date(days) => days.date_hint(),
            Self::Time => "No entendí la hora. Escríbela así: 16:30, por favor.".to_owned(),
            Self::DateTime(days) => days.date_time_hint(),
            Self::YesNo | Self::Buttons { .. } => Shape::Buttons.hint().to_owned(),
            Self::List { .. } => Shape::List.hint().to_owned(),
            Self::Choice { options, .. } => options::shape(options).hint().to_owned(),
            Self::Document(papers) => papers.hint(&cx.facts().country),
            Self::Location => "Toca «Enviar ubicación» y compártela, por favor.".to_owned(),
            Self::Media(files) => files.hint(),
        }
    }
}

/// The two answers to a question of yes or no, in the customer's language.
fn yes_no(cx: &Context<'_>) -> [(&'static str, &'static str); 2] {
    match foreign::phrases(cx.language()) {
        Some(phrases) => [(YES.0, phrases.yes), (NO.0, phrases.no)],
        None => [YES, NO],
    }
}

/// From which number to which an answer goes, and what these mean, in the customer's language.
pub(crate) fn from_to(cx: &Context<'_>, ends: [u8; 2], meanings: Option<[&str; 2]>) -> String {
    let (phrase, own) = match foreign::phrases(cx.language()) {
        Some(phrases) => (phrases.from_to, phrases.worst_best),
        None => ("Responde con un número del *{}* ({}) al *{}* ({}).", ["lo peor", "lo mejor"]),
    };
    let [worst, best] = meanings.unwrap_or(own);
    let values = [ends[0].to_string(), worst.to_owned(), ends[1].to_string(), best.to_owned()];
    values.iter().fold(phrase.to_owned(), |phrase, value| phrase.replacen("{}", value, 1))
}

/// What a single contact card says, when it says one thing of this sort.
fn only_card(answer: &InboundContent, of: impl Fn(&ContactCard) -> &Vec<String>) -> Option<&str> {
    match answer {
        InboundContent::Contacts { cards } => match &cards[..] {
            [card] => match &of(card)[..] {
                [only] => Some(only),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
