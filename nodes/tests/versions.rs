//! What changed between two versions of a real flow: told to people, and judged for those who are inside.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use cauce_flows::diff::{Class, Diff};
use cauce_flows::migrate::{Move, Plan, StepPlan, Verdict, back, land, plan};
use cauce_flows::{Document, Facts, Program, Run, RunState, Wait, WaitKind, parse, start};
use cauce_model::{Duration, Landed, Landing, Timestamp};

const FLOW: &str = r#"
id: tienda
name: Tienda
start: inicio
variables: { tema: { label: Tema } }
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: saludo } }
  saludo:
    kind: message
    config: { text: Hola }
    exits: { next: menu }
  menu:
    kind: question
    name: Menú
    config:
      text: ¿Qué necesitas?
      answer: { type: buttons, options: [{ id: ventas, title: Ventas }, { id: ayuda, title: Ayuda }] }
      save_to: tema
      timeout: 2h
    exits: { ventas: nombre, ayuda: fin, no_match: fin, timeout: fin }
  nombre:
    kind: question
    config: { text: ¿Cómo te llamas?, save_to: nombre }
    exits: { ok: adios, no_match: fin }
  adios: { kind: end, config: { text: "Gracias, {{ nombre }}." } }
  fin: { kind: end }
layout:
  menu: { x: 1, y: 2 }
"#;

fn changed(from: &str, to: &str) -> String {
    assert!(FLOW.contains(from), "{from}");
    FLOW.replacen(from, to, 1)
}

fn diff(to: &str) -> Diff {
    Diff::between(&document(FLOW), &document(to), &cauce_nodes::catalogue())
}

fn document(text: &str) -> Document {
    parse(text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn at<'a>(plan: &'a Plan, step: &str) -> &'a StepPlan {
    &plan[&step.parse::<cauce_model::NodeId>().unwrap()]
}

