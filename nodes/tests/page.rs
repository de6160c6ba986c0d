//! The page about steps for who writes flows, `docs/nodes.md`, from what every kind declares. The talks on it
//! are the kinds' examples, which run as tests: `UPDATE_EXPECT=1 cargo test -p cauce-nodes` writes it anew.

#![allow(clippy::unwrap_used, reason = "writing to a text does not fail")]

use std::fmt::Write;
use std::path::Path;

use cauce_flows::{Catalogue, Example, Happens, Kind, Program, Turn};
use cauce_model::MediaKind;
use cauce_nodes::catalogue;
use serde_json::Value;

const HEAD: &str = "# Pasos

<!-- Sale del código: no se edita a mano. UPDATE_EXPECT=1 cargo test -p cauce-nodes -->

Un flujo son pasos unidos por sus salidas. Cada paso tiene un tipo (`kind`), su configuración (`config`) y sus salidas
(`exits`: la clave de la salida y el paso que sigue). Aquí está todo lo que se puede usar; los textos y las cuentas
se escriben con [expresiones](expressions.md).

- Todo paso que dice algo tiene además la salida `window_closed`, que puede quedar sin conectar: se toma cuando ya
  pasaron 24 horas desde el último mensaje del cliente, y WhatsApp solo acepta plantillas.
- Las salidas que dicen «opcional» pueden quedar sin conectar. Las demás, si no llevan a ningún paso, son un error,
  salvo que un paso `unexpected` las reciba.
- Una duración se escribe con su unidad: `30s`, `15m`, `2h`, `3d` (máximo `365d`).
";

fn page() -> String {
    let catalogue = catalogue();
    let mut page = HEAD.to_owned();
    let mut groups: Vec<&str> = Vec::new();
    for kind in catalogue.kinds() {
        if !groups.contains(&kind.meta.group) {
            groups.push(kind.meta.group);
        }
    }
    page += "\n| | |\n|---|---|\n";
    for group in &groups {
        let kinds: Vec<String> = catalogue
            .kinds()
            .filter(|kind| kind.meta.group == *group)
            .map(|kind| format!("[{}](#{})", kind.meta.name, kind.meta.kind))
            .collect();
        writeln!(page, "| {group} | {} |", kinds.join(" · ")).unwrap();
    }
    for group in groups {
        writeln!(page, "\n## {group}").unwrap();
        for kind in catalogue.kinds().filter(|kind| kind.meta.group == group) {
            one(&mut page, kind, &catalogue);
        }
    }
    page
}

fn one(page: &mut String, kind: &Kind, catalogue: &Catalogue) {
    let meta = kind.meta;
    let (id, name, about) = (meta.kind, meta.name, meta.description);
    writeln!(page, "\n<a id=\"{id}\"></a>\n### {name} · `{id}`\n\n{about}").unwrap();
    let mut rows = Vec::new();
    fields(&kind.config_schema, "", &mut rows);
    if !rows.is_empty() {
        writeln!(page, "\n| campo | qué es | valor |\n|---|---|---|").unwrap();
        rows.iter().for_each(|row| writeln!(page, "{row}").unwrap());
    }
    let examples = kind.examples();
    let exits = exits(&examples, catalogue);
    if !exits.is_empty() {
        writeln!(page, "\nSalidas: {}.", exits.join(" · ")).unwrap();
    }
    let mut shown = "";
    for example in &examples {
        writeln!(page, "\n**{}**", example.title).unwrap();
        if example.flow != shown {
            writeln!(page, "\n```yaml\n{}\n```", example.flow.trim()).unwrap();
            shown = example.flow;
        }
        writeln!(page, "\n```text").unwrap();
        example.turns.iter().for_each(|turn| talk(page, turn));
        writeln!(page, "```").unwrap();
    }
}

/// A row for every field, those inside others too.
fn fields(schema: &Value, at: &str, rows: &mut Vec<String>) {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if field.get("const").is_some() {
            continue;
        }
        let path = format!("{at}{name}");
        let title = field["title"].as_str().unwrap_or_default();
        let help = field["description"].as_str().map(|help| format!(". {}", help.trim_end_matches('.')));
        let optional = if required.contains(&name.as_str()) { "" } else { " (opcional)" };
        let what = format!("{title}{}", help.unwrap_or_default()).replace('|', "\\|").replace('\n', " ");
        rows.push(format!("| `{path}`{optional} | {what} | {} |", value(field)));
        inside(field, &path, rows);
    }
}

