//! What leaves: the request with its secrets filled in, checked once, and what of it may go on to another
//! origin.

use cauce_model::{HttpHeader, HttpMethod, HttpRequest};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use reqwest::{Client, Method, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::policy::Policy;
use crate::problem::Problem;
use crate::redirect::Hop;

/// The longest address, in bytes.
const MAX_URL: usize = 2048;
/// The most headers of a request.
const MAX_HEADERS: usize = 20;
/// The largest body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The header that is the same at every try.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers that say how the request travels; a flow does not.
const OURS: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "idempotency-key",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Who holds the secrets.
pub trait Secrets: Send + Sync {
    /// The secret with this name, when it may go to this host (lower case, without port). A secret goes
    /// only to the hosts it was configured for: otherwise whoever draws a flow could send it to themselves.
    fn get(&self, name: &str, host: &str) -> Option<SecretString>;
}

/// A request ready to leave.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) method: Method,
    pub(crate) url: Url,
    headers: HeaderMap,
    body: Option<String>,
}

impl Prepared {
    /// A call of a flow.
    pub(crate) fn call(
        request: &HttpRequest,
        secrets: &dyn Secrets,
        policy: &Policy,
    ) -> Result<Self, Problem> {
        let url = address(&request.url)?;
        let host = url.host_str().unwrap_or_default();
        let count = request.headers.len();
        if count > MAX_HEADERS {
            return Err(Problem::bad_request(format!(
                "La llamada lleva {count} encabezados: pueden ser hasta {MAX_HEADERS}."
            )));
        }
        let mut headers = HeaderMap::new();
        for header in &request.headers {
            if let Some(secret) = header.secret.as_ref().filter(|_| !policy.keeps_secret(&url)) {
                return Err(Problem::secret_in_clear(secret, host));
            }
            let (name, value) = filled(header, host, secrets)?;
            headers.append(name, value);
        }
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        headers.insert(IDEMPOTENCY_KEY, value(&request.idempotency_key, "Idempotency-Key")?);
        if let Some(body) = &request.body {
            if body.text.len() > MAX_BODY {
                return Err(Problem::bad_request(format!(
                    "Lo que envía la llamada es muy grande: pueden ser hasta {} kB.",
                    MAX_BODY / 1024
                )));
            }
            headers.insert(CONTENT_TYPE, value(&body.content_type, "Content-Type")?);
        }
        let method = match request.method {
            HttpMethod::Get => Method::GET,
            HttpMethod::Post => Method::POST,
            HttpMethod::Put => Method::PUT,
            HttpMethod::Patch => Method::PATCH,
            HttpMethod::Delete => Method::DELETE,
        };
        Ok(Self { method, url, headers, body: request.body.as_ref().map(|body| body.text.clone()) })
    }

    /// A download. Its bytes are wanted as they are, so no compression is offered.
    pub(crate) fn download(url: &str, mut headers: HeaderMap) -> Result<Self, Problem> {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.values_mut().for_each(|value| value.set_sensitive(true));
        Ok(Self { method: Method::GET, url: address(url)?, headers, body: None })
    }

    /// The host it goes to.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The request as it goes on after a redirect. Another origin learns what may be answered, and nothing
    /// else: an author may have written a key into any header.
    pub(crate) fn follow(mut self, hop: Hop) -> Self {
        if !hop.same_origin {
            let kept = [ACCEPT, ACCEPT_LANGUAGE, ACCEPT_ENCODING];
            self.headers =
                kept.into_iter().filter_map(|name| self.headers.remove(&name).map(|v| (name, v))).collect();
        }
        if !hop.same_origin || hop.method != self.method {
            self.body = None;
            self.headers.remove(CONTENT_TYPE);
        }
        Self { url: hop.url, method: hop.method, ..self }
    }

    /// Sends it once.
    pub(crate) async fn send(&self, client: &Client) -> Result<reqwest::Response, Problem> {
        let mut builder = client.request(self.method.clone(), self.url.clone()).headers(self.headers.clone());
        if let Some(body) = &self.body {
            builder = builder.body(body.clone());
        }
        builder.send().await.map_err(|error| Problem::of(&error, self.host()))
    }
}

/// An address that may be tried.
fn address(text: &str) -> Result<Url, Problem> {
    let bad = |text: &str| Problem::bad_request(text.to_owned());
    if text.len() > MAX_URL {
        return Err(bad("La dirección de la llamada es muy larga: pueden ser hasta 2048 caracteres."));
    }
    let url = Url::parse(text).map_err(|_| {
        bad("La dirección de la llamada no se entiende. Debe ser como https://ejemplo.com/datos.")
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("La dirección de la llamada debe empezar con https:// o http://."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad(
            "La dirección de la llamada lleva usuario o contraseña. Deben ir en un encabezado, como secreto.",
        ));
    }
    Ok(url)
}

/// A header with its secret.
fn filled(
    header: &HttpHeader,
    host: &str,
    secrets: &dyn Secrets,
) -> Result<(HeaderName, HeaderValue), Problem> {
    let name = HeaderName::from_bytes(header.name.trim().as_bytes())
        .map_err(|_| Problem::bad_request(format!("«{}» no es un nombre de encabezado.", header.name)))?;
    if OURS.contains(&name.as_str()) {
        return Err(Problem::bad_request(format!(
            "El encabezado «{}» lo pone Cauce; hay que quitarlo del paso.",
            header.name
        )));
    }
    let text = match &header.secret {
        None => value(&header.value, &header.name)?,
        Some(secret) => {
            let found = secrets.get(secret, host).ok_or_else(|| Problem::unknown_secret(secret, host))?;
            value(&format!("{}{}", header.value, found.expose_secret()), &header.name)?
        }
    };
    Ok((name, text))
}

/// A header's text, hidden from every log: what is no secret today may be one tomorrow.
fn value(text: &str, name: &str) -> Result<HeaderValue, Problem> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        Problem::bad_request(format!(
            "El encabezado «{name}» tiene caracteres que no pueden enviarse (saltos de línea, por ejemplo)."
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_shows_what_it_holds() {
        struct One;
        impl Secrets for One {
            fn get(&self, _: &str, _: &str) -> Option<SecretString> {
                Some("s3cr3t".into())
            }
        }
        let header = |value: &str, secret: Option<&str>| HttpHeader {
            name: "X-Key".to_owned(),
            value: value.to_owned(),
            secret: secret.map(str::to_owned),
        };
        for header in [header("Bearer ", Some("crm")), header("s3cr3t", None)] {
            let (name, value) = filled(&header, "crm.test", &One).unwrap();
            let headers = HeaderMap::from_iter([(name, value)]);
            assert!(!format!("{headers:?}").contains("s3cr3t"));
            let download = Prepared::download("https://crm.test/", headers.clone()).unwrap();
            assert!(!format!("{download:?}").contains("s3cr3t"));
            assert!(headers["x-key"].to_str().unwrap().ends_with("s3cr3t"));
        }
    }
}
