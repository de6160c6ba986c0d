//! The step loop, with kinds made for the purpose: also what a wrong kind does must end well.

use cauce_flows::fields::Template;
use cauce_flows::{
    Behaviour, Catalogue, Context, Event, Example, Exit, Facts, Failure, MAX_SENDS, Meta, NodeKind, Program,
    Resume, Role, Run, RunState, Step, WaitKind, start, step,
};
use cauce_model::{Content, Duration, Effect, HttpFailure, HttpOutcome, InboundContent};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Does what its config says, good or bad.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Puppet {
    /// Texts to say, at every visit.
    #[serde(default)]
    says: Vec<Template>,
    /// How often to say them.
    #[serde(default = "once")]
    times: usize,
    /// `go`, `wait`, `delay`, `person`, `call`, `sent`, `end`, `fail`, `nowhere`.
    then: String,
}

fn once() -> usize {
    1
}

impl Behaviour for Puppet {
    fn exits(&self) -> Vec<Exit> {
        if self.then == "end" { Vec::new() } else { vec![Exit::next()] }
    }
    fn summary(&self) -> Vec<String> {
        vec![self.then.clone()]
    }
    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        cx.set(&"seen".into(), json!(cx.var("seen").and_then(Value::as_u64).unwrap_or(0) + 1));
        for _ in 0..self.times {
            for text in &self.says {
                let body = cx.text(text)?;
                cx.say(Content::Text { body })?;
            }
        }
        match self.then.as_str() {
            "wait" => Ok(Step::Wait(WaitKind::Answer, Some(Duration::hours(1)))),
            "delay" => Ok(Step::Wait(WaitKind::Delay, Some(Duration::minutes(1)))),
            "person" => Ok(Step::Wait(WaitKind::Person, None)),
            "call" => Ok(Step::Wait(WaitKind::Call, None)),
            "sent" => Ok(Step::Wait(WaitKind::Sent, Some(Duration::minutes(1)))),
            "end" => Ok(Step::End { outcome: Some("bien".to_owned()) }),
            "fail" => Err(Failure::new("test.fail", "Falló a propósito.")),
            "nowhere" => Ok(Step::go("tampoco")),
            _ => Ok(Step::go("next")),
        }
    }
    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        match why {
            Resume::Answer(content) if content.text() == Some("falla") => {
                cx.say(Content::Text { body: "esto no se dice".to_owned() })?;
                cx.set(&"seen".into(), json!(1000));
                Err(Failure::new("test.fail", "Falló a propósito."))
            }
            Resume::Answer(content) if content.text() == Some("otra vez") => {
                cx.keep(&"guardado");
                self.enter(cx)
            }
            Resume::Answer(content) if content.text() == Some("quieto") => {
                cx.say(Content::Text { body: "esto no se dice".to_owned() })?;
                Ok(Step::Stay)
            }
            _ => Ok(Step::go("next")),
        }
    }
}

macro_rules! kind {
    ($name:ident, $id:literal, $role:expr, $waits:literal) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        struct $name(Puppet);
        impl Behaviour for $name {
            fn exits(&self) -> Vec<Exit> {
                self.0.exits()
            }
            fn summary(&self) -> Vec<String> {
                self.0.summary()
            }
            fn writes(&self) -> Vec<cauce_flows::Write> {
                vec![cauce_flows::Write::new(&"seen".into())]
            }
            fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
                self.0.enter(cx)
            }
            fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
                self.0.resume(cx, why)
            }
        }
        impl NodeKind for $name {
            const META: Meta = Meta {
                kind: $id,
                v: 2,
                name: $id,
                description: "",
                group: "",
                icon: "",
                color: "",
                role: $role,
                waits: $waits,
            };
            fn examples() -> Vec<Example> {
                Vec::new()
            }
            fn migrate(_: u16, mut config: Value) -> Result<Value, String> {
                match config.as_object_mut().and_then(|map| map.remove("dice")) {
                    Some(old) => {
                        config["says"] = json!([old]);
                        Ok(config)
                    }
                    None => Err("No se reconoce esta configuración.".to_owned()),
                }
            }
        }
    };
}
kind!(First, "first", Role::Start, false);
// Claims to wait and to be a person, so that the checks let a loop of it pass.
kind!(Middle, "middle", Role::Person, true);
kind!(Last, "last", Role::End, false);

