//! When a flow begins by itself, and for whom: an hour of every day, of some weekdays, of some days of the
//! month, or of one day. Pure: what comes next follows from the moment that is given.

use cauce_model::Timestamp;
use jiff::civil;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{self, DAY, DAYS};
use crate::program::Check;
use crate::reading::Zone;

/// So many days ahead the next one is looked for: every month has its days.
const AHEAD: usize = 70;

/// When a flow begins by itself, and for whom:
///
/// ```yaml
/// { tag: deudor, at: "9:00" }                          # every day
/// { tag: deudor, at: "9:00", days: [mon, thu] }        # on these weekdays
/// { tag: deudor, at: "9:00", month_days: [1, 15] }     # on these days of the month
/// { tag: deudor, at: "9:00", date: 2026-12-24 }        # on this day
/// ```
///
/// A day that a month does not have is its last one. An hour that the clocks skip is the moment at which they
/// skip it; one that they show twice is the first. Read with fields that say the same twice it is no timetable:
/// [`Timetable::check`] tells, and then nothing comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Horario propio", extend("additionalProperties" = false))]
pub struct Timetable {
    /// Who: the customers that have this tag.
    #[schemars(title = "A quién", length(min = 1, max = 40))]
    #[schemars(extend("x-help" = "Empieza con los clientes que tienen esta etiqueta.", "x-ref" = "tag"))]
    pub tag: String,
    /// At what hour.
    #[schemars(title = "A qué hora", length(min = 1, max = 5))]
    #[schemars(extend("x-help" = "De 0:00 a 23:59, por ejemplo \"9:00\".", "pattern" = "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"))]
    pub at: String,
    /// On which weekdays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Días de la semana", length(max = 7))]
    #[schemars(extend("x-help" = "mon, tue, wed, thu, fri, sat o sun. Sin ningún día ni fecha, todos los días."))]
    pub days: Vec<Weekday>,
    /// On which days of the month.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Días del mes", length(max = 31), inner(range(min = 1, max = 31)))]
    #[schemars(extend("x-help" = "Por ejemplo [1, 15]. El 31 es el último día de los meses más cortos."))]
    pub month_days: Vec<i8>,
    /// On which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Una sola fecha", length(min = 1, max = 10))]
    #[schemars(extend("x-help" = "Año, mes y día, por ejemplo 2026-12-24.", "pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    pub date: Option<String>,
    /// By which clocks; those of the place when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Zona horaria", length(min = 1, max = 80))]
    #[schemars(extend("x-help" = "Por ejemplo America/Lima. Si no se dice, la del lugar donde se atiende."))]
    pub zone: Option<String>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Día")]
pub enum Weekday {
    /// Monday.
    #[schemars(title = "Lunes")]
    Mon,
    /// Tuesday.
    #[schemars(title = "Martes")]
    Tue,
    /// Wednesday.
    #[schemars(title = "Miércoles")]
    Wed,
    /// Thursday.
    #[schemars(title = "Jueves")]
    Thu,
    /// Friday.
    #[schemars(title = "Viernes")]
    Fri,
    /// Saturday.
    #[schemars(title = "Sábado")]
    Sat,
    /// Sunday.
    #[schemars(title = "Domingo")]
    Sun,
}

impl Timetable {
    /// The first moment after this one at which the flow begins by itself; `home` are the clocks of the place.
    pub fn next(&self, after: Timestamp, home: &Zone) -> Option<Timestamp> {
        let (zone, minute) = (self.zone(home)?, self.minute()?);
        let moment = |day| calendar::begins(zone.rules(), day, minute).filter(|at| *at > after);
        if let Some(date) = &self.date {
            return moment(calendar::written_day(date)?);
        }
        // Clocks that are set back across midnight show a day again.
        let today = calendar::day_of(zone.rules(), after);
        let days = std::iter::successors(today.yesterday().ok(), |day| day.tomorrow().ok());
        days.take(AHEAD).filter(|day| self.falls_on(*day)).find_map(moment)
    }

    /// The local day of a moment, as `2026-12-24`: a flow begins by itself once a day.
    pub fn day(&self, at: Timestamp, home: &Zone) -> String {
        let zone = self.zone(home);
        calendar::day_of(zone.as_ref().unwrap_or(home).rules(), at).to_string()
    }

    /// Who: the customers that have this tag.
    pub fn tag(&self) -> &str {
        self.tag.trim()
    }

