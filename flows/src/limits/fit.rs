//! What data make too long for its place in a message: it is said whole, in more messages. Nothing is cut off.
//! (To stop the run would leave the customer without an answer because of a long name.)
//!
//! - A plain text becomes several.
//! - Of a text that stands beside something — a caption, the body over buttons or a list — the end stays
//!   there and the rest is said before it, as plain text.
//! - What has a short place of its own — the name of a document, of a place, a contact card, an address — is
//!   said before it as plain text, and the place is left empty. Where it cannot be empty the plain text stands
//!   for the whole.

use cauce_model::{ContactCard, Content, Location, MediaSource};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    CAPTION, CARD_FIELD, CARD_NAME, FILENAME, INTERACTIVE_BODY, LINK, LIST_BODY, PLACE, TEXT_BODY, chars,
};

/// What is said as messages whose texts are no longer than WhatsApp takes, in order. Read one after another
/// they have every character of it, but for blanks where one ends or that would fill a message.
pub fn fit(content: Content) -> Vec<Content> {
    let mut before = Vec::new();
    let content = match content {
        Content::Text { body } => return texts(&body),
        Content::Media { source: MediaSource::Link(link), caption, filename, .. } if link.len() > LINK => {
            return texts(&lines(filename.into_iter().chain(caption).chain([link])));
        }
        Content::Media { media, source, caption, filename } => {
            let own = match &source {
                MediaSource::Stored(file) => Some(file.name.clone()).filter(|name| fits(name, FILENAME)),
                MediaSource::Link(_) => None,
            };
            let filename = apart(filename, FILENAME, &mut before).or(own.filter(|_| !before.is_empty()));
            let caption = caption.map(|caption| ending(caption, CAPTION, &mut before));
            Content::Media { media, source, caption, filename }
        }
        Content::Location(Location { latitude, longitude, name, address }) => {
            let name = apart(name, PLACE, &mut before);
            let address = apart(address, PLACE, &mut before);
            Content::Location(Location { latitude, longitude, name, address })
        }
        Content::Contacts { cards } => {
            let (cards, long): (Vec<_>, Vec<_>) = cards.into_iter().partition(card_fits);
            before.extend(long.into_iter().flat_map(|card| texts(&card_lines(card))));
            if cards.is_empty() && !before.is_empty() {
                return before;
            }
            Content::Contacts { cards }
        }
        Content::Link { body, footer, title, url } if url.len() > LINK => {
            return texts(&lines([body].into_iter().chain(footer).chain([format!("{title}: {url}")])));
        }
        Content::Link { body, footer, title, url } => {
            let body = ending(body, INTERACTIVE_BODY, &mut before);
            Content::Link { body, footer, title, url }
        }
        Content::LocationRequest { body } => {
            Content::LocationRequest { body: ending(body, INTERACTIVE_BODY, &mut before) }
        }
        Content::Buttons { body, footer, buttons } => {
            Content::Buttons { body: ending(body, INTERACTIVE_BODY, &mut before), footer, buttons }
        }
        Content::List { body, footer, button, sections } => {
            Content::List { body: ending(body, LIST_BODY, &mut before), footer, button, sections }
        }
        Content::Reaction { .. } => content,
    };
    before.push(content);
    before
}

fn fits(text: &str, most: usize) -> bool {
    chars("", text, 0, most).is_ok()
}

fn lines(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().collect::<Vec<_>>().join("\n")
}

fn card_fits(card: &ContactCard) -> bool {
    let mut fields = card.phones.iter().chain(&card.emails).chain(&card.organisation);
    fits(&card.name, CARD_NAME) && fields.all(|field| fits(field, CARD_FIELD))
}

fn card_lines(card: ContactCard) -> String {
    lines([card.name].into_iter().chain(card.organisation).chain(card.phones).chain(card.emails))
}

/// A text in a place of its own, when it fits there; else it is said before.
fn apart(text: Option<String>, most: usize, before: &mut Vec<Content>) -> Option<String> {
    let text = text?;
    if fits(&text, most) {
        return Some(text);
    }
    before.extend(texts(&text));
    None
}

/// A text beside something: its end, when all is too long, and the rest is said before.
fn ending(text: String, most: usize, before: &mut Vec<Content>) -> String {
    if fits(&text, most) {
        return text;
    }
    let text = text.trim_end();
    let (rest, end) = text.split_at(if fits(text, most) { 0 } else { end_at(text, most) });
    before.extend(texts(rest));
    end.to_owned()
}

/// Plain texts that together say this one.
fn texts(text: &str) -> Vec<Content> {
    let mut texts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(piece_end(rest, TEXT_BODY));
        // Nobody sees a message of blanks, and WhatsApp refuses it.
        if !piece.trim().is_empty() {
            texts.push(Content::Text { body: piece.to_owned() });
        }
        rest = after;
    }
    texts
}

/// Between what a text may be cut, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Between {
    Signs,
    Words,
    Sentences,
    Lines,
    Paragraphs,
}

