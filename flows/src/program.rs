//! A flow made ready to run: every config bound to its kind, every expression compiled, the graph proven.

use std::cmp::Ordering;
use std::collections::HashSet;

use cauce_model::{NodeId, StoredFile, VersionId};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use crate::Problem;
use crate::assigned::{self, Read};
use crate::document::{Document, Node, read};
use crate::graph::{self, Spot};
use crate::kind::{Behaviour, Catalogue, FileUse, Kind, Meta, Role, Triggers, all_exits};
use crate::limits;
use crate::problem::sort;
use crate::schema::{Found, Walk, is_variable};
use crate::script::{ANSWER, CONTACT, Script, ScriptError};
use crate::text::{Scripts, Text};
use crate::window;
use crate::words::{contains_words, did_you_mean, fold, list};
use crate::yaml::{Places, child};

/// A compiled version of a flow. Immutable; shared by every run of it.
pub struct Program {
    version: VersionId,
    document: Document,
    warnings: Vec<Problem>,
    nodes: IndexMap<NodeId, Compiled>,
    scripts: Scripts,
    labels: IndexMap<String, String>,
    keywords: Vec<String>,
    any_message: bool,
    files: Files,
}

/// The files of a version, by their path beside the document.
pub type Files = IndexMap<String, StoredFile>;

/// A step made ready.
pub(crate) struct Compiled {
    pub(crate) behaviour: Box<dyn Behaviour>,
    pub(crate) exits: IndexMap<String, NodeId>,
    meta: Meta,
}

/// How well a message fits a flow's start. The greater one wins: the whole message beats words in it,
/// more words beat fewer, and any keyword beats "any message".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TriggerMatch {
    /// The flow takes any message.
    AnyMessage,
    /// The message contains a keyword of this many words.
    Contains(usize),
    /// The message is a keyword of this many words.
    Equals(usize),
}

/// A step as the graph screen shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Card {
    /// The step.
    pub id: NodeId,
    /// Its kind.
    pub kind: String,
    /// The kind's name (Spanish).
    pub kind_name: &'static str,
    /// Icon of the Tabler set.
    pub icon: &'static str,
    /// Colour token.
    pub color: &'static str,
    /// The author's name of the step, else the kind's.
    pub name: String,
    /// What it says or does, line by line.
    pub summary: Vec<String>,
    /// Its part in the graph.
    pub role: Role,
    /// Its ways out.
    pub exits: Vec<CardExit>,
    /// Pixels to the right, when the author placed it.
    pub x: Option<f64>,
    /// Pixels down.
    pub y: Option<f64>,
    /// The config as written.
    pub config: Value,
}

/// A way out of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardExit {
    /// Stable key.
    pub key: String,
    /// What is written at it.
    pub label: String,
    /// Where it leads.
    pub target: Option<NodeId>,
    /// Whether it may lead nowhere.
    pub optional: bool,
}

/// Where a kind reports what is wrong with a config.
pub struct Check<'a> {
    node: &'a NodeId,
    places: &'a Places,
    base: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    /// An error at a JSON pointer within the config (`/options/2/title`). The code is
    /// `node.<kind>.<what>` or `limit.<what>`.
    pub fn error(&mut self, pointer: &str, code: &str, message: impl Into<String>, help: impl Into<String>) {
        let at = format!("{}{pointer}", self.base);
        self.problems.push(Problem::error(code, message, help).of(self.node).at(self.places, &at));
    }

    /// Reports every text of a list that reads the same as an earlier one, at `pointer` with `{}` for its
    /// place in the list.
    pub fn unique<'t>(&mut self, pointer: &str, code: &str, texts: impl IntoIterator<Item = &'t str>) {
        let mut seen = HashSet::new();
        for (i, text) in texts.into_iter().enumerate() {
            if !seen.insert(fold(text)) {
                self.error(
                    &pointer.replace("{}", &i.to_string()),
                    code,
                    format!("«{text}» está repetido, o se lee igual que otro."),
                    "Cada uno debe ser distinto, también sin contar tildes ni mayúsculas.",
                );
            }
        }
    }
}

