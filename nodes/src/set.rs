//! `set`: works out a value and keeps it.

use cauce_flows::fields::{Expression, Name};
use cauce_flows::{
    Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, Write,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `set`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Guardar dato")]
pub struct Set {
    /// Which variable.
    #[schemars(title = "Dato")]
    #[schemars(extend("x-help" = "Nombre del dato, por ejemplo: total"))]
    pub variable: Name,
    /// Its new value.
    #[schemars(title = "Valor")]
    #[schemars(extend("x-help" = "Por ejemplo: number(precio) * 2"))]
    pub value: Expression,
}

impl Behaviour for Set {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn writes(&self) -> Vec<Write> {
        vec![Write::new(&self.variable)]
    }

    fn summary(&self) -> Vec<String> {
        vec![format!("{} = {}", self.variable.source(), self.value.source())]
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let value = cx.value(&self.value)?;
        cx.set(&self.variable, value);
        Ok(Step::go("next"))
    }
}

impl NodeKind for Set {
    const META: Meta = Meta {
        kind: "set",
        v: 1,
        name: "Guardar dato",
        description: "Calcula un valor y lo guarda.",
        group: "Datos",
        icon: "variable",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Calcula con lo que se escribió",
            flow: r#"
id: total
name: Total
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: cantidad }, exits: { next: paso } }
  paso:
    kind: set
    config: { variable: total, value: number(cantidad) * 12 }
    exits: { next: fin }
  fin: { kind: end, config: { text: "Serían {{ total }} soles." } }
"#,
            turns: vec![Turn::leaves(Happens::Writes("3"), &["Serían 36 soles."], "next")],
        }]
    }
}
