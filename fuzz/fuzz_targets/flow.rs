//! A document that somebody sent: it is refused with problems that have a place, or it can be walked.
#![no_main]

use cauce_flows::{Document, Program, parse};
use cauce_fuzz::{KINDS, walk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Program::read(text, &KINDS) {
    Err(problems) => assert!(!problems.is_empty(), "refused without a reason"),
    Ok(program) => {
        // What it is kept as says the same.
        let again: Result<Document, _> = parse(&program.document().to_yaml());
        assert_eq!(again.expect("it was good").version(), program.document().version());
        walk(&program, "hola");
    }
});
