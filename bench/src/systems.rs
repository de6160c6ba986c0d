//! What is compared: Cauce, the limit, and what one would write instead. Each is a real server process with
//! its data on the disk.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use cauce_store::BaseKind;

use crate::load::{Load, Loaded};
use crate::messages::{PHONE_NUMBER_ID, SECRET};
use crate::process::Process;

/// A system of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// The server of this repository; what it says stays on its way.
    Cauce,
    /// The same with fjall as its base.
    CauceFjall,
    /// The first, and what it says is taken at once.
    CauceSends,
    /// What every answer costs at least.
    Bare,
    /// Node with a transaction a message.
    NodePostgres,
    /// Node with a MULTI a message.
    NodeRedis,
}

impl System {
    /// By the word of the command line.
    ///
    /// # Errors
    /// When there is none of this word.
    pub fn of(word: &str) -> anyhow::Result<Self> {
        Ok(match word {
            "cauce" => Self::Cauce,
            "cauce-fjall" => Self::CauceFjall,
            "cauce-sends" => Self::CauceSends,
            "bare" => Self::Bare,
            "node-postgres" => Self::NodePostgres,
            "node-redis" => Self::NodeRedis,
            _ => bail!("there is no system «{word}»"),
        })
    }

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cauce => "Cauce",
            Self::CauceFjall => "Cauce on fjall",
            Self::CauceSends => "Cauce, with sends",
            Self::Bare => "limit: bare axum",
            Self::NodePostgres => "Node + PostgreSQL",
            Self::NodeRedis => "Node + Redis",
        }
    }
}

/// A system that runs.
pub struct Running {
    /// Where it listens.
    pub address: String,
    /// The processes whose time counts.
    pub counted: Vec<u32>,
    /// The server's own process.
    pub server: Process,
    /// The stand-in for Meta, where there is one.
    pub graph: Option<Stand>,
    database: Option<Process>,
    folder: PathBuf,
    system: System,
}

/// A stand-in for Meta.
pub struct Stand {
    _process: Process,
    /// Where it listens.
    pub address: String,
}

impl Stand {
    /// One that takes everything at once, or never answers.
    pub fn start(silent: bool) -> anyhow::Result<Self> {
        let mut command = own("graph")?;
        if silent {
            command.arg("--silent");
        }
        let (process, address) = Process::start(&mut command, |line| Some(line.to_owned()))?;
        Ok(Self { _process: process, address })
    }

    /// What it answers to a question.
    pub fn ask(&self, path: &str) -> anyhow::Result<String> {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        Ok(body.to_owned())
    }

    /// When messages came, in seconds since its start, in their order.
    pub fn arrivals(&self) -> anyhow::Result<Vec<f64>> {
        Ok(self.ask("/arrivals")?.lines().map(str::parse).collect::<Result<_, _>>()?)
    }

    /// How many messages it took.
    pub fn taken(&self) -> anyhow::Result<u64> {
        Ok(self.ask("/taken")?.trim().parse()?)
    }
}

/// This program, as another process.
pub fn own(part: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(part);
    Ok(command)
}

/// The folder of the repository.
pub fn repository() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.parent().unwrap_or(folder).to_owned()
}

/// The program `cauce`, built beside this one.
pub fn cauce() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("CAUCE_BENCH_SERVER") {
        return Ok(path.into());
    }
    let path = std::env::current_exe()?.with_file_name("cauce");
    if !path.exists() {
        bail!("{} is missing: cargo build --release -p cauce-designer-api --bin cauce", path.display());
    }
    Ok(path)
}

/// A port that is free now.
pub fn port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Writes the configuration of a Cauce whose Meta is at `graph`, with further lines for its WhatsApp part.
pub fn configure(
    folder: &Path,
    port: u16,
    graph: &str,
    base: BaseKind,
    whatsapp: &str,
) -> anyhow::Result<PathBuf> {
    let file = folder.join("cauce.yaml");
    let text = format!(
        "listen: 127.0.0.1:{port}\ndata: {}\nbase: {}\nworkspace: {{ id: principal, name: Bench }}\nwhatsapp:\n  \
         account: ventas\n  phone_number_id: \"{PHONE_NUMBER_ID}\"\n  token: t\n  app_secrets: [ {SECRET} ]\n  \
         verify_token: palabra\n  graph: http://{graph}\n{whatsapp}",
        folder.join("data").display(),
        base.name()
    );
    fs::write(&file, text)?;
    Ok(file)
}

/// Starts `cauce serve` and waits until it listens. Its log is in the folder.
pub fn serve(folder: &Path, config: &Path) -> anyhow::Result<Process> {
    let log = fs::File::options().append(true).create(true).open(folder.join("cauce.log"))?;
    let mut command = Command::new(cauce()?);
    command.args(["serve", "--config"]).arg(config).stderr(log);
    let ready = |line: &str| line.contains("listens on").then_some(());
    Ok(Process::start(&mut command, ready)?.0)
}

/// Publishes the journey of the road.
pub fn publish(folder: &Path) -> anyhow::Result<()> {
    let journey = repository().join("bench/journeys/reservas.yaml");
    let mut command = Command::new(cauce()?);
    command.arg("publish").arg(journey).arg("--data").arg(folder.join("data")).stdout(Stdio::null());
    if command.status()?.success() { Ok(()) } else { bail!("the journey was not published") }
}

