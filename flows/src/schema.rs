//! Walks a config along its kind's JSON Schema: every problem at once, each at its exact place, and
//! every text and expression of the config on the way.
//!
//! It understands what schemars writes for the config types of this house (draft-07, no references):
//! objects, arrays, scalars with limits, enums of words, and objects told apart by one constant field. Beside
//! them `x-or`: a schema of another type whose values may stand there, too.

use cauce_model::NodeId;
use serde_json::{Map, Value};

use crate::calendar;
use crate::document::{cut, describe, field_fixes, missing_field, unknown_field, wrong_type};
use crate::fields::{Period, written};
use crate::fix::Fix;
use crate::script::{CONTACT, Script};
use crate::text::{Piece, split};
use crate::words::{did_you_mean, list, suggestions};
use crate::yaml::{Places, child};
use crate::{Problem, limits};

/// The limits of texts that go on in another message, so that nobody need mind them.
const FLOWING: [&str; 4] = ["limit.text_body", "limit.caption", "limit.interactive_body", "limit.link"];
/// So many characters are left for each datum in a short place.
const ROOM: usize = 40;

/// A text or an expression somewhere in a config.
pub(crate) struct Found {
    pub(crate) pointer: String,
    pub(crate) source: String,
    pub(crate) is_template: bool,
    /// Whether it is a script of several orders.
    pub(crate) is_code: bool,
    /// Whether it may read a server's answer.
    pub(crate) of_answer: bool,
    /// Whether it stands among data, which may have gaps.
    pub(crate) is_data: bool,
}

pub(crate) struct Walk<'a> {
    pub(crate) places: &'a Places,
    pub(crate) problems: Vec<Problem>,
    pub(crate) found: Vec<Found>,
    /// The variables that are written, also by a config that has problems.
    pub(crate) writes: Vec<String>,
}

