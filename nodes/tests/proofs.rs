//! What is proven of a flow before anybody walks through it: data that is there, and a window that is open.

use cauce_flows::{Facts, Problem, Program, Rehearsal, RunState};
use cauce_model::{Duration, Effect, InboundContent};
use cauce_nodes::catalogue;
use proptest::prelude::*;

fn program(yaml: &str) -> Program {
    Program::read(yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}\n{yaml}"))
}

fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.into() }
}

/// The warnings with this code: where they are, and the way that proves them.
fn warned(yaml: &str, code: &str) -> Vec<(String, String)> {
    let program = program(yaml);
    let of_code = |problem: &&Problem| problem.code == code;
    let told = |problem: &Problem| {
        let way: Vec<&str> = problem.witness.iter().map(|id| id.as_str()).collect();
        (problem.path.clone().unwrap_or_default(), way.join(" → "))
    };
    program.warnings().iter().filter(of_code).map(told).collect()
}

const ASKED: &str = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: nombre } }
  nombre:
    kind: question
    config: { text: ¿Nombre?, answer: { type: open }, save_to: nombre, timeout: 1h }
    exits: { ok: fin, no_match: fin, timeout: fin }
  fin: { kind: end, config: { text: "Gracias, {{ nombre }}." } }
"#;

#[test]
fn a_text_may_only_name_what_is_there_on_every_way() {
    let told = warned(ASKED, "var.maybe_unset");
    assert_eq!(told, [("/nodes/fin/config/text".into(), "inicio → nombre → fin".into())]);

    let own_ends = ASKED.replace("no_match: fin, timeout: fin", "no_match: adios, timeout: adios")
        + "  adios: { kind: end }\n";
    assert_eq!(warned(&own_ends, "var.maybe_unset"), []);
    let said = ASKED.replace("{{ nombre }}", "{{ nombre ?? \\\"cliente\\\" }}");
    assert_eq!(warned(&said, "var.maybe_unset"), []);
}

#[test]
fn a_way_that_goes_round_what_writes_it_is_told() {
    let yaml = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: cual } }
  cual:
    kind: decision
    config: { rules: [{ id: si, when: contact.name == "Ana" }] }
    exits: { si: guarda, else: otro }
  guarda: { kind: set, config: { variable: total, value: "1" }, exits: { next: junta } }
  otro: { kind: tags, config: { add: [vip] }, exits: { next: junta } }
  junta: { kind: message, config: { text: "Son {{ total }} y {{ total }}." }, exits: { next: fin } }
  fin: { kind: end, config: { text: "{{ total }}" } }
"#;
    let told = warned(yaml, "var.maybe_unset");
    assert_eq!(
        told,
        [
            ("/nodes/junta/config/text".into(), "inicio → cual → otro → junta".into()),
            ("/nodes/fin/config/text".into(), "inicio → cual → otro → junta → fin".into()),
        ]
    );
}

#[test]
fn a_form_may_name_its_own_earlier_answers() {
    let yaml = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: datos } }
  datos:
    kind: form
    config: { fields: [{ key: nombre, type: open, ask: ¿Nombre? }, { key: correo, type: email, ask: "{{ nombre }}, ¿correo?" }] }
    exits: { ok: fin, no_match: adios }
  fin: { kind: end, config: { text: "{{ nombre }} {{ correo }}" } }
  adios: { kind: end, config: { text: "Adiós, {{ nombre }}." } }
"#;
    let told = warned(yaml, "var.maybe_unset");
    assert_eq!(told, [("/nodes/adios/config/text".into(), "inicio → datos → adios".into())]);
}

/// A flow that waits so long twice, then speaks.
fn waits(first: &str, second: &str) -> String {
    format!(
        r#"
id: f
name: F
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: uno }} }}
  uno: {{ kind: wait, config: {{ for: {first} }}, exits: {{ next: dos }} }}
  dos: {{ kind: wait, config: {{ for: {second} }}, exits: {{ next: habla }} }}
  habla: {{ kind: message, config: {{ text: ¿Sigues ahí? }}, exits: {{ next: fin }} }}
  fin: {{ kind: end }}
