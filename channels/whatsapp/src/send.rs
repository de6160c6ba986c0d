//! The Graph API over HTTP: posts once, waits, and says what came of it. It never tries again by itself:
//! whoever decided the send decides that.

use std::time::Duration;

use cauce_model::{Content, FailureClass, SendFailure, SendOutcome};
use reqwest::{Client, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::body;
use crate::outcome::{classify, no_answer};

/// Meta's own address.
pub const DEFAULT_BASE: &str = "https://graph.facebook.com";

/// The Graph version that bodies and answers are written for.
pub const DEFAULT_VERSION: &str = "v25.0";

/// How long an answer is waited for. Shorter times make more sends uncertain, hence more duplicates.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of an answer is read; real ones have less than 1 kB.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// A connection to Graph, shared by all accounts.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) client: Client,
    /// Base and version.
    pub(crate) root: Url,
    /// How long an answer, or the next piece of one, is waited for.
    pub(crate) timeout: Duration,
}

/// What it takes to send from an account.
#[derive(Debug, Clone)]
pub struct AccountCredentials {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The access token. It goes into the request's header and nowhere else.
    pub token: SecretString,
}

/// Why there is no [`Graph`].
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The address is no `http` or `https` address.
    #[error("the Graph address «{0}» is no http or https address")]
    Address(String),
    /// The HTTP client could not be made (certificates, TLS).
    #[error("the HTTP client could not be made: {0}")]
    Client(#[from] reqwest::Error),
}

impl Graph {
    /// A connection to `base` (as [`DEFAULT_BASE`]), speaking `version` (as [`DEFAULT_VERSION`]), which
    /// gives up on an answer after `timeout` (as [`DEFAULT_TIMEOUT`]). Nothing is sent yet.
    ///
    /// # Errors
    /// When `base` is no address, or the system has no certificates to trust.
    pub fn new(base: &str, version: &str, timeout: Duration) -> Result<Self, GraphError> {
        let address = || GraphError::Address(base.to_owned());
        let mut root: Url = base.parse().map_err(|_| address())?;
        if !matches!(root.scheme(), "http" | "https") {
            return Err(address());
        }
        root.path_segments_mut().map_err(|()| address())?.pop_if_empty().push(version);
        let client = Client::builder()
            .timeout(timeout)
            // A connection that is not made in this time is safe to try again; a lost answer is not.
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            // A connection that the other side is about to drop loses the send's answer.
            .pool_idle_timeout(Duration::from_secs(20))
            // A redirect would carry the token elsewhere, and a repeat could send twice.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self { client, root, timeout })
    }

    /// Sends a message once. `to` is a phone in digits or a business-scoped user id; `attempt` comes back
    /// in the message's statuses, which settle an uncertain outcome. A file of the store is uploaded before
    /// ([`Graph::upload`]); `media_id` is what came of it.
    pub async fn send(
        &self,
        account: &AccountCredentials,
        to: &str,
        content: &Content,
        attempt: &str,
        media_id: Option<&str>,
    ) -> SendOutcome {
        let body = match body::build(to, content, attempt, media_id) {
            Ok(body) => body,
            Err(failure) => return SendOutcome::Failed { failure },
        };
        let outcome = match self.post(account, &body).await {
            Ok((status, answer)) => classify(status, &answer),
            Err(outcome) => outcome,
        };
        match &outcome {
            SendOutcome::Accepted { provider_id, .. } => tracing::debug!(attempt, provider_id, "accepted"),
            SendOutcome::Refused { failure, .. } => tracing::info!(attempt, code = failure.code, "refused"),
            SendOutcome::Failed { failure } => tracing::warn!(attempt, code = failure.code, "failed"),
            SendOutcome::Uncertain { failure } => tracing::warn!(attempt, code = failure.code, "uncertain"),
        }
        outcome
    }

    /// Marks a customer's message, and those before it, as read; `typing` also shows "typing…" for at most
    /// 25 seconds. Nothing depends on it.
    ///
    /// # Errors
    /// What kept it from being marked.
    pub async fn mark_read(
        &self,
        account: &AccountCredentials,
        provider_id: &str,
        typing: bool,
    ) -> Result<(), SendFailure> {
        let outcome = match self.post(account, &body::read_mark(provider_id, typing)).await {
            Ok((status, answer)) => {
                let said: Value = serde_json::from_slice(&answer).unwrap_or_default();
                if status == 200 && said["success"] == true {
                    return Ok(());
                }
                classify(status, &answer)
            }
            Err(outcome) => outcome,
        };
        Err(match outcome {
            SendOutcome::Refused { failure, .. }
            | SendOutcome::Failed { failure }
            | SendOutcome::Uncertain { failure } => failure,
            SendOutcome::Accepted { .. } => no_answer("http_200"),
        })
    }

    /// Posts to the account's messages: the HTTP status and the body, or the outcome when there is none.
    async fn post(&self, account: &AccountCredentials, body: &Value) -> Result<(u16, Vec<u8>), SendOutcome> {
        let request = self.client.post(self.url(&[&account.phone_number_id, "messages"]));
        let request = request.bearer_auth(account.token.expose_secret()).json(body);
        answer(request).await.map_err(|error| lost(&error))
    }

    /// The address of an object; its parts are escaped.
    pub(crate) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.root.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }
}

/// The HTTP status of an answer, and as much of its body as an answer of Graph's has.
pub(crate) async fn answer(request: RequestBuilder) -> Result<(u16, Vec<u8>), reqwest::Error> {
    let mut response = request.send().await?;
    let status = response.status().as_u16();
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        answer.extend_from_slice(&chunk);
        if answer.len() > MAX_ANSWER_BYTES {
            break;
        }
    }
    Ok((status, answer))
}

/// The outcome of a request without an answer. Only what failed before the body was written is known not
/// to have been executed.
pub(crate) fn lost(error: &reqwest::Error) -> SendOutcome {
    if error.is_builder() {
        let text =
            "El token o el número de la cuenta tiene caracteres no válidos. Hay que revisar la cuenta.";
        return SendOutcome::Failed { failure: SendFailure::new(FailureClass::Account, "account", text) };
    }
    if error.is_connect() {
        let text = "No hay conexión con WhatsApp.";
        let failure = SendFailure::new(FailureClass::Connection, "connection", text);
        return SendOutcome::Refused { failure, retry_after: None };
    }
    let code = if error.is_timeout() { "timeout" } else { "connection_lost" };
    SendOutcome::Uncertain { failure: no_answer(code) }
}
