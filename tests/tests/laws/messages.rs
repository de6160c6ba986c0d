//! Messages of many parts: in order, each waiting for the one before; when one fails, the inbox tells what
//! was sent and what was not, and the flow has an exit for it. Signs of reading and writing are shown and
//! not kept.

use cauce_conversation::Presence;
use cauce_model::{ContactEvent, Content, Duration};
use cauce_tests::house::{Customer, HOLD, House, Reaction};
use serde_json::{Value, json};

/// Ten parts of ten kinds, and a question.
const PARTS: &str = r#"
id: carta
name: Carta
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: carta } }
  carta:
    kind: message
    config:
      text: Uno.
      parts:
        - { type: image, link: "https://tienda.pe/dos.jpg", caption: Dos. }
        - { type: video, link: "https://tienda.pe/tres.mp4", caption: Tres. }
        - { type: document, link: "https://tienda.pe/cuatro.pdf", caption: Cuatro., name: cuatro.pdf }
        - { type: audio, link: "https://tienda.pe/cinco.mp3" }
        - { type: voice, link: "https://tienda.pe/seis.ogg" }
        - { type: sticker, link: "https://tienda.pe/siete.webp" }
        - { type: location, latitude: -12.0464, longitude: -77.0428, name: Ocho. }
        - { type: contacts, cards: [ { name: Nueve., phones: [ "+51 999 888 777" ] } ] }
        - { type: link, text: Diez., title: Ver, url: "https://tienda.pe/{{ contact.phone }}" }
    exits: { next: fin }
  fin: { kind: question, config: { text: ¿Lo viste todo? }, exits: { ok: gracias, no_match: gracias } }
  gracias: { kind: end, config: { text: Gracias. } }
"#;

/// What the parts are called in lists.
const ALL: [&str; 10] = [
    "Uno.",
    "Foto: Dos.",
    "Video: Tres.",
    "Documento: Cuatro.",
    "Audio",
    "Nota de voz",
    "Sticker",
    "Ubicación: Ocho.",
    "Contacto: Nueve.",
    "Diez.",
];
const ASKS: &str = "¿Lo viste todo?";
const SORRY: &str = "No pudimos enviarte todo.";

/// The same, with a way for what does not arrive.
fn sure() -> String {
    let sorry = format!("\n  aviso: {{ kind: end, config: {{ text: {SORRY} }} }}\n");
    PARTS.replacen("exits: { next: fin }", "exits: { next: fin, undelivered: aviso }", 1) + &sorry
}

fn posted(house: &House, customer: &Customer) -> Vec<String> {
    house.graph().posted_to(&customer.phone).iter().map(|order| order.text()).collect()
}

/// Each message to them: how far it got, and why not further.
async fn told(customer: &Customer) -> Vec<String> {
    let delivery = customer.delivery().await;
    delivery.into_iter().map(|(status, code)| [status, code].join(" ").trim().to_owned()).collect()
}

async fn until_told(house: &House, customer: &Customer, expected: &[&str]) {
    house
        .until(async || {
            let told = told(customer).await;
            if told == expected { Ok(()) } else { Err(format!("{told:?} and not {expected:?}")) }
        })
        .await;
}

