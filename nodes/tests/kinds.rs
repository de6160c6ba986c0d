//! What holds for every kind of the catalogue.

use std::collections::HashSet;

use cauce_flows::{Exit, Kind, Program, Role, limits, parse};
use cauce_nodes::catalogue;
use serde_json::Value;

#[test]
fn every_example_goes_as_it_says() {
    let catalogue = catalogue();
    for kind in catalogue.kinds() {
        let examples = kind.examples();
        assert!(!examples.is_empty(), "{} has no example", kind.meta.kind);
        for example in examples {
            if let Err(fault) = example.run(&catalogue) {
                panic!("{}: «{}»: {fault}", kind.meta.kind, example.title);
            }
        }
    }
}

/// The exits that kinds themselves name; others are of the author.
const EVERY_EXIT: [&str; 23] = [
    "next",
    "undelivered",
    "ok",
    "yes",
    "no",
    "no_match",
    "timeout",
    "resolved",
    "else",
    "error",
    "unavailable",
    "target",
    "open",
    "closed",
    "again",
    "exceeded",
    "found",
    "not_found",
    "happened",
    "unknown",
    "low",
    "mid",
    "high",
];

/// The examples are about the kind they stand at, and together they take every exit it can have.
#[test]
fn the_examples_take_every_sort_of_exit() {
    let catalogue = catalogue();
    for kind in catalogue.kinds() {
        let (mut taken, mut sorts) = (HashSet::new(), HashSet::new());
        for example in kind.examples() {
            let document = parse(example.shown()).unwrap();
            let shown = document.nodes.iter().find(|(id, _)| id.as_str() == "paso").expect("a step `paso`");
            assert_eq!(shown.1.kind, kind.meta.kind, "«{}»", example.title);
            taken.extend(example.turns.iter().filter_map(|turn| turn.takes));
            let cards = Program::compile(document, &catalogue).ok().unwrap().cards();
            let card = cards.into_iter().find(|card| card.id.as_str() == "paso").unwrap();
            sorts.extend(card.exits.into_iter().map(|exit| exit.key));
        }
        for key in EVERY_EXIT {
            assert_eq!(sorts.contains(key), taken.contains(key), "{}: {key}", kind.meta.kind);
        }
    }
}

/// Every field of a config, however deep.
fn fields<'a>(schema: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        found.extend(properties.iter().map(|(name, field)| (name.as_str(), field)));
        properties.values().for_each(|field| fields(field, found));
    }
    for several in [schema.get("oneOf"), schema.get("items").map(|_| schema)].into_iter().flatten() {
        match several {
            Value::Array(forms) => forms.iter().for_each(|form| fields(form, found)),
            array => fields(&array["items"], found),
        }
    }
}

#[test]
fn every_kind_is_ready_for_the_screens() {
    let mut seen = HashSet::new();
    for kind in catalogue().kinds() {
        let meta = &kind.meta;
        assert!(seen.insert(meta.name), "{} twice", meta.name);
        for text in [meta.name, meta.description, meta.group, meta.icon, meta.color] {
            assert!(!text.is_empty(), "{}", meta.kind);
        }
        let schema = &kind.config_schema;
        assert_eq!(schema["type"], "object", "{}", meta.kind);
        assert_eq!(schema["additionalProperties"], false, "{}", meta.kind);
        let text = schema.to_string();
        for unwanted in ["$ref", "anyOf", "allOf", "\"null\"", "uint"] {
            assert!(!text.contains(unwanted), "{}: {unwanted}", meta.kind);
        }
        let mut found = Vec::new();
        fields(schema, &mut found);
        for (name, field) in found {
            let named =
                field.get("const").is_some() || field["title"].as_str().is_some_and(|t| !t.is_empty());
            assert!(named, "{}: «{name}» has no title", meta.kind);
        }
    }
}

