//! Sending: in order, each once, and nobody waits for another's troubles.

use cauce_model::{ContactEvent, Duration};
use cauce_tests::house::{Customer, HOLD, House, Reaction, body_of};
use futures_util::future::join_all;

use crate::journeys::{HELP, PATIENT};

const ALL: [&str; 4] = ["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"];

fn texts(house: &House, customer: &Customer) -> Vec<String> {
    house.graph().posted_to(&customer.phone).iter().map(|order| order.text()).collect()
}

#[tokio::test]
async fn the_next_message_goes_only_when_the_one_before_was_taken() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Hang, Reaction::Hang]);
    ana.says("hola").await;
    for n in 1..=2 {
        let posted = house.graph().until_posted(&ana.phone, n).await;
        house.settle().await;
        assert_eq!(texts(&house, &ana), ["Uno.", "Dos."][..n], "nothing overtakes");
        house.graph().release(&posted[n - 1].attempt, Reaction::Accept);
    }
    ana.reads(&ALL).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"]);
}

#[tokio::test]
async fn while_one_send_hangs_a_hundred_others_finish() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Hang]);
    ana.says("hola").await;
    house.graph().until_posted(&ana.phone, 1).await;

    let others: Vec<_> = (0..100).map(|n| house.customer(&format!("C{n}"))).collect();
    join_all(others.iter().map(|other| other.says("hola"))).await;
    for other in &others {
        house.graph().until_posted(&other.phone, 3).await;
    }
    join_all(others.iter().map(|other| other.says("tres"))).await;
    for other in &others {
        house.graph().until_posted(&other.phone, 4).await;
        assert_eq!(texts(&house, other), ["Uno.", "Dos.", "¿Tres?", "Fin."]);
    }
    assert_eq!(texts(&house, &ana), ["Uno."]);
    // Even the one who waits is heard.
    ana.says("sigo aquí").await;
    ana.holds(&[&ALL[..], &["cliente: sigo aquí", "bot: Fin."]].concat()).await;
    ana.got(&["queued"; 4]).await;
}

#[tokio::test]
async fn a_message_that_was_refused_is_tried_again_after_its_pause_under_another_name() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let asked = Duration::seconds(30);
    house
        .graph()
        .script(&ana.phone, [Reaction::Refuse(None), Reaction::Refuse(Some(asked)), Reaction::Accept]);
    ana.says("hola").await;
    let pauses = [Duration::seconds(1), asked];
    for (n, pause) in pauses.into_iter().enumerate() {
        house.graph().until_posted(&ana.phone, n + 1).await;
        until_answered(&house, &ana, n + 1).await;
        house.advance(Duration(pause.0 - 1));
        house.settle().await;
        assert_eq!(retries(&house, &ana).await, n, "before its pause was over");
        house.advance(Duration::millis(1));
    }
    ana.reads(&ALL).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Uno.", "Uno.", "Dos.", "¿Tres?"]);
    let attempts: Vec<_> =
        house.graph().posted_to(&ana.phone).into_iter().map(|order| order.attempt).collect();
    let mut names = attempts.clone();
    names.dedup();
    assert_eq!(names, attempts, "every attempt has its own name");
}

/// Waits until this many attempts to send to somebody came back.
async fn until_answered(house: &House, customer: &Customer, count: usize) {
    let id = customer.id().await.unwrap();
    let look = async || {
        let journal = house.journal(id).await;
        let answered = journal
            .iter()
            .filter(|entry| matches!(entry.event.other(), Some(ContactEvent::SendAnswered { .. })));
        let answered = answered.count();
        if answered >= count { Ok(()) } else { Err(format!("{answered} attempts came back")) }
    };
    house.until(look).await;
}

/// How often a pause or a hold time was over.
async fn retries(house: &House, customer: &Customer) -> usize {
    let journal = house.journal(customer.id().await.unwrap()).await;
    let over = |event: &ContactEvent| {
        matches!(event, ContactEvent::SendRetry { .. } | ContactEvent::SendHeld { .. })
    };
    journal.iter().filter_map(|entry| entry.event.other()).filter(|event| over(event)).count()
}

#[tokio::test]
async fn a_message_refused_again_and_again_fails_and_the_next_goes() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, vec![Reaction::Refuse(None); 9]);
    ana.says("hola").await;
    for n in 1..9 {
        until_answered(&house, &ana, n).await;
        house.advance(Duration::seconds(256));
    }
    ana.got(&["failed", "accepted", "accepted"]).await;
    assert_eq!(ana.delivery().await[0].1, "130429");
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 11);
}

#[tokio::test]
async fn a_message_refused_for_good_fails_and_the_next_goes() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Accept, Reaction::Fail]);
    ana.says("hola").await;
    ana.got(&["accepted", "failed", "accepted"]).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"]);
}

