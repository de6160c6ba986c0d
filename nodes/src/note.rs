//! `note`: words for colleagues on the canvas. Nobody comes here.

use cauce_flows::{Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `note`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Nota")]
pub struct Note {
    /// What colleagues read.
    #[schemars(title = "Texto", length(min = 1, max = 2000))]
    #[schemars(extend("x-help" = "Para el equipo; el cliente no la ve."))]
    pub text: String,
    /// The colour of the card.
    #[serde(default)]
    #[schemars(title = "Color")]
    pub color: Color,
}

/// The colour of a note.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Color")]
pub enum Color {
    /// Yellow.
    #[default]
    #[schemars(title = "Amarillo")]
    Amber,
    /// Green.
    #[schemars(title = "Verde")]
    Green,
    /// Blue.
    #[schemars(title = "Azul")]
    Blue,
    /// Violet.
    #[schemars(title = "Violeta")]
    Violet,
    /// Rose.
    #[schemars(title = "Rosa")]
    Rose,
    /// Grey.
    #[schemars(title = "Gris")]
    Slate,
}

impl Behaviour for Note {
    fn exits(&self) -> Vec<Exit> {
        Vec::new()
    }

    fn summary(&self) -> Vec<String> {
        vec![self.text.clone()]
    }

    fn enter(&self, _: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::End { outcome: None })
    }
}

impl NodeKind for Note {
    const META: Meta = Meta {
        kind: "note",
        v: 1,
        name: "Nota",
        description: "Un texto para el equipo en el lienzo. No hace nada.",
        group: "Lienzo",
        icon: "clipboard-list",
        color: "amber",
        role: Role::Note,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Explica el flujo a quien lo mira",
            flow: r#"
id: saludo
name: Saludo
start: inicio
nodes:
  paso: { kind: note, config: { text: "El horario cambia en verano: avisar a Rosa.", color: rose } }
  inicio: { kind: start, config: { any_message: true }, exits: { next: fin } }
  fin: { kind: end, config: { text: Abrimos de 9 a 18 h. } }
"#,
            turns: vec![Turn::stays(Happens::Writes("hola"), &["Abrimos de 9 a 18 h."])],
        }]
    }
}
