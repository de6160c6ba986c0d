//! Drafts of flows: what the team works on before it is published.
//!
//! A flow has one draft: the version it began with, and the patches since, each one revision. The rules of
//! merging are `cauce_flows::draft`'s; here are its rows, and the turns of the workspace that write them.
//! Revisions grow for the life of the flow: after a draft was published or thrown away the next one goes on
//! with the numbers, so a patch that was meant for the old one is never taken for one of the new.

use cauce_flows::draft::{Accepted, Conflict, Head, Refused, blank, merge};
use cauce_flows::patch::{Op, PatchError, apply};
use cauce_flows::{diff, parse};
use cauce_model::{FlowId, VersionId, WorkspaceId};
use cauce_runtime::{Halt, Turn};
use cauce_store::{Key, Store, StoreError, Table, rows};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::{
    CATALOGUES, Catalogues, FlowHead, How, Publish, Published, VERSIONS, VersionRow, catalogue_key, publish,
};
use crate::workspace_slot;

/// (workspace's slot, workspace, flow) → where its draft stands.
pub const DRAFTS: Table<Head> = Table::new(61);
/// (workspace's slot, workspace, flow) → the document of its draft at the revision that the head names.
pub const DRAFT_DOCUMENTS: Table<Value> = Table::new(62);
/// (workspace's slot, workspace, flow, revision) → the patch that made it.
pub const PATCHES: Table<Accepted> = Table::new(63);

/// After so many patches the document is kept whole again.
const FOLDED: u64 = 50;
/// So many patches are kept to be read, and to be merged with.
const KEPT: u64 = 200;

/// What somebody does with a draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "draft", rename_all = "snake_case")]
pub enum DraftCommand {
    /// Changes it. Answers [`Patched`].
    Patch {
        /// The id that its author gave it.
        id: String,
        /// The revision they saw.
        base: u64,
        /// What changes.
        ops: Vec<Op>,
    },
    /// Throws it away. Answers the revision after that.
    Discard {
        /// The revision they saw; anything else is refused.
        revision: u64,
    },
    /// Publishes it: it has been checked and compiles. Answers [`Published`].
    Publish {
        /// The revision that was checked; anything else is refused.
        revision: u64,
        /// The flow's current version, when it is not the one the draft began with and is to be replaced all
        /// the same.
        over: Option<VersionId>,
        /// What it says.
        publish: Box<Publish>,
    },
}

/// A patch was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Patched {
    /// The revision it made.
    pub revision: u64,
    /// The patch that takes it back.
    pub inverse: Vec<Op>,
}

/// Why a command was not carried out. The draft is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum DraftRefusal {
    /// Somebody changed the same meanwhile.
    #[error("{} changes are in conflict", .conflicts.len())]
    Conflict {
        /// Every place, with both values.
        conflicts: Vec<Conflict>,
        /// The draft's revision.
        revision: u64,
    },
    /// The patch cannot be applied.
    #[error(transparent)]
    Wrong {
        /// Why.
        error: PatchError,
    },
    /// The revision that was named is not the draft's, or is older than what is kept.
    #[error("the draft is at revision {revision}")]
    Stale {
        /// The draft's revision.
        revision: u64,
    },
    /// Another version was published since the draft began.
    #[error("another version was published meanwhile")]
    Outrun {
        /// The flow's current version.
        current: VersionId,
    },
}

/// A draft as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Where it stands.
    pub head: Head,
    /// The document with all patches.
    pub document: Value,
    /// The patches since it began, oldest first, as far as they are kept.
    pub patches: Vec<Accepted>,
}

fn key<V: Serialize + serde::de::DeserializeOwned>(
    table: &Table<V>,
    workspace: &WorkspaceId,
    flow: &FlowId,
) -> Key {
    table.key(workspace_slot(workspace)).text(workspace.as_str()).text(flow.as_str())
}

/// The draft of a flow that nobody has worked on yet.
fn untouched(base: Option<VersionId>) -> Head {
    Head {
        revision: 0,
        begun: 0,
        base,
        snapshot: 0,
        forgotten: 0,
        changed_at: Default::default(),
        changed_by: String::new(),
    }
}

/// The document that a draft begins with: of the version it is based on, as it is stored.
fn first(base: Option<(&VersionId, Option<VersionRow>)>, flow: &FlowId) -> Result<Value, String> {
    let Some((base, row)) = base else { return Ok(blank(flow)) };
    let row = row.ok_or_else(|| format!("version {base} of {flow} is not there"))?;
    let document = parse(&row.document).map_err(|problems| {
        format!("a version of {flow} cannot be read: {}", problems.first().map_or("", |p| p.message.as_str()))
    })?;
    Ok(diff::plain(&document))
}

