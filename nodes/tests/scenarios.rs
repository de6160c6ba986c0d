//! Scenarios over the kinds of this crate: what a failure says, what is written down, and conversations that
//! are made up to take every exit.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cauce_flows::scenario::{Coverage, Effort, Failure, Generated, Line, Scenarios, generate};
use cauce_flows::{Files, Problem, Program, limits};
use cauce_model::{FileId, FlowId, StoredFile};
use cauce_nodes::catalogue;
use proptest::prelude::*;

fn program(yaml: &str) -> Arc<Program> {
    let told = |problems: Vec<Problem>| -> Program { panic!("{problems:#?}\n{yaml}") };
    // The flows that it calls follow it.
    let mut texts = yaml.split("\n---\n");
    let program = Program::read(texts.next().unwrap(), &catalogue()).unwrap_or_else(told);
    let called: Vec<Arc<Program>> =
        texts.map(|text| Arc::new(Program::read(text, &catalogue()).unwrap_or_else(told))).collect();
    let find = |flow: &FlowId| called.iter().find(|program| program.document().id == *flow).cloned();
    let program = program.with_subflows(find).unwrap_or_else(told);
    // What is sent stands nowhere here: any file of the right type will do.
    let files = program.needs().into_iter().map(|(path, uses)| {
        let mime = limits::types(uses[0].1.media).0.first().unwrap_or(&"application/pdf");
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let file = StoredFile { id: FileId::of(path.as_bytes()), mime: (*mime).to_owned(), size: 1024, name };
        (path, file)
    });
    let files: Files = files.collect();
    Arc::new(program.with_files(&files).unwrap_or_else(told))
}

fn scenarios(yaml: &str) -> Scenarios {
    Scenarios::parse(yaml).unwrap_or_else(|problems| panic!("{problems:#?}\n{yaml}"))
}

const FLOW: &str = r#"
id: precios
name: Precios
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [precio] }, exits: { next: menu } }
  menu:
    kind: question
    config:
      text: "¿Qué buscas, {{ contact.name }}?"
      answer: { type: buttons, options: [{ id: lentes, title: Lentes }, { id: persona, title: Una persona }] }
      save_to: tema
      timeout: 2h
    exits: { lentes: consulta, persona: asesor, no_match: asesor, timeout: fin }
  consulta:
    kind: http
    config: { url: "https://a.example/{{ tema }}", save: [{ to: precio, from: answer.body.precio }] }
    exits: { ok: dice, error: asesor, unavailable: asesor }
  dice: { kind: end, config: { text: "Cuestan {{ precio }}.\n¡Gracias!", outcome: visto } }
  asesor: { kind: handoff, config: { queue: ventas, timeout: 30m }, exits: { resolved: fin, timeout: fin } }
  fin: { kind: end }
"#;

/// What is wrong with the only scenario: code, line, message, and the comparison.
fn failures(steps: &str) -> Vec<(String, u32, String, Vec<String>)> {
    let yaml = format!("scenarios:\n  - name: uno\n    steps:\n{steps}");
    let ran = scenarios(&yaml).run(&program(FLOW));
    let told = |Failure { problem, diff }: &Failure| {
        let diff = diff.iter().map(Line::shown).collect();
        (problem.code.clone(), problem.line.unwrap_or_default(), problem.message.clone(), diff)
    };
    ran[0].failures.iter().map(told).collect()
}

#[test]
fn what_is_as_expected_is_silent() {
    let good = r#"      - writes: precio
        says: "¿Qué buscas, Ana? [Lentes] [Una persona]"
        at: menu
      - taps: lentes
        says: (Llamada) Get https://a.example/lentes
        data: { tema: lentes }
        path: [menu, consulta]
      - answers: { json: { precio: 20 } }
        says: "Cuestan 20.\n¡Gracias!"
        data: { precio: 20.0, otro: null }
        tags: []
        ended: visto
"#;
    assert_eq!(failures(good), []);
}