/// Every limit that a config names is a row of the table, with the same number.
#[test]
fn the_schemas_say_what_the_table_says() {
    for kind in catalogue().kinds() {
        let mut found = Vec::new();
        fields(&kind.config_schema, &mut found);
        for (name, field) in found {
            let Some(code) = field["x-limit"].as_str() else { continue };
            let limit = limits::TABLE.iter().find(|limit| limit.code == code);
            let most = field.get("maxLength").or(field.get("maxItems")).and_then(Value::as_u64);
            assert_eq!(limit.map(|limit| limit.most as u64), most, "{}: {name}: {code}", kind.meta.kind);
        }
    }
}

#[test]
fn a_kind_is_served_with_its_schema() {
    let view = serde_json::to_value(catalogue().kinds().collect::<Vec<&Kind>>()).unwrap();
    let keys: Vec<&String> = view[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["kind", "v", "name", "description", "group", "icon", "color", "role", "waits", "config_schema"]
    );
    let waiting: Vec<&Value> =
        view.as_array().unwrap().iter().filter(|k| k["waits"] == true).map(|k| &k["kind"]).collect();
    assert_eq!(waiting, ["question", "form", "rating", "consent", "wait", "wait_event", "handoff"]);
}

#[test]
fn a_flow_can_start_end_and_reach_people() {
    let catalogue = catalogue();
    for role in [Role::Start, Role::Step, Role::Jump, Role::Person, Role::End, Role::Note] {
        assert!(catalogue.kinds().any(|kind| kind.meta.role == role));
    }
    assert_eq!(Exit::next().key, "next");
}

#[test]
fn a_program_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Program>();
}

#[test]
fn cards_show_what_a_step_says_and_where_it_leads() {
    let yaml = r#"
id: f
name: F
start: i
nodes:
  i: { kind: start, config: { keywords: [hola] }, exits: { next: q } }
  q:
    kind: question
    name: Menú
    config: { text: ¿Sí?, answer: { type: buttons, options: [{ id: si, title: ¡Claro! }] }, timeout: 120m }
    exits: { si: f, no_match: f, timeout: f }
  f: { kind: end }
layout: { q: { x: 300, y: -5 } }
"#;
    let program = Program::read(yaml, &catalogue()).unwrap_or_else(|p| panic!("{p:#?}"));
    let cards = serde_json::to_value(program.cards()).unwrap();
    assert_eq!(cards[0]["summary"], serde_json::json!(["Palabras: hola"]));
    assert_eq!(cards[0]["x"], Value::Null);
    let expected = serde_json::json!({
        "id": "q", "kind": "question", "kind_name": "Pregunta", "icon": "message-question", "color": "violet",
        "name": "Menú", "summary": ["¿Sí?", "Espera 2 horas"], "role": "step",
        "exits": [
            { "key": "si", "label": "¡Claro!", "target": "f", "optional": false },
            { "key": "no_match", "label": "No se entendió", "target": "f", "optional": false },
            { "key": "timeout", "label": "Sin respuesta", "target": "f", "optional": false },
            { "key": "window_closed", "label": "Pasaron 24 horas", "target": null, "optional": true },
        ],
        "x": 300.0, "y": -5.0,
        "config": {
            "text": "¿Sí?",
            "answer": { "type": "buttons", "options": [{ "id": "si", "title": "¡Claro!" }] },
            "timeout": "120m",
        },
    });
    assert_eq!(cards[1], expected);
    assert_eq!(cards[2]["name"], "Fin");
}

#[test]
fn the_canvas_has_every_icon() {
    let icons = include_str!("../../web/src/flows/icons.ts");
    for kind in catalogue().kinds() {
        let icon = kind.meta.icon;
        let known = [format!("\n  {icon}: Icon"), format!("\n  \"{icon}\": Icon")];
        assert!(known.iter().any(|line| icons.contains(line)), "{} has the icon {icon}", kind.meta.kind);
    }
}
