//! Scenarios played: each on a copy of one furnished installation, looked into after every kill, and compared
//! with the one where nothing happens.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cauce_store::BaseKind;
use cauce_store::transfer::Place;
use cauce_tests::process::{AfterKill, Death, Installation, Killed, Lives, copy};
use cauce_tests::service::Service;
use futures_util::FutureExt;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};

use crate::inspection::{SERVER, inspect};
use crate::mishap::Mishap;
use crate::walk::{PICTURE, Record, Walk};

const JOURNEY: &str = include_str!("viaje.yaml");
/// How long one scenario may take; ten times what it takes.
const TIME: Duration = Duration::from_secs(120);
/// So small are the layers of the store, in bytes, that a walk fills several, and that checkpoints are made.
const SMALL_LAYERS: usize = 6000;

/// How much of a failure is shown, in characters.
const SHOWN: usize = 3000;

/// The installation that is furnished for all.
const FIRST: &str = "first";

/// A point at which Cauce is killed, and at which of its passes.
pub type Point = (&'static str, &'static [&'static str]);

/// Who saw something else than without a kill.
pub const SCREEN: &str = "seen on phone and screen: ";

/// A way for Cauce to be killed.
pub struct Scenario {
    pub name: String,
    /// How its lives end.
    pub deaths: Vec<Death>,
    /// What befalls its folder after the first kill, the second, …
    pub mishaps: Vec<Mishap>,
    /// What goes wrong at WhatsApp, as its emulator is told.
    pub faults: Vec<Value>,
    /// Killed as well when the ledger has so many entries, rising.
    pub kills: Vec<usize>,
    /// Its store goes away, and comes back, when the ledger has so many entries, rising.
    pub outages: Vec<usize>,
    pub customers: usize,
    /// Whether the first process makes the data folder too.
    pub fresh: bool,
    /// Whether a death may be planned that does not come.
    pub unsure: bool,
    /// How large the layers of the store are, in bytes.
    pub layers: usize,
    /// What keeps the rows.
    pub base: BaseKind,
    /// What is wrong with Cauce, on purpose.
    pub defect: Option<&'static str>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: String::new(),
            deaths: Vec::new(),
            mishaps: Vec::new(),
            faults: Vec::new(),
            kills: Vec::new(),
            outages: Vec::new(),
            customers: 1,
            fresh: false,
            unsure: false,
            layers: SMALL_LAYERS,
            base: BaseKind::default(),
            defect: None,
        }
    }
}

impl Scenario {
    /// Killed at one point after the other, and at these entries of the ledger.
    pub fn new(points: &[&str], kills: &[usize], customers: usize) -> Self {
        let deaths = points.iter().map(|&point| Death::At(point.to_owned())).collect();
        let kills = kills.to_vec();
        let name = format!("{customers} × {points:?} and after {kills:?} entries of the ledger");
        Self { name, deaths, kills, customers, ..Self::default() }
    }

    /// The first start, killed at one point after the other.
    pub fn fresh(points: &[&str]) -> Self {
        let new = Self::new(points, &[], 1);
        Self { name: format!("first start, {}", new.name), fresh: true, ..new }
    }

    /// The same with something that befalls its folder after each kill.
    pub fn with(self, mishaps: &[Mishap]) -> Self {
        Self { name: format!("{}, {mishaps:?}", self.name), mishaps: mishaps.to_vec(), ..self }
    }
}

/// What came of a scenario.
pub struct Played {
    /// What each customer saw.
    records: Vec<Record>,
    /// How many entries the ledger had.
    entries: usize,
    /// By what Cauce was killed.
    killed: Vec<String>,
}

/// What all scenarios share.
pub struct Stage<R> {
    /// Says where the rows of an installation of this name stay, when not in its data folder, and has them begin
    /// as those of the other.
    rows: R,
    /// The server that the journey calls.
    service: Service,
    /// With what they begin, for each base.
    beginnings: Vec<Beginning>,
    /// What everybody sees without a kill, once it is known.
    expected: Option<Record>,
}

