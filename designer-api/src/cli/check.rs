//! `cauce check`: every problem of every file, with its place and what to do.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cauce_flows::{Problem, Program, Severity};
use clap::Args;
use serde_json::json;

use super::{beside, say};

#[derive(Args)]
pub struct Check {
    /// The flows (YAML or JSON)
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a problem, for programs
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self) -> ExitCode {
        let mut errors = false;
        for file in &self.files {
            let problems = match load(file) {
                Ok(program) => program.warnings().to_vec(),
                Err(problems) => problems,
            };
            errors |= problems.iter().any(Problem::is_error);
            if problems.is_empty() && !self.json {
                say(&format!("{}: sin problemas", file.display()));
            }
            for problem in &problems {
                if self.json {
                    say(&json!({ "file": file, "problem": problem }).to_string());
                } else {
                    say(&told(file, problem));
                }
            }
        }
        if errors { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// A flow with the files that stand beside it.
///
/// # Errors
/// Its problems, when one is an error.
pub fn load(file: &Path) -> Result<Program, Vec<Problem>> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let help = "Revisa la ruta y los permisos.";
        vec![Problem::error("doc.unreadable", format!("No se puede leer el archivo: {error}."), help)]
    })?;
    let program = Program::read(&text, &cauce_nodes::catalogue())?;
    let files = beside::files(file, &program);
    beside::with_subflows(file, program.with_files(&files)?)
}

/// A problem as people read it: `file:line:column: error [code] message`, then what to do.
pub fn told(file: &Path, problem: &Problem) -> String {
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        (Some(line), None) => format!(":{line}"),
        _ => String::new(),
    };
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "aviso",
    };
    let mut text = format!("{}{place}: {severity} [{}] {}", file.display(), problem.code, problem.message);
    if !problem.help.is_empty() {
        text.push_str(&format!("\n    {}", problem.help));
    }
    if !problem.witness.is_empty() {
        let path: Vec<&str> = problem.witness.iter().map(cauce_model::NodeId::as_str).collect();
        text.push_str(&format!("\n    camino: {}", path.join(" → ")));
    }
    text
}
