//! `loop_guard`: lets a run come by so many times, then sends it another way.

use cauce_flows::{Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `loop_guard`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Máximo de veces")]
pub struct LoopGuard {
    /// How often the run may come by, from its start.
    #[schemars(title = "Veces", range(min = 1, max = 100))]
    #[schemars(extend("x-help" = "Cuántas veces se puede pasar por aquí en la misma conversación."))]
    pub times: u32,
}

impl Behaviour for LoopGuard {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::new("again", "Puede pasar"), Exit::new("exceeded", "Ya no")]
    }

    fn summary(&self) -> Vec<String> {
        vec![match self.times {
            1 => "Una vez".to_owned(),
            times => format!("Hasta {times} veces"),
        }]
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::go(if cx.count() <= self.times { "again" } else { "exceeded" }))
    }
}

impl NodeKind for LoopGuard {
    const META: Meta = Meta {
        kind: "loop_guard",
        v: 1,
        name: "Máximo de veces",
        description: "Deja pasar cierto número de veces y después va por otro camino.",
        group: "Lógica",
        icon: "repeat-off",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: intentos
name: Intentos
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: codigo } }
  codigo:
    kind: question
    config: { text: ¿Cuál es tu código?, answer: { type: open }, save_to: codigo }
    exits: { ok: revisa, no_match: fin }
  revisa:
    kind: decision
    config: { rules: [{ id: bien, when: codigo == "abc" }] }
    exits: { bien: listo, else: paso }
  paso: { kind: loop_guard, config: { times: 1 }, exits: { again: codigo, exceeded: fin } }
  listo: { kind: end, config: { text: Listo. } }
  fin: { kind: end, config: { text: Te llamamos nosotros. } }
"#;
        vec![Example {
            title: "Una segunda oportunidad, y no más",
            flow: FLOW,
            turns: vec![
                Turn::stays(Happens::Writes("hola"), &["¿Cuál es tu código?"]),
                Turn::leaves(Happens::Writes("xyz"), &["¿Cuál es tu código?"], "again"),
                Turn::leaves(Happens::Writes("zzz"), &["Te llamamos nosotros."], "exceeded"),
            ],
        }]
    }
}
