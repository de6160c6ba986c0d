//! `split`: sends customers different ways by chance, in given proportions.

use cauce_flows::fields::Key;
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `split`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Prueba A/B")]
pub struct Split {
    /// The ways.
    #[schemars(title = "Caminos", length(min = 2, max = 10))]
    #[schemars(extend("x-help" = "De cada 100 clientes, cuántos van por cada camino depende de su peso."))]
    pub arms: Vec<Arm>,
    /// Whether a customer who comes by again goes the same way.
    #[serde(default = "yes")]
    #[schemars(title = "Siempre el mismo camino")]
    #[schemars(extend("x-help" = "Quien vuelve a pasar sigue por el mismo camino."))]
    pub sticky: bool,
}

/// A way.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Camino")]
pub struct Arm {
    /// Stable id; the key of its exit.
    #[schemars(title = "Identificador")]
    pub id: Key,
    /// What screens show.
    #[schemars(title = "Nombre", length(min = 1, max = 60))]
    pub title: String,
    /// How much of all: its weight over the sum of all weights.
    #[schemars(title = "Peso", range(min = 1, max = 100))]
    #[schemars(extend("x-help" = "Por ejemplo 50 y 50, o 90 y 10."))]
    pub weight: u32,
}

fn yes() -> bool {
    true
}

impl Split {
    fn total(&self) -> u64 {
        self.arms.iter().map(|arm| u64::from(arm.weight)).sum()
    }
}

impl Behaviour for Split {
    fn exits(&self) -> Vec<Exit> {
        self.arms.iter().map(|arm| Exit::new(arm.id.source(), arm.title.as_str())).collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique("/arms/{}/id", "node.split.id_repeated", self.arms.iter().map(|arm| arm.id.source()));
    }

    fn summary(&self) -> Vec<String> {
        let total = self.total().max(1);
        let line = |arm: &Arm| {
            let share = (u64::from(arm.weight) * 100 + total / 2) / total;
            format!("{} · {share} %", arm.title)
        };
        self.arms.iter().map(line).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let total = self.total();
        let mut drawn = if self.sticky { cx.sticky(total) } else { cx.chance(total) };
        for arm in &self.arms {
            match drawn.checked_sub(u64::from(arm.weight)) {
                Some(rest) => drawn = rest,
                None => return Ok(Step::go(arm.id.source())),
            }
        }
        Err(Failure::new("node.split.empty", "La prueba no tiene caminos."))
    }
}

impl NodeKind for Split {
    const META: Meta = Meta {
        kind: "split",
        v: 1,
        name: "Prueba A/B",
        description: "Reparte a los clientes al azar entre varios caminos.",
        group: "Lógica",
        icon: "git-fork",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Casi todos reciben el saludo de siempre; el mismo cliente, siempre el mismo",
            flow: r#"
id: prueba
name: Prueba de saludo
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: split
    config: { arms: [{ id: a, title: Saludo de siempre, weight: 90 }, { id: b, title: Saludo nuevo, weight: 10 }] }
    exits: { a: siempre, b: nuevo }
  siempre: { kind: end, config: { text: "¡Hola!" } }
  nuevo: { kind: end, config: { text: "¡Qué bueno verte!" } }
"#,
            turns: vec![Turn::leaves(Happens::Writes("hola"), &["¡Hola!"], "a")],
        }]
    }
}
