//! The floors of the house: a crate imports only from floors below it, and the emulator from none.

#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// What each crate may import of the house. What is not here does not exist.
const MAY_IMPORT: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("flows", &["model"]),
    ("nodes", &["flows", "model"]),
    ("access", &["model"]),
    ("store", &["model"]),
    ("runtime", &["model", "store"]),
    ("conversation", &["flows", "model", "nodes", "runtime", "store"]),
    ("http", &["model"]),
    ("whatsapp", &["model"]),
    ("inbox", &["access", "conversation", "model", "runtime", "store"]),
    (
        "designer-api",
        &[
            "access",
            "conversation",
            "flows",
            "http",
            "inbox",
            "model",
            "nodes",
            "runtime",
            "store",
            "whatsapp",
        ],
    ),
    ("bench", &["conversation", "flows", "inbox", "model", "nodes", "runtime", "store", "whatsapp"]),
    ("emulator", &[]),
    (
        "tests",
        &[
            "access",
            "conversation",
            "designer-api",
            "flows",
            "inbox",
            "model",
            "nodes",
            "runtime",
            "store",
            "whatsapp",
        ],
    ),
];

/// What the pure crates may not import: nothing that waits, reads a clock, or rolls dice. (`jiff` reckons with
/// days and zones; `clippy.toml` forbids its clock.)
const IMPURE: [&str; 12] = [
    "tokio",
    "futures-util",
    "axum",
    "reqwest",
    "rand",
    "getrandom",
    "sled",
    "fjall",
    "chrono",
    "tracing",
    "rustix",
    "async-stream",
];

fn crates() -> BTreeMap<String, Vec<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let used = |package: &Value| package["dependencies"].as_array().unwrap().iter().map(name).collect();
    packages.map(|package| (name(package), used(package))).collect()
}

#[test]
fn a_crate_imports_only_from_the_floors_below_it() {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    let crates = crates();
    for (name, used) in &crates {
        let short = name.strip_prefix("cauce-").unwrap();
        let below = allowed.get(short).unwrap_or_else(|| panic!("{name} stands on no floor yet"));
        for used in used.iter().filter_map(|used| used.strip_prefix("cauce-")) {
            assert!(below.contains(&used), "{name} may not import cauce-{used}");
        }
    }
    assert_eq!(crates.len(), allowed.len(), "{:?}", crates.keys());
}

#[test]
fn there_are_no_circles() {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    fn height(name: &str, allowed: &BTreeMap<&str, &[&str]>, above: usize) -> usize {
        assert!(above < allowed.len(), "{name} is below itself");
        allowed[name].iter().map(|below| 1 + height(below, allowed, above + 1)).max().unwrap_or(0)
    }
    for name in allowed.keys() {
        height(name, &allowed, 0);
    }
}

#[test]
fn the_pure_crates_import_nothing_that_waits_or_guesses() {
    for (name, used) in crates() {
        if ["cauce-model", "cauce-flows", "cauce-nodes"].contains(&name.as_str()) {
            let impure: Vec<_> = used.iter().filter(|used| IMPURE.contains(&used.as_str())).collect();
            assert!(impure.is_empty(), "{name} imports {impure:?}");
        }
    }
}
