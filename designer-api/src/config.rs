//! What an installation is told: one YAML file, secrets by the name of their environment variable.

mod observing;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};

use cauce_flows::reading::{Country, Zone};
use cauce_model::{AccountId, Duration, SLOTS, WorkspaceId};
use cauce_store::BaseKind;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};

pub use observing::{DiskConfig, LogConfig, MetricsConfig, Part, TracesConfig};

/// The configuration of `cauce serve`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen; `127.0.0.1:4000` when not given.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// The data folder; `data` when not given.
    #[serde(default = "default_data")]
    pub data: PathBuf,
    /// Where the rows stay: `postgres://user:password@host:port/database`, itself or in the environment variable
    /// that holds it; in the data folder when not given. Files stay in the data folder always.
    #[serde(default)]
    pub store: Option<Secret>,
    /// What keeps the rows of a new data folder behind its log: `sled`, which it is when not given, or `fjall`,
    /// which costs a fraction where there are a hundred thousand contacts and more.
    #[serde(default, deserialize_with = "base")]
    pub base: BaseKind,
    /// How many writers share the contacts of a new installation, 1 to 1024, for ever; one for two cores when
    /// not given.
    #[serde(default)]
    pub partitions: Option<NonZeroU16>,
    /// The workspace.
    pub workspace: WorkspaceConfig,
    /// The WhatsApp number.
    pub whatsapp: WhatsAppConfig,
    /// What flows may call outside.
    #[serde(default)]
    pub outgoing: OutgoingConfig,
    /// Secrets that flows name in their calls, by name.
    #[serde(default)]
    pub secrets: BTreeMap<String, FlowSecret>,
    /// How long the outcome of a send is waited for when nobody can say whether it was sent, in seconds.
    #[serde(default = "default_hold")]
    pub hold_seconds: u32,
    /// How long timers that came due while Cauce was down wait for messages that arrive late, in seconds;
    /// never less than `hold_seconds`.
    #[serde(default = "default_grace")]
    pub grace_seconds: u32,
    /// When the disk is full.
    #[serde(default)]
    pub disk: DiskConfig,
    /// The lines on stderr.
    #[serde(default)]
    pub log: LogConfig,
    /// What is counted, at `/metrics`.
    #[serde(default)]
    pub metrics: MetricsConfig,
    /// Where traces go.
    #[serde(default)]
    pub traces: Option<TracesConfig>,
    /// In the demo, where the test phone is.
    #[serde(skip)]
    pub phone_url: Option<String>,
}

/// A workspace.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkspaceConfig {
    /// Its id, for ever.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// By which clocks its customers live; `America/Lima` when not given. An IANA name.
    #[serde(default)]
    pub timezone: Zone,
    /// Whose phone numbers and documents its customers write; `PE` when not given. Two letters of ISO 3166.
    #[serde(default)]
    pub country: Country,
}

/// What flows may call outside: everything public, and what is named here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutgoingConfig {
    /// Hosts, addresses or networks (`10.1.0.0/16`) inside that flows may call all the same.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// A secret that flows name in their calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowSecret {
    /// The environment variable that holds it.
    #[serde(default)]
    pub env: Option<String>,
    /// The text itself; for tests and demos.
    #[serde(default)]
    pub value: Option<SecretString>,
    /// The hosts that may get it; at least one.
    pub hosts: Vec<String>,
}

impl FlowSecret {
    /// The secret.
    ///
    /// # Errors
    /// When it is not there, or nobody may get it.
    pub fn reveal(&self, name: &str) -> anyhow::Result<SecretString> {
        if self.hosts.is_empty() {
            anyhow::bail!("the secret {name} of the configuration names no host that may get it");
        }
        match (&self.env, &self.value) {
            (Some(env), None) => Secret::Env { env: env.clone() }.reveal(),
            (None, Some(value)) => Ok(value.clone()),
            _ => anyhow::bail!("the secret {name} of the configuration needs either «env» or «value»"),
        }
    }
}

