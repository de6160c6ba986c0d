//! Runs gone through again: thousands of random ones give, byte for byte, what they gave; a draft beside them is
//! told honestly.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use cauce_conversation::replay::{Given, Recording, Replayed, WhatIf, Why, compare};
use cauce_conversation::{Attempt, HTTP_CALLS, Home, RunStage, history, of_contact};
use cauce_flows::{Program, RunState};
use cauce_model::{
    Assignee, Author, Case, CaseState, ContactEvent, ContactId, DeliveryStatus, Direction, Duration, Effect,
    EndReason, FailureClass, FlowId, HttpAnswer, HttpFailure, HttpOutcome, InboundContent, InboundStatus,
    Landing, MediaKind, MediaState, Message, Migrate, ReceivedMedia, SendFailure, SendOutcome, Sender,
    VersionId,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::stage::{Stage, T0, account, phone, text, workspace};

/// Has something of everything that a run can wait for, read and fail at.
const ALL: &str = r#"
id: todo
name: Todo
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: dicho, save_origin_to: origen, collect: 30s }, exits: { next: puntos } }
  puntos: { kind: score, config: { add: 3 }, exits: { next: rama } }
  rama:
    kind: decision
    config:
      rules:
        - { id: muchos, when: contact.score > 12 }
        - { id: avisa, when: contact.consents.ofertas == true && contact.score > 8 }
        - { id: vip, when: 'contact.tags.contains("vip")' }
        - { id: noche, when: 'hour(now()) > 20' }
    exits: { muchos: baja, avisa: nota, vip: normal, noche: tema, else: marca }
  baja: { kind: score, config: { add: -9 }, exits: { next: tema } }
  normal: { kind: tags, config: { add: [normal], remove: [vip] }, exits: { next: tema } }
  marca: { kind: tags, config: { add: [vip], remove: [normal] }, exits: { next: permiso } }
  permiso:
    kind: consent
    config: { purpose: ofertas, label: Ofertas, version: "1", text: ¿Te enviamos ofertas?, retries: { max: 1 }, timeout: 1h }
    exits: { yes: tema, no: tema, no_match: tema, timeout: tema, window_closed: fin }
  retira: { kind: consent, config: { purpose: ofertas, label: Ofertas, version: "2", answer: no }, exits: { no: tema } }
  nota:
    kind: rating
    config: { text: ¿Cómo te fue?, metric: atencion, save_to: nota, retries: { max: 1 }, timeout: 1h }
    exits: { low: persona, mid: tema, high: tema, no_match: tema, timeout: tema, window_closed: fin }
  tema:
    kind: question
    config:
      text: "Hola {{ contact.name ?? \"\" }}, ¿qué buscas?"
      answer: { type: buttons, options: [{ id: pedido, title: Pedido }, { id: juego, title: Juego }, { id: pago, title: Pago }] }
      retries: { max: 1, text: No te entendí. }
      timeout: 2h
    exits: { pedido: cantidad, juego: azar, pago: espera, no_match: persona, timeout: recuerda, window_closed: fin }
  azar: { kind: split, config: { arms: [{ id: a, title: A, weight: 50 }, { id: b, title: B, weight: 50 }], sticky: false }, exits: { a: cantidad, b: fin } }
  cantidad:
    kind: question
    config: { text: ¿Cuánto?, answer: { type: open }, save_to: n, collect: 20s, timeout: 30m }
    exits: { ok: cuenta, no_match: persona, timeout: recuerda, window_closed: fin }
  cuenta:
    kind: script
    config:
      outputs: [vueltas]
      code: |
        vueltas = 0;
        while vueltas < number(n) { vueltas += 1; }
    exits: { next: crece, failed: disculpa }
  crece: { kind: set, config: { variable: x, value: 'replace(replace(replace(n, "a", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), "b", "cccccccccccccccccccccccccccccc"), "c", "dddddddddddddddddddddddddddddd")' }, exits: { next: precio } }
  precio:
    kind: http
    config: { url: "https://example.com/{{ n }}", tries: 2, save: [{ to: precio, from: answer.body.precio }] }
    exits: { ok: meta, error: disculpa, unavailable: donde }
  meta: { kind: goal, config: { goal: pedido, value: 5, currency: PEN }, exits: { next: aviso } }
  aviso:
    kind: message
    config: { text: "Son {{ number(precio) * vueltas }} a las {{ format_date(now()) }}." }
    exits: { next: donde, undelivered: persona, window_closed: fin }
  disculpa: { kind: message, config: { text: No pudimos con eso. }, exits: { next: donde, undelivered: fin, window_closed: fin } }
  donde:
    kind: call
    config: { flow: direccion, params: [{ name: para, value: "dicho ?? \"nada\"" }], save: [{ name: calle, save_to: entrega }], outcomes: [recojo] }
    exits: { next: dia, recojo: fin, failed: persona }
  dia: { kind: question, config: { text: ¿Qué día?, answer: { type: date }, save_to: dia, retries: { max: 1 } }, exits: { ok: hasta, no_match: fin, window_closed: fin } }
  hasta: { kind: wait, config: { until: dia, at: "9:00", before: 1d }, exits: { next: abierta } }
  abierta: { kind: window, exits: { open: foto, closed: fin } }
  foto: { kind: question, config: { text: ¿Una foto?, answer: { type: media, kinds: [image] }, save_to: foto, timeout: 3h }, exits: { ok: fin, no_match: persona, timeout: fin, window_closed: fin } }
  espera: { kind: wait_event, config: { event: pago, save_to: pago, timeout: 2h }, exits: { happened: gracias, timeout: recuerda } }
  gracias: { kind: message, config: { text: "Recibimos {{ pago.monto }}." }, exits: { next: donde, window_closed: fin } }
  recuerda: { kind: message, config: { text: ¿Sigues ahí? }, exits: { next: pausa, window_closed: fin } }
  pausa: { kind: wait, config: { for: 10m }, exits: { next: tope } }
  tope: { kind: loop_guard, config: { times: 2 }, exits: { again: tema, exceeded: fin } }
  humano: { kind: command, config: { words: [humano], anywhere: true, text: Ya te atienden. }, exits: { next: persona } }
  menu: { kind: command, config: { words: [menú], then: restart } }
  no_mas: { kind: command, config: { words: [no más ofertas] }, exits: { next: retira } }
  atras: { kind: command, config: { words: [atrás], then: back } }
  ayuda: { kind: command, config: { words: [ayuda], text: Escribe «atrás» para corregir., then: repeat } }
  persona: { kind: handoff, config: { queue: ventas, timeout: 30m }, exits: { resolved: cierre, timeout: fin } }
  cierre: { kind: window, exits: { open: listo, closed: fin } }
  listo: { kind: end, config: { text: "Gracias, {{ contact.name ?? \"\" }} ({{ contact.score }}, {{ contact.phone ?? \"\" }}, {{ contact.consents }})." } }
  fin: { kind: end }
