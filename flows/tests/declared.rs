//! What a kind may declare beside its conduct: optional exits, files, how much it says, notes, and
//! expressions over a server's answer; and what its steps find in their moment.

use cauce_flows::fields::{Amount, Expression, Name, OfAnswer, Template, Tree};
use cauce_flows::{
    Behaviour, Catalogue, ContactFacts, Context, Event, Example, Exit, Facts, Failure, FileUse, Files,
    MAX_SENDS, Meta, NodeKind, Program, Resume, Role, Run, RunState, Step, WaitKind, Write, parse, start,
    step,
};
use cauce_model::{
    Content, Effect, FileId, HttpAnswer, HttpMethod, HttpOutcome, HttpRequest, MediaKind, MediaSource,
    StoredFile,
};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Config {
    /// Pictures to send, by their paths beside the document.
    pictures: Vec<String>,
    /// How many messages it says that it says.
    sends: usize,
    /// Asks a server and keeps this of the answer in `kept`.
    keep: Option<OfAnswer>,
    /// An expression of the ordinary kind.
    value: Option<Expression>,
    /// Worked out into `data`.
    data: Option<Tree>,
    /// Worked out into `amount`.
    amount: Option<Amount>,
    /// Leave by `maybe` when it leads somewhere.
    choosy: bool,
    /// Draw a number into `drawn`: `sticky` or `chance`.
    draw: Option<String>,
    /// Say this.
    text: Option<Template>,
    /// An address, worked out into `data`.
    url: Option<Template>,
}

macro_rules! kind {
    ($name:ident, $id:literal, $role:expr) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        struct $name(Config);
        impl NodeKind for $name {
            const META: Meta = Meta {
                kind: $id,
                v: 1,
                name: $id,
                description: "",
                group: "",
                icon: "",
                color: "",
                role: $role,
                waits: false,
            };
            fn examples() -> Vec<Example> {
                Vec::new()
            }
        }
        impl Behaviour for $name {
            fn exits(&self) -> Vec<Exit> {
                match $role {
                    Role::End | Role::Note => Vec::new(),
                    _ => vec![Exit::next(), Exit::new("maybe", "Quizá").or_not()],
                }
            }
            fn writes(&self) -> Vec<Write> {
                ["kept", "data", "amount", "drawn"].map(|name| Write::new(&name.into())).to_vec()
            }
            fn sends(&self) -> usize {
                self.0.sends
            }
            fn files(&self) -> Vec<FileUse> {
                let places = self.0.pictures.iter().enumerate();
                let file = |(i, path): (usize, &String)| FileUse {
                    path: path.clone(),
                    media: MediaKind::Image,
                    pointer: format!("/pictures/{i}"),
                };
                places.map(file).collect()
            }
            fn summary(&self) -> Vec<String> {
                Vec::new()
            }
            fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
                if matches!($role, Role::End | Role::Note) {
                    return Ok(Step::End { outcome: None });
                }
                self.0.enter(cx)
            }
            fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
                let Resume::Called(HttpOutcome::Answered(answer)) = why else { return Ok(Step::go("maybe")) };
                cx.set_answer(json!({ "status": answer.status, "body": answer.body }));
                if let Some(keep) = &self.0.keep {
                    let value = cx.of_answer(keep)?;
                    cx.set(&"kept".into(), value);
                }
                Ok(Step::go("next"))
            }
        }
    };
}

impl Config {
    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let mut keep = |name: &str, value: Value| cx.set(&Name(name.to_owned()), value);
        keep("data", Value::Null);
        if let Some(tree) = &self.data {
            let value = cx.data(tree)?;
            cx.set(&"data".into(), value);
        }
        if let Some(url) = &self.url {
            let value = cx.url(url)?;
            cx.set(&"data".into(), value.into());
        }
        if let Some(amount) = &self.amount {
            let value = cx.amount(amount)?;
            cx.set(&"amount".into(), value.into());
        }
        if let Some(how) = &self.draw {
            let drawn = if how == "sticky" { cx.sticky(10) } else { cx.chance(10) };
            cx.set(&"drawn".into(), drawn.into());
        }
        for path in &self.pictures {
            let source = MediaSource::Stored(cx.file(path)?);
            cx.say(Content::Media { media: MediaKind::Image, source, caption: None, filename: None })?;
        }
        if let Some(text) = &self.text {
            let body = cx.text(text)?;
            cx.say(Content::Text { body })?;
        }
        if self.keep.is_some() {
            cx.call(request(), 3);
            return Ok(Step::Wait(WaitKind::Call, None));
        }
        Ok(Step::go(if self.choosy && cx.is_connected("maybe") { "maybe" } else { "next" }))
    }
}

