//! The fault catalogue of sending and receiving: whatever breaks once, the customer sees one message for
//! one intent, and what they did counts once. `sending`, `once`, `webhooks`, `disk` and `time` have more of
//! each; the numbers are those of the catalogue (F1–F3, F8, F10–F15, F23).

use cauce_model::{ContactEvent, Duration, Timestamp};
use cauce_tests::house::{Customer, HOLD, House, Order, Reaction, body_of, signature};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::journeys::{HELP, PATIENT, waiting};

const UNO: &str = "bot: Uno.";
const DOS: &str = "bot: Dos.";
const TRES: &str = "bot: ¿Tres?";

/// A code that is sent once at most, then a word that is sent whatever it takes.
const CODE: &str = r#"
id: codigo
name: Código
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: codigo } }
  codigo:
    kind: message
    config: { text: Tu código es 4821., delivery: at_most_once }
    exits: { next: fin, undelivered: duda }
  fin: { kind: end, config: { text: Listo. } }
  duda: { kind: end, config: { text: ¿Te llegó el código? } }
"#;

fn texts(house: &House, customer: &Customer) -> Vec<String> {
    house.graph().posted_to(&customer.phone).iter().map(Order::text).collect()
}

fn answered(event: &ContactEvent) -> bool {
    matches!(event, ContactEvent::SendAnswered { .. })
}

/// Lets a lot of time go by, with a restart in it: what would still be sent by itself is sent.
async fn time_goes_by(house: &House) {
    for _ in 0..2 {
        house.advance(Duration::minutes(30));
        house.settle().await;
        house.restart().await;
    }
    house.advance(Duration::minutes(30));
    house.settle().await;
}

/// F1: taken, then a 502, a reset or a hang; the status that echoes the attempt is the proof, whichever
/// it is.
#[tokio::test]
async fn what_was_taken_without_an_answer_is_not_sent_again() {
    let house = House::with(CODE).await;
    let all = ["sent", "delivered", "read", "failed"].map(|news| {
        // The one's code goes out once at most; the other's farewell is sent whatever it takes.
        (news, house.customer("Ana"), house.customer("Beto"))
    });
    for (_, ana, beto) in &all {
        house.graph().script(&ana.phone, [Reaction::Uncertain]);
        house.graph().script(&beto.phone, [Reaction::Accept, Reaction::Uncertain]);
        ana.says("hola").await;
        beto.says("hola").await;
        ana.until_lived(1, answered).await;
        let code = house.graph().until_posted(&beto.phone, 1).await.remove(0);
        beto.news(&code, "sent").await;
        beto.until_lived(2, answered).await;
    }
    house.advance(Duration(HOLD.0 - 1));
    house.settle().await;
    for (news, ana, beto) in &all {
        ana.news(&house.graph().posted_to(&ana.phone)[0], news).await;
        beto.news(&house.graph().posted_to(&beto.phone)[1], news).await;
        house.graph().until_posted(&ana.phone, 2).await;
    }
    time_goes_by(&house).await;
    for (news, ana, beto) in &all {
        let after = if *news == "failed" { "¿Te llegó el código?" } else { "Listo." };
        assert_eq!(texts(&house, ana), ["Tu código es 4821.", after], "{news}");
        assert_eq!(texts(&house, beto), ["Tu código es 4821.", "Listo."], "{news}");
        assert_eq!(beto.delivery().await[1].0, *news);
    }
}

/// F2: lost before it was taken, and no status comes: sent once more under another name, when that is
/// allowed.
#[tokio::test]
async fn what_was_lost_before_it_was_taken_is_sent_once_more() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Uncertain]);
    ana.says("hola").await;
    ana.until_lived(1, answered).await;
    house.advance(HOLD);
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    time_goes_by(&house).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Uno.", "Dos.", "¿Tres?"]);
    assert_eq!(ana.delivery().await.len(), 3, "it is one message in the history");
}

/// F2 for what may go out once at most: it is not sent again, says that nobody knows, and the flow takes
/// its exit; news that come late are believed.
#[tokio::test]
async fn what_may_go_out_once_is_never_sent_twice() {
    let house = House::with(CODE).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Uncertain]);
    ana.says("hola").await;
    ana.until_lived(1, answered).await;
    house.advance(Duration(HOLD.0 - 1));
    house.settle().await;
    ana.got(&["queued"]).await;
    house.advance(Duration::millis(1));
    ana.reads(&["cliente: hola", "bot: Tu código es 4821.", "bot: ¿Te llegó el código?"]).await;
    let shown = ana.conversation().await["messages"][1].clone();
    assert_eq!((&shown["status"], &shown["error"]["class"]), (&json!("failed"), &json!("unconfirmed")));
    assert!(shown["error"]["text"].as_str().unwrap().contains("Puede que haya llegado"), "{shown}");

    time_goes_by(&house).await;
    assert_eq!(texts(&house, &ana), ["Tu código es 4821.", "¿Te llegó el código?"]);
    let code = house.graph().posted_to(&ana.phone)[0].clone();
    ana.news(&code, "sent").await;
    ana.got(&["sent", "accepted"]).await;
    ana.news(&code, "failed").await;
    ana.got(&["failed", "accepted"]).await;
    assert_eq!(ana.delivery().await[0].1, "131026", "now it is known");
}