/// A place where a text may be cut.
#[derive(Clone, Copy)]
struct Border {
    /// In bytes.
    at: usize,
    /// So many characters stand before it.
    chars: usize,
    between: Between,
}

/// The places where a text may be cut: behind every sign as people see it (a grapheme).
fn borders(text: &str) -> impl Iterator<Item = Border> + '_ {
    let (mut chars, mut breaks, mut ends_sentence, mut blank) = (0, 0, false, false);
    text.grapheme_indices(true).map(move |(from, sign)| {
        chars += sign.chars().count();
        let is_break = sign.ends_with('\n');
        let between = if sign.chars().all(char::is_whitespace) {
            breaks += usize::from(is_break);
            blank = true;
            match breaks {
                0 if ends_sentence => Between::Sentences,
                0 => Between::Words,
                // What is indented begins with its blanks.
                _ if !is_break => Between::Signs,
                1 => Between::Lines,
                _ => Between::Paragraphs,
            }
        } else {
            // A closing quote or bracket belongs to the sentence before it.
            let closes = matches!(sign, "\"" | "'" | "»" | "”" | ")" | "*" | "_");
            ends_sentence = matches!(sign, "." | "!" | "?" | "…") || (ends_sentence && closes && !blank);
            (breaks, blank) = (0, false);
            Between::Signs
        };
        Border { at: from + sign.len(), chars, between }
    })
}

/// Where the first message of a text ends: all of it when it fits. At the best border of the second half of
/// what fits, else at any border between words.
fn piece_end(text: &str, most: usize) -> usize {
    if fits_start(text, most) {
        return text.len();
    }
    let mut best: Option<Border> = None;
    let (mut word, mut sign) = (None, None);
    for border in borders(text).take_while(|border| border.chars <= most) {
        if border.between > Between::Signs {
            word = Some(border.at);
            if border.chars * 2 >= most && best.is_none_or(|best| border.between >= best.between) {
                best = Some(border);
            }
        }
        sign = Some(border.at);
    }
    // A single sign may be longer than a message.
    let anywhere = || text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    best.map(|border| border.at).or(word).or(sign).unwrap_or_else(anywhere)
}

/// As [`fits`], but looks no further than it must.
fn fits_start(text: &str, most: usize) -> bool {
    text.chars().nth(most).is_none()
}

/// Where the end of a text begins that fits beside something: its last paragraph, line or sentence, else as
/// many of its words as fit. The text ends with something that is seen.
fn end_at(text: &str, most: usize) -> usize {
    let all = text.chars().count();
    let (mut last, mut word, mut sign) = ([None; 3], None, None);
    for border in borders(text).filter(|border| all - border.chars <= most && border.at < text.len()) {
        let place = match border.between {
            Between::Paragraphs => 0,
            Between::Lines => 1,
            Between::Sentences => 2,
            Between::Words => {
                word.get_or_insert(border.at);
                continue;
            }
            Between::Signs => {
                sign.get_or_insert(border.at);
                continue;
            }
        };
        last[place] = Some(border.at);
    }
    let anywhere = || {
        let first = text.char_indices().nth(all.saturating_sub(most));
        first.map_or(0, |(at, _)| at)
    };
    last.into_iter().flatten().next().or(word).or(sign).unwrap_or_else(anywhere)
}

#[cfg(test)]
mod tests {
    use cauce_model::{Button, FileId, MediaKind, StoredFile};
    use proptest::prelude::*;

    use super::*;
    use crate::limits;

    fn bodies(contents: &[Content]) -> Vec<&str> {
        contents.iter().map(Content::words).collect()
    }

    fn buttons(body: String) -> Content {
        let buttons = vec![Button { id: "a".into(), title: "Sí".into() }];
        Content::Buttons { body, footer: None, buttons }
    }

    #[test]
    fn a_long_text_is_said_in_several_messages_at_its_best_borders() {
        let word = "palabra ".repeat(400); // 3 200 characters
        let cut_at = |between: &str| {
            let body = format!("{word}{between}{word}");
            let said = fit(Content::Text { body: body.clone() });
            assert_eq!(bodies(&said).concat(), body);
            bodies(&said)[0].len()
        };
        assert_eq!(cut_at("fin.\n\n"), 3_206, "a paragraph");
        assert_eq!(cut_at("fin.\n  - "), 3_205, "a line, before what indents the next");
        assert_eq!(cut_at("fin.) Y sigue. "), 3_215, "the last sentence");
        assert_eq!(cut_at("fin "), 4_092, "a word");
        // A border that would leave most of the message empty is none.
        let early = fit(Content::Text { body: format!("a\n\n{word}{word}") });
        assert!(bodies(&early)[0].len() > 4_000);
        let address = "x".repeat(4_000);
        let said = fit(Content::Text { body: format!("mira {address}") });
        assert_eq!(bodies(&said).len(), 1);
        let said = fit(Content::Text { body: format!("mira esto: {address} {address}") });
        assert_eq!(bodies(&said), [format!("mira esto: {address} "), address]);
    }