#[test]
fn what_is_not_is_told_with_its_place() {
    let begins = "      - writes: precio\n";
    let told = failures(&format!(
        "{begins}        says: [\"¿Qué buscas, Luis? [Lentes] [Una persona]\"]\n        at: asesor\n"
    ));
    assert_eq!(
        told,
        [
            (
                "test.says".into(),
                5,
                "No dijo lo que se esperaba.".into(),
                vec![
                    "- ¿Qué buscas, Luis? [Lentes] [Una persona]".into(),
                    "+ ¿Qué buscas, Ana? [Lentes] [Una persona]".into()
                ]
            ),
            ("test.at".into(), 6, "No espera en «asesor».".into(), vec![]),
        ]
    );
    for (steps, code, line) in [
        ("      - writes: hola\n", "test.no_start", 4),
        ("      - writes: precio\n      - taps: Relojes\n", "test.taps", 5),
        ("      - writes: precio\n      - answers: { json: 1 }\n", "test.not_now", 5),
        ("      - writes: precio\n      - person: ends\n", "test.not_now", 5),
        ("      - writes: precio\n      - clock: ayer\n", "test.clock", 5),
        ("      - writes: precio\n        says: []\n", "test.says", 5),
        ("      - writes: precio\n        data: { tema: lentes }\n", "test.data", 5),
        ("      - writes: precio\n        tags: [vip]\n", "test.tags", 5),
        ("      - writes: precio\n        path: [inicio]\n", "test.path", 5),
        ("      - writes: precio\n        ended: true\n", "test.ended", 5),
        ("      - writes: precio\n      - clock: +2h\n        ended: visto\n", "test.ended", 6),
        ("      - writes: precio\n      - clock: +2h\n        ended: false\n", "test.ended", 6),
        ("      - writes: precio\n        stopped: loop\n", "test.stopped", 5),
        ("      - writes: precio\n    expect: { says: [\"…\", Adiós] }\n", "test.says", 5),
    ] {
        let told = failures(steps);
        let [(found, at, ..)] = &told[..] else { panic!("{steps}{told:?}") };
        assert_eq!((found.as_str(), *at), (code, line), "{steps}{told:?}");
    }
}

#[test]
fn what_stops_a_run_fails_a_scenario_unless_it_is_expected() {
    let flow = FLOW.replace("Cuestan {{ precio }}.", "Cuestan {{ precio.len() + 1 / 0 }}.");
    let yaml = "scenarios:\n  - name: uno\n    steps:\n      - writes: precio\n      - taps: Lentes\n      - answers: { json: { precio: 20 } }\n";
    let ran = scenarios(yaml).run(&program(&flow));
    assert_eq!(ran[0].failures[0].problem.code, "test.stopped", "{ran:?}");
    let (updated, failed) = scenarios(yaml).updated(&program(&flow));
    assert_eq!(failed, []);
    assert!(updated.run(&program(&flow))[0].is_good(), "{}", updated.to_yaml());
}

#[test]
fn servers_answer_in_order_and_the_last_goes_on() {
    let yaml = r#"
mocks: [{ url: "https://a.example/*", answers: { json: { precio: 1 } } }]
scenarios:
  - name: tres veces
    mocks:
      - { method: POST, url: "*", fails: busy }
      - { url: "*/lentes", answers: { status: 404 } }
    steps:
      - writes: precio
      - taps: Lentes
        at: asesor
      - person: ends
      - writes: precio
      - taps: Lentes
        says: ["(Llamada)…", Cuestan 1.…]
      - writes: precio
      - taps: Lentes
        ended: visto
"#;
    let ran = scenarios(yaml).run(&program(FLOW));
    assert!(ran[0].is_good(), "{ran:?}");
}

#[test]
fn advertisements_and_other_systems_take_part() {
    let flow = r#"
id: pagos
name: Pagos
start: inicio
nodes:
  inicio: { kind: start, config: { ads: ["77"], events: [carrito] }, exits: { next: espera } }
  espera: { kind: wait_event, config: { event: pago, save_to: pago, timeout: 1h }, exits: { happened: fin, timeout: tarde } }
  fin: { kind: end, config: { text: "Recibimos {{ pago.monto }}." } }
  tarde: { kind: end }
"#;
    let program = program(flow);
    let yaml = r#"
scenarios:
  - name: por un anuncio
    steps:
      - ad: "77"
        at: espera
      - event: { name: pago, json: { monto: 20 } }
        says: Recibimos 20.
  - name: por otro sistema
    steps: [{ event: { name: carrito } }, { clock: +1h, ended: true }]
"#;
    for ran in scenarios(yaml).run(&program) {
        assert!(ran.is_good(), "{ran:?}");
    }
    for (steps, code) in [
        ("[{ ad: '78' }]", "test.no_start"),
        ("[{ ad: '77' }, { event: { name: carrito } }]", "test.no_event"),
    ] {
        let ran = scenarios(&format!("scenarios: [{{ name: a, steps: {steps} }}]")).run(&program);
        assert_eq!(ran[0].failures[0].problem.code, code, "{ran:?}");
    }
    assert_eq!(made(&program, Effort::default()).coverage.percent(), 100);
}