"#
    )
}

#[test]
fn time_adds_up_until_the_window_may_be_closed() {
    assert_eq!(warned(&waits("20h", "3h"), "wa.window"), []);
    let told = warned(&waits("20h", "4h"), "wa.window");
    assert_eq!(told, [("/nodes/habla".into(), "inicio → uno → dos → habla".into())]);
    let connected =
        waits("20h", "4h").replace("{ next: fin } }\n  fin", "{ next: fin, window_closed: fin } }\n  fin");
    assert_eq!(warned(&connected, "wa.window"), []);
}

#[test]
fn an_answer_opens_the_window_and_silence_does_not() {
    let yaml = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: pausa } }
  pausa: { kind: wait, config: { for: 23h }, exits: { next: pregunta } }
  pregunta:
    kind: question
    config: { text: ¿Vienes?, answer: { type: yes_no }, timeout: 2h }
    exits: { yes: bien, no: bien, no_match: bien, timeout: tarde }
  bien: { kind: message, config: { text: Gracias. }, exits: { next: fin } }
  tarde: { kind: message, config: { text: ¿Hola? }, exits: { next: fin } }
  fin: { kind: end }
"#;
    let told = warned(yaml, "wa.window");
    assert_eq!(told, [("/nodes/tarde".into(), "inicio → pausa → pregunta → tarde".into())]);
}

#[test]
fn what_goes_round_without_the_customer_closes_the_window_in_the_end() {
    let yaml = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: recuerda } }
  recuerda: { kind: message, config: { text: ¿Seguimos? }, exits: { next: espera } }
  espera:
    kind: question
    config: { text: ¿Sí?, answer: { type: yes_no }, timeout: 1m }
    exits: { yes: fin, no: fin, no_match: fin, timeout: recuerda }
  fin: { kind: end }
"#;
    let told: Vec<String> = warned(yaml, "wa.window").into_iter().map(|(path, _)| path).collect();
    assert_eq!(told, ["/nodes/recuerda", "/nodes/espera"]);
}

#[test]
fn after_a_person_nobody_knows_what_time_it_is() {
    let yaml = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: persona } }
  persona: { kind: handoff, config: { queue: ventas }, exits: { resolved: gracias } }
  gracias: { kind: message, config: { text: Gracias. }, exits: { next: fin } }
  fin: { kind: end, config: { text: Adiós. } }
"#;
    assert_eq!(warned(yaml, "wa.window").len(), 1, "an end has no way on, and says what it can");
}

#[test]
fn whoever_did_not_write_may_have_been_silent_for_long() {
    const SPEAKS: &str = "habla";
    let told = |triggers: &str, next: &str| {
        let window = match next {
            SPEAKS => "",
            _ => "  abierta: { kind: window, exits: { open: habla, closed: fin } }\n",
        };
        let flow = format!(
            "id: f\nname: F\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ {triggers} }}, exits: {{ next: {next} }} }}\n{window}  habla: {{ kind: message, config: {{ text: Llegó. }}, exits: {{ next: fin }} }}\n  fin: {{ kind: end }}\n"
        );
        warned(&flow, "wa.window")
    };
    assert_eq!(told("keywords: [hola]", SPEAKS), []);
    let late = [("/nodes/habla".to_owned(), "inicio → habla".to_owned())];
    for triggers in
        ["events: [llego]", "keywords: [hola], events: [llego]", "schedule: { tag: deudor, at: \"9:00\" }"]
    {
        assert_eq!(told(triggers, SPEAKS), late, "{triggers}");
        assert_eq!(told(triggers, "abierta"), [], "{triggers}");
    }
}

#[test]
fn a_step_that_would_speak_into_a_closed_window_takes_its_exit() {
    let yaml = waits("20h", "4h")
        .replace("{ next: fin } }\n  fin", "{ next: fin, window_closed: nota } }\n  fin")
        + "  nota: { kind: tags, config: { add: [callado] }, exits: { next: fin } }\n";
    let mut talk = Rehearsal::new(std::sync::Arc::new(program(&yaml)), Facts::default());
    talk.hear(&text("hola"));
    let effects = talk.pass(Duration::hours(24));
    assert_eq!(talk.take_too_late(), 0);
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Send { .. })), "{effects:?}");
    assert!(talk.facts().contact.tags.contains("callado"));
}

