//! What holds for every kind of the catalogue.

use cauce_nodes::catalogue;

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

#[test]
fn dump() {
    for kind in catalogue().kinds() {
        println!("{}", serde_json::to_string_pretty(kind).unwrap());
    }
}
