//! Little room on the disk: nothing new is taken, what was taken goes on, and so does reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cauce_designer_api::observe::space::Room;
use cauce_tests::house::{Agent, Answer, House, within};
use reqwest::Method;
use serde_json::json;

use crate::journeys::HELP;

const MB: u64 = 1 << 20;

/// Whether the house is ready, and why its disk is not.
async fn ready(house: &House) -> (u16, String) {
    let answer = house.http().get(format!("{}/health/ready", house.base())).send().await.unwrap();
    let answer = Answer::of(answer).await;
    let checks = answer.body["checks"].as_array().unwrap();
    let disk = checks.iter().find(|check| check["name"] == "disk").unwrap();
    (answer.status, disk["why"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_nothing_new_until_there_is_room() {
    let house = House::with(HELP).await;
    let free = Arc::new(AtomicU64::new(10_000 * MB));
    let measured = free.clone();
    let measure = move || Ok(Room { free: measured.load(Ordering::SeqCst), total: 100_000 * MB });
    house.app().observer.space.measured_by(Arc::new(measure));
    let set = |megabytes: u64| {
        free.store(megabytes * MB, Ordering::SeqCst);
        house.app().observer.space.look();
    };
    let (rosa, screen) = (house.customer("Rosa"), house.screen().await);
    rosa.says("ayuda").await;
    // The list follows a moment later.
    let listed = async || screen.get("/api/conversations?tab=all").await;
    let there = |list: &Answer| list.body["items"].as_array().is_some_and(|items| items.len() == 1);
    within("Rosa is on the list", async { while !there(&listed().await) {} }).await;
    assert_eq!(ready(&house).await, (200, String::new()));

    set(200);
    let text = rosa.text("¿hay alguien?");
    assert_eq!(house.webhook(&text).await, 503);
    let upload = screen.upload("foto.jpg", b"\xff\xd8\xff").await;
    assert_eq!((upload.status, upload.code()), (503, "disk.full"));
    let list = listed().await;
    assert!(list.status == 200 && there(&list), "screens go on");
    // Whoever looks after it comes in.
    let email = Agent::email("Pantalla");
    let body = json!({ "email": email, "password": Agent::password("Pantalla") });
    let login = house.http().request(Method::POST, format!("{}/api/login", house.base())).json(&body);
    assert_eq!(login.send().await.unwrap().status(), 200);
    // What was found a moment ago is told again for a moment.
    let why = within("it is not ready", async {
        loop {
            if let (503, why) = ready(&house).await {
                return why;
            }
        }
    })
    .await;
    assert!(why.contains("200 MB") && why.contains("256 MB"), "{why}");

    set(300);
    assert_eq!(house.webhook(&text).await, 200, "the same message, taken now");
}
