//! The Workspace: its published flows.
//!
//! A version is immutable and named by its content; publishing stores it and makes it the current
//! one of its flow. The catalogue has a revision that grows with every publication. Runs keep the
//! version they began with.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use cauce_flows::{Catalogue, Files, Program, Starts};
use cauce_model::{Change, FileId, FlowId, StoredFile, Timestamp, VersionId, WorkspaceId};
use cauce_runtime::{Entity, Halt, Turn, from_bytes};
use cauce_store::{Key, Store, StoreError, Table};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::canary::{self, ArmCounts, Canary, TrialOrder};
use crate::drafts::{self, DraftCommand};
use crate::schedules::{ScheduleEvent, schedule_entity};
use crate::workspace_slot;

/// (workspace's slot, workspace) → its catalogue.
pub const CATALOGUES: Table<Catalogues> = Table::new(26);
/// (workspace's slot, workspace, version) → a version.
pub const VERSIONS: Table<VersionRow> = Table::new(27);
/// (workspace's slot, workspace, file) → a file that somebody of the team uploaded.
pub const FILES: Table<StoredFile> = Table::new(31);

/// (workspace's slot, workspace, flow, number from 1) → a time a version became the flow's current one. Table
/// numbers 60–69 are the workspace's.
pub const PUBLICATIONS: Table<Publication> = Table::new(60);

/// (workspace's slot, workspace) → the words that start a flow also from within another, as texts are compared;
/// no row when there are none. Looked into whenever somebody writes within a flow.
pub const EVERYWHERE: Table<Vec<String>> = Table::new(68);

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
    /// The number of its last row of [`PUBLICATIONS`]; 0 when an older build published it.
    #[serde(default)]
    pub publications: u64,
    /// The number of its last trial.
    #[serde(default)]
    pub trials: u64,
    /// The version that is on trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// How its current version begins otherwise than by a message or an event.
    #[serde(default, skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
}

/// Something that happened to the versions of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Which version.
    pub version: VersionId,
    /// What the flow is called in it.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// The version that was the current one until then.
    pub before: Option<VersionId>,
    /// How.
    pub how: How,
}

/// What happened to a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It was published, and became the current one.
    Published,
    /// An older one was published again.
    Restored,
    /// It is on trial: a share of new runs walks it.
    Tried,
    /// Its trial went well: it became the current one.
    Promoted,
    /// Its trial did not go well: nobody begins with it any more.
    Withdrawn,
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
    /// How it begins otherwise than by a message or an event.
    #[serde(default, skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
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
    /// How it begins otherwise than by a message or an event.
    #[serde(default, skip_serializing_if = "Starts::is_empty")]
    pub starts: Starts,
    /// Who publishes.
    pub by: String,
    /// Whether it is tried first: the current version stays, and a share of new runs walks this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<TrialOrder>,
}

/// What can happen to a workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum WorkspaceEvent {
    /// A flow is published.
    Publish(Box<Publish>),
    /// A version that is there becomes the current one again. Answers [`Published`], or nothing when it is not
    /// there.
    Restore {
        /// Of which flow.
        flow: FlowId,
        /// Which.
        version: VersionId,
        /// Who does it.
        by: String,
    },
    /// The trial under way ends. Answers whether there was one.
    EndTrial {
        /// Of which flow.
        flow: FlowId,
        /// Whether its version becomes the current one.
        promote: bool,
        /// Who says so.
        by: String,
    },
    /// Something became of runs that began during a trial.
    Tried {
        /// Of which flow.
        flow: FlowId,
        /// During which trial.
        trial: u64,
        /// Whether they walk the version on trial.
        tried: bool,
        /// What.
        counts: ArmCounts,
    },
    /// Somebody works on the draft of a flow.
    Draft {
        /// Of which flow.
        flow: FlowId,
        /// Who.
        by: String,
        /// What they do.
        command: DraftCommand,
    },
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

