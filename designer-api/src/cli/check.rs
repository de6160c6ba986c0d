//! `cauce check`: every problem of every file, by itself and beside the other files, with its place and what to
//! do; and `--fix`, which does what can be done without asking.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cauce_flows::{Known, Problem, Program, Severity, check_together, mend};
use clap::Args;
use serde::Serialize;

use super::{beside, say, test};
use crate::dto::FlowCheck;

#[derive(Args)]
pub struct Check {
    /// The flows, or files of scenarios (YAML or JSON); several flows are also checked beside one another
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a file, for programs: the file's name and what `POST /api/flows/check` answers
    #[arg(long)]
    json: bool,
    /// Correct in the files what can only have been meant one way, and say what was done
    #[arg(long)]
    fix: bool,
}

impl Check {
    pub fn run(self) -> ExitCode {
        let mut failed = false;
        if self.fix {
            for file in &self.files {
                match fix(file) {
                    // What programs read is on the output.
                    Ok(done) if self.json => done.iter().for_each(|done| tracing::info!("{done}")),
                    Ok(done) => done.iter().for_each(|done| say(done)),
                    Err(error) => {
                        say(&format!("{}: no se pudo corregir: {error}", file.display()));
                        failed = true;
                    }
                }
            }
        }
        for (file, checked) in self.files.iter().zip(check(&self.files)) {
            let (problems, program) = checked;
            failed |= problems.iter().any(Problem::is_error);
            if self.json {
                say(&line(file, problems, program.as_ref()));
                continue;
            }
            if problems.is_empty() {
                say(&format!("{}: sin problemas", file.display()));
            }
            problems.iter().for_each(|problem| say(&told(file, problem)));
        }
        if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// The problems of each file, and its flow when that has no error of its own.
fn check(files: &[PathBuf]) -> Vec<(Vec<Problem>, Option<Program>)> {
    let mut checked: Vec<(Vec<Problem>, Option<Program>)> = files
        .iter()
        .map(|file| match load(file) {
            _ if test::is_scenarios(file) => (test::problems(file), None),
            Ok(program) => (Vec::new(), Some(program)),
            Err(problems) => (problems, None),
        })
        .collect();
    let flows: Vec<&Program> = checked.iter().filter_map(|(_, program)| program.as_ref()).collect();
    let mut told = check_together(&flows, Known::default()).into_iter();
    for (problems, _) in checked.iter_mut().filter(|(_, program)| program.is_some()) {
        *problems = told.next().unwrap_or_default();
    }
    checked
}

/// A line of `cauce check --json`.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a Path,
    #[serde(flatten)]
    check: FlowCheck,
}

fn line(file: &Path, problems: Vec<Problem>, program: Option<&Program>) -> String {
    let line = Line { file, check: FlowCheck::new(problems, program) };
    serde_json::to_string(&line).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"))
}

/// The lines that `cauce check --json` prints for these files.
pub fn check_lines(files: &[PathBuf]) -> Vec<String> {
    let checked = files.iter().zip(check(files));
    checked.map(|(file, (problems, program))| line(file, problems, program.as_ref())).collect()
}

/// So many corrections are made in one file at most.
const MAX_FIXES: usize = 500;

/// Corrects a file; a sentence for everything that was done.
fn fix(file: &Path) -> std::io::Result<Vec<String>> {
    let before = std::fs::read_to_string(file)?;
    let (text, done) = corrected(&before);
    if text != before {
        std::fs::write(file, text)?;
    }
    let place = |(line, what): (Option<u32>, String)| match line {
        Some(line) => format!("{}:{line}: {what}", file.display()),
        None => format!("{}: {what}", file.display()),
    };
    Ok(done.into_iter().map(place).collect())
}

/// A text with everything corrected that can only have been meant one way, and what that was, by line.
fn corrected(text: &str) -> (String, Vec<(Option<u32>, String)>) {
    let catalogue = cauce_nodes::catalogue();
    let problems = |text: &str| match Program::read(text, &catalogue) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    };
    let (mut text, mut done) = (text.to_owned(), Vec::new());
    let mut left = problems(&text);
    while done.len() < MAX_FIXES {
        let better = left.iter().find_map(|problem| {
            let fix = problem.safe_fix()?;
            let mended = mend(&text, fix)?;
            let after = problems(&mended);
            let same = |other: &&Problem| other.code == problem.code && other.path == problem.path;
            let fewer = after.iter().filter(same).count() < left.iter().filter(same).count();
            fewer.then(|| (mended, after, (problem.line, format!("{}. [{}]", fix.title, problem.code))))
        });
        let Some((mended, after, what)) = better else { break };
        (text, left) = (mended, after);
        done.push(what);
    }
    (text, done)
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
    for fix in &problem.fixes {
        let how = if problem.safe_fix().is_some() { " (con --fix)" } else { "" };
        text.push_str(&format!("\n    arreglo: {}{how}", fix.title));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_are_corrected_and_nothing_else() {
        let text = "# Mi flujo\nid: f\nname: F\nstart: inico\nnodes:\n  inicio: { kind: strat, config: { any_mesage: true \
                    }, exits: { next: menuu } }\n  menu:\n    kind: question # pregunta\n    config: { text: \"¿{{ \
                    nombr }}?\", save_to: nombre }\n    exits: { ok: fin }\n  fin: { kind: end }\n";
        let (after, done) = corrected(text);
        let what: Vec<&str> = done.iter().map(|(_, what)| what.as_str()).collect();
        assert_eq!(what.len(), 5, "{what:#?}");
        let wanted = text
            .replace("inico\n", "inicio\n")
            .replace("strat", "start")
            .replace("any_mesage", "any_message")
            .replace("menuu", "menu")
            .replace("nombr }", "nombre }");
        assert_eq!(after, wanted, "the missing exit is for its author to say");
        assert_eq!(corrected(&after).1, []);
    }
}
