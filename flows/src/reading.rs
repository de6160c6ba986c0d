//! What people write, understood: how much, when, where to call, who they are, yes or no.
//!
//! The Spanish of Peru, Mexico, Argentina, Chile, Colombia and Spain, as it is typed on a phone: without
//! accents, by ear, with more words than were asked for. One law holds for every reader: what can be
//! read in two ways is not read at all, for asking again costs less than a wrong appointment.
//!
//! Pure: what "mañana" means follows from the [`Place`] that is given. What a reader shows (`Display`),
//! it reads back as the same.

mod calendar;
mod date;
mod document;
mod email;
mod moment;
mod number;
pub(crate) mod numeral;
mod phone;
mod place;
mod rating;
mod time;
pub(crate) mod tokens;
mod yes_no;

pub use date::{Date, date, date_before, date_time, date_time_before};
pub use document::{DocumentKind, document};
pub use email::email;
pub use number::{Number, number};
pub use phone::phone;
pub(crate) use phone::shown_phone;
pub use place::{Country, CountryError, Place, Zone, ZoneError};
pub use rating::rating;
pub use time::{Time, time};
pub use yes_no::yes_no;
