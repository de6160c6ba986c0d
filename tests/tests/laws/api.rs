//! The API: nobody without a session, nothing changed by another site's page.

use cauce_model::Duration;
use cauce_tests::house::{Agent, Answer, House};
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::journeys::{HELP, PATIENT};

/// Every route of the OpenAPI document, with something in the place of its parameters.
async fn routes(house: &House) -> Vec<(Method, String)> {
    let document = house.screen().await.get("/api/openapi.json").await.body;
    let mut routes = vec![(Method::GET, "/api/openapi.json".to_owned())];
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in methods.as_object().unwrap().keys() {
            routes.push((method.to_uppercase().parse().unwrap(), path.clone()));
        }
    }
    assert!(routes.len() > 12, "{routes:?}");
    routes
}

async fn send(request: reqwest::RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn without_a_session_every_route_is_closed() {
    let house = House::open().await;
    let routes = routes(&house).await;
    let closed = async |cookie: Option<&str>| {
        for (method, path) in routes.iter().filter(|(_, path)| path != "/api/login") {
            let mut request = house.http().request(method.clone(), format!("{}{path}", house.base()));
            if let Some(cookie) = cookie {
                request = request.header(header::COOKIE, cookie);
            }
            let answer = send(request).await;
            let seen = (answer.status, answer.code(), answer.kind.as_str());
            assert_eq!(
                seen,
                (401, "auth.required", "application/problem+json"),
                "{method} {path} {cookie:?}"
            );
        }
    };
    closed(None).await;
    closed(Some("cauce_session=")).await;
    closed(Some("cauce_session=0123456789abcdef0123456789abcdef")).await;
    // A path that does not exist under /api is no page of the app.
    let unknown = send(house.http().get(format!("{}/api/nothing", house.base()))).await;
    assert_eq!((unknown.status, unknown.code()), (404, "not_found"));
}

#[tokio::test]
async fn what_changes_something_needs_the_token_of_its_own_session() {
    let house = House::open().await;
    let (rosa, luis) = (house.login("Rosa").await, house.login("Luis").await);
    let unsafe_routes =
        routes(&house).await.into_iter().filter(|(method, path)| !method.is_safe() && path != "/api/login");
    let mut count = 0;
    for (method, path) in unsafe_routes {
        for token in [None, Some(""), Some(luis.csrf.as_str()), Some(&rosa.cookie["cauce_session=".len()..])]
        {
            let mut request = house.http().request(method.clone(), format!("{}{path}", house.base()));
            request = request.header(header::COOKIE, &rosa.cookie).json(&json!({ "command": "x" }));
            if let Some(token) = token {
                request = request.header("X-CSRF-Token", token);
            }
            let answer = send(request).await;
            assert_eq!((answer.status, answer.code()), (403, "csrf.missing"), "{method} {path} {token:?}");
        }
        count += 1;
    }
    assert!(count >= 6);
    assert_eq!(rosa.get("/api/me").await.status, 200, "nobody logged her out");
}

#[tokio::test]
async fn the_cookie_is_for_the_browser_alone_and_a_bearer_needs_no_token() {
    let house = House::open().await;
    let rosa = house.login("Rosa").await;
    let credentials = json!({ "email": Agent::email("Rosa"), "password": Agent::password("Rosa") });
    let answer = send(house.http().post(format!("{}/api/login", house.base())).json(&credentials)).await;
    let cookie = answer.cookie.unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
    }
    let token = &rosa.cookie["cauce_session=".len()..];
    assert!(!answer.body.to_string().contains(token), "the page never sees it");
    let check =
        house.http().post(format!("{}/api/flows/check", house.base())).bearer_auth(token).body(PATIENT);
    assert_eq!(send(check).await.status, 200);
}

