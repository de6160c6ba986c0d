//! `cauce backup` and `cauce restore`.

use std::path::PathBuf;

use cauce_store::transfer::{self, BackupSummary, Home, Place};
use clap::Args;

use super::say;

#[derive(Args)]
pub struct Backup {
    /// The data folder; Cauce may be running
    #[arg(long, env = "CAUCE_DATA", default_value = "data/demo")]
    data: PathBuf,
    /// The database, when the rows are in PostgreSQL: postgres://user:password@host/database
    #[arg(long, env = "CAUCE_STORE", hide_env_values = true)]
    store: Option<Place>,
    /// Where the backup goes: a new folder, or one file when it ends in .tar
    #[arg(long)]
    to: PathBuf,
}

impl Backup {
    pub async fn run(self) -> anyhow::Result<()> {
        let made = match &self.store {
            None => transfer::backup(&self.data, &self.to).await?,
            Some(place @ Place::Postgres(_)) => match Home::open(place).await? {
                Home::Postgres(store) => {
                    transfer::backup_postgres(&store, Some(&self.data.join("files")), &self.to).await?
                }
                Home::Embedded(_) => anyhow::bail!("{place} is no database"),
            },
            Some(Place::Folder(_)) => {
                anyhow::bail!("--store takes postgres://…; a folder is named by --data")
            }
        };
        say(&format!("backed up to {}: {}", self.to.display(), told(&made)));
        Ok(())
    }
}

#[derive(Args)]
pub struct Restore {
    /// The backup: a folder, or a .tar file
    #[arg(long)]
    from: PathBuf,
    /// The new data folder; it must not exist yet, or be empty
    #[arg(long)]
    data: PathBuf,
}

impl Restore {
    pub fn run(self) -> anyhow::Result<()> {
        let made = transfer::restore(&self.from, &self.data)?;
        say(&format!("restored to {}: {}", self.data.display(), told(&made)));
        say("what was under way when the backup was made waits after the start, until");
        say("`cauce resume --send` or `cauce resume --drop` says what becomes of it");
        Ok(())
    }
}

fn told(made: &BackupSummary) -> String {
    let BackupSummary { rows, commits, files } = made;
    format!("{rows} rows and {commits} commits after them, {} files ({} bytes)", files.files, files.bytes)
}
