//! A broken flow: every problem at once, each with its code, its exact place and what to do.

use cauce_flows::{Problem, Program, Severity};
use cauce_nodes::catalogue;

fn problems(yaml: &str) -> Vec<Problem> {
    match Program::read(yaml, &catalogue()) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    }
}

/// `line:column code` of every problem.
fn places(problems: &[Problem]) -> Vec<String> {
    let place = |p: &Problem| format!("{}:{} {}", p.line.unwrap_or(0), p.column.unwrap_or(0), p.code);
    problems.iter().map(place).collect()
}

fn find<'a>(problems: &'a [Problem], code: &str) -> &'a Problem {
    problems.iter().find(|p| p.code == code).unwrap_or_else(|| panic!("no {code} in {:#?}", places(problems)))
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let yaml = r#"id: mi flujo
name: Bienvenida
lenguage: es
start: inicio
nodes:
  inicio:
    kind: start
    config: { keywords: [hola, "HOLA!"], any_mesage: true }
    exits: { next: saludo }
  saludo:
    kind: qestion
    config: { text: hola }
    exits: { a: pregunta }
  pregunta:
    kind: question
    config:
      text: "Hola {{ apodo }} {{ contact.nombre }} {{ 1 + }}"
      answer:
        type: buttons
        options:
          - { id: ventas, title: "Un título demasiado largo" }
          - { id: ventas, title: 5 }
      retries: { max: "dos" }
      timeout: 2 horas
    exits:
      ventas: fn
      vetnas: fin
      no_match: fin
  datos:
    kind: form
    config:
      fields:
        - { key: e mail, type: mail, ask: ¿Correo? }
        - { key: nombre, type: text }
    exits: { ok: fin }
  fin:
    kind: end
    config: { text: 1 }
    exits: [a]
  fin:
    kind: end
layout:
  nada: { x: 0, y: abajo }
"#;
    let problems = problems(yaml);
    let expected = [
        "1:5 doc.bad_id",
        "3:1 doc.unknown_field",
        "8:42 doc.unknown_field",
        "11:11 doc.unknown_kind",
        "17:22 expr.unknown_variable",
        "17:42 expr.unknown_field",
        "17:59 expr.syntax",
        "22:34 doc.wrong_type",
        "23:23 doc.wrong_type",
        "24:16 doc.bad_duration",
        "26:15 flow.exit_to_nowhere",
        "29:3 flow.unreachable",
        "33:18 expr.bad_name",
        "33:32 doc.wrong_value",
        "34:11 doc.missing_field",
        "40:3 doc.duplicate_key",
        "43:20 doc.wrong_type",
    ];
    assert_eq!(places(&problems), expected);
    for problem in &problems {
        assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem:?}");
    }
}

#[test]
fn a_problem_proposes_what_was_probably_meant() {
    let problems = problems(
        r#"
id: a
nombre: A
start: inico
nodes:
  inicio: { kind: strat, config: { keywords: [x] }, exits: { next: fim } }
  pregunta:
    kind: question
    config: { text: ¿?, answer: { type: botones, options: [] }, retrys: {} }
  fin: { kind: end, config: { texto: adiós } }
"#,
    );
    for (code, words) in
        [("doc.unknown_kind", "«start»"), ("flow.exit_to_nowhere", "«fin»"), ("doc.wrong_value", "«buttons»")]
    {
        assert!(find(&problems, code).help.starts_with("Quizá quisiste decir"), "{code}");
        assert!(find(&problems, code).help.contains(words), "{code}: {}", find(&problems, code).help);
    }
    let fields: Vec<&str> =
        problems.iter().filter(|p| p.code == "doc.unknown_field").map(|p| p.help.as_str()).collect();
    assert!(fields[1].starts_with("Quizá quisiste decir «retries»"), "{fields:?}");
    assert!(fields[2].starts_with("Quizá quisiste decir «text»"), "{fields:?}");
}

#[test]
fn a_problem_knows_its_step_and_its_pointer() {
    let problems = problems(
        r#"
id: a
name: A
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: paso } }
  paso: { kind: message, config: { text: "{{ nada }}" }, exits: { nxt: fin } }
  fin: { kind: end }
"#,
    );
    let at = |code| {
        let p = find(&problems, code);
        (p.node.as_ref().map(|n| n.as_str().to_owned()), p.path.clone().unwrap_or_default())
    };
    let paso = Some("paso".to_owned());
    assert_eq!(at("expr.unknown_variable"), (paso.clone(), "/nodes/paso/config/text".to_owned()));
    assert_eq!(at("flow.exit_unknown"), (paso.clone(), "/nodes/paso/exits/nxt".to_owned()));
    assert_eq!(at("flow.exit_missing"), (paso, "/nodes/paso/exits".to_owned()));
    assert!(find(&problems, "flow.exit_unknown").help.contains("«next»"));
}

