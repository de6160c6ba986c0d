//! Versions: named by what a flow says, and a canonical YAML that writes the same bytes again.

use cauce_flows::{Document, Node, Position, Variable, parse};
use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const FLOW: &str = "
id: a
name: Una prueba
start: i
nodes:
  i: { kind: start, config: { keywords: [no, \"1\", 'on'] }, exits: { next: f } }
  f: { kind: end, note: 'sí: no', config: { text: \"a\\nb\" } }
layout:
  i: { x: 0, y: 10.5 }
";

#[test]
fn the_name_of_a_version_never_changes() {
    // Runs are pinned to it and it stands in databases: a change here would lose them.
    assert_eq!(parse(FLOW).unwrap().version().as_str(), "ec8f00a5a308c8c7863835df7130ea31");
}

#[test]
fn the_version_follows_what_is_said_and_nothing_else() {
    let document = parse(FLOW).unwrap();
    let same = [
        FLOW.replace("x: 0", "x: 900"),
        FLOW.replace("layout:\n  i: { x: 0, y: 10.5 }\n", ""),
        FLOW.replace("name: Una prueba", "# a comment\nlanguage: es\nname: \"Una prueba\""),
        FLOW.replace("kind: end, note: 'sí: no'", "note: \"sí: no\", v: 1, kind: end"),
        serde_json::to_string(&document).unwrap(),
        document.to_yaml(),
    ];
    for text in same {
        assert_eq!(parse(&text).unwrap().version(), document.version(), "{text}");
    }
    for (from, to) in [("prueba", "prueba."), ("next: f", "next: i"), ("\"1\"", "\"2\""), ("sí: no", "no")] {
        assert_ne!(parse(&FLOW.replace(from, to)).unwrap().version(), document.version(), "{to}");
    }
}

#[test]
fn translations_are_part_of_what_is_said() {
    let said = |translations: &str| {
        parse(&FLOW.replace("layout:", &format!("{translations}layout:")))
            .unwrap_or_else(|p| panic!("{p:#?}"))
    };
    let document = said("translations: { en: { f: { text: \"a\\nc\" } }, pt: {} }\n");
    assert_ne!(document.version(), parse(FLOW).unwrap().version());
    assert_ne!(
        document.version(),
        said("translations: { en: { f: { text: \"a\\nd\" } }, pt: {} }\n").version()
    );
    let yaml = document.to_yaml();
    assert!(yaml.contains("translations:\n  en:\n    f:\n      text: |-\n        a\n        c\n"), "{yaml}");
    assert_eq!(parse(&yaml).unwrap().version(), document.version());
    assert_eq!(said("translations: {}\n").version(), parse(FLOW).unwrap().version());
}

#[test]
fn the_document_goes_over_the_wire_as_json() {
    let document = parse(FLOW).unwrap();
    let json = serde_json::to_value(&document).unwrap();
    assert_eq!(json["nodes"]["f"], json!({"kind": "end", "note": "sí: no", "config": {"text": "a\nb"}}));
    assert_eq!(serde_json::from_value::<Document>(json).unwrap(), document);
    let error = serde_json::from_value::<Document>(json!({"id": "a"})).unwrap_err().to_string();
    assert!(error.contains("Falta"), "{error}");
}

#[test]
fn canonical_yaml_is_pleasant_to_read() {
    let expected = "\
id: a
name: Una prueba
language: es
start: i
nodes:
  i:
    kind: start
    config:
      keywords:
        - no
        - \"1\"
        - on
    exits:
      next: f
  f:
    kind: end
    note: \"sí: no\"
    config:
      text: |-
        a
        b
layout:
  i:
    x: 0
    y: 10.5
";
    assert_eq!(parse(FLOW).unwrap().to_yaml(), expected);
}

fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z_][a-zA-Z0-9_-]{0,8}"
}

/// Texts as people write them and as they should not: everything YAML could misread.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~áéíñ¿¡]{1,30}",
        2 => "\\PC{1,40}",
        2 => "(a|\n| |\t|\r|:|#|-|'|\"|\\||>|\\{\\{|\\}\\}){1,20}",
        1 => prop::sample::select(vec![
            "no", "yes", "on", "true", "null", "~", "1", "1.0", "0x1F", "010", "1e3", ".nan", "-", "?", ": ", "#x",
            "- a", "a: b", "a #b", "", " ", "\n", "'", "\"", "|", ">", "@a", "`a`", "%a", "!a", "&a", "*a", "{a}",
            "[a]", "a,b", "2026-01-01", "12:30:45", "<<", "=", "\u{feff}x", "\u{85}", "\u{2028}", "x\u{0}y", "\u{7f}",
            "line\n\n\nline\n\n", "  indented\nless", "trailing \n", "👍🏽", "e\u{301}",
        ])
        .prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        text().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4).prop_map(|e| Value::Object(e.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn node()(
        kind in word(),
        v in 1_u16..5,
        name in prop::option::of(text()),
        note in prop::option::of(text()),
        config in prop::collection::vec((text(), value()), 0..4),
        exits in prop::collection::vec((text(), word()), 0..4),
    ) -> Node {
        let config: Map<String, Value> = config.into_iter().collect();
        let exits = exits.into_iter().map(|(key, target)| (key, target.parse().expect("a word is an id"))).collect();
        Node { kind, v, name, note, config, exits }
    }
}

prop_compose! {
    fn document()(
        id in word(),
        name in text().prop_filter("a name", |name| !name.trim().is_empty()),
        language in text(),
        start in word(),
        variables in prop::collection::vec((text(), prop::option::of(text())), 0..3),
        nodes in prop::collection::vec((word(), node(), (-1e5..1e5_f64, any::<i32>())), 0..5),
        said in prop::collection::vec((text(), text().prop_filter("says something", |text| !text.trim().is_empty())), 0..3),
    ) -> Document {
        // A document cannot be built by hand without its places, so from the wire.
        let layout: IndexMap<String, Position> =
            nodes.iter().map(|(id, _, (x, y))| (id.clone(), Position { x: *x, y: f64::from(*y) })).collect();
        let nodes: IndexMap<String, Node> = nodes.into_iter().map(|(id, node, _)| (id, node)).collect();
        let variables: IndexMap<String, Variable> =
            variables.into_iter().map(|(name, label)| (name, Variable { label })).collect();
        // The document is in one of these languages itself, at times.
        let said: Map<String, Value> = said.into_iter().map(|(place, text)| (place, text.into())).collect();
        let steps: Map<String, Value> = nodes.keys().map(|id| (id.clone(), json!(said))).collect();
        let others = ["en", "es-MX", "pt-BR"].into_iter().filter(|other| !language.eq_ignore_ascii_case(other));
        let translations: Map<String, Value> = others.map(|other| (other.to_owned(), json!(steps))).collect();
        serde_json::from_value(json!({
            "translations": translations,
            "id": id, "name": name, "language": language, "start": start, "variables": variables,
            "nodes": nodes, "layout": layout,
        }))
        .expect("a document")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn canonical_yaml_reads_and_writes_the_same(document in document()) {
        let yaml = document.to_yaml();
        let again = parse(&yaml).map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{yaml}")))?;
        prop_assert_eq!(&again, &document, "{}", yaml);
        prop_assert_eq!(again.to_yaml(), yaml);
        prop_assert_eq!(again.version(), document.version());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|\n|  |: |- |\\{|\\}|\\[|\\]|\"|'|&a|\\*a|id|name|nodes|kind|start|exits){0,60}") {
        if let Err(problems) = parse(&text) {
            prop_assert!(!problems.is_empty());
        }
    }
}
