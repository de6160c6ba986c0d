//! Every body as it is posted, and every limit from both sides.

use cauce_model::{Button, FileId, ListRow, ListSection, MediaKind, MediaSource, StoredFile};

use super::*;

fn text(body: &str) -> Content {
    Content::Text { body: body.into() }
}

fn buttons(titles: &[&str]) -> Content {
    let button = |(i, title): (usize, &&str)| Button { id: format!("b{i}"), title: (*title).into() };
    let buttons = titles.iter().enumerate().map(button).collect();
    Content::Buttons { body: "¿En qué te ayudamos?".into(), footer: None, buttons }
}

fn row(id: &str, title: &str) -> ListRow {
    ListRow { id: id.into(), title: title.into(), description: None }
}

fn list_of(sections: Vec<ListSection>) -> Content {
    Content::List { body: "Elige".into(), footer: None, button: "Ver".into(), sections }
}

fn refused(content: &Content) -> bool {
    build("51999888777", content, "a1", Some("m1")).is_err_and(|failure| failure.code == "limit")
}

#[test]
fn a_text() {
    assert_eq!(
        build("51999888777", &text("¡Hola! 🌵"), "a1", None).unwrap(),
        json!({"messaging_product":"whatsapp","recipient_type":"individual","to":"51999888777",
            "type":"text","text":{"body":"¡Hola! 🌵"},"biz_opaque_callback_data":"a1"})
    );
}

#[test]
fn who_has_no_phone_is_a_recipient() {
    let body = build("PE.13491208655302741918", &text("Hola"), "a1", None).unwrap();
    assert_eq!(body["recipient"], "PE.13491208655302741918");
    assert_eq!(body.get("to"), None);
    for to in ["", "+51999888777", "rosa@demo.pe", "PE.", "../x"] {
        assert_eq!(build(to, &text("Hola"), "a1", None).unwrap_err().code, "recipient", "{to}");
    }
}

fn posted(content: &Content) -> Value {
    let mut body = build("51999888777", content, "a1", Some("m1")).unwrap();
    let kind = body["type"].as_str().unwrap().to_owned();
    json!({ kind.clone(): body[&kind].take() })
}

fn media(media: MediaKind, source: MediaSource, caption: Option<&str>, filename: Option<&str>) -> Content {
    Content::Media { media, source, caption: caption.map(Into::into), filename: filename.map(Into::into) }
}

fn link() -> MediaSource {
    MediaSource::Link("https://x.pe/a".into())
}

fn stored(mime: &str, size: u64) -> MediaSource {
    MediaSource::Stored(StoredFile {
        id: FileId::of(b"x"),
        mime: mime.into(),
        size,
        name: "carta.pdf".into(),
    })
}

#[test]
fn files_by_link_and_by_upload() {
    use MediaKind::*;
    for (content, body) in [
        (
            media(Image, link(), Some("Oferta"), None),
            json!({"image":{"link":"https://x.pe/a","caption":"Oferta"}}),
        ),
        (media(Image, link(), Some(""), Some("a.png")), json!({"image":{"link":"https://x.pe/a"}})),
        (media(Image, stored("image/png", 9), None, None), json!({"image":{"id":"m1"}})),
        (media(Video, stored("video/mp4", 9), Some("C"), None), json!({"video":{"id":"m1","caption":"C"}})),
        (media(Audio, stored("audio/mpeg", 9), None, None), json!({"audio":{"id":"m1"}})),
        (
            media(Voice, stored("audio/ogg; codecs=opus", 9), None, None),
            json!({"audio":{"id":"m1","voice":true}}),
        ),
        (media(Voice, link(), None, None), json!({"audio":{"link":"https://x.pe/a","voice":true}})),
        (
            media(Document, stored("application/pdf", 9), Some("C"), None),
            json!({"document":{"id":"m1","filename":"carta.pdf","caption":"C"}}),
        ),
        (
            media(Document, stored("application/pdf", 9), None, Some("menú.pdf")),
            json!({"document":{"id":"m1","filename":"menú.pdf"}}),
        ),
        (media(Document, link(), None, None), json!({"document":{"link":"https://x.pe/a"}})),
        (media(Sticker, stored("image/webp", 9), None, None), json!({"sticker":{"id":"m1"}})),
    ] {
        assert_eq!(posted(&content), body);
    }
}