fn inside(field: &Value, path: &str, rows: &mut Vec<String>) {
    fields(field, &format!("{path}."), rows);
    if let Some(items) = field.get("items") {
        inside(items, &format!("{path}[]"), rows);
    }
    for form in field["oneOf"].as_array().into_iter().flatten() {
        let tag = form["properties"].as_object().and_then(|fields| {
            fields.iter().find_map(|(name, field)| Some((name, field.get("const")?.as_str()?)))
        });
        if let Some((name, tag)) = tag {
            let title = form["title"].as_str().unwrap_or_default();
            rows.push(format!("| `{path}.{name}: {tag}` | {title} | |"));
            fields(form, &format!("{path}."), rows);
        }
    }
}

/// What may stand in a field.
fn value(field: &Value) -> String {
    if let Some(forms) = field["oneOf"].as_array() {
        let words: Vec<String> =
            forms.iter().filter_map(|form| Some(format!("`{}`", form.get("const")?.as_str()?))).collect();
        return if words.is_empty() { "grupo".to_owned() } else { words.join(", ") };
    }
    if let Some(words) = field["enum"].as_array() {
        return words
            .iter()
            .map(|word| format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned)))
            .collect::<Vec<_>>()
            .join(", ");
    }
    let kind =
        match (field["format"].as_str().unwrap_or_default(), field["type"].as_str().unwrap_or_default()) {
            ("template", "number") => "número o texto con `{{ }}`",
            ("template", _) => "texto con `{{ }}`",
            ("expression", _) => "expresión",
            ("answer_expression", _) => "expresión sobre `answer`",
            ("code", _) => "código",
            ("duration", _) => "duración",
            ("variable", _) => "nombre de un dato",
            ("key" | "queue", _) => "identificador",
            ("tree", _) => "datos con `{{ }}`",
            ("calendar", _) => "horario",
            (_, "string") => "texto",
            (_, "boolean") => "`true` o `false`",
            (_, "integer") => "número entero",
            (_, "number") => "número",
            (_, "array") => "lista",
            _ => "grupo",
        };
    let bound = |least: &str, most: &str, unit: &str| {
        let (least, most) = (field[least].as_f64(), field[most].as_f64());
        match (least.filter(|least| *least > 1.0 || unit.is_empty()), most) {
            (Some(least), Some(most)) => format!(", {least}–{most}{unit}"),
            (None, Some(most)) => format!(", hasta {most}{unit}"),
            (Some(least), None) => format!(", desde {least}{unit}"),
            (None, None) => String::new(),
        }
    };
    let limits = [
        bound("minLength", "maxLength", " caracteres"),
        bound("minItems", "maxItems", ""),
        bound("minimum", "maximum", ""),
    ];
    format!("{kind}{}", limits.concat())
}

/// The exits that its examples have, in their order.
fn exits(examples: &[Example], catalogue: &Catalogue) -> Vec<String> {
    let mut exits: Vec<String> = Vec::new();
    for example in examples {
        let Ok(program) = Program::read(example.shown(), catalogue) else { continue };
        let card = program.cards().into_iter().find(|card| card.id.as_str() == "paso");
        for exit in card.into_iter().flat_map(|card| card.exits).filter(|exit| exit.key != "window_closed") {
            let optional = if exit.optional { ", opcional" } else { "" };
            let line = format!("`{}` ({}{optional})", exit.key, exit.label.to_lowercase());
            if !exits.iter().any(|known| known.starts_with(&format!("`{}`", exit.key))) {
                exits.push(line);
            }
        }
    }
    exits
}

fn talk(page: &mut String, turn: &Turn) {
    let happens = match &turn.happens {
        Happens::Writes(text) => (*text).to_owned(),
        Happens::Taps(title) => format!("[{title}]"),
        Happens::Sends(content) => content.text().map_or("(envía algo)".to_owned(), str::to_owned),
        Happens::SendsFile(media) => format!("({})", file(*media)),
        Happens::Answered(_) => "(el servidor responde, o no)".to_owned(),
        Happens::Sent => "(todo salió)".to_owned(),
        Happens::Unsent(code) => format!("(no llega: {code})"),
        Happens::TimePasses => "(pasa el tiempo)".to_owned(),
        Happens::PersonEnds => "(la persona termina)".to_owned(),
        Happens::NobodyTakes => "(nadie la toma)".to_owned(),
        Happens::Told(name, data) => format!("(otro sistema avisa: {name} {data})"),
    };
    writeln!(page, "> {happens}").unwrap();
    turn.says.iter().for_each(|line| writeln!(page, "{line}").unwrap());
    if let Some(exit) = turn.takes {
        writeln!(page, "(sale por {exit})").unwrap();
    }
}

fn file(media: MediaKind) -> String {
    media.name().to_lowercase()
}

#[test]
fn the_page_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nodes.md");
    let page = page();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &page).unwrap();
    }
    let published = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(published == page, "docs/nodes.md is old: UPDATE_EXPECT=1 cargo test -p cauce-nodes");
}
