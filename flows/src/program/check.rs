//! Where a kind reports what is wrong with a config.

use std::collections::HashSet;

use cauce_model::NodeId;

use crate::fields::{Code as Source, Name};
use crate::fix::Fix;
use crate::script::Code;
use crate::words::fold;
use crate::yaml::{Places, child};
use crate::{Document, Problem};

/// Where a kind reports what is wrong with a config.
pub struct Check<'a> {
    pub(super) node: &'a NodeId,
    pub(super) document: &'a Document,
    pub(super) places: &'a Places,
    pub(super) base: &'a str,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    /// An error at a JSON pointer within the config (`/options/2/title`). The code is
    /// `node.<kind>.<what>` or `limit.<what>`.
    pub fn error(&mut self, pointer: &str, code: &str, message: impl Into<String>, help: impl Into<String>) {
        self.fixable(pointer, code, message, help, None);
    }

    fn fixable(
        &mut self,
        pointer: &str,
        code: &str,
        message: impl Into<String>,
        help: impl Into<String>,
        fix: Option<Fix>,
    ) {
        let at = format!("{}{pointer}", self.base);
        let problem = Problem::error(code, message, help).of(self.node).at(self.places, &at);
        self.problems.push(problem.with_fixes(fix));
    }

    /// How one of several texts that read the same gets out of the way of the others: an id becomes another one
    /// whose exit leads to the same step, and an item of a list goes.
    fn unrepeated(&self, pointer: &str, text: &str, taken: &HashSet<String>) -> Option<Fix> {
        let at = format!("{}{pointer}", self.base);
        let (_, last) = pointer.rsplit_once('/')?;
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Fix::new(format!("Quitar «{text}» de la lista")).remove(&at).safe());
        }
        let exits = self.base.strip_suffix("/config").filter(|_| last == "id")?.to_owned() + "/exits";
        let known = &self.document.nodes.get(self.node)?.exits;
        let mut names = (2..100).map(|n| format!("{text}_{n}"));
        let free = |name: &String| {
            !taken.contains(&fold(name)) && !known.contains_key(name) && name.parse::<NodeId>().is_ok()
        };
        let name = names.find(free)?;
        let fix = Fix::new(format!("Llamarlo «{name}»")).replace(&at, name.as_str());
        Some(match known.get(text) {
            Some(target) => fix.add(&child(&exits, &name), target.as_str()),
            None => fix,
        })
    }

    /// The document that the step is part of.
    pub fn document(&self) -> &Document {
        self.document
    }

    /// Reports what a script gives a value that is none of its results.
    pub fn code(&mut self, pointer: &str, code: &Source, outputs: &[Name]) {
        // What cannot be read is reported where it stands.
        let Ok(compiled) = Code::compile(code.source()) else { return };
        for (name, _) in
            compiled.assigns.iter().filter(|(name, _)| !outputs.iter().any(|output| output.0 == *name))
        {
            self.error(
                pointer,
                "expr.not_output",
                format!("El código cambia «{name}», que no está entre sus resultados."),
                format!("Agrégalo a «outputs:», o declara uno propio: let {name} = …"),
            );
        }
    }

    /// Reports every text of a list that reads the same as an earlier one, at `pointer` with `{}` for its
    /// place in the list.
    pub fn unique<'t>(&mut self, pointer: &str, code: &str, texts: impl IntoIterator<Item = &'t str>) {
        let texts: Vec<&str> = texts.into_iter().collect();
        let all: HashSet<String> = texts.iter().map(|text| fold(text)).collect();
        let mut seen = HashSet::new();
        for (i, text) in texts.into_iter().enumerate() {
            if !seen.insert(fold(text)) {
                let pointer = pointer.replace("{}", &i.to_string());
                let fix = self.unrepeated(&pointer, text, &all);
                self.fixable(
                    &pointer,
                    code,
                    format!("«{text}» está repetido, o se lee igual que otro."),
                    "Cada uno debe ser distinto, también sin contar tildes ni mayúsculas.",
                    fix,
                );
            }
        }
    }
}