#[tokio::test]
async fn ten_parts_go_in_order_each_when_the_one_before_was_taken() {
    let house = House::with(PARTS).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, vec![Reaction::Hang; 10]);
    ana.says("hola").await;
    for n in 1..=10 {
        let orders = house.graph().until_posted(&ana.phone, n).await;
        if n % 3 == 0 {
            house.settle().await;
        }
        assert_eq!(posted(&house, &ana), ALL[..n], "nothing overtakes");
        house.graph().release(&orders[n - 1].attempt, Reaction::Accept);
    }
    house.graph().until_posted(&ana.phone, 11).await;
    assert_eq!(posted(&house, &ana), [&ALL[..], &[ASKS]].concat());
    ana.got(&["accepted"; 11]).await;
    let orders = house.graph().posted_to(&ana.phone);
    let Content::Link { url, title, .. } = &orders[9].content else { panic!("{:?}", orders[9]) };
    assert_eq!((url.as_str(), title.as_str()), (&*format!("https://tienda.pe/{}", ana.phone), "Ver"));

    let shown: Vec<Value> = ana.conversation().await["messages"].as_array().unwrap()[1..]
        .iter()
        .map(|message| message["content"].clone())
        .collect();
    let kinds: Vec<_> = shown.iter().map(|content| content["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "text", "media", "media", "media", "media", "media", "media", "location", "contacts", "link",
            "text"
        ]
    );
    assert_eq!(shown[1]["url"], "https://tienda.pe/dos.jpg");
    assert_eq!((&shown[3]["name"], &shown[5]["media"]), (&json!("cuatro.pdf"), &json!("voice")));
    assert_eq!(
        shown[7],
        json!({ "type": "location", "latitude": -12.0464, "longitude": -77.0428,
        "name": "Ocho.", "address": null })
    );
    assert_eq!(shown[8]["cards"][0]["phones"], json!(["+51 999 888 777"]));
    assert_eq!(shown[9]["url"], *url);
}

#[tokio::test]
async fn when_the_seventh_is_refused_its_exit_is_taken_and_what_came_after_is_not_sent() {
    let house = House::with(&sure()).await;
    let ana = house.customer("Ana");
    let fate = [vec![Reaction::Accept; 6], vec![Reaction::Fail]].concat();
    house.graph().script(&ana.phone, fate);
    ana.says("hola").await;
    let after = [
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "failed 131026",
        "failed not_sent",
        "failed not_sent",
        "failed not_sent",
        "accepted",
    ];
    until_told(&house, &ana, &after).await;
    assert_eq!(posted(&house, &ana), [&ALL[..7], &[SORRY]].concat());
    let conversation = ana.conversation().await;
    let error = &conversation["messages"][8]["error"];
    assert_eq!(error["text"], "No se envió: falló un mensaje anterior del mismo paso.");
    let path = ana.path().await;
    let last = path["steps"].as_array().unwrap().iter().rev().nth(1).unwrap();
    assert_eq!((&last["node"], &last["exit"]), (&json!("carta"), &json!("undelivered")));

    // It stays so: over a restart, and whatever else is told of what was sent.
    house.restart().await;
    let orders = house.graph().posted_to(&ana.phone);
    for order in &orders[..6] {
        ana.news(order, "delivered").await;
    }
    house.advance(Duration::hours(1));
    house.settle().await;
    assert_eq!(posted(&house, &ana), [&ALL[..7], &[SORRY]].concat());
    until_told(&house, &ana, &[&["delivered"; 6], &after[6..]].concat()).await;
}

#[tokio::test]
async fn a_part_that_meta_took_and_could_not_deliver_takes_the_exit_too() {
    let house = House::with(&sure()).await;
    let ana = house.customer("Ana");
    // The link of the seventh is dead: Meta finds out while the eighth is on its way.
    house.graph().script(&ana.phone, [vec![Reaction::Accept; 7], vec![Reaction::Hang]].concat());
    ana.says("hola").await;
    let orders = house.graph().until_posted(&ana.phone, 8).await;
    ana.got(&[
        "accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "queued",
        "queued", "queued",
    ])
    .await;
    house.crash().await;
    house.reopen().await;
    house.graph().until_resumed(1).await;
    ana.lost(&orders[6], 131053).await;
    let waits = [
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "accepted",
        "failed 131053",
        "queued",
        "failed not_sent",
        "failed not_sent",
        "queued",
    ];
    until_told(&house, &ana, &waits).await;
    // The eighth had left already. What became of it is told by its status.
    ana.news(&orders[7], "sent").await;
    let after = [&waits[..7], &["sent"], &waits[8..10], &["accepted"]].concat();
    until_told(&house, &ana, &after).await;
    assert_eq!(posted(&house, &ana), [&ALL[..8], &[SORRY]].concat());
    // News of the others comes to a step that is over.
    for order in &orders[..6] {
        ana.lost(order, 131053).await;
    }
    house.settle().await;
    assert_eq!(posted(&house, &ana).len(), 9);
}

