//! Random customers: everything that can come in, sensible or not.

use cauce_model::{
    ContactCard, FileId, HttpAnswer, HttpFailure, HttpOutcome, InboundContent, Location, MediaKind,
    MediaState, OrderItem, ReceivedMedia, StoredFile,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::plans::TITLES;

/// What may happen.
#[derive(Debug, Clone)]
pub enum Act {
    Say(InboundContent),
    Tap(Index),
    Time,
    Done,
    NobodyCame,
    Called(HttpOutcome),
    Sent,
    Unsent,
}

pub fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.to_owned() }
}

pub fn file(media: MediaKind, state: MediaState, caption: Option<&str>) -> InboundContent {
    let file = ReceivedMedia {
        id: if media == MediaKind::Sticker { String::new() } else { "901".to_owned() },
        mime: "x/y".to_owned(),
        filename: Some("../a.pdf".to_owned()),
        sha256: None,
        animated: false,
        state,
    };
    InboundContent::Media { media, file, caption: caption.map(str::to_owned) }
}

pub const MEDIA: [MediaKind; 6] = [
    MediaKind::Image,
    MediaKind::Video,
    MediaKind::Audio,
    MediaKind::Voice,
    MediaKind::Document,
    MediaKind::Sticker,
];

pub fn place() -> InboundContent {
    InboundContent::Location(Location { latitude: -12.05, longitude: -77.04, name: None, address: None })
}

/// Words that fit one or another sort of answer.
pub const SENSIBLE: [&str; 17] = [
    "sí",
    "No, gracias",
    "2",
    "la primera",
    "sinonimo",
    "dos mil quinientos",
    "ana@x.pe",
    "999 888 777",
    "mañana",
    "ayer",
    "15/3/2027",
    "a las 4 y media",
    "mañana a las 5",
    "12345678",
    "12.345.678-5",
    "VENTAS",
    "Ana",
];

fn media() -> impl Strategy<Value = InboundContent> {
    let stored = StoredFile { id: FileId::of(b"a"), mime: "x/y".into(), size: 3, name: "a".into() };
    let states = vec![
        MediaState::Coming,
        MediaState::Stored(stored),
        MediaState::Lost { code: "not_found".into(), text: "Ya no está.".into() },
    ];
    let caption = select(vec![None, Some("Ana"), Some(" "), Some("2")]);
    (select(MEDIA.to_vec()), select(states), caption)
        .prop_map(|(media, state, caption)| file(media, state, caption))
}

/// Every sort of content.
pub fn content() -> impl Strategy<Value = InboundContent> {
    let cards = prop::collection::vec("\\PC{0,10}", 0..3).prop_map(|names| {
        let card = |name: String| ContactCard {
            phones: vec!["+51 999 888 777".into()],
            name,
            ..ContactCard::default()
        };
        InboundContent::Contacts { cards: names.into_iter().map(card).collect() }
    });
    let location = (-90.0..=90.0_f64, -180.0..=180.0_f64, prop::option::of("\\PC{0,9}")).prop_map(
        |(latitude, longitude, name)| {
            InboundContent::Location(Location { latitude, longitude, name, address: None })
        },
    );
    let item = OrderItem { product: "p".into(), quantity: 2, price: 9.5, currency: "PEN".into() };
    let of = || "wamid.1".to_owned();
    prop_oneof![
        3 => "\\PC{0,30}".prop_map(|body| text(&body)),
        6 => select(SENSIBLE.to_vec()).prop_map(text),
        2 => select(vec![" ", "..", "..", "/../?#", "999999999999999999999", "{{ a }}", "\u{0}\u{202e}"]).prop_map(text),
        2 => Just(text(&"largo ".repeat(900))),
        1 => ("[0-9a-z.]{0,30}", "\\PC{0,20}").prop_map(|(id, title)| InboundContent::Choice { id, title }),
        1 => ("(00000000000000aa\\.)?[0-3]\\.(o[0-9]|yes|no)", select(TITLES.to_vec()))
            .prop_map(|(id, title)| InboundContent::Choice { id, title: title.to_owned() }),
        4 => media(),
        2 => location,
        1 => cards,
        1 => Just(InboundContent::Form { name: "flow".into(), answers: json!({ "x": 1 }) }),
        1 => Just(InboundContent::Order { catalog: "c".into(), text: "Ana".into(), items: vec![item] }),
        1 => prop::option::of(Just("👍".to_owned()))
            .prop_map(move |emoji| InboundContent::Reaction { target: of(), emoji }),
        1 => Just(InboundContent::Edit { target: of(), content: Box::new(text("2")) }),
        1 => Just(InboundContent::Revoke { target: of() }),
        1 => prop::bool::ANY.prop_map(|allowed| InboundContent::CallPermission { allowed }),
        1 => Just(InboundContent::Notice { body: "cambió".into(), addresses: vec![], reply_to: None }),
        1 => Just(InboundContent::Unsupported { kind: "x".into(), raw: Value::Null }),
    ]
}

pub fn answered(status: u16, body: Value) -> HttpOutcome {
    HttpOutcome::Answered(HttpAnswer { status, body, retry_after: None })
}

pub fn silent() -> HttpOutcome {
    HttpOutcome::Unavailable(HttpFailure { code: "timeout".into(), text: "Tardó.".into() })
}

/// An answer that has whatever a flow may ask of it.
pub fn rich() -> Value {
    json!({ "x": [{ "y": 1 }, { "y": "dos" }], "n": 3.5 })
}

fn outcome() -> impl Strategy<Value = HttpOutcome> {
    let body = prop_oneof![
        2 => Just(rich()),
        1 => Just(Value::Null),
        1 => Just(json!("texto")),
        1 => Just(json!({ "x": "y" })),
        1 => Just(json!({ "x": [1, 2] })),
        1 => Just(json!(vec!["x".repeat(1_000); 100])),
    ];
    let unusable = HttpOutcome::Unusable(HttpFailure { code: "not_json".into(), text: "No es JSON.".into() });
    prop_oneof![
        5 => (select(vec![200, 201, 204, 301, 404, 408, 425, 429, 500, 503, 0, 65535]), body)
            .prop_map(|(status, body)| answered(status, body)),
        1 => Just(unusable),
        1 => Just(silent()),
    ]
}

pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => content().prop_map(Act::Say),
        5 => any::<Index>().prop_map(Act::Tap),
        2 => Just(Act::Time),
        2 => Just(Act::Done),
        1 => Just(Act::NobodyCame),
        4 => outcome().prop_map(Act::Called),
        2 => Just(Act::Sent),
        1 => Just(Act::Unsent),
    ]
}
