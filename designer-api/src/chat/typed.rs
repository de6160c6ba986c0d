//! What is typed in a terminal, as what a phone or a server would send.

use cauce_model::{
    ContactCard, HttpAnswer, HttpOutcome, InboundContent, Location, MediaKind, MediaState, ReceivedMedia,
};

/// A file, with what was typed after its name: a caption, or the name of a document.
pub(super) fn media(media: MediaKind, words: &str) -> InboundContent {
    let (mime, named, captioned) = match media {
        MediaKind::Image => ("image/jpeg", false, true),
        MediaKind::Video => ("video/mp4", false, true),
        MediaKind::Audio => ("audio/mpeg", false, false),
        MediaKind::Voice => ("audio/ogg; codecs=opus", false, false),
        MediaKind::Document => ("application/pdf", true, false),
        MediaKind::Sticker => ("image/webp", false, false),
    };
    let some = Some(words.to_owned()).filter(|words| !words.is_empty());
    let file = ReceivedMedia {
        id: "chat".to_owned(),
        mime: mime.to_owned(),
        filename: named.then(|| some.clone().unwrap_or_else(|| "documento.pdf".to_owned())),
        sha256: None,
        animated: false,
        state: MediaState::Coming,
    };
    InboundContent::Media { media, file, caption: some.filter(|_| captioned) }
}

/// `-12.12,-77.03 Miraflores`.
pub(super) fn location(text: &str) -> Option<Location> {
    let (latitude, rest) = text.split_once(',')?;
    let rest = rest.trim_start();
    let (longitude, name) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let degrees = |text: &str, most: f64| text.trim().parse::<f64>().ok().filter(|n| n.abs() <= most);
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let (latitude, longitude) = (degrees(latitude, 90.0)?, degrees(longitude, 180.0)?);
    Some(Location { latitude, longitude, name, address: None })
}

/// `Rosa Quispe +51 999 888 777`: the phone begins at the first word of digits.
pub(super) fn name_and_phone(text: &str) -> (&str, &str) {
    let begins = |(at, _): &(usize, char)| {
        let word = text[*at..].trim_start_matches('+');
        let first = *at == 0 || text[..*at].ends_with(char::is_whitespace);
        first && word.starts_with(|c: char| c.is_ascii_digit())
    };
    let at = text.char_indices().find(begins).map_or(text.len(), |(at, _)| at);
    (text[..at].trim(), text[at..].trim())
}

/// A contact card.
pub(super) fn card(text: &str) -> ContactCard {
    let (name, phone) = name_and_phone(text);
    let phones = Some(phone.to_owned()).filter(|phone| !phone.is_empty()).into_iter().collect();
    ContactCard { name: name.to_owned(), phones, ..ContactCard::default() }
}

/// `200 {"precio": 20}`; a body that is no JSON is a text.
pub(super) fn answer(text: &str) -> Option<HttpOutcome> {
    let (status, body) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let status = status.parse().ok().filter(|status| (100..600).contains(status))?;
    let body = match body.trim() {
        "" => serde_json::Value::Null,
        body => serde_json::from_str(body).unwrap_or_else(|_| body.into()),
    };
    Some(HttpOutcome::Answered(HttpAnswer { status, body, retry_after: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_phones_are_told_apart() {
        for (text, name, phone) in [
            ("Rosa Quispe +51 999 888 777", "Rosa Quispe", "+51 999 888 777"),
            ("Rosa", "Rosa", ""),
            ("999888777", "", "999888777"),
            ("Mesa4 2", "Mesa4", "2"),
            ("ñandú ２", "ñandú ２", ""),
            ("", "", ""),
        ] {
            assert_eq!(name_and_phone(text), (name, phone), "{text}");
        }
    }

    #[test]
    fn places_are_on_the_globe() {
        let place = location("-12.12, -77.03 Parque Kennedy").unwrap();
        assert_eq!((place.latitude, place.longitude), (-12.12, -77.03));
        assert_eq!(place.name.as_deref(), Some("Parque Kennedy"));
        for text in ["", "12", "91,0", "0,181", "NaN,0", "inf,0", "a,b"] {
            assert!(location(text).is_none(), "{text}");
        }
    }

    #[test]
    fn answers_have_a_status() {
        let Some(HttpOutcome::Answered(answered)) = answer("404 no existe") else { panic!("an answer") };
        assert_eq!((answered.status, answered.body), (404, "no existe".into()));
        for text in ["", "ok", "99", "600", "-200"] {
            assert!(answer(text).is_none(), "{text}");
        }
    }
}
