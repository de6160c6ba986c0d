//! Days and hours, and between which bounds.

use cauce_flows::Check;
use cauce_flows::reading::{self, Date, Place};
use cauce_model::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which days fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// Only what is over, or only what is to come; today counts as both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Solo")]
    pub when: Option<When>,
    /// The first day, in the words a customer would use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Desde", length(min = 1, max = 40))]
    #[schemars(extend("x-help" = "Por ejemplo hoy, mañana, en 3 días o 2026-11-21."))]
    pub from: Option<String>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Hasta", length(min = 1, max = 40))]
    #[schemars(extend("x-help" = "Por ejemplo en 30 días o 2026-12-31."))]
    pub to: Option<String>,
}

/// On which side of now a day may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Solo")]
pub enum When {
    /// Now or before.
    #[schemars(title = "Lo que ya pasó")]
    Past,
    /// Now or later.
    #[schemars(title = "De ahora en adelante")]
    Future,
}

/// Two moments to try words at: 2026 began, and a century later.
const MOMENTS: [Timestamp; 2] = [Timestamp(1_767_268_800_000), Timestamp(4_923_028_800_000)];

fn somewhere(now: Timestamp) -> Place {
    Place { now, zone: Default::default(), country: Default::default() }
}

impl Days {
    pub(super) fn check(&self, at: &str, check: &mut Check<'_>) {
        // Any moment will do to see whether a day is meant at all.
        let some_day = somewhere(MOMENTS[0]);
        let mut days = Vec::new();
        for (name, words) in [("from", &self.from), ("to", &self.to)] {
            let Some(words) = words else { continue };
            match self.read(words, &some_day) {
                Some(day) => days.push(day),
                None => check.error(
                    &format!("{at}/{name}"),
                    "node.answer.day",
                    format!("«{words}» no es un día."),
                    "Escribe por ejemplo hoy, mañana, en 3 días o 2026-11-21.",
                ),
            }
        }
        if let [from, to] = days[..]
            && from > to
        {
            check.error(
                &format!("{at}/to"),
                "node.answer.range",
                "Ningún día está entre esos dos.",
                "Corrige «from» o «to».",
            );
        }
    }

    /// A day without a year is on the side that is asked for, in answers and bounds alike.
    fn read(&self, text: &str, place: &Place) -> Option<Date> {
        match self.when {
            Some(When::Past) => reading::date_before(text, place),
            Some(When::Future) | None => reading::date(text, place),
        }
    }

    fn holds(&self, day: Date, place: &Place) -> bool {
        let bound = |words: &Option<String>| words.as_deref().and_then(|words| self.read(words, place));
        bound(&self.from).is_none_or(|from| day >= from) && bound(&self.to).is_none_or(|to| day <= to)
    }

    pub(super) fn date(&self, text: &str, place: &Place) -> Option<Value> {
        let day = self.read(text, place)?;
        let (today, _) = place.moment()?;
        let side = match self.when {
            Some(When::Past) => day <= today,
            Some(When::Future) => day >= today,
            None => true,
        };
        (side && self.holds(day, place)).then(|| day.to_string().into())
    }

    pub(super) fn date_time(&self, text: &str, place: &Place) -> Option<Value> {
        let (day, time) = match self.when {
            Some(When::Past) => reading::date_time_before(text, place),
            Some(When::Future) | None => reading::date_time(text, place),
        }?;
        let now = place.moment()?;
        let side = match self.when {
            Some(When::Past) => (day, time) <= now,
            Some(When::Future) => (day, time) >= now,
            None => true,
        };
        (side && self.holds(day, place)).then(|| format!("{day}T{time}").into())
    }

    pub(super) fn date_hint(&self) -> String {
        let bounds = self.bounds("que ya pasó", "hoy");
        format!("No me queda claro el día. Escribe una fecha{bounds}, por ejemplo 15/3, por favor.")
    }

    pub(super) fn date_time_hint(&self) -> String {
        let bounds = self.bounds("que ya pasaron", "ahora");
        format!(
            "No me queda claro. Escribe un día y una hora{bounds}, por ejemplo «el lunes a las 4 de la tarde», por favor."
        )
    }

    /// What fits, in words. The side goes without saying where a bound tells it.
    fn bounds(&self, over: &str, now: &str) -> String {
        let said = |bound: &Option<String>| bound.as_deref().map(|words| self.said(words));
        let tells = |bound: &Option<String>| bound.as_deref().is_some_and(|words| self.is_on_side(words));
        let (side, from, to) = match (self.when, said(&self.from), said(&self.to)) {
            (None, from, to) => (None, from, to),
            (Some(When::Past), Some(from), None) => (None, Some(from), Some(now.to_owned())),
            (Some(When::Past), from, to) => ((!tells(&self.to)).then(|| over.to_owned()), from, to),
            (Some(When::Future), None, Some(to)) => (None, Some(now.to_owned()), Some(to)),
            (Some(When::Future), from, to) => {
                ((!tells(&self.from)).then(|| format!("de {now} en adelante")), from, to)
            }
        };
        let range = match (from, to) {
            (Some(from), Some(to)) => Some(format!("desde {from} hasta {to}")),
            (Some(from), None) => Some(format!("desde {from}")),
            (None, Some(to)) => Some(format!("hasta {to}")),
            (None, None) => None,
        };
        let said = [side, range].into_iter().flatten().collect::<Vec<_>>().join(", ");
        if said.is_empty() { said } else { format!(" {said}") }
    }