"#;

/// What [`ALL`] calls.
const CALLED: &str = r#"
id: direccion
name: Dirección
start: inicio
params: { para: { type: text } }
returns: [calle]
nodes:
  inicio: { kind: start, config: { called: true }, exits: { next: calle } }
  calle:
    kind: question
    config: { text: "¿A dónde llevamos {{ para }}?", save_to: calle, retries: { max: 0 }, timeout: 1h }
    exits: { ok: largo, no_match: recoge, timeout: recoge, window_closed: recoge }
  largo: { kind: set, config: { variable: calle, value: 'calle + " " + number(calle) * 2' }, exits: { next: listo } }
  listo: { kind: end }
  recoge: { kind: end, config: { outcome: recojo } }
"#;

/// Begins by what another system tells.
const TOLD: &str = r#"
id: cita
name: Cita
start: inicio
nodes:
  inicio: { kind: start, config: { events: [cita], save_to: cita }, exits: { next: abierta } }
  abierta: { kind: window, exits: { open: aviso, closed: fin } }
  aviso: { kind: end, config: { text: "Tu cita es {{ cita.dia ?? \"pronto\" }}." } }
  fin: { kind: end }
"#;

/// Begins by itself.
const TIMED: &str = r#"
id: ronda
name: Ronda
start: inicio
nodes:
  inicio: { kind: start, config: { schedule: { tag: vip, at: "9:00" } }, exits: { next: abierta } }
  abierta: { kind: window, exits: { open: aviso, closed: fin } }
  aviso: { kind: question, config: { text: "¿Sigues ahí, {{ contact.name ?? \"\" }}?", timeout: 1h }, exits: { ok: fin, no_match: fin, timeout: fin } }
  fin: { kind: end }
"#;

/// Breaks into any other.
const LEAVES: &str = r#"
id: baja
name: Baja
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [baja], everywhere: true, save_to: dicho }, exits: { next: segura } }
  segura: { kind: question, config: { text: "¿Segura, {{ contact.name ?? \"\" }}?", answer: { type: yes_no }, timeout: 1h }, exits: { yes: fin, no: fin, no_match: fin, timeout: fin, window_closed: fin } }
  fin: { kind: end, config: { text: "Dijiste {{ dicho }}." } }
"#;

