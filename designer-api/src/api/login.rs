//! Login, logout, and who one is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use cauce_access::{ABSOLUTE_LIFE, Session, Token, User, normalise_email, verify};

use super::extract::Body;
use super::session::{COOKIE, Caller};
use crate::app::App;
use crate::directory::{self, DirectoryEvent, directory_entity};
use crate::dto::{Login, Me, UserView, WorkspaceView};
use crate::problem::Problem;

/// How long a login waits for its turn to hash.
const LONGEST_QUEUE: std::time::Duration = std::time::Duration::from_secs(5);

/// Logs in, and sets the session's cookie.
#[utoipa::path(post, path = "/api/login", request_body = Login, responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "`auth.wrong`"),
))]
pub async fn login(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Body(body): Body<Login>,
) -> Result<impl IntoResponse, Problem> {
    let Login { email, password } = body;
    let user = match normalise_email(&email) {
        Some(email) => directory::user_by_email(app.store(), app.workspace_id(), &email).await?,
        None => None,
    };
    let place = tokio::time::timeout(LONGEST_QUEUE, app.hashing.clone().acquire_owned()).await;
    let place = place.map_err(|_| Problem::too_many())?.map_err(|_| Problem::unavailable())?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let right = tokio::task::spawn_blocking(move || {
        // The place is held until the work is done, whether or not somebody still waits for it.
        let _place = place;
        verify(&password, stored.as_ref())
    })
    .await
    .map_err(|_| Problem::internal())?;
    let user = user.filter(|user| right && user.active).ok_or_else(Problem::auth_wrong)?;
    let (token, session) = start_session(&app, &user).await?;
    let cookie = cookie(token.reveal(), ABSOLUTE_LIFE.0 / 1000, came_by_tls(&headers));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(me_of(&app, &user, &session))))
}

/// Begins a session for a user.
pub(crate) async fn start_session(app: &App, user: &User) -> Result<(Token, Session), Problem> {
    let (token, session) = Session::start(user.id.clone(), app.runtime.now());
    app.submit(directory_entity(app.workspace_id()), &DirectoryEvent::StartSession(session.clone()), None)
        .await?;
    Ok((token, session))
}

/// Ends the session.
#[utoipa::path(post, path = "/api/logout", responses(
    (status = 204),
    (status = 401, body = Problem, description = "`auth.required`"),
))]
pub async fn logout(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<impl IntoResponse, Problem> {
    let end = DirectoryEvent::EndSession { token: caller.session.token_hash };
    app.submit(directory_entity(app.workspace_id()), &end, None).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie("", 0, came_by_tls(&headers)))])))
}

/// Who is logged in, and where.
#[utoipa::path(get, path = "/api/me", responses(
    (status = 200, body = Me),
    (status = 401, body = Problem, description = "`auth.required`"),
))]
pub async fn me(State(app): State<Arc<App>>, caller: Caller) -> Json<Me> {
    Json(me_of(&app, &caller.user, &caller.session))
}

fn me_of(app: &App, user: &User, session: &Session) -> Me {
    Me {
        user: UserView {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.role.into(),
        },
        csrf: session.csrf.to_string(),
        workspace: WorkspaceView { id: app.workspace.id.to_string(), name: app.workspace.name.clone() },
        now: app.runtime.now().into(),
        phone_url: app.phone_url.clone(),
    }
}

/// Whether the browser spoke TLS with the proxy before us: then the cookie is never sent without.
fn came_by_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

fn cookie(token: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}