/// A step of a random flow: what it is, and where its exits lead (a place among the steps).
type Drawn = (u8, usize, usize, usize);

/// Rules of a decision, some of which can never be used.
const RULES: [&str; 4] = [
    "{ id: r0, when: x == 1 }, { id: r1, when: x > 5 }, { id: r2, when: x > 6 }",
    r#"{ id: r0, when: m == "uno" }, { id: r1, when: 'm in ["uno", "dos"]' }, { id: r2, when: m == "tres" }"#,
    r#"{ id: r0, when: m != "uno" && x != 7 }, { id: r1, when: x == 7 || m == "uno" }, { id: r2, when: x == 7 }"#,
    "{ id: r0, when: x == 7 && x == 1 }, { id: r1, when: 'true' }, { id: r2, when: x == 1 }",
];

/// `told`: it begins by what another system tells, and not by what the customer writes.
fn random_flow(steps: &[Drawn], told: bool) -> String {
    let at = |place: &usize| format!("s{}", place % steps.len());
    let trigger = if told { "events: [ya]" } else { "any_message: true" };
    let mut yaml = format!(
        "id: f\nname: F\nstart: inicio\nvariables: {{ x: {{}}, m: {{}} }}\nnodes:\n  inicio: {{ kind: start, config: {{ {trigger} }}, exits: {{ next: s0 }} }}\n",
    );
    for (i, (what, to_a, to_b, to_c)) in steps.iter().enumerate() {
        let (a, b, c) = (at(to_a), at(to_b), at(to_c));
        let rules = RULES[to_a % RULES.len()];
        let step = match what % 15 {
            0 => format!("kind: set, config: {{ variable: x, value: \"1\" }}, exits: {{ next: {a} }}"),
            1 => format!("kind: wait, config: {{ for: 9h }}, exits: {{ next: {a} }}"),
            2 => format!("kind: message, config: {{ text: \"x={{{{ x }}}}\" }}, exits: {{ next: {a} }}"),
            3 => format!(
                "kind: question, config: {{ text: ¿x?, answer: {{ type: number }}, save_to: x, timeout: 10h }}, exits: {{ ok: {a}, no_match: {b}, timeout: {c} }}"
            ),
            4 => format!(
                "kind: split, config: {{ sticky: false, arms: [{{ id: a, title: A, weight: 1 }}, {{ id: b, title: B, weight: 1 }}] }}, exits: {{ a: {a}, b: {b} }}"
            ),
            5 => format!(
                "kind: decision, config: {{ rules: [{rules}] }}, exits: {{ r0: {a}, r1: {b}, r2: {c}, else: {a} }}"
            ),
            6 => format!(
                "kind: switch, config: {{ value: m, cases: [{{ id: c0, values: [uno] }}, {{ id: c1, values: [tres] }}] }}, exits: {{ c0: {a}, c1: {b}, else: {c} }}"
            ),
            7 => format!(
                "kind: question, config: {{ text: ¿m?, answer: {{ type: buttons, options: [{{ id: uno, title: Uno }}, {{ id: dos, title: Dos }}] }}, save_to: m }}, exits: {{ uno: {a}, dos: {b}, no_match: {c} }}"
            ),
            8 => format!(
                "kind: handoff, config: {{ queue: q, timeout: 5h }}, exits: {{ resolved: {a}, timeout: {b} }}"
            ),
            9 => format!("kind: window, exits: {{ open: {a}, closed: {b} }}"),
            10 => format!("kind: loop_guard, config: {{ times: 2 }}, exits: {{ again: {a}, exceeded: {b} }}"),
            11 => format!(
                "kind: form, config: {{ retries: 1, fields: [{{ key: x, type: number, ask: ¿x? }}, {{ key: y, type: open, ask: ¿y? }}] }}, exits: {{ ok: {a}, no_match: {b} }}"
            ),
            12 => format!(
                "kind: message, config: {{ text: Va., parts: [{{ type: text, text: Otra. }}] }}, exits: {{ next: {a}, window_closed: {b} }}"
            ),
            13 => format!(
                "kind: hours, config: {{ calendar: {{ week: {{ mon: [\"9:00-18:00\"] }} }} }}, exits: {{ open: {a}, closed: {b} }}"
            ),
            // Ends and people have no way for a closed window: they say what they can.
            _ => "kind: end".to_owned(),
        };
        yaml += &format!("  s{i}: {{ {step} }}\n");
    }
    yaml
}