const WORDS: [&str; 27] = [
    "hola",
    "pedido",
    "Pedido",
    "juego",
    "pago",
    "3",
    "40",
    "99999999",
    "aaa",
    "a",
    "humano",
    "menú",
    "atrás",
    "ayuda",
    "mañana",
    "15/3",
    "Av. Sol 12",
    "12",
    "nada",
    "5",
    "pedido",
    "2",
    "pasado mañana",
    "no sé",
    "baja",
    "sí",
    "no más ofertas",
];

/// Three versions of a flow, those that begin otherwise, and one that is called, compiled once.
static FLOWS: LazyLock<Vec<Arc<Program>>> = LazyLock::new(|| {
    let catalogue = cauce_nodes::catalogue();
    let called = Arc::new(Program::read(CALLED, &catalogue).unwrap());
    let find = |_: &FlowId| Some(called.clone());
    let versions = ["¿Cuánto?", "¿Cuántos?", "¿Cuántas?"].map(|asks| ALL.replace("¿Cuánto?", asks));
    let all = versions.map(|flow| Program::read(&flow, &catalogue).unwrap().with_subflows(find).unwrap());
    let others = [TOLD, TIMED, LEAVES].map(|flow| Program::read(flow, &catalogue).unwrap());
    all.into_iter().chain(others).map(Arc::new).chain([called.clone()]).collect()
});

/// A customer and all that happens to them.
struct Lived {
    stage: Stage,
    sender: Sender,
    serial: u64,
    /// The number of the last one.
    migrations: u64,
}

impl Lived {
    async fn begin(home: Home) -> Self {
        // Elsewhere the business writes first.
        let first = home != Home::default();
        let stage = Stage::silent(home).await;
        for flow in FLOWS.iter() {
            stage.keep(flow).await;
        }
        let mut lived = Self { stage, sender: phone("51999888777"), serial: 0, migrations: 0 };
        if first {
            lived.stage.echoes(&lived.sender, "wamid.echo", T0, text("Buenas.")).await;
        }
        lived.says(text("hola")).await;
        lived
    }

    async fn id(&self) -> ContactId {
        self.stage.owner(&self.sender).await.contact.unwrap()
    }

    async fn says(&mut self, content: InboundContent) {
        self.serial += 1;
        let (id, at) = (format!("wamid.in.{}", self.serial), self.stage.runtime.now());
        self.stage.hears(&self.sender, &id, at, content).await;
    }

