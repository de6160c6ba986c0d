//! Files of the business: upload, lookup, download, deletion, expiry, and what goes wrong with them on demand.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stage::{NUMBER, ROSA, Stage, message, soon};

/// Longer than any test: a call that is held for so long is still held at its end.
const FOR_EVER_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

async fn pass(stage: &Stage, advance_ms: u64) {
    stage.post("/emulator/clock", json!({"advance_ms": advance_ms})).await;
}

#[tokio::test]
async fn an_uploaded_file_is_looked_up_and_downloaded() {
    let stage = Stage::new().await;
    let id = stage.upload("text/plain", b"hola").await;
    assert!(id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    let (status, about) = stage.graph_call(Method::GET, &id).await;
    assert_eq!(status, 200);
    let url = about["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with(&format!("{}/media/{id}?", stage.base)), "{url}");
    assert_eq!(
        about,
        json!({"messaging_product": "whatsapp", "url": url, "mime_type": "text/plain", "file_size": "4",
            "sha256": hex::encode(Sha256::digest(b"hola")), "id": id})
    );
    let of =
        async |number: &str| stage.graph_call(Method::GET, &format!("{id}?phone_number_id={number}")).await.0;
    assert_eq!((of(NUMBER).await, of("999").await), (200, 400));

    let answer = stage.download(&url).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].as_bytes()),
        (200, &b"text/plain"[..])
    );
    assert_eq!(answer.bytes().await.unwrap(), "hola");
    let bare = stage.http.get(&url).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert_eq!(bare.json::<Value>().await.unwrap()["error"]["code"], 190);
    let other = url.replace("hash=", "hash=0");
    assert_eq!(stage.download(&other).await.status(), 404);

    pass(&stage, 299_000).await;
    assert_eq!(stage.download(&url).await.status(), 200);
    pass(&stage, 1_000).await;
    assert_eq!(stage.download(&url).await.status(), 404, "an address lives five minutes");
    let (_, about) = stage.graph_call(Method::GET, &id).await;
    assert_eq!(
        stage.download(about["url"].as_str().unwrap()).await.status(),
        200,
        "and a new one is to be had"
    );
}

#[tokio::test]
async fn a_file_ends_when_it_is_deleted_or_after_thirty_days() {
    let stage = Stage::with_rosa().await;
    let (gone, old) = (stage.upload("image/png", b"png").await, stage.upload("image/png", b"png").await);
    assert_ne!(gone, old, "the same bytes are two uploads");
    let (_, about) = stage.graph_call(Method::GET, &gone).await;
    let sent = stage.send("image", json!({"id": gone})).await;
    assert_eq!(stage.graph_call(Method::DELETE, &gone).await, (200, json!({"success": true})));
    for method in [Method::GET, Method::DELETE] {
        let (status, error) = stage.graph_call(method, &gone).await;
        assert_eq!((status, &error["error"]["error_subcode"]), (400, &json!(33)));
    }
    assert_eq!(stage.download(about["url"].as_str().unwrap()).await.status(), 404);
    let (status, error) = stage.graph(message(ROSA, "image", json!({"id": gone}))).await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!(131_009)));
    let shown = stage.bubble(&sent).await["media"].as_str().unwrap().to_owned();
    assert_eq!(stage.bytes(&shown).await, b"png", "the phone keeps what it received");

    pass(&stage, 30 * DAY_MS - 60_000).await;
    assert_eq!(stage.graph_call(Method::GET, &old).await.0, 200);
    pass(&stage, 60_000).await;
    assert_eq!(stage.graph_call(Method::GET, &old).await.0, 400);
}

#[tokio::test]
async fn an_upload_that_breaks_the_rules_is_refused() {
    let stage = Stage::new().await;
    let product = ("messaging_product", "whatsapp");
    let refused = async |fields: &[(&str, &str)], file: Option<&[u8]>| {
        let (status, answer) = stage.upload_form(fields, file).await;
        assert_eq!(status, 400, "{answer}");
        answer["error"]["code"].as_u64().unwrap()
    };
    assert_eq!(refused(&[("type", "image/png")], Some(b"x")).await, 100);
    assert_eq!(refused(&[("messaging_product", "telegram"), ("type", "image/png")], Some(b"x")).await, 100);
    assert_eq!(refused(&[product], Some(b"x")).await, 100);
    assert_eq!(refused(&[product, ("type", "image/png")], None).await, 100);
    assert_eq!(refused(&[product, ("type", "image/gif")], Some(b"x")).await, 100);
    assert_eq!(refused(&[product, ("type", "image/png")], Some(b"")).await, 131_053);
    let large = vec![0; 5 * 1024 * 1024 + 1];
    assert_eq!(refused(&[product, ("type", "image/png")], Some(&large)).await, 131_053);
    stage.upload("application/pdf", &large).await;
    let url = format!("{}/v25.0/{NUMBER}/media", stage.base);
    assert_eq!(stage.http.post(&url).body("x").send().await.unwrap().status(), 401);
    assert_eq!(stage.graph_call(Method::POST, &format!("{NUMBER}/media")).await.1["error"]["code"], 100);
    assert_eq!(stage.graph_call(Method::POST, "999/media").await.1["error"]["error_subcode"], 33);
}

