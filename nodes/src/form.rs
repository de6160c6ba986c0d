//! `form`: asks for several data, one after another, each checked and asked again when it does not fit.

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
use crate::retries::{self, NOT_WORDS};

/// The longest text when a field does not say.
const DEFAULT_MAX_LENGTH: usize = 200;

/// Config of `form`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Formulario")]
pub struct Form {
    /// Asked in order.
    #[schemars(title = "Datos", length(min = 1, max = 20))]
    #[schemars(extend("x-help" = "Se piden uno por uno, en este orden."))]
    pub fields: Vec<Field>,
    /// How often a datum is asked again; then the form is left by `no_match`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reintentos por dato", range(max = 10))]
    pub retries: Option<u32>,
    /// How long to wait for each datum; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo de espera")]
    #[schemars(extend("x-help" = "Para cada dato. Al pasar, se sale por «timeout»."))]
    pub timeout: Option<Period>,
}

/// One datum.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Field {
    /// Words.
    #[schemars(title = "Texto")]
    Text {
        /// Where it is kept.
        #[schemars(title = "Guardar en")]
        key: Name,
        /// How screens call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Etiqueta", length(min = 1, max = 60))]
        label: Option<String>,
        /// What is asked.
        #[schemars(title = "Pregunta")]
        #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
        ask: Template,
        /// What is said when the answer does not fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Texto al reintentar")]
        #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
        retry: Option<Template>,
        /// The fewest characters; 1 when nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Mínimo de caracteres", range(min = 1, max = 4096))]
        min_length: Option<usize>,
        /// The most characters; 200 when nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Máximo de caracteres", range(min = 1, max = 4096))]
        max_length: Option<usize>,
    },
    /// An email address, kept trimmed and in lower case.
    #[schemars(title = "Correo")]
    Email {
        /// Where it is kept.
        #[schemars(title = "Guardar en")]
        key: Name,
        /// How screens call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Etiqueta", length(min = 1, max = 60))]
        label: Option<String>,
        /// What is asked.
        #[schemars(title = "Pregunta")]
        #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
        ask: Template,
        /// What is said when the answer does not fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Texto al reintentar")]
        #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
        retry: Option<Template>,
    },
    /// One of several options: buttons when they fit, else a list.
    #[schemars(title = "Opción")]
    Choice {
        /// Where it is kept.
        #[schemars(title = "Guardar en")]
        key: Name,
        /// How screens call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Etiqueta", length(min = 1, max = 60))]
        label: Option<String>,
        /// What is asked.
        #[schemars(title = "Pregunta")]
        #[schemars(extend("maxLength" = limits::INTERACTIVE_BODY, "x-limit" = "limit.interactive_body", "x-i18n" = true))]
        ask: Template,
        /// What is said when the answer does not fit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Texto al reintentar")]
        #[schemars(extend("maxLength" = limits::INTERACTIVE_BODY, "x-limit" = "limit.interactive_body", "x-i18n" = true))]
        retry: Option<Template>,
        /// Up to ten.
        #[schemars(title = "Opciones", length(min = 1, max = limits::LIST_ROWS))]
        #[schemars(extend("x-limit" = "limit.list_rows"))]
        options: Vec<Choice>,
        /// The label that opens the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(title = "Botón que abre la lista", length(min = 1, max = limits::LIST_BUTTON))]
        #[schemars(extend("x-limit" = "limit.list_button", "x-i18n" = true))]
        button: Option<String>,
    },
}

/// Where the form is.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    field: usize,
    tries: u32,
}

impl Field {
    fn key(&self) -> &Name {
        let (Self::Text { key, .. } | Self::Email { key, .. } | Self::Choice { key, .. }) = self;
        key
    }

    fn label(&self) -> Option<&str> {
        let (Self::Text { label, .. } | Self::Email { label, .. } | Self::Choice { label, .. }) = self;
        label.as_deref()
    }

    fn ask(&self) -> &Template {
        let (Self::Text { ask, .. } | Self::Email { ask, .. } | Self::Choice { ask, .. }) = self;
        ask
    }