    /// Something happens.
    async fn live(&mut self, what: u8, dice: u16) {
        let id = self.id().await;
        let contact = self.stage.contact(id).await;
        let pick = usize::from(dice);
        let live = contact.live_run().map(|run| &run.stage);
        let node = match live {
            Some(RunStage::Waiting { node, .. }) => node.as_str(),
            _ => "",
        };
        // What is most likely to come next, more often than the rest.
        let what = match (what, node) {
            (181..=250, _) if contact.outbox.flight.is_some() => 45,
            (181..=250, "precio") => 85,
            (181..=250, "persona") => 110,
            (181..=250, "espera") => 125,
            (181..=250, "hasta" | "pausa") => 251,
            (181..=250, "aviso" | "disculpa") => 70,
            (181..=250, _) => 10,
            (what, _) => what,
        };
        match what {
            0..=9 => self.says(text(WORDS[pick % WORDS.len()])).await,
            10..=29 => {
                // What is asked.
                let answers = match node {
                    "tema" => ["Pedido", "pedido", "Juego", "Pago"],
                    "cantidad" => ["3", "40", "aaa", "99999999"],
                    "donde" => ["Av. Sol 12", "12", "8", "7"],
                    "permiso" => ["sí", "claro", "no", "no sé"],
                    "nota" => ["5", "⭐⭐", "un 3", "bien"],
                    "dia" => ["mañana", "15/3", "pasado mañana", "hoy"],
                    "foto" => return self.says(photo(&format!("{dice}"))).await,
                    _ => return self.says(text(WORDS[pick % WORDS.len()])).await,
                };
                self.says(text(answers[pick % 4])).await;
            }
            30..=39 => {
                // A tap on what is asked now, or was asked before.
                let Some(run) = &contact.run else { return };
                let wait = match run.stage {
                    RunStage::Waiting { wait, .. } if !dice.is_multiple_of(5) => wait,
                    _ => u64::from(dice % 3) + 1,
                };
                let options = [
                    ("pedido", "Pedido"),
                    ("juego", "Juego"),
                    ("pago", "Pago"),
                    ("yes", "Sí"),
                    ("4", "⭐⭐⭐⭐"),
                ];
                let (option, title) = options[pick % options.len()];
                let tapped = format!("{}.{wait}.{option}", run.id);
                self.says(InboundContent::Choice { id: tapped, title: title.into() }).await;
            }
            40..=44 => self.says(photo(&format!("{dice}"))).await,
            // Whoever sends answers.
            45..=69 => {
                for nth in 0..4 {
                    let contact = self.stage.contact(id).await;
                    let Some(flight) = &contact.outbox.flight else { return };
                    let attempt =
                        Attempt { contact: id, seq: flight.seq, attempt: flight.attempt }.to_string();
                    let failure = SendFailure::new(FailureClass::Other, "131026", "No.");
                    let outcome = match dice.rotate_left(nth) % 12 {
                        0 => SendOutcome::Failed { failure },
                        1 => SendOutcome::Refused { failure, retry_after: None },
                        2 => SendOutcome::Uncertain { failure },
                        _ => {
                            SendOutcome::Accepted { provider_id: format!("wamid.{attempt}"), recipient: None }
                        }
                    };
                    self.stage.happens(id, &ContactEvent::SendAnswered { attempt, outcome }).await;
                }
            }
            70..=84 => {
                let messages = self.lately(id).await;
                let ours: Vec<_> =
                    messages.iter().filter(|m| matches!(m.author, Author::Bot { .. })).collect();
                let Some(message) = ours.iter().rev().nth(pick % 3) else { return };
                let attempt = Attempt { contact: id, seq: message.seq, attempt: 1 }.to_string();
                let status =
                    [DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Failed][pick % 7 % 3];
                let failed = status == DeliveryStatus::Failed;
                let status = InboundStatus {
                    account: account(),
                    provider_id: format!("wamid.{attempt}"),
                    attempt: Some(attempt),
                    status,
                    at: self.stage.runtime.now(),
                    error: failed.then(|| (131_026, "No.".into())),
                    class: FailureClass::Other,
                };
                self.stage.happens(id, &ContactEvent::Status(status)).await;
            }
            85..=109 => {
                let Some(run) = &contact.run else { return };
                let RunStage::Waiting { wait, .. } = run.stage else { return };
                let call = format!("{}.{wait}", run.id);
                let key = of_contact(&HTTP_CALLS, id).text(&call);
                if self.stage.row(&HTTP_CALLS, &key).await.is_none() {
                    return;
                }
                let failure = HttpFailure { code: "timeout".into(), text: "No.".into() };
                let answer = |status, body| HttpAnswer { status, body, retry_after: None };
                let outcome = match dice % 8 {
                    0 => HttpOutcome::Unavailable(failure),
                    1 => HttpOutcome::Unusable(failure),
                    2 => HttpOutcome::Answered(answer(500, json!({ "error": "x" }))),
                    3 => HttpOutcome::Answered(answer(200, json!({ "otro": 1 }))),
                    _ => HttpOutcome::Answered(answer(200, json!({ "precio": dice, "mas": [1, 2.5, null] }))),
                };
                self.stage.happens(id, &ContactEvent::HttpAnswered { call, outcome }).await;
            }
            110..=124 => {
                let Some(case) = contact.live_case().cloned() else { return };
                let agent = Assignee { id: "rosa".parse().unwrap(), name: "Rosa".into() };
                let now = self.stage.runtime.now();
                let moved = |state| Case { state, version: case.version + 1, ..case.clone() };
                let event = match (&case.state, dice % 4) {
                    (CaseState::Queued, 0) => ContactEvent::CaseMoved(moved(CaseState::Ended {
                        assignee: None,
                        taken_at: None,
                        ended_at: now,
                        reason: EndReason::TimedOut,
                    })),
                    (CaseState::Queued, _) => {
                        ContactEvent::CaseMoved(moved(CaseState::Open { assignee: agent, taken_at: now }))
                    }
                    (_, 0) => {
                        let content = cauce_model::Content::Text { body: "Soy Rosa.".into() };
                        ContactEvent::Reply { agent, case: case.id, content }
                    }
                    (_, 1) => ContactEvent::End { agent, case: case.id, version: Some(99) },
                    _ => ContactEvent::End { agent, case: case.id, version: None },
                };
                self.stage.happens(id, &event).await;
            }
            125..=139 => {
                let (name, data) = match dice % 3 {
                    0 => ("cita", json!({ "dia": "el lunes" })),
                    1 => ("otra", json!({})),
                    _ => ("pago", json!({ "monto": dice })),
                };
                self.stage.happens(id, &ContactEvent::Happened { name: name.into(), data }).await;
            }
            140..=144 => {
                let Some(seq) = self.last_of_theirs(id, pick).await else { return };
                let target = seq;
                let content = Box::new(text("quise decir otra cosa"));
                let change = match dice % 3 {
                    0 => InboundContent::Edit { target, content },
                    1 => InboundContent::Revoke { target },
                    _ => InboundContent::Reaction { target, emoji: Some("👍".into()) },
                };
                self.says(change).await;
            }
            145..=149 => {
                let names = ["Ana", "Ana María", "José", "A"];
                self.sender.profile.name = Some(names[pick % names.len()].into());
            }
            150..=152 => {
                let (digits, old) = (format!("5190000{:04}", dice % 10_000), self.sender.clone());
                let new = Sender { profile: old.profile.clone(), ..phone(&digits) };
                if self.stage.owner(&new).await.contact.is_some() {
                    return;
                }
                let (addresses, reply_to) = (new.addresses.clone(), Some(new.reply_to.clone()));
                let body = "cambió de número".into();
                self.says(InboundContent::Notice { body, addresses, reply_to }).await;
                self.sender = new;
            }
            153..=156 => {
                self.serial += 1;
                let (id, at) = (format!("wamid.echo.{}", self.serial), self.stage.runtime.now());
                self.stage.echoes(&self.sender, &id, at, text("por teléfono")).await;
            }
            157..=158 => {
                let Some((_, wait)) = contact.wait_timer else { return };
                self.stage.happens(id, &ContactEvent::WaitDropped { wait }).await;
            }
            159..=162 => {
                let messages = self.lately(id).await;
                let mut files = messages.iter().filter(|message| {
                    matches!(&message.direction, Direction::In { content: InboundContent::Media { .. } })
                });
                let Some(message) = files.next_back() else { return };
                let stored = cauce_model::StoredFile {
                    id: cauce_model::FileId::of(b"x"),
                    mime: "image/jpeg".into(),
                    size: 1,
                    name: "foto.jpg".into(),
                };
                let state = MediaState::Stored(stored);
                self.stage.happens(id, &ContactEvent::MediaFetched { seq: message.seq, state }).await;
            }
            167..=169 => {
                let tag = ["vip", "vip", "normal"][pick % 3].to_owned();
                let (at, flow) = (self.stage.runtime.now(), "ronda".parse().unwrap());
                let event = ContactEvent::Scheduled { workspace: workspace(), flow, at, tag };
                self.stage.happens(id, &event).await;
            }
            163..=166 => drop(self.stage.keep(&FLOWS[pick % 3]).await),
            // Moved to another version, and perhaps back.
            174..=177 => {
                let Some(head) = contact.live_run().filter(|run| run.flow.as_str() == "todo") else { return };
                let RunStage::Waiting { node, .. } = &head.stage else { return };
                let landing = match dice % 8 {
                    0..=2 => Landing::Keep,
                    3..=4 => Landing::Ask,
                    5 => Landing::Step("tema".parse().unwrap()),
                    6 => Landing::Person("ventas".parse().unwrap()),
                    _ => Landing::End,
                };
                self.migrations += 1;
                let order = Migrate {
                    migration: format!("m{}", self.migrations),
                    flow: head.flow.clone(),
                    from: head.version.clone(),
                    to: FLOWS[pick % 3].version().clone(),
                    node: node.clone(),
                    landing,
                };
                self.stage.happens(id, &ContactEvent::Migrate(order)).await;
            }
            178..=180 => {
                let (migration, flow) = (format!("m{}", self.migrations), "todo".parse().unwrap());
                self.stage.happens(id, &ContactEvent::MigrateBack { migration, flow }).await;
            }
            _ => {
                let minutes = if what == 251 { 60 * 26 } else { [0, 1, 2, 15, 40, 130, 60 * 26][pick % 7] };
                self.stage.clock.advance(Duration::seconds(minutes * 60 + i64::from(dice % 40)));
                // What is due comes before what is asked after.
                for _ in 0..2 {
                    self.stage.happens(id, &ContactEvent::Read).await;
                }
            }
        }
    }

