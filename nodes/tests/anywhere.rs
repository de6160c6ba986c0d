//! What happens beside the way that is drawn: commands, handlers, answers in pieces, flows that call flows,
//! what other systems tell, and what starts a flow.

use std::sync::Arc;

use cauce_flows::{Facts, Opening, Problem, Program, Rehearsal, RunState, Trigger, WaitKind, transcript};
use cauce_model::{Duration, Effect, FlowId, InboundContent, Referral};
use serde_json::json;

fn compile(yaml: &str) -> Program {
    let told = |problems: Vec<Problem>| panic!("{yaml}{problems:#?}");
    Program::read(yaml, &cauce_nodes::catalogue()).unwrap_or_else(told)
}

fn codes(problems: Vec<Problem>) -> Vec<String> {
    problems.into_iter().map(|problem| problem.code).collect()
}

fn errors(yaml: &str) -> Vec<String> {
    codes(Program::read(yaml, &cauce_nodes::catalogue()).err().unwrap_or_default())
}

struct Talk(Rehearsal);

impl Talk {
    fn of(yaml: &str) -> Self {
        Self::with(compile(yaml))
    }

    fn with(program: Program) -> Self {
        Self(Rehearsal::new(Arc::new(program), Facts::default()))
    }

    fn say(&mut self, text: &str) -> Vec<String> {
        let effects = self.0.hear(&InboundContent::Text { body: text.to_owned() });
        lines(&effects.expect("it is heard"))
    }

    fn pass(&mut self, seconds: i64) -> Vec<String> {
        lines(&self.0.pass(Duration::seconds(seconds)))
    }

    fn at(&self) -> String {
        match self.0.state() {
            Some(RunState::Waiting(wait)) => wait.node.to_string(),
            Some(RunState::Ended { outcome }) => format!("ended {}", outcome.as_deref().unwrap_or_default()),
            Some(RunState::Failed { node, code, .. }) => format!("{node} failed: {code}"),
            None => "nowhere".to_owned(),
        }
    }
}

fn lines(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(transcript).collect()
}

const ORDER: &str = r#"
id: pedido
name: Pedido
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [pedido] }, exits: { next: plato } }
  plato: { kind: question, config: { text: ¿Plato?, save_to: plato }, exits: { ok: datos, no_match: fin } }
  datos:
    kind: form
    config: { fields: [{ key: calle, type: open, ask: ¿Calle?}, { key: hora, type: open, ask: ¿Hora? }] }
    exits: { ok: pausa, no_match: fin }
  pausa: { kind: wait, config: { for: 2h }, exits: { next: fin } }
  fin: { kind: end, config: { text: "{{ plato ?? \"\" }}, {{ calle ?? \"\" }}" } }
  atras: { kind: command, config: { words: [atrás], then: back } }
  ayuda: { kind: command, config: { words: [ayuda], text: Te ayudo., then: repeat } }
  nuevo: { kind: command, config: { words: [de nuevo], then: restart } }
  salir: { kind: command, config: { words: [salir], text: Chau., then: end } }
"#;

#[test]
fn a_customer_goes_back_question_by_question_also_inside_a_form() {
    let mut talk = Talk::of(ORDER);
    assert_eq!(talk.say("pedido"), ["¿Plato?"]);
    assert_eq!(talk.say("Ceviche"), ["¿Calle?"]);
    assert_eq!(talk.say("Larco 1"), ["¿Hora?"]);
    assert_eq!(talk.say("ATRÁS"), ["¿Calle?"]);
    assert_eq!(talk.say("atras"), ["¿Plato?"]);
    assert_eq!(talk.say("atras"), ["¿Plato?"], "there is nothing before the first question");
    assert_eq!(talk.say("Lomo"), ["¿Calle?"]);
    assert_eq!(talk.say("ayuda"), ["Te ayudo.", "¿Calle?"]);
    talk.say("Larco 2");
    talk.say("a las 3");
    assert_eq!(talk.pass(7200), ["Lomo, Larco 2"]);
}

#[test]
fn a_command_during_a_delay_leaves_the_delay_as_it_was() {
    let mut talk = Talk::of(ORDER);
    for text in ["pedido", "Lomo", "Larco 2", "a las 3"] {
        talk.say(text);
    }
    let wait = talk.0.waiting().cloned().unwrap();
    talk.pass(3600);
    assert_eq!(talk.say("ayuda"), ["Te ayudo."]);
    assert_eq!(talk.0.waiting(), Some(&wait), "the same wait");
    assert_eq!(talk.say("¿sigue ahí?"), Vec::<String>::new());
    // Also its time goes on: the other hour, not two.
    assert_eq!(talk.pass(3600), ["Lomo, Larco 2"]);
}

