//! Talking to a flow in the terminal: its commands, and lines that mean no good.
#![allow(clippy::unwrap_used, reason = "what stands around the tests may fail like a test")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use cauce_designer_api::chat::{Chat, HELP};
use cauce_flows::{ContactFacts, Facts, Program};
use cauce_model::Timestamp;
use proptest::prelude::*;

const FLOW: &str = r#"
id: prueba
name: Prueba
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola, buenas] }, exits: { next: menu } }
  menu:
    kind: question
    name: Menú
    config:
      text: "¿Qué hago, {{ contact.name }}?"
      answer: { type: list, options: [{ id: llama, title: Llama }, { id: espera, title: Espera, description: Un rato }, { id: pasa, title: Pasa }, { id: nota, title: Pon nota }] }
      timeout: 90m
    exits: { llama: llama, espera: espera, pasa: pasa, nota: nota, no_match: fin, timeout: tarde }
  llama:
    kind: http
    config:
      method: PUT
      url: https://api.example/precio
      headers: [{ name: Authorization, value: "Bearer ", secret: tienda }]
      body: { type: json, data: { quien: "{{ contact.phone }}" } }
      save: [{ to: precio, from: answer.body.precio }]
    exits: { ok: precio, error: fin, unavailable: caido }
  precio: { kind: end, config: { text: "Cuesta {{ precio }}.", outcome: visto } }
  caido: { kind: end, config: { text: No responde., outcome: caido } }
  espera: { kind: wait, config: { for: 1h }, exits: { next: video } }
  video: { kind: message, config: { parts: [{ type: video, link: "https://a.example/v.mp4", caption: Mira }] }, exits: { next: marca, undelivered: sin_video } }
  sin_video: { kind: message, config: { text: Sin video. }, exits: { next: marca } }
  marca: { kind: tags, config: { add: [visto] }, exits: { next: fin } }
  pasa: { kind: handoff, config: { queue: ventas, text: Un momento., timeout: 30m }, exits: { resolved: fin, timeout: tarde } }
  nota:
    kind: question
    config: { text: ¿Nota?, answer: { type: list, options: [{ id: n5, title: 5 · Bien }, { id: n1, title: 1 · Mal }] }, save_to: nota }
    exits: { n5: fin, n1: fin, no_match: fin }
  tarde: { kind: end, config: { text: Ya es tarde., outcome: tarde } }
  fin: { kind: end }
"#;

/// 2026-11-20, 10:15 in Lima, a Friday.
const NOW: Timestamp = Timestamp(1_795_187_700_000);