    /// The last messages, oldest first.
    async fn lately(&self, id: ContactId) -> Vec<Message> {
        let store = self.stage.runtime.store().as_ref();
        let mut messages = history::messages(store, id, None, 12).await.unwrap();
        messages.reverse();
        messages
    }

    async fn last_of_theirs(&self, id: ContactId, back: usize) -> Option<String> {
        let messages = self.lately(id).await;
        let theirs = messages.iter().filter(|message| message.author == Author::Contact);
        theirs.rev().nth(back % 3)?.provider_id.clone()
    }

    /// All of it again.
    async fn again(&self) -> (Recording, HashMap<VersionId, Arc<Program>>, Vec<Replayed>) {
        let store = self.stage.runtime.store().as_ref();
        let recording = Recording::read(store, self.id().await).await.unwrap().unwrap();
        let programs = recording.programs(store, &self.stage.programs).await.unwrap();
        let runs = recording.replay(&programs, &Home::default());
        (recording, programs, runs)
    }
}

fn photo(id: &str) -> InboundContent {
    let file = ReceivedMedia {
        id: id.into(),
        mime: "image/jpeg".into(),
        filename: None,
        sha256: None,
        animated: false,
        state: MediaState::Coming,
    };
    InboundContent::Media { media: MediaKind::Image, file, caption: None }
}