#[tokio::test]
async fn a_message_of_unknown_fate_is_held_until_its_status_tells() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Uncertain]);
    ana.says("hola").await;
    let posted = house.graph().until_posted(&ana.phone, 1).await;
    until_answered(&house, &ana, 1).await;
    house.advance(Duration(HOLD.0 - 1));
    house.settle().await;
    assert_eq!(
        (texts(&house, &ana).len(), retries(&house, &ana).await),
        (1, 0),
        "held, and so are those behind it"
    );

    ana.news(&posted[0], "sent").await;
    ana.reads(&ALL).await;
    house.advance(Duration::hours(1));
    house.restart().await;
    house.advance(Duration::hours(1));
    house.settle().await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"], "no second post");
    ana.got(&["sent", "accepted", "accepted"]).await;
}

#[tokio::test]
async fn a_message_of_unknown_fate_is_posted_again_when_no_status_comes() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Uncertain]);
    ana.says("hola").await;
    until_answered(&house, &ana, 1).await;
    house.advance(Duration(HOLD.0 - 1));
    house.restart().await;
    house.settle().await;
    assert_eq!(retries(&house, &ana).await, 0);
    house.advance(Duration::millis(1));
    ana.reads(&ALL).await;
    let posted = house.graph().posted_to(&ana.phone);
    assert_eq!(texts(&house, &ana), ["Uno.", "Uno.", "Dos.", "¿Tres?"]);
    assert_ne!(posted[0].attempt, posted[1].attempt);
    // The first attempt had arrived after all: its status belongs to the same message.
    ana.news(&posted[0], "delivered").await;
    ana.got(&["delivered", "accepted", "accepted"]).await;
}

#[tokio::test]
async fn a_message_whose_fate_stays_unknown_is_given_up_and_can_still_turn_out_to_have_arrived() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, vec![Reaction::Uncertain; 3]);
    ana.says("hola").await;
    for n in 1..=3 {
        until_answered(&house, &ana, n).await;
        house.advance(HOLD);
    }
    ana.got(&["failed", "accepted", "accepted"]).await;
    assert_eq!(ana.delivery().await[0].1, "unconfirmed");
    let posted = house.graph().posted_to(&ana.phone);
    assert_eq!(posted.len(), 5);
    ana.news(&posted[1], "read").await;
    ana.got(&["read", "accepted", "accepted"]).await;
}

#[tokio::test]
async fn what_was_on_its_way_when_the_process_died_is_held_like_any_unknown_fate() {
    let house = House::with(PATIENT).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    for customer in [&ana, &beto] {
        house.graph().script(&customer.phone, [Reaction::Hang]);
        customer.says("hola").await;
        house.graph().until_posted(&customer.phone, 1).await;
    }
    house.crash().await;
    house.reopen().await;
    house.graph().until_resumed(2).await;
    for customer in [&ana, &beto] {
        until_answered(&house, customer, 1).await;
    }
    let posted = house.graph().posted_to(&ana.phone);
    ana.news(&posted[0], "delivered").await;
    ana.reads(&ALL).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"], "the status was the proof");
    house.settle().await;
    assert_eq!(texts(&house, &beto), ["Uno."]);
    house.advance(HOLD);
    beto.reads(&ALL).await;
    assert_eq!(texts(&house, &beto), ["Uno.", "Uno.", "Dos.", "¿Tres?"]);
}

#[tokio::test]
async fn a_status_never_takes_back_what_a_higher_one_told() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.got(&["accepted"; 3]).await;
    let posted = house.graph().posted_to(&ana.phone);
    // In one webhook, and in one each; the last one fails only on paper.
    let batch = ["read", "delivered", "sent"].map(|status| ana.status(&posted[0], status));
    assert_eq!(house.webhook(&body_of("statuses", &batch, &[])).await, 200);
    for status in ["read", "delivered", "sent"] {
        ana.news(&posted[1], status).await;
    }
    for status in ["sent", "failed", "sent"] {
        ana.news(&posted[2], status).await;
    }
    ana.got(&["read", "read", "failed"]).await;
    assert_eq!(ana.delivery().await[2].1, "131026");
    ana.news(&posted[2], "delivered").await;
    ana.got(&["read", "read", "delivered"]).await;
    assert_eq!(ana.delivery().await[2].1, "");
}

#[tokio::test]
async fn a_status_may_come_before_the_answer_to_the_send() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Hang]);
    ana.says("hola").await;
    let posted = house.graph().until_posted(&ana.phone, 1).await;
    ana.news(&posted[0], "delivered").await;
    ana.reads(&ALL).await;
    house.graph().release(&posted[0].attempt, Reaction::Accept);
    until_answered(&house, &ana, 3).await;
    ana.got(&["delivered", "accepted", "accepted"]).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"]);
}

#[tokio::test]
async fn an_agent_s_answer_waits_for_its_turn_too() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    house.graph().script(&ana.phone, [Reaction::Hang]);
    ana.says("hola").await;
    let posted = house.graph().until_posted(&ana.phone, 1).await;
    let case = ana.is_taken_by(&rosa).await;
    for text in ["A", "B", "C"] {
        assert_eq!(rosa.reply(&case, text).await.status, 202);
    }
    assert_eq!(texts(&house, &ana), ["Un momento."]);
    house.graph().release(&posted[0].attempt, Reaction::Accept);
    house.graph().until_posted(&ana.phone, 4).await;
    assert_eq!(texts(&house, &ana), ["Un momento.", "A", "B", "C"]);
}