impl Running {
    /// Starts a system with an empty folder.
    pub fn start(system: System, folder: &Path) -> anyhow::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let address = |line: &str| Some(line.to_owned());
        let mut running = match system {
            System::Cauce | System::CauceFjall | System::CauceSends => {
                let graph = Stand::start(system != System::CauceSends)?;
                let base = if system == System::CauceFjall { BaseKind::Fjall } else { BaseKind::default() };
                let port = port()?;
                // Nothing is given up while it is measured, and nothing is held back.
                let whatsapp = "  send_timeout_seconds: 86400\n  messages_per_second: 1000000\n";
                let config = configure(folder, port, &graph.address, base, whatsapp)?;
                let server = serve(folder, &config)?;
                publish(folder)?;
                let address = format!("127.0.0.1:{port}");
                Self {
                    address,
                    counted: vec![],
                    server,
                    graph: Some(graph),
                    database: None,
                    folder: folder.into(),
                    system,
                }
            }
            System::Bare => {
                let mut command = own("bare")?;
                command.arg("--file").arg(folder.join("bodies"));
                let (server, address) = Process::start(&mut command, address)?;
                Self {
                    address,
                    counted: vec![],
                    server,
                    graph: None,
                    database: None,
                    folder: folder.into(),
                    system,
                }
            }
            System::NodePostgres => {
                let (database, (url, main)) = postgres(folder)?;
                let mut command = node("postgres.js");
                command.env("DATABASE_URL", url);
                let (server, address) = Process::start(&mut command, address)?;
                Self {
                    address,
                    counted: vec![main],
                    server,
                    graph: None,
                    database: Some(database),
                    folder: folder.into(),
                    system,
                }
            }
            System::NodeRedis => {
                let socket = folder.join("redis.sock");
                let mut command = Command::new("redis-server");
                command.args(["--port", "0", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
                command.arg("--unixsocket").arg(&socket).arg("--dir").arg(folder);
                let ready =
                    |line: &str| line.to_lowercase().contains("ready to accept connections").then_some(());
                let (database, ()) = Process::start(&mut command, ready)?;
                let mut command = node("redis.js");
                command.env("REDIS_SOCKET", &socket);
                let (server, address) = Process::start(&mut command, address)?;
                let counted = vec![database.id()];
                Self {
                    address,
                    counted,
                    server,
                    graph: None,
                    database: Some(database),
                    folder: folder.into(),
                    system,
                }
            }
        };
        running.counted.push(running.server.id());
        Ok(running)
    }

    /// A Cauce that was started by hand.
    pub fn of(server: Process, address: String, folder: &Path) -> Self {
        let counted = vec![server.id()];
        let (system, folder) = (System::Cauce, folder.into());
        Self { address, counted, server, graph: None, database: None, folder, system }
    }

    /// Has the load written, by a process of its own.
    pub fn load(&self, load: &Load) -> anyhow::Result<Loaded> {
        let mut command = own("load")?;
        command.args(["--address", &self.address, "--run", &load.run]);
        let numbers = [
            ("--connections", load.connections),
            ("--contacts", load.contacts),
            ("--first-contact", load.first_contact),
            ("--stride", load.stride),
            ("--turn", load.turn),
            ("--turns", load.turns),
        ];
        for (name, number) in numbers {
            command.args([name, &number.to_string()]);
        }
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            bail!("the load was not taken; what the server says is in {}", self.folder.display());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Waits until the stand-in has taken so many messages.
    pub fn sent(&self, messages: u64) -> anyhow::Result<()> {
        let Some(graph) = &self.graph else { return Ok(()) };
        let enough = Instant::now() + Duration::from_secs(120);
        while graph.taken()? < messages {
            if Instant::now() > enough {
                bail!("{} of {messages} messages were sent", graph.taken()?);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it, and removes its folder.
    pub fn end(self) -> anyhow::Result<()> {
        self.server.kill();
        match self.database {
            // Its wrapper ends it, and lives as long as its input.
            Some(database) if self.system == System::NodePostgres => database.close()?,
            Some(database) => database.kill(),
            None => {}
        }
        fs::remove_dir_all(&self.folder)?;
        Ok(())
    }
}

fn node(file: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(repository().join("bench/node").join(file)).env("APP_SECRET", SECRET);
    command.env("NODE_ENV", "production");
    command
}

/// A PostgreSQL with its data in the folder: its address, and its main process.
fn postgres(folder: &Path) -> anyhow::Result<(Process, (String, u32))> {
    let mut command = Command::new(repository().join("scripts/with-postgres"));
    let tell = "echo \"ready $CAUCE_TEST_POSTGRES $CAUCE_TEST_POSTGRES_CONTROL\"; cat >/dev/null";
    command.args(["sh", "-c", tell]).env("TMPDIR", folder).stdin(Stdio::piped());
    let ready = |line: &str| {
        let (url, control) = line.strip_prefix("ready ")?.split_once(' ')?;
        Some((url.to_owned(), PathBuf::from(control)))
    };
    let (process, (url, control)) = Process::start(&mut command, ready)?;
    let about = fs::read_to_string(control.with_file_name("data").join("postmaster.pid"))?;
    let main = about.lines().next().context("PostgreSQL does not say who it is")?.trim().parse()?;
    Ok((process, (url, main)))
}
