//! `question`: asks one thing and waits for the answer.

use cauce_flows::fields::{Name, Period, Template};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    After, Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Resume, Role, Step,
    Turn, WaitKind, Write, limits,
};
use cauce_model::{Duration, InboundContent, Location, MediaKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answers::{self, Answer, Retries};

/// Config of `question`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Pregunta")]
pub struct Question {
    /// What is asked.
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "La pregunta. Puede llevar datos: {{ nombre }}."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Template,
    /// How it is answered; freely when nothing is said.
    #[serde(default)]
    #[schemars(title = "Respuesta")]
    #[schemars(extend("x-help" = "Qué se espera; texto libre si no se dice."))]
    pub answer: Answer,
    /// Where the answer is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar en")]
    #[schemars(extend("x-help" = "Nombre del dato donde queda la respuesta."))]
    pub save_to: Option<Name>,
    /// How to ask again when the answer does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Reintentos")]
    pub retries: Option<Retries>,
    /// How long to wait for an answer; for ever when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo de espera")]
    #[schemars(extend("x-help" = "Por ejemplo 30m o 2h. Al pasar, se sale por «timeout»."))]
    pub timeout: Option<Period>,
    /// For how long, after each message, more of the same answer may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Juntar mensajes")]
    #[schemars(extend("x-help" = "Quien escribe de a pocos («hola», «quería», «precio») responde una sola vez. Por ejemplo 8s."))]
    pub collect: Option<Period>,
}

impl Question {
    fn ask(&self, cx: &mut Context<'_>, body: String) -> Result<Step, Failure> {
        let content = self.answer.content(cx, body);
        cx.say(content)?;
        Ok(Step::Wait(WaitKind::Answer, self.timeout.map(Period::duration)))
    }

    fn ask_again(&self, cx: &mut Context<'_>, answer: &InboundContent) -> Result<Step, Failure> {
        let tries: u32 = cx.memo();
        if tries >= answers::max_retries(self.retries.as_ref()) {
            return Ok(Step::go("no_match"));
        }
        cx.keep(&(tries + 1));
        let text = self.retries.as_ref().and_then(|retries| retries.text.as_ref());
        let body = self.answer.again(cx, answer, text)?;
        self.ask(cx, body)
    }
}

impl Behaviour for Question {
    fn exits(&self) -> Vec<Exit> {
        let timeout = self.timeout.map(|timeout| Exit::timeout(timeout.duration()));
        let answered = self.answer.exits().into_iter().map(|exit| exit.after(After::Message));
        answered.chain([Exit::no_match()]).chain(timeout).collect()
    }

    fn sends(&self) -> usize {
        1
    }

    fn check(&self, check: &mut Check<'_>) {
        self.answer.check("/answer", &[("/text".to_owned(), &self.text)], check);
        for (i, option) in self.answer.options().iter().enumerate() {
            if ["no_match", "timeout", "window_closed"].contains(&option.id.source()) {
                check.error(
                    &format!("/answer/options/{i}/id"),
                    "node.question.id_reserved",
                    format!("«{}» es el nombre de otra salida.", option.id.source()),
                    "Usa otro identificador para esta opción.",
                );
            }
        }
    }

    fn collects(&self) -> Option<Duration> {
        self.collect.map(Period::duration)
    }

    fn writes(&self) -> Vec<Write> {
        let write = |name| Write::new(name).unless(&["no_match", "timeout"]).among(self.answer.values());
        self.save_to.iter().map(write).collect()
    }

    fn summary(&self) -> Vec<String> {
        let kind = match &self.answer {
            Answer::Open(_) | Answer::Buttons { .. } | Answer::List { .. } | Answer::Choice { .. } => None,
            other => Some(format!("Espera: {}", other.name())),
        };
        let timeout = self.timeout.map(|timeout| format!("Espera {}", timeout.words()));
        std::iter::once(self.text.source().to_owned()).chain(kind).chain(timeout).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let body = cx.text(&self.text)?;
        self.ask(cx, body)
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Answer(answer) = why else { return Ok(Step::go("timeout")) };
        let Some(accepted) = self.answer.accept(cx, answer) else { return self.ask_again(cx, answer) };
        if let Some(name) = &self.save_to {
            cx.set(name, accepted.value);
        }
        Ok(Step::Go(accepted.exit))
    }

    fn sends_in_all(&self) -> usize {
        1 + answers::max_retries(self.retries.as_ref()) as usize
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        self.answer.probes(seen, self.save_to.as_ref())
    }
}

impl NodeKind for Question {
    const META: Meta = Meta {
        kind: "question",
        v: 1,
        name: "Pregunta",
        description: "Pregunta algo y espera la respuesta: libre, con botones, una fecha, una ubicación…",
        group: "Preguntas",
        icon: "message-question",
        color: "violet",
        role: Role::Step,
        waits: true,
    };

    fn examples() -> Vec<Example> {
        const BUTTONS: &str = r#"
id: menu
name: Menú
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config:
      text: ¿En qué te ayudamos?
      answer: { type: buttons, options: [{ id: ventas, title: Ventas }, { id: soporte, title: Atención }] }
      retries: { max: 1, text: "No te entendí. Toca un botón, por favor." }
      timeout: 2h
    exits: { ventas: fin, soporte: fin, no_match: fin, timeout: fin }
  fin: { kind: end }
"#;
        const LIST: &str = r#"
id: nota
name: Calificación
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config:
      text: ¿Cómo estuvo la atención?
      answer:
        type: list
        button: Calificar
        options:
          - { id: buena, title: "2 · Buena", value: "2" }
          - { id: mala, title: "1 · Mala", value: "1" }
      save_to: nota
    exits: { buena: gracias, mala: gracias, no_match: fin }
  gracias: { kind: end, config: { text: "Anotamos un {{ nota }}." } }
  fin: { kind: end }
"#;
        const OPEN: &str = r#"
id: nombre
name: Nombre
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: ¿Cómo te llamas?, save_to: nombre, retries: { max: 1 } }
    exits: { ok: gracias, no_match: fin }
  gracias: { kind: end, config: { text: "Gracias, {{ nombre }}." } }
  fin: { kind: end }
"#;
        const ASKS: &[&str] = &["¿En qué te ayudamos? [Ventas] [Atención]"];
        const ASKS_AGAIN: &[&str] = &["No te entendí. Toca un botón, por favor. [Ventas] [Atención]"];
        vec![
            Example {
                title: "Botones: se toca uno",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(Happens::Taps("Atención"), &[], "soporte"),
                ],
            },
            Example {
                title: "Botones: se escribe el título o el número",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(Happens::Writes("ATENCION!"), &[], "soporte"),
                ],
            },
            Example {
                title: "Botones: una respuesta que no sirve, y después un botón viejo",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::stays(Happens::Writes("¿tienen estacionamiento?"), ASKS_AGAIN),
                    Turn::leaves(Happens::Taps("Ventas"), &[], "ventas"),
                ],
            },
            Example {
                title: "Botones: se acaban los reintentos",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::stays(Happens::SendsFile(MediaKind::Sticker), ASKS_AGAIN),
                    Turn::stays(
                        Happens::Sends(InboundContent::Reaction {
                            target: "m".into(),
                            emoji: Some("👍".into()),
                        }),
                        &[],
                    ),
                    Turn::leaves(Happens::Writes("3"), &[], "no_match"),
                ],
            },
            Example {
                title: "Botones: no responde",
                flow: BUTTONS,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), ASKS),
                    Turn::leaves(Happens::TimePasses, &[], "timeout"),
                ],
            },
            Example {
                title: "Lista: vale el número escrito en el título",
                flow: LIST,
                turns: vec![
                    Turn::stays(
                        Happens::Writes("hola"),
                        &["¿Cómo estuvo la atención? (Calificar) [2 · Buena] [1 · Mala]"],
                    ),
                    Turn::leaves(Happens::Writes("2"), &["Anotamos un 2."], "buena"),
                ],
            },
            Example {
                title: "Opciones que no caben en botones ni en una lista: se responde con el número",
                flow: MENU,
                turns: vec![
                    Turn::stays(
                        Happens::Writes("hola"),
                        &[
                            "¿Qué trámite necesitas?\n\n*1.* Duplicado de mi tarjeta de propiedad\n*2.* Cambio de titular: Trae tu documento",
                        ],
                    ),
                    Turn::stays(
                        Happens::Writes("9"),
                        &[
                            "No te entendí. Responde con el número de una opción, por favor.\n\n*1.* Duplicado de mi tarjeta de propiedad\n*2.* Cambio de titular: Trae tu documento",
                        ],
                    ),
                    Turn::leaves(Happens::Writes("la 2"), &[], "titular"),
                ],
            },
            Example {
                title: "Abierta: una nota de voz no es un texto",
                flow: OPEN,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cómo te llamas?"]),
                    Turn::stays(
                        Happens::SendsFile(MediaKind::Voice),
                        &["Por ahora no puedo escuchar audios. ¿Me lo cuentas en un texto, por favor?"],
                    ),
                    Turn::leaves(Happens::Writes(" Ana María "), &["Gracias, Ana María."], "ok"),
                ],
            },
            Example {
                title: "Sí o no: se toca o se escribe como se habla",
                flow: YES_NO,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Ya eres cliente? [Sí] [No]"]),
                    Turn::stays(
                        Happens::Writes("depende"),
                        &["No te entendí. Toca uno de los botones, por favor. [Sí] [No]"],
                    ),
                    Turn::leaves(Happens::Writes("claro que sí"), &["Cliente: true"], "yes"),
                ],
            },
            Example {
                title: "Sí o no: se toca el botón",
                flow: YES_NO,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Ya eres cliente? [Sí] [No]"]),
                    Turn::leaves(Happens::Taps("No"), &["Cliente: false"], "no"),
                ],
            },
            Example {
                title: "Número: también en palabras, y dentro de lo permitido",
                flow: NUMBER,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Cuántas personas son?"]),
                    Turn::stays(
                        Happens::Writes("somos 30"),
                        &["Escríbelo con un número entero de 1 a 12, por favor."],
                    ),
                    Turn::leaves(Happens::Writes("somos cuatro"), &["Mesa para 4: 48 soles."], "ok"),
                ],
            },
            Example {
                title: "Ubicación: con el botón que la envía",
                flow: PLACE,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["¿Dónde estás? [Enviar ubicación]"]),
                    Turn::stays(
                        Happens::Writes("en el centro"),
                        &["Toca «Enviar ubicación» y compártela, por favor. [Enviar ubicación]"],
                    ),
                    Turn::leaves(
                        Happens::Sends(InboundContent::Location(Location {
                            latitude: -12.05,
                            longitude: -77.04,
                            name: Some("Plaza San Martín".into()),
                            address: None,
                        })),
                        &["Vamos a Plaza San Martín (-12.05, -77.04)."],
                        "ok",
                    ),
                ],
            },
            Example {
                title: "Archivo: una foto o un documento",
                flow: FILE,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), &["Envía tu receta."]),
                    Turn::stays(
                        Happens::SendsFile(MediaKind::Sticker),
                        &["Envía una foto o un documento, por favor."],
                    ),
                    Turn::leaves(Happens::SendsFile(MediaKind::Image), &["Recibimos tu image."], "ok"),
                ],
            },
        ]
    }
}

