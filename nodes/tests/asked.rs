//! Every sort of answer, in a question and in a form: what fits, what is kept, and what is said to the rest.

use cauce_flows::{Event, Facts, Program, Run, RunState, start, step, transcript};
use cauce_model::{
    ContactCard, Content, Effect, FileId, InboundContent, Location, MediaKind, MediaState, ReceivedMedia,
    StoredFile, Timestamp,
};
use cauce_nodes::catalogue;
use serde_json::{Value, json};

/// 2026-11-20, 10:40 in Lima: a Friday.
fn facts() -> Facts {
    Facts { now: Timestamp(1_795_189_200_000), message: 7, ..Facts::default() }
}

struct Chat {
    program: Program,
    run: Run,
    said: Vec<Effect>,
}

impl Chat {
    fn with(program: Program) -> Self {
        let (run, outcome) = start(&program, "00000000000000aa".parse().expect("an id"), &facts(), None);
        Self { program, run, said: outcome.effects }
    }

    /// A question with this answer; `extra` are its other fields.
    fn question(answer: &str, extra: &str) -> Self {
        let exits = |exits: &str| {
            format!(
                "id: f\nname: F\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: q }} }}\n  q: {{ kind: question, config: {{ text: ¿?, save_to: x, answer: {{ {answer} }} {extra} }}, exits: {{ {exits} }} }}\n  f: {{ kind: end }}\n"
            )
        };
        let programs = ["ok: f, no_match: f", "'yes': f, 'no': f, no_match: f", "a: f, b: f, no_match: f"]
            .map(|list| Program::read(&exits(list), &catalogue()));
        let mut problems = Vec::new();
        for program in programs {
            match program {
                Ok(program) => return Self::with(program),
                Err(wrong) => problems = wrong,
            }
        }
        panic!("{problems:#?}")
    }

    /// A form with this one field.
    fn form(field: &str) -> Self {
        let yaml = format!(
            "id: f\nname: F\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: q }} }}\n  q: {{ kind: form, config: {{ fields: [{{ key: x, ask: ¿?, {field} }}] }}, exits: {{ ok: f, no_match: f }} }}\n  f: {{ kind: end }}\n"
        );
        Self::with(Program::read(&yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}")))
    }

    fn gives(&mut self, content: &InboundContent) {
        self.said = step(&self.program, &mut self.run, Event::Answer(content), &facts()).effects;
    }

    fn is_over(&self) -> bool {
        matches!(self.run.state, RunState::Ended { .. })
    }

    fn says(&self) -> String {
        self.said.iter().map(transcript).collect::<Vec<_>>().join("\n")
    }
}

fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.to_owned() }
}

fn file(media: MediaKind, state: MediaState) -> InboundContent {
    let file = ReceivedMedia {
        id: "901".to_owned(),
        mime: "x/y".to_owned(),
        filename: Some("receta.pdf".to_owned()),
        sha256: None,
        animated: false,
        state,
    };
    InboundContent::Media { media, file, caption: None }
}

/// What is kept of an answer, asked by a question and by a form; `None` when it is asked again.
fn kept(answer: &str, content: &InboundContent) -> Option<Value> {
    let mut kept = Vec::new();
    for mut chat in [Chat::question(answer, ""), Chat::form(answer)] {
        chat.gives(content);
        assert_eq!(chat.is_over(), chat.run.vars.contains_key("x"), "{answer}: {:?}", chat.run);
        kept.push(chat.run.vars.get("x").cloned());
    }
    assert_eq!(kept[0], kept[1], "{answer}");
    kept.swap_remove(0)
}

