//! Taps and typed words: which option they mean, and what ids from outside can do.

use cauce_flows::{Event, Facts, Program, Run, start, step};
use cauce_model::{Content, Effect, InboundContent, MediaKind, ReceivedMedia};
use cauce_nodes::catalogue;

const FLOW: &str = r#"
id: f
name: F
start: i
nodes:
  i: { kind: start, config: { any_message: true }, exits: { next: uno } }
  uno:
    kind: question
    config: { text: ¿Uno?, save_to: uno, answer: { type: buttons, options: [{ id: a, title: Azul }, { id: b, title: Blanco }] } }
    exits: { a: dos, b: dos, no_match: fin }
  dos:
    kind: question
    config: { text: ¿Dos?, save_to: dos, answer: { type: buttons, options: [{ id: b, title: Azul }, { id: a, title: Negro }] } }
    exits: { a: fin, b: fin, no_match: fin }
  fin: { kind: end }
"#;

struct Chat {
    program: Program,
    run: Run,
}

impl Chat {
    fn new(id: &str) -> Self {
        let program = Program::read(FLOW, &catalogue()).unwrap_or_else(|p| panic!("{p:#?}"));
        let (run, outcome) = start(&program, id.parse().expect("an id"), &Facts::default(), None);
        assert_eq!(outcome.effects.len(), 1);
        Self { program, run }
    }

    fn gives(&mut self, content: &InboundContent) -> Vec<Effect> {
        step(&self.program, &mut self.run, Event::Answer(content), &Facts::default()).effects
    }

    fn taps(&mut self, id: &str, title: &str) -> Vec<Effect> {
        self.gives(&InboundContent::Choice { id: id.to_owned(), title: title.to_owned() })
    }

    fn writes(&mut self, body: &str) -> Vec<Effect> {
        self.gives(&InboundContent::Text { body: body.to_owned() })
    }

    fn saved(&self, name: &str) -> Option<&str> {
        self.run.vars.get(name)?.as_str()
    }

    fn at(&self) -> &str {
        self.run.wait().map_or("over", |wait| wait.node.as_str())
    }
}

const RUN: &str = "00000000000000aa";

#[test]
fn ids_carry_the_run_the_wait_and_the_option() {
    let mut chat = Chat::new(RUN);
    let effects = chat.writes("azul");
    let [Effect::Send { content: Content::Buttons { buttons, .. }, node, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(node.as_str(), "dos");
    let ids: Vec<&str> = buttons.iter().map(|button| button.id.as_str()).collect();
    assert_eq!(ids, ["00000000000000aa.2.b", "00000000000000aa.2.a"]);
}

#[test]
fn a_tap_on_the_open_question_counts_by_its_id() {
    let mut chat = Chat::new(RUN);
    // Even when somebody changed the title on the way.
    chat.taps("00000000000000aa.1.b", "Azul");
    assert_eq!((chat.at(), chat.saved("uno")), ("dos", Some("b")));
}

#[test]
fn an_old_button_counts_by_its_title() {
    let mut chat = Chat::new(RUN);
    chat.taps("00000000000000aa.1.a", "Azul");
    // «a» is another option here; the old button says "Azul", which is «b» now.
    chat.taps("00000000000000aa.1.a", "Azul");
    assert_eq!((chat.at(), chat.saved("dos")), ("over", Some("b")));

    let mut chat = Chat::new(RUN);
    chat.taps("00000000000000aa.1.b", "Blanco");
    let effects = chat.taps("00000000000000aa.1.b", "Blanco");
    assert_eq!(effects.len(), 1, "no option reads «Blanco» now: it asks again");
    assert_eq!((chat.at(), chat.saved("dos")), ("dos", None));
}

#[test]
fn ids_from_elsewhere_are_never_trusted() {
    for (id, title, saved) in [
        ("00000000000000bb.1.b", "Azul", Some("a")),
        ("00000000000000aa.2.b", "Azul", Some("a")),
        ("00000000000000aa.1.zzz", "Azul", Some("a")),
        ("00000000000000aa.1.", "nada", None),
        ("b", "Blanco", Some("b")),
        ("", "", None),
        ("00000000000000aa.1.b.c", "nada", None),
    ] {
        let mut chat = Chat::new(RUN);
        chat.taps(id, title);
        assert_eq!(chat.saved("uno"), saved, "{id} {title}");
    }
}

#[test]
fn words_count_like_taps() {
    for (text, saved) in [
        ("BLANCO", Some("b")),
        ("  azúl ", Some("a")),
        ("2", Some("b")),
        ("3", None),
        ("blanco y azul", None),
        ("", None),
    ] {
        let mut chat = Chat::new(RUN);
        chat.writes(text);
        assert_eq!(chat.saved("uno"), saved, "{text}");
    }
}

#[test]
fn asking_again_is_one_message_with_fresh_buttons() {
    let mut chat = Chat::new(RUN);
    let effects = chat.writes("¿cuál es mejor?");
    let [Effect::Send { content: Content::Buttons { body, buttons, .. }, .. }] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(body, "No te entendí. Toca uno de los botones, por favor.");
    assert_eq!(buttons[0].id, "00000000000000aa.2.a");
    let file = ReceivedMedia {
        id: "m".to_owned(),
        mime: "image/jpeg".to_owned(),
        filename: None,
        sha256: None,
        animated: false,
        state: Default::default(),
    };
    let picture =
        InboundContent::Media { media: MediaKind::Image, file, caption: Some("otra cosa".to_owned()) };
    assert_eq!(chat.gives(&picture).len(), 1);
    assert!(chat.writes("otra").is_empty(), "two retries, then no_match");
    assert_eq!(chat.at(), "over");
}

#[test]
fn long_ids_still_fit_whatsapp() {
    let long = "x".repeat(64);
    let flow = FLOW
        .replace("id: a, title: Azul", &format!("id: {long}, title: Azul"))
        .replace("{ a: dos,", &format!("{{ {long}: dos,"));
    let program = Program::read(&flow, &catalogue()).unwrap_or_else(|p| panic!("{p:#?}"));
    let (run, _) = start(&program, RUN.parse().unwrap(), &Facts::default(), None);
    let mut run = Run { waits: u64::MAX - 10, ..run };
    let outcome = step(
        &program,
        &mut run,
        Event::Answer(&InboundContent::Text { body: "?".to_owned() }),
        &Facts::default(),
    );
    let [Effect::Send { content: Content::Buttons { buttons, .. }, .. }] = &outcome.effects[..] else {
        panic!("{outcome:?}")
    };
    assert!(buttons[0].id.len() <= cauce_flows::limits::LIST_ROW_ID);
}
