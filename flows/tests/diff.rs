//! What changed from one document to another, as data that can be applied.

use cauce_flows::diff::{Diff, plain};
use cauce_flows::patch::{Op, apply};
use cauce_flows::{Catalogue, Document, parse};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

fn between(a: &Document, b: &Document) -> Diff {
    Diff::between(a, b, &Catalogue::new())
}

/// Few words, so that two documents have much in common.
fn word() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c", "id", "key"]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3_i32).prop_map(Value::from),
        select(vec!["x", "y", "~/", ""]).prop_map(Value::from),
        Just(Value::Null),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 16, 4, |inner| {
        let map = prop::collection::vec((word(), inner.clone()), 0..3)
            .prop_map(|entries| Value::Object(entries.into_iter().collect()));
        let named = |field: &'static str| {
            prop::collection::vec((select(vec!["a", "b", "c", "0", "~/"]), inner.clone()), 0..4).prop_map(
                move |items| {
                    let item = |(name, value): (&str, Value)| match value {
                        Value::Object(mut map) => {
                            map.insert(field.to_owned(), name.into());
                            Value::Object(map)
                        }
                        value => json!({ field: name, "value": value }),
                    };
                    Value::Array(items.into_iter().map(item).collect())
                },
            )
        };
        prop_oneof![
            2 => map,
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            3 => named("id"),
            1 => named("key"),
        ]
    })
}

prop_compose! {
    fn document()(
        name in select(vec!["Uno", "Dos"]),
        start in word(),
        label in prop::option::of(leaf()),
        nodes in prop::collection::vec(
            (word(), (word(), prop::option::of(word()), prop::collection::vec((word(), value()), 0..4)),
                prop::collection::vec((word(), word()), 0..3), prop::option::of(0..3_i32)), 0..5),
    ) -> Document {
        let (mut steps, mut layout, mut variables) = (Map::new(), Map::new(), Map::new());
        for (id, (kind, note, config), exits, x) in nodes {
            let config: Map<String, Value> = config.into_iter().collect();
            let exits: Map<String, Value> = exits.into_iter().map(|(key, to)| (key, to.into())).collect();
            steps.insert(id.clone(), json!({ "kind": kind, "note": note, "config": config, "exits": exits }));
            match x {
                Some(x) => layout.insert(id, json!({ "x": x, "y": 0.5 })),
                None => layout.shift_remove(&id),
            };
        }
        if let Some(label) = label.filter(Value::is_string) {
            variables.insert("v".into(), json!({ "label": label }));
        }
        serde_json::from_value(json!({
            "id": "f", "name": name, "start": start, "variables": variables, "nodes": steps, "layout": layout,
        }))
        .expect("a document")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_patch_makes_the_second_of_the_first_and_its_inverse_takes_it_back(a in document(), b in document()) {
        let diff = between(&a, &b);
        let mut patched = plain(&a);
        let applied = apply(&mut patched, &diff.patch())
            .map_err(|error| TestCaseError::fail(format!("{error}\n{diff:#?}")))?;
        let made: Document = serde_json::from_value(patched.clone()).expect("a document");
        prop_assert_eq!(&made, &b, "{:#?}", diff.patch());
        prop_assert_eq!(made.version(), b.version());
        apply(&mut patched, &applied.inverse)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{:#?}", applied.inverse)))?;
        prop_assert_eq!(serde_json::from_value::<Document>(patched).expect("a document"), a);
    }

    #[test]
    fn a_diff_goes_over_the_wire_and_tells_of_every_change(a in document(), b in document()) {
        let diff = between(&a, &b);
        prop_assert_eq!(diff.is_empty(), a == b);
        prop_assert_eq!(diff.sentences().is_empty(), a == b);
        let ops: Vec<Op> = serde_json::from_value(serde_json::to_value(diff.patch()).expect("data")).expect("data");
        prop_assert_eq!(ops, diff.patch());
    }

    #[test]
    fn the_way_a_document_is_written_makes_no_difference(a in document()) {
        let again = parse(&a.to_yaml()).expect("canonical YAML can be read");
        prop_assert!(between(&a, &again).is_empty());
        let mut turned = plain(&a);
        turned.sort_all_objects();
        prop_assert!(between(&a, &serde_json::from_value(turned).expect("a document")).is_empty());
    }
}
