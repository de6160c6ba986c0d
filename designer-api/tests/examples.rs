//! The journeys in `examples/`: checked, talked to, and together using all there is.
//!
//! `NAME.chat` is a talk with `NAME.yaml`: its first line is the command, the lines that begin with `> `
//! are typed, the rest is what Cauce says. `UPDATE_EXPECT=1 cargo test -p cauce-designer-api --test
//! examples` writes what it says now.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use cauce_designer_api::chat::{Chat, Customer};
use cauce_flows::Program;
use cauce_model::Timestamp;
use clap::{Args, FromArgMatches};
use serde_json::Value;

const NAMES: [&str; 7] = ["bienvenida", "clinica", "encuesta", "hospedaje", "pedidos", "reservas", "soporte"];
const MAX_FILE: u64 = 100_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn program(name: &str) -> Program {
    cauce_designer_api::cli::load(&folder().join(format!("{name}.yaml")))
        .unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
}

/// The flows of the playbooks.
fn playbooks() -> Vec<Program> {
    let is_flow = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    };
    let entries = |folder: &Path| {
        let mut found: Vec<PathBuf> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    };
    let folders = entries(&folder().join("playbooks")).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| entries(&folder)).filter(is_flow);
    files
        .map(|file| {
            let read = cauce_designer_api::cli::load(&file);
            let program = read.unwrap_or_else(|problems| panic!("{}: {problems:#?}", file.display()));
            assert_eq!(program.warnings(), [], "{}", file.display());
            program
        })
        .collect()
}

/// A talk as it is kept.
struct Talk {
    name: &'static str,
    file: PathBuf,
    kept: String,
}

/// What came of a talk.
struct Talked {
    transcript: String,
    /// The exits that were taken, as `step exit`.
    taken: BTreeSet<String>,
}

impl Talk {
    fn of(name: &'static str) -> Self {
        let file = folder().join(format!("{name}.chat"));
        let kept = std::fs::read_to_string(&file).unwrap();
        Self { name, file, kept }
    }

    /// `$ cauce chat examples/NAME.yaml …`: what comes after the flow.
    fn arguments(&self) -> Vec<&str> {
        let command = self.kept.lines().next().unwrap();
        let begins = format!("$ cauce chat examples/{}.yaml", self.name);
        let rest = command
            .strip_prefix(&begins)
            .unwrap_or_else(|| panic!("{}: the first line is the command", self.name));
        assert!(rest.contains("--now"), "{}: a talk is the same every time", self.name);
        rest.split_whitespace().collect()
    }

    fn typed(&self) -> impl Iterator<Item = &str> {
        self.kept.lines().filter_map(|line| line.strip_prefix("> "))
    }

    fn again(&self) -> Talked {
        let command = Customer::augment_args(clap::Command::new("chat").no_binary_name(true));
        let customer = Customer::from_arg_matches(&command.get_matches_from(self.arguments())).unwrap();
        let mut chat = Chat::new(Arc::new(program(self.name)), customer.facts(Timestamp(0)).unwrap());
        let mut transcript = format!("{}\n", self.kept.lines().next().unwrap());
        let mut taken = BTreeSet::new();
        for line in self.typed() {
            let told = chat.line(line);
            transcript += &format!("> {line}\n");
            if !told.is_empty() {
                transcript += &format!("{told}\n");
            }
            let exits = chat.trail().iter().filter_map(|step| Some((&step.node, step.exit.as_ref()?)));
            taken.extend(exits.map(|(node, exit)| format!("{node} {exit}")));
        }
        Talked { transcript, taken }
    }
}

#[test]
fn they_pass_the_checks() {
    for name in NAMES {
        assert_eq!(program(name).warnings(), [], "{name}");
    }
    let kept = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_flow = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    };
    let flows = kept.filter(is_flow).count();
    assert_eq!(flows, NAMES.len(), "an example is not in the list of this test");
}

