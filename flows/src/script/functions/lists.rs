//! Lists, of an answer or a variable, or written out: `["a", "b"]`. A list that is made here is no larger
//! than a value may be, and is measured before it is made.

use std::cmp::Ordering;
use std::collections::HashSet;

use rhai::{Dynamic, EvalAltResult, Position};
use serde_json::Value;

use super::given::{Num, items, list, maybe, measured, numbers, text, wrong};
use super::{Function, FunctionGroup};
use crate::script::data::{Data, same};
use crate::script::{Checked, to_value};
use crate::words::fold;

pub(super) const GROUP: FunctionGroup = FunctionGroup {
    name: "Listas",
    functions: &[
        Function {
            name: "first",
            signature: "first(lista)",
            about: "El primer dato; nada si no hay ninguno.",
            examples: &[("first([7, 8, 9])", "7"), ("first(falta)", "null")],
            here: false,
            register: |engine| {
                engine.register_fn("first", |list: Dynamic| item(&list, 0));
            },
        },
        Function {
            name: "last",
            signature: "last(lista)",
            about: "El último dato; nada si no hay ninguno.",
            examples: &[("last([7, 8, 9])", "9")],
            here: false,
            register: |engine| {
                engine.register_fn("last", |list: Dynamic| item(&list, -1));
            },
        },
        Function {
            name: "pick",
            signature: "pick(lista, campo)",
            about: "La lista de lo que cada grupo de la lista tiene en ese campo.",
            examples: &[
                (r##"pick([#{ price: 10 }, #{ price: 25 }], "price")"##, "[10, 25]"),
                (r##"sum(pick([#{ price: 10 }, #{ price: 25 }], "price"))"##, "35"),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("pick", |given: Dynamic, field: Dynamic| -> Checked<Dynamic> {
                    let field = text(&field)?.unwrap_or_default();
                    items(&given, |items| {
                        list(items.iter().map(|item| item.get(field.as_str()).unwrap_or(&Value::Null)))
                    })
                });
            },
        },
        Function {
            name: "sorted",
            signature: "sorted(lista)",
            about: "La lista en orden: los números de menor a mayor, los textos por abecedario sin contar tildes ni mayúsculas.",
            examples: &[
                ("sorted([10, 9, 2.5])", "[2.5, 9, 10]"),
                (r#"sorted(["Óscar", "ana", "Zoe"])"#, r#"["ana", "Óscar", "Zoe"]"#),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("sorted", |given: Dynamic| -> Checked<Dynamic> {
                    items(&given, |items| {
                        // Measured first: what is too large is not sorted either.
                        measured(items)?;
                        let mut keyed: Vec<(Key, &Value)> =
                            items.iter().map(|item| (Key::of(item), item)).collect();
                        keyed.sort_by(|(a, _), (b, _)| a.order(b));
                        list(keyed.iter().map(|(_, item)| *item))
                    })
                });
            },
        },
        Function {
            name: "unique",
            signature: "unique(lista)",
            about: "La lista sin los datos que se repiten.",
            examples: &[(r#"unique(["a", "b", "a"])"#, r#"["a", "b"]"#), ("unique([1, 1.0, 2])", "[1, 2]")],
            here: false,
            register: |engine| {
                engine.register_fn("unique", |given: Dynamic| -> Checked<Dynamic> {
                    items(&given, |items| {
                        measured(items)?;
                        let mut seen = HashSet::new();
                        let firsts: Vec<&Value> =
                            items.iter().filter(|item| seen.insert(sameness(item))).collect();
                        list(firsts.into_iter())
                    })
                });
            },
        },
        Function {
            name: "count",
            signature: "count(lista, dato)",
            about: "Cuántas veces está el dato en la lista.",
            examples: &[(r#"count(["sí", "no", "sí"], "sí")"#, "2")],
            here: false,
            register: |engine| {
                engine.register_fn("count", |given: Dynamic, wanted: Dynamic| -> Checked<i64> {
                    let Ok(wanted) = to_value(&wanted) else { return Ok(0) };
                    items(&given, |items| {
                        let hits = items.iter().filter(|item| same(item, &wanted)).count();
                        Ok(i64::try_from(hits).unwrap_or(i64::MAX))
                    })
                });
            },
        },
        Function {
            name: "sum",
            signature: "sum(lista)",
            about: "La suma de los números; lo que falta no cuenta, y es un error que haya otra cosa.",
            examples: &[("sum([10, 20.5])", "30.5"), ("sum([])", "0"), (r#"sum(["3", "4,5"])"#, "7.5")],
            here: false,
            register: |engine| {
                engine.register_fn("sum", |given: Dynamic| -> Checked<Dynamic> {
                    items(&given, |items| Ok(sum(&all_numbers(items, &given)?)?.into()))
                });
            },
        },
        Function {
            name: "average",
            signature: "average(lista)",
            about: "El promedio de los números; nada si no hay ninguno.",
            examples: &[("average([4, 5])", "4.5"), ("average([])", "null")],
            here: false,
            register: |engine| {
                engine.register_fn("average", |given: Dynamic| -> Checked<Dynamic> {
                    items(&given, |items| {
                        let all = all_numbers(items, &given)?;
                        if all.is_empty() {
                            return Ok(Dynamic::UNIT);
                        }
                        let sum: f64 = all.iter().map(|n| n.float() / all.len() as f64).sum();
                        finite(sum).map(Dynamic::from)
                    })
                });
            },
        },
    ],
};

fn item(list: &Dynamic, place: i64) -> Checked<Dynamic> {
    if let Some(data) = list.read_lock::<Data>()
        && data.value().is_array()
    {
        return Ok(data.clone().item(place));
    }
    if let Ok(items) = list.as_array_ref() {
        return Ok(maybe(if place == 0 { items.first() } else { items.last() }.cloned()));
    }
    if list.is_unit() { Ok(Dynamic::UNIT) } else { Err(wrong("una lista", list)) }
}

/// By what a value is sorted: what is nothing, true or false, numbers, texts, and the rest as it stands.
#[derive(Debug)]
enum Key {
    Nothing,
    Truth(bool),
    Number(f64),
    Text(String, String),
    Rest,
}

impl Key {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(b) => Self::Truth(*b),
            Value::Number(n) => Self::Number(n.as_f64().unwrap_or_default()),
            Value::String(text) => Self::Text(fold(text), text.clone()),
            Value::Array(_) | Value::Object(_) => Self::Rest,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Truth(_) => 1,
            Self::Number(_) => 2,
            Self::Text(..) => 3,
            Self::Rest => 4,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Truth(a), Self::Truth(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a, exact_a), Self::Text(b, exact_b)) => (a, exact_a).cmp(&(b, exact_b)),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

/// The same for two values that [`same`] takes for one.
fn sameness(value: &Value) -> String {
    match value.as_f64() {
        // 0.0 and -0.0 are one number.
        Some(n) => (n + 0.0).to_string(),
        None => value.to_string(),
    }
}

fn all_numbers(items: &[Value], given: &Dynamic) -> Checked<Vec<Num>> {
    numbers(items).ok_or_else(|| wrong("una lista de números", given))
}

fn sum(all: &[Num]) -> Checked<Num> {
    let whole: Option<Vec<i64>> =
        all.iter().map(|n| if let Num::Int(n) = n { Some(*n) } else { None }).collect();
    match whole {
        Some(whole) => {
            let sum = whole.into_iter().try_fold(0_i64, i64::checked_add);
            sum.map(Num::Int).ok_or_else(no_number)
        }
        None => finite(all.iter().map(|n| n.float()).sum()).map(Num::Float),
    }
}

fn finite(n: f64) -> Checked<f64> {
    if n.is_finite() { Ok(n) } else { Err(no_number()) }
}

fn no_number() -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorArithmetic("sum".to_owned(), Position::NONE))
}
