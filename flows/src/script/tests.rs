//! What expressions can do, and the hostile ones of `reference/stack.md` §1.5: every one is refused when
//! it is read or stopped by a limit.

use super::*;

fn worked(source: &str, vars: &[(&str, Value)]) -> Result<Value, String> {
    let script = Script::compile(source).map_err(|error| error.code.to_owned())?;
    let lookup = |name: &str| vars.iter().find(|v| v.0 == name).map_or(Dynamic::UNIT, |v| to_dynamic(&v.1));
    match script.eval(lookup) {
        Ok(value) => to_value(&value).map_err(|wrong| wrong.of(source).code),
        Err(error) => Err(failed(source, &error).code),
    }
}

fn value(source: &str) -> Value {
    let vars = [
        ("nombre", Value::from("Ana María")),
        ("edad", Value::from("34")),
        ("total", Value::from(12.5)),
        ("ciudad", Value::from("Mérida")),
        ("socio", Value::from(true)),
    ];
    worked(source, &vars).unwrap_or_else(|code| panic!("{source}: {code}"))
}

#[test]
fn expressions_work_out_values() {
    for (source, expected) in [
        ("nombre == \"Ana María\"", Value::from(true)),
        ("number(edad) >= 18 && ciudad != \"Lima\"", true.into()),
        ("number(edad) + 1", 35.into()),
        ("number(\"3,5\") * 2", 7.0.into()),
        ("number(\"treinta\")", Value::Null),
        ("number(\"NaN\")", Value::Null),
        ("plain(ciudad) in [\"merida\", \"lima\"]", true.into()),
        ("plain(ciudad).contains(\"RIDA\")", false.into()),
        ("total * 2", 25.0.into()),
        ("\"Hola \" + nombre", "Hola Ana María".into()),
        ("`Hola ${nombre.to_upper()}`", "Hola ANA MARÍA".into()),
        ("if socio { \"sí\" } else { \"no\" }", "sí".into()),
        ("switch ciudad { \"Lima\" => 1, \"Mérida\" => 2, _ => 3 }", 2.into()),
        ("nombre.len()", 9.into()),
        ("nombre.replace(\"a\", \"o\")", "Ano Morío".into()),
        ("\"  x \".trim()", "x".into()),
        ("nombre.sub_string(0, 3)", "Ana".into()),
        ("max(number(edad), 40)", 40.into()),
        ("2.7.round()", 3.0.into()),
        ("!socio || edad == ()", false.into()),
        ("plain(total) + plain(socio)", "12.5true".into()),
        ("(2 * 2).to_upper() + 25.0.trim()", "425".into()),
        ("number(socio) ?? 0", 0.into()),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn an_unset_variable_is_nothing_and_breaks_nothing() {
    for (source, expected) in [
        ("falta", Value::Null),
        ("falta == ()", true.into()),
        ("falta == \"x\"", false.into()),
        ("falta > 3", false.into()),
        ("falta.len()", 0.into()),
        ("falta.trim().to_upper()", Value::Null),
        ("number(falta) >= 18", false.into()),
        ("plain(falta) in [\"x\"]", false.into()),
        ("falta.contains(\"x\")", false.into()),
        ("falta.is_empty()", true.into()),
        ("falta ?? \"nadie\"", "nadie".into()),
        ("falta.nombre", Value::Null),
        ("falta?.nombre.apellido", Value::Null),
        ("falta[0].nombre == \"x\"", false.into()),
        ("falta.nombre.len() + falta.nombre.trim().len()", 0.into()),
    ] {
        assert_eq!(worked(source, &[]), Ok(expected), "{source}");
    }
}

#[test]
fn a_script_knows_what_it_reads() {
    let script = Script::compile("if a == 1 { b } else { `${c} ${a}` } + d.trim()").unwrap();
    let names: Vec<&str> = script.reads.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c", "d"]);
}

#[test]
fn errors_say_where_and_what() {
    for (source, code, line, column) in [
        ("1 +", "expr.syntax", 1, 4),
        ("(1 + 2", "expr.syntax", 1, 7),
        ("largo(nombre)", "expr.unknown_function", 1, 1),
        ("1 +\n  contact.nombre", "expr.unknown_field", 2, 11),
        ("contact.nombre", "expr.unknown_field", 1, 9),
        ("contact.tag.len()", "expr.unknown_field", 1, 9),
        ("contact.tag[0].x", "expr.unknown_field", 1, 9),
        ("\"vip\" in contact.tag", "expr.unknown_field", 1, 18),
        ("contact?.tag", "expr.unknown_field", 1, 10),
        ("while true { 1 }", "expr.not_allowed", 1, 1),
        ("  ", "expr.empty", 1, 1),
    ] {
        let error = Script::compile(source).unwrap_err();
        assert_eq!((error.code, error.line, error.column), (code, line, column), "{source}: {error:?}");
    }
    assert!(Script::compile("longitud(x) + leng(x)").unwrap_err().message.contains("longitud"));
    assert!(Script::compile("x.contain(\"a\")").unwrap_err().help.contains("«contains»"));
}

#[test]
fn what_is_no_expression_is_refused() {
    for source in [
        "loop { }",
        "while true { 1 }",
        "do { 1 } while true",
        "for i in 0..1000000 { i }",
        "let x = 1; x",
        "let x = 1",
        "const X = 1",
        "x = 5",
        "x += 1",
        "if true { x = 5 }",
        "{ let x = 1; x }",
        "`${let x = 1; x}`",
        "`${loop {}}`",
        "fn f() { f() } f()",
        "|x| x",
        "[1, 2].map(|x| x * 2)",
        "Fn(\"sleep\")",
        "Fn(\"sleep\").call(3)",
        "call(\"sleep\", 3)",
        "eval(\"1\")",
        "import \"x\" as y",
        "return 1",
        "throw 1",
        "try { 1 } catch { 2 }",
        "this",
        "a::b",
        "a::len(x)",
        "print(\"x\")",
        "debug(\"x\")",
        "sleep(3)",
        "sleep(3.0)",
        "timestamp()",
        "rand()",
        "exit(1)",
        "parse_json(\"{}\")",
        "type_of(x)",
        "is_def_var(\"x\")",
        "blob(1000000000, 0)",
        "x.pad(1000000000, \"x\")",
        "[1].pad(1000000000, 1)",
        "x.split(\"\")",
        "x.to_chars()",
        "[3, 1].sort()",
        "a.sort(|x, y| y - x)",
        "range(0, 1000000000)",
        "x.make_upper()",
        "x.append(\"y\")",
        "x.tag = 3",
        "",
    ] {
        let refused = Script::compile(source).map(|script| script.ast);
        assert!(refused.is_err(), "accepted: {source} ({refused:?})");
    }
}

#[test]
fn deep_and_long_sources_are_refused() {
    let parens = format!("{}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(Script::compile(&parens).unwrap_err().code, "expr.too_long");
    let parens = format!("{}1{}", "(".repeat(400), ")".repeat(400));
    assert_eq!(Script::compile(&parens).unwrap_err().code, "expr.too_deep");
    let arrays = format!("{}1{}", "[".repeat(400), "]".repeat(400));
    assert_eq!(Script::compile(&arrays).unwrap_err().code, "expr.too_deep");
    let bangs = format!("{}true", "!".repeat(900));
    assert_eq!(Script::compile(&bangs).unwrap_err().code, "expr.too_deep");
    let texts = format!("{}x{}", "`${".repeat(150), "}`".repeat(150));
    assert_eq!(Script::compile(&texts).unwrap_err().code, "expr.too_deep");
    let wide = format!("[{}1]", "1,".repeat(400));
    assert!(worked(&wide, &[]).is_err());
}

#[test]
fn texts_that_grow_are_stopped() {
    let big = [("s", Value::from("x".repeat(8_000)))];
    for source in [
        "s.replace(\"x\", s)",
        "s.replace('x', s)",
        "replace(s, \"x\", s)",
        "s + s + s",
        "`${s}${s}${s}`",
        "s.replace(\"x\", \"xxx\")",
    ] {
        assert_eq!(worked(source, &big), Err("expr.too_large".to_owned()), "{source}");
    }
    for source in ["s.replace(\"x\", 'y')", "s.replace('x', 'y')"] {
        assert_eq!(worked(source, &big), Ok("y".repeat(8_000).into()), "{source}");
    }
    assert_eq!(worked("s.replace(\"\", s).len()", &big), Ok(8_000.into()));
}

/// Without loops the work of a script is bounded by its length; the bound on operations stands behind it.
#[test]
fn operations_are_bounded() {
    let many = vec!["1"; 4_000].join(";");
    let error = engine().run(&many).unwrap_err();
    assert!(matches!(*error, EvalAltResult::ErrorTooManyOperations(_)), "{error}");
    // The most work a thousand characters can ask for: many passes over the largest text.
    let passes = format!("[{}0]", "s.plain(),".repeat(60));
    let large = Value::from("á".repeat(MAX_STRING / 2 - 1));
    assert_eq!(worked(&passes, &[("s", large)]), Err("expr.too_large".to_owned()));
}

/// The functions that would block or talk are not only refused when read: they do nothing harmful.
#[test]
fn even_unread_scripts_cannot_sleep() {
    for source in ["sleep(3600)", "sleep(3600.0)"] {
        assert!(engine().eval::<()>(source).is_err(), "{source}");
    }
}

#[test]
fn what_is_no_value_is_told() {
    assert_eq!(worked("1.0 / 0.0", &[]), Err("expr.value".to_owned()));
    assert_eq!(worked("[1.0 / 0.0]", &[]), Err("expr.value".to_owned()));
    assert_eq!(worked("1 / 0", &[]), Err("expr.arithmetic".to_owned()));
    assert_eq!(worked("9223372036854775807 + 1", &[]), Err("expr.arithmetic".to_owned()));
    assert_eq!(worked("\"a\" - 1", &[]), Err("expr.wrong_data".to_owned()));
}

/// A place, as a question keeps it, and what a server may answer.
fn nested() -> [(&'static str, Value); 2] {
    let place = json!({ "latitude": -12.05, "longitude": -77, "name": null, "a/b~c": "barra" });
    let answer = json!({
        "status": 200,
        "body": { "items": [{ "price": 10.0 }, { "price": 25.5, "sizes": [38, 39.0] }], "note": "ok", "none": [] },
    });
    [("lugar", place), ("answer", answer)]
}

#[test]
fn groups_and_lists_are_looked_into() {
    for (source, expected) in [
        ("lugar.latitude", json!(-12.05)),
        ("lugar[\"longitude\"]", json!(-77)),
        ("lugar[\"a/b~c\"]", json!("barra")),
        ("lugar.name", Value::Null),
        ("lugar.nada.de.nada", Value::Null),
        ("answer.status", json!(200)),
        ("answer.body.items[1].price * 2", json!(51.0)),
        ("answer.body.items[-1].price", json!(25.5)),
        ("answer.body.items[2].price", Value::Null),
        ("answer.body.items[-3]", Value::Null),
        ("answer.body.items[9223372036854775807]", Value::Null),
        ("answer.body.items[-9223372036854775807]", Value::Null),
        ("answer.body.items[0]", json!({ "price": 10.0 })),
        ("answer.body.items.len()", json!(2)),
        ("answer.body.len()", json!(3)),
        ("answer.body.none.is_empty()", json!(true)),
        ("39 in answer.body.items[1].sizes", json!(true)),
        ("40 in answer.body.items[1].sizes", json!(false)),
        ("\"note\" in answer.body", json!(true)),
        ("answer.body.items.contains(#{ price: 10.0 })", json!(true)),
        ("answer.body.items[0] == answer.body.items[0]", json!(true)),
        ("answer.body.items[0] != answer.body.items[1]", json!(true)),
        ("lugar == ()", json!(false)),
        ("lugar != ()", json!(true)),
        ("() == lugar", json!(false)),
        ("lugar == \"x\"", json!(false)),
        ("lugar > 3", json!(false)),
        ("answer.body.note.to_upper()", json!("OK")),
        ("[answer.body.note, lugar.latitude]", json!(["ok", -12.05])),
        ("#{ a: lugar.longitude, b: [1, ()] }", json!({ "a": -77, "b": [1, null] })),
        ("if answer.status == 200 { answer.body.items } else { [] }.len()", json!(2)),
        ("answer?.body?.note ?? \"nada\"", json!("ok")),
        ("answer.body.nada ?? \"nada\"", json!("nada")),
    ] {
        assert_eq!(worked(source, &nested()), Ok(expected), "{source}");
    }
}

#[test]
fn a_group_cannot_be_changed_and_a_number_has_nothing_inside() {
    for source in ["lugar.trim()", "-lugar", "lugar.latitude.nada", "answer.status[\"x\"]"] {
        let told = worked(source, &nested()).unwrap_err();
        assert!(["expr.failed", "expr.wrong_data"].contains(&told.as_str()), "{source}: {told}");
    }
    for source in ["lugar.latitude = 3", "lugar[\"x\"] = 1", "answer.body.items.push(1)"] {
        assert!(Script::compile(source).is_err(), "{source}");
    }
    assert_eq!(worked("`${answer.body.items[0]}`", &nested()), Ok("{\"price\":10.0}".into()));
}

#[test]
fn what_belongs_to_others_may_have_any_name() {
    for source in
        ["lugar.contact.nombre", "x[contact.name].nombre", "contact.tags[0].len()", "contact.tags.len()"]
    {
        assert!(Script::compile(source).is_ok(), "{source}");
    }
}

/// The largest answers: reading them is free of the limits on what a script makes.
#[test]
fn a_large_answer_is_read_whatever_its_shape() {
    let many = json!({ "items": vec![1; 60_000], "last": "fin" });
    let texts = json!({ "items": vec!["x".repeat(1_000); 128], "last": "fin" });
    let mut deep = json!({ "last": "fin" });
    for _ in 0..120 {
        deep = json!({ "of": deep });
    }
    for (answer, source, expected) in [
        (&many, "answer.items.len() + answer.items[59999]", json!(60_001)),
        (&many, "answer.items.contains(2)", json!(false)),
        (&many, "answer.items.contains(answer.items)", json!(false)),
        (&many, "answer.last", json!("fin")),
        (&texts, "answer.items.len()", json!(128)),
        (&texts, "answer.items[127].len()", json!(1_000)),
        (&texts, "answer.last", json!("fin")),
        (&deep, "answer.of.of.of.last == ()", json!(true)),
    ] {
        assert_eq!(worked(source, &[("answer", answer.clone())]), Ok(expected), "{source}");
    }
}

/// What a script gives is bounded, also when it reads the same large thing again and again.
#[test]
fn what_a_script_gives_is_small() {
    let large = [("a", json!({ "items": vec!["x".repeat(100); 1_000], "text": "x".repeat(MAX_STRING + 1) }))];
    let copies = format!("[{}a]", "a,".repeat(60));
    for source in ["a", "a.items", "[a.items]", "#{ x: a }", "[[[[a]]]]", &copies, "a.text", "`${a.text}`"] {
        assert_eq!(worked(source, &large), Err("expr.too_large".to_owned()), "{source}");
    }
    assert_eq!(worked("a.items[3].len()", &large), Ok(100.into()));
    // A value at the limit stays; doubling it does not.
    let most = [("a", json!("x".repeat(MAX_STRING)))];
    assert_eq!(worked("a", &most).map(|value| weight(&value)), Ok(MAX_VALUE));
    let half = [("a", json!(vec![1; 1_500]))];
    assert!(worked("[a]", &half).is_ok());
    assert_eq!(worked("[a, a]", &half), Err("expr.too_large".to_owned()));
}
