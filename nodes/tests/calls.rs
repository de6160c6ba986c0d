//! Calls to the outside: what leaves, whatever a customer wrote, and what becomes of the answers.

use cauce_flows::{Event, Facts, Program, Run, RunState, WaitKind, start, step};
use cauce_model::{
    Duration, Effect, HttpAnswer, HttpBody, HttpFailure, HttpMethod, HttpOutcome, HttpRequest, InboundContent,
};
use cauce_nodes::catalogue;
use serde_json::{Value, json};

/// What people, and people with bad intentions, write.
const HOSTILE: &str = "\"}],\r\nX-Admin: 1&b=2#\\ñ\u{0}{{ a }}";

fn program(config: &str) -> Program {
    let yaml = format!(
        "id: f\nname: F\nstart: i\nnodes:\n  i: {{ kind: start, config: {{ any_message: true, save_to: a }}, exits: {{ next: h }} }}\n  h: {{ kind: http, config: {{ {config} }}, exits: {{ ok: ok, error: error, unavailable: unavailable }} }}\n  ok: {{ kind: end, config: {{ outcome: ok }} }}\n  error: {{ kind: end, config: {{ outcome: error }} }}\n  unavailable: {{ kind: end, config: {{ outcome: unavailable }} }}\n"
    );
    Program::read(&yaml, &catalogue()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn begin(program: &Program, written: &str) -> (Run, Vec<Effect>) {
    let content = InboundContent::Text { body: written.to_owned() };
    let id = "00000000000000aa".parse().expect("an id");
    let (run, outcome) = start(program, id, &Facts::default(), Some(&content));
    (run, outcome.effects)
}

fn asked(config: &str, written: &str) -> (HttpRequest, u32) {
    let (run, effects) = begin(&program(config), written);
    assert_eq!(run.wait().map(|wait| (wait.kind, wait.timeout)), Some((WaitKind::Call, None)));
    match &effects[..] {
        [Effect::Http { request, tries, .. }] => (request.clone(), *tries),
        other => panic!("{other:?}"),
    }
}

fn left_by(run: &Run) -> &str {
    match &run.state {
        RunState::Ended { outcome } => outcome.as_deref().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// The exit that an answer takes, and the run after it.
fn answered(config: &str, outcome: &HttpOutcome) -> (String, Run) {
    let program = program(config);
    let (mut run, _) = begin(&program, "A-1");
    step(&program, &mut run, Event::Called(outcome), &Facts::default());
    (left_by(&run).to_owned(), run)
}

fn answer(status: u16, body: Value) -> HttpOutcome {
    HttpOutcome::Answered(HttpAnswer { status, body, retry_after: None })
}

#[test]
fn a_request_is_what_the_config_says() {
    let (request, tries) = asked("url: 'https://x.pe/{{ a }}'", "A-1");
    let plain = HttpRequest {
        method: HttpMethod::Get,
        url: "https://x.pe/A-1".to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: Duration::seconds(10),
        idempotency_key: "00000000000000aa.1".to_owned(),
    };
    assert_eq!((request, tries), (plain, 3));
    let config = "method: PATCH, url: 'https://x.pe', timeout: 2s, tries: 5, headers: [{ name: A, value: 'Bearer ', secret: crm }]";
    let (request, tries) = asked(config, "A-1");
    assert_eq!((request.method, request.timeout, tries), (HttpMethod::Patch, Duration::seconds(2), 5));
    assert_eq!(
        (request.headers[0].value.as_str(), request.headers[0].secret.as_deref()),
        ("Bearer ", Some("crm"))
    );
}

#[test]
fn json_is_json_whatever_was_written() {
    let config = r#"method: POST, url: 'https://x.pe', body: { type: json, data: { texto: "Dice: {{ a }}", solo: "{{ a }}", n: "{{ 2 * 3 }}", si: true, l: ["{{ nada ?? () }}", 1.5, { "{{ a }}": "{{ contact.tags }}" }] } }"#
        .replace("nada ?? ()", "()");
    let (request, _) = asked(&config, HOSTILE);
    let HttpBody { content_type, text } = request.body.unwrap();
    assert_eq!(content_type, "application/json");
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap(),
        json!({ "texto": format!("Dice: {HOSTILE}"), "solo": HOSTILE, "n": 6, "si": true, "l": [null, 1.5, { "{{ a }}": [] }] })
    );
}

#[test]
fn a_form_and_a_text_carry_it_whole() {
    let config = "method: POST, url: 'https://x.pe', body: { type: form, fields: [{ name: a&b, value: '{{ a }}' }, { name: c, value: 'x y' }] }";
    let body = asked(config, HOSTILE).0.body.unwrap();
    assert_eq!(body.content_type, "application/x-www-form-urlencoded");
    assert_eq!(
        body.text,
        "a%26b=%22%7D%5D%2C%0D%0AX-Admin%3A%201%26b%3D2%23%5C%C3%B1%00%7B%7B%20a%20%7D%7D&c=x%20y"
    );
    let config = "method: POST, url: 'https://x.pe', body: { type: text, text: '<a>{{ a }}</a>', content_type: application/xml }";
    let body = asked(config, "ñ").0.body.unwrap();
    assert_eq!((body.content_type.as_str(), body.text.as_str()), ("application/xml", "<a>ñ</a>"));
    let config = "method: POST, url: 'https://x.pe', body: { type: text, text: hola }";
    assert_eq!(asked(config, "ñ").0.body.unwrap().content_type, "text/plain; charset=utf-8");
}

#[test]
fn nothing_written_becomes_a_header_or_another_address() {
    let config = "url: 'https://x.pe/a/{{ a }}?q={{ a }}', headers: [{ name: X-A, value: 'a: {{ a }}' }]";
    let (request, _) = asked(config, HOSTILE);
    assert!(!request.headers[0].value.contains(char::is_control));
    assert!(request.headers[0].value.contains("X-Admin: 1"));
    let path = "%22%7D%5D%2C%0D%0AX-Admin%3A%201%26b%3D2%23%5C%C3%B1%00%7B%7B%20a%20%7D%7D";
    assert_eq!(request.url, format!("https://x.pe/a/{path}?q={path}"));
}

/// What cannot be asked is not asked: the run goes on by `error`.
#[test]
fn what_makes_no_request_is_an_error() {
    let long = "x".repeat(5_000);
    for (config, written) in [
        ("url: 'https://x.pe/{{ a }}'", ".."),
        ("url: 'https://x.pe/{{ a }}'", "."),
        ("url: 'https://x.pe/{{ a }}'", long.as_str()),
        ("url: 'https://x.pe', headers: [{ name: X-A, value: '{{ a }}' }]", long.as_str()),
        (
            "method: POST, url: 'https://x.pe', body: { type: text, text: '{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}{{ a }}' }",
            long.as_str(),
        ),
    ] {
        let (run, effects) = begin(&program(config), written);
        assert_eq!(left_by(&run), "error", "{config}");
        assert!(effects.is_empty());
    }
}

#[test]
fn the_status_decides_the_exit() {
    let config = "url: 'https://x.pe', status_to: codigo";
    for (exit, statuses) in [
        ("ok", &[200, 201, 204, 299][..]),
        ("error", &[0, 100, 301, 304, 400, 401, 404, 409, 422]),
        ("unavailable", &[408, 425, 429, 500, 502, 503, 504, 599]),
    ] {
        for status in statuses {
            let (left, run) = answered(config, &answer(*status, Value::Null));
            assert_eq!((left.as_str(), &run.vars["codigo"]), (exit, &json!(status)), "{status}");
        }
    }
    let failure = HttpFailure { code: "x".to_owned(), text: "y".to_owned() };
    for (exit, outcome) in [
        ("error", HttpOutcome::Unusable(failure.clone())),
        ("unavailable", HttpOutcome::Unavailable(failure)),
    ] {
        let (left, run) = answered(config, &outcome);
        assert_eq!((left.as_str(), &run.vars["codigo"]), (exit, &Value::Null));
    }
}

#[test]
fn all_that_is_asked_of_an_answer_is_kept_or_nothing() {
    let config = "url: 'https://x.pe', save: [{ to: b, from: answer.body.b }, { to: c, from: 'answer.body.l[0].c * 2' }, { to: d, from: 'answer.body.d ?? \"nada\"' }]";
    let body = json!({ "b": { "x": [1] }, "l": [{ "c": 4 }] });
    let (exit, run) = answered(config, &answer(200, body.clone()));
    assert_eq!(exit, "ok");
    assert_eq!(
        (&run.vars["b"], &run.vars["c"], &run.vars["d"]),
        (&json!({ "x": [1] }), &json!(8), &json!("nada"))
    );
    for unfit in [
        Value::Null,
        json!("texto"),
        json!([]),
        json!({ "b": 1 }),
        json!({ "b": null, "l": [{ "c": 4 }] }),
        json!({ "b": 1, "l": [{ "c": "cuatro" }] }),
        json!({ "b": vec!["x".repeat(1_000); 100], "l": [{ "c": 4 }] }),
    ] {
        let (exit, run) = answered(config, &answer(200, unfit));
        assert_eq!(exit, "error");
        assert!(["b", "c", "d"].iter().all(|name| !run.vars.contains_key(*name)), "{:?}", run.vars);
    }
    // An answer that is an error is not looked at.
    let (exit, run) = answered(config, &answer(404, body));
    assert_eq!((exit.as_str(), run.vars.contains_key("b")), ("error", false));
}

#[test]
fn another_event_does_not_end_the_wait() {
    let program = program("url: 'https://x.pe'");
    let (mut run, _) = begin(&program, "A-1");
    let before = run.clone();
    let said = InboundContent::Text { body: "¿y?".to_owned() };
    for event in [Event::Answer(&said), Event::TimedOut, Event::Sent] {
        assert!(step(&program, &mut run, event, &Facts::default()).trail.is_empty());
    }
    assert_eq!(run, before);
}
