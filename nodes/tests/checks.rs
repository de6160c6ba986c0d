//! What the checks tell of a flow beside holes and windows: people out of reach, rules and cases that cannot
//! be, floods of messages, and what is asked twice.

use cauce_flows::{FlowFacts, Problem, Program, Severity};
use cauce_nodes::catalogue;

fn program(steps: &str) -> Program {
    let yaml = format!(
        "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: uno }} }}\n{steps}"
    );
    Program::read(&yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}\n{yaml}"))
}

fn facts(steps: &str) -> FlowFacts {
    program(steps).facts().clone()
}

fn told(steps: &str, code: &str) -> Vec<Problem> {
    program(steps).warnings().iter().filter(|problem| problem.code == code).cloned().collect()
}

/// Where the problems with this code are, and the way that proves each.
fn places(steps: &str, code: &str) -> Vec<(String, String)> {
    let way =
        |problem: &Problem| problem.witness.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" → ");
    let told = told(steps, code);
    assert!(told.iter().all(|problem| problem.severity == Severity::Warning && !problem.help.is_empty()));
    told.iter().map(|problem| (problem.path.clone().unwrap_or_default(), way(problem))).collect()
}

const FAR: &str = r#"
  uno:
    kind: question
    config: { text: ¿Qué?, answer: { type: buttons, options: [{ id: a, title: Hablar }, { id: b, title: Encuesta }] } }
    exits: { a: persona, b: dos, no_match: persona }
  persona: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  dos: { kind: question, config: { text: ¿2? }, exits: { ok: tres, no_match: fin } }
  tres: { kind: question, config: { text: ¿3? }, exits: { ok: cuatro, no_match: fin } }
  cuatro: { kind: question, config: { text: ¿4? }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end }
"#;

#[test]
fn who_is_asked_much_can_reach_a_person() {
    assert_eq!(places(FAR, "flow.no_person"), [("/nodes/dos".into(), "inicio → uno → dos".into())]);
    let shorter = FAR.replace("ok: cuatro, no_match: fin", "ok: fin, no_match: cuatro").replace(
        "{ text: ¿4? }, exits: { ok: fin, no_match: fin }",
        "{ text: ¿4? }, exits: { ok: persona, no_match: fin }",
    );
    assert_eq!(places(&shorter, "flow.no_person"), [], "a person can be reached");
    let two = FAR.replace(
        "cuatro: { kind: question, config: { text: ¿4? }, exits: { ok: fin, no_match: fin } }",
        "cuatro: { kind: end }",
    );
    assert_eq!(places(&two, "flow.no_person"), [], "two more questions are fine");
    let by_no_match = FAR.replace("ok: fin, no_match: fin", "ok: fin, no_match: persona");
    assert_eq!(places(&by_no_match, "flow.no_person"), []);
    let nobody = FAR.replace(
        "kind: handoff, config: { queue: ventas }, exits: { resolved: fin }",
        "kind: end, config: { text: Adiós. }",
    );
    assert_eq!(places(&nobody, "flow.no_person"), [], "a flow without people is not asked about them");
    let form = r#"
  uno: { kind: split, config: { arms: [{ id: a, title: A, weight: 1 }, { id: b, title: B, weight: 1 }] }, exits: { a: persona, b: datos } }
  persona: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  datos:
    kind: form
    config: { fields: [{ key: a, type: open, ask: a }, { key: b, type: open, ask: b }, { key: c, type: open, ask: c }] }
    exits: { ok: fin, no_match: fin }
  fin: { kind: end }
"#;
    assert_eq!(places(form, "flow.no_person").len(), 1, "a form asks as often as it has data");
}

fn decision(rules: &[&str]) -> String {
    let rule = |(i, when): (usize, &&str)| format!("{{ id: r{i}, when: '{when}' }}");
    let list: Vec<String> = rules.iter().enumerate().map(rule).collect();
    let exits: String = (0..rules.len()).map(|i| format!("r{i}: fin, ")).collect();
    format!(
        r#"
  uno: {{ kind: question, config: {{ text: ¿?, answer: {{ type: buttons, options: [{{ id: a, title: Sí, value: lima }}, {{ id: b, title: No, value: cusco }}] }}, save_to: sede }}, exits: {{ a: n, b: n, no_match: fin }} }}
  n: {{ kind: question, config: {{ text: ¿?, answer: {{ type: number }}, save_to: n }}, exits: {{ ok: elige, no_match: fin }} }}
  elige: {{ kind: decision, config: {{ rules: [{}] }}, exits: {{ {exits} else: fin }} }}
  fin: {{ kind: end }}
"#,
        list.join(", ")
    )
}

