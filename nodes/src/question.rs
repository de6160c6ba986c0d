//! `question`: asks one thing and waits for the answer.

use cauce_flows::fields::{Name, Period, Template};
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step, Turn,
    WaitKind, Write, limits,
};
use cauce_model::{Content, InboundContent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::options::{self, Choice};
use crate::retries::{self, NOT_WORDS, Retries};

/// Config of `question`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Pregunta")]
pub struct Question {
    /// What is asked.
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "La pregunta. Puede llevar datos: {{ nombre }}."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Template,
    /// How it is answered; freely when nothing is said.
    #[serde(default)]
    #[schemars(title = "Respuesta")]
    pub answer: Answer,
    /// Where the answer is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar en")]
    #[schemars(extend("x-help" = "Nombre del dato donde queda la respuesta."))]
    pub save_to: Option<Name>,
    /// How to ask again when the answer does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reintentos")]
    pub retries: Option<Retries>,
    /// How long to wait for an answer; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo de espera")]
    #[schemars(extend("x-help" = "Por ejemplo 30m o 2h. Al pasar, se sale por «timeout»."))]
    pub timeout: Option<Period>,
}

/// How a question is answered.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// With words of their own.
    #[default]
    #[schemars(title = "Abierta")]
    Open,
    /// With one of up to three buttons.
    #[schemars(title = "Botones")]
    Buttons {
        /// The buttons.
        #[schemars(title = "Botones", length(min = 1, max = limits::BUTTONS))]
        #[schemars(extend("x-limit" = "limit.buttons"))]
        options: Vec<Choice>,
    },
    /// With one of up to ten rows.
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
}

impl Answer {
    fn options(&self) -> &[Choice] {
        match self {
            Self::Open => &[],
            Self::Buttons { options } | Self::List { options, .. } => options,
        }
    }
}

impl Question {
    fn ask(&self, cx: &mut Context<'_>, body: String) -> Result<Step, Failure> {
        let content = match &self.answer {
            Answer::Open => Content::Text { body },
            Answer::Buttons { options } => options::buttons(cx, body, options),
            Answer::List { button, options } => options::list(cx, body, button.as_deref(), options),
        };
        cx.say(content)?;
        Ok(Step::Wait(WaitKind::Answer, self.timeout.map(Period::duration)))
    }

    fn body(&self, cx: &Context<'_>) -> Result<String, Failure> {
        let max = match self.answer {
            Answer::Open => limits::TEXT_BODY,
            _ => limits::INTERACTIVE_BODY,
        };
        cx.text(&self.text, max)
    }

    /// The exit an answer takes and what is saved of it; `None` when it does not fit.
    fn accept(&self, cx: &Context<'_>, answer: &InboundContent) -> Option<(String, Value)> {
        match &self.answer {
            Answer::Open => {
                let text = answer.text().map(str::trim).filter(|text| !text.is_empty())?;
                Some(("ok".to_owned(), text.into()))
            }
            other => options::chosen(cx, answer, other.options())
                .map(|option| (option.id.source().to_owned(), option.saved())),
        }
    }

    fn ask_again(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let tries: u32 = cx.memo();
        if tries >= retries::max(self.retries.as_ref()) {
            return Ok(Step::go("no_match"));
        }
        cx.keep(&(tries + 1));
        let otherwise = match &self.answer {
            // An open question takes any words, so these were none.
            Answer::Open => return self.ask(cx, NOT_WORDS.to_owned()),
            Answer::Buttons { .. } => "No te entendí. Toca uno de los botones, por favor.",
            Answer::List { .. } => "No te entendí. Elige una opción de la lista, por favor.",
        };
        let text = self.retries.as_ref().and_then(|retries| retries.text.as_ref());
        let body = retries::words(cx, text, otherwise, limits::INTERACTIVE_BODY)?;
        self.ask(cx, body)
    }
}

impl Behaviour for Question {
    fn exits(&self) -> Vec<Exit> {
        let mut exits: Vec<Exit> = match &self.answer {
            Answer::Open => vec![Exit::new("ok", "Respondió")],
            other => other.options().iter().map(|o| Exit::new(o.id.source(), o.title.as_str())).collect(),
        };
        exits.push(Exit::no_match());
        exits.extend(self.timeout.map(|_| Exit::timeout()));
        exits
    }

