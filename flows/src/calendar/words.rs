//! A calendar in a few words, for the card of a step.

use super::form::DAYS;
use super::{Calendar, Hours, Week};

impl Calendar {
    /// Its lines (Spanish): the hours of the week, days that are alike together, then what else there is.
    pub fn words(&self) -> Vec<String> {
        let mut lines = self.week.words();
        lines.extend(
            self.versions.keys().map(|from| format!("Otra semana desde el {}", from.strftime("%-d/%-m/%Y"))),
        );
        match self.holidays.len() {
            0 => {}
            1 => lines.push("1 feriado".to_owned()),
            n => lines.push(format!("{n} feriados")),
        }
        lines
    }
}

impl Week {
    fn words(&self) -> Vec<String> {
        let mut from = 0;
        let alike = self.0.chunk_by(|a, b| a == b).map(|days| {
            let first = from;
            from += days.len();
            (first, from - 1, days)
        });
        let open = alike.filter_map(|(first, last, days)| {
            let hours: Vec<String> = days.first()?.iter().map(Hours::to_string).collect();
            let name = |day: usize| DAYS.get(day).map_or("", |(_, name)| name);
            let days = match last - first {
                6 => "Todos los días".to_owned(),
                0 => name(first).to_owned(),
                1 => format!("{} y {}", name(first), name(last).to_lowercase()),
                _ => format!("{} a {}", name(first), name(last).to_lowercase()),
            };
            (!hours.is_empty()).then(|| format!("{days} {}", hours.join(", ")))
        });
        open.collect()
    }
}