impl Walk<'_> {
    pub(crate) fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(forms) = one_of(schema) {
            return self.branches(&forms, value, at);
        }
        if let Some(other) = schema.get("x-or").filter(|other| is_of(other, value)) {
            return self.value(other, value, at);
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return self.word(words, value, at);
        }
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        match format {
            "tree" => return self.tree(value, at),
            // What only it knows about itself; the schema describes it to editors.
            "calendar" => {
                calendar::read(value, at, self.places, &mut self.problems);
                return;
            }
            _ => {}
        }
        match value {
            Value::Object(map) if has_type(schema, "object") => self.object(schema, map, at),
            Value::Array(items) if has_type(schema, "array") => self.array(schema, items, at),
            Value::String(text) if has_type(schema, "string") || format == "template" => {
                self.text(schema, text, at);
            }
            Value::Bool(_) if has_type(schema, "boolean") => {}
            Value::Number(n)
                if has_type(schema, "number") || (has_type(schema, "integer") && !n.is_f64()) =>
            {
                self.number(schema, n, at);
            }
            other => {
                let expected = expected(schema);
                self.problem(wrong_type(other, expected), at);
            }
        }
    }

    fn object(&mut self, schema: &Value, map: &Map<String, Value>, at: &str) {
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        for (key, value) in map {
            match properties
                .get(key)
                .or_else(|| schema.get("additionalProperties").filter(|any| any.is_object()))
            {
                Some(property) => self.value(property, value, &child(at, key)),
                None => {
                    let problem = unknown_field(key, &names).at_key(self.places, &child(at, key));
                    self.problems.push(problem.with_fixes(field_fixes(map, at, key, &names)));
                }
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str).filter(|key| !map.contains_key(*key)) {
            let title = properties.get(key).and_then(|p| p.get("title")).and_then(Value::as_str);
            let problem = missing_field(key, &title.unwrap_or_default().to_lowercase());
            self.problems.push(problem.at_key(self.places, at));
        }
    }

    /// Data with texts in it, whatever its shape.
    fn tree(&mut self, value: &Value, at: &str) {
        match value {
            Value::String(source) => self.found.push(Found {
                pointer: at.to_owned(),
                source: source.clone(),
                is_template: true,
                is_code: false,
                of_answer: false,
                is_data: true,
            }),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| self.tree(item, &child(at, i)));
            }
            Value::Object(map) => map.iter().for_each(|(key, value)| self.tree(value, &child(at, key))),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn array(&mut self, schema: &Value, items: &[Value], at: &str) {
        self.within(schema, "minItems", "maxItems", items.len(), "elementos", at);
        if let Some(schema) = schema.get("items") {
            for (i, item) in items.iter().enumerate() {
                self.value(schema, item, &child(at, i));
            }
        }
    }

    fn number(&mut self, schema: &Value, number: &serde_json::Number, at: &str) {
        let n = number.as_f64().unwrap_or(f64::MAX);
        let bound = |key| schema.get(key).and_then(Value::as_f64);
        let (min, max) = (bound("minimum").unwrap_or(f64::MIN), bound("maximum").unwrap_or(f64::MAX));
        if n < min || n > max {
            let message = format!("El número {number} está fuera de lo permitido.");
            self.problem(
                Problem::error("limit.number", message, format!("Usa un número de {min} a {max}.")),
                at,
            );
        }
    }

    fn text(&mut self, schema: &Value, text: &str, at: &str) {
        let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() && schema.get("minLength").is_some() {
            let title = schema.get("title").and_then(Value::as_str).unwrap_or("texto").to_lowercase();
            let problem =
                Problem::error("limit.empty", "Este campo está vacío.", format!("Escribe aquí: {title}."));
            return self.problem(problem, at);
        }
        let length = match format {
            // Only the written part can be measured; what data make too long is fitted when it is said.
            "template" => written(text),
            _ => text.chars().count(),
        };
        self.within(schema, "minLength", "maxLength", length.max(1), "caracteres", at);
        if format == "template" {
            self.tight(schema, text, length, at);
        }
        match format {
            "template" | "expression" | "answer_expression" | "code" => self.found.push(Found {
                of_answer: format == "answer_expression",
                is_data: false,
                pointer: at.to_owned(),
                source: text.to_owned(),
                is_template: format == "template",
                is_code: format == "code",
            }),
            "duration" if text.parse::<Period>().is_err() => self.problem(
                Problem::error(
                    "doc.bad_duration",
                    format!("«{}» no es una duración.", cut(text)),
                    "Escribe un número y su unidad: 30s, 15m, 2h o 3d (máximo 365d).",
                ),
                at,
            ),
            "key" | "queue" if text.parse::<NodeId>().is_err() => self.problem(
                Problem::error(
                    "doc.bad_id",
                    format!("«{}» no sirve como identificador.", cut(text)),
                    "Usa de 1 a 64 letras sin tilde, números, «_» o «-», sin espacios.",
                ),
                at,
            ),
            "variable" if is_variable(text) => self.writes.push(text.to_owned()),
            "variable" => self.problem(
                Problem::error(
                    "expr.bad_name",
                    format!("«{}» no sirve como nombre de un dato.", cut(text)),
                    "Usa letras sin tilde, números y «_», empezando por una letra. Por ejemplo: correo_2.",
                ),
                at,
            ),
            _ => {}
        }
    }

    /// Warns of a short place that is nearly full before its data are in it.
    fn tight(&mut self, schema: &Value, text: &str, written: usize, at: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let code = schema.get("x-limit").and_then(Value::as_str).unwrap_or_default();
        let Some(most) = bound("maxLength").filter(|most| !code.is_empty() && written <= *most) else {
            return;
        };
        let pieces = split(text).unwrap_or_default();
        let data = pieces.iter().filter_map(|piece| match piece {
            Piece::Expression(source) => Some(source.trim()),
            Piece::Written(_) => None,
        });
        let data: Vec<&str> = data.collect();
        if FLOWING.contains(&code) || data.is_empty() || most - written >= ROOM * data.len() {
            return;
        }
        let data = list(data.iter().map(|source| cut(source)).collect::<Vec<_>>().iter().map(String::as_str));
        self.problem(
            Problem::warning(
                "limit.may_exceed",
                format!("Este texto puede pasar de {most} caracteres si {data} es largo: entonces se envía aparte."),
                "Escribe menos, o acorta el dato con sub_string, por ejemplo {{ nombre.sub_string(0, 30) }}.",
            ),
            at,
        );
    }

    fn within(&mut self, schema: &Value, min: &str, max: &str, actual: usize, unit: &str, at: &str) {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (min, max) = (bound(min).unwrap_or(0), bound(max));
        if actual >= min && max.is_none_or(|max| actual <= max) {
            return;
        }
        let code = schema.get("x-limit").and_then(Value::as_str).unwrap_or("limit.length");
        let allowed = match max {
            Some(max) if actual > max => format!("Hay {actual} {unit} y el máximo es {max}."),
            _ => format!("Hay {actual} {unit} y el mínimo es {min}."),
        };
        let help = if actual < min { "Agrega lo que falta." } else { "Acórtalo." };
        let doubt = limits::doubt(code).filter(|_| actual > min).map(|doubt| format!(" {doubt}"));
        self.problem(Problem::error(code, allowed + &doubt.unwrap_or_default(), help), at);
    }

    fn word(&mut self, words: &[Value], value: &Value, at: &str) {
        if words.contains(value) {
            return;
        }
        let written = |word: &Value| word.as_str().map_or_else(|| word.to_string(), str::to_owned);
        let words: Vec<String> = words.iter().map(written).collect();
        self.not_one_of(&words.iter().map(String::as_str).collect::<Vec<_>>(), value, at);
    }

    fn not_one_of(&mut self, words: &[&str], value: &Value, at: &str) {
        let hint = value.as_str().map(|given| did_you_mean(given, words.iter().copied())).unwrap_or_default();
        let message = format!("Aquí no se puede poner {}.", describe(value));
        let help = format!("{hint}Se puede usar {}.", list(words.iter().copied()));
        let near = value.as_str().map(|given| suggestions(given, words.iter().copied())).unwrap_or_default();
        let fixes = Fix::instead(at, &near);
        self.problem(Problem::error("doc.wrong_value", message, help).with_fixes(fixes), at);
    }

    /// A value that may have one of several forms.
    fn branches(&mut self, forms: &[&Value], value: &Value, at: &str) {
        let words: Vec<&str> =
            forms.iter().filter_map(|form| form.get("const")).filter_map(Value::as_str).collect();
        if words.len() == forms.len() {
            if !value.as_str().is_some_and(|given| words.contains(&given)) {
                self.not_one_of(&words, value, at);
            }
            return;
        }
        let Some(tag) = tag_of(forms) else { return };
        let Value::Object(map) = value else {
            return self.problem(wrong_type(value, "un grupo de campos («campo: valor»)"), at);
        };
        let names: Vec<&str> = forms.iter().filter_map(|form| tag_value(form, tag)).collect();
        let given = map.get(tag);
        if let Some(form) =
            forms.iter().find(|form| given.is_some_and(|g| tag_value(form, tag) == g.as_str()))
        {
            return self.object(form, map, at);
        }
        match given {
            Some(given) => self.not_one_of(&names, given, &child(at, tag)),
            None => {
                let what = format!("uno de estos: {}", list(names.iter().copied()));
                let problem = missing_field(tag, &what).at_key(self.places, at);
                self.problems.push(problem);
            }
        }
        // Which form was meant is not known, but what the forms share can be looked at.
        for (key, value) in map.iter().filter(|(key, _)| *key != tag) {
            if let Some(property) = forms.iter().find_map(|form| form.get("properties")?.get(key)) {
                self.value(property, value, &child(at, key));
            }
        }
    }

    fn problem(&mut self, problem: Problem, at: &str) {
        let problem = problem.at(self.places, at);
        self.problems.push(problem);
    }
}

