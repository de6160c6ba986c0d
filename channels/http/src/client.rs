//! The call and the download: one deadline over waiting for a place, connecting, redirects and reading.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use cauce_model::{HttpFailure, HttpOutcome, HttpRequest};
use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Client, Response, Url};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

use crate::answer;
use crate::places::{Place, Places};
use crate::policy::{Policy, literal};
use crate::problem::Problem;
use crate::redirect::{self, MAX_REDIRECTS};
use crate::request::{Prepared, Secrets};
use crate::resolver::{Filter, Lookup, SystemLookup};

/// Calls servers outside, within a [`Policy`]. One for the whole process: it holds the connections and
/// counts the calls.
pub struct Guarded {
    client: Client,
    policy: Arc<Policy>,
    places: Places,
}

impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// The HTTP client could not be made: the system has no certificates to trust.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be made: {0}")]
pub struct GuardError(#[from] reqwest::Error);

/// A file that was downloaded whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The media type that the server names, in lower case and without parameters;
    /// `application/octet-stream` when it names none. Not to be trusted.
    pub mime: String,
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// Why a file was not downloaded. What was written to the sink is of no use.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// It is not allowed, or too large: another try would bring the same. Codes as
    /// [`HttpOutcome::Unusable`].
    #[error("{}", .0.text)]
    Unusable(HttpFailure),
    /// No server, or not the whole file: another try may bring it. Codes as [`HttpOutcome::Unavailable`].
    #[error("{}", .0.text)]
    Unavailable(HttpFailure),
    /// The server answered something else than the file, with this HTTP status.
    #[error("El servidor respondió {0} en lugar del archivo.")]
    Status(u16),
    /// The sink did not take it.
    #[error("No se pudo guardar el archivo: {0}")]
    Sink(#[source] io::Error),
}

impl From<Problem> for DownloadError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Unusable(failure) => Self::Unusable(failure),
            Problem::Unavailable(failure) => Self::Unavailable(failure),
        }
    }
}

impl Guarded {
    /// A client that calls what the policy allows.
    ///
    /// # Errors
    /// When the system has no certificates to trust.
    pub fn new(policy: Policy) -> Result<Self, GuardError> {
        Self::with_lookup(policy, SystemLookup)
    }