#[test]
fn files_that_whatsapp_would_refuse() {
    use MediaKind::*;
    const MB: u64 = 1024 * 1024;
    for (kind, mime, most) in [
        (Image, "image/jpeg", 5 * MB),
        (Video, "video/3gpp", 16 * MB),
        (Audio, "audio/amr", 16 * MB),
        (Voice, "audio/ogg", 16 * MB),
        (Document, "application/x-anything", 100 * MB),
        (Sticker, "image/webp", 500_000),
    ] {
        let of = |mime: &str, size| media(kind, stored(mime, size), None, None);
        assert!(!refused(&of(mime, most)), "{kind:?}");
        assert!(refused(&of(mime, most + 1)), "{kind:?}");
        assert!(refused(&of(mime, 0)), "{kind:?}");
        assert_eq!(refused(&of("text/html", 9)), kind != Document, "{kind:?}");
    }
    assert!(refused(&media(Voice, stored("audio/mpeg", 9), None, None)), "a voice note is Ogg");
    for kind in [Audio, Voice, Sticker] {
        assert!(refused(&media(kind, link(), Some("C"), None)), "{kind:?} has no caption");
    }
    assert!(!refused(&media(Image, link(), Some(&"ñ".repeat(1024)), None)));
    assert!(refused(&media(Image, link(), Some(&"ñ".repeat(1025)), None)));
    assert!(refused(&media(Document, link(), None, Some(&"x".repeat(241)))));
    for link in ["file:///etc/passwd", "", "https://", "x.pe/a.png", "javascript:alert(1)"] {
        assert!(refused(&media(Image, MediaSource::Link(link.into()), None, None)), "{link}");
    }
    let unsent = build("51999888777", &media(Image, stored("image/png", 9), None, None), "a1", None);
    assert_eq!(unsent.unwrap_err().code, "media");
}

#[test]
fn places() {
    let place = |latitude, longitude| {
        Content::Location(Location { latitude, longitude, name: Some("Taller".into()), address: None })
    };
    assert_eq!(
        posted(&place(-12.0464, -77.0428)),
        json!({"location":{"latitude":"-12.0464","longitude":"-77.0428","name":"Taller"}})
    );
    let bare = Location {
        latitude: 0.0,
        longitude: 180.0,
        name: Some(String::new()),
        address: Some("Av. 1".into()),
    };
    assert_eq!(
        posted(&Content::Location(bare)),
        json!({"location":{"latitude":"0","longitude":"180","address":"Av. 1"}})
    );
    for (latitude, longitude) in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        assert!(refused(&place(latitude, longitude)), "{latitude} {longitude}");
    }
    assert_eq!(
        posted(&Content::LocationRequest { body: "¿Dónde estás?".into() }),
        json!({"interactive":{"type":"location_request_message","body":{"text":"¿Dónde estás?"},
            "action":{"name":"send_location"}}})
    );
    assert!(refused(&Content::LocationRequest { body: String::new() }));
}

#[test]
fn contact_cards() {
    let card = |name: &str| ContactCard { name: name.into(), ..ContactCard::default() };
    let whole = ContactCard {
        phones: vec!["+51 999 888 777".into()],
        emails: vec!["ines@taller.pe".into()],
        organisation: Some("Taller Paz".into()),
        ..card("Inés Paz")
    };
    assert_eq!(
        posted(&Content::Contacts { cards: vec![whole, card("Luz")] }),
        json!({"contacts":[
            {"name":{"formatted_name":"Inés Paz","first_name":"Inés Paz"},"phones":[{"phone":"+51 999 888 777"}],
                "emails":[{"email":"ines@taller.pe"}],"org":{"company":"Taller Paz"}},
            {"name":{"formatted_name":"Luz","first_name":"Luz"}}]})
    );
    assert!(!refused(&Content::Contacts { cards: vec![card("Luz"); 5] }));
    assert!(refused(&Content::Contacts { cards: vec![card("Luz"); 6] }));
    assert!(refused(&Content::Contacts { cards: vec![] }));
    assert!(refused(&Content::Contacts { cards: vec![card(" ")] }));
}

