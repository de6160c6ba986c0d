//! The parts of a message: what is wrong with them, how the card shows them, and how each is said.

use cauce_flows::fields::Template;
use cauce_flows::{Check, Context, Failure, FileUse, encode};
use cauce_model::{ContactCard, Content, Location, MediaKind, MediaSource};

use super::Delivery;
use super::parts::{Captioned, Card, Document, Part, Place, Plain};

/// What the kinds of files share.
struct Attachment<'a> {
    media: MediaKind,
    file: Option<&'a str>,
    link: Option<&'a Template>,
    caption: Option<&'a Template>,
    name: Option<&'a Template>,
}

impl Part {
    fn attachment(&self) -> Option<Attachment<'_>> {
        let (media, file, link, caption, name) = match self {
            Self::Image(Captioned { file, link, caption }) => (MediaKind::Image, file, link, caption, &None),
            Self::Video(Captioned { file, link, caption }) => (MediaKind::Video, file, link, caption, &None),
            Self::Document(Document { file, link, caption, name }) => {
                (MediaKind::Document, file, link, caption, name)
            }
            Self::Audio(Plain { file, link }) => (MediaKind::Audio, file, link, &None, &None),
            Self::Voice(Plain { file, link }) => (MediaKind::Voice, file, link, &None, &None),
            Self::Sticker(Plain { file, link }) => (MediaKind::Sticker, file, link, &None, &None),
            _ => return None,
        };
        Some(Attachment {
            media,
            file: file.as_deref(),
            link: link.as_ref(),
            caption: caption.as_ref(),
            name: name.as_ref(),
        })
    }

    /// The file it sends, given where the part stands in the config.
    pub(super) fn file(&self, at: &str) -> Option<FileUse> {
        let attachment = self.attachment()?;
        let path = attachment.file?.to_owned();
        Some(FileUse { path, media: attachment.media, pointer: format!("{at}/file") })
    }

    /// Whether it is a message of its own, which arrives or does not.
    pub(super) fn is_message(&self) -> bool {
        !matches!(self, Self::Reaction { .. })
    }

    pub(super) fn check(&self, at: &str, check: &mut Check<'_>) {
        match self {
            Self::Link(link) => check_link(&link.url, &format!("{at}/url"), check),
            Self::Location(Place { latitude, longitude, .. }) => {
                for (amount, name) in [(latitude, "latitude"), (longitude, "longitude")] {
                    if amount.0.as_str().is_some_and(|text| !text.contains("{{")) {
                        check.error(
                            &format!("{at}/{name}"),
                            "node.message.degrees",
                            "Aquí va un número de grados.",
                            "Escríbelo sin comillas, por ejemplo -12.0464, o usa un dato: {{ lugar.latitude }}",
                        );
                    }
                }
            }
            _ => {}
        }
        let Some(attachment) = self.attachment() else { return };
        match (attachment.file, attachment.link) {
            (Some(path), None) => check_path(path, &format!("{at}/file"), check),
            (None, Some(link)) => check_link(link, &format!("{at}/link"), check),
            (None, None) => check.error(
                at,
                "node.message.no_file",
                "No se dice qué se envía.",
                "Agrega «file:» con un archivo que esté junto al flujo, o «link:» con su dirección pública.",
            ),
            (Some(_), Some(_)) => check.error(
                &format!("{at}/link"),
                "node.message.two_files",
                "Hay un archivo y un enlace a la vez.",
                "Deja uno de los dos.",
            ),
        }
    }

    /// The line on the card.
    pub(super) fn summary(&self) -> String {
        let line = |what: &str, words: Option<&str>| match words {
            Some(words) => format!("{what}: {words}"),
            None => what.to_owned(),
        };
        match self {
            Self::Text { text } => text.source().to_owned(),
            Self::Location(place) => line("Ubicación", place.name.as_ref().map(Template::source)),
            Self::Contacts { cards } => line("Contacto", cards.first().map(|card| card.name.source())),
            Self::Link(link) => format!("{} [{}]", link.text.source(), link.title),
            Self::Reaction { emoji } => line("Reacción", Some(emoji)),
            _ => self.attachment().map_or_else(String::new, |attachment| {
                let words = attachment.caption.or(attachment.name).map(Template::source);
                line(attachment.media.name(), words.or(attachment.file))
            }),
        }
    }

    pub(super) fn say(&self, cx: &mut Context<'_>, delivery: Delivery) -> Result<(), Failure> {
        let content = match self {
            Self::Text { text } => Content::Text { body: cx.text(text)? },
            Self::Location(place) => Content::Location(Location {
                latitude: cx.amount(&place.latitude)?,
                longitude: cx.amount(&place.longitude)?,
                name: words(cx, place.name.as_ref())?,
                address: words(cx, place.address.as_ref())?,
            }),
            Self::Contacts { cards } => Content::Contacts {
                cards: cards.iter().map(|card| card.filled(cx)).collect::<Result<_, _>>()?,
            },
            Self::Link(link) => Content::Link {
                body: cx.text(&link.text)?,
                footer: link.footer.clone(),
                title: link.title.clone(),
                url: web_address(cx, &link.url)?,
            },
            Self::Reaction { emoji } => {
                cx.react(emoji.clone());
                return Ok(());
            }
            _ => match self.attachment() {
                Some(attachment) => attachment.content(cx)?,
                None => return Ok(()),
            },
        };
        cx.say_as(content, delivery.into())
    }
}