/// A number on the WhatsApp Cloud API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppConfig {
    /// Its id in Cauce, for ever.
    pub account: AccountId,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The business portfolio, within which Meta's user ids are unique.
    #[serde(default)]
    pub portfolio: String,
    /// The access token.
    pub token: Secret,
    /// The app's secret, with which Meta signs. Two while one replaces the other.
    pub app_secrets: Vec<Secret>,
    /// What Meta must say in the handshake.
    pub verify_token: Secret,
    /// The address of the Graph API; Meta's when not given.
    #[serde(default = "default_graph")]
    pub graph: String,
    /// Its version.
    #[serde(default = "default_graph_version")]
    pub graph_version: String,
    /// How long a send may take, in seconds. Short times make doubles: at least 30 in production.
    #[serde(default = "default_send_timeout")]
    pub send_timeout_seconds: u32,
    /// How many messages the number may send in a second: 80, or 1000 once Meta has raised it.
    #[serde(default = "default_messages_per_second")]
    pub messages_per_second: NonZeroU32,
    /// One contact gets 45 messages at once, and then one in this many seconds: Meta's rule is 6. Zero is
    /// for tests against something that has no such rule.
    #[serde(default = "default_seconds_per_contact")]
    pub seconds_per_contact: u32,
}

/// A secret: the name of the environment variable that holds it, or the text itself.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Secret {
    /// Held by this variable.
    Env {
        /// The variable's name.
        env: String,
    },
    /// The text itself; for tests and demos.
    Plain(SecretString),
}

impl Secret {
    /// The secret.
    pub fn reveal(&self) -> anyhow::Result<SecretString> {
        match self {
            Self::Env { env } => {
                let held = std::env::var(env).ok().filter(|secret| !secret.is_empty());
                held.map(SecretString::from).ok_or_else(|| {
                    anyhow::anyhow!("the environment variable {env}, named in the configuration, is not set")
                })
            }
            Self::Plain(text) => Ok(text.clone()),
        }
    }
}

impl Config {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| anyhow::anyhow!("the configuration {} cannot be read: {e}", path.display()))?;
        serde_yaml::from_str(&text)
            .map_err(|e| anyhow::anyhow!("the configuration {} is wrong: {e}", path.display()))
    }

    /// How many partitions a new home gets. Each has a thread's work; connections, the log and the base have
    /// the other half of the cores, and one writer for two of them makes fewer and larger commits.
    pub fn partitions(&self) -> u16 {
        let cores = || std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let usual = || u16::try_from(cores() / 2).unwrap_or(16).clamp(1, 16);
        self.partitions.map_or_else(usual, |asked| asked.get().min(SLOTS))
    }

    /// [`Self::hold_seconds`] as a span.
    pub fn hold(&self) -> Duration {
        Duration::seconds(self.hold_seconds.into())
    }

    /// [`Self::grace_seconds`] as a span.
    pub fn grace(&self) -> Duration {
        Duration::seconds(self.grace_seconds.into())
    }
}

