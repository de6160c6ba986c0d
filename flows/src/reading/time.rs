//! Hours of the day.

mod said;

use std::fmt;

use jiff::civil;
use serde::{Serialize, Serializer};

use self::said::bare;
pub(super) use self::said::{Clock, Share, clock, is_piece, share};
use super::moment::{self, Moment};
use super::tokens::Tokens;

/// An hour of the day, to the minute. Shown as "16:30".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub(super) civil::Time);

impl Time {
    /// From 0 to 23.
    pub fn hour(self) -> i8 {
        self.0.hour()
    }

    /// From 0 to 59.
    pub fn minute(self) -> i8 {
        self.0.minute()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour(), self.minute())
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The one hour in a text: "a las 4 y media", "4pm", "16:30", "8 de la noche", "cuarto para las 5".
///
/// An hour from 1 to 7 without its part of the day is in the afternoon (13 to 19), because people ask for
/// appointments; from 8 to 12 it is as written. With two digits ("07:00") it is as written too. "Mediodía"
/// is 12:00, "medianoche" 00:00. Nothing when there are several hours, a span ("de 4 a 5"), a bound
/// ("después de las 4") or an hour that does not exist ("5 de la noche").
pub fn time(text: &str) -> Option<Time> {
    let tokens = Tokens::of(text);
    let moment = match bare(&tokens) {
        Some(clock) => Moment { clocks: vec![clock], ..Moment::default() },
        None => moment::of(&tokens)?,
    };
    moment.time().map(|hour| hour.time)
}

/// What hour was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) time: Time,
    /// Twelve at night: nobody agrees to which day it belongs.
    pub(super) is_midnight: bool,
}

impl Moment {
    /// The hour that its parts agree on.
    pub(super) fn time(&self) -> Option<Hour> {
        let Some(clock) = self.clocks.first() else {
            return match self.shares.as_slice() {
                [Share::Noon] => hour_at(12 * 60, false),
                [Share::Midnight] => hour_at(0, true),
                _ => None,
            };
        };
        if self.clocks.iter().any(|other| other != clock) {
            return None;
        }
        let Some((first, others)) = self.shares.split_first() else {
            let afternoon = !clock.exact && (1..=7).contains(&clock.hour);
            return hour_at((clock.hour + if afternoon { 12 } else { 0 }) * 60 + clock.minutes, false);
        };
        let hour = within(clock.hour, *first)?;
        let agreed = others.iter().all(|share| within(clock.hour, *share).map(|h| h % 24) == Some(hour % 24));
        agreed.then(|| hour_at(hour * 60 + clock.minutes, hour % 24 == 0 && clock.hour == 12))?
    }
}

fn hour_at(minutes: i16, is_midnight: bool) -> Option<Hour> {
    let minutes = i8::try_from(minutes.rem_euclid(60))
        .ok()
        .zip(i8::try_from(minutes.div_euclid(60).rem_euclid(24)).ok());
    let (minute, hour) = minutes?;
    Some(Hour { time: Time(civil::Time::new(hour, minute, 0, 0).ok()?), is_midnight })
}

