//! `end`: the flow is over.

use cauce_flows::fields::{Key, Template};
use cauce_flows::{
    Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, limits,
};
use cauce_model::Content;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `end`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Fin")]
pub struct End {
    /// What is said at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "Lo último que se dice."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Option<Template>,
    /// How it ended, for reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Resultado")]
    #[schemars(extend("x-help" = "Para los reportes, por ejemplo: resuelto"))]
    pub outcome: Option<Key>,
}

impl Behaviour for End {
    fn exits(&self) -> Vec<Exit> {
        Vec::new()
    }

    fn sends(&self) -> usize {
        usize::from(self.text.is_some())
    }

    fn summary(&self) -> Vec<String> {
        let text = self.text.as_ref().map(|text| text.source().to_owned());
        let outcome = self.outcome.as_ref().map(|outcome| format!("Resultado: {}", outcome.source()));
        text.into_iter().chain(outcome).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if let Some(text) = &self.text {
            let body = cx.text(text)?;
            cx.say(Content::Text { body })?;
        }
        Ok(Step::End { outcome: self.outcome.as_ref().map(|outcome| outcome.source().to_owned()) })
    }
}

impl NodeKind for End {
    const META: Meta = Meta {
        kind: "end",
        v: 1,
        name: "Fin",
        description: "Termina el flujo, con o sin despedida.",
        group: "Lógica",
        icon: "flag",
        color: "slate",
        role: Role::End,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Se despide; lo que se escriba después es otra conversación",
            flow: r#"
id: adios
name: Despedida
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: end, config: { text: ¡Hasta pronto!, outcome: resuelto } }
"#,
            turns: vec![
                Turn::stays(Happens::Writes("hola"), &["¡Hasta pronto!"]),
                Turn::stays(Happens::Writes("gracias"), &[]),
            ],
        }]
    }
}
