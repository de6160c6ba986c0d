//! Calls from flows to servers outside, guarded.
//!
//! A flow's author chooses the address; the network this runs in is not theirs to see. So nothing is
//! called that lies inside, unless the configuration allows it ([`Policy`]); every address is checked
//! where the connection is made and again at every redirect; secrets go only to the hosts they are for
//! ([`Secrets`]); an answer is read up to a size and a time; and a server that hangs keeps only its own
//! places ([`Policy::per_host`]). It never tries again by itself: whoever decided the call decides that.
//!
//! - `policy.rs`: what may be called, and which addresses are inside
//! - `resolver.rs`: from a name to the addresses that may be called
//! - `redirect.rs`: where a redirect may lead
//! - `places.rs`: how many calls are under way
//! - `request.rs`: what leaves, and its secrets
//! - `client.rs`: the call and the download
//! - `answer.rs`: reading and understanding what came
//! - `problem.rs`: why there is no answer, in words

mod answer;
mod client;
mod places;
mod policy;
mod problem;
mod redirect;
mod request;
mod resolver;

pub use client::{DownloadError, Downloaded, GuardError, Guarded};
pub use policy::{AllowedTarget, NotATarget, Policy};
pub use request::Secrets;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use resolver::{Lookup, SystemLookup};
