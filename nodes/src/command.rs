//! `command`: what a customer can write at any moment, as «menú» or «humano».

use cauce_flows::fields::Template;
use cauce_flows::{
    Behaviour, Check, Command as Words, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step,
    Turn, limits,
};
use cauce_model::Content;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `command`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Comando")]
pub struct Command {
    /// Words or phrases. Accents and case do not count.
    #[schemars(title = "Palabras", length(min = 1, max = 50), inner(length(min = 1, max = 60)))]
    #[schemars(extend("x-help" = "Lo que puede escribir el cliente en cualquier momento del flujo."))]
    pub words: Vec<String>,
    /// Whether they count inside a longer message too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "También dentro de una frase")]
    #[schemars(extend("x-help" = "Con «humano»: también «quiero hablar con un humano»."))]
    pub anywhere: bool,
    /// What is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "Lo que se responde antes de seguir."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Option<Template>,
    /// What happens then.
    #[serde(default, skip_serializing_if = "Then::is_go")]
    #[schemars(title = "Después")]
    pub then: Then,
}

/// What happens after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The flow goes on at another step.
    #[default]
    #[schemars(title = "Sigue en otro paso")]
    Go,
    /// The question is asked again.
    #[schemars(title = "Repite la pregunta")]
    Repeat,
    /// The question before that is asked again.
    #[schemars(title = "Vuelve a la pregunta anterior")]
    Back,
    /// The flow begins again; what is known stays known.
    #[schemars(title = "Empieza de nuevo")]
    Restart,
    /// The flow ends.
    #[schemars(title = "Termina")]
    End,
}

impl Then {
    fn is_go(&self) -> bool {
        *self == Self::Go
    }

    fn words(self) -> &'static str {
        match self {
            Self::Go => "Sigue en otro paso",
            Self::Repeat => "Repite la pregunta",
            Self::Back => "Vuelve a la pregunta anterior",
            Self::Restart => "Empieza de nuevo",
            Self::End => "Termina",
        }
    }
}

impl Behaviour for Command {
    fn exits(&self) -> Vec<Exit> {
        self.then.is_go().then(Exit::next).into_iter().collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique("/words/{}", "node.command.word_repeated", self.words.iter().map(String::as_str));
    }

    fn sends(&self) -> usize {
        usize::from(self.text.is_some())
    }

    fn command(&self) -> Option<Words> {
        let goes_back = self.then == Then::Back;
        Some(Words { words: self.words.clone(), anywhere: self.anywhere, goes_back })
    }

    fn summary(&self) -> Vec<String> {
        let words = self.words.join(", ");
        let text = self.text.as_ref().map(|text| text.source().to_owned());
        let then = (!self.then.is_go()).then(|| self.then.words().to_owned());
        std::iter::once(words).chain(text).chain(then).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if let Some(text) = &self.text {
            let body = cx.text(text)?;
            cx.say(Content::Text { body })?;
        }
        Ok(match self.then {
            Then::Go => Step::go("next"),
            Then::Repeat => Step::Repeat,
            Then::Back => Step::Back,
            Then::Restart => Step::Restart,
            Then::End => Step::End { outcome: None },
        })
    }
}

impl NodeKind for Command {
    const META: Meta = Meta {
        kind: "command",
        v: 1,
        name: "Comando",
        description: "Lo que el cliente puede escribir en cualquier momento: «menú», «humano», «atrás», «baja».",
        group: "Entradas",
        icon: "slash",
        color: "green",
        role: Role::Handler,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const HUMAN: &str = r#"
id: pedido
name: Pedido
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: plato } }
  plato: { kind: question, config: { text: ¿Qué plato quieres?, save_to: plato }, exits: { ok: fin, no_match: fin } }
  paso: { kind: command, config: { words: [humano, asesor], anywhere: true, text: Enseguida te atienden. }, exits: { next: persona } }
  persona: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  fin: { kind: end }
"#;
        const BACK: &str = r#"
id: registro
name: Registro
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: nombre } }
  nombre: { kind: question, config: { text: ¿Cómo te llamas?, save_to: nombre }, exits: { ok: ciudad, no_match: fin } }
  ciudad: { kind: question, config: { text: ¿De qué ciudad eres?, save_to: ciudad }, exits: { ok: fin, no_match: adios } }
  paso: { kind: command, config: { words: [atrás, volver], then: back } }
  ayuda: { kind: command, config: { words: [ayuda], text: Escribe «atrás» para corregir., then: repeat } }
  fin: { kind: end, config: { text: "{{ nombre ?? \"\" }}, de {{ ciudad ?? \"\" }}." } }
  adios: { kind: end }
"#;
        vec![
            Example {
                title: "En medio de una pregunta el cliente pide una persona",
                flow: HUMAN,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Qué plato quieres?"]),
                    Turn::leaves(
                        Happens::Writes("mejor con un ASESOR"),
                        &["Enseguida te atienden.", "→ ventas"],
                        "next",
                    ),
                ],
            },
            Example {
                title: "Vuelve a la pregunta anterior para corregir",
                flow: BACK,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Writes("Aan"), &["¿De qué ciudad eres?"]),
                    Turn::stays(
                        Happens::Writes("ayuda"),
                        &["Escribe «atrás» para corregir.", "¿De qué ciudad eres?"],
                    ),
                    Turn::stays(Happens::Writes("atras"), &["¿Cómo te llamas?"]),
                    Turn::stays(Happens::Writes("Ana"), &["¿De qué ciudad eres?"]),
                    Turn::stays(Happens::Writes("Lima"), &["Ana, de Lima."]),
                ],
            },
        ]
    }
}
