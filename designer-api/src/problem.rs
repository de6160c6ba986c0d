//! What goes wrong, as RFC 9457 tells it: a stable code for programs, sentences in Spanish for people.
//! Every error that leaves the server over HTTP is one of these.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cauce_model::MediaKind;
use serde::Serialize;
use utoipa::ToSchema;

use crate::dto::{Assignee, DraftConflict, FlowProblem};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// An answer that is no success. `code` is stable; the words may change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// The code as a URI.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:cauce:problem:case.taken")]
    pub kind: Box<str>,
    /// What sort of problem, for people.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What sort of problem, for programs.
    #[schema(example = "case.taken")]
    pub code: &'static str,
    /// What happened and what to do, for people.
    #[schema(value_type = String)]
    pub detail: Box<str>,
    /// Who looks after the case; with `case.taken` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Box<Assignee>>,
    /// What is wrong with the flow; with `flow.invalid` only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub problems: Vec<FlowProblem>,
    /// What two people changed at the same time; with `draft.conflict` only.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<DraftConflict>, required = false)]
    pub conflicts: Box<[DraftConflict]>,
}

impl Problem {
    /// A problem of any sort; the constructors below are the ones that clients know.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind: format!("urn:cauce:problem:{code}").into(),
            title,
            status: status.as_u16(),
            code,
            detail: detail.into().into(),
            holder: None,
            problems: Vec::new(),
            conflicts: Box::default(),
        }
    }

    /// 401: nobody is logged in, or the session is over.
    pub fn auth_required() -> Self {
        let detail = "La sesión terminó o no se ha iniciado. Hay que ingresar de nuevo.";
        Self::new(StatusCode::UNAUTHORIZED, "auth.required", "Hay que ingresar", detail)
    }

    /// 401: no such user, or another password; which, is not told.
    pub fn auth_wrong() -> Self {
        let detail = "El correo o la contraseña no son correctos.";
        Self::new(StatusCode::UNAUTHORIZED, "auth.wrong", "No se pudo ingresar", detail)
    }

    /// 403: the session is right, the CSRF token is not.
    pub fn csrf_missing() -> Self {
        let detail = "Falta el comprobante de la sesión o no corresponde. Hay que recargar la página.";
        Self::new(StatusCode::FORBIDDEN, "csrf.missing", "La página no es la de esta sesión", detail)
    }

    /// 403: this user may not do that.
    pub fn forbidden() -> Self {
        let detail = "Este usuario no tiene permiso para esta acción. Un administrador puede dárselo.";
        Self::new(StatusCode::FORBIDDEN, "auth.forbidden", "Sin permiso", detail)
    }

    /// 404: there is no such thing, or it is not for this user to know.
    pub fn not_found() -> Self {
        let detail = "No existe o ya no está disponible.";
        Self::new(StatusCode::NOT_FOUND, "not_found", "No se encontró", detail)
    }

    /// 405: it is there, and not for this.
    pub fn method_not_allowed() -> Self {
        let detail = "Esta dirección no admite esa operación.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Operación no admitida", detail)
    }

    /// 400: what came cannot be read; `detail` says what was expected.
    pub fn body_invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "body.invalid", "No se pudo leer lo enviado", detail)
    }

    /// 413: what came is larger than `most` bytes.
    pub fn body_too_large(most: usize) -> Self {
        let (most, unit) = if most < 1 << 20 { (most >> 10, "kB") } else { (most >> 20, "MB") };
        let detail = format!("Lo enviado supera el máximo de {most} {unit}.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body.too_large", "Demasiado grande", detail)
    }

    /// 422: what came can be read and is not acceptable; `detail` says why.
    pub fn unacceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "body.unacceptable", "No se puede aceptar", detail)
    }

    /// 404: nobody uploaded such a file.
    pub fn file_unknown() -> Self {
        let detail = "El archivo ya no está. Hay que subirlo de nuevo.";
        Self::new(StatusCode::NOT_FOUND, "file.unknown", "No se encontró el archivo", detail)
    }

    /// 422: WhatsApp does not take the file as that; `why` is a sentence.
    pub fn file_unfit(media: MediaKind, why: &str) -> Self {
        let detail = format!("No se puede enviar como {}: {why}", media.name().to_lowercase());
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "file.unfit", "WhatsApp no acepta este archivo", detail)
    }

    /// 409: somebody else looks after the case.
    pub fn case_taken(holder: Assignee) -> Self {
        let detail = format!("Ya la tomó {}.", holder.name);
        let problem =
            Self::new(StatusCode::CONFLICT, "case.taken", "La atención ya tiene responsable", detail);
        Self { holder: Some(Box::new(holder)), ..problem }
    }

    /// 409: nobody has taken the case yet.
    pub fn case_not_taken() -> Self {
        let detail = "Nadie ha tomado esta atención. Hay que tomarla primero.";
        Self::new(StatusCode::CONFLICT, "case.not_taken", "La atención no tiene responsable", detail)
    }

    /// 409: the case moved on since the client saw it.
    pub fn case_stale() -> Self {
        let detail = "La atención cambió mientras la veía. Hay que mirarla de nuevo.";
        Self::new(StatusCode::CONFLICT, "case.stale", "La atención cambió", detail)
    }

    /// 409: the case is over.
    pub fn case_ended() -> Self {
        let detail = "Esta atención ya terminó. Si el cliente escribe de nuevo, empezará otra conversación.";
        Self::new(StatusCode::CONFLICT, "case.ended", "La atención terminó", detail)
    }

    /// 409: the customer wrote more than 24 hours ago.
    pub fn window_closed() -> Self {
        let detail = "Pasaron más de 24 horas desde el último mensaje del cliente: WhatsApp ya no entrega texto libre.";
        Self::new(StatusCode::CONFLICT, "window.closed", "La ventana de 24 horas se cerró", detail)
    }

    /// 422: the flow has errors and is not published.
    pub fn flow_invalid(problems: Vec<FlowProblem>) -> Self {
        let detail = "El recorrido no se publicó: hay que corregir los problemas de la lista.";
        let problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "flow.invalid", "El recorrido tiene errores", detail);
        Self { problems, ..problem }
    }

    /// 409: somebody changed the same meanwhile; nothing of the patch was taken.
    pub fn draft_conflict(conflicts: Vec<DraftConflict>) -> Self {
        let mut names: Vec<&str> = conflicts.iter().map(|conflict| conflict.by.as_str()).collect();
        names.dedup();
        let names = names.join(", ");
        let detail =
            format!("{names} cambió lo mismo mientras tanto. Hay que elegir cuál de los dos cambios queda.");
        let problem =
            Self::new(StatusCode::CONFLICT, "draft.conflict", "Dos cambios en el mismo lugar", detail);
        Self { conflicts: conflicts.into(), ..problem }
    }

    /// 409: the draft is at another revision than the client saw, or the client is too far behind.
    pub fn draft_stale(revision: u64) -> Self {
        let detail = format!("El borrador va en la revisión {revision}. Hay que mirarlo de nuevo.");
        Self::new(StatusCode::CONFLICT, "draft.stale", "El borrador cambió", detail)
    }

    /// 409: another version was published since the draft began.
    pub fn draft_outrun(current: &str) -> Self {
        let detail = format!(
            "Mientras tanto se publicó otra versión ({current}). Para reemplazarla hay que nombrarla en «over»."
        );
        Self::new(StatusCode::CONFLICT, "draft.outrun", "Se publicó otra versión", detail)
    }

    /// 422: a patch cannot be applied; `why` is a sentence, `at` where.
    pub fn draft_unfit(why: &str, at: &str) -> Self {
        let detail = format!("{why} ({at})");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "draft.unfit", "El cambio no se puede hacer", detail)
    }

    /// 409: the migration has not ended yet.
    pub fn migration_running() -> Self {
        let detail = "Todavía se está moviendo a las personas. Hay que esperar a que termine.";
        Self::new(StatusCode::CONFLICT, "migration.running", "El traslado no ha terminado", detail)
    }

    /// 409: more than 24 hours have passed, or it was taken back already.
    pub fn migration_over() -> Self {
        let detail = "Un traslado se puede deshacer una vez, dentro de las 24 horas.";
        Self::new(StatusCode::CONFLICT, "migration.over", "El traslado ya no se puede deshacer", detail)
    }

    /// 409: no version of the flow is on trial, or there is none to try another against.
    pub fn canary_none() -> Self {
        let detail = "El recorrido no tiene una versión a prueba, o todavía no tiene una publicada.";
        Self::new(StatusCode::CONFLICT, "canary.none", "No hay versión a prueba", detail)
    }

    /// 429: too many of these for now.
    pub fn too_many() -> Self {
        let detail =
            "Hay demasiadas solicitudes en este momento. Hay que intentar de nuevo en unos segundos.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "Demasiadas solicitudes", detail)
    }

    /// 503: it cannot be done now, and nothing was done.
    pub fn unavailable() -> Self {
        let detail = "El servidor no puede atender esto ahora. Hay que intentar de nuevo en unos segundos.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "No disponible por ahora", detail)
    }

    /// 503: the disk is nearly full, and nothing was written.
    pub fn disk_full() -> Self {
        let detail = "Casi no queda espacio en el disco del servidor: por ahora no se recibe nada nuevo. Hay que avisar al administrador.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "disk.full", "Disco lleno", detail)
    }

    /// 500: a fault of ours. What it was goes to the log and not to the client.
    pub fn internal() -> Self {
        let detail = "Ocurrió un error inesperado. Si se repite, hay que avisar al administrador.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Error inesperado", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            // RFC 9110 §11.6.1 asks for it with every 401; browsers show no dialogue for this scheme.
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn told(problem: Problem) -> (StatusCode, String, Value) {
        let response = problem.into_response();
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, kind, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_lost_race_names_the_winner() {
        let holder = Assignee { id: "rosa".into(), name: "Rosa".into() };
        let (status, kind, body) = told(Problem::case_taken(holder)).await;
        assert_eq!((status.as_u16(), kind.as_str()), (409, "application/problem+json"));
        assert_eq!(
            body,
            json!({ "type": "urn:cauce:problem:case.taken", "title": "La atención ya tiene responsable",
                "status": 409, "code": "case.taken", "detail": "Ya la tomó Rosa.",
                "holder": { "id": "rosa", "name": "Rosa" } })
        );
    }

    #[tokio::test]
    async fn a_problem_without_extensions_shows_none() {
        let (status, _, body) = told(Problem::auth_wrong()).await;
        assert_eq!(status.as_u16(), 401);
        assert_eq!(body.as_object().unwrap().len(), 5, "{body}");
        let response = Problem::auth_required().into_response();
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
}
