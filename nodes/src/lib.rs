//! What a step does: one file per node kind, plus the catalogue.
//!
//! A kind is its config type. Its file declares all there is to know about it: form, name and looks,
//! exits, checks, the variables it writes, its card, its conduct, and examples that are run as tests.
//! A new kind is one file and one line in [`catalogue`].

mod decision;
mod end;
mod form;
mod handoff;
mod message;
mod options;
mod question;
mod retries;
mod set;
mod start;
mod wait;

use cauce_flows::Catalogue;

pub use decision::Decision;
pub use end::End;
pub use form::Form;
pub use handoff::Handoff;
pub use message::Message;
pub use question::Question;
pub use set::Set;
pub use start::Start;
pub use wait::Wait;

/// All kinds, in the order of the palette.
pub fn catalogue() -> Catalogue {
    Catalogue::new()
        .with::<Start>()
        .with::<Message>()
        .with::<Question>()
        .with::<Form>()
        .with::<Decision>()
        .with::<Set>()
        .with::<Wait>()
        .with::<Handoff>()
        .with::<End>()
}
