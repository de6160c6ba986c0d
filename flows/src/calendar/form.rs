//! The form of a calendar: read with everything that is wrong in it at its place, written, and described to
//! screens and editors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::civil;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{Calendar, DAY, Holiday, Hours, Week};
use crate::Problem;
use crate::document::{cut, missing_field, unknown_field, wrong_type};
use crate::reading::Zone;
use crate::yaml::{Places, child};

/// Hours as they are written.
pub(crate) const HOURS: &str = "^([01]?[0-9]|2[0-3]):[0-5][0-9] ?- ?(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$";
/// A day as it is written.
const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

/// The most hours of one day.
const MAX_HOURS: usize = 12;
/// The most holidays: of many years.
const MAX_HOLIDAYS: usize = 1000;
/// The most versions.
const MAX_VERSIONS: usize = 100;
/// The longest name of a holiday, in characters.
const MAX_NAME: usize = 60;

/// The days as they are written and as they are called, from Monday.
pub(crate) const DAYS: [(&str, &str); 7] = [
    ("mon", "Lunes"),
    ("tue", "Martes"),
    ("wed", "Miércoles"),
    ("thu", "Jueves"),
    ("fri", "Viernes"),
    ("sat", "Sábado"),
    ("sun", "Domingo"),
];

/// Reads a calendar that stands at this JSON pointer. `None` when anything is wrong with it; then there is a
/// problem at every such place.
pub(crate) fn read(
    value: &Value,
    at: &str,
    places: &Places,
    problems: &mut Vec<Problem>,
) -> Option<Calendar> {
    let before = problems.len();
    let mut reader = Reader { places, problems };
    let calendar = reader.calendar(value, at)?;
    let opens = |week: &Week| week.0.iter().any(|hours| !hours.is_empty());
    let ever = opens(&calendar.week)
        || calendar.versions.values().any(opens)
        || calendar.holidays.values().any(|holiday| !holiday.hours.is_empty());
    if reader.problems.len() == before && !ever {
        let help = "Agrega las horas de al menos un día, por ejemplo mon: [\"9:00-18:00\"].";
        reader.error("calendar.never_open", "Este horario no abre nunca.", help, &child(at, "week"));
    }
    (problems.len() == before).then_some(calendar)
}