/// Where runs were and how they ended, over all of them.
type Seen = BTreeMap<String, usize>;

#[test]
fn thousands_of_random_runs_give_again_what_they_gave() {
    let config = ProptestConfig {
        // Usually 256, or what PROPTEST_CASES says.
        cases: ProptestConfig::default().cases * 5 / 8,
        max_shrink_iters: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let seen = Mutex::new(Seen::new());
    let happens = proptest::collection::vec((0..=250u8, any::<u16>()), 100..300);
    let done = TestRunner::new(config).run(&(happens, any::<bool>()), |(happens, usual)| {
        let threads = tokio::runtime::Builder::new_current_thread().build().unwrap();
        threads.block_on(async {
            let madrid = Home { zone: "Europe/Madrid".parse().unwrap(), country: "ES".parse().unwrap() };
            let mut lived = Lived::begin(if usual { Home::default() } else { madrid }).await;
            for (what, dice) in happens {
                lived.live(what, dice).await;
            }
            let (recording, programs, runs) = lived.again().await;
            let moved = recording.journal.iter().filter_map(|entry| entry.run.as_ref());
            prop_assert_eq!(moved.collect::<std::collections::HashSet<_>>().len(), runs.len());
            let mut seen = seen.lock().unwrap();
            for run in &runs {
                prop_assert!(
                    run.parted.is_none(),
                    "{:?}\n{:#?}\n{:#?}",
                    run.parted,
                    run.turns.last(),
                    recording.runs[&run.id]
                );
                prop_assert!(run.certain && !run.older);
                let (_, version) = run.of.clone().unwrap();
                prop_assert_eq!(compare(run, &programs[&version]).outcome, WhatIf::Same);
                count(&mut seen, run);
            }
            // Nothing that a flow said belongs to no run.
            let said: Vec<u64> = runs
                .iter()
                .flat_map(|run| &run.turns)
                .flat_map(|turn| turn.again.iter().flat_map(|again| again.said.iter().map(|said| said.seq)))
                .collect();
            let bots = recording.messages.iter().filter(|m| matches!(m.author, Author::Bot { .. }));
            prop_assert_eq!(said, bots.map(|message| message.seq).collect::<Vec<_>>());
            Ok(())
        })
    });
    done.unwrap();
    let seen = seen.into_inner().unwrap();
    if ProptestConfig::default().cases < 256 {
        return; // so few see little
    }
    assert!(seen["run"] > 1_000, "{seen:#?}");
    for all in [
        "ended",
        "waiting",
        "expr.too_much_work caught",
        "expr.too_large",
        "dropped",
        "moved",
        "moved_back",
        "interrupted",
        "answer",
        "timed_out",
        "resolved",
        "not_taken",
        "called",
        "sent",
        "unsent",
        "happened",
        "told",
        "by itself",
        "within",
        "failure",
        "draw",
        "rating",
        "allowed",
        "not_allowed",
    ] {
        assert!(seen.get(all).is_some_and(|count| *count > 0), "{all}: {seen:#?}");
    }
}

fn count(seen: &mut Seen, run: &Replayed) {
    let mut saw = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
    saw("run");
    for turn in &run.turns {
        saw(match turn.given.as_ref().unwrap() {
            Given::Opening { event: Some(_), .. } => "told",
            Given::Opening { by_itself: true, .. } => "by itself",
            Given::Opening { .. } => "began",
            Given::Answer(_) => "answer",
            Given::TimedOut => "timed_out",
            Given::Resolved { .. } => "resolved",
            Given::NotTaken => "not_taken",
            Given::Called(_) => "called",
            Given::Sent => "sent",
            Given::Unsent { .. } => "unsent",
            Given::Happened { .. } => "happened",
            Given::Dropped => "dropped",
            Given::Moved { .. } => "moved",
            Given::MovedBack => "moved_back",
            Given::Interrupted => "interrupted",
        });
        for effect in &turn.again.as_ref().unwrap().effects {
            match effect {
                Effect::Rating { .. } => saw("rating"),
                Effect::Consent { granted: true, .. } => saw("allowed"),
                Effect::Consent { granted: false, .. } => saw("not_allowed"),
                _ => {}
            }
        }
        for (visited, explained) in &turn.again.as_ref().unwrap().steps {
            if visited.within.is_some() {
                saw("within");
            }
            if explained.failure.is_some() {
                saw("failure");
            }
            for evaluation in &explained.evaluations {
                if evaluation.what == cauce_flows::Evaluated::Draw {
                    saw("draw");
                }
                if let Err(failure) = &evaluation.gave {
                    saw(&format!("{} caught", failure.code));
                }
            }
        }
    }
    match &run.turns.last().unwrap().again.as_ref().unwrap().run.state {
        RunState::Waiting(_) => saw("waiting"),
        RunState::Ended { .. } => saw("ended"),
        RunState::Failed { code, .. } => saw(code),
    }
}

/// Rules over what is known, a draw, and a text.
const RULES: &str = r#"
id: reglas
name: Reglas
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: edad } }
  edad: { kind: question, config: { text: ¿Edad?, answer: { type: number }, save_to: edad, timeout: 30m }, exits: { ok: rama, no_match: persona, timeout: fin } }
  rama:
    kind: decision
    config:
      rules:
        - { id: nino, when: edad < 12 }
        - { id: vip, when: 'contact.tags.contains("vip") || edad > 60' }
        - { id: adulto, when: edad >= 18 }
    exits: { nino: saludo, vip: saludo, adulto: saludo, else: fin }
  saludo: { kind: message, config: { text: "Hola {{ contact.name ?? \"\" }} de {{ edad }}." }, exits: { next: tema } }
  tema: { kind: question, config: { text: ¿Qué?, answer: { type: buttons, options: [{ id: a, title: Rojo }, { id: b, title: Azul }] }, retries: { max: 1 } }, exits: { a: fin, b: persona, no_match: persona } }
  persona: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  fin: { kind: end, config: { text: Listo. } }
