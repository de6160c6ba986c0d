//! The walks of the kills with the rows in PostgreSQL. Run by `scripts/with-postgres`, which starts a server.

#![allow(dead_code, reason = "the stage belongs to the tests of kills, of which these play a part")]

#[path = "../crash/dice.rs"]
mod dice;
#[path = "../crash/inspection.rs"]
mod inspection;
mod lease;
#[path = "../crash/mishap.rs"]
mod mishap;
#[path = "../crash/stage.rs"]
mod stage;
#[path = "../crash/walk.rs"]
mod walk;

use anyhow::{Context, Result};
use stage::{Point, Scenario, perform};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

/// Scenarios at one time: they share one server.
const AT_ONCE: usize = 3;

/// Where a commit, a send and a start stand with respect to the database.
const POINTS: [Point; 12] = [
    ("webhook.received", &["6"]),
    ("turn.before_commit", &["1", "9", "17:100", "40"]),
    ("turn.after_commit", &["1", "2", "11", "31"]),
    ("webhook.before_answer", &["14"]),
    ("send.before_post", &["3"]),
    ("send.after_post", &["4", "15"]),
    ("http.after_call", &["1"]),
    ("media.stored", &["1"]),
    ("timer.due", &["2"]),
    ("claim.begin", &["1"]),
    ("mail.before_delivery", &["2"]),
    ("reader.before_commit", &["5", "22:1500"]),
];

#[tokio::test]
async fn after_a_kill_everybody_sees_what_they_see_without_one() {
    perform(database, scenarios, &POINTS, AT_ONCE).await;
}

#[tokio::test]
async fn after_a_crash_of_the_server_too() {
    let scenarios = |entries| {
        let parts = |parts: &[usize]| parts.iter().map(|part| entries * part / 8).collect();
        [[1, 4, 6].as_slice(), &[2, 3], &[5, 7]]
            .map(|outages| Scenario { outages: parts(outages), ..Scenario::new(&[], &[], 1) })
            .into()
    };
    perform(database, scenarios, &[], 1).await;
}

fn scenarios(entries: usize) -> Vec<Scenario> {
    let mut scenarios = vec![
        Scenario::new(&["turn.after_commit:60", "send.after_post:9"], &[entries * 2], 4),
        Scenario::new(&["send.after_post:5", "turn.before_commit:1", "turn.after_commit:1"], &[], 1),
        Scenario::new(&["mail.before_delivery:1", "mail.before_delivery:1"], &[], 1),
        Scenario::fresh(&["turn.after_commit:1", "turn.before_commit:2"]),
    ];
    for (point, passes) in POINTS {
        for pass in passes {
            scenarios.push(Scenario::new(&[&format!("{point}:{pass}")], &[], 1));
        }
    }
    for part in 1..=3 {
        scenarios.push(Scenario::new(&[], &[entries * part / 4], 1));
    }
    scenarios
}

/// A database of this name for an installation, with the rows of the other, and its address.
async fn database(name: &str, like: Option<&str>) -> Result<Option<String>> {
    let name = format!("cauce_walk_{name}");
    let like = like.map_or("template1".into(), |like| format!("cauce_walk_{like}"));
    let server = std::env::var("CAUCE_TEST_POSTGRES").context("run this with scripts/with-postgres")?;
    let (client, work) = tokio_postgres::connect(&server, NoTls).await?;
    tokio::spawn(work);
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    create(&client, &name, &like).await?;
    let (server, _) = server.rsplit_once('/').context("an address without a database")?;
    Ok(Some(format!("{server}/{name}")))
}

/// Whoever was connected to the other database may still be letting go of it, or copying it.
async fn create(client: &Client, name: &str, like: &str) -> Result<()> {
    loop {
        match client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {like}")).await {
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            made => return Ok(made?),
        }
    }
}
