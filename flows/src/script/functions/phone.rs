//! Phone numbers.

use rhai::{Dynamic, NativeCallContext};

use super::given::{maybe, place, readable};
use super::{Function, FunctionGroup};
use crate::reading;
use crate::script::Checked;

type Here<'a> = NativeCallContext<'a>;

pub(super) const GROUP: FunctionGroup = FunctionGroup {
    name: "Teléfonos",
    functions: &[
        Function {
            name: "phone",
            signature: "phone(texto)",
            about: "El número de teléfono que dice el texto, con «+» y el código de su país; nada si no dice uno solo que exista.",
            examples: &[
                (r#"phone("mi cel es 999 888 777")"#, r#""+51999888777""#),
                (r#"phone("+34 612 34 56 78")"#, r#""+34612345678""#),
                (r#"phone("12345")"#, "null"),
            ],
            here: true,
            register: |engine| {
                engine.register_fn("phone", |here: Here<'_>, given: Dynamic| {
                    on_phone(&here, &given, |number, _| number)
                });
            },
        },
        Function {
            name: "format_phone",
            signature: "format_phone(texto)",
            about: "El número de teléfono como se lee: los del país del contacto sin su código, los demás con él.",
            examples: &[
                (r#"format_phone("+51999888777")"#, r#""999 888 777""#),
                (r#"format_phone("34612345678")"#, r#""+34 612 34 56 78""#),
            ],
            here: true,
            register: |engine| {
                engine.register_fn("format_phone", |here: Here<'_>, given: Dynamic| {
                    on_phone(&here, &given, |number, country| reading::shown_phone(&number, country))
                });
            },
        },
    ],
};

fn on_phone(
    here: &Here<'_>,
    given: &Dynamic,
    work: impl FnOnce(String, &reading::Country) -> String,
) -> Checked<Dynamic> {
    let Some(text) = readable(given)? else { return Ok(Dynamic::UNIT) };
    let country = place(here)?.country;
    Ok(maybe(reading::phone(&text, &country).map(|number| work(number, &country))))
}
