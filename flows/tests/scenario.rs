//! Scenario files: how they are read, what is wrong with them, and that the schema agrees.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use cauce_flows::scenario::{Scenarios, scenario_schema};
use proptest::prelude::*;

fn problems(text: &str) -> Vec<(String, Option<u32>, Option<u32>)> {
    let problems = Scenarios::parse(text).err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.code, problem.line, problem.column)).collect()
}

const FILE: &str = r#"
now: 2026-11-20T10:15
zone: America/Merida
country: MX
customer: { name: Ana, tags: [vip] }
personas:
  luis: { name: Luis, phone: "5219991112233" }
mocks:
  - { method: GET, url: "https://a.example/*", answers: { json: { precio: 20 } } }
scenarios:
  - name: Pregunta el precio
    as: luis
    steps:
      - writes: hola
        says: ["¡Hola, Luis!", "¿Qué hago? [Precio]"]
        at: menu
      - taps: Precio
        says: Cuesta 20.
        data: { precio: 20 }
        ended: visto
      - refuses: 131026
      - clock: mañana a las 9
      - sends: location -12.05,-77.04
      - fails: timeout
      - answers: { status: 404 }
      - person: nobody
    expect: { path: [inicio, menu, fin], ended: true, tags: [vip] }
"#;

#[test]
fn a_file_is_read_and_written_again() {
    let file = Scenarios::parse(FILE).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let written = file.to_yaml();
    let again = Scenarios::parse(&written).unwrap_or_else(|problems| panic!("{problems:#?}\n{written}"));
    assert_eq!(again.scenarios, file.scenarios);
    assert_eq!(again.to_yaml(), written);
    let facts = file.facts(&file.scenarios[0]);
    assert_eq!((facts.contact.name.as_deref(), facts.contact.tags.len()), (Some("Luis"), 0));
    assert_eq!(facts.zone.to_string(), "America/Merida");
}

#[test]
fn every_problem_has_its_place() {
    for (text, expected) in [
        ("", vec![("test.empty", Some(1), Some(1))]),
        ("[1]", vec![("test.empty", Some(1), Some(1))]),
        ("a: [1", vec![("test.syntax", Some(1), Some(4))]),
        ("escenarios: []", vec![("test.unknown_field", Some(1), Some(1))]),
        ("zone: Lima", vec![("test.zone", Some(1), Some(7))]),
        ("country: Perú", vec![("test.country", Some(1), Some(10))]),
        ("now: mañana", vec![("test.now", Some(1), Some(6))]),
        ("mocks:\n  - { url: x }", vec![("test.mock", Some(2), Some(5))]),
        (
            "scenarios:\n  - name: a\n    as: luis\n    steps:\n      - writes: a\n        taps: b\n      - says: x\n      - sends: foto",
            vec![
                ("test.unknown_persona", Some(3), Some(9)),
                ("test.step", Some(5), Some(9)),
                ("test.step", Some(7), Some(9)),
                ("test.sends", Some(8), Some(16)),
            ],
        ),
        (
            "scenarios:\n  - name: a\n    steps: [{ writes: a, says: 3 }, { person: viene }]\n  - steps: []",
            vec![
                ("test.wrong_type", Some(3), Some(32)),
                ("test.wrong_value", Some(3), Some(47)),
                ("test.missing_field", Some(4), Some(5)),
                ("test.length", Some(4), Some(12)),
            ],
        ),
        (
            "scenarios:\n  - { name: a, steps: [{ writes: x, at: a, ended: true }] }\n  - { name: a, steps: [{ writes: x }] }",
            vec![("test.expect", Some(2), Some(24)), ("test.name_repeated", Some(3), Some(13))],
        ),
    ] {
        let found = problems(text);
        let found: Vec<_> =
            found.iter().map(|(code, line, column)| (code.as_str(), *line, *column)).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn hostile_files_are_refused() {
    for (text, code) in [
        ("[".repeat(200_000), "test.too_complex"),
        ("x".repeat(2_000_001), "test.too_large"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*d,*d,*d,*d,*d,*d,*d,*d,*d]".to_owned(), "test.too_complex"),
    ] {
        assert_eq!(problems(&text).first().map(|problem| problem.0.clone()).as_deref(), Some(code));
    }
}

#[test]
fn the_schema_says_the_same() {
    let schema = scenario_schema();
    let text = schema.to_string();
    assert!(!text.contains("x-or") && !text.contains("x-help"), "{text}");
    let step = &schema["properties"]["scenarios"]["items"]["properties"]["steps"]["items"];
    assert_eq!(step["additionalProperties"], false);
    for field in ["writes", "says", "ended", "person", "fails"] {
        assert!(step["properties"][field].is_object(), "{field}: {step}");
    }
    assert!(step["properties"]["says"]["anyOf"].is_array(), "{}", step["properties"]["says"]);
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", tail in "[a-z:\\[\\]{}\", \n-]{0,60}") {
        let _ = Scenarios::parse(&text);
        let _ = Scenarios::parse(&format!("{FILE}{tail}"));
    }
}
