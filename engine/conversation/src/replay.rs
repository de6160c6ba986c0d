//! Replay: a contact's runs, gone through again from what its journal and its messages hold.
//!
//! Every turn of a run is given what it had: the event, the time, the seed, and what was known of the customer
//! at that moment, which is folded from the journal from its beginning. The steps then do again what they did,
//! and explain it. What they say and how they go is compared, byte for byte, with what was recorded; where that
//! is not the same, the replay of that run ends and says where and why. `fold` goes through the journal, `what_if`
//! has a draft live through what was recorded.

mod fold;
mod what_if;

use std::collections::HashMap;
use std::sync::Arc;

use cauce_flows::{Explained, Program, Run, Visited};
use cauce_model::{
    ContactEvent, ContactId, Content, Delivery, Effect, FlowId, HttpOutcome, InboundContent, Landing,
    Message, Migrate, NodeId, Referral, RunId, Timestamp, VersionId, WorkspaceId,
};
use cauce_store::{Store, StoreError};
use serde_json::Value;

pub use self::what_if::{Comparison, Outcome as WhatIf, compare};
use crate::contact::Home;
use crate::history;
use crate::tables::{CONTACTS, JournalEntry, of_contact};
use crate::{LoadError, Programs};

/// How often a contact is read that goes on meanwhile.
const TRIES: usize = 3;

/// All that a contact's history holds of its runs.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Whose.
    pub contact: ContactId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// Younger contacts of the same person; they have recordings of their own.
    pub absorbed: Vec<ContactId>,
    /// From its first entry on.
    pub journal: Vec<JournalEntry>,
    /// From the first on.
    pub messages: Vec<Message>,
    /// How the runs in the journal stand, or ended.
    pub runs: HashMap<RunId, Run>,
}

/// What happened to a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// It began.
    Opening {
        /// With this message.
        content: Option<InboundContent>,
        /// The advertisement or post that led to it.
        referral: Option<Box<Referral>>,
        /// The event of another system that began it, and what that told.
        event: Option<(String, Value)>,
        /// Whether the customer had never written before.
        first: bool,
        /// Whether it was its hour.
        by_itself: bool,
    },
    /// The customer wrote.
    Answer(InboundContent),
    /// The time of its wait was over.
    TimedOut,
    /// A person was done.
    Resolved {
        /// Who.
        agent: String,
    },
    /// Nobody took it in time.
    NotTaken,
    /// What came of a call to a server.
    Called(HttpOutcome),
    /// All that its step said had left.
    Sent,
    /// Something that its step said will not arrive.
    Unsent {
        /// Why.
        code: String,
    },
    /// Another system told of something.
    Happened {
        /// What.
        name: String,
        /// What it told of it.
        data: Value,
    },
    /// Its wait was over before a backup was restored, and that was dropped.
    Dropped,
    /// It was moved to another version of its flow.
    Moved {
        /// To which.
        to: VersionId,
        /// What became of it there.
        landing: Landing,
    },
    /// The move was taken back.
    MovedBack,
    /// The customer went on in another flow.
    Interrupted,
}

/// A run that was gone through again.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Which.
    pub id: RunId,
    /// Of which flow and on which version it began; nothing when the run itself is not there.
    pub of: Option<(FlowId, VersionId)>,
    /// Its turns, in order. Those after it parted are as recorded only.
    pub turns: Vec<Turn>,
    /// Where it went otherwise than was recorded.
    pub parted: Option<Parting>,
    /// Whether some of it was decided by a build that decides otherwise than this one.
    pub older: bool,
    /// Whether all that it read of the customer is known: not, when an earlier run that may have changed tags or
    /// score parted.
    pub certain: bool,
}

/// A turn of a run.
#[derive(Debug, Clone)]
pub struct Turn {
    /// The number of its journal entry; a turn that goes on at once, as when a message cannot be sent, has the
    /// number of the one before.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What happened; nothing when that is not known.
    pub given: Option<Given>,
    /// The steps as they are recorded. All of an entry stand at its first turn.
    pub recorded: Vec<Visited>,
    /// What was found by going through it again.
    pub again: Option<Again>,
}

/// What a turn did when it was gone through again.
#[derive(Debug, Clone)]
pub struct Again {
    /// What it knew of the world.
    pub facts: cauce_flows::Facts,
    /// The steps, each with what was worked out there.
    pub steps: Vec<(Visited, Explained)>,
    /// What it decided.
    pub effects: Vec<Effect>,
    /// What it said, and where that stands in the history.
    pub said: Vec<Said>,
    /// The run as the turn left it.
    pub run: Run,
}

/// Something that a turn said.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Which step.
    pub node: NodeId,
    /// What.
    pub content: Content,
    /// How sure it was to be sent.
    pub delivery: Delivery,
    /// The number of the message in the history.
    pub seq: u64,
}