#[test]
fn what_fits_is_kept_one_way() {
    for (answer, written, value) in [
        ("type: open", "  Ana María ", json!("Ana María")),
        ("type: open, min_length: 2, max_length: 5", "Luisa", json!("Luisa")),
        ("type: number", "dos mil quinientos", json!(2500)),
        ("type: number", "S/ 1,500.50", json!(1500.5)),
        ("type: number, integer: true, min: 1, max: 10", "10", json!(10)),
        ("type: number, min: -2.5", "-2,5", json!(-2.5)),
        ("type: phone", "mi número es 999 888 777", json!("+51999888777")),
        ("type: phone", "+52 55 1234 5678", json!("+525512345678")),
        ("type: email", "es Ana@Correo.PE, gracias", json!("ana@correo.pe")),
        ("type: date", "mañana", json!("2026-11-21")),
        ("type: date, when: future", "hoy", json!("2026-11-20")),
        ("type: date, when: past", "hoy", json!("2026-11-20")),
        ("type: date, when: past", "8/5/1990", json!("1990-05-08")),
        ("type: date, when: past", "el 15 de agosto", json!("2026-08-15")),
        ("type: date, when: past", "15/12", json!("2025-12-15")),
        ("type: date, when: past", "20/11", json!("2026-11-20")),
        ("type: date, when: past", "el lunes", json!("2026-11-16")),
        ("type: date, when: future", "el 15 de agosto", json!("2027-08-15")),
        ("type: date, from: mañana, to: en 7 días", "el lunes", json!("2026-11-23")),
        ("type: time", "a las 4 y media", json!("16:30")),
        ("type: date_time", "mañana a las 4 y media", json!("2026-11-21T16:30")),
        ("type: date_time, when: future", "hoy a las 11", json!("2026-11-20T11:00")),
        ("type: date_time, when: past", "el lunes a las 4", json!("2026-11-16T16:00")),
        ("type: number, min: 0, max: 10", "le doy un 9", json!(9)),
        ("type: document", "12345678", json!("12345678")),
        ("type: document, kinds: [rut_cl]", "12.345.678-5", json!("12345678-5")),
    ] {
        assert_eq!(kept(answer, &text(written)), Some(value), "{answer}: {written}");
    }
}

#[test]
fn what_does_not_fit_is_asked_again_with_a_hint() {
    for (answer, written, hint) in [
        ("type: open, max_length: 3", "Luisa", "hasta 3 caracteres"),
        ("type: open, min_length: 6, max_length: 9", "Luisa", "con 6 a 9 caracteres"),
        ("type: number", "muchos", "con un número, por favor"),
        ("type: number, integer: true", "2,5", "número entero, por favor"),
        ("type: number, min: 3", "2", "un número desde 3,"),
        ("type: number, max: 3.5", "4", "un número hasta 3.5,"),
        ("type: number, min: 1, max: 3", "0", "un número de 1 a 3,"),
        ("type: phone", "999", "teléfono"),
        ("type: email", "ana@correo", "nombre@ejemplo.com"),
        ("type: date", "31/2", "Escribe una fecha, por ejemplo 15/3"),
        ("type: date, when: future", "ayer", "una fecha de hoy en adelante"),
        ("type: date, when: past", "mañana", "una fecha que ya pasó"),
        ("type: date, when: past", "el próximo lunes", "una fecha que ya pasó"),
        ("type: date, from: mañana, to: en 7 días", "hoy", "desde mañana hasta dentro de 7 días"),
        ("type: date, to: en 7 días", "en 8 días", "hasta dentro de 7 días"),
        ("type: time", "a las 30", "16:30"),
        ("type: date_time", "mañana", "un día y una hora"),
        (
            "type: date_time, when: future",
            "hoy a las 10 de la mañana",
            "un día y una hora de ahora en adelante",
        ),
        ("type: date_time, when: past", "hoy a las 11", "un día y una hora que ya pasaron"),
        ("type: document", "123", "Revisa tu DNI o RUC"),
        ("type: document, kinds: [rut_cl]", "12.345.678-4", "Revisa tu RUT"),
    ] {
        for mut chat in [Chat::question(answer, ""), Chat::form(answer)] {
            chat.gives(&text(written));
            assert!(!chat.is_over(), "{answer}: {written}");
            assert!(chat.says().contains(hint), "{answer}: {}", chat.says());
        }
    }
}

#[test]
fn the_author_may_say_it_otherwise() {
    let mut chat = Chat::question("type: number", ", retries: { max: 1, text: ¿Un número? }");
    chat.gives(&text("no sé"));
    assert_eq!(chat.says(), "¿Un número?");
    chat.gives(&text("no sé"));
    assert!(chat.is_over());
    let mut chat = Chat::form("type: yes_no, retry: ¿Sí o no?");
    chat.gives(&text("no sé"));
    assert_eq!(chat.says(), "¿Sí o no? [Sí] [No]");
}

