//! `cauce test`: plays the scenarios that stand beside flows, says what they cover, writes down what happens,
//! and makes scenarios up.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cauce_flows::scenario::{Coverage, Effort, Failure, Ran, Scenarios, generate};
use cauce_flows::{Problem, Program, Visited};
use clap::Args;
use serde_json::{Value, json};

use super::{check, say};

/// How a scenario file ends.
const ENDS: [&str; 3] = [".test.yaml", ".test.yml", ".test.json"];
/// How a flow ends.
const FLOWS: [&str; 3] = ["yaml", "yml", "json"];
/// Folders where nobody keeps flows.
const SKIPPED: [&str; 2] = ["node_modules", "target"];
/// How many exits that are not covered are named.
const NAMED: usize = 12;

#[derive(Args)]
pub struct Test {
    /// Flows, scenario files, or folders of them; here when nothing is said
    paths: Vec<PathBuf>,
    /// Print one JSON object a scenario and a flow, for programs
    #[arg(long)]
    json: bool,
    /// Fail when the scenarios of a flow take fewer of a hundred exits
    #[arg(long, value_name = "PERCENT")]
    min_coverage: Option<usize>,
    /// Write down what happens in the place of what was expected; comments inside the file are not kept
    #[arg(long)]
    update: bool,
    /// Make scenarios up that take every exit of a flow
    #[arg(long, value_name = "FLOW", conflicts_with_all = ["paths", "update", "min_coverage", "json"])]
    generate: Option<PathBuf>,
    /// Where to write them; the terminal when nothing is said
    #[arg(short, long, value_name = "FILE", requires = "generate")]
    out: Option<PathBuf>,
    /// How many things are tried at most
    #[arg(long, default_value_t = Effort::default().acts, requires = "generate")]
    effort: usize,
    /// Which customers are made up
    #[arg(long, default_value_t = 0, requires = "generate")]
    seed: u64,
}

/// How it went: all good, something not as expected, or something that cannot be read. The worst counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Verdict {
    #[default]
    Good,
    Failed,
    Unreadable,
}

/// A flow and the files with its scenarios.
struct Suite {
    flow: PathBuf,
    files: Vec<PathBuf>,
}

/// What came of the scenarios of a flow.
#[derive(Default)]
struct Played {
    worst: Verdict,
    scenarios: usize,
    failed: usize,
    /// All that they went through.
    trail: Vec<Visited>,
    /// The flow, when it can be read.
    program: Option<Arc<Program>>,
}

impl Test {
    pub fn run(self) -> ExitCode {
        if let Some(flow) = &self.generate {
            return exit(self.make_up(flow));
        }
        let here = [PathBuf::from(".")];
        let paths = if self.paths.is_empty() { &here[..] } else { &self.paths };
        let mut worst = Verdict::Good;
        let (suites, unread) = suites(paths);
        for problem in unread {
            self.tell_unreadable(&problem.0, &problem.1);
            worst = Verdict::Unreadable;
        }
        let played: Vec<Played> = suites.iter().map(|suite| self.suite(suite)).collect();
        for (suite, one) in suites.iter().zip(&played) {
            worst = worst.max(one.worst);
            let Some(program) = &one.program else { continue };
            let mut coverage = Coverage::new(program);
            coverage.add(&one.trail);
            // A flow that others call is walked by their scenarios, too.
            played.iter().for_each(|other| coverage.add_called(&program.document().id, &other.trail));
            let enough = self.min_coverage.is_none_or(|least| coverage.percent() >= least);
            self.tell_suite(suite, one.scenarios, one.failed, &coverage, enough);
            worst = worst.max(if enough { Verdict::Good } else { Verdict::Failed });
        }
        if suites.is_empty() && worst == Verdict::Good && !self.json {
            say("no hay flujos ni escenarios aquí");
        }
        let flows = suites.len();
        let scenarios: usize = played.iter().map(|one| one.scenarios).sum();
        let failed: usize = played.iter().map(|one| one.failed).sum();
        if self.json {
            say(&json!({ "summary": { "flows": flows, "scenarios": scenarios, "failed": failed } })
                .to_string());
        } else if scenarios > 0 {
            let good = scenarios - failed;
            let bad = if failed > 0 { format!(", {failed} mal") } else { String::new() };
            say(&format!("{}: {good} bien{bad}", count(scenarios, "escenario", "escenarios")));
        }
        exit(worst)
    }