    fn check(&self, check: &mut Check<'_>) {
        let options = self.answer.options();
        options::check(options, "/answer/options", check);
        if !matches!(self.answer, Answer::Open) {
            options::check_body(&self.text, "/text", check);
        }
        for (i, option) in options.iter().enumerate() {
            let at = format!("/answer/options/{i}");
            if ["no_match", "timeout"].contains(&option.id.source()) {
                check.error(
                    &format!("{at}/id"),
                    "node.question.id_reserved",
                    format!("«{}» es el nombre de otra salida.", option.id.source()),
                    "Usa otro identificador para esta opción.",
                );
            }
            if let Answer::Buttons { .. } = self.answer {
                let length = option.title.chars().count();
                if length > limits::BUTTON_TITLE {
                    check.error(
                        &format!("{at}/title"),
                        "limit.button_title",
                        format!(
                            "Hay {length} caracteres y el máximo de un botón es {}.",
                            limits::BUTTON_TITLE
                        ),
                        "Acórtalo, o usa una lista (hasta 24 caracteres y una descripción).",
                    );
                }
                if option.description.is_some() {
                    check.error(
                        &format!("{at}/description"),
                        "node.question.description",
                        "Un botón no lleva descripción.",
                        "Quítala, o usa una lista.",
                    );
                }
            }
        }
    }

    fn writes(&self) -> Vec<Write> {
        self.save_to.iter().map(Write::new).collect()
    }

    fn summary(&self) -> Vec<String> {
        let text = self.text.source().to_owned();
        std::iter::once(text)
            .chain(self.timeout.map(|timeout| format!("Espera {}", timeout.words())))
            .collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let body = self.body(cx)?;
        self.ask(cx, body)
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Answer(answer) = why else { return Ok(Step::go("timeout")) };
        let Some((exit, value)) = self.accept(cx, answer) else { return self.ask_again(cx) };
        if let Some(name) = &self.save_to {
            cx.set(name, value);
        }
        Ok(Step::Go(exit))
    }
}

impl NodeKind for Question {
    const META: Meta = Meta {
        kind: "question",
        v: 1,
        name: "Pregunta",
        description: "Pregunta algo y espera la respuesta: abierta, con botones o con una lista.",
        group: "Preguntas",
        icon: "message-question",
        color: "violet",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const BUTTONS: &str = r#"
id: menu
name: Menú
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config:
      text: ¿En qué te ayudamos?
      answer: { type: buttons, options: [{ id: ventas, title: Ventas }, { id: soporte, title: Atención }] }
      retries: { max: 1, text: "No te entendí. Toca un botón, por favor." }
      timeout: 2h
    exits: { ventas: fin, soporte: fin, no_match: fin, timeout: fin }
  fin: { kind: end }
"#;
        const LIST: &str = r#"
id: nota
name: Calificación
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config:
      text: ¿Cómo estuvo la atención?
      answer:
        type: list
        button: Calificar
        options:
          - { id: buena, title: "2 · Buena", value: "2" }
          - { id: mala, title: "1 · Mala", value: "1" }
      save_to: nota
    exits: { buena: gracias, mala: gracias, no_match: gracias }
  gracias: { kind: end, config: { text: "Anotamos un {{ nota }}." } }
"#;
        const OPEN: &str = r#"
id: nombre
name: Nombre
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: ¿Cómo te llamas?, save_to: nombre, retries: { max: 1 } }
    exits: { ok: gracias, no_match: fin }
  gracias: { kind: end, config: { text: "Gracias, {{ nombre }}." } }
  fin: { kind: end }
"#;
        const ASKS: &[&str] = &["¿En qué te ayudamos? [Ventas] [Atención]"];
        const ASKS_AGAIN: &[&str] = &["No te entendí. Toca un botón, por favor. [Ventas] [Atención]"];
        vec![
            Example {
                title: "Botones: se toca uno",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(Happens::Taps("Atención"), &[], "soporte"),
                ],
            },
            Example {
                title: "Botones: se escribe el título o el número",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(Happens::Writes("ATENCION!"), &[], "soporte"),
                ],
            },
            Example {
                title: "Botones: una respuesta que no sirve, y después un botón viejo",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::stays(Happens::Writes("¿tienen estacionamiento?"), ASKS_AGAIN),
                    Turn::leaves(Happens::Taps("Ventas"), &[], "ventas"),
                ],
            },
            Example {
                title: "Botones: se acaban los reintentos",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::stays(Happens::Sends("sticker"), ASKS_AGAIN),
                    Turn::stays(Happens::Sends("reaction"), &[]),
                    Turn::leaves(Happens::Writes("3"), &[], "no_match"),
                ],
            },
            Example {
                title: "Botones: no responde",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(Happens::TimePasses, &[], "timeout"),
                ],
            },
            Example {
                title: "Lista: vale el número escrito en el título",
                flow: LIST,
                turns: vec![
                    Turn::stays(
                        Happens::Writes("hola"),
                        &["¿Cómo estuvo la atención? (Calificar) [2 · Buena] [1 · Mala]"],
                    ),
                    Turn::leaves(Happens::Writes("2"), &["Anotamos un 2."], "buena"),
                ],
            },
            Example {
                title: "Abierta: una nota de voz no es un texto",
                flow: OPEN,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Sends("audio"), &[NOT_WORDS]),
                    Turn::leaves(Happens::Writes(" Ana María "), &["Gracias, Ana María."], "ok"),
                ],
            },
        ]
    }
}
