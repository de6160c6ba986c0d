//! What holds for every flow that passes the checks, whoever walks it: no panic, no loop without a wait,
//! nothing WhatsApp would refuse, and from every state a way to an end or a person.

use std::collections::{HashSet, VecDeque};

use cauce_flows::{
    ContactFacts, Event, Facts, Outcome, Program, Run, RunState, WaitKind, limits, start, step,
};
use cauce_model::{Content, Effect, InboundContent};
use cauce_nodes::catalogue;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// A decision's rules look at the name, one name each: whoever plays the customer can take any way.
const NAMES: [&str; 3] = ["Ana", "Luis", "Rosa"];
const TITLES: [&str; 10] =
    ["Ventas", "Soporte", "Sí", "No", "3 · Bien", "👍", "Otra cosa", "Mañana", "1", "Menú"];

/// A step without its exits.
#[derive(Debug, Clone)]
struct Plan {
    kind: &'static str,
    config: Value,
    exits: Vec<String>,
    waits: bool,
}

fn plan(kind: &'static str, config: Value, exits: &[&str], waits: bool) -> Plan {
    Plan { kind, config, exits: exits.iter().map(|&e| e.to_owned()).collect(), waits }
}

fn options(count: usize, from: usize) -> (Value, Vec<String>) {
    let ids: Vec<String> = (0..count).map(|i| format!("o{i}")).collect();
    let title = |i: usize| TITLES[(from + i) % TITLES.len()];
    let options = ids.iter().enumerate().map(|(i, id)| json!({ "id": id, "title": title(i) })).collect();
    (Value::Array(options), ids)
}

fn text() -> impl Strategy<Value = String> {
    select(vec![
        "Hola",
        "Hola {{ contact.name }}",
        "Van {{ a }} y {{ b }}.",
        "¿{{ if a == () { \"Nada\" } else { `Algo: ${a}` } }}?",
        "{{ plain(b) }}…",
    ])
    .prop_map(str::to_owned)
}

fn waiting() -> impl Strategy<Value = Plan> {
    let timeout = prop::bool::ANY;
    let question = (text(), 0_usize..11, 0_usize..10, 0_u32..3, timeout, select(vec!["a", "b"])).prop_map(
        |(text, count, from, retries, timeout, name)| {
            let (options, mut exits) = options(count, from);
            let answer = match count {
                0 => json!({ "type": "open" }),
                1..=3 => json!({ "type": "buttons", "options": options }),
                _ => json!({ "type": "list", "options": options }),
            };
            let mut config =
                json!({ "text": text, "answer": answer, "save_to": name, "retries": { "max": retries } });
            if count == 0 {
                exits.push("ok".to_owned());
            }
            exits.push("no_match".to_owned());
            if timeout {
                config["timeout"] = json!("1h");
                exits.push("timeout".to_owned());
            }
            Plan { kind: "question", config, exits, waits: true }
        },
    );
    let form = (text(), 1_usize..11, 0_usize..10, 0_u32..3, prop::bool::ANY).prop_map(
        |(text, count, from, retries, timeout)| {
            let (options, _) = options(count, from);
            let mut config = json!({ "retries": retries, "fields": [
                { "key": "a", "type": "text", "ask": text, "max_length": 20 },
                { "key": "b", "type": "email", "ask": "¿Correo?" },
                { "key": "c", "type": "choice", "ask": "¿Cuál?", "options": options },
            ]});
            if timeout {
                config["timeout"] = json!("10m");
            }
            let exits: &[&str] = if timeout { &["ok", "no_match", "timeout"] } else { &["ok", "no_match"] };
            plan("form", config, exits, true)
        },
    );
    prop_oneof![
        3 => question,
        2 => form,
        1 => Just(plan("wait", json!({ "for": "5m" }), &["next"], true)),
        1 => Just(plan("handoff", json!({ "queue": "ventas", "text": "Ya te atienden." }), &["resolved"], true)),
        1 => Just(plan("handoff", json!({ "queue": "ventas", "timeout": "1h" }), &["resolved", "timeout"], true)),
    ]
}