#[test]
fn a_flow_begins_at_its_hour() {
    let flow = r#"
id: ronda
name: Ronda
start: inicio
nodes:
  inicio: { kind: start, config: { schedule: { tag: deudor, at: "9:00", days: [mon] } }, exits: { next: ventana } }
  ventana: { kind: window, exits: { open: aviso, closed: fin } }
  aviso: { kind: question, config: { text: ¿Pagas hoy?, timeout: 1h }, exits: { ok: fin, no_match: fin, timeout: fin } }
  fin: { kind: end }
"#;
    let program = program(flow);
    // It begins on a Friday at ten.
    let yaml = r#"
customer: { tags: [deudor] }
scenarios:
  - name: el lunes, si escribió
    steps:
      - { clock: +2d, says: [] }
      - { writes: ¿Atienden mañana?, says: [] }
      - { clock: +1d, says: ¿Pagas hoy?, path: [inicio, ventana, aviso, fin], ended: true }
  - name: y si no, calla
    steps: [{ clock: +4d, path: [inicio, ventana, fin] }]
  - name: quien está en él no lo empieza otra vez
    steps:
      - { clock: +2d }
      - { writes: Hola }
      - { clock: lunes a las 9, says: ¿Pagas hoy?, at: aviso }
      - { clock: +10d, path: [aviso, fin, inicio, ventana, fin] }
  - name: quien no tiene la etiqueta
    customer: { tags: [otra] }
    steps: [{ clock: +30d, says: [], path: [] }]
"#;
    for ran in scenarios(yaml).run(&program) {
        assert!(ran.is_good(), "{ran:?}");
    }
    let made = made(&program, Effort::default());
    assert_eq!(made.coverage.missing(), [""; 0]);
}

#[test]
fn a_word_that_counts_everywhere_begins_its_own_flow_anew() {
    let flow = r#"
id: menu
name: Menú
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [menú], everywhere: true, save_to: dicho }, exits: { next: que } }
  que: { kind: question, config: { text: ¿Qué?, save_to: que }, exits: { ok: quien, no_match: fin } }
  quien: { kind: question, config: { text: ¿Quién? }, exits: { ok: fin, no_match: fin } }
  ayuda: { kind: command, config: { words: [ayuda], text: Aquí., then: repeat } }
  fin: { kind: end }
"#;
    let yaml = r#"
scenarios:
  - name: de nuevo
    steps:
      - { writes: menú, says: ¿Qué? }
      - { writes: quiero el menú, says: ¿Quién?, data: { que: quiero el menú } }
      - { writes: MENU, says: ¿Qué?, path: [inicio, que], data: { que: null, dicho: MENU } }
"#;
    let ran = scenarios(yaml).run(&program(flow));
    assert!(ran[0].is_good(), "{ran:?}");
    // Its own command comes before that.
    let own = flow.replace("words: [ayuda]", "words: [menú]");
    let yaml = "scenarios: [{ name: a, steps: [{ writes: menú }, { writes: menú, says: [Aquí., ¿Qué?] }] }]";
    let ran = scenarios(yaml).run(&program(&own));
    assert!(ran[0].is_good(), "{ran:?}");
}

#[test]
fn flows_that_are_called_count_for_themselves() {
    let called = "id: pregunta\nname: Pregunta\nstart: inicio\nnodes:\n  inicio: { kind: start, config: { called: true }, exits: { next: edad } }\n  edad: { kind: question, config: { text: ¿Edad?, answer: { type: number }, save_to: edad }, exits: { ok: mayor, no_match: fin } }\n  mayor: { kind: decision, config: { rules: [{ id: si, when: edad >= 18 }] }, exits: { si: adulto, else: fin } }\n  adulto: { kind: end, config: { outcome: adulto } }\n  fin: { kind: end }\n";
    let flow = "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: { kind: start, config: { any_message: true }, exits: { next: llama } }\n  llama: { kind: call, config: { flow: pregunta, outcomes: [adulto] }, exits: { adulto: fin, next: fin } }\n  fin: { kind: end }\n";
    let program = program(&format!("{flow}\n---\n{called}"));
    let made = made(&program, Effort::default());
    assert_eq!(made.coverage.missing(), [""; 0]);
    let mut of_called = Coverage::new(&self::program(called));
    for ran in made.file.run(&program) {
        of_called.add_called(&"pregunta".parse().unwrap(), &ran.trail);
    }
    assert!(of_called.percent() > 50, "{}", of_called.words(9));
}

