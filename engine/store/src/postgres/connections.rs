//! A handful of connections that everybody shares.
//!
//! Every question of ours is one statement, so several may be under way on one connection and nobody needs
//! one alone. Commits of a stream stay on one connection, reads go round the others. One that ended is
//! opened again when it is next wanted.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::try_join_all;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use tokio::sync::Mutex;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::Error;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{cause, explain, lost, place, undone};
use super::{FORMAT, PostgresError, STATEMENTS};
use crate::StoreError;

/// Connections for commits, and for reads. More buy nothing: the server's disk and processors are the limit.
const WRITERS: usize = 4;
const READERS: usize = 4;
/// How long a connection may take to open, and how long a silent network is believed.
const PATIENCE: Duration = Duration::from_secs(10);
/// After how much silence the other end is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(10);
/// How often a statement is tried that others were in the way of; the pauses between grow to this.
const TRIES: u32 = 50;
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// What each connection begins with. Every statement has one good plan, by the primary key; the server,
/// which does not know how fast the tables grow, must not keep one from when they were small. And what a
/// commit says is durable must be, whatever the server's default is.
const BEGIN: &str = "
SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off;
SET enable_hashjoin = off; SET enable_mergejoin = off;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// The values of a statement.
pub(super) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// See the module.
pub(super) struct Connections {
    config: Box<Config>,
    tls: Option<MakeRustlsConnect>,
    open: Vec<Mutex<Option<Arc<Connection>>>>,
    next_reader: AtomicUsize,
}

struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Connections {
    /// None is opened yet.
    pub fn to(address: &str) -> Result<Self, PostgresError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
            return Err(PostgresError::Address("no such scheme".into()));
        }
        let (address, roots) = for_the_driver(address);
        let mut config: Config = address.parse().map_err(|e| PostgresError::Address(cause(&e)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE);
        }
        config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 3).keepalives_retries(3);
        if config.get_application_name().is_none() {
            config.application_name("cauce");
        }
        let tls = if config.get_ssl_mode() == SslMode::Require {
            let unusable = |cause| PostgresError::Unusable { place: place(&config), cause };
            Some(tls(roots.as_deref()).map_err(unusable)?)
        } else {
            config.ssl_mode(SslMode::Disable);
            None
        };
        let open = std::iter::repeat_with(Mutex::default).take(WRITERS + READERS).collect();
        Ok(Self { config: Box::new(config), tls, open, next_reader: AtomicUsize::new(0) })
    }

    /// A connection of its own, with nothing prepared.
    pub async fn bare(&self) -> Result<Client, PostgresError> {
        self.connect().await.map_err(|error| self.explain(error))
    }

    /// What an error of this server means.
    pub fn explain(&self, error: Error) -> PostgresError {
        explain(&self.config, &error)
    }

    /// The tables are those of a newer version.
    pub fn newer(&self, found: i32) -> PostgresError {
        PostgresError::Newer { place: place(&self.config), found, known: FORMAT }
    }

    /// The tables are not what they should be.
    pub fn unusable(&self, cause: String) -> PostgresError {
        PostgresError::Unusable { place: place(&self.config), cause }
    }

    /// Asks something that may be asked twice.
    pub async fn read(&self, statement: &'static str, params: Params<'_>) -> Result<Vec<Row>, StoreError> {
        let reader = self.next_reader.fetch_add(1, Ordering::Relaxed) % READERS;
        match self.ask(WRITERS + reader, statement, params).await {
            // Its connection may have ended long ago: that is only seen by using it.
            Err(Failure::Lost(_)) => self.ask(WRITERS + reader, statement, params).await,
            answer => answer,
        }
        .map_err(|failure| StoreError::Disk(self.told(failure)))
    }

    /// Has something done whose outcome is unknown when the connection ends meanwhile.
    pub async fn write(
        &self,
        stream: u16,
        statement: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.ask(usize::from(stream) % WRITERS, statement, params).await.map_err(|failure| {
            let unknown = match failure {
                Failure::Lost(_) => "; whether the last commit stands is unknown",
                Failure::Unreached(_) | Failure::Refused(_) => "",
            };
            StoreError::Disk(self.told(failure) + unknown)
        })
    }

    fn told(&self, failure: Failure) -> String {
        match failure {
            Failure::Unreached(error) => error.to_string(),
            Failure::Lost(cause) => {
                format!("the connection to the database at {} ended: {cause}", place(&self.config))
            }
            Failure::Refused(cause) => {
                format!("the database at {} did not do it: {cause}", place(&self.config))
            }
        }
    }

    /// Asks until nobody is in the way.
    async fn ask(&self, at: usize, statement: &str, params: Params<'_>) -> Result<Vec<Row>, Failure> {
        let mut tries = 0;
        loop {
            let connection = self.connection(at).await.map_err(Failure::Unreached)?;
            match connection.client.query(&connection.statements[statement], params).await {
                Ok(rows) => return Ok(rows),
                Err(error) if lost(&error) => {
                    self.forget(at, &connection).await;
                    return Err(Failure::Lost(cause(&error)));
                }
                Err(error) if undone(&error) && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(LONGEST_PAUSE.min(Duration::from_millis(1) * (1 << tries.min(10))))
                        .await;
                }
                Err(error) => return Err(Failure::Refused(cause(&error))),
            }
        }
    }

    async fn connection(&self, at: usize) -> Result<Arc<Connection>, PostgresError> {
        let mut place = self.open[at].lock().await;
        if let Some(open) = place.as_ref().filter(|open| !open.client.is_closed()) {
            return Ok(open.clone());
        }
        let opened = async {
            let client = self.connect().await?;
            let prepared = STATEMENTS.map(|statement| client.prepare(statement));
            let statements = STATEMENTS.into_iter().zip(try_join_all(prepared).await?).collect();
            Ok(Arc::new(Connection { client, statements }))
        };
        let opened = opened.await.map_err(|error| self.explain(error))?;
        Ok(place.insert(opened).clone())
    }

    async fn forget(&self, at: usize, ended: &Arc<Connection>) {
        self.open[at].lock().await.take_if(|open| Arc::ptr_eq(open, ended));
    }

    async fn connect(&self) -> Result<Client, Error> {
        let client = match &self.tls {
            Some(tls) => {
                let (client, work) = self.config.connect(tls.clone()).await?;
                tokio::spawn(until_closed(work));
                client
            }
            None => {
                let (client, work) = self.config.connect(NoTls).await?;
                tokio::spawn(until_closed(work));
                client
            }
        };
        client.batch_execute(BEGIN).await?;
        Ok(client)
    }
}

