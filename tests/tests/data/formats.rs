//! A data folder that an earlier build wrote is opened as it is: what was said is there, what waited goes on.
//!
//! `scripts/fixture` writes one of the present build; those of earlier formats stay as they are.

use std::fs::File;
use std::path::Path;

use cauce_designer_api::doctor::examine;
use cauce_model::Duration;
use cauce_store::Files;
use cauce_tests::house::{BEGINNING, GRACE, House};
use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::json;

/// The house of a fixture, some minutes after it was closed.
async fn open(fixture: &str) -> House {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(fixture);
    let folder = tempfile::tempdir().unwrap();
    tar::Archive::new(GzDecoder::new(File::open(path).unwrap())).unpack(folder.path()).unwrap();
    House::over(folder.path(), BEGINNING + Duration::minutes(5), &["Rosa", "Pantalla"]).await
}

async fn is_clean(house: &House) {
    house.settle().await;
    let app = house.app();
    app.runtime.read_until(&app.runtime.written()).await;
    let files = Files::look_at(&house.folder().join("files"));
    let report = examine(app.store().as_ref(), Some(&files)).await.unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
}

#[tokio::test]
async fn a_folder_of_format_2_goes_on() {
    let house = open("format-2.tar.gz").await;
    let screen = house.screen().await;
    is_clean(&house).await;

    // The lists, and who is in them.
    let list = screen.list("all").await.body;
    assert_eq!(list["counts"]["all"], json!(12), "{}", list["counts"]);
    let phone = |name: &str| {
        let items = list["items"].as_array().unwrap();
        let item =
            items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name} is not there"));
        item["address"].as_str().unwrap().replace(['+', ' '], "")
    };
    let [ana, bea, carla, dora, hilda, karla] =
        ["Ana", "Bea", "Carla", "Dora", "Hilda", "Karla"].map(|name| house.customer_at(&phone(name), name));
    assert_eq!(
        ana.transcript().await,
        [
            "cliente: hola",
            "bot: ¡Hola, Ana!",
            "bot: ¿Qué te interesa? [Ventas] [Nada]",
            "cliente: [Ventas]",
            "bot: Te paso con alguien.",
            "Rosa: Buenas.",
            "bot: ¿Qué nota nos das?",
            "cliente: 10",
            "bot: Gracias por el 10.",
        ]
    );
    assert_eq!(ana.path().await["run"]["state"], json!("ended"));
    let chunks = karla.conversation().await["messages"].as_array().unwrap().clone();
    assert!(chunks.last().unwrap()["content"]["body"].as_str().unwrap().contains("número 69"));
    let picture = hilda.conversation().await["messages"][0]["content"].clone();
    let url = picture["url"].as_str().unwrap().to_owned();
    assert_eq!(screen.request(Method::GET, &url).send().await.unwrap().status().as_u16(), 200);

    // A run that waits goes on with the version it began with, and what was said before is known again.
    bea.says("nada").await;
    bea.got(&["accepted"; 3]).await;
    assert_eq!(bea.transcript().await.last().unwrap(), "bot: Adiós.");
    // A case that waits is taken; one that somebody has is answered.
    let rosa = house.login("Rosa").await;
    let case = carla.is_taken_by(&rosa).await;
    assert_eq!(rosa.reply(&case, "Aquí estoy.").await.status, 202);
    assert_eq!(rosa.end(&case).await.status, 200);
    carla.says("10").await;
    carla.got(&["accepted"; 6]).await;
    let summary = dora.conversation().await["summary"].clone();
    assert_eq!(summary["case"]["assignee"]["name"], json!("Rosa"), "{summary}");

    // What was on its way comes to an end: the holds, the retries, the times.
    house.advance(Duration::hours(3));
    house.advance(GRACE);
    is_clean(&house).await;
    house.restart().await;
    is_clean(&house).await;
}
