//! `cauce texts`: out to a spreadsheet and back, as somebody does it in a terminal.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::path::Path;
use std::process::{Command, Output};

const FLOW: &str = "\
# Saluda
id: hola
name: Hola
start: i
nodes:
  i: { kind: start, config: { any_message: true }, exits: { next: f } }
  f: { kind: end, config: { text: \"Hola, {{ contact.name }}\" } } # fin
";

fn cauce(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cauce")).current_dir(folder).args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_flow_is_translated_in_a_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("hola.yaml"), FLOW).unwrap();
    let export =
        cauce(folder.path(), &["texts", "export", "hola.yaml", "--language", "en", "-o", "hola.csv"]);
    assert!(export.status.success(), "{}", told(&export));
    let sheet = std::fs::read_to_string(at("hola.csv")).unwrap();
    assert_eq!(
        sheet,
        "\u{feff}paso,lugar,contexto,es,en\r\nf,text,Fin: Texto (hasta 4096 caracteres),\"Hola, {{ contact.name }}\",\r\n"
    );

    // Nothing translated yet: nothing changes.
    let import = cauce(folder.path(), &["texts", "import", "hola.yaml", "hola.csv"]);
    assert!(
        import.status.success() && told(&import).contains("No hay traducciones nuevas"),
        "{}",
        told(&import)
    );
    assert_eq!(std::fs::read_to_string(at("hola.yaml")).unwrap(), FLOW);

    // What the checks refuse is told by its row, and nothing is written.
    let translated =
        |text: &str| std::fs::write(at("hola.csv"), sheet.replace("\",\r\n", &format!("\",{text}\r\n")));
    translated("\"Hi, {{ contact.nombre }}\"").unwrap();
    let import = cauce(folder.path(), &["texts", "import", "hola.yaml", "hola.csv"]);
    assert_eq!(import.status.code(), Some(1));
    assert!(told(&import).contains("Fila 2, en: "), "{}", told(&import));
    assert_eq!(std::fs::read_to_string(at("hola.yaml")).unwrap(), FLOW);

    translated("\"Hi, {{ contact.name }}\"").unwrap();
    let import = cauce(folder.path(), &["texts", "import", "hola.yaml", "hola.csv"]);
    assert!(import.status.success(), "{}", told(&import));
    let written = std::fs::read_to_string(at("hola.yaml")).unwrap();
    assert_eq!(
        written,
        format!("{FLOW}translations:\n  en:\n    f:\n      text: Hi, {{{{ contact.name }}}}\n")
    );
    let check = cauce(folder.path(), &["check", "hola.yaml"]);
    assert_eq!(told(&check), "hola.yaml: sin problemas\n");
}