#[tokio::test]
async fn a_part_that_waits_for_another_attempt_is_not_sent_once_an_earlier_one_failed() {
    let house = House::with(&sure()).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Accept, Reaction::Refuse(None)]);
    ana.says("hola").await;
    let orders = house.graph().until_posted(&ana.phone, 2).await;
    ana.until_lived(2, |event| matches!(event, ContactEvent::SendAnswered { .. })).await;
    ana.lost(&orders[0], 131026).await;
    let nine = ["failed not_sent"; 9];
    until_told(&house, &ana, &[&["failed 131026"], &nine[..], &["accepted"]].concat()).await;
    house.advance(Duration::hours(1));
    house.settle().await;
    assert_eq!(posted(&house, &ana), [ALL[0], ALL[1], SORRY]);
}

#[tokio::test]
async fn without_that_exit_all_others_are_sent_and_the_flow_goes_on() {
    let house = House::with(PARTS).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    house.graph().script(&ana.phone, [vec![Reaction::Accept; 6], vec![Reaction::Fail]].concat());
    for customer in [&ana, &beto] {
        customer.says("hola").await;
        customer.until_lived(11, |event| matches!(event, ContactEvent::SendAnswered { .. })).await;
        assert_eq!(posted(&house, customer), [&ALL[..], &[ASKS]].concat());
    }
    let orders = house.graph().posted_to(&beto.phone);
    beto.lost(&orders[6], 131053).await;
    let all = |seventh| {
        let accepted = ["accepted"; 6];
        [&accepted[..], &[seventh], &accepted[..4]].concat()
    };
    until_told(&house, &ana, &all("failed 131026")).await;
    until_told(&house, &beto, &all("failed 131053")).await;
    for customer in [&ana, &beto] {
        customer.says("sí").await;
        assert_eq!(house.graph().until_posted(&customer.phone, 12).await[11].text(), "Gracias.");
    }
}

#[tokio::test]
async fn the_step_goes_on_when_all_has_left_or_after_a_minute_without_news() {
    let house = House::with(&sure()).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    for customer in [&ana, &beto] {
        customer.says("hola").await;
        customer.got(&["accepted"; 10]).await;
    }
    house.restart().await;
    for order in house.graph().posted_to(&ana.phone) {
        assert_eq!(posted(&house, &ana).len(), 10, "not all of it has left");
        ana.news(&order, "sent").await;
    }
    ana.got(&["sent", "sent", "sent", "sent", "sent", "sent", "sent", "sent", "sent", "sent", "accepted"])
        .await;

    // The patience begins when the last one was taken, and no news is good news.
    beto.says("¿y?").await;
    house.advance(Duration(Duration::minutes(1).0 - 1));
    house.settle().await;
    assert_eq!(posted(&house, &beto).len(), 10);
    house.advance(Duration::millis(1));
    beto.got(&["accepted"; 11]).await;
    assert_eq!(posted(&house, &beto), [&ALL[..], &[ASKS]].concat());
    // What is told later is shown, and the flow has gone on.
    beto.lost(&house.graph().posted_to(&beto.phone)[3], 131053).await;
    beto.says("sí").await;
    assert_eq!(house.graph().until_posted(&beto.phone, 12).await[11].text(), "Gracias.");
    assert_eq!(told(&beto).await[3], "failed 131053");
}

#[tokio::test]
async fn a_restart_between_parts_sends_each_once() {
    let house = House::with(&sure()).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [vec![Reaction::Accept; 4], vec![Reaction::Hang]].concat());
    ana.says("hola").await;
    let orders = house.graph().until_posted(&ana.phone, 5).await;
    ana.got(&[
        "accepted", "accepted", "accepted", "accepted", "queued", "queued", "queued", "queued", "queued",
        "queued",
    ])
    .await;
    house.crash().await;
    house.reopen().await;
    house.graph().until_resumed(1).await;
    ana.news(&orders[4], "sent").await;
    house.graph().until_posted(&ana.phone, 10).await;
    assert_eq!(posted(&house, &ana), ALL);
    for order in house.graph().posted_to(&ana.phone) {
        ana.news(&order, "sent").await;
    }
    assert_eq!(house.graph().until_posted(&ana.phone, 11).await[10].text(), ASKS);
    house.advance(HOLD);
    house.settle().await;
    assert_eq!(posted(&house, &ana).len(), 11);
}

