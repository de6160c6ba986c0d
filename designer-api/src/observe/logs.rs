//! What Cauce says of itself while it runs: lines on stderr, for people or for machines, and spans for a
//! collector when the configuration names one. No line holds what customers write, and none a secret.
//! Every line that belongs to a trace ends with it.

use std::fmt;
use std::io::IsTerminal;

use cauce_runtime::Trace;
use clap::ValueEnum;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, JsonFields, Writer};
use tracing_subscriber::fmt::{self as lines, FmtContext};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use super::traces::Spans;
use crate::config::TracesConfig;

/// What is said when `RUST_LOG` does not say what.
const LEVELS: &str = "warn,cauce=info";

/// How lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For machines: one object a line.
    Json,
}

/// What must be done at the end.
#[must_use]
pub struct Logs(Option<Spans>);

/// Says what happens from now on.
///
/// # Errors
/// What is wrong with `RUST_LOG` or the configuration of traces; and when it was begun before.
pub fn start(format: LogFormat, traces: Option<&TracesConfig>) -> anyhow::Result<Logs> {
    let levels = std::env::var("RUST_LOG").ok().filter(|levels| !levels.is_empty());
    let levels = levels.as_deref().unwrap_or(LEVELS);
    let levels = EnvFilter::try_new(levels)
        .map_err(|error| anyhow::anyhow!("RUST_LOG is «{levels}», which says no levels: {error}"))?;
    let told = lines::layer().with_writer(std::io::stderr);
    let told: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal();
            let text = lines::format().with_ansi(colours);
            told.with_ansi(colours).event_format(Line { inner: text, json: false }).boxed()
        }
        LogFormat::Json => {
            let json =
                lines::format().json().flatten_event(true).with_current_span(false).with_span_list(false);
            told.event_format(Line { inner: json, json: true }).fmt_fields(JsonFields::new()).boxed()
        }
    };
    let mut layers = vec![told.with_filter(levels).boxed()];
    let spans = traces.map(Spans::start).transpose()?;
    if let Some(spans) = spans.clone() {
        layers.push(spans.with_filter(Targets::new().with_target("cauce", LevelFilter::DEBUG)).boxed());
    }
    tracing_subscriber::registry().with(layers).try_init()?;
    Ok(Logs(spans))
}

impl Logs {
    /// Hands over what a collector has not got yet, for a moment at most.
    pub async fn finish(self) {
        if let Some(spans) = self.0 {
            // It waits for the network on a thread of its own; one that panicked has nothing more to say.
            let _ = tokio::task::spawn_blocking(move || spans.finish()).await;
        }
    }
}

/// A line as the inner format writes it, and the trace at its end.
struct Line<F> {
    inner: F,
    json: bool,
}

impl<S, N, F> FormatEvent<S, N> for Line<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(trace) = Trace::current() else { return self.inner.format_event(context, to, event) };
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        match line.trim_end().strip_suffix('}').filter(|_| self.json) {
            Some(open) => writeln!(to, "{open},\"trace\":\"{trace}\"}}"),
            None => writeln!(to, "{} trace={trace}", line.trim_end()),
        }
    }
}
