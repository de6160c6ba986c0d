//! The scenario file: conversations with a flow and what is expected of it, as they are written.

use std::collections::BTreeMap;

use cauce_model::{HttpAnswer, HttpFailure, HttpMethod, HttpOutcome};
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::yaml::Places;

/// A file of scenarios. `nombre.test.yaml` is about `nombre.yaml` beside it, unless it says otherwise.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Escenarios de un flujo")]
pub struct Scenarios {
    /// The flow, when it is not the file of the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Flujo", length(min = 1, max = 300))]
    #[schemars(extend("x-help" = "El archivo del flujo, junto a este; el del mismo nombre si no se dice."))]
    pub flow: Option<String>,
    /// When every scenario begins, unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Empieza", length(min = 1, max = 40))]
    #[schemars(extend("x-help" = "Fecha y hora locales, por ejemplo 2026-11-20T10:00 (así si no se dice)."))]
    pub now: Option<String>,
    /// By which clocks the customer lives: `America/Lima` unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Zona horaria", length(min = 1, max = 80))]
    #[schemars(extend("x-help" = "Por ejemplo America/Mexico_City; America/Lima si no se dice."))]
    pub zone: Option<String>,
    /// Whose phone numbers and documents they write: `PE` unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "País", length(min = 1, max = 10))]
    #[schemars(extend("x-help" = "Dos letras, por ejemplo MX; PE si no se dice."))]
    pub country: Option<String>,
    /// The customer of every scenario, as far as it does not say otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Cliente")]
    pub customer: Option<Customer>,
    /// Customers by name, for `as:` and for `cauce chat --as`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(title = "Personas")]
    #[schemars(extend("x-help" = "Clientes con nombre; un escenario elige uno con «as:»."))]
    pub personas: IndexMap<String, Customer>,
    /// Servers that answer by themselves, in every scenario.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Servidores")]
    #[schemars(extend("x-help" = "Responden solos; los de un escenario van antes que estos."))]
    pub mocks: Vec<Mock>,
    /// The scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Escenarios", length(max = 1_000))]
    pub scenarios: Vec<Scenario>,
    #[serde(skip)]
    pub(crate) places: Places,
}

/// What is known of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Cliente")]
pub struct Customer {
    /// Empty when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Nombre", length(max = 200))]
    #[schemars(extend("x-help" = "Vacío (\"\") si no se sabe."))]
    pub name: Option<String>,
    /// Digits only; empty when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Teléfono", length(max = 40))]
    #[schemars(extend("x-help" = "Solo números, entre comillas: \"51999888777\"."))]
    pub phone: Option<String>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Idioma", length(max = 40))]
    pub language: Option<String>,
    /// The tags they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Etiquetas")]
    pub tags: Option<Vec<String>>,
    /// How promising they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Puntos")]
    pub score: Option<i64>,
    /// What they allowed (`true`) and what not (`false`), by purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Permisos")]
    #[schemars(extend("x-help" = "Por ejemplo { publicidad: true }; false si no quiso."))]
    pub consents: Option<BTreeMap<String, bool>>,
}

/// A server that answers by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Servidor")]
pub struct Mock {
    /// Any, when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Método", schema_with = "methods")]
    pub method: Option<HttpMethod>,
    /// The address; `*` is any text.
    #[schemars(title = "Dirección", length(min = 1, max = 2048))]
    #[schemars(extend("x-help" = "«*» es cualquier texto, por ejemplo https://api.tienda.com/pedidos/*"))]
    pub url: String,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Responde")]
    pub answers: Option<Answers>,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Falla")]
    pub fails: Option<Fails>,
}

fn methods(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["GET", "POST", "PUT", "PATCH", "DELETE"] })
}

/// What a server answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Respuesta")]
pub struct Answers {
    /// The HTTP status; 200 when nothing is said.
    #[serde(default = "ok", skip_serializing_if = "is_ok")]
    #[schemars(title = "Código", range(min = 100, max = 599))]
    pub status: u16,
    /// The body, as data.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(title = "Datos", schema_with = "anything")]
    pub json: Value,
    /// The body, as a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Texto", length(max = 65_536))]
    pub text: Option<String>,
}

fn ok() -> u16 {
    200
}

fn is_ok(status: &u16) -> bool {
    *status == ok()
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "format": "tree" })
}

