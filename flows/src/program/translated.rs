//! A step in the languages of its document: every text replaced, checked like the original, and bound again.

use std::collections::HashMap;

use cauce_model::NodeId;
use indexmap::IndexMap;
use serde_json::Value;

use super::Check;
use crate::document::{Document, cut};
use crate::kind::{Behaviour, Kind};
use crate::languages;
use crate::problem::Problem;
use crate::schema::{Found, Walk};
use crate::texts::{ConfigText, texts, words};
use crate::words::{did_you_mean, list};
use crate::yaml::child;

/// A step in another language.
pub(crate) struct Spoken {
    pub(crate) behaviour: Box<dyn Behaviour>,
    /// What options are called in the document's own language, by their id and their title here.
    options: HashMap<(String, String), Vec<String>>,
}

impl Spoken {
    /// What the option with this id and this title is called in the document's own language.
    pub(crate) fn untranslated(&self, id: &str, title: &str) -> &[String] {
        self.options.get(&(id.to_owned(), title.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A step whose own texts are in order.
pub(super) struct Step<'a> {
    pub(super) id: &'a NodeId,
    pub(super) kind: &'a Kind,
    /// Of today's version.
    pub(super) config: Value,
    pub(super) document: &'a Document,
}

/// The step in every language that has a text of it. What the translations read is found as well.
pub(super) fn bind(
    step: &Step<'_>,
    found: &mut Vec<Found>,
    problems: &mut Vec<Problem>,
) -> IndexMap<String, Spoken> {
    let texts = texts(&step.kind.config_schema, &step.config);
    let mut spoken = IndexMap::new();
    for language in step.document.translations.keys() {
        step.unknown(language, &texts, problems);
        step.missing(language, &texts, problems);
        if let Some(bound) = step.bind_in(language, &texts, found, problems) {
            spoken.insert(language.clone(), bound);
        }
    }
    spoken
}

impl Step<'_> {
    /// Where its translations stand.
    fn at(&self, language: &str) -> String {
        child(&child("/translations", language), self.id)
    }

    /// The translation of a text, and where it stands: in this language, or in a wider one.
    fn translation(&self, language: &str, text: &ConfigText) -> Option<(&str, String)> {
        languages::chain(self.document, language).into_iter().find_map(|language| {
            let said = self.document.translations.get(language)?.get(self.id)?.get(&text.place)?;
            Some((said.as_str(), child(&self.at(language), &text.place)))
        })
    }

    /// Translations of what is not there.
    fn unknown(&self, language: &str, texts: &[ConfigText], problems: &mut Vec<Problem>) {
        let given = self.document.translations[language].get(self.id);
        let places = || texts.iter().map(|text| text.place.as_str());
        for place in given.into_iter().flat_map(IndexMap::keys) {
            if places().any(|known| known == place) {
                continue;
            }
            let hint = did_you_mean(place, places());
            let help = match texts {
                [] => "Este paso no tiene textos que traducir.".to_owned(),
                _ => format!("{hint}Sus textos son {}.", list(places())),
            };
            let problem = Problem::error(
                "i18n.unknown_place",
                format!("En el paso «{}» no hay un texto en «{}».", self.id, cut(place)),
                help,
            );
            let at = child(&self.at(language), place);
            problems.push(problem.of(self.id).at_key(&self.document.places, &at));
        }
    }

    /// Texts that somebody of this language reads in another.
    fn missing(&self, language: &str, texts: &[ConfigText], problems: &mut Vec<Problem>) {
        if languages::is_understood(self.document, language) {
            return;
        }
        let needed = texts.iter().filter(|text| !text.is_list);
        let missing: Vec<&str> = needed
            .filter(|text| self.translation(language, text).is_none())
            .map(|text| text.place.as_str())
            .collect();
        if missing.is_empty() {
            return;
        }
        let begun = self.document.translations[language].contains_key(self.id);
        let at = if begun { self.at(language) } else { child("/translations", language) };
        let problem = Problem::warning(
            "i18n.missing",
            format!("En el paso «{}» falta traducir a «{language}»: {}.", self.id, list(missing)),
            "Quien habla ese idioma lo lee en el del flujo. «cauce texts export» lo saca todo a una hoja de cálculo.",
        );
        problems.push(problem.of(self.id).at_key(&self.document.places, &at));
    }

    /// The step in this language; `None` when it has no text of its own in it, or a wrong one.
    fn bind_in(
        &self,
        language: &str,
        texts: &[ConfigText],
        found: &mut Vec<Found>,
        problems: &mut Vec<Problem>,
    ) -> Option<Spoken> {
        let base = child(&child("/nodes", self.id), "config");
        let mut config = self.config.clone();
        // Where a text of the config stands → where its translation does.
        let mut moved: HashMap<String, String> = HashMap::new();
        for text in texts {
            let slot = config.pointer_mut(&text.pointer)?;
            match self.translation(language, text) {
                Some((said, at)) => {
                    *slot = if text.is_list { words(said).into() } else { said.into() };
                    moved.insert(format!("{base}{}", text.pointer), at);
                }
                // Words that are only listened to stay among those of the document's own language.
                None if text.is_list => *slot = Value::Array(Vec::new()),
                None => {}
            }
        }
        if moved.is_empty() {
            return None;
        }
        let places = &self.document.places;
        let schema = &self.kind.config_schema;
        let mut walk = Walk { places, problems: Vec::new(), found: Vec::new(), writes: Vec::new() };
        walk.value(schema, &config, &base);
        let Walk { problems: mut wrong, found: mut read, .. } = walk;
        let options = self.options(&config, texts);
        let behaviour =
            if wrong.iter().any(Problem::is_error) { None } else { (self.kind.bind)(config).ok() };
        if let Some(behaviour) = &behaviour {
            behaviour.check(&mut Check {
                node: self.id,
                document: self.document,
                places,
                base: &base,
                problems: &mut wrong,
            });
        }
        let in_order = !wrong.iter().any(Problem::is_error);
        for problem in wrong {
            let at = nearest(&moved, problem.path.as_deref().unwrap_or_default());
            // What may be said of the original was said there.
            if at.is_some() || problem.is_error() {
                let at = at.cloned().unwrap_or_else(|| self.at(language));
                problems.push(problem.of(self.id).at(places, &at));
            }
        }
        read.retain_mut(|read| match moved.get(&read.pointer) {
            Some(at) => {
                read.pointer.clone_from(at);
                true
            }
            None => false,
        });
        found.append(&mut read);
        Some(Spoken { behaviour: behaviour.filter(|_| in_order)?, options })
    }

    /// What the options of this config are called in the document's own language.
    fn options(&self, config: &Value, texts: &[ConfigText]) -> HashMap<(String, String), Vec<String>> {
        let mut options = HashMap::new();
        for pointer in texts.iter().filter_map(|text| text.pointer.strip_suffix("/title")) {
            let word = |config: &Value, field: &str| {
                config.pointer(pointer)?.get(field)?.as_str().map(str::to_owned)
            };
            let synonyms = self.config.pointer(pointer).and_then(|option| option.get("synonyms")?.as_array());
            let synonyms = synonyms.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
            if let (Some(id), Some(title)) = (word(config, "id"), word(config, "title")) {
                let names = word(&self.config, "title").into_iter().chain(synonyms);
                options.insert((id, title), names.collect());
            }
        }
        options
    }
}

/// The translation that a place of the config, or the nearest around it, has become.
fn nearest<'m>(moved: &'m HashMap<String, String>, pointer: &str) -> Option<&'m String> {
    let around = std::iter::successors(Some(pointer), |at| at.rfind('/').map(|end| &at[..end]));
    around.into_iter().find_map(|at| moved.get(at))
}
