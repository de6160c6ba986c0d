//! `message`: says something and goes on.

use cauce_flows::fields::Template;
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, limits,
};
use cauce_model::Content;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `message`: a text or an image.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mensaje")]
pub struct Message {
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto")]
    #[schemars(extend("x-help" = "Lo que se dice. Puede llevar datos: {{ nombre }}."))]
    #[schemars(extend("maxLength" = limits::TEXT_BODY, "x-limit" = "limit.text_body", "x-i18n" = true))]
    pub text: Option<Template>,
    /// An image instead of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Imagen")]
    #[schemars(extend("x-help" = "En lugar del texto."))]
    pub image: Option<Image>,
}

/// An image by link.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Imagen")]
pub struct Image {
    /// Where it is, `https` (in tests `http`).
    #[schemars(title = "Enlace")]
    #[schemars(extend("x-help" = "Dirección pública de la imagen (JPEG o PNG, hasta 5 MB)."))]
    #[schemars(extend("maxLength" = limits::LINK, "x-limit" = "limit.link"))]
    pub link: Template,
    /// What is written under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Pie de imagen")]
    #[schemars(extend("maxLength" = limits::CAPTION, "x-limit" = "limit.caption", "x-i18n" = true))]
    pub caption: Option<Template>,
}

impl Behaviour for Message {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next()]
    }

    fn check(&self, check: &mut Check<'_>) {
        match (&self.text, &self.image) {
            (None, None) => check.error(
                "",
                "node.message.empty",
                "El mensaje no dice nada.",
                "Agrega «text:» con un texto, o «image:» con un enlace.",
            ),
            (Some(_), Some(_)) => check.error(
                "/image",
                "node.message.both",
                "El mensaje tiene un texto y una imagen a la vez.",
                "Deja uno de los dos, o pon el texto como «caption» de la imagen.",
            ),
            _ => {}
        }
        if let Some(Image { link, .. }) = &self.image {
            let starts = ["https://", "http://", "{{"].iter().any(|start| link.source().starts_with(start));
            if !starts || link.source().contains(char::is_whitespace) && !link.source().contains("{{") {
                check.error(
                    "/image/link",
                    "node.message.link",
                    "El enlace de la imagen no es una dirección web.",
                    "Escribe una dirección completa que empiece con https:// y no tenga espacios.",
                );
            }
        }
    }

    fn summary(&self) -> Vec<String> {
        let text = self.text.as_ref().map(|text| text.source().to_owned());
        let image = self.image.as_ref().map(|image| match &image.caption {
            Some(caption) => format!("Imagen: {}", caption.source()),
            None => "Imagen".to_owned(),
        });
        text.into_iter().chain(image).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        if let Some(text) = &self.text {
            let body = cx.text(text, limits::TEXT_BODY)?;
            cx.say(Content::Text { body })?;
        }
        if let Some(Image { link, caption }) = &self.image {
            let link = cx.text(link, limits::LINK)?;
            let caption = caption.as_ref().map(|caption| cx.text(caption, limits::CAPTION)).transpose()?;
            cx.say(Content::Image { link, caption: caption.filter(|caption| !caption.trim().is_empty()) })?;
        }
        Ok(Step::go("next"))
    }
}

impl NodeKind for Message {
    const META: Meta = Meta {
        kind: "message",
        v: 1,
        name: "Mensaje",
        description: "Envía un texto o una imagen y sigue.",
        group: "Mensajes",
        icon: "message",
        color: "blue",
        role: Role::Step,
        waits: false,
    };

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
                title: "Envía una imagen con su pie",
                flow: r#"
id: carta
name: Carta
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso:
    kind: message
    config: { image: { link: "https://example.com/carta.png", caption: "Nuestra carta de hoy ☕" } }
    exits: { next: fin }
  fin: { kind: end }
"#,
                turns: vec![Turn::leaves(
                    Happens::Writes("carta"),
                    &["<https://example.com/carta.png> Nuestra carta de hoy ☕"],
                    "next",
                )],
            },
        ]
    }
}