#[test]
fn they_talk_as_written() {
    for talk in NAMES.map(Talk::of) {
        let Talked { transcript, .. } = talk.again();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&talk.file, &transcript).unwrap();
            continue;
        }
        let lines = talk.kept.lines().zip(transcript.lines()).enumerate();
        for (i, (kept, told)) in lines {
            assert_eq!(kept, told, "{}.chat:{} (UPDATE_EXPECT=1 writes it anew)", talk.name, i + 1);
        }
        assert_eq!(talk.kept, transcript, "{}.chat has another length", talk.name);
    }
}

#[test]
fn the_command_says_the_same() {
    for talk in NAMES.map(Talk::of) {
        let mut cauce = Command::new(env!("CARGO_BIN_EXE_cauce"))
            .arg("chat")
            .arg(folder().join(format!("{}.yaml", talk.name)))
            .args(talk.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let typed: String = talk.typed().map(|line| format!("{line}\n")).collect();
        let mut stdin = cauce.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(typed.as_bytes()));
        let output = cauce.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success(), "{}", talk.name);
        let said = String::from_utf8(output.stdout).unwrap();
        let said = format!("{}\n{said}", talk.kept.lines().next().unwrap());
        assert_eq!(said, talk.again().transcript, "{}", talk.name);
    }
}

#[test]
fn the_talks_reach_every_exit() {
    let mut missed = Vec::new();
    for talk in NAMES.map(Talk::of) {
        let taken = talk.again().taken;
        for card in program(talk.name).cards() {
            let exits = card.exits.iter().filter(|exit| exit.target.is_some());
            let ways =
                exits.map(|exit| format!("{} {}", card.id, exit.key)).filter(|way| !taken.contains(way));
            missed.extend(ways.map(|way| format!("{}: {way}", talk.name)));
        }
    }
    assert!(missed.is_empty(), "no talk goes there:\n{}", missed.join("\n"));
}

/// The words that tell the forms of something apart: `const` of its `type`.
fn forms(schema: &Value) -> BTreeSet<String> {
    let forms = schema["oneOf"].as_array().unwrap_or_else(|| panic!("{schema} has forms"));
    forms.iter().map(|form| form["properties"]["type"]["const"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn together_they_use_all_there_is() {
    let catalogue = cauce_nodes::catalogue();
    let schema = |kind: &str| &catalogue.get(kind).unwrap().config_schema["properties"];
    let kinds: BTreeSet<String> = catalogue.kinds().map(|kind| kind.meta.kind.to_owned()).collect();
    let mut parts = forms(&schema("message")["parts"]["items"]);
    let answers = forms(&schema("question")["answer"]);
    assert_eq!(answers, forms(&schema("form")["fields"]["items"]));
    // «text:» of a message is a text, too.
    parts.remove("text");

    let mut used: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let shown: Vec<Program> = NAMES.into_iter().map(program).chain(playbooks()).collect();
    for card in shown.iter().flat_map(Program::cards) {
        let mut uses = |what, value: &Value| {
            if let Some(word) = value.as_str() {
                used.entry(what).or_default().insert(word.to_owned());
            }
        };
        uses("kinds", &card.kind.as_str().into());
        for part in card.config.get("parts").and_then(Value::as_array).into_iter().flatten() {
            uses("parts", &part["type"]);
        }
        for field in card.config.get("fields").and_then(Value::as_array).into_iter().flatten() {
            uses("answers", &field["type"]);
        }
        if card.kind == "question" {
            uses("answers", card.config.get("answer").map_or(&Value::Null, |answer| &answer["type"]));
        }
    }
    for (what, all) in [("kinds", kinds), ("parts", parts), ("answers", answers)] {
        let unused: Vec<_> = all.difference(&used[what]).collect();
        assert!(unused.is_empty(), "no example uses these {what}: {unused:?}");
    }
}

#[test]
fn their_files_are_small_and_all_are_sent() {
    let sent: BTreeSet<String> = NAMES
        .map(program)
        .iter()
        .flat_map(|program| program.files().keys().cloned().collect::<Vec<_>>())
        .collect();
    for entry in std::fs::read_dir(folder().join("archivos")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name != "make.py" {
            assert!(sent.contains(&format!("archivos/{name}")), "no example sends {name}");
            assert!(entry.metadata().unwrap().len() <= MAX_FILE, "{name} is large");
        }
    }
}
