//! Drafts: what two authors change at the same time is merged, or shown as a conflict.
//!
//! A draft is a document and the log of the patches that were accepted, each one revision. A patch says on
//! which revision it is based. What was accepted since then stands; where the patch touches the same place, a
//! part of it, or what it is a part of, it is refused as a whole, with both values side by side.

use cauce_model::{FlowId, Timestamp, VersionId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::MAX_BYTES;
use crate::patch::{self, Applied, Op, PatchError, aims, overlap, value_at};

/// The most bytes of one patch, as JSON.
pub const MAX_PATCH: usize = 256 * 1024;

/// A patch that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The revision that it made.
    pub revision: u64,
    /// The id its author gave it: a patch sent twice changes once.
    pub id: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// On which revision it was based.
    pub base: u64,
    /// What it does.
    pub ops: Vec<Op>,
    /// What takes it back.
    pub inverse: Vec<Op>,
    /// The stable paths it wrote.
    pub touched: Vec<String>,
    /// The stable paths of steps it leads to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
}

/// Two changes that cannot both stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// The stable path that the refused patch wants to change.
    pub at: String,
    /// What it would write; nothing when it would take something away.
    #[serde(default)]
    pub yours: Option<Value>,
    /// What stands there now; nothing when it was taken away.
    #[serde(default)]
    pub theirs: Option<Value>,
    /// Who changed it.
    pub by: String,
    /// When.
    pub changed_at: Timestamp,
    /// With which revision.
    pub revision: u64,
}

/// Why a patch was not accepted. The draft is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refused {
    /// Somebody changed the same meanwhile.
    #[error("{} changes are in conflict", .conflicts.len())]
    Conflict {
        /// Every place, with both values.
        conflicts: Vec<Conflict>,
    },
    /// It cannot be applied.
    #[error(transparent)]
    Wrong {
        /// Why.
        #[from]
        error: PatchError,
    },
}

/// A patch applied to a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The document with it.
    pub document: Value,
    /// What it did.
    pub applied: Applied,
}

/// The document that a draft of a flow begins with when nothing of it has been published.
pub fn blank(flow: &FlowId) -> Value {
    json!({ "id": flow, "name": flow, "language": "es", "start": "inicio", "nodes": {} })
}

/// Applies a patch to the document of a draft. `since` are the patches that were accepted after the revision
/// on which it is based.
///
/// # Errors
/// When it is in conflict with one of those, or cannot be applied. Nothing is merged in part.
pub fn merge<'a>(
    document: &Value,
    since: impl IntoIterator<Item = &'a Accepted>,
    ops: &[Op],
) -> Result<Merged, Refused> {
    if let Some(op) = ops.iter().find(|op| aims(op).iter().any(|at| overlap(at, "/id") && at.len() >= 3)) {
        let message = "El identificador del recorrido no cambia.";
        return Err(PatchError::new("patch.unfit", aims(op).swap_remove(0), message).into());
    }
    let since: Vec<&Accepted> = since.into_iter().collect();
    let mut conflicts = Vec::new();
    for op in ops {
        for at in aims(op) {
            let theirs =
                since.iter().rev().find(|theirs| theirs.touched.iter().any(|path| overlap(path, &at)));
            conflicts.extend(theirs.map(|theirs| conflict(document, op, &at, theirs)));
        }
    }
    if !conflicts.is_empty() {
        return Err(Refused::Conflict { conflicts });
    }
    let mut changed = document.clone();
    let applied = patch::apply(&mut changed, ops)?;
    if changed.to_string().len() > MAX_BYTES {
        let message = format!("El recorrido pasaría de {} kB.", MAX_BYTES / 1000);
        return Err(PatchError::new("patch.too_large", "", message).into());
    }
    // What only shows when it is applied: the order of a list, a step that it leads to, or others do.
    for at in &applied.touched {
        let same = |theirs: &&&Accepted| {
            theirs.touched.iter().any(|path| overlap(path, at)) || theirs.uses.contains(at)
        };
        conflicts.extend(since.iter().rev().find(same).map(|theirs| between(document, &changed, at, theirs)));
    }
    for at in &applied.uses {
        let gone = |theirs: &&&Accepted| theirs.touched.contains(at);
        conflicts.extend(since.iter().rev().find(gone).map(|theirs| between(document, &changed, at, theirs)));
    }
    if conflicts.is_empty() {
        return Ok(Merged { document: changed, applied });
    }
    Err(Refused::Conflict { conflicts })
}

fn conflict(document: &Value, op: &Op, at: &str, theirs: &Accepted) -> Conflict {
    let yours = match op {
        Op::Set { value, .. } | Op::AddStep { value, .. } => Some(value.clone()),
        Op::Order { ids, .. } => Some(json!(ids)),
        Op::Connect { to, .. } => to.as_ref().map(|to| json!(to)),
        Op::Move { to, .. } => to.map(patch::written),
        Op::Remove { .. } | Op::RemoveStep { .. } => None,
    };
    told(document, at, yours, theirs)
}

