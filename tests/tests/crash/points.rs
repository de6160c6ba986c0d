//! Kills at named points.

use std::collections::BTreeSet;
use std::path::Path;

use crate::mishap::Mishap::{DamagedBase, HalfSnapshot, NoBase, None as Nothing, TornFrame};
use crate::stage::{Point, Scenario, perform};
use crate::{ALONE, AT_ONCE, embedded};

/// Customers who walk at the same time in a scenario of many.
const MANY: usize = 4;

/// The points at which Cauce is killed, and at which of their passes in a walk of one customer.
///
/// A third part holds the pass for so many milliseconds before the kill, while all else goes on: were
/// anything let out before its commit, it would be out by then; and a reader that is held falls behind
/// by lines that nothing later repeats.
pub const POINTS: [Point; 22] = [
    ("webhook.received", &["1", "6", "25", "50"]),
    ("turn.before_commit", &["1", "2:100", "3:100", "9", "17:100", "26:100", "40"]),
    ("turn.after_commit", &["1", "2", "4", "11", "19", "31", "45"]),
    ("webhook.before_answer", &["1", "2", "14", "30"]),
    ("send.before_post", &["1", "3", "8", "14"]),
    ("send.after_post", &["1", "4", "7", "15"]),
    ("http.before_call", &["1", "2"]),
    ("http.after_call", &["1", "2"]),
    ("fetch.before", &["1"]),
    ("media.stored", &["1"]),
    ("timer.due", &["1", "2", "3"]),
    ("claim.begin", &["1", "2"]),
    ("command.before_answer", &["1", "2", "3", "4"]),
    ("mail.before_delivery", &["1", "2", "3", "4", "5"]),
    ("reader.before_commit", &["1", "5", "20", "30", "19:1500", "22:1500"]),
    ("log.before_sync", &["1", "2:100", "13", "37:100", "90"]),
    ("log.after_sync", &["1", "5", "21", "70"]),
    ("drain.before_write", &["1", "6", "17"]),
    ("drain.before_applied", &["1", "9"]),
    ("drain.after", &["2", "12"]),
    ("checkpoint.page", &["1", "3"]),
    ("checkpoint.made", &["1", "2", "4"]),
];

/// The points of a start, which is killed while it takes up what the last kill left.
const STARTS: [Point; 3] =
    [("start.base_open", &["1"]), ("start.log_read", &["1"]), ("start.filling", &["1"])];

/// No point in the code is forgotten here.
#[test]
fn every_point_is_killed_at() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let mut there = BTreeSet::new();
    for folder in ["engine", "inbox", "designer-api", "channels"] {
        points_in(&root.join(folder), &mut there);
    }
    let killed_at = POINTS.iter().chain(&STARTS).map(|(point, _)| (*point).to_owned()).collect();
    assert_eq!(there, killed_at, "left: points in the code; right: points that are killed at");
}

fn points_in(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry of it").path();
        if path.is_dir() {
            points_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("Rust is text");
            let after = text.split("crash::point(\"").skip(1);
            found.extend(after.filter_map(|after| Some(after.split_once('"')?.0.to_owned())));
        }
    }
}

#[tokio::test]
async fn after_a_kill_at_any_point_everybody_sees_what_they_see_without_one() {
    let _alone = ALONE.lock().await;
    perform(embedded, scenarios, &[POINTS.as_slice(), &STARTS].concat(), AT_ONCE).await;
}

fn scenarios(entries: usize) -> Vec<Scenario> {
    // The longest first, so that they do not stand alone at the end.
    let mut scenarios = vec![
        Scenario::new(&["turn.after_commit:60", "send.after_post:9"], &[], MANY),
        Scenario::new(&["claim.begin:3", "mail.before_delivery:9"], &[], MANY),
        Scenario::new(&["send.after_post:20", "webhook.before_answer:60"], &[entries * 3], MANY),
        Scenario::new(&["checkpoint.made:6", "drain.before_applied:9"], &[entries * 3], MANY),
    ];
    // Killed again while it takes up what the last kill left, and soon after.
    for points in [
        [
            "turn.before_commit:7",
            "send.after_post:3",
            "timer.due:1",
            "webhook.before_answer:9",
            "reader.before_commit:7",
        ]
        .as_slice(),
        &["send.before_post:2", "send.before_post:1"],
        &["send.after_post:5", "turn.before_commit:1", "turn.after_commit:1"],
        &["mail.before_delivery:1", "mail.before_delivery:1"],
        &["mail.before_delivery:4", "turn.before_commit:2", "mail.before_delivery:1"],
        &["timer.due:1", "timer.due:1", "turn.before_commit:2"],
        &["timer.due:3", "turn.after_commit:2"],
        // Not a third time: an event at which the process ends twice is set aside.
        &["claim.begin:2", "turn.before_commit:1", "turn.after_commit:2"],
        &["http.after_call:1", "http.before_call:1", "http.after_call:1", "turn.before_commit:1"],
        &["media.stored:1", "fetch.before:1", "media.stored:1"],
        &["start.base_open:1", "start.log_read:1", "log.before_sync:1", "log.after_sync:1"],
    ] {
        scenarios.push(Scenario::new(points, &[], 1));
    }
    // The folder is not quite as it was left.
    for (points, mishaps) in [
        (
            ["turn.after_commit:12", "start.log_read:1", "turn.after_commit:9"].as_slice(),
            [HalfSnapshot; 3].as_slice(),
        ),
        (
            &["log.before_sync:20", "log.before_sync:5", "log.after_sync:9"],
            &[TornFrame(3), TornFrame(20), TornFrame(700)],
        ),
        (&["drain.before_applied:5", "start.base_open:1"], &[TornFrame(90), HalfSnapshot]),
        // Made again from checkpoints and log; killed while that goes on, it begins once more.
        (&["turn.after_commit:29", "start.filling:1", "start.filling:1"], &[NoBase, Nothing, TornFrame(40)]),
        (
            &["checkpoint.made:2", "checkpoint.page:1", "start.filling:1"],
            &[DamagedBase, DamagedBase, HalfSnapshot],
        ),
    ] {
        scenarios.push(Scenario::new(points, &[], 1).with(mishaps));
    }
    for (point, passes) in POINTS {
        for pass in passes {
            scenarios.push(Scenario::new(&[&format!("{point}:{pass}")], &[], 1));
        }
    }
    // Killed while it furnishes the demo, twice; and before there is anything.
    scenarios.push(Scenario::fresh(&["turn.after_commit:1", "turn.before_commit:2"]));
    scenarios.push(Scenario::fresh(&["start.base_open:1", "start.log_read:1", "log.before_sync:1"]));
    scenarios
}