    /// Plays the scenarios of a flow, and tells what is not as expected.
    fn suite(&self, suite: &Suite) -> Played {
        let mut played = Played::default();
        let program = match check::load(&suite.flow) {
            Ok(program) => Arc::new(program),
            Err(problems) => {
                self.tell_unreadable(&suite.flow, &problems);
                return Played { worst: Verdict::Unreadable, ..played };
            }
        };
        for path in &suite.files {
            match self.play(path, &program) {
                Ok(all) => {
                    for ran in all {
                        self.tell_ran(path, &suite.flow, &ran);
                        played.scenarios += 1;
                        played.failed += usize::from(!ran.is_good());
                        played.trail.extend(ran.trail);
                    }
                }
                Err(problems) => {
                    self.tell_unreadable(path, &problems);
                    played.worst = Verdict::Unreadable;
                }
            }
        }
        let failed = if played.failed > 0 { Verdict::Failed } else { Verdict::Good };
        Played { worst: played.worst.max(failed), program: Some(program), ..played }
    }

    /// Plays a file of scenarios, and writes it anew first when that is asked for.
    fn play(&self, path: &Path, program: &Arc<Program>) -> Result<Vec<Ran>, Vec<Problem>> {
        let (text, file) = read(path)?;
        let problems = file.check(program);
        if !problems.is_empty() {
            return Err(problems);
        }
        if !self.update {
            return Ok(file.run(program));
        }
        let (updated, _) = file.updated(program);
        // What is as expected already stays as it is written, byte by byte.
        if updated.scenarios == file.scenarios {
            return Ok(file.run(program));
        }
        let head: String =
            text.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        let written = head + &updated.to_yaml();
        std::fs::write(path, &written).map_err(|error| vec![unreadable(&error)])?;
        Ok(Scenarios::parse(&written)?.run(program))
    }

    fn make_up(&self, flow: &Path) -> Verdict {
        let program = match check::load(flow) {
            Ok(program) => Arc::new(program),
            Err(problems) => {
                self.tell_unreadable(flow, &problems);
                return Verdict::Unreadable;
            }
        };
        // Where its customers live is known when there are scenarios already.
        let beside = beside(flow).first().and_then(|path| read(path).ok());
        let frame = beside.map(|(_, file)| file).unwrap_or_default();
        let made = generate(&program, &frame, Effort { acts: self.effort, seed: self.seed });
        let mut head =
            format!("# Escenarios hechos con «cauce test --generate»: {}.\n", made.coverage.words(NAMED));
        for exit in made.coverage.missing() {
            head += &format!("# Sin cubrir: {exit}: el generador no encontró cómo.\n");
        }
        let text = head + &made.file.to_yaml();
        let told = match &self.out {
            None => {
                say(text.trim_end());
                Ok(())
            }
            // Scenarios that somebody wrote are not lost to those made up.
            Some(path) => {
                std::fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
                    use std::io::Write;
                    file.write_all(text.as_bytes())
                })
            }
        };
        for stop in &made.stops {
            eprintln!("aviso: el flujo no puede seguir en «{}»: {} [{}]", stop.node, stop.text, stop.code);
        }
        match told {
            Ok(()) => Verdict::Good,
            Err(error) => {
                let path = self.out.clone().unwrap_or_default();
                eprintln!("cauce: {} cannot be written: {error}", path.display());
                Verdict::Unreadable
            }
        }
    }

    fn tell_unreadable(&self, path: &Path, problems: &[Problem]) {
        for problem in problems {
            match self.json {
                true => say(&json!({ "file": path, "problem": problem }).to_string()),
                false => say(&check::told(path, problem)),
            }
        }
    }

    fn tell_ran(&self, path: &Path, flow: &Path, ran: &Ran) {
        if self.json {
            let failures: Vec<Value> = ran.failures.iter().map(|failure| json!(failure)).collect();
            say(&json!({
                "file": path, "flow": flow, "scenario": ran.name, "line": ran.line,
                "ok": ran.is_good(), "failures": failures,
            })
            .to_string());
            return;
        }
        for Failure { problem, diff } in &ran.failures {
            let told =
                Problem { message: format!("«{}»: {}", ran.name, problem.message), ..problem.clone() };
            say(&check::told(path, &told));
            diff.iter().for_each(|line| say(&format!("    {}", line.shown())));
        }
    }

    fn tell_suite(&self, suite: &Suite, all: usize, bad: usize, coverage: &Coverage, enough: bool) {
        let flow = suite.flow.display();
        if self.json {
            say(&json!({
                "flow": suite.flow, "scenarios": all, "failed": bad, "enough": enough,
                "exits": {
                    "total": coverage.exits(), "taken": coverage.taken(),
                    "percent": coverage.percent(), "missing": coverage.missing(),
                },
                "nodes": { "total": coverage.nodes(), "visited": coverage.visited() },
            })
            .to_string());
            return;
        }
        if all == 0 && coverage.taken() == 0 {
            say(&format!("{flow}: sin escenarios (0 de {})", count(coverage.exits(), "salida", "salidas")));
        } else {
            let bad = if bad > 0 { format!(", {bad} mal") } else { String::new() };
            say(&format!(
                "{flow}: {}{bad} · {}",
                count(all, "escenario", "escenarios"),
                coverage.words(NAMED)
            ));
        }
        if let Some(least) = self.min_coverage.filter(|_| !enough) {
            say(&format!("{flow}: cubre {} % de sus salidas y se pide {least} %", coverage.percent()));
        }
    }
}

