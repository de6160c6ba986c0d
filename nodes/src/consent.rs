//! `consent`: asks whether something may be done with the customer's data, and keeps the answer with its proof.

use cauce_flows::fields::{Key, Period, Template};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step,
    Turn, WaitKind, limits,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answers::{self, Answer, Retries};

/// How the answers are read and asked for.
const ASKS: Answer = Answer::YesNo;

/// Config of `consent`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Permiso")]
pub struct Consent {
    /// What for.
    #[schemars(title = "Finalidad")]
    #[schemars(extend("x-help" = "Su nombre estable, por ejemplo: publicidad. Se lee con contact.consents.publicidad."))]
    pub purpose: Key,
    /// How people call that.
    #[schemars(title = "Nombre de la finalidad", length(min = 1, max = 60))]
    #[schemars(extend("x-help" = "Como lo ve el equipo, por ejemplo: Ofertas y novedades."))]
    pub label: String,
    /// The version of the legal text.
    #[schemars(title = "Versión del texto legal", length(min = 1, max = 40))]
    #[schemars(extend("x-help" = "Queda junto a la respuesta, por ejemplo 2026-01. Cámbiala cuando cambie el texto."))]
    pub version: String,
    /// What is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "La pregunta, con lo que la ley pida decir. Se responde sí o no."))]
    #[schemars(extend("maxLength" = limits::INTERACTIVE_BODY, "x-limit" = "limit.interactive_body", "x-i18n" = true))]
    pub text: Option<Template>,
    /// What is kept without asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Anotar sin preguntar")]
    #[schemars(extend("x-help" = "Cuando el cliente ya lo dijo, como al escribir «baja»."))]
    pub answer: Option<Said>,
    /// How to ask again when the answer is neither yes nor no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reintentos")]
    pub retries: Option<Retries>,
    /// How long to wait for an answer; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo de espera")]
    #[schemars(extend("x-help" = "Por ejemplo 30m o 2h. Al pasar, se sale por «timeout» y no cambia nada."))]
    pub timeout: Option<Period>,
}

/// What the customer said already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// They allow it.
    #[schemars(title = "Sí")]
    Yes,
    /// They do not.
    #[schemars(title = "No")]
    No,
}

impl Consent {
    fn ask(&self, cx: &mut Context<'_>, body: String) -> Result<Step, Failure> {
        let content = ASKS.content(cx, body);
        cx.say(content)?;
        Ok(Step::Wait(WaitKind::Answer, self.timeout.map(Period::duration)))
    }

    fn keep(&self, cx: &mut Context<'_>, granted: bool) -> Step {
        cx.consent(&self.purpose, self.label.clone(), granted, self.version.clone());
        Step::go(if granted { "yes" } else { "no" })
    }
}

impl Behaviour for Consent {
    fn exits(&self) -> Vec<Exit> {
        let (yes, no) = (Exit::new("yes", "Lo permite"), Exit::new("no", "No lo permite"));
        match self.answer {
            Some(Said::Yes) => vec![yes],
            Some(Said::No) => vec![no],
            None => {
                let timeout = self.timeout.map(|timeout| Exit::timeout(timeout.duration()));
                let answered = [yes, no].map(|exit| exit.after(After::Message));
                answered.into_iter().chain([Exit::no_match()]).chain(timeout).collect()
            }
        }
    }

    fn sends(&self) -> usize {
        usize::from(self.answer.is_none())
    }

    fn sends_in_all(&self) -> usize {
        self.sends() * (1 + answers::max_retries(self.retries.as_ref()) as usize)
    }

    fn goes_on(&self) -> bool {
        self.answer.is_some()
    }

    fn check(&self, check: &mut Check<'_>) {
        let asks = self.text.is_some() || self.retries.is_some() || self.timeout.is_some();
        match self.answer {
            None if self.text.is_none() => check.error(
                "",
                "node.consent.no_text",
                "Este paso no pregunta nada.",
                "Agrega «text:» con la pregunta, o «answer:» con lo que el cliente ya dijo.",
            ),
            Some(_) if asks => check.error(
                "/answer",
                "node.consent.asks",
                "Con «answer:» no se pregunta: «text», «retries» y «timeout» no hacen nada.",
                "Quita «answer:» para preguntar, o quita lo demás.",
            ),
            _ => {}
        }
        let purpose = self.purpose.source();
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !purpose.chars().all(letter) || purpose.starts_with(|c: char| c.is_ascii_digit()) {
            check.error(
                "/purpose",
                "node.consent.purpose",
                format!("«{purpose}» no se podría leer con contact.consents.{purpose}."),
                "Usa letras sin tilde, números y «_», empezando por una letra.",
            );
        }
    }

