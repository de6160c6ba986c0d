//! `start`: where a flow starts, and by which messages.

use cauce_flows::fields::Name;
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Triggers, Turn,
    Write,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `start`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Inicio")]
pub struct Start {
    /// Words or phrases that start the flow. Accents and case do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Palabras clave")]
    #[schemars(extend("x-help" = "El mensaje es una de ellas o la contiene."))]
    #[schemars(length(max = 50), inner(length(min = 1, max = 60)))]
    pub keywords: Vec<String>,
    /// Whether any message starts it when no keyword of any flow does.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(title = "Cualquier mensaje")]
    #[schemars(extend("x-help" = "Empieza con cualquier mensaje que ningún otro flujo espere."))]
    pub any_message: bool,
    /// Where the words of the first message are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar el mensaje en")]
    #[schemars(extend("x-help" = "Nombre del dato donde queda el primer mensaje."))]
    pub save_to: Option<Name>,
}

impl Behaviour for Start {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.keywords.is_empty() && !self.any_message {
            check.error(
                "",
                "node.start.no_trigger",
                "Ningún mensaje empieza este flujo.",
                "Agrega palabras en «keywords» o pon «any_message: true».",
            );
        }
        check.unique("/keywords/{}", "node.start.keyword_repeated", self.keywords.iter().map(String::as_str));
    }

    fn writes(&self) -> Vec<Write> {
        self.save_to.iter().map(Write::new).collect()
    }

    fn triggers(&self) -> Triggers {
        Triggers { keywords: self.keywords.clone(), any_message: self.any_message }
    }

    fn summary(&self) -> Vec<String> {
        let keywords = (!self.keywords.is_empty()).then(|| format!("Palabras: {}", self.keywords.join(", ")));
        let any = self.any_message.then(|| "Cualquier mensaje".to_owned());
        keywords.into_iter().chain(any).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let words = cx.opening().and_then(|content| content.text()).map(str::to_owned);
        if let (Some(name), Some(words)) = (&self.save_to, words) {
            cx.set(name, words.into());
        }
        Ok(Step::go("next"))
    }
}

impl NodeKind for Start {
    const META: Meta = Meta {
        kind: "start",
        v: 1,
        name: "Inicio",
        description: "Empieza el flujo cuando llega un mensaje.",
        group: "Entradas",
        icon: "player-play",
        color: "green",
        role: Role::Start,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Empieza con una palabra y recuerda lo que se escribió",
            flow: r#"
id: pedidos
name: Pedidos
start: paso
nodes:
  paso:
    kind: start
    config: { keywords: [pedido, "hacer un pedido"], save_to: primer_mensaje }
    exits: { next: fin }
  fin:
    kind: end
    config: { text: "Recibimos: {{ primer_mensaje }}" }
"#,
            turns: vec![Turn::leaves(
                Happens::Writes("Hola, quiero hacer un PEDIDO"),
                &["Recibimos: Hola, quiero hacer un PEDIDO"],
                "next",
            )],
        }]
    }
}
