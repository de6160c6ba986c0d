//! Who is who: one person, however Meta names them.

use cauce_model::{ContactEvent, Duration};
use cauce_tests::house::{Customer, House, body_of};
use serde_json::json;

use crate::journeys::{HELP, PATIENT};

const BEGUN: [&str; 4] = ["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"];

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
    house.advance(Duration::minutes(1));

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
    house.advance(Duration::minutes(1));

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

#[tokio::test]
async fn what_was_said_to_a_contact_that_gave_way_is_reacted_to_as_well() {
    let house = House::with(PATIENT).await;
    let (hidden, ana) = hidden(&house);
    hidden.says("hola").await;
    hidden.got(&["accepted"; 3]).await;
    house.advance(Duration::minutes(1));
    // For a moment she is two; the younger one is told something before it gives way.
    let hers = ana.sends("text", json!({ "body": "hola" })).await;
    let told = house.graph().until_posted(&ana.phone, 3).await[0].wamid.clone();
    house.settle().await;
    assert_eq!(ana.conversation().await["summary"]["contact"], json!(hidden.id().await.unwrap().to_string()));
    ana.until_lived(3, |event| matches!(event, ContactEvent::SendAnswered { .. })).await;
    ana.sends("reaction", json!({ "message_id": told, "emoji": "👍" })).await;
    ana.sends("revoke", json!({ "original_message_id": hers })).await;
    house.settle().await;
    let conversation = ana.conversation().await;
    let messages = conversation["messages"].as_array().unwrap().iter();
    let reacted: Vec<_> = messages.clone().filter(|message| message["reactions"] != json!([])).collect();
    assert_eq!(reacted.len(), 1, "{conversation}");
    assert_eq!(reacted[0]["content"]["body"], "Uno.");
    assert_eq!(messages.filter(|message| message["revoked"] == true).count(), 1);
}

/// The same person with another phone, which nobody else has.
fn with_another_phone(house: &House, customer: &Customer) -> Customer {
    let mut moved = customer.clone();
    moved.phone = house.customer("").phone;
    moved
}

/// Meta tells that somebody has the number of this other phone now.
async fn moves(house: &House, from: &Customer, to: &Customer) {
    let body = format!("{} cambió de {} a {}", from.name, from.phone, to.phone);
    let system = json!({ "type": "user_changed_number", "wa_id": to.phone, "body": body });
    let mut notice = from.element("system", system);
    // It names no other id of theirs, and has no `contacts`.
    notice.as_object_mut().unwrap().remove("from_user_id");
    assert_eq!(house.webhook(&body_of("messages", &[notice], &[])).await, 200);
    house.settle().await;
}

#[tokio::test]
async fn somebody_with_a_new_number_stays_who_they_are() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let moved = with_another_phone(&house, &ana);
    ana.says("hola").await;
    ana.reads(&BEGUN).await;
    let who = ana.id().await;
    house.advance(Duration::minutes(1));
    moves(&house, &ana, &moved).await;
    assert_eq!(moved.conversation().await["messages"][4]["content"]["type"], "notice");
    assert_eq!(house.graph().posted().len(), 3, "the question is not answered by it");

    // What is said now goes to the new number, and who writes from there is the same person.
    moved.says("sí").await;
    assert_eq!(house.graph().until_posted(&moved.phone, 1).await[0].text(), "Fin.");
    house.settle().await;
    assert_eq!((house.contacts().await, moved.id().await), (1, who));
    let address = moved.conversation().await["summary"]["address"].clone();
    assert_eq!(address.as_str().unwrap().replace(['+', ' '], ""), moved.phone);

    // Whoever gets the old number is somebody else.
    let mut eva = house.customer("Eva");
    eva.phone = ana.phone;
    eva.says("hola").await;
    assert_eq!(house.graph().until_posted(&eva.phone, 6).await.len(), 6);
    house.settle().await;
    assert_ne!(eva.id().await, who);
    eva.reads(&BEGUN).await;
}

#[tokio::test]
async fn an_agent_s_answer_goes_to_the_new_number_before_anybody_wrote_from_it() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    let moved = with_another_phone(&house, &ana);
    ana.says("hola").await;
    let case = ana.is_taken_by(&rosa).await;
    moves(&house, &ana, &moved).await;
    assert_eq!(rosa.reply(&case, "Dime.").await.status, 202);
    assert_eq!(house.graph().until_posted(&moved.phone, 1).await[0].text(), "Dime.");
}