kind!(First, "first", Role::Start);
kind!(Middle, "middle", Role::Step);
kind!(Jump, "jump", Role::Jump);
kind!(Note, "note", Role::Note);
kind!(Last, "last", Role::End);

fn catalogue() -> Catalogue {
    Catalogue::new().with::<First>().with::<Middle>().with::<Jump>().with::<Note>().with::<Last>()
}

fn request() -> HttpRequest {
    HttpRequest {
        method: HttpMethod::Get,
        url: "https://example.com".to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: cauce_model::Duration::seconds(10),
        idempotency_key: String::new(),
    }
}

/// A flow whose step `m` has this config.
fn flow(config: &str) -> String {
    flow_of(&format!("  m: {{ kind: middle, config: {{ {config} }}, exits: {{ next: z }} }}\n"))
}

fn flow_of(nodes: &str) -> String {
    format!(
        "id: f\nname: F\nstart: a\nvariables: {{ x: {{}} }}\nnodes:\n  a: {{ kind: first, exits: {{ next: m }} }}\n{nodes}  z: {{ kind: last }}\n"
    )
}

fn read(yaml: &str) -> Program {
    Program::read(yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn codes(yaml: &str) -> Vec<String> {
    let problems = match Program::read(yaml, &catalogue()) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    };
    problems.iter().map(|p| format!("{}:{} {}", p.line.unwrap_or(0), p.column.unwrap_or(0), p.code)).collect()
}

fn begin(program: &Program, facts: &Facts) -> (Run, Vec<Effect>) {
    let (run, outcome) = start(program, "00000000000000aa".parse().expect("an id"), facts, None);
    (run, outcome.effects)
}

fn picture(bytes: &str, mime: &str) -> StoredFile {
    StoredFile {
        id: FileId::of(bytes.as_bytes()),
        mime: mime.to_owned(),
        size: 1_000,
        name: "foto.jpg".to_owned(),
    }
}

#[test]
fn an_optional_exit_may_stay_loose() {
    assert_eq!(codes(&flow("")), [""; 0]);
    let both = "  m: { kind: middle, config: { choosy: true }, exits: { next: z, maybe: o } }\n  o: { kind: last }\n";
    for (yaml, way) in [(flow("choosy: true"), "next"), (flow_of(both), "maybe")] {
        let program = read(&yaml);
        let (_, outcome) = start(&program, "00000000000000aa".parse().unwrap(), &Facts::default(), None);
        assert_eq!(outcome.trail[1].exit.as_deref(), Some(way));
        let card = &program.cards()[1];
        assert_eq!(card.exits.iter().map(|exit| exit.optional).collect::<Vec<_>>(), [false, true]);
    }
    assert_eq!(codes(&flow("").replace("next: z", "maybe: z")), ["7:36 flow.exit_missing"]);
}

/// Nobody comes to a note, and that is no fault; who is led to one is trapped.
#[test]
fn a_note_stands_alone() {
    let note = "  n: { kind: note }\n";
    assert_eq!(codes(&(flow("") + note)), [""; 0]);
    let led = flow("").replace("next: z", "next: n") + note;
    assert_eq!(codes(&led), ["8:3 flow.unreachable", "9:3 flow.trapped"]);
}

#[test]
fn a_jump_is_a_way_like_any_other() {
    let nodes = "  m: { kind: middle, exits: { next: j } }\n  j: { kind: jump, exits: { next: z } }\n";
    assert_eq!(codes(&flow_of(nodes)), [""; 0]);
    let round = nodes.replace("next: z", "next: m");
    assert!(codes(&flow_of(&round)).contains(&"7:3 flow.loop_without_wait".to_owned()));
    assert_eq!(serde_json::to_value(Role::Jump).unwrap(), "jump");
    assert_eq!(serde_json::to_value(Role::Note).unwrap(), "note");
}

#[test]
fn what_one_step_says_counts_towards_a_turn() {
    let pair = |first: usize, second: usize| {
        flow_of(&format!(
            "  m: {{ kind: middle, config: {{ sends: {first} }}, exits: {{ next: n }} }}\n  n: {{ kind: middle, config: {{ sends: {second} }}, exits: {{ next: z }} }}\n"
        ))
    };
    // The start and the end count one each.
    assert_eq!(codes(&pair(20, MAX_SENDS - 23)), ["7:3 flow.many_messages"]);
    assert_eq!(codes(&pair(20, MAX_SENDS - 22)), ["9:3 flow.turn_too_long"]);
    assert_eq!(codes(&pair(20, MAX_SENDS - 21)), ["8:3 flow.turn_too_long"]);
    assert_eq!(codes(&pair(MAX_SENDS, MAX_SENDS)), ["7:3 flow.turn_too_long"]);
}

#[test]
fn a_version_is_named_with_its_files() {
    let yaml = flow("pictures: [fotos/a.jpg, fotos/b.jpg]");
    let files: Files = [("fotos/b.jpg", "b"), ("fotos/a.jpg", "a"), ("otra.jpg", "c")]
        .map(|(path, bytes)| (path.to_owned(), picture(bytes, "image/jpeg")))
        .into_iter()
        .collect();
    let with =
        |files: &Files| read(&yaml).with_files(files).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let program = with(&files);
    assert_eq!(program.needs().keys().collect::<Vec<_>>(), ["fotos/a.jpg", "fotos/b.jpg"]);
    assert_eq!(program.files().keys().collect::<Vec<_>>(), ["fotos/a.jpg", "fotos/b.jpg"]);
    let named = program.version().clone();
    assert_ne!(&named, read(&yaml).version());
    // What nobody sends, the order, and what people call a file change nothing.
    let mut same: Files = files.iter().rev().map(|(path, file)| (path.clone(), file.clone())).collect();
    same.shift_remove("otra.jpg");
    same["fotos/a.jpg"].name = "otro nombre.jpg".to_owned();
    assert_eq!(with(&same).version(), &named);
    // Its bytes and its type do.
    for other in [picture("a2", "image/jpeg"), picture("a", "image/png")] {
        let mut changed = files.clone();
        changed["fotos/a.jpg"] = other;
        assert_ne!(with(&changed).version(), &named);
    }
    // A flow without files keeps the name that its document has.
    let plain = read(&flow("")).with_files(&files).ok().unwrap();
    assert_eq!(plain.version(), &parse(&flow("")).unwrap().version());
    assert!(plain.files().is_empty());
    // And the files are there when the flow is walked.
    let (_, effects) = begin(&program, &Facts::default());
    let sent: Vec<&FileId> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send { content: Content::Media { source: MediaSource::Stored(file), .. }, .. } => {
                Some(&file.id)
            }
            _ => None,
        })
        .collect();
    assert_eq!(sent, [&FileId::of(b"a"), &FileId::of(b"b")]);
}

