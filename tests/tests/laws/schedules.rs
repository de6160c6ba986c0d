//! Flows that begin by themselves: at their hour, once with everybody whom that concerns, whatever happens.

use cauce_model::{ContactEvent, Duration};
use cauce_tests::house::{Customer, GRACE, House};
use serde_json::{Value, json};

use crate::journeys::PATIENT;

/// Puts the tag on.
const OWES: &str = r#"
id: debe
name: Debe
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [debo] }, exits: { next: marca } }
  marca: { kind: tags, config: { add: [deudor] }, exits: { next: fin } }
  fin: { kind: end, config: { text: Anotado. } }
"#;

/// Every day at nine, in Lima. The tests begin there on a Monday at ten.
const ROUND: &str = r#"
id: ronda
name: Ronda
start: inicio
nodes:
  inicio: { kind: start, config: { schedule: { tag: deudor, at: "9:00" } }, exits: { next: abierta } }
  abierta: { kind: window, exits: { open: aviso, closed: callado } }
  aviso: { kind: end, config: { text: ¿Pagas hoy? } }
  callado: { kind: end, config: { outcome: callado } }
"#;

/// Straight to a person.
const PERSON: &str = r#"
id: persona
name: Persona
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [humano] }, exits: { next: asesor } }
  asesor: { kind: handoff, config: { queue: ventas }, exits: { resolved: fin } }
  fin: { kind: end }
"#;

const NEXT_NINE: Duration = Duration::hours(23);
const ASKED: [&str; 3] = ["cliente: debo", "bot: Anotado.", "bot: ¿Pagas hoy?"];

/// Somebody who has the tag.
async fn debtor(house: &House, name: &str) -> Customer {
    let customer = house.customer(name);
    customer.says("debo").await;
    customer.reads(&ASKED[..2]).await;
    customer
}

async fn schedule(house: &House) -> Value {
    house.screen().await.get("/api/flows/ronda/schedule").await.body
}

/// Waits until the flow has begun so often in all, and nobody is being asked any more.
async fn begun(house: &House, times: u64, customers: &[&Customer]) -> Value {
    let mut seen = (0, Value::Null);
    for _ in 0..100 {
        house.settle().await;
        let mut count = 0;
        for customer in customers {
            count += runs(customer).await as u64;
        }
        seen = (count, schedule(house).await);
        if count >= times && seen.1["under_way"].is_null() {
            assert_eq!(count, times, "{}", seen.1);
            return seen.1;
        }
    }
    panic!("{seen:?} and not {times}")
}

/// How often it began with somebody.
async fn runs(customer: &Customer) -> usize {
    customer.lived(|event| matches!(event, ContactEvent::Scheduled { .. })).await
}

#[tokio::test]
async fn a_flow_begins_at_its_hour_once_with_everybody_who_has_the_tag_and_is_free() {
    let house = House::with(ROUND).await;
    for flow in [OWES, PERSON, PATIENT] {
        house.publish(flow).await;
    }
    let [ana, beto, dani, eva] = [
        debtor(&house, "Ana").await,
        debtor(&house, "Beto").await,
        debtor(&house, "Dani").await,
        debtor(&house, "Eva").await,
    ];
    let caro = house.customer("Caro");
    caro.says("buenas").await;
    dani.says("hola").await;
    eva.says("humano").await;
    eva.waits_for_a_person().await;
    let planned = schedule(&house).await;
    assert_eq!(planned["next"], "2026-03-03T14:00:00.000Z");
    assert_eq!(planned["timetable"], "Todos los días a las 9:00, a quien tiene «deudor»");

    house.advance(Duration(NEXT_NINE.0 - 1));
    house.settle().await;
    ana.reads(&ASKED[..2]).await;
    house.restart().await;
    house.advance(Duration::millis(1));
    ana.reads(&ASKED).await;
    beto.reads(&ASKED).await;
    let everybody = [&ana, &beto, &caro, &dani, &eva];
    let done = begun(&house, 2, &everybody).await;
    let last = &done["last"];
    assert_eq!(
        (&last["begun"], &last["in_flow"], &last["with_person"], &last["failed"]),
        (&json!(2), &json!(1), &json!(1), &json!(0)),
        "{done}"
    );
    assert_eq!(done["next"], "2026-03-04T14:00:00.000Z");
    assert_eq!((runs(&caro).await, runs(&dani).await, runs(&eva).await), (0, 0, 0));

    // The next day nobody has written for longer than 24 hours: the flow knows, and says nothing.
    house.advance(Duration::hours(24));
    begun(&house, 4, &everybody).await;
    ana.reads(&ASKED).await;
    assert_eq!(ana.path().await["steps"].as_array().unwrap().last().unwrap()["node"], "callado");
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 2);
    assert!(house.dead_letters().await.is_empty());
    let report = cauce_designer_api::doctor::examine(house.app().store().as_ref(), None).await.unwrap();
    assert!(report.is_clean(), "{report:?}");

    // And what the journal holds is enough to go through it again.
    let id = ana.id().await.unwrap();
    let run = ana.path().await["run"]["id"].as_str().unwrap().to_owned();
    let replay = house.screen().await.get(&format!("/api/runs/{run}/replay?contact={id}")).await.body;
    assert_eq!((&replay["same"], &replay["turns"][0]["event"]["kind"]), (&json!(true), &json!("began")));
}