#[test]
fn the_graph_is_proven_with_witnesses() {
    let problems = problems(
        r#"
id: a
name: A
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: pregunta } }
  pregunta:
    kind: question
    config: { text: ¿Sí?, timeout: 1h }
    exits: { ok: gira, no_match: fin, timeout: encierro }
  gira: { kind: set, config: { variable: x, value: "1" }, exits: { next: otra } }
  otra: { kind: decision, config: { rules: [{ id: si, when: x == 1 }] }, exits: { si: gira, else: fin } }
  encierro: { kind: message, config: { text: Espera. }, exits: { next: pausa } }
  pausa: { kind: wait, config: { for: 1m }, exits: { next: encierro } }
  isla: { kind: end }
  fin: { kind: end }
"#,
    );
    assert_eq!(
        places(&problems),
        ["11:3 flow.loop_without_wait", "13:3 flow.trapped", "15:3 flow.unreachable"]
    );
    let witness = |code| find(&problems, code).witness.iter().map(|n| n.as_str()).collect::<Vec<_>>();
    assert_eq!(witness("flow.loop_without_wait"), ["gira", "otra", "gira"]);
    assert_eq!(witness("flow.trapped"), ["inicio", "pregunta", "encierro"]);
    assert_eq!(find(&problems, "flow.unreachable").severity, Severity::Warning);
    assert!(find(&problems, "flow.trapped").message.contains("«encierro» y «pausa»"));
}

#[test]
fn a_step_that_leads_to_itself_is_a_loop() {
    let problems = problems(
        "id: a\nname: A\nstart: i\nnodes:\n  i: { kind: start, config: { any_message: true }, exits: { next: m } }\n  m: { kind: message, config: { text: x }, exits: { next: m } }\n",
    );
    let witness: Vec<&str> =
        find(&problems, "flow.loop_without_wait").witness.iter().map(|n| n.as_str()).collect();
    assert_eq!(witness, ["m", "m"]);
    assert_eq!(find(&problems, "flow.trapped").line, Some(6));
}

#[test]
fn a_flow_starts_at_a_start() {
    for (start, help) in [("fin", "«inicio»"), ("inicoi", "Quizá quisiste decir «inicio»")] {
        let yaml = format!(
            "id: a\nname: A\nstart: {start}\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: fin }} }}\n  fin: {{ kind: end }}\n"
        );
        let problems = problems(&yaml);
        let problem = find(&problems, "flow.no_start");
        assert_eq!((problem.line, problem.column), (Some(3), Some(8)));
        assert!(problem.help.contains(help), "{}", problem.help);
    }
    let none = problems("id: a\nname: A\nnodes: {}\n");
    assert_eq!(places(&none), ["1:1 doc.missing_field"], "{none:#?}");
}