fn program(text: &str) -> Program {
    Program::read(text, &cauce_nodes::catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn a_change_is_told_in_a_sentence() {
    for (from, to, sentence) in [
        ("text: Hola", "text: ¡Hola!", "El texto de «saludo» cambió: «Hola» → «¡Hola!»."),
        ("ayuda: fin", "ayuda: nombre", "La salida «ayuda» de «Menú» ahora va a «nombre» (antes «fin»)."),
        ("timeout: 2h\n", "timeout: 3h\n", "En «Menú», cambió «Tiempo de espera»: «2h» → «3h»."),
        ("title: Ventas", "title: Precios", "En «Menú», cambió «Título» de «ventas»: «Ventas» → «Precios»."),
        (
            "{ id: ayuda, title: Ayuda }",
            "{ id: ayuda, title: Ayuda }, { id: otra, title: Otra }",
            "En «Menú» se agregó «otra» a «Botones».",
        ),
        (", { id: ayuda, title: Ayuda }", "", "En «Menú» se quitó «ayuda» de «Botones»."),
        (
            "{ id: ventas, title: Ventas }, { id: ayuda, title: Ayuda }",
            "{ id: ayuda, title: Ayuda }, { id: ventas, title: Ventas }",
            "En «Menú», cambió el orden de «Botones».",
        ),
        (
            "  fin: { kind: end }\n",
            "  fin: { kind: end }\n  precios: { kind: end, name: Precios }\n",
            "Se agregó el paso «Precios».",
        ),
        ("  fin: { kind: end }\n", "", "Se quitó el paso «fin»."),
        ("name: Menú", "name: Opciones", "El paso «Menú» ahora se llama «Opciones»."),
        ("name: Tienda", "name: Local", "El recorrido ahora se llama «Local» (antes «Tienda»)."),
        ("start: inicio", "start: saludo", "El recorrido ahora empieza en «saludo» (antes «inicio»)."),
        ("label: Tema", "label: Asunto", "El dato «tema» ahora se llama «Asunto»."),
        ("x: 1, y: 2", "x: 5, y: 2", "Se movió «menu» en el lienzo."),
        ("kind: message", "kind: end", "El paso «saludo» ahora es de tipo «end» (antes «message»)."),
    ] {
        let sentences = diff(&changed(from, to)).sentences();
        assert_eq!(sentences, [sentence], "{from} → {to}");
    }
}

#[test]
fn a_change_says_whom_it_concerns() {
    for (from, to, class) in [
        ("text: Hola", "text: ¡Hola!", Class::Text),
        ("title: Ventas", "title: Precios", Class::Text),
        ("timeout: 2h", "timeout: 3h", Class::Logic),
        ("id: ventas", "id: precios", Class::Logic),
        ("save_to: tema", "save_to: otro", Class::Data),
        ("name: Menú", "name: Opciones", Class::Label),
        ("label: Tema", "label: Asunto", Class::Label),
    ] {
        let diff = diff(&changed(from, to));
        let fields = diff.changed.iter().flat_map(|step| &step.fields).chain(&diff.flow);
        let classes: Vec<Class> = fields.map(|field| field.class).collect();
        assert!(!classes.is_empty() && classes.iter().all(|found| *found == class), "{from}: {diff:#?}");
    }
}

#[test]
fn who_may_move_follows_from_the_step_and_from_what_comes_later() {
    use Verdict::{Choice, Compatible, Same};
    let old = program(FLOW);
    for (from, to, step, verdict) in [
        ("text: ¿Qué necesitas?", "text: ¿Qué buscas?", "menu", Same),
        ("name: Menú", "name: Opciones", "menu", Same),
        ("ayuda: fin", "ayuda: nombre", "menu", Same),
        ("timeout: 2h", "timeout: 3h", "menu", Compatible),
        // Everybody at «nombre» has been asked for it.
        ("Gracias, {{ nombre }}.", "Gracias, {{ nombre }}, por {{ tema }}.", "nombre", Same),
    ] {
        let plan = plan(&old, &program(&changed(from, to)), &cauce_nodes::catalogue());
        let found = at(&plan, step);
        assert_eq!(found.verdict, verdict, "{from} → {to}: {found:?}");
    }
    // A way more is no loss; a way less is (below).
    let more = changed("title: Ayuda }", "title: Ayuda }, { id: otra, title: Otra }");
    let more = program(&more.replace("ayuda: fin,", "ayuda: fin, otra: fin,"));
    assert_eq!(at(&plan(&old, &more, &cauce_nodes::catalogue()), "menu").verdict, Compatible);
    // A question that was put in before «nombre», whose answer is named at the end.
    let new = program(
        &changed("Gracias, {{ nombre }}.", "Gracias, {{ nombre }} de {{ ciudad }}.")
            .replace("ventas: nombre", "ventas: ciudad")
            .replace("  nombre:\n", "  ciudad:\n    kind: question\n    config: { text: ¿De dónde?, save_to: ciudad }\n    exits: { ok: nombre, no_match: fin }\n  nombre:\n"),
    );
    let found = plan(&old, &new, &cauce_nodes::catalogue());
    let verdict = |step: &str| at(&found, step).verdict;
    assert_eq!(verdict("menu"), Same, "who is before the question will be asked");
    assert_eq!(verdict("nombre"), Choice, "who is behind it was not");
    let reasons = &at(&found, "nombre").reasons;
    assert!(reasons[0].contains("ciudad"), "{reasons:?}");

    let lost = program(&FLOW.replace(", { id: ayuda, title: Ayuda }", "").replace("ayuda: fin, ", ""));
    assert_eq!(at(&plan(&old, &lost, &cauce_nodes::catalogue()), "menu").verdict, Choice);
    let gone = program(
        &FLOW.replace("ventas: nombre", "ventas: fin").replace(
            "  nombre:\n    kind: question\n    config: { text: ¿Cómo te llamas?, save_to: nombre }\n    exits: { ok: adios, no_match: fin }\n  adios: { kind: end, config: { text: \"Gracias, {{ nombre }}.\" } }\n",
            "",
        ),
    );
    assert_eq!(at(&plan(&old, &gone, &cauce_nodes::catalogue()), "nombre").verdict, Choice);
}

const ASKS: &str = r#"
id: f
name: F
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: paso } }
  paso:
    kind: question
    config: { text: ¿Qué?, save_to: que, timeout: 2h }
    exits: { ok: llama, no_match: fin, timeout: fin }
  llama:
    kind: http
    config: { method: GET, url: "https://example.com" }
    exits: { ok: persona, error: fin, unavailable: fin }
  persona: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  fin: { kind: end, config: { text: "Adiós, {{ que ?? \"nadie\" }}." } }