#[test]
fn a_file_that_is_missing_or_does_not_fit_is_told_where_it_is_named() {
    let yaml = flow("pictures: [a.jpg, b.jpg, c.jpg, d.jpg, a.jpg]");
    let large = StoredFile { size: 6 * 1024 * 1024, ..picture("c", "image/jpeg") };
    let empty = StoredFile { size: 0, ..picture("d", "image/jpeg") };
    let files: Files = [("b.jpg", picture("b", "application/pdf")), ("c.jpg", large), ("d.jpg", empty)]
        .map(|(path, file)| (path.to_owned(), file))
        .into_iter()
        .collect();
    let problems = read(&yaml).with_files(&files).err().unwrap();
    let told: Vec<(&str, &str)> =
        problems.iter().map(|p| (p.code.as_str(), p.path.as_deref().unwrap_or_default())).collect();
    let at = ["0", "1", "2", "3", "4"].map(|i| format!("/nodes/m/config/pictures/{i}"));
    assert_eq!(
        told,
        [
            ("file.missing", at[0].as_str()),
            ("file.unfit", at[1].as_str()),
            ("file.unfit", at[2].as_str()),
            ("file.unfit", at[3].as_str()),
            ("file.missing", at[4].as_str()),
        ]
    );
    assert!(problems.iter().all(|p| p.line == Some(7) && p.node.is_some() && !p.help.is_empty()));
    // Walked without its files, the run stops with a reason.
    let (run, effects) = begin(&read(&yaml), &Facts::default());
    assert!(matches!(&run.state, RunState::Failed { code, .. } if code == "file.missing"), "{run:?}");
    assert!(effects.is_empty());
}

