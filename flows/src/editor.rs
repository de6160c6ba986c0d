//! The JSON Schema of a whole document, so that editors of YAML complete, explain and check it.
//!
//! It says what can be said without compiling: fields, kinds, the config of each kind. Expressions,
//! exits and the graph are proven by [`crate::Program::compile`] (`cauce check`).

use serde_json::{Value, json};

use crate::Catalogue;
use crate::calendar::HOURS;
use crate::document::{FORMAT, MAX_COLUMNS, MAX_ROWS, MAX_TABLES};

/// Ids of flows and steps, and keys inside a config.
const ID: &str = "^[A-Za-z0-9_-]{1,64}$";
/// Languages.
const LANGUAGE: &str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$";
/// Names of variables.
const NAME: &str = "^[A-Za-z_][A-Za-z0-9_]{0,63}$";
/// Spans of time.
const PERIOD: &str = "^[0-9]+ ?[smhd]$";

/// The schema (draft-07) of a document over these kinds. Titles and descriptions are Spanish.
pub fn document_schema(catalogue: &Catalogue) -> Value {
    let id = json!({ "type": "string", "pattern": ID });
    let with = |schema: &Value, title: &str, description: &str| {
        let mut schema = schema.clone();
        schema["title"] = title.into();
        schema["description"] = description.into();
        schema
    };
    let text = json!({ "type": "string", "minLength": 1 });
    let kinds: Vec<Value> = catalogue
        .kinds()
        .map(|kind| {
            let meta = kind.meta;
            json!({ "const": meta.kind, "title": meta.name, "description": meta.description })
        })
        .collect();
    let configs: Vec<Value> = catalogue
        .kinds()
        .map(|kind| {
            let mut then = json!({ "properties": { "config": for_editors(kind.config_schema.clone()) } });
            if kind.config_schema.get("required").and_then(Value::as_array).is_some_and(|r| !r.is_empty()) {
                then["required"] = json!(["config"]);
            }
            // Without `required` a step that has no kind yet would be of every kind.
            let given =
                json!({ "required": ["kind"], "properties": { "kind": { "const": kind.meta.kind } } });
            json!({ "if": given, "then": then })
        })
        .collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Flujo de Cauce",
        "description": "Un recorrido: pasos que dicen, preguntan y deciden, unidos por sus salidas.",
        "type": "object",
        "required": ["id", "name", "start", "nodes"],
        "additionalProperties": false,
        "properties": {
            "format": {
                "title": "Formato",
                "description": "El formato del documento; 1 cuando no se dice.",
                "type": "integer",
                "minimum": 1,
                "maximum": FORMAT,
            },
            "id": with(&id, "Identificador", "No cambia entre versiones. Letras sin tilde, números, «_» y «-»."),
            "name": with(&text, "Nombre", "Como lo llama el equipo."),
            "language": with(&text, "Idioma", "De sus textos, por ejemplo «es» o «es-MX»."),
            "start": with(&id, "Inicio", "El paso de tipo «start» por el que empieza."),
            "variables": {
                "title": "Datos",
                "description": "Cómo se llaman en pantalla los datos que el flujo guarda.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": { "label": with(&text, "Etiqueta", "Como se lee en pantalla.") },
                },
            },
            "params": {
                "title": "Recibe",
                "description": "Los datos que le da el flujo que lo llama, por nombre.",
                "type": "object",
                "propertyNames": { "pattern": NAME },
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "label": with(&text, "Etiqueta", "Como se lee en pantalla."),
                        "type": {
                            "title": "Tipo",
                            "oneOf": [
                                { "const": "text", "title": "Texto" },
                                { "const": "number", "title": "Número" },
                                { "const": "boolean", "title": "Sí o no" },
                                { "const": "list", "title": "Lista" },
                                { "const": "group", "title": "Grupo de campos" },
                            ],
                        },
                        "optional": { "title": "Puede faltar", "type": "boolean" },
                    },
                },
            },
            "returns": {
                "title": "Devuelve",
                "description": "Los datos que recibe de vuelta el flujo que lo llama.",
                "type": "array",
                "items": { "type": "string", "pattern": NAME },
                "uniqueItems": true,
            },
            "tables": {
                "title": "Tablas",
                "description": "Tablas donde los pasos «lookup» buscan: precios, sedes, horarios…",
                "type": "object",
                "propertyNames": id.clone(),
                "maxProperties": MAX_TABLES,
                "additionalProperties": {
                    "type": "object",
                    "required": ["columns", "rows"],
                    "additionalProperties": false,
                    "properties": {
                        "columns": {
                            "title": "Columnas",
                            "type": "array",
                            "minItems": 1,
                            "maxItems": MAX_COLUMNS,
                            "items": { "type": "string", "pattern": NAME },
                        },
                        "rows": {
                            "title": "Filas",
                            "description": "Cada una con un valor para cada columna.",
                            "type": "array",
                            "maxItems": MAX_ROWS,
                            "items": {
                                "type": "array",
                                "items": { "type": ["string", "number", "boolean", "null"] },
                            },
                        },
                    },
                },
            },
            "nodes": {
                "title": "Pasos",
                "description": "Cada paso por su identificador, que no cambia aunque cambie su nombre.",
                "type": "object",
                "propertyNames": id.clone(),
                "additionalProperties": { "$ref": "#/definitions/node" },
            },
            "translations": {
                "title": "Traducciones",
                "description": "Los textos en otros idiomas: «idioma: paso: lugar: texto».",
                "type": "object",
                "propertyNames": { "type": "string", "pattern": LANGUAGE },
                "additionalProperties": {
                    "title": "Idioma",
                    "type": "object",
                    "propertyNames": id.clone(),
                    "additionalProperties": {
                        "title": "Paso",
                        "description": "Cada texto por su lugar, por ejemplo «text» o «answer.options.ventas.title».",
                        "type": "object",
                        "additionalProperties": text.clone(),
                    },
                },
            },
            "layout": {
                "title": "Posiciones",
                "description": "Dónde está cada tarjeta en el lienzo. No es parte de la versión.",
                "type": "object",
                "propertyNames": id.clone(),
                "additionalProperties": {
                    "type": "object",
                    "required": ["x", "y"],
                    "additionalProperties": false,
                    "properties": { "x": { "type": "number" }, "y": { "type": "number" } },
                },
            },
        },
        "definitions": {
            "node": {
                "title": "Paso",
                "type": "object",
                "required": ["kind"],
                "additionalProperties": false,
                "properties": {
                    "kind": { "title": "Tipo", "description": "Qué hace el paso.", "oneOf": kinds },
                    "v": { "title": "Versión del tipo", "type": "integer", "minimum": 1 },
                    "name": with(&text, "Nombre", "El título de su tarjeta."),
                    "note": with(&text, "Nota", "Para el equipo; el cliente no la ve."),
                    "config": { "title": "Configuración", "type": "object" },
                    "exits": {
                        "title": "Salidas",
                        "description": "A qué paso lleva cada salida: «salida: paso».",
                        "type": "object",
                        "additionalProperties": with(&id, "Paso", "El identificador de un paso de este flujo."),
                    },
                },
                "allOf": configs,
            },
        },
    })
}

