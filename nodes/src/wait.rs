//! `wait`: lets some time pass. What the customer writes meanwhile changes nothing.

use cauce_flows::fields::Period;
use cauce_flows::{
    After, Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step, Turn,
    WaitKind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `wait`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Esperar")]
pub struct Wait {
    /// How long.
    #[serde(rename = "for")]
    #[schemars(title = "Cuánto")]
    #[schemars(extend("x-help" = "Por ejemplo 30s, 15m, 2h o 3d."))]
    pub period: Period,
}

impl Behaviour for Wait {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next().after(After::Time(self.period.duration()))]
    }

    fn summary(&self) -> Vec<String> {
        vec![self.period.words()]
    }

    fn enter(&self, _: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::Wait(WaitKind::Delay, Some(self.period.duration())))
    }

    fn resume(&self, _: &mut Context<'_>, _: Resume<'_>) -> Result<Step, Failure> {
        Ok(Step::go("next"))
    }
}

impl NodeKind for Wait {
    const META: Meta = Meta {
        kind: "wait",
        v: 1,
        name: "Esperar",
        description: "Deja pasar un tiempo y sigue.",
        group: "Lógica",
        icon: "hourglass",
        color: "amber",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Espera diez minutos, se escriba o no",
            flow: r#"
id: recordatorio
name: Recordatorio
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: wait, config: { for: 10m }, exits: { next: fin } }
  fin: { kind: end, config: { text: ¿Seguimos? } }
"#,
            turns: vec![
                Turn::stays(Happens::Writes("hola"), &[]),
                Turn::stays(Happens::Writes("¿hay alguien?"), &[]),
                Turn::leaves(Happens::TimePasses, &["¿Seguimos?"], "next"),
            ],
        }]
    }
}
