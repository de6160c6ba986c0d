//! The lives of a Cauce process: it is killed as planned, looked into, and started again.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use cauce_store::BaseKind;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{LOOK_AGAIN, client, program};

/// Longer than the emulator's longest pause between two tries of a webhook, so that the status that
/// proves a send always comes before it would be sent again.
const HOLD_SECONDS: &str = "9";
/// How much of the log of Cauce an error shows, in bytes.
const LOG_SHOWN: usize = 4000;

/// How a life of Cauce ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Death {
    /// At a pass of a point, as `CAUCE_CRASH_AT` names it.
    At(String),
    /// So long after it was started, wherever it is then.
    After(Duration),
    /// Aborted, as by a stack that overflows, whenever it handles an event with this text in it.
    On(String),
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(point) => f.write_str(point),
            Self::After(time) => write!(f, "after {} ms", time.as_millis()),
            Self::On(text) => write!(f, "on «{text}»"),
        }
    }
}

/// What Cauce lives through.
#[derive(Default)]
pub struct Lives {
    /// How its lives end, one after the other; the one after these goes on.
    pub deaths: Vec<Death>,
    /// Variables of its environment.
    pub variables: Vec<(&'static str, String)>,
    /// What keeps the rows of a folder that has none yet.
    pub base: BaseKind,
    /// What is done after each kill, before the next life; an error ends all.
    pub after_kill: Option<AfterKill>,
}

/// See [`Lives::after_kill`].
pub type AfterKill = Box<dyn Fn(Killed) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// What stands after a kill.
pub struct Killed {
    /// Which kill of this installation, from 1.
    pub number: usize,
    /// By what.
    pub by: String,
    /// The data folder.
    pub data: PathBuf,
    /// What WhatsApp has seen.
    pub ledger: Value,
}

/// What became of Cauce so far.
#[derive(Debug, Clone, Default)]
pub struct Life {
    /// By what it was killed, in order: a [`Death`], or [`Cauce::kill`].
    pub killed: Vec<String>,
    /// Whether a process runs whose death is planned and did not come yet.
    pub armed: bool,
    /// How it ended by itself, which it never should.
    pub ended: Option<String>,
}

enum Order {
    Kill,
    Stop,
    /// From now on it may end by itself.
    MayFall,
}

/// A Cauce process; when it is killed, the next one goes on with the same data on the same port.
pub struct Cauce {
    pub(super) url: String,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    orders: mpsc::UnboundedSender<Order>,
    life: watch::Receiver<Life>,
    keeper: JoinHandle<()>,
}

impl Cauce {
    /// Starts it in `folder`.
    pub(super) fn start(
        folder: &Path,
        store: Option<&str>,
        port: u16,
        emulator: &str,
        lives: Lives,
    ) -> Result<Self> {
        let Lives { deaths, variables, base, after_kill } = lives;
        let store = store.map(str::to_owned);
        let (data, log) = (folder.join("data"), folder.join("cauce.log"));
        let spawn = {
            let (program, data, log, emulator) =
                (program("cauce")?, data.clone(), log.clone(), emulator.to_owned());
            move |death: Option<&Death>| -> std::io::Result<Child> {
                let out = OpenOptions::new().create(true).append(true).open(&log)?;
                let mut command = Command::new(&program);
                command
                    .args(["demo", "--json", "--hold-seconds", HOLD_SECONDS, "--grace-seconds", "1"])
                    .args(["--allow-outgoing", "127.0.0.1", "--partitions", "4", "--base", base.name()])
                    .args(["--port", &port.to_string(), "--emulator-url", &emulator, "--data"])
                    .arg(&data)
                    .env_remove("CAUCE_CRASH_AT")
                    .envs(variables.iter().map(|(name, value)| (name, value)))
                    .stdin(Stdio::null())
                    .stderr(out.try_clone()?)
                    .stdout(out)
                    .kill_on_drop(true);
                if let Some(store) = &store {
                    command.args(["--store", store]);
                }
                match death {
                    Some(Death::At(point)) => drop(command.env("CAUCE_CRASH_AT", point)),
                    Some(Death::On(text)) => drop(command.env("CAUCE_ABORT_ON", text)),
                    Some(Death::After(_)) | None => {}
                }
                command.spawn()
            }
        };
        let (orders, inbox) = mpsc::unbounded_channel();
        let (told, life) = watch::channel(Life::default());
        let after = After { look: after_kill, data: data.clone(), emulator: emulator.to_owned() };
        let keeper = tokio::spawn(async move {
            if let Err(error) = keep(spawn, deaths.into(), after, inbox, &told).await {
                told.send_modify(|life| life.ended = Some(format!("{error:#}")));
            }
        });
        Ok(Self { url: format!("http://127.0.0.1:{port}"), data, log, orders, life, keeper })
    }

