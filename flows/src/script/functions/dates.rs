//! Days and hours. They are texts: "2026-03-15", "15:30", "2026-03-15 15:30", by the clocks of where the
//! customer is. What people write becomes such a text with `date`, `time` and `date_time`; all others take
//! only those, and give nothing for anything else.

use jiff::Span;
use jiff::civil;
use rhai::{Dynamic, NativeCallContext};

use super::given::{maybe, place, readable, text, whole};
use super::{Function, FunctionGroup};
use crate::reading::{self, Place};
use crate::script::Checked;

type Here<'a> = NativeCallContext<'a>;

pub(super) const GROUP: FunctionGroup = FunctionGroup {
    name: "Fechas y horas",
    functions: &[
        Function {
            name: "today",
            signature: "today()",
            about: "La fecha de hoy donde está el contacto.",
            examples: &[("today()", r#""2026-03-14""#)],
            here: true,
            register: |engine| {
                engine.register_fn("today", |here: Here<'_>| -> Checked<Dynamic> {
                    Ok(maybe(place(&here)?.moment().map(|(day, _)| day.to_string())))
                });
            },
        },
        Function {
            name: "now",
            signature: "now()",
            about: "La fecha y la hora de este momento donde está el contacto.",
            examples: &[("now()", r#""2026-03-14 10:30""#)],
            here: true,
            register: |engine| {
                engine.register_fn("now", |here: Here<'_>| -> Checked<Dynamic> {
                    Ok(maybe(both(place(&here)?.moment())))
                });
            },
        },
        Function {
            name: "date",
            signature: "date(texto)",
            about: "La fecha que dice el texto, como la escribe la gente; nada si no dice una sola.",
            examples: &[
                (r#"date("mañana")"#, r#""2026-03-15""#),
                (r#"date("el 15/3")"#, r#""2026-03-15""#),
                (r#"date("lunes que viene")"#, r#""2026-03-16""#),
                (r#"date("uno de estos días")"#, "null"),
            ],
            here: true,
            register: |engine| {
                engine.register_fn("date", |here: Here<'_>, given: Dynamic| -> Checked<Dynamic> {
                    let Some(text) = readable(&given)? else { return Ok(Dynamic::UNIT) };
                    let place = place(&here)?;
                    let exact = When::of(&text).and_then(When::day).map(|day| day.to_string());
                    let said = || {
                        let moment = instant(&text, &place).map(|(day, _)| day);
                        moment.or_else(|| reading::date(&text, &place)).map(|day| day.to_string())
                    };
                    Ok(maybe(exact.or_else(said)))
                });
            },
        },
        Function {
            name: "time",
            signature: "time(texto)",
            about: "La hora que dice el texto, como la escribe la gente; nada si no dice una sola.",
            examples: &[
                (r#"time("a las 4 y media")"#, r#""16:30""#),
                (r#"time("9 am")"#, r#""09:00""#),
                (r#"time("más tarde")"#, "null"),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("time", |given: Dynamic| -> Checked<Dynamic> {
                    let Some(text) = readable(&given)? else { return Ok(Dynamic::UNIT) };
                    let exact = When::of(&text).and_then(When::hour).map(clock);
                    Ok(maybe(exact.or_else(|| reading::time(&text).map(|hour| hour.to_string()))))
                });
            },
        },
        Function {
            name: "date_time",
            signature: "date_time(texto)",
            about: "La fecha y la hora que dice el texto; también las que escriben los sistemas, llevadas a donde está el contacto.",
            examples: &[
                (r#"date_time("mañana a las 4")"#, r#""2026-03-15 16:00""#),
                (r#"date_time("2026-03-15T20:30:00Z")"#, r#""2026-03-15 15:30""#),
                (r#"date_time("mañana")"#, "null"),
            ],
            here: true,
            register: |engine| {
                engine.register_fn("date_time", |here: Here<'_>, given: Dynamic| -> Checked<Dynamic> {
                    let Some(text) = readable(&given)? else { return Ok(Dynamic::UNIT) };
                    let place = place(&here)?;
                    let exact = When::of(&text).filter(|when| matches!(when, When::Both(_))).map(When::shown);
                    let said = || both(instant(&text, &place).or_else(|| reading::date_time(&text, &place)));
                    Ok(maybe(exact.or_else(said)))
                });
            },
        },
        Function {
            name: "add_days",
            signature: "add_days(fecha, días)",
            about: "La fecha tantos días después, o antes si son negativos; la hora, si la tiene, queda igual.",
            examples: &[
                (r#"add_days("2026-03-14", 30)"#, r#""2026-04-13""#),
                (r#"add_days(today(), -1)"#, r#""2026-03-13""#),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("add_days", |from: Dynamic, days: Dynamic| {
                    moved(&from, &days, |days| Span::new().try_days(days).ok())
                });
            },
        },
        Function {
            name: "add_months",
            signature: "add_months(fecha, meses)",
            about: "La fecha tantos meses después; si ese mes es más corto, su último día.",
            examples: &[(r#"add_months("2026-01-31", 1)"#, r#""2026-02-28""#)],
            here: false,
            register: |engine| {
                engine.register_fn("add_months", |from: Dynamic, months: Dynamic| {
                    moved(&from, &months, |months| Span::new().try_months(months).ok())
                });
            },
        },
        Function {
            name: "days_between",
            signature: "days_between(desde, hasta)",
            about: "Cuántos días hay de una fecha a la otra; negativo si la segunda es anterior.",
            examples: &[(r#"days_between("2026-03-14", "2026-04-01")"#, "18")],
            here: false,
            register: |engine| {
                engine.register_fn("days_between", |from: Dynamic, until: Dynamic| -> Checked<Dynamic> {
                    Ok(maybe(days(&from)?.zip(days(&until)?).map(|(from, until)| between(from, until))))
                });
            },
        },
        Function {
            name: "is_before",
            signature: "is_before(una, otra)",
            about: "Si una fecha u hora es anterior a la otra; si a alguna le falta la hora, se comparan los días.",
            examples: &[
                (r#"is_before("2026-03-14", today())"#, "false"),
                (r#"is_before("09:30", "16:00")"#, "true"),
            ],
            here: false,
            register: |engine| {
                engine.register_fn("is_before", |one: Dynamic, other: Dynamic| compare(&one, &other, -1));
            },
        },
        Function {
            name: "is_after",
            signature: "is_after(una, otra)",
            about: "Si una fecha u hora es posterior a la otra; si a alguna le falta la hora, se comparan los días.",
            examples: &[(r#"is_after(date("mañana"), today())"#, "true")],
            here: false,
            register: |engine| {
                engine.register_fn("is_after", |one: Dynamic, other: Dynamic| compare(&one, &other, 1));
            },
        },
        Function {
            name: "weekday",
            signature: "weekday(fecha)",
            about: "El día de la semana, de «lunes» a «domingo».",
            examples: &[(r#"weekday("2026-03-14")"#, r#""sábado""#)],
            here: false,
            register: |engine| {
                engine.register_fn("weekday", |given: Dynamic| -> Checked<Dynamic> {
                    Ok(maybe(days(&given)?.map(weekday)))
                });
            },
        },
        Function {
            name: "month_name",
            signature: "month_name(fecha)",
            about: "El mes, de «enero» a «diciembre».",
            examples: &[(r#"month_name("2026-03-14")"#, r#""marzo""#)],
            here: false,
            register: |engine| {
                engine.register_fn("month_name", |given: Dynamic| -> Checked<Dynamic> {
                    Ok(maybe(days(&given)?.map(month)))
                });
            },
        },
        Function {
            name: "format_date",
            signature: "format_date(fecha, forma)",
            about: "La fecha como se lee, «largo» (así es si no se dice) o «corto»; con su hora, si la tiene.",
            examples: &[
                (r#"format_date("2026-03-15")"#, r#""domingo 15 de marzo de 2026""#),
                (r#"format_date("2026-03-15", "corto")"#, r#""15/03/2026""#),
                (r#"format_date("2026-03-15 16:00", "corto")"#, r#""15/03/2026 16:00""#),
            ],
            here: false,
            register: |engine| {
                engine
                    .register_fn("format_date", |given: Dynamic| format_date(&given, None))
                    .register_fn("format_date", |given: Dynamic, form: Dynamic| {
                        format_date(&given, Some(&form))
                    });
            },
        },
        Function {
            name: "hour",
            signature: "hour(hora)",
            about: "La hora, de 0 a 23, de una hora o de una fecha con hora.",
            examples: &[("hour(now())", "10"), (r#"hour("16:30")"#, "16")],
            here: false,
            register: |engine| {
                engine.register_fn("hour", |given: Dynamic| -> Checked<Dynamic> {
                    Ok(maybe(when(&given)?.and_then(When::hour).map(|hour| i64::from(hour.hour()))))
                });
            },
        },
        Function {
            name: "age",
            signature: "age(fecha)",
            about: "Los años cumplidos hoy por quien nació en esa fecha; nada si todavía no llega.",
            examples: &[(r#"age("1990-03-15")"#, "35"), (r#"age("1990-03-14")"#, "36")],
            here: true,
            register: |engine| {
                engine.register_fn("age", |here: Here<'_>, given: Dynamic| -> Checked<Dynamic> {
                    let today = place(&here)?.moment().and_then(|(day, _)| parse_day(&day.to_string()));
                    let years = days(&given)?.zip(today).map(|(born, today)| {
                        let to_come = (today.month(), today.day()) < (born.month(), born.day());
                        i64::from(today.year()) - i64::from(born.year()) - i64::from(to_come)
                    });
                    Ok(maybe(years.filter(|years| *years >= 0)))
                });
            },
        },
    ],
};

/// A day, an hour, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Day(civil::Date),
    Hour(civil::Time),
    Both(civil::DateTime),
}

impl When {
    /// As this crate writes them, and with a "T" or seconds, which are dropped.
    fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(hour) = parse_hour(text) {
            return Some(Self::Hour(hour));
        }
        let day = parse_day(text.get(..10)?)?;
        match text.get(10..)? {
            "" => Some(Self::Day(day)),
            rest => {
                let hour = rest.strip_prefix([' ', 'T'])?;
                Some(Self::Both(day.to_datetime(parse_hour(hour)?)))
            }
        }
    }

    fn day(self) -> Option<civil::Date> {
        match self {
            Self::Day(day) => Some(day),
            Self::Both(both) => Some(both.date()),
            Self::Hour(_) => None,
        }
    }

    fn hour(self) -> Option<civil::Time> {
        match self {
            Self::Hour(hour) => Some(hour),
            Self::Both(both) => Some(both.time()),
            Self::Day(_) => None,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Hour(hour) => clock(hour),
            Self::Both(both) => format!("{} {}", both.date(), clock(both.time())),
        }
    }
}

fn digits(text: &str, many: usize) -> Option<i16> {
    let all = text.len() == many && text.bytes().all(|digit| digit.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// From 1900 to 2199, as [`reading::Date`].
fn parse_day(text: &str) -> Option<civil::Date> {
    let mut parts = text.splitn(3, '-');
    let year = digits(parts.next()?, 4)?;
    let month = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    let day = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    known(civil::Date::new(year, month, day).ok()?)
}

fn known(day: civil::Date) -> Option<civil::Date> {
    (1900..=2199).contains(&day.year()).then_some(day)
}

fn parse_hour(text: &str) -> Option<civil::Time> {
    let mut parts = text.splitn(3, ':');
    let hour = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    let minute = i8::try_from(digits(parts.next()?, 2)?).ok()?;
    if let Some(seconds) = parts.next() {
        digits(seconds, 2).filter(|seconds| *seconds < 60)?;
    }
    civil::Time::new(hour, minute, 0, 0).ok()
}

fn clock(hour: civil::Time) -> String {
    format!("{:02}:{:02}", hour.hour(), hour.minute())
}

fn both(moment: Option<(reading::Date, reading::Time)>) -> Option<String> {
    moment.map(|(day, hour)| format!("{day} {hour}"))
}

/// A moment as systems write it (RFC 3339), by the clocks of a place.
fn instant(text: &str, place: &Place) -> Option<(reading::Date, reading::Time)> {
    let at: jiff::Timestamp = text.trim().parse().ok()?;
    Place { now: cauce_model::Timestamp(at.as_millisecond()), ..place.clone() }.moment()
}

fn when(given: &Dynamic) -> Checked<Option<When>> {
    Ok(text(given)?.and_then(|text| When::of(&text)))
}

fn days(given: &Dynamic) -> Checked<Option<civil::Date>> {
    Ok(when(given)?.and_then(When::day))
}

fn moved(from: &Dynamic, by: &Dynamic, span: fn(i64) -> Option<Span>) -> Checked<Dynamic> {
    let Some((from, by)) = when(from)?.zip(whole(by)?) else { return Ok(Dynamic::UNIT) };
    let moved = || {
        let day = known(from.day()?.checked_add(span(by)?).ok()?)?;
        Some(from.hour().map_or(When::Day(day), |hour| When::Both(day.to_datetime(hour))).shown())
    };
    Ok(maybe(moved()))
}

fn between(from: civil::Date, until: civil::Date) -> i64 {
    // Of days alone, so it is whole days.
    i64::from((until - from).get_days())
}

fn compare(one: &Dynamic, other: &Dynamic, wanted: i8) -> Checked<bool> {
    let Some((one, other)) = when(one)?.zip(when(other)?) else { return Ok(false) };
    let order = match (one, other) {
        (When::Both(one), When::Both(other)) => Some(one.cmp(&other)),
        (When::Hour(one), When::Hour(other)) => Some(one.cmp(&other)),
        (one, other) => one.day().zip(other.day()).map(|(one, other)| one.cmp(&other)),
    };
    Ok(order.is_some_and(|order| order as i8 == wanted))
}

fn weekday(day: civil::Date) -> &'static str {
    const NAMES: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
    NAMES[usize::from(day.weekday().to_monday_zero_offset().unsigned_abs()) % 7]
}

fn month(day: civil::Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ];
    NAMES[usize::from(day.month().unsigned_abs() + 11) % 12]
}

fn format_date(given: &Dynamic, form: Option<&Dynamic>) -> Checked<Dynamic> {
    let form = form.map_or(Ok(None), text)?;
    let short = match form.as_deref() {
        None | Some("largo") => false,
        Some("corto") => true,
        Some(_) => return Err("las formas de una fecha son «largo» y «corto»".into()),
    };
    let Some(when) = when(given)? else { return Ok(Dynamic::UNIT) };
    let day = when.day().map(|day| {
        if short {
            format!("{:02}/{:02}/{}", day.day(), day.month(), day.year())
        } else {
            format!("{} {} de {} de {}", weekday(day), day.day(), month(day), day.year())
        }
    });
    let shown = match (day, when.hour().map(clock)) {
        (Some(day), Some(hour)) if short => format!("{day} {hour}"),
        (Some(day), Some(hour)) => format!("{day}, {hour}"),
        (day, hour) => day.or(hour).unwrap_or_default(),
    };
    Ok(shown.into())
}
