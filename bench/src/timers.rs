//! Timers: a million that are due within an hour. For a while the real clock shows how late they come; then a
//! clock that is moved shows what they cost, and that each comes once.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use anyhow::bail;
use cauce_model::{Duration, Slot, Timestamp};
use cauce_runtime::{
    Clock, Entity, EntityAddress, EntityKind, Halt, ManualClock, Parts, Runtime, Settings, SystemClock, Turn,
    from_bytes, to_bytes,
};
use cauce_store::EmbeddedStore;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::machine::{Watch, undisturbed};
use crate::numbers::shown;
use crate::process::memory_of;
use crate::report::Part;
use crate::{Bench, house};

/// A sort of entity that contacts do not have.
const ALARM: EntityKind = EntityKind(200);
/// How many timers one entity has.
const EACH: usize = 1000;
/// Within how many seconds all of them are due.
const SPAN: i64 = 3600;

#[derive(Serialize, Deserialize)]
enum AlarmEvent {
    /// Sets its timers, from then on.
    Set { number: usize, timers: usize, from: Timestamp },
    /// One comes.
    Ring { number: usize, due: Timestamp },
}

/// Alarms, and what came.
struct Alarms {
    rung: AtomicU64,
    times: Vec<AtomicU8>,
    late_ms: std::sync::Mutex<Vec<i64>>,
}

impl Entity for Alarms {
    fn handle(&self, turn: &mut Turn<'_>, event: &[u8]) -> Result<(), Halt> {
        match from_bytes(event)? {
            AlarmEvent::Set { number, timers, from } => {
                for n in number..number + EACH {
                    // Evenly over the span, and not in the order in which they are set.
                    let place = (n as i64 * 7919) % timers as i64;
                    let due = from + Duration::millis(place * SPAN * 1000 / timers as i64);
                    let this = turn.this().clone();
                    turn.set_timer(&this, due, &n.to_string(), &AlarmEvent::Ring { number: n, due });
                }
            }
            AlarmEvent::Ring { number, due } => {
                self.times[number].fetch_add(1, Ordering::Relaxed);
                self.rung.fetch_add(1, Ordering::Relaxed);
                let late = (turn.now() - due).0;
                self.late_ms.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(late);
            }
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Found {
    timers: usize,
    sampled: usize,
    late_p50_ms: i64,
    late_p99_ms: i64,
    late_most_ms: i64,
    cpu_percent: f64,
    start_s: f64,
    rss_mib: f64,
    fired_per_second: f64,
    cpu_us: f64,
}

/// Measures.
pub fn run(bench: &Bench) -> anyhow::Result<Part> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let found = undisturbed(bench.anyway, "timers", || {
        let watch = Watch::begin(&[]);
        let found = runtime.block_on(measure(bench))?;
        Ok((found, watch.foreign()))
    })?;
    let mut table = String::from(
        "| timers | late, ms: p50 / p99 / most | CPU while they come | start, s | memory, MiB | fired, a second | CPU, \
         µs a timer |\n|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    table += &format!(
        "| {} | {} / {} / {} | {} % | {} | {} | {} | {} |\n",
        shown(found.timers as f64),
        found.late_p50_ms,
        found.late_p99_ms,
        found.late_most_ms,
        shown(found.cpu_percent),
        shown(found.start_s),
        shown(found.rss_mib),
        shown(found.fired_per_second),
        shown(found.cpu_us)
    );
    let mut part = Part::new("timers", table, &found);
    part.lead(format!(
        "All due within an hour. Lateness is that of the {} that come in the first seconds of the real clock; then a \
         clock that is moved lets the others come as fast as they can, and every one has come once.",
        shown(found.sampled as f64)
    ));
    Ok(part)
}

async fn start(data: &Path, clock: Arc<dyn Clock>, alarms: &Arc<Alarms>) -> anyhow::Result<Runtime> {
    let partitions = u16::try_from(std::thread::available_parallelism()?.get())?.clamp(2, 16);
    let store = Arc::new(EmbeddedStore::open(data, partitions)?);
    let mut parts = Parts::default();
    parts.entities.insert(ALARM, alarms.clone());
    let settings = Settings { partitions, grace: Duration::millis(1), scratch: None, held: false };
    Ok(Runtime::start(store, clock, parts, settings).await?)
}

async fn measure(bench: &Bench) -> anyhow::Result<Found> {
    let (timers, sample) = if bench.quick { (100_000, 5) } else { (1_000_000, 60) };
    let folder = bench.folder.join("timers");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let alarms = Arc::new(Alarms {
        rung: AtomicU64::new(0),
        times: (0..timers).map(|_| AtomicU8::new(0)).collect(),
        late_ms: Default::default(),
    });
    let runtime = start(&folder, Arc::new(SystemClock), &alarms).await?;
    // Time to set them all before the first is due.
    let from = runtime.now() + Duration::seconds(if bench.quick { 5 } else { 30 });
    for number in (0..timers).step_by(EACH) {
        let slot = Slot::of(&number.to_string());
        let to = EntityAddress { kind: ALARM, slot, key: number.to_string() };
        house::submit(&runtime, to, to_bytes(&AlarmEvent::Set { number, timers, from })).await?;
    }
    if runtime.now() >= from {
        bail!("the timers were not set in time");
    }
    SystemClock.sleep_until(from).await;
    let (cpu, begun) = (cpu_s(), Instant::now());
    SystemClock.sleep_until(from + Duration::seconds(sample)).await;
    let cpu_percent = (cpu_s() - cpu) / begun.elapsed().as_secs_f64() * 100.0;
    runtime.stop().await;
    drop(runtime);
    let mut late =
        std::mem::take(&mut *alarms.late_ms.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    late.sort_unstable();
    if late.is_empty() {
        bail!("no timer came");
    }

    let clock = ManualClock::new(SystemClock.now());
    let begun = Instant::now();
    let runtime = start(&folder, Arc::new(clock.clone()), &alarms).await?;
    let start_s = begun.elapsed().as_secs_f64();
    let (_, rss_mib) = memory_of(std::process::id());
    let (cpu, begun, already) = (cpu_s(), Instant::now(), alarms.rung.load(Ordering::Relaxed));
    let end = from + Duration::seconds(SPAN);
    while clock.now() <= end {
        clock.advance(Duration::seconds(20));
        let due = timers as i64 * (clock.now() - from).0 / (SPAN * 1000);
        let due = u64::try_from(due)?.min(timers as u64);
        let enough = Instant::now() + std::time::Duration::from_secs(60);
        while alarms.rung.load(Ordering::Relaxed) < due {
            if Instant::now() > enough {
                bail!("{} of {due} timers came", alarms.rung.load(Ordering::Relaxed));
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
    let fired = (alarms.rung.load(Ordering::Relaxed) - already) as f64;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu_us = (cpu_s() - cpu) * 1e6 / fired;
    runtime.stop().await;
    drop(runtime);
    let wrong = alarms.times.iter().filter(|times| times.load(Ordering::Relaxed) != 1).count();
    if wrong > 0 {
        bail!("{wrong} timers did not come once");
    }
    std::fs::remove_dir_all(&folder)?;
    let at = |part: f64| late[((late.len() - 1) as f64 * part) as usize];
    Ok(Found {
        timers,
        sampled: late.len(),
        late_p50_ms: at(0.5),
        late_p99_ms: at(0.99),
        late_most_ms: at(1.0),
        cpu_percent,
        start_s,
        rss_mib,
        fired_per_second: fired / seconds,
        cpu_us,
    })
}

/// The processor time of this process.
fn cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