#[test]
fn a_link_to_open() {
    let link = |title: &str, url: &str| Content::Link {
        body: "Mira la carta".into(),
        footer: Some("Taller".into()),
        title: title.into(),
        url: url.into(),
    };
    assert_eq!(
        posted(&link("Ver", "https://x.pe/carta?a=1")),
        json!({"interactive":{"type":"cta_url","body":{"text":"Mira la carta"},"footer":{"text":"Taller"},
            "action":{"name":"cta_url","parameters":{"display_text":"Ver","url":"https://x.pe/carta?a=1"}}}})
    );
    assert!(refused(&link("", "https://x.pe")));
    assert!(refused(&link(&"x".repeat(21), "https://x.pe")));
    assert!(refused(&link("Ver", "x.pe")));
}

#[test]
fn a_reaction_and_its_end() {
    let reaction = |emoji: &str| Content::Reaction { message_id: "wamid.A".into(), emoji: emoji.into() };
    assert_eq!(posted(&reaction("👍")), json!({"reaction":{"message_id":"wamid.A","emoji":"👍"}}));
    assert_eq!(posted(&reaction("")), json!({"reaction":{"message_id":"wamid.A","emoji":""}}));
    assert!(refused(&Content::Reaction { message_id: String::new(), emoji: "👍".into() }));
}

#[test]
fn buttons_to_tap() {
    let body = build("51999888777", &buttons(&["Ventas", "Soporte"]), "a1", None).unwrap();
    assert_eq!(body["type"], "interactive");
    assert_eq!(
        body["interactive"],
        json!({"type":"button","body":{"text":"¿En qué te ayudamos?"},"action":{"buttons":[
            {"type":"reply","reply":{"id":"b0","title":"Ventas"}},
            {"type":"reply","reply":{"id":"b1","title":"Soporte"}}]}})
    );
}

#[test]
fn a_list_to_choose_from() {
    let lima = ListRow { description: Some("Costa".into()), ..row("lima", "Lima") };
    let content = Content::List {
        body: "¿Ciudad?".into(),
        footer: Some("Elige una".into()),
        button: "Ver ciudades".into(),
        sections: vec![ListSection { title: None, rows: vec![lima, row("cusco", "Cusco")] }],
    };
    assert_eq!(
        build("51999888777", &content, "a1", None).unwrap()["interactive"],
        json!({"type":"list","body":{"text":"¿Ciudad?"},"footer":{"text":"Elige una"},"action":{
            "button":"Ver ciudades","sections":[{"rows":[
                {"id":"lima","title":"Lima","description":"Costa"},{"id":"cusco","title":"Cusco"}]}]}})
    );
}

#[test]
fn limits_count_characters_not_bytes() {
    assert!(!refused(&text(&"ñ".repeat(4096))));
    assert!(refused(&text(&"ñ".repeat(4097))));
    assert!(refused(&text("")));
    assert!(!refused(&buttons(&["ÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑÑ"])));
    assert!(refused(&buttons(&["123456789012345678901"])));
}

#[test]
fn what_whatsapp_would_refuse_does_not_leave() {
    assert!(refused(&buttons(&[])));
    assert!(refused(&buttons(&["a", "b", "c", "d"])));
    assert!(refused(&buttons(&["a", "a"])));
    let rows = |n: usize| (0..n).map(|i| row(&i.to_string(), "x")).collect::<Vec<_>>();
    let section = |title: Option<&str>, rows| ListSection { title: title.map(Into::into), rows };
    assert!(!refused(&list_of(vec![section(None, rows(10))])));
    assert!(refused(&list_of(vec![section(None, rows(11))])));
    assert!(refused(&list_of(vec![])));
    let two = |first: Option<&str>| {
        list_of(vec![section(first, vec![row("a", "A")]), section(Some("B"), vec![row("b", "B")])])
    };
    assert!(!refused(&two(Some("A"))));
    assert!(refused(&two(None)), "two sections need titles");
    assert!(refused(&list_of(vec![section(None, vec![row("a", "A"), row("a", "B")])])));
    assert!(build("51999888777", &text("Hola"), &"a".repeat(513), None).is_err());
}

#[test]
fn a_read_mark() {
    assert_eq!(
        read_mark("wamid.A", true),
        json!({"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","typing_indicator":{"type":"text"}})
    );
    assert_eq!(read_mark("wamid.A", false).get("typing_indicator"), None);
}
