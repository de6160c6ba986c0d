//! `cauce diff`: what changed from one flow to another, as sentences or as data.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cauce_flows::{Document, Problem, diff, parse};
use clap::Args;
use serde_json::json;

use super::{check, say};

#[derive(Args)]
pub struct Diff {
    /// The flow as it was (YAML or JSON)
    before: PathBuf,
    /// The flow as it is
    after: PathBuf,
    /// Print one JSON object: the changes, the patch that makes them, and the sentences
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub fn run(self) -> ExitCode {
        let [before, after] = [&self.before, &self.after].map(|file| read(file));
        let (Some(before), Some(after)) = (before, after) else { return ExitCode::from(2) };
        let diff = diff::Diff::between(&before, &after, &cauce_nodes::catalogue());
        let sentences = diff.sentences();
        if self.json {
            say(&json!({ "changes": diff, "patch": diff.patch(), "sentences": sentences }).to_string());
        } else if sentences.is_empty() {
            say("sin cambios");
        } else {
            sentences.iter().for_each(|sentence| say(sentence));
        }
        if diff.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) }
    }
}

/// The document, or its problems on stderr. It may have errors that `cauce check` finds: they can be compared.
fn read(file: &Path) -> Option<Document> {
    let unreadable = |error: std::io::Error| {
        let message = format!("No se puede leer el archivo: {error}.");
        vec![Problem::error("doc.unreadable", message, "Revisa la ruta y los permisos.")]
    };
    let read = std::fs::read_to_string(file).map_err(unreadable).and_then(|text| parse(&text));
    let tell = |problems: &Vec<Problem>| {
        problems.iter().for_each(|problem| eprintln!("{}", check::told(file, problem)));
    };
    read.inspect_err(tell).ok()
}
