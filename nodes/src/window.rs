//! `window`: whether anything may be said freely now, which WhatsApp allows for a day after the customer's
//! last message.

use cauce_flows::{
    After, Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `window`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "¿Ventana abierta?")]
pub struct Window {}

impl Behaviour for Window {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::new("open", "Abierta").after(After::OpenWindow), Exit::new("closed", "Cerrada")]
    }

    fn summary(&self) -> Vec<String> {
        vec!["24 horas desde lo último que escribió".to_owned()]
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::go(if cx.facts().is_window_open() { "open" } else { "closed" }))
    }
}

impl NodeKind for Window {
    const META: Meta = Meta {
        kind: "window",
        v: 1,
        name: "¿Ventana abierta?",
        description: "Elige el camino según si WhatsApp deja escribir libremente al cliente.",
        group: "Lógica",
        icon: "clock",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Ayer escribió: todavía se le puede escribir",
                flow: r#"
id: recordatorio
name: Recordatorio
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: pausa } }
  pausa: { kind: wait, config: { for: 23h }, exits: { next: paso } }
  paso: { kind: window, exits: { open: aviso, closed: equipo } }
  aviso: { kind: end, config: { text: ¿Seguimos con tu pedido? } }
  equipo: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  fin: { kind: end }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::leaves(Happens::TimePasses, &["¿Seguimos con tu pedido?"], "open"),
                ],
            },
            Example {
                title: "Pasó un día entero: ya no",
                flow: r#"
id: recordatorio
name: Recordatorio
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: pausa } }
  pausa: { kind: wait, config: { for: 24h }, exits: { next: paso } }
  paso: { kind: window, exits: { open: aviso, closed: equipo } }
  aviso: { kind: end, config: { text: ¿Seguimos con tu pedido? } }
  equipo: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  fin: { kind: end }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::leaves(Happens::TimePasses, &["→ ventas"], "closed"),
                ],
            },
        ]
    }
}
