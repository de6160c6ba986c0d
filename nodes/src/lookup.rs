//! `lookup`: finds rows of one of the flow's tables.

use cauce_flows::fields::{Expression, Key, Name};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, Write, fold,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Config of `lookup`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Buscar en tabla")]
pub struct Lookup {
    /// In which table of the flow.
    #[schemars(title = "Tabla")]
    pub table: Key,
    /// In which column.
    #[schemars(title = "Columna", length(min = 1, max = 64))]
    pub column: String,
    /// What is sought there.
    #[schemars(title = "Valor buscado")]
    #[schemars(extend("x-help" = "Un dato o un cálculo. Tildes y mayúsculas no cuentan."))]
    pub value: Expression,
    /// Where the row is kept; a list of rows when there are several.
    #[schemars(title = "Guardar en")]
    #[schemars(extend("x-help" = "La fila encontrada: fila.precio. Si hay varias y «many» está conectada, una lista."))]
    pub save_to: Name,
}

/// A cell or a value as it is compared.
fn compared(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => Some(fold(text)),
        // 12 and 12.0 are one number.
        Value::Number(n) => n.as_f64().map(|n| n.to_string()),
        scalar => Some(scalar.to_string()),
    }
}

impl Behaviour for Lookup {
    fn exits(&self) -> Vec<Exit> {
        vec![
            Exit::new("found", "Encontrado"),
            Exit::new("not_found", "No está"),
            Exit::new("many", "Hay varios").or_not(),
        ]
    }

    fn check(&self, check: &mut Check<'_>) {
        let tables = &check.document().tables;
        match tables.get(self.table.source()) {
            None => {
                let names: Vec<&str> = tables.keys().map(String::as_str).collect();
                let help = match names[..] {
                    [] => "Agrégala en «tables:».".to_owned(),
                    _ => format!("Las tablas de este flujo son: {}.", names.join(", ")),
                };
                let message = format!("El flujo no tiene una tabla «{}».", self.table.source());
                check.error("/table", "node.lookup.table_missing", message, help);
            }
            Some(table) if !table.columns.contains(&self.column) => {
                let help = format!("Sus columnas son: {}.", table.columns.join(", "));
                let message =
                    format!("La tabla «{}» no tiene la columna «{}».", self.table.source(), self.column);
                check.error("/column", "node.lookup.column_missing", message, help);
            }
            Some(_) => {}
        }
    }

    fn writes(&self) -> Vec<Write> {
        vec![Write::new(&self.save_to).unless(&["not_found"])]
    }

    fn summary(&self) -> Vec<String> {
        vec![format!("{} donde {} = {}", self.table.source(), self.column, self.value.source())]
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let sought = compared(&cx.value(&self.value)?);
        let table = cx.table(&self.table);
        let column = table.and_then(|table| table.columns.iter().position(|name| *name == self.column));
        let (Some(sought), Some(table), Some(column)) = (sought, table, column) else {
            return Ok(Step::go("not_found"));
        };
        let fits = |row: &&Vec<Value>| row.get(column).and_then(compared).is_some_and(|cell| cell == sought);
        let named = |row: &Vec<Value>| {
            Value::Object(table.columns.iter().cloned().zip(row.iter().cloned()).collect::<Map<_, _>>())
        };
        let mut rows: Vec<Value> = table.rows.iter().filter(fits).map(named).collect();
        let (exit, found) = match rows.len() {
            0 => return Ok(Step::go("not_found")),
            2.. if cx.is_connected("many") => ("many", Value::Array(rows)),
            _ => ("found", rows.swap_remove(0)),
        };
        cx.set(&self.save_to, found);
        Ok(Step::go(exit))
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        let table = seen.document().tables.get(self.table.source());
        let column = table.and_then(|table| table.columns.iter().position(|name| *name == self.column));
        let cells: Vec<&Value> = table
            .zip(column)
            .into_iter()
            .flat_map(|(table, column)| table.rows.iter().filter_map(move |row| row.get(column)))
            .collect();
        // One that stands there once, and one that stands there again.
        let again =
            |value: &&&Value| cells.iter().filter(|cell| compared(cell) == compared(value)).count() > 1;
        let wanted = cells.iter().find(|cell| !again(cell)).into_iter().chain(cells.iter().find(again));
        let of = || self.value.source().to_owned();
        wanted.map(|value| Probe::Value { of: of(), value: (*value).clone() }).collect()
    }
}

impl NodeKind for Lookup {
    const META: Meta = Meta {
        kind: "lookup",
        v: 1,
        name: "Buscar en tabla",
        description: "Busca una fila en una tabla del flujo: precios, sedes, horarios…",
        group: "Datos",
        icon: "table",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: precios
name: Precios
start: inicio
tables:
  precios:
    columns: [plato, precio]
    rows:
      - [Ceviche, 38]
      - [Lomo saltado, 42]
      - [Ají de gallina, 32]
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: plato }, exits: { next: paso } }
  paso:
    kind: lookup
    config: { table: precios, column: plato, value: plato, save_to: fila }
    exits: { found: precio, not_found: no_hay }
  precio: { kind: end, config: { text: "{{ fila.plato }}: S/ {{ fila.precio }}" } }
  no_hay: { kind: end, config: { text: Ese plato no lo tenemos. } }
"#;
        vec![
            Example {
                title: "La fila está; tildes y mayúsculas no cuentan",
                flow: FLOW,
                turns: vec![Turn::leaves(
                    Happens::Writes("aji de GALLINA"),
                    &["Ají de gallina: S/ 32"],
                    "found",
                )],
            },
            Example {
                title: "No está",
                flow: FLOW,
                turns: vec![Turn::leaves(
                    Happens::Writes("pizza"),
                    &["Ese plato no lo tenemos."],
                    "not_found",
                )],
            },
        ]
    }
}