#[tokio::test]
async fn a_wrong_login_says_nothing_about_who_is_known() {
    let house = House::open().await;
    house.login("Rosa").await;
    let login = async |email: &str, password: &str| {
        let credentials = json!({ "email": email, "password": password });
        send(house.http().post(format!("{}/api/login", house.base())).json(&credentials)).await
    };
    let (mail, password) = (Agent::email("Rosa"), Agent::password("Rosa"));
    let wrong = login(&mail, "otra clave").await;
    assert_eq!((wrong.status, wrong.code()), (401, "auth.wrong"));
    for (mail, password) in
        [("nadie@example.com", password.as_str()), ("no es un correo", "x"), ("", ""), (&mail, "")]
    {
        let other = login(mail, password).await;
        assert_eq!((other.status, &other.body, &other.cookie), (401, &wrong.body, &None), "{mail}");
    }
    assert_eq!(login(&mail.to_uppercase(), &password).await.status, 200, "case does not matter in an email");
    let unreadable = house.http().post(format!("{}/api/login", house.base())).body("{");
    assert_eq!(send(unreadable).await.status, 400);
}

#[tokio::test]
async fn a_logout_ends_this_session_and_no_other() {
    let house = House::open().await;
    let (office, home) = (house.login("Rosa").await, house.login("Rosa").await);
    let out = office.post("/api/logout", &Value::Null).await;
    assert_eq!(out.status, 204);
    assert!(out.cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(office.get("/api/me").await.code(), "auth.required");
    assert_eq!(home.get("/api/me").await.status, 200);
    house.restart().await;
    assert_eq!(office.get("/api/me").await.status, 401);
    assert_eq!(home.get("/api/me").await.status, 200);
}

#[tokio::test]
async fn a_session_ends_when_it_is_left_alone_and_at_the_latest_after_seven_days() {
    let house = House::open().await;
    let (idle, busy) = (house.login("Rosa").await, house.login("Luis").await);
    for _ in 0..15 {
        house.advance(Duration::hours(11));
        assert_eq!(busy.get("/api/me").await.status, 200);
        house.settle().await;
    }
    assert_eq!(idle.get("/api/me").await.status, 401);
    house.advance(Duration::hours(3));
    assert_eq!(busy.get("/api/me").await.status, 401);
}

#[tokio::test]
async fn an_agent_does_not_publish() {
    let house = House::open().await;
    let rosa = house.login("Rosa").await;
    let answer = rosa.publish(PATIENT).await;
    assert_eq!((answer.status, answer.code()), (403, "auth.forbidden"));
    assert_eq!(rosa.get("/api/flows").await.body, json!([]));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_what_cannot_be_read_is_told() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.is_taken_by(&rosa).await;
    let id = ana.id().await.unwrap();
    let nobody = "c0010000000000000001";
    for path in [
        format!("/api/conversations/{nobody}"),
        "/api/conversations/x".to_owned(),
        format!("/api/conversations/{nobody}/path"),
        "/api/flows/nada".to_owned(),
        "/api/flows/ayuda/versions/x".to_owned(),
    ] {
        assert_eq!(rosa.get(&path).await.code(), "not_found", "{path}");
    }
    for case in ["x", "a0010000000000000001"] {
        assert_eq!(rosa.take(case).await.code(), "not_found");
        assert_eq!(rosa.end(case).await.code(), "not_found");
    }
    let messages = format!("/api/conversations/{id}/messages");
    let reply = async |body: Value| rosa.post(&messages, &body).await;
    assert_eq!(reply(json!({ "command": "1", "case": case, "body": "  " })).await.status, 422);
    assert_eq!(reply(json!({ "command": "2", "case": case, "body": "ñ".repeat(4097) })).await.status, 422);
    assert_eq!(reply(json!({ "command": "", "case": case, "body": "x" })).await.status, 422);
    assert_eq!(reply(json!({ "case": case, "body": "x" })).await.status, 400);
    assert_eq!(reply(json!({ "command": "3", "case": case, "body": "ñ".repeat(4096) })).await.status, 202);
    assert_eq!(rosa.get("/api/conversations?before=x").await.status, 400);
    assert_eq!(rosa.get("/api/conversations?tab=nada").await.status, 400);
    assert_eq!(send(rosa.request(Method::DELETE, "/api/me")).await.code(), "method_not_allowed");
}