    fn retry(&self) -> Option<&Template> {
        let (Self::Text { retry, .. } | Self::Email { retry, .. } | Self::Choice { retry, .. }) = self;
        retry.as_ref()
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "texto",
            Self::Email { .. } => "correo",
            Self::Choice { .. } => "opción",
        }
    }

    fn bounds(&self) -> (usize, usize) {
        match self {
            Self::Text { min_length, max_length, .. } => {
                (min_length.unwrap_or(1), max_length.unwrap_or(DEFAULT_MAX_LENGTH))
            }
            _ => (1, limits::TEXT_BODY),
        }
    }

    fn max_body(&self) -> usize {
        if matches!(self, Self::Choice { .. }) { limits::INTERACTIVE_BODY } else { limits::TEXT_BODY }
    }

    /// The message that asks, with these words.
    fn content(&self, cx: &Context<'_>, body: String) -> Content {
        match self {
            Self::Choice { options, .. } if options::fit_buttons(options) => {
                options::buttons(cx, body, options)
            }
            Self::Choice { options, button, .. } => options::list(cx, body, button.as_deref(), options),
            Self::Text { .. } | Self::Email { .. } => Content::Text { body },
        }
    }

    /// The datum in an answer; `None` when it does not fit.
    fn accept(&self, cx: &Context<'_>, answer: &InboundContent) -> Option<Value> {
        match self {
            Self::Choice { options, .. } => options::chosen(cx, answer, options).map(Choice::saved),
            Self::Email { .. } => answer.text().and_then(email).map(Value::from),
            Self::Text { .. } => {
                let (min, max) = self.bounds();
                let text = answer.text()?.trim();
                (min..=max).contains(&text.chars().count()).then(|| text.into())
            }
        }
    }

    /// What is said when the answer does not fit and the author says nothing.
    fn hint(&self) -> String {
        match self {
            Self::Text { .. } => match self.bounds() {
                (1, max) => format!("Escríbelo en un solo mensaje de hasta {max} caracteres, por favor."),
                (min, max) => format!("Escríbelo con {min} a {max} caracteres, por favor."),
            },
            Self::Email { .. } => {
                "Ese correo no parece completo. Escríbelo así: nombre@ejemplo.com, por favor.".to_owned()
            }
            Self::Choice { options, .. } if options::fit_buttons(options) => {
                "No te entendí. Toca uno de los botones, por favor.".to_owned()
            }
            Self::Choice { .. } => "No te entendí. Elige una opción de la lista, por favor.".to_owned(),
        }
    }
}

/// The address in a text, in lower case; `None` when there is none, or more than one.
///
/// What mail systems take in practice, not all of RFC 5322: a part of up to 64 characters, `@`, and a
/// domain with a dot whose last part has two letters or more; 254 characters in all.
fn email(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().filter(|word| word.contains('@'));
    let word = words.next().filter(|_| words.next().is_none())?;
    let word = word.trim_matches(|c: char| "<>()[]\"',;:!?¡¿".contains(c)).trim_end_matches('.');
    let address = word.to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let dotted = |part: &str| part.split('.').all(|piece| !piece.is_empty());
    let local_fits = (1..=64).contains(&local.len())
        && dotted(local)
        && local.chars().all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
    let label_fits = |label: &str| {
        label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let domain_fits = domain.contains('.')
        && dotted(domain)
        && domain.split('.').all(label_fits)
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_alphabetic());
    (local_fits && domain_fits && address.len() <= 254).then_some(address)
}

impl Form {
    fn ask(&self, cx: &mut Context<'_>, place: &Place) -> Result<Step, Failure> {
        let Some(field) = self.fields.get(place.field) else { return Ok(Step::go("ok")) };
        let body = cx.text(field.ask(), field.max_body())?;
        self.say(cx, field, body, place)
    }

    fn say(&self, cx: &mut Context<'_>, field: &Field, body: String, place: &Place) -> Result<Step, Failure> {
        let content = field.content(cx, body);
        cx.say(content)?;
        cx.keep(place);
        Ok(Step::Wait(WaitKind::Answer, self.timeout.map(Period::duration)))
    }
}

impl Behaviour for Form {
    fn exits(&self) -> Vec<Exit> {
        let mut exits = vec![Exit::new("ok", "Completo"), Exit::no_match()];
        exits.extend(self.timeout.map(|_| Exit::timeout()));
        exits
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique(
            "/fields/{}/key",
            "node.form.key_repeated",
            self.fields.iter().map(|f| f.key().source()),
        );
        for (i, field) in self.fields.iter().enumerate() {
            if let Field::Choice { options, .. } = field {
                options::check(options, &format!("/fields/{i}/options"), check);
            }
            let (min, max) = field.bounds();
            if min > max {
                check.error(
                    &format!("/fields/{i}"),
                    "node.form.lengths",
                    format!("Ningún texto tiene al menos {min} y como máximo {max} caracteres."),
                    "Corrige «min_length» o «max_length».",
                );
            }
        }
    }

