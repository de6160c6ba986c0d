//! Waits: they begin when their last message was taken, end when the clock says so and not before, and
//! lose to an answer that was received.

use cauce_conversation::JournalEvent;
use cauce_model::{Direction, Duration, InboundContent};
use cauce_tests::house::{GRACE, House, Reaction};
use futures_util::future::join_all;
use serde_json::json;

use crate::journeys::{PATIENT, SHOP, waiting};

const ASKED: [&str; 3] = ["cliente: hola", "bot: ¡Hola, Ana!", "bot: ¿Qué te interesa? [Ventas] [Nada]"];
const TIMED_OUT: [&str; 4] = [ASKED[0], ASKED[1], ASKED[2], "bot: Se hizo tarde."];

#[tokio::test]
async fn a_wait_ends_when_its_time_is_over_and_not_before() {
    let house = House::with(&waiting("10m")).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Ya te escribo."]).await;
    house.advance(Duration(Duration::minutes(10).0 - 1));
    house.settle().await;
    ana.reads(&["cliente: hola", "bot: Ya te escribo."]).await;
    house.restart().await;
    house.settle().await;
    ana.reads(&["cliente: hola", "bot: Ya te escribo."]).await;
    house.advance(Duration::millis(1));
    ana.reads(&["cliente: hola", "bot: Ya te escribo.", "bot: Aquí estoy."]).await;
    house.advance(Duration::hours(10));
    house.settle().await;
    ana.reads(&["cliente: hola", "bot: Ya te escribo.", "bot: Aquí estoy."]).await;
}

#[tokio::test]
async fn what_is_written_meanwhile_does_not_make_a_wait_longer() {
    let house = House::with(&waiting("10m")).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Ya te escribo."]).await;
    house.advance(Duration::minutes(6));
    ana.says("¿ya?").await;
    house.advance(Duration::minutes(4));
    ana.reads(&["cliente: hola", "bot: Ya te escribo.", "cliente: ¿ya?", "bot: Aquí estoy."]).await;
}

#[tokio::test]
async fn what_is_no_answer_does_not_give_a_question_more_time() {
    let house = House::with(SHOP).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&ASKED).await;
    house.advance(Duration::minutes(90));
    let thumb = ana.element("reaction", json!({ "message_id": "wamid.x", "emoji": "👍" }));
    let body = cauce_tests::house::body_of("messages", &[thumb], &[ana.entry()]);
    assert_eq!(house.webhook(&body).await, 200);
    house.advance(Duration::minutes(30));
    ana.reads(&[ASKED[0], ASKED[1], ASKED[2], "bot: Se hizo tarde."]).await;
}

#[tokio::test]
async fn a_question_waits_for_its_time_also_across_a_restart() {
    let house = House::with(SHOP).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&ASKED).await;
    house.advance(Duration::hours(1));
    house.restart().await;
    house.advance(Duration(Duration::hours(1).0 - 1));
    house.settle().await;
    ana.reads(&ASKED).await;
    house.advance(Duration::millis(1));
    ana.reads(&TIMED_OUT).await;
}

#[tokio::test]
async fn the_time_of_a_question_begins_when_its_last_message_was_taken() {
    let house = House::with(SHOP).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Accept, Reaction::Hang]);
    ana.says("hola").await;
    let posted = house.graph().until_posted(&ana.phone, 2).await;
    house.advance(Duration::hours(5));
    house.settle().await;
    ana.holds(&ASKED).await;

    house.graph().release(&posted[1].attempt, Reaction::Accept);
    ana.reads(&ASKED).await;
    house.advance(Duration(Duration::hours(2).0 - 1));
    house.settle().await;
    ana.reads(&ASKED).await;
    house.advance(Duration::millis(1));
    ana.reads(&TIMED_OUT).await;
}

#[tokio::test]
async fn the_time_of_a_question_also_begins_when_its_last_message_failed_for_good() {
    let house = House::with(SHOP).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Accept, Reaction::Fail]);
    ana.says("hola").await;
    ana.got(&["accepted", "failed"]).await;
    house.advance(Duration::hours(2));
    ana.reads(&TIMED_OUT).await;
}

