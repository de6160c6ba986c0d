//! The customer of a talk, as the command line describes them.

use cauce_flows::reading::{Country, Zone};
use cauce_flows::{ContactFacts, Facts, scenario};
use cauce_model::Timestamp;
use clap::Args;
use jiff::civil::DateTime;

/// Who talks to the flow, where and when.
#[derive(Debug, Clone, Args)]
pub struct Customer {
    /// The customer's name; empty when it is not known
    #[arg(long, default_value = "Ana")]
    name: String,
    /// The customer's phone, digits only; empty when it is not known
    #[arg(long, default_value = "51999888777")]
    phone: String,
    /// The language the customer is spoken to in, as es or en-US; the flow's own when nothing is said
    #[arg(long)]
    language: Option<String>,
    /// The time zone, an IANA name
    #[arg(long, default_value = "America/Lima")]
    timezone: Zone,
    /// The country whose phone numbers and documents are meant
    #[arg(long, default_value = "PE")]
    country: Country,
    /// When the talk begins there, as 2026-11-20T10:15; now when nothing is said
    #[arg(long)]
    now: Option<DateTime>,
}

impl Customer {
    /// What the flow may know; `now` is the moment to begin at when the customer has none.
    ///
    /// # Errors
    /// When their moment is out of the calendar.
    pub fn facts(self, now: Timestamp) -> Result<Facts, jiff::Error> {
        let now = match self.now {
            Some(there) => Timestamp(there.in_tz(&self.timezone.to_string())?.timestamp().as_millisecond()),
            None => now,
        };
        Ok(Facts {
            now,
            message: 0,
            seed: now.0.unsigned_abs(),
            zone: self.timezone,
            country: self.country,
            contact: ContactFacts { language: self.language, ..contact(&self.name, &self.phone) },
            ..Facts::default()
        })
    }
}

/// What is known of somebody with this name and this phone.
pub(super) fn contact(name: &str, phone: &str) -> ContactFacts {
    let (name, phone) = (Some(name.to_owned()), Some(phone.to_owned()));
    scenario::Customer { name, phone, ..scenario::Customer::default() }.contact()
}
