//! The document of a flow: one model for YAML (people, git) and JSON (the wire).

use cauce_model::{FlowId, NodeId, VersionId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::problem::sort;
use crate::words::{did_you_mean, list};
use crate::yaml::{self, Places, child};
use crate::{Problem, version};

/// The most steps in one flow.
pub const MAX_NODES: usize = 500;

/// A flow as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub struct Document {
    /// Stable over versions.
    pub id: FlowId,
    /// What people call it.
    pub name: String,
    /// Language of its texts (BCP 47), `es` when nothing is said.
    pub language: String,
    /// Where it starts: a step of kind `start`.
    pub start: NodeId,
    /// What is known about the data it captures.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Variable>,
    /// The steps, in the order they are written.
    pub nodes: IndexMap<NodeId, Node>,
    /// Where the cards stand on the canvas. Not part of the version.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub layout: IndexMap<NodeId, Position>,
    #[serde(skip)]
    pub(crate) places: Places,
}

/// Documents are equal when they say the same; where it was written does not count.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.name == other.name
            && self.language == other.language
            && self.start == other.start
            && self.variables == other.variables
            && self.nodes == other.nodes
            && self.layout == other.layout
    }
}

/// What is known about a piece of captured data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Variable {
    /// How screens call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What it does: an id of the catalogue.
    pub kind: String,
    /// With which version of the kind the config was written.
    #[serde(skip_serializing_if = "is_first")]
    pub v: u16,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For colleagues; never said to a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The kind's own fields.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// Exit key → the step that follows.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub exits: IndexMap<String, NodeId>,
}

fn is_first(v: &u16) -> bool {
    *v == 1
}

/// Where a card stands, in pixels of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// To the right.
    #[serde(serialize_with = "pixels")]
    pub x: f64,
    /// Down.
    #[serde(serialize_with = "pixels")]
    pub y: f64,
}

/// Whole pixels without a decimal point.
fn pixels<S: serde::Serializer>(n: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        serializer.serialize_i64(*n as i64)
    } else {
        serializer.serialize_f64(*n)
    }
}

/// Reads a flow from YAML, or from JSON, which is YAML too.
///
/// # Errors
/// Every problem of the document's form, with line and column. What a kind says about its config and
/// what the graph proves comes later, from [`crate::Program::compile`].
pub fn parse(text: &str) -> Result<Document, Vec<Problem>> {
    match read(text) {
        (Some(document), problems) if problems.is_empty() => Ok(document),
        (_, problems) => Err(problems),
    }
}

/// As [`parse`], but with as much of a document as can be understood beside the problems.
pub(crate) fn read(text: &str) -> (Option<Document>, Vec<Problem>) {
    match yaml::read(text) {
        Ok((value, places, mut problems)) => {
            let document = Reader { places: &places, problems: &mut problems }.document(&value);
            sort(&mut problems);
            (document.map(|document| Document { places, ..document }), problems)
        }
        Err(problem) => (None, vec![*problem]),
    }
}

impl TryFrom<Value> for Document {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let mut problems = Vec::new();
        let document = Reader { places: &Places::default(), problems: &mut problems }.document(&value);
        match (document, problems.first()) {
            (Some(document), None) => Ok(document),
            (_, problem) => Err(problem.map(|p| p.message.clone()).unwrap_or_default()),
        }
    }
}

impl Document {
    /// The canonical YAML: reading it and writing it again gives the same bytes.
    pub fn to_yaml(&self) -> String {
        version::to_yaml(self)
    }

    /// The version's name: 32 hexadecimal digits of the content's hash. Layout, the order of keys and
    /// the way the YAML is written do not count.
    pub fn version(&self) -> VersionId {
        version::name(self)
    }

    /// Where everything stands in the text it was read from.
    pub fn places(&self) -> &Places {
        &self.places
    }
}