/// Why a server did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Falla")]
pub enum Fails {
    /// Nobody knows whether it was carried out.
    #[schemars(title = "No respondió a tiempo")]
    Timeout,
    /// It did not leave.
    #[schemars(title = "No se pudo llegar")]
    Unreachable,
    /// It did not leave, for there was too much to do.
    #[schemars(title = "Demasiado que hacer")]
    Busy,
    /// Nobody knows whether it was carried out.
    #[schemars(title = "Se cortó")]
    ConnectionLost,
    /// What it answered says JSON and is none.
    #[schemars(title = "No es JSON")]
    NotJson,
    /// What it answered is too large.
    #[schemars(title = "Respuesta demasiado grande")]
    TooLarge,
    /// What it answered cannot be read.
    #[schemars(title = "Respuesta ilegible")]
    Unreadable,
    /// The address is not allowed.
    #[schemars(title = "Dirección prohibida")]
    ForbiddenAddress,
    /// It sent the call elsewhere.
    #[schemars(title = "Redirige")]
    Redirect,
    /// The request cannot be made.
    #[schemars(title = "Pedido imposible")]
    BadRequest,
    /// The installation has no such secret.
    #[schemars(title = "Secreto desconocido")]
    UnknownSecret,
}

impl Answers {
    /// As a call ends with it.
    pub(crate) fn outcome(&self) -> HttpOutcome {
        let body = self.text.clone().map_or_else(|| self.json.clone(), Value::String);
        HttpOutcome::Answered(HttpAnswer { status: self.status, body, retry_after: None })
    }
}

impl Fails {
    /// As a call ends with it.
    pub(crate) fn outcome(self) -> HttpOutcome {
        let code = serde_json::to_value(self).ok().and_then(|code| Some(code.as_str()?.to_owned()));
        let failure =
            HttpFailure { code: code.unwrap_or_default(), text: "El servidor no respondió.".to_owned() };
        match self {
            Self::Timeout | Self::Unreachable | Self::Busy | Self::ConnectionLost => {
                HttpOutcome::Unavailable(failure)
            }
            _ => HttpOutcome::Unusable(failure),
        }
    }
}

/// A conversation and what is expected of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Escenario")]
pub struct Scenario {
    /// What it shows.
    #[schemars(title = "Nombre", length(min = 1, max = 200))]
    pub name: String,
    /// The customer, by their name among the personas.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Persona", length(min = 1, max = 80))]
    #[schemars(extend("x-help" = "Quién escribe: un nombre de «personas:»."))]
    pub persona: Option<String>,
    /// What is different about the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Cliente")]
    pub customer: Option<Customer>,
    /// When it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Empieza", length(min = 1, max = 40))]
    #[schemars(extend("x-help" = "Fecha y hora locales, por ejemplo 2026-11-20T10:00."))]
    pub now: Option<String>,
    /// Servers that answer by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Servidores")]
    pub mocks: Vec<Mock>,
    /// What happens, in order.
    #[schemars(title = "Qué pasa", length(min = 1, max = 500))]
    pub steps: Vec<Step>,
    /// What is expected in the end, of all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Al final")]
    pub expect: Option<Expected>,
}

/// Something that happens, one of the first ten fields, and what is expected then.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Paso", extend("additionalProperties" = false))]
pub struct Step {
    /// The customer writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Escribe", length(max = 4096))]
    pub writes: Option<String>,
    /// The customer taps what has this title on the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Toca", length(min = 1, max = 200))]
    pub taps: Option<String>,
    /// The customer sends something else, as it is typed in `cauce chat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Envía", length(min = 1, max = 1_000))]
    #[schemars(extend("x-help" = "image, video, audio, voice, document, sticker, location LATITUD,LONGITUD o contact NOMBRE TELÉFONO."))]
    pub sends: Option<String>,
    /// The customer taps an advertisement or a post, by its id, and sends what it prepared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Llega por un anuncio", length(min = 1, max = 60))]
    #[schemars(extend("x-help" = "El identificador del anuncio, entre comillas."))]
    pub ad: Option<String>,
    /// Another system tells of something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Otro sistema avisa")]
    pub event: Option<Told>,
    /// Time passes: a span, or until a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Pasa el tiempo", length(min = 1, max = 80))]
    #[schemars(extend("x-help" = "Cuánto (+2h) o hasta cuándo (mañana a las 9). Un flujo con horario propio empieza en su hora."))]
    pub clock: Option<String>,
    /// The server that was asked answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Responde el servidor")]
    pub answers: Option<Answers>,
    /// The server that was asked does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "El servidor falla")]
    pub fails: Option<Fails>,
    /// The next thing that is said by a step that wants to know will not arrive, with this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "No llega lo próximo")]
    #[schemars(extend("x-help" = "El código con que WhatsApp lo rechaza, por ejemplo 131026."))]
    pub refuses: Option<Code>,
    /// What a person of the team does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Una persona")]
    pub person: Option<Person>,
    /// What is expected then.
    #[serde(flatten)]
    pub expected: Expected,
}

