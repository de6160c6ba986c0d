//! What people type by hand to try a flow out, in a talk (`cauce chat`) and in a scenario file: how the clock
//! moves, what a phone would send, what a server would answer.

use cauce_model::{
    ContactCard, Duration, HttpAnswer, HttpFailure, HttpOutcome, InboundContent, Location, MediaKind,
    MediaState, ReceivedMedia, Timestamp,
};
use jiff::civil;

use crate::fields::Period;
use crate::reading::{Date, Place, Time, Zone, date, date_time, time};

/// From here to what was written: `2h`, `+30m`, `mañana a las 9`, `18:30`. `None` when it is nothing of
/// the kind, or over.
pub fn until(text: &str, place: &Place) -> Option<Duration> {
    let span = text.strip_prefix('+').unwrap_or(text).trim();
    if let Ok(period) = span.parse::<Period>() {
        return Some(period.duration());
    }
    // Time does not run back, and "-2h" is not two o'clock.
    let now = here(place).filter(|_| !text.starts_with('-'))?;
    let day = |day: Date| civil::Date::new(day.year(), day.month(), day.day()).ok();
    let hour = |time: Time| civil::Time::new(time.hour(), time.minute(), 0, 0).ok();
    let there = if let Some((on, at)) = date_time(text, place) {
        day(on)?.to_datetime(hour(at)?)
    } else if let Some(at) = time(text) {
        let today = now.date().to_datetime(hour(at)?);
        if today > now { today } else { now.date().tomorrow().ok()?.to_datetime(hour(at)?) }
    } else {
        day(date(text, place)?)?.to_datetime(now.time())
    };
    let span = moment(there, &place.zone)? - place.now;
    (span > Duration::ZERO).then_some(span)
}

/// A local moment as `2026-11-20T10:15`, or a day alone, which begins at midnight.
pub fn local(text: &str, zone: &Zone) -> Option<Timestamp> {
    moment(text.trim().parse().ok()?, zone)
}

/// What the clocks of a place show, to the second: `2026-11-20T10:15`. Nothing outside the calendar.
pub fn shown(at: Timestamp, zone: &Zone) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
    let there = at.to_zoned(zone.rules().clone()).datetime();
    let format = if there.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
    Some(there.strftime(format).to_string())
}

fn here(place: &Place) -> Option<civil::DateTime> {
    let now = jiff::Timestamp::from_millisecond(place.now.millis()).ok()?;
    Some(now.to_zoned(place.zone.rules().clone()).datetime())
}

fn moment(there: civil::DateTime, zone: &Zone) -> Option<Timestamp> {
    Some(Timestamp(there.to_zoned(zone.rules().clone()).ok()?.timestamp().as_millisecond()))
}

/// The names by which a message that is not just words is typed, each with what may follow.
pub const SENDS: [&str; 8] =
    ["image", "video", "audio", "voice", "document", "sticker", "location", "contact"];

