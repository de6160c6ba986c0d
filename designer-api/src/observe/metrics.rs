//! What Prometheus reads at `/metrics`, and the same figures of the last minute for the health page. The
//! parts of the house count through the facade `metrics`; here is what their names mean.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics::Unit::{Bytes, Count, Seconds};
use metrics::{describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::problem::Problem;

/// The borders of everything that takes time, in seconds: a turn takes microseconds, a late timer seconds.
const SECONDS: [f64; 19] = [
    1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];
/// The borders of the size of a group, in turns.
const TURNS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// The text format of Prometheus.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Headers by which a proxy says that it asks for somebody else.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Has everything that is counted in this process kept, from now on.
pub fn install() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Full("cauce_group_turns".into()), &TURNS)
            })
            .expect("there are borders")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else keeps the metrics of this process: /metrics stays empty");
        }
        describe();
        handle
    })
}

fn describe() {
    describe_counter!("cauce_turns_total", Count, "Turns, by what brought them.");
    describe_histogram!("cauce_turn_seconds", Seconds, "Time of a turn, with the rows it had to read.");
    describe_histogram!("cauce_commit_seconds", Seconds, "Time until a group of turns was durable.");
    describe_histogram!("cauce_group_turns", Count, "Turns in a commit.");
    describe_gauge!(
        "cauce_store_layer_bytes",
        Bytes,
        "Committed rows in memory that are not in the base yet."
    );
    describe_gauge!("cauce_store_undrained_log_bytes", Bytes, "Log that a start would have to read again.");
    describe_histogram!("cauce_store_sync_seconds", Seconds, "Time of a sync of the log.");
    describe_counter!("cauce_outbox_messages_total", Count, "Tries to send a message, by what came of them.");
    describe_gauge!("cauce_outbox_waiting", Count, "Messages that wait to be sent.");
    describe_gauge!("cauce_outbox_rate", "Messages a second that the number sends at most, for now.");
    describe_histogram!("cauce_timer_late_seconds", Seconds, "How late timers came.");
    describe_counter!("cauce_dead_letters_total", Count, "Events that could not be handled.");
    describe_counter!("cauce_inbound_total", Count, "What came from the channel, by its kind.");
    describe_counter!("cauce_http_requests_total", Count, "HTTP requests, by route, method and status.");
    describe_histogram!("cauce_http_request_seconds", Seconds, "Time until an HTTP answer began, by route.");
    describe_gauge!("cauce_disk_free_bytes", Bytes, "Free bytes on the disk of the data folder.");
}

/// `GET /metrics`.
pub async fn serve(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let token = app.observer.metrics_token.as_ref().map(ExposeSecret::expose_secret);
    if !may_read(token, peer, request.headers()) {
        let detail = "Las métricas se leen desde esta misma máquina, o con la clave «metrics.token» de la configuración.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "metrics.forbidden", "Sin permiso", detail));
    }
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], app.observer.metrics.render()).into_response())
}

/// With a token, whoever has it; without one, programs of this machine that ask for themselves.
fn may_read(token: Option<&str>, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    match token {
        Some(token) => {
            let presented = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            let presented = presented.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
            presented.as_bytes().ct_eq(token.as_bytes()).into()
        }
        None => {
            let here = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
            here && !FORWARDED.iter().any(|name| headers.contains_key(*name))
        }
    }
}

/// Everything that was counted, at one moment: each series with its labels, as Prometheus reads it.
#[derive(Debug, Clone, Default)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// Reads what the recorder wrote.
    pub fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.filter_map(|line| line.rsplit_once(' '));
        Self(series.filter_map(|(series, value)| Some((series.to_owned(), value.parse().ok()?))).collect())
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        let from = self.0.range(name.to_owned()..);
        let all = from.take_while(move |(series, _)| series.starts_with(name));
        all.filter_map(move |(series, value)| {
            let labels = &series[name.len()..];
            (labels.is_empty() || labels.starts_with('{')).then_some((labels, *value))
        })
    }

    /// The sum over all series of a name.
    pub fn sum(&self, name: &str) -> f64 {
        self.of(name).map(|(_, value)| value).sum()
    }

    /// The sums by a label of it.
    pub fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut sums = BTreeMap::new();
        for (labels, value) in self.of(name) {
            *sums.entry(label_of(labels, label).unwrap_or_default().to_owned()).or_default() += value;
        }
        sums
    }

    /// How often something was measured, up to each border, rising.
    fn buckets(&self, name: &str) -> Vec<(f64, f64)> {
        let bucket = format!("{name}_bucket");
        let borders = self.by(&bucket, "le").into_iter();
        let mut borders: Vec<_> =
            borders.filter_map(|(le, count)| Some((le.parse::<f64>().ok()?, count))).collect();
        borders.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        borders
    }

    /// What was measured since an earlier moment; `None` when nothing was.
    pub fn since(&self, earlier: &Self, name: &str) -> Option<Spread> {
        let before: BTreeMap<_, _> =
            earlier.buckets(name).into_iter().map(|(le, count)| (le.to_bits(), count)).collect();
        let mut buckets = self.buckets(name);
        for (le, count) in &mut buckets {
            *count -= before.get(&le.to_bits()).copied().unwrap_or_default();
        }
        let count = buckets.last().map(|(_, count)| *count).filter(|count| *count > 0.0)?;
        let [sum, earlier] = [self, earlier].map(|figures| figures.sum(&format!("{name}_sum")));
        Some(Spread { buckets, count, mean: (sum - earlier) / count })
    }
}