impl Program {
    /// Checks a document and makes it ready.
    ///
    /// # Errors
    /// All problems, errors and warnings, when at least one is an error.
    pub fn compile(document: Document, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        Self::build(document, catalogue, Vec::new())
    }

    /// Reads, checks and makes ready: as [`crate::parse`] and [`Program::compile`], but a problem of the
    /// form does not hide those of the content.
    ///
    /// # Errors
    /// As for [`Program::compile`].
    pub fn read(text: &str, catalogue: &Catalogue) -> Result<Self, Vec<Problem>> {
        match read(text) {
            (Some(document), problems) => Self::build(document, catalogue, problems),
            (None, problems) => Err(problems),
        }
    }

    fn build(
        document: Document,
        catalogue: &Catalogue,
        mut problems: Vec<Problem>,
    ) -> Result<Self, Vec<Problem>> {
        let mut found = Vec::new();
        let mut labels: IndexMap<String, String> = document
            .variables
            .iter()
            .map(|(name, variable)| (name.clone(), variable.label.clone().unwrap_or_else(|| name.clone())))
            .collect();
        let mut nodes = IndexMap::new();
        let mut spots = Vec::new();
        let (mut keywords, mut any_message) = (Vec::new(), false);
        for (id, node) in &document.nodes {
            let Bound { node: bound, found: texts, writes } =
                bind(id, node, &document.places, catalogue, &mut problems);
            found.extend(texts);
            let Some((behaviour, meta)) = bound else {
                labels.extend(writes.into_iter().map(|name| (name.clone(), name)));
                spots.push(Spot::unknown(id, node));
                continue;
            };
            for write in behaviour.writes() {
                let label = write.label.unwrap_or_else(|| write.name.clone());
                labels.entry(write.name).or_insert(label);
            }
            spots.push(Spot::known(id, node, meta, behaviour.as_ref()));
            if *id == document.start {
                let triggers: Triggers = behaviour.triggers();
                keywords = triggers.keywords.iter().map(|keyword| fold(keyword)).collect();
                any_message = triggers.any_message;
            }
            nodes.insert(id.clone(), Compiled { behaviour, exits: node.exits.clone(), meta });
        }
        for (key, at) in document.variables.keys().map(|key| (key, child("/variables", key))) {
            if !is_variable(key) {
                problems.push(
                    Problem::error(
                        "expr.bad_name",
                        format!("«{key}» no sirve como nombre de un dato."),
                        "Usa letras sin tilde, números y «_», empezando por una letra.",
                    )
                    .at_key(&document.places, &at),
                );
            }
        }
        let (scripts, reads) = compile_scripts(found, &labels, &document.places, &mut problems);
        graph::check(&document, &spots, &mut problems);
        // Of ways that are wrong themselves nothing more is asked.
        if !problems.iter().any(Problem::is_error) {
            assigned::check(&document, &spots, &reads, &mut problems);
            window::check(&document, &spots, &mut problems);
        }
        sort(&mut problems);
        if problems.iter().any(Problem::is_error) {
            return Err(problems);
        }
        let version = document.version();
        let files = Files::new();
        Ok(Self {
            version,
            document,
            warnings: problems,
            nodes,
            scripts,
            labels,
            keywords,
            any_message,
            files,
        })
    }

    /// The files that its steps send, each path once, in the order of the steps.
    pub fn needs(&self) -> IndexMap<String, Vec<(NodeId, FileUse)>> {
        let mut needs: IndexMap<String, Vec<(NodeId, FileUse)>> = IndexMap::new();
        for (id, compiled) in &self.nodes {
            for file in compiled.behaviour.files() {
                needs.entry(file.path.clone()).or_default().push((id.clone(), file));
            }
        }
        needs
    }