#[test]
fn only_what_is_wrong_is_written_anew() {
    let yaml = r#"scenarios:
  - name: uno
    steps:
      - writes: precio
        says: ¿Qué buscas, Ana?…
      - taps: Lentes
      - answers: { json: { precio: 20 } }
        says: Cuestan 30.
        data: { precio: 30 }
        ended: true
"#;
    let program = program(FLOW);
    let (updated, failed) = scenarios(yaml).updated(&program);
    assert_eq!(failed, []);
    let steps = &updated.scenarios[0].steps;
    assert_eq!(steps[0], scenarios(yaml).scenarios[0].steps[0], "what fits stays");
    assert_eq!(steps[1].expected.at.as_deref(), Some("consulta"), "a blank step is filled in");
    assert_eq!(steps[2].expected.says.as_ref().unwrap().0, ["Cuestan 20.\n¡Gracias!"]);
    assert_eq!(steps[2].expected.data.as_ref().unwrap()["precio"], 20);
    assert!(updated.run(&program)[0].is_good());
    assert_eq!(updated.updated(&program).0.to_yaml(), updated.to_yaml());
}

#[test]
fn what_the_flow_has_not_cannot_be_expected() {
    let yaml = "scenarios:\n  - name: uno\n    steps:\n      - { writes: precio, at: menuu, path: [inicio, nada], data: { temas: 1 } }\n";
    let problems = scenarios(yaml).check(&program(FLOW));
    let told: Vec<_> = problems
        .iter()
        .map(|p| (p.code.as_str(), p.line, p.help.contains("menu") || p.help.contains("tema")))
        .collect();
    assert_eq!(told.len(), 3, "{problems:?}");
    assert!(
        told.contains(&("test.unknown_step", Some(4), true))
            && told.contains(&("test.unknown_data", Some(4), true)),
        "{told:?}"
    );
}

/// Makes scenarios up; they are read, and pass, as they are written.
fn made(program: &Arc<Program>, effort: Effort) -> Generated {
    let made = generate(program, &Scenarios::default(), effort);
    let written = made.file.to_yaml();
    let read = scenarios(&written);
    assert_eq!(read.to_yaml(), written);
    assert_eq!(read.check(program), []);
    let mut coverage = Coverage::new(program);
    for ran in read.run(program) {
        assert!(ran.is_good(), "{ran:?}\n{written}");
        coverage.add(&ran.trail);
    }
    assert_eq!(coverage, made.coverage);
    made
}

#[test]
fn scenarios_are_found_for_every_exit_of_every_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut flows: Vec<(String, String)> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".yaml") && !name.ends_with(".test.yaml") && name != "personas.yaml" {
            flows.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    for kind in catalogue().kinds() {
        for example in kind.examples() {
            flows.push((format!("{}: {}", kind.meta.kind, example.title), example.flow.to_owned()));
        }
    }
    let (mut exits, mut spent, mut missed) = (0, 0, Vec::new());
    for (name, flow) in &flows {
        let made = made(&program(flow), Effort::default());
        exits += made.coverage.exits();
        spent += made.spent;
        missed.extend(made.coverage.missing().into_iter().map(|exit| format!("{name}: {exit}")));
    }
    println!("{} flows, {exits} exits, {} not found, {spent} tries", flows.len(), missed.len());
    assert_eq!(missed, NEVER);
}

/// Nobody can take these: 23 hours after a message the window is always open, after 24 never.
const NEVER: [&str; 3] = [
    "window: Ayer escribió: todavía se le puede escribir: paso.closed",
    "window: Ayer escribió: todavía se le puede escribir: equipo.resolved",
    "window: Pasó un día entero: ya no: paso.open",
];

