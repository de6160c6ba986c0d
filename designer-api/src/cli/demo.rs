//! `cauce demo`: Cauce on this machine with a workspace to play in, and the emulator as its WhatsApp.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use cauce_access::Role;
use cauce_flows::reading::{Country, Zone};
use cauce_flows::{Files, Problem, Program};
use cauce_runtime::SystemClock;
use cauce_store::{BaseKind, DataFolder};
use clap::Args;
use rust_embed::Embed;
use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::say;
use super::serve::hand_over_token;
use crate::app::App;
use crate::config::{Config, OutgoingConfig, Secret, WhatsAppConfig, WorkspaceConfig};
use crate::directory;
use crate::server;

/// The journey that a fresh demo begins with.
const JOURNEY: &str = include_str!("../../../examples/bienvenida.yaml");

/// The files that stand beside it.
#[derive(Embed)]
#[folder = "../examples"]
struct Beside;
/// The demo listens on this machine alone, so its secrets guard nothing.
const APP_SECRET: &str = "demo-app-secret";
const TOKEN: &str = "demo-token";
const VERIFY_TOKEN: &str = "demo-verify";
const PHONE_NUMBER_ID: &str = "106540352242922";
const DISPLAY_PHONE: &str = "51987654321";
const PASSWORD: &str = "cauce-demo";
const BUSINESS: &str = "Óptica Mirador";
const USERS: [(&str, &str, &str, Role); 3] = [
    ("admin", "admin@cauce.demo", "Administrador", Role::Admin),
    ("ana", "ana@cauce.demo", "Ana Torres", Role::Agent),
    ("luis", "luis@cauce.demo", "Luis Rojas", Role::Agent),
];

const CUSTOMERS: [(&str, &str); 2] = [("51999888777", "Rosa Quispe"), ("51988777666", "Luis Mamani")];

#[derive(Args)]
pub struct Demo {
    /// Where the data stays
    #[arg(long, default_value = "data/demo")]
    data: PathBuf,
    /// Where the rows stay instead: a PostgreSQL database, `postgres://user:password@host:port/database`
    #[arg(long, value_name = "ADDRESS")]
    store: Option<SecretString>,
    /// The port of Cauce; 0 for any free one
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// The port of the emulator; 0 for any free one
    #[arg(long, default_value_t = 4001)]
    emulator_port: u16,
    /// Print one line of JSON when everything is ready, for programs
    #[arg(long)]
    json: bool,
    /// An emulator that runs already, instead of one of our own
    #[arg(long, hide = true)]
    emulator_url: Option<String>,
    /// A host, address or network inside that flows may call all the same; may be given more than once
    #[arg(long, value_name = "TARGET")]
    allow_outgoing: Vec<String>,
    /// What keeps the rows of a new folder behind its log: sled or fjall
    #[arg(long, hide = true, default_value = "sled", value_parser = BaseKind::named)]
    base: BaseKind,
    /// How many writers share the contacts of a new folder
    #[arg(long, hide = true)]
    partitions: Option<NonZeroU16>,
    /// How long the outcome of a send is waited for when nobody can say whether it was sent, in seconds
    #[arg(long, hide = true, default_value_t = 60)]
    hold_seconds: u32,
    /// How long timers that came due while Cauce was down wait, in seconds
    #[arg(long, hide = true, default_value_t = 2)]
    grace_seconds: u32,
    /// How many messages the number may send in a second
    #[arg(long, hide = true, default_value = "80")]
    messages_per_second: NonZeroU32,
}

impl Demo {
    pub async fn run(self) -> anyhow::Result<()> {
        let end = server::end_signal()?;
        let listener = server::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).await?;
        let url = format!("http://{}", listener.local_addr()?);
        // Known before the emulator is: a folder in use is one sentence, and nothing has begun.
        let partitions = self.config(&listener.local_addr()?, "")?.partitions();
        drop(DataFolder::open(&self.data, partitions)?);

        let (mut emulator, graph) = match &self.emulator_url {
            Some(url) => (None, url.clone()),
            None => {
                let (child, url) = start_emulator(&self, &format!("{url}/webhooks/whatsapp")).await?;
                (Some(child), url)
            }
        };
        let config = self.config(&listener.local_addr()?, &graph)?;
        let app = App::open(&config, &self.data, Arc::new(SystemClock)).await?;
        let [.., (_, last, ..)] = USERS;
        if directory::user_by_email(app.store(), app.workspace_id(), last).await?.is_none() {
            furnish(&app, &graph).await?;
        }
        if let Some(admin) = directory::user_by_email(app.store(), app.workspace_id(), USERS[0].1).await? {
            hand_over_token(&app, admin, &url, &self.data).await?;
        }
        self.announce(&url, &graph);
        if let Some(held) = app.hold.sentence(&app.runtime).filter(|_| !self.json) {
            say(&held);
        }

