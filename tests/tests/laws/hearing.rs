//! What customers do, in full: every type is in the history, with what it belongs to; afterwards they react,
//! correct and take back, which is no answer to anything.

use cauce_model::{Duration, InboundContent};
use cauce_tests::house::{Customer, House};
use serde_json::{Value, json};

use crate::journeys::{HELP, PATIENT};

const ASKED: [&str; 4] = ["cliente: hola", "bot: Uno.", "bot: Dos.", "bot: ¿Tres?"];

/// The last message as the screen shows it.
async fn last(customer: &Customer) -> Value {
    customer.conversation().await["messages"].as_array().unwrap().last().unwrap().clone()
}

/// The same once its file, if it has one, is no longer coming.
async fn settled(house: &House, customer: &Customer) -> Value {
    house
        .until(async || match last(customer).await {
            message if message["content"]["state"] == "coming" => Err(message.to_string()),
            message => Ok(message),
        })
        .await
}

#[tokio::test]
async fn every_type_is_in_the_history() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let file = |mime: &str, bytes: &[u8], more: Value| {
        let mut held = house.media().hold(mime, bytes);
        held.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        held
    };
    let choice = |kind: &str| json!({ "type": kind, kind: { "id": "a", "title": "Así" } });
    let media = |media: &str, caption: Value, name: Value, animated: bool| {
        json!({ "type": "media", "media": media, "caption": caption, "name": name, "animated": animated,
            "state": "ready", "error": null })
    };
    let none = Value::Null;
    let types = [
        ("text", json!({ "body": "¿Abren?" }), json!({ "type": "text", "body": "¿Abren?" }), "¿Abren?"),
        (
            "image",
            file("image/jpeg", b"\xff\xd8\xff\xe0 a", json!({ "caption": "Mi casa" })),
            media("image", json!("Mi casa"), none.clone(), false),
            "Foto: Mi casa",
        ),
        (
            "video",
            file("video/mp4", b"a film", json!({})),
            media("video", none.clone(), none.clone(), false),
            "Video",
        ),
        (
            "audio",
            file("audio/mpeg", b"ID3 a", json!({})),
            media("audio", none.clone(), none.clone(), false),
            "Audio",
        ),
        (
            "audio",
            file("audio/ogg; codecs=opus", b"OggS a", json!({ "voice": true })),
            media("voice", none.clone(), none.clone(), false),
            "Nota de voz",
        ),
        (
            "document",
            file("application/pdf", b"%PDF-1.7 a", json!({ "filename": "a.pdf", "caption": "El plano" })),
            media("document", json!("El plano"), json!("a.pdf"), false),
            "Documento: El plano",
        ),
        (
            "sticker",
            file("image/webp", b"RIFF a", json!({ "animated": true })),
            media("sticker", none.clone(), none.clone(), true),
            "Sticker",
        ),
        (
            "location",
            json!({ "latitude": -12.05, "longitude": -77.04, "name": "Plaza", "address": "Jr. Unión 1" }),
            json!({ "type": "location", "latitude": -12.05, "longitude": -77.04, "name": "Plaza",
                "address": "Jr. Unión 1" }),
            "Ubicación: Plaza",
        ),
        (
            "contacts",
            json!([{ "name": { "formatted_name": "Beto Paz" }, "phones": [{ "phone": "+51 988 777 666" }],
                "emails": [{ "email": "beto@example.com" }], "org": { "company": "Paz SA" } }]),
            json!({ "type": "contacts", "cards": [{ "name": "Beto Paz", "phones": ["+51 988 777 666"],
                "emails": ["beto@example.com"], "organisation": "Paz SA" }] }),
            "Contacto: Beto Paz",
        ),
        (
            "interactive",
            choice("button_reply"),
            json!({ "type": "choice", "id": "a", "title": "Así" }),
            "Así",
        ),
        ("interactive", choice("list_reply"), json!({ "type": "choice", "id": "a", "title": "Así" }), "Así"),
        (
            "interactive",
            json!({ "type": "nfm_reply", "nfm_reply": { "name": "flow", "body": "Sent",
                "response_json": r#"{"ciudad":"Lima"}"# } }),
            json!({ "type": "form", "name": "flow", "answers": [{ "key": "ciudad", "value": "Lima" }] }),
            "Formulario completado",
        ),
        (
            "interactive",
            json!({ "type": "call_permission_reply", "call_permission_reply": { "response": "accept" } }),
            json!({ "type": "call_permission", "allowed": true }),
            "Permite llamadas",
        ),
        (
            "button",
            json!({ "payload": "si", "text": "Sí, quiero" }),
            json!({ "type": "choice", "id": "si", "title": "Sí, quiero" }),
            "Sí, quiero",
        ),
        (
            "order",
            json!({ "catalog_id": "7", "text": "Para hoy", "product_items": [{ "product_retailer_id": "pan",
                "quantity": "2", "item_price": 1.5, "currency": "PEN" }] }),
            json!({ "type": "order", "catalog": "7", "text": "Para hoy", "items": [{ "product": "pan",
                "quantity": 2, "price": 1.5, "currency": "PEN" }] }),
            "Pedido: Para hoy",
        ),
        (
            "system",
            json!({ "type": "customer_identity_changed", "body": "Ana cambió de teléfono." }),
            json!({ "type": "notice", "body": "Ana cambió de teléfono." }),
            "Ana cambió de teléfono.",
        ),
        (
            "unsupported",
            json!({ "type": "poll_creation" }),
            json!({ "type": "unsupported", "kind": "poll_creation" }),
            "Mensaje que no se puede mostrar",
        ),
        (
            "hologram",
            json!({ "of": "the future" }),
            json!({ "type": "unsupported", "kind": "hologram" }),
            "Mensaje que no se puede mostrar",
        ),
    ];
    for (n, (kind, content, shown, line)) in types.iter().enumerate() {
        ana.sends(kind, content.clone()).await;
        let message = settled(&house, &ana).await;
        for (key, value) in shown.as_object().unwrap() {
            assert_eq!(&message["content"][key], value, "{kind}: {message}");
        }
        assert_eq!((&message["seq"], &message["direction"]), (&json!(n + 1), &json!("in")));
        assert_eq!(message["author"], json!({ "kind": "contact" }));
        assert_eq!(ana.conversation().await["summary"]["last"]["text"], *line, "{kind}");
    }
    // A file that WhatsApp could not take either.
    let mut lost = ana.element("image", json!({ "mime_type": "image/jpeg" }));
    lost["errors"] = json!([{ "code": 131052, "title": "Media download error" }]);
    ana.does(lost).await;
    let shown = last(&ana).await["content"].clone();
    assert_eq!((&shown["state"], &shown["error"]["code"]), (&json!("lost"), &json!("131052")));
    assert!(house.graph().posted().is_empty() && house.dead_letters().await.is_empty());
}

#[tokio::test]
async fn what_a_message_belongs_to_is_kept() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.says("tres").await;
    let ours = house.graph().until_posted(&ana.phone, 4).await[1].wamid.clone();
    ana.got(&["accepted"; 4]).await;
    let quoting = async |id: &str| -> String {
        let mut element = ana.element("text", json!({ "body": "ese" }));
        element["context"] = json!({ "from": "51900000000", "id": id });
        ana.does(element).await
    };
    let mine = quoting(&ours).await;
    let quote = last(&ana).await["quote"].clone();
    assert_eq!((&quote["seq"], &quote["preview"]), (&json!(3), &json!("Dos.")));
    assert_eq!(quote["author"], json!({ "kind": "bot", "node": "dos", "node_name": "dos" }));
    quoting(&mine).await;
    assert_eq!(last(&ana).await["quote"]["preview"], "ese");
    quoting("wamid.from.before").await;
    assert_eq!(last(&ana).await["quote"], Value::Null);
    ana.sends("revoke", json!({ "original_message_id": mine })).await;
    quoting(&mine).await;
    assert_eq!(last(&ana).await["quote"]["preview"], "Se eliminó este mensaje");

    for (context, forwarded) in [
        (json!({ "forwarded": true }), json!("once")),
        (json!({ "frequently_forwarded": true }), json!("often")),
        (json!({}), Value::Null),
    ] {
        let mut element = ana.element("text", json!({ "body": "cadena" }));
        element["context"] = context;
        ana.does(element).await;
        assert_eq!(last(&ana).await["forwarded"], forwarded);
    }
    let mut asks = ana.element("text", json!({ "body": "¿hay?" }));
    asks["context"] = json!({ "referred_product": { "catalog_id": "7", "product_retailer_id": "pan" } });
    asks["referral"] = json!({ "source_url": "https://fb.me/x", "source_id": "120", "source_type": "ad",
        "headline": "Pan fresco", "body": "Todo el día", "ctwa_clid": "clic" });
    ana.does(asks).await;
    house.restart().await;
    let message = last(&ana).await;
    assert_eq!(message["product"], "pan");
    assert_eq!(
        message["referral"],
        json!({ "source_type": "ad", "source_url": "https://fb.me/x", "headline": "Pan fresco",
            "body": "Todo el día" })
    );
    let kept = ana.kept(message["seq"].as_u64().unwrap()).await;
    assert_eq!(kept.context.referral.unwrap().click_id.as_deref(), Some("clic"));
}

#[tokio::test]
async fn a_reaction_is_put_replaced_and_removed() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    ana.says("hola").await;
    ana.reads(&ASKED).await;
    let ours = house.graph().posted_to(&ana.phone)[0].wamid.clone();
    let under = async |seq: usize| ana.conversation().await["messages"][seq - 1]["reactions"].clone();
    for (reaction, shown) in [
        (json!({ "emoji": "👍" }), json!([{ "by": "contact", "emoji": "👍" }])),
        (json!({ "emoji": "❤️" }), json!([{ "by": "contact", "emoji": "❤️" }])),
        (json!({ "emoji": "" }), json!([])),
        (json!({ "emoji": "😂" }), json!([{ "by": "contact", "emoji": "😂" }])),
        (json!({}), json!([])),
    ] {
        let mut reaction = reaction;
        reaction["message_id"] = json!(ours);
        ana.sends("reaction", reaction).await;
        assert_eq!(under(2).await, shown);
    }
    ana.sends("reaction", json!({ "message_id": "wamid.from.before", "emoji": "👍" })).await;
    ana.reads(&ASKED).await;
    for seq in 1..=4 {
        assert_eq!(under(seq).await, json!([]));
    }
    // Somebody else's thumb is not hers.
    let beto = house.customer("Beto");
    beto.sends("reaction", json!({ "message_id": ours, "emoji": "👎" })).await;
    assert_eq!(under(2).await, json!([]));
}

