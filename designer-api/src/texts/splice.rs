//! Writes the translations of a document into the text it was read from: comments and order of all else stay.

use cauce_flows::{Document, parse};

const KEY: &str = "translations:";

/// The text with the translations of this document, and whether everything else in it is as it was. Where that
/// cannot be done the whole document is written anew, in canonical form.
pub fn splice(text: &str, document: &Document) -> (String, bool) {
    if text.trim_start().starts_with('{') {
        // JSON stays JSON.
        let json = serde_json::to_string_pretty(document).unwrap_or_default() + "\n";
        return (json, false);
    }
    let canonical = document.to_yaml();
    let block = part(&canonical, KEY).map(|(from, to)| &canonical[from..to]).unwrap_or_default();
    let spliced = match part(text, KEY) {
        Some((from, to)) => format!("{}{block}{}", &text[..from], &text[to..]),
        None => {
            // Where the canonical form has it: in front of the positions, else at the end.
            let at = part(text, "layout:").map_or(text.len(), |(from, _)| without_comments(text, from));
            let (before, after) = text.split_at(at);
            let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
            format!("{before}{gap}{block}{after}")
        }
    };
    match parse(&spliced) {
        Ok(read) if read == *document => (spliced, true),
        _ => (canonical, false),
    }
}

/// From where to where a part of the document reaches: from its key at the edge to the next one.
fn part(text: &str, key: &str) -> Option<(usize, usize)> {
    let lines = || {
        text.split_inclusive('\n').scan(0, |at, line| {
            let from = *at;
            *at += line.len();
            Some((from, line))
        })
    };
    let (from, _) = lines().find(|(_, line)| line.starts_with(key))?;
    let is_next = |line: &str| line.starts_with(|c: char| !c.is_whitespace() && c != '#');
    let next = lines().find(|(at, line)| *at > from && is_next(line));
    Some((from, next.map_or(text.len(), |(at, _)| without_comments(text, at))))
}

/// The beginning of the comments and empty lines in front of a line: they belong to it.
fn without_comments(text: &str, line: usize) -> usize {
    let mut at = line;
    for before in text[..line].split_inclusive('\n').rev() {
        if !(before.starts_with('#') || before.trim().is_empty()) {
            break;
        }
        at -= before.len();
    }
    at
}
