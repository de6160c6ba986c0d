//! A diff as a colleague would tell it, in Spanish.

use serde_json::Value;

use super::{Class, Diff, FieldChange, Rewired, StepChange};
use crate::document::cut;

impl Diff {
    /// One sentence a change, those of the flow itself first. Cards that moved are told together.
    pub fn sentences(&self) -> Vec<String> {
        let flow = self.flow.iter().map(of_flow);
        let added = self.added.iter().map(|step| format!("Se agregó el paso «{}».", step.name));
        let removed = self.removed.iter().map(|step| format!("Se quitó el paso «{}».", step.name));
        let changed =
            self.changed.iter().flat_map(|step| step.fields.iter().map(|field| of_step(step, field)));
        let moved = match &self.moved[..] {
            [] => None,
            [one] => Some(format!("Se movió «{}» en el lienzo.", one.step)),
            several => Some(format!("Se movieron {} pasos en el lienzo.", several.len())),
        };
        flow.chain(added)
            .chain(removed)
            .chain(changed)
            .chain(self.rewired.iter().map(rewired))
            .chain(moved)
            .collect()
    }
}

fn rewired(Rewired { name, exit, from_name, to_name, .. }: &Rewired) -> String {
    match (from_name, to_name) {
        (Some(from), Some(to)) => {
            format!("La salida «{exit}» de «{name}» ahora va a «{to}» (antes «{from}»).")
        }
        (None, Some(to)) => {
            format!("La salida «{exit}» de «{name}» ahora va a «{to}» (antes no iba a ningún lugar).")
        }
        (from, None) => {
            let from = from.as_ref().map(|from| format!(" (antes «{from}»)")).unwrap_or_default();
            format!("La salida «{exit}» de «{name}» ya no va a ningún lugar{from}.")
        }
    }
}

fn of_flow(field: &FieldChange) -> String {
    let (before, after) = (field.before.as_ref().map(shown), field.after.as_ref().map(shown));
    let item = field.item.as_deref().unwrap_or_default();
    match (&field.at[..], before, after) {
        ("/name", Some(before), Some(after)) => {
            format!("El recorrido ahora se llama {after} (antes {before}).")
        }
        ("/start", Some(before), Some(after)) => {
            format!("El recorrido ahora empieza en {after} (antes {before}).")
        }
        ("/language", Some(before), Some(after)) => {
            format!("El idioma del recorrido ahora es {after} (antes {before}).")
        }
        (_, None, _) if field.class == Class::Data => format!("Se declaró el dato «{item}»."),
        (_, _, None) if field.class == Class::Data => format!("Ya no se declara el dato «{item}»."),
        (_, before, after) if field.class == Class::Label && !item.is_empty() => match (before, after) {
            (_, Some(after)) => format!("El dato «{item}» ahora se llama {after}."),
            (_, None) => format!("El dato «{item}» ya no tiene otro nombre."),
        },
        (_, before, after) => told(&format!("«{}» del recorrido", field.label), field.order, before, after),
    }
}

fn of_step(StepChange { step, name, .. }: &StepChange, field: &FieldChange) -> String {
    let (before, after) = (field.before.as_ref().map(shown), field.after.as_ref().map(shown));
    let beginning = format!("/nodes/{step}/");
    match (field.at.strip_prefix(&beginning).unwrap_or_default(), before, after) {
        ("name", Some(before), Some(after)) => format!("El paso {before} ahora se llama {after}."),
        ("name", None, Some(after)) => format!("El paso «{step}» ahora se llama {after}."),
        ("name", _, None) => format!("El paso «{step}» ya no tiene otro nombre."),
        ("note", ..) => format!("Cambió la nota de «{name}»."),
        ("kind", Some(before), Some(after)) => {
            format!("El paso «{name}» ahora es de tipo {after} (antes {before}).")
        }
        ("config/text", Some(before), Some(after)) => {
            format!("El texto de «{name}» cambió: {before} → {after}.")
        }
        (_, before, after) => {
            let whole = field.item.as_ref().is_some_and(|item| field.at.ends_with(&format!("/{item}")));
            match (&field.item, before, after) {
                (Some(item), None, Some(_)) if whole => {
                    format!("En «{name}» se agregó «{item}» a «{}».", field.label)
                }
                (Some(item), Some(_), None) if whole => {
                    format!("En «{name}» se quitó «{item}» de «{}».", field.label)
                }
                (item, before, after) => {
                    let of = item.as_ref().map(|item| format!(" de «{item}»")).unwrap_or_default();
                    format!(
                        "En «{name}», {}",
                        lower(&told(&format!("«{}»{of}", field.label), field.order, before, after))
                    )
                }
            }
        }
    }
}

/// What happened to something with this name.
fn told(what: &str, order: bool, before: Option<String>, after: Option<String>) -> String {
    match (before, after) {
        _ if order => format!("Cambió el orden de {what}."),
        (Some(before), Some(after)) => format!("Cambió {what}: {before} → {after}."),
        (None, Some(after)) => format!("Se agregó {what}: {after}."),
        (Some(before), None) => format!("Se quitó {what} (era {before})."),
        (None, None) => format!("Cambió {what}."),
    }
}

fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A value in a sentence, short.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("«{}»", cut(&text.split_whitespace().collect::<Vec<_>>().join(" "))),
        Value::Bool(true) => "sí".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => cut(&other.to_string()),
    }
}
