//! Documents that are meant to hurt, or come from elsewhere: each is a clear finding, in little time and memory.

use std::fmt::Write;

use cauce_flows::{MAX_NODES, Problem, Program};
use cauce_nodes::catalogue;

fn problems(text: &str) -> Vec<Problem> {
    match Program::read(text, &catalogue()) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    }
}

fn codes(text: &str) -> Vec<String> {
    problems(text).into_iter().map(|problem| problem.code).collect()
}

/// The only problem.
fn only(text: &str) -> Problem {
    let mut problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let problem = problems.remove(0);
    assert!(problem.is_error() && !problem.message.is_empty() && !problem.help.is_empty(), "{problem:?}");
    problem
}

const GOOD: &str = "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: { kind: start, config: { any_message: true }, exits: { next: fin } }\n  fin: { kind: end }\n";

#[test]
fn a_document_of_a_newer_format_is_not_looked_at() {
    assert_eq!(problems(GOOD), []);
    assert_eq!(problems(&format!("format: 1\n{GOOD}")), []);
    let newer = only(&format!("format: 2\nnuevo: {{ campo: [] }}\n{GOOD}"));
    assert_eq!((newer.code.as_str(), newer.line, newer.column), ("doc.newer", Some(1), Some(9)));
    assert!(newer.message.contains("versión más nueva de Cauce"), "{newer}");
    let json = GOOD_JSON.replacen('{', "{ \"format\": 7,", 1);
    assert_eq!(only(&json).code, "doc.newer");
    assert!(serde_json::from_str::<cauce_flows::Document>(&json).is_err(), "nor as a value");
    for wrong in ["0", "-1", "dos", "1.5", "[]"] {
        assert_eq!(codes(&format!("format: {wrong}\n{GOOD}")), ["doc.wrong_type"], "{wrong}");
    }
    let plain = Program::read(GOOD, &catalogue()).map(|program| program.version().clone());
    let said =
        Program::read(&format!("format: 1\n{GOOD}"), &catalogue()).map(|program| program.version().clone());
    assert_eq!(plain.unwrap(), said.unwrap(), "to say it makes no other version");
}

const GOOD_JSON: &str = r#"{"id": "f", "name": "F", "start": "i", "nodes": {"i": {"kind": "start", "config": {"any_message": true}, "exits": {"next": "z"}}, "z": {"kind": "end"}}}"#;

#[test]
fn what_nobody_knows_is_told_by_name() {
    let kind = only(&GOOD.replace("  fin: { kind: end }", "  fin: { kind: holograma }"));
    assert_eq!((kind.code.as_str(), kind.line), ("doc.unknown_kind", Some(6)));
    assert!(kind.message.contains("«holograma»") && kind.help.contains("«message»"), "{kind}");
    let nowhere = problems(&GOOD.replace("next: fin", "next: finn"));
    assert_eq!((nowhere[0].code.as_str(), nowhere[0].line), ("flow.exit_to_nowhere", Some(5)));
    assert!(nowhere[0].help.contains("«fin»"), "{}", nowhere[0]);
}

fn chain(steps: usize, exit: impl Fn(usize) -> String) -> String {
    let mut text = String::from(
        "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: { kind: start, config: { any_message: true }, exits: { next: p0 } }\n",
    );
    for i in 0..steps {
        let _ =
            writeln!(text, "  p{i}: {{ kind: wait, config: {{ for: 1s }}, exits: {{ next: {} }} }}", exit(i));
    }
    text + "  fin: { kind: end }\n"
}

/// A chain of so many steps that ends.
fn straight(steps: usize) -> String {
    chain(steps, |i| if i + 1 < steps { format!("p{}", i + 1) } else { "fin".to_owned() })
}

#[test]
fn ten_thousand_steps_are_too_many() {
    let problem = problems(&straight(10_000)).into_iter().find(Problem::is_error).unwrap();
    assert_eq!((problem.code.as_str(), problem.line), ("doc.too_many_nodes", Some(4)));
    assert!(problem.message.contains("10002") && problem.message.contains("5000"), "{problem}");
    assert_eq!(problems(&straight(MAX_NODES - 2)), [], "so many are fine");
}