#[test]
fn a_rule_that_is_never_used_is_told() {
    let unused = |rules: &[&str]| {
        let flow = decision(rules);
        let told = places(&flow, "flow.rule_unreachable").into_iter().map(|(path, _)| path);
        told.map(|path| path.replace("/nodes/elige/config/rules/", "").replace("/when", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(unused(&["n > 5", "n > 10"]), ["1"]);
    assert_eq!(unused(&["n > 10", "n > 5"]), [""; 0]);
    assert_eq!(unused(&["n == 1 || n == 2", "n in [2, 1]"]), ["1"]);
    assert_eq!(unused(&["n == 1", "n == 1 && sede == \"lima\"", "n == 2"]), ["1"]);
    assert_eq!(unused(&["n == 1 && sede == \"lima\"", "n == 1"]), [""; 0]);
    assert_eq!(unused(&["true", "n == 1"]), ["1"]);
    assert_eq!(unused(&["n == 1", "true"]), [""; 0], "a last rule for all others is fine");
    assert_eq!(unused(&["false", "n == 1", "n < 1 && n > 1"]), ["0", "2"]);
    assert_eq!(unused(&["plain(sede) == \"lima\"", "plain( sede )==\"lima\""]), ["1"]);
    let told = told(&decision(&["n > 5", "n > 10"]), "flow.rule_unreachable");
    assert!(told[0].message.contains("«r1»") && told[0].message.contains("«r0»"), "{}", told[0]);
}

#[test]
fn a_value_that_no_answer_gives_is_told() {
    let paths = |rules: &[&str]| places(&decision(rules), "flow.case_impossible").len();
    assert_eq!(paths(&["sede == \"lima\"", "sede == \"cusco\""]), 0);
    assert_eq!(paths(&["sede == \"Lima\""]), 1, "the value is written another way");
    assert_eq!(paths(&["sede in [\"puno\", \"tacna\"] || sede == \"ica\""]), 1);
    assert_eq!(paths(&["sede == \"puno\" || n > 3"]), 0);
    assert_eq!(paths(&["n == \"puno\""]), 0, "numbers are not known one by one");

    let switch = |cases: &str| {
        format!(
            r#"
  uno: {{ kind: question, config: {{ text: ¿?, answer: {{ type: buttons, options: [{{ id: a, title: Sí, value: Lima }}, {{ id: b, title: No, value: cusco }}, {{ id: c, title: Otro, value: Áncash }}] }}, save_to: sede }}, exits: {{ a: elige, b: elige, c: elige, no_match: fin }} }}
  elige: {{ kind: switch, config: {{ value: sede, cases: [{cases}] }}, exits: {{ x: fin, y: fin, else: fin }} }}
  fin: {{ kind: end }}
"#
        )
    };
    let good = switch("{ id: x, values: [lima, ancash] }, { id: y, values: [CUSCO] }");
    assert_eq!(places(&good, "flow.case_impossible"), []);
    assert_eq!(facts(&good).other_values, []);
    let bad = switch("{ id: x, values: [lima] }, { id: y, values: [cuzco] }");
    let problems = told(&bad, "flow.case_impossible");
    assert_eq!(problems[0].path.as_deref(), Some("/nodes/elige/config/cases/1/values/0"));
    assert_eq!(problems[0].fixes[0].title, "Cambiarlo por «cusco»");
    assert_eq!(problems[0].safe_fix(), None, "nobody knows whether that was meant");
    let others = &facts(&bad).other_values[0];
    assert_eq!(
        (others.node.as_str(), &others.values[..]),
        ("elige", &["cusco".to_owned(), "Áncash".to_owned()][..])
    );
    // Something else writes it too: then it may be anything.
    let open = bad.replace("no_match: fin } }", "no_match: otra } }")
        + "  otra: { kind: question, config: { text: ¿?, save_to: sede }, exits: { ok: elige, no_match: fin } }\n";
    assert_eq!(places(&open, "flow.case_impossible"), []);
}

#[test]
fn a_flood_of_messages_is_told() {
    let messages = |count: usize, last: &str| {
        let next = |i: usize| if i + 1 < count { format!("m{}", i + 1) } else { "fin".to_owned() };
        let step = |i: usize| {
            let name = if i == 0 { "uno".to_owned() } else { format!("m{i}") };
            format!("  {name}: {{ kind: message, config: {{ text: x }}, exits: {{ next: {} }} }}\n", next(i))
        };
        (0..count).map(step).collect::<String>() + last
    };
    let asks = "  fin: { kind: question, config: { text: ¿? }, exits: { ok: z, no_match: z } }\n  z: { kind: end }\n";
    assert_eq!(places(&messages(5, asks), "flow.many_messages"), [], "the sixth asks");
    let six = places(&messages(6, asks), "flow.many_messages");
    assert_eq!(six, [("/nodes/m5".into(), "uno → m1 → m2 → m3 → m4 → m5".into())]);
    assert_eq!(
        places(&messages(5, "  fin: { kind: end, config: { text: Adiós. } }\n"), "flow.many_messages").len(),
        1
    );
    assert_eq!(places(&messages(12, asks), "flow.many_messages").len(), 1, "told once, where it begins");

    let facts = facts(&messages(5, asks));
    assert_eq!((facts.steps, facts.messages_per_turn), (8, 6));
    assert_eq!(facts.messages_in_all, Some(5 + 3), "the question may be asked three times");
    let way: Vec<&str> = facts.longest_way.iter().map(|id| id.as_str()).collect();
    assert_eq!(way, ["inicio", "uno", "m1", "m2", "m3", "m4", "fin"]);
}

#[test]
fn a_way_that_goes_round_has_no_most() {
    let round = r#"
  uno: { kind: message, config: { text: x }, exits: { next: dos } }
  dos: { kind: question, config: { text: ¿?, retries: { max: 0 } }, exits: { ok: uno, no_match: fin } }
  fin: { kind: end, config: { text: Adiós. } }
"#;
    let facts = facts(round);
    assert_eq!((facts.messages_per_turn, facts.messages_in_all), (2, None));
    let silent = r#"
  uno: { kind: message, config: { text: x }, exits: { next: dos } }
  dos: { kind: wait, config: { for: 1h }, exits: { next: tres } }
  tres: { kind: loop_guard, config: { times: 3 }, exits: { again: dos, exceeded: fin } }
  fin: { kind: end, config: { text: Adiós. } }
"#;
    assert_eq!(self::facts(silent).messages_in_all, Some(2), "what goes round says nothing");
}

const TWICE: &str = r#"
  uno: { kind: question, config: { text: ¿Nombre?, save_to: nombre }, exits: { ok: dos, no_match: fin } }
  dos: { kind: message, config: { text: "Hola, {{ nombre }}." }, exits: { next: tres } }
  tres: { kind: question, config: { text: ¿Cómo te llamas?, save_to: nombre }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end }
"#;

#[test]
fn what_is_known_is_not_asked_again() {
    assert_eq!(places(TWICE, "flow.asked_twice"), [("/nodes/tres".into(), "uno → dos → tres".into())]);
    let other = TWICE.replace("te llamas?, save_to: nombre", "te llamas?, save_to: otro");
    assert_eq!(places(&other, "flow.asked_twice"), []);
    let maybe = TWICE.replace("ok: dos, no_match: fin", "ok: dos, no_match: tres");
    assert_eq!(places(&maybe, "flow.asked_twice"), [], "who was not understood is asked again");
    let round =
        TWICE.replace("ok: fin, no_match: fin", "ok: fin, no_match: uno").replace("next: tres", "next: uno");
    assert_eq!(places(&round, "flow.asked_twice"), [], "the same question again is no second one");
    let worked = TWICE.replace(
        "kind: message, config: { text: \"Hola, {{ nombre }}.\" }",
        "kind: set, config: { variable: todos, value: \"nombre\" }",
    );
    assert_eq!(places(&worked, "flow.asked_twice"), [], "it was put somewhere else");
    let confirmed = TWICE.replace(
        "kind: message, config: { text: \"Hola, {{ nombre }}.\" }, exits: { next: tres }",
        "kind: question, config: { text: \"¿Eres {{ nombre }}?\", answer: { type: yes_no } }, exits: { yes: fin, no: tres, no_match: fin }",
    );
    assert_eq!(places(&confirmed, "flow.asked_twice"), [], "to correct it");
}