/// A data folder as the demo leaves it, and Ana's token in it.
struct Beginning {
    base: BaseKind,
    data: PathBuf,
    token: String,
    _folder: tempfile::TempDir,
}

/// Plays the scenarios that `scenarios` makes from the number of entries in the ledger of a walk, `at_once` of
/// them at one time.
///
/// # Panics
/// When something was lost, double or other than without a kill, or a point was not passed as often as planned.
#[allow(clippy::print_stdout, reason = "what was tried is part of what a test tells")]
pub async fn perform(
    rows: impl AsyncFn(&str, Option<&str>) -> Result<Option<String>>,
    scenarios: impl Fn(usize) -> Vec<Scenario>,
    points: &[Point],
    at_once: usize,
) {
    let mut stage = Stage::furnished(rows).await.unwrap_or_else(|error| panic!("before any kill: {error:#}"));
    let quiet = stage.play(&Scenario::new(&[], &[], 1), 0).await;
    let quiet = quiet.unwrap_or_else(|error| panic!("with no kill: {error:#}"));
    stage.expected = quiet.records.into_iter().next();

    let scenarios = scenarios(quiet.entries);
    let count = scenarios.len();
    let outcomes: Vec<_> = stream::iter((1..).zip(scenarios))
        .map(async |(number, scenario)| (stage.play(&scenario, number).await, scenario))
        .buffer_unordered(at_once)
        .collect()
        .await;

    let mut kills = BTreeMap::<String, Vec<String>>::new();
    let mut failures = Vec::new();
    for (outcome, scenario) in outcomes {
        match outcome {
            Ok(played) => {
                for by in played.killed {
                    let (point, pass) = by.split_once([':', ' ']).unwrap_or((&by, ""));
                    kills.entry(point.to_owned()).or_default().push(pass.to_owned());
                }
            }
            Err(error) => {
                let why: String = format!("{error:#}").chars().take(SHOWN).collect();
                failures.push(format!("--- {}\n{why}", scenario.name));
            }
        }
    }
    println!("{count} scenarios, {} of them failed\n{:<24} kills at passes", failures.len(), "point");
    for (point, passes) in &mut kills {
        passes.sort_by_key(|pass| pass.split([':', ' ']).next().and_then(|n| n.parse::<u32>().ok()));
        let named: Vec<&str> = passes.iter().map(String::as_str).filter(|pass| !pass.is_empty()).collect();
        println!("{point:<24} {:>5} {}", passes.len(), named.join(" "));
    }
    assert!(failures.is_empty(), "{} of {count} scenarios failed\n{}", failures.len(), failures.join("\n"));
    for (point, passes) in points {
        let hit = kills.get(*point).map_or(0, Vec::len);
        assert!(hit >= passes.len().max(1), "{point} killed only {hit} times");
    }
}

impl<R: AsyncFn(&str, Option<&str>) -> Result<Option<String>>> Stage<R> {
    /// With a data folder as the demo leaves it, and the journey published.
    pub async fn furnished(rows: R) -> Result<Self> {
        let service = Service::start("127.0.0.1").await;
        let address = rows(FIRST, None).await?;
        let mut beginnings = Vec::new();
        for base in BaseKind::ALL {
            // Where the rows are in a database, a folder has no base.
            if address.is_none() || beginnings.is_empty() {
                let lives = Lives { base, ..Lives::default() };
                let mut house = Installation::open(None, address.as_deref(), lives, TIME).await?;
                let token = furnish(&mut house, &service).await?;
                let (folder, data) = house.close().await?;
                beginnings.push(Beginning { base, data, token, _folder: folder });
            }
        }
        Ok(Self { rows, service, beginnings, expected: None })
    }