#[test]
fn thousands_of_mistakes_are_all_told_soon() {
    // A name like every other in each: to propose one for every exit would be millions of comparisons.
    let told = codes(&chain(1_500, |i| format!("q{i}")));
    assert_eq!(told.iter().filter(|code| *code == "flow.exit_to_nowhere").count(), 1_500);
    // A circle of all steps, and one that never waits: the ways that prove it are not the document again.
    let circle = chain(1_500, |i| format!("p{}", (i + 1) % 1_500));
    let trapped = only_code(&circle, "flow.trapped");
    assert!(trapped.message.len() < 500 && trapped.witness.len() <= 100, "{}", trapped.message);
    let restless = circle.replace("kind: wait, config: { for: 1s }", "kind: tags, config: { add: [a] }");
    let restless = only_code(&restless, "flow.loop_without_wait");
    assert!(restless.message.len() < 500 && restless.witness.len() <= 101, "{}", restless.message);
    // A hole in every text of a long way.
    let holes = straight(1_500)
        .replace("kind: wait, config: { for: 1s }", "kind: wait, config: { for: 20s }, note: \"{{ x }}\"")
        .replace(
            "  fin: { kind: end }",
            "  fin: { kind: end, config: { text: \"{{ x }}\" } }\nvariables: { x: {} }",
        );
    let hole = only_code(&holes, "var.maybe_unset");
    assert_eq!(hole.witness.len(), 100, "the last steps of the way");
}

fn only_code(text: &str, code: &str) -> Problem {
    let mut told = problems(text);
    told.retain(|problem| problem.code == code);
    assert_eq!(told.len(), 1, "{code}: {}", told.len());
    told.remove(0)
}

#[test]
fn a_bomb_of_aliases_does_not_go_off() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for i in 1..20 {
        let items = vec![format!("*a{}", i - 1); 10].join(",");
        let _ = writeln!(bomb, "a{i}: &a{i} [{items}]");
    }
    assert_eq!(only(&bomb).code, "doc.too_complex");
    assert_eq!(
        only(&format!("{GOOD}bomba: {}{}\n", "[".repeat(5_000), "]".repeat(5_000))).code,
        "doc.too_complex"
    );
    assert_eq!(only(&"x: 1\n".repeat(1_000_000)).code, "doc.too_large");
    let many = format!("id: f\nlista: [{}]\n", "1,".repeat(450_000));
    assert_eq!(only(&many).code, "doc.too_complex");
}

#[test]
fn a_script_that_never_ends_does_not_begin() {
    for script in [
        "while true {}",
        "loop { }",
        "fn f() { f() } f()",
        "for i in 0..999999999 { }",
        "eval(\\\"1\\\")",
        "let x = 1; x",
    ] {
        let text = GOOD.replace(
            "fin: { kind: end }",
            &format!("fin: {{ kind: end, config: {{ text: \"{{{{ {script} }}}}\" }} }}"),
        );
        let problem = only(&text);
        assert!(problem.code.starts_with("expr."), "{script}: {problem}");
        assert_eq!(problem.line, Some(6), "{script}");
    }
    let long = GOOD.replace(
        "fin: { kind: end }",
        &format!("fin: {{ kind: end, config: {{ text: \"{{{{ {} }}}}\" }} }}", "1 + ".repeat(400) + "1"),
    );
    assert_eq!(only(&long).code, "expr.too_long");
    let deep = GOOD.replace(
        "fin: { kind: end }",
        &format!(
            "fin: {{ kind: end, config: {{ text: \"{{{{ {}1{} }}}}\" }} }}",
            "(".repeat(200),
            ")".repeat(200)
        ),
    );
    assert_eq!(only(&deep).code, "expr.too_deep");
}
