//! `wait_event`: waits until another system tells of something, as a payment.

use cauce_flows::fields::{Key, Name, Period};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step, Turn,
    WaitKind, Write,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `wait_event`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Esperar un evento")]
pub struct WaitEvent {
    /// What it waits for.
    #[schemars(title = "Evento")]
    #[schemars(extend("x-help" = "Como lo llama el sistema que avisa, por ejemplo: pago_recibido"))]
    pub event: Key,
    /// Where what is told of it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar en")]
    #[schemars(extend("x-help" = "Nombre del dato donde quedan los datos del evento."))]
    pub save_to: Option<Name>,
    /// How long; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo máximo de espera")]
    #[schemars(extend("x-help" = "Por ejemplo 2h o 3d. Al pasar, se sale por «timeout»."))]
    pub timeout: Option<Period>,
}

impl Behaviour for WaitEvent {
    fn exits(&self) -> Vec<Exit> {
        let timeout = self.timeout.map(|timeout| Exit::timeout(timeout.duration()));
        let happened = match self.timeout {
            Some(most) => After::Time(most.duration()),
            None => After::AnyTime,
        };
        std::iter::once(Exit::new("happened", "Ocurrió").after(happened)).chain(timeout).collect()
    }

    fn writes(&self) -> Vec<Write> {
        self.save_to.iter().map(|name| Write::new(name).unless(&["timeout"])).collect()
    }

    fn summary(&self) -> Vec<String> {
        let timeout = self.timeout.map(|timeout| format!("Espera {}", timeout.words()));
        std::iter::once(self.event.source().to_owned()).chain(timeout).collect()
    }

    fn enter(&self, _: &mut Context<'_>) -> Result<Step, Failure> {
        Ok(Step::Wait(WaitKind::Event, self.timeout.map(Period::duration)))
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        Ok(match why {
            Resume::Happened { name, data } if name == self.event.source() => {
                if let Some(name) = &self.save_to {
                    cx.set(name, data.clone());
                }
                Step::go("happened")
            }
            Resume::TimedOut => Step::go("timeout"),
            _ => Step::Stay,
        })
    }

    fn probes(&self, _: &Seen<'_>) -> Vec<Probe> {
        vec![Probe::Event { name: self.event.source().to_owned(), data: serde_json::json!({}) }]
    }
}

impl NodeKind for WaitEvent {
    const META: Meta = Meta {
        kind: "wait_event",
        v: 1,
        name: "Esperar un evento",
        description: "Espera a que otro sistema avise de algo: un pago, un envío, una firma.",
        group: "Lógica",
        icon: "bell-ringing",
        color: "amber",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: pago
name: Pago
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: wait_event
    config: { event: pago_recibido, save_to: pago, timeout: 2h }
    exits: { happened: gracias, timeout: recordar }
  gracias: { kind: end, config: { text: "Recibimos S/ {{ pago.monto }}. ¡Gracias!" } }
  recordar: { kind: end, config: { text: Tu pago sigue pendiente. } }
"#;
        vec![
            Example {
                title: "Otro sistema avisa del pago; lo demás no cuenta",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::stays(Happens::Told("envio_listo", "{}"), &[]),
                    Turn::leaves(
                        Happens::Told("pago_recibido", r#"{"monto": 50}"#),
                        &["Recibimos S/ 50. ¡Gracias!"],
                        "happened",
                    ),
                ],
            },
            Example {
                title: "Nadie avisa a tiempo",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &[]),
                    Turn::leaves(Happens::TimePasses, &["Tu pago sigue pendiente."], "timeout"),
                ],
            },
        ]
    }
}
