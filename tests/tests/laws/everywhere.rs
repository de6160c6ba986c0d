//! Words that count everywhere: who writes one leaves the flow they are in, and begins the one it belongs to.

use cauce_conversation::JournalEntry;
use cauce_model::{ContactEvent, Duration};
use cauce_tests::house::{Customer, House, Says};
use serde_json::{Value, json};

use crate::journeys::{SHOP, waiting};

/// Whoever writes «baja» wants no more of it.
const OPT_OUT: &str = r#"
id: baja
name: Baja
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [baja, no quiero más], everywhere: true }, exits: { next: marca } }
  marca: { kind: tags, config: { add: [baja] }, exits: { next: fin } }
  fin: { kind: end, config: { text: No te escribimos más. } }
"#;

/// A menu that may be asked for anywhere.
const MENU: &str = r#"
id: menu
name: Menú
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [menú], everywhere: true }, exits: { next: que } }
  que: { kind: question, config: { text: ¿Qué necesitas? }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end, config: { text: Hecho. } }
"#;

/// Has a menu of its own.
const OWN: &str = r#"
id: propio
name: Propio
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [propio] }, exits: { next: tema } }
  tema: { kind: question, config: { text: ¿Tema? }, exits: { ok: fin, no_match: fin } }
  menu: { kind: command, config: { words: [menú], text: El menú de aquí., then: repeat } }
  fin: { kind: end }
"#;

const ASKED: [&str; 3] = ["cliente: hola", "bot: ¡Hola, Ana!", "bot: ¿Qué te interesa? [Ventas] [Nada]"];

/// In the middle of [`SHOP`].
async fn asked(house: &House) -> Customer {
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&ASKED).await;
    ana
}

async fn journal(house: &House, customer: &Customer) -> Vec<JournalEntry> {
    house.journal(customer.id().await.unwrap()).await
}

#[tokio::test]
async fn a_word_that_counts_everywhere_ends_the_flow_and_begins_the_other() {
    let house = House::with(SHOP).await;
    house.publish(OPT_OUT).await;
    let ana = asked(&house).await;
    // Within a sentence it may be an answer.
    ana.says("la más baja").await;
    let again = ["cliente: la más baja", "bot: Toca un botón. [Ventas] [Nada]"];
    ana.reads(&[&ASKED[..], &again].concat()).await;
    house.restart().await;
    ana.says("¡BAJA!").await;
    let left = ["cliente: ¡BAJA!", "bot: No te escribimos más."];
    let all = [&ASKED[..], &again, &left].concat();
    ana.reads(&all).await;
    assert_eq!(ana.conversation().await["tags"], json!(["baja"]));
    let path = ana.path().await;
    assert_eq!((&path["run"]["flow"], &path["run"]["state"]), (&json!("baja"), &json!("ended")));

    // The other is over, and its time too.
    house.advance(Duration::hours(3));
    house.settle().await;
    ana.reads(&all).await;
    assert_eq!(ana.lived(|event| matches!(event, ContactEvent::WaitOver { .. })).await, 0);

    // The journal says what happened, and all of it can be gone through again.
    let journal = journal(&house, &ana).await;
    let shop = journal[0].run.clone().unwrap();
    let entry = journal.iter().find(|entry| entry.interrupts.is_some()).unwrap();
    assert_eq!(entry.interrupts, Some(shop.clone()));
    assert_ne!(entry.run, Some(shop.clone()));
    let id = ana.id().await.unwrap();
    for (run, last) in [(shop.to_string(), "interrupted"), (entry.run.clone().unwrap().to_string(), "began")]
    {
        let replay = house.screen().await.get(&format!("/api/runs/{run}/replay?contact={id}")).await.body;
        let turns = replay["turns"].as_array().unwrap();
        assert_eq!((&replay["same"], &turns.last().unwrap()["event"]["kind"]), (&json!(true), &json!(last)));
    }
    let report = cauce_designer_api::doctor::examine(house.app().store().as_ref(), None).await.unwrap();
    assert!(report.is_clean(), "{report:?}");

    // Outside of any flow it is a keyword as any other; and one that is taken back counts no more.
    house.publish(&OPT_OUT.replace(", everywhere: true", "")).await;
    let beto = house.customer("Beto");
    beto.says("hola").await;
    beto.says("baja").await;
    beto.reads(&[
        "cliente: hola",
        "bot: ¡Hola, Beto!",
        ASKED[2],
        "cliente: baja",
        "bot: Toca un botón. [Ventas] [Nada]",
    ])
    .await;
}

