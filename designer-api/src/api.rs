//! The HTTP API: its routes and their OpenAPI description, which comes from the handlers.

mod cases;
mod conversations;
mod dead;
mod drafts;
mod events;
mod extract;
mod files;
mod flows;
mod hold;
mod login;
mod messages;
mod migrations;
mod replay;
mod schedules;
mod session;
mod trials;
mod versions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{Redirect, Response};
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub(crate) use login::start_session;
pub(crate) use session::Caller;

use crate::app::App;
use crate::dto::{LandingView, PatchOp, Tab};
use crate::observe::{health, metrics, requests};
use crate::{assets, webhook};

#[derive(OpenApi)]
#[openapi(
    components(schemas(LandingView, PatchOp, Tab)),
    info(
        title = "Cauce",
        description = "Conversations that flows and people hold on WhatsApp. \
        Every route but login and health needs a session: the cookie of `POST /api/login` with the header \
        `X-CSRF-Token` on what changes something, or `Authorization: Bearer`. Errors are RFC 9457 problems \
        with a stable `code`. Times are RFC 3339 in UTC."
    )
)]
struct Description;

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(login::login))
        .routes(routes!(login::logout))
        .routes(routes!(login::me))
        .routes(routes!(conversations::list))
        .routes(routes!(conversations::open))
        .routes(routes!(messages::messages, messages::reply))
        .routes(routes!(messages::file))
        .routes(routes!(conversations::path))
        .routes(routes!(conversations::read))
        .routes(routes!(conversations::typing))
        .routes(routes!(conversations::tell))
        .routes(routes!(cases::take))
        .routes(routes!(cases::end))
        .routes(routes!(files::upload).layer(DefaultBodyLimit::max(files::MAX_FORM)))
        .routes(routes!(flows::list, flows::publish))
        .routes(routes!(flows::check))
        .routes(routes!(flows::current))
        .routes(routes!(flows::version))
        .routes(routes!(replay::what_if))
        .routes(routes!(replay::replay))
        .routes(routes!(versions::list))
        .routes(routes!(versions::restore))
        .routes(routes!(versions::diff))
        .routes(routes!(drafts::show, drafts::discard))
        .routes(routes!(drafts::patch))
        .routes(routes!(drafts::publish))
        .routes(routes!(trials::show))
        .routes(routes!(trials::promote))
        .routes(routes!(trials::rollback))
        .routes(routes!(migrations::show_plan, migrations::start))
        .routes(routes!(migrations::show))
        .routes(routes!(migrations::undo))
        .routes(routes!(schedules::show))
        .routes(routes!(events::events))
        .routes(routes!(health::health))
        .routes(routes!(hold::hold, hold::resume))
        .routes(routes!(dead::list))
        .routes(routes!(dead::show, dead::drop))
        .routes(routes!(dead::replay))
}

/// The description as JSON.
pub fn openapi() -> serde_json::Value {
    let (_, description) = described().split_for_parts();
    // Turning our own description into JSON cannot fail: it is made of texts and maps.
    serde_json::to_value(description).expect("the description is JSON")
}

/// Everything the server answers.
pub fn router(app: Arc<App>) -> Router {
    let (api, _) = described().split_for_parts();
    let router = api
        .route("/api/openapi.json", get(|_: session::Caller| async { axum::Json(openapi()) }))
        .route("/health", get(|| async { Redirect::to("/estado") }))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::serve))
        .fallback(assets::serve)
        .method_not_allowed_fallback(method_not_allowed);
    let router = router.layer(middleware::from_fn_with_state(app.clone(), tell_cursor));
    // What is around screens costs Meta's door nothing: no browser comes there.
    let door = webhook::routes().method_not_allowed_fallback(method_not_allowed);
    let router = assets::with_security_headers(router).merge(door);
    router.layer(middleware::from_fn_with_state(app.clone(), requests::observe)).with_state(app)
}

async fn method_not_allowed() -> crate::problem::Problem {
    crate::problem::Problem::method_not_allowed()
}

/// The header in which a write says from where on lists show it: `?after=` waits for that.
const CURSOR: &str = "x-cauce-cursor";

async fn tell_cursor(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let private = request.uri().path().starts_with("/api/");
    let writes = private && !request.method().is_safe();
    let mut response = next.run(request).await;
    // What customers write is not for shared caches.
    if private {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    let done = response.status().is_success();
    if writes
        && done
        && let Ok(cursor) = app.runtime.written().to_string().parse()
    {
        response.headers_mut().insert(CURSOR, cursor);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        // The generated client looks operations up by this name: two of one name become one.
        let description = super::openapi();
        let methods =
            description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
        let names: Vec<_> =
            methods.map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
        assert!(names.len() > 10);
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
    }
}