#[test]
fn a_command_begins_anew_or_ends() {
    let mut talk = Talk::of(ORDER);
    talk.say("pedido");
    talk.say("Lomo");
    assert_eq!(talk.say("de nuevo"), ["¿Plato?"]);
    assert_eq!(talk.say("salir"), ["Chau."]);
    assert_eq!(talk.at(), "ended ");
}

#[test]
fn a_tap_is_an_answer_and_no_command() {
    let mut talk = Talk::of(
        r#"
id: a
name: A
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: q } }
  q: { kind: question, config: { text: ¿?, answer: { type: buttons, options: [{ id: menu, title: Menú }] } }, exits: { menu: fin, no_match: fin } }
  fin: { kind: end, config: { text: Elegido. } }
  menu: { kind: command, config: { words: [menu], text: Comando., then: end } }
"#,
    );
    talk.say("hola");
    let tap = talk.0.tap(0).unwrap();
    assert_eq!(lines(&talk.0.hear(&tap).unwrap()), ["Elegido."]);
    talk.say("hola");
    assert_eq!(talk.say("Menú"), ["Comando."]);
}

#[test]
fn exits_into_commands_and_two_handlers_of_one_exit_are_errors() {
    let flow = |more: &str| {
        format!(
            "id: a\nname: A\nstart: inicio\nnodes:\n  inicio: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: q }} }}\n  fin: {{ kind: end }}\n{more}"
        )
    };
    let command = "  menu: { kind: command, config: { words: [menu] }, exits: { next: fin } }\n";
    let into = flow(&format!(
        "  q: {{ kind: question, config: {{ text: x }}, exits: {{ ok: menu, no_match: fin }} }}\n{command}"
    ));
    assert_eq!(errors(&into), ["flow.exit_to_command"]);
    let handlers = "  a: { kind: unexpected, config: { for: [no_match] }, exits: { next: fin } }\n  b: { kind: unexpected, config: { for: [no_match] }, exits: { next: fin } }\n";
    let two =
        flow(&format!("  q: {{ kind: question, config: {{ text: x }}, exits: {{ ok: fin }} }}\n{handlers}"));
    assert!(errors(&two).contains(&"flow.two_handlers".to_owned()));
}

#[test]
fn pieces_of_an_answer_are_one_answer() {
    let mut talk = Talk::of(
        r#"
id: a
name: A
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: q } }
  q:
    kind: question
    config: { text: ¿Qué buscas?, collect: 8s, save_to: busca, timeout: 1h }
    exits: { ok: fin, no_match: fin, timeout: nadie }
  fin: { kind: end, config: { text: "Buscas: {{ busca ?? \"\" }}" } }
  nadie: { kind: end, config: { text: ¿Sigues ahí? } }
"#,
    );
    talk.say("hola");
    assert_eq!(talk.say("quería"), Vec::<String>::new());
    assert_eq!(talk.pass(7), Vec::<String>::new());
    assert_eq!(talk.say("un precio"), Vec::<String>::new());
    assert_eq!(talk.pass(7), Vec::<String>::new());
    assert_eq!(talk.pass(1), ["Buscas: quería\nun precio"]);
    talk.say("hola");
    assert_eq!(talk.pass(3600), ["¿Sigues ahí?"], "who writes nothing is waited for as long as it says");
    talk.say("hola");
    for n in 0..20 {
        talk.say(&n.to_string());
    }
    assert_eq!(talk.say("21"), ["Buscas: 21"], "what never ends is not waited for: the next is an answer");
}

const CALLED: &str = r#"
id: ciudad
name: Ciudad
start: inicio
params: { quien: { type: text } }
returns: [ciudad]
nodes:
  inicio: { kind: start, config: { called: true }, exits: { next: q } }
  q: { kind: question, config: { text: "{{ quien }}, ¿tu ciudad?", save_to: ciudad }, exits: { ok: roto, no_match: fin } }
  roto: { kind: decision, config: { rules: [{ id: mal, label: Mal, when: "1 / (ciudad.len() - 3) > 0" }] }, exits: { mal: fin, else: otra } }
  fin: { kind: end }
  otra: { kind: end, config: { outcome: lejos } }
"#;

fn caller(exits: &str, config: &str) -> String {
    format!(
        r#"
id: llama
name: Llama
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ any_message: true, save_to: hola }}, exits: {{ next: nombre }} }}
  nombre: {{ kind: question, config: {{ text: ¿Nombre?, save_to: nombre }}, exits: {{ ok: llama, no_match: fin }} }}
  llama:
    kind: call
    config: {{ flow: ciudad, params: [{{ name: quien, value: nombre }}], save: [{{ name: ciudad, save_to: donde }}]{config} }}
    exits: {{ {exits} }}
  fin: {{ kind: end, config: {{ text: "{{{{ nombre ?? \"\" }}}}: {{{{ donde ?? \"nada\" }}}}" }} }}
  lejos: {{ kind: end, config: {{ text: Lejos. }} }}
  mal: {{ kind: end, config: {{ text: Algo salió mal. }} }}
  atras: {{ kind: command, config: {{ words: [atrás], then: back }} }}
  menu: {{ kind: command, config: {{ words: [menú] }}, exits: {{ next: fin }} }}