#[test]
fn yes_and_no_are_true_and_false() {
    for (written, value) in
        [("sí", true), ("claro", true), ("nop", false), ("no, gracias", false), ("👍", true)]
    {
        assert_eq!(kept("type: yes_no", &text(written)), Some(value.into()), "{written}");
    }
    for written in ["no sé", "sí pero no", "tal vez"] {
        assert_eq!(kept("type: yes_no", &text(written)), None, "{written}");
    }
    let tap =
        |id: &str| InboundContent::Choice { id: format!("00000000000000aa.1.{id}"), title: "?".to_owned() };
    assert_eq!(kept("type: yes_no", &tap("yes")), Some(true.into()));
    assert_eq!(kept("type: yes_no", &tap("no")), Some(false.into()));
}

#[test]
fn options_are_shown_as_they_fit() {
    let three = "type: choice, options: [{ id: a, title: Azul }, { id: b, title: Blanco }]";
    assert_eq!(Chat::question(three, "").says(), "¿? [Azul] [Blanco]");
    assert_eq!(Chat::form(three).says(), "¿? [Azul] [Blanco]");
    let described = three.replace("title: Azul", "title: Azul, description: Como el mar");
    assert_eq!(Chat::question(&described, "").says(), "¿? (Ver opciones) [Azul] [Blanco]");
    let buttons = three.replace("choice", "buttons");
    assert_eq!(Chat::question(&buttons, "").says(), "¿? [Azul] [Blanco]");
    let list = three.replace("choice", "list, button: Colores");
    assert_eq!(Chat::form(&list).says(), "¿? (Colores) [Azul] [Blanco]");
}

#[test]
fn synonyms_and_small_typos_count() {
    let options = "type: buttons, options: [{ id: a, title: Cotizar lentes, synonyms: [precios, presupuesto] }, { id: b, title: Horario }]";
    for (written, id) in [
        ("Precios", Some("a")),
        ("presupuesto", Some("a")),
        ("presupesto", Some("a")),
        ("horaro", Some("b")),
        ("la segunda", Some("b")),
        ("opción 1", Some("a")),
        ("otra cosa", None),
    ] {
        assert_eq!(kept(options, &text(written)), id.map(Value::from), "{written}");
    }
}

#[test]
fn places_are_kept_whole() {
    let place = |name: Option<&str>| {
        InboundContent::Location(Location {
            latitude: -12.05,
            longitude: -77.04,
            name: name.map(str::to_owned),
            address: None,
        })
    };
    assert_eq!(
        kept("type: location", &place(Some("Casa"))),
        Some(json!({ "latitude": -12.05, "longitude": -77.04, "name": "Casa", "address": null }))
    );
    assert_eq!(kept("type: location", &text("en mi casa")), None);
    let chat = Chat::form("type: location");
    let [Effect::Send { content: Content::LocationRequest { .. }, .. }] = &chat.said[..] else {
        panic!("{:?}", chat.said)
    };
}

#[test]
fn files_are_kept_by_what_is_known_of_them() {
    let answer = "type: media, kinds: [image, audio, document]";
    let kept_as = |media: &str| json!({ "media": media, "mime": "x/y", "name": "receta.pdf", "caption": null, "message": 7 });
    let with = |mut value: Value, key: &str, id: &str| {
        value[key] = id.into();
        value
    };
    let coming = |media| kept(answer, &file(media, MediaState::Coming));
    assert_eq!(coming(MediaKind::Image), Some(with(kept_as("image"), "id", "901")));
    assert_eq!(coming(MediaKind::Voice), Some(with(kept_as("voice"), "id", "901")));
    assert_eq!(coming(MediaKind::Video), None);
    assert_eq!(coming(MediaKind::Sticker), None);
    let id = FileId::of(b"a");
    let stored = StoredFile { id: id.clone(), mime: "x/y".to_owned(), size: 1, name: "a".to_owned() };
    let stored = kept(answer, &file(MediaKind::Document, MediaState::Stored(stored)));
    assert_eq!(stored, Some(with(kept_as("document"), "file", id.as_str())));
    let lost = MediaState::Lost { code: "not_found".to_owned(), text: "Ya no está.".to_owned() };
    assert_eq!(kept(answer, &file(MediaKind::Image, lost)), None);
    // A voice note is an audio; an audio is no voice note.
    assert!(kept("type: media, kinds: [voice]", &file(MediaKind::Voice, MediaState::Coming)).is_some());
    assert!(kept("type: media, kinds: [voice]", &file(MediaKind::Audio, MediaState::Coming)).is_none());
    let mut chat = Chat::question(answer, "");
    chat.gives(&text("no tengo"));
    assert_eq!(chat.says(), "Envía una foto, un audio o un documento, por favor.");
}

