//! The texts of a step that can be said in another language: which there are, and where each stands.
//!
//! They are those that the kind's schema marks with `x-i18n`. The place of one is its path in the config: names
//! of fields with points between them. In a list an item is named by its `id` (or `key`), and by its number,
//! from 1, where it has none. So a place stays when titles are changed or options are moved. A list of words, as
//! the synonyms of an option, is one text: its words with commas between them.

use cauce_model::NodeId;
use serde_json::{Map, Value};

use crate::program::migrated;
use crate::schema::{one_of, tag_of, tag_value};
use crate::{Catalogue, Document};

/// A text of a document that can be translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentText {
    /// The step.
    pub node: NodeId,
    /// Where in the step: `text`, `answer.options.ventas.title`.
    pub place: String,
    /// What it is, for who translates (Spanish).
    pub context: String,
    /// As the document says it.
    pub text: String,
    /// Whether nobody misses it: a list of words that is only listened to.
    pub is_optional: bool,
}

/// A text of a config.
pub(crate) struct ConfigText {
    pub(crate) place: String,
    /// JSON pointer into the config.
    pub(crate) pointer: String,
    /// The titles of the fields that lead to it (Spanish).
    titles: Vec<String>,
    pub(crate) text: String,
    /// It is a list of words.
    pub(crate) is_list: bool,
    most: Option<u64>,
}

impl Document {
    /// Its texts that can be translated, in the order of its steps. A step of a kind that is not known has none.
    pub fn texts(&self, catalogue: &Catalogue) -> Vec<DocumentText> {
        let of_step = |id: &NodeId| -> Option<Vec<DocumentText>> {
            let node = &self.nodes[id];
            let kind = catalogue.get(&node.kind)?;
            let step = node.name.as_deref().unwrap_or(kind.meta.name);
            let said = |text: ConfigText| {
                let most = text.most.map(|most| format!(" (hasta {most} caracteres)")).unwrap_or_default();
                DocumentText {
                    node: id.clone(),
                    context: format!("{step}: {}{most}", text.titles.join(" · ")),
                    place: text.place,
                    text: text.text,
                    is_optional: text.is_list,
                }
            };
            let config = migrated(kind, node).ok()?;
            Some(texts(&kind.config_schema, &config).into_iter().map(said).collect())
        };
        self.nodes.keys().filter_map(of_step).flatten().collect()
    }
}

/// The texts of a config, in the order of its schema.
pub(crate) fn texts(schema: &Value, config: &Value) -> Vec<ConfigText> {
    let mut found = Vec::new();
    look(schema, config, &Path::default(), &mut found);
    found
}

/// The words of a text that stands for a list of them.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// How far somebody has looked.
#[derive(Default, Clone)]
struct Path {
    place: String,
    pointer: String,
    titles: Vec<String>,
}

impl Path {
    fn field(&self, name: &str, title: Option<&str>) -> Self {
        let mut titles = self.titles.clone();
        titles.extend(title.map(str::to_owned));
        Self { place: self.joined(name), pointer: crate::yaml::child(&self.pointer, name), titles }
    }

    fn item(&self, i: usize, name: Option<&str>) -> Self {
        let number = (i + 1).to_string();
        let mut titles = self.titles.clone();
        if let Some(last) = titles.last_mut() {
            *last = match name {
                Some(name) => format!("{last} «{name}»"),
                None => format!("{last} {number}"),
            };
        }
        let place = self.joined(name.unwrap_or(&number));
        Self { place, pointer: crate::yaml::child(&self.pointer, i), titles }
    }

    fn joined(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }
}

fn look(schema: &Value, value: &Value, path: &Path, found: &mut Vec<ConfigText>) {
    if schema.get("x-i18n").is_some_and(|marked| marked == true) {
        let most = schema.get("maxLength").and_then(Value::as_u64);
        let words = value.as_array().map(|words| words.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        let (text, is_list) = match (value.as_str(), words) {
            (Some(text), _) => (text.to_owned(), false),
            (_, Some(words)) if !words.is_empty() => (words.join(", "), true),
            _ => return,
        };
        let Path { place, pointer, titles } = path.clone();
        return found.push(ConfigText { place, pointer, titles, text, is_list, most });
    }
    match value {
        Value::Object(map) => {
            let form = one_of(schema).and_then(|forms| {
                let tag = tag_of(&forms)?;
                let given = map.get(tag)?.as_str();
                forms.iter().find(|form| tag_value(form, tag) == given).copied()
            });
            object(form.unwrap_or(schema), map, path, found);
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            for (i, item) in items.iter().enumerate() {
                let name = item.get("id").or(item.get("key")).and_then(Value::as_str);
                look(schema, item, &path.item(i, name), found);
            }
        }
        _ => {}
    }
}

fn object(schema: &Value, map: &Map<String, Value>, path: &Path, found: &mut Vec<ConfigText>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if let Some(value) = map.get(name) {
            let title = property.get("title").and_then(Value::as_str);
            look(property, value, &path.field(name, title), found);
        }
    }
}