/// The exits that the checks say are never used, as `step exit`.
fn never_used(program: &Program) -> Vec<String> {
    let told = program
        .warnings()
        .iter()
        .filter(|problem| ["flow.rule_unreachable", "flow.case_impossible"].contains(&problem.code.as_str()));
    let exit = |problem: &Problem| {
        let parts: Vec<&str> = problem.path.as_deref().unwrap_or_default().split('/').collect();
        let prefix = if parts[4] == "rules" { "r" } else { "c" };
        format!("{} {prefix}{}", parts[2], parts[5])
    };
    told.map(exit).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// What is not warned of does not happen, whatever the customer does.
    #[test]
    fn what_is_not_told_does_not_happen(
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>(), any::<usize>()), 2..12),
        seed in any::<u64>(),
        doings in prop::collection::vec(0u8..7, 0..30),
        told in any::<bool>(),
    ) {
        let yaml = random_flow(&steps, told);
        // Flows with errors, as a trap, are not walked.
        let program = match Program::read(&yaml, &catalogue()) {
            Ok(program) => program,
            Err(problems) => {
                let of_the_graph = |problem: &Problem| problem.code.starts_with("flow.");
                prop_assert!(problems.iter().filter(|problem| problem.is_error()).all(of_the_graph), "{problems:#?}");
                return Ok(());
            }
        };
        let warned = |code: &str| program.warnings().iter().any(|problem| problem.code == code);
        let (unset, late) = (warned("var.maybe_unset"), warned("wa.window"));
        let (proven, facts) = program.prove();
        prop_assert_eq!(&proven[..], program.warnings(), "proven once more");
        let never = never_used(&program);
        let start = Facts { seed, ..Facts::default() };
        let mut talk = Rehearsal::new(std::sync::Arc::new(program), start);
        let sends = |effects: &[Effect]| effects.iter().filter(|e| matches!(e, Effect::Send { .. })).count();
        let began = if told { talk.tell("ya", &serde_json::Value::Null) } else { talk.hear(&text("hola")) };
        let mut said = began.unwrap_or_default();
        prop_assert!(sends(&said) <= facts.messages_per_turn);
        for doing in doings {
            if talk.waiting().is_none() {
                break; // over: the next message would be another talk
            }
            let effects = match doing {
                0 => talk.hear(&text("7")).unwrap_or_default(),
                1 => talk.hear(&text("no sé")).unwrap_or_default(),
                2 => talk.hear(&text("uno")).unwrap_or_default(),
                3 => talk.hear(&text("dos")).unwrap_or_default(),
                4 => talk.resolve("rosa"),
                _ => talk.pass(Duration::hours(10)),
            };
            prop_assert!(doing > 4 || sends(&effects) <= facts.messages_per_turn, "too many at once");
            said.extend(effects);
        }
        let holes = said.iter().filter(|effect| {
            matches!(effect, Effect::Send { content, .. } if content.words() == "x=")
        });
        prop_assert!(unset || holes.count() == 0, "a hole without a warning");
        prop_assert!(late || talk.take_too_late() == 0, "too late without a warning");
        prop_assert!(facts.messages_in_all.is_none_or(|most| sends(&said) <= most), "too many in all");
        prop_assert!(!matches!(talk.state(), Some(RunState::Failed { .. })), "{:?}\n{yaml}", talk.state());
        let used = talk.trail().iter().filter_map(|step| Some(format!("{} {}", step.node, step.exit.as_ref()?)));
        for used in used {
            prop_assert!(!never.contains(&used), "{used} was said to be never used\n{yaml}");
        }
    }
}
