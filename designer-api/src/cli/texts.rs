//! `cauce texts`: the texts of a flow to a spreadsheet, and their translations back.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use cauce_flows::{Document, Problem, Program, parse};
use clap::{Args, Subcommand};

use super::{check, say};
use crate::texts::{self, Imported};

#[derive(Subcommand)]
pub enum Texts {
    /// Write the texts of a flow as CSV, a row each, to be translated in a spreadsheet
    Export(Export),
    /// Bring the translations of such a sheet into the flow; nothing else of it changes
    Import(Import),
}

#[derive(Args)]
pub struct Export {
    /// The flow (YAML or JSON)
    flow: PathBuf,
    /// The sheet to write; to stdout when nothing is said
    #[arg(short, long, value_name = "SHEET")]
    output: Option<PathBuf>,
    /// A column for this language besides, as en or es-MX; may be repeated
    #[arg(long)]
    language: Vec<String>,
    /// What stands between cells; Excel in Spanish wants «;»
    #[arg(long, default_value = ",", value_parser = [",", ";"])]
    separator: String,
}

#[derive(Args)]
pub struct Import {
    /// The flow (YAML or JSON)
    flow: PathBuf,
    /// The sheet (CSV)
    sheet: PathBuf,
}

impl Export {
    pub fn run(self) -> anyhow::Result<()> {
        let (_, document) = read(&self.flow)?;
        let separator = self.separator.as_bytes().first().copied().unwrap_or(b',');
        let sheet = texts::write(&document, &cauce_nodes::catalogue(), &self.language, separator)?;
        match &self.output {
            Some(path) => {
                std::fs::write(path, sheet).with_context(|| format!("{} cannot be written", path.display()))
            }
            // Nobody may read to the end.
            None => {
                let _ = std::io::stdout().write_all(&sheet);
                Ok(())
            }
        }
    }
}

impl Import {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let catalogue = cauce_nodes::catalogue();
        let (text, document) = read(&self.flow)?;
        let sheet =
            std::fs::read(&self.sheet).with_context(|| format!("{} cannot be read", self.sheet.display()))?;
        let imported = texts::read(&sheet, &document, &catalogue)?;
        for line in imported.refused.iter().chain(&imported.warnings).chain(&imported.missing) {
            say(line);
        }
        let told = if imported.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        if imported.document == document {
            say("No hay traducciones nuevas: el flujo queda como está.");
            return Ok(told);
        }
        let (written, is_whole) = texts::splice(&text, &imported.document);
        let wrong = wrong(&written, &imported);
        if !wrong.is_empty() {
            for line in wrong {
                say(&line);
            }
            say("No se escribió nada: corrige estas traducciones y vuelve a importar la hoja.");
            return Ok(ExitCode::FAILURE);
        }
        replace(&self.flow, &written)?;
        if !is_whole {
            say("El flujo se escribió de nuevo en su forma canónica: sus comentarios no quedan.");
        }
        say(&format!("{}: {} traducciones", self.flow.display(), imported.rows.len()));
        Ok(told)
    }
}

fn read(flow: &Path) -> anyhow::Result<(String, Document)> {
    let text = std::fs::read_to_string(flow).with_context(|| format!("{} cannot be read", flow.display()))?;
    let document = parse(&text).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(|problem| check::told(flow, problem)).collect();
        anyhow::anyhow!("the flow has problems:\n{}", told.join("\n"))
    })?;
    Ok((text, document))
}

/// What the checks say against the translations, by the rows they came from.
fn wrong(written: &str, imported: &Imported) -> Vec<String> {
    let problems = Program::read(written, &cauce_nodes::catalogue()).err().unwrap_or_default();
    let row = |problem: &Problem| {
        let path = problem.path.as_deref()?.strip_prefix("/translations/")?;
        let pieces: Vec<&str> = path.splitn(3, '/').collect();
        let [language, node, place] = pieces[..] else { return Some(String::new()) };
        let key = (language.to_owned(), node.parse().ok()?, place.to_owned());
        Some(imported.rows.get(&key).map(|row| format!("Fila {row}, ")).unwrap_or_default() + language + ": ")
    };
    let errors = problems.iter().filter(|problem| problem.is_error());
    let mut seen = HashSet::new();
    let told =
        errors.filter_map(|problem| Some(format!("{}{} {}", row(problem)?, problem.message, problem.help)));
    told.filter(|line| seen.insert(line.clone())).collect()
}

/// Writes a file whole or not at all.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}
