//! `score`: changes how promising the customer is.

use cauce_flows::{Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `score`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Puntuación")]
pub struct Score {
    /// How much comes to it.
    #[schemars(title = "Sumar", range(min = -1000, max = 1000))]
    #[schemars(extend("x-help" = "Puntos que se suman al cliente; con un número negativo se restan. Se lee con contact.score."))]
    pub add: i64,
}

impl Behaviour for Score {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn summary(&self) -> Vec<String> {
        vec![format!("{:+} puntos", self.add)]
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        cx.score_by(self.add);
        Ok(Step::go("next"))
    }
}

impl NodeKind for Score {
    const META: Meta = Meta {
        kind: "score",
        v: 1,
        name: "Puntuación",
        description: "Suma o resta puntos al cliente, para saber quién está más interesado.",
        group: "Datos",
        icon: "flame",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Suma puntos, y se leen enseguida",
            flow: r#"
id: interes
name: Interés
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: score, config: { add: 10 }, exits: { next: fin } }
  fin: { kind: end, config: { text: "Puntos: {{ contact.score }}" } }
"#,
            turns: vec![Turn::leaves(Happens::Writes("hola"), &["(Puntos) +10", "Puntos: 10"], "next")],
        }]
    }
}
