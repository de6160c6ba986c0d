//! `cauce diff`: what changed from one file to another.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const FLOW: &str = "
id: a
name: Una prueba
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: fin } }
  fin: { kind: end, config: { text: Hola } }
";

/// Exit code, what was said, and what was complained about.
fn diff(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut cauce = Command::new(env!("CARGO_BIN_EXE_cauce"));
    let output = cauce.arg("diff").args(arguments).current_dir(folder).output().unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), said, complained)
}

#[test]
fn a_difference_is_told_in_sentences_or_as_data() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.yaml", FLOW);
    let same = FLOW.replace("{ text: Hola }", "{ \"text\": 'Hola' }");
    write("same.yaml", &format!("# Escrito de otro modo.\n{same}"));
    write("b.yaml", &FLOW.replace("text: Hola", "text: ¡Hola!").replace("name: Una prueba", "name: Dos"));
    write("broken.yaml", "id: [");

    let (code, said, _) = diff(folder.path(), &["a.yaml", "same.yaml"]);
    assert_eq!((code, said.as_str()), (Some(0), "sin cambios\n"));
    let (code, said, _) = diff(folder.path(), &["a.yaml", "b.yaml"]);
    let expected = "El recorrido ahora se llama «Dos» (antes «Una prueba»).\n\
        El texto de «fin» cambió: «Hola» → «¡Hola!».\n";
    assert_eq!((code, said.as_str()), (Some(1), expected));
    let (code, said, _) = diff(folder.path(), &["a.yaml", "b.yaml", "--json"]);
    let data: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &data["patch"][0]["op"]), (Some(1), &Value::from("set")));
    assert_eq!(data["changes"]["changed"][0]["fields"][0]["class"], "text");
    let (code, said, complained) = diff(folder.path(), &["a.yaml", "broken.yaml"]);
    assert_eq!((code, said.as_str()), (Some(2), ""));
    assert!(complained.starts_with("broken.yaml:"), "{complained}");
}
