//! Cauce is killed, at named points and at any moment; the next process goes on. What customers and
//! agents see at the end is what they see when nothing happens, message by message.

mod walk;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cauce_tests::process::Installation;
use cauce_tests::service::Service;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt};
use reqwest::Method;
use serde_json::json;
use walk::{PICTURE, Record, Walk};

const JOURNEY: &str = include_str!("viaje.yaml");
/// How long one scenario may take; ten times what it takes.
const TIME: Duration = Duration::from_secs(60);
/// Scenarios at one time. They wait more than they work.
const AT_ONCE: usize = 8;
/// Customers who walk at the same time in a scenario of many.
const MANY: usize = 4;

/// The points at which Cauce is killed, and at which of their passes in a walk of one customer.
///
/// A third part holds the pass for so many milliseconds before the kill, while all else goes on: were
/// anything let out before its commit, it would be out by then; and a reader that is held falls behind
/// by lines that nothing later repeats.
const POINTS: [(&str, &[&str]); 15] = [
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
];

/// A way for Cauce to be killed.
struct Scenario {
    name: String,
    /// The point and pass armed in the first process, the second, …
    crashes: Vec<String>,
    /// Killed as well when the ledger has so many entries, rising.
    kills: Vec<usize>,
    customers: usize,
    /// Whether the first process makes the data folder too.
    fresh: bool,
}

impl Scenario {
    fn new(crashes: &[&str], kills: &[usize], customers: usize) -> Self {
        let crashes: Vec<String> = crashes.iter().map(|&crash| crash.to_owned()).collect();
        let kills = kills.to_vec();
        let name = format!("{customers} × {crashes:?} and after {kills:?} entries of the ledger");
        Self { name, crashes, kills, customers, fresh: false }
    }

    fn fresh(crashes: &[&str]) -> Self {
        let new = Self::new(crashes, &[], 1);
        Self { name: format!("first start, {}", new.name), fresh: true, ..new }
    }
}

#[tokio::test]
async fn after_a_kill_at_any_point_everybody_sees_what_they_see_without_one() {
    let service = Service::start("127.0.0.1").await;
    let (_folder, data, token) =
        furnished(&service).await.unwrap_or_else(|error| panic!("before any kill: {error:#}"));
    let stage = Stage { service, data, token };
    let quiet = Scenario::new(&[], &[], 1);
    let quiet = play(&stage, &quiet, 0).await;
    let (expected, entries, _) = quiet.unwrap_or_else(|error| panic!("with no kill: {error:#}"));
    let expected = expected.into_iter().next().expect("one customer walked");

    let scenarios = scenarios(entries);
    let count = scenarios.len();
    let outcomes: Vec<_> = stream::iter((1..).zip(scenarios))
        .map(async |(number, scenario)| {
            let played = play(&stage, &scenario, number).await;
            (played.and_then(|(records, _, killed)| same(&expected, &records).map(|()| killed)), scenario)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;

    let mut kills = BTreeMap::<String, Vec<String>>::new();
    let mut failures = Vec::new();
    for (outcome, scenario) in outcomes {
        match outcome {
            Ok(killed) => {
                for by in killed {
                    let (point, pass) = by.split_once(':').unwrap_or((&by, ""));
                    kills.entry(point.to_owned()).or_default().push(pass.to_owned());
                }
            }
            Err(error) => failures.push(format!("--- {}\n{error:#}", scenario.name)),
        }
    }
    println!("{count} scenarios, {} of them failed\n{:<24} kills at passes", failures.len(), "point");
    for (point, passes) in &mut kills {
        passes.sort_by_key(|pass| pass.split(':').next().and_then(|n| n.parse::<u32>().ok()));
        println!("{point:<24} {:>5} {}", passes.len(), passes.join(" "));
    }
    assert!(failures.is_empty(), "{} of {count} scenarios failed\n{}", failures.len(), failures.join("\n"));
    for (point, passes) in POINTS {
        let hit = kills.get(point).map_or(0, Vec::len);
        assert!(hit >= passes.len(), "{point} killed only {hit} times");
    }
}

fn scenarios(entries: usize) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    // The longest first, so that they do not stand alone at the end.
    scenarios.push(Scenario::new(&["turn.after_commit:60", "send.after_post:9"], &[], MANY));
    scenarios.push(Scenario::new(&["claim.begin:3", "mail.before_delivery:9"], &[], MANY));
    scenarios.push(Scenario::new(&["send.after_post:20", "webhook.before_answer:60"], &[entries * 3], MANY));
    // Killed again while it takes up what the last kill left, and soon after.
    for crashes in [
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
        &["claim.begin:2", "claim.begin:1", "turn.after_commit:2"],
        &["http.after_call:1", "http.before_call:1", "http.after_call:1", "turn.before_commit:1"],
        &["media.stored:1", "fetch.before:1", "media.stored:1"],
    ] {
        scenarios.push(Scenario::new(crashes, &[], 1));
    }
    for (point, passes) in POINTS {
        for pass in passes {
            scenarios.push(Scenario::new(&[&format!("{point}:{pass}")], &[], 1));
        }
    }
    // Killed while it furnishes the demo, twice.
    scenarios.push(Scenario::fresh(&["turn.after_commit:1", "turn.before_commit:2"]));
    // Killed at any moment: the same ones in every run, so that a failure can be looked into.
    let mut dice = Dice(20_251_120);
    for _ in 0..6 {
        let mut kills = [dice.roll(entries), dice.roll(entries)];
        kills.sort_unstable();
        scenarios.push(Scenario::new(&[], &kills, 1));
    }
    scenarios
}

/// Numbers that look like chance: splitmix64.
struct Dice(u64);

impl Dice {
    /// From 1 to `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = usize::try_from((z ^ (z >> 31)) >> 32).unwrap_or(0);
        z % sides.max(1) + 1
    }
}