        let served = match &mut emulator {
            Some(child) => tokio::select! {
                served = server::serve(app, listener, end) => served,
                status = child.wait() => Err(anyhow::anyhow!("the emulator ended by itself: {}", status?)),
            },
            None => server::serve(app, listener, end).await,
        };
        if let Some(mut child) = emulator {
            // It may have ended by itself, with the same Ctrl-C.
            let _ = child.kill().await;
        }
        served
    }

    fn config(&self, listen: &SocketAddr, graph: &str) -> anyhow::Result<Config> {
        let plain = |text: &str| Secret::Plain(SecretString::from(text));
        Ok(Config {
            listen: *listen,
            data: self.data.clone(),
            store: self.store.clone().map(Secret::Plain),
            base: self.base,
            partitions: self.partitions,
            workspace: WorkspaceConfig {
                id: "demo".parse()?,
                name: BUSINESS.into(),
                timezone: Zone::default(),
                country: Country::default(),
            },
            whatsapp: WhatsAppConfig {
                account: "demo".parse()?,
                phone_number_id: PHONE_NUMBER_ID.into(),
                portfolio: "demo".into(),
                token: plain(TOKEN),
                app_secrets: vec![plain(APP_SECRET)],
                verify_token: plain(VERIFY_TOKEN),
                graph: graph.to_owned(),
                graph_version: "v25.0".into(),
                send_timeout_seconds: 30,
                messages_per_second: self.messages_per_second,
                // The emulator has no such rule, and who tries everything out at once should not wait.
                seconds_per_contact: 0,
            },
            outgoing: OutgoingConfig { allow: self.allow_outgoing.clone() },
            secrets: BTreeMap::new(),
            hold_seconds: self.hold_seconds,
            grace_seconds: self.grace_seconds,
            disk: Default::default(),
            log: Default::default(),
            metrics: Default::default(),
            traces: None,
            phone_url: Some(graph.to_owned()),
        })
    }

    fn announce(&self, url: &str, phone: &str) {
        if self.json {
            let users = USERS.map(|(_, email, name, role)| {
                let role = if role == Role::Admin { "admin" } else { "agent" };
                json!({ "email": email, "password": PASSWORD, "role": role, "name": name })
            });
            say(&json!({ "url": url, "phone_url": phone, "users": users, "data": self.data }).to_string());
            return;
        }
        say("");
        say("  Cauce está listo.");
        say("");
        say(&format!("  Bandeja y recorridos   {url}"));
        say(&format!("  Teléfono de prueba     {phone}"));
        say("");
        for (_, email, name, _) in USERS {
            say(&format!("  {name:<22} {email}  contraseña: {PASSWORD}"));
        }
        say("");
        say(&format!("  Los datos quedan en {}. Ctrl-C termina todo.", self.data.display()));
        say("");
    }
}

/// Fills an empty workspace: a journey, customers who have not written yet, and users. The last user
/// says that all is there; until then it is begun again, and what is there already stays as it is.
async fn furnish(app: &App, emulator: &str) -> anyhow::Result<()> {
    let told = |problems: Vec<Problem>| {
        let lines =
            problems.iter().map(|p| super::check::told(Path::new("bienvenida.yaml"), p)).collect::<Vec<_>>();
        anyhow::anyhow!("the demo journey has problems:\n{}", lines.join("\n"))
    };
    let program = Program::read(JOURNEY, app.programs.catalogue()).map_err(told)?;
    let detail = |problem: crate::problem::Problem| anyhow::anyhow!(problem.detail);
    let mut files = Files::new();
    for path in program.needs().into_keys() {
        let Some(file) = Beside::get(&path) else { continue };
        files.insert(path.clone(), app.keep_bytes(&path, &file.data).await.map_err(detail)?);
    }
    let program = program.with_files(&files).map_err(told)?;
    app.publish(&Arc::new(program), "Cauce", None).await.map_err(detail)?;
    let client = reqwest::Client::new();
    for (wa_id, name) in CUSTOMERS {
        let customer = json!({ "wa_id": wa_id, "name": name });
        let answer = client.post(format!("{emulator}/emulator/customers")).json(&customer).send().await?;
        answer.error_for_status()?;
    }
    for (id, email, name, role) in USERS {
        app.add_user(id.parse()?, email, name, role, PASSWORD).await?;
    }
    Ok(())
}

/// Starts the emulator beside this binary, and waits until it listens.
async fn start_emulator(demo: &Demo, webhook: &str) -> anyhow::Result<(Child, String)> {
    let binary = std::env::current_exe()?.with_file_name("cauce-emulator");
    if !binary.exists() {
        anyhow::bail!(
            "the emulator {} is missing: build it with `cargo build -p cauce-emulator`",
            binary.display()
        );
    }
    let mut child = Command::new(&binary)
        .args(["--listen", &format!("127.0.0.1:{}", demo.emulator_port)])
        .args([
            "--webhook-url",
            webhook,
            "--phone-number-id",
            PHONE_NUMBER_ID,
            "--waba-id",
            "102290129340398",
        ])
        .args(["--display-phone", DISPLAY_PHONE, "--business-name", BUSINESS])
        .arg("--data")
        .arg(demo.data.join("emulator"))
        .env("EMULATOR_APP_SECRET", APP_SECRET)
        .env("EMULATOR_TOKEN", TOKEN)
        .env("EMULATOR_VERIFY_TOKEN", VERIFY_TOKEN)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| anyhow::anyhow!("the emulator {} cannot be started: {error}", binary.display()))?;
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        anyhow::bail!("the emulator has no output");
    };
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(url) = line.strip_prefix("emulator listening on ") {
            let url = url.trim().to_owned();
            // Whatever else it says is read so that it never waits for us.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::stderr()).await });
            return Ok((child, url));
        }
    }
    let mut reason = String::new();
    stderr.read_to_string(&mut reason).await?;
    child.wait().await?;
    anyhow::bail!("the emulator did not start: {}", reason.trim())
}