    /// The same with another source of addresses. What it finds is checked all the same.
    ///
    /// # Errors
    /// As [`Guarded::new`].
    pub fn with_lookup(policy: Policy, lookup: impl Lookup) -> Result<Self, GuardError> {
        let policy = Arc::new(policy);
        let filter = Filter { policy: policy.clone(), lookup: Arc::new(lookup) };
        let client = Client::builder()
            .user_agent(concat!("Cauce/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(filter))
            // A proxy would connect to what nobody here has checked.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(policy.connect_timeout)
            // A connection that the other side is about to drop loses an answer.
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(policy.per_host)
            .build()?;
        let places = Places::new(policy.at_once, policy.per_host);
        Ok(Self { client, policy, places })
    }

    /// Makes a call once and says what came of it. Secrets are looked up now; they leave only to the
    /// request's own host. `unreachable` and `busy` say that the request did not leave; `timeout` and
    /// `connection_lost` leave open whether it was carried out, which its idempotency key makes safe to
    /// try again. Beside the codes of [`HttpOutcome`] there is `unreadable`: an answer compressed in a way
    /// that cannot be undone.
    pub async fn call(&self, request: &HttpRequest, secrets: &dyn Secrets) -> HttpOutcome {
        let timeout = Duration::from_millis(u64::try_from(request.timeout.0).unwrap_or_default());
        let outcome = match Prepared::call(request, secrets, &self.policy) {
            Ok(prepared) => self.answered(prepared, deadline(timeout)).await,
            Err(problem) => Err(problem),
        };
        outcome.unwrap_or_else(HttpOutcome::from)
    }

    async fn answered(&self, prepared: Prepared, deadline: Instant) -> Result<HttpOutcome, Problem> {
        let (response, host, _place) = self.follow(prepared, deadline).await?;
        let reading = answer::read(response, &host, self.policy.max_answer_bytes);
        let read = timeout_at(deadline, reading).await.unwrap_or_else(|_| Err(Problem::timeout(&host)));
        match &read {
            Ok(answer) => tracing::debug!(host, status = answer.status, "answered"),
            Err(problem) => tracing::info!(host, code = problem.failure().code, "answer not usable"),
        }
        read.map(HttpOutcome::Answered)
    }

    /// Downloads a file into `sink`, which is flushed at the end. `headers` go only to the origin of
    /// `url`; `timeout` holds for the whole. Only a status of 2xx is a file.
    ///
    /// # Errors
    /// Why there is no file; the sink may hold a part of it.
    pub async fn download(
        &self,
        url: &str,
        headers: HeaderMap,
        mut sink: impl AsyncWrite + Unpin,
        max_bytes: u64,
        timeout: Duration,
    ) -> Result<Downloaded, DownloadError> {
        let deadline = deadline(timeout);
        let (response, host, _place) = self.follow(Prepared::download(url, headers)?, deadline).await?;
        let saving = save(response, &host, &mut sink, max_bytes);
        timeout_at(deadline, saving).await.unwrap_or_else(|_| Err(Problem::timeout(&host).into()))
    }

    /// The answer at the end of the redirects, the host that gave it, and the place it holds while it is
    /// read.
    async fn follow(
        &self,
        mut prepared: Prepared,
        deadline: Instant,
    ) -> Result<(Response, String, Place), Problem> {
        let first = prepared.host().to_owned();
        for redirects in 0..=MAX_REDIRECTS {
            let host = prepared.host().to_owned();
            let asked = self.ask(&prepared, &host, deadline).await.inspect_err(|problem| {
                tracing::info!(host, code = problem.failure().code, "no answer");
            });
            let (response, place) = match asked {
                Err(problem) if redirects > 0 => return Err(problem.after_redirect(&host)),
                asked => asked?,
            };
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            match redirect::next(&prepared.url, &prepared.method, response.status(), location) {
                Ok(None) => return Ok((response, host, place)),
                Ok(Some(hop)) => prepared = prepared.follow(hop),
                Err(why) => return Err(Problem::redirect(&host, why)),
            }
        }
        Err(Problem::redirect(&first, "demasiadas veces"))
    }

    /// Asks one server once.
    async fn ask(
        &self,
        prepared: &Prepared,
        host: &str,
        deadline: Instant,
    ) -> Result<(Response, Place), Problem> {
        self.check(&prepared.url, host)?;
        let place = timeout_at(deadline, self.places.take(host)).await.map_err(|_| Problem::busy(host))?;
        let sending = prepared.send(&self.client);
        let response = timeout_at(deadline, sending).await.unwrap_or_else(|_| Err(Problem::timeout(host)))?;
        Ok((response, place))
    }

    /// Refuses an address written as such; names are checked when they are looked up, which the client
    /// does not do for these.
    fn check(&self, url: &Url, host: &str) -> Result<(), Problem> {
        match literal(url) {
            Some(address) if !self.policy.allows_address(address) => Err(Problem::forbidden_address(host)),
            _ => Ok(()),
        }
    }
}

fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    // A time beyond the clock's end is no limit; a year is as good.
    now.checked_add(timeout).unwrap_or(now + Duration::from_secs(365 * 24 * 3600))
}

async fn save(
    mut response: Response,
    host: &str,
    sink: &mut (impl AsyncWrite + Unpin),
    max: u64,
) -> Result<Downloaded, DownloadError> {
    if !response.status().is_success() {
        return Err(DownloadError::Status(response.status().as_u16()));
    }
    if answer::compression(response.headers()).is_some() {
        return Err(Problem::unreadable(host).into());
    }
    if answer::says_too_large(&response, max) {
        return Err(Problem::too_large(host, max).into());
    }
    let mime =
        answer::media_type(response.headers()).unwrap_or_else(|| "application/octet-stream".to_owned());
    let (mut bytes, mut hash) = (0, Sha256::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| Problem::of(&error, host))? {
        bytes += chunk.len() as u64;
        if bytes > max {
            return Err(Problem::too_large(host, max).into());
        }
        hash.update(&chunk);
        sink.write_all(&chunk).await.map_err(DownloadError::Sink)?;
    }
    sink.flush().await.map_err(DownloadError::Sink)?;
    Ok(Downloaded { mime, bytes, sha256: hash.finalize().into() })
}