fn between(document: &Value, changed: &Value, at: &str, theirs: &Accepted) -> Conflict {
    told(document, at, list_or_value(changed, at).cloned(), theirs)
}

fn told(document: &Value, at: &str, yours: Option<Value>, theirs: &Accepted) -> Conflict {
    Conflict {
        at: shown(at).to_owned(),
        yours,
        theirs: list_or_value(document, at).cloned(),
        by: theirs.by.clone(),
        changed_at: theirs.at,
        revision: theirs.revision,
    }
}

/// The order of a list is shown as the list.
fn shown(at: &str) -> &str {
    at.rfind("/\u{0}").map_or(at, |end| &at[..end])
}

fn list_or_value<'a>(document: &'a Value, at: &str) -> Option<&'a Value> {
    value_at(document, shown(at))
}

/// A draft as a turn keeps it between patches; the patches themselves are kept one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Grows with every patch that is accepted, and when a draft is thrown away or published; never goes back.
    pub revision: u64,
    /// The revision at which the draft was like the version it is based on.
    pub begun: u64,
    /// The version it is based on; none when the flow has not been published.
    pub base: Option<VersionId>,
    /// The revision of the document that is kept whole.
    pub snapshot: u64,
    /// Patches are kept from the one after this revision on.
    pub forgotten: u64,
    /// When the last patch was accepted.
    pub changed_at: Timestamp,
    /// Whose it was.
    pub changed_by: String,
}

impl Head {
    /// Whether it has anything that its base has not.
    pub fn is_changed(&self) -> bool {
        self.revision > self.begun
    }
}

#[cfg(test)]
mod tests {
    use cauce_model::NodeId;
    use proptest::prelude::*;

    use super::*;

    fn document() -> Value {
        json!({ "id": "a", "name": "A", "start": "i", "language": "es", "nodes": {
            "i": { "kind": "start", "exits": { "next": "m" } },
            "m": { "kind": "question", "config": { "text": "¿Qué?", "answer": { "options": [
                { "id": "v", "title": "Ventas" }, { "id": "s", "title": "Soporte" } ] } },
                "exits": { "v": "f", "s": "f" } },
            "f": { "kind": "end" } },
            "layout": { "m": { "x": 1, "y": 2 } } })
    }

    fn accepted(revision: u64, by: &str, base: u64, ops: Vec<Op>, applied: Applied) -> Accepted {
        let Applied { inverse, touched, uses } = applied;
        let id = format!("{by}{revision}");
        Accepted { revision, id, by: by.into(), at: Timestamp(7), base, ops, inverse, touched, uses }
    }

    fn id(text: &str) -> NodeId {
        text.parse().unwrap()
    }

    /// One change, of few places, so that authors meet.
    fn op() -> impl Strategy<Value = Op> {
        let step = || prop::sample::select(vec!["i", "m", "f", "n"]).prop_map(id);
        let at = prop::sample::select(vec![
            "/name",
            "/nodes/m/config/text",
            "/nodes/m/config/answer/options/v/title",
            "/nodes/m/config/answer/options/s/title",
            "/nodes/m/config/retries/max",
            "/nodes/m/note",
            "/nodes/f/name",
            "/nodes/n/name",
        ]);
        let item = prop::sample::select(vec!["v", "s", "w", "z"]);
        let options = "/nodes/m/config/answer/options";
        prop_oneof![
            4 => (at.clone(), "[a-c]").prop_map(|(at, value)| Op::Set { at: at.into(), value: value.into() }),
            1 => at.prop_map(|at| Op::Remove { at: at.into() }),
            1 => item.clone().prop_map(move |item| Op::Set {
                at: format!("{options}/{item}"),
                value: json!({ "id": item, "title": "X" }),
            }),
            1 => item.prop_map(move |item| Op::Remove { at: format!("{options}/{item}") }),
            1 => Just(Op::Order { at: options.into(), ids: vec!["s".into(), "w".into()] }),
            1 => step().prop_map(|step| Op::AddStep { step, value: json!({ "kind": "end" }) }),
            1 => step().prop_map(|step| Op::RemoveStep { step }),
            2 => (step(), step(), prop::bool::ANY).prop_map(|(step, to, on)| Op::Connect {
                step,
                exit: "v".into(),
                to: on.then_some(to),
            }),
            1 => (step(), 0..3_u8).prop_map(|(step, x)| Op::Move {
                step,
                to: (x > 0).then(|| crate::Position { x: x.into(), y: 0.0 }),
            }),
        ]
    }

    /// What an author does on their own copy: patches that can be applied there, one after another.
    fn work(begin: &Value, patches: Vec<Vec<Op>>) -> Vec<Vec<Op>> {
        let mut own = begin.clone();
        patches.into_iter().filter(|ops| patch::apply(&mut own, ops).is_ok()).collect()
    }

