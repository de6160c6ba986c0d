//! Every limit of Meta's page, at its edge and one past it.

use serde_json::{Value, json};

use super::*;

fn code(body: Value) -> Option<u32> {
    send(body.as_object().unwrap()).err().map(|error| error.code)
}

fn with(kind: &str, content: Value) -> Value {
    let mut body = json!({"messaging_product": "whatsapp", "to": "+51 987-654-321", "type": kind});
    body[kind] = content;
    body
}

fn of(length: usize) -> String {
    "ñ".repeat(length)
}

fn buttons_of(buttons: &[(&str, &str)]) -> Value {
    let buttons: Vec<Value> = buttons
        .iter()
        .map(|(id, title)| json!({"type": "reply", "reply": {"id": id, "title": title}}))
        .collect();
    json!({"type": "button", "body": {"text": "¿Sí?"}, "action": {"buttons": buttons}})
}

fn list_of(sections: Value) -> Value {
    json!({"type": "list", "body": {"text": "Elige"}, "action": {"button": "Ver", "sections": sections}})
}

fn rows(count: usize) -> Vec<Value> {
    (0..count).map(|row| json!({"id": format!("r{row}"), "title": "Fila"})).collect()
}

/// `good` passes with `path` set to the longest text and fails with 131009 one character past it.
fn limit(kind: &str, good: &Value, path: &str, longest: usize) {
    for (length, expected) in [(longest, None), (longest + 1, Some(131_009)), (0, Some(131_009))] {
        let mut content = good.clone();
        *content.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = json!(of(length));
        assert_eq!(code(with(kind, content)), expected, "{kind} {path} with {length}");
    }
}

#[test]
fn a_number_is_read_in_any_of_its_forms() {
    let body = with("text", json!({"body": "hola"}));
    let read = send(body.as_object().unwrap()).unwrap();
    let phone = Recipient::Phone { input: "+51 987-654-321".into(), digits: "51987654321".into() };
    assert_eq!(read, phone);
    let by_id = json!({"messaging_product": "whatsapp", "recipient": "PE.1", "text": {"body": "hola"}});
    assert_eq!(send(by_id.as_object().unwrap()).unwrap(), Recipient::UserId("PE.1".into()));
}

#[test]
fn the_frame_is_required() {
    let text = json!({"body": "hola"});
    assert_eq!(code(json!({"to": "51987654321", "text": text})), Some(100));
    assert_eq!(code(json!({"messaging_product": "telegram", "to": "51987654321", "text": text})), Some(100));
    assert_eq!(code(json!({"messaging_product": "whatsapp", "text": text})), Some(100));
    assert_eq!(code(json!({"messaging_product": "whatsapp", "to": "51987654321"})), Some(131_008));
    assert_eq!(code(json!({"messaging_product": "whatsapp", "to": "rosa", "text": text})), Some(131_009));
    assert_eq!(
        code(json!({"messaging_product": "whatsapp", "to": 51987654321_i64, "text": text})),
        Some(131_009)
    );
    let mut group = with("text", text.clone());
    group["recipient_type"] = json!("group");
    assert_eq!(code(group), Some(131_051));
    assert_eq!(code(with("hologram", json!({}))), Some(131_051));
    let mut quoting = with("text", text);
    quoting["context"] = json!({});
    assert_eq!(code(quoting), Some(131_008));
}

#[test]
fn texts_and_opaque_data_have_their_lengths() {
    limit("text", &json!({"body": "x"}), "/body", 4096);
    assert_eq!(code(with("text", json!({"body": "x", "preview_url": "yes"}))), Some(131_009));
    for (length, expected) in [(512, None), (513, Some(131_009))] {
        let mut body = with("text", json!({"body": "x"}));
        body["biz_opaque_callback_data"] = json!("a".repeat(length));
        assert_eq!(code(body), expected);
    }
}

