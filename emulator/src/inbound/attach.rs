//! A file that the customer sends.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Scene, Text};
use crate::{
    formats::Kind,
    ids,
    media::{self, Media},
    refusal::Refusal,
};

/// The longest text under a file, in code points.
pub const LONGEST_CAPTION: usize = 1024;

/// A file on the phone, and what is said with it.
#[derive(Debug, Deserialize)]
pub struct Attachment {
    media: Option<Reference>,
    /// A picture by its web address instead, which is told to the business as if it were WhatsApp's.
    image: Option<Linked>,
    caption: Option<String>,
    /// Sound: recorded in the chat.
    #[serde(default)]
    voice: bool,
    /// Stickers: it moves.
    #[serde(default)]
    animated: bool,
    filename: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reference {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Linked {
    link: String,
    caption: Option<String>,
}

impl Attachment {
    /// What the webhook's element says of it.
    ///
    /// # Errors
    /// 422, when there is no such file or it cannot be sent as this kind.
    pub fn element(self, scene: &Scene, kind: Kind, wamid: &str) -> Result<Value, Refusal> {
        if let (Kind::Image, None, Some(linked)) = (kind, &self.media, &self.image) {
            return linked.element(scene, wamid);
        }
        let id = self.media.map(|media| media.id).unwrap_or_default();
        let file = scene.state.media.get(&id).ok_or_else(|| {
            let sentence =
                format!("There is no file {id:?}; POST /emulator/customers/{}/media makes one.", scene.wa_id);
            Refusal::unfit("unknown_media", sentence)
        })?;
        if !kind.holds(&file.mime) {
            let sentence = format!("A file of type {} is not sent as {}.", file.mime, kind.word());
            return Err(Refusal::unfit("wrong_media", sentence));
        }
        let mut element = json!({
            "id": id,
            "mime_type": file.mime,
            "sha256": base64_hash(file),
            "url": media::address(&scene.emulator.config, &scene.emulator.origin, &id, scene.at),
        });
        match kind {
            Kind::Audio => element["voice"] = json!(self.voice),
            Kind::Sticker => element["animated"] = json!(self.animated),
            Kind::Document => {
                let name = self.filename.or_else(|| file.name.clone());
                element["filename"] = json!(name.as_deref().unwrap_or("documento"));
            }
            Kind::Image | Kind::Video => {}
        }
        if matches!(kind, Kind::Image | Kind::Video | Kind::Document) {
            caption(&mut element, self.caption)?;
        }
        Ok(element)
    }
}

impl Linked {
    fn element(&self, scene: &Scene, wamid: &str) -> Result<Value, Refusal> {
        let Linked { link, caption: words } = self;
        if !reqwest::Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            return Err(Refusal::unfit("invalid_link", "The link of an image is a web address."));
        }
        let path = link.split(['?', '#']).next().unwrap_or_default();
        let mut element = json!({
            "mime_type": mime_guess::from_path(path).first_raw().unwrap_or("image/jpeg"),
            "sha256": STANDARD.encode(ids::digest(&["image", link])),
            "id": ids::media_id(wamid, scene.at),
            "url": link,
        });
        caption(&mut element, words.clone())?;
        Ok(element)
    }
}

fn caption(element: &mut Value, words: Option<String>) -> Result<(), Refusal> {
    if let Some(body) = words.filter(|words| !words.is_empty()) {
        element["caption"] = json!(Text { body }.of_at_most(LONGEST_CAPTION)?);
    }
    Ok(())
}

/// The hash as webhooks write it; lookups write the same one in hex.
fn base64_hash(file: &Media) -> String {
    STANDARD.encode(hex::decode(&file.sha256).unwrap_or_default())
}
