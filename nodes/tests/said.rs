//! What a message says when its data are long, empty or odd, and whether it waits for the news of it; and
//! where a split sends people.

use cauce_flows::{
    ContactFacts, Event, Facts, Files, Program, Run, RunState, WaitKind, limits, start, step, transcript,
};
use cauce_model::{Content, Duration, Effect, FileId, InboundContent, MediaSource, StoredFile};
use cauce_nodes::catalogue;
use proptest::prelude::*;

fn program(kind: &str, config: &str, exits: &str) -> Program {
    let yaml = format!(
        "id: f\nname: F\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true, save_to: a }}, exits: {{ next: m }} }}\n  m: {{ kind: {kind}, config: {{ {config} }}, exits: {{ {exits} }} }}\n  f: {{ kind: end, config: {{ outcome: f }} }}\n  g: {{ kind: end, config: {{ outcome: g }} }}\n"
    );
    let program = Program::read(&yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let tariffs = StoredFile {
        id: FileId::of(b"a"),
        mime: "application/pdf".to_owned(),
        size: 1,
        name: "tarifas.pdf".to_owned(),
    };
    let files: Files = [("tarifas.pdf".to_owned(), tariffs)].into_iter().collect();
    program.with_files(&files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn begin(program: &Program, written: &str, facts: &Facts) -> (Run, Vec<Effect>) {
    let content = InboundContent::Text { body: written.to_owned() };
    let (run, outcome) = start(program, "00000000000000aa".parse().expect("an id"), facts, Some(&content));
    (run, outcome.effects)
}

fn said(parts: &str, written: &str) -> Vec<Content> {
    let (run, effects) = begin(&program("message", parts, "next: f"), written, &Facts::default());
    assert!(matches!(run.state, RunState::Ended { .. }), "{run:?}");
    let contents = effects.into_iter().map(|effect| match effect {
        Effect::Send { content, .. } => content,
        other => panic!("{other:?}"),
    });
    contents.collect()
}

fn end(run: &Run) -> &str {
    match &run.state {
        RunState::Ended { outcome } => outcome.as_deref().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_link_is_one_line_of_ascii() {
    let link =
        |written: &str| match &said("parts: [{ type: image, link: 'https://x.pe/{{ a }}' }]", written)[..] {
            [Content::Media { source: MediaSource::Link(link), caption: None, .. }] => link.clone(),
            other => panic!("{other:?}"),
        };
    assert_eq!(link("a b/ñ.png\n"), "https://x.pe/a%20b/%C3%B1.png");
    let url = |written: &str| match &said(
        "parts: [{ type: link, text: a, title: b, url: '{{ a }}' }]",
        written,
    )[..]
    {
        [Content::Link { url, .. }] => url.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(url("https://x.pe/a?b=c#d"), "https://x.pe/a?b=c#d");
    // One that nobody could open is still told, as words.
    let said =
        said("parts: [{ type: image, link: 'https://x.pe/{{ a }}', caption: Mira }]", &"ñ".repeat(500));
    let [Content::Text { body }] = &said[..] else { panic!("{said:?}") };
    assert_eq!(*body, format!("Mira\nhttps://x.pe/{}", "%C3%B1".repeat(500)));
}

#[test]
fn what_is_empty_is_left_out() {
    let parts = "parts: [{ type: document, file: tarifas.pdf, caption: '{{ contact.name }}', name: '{{ contact.name }}' }, { type: location, latitude: 1, longitude: 2, name: '{{ contact.name }} ', address: '{{ a }}' }, { type: contacts, cards: [{ name: Rosa, phones: ['{{ contact.phone }}', '+51 1'], organisation: '{{ contact.name }}' }] }]";
    let [document, place, cards] = &said(parts, "x")[..] else { panic!() };
    let Content::Media { caption: None, filename, .. } = document else { panic!("{document:?}") };
    assert_eq!(filename.as_deref(), Some("tarifas.pdf"), "the file's own name");
    let Content::Location(place) = place else { panic!("{place:?}") };
    assert_eq!((place.name.as_deref(), place.address.as_deref()), (None, Some("x")));
    let Content::Contacts { cards } = cards else { panic!("{cards:?}") };
    assert_eq!((&cards[0].phones[..], &cards[0].organisation), (&["+51 1".to_owned()][..], &None));
}

#[test]
fn news_are_waited_for_only_where_they_lead_somewhere() {
    let both = "next: f, undelivered: g";
    let begun = |config: &str, exits: &str| {
        let program = program("message", config, exits);
        let (run, effects) = begin(&program, "x", &Facts::default());
        (program, run, effects)
    };
    assert_eq!(end(&begun("text: a", "next: f").1), "f");
    let (program, run, effects) = begun("text: a, parts: [{ type: reaction, emoji: 👍 }]", both);
    assert_eq!(effects.iter().map(transcript).collect::<Vec<_>>(), ["a", "(Reacción) 👍"]);
    let wait = run.wait().expect("it waits");
    assert_eq!((wait.kind, wait.timeout), (WaitKind::Sent, Some(Duration::minutes(1))));
    for (event, exit) in [(Event::Sent, "f"), (Event::TimedOut, "f"), (Event::Unsent { code: "1" }, "g")] {
        let mut run = run.clone();
        step(&program, &mut run, event, &Facts::default());
        assert_eq!(end(&run), exit);
    }
    // Nobody is told whether a reaction arrived.
    assert_eq!(end(&begun("parts: [{ type: reaction, emoji: 👍 }]", both).1), "f");
}

#[test]
fn somebody_is_seen_writing_before_anything_is_said() {
    let program = program("message", "typing: 3s, text: a", "next: f, undelivered: g");
    let (mut run, effects) = begin(&program, "x", &Facts::default());
    assert_eq!(effects, [Effect::Typing]);
    let wait = run.wait().expect("it waits");
    assert_eq!((wait.kind, wait.timeout), (WaitKind::Delay, Some(Duration::seconds(3))));
    let outcome = step(&program, &mut run, Event::TimedOut, &Facts::default());
    assert_eq!(outcome.effects.iter().map(transcript).collect::<Vec<_>>(), ["a"]);
    assert_eq!(run.wait().map(|wait| wait.kind), Some(WaitKind::Sent));
    step(&program, &mut run, Event::TimedOut, &Facts::default());
    assert_eq!(end(&run), "f");
}

/// Of `count` customers, how many go by the first of two ways.
fn first_way(config: &str, count: u64, who: impl Fn(u64) -> (u64, u64)) -> u64 {
    let program = program("split", config, "a: f, b: g");
    let goes = |i: u64| {
        let (id, seed) = who(i);
        let contact = ContactFacts { id: format!("c{id}"), ..ContactFacts::default() };
        let (run, _) = begin(&program, "x", &Facts { seed, contact, ..Facts::default() });
        end(&run) == "f"
    };
    (0..count).filter(|i| goes(*i)).count() as u64
}

/// Bounds are five standard deviations around nine in ten.
#[test]
fn a_split_keeps_its_proportions() {
    const ARMS: &str = "arms: [{ id: a, title: A, weight: 90 }, { id: b, title: B, weight: 10 }]";
    let nine_in_ten = 1_733..=1_867;
    assert!(nine_in_ten.contains(&first_way(ARMS, 2_000, |i| (i, 0))));
    let drawn = format!("{ARMS}, sticky: false");
    assert!(nine_in_ten.contains(&first_way(&drawn, 2_000, |i| (1, i))));
    // The same customer, again and again; and by chance, the same moment.
    for (config, who) in [(ARMS, (|i| (7, i)) as fn(u64) -> (u64, u64)), (&drawn, |i| (i, 7))] {
        assert!([0, 200].contains(&first_way(config, 200, who)), "{config}");
    }
}

/// Flows of the first version of `message`: a picture stood in a field of its own.
#[test]
fn an_older_message_is_understood() {
    let [content] = &said("image: { link: 'https://x.pe/a.png', caption: 'Para {{ a }}' }", "ti")[..] else {
        panic!()
    };
    let Content::Media { source: MediaSource::Link(link), caption, .. } = content else {
        panic!("{content:?}")
    };
    assert_eq!((link.as_str(), caption.as_deref()), ("https://x.pe/a.png", Some("Para ti")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However long a datum is, and wherever it stands, the customer gets all of it.
    #[test]
    fn nothing_that_is_said_is_cut(
        piece in "[a-zñ👍]{1,9}[ .\n]{1,2}",
        times in 1_usize..1_200,
        at in 0_usize..8,
    ) {
        let written = piece.repeat(times);
        prop_assume!(written.len() < 16_000);
        let options = "options: [{ id: x, title: X }]";
        let (kind, config, exits) = [
            ("message", "text: '{{ a }}'".to_owned(), "next: f"),
            ("message", "parts: [{ type: image, link: 'https://x.pe', caption: '{{ a }}' }]".to_owned(), "next: f"),
            ("message", "parts: [{ type: link, text: '{{ a }}', title: Ver, url: 'https://x.pe' }]".to_owned(), "next: f"),
            ("question", "text: '{{ a }}'".to_owned(), "ok: f, no_match: f"),
            ("question", format!("text: '{{{{ a }}}}', answer: {{ type: buttons, {options} }}"), "x: f, no_match: f"),
            ("question", format!("text: '{{{{ a }}}}', answer: {{ type: list, {options} }}"), "x: f, no_match: f"),
            ("question", "text: '{{ a }}', answer: { type: location }".to_owned(), "ok: f, no_match: f"),
            ("end", "text: '{{ a }}'".to_owned(), ""),
        ][at].clone();
        let (run, effects) = begin(&program(kind, &config, exits), &written, &Facts::default());
        prop_assert!(!matches!(run.state, RunState::Failed { .. }), "{:?}", run);
        let mut whole = String::new();
        for effect in effects {
            let Effect::Send { content, .. } = effect else { continue };
            prop_assert_eq!(limits::check(&content), Ok(()));
            whole += content.words();
        }
        let seen = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(seen(&whole), seen(&written));
    }
}

#[test]
fn a_short_place_that_may_overflow_is_warned_of() {
    let warned = |name: &str| {
        let yaml = format!(
            "id: f\nname: F\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true, save_to: a }}, exits: {{ next: m }} }}\n  m: {{ kind: message, config: {{ parts: [{{ type: location, latitude: 1, longitude: 2, name: '{name}' }}] }}, exits: {{ next: f }} }}\n  f: {{ kind: end }}\n"
        );
        let program = Program::read(&yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"));
        program.warnings().iter().map(|problem| problem.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(warned(&format!("{}{{{{ a }}}}", "x".repeat(260))), [""; 0]);
    assert_eq!(warned(&"x".repeat(300)), [""; 0]);
    let told = warned(&format!("{}{{{{ a }}}}", "x".repeat(261)));
    assert!(told.len() == 1 && told[0].contains("limit.may_exceed") && told[0].contains("300"), "{told:?}");
    assert!(told[0].contains("«a»"), "{told:?}");
}
