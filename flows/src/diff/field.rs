//! What a field means: its class and its Spanish name, from the schema of the step's kind.

use serde_json::Value;

use super::{Class, FieldChange, Found};
use crate::patch::{pointer, value_at};

impl Found {
    fn means(self, class: Class, label: impl Into<String>, item: Option<String>) -> FieldChange {
        let Self { at, before, after, order } = self;
        FieldChange { at, before, after, class, order, label: label.into(), item }
    }

    /// Of the document itself.
    pub(super) fn of_flow(self) -> FieldChange {
        let names = names(&self.at);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names[..] {
            ["name"] => self.means(Class::Label, "Nombre", None),
            ["start"] => self.means(Class::Logic, "Inicio", None),
            ["language"] => self.means(Class::Text, "Idioma", None),
            ["variables", name] => {
                let item = Some(name.to_owned());
                self.means(Class::Data, "Dato", item)
            }
            ["variables", name, "label"] => {
                let item = Some(name.to_owned());
                self.means(Class::Label, "Nombre del dato", item)
            }
            _ => {
                let label = names.join(" · ");
                self.means(Class::Logic, label, None)
            }
        }
    }

    /// Of a step whose kind has one of these schemas, and this step: as it is, as it was.
    pub(super) fn of_step(self, forms: [(Option<&Value>, &Value); 2]) -> FieldChange {
        let names = names(&self.at);
        match names.get(2).map(String::as_str) {
            Some("name") => return self.means(Class::Label, "Nombre", None),
            Some("note") => return self.means(Class::Label, "Nota", None),
            Some("kind") => return self.means(Class::Logic, "Tipo", None),
            Some("config") => {}
            other => {
                let label = other.unwrap_or("Paso").to_owned();
                return self.means(Class::Logic, label, None);
            }
        }
        let found =
            forms.into_iter().find_map(|(schema, step)| look(schema?, step.get("config"), &names[3..]));
        let Seen { class, title, item } =
            found.unwrap_or_else(|| Seen { class: Class::Logic, title: names[2..].join(" · "), item: None });
        self.means(class, title, item)
    }
}

/// What a schema says of a path.
struct Seen {
    class: Class,
    title: String,
    item: Option<String>,
}

/// Follows a path through a schema, and through the value that it describes. `None` when it leads nowhere
/// there.
fn look(schema: &Value, value: Option<&Value>, path: &[String]) -> Option<Seen> {
    let title_of = |schema: &Value| schema.get("title").and_then(Value::as_str).map(str::to_owned);
    let mut at = vec![schema];
    let mut value = value;
    let (mut class, mut title, mut item, mut data) = (None, title_of(schema), None, false);
    for name in path {
        let (mut next, mut is_item) = (Vec::new(), false);
        for schema in at.iter().copied() {
            let forms = schema.get("oneOf").and_then(Value::as_array);
            let forms = forms.into_iter().flatten().filter(|form| may_be(form, value));
            for form in forms.chain([schema]) {
                next.extend(form.get("properties").and_then(|properties| properties.get(name)));
            }
            if let Some(items) = schema.get("items") {
                is_item = true;
                item = has_names(items).then(|| name.clone()).or(item);
                next.push(items);
            }
            // What its own schema does not describe is data, whatever its shape.
            data |= schema.get("format").is_some_and(|format| format == "tree");
        }
        value = value.and_then(|value| value_at(value, &pointer([name.as_str()])));
        if next.is_empty() {
            if data {
                break;
            }
            return None;
        }
        // An item of a list is called as the list is.
        title = next.iter().find_map(|schema| title_of(schema)).filter(|_| !is_item).or(title);
        if next.iter().any(|schema| schema.get("x-i18n").is_some_and(|text| *text == true)) {
            class = Some(Class::Text);
        }
        at = next;
    }
    let formats = ["variable", "tree"];
    let is_data = |schema: &&Value| {
        schema.get("format").and_then(Value::as_str).is_some_and(|format| formats.contains(&format))
    };
    data = data || at.iter().any(is_data);
    let class = class.unwrap_or(if data { Class::Data } else { Class::Logic });
    Some(Seen { class, title: title.unwrap_or_else(|| path.join(" · ")), item })
}

/// Whether a value may have this form: it says so in the field by which forms are told apart.
fn may_be(form: &Value, value: Option<&Value>) -> bool {
    let properties = form.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().all(|(key, schema)| match (schema.get("const"), value) {
        (Some(tag), Some(value)) => value.get(key) == Some(tag),
        _ => true,
    })
}

/// Whether items of this form are told apart by names.
fn has_names(items: &Value) -> bool {
    let forms = items.get("oneOf").and_then(Value::as_array);
    let mut properties = forms.into_iter().flatten().chain([items]).filter_map(|form| form.get("properties"));
    properties.any(|properties| properties.get("id").or(properties.get("key")).is_some())
}

/// The names that a stable path consists of.
fn names(at: &str) -> Vec<String> {
    at.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}
