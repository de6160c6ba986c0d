//! The flows of `examples/`: without problems, readable on the canvas, and walked from end to end.

use std::fs;
use std::path::{Path, PathBuf};

use cauce_flows::{
    ContactFacts, Event, Facts, Outcome, Problem, Program, Run, RunState, Trigger, WaitKind, parse, start,
    step, transcript,
};
use cauce_model::{Content, Effect, FileId, InboundContent, StoredFile, Timestamp};
use cauce_nodes::catalogue;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let entries = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let is_flow = |path: &PathBuf| {
        let name = path.to_string_lossy();
        name.ends_with(".yaml") && !name.ends_with(".test.yaml")
    };
    let files: Vec<PathBuf> = entries.filter(is_flow).collect();
    assert!(!files.is_empty());
    files
}

fn program(path: &Path) -> Program {
    let told = |problems: Vec<Problem>| -> Program { panic!("{}: {problems:#?}", path.display()) };
    let program =
        Program::read(&fs::read_to_string(path).expect("a file"), &catalogue()).unwrap_or_else(told);
    let files = program.needs().into_keys().map(|name| (name.clone(), beside(path, &name)));
    let files = files.collect();
    program.with_files(&files).unwrap_or_else(told)
}

/// A file that stands beside a flow.
fn beside(flow: &Path, name: &str) -> StoredFile {
    let path = flow.with_file_name(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mime = match path.extension().and_then(|extension| extension.to_str()) {
        Some("jpg") => "image/jpeg",
        Some("png") => "image/png",
        Some("mp4") => "video/mp4",
        Some("ogg") => "audio/ogg",
        Some("mp3") => "audio/mpeg",
        Some("webp") => "image/webp",
        Some("pdf") => "application/pdf",
        other => panic!("{}: {other:?}", path.display()),
    };
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    StoredFile { id: FileId::of(&bytes), mime: mime.to_owned(), size: bytes.len() as u64, name }
}

/// What brings somebody who writes this to the flow, whether it is all they wrote, and of how many words.
fn fit(program: &Program, text: Option<&str>) -> Option<(Trigger, bool, usize)> {
    let content = text.map(|body| InboundContent::Text { body: body.to_owned() });
    let fit = program.matches(content.as_ref().into(), false)?;
    Some((fit.by, fit.whole, fit.words))
}

#[test]
fn every_example_is_without_problems() {
    for path in files() {
        let program = program(&path);
        assert!(program.warnings().is_empty(), "{}: {:#?}", path.display(), program.warnings());
    }
}

#[test]
fn every_example_is_written_again_as_it_says() {
    for path in files() {
        let document = parse(&fs::read_to_string(&path).unwrap()).unwrap();
        let again = parse(&document.to_yaml()).unwrap();
        assert_eq!(again, document);
        assert_eq!(again.to_yaml(), document.to_yaml());
        assert_eq!(again.version(), document.version());
    }
}

#[test]
fn the_cards_of_every_example_stand_apart() {
    for path in files() {
        let cards = program(&path).cards();
        for (i, a) in cards.iter().enumerate() {
            let (ax, ay) = (a.x.expect("placed"), a.y.expect("placed"));
            // A card grows with its exits: a line each.
            let height = |exits: usize| 140.0 + 24.0 * exits as f64;
            for b in &cards[i + 1..] {
                let (bx, by) = (b.x.expect("placed"), b.y.expect("placed"));
                let apart = (ax - bx).abs() >= 300.0
                    || by - ay >= height(a.exits.len())
                    || ay - by >= height(b.exits.len());
                assert!(apart, "{}: {} and {}", path.display(), a.id, b.id);
            }
        }
    }
}

/// The demo journey with somebody in it.
struct Walk {
    program: Program,
    run: Run,
    options: Vec<(String, String)>,
}

impl Walk {
    fn start(text: &str) -> (Self, Vec<String>) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/bienvenida.yaml");
        let program = program(&file);
        assert!(fit(&program, Some(text)).is_some());
        let content = InboundContent::Text { body: text.to_owned() };
        let (run, outcome) =
            start(&program, "00000000000000aa".parse().expect("an id"), &facts(), Some(&content));
        let mut walk = Self { program, run, options: Vec::new() };
        let said = walk.said(&outcome);
        (walk, said)
    }

    fn said(&mut self, outcome: &Outcome) -> Vec<String> {
        for effect in &outcome.effects {
            match effect {
                Effect::Send { content: Content::Buttons { buttons, .. }, .. } => {
                    self.options.extend(buttons.iter().map(|b| (b.title.clone(), b.id.clone())));
                }
                Effect::Send { content: Content::List { sections, .. }, .. } => {
                    let rows = sections.iter().flat_map(|section| &section.rows);
                    self.options.extend(rows.map(|row| (row.title.clone(), row.id.clone())));
                }
                _ => {}
            }
        }
        outcome.effects.iter().map(transcript).collect()
    }

    fn event(&mut self, event: Event<'_>) -> Vec<String> {
        let outcome = step(&self.program, &mut self.run, event, &facts());
        self.said(&outcome)
    }

    fn writes(&mut self, text: &str) -> Vec<String> {
        self.event(Event::Answer(&InboundContent::Text { body: text.to_owned() }))
    }

    fn taps(&mut self, title: &str) -> Vec<String> {
        let (title, id) = self.options.iter().rfind(|option| option.0 == title).cloned().expect("an option");
        self.event(Event::Answer(&InboundContent::Choice { id, title }))
    }

    fn outcome(&self) -> Option<&str> {
        match &self.run.state {
            RunState::Ended { outcome } => outcome.as_deref(),
            other => panic!("{other:?}"),
        }
    }
}

