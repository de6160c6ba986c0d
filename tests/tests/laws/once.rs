//! Once: whatever Meta sends twice, whoever presses twice.

use cauce_model::Duration;
use cauce_tests::house::House;
use futures_util::future::join_all;
use serde_json::json;

use crate::journeys::{HELP, PATIENT, waiting};

#[tokio::test]
async fn parallel_first_messages_of_one_number_make_one_contact_one_run_and_one_greeting() {
    let house = House::with(&waiting("1h")).await;
    let ana = house.customer("Ana");
    let answers = join_all((0..20).map(|_| ana.says("hola"))).await;
    assert_eq!(answers.len(), 20);
    house.settle().await;

    assert_eq!(house.contacts().await, 1);
    let lines = ana.transcript().await;
    assert_eq!(lines.iter().filter(|line| *line == "cliente: hola").count(), 20);
    assert_eq!(lines.iter().filter(|line| *line == "bot: Ya te escribo.").count(), 1);
    assert_eq!(house.graph().until_posted(&ana.phone, 1).await.len(), 1);
    let journal = house.journal(ana.id().await.unwrap()).await;
    let started =
        journal.iter().filter(|entry| entry.steps.iter().any(|step| step.node.as_str() == "inicio"));
    assert_eq!(started.count(), 1, "one run");
}

#[tokio::test]
async fn two_writings_of_one_number_are_one_contact() {
    let house = House::with(PATIENT).await;
    let mut ana = house.customer("Ana");
    ana.phone = "5215512345678".into();
    ana.says("hola").await;
    let first = ana.id().await;
    ana.phone = "525512345678".into();
    ana.says("aquí").await;
    assert_eq!((ana.id().await, house.contacts().await), (first, 1));
}

#[tokio::test]
async fn a_webhook_has_one_effect_however_often_it_comes() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let hello = ana.text("hola");
    let eight = join_all((0..8).map(|_| house.webhook(&hello))).await;
    assert_eq!(eight, [200; 8]);
    let expected = ["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"];
    ana.reads(&expected).await;

    house.restart().await;
    assert_eq!(house.webhook(&hello).await, 200);
    house.advance(Duration::days(7));
    assert_eq!(house.webhook(&hello).await, 200);
    house.settle().await;
    ana.reads(&expected).await;
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 3);
    assert!(house.dead_letters().await.is_empty(), "a repeat is nothing to look at");

    // Older than repeats are remembered: it moves nothing, and is kept for a person.
    house.advance(Duration::days(2));
    assert_eq!(house.webhook(&hello).await, 200);
    house.settle().await;
    ana.reads(&expected).await;
    assert_eq!(house.dead_letters().await.len(), 1);

    let beto = house.customer("Beto");
    let old = beto.text_at(house.now() - Duration::days(9), "hola");
    assert_eq!(house.webhook(&old).await, 200);
    assert_eq!(beto.id().await, None, "an old first message makes no contact");
    assert_eq!(house.dead_letters().await.len(), 2);
    assert_eq!(house.graph().posted().len(), 3);
}

#[tokio::test]
async fn a_status_that_comes_often_changes_nothing_more() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.got(&["accepted"; 3]).await;
    let posted = house.graph().posted_to(&ana.phone);
    for _ in 0..3 {
        ana.news(&posted[0], "delivered").await;
    }
    ana.got(&["delivered", "accepted", "accepted"]).await;
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 3);
}

#[tokio::test]
async fn a_command_pressed_twice_has_one_effect_and_one_answer() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.waits_for_a_person().await;
    let press = async |what: &str| {
        let (path, body) =
            (format!("/api/cases/{case}/{what}"), json!({ "command": format!("press-{what}") }));
        let answers = join_all((0..5).map(|_| rosa.post(&path, &body))).await;
        assert!(answers.iter().all(|a| a.status == 200 && a.body == answers[0].body), "{answers:?}");
        answers[0].body.clone()
    };
    let taken = press("take").await;
    let replies = join_all((0..5).map(|_| rosa.reply_as(&case, "Buenas.", "press-reply"))).await;
    assert!(replies.iter().all(|a| a.status == 202 && a.body == replies[0].body), "{replies:?}");
    let ended = press("end").await;

    house.restart().await;
    assert_eq!(press("take").await, taken, "what it answered then");
    assert_eq!(rosa.reply_as(&case, "Buenas.", "press-reply").await.body, replies[0].body);
    assert_eq!(press("end").await, ended);
    let lines = ["cliente: hola", "bot: Un momento.", "Rosa: Buenas.", "bot: ¿Qué nota?"];
    ana.reads(&lines).await;
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 3);
}
