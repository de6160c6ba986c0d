//! WhatsApp's limits: the one table. The checks use it before a flow is published, and the sender
//! before a message leaves.
//!
//! Source: Meta's message reference, as gathered in `reference/whatsapp.md` §2.2 (2026-11).
//! Lengths count Unicode scalar values ("characters"), ids count bytes.

use cauce_model::Content;

/// Body of a plain text.
pub const TEXT_BODY: usize = 4096;
/// Caption of an image.
pub const CAPTION: usize = 1024;
/// Body of a message with buttons or a list. (Meta's page says 4096 for lists; senders that work
/// keep to 1024.)
pub const INTERACTIVE_BODY: usize = 1024;
/// Footer of a message with buttons or a list.
pub const FOOTER: usize = 60;
/// Reply buttons in one message.
pub const BUTTONS: usize = 3;
/// Title of a reply button.
pub const BUTTON_TITLE: usize = 20;
/// Id of a reply button, in bytes.
pub const BUTTON_ID: usize = 256;
/// Label that opens a list.
pub const LIST_BUTTON: usize = 20;
/// Sections of a list.
pub const LIST_SECTIONS: usize = 10;
/// Title of a section; required when there are several.
pub const LIST_SECTION_TITLE: usize = 24;
/// Rows of a list, over all sections.
pub const LIST_ROWS: usize = 10;
/// Title of a row.
pub const LIST_ROW_TITLE: usize = 24;
/// Description of a row.
pub const LIST_ROW_DESCRIPTION: usize = 72;
/// Id of a row, in bytes.
pub const LIST_ROW_ID: usize = 200;
/// A link to an image, in bytes. Ours: longer addresses break on their way.
pub const LINK: usize = 2048;
/// Id of an option as a flow writes it, in bytes. Ours: with the run (16) and the wait (20) before it,
/// it stays within [`LIST_ROW_ID`].
pub const OPTION_ID: usize = 64;

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
        Content::Image { link, caption } => {
            within("limit.link", link.len(), 1, LINK)?;
            chars("limit.caption", caption.as_deref().unwrap_or_default(), 0, CAPTION)
        }
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
            chars("limit.interactive_body", body, 1, INTERACTIVE_BODY)?;
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

/// A text cut to `max` characters, the last one "…" when something is missing.
///
/// Only what a customer or a variable put into a text can make it too long: the written part was
/// checked. Cutting keeps the conversation going where the provider would refuse the whole message.
pub fn cut(text: String, max: usize) -> String {
    if text.chars().count() <= max {
        return text;
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
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
    fn a_text_is_cut_with_a_mark() {
        assert_eq!(cut("abcdef".into(), 4), "abc…");
        assert_eq!(cut("abcd".into(), 4), "abcd");
    }
}
