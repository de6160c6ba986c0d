//! An expression or a script that somebody wrote: it is refused, or it ends, and what it gives is small.
#![no_main]

use cauce_flows::{MAX_VALUE, Program};
use cauce_fuzz::{KINDS, size, walk};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|source: &str| {
    let (is_script, source) = match source.strip_prefix('#') {
        Some(source) => (true, source),
        None => (false, source),
    };
    let step = if is_script {
        json!({ "kind": "script", "config": { "outputs": ["x"], "code": source }, "exits": { "next": "fin" } })
    } else {
        json!({ "kind": "set", "config": { "variable": "x", "value": source }, "exits": { "next": "fin" } })
    };
    let flow = json!({
        "id": "f", "name": "F", "start": "inicio",
        "variables": { "x": {} },
        "nodes": {
            "inicio": { "kind": "start", "config": { "any_message": true, "save_to": "dicho", "events": ["e"] }, "exits": { "next": "paso" } },
            "paso": step,
            "fin": { "kind": "end", "config": { "text": "{{ x ?? \"\" }}" } },
        },
    });
    if let Ok(program) = Program::read(&flow.to_string(), &KINDS) {
        let run = walk(&program, "hola");
        // Written, a character may take six.
        assert!(run.vars.get("x").is_none_or(|x| size(x) <= 8 * MAX_VALUE), "too large");
    }
});