    #[test]
    fn a_sign_is_never_torn() {
        let family = "👨‍👩‍👧‍👦"; // seven characters
        let said = fit(Content::Text { body: family.repeat(1_000) });
        assert!(said.len() == 2 && bodies(&said).iter().all(|body| body.len() % family.len() == 0));
        // But for one that no message holds.
        let said = fit(Content::Text { body: format!("e{}", "\u{301}".repeat(5_000)) });
        assert_eq!(said.len(), 2);
    }

    #[test]
    fn what_is_asked_stays_with_the_buttons() {
        let long = "Una cosa y otra. ".repeat(100);
        for (end, stays) in [
            ("\n\n¿Seguimos?\n¿Sí?", "¿Seguimos?\n¿Sí?"),
            ("\n¿Seguimos? ¿Sí?", "¿Seguimos? ¿Sí?"),
            ("¿Seguimos, sí?  \n", "¿Seguimos, sí?"),
        ] {
            let said = fit(buttons(format!("{long}{end}")));
            assert_eq!(bodies(&said)[1..], [stays]);
            assert_eq!(bodies(&said).concat(), format!("{long}{end}").trim_end());
        }
        let words = "palabra ".repeat(300);
        let said = fit(buttons(words.clone()));
        assert_eq!(bodies(&said)[1].len(), 1_023);
        assert_eq!(bodies(&said).concat(), words.trim_end());
        assert_eq!(bodies(&fit(buttons(format!("hola{}", " ".repeat(3_000))))), ["hola"]);
    }

    #[test]
    fn what_has_a_short_place_is_said_apart() {
        let long = "x".repeat(3_000);
        let file = StoredFile { id: FileId::of(b"a"), mime: "a/b".into(), size: 1, name: "a.pdf".into() };
        let document = |source| Content::Media {
            media: MediaKind::Document,
            source,
            caption: Some("Mira".into()),
            filename: Some(long.clone()),
        };
        let said = fit(document(MediaSource::Stored(file)));
        assert_eq!(bodies(&said), [long.as_str(), "Mira"]);
        let Content::Media { filename: Some(name), .. } = &said[1] else { panic!("{said:?}") };
        assert_eq!(name, "a.pdf");
        let said = fit(document(MediaSource::Link(long.clone())));
        assert_eq!(bodies(&said).concat(), format!("{long}\nMira\n{long}"));

        let card = |name: &str, phone: &str| ContactCard {
            name: name.into(),
            phones: vec![phone.into()],
            emails: Vec::new(),
            organisation: None,
        };
        let said = fit(Content::Contacts { cards: vec![card("Rosa", "1"), card(&long, "2")] });
        assert_eq!(bodies(&said)[0], format!("{long}\n2"));
        assert_eq!(said[1], Content::Contacts { cards: vec![card("Rosa", "1")] });
        assert_eq!(fit(Content::Contacts { cards: vec![card("Rosa", &long)] }).len(), 1);

        let place =
            Location { latitude: 1.0, longitude: 2.0, name: Some(long.clone()), address: Some("a".into()) };
        let said = fit(Content::Location(place));
        assert_eq!(bodies(&said)[0], long);
        assert!(matches!(&said[1], Content::Location(Location { name: None, address: Some(_), .. })));
        let link =
            Content::Link { body: "Mira".into(), footer: None, title: "Ver".into(), url: long.clone() };
        assert_eq!(bodies(&fit(link)), [format!("Mira\nVer: {long}")]);
    }

    /// Texts of any length and make.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zñ]{1,12}",
            3 => Just(" ".to_owned()),
            1 => Just(". ".to_owned()),
            1 => Just("\n".to_owned()),
            1 => Just("\n\n".to_owned()),
            1 => Just("\r\n".to_owned()),
            1 => "\\PC{1,5}",
            1 => Just("👍🏽".to_owned()),
            1 => Just("e\u{301}".to_owned()),
        ];
        (prop::collection::vec(piece, 1..40), 1_usize..120)
            .prop_map(|(pieces, times)| pieces.concat().repeat(times))
    }

    fn seen(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn everything_is_said_and_whatsapp_takes_it(text in text(), beside in 0_u8..4) {
            prop_assume!(!text.trim().is_empty());
            let content = match beside {
                0 => Content::Text { body: text.clone() },
                1 => buttons(text.clone()),
                2 => Content::LocationRequest { body: text.clone() },
                _ => Content::Media {
                    media: MediaKind::Image,
                    source: MediaSource::Link("https://x.pe/a.png".into()),
                    caption: Some(text.clone()),
                    filename: None,
                },
            };
            let said = fit(content);
            for content in &said {
                prop_assert_eq!(limits::check(content), Ok(()));
                prop_assert!(!content.words().trim().is_empty());
            }
            let whole = bodies(&said).concat();
            prop_assert_eq!(seen(&whole), seen(&text));
            // Never inside a sign.
            let signs: std::collections::HashSet<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            let mut at = 0;
            for body in bodies(&said) {
                prop_assert!(!text.starts_with(&whole) || signs.contains(&at));
                at += body.len();
            }
        }
    }
}