    /// Whether a bound lies on the side that is asked for whenever it is read: "mañana" does, and a day of
    /// some year does not.
    fn is_on_side(&self, words: &str) -> bool {
        MOMENTS.map(somewhere).iter().all(|place| {
            let day = self.read(words, place).zip(place.moment());
            day.is_some_and(|(day, (today, _))| match self.when {
                Some(When::Past) => day <= today,
                Some(When::Future) => day >= today,
                None => true,
            })
        })
    }

    /// An author's words for a day, to stand after "desde" and "hasta".
    fn said(&self, words: &str) -> String {
        let [now, later] = MOMENTS.map(somewhere).map(|place| self.read(words, &place));
        if let Some(day) = now.filter(|_| now == later) {
            return format!("el {}/{}/{}", day.day(), day.month(), day.year());
        }
        let words = words.trim().to_lowercase();
        match words.split_once(' ').unwrap_or((&words, "")) {
            ("en", span) => format!("dentro de {span}"),
            ("hoy" | "mañana" | "ayer" | "anteayer" | "antier" | "dentro" | "hace" | "el" | "este", _)
            | ("pasado", "mañana")
            | ("antes", "de ayer") => words,
            _ => format!("el {words}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(when: Option<When>, from: &str, to: &str) -> Days {
        let bound = |words: &str| (!words.is_empty()).then(|| words.to_owned());
        Days { when, from: bound(from), to: bound(to) }
    }

    #[test]
    fn hints_say_what_fits_as_people_do() {
        const PAST: Option<When> = Some(When::Past);
        const FUTURE: Option<When> = Some(When::Future);
        for (when, from, to, date, date_time) in [
            (None, "", "", "", ""),
            (None, "mañana", "", " desde mañana", " desde mañana"),
            (None, "", "en 10 días", " hasta dentro de 10 días", " hasta dentro de 10 días"),
            (None, "hace 3 días", "hoy", " desde hace 3 días hasta hoy", " desde hace 3 días hasta hoy"),
            (PAST, "", "", " que ya pasó", " que ya pasaron"),
            (PAST, "hace 30 días", "", " desde hace 30 días hasta hoy", " desde hace 30 días hasta ahora"),
            (PAST, "", "ayer", " hasta ayer", " hasta ayer"),
            (
                PAST,
                "1 de enero",
                "ayer",
                " desde el 1 de enero hasta ayer",
                " desde el 1 de enero hasta ayer",
            ),
            (FUTURE, "", "", " de hoy en adelante", " de ahora en adelante"),
            (FUTURE, "mañana", "", " desde mañana", " desde mañana"),
            (
                FUTURE,
                "",
                "en 60 días",
                " desde hoy hasta dentro de 60 días",
                " desde ahora hasta dentro de 60 días",
            ),
            (
                FUTURE,
                "mañana",
                "en 10 días",
                " desde mañana hasta dentro de 10 días",
                " desde mañana hasta dentro de 10 días",
            ),
            // "Hoy" does not say that the hour must be to come, but nobody means it otherwise.
            (
                FUTURE,
                "hoy",
                "en 7 días",
                " desde hoy hasta dentro de 7 días",
                " desde hoy hasta dentro de 7 días",
            ),
            // A day of some year may lie on either side by the time it is read.
            (
                PAST,
                "",
                "2026-12-31",
                " que ya pasó, hasta el 31/12/2026",
                " que ya pasaron, hasta el 31/12/2026",
            ),
            (
                FUTURE,
                "1/11/2026",
                "",
                " de hoy en adelante, desde el 1/11/2026",
                " de ahora en adelante, desde el 1/11/2026",
            ),
            (
                FUTURE,
                "1/11/2026",
                "31/12/2026",
                " de hoy en adelante, desde el 1/11/2026 hasta el 31/12/2026",
                " de ahora en adelante, desde el 1/11/2026 hasta el 31/12/2026",
            ),
        ] {
            let days = days(when, from, to);
            let (said, with_hour) = (days.date_hint(), days.date_time_hint());
            assert_eq!(
                said,
                format!("No me queda claro el día. Escribe una fecha{date}, por ejemplo 15/3, por favor.")
            );
            assert_eq!(
                with_hour,
                format!(
                    "No me queda claro. Escribe un día y una hora{date_time}, por ejemplo «el lunes a las 4 de la tarde», por favor."
                )
            );
        }
    }

    #[test]
    fn bounds_are_said_as_people_do() {
        for (words, said) in [
            ("Hoy", "hoy"),
            ("pasado mañana", "pasado mañana"),
            ("en una semana", "dentro de una semana"),
            ("dentro de 3 días", "dentro de 3 días"),
            ("lunes", "el lunes"),
            ("próximo viernes", "el próximo viernes"),
            ("el viernes", "el viernes"),
            ("15/3", "el 15/3"),
            ("15 de marzo", "el 15 de marzo"),
            ("2027-03-05", "el 5/3/2027"),
            ("15 de marzo de 2028", "el 15/3/2028"),
        ] {
            assert_eq!(Days::default().said(words), said);
        }
    }

    #[test]
    fn bounds_without_a_year_are_on_the_side_that_is_asked_for() {
        let place = somewhere(Timestamp(1_795_189_200_000)); // 2026-11-20
        let since = days(Some(When::Past), "1 de octubre", "");
        assert_eq!(since.date("el 15", &place), Some("2026-11-15".into()));
        assert_eq!(since.date("15 de agosto", &place), None);
        let until = days(Some(When::Future), "", "31 de enero");
        assert_eq!(until.date("15/1", &place), Some("2027-01-15".into()));
        assert_eq!(until.date("15/2", &place), None);
    }
}