pub(crate) fn one_of(schema: &Value) -> Option<Vec<&Value>> {
    Some(schema.get("oneOf")?.as_array()?.iter().collect())
}

/// Whether a value is of the schema's type.
fn is_of(schema: &Value, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) => has_type(schema, "boolean"),
        Value::Number(_) => has_type(schema, "integer") || has_type(schema, "number"),
        Value::String(_) => has_type(schema, "string"),
        Value::Array(_) => has_type(schema, "array"),
        Value::Object(_) => has_type(schema, "object"),
    }
}

fn has_type(schema: &Value, name: &str) -> bool {
    schema.get("type").is_some_and(|only| only == name)
}

fn expected(schema: &Value) -> &'static str {
    match schema.get("format").and_then(Value::as_str) {
        Some("duration") => return "una duración, como «15m» (texto)",
        Some("expression" | "answer_expression" | "code") => return "una expresión (texto)",
        _ => {}
    }
    let names = [
        ("object", "un grupo de campos («campo: valor»)"),
        ("array", "una lista («- elemento» en cada línea)"),
        ("string", "un texto"),
        ("boolean", "true o false"),
        ("integer", "un número entero"),
        ("number", "un número"),
    ];
    names.into_iter().find(|(name, _)| has_type(schema, name)).map_or("otro valor", |(_, words)| words)
}

/// The field that is a constant in every form.
pub(crate) fn tag_of<'a>(forms: &[&'a Value]) -> Option<&'a str> {
    let first = forms.first()?.get("properties")?.as_object()?;
    first.keys().map(String::as_str).find(|key| forms.iter().all(|form| tag_value(form, key).is_some()))
}

pub(crate) fn tag_value<'a>(form: &'a Value, tag: &str) -> Option<&'a str> {
    form.get("properties")?.get(tag)?.get("const")?.as_str()
}

/// Whether a step may write a variable of this name: an expression of it alone reads it, and it is not
/// the contact's.
pub(crate) fn is_variable(name: &str) -> bool {
    name.len() <= 64
        && name != CONTACT
        && Script::compile(name).is_ok_and(|script| matches!(&script.reads[..], [(only, _)] if only == name))
}