    /// Lets everybody walk while Cauce is killed. Customers of another scenario, by its `number`, have other
    /// phones. What a failure leaves is kept.
    ///
    /// # Errors
    /// When something was lost or doubled, Cauce ended by itself, or time is up.
    pub async fn play(&self, scenario: &Scenario, number: usize) -> Result<Played> {
        let data = (!scenario.fresh).then_some(self.beginning(scenario).data.as_path());
        let like = (!scenario.fresh).then_some(FIRST);
        let address = (self.rows)(&number.to_string(), like).await?;
        let rows = address.clone().map(Place::Postgres);
        let lives = Lives {
            deaths: scenario.deaths.clone(),
            variables: variables(scenario),
            base: scenario.base,
            after_kill: Some(after_kill(rows.clone(), scenario.mishaps.clone())),
        };
        let mut house = Installation::open(data, address.as_deref(), lives, TIME).await?;
        let acted = self.act(&mut house, scenario, number).await;
        let ledger = house.phone(Method::GET, "/ledger", None).await;
        let (folder, data, acted) = match acted {
            Ok(played) => {
                let (folder, data) = house.close().await.context("the last process did not end in order")?;
                (folder, data, Ok(played))
            }
            Err(error) => {
                let (folder, data) = house.leave().await;
                (folder, data, Err(error))
            }
        };
        let rows = rows.unwrap_or_else(|| Place::Folder(data.clone()));
        let seen = inspect(rows, data.join("files"), ledger?).await;
        let error = match (acted, seen) {
            (Ok(played), Ok(())) => return Ok(played),
            (Ok(_), Err(seen)) => seen,
            (Err(error), Ok(())) => error,
            (Err(error), Err(seen)) => error.context(format!("{seen:#}")),
        };
        if scenario.defect.is_some() {
            return Err(error);
        }
        let kept = folder.keep();
        std::fs::write(kept.join("why.txt"), format!("{}\n{error:#}", scenario.name))?;
        Err(error.context(format!("all of it, and logs and data, is in {}\n", kept.display())))
    }

    fn beginning(&self, scenario: &Scenario) -> &Beginning {
        let its = self.beginnings.iter().find(|beginning| beginning.base == scenario.base);
        its.unwrap_or(&self.beginnings[0])
    }

    async fn act(&self, house: &mut Installation, scenario: &Scenario, number: usize) -> Result<Played> {
        if scenario.fresh {
            furnish(house, &self.service).await?;
        } else {
            house.be(&self.beginning(scenario).token);
        }
        let house = &*house;
        for fault in &scenario.faults {
            house.phone(Method::POST, "/faults", Some(fault)).await?;
        }
        let customers: Vec<_> = (0..scenario.customers)
            .map(|customer| (format!("519{number:05}00{customer}"), customer))
            .collect();
        let walks = customers.iter().map(|(wa_id, customer)| Walk::new(house, wa_id, *customer).whole());
        let walks = try_join_all(walks);
        let kills = async {
            for kill in &scenario.kills {
                until_entry(house, *kill).await?;
                house.cauce.kill();
            }
            Ok(())
        };
        let outages = async {
            for outage in &scenario.outages {
                until_entry(house, *outage).await?;
                store_goes(house).await?;
            }
            Ok(())
        };
        let (records, (), ()) = tokio::try_join!(walks, kills, outages)?;

        let counts = house.get("/api/conversations").await?["counts"].clone();
        let everybody = scenario.customers;
        ensure!(
            counts["all"] == everybody && counts["ended"] == everybody,
            "{SCREEN}the lists count {counts}"
        );
        let life = house.cauce.life();
        let came = !life.armed || scenario.unsure;
        ensure!(came, "{} was never passed so often; killed: {:?}", scenario.name, life.killed);
        for (wa_id, _) in &customers {
            asked_once(&self.service, wa_id, life.killed.len())?;
        }
        let ledger = house.phone(Method::GET, "/ledger", None).await?;
        if let Some(expected) = &self.expected {
            same(expected, &records)?;
        }
        Ok(Played { records, entries: entries(&ledger), killed: life.killed })
    }
}

