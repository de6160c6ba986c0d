//! What a step does: one file per node kind, plus the catalogue.
//!
//! A kind is its config type. Its file declares all there is to know about it: form, name and looks,
//! exits, checks, the variables it writes, its card, its conduct, and examples that are run as tests.
//! A new kind is one file and one line in [`catalogue`].

mod answers;
mod call;
mod command;
mod consent;
mod decision;
mod end;
mod form;
mod goal;
mod goto;
mod handoff;
mod hours;
mod http;
mod language;
mod lookup;
mod loop_guard;
mod message;
mod note;
mod question;
mod rating;
mod score;
mod script;
mod set;
mod split;
mod start;
mod switch;
mod tags;
mod unexpected;
mod wait;
mod wait_event;
mod window;

use cauce_flows::Catalogue;

pub use call::Call;
pub use command::Command;
pub use consent::Consent;
pub use decision::Decision;
pub use end::End;
pub use form::Form;
pub use goal::Goal;
pub use goto::Goto;
pub use handoff::Handoff;
pub use hours::Hours;
pub use http::Http;
pub use language::Language;
pub use lookup::Lookup;
pub use loop_guard::LoopGuard;
pub use message::Message;
pub use note::Note;
pub use question::Question;
pub use rating::Rating;
pub use score::Score;
pub use script::Script;
pub use set::Set;
pub use split::Split;
pub use start::Start;
pub use switch::Switch;
pub use tags::Tags;
pub use unexpected::Unexpected;
pub use wait::Wait;
pub use wait_event::WaitEvent;
pub use window::Window;

/// All kinds, in the order of the palette.
pub fn catalogue() -> Catalogue {
    Catalogue::new()
        .with::<Start>()
        .with::<Command>()
        .with::<Unexpected>()
        .with::<Message>()
        .with::<Question>()
        .with::<Form>()
        .with::<Rating>()
        .with::<Consent>()
        .with::<Decision>()
        .with::<Switch>()
        .with::<Hours>()
        .with::<Window>()
        .with::<Split>()
        .with::<LoopGuard>()
        .with::<Wait>()
        .with::<WaitEvent>()
        .with::<Call>()
        .with::<Goto>()
        .with::<Set>()
        .with::<Lookup>()
        .with::<Script>()
        .with::<Score>()
        .with::<Goal>()
        .with::<Tags>()
        .with::<Language>()
        .with::<Http>()
        .with::<Handoff>()
        .with::<End>()
        .with::<Note>()
}