    fn writes(&self) -> Vec<Write> {
        let write =
            |field: &Field| Write { label: field.label().map(str::to_owned), ..Write::new(field.key()) };
        self.fields.iter().map(write).collect()
    }

    fn summary(&self) -> Vec<String> {
        let line = |field: &Field| {
            format!("{} · {}", field.label().unwrap_or(field.key().source()), field.type_name())
        };
        self.fields.iter().map(line).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        self.ask(cx, &Place::default())
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Answer(answer) = why else { return Ok(Step::go("timeout")) };
        let place: Place = cx.memo();
        let Some(field) = self.fields.get(place.field) else { return Ok(Step::go("ok")) };
        if let Some(value) = field.accept(cx, answer) {
            cx.set(field.key(), value);
            return self.ask(cx, &Place { field: place.field + 1, tries: 0 });
        }
        if place.tries >= self.retries.unwrap_or(retries::DEFAULT_MAX) {
            return Ok(Step::go("no_match"));
        }
        let again = Place { tries: place.tries + 1, ..place };
        let body = match answer.text() {
            None if !matches!(field, Field::Choice { .. }) => NOT_WORDS.to_owned(),
            _ => retries::words(cx, field.retry(), &field.hint(), field.max_body())?,
        };
        self.say(cx, field, body, &again)
    }
}

impl NodeKind for Form {
    const META: Meta = Meta {
        kind: "form",
        v: 1,
        name: "Formulario",
        description: "Pide varios datos, uno por uno, y revisa cada respuesta.",
        group: "Preguntas",
        icon: "forms",
        color: "violet",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: registro
name: Registro
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: form
    config:
      retries: 1
      timeout: 1h
      fields:
        - { key: nombre, type: text, ask: "¿Cómo te llamas?", min_length: 2, max_length: 40 }
        - { key: correo, type: email, ask: "Gracias, {{ nombre }}. ¿Tu correo?" }
        - key: ciudad
          type: choice
          ask: ¿En qué ciudad estás?
          options: [{ id: lima, title: Lima, value: Lima }, { id: merida, title: Mérida, value: Mérida }]
    exits: { ok: listo, no_match: fin, timeout: fin }
  listo: { kind: end, config: { text: "{{ nombre }} · {{ correo }} · {{ ciudad }}" } }
  fin: { kind: end }
"#;
        const CITY: &[&str] = &["¿En qué ciudad estás? [Lima] [Mérida]"];
        vec![
            Example {
                title: "Se completa, con un correo que hay que repetir",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Writes("Ana"), &["Gracias, Ana. ¿Tu correo?"]),
                    Turn::stays(
                        Happens::Writes("ana@correo"),
                        &["Ese correo no parece completo. Escríbelo así: nombre@ejemplo.com, por favor."],
                    ),
                    Turn::stays(Happens::Writes(" Ana@Correo.PE "), CITY),
                    Turn::leaves(Happens::Writes("merida"), &["Ana · ana@correo.pe · Mérida"], "ok"),
                ],
            },
            Example {
                title: "Una nota de voz no es un nombre, y una letra tampoco",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Sends("audio"), &[NOT_WORDS]),
                    Turn::leaves(Happens::Writes("A"), &[], "no_match"),
                ],
            },
            Example {
                title: "Deja de responder a la mitad",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Writes("Ana"), &["Gracias, Ana. ¿Tu correo?"]),
                    Turn::leaves(Happens::TimePasses, &[], "timeout"),
                ],
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::email;

    #[test]
    fn addresses_are_understood_and_written_one_way() {
        for (text, address) in [
            ("  Ana.Perez+cafe@Gmail.com ", "ana.perez+cafe@gmail.com"),
            ("mi correo es ana@correo.com.mx.", "ana@correo.com.mx"),
            ("<ana@x-y.pe>", "ana@x-y.pe"),
        ] {
            assert_eq!(email(text).as_deref(), Some(address), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@x.com", "a".repeat(65));
        for text in [
            "",
            "ana",
            "ana@",
            "@x.com",
            "ana@correo",
            "ana@@x.com",
            "ana@x..com",
            ".ana@x.com",
            "ana@-x.com",
            "ana@x.c",
            "ana@x.123",
            "ana@x.com y luis@x.com",
            "añá@x.com",
            "ana@x com",
            &long,
        ] {
            assert_eq!(email(text), None, "{text}");
        }
    }
}