    /// Kills it as the system would: at once, with nothing put in order.
    pub fn kill(&self) {
        // The keeper is gone only when Cauce ended by itself, which the next look tells.
        let _ = self.orders.send(Order::Kill);
    }

    /// Runs a command of `cauce` that speaks to it; whether it succeeded, and what it said.
    pub async fn command_line(&self, arguments: &[&str]) -> Result<(bool, String)> {
        let mut command = Command::new(program("cauce")?);
        let ran = command.args(arguments).env("CAUCE_DATA", &self.data).stdin(Stdio::null()).output().await?;
        let said = [ran.stdout, ran.stderr].concat();
        Ok((ran.status.success(), String::from_utf8(said)?))
    }

    /// From now on it may end by itself, as it does when its store goes away: it is started again then.
    pub fn may_fall(&self) {
        let _ = self.orders.send(Order::MayFall);
    }

    /// What became of it so far.
    pub fn life(&self) -> Life {
        self.life.borrow().clone()
    }

    /// Ends it in order, and gives its data folder.
    pub async fn stop(self) -> Result<PathBuf> {
        let _ = self.orders.send(Order::Stop);
        self.keeper.await?;
        match self.life.borrow().ended.clone() {
            Some(ended) => Err(anyhow!("{ended}\n{}", last_lines(&self.log))),
            None => Ok(self.data.clone()),
        }
    }
}

/// What is done after a kill.
struct After {
    look: Option<AfterKill>,
    data: PathBuf,
    emulator: String,
}

impl After {
    async fn kill(&self, number: usize, by: String) -> Result<()> {
        let Some(look) = &self.look else { return Ok(()) };
        let ledger = client()?.get(format!("{}/emulator/ledger", self.emulator)).send().await?;
        look(Killed { number, by, data: self.data.clone(), ledger: ledger.json().await? }).await
    }
}

/// Starts it again and again, until it is told to stop or ends by itself.
async fn keep(
    spawn: impl Fn(Option<&Death>) -> std::io::Result<Child>,
    mut deaths: VecDeque<Death>,
    after: After,
    mut orders: mpsc::UnboundedReceiver<Order>,
    told: &watch::Sender<Life>,
) -> Result<()> {
    let mut may_fall = false;
    loop {
        let death = deaths.pop_front();
        told.send_modify(|life| life.armed = death.is_some());
        let mut child = spawn(death.as_ref())?;
        let end = match &death {
            Some(Death::After(time)) => sleep(*time).left_future(),
            _ => pending().right_future(),
        };
        tokio::pin!(end);
        let mortal = if matches!(death, Some(Death::On(_))) { Signal::ABORT } else { Signal::KILL };
        let death = death.map(|death| death.to_string());
        let (status, by) = loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::MayFall) => may_fall = true,
                    Some(Order::Kill) => {
                        child.start_kill()?;
                        break (child.wait().await?, Some("kill".to_owned()));
                    }
                    Some(Order::Stop) | None => {
                        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
                        kill_process(id.context("cauce has no process id")?, Signal::TERM)?;
                        let status = child.wait().await?;
                        if !status.success() {
                            bail!("told to stop, cauce ended with {status}");
                        }
                        return Ok(());
                    }
                },
                () = &mut end => {
                    child.start_kill()?;
                    break (child.wait().await?, death);
                }
                status = child.wait() => break (status?, death),
            }
        };
        match by {
            Some(by)
                if [Signal::KILL, mortal].map(|signal| Some(signal.as_raw())).contains(&status.signal()) =>
            {
                told.send_modify(|life| life.killed.push(by.clone()));
                let number = told.borrow().killed.len();
                after.kill(number, by).await?;
            }
            _ if may_fall && status.code().is_some() => {
                told.send_modify(|life| life.killed.push("outage".into()));
                sleep(LOOK_AGAIN).await;
            }
            _ => bail!("cauce ended by itself: {status}"),
        }
    }
}

/// The end of a log, for a person.
pub(super) fn last_lines(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let from = text.len().saturating_sub(LOG_SHOWN);
    text.get(from..).unwrap_or(&text).to_owned()
}
