//! The machine: what it is, whether the disk is one, and whether something else was at work meanwhile.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};

use crate::process::cpu_of;

/// How many clock ticks of /proc make a second (USER_HZ, the same on every Linux).
const TICKS: f64 = 100.0;
/// The part of the machine's time that others may take while something is measured.
const MOST_FOREIGN: f64 = 0.08;

/// One line that says on what this was measured.
pub fn describe(folder: &Path) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = |text: &str, key: &str| -> String {
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let memory: f64 = info(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0);
    format!(
        "{} × {}, {:.0} GiB, {} disk, Linux {}",
        cores(),
        info(&read("/proc/cpuinfo"), "model name"),
        memory / 1024.0 / 1024.0,
        file_system(folder).unwrap_or_default(),
        read("/proc/sys/kernel/osrelease").trim()
    )
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The kind of file system that a folder is on.
fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    });
    // The last of equal mounts hides the earlier ones.
    mounts
        .filter(|(place, _)| folder.starts_with(place))
        .max_by_key(|(place, _)| place.len())
        .map(|(_, kind)| kind)
}

/// Makes the folder, when it is on a disk.
///
/// # Errors
/// When it is in memory: nothing would be synced there.
pub fn disk_folder(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    match file_system(folder).as_deref() {
        Some("tmpfs" | "ramfs") => bail!("{} is in memory: choose a --folder on a disk", folder.display()),
        _ => Ok(()),
    }
}

/// Watches whether others are at work.
pub struct Watch {
    since: Instant,
    busy: f64,
    own: f64,
    roots: Vec<u32>,
}

impl Watch {
    /// Begins. `roots` are processes of ours that are no children of this one.
    pub fn begin(roots: &[u32]) -> Self {
        let roots = [&[std::process::id()], roots].concat();
        Self { since: Instant::now(), busy: busy_seconds(), own: cpu_of(&roots), roots }
    }

    /// The part of the machine's time that others took.
    pub fn foreign(&self) -> f64 {
        let busy = busy_seconds() - self.busy;
        let own = cpu_of(&self.roots) - self.own;
        let all = self.since.elapsed().as_secs_f64() * cores() as f64;
        ((busy - own) / all).max(0.0)
    }
}

/// What the processors did since the machine started, other machines' theft included.
fn busy_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let times: Vec<f64> =
        stat.lines().next().unwrap_or_default().split_whitespace().skip(1).flat_map(str::parse).collect();
    // user, nice, system, (idle, iowait,) irq, softirq, steal
    let busy: f64 = [0, 1, 2, 5, 6, 7].iter().filter_map(|i| times.get(*i)).sum();
    busy / TICKS
}

/// Measures until nothing else was at work, a few times at most.
///
/// # Errors
/// When something else always was, and `anyway` is not said.
pub fn undisturbed<T>(
    anyway: bool,
    what: &str,
    mut measure: impl FnMut() -> anyhow::Result<(T, f64)>,
) -> anyhow::Result<T> {
    let mut foreign = 0.0;
    for _ in 0..4 {
        let (value, others) = measure()?;
        if others <= MOST_FOREIGN || anyway {
            if others > MOST_FOREIGN {
                crate::note(&format!("{what}: others took {:.0} % of the machine", others * 100.0));
            }
            return Ok(value);
        }
        crate::note(&format!("{what}: again, others took {:.0} % of the machine", others * 100.0));
        foreign = others;
    }
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    bail!(
        "{what}: others took {:.0} % of the machine (load {}), so nothing is told; end them, or say --anyway",
        foreign * 100.0,
        load.trim()
    )
}
