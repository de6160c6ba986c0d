//! The options of a question: as buttons when they fit, else as a list, else as numbered lines.

use cauce_flows::fields::{Key, Template};
use cauce_flows::{Check, Context, fold, limits};
use cauce_model::{Button, Content, InboundContent, ListRow, ListSection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::foreign;

/// The label that opens a list when the author gives none.
pub(crate) const OPEN_LIST: &str = "Ver opciones";

/// One answer to choose.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Opción")]
pub struct Choice {
    /// Stable id; the key of its exit.
    #[schemars(title = "Identificador")]
    #[schemars(extend("x-help" = "No cambia aunque cambie el título."))]
    pub id: Key,
    /// What the customer reads.
    #[schemars(title = "Título", length(min = 1, max = limits::MENU_LINE))]
    #[schemars(extend("x-help" = "En un botón hasta 20 caracteres, en una lista hasta 24.", "x-i18n" = true))]
    pub title: String,
    /// A second line, in a list only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Descripción", length(min = 1, max = limits::LIST_ROW_DESCRIPTION))]
    #[schemars(extend("x-limit" = "limit.list_row_description", "x-i18n" = true))]
    pub description: Option<String>,
    /// Other words that mean it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Sinónimos", length(max = 20), inner(length(min = 1, max = 60)))]
    #[schemars(extend("x-help" = "Otras palabras con que se puede escribir esta respuesta.", "x-i18n" = true))]
    pub synonyms: Vec<String>,
    /// What is saved when it is chosen; the id when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Valor que se guarda", length(min = 1, max = 200))]
    pub value: Option<String>,
}

impl Choice {
    /// What is saved when it is chosen.
    pub(crate) fn saved(&self) -> serde_json::Value {
        self.value.as_deref().unwrap_or(self.id.source()).into()
    }
}

/// How options are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Buttons,
    List,
    /// A text with a numbered line for each.
    Lines,
}

impl Shape {
    /// The words to ask again with.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Buttons => "No te entendí. Toca uno de los botones, por favor.",
            Self::List => "No te entendí. Elige una opción de la lista, por favor.",
            Self::Lines => "No te entendí. Responde con el número de una opción, por favor.",
        }
    }
}

/// The first shape that these options fit.
pub(crate) fn shape(options: &[Choice]) -> Shape {
    let short = |most: usize| options.iter().all(|option| option.title.chars().count() <= most);
    let bare = options.iter().all(|option| option.description.is_none());
    if options.len() <= limits::BUTTONS && bare && short(limits::BUTTON_TITLE) {
        Shape::Buttons
    } else if options.len() <= limits::LIST_ROWS && short(limits::LIST_ROW_TITLE) {
        Shape::List
    } else {
        Shape::Lines
    }
}

/// The numbered lines that follow the text which asks.
pub(crate) fn lines(options: &[Choice]) -> String {
    let line = |(i, option): (usize, &Choice)| {
        let description = option.description.iter().map(|text| format!(": {text}"));
        format!("\n*{}.* {}{}", i + 1, option.title, description.collect::<String>())
    };
    std::iter::once("\n".to_owned()).chain(options.iter().enumerate().map(line)).collect()
}

/// What is wrong with options that may become numbered lines.
pub(crate) fn check_menu(options: &[Choice], at: &str, check: &mut Check<'_>) {
    if shape(options) != Shape::Lines {
        return;
    }
    for (i, option) in options.iter().enumerate().filter(|(_, option)| starts_with_digit(&option.title)) {
        check.error(
            &format!("{at}/{i}/title"),
            "node.answer.number",
            format!("Estas opciones se escriben numeradas, y «{}» empieza con otro número.", option.title),
            "Escribe el título sin un número delante.",
        );
    }
}

fn starts_with_digit(title: &str) -> bool {
    fold(title).starts_with(|c: char| c.is_ascii_digit())
}

/// What is wrong with options as the rows of a list.
pub(crate) fn check_rows(options: &[Choice], at: &str, check: &mut Check<'_>) {
    for (i, option) in options.iter().enumerate() {
        let length = option.title.chars().count();
        if length > limits::LIST_ROW_TITLE {
            check.error(
                &format!("{at}/{i}/title"),
                "limit.list_row_title",
                format!("Hay {length} caracteres y el máximo es {}.", limits::LIST_ROW_TITLE),
                "Acórtalo, o usa «type: choice», que escribe las opciones largas numeradas.",
            );
        }
    }
}

