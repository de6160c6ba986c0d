//! Files: what a customer sends is fetched and seen, what the team sends leaves as it came, and nothing in
//! them runs in a colleague's browser.

use cauce_model::{Content, Duration, FileId, MediaKind, MediaSource};
use cauce_tests::house::{Agent, Answer, Customer, House, MediaState, PHONE_NUMBER_ID};
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::journeys::{HELP, PATIENT};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF, a small picture of a house";
const PDF: &[u8] = b"%PDF-1.7 a small recipe";

/// The file of the last message once it is no longer coming.
async fn settled(house: &House, customer: &Customer) -> Value {
    house
        .until(async || {
            let conversation = customer.conversation().await;
            let content = conversation["messages"].as_array().unwrap().last().unwrap()["content"].clone();
            match content["state"].as_str() {
                Some("ready" | "lost") => Ok(content),
                _ => Err(content.to_string()),
            }
        })
        .await
}

/// A file as a browser gets it: status, a header's text, bytes.
struct Got {
    status: u16,
    headers: header::HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn get(agent: &Agent, url: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = agent.request(Method::GET, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Got { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
}

fn url(content: &Value) -> &str {
    content["url"].as_str().unwrap()
}

#[tokio::test]
async fn a_picture_that_a_customer_sends_is_seen_in_the_inbox() {
    let house = House::with(PATIENT).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    let mut image = house.media().hold("image/jpeg", JPEG);
    image["caption"] = "mi casa".into();
    ana.sends("image", image).await;

    let shown = settled(&house, &ana).await;
    assert_eq!(
        (&shown["type"], &shown["media"], &shown["state"]),
        (&json!("media"), &json!("image"), &json!("ready"))
    );
    assert_eq!((&shown["mime"], &shown["caption"]), (&json!("image/jpeg"), &json!("mi casa")));
    assert_eq!(shown["size"], JPEG.len());
    assert_eq!(ana.conversation().await["summary"]["last"]["text"], "Foto: mi casa");

    for restart in [false, true] {
        if restart {
            house.restart().await;
        }
        let got = get(&rosa, url(&shown), &[]).await;
        assert_eq!((got.status, got.bytes.as_slice()), (200, JPEG));
        assert_eq!(got.header("content-type"), "image/jpeg");
        assert!(
            got.header("content-disposition").starts_with("inline; filename=\"foto.jpg\""),
            "{:?}",
            got.headers
        );
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(got.header("content-security-policy").contains("sandbox"));
        assert_eq!(got.header("cache-control"), "private, no-cache");

        // What the browser has is not sent again, and of a film it asks for a part.
        let again = get(&rosa, url(&shown), &[("if-none-match", got.header("etag"))]).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0));
        let part = get(&rosa, url(&shown), &[("range", "bytes=2-4")]).await;
        assert_eq!((part.status, part.bytes.as_slice()), (206, &JPEG[2..5]));
        assert_eq!(part.header("content-range"), format!("bytes 2-4/{}", JPEG.len()));
        let beyond = get(&rosa, url(&shown), &[("range", "bytes=9000-")]).await;
        assert_eq!(beyond.status, 416);
    }
    let stranger = house.http().get(format!("{}{}", house.base(), url(&shown))).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    assert_eq!(house.media().asked(&json!({ "id": "9000000000000000" })), 1, "fetched once, and kept");
}

#[tokio::test]
async fn what_could_run_in_a_browser_is_an_attachment() {
    let house = House::with(PATIENT).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    let page = b"<!DOCTYPE html><script>alert(1)</script>".as_slice();
    let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.as_slice();
    for (name, mime, bytes, how) in [
        ("pagina.html", "text/html", page, "attachment"),
        // What Meta says of it, and how it is called, make no picture of it.
        ("foto.jpg", "image/jpeg", page, "attachment"),
        ("dibujo.svg", "image/svg+xml", drawing, "attachment"),
        ("tabla.csv", "text/csv", b"a,b", "attachment"),
        ("raro", "text/html\"; x=\r\n", b"?", "attachment"),
        ("../../receta \"nueva\".pdf", "application/pdf", PDF, "inline"),
    ] {
        let mut document = house.media().hold(mime, bytes);
        document["filename"] = name.into();
        ana.sends("document", document).await;
        let shown = settled(&house, &ana).await;
        let got = get(&rosa, url(&shown), &[]).await;
        assert_eq!((got.status, got.bytes.as_slice()), (200, bytes), "{name}");
        let disposition = got.header("content-disposition");
        assert!(disposition.starts_with(how), "{name}: {disposition}");
        assert!(!disposition.contains(".."), "{disposition}");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        let policy = got.header("content-security-policy");
        assert!(policy.contains("sandbox") || policy.contains("script-src 'none'"), "{name}: {policy}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_had_is_told_and_one_that_is_late_comes_later() {
    let house = House::with(PATIENT).await;
    let (ana, luz, eva) = (house.customer("Ana"), house.customer("Luz"), house.customer("Eva"));
    let [gone, other, late] =
        [b"one".as_slice(), b"two", JPEG].map(|bytes| house.media().hold("image/jpeg", bytes));
    house.media().set(&gone, MediaState::Gone);
    house.media().set(&other, MediaState::Damaged);
    house.media().set(&late, MediaState::Down);
    ana.sends("image", gone.clone()).await;
    luz.sends("image", other).await;
    eva.sends("image", late.clone()).await;

    for (customer, code) in [(&ana, "not_found"), (&luz, "damaged")] {
        let lost = settled(&house, customer).await;
        assert_eq!((&lost["state"], &lost["error"]["code"]), (&json!("lost"), &json!(code)), "{lost}");
        assert_eq!(lost["url"], Value::Null);
        assert!(lost["error"]["text"].as_str().unwrap().ends_with('.'));
    }
    house.media().until_asked(&late, 1).await;
    house.settle().await;
    assert_eq!(eva.conversation().await["messages"][0]["content"]["state"], "coming");
    house.media().set(&late, MediaState::There);
    // What it waits for is a time of the contact: it outlives the process.
    house.restart().await;
    house.advance(Duration::minutes(3));
    let shown = settled(&house, &eva).await;
    assert_eq!(get(&house.screen().await, url(&shown), &[]).await.bytes, JPEG);
}

#[tokio::test]
async fn a_file_is_fetched_although_the_process_died_meanwhile() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let image = house.media().hold("image/jpeg", JPEG);
    ana.sends("image", image).await;
    house.crash().await;
    house.reopen().await;
    assert_eq!(settled(&house, &ana).await["state"], "ready");
}

#[tokio::test]
async fn what_the_businesss_own_phone_sends_is_part_of_the_conversation() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let mut echo = ana.element("image", house.media().hold("image/jpeg", JPEG));
    let from = echo.as_object_mut().unwrap().remove("from").unwrap();
    (echo["to"], echo["from"]) = (from, "51900000000".into());
    let value = json!({ "messaging_product": "whatsapp", "message_echoes": [echo],
        "metadata": { "display_phone_number": "51900000000", "phone_number_id": PHONE_NUMBER_ID } });
    let body = json!({ "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [{ "field": "smb_message_echoes", "value": value }] }] });
    for _ in 0..2 {
        assert_eq!(house.webhook(&body).await, 200);
    }
    assert_eq!(settled(&house, &ana).await["state"], "ready");
    let conversation = ana.conversation().await;
    assert_eq!(conversation["messages"].as_array().unwrap().len(), 1, "told twice, kept once");
    let message = &conversation["messages"][0];
    assert_eq!((&message["author"]["kind"], &message["direction"]), (&json!("phone"), &json!("out")));
    assert!(house.graph().posted().is_empty(), "it moves no flow");
}

#[tokio::test]
async fn an_agent_sends_files() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.is_taken_by(&rosa).await;

    let picture = rosa.upload("foto.png", JPEG).await;
    assert_eq!(picture.status, 201, "{}", picture.body);
    let id = FileId::of(JPEG).to_string();
    assert_eq!(
        picture.body,
        json!({ "id": id, "mime": "image/jpeg", "size": JPEG.len(), "name": "foto.png", "media": "image" }),
        "its bytes say what it is"
    );
    let recipe = rosa.upload("C:\\recetas\\mi receta.pdf", PDF).await.body;
    assert_eq!((&recipe["name"], &recipe["media"]), (&json!("mi receta.pdf"), &json!("document")));

    assert_eq!(rosa.reply_with(&case, &id, Some(" Así quedan ")).await.status, 202);
    assert_eq!(rosa.reply_with(&case, recipe["id"].as_str().unwrap(), None).await.status, 202);
    ana.reads(&["cliente: hola", "bot: Un momento.", "Rosa: <image> Así quedan", "Rosa: <document>"]).await;

    let posted = house.graph().until_posted(&ana.phone, 3).await;
    let Content::Media { media, source: MediaSource::Stored(file), caption, filename } = &posted[1].content
    else {
        panic!("{:?}", posted[1]);
    };
    assert_eq!((*media, file.id.as_str(), caption.as_deref()), (MediaKind::Image, &*id, Some("Así quedan")));
    assert_eq!(*filename, None);
    let Content::Media { filename, .. } = &posted[2].content else { panic!("{:?}", posted[2]) };
    assert_eq!(filename.as_deref(), Some("mi receta.pdf"));

    let conversation = ana.conversation().await;
    for (message, bytes) in conversation["messages"].as_array().unwrap()[2..].iter().zip([JPEG, PDF]) {
        assert_eq!(get(&rosa, url(&message["content"]), &[]).await.bytes, bytes);
    }
}

#[tokio::test]
async fn an_upload_that_is_none_is_refused() {
    let house = House::with(PATIENT).await;
    let rosa = house.login("Rosa").await;
    let post = |kind: &str, body: &str| {
        rosa.request(Method::POST, "/api/files").header(header::CONTENT_TYPE, kind).body(body.to_owned())
    };
    let form = "multipart/form-data; boundary=x";
    for (kind, body) in [
        ("application/json", "{}"),
        ("multipart/form-data", "--x--"),
        (form, ""),
        (form, "--x--\r\n"),
        (form, "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nhola\r\n--x--\r\n"),
        (form, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf of it"),
    ] {
        let answer = Answer::of(post(kind, body).send().await.unwrap()).await;
        assert_eq!((answer.status, answer.code()), (400, "body.invalid"), "{kind} {body:?}: {}", answer.body);
    }
    let empty = rosa.upload("nada.txt", b"").await;
    assert_eq!((empty.status, empty.code()), (422, "body.unacceptable"));
    // What is announced as too large is not read at all.
    let endless = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let large =
        post(form, "").header(header::CONTENT_LENGTH, 200 << 20).body(reqwest::Body::wrap_stream(endless));
    let answer = Answer::of(large.send().await.unwrap()).await;
    assert_eq!((answer.status, answer.code()), (413, "body.too_large"));

    let body =
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhola\r\n--x--\r\n";
    let bare = || house.http().post(format!("{}/api/files", house.base())).header(header::CONTENT_TYPE, form);
    let nobody = Answer::of(bare().body(body).send().await.unwrap()).await;
    assert_eq!((nobody.status, nobody.code()), (401, "auth.required"));
    let other_page = bare().header(header::COOKIE, &rosa.cookie).body(body).send().await.unwrap();
    assert_eq!(Answer::of(other_page).await.code(), "csrf.missing");
    assert_eq!(Answer::of(post(form, body).send().await.unwrap()).await.status, 201);
}

#[tokio::test]
async fn a_file_is_sent_only_as_whatsapp_takes_it() {
    let house = House::with(HELP).await;
    let (ana, rosa) = (house.customer("Ana"), house.login("Rosa").await);
    ana.says("hola").await;
    let case = ana.is_taken_by(&rosa).await;
    let contact = ana.id().await.unwrap();
    let id = async |name: &str, bytes: &[u8]| rosa.upload(name, bytes).await.body["id"].clone();
    let (picture, sound, text) =
        (id("a", JPEG).await, id("b", b"ID3\x03 a song").await, id("c.txt", b"hola").await);
    let unknown = FileId::of(b"never uploaded").to_string();
    let long = "a".repeat(1025);
    for (reply, status, code) in [
        (json!({ "file": unknown }), 404, "file.unknown"),
        (json!({ "file": "../../etc/passwd" }), 404, "file.unknown"),
        (json!({ "file": text, "media": "image" }), 422, "file.unfit"),
        (json!({ "file": picture, "media": "sticker" }), 422, "file.unfit"),
        (json!({ "file": picture, "media": "voice" }), 422, "file.unfit"),
        (json!({ "file": picture, "body": long }), 422, "body.unacceptable"),
        (json!({ "file": sound, "body": "escucha" }), 422, "body.unacceptable"),
        (json!({ "file": picture, "media": "hologram" }), 400, "body.invalid"),
        (json!({}), 422, "body.unacceptable"),
    ] {
        let mut body = reply.clone();
        (body["case"], body["command"]) = (case.clone().into(), house.serial().to_string().into());
        let answer = rosa.post(&format!("/api/conversations/{contact}/messages"), &body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{reply}: {}", answer.body);
    }
    // A picture may go as a document, and a sound alone.
    for reply in
        [json!({ "file": picture, "media": "document", "body": "el plano" }), json!({ "file": sound })]
    {
        let mut body = reply;
        (body["case"], body["command"]) = (case.clone().into(), house.serial().to_string().into());
        let answer = rosa.post(&format!("/api/conversations/{contact}/messages"), &body).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    ana.reads(&["cliente: hola", "bot: Un momento.", "Rosa: <document> el plano", "Rosa: <audio>"]).await;
}

#[tokio::test]
async fn a_file_of_one_conversation_is_not_found_under_another_address() {
    let house = House::with(PATIENT).await;
    let (ana, luz) = (house.customer("Ana"), house.customer("Luz"));
    let image = house.media().hold("image/jpeg", JPEG);
    let sent = ana.sends("image", image).await;
    luz.says("buenas").await;
    let shown = settled(&house, &ana).await;
    let (ana_id, luz_id) = (ana.id().await.unwrap(), luz.id().await.unwrap());
    let screen = house.screen().await;
    for path in [
        format!("/api/conversations/{luz_id}/messages/1/file"),
        format!("/api/conversations/{ana_id}/messages/2/file"),
        format!("/api/conversations/{ana_id}/messages/x/file"),
        format!("/api/conversations/{ana_id}/messages/-1/file"),
        "/api/conversations/nobody/messages/1/file".to_owned(),
    ] {
        let got = get(&screen, &path, &[]).await;
        assert_eq!((got.status, got.header("content-type")), (404, "application/problem+json"), "{path}");
    }
    // Taken back by its author, it is nobody's to see.
    assert_eq!(get(&screen, url(&shown), &[]).await.status, 200);
    ana.sends("revoke", json!({ "original_message_id": sent })).await;
    assert_eq!(get(&screen, url(&shown), &[]).await.status, 404);
    let message = &ana.conversation().await["messages"][0];
    assert_eq!((&message["revoked"], &message["content"]), (&json!(true), &json!({ "type": "revoked" })));
}

/// A flow that sends a picture which stands beside it.
const WITH_PICTURE: &str = r#"
id: foto
name: Con foto
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: foto } }
  foto:
    kind: message
    config: { parts: [ { type: image, file: fotos/casa.jpg, caption: "Para {{ contact.name }}" } ] }
    exits: { next: fin }
  fin: { kind: end }
"#;

#[tokio::test]
async fn a_flow_is_published_with_the_files_that_it_sends() {
    let house = House::open().await;
    let (ana, screen) = (house.customer("Ana"), house.screen().await);
    let bare = screen.publish(WITH_PICTURE).await;
    assert_eq!((bare.status, bare.code()), (422, "flow.invalid"));
    assert_eq!(bare.body["problems"][0]["code"], "file.missing");
    assert_eq!(
        (&bare.body["problems"][0]["node"], &bare.body["problems"][0]["line"]),
        (&json!("foto"), &json!(9))
    );

    let picture = screen.upload("x.jpg", JPEG).await.body["id"].clone();
    let recipe = screen.upload("x.pdf", PDF).await.body["id"].clone();
    let with = async |file: &Value, path: &str| {
        screen.post(path, &json!({ "document": WITH_PICTURE, "files": { "fotos/casa.jpg": file } })).await
    };
    let unfit = with(&recipe, "/api/flows/check").await;
    assert_eq!((unfit.status, &unfit.body["problems"][0]["code"]), (200, &json!("file.unfit")));
    assert_eq!(with(&json!("nothing"), "/api/flows").await.body["problems"][0]["code"], "file.missing");
    let published = with(&picture, "/api/flows").await;
    assert_eq!(published.status, 201, "{}", published.body);
    let again = with(&picture, "/api/flows").await;
    assert_eq!(again.body["version"], published.body["version"], "the same files are the same version");

    ana.says("hola").await;
    ana.reads(&["cliente: hola", "bot: <image> Para Ana"]).await;
    house.restart().await;
    let luz = house.customer("Luz");
    luz.says("hola").await;
    luz.reads(&["cliente: hola", "bot: <image> Para Luz"]).await;
    let posted = house.graph().posted_to(&luz.phone);
    let Content::Media { source: MediaSource::Stored(file), .. } = &posted[0].content else {
        panic!("{posted:?}")
    };
    assert_eq!(
        (file.id.clone(), file.name.as_str(), file.mime.as_str()),
        (FileId::of(JPEG), "casa.jpg", "image/jpeg")
    );
}