#[tokio::test]
async fn a_person_who_looks_after_somebody_is_not_broken_in_upon() {
    let house = House::with(SHOP).await;
    house.publish(OPT_OUT).await;
    let rosa = house.login("Rosa").await;
    let ana = asked(&house).await;
    ana.taps("Ventas").await;
    ana.waits_for_a_person().await;
    ana.says("baja").await;
    let case = ana.is_taken_by(&rosa).await;
    ana.says("baja").await;
    let talk = ["cliente: [Ventas]", "bot: Te paso con alguien.", "cliente: baja", "cliente: baja"];
    ana.reads(&[&ASKED[..], &talk].concat()).await;
    // When the person is done it counts again.
    assert_eq!(rosa.end(&case).await.status, 200);
    ana.reads(&[&ASKED[..], &talk, &["bot: ¿Qué nota nos das?"]].concat()).await;
    ana.says("baja").await;
    let left = ["bot: ¿Qué nota nos das?", "cliente: baja", "bot: No te escribimos más."];
    ana.reads(&[&ASKED[..], &talk, &left].concat()).await;
}

#[tokio::test]
async fn a_command_of_the_flow_comes_before_a_word_of_another() {
    let house = House::with(OWN).await;
    house.publish(MENU).await;
    let ana = house.customer("Ana");
    ana.says("propio").await;
    ana.says("menú").await;
    let own = ["cliente: propio", "bot: ¿Tema?", "cliente: menú", "bot: El menú de aquí.", "bot: ¿Tema?"];
    ana.reads(&own).await;

    // While time passes, while something is waited for, and in the flow itself it counts as well.
    house.publish(&waiting("1h")).await;
    let beto = house.customer("Beto");
    for (said, answer) in
        [("hola", "Ya te escribo."), ("menu", "¿Qué necesitas?"), ("MENÚ", "¿Qué necesitas?")]
    {
        beto.says(said).await;
        let look = async || match beto.transcript().await.last() {
            Some(last) if *last == format!("bot: {answer}") => Ok(()),
            last => Err(format!("{last:?}")),
        };
        house.until(look).await;
    }
    let begun: Vec<_> =
        journal(&house, &beto).await.into_iter().filter_map(|entry| entry.interrupts).collect();
    assert_eq!(begun.len(), 2, "the menu breaks into itself too");
    house.advance(Duration::hours(2));
    house.settle().await;
    assert_eq!(beto.transcript().await.last().unwrap(), "bot: ¿Qué necesitas?");
}

const PRICE: &str = "https://example.com/precio";

/// Asks a server there.
const ASKS: &str = r#"
id: precio
name: Precio
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [precio] }, exits: { next: pide } }
  pide: { kind: http, config: { url: "https://example.com/precio", tries: 1 }, exits: { ok: fin, error: fin, unavailable: fin } }
  fin: { kind: end, config: { text: Aquí está. } }
"#;

#[tokio::test]
async fn what_a_server_answers_to_a_flow_that_was_left_moves_nothing() {
    let house = House::with(ASKS).await;
    house.publish(OPT_OUT).await;
    let ana = house.customer("Ana");
    house.outside().script(PRICE, [Says::Hang]);
    ana.says("precio").await;
    let tried = house.outside().until_tried(PRICE, 1).await;
    ana.says("baja").await;
    let left = ["cliente: precio", "cliente: baja", "bot: No te escribimos más."];
    ana.reads(&left).await;
    house.outside().release(&tried[0].id, Says::answer(200, json!({})));
    ana.until_lived(1, |event| matches!(event, ContactEvent::HttpAnswered { .. })).await;
    house.settle().await;
    ana.reads(&left).await;
    let report = cauce_designer_api::doctor::examine(house.app().store().as_ref(), None).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn a_run_that_was_left_during_a_trial_is_counted_as_that() {
    let house = House::with(SHOP).await;
    house.publish(OPT_OUT).await;
    let screen = house.screen().await;
    let trial = json!({ "share": 50, "min_runs": 1000, "max_failed": 10 });
    let other = SHOP.replace("Adiós.", "Chau.");
    assert_eq!(screen.post("/api/flows", &json!({ "document": other, "trial": trial })).await.status, 201);
    for number in 0..8 {
        let customer = house.customer(&format!("Cliente {number}"));
        customer.says("hola").await;
        customer.says("baja").await;
    }
    let mut counts = Value::Null;
    for _ in 0..50 {
        house.settle().await;
        counts = screen.get("/api/flows/tienda/canary").await.body;
        let of =
            |what: &str| ["tried", "others"].iter().filter_map(|arm| counts[arm][what].as_u64()).sum::<u64>();
        if (of("begun"), of("interrupted"), of("ended")) == (8, 8, 0) {
            return;
        }
    }
    panic!("{counts}");
}
