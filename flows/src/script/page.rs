//! The page about expressions for who writes flows, `docs/expressions.md`, from what is declared. Every
//! example on it is worked out here: `UPDATE_EXPECT=1 cargo test -p cauce-flows` writes it anew.

use std::fmt::Write;
use std::path::Path;

use cauce_model::Timestamp;

use super::functions::MANNERS;
use super::*;

/// Saturday, 2026-03-14 10:30 in Lima.
fn place() -> Place {
    Place { now: Timestamp(1_773_502_200_000), zone: Default::default(), country: Default::default() }
}

fn vars() -> [(&'static str, Value); 4] {
    [
        ("nombre", json!("Ana María")),
        ("edad", json!("34")),
        ("lugar", json!({ "latitude": -12.05, "longitude": -77.04 })),
        ("pedido", json!({ "items": [{ "name": "Pan", "price": 10 }, { "name": "Vino", "price": 25.5 }] })),
    ]
}

fn result(source: &str, place: Place) -> Value {
    let vars = vars();
    let lookup = |name: &str| vars.iter().find(|v| v.0 == name).map_or(Dynamic::UNIT, |v| to_dynamic(&v.1));
    let script = Script::compile(source).unwrap_or_else(|error| panic!("{source}: {error:?}"));
    let worked = if script.is_here { script.eval_at(place, lookup) } else { script.eval(lookup) };
    let worked = worked.unwrap_or_else(|error| panic!("{source}: {error}"));
    to_value(&worked).unwrap_or_else(|wrong| panic!("{source}: {wrong:?}"))
}

const OPERATORS: [(&str, &str, &str); 12] = [
    ("+ - * / % **", "Cuentas. Entre enteros, dividir da un entero.", "7 / 2 + 7.0 / 2"),
    ("+", "Une textos.", "\"Hola \" + nombre"),
    ("`…${ }…`", "Un texto con valores dentro.", "`${nombre}, ${edad} años`"),
    ("== !=", "Igual, distinto.", "nombre == \"Ana María\""),
    ("< <= > >=", "Menor y mayor. Con lo que falta, nunca se cumple.", "number(edad) >= 18"),
    ("&& || !", "Y, o, no.", "number(edad) >= 18 && !falta.is_empty()"),
    ("in", "Si está en la lista, el texto o el grupo.", "plain(\"Perú\") in [\"peru\", \"chile\"]"),
    ("??", "Lo primero o, si falta, lo segundo.", "falta ?? \"sin dato\""),
    ("if … { } else { }", "Según una condición.", "if number(edad) < 18 { \"menor\" } else { \"adulto\" }"),
    ("switch", "Según un valor.", "switch nombre { \"Ana María\" => 1, _ => 0 }"),
    (
        ". [ ]",
        "Un campo de un grupo, o un dato de una lista: `[0]` es el primero y `[-1]` el último.",
        "pedido.items[-1].name",
    ),
    (
        "[ ] #{ }",
        "Una lista y un grupo escritos.",
        "#{ total: sum(pick(pedido.items, \"price\")), pagos: [1, 2] }",
    ),
];

const ERRORS: [(&str, &str); 15] = [
    ("expr.syntax", "La expresión no se entiende o le falta algo."),
    ("expr.empty", "No hay nada escrito."),
    ("expr.unclosed", "Hay «{{» sin su «}}»."),
    ("expr.not_allowed", "Da órdenes en vez de calcular: bucles, variables propias, funciones propias."),
    ("expr.unknown_function", "Ninguna función se llama así."),
    ("expr.unknown_field", "El contacto no tiene ese campo."),
    ("expr.no_separator", "A «split» le falta el separador."),
    ("expr.too_long", "Pasa del largo permitido."),
    ("expr.too_deep", "Tiene demasiados niveles, uno dentro de otro."),
    ("expr.wrong_data", "Al calcular: una función u operación recibe otra clase de dato."),
    ("expr.arithmetic", "Al calcular: una cuenta que no se puede hacer, como dividir entre cero."),
    ("expr.too_large", "Al calcular: da un texto o un dato demasiado grande."),
    ("expr.too_much_work", "Al calcular: da demasiado trabajo."),
    ("expr.value", "Al calcular: lo que da no se puede guardar o poner en un texto."),
    ("expr.failed", "Al calcular: una función no acepta lo que se le pide."),
];

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page += "| operador | qué hace | ejemplo | da |\n|---|---|---|---|\n";
    for (operator, about, example) in OPERATORS {
        let given = result(example, place());
        writeln!(page, "| {} | {about} | {} | {} |", code(operator), code(example), code(&given.to_string()))
            .unwrap();
    }
    page += FUNCTIONS_HEAD;
    for group in FUNCTION_GROUPS {
        let names: Vec<String> = group.functions.iter().map(|f| format!("[`{0}`](#{0})", f.name)).collect();
        writeln!(page, "- **{}**: {}", group.name, names.join(", ")).unwrap();
    }
    for group in FUNCTION_GROUPS {
        writeln!(page, "\n### {}", group.name).unwrap();
        for function in group.functions {
            writeln!(
                page,
                "\n#### {}\n\n`{}`\n\n{}\n\n```",
                function.name, function.signature, function.about
            )
            .unwrap();
            for (source, given) in function.examples {
                writeln!(page, "{source}  →  {given}").unwrap();
            }
            page += "```\n";
        }
    }
    page += MANNERS_HEAD;
    let countries = MANNERS.iter().map(|manner| (manner.country, manner.country, manner.currency));
    for (country, name, currency) in countries.chain([("JP", "los demás", "ninguna")]) {
        let there = Place { country: country.parse().unwrap(), ..place() };
        let cells = ["format_number(1234567.5)", "money(1234.5)", "money(1234.5, \"USD\")"]
            .map(|source| result(source, there.clone()).as_str().unwrap_or_default().to_owned());
        writeln!(page, "| {name} | {currency} | {} |", cells.join(" | ")).unwrap();
    }
    page += "\n## Límites\n\nUna expresión que pasa de un límite no se publica o se detiene; nunca se corta nada en silencio.\n\n";
    page += "| límite | cuánto |\n|---|---|\n";
    for (limit, most) in [
        ("Largo de una expresión", format!("{MAX_SOURCE} caracteres")),
        ("Niveles, uno dentro de otro", MAX_DEPTH.to_string()),
        ("Operaciones al calcularla", MAX_OPERATIONS.to_string()),
        ("Texto que hace", format!("{MAX_STRING} bytes (una letra con tilde son 2, un emoji 4 o más)")),
        ("Datos de las listas y grupos que escribe", MAX_ITEMS.to_string()),
        (
            "Dato que da, o lista que hace una función",
            format!("{MAX_VALUE} bytes: sus textos, y 8 por cada dato"),
        ),
    ] {
        writeln!(page, "| {limit} | {most} |").unwrap();
    }
    page += "\nLas respuestas de un servidor se leen donde están y no cuentan para estos límites.\n";
    page += "\n## Errores\n\nUn texto con un error no se envía a medias: el recorrido se detiene ahí y el equipo lo ve, con su código.\n\n";
    page += "| código | qué pasó |\n|---|---|\n";
    for (code, about) in ERRORS {
        writeln!(page, "| `{code}` | {about} |").unwrap();
    }
    page
}