const MENU: &str = r#"
id: tramites
name: Trámites
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config:
      text: ¿Qué trámite necesitas?
      answer:
        type: choice
        options:
          - { id: duplicado, title: Duplicado de mi tarjeta de propiedad }
          - { id: titular, title: Cambio de titular, description: Trae tu documento }
    exits: { duplicado: fin, titular: fin, no_match: fin }
  fin: { kind: end }
"#;

const YES_NO: &str = r#"
id: cliente
name: ¿Es cliente?
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: ¿Ya eres cliente?, answer: { type: yes_no }, save_to: cliente }
    exits: { "yes": fin, "no": fin, no_match: adios }
  fin: { kind: end, config: { text: "Cliente: {{ cliente }}" } }
  adios: { kind: end }
"#;

const NUMBER: &str = r#"
id: mesa
name: Mesa
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: ¿Cuántas personas son?, answer: { type: number, min: 1, max: 12, integer: true }, save_to: personas }
    exits: { ok: fin, no_match: adios }
  adios: { kind: end }
  fin: { kind: end, config: { text: "Mesa para {{ personas }}: {{ personas * 12 }} soles." } }
"#;

const PLACE: &str = r#"
id: reparto
name: Reparto
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: ¿Dónde estás?, answer: { type: location }, save_to: lugar }
    exits: { ok: fin, no_match: adios }
  adios: { kind: end }
  fin: { kind: end, config: { text: "Vamos a {{ lugar.name }} ({{ lugar.latitude }}, {{ lugar.longitude }})." } }
"#;

const FILE: &str = r#"
id: receta
name: Receta
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: Envía tu receta., answer: { type: media, kinds: [image, document] }, save_to: receta }
    exits: { ok: fin, no_match: adios }
  adios: { kind: end }
  fin: { kind: end, config: { text: "Recibimos tu {{ receta.media }}." } }
"#;
