//! The schema of flows for editors: what it takes, what it refuses, and in which words.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn printed() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cauce")).arg("schema").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap()
}

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&serde_json::from_str(&printed()).unwrap()).unwrap()
}

#[test]
fn it_is_published_as_it_is_printed() {
    let file = here("docs/flow.schema.json");
    let printed = printed();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &printed).unwrap();
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == printed,
        "docs/flow.schema.json is old: target/debug/cauce schema > docs/flow.schema.json"
    );
}

#[test]
fn it_takes_the_examples_and_the_starter() {
    let validator = validator();
    let examples = std::fs::read_dir(here("examples")).unwrap().map(|entry| entry.unwrap().path());
    let flows = examples.filter(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    });
    let flows: Vec<PathBuf> = flows.chain([here("designer-api/src/cli/starter.yaml")]).collect();
    assert!(flows.len() > 5);
    for path in flows {
        let flow = read(&std::fs::read_to_string(&path).unwrap());
        let wrong: Vec<String> = validator.iter_errors(&flow).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
}

/// A flow with one step between its start and its end.
fn with(step: &str) -> Value {
    read(&format!(
        "id: a\nname: A\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: paso }} }}\n  paso: {step}\n  fin: {{ kind: end }}\n"
    ))
}

#[test]
fn it_takes_every_example_of_every_kind() {
    let validator = validator();
    for kind in cauce_nodes::catalogue().kinds() {
        for example in kind.examples() {
            let flow = read(example.shown());
            let wrong: Vec<String> = validator.iter_errors(&flow).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{}: {}: {wrong:#?}", kind.meta.kind, example.title);
        }
    }
}

#[test]
fn it_takes_and_refuses_steps() {
    let validator = validator();
    for step in [
        "{ kind: message, config: { text: hola } }",
        "{ kind: message, config: { parts: [{ type: location, latitude: \"{{ a }}\", longitude: 3 }] } }",
        "{ kind: question, config: { text: a, answer: { type: date, when: past } } }",
        "{ kind: goto, exits: { target: fin } }",
        "{ kind: http, config: { url: \"https://a.example\", body: { type: json, data: { a: [1, { b: null }] } } } }",
    ] {
        assert!(validator.is_valid(&with(step)), "{step}");
    }
    for step in [
        "{ config: { text: hola } }",
        "{ kind: mensaje, config: { text: hola } }",
        "{ kind: message, config: { texto: hola } }",
        "{ kind: message, config: { parts: [{ type: picture }] } }",
        "{ kind: message, config: { parts: [{ type: image, name: a }] } }",
        "{ kind: wait, config: {} }",
        "{ kind: wait, config: { for: 2 horas } }",
        "{ kind: question, config: { answer: { type: date } } }",
        "{ kind: question, config: { text: a, answer: { type: date, when: mañana } } }",
        "{ kind: question, config: { text: a, answer: { type: buttons, options: [{ id: á, title: b }] } } }",
        "{ kind: question, config: { text: a, save_to: mi dato } }",
        "{ kind: form, config: { fields: [{ key: a, ask: b, type: number, min: uno }] } }",
        "{ kind: form, config: { fields: [] } }",
        "{ kind: split, config: { arms: [{ id: a, title: A, weight: 50 }] } }",
        "{ kind: end, exits: { next: \"no vale\" } }",
        "{ kind: end, salidas: {} }",
    ] {
        assert!(!validator.is_valid(&with(step)), "{step}");
    }
}

/// All titles and descriptions, with their place.
fn texts(value: &Value, at: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let at = format!("{at}/{key}");
                match value {
                    Value::String(text)
                        if ["title", "description", "patternErrorMessage"].contains(&key.as_str()) =>
                    {
                        found.push((at, text.clone()));
                    }
                    _ => texts(value, at, found),
                }
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                texts(item, format!("{at}/{i}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn its_words_are_for_authors() {
    let mut found = Vec::new();
    texts(&serde_json::from_str(&printed()).unwrap(), String::new(), &mut found);
    assert!(found.len() > 200);
    // The comments of the code are English; none may come through.
    let english = ["the", "what", "which", "is", "of", "when", "how", "with", "and"];
    for (at, text) in found {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let strange = words.into_iter().find(|word| english.contains(&word.to_lowercase().as_str()));
        assert_eq!(strange, None, "{at}: {text}");
    }
}

#[test]
fn that_of_scenarios_is_published_as_it_is_printed() {
    let file = here("docs/scenario.schema.json");
    let output = Command::new(env!("CARGO_BIN_EXE_cauce")).args(["schema", "--scenarios"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &printed).unwrap();
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == printed,
        "docs/scenario.schema.json is old: target/debug/cauce schema --scenarios > docs/scenario.schema.json"
    );
    let schema: Value = serde_json::from_str(&printed).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let mut read_some = 0;
    for entry in std::fs::read_dir(here("examples")).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".test.yaml") {
            continue;
        }
        let scenarios = read(&std::fs::read_to_string(&path).unwrap());
        let wrong: Vec<String> = validator.iter_errors(&scenarios).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
        read_some += 1;
    }
    assert!(read_some > 5);
    for wrong in [
        "scenarios: [{ name: a }]",
        "scenarios: [{ name: a, steps: [] }]",
        "scenarios: [{ name: a, steps: [{ dice: hola }] }]",
        "scenarios: [{ name: a, steps: [{ writes: 3 }] }]",
        "scenarios: [{ name: a, steps: [{ person: viene }] }]",
        "mocks: [{ answers: {} }]",
        "escenarios: []",
    ] {
        assert!(!validator.is_valid(&read(wrong)), "{wrong}");
    }
    let mut found = Vec::new();
    texts(&schema, String::new(), &mut found);
    assert!(found.len() > 40);
    for (at, text) in found {
        let strange = text
            .split(|c: char| !c.is_alphanumeric())
            .find(|word| ["the", "what", "which", "of", "when"].contains(word));
        assert_eq!(strange, None, "{at}: {text}");
    }
}
