//! WhatsApp's limits, kept: the checks use the table of [`cauce_model::limits`] before a flow is published, and
//! the step loop when something is said ([`fit()`], [`check`]).

mod fit;

use cauce_model::{Content, Location, MediaKind, MediaSource, StoredFile};

pub use self::fit::fit;
pub use cauce_model::limits::*;

/// A limit that a message breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {actual} (allowed: {min}–{max})")]
pub struct Broken {
    /// Stable: `limit.text_body`, `limit.buttons` …
    pub what: &'static str,
    /// The least allowed.
    pub min: usize,
    /// The most allowed.
    pub max: usize,
    /// What there is.
    pub actual: usize,
}

fn within(what: &'static str, actual: usize, min: usize, max: usize) -> Result<(), Broken> {
    if (min..=max).contains(&actual) { Ok(()) } else { Err(Broken { what, min, max, actual }) }
}

fn chars(what: &'static str, text: &str, min: usize, max: usize) -> Result<(), Broken> {
    within(what, text.chars().count(), min, max)
}

fn unique<'a>(what: &'static str, texts: impl Iterator<Item = &'a str> + Clone) -> Result<(), Broken> {
    let distinct: std::collections::HashSet<&str> = texts.clone().collect();
    let count = texts.count();
    within(what, distinct.len(), count, count)
}

/// Whether WhatsApp takes the message.
///
/// # Errors
/// The first limit that it breaks.
pub fn check(content: &Content) -> Result<(), Broken> {
    match content {
        Content::Text { body } => chars("limit.text_body", body, 1, TEXT_BODY),
        Content::Media { media, source, caption, filename } => {
            if let MediaSource::Link(link) = source {
                within("limit.link", link.len(), 1, LINK)?;
            }
            let most = match media {
                MediaKind::Image | MediaKind::Video | MediaKind::Document => CAPTION,
                MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => 0,
            };
            chars("limit.caption", caption.as_deref().unwrap_or_default(), 0, most)?;
            chars("limit.filename", filename.as_deref().unwrap_or_default(), 0, FILENAME)
        }
        Content::Location(Location { latitude, longitude, name, address }) => {
            within("limit.latitude", usize::from((-90.0..=90.0).contains(latitude)), 1, 1)?;
            within("limit.longitude", usize::from((-180.0..=180.0).contains(longitude)), 1, 1)?;
            chars("limit.place", name.as_deref().unwrap_or_default(), 0, PLACE)?;
            chars("limit.place", address.as_deref().unwrap_or_default(), 0, PLACE)
        }
        Content::Contacts { cards } => {
            within("limit.cards", cards.len(), 1, CARDS)?;
            for card in cards {
                chars("limit.card_name", &card.name, 1, CARD_NAME)?;
                let fields = card.phones.iter().chain(&card.emails).chain(&card.organisation);
                fields.into_iter().try_for_each(|field| chars("limit.card_field", field, 1, CARD_FIELD))?;
            }
            Ok(())
        }
        Content::Link { body, footer, title, url } => {
            chars("limit.interactive_body", body, 1, INTERACTIVE_BODY)?;
            chars("limit.footer", footer.as_deref().unwrap_or_default(), 0, FOOTER)?;
            chars("limit.link_title", title, 1, LINK_TITLE)?;
            within("limit.link", url.len(), 1, LINK)
        }
        Content::LocationRequest { body } => chars("limit.interactive_body", body, 1, INTERACTIVE_BODY),
        Content::Reaction { emoji, .. } => chars("limit.emoji", emoji, 0, EMOJI),
        Content::Buttons { body, footer, buttons } => {
            chars("limit.interactive_body", body, 1, INTERACTIVE_BODY)?;
            chars("limit.footer", footer.as_deref().unwrap_or_default(), 0, FOOTER)?;
            within("limit.buttons", buttons.len(), 1, BUTTONS)?;
            for button in buttons {
                chars("limit.button_title", &button.title, 1, BUTTON_TITLE)?;
                within("limit.button_id", button.id.len(), 1, BUTTON_ID)?;
            }
            unique("limit.title_repeated", buttons.iter().map(|b| b.title.as_str()))?;
            unique("limit.id_repeated", buttons.iter().map(|b| b.id.as_str()))
        }
        Content::List { body, footer, button, sections } => {
            chars("limit.list_body", body, 1, LIST_BODY)?;
            chars("limit.footer", footer.as_deref().unwrap_or_default(), 0, FOOTER)?;
            chars("limit.list_button", button, 1, LIST_BUTTON)?;
            within("limit.list_sections", sections.len(), 1, LIST_SECTIONS)?;
            let least = usize::from(sections.len() > 1);
            for section in sections {
                let title = section.title.as_deref().unwrap_or_default();
                chars("limit.list_section_title", title, least, LIST_SECTION_TITLE)?;
            }
            let rows = sections.iter().flat_map(|section| &section.rows);
            within("limit.list_rows", rows.clone().count(), 1, LIST_ROWS)?;
            for row in rows.clone() {
                chars("limit.list_row_title", &row.title, 1, LIST_ROW_TITLE)?;
                let description = row.description.as_deref().unwrap_or_default();
                chars("limit.list_row_description", description, 0, LIST_ROW_DESCRIPTION)?;
                within("limit.list_row_id", row.id.len(), 1, LIST_ROW_ID)?;
            }
            unique("limit.id_repeated", rows.map(|row| row.id.as_str()))
        }
    }
}

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// The types that may be sent as a kind of media, and the largest size in bytes. Any type may be sent as
/// a document (Meta's media reference).
pub fn types(media: MediaKind) -> (&'static [&'static str], u64) {
    match media {
        MediaKind::Image => (&["image/jpeg", "image/png"], 5 * MB),
        MediaKind::Video => (&["video/mp4", "video/3gpp"], 16 * MB),
        MediaKind::Audio => (&["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"], 16 * MB),
        MediaKind::Voice => (&["audio/ogg"], 16 * MB),
        // Of the moving ones; of the others 100 kB, but who moves is not known here.
        MediaKind::Sticker => (&["image/webp"], 500 * 1000),
        MediaKind::Document => (&[], 100 * MB),
    }
}

