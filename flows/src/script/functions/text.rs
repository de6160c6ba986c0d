//! Texts.

use rhai::{Dynamic, Engine, ImmutableString};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::given::{items, maybe, room, text, texts, too_large, wrong};
use super::{Function, FunctionGroup};
use crate::script::{Checked, MAX_STRING};
use crate::text::shown;
use crate::words::fold;

type Text = ImmutableString;

pub(super) const GROUP: FunctionGroup = FunctionGroup {
    name: "Textos",
    functions: &[
        Function {
            name: "trim",
            signature: "trim(texto)",
            about: "El texto sin los espacios de los extremos.",
            examples: &[(r#"trim("  Ana ")"#, r#""Ana""#)],
            here: false,
            register: |engine| {
                engine.register_fn("trim", |text: Text| -> Text { text.trim().into() });
                as_read(engine, "trim");
            },
        },
        Function {
            name: "to_upper",
            signature: "to_upper(texto)",
            about: "El texto en mayúsculas.",
            examples: &[(r#""Mérida".to_upper()"#, r#""MÉRIDA""#)],
            here: false,
            register: |engine| as_read(engine, "to_upper"),
        },
        Function {
            name: "to_lower",
            signature: "to_lower(texto)",
            about: "El texto en minúsculas.",
            examples: &[(r#"to_lower("SÍ")"#, r#""sí""#)],
            here: false,
            register: |engine| as_read(engine, "to_lower"),
        },
        Function {
            name: "title",
            signature: "title(texto)",
            about: "El texto como se escribe un nombre: cada palabra con mayúscula, menos «de», «la», «y» y otras así.",
            examples: &[
                (r#"title("MARÍA DE LOS ÁNGELES")"#, r#""María de los Ángeles""#),
                (r#"title("josé pérez")"#, r#""José Pérez""#),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("title", |given: Dynamic| {
                    on_text(&given, |text| title(text).map(Into::into))
                });
            },
        },
        Function {
            name: "plain",
            signature: "plain(texto)",
            about: "El texto en minúsculas, sin tildes ni signos, para comparar lo que escribe la gente.",
            examples: &[
                (r#"plain("¡Atención, SEÑOR!")"#, r#""atencion senor""#),
                (r#"plain("Sí.") == "si""#, "true"),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("plain", |text: Text| -> Text { fold(&text).into() });
                as_read(engine, "plain");
            },
        },
        Function {
            name: "contains",
            signature: "contains(texto o lista, parte)",
            about: "Si el texto tiene esa parte, la lista ese dato o el grupo ese campo.",
            examples: &[
                (r#""buenos días".contains("día")"#, "true"),
                (r#"["vip", "nuevo"].contains("vip")"#, "true"),
                (r#"contains(falta, "x")"#, "false"),
            ],
            here: false,
            register: |engine| nothing_has(engine, "contains"),
        },
        Function {
            name: "starts_with",
            signature: "starts_with(texto, parte)",
            about: "Si el texto empieza así.",
            examples: &[(r#""+51999888777".starts_with("+51")"#, "true")],
            here: false,
            register: |engine| nothing_has(engine, "starts_with"),
        },
        Function {
            name: "ends_with",
            signature: "ends_with(texto, parte)",
            about: "Si el texto termina así.",
            examples: &[(r#""ana@correo.pe".ends_with(".pe")"#, "true")],
            here: false,
            register: |engine| nothing_has(engine, "ends_with"),
        },
        Function {
            name: "matches",
            signature: "matches(texto, modelo)",
            about: "Si todo el texto es como el modelo, donde «*» es cualquier cosa; no cuentan tildes ni mayúsculas.",
            examples: &[
                (r#"matches("Quiero un préstamo ya", "*prestamo*")"#, "true"),
                (r#"matches("PED-1042", "ped-*")"#, "true"),
                (r#"matches("hola", "ola")"#, "false"),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("matches", |given: Dynamic, model: Dynamic| -> Checked<bool> {
                    let (given, model) = (text(&given)?, text(&model)?);
                    Ok(given.zip(model).is_some_and(|(given, model)| matches(&given, &model)))
                });
            },
        },
        Function {
            name: "index_of",
            signature: "index_of(texto, parte)",
            about: "En qué carácter empieza la parte, contando desde 0; -1 si no está.",
            examples: &[(r#""Ana María".index_of("M")"#, "4"), (r#""Ana".index_of("x")"#, "-1")],
            here: false,
            register: |engine| {
                engine.register_fn("index_of", |(): (), _: Dynamic| -1_i64);
            },
        },
        Function {
            name: "sub_string",
            signature: "sub_string(texto, inicio, cuántos)",
            about: "Un pedazo del texto, desde un carácter (0 es el primero); sin «cuántos», hasta el final.",
            examples: &[
                (r#""Ana María".sub_string(0, 3)"#, r#""Ana""#),
                (r#""Ana María".sub_string(4)"#, r#""María""#),
            ],
            here: false,
            register: |engine| {
                engine
                    .register_fn("sub_string", |(): (), _: Dynamic| ())
                    .register_fn("sub_string", |(): (), _: Dynamic, _: Dynamic| ());
            },
        },
        Function {
            name: "replace",
            signature: "replace(texto, busca, pone)",
            about: "El texto con cada «busca» cambiado por «pone».",
            examples: &[(r#""999-888-777".replace("-", "")"#, r#""999888777""#)],
            here: false,
            // All four shapes: the one that is forgotten is the one that takes a gigabyte.
            register: |engine| {
                engine
                    .register_fn("replace", |text: Text, old: Text, new: Text| replace(&text, &old, &new))
                    .register_fn("replace", |text: Text, old: char, new: Text| {
                        replace(&text, &old.to_string(), &new)
                    })
                    .register_fn("replace", |text: Text, old: Text, new: char| {
                        replace(&text, &old, &new.to_string())
                    })
                    .register_fn("replace", |text: Text, old: char, new: char| {
                        replace(&text, &old.to_string(), &new.to_string())
                    })
                    .register_fn("replace", |(): (), _: Dynamic, _: Dynamic| ());
            },
        },
        Function {
            name: "split",
            signature: "split(texto, separador)",
            about: "La lista de las partes que hay entre los separadores.",
            examples: &[
                (r#"split("rojo,verde,azul", ",")"#, r#"["rojo", "verde", "azul"]"#),
                (r#"split("08/2027", "/")[1]"#, r#""2027""#),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("split", |given: Dynamic, separator: Dynamic| {
                    let separator = text(&separator)?.unwrap_or_default();
                    on_text(&given, |text| match separator.as_str() {
                        "" => texts(std::iter::once(text)),
                        separator => texts(text.split(separator)),
                    })
                });
            },
        },
        Function {
            name: "words",
            signature: "words(texto)",
            about: "La lista de las palabras.",
            examples: &[(r#"words("Ana María  Rojas")"#, r#"["Ana", "María", "Rojas"]"#)],
            here: false,
            register: |engine| {
                engine.register_fn("words", |given: Dynamic| {
                    on_text(&given, |text| texts(text.split_whitespace()))
                });
            },
        },
        Function {
            name: "first_word",
            signature: "first_word(texto)",
            about: "La primera palabra, como el nombre de un nombre completo.",
            examples: &[(r#"first_word(" Ana María ")"#, r#""Ana""#)],
            here: false,
            register: |engine| {
                engine.register_fn("first_word", |given: Dynamic| {
                    on_text(&given, |text| Ok(maybe(text.split_whitespace().next().map(Text::from))))
                });
            },
        },
        Function {
            name: "join",
            signature: "join(lista, entre, último)",
            about: "Los datos de la lista en un texto, con «entre» en medio y, si se da, «último» antes del último.",
            examples: &[
                (r#"join(["rojo", "verde", "azul"], ", ", " y ")"#, r#""rojo, verde y azul""#),
                (r#"join([1, 2], "-")"#, r#""1-2""#),
            ],
            here: false,
            register: |engine| {
                engine
                    .register_fn("join", |given: Dynamic, between: Dynamic| join(&given, &between, None))
                    .register_fn("join", |given: Dynamic, between: Dynamic, last: Dynamic| {
                        join(&given, &between, Some(&last))
                    });
            },
        },
        Function {
            name: "len",
            signature: "len(texto o lista)",
            about: "Cuántos caracteres tiene el texto, o cuántos datos la lista o el grupo.",
            examples: &[(r#"len("Ñandú")"#, "5"), ("[10, 20].len()", "2"), ("falta.len()", "0")],
            here: false,
            register: |engine| {
                engine
                    .register_fn("len", |(): ()| 0_i64)
                    .register_fn("len", |items: rhai::Array| i64::try_from(items.len()).unwrap_or(i64::MAX));
            },
        },
        Function {
            name: "is_empty",
            signature: "is_empty(texto o lista)",
            about: "Si no hay nada: el dato falta, el texto no tiene caracteres o la lista no tiene datos.",
            examples: &[
                (r#"is_empty("")"#, "true"),
                ("falta.is_empty()", "true"),
                ("[0].is_empty()", "false"),
            ],
            here: false,
            register: |engine| {
                engine
                    .register_fn("is_empty", |(): ()| true)
                    .register_fn("is_empty", |items: rhai::Array| items.is_empty());
            },
        },
        Function {
            name: "to_string",
            signature: "to_string(dato)",
            about: "El dato como texto.",
            examples: &[(r#"to_string(34) + " años""#, r#""34 años""#)],
            here: false,
            register: |_| {},
        },
    ],
};

/// Works with a text; nothing gives nothing.
fn on_text(given: &Dynamic, work: impl FnOnce(&str) -> Checked<Dynamic>) -> Checked<Dynamic> {
    text(given)?.map_or(Ok(Dynamic::UNIT), |text| work(&text))
}

/// A number, true or false is as good as the text that a customer would read, and nothing is nothing.
fn as_read(engine: &mut Engine, name: &'static str) {
    engine
        .register_fn(name, |(): ()| ())
        .register_fn(name, |n: i64| -> Text { n.to_string().into() })
        .register_fn(name, |n: f64| -> Text { shown(&n.into()).into() })
        .register_fn(name, |b: bool| -> Text { b.to_string().into() });
}

fn nothing_has(engine: &mut Engine, name: &'static str) {
    engine.register_fn(name, |(): (), _: Dynamic| false);
}

fn replace(text: &str, old: &str, new: &str) -> Checked<Text> {
    if old.is_empty() {
        return Ok(text.into());
    }
    let hits = text.matches(old).count();
    room((text.len() - hits * old.len()).saturating_add(hits.saturating_mul(new.len())))?;
    Ok(text.replace(old, new).into())
}

/// Words that stay small inside a name.
const SMALL: [&str; 9] = ["de", "del", "la", "las", "el", "los", "y", "e", "da"];

fn title(text: &str) -> Checked<Text> {
    room(text.len())?;
    let mut titled = String::new();
    let mut is_first = true;
    for piece in text.split_inclusive(char::is_whitespace) {
        let lower = piece.to_lowercase();
        let word = lower.trim();
        let small = !is_first && SMALL.contains(&word);
        is_first &= word.is_empty();
        let mut letters = lower.chars();
        match letters.next() {
            Some(first) if small => titled.push(first),
            Some(first) => titled.extend(first.to_uppercase()),
            None => {}
        }
        titled.push_str(letters.as_str());
    }
    // A few letters take more bytes in the other case.
    room(titled.len())?;
    Ok(titled.into())
}

/// As people compare letters; signs stay.
fn bare(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether a text is its beginning, then anything at each star, then its end.
fn matches(text: &str, model: &str) -> bool {
    let (text, model) = (bare(text), bare(model));
    let mut pieces = model.split('*');
    let Some(mut rest) = pieces.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let Some(end) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(end)
}

fn join(given: &Dynamic, between: &Dynamic, last: Option<&Dynamic>) -> Checked<Dynamic> {
    let between = text(between)?.unwrap_or_default();
    let last = last.map_or(Ok(None), text)?.unwrap_or_else(|| between.clone());
    items(given, |items| {
        let mut joined = String::new();
        for (at, item) in items.iter().enumerate() {
            let gap = match at {
                0 => "",
                _ if at + 1 == items.len() => last.as_str(),
                _ => between.as_str(),
            };
            let item = match item {
                Value::Array(_) | Value::Object(_) => return Err(wrong("una lista de textos", given)),
                Value::String(text) if text.len() > MAX_STRING => return Err(too_large()),
                item => shown(item),
            };
            room(joined.len().saturating_add(gap.len()).saturating_add(item.len()))?;
            joined.push_str(gap);
            joined.push_str(&item);
        }
        Ok(joined.into())
    })
}
