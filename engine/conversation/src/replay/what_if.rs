//! What if: what was recorded of a run, lived through by a draft.
//!
//! The draft is given what the run was given, turn by turn, as long as it goes the same way. Where it goes
//! another way it stops at the end of that turn: what the customer would have answered next nobody knows.

use cauce_flows::{Event, Program, Role, Run, Visited, Wait, WaitKind, start, step};
use cauce_model::{Effect, HttpRequest, NodeId};

use super::fold::{happening, opens};
use super::{Again, Given, Replayed, Turn};
use crate::walk::change_tags;

/// What became of a recorded run on a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It goes the same way to the end of what is recorded.
    Same,
    /// It goes another way.
    Diverged,
    /// It does not understand an answer that was understood.
    NotUnderstood,
    /// It hands over to a person where it had not.
    ReachedPerson,
    /// What was recorded cannot be lived through again itself: nothing can be said.
    Unknown,
}

/// A recorded run beside a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What became of it.
    pub outcome: Outcome,
    /// The step at which the two part; of the draft, or of what was recorded when the draft does not begin.
    pub node: Option<NodeId>,
    /// The number of the journal entry in which they part.
    pub number: Option<u64>,
    /// How many turns were compared, the one in which they part included.
    pub turns: usize,
    /// Whether it says something else on the way that is the same.
    pub says_otherwise: bool,
}

/// Has a draft live through a run.
pub fn compare(recorded: &Replayed, draft: &Program) -> Comparison {
    let mut found =
        Comparison { outcome: Outcome::Same, node: None, number: None, turns: 0, says_otherwise: false };
    let mut live: Option<(Run, &Turn, &Again)> = None;
    // What the draft changes of the customer, from what the run knew at first.
    let mut changed = None;
    for turn in &recorded.turns {
        let part = |found: Comparison, outcome, node| Comparison {
            outcome,
            node,
            number: Some(turn.number),
            ..found
        };
        let (Some(given), Some(again)) = (&turn.given, &turn.again) else {
            return part(found, Outcome::Unknown, turn.recorded.first().map(|visited| visited.node.clone()));
        };
        found.turns += 1;
        let mut facts = again.facts.clone();
        let contact = &mut facts.contact;
        let (tags, score, consents) =
            changed.get_or_insert_with(|| (contact.tags.clone(), contact.score, contact.consents.clone()));
        (contact.tags, contact.score, contact.consents) = (tags.clone(), *score, consents.clone());
        let (run, outcome) = match (live.take(), given) {
            // What the draft is to that other version nobody has said.
            (_, Given::Dropped | Given::Moved { .. } | Given::MovedBack | Given::Interrupted) => break,
            (None, Given::Opening { event, first, by_itself, .. }) => {
                let begins = match event {
                    Some((name, _)) => draft.begins_by(name).is_some(),
                    None if *by_itself => draft.triggers().schedule.is_some(),
                    None => draft.matches(opens(given), *first).is_some(),
                };
                if !begins {
                    let node = again.steps.first().map(|(visited, _)| visited.node.clone());
                    return part(found, Outcome::Diverged, node);
                }
                start(draft, recorded.id.clone(), &facts, opens(given))
            }
            (Some((mut run, before, was)), given) => {
                let waits = (run.wait().cloned(), was.run.wait());
                if let (Some(mine), Some(theirs)) = &waits
                    && !would_happen(given, mine, theirs, turn.at.0 - before.at.0)
                {
                    return part(found, Outcome::Diverged, Some(mine.node.clone()));
                }
                let Some(event) = happening(given) else { break };
                let outcome = step(draft, &mut run, event, &facts);
                // An answer that moves nothing where it had moved something.
                if outcome.trail.is_empty() {
                    let node = waits.0.map(|wait| wait.node);
                    let outcome = match event {
                        Event::Answer(_) => Outcome::NotUnderstood,
                        _ => Outcome::Diverged,
                    };
                    return part(found, outcome, node);
                }
                (run, outcome)
            }
            (None, _) => return part(found, Outcome::Unknown, None),
        };
        for effect in &outcome.effects {
            match effect.clone() {
                Effect::Tag { add, remove } => drop(change_tags(tags, add, &remove)),
                Effect::Score { add } => *score = score.saturating_add(add),
                Effect::Consent { purpose, granted, .. } => drop(consents.insert(purpose, granted)),
                _ => {}
            }
        }
        let theirs: Vec<&Visited> = again.steps.iter().map(|(visited, _)| visited).collect();
        if let Some(place) = parting(&outcome.trail, &theirs) {
            let rest = &outcome.trail[place.min(outcome.trail.len())..];
            let here = rest.first().or(outcome.trail.last());
            let node = here.map(|visited| visited.node.clone());
            let kind = sort(draft, rest, theirs.get(place).copied(), &run, again);
            return part(found, kind, node);
        }
        // The same server was asked the same, or its answer says nothing here.
        if asks(&outcome.effects) != asks(&again.effects) {
            let node = outcome.trail.last().map(|visited| visited.node.clone());
            return part(found, Outcome::Diverged, node);
        }
        found.says_otherwise |= says(&outcome.effects) != says(&again.effects);
        live = Some((run, turn, again));
    }
    if found.turns == 0 || recorded.parted.is_some() {
        let number = recorded.parted.as_ref().map(|parted| parted.number);
        let node = recorded.parted.as_ref().and_then(|parted| parted.node.clone());
        return Comparison { outcome: Outcome::Unknown, node, number, ..found };
    }
    found
}