#[tokio::test]
async fn publishing_anew_taking_back_and_trying_out_neither_double_nor_lose_a_day() {
    let house = House::with(OWES).await;
    let first = house.publish(ROUND).await;
    let ana = debtor(&house, "Ana").await;
    let asks = |text: &str| ROUND.replace("¿Pagas hoy?", text);

    // Other words a moment before: today with those.
    house.advance(Duration(NEXT_NINE.0 - 1));
    house.publish(&asks("¿Hoy sí?")).await;
    house.advance(Duration::millis(1));
    ana.reads(&["cliente: debo", "bot: Anotado.", "bot: ¿Hoy sí?"]).await;
    begun(&house, 1, &[&ana]).await;

    // Taken back, tried out, and another hour of the same day: today has begun already.
    let back =
        house.screen().await.post(&format!("/api/flows/ronda/versions/{first}/publish"), &json!({})).await;
    assert!(back.status < 300, "{}", back.body);
    let trial = json!({ "share": 99, "min_runs": 1000, "max_failed": 0 });
    let tried = house
        .screen()
        .await
        .post("/api/flows", &json!({ "document": asks("¿A prueba?"), "trial": trial }))
        .await;
    assert_eq!(tried.status, 201, "{}", tried.body);
    house.publish(&ROUND.replace("9:00", "11:00")).await;
    house.settle().await;
    assert_eq!(schedule(&house).await["next"], "2026-03-04T16:00:00.000Z");
    house.advance(Duration::hours(3));
    begun(&house, 1, &[&ana]).await;

    // The timetable of a version on trial does not count; who begins may walk it.
    ana.says("debo").await;
    let other = asks("¿A prueba?").replace("9:00", "10:00");
    let tried = house.screen().await.post("/api/flows", &json!({ "document": other, "trial": trial })).await;
    assert_eq!(tried.status, 201, "{}", tried.body);
    house.settle().await;
    assert_eq!(schedule(&house).await["next"], "2026-03-04T16:00:00.000Z");
    house.advance(Duration::hours(23));
    begun(&house, 2, &[&ana]).await;

    // Without a timetable nothing comes any more.
    house.publish(&ROUND.replace("schedule: { tag: deudor, at: \"9:00\" }", "keywords: [ronda]")).await;
    house.settle().await;
    assert_eq!(schedule(&house).await["next"], Value::Null);
    house.advance(Duration::hours(48));
    begun(&house, 2, &[&ana]).await;
}

#[tokio::test]
async fn an_hour_that_was_missed_is_begun_late_or_told_and_skipped() {
    let house = House::with(OWES).await;
    house.publish(ROUND).await;
    let ana = debtor(&house, "Ana").await;
    house.close().await;
    house.advance(Duration::minutes(23 * 60 + 119));
    house.reopen().await;
    house.advance(GRACE);
    let late = begun(&house, 0, &[&ana]).await;
    assert_eq!(late["skipped"]["count"], 1, "with the grace it is more than two hours: {late}");
    assert_eq!(late["next"], "2026-03-04T14:00:00.000Z");

    // An hour late it is begun, with what was missed before it told.
    ana.says("debo").await;
    house.close().await;
    house.advance(Duration::hours(24 * 2 - 1));
    house.reopen().await;
    house.advance(GRACE);
    let done = begun(&house, 1, &[&ana]).await;
    assert_eq!(
        (&done["skipped"]["count"], &done["skipped"]["at"]),
        (&json!(1), &json!("2026-03-04T14:00:00.000Z"))
    );
    assert_eq!(
        (&done["last"]["at"], &done["next"]),
        (&json!("2026-03-05T14:00:00.000Z"), &json!("2026-03-06T14:00:00.000Z"))
    );

    // A clock that jumps over days: one is told for each, and nobody is asked twice.
    house.advance(Duration::hours(24 * 4 + 6));
    for _ in 0..5 {
        house.settle().await;
    }
    let jumped = begun(&house, 1, &[&ana]).await;
    assert_eq!(jumped["skipped"]["count"], 4, "{jumped}");
    assert_eq!(jumped["next"], "2026-03-10T14:00:00.000Z");
}

#[tokio::test]
async fn many_are_begun_with_once_each_though_the_process_ends_again_and_again() {
    const MANY: usize = 230;
    let house = House::with(OWES).await;
    house.publish(ROUND).await;
    let mut customers = Vec::new();
    for number in 0..MANY {
        let customer = house.customer(&format!("Cliente {number}"));
        customer.says("debo").await;
        customers.push(customer);
    }
    house.settle().await;
    house.advance(NEXT_NINE);
    // Some have begun, and most have not.
    let some = async || {
        for customer in &customers {
            if runs(customer).await > 0 {
                return Ok(());
            }
        }
        Err("nobody has begun".to_owned())
    };
    house.until(some).await;
    for _ in 0..3 {
        // Its timer was overdue at the start, should it not have come before.
        house.crash().await;
        house.reopen().await;
        house.advance(GRACE);
    }
    let everybody: Vec<&Customer> = customers.iter().collect();
    let done = begun(&house, MANY as u64, &everybody).await;
    assert_eq!(done["last"]["begun"], json!(MANY), "{done}");
    for customer in &customers {
        assert_eq!(runs(customer).await, 1);
    }
    assert!(house.dead_letters().await.is_empty());
}
