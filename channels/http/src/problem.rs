//! Why there is no answer: a stable code, and a sentence that never holds more of the call than its host.

use std::error::Error;

use cauce_model::{HttpFailure, HttpOutcome};

use crate::resolver::LeadsInside;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Another try would bring the same.
    Unusable(HttpFailure),
    /// Another try may bring an answer.
    Unavailable(HttpFailure),
}

fn failure(code: &str, text: String) -> HttpFailure {
    HttpFailure { code: code.to_owned(), text }
}

impl Problem {
    pub(crate) fn failure(&self) -> &HttpFailure {
        match self {
            Self::Unusable(failure) | Self::Unavailable(failure) => failure,
        }
    }

    pub(crate) fn bad_request(text: String) -> Self {
        Self::Unusable(failure("bad_request", text))
    }

    pub(crate) fn unknown_secret(name: &str, host: &str) -> Self {
        let text = format!(
            "No hay un secreto «{name}» que se pueda enviar a {host}. Hay que revisar el nombre, o \
             pedir que lo configuren para ese servidor."
        );
        Self::Unusable(failure("unknown_secret", text))
    }

    pub(crate) fn secret_in_clear(name: &str, host: &str) -> Self {
        let text = format!(
            "El secreto «{name}» no se envía a {host} sin cifrar. La dirección debe empezar con https://."
        );
        Self::Unusable(failure("bad_request", text))
    }

    pub(crate) fn forbidden_address(host: &str) -> Self {
        let text = format!(
            "La dirección {host} está en una red interna y los flujos no pueden llamarla. Quien administra \
             Cauce puede permitirlo en la configuración."
        );
        Self::Unusable(failure("forbidden_address", text))
    }

    pub(crate) fn redirect(host: &str, why: &str) -> Self {
        let text = format!("{host} redirige {why}. Hay que poner en el paso la dirección final.");
        Self::Unusable(failure("redirect", text))
    }

    pub(crate) fn too_large(host: &str, max: u64) -> Self {
        let text = format!(
            "La respuesta de {host} es muy grande: se leen hasta {} kB. Hay que pedirle menos datos.",
            max.div_ceil(1024)
        );
        Self::Unusable(failure("too_large", text))
    }

    pub(crate) fn not_json(host: &str) -> Self {
        let text = format!("{host} dice que responde JSON, pero lo que envió no se puede leer como JSON.");
        Self::Unusable(failure("not_json", text))
    }

    pub(crate) fn unreadable(host: &str) -> Self {
        let text = format!("La respuesta de {host} está comprimida de una manera que no se puede leer.");
        Self::Unusable(failure("unreadable", text))
    }

    /// The request left, and its time was over.
    pub(crate) fn timeout(host: &str) -> Self {
        let text = format!("{host} no respondió a tiempo. No se sabe si hizo lo que se le pidió.");
        Self::Unavailable(failure("timeout", text))
    }

    /// The request left, and what came of it was lost.
    pub(crate) fn connection_lost(host: &str) -> Self {
        let text = format!(
            "La conexión con {host} se cortó antes de recibir toda la respuesta. No se sabe si hizo \
             lo que se le pidió."
        );
        Self::Unavailable(failure("connection_lost", text))
    }

    /// The request did not leave: no connection.
    pub(crate) fn unreachable(host: &str) -> Self {
        let text = format!("No hay conexión con {host}. No llegó a recibir el pedido.");
        Self::Unavailable(failure("unreachable", text))
    }

    /// The request did not leave: no place.
    pub(crate) fn busy(host: &str) -> Self {
        let text = format!("Hay demasiadas llamadas en curso a {host}. El pedido no llegó a salir.");
        Self::Unavailable(failure("busy", text))
    }

    /// What kept a request from being answered.
    pub(crate) fn of(error: &reqwest::Error, host: &str) -> Self {
        if leads_inside(error) {
            Self::forbidden_address(host)
        } else if error.is_builder() {
            Self::bad_request("La dirección o los encabezados de la llamada no son válidos.".to_owned())
        } else if error.is_connect() {
            // Name, connection or TLS: nothing of the request has been written.
            Self::unreachable(host)
        } else if error.is_timeout() {
            Self::timeout(host)
        } else {
            Self::connection_lost(host)
        }
    }

    /// The same after an earlier server had got the request and redirected: "it did not leave" would no
    /// longer be true.
    pub(crate) fn after_redirect(self, host: &str) -> Self {
        match &self {
            Self::Unavailable(failure) if failure.code == "busy" => Self::timeout(host),
            Self::Unavailable(failure) if failure.code == "unreachable" => Self::connection_lost(host),
            _ => self,
        }
    }
}

impl From<Problem> for HttpOutcome {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unusable(failure) => Self::Unusable(failure),
            Problem::Unavailable(failure) => Self::Unavailable(failure),
        }
    }
}

fn leads_inside(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<LeadsInside>() {
            return true;
        }
        source = cause.source();
    }
    false
}
