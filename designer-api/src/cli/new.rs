//! `cauce new`: a flow to start from, with comments, and the schema that lets editors help.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::{say, schema};

/// The flow to start from, under an id and a name that are replaced.
const STARTER: &str = include_str!("starter.yaml");
const ID: &str = "mi_flujo";
const NAME: &str = "Mi flujo";
/// The name of the schema beside the flow; the first line of the flow names it.
const SCHEMA: &str = "cauce.schema.json";

#[derive(Args)]
pub struct New {
    /// The file to write, for example `flows/reservas.yaml`
    file: PathBuf,
}

impl New {
    pub fn run(self) -> anyhow::Result<()> {
        let shown = self.file.display();
        let stem = self.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let id: cauce_model::FlowId = stem.parse().map_err(|_| {
            anyhow::anyhow!(
                "«{stem}» cannot be a flow's id: use letters without accents, digits, «_» and «-»"
            )
        })?;
        let words = stem.replace(['-', '_'], " ");
        // An id is ASCII; one of dashes alone is its own name.
        let words = if words.trim().is_empty() { stem } else { words.trim() };
        let name = words[..1].to_uppercase() + &words[1..];
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        let file_name = format!("{ID}.yaml");
        let text = STARTER.replace(&file_name, &shown_name(&self.file)).replace(ID, &quoted(id.as_str()));
        let text = text.replace(NAME, &quoted(&name));
        let written = std::fs::File::create_new(&self.file)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow::anyhow!("{shown} is there already; nothing was changed"),
            _ => anyhow::anyhow!("{shown} cannot be written: {error}"),
        })?;
        let beside = self.file.with_file_name(SCHEMA);
        std::fs::write(&beside, schema::text())
            .with_context(|| format!("{} cannot be written", beside.display()))?;
        say(&format!("{shown}: a flow to start from"));
        say(&format!("{}: what editors complete and check it with", beside.display()));
        say(&format!("Next: cauce check {shown} · cauce chat {shown}"));
        Ok(())
    }
}

/// The name of the file, for the comments that say how to go on.
fn shown_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A word as YAML reads it as a text: `true` and `2026` are none without quotes.
fn quoted(word: &str) -> String {
    let text = serde_yaml::from_str::<String>(word).is_ok_and(|read| read == word)
        && serde_yaml::from_str::<serde_json::Value>(word).is_ok_and(|value| value.is_string());
    if text { word.to_owned() } else { format!("\"{word}\"") }
}