/// Reads the draft of a flow: of one that nobody has worked on, the current version. `None` when there is no
/// such flow.
///
/// # Errors
/// What the store says.
pub async fn read(
    store: &dyn Store,
    workspace: &WorkspaceId,
    flow: &FlowId,
) -> Result<Option<Draft>, StoreError> {
    let at = key(&DRAFTS, workspace, flow);
    loop {
        let kept = DRAFTS.fetch(store, &at).await?;
        let head = match &kept {
            Some(head) => head.clone(),
            None => {
                let catalogue =
                    CATALOGUES.fetch(store, &Catalogues::key(workspace)).await?.unwrap_or_default();
                let Some(current) = catalogue.flows.into_iter().find(|head| head.id == *flow) else {
                    return Ok(None);
                };
                untouched(Some(current.version))
            }
        };
        let document = if head.snapshot > head.begun {
            DRAFT_DOCUMENTS.fetch(store, &key(&DRAFT_DOCUMENTS, workspace, flow)).await?
        } else {
            let base = match &head.base {
                Some(base) => Some((base, VERSIONS.fetch(store, &VersionRow::key(workspace, base)).await?)),
                None => None,
            };
            let unreadable = |cause| StoreError::Unreadable { key: at.to_string(), cause };
            Some(first(base, flow).map_err(unreadable)?)
        };
        let patches = key(&PATCHES, workspace, flow);
        let range = patches.prefix().from(patches.number(head.begun.max(head.forgotten) + 1));
        let patches: Vec<Accepted> = rows::scan(store, &range, usize::MAX, false)
            .await?
            .iter()
            .map(|(key, row)| PATCHES.read(key, row))
            .collect::<Result<_, _>>()?;
        // Somebody may have changed it while it was read, row by row.
        if DRAFTS.fetch(store, &at).await? != kept {
            continue;
        }
        let Some(mut document) = document else {
            return Err(StoreError::Unreadable {
                key: at.to_string(),
                cause: "its document is not there".into(),
            });
        };
        for patch in patches.iter().filter(|patch| patch.revision > head.snapshot) {
            let unreadable =
                |error: PatchError| StoreError::Unreadable { key: at.to_string(), cause: error.to_string() };
            apply(&mut document, &patch.ops).map_err(unreadable)?;
        }
        return Ok(Some(Draft { head, document, patches }));
    }
}

/// A turn of the workspace with the draft of one flow.
struct Work<'a, 't> {
    turn: &'a mut Turn<'t>,
    workspace: &'a WorkspaceId,
    flow: FlowId,
    by: String,
}

/// Carries out a command. The answer is always given.
pub(crate) fn handle(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    flow: FlowId,
    by: String,
    command: DraftCommand,
) -> Result<(), Halt> {
    let mut work = Work { turn, workspace, flow, by };
    match command {
        DraftCommand::Patch { id, base, ops } => {
            let patched = work.patch(id, base, ops)?;
            work.turn.reply(&patched);
        }
        DraftCommand::Discard { revision } => {
            let discarded = work.discard(revision)?;
            work.turn.reply(&discarded);
        }
        DraftCommand::Publish { revision, over, publish } => {
            let published = work.publish(revision, over, *publish)?;
            work.turn.reply(&published);
        }
    }
    Ok(())
}

/// A version became the current one: a draft without changes goes on from it, one with changes stays.
pub(crate) fn follow(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    flow: &FlowId,
    version: &VersionId,
) -> Result<(), Halt> {
    let at = key(&DRAFTS, workspace, flow);
    let head = turn.get(&DRAFTS, &at)?.unwrap_or_else(|| untouched(None));
    if !head.is_changed() && head.base.as_ref() != Some(version) {
        // Who has seen the version before is behind now.
        let head = begin(head, Some(version.clone()));
        turn.put(&DRAFTS, at, &head);
    }
    Ok(())
}

/// The next draft, without changes.
fn begin(head: Head, base: Option<VersionId>) -> Head {
    let revision = head.revision + 1;
    Head { revision, begun: revision, base, snapshot: revision, forgotten: revision, ..head }
}

impl Work<'_, '_> {
    fn published(&self) -> Result<Option<FlowHead>, Halt> {
        let catalogue = self.turn.get(&CATALOGUES, &catalogue_key(self.workspace))?.unwrap_or_default();
        Ok(catalogue.flows.into_iter().find(|head| head.id == self.flow))
    }

    fn current(&self) -> Result<Option<VersionId>, Halt> {
        Ok(self.published()?.map(|head| head.version))
    }

    fn head(&self) -> Result<Head, Halt> {
        match self.turn.get(&DRAFTS, &key(&DRAFTS, self.workspace, &self.flow))? {
            Some(head) => Ok(head),
            None => Ok(untouched(self.current()?)),
        }
    }

    fn put_head(&mut self, head: &Head) {
        self.turn.put(&DRAFTS, key(&DRAFTS, self.workspace, &self.flow), head);
    }

    fn patch_key(&self, revision: u64) -> Key {
        key(&PATCHES, self.workspace, &self.flow).number(revision)
    }

