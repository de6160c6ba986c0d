//! Calls to servers: every outcome has its exit, tries are durable and carry one key, and nobody waits for
//! another's server. Here the test says what becomes of every try; `guard` has real servers.

use cauce_conversation::contact_entity;
use cauce_model::{ContactEvent, Duration, HttpAnswer, HttpOutcome};
use cauce_tests::house::{Customer, GRACE, House, Says, Try};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Asks what bread costs, at an address for every customer; then asks them something.
const PRICE: &str = r#"
id: precio
name: Precio
start: inicio
variables: { precio: { label: Precio } }
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: pide } }
  pide:
    kind: http
    config:
      method: POST
      url: "http://tienda.pe/precios/{{ contact.phone }}"
      headers: [ { name: X-Tienda, value: centro } ]
      body: { type: json, data: { producto: pan, cliente: "{{ contact.name }}" } }
      tries: 3
      save: [ { to: precio, from: answer.body.precio } ]
      status_to: codigo
    exits: { ok: bien, error: mal, unavailable: luego }
  bien: { kind: question, config: { text: "Cuesta {{ precio }}. ¿Lo quieres?" }, exits: { ok: fin, no_match: fin } }
  fin: { kind: end, config: { text: Anotado. } }
  mal: { kind: end, config: { text: "Eso no se puede: {{ codigo ?? `nada` }}." } }
  luego: { kind: end, config: { text: Lo vemos más tarde. } }
"#;

const HELLO: &str = "cliente: hola";
const COSTS: &str = "bot: Cuesta 25. ¿Lo quieres?";
const LATER: &str = "bot: Lo vemos más tarde.";

fn url(customer: &Customer) -> String {
    format!("http://tienda.pe/precios/{}", customer.phone)
}

fn price() -> Says {
    Says::answer(200, json!({ "precio": 25 }))
}

fn came_back(event: &ContactEvent) -> bool {
    matches!(event, ContactEvent::HttpAnswered { .. })
}

fn keys(tries: &[Try]) -> Vec<&str> {
    tries.iter().map(|tried| tried.request.idempotency_key.as_str()).collect()
}

