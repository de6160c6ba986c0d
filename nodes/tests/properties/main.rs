//! What holds for every flow that passes the checks, whoever walks it: no panic, no loop without a wait,
//! nothing WhatsApp would refuse, no run that stops, and from every state a way to an end or a person.

mod people;
mod plans;

use serde_json::Value;
use std::collections::{HashSet, VecDeque};

use cauce_flows::{
    ContactFacts, Event, Facts, Files, Outcome, Program, Run, RunState, WaitKind, limits, start, step,
};
use cauce_model::{
    Content, Duration, Effect, FileId, HttpOutcome, InboundContent, MediaState, RunId, StoredFile, Timestamp,
};
use cauce_nodes::catalogue;
use people::{Act, MEDIA, SENSIBLE, act, answered, content, file, place, rich, silent, text};
use plans::{NAMES, draws, flow};
use proptest::prelude::*;
use proptest::sample::select;

/// 2026-11-20 in Lima.
const NOW: Timestamp = Timestamp(1_795_200_000_000);

/// What is known of a customer; the number stands for who it is, for chance, and for the moment: at day or
/// at night, with the window open or closed.
fn facts(name: Option<&str>, number: u64) -> Facts {
    let contact = ContactFacts {
        id: format!("cliente-{number}"),
        name: name.map(str::to_owned),
        tags: ["vip".to_owned()].into(),
        ..ContactFacts::default()
    };
    let now = NOW + Duration::hours(if number & 1 == 0 { 0 } else { 12 });
    let window_ends_at = now + Duration::hours(if number & 2 == 0 { 1 } else { -1 });
    Facts { now, seed: number, window_ends_at, contact, ..Facts::default() }
}

