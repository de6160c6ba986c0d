//! Walks through flows that call others, wait for moments and events, and are interrupted by a word.

use cauce_conversation::{JournalEvent, Programs, RUNS, RunStage, history, of_contact};
use cauce_flows::RunState;
use cauce_model::{ContactEvent, ContactId, Direction, Duration, Sender, Timestamp};
use serde_json::json;

use crate::stage::{Stage, T0, phone, text, workspace};

const PAYMENT: &str = r#"
id: pago
name: Pago
start: inicio
params: { monto: { type: number } }
returns: [recibo]
nodes:
  inicio: { kind: start, config: { called: true }, exits: { next: pide } }
  pide: { kind: message, config: { text: "Paga {{ monto }} soles." }, exits: { next: espera } }
  espera: { kind: wait_event, config: { event: pagado, save_to: recibo, timeout: 1d }, exits: { happened: listo, timeout: nada } }
  listo: { kind: end, config: { outcome: pagado } }
  nada: { kind: end }
"#;

const ORDER: &str = r#"
id: pedido
name: Pedido
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [pedido], events: [carrito] }, exits: { next: cobra } }
  cobra:
    kind: call
    config: { flow: pago, params: [{ name: monto, value: "50" }], save: [{ name: recibo, save_to: recibo }], outcomes: [pagado] }
    exits: { pagado: puntos, next: fin }
  puntos: { kind: score, config: { add: 10 }, exits: { next: meta } }
  meta: { kind: goal, config: { goal: venta, value: 50, currency: PEN }, exits: { next: gracias } }
  gracias: { kind: message, config: { text: "Recibo {{ recibo.numero }}, {{ contact.score }} puntos." }, exits: { next: recuerda } }
  recuerda: { kind: wait, config: { at: "9:00" }, exits: { next: fin } }
  fin: { kind: end, config: { outcome: fin } }
  ayuda: { kind: command, config: { words: [ayuda], text: Aquí estoy., then: repeat } }
"#;

fn lines(messages: &[cauce_model::Message]) -> Vec<String> {
    let said = messages.iter().filter_map(|message| match &message.direction {
        Direction::Out { content, .. } => Some(content.words().to_owned()),
        Direction::In { .. } => None,
    });
    said.collect()
}

async fn told(stage: &Stage, contact: ContactId, name: &str, data: serde_json::Value) {
    stage.happens(contact, &ContactEvent::Happened { name: name.to_owned(), data }).await;
    stage.sent(contact).await;
}

async fn meets(stage: &Stage, ana: &Sender, id: &str, words: &str) -> ContactId {
    stage.hears(ana, id, stage.runtime.now(), text(words)).await;
    let contact = stage.owner(ana).await.contact.unwrap();
    stage.sent(contact).await;
    contact
}

#[tokio::test]
async fn a_walk_goes_through_another_flow_waits_for_an_event_and_then_for_a_moment() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(PAYMENT).await;
    let version = stage.publish_calling(ORDER, &[PAYMENT]).await;
    let ana = phone("51999888777");
    let contact = meets(&stage, &ana, "wamid.1", "pedido").await;
    let head = stage.contact(contact).await.run.unwrap();
    // The lists name the step of the flow that is published, not one of the flow that it calls.
    assert!(matches!(&head.stage, RunStage::Waiting { node, .. } if node.as_str() == "cobra"), "{head:?}");

    told(&stage, contact, "otro", json!({})).await;
    assert_eq!(stage.contact(contact).await.run.unwrap(), head, "it does not wait for that");
    told(&stage, contact, "pagado", json!({ "numero": 7 })).await;
    let now = stage.contact(contact).await;
    assert_eq!(now.score, 10);
    assert_eq!(lines(&stage.messages(contact).await), ["Paga 50 soles.", "Recibo 7, 10 puntos."]);

    // Nine in Lima, whenever the message before it left.
    let nine = Timestamp(T0.millis() - T0.millis() % 86_400_000) + Duration::hours(14);
    let nine = if nine > T0 { nine } else { nine + Duration::days(1) };
    let (due, number) = now.wait_timer.unwrap();
    assert_eq!(due, nine);
    // A word in between is answered, and moves nothing.
    meets(&stage, &ana, "wamid.2", "ayuda").await;
    assert_eq!(stage.contact(contact).await.wait_timer, Some((nine, number)));
    assert_eq!(lines(&stage.messages(contact).await).last().unwrap(), "Aquí estoy.");
    stage.clock.advance(nine - stage.runtime.now());
    while stage.contact(contact).await.live_run().is_some() {
        tokio::task::yield_now().await;
    }
    let store = stage.runtime.store();
    let run = stage.row(&RUNS, &of_contact(&RUNS, contact).text(head.id.as_str())).await.unwrap();
    assert_eq!(run.state, RunState::Ended { outcome: Some("fin".into()) });

    // The goal, and what was told, stand in the journal.
    let journal = history::journal(store.as_ref(), contact, 0, usize::MAX).await.unwrap();
    let goals: Vec<_> = journal.iter().flat_map(|entry| &entry.goals).collect();
    assert_eq!(goals.len(), 1);
    assert_eq!((goals[0].goal.as_str(), goals[0].value), ("venta", Some(50.0)));
    let happened = |event: &JournalEvent| matches!(event.other(), Some(ContactEvent::Happened { .. }));
    assert_eq!(journal.iter().filter(|entry| happened(&entry.event)).count(), 2);
    let within = journal.iter().flat_map(|entry| &entry.steps).filter(|step| step.within.is_some()).count();
    assert!(within > 0, "steps of the called flow say so");

    // Another process finds the version with what it calls.
    let fresh = Programs::new(cauce_nodes::catalogue());
    let (found, row) = fresh.fetch(store.as_ref(), &workspace(), &version).await.unwrap().unwrap();
    assert_eq!((found.version(), row.subflows.len()), (&version, 1));
}

#[tokio::test]
async fn an_event_begins_a_flow_for_whom_it_names() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(PAYMENT).await;
    stage.publish_calling(ORDER, &[PAYMENT]).await;
    let contact = meets(&stage, &phone("51999888777"), "wamid.1", "hola").await;
    assert!(stage.contact(contact).await.run.is_none(), "no flow begins with that");
    told(&stage, contact, "carrito", json!(null)).await;
    assert!(stage.contact(contact).await.live_run().is_some());
    assert_eq!(lines(&stage.messages(contact).await), ["Paga 50 soles."]);
    // While it is in a flow another event of the kind changes nothing.
    let before = stage.contact(contact).await.run;
    told(&stage, contact, "carrito", json!(null)).await;
    assert_eq!(stage.contact(contact).await.run, before);
}