/// The key of the words that start flows of a workspace also from within others.
pub(crate) fn everywhere_key(workspace: &WorkspaceId) -> Key {
    EVERYWHERE.key(workspace_slot(workspace)).text(workspace.as_str())
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

impl Publish {
    /// The command to publish this flow, or to have it tried first.
    pub fn of(program: &Program, by: &str, trial: Option<TrialOrder>) -> Self {
        let document = program.document();
        Self {
            flow: document.id.clone(),
            name: document.name.clone(),
            version: program.version().clone(),
            document: document.to_yaml(),
            files: program.files().clone(),
            subflows: program.subflows().map(|(flow, version)| (flow.clone(), version.clone())).collect(),
            starts: program.starts(),
            by: by.to_owned(),
            trial,
        }
    }
}

impl Publication {
    /// The beginning of the keys of a flow's publications.
    pub fn of_flow(workspace: &WorkspaceId, flow: &FlowId) -> Key {
        PUBLICATIONS.key(workspace_slot(workspace)).text(workspace.as_str()).text(flow.as_str())
    }
}

/// The entity of a workspace.
pub struct Workspace;

impl Entity for Workspace {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        let workspace: WorkspaceId =
            turn.this().key.parse().map_err(|e: cauce_model::IdError| Halt::Unreadable(e.to_string()))?;
        match from_bytes(event)? {
            WorkspaceEvent::Publish(order) => {
                let published = publish(turn, &workspace, *order, How::Published)?;
                turn.reply(&published);
            }
            WorkspaceEvent::Restore { flow, version, by } => {
                let published = match stored_again(turn, &workspace, &flow, &version, by)? {
                    Some(order) => Some(publish(turn, &workspace, order, How::Restored)?),
                    None => None,
                };
                turn.reply(&published);
            }
            WorkspaceEvent::EndTrial { flow, promote, by } => {
                let why = "Así se decidió.".to_owned();
                let ended = canary::end(turn, &workspace, &flow, promote, Some(by), why)?;
                turn.reply(&ended);
            }
            WorkspaceEvent::Tried { flow, trial, tried, counts } => {
                canary::tried(turn, &workspace, &flow, trial, tried, &counts)?;
            }
            WorkspaceEvent::Draft { flow, by, command } => {
                drafts::handle(turn, &workspace, flow, by, command)?
            }
            WorkspaceEvent::KeepFile(file) => {
                turn.put(&FILES, file_key(&workspace, &file.id), &file);
                turn.reply(&());
            }
            WorkspaceEvent::Record { code, raw } => {
                // Meta sends it again when a neighbour in its batch was not taken.
                if turn.first_time(turn.now(), &["record", &code, &raw])? {
                    turn.dead_letter(raw.as_bytes(), &code);
                }
            }
        }
        Ok(())
    }
}

/// Makes a version the current one of its flow.
pub(crate) fn publish(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    publish: Publish,
    how: How,
) -> Result<Published, Halt> {
    let now = turn.now();
    let key = VersionRow::key(workspace, &publish.version);
    let first = turn.get(&VERSIONS, &key)?;
    let (published_at, published_by) =
        first.map_or((now, publish.by.clone()), |row| (row.published_at, row.published_by));
    let row = VersionRow {
        flow: publish.flow.clone(),
        name: publish.name.clone(),
        document: publish.document.clone(),
        files: publish.files.clone(),
        subflows: publish.subflows.clone(),
        starts: publish.starts.clone(),
        published_at,
        published_by,
    };
    turn.put(&VERSIONS, key, &row);

    let key = catalogue_key(workspace);
    let mut catalogue = turn.get(&CATALOGUES, &key)?.unwrap_or_default();
    let place = catalogue.flows.iter().position(|flow| flow.id == publish.flow);
    let mut head = match place {
        Some(place) => catalogue.flows.swap_remove(place),
        None => FlowHead {
            id: publish.flow.clone(),
            name: publish.name.clone(),
            version: publish.version.clone(),
            published_at: now,
            published_by: publish.by.clone(),
            publications: 0,
            trials: 0,
            canary: None,
            starts: Starts::default(),
        },
    };
    let known = |version: &VersionId| place.is_some() && *version == publish.version;
    let on_trial = head.canary.as_ref().is_some_and(|canary| known(&canary.version));
    let changed = match publish.trial {
        // There is nothing to try a first version against.
        Some(_) if place.is_some() => !known(&head.version) && !on_trial,
        _ => !known(&head.version) || head.canary.is_some(),
    };
    if changed {
        catalogue.revision += 1;
        let how = if publish.trial.is_some() && place.is_some() { How::Tried } else { how };
        if how != How::Promoted {
            canary::replaced(turn, workspace, &head, &publish.by)?;
        }
        let before = place.map(|_| head.version.clone());
        head.publications =
            note_after(turn, workspace, &head, before, (&publish.version, &publish.name, &publish.by), how);
        match publish.trial {
            Some(order) if how == How::Tried => canary::begin(turn, workspace, &mut head, order, &publish),
            _ => {
                drafts::follow(turn, workspace, &publish.flow, &publish.version)?;
                head.canary = None;
                head.name = publish.name;
                head.version = publish.version.clone();
                head.published_at = now;
                head.published_by = publish.by;
                if head.starts.schedule != publish.starts.schedule {
                    let plan = ScheduleEvent::Plan { timetable: publish.starts.schedule.clone() };
                    turn.mail(schedule_entity(workspace, &publish.flow), &plan);
                }
                head.starts = publish.starts;
            }
        }
        let (workspace, version) = (workspace.clone(), publish.version);
        turn.publish(&Change::Flow { workspace, flow: publish.flow, version });
    }
    catalogue.flows.push(head);
    catalogue.flows.sort_by(|a, b| a.id.cmp(&b.id));
    if changed {
        keep_words(turn, workspace, &catalogue)?;
        turn.put(&CATALOGUES, key, &catalogue);
    }
    Ok(Published { revision: catalogue.revision, changed })
}