/// What all scenarios share.
struct Stage {
    /// The server that the journey calls.
    service: Service,
    /// The data folder that they begin with, and Ana's token in it.
    data: PathBuf,
    token: String,
}

/// A data folder as the demo leaves it, with the journey published; and Ana's token.
async fn furnished(service: &Service) -> Result<(tempfile::TempDir, PathBuf, String)> {
    let mut house = Installation::open(None, &[], TIME).await?;
    let token = furnish(&mut house, service).await?;
    let (folder, data) = house.close().await?;
    Ok((folder, data, token))
}

async fn furnish(house: &mut Installation, service: &Service) -> Result<String> {
    house.log_in("admin@cauce.demo").await?;
    let picture = house.upload("equipo.jpg", &house.sample(PICTURE).await?).await?;
    let journey = JOURNEY.replace("SERVICIO", &service.base);
    let submission = json!({ "document": journey, "files": { "equipo.jpg": picture } }).to_string();
    let (status, answer) = house.ask(Method::POST, "/api/flows", "application/json", submission).await?;
    ensure!(status == 201, "the journey was not published: {status} {answer:#}");
    house.log_in("ana@cauce.demo").await
}

/// Lets everybody walk while Cauce is killed; gives what each saw, the entries of the ledger, and
/// by what Cauce was killed. Customers of another scenario have other phones.
async fn play(
    stage: &Stage,
    scenario: &Scenario,
    number: usize,
) -> Result<(Vec<Record>, usize, Vec<String>)> {
    let data = (!scenario.fresh).then_some(stage.data.as_path());
    let mut house = Installation::open(data, &scenario.crashes, TIME).await?;
    if scenario.fresh {
        furnish(&mut house, &stage.service).await?;
    } else {
        house.be(&stage.token);
    }
    let customers: Vec<_> =
        (0..scenario.customers).map(|customer| (format!("519{number:05}00{customer}"), customer)).collect();
    let walks = customers.iter().map(|(wa_id, customer)| Walk::new(&house, wa_id, *customer).whole());
    let walks = try_join_all(walks);
    let (records, ()) = tokio::try_join!(walks, kill_after(&house, &scenario.kills))?;

    let counts = house.get("/api/conversations").await?["counts"].clone();
    let everybody = scenario.customers;
    ensure!(counts["all"] == everybody && counts["ended"] == everybody, "the lists count wrong: {counts}");
    let life = house.cauce.life();
    ensure!(!life.armed, "{} was never passed so often; killed: {:?}", scenario.name, life.killed);
    for (wa_id, _) in &customers {
        asked_once(&stage.service, wa_id, life.killed.len())?;
    }
    let entries = entries(&house).await?;
    house.close().await.context("the last process did not end in order")?;
    Ok((records, entries, life.killed))
}

/// Whether the server was asked for both of a customer's walks, each under a key of its own, and no more
/// often than a kill may have it asked again.
fn asked_once(service: &Service, wa_id: &str, kills: usize) -> Result<()> {
    let mut keys = BTreeMap::<String, usize>::new();
    for asked in service.asked().into_iter().filter(|asked| asked.what.ends_with(wa_id)) {
        *keys.entry(asked.key).or_default() += 1;
    }
    ensure!(keys.len() == 2, "two walks of {wa_id} asked under {} keys", keys.len());
    let total: usize = keys.values().sum();
    ensure!(total <= 2 + kills, "{kills} kills, and {wa_id} asked {keys:?}");
    Ok(())
}

/// Kills Cauce whenever the ledger has grown to the next number.
async fn kill_after(house: &Installation, kills: &[usize]) -> Result<()> {
    for kill in kills {
        let what = format!("entry {kill} of the ledger");
        house.until(&what, async || Ok((entries(house).await? >= *kill).then_some(()))).await?;
        house.cauce.kill();
    }
    Ok(())
}

/// How many sends were accepted and webhooks made so far.
async fn entries(house: &Installation) -> Result<usize> {
    let ledger = house.phone(Method::GET, "/ledger", None).await?;
    Ok(["sends", "webhooks"].iter().map(|key| ledger[key].as_array().map_or(0, Vec::len)).sum())
}

/// Whether everybody saw what was expected; if not, where they first saw something else.
fn same(expected: &Record, records: &[Record]) -> Result<()> {
    for (customer, record) in records.iter().enumerate() {
        let differs = (0..expected.len().max(record.len())).find(|&at| expected.get(at) != record.get(at));
        if let Some(at) = differs {
            let line = |record: &Record| record.get(at).cloned().unwrap_or_else(|| "nothing".into());
            anyhow::bail!(
                "customer {customer}, line {at}\nexpected {}\nbut it is {}\nwhole: {record:#?}",
                line(expected),
                line(record)
            );
        }
    }
    Ok(())
}