/// Whether all scenarios beside a flow are as expected; what is not is told. There must be some.
pub fn passes(flow: &Path) -> bool {
    let test = Test {
        paths: Vec::new(),
        json: false,
        min_coverage: None,
        update: false,
        generate: None,
        out: None,
        effort: 0,
        seed: 0,
    };
    let played = test.suite(&Suite { flow: flow.to_owned(), files: beside(flow) });
    played.worst == Verdict::Good && played.scenarios > 0
}

/// A scenario file, as it is written and as it is meant.
///
/// # Errors
/// Its problems.
pub fn read(path: &Path) -> Result<(String, Scenarios), Vec<Problem>> {
    let text = std::fs::read_to_string(path).map_err(|error| vec![unreadable(&error)])?;
    let file = Scenarios::parse(&text)?;
    Ok((text, file))
}

/// What is wrong with a scenario file, with its flow beside it when that can be read.
pub fn problems(path: &Path) -> Vec<Problem> {
    match read(path) {
        Ok((_, file)) => check::load(&flow_of(path, &file)).map(|flow| file.check(&flow)).unwrap_or_default(),
        Err(problems) => problems,
    }
}

/// The scenario files beside a flow.
pub fn beside(flow: &Path) -> Vec<PathBuf> {
    let Some(stem) = flow.file_stem() else { return Vec::new() };
    let named = |end: &str| flow.with_file_name(format!("{}{end}", stem.to_string_lossy()));
    ENDS.into_iter().map(named).filter(|path| path.is_file()).collect()
}

/// The flows and scenario files in some places, by flow; and what cannot be read.
fn suites(paths: &[PathBuf]) -> (Vec<Suite>, Vec<(PathBuf, Vec<Problem>)>) {
    let (mut flows, mut files, mut unread) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for path in paths {
        if path.is_dir() {
            sort_out(&within(path), &mut flows, &mut files);
        } else if is_scenarios(path) {
            files.insert(path.clone());
        } else {
            flows.insert(path.clone());
            files.extend(beside(path));
        }
    }
    let mut suites: Vec<Suite> = flows.into_iter().map(|flow| Suite { flow, files: Vec::new() }).collect();
    for path in files {
        let flow = match read(&path) {
            Ok((_, file)) => flow_of(&path, &file),
            Err(problems) => {
                unread.push((path, problems));
                continue;
            }
        };
        match suites.iter_mut().find(|suite| suite.flow == flow) {
            Some(suite) => suite.files.push(path),
            None => suites.push(Suite { flow, files: vec![path] }),
        }
    }
    suites.sort_by(|a, b| a.flow.cmp(&b.flow));
    (suites, unread)
}

fn sort_out(found: &[PathBuf], flows: &mut BTreeSet<PathBuf>, files: &mut BTreeSet<PathBuf>) {
    for path in found {
        if is_scenarios(path) {
            files.insert(path.clone());
        } else if has_line(path, "nodes:") {
            flows.insert(path.clone());
        }
    }
}

/// All files of a folder that may be flows or scenarios, in the order of their names.
fn within(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        // A link could lead round in a circle.
        if path.is_symlink() || name.starts_with('.') || SKIPPED.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            found.extend(within(&path));
        } else if FLOWS.contains(&extension.as_ref()) {
            found.push(path);
        }
    }
    found
}

/// Whether a file is one of scenarios, by its name or by what stands in it.
pub fn is_scenarios(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    ENDS.iter().any(|end| name.ends_with(end)) || has_line(path, "scenarios:")
}

fn has_line(path: &Path, begins: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| line.starts_with(begins)))
}

/// The flow that scenarios are about.
fn flow_of(path: &Path, file: &Scenarios) -> PathBuf {
    if let Some(flow) = &file.flow {
        return path.with_file_name(flow);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = ENDS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let beside = FLOWS.map(|extension| path.with_file_name(format!("{stem}.{extension}")));
    beside.iter().find(|flow| flow.is_file()).unwrap_or(&beside[0]).clone()
}

fn unreadable(error: &std::io::Error) -> Problem {
    let help = "Revisa la ruta y los permisos.";
    Problem::error("test.unreadable", format!("No se puede leer o escribir el archivo: {error}."), help)
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn exit(verdict: Verdict) -> ExitCode {
    ExitCode::from(match verdict {
        Verdict::Good => 0,
        Verdict::Failed => 1,
        Verdict::Unreadable => 2,
    })
}
