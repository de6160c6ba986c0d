//! What the fuzz targets share.

use std::sync::LazyLock;

use cauce_flows::{Catalogue, Event, Facts, MAX_STEPS, Opening, Outcome, Program, Run, RunState, start, step};
use cauce_model::{InboundContent, Timestamp};
use serde_json::{Value, json};

/// All kinds of steps.
pub static KINDS: LazyLock<Catalogue> = LazyLock::new(cauce_nodes::catalogue);

/// The most waits that a walk is taken through.
const WAITS: usize = 12;

/// Begins a flow with what another system might tell, and answers it for a while.
pub fn walk(program: &Program, said: &str) -> Run {
    let data = json!({ "nombre": "José Ñandú", "n": 40, "precio": 12.5, "lista": ["a", "Á", 3, null], "dia": "2026-03-15" });
    let content = InboundContent::Text { body: said.to_owned() };
    let mut facts = facts(1);
    let opening = Opening { content: Some(&content), referral: None, data: Some(&data) };
    let id = "0000000000000001".parse().expect("an id");
    let (mut run, outcome) = start(program, id, &facts, opening);
    sound(&run, &outcome);
    for turn in 0..WAITS {
        if run.wait().is_none() {
            break;
        }
        facts = self::facts(2 + turn as i64);
        let event = match turn % 3 {
            2 => Event::TimedOut,
            _ => Event::Answer(&content),
        };
        sound(&run.clone(), &step(program, &mut run, event, &facts));
    }
    run
}

/// What holds after every turn.
fn sound(run: &Run, outcome: &Outcome) {
    assert!(outcome.trail.len() <= 2 * MAX_STEPS, "{} steps in a turn", outcome.trail.len());
    if let RunState::Failed { code, text, .. } = &run.state {
        assert!(!code.is_empty() && !text.is_empty(), "a run that stops says why");
    }
}

fn facts(hour: i64) -> Facts {
    Facts {
        now: Timestamp(1_773_600_000_000 + hour * 3_600_000),
        seed: hour.unsigned_abs() * 7919,
        window_ends_at: Timestamp(i64::MAX / 2),
        ..Facts::default()
    }
}

/// How many bytes a value takes when it is written.
pub fn size(value: &Value) -> usize {
    value.to_string().len()
}