/// The hour of 24 that an hour is in a part of the day; 24 is the midnight that ends it. How people of
/// different countries stretch a part is taken in: "9 de la tarde" (Spain), "6 de la noche" (Peru).
fn within(hour: i16, share: Share) -> Option<i16> {
    let after_noon = if hour == 12 { 12 } else { hour + 12 };
    match (share, hour) {
        (Share::Am | Share::Dawn, 12) => Some(0),
        (Share::Am, 0..=11) | (Share::Dawn, 0..=6) | (Share::Morning, 1..=12) => Some(hour),
        (Share::Day, 10..=12) => Some(hour),
        (Share::Noon | Share::Day, 12 | 1..=3) | (Share::Pm, 1..=12) | (Share::Afternoon, 12 | 1..=9) => {
            Some(after_noon)
        }
        (Share::Pm, 13..=23) | (Share::Afternoon, 13..=21) | (Share::Night, 18..=23) => Some(hour),
        (Share::Night, 6..=11) => Some(hour + 12),
        (Share::Night | Share::Midnight, 12) => Some(24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hours_are_understood() {
        for (text, hour) in [
            ("16:30", "16:30"),
            ("16:30:15", "16:30"),
            ("16:30 hrs", "16:30"),
            ("16h30", "16:30"),
            ("16 h 30", "16:30"),
            ("16h", "16:00"),
            ("16 hrs.", "16:00"),
            ("16.30 hs", "16:30"),
            ("1630 hrs", "16:30"),
            ("16.30", "16:30"),
            ("4.30 pm", "16:30"),
            ("4pm", "16:00"),
            ("4 PM", "16:00"),
            ("4 p. m.", "16:00"),
            ("4 p.m.", "16:00"),
            ("4:30 p. m.", "16:30"),
            ("04:30 p. m.", "16:30"),
            ("4 30 pm", "16:30"),
            ("16:30 pm", "16:30"),
            ("9am", "09:00"),
            ("9 a.m", "09:00"),
            ("7 am", "07:00"),
            ("12 pm", "12:00"),
            ("12 am", "00:00"),
            ("12 m", "12:00"),
            ("a las 4", "16:00"),
            ("a las 4 y media", "16:30"),
            ("A las 4 y cuarto", "16:15"),
            ("a las 4 y 20", "16:20"),
            ("las 4 y cinco", "16:05"),
            ("las 4 con 20 minutos", "16:20"),
            ("a las cuatro treinta", "16:30"),
            ("a las 4 30", "16:30"),
            ("a las 4.30", "16:30"),
            ("a las cuatro cuarenta y cinco", "16:45"),
            ("las diez y cinco", "10:05"),
            ("las diez y diez", "10:10"),
            ("las veinte y cinco", "20:05"),
            ("a la una", "13:00"),
            ("a la 1 y 20", "13:20"),
            ("1 y 20", "13:20"),
            ("las 5 menos cuarto", "16:45"),
            ("las 5 menos 10", "16:50"),
            ("la una menos diez", "12:50"),
            ("las 8 menos cuarto", "07:45"),
            ("cuarto para las 5", "16:45"),
            ("un cuarto para las 5", "16:45"),
            ("faltan 20 para la una", "12:40"),
            ("diez para las ocho de la noche", "19:50"),
            ("4 de la tarde", "16:00"),
            ("cuatro de la tarde", "16:00"),
            ("4 y media de la tarde", "16:30"),
            ("8 de la noche", "20:00"),
            ("9 de la tarde", "21:00"),
            ("6 de la noche", "18:00"),
            ("7 de la mañana", "07:00"),
            ("a las 7 x la mañana", "07:00"),
            ("en la tarde a las 4", "16:00"),
            ("por la mañana, a las 6", "06:00"),
            ("12 del día", "12:00"),
            ("12 del mediodía", "12:00"),
            ("1 del día", "13:00"),
            ("2 de la madrugada", "02:00"),
            ("12 de la noche", "00:00"),
            ("mediodía", "12:00"),
            ("al medio día", "12:00"),
            ("a medianoche", "00:00"),
            ("media noche", "00:00"),
            ("4", "16:00"),
            ("cuatro", "16:00"),
            ("cinco y media", "17:30"),
            ("7", "19:00"),
            ("8", "08:00"),
            ("12", "12:00"),
            ("12:30", "12:30"),
            ("13", "13:00"),
            ("07:00", "07:00"),
            ("7:00", "19:00"),
            ("0:30", "00:30"),
            ("4 30", "16:30"),
            ("a las 4 en punto", "16:00"),
            ("a eso de las 5", "17:00"),
            ("tipo 5 pm", "17:00"),
            ("mañana a las 4", "16:00"),
            ("el lunes 15/3 16:30", "16:30"),
            ("a las 4 para 2 personas", "16:00"),
            ("a las 4, las 4 de la tarde", "16:00"),
            ("4️⃣ pm", "16:00"),
        ] {
            assert_eq!(time(text).map(|time| time.to_string()).as_deref(), Some(hour), "{text}");
        }
    }

    #[test]
    fn what_is_no_hour_or_more_than_one_is_refused() {
        for text in [
            "",
            "hola",
            "no sé",
            "tarde",
            "en la mañana",
            "más tarde",
            "25",
            "24:00",
            "16:60",
            "4:5",
            "5 de la noche",
            "11 de la tarde",
            "16 am",
            "a las 4 o 5",
            "4 o 4 y media",
            "4 y 5",
            "de 4 a 5",
            "4-5",
            "entre las 4 y las 5",
            "después de las 4",
            "antes de las 5",
            "a partir de las 4",
            "a las 4 no",
            "tres cuartos para las 5",
            "4 horas",
            "en 4 horas",
            "en 2 hrs",
            "la 2",
            "las 3 personas",
            "15/3",
            "15 de marzo",
            "2027",
            "999888777",
            "A4",
            "$4",
            "mañana",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            time(&text);
        }

        #[test]
        fn nor_one_that_is_nearly_an_hour(
            text in "([0-9]{1,4}|[:. -]|a|las|la|y|menos|media|cuarto|para|una|pm|a\\.m\\.|de la noche|h| ){0,12}",
        ) {
            time(&text);
        }

        #[test]
        fn a_shown_hour_reads_back(hour in 0_i8..24, minute in 0_i8..60) {
            let shown = Time(civil::Time::constant(hour, minute, 0, 0));
            prop_assert_eq!(time(&shown.to_string()), Some(shown));
        }
    }
}