"#;

fn compiled(flow: &str) -> Program {
    Program::read(flow, &cauce_nodes::catalogue()).unwrap()
}

/// One run of [`RULES`]: hello, an age, a colour.
async fn told(words: &[&str]) -> (Recording, HashMap<VersionId, Arc<Program>>) {
    let stage = Stage::silent(Home::default()).await;
    stage.keep(&Arc::new(compiled(RULES))).await;
    let mut lived = Lived { stage, sender: phone("51999888777"), serial: 0, migrations: 0 };
    for said in words {
        lived.says(text(said)).await;
        lived.stage.clock.advance(Duration::minutes(1));
    }
    let (recording, programs, runs) = lived.again().await;
    assert!(runs.iter().all(|run| run.parted.is_none()), "{runs:#?}");
    (recording, programs)
}

#[tokio::test]
async fn every_rule_says_why_it_was_true_or_false() {
    let (recording, programs) = told(&["hola", "61", "rojo"]).await;
    let runs = recording.replay(&programs, &Home::default());
    let [run] = &runs[..] else { panic!("{runs:#?}") };
    assert_eq!(run.turns.iter().map(|turn| turn.number).collect::<Vec<_>>(), [1, 2, 3]);
    let again = run.turns[1].again.as_ref().unwrap();
    let nodes: Vec<_> = again.steps.iter().map(|(step, _)| step.node.as_str()).collect();
    assert_eq!(nodes, ["edad", "rama", "saludo", "tema"]);
    let of = |place: usize| &again.steps[place].1;
    let changed = &of(0).changes[0];
    assert_eq!((&changed.name[..], &changed.before, &changed.after), ("edad", &None, &json!(61)));
    let rules: Vec<_> = of(1)
        .evaluations
        .iter()
        .map(|rule| (rule.source.as_str(), rule.reads.clone(), rule.gave.clone().unwrap()))
        .collect();
    let edad = ("edad".to_owned(), json!(61));
    let tags = ("contact.tags".to_owned(), json!([]));
    assert_eq!(
        rules,
        [
            ("edad < 12", vec![edad.clone()], json!(false)),
            ("contact.tags.contains(\"vip\") || edad > 60", vec![tags, edad], json!(true)),
        ],
        "the third was not looked at"
    );
    assert_eq!(of(2).evaluations[0].gave, Ok(json!("Hola Ana de 61.")));
    assert!(of(3).evaluations.is_empty(), "nothing was worked out");
    let said: Vec<_> = again.said.iter().map(|said| (said.seq, said.content.preview())).collect();
    assert_eq!(said[0], (4, "Hola Ana de 61.".to_owned()));
}