impl Attachment<'_> {
    fn content(&self, cx: &Context<'_>) -> Result<Content, Failure> {
        let named = words(cx, self.name)?;
        let (source, name) = match (self.file, self.link) {
            (Some(path), _) => {
                let file = cx.file(path)?;
                let name = (self.media == MediaKind::Document).then(|| file.name.clone());
                (MediaSource::Stored(file), name)
            }
            (None, Some(link)) => (MediaSource::Link(web_address(cx, link)?), None),
            (None, None) => {
                return Err(Failure::new("node.message.no_file", "El paso no dice qué archivo envía."));
            }
        };
        let caption = words(cx, self.caption)?;
        Ok(Content::Media { media: self.media, source, caption, filename: named.or(name) })
    }
}

impl Card {
    fn filled(&self, cx: &Context<'_>) -> Result<ContactCard, Failure> {
        let all = |texts: &[Template]| {
            let filled = texts.iter().map(|text| words(cx, Some(text)));
            filled.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()
        };
        Ok(ContactCard {
            name: cx.text(&self.name)?,
            phones: all(&self.phones)?,
            emails: all(&self.emails)?,
            organisation: words(cx, self.organisation.as_ref())?,
        })
    }
}

/// Words that may be left out; also when their data are missing.
fn words(cx: &Context<'_>, text: Option<&Template>) -> Result<Option<String>, Failure> {
    let text = text.map(|text| cx.text(text)).transpose()?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// An address as the provider takes one: what no address may have in it is encoded.
fn web_address(cx: &Context<'_>, link: &Template) -> Result<String, Failure> {
    let text = cx.text(link)?;
    let piece = |c: char| if c.is_ascii_graphic() { c.to_string() } else { encode(&c.to_string()) };
    Ok(text.trim().chars().map(piece).collect())
}

fn check_link(link: &Template, at: &str, check: &mut Check<'_>) {
    let link = link.source();
    let starts = ["https://", "http://", "{{"].iter().any(|start| link.starts_with(start));
    if !starts || link.contains(char::is_whitespace) && !link.contains("{{") {
        check.error(
            at,
            "node.message.link",
            "El enlace no es una dirección web.",
            "Escribe una dirección completa que empiece con https:// y no tenga espacios.",
        );
    }
}

fn check_path(path: &str, at: &str, check: &mut Check<'_>) {
    let piece_fits = |piece: &str| !piece.trim().is_empty() && piece != "." && piece != "..";
    if path.contains(['\\', ':']) || path.contains(char::is_control) || !path.split('/').all(piece_fits) {
        check.error(
            at,
            "node.message.file",
            "El archivo debe estar junto al flujo o en una carpeta dentro.",
            "Escribe su ruta desde el flujo, con «/»: por ejemplo fotos/carta.jpg",
        );
    }
}
