//! A flow made ready to run: every config bound to its kind, every expression compiled, the graph proven.

mod bind;
mod calls;
mod card;
mod check;
mod expressions;
mod starts;
mod translated;

use std::sync::{Arc, OnceLock};

use cauce_model::{FlowId, NodeId, QueueId, StoredFile, VersionId};
use indexmap::IndexMap;

pub(crate) use self::bind::migrated;
use self::bind::{Bound, bind, inherited};
pub use self::card::{Card, CardExit};
pub use self::check::Check;
pub use self::starts::{Fit, Starts, Trigger};
pub(crate) use self::translated::Spoken;
use crate::Problem;
use crate::document::{Document, read};
use crate::kind::{Behaviour, Catalogue, Command, FileUse, Meta, Triggers, Write};
use crate::migrate::Needs;
use crate::problem::sort;
use crate::proofs::graph::Graph;
use crate::proofs::{self, Declared, FlowFacts, Spot, Use};
use crate::schema::is_variable;
use crate::text::Scripts;
use crate::words::{did_you_mean, fold};
use crate::yaml::child;
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
    needs_later: OnceLock<Needs>,
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
        let (scripts, uses) = expressions::compile(found, &labels, &document, &mut problems);
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
            needs_later: OnceLock::new(),
            labels,
            folded: starts::folded(&triggers),
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
        let spots = self.spots();
        let mut problems = Vec::new();
        let facts = proofs::prove(&self.document, &spots, &self.uses, &self.scripts, &mut problems);
        sort(&mut problems);
        (problems, facts.unwrap_or_default())
    }

    /// The queues that its steps name, and where, as a JSON pointer into the step's config.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (&NodeId, QueueId, &'static str)> {
        let of = |step: &Compiled| step.behaviour.queues();
        let queues = move |(id, step)| of(step).into_iter().map(move |(queue, at)| (id, queue, at));
        self.nodes.iter().flat_map(queues)
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

    /// The steps as the proofs see them. Every step of a flow without errors is in both, in the same order.
    fn spots(&self) -> Vec<Spot<'_>> {
        let steps = self.document.nodes.iter().zip(self.nodes.values());
        steps.map(|((id, node), step)| Spot { id, node, declared: &step.declared }).collect()
    }

    /// Looks at the steps and the ways between them, and at the data that is named where.
    pub(crate) fn with_graph<R>(&self, look: impl FnOnce(&Graph<'_>, &[Use]) -> R) -> R {
        look(&Graph::new(&self.document, &self.spots(), &self.uses), &self.uses)
    }

    /// The data that texts name from a step on. Reckoned when it is first asked for.
    pub(crate) fn needs_later(&self) -> &Needs {
        self.needs_later.get_or_init(|| Needs::of(self))
    }

    /// The keys of a step's exits.
    pub(crate) fn exits_of(&self, step: &NodeId) -> Vec<&str> {
        let exits = self.nodes.get(step).map_or(&[][..], |compiled| &compiled.declared.exits);
        exits.iter().map(|exit| exit.key.as_str()).collect()
    }
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
