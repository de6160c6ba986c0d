//! The configs of the steps, bound to their kinds.

use std::cmp::Ordering;
use std::collections::HashMap;

use cauce_model::NodeId;
use indexmap::IndexMap;
use serde_json::Value;

use super::Check;
use super::translated::{self, Spoken};
use crate::Problem;
use crate::document::{Document, Node};
use crate::fix::Fix;
use crate::kind::{Behaviour, Catalogue, Kind, Meta, all_exits};
use crate::schema::{Found, Walk};
use crate::words::{did_you_mean, list, suggestions};
use crate::yaml::child;

/// A step's config bound to its kind.
#[derive(Default)]
pub(super) struct Bound {
    /// `None` when it cannot be.
    pub node: Option<(Box<dyn Behaviour>, Meta)>,
    pub spoken: IndexMap<String, Spoken>,
    pub found: Vec<Found>,
    pub writes: Vec<String>,
}

/// The steps with exits that lead nowhere by themselves and for which a handler stands, with those exits.
pub(super) fn inherited(
    document: &Document,
    bounds: &[Option<(Box<dyn Behaviour>, Meta)>],
    problems: &mut Vec<Problem>,
) -> HashMap<NodeId, Node> {
    let mut handlers: HashMap<String, &NodeId> = HashMap::new();
    for (id, bound) in document.nodes.keys().zip(bounds) {
        for exit in bound.iter().flat_map(|(behaviour, _)| behaviour.stands_for()) {
            if let Some(other) = handlers.insert(exit.clone(), id) {
                let message = format!("«{other}» ya recibe las salidas «{exit}» sin conectar.");
                let problem = Problem::error("flow.two_handlers", message, "Deja solo uno de los dos.");
                problems.push(problem.of(id).at_key(&document.places, &child("/nodes", id)));
            }
        }
    }
    let mut inherited = HashMap::new();
    if handlers.is_empty() {
        return inherited;
    }
    for ((id, node), bound) in document.nodes.iter().zip(bounds) {
        let Some((behaviour, meta)) = bound else { continue };
        for exit in all_exits(*meta, behaviour.as_ref()) {
            if let Some(handler) = handlers.get(&exit.key).filter(|handler| **handler != id)
                && !node.exits.contains_key(&exit.key)
            {
                let node = inherited.entry(id.clone()).or_insert_with(|| node.clone());
                node.exits.insert(exit.key, (*handler).clone());
            }
        }
    }
    inherited
}

/// Binds the config of a step, and reports what is wrong with it.
pub(super) fn bind(
    id: &NodeId,
    node: &Node,
    document: &Document,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Bound {
    let places = &document.places;
    let at = child("/nodes", id);
    // Without a kind there is a problem of the form already.
    if node.kind.is_empty() {
        return Bound::default();
    }
    let Some(kind) = catalogue.get(&node.kind) else {
        let names: Vec<&str> = catalogue.kinds().map(|kind| kind.meta.kind).collect();
        let hint = did_you_mean(&node.kind, names.iter().copied());
        let fixes = Fix::instead(&child(&at, "kind"), &suggestions(&node.kind, names.iter().copied()));
        problems.push(
            Problem::error(
                "doc.unknown_kind",
                format!("No existe un paso de tipo «{}».", node.kind),
                format!("{hint}Los tipos son {}.", list(names)),
            )
            .with_fixes(fixes)
            .of(id)
            .at(places, &child(&at, "kind")),
        );
        return Bound::default();
    };
    let base = child(&at, "config");
    let config = match migrated(kind, node) {
        Ok(config) => config,
        Err(message) => {
            let problem =
                Problem::error("doc.version", message, "Vuelve a crear el paso con el tipo actual.");
            problems.push(problem.of(id).at(places, &child(&at, "v")));
            return Bound::default();
        }
    };
    let mut walk = Walk { places, problems: Vec::new(), found: Vec::new(), writes: Vec::new() };
    walk.value(&kind.config_schema, &config, &base);
    let Walk { problems: wrong, mut found, writes, .. } = walk;
    let broken = wrong.iter().any(Problem::is_error);
    problems.extend(wrong.into_iter().map(|problem| problem.of(id)));
    if broken {
        return Bound { found, writes, ..Bound::default() };
    }
    let untranslated = (!document.translations.is_empty()).then(|| config.clone());
    match (kind.bind)(config) {
        Ok(behaviour) => {
            let before = problems.len();
            behaviour.check(&mut Check { node: id, document, places, base: &base, problems });
            let sound = !problems[before..].iter().any(Problem::is_error);
            let spoken = untranslated.filter(|_| sound).map(|config| {
                translated::bind(&translated::Step { id, kind, config, document }, &mut found, problems)
            });
            Bound { node: Some((behaviour, kind.meta)), spoken: spoken.unwrap_or_default(), found, writes }
        }
        Err(error) => {
            let message = format!("La configuración del paso no se entiende ({error}).");
            let problem =
                Problem::error("doc.wrong_value", message, "Compárala con un ejemplo de este tipo.");
            problems.push(problem.of(id).at(places, &base));
            Bound { found, writes, ..Bound::default() }
        }
    }
}

/// The config in the form that its kind has now.
///
/// # Errors
/// A sentence (Spanish) when there is no way to it.
pub(crate) fn migrated(kind: &Kind, node: &Node) -> Result<Value, String> {
    let config = Value::Object(node.config.clone());
    match node.v.cmp(&kind.meta.v) {
        Ordering::Equal => Ok(config),
        Ordering::Less => (kind.migrate)(node.v, config),
        Ordering::Greater => Err(format!(
            "El paso usa la versión {} de «{}» y aquí se conoce hasta la {}.",
            node.v, node.kind, kind.meta.v
        )),
    }
}
