//! A flow made ready to run: every config bound to its kind, every expression compiled, the graph proven.

mod translated;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cauce_model::{FlowId, InboundContent, NodeId, QueueId, StoredFile, VersionId};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

pub(crate) use self::translated::Spoken;
use crate::Problem;
use crate::document::{Document, Node, read};
use crate::fields::Name;
use crate::fix::Fix;
use crate::kind::{
    Behaviour, Catalogue, Command, FileUse, FlowUse, Kind, Meta, Role, Triggers, Write, all_exits,
};
use crate::problem::sort;
use crate::proofs::{self, Declared, FlowFacts, Spot, Use};
use crate::run::{Frame, Opening};
use crate::schema::{Found, Walk, is_variable};
use crate::script::{ANSWER, CONTACT, Code, Meant, Script, ScriptError};
use crate::text::{Piece, Scripts, Text, respelt, split};
use crate::words::{contains_words, did_you_mean, fold, list, suggestions};
use crate::yaml::{Places, child};
use crate::{languages, limits};

/// A compiled version of a flow. Immutable; shared by every run of it.
pub struct Program {
    version: VersionId,
    document: Document,
    warnings: Vec<Problem>,
    facts: FlowFacts,
    uses: Vec<Use>,
    nodes: IndexMap<NodeId, Compiled>,
    scripts: Scripts,
    labels: IndexMap<String, String>,
    triggers: Triggers,
    /// The same, as they are compared.
    folded: Triggers,
    commands: Vec<(NodeId, Command)>,
    goes_back: bool,
    files: Files,
    subflows: IndexMap<FlowId, Arc<Program>>,
}

/// The files of a version, by their path beside the document.
pub type Files = IndexMap<String, StoredFile>;

/// A step made ready.
pub(crate) struct Compiled {
    pub(crate) behaviour: Box<dyn Behaviour>,
    /// The same in other languages.
    pub(crate) spoken: IndexMap<String, Spoken>,
    pub(crate) exits: IndexMap<String, NodeId>,
    pub(crate) meta: Meta,
    declared: Declared,
}

/// How well a message fits a flow's start; the greater one wins. What brings the customer counts first, then
/// the flow's priority; the whole message beats words in it, and more words beat fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    /// What brings the customer.
    pub by: Trigger,
    /// The flow's priority.
    pub priority: i32,
    /// Whether the message is the keyword and nothing else.
    pub whole: bool,
    /// How many words the keyword has.
    pub words: usize,
}

