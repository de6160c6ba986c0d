//! Migration: who is inside an older version is moved to a newer one, and back.

use cauce_conversation::contact_entity;
use cauce_model::{ContactEvent, Duration, Landing, Migrate};
use cauce_tests::house::{Agent, Customer, House};
use serde_json::{Value, json};

const SHOP: &str = r#"
id: tienda
name: Tienda
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: tema } }
  tema:
    kind: question
    config:
      text: ¿Qué te interesa?
      answer: { type: buttons, options: [ { id: ventas, title: Ventas }, { id: nada, title: Nada } ] }
      save_to: tema
      timeout: 2h
    exits: { ventas: nombre, nada: asesor, no_match: fin, timeout: tarde }
  nombre:
    kind: question
    config: { text: ¿Tu nombre?, save_to: nombre }
    exits: { ok: adios, no_match: fin }
  asesor:
    kind: handoff
    config: { queue: ventas, text: Un momento. }
    exits: { resolved: fin }
  adios: { kind: end, config: { text: "Gracias, {{ nombre }}." } }
  tarde: { kind: end, config: { text: Cerramos. } }
  fin: { kind: end }
"#;

const MIGRATION: &str = "/api/flows/tienda/migration";

/// Ana has been asked for a topic, Beto for his name, Caro waits for a person.
async fn people(house: &House) -> [Customer; 3] {
    let customers = ["Ana", "Beto", "Caro"].map(|name| house.customer(name));
    for (customer, tap) in customers.iter().zip([None, Some("Ventas"), Some("Nada")]) {
        customer.says("hola").await;
        house.graph().until_posted(&customer.phone, 1).await;
        if let Some(tap) = tap {
            customer.taps(tap).await;
            house.graph().until_posted(&customer.phone, 2).await;
        }
    }
    house.settle().await;
    customers
}

async fn order(screen: &Agent, body: Value) -> Value {
    let answer = screen.post(MIGRATION, &body).await;
    assert!(answer.status == 200 || answer.status == 202, "{}", answer.body);
    answer.body
}

/// Waits until a migration is this far, and gives its counts.
async fn until(house: &House, screen: &Agent, id: &Value, stage: &str) -> Value {
    let path = format!("{MIGRATION}/{}", id.as_str().unwrap());
    let look = async || {
        let migration = screen.get(&path).await.body;
        if migration["stage"] == stage { Ok(migration["counts"].clone()) } else { Err(migration.to_string()) }
    };
    house.until(look).await
}

async fn version(customer: &Customer) -> Value {
    customer.path().await["run"]["version"].clone()
}

