//! `goal`: notes that the customer reached a goal, and what it is worth.

use cauce_flows::fields::{Amount, Key};
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `goal`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Meta")]
pub struct Goal {
    /// Which goal.
    #[schemars(title = "Meta")]
    #[schemars(extend("x-help" = "Su nombre en los reportes, por ejemplo: cita_agendada"))]
    pub goal: Key,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Valor")]
    #[schemars(extend("x-help" = "Cuánto vale, por ejemplo el total del pedido."))]
    pub value: Option<Amount>,
    /// In which currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Moneda", regex(pattern = "^[A-Z]{3}$"), length(min = 3, max = 3))]
    #[schemars(extend("x-help" = "Tres letras: PEN, MXN, USD…"))]
    pub currency: Option<String>,
}

impl Behaviour for Goal {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn check(&self, check: &mut Check<'_>) {
        if let Some(currency) = &self.currency
            && !(currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase()))
        {
            check.error(
                "/currency",
                "node.goal.currency",
                format!("«{currency}» no es una moneda."),
                "Escribe su código de tres letras, como PEN, MXN o USD.",
            );
        }
    }

    fn summary(&self) -> Vec<String> {
        let worth = self.value.as_ref().map(|value| {
            let value = value.0.as_str().map_or_else(|| value.0.to_string(), str::to_owned);
            format!("Valor: {value} {}", self.currency.as_deref().unwrap_or_default()).trim_end().to_owned()
        });
        std::iter::once(self.goal.source().to_owned()).chain(worth).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let value = self.value.as_ref().map(|value| cx.amount(value)).transpose()?;
        cx.reach(&self.goal, value, self.currency.clone());
        Ok(Step::go("next"))
    }
}

impl NodeKind for Goal {
    const META: Meta = Meta {
        kind: "goal",
        v: 1,
        name: "Meta",
        description: "Anota que el cliente llegó a una meta, como una compra o una cita.",
        group: "Datos",
        icon: "target-arrow",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Una cita agendada vale 80 soles",
            flow: r#"
id: cita
name: Cita
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: goal, config: { goal: cita_agendada, value: 80, currency: PEN }, exits: { next: fin } }
  fin: { kind: end }
"#,
            turns: vec![Turn::leaves(Happens::Writes("hola"), &["(Meta) cita_agendada 80 PEN"], "next")],
        }]
    }
}
