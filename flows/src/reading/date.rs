//! Days.

mod meant;
mod said;

use std::fmt;

use jiff::civil;
use serde::{Serialize, Serializer};

use self::meant::{Toward, resolve};
use self::said::bare;
pub(super) use self::said::{Day, day};
use super::time::Time;
use super::tokens::Tokens;
use super::{Place, moment};

/// A day of the calendar, from 1900 to 2199. Shown as "2026-11-21".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    pub(super) fn new(date: civil::Date) -> Option<Self> {
        (1900..=2199).contains(&date.year()).then_some(Self(date))
    }

    /// From 1900 to 2199.
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// From 1 to 12.
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// From 1 to 31.
    pub fn day(self) -> i8 {
        self.0.day()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// The one day in a text: "mañana", "el lunes", "15/3", "15 de marzo de 2027", "en 3 días".
///
/// - Day first, as everywhere where Spanish is spoken; or as ISO 8601 writes it.
/// - Without a year, the next such day to come, today included. A year of two digits is of this century
///   up to ten years from now, of the last for people up to eighty; between the two it is nothing.
/// - A weekday is the next to come, never today ("el próximo viernes" too: the first one, as the
///   Academies say); "lunes de la próxima semana" counts weeks from Monday.
/// - "En 15 días" is fifteen days, literally.
/// - What is said twice must agree: "lunes 15/3" is nothing when that is no Monday.
///
/// Nothing when there are several days, a span ("la próxima semana"), a bound ("antes del lunes"), or a
/// day that does not exist ("31/2").
pub fn date(text: &str, place: &Place) -> Option<Date> {
    date_toward(Toward::Coming, text, place)
}

/// As [`date`], where the question is about what is over ("¿Cuándo compraste?").
///
/// Without a year, the last such day that was, today included; a year of two digits is the last that was.
/// A weekday is the last before today. Who says that it is to come ("el próximo lunes") is believed.
pub fn date_before(text: &str, place: &Place) -> Option<Date> {
    date_toward(Toward::Past, text, place)
}

/// The day and the hour in a text: "mañana a las 4 y media", "el lunes 15/3 16:30". Each as [`date`] and
/// [`super::time`] read it, but twelve at night is nothing: it may begin or end the day.
pub fn date_time(text: &str, place: &Place) -> Option<(Date, Time)> {
    date_time_toward(Toward::Coming, text, place)
}

/// As [`date_time`], with the day as [`date_before`] reads it. The hour does not move the day: at noon,
/// "el 18 a las 8 de la noche" on an 18th is tonight.
pub fn date_time_before(text: &str, place: &Place) -> Option<(Date, Time)> {
    date_time_toward(Toward::Past, text, place)
}

fn date_toward(toward: Toward, text: &str, place: &Place) -> Option<Date> {
    let tokens = Tokens::of(text);
    let days = match bare(&tokens) {
        Some(day) => vec![day],
        None => moment::of(&tokens)?.days,
    };
    resolve(&days, toward, place.today()?).and_then(Date::new)
}

fn date_time_toward(toward: Toward, text: &str, place: &Place) -> Option<(Date, Time)> {
    let moment = moment::of(&Tokens::of(text))?;
    let date = resolve(&moment.days, toward, place.today()?).and_then(Date::new)?;
    let hour = moment.time().filter(|hour| !hour.is_midnight)?;
    Some((date, hour.time))
}

#[cfg(test)]
mod tests {
    use cauce_model::Timestamp;
    use jiff::Span;
    use proptest::prelude::*;

    use super::*;
    use crate::reading::{Country, Zone};

    /// Noon of a day in Lima.
    fn lima(day: &str) -> Place {
        let noon: jiff::Timestamp = format!("{day}T17:00:00Z").parse().unwrap();
        Place { now: Timestamp(noon.as_millisecond()), zone: Zone::default(), country: Country::default() }
    }

    fn read(text: &str, day: &str) -> Option<String> {
        date(text, &lima(day)).map(|date| date.to_string())
    }

    #[test]
    fn days_are_understood() {
        // A Wednesday.
        const TODAY: &str = "2026-11-18";
        for (text, day) in [
            ("hoy", "2026-11-18"),
            ("Oy", "2026-11-18"),
            ("hoy mismo, por favor", "2026-11-18"),
            ("hoy miércoles", "2026-11-18"),
            ("esta tarde", "2026-11-18"),
            ("esta noche", "2026-11-18"),
            ("mañana", "2026-11-19"),
            ("MAÑANA", "2026-11-19"),
            ("manana", "2026-11-19"),
            ("para mañana por la mañana", "2026-11-19"),
            ("mañana en la tarde", "2026-11-19"),
            ("mañana jueves", "2026-11-19"),
            ("mañana a las 4 y media", "2026-11-19"),
            ("¿puede ser mañana?", "2026-11-19"),
            ("pasado mañana", "2026-11-20"),
            ("ayer", "2026-11-17"),
            ("anteayer", "2026-11-16"),
            ("antier", "2026-11-16"),
            ("antes de ayer", "2026-11-16"),
            ("el lunes", "2026-11-23"),
            ("lunes", "2026-11-23"),
            ("Buenos días, el lunes si se puede", "2026-11-23"),
            ("este sábado", "2026-11-21"),
            ("savado", "2026-11-21"),
            ("sab", "2026-11-21"),
            ("el miércoles", "2026-11-25"),
            ("próximo viernes", "2026-11-20"),
            ("el viernes próximo", "2026-11-20"),
            ("lunes que viene", "2026-11-23"),
            ("el lunes q viene", "2026-11-23"),
            ("el jueves que entra", "2026-11-19"),
            ("lunes de la próxima semana", "2026-11-23"),
            ("el viernes de la semana que viene", "2026-11-27"),
            ("la próxima semana, el viernes", "2026-11-27"),
            ("el viernes de esta semana", "2026-11-20"),
            ("el lunes pasado", "2026-11-16"),
            ("el pasado miércoles", "2026-11-11"),
            ("15/3", "2027-03-15"),
            ("18/11", "2026-11-18"),
            ("17/11", "2027-11-17"),
            ("15-3", "2027-03-15"),
            ("15 / 3", "2027-03-15"),
            ("15-03-2027", "2027-03-15"),
            ("15/03/27", "2027-03-15"),
            ("15.03.2027", "2027-03-15"),
            ("1/2/1985", "1985-02-01"),
            ("01/02/85", "1985-02-01"),
            ("24/6/36", "2036-06-24"),
            ("24/6/46", "1946-06-24"),
            ("2026-11-21", "2026-11-21"),
            ("2026/11/21", "2026-11-21"),
            ("15-mar-2027", "2027-03-15"),
            ("15/marzo/2027", "2027-03-15"),
            ("15 de marzo", "2027-03-15"),
            ("el 15 de marzo", "2027-03-15"),
            ("15 marzo 2027", "2027-03-15"),
            ("15 de marzo de 2028", "2028-03-15"),
            ("15 de marzo del 2028", "2028-03-15"),
            ("15 de marzo del 28", "2028-03-15"),
            ("15 de marzo, 2028", "2028-03-15"),
            ("15 de marzo de dos mil veintiocho", "2028-03-15"),
            ("nací el 3 de mayo de 1990", "1990-05-03"),
            ("15 de marzo del próximo año", "2027-03-15"),
            ("15 mar", "2027-03-15"),
            ("15 set.", "2027-09-15"),
            ("15 de setiembre", "2027-09-15"),
            ("15 de nobiembre", "2027-11-15"),
            ("quince de marzo", "2027-03-15"),
            ("treinta y uno de diciembre", "2026-12-31"),
            ("veinte y cinco de diciembre", "2026-12-25"),
            ("primero de mayo", "2027-05-01"),
            ("1º de mayo", "2027-05-01"),
            ("1ro de mayo", "2027-05-01"),
            ("uno de mayo", "2027-05-01"),
            ("marzo 15", "2027-03-15"),
            ("marzo 15 de 2028", "2028-03-15"),
            ("29 de febrero", "2028-02-29"),
            ("29/2", "2028-02-29"),
            ("el 15", "2026-12-15"),
            ("el 20", "2026-11-20"),
            ("el 18", "2026-11-18"),
            ("15", "2026-12-15"),
            ("día 20", "2026-11-20"),
            ("el día veinte", "2026-11-20"),
            ("el primero", "2026-12-01"),
            ("el 31", "2026-12-31"),
            ("20 de este mes", "2026-11-20"),
            ("el 5 del próximo mes", "2026-12-05"),
            ("el 5 del mes que viene", "2026-12-05"),
            ("lunes 23", "2026-11-23"),
            ("el lunes 23 de noviembre", "2026-11-23"),
            ("lunes 15/3", "2027-03-15"),
            ("viernes 20, 4pm", "2026-11-20"),
            ("hoy 18", "2026-11-18"),
            ("en 3 días", "2026-11-21"),
            ("dentro de tres días", "2026-11-21"),
            ("en una semana", "2026-11-25"),
            ("dentro de una semana", "2026-11-25"),
            ("en 15 días", "2026-12-03"),
            ("en dos meses", "2027-01-18"),
            ("hace 2 semanas", "2026-11-04"),
            ("hace un año", "2025-11-18"),
            ("el lunes para 4 personas", "2026-11-23"),
            ("el día de mañana", "2026-11-19"),
            ("15marzo", "2027-03-15"),
            ("15 del 3", "2027-03-15"),
            ("15 de 03 de 2028", "2028-03-15"),
            ("15 03 2028", "2028-03-15"),
            ("15032028", "2028-03-15"),
            ("20280315", "2028-03-15"),
            ("20101985", "1985-10-20"),
            ("5 abril 88", "1988-04-05"),
            ("cinco de abril del ochenta y ocho", "1988-04-05"),
            ("de aquí a 3 días", "2026-11-21"),
            ("el próximo 15", "2026-12-15"),
            ("1️⃣5️⃣/3", "2027-03-15"),
        ] {
            assert_eq!(read(text, TODAY).as_deref(), Some(day), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_or_more_than_one_is_refused() {
        for text in [
            "",
            "hola",
            "no sé",
            "cuando pueda",
            "31/2",
            "31 de abril",
            "29/2/2027",
            "32 de marzo",
            "0/3",
            "15/13",
            "3/15/2027",
            "15/3/1850",
            "15/3/40",
            "15.3",
            "15/3/2027/4",
            "la próxima semana",
            "esta semana",
            "la otra semana",
            "el otro lunes",
            "fin de semana",
            "fin de mes",
            "marzo",
            "en marzo",
            "marzo 2027",
            "este mes",
            "lunes o martes",
            "de lunes a viernes",
            "lunes/martes",
            "lunes y miércoles",
            "los lunes",
            "cada lunes",
            "lunes 15 o 16",
            "15 y 16 de marzo",
            "del 15 al 20 de marzo",
            "el lunes no",
            "no puedo mañana",
            "hoy no, mañana",
            "antes del lunes",
            "después del 15",
            "a partir del lunes",
            "hasta el viernes",
            "lunes en ocho",
            "en 3 días hábiles",
            "en una semana y media",
            "3 días",
            "en la mañana",
            "a las 4",
            "en 2 horas",
            "mar 15",
            "lunes 24 de noviembre",
            "lunes 15/3/2028",
            "mañana viernes",
            "mañana 25",
            "el lunes de mañana",
            "tengo 15 años",
            "999888777",
            "el 2% de descuento",
            "el segundo lunes de marzo",
            "el primer lunes",
            "el segundo lunes del mes",
            "viernes santo",
            "20101332",
            "12345678",
        ] {
            assert_eq!(read(text, "2026-11-18"), None, "{text}");
        }
    }

    #[test]
    fn a_weekday_is_never_today() {
        const MONDAY: &str = "2026-11-23";
        assert_eq!(read("el lunes", MONDAY).as_deref(), Some("2026-11-30"));
        assert_eq!(read("próximo lunes", MONDAY).as_deref(), Some("2026-11-30"));
        assert_eq!(read("lunes pasado", MONDAY).as_deref(), Some("2026-11-16"));
        assert_eq!(read("hoy lunes", MONDAY).as_deref(), Some(MONDAY));
        assert_eq!(read("lunes 23", MONDAY).as_deref(), Some(MONDAY));
        assert_eq!(read("este lunes", MONDAY), None);
    }

    #[test]
    fn days_that_are_over_are_understood() {
        // A Wednesday.
        let place = lima("2026-11-18");
        for (text, day) in [
            ("15/3", "2026-03-15"),
            ("el 15 de agosto", "2026-08-15"),
            ("agosto 15", "2026-08-15"),
            ("15 de diciembre", "2025-12-15"),
            ("18/11", "2026-11-18"),
            ("19/11", "2025-11-19"),
            ("29 de febrero", "2024-02-29"),
            ("el 15", "2026-11-15"),
            ("18", "2026-11-18"),
            ("el 20", "2026-10-20"),
            ("el 31", "2026-10-31"),
            ("el lunes", "2026-11-16"),
            ("este lunes", "2026-11-16"),
            ("jueves", "2026-11-12"),
            ("el miércoles", "2026-11-11"),
            ("lunes 16", "2026-11-16"),
            ("el lunes 9 de noviembre", "2026-11-09"),
            ("el lunes pasado 16", "2026-11-16"),
            ("24/6/36", "1936-06-24"),
            ("01/02/26", "2026-02-01"),
            ("15/03/2027", "2027-03-15"),
            ("el próximo lunes", "2026-11-23"),
            ("el próximo 15", "2026-12-15"),
            ("el 15 de agosto que viene", "2027-08-15"),
            ("mañana", "2026-11-19"),
            ("ayer", "2026-11-17"),
            ("hoy miércoles", "2026-11-18"),
            ("hace 3 días", "2026-11-15"),
            ("el viernes de esta semana", "2026-11-20"),
            ("el año pasado, el 15 de marzo", "2025-03-15"),
        ] {
            let read = date_before(text, &place).map(|date| date.to_string());
            assert_eq!(read.as_deref(), Some(day), "{text}");
        }
        for text in ["31/2", "este miércoles", "lunes 15/3", "el pasado 15 que viene", "el año pasado"] {
            assert_eq!(date_before(text, &place), None, "{text}");
        }
        for (text, moment) in [
            ("el lunes a las 4", "2026-11-16 16:00"),
            ("15/3 4pm", "2026-03-15 16:00"),
            ("el 18 a las 8 de la noche", "2026-11-18 20:00"),
        ] {
            let read = date_time_before(text, &place).map(|(date, time)| format!("{date} {time}"));
            assert_eq!(read.as_deref(), Some(moment), "{text}");
        }
    }

    #[test]
    fn who_says_on_which_side_is_believed() {
        for (text, day) in [
            ("el 15 de agosto pasado", Some("2026-08-15")),
            ("el pasado 15 de agosto", Some("2026-08-15")),
            ("el 15 pasado", Some("2026-11-15")),
            ("15/8 que viene", Some("2027-08-15")),
            ("el próximo 15 de marzo", Some("2027-03-15")),
            ("el próximo día 15", Some("2026-12-15")),
            ("este 20", Some("2026-11-20")),
            ("el 20 pasado el mediodía", Some("2026-11-20")),
            ("el 15 pasado mañana", None),
            ("el 15 de diciembre, este año", Some("2026-12-15")),
            ("el próximo año, el 15 de diciembre", Some("2027-12-15")),
            ("el lunes de este año", Some("2026-11-23")),
            ("el lunes del próximo año", None),
        ] {
            assert_eq!(read(text, "2026-11-18").as_deref(), day, "{text}");
        }
    }

    #[test]
    fn months_of_all_lengths() {
        assert_eq!(read("el 31", "2027-02-10").as_deref(), Some("2027-03-31"));
        assert_eq!(read("en un mes", "2027-01-31").as_deref(), Some("2027-02-28"));
        assert_eq!(read("31 del próximo mes", "2027-01-10"), None);
        assert_eq!(read("31/12", "2026-12-31").as_deref(), Some("2026-12-31"));
        assert_eq!(read("1/1", "2026-12-31").as_deref(), Some("2027-01-01"));
    }

    #[test]
    fn today_is_that_of_the_place() {
        let madrid = "Europe/Madrid".parse().unwrap();
        let late = Timestamp(lima("2026-11-18").now.millis() + 7 * 3_600_000);
        let at =
            |zone| date("hoy", &Place { now: late, zone, country: Country::default() }).unwrap().to_string();
        assert_eq!(at(Zone::default()), "2026-11-18");
        assert_eq!(at(madrid), "2026-11-19");
    }

    #[test]
    fn days_and_hours_together() {
        for (text, moment) in [
            ("mañana a las 4 y media", "2026-11-19 16:30"),
            ("mañana 4 y media", "2026-11-19 16:30"),
            ("el lunes 23/11 16:30", "2026-11-23 16:30"),
            ("lunes 4pm", "2026-11-23 16:00"),
            ("a las 4, mañana", "2026-11-19 16:00"),
            ("mañana por la mañana a las 7", "2026-11-19 07:00"),
            ("mañana a las 9 de la mañana", "2026-11-19 09:00"),
            ("hoy a las 8 de la noche", "2026-11-18 20:00"),
            ("esta noche a las 8", "2026-11-18 20:00"),
            ("esta tarde a las cinco", "2026-11-18 17:00"),
            ("el 15 a las 4", "2026-12-15 16:00"),
            ("15 de marzo de 2028, 10am", "2028-03-15 10:00"),
            ("2026-11-21 16:30", "2026-11-21 16:30"),
            ("2026-11-21T16:30", "2026-11-21 16:30"),
            ("viernes 20 16 hrs", "2026-11-20 16:00"),
            ("viernes 20 10am", "2026-11-20 10:00"),
            ("hoy 4 30 pm", "2026-11-18 16:30"),
            ("15/3 4pm", "2027-03-15 16:00"),
            ("viernes al mediodía", "2026-11-20 12:00"),
            ("quisiera el sábado a las 10 y cuarto", "2026-11-21 10:15"),
            ("mañana a las 4 para 2 personas", "2026-11-19 16:00"),
            ("pasado mañana, cuarto para las 5", "2026-11-20 16:45"),
        ] {
            let read = date_time(text, &lima("2026-11-18")).map(|(date, time)| format!("{date} {time}"));
            assert_eq!(read.as_deref(), Some(moment), "{text}");
        }
        for text in [
            "mañana",
            "a las 4",
            "mañana 4",
            "lunes 4 por la tarde",
            "mañana a las 4 o a las 5",
            "lunes o martes a las 4",
            "mañana a las 12 de la noche",
            "mañana a medianoche",
            "31/2 a las 4",
            "mañana de 4 a 6",
            "viernes 5 10 pm",
            "",
        ] {
            assert_eq!(date_time(text, &lima("2026-11-18")), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}", now in any::<i64>()) {
            let place = Place { now: Timestamp(now), ..lima("2026-11-18") };
            date(&text, &place);
            date_before(&text, &place);
            date_time(&text, &place);
        }

        #[test]
        fn nor_one_that_is_nearly_a_day(
            text in "([0-9]{1,4}|[/. -]|de|el|en|hace|que viene|lunes|marzo|mes|semana|año|mañana|pasado|las|y|pm|este| ){0,12}",
        ) {
            date(&text, &lima("2026-11-18"));
            date_before(&text, &lima("2026-11-18"));
            date_time(&text, &lima("2026-11-18"));
        }

        #[test]
        fn a_shown_day_reads_back(days in 0_i64..109_000) {
            let day = civil::date(1900, 1, 1).checked_add(Span::new().days(days)).unwrap();
            prop_assert_eq!(read(&day.to_string(), "2026-11-18"), Some(day.to_string()));
        }
    }
}
