//! Versions: their history, what changed, and the way back.

use cauce_tests::house::House;
use serde_json::{Value, json};

use crate::journeys::PATIENT;

#[tokio::test]
async fn an_older_version_comes_back_with_one_command_and_the_history_says_so() {
    let house = House::open().await;
    let old = house.publish(PATIENT).await;
    let new = house.publish(&PATIENT.replace("text: Uno.", "text: One.")).await;
    let screen = house.screen().await;

    let restore = format!("/api/flows/paciente/versions/{old}/publish");
    let rosa = house.login("Rosa").await;
    assert_eq!(rosa.post(&restore, &json!({})).await.code(), "auth.forbidden");
    let nothing = screen.post("/api/flows/paciente/versions/nada/publish", &json!({})).await;
    assert_eq!(nothing.code(), "not_found");
    let other = screen.post(&restore.replace("paciente", "otro"), &json!({})).await;
    assert_eq!(other.code(), "not_found", "a version belongs to its flow");

    let restored = screen.post(&restore, &json!({})).await;
    assert_eq!((restored.status, &restored.body["version"]), (200, &Value::from(old.clone())));
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"]).await;

    house.restart().await;
    let screen = house.screen().await;
    let versions = screen.get("/api/flows/paciente/versions").await.body;
    let told: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (
                row["number"].as_u64().unwrap(),
                text("version"),
                text("before"),
                text("how"),
                row["current"] == true,
            )
        })
        .collect();
    let expected = [
        (3, old.clone(), new.clone(), "restored".to_owned(), true),
        (2, new.clone(), old.clone(), "published".to_owned(), false),
        (1, old.clone(), String::new(), "published".to_owned(), false),
    ];
    assert_eq!(told, expected);
    assert_eq!(versions[0]["by"], "Pantalla");
    // To publish what is current already is nothing new.
    assert_eq!(screen.post(&restore, &json!({})).await.status, 200);
    assert_eq!(screen.get("/api/flows/paciente/versions").await.body.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn two_versions_are_compared_as_data_and_in_sentences() {
    let house = House::open().await;
    let old = house.publish(PATIENT).await;
    let new =
        house.publish(&PATIENT.replace("text: Uno.", "text: One.").replace("next: dos", "next: tema")).await;
    let screen = house.screen().await;
    let diff = screen.get(&format!("/api/flows/paciente/diff?from={old}&to={new}")).await;
    assert_eq!(diff.status, 200, "{}", diff.body);
    let said = [
        "El texto de «uno» cambió: «Uno.» → «One.».",
        "La salida «next» de «uno» ahora va a «tema» (antes «dos»).",
    ];
    assert_eq!(diff.body["sentences"], json!(said));
    let changed = &diff.body["changed"][0];
    assert_eq!((&changed["at"], &changed["class"]), (&json!("/nodes/uno/config/text"), &json!("text")));
    assert_eq!((&changed["before"], &changed["after"]), (&json!("Uno."), &json!("One.")));
    assert_eq!(diff.body["rewired"][0]["to"]["id"], "tema");

    let same = screen.get(&format!("/api/flows/paciente/diff?from={new}")).await.body;
    assert_eq!(same["sentences"], json!([]), "the current version is the other, when none is named");
    let draft = screen.get(&format!("/api/flows/paciente/diff?from={old}&to=draft")).await.body;
    assert_eq!(draft["sentences"], json!(said), "a draft that nobody has worked on is the current version");
    assert_eq!(screen.get("/api/flows/paciente/diff?from=nada").await.code(), "not_found");
    assert_eq!(screen.get("/api/flows/nada/diff").await.code(), "not_found");
}
