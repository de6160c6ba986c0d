//! People: one of many takes a case, and while somebody looks after it the flow is silent.

use cauce_model::Duration;
use cauce_tests::house::House;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::journeys::{HELP, SHOP};

#[tokio::test]
async fn of_fifty_who_take_a_case_at_once_one_gets_it_and_the_others_learn_who() {
    let house = House::with(HELP).await;
    let ana = house.customer("Ana");
    let names = ["Rosa", "Luis", "Inés", "Omar", "Elena", "Hugo", "Nora", "Iván", "Sara", "Raúl"];
    let names = names.map(|name| name.replace(['é', 'á', 'ú'], "e"));
    let mut team = Vec::new();
    for name in &names {
        team.push(house.login(name).await);
    }
    ana.says("hola").await;
    let case = ana.waits_for_a_person().await;

    // Five browsers each.
    let everybody: Vec<_> = (0..50).map(|n| &team[n % team.len()]).collect();
    let answers = join_all(everybody.iter().map(|agent| agent.take(&case))).await;
    let (won, lost): (Vec<_>, Vec<_>) =
        everybody.iter().zip(&answers).partition(|(_, answer)| answer.status == 200);
    let winner = &won[0].0.name;
    assert!(won.iter().all(|(agent, _)| agent.name == *winner), "two people were given one case");
    assert_eq!((won.len(), lost.len()), (5, 45));
    for (_, answer) in &won {
        assert_eq!(answer.body, won[0].1.body, "the same case, taken once");
        assert_eq!(answer.body["version"], 2);
    }
    for (_, answer) in &lost {
        assert_eq!((answer.status, answer.code()), (409, "case.taken"), "{}", answer.body);
        assert_eq!(answer.body["holder"], json!({ "id": winner.to_lowercase(), "name": winner }));
    }

    // The others cannot speak or end in the winner's place, before and after a restart.
    let other = team.iter().find(|agent| agent.name != *winner).unwrap();
    for restart in [false, true] {
        if restart {
            house.restart().await;
        }
        for answer in
            [other.reply(&case, "Yo primero.").await, other.end(&case).await, other.take(&case).await]
        {
            assert_eq!((answer.status, answer.code()), (409, "case.taken"));
        }
    }
    ana.reads(&["cliente: hola", "bot: Un momento."]).await;
}

#[tokio::test]
async fn while_somebody_is_needed_the_flow_is_silent_and_afterwards_it_goes_on() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    let summary = async || ana.conversation().await["summary"].clone();
    let unread = async || summary().await["unread"].as_u64().unwrap();

    ana.says("hola").await;
    let case = ana.waits_for_a_person().await;
    assert_eq!(unread().await, 1, "whoever comes sees that there is something to read");
    ana.says("hola").await;
    ana.says("¿hay alguien?").await;
    assert_eq!((unread().await, summary().await["stage"].as_str()), (3, Some("queued")));

    assert_eq!(rosa.reply(&case, "Hola").await.code(), "case.not_taken");
    assert_eq!(rosa.end(&case).await.code(), "case.not_taken");
    rosa.take(&case).await;
    ana.says("hola").await;
    assert_eq!((unread().await, summary().await["stage"].as_str()), (4, Some("open")));
    let id = ana.id().await.unwrap();
    assert_eq!(rosa.post(&format!("/api/conversations/{id}/read"), &Value::Null).await.status, 204);
    assert_eq!(unread().await, 0);
    ana.says("sigo aquí").await;
    assert_eq!(unread().await, 1);
    rosa.reply(&case, "Ya te ayudo.").await;
    assert_eq!(unread().await, 0, "whoever answers has read");
    assert_eq!(ana.path().await["current"], "asesor");

    assert_eq!(rosa.end(&case).await.status, 200);
    ana.says("10").await;
    ana.reads(&[
        "cliente: hola",
        "bot: Un momento.",
        "cliente: hola",
        "cliente: ¿hay alguien?",
        "cliente: hola",
        "cliente: sigo aquí",
        "Rosa: Ya te ayudo.",
        "bot: ¿Qué nota?",
        "cliente: 10",
        "bot: Gracias.",
    ])
    .await;
    for answer in [rosa.reply(&case, "¿Algo más?").await, rosa.end(&case).await, rosa.take(&case).await] {
        assert_eq!((answer.status, answer.code()), (409, "case.ended"));
    }

    // What comes next is another matter.
    house.advance(Duration::seconds(1));
    ana.says("una cosa más").await;
    let next = ana.waits_for_a_person().await;
    assert_ne!(next, case);
    let cases = ana.conversation().await["cases"].clone();
    let states: Vec<_> =
        cases.as_array().unwrap().iter().map(|case| case["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["queued", "ended"], "newest first");
}

#[tokio::test]
async fn an_agent_cannot_write_when_the_window_is_closed() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.is_taken_by(&rosa).await;
    ana.got(&["accepted"]).await;
    house.advance(Duration(Duration::hours(24).0 - 1));
    let rosa = house.login("Rosa").await;
    assert_eq!(rosa.reply(&case, "En el último momento.").await.status, 202);
    house.graph().until_posted(&ana.phone, 2).await;
    house.advance(Duration::millis(1));
    let late = rosa.reply(&case, "Un milisegundo tarde.").await;
    assert_eq!((late.status, late.code()), (409, "window.closed"));
    let kept = ["cliente: hola", "bot: Un momento.", "Rosa: En el último momento."];
    ana.reads(&kept).await;

    // The customer opens it again.
    ana.says("sigo aquí").await;
    assert_eq!(rosa.reply(&case, "Y yo.").await.status, 202);
    ana.reads(&[&kept[..], &["cliente: sigo aquí", "Rosa: Y yo."]].concat()).await;
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 3);
}