fn program(nodes: &str) -> Program {
    let yaml = format!(
        "id: f\nname: F\nstart: a\nnodes:\n  a: {{ kind: first, v: 2, config: {{ then: go }}, exits: {{ next: b }} }}\n{nodes}  z: {{ kind: last, v: 2, config: {{ then: end, says: [fin] }} }}\n"
    );
    let catalogue = Catalogue::new().with::<First>().with::<Middle>().with::<Last>();
    Program::read(&yaml, &catalogue).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn node(id: &str, config: &str, next: &str) -> String {
    format!("  {id}: {{ kind: middle, v: 2, config: {{ {config} }}, exits: {{ next: {next} }} }}\n")
}

fn begin(program: &Program) -> (Run, Vec<String>, Vec<String>) {
    let (run, outcome) = start(program, "00000000000000aa".parse().expect("an id"), &Facts::default(), None);
    (run, texts(&outcome.effects), trail(&outcome))
}

fn give(program: &Program, run: &mut Run, event: Event<'_>) -> Vec<String> {
    texts(&step(program, run, event, &Facts::default()).effects)
}

fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.to_owned() }
}

fn no_answer() -> HttpOutcome {
    HttpOutcome::Unavailable(HttpFailure { code: "timeout".to_owned(), text: "Tardó demasiado.".to_owned() })
}

fn texts(effects: &[Effect]) -> Vec<String> {
    effects.iter().map(cauce_flows::transcript).collect()
}

fn trail(outcome: &cauce_flows::Outcome) -> Vec<String> {
    outcome.trail.iter().map(|v| format!("{}:{}", v.node, v.exit.as_deref().unwrap_or("-"))).collect()
}