/// F2 for what a person wrote: they are told, and decide.
#[tokio::test]
async fn what_a_person_wrote_is_sent_again_by_that_person_only() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.is_taken_by(&rosa).await;
    ana.got(&["accepted"]).await;
    house.graph().script(&ana.phone, [Reaction::Uncertain]);
    assert_eq!(rosa.reply(&case, "Cuesta 25.").await.status, 202);
    assert_eq!(rosa.reply(&case, "¿Lo envío?").await.status, 202);
    ana.until_lived(2, answered).await;
    house.advance(HOLD);
    ana.got(&["accepted", "failed", "accepted"]).await;
    assert_eq!(ana.delivery().await[1].1, "unconfirmed");
    time_goes_by(&house).await;
    assert_eq!(texts(&house, &ana), ["Un momento.", "Cuesta 25.", "¿Lo envío?"]);
}

/// F3: nobody there to connect to. Nothing was sent, so everything is tried again, also what may go out
/// once at most.
#[tokio::test]
async fn without_a_connection_nothing_is_lost_and_nothing_doubled() {
    let house = House::with(CODE).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, vec![Reaction::NoConnection; 3]);
    ana.says("hola").await;
    for n in 1..=3 {
        ana.until_lived(n, answered).await;
        house.restart().await;
        // The pauses grow: 1, 4 and 16 seconds.
        house.advance(Duration::minutes(2));
        house.graph().until_posted(&ana.phone, n + 1).await;
    }
    let code = house.graph().posted_to(&ana.phone)[3].clone();
    ana.news(&code, "delivered").await;
    ana.reads(&["cliente: hola", "bot: Tu código es 4821.", "bot: Listo."]).await;
    time_goes_by(&house).await;
    let code = "Tu código es 4821.";
    assert_eq!(texts(&house, &ana), [code, code, code, code, "Listo."], "three of them reached nobody");
}

/// F8: statuses before the answer to the send, in any order, several times, only the last or none.
#[tokio::test]
async fn statuses_in_any_order_are_one_story() {
    let house = House::with(PATIENT).await;
    let stories = [
        (&["delivered", "sent"][..], "delivered"),
        (&["read", "delivered", "sent"], "read"),
        (&["sent", "sent", "delivered", "delivered"], "delivered"),
        (&["read"], "read"),
        (&["read", "read", "failed"], "read"),
        (&["sent", "failed", "sent"], "failed"),
        (&["failed", "delivered"], "delivered"),
        (&[], "accepted"),
    ];
    let all = stories.into_iter().flat_map(|story| [true, false].map(|early| (story, early)));
    let all: Vec<_> = all.map(|(story, early)| (story, early, house.customer("Ana"))).collect();
    for ((news, last), early, ana) in &all {
        house.graph().script(&ana.phone, [Reaction::Hang]);
        ana.says("hola").await;
        let first = house.graph().until_posted(&ana.phone, 1).await.remove(0);
        let answer = async {
            house.graph().release(&first.attempt, Reaction::Accept);
            ana.until_lived(3, answered).await;
        };
        let tell = async {
            // Two at once, as Meta does.
            for status in *news {
                tokio::join!(ana.news(&first, status), ana.news(&first, status));
            }
        };
        if *early {
            tell.await;
            answer.await;
        } else {
            answer.await;
            tell.await;
        }
        ana.got(&[last, "accepted", "accepted"]).await;
    }
    time_goes_by(&house).await;
    for ((news, last), early, ana) in &all {
        assert_eq!(texts(&house, ana), ["Uno.", "Dos.", "¿Tres?"], "{news:?} {early}");
        ana.got(&[last, "accepted", "accepted"]).await;
    }
}

/// F8: while a second attempt is on its way, the first turns out to have arrived: it is one message, and
/// the second makes it fail no more.
#[tokio::test]
async fn a_late_status_of_an_earlier_attempt_settles_the_message() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Uncertain, Reaction::Hang]);
    ana.says("hola").await;
    ana.until_lived(1, answered).await;
    house.advance(HOLD);
    let posted = house.graph().until_posted(&ana.phone, 2).await;
    ana.news(&posted[0], "delivered").await;
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    house.graph().release(&posted[1].attempt, Reaction::Fail);
    ana.until_lived(4, answered).await;
    ana.got(&["delivered", "accepted", "accepted"]).await;
}

