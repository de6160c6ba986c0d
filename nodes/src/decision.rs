//! `decision`: the first rule that holds decides the way.

use cauce_flows::fields::{Expression, Key};
use cauce_flows::{
    Behaviour, Check, Chooses, Condition, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role,
    Step, Turn,
};
use cauce_model::MediaKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `decision`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Decisión")]
pub struct Decision {
    /// Tried in order.
    #[schemars(title = "Reglas")]
    #[schemars(extend("x-help" = "Se prueban en orden; vale la primera que se cumple."))]
    #[schemars(length(min = 1, max = 20))]
    pub rules: Vec<Rule>,
}

/// A condition and its exit.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Regla")]
pub struct Rule {
    /// Stable id; the key of its exit.
    #[schemars(title = "Identificador")]
    pub id: Key,
    /// What screens show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Nombre", length(min = 1, max = 60))]
    pub label: Option<String>,
    /// The condition.
    #[schemars(title = "Condición")]
    #[schemars(extend("x-help" = "Por ejemplo: ciudad == \"Lima\""))]
    pub when: Expression,
}

impl Rule {
    fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(self.id.source())
    }
}

impl Behaviour for Decision {
    fn exits(&self) -> Vec<Exit> {
        let rules = self.rules.iter().map(|rule| Exit::new(rule.id.source(), rule.label()));
        rules.chain([Exit::new("else", "Si no")]).collect()
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique(
            "/rules/{}/id",
            "node.decision.id_repeated",
            self.rules.iter().map(|rule| rule.id.source()),
        );
        for (i, _) in self.rules.iter().enumerate().filter(|(_, rule)| rule.id.source() == "else") {
            check.error(
                &format!("/rules/{i}/id"),
                "node.decision.id_reserved",
                "«else» es la salida de cuando ninguna regla se cumple.",
                "Usa otro identificador para esta regla.",
            );
        }
    }

    fn summary(&self) -> Vec<String> {
        let named = |rule: &Rule| match &rule.label {
            Some(label) => format!("{label}: {}", rule.when.source()),
            None => rule.when.source().to_owned(),
        };
        self.rules.iter().map(named).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        for rule in &self.rules {
            if cx.holds(&rule.when)? {
                return Ok(Step::go(rule.id.source()));
            }
        }
        Ok(Step::go("else"))
    }

    fn chooses(&self) -> Option<Chooses> {
        let condition = |(i, rule): (usize, &Rule)| Condition {
            exit: rule.id.source().to_owned(),
            when: rule.when.source().to_owned(),
            pointer: format!("/rules/{i}/when"),
        };
        Some(Chooses::Rules(self.rules.iter().enumerate().map(condition).collect()))
    }
}

impl NodeKind for Decision {
    const META: Meta = Meta {
        kind: "decision",
        v: 1,
        name: "Decisión",
        description: "Elige el camino según los datos.",
        group: "Lógica",
        icon: "arrows-split-2",
        color: "amber",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: envios
name: Envíos
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: ciudad }, exits: { next: paso } }
  paso:
    kind: decision
    config:
      rules:
        - { id: gratis, label: Envío gratis, when: 'plain(ciudad) in ["lima", "callao"]' }
        - { id: norte, when: 'plain(ciudad).contains("trujillo")' }
    exits: { gratis: gratis, norte: pagado, else: consulta }
  gratis: { kind: end, config: { text: El envío es gratis. } }
  pagado: { kind: end, config: { text: El envío cuesta 15 soles. } }
  consulta: { kind: end, config: { text: Todavía no llegamos a tu ciudad. } }
"#;
        vec![
            Example {
                title: "Se cumple la primera regla",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("LIMA"), &["El envío es gratis."], "gratis")],
            },
            Example {
                title: "Se cumple la segunda",
                flow: FLOW,
                turns: vec![Turn::leaves(
                    Happens::Writes("de Trujillo"),
                    &["El envío cuesta 15 soles."],
                    "norte",
                )],
            },
            Example {
                title: "No se cumple ninguna, tampoco sin dato",
                flow: FLOW,
                turns: vec![Turn::leaves(
                    Happens::SendsFile(MediaKind::Voice),
                    &["Todavía no llegamos a tu ciudad."],
                    "else",
                )],
            },
        ]
    }
}
