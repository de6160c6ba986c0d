//! Flows: versions that stay, and scripts that can hurt nobody but their own run.

use cauce_tests::house::House;
use serde_json::Value;

use crate::journeys::{PATIENT, SHOP};

#[tokio::test]
async fn who_is_inside_stays_on_the_old_version_and_the_next_hello_walks_the_new() {
    let house = House::open().await;
    let old = house.publish(PATIENT).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"]).await;

    let new = house
        .publish(&PATIENT.replace("text: Fin.", "text: Final.").replace("text: Uno.", "text: One."))
        .await;
    assert_ne!(old, new);
    beto.says("hola").await;
    beto.reads(&["cliente: hola", "bot: One.", "bot: Dos.", "bot: ¿Tres?"]).await;
    house.restart().await; // the old version is compiled again from its row
    for customer in [&ana, &beto] {
        customer.says("sí").await;
    }
    ana.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?", "cliente: sí", "bot: Fin."]).await;
    let said = ["cliente: hola", "bot: One.", "bot: Dos.", "bot: ¿Tres?", "cliente: sí", "bot: Final."];
    beto.reads(&said).await;
    assert_eq!(ana.path().await["run"]["version"], Value::from(old.clone()));
    assert_eq!(beto.path().await["run"]["version"], Value::from(new.clone()));

    ana.says("hola").await;
    house.graph().until_posted(&ana.phone, 7).await;
    assert_eq!(ana.path().await["run"]["version"], Value::from(new.clone()));

    let screen = house.screen().await;
    let flows = screen.get("/api/flows").await.body;
    assert_eq!(flows[0]["version"], Value::from(new));
    let shown = screen.get(&format!("/api/flows/paciente/versions/{old}")).await;
    assert_eq!((shown.status, &shown.body["current"]), (200, &Value::from(false)));
}

#[tokio::test]
async fn publishing_the_same_again_changes_nothing() {
    let house = House::open().await;
    let first = house.publish(SHOP).await;
    let laid_out = format!("{SHOP}layout:\n  inicio: {{ x: 5, y: 9 }}\n");
    assert_eq!(house.publish(&laid_out).await, first, "moving a card makes no new version");
    assert_eq!(house.screen().await.get("/api/flows").await.body.as_array().unwrap().len(), 1);
}

/// The answer decides how large a text the last step tries to make.
const EXPLODES: &str = r#"
id: explota
name: Explota
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: tema } }
  tema: { kind: question, config: { text: ¿Cuánto?, save_to: n }, exits: { ok: antes, no_match: fin } }
  antes: { kind: message, config: { text: "Va: {{ n }}" }, exits: { next: crece } }
  crece: { kind: set, config: { variable: x, value: 'replace(replace(replace(n, "a", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"), "b", "cccccccccccccccccccccccccccccc"), "c", "dddddddddddddddddddddddddddddd")' }, exits: { next: cuenta } }
  cuenta: { kind: message, config: { text: "Total: {{ number(n) * 2 }} y {{ x }}" }, exits: { next: fin } }
  fin: { kind: end, config: { text: Fin. } }
"#;

#[tokio::test]
async fn a_script_that_explodes_stops_its_own_run_and_says_why() {
    let house = House::with(EXPLODES).await;
    let (ana, beto, caro) = (house.customer("Ana"), house.customer("Beto"), house.customer("Caro"));
    for customer in [&ana, &beto, &caro] {
        customer.says("hola").await;
    }
    ana.says("a").await; // 27 000 characters of it
    beto.says("tres").await; // no number: the text cannot be said
    caro.says("3").await;

    ana.reads(&["cliente: hola", "bot: ¿Cuánto?", "cliente: a", "bot: Va: a"]).await;
    beto.reads(&["cliente: hola", "bot: ¿Cuánto?", "cliente: tres", "bot: Va: tres"]).await;
    caro.reads(&[
        "cliente: hola",
        "bot: ¿Cuánto?",
        "cliente: 3",
        "bot: Va: 3",
        "bot: Total: 6 y 3",
        "bot: Fin.",
    ])
    .await;
    for (customer, node) in [(&ana, "crece"), (&beto, "cuenta")] {
        let path = customer.path().await;
        assert_eq!((&path["run"]["state"], &path["current"]), (&Value::from("failed"), &Value::Null));
        let reason = path["run"]["reason"].as_str().unwrap();
        assert!(reason.contains(' ') && reason.ends_with('.'), "a sentence: {reason}");
        let last = path["steps"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((last["node"].as_str(), &last["exit"]), (Some(node), &Value::Null));
    }
    // A run that was stopped is over: the next hello begins another.
    ana.says("hola").await;
    ana.says("5").await;
    assert_eq!(house.graph().until_posted(&ana.phone, 6).await[4].text(), "Total: 10 y 5");
    assert!(house.dead_letters().await.is_empty(), "no fault of the house");
}

#[tokio::test]
async fn a_flow_that_goes_in_circles_is_not_published() {
    let house = House::with(PATIENT).await;
    let circle = r#"
id: vueltas
name: Vueltas
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [gira] }, exits: { next: a } }
  a: { kind: message, config: { text: A }, exits: { next: b } }
  b: { kind: message, config: { text: B }, exits: { next: a } }
"#;
    let screen = house.screen().await;
    let refused = screen.publish(circle).await;
    assert_eq!((refused.status, refused.code()), (422, "flow.invalid"));
    let problems = refused.body["problems"].as_array().unwrap().clone();
    assert!(problems.iter().any(|problem| problem["code"] == "flow.loop_without_wait"), "{problems:#?}");
    let endless = PATIENT.replace("text: Uno.", "text: '{{ while true {} }}'");
    assert_eq!(screen.publish(&endless).await.code(), "flow.invalid");
    assert_eq!(screen.get("/api/flows").await.body.as_array().unwrap().len(), 1);
    house.customer("Ana").says("gira").await;
    assert!(house.graph().posted().is_empty());
}

#[tokio::test]
async fn without_a_flow_that_wants_it_a_message_is_kept_and_nothing_is_said() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("algo").await;
    house.settle().await;
    ana.reads(&["cliente: algo"]).await;
    let conversation = ana.conversation().await;
    assert_eq!(
        (&conversation["summary"]["stage"], &ana.path().await["run"]),
        (&Value::from("idle"), &Value::Null)
    );
}

#[tokio::test]
async fn a_tap_on_an_old_button_is_read_by_its_title() {
    let house = House::with(SHOP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    ana.taps("Ventas").await;
    let case = ana.is_taken_by(&rosa).await;
    rosa.end(&case).await;
    house.graph().until_posted(&ana.phone, 4).await;
    // The button of the first question, while the open rating waits: its words are the answer.
    ana.taps("Nada").await;
    house.graph().until_posted(&ana.phone, 5).await;
    assert_eq!(ana.transcript().await.last().unwrap(), "bot: Gracias por el Nada.");
}