/// Why a statement has no answer.
enum Failure {
    /// No connection: nothing was asked.
    Unreached(PostgresError),
    /// The connection ended while it was asked.
    Lost(String),
    /// The server did nothing.
    Refused(String),
}

/// Carries a connection's bytes until its client is dropped or the other end goes.
async fn until_closed(work: impl Future<Output = Result<(), Error>>) {
    if let Err(error) = work.await {
        tracing::warn!(cause = cause(&error), "a connection to the database ended");
    }
}

/// What libpq reads in an address and the driver does not: the file with certificates to trust, which is
/// given apart, and the names of an encryption that is verified, which ours always is.
fn for_the_driver(address: &str) -> (String, Option<PathBuf>) {
    let Some((place, settings)) = address.split_once('?') else { return (address.to_owned(), None) };
    let mut roots = None;
    let settings = settings.split('&').filter_map(|setting| match setting.split_once('=') {
        Some(("sslrootcert", file)) => {
            roots = Some(PathBuf::from(file));
            None
        }
        Some(("sslmode", "verify-ca" | "verify-full")) => Some("sslmode=require"),
        _ => Some(setting),
    });
    let settings = settings.collect::<Vec<_>>().join("&");
    (format!("{place}?{settings}"), roots)
}

/// Trusts whom this machine trusts, and the certificates in this file.
fn tls(roots: Option<&Path>) -> Result<MakeRustlsConnect, String> {
    let extra = match roots {
        Some(file) => CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect)
            .map_err(|e| format!("the certificates in {} cannot be read: {e}", file.display()))?,
        None => Vec::new(),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(extra, provider.clone()).map_err(|e| e.to_string())?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