#[tokio::test]
async fn every_outcome_has_its_exit() {
    let house = House::with(PRICE).await;
    for (says, line) in [
        (price(), COSTS),
        (Says::answer(201, json!({ "precio": "25" })), COSTS),
        // What is to be kept is not there, or there is nothing at all.
        (Says::answer(200, json!({ "precios": [25] })), "bot: Eso no se puede: 200."),
        (Says::answer(200, json!({ "precio": null })), "bot: Eso no se puede: 200."),
        (Says::answer(204, Value::Null), "bot: Eso no se puede: 204."),
        (Says::answer(200, json!("<html>")), "bot: Eso no se puede: 200."),
        (Says::answer(302, Value::Null), "bot: Eso no se puede: 302."),
        (Says::answer(404, json!({ "precio": 25 })), "bot: Eso no se puede: 404."),
        (Says::answer(401, Value::Null), "bot: Eso no se puede: 401."),
        (Says::useless("too_large"), "bot: Eso no se puede: nada."),
        (Says::useless("forbidden_address"), "bot: Eso no se puede: nada."),
    ] {
        let ana = house.customer("Ana");
        house.outside().script(&url(&ana), [says]);
        ana.says("hola").await;
        ana.reads(&[HELLO, line]).await;
        let tries = house.outside().tries(&url(&ana));
        assert_eq!(tries.len(), 1, "{line}: there is an answer, so nobody asks again");
        let request = &tries[0].request;
        assert_eq!(request.headers[0].value, "centro");
        assert_eq!(request.body.as_ref().unwrap().text, r#"{"producto":"pan","cliente":"Ana"}"#);
    }
}

#[tokio::test]
async fn what_a_server_answers_is_kept() {
    let house = House::with(PRICE).await;
    let ana = house.customer("Ana");
    house.outside().script(&url(&ana), [price()]);
    ana.says("hola").await;
    ana.reads(&[HELLO, COSTS]).await;
    house.restart().await;
    let captured = ana.conversation().await["captured"].clone();
    let precio = captured.as_array().unwrap().iter().find(|field| field["key"] == "precio").unwrap();
    assert_eq!((&precio["label"], &precio["value"]), (&json!("Precio"), &json!(25)));
    ana.says("sí").await;
    ana.reads(&[HELLO, COSTS, "cliente: sí", "bot: Anotado."]).await;
}

#[tokio::test]
async fn without_an_answer_it_is_asked_again_after_a_pause_under_the_same_key() {
    let house = House::with(PRICE).await;
    let ana = house.customer("Ana");
    let asked = Duration::seconds(30);
    house.outside().script(&url(&ana), [Says::silent("timeout"), Says::later(503, asked), price()]);
    ana.says("hola").await;
    for (n, pause) in [Duration::seconds(1), asked].into_iter().enumerate() {
        ana.until_lived(n + 1, came_back).await;
        house.advance(Duration(pause.0 - 1));
        house.settle().await;
        assert_eq!(house.outside().tries(&url(&ana)).len(), n + 1, "before its pause was over");
        house.advance(Duration::millis(1));
        house.outside().until_tried(&url(&ana), n + 2).await;
    }
    ana.reads(&[HELLO, COSTS]).await;
    let tries = house.outside().tries(&url(&ana));
    let key = keys(&tries)[0];
    assert!(!key.is_empty());
    assert_eq!(keys(&tries), [key; 3]);

    // Another run is another call.
    ana.says("sí").await;
    ana.says("hola").await;
    ana.reads(&[HELLO, COSTS, "cliente: sí", "bot: Anotado.", HELLO, COSTS]).await;
    assert_ne!(keys(&house.outside().tries(&url(&ana)))[3], key);
}

#[tokio::test]
async fn it_is_asked_no_more_often_than_the_flow_says() {
    let house = House::with(PRICE).await;
    for says in [
        Says::silent("unreachable"),
        Says::silent("connection_lost"),
        Says::answer(500, json!({ "precio": 25 })),
        Says::answer(408, Value::Null),
        Says::answer(425, Value::Null),
        Says::answer(429, Value::Null),
    ] {
        let ana = house.customer("Ana");
        house.outside().script(&url(&ana), [says.clone()]);
        ana.says("hola").await;
        for n in 1..3 {
            ana.until_lived(n, came_back).await;
            ana.holds(&[HELLO]).await;
            house.advance(Duration::seconds(4));
        }
        ana.reads(&[HELLO, LATER]).await;
        house.advance(Duration::days(1));
        house.settle().await;
        assert_eq!(house.outside().tries(&url(&ana)).len(), 3, "{says:?}");
    }
}

#[tokio::test]
async fn a_server_cannot_ask_for_a_pause_without_end() {
    let house = House::with(PRICE).await;
    let ana = house.customer("Ana");
    house.outside().script(&url(&ana), [Says::later(429, Duration::days(30)), price()]);
    ana.says("hola").await;
    ana.until_lived(1, came_back).await;
    house.advance(Duration::minutes(15));
    ana.reads(&[HELLO, COSTS]).await;
}

#[tokio::test]
async fn a_restart_in_a_pause_changes_nothing() {
    let house = House::with(PRICE).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    let pause = Duration::minutes(5);
    for customer in [&ana, &beto] {
        house.outside().script(&url(customer), [Says::later(503, pause), price()]);
        customer.says("hola").await;
        customer.until_lived(1, came_back).await;
    }
    house.restart().await;
    house.advance(Duration(pause.0 - 1));
    house.settle().await;
    assert_eq!(house.outside().tries(&url(&ana)).len(), 1);
    // The pause ends while the house is down.
    house.crash().await;
    house.advance(Duration::hours(1));
    house.reopen().await;
    house.advance(GRACE);
    for customer in [&ana, &beto] {
        customer.reads(&[HELLO, COSTS]).await;
        let tries = house.outside().tries(&url(customer));
        assert_eq!((tries.len(), tries[1].resumed), (2, false));
        assert_eq!(keys(&tries)[0], keys(&tries)[1]);
    }
}

#[tokio::test]
async fn while_a_server_hangs_a_hundred_others_finish_and_a_kill_leads_to_one_more_try() {
    let house = House::with(PRICE).await;
    let ana = house.customer("Ana");
    house.outside().script(&url(&ana), [Says::Hang]);
    ana.says("hola").await;
    house.outside().until_tried(&url(&ana), 1).await;

    let others: Vec<_> = (0..100).map(|n| house.customer(&format!("C{n}"))).collect();
    for other in &others {
        house.outside().script(&url(other), [price()]);
    }
    join_all(others.iter().map(|other| other.says("hola"))).await;
    for other in &others {
        other.reads(&[HELLO, COSTS]).await;
    }
    join_all(others.iter().map(|other| other.says("sí"))).await;
    for other in &others {
        other.reads(&[HELLO, COSTS, "cliente: sí", "bot: Anotado."]).await;
    }
    // Even the one who waits is heard, and it answers nothing.
    ana.says("¿y?").await;
    ana.reads(&[HELLO, "cliente: ¿y?"]).await;

    house.crash().await;
    house.reopen().await;
    let tries = house.outside().until_tried(&url(&ana), 2).await;
    assert!(tries[1].resumed && tries[1].id == tries[0].id);
    assert_eq!(keys(&tries)[0], keys(&tries)[1]);
    house.outside().release(&tries[1].id, price());
    ana.reads(&[HELLO, "cliente: ¿y?", COSTS]).await;
    house.restart().await;
    house.advance(Duration::days(1));
    house.settle().await;
    ana.reads(&[HELLO, "cliente: ¿y?", COSTS]).await;
    assert_eq!((house.outside().tries(&url(&ana)).len(), ana.lived(came_back).await), (2, 1));
}

#[tokio::test]
async fn late_repeated_and_foreign_answers_move_nothing() {
    let house = House::with(PRICE).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    house.outside().script(&url(&ana), [price()]);
    house.outside().script(&url(&beto), [Says::Hang]);
    for customer in [&ana, &beto] {
        customer.says("hola").await;
    }
    ana.reads(&[HELLO, COSTS]).await;
    let hers = house.outside().tries(&url(&ana))[0].call.clone();
    let his = house.outside().until_tried(&url(&beto), 1).await[0].call.clone();
    let run = his.split('.').next().unwrap();
    let cheap = || {
        let body = json!({ "precio": 1 });
        HttpOutcome::Answered(HttpAnswer { status: 200, body, retry_after: None })
    };
    let mut ids = [ana.id().await.unwrap(), beto.id().await.unwrap()].into_iter().cycle();
    // Hers is over; his is not hers; and these are nobody's.
    let calls = [hers.clone(), hers, his.clone(), format!("{run}.9"), String::new(), "..".into()];
    for call in calls {
        for _ in 0..2 {
            let id = ids.next().unwrap();
            if call == his && Some(id) == beto.id().await {
                continue; // that is the answer he waits for
            }
            let event = ContactEvent::HttpAnswered { call: call.clone(), outcome: cheap() };
            let answer = house.app().submit(contact_entity(id), &event, None).await.unwrap();
            answer.settled.wait().await;
        }
    }
    house.settle().await;
    assert_eq!((ana.lived(came_back).await, beto.lived(came_back).await), (1, 0));
    ana.reads(&[HELLO, COSTS]).await;
    beto.reads(&[HELLO]).await;
    house.outside().release(&format!("{his}.1"), price());
    beto.reads(&[HELLO, COSTS]).await;
    assert!(house.dead_letters().await.is_empty());
}

/// Somebody of whom Meta told the id alone at first, and then the number alone: two contacts, of which the
/// younger has made a call that the server meets like this.
async fn twice(house: &House, says: Says) -> (Customer, Customer) {
    let seen = house.customer("Ana");
    house.outside().script(&url(&seen), [says]);
    let mut hidden = seen.clone();
    hidden.hidden = true;
    house.outside().script("http://tienda.pe/precios/", [Says::useless("bad_request")]);
    hidden.says("hola").await;
    hidden.until_lived(1, came_back).await;
    house.advance(Duration::minutes(1));

    let mut body = seen.text("hola");
    let value = &mut body["entry"][0]["changes"][0]["value"];
    value["messages"][0].as_object_mut().unwrap().remove("from_user_id");
    value["contacts"][0].as_object_mut().unwrap().remove("user_id");
    assert_eq!(house.webhook(&body).await, 200);
    house.outside().until_tried(&url(&seen), 1).await;
    (hidden, seen)
}

/// Both names come in one message: the younger gives way.
async fn becomes_one(house: &House, hidden: &Customer, seen: &Customer) {
    seen.says("soy yo").await;
    house.settle().await;
    let conversation = seen.conversation().await;
    assert_eq!(conversation["summary"]["contact"], json!(hidden.id().await.unwrap().to_string()));
}

#[tokio::test]
async fn a_run_that_is_over_asks_no_more_and_hears_no_answer() {
    let house = House::with(PRICE).await;
    for says in [Says::silent("timeout"), price()] {
        // It ends while a server hangs …
        let (hidden, seen) = twice(&house, Says::Hang).await;
        becomes_one(&house, &hidden, &seen).await;
        let before = seen.transcript().await;
        house.outside().release(&house.outside().tries(&url(&seen))[0].id, says);
        house.settle().await;
        house.advance(Duration::hours(1));
        house.settle().await;
        assert_eq!(seen.transcript().await, before);
        assert_eq!(house.outside().tries(&url(&seen)).len(), 1);
    }
    // … and in a pause.
    let pause = Duration::minutes(5);
    let (hidden, seen) = twice(&house, Says::later(503, pause)).await;
    seen.until_lived(1, came_back).await;
    becomes_one(&house, &hidden, &seen).await;
    house.advance(pause);
    house.settle().await;
    assert_eq!(house.outside().tries(&url(&seen)).len(), 1);
}

#[tokio::test]
async fn an_answer_to_an_earlier_run_is_none_to_the_next() {
    let house = House::with(PRICE).await;
    let (hidden, seen) = twice(&house, Says::Hang).await;
    becomes_one(&house, &hidden, &seen).await;
    // Two persons after all: the younger begins a run of its own, with another call.
    let entity = contact_entity(seen.id().await.unwrap());
    house.app().submit(entity, &ContactEvent::Split, None).await.unwrap().settled.wait().await;
    seen.says("hola").await;
    let tries = house.outside().until_tried(&url(&seen), 2).await;
    let before = seen.transcript().await;
    house.outside().release(&tries[0].id, Says::answer(200, json!({ "precio": 1 })));
    seen.until_lived(1, came_back).await;
    assert_eq!(seen.transcript().await, before);
    house.outside().release(&tries[1].id, price());
    seen.until_lived(2, came_back).await;
    assert_eq!(seen.transcript().await.last().unwrap(), COSTS);
}