struct Reader<'a> {
    places: &'a Places,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn calendar(&mut self, value: &Value, at: &str) -> Option<Calendar> {
        let map = self.fields(value, at, &["zone", "week", "holidays", "versions"])?;
        let zone = map.get("zone").and_then(|zone| self.zone(zone, &child(at, "zone")));
        let week = self.week_of(map, at);
        let holidays = self.holidays(map, at);
        let versions = self.versions(map, at);
        Some(Calendar { zone, week, versions, holidays })
    }

    fn zone(&mut self, value: &Value, at: &str) -> Option<Zone> {
        let name = self.text(value, at, "el nombre de una zona horaria (texto)")?;
        let zone = name.parse().ok();
        if zone.is_none() {
            let message = format!("«{}» no es una zona horaria.", cut(name));
            let help = "Escribe un nombre como America/Lima, America/Mexico_City o Europe/Madrid.";
            self.error("calendar.bad_zone", message, help, at);
        }
        zone
    }

    fn week_of(&mut self, map: &Map<String, Value>, at: &str) -> Week {
        let mut week = Week::default();
        let Some(value) = map.get("week") else {
            let missing = missing_field("week", "las horas de cada día, por ejemplo mon: [\"9:00-18:00\"]");
            self.problems.push(missing.at_key(self.places, at));
            return week;
        };
        let at = child(at, "week");
        let Some(map) = self.fields(value, &at, &DAYS.map(|(key, _)| key)) else { return week };
        for ((key, _), hours) in DAYS.iter().zip(&mut week.0) {
            if let Some(value) = map.get(*key) {
                *hours = self.hours(value, &child(&at, key));
            }
        }
        week
    }

    fn hours(&mut self, value: &Value, at: &str) -> Vec<Hours> {
        let Value::Array(items) = value else {
            self.problems
                .push(wrong_type(value, "una lista de horas, como [\"9:00-18:00\"]").at(self.places, at));
            return Vec::new();
        };
        self.at_most(items.len(), MAX_HOURS, "horarios en un día", at);
        let mut hours: Vec<Hours> = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let at = child(at, i);
            let Some(text) = self.text(item, &at, "unas horas, como \"9:00-18:00\" (texto)") else {
                continue;
            };
            match parse(text) {
                Ok(range) => hours.push(range),
                Err(why) => {
                    let message = format!("«{}» no es un horario: {why}.", cut(text));
                    let help = "Escribe desde y hasta con minutos, como 9:00-18:00, 9:00-24:00 o 21:00-2:00 (termina al día siguiente).";
                    self.error("calendar.bad_hours", message, help, &at);
                }
            }
        }
        hours.sort_unstable();
        hours
    }

    fn holidays(&mut self, map: &Map<String, Value>, at: &str) -> BTreeMap<civil::Date, Holiday> {
        let Some(value) = map.get("holidays") else { return BTreeMap::new() };
        let at = child(at, "holidays");
        let Value::Object(map) = value else {
            let expected = "un grupo de días, como 2026-12-25: []";
            self.problems.push(wrong_type(value, expected).at(self.places, &at));
            return BTreeMap::new();
        };
        self.at_most(map.len(), MAX_HOLIDAYS, "feriados", &at);
        let mut holidays = BTreeMap::new();
        for (key, value) in map {
            let at = child(&at, key);
            let holiday = self.holiday(value, &at);
            match day(key) {
                Some(day) => holidays.extend(holiday.map(|holiday| (day, holiday))),
                None => self.problems.push(no_day(key).at_key(self.places, &at)),
            }
        }
        holidays
    }

    fn holiday(&mut self, value: &Value, at: &str) -> Option<Holiday> {
        if !value.is_object() {
            return Some(Holiday { name: None, hours: self.hours(value, at) });
        }
        let map = self.fields(value, at, &["name", "hours"])?;
        let name = map.get("name").and_then(|name| {
            let at = child(at, "name");
            let name = self.text(name, &at, "el nombre del feriado (texto)")?;
            self.at_most(name.chars().count(), MAX_NAME, "caracteres en el nombre", &at);
            Some(name.to_owned())
        });
        let hours = map.get("hours").map(|hours| self.hours(hours, &child(at, "hours")));
        Some(Holiday { name, hours: hours.unwrap_or_default() })
    }

    fn versions(&mut self, map: &Map<String, Value>, at: &str) -> BTreeMap<civil::Date, Week> {
        let Some(value) = map.get("versions") else { return BTreeMap::new() };
        let at = child(at, "versions");
        let Value::Array(items) = value else {
            self.problems
                .push(wrong_type(value, "una lista («- elemento» en cada línea)").at(self.places, &at));
            return BTreeMap::new();
        };
        self.at_most(items.len(), MAX_VERSIONS, "cambios de horario", &at);
        let mut versions = BTreeMap::new();
        for (i, item) in items.iter().enumerate() {
            let at = child(&at, i);
            let Some(map) = self.fields(item, &at, &["from", "week"]) else { continue };
            let week = self.week_of(map, &at);
            let Some(from) = map.get("from") else {
                let missing = missing_field("from", "el primer día en que vale, como 2026-07-01");
                self.problems.push(missing.at_key(self.places, &at));
                continue;
            };
            let at = child(&at, "from");
            let Some(from) = self.text(from, &at, "un día, como 2026-07-01 (texto)") else { continue };
            match day(from) {
                Some(day) => {
                    if versions.insert(day, week).is_some() {
                        let message = format!("Hay dos cambios de horario que valen desde el {day}.");
                        self.error("calendar.version_repeated", message, "Deja uno, o cambia la fecha.", &at);
                    }
                }
                None => self.problems.push(no_day(from).at(self.places, &at)),
            }
        }
        versions
    }

    /// The fields of a group, where those that do not exist are reported.
    fn fields<'v>(&mut self, value: &'v Value, at: &str, known: &[&str]) -> Option<&'v Map<String, Value>> {
        let Value::Object(map) = value else {
            self.problems.push(wrong_type(value, "un grupo de campos («campo: valor»)").at(self.places, at));
            return None;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            self.problems.push(unknown_field(key, known).at_key(self.places, &child(at, key)));
        }
        Some(map)
    }

    fn text<'v>(&mut self, value: &'v Value, at: &str, expected: &str) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            self.problems.push(wrong_type(value, expected).at(self.places, at));
        }
        text
    }

    fn at_most(&mut self, count: usize, max: usize, what: &str, at: &str) {
        if count > max {
            let message = format!("Hay {count} {what} y el máximo es {max}.");
            self.error("limit.calendar", message, "Quita los que sobran.", at);
        }
    }

    fn error(&mut self, code: &str, message: impl Into<String>, help: &str, at: &str) {
        self.problems.push(Problem::error(code, message, help).at(self.places, at));
    }
}

/// A day as it is written: `2026-12-24`.
pub(crate) fn day(text: &str) -> Option<civil::Date> {
    // There are more ways to write a day, but it has one name here.
    text.parse().ok().filter(|day: &civil::Date| day.to_string() == text)
}

fn no_day(text: &str) -> Problem {
    let message = format!("«{}» no es un día del calendario.", cut(text));
    Problem::error("calendar.bad_date", message, "Escribe año, mes y día, como 2026-12-25.")
}