fn label_of<'a>(labels: &'a str, label: &str) -> Option<&'a str> {
    let start = format!("{label}=\"");
    let mut found = labels.match_indices(&start);
    let (at, _) = found.find(|(at, _)| labels[..*at].ends_with(['{', ',']))?;
    let value = &labels[at + start.len()..];
    value.find('"').map(|end| &value[..end])
}

/// How something that was measured is spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    buckets: Vec<(f64, f64)>,
    /// How often it was measured.
    pub count: f64,
    /// Its mean.
    pub mean: f64,
}

impl Spread {
    /// The border that this part of all stays below; what is beyond the last border is at it.
    pub fn quantile(&self, part: f64) -> f64 {
        let rank = self.count * part;
        let at = self.buckets.iter().find(|(le, count)| *count >= rank && le.is_finite());
        let last = self.buckets.iter().rfind(|(le, _)| le.is_finite());
        at.or(last).map_or(0.0, |(le, _)| *le)
    }
}

/// The figures of the last minute.
#[derive(Default)]
pub struct Recent(Mutex<VecDeque<(Instant, Arc<Figures>)>>);

impl Recent {
    const SPAN: Duration = Duration::from_secs(60);
    const STEP: Duration = Duration::from_secs(5);

    /// Takes the figures of now, when the last ones are old enough.
    pub fn note(&self, figures: impl FnOnce() -> Figures) {
        let now = Instant::now();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.back().is_some_and(|(at, _)| now - *at < Self::STEP) {
            return;
        }
        kept.push_back((now, Arc::new(figures())));
        while kept.get(1).is_some_and(|(at, _)| now - *at >= Self::SPAN) {
            kept.pop_front();
        }
    }

    /// The figures of a minute ago, or of the start.
    pub fn first(&self) -> (Duration, Arc<Figures>) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.front().map_or_else(Default::default, |(at, figures)| (at.elapsed(), figures.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# HELP cauce_http_requests_total HTTP requests\n\
# TYPE cauce_http_requests_total counter\n\
cauce_http_requests_total{route=\"/api/conversations/{contact}\",method=\"GET\",status=\"200\"} 7\n\
cauce_http_requests_total{route=\"/webhooks/whatsapp\",method=\"POST\",status=\"200\"} 3\n\
cauce_http_requests_totally 100\n\
cauce_outbox_waiting 4\n\
cauce_commit_seconds_bucket{le=\"0.001\"} 90\n\
cauce_commit_seconds_bucket{le=\"0.01\"} 99\n\
cauce_commit_seconds_bucket{le=\"+Inf\"} 100\n\
cauce_commit_seconds_sum 0.5\n\
cauce_commit_seconds_count 100\n";

    #[test]
    fn figures_are_read_as_they_were_written() {
        let figures = Figures::read(TEXT);
        assert_eq!(figures.sum("cauce_http_requests_total"), 10.0);
        assert_eq!(figures.sum("cauce_outbox_waiting"), 4.0);
        assert_eq!(figures.sum("cauce_unheard_of"), 0.0);
        assert_eq!(
            figures.by("cauce_http_requests_total", "method"),
            [("GET".into(), 7.0), ("POST".into(), 3.0)].into()
        );
        let routes = figures.by("cauce_http_requests_total", "route");
        assert_eq!(routes["/api/conversations/{contact}"], 7.0);
    }

    #[test]
    fn what_happened_lately_is_told_apart_from_what_was() {
        let now = Figures::read(TEXT);
        let all = now.since(&Figures::default(), "cauce_commit_seconds").unwrap();
        assert_eq!((all.count, all.mean), (100.0, 0.005));
        assert_eq!((all.quantile(0.5), all.quantile(0.99), all.quantile(1.0)), (0.001, 0.01, 0.01));
        assert_eq!(now.since(&now, "cauce_commit_seconds"), None);
        let before = TEXT.replace("} 90", "} 0").replace("} 99", "} 1").replace("} 100", "} 2");
        let late = now.since(&Figures::read(&before), "cauce_commit_seconds").unwrap();
        assert_eq!((late.count, late.quantile(0.5)), (98.0, 0.001));
    }

    #[test]
    fn metrics_are_for_this_machine_or_for_who_has_the_token() {
        let peer = |ip: &str| Some(SocketAddr::new(ip.parse().unwrap(), 1));
        let none = HeaderMap::new();
        let with = |name: &'static str, value: &str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        for here in ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(may_read(None, peer(here), &none), "{here}");
        }
        assert!(!may_read(None, peer("10.0.0.4"), &none));
        assert!(!may_read(None, None, &none), "nobody knows who asks");
        assert!(
            !may_read(None, peer("127.0.0.1"), &with("x-forwarded-for", "8.8.8.8")),
            "a proxy asks for another"
        );
        let token = Some("s3cret");
        assert!(may_read(token, peer("10.0.0.4"), &with("authorization", "Bearer s3cret")));
        for wrong in ["Bearer s3cre", "s3cret", "Bearer ", "Basic s3cret"] {
            assert!(!may_read(token, peer("127.0.0.1"), &with("authorization", wrong)), "{wrong}");
        }
        assert!(!may_read(token, peer("127.0.0.1"), &none), "the token is asked of everybody");
    }

    #[test]
    fn every_name_is_described() {
        install();
        ::metrics::counter!("cauce_turns_total", "kind" => "test").increment(1);
        ::metrics::histogram!("cauce_turn_seconds").record(0.00002);
        let text = install().render();
        assert!(text.contains("# HELP cauce_turns_total Turns"), "{text}");
        assert!(text.contains("cauce_turn_seconds_bucket{le=\"0.000025\"}"), "{text}");
    }
}