    /// The patches from this revision on.
    fn patches(&self, from: u64, head: &Head) -> Result<Vec<Accepted>, Halt> {
        let keys: Vec<Key> = (from..=head.revision).map(|revision| self.patch_key(revision)).collect();
        self.turn.need(&keys)?;
        let patches = keys.iter().map(|key| self.turn.get(&PATCHES, key));
        // A revision without a patch is one at which a draft began.
        patches.filter_map(Result::transpose).collect()
    }

    /// The document at the revision that is kept whole.
    fn kept(&self, head: &Head) -> Result<Value, Halt> {
        if head.snapshot > head.begun {
            let at = key(&DRAFT_DOCUMENTS, self.workspace, &self.flow);
            let missing =
                || Halt::Unreadable(format!("the document of the draft of {} is not there", self.flow));
            return self.turn.get(&DRAFT_DOCUMENTS, &at)?.ok_or_else(missing);
        }
        let base = match &head.base {
            Some(base) => Some((base, self.turn.get(&VERSIONS, &VersionRow::key(self.workspace, base))?)),
            None => None,
        };
        first(base, &self.flow).map_err(Halt::Unreadable)
    }

    fn patch(&mut self, id: String, base: u64, ops: Vec<Op>) -> Result<Result<Patched, DraftRefusal>, Halt> {
        let mut head = self.head()?;
        if base > head.revision || base < head.forgotten {
            return Ok(Err(DraftRefusal::Stale { revision: head.revision }));
        }
        let patches = self.patches(base.min(head.snapshot) + 1, &head)?;
        if let Some(known) = patches.iter().find(|patch| patch.id == id) {
            return Ok(Ok(Patched { revision: known.revision, inverse: known.inverse.clone() }));
        }
        let mut document = self.kept(&head)?;
        for patch in patches.iter().filter(|patch| patch.revision > head.snapshot) {
            apply(&mut document, &patch.ops).map_err(|error| Halt::Unreadable(error.to_string()))?;
        }
        let since = patches.iter().filter(|patch| patch.revision > base);
        let merged = match merge(&document, since, &ops) {
            Ok(merged) => merged,
            Err(Refused::Conflict { conflicts }) => {
                return Ok(Err(DraftRefusal::Conflict { conflicts, revision: head.revision }));
            }
            Err(Refused::Wrong { error }) => return Ok(Err(DraftRefusal::Wrong { error })),
        };
        head.revision += 1;
        head.changed_at = self.turn.now();
        head.changed_by.clone_from(&self.by);
        let accepted = Accepted {
            revision: head.revision,
            id,
            by: self.by.clone(),
            at: head.changed_at,
            base,
            ops,
            inverse: merged.applied.inverse.clone(),
            touched: merged.applied.touched,
            uses: merged.applied.uses,
        };
        self.turn.put(&PATCHES, self.patch_key(head.revision), &accepted);
        if head.revision - head.snapshot >= FOLDED {
            head.snapshot = head.revision;
            let at = key(&DRAFT_DOCUMENTS, self.workspace, &self.flow);
            self.turn.put(&DRAFT_DOCUMENTS, at, &merged.document);
        }
        if head.revision - head.forgotten > KEPT {
            head.forgotten += 1;
            self.turn.delete(self.patch_key(head.forgotten));
        }
        self.put_head(&head);
        Ok(Ok(Patched { revision: head.revision, inverse: merged.applied.inverse }))
    }

    fn discard(&mut self, revision: u64) -> Result<Result<u64, DraftRefusal>, Halt> {
        let head = self.head()?;
        if head.revision != revision {
            return Ok(Err(DraftRefusal::Stale { revision: head.revision }));
        }
        let base = self.current()?;
        Ok(Ok(self.clear(head, base)))
    }

    /// Has the next draft begin, without changes; its revision.
    fn clear(&mut self, head: Head, base: Option<VersionId>) -> u64 {
        for revision in head.forgotten + 1..=head.revision {
            self.turn.delete(self.patch_key(revision));
        }
        if head.snapshot > head.begun {
            self.turn.delete(key(&DRAFT_DOCUMENTS, self.workspace, &self.flow));
        }
        let head = begin(head, base);
        self.put_head(&head);
        head.revision
    }

    fn publish(
        &mut self,
        revision: u64,
        over: Option<VersionId>,
        order: Publish,
    ) -> Result<Result<Published, DraftRefusal>, Halt> {
        let head = self.head()?;
        if head.revision != revision {
            return Ok(Err(DraftRefusal::Stale { revision: head.revision }));
        }
        if let Some(flow) = self.published()? {
            // A version that is on trial is as good as the one it is tried against.
            let canary = flow.canary.as_ref().map(|canary| &canary.version);
            let named = head.base.as_ref().is_some_and(|base| *base == flow.version || Some(base) == canary);
            if !named && over.as_ref() != Some(&flow.version) {
                return Ok(Err(DraftRefusal::Outrun { current: flow.version }));
            }
        }
        self.clear(head, Some(order.version.clone()));
        Ok(Ok(publish(self.turn, self.workspace, order, How::Published)?))
    }
}