#[test]
fn the_same_effort_finds_the_same() {
    let program = program(FLOW);
    let effort = Effort { seed: 7, ..Effort::default() };
    assert_eq!(made(&program, effort).file.to_yaml(), made(&program, effort).file.to_yaml());
}

#[test]
fn a_small_effort_says_what_it_did_not_find() {
    let made = made(&program(FLOW), Effort { acts: 3, seed: 0 });
    assert!(made.spent <= 6);
    assert!(made.coverage.percent() < 100);
    assert!(!made.coverage.missing().is_empty());
}

/// Flows in which one thing is hard to find.
#[test]
fn hard_exits_are_found() {
    let with = |steps: &str| {
        format!(
            "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: a }} }}\n  fin: {{ kind: end }}\n{steps}"
        )
    };
    for (what, steps) in [
        (
            "a number near a bound, worked out of two",
            r#"
  a: { kind: question, config: { text: ¿Cuántos?, answer: { type: number, min: 1, max: 50, integer: true }, save_to: n }, exits: { ok: b, no_match: fin } }
  b: { kind: set, config: { variable: total, value: n * 2 + 6 }, exits: { next: c } }
  c: { kind: decision, config: { rules: [{ id: mucho, when: total > 40 }, { id: justo, when: n == 17 }] }, exits: { mucho: fin, justo: fin, else: fin } }
"#,
        ),
        (
            "forty times round",
            r#"
  a: { kind: question, config: { text: ¿Clave?, answer: { type: open }, save_to: clave }, exits: { ok: b, no_match: fin } }
  b: { kind: decision, config: { rules: [{ id: bien, when: clave == "abc" }] }, exits: { bien: fin, else: c } }
  c: { kind: loop_guard, config: { times: 40 }, exits: { again: a, exceeded: fin } }
"#,
        ),
        (
            "one customer in a hundred",
            r#"
  a: { kind: question, config: { text: ¿Vienes?, answer: { type: yes_no } }, exits: { yes: b, no: fin, no_match: fin } }
  b: { kind: split, config: { arms: [{ id: muchos, title: A, weight: 99 }, { id: pocos, title: B, weight: 1 }] }, exits: { muchos: fin, pocos: c } }
  c: { kind: question, config: { text: ¿Seguro?, answer: { type: yes_no } }, exits: { yes: fin, no: fin, no_match: fin } }
"#,
        ),
        (
            "who the customer is",
            r#"
  a: { kind: decision, config: { rules: [{ id: vip, when: '"vip" in contact.tags' }, { id: nadie, when: contact.name == () }, { id: en, when: contact.language == "en" }, { id: ofertas, when: contact.consents.ofertas }, { id: nunca, when: contact.consents.ofertas == false }] }, exits: { vip: fin, nadie: fin, en: fin, ofertas: fin, nunca: fin, else: fin } }
"#,
        ),
        (
            "a closed window",
            r#"
  a: { kind: handoff, config: { queue: ventas }, exits: { resolved: b } }
  b: { kind: window, exits: { open: fin, closed: fin } }
"#,
        ),
        (
            "hours, after a question",
            r#"
  a: { kind: question, config: { text: ¿Vienes?, answer: { type: yes_no } }, exits: { yes: b, no: fin, no_match: fin } }
  b: { kind: hours, config: { calendar: { week: { sun: ["3:00-4:00"] } } }, exits: { open: c, closed: fin } }
  c: { kind: question, config: { text: ¿Seguro?, answer: { type: yes_no } }, exits: { yes: fin, no: fin, no_match: fin } }
"#,
        ),
        (
            "the hour in a condition",
            r#"
  a: { kind: decision, config: { rules: [{ id: noche, when: hour(now()) >= 22 }] }, exits: { noche: fin, else: fin } }
"#,
        ),
        (
            "a server's answer",
            r#"
  a: { kind: http, config: { url: "https://a.example", save: [{ to: precio, from: "answer.body.items[0].precio" }, { to: hay, from: answer.body.hay }], status_to: codigo }, exits: { ok: b, error: d, unavailable: fin } }
  b: { kind: decision, config: { rules: [{ id: caro, when: precio > 500 && hay }, { id: nada, when: "!hay" }] }, exits: { caro: fin, nada: fin, else: fin } }
  d: { kind: switch, config: { value: codigo, cases: [{ id: falta, values: ["404"] }, { id: tetera, values: ["418"] }] }, exits: { falta: fin, tetera: fin, else: fin } }
"#,
        ),
        (
            "a word from anywhere, an event, a table",
            r#"
  a: { kind: question, config: { text: ¿Vienes?, answer: { type: yes_no } }, exits: { yes: b, no: fin, no_match: fin } }
  b: { kind: wait_event, config: { event: pago, timeout: 1h }, exits: { happened: c, timeout: fin } }
  c: { kind: question, config: { text: ¿Plato?, answer: { type: open }, save_to: plato }, exits: { ok: d, no_match: fin } }
  d: { kind: lookup, config: { table: carta, column: plato, value: plato, save_to: fila }, exits: { found: fin, not_found: fin } }
  humano: { kind: command, config: { words: [humano] }, exits: { next: asesor } }
  asesor: { kind: handoff, config: { queue: ventas, timeout: 5m }, exits: { resolved: fin, timeout: fin } }
tables: { carta: { columns: [plato, precio], rows: [[Ceviche, 38], [Lomo saltado, 42]] } }
"#,
        ),
        (
            "what does not arrive",
            r#"
  a: { kind: message, config: { text: Hola }, exits: { next: b, undelivered: fin } }
  b: { kind: wait, config: { for: 25h }, exits: { next: c } }
  c: { kind: message, config: { text: ¿Sigues ahí? }, exits: { next: fin, window_closed: fin } }
"#,
        ),
    ] {
        let made = made(&program(&with(steps)), Effort::default());
        let never: &[&str] = if what == "what does not arrive" { &["c.next"] } else { &[] };
        assert_eq!(made.coverage.missing(), never, "{what} ({} tries)", made.spent);
    }
}