/// F10: the same message twice at once and again for days is one message.
#[tokio::test]
async fn a_message_that_comes_again_and_again_is_heard_once() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let hello = ana.text("hola");
    assert_eq!(join_all((0..8).map(|_| house.webhook(&hello))).await, [200; 8]);
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    for day in 1..=7 {
        house.advance(Duration::hours(24));
        if day % 3 == 0 {
            house.restart().await;
        }
        assert_eq!(join_all((0..2).map(|_| house.webhook(&hello))).await, [200; 2], "day {day}");
    }
    house.settle().await;
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    assert_eq!((texts(&house, &ana).len(), house.dead_letters().await.len()), (3, 0));
}

/// F11: a thousand messages of thirty people in one webhook, in no order: each person's are read in the
/// order they were written, those of one second in the order they came.
#[tokio::test]
async fn a_thousand_in_one_webhook_are_read_in_the_order_they_were_written() {
    let house = House::with(&waiting("10h")).await;
    let people: Vec<_> = (0..25).map(|n| house.customer(&format!("C{n}"))).collect();
    let entries: Vec<_> = people.iter().map(Customer::entry).collect();
    let mut elements = Vec::new();
    for n in 0..40 {
        // 27 and 40 share no factor: every number once, far from its place.
        let n = n * 27 % 40;
        let at = house.now() - Duration::seconds(100) + Duration::seconds(n / 2);
        elements
            .extend(people.iter().map(|who| who.element_at(at, "text", json!({ "body": format!("{n}") }))));
    }
    assert_eq!(elements.len(), 1000);
    assert_eq!(house.webhook(&body_of("messages", &elements, &entries)).await, 200);
    house.settle().await;
    let came: Vec<i64> = (0..40).map(|n| n * 27 % 40).collect();
    let place = |n: i64| came.iter().position(|other| *other == n);
    let mut order: Vec<i64> = (0..40).collect();
    order.sort_by_key(|n| (n / 2, place(*n)));
    let expected: Vec<_> = order.iter().map(|n| format!("cliente: {n}")).collect();
    for who in &people {
        assert_eq!(who.transcript().await, expected, "{}", who.name);
    }
}

/// F12: elements that no program writes beside a good one: it counts, they are kept for a person.
#[tokio::test]
async fn what_cannot_be_read_takes_nobody_else_with_it() {
    let house = House::with(PATIENT).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    let text = |body: &str| json!({ "body": body });
    let mut no_id = beto.element("text", text("sin id"));
    no_id.as_object_mut().unwrap().remove("id");
    let mut no_time = beto.element("text", text("sin hora"));
    no_time["timestamp"] = json!("asdf");
    let zero = beto.element("text", text("a\0b"));
    let large = beto.element("text", text(&"x".repeat(2_900_000)));
    let elements = [no_id, no_time, zero, ana.element("text", text("hola")), large];
    // A lone surrogate has no character; JSON can write it all the same.
    let body = body_of("messages", &elements, &[ana.entry(), beto.entry()]).to_string();
    let body = body.replace("sin hora", "\\ud83d sin hora");
    assert_eq!(house.webhook_bytes(body.clone(), Some(&signature(body.as_bytes()))).await.status, 200);
    house.settle().await;
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    let letters = house.dead_letters().await.len();
    let heard = beto.transcript().await;
    assert!(letters >= 2, "{letters}");
    assert!(heard.len() + letters >= 4 && !heard.iter().any(|line| line.contains('\0')), "{}", heard.len());
    // Meta sends it again when it did not like our answer: nothing more comes of it.
    assert_eq!(house.webhook_bytes(body.clone(), Some(&signature(body.as_bytes()))).await.status, 200);
    house.settle().await;
    assert_eq!(beto.transcript().await.len(), heard.len());
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"]);
}

/// F13: an old body with its old, right signature has no effect. (`webhooks` has the wrong signatures.)
#[tokio::test]
async fn what_was_signed_once_counts_once() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    let body = ana.text("sí").to_string();
    let signed = signature(body.as_bytes());
    let escaped = body.replace('í', "\\u00ed");
    // The same words written otherwise are another body, which nobody signed.
    assert_eq!(house.webhook_bytes(escaped, Some(&signed)).await.status, 403);
    assert_eq!(house.webhook_bytes(body.clone(), Some(&signed)).await.status, 200);
    ana.reads(&["cliente: hola", UNO, DOS, TRES, "cliente: sí", "bot: Fin."]).await;
    house.restart().await;
    assert_eq!(house.webhook_bytes(body, Some(&signed)).await.status, 200);
    house.settle().await;
    ana.reads(&["cliente: hola", UNO, DOS, TRES, "cliente: sí", "bot: Fin."]).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?", "Fin."]);
}