#[test]
fn a_file_has_one_source_and_what_its_kind_takes() {
    let link = "https://x.y/z";
    for kind in ["image", "video", "audio", "document", "sticker"] {
        let bad = |content: Value| code(with(kind, content));
        assert_eq!(bad(json!({"id": "1234"})), None, "{kind}");
        assert_eq!(bad(json!({"link": link})), None, "{kind}");
        assert_eq!(bad(json!({})), Some(131_008), "{kind}");
        assert_eq!(bad(json!({"id": "1", "link": link})), Some(131_009), "{kind}");
        assert_eq!(bad(json!({"link": "file:///etc/passwd"})), Some(131_009), "{kind}");
        assert_eq!(bad(json!({"link": "cat.png"})), Some(131_009), "{kind}");
        assert_eq!(bad(json!({"id": 1234})), Some(131_009), "{kind}");
        let (caption, named) =
            (json!({"link": link, "caption": "x"}), json!({"link": link, "filename": "x"}));
        if matches!(kind, "audio" | "sticker") {
            assert_eq!(bad(caption), Some(100), "{kind}");
        } else {
            limit(kind, &caption, "/caption", 1024);
        }
        assert_eq!(bad(named), (kind != "document").then_some(100), "{kind}");
    }
    assert_eq!(code(with("audio", json!({"id": "1", "voice": true}))), None);
    assert_eq!(code(with("audio", json!({"id": "1", "voice": "yes"}))), Some(131_009));
    assert_eq!(code(with("video", json!({"id": "1", "voice": true}))), Some(100));
}

#[test]
fn a_place_has_two_coordinates() {
    let place = |latitude: Value, longitude: Value| {
        code(with("location", json!({"latitude": latitude, "longitude": longitude, "name": "Plaza"})))
    };
    assert_eq!(place(json!(-12.046), json!(-77.03)), None);
    assert_eq!(place(json!("-12.046"), json!("-77.03")), None);
    assert_eq!(place(json!(90), json!(180)), None);
    assert_eq!(place(json!(90.1), json!(0)), Some(131_009));
    assert_eq!(place(json!(0), json!("180.5")), Some(131_009));
    assert_eq!(place(json!("north"), json!(0)), Some(131_009));
    assert_eq!(code(with("location", json!({"latitude": 1}))), Some(131_008));
}

#[test]
fn cards_have_a_name_and_are_at_most_257() {
    let card =
        json!({"name": {"formatted_name": "Ana", "first_name": "Ana"}, "phones": [{"phone": "+51 1"}]});
    for (count, expected) in [(1, None), (257, None), (258, Some(131_009)), (0, Some(131_009))] {
        assert_eq!(code(with("contacts", json!(vec![card.clone(); count]))), expected, "{count}");
    }
    assert_eq!(code(with("contacts", card)), Some(131_009), "not a list");
    assert_eq!(code(with("contacts", json!([{"name": {"first_name": "Ana"}}]))), Some(131_008));
    assert_eq!(code(with("contacts", json!([{"phones": []}]))), Some(131_008));
    let named =
        |phones: Value| code(with("contacts", json!([{"name": {"formatted_name": "A"}, "phones": phones}])));
    assert_eq!(named(json!("+51")), Some(131_009));
    assert_eq!(named(json!([{"phone": 51}])), Some(131_009));
}

#[test]
fn a_reaction_is_one_emoji_or_none() {
    let emoji = |emoji: Value| code(with("reaction", json!({"message_id": "wamid.A", "emoji": emoji})));
    for good in ["👍", "❤️", "👩🏽‍👩🏽‍👧🏽‍👦🏽", "1️⃣", "🇵🇪", ""] {
        assert_eq!(emoji(json!(good)), None, "{good}");
    }
    assert_eq!(emoji(json!("ok")), Some(131_009));
    assert_eq!(emoji(json!("👍".repeat(12))), Some(131_009));
    assert_eq!(emoji(json!(1)), Some(131_009));
    assert_eq!(code(with("reaction", json!({"message_id": "wamid.A"}))), Some(131_008));
    assert_eq!(code(with("reaction", json!({"emoji": "👍"}))), Some(131_008));
}

#[test]
fn a_link_button_and_a_request_for_a_place_have_their_action() {
    let link = json!({"type": "cta_url", "body": {"text": "Mira"}, "footer": {"text": "x"},
        "header": {"type": "document", "document": {"link": "https://x.y/z.pdf", "filename": "z.pdf"}},
        "action": {"name": "cta_url", "parameters": {"display_text": "Abrir", "url": "https://x.y"}}});
    assert_eq!(code(with("interactive", link.clone())), None);
    limit("interactive", &link, "/body/text", 1024);
    limit("interactive", &link, "/footer/text", 60);
    limit("interactive", &link, "/action/parameters/display_text", 20);
    for (path, wrong) in
        [("/action/parameters/url", "x.y"), ("/action/name", "open"), ("/header/type", "sticker")]
    {
        let mut bad = link.clone();
        *bad.pointer_mut(path).unwrap() = json!(wrong);
        assert_eq!(code(with("interactive", bad)), Some(131_009), "{path}");
    }
    let mut without = link;
    without["action"]["parameters"].as_object_mut().unwrap().remove("url");
    assert_eq!(code(with("interactive", without)), Some(131_008));

    let place = json!({"type": "location_request_message", "body": {"text": "¿Dónde?"},
        "action": {"name": "send_location"}});
    assert_eq!(code(with("interactive", place.clone())), None);
    limit("interactive", &place, "/body/text", 1024);
    for key in ["header", "footer"] {
        let mut odd = place.clone();
        odd[key] = json!({"type": "text", "text": "x"});
        assert_eq!(code(with("interactive", odd)), Some(131_009), "{key}");
    }
    assert_eq!(code(with("interactive", json!({"type": "carousel", "body": {"text": "x"}}))), Some(131_051));
}

