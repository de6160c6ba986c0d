//! Random flows of all kinds.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// A decision's rules look at the name, one name each: whoever plays the customer can take any way.
pub const NAMES: [&str; 3] = ["Ana", "Luis", "Rosa"];
pub const TITLES: [&str; 10] =
    ["Ventas", "Soporte", "Sí", "No", "3 · Bien", "👍", "Otra cosa", "Mañana", "1", "Menú"];
/// The kinds whose way depends on who comes by or on the moment.
const DRAWS: [&str; 3] = ["split", "hours", "window"];
/// With more draws than this in one flow it would be long to find out who gets where.
const MAX_DRAWS: usize = 2;

/// How many of a flow's steps are draws.
pub fn draws(flow: &str) -> usize {
    DRAWS.iter().map(|kind| flow.matches(&format!("\"kind\":\"{kind}\"")).count()).sum()
}

/// A step without its exits.
#[derive(Debug, Clone)]
struct Plan {
    kind: &'static str,
    config: Value,
    exits: Vec<String>,
    waits: bool,
}

fn plan(kind: &'static str, config: Value, exits: &[&str], waits: bool) -> Plan {
    Plan { kind, config, exits: exits.iter().map(|&e| e.to_owned()).collect(), waits }
}

fn options(count: usize, from: usize) -> (Value, Vec<String>) {
    let ids: Vec<String> = (0..count).map(|i| format!("o{i}")).collect();
    let option = |(i, id): (usize, &String)| {
        let title = TITLES[(from + i) % TITLES.len()];
        match i {
            0 => json!({ "id": id, "title": title, "synonyms": ["la de siempre", "sinónimo"] }),
            _ => json!({ "id": id, "title": title }),
        }
    };
    (ids.iter().enumerate().map(option).collect(), ids)
}

/// The data `a`, `b` and `c` hold texts, numbers, true or false; `d` holds groups.
fn text() -> impl Strategy<Value = &'static str> {
    select(vec![
        "Hola",
        "Hola {{ contact.name }}",
        "Van {{ a }} y {{ b }}.",
        "¿{{ if a == () { \"Nada\" } else { `Algo: ${a}` } }}?",
        "{{ plain(b) }}…",
        "Estás en {{ d.latitude }}, {{ d.nada.de.nada }}, {{ contact.tags.len() }}.",
    ])
}

/// Something to ask for, its exits, and whether it gives a group.
fn answer() -> impl Strategy<Value = (Value, Vec<String>, bool)> {
    let chosen = (1_usize..11, 0_usize..10, prop::bool::ANY).prop_map(|(count, from, fixed)| {
        let (options, exits) = options(count, from);
        let kind = match (fixed, count) {
            (false, _) => "choice",
            (true, 1..=3) => "buttons",
            (true, _) => "list",
        };
        (json!({ "type": kind, "options": options }), exits, false)
    });
    let ok = |group: bool| move |answer: Value| (answer, vec!["ok".to_owned()], group);
    let words = select(vec![
        json!({ "type": "open" }),
        json!({ "type": "open", "min_length": 2, "max_length": 20 }),
        json!({ "type": "number" }),
        json!({ "type": "number", "min": 1, "max": 10.5, "integer": true }),
        json!({ "type": "phone" }),
        json!({ "type": "email" }),
        json!({ "type": "date" }),
        json!({ "type": "date", "from": "hoy", "to": "en 30 días" }),
        json!({ "type": "date", "when": "past" }),
        json!({ "type": "time" }),
        json!({ "type": "date_time", "when": "future" }),
        json!({ "type": "document" }),
        json!({ "type": "document", "kinds": ["rut_cl", "dni_pe"] }),
    ]);
    let groups = select(vec![
        json!({ "type": "location" }),
        json!({ "type": "media", "kinds": ["image"] }),
        json!({ "type": "media", "kinds": ["audio", "document", "video", "sticker"] }),
    ]);
    prop_oneof![
        4 => chosen,
        4 => words.prop_map(ok(false)),
        2 => groups.prop_map(ok(true)),
        1 => Just((json!({ "type": "yes_no" }), vec!["yes".to_owned(), "no".to_owned()], false)),
    ]
}

fn question() -> impl Strategy<Value = Plan> {
    let name = select(vec!["a", "b"]);
    (text(), answer(), name, 0_u32..3, prop::bool::ANY).prop_map(
        |(text, (answer, mut exits, group), name, retries, timeout)| {
            let name = if group { "d" } else { name };
            let mut config =
                json!({ "text": text, "answer": answer, "save_to": name, "retries": { "max": retries } });
            exits.push("no_match".to_owned());
            if timeout {
                config["timeout"] = json!("1h");
                exits.push("timeout".to_owned());
            }
            Plan { kind: "question", config, exits, waits: true }
        },
    )
}