/// What the formats of this house mean, in words that editors know.
fn for_editors(mut schema: Value) -> Value {
    if let Some(map) = schema.as_object_mut() {
        let format = map.get("format").and_then(Value::as_str).unwrap_or_default().to_owned();
        let pattern = match &format[..] {
            "key" | "queue" => Some((ID, "De 1 a 64 letras sin tilde, números, «_» o «-», sin espacios.")),
            "variable" => Some((NAME, "Letras sin tilde, números y «_», empezando por una letra.")),
            "duration" => Some((PERIOD, "Un número y su unidad: 30s, 15m, 2h o 3d.")),
            "hours" => Some((HOURS, "Desde y hasta: 9:00-18:00, 9:00-24:00 o 21:00-2:00.")),
            _ => None,
        };
        if let Some((pattern, message)) = pattern {
            map.insert("pattern".to_owned(), pattern.into());
            map.insert("patternErrorMessage".to_owned(), message.into());
        }
        // A number may be worked out: then a text stands there.
        if format == "template" && map.get("type").is_some_and(|name| name == "number") {
            map.insert("type".to_owned(), json!(["number", "string"]));
        }
        map.values_mut().for_each(|value| *value = for_editors(value.take()));
    } else if let Some(items) = schema.as_array_mut() {
        items.iter_mut().for_each(|item| *item = for_editors(item.take()));
    }
    schema
}
