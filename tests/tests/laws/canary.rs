//! Trials: a share of new conversations walks the new version, until it is decided.

use cauce_tests::house::{Answer, Customer, House};
use serde_json::{Value, json};

use crate::journeys::PATIENT;

const CANARY: &str = "/api/flows/paciente/canary";

async fn try_out(house: &House, flow: &str, trial: Value) -> Answer {
    let screen = house.screen().await;
    screen.post("/api/flows", &json!({ "document": flow, "trial": trial })).await
}

async fn version(customer: &Customer) -> String {
    customer.path().await["run"]["version"].as_str().unwrap().to_owned()
}

/// Has all mail arrive until the trial is so, and gives it.
async fn until(house: &House, like: impl Fn(&Value) -> bool) -> Value {
    let screen = house.screen().await;
    let mut trial = Value::Null;
    for _ in 0..50 {
        house.settle().await;
        trial = screen.get(CANARY).await.body;
        if like(&trial) {
            return trial;
        }
    }
    panic!("{trial}")
}

#[tokio::test]
async fn a_share_walks_the_new_version_and_a_person_decides() {
    let house = House::open().await;
    let first = try_out(&house, PATIENT, json!({ "share": 10, "min_runs": 1, "max_failed": 0 })).await;
    assert_eq!((first.status, first.code()), (409, "canary.none"), "there is nothing to try it against");
    let old = house.publish(PATIENT).await;
    let better = PATIENT.replace("text: Uno.", "text: One.");
    for wrong in [
        json!({ "share": 0, "min_runs": 1, "max_failed": 0 }),
        json!({ "share": 5, "min_runs": 0, "max_failed": 0 }),
    ] {
        assert_eq!(try_out(&house, &better, wrong).await.code(), "body.unacceptable");
    }
    let tried = try_out(&house, &better, json!({ "share": 50, "min_runs": 1000, "max_failed": 10 })).await;
    assert_eq!(tried.status, 201, "{}", tried.body);
    let new = tried.body["version"].as_str().unwrap().to_owned();
    let screen = house.screen().await;
    assert_eq!(screen.get("/api/flows").await.body[0]["version"], json!(old), "the current one stays");

    let mut walked = Vec::new();
    for number in 0..24 {
        let customer = house.customer(&format!("Cliente {number}"));
        customer.says("hola").await;
        walked.push((version(&customer).await, customer));
    }
    let on_trial = walked.iter().filter(|(version, _)| *version == new).count();
    assert!((1..24).contains(&on_trial), "{on_trial} of 24");
    let begun = [on_trial, 24 - on_trial].map(|count| json!(count));
    let trial =
        until(&house, |trial| [&trial["tried"], &trial["others"]].map(|arm| arm["begun"].clone()) == begun)
            .await;
    assert_eq!((&trial["passed"], &trial["end"]), (&json!(false), &Value::Null));

    // Who comes back walks the same version as before.
    house.restart().await;
    for (version_before, customer) in &walked {
        customer.says("sí").await;
        customer.says("hola").await;
        assert_eq!(version(customer).await, *version_before);
    }
    let screen = house.screen().await;
    let trial = until(&house, |trial| trial["tried"]["begun"] == json!(2 * on_trial)).await;
    assert_eq!(trial["tried"]["ended"], json!(on_trial), "each counts once: {trial}");

    let rosa = house.login("Rosa").await;
    assert_eq!(rosa.post(&format!("{CANARY}/promote"), &json!({})).await.code(), "auth.forbidden");
    let promoted = screen.post(&format!("{CANARY}/promote"), &json!({})).await;
    assert_eq!(
        (promoted.status, &promoted.body["end"]["promoted"]),
        (200, &json!(true)),
        "{}",
        promoted.body
    );
    assert_eq!(promoted.body["end"]["by"], "Pantalla");
    for number in 0..4 {
        let customer = house.customer(&format!("Otro {number}"));
        customer.says("hola").await;
        assert_eq!(version(&customer).await, new);
    }
    assert_eq!(screen.post(&format!("{CANARY}/rollback"), &json!({})).await.code(), "canary.none");
    let history = screen.get("/api/flows/paciente/versions").await.body;
    let how: Vec<_> = history.as_array().unwrap().iter().map(|row| row["how"].as_str().unwrap()).collect();
    assert_eq!(how, ["promoted", "tried", "published"]);
    assert_eq!((&history[0]["current"], &history[1]["current"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn a_version_that_fails_is_withdrawn_by_its_rule_and_one_that_does_not_is_promoted() {
    let house = House::open().await;
    let old = house.publish(PATIENT).await;
    // Nobody has a tag: it cannot be said.
    let broken = PATIENT.replace("text: Uno.", "text: \"{{ 1 / contact.tags.len() }}\"");
    let tried =
        try_out(&house, &broken, json!({ "share": 99, "min_runs": 5, "max_failed": 20, "promote": true }))
            .await;
    assert_eq!(tried.status, 201, "{}", tried.body);
    let mut failed = 0;
    for number in 0..40 {
        let customer = house.customer(&format!("Cliente {number}"));
        customer.says("hola").await;
        house.settle().await;
        if customer.path().await["run"]["state"] == "failed" {
            failed += 1;
        } else if failed == 2 {
            break;
        }
    }
    assert_eq!(failed, 2, "two of five are more than a fifth, whatever comes");
    let trial = until(&house, |trial| !trial["end"].is_null()).await;
    assert_eq!((&trial["end"]["promoted"], &trial["end"]["by"]), (&json!(false), &Value::Null), "{trial}");
    assert!(trial["end"]["why"].as_str().unwrap().contains("error"), "{trial}");
    let screen = house.screen().await;
    assert_eq!(screen.get("/api/flows").await.body[0]["version"], json!(old));
    assert_eq!(screen.get("/api/flows/paciente/versions").await.body[0]["how"], "withdrawn");

    let better = PATIENT.replace("text: Uno.", "text: One.");
    let order = json!({ "share": 99, "min_runs": 3, "max_failed": 20, "max_no_match": 90, "promote": true });
    let tried = try_out(&house, &better, order).await;
    let new = tried.body["version"].clone();
    for number in 0..40 {
        if screen.get("/api/flows").await.body[0]["version"] == new {
            break;
        }
        let customer = house.customer(&format!("Otro {number}"));
        customer.says("hola").await;
        customer.says("sí").await;
        house.settle().await;
    }
    let trial = until(&house, |trial| !trial["end"].is_null()).await;
    assert_eq!((&trial["end"]["promoted"], &trial["tried"]["ended"]), (&json!(true), &json!(3)), "{trial}");
    assert_eq!(screen.get("/api/flows").await.body[0]["version"], new);
}
