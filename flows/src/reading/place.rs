//! Where and when something is written.

use std::fmt;
use std::str::FromStr;

use cauce_model::Timestamp;
use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use phonenumber::country::Id;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Date, Time};

/// Where and when something is written: what "mañana" and a bare phone number mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When.
    pub now: Timestamp,
    /// By which clocks.
    pub zone: Zone,
    /// Among whose phone numbers and documents.
    pub country: Country,
}

impl Place {
    /// The day it is there; nothing outside the years −9999 to 9999.
    pub(super) fn today(&self) -> Option<civil::Date> {
        Some(self.here()?.date())
    }

    /// The day and the minute it is there; nothing outside the years of a [`Date`].
    pub fn moment(&self) -> Option<(Date, Time)> {
        let here = self.here()?;
        Some((Date::new(here.date())?, Time(civil::time(here.hour(), here.minute(), 0, 0))))
    }

    /// The moment of a day and an hour there. An hour that the clocks leave out is the one that they show
    /// instead; one that comes twice is the first.
    pub fn at(&self, date: Date, time: Time) -> Option<Timestamp> {
        let day = civil::Date::new(date.year(), date.month(), date.day()).ok()?;
        let moment = self.zone.0.to_timestamp(day.to_datetime(time.0)).ok()?;
        Some(Timestamp(moment.as_millisecond()))
    }

    /// When it is this hour there the next time, later than now.
    pub fn next(&self, time: Time) -> Option<Timestamp> {
        let mut day = self.today()?;
        for _ in 0..3 {
            let moment = self.at(Date::new(day)?, time)?;
            if moment > self.now {
                return Some(moment);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    fn here(&self) -> Option<civil::DateTime> {
        let now = jiff::Timestamp::from_millisecond(self.now.millis()).ok()?;
        Some(self.zone.0.to_datetime(now))
    }
}

/// A time zone, by its IANA name. Its rules are bundled: the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Zone(TimeZone);

/// No time zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is not a time zone such as America/Lima")]
pub struct ZoneError(String);

impl Zone {
    /// How its clocks go.
    pub(crate) fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl FromStr for Zone {
    type Err = ZoneError;
    fn from_str(name: &str) -> Result<Self, ZoneError> {
        let zone = TimeZoneDatabase::bundled().get(name).ok();
        let named = zone.filter(|zone| zone.iana_name().is_some());
        named.map(Self).ok_or_else(|| ZoneError(name.chars().take(80).collect()))
    }
}

impl Default for Zone {
    fn default() -> Self {
        "America/Lima".parse().expect("the bundled zones have Lima")
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or_default())
    }
}

/// A country, by its two letters of ISO 3166 (any region that has phone numbers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Country(pub(super) Id);

/// No country has these letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is not a country such as PE")]
pub struct CountryError(String);

impl Country {
    /// Its two letters, upper case.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

impl FromStr for Country {
    type Err = CountryError;
    fn from_str(letters: &str) -> Result<Self, CountryError> {
        let known = letters.to_ascii_uppercase().parse();
        known.map(Self).map_err(|_| CountryError(letters.chars().take(80).collect()))
    }
}

impl Default for Country {
    fn default() -> Self {
        Self(Id::PE)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! as_text {
    ($name:ident, $error:ident) => {
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

as_text!(Zone, ZoneError);
as_text!(Country, CountryError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_a_name() {
        assert_eq!(Zone::default().to_string(), "America/Lima");
        let zone: Zone = serde_json::from_str("\"america/mexico_city\"").unwrap();
        assert_eq!(serde_json::to_string(&zone).unwrap(), "\"America/Mexico_City\"");
        for name in ["", "Lima", "GMT-5 ", "America/Nowhere", "../etc/passwd"] {
            assert!(name.parse::<Zone>().is_err(), "{name}");
        }
    }

    #[test]
    fn countries_have_two_letters() {
        assert_eq!(Country::default().to_string(), "PE");
        assert_eq!("mx".parse::<Country>().unwrap().to_string(), "MX");
        for letters in ["", "P", "PER", "XX", "Perú", "001"] {
            assert!(letters.parse::<Country>().is_err(), "{letters}");
        }
    }

    #[test]
    fn the_day_is_that_of_the_place() {
        // 2026-11-21 03:30 UTC.
        let now = Timestamp(1_795_231_800_000);
        let at = |zone: &str| Place { now, zone: zone.parse().unwrap(), country: Country::default() };
        assert_eq!(at("America/Lima").today().unwrap(), civil::date(2026, 11, 20));
        assert_eq!(at("Europe/Madrid").today().unwrap(), civil::date(2026, 11, 21));
        let (day, time) = at("America/Lima").moment().unwrap();
        assert_eq!((day.to_string(), time.to_string()), ("2026-11-20".to_owned(), "22:30".to_owned()));
        let never = Place { now: Timestamp(i64::MAX), ..at("UTC") };
        assert_eq!(never.today(), None);
    }
}
