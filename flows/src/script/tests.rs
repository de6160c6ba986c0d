//! What expressions can do, and the hostile ones of `reference/stack.md` §1.5: every one is refused when
//! it is read or stopped by a limit.

use super::*;

fn worked(source: &str, vars: &[(&str, Value)]) -> Result<Value, String> {
    let script = Script::compile(source).map_err(|error| error.code.to_owned())?;
    let lookup = |name: &str| vars.iter().find(|v| v.0 == name).map_or(Dynamic::UNIT, |v| to_dynamic(&v.1));
    match script.eval(lookup) {
        Ok(value) => to_value(&value).ok_or_else(|| "expr.value".to_owned()),
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
        ("nombre.size", "expr.unknown_field", 1, 8),
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
        "x?.y",
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
fn values_are_scalars() {
    assert_eq!(worked("[1, 2]", &[]), Err("expr.value".to_owned()));
    assert_eq!(worked("#{ a: 1 }", &[]), Err("expr.value".to_owned()));
    assert_eq!(worked("1.0 / 0.0", &[]), Err("expr.value".to_owned()));
    assert_eq!(worked("1 / 0", &[]), Err("expr.arithmetic".to_owned()));
    assert_eq!(worked("9223372036854775807 + 1", &[]), Err("expr.arithmetic".to_owned()));
    assert_eq!(worked("\"a\" - 1", &[]), Err("expr.wrong_data".to_owned()));
}
