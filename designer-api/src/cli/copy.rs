//! `cauce copy`: a whole installation moves to another home.

use std::path::{Path, PathBuf};

use cauce_store::DataFolder;
use cauce_store::transfer::{Home, Place, copy, copy_files};
use clap::Args;

use super::say;

/// After how many rows it says how far it is.
const TOLD_EVERY: u64 = 100_000;

#[derive(Args)]
pub struct Copy {
    /// What is copied: a data folder, or postgres://user:password@host/database; Cauce must not be running
    #[arg(long)]
    from: Place,
    /// Where to: a new data folder, or an empty database
    #[arg(long)]
    to: Place,
    /// The data folder that goes with a database: files are there
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl Copy {
    pub async fn run(self) -> anyhow::Result<()> {
        let (from_files, to_files) = (self.folder_of(&self.from), self.folder_of(&self.to));
        let held = from_files.map(DataFolder::hold_of).transpose()?.flatten();
        if held.is_some() && to_files.is_none() {
            anyhow::bail!(
                "{} was restored and is held; say --data FOLDER, so that the copy is held as well",
                self.from
            );
        }
        // Whoever runs on the folder of a database has it open.
        let locked = match (&self.from, from_files) {
            (Place::Postgres(_), Some(folder)) if folder.join("cauce.json").exists() => {
                Some(DataFolder::open(folder, 1)?)
            }
            _ => None,
        };
        let home = Home::open(&self.from).await?;
        let mut told = 0;
        let tally = copy(&home, &self.to, &mut |rows| {
            if rows >= told + TOLD_EVERY {
                told = rows;
                say(&format!("{rows} rows"));
            }
        })
        .await?;
        let files = match (from_files, to_files) {
            (Some(from), Some(to)) if from != to => {
                // The folder of a database is this one's alone as well.
                if matches!(self.to, Place::Postgres(_)) {
                    drop(DataFolder::open(to, home.partitions())?);
                }
                copy_files(&from.join("files"), &to.join("files"))?.files
            }
            _ => 0,
        };
        drop((home, locked));
        if let Some(to) = to_files {
            DataFolder::set_hold(to, held)?;
        }
        say(&format!(
            "copied {} to {}: {} rows ({} bytes) of {} streams, {files} files; read back, sum {}",
            self.from,
            self.to,
            tally.rows,
            tally.bytes,
            tally.streams.len(),
            tally.sum
        ));
        if self.folder_of(&self.from).is_none() || self.folder_of(&self.to).is_none() {
            say("files were not copied: say --data FOLDER, or copy the folder «files» by hand");
        }
        Ok(())
    }

    /// The data folder of a place.
    fn folder_of<'a>(&'a self, place: &'a Place) -> Option<&'a Path> {
        match place {
            Place::Folder(path) => Some(path),
            Place::Postgres(_) => self.data.as_deref(),
        }
    }
}
