//! The functions that expressions may call. Each is declared once, with what people read of it and examples
//! that are run as tests; what may be called, and `docs/expressions.md`, follow from that.
//!
//! What holds for all of them: a variable that is not set is no surprise, nothing is changed in place, no
//! data makes them panic, and what could grow is measured before it is built. Those that are marked
//! [`Function::here`] know when and where the customer is, from the facts of the turn and from nowhere else.

mod dates;
mod given;
mod lists;
mod numbers;
mod phone;
mod text;
mod written;

use rhai::Engine;

#[cfg(test)]
pub(super) use self::written::MANNERS;

/// A function that expressions may call.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// How it is called by expressions.
    pub name: &'static str,
    /// With what it is called (Spanish): `round(número, decimales)`.
    pub signature: &'static str,
    /// What it gives: one sentence (Spanish).
    pub about: &'static str,
    /// Expressions and what they give, as JSON; those about time are at 2026-03-14 10:30 in Lima.
    pub examples: &'static [(&'static str, &'static str)],
    /// It must know when and where the customer is.
    here: bool,
    register: fn(&mut Engine),
}

/// Functions about one subject.
#[derive(Debug, Clone, Copy)]
pub struct FunctionGroup {
    /// The subject (Spanish).
    pub name: &'static str,
    /// In the order in which they are explained.
    pub functions: &'static [Function],
}

/// All functions that expressions may call.
pub const FUNCTION_GROUPS: [FunctionGroup; 5] =
    [text::GROUP, numbers::GROUP, dates::GROUP, lists::GROUP, phone::GROUP];

const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < FUNCTION_GROUPS.len() {
        count += FUNCTION_GROUPS[group].functions.len();
        group += 1;
    }
    count
};

/// The names of the functions that expressions may call.
pub const FUNCTIONS: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let (mut at, mut group) = (0, 0);
    while group < FUNCTION_GROUPS.len() {
        let functions = FUNCTION_GROUPS[group].functions;
        let mut function = 0;
        while function < functions.len() {
            names[at] = functions[function].name;
            (at, function) = (at + 1, function + 1);
        }
        group += 1;
    }
    names
};

fn all() -> impl Iterator<Item = &'static Function> {
    FUNCTION_GROUPS.iter().flat_map(|group| group.functions)
}

/// Whether the function of this name must know when and where the customer is.
pub(super) fn is_here(name: &str) -> bool {
    all().any(|function| function.here && function.name == name)
}

pub(super) fn register(engine: &mut Engine) {
    for function in all() {
        (function.register)(engine);
    }
}

#[cfg(test)]
mod tests;
