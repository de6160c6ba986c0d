//! The ways through a flow: chance that stays the same for a customer, tags that stay with them, jumps, and
//! notes that nobody walks over.

use std::collections::BTreeMap;

use cauce_tests::house::{Customer, House};
use futures_util::future::join_all;
use serde_json::{Value, json};

fn split(sticky: bool) -> String {
    format!(
        r#"
id: prueba
name: Prueba
start: inicio
nodes:
  inicio: {{ kind: start, config: {{ keywords: [hola] }}, exits: {{ next: reparte }} }}
  reparte:
    kind: split
    config:
      sticky: {sticky}
      arms: [ {{ id: a, title: A, weight: 60 }}, {{ id: b, title: B, weight: 30 }}, {{ id: c, title: C, weight: 10 }} ]
    exits: {{ a: a, b: b, c: c }}
  a: {{ kind: end, config: {{ text: A }} }}
  b: {{ kind: end, config: {{ text: B }} }}
  c: {{ kind: end, config: {{ text: C }} }}
"#
    )
}

/// What somebody got at the end of each of so many runs.
async fn ways(house: &House, customer: &Customer, runs: usize) -> Vec<String> {
    for run in 1..=runs {
        customer.says("hola").await;
        house.graph().until_posted(&customer.phone, run).await;
    }
    house.graph().posted_to(&customer.phone).iter().map(|order| order.text()).collect()
}

#[tokio::test]
async fn a_split_keeps_its_weights_and_everybody_their_way() {
    const MANY: usize = 240;
    let house = House::with(&split(true)).await;
    let customers: Vec<_> = (0..MANY).map(|n| house.customer(&format!("C{n}"))).collect();
    let walked = join_all(customers.iter().map(|customer| ways(&house, customer, 2))).await;
    let mut counts = BTreeMap::new();
    for ways in &walked {
        assert_eq!(ways[0], ways[1], "the same way again");
        *counts.entry(ways[0].as_str()).or_default() += 1;
    }
    // Five standard deviations to either side: chance alone leaves them once in a million runs.
    for (way, weight) in [("A", 0.6), ("B", 0.3), ("C", 0.1)] {
        let many = MANY as f64;
        let (mean, deviation) = (many * weight, (many * weight * (1.0 - weight)).sqrt());
        let count: i32 = counts.get(way).copied().unwrap_or_default();
        assert!((f64::from(count) - mean).abs() < 5.0 * deviation, "{way}: {counts:?}");
    }
    // Published anew with other words, and over a restart, it is the same split.
    house.publish(&split(true).replace("name: Prueba", "name: Otra")).await;
    house.restart().await;
    for (customer, ways) in customers.iter().zip(&walked).take(20) {
        customer.says("hola").await;
        assert_eq!(house.graph().until_posted(&customer.phone, 3).await[2].text(), ways[0]);
    }
}

#[tokio::test]
async fn a_split_that_is_not_sticky_draws_anew() {
    let house = House::with(&split(false)).await;
    let ana = house.customer("Ana");
    let ways = ways(&house, &ana, 60).await;
    // All alike by chance: 0.6 to the power of 59.
    assert!(ways.iter().any(|way| *way != ways[0]), "{ways:?}");
}

/// A menu that is come back to, tags on the way, and a note.
const SHOP: &str = r#"
id: tienda
name: Tienda
start: inicio
nodes:
  nota: { kind: note, config: { text: "Ojo con los precios.", color: rose } }
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: menu } }
  menu:
    kind: question
    config:
      text: ¿Qué buscas?
      answer:
        type: buttons
        options: [ { id: pan, title: Pan }, { id: torta, title: Torta }, { id: nada, title: Nada } ]
    exits: { pan: pan, torta: torta, nada: fin, no_match: fin }
  pan: { kind: tags, config: { add: [pan, " antojo "], remove: [nuevo] }, exits: { next: vuelve } }
  torta: { kind: tags, config: { add: [torta], remove: [pan] }, exits: { next: vuelve } }
  vuelve: { kind: goto, exits: { target: menu } }
  fin: { kind: decision, config: { rules: [ { id: antojo, when: '"antojo" in contact.tags' } ] }, exits: { antojo: si, else: no } }
  si: { kind: end, config: { text: Vuelve pronto. } }
  no: { kind: end, config: { text: Adiós. } }
