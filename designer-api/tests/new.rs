//! `cauce new`: what it writes can be checked, talked to and edited at once.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_new_flow_passes_the_checks_and_talks() {
    let folder = tempfile::tempdir().unwrap();
    let made = cauce(folder.path(), &["new", "flows/mesa-y-barra.yaml"], "");
    assert!(made.status.success(), "{}", text(made.stderr));
    let written = std::fs::read_to_string(folder.path().join("flows/mesa-y-barra.yaml")).unwrap();
    assert!(written.contains("\nid: mesa-y-barra\nname: Mesa y barra\n"), "{written}");
    assert!(written.contains("cauce chat mesa-y-barra.yaml"));
    assert!(written.starts_with("# yaml-language-server: $schema=./cauce.schema.json\n"));
    let schema = std::fs::read_to_string(folder.path().join("flows/cauce.schema.json")).unwrap();
    assert_eq!(schema, text(cauce(folder.path(), &["schema"], "").stdout));

    let checked = cauce(folder.path(), &["check", "flows/mesa-y-barra.yaml"], "");
    assert_eq!(text(checked.stdout), "flows/mesa-y-barra.yaml: sin problemas\n");

    let arguments = ["chat", "flows/mesa-y-barra.yaml", "--now", "2026-11-20T10:15"];
    let typed = "buenas\nreservar\nLuis\nmañana\nsomos cuatro\n/restart\nhola\nasesor\n/done\n/restart\nhola\n/clock +2h\n";
    let talk = cauce(folder.path(), &arguments, typed);
    assert_eq!(
        text(talk.stdout),
        "\
> buenas
¡Hola Ana! ¿Qué necesitas?
  1. Reservar
  2. Hablar con alguien
> reservar
¿A nombre de quién?
> Luis
Gracias, Luis. ¿Para qué día?
> mañana
¿Cuántas personas?
> somos cuatro
Anotado: Luis, 21/11, 4 personas. ¡Te esperamos!
(fin)
> /restart
(de nuevo: Ana todavía no ha escrito)
> hola
¡Hola Ana! ¿Qué necesitas?
  1. Reservar
  2. Hablar con alguien
> asesor
Te comunico con una persona del equipo.
(espera a una persona de «general»: /done cuando termine)
> /done
(fin)
> /restart
(de nuevo: Ana todavía no ha escrito)
> hola
¡Hola Ana! ¿Qué necesitas?
  1. Reservar
  2. Hablar con alguien
> /clock +2h
(+2 horas: viernes 20/11/2026, 12:15)
(fin)
"
    );
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mio.yaml"), "mío").unwrap();
    let refused = cauce(folder.path(), &["new", "mio.yaml"], "");
    assert!(!refused.status.success());
    assert!(text(refused.stderr).contains("is there already; nothing was changed"));
    assert_eq!(std::fs::read_to_string(folder.path().join("mio.yaml")).unwrap(), "mío");
    assert!(!folder.path().join("cauce.schema.json").exists());
}

#[test]
fn names_that_mean_something_else_in_yaml_stay_names() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["2026.yaml", "true.yaml", "null.yaml", "1e3.yaml", "-.yaml", "NAME.yaml", "mi_flujo.yaml"] {
        let made = cauce(folder.path(), &["new", "--", file], "");
        assert!(made.status.success(), "{file}: {}", text(made.stderr));
        let checked = cauce(folder.path(), &["check", "--", file], "");
        assert_eq!(text(checked.stdout), format!("{file}: sin problemas\n"));
    }
}

#[test]
fn a_name_that_cannot_be_an_id_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["señal.yaml", "dos palabras.yaml", ".yaml", "", "a/..", "ñ"] {
        let refused = cauce(folder.path(), &["new", "--", file], "");
        assert!(!refused.status.success(), "{file}");
        assert!(!text(refused.stderr).contains("panicked"), "{file}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
