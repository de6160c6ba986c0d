//! The document of a flow: one model for YAML (people, git) and JSON (the wire).

mod translations;

use cauce_model::{FlowId, NodeId, VersionId};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::fix::Fix;
use crate::problem::sort;
use crate::words::{did_you_mean, list, suggestions};
use crate::yaml::{self, Places, child};
use crate::{Problem, version};

/// The most steps in one flow.
pub const MAX_NODES: usize = 5_000;
/// The format of documents that is known here. One that says a greater `format:` is not looked at.
pub const FORMAT: u64 = 1;
/// For so many positions of unknown steps a step is proposed.
const MAX_PROPOSALS: usize = 50;

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
    /// What a flow that calls this one gives it, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub params: IndexMap<String, Param>,
    /// The data that a flow that calls this one gets back, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<String>,
    /// Tables to look things up in, by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub tables: IndexMap<String, Table>,
    /// The steps, in the order they are written.
    pub nodes: IndexMap<NodeId, Node>,
    /// Its texts in other languages.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub translations: Translations,
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
            && self.params == other.params
            && self.returns == other.returns
            && self.tables == other.tables
            && self.nodes == other.nodes
            && self.translations == other.translations
            && self.layout == other.layout
    }
}

/// Texts in other languages: language (BCP 47) → step → place in its config → text. A place is a path that
/// stays when titles and order change: `text`, `answer.options.ventas.title`, `parts.2.caption`.
pub type Translations = IndexMap<String, IndexMap<NodeId, IndexMap<String, String>>>;

/// What is known about a piece of captured data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Variable {
    /// How screens call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// What a flow is given by the one that calls it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Param {
    /// How screens call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Of which type it must be; any when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    pub kind: Option<ParamType>,
    /// It may be left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Of which type a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamType {
    /// A text; days and hours are texts.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    List,
    /// A group of fields.
    Group,
}

impl ParamType {
    const WORDS: [(&'static str, Self); 5] = [
        ("text", Self::Text),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("list", Self::List),
        ("group", Self::Group),
    ];

    /// Whether a value is of this type.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Group => value.is_object(),
        }
    }
}

/// A table to look things up in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Table {
    /// The names of its columns, as names of data.
    pub columns: Vec<String>,
    /// Its rows; each has a value for every column: a text, a number, true or false, or nothing.
    pub rows: Vec<Vec<Value>>,
}

/// The most tables of a flow.
pub const MAX_TABLES: usize = 20;
/// The most columns of a table.
pub const MAX_COLUMNS: usize = 20;
/// The most rows of a table.
pub const MAX_ROWS: usize = 1_000;

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