fn facts() -> Facts {
    let contact = ContactFacts { name: Some("Ana".to_owned()), ..ContactFacts::default() };
    Facts { contact, window_ends_at: Timestamp(i64::MAX), ..Facts::default() }
}

#[test]
fn the_demo_journey_reaches_a_person_and_a_rating() {
    let (mut walk, said) = Walk::start("hola");
    assert!(said[0].starts_with("¡Hola Ana! 👋"), "{said:?}");
    assert!(said[0].ends_with("[Cotizar lentes] [Ver horario] [Hablar con alguien]"), "{said:?}");
    assert_eq!(walk.taps("Cotizar lentes"), ["¡Con gusto! Son tres datos y listo. ¿Cómo te llamas?"]);
    assert_eq!(walk.writes("A"), ["Escribe solo tu nombre, por favor."]);
    assert_eq!(walk.writes("Ana"), ["Gracias, Ana. ¿A qué correo te enviamos el catálogo?"]);
    assert_eq!(
        walk.writes("ana"),
        ["Ese correo no parece completo. Escríbelo así, por favor: nombre@ejemplo.com"]
    );
    assert_eq!(
        walk.writes("Ana@Correo.PE"),
        ["¿En qué ciudad estás? (Ver ciudades) [Lima] [Arequipa] [Trujillo] [Cusco] [Otra ciudad]"]
    );
    let said = walk.taps("Arequipa");
    assert_eq!(said[1], "→ ventas");
    assert_eq!(walk.run.wait().unwrap().kind, WaitKind::Person);
    assert_eq!(walk.run.wait().unwrap().timeout, None);
    assert!(walk.writes("¿hola?").is_empty());
    let said = walk.event(Event::HandoffResolved { agent: Some("rosa") });
    assert!(said[0].contains("(Calificar) [5 · Excelente]"), "{said:?}");
    assert_eq!(walk.writes("5"), ["¡Gracias! Anotamos tu 5. Que tengas un lindo día. ✨"]);
    assert_eq!(walk.outcome(), Some("calificado"));
    let captured: Vec<(&str, &str)> = walk
        .program
        .labels()
        .iter()
        .map(|(name, label)| (label.as_str(), walk.run.vars[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        captured,
        [
            ("Tema", "Cotizar lentes"),
            ("Calificación", "5"),
            ("Nombre", "Ana"),
            ("Correo", "ana@correo.pe"),
            ("Ciudad", "Arequipa"),
        ]
    );
}

#[test]
fn the_demo_journey_answers_by_itself_where_there_is_no_shop() {
    let (mut walk, _) = Walk::start("cualquier cosa");
    walk.writes("1");
    walk.writes("Luis");
    walk.writes("luis@correo.com");
    let said = walk.writes("cusco");
    assert!(said[0].starts_with("Luis, todavía no tenemos tienda en Cusco"), "{said:?}");
    assert_eq!(walk.outcome(), Some("catalogo"));
}

#[test]
fn the_demo_journey_starts_with_anything_and_never_leaves_anybody_alone() {
    let (mut walk, _) = Walk::start("🙂");
    assert_eq!(fit(&walk.program, Some("¡Hola!")), Some((Trigger::Keyword, true, 1)));
    assert_eq!(fit(&walk.program, Some("muy buenos dias a todos")), Some((Trigger::Keyword, false, 2)));
    assert_eq!(fit(&walk.program, None), Some((Trigger::AnyMessage, false, 0)));
    assert_eq!(walk.run.wait().unwrap().timeout, Some(cauce_model::Duration::hours(2)));
    assert_eq!(walk.event(Event::TimedOut), ["Cuando quieras seguir, escríbenos «hola» y retomamos. 🙂"]);
    assert_eq!(walk.outcome(), Some("abandono"));
}