fn step_plan() -> impl Strategy<Value = Plan> {
    let decision = (1..=NAMES.len()).prop_map(|rules| {
        let rule =
            |i: usize| json!({ "id": format!("r{i}"), "when": format!("contact.name == \"{}\"", NAMES[i]) });
        let mut exits: Vec<String> = (0..rules).map(|i| format!("r{i}")).collect();
        exits.push("else".to_owned());
        let config = json!({ "rules": (0..rules).map(rule).collect::<Vec<_>>() });
        Plan { kind: "decision", config, exits, waits: false }
    });
    prop_oneof![
        4 => waiting(),
        2 => text().prop_map(|text| plan("message", json!({ "text": text }), &["next"], false)),
        1 => Just(plan("message", json!({ "image": { "link": "https://x.pe/a.png" } }), &["next"], false)),
        2 => decision,
        1 => select(vec!["`${a}${b}`", "(number(b) ?? 1) * 2", "`${a}`.len() > 3", "()"])
            .prop_map(|value| plan("set", json!({ "variable": "a", "value": value }), &["next"], false)),
        1 => Just(Plan { kind: "end", config: json!({ "text": "Adiós" }), exits: vec![], waits: false }),
    ]
}

/// A flow whose exits lead anywhere, or (`tame`) never back except out of a wait, and never only back.
fn flow() -> impl Strategy<Value = Value> {
    let plans = prop::collection::vec((step_plan(), prop::collection::vec(any::<Index>(), 12)), 1..9);
    (plans, prop::bool::weighted(0.7)).prop_map(|(plans, tame)| {
        let last = plans.len();
        let mut nodes = serde_json::Map::new();
        let begin = json!({ "kind": "start", "config": { "any_message": true, "save_to": "a" }, "exits": { "next": "n0" } });
        nodes.insert("inicio".to_owned(), begin);
        for (i, (plan, targets)) in plans.iter().enumerate() {
            let exits = plan.exits.iter().enumerate().map(|(nth, exit)| {
                let ahead = i + 1 + targets[nth].index(last - i);
                let anywhere = targets[nth].index(last + 1);
                let back_is_fine = !tame || plan.waits && nth > 0;
                (exit.clone(), format!("n{}", if back_is_fine { anywhere } else { ahead }))
            });
            let exits: serde_json::Map<String, Value> = exits.map(|(k, v)| (k, v.into())).collect();
            nodes.insert(format!("n{i}"), json!({ "kind": plan.kind, "config": plan.config, "exits": exits }));
        }
        nodes.insert(format!("n{last}"), json!({ "kind": "end", "config": {} }));
        json!({ "id": "f", "name": "F", "start": "inicio", "variables": { "a": {}, "b": {} }, "nodes": nodes, "tame": tame })
    })
}

/// What somebody might do.
#[derive(Debug, Clone)]
enum Act {
    Write(String),
    Tap(Index),
    Forge(String, String),
    Media,
    React,
    Time,
    Done,
    NobodyCame,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => "\\PC{0,30}".prop_map(Act::Write),
        3 => select(vec!["1", "2", "si", "VENTAS", "ana@x.pe", "Ana", "3", "10", " ", "999999999999999999999"])
            .prop_map(|text| Act::Write(text.to_owned())),
        1 => Just(Act::Write("largo ".repeat(900))),
        5 => any::<Index>().prop_map(Act::Tap),
        1 => ("[0-9a-z.]{0,30}", "\\PC{0,20}").prop_map(|(id, title)| Act::Forge(id, title)),
        1 => ("(00000000000000aa\\.)?[0-3]\\.o[0-9]", select(TITLES.to_vec())).prop_map(|(id, title)| Act::Forge(id, title.to_owned())),
        1 => Just(Act::Media),
        1 => Just(Act::React),
        2 => Just(Act::Time),
        2 => Just(Act::Done),
        1 => Just(Act::NobodyCame),
    ]
}

fn facts(name: Option<&str>) -> Facts {
    Facts {
        contact: ContactFacts { name: name.map(str::to_owned), ..ContactFacts::default() },
        ..Facts::default()
    }
}

fn media(kind: &str) -> InboundContent {
    InboundContent::Unsupported { kind: kind.to_owned(), raw: Value::Null }
}

fn options_of(outcome: &Outcome) -> Vec<(String, String)> {
    let mut options = Vec::new();
    for effect in &outcome.effects {
        match effect {
            Effect::Send { content: Content::Buttons { buttons, .. }, .. } => {
                options.extend(buttons.iter().map(|b| (b.id.clone(), b.title.clone())));
            }
            Effect::Send { content: Content::List { sections, .. }, .. } => {
                options
                    .extend(sections.iter().flat_map(|s| &s.rows).map(|r| (r.id.clone(), r.title.clone())));
            }
            _ => {}
        }
    }
    options
}