    /// Has two authors who both began with the document send their patches in this order. Each author's own
    /// patches are no news to them. `None` when one was refused.
    fn interleaved(begin: &Value, authors: [&[Vec<Op>]; 2], order: &[bool]) -> Option<Value> {
        let (mut document, mut log) = (begin.clone(), Vec::<Accepted>::new());
        let mut left = authors.map(|patches| patches.iter());
        let turns = order.iter().copied().chain([false; 9]).chain([true; 9]);
        for second in turns {
            let who = usize::from(second);
            let Some(ops) = left[who].next() else { continue };
            let by = ["ana", "beto"][who];
            let since: Vec<_> = log.iter().filter(|other| other.by != by).cloned().collect();
            let merged = merge(&document, &since, ops).ok()?;
            document = merged.document;
            log.push(accepted(log.len() as u64 + 1, by, 0, ops.clone(), merged.applied));
        }
        Some(document)
    }

    /// Empty groups are as good as none.
    fn tidy(document: Value) -> Value {
        let Value::Object(map) = document else { return document };
        map.into_iter()
            .map(|(key, value)| (key, tidy(value)))
            .filter(|(_, value)| *value != json!({}))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn edits_that_meet_nowhere_give_the_same_in_any_order_and_a_conflict_is_never_lost(
            ana in prop::collection::vec(prop::collection::vec(op(), 1..3), 1..4),
            beto in prop::collection::vec(prop::collection::vec(op(), 1..3), 1..4),
            one in prop::collection::vec(prop::bool::ANY, 0..8),
            other in prop::collection::vec(prop::bool::ANY, 0..8),
        ) {
            let begin = document();
            let (ana, beto) = (work(&begin, ana), work(&begin, beto));
            let first = interleaved(&begin, [&ana, &beto], &one);
            let second = interleaved(&begin, [&ana, &beto], &other);
            // Whoever comes second is told: in no order does it go through in silence.
            prop_assert_eq!(first.is_some(), second.is_some());
            if let (Some(first), Some(second)) = (first, second) {
                prop_assert_eq!(tidy(first), tidy(second));
            }
        }

        #[test]
        fn what_is_undone_leaves_no_trace(patch in prop::collection::vec(op(), 1..6)) {
            let begin = document();
            if let Ok(merged) = merge(&begin, [], &patch) {
                let back = merge(&merged.document, [], &merged.applied.inverse).unwrap();
                prop_assert_eq!(tidy(back.document), tidy(begin));
            }
        }
    }

    #[test]
    fn a_conflict_shows_both_and_who_was_first() {
        let begin = document();
        let theirs = vec![Op::Set { at: "/nodes/m/config/text".into(), value: json!("¿Qué tal?") }];
        let merged = merge(&begin, [], &theirs).unwrap();
        let log = [accepted(4, "Rosa", 3, theirs, merged.applied)];
        let yours = [
            Op::Set { at: "/name".into(), value: json!("B") },
            Op::Set { at: "/nodes/m/config/text".into(), value: json!("¿Cómo?") },
        ];
        let Err(Refused::Conflict { conflicts }) = merge(&merged.document, &log, &yours) else { panic!() };
        let told = Conflict {
            at: "/nodes/m/config/text".into(),
            yours: Some(json!("¿Cómo?")),
            theirs: Some(json!("¿Qué tal?")),
            by: "Rosa".into(),
            changed_at: Timestamp(7),
            revision: 4,
        };
        assert_eq!(conflicts, [told]);
        assert!(merge(&merged.document, &log, &yours[..1]).is_ok());
    }

    #[test]
    fn what_leads_to_a_step_that_is_gone_is_a_conflict_both_ways() {
        let begin = document();
        let removes = vec![Op::RemoveStep { step: id("f") }];
        let leads = vec![Op::Connect { step: id("i"), exit: "next".into(), to: Some(id("f")) }];
        for (first, second) in [(&removes, &leads), (&leads, &removes)] {
            let merged = merge(&begin, [], first).unwrap();
            let log = [accepted(1, "Rosa", 0, first.clone(), merged.applied)];
            assert!(matches!(merge(&merged.document, &log, second), Err(Refused::Conflict { .. })));
        }
    }

    #[test]
    fn a_draft_does_not_grow_without_end() {
        let value = Value::from("x".repeat(MAX_BYTES));
        let ops = [Op::Set { at: "/nodes/m/note".into(), value }];
        let refused = merge(&document(), [], &ops);
        assert!(matches!(refused, Err(Refused::Wrong { error }) if error.code == "patch.too_large"));
    }

    #[test]
    fn a_flow_keeps_its_id() {
        for at in ["/id", "/id/x"] {
            let ops = [Op::Set { at: at.into(), value: json!("b") }];
            assert!(matches!(merge(&document(), [], &ops), Err(Refused::Wrong { .. })), "{at}");
        }
    }
}
