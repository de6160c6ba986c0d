//! What holds for every function: nothing is no surprise, and no data makes them panic, grow or take long.

use cauce_model::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Dynamic, MAX_STRING, MAX_VALUE, Place, Script, failed, to_dynamic, to_value, weight};
use super::*;

fn lima() -> Place {
    Place { now: Timestamp(1_773_502_200_000), zone: Default::default(), country: Default::default() }
}

fn worked(source: &str, place: Place, vars: &[(&str, Value)]) -> Result<Value, String> {
    let script = Script::compile(source).map_err(|error| error.code.to_owned())?;
    let lookup = |name: &str| vars.iter().find(|v| v.0 == name).map_or(Dynamic::UNIT, |v| to_dynamic(&v.1));
    let value = if script.is_here { script.eval_at(place, lookup) } else { script.eval(lookup) };
    let value = value.map_err(|error| failed(source, &error).code)?;
    to_value(&value).map_err(|wrong| wrong.of(source).code)
}

fn given(source: &str, vars: &[(&str, Value)]) -> Result<Value, String> {
    worked(source, lima(), vars)
}

#[test]
fn every_name_is_declared_once() {
    let mut names = FUNCTIONS.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FUNCTIONS.len());
}

#[test]
fn nothing_is_no_surprise_to_any() {
    for function in all() {
        let arguments = function.signature.matches(',').count();
        if function.signature.ends_with("()") || function.name == "to_string" {
            continue;
        }
        let source = format!("falta.{}({})", function.name, vec!["falta"; arguments].join(", "));
        assert!(given(&source, &[]).is_ok(), "{source}: {:?}", given(&source, &[]));
    }
}

#[test]
fn a_number_or_what_a_server_says_is_as_good_as_a_text() {
    let vars =
        [("n", json!(1042)), ("a", json!({ "tags": ["b", "a", "b"], "who": "ana rojas", "on": true }))];
    for (source, expected) in [
        ("n.matches(\"10*\")", json!(true)),
        ("n.title() + a.on.title()", json!("1042True")),
        ("a.who.title()", json!("Ana Rojas")),
        ("a.tags.unique().sorted()", json!(["a", "b"])),
        ("a.tags.unique().sorted() == [\"a\", \"b\"]", json!(true)),
        ("a.tags != [\"a\"]", json!(true)),
        ("a.tags.count(\"b\") + a.tags.unique().len()", json!(4)),
        ("a.tags.first() + a.tags.last()", json!("bb")),
        ("a.tags.join(\", \", \" y \")", json!("b, a y b")),
        ("\"a\" in split(\"b-a\", \"-\")", json!(true)),
        ("split(\"b-a\", \"-\")[-1]", json!("a")),
        ("money(\"12,5\")", json!("S/ 12.50")),
        ("add_days(\"2026-03-14 15:30\", \"2\")", json!("2026-03-16 15:30")),
    ] {
        assert_eq!(given(source, &vars), Ok(expected), "{source}");
    }
}

#[test]
fn dates_that_are_none_give_nothing() {
    for source in [
        "date(\"2026-02-30\")",
        "date(\"1899-12-31\")",
        "add_days(\"2199-12-31\", 1)",
        "add_days(\"2026-03-14\", 9223372036854775807)",
        "add_days(\"2026-03-14\", 1e300)",
        "add_months(\"2026-03-14\", -9223372036854775807)",
        "add_days(\"15:30\", 1)",
        "weekday(\"mañana\")",
        "format_date(\"hoy\")",
        "age(\"2030-01-01\")",
        "hour(\"2026-03-14\")",
        "days_between(today(), \"nunca\")",
        "time(\"25:00\")",
    ] {
        assert_eq!(given(source, &[]), Ok(Value::Null), "{source}");
    }
    assert_eq!(given("is_before(\"x\", today()) || is_after(today(), ())", &[]), Ok(false.into()));
    assert_eq!(given("is_after(now(), today())", &[]), Ok(false.into()), "the same day");
    assert_eq!(given("is_before(\"15:30\", now())", &[]), Ok(false.into()), "an hour is of no day");
}

/// All that an expression can know of the world comes from the facts of the turn.
#[test]
fn time_is_that_of_the_place() {
    let tokyo = Place { zone: "Asia/Tokyo".parse().unwrap(), ..lima() };
    assert_eq!(worked("now()", tokyo, &[]), Ok("2026-03-15 00:30".into()));
    let never = Place { now: Timestamp(i64::MAX), ..lima() };
    for source in ["now()", "today()", "age(\"1990-01-01\")", "date(\"mañana\")"] {
        assert_eq!(worked(source, never.clone(), &[]), Ok(Value::Null), "{source}");
    }
    assert_eq!(
        worked("if hour(now()) < 12 { phone(\"999888777\") } else { 0 }", lima(), &[]),
        Ok("+51999888777".into())
    );
}

