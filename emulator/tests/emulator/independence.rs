//! The oracle must not share code with what it judges.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

fn names(packages: &Value) -> BTreeSet<&str> {
    packages.as_array().unwrap().iter().map(|package| package["name"].as_str().unwrap()).collect()
}

#[test]
fn the_emulator_depends_on_no_crate_of_cauce() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path", manifest])
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let house = names(&metadata["packages"]);
    let packages = metadata["packages"].as_array().unwrap();
    let emulator = packages.iter().find(|package| package["name"] == "cauce-emulator").unwrap();
    let used = names(&emulator["dependencies"]);
    assert!(house.len() > 5 && used.contains("axum"), "the metadata was read");
    assert_eq!(house.intersection(&used).collect::<Vec<_>>(), Vec::<&&str>::new());
}
