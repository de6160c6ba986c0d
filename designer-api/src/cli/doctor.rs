//! `cauce doctor`: checks that the data is as it must be, while nobody writes it.

use std::path::PathBuf;
use std::process::ExitCode;

use cauce_store::doctor::Severity;
use cauce_store::transfer::{Home, Place};
use cauce_store::{DataFolder, Files};
use clap::Args;
use serde_json::json;

use super::say;
use crate::doctor::{Report, examine, mend};

/// The data is as it must be, but for what was found.
const FOUND: u8 = 1;
/// How often it is mended at most.
const ROUNDS: usize = 5;
/// Nothing could be checked.
const UNREADABLE: u8 = 2;

#[derive(Args)]
pub struct Doctor {
    /// The data folder; Cauce must not be running
    #[arg(long, env = "CAUCE_DATA", default_value = "data/demo")]
    data: PathBuf,
    /// The database, when the rows are in PostgreSQL: postgres://user:password@host/database
    #[arg(long, env = "CAUCE_STORE", hide_env_values = true)]
    store: Option<Place>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Mend what can be mended without losing or repeating anything
    #[arg(long)]
    mend: bool,
}

impl Doctor {
    /// Exit 0 when all is as it must be, 1 when something was found, 2 when nothing could be checked.
    pub async fn run(self) -> ExitCode {
        match self.look().await {
            Ok((report, mended)) => {
                self.tell(&report, mended);
                ExitCode::from(if report.is_clean() { 0 } else { FOUND })
            }
            Err(error) => {
                eprintln!("cauce: {error:#}");
                ExitCode::from(UNREADABLE)
            }
        }
    }

    /// What is found, after what could be mended was; and how many rows that wrote.
    async fn look(&self) -> anyhow::Result<(Report, u64)> {
        let folder = Place::Folder(self.data.clone());
        let place = self.store.as_ref().unwrap_or(&folder);
        let files = self.data.join("files");
        let files = files.is_dir().then(|| Files::look_at(&files));
        // Whoever runs on a database has its data folder open.
        let _alone = match place {
            Place::Postgres(_) if self.data.join("cauce.json").exists() => {
                Some(DataFolder::open(&self.data, 1)?)
            }
            _ => None,
        };
        let home = Home::open(place).await?;
        let mut mended = 0;
        if self.mend {
            // What was mended may uncover more.
            for _ in 0..ROUNDS {
                let (_, written) = mend(home.store(), files.as_ref()).await?;
                mended += written;
                if written == 0 {
                    break;
                }
            }
        }
        Ok((examine(home.store(), files.as_ref()).await?, mended))
    }

    fn tell(&self, report: &Report, mended: u64) {
        if self.json {
            say(&json!({ "clean": report.is_clean(), "rows_mended": mended, "report": report }).to_string());
            return;
        }
        for finding in &report.findings {
            say(&format!("{} [{}] {}", name(finding.severity), finding.code, finding.place));
            say(&format!("    {}", finding.what));
            say(&format!("    → {}", finding.mend));
        }
        if mended > 0 {
            say(&format!("mended: {mended} rows were written"));
        }
        for count in &report.counts {
            let kept = report.findings.iter().filter(|finding| finding.code == count.code).count() as u64;
            if count.count > kept {
                say(&format!("… and {} more [{}]", count.count - kept, count.code));
            }
        }
        let rows: u64 = report.rows.values().sum();
        let of = |table| report.rows.get(table).copied().unwrap_or(0);
        let (contacts, cases) = (of("contacts"), of("cases at the desk"));
        let verdict = match (report.is_clean(), report.is_broken()) {
            (true, _) => "all is as it must be",
            (_, true) => "something is broken",
            _ => "all holds; a person should look at what was set aside",
        };
        say(&format!("{rows} rows, {contacts} contacts, {cases} cases: {verdict}"));
    }
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Broken => "BROKEN",
        Severity::Attention => "LOOK",
        Severity::Lagging => "lagging",
    }
}