#[tokio::test]
async fn a_customer_whom_nobody_takes_in_time_is_told_so_and_the_case_is_over() {
    let house = House::with(SHOP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    ana.taps("Ventas").await;
    let case = ana.waits_for_a_person().await;
    let lines = [
        "cliente: hola",
        "bot: ¡Hola, Ana!",
        "bot: ¿Qué te interesa? [Ventas] [Nada]",
        "cliente: [Ventas]",
        "bot: Te paso con alguien.",
    ];
    ana.reads(&lines).await;

    house.advance(Duration(Duration::minutes(30).0 - 1));
    house.restart().await;
    house.settle().await;
    ana.reads(&lines).await;
    house.advance(Duration::millis(1));
    ana.reads(&[&lines[..], &["bot: No hay nadie."]].concat()).await;
    let summary = ana.conversation().await["summary"].clone();
    assert_eq!(
        (&summary["case"]["state"], &summary["case"]["end_reason"]),
        (&json!("ended"), &json!("timed_out"))
    );
    assert_eq!(rosa.take(&case).await.code(), "case.ended");
}

#[tokio::test]
async fn a_case_that_was_taken_does_not_time_out() {
    let house = House::with(SHOP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    ana.taps("Ventas").await;
    let case = ana.is_taken_by(&rosa).await;
    house.advance(Duration::hours(1));
    house.restart().await;
    house.advance(Duration::hours(1));
    house.settle().await;
    assert_eq!(ana.conversation().await["summary"]["case"]["state"], "open");
    assert_eq!(rosa.reply(&case, "Aquí sigo.").await.status, 202);
    assert_eq!(ana.transcript().await.last().unwrap(), "Rosa: Aquí sigo.");
}

#[tokio::test]
async fn who_saw_an_older_case_is_told_that_it_moved_on() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.waits_for_a_person().await;
    let press = async |what: &str, version: u64| {
        let body = json!({ "command": format!("{what} {version}"), "version": version });
        let answer = rosa.post(&format!("/api/cases/{case}/{what}"), &body).await;
        (answer.status, answer.code().to_owned())
    };
    let stale = (409, "case.stale".to_owned());
    assert_eq!(press("take", 7).await, stale);
    assert_eq!(press("take", 1).await.0, 200);
    assert_eq!(press("end", 1).await, stale);
    assert_eq!(ana.conversation().await["summary"]["case"]["state"], "open");
    assert_eq!(press("end", 2).await.0, 200);
}