#[tokio::test]
async fn people_wait_on_in_the_new_version_and_their_time_goes_on() {
    let house = House::open().await;
    let old = house.publish(SHOP).await;
    let [ana, beto, caro] = people(&house).await;
    house.advance(Duration::hours(1));
    let new = house
        .publish(
            &SHOP
                .replace("¿Tu nombre?", "¿Cómo te llamas?")
                .replace("Gracias, {{", "Mil gracias, {{")
                .replace("Cerramos.", "Ya cerramos."),
        )
        .await;
    let screen = house.screen().await;

    let plan = screen.get(&format!("{MIGRATION}?from={old}")).await.body;
    assert_eq!((&plan["people"], &plan["to"]), (&json!(3), &json!(new)), "{plan}");
    let steps: Vec<_> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            (
                step["step"].as_str().unwrap(),
                step["people"].as_u64().unwrap(),
                step["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(steps, [("tema", 1, "same"), ("nombre", 1, "same"), ("asesor", 1, "same")]);

    let tried = order(&screen, json!({ "command": "x", "from": old, "dry_run": true })).await;
    assert_eq!((&tried["counts"]["moved"], &tried["id"]), (&json!(3), &Value::Null));
    assert_eq!(version(&ana).await, json!(old), "a dry run moves nobody");

    let begun = order(&screen, json!({ "command": "m", "from": old })).await;
    let counts = until(&house, &screen, &begun["id"], "done").await;
    assert_eq!((&counts["moved"], &counts["stayed"]), (&json!(3), &json!(0)), "{counts}");
    assert_eq!(order(&screen, json!({ "command": "m", "from": old })).await["id"], begun["id"]);
    for customer in [&ana, &beto, &caro] {
        assert_eq!(version(customer).await, json!(new));
    }
    let journal = house.journal(ana.id().await.unwrap()).await;
    let event = serde_json::to_value(&journal.last().unwrap().event).unwrap();
    assert_eq!((&event["event"], &event["to"]), (&json!("migrate"), &json!(new)));

    // Nobody was told anything; what comes next is said by the new version.
    house.restart().await;
    beto.says("Beto").await;
    beto.reads(&[
        "cliente: hola",
        "bot: ¿Qué te interesa? [Ventas] [Nada]",
        "cliente: [Ventas]",
        "bot: ¿Tu nombre?",
        "cliente: Beto",
        "bot: Mil gracias, Beto.",
    ])
    .await;
    house.advance(Duration::minutes(61));
    ana.reads(&["cliente: hola", "bot: ¿Qué te interesa? [Ventas] [Nada]", "bot: Ya cerramos."]).await;
    let rosa = house.login("Rosa").await;
    let case = caro.is_taken_by(&rosa).await;
    assert_eq!(rosa.end(&case).await.status, 200);
    house.settle().await;
    assert_eq!(caro.path().await["run"]["state"], "ended");
    let screen = house.screen().await;
    let plan = screen.get(&format!("{MIGRATION}?from={old}")).await.body;
    assert_eq!((&plan["people"], &plan["steps"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_step_that_asks_otherwise_asks_anew_and_one_that_is_gone_needs_somebody_to_say() {
    let house = House::open().await;
    let old = house.publish(SHOP).await;
    let [ana, beto, caro] = people(&house).await;
    let text = SHOP
        .replace("{ id: nada, title: Nada } ]", "{ id: nada, title: Nada }, { id: otra, title: Otra } ]")
        .replace("nada: asesor, no_match", "nada: asesor, otra: fin, no_match")
        .replace("ventas: nombre", "ventas: correo")
        .replace(
            "  nombre:\n    kind: question\n    config: { text: ¿Tu nombre?, save_to: nombre }",
            "  correo:\n    kind: question\n    config: { text: ¿Tu correo?, save_to: correo }",
        )
        .replace("{{ nombre }}", "{{ correo }}");
    let new = house.publish(&text).await;
    let screen = house.screen().await;
    let plan = screen.get(&format!("{MIGRATION}?from={old}")).await.body;
    let verdicts: Vec<_> =
        plan["steps"].as_array().unwrap().iter().map(|step| step["verdict"].clone()).collect();
    assert_eq!(json!(verdicts), json!(["compatible", "choice", "same"]), "{plan}");

    let refused =
        async |map: Value| screen.post(MIGRATION, &json!({ "command": "r", "from": old, "map": map })).await;
    for map in
        [json!({ "nombre": "keep" }), json!({ "nombre": { "step": "nada" } }), json!({ "nadie": "stay" })]
    {
        let answer = refused(map).await;
        assert_eq!((answer.status, answer.code()), (422, "body.unacceptable"));
    }
    let map = json!({ "nombre": { "step": "correo" }, "asesor": "end" });
    let tried = order(&screen, json!({ "command": "x", "from": old, "map": map, "dry_run": true })).await;
    assert_eq!(
        (&tried["counts"]["moved"], &tried["counts"]["with_person"]),
        (&json!(2), &json!(1)),
        "{tried}"
    );
    assert_eq!(tried["steps"]["asesor"]["with_person"], 1);

    let begun = order(&screen, json!({ "command": "m", "from": old, "map": map })).await;
    let counts = until(&house, &screen, &begun["id"], "done").await;
    assert_eq!((&counts["moved"], &counts["with_person"]), (&json!(2), &json!(1)), "{counts}");
    ana.reads(&[
        "cliente: hola",
        "bot: ¿Qué te interesa? [Ventas] [Nada]",
        "bot: ¿Qué te interesa? [Ventas] [Nada] [Otra]",
    ])
    .await;
    beto.reads(&[
        "cliente: hola",
        "bot: ¿Qué te interesa? [Ventas] [Nada]",
        "cliente: [Ventas]",
        "bot: ¿Tu nombre?",
        "bot: ¿Tu correo?",
    ])
    .await;
    assert_eq!(version(&caro).await, json!(old), "nobody is torn from a person");

    // Back: who has moved on stays, who has not waits where they were.
    beto.says("beto@example.com").await;
    house.graph().until_posted(&beto.phone, 4).await;
    let undo = format!("{MIGRATION}/{}/undo", begun["id"].as_str().unwrap());
    assert_eq!(screen.post(&undo, &json!({})).await.status, 202);
    let counts = until(&house, &screen, &begun["id"], "undone").await;
    assert_eq!((&counts["back"], &counts["moved_on"]), (&json!(1), &json!(1)), "{counts}");
    assert_eq!((version(&ana).await, version(&beto).await), (json!(old), json!(new)));
    assert_eq!(screen.post(&undo, &json!({})).await.code(), "migration.over");
    // The old question waits: what is tapped on the new one counts by its words, and its time still runs.
    ana.taps("Otra").await;
    house.settle().await;
    assert_eq!(ana.path().await["current"], "tema", "the old version knows no such answer");
    house.advance(Duration::minutes(121));
    let said = async || {
        let last = ana.transcript().await.pop().unwrap();
        if last == "bot: Cerramos." { Ok(()) } else { Err(last) }
    };
    house.until(said).await;
    ana.got(&["accepted"; 4]).await;
    house.settle().await;
    let report = cauce_designer_api::doctor::examine(house.app().store().as_ref(), None).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[tokio::test]
async fn who_lacks_what_later_texts_name_is_not_moved() {
    let house = House::open().await;
    let old = house.publish(SHOP).await;
    let [_, beto, _] = people(&house).await;
    // Whoever comes to «nombre» has been asked for a city by then; Beto has not.
    let text = SHOP
        .replace("ventas: nombre", "ventas: ciudad")
        .replace("  asesor:\n", "  ciudad:\n    kind: question\n    config: { text: ¿De dónde?, save_to: ciudad }\n    exits: { ok: nombre, no_match: fin }\n  asesor:\n")
        .replace("Gracias, {{ nombre }}.", "Gracias, {{ nombre }} de {{ ciudad }}.");
    house.publish(&text).await;
    let screen = house.screen().await;
    let map = json!({ "nombre": { "step": "adios" } });
    let tried = order(&screen, json!({ "command": "x", "from": old, "map": map, "dry_run": true })).await;
    assert_eq!(tried["steps"]["nombre"]["lacking"], 1, "{tried}");
    let begun = order(&screen, json!({ "command": "m", "from": old, "map": map })).await;
    let counts = until(&house, &screen, &begun["id"], "done").await;
    assert_eq!((&counts["moved"], &counts["lacking"]), (&json!(2), &json!(1)), "{counts}");
    assert_eq!(version(&beto).await, json!(old));
    beto.says("Beto").await;
    house.graph().until_posted(&beto.phone, 3).await;
    assert_eq!(beto.transcript().await.last().unwrap(), "bot: Gracias, Beto.");
}

#[tokio::test]
async fn a_migration_of_many_goes_on_after_the_process_ended() {
    const MANY: usize = 230;
    let house = House::open().await;
    let old = house.publish(SHOP).await;
    let mut customers = Vec::new();
    for number in 0..MANY {
        let customer = house.customer(&format!("Cliente {number}"));
        customer.says("hola").await;
        customers.push(customer);
    }
    house.settle().await;
    let new = house.publish(&SHOP.replace("Cerramos.", "Ya cerramos.")).await;
    let begun = order(&house.screen().await, json!({ "command": "m", "from": old })).await;
    for _ in 0..2 {
        house.crash().await;
        house.reopen().await;
    }
    let screen = house.screen().await;
    let counts = until(&house, &screen, &begun["id"], "done").await;
    assert_eq!(counts["moved"], json!(MANY), "{counts}");
    for customer in &customers {
        assert_eq!(version(customer).await, json!(new));
    }
    // After a day it stands for good, and nothing of it is kept with the runs.
    house.advance(Duration::hours(25));
    let screen = house.screen().await;
    until(&house, &screen, &begun["id"], "settled").await;
    let undo = format!("{MIGRATION}/{}/undo", begun["id"].as_str().unwrap());
    assert_eq!(screen.post(&undo, &json!({})).await.code(), "migration.over");
    let mut kept = [u64::MAX; 2];
    for _ in 0..50 {
        house.settle().await;
        let report = cauce_designer_api::doctor::examine(house.app().store().as_ref(), None).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        kept =
            ["moved runs", "moved by migrations"].map(|table| report.rows.get(table).copied().unwrap_or(0));
        if kept == [0, 0] {
            break;
        }
    }
    assert_eq!(kept, [0, 0]);
}

#[tokio::test]
async fn a_run_is_moved_once_and_only_from_where_the_order_says() {
    let house = House::open().await;
    let old = house.publish(SHOP).await;
    let [ana, ..] = people(&house).await;
    let new = house.publish(&SHOP.replace("Cerramos.", "Ya cerramos.")).await;
    let app = house.app();
    let to = contact_entity(ana.id().await.unwrap());
    let moves = async |from: &str, node: &str, landing: Landing| {
        let order = Migrate {
            migration: "nobody".into(),
            flow: "tienda".parse().unwrap(),
            from: from.parse().unwrap(),
            to: new.parse().unwrap(),
            node: node.parse().unwrap(),
            landing,
        };
        app.submit(to.clone(), &ContactEvent::Migrate(order), None).await.unwrap().settled.wait().await;
    };
    moves(&new, "tema", Landing::Ask).await;
    moves(&old, "nombre", Landing::Ask).await;
    assert_eq!(version(&ana).await, json!(old), "she is neither there nor in that version");
    moves(&old, "tema", Landing::Ask).await;
    moves(&old, "tema", Landing::Ask).await;
    assert_eq!(version(&ana).await, json!(new));
    let question = "bot: ¿Qué te interesa? [Ventas] [Nada]";
    ana.reads(&["cliente: hola", question, question]).await;
    assert!(house.dead_letters().await.is_empty());
}
