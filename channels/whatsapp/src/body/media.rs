//! Files, by link or by the id of an upload. Facts: `reference/whatsapp.md` §2.2.

use cauce_model::{FailureClass, MediaKind, MediaSource, SendFailure, StoredFile, limits};
use serde_json::{Value, json};

use super::refused::{chars, limit, web_address, within};

pub(super) fn body(
    media: MediaKind,
    source: &MediaSource,
    caption: Option<&str>,
    filename: Option<&str>,
    media_id: Option<&str>,
) -> Result<(&'static str, Value), SendFailure> {
    let mut body = match (source, media_id) {
        (MediaSource::Link(link), _) => {
            web_address("El archivo", link)?;
            json!({ "link": link })
        }
        (MediaSource::Stored(file), Some(id)) => {
            check_file(media, file)?;
            json!({ "id": id })
        }
        (MediaSource::Stored(_), None) => {
            let text = "El archivo no se subió a WhatsApp.";
            return Err(SendFailure::new(FailureClass::Media, "media", text));
        }
    };
    if media == MediaKind::Voice {
        body["voice"] = true.into();
    }
    if media == MediaKind::Document {
        let stored = if let MediaSource::Stored(file) = source { Some(file.name.as_str()) } else { None };
        if let Some(name) = filename.or(stored).filter(|name| !name.is_empty()) {
            within("El nombre del documento", chars(name), 1, limits::FILENAME)?;
            body["filename"] = name.into();
        }
    }
    if let Some(caption) = caption.filter(|caption| !caption.is_empty()) {
        if !matches!(media, MediaKind::Image | MediaKind::Video | MediaKind::Document) {
            return Err(limit(format!(
                "WhatsApp no muestra texto con este tipo de archivo ({}).",
                media.name()
            )));
        }
        within("El texto del archivo", chars(caption), 1, limits::CAPTION)?;
        body["caption"] = caption.into();
    }
    Ok((provider_type(media), body))
}

fn provider_type(media: MediaKind) -> &'static str {
    match media {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio | MediaKind::Voice => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    }
}

/// Whether WhatsApp takes this file as `media`, by its MIME type and its size (1 kB = 1 000 bytes for
/// stickers, 1 MB = 1 024 × 1 024 bytes). To be asked before an upload.
///
/// # Errors
/// Code `limit` and a sentence that says what does not fit.
pub fn check_file(media: MediaKind, file: &StoredFile) -> Result<(), SendFailure> {
    const MB: u64 = 1024 * 1024;
    let (types, most): (&[&str], u64) = match media {
        MediaKind::Image => (&["image/jpeg", "image/png"], 5 * MB),
        MediaKind::Video => (&["video/mp4", "video/3gpp", "video/3gp"], 16 * MB),
        MediaKind::Audio => (
            &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp3", "audio/mp4", "audio/x-m4a", "audio/ogg"],
            16 * MB,
        ),
        MediaKind::Voice => (&["audio/ogg"], 16 * MB),
        MediaKind::Document => (&[], 100 * MB),
        // Whether it moves is not known here: the larger of the two limits, 100 and 500 kB.
        MediaKind::Sticker => (&["image/webp"], 500 * 1000),
    };
    // `audio/ogg; codecs=opus` is `audio/ogg`.
    let mime = file.mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !types.is_empty() && !types.contains(&mime.as_str()) {
        let (what, types) = (media.name(), types.join(", "));
        return Err(limit(format!("{what}: WhatsApp no admite el formato {mime}. Admite {types}.")));
    }
    if file.size == 0 || file.size > most {
        let what = media.name();
        let (most, unit) = if most < MB { (most / 1000, "kB") } else { (most / MB, "MB") };
        return Err(limit(format!("{what}: el archivo está vacío o supera los {most} {unit} de WhatsApp.")));
    }
    Ok(())
}