/// Whether a stored file can be sent as this kind of media.
///
/// # Errors
/// A Spanish sentence that says why not.
pub fn file(media: MediaKind, file: &StoredFile) -> Result<(), String> {
    let (types, most) = types(media);
    let mime = file.mime.split(';').next().unwrap_or_default().trim();
    if !types.is_empty() && !types.contains(&mime) {
        return Err(format!("WhatsApp acepta {} y el archivo es {mime}.", types.join(", ")));
    }
    if file.size == 0 {
        return Err("el archivo está vacío.".to_owned());
    }
    if file.size > most {
        return Err(format!("pesa {} kB y el máximo es {} kB.", file.size.div_ceil(KB), most / KB));
    }
    Ok(())
}

/// As what a file is best sent: a picture, a film or sound where WhatsApp takes it as such, else a
/// document.
pub fn best_media(stored: &StoredFile) -> MediaKind {
    let fits = |media: &MediaKind| file(*media, stored).is_ok();
    [MediaKind::Image, MediaKind::Video, MediaKind::Audio]
        .into_iter()
        .find(fits)
        .unwrap_or(MediaKind::Document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cauce_model::{Button, ListRow, ListSection};

    fn buttons(titles: &[&str]) -> Content {
        let buttons = titles.iter().enumerate();
        Content::Buttons {
            body: "¿?".into(),
            footer: None,
            buttons: buttons.map(|(i, t)| Button { id: i.to_string(), title: (*t).into() }).collect(),
        }
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(check(&Content::Text { body: "ñ".repeat(TEXT_BODY) }), Ok(()));
        let broken = check(&Content::Text { body: "ñ".repeat(TEXT_BODY + 1) }).unwrap_err();
        assert_eq!(broken.what, "limit.text_body");
        assert!(check(&Content::Text { body: String::new() }).is_err());
    }

    #[test]
    fn buttons_are_one_to_three_and_differ() {
        assert_eq!(check(&buttons(&["a", "b", "c"])), Ok(()));
        assert_eq!(check(&buttons(&["a", "a"])).unwrap_err().what, "limit.title_repeated");
        assert_eq!(check(&buttons(&["a", "b", "c", "d"])).unwrap_err().what, "limit.buttons");
        assert_eq!(check(&buttons(&["veintiún caracteres.."])).unwrap_err().what, "limit.button_title");
    }

    #[test]
    fn a_list_counts_rows_over_its_sections() {
        let section = |n: usize, title: Option<&str>| ListSection {
            title: title.map(str::to_owned),
            rows: (0..n)
                .map(|i| ListRow { id: format!("{title:?}{i}"), title: "x".into(), description: None })
                .collect(),
        };
        let list =
            |sections| Content::List { body: "¿?".into(), footer: None, button: "Ver".into(), sections };
        assert_eq!(check(&list(vec![section(10, None)])), Ok(()));
        assert_eq!(
            check(&list(vec![section(6, Some("a")), section(5, Some("b"))])).unwrap_err().what,
            "limit.list_rows"
        );
        assert_eq!(
            check(&list(vec![section(1, Some("a")), section(1, None)])).unwrap_err().what,
            "limit.list_section_title"
        );
    }

    #[test]
    fn of_two_numbers_for_a_list_the_smaller_counts() {
        let body = "ñ".repeat(LIST_BODY + 1);
        let rows = vec![ListRow { id: "a".into(), title: "a".into(), description: None }];
        let sections = vec![ListSection { title: None, rows }];
        let list = Content::List { body, footer: None, button: "Ver".into(), sections };
        assert_eq!(check(&list).unwrap_err().what, "limit.list_body");
    }
}
