//! OpenTelemetry: the spans of the house, sent to a collector over OTLP (HTTP, protobuf).
//!
//! The ids come from the trace that travels with the events, not from the spans of this process, so what
//! goes on after a commit, or in the next process, is still the same trace.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cauce_runtime::Trace;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanProcessor};
use secrecy::ExposeSecret;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::config::TracesConfig;

/// How long one hand-over to the collector may take.
const EXPORT: Duration = Duration::from_secs(5);
/// How long the last one may take.
const LAST: Duration = Duration::from_secs(1);
/// The spans that begin a trace here.
const ROOTS: [&str; 3] = ["http", "timer", "replay"];

/// Sends spans on. Clones are the same.
#[derive(Clone)]
pub struct Spans {
    processor: Arc<BatchSpanProcessor>,
    scope: InstrumentationScope,
    /// Traces whose id ends below this are sent.
    sampled: u128,
}

/// A span that has not ended.
struct Open {
    trace: Trace,
    id: SpanId,
    parent: SpanId,
    kind: SpanKind,
    start: SystemTime,
    fields: Fields,
}

impl Spans {
    /// Begins to send to the collector of the configuration.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn start(config: &TracesConfig) -> anyhow::Result<Self> {
        let mut headers = HashMap::new();
        for (name, value) in &config.headers {
            headers.insert(name.clone(), value.reveal()?.expose_secret().to_owned());
        }
        let endpoint = format!("{}/v1/traces", config.endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(&endpoint)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT)
            .with_headers(headers)
            .build()
            .map_err(|error| anyhow::anyhow!("traces cannot be sent to {endpoint}: {error}"))?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        processor
            .set_resource(&Resource::builder().with_service_name("cauce").with_attribute(version).build());
        Ok(Self {
            processor: Arc::new(processor),
            scope: InstrumentationScope::builder("cauce").build(),
            sampled: (f64::from(config.sample.0) * 2f64.powi(64)) as u128,
        })
    }

    /// Hands over what is left.
    pub fn finish(&self) {
        if let Err(error) = self.processor.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some((trace, span)) = Trace::current().zip(context.span(id)) else { return };
        if trace.id() & u128::from(u64::MAX) >= self.sampled {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let root = ROOTS.contains(&span.name());
        let around = span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| open.id));
        let open = Open {
            trace,
            id: if root { trace.began() } else { rand::random::<u64>().max(1) }.into(),
            parent: if root { fields.parent.into() } else { around.unwrap_or(trace.began().into()) },
            kind: match span.name() {
                "http" => SpanKind::Server,
                "call" => SpanKind::Client,
                _ => SpanKind::Internal,
            },
            start: SystemTime::now(),
            fields,
        };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let ids = (TraceId::from(open.trace.id()), open.id);
        let Fields { parent, attributes, failed } = open.fields;
        self.processor.on_end(SpanData {
            span_context: SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: open.parent,
            parent_span_is_remote: parent != 0,
            span_kind: open.kind,
            name: span.name().into(),
            start_time: open.start,
            end_time: SystemTime::now(),
            attributes,
            dropped_attributes_count: 0,
            events: Default::default(),
            links: Default::default(),
            status: if failed { Status::error("") } else { Status::Unset },
            instrumentation_scope: self.scope.clone(),
        });
    }
}

/// The fields of a span as attributes.
#[derive(Default)]
struct Fields {
    /// The span of whoever asked from outside; none is zero.
    parent: u64,
    attributes: Vec<KeyValue>,
    failed: bool,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(field.name(), value.into()));
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "parent" {
            self.parent = value;
            return;
        }
        self.failed |= field.name() == "http.response.status_code" && value >= 500;
        self.add(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}
