//! Kills at any moment, again and again, some of them while it starts; in between, things befall the folder,
//! and WhatsApp is not at its best.
//!
//! A number says all that happens but for how long everything takes: a failure names it.

use std::time::Duration;

use cauce_store::BaseKind;
use cauce_tests::process::Death;
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::mishap::Mishap;
use crate::points::POINTS;
use crate::stage::{Scenario, perform};
use crate::{ALONE, AT_ONCE, embedded};

/// The same ones in every run, so that a failure can be looked into.
const SEED: u64 = 20_251_120;
/// How many are tried.
const SCENARIOS: u64 = 30;
/// A start takes less time than this, in milliseconds.
const START: usize = 700;
/// A walk of one customer passes no point more often.
const PASSES: usize = 60;

#[tokio::test]
async fn after_kills_at_any_moment_everybody_sees_what_they_see_without_one() {
    let _alone = ALONE.lock().await;
    let (first, count) = (number("CAUCE_SEED", SEED), number("CAUCE_SCENARIOS", SCENARIOS));
    println!("CAUCE_SEED={first} CAUCE_SCENARIOS={count}");
    let scenarios = |entries| (first..first + count).map(|seed| scenario(seed, entries)).collect();
    perform(embedded, scenarios, &[], AT_ONCE).await;
}

fn number(variable: &str, usual: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
        Err(_) => usual,
    }
}

fn scenario(seed: u64, entries: usize) -> Scenario {
    let mut dice = Dice(seed);
    let customers = dice.roll(3);
    let deaths: Vec<Death> = (0..dice.roll(5)).map(|_| death(&mut dice, customers)).collect();
    let mut kills: Vec<usize> = (0..dice.roll(3)).map(|_| dice.roll(entries * customers)).collect();
    kills.sort_unstable();
    let mishaps: Vec<Mishap> = (0..deaths.len() + kills.len()).map(|_| mishap(&mut dice)).collect();
    let faults: Vec<Value> = (1..dice.roll(5)).map(|_| fault(&mut dice)).collect();
    let base = dice.one_of(&BaseKind::ALL);
    let name = format!(
        "CAUCE_SEED={seed} CAUCE_SCENARIOS=1: {} with {customers} × {deaths:?}, after {kills:?} entries, {mishaps:?}, {faults:?}",
        base.name()
    );
    Scenario { name, deaths, kills, mishaps, faults, customers, base, unsure: true, ..Scenario::default() }
}

fn death(dice: &mut Dice, customers: usize) -> Death {
    if dice.roll(3) == 1 {
        return Death::After(Duration::from_millis(dice.roll(START) as u64));
    }
    // One event at which the process ends twice is set aside, so none is killed at in its handling.
    let points: Vec<&str> =
        POINTS.iter().map(|(point, _)| *point).filter(|point| *point != "claim.begin").collect();
    let point = dice.one_of(&points);
    // Early ones more often: not every point is passed so many times.
    let most = dice.roll(PASSES * customers);
    Death::At(format!("{point}:{}", dice.roll(most)))
}

fn mishap(dice: &mut Dice) -> Mishap {
    match dice.roll(8) {
        1 | 2 => Mishap::HalfSnapshot,
        3 | 4 => Mishap::TornFrame(dice.roll(2000)),
        5 => Mishap::DamagedBase,
        6 => Mishap::NoBase,
        _ => Mishap::None,
    }
}

/// What a send, a webhook or a file may meet without anything being lost.
fn fault(dice: &mut Dice) -> Value {
    let nth = dice.roll(20);
    match dice.roll(8) {
        1 => json!({ "on": "webhooks", "kind": "duplicate", "nth": nth, "times": dice.roll(20) }),
        2 => json!({ "on": "webhooks", "kind": "reorder", "nth": nth, "times": dice.roll(5) }),
        3 => json!({ "kind": "latency", "ms": dice.roll(200), "times": 0 }),
        4 => json!({ "kind": "server_error", "when": "after", "nth": nth }),
        5 => json!({ "kind": "reset", "when": dice.one_of(&["before", "after"]), "nth": nth }),
        6 => json!({ "kind": "early", "nth": nth, "times": dice.roll(3) }),
        7 => json!({ "kind": "http_429", "nth": nth }),
        _ => json!({ "on": "media", "kind": "server_error" }),
    }
}