/// A step of a random flow: what it is, and where its exits lead (a place among the steps).
type Drawn = (u8, u8, usize, usize, usize);

fn random_flow(steps: &[Drawn]) -> String {
    let at = |place: &usize| format!("s{}", place % steps.len());
    let mut yaml = String::from(
        "id: f\nname: F\nstart: inicio\nvariables: { x: {} }\nnodes:\n  inicio: { kind: start, config: { any_message: true, save_to: x }, exits: { next: s0 } }\n",
    );
    for (i, (what, n, a, b, c)) in steps.iter().enumerate() {
        let (a, b, c) = (at(a), at(b), at(c));
        yaml += &match what % 8 {
            0 => format!(
                "  s{i}: {{ kind: decision, config: {{ rules: [{{ id: si, when: 'number(x) > {n}' }}] }}, exits: {{ si: {a}, else: {b} }} }}\n"
            ),
            1 => format!("  s{i}: {{ kind: wait, config: {{ for: 9h }}, exits: {{ next: {a} }} }}\n"),
            2 => format!(
                "  s{i}: {{ kind: message, config: {{ text: hola }}, exits: {{ next: {a}, undelivered: {b} }} }}\n"
            ),
            3 => format!(
                "  s{i}: {{ kind: question, config: {{ text: ¿x?, answer: {{ type: number }}, save_to: x, timeout: 10h }}, exits: {{ ok: {a}, no_match: {b}, timeout: {c} }} }}\n"
            ),
            4 => format!(
                "  s{i}: {{ kind: split, config: {{ arms: [{{ id: a, title: A, weight: 1 }}, {{ id: b, title: B, weight: 1 }}] }}, exits: {{ a: {a}, b: {b} }} }}\n"
            ),
            5 => format!(
                "  s{i}: {{ kind: loop_guard, config: {{ times: {} }}, exits: {{ again: {a}, exceeded: {b} }} }}\n",
                n % 5 + 1
            ),
            6 => format!(
                "  s{i}: {{ kind: http, config: {{ url: 'https://a.example', save: [{{ to: x, from: answer.body.x }}] }}, exits: {{ ok: {a}, error: {b}, unavailable: {c} }} }}\n"
            ),
            _ => format!("  s{i}: {{ kind: end }}\n"),
        };
    }
    yaml
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whatever the flow, what is made up is read again and passes.
    #[test]
    fn what_is_made_up_passes(
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), any::<usize>(), any::<usize>(), any::<usize>()), 2..9),
        seed in any::<u64>(),
    ) {
        let Ok(program) = Program::read(&random_flow(&steps), &catalogue()) else { return Ok(()) };
        made(&Arc::new(program), Effort { acts: 2_000, seed });
    }
}