#[tokio::test]
async fn a_correction_keeps_what_it_was() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let first = ana.sends("text", json!({ "body": "Son 3 pares" })).await;
    let edit = async |target: &str, kind: &str, content: Value| {
        let message = json!({ "type": kind, kind: content });
        ana.sends("edit", json!({ "original_message_id": target, "message": message })).await;
    };
    edit(&first, "text", json!({ "body": "Son 4 pares" })).await;
    house.advance(Duration::minutes(1));
    edit(&first, "text", json!({ "body": "Son 5 pares" })).await;
    house.restart().await;
    ana.reads(&["cliente: Son 5 pares"]).await;
    assert_eq!(last(&ana).await["edited"], true);
    let was: Vec<_> = ana.kept(1).await.edits.into_iter().map(|edit| edit.was).collect();
    assert_eq!(was, ["Son 3 pares", "Son 4 pares"].map(|body| InboundContent::Text { body: body.into() }));
    assert_eq!(ana.conversation().await["summary"]["last"]["text"], "Son 5 pares");

    // Words under a picture: the picture stays, also when Meta has it no more.
    let picture = house.media().hold("image/jpeg", b"\xff\xd8\xff\xe0 a");
    let mut sent = picture.clone();
    sent["caption"] = json!("Mi caza");
    let id = ana.sends("image", sent).await;
    let before = settled(&house, &ana).await["content"].clone();
    house.media().set(&picture, cauce_tests::house::MediaState::Gone);
    let mut sent = picture.clone();
    sent["caption"] = json!("Mi casa");
    edit(&id, "image", sent).await;
    let after = last(&ana).await["content"].clone();
    assert_eq!((&after["state"], &after["caption"]), (&json!("ready"), &json!("Mi casa")));
    assert_eq!((&after["url"], &after["mime"]), (&before["url"], &before["mime"]));

    // What is not theirs, or not here, is not theirs to change.
    ana.says("hola").await;
    ana.until_lived(3, |event| matches!(event, cauce_model::ContactEvent::SendAnswered { .. })).await;
    let before = ana.transcript().await;
    for target in [&house.graph().posted_to(&ana.phone)[0].wamid, "wamid.from.before"] {
        edit(target, "text", json!({ "body": "Todo gratis" })).await;
        ana.sends("revoke", json!({ "original_message_id": target })).await;
    }
    assert_eq!(ana.transcript().await, before);
}

