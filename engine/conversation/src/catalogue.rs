//! The Workspace: its published flows.
//!
//! A version is immutable and named by its content; publishing stores it and makes it the current
//! one of its flow. The catalogue has a revision that grows with every publication. Runs keep the
//! version they began with.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use cauce_flows::{Catalogue, Files, Program};
use cauce_model::{Change, FileId, FlowId, StoredFile, Timestamp, VersionId, WorkspaceId};
use cauce_runtime::{Entity, Halt, Turn, from_bytes};
use cauce_store::{Key, Store, StoreError, Table};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::workspace_slot;

/// (workspace's slot, workspace) → its catalogue.
pub const CATALOGUES: Table<Catalogues> = Table::new(26);
/// (workspace's slot, workspace, version) → a version.
pub const VERSIONS: Table<VersionRow> = Table::new(27);
/// (workspace's slot, workspace, file) → a file that somebody of the team uploaded.
pub const FILES: Table<StoredFile> = Table::new(31);

/// The flows of a workspace as published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogues {
    /// Grows with every publication.
    pub revision: u64,
    /// The current version of each flow, by flow.
    pub flows: Vec<FlowHead>,
}

/// The current version of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowHead {
    /// Which flow.
    pub id: FlowId,
    /// What it is called.
    pub name: String,
    /// Its current version.
    pub version: VersionId,
    /// Since when.
    pub published_at: Timestamp,
    /// Who published it.
    pub published_by: String,
}

/// A version as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Of which flow.
    pub flow: FlowId,
    /// What the flow was called.
    pub name: String,
    /// The document in canonical YAML, with the layout it was last published with.
    pub document: String,
    /// The files it sends.
    #[serde(default)]
    pub files: Files,
    /// The versions of the flows that it calls.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub subflows: IndexMap<FlowId, VersionId>,
    /// When it was first published.
    pub published_at: Timestamp,
    /// Who published it first.
    pub published_by: String,
}

/// The command to publish. The document has been checked: it compiles.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Publish {
    /// Which flow.
    pub flow: FlowId,
    /// What it is called.
    pub name: String,
    /// The version, by content.
    pub version: VersionId,
    /// The document in canonical YAML.
    pub document: String,
    /// The files it sends.
    #[serde(default)]
    pub files: Files,
    /// The versions of the flows that it calls.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub subflows: IndexMap<FlowId, VersionId>,
    /// Who publishes.
    pub by: String,
}

/// What can happen to a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WorkspaceEvent {
    /// A flow is published.
    Publish(Publish),
    /// Somebody of the team uploaded a file; it is in the file store. Answers nothing.
    KeepFile(StoredFile),
    /// Something came in that concerns no contact; it is kept for a person to look at.
    Record {
        /// What it is.
        code: String,
        /// As it came.
        raw: String,
    },
}

/// What publishing answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The revision of the catalogue that first has it.
    pub revision: u64,
    /// Whether the flow's current version changed.
    pub changed: bool,
}

/// The key of a workspace's catalogue.
pub(crate) fn catalogue_key(workspace: &WorkspaceId) -> Key {
    CATALOGUES.key(workspace_slot(workspace)).text(workspace.as_str())
}

impl Catalogues {
    /// The key of a workspace's catalogue.
    pub fn key(workspace: &WorkspaceId) -> Key {
        catalogue_key(workspace)
    }
}

/// The key of an uploaded file.
pub fn file_key(workspace: &WorkspaceId, file: &FileId) -> Key {
    FILES.key(workspace_slot(workspace)).text(workspace.as_str()).text(file.as_str())
}

impl VersionRow {
    /// The key of a version.
    pub fn key(workspace: &WorkspaceId, version: &VersionId) -> Key {
        VERSIONS.key(workspace_slot(workspace)).text(workspace.as_str()).text(version.as_str())
    }
}

/// The entity of a workspace.
pub struct Workspace;

impl Entity for Workspace {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let workspace: WorkspaceId =
            turn.this().key.parse().map_err(|e: cauce_model::IdError| Halt::Unreadable(e.to_string()))?;
        let publish = match from_bytes(event)? {
            WorkspaceEvent::Publish(publish) => publish,
            WorkspaceEvent::KeepFile(file) => {
                turn.put(&FILES, file_key(&workspace, &file.id), &file);
                turn.reply(&());
                return Ok(());
            }
            WorkspaceEvent::Record { code, raw } => {
                // Meta sends it again when a neighbour in its batch was not taken.
                if turn.first_time(turn.now(), &["record", &code, &raw])? {
                    turn.dead_letter(raw.as_bytes(), &code);
                }
                return Ok(());
            }
        };
        let now = turn.now();
        let key = VersionRow::key(&workspace, &publish.version);
        let first = turn.get(&VERSIONS, &key)?;
        let (published_at, published_by) =
            first.map_or((now, publish.by.clone()), |row| (row.published_at, row.published_by));
        let row = VersionRow {
            flow: publish.flow.clone(),
            name: publish.name.clone(),
            document: publish.document,
            files: publish.files,
            subflows: publish.subflows,
            published_at,
            published_by,
        };
        turn.put(&VERSIONS, key, &row);

