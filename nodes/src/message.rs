//! `message`: says something and goes on.

mod parts;
mod saying;

use cauce_flows::fields::{Period, Template};
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, FileUse, Happens, Meta, NodeKind, Resume, Role, Step,
    Turn, WaitKind, limits,
};
use cauce_model::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use parts::Part;

/// How long to wait for the news that all has left, once the last message was accepted. What is not
/// refused by then hardly ever is.
const NEWS: Duration = Duration::minutes(1);
/// How long WhatsApp shows that somebody is writing.
const MAX_TYPING: Duration = Duration::seconds(25);

/// Config of `message`: a text, other parts after it, or both.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mensaje")]
pub struct Message {
    /// The first part: a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "Lo que se dice. Puede llevar datos: {{ nombre }}."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Option<Template>,
    /// What comes after it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Partes", length(max = limits::PARTS))]
    #[schemars(extend("x-help" = "Fotos, documentos, ubicaciones… en el orden en que se envían."))]
    #[schemars(extend("x-limit" = "limit.parts"))]
    pub parts: Vec<Part>,
    /// How long the customer sees that somebody is writing, before anything is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Mostrar «escribiendo…»")]
    #[schemars(extend("x-help" = "Antes de enviar, por ejemplo 3s; como máximo 25s."))]
    pub typing: Option<Period>,
    /// What is done when WhatsApp does not confirm that it took the message.
    #[serde(default, skip_serializing_if = "Delivery::is_default")]
    #[schemars(title = "Si WhatsApp no confirma el envío")]
    #[schemars(extend("x-help" = "Qué hacer cuando no se sabe si el mensaje salió: enviarlo otra vez, o dejarlo como «sin confirmar» y salir por «No se entregó»."))]
    pub delivery: Delivery,
}

/// What is done about a message of which nobody can say whether it was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Envío")]
pub enum Delivery {
    /// It is sent again.
    #[default]
    #[schemars(title = "Enviarlo otra vez (podría llegar dos veces)")]
    AtLeastOnce,
    /// It is not.
    #[schemars(title = "No repetirlo (podría no llegar)")]
    AtMostOnce,
}

impl Delivery {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl From<Delivery> for cauce_model::Delivery {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::AtLeastOnce => Self::AtLeastOnce,
            Delivery::AtMostOnce => Self::AtMostOnce,
        }
    }
}

impl Message {
    fn say(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if let Some(text) = &self.text {
            Part::Text { text: text.clone() }.say(cx, self.delivery)?;
        }
        for part in &self.parts {
            part.say(cx, self.delivery)?;
        }
        let says = self.text.is_some() || self.parts.iter().any(Part::is_message);
        if says && cx.is_connected("undelivered") {
            cx.keep(&true);
            return Ok(Step::Wait(WaitKind::Sent, Some(NEWS)));
        }
        Ok(Step::go("next"))
    }
}

impl Behaviour for Message {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next(), Exit::new("undelivered", "No se entregó").or_not()]
    }

    fn check(&self, check: &mut Check<'_>) {
        let count = self.sends();
        if count == 0 {
            check.error(
                "",
                "node.message.empty",
                "El mensaje no dice nada.",
                "Agrega «text:» con un texto, o «parts:» con una foto, un documento u otra cosa.",
            );
        }
        if count > limits::PARTS {
            check.error(
                "/parts",
                "limit.parts",
                format!("Con el texto hay {count} partes y el máximo es {}.", limits::PARTS),
                "Pon una parte en otro paso «message».",
            );
        }
        for (i, part) in self.parts.iter().enumerate() {
            part.check(&format!("/parts/{i}"), check);
        }
        if self.typing.is_some_and(|typing| typing.duration() > MAX_TYPING) {
            check.error(
                "/typing",
                "node.message.typing",
                "WhatsApp muestra «escribiendo…» como máximo 25 segundos.",
                "Usa 25s o menos, o pon antes un paso «wait».",
            );
        }
    }

    fn sends(&self) -> usize {
        usize::from(self.text.is_some()) + self.parts.len()
    }

    fn files(&self) -> Vec<FileUse> {
        let parts = self.parts.iter().enumerate();
        parts.filter_map(|(i, part)| part.file(&format!("/parts/{i}"))).collect()
    }

    fn summary(&self) -> Vec<String> {
        let typing = self.typing.map(|typing| format!("Escribiendo {}…", typing.words()));
        let text = self.text.as_ref().map(|text| text.source().to_owned());
        typing.into_iter().chain(text).chain(self.parts.iter().map(Part::summary)).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let Some(typing) = self.typing else { return self.say(cx) };
        cx.show_typing();
        Ok(Step::Wait(WaitKind::Delay, Some(typing.duration())))
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let said: bool = cx.memo();
        match why {
            Resume::Unsent(_) => Ok(Step::go("undelivered")),
            // Without any news nothing speaks against it.
            Resume::Sent | Resume::TimedOut if said => Ok(Step::go("next")),
            Resume::TimedOut => self.say(cx),
            _ => Ok(Step::Stay),
        }
    }
}

