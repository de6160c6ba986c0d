//! Who is who: one person, however Meta names them.

use cauce_model::ContactEvent;
use cauce_tests::house::{Customer, House};
use serde_json::json;

use crate::journeys::{HELP, PATIENT};

/// Somebody whose number is hidden at first, and the same person once it shows.
fn hidden(house: &House) -> (Customer, Customer) {
    let seen = house.customer("Ana");
    let mut hidden = seen.clone();
    hidden.hidden = true;
    (hidden, seen)
}

#[tokio::test]
async fn somebody_without_a_number_is_somebody() {
    let house = House::with(PATIENT).await;
    let (ana, _) = hidden(&house);
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"]).await;
    assert_eq!(house.graph().posted_to(&ana.to()).len(), 3);
    assert_eq!(ana.conversation().await["summary"]["address"], json!(ana.to()));
}

#[tokio::test]
async fn both_names_in_one_message_are_one_contact() {
    let house = House::with(PATIENT).await;
    let (hidden, seen) = hidden(&house);
    seen.says("hola").await;
    seen.got(&["accepted"; 3]).await;
    house.settle().await;
    hidden.says("sí").await;
    seen.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?", "cliente: sí", "bot: Fin."]).await;
    assert_eq!((house.contacts().await, hidden.id().await), (1, seen.id().await));
}

#[tokio::test]
async fn the_younger_of_two_contacts_of_one_person_gives_way_and_nothing_is_lost() {
    let house = House::with(PATIENT).await;
    let (hidden, seen) = hidden(&house);
    hidden.says("hola").await;
    hidden.got(&["accepted"; 3]).await;
    let older = hidden.id().await.unwrap();
    house.advance(cauce_model::Duration::minutes(1));

    // The number shows: a contact of its own for a moment, then the same person.
    let first = seen.text("aquí estoy");
    assert_eq!(house.webhook(&first).await, 200);
    house.settle().await;
    let begun = ["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?", "cliente: aquí estoy"];
    hidden.reads(&begun).await;
    seen.reads(&begun).await;
    assert_eq!(seen.conversation().await["summary"]["contact"], json!(older.to_string()));

    house.restart().await;
    assert_eq!(house.webhook(&first).await, 200, "again, and still once");
    seen.says("sí").await;
    let all = [&begun[..], &["cliente: sí", "bot: Fin."]].concat();
    seen.reads(&all).await;
    house.app().runtime.read_until(&house.app().runtime.written()).await;
    let list = house.screen().await.list("all").await.body;
    assert_eq!((&list["counts"]["all"], &list["items"].as_array().unwrap().len()), (&json!(1), &1));
    assert_eq!(list["items"][0]["contact"], json!(older.to_string()));
    assert!(house.dead_letters().await.is_empty());

    // It was a mistake after all: each lives by itself again, and stays so.
    let younger = seen.id().await.unwrap();
    assert_ne!(younger, older);
    let entity = cauce_conversation::contact_entity(younger);
    house.app().submit(entity, &ContactEvent::Split, None).await.unwrap().settled.wait().await;
    seen.says("hola").await;
    house.settle().await;
    assert_eq!(seen.conversation().await["summary"]["contact"], json!(younger.to_string()));
    assert_eq!(hidden.transcript().await, [&begun[..4], &["cliente: sí", "bot: Fin."]].concat());
}

#[tokio::test]
async fn a_case_is_not_torn_from_whoever_looks_after_it() {
    let house = House::with(HELP).await;
    let rosa = house.login("Rosa").await;
    let (hidden, seen) = hidden(&house);
    hidden.says("hola").await;
    let old = hidden.is_taken_by(&rosa).await;
    rosa.end(&old).await;
    house.advance(cauce_model::Duration::minutes(1));

    seen.says("otra cosa").await;
    let case = seen.is_taken_by(&rosa).await;
    house.settle().await;
    assert_eq!(rosa.reply(&case, "Dime.").await.status, 202);
    assert_eq!(seen.transcript().await, ["cliente: otra cosa", "bot: Un momento.", "Rosa: Dime."]);
    assert_eq!(rosa.end(&case).await.status, 200);
    house.settle().await;
    seen.reads(&[
        "cliente: hola",
        "bot: Un momento.",
        "bot: ¿Qué nota?",
        "cliente: otra cosa",
        "bot: Un momento.",
        "Rosa: Dime.",
    ])
    .await;
    seen.says("10").await;
    house.settle().await;
    assert_eq!(
        seen.transcript().await.last().unwrap(),
        "bot: Gracias.",
        "the older one's rating is answered"
    );
}
