//! An event at which the process aborts: after its second death it is set aside, and everybody goes on;
//! what becomes of it is said on the command line.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cauce_tests::process::{Death, Installation, Lives};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const TIME: Duration = Duration::from_secs(120);
/// Not as the flow writes it: whoever publishes that should live.
const POISON: &str = "VENENO";
const ANSWER: &str = r#"
id: respuesta
name: Respuesta
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [prueba, veneno] }, exits: { next: fin } }
  fin: { kind: end, config: { text: Te leímos. } }
"#;

/// Has a customer write something.
async fn say(house: &Installation, wa_id: &str, words: &str) -> Result<()> {
    let act = json!({ "type": "text", "text": { "body": words } });
    house.phone(Method::POST, &format!("/customers/{wa_id}/messages"), Some(&act)).await.map(drop)
}

/// Waits until the phone shows so many messages, the customer's own acknowledged.
async fn phone_shows(house: &Installation, wa_id: &str, count: usize) -> Result<()> {
    let what = format!("message {count} on the phone of {wa_id}");
    house
        .until(&what, async || {
            let bubbles = house.phone(Method::GET, &format!("/customers/{wa_id}/messages"), None).await?;
            let bubbles = bubbles.as_array().context("the phone shows no list")?;
            let there =
                |bubble: &&Value| ["delivered", "read"].contains(&bubble["status"].as_str().unwrap_or(""));
            Ok((bubbles.iter().filter(there).count() >= count).then_some(()))
        })
        .await
}

/// Runs `cauce dead …`, which succeeds.
async fn dead(house: &Installation, arguments: &[&str]) -> Result<String> {
    let (done, said) = house.cauce.command_line(&[&["dead"], arguments].concat()).await?;
    ensure!(done, "cauce dead {arguments:?}: {said}");
    Ok(said)
}

#[tokio::test]
async fn what_ends_the_process_twice_is_set_aside_and_everybody_goes_on() -> Result<()> {
    // The third life would die as well, if it handled it once more.
    let deaths = vec![Death::On(POISON.into()); 3];
    let mut house = Installation::open(None, None, Lives { deaths, ..Lives::default() }, TIME).await?;
    house.log_in("admin@cauce.demo").await?;
    let (status, answer) = house.ask(Method::POST, "/api/flows", "application/yaml", ANSWER).await?;
    ensure!(status == StatusCode::CREATED, "the flow was not published: {answer}");
    for (wa_id, name) in [("51900000001", "Ana"), ("51900000002", "Beto")] {
        house.phone(Method::POST, "/customers", Some(&json!({ "wa_id": wa_id, "name": name }))).await?;
        say(&house, wa_id, "prueba").await?;
        phone_shows(&house, wa_id, 2).await?;
    }

    // WhatsApp delivers it again and again; the third life acknowledges it, with no answer to it.
    say(&house, "51900000001", POISON).await?;
    phone_shows(&house, "51900000001", 3).await?;
    assert_eq!(house.cauce.life().killed.len(), 2);
    for wa_id in ["51900000002", "51900000001"] {
        say(&house, wa_id, "prueba").await?;
    }
    phone_shows(&house, "51900000002", 4).await?;
    phone_shows(&house, "51900000001", 5).await?;

    let listed = dead(&house, &["list"]).await?;
    let [line] = listed.lines().collect::<Vec<_>>()[..] else { panic!("one letter: {listed}") };
    assert!(line.ends_with("the process ended twice while handling this"), "{line}");
    let id = line.split(' ').next().unwrap();
    let shown = dead(&house, &["show", id]).await?;
    let (event, raw) = shown.split_once("\nraw: ").unwrap();
    assert!(event.contains(POISON) && event.contains("51900000001"), "{event}");
    let raw: Value = serde_json::from_str(raw)?;
    assert_eq!(raw["object"], "whatsapp_business_account", "as it came");

    // A life that it does not end handles it when it is asked to: the message is answered, once.
    house.cauce.kill();
    house.until("its next life", async || Ok((house.cauce.life().killed.len() == 3).then_some(()))).await?;
    house.get("/api/me").await?;
    assert_eq!(dead(&house, &["replay", id]).await?, format!("replayed {id}\n"));
    phone_shows(&house, "51900000001", 6).await?;
    assert_eq!(dead(&house, &["list"]).await?, "");
    let (done, said) = house.cauce.command_line(&["dead", "replay", id]).await?;
    assert!(!done && said.contains("not_found"), "{said}");
    house.close().await?;
    Ok(())
}

#[tokio::test]
async fn one_that_is_dropped_is_gone_and_only_who_runs_the_house_may_look() -> Result<()> {
    let deaths = vec![Death::On(POISON.into()); 3];
    let mut house = Installation::open(None, None, Lives { deaths, ..Lives::default() }, TIME).await?;
    house.log_in("ana@cauce.demo").await?;
    let customer = json!({ "wa_id": "51900000001", "name": "Ana" });
    house.phone(Method::POST, "/customers", Some(&customer)).await?;
    say(&house, "51900000001", POISON).await?;
    phone_shows(&house, "51900000001", 1).await?;
    let (status, _) = house.ask(Method::GET, "/api/dead-letters", "", "").await?;
    assert_eq!(status, StatusCode::FORBIDDEN, "they hold what customers wrote, and more");

    house.log_in("admin@cauce.demo").await?;
    let page = house.get("/api/dead-letters").await?;
    let id = page["letters"][0]["id"].as_str().context("a letter")?;
    assert_eq!(page["next"], Value::Null);
    let nothing = house.get(&format!("/api/dead-letters?before={id}")).await?;
    assert_eq!(nothing["letters"], json!([]));
    let (status, _) = house.ask(Method::GET, "/api/dead-letters/1-2-3", "", "").await?;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(dead(&house, &["drop", id]).await?, format!("dropped {id}\n"));
    let page = house.get("/api/dead-letters").await?;
    assert_eq!(page["letters"], json!([]));
    house.close().await?;
    Ok(())
}
