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
fn an_image_has_one_source_and_a_caption() {
    limit("image", &json!({"link": "https://x.y/z.png", "caption": "x"}), "/caption", 1024);
    assert_eq!(code(with("image", json!({"id": "1234"}))), None);
    assert_eq!(code(with("image", json!({}))), Some(131_008));
    assert_eq!(code(with("image", json!({"id": "1", "link": "https://x.y"}))), Some(131_009));
    assert_eq!(code(with("image", json!({"link": "file:///etc/passwd"}))), Some(131_009));
    assert_eq!(code(with("image", json!({"link": "cat.png"}))), Some(131_009));
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