    /// In a line (Spanish): `Lunes y jueves a las 9:00, a quien tiene «deudor»`.
    pub fn words(&self) -> String {
        let few = |names: Vec<String>| match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} y {last}", rest.join(", ")),
            _ => names.concat(),
        };
        let when = if let Some(date) = &self.date {
            let day = calendar::written_day(date);
            format!("El {}", day.map_or_else(|| date.clone(), |day| day.strftime("%-d/%-m/%Y").to_string()))
        } else if !self.days.is_empty() {
            let mut days = self.days.clone();
            days.sort_unstable();
            let names = days.iter().map(|day| day.name().to_lowercase()).collect();
            let names = few(names);
            let first = names.chars().next().map(char::to_uppercase);
            first.into_iter().flatten().chain(names.chars().skip(1)).collect()
        } else if !self.month_days.is_empty() {
            let mut days = self.month_days.clone();
            days.sort_unstable();
            let named = if days.len() == 1 { "El día" } else { "Los días" };
            format!("{named} {}", few(days.iter().map(ToString::to_string).collect()))
        } else {
            "Todos los días".to_owned()
        };
        format!("{when} a las {}, a quien tiene «{}»", self.at.trim(), self.tag())
    }

    /// Reports what is wrong with it; it stands at `at` in the config.
    pub fn check(&self, check: &mut Check<'_>, at: &str) {
        let ways = [!self.days.is_empty(), !self.month_days.is_empty(), self.date.is_some()];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            check.error(
                at,
                "node.start.one_calendar",
                "No se sabe qué días empieza.",
                "Usa solo uno: «days» (de la semana), «month_days» (del mes) o «date» (una fecha).",
            );
        }
        if self.minute().is_none() {
            let message = format!("«{}» no es una hora.", self.at);
            check.error(&format!("{at}/at"), "node.start.bad_hour", message, "Escríbela así: 9:00 o 18:30.");
        }
        if let Some(date) = self.date.as_ref().filter(|date| calendar::written_day(date).is_none()) {
            let message = format!("«{date}» no es un día del calendario.");
            let help = "Escribe año, mes y día, como 2026-12-24.";
            check.error(&format!("{at}/date"), "node.start.bad_date", message, help);
        }
        if let Some(zone) = self.zone.as_ref().filter(|zone| zone.parse::<Zone>().is_err()) {
            let message = format!("«{zone}» no es una zona horaria.");
            let help = "Escribe un nombre como America/Lima, America/Mexico_City o Europe/Madrid.";
            check.error(&format!("{at}/zone"), "node.start.bad_zone", message, help);
        }
    }

    fn minute(&self) -> Option<u16> {
        calendar::written_minute(&self.at).ok().filter(|minute| *minute < DAY)
    }

    fn zone(&self, home: &Zone) -> Option<Zone> {
        self.zone.as_ref().map_or_else(|| Some(home.clone()), |zone| zone.parse().ok())
    }

    fn falls_on(&self, day: civil::Date) -> bool {
        let weekday = day.weekday().to_monday_zero_offset();
        if !self.days.is_empty() {
            return self.days.iter().any(|named| *named as i8 == weekday);
        }
        let of_month = |named: &i8| day.day() == (*named).min(day.days_in_month());
        self.month_days.is_empty() || self.month_days.iter().any(of_month)
    }
}

impl Weekday {
    fn name(self) -> &'static str {
        DAYS[self as usize].1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn timetable(mut form: Value) -> Timetable {
        form["tag"] = "deudor".into();
        serde_json::from_value(form).unwrap()
    }

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn at(zone: &Zone, local: &str) -> Timestamp {
        let local: civil::DateTime = local.parse().unwrap();
        Timestamp(zone.rules().to_timestamp(local).unwrap().as_millisecond())
    }

    fn shown(zone: &Zone, at: Timestamp) -> String {
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap();
        zone.rules().to_datetime(at).strftime("%F %H:%M").to_string()
    }

    /// The next so many, as the clocks of the place show them.
    fn coming(form: Value, zone_name: &str, from: &str, count: usize) -> Vec<String> {
        let zone = zone(zone_name);
        let timetable = timetable(form);
        let first = timetable.next(at(&zone, from), &zone);
        let all = std::iter::successors(first, |at| timetable.next(*at, &zone));
        all.take(count).map(|at| shown(&zone, at)).collect()
    }

    #[test]
    fn it_comes_on_its_days_at_its_hour() {
        let lima = |form, count| coming(form, "America/Lima", "2026-11-20T10:00", count); // a Friday
        assert_eq!(lima(json!({ "at": "9:00" }), 2), ["2026-11-21 09:00", "2026-11-22 09:00"]);
        assert_eq!(lima(json!({ "at": "10:00" }), 1), ["2026-11-21 10:00"], "later, not now");
        assert_eq!(lima(json!({ "at": "10:01" }), 1), ["2026-11-20 10:01"]);
        assert_eq!(
            lima(json!({ "at": "9:00", "days": ["thu", "mon"] }), 3),
            ["2026-11-23 09:00", "2026-11-26 09:00", "2026-11-30 09:00"]
        );
        assert_eq!(
            lima(json!({ "at": "18:30", "month_days": [15, 31] }), 5),
            [
                "2026-11-30 18:30",
                "2026-12-15 18:30",
                "2026-12-31 18:30",
                "2027-01-15 18:30",
                "2027-01-31 18:30"
            ]
        );
        assert_eq!(
            coming(json!({ "at": "9:00", "month_days": [29, 30, 31] }), "UTC", "2027-01-31T12:00", 2),
            ["2027-02-28 09:00", "2027-03-29 09:00"],
            "once, though three of its days are that one"
        );
        assert_eq!(lima(json!({ "at": "9:00", "date": "2026-12-24" }), 2), ["2026-12-24 09:00"]);
        assert_eq!(lima(json!({ "at": "9:00", "date": "2026-11-20" }), 2), [""; 0], "that is over");
    }