#[tokio::test]
async fn what_was_taken_back_is_shown_as_such() {
    let house = House::with(PATIENT).await;
    let (ana, screen) = (house.customer("Ana"), house.screen().await);
    let kept = ana.sends("text", json!({ "body": "Mi clave es 1234" })).await;
    ana.sends("revoke", json!({ "original_message_id": kept })).await;
    let conversation = ana.conversation().await;
    let message = &conversation["messages"][0];
    assert_eq!((&message["revoked"], &message["content"]), (&json!(true), &json!({ "type": "revoked" })));
    assert_eq!(conversation["summary"]["last"]["text"], "Se eliminó este mensaje");
    house.app().runtime.read_until(&house.app().runtime.written()).await;
    let list = screen.list("all").await.body;
    assert!(!format!("{conversation} {list}").contains("1234"), "{list}");
    // What somebody decided on it can still be looked into.
    assert_eq!(ana.kept(1).await.revoked_at, Some(house.now()));
    // Corrected after that, it stays away.
    let message = json!({ "type": "text", "text": { "body": "4321" } });
    ana.sends("edit", json!({ "original_message_id": kept, "message": message })).await;
    assert!(!ana.conversation().await.to_string().contains("4321"));
}

#[tokio::test]
async fn reacting_correcting_and_taking_back_answer_nothing_and_open_no_window() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let hello = ana.sends("text", json!({ "body": "hola" })).await;
    ana.reads(&ASKED).await;
    let window = ana.conversation().await["summary"]["window_ends_at"].clone();
    house.advance(Duration::hours(23));
    let message = json!({ "type": "text", "text": { "body": "hola hola" } });
    let acts = [
        ("reaction", json!({ "message_id": hello, "emoji": "👍" })),
        ("edit", json!({ "original_message_id": hello, "message": message })),
        ("revoke", json!({ "original_message_id": hello })),
        ("system", json!({ "type": "customer_identity_changed", "body": "Nuevo teléfono." })),
    ];
    for (kind, content) in &acts {
        ana.sends(kind, content.clone()).await;
    }
    house.settle().await;
    assert_eq!(house.graph().posted_to(&ana.phone).len(), 3);
    assert_eq!(ana.conversation().await["summary"]["window_ends_at"], window);

    // Nor do they count as unread, or begin a conversation that nobody began.
    let help = House::with(HELP).await;
    let (beto, rosa) = (help.customer("Beto"), help.login("Rosa").await);
    beto.says("hola").await;
    let case = beto.is_taken_by(&rosa).await;
    assert_eq!(rosa.reply(&case, "Dime.").await.status, 202);
    for (kind, content) in &acts[..3] {
        beto.sends(kind, content.clone()).await;
    }
    assert_eq!(beto.conversation().await["summary"]["unread"], 0);
    let eva = help.customer("Eva");
    eva.sends(acts[0].0, acts[0].1.clone()).await;
    help.settle().await;
    assert!(help.graph().posted_to(&eva.phone).is_empty());
}

