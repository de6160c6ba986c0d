//! `tags`: puts tags on the customer and takes others off.

use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, fold,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `tags`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Etiquetas")]
pub struct Tags {
    /// Tags to put on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Poner", length(max = 20), inner(length(min = 1, max = 40)))]
    #[schemars(extend("x-help" = "Etiquetas que el cliente tendrá desde aquí.", "x-ref" = "tag"))]
    pub add: Vec<String>,
    /// Tags to take off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Quitar", length(max = 20), inner(length(min = 1, max = 40)))]
    #[schemars(extend("x-help" = "Etiquetas que el cliente ya no tendrá.", "x-ref" = "tag"))]
    pub remove: Vec<String>,
}

impl Behaviour for Tags {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn check(&self, check: &mut Check<'_>) {
        if self.add.is_empty() && self.remove.is_empty() {
            check.error(
                "",
                "node.tags.empty",
                "No se pone ni se quita ninguna etiqueta.",
                "Agrega «add:» o «remove:» con una o más etiquetas.",
            );
        }
        for (name, tags) in [("add", &self.add), ("remove", &self.remove)] {
            check.unique(&format!("/{name}/{{}}"), "node.tags.repeated", tags.iter().map(String::as_str));
        }
        for (i, tag) in self.remove.iter().enumerate() {
            if self.add.iter().any(|other| fold(other) == fold(tag)) {
                check.error(
                    &format!("/remove/{i}"),
                    "node.tags.both",
                    format!("«{tag}» se pone y se quita en el mismo paso."),
                    "Déjala en una de las dos listas.",
                );
            }
        }
    }

    fn summary(&self) -> Vec<String> {
        let add = self.add.iter().map(|tag| format!("+ {tag}"));
        add.chain(self.remove.iter().map(|tag| format!("− {tag}"))).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let trimmed = |tags: &[String]| tags.iter().map(|tag| tag.trim().to_owned()).collect();
        cx.tag(trimmed(&self.add), trimmed(&self.remove));
        Ok(Step::go("next"))
    }
}

impl NodeKind for Tags {
    const META: Meta = Meta {
        kind: "tags",
        v: 1,
        name: "Etiquetas",
        description: "Pone o quita etiquetas al cliente.",
        group: "Datos",
        icon: "tags",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Quien pregunta por lentes queda etiquetado",
            flow: r#"
id: interes
name: Interés
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: tags, config: { add: [lentes, interesado], remove: [frío] }, exits: { next: fin } }
  fin: { kind: end }
"#,
            turns: vec![Turn::leaves(
                Happens::Writes("¿tienen lentes?"),
                &["(Etiquetas) +lentes +interesado -frío"],
                "next",
            )],
        }]
    }
}