    /// The same flow with the files it sends: they are part of its version. Files that no step sends are
    /// left out.
    ///
    /// # Errors
    /// A problem for every file that is missing, or cannot be sent as what it is to be sent.
    pub fn with_files(mut self, files: &Files) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut used = Files::new();
        for (path, uses) in self.needs() {
            for (node, FileUse { media, pointer, .. }) in uses {
                let wrong = match files.get(&path) {
                    None => Some((
                        "file.missing",
                        format!("No está el archivo «{path}»."),
                        "Ponlo junto al flujo, con ese nombre.".to_owned(),
                    )),
                    Some(file) => {
                        used.insert(path.clone(), file.clone());
                        limits::file(media, file).err().map(|text| {
                            (
                                "file.unfit",
                                format!(
                                    "«{path}» no se puede enviar como {}: {text}",
                                    media.name().to_lowercase()
                                ),
                                "Usa otro archivo, o envíalo como documento.".to_owned(),
                            )
                        })
                    }
                };
                if let Some((code, message, help)) = wrong {
                    let at = format!("{}{pointer}", child(&child("/nodes", &node), "config"));
                    problems
                        .push(Problem::error(code, message, help).of(&node).at(&self.document.places, &at));
                }
            }
        }
        if !problems.is_empty() {
            sort(&mut problems);
            return Err(problems);
        }
        used.sort_keys();
        if !used.is_empty() {
            self.version = crate::version::with_files(&self.version, &used);
        }
        self.files = used;
        Ok(self)
    }

    /// Its files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The version: named by the content without layout.
    pub fn version(&self) -> &VersionId {
        &self.version
    }

    /// The document it was made from.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What somebody should look at.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Whether a message starts the flow. `None` as text is a message without words, as a picture.
    pub fn matches(&self, text: Option<&str>) -> Option<TriggerMatch> {
        let text = fold(text.unwrap_or_default());
        let by_keyword = self.keywords.iter().filter(|_| !text.is_empty()).filter_map(|keyword| {
            let words = keyword.split(' ').count();
            if text == *keyword {
                Some(TriggerMatch::Equals(words))
            } else {
                contains_words(&text, keyword).then_some(TriggerMatch::Contains(words))
            }
        });
        by_keyword.max_by(Ord::cmp).or_else(|| self.any_message.then_some(TriggerMatch::AnyMessage))
    }

    /// The steps for the graph screen, in the document's order.
    pub fn cards(&self) -> Vec<Card> {
        self.nodes
            .iter()
            .filter_map(|(id, compiled)| {
                let node = self.document.nodes.get(id)?;
                let position = self.document.layout.get(id);
                let exits =
                    all_exits(compiled.meta, compiled.behaviour.as_ref()).into_iter().map(|exit| CardExit {
                        target: compiled.exits.get(&exit.key).cloned(),
                        key: exit.key,
                        label: exit.label,
                        optional: exit.optional,
                    });
                Some(Card {
                    id: id.clone(),
                    kind: node.kind.clone(),
                    kind_name: compiled.meta.name,
                    icon: compiled.meta.icon,
                    color: compiled.meta.color,
                    name: node.name.clone().unwrap_or_else(|| compiled.meta.name.to_owned()),
                    summary: compiled.behaviour.summary(),
                    role: compiled.meta.role,
                    exits: exits.collect(),
                    x: position.map(|position| position.x),
                    y: position.map(|position| position.y),
                    config: Value::Object(node.config.clone()),
                })
            })
            .collect()
    }

    /// The variables of the flow and how screens call them, in the order they are declared or written.
    pub fn labels(&self) -> &IndexMap<String, String> {
        &self.labels
    }

    pub(crate) fn node(&self, id: &NodeId) -> Option<&Compiled> {
        self.nodes.get(id)
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.scripts
    }
}

/// A step's config bound to its kind.
#[derive(Default)]
struct Bound {
    /// `None` when it cannot be.
    node: Option<(Box<dyn Behaviour>, Meta)>,
    found: Vec<Found>,
    writes: Vec<String>,
}