    fn summary(&self) -> Vec<String> {
        let said = match self.answer {
            Some(Said::Yes) => ": sí",
            Some(Said::No) => ": no",
            None => "",
        };
        let text = self.text.as_ref().map(|text| text.source().to_owned());
        let purpose = format!("{}{said} · {}", self.label, self.version);
        let timeout = self.timeout.map(|timeout| format!("Espera {}", timeout.words()));
        text.into_iter().chain([purpose]).chain(timeout).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        match (self.answer, &self.text) {
            (Some(said), _) => Ok(self.keep(cx, said == Said::Yes)),
            (None, Some(text)) => {
                let body = cx.text(text)?;
                self.ask(cx, body)
            }
            // The checks refuse it.
            (None, None) => Ok(Step::go("no_match")),
        }
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Answer(answer) = why else { return Ok(Step::go("timeout")) };
        if let Some(accepted) = ASKS.accept(cx, answer) {
            return Ok(self.keep(cx, accepted.value == true));
        }
        let tries: u32 = cx.memo();
        if tries >= answers::max_retries(self.retries.as_ref()) {
            return Ok(Step::go("no_match"));
        }
        cx.keep(&(tries + 1));
        let text = self.retries.as_ref().and_then(|retries| retries.text.as_ref());
        let body = ASKS.again(cx, answer, text)?;
        self.ask(cx, body)
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        ASKS.probes(seen, None)
    }
}

impl NodeKind for Consent {
    const META: Meta = Meta {
        kind: "consent",
        v: 1,
        name: "Permiso",
        description: "Pide permiso para algo, como enviar publicidad, y guarda la respuesta con su prueba: cuándo, qué texto, qué mensaje.",
        group: "Preguntas",
        icon: "shield-check",
        color: "violet",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const IN: &str = r#"
id: alta
name: Alta
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: consent
    config:
      purpose: publicidad
      label: Ofertas y novedades
      version: 2026-01
      text: ¿Te avisamos por aquí de nuestras ofertas? Sales cuando quieras escribiendo «baja».
      retries: { max: 1, text: Para avisarte necesitamos un sí. ¿Quieres? }
      timeout: 12h
    exits: { "yes": fin, "no": fin, no_match: fin, timeout: fin }
  fin: { kind: end, config: { text: "Permiso: {{ contact.consents.publicidad ?? \"no se sabe\" }}" } }
"#;
        const OUT: &str = r#"
id: baja
name: Baja
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [baja], any_message: true }, exits: { next: paso } }
  paso:
    kind: consent
    config: { purpose: publicidad, label: Ofertas y novedades, version: 2026-01, answer: "no" }
    exits: { "no": fin }
  fin: { kind: end, config: { text: "Listo, no te escribimos más." } }
"#;
        const ASKS: &[&str] = &[
            "¿Te avisamos por aquí de nuestras ofertas? Sales cuando quieras escribiendo «baja». [Sí] [No]",
        ];
        let begins = || Turn::stays(Happens::Writes("hola"), ASKS);
        vec![
            Example {
                title: "Lo permite, y el paso que sigue ya lo sabe",
                flow: IN,
                turns: vec![
                    begins(),
                    Turn::leaves(
                        Happens::Taps("Sí"),
                        &["(Permiso) +publicidad 2026-01", "Permiso: true"],
                        "yes",
                    ),
                ],
            },
            Example {
                title: "No lo permite: también se anota",
                flow: IN,
                turns: vec![
                    begins(),
                    Turn::leaves(
                        Happens::Writes("por ahora no, gracias"),
                        &["(Permiso) -publicidad 2026-01", "Permiso: false"],
                        "no",
                    ),
                ],
            },
            Example {
                title: "Sin un sí ni un no no se anota nada",
                flow: IN,
                turns: vec![
                    begins(),
                    Turn::stays(
                        Happens::Writes("¿qué ofertas?"),
                        &["Para avisarte necesitamos un sí. ¿Quieres? [Sí] [No]"],
                    ),
                    Turn::leaves(Happens::Writes("no sé"), &["Permiso: no se sabe"], "no_match"),
                ],
            },
            Example {
                title: "No responde",
                flow: IN,
                turns: vec![begins(), Turn::leaves(Happens::TimePasses, &["Permiso: no se sabe"], "timeout")],
            },
            Example {
                title: "Lo retira: no se pregunta nada",
                flow: OUT,
                turns: vec![Turn::leaves(
                    Happens::Writes("baja"),
                    &["(Permiso) -publicidad 2026-01", "Listo, no te escribimos más."],
                    "no",
                )],
            },
        ]
    }
}