struct Reader<'a> {
    places: &'a Places,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// `None` only when the whole is not a map. What cannot be understood is left out or empty.
    fn document(&mut self, value: &Value) -> Option<Document> {
        let Value::Object(map) = value else {
            self.problems.push(yaml::empty().at(self.places, ""));
            return None;
        };
        self.known(map, "", &["id", "name", "language", "start", "variables", "nodes", "layout"]);
        let id = self.id(map, "", "id", "el identificador del flujo, por ejemplo «bienvenida»");
        let name = self.required_text(map, "", "name", "el nombre del flujo");
        let language = self.text(map, "", "language").unwrap_or_else(|| "es".to_owned());
        let start = self.id(map, "", "start", "el paso por el que empieza");
        let variables = self
            .children(map, "", "variables")
            .into_iter()
            .map(|(key, value)| {
                let at = child("/variables", &key);
                let label = self.object(value, &at).and_then(|map| {
                    self.known(map, &at, &["label"]);
                    self.text(map, &at, "label")
                });
                (key, Variable { label })
            })
            .collect();
        if !map.contains_key("nodes") {
            self.missing("", "nodes", "los pasos del flujo");
        }
        let nodes: IndexMap<NodeId, Node> = self
            .children(map, "", "nodes")
            .into_iter()
            .filter_map(|(key, value)| {
                let at = child("/nodes", &key);
                let id: Option<NodeId> = self.parse_id(&key, &at, true);
                let node = self.node(value, &at, id.as_ref());
                Some((id?, node))
            })
            .collect();
        if nodes.len() > MAX_NODES {
            self.problems.push(
                Problem::error(
                    "doc.too_many_nodes",
                    format!("El flujo tiene {} pasos y el máximo es {MAX_NODES}.", nodes.len()),
                    "Divídelo en varios flujos.",
                )
                .at_key(self.places, "/nodes"),
            );
        }
        let layout = self
            .children(map, "", "layout")
            .into_iter()
            .filter_map(|(key, value)| {
                let at = child("/layout", &key);
                let map = self.object(value, &at)?;
                self.known(map, &at, &["x", "y"]);
                let (x, y) = (self.number(map, &at, "x")?, self.number(map, &at, "y")?);
                let id: NodeId = self.parse_id(&key, &at, true)?;
                if !nodes.contains_key(&id) {
                    let hint = did_you_mean(&key, nodes.keys().map(NodeId::as_str));
                    self.problems.push(
                        Problem::error(
                            "doc.layout_unknown",
                            format!("«layout» da una posición a «{key}», que no es un paso del flujo."),
                            format!("{hint}Quita esta línea o corrige el nombre."),
                        )
                        .at_key(self.places, &at),
                    );
                }
                Some((id, Position { x, y }))
            })
            .collect();
        Some(Document {
            // The text of an id that is missing or wrong never leaves this crate: there is a problem.
            id: id.unwrap_or_else(|| "sin-id".parse().expect("a plain word is an id")),
            name: name.unwrap_or_default(),
            language,
            start: start.unwrap_or_else(|| "sin-inicio".parse().expect("a plain word is an id")),
            variables,
            nodes,
            layout,
            places: Places::default(),
        })
    }

    fn node(&mut self, value: &Value, at: &str, id: Option<&NodeId>) -> Node {
        let from = self.problems.len();
        let empty = Map::new();
        let map = self.object(value, at).unwrap_or(&empty);
        self.known(map, at, &["kind", "v", "name", "note", "config", "exits"]);
        let kind = match value {
            Value::Object(_) => {
                self.required_text(map, at, "kind", "qué hace el paso, por ejemplo «message»")
            }
            _ => None,
        };
        let v = match map.get("v") {
            None => 1,
            Some(v) => {
                v.as_u64().and_then(|v| u16::try_from(v).ok()).filter(|v| *v > 0).unwrap_or_else(|| {
                    self.wrong(&child(at, "v"), v, "un número entero desde 1");
                    1
                })
            }
        };
        let exits = self
            .children(map, at, "exits")
            .into_iter()
            .filter_map(|(key, target)| {
                let at = child(&child(at, "exits"), &key);
                match target {
                    Value::String(target) => Some((key, self.parse_id(target, &at, false)?)),
                    other => {
                        self.wrong(&at, other, "el nombre de un paso");
                        None
                    }
                }
            })
            .collect();
        let node = Node {
            kind: kind.unwrap_or_default(),
            v,
            name: self.text(map, at, "name"),
            note: self.text(map, at, "note"),
            config: self.children(map, at, "config").into_iter().map(|(k, v)| (k, v.clone())).collect(),
            exits,
        };
        for problem in &mut self.problems[from..] {
            problem.node = id.cloned();
        }
        node
    }

    fn known(&mut self, map: &Map<String, Value>, at: &str, fields: &[&str]) {
        for key in map.keys().filter(|key| !fields.contains(&key.as_str())) {
            self.problems.push(unknown_field(key, fields).at_key(self.places, &child(at, key)));
        }
    }

    fn required_text(&mut self, map: &Map<String, Value>, at: &str, key: &str, what: &str) -> Option<String> {
        match map.get(key) {
            None | Some(Value::Null) => {
                self.missing(at, key, what);
                None
            }
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.missing(at, key, what);
                None
            }
            Some(_) => self.text(map, at, key),
        }
    }

    fn id<T: std::str::FromStr>(
        &mut self,
        map: &Map<String, Value>,
        at: &str,
        key: &str,
        what: &str,
    ) -> Option<T> {
        let text = self.required_text(map, at, key, what)?;
        self.parse_id(&text, &child(at, key), false)
    }

    fn parse_id<T: std::str::FromStr>(&mut self, text: &str, at: &str, is_key: bool) -> Option<T> {
        let id = text.parse().ok();
        if id.is_none() {
            let problem = Problem::error(
                "doc.bad_id",
                format!("«{}» no sirve como identificador.", cut(text)),
                "Usa de 1 a 64 letras sin tilde, números, «_» o «-», sin espacios.",
            );
            self.problems.push(if is_key {
                problem.at_key(self.places, at)
            } else {
                problem.at(self.places, at)
            });
        }
        id
    }

    fn text(&mut self, map: &Map<String, Value>, at: &str, key: &str) -> Option<String> {
        match map.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => {
                self.wrong(&child(at, key), other, "un texto");
                None
            }
        }
    }

    fn number(&mut self, map: &Map<String, Value>, at: &str, key: &str) -> Option<f64> {
        match map.get(key) {
            Some(Value::Number(n)) => n.as_f64(),
            Some(other) => {
                self.wrong(&child(at, key), other, "un número");
                None
            }
            None => {
                self.missing(at, key, "un número");
                None
            }
        }
    }

    fn object<'v>(&mut self, value: &'v Value, at: &str) -> Option<&'v Map<String, Value>> {
        match value {
            Value::Object(map) => Some(map),
            other => {
                self.wrong(at, other, "un grupo de campos («campo: valor»)");
                None
            }
        }
    }

    /// The entries of a map that may be absent.
    fn children<'v>(&mut self, map: &'v Map<String, Value>, at: &str, key: &str) -> Vec<(String, &'v Value)> {
        match map.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(value) => {
                let entries = self.object(value, &child(at, key));
                entries.into_iter().flatten().map(|(key, value)| (key.clone(), value)).collect()
            }
        }
    }

    fn wrong(&mut self, at: &str, given: &Value, expected: &str) {
        self.problems.push(wrong_type(given, expected).at(self.places, at));
    }

    fn missing(&mut self, at: &str, key: &str, what: &str) {
        self.problems.push(missing_field(key, what).at_key(self.places, at));
    }
}