fn base<'de, D: Deserializer<'de>>(from: D) -> Result<BaseKind, D::Error> {
    BaseKind::named(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn default_listen() -> SocketAddr {
    ([127, 0, 0, 1], 4000).into()
}
fn default_data() -> PathBuf {
    "data".into()
}
fn default_hold() -> u32 {
    60
}
fn default_grace() -> u32 {
    10
}
fn default_graph() -> String {
    "https://graph.facebook.com".into()
}
fn default_graph_version() -> String {
    "v25.0".into()
}
fn default_send_timeout() -> u32 {
    30
}
fn default_messages_per_second() -> NonZeroU32 {
    NonZeroU32::new(80).expect("eighty is not zero")
}
fn default_seconds_per_contact() -> u32 {
    6
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn the_example_of_the_readme_is_read() {
        let text = r#"
workspace: { id: principal, name: Mi empresa }
whatsapp:
  account: ventas
  phone_number_id: "106540352242922"
  token: { env: WHATSAPP_TOKEN }
  app_secrets: [ { env: WHATSAPP_APP_SECRET } ]
  verify_token: palabra
"#;
        let config: Config = serde_yaml::from_str(text).unwrap();
        assert_eq!(config.listen.port(), 4000);
        assert_eq!(config.whatsapp.verify_token.reveal().unwrap().expose_secret(), "palabra");
        assert!(config.whatsapp.token.reveal().unwrap_err().to_string().contains("WHATSAPP_TOKEN"));
    }

    /// The shortest configuration, with more in its workspace and at its end.
    fn with(workspace: &str, end: &str) -> Result<Config, String> {
        let text = format!(
            "workspace: {{ id: a, name: b, {workspace} }}\n\
             whatsapp: {{ account: c, phone_number_id: '1', token: t, app_secrets: [s], verify_token: v }}\n{end}"
        );
        serde_yaml::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn where_customers_are_is_a_place_that_exists() {
        let here = with("", "").unwrap().workspace;
        assert_eq!(
            (here.timezone.to_string(), here.country.to_string()),
            ("America/Lima".into(), "PE".into())
        );
        let there = with("timezone: America/Mexico_City, country: mx", "").unwrap().workspace;
        assert_eq!(
            (there.timezone.to_string(), there.country.to_string()),
            ("America/Mexico_City".into(), "MX".into())
        );
        assert!(with("timezone: Mexico", "").unwrap_err().contains("Mexico"));
        assert!(with("country: Perú", "").is_err());
    }

    #[test]
    fn a_secret_of_flows_says_where_it_may_go() {
        let secret = |line: &str| {
            let config = with("", &format!("secrets: {{ crm: {line} }}")).unwrap();
            config.secrets["crm"].reveal("crm").map(|secret| secret.expose_secret().to_owned())
        };
        assert_eq!(secret("{ value: s3cret, hosts: [api.crm.com] }").unwrap(), "s3cret");
        assert!(secret("{ value: s3cret, hosts: [] }").unwrap_err().to_string().contains("no host"));
        assert!(secret("{ hosts: [a] }").unwrap_err().to_string().contains("crm"));
        assert!(secret("{ env: X, value: y, hosts: [a] }").is_err());
        let unset = secret("{ env: CAUCE_NO_SUCH_SECRET, hosts: [a] }").unwrap_err();
        assert!(unset.to_string().contains("CAUCE_NO_SUCH_SECRET"));
        assert!(with("", "secrets: { crm: { env: X } }").is_err(), "without hosts it is for nobody");
    }

    #[test]
    fn a_store_is_an_address_or_the_variable_that_holds_it() {
        assert!(with("", "").unwrap().store.is_none());
        let store = with("", "store: postgres://cauce:s3cret@db:5432/cauce").unwrap().store.unwrap();
        assert_eq!(store.reveal().unwrap().expose_secret(), "postgres://cauce:s3cret@db:5432/cauce");
        let held = with("", "store: { env: CAUCE_NO_SUCH_STORE }").unwrap().store.unwrap();
        assert!(held.reveal().unwrap_err().to_string().contains("CAUCE_NO_SUCH_STORE"));
    }

    #[test]
    fn a_new_folder_has_the_base_and_the_partitions_that_are_asked_for() {
        let usual = with("", "").unwrap();
        assert!(usual.base == BaseKind::Sled && usual.partitions() >= 1);
        let asked = with("", "base: fjall\npartitions: 7").unwrap();
        assert_eq!((asked.base, asked.partitions()), (BaseKind::Fjall, 7));
        assert_eq!(with("", "partitions: 5000").unwrap().partitions(), SLOTS);
        assert!(with("", "partitions: 0").is_err());
        assert!(with("", "base: rocks").unwrap_err().contains("«sled» and «fjall»"));
    }

    #[test]
    fn an_unknown_word_is_refused() {
        assert!(serde_yaml::from_str::<Config>("workspace: {id: a, name: b}\nwhatsap: {}").is_err());
    }
}