/// F14 is `disk`; here what it means for what was on its way: a message that was taken while the disk
/// could not be written is not sent again.
#[tokio::test]
async fn what_was_taken_while_nothing_could_be_written_is_not_sent_again() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    house.graph().script(&ana.phone, [Reaction::Hang]);
    ana.says("hola").await;
    let first = house.graph().until_posted(&ana.phone, 1).await.remove(0);
    house.break_disk();
    house.graph().release(&first.attempt, Reaction::Accept);
    cauce_tests::house::within("the process is told to end", house.app().runtime.failure()).await;
    let sent = body_of("statuses", &[ana.status(&first, "sent")], &[]);
    assert_eq!(house.webhook(&sent).await, 503);
    house.crash().await;
    house.reopen().await;
    house.graph().until_resumed(1).await;
    assert_eq!(house.webhook(&sent).await, 200, "Meta tells it again");
    ana.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    time_goes_by(&house).await;
    assert_eq!(texts(&house, &ana), ["Uno.", "Dos.", "¿Tres?"]);
}

/// F15: the process dies while a message that may go out once is on its way; its fate is known or not.
#[tokio::test]
async fn a_death_in_mid_send_sends_nothing_twice() {
    let house = House::with(CODE).await;
    let people = [house.customer("Ana"), house.customer("Beto"), house.customer("Caro")];
    for who in &people {
        house.graph().script(&who.phone, [Reaction::Hang]);
        who.says("hola").await;
        house.graph().until_posted(&who.phone, 1).await;
    }
    house.crash().await;
    house.reopen().await;
    house.graph().until_resumed(3).await;
    // And again, before anybody knows.
    for who in &people {
        who.until_lived(1, answered).await;
    }
    house.crash().await;
    house.reopen().await;
    let [ana, beto, caro] = &people;
    let of = |who: &Customer| house.graph().posted_to(&who.phone)[0].clone();
    ana.news(&of(ana), "delivered").await;
    beto.news(&of(beto), "failed").await;
    house.graph().until_posted(&ana.phone, 2).await;
    house.graph().until_posted(&beto.phone, 2).await;
    assert_eq!(texts(&house, caro).len(), 1);
    // Timers that came due while it was down wait a while after the start.
    house.advance(HOLD);
    house.advance(Duration::minutes(5));
    house.graph().until_posted(&caro.phone, 2).await;
    time_goes_by(&house).await;
    let code = "Tu código es 4821.";
    assert_eq!(texts(&house, ana), [code, "Listo."]);
    assert_eq!(texts(&house, beto), [code, "¿Te llegó el código?"]);
    assert_eq!(texts(&house, caro), [code, "¿Te llegó el código?"]);
    caro.got(&["failed", "accepted"]).await;
}

/// F23: clocks that disagree. The 24 hours begin when the provider says that the customer wrote, and never
/// in the future; milliseconds are read as such; what is days old is answered with nothing.
#[tokio::test]
async fn clocks_that_disagree_change_no_answer() {
    let house = House::with(PATIENT).await;
    let minutes = |n| Duration::minutes(n);
    let (now, day) = (house.now(), Duration::hours(24));
    let ends = async |who: &Customer| -> Timestamp {
        let ends = who.conversation().await["summary"]["window_ends_at"].clone();
        Timestamp(ends.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_millisecond())
    };
    for (at, opened) in [(now + minutes(5), now), (now - minutes(5), now - minutes(5)), (now, now)] {
        let who = house.customer("Ana");
        assert_eq!(house.webhook(&who.text_at(at, "hola")).await, 200);
        who.reads(&["cliente: hola", UNO, DOS, TRES]).await;
        assert_eq!(ends(&who).await, opened + day);
    }
    let who = house.customer("Beto");
    let mut element = who.element("text", json!({ "body": "hola" }));
    element["timestamp"] = json!(now.0.to_string());
    assert_eq!(house.webhook(&body_of("messages", &[element], &[who.entry()])).await, 200);
    who.reads(&["cliente: hola", UNO, DOS, TRES]).await;
    assert_eq!(ends(&who).await, now + day);

    for days in [2, 7, 9] {
        let who = house.customer("Caro");
        let old = who.text_at(now - Duration::days(days), "hola");
        assert_eq!(house.webhook(&old).await, 200);
        house.settle().await;
        assert_eq!(texts(&house, &who), [""; 0], "{days} days");
        assert_eq!(who.id().await.is_some(), days < 8);
        if days < 8 {
            who.got(&["failed"; 3]).await;
            let reasons: Vec<Value> = who.delivery().await.into_iter().map(|(_, code)| code.into()).collect();
            assert_eq!(reasons, ["window_closed"; 3]);
        }
    }
}