/// Where a replay is not what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parting {
    /// The number of the journal entry.
    pub number: u64,
    /// The step.
    pub node: Option<NodeId>,
    /// In what.
    pub why: Why,
}

/// In what a replay is not what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The run is not there.
    RunMissing,
    /// Its version is not there, or cannot be read any more.
    VersionMissing,
    /// What moved the run is not in the journal.
    EventMissing,
    /// What happened did not move the run, and would: something stopped it from outside.
    Stopped,
    /// It goes another way.
    Trail,
    /// It says something else.
    Said,
    /// It reaches other goals, or keeps another rating or consent.
    Goals,
    /// It leaves the run otherwise.
    Run,
}

impl Why {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::RunMissing => "replay.run_missing",
            Self::VersionMissing => "replay.version_missing",
            Self::EventMissing => "replay.event_missing",
            Self::Stopped => "replay.stopped",
            Self::Trail => "replay.trail",
            Self::Said => "replay.said",
            Self::Goals => "replay.goals",
            Self::Run => "replay.run",
        }
    }

    /// A sentence for the team (Spanish).
    pub fn text(self) -> &'static str {
        match self {
            Self::RunMissing => "El recorrido ya no está guardado: solo se conocen sus pasos.",
            Self::VersionMissing => {
                "La versión con la que se recorrió ya no está: solo se conocen sus pasos."
            }
            Self::EventMissing => "No quedó escrito qué movió el recorrido aquí.",
            Self::Stopped => "Aquí el recorrido ya no siguió: algo lo detuvo desde fuera.",
            Self::Trail => "Al repetirlo, el recorrido toma otro camino desde aquí.",
            Self::Said => "Al repetirlo, dice otra cosa que la que se envió.",
            Self::Goals => "Al repetirlo, alcanza otras metas, o anota otra calificación u otro permiso.",
            Self::Run => "Al repetirlo, termina con otros datos.",
        }
    }
}

impl Recording {
    /// Reads what a contact's history holds; nothing when there is no such contact.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(store: &dyn Store, contact: ContactId) -> Result<Option<Self>, StoreError> {
        let key = of_contact(&CONTACTS, contact);
        let mut tries = 0;
        loop {
            let Some(before) = CONTACTS.fetch(store, &key).await? else { return Ok(None) };
            let journal = history::journal(store, contact, 0, usize::MAX).await?;
            let mut messages = history::messages(store, contact, None, usize::MAX).await?;
            messages.reverse();
            let mut runs = HashMap::new();
            for id in journal.iter().filter_map(|entry| entry.run.as_ref()) {
                if !runs.contains_key(id)
                    && let Some(run) = history::run(store, contact, id).await?
                {
                    runs.insert(id.clone(), run);
                }
            }
            let after = CONTACTS.fetch(store, &key).await?;
            tries += 1;
            // It is one picture only if nothing happened meanwhile.
            if tries == TRIES || after.is_some_and(|after| after.turns == before.turns) {
                let (workspace, absorbed) = (before.workspace, before.absorbed);
                return Ok(Some(Self { contact, workspace, absorbed, journal, messages, runs }));
            }
        }
    }

    /// The versions that its runs are on, those that there are.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn programs(
        &self,
        store: &dyn Store,
        programs: &Programs,
    ) -> Result<HashMap<VersionId, Arc<Program>>, StoreError> {
        let mut found = HashMap::new();
        let moves = self.moves().flat_map(|(_, order)| [&order.from, &order.to]);
        for version in self.runs.values().map(|run| &run.version).chain(moves) {
            match programs.fetch(store, &self.workspace, version).await {
                Ok(Some((program, _))) => drop(found.insert(version.clone(), program)),
                Ok(None) | Err(LoadError::Unreadable(_)) => {}
                Err(LoadError::Store(error)) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The moves of its runs from one version to another, in their order.
    fn moves(&self) -> impl Iterator<Item = (&RunId, &Migrate)> {
        self.journal.iter().filter_map(|entry| match (entry.run.as_ref()?, entry.event.other()?) {
            (run, ContactEvent::Migrate(order)) => Some((run, order)),
            _ => None,
        })
    }

    /// The version on which a run began.
    fn began_on(&self, run: &Run) -> VersionId {
        let mut moves = self.moves().filter(|(moved, _)| **moved == run.id);
        moves.next().map_or(&run.version, |(_, order)| &order.from).clone()
    }

    /// Goes through all runs again, each on its own version. `home` is where the installation is now: that of
    /// histories whose build did not write it down.
    pub fn replay(&self, programs: &HashMap<VersionId, Arc<Program>>, home: &Home) -> Vec<Replayed> {
        fold::fold(self, programs, home)
    }
}
