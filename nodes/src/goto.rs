//! `goto`: goes on at another step, without a line across the canvas.

use cauce_flows::{Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `goto`: nothing, the exit says it all.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Ir a")]
pub struct Goto {}

impl Behaviour for Goto {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::new("target", "Ir a")]
    }

    fn summary(&self) -> Vec<String> {
        Vec::new()
    }

    fn enter(&self, _: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::go("target"))
    }
}

impl NodeKind for Goto {
    const META: Meta = Meta {
        kind: "goto",
        v: 1,
        name: "Ir a",
        description: "Sigue en otro paso del flujo, sin cruzar el lienzo con una línea.",
        group: "Lógica",
        icon: "route",
        color: "slate",
        role: Role::Jump,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Vuelve al menú",
            flow: r#"
id: menu
name: Menú
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: menu } }
  menu:
    kind: question
    config: { text: ¿Horario o salir?, answer: { type: buttons, options: [{ id: horario, title: Horario }, { id: salir, title: Salir }] } }
    exits: { horario: horario, salir: fin, no_match: fin }
  horario: { kind: message, config: { text: De 9 a 18 h. }, exits: { next: paso } }
  paso: { kind: goto, exits: { target: menu } }
  fin: { kind: end }
"#,
            turns: vec![
                Turn::stays(Happens::Writes("hola"), &["¿Horario o salir? [Horario] [Salir]"]),
                Turn::leaves(
                    Happens::Taps("Horario"),
                    &["De 9 a 18 h.", "¿Horario o salir? [Horario] [Salir]"],
                    "target",
                ),
                Turn::stays(Happens::Taps("Salir"), &[]),
            ],
        }]
    }
}