#[tokio::test]
async fn a_replay_that_is_not_what_was_recorded_says_where() {
    let (recording, programs) = told(&["hola", "61", "rojo"]).await;
    let parting = |change: &dyn Fn(&mut Recording)| {
        let mut other = recording.clone();
        change(&mut other);
        let run = other.replay(&programs, &Home::default()).pop().unwrap();
        let parted =
            run.parted.clone().map(|parted| (parted.number, parted.node.map(String::from), parted.why));
        (parted, run)
    };
    let at = |number, node: &str, why| Some((number, Some(node.to_owned()), why));
    let said = |other: &mut Recording| {
        let Direction::Out { content, .. } = &mut other.messages[3].direction else { panic!() };
        *content = cauce_model::Content::Text { body: "Hola Ana de 62.".into() };
    };
    assert_eq!(parting(&said).0, at(2, "saludo", Why::Said));
    let (parted, run) = parting(&|other| other.journal[1].steps[1].exit = Some("adulto".into()));
    assert_eq!(parted, at(2, "rama", Why::Trail));
    assert!(run.turns[1].again.is_some() && run.turns[2].again.is_none(), "it stops there");
    assert_eq!(run.turns[2].recorded, recording.journal[2].steps);
    let less = |other: &mut Recording| drop(other.journal[1].steps.pop());
    assert_eq!(parting(&less).0, at(2, "tema", Why::Trail));
    let more = |other: &mut Recording| other.journal[1].steps.extend(recording.journal[0].steps.clone());
    assert_eq!(parting(&more).0, at(2, "inicio", Why::Trail));
    let edited = |other: &mut Recording| {
        let Direction::In { content } = &mut other.messages[2].direction else { panic!() };
        *content = text("5");
    };
    assert_eq!(parting(&edited).0, at(2, "rama", Why::Trail));
    assert_eq!(parting(&|other| other.runs.clear()).0, at(1, "inicio", Why::RunMissing));
    let other = |other: &mut Recording| {
        let run = other.runs.values_mut().next().unwrap();
        run.vars.insert("edad".into(), json!(62));
    };
    assert_eq!(parting(&other).0, Some((3, None, Why::Run)));
    let quiet = |other: &mut Recording| {
        other.journal[1].run = None;
        other.journal[1].steps.clear();
    };
    assert_eq!(parting(&quiet).0, at(2, "edad", Why::Stopped));
    let (parted, run) = parting(&|other| other.journal[1].semantics = 1);
    assert!(parted.is_none() && run.older);
    let run = recording.replay(&HashMap::new(), &Home::default()).pop().unwrap();
    assert_eq!(run.parted.unwrap().why, Why::VersionMissing);
    assert!(run.turns.iter().all(|turn| turn.again.is_none() && !turn.recorded.is_empty()));
}

#[tokio::test]
async fn a_draft_is_told_honestly() {
    use WhatIf::{Diverged, NotUnderstood, ReachedPerson, Same, Unknown};
    let (recording, programs) = told(&["hola", "61", "rojo"]).await;
    let run = recording.replay(&programs, &Home::default()).pop().unwrap();
    let beside = |change: &[(&str, &str)]| {
        let mut flow = RULES.to_owned();
        for (was, is) in change {
            assert!(flow.contains(was), "{was}");
            flow = flow.replace(was, is);
        }
        let found = compare(&run, &compiled(&flow));
        (found.outcome, found.node.map(String::from), found.number, found.turns, found.says_otherwise)
    };
    let at = |outcome, node: &str, number, says| {
        (outcome, Some(node.to_owned()), Some(number), usize::try_from(number).unwrap(), says)
    };
    assert_eq!(beside(&[]), (Same, None, None, 3, false));
    assert_eq!(beside(&[("text: Listo.", "text: Hecho.")]), (Same, None, None, 3, true));
    assert_eq!(beside(&[("edad < 12", "edad < 70")]), at(Diverged, "rama", 2, false));
    let person = [
        ("adulto: saludo, else", "adulto: saludo, mas: persona, else"),
        ("- { id: vip", "- { id: mas, when: edad > 50 }\n        - { id: vip"),
    ];
    assert_eq!(beside(&person), at(ReachedPerson, "rama", 2, false));
    assert_eq!(beside(&[("title: Rojo", "title: Verde")]), at(NotUnderstood, "tema", 3, true));
    let never = [("retries: { max: 1 }", "retries: { max: 0 }"), ("title: Rojo", "title: Verde")];
    assert_eq!(beside(&never), at(NotUnderstood, "tema", 3, true), "and a person comes, but for that reason");
    assert_eq!(beside(&[("keywords: [hola]", "keywords: [buenas]")]), at(Diverged, "inicio", 1, false));
    // A minute is not so long; half a second is.
    assert_eq!(beside(&[("timeout: 30m", "timeout: 5m")]).0, Same);
    assert_eq!(beside(&[("timeout: 30m", "timeout: 1s")]), at(Diverged, "edad", 2, false));
    let unknown = recording.replay(&HashMap::new(), &Home::default()).pop().unwrap();
    assert_eq!(compare(&unknown, &compiled(RULES)).outcome, Unknown);
}