#[tokio::test]
async fn an_answer_received_before_the_timeout_was_committed_wins() {
    let house = House::with(PATIENT_WITH_TIMEOUT).await;
    // Many, so that it is no luck: for each, the answer and the timeout are ready at one moment.
    let customers: Vec<_> = (0..20).map(|n| house.customer(&format!("C{n}"))).collect();
    join_all(customers.iter().map(|customer| customer.says("hola"))).await;
    for customer in &customers {
        customer.reads(&["cliente: hola", "bot: ¿Sí?"]).await;
    }
    let (asked, due) = (house.now(), house.now() + Duration::minutes(10));
    house.close().await;

    // The house is away when the time is over. Meta delivers late what was written in time.
    house.advance(Duration::hours(1));
    house.reopen().await;
    let in_time: Vec<_> =
        customers.iter().map(|customer| customer.text_at(due - Duration::seconds(1), "sí")).collect();
    let (answers, silent) = in_time.split_at(15);
    assert_eq!(join_all(answers.iter().map(|body| house.webhook(body))).await, [200; 15]);
    for customer in &customers[..15] {
        customer.reads(&["cliente: hola", "bot: ¿Sí?", "cliente: sí", "bot: Bien."]).await;
    }
    house.advance(Duration(GRACE.0 - 1));
    house.settle().await;
    for customer in &customers[15..] {
        customer.reads(&["cliente: hola", "bot: ¿Sí?"]).await;
    }
    house.advance(Duration::millis(1));
    for customer in &customers[15..] {
        customer.reads(&["cliente: hola", "bot: ¿Sí?", "bot: Tarde."]).await;
    }
    for customer in &customers[..15] {
        customer.reads(&["cliente: hola", "bot: ¿Sí?", "cliente: sí", "bot: Bien."]).await;
    }

    // And what comes after the timeout was committed is a new word, not an answer.
    assert_eq!(house.webhook(&silent[0]).await, 200);
    house.settle().await;
    customers[15].reads(&["cliente: hola", "bot: ¿Sí?", "bot: Tarde.", "cliente: sí"]).await;
    let journal = house.journal(customers[15].id().await.unwrap()).await;
    let last = journal.last().unwrap();
    let JournalEvent::Wrote { wrote, .. } = last.event else { panic!("{last:?}") };
    let yes = InboundContent::Text { body: "sí".into() };
    assert!(last.at > asked);
    assert_eq!(customers[15].kept(wrote).await.direction, Direction::In { content: yes });
}

const PATIENT_WITH_TIMEOUT: &str = r#"
id: puntual
name: Puntual
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: tema } }
  tema: { kind: question, config: { text: ¿Sí?, timeout: 10m }, exits: { ok: bien, no_match: bien, timeout: tarde } }
  bien: { kind: end, config: { text: Bien. } }
  tarde: { kind: end, config: { text: Tarde. } }
"#;

#[tokio::test]
async fn an_old_wait_s_timer_moves_nothing() {
    let house = House::with(PATIENT_WITH_TIMEOUT).await;
    let ana = house.customer("Ana");
    for _ in 0..3 {
        ana.says("hola").await;
        house.advance(Duration::minutes(6));
        ana.says("sí").await;
        house.advance(Duration::minutes(3));
    }
    house.settle().await;
    let round = ["cliente: hola", "bot: ¿Sí?", "cliente: sí", "bot: Bien."];
    ana.reads(&[round, round, round].concat()).await;
}

#[tokio::test]
async fn a_flow_that_speaks_after_the_window_has_closed_is_not_posted_and_says_why() {
    let house = House::with(&waiting("25h")).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Ya te escribo."]).await;
    house.advance(Duration::hours(25));
    ana.got(&["accepted", "failed"]).await;
    assert_eq!(ana.delivery().await[1].1, "window_closed");
    assert_eq!(ana.transcript().await.last().unwrap(), "bot: Aquí estoy.");
    house.restart().await;
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 1);
    assert_eq!(house.graph().resumed().len(), 0);
    // Nothing hangs: the next word starts anew.
    ana.says("hola").await;
    ana.got(&["accepted", "failed", "accepted"]).await;
}

#[tokio::test]
async fn nothing_happens_by_itself() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.got(&["accepted"; 3]).await;
    let turns = house.journal(ana.id().await.unwrap()).await.len();
    house.advance(Duration::days(30));
    house.restart().await;
    house.advance(Duration::days(30));
    house.settle().await;
    assert_eq!(house.journal(ana.id().await.unwrap()).await.len(), turns);
}