#[test]
fn kinds_check_what_a_schema_cannot_say() {
    let mut wrong = Vec::new();
    for (config, expected) in [
        ("kind: start\n    config: {}", vec!["7:13 node.start.no_trigger"]),
        ("kind: start\n    config: { keywords: [hola, ¡Hóla!] }", vec!["7:32 node.start.keyword_repeated"]),
        (
            "kind: start\n    config: { any_message: true, everywhere: true }",
            vec!["7:46 node.start.everywhere_what"],
        ),
        (
            "kind: start\n    config: { schedule: { tag: x, at: \"25:00\", date: 2026-02-31, zone: Lima } }",
            vec!["7:39 node.start.bad_hour", "7:54 node.start.bad_date", "7:72 node.start.bad_zone"],
        ),
        (
            "kind: start\n    config: { schedule: { tag: x, at: \"9:00\", days: [mon], month_days: [1] } }",
            vec!["7:25 node.start.one_calendar"],
        ),
        (
            "kind: start\n    config: { schedule: { tag: x, at: \"9:00\", days: [lunes], month_days: [32] } }",
            vec!["7:54 doc.wrong_value", "7:75 limit.number"],
        ),
        ("kind: message\n    config: {}", vec!["7:13 node.message.empty"]),
        (
            "kind: message\n    config: { parts: [{ type: image }, { type: video, file: a.mp4, link: 'https://x' }] }",
            vec!["7:23 node.message.no_file", "7:74 node.message.two_files"],
        ),
        (
            "kind: message\n    config: { parts: [{ type: link, text: a, title: b, url: 'www.x.pe' }, { type: image, link: 'ftp://x' }] }",
            vec!["7:61 node.message.link", "7:96 node.message.link"],
        ),
        (
            "kind: message\n    config: { parts: [{ type: image, file: ../a.jpg }, { type: sticker, file: /a.webp }, { type: voice, file: 'c:\\a.ogg' }] }",
            vec!["7:44 node.message.file", "7:79 node.message.file", "7:111 node.message.file"],
        ),
        (
            "kind: message\n    config: { parts: [{ type: location, latitude: 91, longitude: '-77' }, { type: location, latitude: x }] }",
            vec!["7:51 limit.number", "7:75 doc.missing_field"],
        ),
        (
            "kind: message\n    config: { parts: [{ type: location, latitude: -91.0, longitude: '-77' }] }",
            vec!["7:51 limit.number"],
        ),
        (
            "kind: message\n    config: { parts: [{ type: location, latitude: -12, longitude: '-77' }] }",
            vec!["7:67 node.message.degrees"],
        ),
        (
            "kind: message\n    config: { parts: [{ type: contacts, cards: [] }, { type: sticker, file: a, caption: b }] }",
            vec!["7:48 limit.cards", "7:80 doc.unknown_field"],
        ),
        (
            "kind: message\n    config: { text: a, typing: 26s, parts: [{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b },{ type: text, text: b }] }",
            vec!["7:32 node.message.typing", "7:44 limit.parts"],
        ),
        ("kind: http\n    config: { url: x.pe }", vec!["7:20 node.http.url"]),
        (
            "kind: http\n    config: { url: 'https://x.pe', method: get, timeout: 61s, tries: 11 }",
            vec!["7:44 doc.wrong_value", "7:70 limit.number"],
        ),
        (
            "kind: http\n    config: { url: 'https://x.pe', timeout: 61s, body: { type: text, text: a, content_type: nada }, save: [{ to: a, from: answer.status }, { to: A, from: answer.x }] }",
            vec![
                "7:45 node.http.timeout",
                "7:56 node.http.body",
                "7:93 node.http.content_type",
                "7:146 node.http.save_repeated",
            ],
        ),
        (
            "kind: http\n    config: { url: 'https://x.pe', headers: [{ name: Á, value: a }, { name: Host, value: a }, { name: X-A }] }",
            vec!["7:54 node.http.header", "7:77 node.http.header_taken", "7:95 node.http.header_empty"],
        ),
        (
            "kind: http\n    config: { url: 'https://x.pe', method: POST, body: { type: json, data: { a: '{{ nada }}' } } }",
            vec!["7:85 expr.unknown_variable"],
        ),
        ("kind: tags\n    config: {}", vec!["7:13 node.tags.empty"]),
        (
            "kind: tags\n    config: { add: [vip, VIP], remove: [víp] }",
            vec!["7:26 node.tags.repeated", "7:41 node.tags.both"],
        ),
        (
            "kind: split\n    config: { arms: [{ id: a, title: A, weight: 1 }, { id: a, title: B, weight: 101 }] }",
            vec!["7:81 limit.number"],
        ),
        (
            "kind: split\n    config: { arms: [{ id: a, title: A, weight: 1 }, { id: a, title: B, weight: 1 }] }",
            vec!["7:60 node.split.id_repeated"],
        ),
        ("kind: split\n    config: { arms: [{ id: a, title: A, weight: 1 }] }", vec!["7:21 limit.length"]),
        ("kind: note\n    config: { text: hola, color: negro }", vec!["7:34 doc.wrong_value"]),
        ("kind: goto\n    config: { to: x }", vec!["7:15 doc.unknown_field"]),
        (
            "kind: question\n    config: { text: x, answer: { type: date, from: cuando sea, to: hoy } }",
            vec!["7:52 node.answer.day"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: date_time, from: mañana, to: hoy } }",
            vec!["7:69 node.answer.range"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: number, min: 3, max: 2 } }",
            vec!["7:32 node.answer.range"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: document, kinds: [dni_pe, pasaporte] } }",
            vec!["7:66 doc.wrong_value"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: media, kinds: [] } }",
            vec!["7:54 limit.length"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: buttons, options: [{ id: a, title: A, synonyms: [b] }, { id: b, title: B, description: x }] } }",
            vec!["7:89 node.answer.synonym", "7:127 node.answer.description"],
        ),
        ("kind: message\n    config: { text: '' }", vec!["7:21 limit.empty"]),
        ("kind: message\n    config: { text: }", vec!["7:19 doc.wrong_type"]),
        (
            "kind: decision\n    config: { rules: [{ id: else, when: 'true' }, { id: a, when: '1' }, { id: A, when: '1' }] }",
            vec!["7:29 node.decision.id_reserved", "7:79 node.decision.id_repeated"],
        ),
        ("kind: decision\n    config: { rules: [] }", vec!["7:22 limit.length"]),
        (
            "kind: set\n    config: { variable: 2x, value: 1 }",
            vec!["7:25 expr.bad_name", "7:36 doc.wrong_type"],
        ),
        ("kind: set\n    config: { variable: if, value: '1' }", vec!["7:25 expr.bad_name"]),
        ("kind: wait\n    config: { for: 0s }", vec!["7:20 doc.bad_duration"]),
        ("kind: wait", vec!["6:5 node.wait.one_way"]),
        ("kind: handoff\n    config: { queue: mi cola }", vec!["7:22 doc.bad_id"]),
        ("kind: message\n    v: 3\n    config: { text: a }", vec!["7:8 doc.version"]),
        (
            "kind: form\n    config: { fields: [{ key: a, type: text, ask: x }, { key: a, type: email, ask: x }] }",
            vec!["7:63 node.form.key_repeated"],
        ),
        (
            "kind: form\n    config: { fields: [{ key: a, type: text, ask: x, min_length: 9, max_length: 3 }] }",
            vec!["7:24 node.answer.lengths"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: buttons, options: [{ id: timeout, title: Sí }, { id: b, title: si }] } }",
            vec!["7:65 node.question.id_reserved", "7:103 limit.title_repeated"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: buttons, options: [{ id: a, title: Exactamente veintidós }] } }",
            vec!["7:75 limit.button_title"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: buttons, options: [{ id: a, title: A },{ id: b, title: B },{ id: c, title: C },{ id: d, title: D }] } }",
            vec!["7:58 limit.buttons"],
        ),
        (
            "kind: question\n    config: { text: x, answer: { type: open, options: [] } }",
            vec!["7:46 doc.unknown_field"],
        ),
        ("kind: question\n    config: { text: x, answer: {} }", vec!["7:24 doc.missing_field"]),
        ("kind: question\n    config: { text: x, answer: hola }", vec!["7:32 doc.wrong_type"]),
        ("kind: question\n    config: { text: 'x {{ y' }", vec!["7:21 expr.unclosed"]),
        ("kind: nada", vec!["6:11 doc.unknown_kind"]),
        ("kind: 3", vec!["6:11 doc.wrong_type"]),
        ("nombre: x", vec!["5:3 doc.missing_field", "6:5 doc.unknown_field"]),
    ] {
        // The step's own lines are 6 and on.
        let yaml = format!("id: a\nname: A\nstart: paso\nnodes:\n  paso:\n    {config}\n");
        let found: Vec<String> =
            places(&problems(&yaml)).into_iter().filter(|p| !p.contains("flow.")).collect();
        if found != expected {
            wrong.push(format!("{yaml}{found:?}\n{expected:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn limits_count_characters_of_the_written_part() {
    let message = |text: &str| {
        format!(
            "id: a\nname: A\nstart: i\nvariables: {{ x: {{}} }}\nnodes:\n  i: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: m }} }}\n  m: {{ kind: message, config: {{ text: \"{text}\" }}, exits: {{ next: f }} }}\n  f: {{ kind: end }}\n"
        )
    };
    assert_eq!(places(&problems(&message(&"ñ".repeat(4096)))), [""; 0]);
    assert_eq!(places(&problems(&message(&"ñ".repeat(4097)))), ["7:39 limit.text_body"]);
    assert_eq!(places(&problems(&message(&format!("{}{{{{ x ?? 1 }}}}", "ñ".repeat(4096))))), [""; 0]);
}

#[test]
fn json_is_read_as_well() {
    let json = r#"{"id": "a", "name": "A", "start": "i", "nodes": {
  "i": {"kind": "start", "config": {"any_message": true}, "exits": {"next": "f"}},
  "f": {"kind": "end", "config": {"txt": "x"}}}}"#;
    assert_eq!(places(&problems(json)), ["3:35 doc.unknown_field"]);
}

#[test]
fn a_turn_is_not_too_long() {
    let flow = |steps: usize| {
        let chain: String = (0..steps)
            .map(|i| {
                format!("  m{i}: {{ kind: message, config: {{ text: x }}, exits: {{ next: m{} }} }}\n", i + 1)
            })
            .collect();
        format!(
            "id: a\nname: A\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: m0 }} }}\n{chain}  m{steps}: {{ kind: end, config: {{ text: x }} }}\n"
        )
    };
    assert_eq!(places(&problems(&flow(4))), [""; 0]);
    assert_eq!(
        places(&problems(&flow(47))),
        ["11:3 flow.many_messages"],
        "and that only where there are many"
    );
    assert_eq!(places(&problems(&flow(48))), ["54:3 flow.turn_too_long"]);
    // Told once, where it gets too long.
    assert_eq!(places(&problems(&flow(90))), ["54:3 flow.turn_too_long"]);
}