fn bind(
    id: &NodeId,
    node: &Node,
    places: &Places,
    catalogue: &Catalogue,
    problems: &mut Vec<Problem>,
) -> Bound {
    let at = child("/nodes", id);
    // Without a kind there is a problem of the form already.
    if node.kind.is_empty() {
        return Bound::default();
    }
    let Some(kind) = catalogue.get(&node.kind) else {
        let names: Vec<&str> = catalogue.kinds().map(|kind| kind.meta.kind).collect();
        let hint = did_you_mean(&node.kind, names.iter().copied());
        problems.push(
            Problem::error(
                "doc.unknown_kind",
                format!("No existe un paso de tipo «{}».", node.kind),
                format!("{hint}Los tipos son {}.", list(names)),
            )
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
    let Walk { problems: wrong, found, writes, .. } = walk;
    let broken = !wrong.is_empty();
    problems.extend(wrong.into_iter().map(|problem| problem.of(id)));
    if broken {
        return Bound { node: None, found, writes };
    }
    match (kind.bind)(config) {
        Ok(behaviour) => {
            behaviour.check(&mut Check { node: id, places, base: &base, problems });
            Bound { node: Some((behaviour, kind.meta)), found, writes }
        }
        Err(error) => {
            let message = format!("La configuración del paso no se entiende ({error}).");
            let problem =
                Problem::error("doc.wrong_value", message, "Compárala con un ejemplo de este tipo.");
            problems.push(problem.of(id).at(places, &base));
            Bound { node: None, found, writes }
        }
    }
}

fn migrated(kind: &Kind, node: &Node) -> Result<Value, String> {
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

/// Compiles what was found in the configs, and reports what cannot be, where it stands. Also gives the data
/// that texts name.
fn compile_scripts(
    found: Vec<Found>,
    labels: &IndexMap<String, String>,
    places: &Places,
    problems: &mut Vec<Problem>,
) -> (Scripts, Vec<Read>) {
    let mut scripts = Scripts::default();
    let mut reads = Vec::new();
    for found in found {
        let node: Option<NodeId> = found.pointer.split('/').nth(2).and_then(|id| id.parse().ok());
        let before = problems.len();
        let mut compile = |source: &str, nth: usize| match Script::compile(source) {
            Ok(script) => {
                let unknown = |name: &str| {
                    name != CONTACT && !labels.contains_key(name) && !(found.of_answer && name == ANSWER)
                };
                for (name, position) in script.reads.iter().filter(|(name, _)| unknown(name)) {
                    let hint = did_you_mean(name, labels.keys().map(String::as_str));
                    let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                    let at = places.inside(&found.pointer, source, nth, line, column);
                    let problem = Problem::error(
                        "expr.unknown_variable",
                        format!("«{name}» no es un dato de este flujo."),
                        format!("{hint}Guárdalo antes en un paso, o decláralo en «variables:»."),
                    );
                    problems.push(problem.at(places, &found.pointer).at_mark(at));
                }
                for (name, position) in script.reads.iter().filter(|(name, _)| labels.contains_key(name)) {
                    let needed = found.is_template && !found.is_data && script.needs.contains(name);
                    let Some(node) = node.clone().filter(|_| needed) else { continue };
                    let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                    let mark = places.inside(&found.pointer, source, nth, line, column);
                    reads.push(Read { node, name: name.clone(), pointer: found.pointer.clone(), mark });
                }
                Some(script)
            }
            Err(error) => {
                let at = places.inside(&found.pointer, source, nth, error.line, error.column);
                problems.push(expression_problem(error).at(places, &found.pointer).at_mark(at));
                None
            }
        };
        if found.is_template {
            let mut sources: Vec<String> = Vec::new();
            let text = Text::compile(&found.source, |source| {
                let nth = sources.iter().filter(|seen| seen.contains(source)).count();
                sources.push(source.to_owned());
                compile(source, nth)
            });
            match text {
                Ok(text) => {
                    scripts.texts.insert(found.source, text);
                }
                Err(error) => problems.push(expression_problem(error).at(places, &found.pointer)),
            }
        } else if let Some(script) = compile(&found.source, 0) {
            scripts.scripts.insert(found.source, script);
        }
        for problem in &mut problems[before..] {
            problem.node = node.clone();
        }
    }
    (scripts, reads)
}

fn expression_problem(error: ScriptError) -> Problem {
    Problem::error(error.code, error.message, error.help)
}
