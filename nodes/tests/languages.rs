//! Flows in several languages: who is spoken to in which, what is wrong with a translation, and what is missing.

use cauce_flows::{ContactFacts, Event, Facts, Problem, Program, Run, start, step, transcript};
use cauce_model::{Effect, InboundContent};
use cauce_nodes::catalogue;

const NODES: &str = "
  i: { kind: start, config: { any_message: true }, exits: { next: m } }
  m:
    kind: question
    config:
      text: \"¿Qué necesitas, {{ contact.name }}?\"
      answer:
        type: choice
        options:
          - { id: ventas, title: Comprar, synonyms: [precio, sale] }
          - { id: ayuda, title: Ayuda }
      retries: { max: 3, text: Elige. }
    exits: { ventas: d, ayuda: h, no_match: f }
  d:
    kind: form
    config: { fields: [{ key: talla, type: open, ask: ¿Talla? }] }
    exits: { ok: p, no_match: f }
  p:
    kind: message
    config: { parts: [{ type: text, text: \"Va {{ talla }}.\" }, { type: location, latitude: 1, longitude: 2, name: Tienda }] }
    exits: { next: f }
  h: { kind: handoff, config: { queue: q }, exits: { resolved: f } }
  f: { kind: end, config: { text: Adiós. } }
";

fn flow(language: &str, translations: &str) -> String {
    format!("id: f\nname: F\nlanguage: {language}\nstart: i\nnodes:{NODES}translations:\n{translations}")
}

const ENGLISH: &str = "
  en:
    m:
      text: \"What do you need, {{ contact.name }}?\"
      answer.options.ventas.title: Buy
      answer.options.ayuda.title: Sale
      retries.text: Pick one.
    d: { fields.talla.ask: Size? }
    p: { parts.1.text: \"{{ talla }} is on its way.\", parts.2.name: Shop }
    f: { text: Bye. }
  en-GB:
    f: { text: Cheerio. }
";

fn read(yaml: &str) -> Program {
    Program::read(yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn problems(yaml: &str) -> Vec<Problem> {
    match Program::read(yaml, &catalogue()) {
        Ok(program) => program.warnings().to_vec(),
        Err(problems) => problems,
    }
}

struct Talk {
    program: Program,
    run: Run,
    facts: Facts,
    said: Vec<Effect>,
}

impl Talk {
    fn begin(program: Program, language: Option<&str>) -> Self {
        let contact = ContactFacts {
            name: Some("Ana".to_owned()),
            language: language.map(str::to_owned),
            ..ContactFacts::default()
        };
        let facts = Facts { contact, ..Facts::default() };
        let (run, outcome) = start(&program, "00000000000000aa".parse().expect("an id"), &facts, None);
        Self { program, run, facts, said: outcome.effects }
    }

    fn says(&self) -> Vec<String> {
        self.said.iter().map(transcript).collect()
    }

    fn hears(&mut self, content: &InboundContent) -> Vec<String> {
        self.said = step(&self.program, &mut self.run, Event::Answer(content), &self.facts).effects;
        self.says()
    }

    fn types(&mut self, text: &str) -> Vec<String> {
        self.hears(&InboundContent::Text { body: text.to_owned() })
    }
}

#[test]
fn everybody_is_spoken_to_in_their_language() {
    for (language, question, bye) in [
        (Some("en"), "What do you need, Ana? [Buy] [Sale]", "Bye."),
        (Some("EN-us"), "What do you need, Ana? [Buy] [Sale]", "Bye."),
        (Some("en-GB"), "What do you need, Ana? [Buy] [Sale]", "Cheerio."),
        (Some("es-MX"), "¿Qué necesitas, Ana? [Comprar] [Ayuda]", "Adiós."),
        (Some("pt"), "¿Qué necesitas, Ana? [Comprar] [Ayuda]", "Adiós."),
        (None, "¿Qué necesitas, Ana? [Comprar] [Ayuda]", "Adiós."),
    ] {
        let mut talk = Talk::begin(read(&flow("es", ENGLISH)), language);
        assert_eq!(talk.says(), [question], "{language:?}");
        talk.types("1");
        assert_eq!(talk.types("M").last().map(String::as_str), Some(bye), "{language:?}");
    }
    let mut talk = Talk::begin(read(&flow("es", ENGLISH)), Some("en"));
    assert_eq!(talk.types("whatever"), ["Pick one. [Buy] [Sale]"]);
    assert_eq!(talk.types("buy"), ["Size?"]);
    assert_eq!(talk.types("M"), ["M is on its way.", "(Ubicación) 1, 2 Shop", "Bye."]);
}

#[test]
fn an_answer_may_be_in_the_language_of_the_flow() {
    let goes = |typed: &str| {
        let mut talk = Talk::begin(read(&flow("es", ENGLISH)), Some("en"));
        let said = talk.types(typed);
        said.last().cloned().unwrap_or_default()
    };
    for typed in ["Buy", "comprar", "precio", "compras"] {
        assert_eq!(goes(typed), "Size?", "{typed}");
    }
    for typed in ["ayuda", "ayda", "Sale"] {
        // What an option is called here counts before what another was called there.
        assert_eq!(goes(typed), "→ q", "{typed}");
    }
    assert_eq!(goes("hola"), "Pick one. [Buy] [Sale]");
}

#[test]
fn a_tap_counts_whatever_the_language_is_by_then() {
    let mut talk = Talk::begin(read(&flow("es", ENGLISH)), Some("en"));
    let [Effect::Send { content: cauce_model::Content::Buttons { buttons, .. }, .. }] = &talk.said[..] else {
        panic!("{:?}", talk.said)
    };
    let tap = InboundContent::Choice { id: buttons[0].id.clone(), title: buttons[0].title.clone() };
    talk.facts.contact.language = None;
    assert_eq!(talk.hears(&tap), ["¿Talla?"]);
}

#[test]
fn the_widest_of_the_flows_own_languages_is_its_own() {
    let translations = "  es-PE: { f: { text: Chau. } }\n  pt: { f: { text: Tchau. } }\n";
    let ends = |own: &str, language: &str| {
        let mut talk = Talk::begin(read(&flow(own, translations)), Some(language));
        talk.types("1");
        talk.types("M").last().cloned().unwrap_or_default()
    };
    assert_eq!(ends("es", "es-PE"), "Chau.");
    assert_eq!(ends("es", "es"), "Adiós.");
    assert_eq!(ends("es", "pt-BR"), "Tchau.");
    assert_eq!(ends("es", "es-MX"), "Adiós.");
}

/// Line and code of what is said of these translations.
fn told(translations: &str) -> Vec<String> {
    let yaml = flow("es", translations);
    let before = flow("es", "").lines().count() as u32;
    let told = |p: &Problem| format!("{}:{} {}", p.line.unwrap_or(0) - before, p.column.unwrap_or(0), p.code);
    problems(&yaml).iter().filter(|p| p.is_error()).map(told).collect()
}

#[test]
fn a_translation_is_checked_like_the_original() {
    for (translations, expected) in [
        ("  en: { zz: { text: a } }\n", "1:9 i18n.unknown_step"),
        ("  en: { m: { txt: a } }\n", "1:14 i18n.unknown_place"),
        ("  en: { m: { answer.options.venta.title: a } }\n", "1:14 i18n.unknown_place"),
        ("  en: { i: { text: a } }\n", "1:14 i18n.unknown_place"),
        ("  en: { m: { answer.options.ventas.id: a } }\n", "1:14 i18n.unknown_place"),
        ("  english: {}\n", "1:3 i18n.bad_language"),
        ("  ES: {}\n", "1:3 i18n.own_language"),
        ("  en: {}\n  EN: {}\n", "2:3 i18n.repeated_language"),
        ("  en: { f: { text: '' } }\n", "1:20 limit.empty"),
        ("  en: { f: { text: 3 } }\n", "1:20 doc.wrong_type"),
        ("  en: { f: hola }\n", "1:12 doc.wrong_type"),
        ("  en:\n    f:\n      text: 'a {{ 1 + }}'\n", "3:23 expr.syntax"),
        ("  en:\n    f:\n      text: 'a {{ nadie }}'\n", "3:19 expr.unknown_variable"),
        ("  en: { m: { answer.options.ayuda.title: COMPRAR } }\n", "1:42 limit.title_repeated"),
        // The later of the two is not the one that was translated.
        ("  en: { m: { answer.options.ventas.title: ayudá } }\n", "1:12 limit.title_repeated"),
    ] {
        assert_eq!(told(translations), [expected], "{translations}");
    }
    let long = format!("  en: {{ m: {{ answer.options.ayuda.title: {} }} }}\n", "x".repeat(101));
    assert_eq!(told(&long), ["1:42 limit.length"]);
    let long = format!("  en: {{ f: {{ text: {} }} }}\n", "x".repeat(4097));
    assert_eq!(told(&long), ["1:20 limit.text_body"]);
    let synonyms =
        "  en: { m: { answer.options.ventas.synonyms: 'price, help', answer.options.ayuda.title: Help } }\n";
    assert_eq!(told(synonyms), ["1:46 node.answer.synonym"]);
    let many: String = (0..21).map(|i| format!("  e{}: {{}}\n", char::from(b'a' + i))).collect();
    assert_eq!(told(&many), ["0:1 i18n.too_many_languages"]);

    let unknown = problems(&flow("es", "  en: { m: { retires.text: a } }\n"));
    let unknown = unknown.iter().find(|p| p.code == "i18n.unknown_place").unwrap();
    assert!(unknown.help.contains("Quizá quisiste decir «retries.text»"), "{unknown}");
    assert_eq!(unknown.node.as_ref().map(|id| id.as_str()), Some("m"));
}

#[test]
fn a_datum_that_may_be_missing_is_found_in_a_translation() {
    let yaml = flow("es", &ENGLISH.replace("text: Bye.", "text: \"Bye {{ talla }}.\""));
    let unset: Vec<_> = problems(&yaml).into_iter().filter(|p| p.code == "var.maybe_unset").collect();
    assert_eq!(unset.len(), 1, "{unset:#?}");
    assert!(unset[0].path.as_deref().is_some_and(|path| path == "/translations/en/f/text"));
}

#[test]
fn what_is_missing_is_told_once_a_language_and_step() {
    assert_eq!(problems(&flow("es", ENGLISH)), [], "synonyms are missed by nobody");
    let translations = "  en:\n    m: { text: What? }\n  es-MX: { f: { text: Bye } }\n";
    let missing = problems(&flow("es", translations));
    let before = flow("es", "").lines().count() as u32;
    let told: Vec<String> = missing
        .iter()
        .map(|p| format!("{}:{} {} {}", p.line.unwrap() - before, p.column.unwrap(), p.code, p.message))
        .collect();
    assert_eq!(
        told,
        [
            "1:3 i18n.missing En el paso «d» falta traducir a «en»: «fields.talla.ask».",
            "1:3 i18n.missing En el paso «p» falta traducir a «en»: «parts.1.text» y «parts.2.name».",
            "1:3 i18n.missing En el paso «f» falta traducir a «en»: «text».",
            "2:5 i18n.missing En el paso «m» falta traducir a «en»: «answer.options.ventas.title», «answer.options.ayuda.title» y «retries.text».",
        ]
    );
}

#[test]
fn the_house_speaks_the_language_too() {
    let yaml = "id: f\nname: F\nstart: i\nnodes:\n  i: { kind: start, config: { any_message: true }, exits: { next: m } }\n  m: { kind: question, config: { text: ¿Seguimos?, answer: { type: yes_no } }, exits: { yes: l, no: f, no_match: f } }\n  l: { kind: question, config: { text: ¿Cuál?, answer: { type: list, options: [{ id: a, title: A }] } }, exits: { a: f, no_match: f } }\n  f: { kind: end }\ntranslations:\n  en: { m: { text: Shall we? }, l: { text: Which?, answer.options.a.title: B } }\n";
    let mut talk = Talk::begin(read(yaml), Some("en"));
    assert_eq!(talk.says(), ["Shall we? [Yes] [No]"]);
    assert_eq!(talk.types("maybe"), ["Sorry, I didn't get that. Please tap one of the buttons. [Yes] [No]"]);
    assert_eq!(talk.types("yes"), ["Which? (See options) [B]"]);
    let location = InboundContent::Location(cauce_model::Location {
        latitude: 1.0,
        longitude: 2.0,
        name: None,
        address: None,
    });
    assert_eq!(
        talk.hears(&location)[0],
        "Sorry, I didn't get that. Please pick an option from the list. (See options) [B]"
    );
    let mut talk = Talk::begin(read(yaml), Some("pt"));
    assert_eq!(talk.says(), ["¿Seguimos? [Sí] [No]"], "what is not translated is all in Spanish");
    assert_eq!(talk.types("sí"), ["¿Cuál? (Ver opciones) [A]"]);
}
