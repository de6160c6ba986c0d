//! Reads the translations of a document. Whether a place exists is known only with the kinds: see
//! `program::translated`.

use std::collections::HashSet;

use cauce_model::NodeId;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Node, Reader, Translations, cut};
use crate::Problem;
use crate::languages;
use crate::words::did_you_mean;
use crate::yaml::child;

/// The most languages beside the document's own.
const MAX_LANGUAGES: usize = 20;

impl Reader<'_> {
    pub(super) fn translations(
        &mut self,
        map: &Map<String, Value>,
        own: &str,
        nodes: &IndexMap<NodeId, Node>,
    ) -> Translations {
        let mut seen = HashSet::new();
        let mut translations = Translations::new();
        let given = self.children(map, "", "translations");
        if given.len() > MAX_LANGUAGES {
            let problem = Problem::error(
                "i18n.too_many_languages",
                format!("Hay {} idiomas y el máximo es {MAX_LANGUAGES}.", given.len()),
                "Quita los que no se usan.",
            );
            self.problems.push(problem.at_key(self.places, "/translations"));
            return translations;
        }
        for (language, value) in given {
            let at = child("/translations", &language);
            let wrong = if !languages::is_language(&language) {
                Some((
                    "i18n.bad_language",
                    format!("«{}» no es el código de un idioma.", cut(&language)),
                    "Usa un código como «en», «pt» o «es-MX».",
                ))
            } else if languages::same(&language, own) {
                Some((
                    "i18n.own_language",
                    format!("«{language}» es el idioma en que está escrito el flujo."),
                    "Cambia los textos en sus pasos, o corrige «language:».",
                ))
            } else if !seen.insert(language.to_ascii_lowercase()) {
                let message = format!("El idioma «{language}» está dos veces.");
                Some(("i18n.repeated_language", message, "Junta sus textos en uno solo."))
            } else {
                None
            };
            if let Some((code, message, help)) = wrong {
                self.problems.push(Problem::error(code, message, help).at_key(self.places, &at));
                continue;
            }
            let Some(steps) = self.object(value, &at) else { continue };
            let steps = steps.iter().filter_map(|(key, value)| {
                let at = child(&at, key);
                let id: Option<NodeId> = key.parse().ok().filter(|id| nodes.contains_key(id));
                if id.is_none() {
                    let hint = did_you_mean(key, nodes.keys().map(NodeId::as_str));
                    let problem = Problem::error(
                        "i18n.unknown_step",
                        format!("Se traduce «{}», que no es un paso del flujo.", cut(key)),
                        format!("{hint}Quita estos textos o corrige el nombre."),
                    );
                    self.problems.push(problem.at_key(self.places, &at));
                }
                let texts = self.texts(value, &at, id.as_ref());
                Some((id?, texts))
            });
            let steps = steps.collect();
            translations.insert(language, steps);
        }
        translations
    }

    /// The texts of a step.
    fn texts(&mut self, value: &Value, at: &str, id: Option<&NodeId>) -> IndexMap<String, String> {
        let from = self.problems.len();
        let empty = Map::new();
        let given = self.object(value, at).unwrap_or(&empty);
        let mut texts = IndexMap::new();
        for (place, value) in given {
            let at = child(at, place);
            match value {
                Value::String(text) if text.trim().is_empty() => {
                    let problem = Problem::error(
                        "limit.empty",
                        "Esta traducción está vacía.",
                        "Escríbela, o quita la línea.",
                    );
                    self.problems.push(problem.at(self.places, &at));
                }
                Value::String(text) => {
                    texts.insert(place.clone(), text.clone());
                }
                other => self.wrong(&at, other, "un texto"),
            }
        }
        for problem in &mut self.problems[from..] {
            problem.node = id.cloned();
        }
        texts
    }
}