"#;

/// A run that waits at the question, and when that was.
fn waiting(program: &Program) -> (Run, Facts) {
    let now = Timestamp(1_800_000_000_000);
    let facts = Facts { now, window_ends_at: now + Duration::hours(24), ..Facts::default() };
    let (run, _) = start(program, "0000000000000001".parse().unwrap(), &facts, None);
    assert_eq!(run.wait().unwrap().kind, WaitKind::Answer);
    (run, facts)
}

#[test]
fn a_move_tears_nobody_from_what_they_wait_for() {
    let old = program(ASKS);
    let (run, facts) = waiting(&old);
    let new = program(&ASKS.replace("timeout: 2h", "timeout: 3h"));
    let moved = |run: &Run, landing: &Landing, facts: &Facts| match land(&new, run, landing, facts) {
        Move::To { run, outcome, .. } => {
            Ok((run.version == *new.version(), run.waits, outcome.effects.len()))
        }
        Move::Not(landed) => Err(landed),
    };
    let step = |step: &str| Landing::Step(step.parse().unwrap());
    assert_eq!(moved(&run, &Landing::Keep, &facts), Ok((true, 1, 0)), "nothing is said");
    assert_eq!(moved(&run, &Landing::Ask, &facts), Ok((true, 2, 1)));
    let late = Facts { now: facts.now + Duration::hours(25), ..facts.clone() };
    assert_eq!(
        moved(&run, &Landing::Ask, &late),
        Ok((true, 1, 0)),
        "who cannot be written to still can answer"
    );
    assert_eq!(moved(&run, &Landing::Stay, &facts), Err(Landed::Stayed));
    assert_eq!(moved(&run, &Landing::End, &facts), Ok((false, 1, 0)));
    assert_eq!(moved(&run, &Landing::Person("ventas".parse().unwrap()), &facts), Ok((false, 1, 1)));
    assert_eq!(moved(&run, &step("fin"), &facts), Ok((true, 1, 1)));
    let Err(Landed::Failing(why)) = moved(&run, &step("nada"), &facts) else { panic!() };
    assert!(why.contains("nada"), "{why}");

    // While a server is asked, and while a person is needed, only who stays at the step goes along.
    let wait = |kind: WaitKind| {
        let state = RunState::Waiting(Wait { kind, ..run.wait().unwrap().clone() });
        Run { state, ..run.clone() }
    };
    for (kind, landed) in [
        (WaitKind::Call, Landed::Busy),
        (WaitKind::Sent, Landed::Busy),
        (WaitKind::Person, Landed::WithPerson),
    ] {
        for landing in [Landing::End, step("fin")] {
            assert_eq!(moved(&wait(kind), &landing, &facts), Err(landed.clone()));
        }
        assert_eq!(moved(&wait(kind), &Landing::Ask, &facts), Ok((true, 1, 0)));
    }

    let Move::To { run: asked, .. } = land(&new, &run, &Landing::Ask, &facts) else { panic!() };
    let again = back(&run, &asked);
    assert_eq!((&again.version, again.waits, again.wait().unwrap().number), (old.version(), 3, 3));
    let Move::To { run: kept, .. } = land(&new, &run, &Landing::Keep, &facts) else { panic!() };
    assert_eq!(back(&run, &kept), run);
}