fn read(yaml: &str) -> Result<Program, Vec<cauce_flows::Problem>> {
    let program = Program::read(yaml, &catalogue())?;
    let stored = |path: &str, mime: &str| StoredFile {
        id: FileId::of(path.as_bytes()),
        mime: mime.to_owned(),
        size: 9,
        name: path.to_owned(),
    };
    let files: Files = program
        .needs()
        .into_iter()
        .map(|(path, uses)| {
            let mime = limits::types(uses[0].1.media).0.first().unwrap_or(&"application/pdf");
            (path.clone(), stored(&path, mime))
        })
        .collect();
    program.with_files(&files)
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
        match effect {
            Effect::Send { content, .. } => prop_assert_eq!(limits::check(content), Ok(()), "{:?}", content),
            Effect::Http { wait, request, tries, .. } => {
                prop_assert!(request.url.starts_with("https://x.pe"), "{}", request.url);
                prop_assert!(request.url.len() <= limits::LINK && (1..=10).contains(tries));
                prop_assert!(request.body.as_ref().is_none_or(|body| body.text.len() <= 64 * 1024));
                let headers = request.headers.iter().all(|header| !header.value.contains(char::is_control));
                prop_assert!(headers, "{:?}", request.headers);
                prop_assert_eq!(&request.idempotency_key, &format!("{}.{wait}", run.id));
            }
            _ => {}
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

/// Who gets from where to an end or a person.
struct Arrivals {
    program: Program,
    /// Names for the decisions, and numbers for the draws: so many that every pair of draws is among them.
    people: Vec<Facts>,
    contents: Vec<InboundContent>,
    calls: Vec<HttpOutcome>,
    known: HashSet<String>,
}

impl Arrivals {
    fn new(program: Program, draws: usize) -> Self {
        let numbers = [1, 16, 64][draws];
        let names = NAMES.into_iter().map(Some).chain([None]);
        let people = names.flat_map(|name| (0..numbers).map(move |number| facts(name, number))).collect();
        let contents = SENSIBLE.into_iter().chain(["¿¡?"]).map(text).chain([place()]);
        let files = MEDIA.map(|media| file(media, MediaState::Coming, None));
        let calls = vec![answered(200, rich()), answered(404, rich()), silent()];
        Self { program, people, contents: contents.chain(files).collect(), calls, known: HashSet::new() }
    }

    fn key(run: &Run) -> String {
        run.wait().map_or_else(String::new, |wait| format!("{} {:?} {}", wait.node, wait.kind, run.memo))
    }

    /// Whether somebody who does the right things gets from here to an end or a person.
    fn possible(&mut self, run: &Run, options: &[(String, String)]) -> bool {
        let first = Self::key(run);
        if is_goal(run) || self.known.contains(&first) {
            return true;
        }
        let mut seen = HashSet::from([first.clone()]);
        let mut queue = VecDeque::from([(run.clone(), options.to_vec())]);
        while let Some((run, options)) = queue.pop_front() {
            let Some(wait) = run.wait() else { continue };
            let taps: Vec<InboundContent> = options
                .iter()
                .map(|(id, title)| InboundContent::Choice { id: id.clone(), title: title.clone() })
                .collect();
            let events: Vec<Event<'_>> = match wait.kind {
                WaitKind::Answer => {
                    taps.iter().chain(&self.contents).map(Event::Answer).chain([Event::TimedOut]).collect()
                }
                WaitKind::Delay => vec![Event::TimedOut],
                WaitKind::Sent => vec![Event::Sent, Event::Unsent { code: "131053" }],
                WaitKind::Call => self.calls.iter().map(Event::Called).collect(),
                WaitKind::Event => {
                    vec![Event::Happened { name: "pago", data: &Value::Null }, Event::TimedOut]
                }
                WaitKind::Person => Vec::new(),
            };
            for event in events {
                for facts in &self.people {
                    let mut next = run.clone();
                    let outcome = step(&self.program, &mut next, event, facts);
                    if outcome.trail.is_empty() {
                        break; // not what it waits for, whoever it is
                    }
                    let key = Self::key(&next);
                    if is_goal(&next) || self.known.contains(&key) {
                        self.known.insert(first);
                        return true;
                    }
                    if seen.insert(key) {
                        queue.push_back((next, options_of(&outcome)));
                    }
                }
            }
        }
        false
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_walks_a_checked_flow_arrives(
        (flow, tame) in flow(),
        hello in content(),
        acts in prop::collection::vec((act(), prop::option::of(select(NAMES.to_vec())), 0_u64..32), 0..25),
    ) {
        let yaml = flow.to_string();
        let program = match read(&yaml) {
            Ok(program) => program,
            Err(problems) => {
                // A tame flow always passes; of the others, those that pass are walked.
                prop_assert!(!tame, "{:#?}\n{}", problems, yaml);
                let graph = ["flow.loop_without_wait", "flow.trapped", "flow.unreachable"];
                prop_assert!(problems.iter().all(|p| graph.contains(&p.code.as_str())), "{:#?}", problems);
                return Err(TestCaseError::reject("the checks refuse it"));
            }
        };
        let id: RunId = "00000000000000aa".parse().unwrap();
        let (mut run, outcome) = start(&program, id.clone(), &facts(None, 0), Some(&hello));
        holds(&run, &outcome)?;
        let mut options = options_of(&outcome);
        let mut arrivals = Arrivals::new(program, draws(&yaml));
        prop_assert!(arrivals.possible(&run, &options), "{:?}", run);
        for (act, name, number) in acts {
            let content = match &act {
                Act::Say(content) => Some(content.clone()),
                Act::Tap(index) if !options.is_empty() => {
                    let (id, title) = index.get(&options).clone();
                    Some(InboundContent::Choice { id, title })
                }
                Act::Tap(_) => Some(place()),
                _ => None,
            };
            if run.wait().is_none() {
                // It is over: whoever writes again starts anew.
                let (again, outcome) = start(&arrivals.program, id.clone(), &facts(name, number), content.as_ref());
                run = again;
                holds(&run, &outcome)?;
                options = options_of(&outcome);
                prop_assert!(arrivals.possible(&run, &options), "{:?}", run);
                continue;
            }
            let event = match (&act, &content) {
                (_, Some(content)) => Event::Answer(content),
                (Act::Done, _) => Event::HandoffResolved { agent: None },
                (Act::NobodyCame, _) => Event::HandoffTimedOut,
                (Act::Called(outcome), _) => Event::Called(outcome),
                (Act::Sent, _) => Event::Sent,
                (Act::Unsent, _) => Event::Unsent { code: "131053" },
                _ => Event::TimedOut,
            };
            let before = run.clone();
            let outcome = step(&arrivals.program, &mut run, event, &facts(name, number));
            holds(&run, &outcome)?;
            // A turn is a function of what it is given.
            let mut again = before.clone();
            prop_assert_eq!(&step(&arrivals.program, &mut again, event, &facts(name, number)), &outcome);
            prop_assert_eq!(&again, &run);
            if outcome == Outcome::default() {
                prop_assert_eq!(&run, &before);
            }
            options.extend(options_of(&outcome));
            prop_assert!(arrivals.possible(&run, &options), "{:?}", run);
        }
    }
}
