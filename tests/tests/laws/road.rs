//! The road: from the first word to the last thanks.

use cauce_tests::house::{House, WELCOME};
use serde_json::Value;

use crate::journeys::SHOP;

#[tokio::test]
async fn from_hello_over_a_person_to_a_rating() {
    let house = House::with(SHOP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);

    ana.says("Hola").await;
    ana.taps("Ventas").await;
    let case = ana.is_taken_by(&rosa).await;
    assert_eq!(rosa.reply(&case, "Buenas, soy Rosa.").await.status, 202);
    ana.says("¿Tienen pan?").await;
    assert_eq!(rosa.reply(&case, "Todo el día.").await.status, 202);
    let ended = rosa.end(&case).await;
    assert_eq!((ended.status, ended.body["end_reason"].as_str()), (200, Some("resolved")));
    ana.says("10").await;

    ana.reads(&[
        "cliente: Hola",
        "bot: ¡Hola, Ana!",
        "bot: ¿Qué te interesa? [Ventas] [Nada]",
        "cliente: [Ventas]",
        "bot: Te paso con alguien.",
        "Rosa: Buenas, soy Rosa.",
        "cliente: ¿Tienen pan?",
        "Rosa: Todo el día.",
        "bot: ¿Qué nota nos das?",
        "cliente: 10",
        "bot: Gracias por el 10.",
    ])
    .await;
    let posted: Vec<_> = house.graph().posted_to(&ana.phone).iter().map(|order| order.text()).collect();
    assert_eq!(
        posted,
        [
            "¡Hola, Ana!",
            "¿Qué te interesa? [Ventas] [Nada]",
            "Te paso con alguien.",
            "Buenas, soy Rosa.",
            "Todo el día.",
            "¿Qué nota nos das?",
            "Gracias por el 10."
        ]
    );
    assert!(ana.delivery().await.iter().all(|(status, _)| status == "accepted"));
    let conversation = ana.conversation().await;
    let captured: Vec<_> = conversation["captured"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["key"].as_str(), c["value"].as_str()))
        .collect();
    assert_eq!(captured, [(Some("tema"), Some("ventas")), (Some("nota"), Some("10"))]);
    let path = ana.path().await;
    let steps: Vec<_> =
        path["steps"].as_array().unwrap().iter().map(|step| step["node"].as_str().unwrap()).collect();
    assert_eq!(steps, ["inicio", "saludo", "tema", "tema", "asesor", "asesor", "nota", "nota", "gracias"]);
    assert_eq!((&path["run"]["state"], &path["current"]), (&Value::from("ended"), &Value::Null));
    assert!(house.dead_letters().await.is_empty());
}

#[tokio::test]
async fn the_demo_journey_from_hello_to_thanks() {
    let house = House::with(WELCOME).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    let last = async |words: &str| {
        let look = async || {
            let lines = ana.transcript().await;
            match lines.last() {
                Some(line) if line.contains(words) && !line.starts_with("cliente") => Ok(()),
                _ => Err(format!("{lines:#?} where the last should say {words}")),
            }
        };
        house.until(look).await;
    };
    ana.says("hola").await;
    last("¡Hola Ana!").await;
    ana.taps("Cotizar lentes").await;
    last("¿Cómo te llamas?").await;
    ana.says("Ana María").await;
    last("Gracias, Ana María.").await;
    ana.says("ana arroba ejemplo").await;
    last("Ese correo no parece completo.").await;
    ana.says("ana@ejemplo.pe").await;
    last("¿En qué ciudad estás?").await;
    ana.taps("Lima").await;
    last("Te paso con una persona").await;
    let case = ana.is_taken_by(&rosa).await;
    rosa.reply(&case, "Hola, Ana. ¿Qué lentes buscas?").await;
    last("¿Qué lentes buscas?").await;
    rosa.end(&case).await;
    last("¿Cómo calificas la atención?").await;
    ana.taps("5 · Excelente").await;
    last("Anotamos tu 5.").await;
    ana.got(&["accepted"; 9]).await;
    assert_eq!(ana.path().await["run"]["state"], "ended");
    assert!(house.dead_letters().await.is_empty());
}
