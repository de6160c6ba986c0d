//! `handoff`: a person takes over; the flow goes on when they are done.

use cauce_flows::fields::{Period, Queue, Template};
use cauce_flows::{
    After, Behaviour, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step, Turn,
    WaitKind, limits,
};
use cauce_model::{Content, QueueId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `handoff`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Derivar a persona")]
pub struct Handoff {
    /// Where the customer waits.
    #[schemars(title = "Campaña de atención")]
    pub queue: Queue,
    /// What is said before the wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto de espera")]
    #[schemars(extend("x-help" = "Lo que lee el cliente mientras espera."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Option<Template>,
    /// How long somebody may take to answer; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo máximo de espera")]
    #[schemars(extend("x-help" = "Si nadie la toma, se sale por «timeout»."))]
    pub timeout: Option<Period>,
}

impl Behaviour for Handoff {
    fn exits(&self) -> Vec<Exit> {
        let resolved = Exit::new("resolved", "Atención terminada").after(After::AnyTime);
        let timeout =
            |timeout: Period| Exit::new("timeout", "Nadie la tomó").after(After::Time(timeout.duration()));
        std::iter::once(resolved).chain(self.timeout.map(timeout)).collect()
    }

    fn sends(&self) -> usize {
        usize::from(self.text.is_some())
    }

    fn summary(&self) -> Vec<String> {
        let queue = format!("Campaña: {}", self.queue.0);
        let text = self.text.as_ref().map(|text| text.source().to_owned());
        let timeout = self.timeout.map(|timeout| format!("Espera {}", timeout.words()));
        std::iter::once(queue).chain(text).chain(timeout).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if let Some(text) = &self.text {
            let body = cx.text(text)?;
            cx.say(Content::Text { body })?;
        }
        cx.hand_off(self.queue.0.clone(), self.timeout.map(Period::duration));
        // The time to be taken is the Desk's, so the run itself arms no timer.
        Ok(Step::Wait(WaitKind::Person, None))
    }

    fn resume(&self, _: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        Ok(match why {
            Resume::Resolved => Step::go("resolved"),
            Resume::TimedOut if self.timeout.is_some() => Step::go("timeout"),
            _ => Step::Stay,
        })
    }

    fn queues(&self) -> Vec<(QueueId, &'static str)> {
        vec![(self.queue.0.clone(), "/queue")]
    }
}

impl NodeKind for Handoff {
    const META: Meta = Meta {
        kind: "handoff",
        v: 1,
        name: "Derivar a persona",
        description: "Pone la conversación en una campaña de atención y espera a que una persona termine.",
        group: "Personas",
        icon: "headset",
        color: "rose",
        role: Role::Person,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: ayuda
name: Ayuda
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: handoff
    config: { queue: ventas, text: "Ya te atiende una persona.", timeout: 30m }
    exits: { resolved: fin, timeout: disculpa }
  fin: { kind: end, config: { text: ¡Gracias! } }
  disculpa: { kind: end, config: { text: Te escribimos mañana. } }
"#;
        vec![
            Example {
                title: "Una persona atiende; mientras tanto el flujo calla",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("ayuda"), &["Ya te atiende una persona.", "→ ventas"]),
                    Turn::stays(Happens::Writes("¿hola?"), &[]),
                    Turn::leaves(Happens::PersonEnds, &["¡Gracias!"], "resolved"),
                ],
            },
            Example {
                title: "Nadie la toma a tiempo",
                flow: FLOW,
                turns: vec![
                    Turn::stays(Happens::Writes("ayuda"), &["Ya te atiende una persona.", "→ ventas"]),
                    Turn::leaves(Happens::NobodyTakes, &["Te escribimos mañana."], "timeout"),
                ],
            },
        ]
    }
}