"#;

#[tokio::test]
async fn tags_stay_with_the_customer_and_a_jump_goes_back() {
    let house = House::with(SHOP).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    let tags = async || ana.conversation().await["tags"].clone();
    ana.says("hola").await;
    house.graph().until_posted(&ana.phone, 1).await;
    assert_eq!(tags().await, json!([]));
    ana.says("pan").await;
    house.graph().until_posted(&ana.phone, 2).await;
    assert_eq!(tags().await, json!(["antojo", "pan"]));
    house.restart().await;
    ana.says("torta").await;
    house.graph().until_posted(&ana.phone, 3).await;
    assert_eq!(tags().await, json!(["antojo", "torta"]));
    ana.says("nada").await;
    beto.says("hola").await;
    beto.says("nada").await;
    assert_eq!(house.graph().until_posted(&ana.phone, 4).await[3].text(), "Vuelve pronto.");
    assert_eq!(house.graph().until_posted(&beto.phone, 2).await[1].text(), "Adiós.");
    assert_eq!(tags().await, json!(["antojo", "torta"]), "they outlive the run");

    let path = ana.path().await;
    let steps: Vec<_> = path["steps"].as_array().unwrap().iter().map(|step| &step["node"]).collect();
    assert_eq!(steps.iter().filter(|node| **node == "vuelve").count(), 2);
    assert!(steps.iter().all(|node| **node != "nota"));
    // The note is on the canvas all the same.
    let flow = house.screen().await.get("/api/flows/tienda").await.body;
    let note = flow["nodes"].as_array().unwrap().iter().find(|node| node["id"] == "nota").unwrap().clone();
    assert_eq!((&note["role"], &note["exits"]), (&json!("note"), &Value::Array(Vec::new())));
}

/// Leave to write, given and taken back by a word.
const LEAVE: &str = r#"
id: alta
name: Alta
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [alta] }, exits: { next: permiso } }
  permiso:
    kind: consent
    config: { purpose: publicidad, label: Ofertas, version: "1", text: ¿Te escribimos? }
    exits: { "yes": ya, "no": ya, no_match: ya }
  ya: { kind: question, config: { text: "Permiso: {{ contact.consents.publicidad ?? \"nada\" }}." }, exits: { ok: fin, no_match: fin } }
  baja: { kind: command, config: { words: [baja] }, exits: { next: retira } }
  retira: { kind: consent, config: { purpose: publicidad, label: Ofertas, version: "2", answer: "no" }, exits: { "no": ya } }
  fin: { kind: end }
"#;

#[tokio::test]
async fn what_a_customer_allows_is_kept_with_its_proof() {
    let house = House::with(LEAVE).await;
    let ana = house.customer("Ana");
    let kept = async || {
        let consents = ana.conversation().await["consents"].clone();
        let kept = |each: &Value| (each["granted"] == true, each["version"].clone(), each["message"].clone());
        consents.as_array().unwrap().iter().map(kept).collect::<Vec<_>>()
    };
    ana.says("alta").await;
    house.graph().until_posted(&ana.phone, 1).await;
    assert_eq!(kept().await, []);
    ana.says("sí").await;
    assert_eq!(house.graph().until_posted(&ana.phone, 2).await[1].text(), "Permiso: true.");
    assert_eq!(kept().await, [(true, json!("1"), json!(3))]);
    house.restart().await;
    ana.says("baja").await;
    assert_eq!(house.graph().until_posted(&ana.phone, 3).await[2].text(), "Permiso: false.");
    assert_eq!(kept().await, [(false, json!("2"), json!(5))]);
}