impl NodeKind for Message {
    const META: Meta = Meta {
        kind: "message",
        v: 2,
        name: "Mensaje",
        description: "Envía textos, fotos, documentos, ubicaciones y más, y sigue.",
        group: "Mensajes",
        icon: "message",
        color: "blue",
        role: Role::Step,
        waits: false,
    };

    /// The first version had one picture beside the text.
    fn migrate(_: u16, mut config: Value) -> Result<Value, String> {
        if let Some(config) = config.as_object_mut()
            && let Some(Value::Object(mut image)) = config.remove("image")
        {
            image.insert("type".to_owned(), "image".into());
            config.insert("parts".to_owned(), Value::Array(vec![image.into()]));
        }
        Ok(config)
    }

    fn examples() -> Vec<Example> {
        vec![
            Example {
                title: "Saluda por su nombre a quien escribe",
                flow: r#"
id: saludo
name: Saludo
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: message
    config: { text: "¡Hola{{ if contact.name != () { ` ${contact.name}` } else { `` } }}! Abrimos de 9 a 18 h." }
    exits: { next: fin }
  fin: { kind: end }
"#,
                turns: vec![Turn::leaves(
                    Happens::Writes("hola"),
                    &["¡Hola Ana! Abrimos de 9 a 18 h."],
                    "next",
                )],
            },
            Example {
                title: "Muestra que escribe y envía una foto, una tarifa y dónde queda la tienda",
                flow: r#"
id: carta
name: Carta
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: message
    config:
      typing: 3s
      text: Aquí va todo.
      parts:
        - { type: image, link: "https://example.com/carta.png", caption: "Nuestra carta de hoy ☕" }
        - { type: document, file: archivos/tarifas.pdf, name: "Tarifas para {{ contact.name }}.pdf" }
        - { type: voice, file: saludo.ogg }
        - { type: location, latitude: -12.0464, longitude: -77.0428, name: Tienda del Centro }
    exits: { next: fin }
  fin: { kind: end }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("carta"), &["(Escribiendo…)"]),
                    Turn::leaves(
                        Happens::TimePasses,
                        &[
                            "Aquí va todo.",
                            "(Foto) <https://example.com/carta.png> Nuestra carta de hoy ☕",
                            "(Documento) <tarifas.pdf>",
                            "(Nota de voz) <saludo.ogg>",
                            "(Ubicación) -12.0464, -77.0428 Tienda del Centro",
                        ],
                        "next",
                    ),
                ],
            },
            Example {
                title: "Reacciona, y da una tarjeta de contacto y un enlace",
                flow: r#"
id: ventas
name: Ventas
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: pedido }, exits: { next: paso } }
  paso:
    kind: message
    config:
      parts:
        - { type: reaction, emoji: 👍 }
        - { type: contacts, cards: [{ name: Rosa de Ventas, phones: ["+51 999 888 777"] }] }
        - { type: link, text: Mira tu pedido aquí., title: Ver pedido, url: "https://example.com/{{ pedido }}" }
    exits: { next: fin }
  fin: { kind: end }
"#,
                turns: vec![Turn::leaves(
                    Happens::Writes("a-31"),
                    &[
                        "(Reacción) 👍",
                        "(Contacto) Rosa de Ventas +51 999 888 777",
                        "Mira tu pedido aquí. [Ver pedido] <https://example.com/a-31>",
                    ],
                    "next",
                )],
            },
            Example {
                title: "Con la salida «undelivered» espera a saber si llegó",
                flow: SURE,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), SAID),
                    Turn::leaves(
                        Happens::Unsent("131053"),
                        &["No pudimos enviarte el video."],
                        "undelivered",
                    ),
                ],
            },
            Example {
                title: "Un código se envía una sola vez, aunque WhatsApp no lo confirme",
                flow: r#"
id: codigo
name: Código
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: message
    config: { text: Tu código de retiro es 4821., delivery: at_most_once }
    exits: { next: fin, undelivered: falla }
  fin: { kind: end }
  falla: { kind: end, config: { text: ¿Te llegó el código? } }
"#,
                turns: vec![
                    Turn::stays(Happens::Writes("código"), &["Tu código de retiro es 4821."]),
                    Turn::leaves(Happens::Unsent("unconfirmed"), &["¿Te llegó el código?"], "undelivered"),
                ],
            },
            Example {
                title: "Si todo salió, o no hay noticias, sigue",
                flow: SURE,
                turns: vec![
                    Turn::stays(Happens::Writes("hola"), SAID),
                    Turn::stays(Happens::Writes("¿ya?"), &[]),
                    Turn::leaves(Happens::Sent, &["¿Lo viste?"], "next"),
                ],
            },
        ]
    }
}

const SAID: &[&str] = &["(Video) <recorrido.mp4> Conoce la tienda"];
const SURE: &str = r#"
id: video
name: Video
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: message
    config: { parts: [{ type: video, file: recorrido.mp4, caption: Conoce la tienda }] }
    exits: { next: fin, undelivered: falla }
  fin: { kind: end, config: { text: ¿Lo viste? } }
  falla: { kind: end, config: { text: No pudimos enviarte el video. } }
"#;
