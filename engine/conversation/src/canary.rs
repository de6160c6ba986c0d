//! Trials: a new version that a share of new runs walks, until a rule or a person says that all do, or none.
//!
//! Who walks which is drawn by contact and flow, so it is the same every time. A run that begins while a
//! version is on trial carries a mark; what becomes of it is mailed to the workspace in the same commit, so no
//! run is counted twice and none is lost.

use cauce_flows::{Outcome, Run, RunState};
use cauce_model::{Change, ContactId, Effect, FlowId, Timestamp, VersionId, WorkspaceId};
use cauce_runtime::{Halt, Turn};
use cauce_store::{Key, Table};
use serde::{Deserialize, Serialize};

use crate::catalogue::{
    CATALOGUES, FlowHead, How, Publish, WorkspaceEvent, catalogue_key, keep_words, note, publish,
    stored_again,
};
use crate::contact::Life;
use crate::{workspace_entity, workspace_slot};

/// (workspace's slot, workspace, flow, number from 1) → a trial of a version.
pub const TRIALS: Table<Trial> = Table::new(66);

/// How a version is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialOrder {
    /// How many of a hundred new runs walk the new version; 1–99.
    pub share: u8,
    /// When it is decided, and how.
    pub rule: Rule,
}

/// When a trial is decided, and how. Percentages are of the runs that began with the new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// So many runs of the new version must be over, well or not.
    pub min_runs: u64,
    /// More than this percentage stopped by a fault: the version is withdrawn.
    pub max_failed: u8,
    /// More than this percentage that needed a person: withdrawn.
    pub max_handoff: Option<u8>,
    /// More than this percentage that was not understood at some step: withdrawn.
    pub max_no_match: Option<u8>,
    /// Whether a version that passes becomes the current one by itself; else somebody says so.
    pub promote: bool,
}

/// A version on trial, as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Which version.
    pub version: VersionId,
    /// The number of the trial.
    pub trial: u64,
    /// How many of a hundred new runs walk it.
    pub share: u8,
    /// The words that start it also from within another flow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub everywhere: Vec<String>,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The version that is tried.
    pub version: VersionId,
    /// What the flow is called in it.
    pub name: String,
    /// The version that the others walk.
    pub against: VersionId,
    /// How it is tried.
    pub order: TrialOrder,
    /// Since when.
    pub since: Timestamp,
    /// Who began it.
    pub by: String,
    /// What became of runs of the new version.
    pub tried: ArmCounts,
    /// What became of runs of the other, begun meanwhile.
    pub others: ArmCounts,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TrialEnd>,
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialEnd {
    /// Whether the version became the current one.
    pub promoted: bool,
    /// When.
    pub at: Timestamp,
    /// Who said so; nobody when its rule did.
    pub by: Option<String>,
    /// A sentence (Spanish).
    pub why: String,
}

/// How many runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArmCounts {
    /// Began.
    pub begun: u64,
    /// Came to an end.
    pub ended: u64,
    /// Were stopped by a fault.
    pub failed: u64,
    /// Were not understood at some step.
    pub no_match: u64,
    /// Needed a person.
    pub handoff: u64,
    /// Were left for another flow.
    pub interrupted: u64,
}

impl ArmCounts {
    fn add(&mut self, other: &Self) {
        self.begun += other.begun;
        self.ended += other.ended;
        self.failed += other.failed;
        self.no_match += other.no_match;
        self.handoff += other.handoff;
        self.interrupted += other.interrupted;
    }
}

/// What a run carries that began while a version was on trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialMark {
    /// The number of the trial.
    pub trial: u64,
    /// Whether it walks the new version.
    pub tried: bool,
    /// Whether it was counted as not understood.
    #[serde(default)]
    pub no_match: bool,
    /// Whether it was counted as one that needed a person.
    #[serde(default)]
    pub handoff: bool,
}

impl FlowHead {
    /// The version that this contact begins with, and the mark of its run when another is on trial.
    pub fn version_for(&self, contact: ContactId) -> (&VersionId, Option<TrialMark>) {
        let Some(canary) = &self.canary else { return (&self.version, None) };
        let tried = draw(contact, &self.id) < u64::from(canary.share);
        let mark = TrialMark { trial: canary.trial, tried, no_match: false, handoff: false };
        (if tried { &canary.version } else { &self.version }, Some(mark))
    }
}

/// A number below 100: always the same for this contact and flow.
fn draw(contact: ContactId, flow: &FlowId) -> u64 {
    let hash = blake3::hash(format!("{flow} {contact}").as_bytes());
    hash.as_bytes().first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes) % 100)
}

