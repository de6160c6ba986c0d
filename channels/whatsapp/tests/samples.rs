//! The shared samples of webhooks, where they are at hand: `payloads` beside the repository's parent, or
//! the folder that `CAUCE_PAYLOADS` names. Each file must give as many lines as expected, in that order,
//! with every expected key.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says how many it ran")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use cauce_whatsapp::signature::{SignatureError, verify};
use cauce_whatsapp::{AccountRef, decode, lines};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/payloads");
    let folder = env::var_os("CAUCE_PAYLOADS").map_or(beside, PathBuf::from).join("whatsapp");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_sample_gives_the_expected_lines() {
    let Some(folder) = folder() else {
        println!("0 shared samples: none at hand");
        return;
    };
    let expected = fs::read(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let account = AccountRef {
        account: "demo".parse().unwrap(),
        workspace: "demo".parse().unwrap(),
        portfolio: "P1".to_owned(),
    };
    let mut wrong = Vec::new();
    for (file, events) in expected.as_object().unwrap() {
        let body = fs::read(folder.join(file)).unwrap();
        let got: Vec<Value> =
            lines(&body).unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events = events.as_array().unwrap();
        let same = got.len() == events.len()
            && got.iter().zip(events).all(|(got, event)| {
                event.as_object().unwrap().iter().all(|(key, value)| got.get(key) == Some(value))
            });
        if !same {
            wrong.push(format!("{file}\n  expected {events:?}\n  got      {got:?}"));
        }
        assert_eq!(decode(&body, &|_| Some(account.clone())).unwrap().len(), events.len(), "{file}");
    }
    println!("{} shared samples", expected.as_object().unwrap().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The shared signature vector (escaped text).
#[test]
fn the_signature_vector() {
    let Some(folder) = folder() else { return };
    let body = fs::read(folder.join("vector_x_hub_signature_2.body")).unwrap();
    let header = "sha256=29cbcad4008e9a65901a469d5c6b0a8004d3bac6f0b99a735fbce82b7d8b4f93";
    let secrets = ["0123456789abcdef0123456789abcdef"];
    assert_eq!(verify(&secrets, Some(header), &body), Ok(()));
    let again = serde_json::to_vec(&serde_json::from_slice::<Value>(&body).unwrap()).unwrap();
    assert_eq!(verify(&secrets, Some(header), &again), Err(SignatureError::Wrong));
}
