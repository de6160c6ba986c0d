//! WhatsApp's limits: the one table, for whoever checks, says, sends or shows a message. The designer gets it in
//! the schemas of the catalogue (`maxLength`, `x-limit`).
//!
//! Source: Meta's message reference and OpenAPI document, as they stood in 2026-11.
//! Lengths count Unicode scalar values ("characters"), ids count bytes.

use crate::Duration;

/// For how long after the customer's last message anything may be said freely (Meta's customer service
/// window).
pub const WINDOW: Duration = Duration::hours(24);

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Stable: `limit.text_body`, `limit.buttons` …; what `x-limit` in a schema names.
    pub code: &'static str,
    /// The most allowed. Where sources disagree it is the smaller number: to break it is an error.
    pub most: usize,
    /// Who says so.
    pub source: Source,
    /// The larger number that another page of Meta gives. Nobody may use it; whoever breaks the limit is told.
    pub doubt: Option<usize>,
}

/// Who set a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Meta's documents.
    Meta,
    /// This house, because the provider says nothing or more than is good.
    House,
}

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident = $most:literal, $code:literal, $source:ident $(, or $doubt:literal)?;)*) => {
        $($(#[$doc])* pub const $name: usize = $most;)*

        /// Every limit, once.
        pub const TABLE: &[Limit] = &[$(Limit {
            code: $code,
            most: $most,
            source: Source::$source,
            doubt: [$(Some($doubt),)? None][0],
        }),*];
    };
}

table! {
    /// Body of a plain text.
    TEXT_BODY = 4096, "limit.text_body", Meta;
    /// Caption of a picture, a film or a document.
    CAPTION = 1024, "limit.caption", Meta;
    /// Parts of one message step.
    PARTS = 10, "limit.parts", House;
    /// The name of a document.
    FILENAME = 240, "limit.filename", Meta;
    /// Name and address of a place.
    PLACE = 300, "limit.place", House;
    /// Contact cards in one message (the OpenAPI document; the pages say 257).
    CARDS = 5, "limit.cards", Meta, or 257;
    /// Name on a contact card.
    CARD_NAME = 200, "limit.card_name", House;
    /// Phone, email or organisation on a contact card.
    CARD_FIELD = 200, "limit.card_field", House;
    /// Title of a button that opens a page.
    LINK_TITLE = 20, "limit.link_title", Meta;
    /// An emoji with all its modifiers, in characters.
    EMOJI = 20, "limit.emoji", House;
    /// Body of a message with buttons, a link or a request for a place.
    INTERACTIVE_BODY = 1024, "limit.interactive_body", Meta;
    /// Body of a list (one page of Meta says 4096; senders that work keep to 1024).
    LIST_BODY = 1024, "limit.list_body", Meta, or 4096;
    /// Footer of a message with buttons or a list.
    FOOTER = 60, "limit.footer", Meta;
    /// Reply buttons in one message.
    BUTTONS = 3, "limit.buttons", Meta;
    /// Title of a reply button.
    BUTTON_TITLE = 20, "limit.button_title", Meta;
    /// Id of a reply button, in bytes.
    BUTTON_ID = 256, "limit.button_id", Meta;
    /// Label that opens a list.
    LIST_BUTTON = 20, "limit.list_button", Meta;
    /// Sections of a list.
    LIST_SECTIONS = 10, "limit.list_sections", Meta;
    /// Title of a section; required when there are several.
    LIST_SECTION_TITLE = 24, "limit.list_section_title", Meta;
    /// Rows of a list, over all sections.
    LIST_ROWS = 10, "limit.list_rows", Meta;
    /// Title of a row.
    LIST_ROW_TITLE = 24, "limit.list_row_title", Meta;
    /// Description of a row.
    LIST_ROW_DESCRIPTION = 72, "limit.list_row_description", Meta;
    /// Id of a row, in bytes.
    LIST_ROW_ID = 200, "limit.list_row_id", Meta;
    /// Options of a menu written as numbered lines: nobody reads more.
    MENU_LINES = 30, "limit.menu_lines", House;
    /// Title of such an option.
    MENU_LINE = 100, "limit.menu_line", House;
    /// An address, in bytes: longer ones break on their way.
    LINK = 2048, "limit.link", House;
    /// Id of an option as a flow writes it, in bytes: with the run (16) and the wait (20) before it, it stays
    /// within [`LIST_ROW_ID`].
    OPTION_ID = 64, "limit.option_id", House;
}

/// The larger number that another source gives for a limit, in a sentence; nothing where all agree.
pub fn doubt(code: &str) -> Option<String> {
    let larger = TABLE.iter().find(|limit| limit.code == code)?.doubt?;
    Some(format!("Otra página de Meta dice {larger}, pero no es seguro que se acepte."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_a_code_of_its_own() {
        let codes: std::collections::HashSet<_> = TABLE.iter().map(|limit| limit.code).collect();
        assert_eq!(codes.len(), TABLE.len());
    }

    #[test]
    fn the_larger_of_two_numbers_is_told() {
        assert!(doubt("limit.list_body").is_some_and(|told| told.contains("4096")));
        assert_eq!(doubt("limit.text_body"), None);
        assert!(TABLE.iter().all(|limit| limit.doubt.is_none_or(|larger| larger > limit.most)));
    }
}
