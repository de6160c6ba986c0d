//! `call`: walks another flow, and comes back with what it gives.

use cauce_flows::fields::{Expression, Key, Name};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, FlowUse, Happens, Meta, NodeKind, Resume, Role,
    Step, Turn, Write,
};
use cauce_model::{FlowId, MediaKind};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `call`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Subflujo")]
pub struct Call {
    /// Which flow.
    #[schemars(title = "Flujo")]
    #[schemars(extend("x-ref" = "flow"))]
    pub flow: Key,
    /// What it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Le da", length(max = 20))]
    pub params: Vec<Given>,
    /// What it gives back, and where that is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Recibe de vuelta", length(max = 20))]
    pub save: Vec<Saved>,
    /// Results that have an exit of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Resultados con salida propia", length(max = 20))]
    #[schemars(extend("x-help" = "Los «Resultado» de los finales del otro flujo; los demás salen por «next»."))]
    pub outcomes: Vec<Key>,
}

/// A piece of data that the flow is given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Dato que recibe")]
pub struct Given {
    /// The flow's name of it.
    #[schemars(title = "Nombre allá", length(min = 1, max = 64))]
    pub name: String,
    /// What.
    #[schemars(title = "Valor")]
    pub value: Expression,
}

/// A piece of data that the flow gives back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Dato que devuelve")]
pub struct Saved {
    /// The flow's name of it.
    #[schemars(title = "Nombre allá", length(min = 1, max = 64))]
    pub name: String,
    /// Where it is kept.
    #[schemars(title = "Guardar en")]
    pub save_to: Name,
}

impl Behaviour for Call {
    fn exits(&self) -> Vec<Exit> {
        let outcomes = self.outcomes.iter().map(|outcome| Exit::new(outcome.source(), outcome.source()));
        outcomes
            .chain([Exit::next(), Exit::new("failed", "Se detuvo").or_not()])
            .map(|exit| exit.after(After::AnyTime))
            .collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique("/outcomes/{}", "node.call.outcome_repeated", self.outcomes.iter().map(Key::source));
        check.unique(
            "/params/{}/name",
            "node.call.param_repeated",
            self.params.iter().map(|p| p.name.as_str()),
        );
        for (i, outcome) in self.outcomes.iter().enumerate() {
            if ["next", "failed"].contains(&outcome.source()) {
                check.error(
                    &format!("/outcomes/{i}"),
                    "node.call.outcome_reserved",
                    format!("«{}» es el nombre de otra salida.", outcome.source()),
                    "Cambia el resultado en el otro flujo.",
                );
            }
        }
    }

    fn writes(&self) -> Vec<Write> {
        self.save.iter().map(|saved| Write::new(&saved.save_to).unless(&["failed"])).collect()
    }

    fn calls(&self) -> Option<FlowUse> {
        let flow: FlowId = self.flow.source().parse().ok()?;
        Some(FlowUse {
            flow,
            params: self.params.iter().map(|given| given.name.clone()).collect(),
            returns: self.save.iter().map(|saved| saved.name.clone()).collect(),
            outcomes: self.outcomes.iter().map(|outcome| outcome.source().to_owned()).collect(),
        })
    }

    fn summary(&self) -> Vec<String> {
        let given = self.params.iter().map(|given| format!("{} ← {}", given.name, given.value.source()));
        let saved = self.save.iter().map(|saved| format!("{} → {}", saved.name, saved.save_to.source()));
        std::iter::once(self.flow.source().to_owned()).chain(given).chain(saved).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let params: IndexMap<_, _> = self
            .params
            .iter()
            .map(|given| Ok((given.name.clone(), cx.value(&given.value)?)))
            .collect::<Result<_, Failure>>()?;
        let missing = || Failure::new("flow.subflow_missing", "El identificador del flujo no sirve.");
        let flow = self.calls().ok_or_else(missing)?.flow;
        Ok(Step::Call { flow, params })
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        Ok(match why {
            Resume::Returned { outcome, data } => {
                for saved in &self.save {
                    cx.set(&saved.save_to, data.get(&saved.name).cloned().unwrap_or_default());
                }
                let own = self.outcomes.iter().find(|own| Some(own.source()) == outcome);
                Step::go(own.map_or("next", Key::source))
            }
            Resume::NotReturned(_) => Step::go("failed"),
            _ => Step::Stay,
        })
    }
}

impl NodeKind for Call {
    const META: Meta = Meta {
        kind: "call",
        v: 1,
        name: "Subflujo",
        description: "Recorre otro flujo y vuelve con lo que devuelve.",
        group: "Lógica",
        icon: "subtask",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: pedido
name: Pedido
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: call
    config:
      flow: direccion
      params: [{ name: para, value: "\"tu pedido\"" }]
      save: [{ name: calle, save_to: entrega }]
      outcomes: [recojo]
    exits: { next: fin, recojo: tienda }
  fin: { kind: end, config: { text: "Lo llevamos a {{ entrega }}." } }
  tienda: { kind: end, config: { text: Te esperamos en la tienda. } }
---
id: direccion
name: Dirección
start: inicio
params: { para: { type: text } }
returns: [calle]
nodes:
  inicio: { kind: start, config: { called: true }, exits: { next: calle } }
  calle:
    kind: question
    config: { text: "¿A qué dirección llevamos {{ para }}?", save_to: calle, retries: { max: 0 } }
    exits: { ok: listo, no_match: recoge }
  listo: { kind: end }
  recoge: { kind: end, config: { outcome: recojo } }
"#;
        const ASKS: &[&str] = &["¿A qué dirección llevamos tu pedido?"];
        vec![
            Example {
                title: "El otro flujo pregunta y devuelve un dato",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(
                        Happens::Writes("Av. Arequipa 100"),
                        &["Lo llevamos a Av. Arequipa 100."],
                        "next",
                    ),
                ],
            },
            Example {
                title: "Un resultado del otro flujo tiene su propia salida",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(
                        Happens::SendsFile(MediaKind::Sticker),
                        &["Te esperamos en la tienda."],
                        "recojo",
                    ),
                ],
            },
        ]
    }
}