/// What another system tells of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Otro sistema avisa")]
pub struct Told {
    /// What happened.
    #[schemars(title = "Evento", length(min = 1, max = 64))]
    pub name: String,
    /// What it tells of it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[schemars(title = "Datos", schema_with = "anything")]
    pub json: Value,
}

/// A provider's code: digits, or a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct Code(pub String);

impl From<Value> for Code {
    fn from(value: Value) -> Self {
        Self(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

impl From<Code> for Value {
    fn from(Code(code): Code) -> Self {
        code.parse::<u32>().map_or_else(|_| code.into(), Self::from)
    }
}

impl JsonSchema for Code {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 40, "x-or": { "type": "integer", "minimum": 0 } })
    }
}

/// What a person of the team does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(title = "Una persona")]
pub enum Person {
    /// Takes the case: the time for that is over no more.
    #[schemars(title = "Toma la atención")]
    Takes,
    /// Is done.
    #[schemars(title = "La termina")]
    Ends,
    /// Nobody comes in time.
    #[schemars(title = "Nadie la toma a tiempo")]
    Nobody,
}

/// What is expected. What is left out is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "Se espera", extend("additionalProperties" = false))]
pub struct Expected {
    /// All that is said and done, a text each, as [`crate::transcript`] writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Dice")]
    #[schemars(extend("x-help" = "Todo lo que dice, un texto por mensaje. «…» solo es cualquier cosa; un texto que termina en «…» es un comienzo."))]
    pub says: Option<Says>,
    /// Data with these values; `null` is not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Datos", schema_with = "data")]
    pub data: Option<Map<String, Value>>,
    /// All tags of the customer, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Etiquetas")]
    pub tags: Option<Vec<String>>,
    /// All that the customer allowed (`true`) and did not (`false`), by purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Permisos")]
    pub consents: Option<BTreeMap<String, bool>>,
    /// The steps it went through, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Camino")]
    #[schemars(extend("x-help" = "Los pasos por los que pasó, en orden."))]
    pub path: Option<Vec<String>>,
    /// The step at which it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Espera en", length(min = 1, max = 64))]
    pub at: Option<String>,
    /// It is over with this outcome, whatever the outcome (`true`), or not at all (`false`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Terminó")]
    #[schemars(extend("x-help" = "El resultado con que termina; true si no importa cuál, false si sigue."))]
    pub ended: Option<Ended>,
    /// It cannot go on, for this code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Se detuvo", length(min = 1, max = 80))]
    #[schemars(extend("x-help" = "El código del error, por ejemplo expr.wrong_data."))]
    pub stopped: Option<String>,
}

fn data(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "format": "tree" } })
}

/// What is said: a text for each message, or one alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OneOrMore", into = "OneOrMore")]
pub struct Says(pub Vec<String>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Says {
    fn from(written: OneOrMore) -> Self {
        match written {
            OneOrMore::One(text) => Self(vec![text]),
            OneOrMore::More(texts) => Self(texts),
        }
    }
}

impl From<Says> for OneOrMore {
    fn from(Says(mut texts): Says) -> Self {
        match texts.len() {
            1 => Self::One(texts.remove(0)),
            _ => Self::More(texts),
        }
    }
}

impl JsonSchema for Says {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Says".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": { "type": "string" }, "x-or": { "type": "string" } })
    }
}

/// How a run is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub enum Ended {
    /// It is not over.
    Not,
    /// Whatever the outcome.
    Anyhow,
    /// With this outcome.
    With(String),
}

impl From<Value> for Ended {
    fn from(value: Value) -> Self {
        match value {
            Value::String(outcome) => Self::With(outcome),
            Value::Bool(false) => Self::Not,
            _ => Self::Anyhow,
        }
    }
}

impl From<Ended> for Value {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Not => false.into(),
            Ended::Anyhow => true.into(),
            Ended::With(outcome) => outcome.into(),
        }
    }
}

impl JsonSchema for Ended {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ended".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "x-or": { "type": "boolean" } })
    }
}
