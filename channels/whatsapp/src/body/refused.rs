//! Refusing what breaks a limit, with a sentence for who wrote it.

use std::collections::HashSet;

use cauce_model::{FailureClass, SendFailure};

pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

pub(super) fn within(what: &str, count: usize, least: usize, most: usize) -> Result<(), SendFailure> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(limit(format!("{what} no cumple el límite de WhatsApp: entre {least} y {most}, y tiene {count}.")))
}

pub(super) fn unique<'t>(what: &str, texts: impl Iterator<Item = &'t String>) -> Result<(), SendFailure> {
    let mut seen = HashSet::new();
    for text in texts {
        if !seen.insert(text) {
            return Err(limit(format!("WhatsApp no acepta {what} («{text}»).")));
        }
    }
    Ok(())
}

/// An address that somebody's browser or Meta can open.
pub(super) fn web_address(what: &str, url: &str) -> Result<(), SendFailure> {
    let parsed = url.parse::<reqwest::Url>().ok();
    match parsed.filter(|url| matches!(url.scheme(), "http" | "https")) {
        Some(_) => Ok(()),
        None => Err(limit(format!("{what} necesita un enlace que empiece con https://."))),
    }
}

pub(super) fn limit(text: String) -> SendFailure {
    SendFailure::new(FailureClass::Parameters, "limit", text)
}