fn form() -> impl Strategy<Value = Plan> {
    let asked = prop::collection::vec((text(), answer()), 1..4);
    (asked, 0_u32..3, prop::bool::ANY).prop_map(|(asked, retries, timeout)| {
        let mut fields = Map::new();
        for ((text, (mut field, _, group)), name) in asked.into_iter().zip(["a", "b", "c"]) {
            let key = if group { "d" } else { name };
            field["key"] = json!(key);
            field["ask"] = json!(text);
            fields.insert(key.to_owned(), field);
        }
        let fields: Vec<Value> = fields.into_iter().map(|(_, field)| field).collect();
        let mut config = json!({ "retries": retries, "fields": fields });
        if timeout {
            config["timeout"] = json!("10m");
        }
        let exits: &[&str] = if timeout { &["ok", "no_match", "timeout"] } else { &["ok", "no_match"] };
        plan("form", config, exits, true)
    })
}

fn part() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "type": "text", "text": "Van {{ a }}." }),
        json!({ "type": "image", "link": "https://x.pe/{{ a }}.png", "caption": "{{ b }}" }),
        json!({ "type": "video", "file": "a/video.mp4" }),
        json!({ "type": "document", "file": "tarifas.pdf", "name": "{{ a }}.pdf" }),
        json!({ "type": "audio", "link": "https://x.pe/a.mp3" }),
        json!({ "type": "voice", "file": "nota.ogg" }),
        json!({ "type": "sticker", "file": "feliz.webp" }),
        json!({ "type": "location", "latitude": "{{ d.latitude ?? -12 }}", "longitude": -77, "name": "{{ b }}" }),
        json!({ "type": "contacts", "cards": [{ "name": "Rosa {{ a }}", "phones": ["{{ b }}", "+51 999888777"] }] }),
        json!({ "type": "link", "text": "Mira, {{ a }}", "title": "Ver", "url": "https://x.pe/{{ a }}?b={{ b }}" }),
        json!({ "type": "reaction", "emoji": "👍" }),
    ])
}

fn message() -> impl Strategy<Value = Plan> {
    (prop::option::of(text()), prop::collection::vec(part(), 0..4), prop::bool::ANY, prop::bool::ANY)
        .prop_map(|(text, parts, typing, sure)| {
            let mut config = json!({});
            if parts.is_empty() || text.is_some() {
                config["text"] = json!(text.unwrap_or("Hola"));
            }
            if !parts.is_empty() {
                config["parts"] = json!(parts);
            }
            if typing {
                config["typing"] = json!("3s");
            }
            plan("message", config, if sure { &["next", "undelivered"] } else { &["next"] }, false)
        })
}

fn http() -> impl Strategy<Value = Plan> {
    let body = select(vec![
        None,
        Some(
            json!({ "type": "json", "data": { "a": "{{ a }}", "d": "{{ d }}", "l": [1, null, "¡{{ b }}!"] } }),
        ),
        Some(json!({ "type": "form", "fields": [{ "name": "a b", "value": "{{ a }}" }] })),
        Some(json!({ "type": "text", "text": "{{ a }}\n{{ b }}" })),
    ]);
    let save = select(vec![
        json!([]),
        json!([{ "to": "a", "from": "answer.status" }]),
        json!([{ "to": "d", "from": "answer.body" }]),
        json!([{ "to": "b", "from": "answer.body.x.to_string()" }, { "to": "a", "from": "answer.body.x[1].y ?? 1" }]),
    ]);
    (body, save, select(vec!["https://x.pe/{{ a }}", "https://x.pe?q={{ b }}"])).prop_map(
        |(body, save, url)| {
            let header = json!({ "name": "X-A", "value": "{{ a }}", "secret": "llave" });
            let mut config = json!({ "url": url, "save": save, "headers": [header] });
            if let Some(body) = body {
                config["method"] = json!("POST");
                config["body"] = body;
            }
            plan("http", config, &["ok", "error", "unavailable"], false)
        },
    )
}

