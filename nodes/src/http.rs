//! `http`: asks a server outside and keeps what it answers.

mod body;
mod examples;
mod probes;

use cauce_flows::fields::{Key, Name, OfAnswer, Period, Template};
use cauce_flows::scenario::{Probe, Seen};
use cauce_flows::{
    BAD_URL, Behaviour, Check, Context, Example, Exit, Failure, Meta, NodeKind, Resume, Role, Step, WaitKind,
    Write, limits,
};
use cauce_model::{Duration, HttpAnswer, HttpBody, HttpHeader, HttpMethod, HttpOutcome, HttpRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use body::Body;

/// How long a try may take when the author does not say, and at most.
const TIMEOUT: Duration = Duration::seconds(10);
const MAX_TIMEOUT: Duration = Duration::seconds(60);
/// How often a call is tried when the author does not say.
const TRIES: u32 = 3;
/// The largest body, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// The longest text of a header, in characters.
const MAX_HEADER: usize = 1_000;

/// Headers that the call itself sets, or that belong to the connection.
const TAKEN: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Config of `http`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Consultar un servicio")]
pub struct Http {
    /// How.
    #[serde(default)]
    #[schemars(title = "Método")]
    pub method: Method,
    /// Where.
    #[schemars(title = "Dirección")]
    #[schemars(extend("x-help" = "Por ejemplo https://api.mitienda.com/pedidos/{{ pedido }}"))]
    #[schemars(extend("maxLength" = limits::LINK, "x-limit" = "limit.link"))]
    pub url: Template,
    /// Headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Encabezados", length(max = 20))]
    pub headers: Vec<Header>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Contenido")]
    pub body: Option<Body>,
    /// How long one try may take; 10 seconds when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Tiempo máximo")]
    #[schemars(extend("x-help" = "De cada intento; 10s si no se dice, como máximo 60s."))]
    pub timeout: Option<Period>,
    /// How often it is tried in all while there is no answer; 3 when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Intentos", range(min = 1, max = 10))]
    #[schemars(extend("x-help" = "Cuántas veces en total si el servicio no responde; 3 si no se dice."))]
    pub tries: Option<u32>,
    /// What is kept of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Guardar", length(max = 20))]
    #[schemars(extend("x-help" = "Lo que debe venir en la respuesta; si falta, se sale por «error»."))]
    pub save: Vec<Save>,
    /// Where the status of the answer is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Guardar el código en")]
    #[schemars(extend("x-help" = "Nombre del dato donde queda el código de la respuesta, como 200 o 404."))]
    pub status_to: Option<Name>,
}

/// The methods a call may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(title = "Método")]
pub enum Method {
    /// Reads.
    #[default]
    #[schemars(title = "GET · consultar")]
    Get,
    /// Creates, or does something.
    #[schemars(title = "POST · enviar")]
    Post,
    /// Replaces.
    #[schemars(title = "PUT · reemplazar")]
    Put,
    /// Changes in part.
    #[schemars(title = "PATCH · cambiar")]
    Patch,
    /// Removes.
    #[schemars(title = "DELETE · borrar")]
    Delete,
}

/// A header: a text, a secret, or a text with a secret after it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Encabezado")]
pub struct Header {
    /// Its name.
    #[schemars(title = "Nombre", length(min = 1, max = 100))]
    pub name: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Valor", extend("maxLength" = MAX_HEADER))]
    pub value: Option<Template>,
    /// The name of the secret that follows the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(title = "Secreto")]
    #[schemars(extend("x-help" = "Nombre de un secreto de la instalación; se agrega después del valor.", "x-ref" = "secret"))]
    pub secret: Option<Key>,
}

/// Something of the answer that is kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Dato de la respuesta")]
pub struct Save {
    /// Where.
    #[schemars(title = "Guardar en")]
    pub to: Name,
    /// What.
    #[schemars(title = "Qué")]
    #[schemars(extend("x-help" = "Por ejemplo answer.body.precio, o answer.body.nota ?? \"\" si puede faltar."))]
    pub from: OfAnswer,
}

impl Method {
    fn sent(self) -> HttpMethod {
        match self {
            Self::Get => HttpMethod::Get,
            Self::Post => HttpMethod::Post,
            Self::Put => HttpMethod::Put,
            Self::Patch => HttpMethod::Patch,
            Self::Delete => HttpMethod::Delete,
        }
    }

    fn written(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Http {
    fn request(&self, cx: &Context<'_>) -> Result<HttpRequest, Failure> {
        let header = |header: &Header| {
            let value = header.value.as_ref().map(|value| cx.text(value)).transpose()?;
            // A line break in a datum must not become another header.
            let value = value.unwrap_or_default().replace(char::is_control, " ");
            let secret = header.secret.as_ref().map(|secret| secret.source().to_owned());
            Ok(HttpHeader { name: header.name.clone(), value, secret })
        };
        Ok(HttpRequest {
            method: self.method.sent(),
            url: cx.url(&self.url)?,
            headers: self.headers.iter().map(header).collect::<Result<_, Failure>>()?,
            body: self.body.as_ref().map(|body| body.filled(cx)).transpose()?,
            timeout: self.timeout.map_or(TIMEOUT, Period::duration),
            idempotency_key: String::new(),
        })
    }

    /// Keeps what is asked of the answer: everything, or nothing when something is not there.
    fn keep(&self, cx: &mut Context<'_>, answer: &HttpAnswer) -> bool {
        cx.set_answer(json!({ "status": answer.status, "body": answer.body }));
        let found: Option<Vec<Value>> = self
            .save
            .iter()
            .map(|save| cx.of_answer(&save.from).ok().filter(|value| !value.is_null()))
            .collect();
        let Some(found) = found else { return false };
        for (save, value) in self.save.iter().zip(found) {
            cx.set(&save.to, value);
        }
        true
    }
}

impl Behaviour for Http {
    fn exits(&self) -> Vec<Exit> {
        vec![
            Exit::new("ok", "Respondió bien"),
            Exit::new("error", "Respondió con error"),
            Exit::new("unavailable", "No respondió"),
        ]
    }

    fn check(&self, check: &mut Check<'_>) {
        let url = self.url.source();
        let starts = ["https://", "http://", "{{"].iter().any(|start| url.starts_with(start));
        if !starts || url.contains(char::is_whitespace) && !url.contains("{{") {
            check.error(
                "/url",
                "node.http.url",
                "Esto no es una dirección web.",
                "Escribe una dirección completa que empiece con https:// y no tenga espacios.",
            );
        }
        if self.timeout.is_some_and(|timeout| timeout.duration() > MAX_TIMEOUT) {
            check.error(
                "/timeout",
                "node.http.timeout",
                "Un intento dura como máximo 60 segundos.",
                "Usa 60s o menos.",
            );
        }
        if self.method == Method::Get && self.body.is_some() {
            check.error(
                "/body",
                "node.http.body",
                "Una consulta GET no lleva contenido.",
                "Cambia el método a POST, o pon los datos en la dirección.",
            );
        }
        if let Some(body) = &self.body {
            body.check("/body", check);
        }
        for (i, header) in self.headers.iter().enumerate() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            let name = header.name.to_ascii_lowercase();
            if !header.name.chars().all(plain) {
                check.error(
                    &format!("/headers/{i}/name"),
                    "node.http.header",
                    format!("«{}» no sirve como nombre de un encabezado.", header.name),
                    "Usa letras sin tilde, números y guiones, por ejemplo X-Cliente.",
                );
            } else if TAKEN.contains(&name.as_str()) {
                check.error(
                    &format!("/headers/{i}/name"),
                    "node.http.header_taken",
                    format!("El encabezado «{}» lo pone la consulta misma.", header.name),
                    "Quítalo. El tipo del contenido se elige en «body:».",
                );
            }
            if header.value.is_none() && header.secret.is_none() {
                check.error(
                    &format!("/headers/{i}"),
                    "node.http.header_empty",
                    format!("El encabezado «{}» no dice nada.", header.name),
                    "Agrega «value:», «secret:» o los dos.",
                );
            }
        }
        check.unique("/save/{}/to", "node.http.save_repeated", self.save.iter().map(|save| save.to.source()));
    }

    fn writes(&self) -> Vec<Write> {
        let saved = self.save.iter().map(|save| Write::new(&save.to).unless(&["error", "unavailable"]));
        // An address, a header or a body that cannot be sent leaves by «error» at once.
        let status = self.status_to.iter().map(|name| Write::new(name).unless(&["error", "unavailable"]));
        saved.chain(status).collect()
    }

    fn summary(&self) -> Vec<String> {
        let saves = self.save.iter().map(|save| format!("{} = {}", save.to.source(), save.from.source()));
        std::iter::once(format!("{} {}", self.method.written(), self.url.source())).chain(saves).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        let request = match self.request(cx) {
            // What the customer wrote makes no address.
            Err(failure) if failure.code == BAD_URL => return Ok(Step::go("error")),
            request => request?,
        };
        let long = |header: &HttpHeader| header.value.chars().count() > MAX_HEADER;
        let too_large = request.url.len() > limits::LINK
            || request.headers.iter().any(long)
            || request.body.as_ref().is_some_and(|HttpBody { text, .. }| text.len() > MAX_BODY);
        if too_large {
            return Ok(Step::go("error"));
        }
        cx.call(request, self.tries.unwrap_or(TRIES));
        Ok(Step::Wait(WaitKind::Call, None))
    }

    fn resume(&self, cx: &mut Context<'_>, why: Resume<'_>) -> Result<Step, Failure> {
        let Resume::Called(outcome) = why else { return Ok(Step::Stay) };
        if let Some(name) = &self.status_to {
            let status =
                if let HttpOutcome::Answered(answer) = outcome { json!(answer.status) } else { Value::Null };
            cx.set(name, status);
        }
        let exit = match outcome {
            HttpOutcome::Answered(answer) => match answer.status {
                200..=299 if self.keep(cx, answer) => "ok",
                408 | 425 | 429 | 500.. => "unavailable",
                _ => "error",
            },
            HttpOutcome::Unusable(_) => "error",
            HttpOutcome::Unavailable(_) => "unavailable",
        };
        Ok(Step::go(exit))
    }

    fn probes(&self, seen: &Seen<'_>) -> Vec<Probe> {
        probes::all(&self.save, self.status_to.as_ref(), seen)
    }
}

impl NodeKind for Http {
    const META: Meta = Meta {
        kind: "http",
        v: 1,
        name: "Consultar un servicio",
        description: "Pide o envía datos a otro sistema y guarda lo que responde.",
        group: "Integración",
        icon: "world",
        color: "teal",
        role: Role::Step,
        // A server answers at once: going round here would never let the customer speak.
        waits: false,
    };

    fn examples() -> Vec<Example> {
        examples::all()
    }
}