#[test]
fn what_is_asked_wrongly_is_told() {
    for (source, code) in [
        ("round(1.5, 99)", "expr.failed"),
        ("money(1, \"soles\")", "expr.failed"),
        ("format_date(today(), \"raro\")", "expr.failed"),
        ("sum([\"a\"])", "expr.wrong_data"),
        ("sum(\"abc\")", "expr.wrong_data"),
        ("title([1])", "expr.wrong_data"),
        ("join([[1]], \"\")", "expr.wrong_data"),
        ("sum([9223372036854775807, 1])", "expr.arithmetic"),
        ("x.split(\"\")", "expr.no_separator"),
        ("split(x, \"\")", "expr.no_separator"),
    ] {
        assert_eq!(given(source, &[]), Err(code.to_owned()), "{source}");
    }
}

#[test]
fn what_grows_is_stopped_before_it_is_built() {
    let vars = [("s", Value::from("x ".repeat(8_000))), ("many", json!(vec!["x"; 60_000]))];
    for source in [
        "s.words()",
        "s.split(\" \")",
        "many.sorted()",
        "many.unique()",
        "many.pick(\"x\")",
        "many.join(s)",
        "[s, s].join(s)",
        "many.join(\"\").title()",
    ] {
        assert_eq!(given(source, &vars), Err("expr.too_large".to_owned()), "{source}");
    }
    assert_eq!(given("many.count(\"x\")", &vars), Ok(60_000.into()));
    assert_eq!(given("many.first() + many.last()", &vars), Ok("xx".into()));
    assert_eq!(given("s.split(s).len()", &vars), Ok(2.into()));
}

fn hostile() -> Vec<(&'static str, Value)> {
    let mut deep = json!([1]);
    for _ in 0..100 {
        deep = json!([deep, { "a": "b" }]);
    }
    vec![
        ("huge", Value::from("x ".repeat(10_000))),
        ("wide", Value::from("\u{FDFA}".repeat(5_000))),
        ("sharp", Value::from("ŉß".repeat(3_000))),
        ("stars", Value::from("*a".repeat(5_000))),
        ("digits", Value::from("9".repeat(20_000))),
        ("slashes", Value::from("15/3 ".repeat(200))),
        ("day", Value::from("2199-12-31 23:59")),
        ("odd", Value::from("2026-03-1ñ \u{0}+\u{301}é-a")),
        ("least", Value::from(i64::MIN)),
        ("most", Value::from(i64::MAX)),
        ("tiny", Value::from(f64::MIN_POSITIVE)),
        ("giant", Value::from(-f64::MAX)),
        ("unsigned", Value::from(u64::MAX)),
        ("yes", Value::from(true)),
        ("list", json!(vec![0.5; 3_000])),
        ("mixed", json!([null, "á", "A", -0.0, 0, i64::MAX, [], {}, true, "9,5"])),
        ("group", json!({ "a": [1, 2], "": {} })),
        ("deep", deep),
    ]
}

const WRITTEN: [&str; 14] = [
    "()",
    "(0.0 / 0.0)",
    "(1.0 / 0.0)",
    "\"\"",
    "'ñ'",
    "-1",
    "0",
    "15",
    "\"USD\"",
    "\"*\"",
    "\"corto\"",
    "[]",
    "[(0.0 / 0.0), [1]]",
    "falta",
];

proptest! {
    /// Any function of anything, and of what any other gives: it gives something small or says why not.
    #[test]
    fn no_data_makes_any_panic_or_grow(
        outer in 0..FUNCTIONS.len(),
        inner in 0..FUNCTIONS.len(),
        arguments in proptest::collection::vec(0_usize..32, 0..4),
        now in prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), any::<i64>()],
        country in "PE|MX|AR|CL|CO|ES|UY|EC|JP",
        zone in "America/Lima|Asia/Tokyo|Pacific/Apia|America/Santiago",
    ) {
        let vars = hostile();
        let names: Vec<&str> =
            arguments.iter().map(|at| vars.get(*at).map_or_else(|| WRITTEN[(at - vars.len()) % WRITTEN.len()], |v| v.0)).collect();
        let place = Place { now: Timestamp(now), zone: zone.parse().unwrap(), country: country.parse().unwrap() };
        let call = format!("{}({})", FUNCTIONS[outer], names.join(", "));
        let nested = format!("{}({call})", FUNCTIONS[inner]);
        for source in [call, nested] {
            match worked(&source, place.clone(), &vars) {
                Ok(value) => prop_assert!(weight(&value) <= MAX_VALUE + MAX_STRING, "{}", source),
                Err(code) => prop_assert!(code.starts_with("expr."), "{}: {}", source, code),
            }
        }
    }

    #[test]
    fn stars_match_what_they_stand_for(parts in proptest::collection::vec("[a-c]{0,3}", 1..5), between in "[a-cñ ]{0,6}") {
        let (model, text) = (parts.join("*"), parts.join(&between));
        let vars = [("t", Value::from(text)), ("m", Value::from(model))];
        prop_assert_eq!(given("matches(t, m)", &vars), Ok(true.into()));
    }

    #[test]
    fn days_are_counted_there_and_back(days in -30_000_i64..30_000) {
        let vars = [("n", Value::from(days))];
        prop_assert_eq!(given("days_between(\"2050-01-01\", add_days(\"2050-01-01\", n))", &vars), Ok(days.into()));
    }
}