/// What brings a customer to a flow, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trigger {
    /// The flow takes any message.
    AnyMessage,
    /// It is the first message that they ever wrote.
    FirstContact,
    /// A word of the message.
    Keyword,
    /// An advertisement or post.
    Ad,
    /// A link or a printed code.
    Link,
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
    document: &'a Document,
    places: &'a Places,
    base: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Check<'_> {
    /// An error at a JSON pointer within the config (`/options/2/title`). The code is
    /// `node.<kind>.<what>` or `limit.<what>`.
    pub fn error(&mut self, pointer: &str, code: &str, message: impl Into<String>, help: impl Into<String>) {
        self.fixable(pointer, code, message, help, None);
    }

    fn fixable(
        &mut self,
        pointer: &str,
        code: &str,
        message: impl Into<String>,
        help: impl Into<String>,
        fix: Option<Fix>,
    ) {
        let at = format!("{}{pointer}", self.base);
        let problem = Problem::error(code, message, help).of(self.node).at(self.places, &at);
        self.problems.push(problem.with_fixes(fix));
    }

    /// How one of several texts that read the same gets out of the way of the others: an id becomes another one
    /// whose exit leads to the same step, and an item of a list goes.
    fn unrepeated(&self, pointer: &str, text: &str, taken: &HashSet<String>) -> Option<Fix> {
        let at = format!("{}{pointer}", self.base);
        let (_, last) = pointer.rsplit_once('/')?;
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Fix::new(format!("Quitar «{text}» de la lista")).remove(&at).safe());
        }
        let exits = self.base.strip_suffix("/config").filter(|_| last == "id")?.to_owned() + "/exits";
        let known = &self.document.nodes.get(self.node)?.exits;
        let mut names = (2..100).map(|n| format!("{text}_{n}"));
        let free = |name: &String| {
            !taken.contains(&fold(name)) && !known.contains_key(name) && name.parse::<NodeId>().is_ok()
        };
        let name = names.find(free)?;
        let fix = Fix::new(format!("Llamarlo «{name}»")).replace(&at, name.as_str());
        Some(match known.get(text) {
            Some(target) => fix.add(&child(&exits, &name), target.as_str()),
            None => fix,
        })
    }

    /// The document that the step is part of.
    pub fn document(&self) -> &Document {
        self.document
    }

    /// Reports what a script gives a value that is none of its results.
    pub fn code(&mut self, pointer: &str, code: &crate::fields::Code, outputs: &[Name]) {
        // What cannot be read is reported where it stands.
        let Ok(compiled) = Code::compile(code.source()) else { return };
        for (name, _) in
            compiled.assigns.iter().filter(|(name, _)| !outputs.iter().any(|output| output.0 == *name))
        {
            self.error(
                pointer,
                "expr.not_output",
                format!("El código cambia «{name}», que no está entre sus resultados."),
                format!("Agrégalo a «outputs:», o declara uno propio: let {name} = …"),
            );
        }
    }

    /// Reports every text of a list that reads the same as an earlier one, at `pointer` with `{}` for its
    /// place in the list.
    pub fn unique<'t>(&mut self, pointer: &str, code: &str, texts: impl IntoIterator<Item = &'t str>) {
        let texts: Vec<&str> = texts.into_iter().collect();
        let all: HashSet<String> = texts.iter().map(|text| fold(text)).collect();
        let mut seen = HashSet::new();
        for (i, text) in texts.into_iter().enumerate() {
            if !seen.insert(fold(text)) {
                let pointer = pointer.replace("{}", &i.to_string());
                let fix = self.unrepeated(&pointer, text, &all);
                self.fixable(
                    &pointer,
                    code,
                    format!("«{text}» está repetido, o se lee igual que otro."),
                    "Cada uno debe ser distinto, también sin contar tildes ni mayúsculas.",
                    fix,
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
        for (name, param) in &document.params {
            labels.entry(name.clone()).or_insert_with(|| param.label.clone().unwrap_or_else(|| name.clone()));
        }
        let (mut bounds, mut spoken_of) = (Vec::with_capacity(document.nodes.len()), Vec::new());
        for (id, node) in &document.nodes {
            let Bound { node: bound, spoken, found: texts, writes } =
                bind(id, node, &document, catalogue, &mut problems);
            found.extend(texts);
            if bound.is_none() {
                labels.extend(writes.into_iter().map(|name| (name.clone(), name)));
            }
            bounds.push(bound);
            spoken_of.push(spoken);
        }
        let inherited = inherited(&document, &bounds, &mut problems);
        let mut nodes = IndexMap::new();
        let nothing = Declared::nothing();
        let (mut triggers, mut commands) = (Triggers::default(), Vec::new());
        for (((id, written), bound), spoken) in document.nodes.iter().zip(bounds).zip(spoken_of) {
            let node = inherited.get(id).unwrap_or(written);
            let Some((behaviour, meta)) = bound else {
                continue;
            };
            let mut declared = Declared::of(meta, behaviour.as_ref());
            for write in &declared.writes {
                let label = || write.label.clone().unwrap_or_else(|| write.name.clone());
                labels.entry(write.name.clone()).or_insert_with(label);
            }
            if *id == document.start {
                triggers = behaviour.triggers();
                let given = document.params.iter().filter(|(_, param)| !param.optional);
                declared.writes.extend(given.map(|(name, _)| Write::new(&name.as_str().into())));
            }
            if let Some(command) = behaviour.command() {
                let words = command.words.iter().map(|word| fold(word)).collect();
                commands.push((id.clone(), Command { words, ..command }));
            }
            nodes.insert(
                id.clone(),
                Compiled { behaviour, spoken, exits: node.exits.clone(), meta, declared },
            );
        }
        names(&document, &labels, &mut problems);
        for (key, at) in document
            .variables
            .keys()
            .map(|key| (key, child("/variables", key)))
            .chain(document.params.keys().map(|key| (key, child("/params", key))))
        {
            if !is_variable(key) {
                problems.push(bad_name(key).at_key(&document.places, &at));
            }
        }
        let (scripts, uses) = compile_scripts(found, &labels, &document, &mut problems);
        let declared = |id: &NodeId| nodes.get(id).map_or(&nothing, |step: &Compiled| &step.declared);
        let spots: Vec<Spot<'_>> =
            document.nodes.iter().map(|(id, node)| Spot { id, node, declared: declared(id) }).collect();
        let facts = proofs::prove(&document, &spots, &uses, &scripts, &mut problems);
        sort(&mut problems);
        let Some(facts) = facts else { return Err(problems) };
        let goes_back = commands.iter().any(|(_, command)| command.goes_back);
        Ok(Self {
            version: document.version(),
            document,
            warnings: problems,
            facts,
            uses,
            nodes,
            scripts,
            labels,
            folded: folded(&triggers),
            triggers,
            commands,
            goes_back,
            files: Files::new(),
            subflows: IndexMap::new(),
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

    /// What the checks know of it beside that.
    pub fn facts(&self) -> &FlowFacts {
        &self.facts
    }

    /// Proves the graph once more: the warnings of the proofs, and the facts.
    pub fn prove(&self) -> (Vec<Problem>, FlowFacts) {
        // Every step of a flow without errors is in both, in the same order.
        let steps = self.document.nodes.iter().zip(self.nodes.values());
        let spots: Vec<Spot<'_>> =
            steps.map(|((id, node), step)| Spot { id, node, declared: &step.declared }).collect();
        let mut problems = Vec::new();
        let facts = proofs::prove(&self.document, &spots, &self.uses, &self.scripts, &mut problems);
        sort(&mut problems);
        (problems, facts.unwrap_or_default())
    }

    /// What starts it, as texts are compared.
    pub(crate) fn folded(&self) -> &Triggers {
        &self.folded
    }

    /// The queues that its steps name, and where, as a JSON pointer into the step's config.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (&NodeId, QueueId, &'static str)> {
        let of = |step: &Compiled| step.behaviour.queues();
        let queues = move |(id, step)| of(step).into_iter().map(move |(queue, at)| (id, queue, at));
        self.nodes.iter().flat_map(queues)
    }

    /// Whether a message starts the flow, and how well it fits. Without words it is a picture or the like.
    /// `first` says that it is the first one of this customer.
    pub fn matches(&self, opening: Opening<'_>, first: bool) -> Option<Fit> {
        let triggers = &self.folded;
        let text = fold(opening.content.and_then(InboundContent::text).unwrap_or_default());
        let fit = |by, whole, words| Fit { by, priority: triggers.priority, whole, words };
        let ad =
            opening.referral.filter(|referral| triggers.any_ad || triggers.ads.contains(&referral.source_id));
        let has = |code: &&String| !text.is_empty() && contains_words(&text, code);
        let keywords = triggers.keywords.iter().filter(|_| !text.is_empty()).filter_map(|keyword| {
            let words = keyword.split(' ').count();
            let whole = text == *keyword;
            (whole || !triggers.exact && contains_words(&text, keyword))
                .then(|| fit(Trigger::Keyword, whole, words))
        });
        let link = triggers.links.iter().find(has).map(|_| fit(Trigger::Link, false, 0));
        let ad = ad.map(|_| fit(Trigger::Ad, false, 0));
        let first = (first && triggers.first_contact).then(|| fit(Trigger::FirstContact, false, 0));
        let any = triggers.any_message.then(|| fit(Trigger::AnyMessage, false, 0));
        keywords.chain(link).chain(ad).chain(first).chain(any).max()
    }

    /// Whether an event that another system tells of starts the flow, and with which priority.
    pub fn begins_by(&self, event: &str) -> Option<i32> {
        self.triggers.events.iter().any(|known| known == event).then_some(self.triggers.priority)
    }

    /// What starts it.
    pub fn triggers(&self) -> &Triggers {
        &self.triggers
    }

    /// The step that these words call, from wherever the flow waits.
    pub(crate) fn commanded(&self, text: &str) -> Option<&NodeId> {
        if self.commands.is_empty() {
            return None;
        }
        let text = fold(text);
        let calls = |command: &Command| {
            let inside = |word: &String| command.anywhere && contains_words(&text, word);
            !text.is_empty() && command.words.iter().any(|word| text == *word || inside(word))
        };
        self.commands.iter().find(|(_, command)| calls(command)).map(|(node, _)| node)
    }

    /// Whether a command of it leads back to earlier questions.
    pub(crate) fn goes_back(&self) -> bool {
        self.goes_back
    }

    /// The flows that its steps call, and how.
    pub fn calls(&self) -> impl Iterator<Item = (&NodeId, FlowUse)> {
        self.nodes.iter().filter_map(|(id, compiled)| Some((id, compiled.behaviour.calls()?)))
    }

    /// The flow that it calls by this id.
    pub(crate) fn subflow(&self, flow: &FlowId) -> Option<&Program> {
        self.subflows.get(flow).map(Arc::as_ref)
    }

    /// The versions of the flows that it calls.
    pub fn subflows(&self) -> impl Iterator<Item = (&FlowId, &VersionId)> {
        self.subflows.iter().map(|(flow, program)| (flow, program.version()))
    }

    /// The flow at the end of these calls.
    pub(crate) fn within<'p>(&'p self, frames: &[Frame]) -> Option<&'p Program> {
        frames.iter().try_fold(self, |program, frame| program.subflow(&frame.called))
    }

    /// The same flow together with the flows that it calls: their versions are part of its version. `find`
    /// gives the current version of a flow.
    ///
    /// # Errors
    /// A problem for every flow that is missing, calls this one in turn, or does not fit how it is called.
    pub fn with_subflows(
        mut self,
        find: impl Fn(&FlowId) -> Option<Arc<Program>>,
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut subflows: IndexMap<FlowId, Arc<Program>> = IndexMap::new();
        for (node, call) in self.calls() {
            let at = child(&child("/nodes", node), "config");
            let called = find(&call.flow);
            let mut wrong = |pointer: &str, problem: Problem| {
                let at = format!("{at}{pointer}");
                problems.push(problem.of(node).at(&self.document.places, &at));
            };
            match called {
                _ if call.flow == self.document.id => wrong("/flow", circle(&call.flow)),
                None => wrong(
                    "/flow",
                    Problem::error(
                        "flow.subflow_missing",
                        format!("No existe un flujo publicado «{}».", call.flow),
                        "Publica antes ese flujo, o corrige su identificador.",
                    ),
                ),
                Some(called) if called.reaches(&self.document.id) => wrong("/flow", circle(&call.flow)),
                Some(called) => {
                    misfits(&call, &called.document)
                        .into_iter()
                        .for_each(|(at, problem)| wrong(&at, problem));
                    subflows.insert(call.flow, called);
                }
            }
        }
        if !problems.is_empty() {
            sort(&mut problems);
            return Err(problems);
        }
        subflows.sort_keys();
        if !subflows.is_empty() {
            let versions = subflows.iter().map(|(flow, program)| (flow, program.version()));
            self.version = crate::version::with_subflows(&self.version, versions);
        }
        self.subflows = subflows;
        Ok(self)
    }

    /// Whether it calls this flow, itself or through others.
    fn reaches(&self, flow: &FlowId) -> bool {
        self.subflows.iter().any(|(id, program)| id == flow || program.reaches(flow))
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
                        target: node.exits.get(&exit.key).cloned(),
                        // What leads to a handler by itself may stay unconnected.
                        optional: exit.optional
                            || compiled.exits.contains_key(&exit.key) && !node.exits.contains_key(&exit.key),
                        key: exit.key,
                        label: exit.label,
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

    /// The language that its texts have for somebody of this one; `None` for the document's own.
    pub(crate) fn spoken(&self, language: Option<&str>) -> Option<&str> {
        languages::chain(&self.document, language?).first().copied()
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
    spoken: IndexMap<String, Spoken>,
    found: Vec<Found>,
    writes: Vec<String>,
}

/// A call that goes round in a circle.
fn circle(flow: &FlowId) -> Problem {
    Problem::error(
        "flow.calls_itself",
        format!("«{flow}» llama de vuelta a este flujo: no terminaría nunca."),
        "Quita una de las dos llamadas.",
    )
}

/// How a call does not fit the flow that it calls.
fn misfits(call: &FlowUse, called: &Document) -> Vec<(String, Problem)> {
    let mut wrong = Vec::new();
    let params: Vec<&str> = called.params.keys().map(String::as_str).collect();
    for (i, name) in call.params.iter().enumerate().filter(|(_, name)| !called.params.contains_key(*name)) {
        let hint = did_you_mean(name, params.iter().copied());
        let message = format!("«{}» no recibe el dato «{name}».", called.id);
        let known = if params.is_empty() {
            "No recibe ninguno.".to_owned()
        } else {
            format!("Recibe {}.", list(params.clone()))
        };
        let problem = Problem::error("flow.param_unknown", message, format!("{hint}{known}"));
        wrong.push((format!("/params/{i}/name"), problem));
    }
    for (name, _) in
        called.params.iter().filter(|(name, param)| !param.optional && !call.params.contains(name))
    {
        let message = format!("Falta el dato «{name}», que «{}» necesita.", called.id);
        let problem = Problem::error("flow.param_missing", message, format!("Agrega «{name}» en «params:»."));
        wrong.push(("/params".to_owned(), problem));
    }
    for (i, name) in call.returns.iter().enumerate().filter(|(_, name)| !called.returns.contains(name)) {
        let hint = did_you_mean(name, called.returns.iter().map(String::as_str));
        let message = format!("«{}» no devuelve el dato «{name}».", called.id);
        let problem = Problem::error(
            "flow.return_unknown",
            message,
            format!("{hint}Devuelve lo que dice su «returns:»."),
        );
        wrong.push((format!("/save/{i}/name"), problem));
    }
    wrong
}

/// What starts the flow, as it is compared.
fn folded(triggers: &Triggers) -> Triggers {
    let fold_all = |words: &[String]| words.iter().map(|word| fold(word)).collect();
    let (keywords, links) = (fold_all(&triggers.keywords), fold_all(&triggers.links));
    Triggers { keywords, links, ..triggers.clone() }
}

/// The names of data outside the steps: columns of tables, what is given back.
fn names(document: &Document, labels: &IndexMap<String, String>, problems: &mut Vec<Problem>) {
    for (table, at) in document.tables.iter().map(|(name, table)| (table, child("/tables", name))) {
        for (i, column) in table.columns.iter().enumerate().filter(|(_, column)| !is_variable(column)) {
            let at = child(&child(&at, "columns"), i);
            problems.push(bad_name(column).at(&document.places, &at));
        }
    }
    for (i, name) in document.returns.iter().enumerate().filter(|(_, name)| !labels.contains_key(*name)) {
        let hint = did_you_mean(name, labels.keys().map(String::as_str));
        let message = format!("«{name}» no es un dato de este flujo: no se puede devolver.");
        let problem = Problem::error("expr.unknown_variable", message, format!("{hint}Guárdalo en un paso."));
        problems.push(problem.at(&document.places, &child("/returns", i)));
    }
}

fn bad_name(name: &str) -> Problem {
    Problem::error(
        "expr.bad_name",
        format!("«{name}» no sirve como nombre de un dato."),
        "Usa letras sin tilde, números y «_», empezando por una letra.",
    )
}

/// The steps with exits that lead nowhere by themselves and for which a handler stands, with those exits.
fn inherited(
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

fn bind(
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

/// For so many names of data that do not exist one is proposed.
const MAX_PROPOSALS: usize = 50;

/// Compiles what was found in the configs, and reports what cannot be, where it stands. Also gives the data
/// that is named.
fn compile_scripts(
    found: Vec<Found>,
    labels: &IndexMap<String, String>,
    document: &Document,
    problems: &mut Vec<Problem>,
) -> (Scripts, Vec<Use>) {
    let places = &document.places;
    let mut scripts = Scripts::default();
    let (mut uses, mut strangers) = (Vec::new(), 0);
    for found in found {
        // `/nodes/<id>/…`, or `/translations/<language>/<id>/…`.
        let nth = if found.pointer.starts_with("/nodes/") { 2 } else { 3 };
        let node: Option<NodeId> = found.pointer.split('/').nth(nth).and_then(|id| id.parse().ok());
        let step = node.as_ref().and_then(|node| document.nodes.get_index_of(node));
        let before = problems.len();
        let mut compile = |source: &str, nth: usize| match Script::compile(source) {
            Ok(script) => {
                let unknown = |name: &str| {
                    name != CONTACT && !labels.contains_key(name) && !(found.of_answer && name == ANSWER)
                };
                for (name, position) in script.reads.iter().filter(|(name, _)| unknown(name)) {
                    strangers += 1;
                    let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                    let at = places.inside(&found.pointer, source, nth, line, column);
                    let names = labels.keys().map(String::as_str).filter(|_| strangers <= MAX_PROPOSALS);
                    let near = suggestions(name, names);
                    let fixes = respelt_as(&found, name, &near);
                    let problem = unknown_variable(name, &near).with_fixes(fixes);
                    problems.push(problem.at(places, &found.pointer).at_mark(at));
                }
                for (name, position) in script.reads.iter().filter(|(name, _)| labels.contains_key(name)) {
                    let told = found.is_template && !found.is_data;
                    let Some(at) = step else { continue };
                    let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                    let mark = places.inside(&found.pointer, source, nth, line, column);
                    uses.push(Use {
                        at,
                        name: name.clone(),
                        pointer: found.pointer.clone(),
                        mark,
                        needed: told && script.needs.contains(name),
                        told,
                        alone: source.trim() == name,
                    });
                }
                Some(script)
            }
            Err(error) => {
                let at = places.inside(&found.pointer, source, nth, error.line, error.column);
                let fixes = meant(&found, source, &error);
                problems
                    .push(expression_problem(error).with_fixes(fixes).at(places, &found.pointer).at_mark(at));
                None
            }
        };
        if found.is_code {
            match Code::compile(&found.source) {
                Ok(code) => {
                    for (name, position) in &code.reads {
                        if let (true, Some(at)) = (labels.contains_key(name), step) {
                            let (name, pointer) = (name.clone(), found.pointer.clone());
                            let (needed, told, alone) = (false, false, false);
                            uses.push(Use { at, name, pointer, mark: None, needed, told, alone });
                        }
                        if name == CONTACT || labels.contains_key(name) {
                            continue;
                        }
                        let (line, column) = (position.line().unwrap_or(1), position.position().unwrap_or(1));
                        let mark = places.inside(&found.pointer, &found.source, 0, line, column);
                        let near = suggestions(name, labels.keys().map(String::as_str));
                        problems.push(unknown_variable(name, &near).at(places, &found.pointer).at_mark(mark));
                    }
                    scripts.codes.insert(found.source, code);
                }
                Err(error) => {
                    let mark = places.inside(&found.pointer, &found.source, 0, error.line, error.column);
                    problems.push(expression_problem(error).at(places, &found.pointer).at_mark(mark));
                }
            }
        } else if found.is_template {
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
    (scripts, uses)
}

/// The text or expression with what was probably meant in the place of a word that is wrong in one expression.
fn meant(found: &Found, expression: &str, error: &ScriptError) -> Vec<Fix> {
    let Some(Meant { word, near }) = error.meant.as_deref() else { return Vec::new() };
    let fix = |other: &&'static str| {
        let corrected = corrected(expression, (error.line, error.column), word, other)?;
        let source = if found.is_template {
            let pieces = split(&found.source).ok()?.into_iter().map(|piece| match piece {
                Piece::Expression(source) if source == expression => format!("{{{{{corrected}}}}}"),
                Piece::Expression(source) => format!("{{{{{source}}}}}"),
                Piece::Written(text) => text.to_owned(),
            });
            pieces.collect()
        } else {
            corrected
        };
        Some(Fix::new(format!("Cambiar «{word}» por «{other}»")).replace(&found.pointer, source))
    };
    match &near[..] {
        [only] => fix(only).map(Fix::safe).into_iter().collect(),
        several => several.iter().take(3).filter_map(fix).collect(),
    }
}

/// The expression with another word at a line and column (from 1); `None` when the word is not there.
fn corrected(expression: &str, (line, column): (usize, usize), word: &str, other: &str) -> Option<String> {
    let before: usize = expression.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let (skipped, _) = expression.get(before..)?.char_indices().nth(column - 1)?;
    let (head, tail) = expression.split_at(before + skipped);
    Some(format!("{head}{other}{}", tail.strip_prefix(word)?))
}

/// The text or expression with another name in the place of a misspelt one.
fn respelt_as(found: &Found, name: &str, near: &[&str]) -> Vec<Fix> {
    let fix = |other: &&str| {
        let source = respelt(&found.source, found.is_template, name, other)?;
        Some(Fix::new(format!("Cambiar «{name}» por «{other}»")).replace(&found.pointer, source))
    };
    match near {
        [only] => fix(only).map(Fix::safe).into_iter().collect(),
        several => several.iter().take(3).filter_map(fix).collect(),
    }
}

fn unknown_variable(name: &str, near: &[&str]) -> Problem {
    let hint = near.first().map(|name| format!("Quizá quisiste decir «{name}». ")).unwrap_or_default();
    Problem::error(
        "expr.unknown_variable",
        format!("«{name}» no es un dato de este flujo."),
        format!("{hint}Guárdalo antes en un paso, o decláralo en «variables:»."),
    )
}

fn expression_problem(error: ScriptError) -> Problem {
    Problem::error(error.code, error.message, error.help)
}
