//! Received files over time: fetched once, asked for again after durable pauses, given up in the end, and
//! kept with what the flow captured.

use cauce_model::{ContactEvent, Duration};
use cauce_tests::house::{Customer, GRACE, House, MediaState};
use reqwest::Method;
use serde_json::{Value, json};

use crate::journeys::PATIENT;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF, a small picture of a receipt";

/// The pauses between tries, as the engine has them.
const PAUSES: [Duration; 9] = [
    Duration::seconds(5),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(10),
    Duration::hours(1),
    Duration::hours(6),
    Duration::hours(12),
    Duration::hours(24),
    Duration::hours(24),
];

fn came_back(event: &ContactEvent) -> bool {
    matches!(event, ContactEvent::MediaFetched { .. })
}

/// What the file of a message is to the screen.
async fn file(customer: &Customer, seq: usize) -> Value {
    customer.conversation().await["messages"][seq - 1]["content"].clone()
}

async fn bytes(house: &House, url: &Value) -> Vec<u8> {
    let request = house.screen().await.request(Method::GET, url.as_str().unwrap());
    request.send().await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_file_is_asked_for_after_every_pause_and_lost_after_the_last() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let image = house.media().hold("image/jpeg", JPEG);
    house.media().set(&image, MediaState::Down);
    ana.sends("image", image.clone()).await;
    for (n, pause) in PAUSES.into_iter().enumerate() {
        ana.until_lived(n + 1, came_back).await;
        assert_eq!(file(&ana, 1).await["state"], "coming");
        if n == 4 {
            house.restart().await;
        }
        house.advance(Duration(pause.0 - 1));
        house.settle().await;
        assert_eq!(house.media().asked(&image), n + 1, "before its pause was over");
        house.advance(Duration::millis(1));
        house.media().until_asked(&image, n + 2).await;
    }
    ana.until_lived(10, came_back).await;
    let lost = file(&ana, 1).await;
    assert_eq!((&lost["state"], &lost["error"]["code"]), (&json!("lost"), &json!("unreachable")));
    assert!(lost["error"]["text"].as_str().unwrap().ends_with('.'));
    // From now on nothing happens by itself.
    house.media().set(&image, MediaState::There);
    house.advance(Duration::days(5));
    house.restart().await;
    house.settle().await;
    assert_eq!((house.media().asked(&image), file(&ana, 1).await), (10, lost));
}

#[tokio::test]
async fn a_pause_that_ends_while_the_house_is_closed_is_over_afterwards() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let image = house.media().hold("image/jpeg", JPEG);
    house.media().set(&image, MediaState::Down);
    ana.sends("image", image.clone()).await;
    ana.until_lived(1, came_back).await;
    house.crash().await;
    house.media().set(&image, MediaState::There);
    house.advance(Duration::hours(1));
    house.reopen().await;
    house.advance(GRACE);
    ana.until_lived(2, came_back).await;
    let shown = file(&ana, 1).await;
    assert_eq!((&shown["state"], bytes(&house, &shown["url"]).await.as_slice()), (&json!("ready"), JPEG));
    // What is here is asked for no more.
    house.advance(Duration::days(1));
    house.restart().await;
    house.settle().await;
    assert_eq!(house.media().asked(&image), 2);
}

#[tokio::test]
async fn while_a_file_is_slow_its_conversation_goes_on_and_a_kill_leads_to_one_more_try() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let image = house.media().hold("image/jpeg", JPEG);
    house.media().set(&image, MediaState::Silent);
    ana.sends("image", image.clone()).await;
    house.media().until_asked(&image, 1).await;
    ana.says("hola").await;
    ana.reads(&["cliente: <image>", "cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"]).await;
    let other = house.media().hold("image/jpeg", b"\xff\xd8\xff\xe0 another");
    ana.sends("image", other).await;
    ana.until_lived(1, came_back).await;
    assert_eq!(
        (&file(&ana, 1).await["state"], &file(&ana, 6).await["state"]),
        (&json!("coming"), &json!("ready"))
    );

    house.crash().await;
    house.reopen().await;
    house.media().until_asked(&image, 2).await;
    house.media().set(&image, MediaState::There);
    ana.until_lived(2, came_back).await;
    assert_eq!(bytes(&house, &file(&ana, 1).await["url"]).await, JPEG);
    house.settle().await;
    assert_eq!((house.media().asked(&image), ana.lived(came_back).await), (2, 2));
}

/// Asks for a receipt.
const RECEIPT: &str = r#"
id: recibo
name: Recibo
start: inicio
variables: { recibo: { label: Recibo } }
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: pide } }
  pide:
    kind: question
    config: { text: Envía tu recibo., answer: { type: media, kinds: [image, document] }, save_to: recibo }
    exits: { ok: bien, no_match: mal }
  bien: { kind: end, config: { text: "Recibimos {{ recibo.media }}." } }
  mal: { kind: end, config: { text: Sin recibo. } }
"#;

#[tokio::test]
async fn a_captured_file_leads_to_its_bytes() {
    let house = House::with(RECEIPT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.sends("text", json!({ "body": "no tengo" })).await;
    let mut image = house.media().hold("image/jpeg", JPEG);
    house.media().set(&image, MediaState::Silent);
    image["caption"] = json!("marzo");
    ana.sends("image", image.clone()).await;
    // The answer is taken at once; the bytes come when they come.
    let said = house.graph().until_posted(&ana.phone, 3).await;
    assert_eq!(said[2].text(), "Recibimos image.");
    house.media().set(&image, MediaState::There);
    ana.until_lived(1, came_back).await;
    house.restart().await;
    let captured = ana.conversation().await["captured"].clone();
    let [receipt] = captured.as_array().unwrap().as_slice() else { panic!("{captured}") };
    assert_eq!((&receipt["key"], &receipt["label"]), (&json!("recibo"), &json!("Recibo")));
    assert_eq!(
        (&receipt["value"]["media"], &receipt["value"]["caption"]),
        (&json!("image"), &json!("marzo"))
    );
    assert_eq!(bytes(&house, &receipt["value"]["url"]).await, JPEG);
}
