//! What every request is given and counted by: a trace that goes with all it sets going, an answer that
//! names it, a line and a span; and a refusal of what would be written when the disk is nearly full.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cauce_runtime::{Trace, trace};
use metrics::{Counter, Histogram, counter, histogram};
use tracing::Instrument;

use crate::app::App;
use crate::problem::Problem;

/// Names the trace of a request in its answer; in a request, names one that it is part of.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What is written and yet taken when the disk is nearly full: who looks after it must come in.
const ALWAYS: [&str; 2] = ["/api/login", "/api/logout"];

/// Goes around every request.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let Came { id, parent } = Came::of(request.headers());
    let current = Trace::new(id, rand::random());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("other", MatchedPath::as_str);
    let method = plain(request.method());
    let work = async {
        let answer = if app.observer.space.is_short() && writes(&request) {
            Problem::disk_full().into_response()
        } else {
            next.run(request).await
        };
        let status = answer.status();
        tracing::Span::current().record("http.response.status_code", status.as_u16());
        tracing::debug!(
            method,
            route,
            status = status.as_u16(),
            ms = began.elapsed().as_millis(),
            "answered"
        );
        answer
    };
    let span = trace::sync_scope(Some(current), || {
        tracing::debug_span!(
            "http",
            http.request.method = method,
            http.route = route,
            http.response.status_code = tracing::field::Empty,
            parent
        )
    });
    let mut answer = trace::scope(Some(current), work.instrument(span)).await;
    app.observer.requests.count(route, method, answer.status(), began.elapsed());
    // Thirty-two hexadecimal digits are a header's value.
    let id = HeaderValue::from_str(&current.to_string()).expect("digits");
    answer.headers_mut().insert(REQUEST_ID, id);
    answer
}

/// What is counted of requests, by route. A series is looked up once: the recorder finds it by the texts of
/// all its labels.
#[derive(Default)]
pub struct Requests(RwLock<HashMap<String, Series>>);

struct Series {
    seconds: Histogram,
    answers: HashMap<(&'static str, StatusCode), Counter>,
}

impl Requests {
    fn count(&self, route: &str, method: &'static str, status: StatusCode, took: Duration) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(route)
            && let Some(answers) = series.answers.get(&(method, status))
        {
            answers.increment(1);
            series.seconds.record(took);
            return;
        }
        drop(known);
        let new = |route: String| Series {
            seconds: histogram!("cauce_http_request_seconds", "route" => route),
            answers: HashMap::new(),
        };
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let series = known.entry(route.to_owned()).or_insert_with(|| new(route.to_owned()));
        series.seconds.record(took);
        let labels = [
            ("route", route.to_owned()),
            ("method", method.to_owned()),
            ("status", status.as_str().to_owned()),
        ];
        let answers = || counter!("cauce_http_requests_total", &labels);
        series.answers.entry((method, status)).or_insert_with(answers).increment(1);
    }
}

/// What a request says that it is part of.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    id: u128,
    /// The span of whoever asks; none is zero.
    parent: u64,
}

impl Came {
    /// By `traceparent` (W3C Trace Context §3.2), else by `x-request-id` when that is a UUID or 32
    /// hexadecimal digits, else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let asked = text(HeaderName::from_static("traceparent")).and_then(traceparent);
        let named = || Some(Self { id: hexadecimal(&text(REQUEST_ID)?.replace('-', ""), 32)?, parent: 0 });
        asked.or_else(named).unwrap_or_else(|| Self { id: rand::random(), parent: 0 })
    }
}

fn traceparent(text: &str) -> Option<Came> {
    let mut parts = text.split('-');
    let [version, id, parent, flags] = [(); 4].map(|()| parts.next());
    // Later versions may say more after the flags; version ff is none.
    let version = hexadecimal_or_zero(version?, 2).filter(|version| *version != 0xff)?;
    hexadecimal_or_zero(flags?, 2)?;
    if version == 0 && parts.next().is_some() {
        return None;
    }
    Some(Came { id: hexadecimal(id?, 32)?, parent: u64::try_from(hexadecimal(parent?, 16)?).ok()? })
}

/// So many lower or upper case digits that are not all zero.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    hexadecimal_or_zero(text, digits).filter(|number| *number != 0)
}

fn hexadecimal_or_zero(text: &str, digits: usize) -> Option<u128> {
    let all = text.len() == digits && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if all { u128::from_str_radix(text, 16).ok() } else { None }
}

/// Whether a request brings a new event.
fn writes(request: &Request) -> bool {
    !request.method().is_safe() && !ALWAYS.contains(&request.uri().path())
}

/// The method, of which there are few: the names of series do not grow by what strangers send.
fn plain(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn came(headers: &[(&'static str, &str)]) -> Came {
        let line = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        Came::of(&headers.iter().map(line).collect())
    }

    #[test]
    fn a_request_goes_on_with_the_trace_that_it_names() {
        let expected = Came { id: ID, parent: 0x00f0_67aa_0ba9_02b7 };
        assert_eq!(came(&[("traceparent", PARENT)]), expected);
        assert_eq!(came(&[("traceparent", PARENT), ("x-request-id", &"7".repeat(32))]), expected);
        let later = PARENT.replacen("00", "01", 1) + "-more";
        assert_eq!(came(&[("traceparent", &later)]), expected, "a later version says more");
        for id in ["4bf92f3577b34da6a3ce929d0e0e4736", "4BF92F35-77b3-4da6-a3ce-929d0e0e4736"] {
            assert_eq!(came(&[("x-request-id", id)]), Came { id: ID, parent: 0 }, "{id}");
        }
    }

    #[test]
    fn what_names_no_trace_gets_a_new_one() {
        let (zero_id, zero_span) = (
            PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            PARENT.replace("00f067aa0ba902b7", &"0".repeat(16)),
        );
        let wrong = [
            "",
            "00",
            &PARENT[..54],
            &format!("{PARENT}-more"),
            &zero_id,
            &zero_span,
            &PARENT.replacen("00", "ff", 1),
            &PARENT.replace("4bf9", "+bf9"),
            &PARENT.replace('-', "_"),
        ];
        let mut seen = std::collections::HashSet::new();
        for wrong in wrong {
            let new = came(&[("traceparent", wrong), ("x-request-id", "<script>")]);
            assert!(new.parent == 0 && new.id != 0 && seen.insert(new.id), "{wrong}");
        }
    }
}