/// Whether what happened would have happened to a wait of the draft, so long after it began.
fn would_happen(given: &Given, mine: &Wait, theirs: &Wait, after: i64) -> bool {
    if mine.kind != theirs.kind {
        return false;
    }
    let same = (mine.timeout, mine.until) == (theirs.timeout, theirs.until);
    match given {
        // Nobody's time is the Desk's.
        Given::NotTaken => true,
        Given::TimedOut => same,
        _ if same || mine.kind == WaitKind::Person => true,
        _ => mine.timeout.is_none_or(|timeout| after < timeout.0) && mine.until == theirs.until,
    }
}

/// The place where two ways are not the same any more.
fn parting(mine: &[Visited], theirs: &[&Visited]) -> Option<usize> {
    let differs = mine.iter().zip(theirs).position(|(mine, theirs)| mine != *theirs);
    differs.or_else(|| (mine.len() != theirs.len()).then(|| mine.len().min(theirs.len())))
}

/// How the rest of a turn that goes another way is told.
fn sort(draft: &Program, rest: &[Visited], theirs: Option<&Visited>, run: &Run, was: &Again) -> Outcome {
    let took = |visited: &Visited| visited.exit.as_deref() == Some("no_match");
    let here = rest.first().zip(theirs).filter(|(mine, theirs)| mine.node == theirs.node);
    if let Some((mine, theirs)) = here
        && !took(theirs)
    {
        // Asked again, where it had gone on.
        let asks = |wait: &Wait| wait.kind == WaitKind::Answer && wait.node == mine.node;
        let again = mine.exit.is_none() && theirs.exit.is_some() && run.wait().is_some_and(asks);
        if took(mine) || again {
            return Outcome::NotUnderstood;
        }
    }
    let person = run.wait().is_some_and(|wait| wait.kind == WaitKind::Person)
        || rest.iter().any(|visited| draft.role(visited) == Some(Role::Person));
    let had = was.run.wait().is_some_and(|wait| wait.kind == WaitKind::Person);
    if person && !had { Outcome::ReachedPerson } else { Outcome::Diverged }
}

fn asks(effects: &[Effect]) -> Vec<&HttpRequest> {
    let requests = effects.iter().filter_map(|effect| match effect {
        Effect::Http { request, .. } => Some(request),
        _ => None,
    });
    requests.collect()
}

fn says(effects: &[Effect]) -> Vec<&Effect> {
    effects.iter().filter(|effect| matches!(effect, Effect::Send { .. } | Effect::React { .. })).collect()
}