#[test]
fn a_contact_card_can_give_a_phone_or_an_email() {
    let card = |phones: &[&str]| ContactCard {
        name: "Rosa".to_owned(),
        phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
        emails: vec!["rosa@x.pe".to_owned()],
        organisation: None,
    };
    let cards = |cards: Vec<ContactCard>| InboundContent::Contacts { cards };
    let one = cards(vec![card(&["+51 999 888 777"])]);
    assert_eq!(kept("type: phone", &one), Some("+51999888777".into()));
    assert_eq!(kept("type: email", &one), Some("rosa@x.pe".into()));
    assert_eq!(kept("type: phone", &cards(vec![card(&["+51 999 888 777", "+51 999 888 776"])])), None);
    assert_eq!(kept("type: phone", &cards(vec![card(&["999 888 777"]), card(&["999 888 776"])])), None);
    assert_eq!(kept("type: open", &one), None);
}

/// Where words were asked, whoever sends something else is told what came; it counts as a try.
#[test]
fn what_has_no_words_is_told_apart() {
    let place = Location { latitude: 0.0, longitude: 0.0, name: None, address: None };
    let mut sentences = Vec::new();
    for content in [
        file(MediaKind::Voice, MediaState::Coming),
        file(MediaKind::Sticker, MediaState::Coming),
        file(MediaKind::Image, MediaState::Coming),
        file(MediaKind::Video, MediaState::Coming),
        file(MediaKind::Document, MediaState::Coming),
        InboundContent::Location(place),
        InboundContent::Contacts { cards: Vec::new() },
        InboundContent::Unsupported { kind: "x".to_owned(), raw: Value::Null },
    ] {
        for answer in ["type: open", "type: number", "type: date", "type: document", "type: email"] {
            let mut chat = Chat::question(answer, ", retries: { max: 1, text: Otra vez }");
            chat.gives(&content);
            assert!(
                chat.says().ends_with("por favor.") || chat.says().ends_with("por favor?"),
                "{}",
                chat.says()
            );
            if answer == "type: open" {
                sentences.push(chat.says());
            }
            chat.gives(&content);
            assert!(chat.is_over(), "{answer}: one try and no more");
        }
    }
    let count = sentences.len();
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), count, "every sort of thing has its own sentence: {sentences:#?}");
    // A picture with words under it says something.
    let mut chat = Chat::question("type: open", "");
    let InboundContent::Media { media, file, .. } = file(MediaKind::Image, MediaState::Coming) else {
        panic!()
    };
    chat.gives(&InboundContent::Media { media, file, caption: Some("Ana".to_owned()) });
    assert_eq!(chat.run.vars["x"], "Ana");
}

/// Flows of the first version of `form`: a free text was called `text` and had at most 200 characters.
#[test]
fn an_older_form_is_understood() {
    assert!(!Chat::form("type: text").is_over());
    for (length, fits) in [(200, true), (201, false)] {
        let mut chat = Chat::form("type: text");
        chat.gives(&text(&"x".repeat(length)));
        assert_eq!(chat.is_over(), fits, "{length}");
    }
    let mut chat = Chat::form("type: text, max_length: 300");
    chat.gives(&text(&"x".repeat(300)));
    assert!(chat.is_over());
}