#[tokio::test]
async fn after_the_window_has_closed_nothing_is_sent_and_the_exit_is_taken_once() {
    let late = sure()
        .replace("keywords: [hola] }, exits: { next: carta }", "keywords: [hola] }, exits: { next: pausa }")
        + "\n  pausa: { kind: wait, config: { for: 25h }, exits: { next: carta } }\n";
    let house = House::with(&late).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    house.settle().await;
    house.advance(Duration::hours(25));
    until_told(&house, &ana, &["failed window_closed"; 11]).await;
    assert!(posted(&house, &ana).is_empty());
    assert_eq!(ana.path().await["run"]["state"], "ended");
}

/// Thinks for a while, reacts, and says something.
const POLITE: &str = r#"
id: amable
name: Amable
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: paso } }
  paso:
    kind: message
    config: { typing: 5s, text: Ya está., parts: [ { type: reaction, emoji: 👍 } ] }
    exits: { next: fin }
  fin: { kind: question, config: { text: ¿Algo más? }, exits: { ok: nada, no_match: nada } }
  nada: { kind: end }
"#;

#[tokio::test]
async fn who_writes_sees_that_it_was_read_and_that_somebody_answers() {
    let house = House::with(POLITE).await;
    let ana = house.customer("Ana");
    let hello = ana.sends("text", json!({ "body": "hola" })).await;
    let shown = house.graph().until_shown(1).await;
    let account = house.app().account.account.clone();
    let sign = |id: &str, typing| Presence { account: account.clone(), provider_id: id.to_owned(), typing };
    assert_eq!(shown, [sign(&hello, true)]);
    house.settle().await;
    assert!(posted(&house, &ana).is_empty(), "it is still writing");

    // A sign is worth nothing a moment later: no process repeats it, while what it announced is kept.
    house.crash().await;
    house.reopen().await;
    house.settle().await;
    assert_eq!(house.graph().shown().len(), 1);
    house.advance(Duration::seconds(5));
    house.graph().until_posted(&ana.phone, 3).await;
    assert_eq!(posted(&house, &ana), ["Ya está.", "Reaccionó: 👍", "¿Algo más?"]);

    let no = ana.sends("text", json!({ "body": "no" })).await;
    assert_eq!(house.graph().until_shown(2).await[1..], [sign(&no, false)]);
    // To what no flow listens, nobody reacts.
    ana.says("bueno").await;
    house.settle().await;
    assert_eq!(house.graph().shown().len(), 2);
}

#[tokio::test]
async fn a_reaction_stands_under_its_message_once_it_was_taken() {
    let house = House::with(POLITE).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Accept, Reaction::Hang]);
    let hello = ana.sends("text", json!({ "body": "hola" })).await;
    house.settle().await;
    house.advance(Duration::seconds(5));
    let orders = house.graph().until_posted(&ana.phone, 2).await;
    let Content::Reaction { message_id, .. } = &orders[1].content else { panic!("{:?}", orders[1]) };
    assert_eq!(*message_id, hello);
    let reactions = async || ana.conversation().await["messages"][0]["reactions"].clone();
    assert_eq!(reactions().await, json!([]));

    house.graph().release(&orders[1].attempt, Reaction::Accept);
    ana.reads(&["cliente: hola", "bot: Ya está.", "bot: ¿Algo más?"]).await;
    assert_eq!(reactions().await, json!([{ "by": "team", "emoji": "👍" }]));

    // One that is refused is told, and stands nowhere.
    let beto = house.customer("Beto");
    house.graph().script(&beto.phone, [Reaction::Accept, Reaction::Fail]);
    beto.says("hola").await;
    house.settle().await;
    house.advance(Duration::seconds(5));
    until_told(&house, &beto, &["accepted", "failed 131026", "accepted"]).await;
    let conversation = beto.conversation().await;
    assert_eq!(conversation["messages"][0]["reactions"], json!([]));
    assert_eq!(conversation["messages"][2]["content"], json!({ "type": "reaction", "emoji": "👍" }));
}
