//! `switch`: a value decides the way.

use cauce_flows::fields::{Expression, Key};
use cauce_flows::{
    Behaviour, Check, Chooses, Context, Example, Exit, Failure, Happens, Match, Meta, NodeKind, Role, Step,
    Turn, fold,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Config of `switch`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Según valor")]
pub struct Switch {
    /// What is looked at.
    #[schemars(title = "Valor")]
    #[schemars(extend("x-help" = "Un dato o un cálculo, por ejemplo: ciudad"))]
    pub value: Expression,
    /// The ways.
    #[schemars(title = "Casos", length(min = 1, max = 20))]
    pub cases: Vec<Case>,
}

/// A way and the values that lead to it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Caso")]
pub struct Case {
    /// Stable id; the key of its exit.
    #[schemars(title = "Identificador")]
    pub id: Key,
    /// What screens show; the values when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Nombre", length(min = 1, max = 60))]
    pub label: Option<String>,
    /// The values, written as texts.
    #[schemars(title = "Valores", length(min = 1, max = 50), inner(length(min = 1, max = 60)))]
    #[schemars(extend("x-help" = "Tildes y mayúsculas no cuentan."))]
    pub values: Vec<String>,
}

impl Case {
    fn label(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.values.join(", "))
    }
}

/// A value as it is written.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

impl Behaviour for Switch {
    fn exits(&self) -> Vec<Exit> {
        let cases = self.cases.iter().map(|case| Exit::new(case.id.source(), case.label()));
        cases.chain([Exit::new("else", "Otro valor")]).collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique(
            "/cases/{}/id",
            "node.switch.id_repeated",
            self.cases.iter().map(|case| case.id.source()),
        );
        for (i, _) in self.cases.iter().enumerate().filter(|(_, case)| case.id.source() == "else") {
            check.error(
                &format!("/cases/{i}/id"),
                "node.switch.id_reserved",
                "«else» es la salida de cualquier otro valor.",
                "Usa otro identificador para este caso.",
            );
        }
        let mut seen = std::collections::HashSet::new();
        for (i, case) in self.cases.iter().enumerate() {
            for (j, value) in case.values.iter().enumerate().filter(|(_, value)| !seen.insert(fold(value))) {
                check.error(
                    &format!("/cases/{i}/values/{j}"),
                    "node.switch.value_repeated",
                    format!("«{value}» ya está en otro caso, o se lee igual."),
                    "Cada valor lleva a un solo camino: quítalo de uno de los dos.",
                );
            }
        }
    }

    fn summary(&self) -> Vec<String> {
        std::iter::once(self.value.source().to_owned()).chain(self.cases.iter().map(Case::label)).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let value = written(&cx.value(&self.value)?).map(|value| fold(&value));
        let fits = |case: &&Case| case.values.iter().any(|one| Some(fold(one)) == value);
        Ok(Step::go(self.cases.iter().find(fits).map_or("else", |case| case.id.source())))
    }

    fn chooses(&self) -> Option<Chooses> {
        let fits = self.cases.iter().enumerate().flat_map(|(i, case)| {
            case.values.iter().enumerate().map(move |(j, value)| Match {
                exit: case.id.source().to_owned(),
                reads: value.clone(),
                pointer: format!("/cases/{i}/values/{j}"),
            })
        });
        Some(Chooses::Cases { value: self.value.source().to_owned(), cases: fits.collect() })
    }
}

impl NodeKind for Switch {
    const META: Meta = Meta {
        kind: "switch",
        v: 1,
        name: "Según valor",
        description: "Elige el camino según lo que vale un dato.",
        group: "Lógica",
        icon: "git-branch",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: sedes
name: Sedes
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: ciudad }, exits: { next: paso } }
  paso:
    kind: switch
    config:
      value: ciudad
      cases:
        - { id: lima, label: Lima y Callao, values: [Lima, Callao] }
        - { id: cusco, values: [Cusco, Cuzco] }
    exits: { lima: lima, cusco: cusco, else: otra }
  lima: { kind: end, config: { text: Av. Arequipa 100. } }
  cusco: { kind: end, config: { text: Av. El Sol 200. } }
  otra: { kind: end, config: { text: Todavía no tenemos sede ahí. } }
"#;
        vec![
            Example {
                title: "El valor está en un caso; tildes y mayúsculas no cuentan",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("CALLAO"), &["Av. Arequipa 100."], "lima")],
            },
            Example {
                title: "Otro caso",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("cuzco"), &["Av. El Sol 200."], "cusco")],
            },
            Example {
                title: "Ninguno",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("Puno"), &["Todavía no tenemos sede ahí."], "else")],
            },
        ]
    }
}