#[tokio::test]
async fn a_file_that_does_not_fit_its_message_fails_after_acceptance() {
    let stage = Stage::with_rosa().await;
    let pdf = stage.upload("application/pdf", b"%PDF").await;
    let voice = stage.bytes("/emulator/samples/nota-de-voz.ogg").await;
    let voice = stage.upload("audio/ogg", &voice).await;
    let music = stage.upload("audio/mpeg", b"ID3").await;
    for (kind, content, fits) in [
        ("image", json!({"id": pdf}), false),
        ("document", json!({"id": pdf, "filename": "receta.pdf"}), true),
        ("audio", json!({"id": voice, "voice": true}), true),
        ("audio", json!({"id": music}), true),
        ("audio", json!({"id": music, "voice": true}), false),
    ] {
        let wamid = stage.send(kind, content.clone()).await;
        stage.quiet().await;
        if fits {
            assert_eq!(stage.status_words(&wamid), ["sent", "delivered"], "{content}");
            continue;
        }
        assert_eq!(stage.status_words(&wamid), ["failed"], "{content}");
        let error = stage.statuses(&wamid)[0]["errors"][0].clone();
        assert_eq!((&error["code"], &error["title"]), (&json!(131_053), &json!("Media upload error")));
        assert_eq!(stage.bubble(&wamid).await["failure"]["details"], error["error_data"]["details"]);
    }
    let (status, error) = stage.graph(message(ROSA, "audio", json!({"id": "1234567890"}))).await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!(131_009)));
}

#[tokio::test]
async fn each_fault_of_a_lookup_or_download_happens_once() {
    let stage = Stage::new().await;
    let bytes = [7; 1000];
    let id = stage.upload("text/plain", &bytes).await;
    let look = async || stage.graph_call(Method::GET, &id).await;
    let fault = async |kind: &str| stage.fault(json!({"on": "media", "kind": kind})).await;

    fault("not_found").await;
    let (status, error) = look().await;
    assert_eq!((status, &error["error"]["error_subcode"]), (400, &json!(33)));
    fault("server_error").await;
    assert_eq!(look().await.0, 500);
    let (_, about) = look().await;
    let url = about["url"].as_str().unwrap();

    fault("expired").await;
    assert_eq!(stage.download(url).await.status(), 404);
    fault("truncated").await;
    let answer = stage.download(url).await;
    assert_eq!(answer.content_length(), Some(1000));
    assert!(answer.bytes().await.is_err(), "the connection ends early");
    fault("wrong_hash").await;
    let other = stage.download(url).await.bytes().await.unwrap();
    assert!(other.len() == 1000 && other != bytes[..]);
    fault("huge").await;
    let mut answer = stage.download(url).await;
    let mut length = 0;
    while length <= 100 * 1024 * 1024 {
        length += answer.chunk().await.unwrap().expect("more than any file may have").len();
    }
    drop(answer);
    stage.fault(json!({"on": "media", "kind": "server_error", "at": "download"})).await;
    assert_eq!(look().await.0, 200);
    assert_eq!(stage.download(url).await.status(), 500);
    assert_eq!(stage.download(url).await.bytes().await.unwrap(), bytes[..]);
    assert_eq!(stage.get("/emulator/faults").await, json!([]));
}

#[tokio::test]
async fn uploads_break_and_calls_hang_on_demand() {
    let stage = Stage::new().await;
    stage.fault(json!({"on": "media", "kind": "server_error", "at": "upload", "nth": 2})).await;
    let id = stage.upload("text/plain", b"uno").await;
    let fields = [("messaging_product", "whatsapp"), ("type", "text/plain")];
    assert_eq!(stage.upload_form(&fields, Some(b"dos")).await.0, 500);
    stage.upload("text/plain", b"tres").await;

    stage.fault(json!({"on": "media", "kind": "hang", "ms": FOR_EVER_MS})).await;
    let held = stage.graph_call(Method::GET, &id);
    let next = async {
        // The phone is not told of faults on files; the list of faults says when the call has met it.
        while stage.get("/emulator/faults").await != json!([]) {
            tokio::task::yield_now().await;
        }
        stage.graph_call(Method::GET, &id).await.0
    };
    tokio::select! {
        answer = held => panic!("the held call was answered: {answer:?}"),
        status = soon(next) => assert_eq!(status, 200),
    }
}