    #[test]
    fn clocks_that_are_set_lose_nothing_and_double_nothing() {
        let madrid = |at: &str, from| coming(json!({ "at": at }), "Europe/Madrid", from, 3);
        assert_eq!(
            madrid("2:30", "2026-03-28T12:00"),
            ["2026-03-29 03:00", "2026-03-30 02:30", "2026-03-31 02:30"]
        );
        assert_eq!(
            madrid("2:30", "2026-10-24T12:00"),
            ["2026-10-25 02:30", "2026-10-26 02:30", "2026-10-27 02:30"]
        );
        let zone = zone("Europe/Madrid");
        let daily = timetable(json!({ "at": "2:30" }));
        let first = daily.next(at(&zone, "2026-10-24T12:00"), &zone).unwrap();
        assert_eq!(
            shown(&zone, first + cauce_model::Duration::hours(1)),
            "2026-10-25 02:30",
            "the first of the two"
        );
        // At midnight, which Santiago skips.
        assert_eq!(
            coming(json!({ "at": "0:00" }), "America/Santiago", "2026-09-05T12:00", 2),
            ["2026-09-06 01:00", "2026-09-07 00:00"]
        );
    }

    #[test]
    fn it_may_live_by_other_clocks() {
        let lima = zone("America/Lima");
        let there = timetable(json!({ "at": "9:00", "zone": "America/Mexico_City" }));
        let next = there.next(at(&lima, "2026-11-20T08:00"), &lima).unwrap();
        assert_eq!(shown(&lima, next), "2026-11-20 10:00");
        assert_eq!(there.day(at(&lima, "2026-11-20T00:30"), &lima), "2026-11-19");
    }

    #[test]
    fn what_says_nothing_never_comes() {
        let lima = zone("America/Lima");
        for form in [
            json!({ "at": "25:00" }),
            json!({ "at": "24:00" }),
            json!({ "at": "" }),
            json!({ "at": "9:00", "date": "2026-02-31" }),
            json!({ "at": "9:00", "zone": "Lima" }),
        ] {
            assert_eq!(timetable(form.clone()).next(Timestamp(0), &lima), None, "{form}");
        }
        assert_eq!(timetable(json!({ "at": "9:00" })).next(Timestamp(i64::MAX), &lima), None);
    }

    #[test]
    fn it_reads_in_a_line() {
        for (form, words) in [
            (json!({ "at": "9:00" }), "Todos los días a las 9:00, a quien tiene «deudor»"),
            (
                json!({ "at": "9:00", "days": ["thu", "mon"] }),
                "Lunes y jueves a las 9:00, a quien tiene «deudor»",
            ),
            (json!({ "at": "9:00", "month_days": [15] }), "El día 15 a las 9:00, a quien tiene «deudor»"),
            (
                json!({ "at": "9:00", "month_days": [15, 1] }),
                "Los días 1 y 15 a las 9:00, a quien tiene «deudor»",
            ),
            (
                json!({ "at": "9:00", "date": "2026-12-04" }),
                "El 4/12/2026 a las 9:00, a quien tiene «deudor»",
            ),
        ] {
            assert_eq!(timetable(form).words(), words);
        }
    }

    proptest! {
        /// A moment comes on one of its days, and no earlier one was left out.
        #[test]
        fn none_is_left_out(
            minute in 0u16..DAY,
            days in proptest::collection::vec(0usize..7, 0..4),
            month_days in proptest::collection::vec(1i8..=31, 0..4),
            name in prop::sample::select(vec!["America/Lima", "Europe/Madrid", "America/Santiago", "Pacific/Apia"]),
            from in 1_300_000_000_000i64..2_000_000_000_000,
        ) {
            let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let mut form = json!({ "at": format!("{}:{:02}", minute / 60, minute % 60) });
            if days.is_empty() {
                form["month_days"] = json!(month_days);
            } else {
                form["days"] = days.iter().map(|day| week[*day]).collect();
            }
            let (timetable, zone) = (timetable(form), zone(name));
            let next = timetable.next(Timestamp(from), &zone).unwrap();
            prop_assert!(next > Timestamp(from));
            // Whenever it is asked before that, it is the same one.
            let between = Timestamp(next.0 - 1).max(Timestamp(from));
            prop_assert_eq!(timetable.next(between, &zone), Some(next));
            let later = timetable.next(next, &zone).unwrap();
            prop_assert!(later > next);
            prop_assert!(timetable.day(later, &zone) >= timetable.day(next, &zone));
        }
    }
}