fn chat_with(flow: &str) -> Chat {
    let program =
        Program::read(flow, &cauce_nodes::catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let contact = ContactFacts {
        id: "51999888777".to_owned(),
        name: Some("Ana".to_owned()),
        phone: Some("51999888777".to_owned()),
        ..ContactFacts::default()
    };
    Chat::new(Arc::new(program), Facts { now: NOW, contact, ..Facts::default() })
}

fn chat() -> Chat {
    chat_with(FLOW)
}

/// Types the lines and hands back what follows the last.
fn last(chat: &mut Chat, lines: &[&str]) -> String {
    lines.iter().map(|line| chat.line(line)).last().unwrap_or_default()
}

const MENU: &str = "¿Qué hago, Ana?\n  1. Llama\n  2. Espera · Un rato\n  3. Pasa\n  4. Pon nota";

#[test]
fn a_flow_that_begins_by_itself_waits_for_its_hour() {
    let mut chat = chat_with(
        r#"
id: ronda
name: Ronda
start: inicio
nodes:
  inicio: { kind: start, config: { schedule: { tag: deudor, at: "9:00" } }, exits: { next: ventana } }
  ventana: { kind: window, exits: { open: aviso, closed: callado } }
  aviso: { kind: end, config: { text: ¿Pagas hoy? } }
  callado: { kind: end, config: { outcome: callado } }
"#,
    );
    let begins = "(empieza con: /clock: Todos los días a las 9:00, a quien tiene «deudor»)";
    assert_eq!(chat.begins(), begins);
    assert!(!chat.line("/clock mañana a las 10").contains("fin"), "who has no tag is left alone");
    assert_eq!(chat.line("/tag"), "(escribe cuál: /tag deudor)");
    assert_eq!(chat.line("/tag deudor"), "  etiquetas: deudor");
    assert!(chat.line("/clock +1d").ends_with("(fin: callado)"));
    chat.line("hola");
    assert!(chat.line("/clock +23h").ends_with("¿Pagas hoy?\n(fin)"));
}

#[test]
fn a_talk_begins_with_what_the_flow_begins_with() {
    let mut chat = chat();
    assert_eq!(chat.begins(), "(empieza con: hola, buenas)");
    assert_eq!(chat.line("¿?"), "(con eso no empieza el flujo)\n(empieza con: hola, buenas)");
    assert_eq!(chat.line("/where"), "(empieza con: hola, buenas)");
    assert_eq!(chat.line("  Hola  "), MENU);
    assert_eq!(chat.line("/where"), "(«Menú» espera al cliente · 1 hora y 30 minutos más)");
    assert_eq!(chat.awaited(), Some(chat.line("/where")));
    let any = chat_with(
        "id: a\nname: A\nstart: i\nnodes:\n  i: { kind: start, config: { any_message: true }, exits: { next: f } }\n  f: { kind: end, config: { text: Hola } }\n",
    );
    assert_eq!(any.begins(), "(empieza con cualquier mensaje)");
}

#[test]
fn options_are_chosen_by_number_unless_titles_have_their_own() {
    assert!(last(&mut chat(), &["hola", "3"]).starts_with("Un momento."));
    assert_eq!(last(&mut chat(), &["hola", "4"]), "¿Nota?\n  - 5 · Bien\n  - 1 · Mal");
    let mut chat = chat();
    last(&mut chat, &["hola", "4", "1"]);
    assert_eq!(chat.line("/vars"), "  nota = \"n1\"");
}

#[test]
fn a_server_is_answered_for() {
    let call = "(llama a PUT https://api.example/precio\n   Authorization: Bearer «tienda»\n   {\"quien\":\"51999888777\"}\n responde con /answer 200 {…} o /fail)";
    assert_eq!(last(&mut chat(), &["hola", "1"]), call);
    assert_eq!(last(&mut chat(), &["hola", "1", "/answer 200 {\"precio\": 20}"]), "Cuesta 20.\n(fin: visto)");
    assert_eq!(last(&mut chat(), &["hola", "1", "/answer 404"]), "(fin)");
    assert_eq!(last(&mut chat(), &["hola", "1", "/answer 503"]), "No responde.\n(fin: caido)");
    assert_eq!(last(&mut chat(), &["hola", "1", "/fail"]), "No responde.\n(fin: caido)");
    assert_eq!(
        last(&mut chat(), &["hola", "1", "¿y?"]),
        "(ahora no lo oye)\n(«llama» espera a un servidor: /answer 200 {…} o /fail)"
    );
    assert!(last(&mut chat(), &["hola", "1", "/answer gracias"]).starts_with("(escribe el estado"));
    assert_eq!(last(&mut chat(), &["hola", "/fail"]), "(el flujo no espera a ningún servidor)");
}

#[test]
fn a_person_takes_over_and_ends() {
    let waits = "Un momento.\n(espera a una persona de «ventas»: /done cuando termine)";
    assert_eq!(last(&mut chat(), &["hola", "3"]), waits);
    assert_eq!(
        last(&mut chat(), &["hola", "3", "¿hay alguien?"]),
        "(lo lee la persona que atiende; /done cuando termine)"
    );
    assert_eq!(last(&mut chat(), &["hola", "3", "/done Luis"]), "(fin)");
    assert_eq!(
        last(&mut chat(), &["hola", "3", "/clock +30m"]),
        "(+30 minutos: viernes 20/11/2026, 10:45)\nYa es tarde.\n(fin: tarde)"
    );
    let taken = last(&mut chat(), &["hola", "3", "/take", "/clock +30m"]);
    assert_eq!(taken, "(+30 minutos: viernes 20/11/2026, 10:45)", "who was taken over is waited for no more");
    for nobody in ["/done", "/take"] {
        assert_eq!(last(&mut chat(), &["hola", nobody]), "(nadie atiende ahora)");
    }
}

#[test]
fn the_clock_moves() {
    assert_eq!(chat().line("/clock"), "(viernes 20/11/2026, 10:15, America/Lima)");
    assert_eq!(last(&mut chat(), &["hola", "/clock 11:00"]), "(+45 minutos: viernes 20/11/2026, 11:00)");
    assert_eq!(
        last(&mut chat(), &["hola", "/clock +2h"]),
        "(+2 horas: viernes 20/11/2026, 12:15)\nYa es tarde.\n(fin: tarde)"
    );
    assert_eq!(last(&mut chat(), &["hola", "2"]), "(espera 1 hora: /clock)");
    assert_eq!(
        last(&mut chat(), &["hola", "2", "/clock 30m", "/where"]),
        "(«espera» deja pasar el tiempo: /clock · 30 minutos más)"
    );
    assert_eq!(
        last(&mut chat(), &["hola", "2", "/clock mañana a las 9"]),
        "(+22 horas y 45 minutos: sábado 21/11/2026, 09:00)\n[Video] https://a.example/v.mp4\nMira\n(etiquetas: +visto)\n(fin)"
    );
    for wrong in ["/clock ayer", "/clock -2h", "/clock +", "/clock pronto"] {
        assert!(chat().line(wrong).starts_with("(escribe cuánto pasa"), "{wrong}");
    }
}

#[test]
fn what_is_refused_is_not_shown() {
    let mut chat = chat();
    last(&mut chat, &["hola", "2", "/refuse 131053"]);
    let told = chat.line("/clock +1h");
    assert_eq!(
        told,
        "(+1 hora: viernes 20/11/2026, 11:15)\n(algo no llegó)\nSin video.\n(etiquetas: +visto)\n(fin)"
    );
    assert_eq!(chat.line("/vars"), "  etiquetas: visto");
}

#[test]
fn lines_are_undone_and_talks_begin_anew() {
    let mut chat = chat();
    assert_eq!(chat.line("/undo"), "(no hay nada que deshacer)");
    last(&mut chat, &["hola", "4", "9", "/undo"]);
    assert_eq!(
        chat.line("/undo"),
        "(como antes de «4»)\n(«Menú» espera al cliente · 1 hora y 30 minutos más)"
    );
    assert!(last(&mut chat, &["4", "9", "/vars", "/undo 2", "3"]).starts_with("Un momento."));
    assert_eq!(chat.line("/undo cero"), "(escribe cuántas líneas: /undo 3)");
    assert_eq!(chat.line("/path"), "  inicio —next→ menu —pasa→ pasa");
    assert_eq!(chat.line("/restart"), "(de nuevo: Ana todavía no ha escrito)");
    assert_eq!(chat.line("/path"), "(todavía no empezó)");
    assert_eq!(chat.line("/vars"), "(todavía no hay datos)");
    assert_eq!(
        chat.line("/customer Luis Mamani +51 988 777 666"),
        "(de nuevo: Luis Mamani todavía no ha escrito)"
    );
    assert!(chat.line("hola").starts_with("¿Qué hago, Luis Mamani?"));
    assert!(last(&mut chat, &["1"]).contains("+51 988 777 666"));
}

#[test]
fn everything_that_can_be_sent_is_sent() {
    let flow = r#"
id: a
name: A
start: i
nodes:
  i: { kind: start, config: { any_message: true }, exits: { next: p } }
  p: { kind: question, config: { text: ¿Qué?, answer: { type: media, kinds: [image, video, audio, voice, document, sticker] }, save_to: x }, exits: { ok: l, no_match: l } }
  l: { kind: question, config: { text: ¿Dónde?, answer: { type: location }, save_to: donde }, exits: { ok: t, no_match: t } }
  t: { kind: question, config: { text: ¿Quién?, answer: { type: phone }, save_to: quien }, exits: { ok: f, no_match: f } }
  f: { kind: end }
"#;
    for (line, media) in [
        ("/image Aquí", "image"),
        ("/video", "video"),
        ("/audio", "audio"),
        ("/voice", "voice"),
        ("/document boleta.pdf", "document"),
        ("/sticker", "sticker"),
    ] {
        let mut chat = chat_with(flow);
        let asks = "¿Dónde?\n  → Enviar ubicación: /location";
        assert_eq!(last(&mut chat, &["hola", line]), asks, "{line}");
        assert!(chat.line("/vars").contains(&format!("\"media\":\"{media}\"")), "{line}");
    }
    let mut chat = chat_with(flow);
    last(
        &mut chat,
        &[
            "hola",
            "/document boleta.pdf",
            "/location -12.1,-77.03 Parque Kennedy",
            "/contact Rosa 999 888 777",
        ],
    );
    let vars = chat.line("/vars");
    for part in ["boleta.pdf", "Parque Kennedy", "quien = \"+51999888777\""] {
        assert!(vars.contains(part), "{part} in {vars}");
    }
    assert!(chat.line("/location aquí").starts_with("(escribe latitud"));
}

#[test]
fn help_names_every_command_and_nothing_else_is_one() {
    let mut chat = chat();
    assert_eq!(chat.line("/help"), HELP);
    let commands = HELP.split_whitespace().filter(|word| word.starts_with('/'));
    for command in commands.filter(|command| *command != "/quit") {
        assert!(!chat.line(command).starts_with("(no existe"), "{command}");
    }
    assert_eq!(chat.line("/bailar"), "(no existe /bailar; /help muestra lo que hay)");
    assert_eq!(chat.line("# una nota"), "");
    assert_eq!(chat.line("   "), "");
}

#[test]
fn flows_that_go_round_stop_somewhere() {
    let round = |pause: &str| {
        format!(
            "id: a\nname: A\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true }}, exits: {{ next: m }} }}\n  m: {{ kind: message, config: {{ text: Otra vez }}, exits: {{ next: w }} }}\n  w: {{ kind: wait, config: {{ for: {pause} }}, exits: {{ next: p }} }}\n  p: {{ kind: question, config: {{ text: ¿Ya?, timeout: 1s }}, exits: {{ ok: f, no_match: f, timeout: m }} }}\n  f: {{ kind: end }}\n"
        )
    };
    // A pause for breath passes by itself, but not for ever.
    let breath = round("1s").replace("exits: { next: p }", "exits: { next: m2 }").replace(
        "  p: {",
        "  m2: { kind: message, config: { text: Y otra }, exits: { next: w2 } }\n  w2: { kind: wait, config: { for: 1s }, exits: { next: p2 } }\n  p2: { kind: decision, config: { rules: [{ id: nunca, when: 1 > 2 }] }, exits: { nunca: p, else: m } }\n  p: {",
    );
    let told = chat_with(&breath).line("hola");
    assert!(told.lines().count() < 100, "{told}");
    assert!(told.ends_with("(espera 1 segundo: /clock)"), "{told}");
    let told = last(&mut chat_with(&round("1h")), &["hola", "/clock +365d"]);
    assert!(told.lines().count() < 1_000, "{told}");
    assert!(told.contains("el reloj se detuvo aquí"), "{told}");
}

#[test]
fn a_step_that_fails_says_where_and_why() {
    let flow = "id: a\nname: A\nstart: i\nnodes:\n  i: { kind: start, config: { any_message: true }, exits: { next: s } }\n  s: { kind: set, config: { variable: x, value: 1 / 0 }, exits: { next: f } }\n  f: { kind: end }\n";
    let told = chat_with(flow).line("hola");
    assert!(told.starts_with("(se detuvo en «s»: ") && told.ends_with("[expr.arithmetic])"), "{told}");
}

fn command(arguments: &[&str], typed: &[u8]) -> Output {
    let flow = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/bienvenida.yaml");
    let mut cauce = Command::new(env!("CARGO_BIN_EXE_cauce"))
        .arg("chat")
        .arg(flow)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Wrong arguments end it before it reads.
    let _ = cauce.stdin.take().unwrap().write_all(typed);
    cauce.wait_with_output().unwrap()
}

#[test]
fn the_command_reads_a_pipe_to_its_end() {
    let output =
        command(&["--name", "Eva", "--now", "2026-11-20T10:15"], b"hola\r\n\xff\xfe\n/clock\n/quit\nhola\n");
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("> hola\n¡Hola Eva! 👋"), "{said}");
    assert!(said.ends_with("> /clock\n(viernes 20/11/2026, 10:15, America/Lima)\n> /quit\n"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours in a pipe");
    // Without a last line break.
    assert!(String::from_utf8(command(&[], b"/vars").stdout).unwrap().ends_with("(todavía no hay datos)\n"));
}

#[test]
fn the_command_refuses_places_that_are_none() {
    for arguments in [["--timezone", "Lima"], ["--country", "Perú"], ["--now", "mañana"]] {
        let output = command(&arguments, b"");
        assert!(!output.status.success(), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(arguments[1]), "{arguments:?}");
    }
    let output = command(
        &["--timezone", "America/Merida", "--country", "mx", "--now", "2026-11-20T10:15"],
        b"/clock\n",
    );
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "> /clock\n(viernes 20/11/2026, 10:15, America/Merida)\n"
    );
}

/// Lines as somebody might type who wants to see it break.
fn hostile() -> impl Strategy<Value = String> {
    let command = prop::sample::select(vec![
        "/image",
        "/video",
        "/voice",
        "/document",
        "/sticker",
        "/location",
        "/contact",
        "/clock",
        "/answer",
        "/fail",
        "/refuse",
        "/take",
        "/done",
        "/vars",
        "/path",
        "/where",
        "/undo",
        "/restart",
        "/customer",
        "/help",
        "/",
        "#",
    ]);
    let rest = prop::sample::select(vec![
        "",
        "0",
        "-1",
        "1",
        "99999999999999999999",
        "+365d",
        "+1s",
        "18:30",
        "mañana",
        "31/2",
        "200 {",
        "200 {\"a\":[]}",
        "599 [[[[",
        "NaN,NaN",
        "1e400,1",
        "-12,-77 \u{202e}x",
        "+51",
        "{{ 1 / 0 }}",
        "\u{0}",
    ]);
    prop_oneof![
        2 => (command, rest).prop_map(|(command, rest)| format!("{command} {rest}")),
        2 => prop::sample::select(vec!["hola", "1", "2", "3", "5", "sí", "no", "mañana", "a las 4", "ana@correo.pe", "45678912", "pedido", "soporte"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => ".{0,40}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_line_panics(lines in prop::collection::vec(hostile(), 1..40), flow in 0..8_usize) {
        let mut chat = match ["bienvenida", "clinica", "encuesta", "hospedaje", "pedidos", "reservas", "soporte"].get(flow) {
            None => chat(),
            Some(name) => {
                let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/{name}.yaml"));
                let program = cauce_designer_api::cli::load(&file).unwrap_or_else(|problems| panic!("{problems:?}"));
                Chat::new(Arc::new(program), Facts { now: NOW, ..Facts::default() })
            }
        };
        for line in lines {
            let told = chat.line(&line);
            prop_assert!(told.len() < 200_000);
            prop_assert!(!told.ends_with('\n'), "{line:?} gave {told:?}");
        }
    }
}

#[test]
fn what_comes_a_day_after_the_customer_wrote_does_not_arrive() {
    let flow = r#"
id: tarde
name: Tarde
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: espera } }
  espera: { kind: wait, config: { for: 2d }, exits: { next: aviso } }
  aviso: { kind: message, config: { text: ¿Sigues ahí? }, exits: { next: fin, undelivered: tarde } }
  tarde: { kind: end, config: { outcome: tarde } }
  fin: { kind: end, config: { outcome: dicho } }
"#;
    let mut chat = chat_with(flow);
    chat.line("hola");
    let told = chat.line("/clock +2d");
    assert!(told.contains("(1 mensaje no llega: el cliente escribió hace más de 24 horas)"), "{told}");
    assert!(told.ends_with("(fin: tarde)"), "{told}");
}