/// Code in a cell of a table.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

const INTRODUCTION: &str = r#"<!-- Sale de lo que declara flows/src/script; se escribe de nuevo con UPDATE_EXPECT=1 cargo test -p cauce-flows -->
# Expresiones

Una expresión calcula un dato con lo que el recorrido sabe. Va entre `{{` y `}}` dentro de cualquier texto, y
sola donde un paso pide una condición o un valor:

```yaml
text: "Hola {{ title(first_word(contact.name)) }}, son {{ money(total) }}. Vence el {{ format_date(vence) }}."
when: number(edad) >= 18 && plain(ciudad) in ["lima", "callao"]
```

Solo calcula: no cambia ningún dato, no repite, no espera y no pregunta nada afuera. Con los mismos datos, en
el mismo momento, siempre da lo mismo.

## Los datos

- Lo que guardó un paso, por su nombre: `nombre`, `edad`. Un grupo tiene campos (`lugar.latitude`) y una lista
  tiene datos por su orden (`items[0]`).
- Del contacto: `contact.name`, `contact.phone`, `contact.language`, `contact.tags`, `contact.score` y lo que permitió
  o no: `contact.consents.publicidad` es verdadero, falso, o nada si nunca se le preguntó.
- La respuesta de un servidor, en los pasos que llaman a uno: `answer.status`, `answer.body`.
- Escritos: `"texto"`, `12`, `2.5`, `true` y `false` (sí y no), `()` (nada), `["una", "lista"]`,
  `#{ campo: "un grupo" }`.

Lo que falta es **nada** (en esta página, `null`). No es un error: en un texto no se ve, una función de texto da
nada, una comparación no se cumple. Con `??` se pone otra cosa en su lugar.

En los ejemplos de esta página es sábado 14 de marzo de 2026, 10:30, en Lima; `nombre` es «Ana María», `edad` es
el texto «34», `lugar` y `pedido` son grupos, y `falta` no existe.

## Operadores

"#;

const FUNCTIONS_HEAD: &str = r"
## Funciones

Se escriben `len(nombre)` o `nombre.len()`, que es lo mismo, y una detrás de otra: `nombre.trim().to_upper()`.
Ninguna cambia el dato que recibe. Donde esperan un texto, un número vale como el texto que se leería; donde
esperan un número, vale el texto que es un número.

Las fechas son textos que se ordenan solos: `2026-03-15`, la hora `15:30`, y juntas `2026-03-15 15:30`, con el reloj
de donde está el contacto. Lo que escribe la gente («mañana», «15/3», «a las 4») se lee con `date`, `time` y
`date_time`; las demás funciones de fechas reciben lo que estas dan.

";

const MANNERS_HEAD: &str = r#"
## Números y montos según el país

Como los escribe la gente del país del contacto. Los pesos de Chile y Colombia y los guaraníes van sin decimales,
redondeados.

| país | su moneda | `format_number(1234567.5)` | `money(1234.5)` | `money(1234.5, "USD")` |
|---|---|---|---|---|
"#;

#[test]
fn every_example_gives_what_it_says() {
    for function in FUNCTION_GROUPS.iter().flat_map(|group| group.functions) {
        assert!(!function.examples.is_empty(), "{}", function.name);
        assert!(function.signature.starts_with(function.name), "{}", function.signature);
        assert!(function.about.ends_with('.'), "{}", function.about);
        for (source, given) in function.examples {
            let given: Value = serde_json::from_str(given).unwrap();
            assert_eq!(result(source, place()), given, "{source}");
        }
    }
}

#[test]
fn the_page_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expressions.md");
    let page = page();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(published == page, "docs/expressions.md is old: UPDATE_EXPECT=1 cargo test -p cauce-flows");
}
