//! The tests tested: with one defect planted in Cauce they fail, and by the check that is there for it.

use std::process::Command;
use std::sync::Arc;

use cauce_store::{EmbeddedStore, SharedStore, conformance};

use crate::inspection::{DOCTOR, LEDGER, SERVER, START};
use crate::stage::{Scenario, Stage};
use crate::{ALONE, embedded};

/// How much is shown of what was seen, in characters.
const SHOWN: usize = 200;

/// Plays the scenarios until one shows the defect: one of `seen` begins what is said of it.
async fn shows(defect: &'static str, seen: &[&str], scenarios: Vec<Scenario>) {
    let _alone = ALONE.lock().await;
    let stage =
        Stage::furnished(embedded).await.unwrap_or_else(|error| panic!("without a defect: {error:#}"));
    let mut said = Vec::new();
    for (number, scenario) in (1..).zip(scenarios) {
        let scenario = Scenario { defect: Some(defect), unsure: true, ..scenario };
        let Err(error) = stage.play(&scenario, number).await else {
            said.push(format!("--- {}: nothing was seen", scenario.name));
            continue;
        };
        let error = format!("{error:#}");
        if let Some(line) = seen.iter().find_map(|seen| error.lines().find(|line| line.contains(seen))) {
            let line: String = line[line.find("seen by").unwrap_or_default()..].chars().take(SHOWN).collect();
            println!("{defect} is {line}");
            return;
        }
        said.push(format!("--- {}\n{error}", scenario.name));
    }
    panic!("nobody saw {defect}\n{}", said.join("\n"));
}

fn at(points: &[&str]) -> Vec<Scenario> {
    points.iter().map(|point| Scenario::new(&[point], &[], 1)).collect()
}

#[tokio::test]
async fn what_is_acknowledged_without_a_sync_is_missed() {
    // Nothing drains: in the log or nowhere.
    let scenarios = at(&["webhook.received:9", "turn.before_commit:20"]);
    let scenarios =
        scenarios.into_iter().map(|scenario| Scenario { layers: 100_000_000, ..scenario }).collect();
    shows("no_sync", &[LEDGER], scenarios).await;
}

#[tokio::test]
async fn a_log_behind_what_was_made_of_it_is_missed() {
    shows("no_sync", &[START], at(&["webhook.received:9", "turn.before_commit:20"])).await;
}

#[tokio::test]
async fn what_is_sent_before_its_commit_is_found_out() {
    // It shows where a turn that says or asks something is not kept; which turn is the nth differs a little
    // from run to run.
    let turns = (17..35).chain(2..17).map(|nth| format!("turn.before_commit:{nth}:300"));
    let scenarios = turns.map(|point| Scenario::new(&[&point], &[], 1)).collect();
    shows("send_before_commit", &[LEDGER, SERVER], scenarios).await;
}

#[tokio::test]
async fn what_is_taken_in_twice_is_found_out() {
    shows("no_dedup", &[LEDGER], at(&["webhook.before_answer:1", "webhook.before_answer:14"])).await;
}

#[tokio::test]
async fn a_timer_that_stays_is_found() {
    let found = format!("{DOCTOR}timer_stray");
    shows("timer_kept", &[&found], at(&["turn.after_commit:45", "mail.before_delivery:4"])).await;
}

#[tokio::test]
async fn mail_that_is_lost_is_missed() {
    let found = format!("{DOCTOR}mail_lost");
    shows("mail_lost", &[&found], at(&["mail.before_delivery:1", "mail.before_delivery:4"])).await;
}

/// What every home must do. One process has a data folder, so who held it before writes in that process.
#[tokio::test]
async fn the_store_keeps_its_promises() {
    let folder = tempfile::tempdir().expect("a folder");
    conformance::all(|| async {
        Arc::new(EmbeddedStore::open(folder.path(), 4).expect("the only one who has it")) as SharedStore
    })
    .await;
}

#[test]
fn a_lease_that_nobody_checks_is_found_out() {
    let tests = std::env::current_exe().expect("this program");
    let seen = Command::new(tests)
        .args(["--exact", "defects::the_store_keeps_its_promises", "--nocapture"])
        .env("CAUCE_DEFECT", "lease_unchecked")
        .output()
        .expect("this program starts");
    let seen = String::from_utf8_lossy(&[seen.stdout, seen.stderr].concat()).into_owned();
    assert!(seen.contains("right: Err(Fenced)"), "nobody saw lease_unchecked\n{seen}");
    println!("lease_unchecked is seen by the conformance suite: a writer of before writes");
}