"#
    )
}

fn together(caller: &str) -> Result<Program, Vec<Problem>> {
    let called = Arc::new(compile(CALLED));
    compile(caller).with_subflows(|flow: &FlowId| (flow.as_str() == "ciudad").then(|| called.clone()))
}

#[test]
fn a_flow_calls_another_and_gets_back_what_it_gives() {
    let plain = caller("next: fin, failed: mal", "");
    let mut talk = Talk::with(together(&plain).unwrap());
    talk.say("hola");
    assert_eq!(talk.say("Ana"), ["Ana, ¿tu ciudad?"]);
    assert_eq!(talk.at(), "q");
    assert_eq!(talk.say("Mérida"), ["Ana: Mérida"]);
    // What the called flow knows beside what it gives back stays with it.
    assert!(!talk.0.vars().contains_key("ciudad") && !talk.0.vars().contains_key("quien"));

    let named = caller("next: fin, lejos: lejos, failed: mal", ", outcomes: [lejos]");
    let mut talk = Talk::with(together(&named).unwrap());
    talk.say("hola");
    talk.say("Ana");
    assert_eq!(talk.say("Ta"), ["Lejos."]);
}

#[test]
fn a_called_flow_that_stops_is_caught_or_stops_all() {
    let caught = caller("next: fin, failed: mal", "");
    let mut talk = Talk::with(together(&caught).unwrap());
    talk.say("hola");
    talk.say("Ana");
    assert_eq!(talk.say("Ica"), ["Algo salió mal."]);

    let mut talk = Talk::with(together(&caller("next: fin", "")).unwrap());
    talk.say("hola");
    talk.say("Ana");
    assert_eq!(talk.say("Ica"), Vec::<String>::new());
    assert_eq!(talk.at(), "llama failed: expr.arithmetic");
}

#[test]
fn a_command_of_the_caller_leaves_the_called_flow() {
    let mut talk = Talk::with(together(&caller("next: fin", "")).unwrap());
    talk.say("hola");
    talk.say("Ana");
    assert_eq!(talk.say("menú"), ["Ana: nada"]);
}

#[test]
fn what_a_call_asks_for_must_be_there() {
    let told = |yaml: &str| codes(together(yaml).err().unwrap_or_default());
    let plain = caller("next: fin", "");
    assert_eq!(told(&plain.replace("flow: ciudad", "flow: pueblo")), ["flow.subflow_missing"]);
    assert_eq!(told(&plain.replace("flow: ciudad", "flow: llama")), ["flow.calls_itself"]);
    assert_eq!(
        told(&plain.replace("name: quien", "name: quienes")),
        ["flow.param_missing", "flow.param_unknown"]
    );
    assert_eq!(told(&plain.replace("name: ciudad,", "name: pais,")), ["flow.return_unknown"]);
    // A circle through another flow.
    let back = CALLED.replace(
        "  fin: { kind: end }",
        "  fin: { kind: call, config: { flow: llama }, exits: { next: otra } }",
    );
    let plain = compile(&plain);
    let once = Arc::new(plain.with_subflows(|_| Some(Arc::new(compile(CALLED)))).unwrap());
    let circle = compile(&back).with_subflows(|_| Some(once.clone()));
    assert_eq!(codes(circle.err().unwrap()), ["flow.calls_itself"]);
    // And through two.
    let between = "id: medio\nname: Medio\nstart: s\nnodes:\n  s: { kind: start, config: { any_message: true }, exits: { next: c } }\n  c: { kind: call, config: { flow: llama }, exits: { next: f } }\n  f: { kind: end }\n";
    let between = Arc::new(compile(between).with_subflows(|_| Some(once.clone())).unwrap());
    let circle =
        compile(&back.replace("flow: llama", "flow: medio")).with_subflows(|_| Some(between.clone()));
    assert_eq!(codes(circle.err().unwrap()), ["flow.calls_itself"]);
}

#[test]
fn another_version_of_a_called_flow_is_another_version_of_the_caller() {
    let plain = caller("next: fin", "");
    let one = together(&plain).unwrap();
    let newer = Arc::new(compile(&CALLED.replace("¿tu ciudad?", "¿dónde vives?")));
    let other = compile(&plain).with_subflows(|_| Some(newer.clone())).unwrap();
    assert_ne!(one.version(), other.version());
    assert_eq!(one.version(), together(&plain).unwrap().version());
}