/// Whether a version passes, and in a sentence why not. `None` while it cannot be said.
fn judge(rule: &Rule, tried: &ArmCounts) -> Option<Result<(), String>> {
    let over = tried.ended + tried.failed + tried.interrupted;
    // What is too much for as many as must be over is too much already.
    let base = tried.begun.max(rule.min_runs).max(1);
    let limits = [
        (tried.failed, Some(rule.max_failed), "se detuvieron por un error"),
        (tried.handoff, rule.max_handoff, "necesitaron a una persona"),
        (tried.no_match, rule.max_no_match, "no se entendieron en algún paso"),
    ];
    for (count, most, what) in limits {
        if let Some(most) = most.filter(|most| count * 100 > u64::from(*most) * base) {
            return Some(Err(format!(
                "{count} de {} recorridos {what}; el máximo es {most} %.",
                tried.begun
            )));
        }
    }
    (over >= rule.min_runs).then_some(Ok(()))
}

impl Trial {
    /// The beginning of the keys of a flow's trials.
    pub fn of_flow(workspace: &WorkspaceId, flow: &FlowId) -> Key {
        TRIALS.key(workspace_slot(workspace)).text(workspace.as_str()).text(flow.as_str())
    }

    /// Whether it has passed by its rule.
    pub fn has_passed(&self) -> bool {
        matches!(judge(&self.order.rule, &self.tried), Some(Ok(())))
    }
}

/// Puts a version on trial beside the current one.
pub(crate) fn begin(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    head: &mut FlowHead,
    order: TrialOrder,
    publish: &Publish,
) {
    head.trials += 1;
    let trial = Trial {
        version: publish.version.clone(),
        name: publish.name.clone(),
        against: head.version.clone(),
        order,
        since: turn.now(),
        by: publish.by.clone(),
        tried: ArmCounts::default(),
        others: ArmCounts::default(),
        end: None,
    };
    turn.put(&TRIALS, Trial::of_flow(workspace, &head.id).number(head.trials), &trial);
    head.canary = Some(Canary {
        version: publish.version.clone(),
        trial: head.trials,
        share: order.share,
        everywhere: publish.starts.everywhere.clone(),
    });
}

/// The trial under way is over because something else was published.
pub(crate) fn replaced(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    head: &FlowHead,
    by: &str,
) -> Result<(), Halt> {
    let Some(canary) = &head.canary else { return Ok(()) };
    let key = Trial::of_flow(workspace, &head.id).number(canary.trial);
    if let Some(mut trial) = turn.get(&TRIALS, &key)? {
        let why = "Se publicó otra versión.".to_owned();
        trial.end = Some(TrialEnd { promoted: false, at: turn.now(), by: Some(by.to_owned()), why });
        turn.put(&TRIALS, key, &trial);
    }
    Ok(())
}

/// News of runs.
pub(crate) fn tried(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    flow: &FlowId,
    number: u64,
    on_trial: bool,
    counts: &ArmCounts,
) -> Result<(), Halt> {
    let key = Trial::of_flow(workspace, flow).number(number);
    let Some(mut trial) = turn.get(&TRIALS, &key)? else { return Ok(()) };
    if on_trial {
        trial.tried.add(counts)
    } else {
        trial.others.add(counts)
    }
    turn.put(&TRIALS, key, &trial);
    if trial.end.is_some() {
        return Ok(());
    }
    match judge(&trial.order.rule, &trial.tried) {
        Some(Err(why)) => end(turn, workspace, flow, false, None, why).map(drop),
        Some(Ok(())) if trial.order.rule.promote => {
            end(turn, workspace, flow, true, None, "Cumplió la regla.".to_owned()).map(drop)
        }
        _ => Ok(()),
    }
}

/// Ends the trial under way; whether there was one.
pub(crate) fn end(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    flow: &FlowId,
    promote: bool,
    by: Option<String>,
    why: String,
) -> Result<bool, Halt> {
    let catalogue_at = catalogue_key(workspace);
    let mut catalogue = turn.get(&CATALOGUES, &catalogue_at)?.unwrap_or_default();
    let Some(head) = catalogue.flows.iter_mut().find(|head| head.id == *flow) else { return Ok(false) };
    let Some(canary) = head.canary.clone() else { return Ok(false) };
    let key = Trial::of_flow(workspace, flow).number(canary.trial);
    let Some(mut trial) = turn.get(&TRIALS, &key)? else { return Ok(false) };
    let who = by.clone().unwrap_or_else(|| trial.by.clone());
    trial.end = Some(TrialEnd { promoted: promote, at: turn.now(), by, why });
    turn.put(&TRIALS, key, &trial);
    if promote {
        if let Some(order) = stored_again(turn, workspace, flow, &canary.version, who)? {
            publish(turn, workspace, order, How::Promoted)?;
        }
        return Ok(true);
    }
    head.canary = None;
    let current = head.version.clone();
    head.publications = note(turn, workspace, head, &canary.version, &trial.name, &who, How::Withdrawn);
    catalogue.revision += 1;
    keep_words(turn, workspace, &catalogue)?;
    turn.put(&CATALOGUES, catalogue_at, &catalogue);
    turn.publish(&Change::Flow { workspace: workspace.clone(), flow: flow.clone(), version: current });
    Ok(true)
}