/// The fields of a document.
const FIELDS: &[&str] = &[
    "format",
    "id",
    "name",
    "language",
    "start",
    "variables",
    "params",
    "returns",
    "tables",
    "nodes",
    "translations",
    "layout",
];

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
        if self.is_newer(map) {
            return None;
        }
        self.known(map, "", FIELDS);
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
        let params = self
            .children(map, "", "params")
            .into_iter()
            .map(|(key, value)| {
                let param = self.param(value, &child("/params", &key));
                (key, param)
            })
            .collect();
        let returns = self.names(map, "", "returns");
        let tables: IndexMap<String, Table> = self
            .children(map, "", "tables")
            .into_iter()
            .map(|(key, value)| {
                let table = self.table(value, &child("/tables", &key));
                (key, table)
            })
            .collect();
        self.most("/tables", tables.len(), MAX_TABLES, "tablas");
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
        let translations = self.translations(map, &language, &nodes);
        let mut strangers = 0;
        let placed = self.children(map, "", "layout");
        let is_placed = |name: &str| placed.iter().any(|(key, _)| key == name);
        let layout = placed
            .iter()
            .filter_map(|(key, value)| {
                let at = child("/layout", key);
                let map = self.object(value, &at)?;
                self.known(map, &at, &["x", "y"]);
                let (x, y) = (self.number(map, &at, "x")?, self.number(map, &at, "y")?);
                let id: NodeId = self.parse_id(key, &at, true)?;
                if !nodes.contains_key(&id) {
                    strangers += 1;
                    let names = nodes.keys().map(NodeId::as_str).filter(|_| strangers <= MAX_PROPOSALS);
                    let mut near = suggestions(key, names);
                    near.retain(|name| !is_placed(name));
                    let hint = near
                        .first()
                        .map(|name| format!("Quizá quisiste decir «{name}». "))
                        .unwrap_or_default();
                    let mut fixes = Fix::renamed("/layout", key, value, &near);
                    if fixes.is_empty() {
                        fixes.push(Fix::new(format!("Quitar la posición de «{key}»")).remove(&at).safe());
                    }
                    self.problems.push(
                        Problem::error(
                            "doc.layout_unknown",
                            format!("«layout» da una posición a «{key}», que no es un paso del flujo."),
                            format!("{hint}Quita esta línea o corrige el nombre."),
                        )
                        .with_fixes(fixes)
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
            params,
            returns,
            tables,
            nodes,
            translations,
            layout,
            places: Places::default(),
        })
    }

    /// Whether the document says that it is of a newer format: then nothing of it can be trusted.
    fn is_newer(&mut self, map: &Map<String, Value>) -> bool {
        let Some(format) = map.get("format") else { return false };
        match format.as_u64() {
            Some(format) if format > FORMAT => {
                let message = "Este recorrido se hizo con una versión más nueva de Cauce.";
                let help = format!(
                    "Actualiza Cauce: aquí se conoce hasta el formato {FORMAT} y este es el {format}."
                );
                self.problems.push(Problem::error("doc.newer", message, help).at(self.places, "/format"));
                true
            }
            Some(1..) => false,
            _ => {
                self.wrong("/format", format, "un número entero desde 1");
                false
            }
        }
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

    fn param(&mut self, value: &Value, at: &str) -> Param {
        let Some(map) = self.object(value, at) else { return Param::default() };
        self.known(map, at, &["label", "type", "optional"]);
        let kind = self.text(map, at, "type").and_then(|word| {
            let kind = ParamType::WORDS.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind);
            if kind.is_none() {
                let words = list(ParamType::WORDS.into_iter().map(|(known, _)| known));
                self.wrong(&child(at, "type"), &word.into(), &words);
            }
            kind
        });
        let optional = match map.get("optional") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(optional)) => *optional,
            Some(other) => {
                self.wrong(&child(at, "optional"), other, "true o false");
                false
            }
        };
        Param { label: self.text(map, at, "label"), kind, optional }
    }

    fn table(&mut self, value: &Value, at: &str) -> Table {
        let Some(map) = self.object(value, at) else { return Table::default() };
        self.known(map, at, &["columns", "rows"]);
        let columns = self.names(map, at, "columns");
        if columns.is_empty() {
            self.missing(at, "columns", "los nombres de las columnas");
        }
        self.most(&child(at, "columns"), columns.len(), MAX_COLUMNS, "columnas");
        let rows_at = child(at, "rows");
        let rows: Vec<Vec<Value>> = self
            .items(map, at, "rows")
            .iter()
            .enumerate()
            .map(|(i, row)| self.row(row, &child(&rows_at, i), columns.len()))
            .collect();
        self.most(&rows_at, rows.len(), MAX_ROWS, "filas");
        Table { columns, rows }
    }

    fn row(&mut self, row: &Value, at: &str, columns: usize) -> Vec<Value> {
        let Value::Array(cells) = row else {
            self.wrong(at, row, "una lista con un valor para cada columna");
            return Vec::new();
        };
        for (i, cell) in cells.iter().enumerate().filter(|(_, cell)| cell.is_array() || cell.is_object()) {
            self.wrong(&child(at, i), cell, "un texto, un número, true o false");
        }
        if cells.len() != columns {
            let message = format!("La fila tiene {} valores y la tabla {columns} columnas.", cells.len());
            let help = "Escribe un valor para cada columna; «null» donde no haya ninguno.";
            self.problems.push(Problem::error("doc.table_row", message, help).at(self.places, at));
        }
        cells.clone()
    }

    fn most(&mut self, at: &str, count: usize, most: usize, what: &str) {
        if count > most {
            let message = format!("Hay {count} {what} y el máximo es {most}.");
            let problem = Problem::error("doc.too_many", message, "Quita las que no se usen.");
            self.problems.push(problem.at(self.places, at));
        }
    }

    /// The items of a list that may be absent.
    fn items<'v>(&mut self, map: &'v Map<String, Value>, at: &str, key: &str) -> &'v [Value] {
        match map.get(key) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.wrong(&child(at, key), other, "una lista («- elemento» en cada línea)");
                &[]
            }
        }
    }

    /// The names in a list that may be absent.
    fn names(&mut self, map: &Map<String, Value>, at: &str, key: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let list_at = child(at, key);
        for (i, item) in self.items(map, at, key).iter().enumerate() {
            match item {
                Value::String(text) if !texts.contains(text) => texts.push(text.clone()),
                Value::String(text) => {
                    let message = format!("«{}» está repetido.", cut(text));
                    let problem = Problem::error("doc.repeated", message, "Quita uno de los dos.");
                    self.problems.push(problem.at(self.places, &child(&list_at, i)));
                }
                other => self.wrong(&child(&list_at, i), other, "un nombre"),
            }
        }
        texts
    }

    fn known(&mut self, map: &Map<String, Value>, at: &str, fields: &[&str]) {
        for key in map.keys().filter(|key| !fields.contains(&key.as_str())) {
            let problem = unknown_field(key, fields).with_fixes(field_fixes(map, at, key, fields));
            self.problems.push(problem.at_key(self.places, &child(at, key)));
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

/// What can be done about a field that does not exist: its name is corrected to that of one which is not there
/// yet, or it goes.
pub(crate) fn field_fixes(map: &Map<String, Value>, at: &str, key: &str, known: &[&str]) -> Vec<Fix> {
    let free = known.iter().copied().filter(|known| !map.contains_key(*known));
    let fixes = Fix::renamed(at, key, map.get(key).unwrap_or(&Value::Null), &suggestions(key, free));
    if fixes.is_empty() {
        return vec![Fix::new(format!("Quitar «{}»", cut(key))).remove(&child(at, key))];
    }
    fixes
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
