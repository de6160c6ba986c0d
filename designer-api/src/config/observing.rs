//! What an installation tells of itself, to whom, and when its disk is full.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

use super::Secret;
use crate::observe::logs::LogFormat;

/// What is counted, at `/metrics`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsConfig {
    /// Who shows it (`Authorization: Bearer …`) reads the metrics from anywhere. Without one, only programs
    /// of the same machine read them, and not through a proxy.
    #[serde(default)]
    pub token: Option<Secret>,
}

/// The lines on stderr. Which ones, the environment variable `RUST_LOG` says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, which it is when not given, or `json`. The option `--log-format` goes before.
    #[serde(default)]
    pub format: LogFormat,
}

/// A collector of OpenTelemetry traces; without one, nothing is collected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesConfig {
    /// Its address for OTLP over HTTP: `http://127.0.0.1:4318`. The path `/v1/traces` is added.
    #[serde(deserialize_with = "address")]
    pub endpoint: String,
    /// Headers that it asks for.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Which part of all traces is sent, from 0 to 1; all when not given.
    #[serde(default)]
    pub sample: Part,
}

/// A part of a whole, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part(pub f32);

impl Default for Part {
    fn default() -> Self {
        Self(1.0)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let part = f32::deserialize(from)?;
        if (0.0..=1.0).contains(&part) { Ok(Self(part)) } else { Err(D::Error::custom("not from 0 to 1")) }
    }
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    match reqwest::Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(text),
        _ => Err(D::Error::custom(format!("«{text}» is no address like http://127.0.0.1:4318"))),
    }
}

/// When new events are refused for want of room on the disk of the data folder: when less is free than
/// both say (so two in a hundred of a large disk are not wasted). What was accepted before is still written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiskConfig {
    /// In megabytes; 256 when not given.
    #[serde(default = "default_refuse_below_mb")]
    pub refuse_below_mb: u32,
    /// In hundredths of the disk, from 0 to 100; 2 when not given.
    #[serde(default = "default_refuse_below_percent", deserialize_with = "percent")]
    pub refuse_below_percent: u8,
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self {
            refuse_below_mb: default_refuse_below_mb(),
            refuse_below_percent: default_refuse_below_percent(),
        }
    }
}

fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let percent = u8::deserialize(from)?;
    if percent <= 100 { Ok(percent) } else { Err(D::Error::custom("not from 0 to 100")) }
}

fn default_refuse_below_mb() -> u32 {
    256
}

fn default_refuse_below_percent() -> u8 {
    2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(lines: &str) -> Result<Config, String> {
        let text = format!(
            "workspace: {{ id: a, name: b }}\n\
             whatsapp: {{ account: c, phone_number_id: '1', token: t, app_secrets: [s], verify_token: v }}\n{lines}"
        );
        serde_yaml::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_is_safe() {
        let config = read("").unwrap();
        assert!(config.metrics.token.is_none() && config.traces.is_none());
        assert_eq!(config.log.format, LogFormat::Text);
        assert_eq!(config.disk, DiskConfig { refuse_below_mb: 256, refuse_below_percent: 2 });
    }

    #[test]
    fn what_is_said_is_read() {
        let config = read(
            "metrics: { token: { env: X } }\nlog: { format: json }\ndisk: { refuse_below_mb: 10 }\n\
             traces: { endpoint: 'https://collector.example:4318', headers: { api-key: { env: KEY } }, sample: 0.25 }",
        )
        .unwrap();
        assert!(config.metrics.token.is_some());
        assert_eq!(config.log.format, LogFormat::Json);
        assert_eq!(config.disk, DiskConfig { refuse_below_mb: 10, refuse_below_percent: 2 });
        let traces = config.traces.unwrap();
        assert_eq!((traces.sample, traces.headers.len()), (Part(0.25), 1));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (wrong, word) in [
            ("log: { format: xml }", "xml"),
            ("traces: { endpoint: collector:4318 }", "collector:4318"),
            ("traces: { endpoint: 'http://a', sample: 2 }", "from 0 to 1"),
            ("disk: { refuse_below_percent: 101 }", "from 0 to 100"),
            ("metrics: { tokens: x }", "tokens"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(word) && error.contains("line 3"), "{error}");
        }
    }
}
