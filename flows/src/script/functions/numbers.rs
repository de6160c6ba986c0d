//! Numbers and amounts.

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};

use super::given::{Num, items, maybe, num, numbers, place, text, whole, wrong};
use super::written::{Manner, decimal, manner_of};
use super::{Function, FunctionGroup};
use crate::script::Checked;

type Here<'a> = NativeCallContext<'a>;

/// The most decimals that a number has; more would show how machines keep numbers.
const MOST_DECIMALS: i64 = 15;

pub(super) const GROUP: FunctionGroup = FunctionGroup {
    name: "Números y montos",
    functions: &[
        Function {
            name: "number",
            signature: "number(texto)",
            about: "El número que dice el texto, con punto o coma para los decimales; nada si no es un número.",
            examples: &[
                (r#"number("34") + 1"#, "35"),
                (r#"number("3,5")"#, "3.5"),
                (r#"number("treinta")"#, "null"),
            ],
            here: false,
            register: |engine| {
                engine
                    .register_fn("number", |text: ImmutableString| maybe(Num::written(&text)))
                    .register_fn("number", |n: i64| n)
                    .register_fn("number", |n: f64| n)
                    .register_fn("number", |_: bool| ());
                of_nothing(engine, "number");
            },
        },
        Function {
            name: "abs",
            signature: "abs(número)",
            about: "El número sin su signo.",
            examples: &[("abs(-5)", "5")],
            here: false,
            register: |engine| of_nothing(engine, "abs"),
        },
        Function {
            name: "round",
            signature: "round(número, decimales)",
            about: "El número redondeado a esos decimales (de 0 a 15); sin ellos, al entero más cercano.",
            examples: &[("round(2.675, 2)", "2.68"), ("2.7.round()", "3.0"), ("round(7, 2)", "7")],
            here: false,
            register: |engine| {
                of_nothing(engine, "round");
                engine
                    .register_fn("round", |n: i64| n)
                    .register_fn("round", |n: Dynamic, decimals: Dynamic| round(&n, &decimals));
            },
        },
        Function {
            name: "floor",
            signature: "floor(número)",
            about: "El entero que no pasa del número.",
            examples: &[("floor(2.7)", "2.0")],
            here: false,
            register: |engine| {
                of_nothing(engine, "floor");
                engine.register_fn("floor", |n: i64| n);
            },
        },
        Function {
            name: "ceiling",
            signature: "ceiling(número)",
            about: "El entero al que el número no llega o que es.",
            examples: &[("ceiling(2.1)", "3.0")],
            here: false,
            register: |engine| {
                of_nothing(engine, "ceiling");
                engine.register_fn("ceiling", |n: i64| n);
            },
        },
        Function {
            name: "min",
            signature: "min(uno, otro)",
            about: "El menor de los dos, o el menor número de una lista; lo que falta no cuenta.",
            examples: &[("min(8, 3)", "3"), ("min([7, 2.5, 9])", "2.5"), ("min(falta, 4)", "4")],
            here: false,
            register: |engine| {
                either(engine, "min");
                engine.register_fn("min", |list: Dynamic| best(&list, |n, than| n < than));
            },
        },
        Function {
            name: "max",
            signature: "max(uno, otro)",
            about: "El mayor de los dos, o el mayor número de una lista; lo que falta no cuenta.",
            examples: &[("max(8, 3)", "8"), ("max([7, 2.5, 9])", "9")],
            here: false,
            register: |engine| {
                either(engine, "max");
                engine.register_fn("max", |list: Dynamic| best(&list, |n, than| n > than));
            },
        },
        Function {
            name: "percent",
            signature: "percent(parte, total)",
            about: "Qué porcentaje del total es la parte; nada si el total es cero.",
            examples: &[
                ("percent(3, 12)", "25.0"),
                ("round(percent(1, 3), 1)", "33.3"),
                ("percent(1, 0)", "null"),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("percent", |part: Dynamic, total: Dynamic| -> Checked<Dynamic> {
                    let parts = num(&part)?.zip(num(&total)?);
                    let percent = parts.map(|(part, total)| part.float() / total.float() * 100.0);
                    Ok(maybe(percent.filter(|percent| percent.is_finite())))
                });
            },
        },
        Function {
            name: "format_number",
            signature: "format_number(número, decimales)",
            about: "El número como se escribe en el país del contacto; sin «decimales», con los que tiene.",
            examples: &[
                ("format_number(1234567.5, 2)", r#""1,234,567.50""#),
                ("format_number(12000)", r#""12,000""#),
            ],
            here: true,
            register: |engine| {
                engine
                    .register_fn("format_number", |here: Here<'_>, n: Dynamic| format_number(&here, &n, None))
                    .register_fn("format_number", |here: Here<'_>, n: Dynamic, decimals: Dynamic| {
                        format_number(&here, &n, decimals_of(&decimals)?)
                    });
            },
        },
        Function {
            name: "money",
            signature: "money(monto, moneda)",
            about: "El monto como se escribe en el país del contacto, en su moneda o en otra («USD», «EUR», «MXN» …).",
            examples: &[
                ("money(1234.5)", r#""S/ 1,234.50""#),
                (r#"money(1234.5, "USD")"#, r#""US$ 1,234.50""#),
                (r#"money("80", "MXN")"#, r#""MXN 80.00""#),
            ],
            here: true,
            register: |engine| {
                engine
                    .register_fn("money", |here: Here<'_>, n: Dynamic| money(&here, &n, None))
                    .register_fn("money", |here: Here<'_>, n: Dynamic, currency: Dynamic| {
                        money(&here, &n, Some(&currency))
                    });
            },
        },
    ],
};

fn of_nothing(engine: &mut Engine, name: &'static str) {
    engine.register_fn(name, |(): ()| ());
}

/// What is missing is neither the least nor the most.
fn either(engine: &mut Engine, name: &'static str) {
    engine
        .register_fn(name, |(): (), other: Dynamic| other)
        .register_fn(name, |other: Dynamic, (): ()| other)
        .register_fn(name, |(): (), (): ()| ());
}

fn best(list: &Dynamic, beats: fn(f64, f64) -> bool) -> Checked<Dynamic> {
    items(list, |items| {
        let all = numbers(items).ok_or_else(|| wrong("una lista de números", list))?;
        let best = all.into_iter().reduce(|best, n| if beats(n.float(), best.float()) { n } else { best });
        Ok(maybe(best))
    })
}

fn decimals_of(given: &Dynamic) -> Checked<Option<usize>> {
    let Some(decimals) = whole(given)? else { return Ok(None) };
    let known = (0..=MOST_DECIMALS).contains(&decimals).then(|| usize::try_from(decimals).ok()).flatten();
    known.map(Some).ok_or_else(|| format!("los decimales van de 0 a {MOST_DECIMALS}").into())
}

fn round(n: &Dynamic, decimals: &Dynamic) -> Checked<Dynamic> {
    let decimals = decimals_of(decimals)?.unwrap_or(0);
    Ok(match num(n)? {
        Some(Num::Float(n)) => {
            let (negative, whole, fraction) = decimal(Num::Float(n), Some(decimals));
            let n: Option<f64> = format!("{whole}.{fraction}0").parse().ok();
            maybe(n.map(|n| if negative { -n } else { n }))
        }
        other => maybe(other),
    })
}

fn manner(here: &Here<'_>) -> Checked<Manner> {
    Ok(manner_of(place(here)?.country.as_str()))
}

fn format_number(here: &Here<'_>, n: &Dynamic, decimals: Option<usize>) -> Checked<Dynamic> {
    let manner = manner(here)?;
    Ok(maybe(num(n)?.map(|n| manner.number(n, decimals))))
}

fn money(here: &Here<'_>, n: &Dynamic, currency: Option<&Dynamic>) -> Checked<Dynamic> {
    let manner = manner(here)?;
    let currency = currency.map_or(Ok(None), text)?.map(|code| code.trim().to_ascii_uppercase());
    if let Some(code) = currency.as_deref()
        && !(code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()))
    {
        let message = "una moneda son tres letras, como PEN o USD".into();
        return Err(Box::new(EvalAltResult::ErrorRuntime(message, Position::NONE)));
    }
    Ok(maybe(num(n)?.map(|n| manner.money(n, currency.as_deref()).trim().to_owned())))
}