#[test]
fn a_servers_answer_is_read_only_where_it_is() {
    assert_eq!(codes(&flow("keep: answer.body.price")), [""; 0]);
    assert_eq!(codes(&flow("value: answer.body.price")), ["7:39 expr.unknown_variable"]);
    assert_eq!(codes(&flow("text: '{{ answer.status }}'")), ["7:42 expr.unknown_variable"]);
    assert_eq!(codes(&flow("data: { a: '{{ answer }}' }")), ["7:47 expr.unknown_variable"]);
    assert_eq!(codes(&flow("keep: nada.price")), ["7:38 expr.unknown_variable"]);
    assert_eq!(codes(&flow("keep: answer.body +")), ["7:51 expr.syntax"]);

    let program = read(&flow("keep: 'answer.body.prices[1] * 2'"));
    let (mut run, effects) = begin(&program, &Facts::default());
    let [Effect::Http { wait: 1, request, tries: 3, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(request.idempotency_key, "00000000000000aa.1");
    let body = json!({ "prices": [5, 7], "large": vec!["x".repeat(1_000); 100] });
    let answer = HttpOutcome::Answered(HttpAnswer { status: 200, body, retry_after: None });
    step(&program, &mut run, Event::Called(&answer), &Facts::default());
    assert_eq!(run.vars["kept"], 14);
    // A flow's own variable of that name stays another thing.
    assert_eq!(codes(&flow("value: answer").replace("x: {}", "answer: {}")), [""; 0]);
}

#[test]
fn data_to_send_keeps_its_types() {
    let tree = r#"data: { nombre: "{{ contact.name }}", saludo: "Hola {{ contact.name }}", edad: "{{ 30 + 4 }}", "{{ x }}": "{{ x }}", lista: [1, null, true, "", "{{ contact }}"] }"#;
    let contact = ContactFacts { name: Some("Ana \"la\" {{ x }}\n".to_owned()), ..ContactFacts::default() };
    let (run, _) = begin(&read(&flow(tree)), &Facts { contact, ..Facts::default() });
    let name = "Ana \"la\" {{ x }}\n";
    let contact =
        json!({ "name": name, "phone": null, "language": null, "tags": [], "score": 0, "consents": {} });
    assert_eq!(
        run.vars["data"],
        json!({
            "nombre": name, "saludo": format!("Hola {name}"), "edad": 34, "{{ x }}": null,
            "lista": [1, null, true, "", contact],
        })
    );
    assert_eq!(codes(&flow(r#"data: { a: [{ b: "{{ nada }}" }] }"#)), ["7:53 expr.unknown_variable"]);
    assert_eq!(codes(&flow(r#"data: "{{ 1 + }}""#)), ["7:46 expr.syntax"]);
}

#[test]
fn what_a_customer_wrote_stays_a_piece_of_an_address() {
    let url = |template: &str, name: &str| {
        let contact = ContactFacts { name: Some(name.to_owned()), ..ContactFacts::default() };
        let program = read(&flow(&format!("url: '{template}'")));
        let (run, _) = begin(&program, &Facts { contact, ..Facts::default() });
        match &run.state {
            RunState::Failed { code, .. } => code.clone(),
            _ => run.vars["data"].as_str().unwrap().to_owned(),
        }
    };
    const ORDER: &str = "https://x.pe/a/{{ contact.name }}?q={{ contact.name }}";
    assert_eq!(url(ORDER, "A-1"), "https://x.pe/a/A-1?q=A-1");
    assert_eq!(url(ORDER, "../b?c=&d#"), "https://x.pe/a/..%2Fb%3Fc%3D%26d%23?q=..%2Fb%3Fc%3D%26d%23");
    assert_eq!(url("https://{{ contact.name }}.x.pe", "evil.com/"), "https://evil.com%2F.x.pe");
    assert_eq!(url(ORDER, ".."), cauce_flows::BAD_URL);
    assert_eq!(url(ORDER, "."), cauce_flows::BAD_URL);
    assert_eq!(url("{{ contact.name }}/a", "https://x.pe"), "https://x.pe/a");
}

#[test]
fn an_amount_is_a_number_or_becomes_one() {
    for (written, amount) in [("-12.05", -12.05), ("7", 7.0), ("'{{ 3 * 2 }}'", 6.0), ("'1{{ 2 }}.5'", 12.5)]
    {
        let (run, _) = begin(&read(&flow(&format!("amount: {written}"))), &Facts::default());
        assert_eq!(run.vars["amount"], amount, "{written}");
    }
    for written in ["'{{ x }}'", "'{{ contact.tags }}'", "'{{ \"NaN\" }}'", "'{{ \"a\" }}'"] {
        let (run, _) = begin(&read(&flow(&format!("amount: {written}"))), &Facts::default());
        assert!(
            matches!(&run.state, RunState::Failed { code, .. } if code == "expr.not_a_number"),
            "{written}"
        );
    }
    assert_eq!(codes(&flow("amount: true")), ["7:40 doc.wrong_type"]);
}

#[test]
fn a_list_is_no_text() {
    let (run, effects) = begin(&read(&flow("text: '{{ contact.tags }}'")), &Facts::default());
    assert!(matches!(&run.state, RunState::Failed { code, .. } if code == "expr.value"), "{run:?}");
    assert!(effects.is_empty());
    let contact = ContactFacts { tags: ["vip".to_owned()].into(), ..ContactFacts::default() };
    let text = r#"text: '{{ "vip" in contact.tags }} {{ contact.tags[0] }} {{ contact.tags.len() }}'"#;
    let (_, effects) = begin(&read(&flow(text)), &Facts { contact, ..Facts::default() });
    assert_eq!(cauce_flows::transcript(&effects[0]), "true vip 1");
}

fn drawn(how: &str, facts: &Facts) -> u64 {
    begin(&read(&flow(&format!("draw: {how}"))), facts).0.vars["drawn"].as_u64().expect("drawn")
}

fn who(id: &str, seed: u64) -> Facts {
    Facts { seed, contact: ContactFacts { id: id.to_owned(), ..ContactFacts::default() }, ..Facts::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_sticks_follows_the_customer_and_chance_the_seed(id in "[a-z0-9]{1,12}", seed: u64, other: u64) {
        prop_assert!(drawn("sticky", &who(&id, seed)) < 10);
        prop_assert_eq!(drawn("sticky", &who(&id, seed)), drawn("sticky", &who(&id, other)));
        prop_assert_eq!(drawn("chance", &who(&id, seed)), drawn("chance", &who("x", seed)));
    }
}

/// Ten thousand customers fall about evenly: a χ² test with 9 degrees of freedom at one in a million.
#[test]
fn draws_are_even() {
    let program = read(&flow("draw: sticky"));
    let mut counts = [0_f64; 10];
    for i in 0..10_000 {
        let (run, _) = begin(&program, &who(&format!("cliente-{i}"), 0));
        counts[usize::try_from(run.vars["drawn"].as_u64().unwrap()).unwrap()] += 1.0;
    }
    let unevenness: f64 = counts.iter().map(|count| (count - 1_000.0).powi(2) / 1_000.0).sum();
    assert!(unevenness < 45.1, "{counts:?}");
}