/// What holds after every turn.
fn holds(run: &Run, outcome: &Outcome) -> Result<(), TestCaseError> {
    if let RunState::Failed { node, code, text } = &run.state {
        return Err(TestCaseError::fail(format!("failed at {node}: {code}: {text}")));
    }
    prop_assert!(outcome.trail.len() <= cauce_flows::MAX_STEPS);
    for effect in &outcome.effects {
        if let Effect::Send { content, .. } = effect {
            prop_assert_eq!(limits::check(content), Ok(()), "{:?}", content);
        }
    }
    for (id, _) in options_of(outcome) {
        prop_assert!(id.len() <= limits::LIST_ROW_ID);
    }
    Ok(())
}

fn is_goal(run: &Run) -> bool {
    match &run.state {
        RunState::Ended { .. } => true,
        RunState::Waiting(wait) => wait.kind == WaitKind::Person,
        RunState::Failed { .. } => false,
    }
}

/// Whether somebody who does the right things gets from here to an end or a person.
fn can_arrive(program: &Program, run: &Run, options: &[(String, String)]) -> bool {
    let mut seen = HashSet::new();
    let mut queue = VecDeque::from([(run.clone(), options.to_vec())]);
    while let Some((run, options)) = queue.pop_front() {
        if is_goal(&run) {
            return true;
        }
        let Some(wait) = run.wait() else { continue };
        if !seen.insert((wait.node.clone(), run.memo.to_string())) {
            continue;
        }
        let mut answers: Vec<InboundContent> = ["ana@x.pe", "¿¡?"]
            .into_iter()
            .map(|body| InboundContent::Text { body: body.to_owned() })
            .chain([media("audio")])
            .collect();
        let taps =
            options.iter().map(|(id, title)| InboundContent::Choice { id: id.clone(), title: title.clone() });
        answers.extend(taps);
        let events = answers.iter().map(Event::Answer).chain([Event::TimedOut]);
        for event in events {
            for name in NAMES.into_iter().map(Some).chain([None]) {
                let mut next = run.clone();
                let outcome = step(program, &mut next, event, &facts(name));
                let options = options_of(&outcome);
                queue.push_back((next, options));
            }
        }
    }
    false
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_walks_a_checked_flow_arrives(
        flow in flow(),
        acts in prop::collection::vec((act(), prop::option::of(select(NAMES.to_vec()))), 0..25),
    ) {
        let mut flow = flow;
        let tame = flow.as_object_mut().and_then(|f| f.remove("tame")) == Some(Value::Bool(true));
        let text = flow.to_string();
        let program = match Program::read(&text, &catalogue()) {
            Ok(program) => program,
            Err(problems) => {
                // A tame flow always passes; of the others, those that pass are walked.
                prop_assert!(!tame, "{:#?}\n{}", problems, text);
                let graph = ["flow.loop_without_wait", "flow.trapped", "flow.unreachable"];
                prop_assert!(problems.iter().all(|p| graph.contains(&p.code.as_str())), "{:#?}", problems);
                return Err(TestCaseError::reject("the checks refuse it"));
            }
        };
        let hello = InboundContent::Text { body: "hola".to_owned() };
        let (mut run, outcome) = start(&program, "00000000000000aa".parse().unwrap(), &facts(None), Some(&hello));
        holds(&run, &outcome)?;
        let mut options = options_of(&outcome);
        prop_assert!(can_arrive(&program, &run, &options), "{:?}", run);
        for (act, name) in acts {
            let content = match &act {
                Act::Write(body) => Some(InboundContent::Text { body: body.clone() }),
                Act::Tap(index) if !options.is_empty() => {
                    let (id, title) = index.get(&options).clone();
                    Some(InboundContent::Choice { id, title })
                }
                Act::Forge(id, title) => Some(InboundContent::Choice { id: id.clone(), title: title.clone() }),
                Act::Media | Act::Tap(_) => Some(media("sticker")),
                Act::React => Some(media("reaction")),
                Act::Time | Act::Done | Act::NobodyCame => None,
            };
            let event = match (&act, &content) {
                (_, Some(content)) => Event::Answer(content),
                (Act::Done, _) => Event::HandoffResolved { agent: None },
                (Act::NobodyCame, _) => Event::HandoffTimedOut,
                _ => Event::TimedOut,
            };
            let before = run.clone();
            let outcome = step(&program, &mut run, event, &facts(name));
            holds(&run, &outcome)?;
            // A turn is a function of what it is given.
            let mut again = before.clone();
            prop_assert_eq!(&step(&program, &mut again, event, &facts(name)), &outcome);
            prop_assert_eq!(&again, &run);
            if outcome == Outcome::default() {
                prop_assert_eq!(&run, &before);
            }
            options.extend(options_of(&outcome));
            prop_assert!(can_arrive(&program, &run, &options), "{:?}", run);
        }
    }
}