impl Life<'_, '_> {
    /// The mark that a run carries on, after what it just did was counted.
    pub fn count_trial(&mut self, run: &Run, outcome: &Outcome) -> Option<TrialMark> {
        let known = self.contact.run.as_ref().filter(|head| head.id == run.id);
        let (mut mark, begun) = match known {
            Some(head) => (head.trial?, false),
            None => (self.trial.take()?, true),
        };
        let no_match = outcome.trail.iter().any(|step| step.exit.as_deref() == Some("no_match"));
        let handoff = outcome.effects.iter().any(|effect| matches!(effect, Effect::Handoff { .. }));
        let counts = ArmCounts {
            begun: begun.into(),
            ended: matches!(run.state, RunState::Ended { .. }).into(),
            failed: matches!(run.state, RunState::Failed { .. }).into(),
            no_match: (no_match && !mark.no_match).into(),
            handoff: (handoff && !mark.handoff).into(),
            interrupted: 0,
        };
        mark.no_match |= no_match;
        mark.handoff |= handoff;
        if counts != ArmCounts::default() {
            tell(self.turn, &self.contact.workspace, &run.flow, mark, counts);
        }
        Some(mark)
    }
}

/// Tells the workspace what became of a run that carries a mark.
pub(crate) fn tell(
    turn: &mut Turn<'_>,
    workspace: &WorkspaceId,
    flow: &FlowId,
    mark: TrialMark,
    counts: ArmCounts,
) {
    let TrialMark { trial, tried, .. } = mark;
    let event = WorkspaceEvent::Tried { flow: flow.clone(), trial, tried, counts };
    turn.mail(workspace_entity(workspace), &event);
}

#[cfg(test)]
mod tests {
    use cauce_model::Slot;

    use super::*;

    const RULE: Rule =
        Rule { min_runs: 10, max_failed: 20, max_handoff: Some(50), max_no_match: None, promote: true };

    #[test]
    fn a_rule_decides_when_enough_is_over_or_too_much_went_wrong() {
        let judged = |begun, ended, failed, handoff| {
            judge(&RULE, &ArmCounts { begun, ended, failed, handoff, no_match: 99, interrupted: 0 })
                .map(|judged| judged.is_ok())
        };
        assert_eq!(judged(0, 0, 0, 0), None);
        assert_eq!(judged(40, 9, 0, 0), None, "too few are over");
        assert_eq!(judged(10, 10, 0, 0), Some(true));
        assert_eq!(judged(10, 8, 2, 0), Some(true), "twenty of a hundred are allowed");
        assert_eq!(judged(3, 0, 2, 0), None, "two of ten may still be");
        assert_eq!(judged(3, 0, 3, 0), Some(false), "three of ten are too many, whatever comes");
        assert_eq!(judged(100, 70, 21, 0), Some(false));
        assert_eq!(judged(12, 10, 0, 7), Some(false));
    }

    #[test]
    fn the_share_is_the_same_contacts_every_time_and_about_as_many_as_said() {
        let mut head = FlowHead {
            id: "f".parse().unwrap(),
            name: "F".into(),
            version: "old".parse().unwrap(),
            published_at: Timestamp(1),
            published_by: "Ana".into(),
            publications: 1,
            trials: 1,
            canary: Some(Canary {
                version: "new".parse().unwrap(),
                trial: 1,
                share: 10,
                everywhere: Vec::new(),
            }),
            starts: Default::default(),
        };
        let walks = |head: &FlowHead| -> Vec<bool> {
            let contacts = (0..2_000).map(|number| ContactId::new(Slot::of("x"), number));
            contacts.map(|contact| head.version_for(contact).0.as_str() == "new").collect()
        };
        let ten = walks(&head);
        assert_eq!(ten, walks(&head));
        let count = ten.iter().filter(|new| **new).count();
        assert!((150..250).contains(&count), "{count}");
        head.canary.as_mut().unwrap().share = 30;
        assert!(
            ten.iter().zip(walks(&head)).all(|(ten, thirty)| !ten || thirty),
            "nobody leaves when it grows"
        );
        head.canary = None;
        assert!(!walks(&head).contains(&true));
    }
}