fn variables(scenario: &Scenario) -> Vec<(&'static str, String)> {
    let mut variables =
        vec![("CAUCE_POWER_CUT", "1".to_owned()), ("CAUCE_LAYER_BYTES", scenario.layers.to_string())];
    variables.extend(scenario.defect.map(|defect| ("CAUCE_DEFECT", defect.to_owned())));
    variables
}

/// Lets something befall the folder, and looks into a copy of it: looking into a home changes it, as every start
/// does.
fn after_kill(rows: Option<Place>, mishaps: Vec<Mishap>) -> AfterKill {
    Box::new(move |killed: Killed| {
        let Killed { number, by, data, ledger } = killed;
        let mishap = mishaps.get(number - 1).copied();
        let rows = rows.clone();
        async move {
            if let Some(mishap) = mishap {
                mishap.befall(&data)?;
            }
            // Two kills that meet the same event by chance would have it set aside, rightly; `poison` tests that.
            let _ = std::fs::remove_file(data.join("scratch/deaths"));
            let seen = match rows {
                Some(rows) => inspect(rows, data.join("files"), ledger).await,
                None => {
                    let copied = data.with_file_name(format!("after-{number}"));
                    copy(&data, &copied)?;
                    let seen = inspect(Place::Folder(copied.clone()), copied.join("files"), ledger).await;
                    std::fs::remove_dir_all(&copied)?;
                    seen
                }
            };
            seen.with_context(|| format!("after kill {number}, {by} ({mishap:?})"))
        }
        .boxed()
    })
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

/// Whether the server was asked for both of a customer's walks, each under a key of its own, and no more
/// often than a kill may have it asked again.
fn asked_once(service: &Service, wa_id: &str, kills: usize) -> Result<()> {
    let mut keys = BTreeMap::<String, usize>::new();
    for asked in service.asked().into_iter().filter(|asked| asked.what.ends_with(wa_id)) {
        *keys.entry(asked.key).or_default() += 1;
    }
    ensure!(keys.len() == 2, "{SERVER}two walks of {wa_id} asked under {} keys", keys.len());
    let total: usize = keys.values().sum();
    ensure!(total <= 2 + kills, "{kills} kills, and {wa_id} asked {keys:?}");
    Ok(())
}

/// Waits until the ledger has grown to this number of entries.
async fn until_entry(house: &Installation, number: usize) -> Result<()> {
    let what = format!("entry {number} of the ledger");
    let grown = async || {
        let ledger = house.phone(Method::GET, "/ledger", None).await?;
        Ok((entries(&ledger) >= number).then_some(()))
    };
    house.until(&what, grown).await
}

/// Has the server of the rows crash, and come back.
async fn store_goes(house: &Installation) -> Result<()> {
    let control =
        std::env::var("CAUCE_TEST_POSTGRES_CONTROL").context("run this with scripts/with-postgres")?;
    house.cauce.may_fall();
    for what in ["stop", "start"] {
        let done = tokio::process::Command::new(&control).arg(what).status().await?;
        ensure!(done.success(), "the server did not {what}");
    }
    Ok(())
}

/// How many sends were accepted and webhooks made so far.
fn entries(ledger: &Value) -> usize {
    ["sends", "webhooks"].iter().map(|key| ledger[key].as_array().map_or(0, Vec::len)).sum()
}

/// Whether everybody saw what was expected; if not, where they first saw something else.
fn same(expected: &Record, records: &[Record]) -> Result<()> {
    for (customer, record) in records.iter().enumerate() {
        let differs = (0..expected.len().max(record.len())).find(|&at| expected.get(at) != record.get(at));
        if let Some(at) = differs {
            let line = |record: &Record| record.get(at).cloned().unwrap_or_else(|| "nothing".into());
            anyhow::bail!(
                "{SCREEN}customer {customer}, line {at}\nexpected {}\nbut it is {}\nwhole: {record:#?}",
                line(expected),
                line(record)
            );
        }
    }
    Ok(())
}
