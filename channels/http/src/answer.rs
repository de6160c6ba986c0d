//! Reading and understanding what came: up to a size, and only as what its header says.

use std::io::{self, Write};
use std::time::SystemTime;

use cauce_model::{Duration, HttpAnswer};
use encoding_rs::{Encoding, UTF_8};
use flate2::write::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::problem::Problem;

/// The answer, read to its end. Where the status tells that something went wrong, a body that cannot be
/// used is `null`: the status is the answer.
pub(crate) async fn read(response: Response, host: &str, max: usize) -> Result<HttpAnswer, Problem> {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = match bytes(response, host, max).await.and_then(|bytes| body(&headers, &bytes, host)) {
        Err(Problem::Unusable(_)) if wrong(status) => Value::Null,
        read => read?,
    };
    let retry_after = retry_after(&headers, SystemTime::now());
    Ok(HttpAnswer { status: status.as_u16(), body, retry_after })
}

fn wrong(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Whether the answer says by itself that it has more than `max` bytes.
pub(crate) fn says_too_large(response: &Response, max: u64) -> bool {
    response.content_length().is_some_and(|length| length > max)
}

/// How the answer is compressed, if it is.
pub(crate) fn compression(headers: &HeaderMap) -> Option<&str> {
    text(headers, CONTENT_ENCODING).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"))
}

/// The media type without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let named = text(headers, CONTENT_TYPE)?.split(';').next()?.trim().to_ascii_lowercase();
    (!named.is_empty()).then_some(named)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// What is kept of an answer: fails when there is more.
struct Capped {
    bytes: Vec<u8>,
    max: usize,
}

impl Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.max - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes, unpacked: never more than `max` of either.
async fn bytes(mut response: Response, host: &str, max: usize) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::too_large(host, max as u64);
    if says_too_large(&response, max as u64) {
        return Err(too_large());
    }
    let packed = match compression(response.headers()) {
        None => false,
        Some(name) if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => true,
        Some(_) => return Err(Problem::unreadable(host)),
    };
    let mut came = Capped { bytes: Vec::new(), max };
    while let Some(chunk) = response.chunk().await.map_err(|error| Problem::of(&error, host))? {
        came.write_all(&chunk).map_err(|_| too_large())?;
    }
    if !packed || came.bytes.is_empty() {
        return Ok(came.bytes);
    }
    let mut unpacked = GzDecoder::new(Capped { bytes: Vec::new(), max });
    match unpacked.write_all(&came.bytes).and_then(|()| unpacked.finish()) {
        Ok(whole) => Ok(whole.bytes),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(too_large()),
        Err(_) => Err(Problem::unreadable(host)),
    }
}

/// The body as its header says.
fn body(headers: &HeaderMap, bytes: &[u8], host: &str) -> Result<Value, Problem> {
    let Some(named) = media_type(headers) else { return Ok(Value::Null) };
    let encoding = charset(headers).and_then(|label| Encoding::for_label(label.as_bytes())).unwrap_or(UTF_8);
    if named == "application/json" || named.ends_with("+json") {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        let (text, _, broken) = encoding.decode(bytes);
        return match serde_json::from_str(&text) {
            Ok(value) if !broken => Ok(value),
            _ => Err(Problem::not_json(host)),
        };
    }
    if named.starts_with("text/") {
        return Ok(Value::String(encoding.decode(bytes).0.into_owned()));
    }
    Ok(Value::Null)
}

/// The `charset` of the media type.
fn charset(headers: &HeaderMap) -> Option<&str> {
    text(headers, CONTENT_TYPE)?.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// `Retry-After`: seconds, or a date, which is read against the server's own clock when it tells it.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let said = text(headers, RETRY_AFTER)?;
    if let Ok(seconds) = said.parse::<u32>() {
        return Some(Duration::seconds(seconds.into()));
    }
    let date = httpdate::parse_http_date(said).ok()?;
    let now = text(headers, DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    let wait = date.duration_since(now).unwrap_or_default();
    Some(Duration::millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_body_is_what_its_header_says() {
        let read =
            |named: &'static str, bytes: &[u8]| body(&headers(&[("content-type", named)]), bytes, "a.pe");
        assert_eq!(read("application/json", br#"{"a":1}"#), Ok(json!({"a": 1})));
        assert_eq!(read("Application/Problem+JSON; charset=utf-8", b"[1]"), Ok(json!([1])));
        assert_eq!(
            read("application/json", b"\xef\xbb\xbf7"),
            Ok(json!(7)),
            "a byte order mark is none of it"
        );
        assert_eq!(read("application/json; charset=\"ISO-8859-1\"", b"\"a\xf1o\""), Ok(json!("año")));
        assert_eq!(read("text/plain; charset=latin1", b"a\xf1o"), Ok(json!("año")));
        assert_eq!(read("text/plain; charset=nonsense", "año".as_bytes()), Ok(json!("año")));
        assert_eq!(read("text/html", b"{\"a\":1}"), Ok(json!("{\"a\":1}")));
        assert_eq!(read("text/plain", b""), Ok(json!("")));
        assert_eq!(read("image/png", b"{}"), Ok(Value::Null));
        assert_eq!(read("application/json", b""), Ok(Value::Null));
        assert_eq!(body(&headers(&[]), b"{}", "a.pe"), Ok(Value::Null));
        for lie in [&b"<html>"[..], b"{} {}", b"{\"a\":", b"\"a\xf1o\"", "[".repeat(100_000).as_bytes()] {
            assert_eq!(read("application/json", lie), Err(Problem::not_json("a.pe")));
        }
    }

    #[test]
    fn how_long_to_wait_is_told_in_seconds_or_by_date() {
        let now = httpdate::parse_http_date("Fri, 06 Nov 2026 08:49:37 GMT").unwrap();
        let wait = |lines: &[(&'static str, &'static str)]| retry_after(&headers(lines), now);
        assert_eq!(wait(&[("retry-after", "120")]), Some(Duration::seconds(120)));
        assert_eq!(wait(&[("retry-after", "Fri, 06 Nov 2026 08:50:37 GMT")]), Some(Duration::seconds(60)));
        let skewed =
            [("retry-after", "Fri, 06 Nov 2026 08:50:37 GMT"), ("date", "Fri, 06 Nov 2026 08:50:07 GMT")];
        assert_eq!(wait(&skewed), Some(Duration::seconds(30)), "the server's clock counts");
        assert_eq!(wait(&[("retry-after", "Fri, 06 Nov 2020 08:50:37 GMT")]), Some(Duration::ZERO));
        for nothing in ["", "soon", "-1", "99999999999999999999"] {
            assert_eq!(wait(&[("retry-after", nothing)]), None, "{nothing}");
        }
        assert_eq!(wait(&[]), None);
    }
}