pub(crate) fn unknown_field(key: &str, known: &[&str]) -> Problem {
    let hint = did_you_mean(key, known.iter().copied());
    let rest = match known {
        [] => "Aquí no se espera ningún campo.".to_owned(),
        known => format!("Aquí se puede usar {}.", list(known.iter().copied())),
    };
    Problem::error(
        "doc.unknown_field",
        format!("El campo «{}» no existe.", cut(key)),
        format!("{hint}{rest}"),
    )
}

pub(crate) fn missing_field(key: &str, what: &str) -> Problem {
    Problem::error(
        "doc.missing_field",
        format!("Falta «{key}»."),
        if what.is_empty() {
            format!("Agrega «{key}:».")
        } else {
            format!("Agrega «{key}:» con {what}.")
        },
    )
}

pub(crate) fn wrong_type(given: &Value, expected: &str) -> Problem {
    let help = match given {
        Value::Number(_) | Value::Bool(_) if expected.contains("texto") => {
            format!("Si es un texto, ponlo entre comillas: \"{given}\".")
        }
        Value::Null => "Escribe el valor, o quita la línea si el campo es opcional.".to_owned(),
        _ => "Corrige el valor.".to_owned(),
    };
    let message = match given {
        Value::Null => format!("Este campo está vacío; aquí va {expected}."),
        other => format!("Aquí va {expected}, pero hay {}.", describe(other)),
    };
    Problem::error("doc.wrong_type", message, help)
}

/// What a value is, in words, with the value itself when it is short.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nada".to_owned(),
        Value::Bool(b) => format!("un valor lógico ({b})"),
        Value::Number(n) => format!("un número ({n})"),
        Value::String(text) => format!("un texto («{}»)", cut(text)),
        Value::Array(_) => "una lista".to_owned(),
        Value::Object(_) => "un grupo de campos".to_owned(),
    }
}

pub(crate) fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