fn failed(run: &Run) -> (&str, &str) {
    match &run.state {
        RunState::Failed { node, code, text } => {
            assert!(!text.is_empty());
            (node.as_str(), code)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_turn_walks_to_the_next_wait_and_leaves_its_trail() {
    let program =
        program(&(node("b", "then: go, says: [uno]", "c") + &node("c", "then: wait, says: [dos]", "z")));
    let (mut run, said, trail) = begin(&program);
    assert_eq!(said, ["uno", "dos"]);
    assert_eq!(trail, ["a:next", "b:next", "c:-"]);
    let wait = run.wait().unwrap();
    assert_eq!((wait.number, wait.node.as_str(), wait.timeout), (1, "c", Some(Duration::hours(1))));
    assert_eq!(give(&program, &mut run, Event::Answer(&text("sí"))), ["fin"]);
    assert_eq!(run.state, RunState::Ended { outcome: Some("bien".to_owned()) });
    assert_eq!(run.vars["seen"], 4);
    // Over is over.
    assert!(give(&program, &mut run, Event::Answer(&text("sí"))).is_empty());
}

#[test]
fn a_wait_that_asks_again_is_a_new_wait() {
    let program = program(&node("b", "then: wait, says: ['¿?']", "z"));
    let (mut run, ..) = begin(&program);
    assert_eq!(give(&program, &mut run, Event::Answer(&text("otra vez"))), ["¿?"]);
    assert_eq!(run.wait().unwrap().number, 2);
    assert_eq!(run.memo, "guardado");
}

#[test]
fn what_the_run_does_not_wait_for_changes_nothing() {
    for (then, events) in [
        (
            "wait",
            vec![
                Event::HandoffTimedOut,
                Event::HandoffResolved { agent: None },
                Event::Called(&no_answer()),
                Event::Sent,
                Event::Unsent { code: "131053" },
            ],
        ),
        ("delay", vec![Event::HandoffTimedOut, Event::Sent, Event::Called(&no_answer())]),
        ("person", vec![Event::TimedOut, Event::Sent]),
        ("call", vec![Event::TimedOut, Event::Sent, Event::HandoffTimedOut]),
        ("sent", vec![Event::Called(&no_answer()), Event::HandoffTimedOut]),
    ] {
        let program = program(&node("b", &format!("then: {then}"), "z"));
        let (mut run, ..) = begin(&program);
        let before = run.clone();
        for event in events {
            assert!(give(&program, &mut run, event).is_empty());
        }
        if then != "wait" {
            assert!(give(&program, &mut run, Event::Answer(&text("hola"))).is_empty());
        }
        let of = || "wamid.1".to_owned();
        for nothing_said in [
            InboundContent::Reaction { target: of(), emoji: Some("👍".to_owned()) },
            InboundContent::Edit { target: of(), content: Box::new(text("hola")) },
            InboundContent::Revoke { target: of() },
            InboundContent::Notice {
                body: "cambió de número".to_owned(), addresses: vec![], reply_to: None
            },
        ] {
            assert!(give(&program, &mut run, Event::Answer(&nothing_said)).is_empty());
        }
        assert_eq!(run, before, "{then}");
    }
    let program = program(&node("b", "then: wait", "z"));
    let (mut run, ..) = begin(&program);
    let before = run.clone();
    assert!(give(&program, &mut run, Event::Answer(&text("quieto"))).is_empty());
    assert_eq!(run, before);
}

#[test]
fn each_wait_ends_by_its_own_event() {
    for (then, event) in [
        ("wait", Event::TimedOut),
        ("delay", Event::TimedOut),
        ("person", Event::HandoffResolved { agent: Some("rosa") }),
        ("person", Event::HandoffTimedOut),
        ("call", Event::Called(&no_answer())),
        ("sent", Event::Sent),
        ("sent", Event::Unsent { code: "131053" }),
        ("sent", Event::TimedOut),
    ] {
        let program = program(&node("b", &format!("then: {then}"), "z"));
        let (mut run, ..) = begin(&program);
        assert_eq!(give(&program, &mut run, event), ["fin"], "{then}");
    }
}

#[test]
fn a_step_that_fails_says_nothing_and_earlier_steps_stand() {
    let program =
        program(&(node("b", "then: go, says: [uno]", "c") + &node("c", "then: fail, says: [dos]", "z")));
    let (run, said, trail) = begin(&program);
    assert_eq!(said, ["uno"]);
    assert_eq!(failed(&run), ("c", "test.fail"));
    assert_eq!(trail, ["a:next", "b:next", "c:-"]);
    assert_eq!(run.vars["seen"], 2);

    let program = self::program(&node("b", "then: wait", "z"));
    let (mut run, ..) = begin(&program);
    assert!(give(&program, &mut run, Event::Answer(&text("falla"))).is_empty());
    assert_eq!(failed(&run), ("b", "test.fail"));
    assert_eq!(run.vars["seen"], 2);
}

#[test]
fn guards_stop_what_the_checks_cannot_see() {
    let circle =
        program(&(node("b", "then: go", "c") + &node("c", "then: go", "b") + &node("d", "then: go", "z")));
    let (run, _, trail) = begin(&circle);
    assert_eq!(failed(&run).1, "loop");
    assert_eq!(trail.len(), 101);

    let noisy = program(&node("b", "then: wait, says: [ya], times: 51", "z"));
    let (run, said, _) = begin(&noisy);
    assert_eq!(failed(&run), ("b", "too_many_sends"));
    assert!(said.is_empty());

    let noisy = program(
        &(node("b", "then: go, says: [ya], times: 30", "c")
            + &node("c", "then: go, says: [ya], times: 21", "z")),
    );
    let (run, said, _) = begin(&noisy);
    assert_eq!(failed(&run), ("c", "too_many_sends"));
    assert_eq!(said.len(), 30);
    assert!(said.len() <= MAX_SENDS);

    let lost = program(&node("b", "then: nowhere", "z"));
    assert_eq!(failed(&begin(&lost).0), ("b", "flow.exit_missing"));
}

#[test]
fn a_run_of_another_program_fails_with_a_sentence() {
    let old = program(&node("b", "then: wait", "z"));
    let new = program(&(node("c", "then: wait", "z") + &node("b2", "then: wait", "c")).replace("b2", "b"));
    let (mut run, ..) = begin(&new);
    step(&new, &mut run, Event::TimedOut, &Facts::default());
    assert_eq!(run.wait().unwrap().node.as_str(), "c");
    assert!(give(&old, &mut run, Event::TimedOut).is_empty());
    assert_eq!(failed(&run), ("c", "flow.node_missing"));
}

#[test]
fn a_long_text_is_said_in_parts_and_an_empty_one_is_refused() {
    let program = program(&node("b", "then: go, says: ['{{ contact.name }}']", "z"));
    let mut facts = Facts::default();
    facts.contact.name = Some("ñ".repeat(5_000));
    let (_, outcome) = start(&program, "00000000000000aa".parse().unwrap(), &facts, None);
    let said = texts(&outcome.effects);
    assert_eq!(said.iter().map(|text| text.chars().count()).collect::<Vec<_>>()[..2], [4096, 904]);
    let (run, said, _) = begin(&program);
    assert_eq!(failed(&run), ("b", "limit.empty_text"));
    assert!(said.is_empty());
}

#[test]
fn an_older_config_is_migrated() {
    let catalogue = Catalogue::new().with::<First>().with::<Middle>().with::<Last>();
    let flow = |b: &str| {
        format!(
            "id: f\nname: F\nstart: a\nnodes:\n  a: {{ kind: first, v: 2, config: {{ then: go }}, exits: {{ next: b }} }}\n  b: {{ kind: middle, {b}, exits: {{ next: z }} }}\n  z: {{ kind: last, v: 2, config: {{ then: end }} }}\n"
        )
    };
    let program = Program::read(&flow("config: { then: go, dice: hola }"), &catalogue).ok().unwrap();
    let (_, outcome) = start(&program, "00000000000000aa".parse().unwrap(), &Facts::default(), None);
    assert_eq!(texts(&outcome.effects), ["hola"]);
    let problems = Program::read(&flow("v: 1, config: { then: go }"), &catalogue).err().unwrap();
    assert_eq!(problems[0].code, "doc.version");
    assert_eq!(problems[0].message, "No se reconoce esta configuración.");
}

#[test]
fn a_run_is_read_by_older_and_newer_code() {
    let program = program(&node("b", "then: wait", "z"));
    let (run, ..) = begin(&program);
    let bytes = rmp_serde::to_vec_named(&run).unwrap();
    assert_eq!(rmp_serde::from_slice::<Run>(&bytes).unwrap(), run);
    // Written by newer code: a field nobody knows here.
    let mut map: serde_json::Map<String, Value> = rmp_serde::from_slice(&bytes).unwrap();
    map.insert("added_later".to_owned(), json!({ "x": 1 }));
    let newer = rmp_serde::to_vec_named(&map).unwrap();
    assert_eq!(rmp_serde::from_slice::<Run>(&newer).unwrap(), run);
    // Written by older code: only what every run has had from the start.
    map.retain(|key, _| ["id", "flow", "version", "state"].contains(&key.as_str()));
    let older: Run = rmp_serde::from_slice(&rmp_serde::to_vec_named(&map).unwrap()).unwrap();
    assert_eq!((older.waits, older.vars.len(), older.state), (0, 0, run.state));
    for state in [
        RunState::Ended { outcome: None },
        RunState::Failed { node: "b".parse().unwrap(), code: "x".to_owned(), text: "y".to_owned() },
    ] {
        let run = Run { state, ..older_run(&bytes) };
        let again: Run = rmp_serde::from_slice(&rmp_serde::to_vec_named(&run).unwrap()).unwrap();
        assert_eq!(again, run);
    }
}

fn older_run(bytes: &[u8]) -> Run {
    rmp_serde::from_slice(bytes).expect("a run")
}
