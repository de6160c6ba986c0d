//! `unexpected`: where exits lead that are not connected, as answers that nobody understood.

use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `unexpected`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Si algo no sale bien")]
pub struct Unexpected {
    /// For which exits it stands.
    #[serde(rename = "for")]
    #[schemars(title = "Para", length(min = 1))]
    #[schemars(extend("x-help" = "Las salidas que llegan aquí cuando no están conectadas con otro paso."))]
    pub exits: Vec<Unconnected>,
}

/// An exit that may be left unconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unconnected {
    /// An answer was not understood.
    #[schemars(title = "No se entendió")]
    NoMatch,
    /// Nobody answered.
    #[schemars(title = "Sin respuesta")]
    Timeout,
    /// The 24-hour window is closed.
    #[schemars(title = "Pasaron 24 horas")]
    WindowClosed,
    /// A message did not arrive.
    #[schemars(title = "No llegó")]
    Undelivered,
    /// A server answered with an error.
    #[schemars(title = "Respondió con error")]
    Error,
    /// A server did not answer.
    #[schemars(title = "No respondió el servidor")]
    Unavailable,
    /// A flow that was called, or a script, was stopped.
    #[schemars(title = "Se detuvo")]
    Failed,
}

impl Unconnected {
    fn key(self) -> &'static str {
        match self {
            Self::NoMatch => "no_match",
            Self::Timeout => "timeout",
            Self::WindowClosed => "window_closed",
            Self::Undelivered => "undelivered",
            Self::Error => "error",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::NoMatch => "No se entendió",
            Self::Timeout => "Sin respuesta",
            Self::WindowClosed => "Pasaron 24 horas",
            Self::Undelivered => "No llegó",
            Self::Error => "Respondió con error",
            Self::Unavailable => "No respondió el servidor",
            Self::Failed => "Se detuvo",
        }
    }
}

impl Behaviour for Unexpected {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique("/for/{}", "node.unexpected.repeated", self.exits.iter().map(|exit| exit.key()));
    }

    fn stands_for(&self) -> Vec<String> {
        self.exits.iter().map(|exit| exit.key().to_owned()).collect()
    }

    fn summary(&self) -> Vec<String> {
        self.exits.iter().map(|exit| exit.words().to_owned()).collect()
    }

    fn enter(&self, _: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::go("next"))
    }
}

impl NodeKind for Unexpected {
    const META: Meta = Meta {
        kind: "unexpected",
        v: 1,
        name: "Si algo no sale bien",
        description: "Recibe las salidas que nadie conectó: respuestas que no se entienden, silencio, errores.",
        group: "Entradas",
        icon: "lifebuoy",
        color: "green",
        role: Role::Handler,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        vec![Example {
            title: "Cualquier pregunta que no se entiende termina con una persona",
            flow: r#"
id: datos
name: Datos
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: edad } }
  edad: { kind: question, config: { text: ¿Qué edad tienes?, answer: { type: number }, retries: { max: 0 } }, exits: { ok: correo } }
  correo: { kind: question, config: { text: ¿Tu correo?, answer: { type: email }, retries: { max: 0 } }, exits: { ok: fin } }
  paso: { kind: unexpected, config: { for: [no_match, timeout] }, exits: { next: persona } }
  persona: { kind: handoff, config: { queue: soporte }, exits: { resolved: fin } }
  fin: { kind: end }
"#,
            turns: vec![
                Turn::stays(Happens::Writes("hola"), &["¿Qué edad tienes?"]),
                Turn::stays(Happens::Writes("30"), &["¿Tu correo?"]),
                Turn::leaves(Happens::Writes("no tengo"), &["→ soporte"], "next"),
            ],
        }]
    }
}