#[test]
fn an_event_starts_a_flow_or_goes_to_the_one_that_waits() {
    let mut talk = Talk::of(
        r#"
id: carrito
name: Carrito
start: inicio
nodes:
  inicio: { kind: start, config: { events: [abandonado], save_origin_to: carrito }, exits: { next: espera } }
  espera: { kind: wait_event, config: { event: pago, timeout: 1d }, exits: { happened: fin, timeout: nada } }
  fin: { kind: end, config: { outcome: "si" } }
  nada: { kind: end }
"#,
    );
    assert!(talk.0.tell("otro", &json!(null)).is_none());
    assert!(talk.0.tell("abandonado", &json!({ "total": 5 })).is_some());
    assert_eq!(talk.0.vars()["carrito"], json!({ "total": 5 }));
    assert_eq!(talk.0.waiting().map(|wait| wait.kind), Some(WaitKind::Event));
    assert!(talk.0.tell("envio", &json!(1)).is_none(), "it does not wait for that");
    assert!(talk.0.tell("pago", &json!(1)).is_some());
    assert_eq!(talk.at(), "ended si");
}

#[test]
fn what_fits_best_starts() {
    let start = |config: &str| {
        compile(&format!(
            "id: a\nname: A\nstart: s\nnodes:\n  s: {{ kind: start, config: {{ {config} }}, exits: {{ next: f }} }}\n  f: {{ kind: end }}\n"
        ))
    };
    let says = |text: &str| InboundContent::Text { body: text.to_owned() };
    let fit = |program: &Program, text: &str, first: bool| program.matches(Some(&says(text)).into(), first);
    let any = start("any_message: true");
    let first = start("first_contact: true");
    let word = start("keywords: [promo]");
    let urgent = start("keywords: [promo], priority: 5");
    let exact = start("keywords: [promo], exact: true");
    let link = start("links: [promo-mayo]");
    let text = "Hola, vi la promo-mayo";
    assert!(fit(&any, text, true) < fit(&first, text, true));
    assert_eq!(fit(&first, text, false), None);
    assert!(fit(&first, text, true) < fit(&word, text, true));
    assert!(fit(&word, text, true) < fit(&urgent, text, true));
    assert!(fit(&urgent, text, true) < fit(&link, text, true));
    assert_eq!(fit(&exact, text, true), None);
    assert!(fit(&exact, "PROMO", true) > fit(&word, "la promo", true), "the whole message beats words in it");
    assert!(fit(&urgent, "la promo", false) > fit(&exact, "promo", false), "priority comes before that");

    let ad = start("ads: [\"123\"], save_origin_to: origen");
    let referral = Referral {
        source_type: "ad".into(),
        source_id: "123".into(),
        source_url: None,
        headline: Some("Promo".into()),
        body: None,
        click_id: None,
    };
    let hello = says("hola");
    let opening = Opening { content: Some(&hello), referral: Some(&referral), data: None };
    assert_eq!(ad.matches(opening, false).map(|fit| fit.by), Some(Trigger::Ad));
    assert_eq!(ad.matches(Some(&hello).into(), false), None);
}

#[test]
fn a_script_that_never_ends_is_stopped() {
    for code in ["while true { x = 1; }", "loop { x = 1; }", "for i in 0..1000000000 { x = i; }"] {
        let mut talk = Talk::of(&format!(
            "id: a\nname: A\nstart: s\nnodes:\n  s: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: c }} }}\n  c: {{ kind: script, config: {{ code: \"{code}\", outputs: [x] }}, exits: {{ next: f }} }}\n  f: {{ kind: end }}\n"
        ));
        talk.say("hola");
        assert_eq!(talk.at(), "c failed: expr.too_much_work", "{code}");
    }
}

#[test]
fn a_script_changes_only_what_it_declares() {
    let flow = |code: &str| {
        format!(
            "id: a\nname: A\nstart: s\nvariables: {{ otro: {{}} }}\nnodes:\n  s: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: c }} }}\n  c: {{ kind: script, config: {{ code: \"{code}\", outputs: [x] }}, exits: {{ next: f }} }}\n  f: {{ kind: end }}\n"
        )
    };
    assert_eq!(errors(&flow("otro = 1; x = 2;")), ["expr.not_output"]);
    assert_eq!(errors(&flow("x = y;")), ["expr.unknown_variable"]);
    assert_eq!(errors(&flow("x = print(1);")), ["expr.unknown_function"]);
    assert_eq!(errors(&flow("let y = 1; x = y;")), Vec::<String>::new());
}