/// Keeps the words that start flows also from within others.
pub(crate) fn keep_words(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    catalogue: &Catalogues,
) -> Result<(), Halt> {
    let of = |flow: &FlowHead| {
        let tried = flow.canary.as_ref().map(|canary| canary.everywhere.clone()).unwrap_or_default();
        flow.starts.everywhere.iter().cloned().chain(tried).collect::<Vec<_>>()
    };
    let mut words: Vec<String> = catalogue.flows.iter().flat_map(of).collect();
    words.sort_unstable();
    words.dedup();
    let key = everywhere_key(workspace);
    let known = turn.get(&EVERYWHERE, &key)?;
    match known.as_ref() {
        None if words.is_empty() => {}
        Some(known) if *known == words => {}
        _ if words.is_empty() => turn.delete(key),
        _ => turn.put(&EVERYWHERE, key, &words),
    }
    Ok(())
}

/// The order to publish a version that is there already.
pub(crate) fn stored_again(
    turn: &Turn<'_>,
    workspace: &WorkspaceId,
    flow: &FlowId,
    version: &VersionId,
    by: String,
) -> Result<Option<Publish>, Halt> {
    let row = turn.get(&VERSIONS, &VersionRow::key(workspace, version))?;
    Ok(row.filter(|row| row.flow == *flow).map(
        |VersionRow { name, document, files, subflows, starts, .. }| Publish {
            flow: flow.clone(),
            name,
            version: version.clone(),
            document,
            files,
            subflows,
            starts,
            by,
            trial: None,
        },
    ))
}

/// Notes in the flow's history what happens to a version, and gives the number of the row.
pub(crate) fn note(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    head: &FlowHead,
    version: &VersionId,
    name: &str,
    by: &str,
    how: How,
) -> u64 {
    note_after(turn, workspace, head, Some(head.version.clone()), (version, name, by), how)
}

fn note_after(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    head: &FlowHead,
    before: Option<VersionId>,
    (version, name, by): (&VersionId, &str, &str),
    how: How,
) -> u64 {
    let of_flow = Publication::of_flow(workspace, &head.id);
    let mut number = head.publications;
    if let Some(current) = before.as_ref().filter(|_| number == 0) {
        // An older build published it, and noted nothing.
        number += 1;
        let first = Publication {
            version: current.clone(),
            name: head.name.clone(),
            at: head.published_at,
            by: head.published_by.clone(),
            before: None,
            how: How::Published,
        };
        turn.put(&PUBLICATIONS, of_flow.clone().number(number), &first);
    }
    number += 1;
    let row = Publication {
        version: version.clone(),
        name: name.to_owned(),
        at: turn.now(),
        by: by.to_owned(),
        before,
        how,
    };
    turn.put(&PUBLICATIONS, of_flow.number(number), &row);
    number
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