        let key = catalogue_key(&workspace);
        let mut catalogue = turn.get(&CATALOGUES, &key)?.unwrap_or_default();
        let changed =
            !catalogue.flows.iter().any(|flow| flow.id == publish.flow && flow.version == publish.version);
        if changed {
            catalogue.revision += 1;
            catalogue.flows.retain(|flow| flow.id != publish.flow);
            catalogue.flows.push(FlowHead {
                id: publish.flow.clone(),
                name: publish.name,
                version: publish.version.clone(),
                published_at: now,
                published_by: publish.by,
            });
            catalogue.flows.sort_by(|a, b| a.id.cmp(&b.id));
            turn.put(&CATALOGUES, key, &catalogue);
            turn.publish(&Change::Flow { workspace, flow: publish.flow, version: publish.version });
        }
        turn.reply(&Published { revision: catalogue.revision, changed });
        Ok(())
    }
}

/// Compiled versions. A version never changes, so one compiled once is kept.
pub struct Programs {
    catalogue: Catalogue,
    compiled: RwLock<HashMap<VersionId, Arc<Program>>>,
}

impl Programs {
    /// Programs over these kinds of nodes.
    pub fn new(catalogue: Catalogue) -> Self {
        Self { catalogue, compiled: RwLock::default() }
    }

    /// The kinds of nodes.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Keeps a version as it was just published: with the layout it was published with.
    pub fn keep(&self, program: Arc<Program>) {
        let mut compiled = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        compiled.insert(program.version().clone(), program);
    }

    /// The version when it has been compiled already.
    pub fn known(&self, version: &VersionId) -> Option<Arc<Program>> {
        self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(version).cloned()
    }

    /// The version with the flows that it calls, read from a store when it is not in memory, and its row.
    ///
    /// # Errors
    /// When the store fails, or what it has cannot be read.
    pub async fn fetch(
        &self,
        store: &dyn Store,
        workspace: &WorkspaceId,
        version: &VersionId,
    ) -> Result<Option<(Arc<Program>, VersionRow)>, LoadError> {
        let Some(row) = VERSIONS.fetch(store, &VersionRow::key(workspace, version)).await? else {
            return Ok(None);
        };
        for called in row.subflows.values() {
            if self.known(called).is_none() {
                Box::pin(self.fetch(store, workspace, called)).await?;
            }
        }
        let program = self.load(version, &row).map_err(LoadError::Unreadable)?;
        Ok(Some((program, row)))
    }

    /// The version, compiled from its row when it was not yet. The flows that it calls are in memory.
    fn load(&self, version: &VersionId, row: &VersionRow) -> Result<Arc<Program>, String> {
        if let Some(program) = self.known(version) {
            return Ok(program);
        }
        let explain = |problems: Vec<cauce_flows::Problem>| {
            let first = problems.first().map_or("", |problem| problem.message.as_str());
            format!("version {version} of {} does not compile: {first}", row.flow)
        };
        let program = Program::read(&row.document, &self.catalogue)
            .and_then(|program| program.with_files(&row.files))
            .and_then(|program| {
                program.with_subflows(|flow| row.subflows.get(flow).and_then(|version| self.known(version)))
            })
            .map_err(explain)?;
        let program = Arc::new(program);
        self.keep(program.clone());
        Ok(program)
    }

    /// The version, read through a turn when it is not in memory.
    pub(crate) fn in_turn(
        &self,
        turn: &Turn<'_>,
        workspace: &WorkspaceId,
        version: &VersionId,
    ) -> Result<Arc<Program>, Halt> {
        if let Some(program) = self.known(version) {
            return Ok(program);
        }
        let row = turn.get(&VERSIONS, &VersionRow::key(workspace, version))?;
        let row = row.ok_or_else(|| Halt::Unreadable(format!("version {version} is not there")))?;
        for called in row.subflows.values() {
            self.in_turn(turn, workspace, called)?;
        }
        self.load(version, &row).map_err(Halt::Unreadable)
    }
}

/// Why a version cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What it has cannot be read.
    #[error("{0}")]
    Unreadable(String),
}
