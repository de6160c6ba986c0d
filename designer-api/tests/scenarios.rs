//! `cauce test`: what it plays, says, writes and makes up; and what publishing and talking take from it.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const FLOW: &str = r#"
id: precios
name: Precios
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [precio] }, exits: { next: menu } }
  menu:
    kind: question
    config:
      text: "¿Qué buscas, {{ contact.name ?? \"amigo\" }}?"
      answer: { type: buttons, options: [{ id: lentes, title: Lentes }, { id: nada, title: Nada }] }
      timeout: 2h
    exits: { lentes: dice, nada: fin, no_match: fin, timeout: fin }
  dice: { kind: end, config: { text: "Cuestan 20.", outcome: visto } }
  fin: { kind: end }
"#;

const GOOD: &str = "# Lo que debe pasar.\n\npersonas:\n  luis: { name: Luis, phone: \"51911222333\" }\nscenarios:\n  - name: Lentes\n    as: luis\n    steps:\n      - writes: precio\n        says: ¿Qué buscas, Luis?…\n      - taps: Lentes\n        ended: visto\n";

fn cauce(folder: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut cauce = Command::new(env!("CARGO_BIN_EXE_cauce"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read may have ended already.
    let _ = cauce.stdin.take().unwrap().write_all(typed.as_bytes());
    cauce.wait_with_output().unwrap()
}

/// What it says, and the code it ends with.
fn told(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = cauce(folder, arguments, "");
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn the_examples_pass_and_take_every_exit() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (said, code) = told(&folder, &["test", "examples", "--min-coverage", "100"]);
    assert_eq!(code, 0, "{said}");
    for line in said.lines().filter(|line| line.starts_with("examples/")) {
        assert!(line.contains(" · 100 % de "), "{line}");
    }
    assert!(said.lines().count() > 6, "{said}");
}

#[test]
fn what_is_as_expected_is_counted() {
    let folder = folder(&[("a/precios.yaml", FLOW), ("a/precios.test.yaml", GOOD), ("a/otro.yaml", "x: 1")]);
    let expected = "a/precios.yaml: 1 escenario · 40 % de 5 salidas; faltan: menu.nada, menu.no_match, menu.timeout\n1 escenario: 1 bien\n";
    for paths in [&["test", "a"][..], &["test", "a/precios.yaml"], &["test", "a/precios.test.yaml"]] {
        assert_eq!(told(folder.path(), paths), (expected.to_owned(), 0), "{paths:?}");
    }
    let (said, code) = told(folder.path(), &["test"]);
    assert_eq!((said.replace("./", ""), code), (expected.to_owned(), 0));
    let (said, code) = told(folder.path(), &["test", "a", "--min-coverage", "41"]);
    assert_eq!(code, 1);
    assert!(said.contains("a/precios.yaml: cubre 40 % de sus salidas y se pide 41 %"), "{said}");
    assert_eq!(told(folder.path(), &["test", "a", "--min-coverage", "40"]).1, 0);
}

#[test]
fn what_is_not_is_told_with_its_line() {
    let bad = GOOD.replace("¿Qué buscas, Luis?…", "¿Qué buscas? [Lentes]");
    let folder = folder(&[("precios.yaml", FLOW), ("precios.test.yaml", &bad)]);
    let (said, code) = told(folder.path(), &["test", "precios.yaml"]);
    assert_eq!(code, 1);
    assert_eq!(
        said,
        "precios.test.yaml:10:15: error [test.says] «Lentes»: No dijo lo que se esperaba.\n    \
         - ¿Qué buscas? [Lentes]\n    + ¿Qué buscas, Luis? [Lentes] [Nada]\n\
         precios.yaml: 1 escenario, 1 mal · 20 % de 5 salidas; faltan: menu.lentes, menu.nada, menu.no_match, menu.timeout\n\
         1 escenario: 0 bien, 1 mal\n"
    );
    let (said, code) = told(folder.path(), &["test", "--json"]);
    assert_eq!(code, 1);
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!((&lines[0]["ok"], &lines[0]["scenario"]), (&false.into(), &"Lentes".into()));
    let failure = &lines[0]["failures"][0];
    assert_eq!((&failure["problem"]["code"], &failure["problem"]["line"]), (&"test.says".into(), &10.into()));
    assert_eq!(failure["diff"][1]["sign"], "came");
    assert_eq!(lines[1]["exits"]["missing"][0], "menu.lentes");
    assert_eq!(lines[2]["summary"]["failed"], 1);
}

#[test]
fn what_cannot_be_read_is_another_matter() {
    for (flow, scenarios, code) in [
        (FLOW, "scenarios: [{ name: a }]", "[test.missing_field]"),
        (FLOW, "scenarios: [{ name: a, steps: [{ writes: precio, at: nada }] }]", "[test.unknown_step]"),
        ("id: x", GOOD, "[doc.missing_field]"),
        (FLOW, "flow: otro.yaml\nscenarios: []", "[doc.unreadable]"),
    ] {
        let folder = folder(&[("precios.yaml", flow), ("precios.test.yaml", scenarios)]);
        let (said, ended) = told(folder.path(), &["test", "precios.yaml"]);
        assert_eq!(ended, 2, "{said}");
        assert!(said.contains(code), "{said}");
    }
    assert_eq!(told(tempfile::tempdir().unwrap().path(), &["test", "nada.yaml"]).1, 2);
}

#[test]
fn scenarios_are_checked_as_flows_are() {
    let wrong = GOOD.replace("ended: visto", "at: nada");
    let folder = folder(&[
        ("precios.yaml", FLOW),
        ("precios.test.yaml", GOOD),
        ("otro.yaml", &format!("flow: precios.yaml\n{wrong}")),
    ]);
    let (said, code) = told(folder.path(), &["check", "precios.yaml", "precios.test.yaml", "otro.yaml"]);
    assert_eq!(code, 1);
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("precios.yaml: sin problemas"));
    assert_eq!(lines.next(), Some("precios.test.yaml: sin problemas"));
    assert!(lines.next().unwrap().starts_with("otro.yaml:13:13: error [test.unknown_step]"), "{said}");
}

#[test]
fn what_happens_is_written_down() {
    let old = GOOD.replace("        says: ¿Qué buscas, Luis?…\n", "").replace("ended: visto", "ended: otro");
    let folder = folder(&[("precios.yaml", FLOW), ("precios.test.yaml", &old)]);
    let file = folder.path().join("precios.test.yaml");
    let (said, code) = told(folder.path(), &["test", "--update"]);
    assert_eq!(code, 0, "{said}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.starts_with("# Lo que debe pasar.\n"), "{written}");
    assert!(
        written.contains("says: ¿Qué buscas, Luis? [Lentes] [Nada]\n") && written.contains("ended: visto"),
        "{written}"
    );
    assert_eq!(told(folder.path(), &["test", "--update"]).1, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    // What passes is not touched, not even its comments.
    std::fs::write(&file, GOOD).unwrap();
    assert_eq!(told(folder.path(), &["test", "--update"]).1, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), GOOD);
}

#[test]
fn scenarios_are_made_up() {
    let folder = folder(&[("precios.yaml", FLOW)]);
    let (printed, code) = told(folder.path(), &["test", "--generate", "precios.yaml"]);
    assert_eq!(code, 0);
    assert!(
        printed.starts_with("# Escenarios hechos con «cauce test --generate»: 100 % de 5 salidas.\n"),
        "{printed}"
    );
    let make = ["test", "--generate", "precios.yaml", "-o", "precios.test.yaml"];
    assert_eq!(told(folder.path(), &make), (String::new(), 0));
    assert_eq!(std::fs::read_to_string(folder.path().join("precios.test.yaml")).unwrap(), printed);
    let (said, code) = told(folder.path(), &["test", "--min-coverage", "100"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(told(folder.path(), &make).1, 2, "what somebody wrote is not overwritten");
}

#[test]
fn nothing_is_published_whose_scenarios_do_not_pass() {
    let bad = GOOD.replace("ended: visto", "ended: otro");
    for files in
        [&[("precios.yaml", FLOW), ("precios.test.yaml", bad.as_str())][..], &[("precios.yaml", FLOW)]]
    {
        let folder = folder(files);
        let output = cauce(folder.path(), &["publish", "--tests", "precios.yaml"], "");
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("its scenarios do not pass"), "{told}");
    }
}

#[test]
fn a_talk_can_be_had_as_a_persona() {
    let personas = "personas:\n  ana: { name: Ana María }\n";
    let folder = folder(&[("precios.yaml", FLOW), ("precios.test.yaml", GOOD), ("personas.yaml", personas)]);
    let typed = "precio\n/as luis\nprecio\n/as nadie\n";
    let output =
        cauce(folder.path(), &["chat", "precios.yaml", "--as", "ana", "--now", "2026-11-20T10:00"], typed);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("¿Qué buscas, Ana María?") && said.contains("¿Qué buscas, Luis?"), "{said}");
    assert!(said.contains("(escribe el nombre de una: /as ana, luis)"), "{said}");
    let output = cauce(folder.path(), &["chat", "precios.yaml", "--as", "nadie"], "");
    assert!(!output.status.success());
    let alone = self::folder(&[("precios.yaml", FLOW)]);
    let output = cauce(alone.path(), &["chat", "precios.yaml"], "/as ana\n");
    assert!(String::from_utf8(output.stdout).unwrap().contains("(no hay personas"));
}

#[test]
fn what_the_page_shows_passes() {
    let page = include_str!("../../examples/README.md");
    let block = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let block = block.into_iter().find(|block| block.contains("\nscenarios:")).unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/reservas.yaml");
    let flow = std::fs::read_to_string(examples).unwrap();
    let folder =
        folder(&[("reservas.yaml", &flow), ("reservas.test.yaml", block), ("archivos/ceiba-patio.jpg", "")]);
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/archivos/ceiba-patio.jpg");
    std::fs::copy(picture, folder.path().join("archivos/ceiba-patio.jpg")).unwrap();
    let (said, code) = told(folder.path(), &["test"]);
    assert_eq!(code, 0, "{said}");
}