#[test]
fn buttons_are_one_to_three_and_unique() {
    let good = buttons_of(&[("a", "Sí"), ("b", "No"), ("c", "Tal vez")]);
    assert_eq!(code(with("interactive", good.clone())), None);
    limit("interactive", &good, "/body/text", 1024);
    limit("interactive", &good, "/action/buttons/0/reply/title", 20);
    limit("interactive", &good, "/action/buttons/0/reply/id", 256);
    assert_eq!(code(with("interactive", buttons_of(&[]))), Some(131_009));
    let four = buttons_of(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")]);
    assert_eq!(code(with("interactive", four)), Some(131_009));
    assert_eq!(code(with("interactive", buttons_of(&[("a", "Sí"), ("b", "Sí")]))), Some(131_009));
    assert_eq!(code(with("interactive", buttons_of(&[("a", "Sí"), ("a", "No")]))), Some(131_009));
    let mut url = good.clone();
    url["action"]["buttons"][0]["type"] = json!("url");
    assert_eq!(code(with("interactive", url)), Some(131_009));
    for gone in ["body", "action"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(gone);
        assert_eq!(code(with("interactive", without)), Some(131_008), "without {gone}");
    }
}

#[test]
fn headers_and_footers_have_their_kinds_and_lengths() {
    let mut good = buttons_of(&[("a", "Sí")]);
    good["footer"] = json!({"text": "x"});
    good["header"] = json!({"type": "text", "text": "x"});
    limit("interactive", &good, "/footer/text", 60);
    limit("interactive", &good, "/header/text", 60);
    good["header"] = json!({"type": "image", "image": {"link": "https://x.y/z.png"}});
    assert_eq!(code(with("interactive", good.clone())), None);
    good["header"] = json!({"type": "image"});
    assert_eq!(code(with("interactive", good.clone())), Some(131_008));
    good["header"] = json!({"type": "sticker"});
    assert_eq!(code(with("interactive", good)), Some(131_009));
    let mut list = list_of(json!([{"rows": rows(1)}]));
    list["header"] = json!({"type": "image", "image": {"link": "https://x.y/z.png"}});
    assert_eq!(code(with("interactive", list)), Some(131_009));
}

#[test]
fn lists_have_ten_rows_in_all() {
    let mut good = list_of(json!([{"title": "Todo", "rows": rows(10)}]));
    good["action"]["sections"][0]["rows"][0]["description"] = json!("x");
    assert_eq!(code(with("interactive", good.clone())), None);
    limit("interactive", &good, "/body/text", 4096);
    limit("interactive", &good, "/action/button", 20);
    limit("interactive", &good, "/action/sections/0/title", 24);
    limit("interactive", &good, "/action/sections/0/rows/0/title", 24);
    limit("interactive", &good, "/action/sections/0/rows/0/description", 72);
    limit("interactive", &good, "/action/sections/0/rows/0/id", 200);
    let bad = |sections: Value| code(with("interactive", list_of(sections)));
    assert_eq!(bad(json!([{"rows": rows(11)}])), Some(131_009));
    assert_eq!(bad(json!([])), Some(131_009));
    assert_eq!(bad(json!([{"rows": []}])), Some(131_009));
    assert_eq!(bad(json!([{"rows": rows(1)}])), None, "one section needs no title");
    assert_eq!(
        bad(json!([{"title": "A", "rows": rows(1)}, {"rows": [{"id": "z", "title": "Z"}]}])),
        Some(131_008)
    );
    assert_eq!(bad(json!([{"title": "A", "rows": rows(1)}, {"title": "B", "rows": rows(1)}])), Some(131_009));
    let eleven: Vec<Value> = (0..11)
        .map(|section| json!({"title": "S", "rows": [{"id": section.to_string(), "title": "F"}]}))
        .collect();
    assert_eq!(bad(json!(eleven)), Some(131_009));
}
