//! Cauce put together: which entities live, who carries out calls, who reads the feed.

use std::path::Path;
use std::sync::Arc;

use cauce_access::{PasswordHash, Role, User};
use cauce_conversation::canary::TrialOrder;
use cauce_conversation::migrations::{Migrations, PEOPLE};
use cauce_conversation::schedules::{AUDIENCE, Schedules};
use cauce_conversation::{
    ADDRESS, CONTACT, Contacts, DESK, Home, MIGRATION, Programs, Publish, Published, SCHEDULE, Sending,
    WORKSPACE, Workspace, WorkspaceEvent, workspace_entity,
};
use cauce_flows::Program;
use cauce_inbox::{Desk, lists::Lists};
use cauce_model::{StoredFile, Timestamp, UserId, WorkspaceId};
use cauce_runtime::{
    Answer, Clock, Command, EntityAddress, Parts, Runtime, Settings, SubmitError, crash, from_bytes, to_bytes,
};
use cauce_store::{DataFolder, EmbeddedStore, Files, NewFile, PostgresStore, SharedStore};
use cauce_whatsapp::AccountRef;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use crate::config::{Config, WorkspaceConfig};
use crate::directory::{self, DIRECTORY, Directory, DirectoryEvent, directory_entity};
use crate::executors::audience::Audience;
use crate::executors::people::People;
use crate::executors::send::Sender;
use crate::executors::show::Shower;
use crate::executors::{self, Executors};
use crate::file_type::{self, HEAD};
use crate::hold::Holding;
use crate::observe::{self, Observer};
use crate::problem::Problem;

/// How many passwords are hashed at one time: each takes 19 MB and a core.
const HASHES_AT_ONCE: usize = 2;

/// A server commits faster in fewer and larger groups: a new database gets no more partitions than this.
const POSTGRES_PARTITIONS: u16 = 8;

/// Everything the HTTP handlers need.
pub struct App {
    /// The running partitions.
    pub runtime: Runtime,
    /// Compiled flows.
    pub programs: Arc<Programs>,
    /// What people send each other as files.
    pub files: Files,
    /// The workspace.
    pub workspace: WorkspaceConfig,
    /// The connected number, as webhooks find it.
    pub account: AccountRef,
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// With what Meta may sign.
    pub app_secrets: Vec<SecretString>,
    /// What Meta must say in the handshake.
    pub verify_token: SecretString,
    /// In the demo, where the test phone is.
    pub phone_url: Option<String>,
    /// Limits password hashing.
    pub hashing: Arc<Semaphore>,
    /// Shows customers that somebody reads and writes.
    pub presence: Shower,
    /// Sends to customers.
    pub sender: Sender,
    /// What is told of how it is.
    pub observer: Arc<Observer>,
    /// Whether it was restored from a backup, and what waits.
    pub hold: Holding,
    /// When it was opened.
    pub started: Timestamp,
}

/// Opens where the rows stay, and gives its number of partitions. The data folder is this process's alone
/// wherever they are.
async fn store_of(config: &Config, data: &Path) -> anyhow::Result<(SharedStore, u16)> {
    let Some(address) = &config.store else {
        let store = EmbeddedStore::open_as(data, config.partitions(), config.base)?;
        let partitions = store.partitions();
        return Ok((Arc::new(store), partitions));
    };
    let folder = DataFolder::open(data, config.partitions())?;
    let address = address.reveal()?;
    let store =
        PostgresStore::connect(address.expose_secret(), config.partitions().min(POSTGRES_PARTITIONS)).await?;
    let partitions = store.partitions();
    Ok((Arc::new(store.with_files_in(folder)), partitions))
}

