//! Two processes on one database: the one that was replaced, without knowing it, writes nothing any more.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use cauce_store::transfer::Place as Rows;
use cauce_tests::house::within;
use cauce_tests::served::{Meta, Place, Served, text_of};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::database;
use crate::inspection::{DOCTOR, LEDGER, inspect};

const FLOW: &str = "
id: eco
name: Eco
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: pregunta } }
  pregunta: { kind: question, config: { text: ¿Qué tal? }, exits: { ok: pregunta, no_match: fin } }
  fin: { kind: end, config: { text: Adiós. } }
";

#[tokio::test]
async fn who_was_replaced_while_it_stood_still_writes_nothing() {
    rivals("lease", None).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_nobody_checks_is_found_out() {
    let seen = rivals("no_lease", Some("lease_unchecked")).await.expect_err("nobody saw lease_unchecked");
    let seen = format!("{seen:#}");
    assert!(seen.contains(LEDGER) || seen.contains(DOCTOR), "{seen}");
    println!("lease_unchecked is {seen}");
}

/// One process stands still, another takes its place, the first goes on.
async fn rivals(name: &str, defect: Option<&str>) -> Result<()> {
    let address = database(name, None).await?.expect("an address");
    let meta = Meta::start().await;
    let variables: Vec<_> = defect.map(|defect| ("CAUCE_DEFECT", defect)).into_iter().collect();
    // Two writers: of one, the second process takes the numbers that the first would give its next commits.
    let options = format!("store: '{address}'\npartitions: 2");
    let (first, second) = (Place::new(&meta, &options), Place::new(&meta, &options));
    let mut taken = BTreeMap::new();

    let mut old = first.serve_with(&[], &variables).await;
    old.publish(FLOW).await;
    for customer in ["51911111111", "51922222222"] {
        ensure!(says(&old, customer, "hola", &mut taken).await, "the first takes nothing in");
    }
    answered(&old, 2).await;

    old.signal(Signal::STOP);
    let new = second.serve_with(&[], &variables).await;
    for customer in ["51911111111", "51933333333"] {
        ensure!(says(&new, customer, "hola", &mut taken).await, "the second takes nothing in");
    }
    answered(&new, 2).await;
    old.signal(Signal::CONT);
    for customer in ["51922222222", "51911111111"] {
        let acknowledged = says(&old, customer, "hola", &mut taken).await;
        ensure!(!acknowledged, "{LEDGER}who was replaced took in what {customer} wrote");
    }
    let end = old.ended().await;
    ensure!(!end.success(), "who was replaced ended as if nothing had happened: {}", old.said());

    ensure!(says(&new, "51922222222", "hola", &mut taken).await, "the second is gone: {}", new.said());
    meta.until_asked(5).await;
    stop(new).await;
    let webhooks: Vec<Value> = taken
        .iter()
        .map(|(id, taken)| json!({ "kind": "message", "subject": id, "status": if *taken { 200 } else { 503 } }))
        .collect();
    let ledger = json!({ "sends": [], "webhooks": webhooks });
    inspect(Rows::Postgres(address), Path::new("nowhere").into(), ledger).await
}

/// Waits until Meta's answers to so many sends have been taken in: then nothing is left to commit.
async fn answered(served: &Served, sends: usize) {
    let counted = format!("cauce_turns_total{{kind=\"answer\"}} {sends}");
    within("the answers of sends are taken in", async {
        loop {
            let metrics = served.http().get(format!("{}/metrics", served.url)).send().await;
            if metrics.expect("it answers").text().await.expect("all of it").contains(&counted) {
                break;
            }
        }
    })
    .await;
}

/// Whether a customer's text is taken in.
async fn says(to: &Served, wa_id: &str, text: &str, taken: &mut BTreeMap<String, bool>) -> bool {
    let webhook = text_of(wa_id, text);
    let id = webhook.pointer("/entry/0/changes/0/value/messages/0/id").and_then(Value::as_str);
    let id = id.expect("a message has an id").to_owned();
    let acknowledged = to.webhook(&webhook).send().await.is_ok_and(|answer| answer.status() == 200);
    taken.insert(id, acknowledged);
    acknowledged
}

async fn stop(mut served: Served) {
    served.signal(Signal::TERM);
    assert!(served.ended().await.success(), "it did not end in order: {}", served.said());
}