#[tokio::test]
async fn what_the_business_writes_on_its_phone_is_in_the_history_and_moves_no_flow() {
    let house = House::with(PATIENT).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    ana.says("hola").await;
    ana.reads(&ASKED).await;
    let window = ana.conversation().await["summary"]["window_ends_at"].clone();
    house.advance(Duration::hours(1));
    let echo = ana.is_told_by_phone("text", json!({ "body": "hola, soy Luis" })).await;
    house.settle().await;
    let message = last(&ana).await;
    assert_eq!((&message["author"]["kind"], &message["direction"]), (&json!("phone"), &json!("out")));
    assert_eq!(message["content"]["body"], "hola, soy Luis");
    assert_eq!(ana.conversation().await["summary"]["window_ends_at"], window, "only the customer opens it");
    assert_eq!(house.graph().posted().len(), 3);
    // It can be quoted and reacted to like any other.
    ana.sends("reaction", json!({ "message_id": echo, "emoji": "👍" })).await;
    assert_eq!(last(&ana).await["reactions"], json!([{ "by": "contact", "emoji": "👍" }]));
    ana.says("tres").await;
    house.graph().until_posted(&ana.phone, 4).await;

    // A keyword in it begins nothing, even with somebody who never wrote.
    beto.is_told_by_phone("text", json!({ "body": "hola" })).await;
    house.settle().await;
    assert_eq!(beto.conversation().await["messages"].as_array().unwrap().len(), 1);
    assert!(house.graph().posted_to(&beto.phone).is_empty());
    beto.says("hola").await;
    beto.until_lived(3, |event| matches!(event, cauce_model::ContactEvent::SendAnswered { .. })).await;
}

