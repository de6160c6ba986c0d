//! `language`: speaks another language to the customer from here on.

use cauce_flows::fields::Template;
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, languages,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `language`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Idioma")]
pub struct Language {
    /// Which: a code, a name, or a datum that is one.
    #[schemars(title = "Idioma")]
    #[schemars(extend("maxLength" = 100))]
    #[schemars(extend("x-help" = "Su código o su nombre: es, en, es-MX, inglés; o un dato: {{ idioma }}."))]
    pub to: Template,
}

impl Language {
    /// Whether it is known only when somebody comes by.
    fn is_worked_out(&self) -> bool {
        self.to.source().contains("{{")
    }
}

impl Behaviour for Language {
    fn exits(&self) -> Vec<Exit> {
        let unknown = self.is_worked_out().then(|| Exit::new("unknown", "No es un idioma"));
        std::iter::once(Exit::next()).chain(unknown).collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        if !self.is_worked_out() && languages::named(self.to.source()).is_none() {
            check.error(
                "/to",
                "node.language.unknown",
                format!("«{}» no es un idioma.", self.to.source()),
                "Escribe su código, como «en» o «es-MX», o su nombre en español.",
            );
        }
    }

    fn summary(&self) -> Vec<String> {
        vec![languages::named(self.to.source()).unwrap_or_else(|| self.to.source().to_owned())]
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let Some(language) = languages::named(&cx.text(&self.to)?) else { return Ok(Step::go("unknown")) };
        cx.speak(language);
        Ok(Step::go("next"))
    }

    fn probes(&self, _: &Seen<'_>) -> Vec<Probe> {
        vec![Probe::Value { of: self.to.source().to_owned(), value: "inglés".into() }]
    }
}

impl NodeKind for Language {
    const META: Meta = Meta {
        kind: "language",
        v: 1,
        name: "Idioma",
        description: "Desde aquí se habla al cliente en otro idioma, si el flujo está traducido.",
        group: "Datos",
        icon: "language",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: idiomas
name: Idiomas
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: idioma }, exits: { next: paso } }
  paso: { kind: language, config: { to: "{{ idioma }}" }, exits: { next: menu, unknown: fin } }
  menu:
    kind: question
    config:
      text: ¿Qué necesitas?
      answer: { type: buttons, options: [{ id: ventas, title: Comprar }, { id: ayuda, title: Ayuda }] }
      retries: { max: 1, text: Toca un botón. }
    exits: { ventas: fin, ayuda: fin, no_match: fin }
  fin: { kind: end, config: { text: "¡Listo!" } }
translations:
  en:
    menu:
      text: What do you need?
      answer.options.ventas.title: Buy
      answer.options.ayuda.title: Help
      retries.text: Please tap a button.
    fin: { text: Done! }
"#;
        vec![
            Example {
                title: "Pide seguir en inglés",
                flow: FLOW,
                turns: vec![
                    Turn::leaves(
                        Happens::Writes("inglés"),
                        &["(Idioma) en", "What do you need? [Buy] [Help]"],
                        "next",
                    ),
                    Turn::stays(Happens::Writes("¿cómo?"), &["Please tap a button. [Buy] [Help]"]),
                    Turn::stays(Happens::Writes("ayuda"), &["Done!"]),
                ],
            },
            Example {
                title: "No es un idioma",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("hola, buenas"), &["¡Listo!"], "unknown")],
            },
            Example {
                title: "Un idioma fijo",
                flow: r#"
id: ingles
name: En inglés
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hello] }, exits: { next: paso } }
  paso: { kind: language, config: { to: inglés }, exits: { next: fin } }
  fin: { kind: end, config: { text: "Hola, {{ contact.name }}" } }
translations:
  en: { fin: { text: "Hello, {{ contact.name }}" } }
"#,
                turns: vec![Turn::leaves(Happens::Writes("hello"), &["(Idioma) en", "Hello, Ana"], "next")],
            },
        ]
    }
}