/// Hours as people write them: `9:00-13:00`. The error says in Spanish what is wrong.
fn parse(text: &str) -> Result<Hours, String> {
    let (start, end) =
        text.split_once('-').ok_or("falta el guion entre las dos horas, como en 9:00-18:00")?;
    let (start, end) = (minute(start)?, minute(end)?);
    if start == DAY {
        return Err("no se puede abrir a las 24:00, que son las 0:00 del día siguiente".to_owned());
    }
    Ok(Hours { start, end: if end <= start { end + DAY } else { end } })
}

/// The minutes since midnight: from `0:00` to `24:00`.
pub(crate) fn minute(text: &str) -> Result<u16, String> {
    let text = text.trim();
    let digits =
        |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten();
    let written = || {
        let (hour, minute) = text.split_once(':')?;
        let fits = (1..=2).contains(&hour.len()) && minute.len() == 2;
        Some((digits(hour)?, digits(minute)?)).filter(|_| fits)
    };
    match written() {
        _ if text.is_empty() => Err("falta una de las dos horas".to_owned()),
        None => Err(format!("«{}» no es una hora con sus minutos", cut(text))),
        Some((hour, minute)) if minute < 60 && hour * 60 + minute <= DAY => Ok(hour * 60 + minute),
        Some(_) => Err(format!("la hora {text} no existe")),
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.end > DAY { self.end - DAY } else { self.end };
        write!(f, "{}:{:02}-{}:{:02}", self.start / 60, self.start % 60, end / 60, end % 60)
    }
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let days = DAYS.iter().zip(&self.0).filter(|(_, hours)| !hours.is_empty());
        to.collect_map(days.map(|((key, _), hours)| (key, hours)))
    }
}

impl Serialize for Holiday {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Some(name) = &self.name else { return self.hours.serialize(to) };
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("hours", &self.hours)?;
        map.end()
    }
}

impl Serialize for Calendar {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Version<'a> {
            from: String,
            week: &'a Week,
        }
        let mut map = to.serialize_map(None)?;
        if let Some(zone) = &self.zone {
            map.serialize_entry("zone", zone)?;
        }
        map.serialize_entry("week", &self.week)?;
        if !self.holidays.is_empty() {
            let named = self.holidays.iter().map(|(day, holiday)| (day.to_string(), holiday));
            map.serialize_entry("holidays", &named.collect::<BTreeMap<_, _>>())?;
        }
        if !self.versions.is_empty() {
            let version = |(from, week): (&civil::Date, _)| Version { from: from.to_string(), week };
            map.serialize_entry("versions", &self.versions.iter().map(version).collect::<Vec<_>>())?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Calendar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let mut problems = Vec::new();
        read(&value, "", &Places::default(), &mut problems).ok_or_else(|| {
            let told = |problem: &Problem| {
                format!("{} {}", problem.path.as_deref().unwrap_or_default(), problem.message)
            };
            D::Error::custom(problems.iter().map(told).collect::<Vec<_>>().join(" "))
        })
    }
}

impl JsonSchema for Calendar {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Calendar".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let hours = |title: &str| {
            let item = json!({ "type": "string", "format": "hours", "pattern": HOURS });
            json!({ "title": title, "type": "array", "items": item, "maxItems": MAX_HOURS })
        };
        let days: Map<String, Value> =
            DAYS.iter().map(|(key, title)| ((*key).to_owned(), hours(title))).collect();
        let week = json!({
            "title": "Semana",
            "x-help": "Las horas de cada día, por ejemplo [\"9:00-13:00\", \"15:00-19:00\"]. El día que no está se cierra.",
            "type": "object",
            "additionalProperties": false,
            "properties": days,
        });
        let holiday = json!({
            "title": "Con nombre",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "name": { "title": "Nombre", "type": "string", "maxLength": MAX_NAME },
                "hours": hours("Horas"),
            },
        });
        json_schema!({
            "type": "object",
            "format": "calendar",
            "additionalProperties": false,
            "required": ["week"],
            "properties": {
                "zone": {
                    "title": "Zona horaria",
                    "x-help": "Por ejemplo America/Lima. Si no se dice, la del lugar donde se atiende.",
                    "type": "string",
                },
                "week": week,
                "holidays": {
                    "title": "Feriados",
                    "x-help": "Días con otras horas; sin horas ([]) se cierra. Por ejemplo 2026-12-25: [].",
                    "type": "object",
                    "maxProperties": MAX_HOLIDAYS,
                    "propertyNames": { "pattern": DATE },
                    "additionalProperties": { "oneOf": [hours("Horas"), holiday] },
                },
                "versions": {
                    "title": "Cambios de horario",
                    "x-help": "Semanas que valen desde un día en adelante.",
                    "type": "array",
                    "maxItems": MAX_VERSIONS,
                    "items": {
                        "title": "Cambio",
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["from", "week"],
                        "properties": {
                            "from": { "title": "Desde", "x-help": "El primer día, como 2026-07-01.", "type": "string", "pattern": DATE },
                            "week": week,
                        },
                    },
                },
            },
        })
    }
}