fn decision() -> impl Strategy<Value = Plan> {
    (1..=NAMES.len()).prop_map(|rules| {
        let rule =
            |i: usize| json!({ "id": format!("r{i}"), "when": format!("contact.name == \"{}\"", NAMES[i]) });
        let mut exits: Vec<String> = (0..rules).map(|i| format!("r{i}")).collect();
        exits.push("else".to_owned());
        let config = json!({ "rules": (0..rules).map(rule).collect::<Vec<_>>() });
        Plan { kind: "decision", config, exits, waits: false }
    })
}

fn split() -> impl Strategy<Value = Plan> {
    prop::bool::ANY.prop_map(|sticky| {
        let arms =
            json!([{ "id": "x", "title": "X", "weight": 50 }, { "id": "y", "title": "Y", "weight": 50 }]);
        plan("split", json!({ "arms": arms, "sticky": sticky }), &["x", "y"], false)
    })
}

/// Half of the customers come by at an hour when it is open, in the middle of the day.
fn hours() -> Plan {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let week: Map<String, Value> =
        days.iter().map(|day| ((*day).to_owned(), json!(["8:00-20:00"]))).collect();
    plan("hours", json!({ "calendar": { "zone": "America/Lima", "week": week } }), &["open", "closed"], false)
}

fn any_step() -> impl Strategy<Value = Plan> {
    prop_oneof![
        6 => question(),
        4 => form(),
        4 => message(),
        2 => http(),
        2 => decision(),
        1 => split(),
        1 => Just(hours()),
        1 => Just(plan("window", json!({}), &["open", "closed"], false)),
        1 => Just(plan("wait", json!({ "for": "5m" }), &["next"], true)),
        1 => Just(plan("handoff", json!({ "queue": "ventas", "text": "Ya te atienden." }), &["resolved"], true)),
        1 => Just(plan("handoff", json!({ "queue": "ventas", "timeout": "1h" }), &["resolved", "timeout"], true)),
        1 => Just(plan("tags", json!({ "add": ["vip"], "remove": ["frío"] }), &["next"], false)),
        1 => Just(plan("goto", json!({}), &["target"], false)),
        1 => select(vec!["`${a}${b}`.sub_string(0, 50)", "(number(b) ?? 1) * 2", "`${a}`.len() > 3", "()"])
            .prop_map(|value| plan("set", json!({ "variable": "a", "value": value }), &["next"], false)),
        1 => Just(plan("end", json!({ "text": "Adiós" }), &[], false)),
    ]
}

/// A flow whose exits lead anywhere, or (`tame`) never back except out of a wait, and never only back.
pub fn flow() -> impl Strategy<Value = (Value, bool)> {
    let plans = prop::collection::vec((any_step(), prop::collection::vec(any::<Index>(), 12)), 1..9);
    (plans, prop::bool::weighted(0.7)).prop_map(|(mut plans, tame)| {
        let last = plans.len();
        let mut drawn: Vec<&str> = Vec::new();
        for (draw, _) in plans.iter_mut().filter(|(plan, _)| DRAWS.contains(&plan.kind)) {
            // Two splits draw apart from each other, but a moment is the same for the whole flow.
            let again = draw.kind != "split" && drawn.contains(&draw.kind);
            if again || drawn.len() == MAX_DRAWS {
                *draw = plan("message", json!({ "text": "Hola" }), &["next"], false);
            } else {
                drawn.push(draw.kind);
            }
        }
        let mut nodes = Map::new();
        let begin = json!({ "any_message": true, "save_to": "a" });
        nodes.insert(
            "inicio".to_owned(),
            json!({ "kind": "start", "config": begin, "exits": { "next": "n0" } }),
        );
        nodes.insert("nota".to_owned(), json!({ "kind": "note", "config": { "text": "Para Rosa" } }));
        for (i, (plan, targets)) in plans.iter().enumerate() {
            let exits = plan.exits.iter().enumerate().map(|(nth, exit)| {
                let ahead = i + 1 + targets[nth].index(last - i);
                let anywhere = targets[nth].index(last + 1);
                let back_is_fine = !tame || plan.waits && nth > 0;
                (exit.clone(), format!("n{}", if back_is_fine { anywhere } else { ahead }))
            });
            let exits: Map<String, Value> = exits.map(|(k, v)| (k, v.into())).collect();
            nodes
                .insert(format!("n{i}"), json!({ "kind": plan.kind, "config": plan.config, "exits": exits }));
        }
        nodes.insert(format!("n{last}"), json!({ "kind": "end", "config": {} }));
        let variables = json!({ "a": {}, "b": {}, "c": {}, "d": {} });
        (json!({ "id": "f", "name": "F", "start": "inicio", "variables": variables, "nodes": nodes }), tame)
    })
}
