//! How many rows a turn writes, and how large they are: what every message costs for ever.

use std::collections::BTreeMap;

use cauce_conversation::{Attempt, BINDINGS, CHUNKS, CONTACTS, TAILS};
use cauce_model::{DeliveryStatus, Slot};
use cauce_store::Table;
use serde::{Serialize, de::DeserializeOwned};

use crate::stage::{Stage, T0, phone, text};

/// The runtime's tables of calls, and of the feed.
const CALLS: u8 = 2;
const FEED: u8 = 8;

/// Asks and asks.
const ASKING: &str = r#"
id: preguntas
name: Preguntas
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true }, exits: { next: uno } }
  uno: { kind: question, config: { text: "¿Cómo quieres que te llamemos?", save_to: uno }, exits: { ok: dos, no_match: fin } }
  dos: { kind: question, config: { text: "Gracias, {{ uno }}. ¿De dónde nos escribes?", save_to: dos }, exits: { ok: uno, no_match: uno } }
  fin: { kind: end }
"#;

fn number<V: Serialize + DeserializeOwned>(table: &Table<V>) -> u8 {
    table.key(Slot::of("x")).table().unwrap()
}

/// The tables of rows, each once.
fn tables(written: &[(u8, usize)]) -> Vec<u8> {
    let mut tables: Vec<u8> = written.iter().map(|(table, _)| *table).collect();
    tables.sort_unstable();
    tables
}

#[tokio::test]
async fn a_turn_writes_contact_tail_and_call() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(ASKING).await;
    let ana = phone("51999888777");
    stage.hears(&ana, "wamid.first", T0, text("hola")).await;
    let contact = stage.owner(&ana).await.contact.unwrap();
    let [contacts, tails, chunks] = [number(&CONTACTS), number(&TAILS), number(&CHUNKS)];
    stage.sent(contact).await;
    stage.written();
    let mut closed = 0;
    for n in 1..=40u64 {
        stage.hears(&ana, &format!("wamid.{n}"), T0, text("Ana María de los Ángeles")).await;
        stage.sent(contact).await;
        let mut written = tables(&stage.written());
        closed += written.extract_if(.., |table| *table == chunks).count();
        // The turn of what she wrote, then that of the answer of the provider.
        let mut expected = vec![contacts, tails, CALLS, FEED, contacts, tails, CALLS, FEED];
        expected.sort_unstable();
        assert_eq!(written, expected, "message {n}");

        let attempt = Attempt { contact, seq: 2 + n * 2, attempt: 1 }.to_string();
        let name = format!("wamid.{attempt}");
        for status in [DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Read] {
            stage.news(contact, &attempt, &name, status).await;
            let mut written = tables(&stage.written());
            closed += written.extract_if(.., |table| *table == chunks).count();
            assert_eq!(written, [FEED, contacts, tails], "news of message {n}");
        }
    }
    assert!((8..40).contains(&closed), "{closed} chunks were written in 200 turns");
    assert!(!tables(&stage.written()).contains(&number(&BINDINGS)));
}

#[tokio::test]
async fn rows_stay_small() {
    let stage = Stage::over(Vec::new()).await;
    stage.publish(ASKING).await;
    let ana = phone("51999888777");
    let mut sizes = BTreeMap::<u8, Vec<usize>>::new();
    for n in 0..300u64 {
        stage
            .hears(
                &ana,
                &format!("wamid.HBgLNTE5OTk4ODg3NzcVAgASGBQzQTJGMUI{n:04}A=="),
                T0,
                text("Sí, claro"),
            )
            .await;
        let contact = stage.owner(&ana).await.contact.unwrap();
        stage.sent(contact).await;
        let attempt = Attempt { contact, seq: 2 + n * 2, attempt: 1 }.to_string();
        for status in [DeliveryStatus::Sent, DeliveryStatus::Delivered, DeliveryStatus::Read] {
            stage.news(contact, &attempt, &format!("wamid.{attempt}"), status).await;
        }
        stage.written().into_iter().for_each(|(table, size)| sizes.entry(table).or_default().push(size));
    }
    let most = |table| sizes[&table].iter().copied().max().unwrap();
    assert!(most(number(&CONTACTS)) <= 1000, "{} bytes of a usual contact", most(number(&CONTACTS)));
    assert!(most(number(&TAILS)) <= 4000, "{} bytes of a tail: more than a row", most(number(&TAILS)));
    assert!(most(number(&CHUNKS)) <= 4000, "{} bytes of a chunk: more than a row", most(number(&CHUNKS)));
}