impl App {
    /// Opens the data folder and goes on where it stopped.
    pub async fn open(config: &Config, data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Self>> {
        // Before anything counts: a counter that was made earlier counts for nobody.
        observe::metrics::install();
        let (store, partitions) = store_of(config, data).await?;
        Self::start(config, data, store, partitions, clock, Executors::new()).await
    }

    /// The same over any store, for tests; `instead` carries out the calls of its kinds. Files stay in
    /// the data folder.
    pub async fn start(
        config: &Config,
        data: &Path,
        store: SharedStore,
        partitions: u16,
        clock: Arc<dyn Clock>,
        instead: Executors,
    ) -> anyhow::Result<Arc<Self>> {
        let files = Files::open(&data.join("files"))?;
        let observer = Observer::start(config, data)?;
        let hold = Holding::of(data)?;
        let started = clock.now();
        let (mut executors, presence, sender) = executors::of(config, &files, clock.clone())?;
        let homes = Runtime::homes_of(partitions).collect();
        executors.insert(AUDIENCE, Arc::new(Audience::new(store.clone())));
        executors.insert(PEOPLE, Arc::new(People::new(store.clone(), homes)));
        executors.extend(instead);
        let programs = Arc::new(Programs::new(cauce_nodes::catalogue()));
        let contacts = Arc::new(Contacts {
            programs: programs.clone(),
            sending: Sending { hold: config.hold() },
            home: Home { zone: config.workspace.timezone.clone(), country: config.workspace.country },
        });
        let mut parts = Parts::default();
        parts.entities.insert(CONTACT, contacts.clone());
        parts.entities.insert(ADDRESS, contacts);
        parts.entities.insert(DESK, Arc::new(Desk));
        parts.entities.insert(WORKSPACE, Arc::new(Workspace));
        parts.entities.insert(MIGRATION, Arc::new(Migrations));
        let schedules = Schedules { home: config.workspace.timezone.clone() };
        parts.entities.insert(SCHEDULE, Arc::new(schedules));
        parts.entities.insert(DIRECTORY, Arc::new(Directory));
        parts.executors = executors;
        parts.readers.push(Arc::new(Lists));

        // A hold that ended while Cauce was down waits as well: its status may still be on the way.
        let settings = Settings {
            partitions,
            grace: config.grace().max(config.hold()),
            scratch: Some(data.join("scratch")),
            held: hold.is_held(),
        };
        let runtime = Runtime::start(store, clock, parts, settings).await?;
        hold.begin(&runtime).await?;
        let whatsapp = &config.whatsapp;
        Ok(Arc::new(Self {
            runtime,
            programs,
            files,
            workspace: config.workspace.clone(),
            account: AccountRef {
                account: whatsapp.account.clone(),
                workspace: config.workspace.id.clone(),
                portfolio: whatsapp.portfolio.clone(),
            },
            phone_number_id: whatsapp.phone_number_id.clone(),
            app_secrets: whatsapp.app_secrets.iter().map(|s| s.reveal()).collect::<Result<_, _>>()?,
            verify_token: whatsapp.verify_token.reveal()?,
            phone_url: config.phone_url.clone(),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            presence,
            sender,
            observer,
            hold,
            started,
        }))
    }

    /// The workspace's id.
    pub fn workspace_id(&self) -> &WorkspaceId {
        &self.workspace.id
    }

    /// The rows.
    pub fn store(&self) -> &SharedStore {
        self.runtime.store()
    }

    /// Has an entity handle an event.
    pub async fn submit<E: Serialize>(
        &self,
        to: EntityAddress,
        event: &E,
        command: Option<Command>,
    ) -> Result<Answer, SubmitError> {
        self.runtime.submit(to, to_bytes(event), command).await
    }

    /// Has an entity handle an event, and reads what it answers once that has reached everybody.
    pub async fn ask<E: Serialize, R: DeserializeOwned>(
        &self,
        to: EntityAddress,
        event: &E,
        command: Option<Command>,
    ) -> Result<R, Problem> {
        let Answer { reply, settled } = self.submit(to, event, command).await?;
        crash::point("command.before_answer");
        settled.wait().await;
        from_bytes(&reply.unwrap_or_default()).map_err(|halt| {
            tracing::error!(?halt, "an entity's answer cannot be read");
            Problem::internal()
        })
    }

    /// Keeps a file that was written to the file store, and notes it in the workspace. `head` is its
    /// beginning, `name` what it was called where it came from.
    pub async fn keep(&self, new: NewFile, head: &[u8], name: &str) -> Result<StoredFile, Problem> {
        let size = new.written();
        let name = file_type::clean_name(name);
        let id = new.finish(None).await.map_err(not_written)?;
        let file = StoredFile { id, mime: file_type::of(head, &name), size, name };
        let kept = WorkspaceEvent::KeepFile(file.clone());
        let () = self.ask(workspace_entity(self.workspace_id()), &kept, None).await?;
        Ok(file)
    }

    /// The same with bytes that are here already.
    pub async fn keep_bytes(&self, name: &str, bytes: &[u8]) -> Result<StoredFile, Problem> {
        let mut new = self.files.begin().map_err(not_written)?;
        new.write_all(bytes).await.map_err(not_written)?;
        self.keep(new, &bytes[..bytes.len().min(HEAD)], name).await
    }

    /// Publishes a checked flow, or has it tried first.
    pub async fn publish(
        &self,
        program: &Arc<Program>,
        by: &str,
        trial: Option<TrialOrder>,
    ) -> Result<Published, Problem> {
        let publish = Publish::of(program, by, trial);
        let published = self
            .ask(workspace_entity(self.workspace_id()), &WorkspaceEvent::Publish(publish.into()), None)
            .await?;
        self.programs.keep(program.clone());
        Ok(published)
    }

    /// Adds a user; whether the email was free.
    pub async fn add_user(
        &self,
        id: UserId,
        email: &str,
        name: &str,
        role: Role,
        password: &str,
    ) -> anyhow::Result<bool> {
        let hash = PasswordHash::of(password)?;
        let email =
            cauce_access::normalise_email(email).ok_or_else(|| anyhow::anyhow!("«{email}» is no email"))?;
        let user = User { id, email, name: name.to_owned(), role, password_hash: hash, active: true };
        self.ask(directory_entity(self.workspace_id()), &DirectoryEvent::AddUser(user), None)
            .await
            .map_err(|problem| anyhow::anyhow!(problem.detail))
    }

    /// Whether anybody can log in yet.
    pub async fn has_users(&self) -> anyhow::Result<bool> {
        Ok(directory::has_users(self.store(), self.workspace_id()).await?)
    }

    /// The secrets with which Meta may have signed.
    pub fn secrets(&self) -> Vec<&str> {
        self.app_secrets.iter().map(ExposeSecret::expose_secret).collect()
    }
}

/// The disk did not take a file.
pub fn not_written(error: impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "a file was not kept");
    Problem::unavailable()
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Busy => Self::too_many(),
            SubmitError::Stopped => Self::unavailable(),
        }
    }
}

impl From<cauce_store::StoreError> for Problem {
    fn from(error: cauce_store::StoreError) -> Self {
        tracing::error!(%error, "the store did not answer a screen");
        Self::unavailable()
    }
}