/// What is wrong with options, given where they stand in the config.
pub(crate) fn check(options: &[Choice], at: &str, check: &mut Check<'_>) {
    check.unique(
        &format!("{at}/{{}}/id"),
        "limit.id_repeated",
        options.iter().map(|option| option.id.source()),
    );
    check.unique(
        &format!("{at}/{{}}/title"),
        "limit.title_repeated",
        options.iter().map(|o| o.title.as_str()),
    );
    for (i, option) in options.iter().enumerate() {
        for (j, synonym) in option.synonyms.iter().enumerate() {
            let means = |other: &Choice| {
                std::iter::once(&other.title).chain(&other.synonyms).any(|word| fold(word) == fold(synonym))
            };
            let others = options.iter().enumerate().filter(|(k, _)| *k != i);
            if let Some((_, other)) = others.into_iter().find(|(_, other)| means(other)) {
                check.error(
                    &format!("{at}/{i}/synonyms/{j}"),
                    "node.answer.synonym",
                    format!("«{synonym}» significa también «{}».", other.title),
                    "Quítalo de una de las dos opciones.",
                );
            }
        }
    }
}

/// What is wrong with options as buttons.
pub(crate) fn check_buttons(options: &[Choice], at: &str, check: &mut Check<'_>) {
    for (i, option) in options.iter().enumerate() {
        let length = option.title.chars().count();
        if length > limits::BUTTON_TITLE {
            check.error(
                &format!("{at}/{i}/title"),
                "limit.button_title",
                format!("Hay {length} caracteres y el máximo de un botón es {}.", limits::BUTTON_TITLE),
                "Acórtalo, o usa una lista (hasta 24 caracteres y una descripción).",
            );
        }
        if option.description.is_some() {
            check.error(
                &format!("{at}/{i}/description"),
                "node.answer.description",
                "Un botón no lleva descripción.",
                "Quítala, o usa una lista.",
            );
        }
    }
}

/// A text too long to go with buttons or a list. (One too long for a plain text the schema finds.)
pub(crate) fn check_body(
    text: &Template,
    (most, code): (usize, &'static str),
    at: &str,
    check: &mut Check<'_>,
) {
    let written = text.written();
    if written > most && most < limits::TEXT_BODY {
        let doubt = limits::doubt(code).map(|doubt| format!(" {doubt}")).unwrap_or_default();
        check.error(
            at,
            code,
            format!("Hay {written} caracteres y el máximo con botones o lista es {most}.{doubt}"),
            "Acórtalo, o envía una parte antes con un paso «message».",
        );
    }
}

/// The message that asks: buttons.
pub(crate) fn buttons(cx: &Context<'_>, body: String, options: &[Choice]) -> Content {
    let button =
        |option: &Choice| Button { id: cx.option_id(option.id.source()), title: option.title.clone() };
    Content::Buttons { body, footer: None, buttons: options.iter().map(button).collect() }
}

/// The message that asks: a list.
pub(crate) fn list(cx: &Context<'_>, body: String, label: Option<&str>, options: &[Choice]) -> Content {
    let row = |option: &Choice| ListRow {
        id: cx.option_id(option.id.source()),
        title: option.title.clone(),
        description: option.description.clone(),
    };
    let sections = vec![ListSection { title: None, rows: options.iter().map(row).collect() }];
    let open = || foreign::phrases(cx.language()).map_or(OPEN_LIST, |phrases| phrases.open_list);
    Content::List { body, footer: None, button: label.unwrap_or_else(open).to_owned(), sections }
}

/// Which option an answer means.
pub(crate) fn chosen<'o>(
    cx: &Context<'_>,
    answer: &InboundContent,
    options: &'o [Choice],
) -> Option<&'o Choice> {
    let offered: Vec<_> = options
        .iter()
        .map(|option| (option.id.source(), option.title.as_str(), &option.synonyms[..]))
        .collect();
    cx.chosen(answer, &offered).and_then(|i| options.get(i))
}