#[tokio::test]
async fn the_business_s_phone_reacts_corrects_and_takes_back_its_own_too() {
    let house = House::with(PATIENT).await;
    let ana = house.customer("Ana");
    let hers = ana.sends("text", json!({ "body": "¿Abren?" })).await;
    let ours = ana.is_told_by_phone("text", json!({ "body": "Si" })).await;
    let message = |body: &str| json!({ "type": "text", "text": { "body": body } });
    ana.is_told_by_phone("reaction", json!({ "message_id": hers, "emoji": "🙏" })).await;
    ana.is_told_by_phone("edit", json!({ "original_message_id": ours, "message": message("Sí") })).await;
    let conversation = ana.conversation().await;
    let messages = conversation["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["reactions"], json!([{ "by": "team", "emoji": "🙏" }]));
    assert_eq!((&messages[1]["content"]["body"], &messages[1]["edited"]), (&json!("Sí"), &json!(true)));
    // Neither side changes what the other wrote.
    ana.is_told_by_phone("revoke", json!({ "original_message_id": hers })).await;
    ana.sends("revoke", json!({ "original_message_id": ours })).await;
    ana.sends("edit", json!({ "original_message_id": ours, "message": message("No") })).await;
    assert_eq!(ana.conversation().await["messages"], conversation["messages"]);
    ana.is_told_by_phone("revoke", json!({ "original_message_id": ours })).await;
    assert_eq!(last(&ana).await["revoked"], true);
}

/// Asks for a name twice more than once.
const NAME: &str = r#"
id: nombre
name: Nombre
start: inicio
nodes:
  inicio: { kind: start, config: { keywords: [hola] }, exits: { next: nombre } }
  nombre:
    kind: question
    config: { text: ¿Cómo te llamas?, save_to: nombre, retries: { max: 3 } }
    exits: { ok: bien, no_match: mal }
  bien: { kind: end, config: { text: "Gracias, {{ nombre }}." } }
  mal: { kind: end, config: { text: Te llamamos. } }
"#;

#[tokio::test]
async fn where_words_were_asked_a_voice_note_gets_a_kind_sentence() {
    let house = House::with(NAME).await;
    let (ana, beto) = (house.customer("Ana"), house.customer("Beto"));
    let file = |mime: &str, voice: bool| {
        let mut file = house.media().hold(mime, b"something");
        file["voice"] = json!(voice);
        file
    };
    let wordless = [
        (
            "audio",
            file("audio/ogg; codecs=opus", true),
            "bot: Por ahora no puedo escuchar audios. ¿Me lo cuentas en un texto, por favor?",
        ),
        (
            "sticker",
            file("image/webp", false),
            "bot: ¡Lindo sticker! Para seguir necesito la respuesta escrita, por favor.",
        ),
        (
            "image",
            file("image/jpeg", false),
            "bot: Recibí la foto, pero aquí necesito la respuesta escrita, por favor.",
        ),
    ];
    for customer in [&ana, &beto] {
        customer.says("hola").await;
        for (kind, content, sentence) in &wordless {
            customer.sends(kind, content.clone()).await;
            let heard = async || {
                let lines = customer.transcript().await;
                if lines.last().is_some_and(|line| line == sentence) {
                    Ok(())
                } else {
                    Err(format!("{lines:#?}"))
                }
            };
            house.until(heard).await;
        }
    }
    ana.says("Ana María").await;
    beto.sends("image", file("image/jpeg", false)).await;
    for (customer, end) in [(&ana, "Gracias, Ana María."), (&beto, "Te llamamos.")] {
        let posted = house.graph().until_posted(&customer.phone, 5).await;
        assert_eq!(posted[4].text(), end);
    }
}