/// What a customer sends beside words: `image mi receta`, `location -12.12,-77.03 Parque`,
/// `contact Rosa 999888777`. `None` when it is none of [`SENDS`], or a place is not on the globe.
pub fn content(text: &str) -> Option<InboundContent> {
    let (what, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let rest = rest.trim();
    Some(match what {
        "image" => media(MediaKind::Image, rest),
        "video" => media(MediaKind::Video, rest),
        "audio" => media(MediaKind::Audio, rest),
        "voice" => media(MediaKind::Voice, rest),
        "document" => media(MediaKind::Document, rest),
        "sticker" => media(MediaKind::Sticker, rest),
        "location" => InboundContent::Location(location(rest)?),
        "contact" => InboundContent::Contacts { cards: vec![card(rest)] },
        _ => return None,
    })
}

/// A file, with what was typed after its name: a caption, or the name of a document.
pub fn media(media: MediaKind, words: &str) -> InboundContent {
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
pub fn location(text: &str) -> Option<Location> {
    let (latitude, rest) = text.split_once(',')?;
    let rest = rest.trim_start();
    let (longitude, name) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let degrees = |text: &str, most: f64| text.trim().parse::<f64>().ok().filter(|n| n.abs() <= most);
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let (latitude, longitude) = (degrees(latitude, 90.0)?, degrees(longitude, 180.0)?);
    Some(Location { latitude, longitude, name, address: None })
}

/// `Rosa Quispe +51 999 888 777`: the phone begins at the first word of digits.
pub fn name_and_phone(text: &str) -> (&str, &str) {
    let begins = |(at, _): &(usize, char)| {
        let word = text[*at..].trim_start_matches('+');
        let first = *at == 0 || text[..*at].ends_with(char::is_whitespace);
        first && word.starts_with(|c: char| c.is_ascii_digit())
    };
    let at = text.char_indices().find(begins).map_or(text.len(), |(at, _)| at);
    (text[..at].trim(), text[at..].trim())
}

/// A contact card.
pub fn card(text: &str) -> ContactCard {
    let (name, phone) = name_and_phone(text);
    let phones = Some(phone.to_owned()).filter(|phone| !phone.is_empty()).into_iter().collect();
    ContactCard { name: name.to_owned(), phones, ..ContactCard::default() }
}

/// `200 {"precio": 20}`; a body that is no JSON is a text.
pub fn answer(text: &str) -> Option<HttpOutcome> {
    let (status, body) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let status = status.parse().ok().filter(|status| (100..600).contains(status))?;
    let body = match body.trim() {
        "" => serde_json::Value::Null,
        body => serde_json::from_str(body).unwrap_or_else(|_| body.into()),
    };
    Some(HttpOutcome::Answered(HttpAnswer { status, body, retry_after: None }))
}

/// A server that cannot be reached.
pub fn unreachable() -> HttpOutcome {
    HttpOutcome::Unavailable(HttpFailure { code: "unreachable".into(), text: "No responde.".into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 2026-11-20, 10:15 in Lima.
    fn place() -> Place {
        Place { now: Timestamp(1_795_187_700_000), zone: Default::default(), country: Default::default() }
    }

    #[test]
    fn spans_and_moments_move_the_clock() {
        for (text, minutes) in [
            ("+2h", 120),
            ("90m", 90),
            ("+ 1d", 24 * 60),
            ("11:00", 45),
            ("10 de la mañana", 24 * 60 - 15),
            ("mañana a las 9", 23 * 60 - 15),
            ("mañana", 24 * 60),
        ] {
            assert_eq!(until(text, &place()), Some(Duration::minutes(minutes)), "{text}");
        }
        for text in ["", "+", "-2h", "ayer", "hoy", "hoy a las 9", "+999999d", "algún día", "31/2"] {
            assert_eq!(until(text, &place()), None, "{text}");
        }
        assert_eq!(until("mañana", &Place { now: Timestamp(i64::MAX), ..place() }), None);
    }

    #[test]
    fn local_moments_read_and_write() {
        let Place { now, zone, .. } = place();
        for text in ["2026-11-20T10:15", "2026-11-20 10:15", "2026-11-20T10:15:00"] {
            assert_eq!(local(text, &zone), Some(now), "{text}");
        }
        assert_eq!(shown(now, &zone).as_deref(), Some("2026-11-20T10:15"));
        assert_eq!(shown(now + Duration::seconds(5), &zone).as_deref(), Some("2026-11-20T10:15:05"));
        assert_eq!(local("2026-11-20", &zone), Some(now - Duration::minutes(615)));
        for text in ["", "mañana", "2026-13-01T00:00", "10:15"] {
            assert_eq!(local(text, &zone), None, "{text}");
        }
        assert_eq!(shown(Timestamp(i64::MAX), &zone), None);
    }

    #[test]
    fn everything_that_has_a_name_can_be_sent() {
        for what in SENDS {
            let text = if what == "location" { "location -12.05,-77.04 Plaza" } else { what };
            assert!(content(text).is_some(), "{what}");
        }
        for text in ["", "location", "location 91,0", "foto", "reaction 👍"] {
            assert_eq!(content(text), None, "{text}");
        }
        let Some(InboundContent::Media { caption, .. }) = content(" image  mi receta ") else {
            panic!("a file")
        };
        assert_eq!(caption.as_deref(), Some("mi receta"));
    }

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
