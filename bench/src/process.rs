//! Processes of the bench: started, watched by what /proc says of them, and ended.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

const TICKS: f64 = 100.0;

/// A process that ends with this value.
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts a program and waits for the first line of its output that `find` finds something in.
    pub fn start<T>(command: &mut Command, find: impl Fn(&str) -> Option<T>) -> anyhow::Result<(Self, T)> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{:?} cannot be started", command.get_program()))?;
        let mut lines = BufReader::new(child.stdout.take().context("a process without output")?).lines();
        while let Some(line) = lines.next() {
            if let Some(found) = find(&line?) {
                // Whatever else it says is read, so that it never waits for us.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok((Self { child }, found));
            }
        }
        let status = child.wait()?;
        bail!("{:?} ended before it was ready: {status}", command.get_program())
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as SIGKILL does.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// When it does not end within half a minute.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.id().to_string()).status()?;
        let enough = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > enough {
                bail!("process {} does not end", self.id());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Closes its input, and waits for its end: for one that lives as long as that.
    pub fn close(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The seconds of processor time that these processes and all below them have used, in user and system mode,
/// with the children that have ended.
pub fn cpu_of(roots: &[u32]) -> f64 {
    let mut of = HashMap::new();
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        // The name in brackets may contain anything.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number =
            |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), of which two stand before the bracket.
        of.insert(id, (11..=14).map(number).sum::<f64>() / TICKS);
        children.entry(number(1) as u32).or_default().push(id);
    }
    let mut all = 0.0;
    let mut open = roots.to_vec();
    while let Some(id) = open.pop() {
        all += of.remove(&id).unwrap_or(0.0);
        open.extend(children.remove(&id).unwrap_or_default());
    }
    all
}

/// The resident memory of a process in MiB: now, and the most it ever was.
pub fn memory_of(id: u32) -> (f64, f64) {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let kib = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0)
    };
    (kib("VmRSS") / 1024.0, kib("VmHWM") / 1024.0)
}

/// Waits until these processes do nothing any more, half a minute at most: what they put off belongs to
/// what it was put off for.
pub fn settle(roots: &[u32]) {
    let enough = Instant::now() + Duration::from_secs(30);
    let mut before = cpu_of(roots);
    loop {
        std::thread::sleep(Duration::from_millis(400));
        let now = cpu_of(roots);
        // Two ticks of the clock in that time.
        if now - before < 0.025 || Instant::now() > enough {
            return;
        }
        before = now;
    }
}

/// The bytes of a folder with all that is in it, as the disk counts them.
pub fn disk_bytes(folder: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => disk_bytes(&entry.path()),
        Ok(about) => about.blocks() * 512,
        Err(_) => 0,
    });
    sizes.sum()
}
